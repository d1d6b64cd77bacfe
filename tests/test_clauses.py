"""The ledger of clauses: every clause with a number or a mechanism stands in its place's scenario, carried by what there is."""

import csv
from collections import Counter

import pytest

from helpers_scenario import SCENARIOS
from skillsim.report import clauses
from skillsim.scenario.reader import read
from skillsim.scenario.types import Scenario

ROWS = list(csv.DictReader((SCENARIOS.parent / "tests" / "data" / "clauses.csv").open(encoding="utf-8")))
PLACES = sorted({row["place"] for row in ROWS})


def entry(place: str, clause: str, kind: str, value: str, by: str) -> tuple[object, ...]:
    return place, clause, kind, float(value) if value else None, int(by) if by else None


@pytest.fixture(scope="module", params=PLACES)
def place(request) -> tuple[str, Scenario]:
    return request.param, read(SCENARIOS / request.param / "baseline.yaml")


def test_there_are_144_rows_of_five_places():
    assert Counter(row["place"] for row in ROWS) == {"quzhou": 48, "liaocheng": 39, "ningxia": 27, "baoji": 23, "linzi": 7}


def test_no_row_is_missing(place):
    """Each row is an entry of its place with the same clause, kind, number and, where the text states one, year."""
    name, scenario = place
    wanted = Counter(
        entry(name, row["clause"], row["kind"], row["value"], row["by"]) for row in ROWS if row["place"] == name
    )
    have = Counter(
        (name, c.clause, c.kind, c.value, c.by if c.by_stated else None) for c in scenario.clauses
    )
    assert not wanted - have


def test_each_is_carried_or_says_why_not(place):
    _, scenario = place
    for clause in scenario.clauses:
        assert clause.carried or clause.why
        if clause.kind in ("target", "open_target"):
            assert any(key.startswith("targets.") for key in clause.carried), clause.clause
        for key in clause.carried:
            if key.startswith("targets."):
                target = scenario.targets[key.split(".")[1]]
                assert target.clause and (clause.value in (None, target.value)), clause.clause


def test_a_clause_with_a_number_of_a_measure_is_scheduled_to_that_number(place):
    """Where a clause is carried by a measure and gives a count, some policy brings the measure to it."""
    _, scenario = place
    for clause in scenario.clauses:
        for key in clause.carried:
            if key.startswith("measures.") and clause.kind == "milestone" and clause.value is not None:
                goals = [
                    change.set if change.set is not None else change.ramp
                    for policy in scenario.policies.values() for change in policy.changes
                    if change.key == f"measures.{key.split('.')[1]}.done"
                ]
                assert clause.value in goals, (clause.clause, clause.what.en)


def test_the_page_says_every_clause_in_both_languages(place):
    name, scenario = place
    text = clauses.page([(name, scenario)])
    for clause in scenario.clauses:
        assert clause.what.zh in text and clause.what.en in text
    for lang in ("zh", "en"):
        assert len(clauses.ledger(scenario, lang)) == len(scenario.clauses)
