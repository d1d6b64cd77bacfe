"""Goal seek: the cheapest mix of levers that makes targets as likely as wished, or the proof that there is none
(docs/model.md, Goal seek)."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.attribution import shapley
from skillsim.analysis.effects import rankings
from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import MAX_SEED, SEED, Progress, ground_for, run
from skillsim.analysis.search import NEAR, Search, probability_interval
from skillsim.analysis.sensitivity import three_first
from skillsim.analysis.sought import (
    CHECK_COLUMNS,
    FIGURE_COLUMNS,
    MARKET_COLUMNS,
    PARTS_COLUMNS,
    TOGETHER_COLUMNS,
    YEAR_COLUMNS,
    Mix,
    Sought,
    Status,
    Why,
)
from skillsim.analysis.surface import NEARLY, Ask, Plane
from skillsim.analysis.track import goal, margin
from skillsim.analysis.trials import Amounts, Handle, Trials, Wish, moved
from skillsim.analysis.unknown import curve as over_unknown
from skillsim.analysis.unknown import unknowns
from skillsim.analysis.wishes import End, Move, all_at_once, better_ends, decided, wished
from skillsim.analysis.worth import worth
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.results.targets import first_open_intake, last_intakes
from skillsim.scenario.levers import levers
from skillsim.scenario.types import Scenario

Floats = NDArray[np.float64]
REPLICATIONS = 200
CHECK = 4  # times as many replications on fresh keys
MOST_NAMED = 3  # levers, figures
EXTRA = 3  # years that are tried because the surface comes near


def _share(met: Floats) -> tuple[float, float]:
    """Return a probability with its error from hits [R]."""
    return float(met.mean()), float(statistics.clustered_error(met))


class _Told:
    """Progress over runs whose number is not known beforehand: of so many replications, or more where it comes to that."""

    def __init__(self, progress: Progress | None, planned: int):
        self.progress, self.planned, self.before = progress, planned, 0

    def __call__(self, done: int, of: int) -> None:
        if self.progress is not None:
            self.progress(self.before + done, max(self.planned, self.before + of))
        if done == of:
            self.before += of

    def end(self) -> None:
        """Say that all is done."""
        if self.progress is not None:
            self.progress(max(self.planned, self.before), max(self.planned, self.before))


def seek(
    scenario: Scenario, wishes: Sequence[Wish], moves: Sequence[Move] = (), budget: float | None = None, authority: str = "",
    replications: int = REPLICATIONS, seed: int = SEED, threads: int | None = None, progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Sought:
    """Search for the cheapest mix of levers that makes targets as likely as wished.

    Parameters
    ----------
    wishes : targets with the probability wished of each
    moves : the levers that may be moved, one to four, with bounds and prices; without any, the (at most three) decision levers
        that bring the targets nearest by themselves, from where they stand to their better end
    budget : yuan
    authority : whose levers alone may be moved; blank: anybody's
    replications, seed, threads, progress, stop : as for :func:`~skillsim.analysis.running.run`; the answer is run again on the
        keys of ``seed + 1`` with four times as many replications, and a second one on those of ``seed + 2``

    Raises
    ------
    ScenarioError
        with every problem of what is asked
    Stopped
        when asked to stop
    """
    handles, ends = wished(scenario, wishes, moves, budget, authority, seed, stop)
    targets = {wish.code: scenario.targets[wish.code] for wish in wishes}
    k = len(handles)
    told = _Told(progress, replications * ((5 if k == 1 else 2**k + 2 * k + 1) + 2**k + 8 + 2 * CHECK))
    trials = Trials(scenario, targets, handles, replications, seed, threads, told, stop)
    first = scenario.years.first
    asks = [Ask(*goal(one), wish.probability, one.year - first) for wish, one in zip(wishes, targets.values(), strict=True)]
    search = Search(handles, asks, trials)
    found = _Seeking(scenario, tuple(wishes), handles, ends, authority, budget, trials, search, told).sought()
    told.end()
    return found


@dataclass
class _Seeking:
    """The parts of one search in their order."""

    scenario: Scenario
    wishes: tuple[Wish, ...]
    handles: tuple[Handle, ...]
    ends: list[End] | None
    authority: str
    budget: float | None
    trials: Trials
    search: Search
    told: _Told
    ground: tuple[int, Ground] | None = None  # of a check, with its seed

    def sought(self) -> Sought:
        """Search, check, and say why."""
        search, wanted = self.search, self.search.wanted
        best, raised, first_year = search.find(wanted), 0.0, None
        found, years, market = best is not None, pd.DataFrame(columns=list(YEAR_COLUMNS)), self._market(())
        together = pd.DataFrame(columns=list(TOGETHER_COLUMNS))
        if best is None:
            best = search.nearest(wanted)
            assert best is not None  # the scenario as it stands was run
            years, first_year = self._years()
            market, together = self._market([one.code for one in self.wishes]), self._together()
        result, checked = self._checked(best, 1)
        if found and not checked["holds"].all():
            off = np.maximum(checked["optimism"].to_numpy(), 0.0) * ~checked["holds"].to_numpy()
            raised = float(off.max())
            other = search.find(wanted + off)
            if other is not None and other != best:
                best = other
                result, checked = self._checked(best, 2)
        checked = self._beside(checked, result)
        cost = float(search.cost(search.trials[best]).mean())
        over = self.budget is not None and cost > self.budget
        bought = search.peak(wanted, budget=float(self.budget)) if over and self.budget is not None else None
        held = bool(checked["holds"].all())
        status: Status = "never" if first_year is None else "later"
        if found:
            status = "no_budget" if over else "met" if held else "met_not_confirmed"
        parts, known = self._parts(best, result.seed), {one.code: worth(result, one.code) for one in self.wishes}
        met_at_best = search.met(search.trials[best])
        worst = int(np.argmin(met_at_best.mean(axis=1) - wanted))
        return Sought(
            self.scenario, status, self.wishes, self.handles, self.ends is not None, self.budget, self._mix(search.stands),
            self._mix(best), None if bought is None else self._mix(bought),
            probability_interval(met_at_best[worst])[2], checked, result.replications, raised, search.curve(), years, first_year,
            tuple(self._why(result, one) for one in self.wishes), market, together, parts,
            three_first(result, known, self.trials.threads, self.trials.stop), self._table(), self.trials.replications,
            self.trials.seed,
        )

    def _mix(self, at: Amounts) -> Mix:
        search, trial = self.search, self.search.trials[at]
        codes = [one.code for one in self.wishes]
        hits = search.met(trial)
        values = np.stack([trial.values[t, ask.year] for t, ask in enumerate(search.asks)])
        points, means = statistics.quantiles(values), statistics.mean(values)

        def by_target(each: Floats) -> dict[str, float]:
            return dict(zip(codes, map(float, each), strict=True))

        return Mix(
            {one.code: x for one, x in zip(self.handles, at, strict=True)}, by_target(hits.mean(axis=1)),
            by_target(statistics.clustered_error(hits)), by_target(means), by_target(points[0]), by_target(points[-1]),
            *statistics.interval(search.cost(trial)), float(trial.city[search.last()].mean()),
        )

    def _checked(self, at: Amounts, further: int) -> tuple[Result, pd.DataFrame]:
        """Return the run of a mix on fresh keys, and its probabilities beside those of the search."""
        seed = (self.trials.seed + further) % (MAX_SEED + 1)
        result = self._fresh(moved(self.scenario, self.handles, at), seed)
        fresh = {one.code: one.met.astype(float) for one in result.answers}
        rows = []
        for wish, mine in zip(self.wishes, self.search.met(self.search.trials[at]), strict=True):
            (p, e), (q, f) = _share(mine), _share(fresh[wish.code])
            holds = q >= wish.probability - NEARLY
            rows.append((wish.code, wish.probability, p, e, q, f, p - q, math.hypot(e, f), holds))
        return result, pd.DataFrame(rows, columns=[name for name in CHECK_COLUMNS if "base" not in name and "gain" not in name])

    def _fresh(self, scenario: Scenario, seed: int) -> Result:
        """Return a run on the keys of the check."""
        trials, n = self.trials, CHECK * self.trials.replications
        if self.ground is None or self.ground[0] != seed:
            self.ground = seed, ground_for(self.scenario, n, seed, trials.threads, trials.stop)
        shared = self.ground[1] if ground_key(scenario, seed) == self.ground[1].key else None
        return run(scenario, n, seed, trials.threads, self.told, trials.stop, ground=shared)[0]

    def _beside(self, checked: pd.DataFrame, result: Result) -> pd.DataFrame:
        """Return a check with the scenario as it stands on the same keys."""
        stands = self._fresh(self.scenario, result.seed) if result.scenario is not self.scenario else result
        base, mine = ({one.code: one.met.astype(float) for one in each.answers} for each in (stands, result))
        p, e = zip(*(_share(base[code]) for code in checked["target"]), strict=True)
        gain, error = zip(*(_share(mine[code] - base[code]) for code in checked["target"]), strict=True)
        return checked.assign(fresh_base=p, fresh_base_error=e, gain=gain, gain_error=error)[list(CHECK_COLUMNS)]

    def _years(self) -> tuple[pd.DataFrame, int | None]:
        """Return what each later year would take, and the first in which the wishes can be met."""
        search, wanted, years = self.search, self.search.wanted, self.scenario.years
        extra, first, rows = EXTRA, None, []
        for delay in range(years.last - years.first - search.last() + 1):
            near = Plane(search.surface(), delay)
            point = near.highest(wanted)
            assert point is not None  # no budget
            likely = near.surface.probabilities(point[None], delay)[0]
            missing = np.maximum(wanted - likely, 0.0).max()
            if delay and extra and search.cheapest(wanted, delay) is None and missing <= NEAR:
                extra -= 1
                search.peak(wanted, delay, tries=1)
            at, fresh = search.cheapest(wanted, delay), np.nan
            if at is not None and first is None:
                first, (at, fresh) = delay, self._later(search.find(wanted, delay, EXTRA) or at, delay)
            nearest = search.nearest(wanted, delay)
            assert nearest is not None
            shown, real = at or nearest, True
            cost = float(search.cost(search.trials[shown], delay).mean())
            if at is not None and delay != first and (guess := near.cheapest(wanted)) is not None:
                guessed = float(near.surface.costs(guess[None], near.year)[0])
                if guessed < cost:
                    shown, real, cost = search.snapped(guess), False, guessed
            hits = search.met(search.trials[nearest], delay)
            worst = int(np.argmin(hits.mean(axis=1) - wanted))
            p, low, high = probability_interval(hits[worst])
            rows.append({
                "year": years.first + search.last(delay), "delay": delay, "possible": at is not None,
                "unclear": at is None and high >= wanted[worst], "run": real, "probability": p, "low": low, "high": high,
                "fresh": fresh, "estimated": float(likely[worst]), "cost": cost, **search.row(shown),
            })
        return pd.DataFrame(rows), None if first is None else years.first + search.last(first)

    def _later(self, at: Amounts, delay: int) -> tuple[Amounts, float]:
        """Return the mix of the first later year that will do, and how likely on fresh keys its target is that is farthest
        behind; where it falls short there, the wish is raised once by what the search found too much."""
        search, wanted = self.search, self.search.wanted
        for further in (1, 2):
            result = self._fresh(moved(self.scenario, self.handles, at), (self.trials.seed + further) % (MAX_SEED + 1))
            targets = [self.scenario.targets[one.code] for one in self.wishes]
            each = zip(targets, search.asks, strict=True)
            with np.errstate(invalid="ignore"):
                fresh = np.array([
                    (margin(result.replicate(one.indicator, one.of)[ask.year + delay], ask.low, ask.high) >= 0).mean()
                    for one, ask in each
                ])
            missing = fresh < wanted - NEARLY
            over = np.maximum(search.probabilities(search.trials[at], delay) - fresh, 0.0) * missing
            other = search.find(wanted + over, delay, EXTRA) if missing.any() and further == 1 else None
            if other is None or other == at:
                break
            at = other
        return at, float(fresh[np.argmin(fresh - wanted)])

    def _parts(self, at: Amounts, seed: int) -> pd.DataFrame:
        """Return what each lever that a mix moves contributes to each target's value and probability, on the keys of the check:
        on those of the search the mix was chosen for what luck adds to it."""
        search = self.search
        there = {one.code: (one.stands, x) for one, x in zip(self.handles, at, strict=True)}
        names = [code for code, (stands, x) in there.items() if x != stands]
        if not names:
            return pd.DataFrame(columns=list(PARTS_COLUMNS))

        old = self.trials
        ground = self.ground[1] if self.ground is not None and self.ground[0] == seed else None
        trials = Trials(
            self.scenario, old.targets, self.handles, old.replications, seed, old.threads, self.told, old.stop, ground,
        )

        def value(coalition: frozenset[str]) -> Floats:
            trial = trials(tuple(pair[code in coalition] for code, pair in there.items()))
            values = [trial.values[t, ask.year] for t, ask in enumerate(search.asks)]
            return np.stack([*values, *search.met(trial)])

        found = shapley(names, value)
        whole = [("value", one.code) for one in self.wishes] + [("probability", one.code) for one in self.wishes]
        rows = [
            (code, quantity, name, *statistics.interval(found.values[i, j]), float(statistics.mean(found.start[j])))
            for j, (quantity, code) in enumerate(whole) for i, name in enumerate(names)
        ]
        return pd.DataFrame(rows, columns=list(PARTS_COLUMNS))

    def _market(self, codes: Sequence[str]) -> pd.DataFrame:
        """Return the levers of nobody's decision that would bring targets nearest."""
        rows = []
        if codes:
            ours = {code: one for code, one in levers(self.scenario).items() if not one.decision}
            found = rankings(self.scenario, ours, stop=self.trials.stop, seed=self.trials.seed)
            for code in codes:
                best = found[code][found[code]["gain"] > 0].head(MOST_NAMED)
                rows += [(code, *row) for row in best[list(MARKET_COLUMNS[1:])].itertuples(index=False, name=None)]
        return pd.DataFrame(rows, columns=list(MARKET_COLUMNS))

    def _together(self) -> pd.DataFrame:
        """Return how far all levers go at once: those that somebody decides, then those of the market too."""
        codes, known = [one.code for one in self.wishes], levers(self.scenario)
        mine = decided(known, self.authority)
        ends = self.ends if self.ends is not None else better_ends(self.scenario, mine, codes, self.trials.seed, self.trials.stop)
        market = {code: one for code, one in known.items() if not one.decision}
        rows, before = list[tuple[Any, ...]](), 0
        for whose, more in (("decided", {}), ("all", market)):
            ends = [*ends, *better_ends(self.scenario, more, codes, self.trials.seed, self.trials.stop)] if more else ends
            scenario, n = all_at_once(self.scenario, ends)
            if n == before:
                break
            before = n
            result = self.trials.ran(scenario)
            for answer in result.answers:
                if answer.code in codes:
                    mean = float(statistics.mean(answer.values))
                    rows.append((answer.code, whose, n, mean, *probability_interval(answer.met.astype(float))))
        return pd.DataFrame(rows, columns=list(TOGETHER_COLUMNS))

    def _why(self, result: Result, wish: Wish) -> Why:
        target = self.scenario.targets[wish.code]
        intakes, still = last_intakes(self.scenario, target), first_open_intake(self.scenario)
        answer = next(one for one in result.answers if one.code == wish.code)
        points = statistics.quantiles(answer.values)
        rows = []
        for row in unknowns(result, wish.code, MOST_NAMED).to_dict("records"):
            found = over_unknown(result, wish.code, row["path"]) if row["clear"] else None
            if found is not None:
                needed = crossing(found.x, found.p, wish.probability, found.now_mean)
                whose = [row[name] for name in ("path", "shared", "numbers", "share")]
                rows.append((*whose, *found.range, needed, float(found.p.max())))
        binding = next((one for one in result.bindings if one.code == wish.code), None)
        return Why(
            wish.code, tuple(code for code, year in intakes.items() if year < still),
            tuple(code for code, year in intakes.items() if year >= still), answer.movable_until,
            float(statistics.mean(answer.values)), float(points[0]), float(points[-1]),
            binding, pd.DataFrame(rows, columns=list(FIGURE_COLUMNS)),
        )

    def _table(self) -> pd.DataFrame:
        """Return all mixes that were run, in their order."""
        rows = []
        for at, trial in self.search.trials.items():
            mix = self._mix(at)
            rows.append({
                "part": self.search.parts[at],
                **{name: getattr(mix, name) for name in ("cost", "cost_low", "cost_high", "city")},
                "meets": self.search.short(at, self.search.wanted) <= NEARLY, **self.search.row(trial.amounts),
                **{f"probability:{code}": p for code, p in mix.probability.items()},
            })
        return pd.DataFrame(rows)


def crossing(x: Floats, p: Floats, wanted: float, now: float) -> float:
    """Return where a curve passes a probability, the place nearest to ``now``; nan where it does nowhere."""
    above = p >= wanted
    at = np.flatnonzero(above[1:] != above[:-1])
    if not len(at):
        return float("nan")
    found = x[at] + (wanted - p[at]) / (p[at + 1] - p[at]) * (x[at + 1] - x[at])
    return float(found[np.argmin(np.abs(found - now))])
