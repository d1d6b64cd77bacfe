"""Compiled draws: a keyed uniform, and exact inversion by that one uniform.

A draw is a pure function of its key and its parameters, and never decreases when the uniform grows. Two scenarios that
share a key therefore share the draw as far as their parameters allow, which is what paired comparisons rest on.

How a binomial or hypergeometric quantile is found:

* small mean: chop-down from zero with the recurrence of the probabilities (Kachitvichyanukul & Schmeiser 1988);
* otherwise: a Cornish-Fisher expansion of the quantile (Abramowitz & Stegun 26.2.49-51) with Sheppard-corrected
  cumulants, which are the right ones for a lattice variable at its continuity-corrected points (Kolassa & McCullagh
  1990). Its error is known to be below `slack`: where no integer lies that near, the answer is certain. Where one does,
  or in the far tails, the exact distribution function decides (saddle-point probability of Loader 2000, tail summed
  outward). The scheme is that of Giles (2016, ACM TOMS 42:7) for the Poisson law. No normal is ever rounded.

All functions release the GIL, hold no state and run in any order on any number of threads. Whoever edits this file must
delete ``__pycache__``: numba does not notice that compiled callers in other files contain the old code.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

__all__ = ["binomial", "combine", "gamma", "hypergeometric", "mix64", "uniform"]


def jit(function: Any) -> Any:
    """The one set of compiler options of this package (no fastmath: results must not depend on the vector width)."""
    return nb.njit(nogil=True, cache=True, error_model="numpy")(function)


# ---------------------------------------------------------------------------------------------------------------- keys

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MUL_1 = np.uint64(0xBF58476D1CE4E5B9)
_MUL_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@jit
def mix64(z: np.uint64) -> np.uint64:
    """Finaliser of splitmix64 (Steele, Lea & Flood 2014; variant 13 of Stafford): a bijection of 64-bit words."""
    z = (z ^ (z >> _S30)) * _MUL_1
    z = (z ^ (z >> _S27)) * _MUL_2
    return z ^ (z >> _S31)


@jit
def combine(key: np.uint64, part: np.uint64) -> np.uint64:
    """Child of a key; the order matters, and for either argument held fixed the map is a bijection of the other."""
    return mix64(mix64(key) ^ (part + _GOLDEN))


@jit
def replicate_uniform(key: np.uint64, replicate: int) -> float:
    """Uniform number `replicate` of the splitmix64 sequence that starts at `key`.

    The result is (2 m + 1) / 2**53 for an integer m < 2**52: strictly inside (0, 1), and 1 - u is exact. (With m <
    2**53 and a step of 2**-53 the topmost value would round to 1.)
    """
    word = mix64(key + np.uint64(replicate) * _GOLDEN)
    return (np.float64(word >> _S12) + 0.5) * 2.220446049250313e-16


@jit
def uniform(base: np.uint64, cell: np.uint64, replicate: int, index: int) -> float:
    """The uniform of a stream (`base`), a cell, an absolute replication and an index within the cell; in (0, 1)."""
    return replicate_uniform(combine(combine(base, cell), np.uint64(index)), replicate)


# ---------------------------------------------------------------------------------------------------- special functions

_HALF_LOG_2PI = 0.9189385332046727418


def _exact_stirling_errors() -> NDArray[np.float64]:
    """log(k!) - log(sqrt(2 pi k) (k / e)**k) for k = 0..15 (zero at 0 by convention)."""
    from decimal import Decimal, getcontext

    getcontext().prec = 40
    two_pi = Decimal("6.283185307179586476925286766559005768394")
    errors = [0.0]
    for k in range(1, 16):
        exact = Decimal(math.factorial(k)).ln()
        stirling = (two_pi * k).ln() / 2 + k * (Decimal(k).ln() - 1)
        errors.append(float(exact - stirling))
    return np.array(errors)


_STIRLING = _exact_stirling_errors()
_RECIPROCAL = np.concatenate((np.zeros(1), 1.0 / np.arange(1.0, 257.0)))


@jit
def _stirling_error(k: float) -> float:
    """log(k!) - log(sqrt(2 pi k) (k / e)**k) for an integer k > 0 (Loader 2000)."""
    if k < 16.0:
        return _STIRLING[int(k)]
    inv = 1.0 / k
    sq = inv * inv
    series = 1 / 1260.0 - sq * (1 / 1680.0 - sq * (1 / 1188.0 - sq * (691 / 360360.0)))
    return inv * (1 / 12.0 - sq * (1 / 360.0 - sq * series))


@jit
def _deviance(x: float, mean: float) -> float:
    """x log(x / mean) + mean - x without cancellation near x = mean (Loader 2000)."""
    diff = x - mean
    if abs(diff) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - diff
    v = diff / (x + mean)
    total = diff * v
    term = 2.0 * x * v
    sq = v * v
    for j in range(1, 1000):
        term *= sq
        new = total + term / (2 * j + 1)
        if new == total:
            break
        total = new
    return total


@jit
def _log_binomial_pmf(k: float, n: float, p: float, q: float) -> float:
    """Logarithm of P(Bin(n, p) = k), 0 <= k <= n, 0 < p < 1, q = 1 - p (Loader 2000: nearly full double precision)."""
    if k == 0.0:
        return n * (math.log1p(-p) if p < q else math.log(q))
    if k == n:
        return n * (math.log1p(-q) if q < p else math.log(p))
    rest = n - k
    correction = _stirling_error(n) - _stirling_error(k) - _stirling_error(rest)
    exponent = correction - _deviance(k, n * p) - _deviance(rest, n * q)
    return exponent - _HALF_LOG_2PI - 0.5 * (math.log(k) + math.log1p(-k / n))


@jit
def _normal_quantile(u: float) -> float:
    """Standard normal quantile, relative error about 1e-16 (Wichura 1988, AS 241, PPND16)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
               + 4.5921953931549871457e4) * r + 1.3731693765509461125e4
        num = ((num * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
        den = (((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
               + 2.1213794301586595867e4) * r + 5.3941960214247511077e3
        den = ((den * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1.0
        return q * num / den
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        num = (((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
               + 1.27045825245236838258e0) * r + 3.64784832476320460504e0
        num = ((num * r + 5.76949722146069140550e0) * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        den = (((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
               + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1
        den = ((den * r + 1.67638483018380384940e0) * r + 2.05319162663775882187e0) * r + 1.0
    else:
        r -= 5.0
        num = (((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
               + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1
        num = ((num * r + 1.78482653991729133580e0) * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        den = (((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
               + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2
        den = ((den * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1) * r + 1.0
    return -num / den if q < 0.0 else num / den


# ------------------------------------------------------------------------------------------------------------- binomial

_CHOP_MEAN = 10.0  # above this mean the expansion is cheaper than the chop-down, and sharp enough
_NEXT = 1.0 + 2.220446049250313e-16


@jit
def _binomial_at_most(k: float, n: float, p: float, q: float, u: float) -> bool:
    """Whether u <= P(Bin(n, p) <= k); a function of k that never goes back from True to False."""
    if k < 0.0:
        return False
    if k >= n:
        return True
    lower = k < n * p
    # Sum the shorter side outward from k. Each side is compared with its own tail of u, so nothing cancels.
    x = k if lower else k + 1.0
    ratio = q / p if lower else p / q
    term = 1.0
    total = 1.0
    down = x if lower else n - x
    up = n - x + 1.0 if lower else x + 1.0
    while term > 1e-18 * total and down > 0.0:
        term *= down / up * ratio
        total += term
        down -= 1.0
        up += 1.0
    tail = math.exp(_log_binomial_pmf(x, n, p, q)) * total
    return u <= tail if lower else 1.0 - u >= tail


@jit
def _binomial_expansion(n: float, p: float, q: float, w: float) -> tuple[float, float]:
    """Cornish-Fisher quantile, at the normal score w, of a smooth law that meets Bin(n, p) at all integers; its slack.

    Terms to sigma**-3 inclusive; the slack is the calibrated bound on what is left (tests hold it to account).
    """
    v = n * p * q
    pq = p * q
    var = v - 1.0 / 12.0
    inv = 1.0 / var
    sd = math.sqrt(var)
    skew = q - p
    # standardised cumulants divided by the powers of sd that are multiplied back in below
    g1 = v * skew * inv
    g2 = (v * (1.0 - 6.0 * pq) + 1.0 / 120.0) * inv
    g3 = v * skew * (1.0 - 12.0 * pq) * inv
    g4 = (v * (1.0 - pq * (30.0 - 120.0 * pq)) - 1.0 / 252.0) * inv
    w2 = w * w
    he2 = w2 - 1.0
    he3 = w * (w2 - 3.0)
    he4 = w2 * (w2 - 6.0) + 3.0
    he5 = w * (w2 * (w2 - 10.0) + 15.0)
    s = g1 * g1
    t0 = g1 * he2 * (1 / 6.0)
    t1 = g2 * he3 * (1 / 24.0) - s * (2.0 * he3 + w) * (1 / 36.0)
    t2 = g3 * he4 * (1 / 120.0) - g1 * g2 * (he4 + he2) * (1 / 24.0) + s * g1 * (12.0 * he4 + 19.0 * he2) * (1 / 324.0)
    t3 = (g4 * he5 * (1 / 720.0) - g2 * g2 * (3.0 * he5 + 6.0 * he3 + 2.0 * w) * (1 / 384.0)
          - g1 * g3 * (2.0 * he5 + 3.0 * he3) * (1 / 180.0) + s * g2 * (14.0 * he5 + 37.0 * he3 + 8.0 * w) * (1 / 288.0)
          - s * s * (252.0 * he5 + 832.0 * he3 + 227.0 * w) * (1 / 7776.0))
    isd = 1.0 / sd
    x = n * p - 0.5 + sd * w + t0 + isd * (t1 + isd * (t2 + isd * t3))
    slack = 0.03 * (1.0 + w2 * w2 * w2 * 0.1) * inv * inv + 1e-13 * (sd + n * p * 1e-2)
    return x, slack


@jit
def _binomial_large(n: float, p: float, q: float, u: float) -> float:
    """Smallest k with P(Bin(n, p) <= k) >= u, for p <= 1/2 and a mean of at least `_CHOP_MEAN`."""
    w = _normal_quantile(u)
    x, slack = _binomial_expansion(n, p, q, w)
    k = math.ceil(x)
    limit = 3.0 if n * p < 30.0 else 4.5
    if abs(w) < limit and slack < 0.4 and x - (k - 1.0) > slack and k - x > slack:
        return min(max(k, 0.0), n)
    k = min(max(k, 0.0), n)
    while not _binomial_at_most(k, n, p, q, u):
        k += 1.0
    while _binomial_at_most(k - 1.0, n, p, q, u):
        k -= 1.0
    return k


@jit
def _log_complement(p: float) -> float:
    """log(1 - p) to nearly full precision, 0 < p <= 1/2; three times as fast as the log1p of the C library."""
    q = 1.0 - p
    return math.log(q) + ((1.0 - q) - p) / q


@jit
def _chop_down(n: float, p: float, log_q: float, odds: float, u: float) -> float:
    """Smallest k with P(Bin(n, p) <= k) >= u for a small mean, by the recurrence of the probabilities from zero."""
    mean = n * p
    term = math.exp(n * log_q)
    total = term
    k = 0
    # Beyond `last` there is less than 2**-60 of the mass; the bound only stops a runaway from rounding.
    last = int(min(n, 2.0 * mean + 60.0))
    while total < u and k < last:
        k += 1
        term *= (n - (k - 1)) * odds * _RECIPROCAL[k]
        total += term
    return np.float64(k)


@jit
def _binomial_half(n: float, p: float, u: float) -> float:
    """Smallest k with P(Bin(n, p) <= k) >= u, for 0 < p <= 1/2."""
    mean = n * p
    if u <= 1.0 - mean:  # (1 - p)**n >= 1 - n p
        return 0.0
    if mean >= _CHOP_MEAN:
        return _binomial_large(n, p, 1.0 - p, u)
    return _chop_down(n, p, _log_complement(p), p / (1.0 - p), u)


@jit
def binomial(n: int, p: float, u: float) -> int:
    """Quantile of Bin(n, p) at u: the smallest k with P(X <= k) >= u.

    Exact up to the rounding of doubles; never decreases in u, n or p. Needs n >= 0, 0 <= p <= 1 and 0 < u < 1
    (unchecked). Costs 10-60 ns whatever n and p.
    """
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if p <= 0.5:
        return int(_binomial_half(np.float64(n), p, u))
    # 1 - p is exact here. The mirrored quantile wants P(Y <= j) > 1 - u, strictly: one unit in the last place more.
    return n - int(_binomial_half(np.float64(n), 1.0 - p, (1.0 - u) * _NEXT))


# ------------------------------------------------------------------------------------------------------- hypergeometric


@jit
def _hypergeometric_at_most(k: float, good: float, sample: float, total: float, u: float) -> bool:
    """Whether u <= P(X <= k) for X = good ones in a sample; good + sample <= total, so that X starts at zero."""
    if k < 0.0:
        return False
    if k >= min(good, sample):
        return True
    lower = k < good * sample / total
    x = k if lower else k + 1.0
    base = total - good - sample
    term = 1.0
    tail = 1.0
    y = x
    while term > 1e-18 * tail:
        if lower:
            term *= y * (base + y) / ((good - y + 1.0) * (sample - y + 1.0))
            y -= 1.0
        else:
            term *= (good - y) * (sample - y) / ((y + 1.0) * (base + y + 1.0))
            y += 1.0
        tail += term
    p = sample / total
    q = (total - sample) / total
    log_pmf = (_log_binomial_pmf(x, good, p, q) + _log_binomial_pmf(sample - x, total - good, p, q)
               - _log_binomial_pmf(sample, total, p, q))
    tail *= math.exp(log_pmf)
    return u <= tail if lower else 1.0 - u >= tail


@jit
def _hypergeometric_expansion(good: float, sample: float, total: float, w: float) -> tuple[float, float]:
    """As `_binomial_expansion`, to sigma**-1 inclusive."""
    bad = total - good
    rest = total - sample
    product = good * bad * sample * rest
    v = product / (total * total * (total - 1.0))
    # third and fourth cumulants over the variance
    g1 = (bad - good) * (rest - sample) / (total * (total - 2.0))
    excess = (total - 1.0) * total * total * (total * (total + 1.0) - 6.0 * good * bad - 6.0 * sample * rest)
    excess = (excess / product + 6.0 * (5.0 * total - 6.0)) / ((total - 2.0) * (total - 3.0))
    var = v - 1.0 / 12.0
    sd = math.sqrt(var)
    g1 *= v / var
    g2 = (excess * v * v + 1.0 / 120.0) / var
    w2 = w * w
    he3 = w * (w2 - 3.0)
    t1 = g2 * he3 * (1 / 24.0) - g1 * g1 * (2.0 * he3 + w) * (1 / 36.0)
    mean = good * (sample / total)
    x = mean - 0.5 + sd * w + g1 * (w2 - 1.0) * (1 / 6.0) + t1 / sd
    slack = 0.06 * (1.0 + w2 * w2 * 0.3) / var + 1e-13 * (sd + mean * 1e-2)
    return x, slack


@jit
def _hypergeometric_low(good: float, sample: float, total: float, u: float) -> float:
    """Smallest k with P(X <= k) >= u, where neither good nor sample exceeds half of the total."""
    top = min(good, sample)
    mean = good * sample / total
    if mean >= _CHOP_MEAN:
        w = _normal_quantile(u)
        x, slack = _hypergeometric_expansion(good, sample, total, w)
        k = math.ceil(x)
        limit = 3.0 if mean < 100.0 else 4.5
        if abs(w) < limit and slack < 0.4 and x - (k - 1.0) > slack and k - x > slack:
            return min(max(k, 0.0), top)
        k = min(max(k, 0.0), top)
        while not _hypergeometric_at_most(k, good, sample, total, u):
            k += 1.0
        while _hypergeometric_at_most(k - 1.0, good, sample, total, u):
            k -= 1.0
        return k
    base = total - good - sample
    if top <= 24.0:
        other = max(good, sample)
        term = 1.0
        for i in range(int(top)):
            term *= (total - other - i) / (total - i)
    else:
        p = sample / total
        q = (total - sample) / total
        bad = total - good
        term = math.exp(good * math.log1p(-p) + _log_binomial_pmf(sample, bad, p, q)
                        - _log_binomial_pmf(sample, total, p, q))
    cdf = term
    k = 0.0
    last = min(top, 2.0 * mean + 60.0)
    while cdf < u and k < last:
        term *= (good - k) * (sample - k) / ((k + 1.0) * (base + k + 1.0))
        k += 1.0
        cdf += term
    return k


@jit
def hypergeometric(good: int, bad: int, sample: int, u: float) -> int:
    """Quantile at u of the number of good ones among `sample` drawn without replacement from good + bad.

    Exact up to the rounding of doubles and never decreasing in u. Needs non-negative counts with sample <= good + bad
    and 0 < u < 1 (unchecked).
    """
    total = good + bad
    if sample <= 0 or good <= 0:
        return 0
    if bad <= 0:
        return sample
    if sample >= total:
        return good
    # Count the scarcer kind, in the smaller of the sample and what is left of it; each mirror turns u round.
    mirror_kind = good > bad
    g = bad if mirror_kind else good
    mirror_sample = 2 * sample > total
    s = total - sample if mirror_sample else sample
    v = (1.0 - u) * _NEXT if mirror_kind != mirror_sample else u
    x = int(_hypergeometric_low(np.float64(g), np.float64(s), np.float64(total), v))
    if mirror_sample:
        x = g - x
    return sample - x if mirror_kind else x


# ---------------------------------------------------------------------------------------------------------------- gamma


@jit
def gamma(shape: float, key: np.uint64, replicate: int) -> float:
    """Gamma variate of shape >= 1 and scale 1 (Marsaglia & Tsang 2000); attempt i takes uniforms 2 i, 2 i + 1 of `key`.

    Nearly always the first attempt is taken, and then the variate is a smooth function of the shape: draws of two
    scenarios with nearly equal shapes are nearly equal.
    """
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    attempt = np.uint64(0)
    while True:
        x = _normal_quantile(replicate_uniform(combine(key, attempt), replicate))
        u = replicate_uniform(combine(key, attempt + np.uint64(1)), replicate)
        attempt += np.uint64(2)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v
