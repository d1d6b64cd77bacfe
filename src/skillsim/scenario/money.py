"""What must fit together of costs and of the city's budget."""

from __future__ import annotations

from collections.abc import Iterator

from skillsim.errors import Problem
from skillsim.scenario.means import Item
from skillsim.scenario.picks import FIELDS, counted_as_one_of, picks_of
from skillsim.scenario.types import Scenario
from skillsim.terms import KINDS

# what the volumes of items count, as indicators do
COUNTED = {
    "student": "headcount", "entrant": "entrants", "graduate": "graduates", "stayer": "local_employed",
    "worker_trained": "training_volume", "measure": "measures_done",
    **dict.fromkeys(("teacher", "part_time_teacher", "teacher_trained"), "teachers"),
}


def structure(scenario: Scenario) -> Iterator[Problem]:
    """Check the parts of items and of the budget that are no numbers; every code in picks exists."""
    money = scenario.money
    if money is None:
        return
    from skillsim.scenario.checks import unknown

    for code, item in money.items.items():
        yield from _item(scenario, f"money.items.{code}", item)
    if money.budget.limit is not None:
        if all(item.payer != "city" for item in money.items.values()):
            yield Problem("budget_payer", "money.budget.limit")
        elif not money.budget.cut:
            yield Problem("budget_cut", "money.budget.limit")
    for i, code in enumerate(money.budget.cut):
        at = f"money.budget.cut.{i}"
        if code not in money.items:
            yield unknown("unknown_code", at, code, money.items, what=KINDS["item"])
        elif money.items[code].payer != "city":
            yield Problem("cut_payer", at, code)
        elif code in money.budget.cut[:i]:
            yield Problem("cut_twice", at, code)


def _item(scenario: Scenario, at: str, item: Item) -> Iterator[Problem]:
    from skillsim.scenario.checks import unknown

    indicator = COUNTED.get(item.per)
    can = picks_of(indicator) if indicator else ()
    wrong = [kind for field, kind in FIELDS if getattr(item.of, field) and field not in can]
    for kind in wrong:
        yield Problem("item_pick", f"{at}.of", args={"per": item.per, "what": KINDS[kind]})
    if item.per == "measure" and not item.of.measures:
        yield Problem("measure_named", f"{at}.of")
    if item.per == "worker_trained" and scenario.training is None:
        yield Problem("item_block", f"{at}.per", item.per, args={"per": item.per, "block": "training"})
    elif "teacher" in item.per and scenario.teachers is None:
        yield Problem("item_block", f"{at}.per", item.per, args={"per": item.per, "block": "teachers"})
    elif indicator and not wrong and not counted_as_one_of(scenario, indicator, item.of):
        yield Problem("pick_nobody", f"{at}.of")
    if item.driver is not None and item.driver not in scenario.retention.drivers:
        yield unknown("unknown_code", f"{at}.driver", item.driver, scenario.retention.drivers, what=KINDS["driver"])
