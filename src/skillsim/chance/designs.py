"""Designs of experiments: where in a box of levers a place is to be run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

__all__ = ["latin_hypercube"]


def latin_hypercube(points: int, levers: int, seed: int) -> NDArray[np.float64]:
    """Return float64 [points, levers] in [0, 1): of each lever one value in each of ``points`` equal intervals, in random order
    (McKay, Beckman and Conover 1979); the same for the same seed."""
    drawn: NDArray[np.float64] = qmc.LatinHypercube(levers, seed=np.random.default_rng(seed)).random(points)
    return drawn
