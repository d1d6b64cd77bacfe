"""Statistics over replications that come in pairs: replications 2m and 2m+1 share a parameter draw.

Shapes: [..., R], the replication axis last, R even.  Blank values (0/0) are nan and are left out of moments and quantiles.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LIKELY, UNLIKELY = 0.8, 0.2
FEW = 200
FINE = 1_000


def pair_means(x: Floats) -> Floats:
    """Return the means of the pairs [..., R/2]; a pair with one blank is its other value, with two it is blank."""
    a, b = x[..., ::2], x[..., 1::2]
    out: Floats = (a + b) / 2
    if np.isnan(out).any():
        out = np.where(np.isnan(a), b, np.where(np.isnan(b), a, out))
    return out


def clustered_error(x: Floats) -> Floats:
    """Return the Monte Carlo standard error of the mean [...], clustered by pair: sd of pair means / sqrt(pairs)."""
    means = pair_means(x)
    sd, n = _sd(means), _counted(means)[2]
    out: Floats = np.divide(sd, np.sqrt(n), out=np.full(sd.shape, np.nan), where=n > 1)
    return out


def _counted(x: Floats) -> tuple[NDArray[np.bool_] | None, Floats, NDArray[np.int64]]:
    """Return where values are blank (None: none is), the values with 0 for blanks, and how many are not blank [...]."""
    blank = np.isnan(x)
    if not blank.any():
        return None, x, np.full(x.shape[:-1], x.shape[-1])
    return blank, np.where(blank, 0.0, x), x.shape[-1] - blank.sum(axis=-1)


def mean(x: Floats) -> Floats:
    """Return the mean over replications that are not blank; nan where all are."""
    _, filled, n = _counted(x)
    total = filled.sum(axis=-1)
    out: Floats = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    return out


def _sd(x: Floats) -> Floats:
    blank, filled, n = _counted(x)
    around = filled - mean(x)[..., None]
    if blank is not None:
        around[blank] = 0.0
    squares = np.square(around, out=around).sum(axis=-1)
    out: Floats = np.sqrt(np.divide(squares, n - 1, out=np.full(squares.shape, np.nan), where=n > 1))
    return out


def quantiles(x: Floats) -> Floats:
    """Return the 5, 25, 50, 75 and 95 % points [5, ...] (linear between order statistics), blanks left out."""
    ordered = np.sort(x, axis=-1)  # blanks go last
    out = np.empty((len(QUANTILES), *x.shape[:-1]))
    if not np.isnan(ordered[..., -1]).any():
        for i, q in enumerate(QUANTILES):
            at = q * (x.shape[-1] - 1)
            low = math.floor(at)
            a, b = ordered[..., low], ordered[..., math.ceil(at)]
            out[i] = a + (at - low) * (b - a)
        return out
    n = _counted(ordered)[2]
    for i, q in enumerate(QUANTILES):
        at = q * np.maximum(n - 1, 0)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, np.maximum(n - 1, 0))
        a = np.take_along_axis(ordered, low[..., None], axis=-1)[..., 0]
        b = np.take_along_axis(ordered, high[..., None], axis=-1)[..., 0]
        out[i] = a + (at - low) * (b - a)
    return out


ROWS = 16


def summary(x: Floats) -> dict[str, Floats]:
    """Return mean, sd, quantiles and the clustered error of the mean, each [...]; some rows at a time, to save memory."""
    if x.ndim > 2 and len(x) > ROWS:
        parts = [summary(x[i : i + ROWS]) for i in range(0, len(x), ROWS)]
        return {code: np.concatenate([part[code] for part in parts]) for code in parts[0]}
    points = quantiles(x)
    out = {"mean": mean(x), "sd": _sd(x)}
    out |= {f"p{round(q * 100):02d}": points[i] for i, q in enumerate(QUANTILES)}
    out["mcse"] = clustered_error(x)
    return out


def parameter_share(x: Floats) -> float:
    """Return the share of variance that parameters explain: the intraclass correlation of pairs, one-way analysis of
    variance (Shrout and Fleiss 1979, ICC(1,1)), not below 0; nan where nothing varies."""
    pairs = x.reshape(-1, 2)
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if len(pairs) < 2:
        return float("nan")
    between = 2.0 * pairs.mean(axis=1).var(ddof=1)
    within = ((pairs[:, 0] - pairs[:, 1]) ** 2).mean() / 2.0
    if between + within <= 0:
        return float("nan")
    return float(max(0.0, (between - within) / (between + within)))


def interval(x: Floats, level: float = 0.95) -> tuple[float, float, float]:
    """Return mean, low and high of the confidence interval of the mean [R], by pairs (Student's t)."""
    centre, error = float(mean(x)), float(clustered_error(x))
    pairs = int((~np.isnan(pair_means(x))).sum())
    if pairs < 2:
        return centre, float("nan"), float("nan")
    half = float(stdtrit(pairs - 1, 0.5 + level / 2)) * error
    return centre, centre - half, centre + half


def shown_probability(p: float, replications: int) -> str:
    """Return a probability as it is shown: to 5 points below 1,000 replications, to 1 point from there on.

    What rounds to never or always is shown as below or above the last step: so few replications can't say more.  What
    rounds to the edge of a label from outside is shown as below or above it, so that figure and label agree.
    """
    step = 1 if replications >= FINE else 5
    points = round(p * 100 / step) * step
    if points <= 0 or (points == LIKELY * 100 and p < LIKELY):
        return f"< {max(points, step)} %"
    if points >= 100 or (points == UNLIKELY * 100 and p > UNLIKELY):
        return f"> {min(points, 100 - step)} %"
    return f"{points} %"
