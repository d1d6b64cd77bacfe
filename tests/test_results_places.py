"""The shipped places: every number says where it comes from, every plan runs and balances, and none knows another."""

import re

import numpy as np
import pytest

import skillsim as ss
from helpers_scenario import SCENARIOS
from skillsim.scenario.numbers import Number
from skillsim.scenario.reader import read
from skillsim.scenario.types import numbers

PLACES = sorted(path.parent.name for path in SCENARIOS.glob("*/baseline.yaml"))
FIRST = {"quzhou", "liaocheng", "baoji", "ningxia", "linzi"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module", params=PLACES)
def place(request):
    return read(SCENARIOS / request.param / "baseline.yaml")


def test_the_first_five_are_there():
    assert set(PLACES) >= FIRST


def test_every_number_has_a_source_in_both_languages(place):
    for path, _, _ in numbers(place, written=True):
        source = place.source_of(path)
        assert source is not None and len(source.text) > 10, path
        assert source.zh and CHINESE.search(source.zh), path


def test_assumed_numbers_and_proxies_have_a_range_or_say_why_none(place):
    """Either a distribution, or nil, or a source whose text says that no range is meant; of level shares one is what the others
    are drawn against; rolls and what survives of them have one range together."""
    bare = {}
    wide = {path.partition(".rolls.")[0] for path, number, _ in numbers(place) if ".rolls." in path and number.uncertain}
    for path, number, _ in numbers(place, written=True):
        source = place.source_of(path)
        told = "no range" in source.text or number == Number(value=0) or ".level_shares." in path
        told = told or (".rolls." in path and path.partition(".rolls.")[0] in wide)
        if source.kind in ("assumed", "proxy") and not number.uncertain and not told:
            bare[path] = source.text[:60]
    assert bare == {}


def test_effects_of_measures_are_centred_on_nothing_or_say_why(place):
    for path, number, _ in numbers(place, written=True):
        if path.startswith("measures.") and path.endswith(".each"):
            name, given = number.form
            middle = given[0] if name == "normal" else sum(given) / len(given)
            assert abs(middle) < 1e-12 or "not below 0" in place.source_of(path).text, path


def test_each_has_its_plan_and_at_least_two_others(place):
    assert any(name.startswith("plan_") for name in place.policies) and len(place.policies) >= 3
    assert place.in_force == []
    assert place.targets and all(target.clause for target in place.targets.values())
    assert place.clauses


def test_each_policy_runs_and_balances(place):
    """All policies, four replications: people are whole, seats not exceeded, the log explains the seats, and classes split."""
    results = ss.run([place, *(place.vary(name) for name in place.policies)], 4, threads=2)
    for result in results:
        h = result.history
        assert all((x >= 0).all() for name, x in vars(h).items() if name != "moves"), result.name
        assert (h.entrants <= h.seats).all() and (h.destinations.sum(axis=1) == h.graduates).all()
        if h.moves.shape[1]:
            before = np.concatenate([h.before[:1], h.seats[:-1]])
            assert (before + h.moves.sum(axis=1) == h.seats).all(), result.name
        assert not np.isnan(result.targets()["mean"]).any(), result.name
