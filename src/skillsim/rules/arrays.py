"""Compiled sums over cells; the replication axis is last and whole numbers stay whole."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Index = NDArray[np.int64]
Keys = NDArray[np.uint64]


def index(items: list[int]) -> Index:
    """Return an index array."""
    return np.array(items, dtype=np.int64)


def as_columns(values: Array, columns: int, per: int) -> Array:
    """Return figures [..., P] as columns [..., R]: ``per`` replications share a parameter draw; one figure serves all."""
    if values.shape[-1] == 1:
        return np.broadcast_to(values, (*values.shape[:-1], columns))
    return np.repeat(values, per, axis=-1)


@nb.njit(nogil=True, cache=True)
def add_rows(x: Array, to: NDArray[np.int64], out: Array) -> None:
    """Add row i of ``x`` [N, R] to row ``to[i]`` of ``out`` [M, R]; a negative ``to`` is left out."""
    for i in range(x.shape[0]):
        j = to[i]
        if j >= 0:
            for r in range(x.shape[1]):
                out[j, r] += x[i, r]


@nb.njit(nogil=True, cache=True)
def first_gap(before: Array, after: Array, tolerance: float) -> tuple[int, int]:
    """Return (row, replication) of the first place where ``before`` [N, R] and the sum of ``after`` [K, N, R] differ by
    more than ``tolerance`` of the row, or where a part is negative; (-1, -1) where they agree everywhere."""
    for i in range(before.shape[0]):
        for r in range(before.shape[1]):
            total = before[i, r] * 0
            worst = total
            for k in range(after.shape[0]):
                total += after[k, i, r]
                worst = min(worst, after[k, i, r])
            slack = tolerance * (1.0 + abs(before[i, r]))
            if abs(total - before[i, r]) > slack or worst < -slack:
                return i, r
    return -1, -1


def summed(x: Array, to: NDArray[np.int64], rows: int) -> Array:
    """Return the rows of ``x`` [N, R] summed into ``rows`` rows by ``to`` [N]."""
    out = np.zeros((rows, x.shape[1]), dtype=x.dtype)
    whole = np.ascontiguousarray(x)
    add_rows(whole if whole.flags.writeable else whole.copy(), to, out)  # a kernel is compiled anew for what can't be written to
    return out


@nb.njit(nogil=True, cache=True)
def _share_out(weights: Array, total: Array, out: Array) -> None:
    n = weights.shape[0]
    for r in range(weights.shape[1]):
        whole = 0.0
        for i in range(n):
            whole += weights[i, r]
        left = total[r]
        if whole <= 0:
            continue
        rest = np.empty(n)
        for i in range(n):
            exact = weights[i, r] * (total[r] / whole)
            # a product such as 0.1 x 30 may fall a hair below the whole number it stands for
            base = np.floor(exact + 1e-9)
            out[i, r] = base
            rest[i] = np.floor((exact - base) * 1e9 + 0.5)  # in billionths: what ties on paper ties here
            left -= base
        order = np.argsort(-rest, kind="mergesort")
        for j in range(n):
            if left < 0.5:
                break
            if weights[order[j], r] > 0:
                out[order[j], r] += 1
                left -= 1


def largest_remainder(weights: Array, total: Array) -> Array:
    """Share ``total`` [R] out in proportion to ``weights`` [N, R] >= 0: whole numbers by largest remainder (Hamilton's
    method), ties to the first row; exact shares where ``total`` is real-valued. Rows of weight 0 get nothing.

    Returns
    -------
    [N, R] of the dtype of ``total``; columns sum to ``total`` wherever a weight is positive.
    """
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    if np.issubdtype(total.dtype, np.floating):
        whole = weights.sum(axis=0)
        return weights * np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
    out = np.zeros(weights.shape, dtype=total.dtype)
    _share_out(weights, total, out)
    return out
