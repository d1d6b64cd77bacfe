"""Exponential clocks: the probability that some of them ring before another; no draw is made here."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .kernels import jit

__all__ = ["rung_before"]

_STEP = 0.3  # of the logarithm of time
_LEFT_OUT = 1e-12  # of the probability, at either end


@jit
def _one(rates, n, other, many, early):  # type: ignore[no-untyped-def]
    """Return P(at least ``many`` of the clocks rates[:n] ring before one of rate ``other``); ``early`` is workspace [many].

    With time in units of the other clock's mean this is the integral of e^-t P(at least ``many`` have rung by t), a smooth
    function of log t: the trapezoidal rule converges exponentially (Trefethen and Weideman 2014).
    """
    if n < many:
        return 0.0
    if other <= 0.0:
        return 1.0
    total = 0.0
    for i in range(n):
        total += rates[i]
    total /= other
    # by time s fewer than (total s)^many / many! have rung
    low = (math.log(_LEFT_OUT) + math.lgamma(many + 2.0) - many * math.log(total)) / (many + 1.0)
    low = max(low, math.log(_LEFT_OUT))
    high = math.log(-math.log(_LEFT_OUT))
    nodes = math.ceil((high - low) / _STEP)
    step = (high - low) / nodes
    out = 0.0
    for k in range(nodes + 1):
        x = low + k * step
        t = math.exp(x)
        early[:] = 0.0
        early[0] = 1.0
        enough = 0.0
        for i in range(n):
            p = -math.expm1(-rates[i] / other * t)
            enough += early[many - 1] * p
            for j in range(many - 1, 0, -1):
                early[j] += (early[j - 1] - early[j]) * p
            early[0] *= 1.0 - p
        out += math.exp(x - t) * enough
    return min(out * step, 1.0)


@jit
def _block(weights, closed, many, per, out):  # type: ignore[no-untyped-def]
    types, options, columns = weights.shape
    rates, early = np.empty(options), np.empty(many)
    for t in range(types):
        for r in range(out.shape[1]):
            c = r // per if columns > 1 else 0
            if r > 0 and (columns == 1 or r % per > 0) and (closed[:, r] == closed[:, r - 1]).all():
                out[t, r] = out[t, r - 1]
                continue
            n, other = 0, 0.0
            for i in range(options):
                if closed[i, r]:
                    if weights[t, i, c] > 0.0:
                        rates[n] = weights[t, i, c]
                        n += 1
                else:
                    other += weights[t, i, c]
            out[t, r] = _one(rates, n, other, many, early)


def rung_before(weights: NDArray[np.float64], closed: NDArray[np.bool_], many: int, per: int) -> NDArray[np.float64]:
    """Return the probability that at least ``many`` of the closed clocks ring before the first of those that are open.

    Parameters
    ----------
    weights : [T, O, P] rates; replication r uses column r // per, or the only one
    closed : [O, R] which clocks are counted; the others are open
    many : at least 1

    Returns
    -------
    float64 [T, R]; 1 where no clock is open and enough are closed.  The error is below 1e-9.
    """
    out = np.empty((weights.shape[0], closed.shape[1]))
    _block(np.ascontiguousarray(weights, dtype=np.float64), np.ascontiguousarray(closed), many, per, out)
    return out
