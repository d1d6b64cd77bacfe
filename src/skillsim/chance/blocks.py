"""Compiled loops over cells and replications behind the sources; counts are int32, the replication axis is last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .kernels import (
    _CHOP_MEAN,
    _NEXT,
    _binomial_large,
    _chop_down,
    _log_complement,
    combine,
    hypergeometric,
    jit,
    replicate_uniform,
)

Counts = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

_NONE = np.uint64(0)  # the index of a cell's only draw
NEGATIVE, UNLIKELY = -1, -2  # told instead of the number of draws: a count below 0, a probability outside of [0, 1]
SLIP = 1e-9  # by how much a probability, or a sum of some, may miss 1 from rounding


@jit
def _binomial_row(n: Counts, p: Floats, per: int, key: np.uint64, first: int, out: Counts) -> int:
    """out[r] ~ Bin(n[r], p[r // per]) for one cell; what depends on p alone is computed once per parameter column.
    Returns the number of draws made (none where nobody is there or nothing is left to chance), or what is wrong."""
    draws = 0
    for j in range(p.size):
        prob = p[j]
        if not 0.0 <= prob <= 1.0 + SLIP:
            return UNLIKELY
        lo = j * per
        hi = n.size if p.size == 1 else lo + per
        if prob <= 0.0:
            for r in range(lo, hi):
                if n[r] < 0:
                    return NEGATIVE
                out[r] = 0
        elif prob >= 1.0:
            for r in range(lo, hi):
                if n[r] < 0:
                    return NEGATIVE
                out[r] = n[r]
        else:
            flip = prob > 0.5
            small = 1.0 - prob if flip else prob
            log_large = 1.0  # not yet known
            odds = 0.0
            for r in range(lo, hi):
                m = n[r]
                if m <= 0:
                    if m < 0:
                        return NEGATIVE
                    out[r] = 0
                    continue
                draws += 1
                u = replicate_uniform(key, first + r)
                v = (1.0 - u) * _NEXT if flip else u
                mean = m * small
                if v <= 1.0 - mean:  # see _binomial_half
                    x = np.int32(0)
                elif mean >= _CHOP_MEAN:
                    x = np.int32(_binomial_large(np.float64(m), small, 1.0 - small, v))
                else:
                    if log_large > 0.0:
                        log_large = _log_complement(small)
                        odds = small / (1.0 - small)
                    x = np.int32(_chop_down(np.float64(m), small, log_large, odds, v))
                out[r] = m - x if flip else x
    return draws


@jit
def binomial_block(n: Counts, p: Floats, per: int, base: np.uint64, cells: Keys, first: int, out: Counts) -> int:
    """out[c, r] ~ Bin(n[c, r], p[c, r // per]); returns the number of draws made, or what is wrong."""
    draws = 0
    for c in range(n.shape[0]):
        key = combine(combine(base, cells[c]), _NONE)
        made = _binomial_row(n[c], p[c], per, key, first, out[c])
        if made < 0:
            return made
        draws += made
    return draws


@jit
def split_block(
    n: Counts, p: Floats, stay: Floats, per: int, base: np.uint64, cells: Keys, first: int, out: Counts,
) -> int:
    """Competing risks: out[k, c, r] for p[k, c, r // per], the rest (probability `stay`) in out[K, c, r]; returns the
    number of draws made, or what is wrong."""
    draws = 0
    outcomes, count, columns = p.shape
    share = np.empty((outcomes, columns))
    for c in range(count):
        cell = combine(base, cells[c])
        # Probabilities of k given that none of the outcomes before it happened, from sums that do not cancel.
        for j in range(columns):
            tail = stay[c, j]
            for k in range(outcomes - 1, -1, -1):
                if not 0.0 <= p[k, c, j] <= 1.0 + SLIP:
                    return UNLIKELY
                tail += p[k, c, j]
                share[k, j] = p[k, c, j] / tail if p[k, c, j] > 0.0 else 0.0
        left = out[outcomes, c]
        for r in range(left.size):
            if n[c, r] < 0:
                return NEGATIVE
            left[r] = n[c, r]
        for k in range(outcomes):
            row = out[k, c]
            if share[k].max() <= 0.0:
                row[:] = 0
                continue
            made = _binomial_row(left, share[k], per, combine(cell, np.uint64(k)), first, row)
            if made < 0:
                return made
            draws += made
            for r in range(left.size):
                left[r] -= row[r]
    return draws


@jit
def ration_block(
    x: Counts, limit: Counts, starts: Longs, base: np.uint64, cells: Keys, first: int, out: Counts,
) -> int:
    """Multivariate hypergeometric draw of limit[g, r] out of each group's cells; returns the number of draws made, or what is
    wrong."""
    draws = 0
    keys = np.empty(cells.size, np.uint64)
    for c in range(cells.size):
        keys[c] = combine(combine(base, cells[c]), _NONE)
    total = np.empty(x.shape[1], np.int64)
    for g in range(limit.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        total[:] = 0
        for c in range(lo, hi):
            for r in range(x.shape[1]):
                if x[c, r] < 0:
                    return NEGATIVE
                total[r] += x[c, r]
        for r in range(x.shape[1]):
            rest = total[r]
            seats = np.int64(limit[g, r])
            if seats < 0:
                return NEGATIVE
            if rest <= seats:
                for c in range(lo, hi):
                    out[c, r] = x[c, r]
                continue
            for c in range(lo, hi):
                here = np.int64(x[c, r])
                rest -= here
                got = min(here, seats)
                if here > 0 and seats > 0 and rest > 0:
                    got = hypergeometric(here, rest, seats, replicate_uniform(keys[c], first + r))
                    draws += 1
                out[c, r] = got
                seats -= got
    return draws


@jit
def spread_block(
    weights: Counts, total: Counts, starts: Longs, base: np.uint64, cells: Keys, first: int, out: Counts,
) -> int:
    """Systematic sampling: cumulated shares of total[g, r], shifted by one uniform and cut to whole numbers; returns the
    number of draws made, or what is wrong."""
    draws = 0
    for g in range(total.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        key = combine(combine(base, cells[g]), _NONE)
        for r in range(weights.shape[1]):
            whole = np.int64(0)
            for c in range(lo, hi):
                if weights[c, r] < 0:
                    return NEGATIVE
                whole += weights[c, r]
            need = np.int64(total[g, r])
            if need < 0:
                return NEGATIVE
            if need == 0 or whole == 0 or hi - lo == 1 or need == whole:
                for c in range(lo, hi):
                    # all of the weights, all in the only row, or nothing
                    out[c, r] = 0 if need == 0 or whole == 0 else weights[c, r] if need == whole else np.int32(need)
                continue
            draws += 1
            u = replicate_uniform(key, first + r)
            before = np.int64(0)
            upto = np.int64(0)
            for c in range(lo, hi):
                upto += weights[c, r]
                here = np.int64(np.floor(np.float64(need * upto) / whole + u))
                if upto == whole:
                    here = need
                out[c, r] = here - before
                before = here
    return draws


@jit
def spread_mean(weights: Floats, total: Floats, starts: Longs, out: Floats) -> int:
    """Exact shares of total[g, r] in proportion to each group's weights; returns 0, or what is wrong."""
    for g in range(total.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        for r in range(weights.shape[1]):
            whole = 0.0
            for c in range(lo, hi):
                if not weights[c, r] >= 0.0:
                    return NEGATIVE
                whole += weights[c, r]
            if not total[g, r] >= 0.0:
                return NEGATIVE
            for c in range(lo, hi):
                out[c, r] = total[g, r] * (weights[c, r] / whole) if whole > 0.0 else 0.0
    return 0


@jit
def ration_mean(x: Floats, limit: Floats, starts: Longs, out: Floats) -> int:
    """Proportional counterpart of `ration_block`; returns 0, or what is wrong."""
    for g in range(limit.shape[0]):
        lo, hi = starts[g], starts[g + 1]
        for r in range(x.shape[1]):
            total = 0.0
            for c in range(lo, hi):
                if not x[c, r] >= 0.0:
                    return NEGATIVE
                total += x[c, r]
            if not limit[g, r] >= 0.0:
                return NEGATIVE
            scale = 1.0 if total <= limit[g, r] else limit[g, r] / total
            for c in range(lo, hi):
                out[c, r] = x[c, r] * scale
    return 0
