"""Targets: how likely each is, by when, and which intakes can still move it (docs/model.md, Targets)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.results import statistics
from skillsim.results.indicators import KIND, Values
from skillsim.scenario.basic import Pick
from skillsim.scenario.types import Scenario, Target

Floats = NDArray[np.float64]
EVEN = 0.5
OF_SUPPLY = ("gap", "graduate_supply", "hired_graduates", "openings_to_seekers", "ita", "fill_rate")


@dataclass(frozen=True)
class Answer:
    """What a run says of one target; ``values`` [R] are those of its year, ``met`` whether each reaches it."""

    code: str
    target: Target
    values: Floats
    met: NDArray[np.bool_]
    probability: float | None
    mcse: float | None
    parameter_share: float
    label: str
    first_year_met: int | None
    last_intakes: dict[str, int]
    movable_until: int | None


def met(target: Target, values: Floats) -> NDArray[np.bool_]:
    """Return where values reach a target; a blank does not."""
    if target.direction == "show":
        return np.zeros(values.shape, dtype=bool)
    goal = np.nan if target.value is None else target.value
    at_least, at_most = target.band or ((-np.inf, goal) if target.direction == "at_most" else (goal, np.inf))
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= at_least) & (values <= at_most))


def label(probability: float | None, replications: int, blank: bool = False) -> str:
    """Return likely, open or unlikely; too_few below 200 replications; shown where no number is asked; no_figure where the
    value is blank in every replication."""
    if blank:
        return "no_figure"
    if probability is None:
        return "shown"
    if replications < statistics.FEW:
        return "too_few"
    if probability >= statistics.LIKELY:
        return "likely"
    return "unlikely" if probability <= statistics.UNLIKELY else "open"


def answer(code: str, target: Target, run: Values) -> Answer:
    """Return what a run says of a target."""
    scenario = run.scenario
    over_years = run.value(target.indicator, target.of)
    hit = met(target, over_years)
    y = target.year - scenario.years.first
    asked = target.direction != "show"
    share = hit.mean(axis=-1)
    enough = asked and over_years.shape[-1] >= statistics.FEW
    years = np.nonzero(share >= EVEN)[0] if enough else np.zeros(0, dtype=int)
    intakes = last_intakes(scenario, target)
    open_years = [year for year in intakes.values() if year >= first_open_intake(scenario)]
    probability = float(share[y]) if asked else None
    return Answer(
        code, target, over_years[y], hit[y], probability,
        float(statistics.clustered_error(hit[y].astype(float))) if asked else None,
        statistics.parameter_share(over_years[y]), label(probability, over_years.shape[-1], bool(np.isnan(over_years[y]).all())),
        scenario.years.first + int(years[0]) if len(years) else None, intakes, max(open_years) if open_years else None,
    )


def first_open_intake(scenario: Scenario) -> int:
    """Return the first intake whose plan day has not passed on ``as_of``."""
    month_day = scenario.as_of.strftime("%m-%d")
    return scenario.as_of.year + (month_day > scenario.calendar.plan)


def last_intakes(scenario: Scenario, target: Target) -> dict[str, int]:
    """Return for each pathway of a target's class the last intake that is counted in its year.

    Seats and entrants: the year itself.  Headcount in September: the intake that is then in the first year counted so.
    What happens at the end of a stage: the intake that ends it in that year; what is counted some years after graduation,
    so many years before.  Of jobs only what graduates have a part in.
    """
    out: dict[str, int] = {}
    wanted = _pathways(scenario, target.of)
    kind = KIND[target.indicator]
    for code in wanted:
        pathway = scenario.pathways[code]
        if kind in ("pool", "offered", "entry") or target.indicator in ("not_local", "students_per_teacher"):
            if pathway.entry == "junior" or target.indicator not in ("long_track_share", "vocational_share", "not_local"):
                out[code] = target.year
            continue
        nobody = kind in ("area", "place", "staff", "trained", "raised", "measure", "table", "exit")
        if nobody or (kind == "job" and target.indicator not in OF_SUPPLY):
            continue
        offsets = _offsets(pathway, target)
        if offsets:
            out[code] = target.year - min(offsets)
    return out


def _pathways(scenario: Scenario, of: Pick) -> list[str]:
    used = {row.pathway for row in scenario.quota.rows if not of.schools or {row.school, *row.then} & set(of.schools)}
    named = [p for c in of.pathways for p in scenario.classes.get(c, [c])] or list(scenario.pathways)
    return sorted(set(named) & used)


def _offsets(pathway: Any, target: Target) -> list[int]:
    """Return after how many years students of a pathway come to be counted."""
    out, before = [], 0
    for i, stage in enumerate(pathway.stages):
        counted = list(stage.counted_as) or [stage.level] * stage.years
        if target.indicator == "headcount":
            out += [before + y for y, level in enumerate(counted) if not target.of.levels or level in target.of.levels]
        elif target.indicator == "dropouts":
            out += [before + y + 1 for y, level in enumerate(counted) if not target.of.levels or level in target.of.levels]
        elif target.indicator == "transfer_rate":
            if i + 1 < len(pathway.stages) and (not target.of.levels or counted[-1] in target.of.levels):
                out.append(before + stage.years)
        elif KIND[target.indicator] == "job":
            if not target.of.levels or stage.works_as in target.of.levels:
                out.append(before + stage.years)
        elif not target.of.levels or stage.level in target.of.levels:
            out.append(before + stage.years + (int(target.indicator[-1]) if KIND[target.indicator] == "track" else 0))
        before += stage.years
    return out
