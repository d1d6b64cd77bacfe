"""The search for the cheapest mix that meets what is wished, over trials on the same keys (docs/model.md, Goal seek)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.surface import NEARLY, STILL, Ask, Plane, Surface, design
from skillsim.analysis.track import margin
from skillsim.analysis.trials import STEPS, Amounts, Axis, Trial
from skillsim.results import statistics

Floats = NDArray[np.float64]
TRIES = 6  # real runs along the bound, for one wish
NEARER = 6  # towards where handles stand
PEAKS = 3  # and at the most likely mix
FINE = 100  # parts of a handle's range: how finely the answer is found
LEVELS = 8  # of a curve
TURNS = 30
MESH = 17  # points of one handle, where none of the first five will do
NEAR = 0.1  # less likely than wanted by more on the surface: not worth a run of a later year
BESIDE = 0.05  # less likely than wanted by so much on the surface: worth a run
SURE = 0.995  # more is not asked of the surface


def probability_interval(met: Floats) -> tuple[float, float, float]:
    """Return a probability with its 95 % interval from hits [R], by pairs; where none hits, or all do, by the rule of three on
    pairs (Hanley and Lippman-Hand 1983)."""
    p, low, high = statistics.interval(np.asarray(met, dtype=float))
    if p in (0.0, 1.0):
        three = min(3.0 / (len(met) // 2), 1.0)
        low, high = (0.0, three) if p == 0.0 else (1.0 - three, 1.0)
    return p, max(low, 0.0), min(high, 1.0)


class Search:
    """Trials of mixes, and what to try next.

    Parameters
    ----------
    axes : what can be moved, one to four
    asks : what is asked of each target
    trial : runs one mix; all on the same keys, so that trials are paired by replication
    """

    def __init__(self, axes: Sequence[Axis], asks: Sequence[Ask], trial: Callable[[Amounts], Trial]):
        self.axes, self.asks, self.trial = tuple(axes), tuple(asks), trial
        self.trials: dict[Amounts, Trial] = {}
        self.parts: dict[Amounts, str] = {}  # what each was run for
        self.wanted = np.array([ask.probability for ask in asks])
        self.stands: Amounts = tuple(one.stands for one in axes)
        self.run(self.stands, "base")
        for amounts in design(axes):
            self.run(amounts, "design")

    # ---- trials

    def snapped(self, amounts: Sequence[float] | Floats) -> Amounts:
        """Return the nearest mix that is tried."""
        return tuple(one.snapped(float(x)) for one, x in zip(self.axes, amounts, strict=True))

    def run(self, amounts: Sequence[float], part: str) -> Trial:
        """Return the trial of the nearest mix, run once; ``part`` says what for."""
        at = self.stands if part == "base" else self.snapped(amounts)
        if at not in self.trials:
            self.trials[at] = self.trial(at)
            self.parts[at] = part
        return self.trials[at]

    def met(self, trial: Trial, delay: int = 0) -> Floats:
        """Return where each target is met [targets, R], as 0 and 1; a blank is not."""
        with np.errstate(invalid="ignore"):
            return np.array([
                margin(trial.values[t, ask.year + delay], ask.low, ask.high) >= 0 for t, ask in enumerate(self.asks)
            ], dtype=float)

    def probabilities(self, trial: Trial, delay: int = 0) -> Floats:
        """Return the probability of each target [targets]."""
        return np.asarray(self.met(trial, delay).mean(axis=1))

    def cost(self, trial: Trial, delay: int = 0) -> Floats:
        """Return the yuan that a mix costs more than as it stands, to the last year that is asked about [R]."""
        prices = sum(abs(x - one.stands) * one.price for one, x in zip(self.axes, trial.amounts, strict=True))
        return np.asarray(trial.paid[self.last(delay)] + prices)

    def last(self, delay: int = 0) -> int:
        """Return the position of the last year that is asked about."""
        return max(ask.year for ask in self.asks) + delay

    def dear(self, amounts: Amounts, delay: int = 0) -> float:
        """Return the mean cost of a trial, and a trifle for each move, so that none is made for nothing."""
        costs = [float(self.cost(one, delay).mean()) for one in self.trials.values()]
        return float(self.cost(self.trials[amounts], delay).mean()) + STILL * max(float(np.ptp(costs)), 1.0) * self.far(amounts)

    def far(self, amounts: Amounts) -> float:
        """Return how far the handles are moved from where they stand, in ranges, summed."""
        return sum(abs(x - one.stands) / (one.hi - one.lo) for one, x in zip(self.axes, amounts, strict=True))

    def short(self, amounts: Amounts, wanted: Floats, delay: int = 0) -> float:
        """Return by how much the targets of a trial are less likely than wanted, summed; 0 where none is."""
        return float(np.maximum(wanted - self.probabilities(self.trials[amounts], delay), 0.0).sum())

    def slack(self, amounts: Amounts, wanted: Floats, delay: int = 0) -> float:
        """Return by how much the target of a trial that is farthest behind is more likely than wanted; below 0: less likely."""
        return float((self.probabilities(self.trials[amounts], delay) - wanted).min())

    # ---- answers among what was run

    def inside(self) -> list[Amounts]:
        """Return the mixes that were run and lie within all bounds; where the handles stand may not."""
        return [at for at in self.trials if all(one.lo <= x <= one.hi for one, x in zip(self.axes, at, strict=True))]

    def cheapest(self, wanted: Floats, delay: int = 0) -> Amounts | None:
        """Return the cheapest mix that was run and meets what is wanted; of those that are not clearly dearer (95 %, paired) the
        one that moves least."""
        good = [at for at in self.inside() if self.short(at, wanted, delay) <= NEARLY]
        best = min(good, key=lambda at: self.dear(at, delay), default=None)
        if best is None:
            return None
        least = self.cost(self.trials[best], delay)
        alike = [at for at in good if at == best or statistics.interval(self.cost(self.trials[at], delay) - least)[1] <= 0.0]
        return min(alike, key=lambda at: (self.far(at), self.dear(at, delay)))

    def nearest(self, wanted: Floats, delay: int = 0, budget: float = np.inf) -> Amounts | None:
        """Return the mix that was run and comes nearest by its least likely target, within a budget; of equal ones where the
        handles stand, then that with the best mean, then the cheapest: what makes nothing more likely is worth no money."""
        within = [at for at in self.inside() if float(self.cost(self.trials[at], delay).mean()) <= budget]

        def rank(at: Amounts) -> tuple[float, bool, float, float]:
            off = self._off(at, delay)
            return round(-self.slack(at, wanted, delay), 9), at != self.stands, round(off, 9), self.dear(at, delay)

        return min(within, key=rank, default=None)

    def _off(self, at: Amounts, delay: int) -> float:
        """Return by how much the means of a trial miss what is asked, in standard deviations, summed."""
        out = 0.0
        for t, ask in enumerate(self.asks):
            values = self.trials[at].values[t, ask.year + delay]
            if not np.isnan(values).all():
                miss = max(-float(margin(float(np.nanmean(values)), ask.low, ask.high)), 0.0)
                out += miss / (float(np.nanstd(self.trials[self.stands].values[t, ask.year + delay])) or 1.0)
        return out

    # ---- what to try next

    def surface(self) -> Surface:
        """Return the response surface over all trials so far."""
        return Surface(self.axes, self.asks, list(self.trials.values()))

    def find(self, wanted: Floats, delay: int = 0, tries: int = TRIES) -> Amounts | None:
        """Search for the cheapest mix that meets what is wanted [targets]; None where none that was run does."""
        if len(self.axes) == 1:
            return self._halved(wanted, delay)
        return self._along(wanted, delay, tries)

    def _halved(self, wanted: Floats, delay: int) -> Amounts | None:
        """Halve the gap beside the cheapest mix of one handle towards what would be cheaper, to a hundredth of its range."""
        gap = (self.axes[0].hi - self.axes[0].lo) / FINE
        if self.cheapest(wanted, delay) is None:
            self._climbed(wanted, delay, gap)
        while (best := self.cheapest(wanted, delay)) is not None:
            known = sorted(self.inside())
            sides = [(a, b) for pair in pairwise(known) for a, b in (pair, pair[::-1]) if a == best]
            cheaper = [b for _, b in sides if self.dear(b, delay) < self.dear(best, delay) and abs(b[0] - best[0]) > gap * 1.001]
            middle = [self.snapped([(best[0] + b[0]) / 2]) for b in sorted(cheaper, key=lambda b: self.dear(b, delay))]
            new = [at for at in middle if at not in self.trials]
            if not new:
                break
            self.run(new[0], "search")
        return best

    def _climbed(self, wanted: Floats, delay: int, gap: float) -> None:
        """Run one handle on a mesh of its range, then halve the gaps beside the mix that comes nearest, until one meets what is
        wanted or the gaps are a hundredth: a band, or a hump, may lie between two points."""
        for x in np.linspace(self.axes[0].lo, self.axes[0].hi, MESH):
            self.run((float(x),), "search")
        while self.cheapest(wanted, delay) is None:
            best = min(self.inside(), key=lambda at: (-self.slack(at, wanted, delay), self._off(at, delay)))
            known = sorted(self.inside())
            sides = [b for pair in pairwise(known) for a, b in (pair, pair[::-1]) if a == best and abs(b[0] - a[0]) > gap * 1.001]
            new = [at for b in sides if (at := self.snapped([(best[0] + b[0]) / 2])) not in self.trials]
            if not new:
                break
            for at in new:
                self.run(at, "search")

    def _along(self, wanted: Floats, delay: int, tries: int) -> Amounts | None:
        """Run the cheapest mix of the surface; correct the surface's probability by what the run found there, and go on until no
        cheaper one is foreseen.  Where none that was run does, the most likely mix of the surface is run, and the way begins
        again from what it found."""
        off, left, again = np.zeros(len(self.asks)), tries, PEAKS
        for _ in range(TURNS):
            point = Plane(self.surface(), delay).cheapest(np.minimum(wanted + off, SURE)) if left else None
            if point is None:
                runs = len(self.trials)
                if self.cheapest(wanted, delay) is not None or not again:
                    break
                self.peak(wanted, delay, tries=1)
                off, again = np.zeros(len(self.asks)), again - 1
                if len(self.trials) == runs:
                    break
                continue
            at = self._foreseen(point, wanted + off, delay)
            if at in self.trials:
                if self.short(at, wanted, delay) <= NEARLY:
                    break
                off = off + np.maximum(wanted - self.probabilities(self.trials[at], delay), 0.0)
                continue
            found, left = self.probabilities(self.run(at, "search"), delay), left - 1
            off = self.surface().probabilities(np.array([at]), delay)[0] - found
        self._nearer(wanted, delay)
        self._back(wanted, delay)
        return self.cheapest(wanted, delay)

    def _foreseen(self, point: Floats, wanted: Floats, delay: int) -> Amounts:
        """Return the mix beside a point that the surface says meets what is wanted, the cheapest; the nearest where none does."""
        each = [
            sorted({one.snapped(x + sign * (one.hi - one.lo) / STEPS) for sign in (-1, 0, 1)})
            for one, x in zip(self.axes, point.tolist(), strict=True)
        ]
        near = np.array(list(product(*each)))
        surface = self.surface()
        good = (surface.probabilities(near, delay) >= wanted - NEARLY).all(axis=1)
        if not good.any():
            return self.snapped(point)
        return self.snapped(near[good][np.argmin(surface.costs(near[good], self.last(delay)))])

    def _back(self, wanted: Floats, delay: int) -> None:
        """Try each handle of the cheapest mix back where it stands, where the surface leaves that open."""
        for i, one in enumerate(self.axes):
            best = self.cheapest(wanted, delay)
            if best is None or best[i] == one.stands or not one.lo <= one.stands <= one.hi:
                continue
            at = (*best[:i], one.stands, *best[i + 1 :])
            if (self.surface().probabilities(np.array([at]), delay)[0] >= wanted - BESIDE).all():
                self.run(at, "search")

    def _nearer(self, wanted: Floats, delay: int) -> None:
        """Try each handle of the cheapest mix a hundredth of its range nearer to where it stands, and further while that does."""
        left = NEARER
        for i, one in enumerate(self.axes):
            step = (one.hi - one.lo) / FINE
            while left and (best := self.cheapest(wanted, delay)) is not None and best[i] != one.stands:
                way = one.stands - best[i]
                at = self.snapped([*best[:i], best[i] + float(np.sign(way)) * min(step, abs(way)), *best[i + 1 :]])
                if at in self.trials or self._saves(at, best, delay) <= 0:
                    break
                self.run(at, "search")
                left -= 1
                if self.cheapest(wanted, delay) != at:
                    break
                step *= 2

    def _saves(self, at: Amounts, best: Amounts, delay: int) -> float:
        """Return what a mix is foreseen to save beside another."""
        surface = self.surface()
        cost, other = surface.costs(np.array([at, best]), self.last(delay))
        return float(other - cost)

    def peak(self, wanted: Floats, delay: int = 0, budget: float = np.inf, tries: int = PEAKS) -> Amounts | None:
        """Run the most likely mixes of the surface within a budget; return the one that comes nearest of all that were run."""
        limit = budget
        for _ in range(tries):
            point = Plane(self.surface(), delay).highest(wanted, limit)
            if point is None or (at := self.snapped(point)) in self.trials:
                break
            cost = float(self.cost(self.run(at, "peak"), delay).mean())
            if cost > budget:
                limit -= 1.1 * (cost - budget)
        return self.nearest(wanted, delay, budget)

    # ---- tables

    def row(self, at: Amounts) -> dict[str, float]:
        """Return the amounts of a mix as columns of a table."""
        return {f"lever:{one.code}": x for one, x in zip(self.axes, at, strict=True)}

    def curve(self) -> pd.DataFrame:
        """Return the least cost by probability, the least of the targets'; run marks what was really run, the rest is estimated.
        A row that costs no less than one with a higher probability is left out, and an estimate where a real run has its
        probability."""
        plane = Plane(self.surface())
        base = float(self.probabilities(self.trials[self.stands]).min())
        rows = [
            (float(self.probabilities(self.trials[at]).min()), self.dear(at), float(self.cost(self.trials[at]).mean()), True, at)
            for at in (self.stands, *self.inside())
        ]
        top = max(float(plane.p.min(axis=1).max()), *(p for p, *_ in rows))
        known = np.array([p for p, *_ in rows])
        for level in np.minimum(np.linspace(base, top, LEVELS)[1:], SURE) if top > base + NEARLY else ():
            if np.abs(known - level).min() > NEARLY and (point := plane.cheapest(np.full(len(self.asks), level))) is not None:
                cost = float(plane.surface.costs(point[None], plane.year)[0])
                dear = cost + plane.weight * float(plane.surface.moved(point[None])[0])
                rows.append((float(level), dear, cost, False, self.snapped(point)))
        kept: list[dict[str, float]] = []
        for p, _, cost, really, at in sorted(rows, key=lambda one: (one[1], -one[0])):
            if p >= base and (not kept or p > kept[-1]["probability"]):
                kept.append({"probability": p, "cost": cost, "run": really, **self.row(at)})
        return pd.DataFrame(kept)
