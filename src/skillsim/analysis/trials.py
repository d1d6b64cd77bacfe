"""What a planner may move and what is wished for, and the runs in which it is tried (docs/model.md, Goal seek)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import Progress, ground_for, run
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.scenario.levers import Lever, acts_from, first_day
from skillsim.scenario.types import Scenario, Target, numbers

Floats = NDArray[np.float64]
Amounts = tuple[float, ...]
MIX = "(mix)"  # what a mix is called: no policy can be
STEPS = 200  # of a handle's range: finer differences are not tried


@dataclass(frozen=True)
class Wish:
    """A target that is to be met with a probability."""

    code: str
    probability: float = statistics.LIKELY


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that can be moved from ``lo`` to ``hi``; ``stands`` is where it is now, ``price`` the yuan for each unit that it
    is moved from there, on top of what the runs themselves find to cost more."""

    code: str
    lo: float
    hi: float
    stands: float
    price: float = 0.0

    def snapped(self, amount: float) -> float:
        """Return the nearest amount that is tried: a step of the range, or where it stands."""
        step = (self.hi - self.lo) / STEPS
        if abs(amount - self.stands) < step / 2:
            return self.stands
        return min(max(round(self.lo + round((amount - self.lo) / step) * step, 10), self.lo), self.hi)


@dataclass(frozen=True, kw_only=True)
class Handle(Axis):
    """A lever of a scenario with a planner's bounds: ``lever`` acts from the day ``since`` on."""

    lever: Lever
    since: date


def handle(
    scenario: Scenario, lever: Lever, lo: float | None = None, hi: float | None = None, price: float = 0.0,
) -> Handle:
    """Return a lever as a handle, by default over its whole range; it acts from :func:`acting_day` on."""
    since = acting_day(scenario, lever)
    stands = lever.baseline(scenario, acts_from(scenario, lever, since)) if lever.op == "set" else lever.neutral
    return Handle(
        code=lever.code, lo=lever.lo if lo is None else lo, hi=lever.hi if hi is None else hi, stands=stands, price=price,
        lever=lever, since=since,
    )


def acting_day(scenario: Scenario, lever: Lever) -> date:
    """Return the first day on which a lever can act; where policies set all its numbers anew later, that on which one stays."""
    first, paths = first_day(scenario, lever), set(lever.paths)
    anew = [
        max((patch.until or patch.since for patch in number.patches if patch.op in ("set", "ramp")), default=first)
        for path, number, _ in numbers(scenario) if path in paths
    ]
    return min(max(first, min(anew)), date(scenario.years.last, 12, 31))


@dataclass(frozen=True)
class Trial:
    """What came out where the handles stood at ``amounts``.

    ``values`` [targets, Y, R] of every reported year; ``paid`` and ``city`` [Y, R] the yuan that all payers and the city pay more
    than as it stands, from ``as_of`` to the end of each year, without the prices of the handles.
    """

    amounts: Amounts
    values: Floats
    paid: Floats
    city: Floats


def moved(scenario: Scenario, handles: Sequence[Handle], amounts: Sequence[float]) -> Scenario:
    """Return the scenario with its handles at some amounts; those that stand where they stood make no change.

    Raises
    ------
    ScenarioError
        for what the scenario does not accept
    """
    wish = {
        change.key: (one.lever.op, amount, one.since)
        for one, amount in zip(handles, amounts, strict=True) if amount != one.stands
        for change in one.lever.changes(amount, one.since, meant=True)
    }
    return scenario.vary(wish, called=MIX) if wish else scenario


class Trials:
    """The runs of one search: all on the same keys, each mix once.

    Parameters
    ----------
    targets : by code, those whose values are kept
    progress : called with (replications done since the beginning of this run, of this run)
    ground : of the scenario on these keys, where it is known already
    """

    def __init__(
        self, scenario: Scenario, targets: Mapping[str, Target], handles: Sequence[Handle], replications: int, seed: int,
        threads: int | None = None, progress: Progress | None = None, stop: threading.Event | None = None,
        ground: Ground | None = None,
    ):
        self.scenario, self.targets, self.handles = scenario, targets, handles
        self.replications, self.seed, self.threads, self.progress, self.stop = replications, seed, threads, progress, stop
        self.ground: Ground = ground_for(scenario, replications, seed, threads, stop) if ground is None else ground
        self.first = self.result([one.stands for one in handles])

    def result(self, amounts: Sequence[float]) -> Result:
        """Return the run of a mix."""
        return self.ran(moved(self.scenario, self.handles, amounts))

    def ran(self, one: Scenario) -> Result:
        """Return the run of a variant of the scenario on the keys of the search."""
        shared = self.ground if ground_key(one, self.seed) == self.ground.key else None
        like = getattr(self, "first", None)
        return run(one, self.replications, self.seed, self.threads, self.progress, self.stop, ground=shared, like=like)[0]

    def __call__(self, amounts: Amounts) -> Trial:
        """Run a mix."""
        stands = all(amount == one.stands for one, amount in zip(self.handles, amounts, strict=True))
        result = self.first if stands else self.result(amounts)
        values = np.stack([result.replicate(one.indicator, one.of) for one in self.targets.values()])
        return Trial(tuple(amounts), values, *(_paid(result, who) - _paid(self.first, who) for who in ("", "city")))


def _paid(result: Result, payer: str) -> Floats:
    """Return what a payer (blank: all) paid from ``as_of`` to the end of each year [Y, R]."""
    years = result.inputs.years
    if result.spent is None:
        return np.zeros((len(years), result.replications))
    mine = [i for i, one in enumerate(result.spent.payers) if payer in ("", one)]
    each = np.where((years >= result.scenario.as_of.year)[:, None], result.spent.paid[:, mine].sum(axis=1), 0.0)
    return np.asarray(each.cumsum(axis=0))
