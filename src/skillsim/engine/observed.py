"""Actual figures take the place of simulated ones; what they add or take away is booked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.layout import picked
from skillsim.errors import Problem, ScenarioError
from skillsim.rules.arrays import largest_remainder, summed
from skillsim.rules.retention import counts
from skillsim.scenario.types import Observed
from skillsim.terms import LOCAL

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]
ADJUSTED = ("entrants", "headcount", "graduates")


def rows_of(run: Run, indicator: str, year: int) -> list[Observed]:
    """Return the actual figures of an indicator and year; none while warming up."""
    if run.warming:
        return []
    return [row for row in run.scenario.observed if row.indicator == indicator and row.year == year]


def _fitted(run: Run, x: Array, value: float) -> Array:
    """Return counts [N, R] scaled to a total, whole people by largest remainder; evenly where there are none."""
    weights = np.where(x.sum(axis=0) > 0, x, 1)
    total = np.full(x.shape[1], value)
    total = np.rint(total).astype(run.source.dtype) if run.counts_people else total
    fitted = largest_remainder(weights, total)
    run.ledger.move("actual figures", lambda _: f"{value:g}", total[None], fitted.sum(axis=0, keepdims=True))
    return fitted


def _book(run: Run, year: int, indicator: str, change: Array) -> None:
    run.history.adjusted[run.at(year), ADJUSTED.index(indicator)] += change


def entrants(run: Run, year: int, heads: Array, taken: Array) -> tuple[Array, Array]:
    """Return heads by cell and entrants by pool with the year's actual entrants in them."""
    layout = run.layout
    for row in rows_of(run, "entrants", year):
        pools = picked(run.scenario, run.layout, row.of, "pool")
        offers = np.unique(layout.pool_offer[pools])
        fitted = _fitted(run, taken[pools], row.value)
        _book(run, year, "entrants", fitted.sum(axis=0) - taken[pools].sum(axis=0))
        before = summed(taken, layout.pool_offer, len(layout.offers))
        taken = taken.copy()
        taken[pools] = fitted
        after = summed(taken, layout.pool_offer, len(layout.offers))
        heads = heads.copy()
        offer_of = np.array([layout.cells[c][0] for c in layout.ages[0].cells])
        for offer in offers:
            cells = offer_of == offer
            weights = np.where(before[offer] > 0, heads[cells], 1)
            heads[cells] = largest_remainder(weights, after[offer])
    return heads, taken


def headcount(run: Run, year: int) -> None:
    """Fit the heads of live cohorts to the year's actual headcounts."""
    for row in rows_of(run, "headcount", year):
        lines = picked(run.scenario, run.layout, row.of, "line")
        hits = [lines[run.lines_of(c, year)] for c in run.cohorts]
        now = np.concatenate([c.heads[hit] for c, hit in zip(run.cohorts, hits, strict=True)])
        fitted = _fitted(run, now, row.value)
        _book(run, year, "headcount", fitted.sum(axis=0) - now.sum(axis=0))
        start = 0
        for cohort, hit in zip(run.cohorts, hits, strict=True):
            part = fitted[start : start + int(hit.sum())]
            start += len(part)
            run.ledger.enter(part - cohort.heads[hit], cohort.step.origin[hit])
            cohort.heads = cohort.heads.copy()
            cohort.heads[hit] = part


def graduates(run: Run, year: int) -> None:
    """Fit the year's leavers with a diploma to actual graduates."""
    for row in rows_of(run, "graduates", year):
        groups = picked(run.scenario, run.layout, row.of, "group")
        fitted = _fitted(run, run.leavers[groups], row.value)
        change = fitted - run.leavers[groups]
        _book(run, year, "graduates", change.sum(axis=0))
        run.leavers[groups] = fitted
        run.barred[groups] = np.minimum(run.barred[groups], fitted)


def _in_kinds(here: Array, local: Array) -> Array:
    """Return those at work here [4, N, R] by kind of job so that they sum to ``local`` [N, R]: as they were, in proportion;
    in jobs of their own field where there was nobody."""
    kinds, n, columns = here.shape
    weights = here.copy()
    weights[0] = np.where(here.sum(axis=0) > 0, here[0], 1)
    flat = largest_remainder(weights.reshape(kinds, n * columns), np.ascontiguousarray(local).reshape(n * columns))
    return flat.reshape(kinds, n, columns)


def retention(run: Run, year: int) -> None:
    """Shift graduates between work here and elsewhere until the year's actual staying rate comes out."""
    y = run.at(year)
    for row in rows_of(run, "local_retention", year):
        assert row.definition is not None
        groups = np.nonzero(picked(run.scenario, run.layout, row.of, "group"))[0]
        here = run.history.destinations[y][LOCAL, groups]  # each kind of job moves in proportion
        local = here.sum(axis=0).astype(here.dtype)
        further_local, further_away = run.history.destinations[y][:2, groups]
        away, local_seeking, away_seeking = run.history.destinations[y][LOCAL.stop :, groups]
        top, bottom = counts(row.definition, local, away, further_local, further_away, run.leavers[groups])
        wanted = row.value * bottom.sum(axis=0) - (top - local).sum(axis=0)
        need = wanted - local.sum(axis=0)
        need = np.rint(need).astype(run.source.dtype) if run.counts_people else need
        others = [away, local_seeking, away_seeking]
        for i, pool in enumerate(others):
            into = np.minimum(np.maximum(need, 0), pool.sum(axis=0)).astype(run.source.dtype)
            out_of = np.minimum(np.maximum(-need, 0), local.sum(axis=0)).astype(run.source.dtype)
            shift = largest_remainder(pool, into) - largest_remainder(local, out_of)
            local, others[i] = local + shift, pool - shift
            need = need - into + out_of
        if np.median(np.abs(need)) > 0.5:  # in single replications more may go on studying than the figure allows
            args = {"definition": row.definition.upper(), "year": year}
            at = f"observed.{run.scenario.observed.index(row)}"
            raise ScenarioError([Problem("observed_unreachable", at, row.value, args=args)])
        run.history.destinations[y][LOCAL, groups] = _in_kinds(here, local)
        run.history.destinations[y][LOCAL.stop :, groups] = others
        if run.market is not None:  # who is said to be at work was not turned away
            away, local_seeking, away_seeking = others
            turned_away, gave_up = run.history.turned_away[y], run.history.gave_up[y]
            waiting = np.minimum(turned_away[groups] - gave_up[groups], local_seeking)
            gave_up[groups] = np.minimum(gave_up[groups], away + away_seeking)
            turned_away[groups] = gave_up[groups] + waiting
