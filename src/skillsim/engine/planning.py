"""The plan in April: the seats of the year within what schools can hold, why they are what they are, and the log of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source
from skillsim.engine.inputs import ever_on
from skillsim.engine.layout import Layout
from skillsim.rules.arrays import add_rows, index, summed
from skillsim.rules.programmes import CLOSED, below, next_colour, support, supported, warned
from skillsim.rules.quotas import fitted, level_of, mean_completion, pulled, scaled, within_capacity
from skillsim.rules.reasons import CODES, put_down_to_teachers, reasons_of_changes, reasons_of_plan, reasons_of_rule
from skillsim.rules.reshape import falling, merged, opened, shifted, without_schools
from skillsim.scenario.types import Scenario
from skillsim.terms import DESTINATIONS, LOCAL, STEPS

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]
Floats = NDArray[np.float64]
CHANGES = ("lists", "warning", "weak", "long_track", "cross_area")  # the rules that change the seats, in order
NAMES = tuple(STEPS)
MOST = np.iinfo(np.int16).max // 2  # the log knows no more seats of a row, so that each move fits its type
MERGED = [CODES.index(code) for code in ("planned", "held", "rule_plan", "rule_kept", "rule_rounded")]  # reasons that it outranks
NOISE = 1e-7  # seats; a step that moves less did not act


# ---- which rules a scenario can have


def changing(scenario: Scenario) -> list[str]:
    """Return the rules that change seats in some year, in the order in which they act."""
    rules = scenario.rules
    on = {
        "lists": any(ever_on(one.active) for one in rules.lists.values()), "warning": ever_on(rules.warning.active),
        "weak": ever_on(rules.weak.active), "long_track": ever_on(rules.long_track.active),
        "cross_area": ever_on(rules.cross_area.active),
    }
    return [name for name in CHANGES if on[name]]


def logged(scenario: Scenario) -> bool:
    """Say whether something besides the planned seats and schools' capacity can move seats, so that each step is kept."""
    rules = scenario.rules
    switches = [rules.quota.active, *(merger.active for merger in rules.mergers.values())]
    return bool(changing(scenario)) or any(ever_on(switch) for switch in switches) or scenario.teachers is not None


def warns(scenario: Scenario) -> bool:
    """Say whether programmes can be under warning."""
    return ever_on(scenario.rules.warning.active)


# ---- what the plan remembers from year to year


@dataclass
class Memory:
    """What a year's plan hands to the next one.

    ``base`` [S, R] seats before any rule changed them; ``falls`` [J, R] for how many years running a school's entrants have
    fallen; ``work`` [4, programmes · 2, R] last year's class by programme and place of study (here, away): in work, of
    these and those without; in their own field, of those at work here; ``colour``, ``bad``, ``good`` [N, R] of each school's
    programme: colour of warning and for how many years running it has been bad or good; ``closed`` bool [J, R] weak schools;
    ``long_moved`` [R] share of the junior gate's seats moved to long track; ``changes`` [6, S, R] by how much each rule changed
    the seats, and what full schools then gave up and others took over.  For the log ``planned`` [S, R] the planned seats and
    ``cuts`` [2, S, R] what capacity and teachers changed of
    them; of rows under the quota rule its base and nothing.
    """

    base: Array
    falls: Array
    work: Array
    colour: Array
    bad: Array
    good: Array
    closed: Array
    long_moved: Array
    changes: Array
    planned: Array
    cuts: Array

    @classmethod
    def first(cls, layout: Layout, source: Source, base: Array, warm: Mapping[str, Array]) -> Memory:
        """Return what is known when no year has been planned: the seats of the year before, and what the warm-up remembers of
        the plan for them (means of one column), if there was one."""
        n, columns = len(layout.courses), source.columns
        small = np.zeros((n, columns), dtype=np.int8)
        return cls(
            base=base, falls=np.zeros((len(layout.schools), columns), dtype=np.int8),
            work=np.zeros((4, 2 * len(layout.programmes), columns), dtype=source.dtype), colour=small, bad=small, good=small,
            closed=np.zeros((len(layout.schools), columns), dtype=bool), long_moved=np.zeros(columns),
            changes=np.zeros((len(CHANGES) + 1, len(layout.pools), columns)),
            planned=np.broadcast_to(warm["planned"], base.shape) if warm else base.astype(float),
            cuts=np.broadcast_to(warm["cuts"], (2, *base.shape)) if warm else np.zeros((2, *base.shape)),
        )

    @classmethod
    def of(cls, state: Mapping[str, Array]) -> Memory:
        """Return what :meth:`state` gave."""
        return cls(**{name: x.copy() for name, x in state.items()})

    def state(self) -> dict[str, Array]:
        """Return its arrays [.., R] by name."""
        return dict(vars(self))


# ---- the plan


class Base(NamedTuple):
    """The seats before any rule changes them, and what bounded them."""

    seats: Array  # [S, R]
    bound: NDArray[np.bool_]  # bool [J, R] of rows under the quota rule
    left: Array  # [J, R] the room that was theirs
    total: Array | None  # [R] the place's seats that were theirs


class Wish(NamedTuple):
    """What is asked for each row before any bound."""

    table: Array  # [S, R] the planned seats
    last: Array  # [S, R] last year's base
    merged: NDArray[np.bool_]  # [S, R] rows whose seats a merger has moved: last year's, outside the quota rule the planned ones
    ruled: NDArray[np.bool_]  # [S] rows under the quota rule
    held: NDArray[np.bool_]  # [S] rows that a policy keeps out of it
    start: Array  # [S, R] what the rule starts from; the planned seats of all other rows
    growth: Array  # [R]
    pull: Array  # [S, R]

    @property
    def seats(self) -> Array:
        """Return the quota rule's wish; of all other rows the planned seats [S, R]."""
        return np.where(self.ruled[:, None], self.start * self.growth * self.pull, self.table)


def plan(run: Run, year: int) -> None:
    """Fix the year's seats: as planned, or by the quota rule, within what each school can hold; then changed by the rules that
    are in force; and say why."""
    y, memory, history = run.at(year), run.memory, run.history
    if y == 0:
        history.before[0], history.before[1] = run.past_seats[-1], run.past_entrants[-1]
    wish = _wish(run, y)
    by_capacity, room = _rooms(run, year)
    base = _within(run, y, wish, room, run.counts_people)
    history.reason[y] = _reasons(run, y, wish, base, by_capacity, room)
    seats, changes = base.seats, memory.changes
    if not run.warming:
        _look_back(run, y)
        if run.changing:
            seats, changes = _changed(run, y, wish.table, base.seats, room)
    if history.moves.shape[1]:
        steps = _steps(run, y, wish, base.seats, by_capacity, room) | {
            name: changes[k] - memory.changes[k] for k, name in enumerate((*CHANGES, "full"))
        }
        _log(run, y, seats, steps)
    if history.colours.shape[1]:
        history.colours[y] = memory.colour
    if run.warming:
        memory.planned, memory.cuts = wish.table, np.stack([base.seats - wish.table, np.zeros_like(base.seats)])
    memory.base, memory.changes = base.seats, changes
    history.seats[y] = seats


def _wish(run: Run, y: int) -> Wish:
    """Return what is planned, and on the rows under the quota rule what it asks for, as factors: what it starts from, the growth
    of junior graduates, and the pull of completion."""
    rows, get = np.zeros(len(run.layout.pools), dtype=bool), run.inputs.get
    inputs, last, into = run.inputs, run.memory.base, run.inputs.merged_into[y]
    before, plan, table = (run.columns(x) for x in (inputs.seats[max(y - 1, 0)], inputs.seats[y], inputs.standing[y]))
    base = merged(last, into)
    if not run.warming and get("rules.quota.active")[y, 0] >= 0.5:
        rows[run.layout.gate_pools["junior"]] = True
    stay = run.inputs.unruled[y]
    ruled, held = rows & ~stay, rows & stay
    moved = np.where(ruled[:, None], base != last, table != plan)
    if not ruled.any():
        return Wish(table, base, moved, ruled, held, table, np.ones(run.source.columns), np.ones(table.shape))
    local = run.layout.area_origin == 0
    start = run.inputs.carried(y, last.astype(float), before, plan, into)
    junior = run.inputs.junior[:, local].sum(axis=1)
    of_last = junior[y - 1] if y else run.inputs.junior_before[local].sum(axis=0)
    growth = np.divide(junior[y], of_last, out=np.ones_like(junior[y]), where=of_last > 0)
    target = run.columns(get("rules.quota.target_completion")[y])
    seats, entrants = (
        np.stack([merged(one, into) for one in x]).astype(float) for x in (run.past_seats, run.past_entrants)
    )
    completion = mean_completion(seats, entrants, target)
    pull = pulled(completion, target, run.columns(get("rules.quota.reach")[y]))
    return Wish(table, base, moved, ruled, held, np.where(ruled[:, None], start, table), run.columns(growth), pull)


def _within(run: Run, y: int, wish: Wish, room: Array, whole: bool) -> Base:
    """Return the seats within each school's room [J, R]; rows under the quota rule have what the others leave."""
    layout, ruled, schools = run.layout, wish.ruled, run.layout.pool_school
    seats = np.zeros(wish.table.shape, dtype=run.source.dtype if whole else float)
    fixed, total = ~ruled, None
    seats[fixed], _ = within_capacity(wish.table[fixed], schools[fixed], room, None, whole)
    left, bound = room, np.zeros(room.shape, dtype=bool)
    if ruled.any():
        taken = summed(seats[fixed], schools[fixed], len(layout.schools))
        left = np.maximum(room - taken, 0)  # a mean a hair below 0 would count as unlimited
        total = _total_left(run, y, seats[layout.gate_pools["junior"]].sum(axis=0))
        seats[ruled], bound = within_capacity(wish.seats[ruled], schools[ruled], left, total, whole)
    return Base(seats, bound, left, total)


def _total_left(run: Run, y: int, held: Array) -> Array | None:
    """Return the place's seats that are left for the quota rule, or None where the scenario states none."""
    if run.scenario.rules.quota.seats_total is None:
        return None
    total = run.columns(run.inputs.get("rules.quota.seats_total")[y])
    return np.maximum(total - held, 0.0)


def _rooms(run: Run, year: int) -> tuple[Array, Array]:
    """Return the places that each school can give to new entrants [J, R]: by its capacity, and by its teachers too; less who will
    still be there."""
    staying = np.zeros((len(run.layout.schools), run.source.columns), dtype=run.source.dtype)
    for cohort in run.cohorts:
        add_rows(np.ascontiguousarray(cohort.heads), cohort.step.school_stays, staying)
        if len(cohort.step.gate):
            add_rows(np.ascontiguousarray(cohort.reserved(year)), cohort.step.gate_school, staying)
    capacity = run.columns(run.inputs.capacity[run.at(year)])
    room = np.maximum(capacity - staying, 0)
    if run.staff is None:
        return room, room
    return room, np.maximum(np.minimum(capacity, run.staff.most_students(year)) - staying, 0)


def _reasons(run: Run, y: int, wish: Wish, base: Base, by_capacity: Array, room: Array) -> Array:
    """Return why the seats before any change are what they are [S, R]."""
    ruled, school = wish.ruled, run.layout.pool_school
    out = np.empty(wish.table.shape, dtype=np.int8)
    fixed = ~ruled
    out[fixed] = reasons_of_plan(wish.table[fixed], wish.held[fixed], base.seats[fixed])
    if ruled.any():
        level = level_of(wish.seats[ruled], school[ruled], base.left, base.total, base.bound)
        out[ruled] = reasons_of_rule(
            wish.last[ruled], wish.start[ruled], wish.growth, wish.pull[ruled], level, base.seats[ruled],
            base.bound[school[ruled]],
        )
    out[wish.merged & np.isin(out, MERGED)] = CODES.index("merged")
    return put_down_to_teachers(out, (room < by_capacity)[school])


# ---- the rules that change seats


def _look_back(run: Run, y: int) -> None:
    """Note at which schools entrants have fallen again."""
    memory, of_junior = run.memory, np.isin(np.arange(len(run.layout.pools)), run.layout.gate_pools["junior"])
    entrants = [summed(x * of_junior[:, None], run.layout.pool_school, len(run.layout.schools)) for x in run.past_entrants]
    if y == 0:
        memory.falls = falling(memory.falls, entrants[0], entrants[1])
    memory.falls = falling(memory.falls, entrants[1], entrants[2])


def remember(run: Run, year: int) -> None:
    """Keep of the year's class who is in work, and who of those at work here in their own field."""
    layout, found = run.layout, run.history.destinations[run.at(year)]
    here = found[LOCAL].sum(axis=0, dtype=found.dtype)
    work = here + found[LOCAL.stop]
    seeking = sum(found[DESTINATIONS.index(name)] for name in ("local_seeking", "away_seeking"))
    field = found[DESTINATIONS.index("local_matched")] + found[DESTINATIONS.index("local_below")]
    to = 2 * layout.group_programme + layout.group_away
    run.memory.work = np.stack([summed(x, to, 2 * len(layout.programmes)) for x in (work, work + seeking, field, here)])


def _changed(run: Run, y: int, planned: Array, base: Array, room: Array) -> tuple[Array, Array]:
    """Return the seats [S, R] after the rules that are in force, and by how much each changed them, and full schools then [6, S,
    R]."""
    wish, changes = base.astype(float), np.zeros_like(run.memory.changes)
    for name in run.changing:
        before = wish
        wish = ACTS[name](run, y, wish)
        changes[CHANGES.index(name)] = wish - before
    if not changes.any():
        return base, changes
    seats = fitted(wish, run.layout.pool_school, run.layout.pool_gate, room, run.counts_people)
    changes[-1] = fitted(wish, run.layout.pool_school, run.layout.pool_gate, room, False) - wish
    closed = run.memory.colour[run.layout.pool_course] == CLOSED
    run.history.reason[y] = reasons_of_changes(run.history.reason[y], planned, base, changes[:-1], seats, closed)
    return seats.astype(run.source.dtype), changes


def _on(run: Run, y: int, rule: str) -> bool:
    return bool(run.inputs.get(f"rules.{rule}.active")[y, 0] >= 0.5)


def _figure(run: Run, y: int, path: str) -> Floats:
    """Return a figure of the rules in a year [R]."""
    return run.columns(run.inputs.get(f"rules.{path}")[y])


def _by_lists(run: Run, y: int, wish: Floats) -> Floats:
    layout, factor, listed = run.layout, np.ones(wish.shape), np.zeros(len(wish), dtype=bool)
    for code, one in sorted(run.scenario.rules.lists.items()):
        active = run.inputs.get(f"rules.lists.{code}.active")[: y + 1, 0] >= 0.5
        if active.any():
            rows = np.array([
                layout.programmes[p] in one.programmes and (not one.schools or layout.schools[j] in one.schools)
                for p, j in zip(layout.pool_programme, layout.pool_school, strict=True)
            ])
            growth = run.inputs.get(f"rules.lists.{code}.growth")[: y + 1]
            factor[rows] *= run.columns(support(active, growth, one.years))
            listed |= rows
    return supported(wish, factor, listed, layout.pool_gate) if listed.any() else wish


def _by_warning(run: Run, y: int, wish: Floats) -> Floats:
    memory, layout = run.memory, run.layout
    if not _on(run, y, "warning"):
        memory.colour, memory.bad, memory.good = (np.zeros_like(x) for x in (memory.colour, memory.bad, memory.good))
        return wish
    memory.colour, memory.bad, memory.good = next_colour(memory.colour, memory.bad, memory.good, *_judged(run, y))
    beside = layout.pool_school * len(layout.gate_pools) + layout.pool_gate
    cut, moved = (_figure(run, y, f"warning.{name}") for name in ("cut", "moved"))
    return warned(wish, memory.colour[layout.pool_course], cut, moved, beside)


def _judged(run: Run, y: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which programme of which school was below a threshold last year, and of which anything could be seen [N, R]: of
    those with seats, and of closed ones while their last classes leave."""
    layout, rule = run.layout, run.scenario.rules.warning
    seats, entrants = (summed(x[-1], layout.pool_course, len(layout.courses)) for x in (run.past_seats, run.past_entrants))
    out, seen = np.zeros(seats.shape, dtype=bool), np.zeros(seats.shape, dtype=bool)
    if rule.completion is not None:
        out |= below(entrants, seats, _figure(run, y, "warning.completion"))
        seen |= seats > 0
    local = [run.scenario.areas[run.scenario.institutions[layout.schools[j]].area].local for j, _ in layout.courses]
    group = index([2 * p + (not here) for (_, p), here in zip(layout.courses, local, strict=True)])
    work, out_of, field, here = run.memory.work[:, group]
    if rule.placement is not None:
        out |= below(work, out_of, _figure(run, y, "warning.placement"))
        seen |= out_of > 0
    if rule.match is not None:
        out |= below(field, here, _figure(run, y, "warning.match"))
        seen |= here > 0
    there = (seats > 0) | (run.memory.colour == CLOSED)
    return out & there, seen & there


def _by_weak(run: Run, y: int, wish: Floats) -> Floats:
    memory, layout, rule = run.memory, run.layout, run.scenario.rules.weak
    if not _on(run, y, "weak"):
        return wish
    junior = layout.pool_gate == list(layout.gate_pools).index("junior")
    only = np.array([bool((layout.pool_school == j).any()) and junior[layout.pool_school == j].all()
                     for j in range(len(layout.schools))])
    entrants = summed(run.past_entrants[-1], layout.pool_school, len(layout.schools))
    small = entrants < _figure(run, y, "weak.size")
    memory.closed = memory.closed | (only[:, None] & small & (memory.falls >= rule.years))
    return without_schools(wish, memory.closed[layout.pool_school], _figure(run, y, "weak.moved"), layout.pool_pathway)


def _by_long_track(run: Run, y: int, wish: Floats) -> Floats:
    memory, layout = run.memory, run.layout
    if not _on(run, y, "long_track"):
        memory.long_moved = np.zeros_like(memory.long_moved)
        return wish
    codes = run.scenario.classes.get("long_track", [])
    members = np.array([layout.pathways[p] in codes for p in layout.pool_pathway])
    junior = layout.pool_gate == list(layout.gate_pools).index("junior")
    share, reach = (_figure(run, y, f"long_track.{name}") for name in ("share", "reach"))
    wish, memory.long_moved = shifted(wish, members & junior, junior, share, memory.long_moved + reach)
    return wish


def _by_cross_area(run: Run, y: int, wish: Floats) -> Floats:
    if not _on(run, y, "cross_area"):
        return wish
    return opened(wish, run.inputs.across, _figure(run, y, "cross_area.share"))


ACTS = {
    "lists": _by_lists, "warning": _by_warning, "weak": _by_weak, "long_track": _by_long_track, "cross_area": _by_cross_area,
}


# ---- the log


def _steps(run: Run, y: int, wish: Wish, base: Array, by_capacity: Array, room: Array) -> dict[str, Array]:
    """Return by how much each step up to the base moved the seats of the year before [S, R], before they were made whole.

    Outside the quota rule planned seats go on from planned seats, and a school that is as full as last year moves nothing.
    """
    memory, ruled, into = run.memory, wish.ruled, run.inputs.merged_into[y]
    juniors = np.where(ruled[:, None], wish.start * wish.growth, wish.start)
    planned = np.where(ruled[:, None], wish.last, merged(memory.planned, into))
    cuts = [np.where(ruled[:, None], 0.0, merged(cut, into)) for cut in memory.cuts]
    asked, held = wish.seats, _within(run, y, wish, by_capacity, False)
    total = asked.copy()
    total[ruled] = scaled(asked[ruled], held.total)
    taught = held if run.staff is None else _within(run, y, wish, room, False)
    by_room = (held.seats - total, taught.seats - held.seats)
    memory.planned = np.where(ruled[:, None], base, wish.table)
    memory.cuts = np.where(ruled[:, None], 0.0, np.stack(by_room))
    return {
        "merger": wish.last - memory.base, "plan": wish.start - planned, "juniors": juniors - wish.start,
        "completion": asked - juniors, "total": total - asked, "capacity": by_room[0] - cuts[0], "teachers": by_room[1] - cuts[1],
    }


def _log(run: Run, y: int, seats: Array, steps: Mapping[str, Array]) -> None:
    """Record the moves from last year's seats to this year's, and see that they add up.

    Under draws whole seats: differences of the rounded course, so that nothing is lost by rounding; what the steps leave is the
    last one's.
    """
    last = run.past_seats[-1]
    if run.counts_people:
        last, seats = np.minimum(last, MOST), np.minimum(seats, MOST)
    at, course = last.astype(float), last.astype(float)
    moves = run.history.moves[y]
    for name, move in steps.items():
        if np.abs(move).max(initial=0.0) > NOISE:
            course = course + np.where(np.abs(move) > NOISE, move, 0.0)
            now = np.clip(np.rint(course), -MOST, MOST) if run.counts_people else course
            moves[NAMES.index(name)] = now - at
            at = now
    moves[NAMES.index("fit")] = seats - at
    run.ledger.move("log of the plan", run.layout.pools.__getitem__, seats, last + moves.sum(axis=0, dtype=last.dtype))
