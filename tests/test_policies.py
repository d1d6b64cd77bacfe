"""Named policies: what a key names, what is refused and why, in which order changes act, and that the base stays as it is."""

import copy
import itertools
from datetime import date

import pytest
from pydantic import ValidationError

import skillsim as ss
from helpers_scenario import GOOD, loaded
from skillsim.engine.inputs import inputs_for
from skillsim.errors import ScenarioError
from skillsim.scenario.policies import matches
from skillsim.scenario.reader import read
from skillsim.scenario.types import numbers

SEATS = "quota.sve_3plus2.school.mechatronics.local"
SVE = ("quota.sve_3.school.mechatronics.local", "quota.sve_3.school.care.any")
DAY = date(2027, 1, 1)
HEAD = "{title: {zh: 甲, en: a}, changes: "


@pytest.fixture(scope="module")
def good():
    return read(GOOD)


def policies(**changes):
    return "policies:\n" + "".join(
        f"  {name}: {HEAD}[{'; '.join([text]).replace('; ', ', ')}]}}\n" for name, text in changes.items()
    )


def seats(scenario, year=2030, key=SEATS):
    return float(inputs_for(scenario, 2024, 2030, None, 1).get(key)[year - 2024, 0])


def refused(act):
    with pytest.raises(ScenarioError) as caught:
        act()
    assert caught.value.text("zh") and caught.value.text("en")
    return caught.value


def codes(act):
    return [p.code for p in refused(act).problems]


# ----------------------------------------------------------------------------------------------------------- what a key names


@pytest.mark.parametrize(
    "key, found",
    [
        (SEATS, {SEATS}),
        ("quota.sve_3plus2", {SEATS}),
        ("quota.sve_3", set(SVE)),  # not sve_3plus2, which only begins with the same letters
        ("quota.sve_3.school.care", {SVE[1]}),
        ("quota.*.school.mechatronics", {SEATS, SVE[0]}),
        ("quota.*.*.care", {SVE[1], "quota.college_3.college.care.any"}),
        ("quota.*.*.*.any", {SVE[1], "quota.college_3.college.care.any"}),
        ("quota", {*SVE, SEATS, "quota.college_3.college.care.any"}),
        ("pathways.sve_3.stages.0.dropout", {f"pathways.sve_3.stages.0.dropout.{i}" for i in range(3)}),
        ("pathways.sve_3.stages.0.dropout.1", {"pathways.sve_3.stages.0.dropout.1"}),
        ("pathways.*.stages.1.transfer.cap", {"pathways.sve_3plus2.stages.1.transfer.cap"}),
        ("*.*.capacity", {"institutions.school.capacity", "institutions.college.capacity"}),
        ("retention.stayers.by_august", {"retention.stayers.by_august"}),
        ("quota.sve", set()),
        ("", set()),
        ("quota.", set()),
        ("Quota", set()),
        ("retention.base.7", set()),
    ],
)
def test_a_key_names_a_number_or_all_below_it(good, key, found):
    assert set(matches(good, key)) == found


def test_a_key_of_a_group_changes_the_whole_group_and_nothing_else(good):
    varied = good.vary({"quota.sve_3": ("scale", 2, DAY)})
    before, after = ({p: n for p, n, _ in numbers(s)} for s in (good, varied))
    assert {p for p in after if after[p].patches} == set(SVE)
    assert all(after[p].model_dump() == before[p].model_dump() for p in before)  # the figures as written stay
    assert [seats(varied, key=k) for k in SVE] == [400, 300]


def test_kinds_may_not_be_mixed(good):
    for key in ("pathways.sve_3", "retention", "*", "areas.town", "pathways.*.stages.0.further"):
        error = refused(lambda key=key: good.vary({key: ("set", 0.5, DAY)}))
        assert [p.code for p in error.problems if p.code == "patch_mixed"], key
    error = refused(lambda: good.vary({"areas.town": ("scale", 2, DAY)}))
    assert "general_applicants, junior_graduates" in error.text("en") and "不同类型" in error.text("zh")


def test_an_unknown_key_tells_the_nearest(good):
    error = refused(lambda: good.vary({"quota.sve_3plus": ("scale", 2, DAY)}))
    assert "nearest: quota.sve_3plus2" in error.text("en") and [p.code for p in error.problems] == ["patch_key"]


@pytest.mark.parametrize("name, nearest", [("mor", "more"), ("much-more", "much_more"), ("subsidies", "subsidy")])
def test_an_unknown_policy_tells_the_nearest(good, name, nearest):
    error = refused(lambda: good.vary(name))
    assert [p.code for p in error.problems] == ["unknown_policy"]
    assert f"there is no policy '{name}'; nearest: {nearest}" in error.text("en") and nearest in error.text("zh")


def test_all_unknown_policies_are_told_at_once(good):
    assert codes(lambda: good.vary("moer + subsidi + more")) == ["unknown_policy", "unknown_policy"]
    assert codes(lambda: good.vary("")) == ["unknown_policy"]
    assert codes(lambda: good.vary("more+")) == ["unknown_policy"]


# ---------------------------------------------------------------------------------------------------------- dates and bounds


def test_what_was_decided_before_as_of_is_frozen_and_the_reason_is_told(good):
    error = refused(lambda: good.vary({SEATS: ("set", 5, date(2026, 2, 28))}))
    assert [p.code for p in error.problems] == ["patch_frozen"]
    assert "2026-02-28 is before as_of (2026-03-01): what was decided before it is frozen; choose a later day" in error.text("en")
    assert "早于 as_of" in error.text("zh") and "推后日期" in error.text("zh")
    assert seats(good.vary({SEATS: ("set", 5, date(2026, 3, 1))})) == 5


def test_without_a_date_a_change_acts_from_as_of(good):
    varied = good.vary({SEATS: ("set", 5)})
    (patch,) = next(n for p, n, _ in numbers(varied) if p == SEATS).patches
    assert patch.since == good.as_of


@pytest.mark.parametrize(
    "change, worst",
    [
        (("set", 1.2, DAY), "1.2"),
        (("add", 0.9, DAY), "1.5"),
        (("scale", 2, DAY), "1.2"),
        (("ramp", -0.5, DAY, date(2029, 1, 1)), "-0.5"),
    ],
)
def test_a_value_out_of_bounds_after_the_patch_is_refused(good, change, worst):
    error = refused(lambda: good.vary({"retention.stayers.by_august": change}))
    assert [p.code for p in error.problems] == ["patch_range"]
    assert f"brings it to {worst}; it lies between 0 and 1" in error.text("en")


def test_seats_may_not_fall_below_none(good):
    assert codes(lambda: good.vary({SEATS: ("add", -101, DAY)})) == ["patch_range"]
    assert seats(good.vary({SEATS: ("add", -100, DAY)})) == 0


def test_two_policies_may_be_out_of_bounds_only_together(tmp_path):
    text = policies(
        a="{key: retention.stayers.by_december, add: 0.06, from: 2027-01-01}",
        b="{key: retention.stayers.by_december, add: 0.06, from: 2028-01-01}",
    )
    scenario = loaded(tmp_path, text)
    assert scenario.vary("a") and scenario.vary("b")
    assert codes(lambda: scenario.vary("a+b")) == ["patch_range"]


def test_hold_is_for_seats(good, tmp_path):
    text = policies(
        a="{key: quota.sve_3, scale: 1.5, from: 2027-01-01, hold: true}",
        b="{key: quota, scale: 1.1, from: 2027-01-01, hold: true}",
    )
    scenario = loaded(tmp_path, text)
    for name in "ab":
        inputs = inputs_for(scenario.vary(name), 2024, 2030, None, 1)
        held = {key: inputs.unruled[:, i].tolist() for i, key in enumerate(inputs.layout.pools)}
        assert held[SVE[0].removeprefix("quota.")] == [False] * 3 + [True] * 4
        assert any(held[SEATS.removeprefix("quota.")]) is (name == "b")
    assert not inputs_for(good.vary("more"), 2024, 2030, None, 1).unruled.any()
    bad = policies(a="{key: institutions.school.capacity, set: 9, from: 2027-01-01, hold: true}")
    assert codes(lambda: loaded(tmp_path, bad)) == ["patch_hold"]


@pytest.mark.parametrize(
    "wish",
    [
        {SEATS: 5},
        {SEATS: ()},
        {SEATS: ("set",)},
        {SEATS: ("put", 5)},
        {SEATS: ("set", None)},
        {SEATS: ("set", "many")},
        {SEATS: ("scale", -1)},
        {SEATS: ("ramp", 5)},
        {SEATS: ("set", 5, "soon")},
        {SEATS: ("set", 5, DAY, date(2028, 1, 1), 4)},
        {SEATS: ("set", float("nan"))},
        {SEATS: ("set", True)},
        {SEATS: None},
    ],
)
def test_a_wish_that_is_no_change_is_refused(good, wish):
    assert codes(lambda: good.vary(wish)) == ["change_op"]


def test_until_must_come_after_the_day_from_which_it_acts(good):
    assert codes(lambda: good.vary({SEATS: ("ramp", 5, DAY, DAY)})) == ["change_op"]
    assert "change_until" in codes(lambda: good.vary({SEATS: ("ramp", 5, None, good.as_of)}))


# ------------------------------------------------------------------------------------------------------ order and conflict

CHANGES = {
    "double": "{key: quota.sve_3plus2, scale: 2, from: 2027-01-01}",
    "plus": "{key: quota.sve_3plus2.school, add: 30, from: 2027-01-01}",
    "fixed": "{key: quota.*.school.mechatronics, set: 50, from: 2027-01-01}",
    "later": "{key: quota.sve_3plus2, add: 1, from: 2028-01-01}",
}
ACTS = {"double": lambda x: 2 * x, "plus": lambda x: x + 30, "fixed": lambda x: 50.0, "later": lambda x: x + 1}


def test_two_policies_on_one_number_and_day_are_a_conflict(tmp_path):
    scenario = loaded(tmp_path, policies(**CHANGES))
    error = refused(lambda: scenario.vary("double+plus"))
    assert [p.code for p in error.problems] == ["patch_conflict"]
    assert f"the policies double and plus both change {SEATS} on 2027-01-01; write into the file" in error.text("en")
    assert "order: [double, plus]" in error.text("en") and "例如 order: [double, plus]" in error.text("zh")


def test_on_different_days_or_numbers_there_is_no_conflict(tmp_path, good):
    scenario = loaded(tmp_path, policies(**CHANGES))
    assert seats(scenario.vary("double+later")) == seats(scenario.vary("later+double")) == 201
    assert good.vary("more+subsidy").applied == ("more", "subsidy")


def test_an_order_that_leaves_one_out_settles_nothing(tmp_path):
    scenario = loaded(tmp_path, policies(**CHANGES) + "order: [double, later]\n")
    assert codes(lambda: scenario.vary("double+plus")) == ["patch_conflict"]


def test_the_order_that_is_proposed_settles_it(tmp_path):
    scenario = loaded(tmp_path, policies(**CHANGES) + "order: [later, double]\n")
    with pytest.raises(ScenarioError) as error:
        scenario.vary("double+plus+fixed")
    proposed = {p.args["order"] for p in error.value.problems}
    assert proposed == {"later, double, plus, fixed"}
    assert "order: [later, double, plus, fixed]" in error.value.text("en") and "order: [later," in error.value.text("zh")
    settled = loaded(tmp_path, policies(**CHANGES) + f"order: [{proposed.pop()}]\n")
    assert seats(settled.vary("double+plus+fixed")) == ACTS["fixed"](ACTS["plus"](ACTS["double"](100.0)))


@pytest.mark.parametrize("order", list(itertools.permutations(["double", "plus", "fixed"])), ids="-".join)
@pytest.mark.parametrize("asked", ["double+plus+fixed", "fixed+plus+double"])
def test_the_order_decides_not_how_they_are_named(tmp_path, order, asked):
    scenario = loaded(tmp_path, policies(**CHANGES) + f"order: [{', '.join(order)}]\n")
    expected = 100.0
    for name in order:
        expected = ACTS[name](expected)
    assert seats(scenario.vary(asked)) == expected


def test_the_date_comes_before_the_order(tmp_path):
    changes = CHANGES | {"later": "{key: quota.sve_3plus2, set: 7, from: 2028-01-01}"}
    scenario = loaded(tmp_path, policies(**changes) + "order: [later, double]\n")
    varied = scenario.vary("double+later")
    assert [seats(varied, y) for y in (2026, 2027, 2028)] == [100, 200, 7]


def test_varying_twice_is_stacking(tmp_path):
    """What a+b gives, a and then b give too: conflicts are told, dates are kept in order, one policy acts once."""
    changes = CHANGES | {
        "late": "{key: quota.sve_3plus2, set: 5, from: 2029-01-01}",
        "early": "{key: quota.sve_3plus2, set: 9, from: 2027-01-01}",
    }
    scenario = loaded(tmp_path, policies(**changes))
    assert codes(lambda: scenario.vary("double").vary("plus")) == ["patch_conflict"]
    both = scenario.vary("late").vary("early")
    assert [seats(both, y) for y in (2026, 2027, 2028, 2029, 2030)] == [100, 9, 9, 5, 5]
    assert both.label == "late+early" and both.applied == ("late", "early")
    assert codes(lambda: scenario.vary("double+double")) == ["policy_twice"]
    assert codes(lambda: scenario.vary("double").vary("double")) == ["policy_twice"]
    listed = loaded(tmp_path, policies(**changes) + "order: [plus, double]\n")
    assert seats(listed.vary("double").vary("plus")) == seats(listed.vary("double+plus")) == 260


def test_changes_by_hand_act_after_the_policies_in_force(good):
    assert seats(good.vary("more").vary({SEATS: ("add", 1, DAY)})) == 151
    assert seats(good.vary({SEATS: ("add", 1, DAY)}).vary({SEATS: ("scale", 2, DAY)})) == 202
    assert good.vary({SEATS: ("add", 1, DAY)}).label == "(custom)"
    assert good.vary({SEATS: ("add", 1, DAY)}, called="one more").label == "one more"


def test_a_scenario_is_frozen_all_the_way_down(good):
    for scenario in (good, good.vary("more")):
        for change in (
            scenario.policies.clear, lambda s=scenario: s.levels.append("x"), lambda s=scenario: s.quota.rows.pop(),
            lambda s=scenario: s.areas.update(x=1), lambda s=scenario: s.pathways["sve_3"].stages.sort(),
        ):
            with pytest.raises(TypeError, match="frozen"):
                change()
    assert copy.deepcopy(good) == good


def test_every_policy_of_a_file_is_tried_when_it_is_read(tmp_path):
    text = policies(
        a="{key: quota.sve_9, set: 1, from: 2027-01-01}",
        b="{key: quota.sve_3, set: 1, from: 2025-01-01}",
        c="{key: choice.home, set: 99, from: 2027-01-01}",
    )
    error = refused(lambda: loaded(tmp_path, text))
    assert sorted(p.code for p in error.problems) == ["patch_frozen", "patch_key", "patch_range"]
    assert {p.line for p in error.problems if p.code != "patch_range"} == {3, 4}


# ----------------------------------------------------------------------------------------------------------------- frozen


def test_vary_gives_a_new_scenario_and_leaves_the_base(good):
    before = good.model_dump_json()
    varied = good.vary("more")
    assert varied is not good and varied.label == "more" and good.label == "good"
    assert good.model_dump_json() == before == varied.model_dump_json()
    assert not any(n.patches for _, n, _ in numbers(good)) and good.applied == ()
    assert (seats(good), seats(varied)) == (100, 150)
    assert varied.areas is good.areas  # what no policy touches is shared


def frozen_blocks(block):
    yield block
    for name in type(block).model_fields:
        inner = getattr(block, name)
        for item in inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else [inner]:
            if hasattr(type(item), "model_fields"):
                yield from frozen_blocks(item)


def test_no_part_of_a_scenario_can_be_set(good):
    kinds = {}
    for block in frozen_blocks(good):
        kinds.setdefault(type(block).__name__, block)
    assert len(kinds) > 20
    for block in kinds.values():
        for name in [*[*type(block).model_fields][:1], "something_new"]:
            with pytest.raises(ValidationError):
                setattr(block, name, None)


def test_a_policy_that_changes_nothing_gives_the_same_run(good):
    still = good.vary({SEATS: ("add", 0, DAY)})
    one, two = ss.run([good, still], replications=2)
    assert one.replicate("headcount").tolist() == two.replicate("headcount").tolist()


def test_two_scenarios_of_one_name_are_refused(good):
    assert codes(lambda: ss.run([good.vary("more"), good.vary("more")], replications=2)) == ["same_label"]
