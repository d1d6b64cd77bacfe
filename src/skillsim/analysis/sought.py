"""What goal seek found (docs/model.md, Goal seek)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from skillsim.analysis.trials import Handle, Wish
from skillsim.results.binding import Binding
from skillsim.results.result import resolve, sha256_of, versions
from skillsim.scenario.types import Scenario

Status = Literal["met", "met_not_confirmed", "no_budget", "later", "never"]
YEAR_COLUMNS = (  # then one for each lever
    "year", "delay", "possible", "unclear", "run", "probability", "low", "high", "fresh", "estimated", "cost",
)
CHECK_COLUMNS = (
    "target", "wished", "searched", "searched_error", "fresh_base", "fresh_base_error", "fresh", "fresh_error", "optimism",
    "error", "gain", "gain_error", "holds",
)
PARTS_COLUMNS = ("target", "quantity", "lever", "part", "low", "high", "start")
FIGURE_COLUMNS = ("path", "shared", "numbers", "share", "low", "high", "needed", "most")
TOGETHER_COLUMNS = ("target", "whose", "levers", "mean", "probability", "low", "high")
MARKET_COLUMNS = ("target", "lever", "amount", "value", "baseline", "change")


@dataclass(frozen=True)
class Mix:
    """A mix of levers that was really run, and what came of it.

    ``amounts`` by lever; ``probability``, ``error`` (clustered), ``mean``, ``p05`` and ``p95`` by target, in its year;
    ``cost`` with its 95 % interval: the yuan that all payers pay more than as it stands, from ``as_of`` to the last of the
    targets' years, with the prices of the levers; ``city`` the city's part of what the scenario's items come to (without
    those prices).
    """

    amounts: Mapping[str, float]
    probability: Mapping[str, float]
    error: Mapping[str, float]
    mean: Mapping[str, float]
    p05: Mapping[str, float]
    p95: Mapping[str, float]
    cost: float
    cost_low: float
    cost_high: float
    city: float


@dataclass(frozen=True)
class Why:
    """Why a target is where it is at the best mix.

    ``decided`` and ``open``: the pathways whose last counted intake is decided already, and is not; ``movable_until`` the
    last of these intakes; ``mean``, ``p05``, ``p95`` what is left of its range; ``binding`` what vacancies cost it;
    ``figures``: the uncertain numbers that decide it, with path, shared, numbers (how many move together), share (of its
    variation), low, high (the number's own 5 and 95 % points), needed (the value at which the probability would be as wished;
    blank where it gets there nowhere), most (the highest probability over its range).
    """

    code: str
    decided: tuple[str, ...]
    open: tuple[str, ...]
    movable_until: int | None
    mean: float
    p05: float
    p95: float
    binding: Binding | None
    figures: pd.DataFrame


@dataclass(frozen=True)
class Sought:
    """What was found.

    ``status``: met (and confirmed on fresh keys); met_not_confirmed (met on the keys of the search, not on fresh ones);
    no_budget (can be met, for more than the budget); later (not in its year, but in ``first_year``); never (not to the end of
    the reported years).

    ``base`` is the scenario as it stands, ``best`` the cheapest mix that meets the wishes or, later and never, the one that
    comes nearest; ``bought`` the most likely that a budget buys, where it is not enough.  ``checked``: ``best`` on fresh keys,
    of ``checked_replications``, one row a target (CHECK_COLUMNS; fresh_base is the scenario as it stands on the same keys;
    optimism is searched - fresh, error that of the difference; gain is fresh - fresh_base with its paired error; holds whether
    fresh is as wished); ``raised`` by how much the wish was raised after a first check failed (0: not).

    ``curve``: least cost by probability (the least of the targets'), ``run`` whether it was really run, else estimated;
    ``years``: one row a year to which all wishes are put off by as much, with the highest probability that was run and its 95 %
    interval, the highest estimated, and the cheapest mix where it is possible, else the nearest (unclear: not possible by what
    was run, but the interval reaches the wish; fresh: the probability of the first possible year's mix on fresh keys).
    ``bound``: the upper 95 % bound of the probability at ``best``. ``why`` by target; ``market``: levers of nobody's decision
    that would move it most, and ``together`` how far all levers go at once, each at the end that by itself brings the targets
    nearer (whose: decided, by somebody; all, the market's too; levers: how many), where no mix does; ``parts``: what each lever
    contributes at ``best`` (Shapley values on the keys of the check, as many replications as of each mix; start: what there is
    without any); ``worth``: by target the uncertain figures, those most worth collecting first. ``trials``: all mixes really
    run, with what for (part), cost, cost_low, cost_high, city, meets, and ``probability:CODE`` of each target; ``trials``,
    ``curve`` and ``years`` have a column ``lever:CODE`` for each handle. ``chosen`` says that the levers were chosen by us.
    """

    scenario: Scenario
    status: Status
    wishes: tuple[Wish, ...]
    handles: tuple[Handle, ...]
    chosen: bool
    budget: float | None
    base: Mix
    best: Mix
    bought: Mix | None
    bound: float
    checked: pd.DataFrame
    checked_replications: int
    raised: float
    curve: pd.DataFrame
    years: pd.DataFrame
    first_year: int | None
    why: tuple[Why, ...]
    market: pd.DataFrame
    together: pd.DataFrame
    parts: pd.DataFrame
    worth: Mapping[str, pd.DataFrame]
    trials: pd.DataFrame
    replications: int
    seed: int

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name, as they are saved."""
        worth = [frame.assign(target=code) for code, frame in self.worth.items()]
        figures = [one.figures.assign(target=one.code) for one in self.why]
        out = {name: getattr(self, name) for name in ("checked", "curve", "years", "parts", "market", "together", "trials")}
        return out | {"figures": pd.concat(figures), "worth": pd.concat(worth)}

    def manifest(self) -> dict[str, Any]:
        """Return what was asked, of which scenario, and in a word what came out: nothing in it differs between equal searches."""
        return {
            "analysis": "seek", "seek": {
                "wishes": {one.code: one.probability for one in self.wishes},
                "levers": {
                    one.code: {"lo": one.lo, "hi": one.hi, "price": one.price, "from": one.since.isoformat()}
                    for one in self.handles
                },
                "chosen": self.chosen, "budget": self.budget,
            },
            "status": self.status, "amounts": dict(self.best.amounts), "first_year": self.first_year,
            "scenario": self.scenario.label, "sha256": sha256_of(resolve(self.scenario)), "seed": self.seed,
            "replications": self.replications, "versions": dict(versions()),
        }
