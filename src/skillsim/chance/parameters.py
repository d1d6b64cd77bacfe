"""Uniforms for parameter draws: one for each uncertain number and pair of replications, keyed by the number's name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import combine, jit, replicate_uniform
from .keys import stream_key

__all__ = ["uniforms"]


@jit
def _uniform_block(base, cells, first, out):  # type: ignore[no-untyped-def]
    for c in range(out.shape[0]):
        key = combine(combine(base, cells[c]), np.uint64(0))
        for r in range(out.shape[1]):
            out[c, r] = replicate_uniform(key, first + r)


def uniforms(seed: int, process: str, time: int, cells: NDArray[np.uint64], first: int, count: int) -> NDArray[Any]:
    """Return float64 [len(cells), count] in (0, 1) for the absolute numbers first ... first + count - 1."""
    out = np.empty((len(cells), count))
    _uniform_block(stream_key(seed, process, time), np.ascontiguousarray(cells), first, out)
    return out
