"""One intake followed from junior graduation to drop-out, diploma, job and place (docs/model.md, One intake)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.effects import PREVIEW, preview
from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import SEED, ground_for
from skillsim.engine.cohort import Trace
from skillsim.engine.history import History
from skillsim.engine.inputs import inputs_for
from skillsim.engine.layout import Layout
from skillsim.engine.simulate import traced
from skillsim.rules.arrays import Index
from skillsim.scenario.types import Scenario
from skillsim.terms import DESTINATIONS

Floats = NDArray[np.float64]
Flow = tuple[str, str, float]
FLOW_COLUMNS = ("source", "target", "persons")
ROUNDING = 1e-9  # persons: less is what sums leave over


def follow(scenario: Scenario, intake: int, seed: int = SEED, ground: Ground | None = None) -> pd.DataFrame:
    """Return the flows of the intake of a year into the pathways for junior graduates, to the end of the last reported year.

    It is one run on the expectation source: means, in which no limit is met by chance.

    Parameters
    ----------
    scenario : of its ``preview`` is the ground
    intake : a reported year
    ground : what :func:`~skillsim.analysis.running.ground_for` gave for ``preview(scenario)`` and the seed

    Returns
    -------
    source, target, persons (above 0).  What flows into a node flows out of it, save where people come from (``local`` and
    ``outside`` junior graduates, ``joined`` by repeating, ``added`` by actual figures) and where they end (``general_school``,
    ``other_way``, ``dropped``, ``repeating`` to the next intake, ``general`` track for good, ``removed`` by actual figures,
    ``in_school`` at the end, ``here`` and ``gone``).  In between: ``pathway:code``, ``level:code`` of the diploma, and the
    destinations of :data:`skillsim.terms.DESTINATIONS`.

    Raises
    ------
    ValueError
        for a year that is not reported
    ScenarioError
        as :func:`~skillsim.analysis.running.run`
    """
    years = scenario.years
    if not years.first <= intake <= years.last:
        raise ValueError(f"{intake} is not one of the years {years.first} to {years.last}")
    base = preview(scenario)
    shared = ground if ground is not None and ground.key == ground_key(base, seed) else ground_for(base, PREVIEW, seed)
    inputs = inputs_for(base, years.first, years.last, None, seed, shared.layout, shared=shared.inputs)
    history, trace = traced(inputs, shared.start, shared.alpha(0, PREVIEW), intake)
    flows = pd.DataFrame(_flows(history, trace, shared.layout, years.first), columns=list(FLOW_COLUMNS))
    together = flows.groupby(["source", "target"], sort=False, as_index=False)["persons"].sum()
    return together[together["persons"] > ROUNDING].reset_index(drop=True)


def _flows(history: History, trace: Trace, layout: Layout, first: int) -> Iterator[Flow]:
    """Yield the flows of an intake, some more than once; ``first`` is the year at the history's position 0."""
    junior = np.unique(layout.pool_pathway[layout.gate_pools["junior"]])
    yield from _entry(history, trace, layout, junior, trace.intake - first)
    for p in junior:
        name = f"pathway:{layout.pathways[p]}"
        people = {what: float(rows[p, 0]) for what, rows in trace.people.items()}
        yield from ((what, name, people.pop(what)) for what in ("joined", "added") if what in people)
        yield from ((name, what, n) for what, n in people.items())
    for year, leaving in trace.leaving.items():
        ending = np.unique(layout.ages[year - trace.intake - 1].ends_group)
        yield from _leaving(history, leaving[:, 0], layout, ending[np.isin(layout.group_pathway[ending], junior)], year - first)


def _entry(history: History, trace: Trace, layout: Layout, junior: Index, y: int) -> Iterator[Flow]:
    """Yield where the junior graduates of the intake's year go."""
    local = layout.area_origin == 0
    yield "local", "general_school", float(history.general[y][local].sum())
    yield "local", "other_way", float(history.not_local[y][local].sum())
    assert trace.taken is not None
    for origin, source in enumerate(("local", "outside")):
        entered = np.where(layout.entry_origin[:, None] == origin, trace.taken, 0.0)
        by_pathway = trace.by_pathway(entered, layout.ages[0].cells)
        yield from ((source, f"pathway:{layout.pathways[p]}", float(by_pathway[p, 0])) for p in junior)


def _leaving(history: History, leaving: Floats, layout: Layout, groups: Index, y: int) -> Iterator[Flow]:
    """Yield what those with a diploma do whose stage ends in a year; ``groups`` are the intake's.

    A stage ends at one age, so all leavers of these groups and of that year are of the intake.
    """
    going = history.destinations[y][:, groups, 0]
    for g, simulated, n in zip(groups, leaving[groups], going.sum(axis=0), strict=True):
        pathway, level = f"pathway:{layout.pathways[layout.group_pathway[g]]}", f"level:{layout.levels[layout.group_level[g]]}"
        yield pathway, level, float(n)
        yield ("added", pathway, float(n - simulated)) if n > simulated else (pathway, "removed", float(simulated - n))
    for g, column in zip(groups, going.T, strict=True):
        for code, n in zip(DESTINATIONS, column, strict=True):
            yield f"level:{layout.levels[layout.group_level[g]]}", code, float(n)
            yield code, "here" if code.startswith("local_") or code == "further_local" else "gone", float(n)
