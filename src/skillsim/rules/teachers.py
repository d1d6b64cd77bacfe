"""Teachers: how many students they can teach, how many a school wants and hires, and whom pooled ones help (docs/model.md,
Teachers)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import summed

Array = NDArray[Any]
Floats = NDArray[np.float64]


def equivalents(teachers: Array, part_time: Array) -> Floats:
    """Return the full-time equivalents of full-time teachers; part-time ones are a share below 1 of all equivalents."""
    out: Floats = teachers / (1.0 - part_time)
    return out


def wanted(load: Array, students: Array, part_time: Array) -> Floats:
    """Return the full-time teachers, a real number, that a load in students asks for at so many students per teacher, where
    part-time ones are a share of all posts."""
    out: Floats = load / students * (1.0 - part_time)
    return out


def hires(wants: Array, stock: Array, before: Array, hiring: Array) -> Floats:
    """Return how many full-time teachers schools hire, a real number: up to what they want, and no more than a share of their
    teachers.  ``stock`` are those who stayed, ``before`` those there at the year's start."""
    out: Floats = np.clip(wants - stock, 0.0, hiring * before)
    return out


def pooled(own: Floats, most: Array, pool: NDArray[np.int64], share: Array) -> Floats:
    """Return the students that schools' teachers can teach if a share of them goes where teachers are short.

    Every school gives the share.  What its other teachers lack to ``most`` is its shortfall; the pool is shared among the
    shortfalls in proportion, none gets more than its own, and what is left goes back in proportion to what was given.  So the
    sum over a pool stays what it is.

    Parameters
    ----------
    own : [J, R] students that each school's own teachers can teach
    most : [J, R] students that it has places for
    pool : [J] the pool that each school belongs to
    share : [R], or broadcasts to it
    """
    pools = int(pool.max(initial=-1)) + 1
    given = own * share
    kept = own - given
    short = np.maximum(most - kept, 0.0)
    there, lack = summed(given, pool, pools), summed(short, pool, pools)
    used = np.minimum(there, lack)
    helped = np.divide(used, lack, out=np.zeros_like(lack), where=lack > 0)[pool]
    back = np.divide(there - used, there, out=np.zeros_like(there), where=there > 0)[pool]
    out: Floats = kept + short * helped + given * back
    return out
