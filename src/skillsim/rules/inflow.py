"""Junior graduates from school rolls and births (docs/model.md, Inflow)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import Index

Floats = NDArray[np.float64]


def class_of_births(before: Floats, after: Floats) -> Floats:
    """Return the class that graduates from junior school in June of year Y, from births of Y - 16 and of Y - 15, any shape.

    A school year takes in who was born from 1 September to 31 August: four months of the one year, eight of the other.
    """
    return (before + 2 * after) / 3


def classes(years: Index, spans: Sequence[tuple[float, float]]) -> tuple[Index, Index]:
    """Return for each year [Y] the class that stands for it and the roll from which that class is known.

    ``spans`` are the first and last class that each roll covers, nearest roll first; roll k is the first that covers the class.
    A year that none covers takes the next class that is covered, so that what comes before the first one is like it.

    Raises
    ------
    ValueError
        where no class of the year or later is covered.
    """
    stands, roll = [], []
    for year in years.tolist():
        later = [max(year, first) for first, last in spans if max(year, first) <= last]
        if not later:
            raise ValueError(f"no roll covers the class of {year} or a later one")
        stands.append(min(later))
        roll.append(next(k for k, (first, last) in enumerate(spans) if first <= stands[-1] <= last))
    return np.array(stands, dtype=np.int64), np.array(roll, dtype=np.int64)
