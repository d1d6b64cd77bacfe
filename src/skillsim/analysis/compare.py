"""Paired differences between scenarios that share their random keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.errors import Problem, ScenarioError
from skillsim.results import statistics
from skillsim.results.result import Result, tidy
from skillsim.scenario import checks

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Runs beside a baseline, replication by replication."""

    baseline: Result
    others: tuple[Result, ...]

    def targets(self) -> pd.DataFrame:
        """Return for each target the paired difference of its value and of its probability.

        Columns: scenario, target, indicator, year, baseline, value (means), difference, low, high (95 % interval of the
        mean difference), mcse, verdict (same, noise, higher, lower), probability_baseline, probability,
        probability_difference, probability_mcse.
        """
        rows = []
        for other in self.others:
            theirs = {a.code: a for a in other.answers}
            for mine in self.baseline.answers:
                if mine.code not in theirs:
                    continue
                a = theirs[mine.code]
                d = _difference(a.values, mine.values)
                centre, low, high = statistics.interval(d)
                gain = a.met.astype(float) - mine.met
                rows.append({
                    "scenario": other.name, "target": mine.code, "indicator": mine.target.indicator, "year": mine.target.year,
                    "baseline": float(statistics.mean(mine.values)), "value": float(statistics.mean(a.values)),
                    "difference": centre, "low": low, "high": high, "mcse": float(statistics.clustered_error(d)),
                    "verdict": verdict(d), "probability_baseline": mine.probability, "probability": a.probability,
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
            theirs = {rows[0].indicator: (rows, values) for rows, values in other.values.tables()}
            for rows, values in self.baseline.values.tables():
                their_rows, their_values = theirs.get(rows[0].indicator, ([], values))
                at = {row: i for i, row in enumerate(their_rows)}
                both = [(i, at[row]) for i, row in enumerate(rows) if row in at]
                if not both:
                    continue
                mine, yours = values[[i for i, _ in both]], their_values[[j for _, j in both]]
                d = _difference(yours, mine)
                figures = {
                    "baseline": statistics.mean(mine), "value": statistics.mean(yours), "difference": statistics.mean(d),
                    "mcse": statistics.clustered_error(d),
                }
                frames.append(tidy(other.name, [rows[i] for i, _ in both], years, figures))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _difference(a: Floats, b: Floats) -> Floats:
    """Return a - b; 0 where both are blank, blank where one is."""
    return np.where(np.isnan(a) & np.isnan(b), 0.0, a - b)


def verdict(d: Floats) -> str:
    """Return same (exactly 0 in every replication), noise (the 95 % interval holds 0), higher, lower, or blank (nothing to
    compare in any)."""
    if np.isnan(d).all():
        return "blank"
    if (d == 0).all():
        return "same"
    centre, low, high = statistics.interval(d)
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
