"""A bare place, in which one mechanism of the model stands alone: for published examples and for past figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skillsim.analysis.running import SEED
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.simulate import expected, warm_start
from skillsim.results.indicators import Values
from skillsim.scenario.reader import build
from skillsim.scenario.types import Scenario

MANY = 100_000_000  # places or people: nothing runs short of them
Plain = dict[str, Any]


def title(name: str) -> Plain:
    """Return a title that is the same in both languages."""
    return {"zh": name, "en": name}


def stage(level: str = "secondary", years: int = 1, dropout: Any = 0, **rest: Any) -> Plain:
    """Return a stage of a pathway."""
    return {"level": level, "years": years, "dropout": dropout, **rest}


def pathway(*stages: Plain, **rest: Any) -> Plain:
    """Return a pathway of some stages."""
    return {"title": title("pathway"), "stages": list(stages), **rest}


def row(way: str, seats: Any, **rest: Any) -> Plain:
    """Return a row of seats."""
    return {"school": "school", "programme": "programme", "pathway": way, "seats": seats, **rest}


def bare(
    pathways: Mapping[str, Plain], rows: Sequence[Plain], first: int, last: int, rates: Mapping[str, Any] | None = None,
    definition: str = "r3", **over: Any,
) -> Scenario:
    """Return a place of one area and one school with room for all, where all who look for work find it and nothing is uncertain
    but what is given so.

    Parameters
    ----------
    pathways, rows : plain values as of a scenario file
    first, last : reported years
    rates : observed staying rate of a pathway's last stage, and in which ``definition``; one half where nothing is given
    over : other blocks, in the place of ours

    Raises
    ------
    ScenarioError
        where a file with these values would be refused
    """
    everybody = {"by_august": 1, "by_december": 1}
    base = [
        {"pathways": [code], "level": level, "rate": (rates or {}).get(code, 0.5), "definition": definition,
         "measured_on": "12-31", "year": first}
        for code, way in pathways.items() for level in dict.fromkeys(s["level"] for s in way["stages"])
    ]
    levels = [c for c in ("secondary", "college") if any(s["level"] == c for way in pathways.values() for s in way["stages"])]
    return build({
        "format": 1, "name": "bare", "title": title("bare"), "years": {"first": first, "last": last}, "as_of": f"{first}-01-01",
        "levels": levels,
        "areas": {"place": {"title": title("place"), "junior_graduates": MANY}},
        "industries": {"industry": {"title": title("industry")}},
        "programmes": {"programme": {"title": title("programme")}},
        "institutions": {"school": {"title": title("school"), "kind": "college", "area": "place", "capacity": MANY}},
        "pathways": dict(pathways), "quota": {"rows": list(rows)}, "choice": {"bands": [1.0]},
        "retention": {"stayers": everybody, "leavers": everybody, "base": base},
    } | over, {})


def stocks(stages: Plain, exits: Sequence[str], first: int, last: int) -> Scenario:
    """Return a table of stages with yearly probabilities and nothing beside it; ``stages`` are plain values without titles."""
    table = {
        "title": title("table"), "stages": {code: {"title": title(code), **given} for code, given in stages.items()},
        "exits": {code: {"title": title(code)} for code in exits},
    }
    return build({
        "format": 1, "name": "bare", "title": title("bare"), "years": {"first": first, "last": last}, "as_of": f"{first}-01-01",
        "tables": {"table": table},
    }, {})


def expected_values(scenario: Scenario, seed: int = SEED) -> Values:
    """Return the indicators of a scenario on the expectation source: one column, uncertain numbers at their means."""
    years = scenario.years
    inputs = inputs_for(scenario, years.first, years.last, None, seed)
    start = warm_start(scenario, seed)
    return Values(inputs, expected(inputs, start, intercepts(inputs, start).alpha), 1)
