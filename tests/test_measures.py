"""Measures: what their units do to numbers, that a placebo does nothing at all, and what counts them."""

from datetime import date
from math import exp

import numpy as np
import pytest

import worlds as w
from skillsim.analysis.ground import ground_key, same_students
from skillsim.analysis.running import ground_for, run
from skillsim.engine.inputs import SideBySide, inputs_for
from skillsim.engine.layout import lay_out
from skillsim.rules.measures import acting, moved
from skillsim.scenario.types import numbers

SCHEDULE = {"measures.halls.done": ("ramp", 10, date(2025, 6, 30), date(2027, 6, 30))}


def measure(*effects, done=0):
    return {"title": w.title("halls"), "unit": w.title("hall"), "done": done, "effects": list(effects)}


def effect(key, by="add", each=0.0):
    return {"key": key, "by": by, "each": each}


def town(*effects, **over):
    """A town with one measure that is not done, its schedule 10 halls in two years from the day of diplomas in 2025."""
    return w.build(w.town(measures={"halls": measure(*effects)}, **over))


def inputs(scenario, pairs=None):
    return inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, w.SEED)


# ---- what units do


def test_each_kind_of_effect_and_their_order():
    """(0.2 + 0.1) × 2 = 0.6, whose odds 1.5 times e are 4.0774, so 0.80305; alone: 0.3, 0.4, 0.25 e / (1 + 0.25 e) = 0.40461."""
    values = np.full((1, 1), 0.2)
    pushes = {"log_odds": np.ones((1, 1)), "add": np.full((1, 1), 0.1), "log": np.full((1, 1), np.log(2))}
    assert moved(values, pushes, 0, 1)[0, 0] == pytest.approx(1.5 * exp(1) / (1 + 1.5 * exp(1)), rel=1e-14)
    alone = {by: moved(values, {by: push}, 0, 1)[0, 0] for by, push in pushes.items()}
    assert alone == pytest.approx({"add": 0.3, "log": 0.4, "log_odds": 0.25 * exp(1) / (1 + 0.25 * exp(1))}, rel=1e-14)


def test_the_ends_stay_and_bounds_hold():
    shares = np.array([[0.0, 1.0, 0.5]])
    up, down = (moved(shares, {"log_odds": np.full((1, 1), push)}, 0, 1)[0] for push in (3.0, -3.0))
    assert up[:2].tolist() == down[:2].tolist() == [0.0, 1.0] and down[2] < 0.5 < up[2]
    assert moved(shares, {"add": np.full((1, 1), 0.6)}, 0, 1)[0].tolist() == [0.6, 1.0, 1.0]
    assert moved(np.array([[2.0, 0.0]]), {"log": np.full((1, 1), 1e9)}, 0, 7)[0].tolist() == [7.0, 0.0]


def test_where_nothing_is_pushed_not_a_bit_changes():
    values = np.random.default_rng(1).random((50, 3))
    none = np.zeros((50, 1))
    assert moved(values, dict.fromkeys(("add", "log", "log_odds"), none), 0, 1).tobytes() == values.tobytes()


def test_keys_name_groups():
    keys = ("pathways.*.stages.*.dropout", "retention.drivers.*.level", "programmes.b.preference.0")
    scenario = town(*(effect(key) for key in keys))
    paths = [path for path, _, _ in numbers(scenario)]
    found = acting(scenario.measures, paths)
    assert set(found) == {
        *(path for path in paths if path.split(".")[0] == "pathways" and "dropout" in path),
        "retention.drivers.subsidy.level", "programmes.b.preference.0",
    } and len(found) > 10
    assert {one.each for one in found["programmes.b.preference.0"]} == {"measures.halls.effects.2.each"}


def test_units_are_counted_on_the_day_on_which_the_number_is_read():
    """A driver's level is read on 30 June: 0, 5 and 10 halls at 0.2 each on 0.4 in 2025, 2026 and 2027; a dropout rate on 1 May:
    0, 305/730 and 670/730 of 10 halls; a whole number is rounded: 600 juniors + 0.25 for each hall on 1 April."""
    wanted = (
        effect("retention.drivers.subsidy.level", each=0.2), effect("pathways.mixed.stages.0.dropout", each=0.01),
        effect("areas.east.junior_graduates", each=0.25),
    )
    scenario = town(*wanted, retention={"drivers": {"subsidy": {"level": 0.4}}}).vary(SCHEDULE)
    got = inputs(scenario)
    level, dropout, juniors = (got.get(one["key"])[:, 0] for one in wanted)
    np.testing.assert_allclose(level, [0.4, 1.4, 2.4, 2.4, 2.4], rtol=1e-13)
    np.testing.assert_allclose(dropout, 0.03 + 0.1 * np.array([0, 305 / 730, 670 / 730, 1, 1]), rtol=1e-13)
    april = 10 * np.array([0, 275, 640, 730, 730]) / 730
    assert juniors.tolist() == np.rint(600 + 0.25 * april).tolist()
    assert got.junior[:, got.layout.areas.index("east"), 0].tolist() == juniors.tolist()


def test_measures_on_one_number_add_up_by_kind():
    """Two measures of 2 and 3 units, 0.1 and -0.2 in log-odds each: -0.4 on even odds."""
    raw = w.town(measures={
        "a": measure(effect("pathways.through.stages.0.dropout", "log_odds", 0.1), done=2),
        "b": measure(effect("pathways.through.stages.0.dropout", "log_odds", -0.2), done=3),
    })
    raw["pathways"]["through"]["stages"][0]["dropout"] = 0.5
    got = inputs(w.build(raw)).get("pathways.through.stages.0.dropout")
    np.testing.assert_allclose(got[:, 0], 1 / (1 + exp(0.4)), rtol=1e-14)


def test_an_uncertain_effect_is_drawn_by_parameter_draw():
    """Ten halls of a factor exp(u), u in [-0.1, 0.1], on a rate of 0.03: 0.03 e^(10 u) in each draw; 0.03 where it is held."""
    key = "pathways.mixed.stages.0.dropout"
    scenario = town(effect(key, "log", {"uniform": [-0.1, 0.1]}), uncertainty={"parameters": True})
    scenario = scenario.vary({"measures.halls.done": ("set", 10)})
    got = inputs(scenario, np.arange(200))
    each, rate = got.get("measures.halls.effects.0.each"), got.get(key)
    assert each.shape == rate.shape == (5, 200) and each.std() > 0.05
    np.testing.assert_allclose(rate, 0.03 * np.exp(10 * each), rtol=1e-13)
    held = inputs_for(scenario, 2025, 2029, np.arange(200), w.SEED, held=frozenset({"measures.halls.effects.0.each"}))
    assert (held.get(key) == 0.03).all()


# ---- a placebo, and what is not done


PLACEBO = [
    effect("pathways.*.stages.*.dropout", "log_odds"), effect("programmes.*.preference"),
    effect("retention.stayers.by_december", "log_odds"), effect("retention.drivers.subsidy.level"),
    effect("areas.*.junior_graduates", "log"), effect("gates.exam.other_field"),
]


def test_a_placebo_moves_nothing_and_neither_does_what_is_not_done():
    plain = w.build(w.town())
    reference = w.run(plain, 20)
    placebo = w.run(town(*PLACEBO).vary(SCHEDULE), 20)
    strong = w.run(town(*({**one, "each": 0.5} for one in PLACEBO)), 20)  # never done
    for result in (placebo, strong):
        assert w.same(reference.history, result.history) == [] and result.draws == reference.draws
        assert result.frame().drop(columns="scenario").equals(reference.frame().drop(columns="scenario"))


def test_a_measure_that_is_not_done_costs_nothing():
    """Figures that stand still are one row in memory, as without it."""
    got = inputs(town(effect("pathways.*.stages.*.dropout", "log_odds", 0.5)))
    assert got.get("pathways.mixed.stages.0.dropout").strides[0] == 0 and got.rates.values.strides[0] == 0


def test_a_measure_moves_its_number_and_no_other():
    scenario = town(effect("pathways.mixed.stages.0.dropout", "log_odds", 0.2))
    done = scenario.vary(SCHEDULE)
    before, after = inputs(scenario), inputs(done)
    changed = [path for path, _, _ in numbers(done) if (before.get(path) != after.get(path)).any()]
    assert changed == ["pathways.mixed.stages.0.dropout", "measures.halls.done"]
    a, b = w.means(scenario), w.means(done)
    dropped = w.get(b, "dropouts", pathways=["mixed"]) - w.get(a, "dropouts", pathways=["mixed"])
    assert dropped[0] == 0 and (dropped[1:] > 0).all()
    assert (w.get(b, "dropouts", pathways=["five"]) == w.get(a, "dropouts", pathways=["five"])).all()


# ---- what variants share


def test_shared_figures_are_those_of_the_same_measures():
    scenario = town(effect("pathways.mixed.stages.0.dropout", each=0.001), effect("retention.drivers.subsidy.level", each=1))
    done = scenario.vary(SCHEDULE)
    base = inputs(scenario)
    mine = inputs_for(done, 2025, 2029, None, w.SEED, shared=base)
    for path in ("pathways.mixed.stages.0.dropout", "retention.drivers.subsidy.level"):
        base.get(path)
        assert (mine.get(path) == inputs(done).get(path)).all() and (mine.get(path) != base.get(path)).any()
    assert mine.get("retention.local_origin") is base.get("retention.local_origin")
    assert (mine.rates.values == inputs(done).rates.values).all()


@pytest.mark.parametrize("path, amount", [("measures.halls.done", 4.0), ("measures.halls.effects.0.each", 0.002)])
def test_variants_side_by_side(path, amount):
    """A lever on the units or on what each of them does changes the number in its own column alone."""
    scenario = town(effect("pathways.mixed.stages.0.dropout", each=0.001)).vary(SCHEDULE)
    other = scenario.vary({path: ("add", amount)})
    changed = {p: n for (p, n, _), (_, old, _) in zip(numbers(other), numbers(scenario), strict=True) if n is not old}
    assert set(changed) == {path}
    both = SideBySide(scenario, lay_out(scenario), 2025, 2029, None, w.SEED, variants=({}, changed))
    found = both.get("pathways.mixed.stages.0.dropout")
    for column, one in enumerate((scenario, other)):
        assert (found[:, column] == inputs(one).get("pathways.mixed.stages.0.dropout")[:, 0]).all()
        assert (both.done("halls")[:, -1] == inputs(other).done("halls")[:, 0]).all()
    assert (found[:, 0] != found[:, 1]).any()


@pytest.mark.parametrize("key, of_work", [("retention.drivers.subsidy.level", True), ("programmes.a.preference", False)])
def test_what_a_measure_acts_on_says_whether_students_move(key, of_work):
    scenario = town(effect(key, each=0.3))
    done = scenario.vary(SCHEDULE, "done")
    assert ground_key(scenario, 1) == ground_key(done, 1) and same_students(scenario, done) == of_work
    ground = ground_for(scenario, 8)
    reference, alone = (run(one, 8, ground=ground)[0] for one in (scenario, done))
    like = run(done, 8, ground=ground, like=reference)[0]
    assert w.same(like.history, alone.history) == [] and like.draws == alone.draws
    moved_students = bool((alone.history.entrants != reference.history.entrants).any())
    assert moved_students != of_work and (alone.history.destinations != reference.history.destinations).any()


# ---- counting


def test_units_done_are_an_indicator_and_a_target():
    """On 31 December 10 × 184/730, 549/730 and 10 halls; two measures are counted together only where both are named."""
    goal = {"title": w.title("halls"), "indicator": "measures_done", "of": {"measures": ["halls"]}, "year": 2027, "clause": "1"}
    targets = {"met": {**goal, "direction": "reach", "value": 10}, "missed": {**goal, "direction": "at_least", "value": 10.5}}
    raw = w.town(measures={"halls": measure(), "plans": measure(done=3)}, targets=targets)
    result = w.run(w.build(raw).vary(SCHEDULE), 200)
    per_year = result.replicate("measures_done", targets_of(result, "met"))
    assert per_year.shape == (5, 200)
    np.testing.assert_allclose(per_year[:, 0], [10 * 184 / 730, 10 * 549 / 730, 10, 10, 10], rtol=1e-13)
    np.testing.assert_allclose(w.get(result, "measures_done", measures=["halls", "plans"]), per_year + 3)
    met, missed = result.answers
    assert (met.probability, missed.probability) == (1.0, 0.0) and met.first_year_met == 2027
    assert met.last_intakes == {} and met.movable_until is None
    assert "measures_done" not in set(result.frame()["indicator"])  # each is counted in a unit of its own


def targets_of(result, code):
    return result.scenario.targets[code].of
