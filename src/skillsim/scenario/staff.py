"""What must fit together of teachers and of the training of workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from skillsim.errors import Problem
from skillsim.scenario.basic import Pick
from skillsim.scenario.numbers import Number, Par
from skillsim.scenario.types import Scenario, Target, declared

OF_STAFF = (
    "teachers", "dual_qualified_share", "dual_qualified_professional", "dual_qualified_school_mean", "students_per_teacher",
)
OF_TRAINING = ("training_volume", "levels_raised")
FEW = 0.1  # a start at which teachers can teach less than this share of a school's places is a slip


def structure(scenario: Scenario) -> Iterator[Problem]:
    """Check the parts that are no numbers; every code in them exists."""
    teachers, training, staffed = scenario.teachers, scenario.training, _staffed(scenario)
    for code in staffed:
        if teachers is None:
            yield Problem("staff_alone", f"institutions.{code}.staff")
        elif scenario.institutions[code].kind not in teachers.kinds:
            kind = scenario.institutions[code].kind
            yield Problem("staff_kind", f"institutions.{code}.staff", args={"kind": kind})
    if teachers is not None and not staffed:
        yield Problem("staff_missing", "teachers")
    for i, code in enumerate(training.schools if training and teachers else []):
        if code not in staffed:
            yield Problem("training_staff", f"training.schools.{i}", code)


def figures(scenario: Scenario) -> Iterator[Problem]:
    """Check that teachers and capacities fit together, each number within its own bounds and every kind stated."""
    if scenario.teachers is None:
        return
    years = np.arange(scenario.years.first, scenario.years.last + 1)
    dates = [date(int(year), 12, 31) for year in years]

    def by_year(number: Number, block: object, name: str) -> np.ndarray:
        return number.path(years, declared(type(block).model_fields[name]) or Par("persons"), None, dates)[:, 0]  # type: ignore[attr-defined]

    for code in _staffed(scenario):
        school, at = scenario.institutions[code], f"institutions.{code}.staff"
        staff, kind = school.staff, scenario.teachers.kinds[school.kind]
        assert staff is not None
        for name in ("teachers", "dual"):
            if len(set((getattr(staff, name).series or {}).values())) > 1:
                yield Problem("start_series", f"{at}.{name}", args={"year": scenario.years.first - 1})
        there = by_year(staff.teachers, staff, "teachers")[0]
        students, part_time = (by_year(getattr(kind, name), kind, name)[0] for name in ("students", "part_time"))
        most, capacity = there * students / (1.0 - part_time), by_year(school.capacity, school, "capacity").max()
        if most < FEW * capacity:
            args = {"most": f"{most:,.0f}", "capacity": f"{capacity:,.0f}"}
            yield Problem("staff_few", f"{at}.teachers", f"{there:g}", args=args)


def target(scenario: Scenario, at: str, given: Target) -> Iterator[Problem]:
    """Check that there is what a target's indicator counts."""
    args = {"indicator": given.indicator}
    if given.indicator in OF_STAFF and not _staffed(scenario):
        yield Problem("block_needed", f"{at}.indicator", args={**args, "block": "institutions.*.staff"})
    if given.indicator in OF_TRAINING and scenario.training is None:
        yield Problem("block_needed", f"{at}.indicator", args={**args, "block": "training"})
    if given.indicator == "levels_raised" and scenario.demand != "vacancies":
        yield Problem("demand_needed", f"{at}.indicator", args=args)


def counted(scenario: Scenario, indicator: str, of: Pick) -> bool:
    """Say whether a pick means a school that states teachers, or an industry whose workers are trained; where there is none at
    all, that is told elsewhere."""
    if indicator in OF_TRAINING:
        given = scenario.training.person_times if scenario.training else {}
        return not (given and of.industries) or any(code in given for code in of.industries)
    staffed = _staffed(scenario)
    return not staffed or any(
        (not of.schools or code in of.schools) and (not of.areas or scenario.institutions[code].area in of.areas)
        for code in staffed
    )


def _staffed(scenario: Scenario) -> list[str]:
    return [code for code, school in scenario.institutions.items() if school.staff is not None]
