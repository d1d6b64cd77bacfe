"""Money that does not suffice: what is paid of what is asked (docs/model.md, Money)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def cut_to(asked: Floats, limit: Floats, order: Sequence[int]) -> Floats:
    """Return what is paid of the items ``asked`` [n, R] so that they come to no more than ``limit`` [R] together.

    The items in ``order`` are reduced, each down to 0 before the next; the others are paid in full, also where they alone come
    to more.
    """
    paid = np.array(asked, dtype=float)
    for i in order:
        paid[i] -= np.clip(paid.sum(axis=0) - limit, 0.0, paid[i])
    return paid


def funded(asked: Floats, paid: Floats) -> Floats:
    """Return the share of each item that is paid; 1 where nothing is asked."""
    out: Floats = np.divide(paid, asked, out=np.ones(asked.shape), where=asked > 0)
    return out
