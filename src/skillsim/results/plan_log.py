"""The log of the plan: by how much each step moved each row's seats, and which programmes were under warning (columns in
docs/model.md, Outputs)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.results import statistics
from skillsim.results.seat_plan import KEYS
from skillsim.rules.programmes import CLOSED, RED, YELLOW
from skillsim.terms import STEPS

COLOURS = {"yellow": YELLOW, "red": RED, "closed": CLOSED}
LOG_COLUMNS = ("scenario", "year", *KEYS, "step", "move", "p05", "p95", "share")
WARNING_COLUMNS = ("scenario", "year", "school", "programme", *COLOURS)


def plan_log(name: str, inputs: Inputs, history: History) -> pd.DataFrame:
    """Return the steps that moved a row's seats in any replication, by year, school, programme, pathway, source areas and order
    of the steps.

    ``move`` is the mean over all replications, so that a row's moves of a year sum to the change of its mean seats; ``share`` is
    that of the replications in which the step moved the row.  Moves have two decimals, shares four.
    """
    keys = np.array([key.split(".") for key in inputs.layout.pools], dtype=object).reshape(-1, 4)[:, [1, 2, 0, 3]]
    order = sorted(range(len(keys)), key=lambda i: tuple(keys[i]))
    rows, steps = [], tuple(STEPS)
    for y, year in enumerate(inputs.years.tolist() if history.moves.size else []):
        share = (np.abs(history.moves[y]) > 1e-9).mean(axis=-1)
        at = [(k, i) for i in order for k in np.nonzero(share[:, i])[0].tolist()]
        moves = history.moves[y][[k for k, _ in at], [i for _, i in at]].astype(float)
        means, points = statistics.mean(moves), statistics.quantiles(moves)
        rows += [
            (name, year, *keys[i], steps[k], means[j], points[0, j], points[-1, j], share[k, i]) for j, (k, i) in enumerate(at)
        ]
    frame = pd.DataFrame(rows, columns=list(LOG_COLUMNS))
    rounded = frame.round({"move": 2, "p05": 2, "p95": 2, "share": 4})
    rounded[["move", "p05", "p95"]] += 0.0  # a hair below 0 rounds to minus zero
    return rounded


def warnings(name: str, inputs: Inputs, history: History) -> pd.DataFrame:
    """Return the share of replications in which each school's programme is yellow, red and closed in April of each year; only
    where it is any of them in some."""
    layout = inputs.layout
    rows = []
    for y, year in enumerate(inputs.years.tolist() if history.colours.size else []):
        shares = [(history.colours[y] == colour).mean(axis=-1) for colour in COLOURS.values()]
        rows += [
            (name, year, layout.schools[school], layout.programmes[programme], *(share[i] for share in shares))
            for i, (school, programme) in enumerate(layout.courses) if any(share[i] for share in shares)
        ]
    return pd.DataFrame(rows, columns=list(WARNING_COLUMNS)).round(dict.fromkeys(COLOURS, 4))
