"""NumPy, vectorised by hand: an array with one entry for each person, shortened as they leave.

``run`` is what one writes first; ``run_tuned`` draws in single precision, keeps the persons of a programme together, and takes
all intakes at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.pathway import (
    APPLY,
    DROPOUT,
    SECONDARY,
    STAY_COLLEGE,
    STAY_SECONDARY,
    Ints,
    Outputs,
    calendar_years,
    seats,
)


def _hit(rng: np.random.Generator, count: int, p: float) -> NDArray[np.bool_]:
    """Return for each person whether it happens to him; single precision is enough and twice as fast."""
    return rng.random(count, dtype=np.float32) < p


def _one(rng: np.random.Generator, programmes: int, entrants: int, years: int) -> Ints:
    """Return one replication as :meth:`Outputs.rows`; all intakes at once, as nothing passes between them."""
    cells = programmes * years
    chosen = rng.integers(programmes, size=(years, entrants), dtype=np.int16)
    chosen.sort(axis=1)  # who is who does not matter: the persons of a programme stand together
    cell = (chosen + programmes * np.arange(years, dtype=np.int32)[:, None]).ravel()
    taken = np.bincount(cell, minlength=cells)
    dropouts = np.zeros(calendar_years(years), dtype=np.int64)

    def stay(cell: Ints, k: int) -> Ints:
        left = cell[~_hit(rng, cell.size, DROPOUT[k])]
        gone = np.bincount(cell, minlength=cells) - np.bincount(left, minlength=cells)
        dropouts[k : k + years] += gone.reshape(years, programmes).sum(axis=1)
        return left

    for k in range(SECONDARY):
        cell = stay(cell, k)
    applies = cell[_hit(rng, cell.size, APPLY)]
    rank = np.arange(applies.size) - np.searchsorted(applies, np.arange(cells))[applies]
    college = applies[rank < seats(taken)[applies]]  # all applicants of a programme have the same chance to stand in front
    secondary = cell.size - college.size
    for k in range(SECONDARY, len(DROPOUT)):
        college = stay(college, k)
    retained = _hit(rng, secondary, STAY_SECONDARY).sum() + _hit(rng, college.size, STAY_COLLEGE).sum()
    return np.concatenate([[retained, secondary, college.size], dropouts])


def _plain(rng: np.random.Generator, programmes: int, entrants: int, years: int) -> Ints:
    """Return one replication as :meth:`Outputs.rows`, intake by intake."""
    retained = secondary = graduates = 0
    dropouts = np.zeros(calendar_years(years), dtype=np.int64)
    for year in range(years):
        cell = rng.integers(programmes, size=entrants)
        taken = np.bincount(cell, minlength=programmes)
        for k in range(SECONDARY):
            stays = rng.random(cell.size) >= DROPOUT[k]
            dropouts[year + k] += cell.size - np.count_nonzero(stays)
            cell = cell[stays]
        waits = rng.permutation(cell[rng.random(cell.size) < APPLY])
        waits = waits[np.argsort(waits, kind="stable")]  # by programme, in random order
        first = np.searchsorted(waits, np.arange(programmes))
        college = waits[np.arange(waits.size) - first[waits] < seats(taken)[waits]]
        leaves = cell.size - college.size
        for k in range(SECONDARY, len(DROPOUT)):
            stays = rng.random(college.size) >= DROPOUT[k]
            dropouts[year + k] += college.size - np.count_nonzero(stays)
            college = college[stays]
        secondary += leaves
        graduates += college.size
        retained += np.count_nonzero(rng.random(leaves) < STAY_SECONDARY)
        retained += np.count_nonzero(rng.random(college.size) < STAY_COLLEGE)
    return np.concatenate([[retained, secondary, graduates], dropouts])


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    rng = np.random.default_rng(seed)
    return Outputs.of(np.stack([_plain(rng, programmes, entrants, years) for _ in range(replications)], axis=1))


def run_tuned(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications, by the tuned arrays."""
    rng = np.random.default_rng(seed)
    return Outputs.of(np.stack([_one(rng, programmes, entrants, years) for _ in range(replications)], axis=1))
