"""How parts of a scenario belong together: batches, heirs of mergers, rows kept for some areas, who may apply, score bands."""

from __future__ import annotations

from skillsim.scenario.acting import Merger
from skillsim.scenario.types import QuotaRow, Scenario, Stage


def batch_of(scenario: Scenario, pathway: str, school: str) -> int:
    """Return the batch in which seats of a pathway at a school are filled: the first that names them, else the last."""
    batches = scenario.choice.batches
    for i, batch in enumerate(batches):
        named = {member for code in batch.pathways for member in scenario.classes.get(code, [code])}
        fits = (not named or pathway in named) and (not batch.schools or school in batch.schools)
        if fits and (named or batch.schools):
            return i
    return max(len(batches) - 1, 0)


def batch_of_alternative(scenario: Scenario, code: str) -> int:
    """Return the batch in which an alternative is open: the first that names it, else the last."""
    batches = scenario.choice.batches
    return next((i for i, batch in enumerate(batches) if code in batch.alternatives), max(len(batches) - 1, 0))


def beside(scenario: Scenario, one: QuotaRow, other: QuotaRow) -> bool:
    """Say whether one row is kept for some local areas and the other, of the same school, programme and pathway, is open to all
    of them."""
    local = {code for code, area in scenario.areas.items() if area.local}
    same = (one.school, one.programme, one.pathway) == (other.school, other.programme, other.pathway)
    return same and isinstance(one.areas, list) and set(one.areas) <= local and other.areas == "local"


def kept_for_areas(scenario: Scenario) -> list[tuple[QuotaRow, QuotaRow]]:
    """Return each row kept for some local areas that has a row open to all of them beside it, and that row."""
    rows, open_to_all = scenario.quota.rows, dict[tuple[str, str, str], list[QuotaRow]]()
    for row in rows:
        if row.areas == "local":
            open_to_all.setdefault((row.school, row.programme, row.pathway), []).append(row)
    return [
        (row, other) for row in rows if isinstance(row.areas, list)
        for other in open_to_all.get((row.school, row.programme, row.pathway), ()) if beside(scenario, row, other)
    ]


def heirs(scenario: Scenario, merger: Merger) -> list[tuple[QuotaRow, QuotaRow]]:
    """Return each row that a merger takes over, and the row that gets its seats: of the same programme and pathway, for the
    same areas or else for at least these."""
    out = []
    for row in scenario.quota.rows:
        if row.school not in merger.schools or (merger.programmes and row.programme not in merger.programmes):
            continue
        there = [
            other for other in scenario.quota.rows
            if (other.school, other.programme, other.pathway) == (merger.into, row.programme, row.pathway)
        ]
        same = [other for other in there if other.open_to == row.open_to]
        wider = [other for other in there if source_areas(scenario, row) <= source_areas(scenario, other)]
        out += [(row, (same + wider)[0])] if same + wider else []
    return out


def source_areas(scenario: Scenario, row: QuotaRow) -> set[str]:
    """Return the source areas whose young people may take a row's seats."""
    if isinstance(row.areas, list):
        return set(row.areas)
    return {code for code, area in scenario.areas.items() if row.areas == "any" or area.local}


def stage_bands(stages: list[Stage], bands: int) -> int:
    """Return how many score bands the first stage must keep apart: all where the pass rate at its gate depends on them."""
    gate = stages[1].transfer if len(stages) > 1 else None
    return bands if gate and isinstance(gate.passes, list) else 1


def stated(scenario: Scenario) -> tuple[list[str], list[tuple[str, int]]]:
    """Return the programmes that state an order class and the stages that state who moves to the general track: a stated figure
    makes rows of its own, also where it is stated as what it is by default."""
    ordered = [code for code, programme in scenario.programmes.items() if "order_class" in programme.model_fields_set]
    general = [
        (code, i) for code, pathway in scenario.pathways.items() for i, stage in enumerate(pathway.stages)
        if "to_general" in stage.model_fields_set
    ]
    return ordered, general
