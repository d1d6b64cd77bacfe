"""Which classes of junior graduates are known from which figures of an area."""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

import numpy as np

from skillsim.scenario.numbers import Number, Par
from skillsim.scenario.types import Area


class Roll(NamedTuple):
    """A figure from which classes follow: its name, the years from which the class of Y comes (Y - ``before``, Y - ``after``),
    and what turns it into graduates (None: it counts them)."""

    name: str
    before: int
    after: int
    survival: str | None


# nearest first
ROLLS = (
    Roll("junior_graduates", 0, 0, None), Roll("rolls.junior_entrants", 3, 3, "rolls.junior_survival"),
    Roll("rolls.primary_entrants", 9, 9, "rolls.primary_survival"), Roll("rolls.births", 16, 15, "rolls.birth_survival"),
)


def class_of(area: Area, year: int) -> float:
    """Return the mean of an area's class of a year by the nearest figure that covers it, without policies; 0 where none does."""
    for roll, (first, last) in covered(area).items():
        if first <= year <= last:
            number = _given(area, roll.name)
            share = _mean(_given(area, roll.survival), year) if roll.survival else 1.0
            if roll.before == roll.after:
                return _mean(number, year - roll.before) * share
            return (_mean(number, year - roll.before) + 2 * _mean(number, year - roll.after)) / 3 * share
    return 0.0


def _given(area: Area, name: str) -> Number:
    out: Number = getattr(area.rolls if name.startswith("rolls.") else area, name.rpartition(".")[2])
    return out


def _mean(number: Number, year: int) -> float:
    return float(number.patched_by(()).path(np.array([year]), Par("persons"), None, [date(year, 12, 31)])[0, 0])


def covered(area: Area) -> dict[Roll, tuple[float, float]]:
    """Return the first and last class that each given figure of an area with rolls covers, the nearest figure first.

    A series covers its years, from the first to the last; a figure without years covers all; junior graduates of plain 0 are not
    given.
    """
    out: dict[Roll, tuple[float, float]] = {}
    for roll in ROLLS:
        holder = area.rolls if roll.name.startswith("rolls.") else area
        number: Number | None = getattr(holder, roll.name.rpartition(".")[2])
        if number is None or (roll.survival is None and number.value == 0):
            continue
        if number.series is None:
            out[roll] = (-math.inf, math.inf)
        elif min(number.series) + roll.before <= max(number.series) + roll.after:
            out[roll] = (min(number.series) + roll.before, max(number.series) + roll.after)
    return out
