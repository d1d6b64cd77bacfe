"""Today's unknown figures: which move a target most, and its probability over one of them (docs/model.md, Unknown figures)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr
from scipy.stats import rankdata

from skillsim.analysis.track import goal
from skillsim.chance import name_keys, uniforms
from skillsim.engine.inputs import inputs_for
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.scenario.policies import as_written
from skillsim.scenario.types import Target, numbers

Floats = NDArray[np.float64]
FEWEST = 100  # replications
WIDE, NARROW = 1.0, 0.5  # sd of the draws: over which the slope is taken, and from which draws are slid
UNSLID = 0.2  # the same where they are not slid
FEW = 20  # values: what takes no more moves by steps, not along a slope
RESAMPLES = 200
LEVEL = 0.05
UNKNOWN_COLUMNS = ("path", "shared", "numbers", "share", "direction", "clear")


@dataclass(frozen=True)
class Curve:
    """The probability of a target over an unknown number.

    ``x`` [points] are the number's values in the year of ``as_of``, as written; ``p`` [points] the probability if it were so,
    ``low`` and ``high`` [points] a 95 % band; ``range`` the 5 and 95 % points of its draws, ``now_mean`` its mean.
    """

    code: str
    path: str
    x: Floats
    p: Floats
    low: Floats
    high: Floats
    range: tuple[float, float]
    now_mean: float


def _today(result: Result, drawn: bool, paths: list[str]) -> dict[str, Floats]:
    """Return numbers in the year of ``as_of`` without policies [P]; their means [1] without draws."""
    year, ran = result.scenario.as_of.year, result.inputs
    inputs = inputs_for(as_written(result.scenario), year, year, ran.pairs if drawn else None, ran.seed, ran.layout, ran.held)
    return {path: np.asarray(inputs.get(path)[0], dtype=float) for path in paths}


def unknowns(result: Result, code: str, n: int = 5) -> pd.DataFrame:
    """Return the uncertain numbers that explain most of a target's variation, at most ``n``.

    Numbers with one word under ``shared`` are one row, named by the one that varies most.  Columns: path, shared, numbers (how
    many), share (squared rank correlation of the draws with the target's pair means), direction (up: more of it, more of the
    indicator; down), clear (whether that can't well be chance: 5 % for all rows together).  Empty below 100 replications or 25
    pairs with a value, with parameter chance off, or where the value does not vary.
    """
    empty = pd.DataFrame(columns=list(UNKNOWN_COLUMNS))
    target = result.scenario.targets[code]
    values = result.replicate(target.indicator, target.of)[target.year - result.scenario.years.first]
    means = statistics.pair_means(values)
    there = ~np.isnan(means)
    if result.inputs.pairs is None or result.replications < FEWEST or there.sum() < FEWEST / 4 or np.ptp(means[there]) == 0:
        return empty
    groups: dict[tuple[str, str], list[str]] = {}
    for path, number, _ in numbers(result.scenario):
        if number.uncertain and path not in result.inputs.held:
            groups.setdefault(("shared", number.shared) if number.shared else ("path", path), []).append(path)
    draws = {path: x[there] for path, x in _today(result, True, [path for paths in groups.values() for path in paths]).items()}
    ranks = _standard(rankdata(means[there]))
    rows = []
    for (kind, name), paths in groups.items():
        path = max(paths, key=lambda one: float(draws[one].std()))
        if np.ptp(draws[path]) > 0:
            r = float(np.mean(_standard(rankdata(draws[path])) * ranks))
            rows.append((path, name if kind == "shared" else "", len(paths), r))
    left = int(there.sum()) - 2
    out = []
    for path, shared, size, r in sorted(rows, key=lambda row: (-abs(row[3]), row[0]))[:n]:
        t = abs(r) * np.sqrt(left / max(1.0 - r * r, 1e-12))
        clear = bool(2.0 * stdtr(left, -t) * len(rows) < LEVEL)
        out.append((path, shared, size, r * r, "up" if r > 0 else "down", clear))
    return pd.DataFrame(out, columns=list(UNKNOWN_COLUMNS)) if out else empty


def _standard(x: Floats) -> Floats:
    return np.asarray((x - x.mean()) / x.std())


def curve(result: Result, code: str, path: str, points: int = 41) -> Curve | None:
    """Return the probability of a target over one uncertain number (docs/model.md, Unknown figures).

    None where nothing can be told: below 100 replications, with parameter chance off, for a number that is certain or held,
    for a target that asks no number, or where its value is blank throughout.
    """
    target = result.scenario.targets[code]
    values = result.replicate(target.indicator, target.of)[target.year - result.scenario.years.first]
    there = ~np.isnan(values)
    if result.inputs.pairs is None or result.replications < FEWEST or target.direction == "show" or not there.any():
        return None
    draws = _today(result, True, [path])[path]
    if len(draws) == 1 or np.ptp(draws) == 0:
        return None
    x = np.linspace(np.quantile(draws, 0.01), np.quantile(draws, 0.99), points)
    pairs = values.reshape(-1, 2)
    slide = len(np.unique(values[there])) > FEW
    once, resampled = np.ones((1, len(draws))), _resampled(result.seed, len(draws))
    p, low, high = np.empty(points), np.empty(points), np.empty(points)
    for i, at in enumerate(x):
        near, nearest = (_kernel(draws, at, width) for width in (WIDE, NARROW if slide else UNSLID))
        p[i] = _share(draws - at, pairs, near, nearest, once, target, slide)[0]
        many = _share(draws - at, pairs, near, nearest, resampled, target, slide)
        # where hardly any draw differs, resampling tells too little: never narrower than for none, or all, of so many
        none = (LEVEL / 2) ** ((nearest**2).sum() / nearest.sum() ** 2)
        low[i], high[i] = min(np.quantile(many, LEVEL / 2), none), max(np.quantile(many, 1 - LEVEL / 2), 1 - none)
    mean = float(_today(result, False, [path])[path][0])
    return Curve(code, path, x, p, low, high, (float(np.quantile(draws, 0.05)), float(np.quantile(draws, 0.95))), mean)


def _kernel(draws: Floats, at: float, width: float) -> Floats:
    """Return normal weights of draws [P] around a point; ``width`` in sd of the draws."""
    return np.asarray(np.exp(-0.5 * ((draws - at) / (width * draws.std())) ** 2))


def _resampled(seed: int, pairs: int) -> Floats:
    """Return how often each pair is taken in each resample [resamples, pairs]."""
    keys = name_keys((i,) for i in range(RESAMPLES))
    taken = (uniforms(seed, "resamples of pairs", 0, keys, 0, pairs) * pairs).astype(int)
    return np.stack([np.bincount(row, minlength=pairs) for row in taken]).astype(float)


def _share(
    away: Floats, pairs: Floats, near: Floats, nearest: Floats, times: Floats, target: Target, slide: bool,
) -> Floats:
    """Return the weighted share of replications that meet a target once they are slid to a point, by resample [B].

    ``away`` [P] is how far each draw is from the point, ``pairs`` [P, 2] the target's values, ``near`` and ``nearest`` [P] the
    weights for the slope and for the share, ``times`` [B, P] how often each pair counts.
    """
    slope = np.zeros(len(times))
    if slide:
        count, total = (~np.isnan(pairs)).sum(axis=1), np.nansum(pairs, axis=1)
        s0, s1, s2 = (times @ (near * count * away**k) for k in range(3))
        t0, t1 = (times @ (near * total * away**k) for k in range(2))
        spread = s0 * s2 - s1 * s1
        slope = np.divide(s0 * t1 - s1 * t0, spread, out=slope, where=spread > 0)
    low, high = goal(target)
    slid = pairs[None] - (slope[:, None] * away)[:, :, None]
    with np.errstate(invalid="ignore"):
        hit = ((slid >= low) & (slid <= high)).mean(axis=2)
    weights = times * nearest
    return np.asarray((weights * hit).sum(axis=1) / weights.sum(axis=1))
