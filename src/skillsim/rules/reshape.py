"""Rules that reshape the seats: weak schools, mergers, share of long track, places across areas (docs/model.md, Seats)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import summed
from skillsim.rules.quotas import NOISE, handed_over

Array = NDArray[Any]
Floats = NDArray[np.float64]


def falling(years: Array, before: Array, now: Array) -> Array:
    """Return for how many years running counts have fallen, one year on; all [J, R]."""
    fell = now < before - NOISE * (1.0 + before)
    return np.where(fell, years + 1, 0).astype(years.dtype)


def without_schools(wish: Floats, closed: NDArray[np.bool_], moved: Floats, pathway: NDArray[np.int64]) -> Floats:
    """Return the seats [S, R] without those of ``closed`` rows [S, R]; the share ``moved`` [R] of them goes to the other rows of
    the same ``pathway`` [S], in proportion to their seats."""
    lost = np.where(closed, wish, 0.0)
    return handed_over(wish - lost, lost * moved, ~closed, pathway)


def merged(wish: Floats, into: NDArray[np.int64]) -> Floats:
    """Return the seats [S, R] after each row has gone to the row ``into`` [S]; a row that stays goes to itself."""
    return summed(wish, into, len(wish))


def shifted(
    wish: Floats, members: NDArray[np.bool_], gate: NDArray[np.bool_], share: Floats, most: Floats,
) -> tuple[Floats, Floats]:
    """Return the seats [S, R] in which the members of a gate have ``share`` [R] of its seats, and what was moved for it, as a
    share of the gate's seats [R]: at most ``most`` [R], and nothing where they have their share.

    Members gain and the others of the gate lose in proportion to their seats; both ``members`` and ``gate`` are bool [S].
    """
    inside = np.where(gate[:, None], wish, 0.0)
    whole, theirs = inside.sum(axis=0), inside[members].sum(axis=0)
    now = np.divide(theirs, whole, out=np.ones_like(whole), where=whole > 0)
    move = np.where(theirs > 0, np.clip(share - now, 0.0, most), 0.0)
    gain = np.divide(move * whole, theirs, out=np.zeros_like(whole), where=theirs > 0)
    loss = np.divide(move * whole, whole - theirs, out=np.zeros_like(whole), where=whole - theirs > 0)
    # a mean a hair below 0 would count as unlimited
    factor = np.where((gate & members)[:, None], 1.0 + gain, np.where(gate[:, None], np.maximum(1.0 - loss, 0.0), 1.0))
    return wish * factor, move


def opened(wish: Floats, bound: NDArray[np.int64], share: Floats) -> Floats:
    """Return the seats [S, R] in which ``share`` [R] of those of a school's programme are open to all areas.

    ``bound`` [S] is for a row kept for some areas the row of the same school, programme and pathway that is open to all, for
    all other rows -1.  The open row gets what it lacks; the kept ones lose it in proportion to their seats.
    """
    rows = np.nonzero(bound >= 0)[0]
    to = bound[rows]
    kept = summed(np.ascontiguousarray(wish[rows]), to, len(wish))
    lacks = np.clip(share * (kept + wish) - wish, 0.0, kept)
    left = 1.0 - np.divide(lacks, kept, out=np.zeros_like(kept), where=kept > 0)
    out = wish + lacks
    out[rows] = wish[rows] * left[to]
    return out
