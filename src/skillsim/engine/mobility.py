"""In which area those who found work take it: an area of the place, the areas near it, or farther away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skillsim.rules.retention import shares_by_area
from skillsim.terms import DESTINATIONS, LOCAL

if TYPE_CHECKING:
    from skillsim.engine.run import Run

ELSEWHERE = DESTINATIONS.index("away_employed")


def place(run: Run, year: int) -> None:
    """Say in which area this year's graduates work, once it is counted who works here and who elsewhere."""
    if run.scenario.retention.mobility is None:
        return
    y, layout, inputs, history = run.at(year), run.layout, run.inputs, run.history
    here = history.destinations[y][LOCAL].sum(axis=0, dtype=history.destinations.dtype)
    p = shares_by_area(inputs.area_jobs[y], inputs.get("retention.mobility.own")[y], layout.group_area, layout.work_areas)
    history.worked_in[y] = run.work.split(here, p[:-1], "area of work", year, layout.group_keys)
    run.ledger.move("area of work", layout.group_name, here, history.worked_in[y])
    elsewhere, near = history.destinations[y][ELSEWHERE], inputs.get("retention.mobility.near")[y]
    wide = np.broadcast_to(near[None], (len(layout.groups), len(near)))
    history.near[y] = run.work.binomial(elsewhere, wide, "near areas", year, layout.group_keys)
    run.ledger.move("near areas", layout.group_name, elsewhere, history.near[y], elsewhere - history.near[y])
