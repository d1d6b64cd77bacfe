"""The intercepts of the wish to stay: what makes the observed staying rates come out in their year (docs/model.md, Retention)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Expected
from skillsim.engine.economy import Economy, Figures
from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.engine.ledger import Ledger
from skillsim.engine.market import Market
from skillsim.engine.run import Run, Snapshot
from skillsim.errors import Problem, ScenarioError
from skillsim.rules.arrays import Index, index
from skillsim.rules.retention import counts, logit, solve_intercepts, stay_share
from skillsim.scenario.policies import as_written
from skillsim.scenario.types import BaseRate

Array = NDArray[Any]
CLOSE, NEAR = 2e-4, 1e-3  # a rate that comes out so nearly is met; one that is missed by more is told
ALL = 20.0  # log-odds at which everybody wishes to stay
MOST_STEPS, MOST_SWEEPS = 4, 30  # tries in a year, ways through the years


@dataclass(frozen=True)
class Observed:
    """The observed rates of one year by one definition on one day, each of a pathway and stage, and what is known of their
    classes in that year: n rates of M groups in P parameter draws."""

    bases: tuple[tuple[int, BaseRate], ...]  # of each rate: what the scenario states, and its place in the scenario's list
    rows: Index  # [n] stage rows
    groups: Index  # [M] of one rate after another
    parts: tuple[slice, ...]  # where those of each rate stand among them
    wanted: Array  # [n, P]
    seekers: Array  # [M, P]
    terms: Array  # [M, P] log-odds besides the intercept
    further: Array  # [2, n, P] in further study, here and elsewhere
    found: tuple[Array, Array]  # [P] shares of stayers and of leavers in work on the day

    @property
    def base(self) -> BaseRate:
        """Return one of what the scenario states: year, day and definition are those of all."""
        return self.bases[0][1]

    def sums(self, rows: Array) -> Array:
        """Return rows [.., M, P] summed by rate [.., n, P]."""
        return np.stack([rows[..., part, :].sum(axis=-2) for part in self.parts], axis=-2)

    def only(self, columns: Index) -> Observed:
        """Return some parameter draws."""
        here, away = self.found
        return replace(
            self, wanted=self.wanted[:, columns], seekers=self.seekers[:, columns], terms=self.terms[:, columns],
            further=self.further[..., columns], found=(here[columns], away[columns]),
        )


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
    layout = inputs.layout
    if inputs.varied:
        inputs = replace(inputs, scenario=as_written(inputs.scenario), _drawn={}, _stacks={}, _dates={})
    scenario = inputs.scenario
    columns = 1 if inputs.pairs is None else len(inputs.pairs)
    if not layout.pools:
        return Solved(np.zeros((0, columns)), {}, {}, {})
    last = max(base.year for base in scenario.retention.base)
    run = Run(inputs, Expected(columns), start, None, last)
    history = run.go()
    run.close()
    observed = _observed(inputs, history, columns)
    alpha = np.zeros((len(layout.stages), columns))
    problems = []
    for one in observed:
        alpha[one.rows], low, high = solve_intercepts(
            one.wanted, one.base.definition, one.terms, one.seekers, one.parts, one.found, (one.further[0], one.further[1]),
        )
        for i in np.nonzero(np.isnan(alpha[one.rows]).any(axis=1))[0]:
            (number, base), at = one.bases[i], int(np.argmax(np.isnan(alpha[one.rows[i]])))
            problems.append((number, int(one.rows[i]), Problem("base_infeasible", f"retention.base.{number}", args={
                "pathway": layout.stages[one.rows[i]][0], "level": base.level, "definition": base.definition.upper(),
                "rate": f"{one.wanted[i, at]:.3f}", "lo": f"{low[i, at]:.3f}", "hi": f"{high[i, at]:.3f}",
            })))
    if problems:
        raise ScenarioError([problem for *_, problem in sorted(problems, key=lambda item: item[:2])])
    if layout.jobs is None:
        return Solved(alpha, {}, {}, {})
    return _with_vacancies(inputs, history, observed, alpha)


def _observed(inputs: Inputs, history: History, columns: int) -> list[Observed]:
    """Return the observed rates by stage row, with the classes that they are about."""
    scenario, layout = inputs.scenario, inputs.layout
    alike: dict[tuple[int, str, str], list[tuple[int, BaseRate, int]]] = {}
    for i, base in enumerate(scenario.retention.base):
        for row, (pathway, stage) in enumerate(layout.stages):
            if pathway in base.pathways and scenario.pathways[pathway].stages[stage].level == base.level:
                alike.setdefault((base.year, base.measured_on, base.definition), []).append((i, base, row))
    out = []
    for (year, day, _), rates in alike.items():
        y = year - inputs.first
        further, graduates = history.destinations[y][:2], history.destinations[y].sum(axis=0)
        groups = [np.nonzero(layout.group_stage == row)[0] for *_, row in rates]
        ends = np.cumsum([len(each) for each in groups]).tolist()
        known = [_class_of(inputs, graduates[each], further[:, each], each) for each in groups]
        wanted = [np.broadcast_to(inputs.get(f"retention.base.{base.key}.rate")[y], (columns,)) for _, base, _ in rates]
        here, away = (np.broadcast_to(f[y], (columns,)) for f in inputs.found(day))
        all_groups = np.concatenate(groups)
        out.append(Observed(
            tuple((i, base) for i, base, _ in rates), index([row for *_, row in rates]), all_groups,
            tuple(slice(a, b) for a, b in zip([0, *ends], ends, strict=False)), np.stack(wanted),
            np.concatenate([seekers for seekers, _ in known]),
            np.broadcast_to(inputs.stay_terms[y][all_groups], (len(all_groups), columns)),
            np.stack([going for _, going in known], axis=1), (here, away),
        ))
    return out


def _class_of(inputs: Inputs, graduates: Array, further: Array, groups: Index) -> tuple[Array, Array]:
    """Return who of a class [n, P] looks for work by group [n, P], and who studies further here and elsewhere [2, P]; where there
    is no class, one from the place that looks for work."""
    seekers = graduates - further.sum(axis=0)
    there = seekers.sum(axis=0) > 0
    local = inputs.layout.group_origin[groups] == 0
    alone = (local | ~local.any())[:, None].astype(float)
    return np.where(there, seekers, alone), np.where(there, further.sum(axis=1), 0.0)


@dataclass(frozen=True)
class Years:
    """What the market goes through the years with up to the last observed rate, in P parameter draws.

    ``start`` is its state before the first year; ``figures`` by year; ``further`` by year those of each group who go on studying
    [2, G, P], ``graduates`` [G, P] with them.
    """

    economy: Economy
    start: Mapping[str, Array]
    figures: Sequence[Figures]
    further: Sequence[Array]
    graduates: Sequence[Array]
    observed: Sequence[Observed]

    def only(self, columns: Index) -> Years:
        """Return some parameter draws."""
        return Years(
            self.economy, {name: x.take(columns, axis=-1) for name, x in self.start.items()},
            [one.only(columns) for one in self.figures], [x.take(columns, axis=-1) for x in self.further],
            [x.take(columns, axis=-1) for x in self.graduates], [one.only(columns) for one in self.observed],
        )


@dataclass(frozen=True)
class Seen:
    """What a run of the market says of some observed rates [n, P]."""

    rate: Array
    success: Array  # at work here of those who wished to stay
    gone: Array  # at work elsewhere of those who wished to stay
    stay: Array  # who wishes to stay
    everyone: Array  # who looks for work
    vacant: Array  # [J, P] vacancies left on the day

    def put(self, columns: Index, part: Seen) -> None:
        """Take over what is known of some parameter draws."""
        for name, values in vars(part).items():
            getattr(self, name)[:, columns] = values


def _with_vacancies(inputs: Inputs, history: History, observed: list[Observed], alpha: Array) -> Solved:
    """Return the intercepts at which the rates come out with the vacancies of their years.

    What share of those who wish to stay finds work, and what share goes after all, depends on how many wish to stay.  So the
    market goes through the years with the graduates of ``history``; in the year of a rate its search is tried again and
    again, each time with intercepts solved for the shares that the last try gave.  The years before hang on the intercepts
    too (who was hired then, how tight it was), so the way through the years is repeated until nothing moves.  Parameter draws
    are solved each by itself: none depends on which others are solved beside it, and one that did not move is done.
    """
    jobs, columns = inputs.layout.jobs, alpha.shape[1]
    assert jobs is not None
    alpha, economy = np.clip(alpha, -ALL, ALL), Economy(inputs, jobs)
    span = range(max(one.base.year for one in observed) - inputs.first + 1)
    market = Market(economy, Expected(columns), Ledger(Expected(columns), 0), alpha)
    years = Years(
        economy, market.state(), [economy.year(y) for y in span], [history.destinations[y][:2] for y in span],
        [history.destinations[y].sum(axis=0) for y in span], observed,
    )
    seen: list[Seen] = []
    last: Array | None = None
    moving = np.ones(columns, dtype=bool)
    for _ in range(MOST_SWEEPS):
        before = alpha.copy()
        _sweep(years, alpha, seen, moving)
        moving = (alpha != before).any(axis=0)
        if not moving.any():
            break
        step = alpha - before
        if last is not None:
            alpha = np.clip(before + _ahead(step, last), -ALL, ALL)
        last = step
    else:  # what comes out with the intercepts as they were left
        _sweep(years, alpha, seen, moving, MOST_STEPS)
    _no_more_than_needed(years, alpha, seen, moving)
    short, reached, empty = {}, {}, {}
    order = sorted((number, int(row), one, i) for one, each in enumerate(observed)
                   for i, ((number, _), row) in enumerate(zip(each.bases, each.rows, strict=True)))
    for _, row, at, i in order:
        key, found = ":".join(map(str, inputs.layout.stages[row])), seen[at]
        short[key], reached[key] = np.abs(observed[at].wanted[i] - found.rate[i]) > NEAR, found.rate[i]
        level = jobs.track_level[jobs.track_of[row]]
        empty[key] = {jobs.job_name(int(j)): found.vacant[j] < 0.5 for j in np.nonzero(jobs.job_level == level)[0]}
    return Solved(alpha, short, reached, empty)


def _no_more_than_needed(years: Years, alpha: Array, seen: list[Seen], moving: NDArray[np.bool_]) -> None:
    """Lower, in place, the intercepts at which a rate is missed although more wish to stay than vacancies take; leave in ``seen``
    what comes out then.

    A wish beyond what vacancies can take leaves no trace in the rate, so nothing is known of it: as many wish to stay as
    bring about the rate that does come out if none of them is turned away.
    """
    both = list(zip(years.observed, seen, strict=True))
    lowered = [(one.wanted - was.rate > NEAR) & (was.success < one.found[0] - NEAR) for one, was in both]
    touched = np.any([each.any(axis=0) for each in lowered], axis=0)
    if not touched.any():
        return
    enough = [
        logit(stay_share(one.base.definition, was.rate, was.everyone, one.found, (one.further[0], one.further[1])))
        for one, was in both
    ]
    for first in (True, False):
        for one, was, mine, wish in zip(years.observed, seen, lowered, enough, strict=True):
            terms = one.sums(one.terms * one.seekers) / one.sums(one.seekers)
            share = np.divide(was.stay, was.everyone, out=np.full_like(was.stay, 0.5), where=was.everyone > 0)
            better = wish - terms if first else alpha[one.rows] + wish - logit(share)
            alpha[one.rows] = np.where(mine, np.clip(better, -ALL, ALL), alpha[one.rows])
        # the other rates come out as before; what is told is what comes out with the intercepts as they are left
        _sweep(years, alpha, seen, touched | moving, 0 if first else MOST_STEPS, lowered)


def _sweep(
    years: Years, alpha: Array, seen: list[Seen], which: NDArray[np.bool_], tried: int = 0,
    held: Sequence[NDArray[np.bool_]] = (),
) -> None:
    """Go through the years with the market alone in some parameter draws, and leave in ``seen`` what it says of each of the
    observed rates; improve the intercepts in place where a rate is given, as many times as are left after ``tried``, save where
    they are ``held``."""
    if which.all():
        seen[:] = _through(years, alpha, tried, held)
        return
    columns = np.nonzero(which)[0]
    if len(columns) == 1:  # sums over a single column may be rounded otherwise than beside others
        columns = np.append(columns, (columns[0] + 1) % len(which))
    some = alpha[:, columns]
    found = _through(years.only(columns), some, tried, [each[:, columns] for each in held])
    alpha[:, columns] = some
    for whole, part in zip(seen, found, strict=True):
        whole.put(columns, part)


def _through(years: Years, alpha: Array, tried: int, held: Sequence[NDArray[np.bool_]]) -> list[Seen]:
    """Go through the years with the market alone, in all parameter draws that are given; see :func:`_sweep`."""
    economy, source = years.economy, Expected(alpha.shape[1])
    market = Market(economy, source, Ledger(source, 0), alpha, years.start)
    rounds, out = list(economy.labour.rounds), dict[int, Seen]()
    for y, figures in enumerate(years.figures):
        year, further, graduates = economy.inputs.first + y, years.further[y], years.graduates[y]
        seekers = np.maximum(graduates - further.sum(axis=0), 0.0)
        mine = [i for i, one in enumerate(years.observed) if one.base.year == year]
        days = sorted({years.observed[i].base.measured_on for i in mine})
        market.open(year, figures)
        steps = _Steps(alpha, [years.observed[i] for i in mine], [held[i] for i in mine] if held else [], tried)
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
                    for i in mine:
                        if years.observed[i].base.measured_on == day:
                            out[i] = _seen(market, years.observed[i], further, graduates)
            if not mine or not steps.improve([out[i] for i in mine]):
                break
            market.back_to(mark)
        if y + 1 < len(years.figures):
            market.close(year)
    return [out[i] for i in range(len(years.observed))]


def _ahead(step: Array, before: Array) -> Array:
    """Return a longer step where steps shrink by a steady factor: they are going somewhere, so go there at once (Aitken 1926)."""
    factor = np.divide(step, before, out=np.zeros_like(step), where=np.abs(before) > 1e-12)
    return np.where((factor > 0.1) & (factor < 0.95), step / (1.0 - np.minimum(factor, 0.8)), step)


class _Steps:
    """Steps towards the intercepts [stage rows, P] of the rates of a year, in place; those of each parameter draw by themselves,
    save where they are ``held``."""

    def __init__(self, alpha: Array, observed: Sequence[Observed], held: Sequence[NDArray[np.bool_]], tried: int):
        self.alpha, self.observed, self.tried = alpha, observed, tried
        self.held = held or [np.zeros(one.wanted.shape, dtype=bool) for one in observed]
        self.last = [np.zeros(one.wanted.shape) for one in observed]

    def improve(self, seen: Sequence[Seen]) -> bool:
        """Move the intercepts of the draws in which a rate is not met yet; say whether any moved."""
        live = np.zeros(self.alpha.shape[1], dtype=bool)
        for one, found, fixed in zip(self.observed, seen, self.held, strict=True):
            # where everybody wishes to stay as it is, no intercept can do more
            all_stay = (found.rate < one.wanted) & (self.alpha[one.rows] >= ALL)
            gap = np.where(all_stay | fixed, 0.0, found.rate - one.wanted)
            live |= (np.abs(gap) > CLOSE).any(axis=0)
        self.tried += 1
        if not live.any() or self.tried > MOST_STEPS:
            return False
        for i, (one, found, fixed) in enumerate(zip(self.observed, seen, self.held, strict=True)):
            step, now = self._step(one, found), self.alpha[one.rows]
            ahead = _ahead(step, self.last[i])
            self.last[i] = step
            self.alpha[one.rows] = np.where(live & ~fixed, np.clip(now + ahead, -ALL, ALL), now)
        return True

    @staticmethod
    def _step(one: Observed, found: Seen) -> Array:
        """Return by how much the intercepts [n, P] must move for the rates to come out, if the shares of those who find work here
        and who leave after all stay what they are, and all groups move alike."""
        works = (found.success, one.found[1])
        further = (one.further[0], one.further[1])
        share = stay_share(one.base.definition, one.wanted, found.everyone, works, further, found.gone)
        now = np.divide(found.stay, found.everyone, out=np.full_like(found.stay, 0.5), where=found.everyone > 0)
        return np.where(found.everyone > 0, logit(share) - logit(now), 0.0)  # nobody there: as solved without vacancies


def _seen(market: Market, one: Observed, further: Array, graduates: Array) -> Seen:
    """Return what the market says of observed rates on their day."""
    found = market.year.destinations
    local, away = found[:4].sum(axis=0), found[4]
    ratio = counts(one.base.definition, local, away, further[0], further[1], graduates)
    rows = np.stack([local, away, market.year.stayers, market.leavers, *ratio])
    local, away, stay, leavers, top, total = one.sums(rows.take(one.groups, axis=1))
    there = stay > 0
    success = np.divide(local, stay, out=np.array(np.broadcast_to(one.found[0], stay.shape), dtype=float), where=there)
    gone = np.divide(np.maximum(away - leavers * one.found[1], 0.0), stay, out=np.zeros_like(stay), where=there)
    # a class in which nobody looks for work was solved for people who would: vacancies say nothing of it
    value = np.divide(top, total, out=one.wanted.astype(float), where=(total > 0) & (stay + leavers > 0))
    return Seen(value, success, gone, stay, stay + leavers, market.vacant.copy())
