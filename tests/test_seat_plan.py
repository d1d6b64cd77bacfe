"""The seat plan: what stands in it, and the reason of every row in places that can be worked out by hand."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import skillsim as ss
from skillsim.results.seat_plan import COLUMNS
from skillsim.rules.reasons import CODES, reasons_of_plan, reasons_of_rule
from skillsim.terms import REASONS
from worlds import build, get, laid, means, path, place, row, run, stage, steps, town

TEXT = ("scenario", "school", "programme", "pathway", "areas", "reason")


def classes(seats, junior, *, last=2027, rule=None, rows=None, **over):
    """One-year classes: in each area a row of seats for its own young people, who all come if there is room.

    So completion is min(1, junior / seats), by hand.  Schools have room for everybody.
    """
    names = ["east", "west", "north"][: len(seats)]
    rows = rows or [row("p", n, areas=[a]) for a, n in zip(names, seats, strict=True)]
    raw = place({"p": path(stage())}, rows, last=last, rules={"quota": {"active": 1, **(rule or {})}})
    raw["areas"] = {a: {"title": {"zh": a, "en": a}, "junior_graduates": n} for a, n in zip(names, junior, strict=True)}
    raw["institutions"] = {c: {**i, "area": "east"} for c, i in raw["institutions"].items()}
    return laid(raw, over)


def holding(raw, area, since=2026, **change):
    raw["policies"] = {
        "keep": {
            "title": {"zh": "k", "en": "k"},
            "changes": [{"key": f"quota.p.school.a.{area}", "from": date(since, 1, 1), "hold": True, **(change or {"scale": 1})}],
        }
    }
    return build(raw).vary("keep")


def reasons(scenario):
    """Reasons [rows] of each year, of draws and of means: both must say the same."""
    scenario = scenario if isinstance(scenario, ss.Scenario) else build(scenario)
    drawn, mean = run(scenario, 2).history.reason, means(scenario).history.reason
    assert (drawn == mean).all()
    return [[CODES[i] for i in year] for year in mean[:, :, 0]]


# ------------------------------------------------------------------------------------------------------ without the rule


def test_as_planned():
    assert reasons(classes([100, 50], [50, 90], rule={"active": 0})) == [["planned"] * 2] * 3


def test_a_change_of_the_plan_is_as_planned():
    raw = classes([steps(y2025=100, y2026=40)], [1000], rule={"active": 0})
    assert reasons(raw) == [["planned"]] * 3


def test_cut_to_the_room():
    """150 in the table of a school for 120 in 2026 only: 80 and 40; a row without seats loses none."""
    raw = classes(
        [100, 50, 0], [1000] * 3, rule={"active": 0},
        institutions={"school": {"capacity": {"series": {2025: 200, 2026: 120, 2027: 200}, "steps": True}}},
    )  # fmt: skip
    at = {key: i for i, key in enumerate(run(build(raw), 2).inputs.layout.pools)}
    found = reasons(raw)
    assert found[0] == found[2] == ["planned"] * 3
    assert [found[1][at[f"p.school.a.{a}"]] for a in ("east", "west", "north")] == ["cut_capacity", "cut_capacity", "planned"]


def test_a_hold_says_nothing_while_the_rule_is_off():
    assert reasons(holding(classes([100], [1000], rule={"active": 0}), "east")) == [["planned"]] * 3


def test_exam_rows_are_never_held():
    """Only where the rule would act is a row held: seats entered by exam are as planned."""
    pathways = {"p": path(stage(further={"gate": "exam", "sits": 1, "passes": 1})), "q": path(stage("college"), entry="exam")}
    raw = place(pathways, [row("p", 100), row("q", 50, areas="any")], last=2026, rules={"quota": {"active": 1}})
    change = {"key": "quota.*", "scale": 1, "from": date(2025, 1, 1), "hold": True}
    raw["policies"] = {"keep": {"title": {"zh": "k", "en": "k"}, "changes": [change]}}
    assert reasons(build(raw).vary("keep")) == [["held", "planned"]] * 2


# --------------------------------------------------------------------------------------------------------- under the rule


def test_completion_below_target():
    """90 of 100, then .9 and more: always under .95."""
    assert reasons(classes([100], [50])) == [["rule_completion_down"]] * 3


def test_completion_above_target():
    assert reasons(classes([100], [1000])) == [["rule_completion_up"]] * 3


def test_growing_juniors():
    """Completion at its target of 1: 1,000, 1,100, 990, 990 young people move the row up, down, and not at all."""
    raw = classes([100], [{"series": {2025: 1000, 2026: 1100, 2027: 990}}], last=2028, rule={"target_completion": 1})
    assert reasons(raw) == [["rule_kept"], ["rule_juniors"], ["rule_juniors"], ["rule_kept"]]


@pytest.mark.parametrize(
    ("juniors", "reason"),
    [(1040, "rule_completion_up"), (1070, "rule_juniors"), (960, "rule_completion_up"), (940, "rule_juniors")],
)
def test_the_one_that_moves_the_row_more(juniors, reason):
    """Completion pulls by 1/.95 = 1.0526, that is .0513 in logarithms; growth by .0392, .0677, -.0408, -.0619.

    All but the last are up.  In the last the row falls though completion is above its target.
    """
    found = reasons(classes([100], [{"series": {2025: 1000, 2026: juniors}}], last=2026))
    assert found == [["rule_completion_up"], [reason]]


def test_held_and_cut_while_held():
    """East is held from 2026; in 2027 the school has room for 80 only: its hold does not save it, and west gets nothing."""
    raw = classes(
        [100, 100], [1000, 1000],
        institutions={"school": {"capacity": {"series": {2025: 1000, 2027: 80}, "steps": True}}},
    )  # fmt: skip
    up = "rule_completion_up"
    assert reasons(holding(raw, "east")) == [[up, up], ["held", up], ["cut_capacity", "rule_capacity"]]


def test_the_room_outranks_what_it_bounds():
    """A school of 120 with wishes of 126.3 on top of 80 and 40 seats: not a seat more, and completion is not named."""
    raw = classes([100, 50], [1000, 1000], institutions={"school": {"capacity": 120}})
    assert get(means(build(raw)), "seats").tolist() == pytest.approx([120] * 3)
    assert reasons(raw) == [["rule_capacity"] * 2] * 3


def test_a_school_as_large_as_its_wish_is_not_full():
    raw = classes([100], [1000], rule={"target_completion": 1}, institutions={"school": {"capacity": 100}})
    assert reasons(raw) == [["rule_kept"]] * 3


def test_the_total_of_the_place():
    """Wishes 105 and 53 at a total of 300: doubled, then kept at that; nobody else is to blame."""
    raw = classes([100, 50], [1000, 1000], rule={"seats_total": 300})
    assert reasons(raw) == [["rule_total"] * 2, ["rule_kept"] * 2, ["rule_kept"] * 2]


def test_a_total_that_hardly_moves_is_not_named():
    """Wishes 105.26 and 45 (of 50, completion .5) at a total of 150: scaled by .998, while completion moves by 5 and 10 %."""
    raw = classes([100, 50], [1000, 25], last=2025, rule={"seats_total": 150})
    assert reasons(raw) == [["rule_completion_up", "rule_completion_down"]]


def test_a_full_school_at_a_total():
    """One level gives 75, 62.5, 62.5 for rooms of 60, 200, 55 (see the quota rule's tests): two are full, the other rises."""
    schools = ["s1", "s2", "s3"]
    rows = [row("p", n, school=s, areas=[a]) for s, a, n in zip(schools, ("east", "west", "north"), (100, 50, 50), strict=True)]
    capacity = {"s1": {"capacity": 60}, "s2": {"capacity": 200}, "s3": {"capacity": 55}}
    raw = classes([0] * 3, [1000] * 3, rows=rows, last=2025, rule={"seats_total": 200}, institutions=capacity)
    assert reasons(raw) == [["rule_capacity", "rule_total", "rule_capacity"]]


def test_a_change_of_the_plan_under_the_rule():
    """A new row (0 to 40), a row cut by a policy to 60 %, and a row closed; the year after, the rule alone."""
    raw = classes([100, steps(y2025=0, y2026=40), steps(y2025=30, y2026=0)], [1000] * 3)
    scenario = build(raw).vary({"quota.p.school.a.east": ("scale", 0.6, date(2026, 1, 1))})
    pools = run(scenario, 2).inputs.layout.pools
    found = [dict(zip(pools, year, strict=True)) for year in reasons(scenario)]
    east, west, north = (f"p.school.a.{a}" for a in ("east", "west", "north"))
    up = "rule_completion_up"
    assert found == [
        {east: up, west: "rule_kept", north: up},
        {east: "rule_plan", west: "rule_plan", north: "rule_plan"},
        {east: up, west: up, north: "rule_kept"},
    ]


def test_all_hangs_on_the_year_and_the_switch():
    """The rule from 2026 on: as planned before."""
    scenario = build(classes([100], [1000], rule={"active": 0})).vary({"rules.quota.active": ("set", 1.0, date(2026, 1, 1))})
    assert reasons(scenario) == [["planned"], ["rule_completion_up"], ["rule_completion_up"]]


# ------------------------------------------------------------------------------------------------------------- its parts


def of_rule(last, base, growth, pull, level, seats, bound=False):
    one = np.array([[1.0]])
    got = reasons_of_rule(last * one, base * one, growth * one[0], pull * one, level * one[0], seats * one, bound == (one > 0))
    assert got.shape == (1, 1) and got.dtype == np.int8
    return CODES[got[0, 0]]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((100, 100, 1.0, 1.0, 1.0, 100), "rule_kept"),
        ((100, 100, 1.004, 1.0, 1.0, 100), "rule_kept"),  # 100.4 in whole seats
        ((40, 40, 1.005, 1.0, 1.0, 39), "rule_rounded"),  # the school's sum was rounded down, and this row paid
        ((40, 40, 1.0, 1.0, 1.0, 41), "rule_rounded"),
        ((0, 0, 1.1, 1.1, 1.1, 0), "rule_kept"),
        ((0, 40, 1.1, 1.1, 1.0, 48), "rule_plan"),
        ((40, 0, 1.1, 1.1, 1.0, 0), "rule_plan"),
        ((40, 40, 0.0, 1.1, 1.0, 0), "rule_juniors"),
        ((40, 40, 1.1, 1.1, 0.0, 0), "rule_total"),
        ((100, 100, 1.03, 1.05, 0.9, 97), "rule_total"),  # up twice, and yet down: only the total can have done it
        ((100, 100, 0.97, 0.95, 1.2, 111), "rule_total"),
        ((100, 100, 0.97, 0.95, 1.0, 92), "rule_completion_down"),
        ((100, 100, 0.95, 0.97, 1.0, 92), "rule_juniors"),
        ((100, 90, 0.95, 0.97, 1.0, 83), "rule_plan"),
        ((100, 100, 1.1, 1.1, 1.0, 90, True), "rule_capacity"),
        ((100, 100, 1.1, 1.1, 1.0, 100, True), "rule_capacity"),  # not kept: the room kept it
        ((100, 100, 1.0, 1.0, 1.0, 100 - 1e-12, True), "rule_kept"),  # full by noise only
        ((100, 0, 1.0, 1.0, 1.0, 0, True), "rule_plan"),  # a closed row of a full school
    ],
)
def test_one_row_under_the_rule(given, reason):
    assert of_rule(*given) == reason


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    *(st.sampled_from([0.0, 1.0, 40.0, 100.0]) for _ in range(2)), *(st.sampled_from([0.0, 0.9, 0.98, 1.0, 1.02, 1.1, 2.0]),) * 3,
    st.booleans(),
)  # fmt: skip
def test_what_is_named_pushed_that_way(last, base, growth, pull, level, whole):
    """A row that rises is never put down to a factor below 1, and the other way round; what moves is never kept."""
    exact = base * growth * pull * level
    seats = np.floor(exact + 0.5) if whole else exact
    reason = of_rule(last, base, growth, pull, level, seats)
    way = np.sign(seats - last) if abs(seats - last) > 1e-6 else 0
    assert (reason == "rule_kept") == (way == 0)
    factor = {
        "rule_plan": base / last if last else (np.inf if base else 1.0), "rule_juniors": growth, "rule_total": level,
        "rule_completion_up": pull, "rule_completion_down": pull,
    }  # fmt: skip
    if reason in factor:
        assert np.sign(factor[reason] - 1) == way
        rivals = (base / last if last else 1.0, growth, pull, level)
        with np.errstate(divide="ignore"):
            assert way * np.log(factor[reason]) >= max(way * np.log(rivals)) - 1e-12
    else:
        assert reason == "rule_kept" or (whole and reason == "rule_rounded")
    assert reason != "rule_completion_up" or way > 0
    assert reason != "rule_completion_down" or way < 0


def test_rows_outside_the_rule():
    plan = np.array([[100.0, 100.0], [100.0, 100.0], [0.0, 0.0]])
    seats = np.array([[100, 99], [100, 99], [0, 0]])
    got = reasons_of_plan(plan, np.array([False, True, False]), seats)
    assert got.dtype == np.int8
    assert [[CODES[i] for i in r] for r in got] == [["planned", "cut_capacity"], ["held", "cut_capacity"], ["planned"] * 2]


def test_every_reason_has_its_words():
    assert all(term.zh and term.en and code.isascii() for code, term in REASONS.items())
    assert len({term.zh for term in REASONS.values()}) == len({term.en for term in REASONS.values()}) == len(REASONS)


# ------------------------------------------------------------------------------------------------------------- the table


def uncertain(**over):
    """The town under the rule with uncertain juniors, who grow and fall again, uncertain seats, and a full school."""
    raw = town(last=2028, **laid({"rules": {"quota": {"active": 1}}, "uncertainty": {"parameters": True}}, over))
    raw["areas"]["east"]["junior_graduates"] = {"series": {2026: 600, 2027: 720, 2028: 600}, "factor": {"uniform": [0.8, 1.2]}}
    raw["quota"]["rows"][0]["seats"] = {"uniform": [100, 200]}
    raw["institutions"]["college"]["capacity"] = 450
    return raw


MORE = {"quota.plain.school.b": ("scale", 1.5, date(2026, 1, 1)), "quota.higher": ("scale", 2.0, date(2027, 1, 1))}


@pytest.fixture(scope="module")
def both():
    base = build(uncertain())
    return ss.run([base, base.vary(MORE)], 40, threads=2)


def test_one_line_for_each_year_and_row(both):
    r = both[0]
    plan, layout = r.seat_plan(), r.inputs.layout
    assert tuple(plan.columns) == COLUMNS
    assert len(plan) == len(r.inputs.years) * len(layout.pools)
    keys = plan[["pathway", "school", "programme", "areas"]].agg(".".join, axis=1)
    for year in r.inputs.years:
        assert sorted(keys[plan.year == year]) == sorted(layout.pools)
    order = ["year", "school", "programme", "pathway", "areas"]
    assert plan[order].apply(tuple, axis=1).is_monotonic_increasing
    assert set(plan.areas) == {row.open_to for row in r.scenario.quota.rows}
    assert set(plan.scenario) == {r.name}


def test_its_figures_are_those_of_the_replications(both):
    """Each line against the history, worked out anew for its row, year by year and one replication at a time."""
    r = both[0]
    h, pools = r.history, r.inputs.layout.pools
    for line in r.seat_plan().itertuples():
        y, i = line.year - r.inputs.first, pools.index(f"{line.pathway}.{line.school}.{line.programme}.{line.areas}")
        seats = h.seats[y, i]
        assert line.seats == pytest.approx(seats.mean(), abs=0.051)
        assert (line.p05, line.p50, line.p95) == pytest.approx(np.quantile(seats, [0.05, 0.5, 0.95]), abs=0.051)
        planned = r.inputs.get(f"quota.{pools[i]}")[y]
        assert line.planned == pytest.approx(planned.mean(), abs=0.051)
        if y:
            filled = [e / s for s, e in zip(h.seats[y - 1, i], h.entrants[y - 1, i], strict=True) if s]
            assert line.last_completion == pytest.approx(np.mean(filled) if filled else np.nan, abs=5.1e-5, nan_ok=True)
        counts = np.bincount(h.reason[y, i], minlength=len(CODES))
        assert line.reason == CODES[int(np.argmax(counts))]
        assert line.reason_share == counts.max() / 40
        assert counts.sum() == 40


def test_reasons_come_with_what_they_say(both):
    """In every replication: as planned and held are the plan, cut is below it, kept is last year's seats."""
    seen = set()
    for r in both:
        h = r.history
        plan = np.broadcast_to(np.repeat(r.inputs.seats, 2, axis=-1), h.seats.shape)
        last = np.concatenate([h.before[:1], h.seats[:-1]])
        at = {code: h.reason == i for i, code in enumerate(CODES)}
        seen |= {code for code, where in at.items() if where.any()}
        assert (h.seats == plan)[at["planned"] | at["held"]].all()
        assert (h.seats < plan)[at["cut_capacity"]].all()
        assert (h.seats == last)[at["rule_kept"]].all()
        assert (h.seats > last)[at["rule_completion_up"]].all()
        assert (h.seats < last)[at["rule_completion_down"]].all()
        assert (h.seats != last)[at["rule_juniors"] | at["rule_plan"] | at["rule_rounded"]].all()
    assert {"planned", "cut_capacity", "rule_capacity", "rule_juniors", "rule_completion_up", "rule_plan"} <= seen


def test_a_policy_moves_the_planned_seats_of_its_rows_and_years(both):
    base, other = (r.seat_plan() for r in both)
    ratio = other.planned / base.planned
    plain = (base.pathway == "plain") & (base.school == "school") & (base.programme == "b") & (base.year >= 2026)
    higher = (base.pathway == "higher") & (base.year >= 2027)
    assert plain.sum() == 3 and higher.sum() == 4
    assert (ratio[plain] == 1.5).all() and (ratio[higher] == 2).all() and (ratio[~plain & ~higher] == 1).all()
    assert set(other.scenario) == {both[1].name} != set(base.scenario)
    assert (other.reason[plain & (base.year == 2026)] == "rule_plan").all()


def test_planned_is_the_mean_of_the_draws(both):
    """100 to 200 seats, uniform: not the mean of the distribution but that of the twenty draws of this run."""
    plan = both[0].seat_plan()
    got = plan[(plan.pathway == "plain") & (plan.programme == "a") & (plan.areas == "local")].planned
    draws = both[0].inputs.get("quota.plain.school.a.local")
    assert draws.shape[-1] == 20 and np.ptp(draws) > 20
    assert got.tolist() == pytest.approx(draws.mean(axis=-1).tolist(), abs=0.051)
    assert abs(got.iloc[0] - 150) > 0.1


def test_the_first_year_looks_at_the_start():
    """90 of 100 seats taken in the warm-up, so .9 stands in the first year; a row that is new has none; then 90 of 94.7."""
    raw = classes([100, steps(y2025=0, y2026=40)], [90, 1000], last=2026)
    r = run(build(raw), 4)
    plan = r.seat_plan().set_index(["areas", "year"]).last_completion
    assert plan["east", 2025] == 0.9
    assert np.isnan(plan["west", 2025]) and np.isnan(plan["west", 2026])
    assert plan["east", 2026] == pytest.approx(90 / 95, abs=5e-5)
    assert r.history.before.tolist() == [[[100] * 4, [0] * 4], [[90] * 4, [0] * 4]]


def test_completion_is_a_mean_over_replications_that_had_seats():
    """A place's own seats of 0 in some draws: those are left out, and are no completion of 0."""
    raw = classes([10, 100], [1000, 1000], last=2026, rule={"active": 0}, uncertainty={"parameters": True})
    raw["institutions"]["school"]["capacity"] = {"uniform": [0, 200]}
    raw["quota"]["rows"][0]["seats"] = {"uniform": [0, 1.2]}
    r = run(build(raw), 80)
    seats = r.history.seats[0, 0]
    assert 0 < (seats == 0).sum() < 80
    plan = r.seat_plan()
    assert plan[(plan.areas == "east") & (plan.year == 2026)].last_completion.tolist() == [1.0]


def test_the_share_of_a_reason():
    """Room for 0 to 200 where 100 are planned: cut in the replications whose room is below, and the plan says how many."""
    raw = classes([100], [1000], last=2025, rule={"active": 0}, uncertainty={"parameters": True})
    raw["institutions"]["school"]["capacity"] = {"uniform": [0, 160]}
    r = run(build(raw), 80)
    cut = (r.history.seats[0, 0] < 100).mean()
    line = r.seat_plan().iloc[0]
    assert 0.5 < cut < 1
    assert (line.reason, line.reason_share) == ("cut_capacity", pytest.approx(cut))
    assert line.planned == 100 and line.seats < 100 and line.p95 <= 100


@pytest.mark.parametrize("chances", [{"process": False}, {"process": False, "parameters": False}, {"parameters": False}])
def test_with_parts_of_chance_off(chances):
    """Reasons are small integers on either source; without any chance each has every replication."""
    r = run(build(uncertain(uncertainty=chances)), 8)
    assert r.history.reason.dtype == np.int8
    assert r.history.before.dtype == r.history.seats.dtype
    plan = r.seat_plan()
    assert len(plan) == 4 * len(r.inputs.layout.pools) and set(plan.reason) <= set(CODES)
    if not r.scenario.uncertainty.process and not r.scenario.uncertainty.parameters:
        assert (plan.reason_share == 1).all() and (plan.p05 == plan.p95).all()
    assert not plan.drop(columns="last_completion").isna().any(axis=None)


def test_shares_sum_to_one(both):
    h = both[1].history
    shares = np.stack([(h.reason == i).mean(axis=-1) for i in range(len(CODES))])
    assert np.allclose(shares.sum(axis=0), 1, atol=1e-12, rtol=0)
    plan = both[1].seat_plan()
    assert plan.reason_share.between(1 / len(CODES), 1).all()
    largest = shares.max(axis=0)
    assert sorted(plan.reason_share) == pytest.approx(sorted(largest.reshape(-1)), abs=5.1e-5)


# -------------------------------------------------------------------------------------------------------------- the file


def test_the_file_is_the_frame(both, tmp_path):
    from skillsim.results.files import save

    save(both, tmp_path / "out")
    there = pd.read_csv(tmp_path / "out" / "seat_plan.csv", keep_default_na=False, na_values={"last_completion": [""]})
    mine = pd.concat([r.seat_plan() for r in both], ignore_index=True)
    assert_frame_equal(there.astype(dict.fromkeys(TEXT, object)), mine.astype(dict.fromkeys(TEXT, object)), check_exact=True)


def test_equal_runs_are_equal_bytes(both, tmp_path):
    """Other threads, other chunks, another process of drawing: one by one and together."""
    from skillsim.results.files import save

    first = save(both, tmp_path / "first")
    again = [run(r.scenario, 40, threads=1) for r in both]
    second = save(again, tmp_path / "second")
    assert (first / "seat_plan.csv").read_bytes() == (second / "seat_plan.csv").read_bytes()
    assert b"\r" not in (first / "seat_plan.csv").read_bytes()
    assert json.loads((first / "manifest.json").read_text(encoding="utf-8"))["format"] == 1


def test_a_folder_with_a_seat_plan_is_replaced(both, tmp_path):
    out = both[0].save(tmp_path / "out")
    before = (out / "seat_plan.csv").read_bytes()
    both[1].save(out)
    assert (out / "seat_plan.csv").read_bytes() != before
