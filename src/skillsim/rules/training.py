"""Training of workers: what it asks of teachers, and who rises by it (docs/model.md, Training of workers)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import add_rows

Array = NDArray[Any]
Floats = NDArray[np.float64]


def loads(students: Array, teachers: Array, teaches: NDArray[np.bool_]) -> Floats:
    """Return the full-time students [J, R] that training comes to at each school: ``students`` [R] over the schools that teach
    workers [J] in proportion to their teachers [J, R]; none where nobody is there to teach."""
    mine = np.where(teaches[:, None], teachers, 0)
    total = mine.sum(axis=0)
    out: Floats = students * np.divide(mine, total, out=np.zeros(mine.shape), where=total > 0)
    return out


def lifted(workers: Array, rising: Array, rows: NDArray[np.int64], industries: int) -> Array:
    """Return workers by job [J, R] after ``rising`` [N, R] went from ``rows`` [N] to the next level of their industry.

    Jobs stand level by level, lowest first, each with all industries in one order.
    """
    change = np.zeros_like(workers)
    rising = np.ascontiguousarray(rising)
    add_rows(-rising, rows, change)
    add_rows(rising, rows + industries, change)
    return np.asarray(workers + change)
