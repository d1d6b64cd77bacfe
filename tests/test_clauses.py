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


def plain_number(clause: str) -> str:
    """A clause's number with its brackets in one width."""
    return clause.replace("（", "(").replace("）", ")")


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
        (name, plain_number(c.clause), c.kind, c.value, c.by if c.by_stated else None) for c in scenario.clauses
    )
    assert not wanted - have


def test_each_target_is_asked_for_as_the_clause_asks(place):
    """A clause that asks for a number is carried by a target of that number; one without a number by a target that is shown, or
    it says why not."""
    _, scenario = place
    for clause in scenario.clauses:
        targets = [scenario.targets[key.split(".")[1]] for key in clause.carried if key.startswith("targets.")]
        if clause.kind == "target":
            assert any(target.value == clause.value and target.direction != "show" for target in targets), clause.clause
        elif clause.kind == "open_target":
            assert targets or clause.why, clause.clause


def test_a_milestone_with_a_number_is_scheduled_to_it(place):
    """Where measures carry a milestone that gives a count, policies bring them together to that count, or to it for each of
    several (one in each county); of a range ("4 to 5") to its lower end."""
    _, scenario = place
    def measures(clause):
        return [key.split(".")[1] for key in clause.carried if key.startswith("measures.")]

    for clause in scenario.clauses:
        codes = measures(clause)
        if clause.value != min(c.value or 0 for c in scenario.clauses if measures(c) == codes):
            continue
        if clause.kind == "milestone" and clause.value is not None and codes:
            goals = [
                max(
                    (value for policy in scenario.policies.values() for change in policy.changes
                     if change.key == f"measures.{code}.done" for value in (change.set, change.ramp) if value is not None),
                    default=0.0,
                )
                for code in codes
            ]
            whole = clause.value if clause.value >= 1 else 1.0
            assert sum(goals) >= clause.value and sum(goals) % whole in (0, clause.value), (clause.clause, clause.what.en)


def test_the_page_says_every_clause_in_both_languages(place):
    name, scenario = place
    text = clauses.page([(name, scenario)])
    for clause in scenario.clauses:
        assert clause.what.zh in text and clause.what.en in text
    for lang in ("zh", "en"):
        assert len(clauses.ledger(scenario, lang)) == len(scenario.clauses)
