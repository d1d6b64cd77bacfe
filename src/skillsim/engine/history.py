"""What a run leaves behind: counts by year, structure and replication."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.layout import Layout
from skillsim.terms import DESTINATIONS

Array = NDArray[Any]


@dataclass
class History:
    """Counts of one scenario; the first axis is the year, the last the replication.

    ``junior``, ``general``, ``not_local`` [Y, areas, R]; ``seats``, ``entrants`` [Y, pools, R]; ``headcount``, ``dropouts``,
    ``at_gate``, ``through_gate`` [Y, lines, R]; ``graduates`` [Y, groups, R]; ``destinations`` [Y, 6, groups, R] in the order
    of :data:`skillsim.terms.DESTINATIONS`; ``adjusted`` [Y, 3, R]: people that actual figures added to entrants, headcount
    and graduates.
    """

    junior: Array
    general: Array
    not_local: Array
    seats: Array
    entrants: Array
    headcount: Array
    dropouts: Array
    at_gate: Array
    through_gate: Array
    graduates: Array
    destinations: Array
    adjusted: Array

    @classmethod
    def empty(cls, layout: Layout, years: int, columns: int, dtype: Any) -> History:
        """Return a history of zeros."""
        areas, pools, lines, groups = len(layout.areas), len(layout.pools), len(layout.lines), len(layout.groups)
        rows: dict[str, tuple[int, ...]] = {
            "junior": (areas,), "general": (areas,), "not_local": (areas,), "seats": (pools,), "entrants": (pools,),
            "headcount": (lines,), "dropouts": (lines,), "at_gate": (lines,), "through_gate": (lines,),
            "graduates": (groups,), "destinations": (len(DESTINATIONS), groups), "adjusted": (3,),
        }
        return cls(**{name: np.zeros((years, *shape, columns), dtype=dtype) for name, shape in rows.items()})

    def place(self, part: History, at: int) -> None:
        """Write a part of the replications into this history from column ``at`` on."""
        for f in fields(self):
            whole, piece = getattr(self, f.name), getattr(part, f.name)
            whole[..., at : at + piece.shape[-1]] = piece
