"""Which lever moves a target most."""

import threading
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import skillsim as ss
from helpers_scenario import SCENARIOS, SMALL
from skillsim.analysis import effects
from skillsim.analysis.effects import preview, rank
from skillsim.analysis.running import Stopped, ground_for, run
from skillsim.scenario.levers import first_day, levers
from worlds import build, path, place, row, stage, title

DAY = date(2026, 1, 1)


def target(**over):
    return {"title": title("t"), "indicator": "seats", "year": 2027, "direction": "reach", "value": 400, "clause": "-", **over}


def town(**over):
    """300 seats of three kinds that everybody fills."""
    raw = place(
        {"p": path(stage()), "q": path(stage()), "r": path(stage(dropout=0.1))}, [row("p", 200), row("q", 60), row("r", 40)],
        last=2028, as_of=DAY, targets={"t": target(**over)},
    )
    return build(raw)


def ranked(scenario, only=None, **rest):
    found = levers(scenario)
    return rank(scenario, {k: v for k, v in found.items() if only is None or k in only}, "t", **rest)


def test_seats_move_seats_and_nothing_else_does():
    """Each row's seats times its lever's end: 400, 120 and 80 more; what isn't about seats has no effect."""
    scenario = town()
    table = ranked(scenario).set_index("lever")
    tripled = [f"quota.{p}" for p in "pqr"]
    assert table.loc[tripled].change.tolist() == [400, 120, 80] and (table.loc[tripled].amount == 3).all()
    assert (table.baseline == 300).all() and (table.value == table.baseline + table.change).all()
    moved = table.index[table.change != 0]
    assert set(moved) == {"quota.p", "quota.q", "quota.r", "quota.*.*.a", "rules.quota.active"}
    assert table.change.tolist() == sorted(table.change, reverse=True)
    rest = table[~table.index.isin(moved)]
    assert len(rest) and (rest.gain == 0).all() and rest.index.tolist() == sorted(rest.index)


@pytest.mark.parametrize(
    ("over", "amount", "change", "gain"),
    [
        ({"direction": "at_least"}, 3, 400, 400),
        ({"direction": "at_most", "value": 100}, 0, -200, 200),
        ({"direction": "band", "value": None, "band": (500, 900)}, 3, 400, 200),  # 300 is 200 below, 700 inside
        ({"direction": "band", "value": None, "band": (50, 80)}, 0, -200, 200),
        ({"direction": "band", "value": None, "band": (100, 800)}, 3, 400, 0),  # inside before and after
        ({"direction": "band", "value": None, "band": (290, 310)}, 0, -200, -190),  # every push leaves the band
        ({"direction": "show", "value": None}, 3, 400, 400),
    ],
)
def test_the_better_push_is_that_of_the_direction(over, amount, change, gain):
    found = ranked(town(**over), ["quota.p"]).iloc[0]
    assert (found.amount, found.change, found.gain) == (amount, change, gain)


def test_a_lever_that_can_only_do_harm_is_told_as_such():
    """Fewer drop-outs help; a lever whose only other end is worse keeps that end, before those without effect."""
    scenario = town(indicator="graduates", value=290)
    only = replace(levers(scenario)["quota.p"], lo=0.5, hi=1.0)
    dummy = replace(levers(scenario)["quota.p"], code="none", keys=("areas.town.general_applicants",))
    found = rank(scenario, {"only": only, "none": dummy, "r": levers(scenario)["pathways.r.stages.*.dropout"]}, "t")
    assert found.lever.tolist() == ["r", "only", "none"]
    assert found.change.tolist() == pytest.approx([4, -100, 0])
    assert found.amount.tolist()[:2] == [0, 0.5]


def test_what_a_scenario_refuses_is_blank_and_last():
    """A push out of bounds is left out; where both are, nothing is known."""
    scenario = town()
    one = levers(scenario)["pathways.r.stages.*.dropout"]
    half = replace(one, hi=50.0)
    none = replace(one, lo=40.0, hi=50.0)
    found = rank(scenario, {"none": none, "half": half, "p": levers(scenario)["quota.p"]}, "t").set_index("lever")
    assert found.index.tolist() == ["p", "half", "none"]
    assert found.amount["half"] == 0 and found.loc["none", ["amount", "value", "change", "gain"]].isna().all()


def test_blank_values():
    """No figure before and after is no effect."""
    found = ranked(town(indicator="completion", of={"schools": ["school"]}, value=0.5), ["quota.p"])
    assert found.change.tolist() == [0]
    targets = {"t": target(indicator="completion", value=0.5)}
    raw = place({"p": path(stage())}, [row("p", 0)], last=2028, as_of=DAY, targets=targets)
    raw["areas"]["town"]["general_applicants"] = 5
    scenario = build(raw)
    found = rank(scenario, {"a": levers(scenario)["areas.local.junior_graduates"]}, "t")
    assert found.change.tolist() == [0] and found.baseline.isna().all()


def test_a_lever_acts_from_its_day():
    """After the plan of 2027 it comes too late for seats of 2027."""
    assert ranked(town(), ["quota.p"], since=date(2027, 4, 1)).change.tolist() == [400]
    assert ranked(town(), ["quota.p"], since=date(2027, 4, 2)).change.tolist() == [0]


def test_values_are_those_of_the_one_engine():
    """The small place: every number told is that of a run with both chances off, and a given ground changes none."""
    scenario = ss.load(SMALL)
    found = levers(scenario)
    chosen = {k: v for k, v in found.items() if v.group in ("quotas", "transfers")}
    base = preview(scenario)
    table = rank(scenario, chosen, "share", ground=ground_for(base, 2))
    pd.testing.assert_frame_equal(table, rank(scenario, chosen, "share"))
    assert not base.uncertainty.parameters and scenario.uncertainty.parameters
    for one in table.itertuples():
        lever = chosen[one.lever]
        wish = {c.key: (lever.op, one.amount, scenario.as_of) for c in lever.changes(one.amount, scenario.as_of)}
        result = run(base.vary(wish), 2)[0]
        assert next(a for a in result.answers if a.code == "share").values[0] == one.value
    assert table.lever.iloc[0] == "quota.sve_3plus2" or table.gain.iloc[0] >= table.set_index("lever").gain["quota.sve_3plus2"]


def test_changes_that_make_rows_of_their_own_need_no_ground_of_others():
    """Order classes stated anew: the ground of the scenario is not theirs, and is left aside."""
    scenario = ss.load(SCENARIOS / "small_jobs.yaml")
    found = {k: v for k, v in levers(scenario).items() if k.endswith("order_class")}
    assert found
    table = rank(scenario, found, "stay", ground=ground_for(preview(scenario), 2))
    assert table.value.notna().all()


def test_a_lever_that_is_moved_comes_instead_of_its_own_move():
    """What is promised is what comes of putting it there: not on top of where it stands."""
    scenario = ss.load(SMALL)
    found = {code: levers(scenario)[code] for code in ("quota.sve_3plus2", "quota.sve_3")}
    day = date(2026, 1, 1)

    def at(seats, others):
        rows = {"sve_3plus2": seats, "sve_3": others}
        return scenario.vary({f"quota.{row}": ("scale", amount, day) for row, amount in rows.items() if amount != 1})

    def share(one):
        return next(a for a in run(preview(one), 2)[0].answers if a.code == "share").values[0]

    moved = at(1.4, 0.6)
    tables = effects.rankings(moved, found, instead={"quota.sve_3plus2": at(1, 0.6), "quota.sve_3": at(1.4, 1)})
    table = tables["share"].set_index("lever")
    assert table.value["quota.sve_3plus2"] == pytest.approx(share(at(table.amount["quota.sve_3plus2"], 0.6)), rel=1e-12)
    assert table.value["quota.sve_3"] == pytest.approx(share(at(1.4, table.amount["quota.sve_3"])), rel=1e-12)
    assert (table.baseline == share(moved)).all()
    on_top = effects.rankings(moved, found)["share"].set_index("lever")
    assert (on_top.value != table.value).any()


def test_pushes_act_from_the_first_day_on_which_a_lever_can():
    """On 2 April the seats of the year are planned: a push of seats acts from the next January."""
    raw = place({"p": path(stage())}, [row("p", 200)], last=2029, as_of=date(2026, 4, 2), targets={"t": target()})
    scenario = build(raw)
    lever = levers(scenario)["quota.p"]
    assert first_day(scenario, lever) == date(2027, 1, 1)
    (base, *pushes) = [preview(scenario), *effects._pushes(preview(scenario), {"quota.p": lever}, None, {})]
    assert {patch.since for _, _, one in pushes for patch in one.quota.rows[0].seats.patches} == {date(2027, 1, 1)}
    assert len(pushes) == 2 and base.as_of == date(2026, 4, 2)


@pytest.mark.parametrize("active", [0, 1])
def test_levers_side_by_side_are_as_each_by_itself(active):
    """Every lever at both ends, all in one run, against a run of its own; with the quota rule off and on."""
    scenario = ss.load(SCENARIOS / "small_jobs.yaml").vary({"rules.quota.active": ("set", active)})
    base, chosen = preview(scenario), levers(scenario)
    for code in ("stay", "share"):
        for one in rank(scenario, chosen, code).itertuples():
            changes = chosen[one.lever].changes(one.amount, scenario.as_of)
            wish = {c.key: (chosen[one.lever].op, one.amount, scenario.as_of) for c in changes}
            alone = next(a for a in run(base.vary(wish), 2)[0].answers if a.code == code).values[0]
            assert one.value == pytest.approx(alone, rel=1e-12), one.lever


def test_progress_and_stop(monkeypatch):
    monkeypatch.setattr(effects, "BESIDE", 3)
    scenario = town()
    some = dict(list(levers(scenario).items())[:4])
    seen = []
    rank(scenario, some, "t", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(3, 9), (6, 9), (9, 9)]
    stop = threading.Event()
    with pytest.raises(Stopped):
        rank(scenario, some, "t", progress=lambda done, of: stop.set(), stop=stop)
