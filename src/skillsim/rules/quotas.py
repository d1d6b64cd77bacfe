"""The quota rule: next year's seats from junior graduates, completion and capacity (docs/model.md, Seats)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import largest_remainder, largest_remainders, summed

Array = NDArray[Any]
NOISE = 1e-9  # of sums of means: less than this is no difference


def mean_completion(seats: Array, entrants: Array, target: Array) -> NDArray[np.float64]:
    """Return the mean completion [S, R] over the last years with seats; ``target`` where there were none (new programmes).

    ``seats`` and ``entrants`` are [years, S, R]; ``target`` broadcasts to [S, R].
    """
    planned = seats > 0
    rates = np.divide(entrants, seats, out=np.zeros(seats.shape), where=planned)
    years = planned.sum(axis=0)
    mean = np.divide(rates.sum(axis=0), years, out=np.zeros(years.shape), where=years > 0)
    return np.where(years > 0, mean, target)


def pulled(completion: Array, target: Array, reach: Array) -> NDArray[np.float64]:
    """Return clip(c/c*, 1 ± delta) [S, R], by which completion moves a row."""
    out: NDArray[np.float64] = np.clip(completion / target, 1.0 - reach, 1.0 + reach)
    return out


def within_capacity(
    wish: Array, school: NDArray[np.int64], room: Array, total: Array | None, whole: bool,
) -> tuple[Array, Array]:
    """Return seats within each school's room, scaled to the place's total, and which schools were bound.

    Wishes are scaled by one factor to ``total`` (where given), each school is cut to its room, and what was cut goes to
    the schools that have room left, until nothing changes.  Whole seats by largest remainder: first the schools' sums,
    then the rows of each school.

    Parameters
    ----------
    wish : float [S, R], >= 0
    school : int [S], the school of each row
    room : [J, R], places that each school can give to new entrants, >= 0
    total : float [R] or None, the place's seats
    whole : whether seats are whole numbers

    Returns
    -------
    seats [S, R] (int32 where ``whole``), bound bool [J, R]
    """
    schools = room.shape[0]
    wants = summed(np.ascontiguousarray(wish, dtype=np.float64), school, schools)
    room = room.astype(np.float64)
    if total is None:
        sums = np.minimum(wants, room)
        bound = wants > room
    else:
        sums, bound = _water_level(wants, room, total)
    if whole:
        return largest_remainders(wish, _whole_sums(sums, np.floor(room)).astype(np.int32), school), bound
    out = np.zeros(wish.shape)
    for j in np.unique(school):
        rows = school == j
        out[rows] = largest_remainder(wish[rows], sums[j])
    return out, bound


def level_of(wish: Array, school: NDArray[np.int64], room: Array, total: Array | None, bound: NDArray[np.bool_]) -> Array:
    """Return the factor [R] by which wishes were scaled to the total at schools that were not bound; 1 where there is none.

    Arguments as those of :func:`within_capacity`; ``bound`` [J, R] as it returns it.
    """
    if total is None:
        return np.ones(wish.shape[1])
    wants = summed(np.ascontiguousarray(wish, dtype=np.float64), school, room.shape[0])
    return _level(wants, room, total, bound)


def scaled(wish: Array, total: Array | None) -> Array:
    """Return the wishes [S, R] scaled by one factor to the place's total [R], as if no school had bounds; as they are where
    there is none."""
    if total is None:
        return wish
    asked = wish.sum(axis=0)
    return wish * np.divide(total, asked, out=np.ones_like(asked), where=asked > 0)


def handed_over(wish: Array, given: Array, takes: NDArray[np.bool_], group: NDArray[np.int64]) -> Array:
    """Return the seats [S, R] with what rows of a group gave up shared out among those of the group that take, in proportion to
    their seats; where none takes, it is lost.

    Parameters
    ----------
    wish : float [S, R], without what is given up
    given : float [S, R], what each row hands over; below 0 it is taken from the others
    takes : bool [S, R]
    group : int [S]
    """
    groups = int(group.max()) + 1
    takers = np.where(takes, wish, 0.0)
    whole = summed(takers, group, groups)
    factor = np.divide(summed(given, group, groups), whole, out=np.zeros_like(whole), where=whole > 0)
    return np.maximum(wish + takers * factor[group], 0.0)


def fitted(wish: Array, school: NDArray[np.int64], gate: NDArray[np.int64], room: Array, whole: bool) -> Array:
    """Return seats within each school's room when rules have moved them.

    A school without room for its wishes is cut in proportion; what the rows of a gate lose by it goes to those of the same gate
    at schools that have room left, so that each gate keeps its sum where there is room for it.

    Parameters
    ----------
    wish : float [S, R], >= 0
    school, gate : int [S], the school of each row and the gate by which it is entered
    room : [J, R], places that each school can give to new entrants, >= 0
    whole : whether seats are whole numbers

    Returns
    -------
    seats [S, R] (int32 where ``whole``)
    """
    schools = len(room)
    wants = summed(np.ascontiguousarray(wish), school, schools)
    kept = wish * np.minimum(np.divide(room, wants, out=np.ones(wants.shape), where=wants > 0), 1.0)[school]
    out = np.zeros(wish.shape, dtype=np.int32 if whole else np.float64)
    waiting = summed(kept, school, schools)
    for one in np.unique(gate):
        rows = gate == one
        waiting -= summed(kept[rows], school[rows], schools)
        left = np.maximum(room - summed(out, school, schools) - waiting, 0.0)
        # a hair below what whole seats need would cost one
        left = np.floor(left + NOISE) if whole else left
        out[rows], _ = within_capacity(wish[rows], school[rows], left, wish[rows].sum(axis=0), whole)
    return out


def _level(wants: Array, room: Array, total: Array, full: NDArray[np.bool_]) -> Array:
    """Return the level [R] at which the schools that are not full have what the full ones leave of the total."""
    left = np.maximum(total - np.where(full, room, 0.0).sum(axis=0), 0.0)
    free = np.where(full, 0.0, wants).sum(axis=0)
    return np.divide(left, free, out=np.ones_like(left), where=free > 0)


def _water_level(wants: Array, room: Array, total: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return min(level · wants, room) with the level [R] at which the sum is ``total`` (or all rooms are full)."""
    full = np.zeros(wants.shape, dtype=bool)
    for _ in range(wants.shape[0] + 1):
        level = _level(wants, room, total, full)
        new = full | (level * wants > room)
        if (new == full).all():
            break
        full = new
    return np.where(full, room, level * wants), full


def _whole_sums(sums: Array, room: Array) -> Array:
    """Return whole sums by largest remainder with the total rounded to the nearest, none above its room."""
    base = np.minimum(np.floor(sums + 1e-9), room)
    left = np.floor(sums.sum(axis=0) + 0.5) - base.sum(axis=0)
    rest = np.where(base + 1 <= room, sums - base, -1.0)
    order = np.argsort(-rest, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(sums))[:, None], axis=0)
    return base + ((rank < left) & (rest > 1e-9))
