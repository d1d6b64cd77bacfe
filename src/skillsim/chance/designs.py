"""Designs of experiments: where in a box of levers, or of uncertain numbers, a place is to be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

__all__ = ["box", "latin_hypercube", "saltelli", "trajectories"]

Floats = NDArray[np.float64]
OUTER = 0.05  # probability of the outermost levels of a trajectory
EDGE = 1e-6  # from 0 and 1, where a distribution may have no end


def latin_hypercube(points: int, levers: int, seed: int) -> Floats:
    """Return float64 [points, levers] in [0, 1): of each lever one value in each of ``points`` equal intervals, in random order
    (McKay, Beckman and Conover 1979); the same for the same seed."""
    drawn: NDArray[np.float64] = qmc.LatinHypercube(levers, seed=np.random.default_rng(seed)).random(points)
    return drawn


def box(groups: Mapping[str, str]) -> dict[str, Any]:
    """Return the unit box as SALib describes it: of each number, by name, the group with which it moves."""
    names = list(groups)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names), "groups": list(groups.values())}


def trajectories(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return float64 [count × (names + 1), names], ways through a box on each of whose steps one number moves (Morris 1991).

    Four levels, the probabilities 0.05, 0.35, 0.65 and 0.95, so that no distribution is asked for its ends; the same for the
    same seed.
    """
    from SALib.sample.morris import sample

    levels: Floats = sample(box({name: name for name in names}), count, num_levels=4, seed=seed)
    return OUTER + (1 - 2 * OUTER) * levels


def saltelli(groups: Mapping[str, str], samples: int, seed: int) -> Floats:
    """Return float64 [samples × (groups + 2), numbers] in (0, 1): two samples A and B of a scrambled Sobol sequence, and A with
    the numbers of one group at a time taken from B (Saltelli et al. 2010).

    Parameters
    ----------
    groups : by the name of each number the group with which it moves
    samples : a power of 2
    """
    from SALib.sample.sobol import sample

    drawn: Floats = sample(box(groups), samples, calc_second_order=False, seed=seed)
    return np.clip(drawn, EDGE, 1 - EDGE)
