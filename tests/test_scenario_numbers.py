"""Numbers as a planner writes them, against closed forms; the dates from which a change acts; shared draws."""

from datetime import date

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

import skillsim as ss
from helpers_scenario import GOOD, loaded, problems_of, written
from skillsim.engine.inputs import inputs_for
from skillsim.scenario import checks
from skillsim.scenario.numbers import Number, Par, Source, Spread
from skillsim.scenario.reader import read
from skillsim.scenario.types import numbers

YEARS = np.arange(2024, 2031)
NEW_YEAR = [date(int(y), 1, 1) for y in YEARS]
U = np.array([1e-9, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1 - 1e-9])
WIDE = Par("units", -1e9, 1e9)
SHARE = Par("share", 0, 1)


def path(given, par=WIDE, u=None, years=YEARS):
    return Number.model_validate(given).path(years, par, u, [date(int(y), 1, 1) for y in years])


# ------------------------------------------------------------------------------------------------------------------ forms

FORMS = [
    ({"uniform": [0.2, 0.6]}, stats.uniform(0.2, 0.4), (0.2, 0.6)),
    ({"uniform": [-3, 7]}, stats.uniform(-3, 10), (-3, 7)),
    ({"triangular": [0.1, 0.2, 0.7]}, stats.triang(1 / 6, 0.1, 0.6), (0.1, 0.7)),
    ({"triangular": [0.0, 0.0, 1.0]}, stats.triang(0, 0, 1), (0, 1)),
    ({"triangular": [0.0, 1.0, 1.0]}, stats.triang(1, 0, 1), (0, 1)),
    ({"beta": [3, 5]}, stats.beta(3, 5), (0, 1)),
    ({"beta": [0.5, 0.5]}, stats.beta(0.5, 0.5), (0, 1)),
    ({"passed": 820, "of": 1000}, stats.beta(820, 180), (0, 1)),
    ({"passed": 0.5, "of": 1}, stats.beta(0.5, 0.5), (0, 1)),
    ({"normal": [5, 2]}, stats.norm(5, 2), (5, 5)),  # its bounds are far; what is checked is its middle
]


@pytest.mark.parametrize("given, reference, ends", FORMS, ids=lambda x: str(x) if isinstance(x, dict) else "")
def test_a_distribution_is_that_of_the_textbook(given, reference, ends):
    number = Number.model_validate(given)
    assert number.uncertain
    np.testing.assert_allclose(path(given), reference.mean(), rtol=1e-12)
    np.testing.assert_allclose(path(given, u=U), np.broadcast_to(reference.ppf(U), (7, len(U))), rtol=1e-9, atol=1e-12)
    assert number.extremes(WIDE) == pytest.approx(ends)


@pytest.mark.parametrize("centre, sd, lo, hi", [(0.9, 0.2, 0, 1), (0.02, 0.05, 0, 1), (1, 1, 0, 1), (3, 4, -20, 20)])
def test_a_normal_is_cut_at_the_bounds_of_its_parameter(centre, sd, lo, hi):
    reference = stats.truncnorm((lo - centre) / sd, (hi - centre) / sd, centre, sd)
    par = Par("x", lo, hi)
    np.testing.assert_allclose(path({"normal": [centre, sd]}, par), reference.mean(), rtol=1e-9)
    drawn = path({"normal": [centre, sd]}, par, U)[0]
    np.testing.assert_allclose(drawn, reference.ppf(U), rtol=1e-6, atol=1e-9)
    assert drawn.min() >= lo and drawn.max() <= hi


def test_counts_have_the_observed_share_as_their_mean():
    np.testing.assert_allclose(path({"passed": 820, "of": 1000}), 0.82)
    known = path({"passed": 68, "of": 100}, u=(np.arange(20_000) + 0.5) / 20_000)[0]
    share = known.mean()
    assert share == pytest.approx(0.68, abs=1e-6)
    assert known.var() == pytest.approx(0.68 * 0.32 / 101, rel=1e-4)


def test_bare_figures_are_constants():
    for given in (3, 3.0, {"value": 3}):
        number = Number.model_validate(given)
        assert not number.uncertain and number.extremes(WIDE) == (3, 3)
        np.testing.assert_array_equal(path(given, u=U), np.full((7, 1), 3.0))


def test_a_series_runs_straight_between_its_years_and_level_outside():
    given = {"series": {2025: 100, 2027: 120, 2029: 60}}
    np.testing.assert_allclose(path(given)[:, 0], [100, 100, 110, 120, 90, 60, 60])
    assert Number.model_validate(given).extremes(WIDE) == (60, 120)


def test_a_series_of_steps_keeps_each_value():
    given = {"series": {2025: 100, 2027: 120, 2029: 60}, "steps": True}
    np.testing.assert_allclose(path(given)[:, 0], [100, 100, 100, 120, 120, 60, 60])


def test_the_order_in_which_a_series_is_written_is_nothing():
    np.testing.assert_array_equal(path({"series": {2029: 60, 2025: 100}}), path({"series": {2025: 100, 2029: 60}}))


FACTORS = [
    ({"uniform": [0.9, 1.3]}, stats.uniform(0.9, 0.4), (0.9, 1.3)),
    ({"triangular": [0.8, 1, 1.1]}, stats.triang(2 / 3, 0.8, 0.3), (0.8, 1.1)),
    ({"normal": [1, 0.6]}, stats.truncnorm(-1 / 0.6, np.inf, 1, 0.6), (1, 1)),
]


@pytest.mark.parametrize("factor, reference, ends", FACTORS, ids=lambda x: str(x) if isinstance(x, dict) else "")
def test_a_factor_moves_a_whole_series_by_one_draw(factor, reference, ends):
    given = {"series": {2024: 10, 2030: 70}, "factor": factor}
    line = np.linspace(10, 70, 7)[:, None]
    np.testing.assert_allclose(path(given), line * reference.mean(), rtol=1e-9)
    np.testing.assert_allclose(path(given, u=U), line * reference.ppf(U), rtol=1e-6)
    low, high = Number.model_validate(given).extremes(WIDE)
    assert (low, high) == pytest.approx((10 * ends[0], 70 * ends[1]))


def test_the_ends_of_a_negative_value_with_a_factor_are_in_order():
    assert Number.model_validate({"value": -2, "factor": {"uniform": [0.5, 2]}}).extremes(WIDE) == (-4, -1)


def test_values_are_kept_within_the_bounds_of_the_parameter():
    drawn = path({"value": 0.9, "factor": {"normal": [1, 0.3]}}, SHARE, U)
    assert drawn.max() == 1 and drawn.min() >= 0
    drawn = path({"series": {2024: 0.9, 2030: 0.8}, "factor": {"normal": [1, 0.3]}}, SHARE, U)
    assert drawn.max() == 1 and drawn.min() >= 0
    scenario = read(GOOD).vary({"retention.stayers.by_december": ("scale", 1.1)})
    assert {p: n for p, n, _ in numbers(scenario)}["retention.stayers.by_december"].path(
        YEARS, SHARE, None, NEW_YEAR
    ).max() == pytest.approx(0.99)


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
@hypothesis.given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=3, max_size=3, unique=True), st.floats(1e-6, 1 - 1e-6))
def test_any_triangle_and_uniform_keep_to_their_ends(three, u):
    low, mode, high = sorted(three)
    if high - low < 1e-3:
        return
    drawn = path({"triangular": [low, mode, high]}, u=np.array([u]))[0, 0]
    np.testing.assert_allclose(
        drawn, stats.triang((mode - low) / (high - low), low, high - low).ppf(u), rtol=1e-7, atol=1e-6 * (high - low)
    )
    assert low <= drawn <= high
    assert path({"uniform": [low, high]}, u=np.array([u]))[0, 0] == pytest.approx(low + u * (high - low))


def test_quantiles_rise():
    u = np.linspace(0.001, 0.999, 999)
    for given, _, _ in FORMS:
        assert (np.diff(path(given, u=u)[0]) > 0).all(), given


# ------------------------------------------------------------------------------------------------------------ types frozen


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"value": 1, "beta": [1, 1]},
        {"uniform": [2, 1]},
        {"uniform": [1, 1]},
        {"triangular": [0, 2, 1]},
        {"normal": [0, -1]},
        {"beta": [1, 0]},
        {"passed": 1},
        {"of": 1},
        {"passed": 5, "of": 5},
        {"passed": 6, "of": 5},
        {"series": {}},
        {"value": float("nan")},
        {"value": float("inf")},
        {"uniform": [0, float("inf")]},
        {"value": True},
        True,
        None,
        "x",
        [1],
        {"value": 1, "factor": {}},
        {"value": 1, "factor": 2},
        {"beta": [1, 1], "factor": {"uniform": [0, 1]}},
        {"series": {2025: True}},
        {"value": 1, "extra": 2},
        date(2025, 1, 1),
    ],
    ids=str,
)
def test_a_number_of_no_form_is_refused(given):
    with pytest.raises(ValidationError):
        Number.model_validate(given)


def test_a_number_can_not_be_changed():
    number = Number.model_validate(3)
    for name, value in (("value", 4.0), ("series", {2025: 1}), ("new", 1)):
        with pytest.raises(ValidationError):
            setattr(number, name, value)
    changed = number.patched_by(())
    assert changed == number and changed is not number


@pytest.mark.parametrize(
    "block, given",
    [(Source, {}), (Source, {"published": "a", "assumed": "b"}), (Spread, {}), (Spread, {"uniform": [1, 2], "normal": [1, 2]})],
)
def test_a_source_and_a_spread_have_one_form(block, given):
    with pytest.raises(ValidationError):
        block.model_validate(given)


def test_a_source_says_its_kind():
    source = Source(policy="clause 12")
    assert (source.kind, source.text) == ("policy", "clause 12")


# ------------------------------------------------------------------------------------------------------------------ draws


def drawn(scenario, paths, pairs=64, seed=7):
    inputs = inputs_for(scenario, 2024, 2030, np.arange(pairs), seed)
    return [inputs.get(p)[0] for p in paths]


CARE, MECHATRONICS = "programmes.care.preference", "programmes.mechatronics.preference"


def test_numbers_with_one_word_share_one_draw(tmp_path):
    text = "programmes: {{care: {{preference: {{uniform: [0, 1]{}}}}}, mechatronics: {{preference: {{uniform: [2, 6]{}}}}}}}"
    apart = drawn(loaded(tmp_path, text.format("", "")), [CARE, MECHATRONICS])
    assert abs(np.corrcoef(apart)[0, 1]) < 0.5
    together = drawn(loaded(tmp_path, text.format(", shared: wave", ", shared: wave")), [CARE, MECHATRONICS])
    np.testing.assert_allclose(together[1], 2 + 4 * together[0])
    other = drawn(loaded(tmp_path, text.format(", shared: wave", ", shared: tide")), [CARE, MECHATRONICS])
    np.testing.assert_array_equal(other[0], together[0])
    assert abs(np.corrcoef(other)[0, 1]) < 0.5


def test_a_draw_belongs_to_its_name_and_pair_and_seed(tmp_path):
    text = "programmes: {care: {preference: {uniform: [0, 1]}}, mechatronics: {preference: {uniform: [0, 1]}}}"
    scenario = loaded(tmp_path, text)
    whole = drawn(scenario, [CARE])[0]
    later = inputs_for(scenario, 2024, 2030, np.arange(10, 20), 7).get(CARE)[0]
    np.testing.assert_array_equal(later, whole[10:20])
    alone = loaded(tmp_path, "programmes: {care: {preference: {uniform: [0, 1]}}, mechatronics: {preference: 0}}")
    np.testing.assert_array_equal(drawn(alone, [CARE])[0], whole)
    assert not np.array_equal(drawn(scenario, [CARE], seed=8)[0], whole)
    assert len(np.unique(whole)) == len(whole)


# ------------------------------------------------------------------------------------------------------ changes by a policy


def changed(tmp_path, number, *changes):
    """Return a scenario with one policy on the seats of sve_3, or another number."""
    text = "policies:\n  plan:\n    title: {zh: 甲, en: a}\n    changes:\n" + "".join(
        f"      - {{key: {number}, {c}}}\n" for c in changes
    )
    return loaded(tmp_path, text).vary("plan")


def values(scenario, number):
    return inputs_for(scenario, 2024, 2030, None, 1).get(number)[:, 0]


SEATS = "quota.sve_3.school.mechatronics.local"  # 200 of them, read on 1 April
FOUND = "retention.stayers.by_august"  # 0.6, read on 31 December
DRIVER = "retention.drivers.subsidy.level"  # 0, read on 30 June


@pytest.mark.parametrize(
    "change, expected",
    [
        ("set: 260, from: 2027-01-01", [200, 200, 200, 260, 260, 260, 260]),
        ("add: 10, from: 2027-01-01", [200, 200, 200, 210, 210, 210, 210]),
        ("scale: 0.5, from: 2027-01-01", [200, 200, 200, 100, 100, 100, 100]),
        ("set: 260, from: 2027-04-01", [200, 200, 200, 260, 260, 260, 260]),  # on the very day of the plan
        ("set: 260, from: 2027-04-02", [200, 200, 200, 200, 260, 260, 260]),  # a day late: next year
        ("set: 260", [200, 200, 260, 260, 260, 260, 260]),  # as_of is 2026-03-01, before that April's plan
        ("set: 0, from: 2028-01-01", [200, 200, 200, 200, 0, 0, 0]),
        # (1 April - 1 January) = 90 days of 730 (2027-01-01 to 2028-12-31), then 91 of a leap year's 366 more
        (
            "ramp: 1000, from: 2027-01-01, until: 2028-12-31",
            [200, 200, 200, round(200 + 800 * 90 / 730), round(200 + 800 * 456 / 730), 1000, 1000],
        ),
        ("add: 730, from: 2027-01-01, until: 2028-12-31", [200, 200, 200, 290, 656, 930, 930]),
        (
            "scale: 3, from: 2027-01-01, until: 2028-12-31",
            [200, 200, 200, round(200 * (1 + 2 * 90 / 730)), round(200 * (1 + 2 * 456 / 730)), 600, 600],
        ),
        ("set: 930, from: 2027-01-01, until: 2028-12-31", [200, 200, 200, 290, 656, 930, 930]),
    ],
)
def test_a_change_of_seats_acts_from_its_day(tmp_path, change, expected):
    np.testing.assert_allclose(values(changed(tmp_path, SEATS, change), SEATS), expected)


@pytest.mark.parametrize("day, first", [("2027-05-22", 2027), ("2027-12-31", 2027), ("2028-01-01", 2028)])
def test_a_change_of_what_is_read_at_the_year_end_acts_the_same_year(tmp_path, day, first):
    scenario = changed(tmp_path, FOUND, f"set: 0.5, from: {day}")
    np.testing.assert_allclose(values(scenario, FOUND), np.where(first <= YEARS, 0.5, 0.6))


def test_a_change_of_may_touches_next_years_plan_and_this_years_graduates(tmp_path):
    day = "from: 2027-05-22"
    seats, driver = (values(changed(tmp_path, n, f"set: 5, {day}"), n) for n in (SEATS, DRIVER))
    assert YEARS[seats == 5][0] == 2028 and YEARS[driver == 5][0] == 2027


def test_the_calendar_of_the_scenario_decides(tmp_path):
    text = """
calendar: {plan: 03-01}
policies: {plan: {title: {zh: 甲, en: a}, changes: [{key: quota.sve_3, set: 5, from: 2027-03-15}]}}
"""
    assert YEARS[values(loaded(tmp_path, text).vary("plan"), SEATS) == 5][0] == 2028


def test_changes_act_one_after_the_other(tmp_path):
    scenario = changed(tmp_path, SEATS, "scale: 2, from: 2028-01-01", "set: 100, from: 2027-01-01", "add: 7, from: 2028-01-01")
    np.testing.assert_allclose(values(scenario, SEATS), [200, 200, 200, 100, 207, 207, 207])


def test_a_change_acts_on_each_draw(tmp_path):
    scenario = loaded(tmp_path, "").vary({CARE: ("add", 1.0, date(2028, 1, 1))})
    inputs = inputs_for(scenario, 2024, 2030, np.arange(8), 7)
    of_good = inputs_for(read(GOOD), 2024, 2030, np.arange(8), 7)
    shift = inputs.get(CARE) - of_good.get(CARE)
    np.testing.assert_allclose(shift, np.where(YEARS >= 2028, 1.0, 0.0)[:, None] * np.ones(8))


def test_seats_are_whole(tmp_path):
    assert values(changed(tmp_path, SEATS, "scale: 0.333, from: 2027-01-01"), SEATS)[-1] == 67


def test_a_whole_run_follows_the_patched_seats(tmp_path):
    scenario = changed(tmp_path, SEATS, "add: 100, from: 2027-04-02")
    run = ss.run(scenario, replications=2)[0]
    base = ss.run(read(GOOD), replications=2)[0]
    gained = run.replicate("seats").mean(axis=1) - base.replicate("seats").mean(axis=1)
    np.testing.assert_allclose(gained, np.where(YEARS >= 2028, 100, 0))


# ------------------------------------------------------------------------------------------------------------- provenance


def test_one_source_serves_a_block(tmp_path):
    scenario = loaded(
        tmp_path,
        """
areas:
  source: {proxy: a neighbour}
  town: {general_applicants: {value: 30, source: {published: table 4}}}
quota:
  rows:
    - {school: school, programme: mechatronics, pathway: sve_3, seats: 200, source: {policy: clause 2}}
    - school: school
      programme: mechatronics
      pathway: sve_3plus2
      then: [college]
      seats: {value: 100, source: {fitted: to 2024}}
    - {school: college, programme: care, pathway: college_3, areas: any, seats: 60}
retention:
  base:
    - {pathways: [sve_3, sve_3plus2], level: secondary, rate: 0.7, source: {derived: two},
       definition: r1, measured_on: 12-31, year: 2025}
    - {pathways: [sve_3plus2, college_3], level: college, rate: 0.5, definition: r1, measured_on: 12-31, year: 2025}
""",
    )

    def kind(where):
        return scenario.source_of(where).kind

    of_base = {p: scenario.source_of(p).kind for p, _, _ in numbers(scenario) if p.startswith("retention.base.")}
    assert sorted(of_base.values()) == ["assumed", "derived"]
    assert kind("areas.town.general_applicants") == "published"
    assert kind("areas.town.junior_graduates") == kind("areas.valley.junior_graduates") == "proxy"
    assert kind(SEATS) == "policy"
    assert kind("quota.college_3.college.care.any") == "assumed"
    assert kind("retention.local_origin") == "assumed"


def test_a_number_without_any_source_is_counted_as_assumed(tmp_path):
    from skillsim.results.result import provenance

    given = GOOD.read_text(encoding="utf-8").replace('source: {assumed: "made up for the tests"}\n', "")
    bare = provenance(read(written(tmp_path, given.encode())))
    assert set(bare["kinds"]) == {"unstated"} and bare["assumed_share"] == 1
    given = given.replace("retention:\n", "retention:\n  source: {published: a table}\n")
    mixed = provenance(read(written(tmp_path, given.encode())))
    n = mixed["kinds"]["published"]
    stated = [p for p, _, _ in numbers(read(GOOD), written=True)]
    assert n == sum(p.startswith("retention.") for p in stated)
    assert mixed["numbers"] == len(stated) == n + mixed["kinds"]["unstated"]
    assert mixed["assumed_share"] == pytest.approx(1 - n / len(stated))


def test_defaults_are_not_counted_as_figures_of_the_file():
    stated = {p for p, _, _ in numbers(read(GOOD), written=True)}
    every = {p for p, _, _ in numbers(read(GOOD))}
    assert stated < every and "retention.studied_away" in every - stated and "retention.local_origin" in stated


def test_every_number_has_bounds_and_a_day():
    for path_, number, par in numbers(read(GOOD)):
        low, high = number.extremes(par)
        assert par.lo <= low <= high <= par.hi, path_
        assert par.read_on in checks.EVENTS and par.authority in ("city", "province", "school", "market"), path_


@pytest.mark.parametrize("where", ["policies", "observed"])
def test_authority_is_one_of_four(tmp_path, where):
    if where == "policies":
        text = "policies: {more: {authority: mayor}}"
        problems = problems_of(written(tmp_path, text))
        assert [(p.code, p.path) for p in problems] == [("one_of", "policies.more.authority")]
    assert read(GOOD).policies["more"].authority == "city"
