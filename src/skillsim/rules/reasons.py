"""Why a row has the seats that it has: one code of :data:`skillsim.terms.REASONS` for each row and replication.

Precedence (docs/model.md, Seats).  Outside the rule: what cut a row outranks a policy's hold, and a hold outranks the plan.
Under the rule: the room of the school, where it was full, outranks everything that it bounded; then a row with as many seats
as the year before was kept; any other is named after the factor that pushed it most the way it went.  What a rule changed by
half a seat or more is named after that rule, whatever its seats were before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.quotas import NOISE
from skillsim.terms import REASONS

Array = NDArray[Any]
CODES = tuple(REASONS)
FACTORS = ("rule_plan", "rule_juniors", "rule_completion_up", "rule_total")
# of the rules that change seats, in their order: what a row that gains and a row that loses by it are put down to
CHANGED = (
    ("list_grown", "list_paid"), ("warned_others", "warned"), ("weak_taken", "weak_school"),
    ("long_track", "long_track_paid"), ("cross_area", "cross_area"),
)


def _apart(a: Array, b: Array) -> NDArray[np.int8]:
    """Return 1 where ``a`` is above ``b``, -1 where it is below, 0 where they are the same but for noise."""
    gap = np.asarray(a, dtype=float) - b
    return np.where(np.abs(gap) > NOISE * (1.0 + np.abs(b)), np.sign(gap), 0).astype(np.int8)


def reasons_of_plan(plan: Array, held: NDArray[np.bool_], seats: Array) -> NDArray[np.int8]:
    """Return the reasons [S, R] of rows outside the rule: cut to the school's room, held by a policy, or as planned.

    ``plan`` and ``seats`` are [S, R]; ``held`` [S] says which rows the rule would act on if no policy held them.
    """
    kept = np.where(held, CODES.index("held"), CODES.index("planned"))[:, None]
    return np.where(_apart(seats, plan) < 0, CODES.index("cut_capacity"), kept).astype(np.int8)


def put_down_to_teachers(reasons: NDArray[np.int8], by_teachers: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return reasons [S, R] in which a bound of the school's room is one of its teachers where they leave less room than its
    capacity (bool [S, R])."""
    out = reasons.copy()
    for room, teachers in (("cut_capacity", "cut_teachers"), ("rule_capacity", "rule_teachers")):
        out[by_teachers & (reasons == CODES.index(room))] = CODES.index(teachers)
    return out


def reasons_of_changes(
    reasons: NDArray[np.int8], planned: Array, base: Array, changes: Array, seats: Array, closed: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Return the reasons [S, R] of rows after the rules that change seats.

    Seats are the planned ones, moved to the base and then by each rule.  Of these moves the largest that goes the way in which
    the seats differ from the planned ones is named, where a rule made it and it is half a seat or more; else the reason of the
    base stays.  So a row with fewer seats than planned is never put down to what raised it.

    Parameters
    ----------
    reasons : [S, R] of the base
    planned, base, seats : [S, R]; ``seats`` as they come out
    changes : [5, S, R] in the order of :data:`CHANGED`
    closed : bool [S, R], rows that warning has closed
    """
    way = np.sign(np.asarray(seats, dtype=float) - planned)
    moves = way * np.concatenate([np.asarray(base - planned, dtype=float)[None], changes])
    most = moves.argmax(axis=0)
    by = np.take_along_axis(moves, most[None], axis=0)[0]
    rule = np.maximum(most - 1, 0)
    up, down = (np.array([CODES.index(pair[i]) for pair in CHANGED])[rule] for i in (0, 1))
    down = np.where(closed & (down == CODES.index("warned")), CODES.index("closed"), down)
    return np.where((most == 0) | (by < 0.5), reasons, np.where(way > 0, up, down)).astype(np.int8)


def reasons_of_rule(
    last: Array, base: Array, growth: Array, pull: Array, level: Array, seats: Array, bound: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Return the reasons [S, R] of rows under the rule.

    A row goes from ``last`` to base/last · growth · pull · level of it, unless its school is full.  In logarithms these four
    add up; of those that pushed the way the row went, the largest is named (the first where several are equal).  Where none
    did, only rounding to whole seats moved it.

    Parameters
    ----------
    last : [S, R] last year's seats
    base : [S, R] what the rule starts from: last year's seats, moved by a change of the planned seats
    growth : [R] of the junior graduates
    pull : [S, R] of completion against its target
    level : [R] by which all wishes are scaled to the place's total; 1 where there is none
    seats : [S, R] as they come out
    bound : bool [S, R], the row's school is full
    """
    moved = np.divide(base, last, out=np.where(base > 0, np.inf, 1.0), where=last > 0)
    way = _apart(seats, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        push = way * np.log(np.stack(np.broadcast_arrays(moved, growth, pull, level)))
    push = np.where(way == 0, 0.0, push)
    names = np.array([CODES.index(code) for code in FACTORS])[push.argmax(axis=0)]
    names[(names == CODES.index("rule_completion_up")) & (way < 0)] = CODES.index("rule_completion_down")
    names[push.max(axis=0) <= NOISE] = CODES.index("rule_rounded")
    names[way == 0] = CODES.index("rule_kept")
    names[bound & (_apart(seats, base * growth * pull) != 0)] = CODES.index("rule_capacity")
    return names.astype(np.int8)
