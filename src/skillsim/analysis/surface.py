"""A response surface over the trials of a search: what would come out at mixes that were not run (docs/model.md, Goal seek)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from skillsim.analysis.track import margin
from skillsim.analysis.trials import Amounts, Axis, Trial

Floats = NDArray[np.float64]
LATTICE = 2_500  # points, about
AT_ONCE = 250  # of them
SEEN = 8  # residuals of a replication, evenly among them
LOWEST = -1e12  # for a value that is blank
STARTS = 4
ZOOMS = 4
STILL = 1e-3  # of the span of costs: what a move of all handles over their whole ranges weighs, so that none moves for nothing
NEARLY = 1e-9


@dataclass(frozen=True)
class Ask:
    """What is asked of a trial's values: to lie between ``low`` and ``high`` with ``probability`` in the year at a position."""

    low: float
    high: float
    probability: float
    year: int


def design(axes: Sequence[Axis]) -> list[Amounts]:
    """Return the mixes that are run first: of one handle five points of its range; of more the corners, the middles of the faces
    and the centre of their box (a face-centred central composite design; Box and Wilson 1951)."""
    if len(axes) == 1:
        return [(float(x),) for x in np.linspace(axes[0].lo, axes[0].hi, 5)]
    corners = list(itertools.product(*((one.lo, one.hi) for one in axes)))
    centre = tuple((one.lo + one.hi) / 2 for one in axes)
    faces = [(*centre[:i], end, *centre[i + 1 :]) for i, one in enumerate(axes) for end in (one.lo, one.hi)]
    return [*corners, *faces, centre]


def _terms(z: Floats) -> Floats:
    """Return the terms of a full quadratic at points [n, k] of the box [-1, 1]: [n, terms]."""
    k = z.shape[1]
    crossed = [z[:, i] * z[:, j] for i in range(k) for j in range(i, k)]
    return np.stack([np.ones(len(z)), *z.T, *crossed], axis=1)


class Surface:
    """Quadratics in the amounts, one for each replication, fitted to trials on the same keys by least squares.

    What a replication does beside its quadratic is taken as it was seen: the probability at a point is the share of replications
    and of their residuals there (each scaled to the variance of an observation, 1 - leverage) that meets the goal (smearing;
    Duan 1983).  A replication that is blank in any trial counts as one that does not meet it.
    """

    def __init__(self, axes: Sequence[Axis], asks: Sequence[Ask], trials: Sequence[Trial]):
        self.axes, self.asks = tuple(axes), tuple(asks)
        self.lo, self.hi = (np.array([getattr(one, end) for one in axes]) for end in ("lo", "hi"))
        inside = [one for one in trials if all(a.lo <= x <= a.hi for a, x in zip(axes, one.amounts, strict=True))]
        terms = _terms(self._scaled(np.array([one.amounts for one in inside])))
        self.inverse = np.linalg.pinv(terms)
        self.terms, self.inside = terms, inside
        self.free = np.maximum(1.0 - np.einsum("nq,qn->n", terms, self.inverse), NEARLY)
        self.paid = self.inverse @ np.stack([one.paid.mean(axis=-1) for one in inside])
        self.fits: dict[tuple[int, int], tuple[Floats, Floats]] = {}

    def _scaled(self, points: Floats) -> Floats:
        return np.asarray((points - self.lo) / (self.hi - self.lo) * 2.0 - 1.0)

    def _fit(self, t: int, year: int) -> tuple[Floats, Floats]:
        """Return the coefficients [terms, R] of a target in a year, and the residuals [n, R], or so many quantiles of them; one
        row of zeros where there are none."""
        if (t, year) not in self.fits:
            seen = np.stack([one.values[t, year] for one in self.inside])
            found = self.inverse @ seen
            left = (seen - self.terms @ found) / np.sqrt(self.free)[:, None]
            left[self.free <= 10 * NEARLY] = 0.0
            if len(left) > SEEN:
                left = np.quantile(left, (np.arange(SEEN) + 0.5) / SEEN, axis=0)
            none = np.nanmax(np.abs(left), initial=0.0) <= NEARLY * np.nanmax(np.abs(seen), initial=0.0)
            self.fits[t, year] = found, left[:1] * 0.0 if none else left
        return self.fits[t, year]

    def margins(self, points: Floats, t: int, delay: int = 0) -> Floats:
        """Return how far the values lie inside a target's goal, by replication and residual [points, R, n]; -inf for blanks."""
        ask = self.asks[t]
        found, left = self._fit(t, ask.year + delay)
        inside = margin((_terms(self._scaled(points)) @ found)[:, :, None] + left.T, ask.low, ask.high)
        return np.where(np.isnan(inside), -np.inf, inside)

    def probabilities(self, points: Floats, delay: int = 0) -> Floats:
        """Return the probability of each target at points [m, k]: [m, targets]."""
        parts = [points[i : i + AT_ONCE] for i in range(0, len(points), AT_ONCE)]
        return np.concatenate([
            np.stack([(self.margins(part, t, delay) >= 0).mean(axis=(1, 2)) for t in range(len(self.asks))], axis=1)
            for part in parts
        ])

    def costs(self, points: Floats, year: int) -> Floats:
        """Return the mean cost at points [m, k] to the end of the year at a position: [m]."""
        stands, price = (np.array([getattr(one, name) for one in self.axes]) for name in ("stands", "price"))
        return np.asarray(_terms(self._scaled(points)) @ self.paid[:, year] + np.abs(points - stands) @ price)

    @cached_property
    def lattice(self) -> Floats:
        """Return the points of a lattice over the box, with those where the handles stand [m, k]."""
        n = int(LATTICE ** (1 / len(self.axes))) if len(self.axes) > 1 else 201
        each = [
            np.unique([*np.linspace(one.lo, one.hi, n | 1), *([one.stands] if one.lo <= one.stands <= one.hi else [])])
            for one in self.axes
        ]
        return np.stack([one.reshape(-1) for one in np.meshgrid(*each, indexing="ij")], axis=1)

    def moved(self, points: Floats) -> Floats:
        """Return how far the handles are moved from where they stand, in ranges, summed [m]."""
        stands = np.array([one.stands for one in self.axes])
        return np.asarray((np.abs(points - stands) / (self.hi - self.lo)).sum(axis=1))


class Plane:
    """A surface in one year of asking, on its lattice: what is cheapest, and what is most likely.

    ``delay`` is by how many years all wishes are put off; ``p`` [m, targets] and ``cost`` [m] are those of the lattice.
    """

    def __init__(self, surface: Surface, delay: int = 0):
        self.surface, self.delay = surface, delay
        self.year = max(ask.year for ask in surface.asks) + delay
        self.points = surface.lattice
        self.p = surface.probabilities(self.points, delay)
        self.cost = surface.costs(self.points, self.year)
        self.weight = STILL * max(float(np.ptp(self.cost)), 1.0)
        self.dear = self.cost + self.weight * surface.moved(self.points)

    def highest(self, wanted: Floats, budget: float = np.inf) -> Floats | None:
        """Return the point at which the targets are most likely, beside what is wanted of each [targets], within a budget; of
        equal ones that with the best mean, then the cheapest.  None where nothing is within it."""
        best = self._highest(self.points, self.p, self.cost, wanted, budget)
        step = (self.surface.hi - self.surface.lo) / (len(np.unique(self.points[:, 0])) - 1)
        for _ in range(ZOOMS if best is not None else 0):
            step = step / 2
            near = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=len(step)))) * step + best
            near = np.unique(np.clip(near, self.surface.lo, self.surface.hi), axis=0)
            p, cost = self.surface.probabilities(near, self.delay), self.surface.costs(near, self.year)
            found = self._highest(near, p, cost, wanted, budget)
            best = best if found is None else found
        return best

    def _highest(self, points: Floats, p: Floats, cost: Floats, wanted: Floats, budget: float) -> Floats | None:
        within = np.flatnonzero(cost <= budget)
        if not len(within):
            return None
        least = (p[within] - wanted).min(axis=1)
        best = within[least >= least.max() - NEARLY]
        short = np.zeros(len(best))
        for t, ask in enumerate(self.surface.asks):
            found, _ = self.surface._fit(t, ask.year + self.delay)
            values = (_terms(self.surface._scaled(points[best])) @ np.nan_to_num(found)).mean(axis=1)
            short += np.maximum(-margin(values, ask.low, ask.high), 0.0) / (np.ptp(values) or 1.0)
        dear = cost[best] + self.weight * self.surface.moved(points[best])
        return np.asarray(points[best[np.lexsort((dear, short.round(6)))[0]]])

    def cheapest(self, wanted: Floats) -> Floats | None:
        """Return the cheapest point at which every target is as likely as wanted [targets]; None where the lattice has none.

        From the cheapest points of the lattice along the bound (sequential quadratic programming; Kraft 1988): of a probability
        p, that the 1 - p quantile of the margins is not negative, which unlike a share has a slope.
        """
        within = np.flatnonzero((self.p >= wanted - NEARLY).all(axis=1))
        if not len(within):
            return None
        order = within[np.argsort(self.dear[within], kind="stable")]
        found = [(float(self.dear[order[0]]), self.points[order[0]])]
        found += [one for start in self._starts(order) if (one := self._along(self.points[start], wanted)) is not None]
        return min(found, key=lambda one: one[0])[1]

    def _starts(self, order: NDArray[np.int64]) -> Iterator[int]:
        """Yield the cheapest points of each side of where the handles stand, some sides."""
        stands, seen = np.array([one.stands for one in self.surface.axes]), set()
        for i in order:
            side = tuple(np.sign(self.points[i] - stands))
            if side not in seen:
                seen.add(side)
                yield int(i)
            if len(seen) == STARTS:
                return

    def _along(self, start: Floats, wanted: Floats) -> tuple[float, Floats] | None:
        """Return cost and point of the optimum on the side of the start, where no price has a kink; None where none is found."""
        surface = self.surface
        stands, span = np.array([one.stands for one in surface.axes]), surface.hi - surface.lo
        low = np.where(start > stands, np.maximum(surface.lo, stands), np.where(start < stands, surface.lo, start))
        high = np.where(start < stands, np.minimum(surface.hi, stands), np.where(start > stands, surface.hi, start))
        scale = max(float(np.ptp(self.cost)), 1.0)  # both are brought near 1

        def cost(z: Floats) -> float:
            at = (surface.lo + z * span)[None]
            return float(surface.costs(at, self.year)[0] + self.weight * surface.moved(at)[0]) / scale

        def quantile(z: Floats) -> Floats:
            at = (surface.lo + z * span)[None]
            each = [surface.margins(at, t, self.delay).reshape(-1) for t in range(len(surface.asks))]
            return np.array([_quantile(x, 1.0 - p) / size for x, p, size in zip(each, wanted, sizes, strict=True)])

        each = [surface.margins(start[None], t, self.delay) for t in range(len(surface.asks))]
        sizes = [float(np.std(x[np.isfinite(x)])) or 1.0 for x in each]
        limits = [((a - lo) / w, (b - lo) / w) for a, b, lo, w in zip(low, high, surface.lo, span, strict=True)]
        done = minimize(
            cost, (start - surface.lo) / span, method="SLSQP", bounds=limits, constraints=[{"type": "ineq", "fun": quantile}],
            options={"eps": 1e-4, "maxiter": 60, "ftol": 1e-7},
        )
        z = np.clip(done.x, *np.array(limits).T)
        point = surface.lo + z * span
        if not np.isfinite(z).all() or quantile(z).min() < -1e-6:
            return None
        return cost(z) * scale, point


def _quantile(values: Floats, q: float) -> float:
    """Return the value that a share 1 - ``q`` of the values reaches."""
    i = min(max(len(values) - math.ceil((1.0 - q) * len(values) - NEARLY), 0), len(values) - 1)
    return max(float(np.partition(values, i)[i]), LOWEST)
