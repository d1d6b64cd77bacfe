"""The ledger that never loses a person: every move is checked where it happens, every year's stock by origin at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source
from skillsim.errors import InvariantError
from skillsim.rules.arrays import add_rows, first_gap

Array = NDArray[Any]
ORIGINS = ("local", "from elsewhere")


class Ledger:
    """Books the flows of a year by origin [2, R] and checks them against the stock."""

    def __init__(self, source: Source, first_replication: int):
        self.columns, self.dtype = source.columns, source.dtype
        self.first = first_replication
        self.tolerance = 0.0 if np.issubdtype(np.dtype(source.dtype), np.integer) else 1e-9
        self.stock = self.nobody()
        self.entered, self.left = self.nobody(), self.nobody()

    def nobody(self) -> Array:
        """Return an empty count by origin [2, R], wide enough for the sum of all cells."""
        return np.zeros((2, self.columns), dtype=np.float64 if self.tolerance else np.int64)

    def by_origin(self, people: Array, origin: NDArray[np.int64]) -> Array:
        """Return people [N, R] by origin [2, R]."""
        out = self.nobody()
        add_rows(np.ascontiguousarray(people), origin, out)
        return out

    def move(self, place: str, name: Callable[[int], str], before: Array, *after: Array) -> None:
        """Raise unless each cell of ``before`` [N, R] equals the sum of its parts, none of them negative."""
        parts = after[0] if len(after) == 1 and after[0].ndim == 3 else np.stack(after)
        if before.dtype.kind != parts.dtype.kind:
            before, parts = before.astype(float), parts.astype(float)
        row, column = first_gap(np.ascontiguousarray(before), np.ascontiguousarray(parts), self.tolerance)
        if row >= 0:
            got = parts[:, row, column].tolist()
            raise InvariantError(
                f"{place} ({name(row)})", self.first + column, f"{before[row, column]} before, {sum(got)} after = {got}"
            )

    def shared(self, place: str, name: Callable[[int], str], before: Array, parts: Array, rest: Array) -> None:
        """As :meth:`move`, for many parts [N, K, R] and a last one [N, R], which are not copied."""
        wide = np.float64 if self.tolerance else np.int64
        total = rest.astype(wide)
        add_rows(parts.reshape(-1, parts.shape[-1]), np.repeat(np.arange(len(before)), parts.shape[1]), total)
        self.move(place, name, before.astype(wide), total)
        if parts.size and parts.min() < -self.tolerance * (1.0 + before.max()):
            row, part, column = (int(i) for i in np.unravel_index(parts.argmin(), parts.shape))
            raise InvariantError(
                f"{place} ({name(row)})", self.first + column, f"{parts[row, part, column]} in part {part} of {parts.shape[1]}"
            )

    def limit(self, place: str, name: Callable[[int], str], used: Array, most: Array) -> None:
        """Raise where more than ``most`` [N, R] are used."""
        over = used > most + self.tolerance * (1.0 + np.abs(most))
        if over.any():
            row, column = (int(i[0]) for i in np.nonzero(over))
            raise InvariantError(
                f"{place} ({name(row)})", self.first + column, f"{used[row, column]} where at most {most[row, column]}"
            )

    def enter(self, people: Array, origin: NDArray[np.int64]) -> None:
        """Book people [N, R] who enter the system."""
        self.entered += self.by_origin(people, origin)

    def leave(self, people: Array, origin: NDArray[np.int64]) -> None:
        """Book people [N, R] who leave it: dropped out, moved, or with a diploma."""
        self.left += self.by_origin(people, origin)

    def close(self, year: int, stock: Array) -> None:
        """Raise unless last year's stock + entered - left is this year's, by origin and replication."""
        self.move(f"accounts of {year}", lambda i: ORIGINS[i], self.stock + self.entered - self.left, stock)
        self.stock = stock
        self.entered, self.left = self.nobody(), self.nobody()
