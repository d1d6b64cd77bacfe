"""The intercepts of the wish to stay: what makes the observed staying rates come out in their year (docs/model.md, Retention)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Expected
from skillsim.engine.economy import Economy
from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.engine.ledger import Ledger
from skillsim.engine.market import Market
from skillsim.engine.run import Run, Snapshot
from skillsim.errors import Problem, ScenarioError
from skillsim.rules.retention import counts, logit, solve_intercept, stay_share
from skillsim.scenario.policies import as_written
from skillsim.scenario.types import BaseRate

Array = NDArray[Any]
CLOSE, NEAR = 2e-4, 1e-3  # a rate that comes out so nearly is met; one that is missed by more is told
ALL = 20.0  # log-odds at which everybody wishes to stay
MOST_STEPS, MOST_SWEEPS = 4, 30  # tries in a year, ways through the years


@dataclass(frozen=True)
class Rate:
    """One observed rate of one pathway and stage, and what is known of its class in its year; arrays [.., P]."""

    base: BaseRate
    number: int  # its place in the scenario's list
    row: int  # stage row
    y: int
    groups: NDArray[np.int64]
    wanted: Array
    seekers: Array  # [groups, P]
    terms: Array  # [groups, P] log-odds besides the intercept
    further: tuple[Array, Array]
    found: tuple[Array, Array]


@dataclass(frozen=True)
class Solved:
    """Intercepts [stage rows, P]; and for each stage row (pathway:stage) the parameter draws in which vacancies keep its rate
    from coming out [P], the rate that comes out [P], and the draws in which each job of its level is used up [P]."""

    alpha: Array
    short: dict[str, NDArray[np.bool_]]
    reached: dict[str, Array]
    empty: dict[str, dict[str, NDArray[np.bool_]]]

    def used_up(self, key: str) -> list[str]:
        """Return the jobs that are used up in at least half of the draws in which a stage row's rate doesn't come out."""
        short = self.short[key]
        return [name for name, empty in self.empty[key].items() if short.any() and empty[short].mean() >= 0.5]

    def first(self, draws: int) -> Solved:
        """Return the first parameter draws alone; figures that are the same in all stay."""
        return Solved(
            self.alpha[:, :draws], {key: x[:draws] for key, x in self.short.items()},
            {key: x[:draws] for key, x in self.reached.items()},
            {key: {name: x[:draws] for name, x in jobs.items()} for key, jobs in self.empty.items()},
        )


def intercepts(inputs: Inputs, start: Snapshot) -> Solved:
    """Return the intercepts of the wish to stay, solved on the expectation source.

    They belong to the scenario as written: a policy that already acts in the year of an observed rate must not be undone
    by the intercept.  Each observed rate comes out, by its definition and day, in its year, given who graduates then and
    who goes on studying, and with that year's vacancies where graduates meet any.  A pathway with no graduates in that year
    is solved for graduates who come from the place.

    Raises
    ------
    ScenarioError
        where a rate can't come out whatever the vacancies.
    """
    scenario, layout = as_written(inputs.scenario), inputs.layout
    if scenario is not inputs.scenario:
        inputs = replace(inputs, scenario=scenario, _drawn={}, _stacks={}, _dates={})
    last = max(base.year for base in scenario.retention.base)
    columns = 1 if inputs.pairs is None else len(inputs.pairs)
    run = Run(inputs, Expected(columns), start, None, last)
    history = run.go()
    run.close()
    rates = _rates(inputs, history, columns)
    alpha = np.zeros((len(layout.stages), columns))
    problems = []
    for rate in rates:
        alpha[rate.row], low, high = solve_intercept(
            rate.wanted, rate.base.definition, rate.terms, rate.seekers, rate.found, rate.further,
        )
        bad = np.isnan(alpha[rate.row])
        if bad.any():
            at = int(np.argmax(bad))
            problems.append(Problem("base_infeasible", f"retention.base.{rate.number}", args={
                "pathway": layout.stages[rate.row][0], "level": rate.base.level, "definition": rate.base.definition.upper(),
                "rate": f"{rate.wanted[at]:.3f}", "lo": f"{low[at]:.3f}", "hi": f"{high[at]:.3f}",
            }))
    if problems:
        raise ScenarioError(problems)
    if layout.jobs is None:
        return Solved(alpha, {}, {}, {})
    return _with_vacancies(inputs, history, rates, alpha)


def _rates(inputs: Inputs, history: History, columns: int) -> list[Rate]:
    """Return every observed rate by stage row, with the class that it is about."""
    scenario, layout, out = inputs.scenario, inputs.layout, []
    graduates = history.graduates
    for i, base in enumerate(scenario.retention.base):
        y = base.year - inputs.first
        wanted = np.broadcast_to(inputs.get(f"retention.base.{base.key}.rate")[y], (columns,))
        found = tuple(np.broadcast_to(f[y], (columns,)) for f in inputs.found(base.measured_on))
        for row, (pathway, stage) in enumerate(layout.stages):
            if pathway not in base.pathways or scenario.pathways[pathway].stages[stage].level != base.level:
                continue
            groups = np.nonzero(layout.group_stage == row)[0]
            further = history.destinations[y][:2, groups].sum(axis=1)
            seekers = graduates[y][groups] - history.destinations[y][:2, groups].sum(axis=0)
            there = seekers.sum(axis=0) > 0
            local = layout.group_origin[groups] == 0
            seekers = np.where(there, seekers, (local | ~local.any())[:, None].astype(float))
            further = np.where(there, further, 0.0)
            terms = np.broadcast_to(inputs.stay_terms[y][groups], seekers.shape)
            out.append(Rate(base, i, row, y, groups, wanted, seekers, terms, (further[0], further[1]), found))  # type: ignore[arg-type]
    return out


@dataclass(frozen=True)
class Seen:
    """What a run of the market says of one observed rate; arrays [.., P]."""

    rate: Array
    success: Array  # at work here of those who wished to stay
    gone: Array  # at work elsewhere of those who wished to stay
    stay: Array  # who wishes to stay
    everyone: Array  # who looks for work
    vacant: Array  # [jobs of its level, P] vacancies left on the day
    jobs: list[str]


def _with_vacancies(inputs: Inputs, history: History, rates: list[Rate], alpha: Array) -> Solved:
    """Return the intercepts at which the rates come out with the vacancies of their years.

    What share of those who wish to stay finds work, and what share goes after all, depends on how many wish to stay.  So the
    market goes through the years with the graduates of ``history``; in the year of a rate its search is tried again and
    again, each time with intercepts solved for the shares that the last try gave.  The years before hang on the intercepts
    too (who was hired then, how tight it was), so the way through the years is repeated until nothing moves.  Parameter draws
    are solved each by itself: none depends on which others are solved beside it.
    """
    assert inputs.layout.jobs is not None
    alpha, economy = np.clip(alpha, -ALL, ALL), Economy(inputs, inputs.layout.jobs)
    last: Array | None = None
    for _ in range(MOST_SWEEPS):
        before = alpha.copy()
        seen = _sweep(economy, history, rates, alpha)
        if np.array_equal(alpha, before):
            break
        step = alpha - before
        if last is not None:
            alpha = np.clip(before + _ahead(step, last), -ALL, ALL)
        last = step
    else:  # what comes out with the intercepts as they were left
        seen = _sweep(economy, history, rates, alpha, MOST_STEPS)
    seen = _no_more_than_needed(economy, history, rates, alpha, seen)
    short, reached, empty = {}, {}, {}
    for i, rate in enumerate(rates):
        key, found = ":".join(map(str, inputs.layout.stages[rate.row])), seen[i]
        short[key], reached[key] = np.abs(rate.wanted - found.rate) > NEAR, found.rate
        empty[key] = dict(zip(found.jobs, found.vacant < 0.5, strict=True))
    return Solved(alpha, short, reached, empty)


def _no_more_than_needed(
    economy: Economy, history: History, rates: list[Rate], alpha: Array, seen: dict[int, Seen],
) -> dict[int, Seen]:
    """Lower, in place, the intercepts at which a rate is missed although more wish to stay than vacancies take; return what
    comes out then.

    A wish beyond what vacancies can take leaves no trace in the rate, so nothing is known of it: as many wish to stay as
    bring about the rate that does come out if none of them is turned away.
    """
    lowered = [(rate.wanted - seen[i].rate > NEAR) & (seen[i].success < rate.found[0] - NEAR) for i, rate in enumerate(rates)]
    if not np.any(lowered):
        return seen
    enough = [
        logit(stay_share(rate.base.definition, seen[i].rate, seen[i].everyone, rate.found, rate.further))
        for i, rate in enumerate(rates)
    ]
    for first in (True, False):
        for i, rate in enumerate(rates):
            terms = (rate.terms * rate.seekers).sum(axis=0) / rate.seekers.sum(axis=0)
            share = np.divide(seen[i].stay, seen[i].everyone, out=np.full_like(seen[i].stay, 0.5), where=seen[i].everyone > 0)
            better = enough[i] - terms if first else alpha[rate.row] + enough[i] - logit(share)
            alpha[rate.row] = np.where(lowered[i], np.clip(better, -ALL, ALL), alpha[rate.row])
        # the other rates come out as before; what is told is what comes out with the intercepts as they are left
        seen = _sweep(economy, history, rates, alpha, 0 if first else MOST_STEPS, lowered)
    return seen


def _sweep(
    economy: Economy, history: History, rates: list[Rate], alpha: Array, tried: int = 0,
    held: list[NDArray[np.bool_]] | None = None,
) -> dict[int, Seen]:
    """Go through the years with the market alone; improve the intercepts in place where a rate is given, as many times as are
    left after ``tried``, save in the parameter draws in which they are ``held``."""
    inputs, source = economy.inputs, Expected(alpha.shape[1])
    everyone = history.graduates
    market = Market(economy, source, Ledger(source, 0), alpha)
    rounds = list(economy.labour.rounds)
    out: dict[int, Seen] = {}
    for year in range(inputs.first, max(rate.base.year for rate in rates) + 1):
        further, graduates = history.destinations[year - inputs.first][:2], everyone[year - inputs.first]
        seekers = np.maximum(graduates - further.sum(axis=0), 0.0)
        mine = [i for i, rate in enumerate(rates) if rate.base.year == year]
        days = sorted({rates[i].base.measured_on for i in mine})
        market.open(year)
        steps = _Steps(alpha, tried)
        while True:
            mark = market.mark()
            market.wish(year, seekers)
            k = 0
            for day in [*days, "12-31"]:
                while k < len(rounds) and rounds[k] <= day:
                    market.meet(year, k)
                    k += 1
                if day in days:
                    market.measure(year, day)
                    out |= {i: _seen(market, rates[i], further, graduates) for i in mine if rates[i].base.measured_on == day}
            fixed = [held[i] if held else np.zeros(alpha.shape[1], dtype=bool) for i in mine]
            if not mine or not steps.improve([rates[i] for i in mine], [out[i] for i in mine], fixed):
                break
            market.back_to(mark)
        market.close(year)
    return out


def _ahead(step: Array, before: Array) -> Array:
    """Return a longer step where steps shrink by a steady factor: they are going somewhere, so go there at once (Aitken 1926)."""
    factor = np.divide(step, before, out=np.zeros_like(step), where=np.abs(before) > 1e-12)
    return np.where((factor > 0.1) & (factor < 0.95), step / (1.0 - np.minimum(factor, 0.8)), step)


class _Steps:
    """Steps towards the intercepts [stage rows, P], in place; those of each parameter draw by themselves."""

    def __init__(self, alpha: Array, tried: int = 0):
        self.alpha = alpha
        self.tried = tried
        self.last: dict[int, Array] = {}

    def improve(self, rates: list[Rate], seen: list[Seen], held: list[NDArray[np.bool_]]) -> bool:
        """Move the intercepts of the draws in which a rate is not met yet; say whether any moved."""
        gaps = []
        for rate, found, fixed in zip(rates, seen, held, strict=True):
            # where everybody wishes to stay as it is, no intercept can do more
            all_stay = (found.rate < rate.wanted) & (self.alpha[rate.row] >= ALL)
            gaps.append(np.where(all_stay | fixed, 0.0, found.rate - rate.wanted))
        live = (np.abs(gaps) > CLOSE).any(axis=0)
        self.tried += 1
        if not live.any() or self.tried > MOST_STEPS:
            return False
        for rate, found, fixed in zip(rates, seen, held, strict=True):
            step, now = self._step(rate, found), self.alpha[rate.row]
            ahead = _ahead(step, self.last[rate.row]) if rate.row in self.last else step
            self.last[rate.row] = step
            self.alpha[rate.row] = np.where(live & ~fixed, np.clip(now + ahead, -ALL, ALL), now)
        return True

    @staticmethod
    def _step(rate: Rate, found: Seen) -> Array:
        """Return by how much the intercept must move for the rate to come out, if the shares of those who find work here and
        who leave after all stay what they are, and all groups move alike."""
        works = (found.success, rate.found[1])
        share = stay_share(rate.base.definition, rate.wanted, found.everyone, works, rate.further, found.gone)
        now = np.divide(found.stay, found.everyone, out=np.full_like(found.stay, 0.5), where=found.everyone > 0)
        return np.where(found.everyone > 0, logit(share) - logit(now), 0.0)  # nobody there: as solved without vacancies


def _seen(market: Market, rate: Rate, further: Array, graduates: Array) -> Seen:
    """Return what the market says of a rate on its day."""
    jobs, found, groups = market.jobs, market.year.destinations, rate.groups
    at = market.jobs_at[int(jobs.track_level[jobs.track_of[rate.row]])]
    local, away = found[:4, groups].sum(axis=0), found[4, groups]
    stay, leavers = market.year.stayers[groups].sum(axis=0), market.leavers[groups].sum(axis=0)
    there = stay > 0
    success = np.divide(local.sum(axis=0), stay, out=rate.found[0].astype(float), where=there)
    gone = np.divide(np.maximum(away.sum(axis=0) - leavers * rate.found[1], 0.0), stay, out=np.zeros_like(stay), where=there)
    top, bottom = counts(rate.base.definition, local, away, further[0][groups], further[1][groups], graduates[groups])
    total = bottom.sum(axis=0)
    # a class in which nobody looks for work was solved for people who would: vacancies say nothing of it
    value = np.divide(top.sum(axis=0), total, out=rate.wanted.astype(float), where=(total > 0) & (stay + leavers > 0))
    return Seen(value, success, gone, stay, stay + leavers, market.vacant[at], [jobs.job_name(int(j)) for j in at])
