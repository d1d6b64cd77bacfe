"""A scenario's own first years against what was counted since (docs/validation.md, A place of one's own)."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.backtest import last_value, pool, scores, trend
from skillsim.analysis.collected import Collected, reader
from skillsim.analysis.running import REPLICATIONS, SEED, Progress, run
from skillsim.chance import Draws, name_keys
from skillsim.scenario.numbers import frozen
from skillsim.scenario.types import Scenario

Floats = NDArray[np.float64]


def unobserved(scenario: Scenario) -> Scenario:
    """Return a scenario without its actual figures: as it was seen before its first year."""
    return scenario.model_copy(update={"observed": frozen([])})


def replay(
    scenario: Scenario, rows: Sequence[Collected], replications: int = REPLICATIONS, seed: int = SEED, threads: int | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None,
) -> pd.DataFrame:
    """Run a scenario without its actual figures and score what it says of figures that were counted since.

    One replication of each pair is a draw.  A figure that was itself estimated differs from the truth by its own error, so a
    normal draw of that is added to what the model says.

    Returns
    -------
    line (of the file), year, actual, then those of :func:`~skillsim.analysis.backtest.scores`, last_value and trend: naive
    forecasts from earlier rows about the same people
    """
    result = run(unobserved(scenario), replications, seed, threads, progress, stop)[0]
    draws = reader(rows, scenario.years.first)(result.values)[:, ::2]
    noise = Draws(seed, 0, draws.shape[1]).normal("errors of figures", 0, name_keys((row.line,) for row in rows))
    draws = draws + np.array([_error(row) for row in rows])[:, None] * noise
    before = [
        {one.year: one.value for one in rows if (one.indicator, one.of) == (row.indicator, row.of) and one.year < row.year}
        for row in rows
    ]
    actual = np.array([row.value for row in rows])
    said = pd.DataFrame({"line": [row.line for row in rows], "year": [row.year for row in rows], "actual": actual})
    naive = pd.DataFrame({
        "last_value": [last_value(known, row.year) for known, row in zip(before, rows, strict=True)],
        "trend": [trend(known, row.year) for known, row in zip(before, rows, strict=True)],
    })
    return pd.concat([said, scores(draws, actual), naive], axis=1)


def _error(row: Collected) -> float:
    """Return the standard deviation of a figure's own error: as given, or that of a share of so many people asked."""
    sampled = row.value * (1 - row.value) / row.n if row.n else 0.0
    return float(np.sqrt(row.sd**2 + sampled))


def pooled_replay(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of all rows of :func:`replay` (columns of :func:`~skillsim.analysis.backtest.pooled`)."""
    return pd.DataFrame([{"group": "all", **pool(table)}])
