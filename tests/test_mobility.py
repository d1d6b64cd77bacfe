"""In which area graduates work, and schools raised in level."""

import numpy as np

import worlds
from skillsim.rules.retention import shares_by_area
from skillsim.terms import DESTINATIONS
from worlds import build, get, laid, means, path, place, row, run, same, stage, town

MOVING = {"mobility": {"own": 0.8, "jobs": {"east": 3, "west": 1}, "near": 0.25}}


def raised(last=2029, active=0, **over):
    """A craft school whose technicians count as college students once it is raised."""
    raw = place(
        {"craft": path(stage("technician", 3, 0.1)), "other": path(stage("college", 1), entry="exam")},
        [row("craft", 100, school="craft_school"), row("other", 10, school="college", areas="any")],
        last=last, levels=["technician", "college"],
        institutions={"craft_school": {"raised": {"active": active, "levels": {"technician": "college"}}}},
    )
    return build(laid(raw, over))


def test_shares_are_by_jobs_and_favour_the_area_of_study():
    """Jobs 3 : 1 and log-odds ln 2 of one's own area: who studied in the first works there with 6/7, in the second with 3/5,
    who studied in neither with 3/4."""
    got = shares_by_area(np.array([[3.0], [1.0]]), np.array([np.log(2)]), np.array([4, 7, 9]), np.array([4, 7]))
    assert np.allclose(got[0, :, 0], [6 / 7, 3 / 5, 3 / 4], atol=1e-15)
    assert np.allclose(got.sum(axis=0), 1, atol=1e-15)


def test_who_works_here_works_in_one_of_its_areas_in_every_replication():
    result = run(build(laid(town(), {"retention": MOVING})), 40)
    h = result.history
    assert (h.worked_in.sum(axis=1) == h.destinations[:, 2:6].sum(axis=1)).all() and h.worked_in.min() >= 0
    assert (h.near <= h.destinations[:, DESTINATIONS.index("away_employed")]).all() and h.near.sum() > 0
    assert (get(result, "worked_in") == get(result, "local_employed")).all()
    assert (get(result, "worked_in", areas=["east"]) + get(result, "worked_in", areas=["west"]) == get(result, "worked_in")).all()


def test_retention_at_area_and_region_level_on_means():
    """On means with the figures above: of the locally employed who studied in the east e^0.8·3 / (e^0.8·3 + 1) work there; the
    region holds the local employed and a quarter of those employed elsewhere."""
    values = means(build(laid(town(), {"retention": MOVING})))
    layout, h = values.layout, values.history
    east, share = layout.areas.index("east"), 3 * np.exp(0.8) / (3 * np.exp(0.8) + 1)
    studied = layout.group_area == east
    local, away = values.local[-1, :, 0], h.destinations[-1, DESTINATIONS.index("away_employed"), :, 0]
    wanted = share * local[studied].sum() / (local + away)[studied].sum()
    assert abs(get(values, "area_retention", areas=["east"])[-1] - wanted) < 1e-12
    region = (local.sum() + 0.25 * away.sum()) / (local + away).sum()
    assert abs(get(values, "region_retention")[-1] - region) < 1e-12
    r1 = get(values, "local_retention_r1")[-1]
    assert get(values, "area_retention")[-1] < r1 < get(values, "region_retention")[-1]


def test_area_retention_is_about_those_who_studied_here():
    """Graduates of a school outside the place are in no area of it: they are left out of both parts."""
    values = means(build(laid(town(), {"retention": MOVING})))
    top, bottom = values.parts("area_retention")
    outside = values.layout.group_area == values.layout.areas.index("far")
    assert outside.any() and (top[:, outside] == 0).all() and (bottom[:, outside] == 0).all()


def test_the_split_by_area_moves_nobody_else():
    """Who goes where is known before: with areas asked for, destinations are the same people; only keys of groups differ, so
    means are compared (and exactly so)."""
    plain, split = means(build(town())), means(build(laid(town(), {"retention": MOVING})))
    for indicator in ("graduates", "local_employed", "away_employed", "headcount"):
        assert np.allclose(get(plain, indicator), get(split, indicator), atol=1e-9), indicator


def test_students_of_a_raised_school_count_at_the_new_level_from_that_september():
    """100 seats a year, a tenth leaves each year: 100 + 90 + 81 = 271 in September, all technicians until the switch, all
    counted as college from the September of 2027 on, and 10 in the other college throughout."""
    values = means(raised(active=worlds.steps(y2025=0, y2027=1)))
    assert np.allclose(get(values, "headcount", levels=["technician"]), [271, 271, 0, 0, 0], atol=1e-9)
    college = get(values, "headcount", levels=["college"], schools=["craft_school"])
    assert np.allclose(college, [0, 0, 271, 271, 271], atol=1e-9)


def test_diplomas_of_a_raised_school_stay_those_of_the_pathway():
    values = means(raised(active=1))
    assert get(values, "graduates", levels=["technician"])[-1] > 0
    assert get(values, "graduates", levels=["college"])[-1] == get(means(raised()), "graduates", levels=["college"])[-1]


def test_raising_a_school_changes_nobodys_way():
    """The same people to the last byte in all but the rows in which they are counted."""
    before, after = run(raised(), 20), run(raised(active=1), 20)
    assert set(same(before.history, after.history)) == {"headcount", "dropouts"}
    assert (before.history.headcount.sum(axis=1) == after.history.headcount.sum(axis=1)).all()


def test_each_school_is_raised_on_its_own_day():
    """Of two craft schools one is raised in 2027: the 271 of the other stay technicians."""
    raw = place(
        {"craft": path(stage("technician", 3, 0.1)), "other": path(stage("college", 1), entry="exam")},
        [row("craft", 100, school="one"), row("craft", 100, school="two"), row("other", 10, school="college", areas="any")],
        last=2029, levels=["technician", "college"],
        institutions={
            code: {"raised": {"active": worlds.steps(y2025=0, **{year: 1}), "levels": {"technician": "college"}}}
            for code, year in (("one", "y2027"), ("two", "y2030"))
        },
    )
    values = means(build(raw))
    assert np.allclose(get(values, "headcount", levels=["technician"], schools=["one"]), [271, 271, 0, 0, 0], atol=1e-9)
    assert np.allclose(get(values, "headcount", levels=["technician"], schools=["two"]), 271, atol=1e-9)
