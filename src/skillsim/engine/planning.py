"""The plan in April: the seats of the year, within what schools can hold, and why they are what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import add_rows, summed
from skillsim.rules.quotas import level_of, mean_completion, pulled, within_capacity
from skillsim.rules.reasons import reasons_of_plan, reasons_of_rule

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]


def plan(run: Run, year: int) -> None:
    """Fix the year's seats: as planned, or by the quota rule, within each school's capacity; and say why."""
    y, layout, reason = run.at(year), run.layout, run.history.reason[run.at(year)]
    if y == 0:
        run.history.before[0], run.history.before[1] = run.past_seats[-1], run.past_entrants[-1]
    table = run.columns(run.inputs.seats[y])
    ruled, held = _rows_ruled(run, y)
    room = _room(run, year)
    seats = np.zeros(table.shape, dtype=run.source.dtype)
    fixed = ~ruled
    seats[fixed], _ = within_capacity(table[fixed], layout.pool_school[fixed], room, None, run.counts_people)
    reason[fixed] = reasons_of_plan(table[fixed], held[fixed], seats[fixed])
    if ruled.any():
        school = layout.pool_school[ruled]
        taken = summed(seats[fixed], layout.pool_school[fixed], len(layout.schools))
        room = np.maximum(room - taken, 0)  # a mean a hair below 0 would count as unlimited
        total = _total_left(run, y, seats[layout.gate_pools["junior"]].sum(axis=0))
        base, growth, pull = _factors(run, y, table)
        wish = (base * growth * pull)[ruled]
        seats[ruled], bound = within_capacity(wish, school, room, total, run.counts_people)
        level = level_of(wish, school, room, total, bound)
        last = run.past_seats[-1][ruled]
        reason[ruled] = reasons_of_rule(last, base[ruled], growth, pull[ruled], level, seats[ruled], bound[school])
    run.history.seats[y] = seats


def _rows_ruled(run: Run, y: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the rows on which the quota rule acts this year, and those on which it would if no policy held them."""
    rows = np.zeros(len(run.layout.pools), dtype=bool)
    if not run.warming and run.inputs.get("rules.quota.active")[y, 0] >= 0.5:
        rows[run.layout.gate_pools["junior"]] = True
    held = run.inputs.unruled[y]
    return rows & ~held, rows & held


def _total_left(run: Run, y: int, held: Array) -> Array | None:
    """Return the place's seats that are left for the rule, or None where the scenario states none."""
    if run.scenario.rules.quota.seats_total is None:
        return None
    total = run.columns(run.inputs.get("rules.quota.seats_total")[y])
    return np.maximum(total - held, 0.0)


def _factors(run: Run, y: int, table: Array) -> tuple[Array, Array, Array]:
    """Return what the quota rule asks for each row before any bound, as three factors: what it starts from [S, R], the
    growth of junior graduates [R], and the pull of completion [S, R]."""
    get, local = run.inputs.get, run.layout.area_origin == 0
    base = run.inputs.carried(y, run.past_seats[-1].astype(float), run.columns(run.inputs.seats[max(y - 1, 0)]), table)
    junior = run.inputs.junior[:, local].sum(axis=1)
    before = junior[y - 1] if y else run.inputs.junior_before[local].sum(axis=0)
    growth = np.divide(junior[y], before, out=np.ones_like(junior[y]), where=before > 0)
    target = run.columns(get("rules.quota.target_completion")[y])
    completion = mean_completion(run.past_seats.astype(float), run.past_entrants.astype(float), target)
    return base, run.columns(growth), pulled(completion, target, run.columns(get("rules.quota.reach")[y]))


def _room(run: Run, year: int) -> Array:
    """Return the places that each school can give to new entrants: capacity less who will still be there [J, R]."""
    staying = np.zeros((len(run.layout.schools), run.source.columns), dtype=run.source.dtype)
    for cohort in run.cohorts:
        add_rows(np.ascontiguousarray(cohort.heads), cohort.step.school_stays, staying)
        if len(cohort.step.gate):
            add_rows(np.ascontiguousarray(cohort.reserved(year)), cohort.step.gate_school, staying)
    return np.maximum(run.columns(run.inputs.capacity[run.at(year)]) - staying, 0)
