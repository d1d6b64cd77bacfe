"""What a place knows of itself: figures that take the place of those of its file, and what the file says of those asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.numbers import Number, Par, mean
from skillsim.scenario.policies import named, problems_of_key, with_numbers
from skillsim.scenario.rolls import class_of
from skillsim.scenario.types import Known, Scenario

Listed = Sequence[tuple[str, Number, Par]]


def with_known(scenario: Scenario) -> Scenario:
    """Return the scenario with the figures under ``known`` in place of its own; their sources go with them.

    Raises
    ------
    ScenarioError
        with every problem: an unknown key, several kinds in one, a total where none can be, two rows about one number, a figure
        out of bounds.
    """
    if not scenario.known:
        return scenario
    problems: list[Problem] = []
    changed: dict[str, Number] = {}
    row_of: dict[str, int] = {}
    for i, row in enumerate(scenario.known):
        found = numbers_of(scenario, row.key)
        wrong = problems_of_key(scenario, row.key, f"known.{i}.key", found) or _problems_of_row(scenario, i, row, found)
        new = {} if wrong else _new(scenario, row, found)
        if new is None:
            wrong = [Problem("known_zero", f"known.{i}", args={"key": row.key, "year": row.year})]
        for path, (number, par) in (new or {}).items():
            bad = checks.out_of_bounds(path, number, par)
            if path in row_of:
                wrong.append(Problem("known_twice", f"known.{i}.key", row.key, args={"path": path, "row": row_of[path] + 1}))
                break
            if bad:
                wrong.append(replace(bad, path=f"known.{i}.value"))
                break
            row_of[path] = i
            changed[path] = number
        problems += wrong
    if problems:
        raise ScenarioError(problems)
    out: Scenario = with_numbers(scenario, changed)
    out._sources = {**scenario.sources, **{path: scenario.known[i].source for path, i in row_of.items()}}
    return out


def numbers_of(scenario: Scenario, key: str) -> Listed:
    """Return path, number and declaration of the numbers that a key of ``figures`` or ``known`` names.

    Beside what keys of changes mean, ``areas.local`` stands for the place's own areas, and a class of pathways for its members
    after ``quota``.
    """
    first, _, rest = key.partition(".")
    second, dot, below = rest.partition(".")
    if first == "areas" and second == "local" and second not in scenario.areas:
        own = [code for code, area in scenario.areas.items() if area.local]
    elif first == "quota" and second in scenario.classes:
        own = scenario.classes[second]
    else:
        return named(scenario, key)
    return [one for code in dict.fromkeys(own) for one in named(scenario, f"{first}.{code}{dot}{below}")]


def _problems_of_row(scenario: Scenario, i: int, row: Known, found: Listed) -> list[Problem]:
    """Return what is wrong with a row whose key names numbers of one kind."""
    years = scenario.years
    if row.year is None:
        return [Problem("known_year", f"known.{i}", args={"key": row.key, "n": len(found)})] if len(found) > 1 else []
    if not years.first <= row.year <= years.last:
        return [Problem("target_year", f"known.{i}.year", row.year, args={"first": years.first, "last": years.last})]
    if row.value.value is None or row.value.uncertain:
        return [Problem("known_bare", f"known.{i}.value")]
    return problems_of_total(scenario, row.key, f"known.{i}.key")


def problems_of_total(scenario: Scenario, key: str, where: str) -> list[Problem]:
    """Return what is wrong with a key of which the total of a year is meant."""
    found = numbers_of(scenario, key)
    wrong = problems_of_key(scenario, key, where, found)
    if not wrong and len(found) > 1 and found[0][2].unit != "persons":
        return [Problem("known_total", where, key, args={"n": len(found)})]
    return wrong


def _new(scenario: Scenario, row: Known, found: Listed) -> dict[str, tuple[Number, Par]] | None:
    """Return the numbers in place of those found, with their declarations; None where a total of 0 would have to be scaled."""
    if row.year is None:
        path, _, par = found[0]
        return {path: (row.value, par)}
    assert row.value.value is not None
    total = sum(_in_year(scenario, *one, row.year) for one in found)
    if total == 0:
        return None
    out: dict[str, tuple[Number, Par]] = {}
    for path, number, par in found:
        by = row.value.value / total
        out[path] = _scaled(number, par, by), par
        if _rolled(scenario, path):  # what they follow from loses its spread, and as many more or fewer graduate
            for other, roll, its in named(scenario, path.replace("junior_graduates", "rolls")):
                out[other] = _scaled(roll, its, by if other.endswith("_survival") else 1.0), its
    return out


def _rolled(scenario: Scenario, path: str) -> bool:
    """Say whether a number is that of junior graduates who follow from rolls or births."""
    first, code, *rest = path.split(".")
    return first == "areas" and rest == ["junior_graduates"] and scenario.areas[code].rolls is not None


def _in_year(scenario: Scenario, path: str, number: Number, par: Par, year: int) -> float:
    """Return a number's mean in a year, without policies; of junior graduates who follow from rolls their class."""
    return class_of(scenario.areas[path.split(".")[1]], year) if _rolled(scenario, path) else _mean(number, par, year)


def _mean(number: Number, par: Par, year: int) -> float:
    """Return a number's mean in a year, without policies."""
    return float(number.patched_by(()).path(np.array([year]), par, None, [date(year, 12, 31)])[0, 0])


def _scaled(number: Number, par: Par, by: float) -> Number:
    """Return a number without its spread, times ``by``; the course of a series stays."""
    if number.series is None:
        return Number(value=_mean(number, par, 2000) * by)
    by *= mean(*number.factor.form, 0.0, np.inf) if number.factor else 1.0
    return Number(series={year: value * by for year, value in number.series.items()}, steps=number.steps)


def stated(scenario: Scenario, key: str, year: int) -> tuple[float, list[str]]:
    """Return what a scenario itself says of a figure that is asked for: the number's mean, or the group's total, in a year,
    without policies; and the paths of its numbers (for their sources)."""
    found = numbers_of(scenario, key)
    return sum(_in_year(scenario, *one, year) for one in found), [path for path, _, _ in found]


FAR = 3  # times more or less


def far_off(value: float, now: float) -> bool:
    """Say whether a figure that is typed is so far from the one in use that its unit may be wrong."""
    return not now / FAR <= value <= now * FAR
