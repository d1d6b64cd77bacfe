"""Parameters of a model fitted to figures by likelihood: estimates, intervals, quality, and what can't be told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import least_squares
from scipy.special import chdtrc, ndtri

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SMALL = 0.05  # of the p-value

MOST_TURNS = 5  # times that the covariance is taken anew
SETTLED = 0.05  # of a standard error: an estimate that moves by less stands; chance in the covariance moves it by some hundredths
STEP = 0.01  # of a range, for slopes: larger than what the solution of base rates leaves open (2e-4 of a rate)
IDLE = 0.01  # of chi-square, from one end of a range to the other
NEVER, CLOSE, PART = 1e-3, 0.9, 0.3  # eigenvalue, correlation, and weight in an eigenvector, of what can't be told apart
NEAR, MOST_STEPS = 0.005, 40  # how nearly, and in how many steps at most, an end of an interval is found
RIDGE = 1e-6  # of each variance, so that figures that always move together can be inverted
PERSON, TENTH = 1.0, 1e-3  # to which counts and shares are published; rounding to a unit has its square / 12 for variance
Z = float(ndtri(0.975))  # its square is the 95 % point of chi-square with one degree of freedom


class NothingToFitError(Exception):
    """No figure depends on any parameter."""


@dataclass(frozen=True)
class Data:
    """Figures to fit to, k of them: ``value``, ``n`` (surveyed; nan for none), ``sd`` (of the figure; 0 for none), ``whole``
    (counted in whole people)."""

    value: Floats
    n: Floats
    sd: Floats
    whole: Bools


@dataclass(frozen=True)
class Model:
    """What the figures would be, at points of p parameters, each by its place in its range (0 to 1).

    ``mean`` takes points [p, N] and gives means over what happens to students [k, N]; ``draws`` takes one point [p] and gives the
    figures in R replications [k, R].
    """

    mean: Callable[[Floats], Floats]
    draws: Callable[[Floats], Floats]


class Tangle(NamedTuple):
    """Parameters that the figures don't tell apart: their positions; whether what they come to together is known (one up, the
    other down), or else how far they are apart; whether not at all, or else hardly."""

    which: tuple[int, ...]
    together: bool
    never: bool


@dataclass(frozen=True)
class Fit:
    """What a fit found of p parameters and k figures; parameters by their places in their ranges.

    ``at``, ``se``, ``low``, ``high`` [p]: estimate, standard error, 95 % interval; ``open_low``, ``open_high`` [p] where it ends
    at the range and not before; ``idle`` [p] on which no figure depends: these stand where they stood.  What can't be told from
    others at all has an infinite standard error, and its range for an interval.  ``correlation`` [p, p].
    ``fitted``, ``residual`` [k]: the figure, and how many standard deviations the data lie above it.  ``settled``: whether the
    estimates stood still in the end.
    """

    at: Floats
    se: Floats
    low: Floats
    high: Floats
    open_low: Bools
    open_high: Bools
    idle: Bools
    correlation: Floats
    fitted: Floats
    residual: Floats
    chi2: float
    dof: int
    p_value: float
    tangles: tuple[Tangle, ...]
    settled: bool

    @property
    def poor(self) -> bool:
        """Say whether the figures do not agree with the model."""
        return self.p_value < SMALL

    @property
    def lost(self) -> Bools:
        """Return which parameters the figures don't tell from others at all [p]."""
        found = {i for tangle in self.tangles if tangle.never for i in tangle.which}
        return np.array([i in found for i in range(len(self.at))])


def fit(data: Data, model: Model, start: Floats, told: Callable[[int, int], None] | None = None) -> Fit:
    """Fit parameters by y ~ Normal(m(x), S), S the covariance of the figures at the estimate (docs/model.md, Calibration).

    m is the model's mean plus what its replications lie above it on average (vacancies bind more often by chance than in the
    mean); S their covariance plus that of sampling.  Both are taken anew at each estimate until it stands still: iterated
    weighted least squares (McCullagh and Nelder 1989, 2.5 and 9.2).  Intervals are those of the profile likelihood (Pawitan 2001,
    2.6 and 3.4).

    Parameters
    ----------
    start : where to begin [p]; the first fit also begins halfway from there to either end of the ranges
    told : called with (parts of the work done, of all)

    Raises
    ------
    NothingToFitError
        where no figure depends on any parameter
    """
    p = len(start)
    parts, at = MOST_TURNS + 2 * p, np.array(start, dtype=float)

    def tick(done: int) -> None:
        if told is not None:
            told(done, parts)

    tick(0)
    offset, covariance = _chance(data, model, at)
    idle = _idle(model, at, covariance)
    free, settled = _some(np.nonzero(~idle)[0]), False
    for turn in range(MOST_TURNS):
        if turn:
            offset, covariance = _chance(data, model, at)
        whitened = _Whitened(data, model, offset, covariance, free, at)
        begins = [at[free]] if turn else [at[free], at[free] / 2, (1 + at[free]) / 2]
        best = min((whitened.least(begin) for begin in begins), key=whitened.chi2)
        moved, at[free] = np.abs(best - at[free]), best
        tick(turn + 1)
        flat = (whitened.slopes(best) ** 2).sum(axis=0) < IDLE
        if flat.any():  # moves something at the ends of its range, and nothing where it stands
            idle[free[flat]] = True
            free = _some(free[~flat])
            continue
        se, correlation, tangles = _information(whitened.slopes(best))
        # what can't be told at all may wander along its ridge for ever
        settled = bool((moved <= SETTLED * se).all())
        if settled:
            break
    whitened = _Whitened(data, model, offset, covariance, free, at)
    best = at[free]
    ends = []
    for i in range(len(free)):
        for side in (0.0, 1.0):
            ends.append(_end(whitened, best, i, side, se[i]) if np.isfinite(se[i]) else (side, True))
            tick(MOST_TURNS + len(ends))
    (lows, low_open), (highs, high_open) = zip(*ends[::2], strict=True), zip(*ends[1::2], strict=True)
    chi2, dof = whitened.chi2(best), len(data.value) - len(free)
    dof += sum(len(t.which) - 1 for t in tangles if t.never)
    fitted = model.mean(at[:, None])[:, 0] + offset

    def spread(values: object, blank: float) -> Floats:
        out = np.full(p, blank)
        out[free] = values
        return out

    correlations = np.full((p, p), np.nan)
    correlations[np.ix_(free, free)] = correlation
    tick(parts)
    return Fit(
        at, spread(se, np.nan), spread(lows, 0.0), spread(highs, 1.0), spread(low_open, 1.0) > 0, spread(high_open, 1.0) > 0,
        idle, correlations, fitted, (data.value - fitted) / np.sqrt(np.diag(covariance)), chi2, dof,
        float(chdtrc(dof, chi2)) if dof > 0 else np.nan,
        tuple(Tangle(tuple(int(free[i]) for i in t.which), t.together, t.never) for t in tangles), settled,
    )


def _chance(data: Data, model: Model, at: Floats) -> tuple[Floats, Floats]:
    """Return at a point how far replications lie above the model's mean on average [k], and the figures' covariance [k, k].

    A covariance from R replications makes its inverse too large by (R - 1) / (R - k - 2) (Hartlap, Simon and Schneider 2007), and
    the mean of R adds 1/R.
    """
    draws, mean = model.draws(at), model.mean(at[:, None])[:, 0]
    k, r = draws.shape
    process = np.atleast_2d(np.cov(draws)) * (1 + 1 / r) * (r - 1) / (r - k - 2)
    centre = draws.mean(axis=1)
    with np.errstate(invalid="ignore"):
        share = np.clip(centre, 0.5 / data.n, 1 - 0.5 / data.n)
        sampling = np.where(np.isnan(data.n), 0.0, share * (1 - share) / data.n)
    own = sampling + data.sd**2 + np.where(data.whole, PERSON, TENTH) ** 2 / 12
    covariance = process + np.diag(own)
    return centre - mean, covariance + RIDGE * np.diag(np.diag(covariance))


def _some(free: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(free):
        raise NothingToFitError
    return free


def _idle(model: Model, at: Floats, covariance: Floats) -> Bools:
    """Return which parameters move no figure from one end of their ranges to the other [p]."""
    p = len(at)
    points = np.repeat(at[:, None], 2 * p + 1, axis=1)
    points[np.arange(p), np.arange(p)] = 0.0
    points[np.arange(p), p + np.arange(p)] = 1.0
    found = model.mean(points)
    away = solve_triangular(cholesky(covariance, lower=True), found[:, :-1] - found[:, -1:], lower=True)
    moves = (away**2).sum(axis=0)
    return np.asarray(np.maximum(moves[:p], moves[p:]) < IDLE)


class _Whitened:
    """Residuals in standard deviations, independent of each other, and their slopes, over q free parameters; the others stand."""

    def __init__(self, data: Data, model: Model, offset: Floats, covariance: Floats, free: NDArray[np.int64], at: Floats):
        self.model, self.free, self.base = model, free, at.copy()
        self.wanted, self.root = data.value - offset, cholesky(covariance, lower=True)
        self._known: tuple[Floats, Floats, Floats] | None = None

    def _looked_at(self, x: Floats) -> tuple[Floats, Floats]:
        """Return residuals [k] and slopes [k, q] at a point [q]: one call of the model for both."""
        if self._known is None or not np.array_equal(self._known[0], x):
            q = len(x)
            points = np.repeat(self.base[:, None], 2 * q + 1, axis=1)
            points[self.free] = x[:, None]
            down, up = np.maximum(x - STEP, 0.0), np.minimum(x + STEP, 1.0)
            points[self.free, np.arange(q)] = down
            points[self.free, q + np.arange(q)] = up
            found = self.model.mean(points)
            slopes = (found[:, q : 2 * q] - found[:, :q]) / (up - down)
            both = solve_triangular(self.root, np.column_stack([found[:, -1] - self.wanted, slopes]), lower=True)
            self._known = (x.copy(), both[:, 0], both[:, 1:])
        return self._known[1], self._known[2]

    def residuals(self, x: Floats) -> Floats:
        return self._looked_at(x)[0]

    def slopes(self, x: Floats) -> Floats:
        return self._looked_at(x)[1]

    def chi2(self, x: Floats) -> float:
        return float((self.residuals(x) ** 2).sum())

    def least(self, begin: Floats, held: int | None = None) -> Floats:
        """Return where chi-square is least, beginning at a point [q]; with one of the parameters ``held`` where it begins."""
        moving = np.array([i for i in range(len(begin)) if i != held])
        if not len(moving):
            return begin

        def whole(x: Floats) -> Floats:
            out = begin.copy()
            out[moving] = x
            return out

        found = least_squares(
            lambda x: self.residuals(whole(x)), np.clip(begin[moving], 1e-6, 1 - 1e-6),
            lambda x: self.slopes(whole(x))[:, moving], bounds=(0.0, 1.0), xtol=1e-6, ftol=1e-6, gtol=1e-6, max_nfev=50,
        )
        return whole(found.x)


def _information(slopes: Floats) -> tuple[Floats, Floats, list[Tangle]]:
    """Return standard errors [q], correlations [q, q] and tangles by the information J'J of whitened slopes [k, q].

    Parameters in a direction that has hardly any information, in units of each one's own, have no standard error.
    """
    q, size = slopes.shape[1], np.sqrt((slopes**2).sum(axis=0))
    unit = slopes / size
    values, vectors = np.linalg.eigh(unit.T @ unit)
    none = values < NEVER
    tangles = [_tangle(np.nonzero(np.abs(v) > PART)[0], v, True) for v in vectors.T[none]]
    lost = {i for tangle in tangles for i in tangle.which}
    inverse = (vectors / np.maximum(values, 1e-9)) @ vectors.T
    sd = np.sqrt(np.diag(inverse))
    correlation = inverse / np.outer(sd, sd)
    for i, j in combinations(range(q), 2):
        if abs(correlation[i, j]) > CLOSE and not {i, j} & lost:
            tangles.append(Tangle((i, j), bool(correlation[i, j] < 0), False))
    se = np.where(np.isin(np.arange(q), sorted(lost)), np.inf, sd / size)
    return se, correlation, tangles


def _tangle(which: NDArray[np.int64], vector: Floats, never: bool) -> Tangle:
    """Return a tangle of the parameters that a direction without information moves: against each other, or the same way."""
    signs = np.sign(vector[which])
    return Tangle(tuple(which.tolist()), bool((signs != signs[0]).any()), never)


def _end(whitened: _Whitened, best: Floats, i: int, side: float, se: float) -> tuple[float, bool]:
    """Return an end of the profile-likelihood interval of a parameter, and whether the range ends first.

    The root of what chi-square rises by is nearly a straight line through the estimate, so few steps find where it comes to 1.96.
    """
    least, last = whitened.chi2(best), best
    centre, inside, outside = float(best[i]), float(best[i]), 2 * side - 0.5  # outside of the range at first
    at = min(max(centre + (2 * side - 1) * Z * se, 0.0), 1.0)
    for _ in range(MOST_STEPS):
        begin = last.copy()
        begin[i] = at
        last = whitened.least(begin, i)
        risen = float(np.sqrt(max(whitened.chi2(last) - least, 0.0)))
        if abs(risen - Z) < NEAR:
            break
        if risen < Z and at == side:
            return side, True
        inside, outside = (at, outside) if risen < Z else (inside, at)
        wish = centre + (at - centre) * Z / risen if risen > 0 else side
        low, high = sorted((inside, outside))
        at = min(max(wish if low < wish < high else (low + high) / 2, 0.0), 1.0)
    return at, False
