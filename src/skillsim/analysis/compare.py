"""Paired differences between scenarios that share their random keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from skillsim.errors import Problem, ScenarioError
from skillsim.results import statistics
from skillsim.results.indicators import KIND, Row, Values
from skillsim.results.money import all_paid
from skillsim.results.result import Result, tidy
from skillsim.scenario import checks

Floats = NDArray[np.float64]
Table = tuple[list[Row], Floats]


def _of_both(mine: Values, theirs: Values) -> Iterator[tuple[Table, Table]]:
    """Yield the tables of each indicator that two runs have, one indicator at a time: all at once would take much memory."""
    place = {indicator: i for i, indicator in enumerate(KIND)}
    others = theirs.tables()
    other = next(others, None)
    for one in mine.tables():
        at = place[one[0][0].indicator]
        while other is not None and place[other[0][0].indicator] < at:
            other = next(others, None)
        if other is not None and place[other[0][0].indicator] == at:
            yield one, other


@dataclass(frozen=True)
class Comparison:
    """Runs beside a baseline, replication by replication."""

    baseline: Result
    others: tuple[Result, ...]

    def targets(self) -> pd.DataFrame:
        """Return for each target the paired difference of its value and of its probability.

        Columns: scenario, target, indicator, year, baseline, value (means), difference, low, high (95 % interval of the
        mean difference), mcse, verdict (see :func:`verdict`; other_question where the two targets ask different things),
        probability_baseline, probability, probability_difference, probability_mcse.
        """
        rows = []
        for other in self.others:
            theirs = {a.code: a for a in other.answers}
            for mine in self.baseline.answers:
                if mine.code not in theirs:
                    continue
                a = theirs[mine.code]
                asks = [t.model_dump(exclude={"title", "clause", "year_stated"}) for t in (mine.target, a.target)]
                d = a.values - mine.values if asks[0] == asks[1] else np.full(mine.values.shape, np.nan)
                centre, low, high = statistics.interval(d)
                gain = a.met.astype(float) - mine.met
                rows.append({
                    "scenario": other.name, "target": mine.code, "indicator": mine.target.indicator, "year": mine.target.year,
                    "baseline": float(statistics.mean(mine.values)), "value": float(statistics.mean(a.values)),
                    "difference": centre, "low": low, "high": high, "mcse": float(statistics.clustered_error(d)),
                    "verdict": verdict(mine.values, a.values) if asks[0] == asks[1] else "other_question",
                    "probability_baseline": mine.probability, "probability": a.probability,
                    "probability_difference": float(gain.mean()), "probability_mcse": float(statistics.clustered_error(gain)),
                })
        return pd.DataFrame(rows)

    def table(self) -> pd.DataFrame:
        """Return the paired mean differences of every indicator, breakdown and year that both runs have.

        Columns: scenario, indicator, area, pathway, programme, level, industry, year, baseline, value, difference, mcse.
        """
        years = self.baseline.inputs.years
        frames = []
        for other in self.others:
            for (rows, values), (their_rows, their_values) in _of_both(self.baseline.values, other.values):
                at = {row: i for i, row in enumerate(their_rows)}
                both = [(i, at[row]) for i, row in enumerate(rows) if row in at]
                if not both:
                    continue
                mine, yours = values[[i for i, _ in both]], their_values[[j for _, j in both]]
                d = yours - mine
                figures = {
                    "baseline": statistics.mean(mine), "value": statistics.mean(yours), "difference": statistics.mean(d),
                    "mcse": statistics.clustered_error(d),
                }
                frames.append(tidy(other.name, [rows[i] for i, _ in both], years, figures))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def costs(self) -> pd.DataFrame:
        """Return what runs pay more than the baseline over all years, and for each graduate more who is at work in the place.

        Columns: scenario, payer (blank: all), baseline, value (mean of what is paid), cost, cost_low, cost_high (paired
        difference and its 95 % interval), graduates, graduates_low, graduates_high (those at work here on the day of counting,
        of all years; paired difference), verdict (on graduates), each, low, high (cost for each additional graduate: a ratio
        of means with Fieller's interval; blank unless there are more of them, clear of 0).  In yuan, not discounted.  No rows
        for runs without money.
        """
        rows = []
        base = self.baseline
        for other in self.others:
            if base.spent is None or other.spent is None:
                continue
            mine, theirs = (run.values.local.sum(axis=(0, 1), dtype=float) for run in (base, other))
            judged = verdict(mine, theirs)
            for payer in ("", *sorted({*base.spent.payers, *other.spent.payers})):
                before, after = all_paid(base.spent, payer), all_paid(other.spent, payer)
                each = ratio_of_means(after - before, theirs - mine) if judged == "higher" else (np.nan,) * 3
                rows.append((
                    other.name, payer, float(before.mean()), float(after.mean()), *statistics.interval(after - before),
                    *statistics.interval(theirs - mine), judged, *each,
                ))
        return pd.DataFrame(rows, columns=list(COST_COLUMNS))


COST_COLUMNS = (
    "scenario", "payer", "baseline", "value", "cost", "cost_low", "cost_high", "graduates", "graduates_low", "graduates_high",
    "verdict", "each", "low", "high",
)


def ratio_of_means(top: Floats, bottom: Floats, level: float = 0.95) -> tuple[float, float, float]:
    """Return mean of ``top`` / mean of ``bottom``, both [R], and its interval by pairs (Fieller 1954); blanks where the mean of
    ``bottom`` is not clear of 0, since then the ratio has no bounds."""
    both = np.stack([statistics.pair_means(top), statistics.pair_means(bottom)])
    pairs = both.shape[1]
    (over, under), spread = both.mean(axis=1), np.cov(both) / pairs
    t2 = float(stdtrit(pairs - 1, 0.5 + level / 2)) ** 2
    a, b, c = under**2 - t2 * spread[1, 1], over * under - t2 * spread[0, 1], over**2 - t2 * spread[0, 0]
    if not a > 0:
        return (np.nan,) * 3
    half = float(np.sqrt(max(b * b - a * c, 0.0)))
    return float(over / under), float((b - half) / a), float((b + half) / a)


FEWEST_PAIRS = 10


def verdict(mine: Floats, yours: Floats) -> str:
    """Return what the paired values [R] say of ``yours`` against ``mine``.

    same: equal in every replication; blank: nothing to compare in any; too_few: under ten pairs; noise: the 95 % interval
    of the mean difference holds 0; higher; lower.
    """
    if np.array_equal(mine, yours, equal_nan=True):
        return "same"
    d = yours - mine
    if np.isnan(d).all():
        return "blank"
    centre, low, high = statistics.interval(d)
    if (~np.isnan(statistics.pair_means(d))).sum() < FEWEST_PAIRS:
        return "too_few"
    if not np.isfinite(low) or low <= 0 <= high:
        return "noise"
    return "higher" if centre > 0 else "lower"


def compare(runs: Sequence[Result], baseline: str | None = None) -> Comparison:
    """Set runs beside a baseline, paired by replication.

    Parameters
    ----------
    runs : results of :func:`skillsim.run` with the same seed and replications
    baseline : the name of one of them; the first by default

    Raises
    ------
    ScenarioError
        when no run has that name, or when years, seed or replications differ.
    """
    if not runs:
        raise ScenarioError([Problem("no_scenario")])
    names = [run.name for run in runs]
    wanted = names[0] if baseline is None else baseline
    if wanted not in names:
        raise ScenarioError([checks.unknown("compare_baseline", "baseline", wanted, names)])
    base = runs[names.index(wanted)]
    others = tuple(run for run in runs if run is not base)
    for run in others:
        same = (run.seed, run.replications, run.scenario.years) == (base.seed, base.replications, base.scenario.years)
        if not same:
            raise ScenarioError([Problem("compare_years", args={"a": run.name, "b": base.name})])
    return Comparison(base, others)
