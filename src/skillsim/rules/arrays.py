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


@nb.njit(cache=True)
def add_rows(x: Array, to: NDArray[np.int64], out: Array) -> None:
    """Add row i of ``x`` [N, R] to row ``to[i]`` of ``out`` [M, R]; a negative ``to`` is left out."""
    for i in range(x.shape[0]):
        j = to[i]
        if j >= 0:
            for r in range(x.shape[1]):
                out[j, r] += x[i, r]


@nb.njit(cache=True)
def first_gap(before: Array, after: Array, tolerance: float) -> tuple[int, int]:
    """Return (row, replication) of the first place where ``before`` [N, R] and the sum of ``after`` [K, N, R] differ by
    more than ``tolerance`` of the row, or where a part is negative; (-1, -1) where they agree everywhere."""
    for i in range(before.shape[0]):
        rest = before[i] * np.int64(1)  # wide enough for any sum
        worst = rest * 0
        for k in range(after.shape[0]):
            for r in range(rest.size):
                rest[r] -= after[k, i, r]
                worst[r] = min(worst[r], after[k, i, r])
        for r in range(rest.size):
            slack = tolerance * (1.0 + abs(before[i, r]))
            if abs(rest[r]) > slack or worst[r] < -slack:
                return i, r
    return -1, -1


def summed(x: Array, to: NDArray[np.int64], rows: int) -> Array:
    """Return the rows of ``x`` [N, R] summed into ``rows`` rows by ``to`` [N]."""
    out = np.zeros((rows, x.shape[1]), dtype=x.dtype)
    whole = np.ascontiguousarray(x)
    add_rows(whole if whole.flags.writeable else whole.copy(), to, out)  # a kernel is compiled anew for what can't be written to
    return out


@nb.njit(cache=True)
def _share_out(weights: Array, total: Array, rows: Index, starts: Index, out: Array) -> None:
    for g in range(total.shape[0]):
        mine = rows[starts[g] : starts[g + 1]]
        rest = np.empty(mine.size)
        for r in range(weights.shape[1]):
            whole = 0.0
            for i in mine:
                whole += weights[i, r]
            left = float(total[g, r])
            if whole <= 0:
                continue
            for j, i in enumerate(mine):
                exact = weights[i, r] * (total[g, r] / whole)
                # a product such as 0.1 x 30 may fall a hair below the whole number it stands for
                base = np.floor(exact + 1e-9)
                out[i, r] = base
                rest[j] = np.floor((exact - base) * 1e9 + 0.5)  # in billionths: what ties on paper ties here
                left -= base
                if weights[i, r] <= 0:
                    rest[j] = -1.0
            # the last remainder that gets one, by bisection: sorting would cost a second to compile
            least, above = 0.0, 1e9 + 1.0
            while above - least > 1.0 and left >= 0.5:
                middle = np.floor((least + above) / 2)
                if np.sum(rest >= middle) >= left:
                    least = middle
                else:
                    above = middle
            for ties in (False, True):
                for j, i in enumerate(mine):
                    if left >= 0.5 and (rest[j] == least if ties else rest[j] > least):
                        out[i, r] += 1
                        left -= 1


def largest_remainder(weights: Array, total: Array) -> Array:
    """Share ``total`` [R] out in proportion to ``weights`` [N, R] >= 0: whole numbers by largest remainder (Hamilton's
    method), ties to the first row; exact shares where ``total`` is real-valued. Rows of weight 0 get nothing.

    Returns
    -------
    [N, R] of the dtype of ``total``; columns sum to ``total`` wherever a weight is positive.
    """
    if np.issubdtype(total.dtype, np.floating):
        weights = np.ascontiguousarray(weights, dtype=np.float64)
        whole = weights.sum(axis=0)
        return weights * np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
    return largest_remainders(weights, total[None], np.zeros(len(weights), dtype=np.int64))


def largest_remainders(weights: Array, total: Array, group: Index) -> Array:
    """Share whole numbers ``total`` [G, R] out over the rows of each group [N], each by :func:`largest_remainder`."""
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    rows = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[rows], np.arange(len(total) + 1))
    out = np.zeros(weights.shape, dtype=total.dtype)
    _share_out(weights, np.ascontiguousarray(total), rows, starts, out)
    return out
