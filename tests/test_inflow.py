"""Junior graduates from school rolls and births (docs/model.md, Inflow)."""

from datetime import date

import numpy as np
import pytest

from helpers_scenario import loaded
from skillsim.engine.inputs import SideBySide, inputs_for
from skillsim.engine.layout import lay_out
from skillsim.rules.inflow import class_of_births, classes
from skillsim.scenario.known import stated
from skillsim.scenario.levers import levers
from skillsim.scenario.numbers import Number
from worlds import SEED, build, get, means, path, place, row, run, stage, town

YEARS = np.arange(2025, 2035)


def test_the_class_of_2031_from_the_national_births():
    """School years are cut at 31 August: a third of the 16.55 million of 2015 and two thirds of the 17.86 of 2016."""
    assert class_of_births(np.array(1655.0), np.array(1786.0)) == pytest.approx(1742 + 1 / 3)


def test_the_nearest_roll_counts_and_early_years_are_like_the_first_class():
    """Two rolls, 2027-2028 and 2028-2030: 2025 and 2026 stand for 2027; 2028 is known from the nearer; a gap takes the next."""
    stands, roll = classes(np.arange(2025, 2031), [(2027, 2028), (2028, 2030)])
    assert stands.tolist() == [2027, 2027, 2027, 2028, 2029, 2030]
    assert roll.tolist() == [0, 0, 0, 0, 1, 1]
    stands, roll = classes(np.arange(2026, 2030), [(2026, 2026), (2029, np.inf)])
    assert stands.tolist() == [2026, 2029, 2029, 2029] and roll.tolist() == [0, 1, 1, 1]
    with pytest.raises(ValueError, match="2031"):
        classes(np.array([2031]), [(2027, 2028)])


ROLLS = {
    "junior_entrants": {"series": {2021: 1000, 2025: 1400}},  # the classes of 2024 to 2028
    "junior_survival": 0.9,
    "primary_entrants": {"series": {2017: 800, 2021: 1200}},  # of 2026 to 2030
    "primary_survival": 1.1,
    "births": {"series": {2008: 300, 2012: 300, 2013: 600, 2020: 600}},  # of 2024 to 2035
    "birth_survival": 2,
}
# 2025 and 2026 from graduates; 2027 and 2028 from 1,300 and 1,400 who entered junior school three years before, times 0.9;
# 2029 and 2030 from 1,100 and 1,200 who entered primary school nine years before, times 1.1; then births, 600 times 2
EXPECTED = [700, 720, 1170, 1260, 1210, 1320, 1200, 1200, 1200, 1200]


def with_rolls(rolls=ROLLS, junior=None, first=2025):
    """Three-year school with room for all; ``junior`` are the graduates that the area states beside its rolls."""
    raw = place({"p": path(stage(years=3))}, [row("p", 5000)], first=first, last=2034)
    given = {"series": {2025: 700, 2026: 720}} if junior is None else junior
    raw["areas"]["town"] = {**raw["areas"]["town"], "junior_graduates": given, "rolls": rolls}
    return raw


def test_each_year_has_the_class_of_its_nearest_roll():
    assert get(means(build(with_rolls())), "junior_graduates").tolist() == EXPECTED


def test_births_alone_and_a_mixed_class():
    """Births of 300 up to 2012 and 600 from 2013: the class of 2028 is a third of the one, two thirds of the other, times 2."""
    births = {"births": ROLLS["births"], "birth_survival": 2}
    assert get(means(build(with_rolls(births, 0))), "junior_graduates").tolist() == [600] * 3 + [1000] + [1200] * 6


def test_a_plain_roll_covers_every_year_and_stands_before_births():
    rolls = {**ROLLS, "primary_entrants": 1000, "junior_entrants": None}
    assert get(means(build(with_rolls(rolls, 0))), "junior_graduates").tolist() == [1100] * 10
    assert get(means(build(with_rolls(rolls, 50))), "junior_graduates").tolist() == [50] * 10


def test_what_comes_before_the_first_class_is_like_it():
    """All rolls begin with the class of 2025 or later, so the place starts with three classes of 700."""
    scenario = build(with_rolls({"births": {"series": {2009: 300, 2020: 600}}}))
    values = means(scenario)
    assert get(values, "headcount")[0] == pytest.approx(3 * 700)
    assert inputs_for(scenario, 2025, 2034, None, SEED).junior_before.tolist() == [[700]]


def test_the_year_before_the_first_may_be_known():
    """The class of 2024 from 1,000 who entered junior school in 2021, times 0.9."""
    rolls = {name: ROLLS[name] for name in ("junior_entrants", "junior_survival", "births", "birth_survival")}
    assert inputs_for(build(with_rolls(rolls)), 2025, 2034, None, SEED).junior_before.tolist() == [[900]]


def test_a_change_of_births_acts_on_classes_when_they_grow_up():
    """Births doubled from the class that is born in 2017 on: that of 2032 has two thirds of it, those after all of it."""
    raw = with_rolls({"births": 600}, 0, first=2015)
    scenario = build(raw).vary({"areas.town.rolls.births": ("scale", 2, date(2017, 1, 1))})
    assert get(means(scenario), "junior_graduates").tolist() == [600] * 17 + [1000] + [1200] * 2
    scenario = build(raw).vary({"areas.town.rolls.birth_survival": ("scale", 0.5, date(2030, 1, 1))})
    assert get(means(scenario), "junior_graduates").tolist() == [600] * 15 + [300] * 5


def test_what_the_place_knows_takes_the_place_of_the_file():
    raw = with_rolls({"births": {"series": {2008: 300, 2030: 300}}}, 0)
    raw["known"] = [{"key": "areas.town.rolls.birth_survival", "value": 0.5, "source": {"published": "yearbook"}}]
    assert get(means(build(raw)), "junior_graduates").tolist() == [150] * 10


def test_a_known_class_scales_all_that_classes_follow_from():
    """2029 is 1,210 by the file; the place knows 1,331, a tenth more: so are all its classes, and their spread is gone."""
    raw = with_rolls()
    raw["areas"]["town"]["rolls"]["births"]["factor"] = {"uniform": [0.8, 1.2]}
    asked = {"key": "areas.local.junior_graduates", "year": 2029}
    assert stated(build(raw), asked["key"], 2029)[0] == pytest.approx(1210)
    raw["known"] = [{**asked, "value": 1331, "source": {"published": "yearbook"}}]
    known = build(raw)
    assert stated(known, asked["key"], 2029)[0] == pytest.approx(1331)
    assert get(means(known), "junior_graduates").tolist() == pytest.approx([1.1 * n for n in EXPECTED], abs=0.5)
    raw["uncertainty"] = {"parameters": True}
    values = get(run(build(raw), 20), "junior_graduates")
    assert (values == values[:, :1]).all()


def test_uncertain_rolls_move_their_classes_together():
    """One draw of the births' factor for all classes: each pair of replications has one ratio to the means, within its ends."""
    raw = with_rolls({"births": {"series": {2008: 300_000, 2030: 300_000}, "factor": {"uniform": [0.8, 1.2]}}}, 0)
    raw["uncertainty"] = {"parameters": True}
    values = get(run(build(raw), 20), "junior_graduates") / 300_000
    assert (values[:, 0::2] == values[:, 1::2]).all() and len(np.unique(values[0])) == 10
    assert np.abs(values - values[0]).max() < 2e-5 and 0.8 <= values.min() < 0.95 and 1.05 < values.max() <= 1.2


def test_variants_side_by_side_have_classes_of_their_own():
    scenario = build(with_rolls({"births": 600}, 0))
    variants = ({}, {"areas.town.rolls.birth_survival": Number(value=0.5)})
    inputs = SideBySide(scenario, lay_out(scenario), 2025, 2034, None, SEED, variants=variants)
    assert inputs.junior[:, 0].tolist() == [[600, 300]] * 10


def test_without_rolls_nothing_changes():
    """The same figures written as a roll give the same run: junior school entrants three years before."""
    plain = {"series": {2025: 500, 2034: 590}}
    rolled = {"junior_entrants": {"series": {2022: 500, 2031: 590}}}
    a, b = (run(build(town(2025, 2026, areas={"east": change})), 4) for change in (
        {"junior_graduates": plain}, {"junior_graduates": 0, "rolls": rolled}))
    for name in ("junior_graduates", "entrants", "headcount", "graduates"):
        assert (get(a, name) == get(b, name)).all(), name


LONG = """areas:
  town:
    title: {zh: 本镇, en: town}
    junior_graduates: 0
    rolls: {births: {series: {2008: 900, 2016: 900}}}
"""


def test_levers_move_the_survival_of_the_rolls_that_there_are(tmp_path):
    """The good file runs to 2030: births of 2008 to 2016 cover the classes of 2024 to 2031."""
    found = levers(loaded(tmp_path, LONG))
    lever = found["areas.*.rolls.birth_survival"]
    assert lever.paths == ("areas.town.rolls.birth_survival",) and (lever.op, lever.lo, lever.hi) == ("scale", 0.7, 1.3)
    assert "areas.local.junior_graduates" not in found and "areas.*.rolls.primary_survival" not in found
    assert lever.title("zh") and lever.title("en")
