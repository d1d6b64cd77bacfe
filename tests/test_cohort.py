"""One intake followed to its end: nobody is lost on the way, and a small place comes out as worked by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import skillsim as ss
from helpers_scenario import SCENARIOS
from skillsim.analysis.cohort import follow
from skillsim.analysis.effects import PREVIEW, preview
from skillsim.analysis.running import ground_for
from skillsim.chance import Draws
from skillsim.engine.cohort import Trace
from skillsim.engine.run import Run
from skillsim.scenario.reader import read
from skillsim.terms import DESTINATIONS
from worlds import ALL_FOUND, SEED, build, path, place, row, same, stage, town, with_market

SOURCES = {"local", "outside", "joined", "added"}
ENDS = {"general_school", "other_way", "dropped", "repeating", "general", "removed", "in_school", "here", "gone"}


@cache
def scenario(name):
    if name == "town":
        return build(town())
    if name == "town_jobs":
        return build(with_market(town()))
    given, _, policy = name.partition("+")
    found = read(SCENARIOS / f"{given}.yaml")
    return found.vary(policy) if policy else found


@cache
def grounds(name):
    return ground_for(preview(scenario(name)), PREVIEW)


@cache
def flows(name, intake):
    return follow(scenario(name), intake, ground=grounds(name))


def into(frame, *names):
    return float(frame["persons"][frame["target"].isin(names)].sum())


def out_of(frame, *names):
    return float(frame["persons"][frame["source"].isin(names)].sum())


def between(frame, source, target):
    return float(frame["persons"][(frame["source"] == source) & (frame["target"] == target)].sum())


@cache
def calm(name):
    return ss.run(preview(scenario(name)), replications=2, ground=grounds(name))[0]


PLACES = {
    "small": (2025, 2026, 2029), "small_jobs": (2025, 2026, 2029), "town": (2025, 2026, 2029), "town_jobs": (2025, 2027, 2029),
    "quzhou/baseline": (2020, 2025, 2031, 2040), "quzhou/baseline+plan_2025": (2024, 2026, 2036, 2040),
    "quzhou/actuals_2027": (2020, 2022, 2024, 2025, 2027, 2040),
}


@pytest.mark.parametrize(("name", "intake"), [(name, year) for name, years in PLACES.items() for year in years])
def test_nobody_is_lost_on_the_way(name, intake):
    frame = flows(name, intake)
    assert frame["persons"].gt(0).all() and not frame.duplicated(["source", "target"]).any()
    nodes = set(frame["source"]) | set(frame["target"])
    inner = nodes - SOURCES - ENDS
    assert all(node.startswith(("pathway:", "level:")) or node in DESTINATIONS for node in inner)
    for node in inner:
        assert abs(into(frame, node) - out_of(frame, node)) < 1e-9, node
    assert abs(out_of(frame, *SOURCES) - into(frame, *ENDS)) < 1e-9
    assert into(frame, *SOURCES) == 0 and out_of(frame, *ENDS) == 0


@pytest.mark.parametrize("name", PLACES)
def test_the_first_summer_is_that_of_the_run(name):
    run = calm(name)
    layout, years = run.values.layout, scenario(name).years
    local = layout.area_origin == 0
    for intake in PLACES[name]:
        frame, y = flows(name, intake), intake - years.first
        assert out_of(frame, "local") == pytest.approx(run.history.junior[y, local, 0].sum())
        assert into(frame, "general_school") == pytest.approx(run.history.general[y, local, 0].sum())
        if not run.scenario.observed:
            for p in np.unique(layout.pool_pathway[layout.gate_pools["junior"]]):
                entered = run.history.entrants[y, layout.pool_pathway == p, 0].sum()
                node = f"pathway:{layout.pathways[p]}"
                assert between(frame, "local", node) + between(frame, "outside", node) == pytest.approx(entered)
            assert not {"added", "removed"} & (set(frame["source"]) | set(frame["target"]))


@pytest.mark.parametrize("name", ["small", "town", "town_jobs", "quzhou/actuals_2027"])
def test_all_intakes_together_are_the_years(name):
    """Who repeats out of one intake joins the next; the diplomas and destinations of all intakes are those of the run, where
    the intakes that were on their way at the start can't be among them."""
    run, years = calm(name), scenario(name).years
    layout = run.values.layout
    frames = {year: flows(name, year) for year in range(years.first, years.last + 1)}
    for year in range(years.first, years.last):
        left = {node: n for node, end, n in frames[year].itertuples(index=False) if end == "repeating"}
        came = {node: n for start, node, n in frames[year + 1].itertuples(index=False) if start == "joined"}
        assert left == pytest.approx(came)
    junior = np.unique(layout.pool_pathway[layout.gate_pools["junior"]])
    age = {int(g): k for k, one in enumerate(layout.ages) for g in one.ends_group}
    assert sum(len(set(one.ends_group)) for one in layout.ages) == len(layout.groups)  # a group's stage ends at one age
    ours = [g for g in range(len(layout.groups)) if layout.group_pathway[g] in junior]
    for d, code in enumerate(DESTINATIONS):
        new = sum(run.history.destinations[age[g] + 1 :, d, g, 0].sum() for g in ours)
        assert sum(into(frame, code) for frame in frames.values()) == pytest.approx(new)


def test_actual_figures_come_and_go_as_booked():
    """Every person that actual figures of entrants add or remove stands in the flows of that intake."""
    name, year = "quzhou/actuals_2027", 2026
    run, frame = calm(name), flows(name, year)
    layout = run.values.layout
    of = layout.pool_pathway == layout.pathways.index("technician_3")
    simulated = sum(between(frame, start, "pathway:technician_3") for start in ("local", "outside"))
    changed = between(frame, "added", "pathway:technician_3") - between(frame, "pathway:technician_3", "removed")
    assert simulated + changed == pytest.approx(run.history.entrants[year - 2020, of, 0].sum())
    assert abs(changed) > 1
    before = flows(name, 2024)  # of whom the headcount of 2027 counts some, and the graduates of 2027 others
    assert into(before, "removed") + out_of(before, "added") > 1


def one_path(last=2042):
    """1,000 junior graduates a year for 400 seats of two years each; in the first 5 % drop out, 10 % repeat and 20 % move to
    the general track; in the second 2 %, 3 % and 10 %; a quarter comes back each year."""
    way = path(stage(years=2, dropout=[0.05, 0.02], repeat=[0.1, 0.03], to_general=[0.2, 0.1], back=0.25))
    base = [{"pathways": ["p"], "level": "secondary", "rate": 0.6, "definition": "r1", "measured_on": "12-31", "year": 2025}]
    return place({"p": way}, [row("p", 400)], last=last, retention={**ALL_FOUND, "base": base})


FIRST = 400 / (1 - 0.1)  # x = 400 + 0.1 x: those in the first year, long after the start, with those who repeat it
SECOND = (1 - 0.05 - 0.1 - 0.2) * FIRST / (1 - 0.03)


def test_a_small_place_comes_out_as_worked_by_hand():
    """Every intake is like the one before, so as many join by repeating as leave by it.  All find work, six in ten here."""
    frame = follow(build(one_path()), 2040)
    moved = 0.2 * FIRST
    diploma = (1 - 0.02 - 0.03 - 0.1) * SECOND + 0.25 * moved
    repeated = 0.1 * FIRST + 0.03 * SECOND
    expected = {
        ("local", "other_way"): 600, ("local", "pathway:p"): 400, ("joined", "pathway:p"): repeated,
        ("pathway:p", "dropped"): 0.05 * FIRST + 0.02 * SECOND, ("pathway:p", "repeating"): repeated,
        ("pathway:p", "general"): 0.1 * SECOND + 0.75 * moved, ("pathway:p", "level:secondary"): diploma,
        ("level:secondary", "local_other"): 0.6 * diploma, ("level:secondary", "away_employed"): 0.4 * diploma,
        ("local_other", "here"): 0.6 * diploma, ("away_employed", "gone"): 0.4 * diploma,
    }
    assert {(a, b): n for a, b, n in frame.itertuples(index=False)} == pytest.approx(expected, rel=1e-9)


def test_who_is_not_through_at_the_end_is_still_in_school():
    frame = follow(build(one_path()), 2041)  # the first spring is over, the second is not
    assert between(frame, "pathway:p", "in_school") == pytest.approx(SECOND + 0.2 * FIRST)  # with those in the general track
    assert between(frame, "pathway:p", "dropped") == pytest.approx(0.05 * FIRST)
    assert not frame["target"].str.startswith("level:").any()
    last = follow(build(one_path()), 2042)
    assert between(last, "pathway:p", "in_school") == pytest.approx(FIRST) and into(last, "dropped", "repeating") == 0


def test_people_are_whole_under_chance_and_none_is_lost():
    given = scenario("town")
    ground = ground_for(given, 20)
    trace = Trace(ground.layout, 2025)
    run = Run(ground.inputs, Draws(SEED, 0, 20), ground.start, ground.alpha(0, 20), trace=trace)
    plain = Run(ground.inputs, Draws(SEED, 0, 20), ground.start, ground.alpha(0, 20)).go()
    history = run.go()
    assert same(history, plain) == []  # a trace changes nothing
    stock = sum(trace.by_pathway(rows, cells) for one in run.cohorts if one.trace is trace
                for rows, cells in ((one.heads, one.step.cells), (one.general, one.step.cells[one.step.general])))
    assert trace.taken is not None
    people = {what: rows.astype(int) for what, rows in trace.people.items()}
    came = trace.by_pathway(trace.taken, ground.layout.ages[0].cells) + people["joined"] + people["added"]
    left = people["dropped"] + people["repeating"] + people["general"] + people["removed"] + stock
    for year, leaving in trace.leaving.items():
        for p in range(len(ground.layout.pathways)):
            left[p] += leaving[ground.layout.group_pathway == p].sum(axis=0)
        groups = np.unique(ground.layout.ages[year - 2026].ends_group)
        assert (leaving[groups] == history.graduates[year - 2025][groups]).all()  # all leavers of the group are of the intake
    assert (came == left).all() and people["repeating"].sum() > 0 and people["general"].sum() > 0


def test_the_ground_changes_nothing_and_policies_count():
    given = scenario("small")
    alone = follow(given, 2026)
    assert alone.equals(follow(given, 2026, ground=grounds("small")))
    assert alone.equals(follow(given, 2026, ground=grounds("town")))  # not that of the scenario: left out of account
    more = follow(given.vary("more_long_track"), 2026, ground=grounds("small"))
    assert between(more, "local", "pathway:sve_3plus2") == 240 > between(alone, "local", "pathway:sve_3plus2") == 160


@pytest.mark.parametrize("year", [2024, 2030])
def test_a_year_that_is_not_reported_is_refused(year):
    with pytest.raises(ValueError, match=str(year)):
        follow(scenario("small"), year)
