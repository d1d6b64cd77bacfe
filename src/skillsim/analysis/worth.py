"""Which missing figure is worth collecting: what it would do to a target to know it, and how many must be asked (docs/model.md,
Worth of figures)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.designed import groups
from skillsim.analysis.unknown import FEWEST, LEVEL, _today, curve
from skillsim.chance import name_keys, uniforms
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.results.targets import label
from skillsim.scenario.numbers import Number, Par
from skillsim.scenario.types import Scenario, numbers

Floats = NDArray[np.float64]
WORTH_COLUMNS = (
    "path", "shared", "numbers", "kind", "share", "floor", "clear", "width", "width_known", "p", "p_low", "p_high", "flips",
    "n_half", "asked", "halves", "n_target",
)
TO_COLLECT = ("assumed", "proxy", "fitted", "unstated")
DEGREE = 2  # of the polynomial: a line and a bend
ORDERS = 199
POINTS = 41  # of a curve
GRID = 2_000  # points of a number's distribution
HALF = 0.75  # of the variance gone: the interval is half as wide
COUNTED = ("persons", "person-times", "yuan", "parts", "students per teacher")
OF_PEOPLE = ("rate", "share", "share per month")
WHO = (  # who is asked for a share of people, by the beginning of its path; the first that fits
    ("rules.", ""), ("tables.", "people"), ("labour.growth", ""), ("training.load", ""), ("choice.makeup", ""),
    ("labour.leaving", "workers"), ("labour.moving", "workers"), ("labour.experienced_found", "vacancies"),
    ("labour.to_graduates", "vacancies"), ("labour.", "graduates"), ("industries.", "vacancies"), ("training.", "workers"),
    ("retention.", "graduates"), ("teachers.", "teachers"), ("institutions.", "teachers"), ("", "students"),
)


@dataclass(frozen=True)
class _Split:
    """A target's variation split by its uncertain numbers.

    ``share`` [numbers]: what each explains of a run's variance, without what chance alone would give; ``clear`` [numbers]: which
    explain more than chance; ``floor``: the share that any number without effect passes in 5 of 100 runs.
    """

    share: Floats
    clear: NDArray[np.bool_]
    floor: float


def worth(result: Result, code: str, n: int | None = None) -> pd.DataFrame:
    """Return for each uncertain number that could still be collected what it would help a target to know it.

    Numbers with one word under ``shared`` are one row, named by the one that varies most.  Rows: those clear of chance first, by
    ``flips``, then by ``share``; at most ``n``.

    Returns
    -------
    path, shared, numbers (how many), kind (assumed, proxy, fitted, unstated), share (of the variance of the target's value in its
    year that falls away if the number is known), floor (the share that any number without effect passes in 5 % of runs), clear
    (above it), width (5 to 95 % points of the value), width_known (with the number known: as the root of the variance that is
    left), p (probability), p_low, p_high (with the number at its 5 and 95 % points), flips (probability that knowing it makes
    another label: likely, open, unlikely), n_half (how many must be asked to halve the number's own interval; 1 for what one
    record tells), asked (whom: graduates, students, teachers, workers, vacancies, people; record; later: a count of years of
    which there are no records yet; compared: two groups that differ by one unit, half of n_half each), halves (the width then),
    n_target (how many to halve the target's; blank where even knowing it would not).  What is not clear has blanks in
    width_known, p_low, p_high, flips, halves and n_target.  Empty below 100 replications or 25 pairs with a value, with
    parameter chance off, with nothing uncertain, or where the value does not vary.
    """
    empty = pd.DataFrame(columns=list(WORTH_COLUMNS))
    scenario = result.scenario
    target = scenario.targets[code]
    values = result.replicate(target.indicator, target.of)[target.year - scenario.years.first]
    means = statistics.pair_means(values)
    there = ~np.isnan(means)
    if result.inputs.pairs is None or result.replications < FEWEST or there.sum() < FEWEST / 4 or np.ptp(means[there]) == 0:
        return empty
    named = groups(scenario, result.inputs.held)
    draws = _today(result, True, [path for paths in named.values() for path in paths])
    widest = {name: max(paths, key=lambda one: float(draws[one].std())) for name, paths in named.items()}
    moving = [name for name, path in widest.items() if np.ptp(draws[path][there]) > 0]
    if not moving:
        return empty
    pairs = values.reshape(-1, 2)[there]
    split = _split(np.stack([draws[widest[name]][there] for name in moving]), pairs, result.seed)
    declared = {path: (number.patched_by(()), par) for path, number, par in numbers(scenario)}
    width = _width(pairs)
    p = next(answer.probability for answer in result.answers if answer.code == code)
    rows = []
    for i, name in enumerate(moving):
        path, share = widest[name], float(split.share[i])
        kind = _kind(scenario, path)
        if kind not in TO_COLLECT:
            continue
        asked, before = _asked(path, *declared[path], scenario.as_of.year)
        if asked == "record" and _to_come(scenario, path, declared[path][0]):
            asked, before = "later", np.nan
        n_half = _needed(before, HALF)
        said = [np.nan] * 6
        if split.clear[i]:
            gone = 1.0 if asked == "record" else HALF if np.isfinite(n_half) else np.nan
            said = [
                width * np.sqrt(1 - share), *_decided(result, code, path, draws[path], p), width * np.sqrt(1 - gone * share),
                _needed(before, HALF / share) if share > HALF else np.nan,
            ]
        known, low, high, flips, halves, n_target = said
        shared = name.removeprefix("shared:") if name.startswith("shared:") else ""
        rows.append((
            path, shared, len(named[name]), kind, share, split.floor, bool(split.clear[i]), width, known,
            np.nan if p is None else p, low, high, flips, n_half, asked, halves, n_target,
        ))
    rows.sort(key=lambda row: (not row[6], -np.nan_to_num(row[12]), -row[4], row[0]))
    return pd.DataFrame(rows[:n], columns=list(WORTH_COLUMNS)) if rows else empty


def _split(draws: Floats, pairs: Floats, seed: int) -> _Split:
    """Split a target's values ``pairs`` [P, 2] by numbers with ``draws`` [numbers, P], P pairs.

    The pair means are taken for a sum of smooth parts, one of each number that matters: a polynomial of degree 2 by least squares
    (backfitting: Hastie, Tibshirani 1990, Generalized Additive Models).  Numbers enter one by one, the one that explains most of
    what is left first, as long as that is more than the best of all explains of the same in random order (the largest statistic
    of 199 orders, at 5 %: Westfall, Young 1993).  What each explains, beside the parts of the others, is lessened by what a
    number without effect would explain: degree × variance left.
    """
    means = statistics.pair_means(pairs.ravel())
    y = means - means.mean()
    bases = np.stack([_basis(x) for x in draws])
    size = (bases != 0).any(axis=1).sum(axis=1)  # degrees of freedom
    orders = np.argsort(uniforms(seed, "orders of pairs", 0, name_keys((i,) for i in range(ORDERS)), 0, len(y)), axis=1)
    chosen: list[int] = []
    while True:
        left, fitted = _fit(y, bases, chosen)
        best = _explained(bases, left[None])[:, 0]
        best[chosen] = 0.0
        chance = _explained(bases, left[orders])
        chance[chosen] = 0.0
        most = float(np.quantile(chance.max(axis=0), 1 - LEVEL))
        first = int(best.argmax())
        if best[first] <= max(most, 1e-18 * float(y @ y)) or size[[*chosen, first]].sum() > len(y) / 2:
            break
        chosen.append(first)
    noise = float(left @ left) / (len(y) - 1 - size[chosen].sum())
    within = np.nanmean((pairs[:, 0] - pairs[:, 1]) ** 2) / 2 if (~np.isnan(pairs).any(axis=1)).any() else 0.0
    whole = float(means.var(ddof=1) + within / 2)
    found = np.array([((basis.T @ (left + fitted.get(i, 0.0))) ** 2).sum() for i, basis in enumerate(bases)])
    share = np.clip((found - size * noise) / (len(y) - 1) / whole, 0.0, 1.0)
    clear = np.zeros(len(draws), dtype=bool)
    clear[chosen] = True
    return _Split(share, clear, max((most - DEGREE * noise) / (len(y) - 1) / whole, 0.0))


def _basis(x: Floats) -> Floats:
    """Return orthonormal polynomials [P, degree] of draws [P], without the constant; 0 for a power that the draws don't tell
    apart from lower ones."""
    z = (x - x.mean()) / x.std()
    q, r = np.linalg.qr(np.stack([z**k for k in range(DEGREE + 1)], axis=1))
    told = np.abs(np.diag(r)) > 1e-6 * np.sqrt(len(x))
    return np.asarray((q * told)[:, 1:])


def _fit(y: Floats, bases: Floats, chosen: Sequence[int]) -> tuple[Floats, dict[int, Floats]]:
    """Return what is left of ``y`` [P] after least squares on the chosen numbers together, and the fitted part of each [P]."""
    if not chosen:
        return y, {}
    found = np.linalg.lstsq(np.concatenate([bases[i] for i in chosen], axis=1), y, rcond=None)[0].reshape(len(chosen), -1)
    fitted = {i: bases[i] @ each for i, each in zip(chosen, found, strict=True)}
    return y - sum(fitted.values()), fitted


def _explained(bases: Floats, y: Floats) -> Floats:
    """Return the sum of squares that each number explains of each row of ``y`` [B, P]: [numbers, B]."""
    flat = bases.transpose(0, 2, 1).reshape(-1, bases.shape[1])
    return np.asarray(((flat @ y.T) ** 2).reshape(len(bases), -1, len(y)).sum(axis=1))


def _width(values: Floats) -> float:
    """Return the distance of the 5 and 95 % points, blanks left out."""
    low, high = np.nanquantile(values, (0.05, 0.95))
    return float(high - low)


def _decided(result: Result, code: str, path: str, draws: Floats, p: float | None) -> tuple[float, float, float]:
    """Return the probability with a number at its 5 and 95 % points, and the share of its draws at which the label is another."""
    line = curve(result, code, path, POINTS)
    if line is None or p is None:
        return np.nan, np.nan, np.nan
    low, high = np.interp(line.range, line.x, line.p)
    now = label(p, statistics.FEW)
    flips = np.mean([label(float(there), statistics.FEW) != now for there in np.interp(draws, line.x, line.p)])
    return float(low), float(high), float(flips)


def _kind(scenario: Scenario, path: str) -> str:
    source = scenario.source_of(path)
    return source.kind if source is not None else "unstated"


def _to_come(scenario: Scenario, path: str, number: Number) -> bool:
    """Say whether all years of which a count is stated end after the day as of which is planned: what a table recruits is that of
    the reported years, another count without a series what is there."""
    flows = path.startswith("tables.") and path.endswith(".recruits")
    years = number.series or ([scenario.years.first] if flows else [])
    return bool(years) and all(date(year, 12, 31) > scenario.as_of for year in years)


def _asked(path: str, number: Number, par: Par, year: int) -> tuple[str, float]:
    """Return who is asked for a number, and how many answers what is known of it now is worth; nan where asking can't be counted.

    A share of people: a beta distribution with the number's mean m and variance is worth n0 = m (1 - m) / variance - 1 answers;
    after n more its variance is, on average over what they may be, variance × n0 / (n0 + n), since the mean that they lead to, (a
    + k) / (n0 + n) after k times yes, itself has the variance × n / (n0 + n) (Pham-Gia, Turkkan 1992, The Statistician 41).  An
    effect in log-odds: the log odds ratio of two groups of n/2 that differ by one unit has the squared error 4 / (n m (1 - m))
    (Woolf 1955, Annals of Human Genetics 19), with m = ½ 16 / n, so a normal distribution is worth 16 / variance, and again n0 /
    (n0 + n) is left: an approximation, with the fewest; more are needed where m is far from ½.  A count is known by one record:
    n0 = 0.
    """
    if par.unit in COUNTED or path.endswith(".cap"):
        return "record", 0.0
    drawn = number.path(np.array([year]), par, (np.arange(GRID) + 0.5) / GRID, [])[0]
    mean, variance = float(drawn.mean()), float(drawn.var())
    if par.unit in ("log-odds", "log-odds per unit"):
        return "compared", 16.0 / variance
    if par.unit in OF_PEOPLE and par.lo >= 0 and par.hi <= 1 and 0 < mean < 1:
        who = next(who for begins, who in WHO if path.startswith(begins))
        return who, max(mean * (1 - mean) / variance - 1, 0.0) if who else np.nan
    return "", np.nan


def _needed(before: float, gone: float) -> float:
    """Return about how many answers take away a part of the variance in (0, 1), where what is known is worth ``before``."""
    return max(float(np.rint(before * gone / (1 - gone))), 1.0) if np.isfinite(before) else np.nan
