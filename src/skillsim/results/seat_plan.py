"""The seat plan: each row's seats of each year, and why they are what they are (columns in docs/model.md, Outputs)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.results import statistics
from skillsim.results.indicators import ratio
from skillsim.rules.reasons import CODES

Floats = NDArray[np.float64]
KEYS = ("school", "programme", "pathway", "areas")
SEATS = ("planned", "seats", "p05", "p50", "p95")
SHARES = ("last_completion", "reason_share")
COLUMNS = ("scenario", "year", *KEYS, *SEATS, "last_completion", "reason", "reason_share")


def seat_plan(name: str, inputs: Inputs, history: History) -> pd.DataFrame:
    """Return the plan, one line for each year and seat row, by year, school, programme, pathway and source areas.

    Seats are rounded to one decimal and shares to four: these are decisions, and nobody signs a hundredth of a seat.
    """
    rows = pd.DataFrame([key.split(".") for key in inputs.layout.pools], columns=["pathway", "school", "programme", "areas"])
    years = enumerate(inputs.years)
    parts = [pd.concat([rows.assign(year=int(year)), _of_year(inputs, history, y)], axis=1) for y, year in years]
    frame = pd.concat(parts).assign(scenario=name)
    frame = frame.round({**dict.fromkeys(SEATS, 1), **dict.fromkeys(SHARES, 4)})
    return frame[list(COLUMNS)].sort_values(["year", *KEYS], ignore_index=True)


def _of_year(inputs: Inputs, history: History, y: int) -> pd.DataFrame:
    """Return the figures of a year, rows as in the layout."""
    seats = history.seats[y].astype(float)
    points = statistics.summary(seats)
    before, came = (history.seats[y - 1], history.entrants[y - 1]) if y else history.before
    counts = np.stack([(history.reason[y] == code).sum(axis=-1) for code in range(len(CODES))])
    return pd.DataFrame({
        "planned": inputs.seats[y].mean(axis=-1), "seats": points["mean"], **{p: points[p] for p in ("p05", "p50", "p95")},
        "last_completion": statistics.mean(ratio(came, before)),
        "reason": np.array(CODES)[counts.argmax(axis=0)], "reason_share": counts.max(axis=0) / seats.shape[-1],
    })
