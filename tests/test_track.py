"""On track: the line to a goal, the verdict, and what can still be decided by when."""

from datetime import date

import numpy as np
import pytest

import skillsim as ss
from helpers_scenario import SCENARIOS, SMALL
from skillsim.analysis.track import Point, decisions, margin, on_track, required
from skillsim.scenario.types import Target
from worlds import build, path, place, row, run, stage, steps, title, with_market

SOURCE = {"assumed": "-"}


def target(**over):
    return {"title": title("t"), "indicator": "seats", "year": 2029, "direction": "reach", "value": 140, "clause": "-", **over}


def town(seats, targets, *, as_of=date(2026, 1, 1), last=2030, **over):
    """Seats by year and nothing else, everything certain."""
    return place({"p": path(stage())}, [row("p", seats)], last=last, as_of=as_of, targets=targets, **over)


def line(track):
    return track.line.set_index("year")


SEATS = {"series": {2025: 100, 2026: 110, 2027: 118, 2028: 130, 2029: 141, 2030: 150}}


def test_the_line_of_a_goal_to_reach():
    """From 100 in 2025 to 140 in 2029: ten more each year; the mean's gap to it."""
    track = on_track(run(build(town(SEATS, {"t": target()})), 2), "t")
    assert track.start == Point(2025, 100.0) and track.actual is None and track.years_left == 4
    assert line(track).low.to_dict() == {2026: 110, 2027: 120, 2028: 130, 2029: 140}
    assert line(track).high.isna().all()
    assert line(track).gap.to_dict() == {2026: 0, 2027: -2, 2028: 0, 2029: 1}
    assert (line(track)["mean"] == line(track).p05).all() and (line(track)["mean"] == line(track).p95).all()
    assert (track.verdict, track.by, track.judged) == ("on", "simulated", 2029)


@pytest.mark.parametrize(
    ("over", "verdict", "low", "high"),
    [
        ({"value": 140}, "on", 110, np.nan),  # 141 of 140, within half a year's ten
        ({"value": 130}, "ahead", 107.5, np.nan),
        ({"value": 150}, "behind", 112.5, np.nan),
        ({"value": 146}, "on", 111.5, np.nan),  # 5 short, half a year's 11.5
        ({"value": 90}, "met", 90, np.nan),
        ({"direction": "at_least", "value": 100}, "met", 100, np.nan),
        ({"direction": "at_most", "value": 120}, "slipping", np.nan, 120),
        ({"direction": "at_most", "value": 200}, "met", np.nan, 200),
        ({"direction": "at_most", "value": 60}, "behind", np.nan, 90),
        ({"direction": "band", "value": None, "band": (120, 160)}, "ahead", 105, 160),
        ({"direction": "band", "value": None, "band": (40, 60)}, "behind", 40, 90),
        ({"direction": "band", "value": None, "band": (90, 150)}, "met", 90, 150),
        ({"direction": "band", "value": None, "band": (90, 130)}, "slipping", 90, 130),
        ({"direction": "show", "value": None}, "shown", np.nan, np.nan),
    ],
)
def test_verdicts_of_all_directions(over, verdict, low, high):
    """The line one year after its start; seats are 100 then 141 in the target's year."""
    track = on_track(run(build(town(SEATS, {"t": target(**over)})), 2), "t")
    assert track.verdict == verdict
    np.testing.assert_array_equal(line(track).loc[2026, ["low", "high"]].astype(float), [low, high])


def test_falling_towards_at_most():
    """140, 130, 120, 110, 100: at most 100 in 2029 lies on the line; at most 110 is met early; at most 80 is missed."""
    falling = {"series": {2025: 140, 2029: 100}}
    targets = {f"t{v}": target(direction="at_most", value=v) for v in (80, 100, 120)}
    result = run(build(town(falling, targets)), 2)
    assert [on_track(result, c).verdict for c in targets] == ["behind", "on", "ahead"]
    assert line(on_track(result, "t100")).high.to_dict() == {2026: 130, 2027: 120, 2028: 110, 2029: 100}


@pytest.mark.parametrize("start", [None, Point(2029, 5.0), Point(2030, 5.0)])
def test_without_a_start_before_the_year_the_goal_itself_is_required(start):
    t = Target.model_validate(target())
    low, high = required(t, start, np.array([2028, 2029]))
    assert low.tolist() == [140, 140] and np.isposinf(high).all()


def test_margin_is_negative_outside():
    assert margin(np.array([1.0, 3.0, 7.0]), 2, 6).tolist() == [-1, 1, -1]


# ------------------------------------------------------------------------------------------------------------- actual figures


def heads(observed, goal, **over):
    """1000 enter a one-year stage each year, none drops out; actual entrants as given."""
    raw = place({"p": path(stage()), "q": path(stage())}, [row("p", 100), row("q", 100)], last=2030, as_of=date(2027, 12, 31))
    raw["observed"] = [
        {"indicator": "entrants", "year": y, "of": {"pathways": ps}, "value": v, "source": SOURCE} for y, ps, v in observed
    ]
    raw["targets"] = {"t": target(indicator="entrants", value=goal, of={"pathways": ["p", "q"]}, **{"year": 2030, **over})}
    return on_track(run(build(raw), 2), "t")


@pytest.mark.parametrize(("last", "verdict"), [(226, "ahead"), (224, "on"), (216, "on"), (207, "behind"), (250, "slipping")])
def test_actual_figures_are_judged_by_the_line_drawn_before_them(last, verdict):
    """From 200 in 2025 to 250 in 2030: 10 a year, 220 in 2027; half a year is 5.  The line goes on from the last actual."""
    track = heads([(2026, ["p", "q"], 150), (2027, ["p", "q"], last)], 250)
    assert track.actual == track.start == Point(2027, last)
    assert (track.verdict, track.by, track.judged) == (verdict, "actual", 2027)
    assert line(track).low.to_list() == pytest.approx([last + (250 - last) * part for part in (1 / 3, 2 / 3, 1)])


def test_parts_that_make_up_the_whole_are_its_actual_figure():
    """Entrants of p and of q together are those of both; p alone is not; of 2027 only p is known."""
    track = heads([(2026, ["p"], 90), (2026, ["q"], 120), (2027, ["p"], 95)], 250)
    assert track.actual == Point(2026, 210.0)


def test_figures_of_others_are_no_actual_figures():
    """A wider pick can't be shown to be the target's, nor a part of it."""
    assert heads([(2026, ["p"], 90)], 250).actual is None
    raw = town(100, {"t": target(indicator="entrants", of={"programmes": ["a"]})}, as_of=date(2026, 12, 31))
    raw["quota"]["rows"].append(row("p", 50, "b"))
    raw["programmes"]["b"] = {"title": title("b")}
    raw["observed"] = [{"indicator": "entrants", "year": 2026, "value": 150, "source": SOURCE}]
    assert on_track(run(build(raw), 2), "t").actual is None


def test_one_actual_figure_in_the_first_year_has_no_line_before_it():
    """Then the simulated mean of the target's year says."""
    track = heads([(2025, ["p", "q"], 150)], 250)
    assert (track.actual, track.by, track.verdict) == (Point(2025, 150.0), "simulated", "behind")


def test_rates_of_parts_are_not_the_rate_of_the_whole():
    """Nor is their sum; a row about the very same graduates is, whatever words it uses."""
    raw = place({"p": path(stage()), "q": path(stage())}, [row("p", 100), row("q", 100)], last=2030, as_of=date(2027, 12, 31))
    figure = {"indicator": "local_retention", "definition": "r1", "source": SOURCE}
    raw["observed"] = [{**figure, "year": 2025, "value": 0.6}] + [
        {**figure, "year": 2026, "of": {"pathways": [p]}, "value": v} for p, v in (("p", 0.5), ("q", 0.3))
    ]
    picked = {"r1": {}, "both": {"of": {"pathways": ["p", "q"]}}, "p": {"of": {"pathways": ["p"], "levels": ["secondary"]}}}
    raw["targets"] = {c: target(indicator="local_retention_r1", value=0.7, **of) for c, of in picked.items()}
    raw["targets"]["r3"] = target(indicator="local_retention_r3", value=0.7)
    result = run(build(raw), 2)
    assert {c: on_track(result, c).actual for c in raw["targets"]} == {
        "r1": Point(2025, 0.6), "both": Point(2025, 0.6), "p": Point(2026, 0.5), "r3": None,
    }


def test_a_target_whose_year_has_passed_is_met_or_missed():
    """However near, simulated or actual."""
    for last, verdict in ((248, "behind"), (250, "met")):
        track = heads([(2026, ["p", "q"], 220), (2027, ["p", "q"], last)], 250, year=2027)
        assert (track.verdict, track.by, track.years_left) == (verdict, "actual", 0)
    for value, verdict in ((110, "met"), (111, "behind")):
        raw = town(SEATS, {"t": target(year=2026, value=value)}, as_of=date(2028, 1, 1))
        track = on_track(run(build(raw), 2), "t")
        assert (track.verdict, track.years_left, track.line.open.any()) == (verdict, 0, False)


def test_a_figure_that_is_blank_has_no_verdict():
    """No seats, no completion; where the start alone is blank the goal is required at once."""
    raw = town(0, {"t": target(indicator="completion", value=0.9)})
    track = on_track(run(build(raw), 2), "t")
    assert (track.verdict, track.start) == ("blank", None) and track.line["mean"].isna().all()
    raw = town(steps(y2025=0, y2027=100), {"t": target(indicator="completion", value=0.9)}, junior=95)
    track = on_track(run(build(raw), 2), "t")
    assert (track.verdict, track.start) == ("ahead", None) and (track.line.low == 0.9).all()


def test_as_of_in_the_first_year_starts_from_that_year():
    track = on_track(run(build(town(SEATS, {"t": target()}, as_of=date(2025, 3, 1))), 2), "t")
    assert track.start == Point(2025, 100.0) and line(track).index[0] == 2026


# ----------------------------------------------------------------------------------------------------------------- decisions

LONG = path(
    stage(years=3),
    stage("college", 2, transfer={"sits": 1, "passes": 0.9, "cap": 0.8}),
    stage("bachelor", 2, transfer={"sits": 1, "passes": 1}),
)


def long(indicator, as_of=date(2026, 6, 1), year=2030, **over):
    rows = [row("p", 100, then=["college", "high"]), row("q", 50, school="other")]
    raw = place({"p": LONG, "q": path(stage(years=3))}, rows, last=2032, as_of=as_of)
    raw["retention"]["drivers"] = {
        "subsidy": {"title": title("s"), "level": 0, "effect": 1, "unit": "1"},
        "only_q": {"title": title("s"), "level": 0, "effect": 1, "unit": "1", "pathways": ["q"]},
    }
    raw["targets"] = {"t": target(indicator=indicator, year=year, value=0.5, of=over or {})}
    return run(build(raw), 2)


def told(frame):
    return {one.key: (one.until, one.rounds, one.open) for one in frame.itertuples(index=False)}


def test_what_acts_on_college_graduates_who_stay_and_until_when():
    """Who leaves college in June 2030 entered in 2025, faced the first gate in May 2028, faces the second in May 2030."""
    frame = decisions(long("local_retention_r1", pathways=["p"], levels=["college"]), "t")
    assert told(frame) == {
        "pathways.p.stages.1.transfer.cap": (date(2028, 5, 15), 2, True),
        "pathways.p.stages.2.transfer.cap": (date(2030, 5, 15), 4, True),
        "retention.drivers.subsidy.level": (date(2030, 6, 30), 5, True),
        "institutions.school.capacity": (date(2025, 4, 1), 0, False),
        "quota.p": (date(2025, 4, 1), 0, False),
    }
    by_key = frame.set_index("key")
    assert by_key.authority.to_dict() == {
        "quota.p": "city", "institutions.school.capacity": "city", "retention.drivers.subsidy.level": "city",
        "pathways.p.stages.1.transfer.cap": "province", "pathways.p.stages.2.transfer.cap": "province",
    }
    assert by_key.event.to_dict()["pathways.p.stages.1.transfer.cap"] == "assessment"
    assert by_key.intake["quota.p"] == by_key.intake["pathways.p.stages.1.transfer.cap"] == 2025
    assert frame.open.tolist() == sorted(frame.open, reverse=True)


def test_seats_are_still_read_on_the_very_day():
    """Dated on the plan day a change still acts; a day later there is one round less."""
    for day, rounds in ((date(2026, 4, 1), 3), (date(2026, 4, 2), 2), (date(2029, 1, 1), 0)):
        result = long("graduates", day, 2031, pathways=["q"])
        assert told(decisions(result, "t"))["quota.q"] == (date(2028, 4, 1), rounds, rounds > 0)


def test_headcount_counts_the_last_class_that_comes_in():
    """College in September 2030: who entered in 2027, through the gate of May 2030; the second gate leads out of it."""
    found = told(decisions(long("headcount", pathways=["p"], levels=["college"]), "t"))
    assert found == {
        "institutions.school.capacity": (date(2027, 4, 1), 1, True),
        "quota.p": (date(2027, 4, 1), 1, True),
        "pathways.p.stages.1.transfer.cap": (date(2030, 5, 15), 4, True),
    }
    everybody = told(decisions(long("headcount", pathways=["p"]), "t"))
    assert everybody["quota.p"][0] == date(2030, 4, 1)
    assert everybody["pathways.p.stages.2.transfer.cap"][0] == date(2030, 5, 15)


def test_seats_and_entrants_are_decided_in_april_only():
    frame = decisions(long("entrants"), "t")
    assert set(frame.field) == {"seats", "capacity"} and set(frame.until) == {date(2030, 4, 1)}
    assert set(frame.key) == {"quota.p", "quota.q", "institutions.school.capacity", "institutions.other.capacity"}


def test_a_school_can_be_enlarged_until_the_last_of_its_classes_comes_in():
    """Graduates of all levels in 2030: the last who count are of the one-year pathway, whichever comes first in the file."""
    for order in (1, -1):
        rows = [row("p", 100), row("q", 50)][::order]
        raw = place({"p": LONG, "q": path(stage(years=1))}, rows, last=2032, as_of=date(2026, 6, 1))
        raw["targets"] = {"t": target(indicator="graduates", year=2030)}
        found = told(decisions(run(build(raw), 2), "t"))
        assert (found["quota.p"][0], found["quota.q"][0]) == (date(2027, 4, 1), date(2029, 4, 1))
        assert found["institutions.school.capacity"][0] == date(2029, 4, 1)


def test_nobody_decides_how_many_are_born():
    result = long("junior_graduates")
    frame = decisions(result, "t")
    assert frame.empty and not on_track(result, "t").line.open.any()


def test_drivers_of_those_followed_acted_when_they_graduated():
    """Still here after three years in 2030: the class of 2027."""
    raw = with_market(place({"q": path(stage(years=1))}, [row("q", 50)], last=2030, as_of=date(2026, 1, 1)))
    raw["retention"]["drivers"] = {"subsidy": {"title": title("s"), "level": 0, "effect": 1, "unit": "1"}}
    raw["targets"] = {"t": target(indicator="still_here_3", year=2030, value=0.5), "v": target(indicator="vacancies", value=5)}
    result = run(build(raw), 2)
    found = told(decisions(result, "t"))
    assert found["retention.drivers.subsidy.level"] == (date(2027, 6, 30), 2, True)
    assert found["quota.q"] == (date(2026, 4, 1), 1, True)
    assert decisions(result, "v").empty


def test_a_year_is_open_while_anything_that_acts_on_it_can_be_decided():
    """In July 2026 the drivers of June 2026 have acted; before, not."""
    for day, opened in ((date(2026, 6, 30), True), (date(2026, 7, 1), False)):
        track = on_track(long("local_retention_r1", day, pathways=["p"], levels=["college"]), "t")
        assert line(track).open.to_dict() == {2026: opened} | dict.fromkeys(range(2027, 2031), True)


def test_a_change_after_the_day_does_nothing_and_one_on_it_does():
    """The last day that is told, tried on the model itself."""
    raw = place({"q": path(stage(years=2))}, [row("q", 50)], last=2030, as_of=date(2026, 1, 1))
    raw["targets"] = {"t": target(indicator="graduates", year=2029, value=60)}
    scenario = build(raw)
    until = told(decisions(run(scenario, 2), "t"))["quota.q"][0]
    for day, seats in ((until, 100), (date.fromordinal(until.toordinal() + 1), 50)):
        result = run(scenario.vary({"quota.q": ("set", 100, day)}), 2)
        assert (result.answers[0].values == seats).all()


# ------------------------------------------------------------------------------------------------------------ whole scenarios


def test_made_up_actuals_of_a_whole_place():
    """The file's own figures are found for their targets: the last one, judged by the line before the first."""
    result = ss.run(ss.load(SCENARIOS / "quzhou" / "actuals_2027.yaml"), 40)[0]
    tracks = {code: on_track(result, code) for code in result.scenario.targets}
    assert {code: t.actual for code, t in tracks.items() if t.actual} == {
        "college_headcount": Point(2027, 6990.0),
        "technician_retention": Point(2026, 0.69),
        "college_retention": Point(2026, 0.46),
    }
    assert tracks["college_headcount"].verdict == "behind" and tracks["college_retention"].verdict in ("met", "slipping")
    assert tracks["leading_programme_share"].verdict == "shown"
    assert line(tracks["college_headcount"]).low.to_dict() == {2028: 8660, 2029: 10330, 2030: 12000}
    for code, t in tracks.items():
        answer = next(a for a in result.answers if a.code == code)
        assert t.line["mean"].iloc[-1] == pytest.approx(np.nanmean(answer.values))
        seats = decisions(result, code).query("field == 'seats'").set_index("pathway")
        assert {p: y for p, y in answer.last_intakes.items() if p in seats.index} == seats.intake.to_dict()
        still = seats[seats.open].intake
        assert (int(still.max()) if len(still) else None) == answer.movable_until


def test_the_small_place_without_uncertainty_in_its_parameters():
    result = ss.run(ss.load(SMALL), 40)[0]
    assert on_track(result, "share").verdict == "behind"
