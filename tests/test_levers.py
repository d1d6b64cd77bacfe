"""Levers of the page: which there are, that each can go to its ends, and that at its neutral amount nothing changes."""

from dataclasses import replace
from datetime import date

import pytest

from helpers_scenario import LANGS, SCENARIOS, SMALL
from skillsim.analysis.running import run
from skillsim.errors import ScenarioError
from skillsim.scenario.levers import acts_from, first_day, levers
from skillsim.scenario.reader import read
from skillsim.scenario.types import numbers
from skillsim.terms.fields import LEVER_GROUPS

FILES = ["quzhou/baseline.yaml", "small.yaml", "small_jobs.yaml"]


@pytest.fixture(scope="module", params=FILES)
def scenario(request):
    return read(SCENARIOS / request.param)


@pytest.fixture(scope="module")
def jobs():
    return read(SCENARIOS / "small_jobs.yaml")


def edited(folder, text, base=SMALL):
    file = folder / "edited.yaml"
    file.write_text(f"extends: {base.as_posix()}\n{text}", encoding="utf-8")
    return read(file)


def moved(scenario, lever, amount, since=None):
    """Return the scenario with a lever moved, as a page does it."""
    changes = lever.changes(amount, since or first_day(scenario, lever))
    return scenario.vary({change.key: (lever.op, getattr(change, lever.op), change.since) for change in changes})


# ------------------------------------------------------------------------------------------------------------- which there are


def test_levers_of_the_small_place():
    found = levers(read(SMALL))
    groups = {group: [code for code, lever in found.items() if lever.group == group] for group in LEVER_GROUPS}
    stage = "pathways.sve_3plus2.stages.1.transfer"
    assert groups == {
        "quotas": ["quota.sve_3", "quota.sve_3plus2", "quota.college_3"],
        "programmes": ["quota.*.*.mechatronics", "quota.*.*.care"],
        "capacity": ["institutions.school.capacity", "institutions.college.capacity"],
        "transfers": [f"{stage}.sits", f"{stage}.passes", f"{stage}.cap", "pathways.*.stages.*.further.sits",
                      "pathways.*.stages.*.further.passes"],
        "schools": [f"pathways.{pathway}.stages.*.dropout" for pathway in ("sve_3", "sve_3plus2", "college_3")],
        "retention": [], "teachers": [], "measures": [],
        "rules": ["rules.quota.active", "rules.quota.target_completion", "rules.quota.reach"],
        "inflow": ["areas.local.junior_graduates", "areas.local.general_applicants", "choice.general_share"],
        "demand": [],
    }
    passes = found[f"{stage}.passes"]
    assert passes.paths == (f"{stage}.passes.0", f"{stage}.passes.1") and passes.keys == (f"{stage}.passes",)
    assert (passes.op, passes.lo, passes.hi, passes.authority, passes.read_on) == ("add", -0.3, 0.05, "school", "assessment")
    assert found["choice.general_share"].hi == 1.25  # the better band goes from 0.8 to 1
    assert found["areas.local.junior_graduates"].decision is False and found["quota.sve_3"].decision is True


def test_levers_come_group_by_group_with_names_of_their_own(scenario):
    found = levers(scenario)
    order = [list(LEVER_GROUPS).index(lever.group) for lever in found.values()]
    assert order == sorted(order)
    assert all(code == lever.code for code, lever in found.items())
    for lang in LANGS:
        titles = [(lever.group, lever.title(lang)) for lever in found.values()]
        assert len(set(titles)) == len(titles)
        assert not [title for _, title in titles if "_" in title or "*" in title or "{" in title]


def test_observations_and_stocks_of_the_start_are_no_levers(scenario):
    paths = {path for lever in levers(scenario).values() for path in lever.paths}
    assert not [path for path in paths if path.startswith("retention.base.") or path.endswith(".workers")]
    assert not [path for path in paths if path.startswith("labour.workforce.")]


def test_a_class_is_a_lever_where_it_is_more_than_one_pathway(tmp_path):
    found = levers(edited(tmp_path, "classes: {long_track: [sve_3plus2, college_3], whole: [sve_3, sve_3plus2], one: [sve_3]}"))
    assert {code: lever.keys for code, lever in found.items() if len(lever.keys) > 1} == {
        "quota.long_track": ("quota.sve_3plus2", "quota.college_3"), "quota.whole": ("quota.sve_3", "quota.sve_3plus2"),
    }
    assert found["quota.long_track"].title("zh") == "长学制合计 · 招生计划"
    assert found["quota.whole"].title("zh") == "中职（3 年）、中高职 3+2 等 2 条培养路径合计 · 招生计划"
    assert found["quota.whole"].baseline(read(SMALL), 2026) == 510


def test_the_labour_market_brings_levers_that_nobody_decides(jobs):
    demand = [lever for lever in levers(jobs).values() if lever.group == "demand"]
    assert len(demand) > 8 and not any(lever.decision for lever in demand)
    unbounded = jobs.model_copy(update={"demand": "unbounded"})
    assert not [lever for lever in levers(unbounded).values() if lever.group == "demand" or "order_class" in lever.code]


# -------------------------------------------------------------------------------------------------------------- what they move


def test_every_lever_can_go_to_both_ends(scenario):
    before = {path: number.patches for path, number, _ in numbers(scenario)}
    last = scenario.years.last
    for lever in levers(scenario).values():
        assert lever.lo <= lever.neutral <= lever.hi and lever.lo < lever.hi and lever.step > 0
        for amount in (lever.lo, lever.hi):
            if amount != lever.neutral:
                after = moved(scenario, lever, amount)
                touched = {path for path, number, _ in numbers(after) if number.patches != before[path]}
                assert touched == set(lever.paths), lever.code
                assert lever.baseline(after, last) != lever.baseline(scenario, last), lever.code


def test_levers_go_to_both_ends_on_top_of_a_policy():
    base = read(SCENARIOS / FILES[0])
    varied = base.vary("plan_2025")
    for lever in levers(varied).values():
        for amount in (lever.lo, lever.hi):
            moved(varied, lever, amount)


def test_one_step_beyond_its_end_a_rate_is_refused(jobs):
    cap = levers(jobs)["pathways.sve_3plus2.stages.1.transfer.cap"]
    with pytest.raises(ScenarioError):
        moved(jobs, cap, cap.hi + cap.step)


def test_rates_that_share_a_whole_leave_room_for_each_other(tmp_path, jobs):
    narrow = edited(tmp_path, "labour: {leaving: 0.3, moving: {uniform: [0.2, 0.4]}}", SCENARIOS / "small_jobs.yaml")
    found = levers(narrow)
    assert (found["labour.leaving"].hi, found["labour.moving"].hi) == (2.0, 1.75)
    for code in ("labour.leaving", "labour.moving"):
        moved(narrow, found[code], found[code].hi)
    with pytest.raises(ScenarioError):
        moved(narrow, found["labour.moving"], 1.8)


def test_dropout_leaves_room_for_repeating_and_moving(tmp_path):
    stage = "{level: secondary, years: 3, dropout: 0.4, repeat: 0.25, to_general: 0.1}"
    narrow = edited(tmp_path, f"pathways: {{sve_3: {{stages: [{stage}]}}}}")
    lever = levers(narrow)["pathways.sve_3.stages.*.dropout"]
    assert lever.hi == 1.6
    moved(narrow, lever, lever.hi)
    with pytest.raises(ScenarioError):
        moved(narrow, lever, 1.65)


def test_neutral_amounts_make_no_change(scenario):
    for lever in levers(scenario).values():
        assert lever.changes(lever.neutral, scenario.as_of) == []
        before = lever.baseline(scenario, scenario.years.last)
        if len(lever.paths) == 1 or lever.op != "set":
            assert lever.outcome(lever.neutral, before) == pytest.approx(before, abs=1e-12)


def test_neutral_patches_leave_results_as_they_are(jobs):
    neutral = {key: (lever.op, lever.neutral) for lever in levers(jobs).values() for key in lever.keys}
    assert len(neutral) > 30
    one, other = run([jobs, jobs.vary(neutral)], replications=4, seed=3)
    assert one.frame().drop(columns="scenario").equals(other.frame().drop(columns="scenario"))


def test_a_lever_moves_what_it_says(jobs):
    found = levers(jobs)
    for code, amount in (("quota.*.*.care", 1.5), ("institutions.school.capacity", 0.5), ("labour.flexible", 0.1),
                         ("areas.local.junior_graduates", 1.3), ("rules.quota.active", 1)):
        lever = found[code]
        told = lever.outcome(amount, lever.baseline(jobs, 2028))
        assert lever.baseline(moved(jobs, lever, amount), 2028) == pytest.approx(told), code


def test_seats_are_summed_and_rates_are_averaged(jobs):
    found = levers(jobs)
    assert found["quota.sve_3"].baseline(jobs, 2026) == 350
    assert found["areas.local.junior_graduates"].baseline(jobs, 2027) == 1100
    assert found["pathways.sve_3plus2.stages.1.transfer.passes"].baseline(jobs, 2026) == pytest.approx(0.875)
    more = jobs.vary("more_long_track")
    assert levers(more)["quota.sve_3plus2"].baseline(more, 2025) == 160
    assert levers(more)["quota.sve_3plus2"].baseline(more, 2026) == 240


def test_hold_is_for_seats(jobs):
    found = levers(jobs)
    day = date(2027, 1, 1)
    seats = found["quota.sve_3"].changes(1.2, day, hold=True)
    assert [(c.key, c.scale, c.since, c.hold) for c in seats] == [("quota.sve_3", 1.2, day, True)]
    assert [c.hold for c in found["institutions.school.capacity"].changes(1.2, day, hold=True)] == [False]


# -------------------------------------------------------------------------------------------------------------------- drivers


DRIVERS = """
retention:
  drivers:
    grant: {title: {zh: 补贴, en: grant}, level: 0, effect: 0.1, unit: thousand}
    intern: {title: {zh: 实习, en: internships}, level: 0.4, effect: 0.1, unit: share}
    pay: {title: {zh: 起薪, en: pay}, level: {uniform: [0.6, 0.8]}, effect: 0.1, unit: ratio}
    deficit: {title: {zh: 差额, en: deficit}, level: -2, effect: 0.1, unit: points}
policies:
  generous: {title: {zh: 慷慨, en: generous}, changes: [{key: retention.drivers.grant.level, set: 5, from: 2027-01-01}]}
"""


def test_drivers_are_set_from_nothing_to_twice_their_level_or_what_a_policy_asks(tmp_path):
    scenario = edited(tmp_path, DRIVERS)
    found = {lever.title("en"): lever for lever in levers(scenario).values() if lever.group == "retention"}
    ends = {name: (lever.op, round(lever.lo, 6), round(lever.hi, 6), lever.neutral) for name, lever in found.items()}
    assert ends == {
        "grant": ("set", 0, 5, 0), "internships": ("set", 0, 0.8, 0.4), "pay": ("add", -0.7, 0.7, 0),
        "deficit": ("set", -4, 0, -2),
    }
    assert [found[name].measure.zh for name in found] == ["thousand", "share", "ratio", "points"]
    for lever in found.values():
        for amount in (lever.lo, lever.hi):
            moved(scenario, lever, amount)
    # what is uncertain stays so
    after = moved(scenario, found["pay"], 0.1)
    low, high = found["pay"].widest(after, 2028)
    assert (low, high) == pytest.approx((0.71, 0.89))


def test_a_level_that_a_policy_moves_by_year_is_added_to(tmp_path):
    varied = edited(tmp_path, DRIVERS).vary("generous")
    grant = levers(varied)["retention.drivers.grant.level"]
    assert (grant.op, grant.lo, grant.neutral) == ("add", 0, 0)
    assert grant.baseline(varied, 2026) == 0 and grant.baseline(varied, 2028) == 5


# --------------------------------------------------------------------------------------------------------- dates and provenance


def test_the_first_day_and_the_first_year_of_a_change(jobs):
    found = levers(jobs)
    seats, dropout = found["quota.sve_3"], found["pathways.sve_3.stages.*.dropout"]
    assert jobs.as_of == date(2026, 1, 1)
    assert first_day(jobs, seats) == date(2026, 1, 1)
    for since, year in ((date(2027, 4, 1), 2027), (date(2027, 4, 2), 2028)):
        assert acts_from(jobs, seats, since) == year
        after = moved(jobs, seats, 2, since)
        assert [seats.baseline(after, y) for y in (year - 1, year)] == [350, 700]
    late = jobs.model_copy(update={"as_of": date(2026, 4, 20)})
    assert first_day(late, seats) == date(2027, 1, 1)
    assert first_day(late, dropout) == date(2026, 4, 20)


def test_sources_and_ranges(tmp_path):
    text = "institutions: {school: {capacity: {value: 1800, factor: {uniform: [0.9, 1.1]}, source: {published: a table}}}}"
    scenario = edited(tmp_path, text)
    found = levers(scenario)
    assert found["institutions.school.capacity"].sources(scenario) == {"published": 1}
    assert found["institutions.school.capacity"].widest(scenario, 2026) == pytest.approx((1638, 1962))
    assert found["quota.sve_3"].sources(scenario) == {"assumed": 2} and found["quota.sve_3"].widest(scenario, 2026) is None
    bare = scenario.model_copy()
    bare._sources = {}
    assert found["quota.sve_3"].sources(bare) == {"unstated": 2}


def test_a_lever_is_a_value(jobs):
    lever = levers(jobs)["quota.sve_3"]
    assert lever == levers(jobs)["quota.sve_3"] != replace(lever, hi=2)
    with pytest.raises(AttributeError):
        lever.hi = 2
