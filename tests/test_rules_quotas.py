"""The quota rule by hand, and the properties of the sharing out of seats (docs/model.md, Rules that react).

q' = clip(q J(t)/J(t-1) clip(c/c*, 1 +- delta), 0, room), scaled to the place's total; c* = .95 and delta = .1.
"""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillsim.rules.arrays import largest_remainder, largest_remainders
from skillsim.rules.quotas import mean_completion, pulled, within_capacity
from worlds import build, get, laid, means, path, place, row, run, stage, steps

ON = {"quota": {"active": 1}}


def classes(seats, junior, *, last=2027, rule=None, rows=None, **over):
    """One-year classes at a school: in each area a row of seats for its own young people, who all come if there is room.

    So completion is min(1, junior / seats), by hand.
    """
    names = ["east", "west", "north"][: len(seats)]
    rows = rows or [row("p", n, areas=[a]) for a, n in zip(names, seats, strict=True)]
    raw = place({"p": path(stage())}, rows, last=last, rules={"quota": {"active": 1, **(rule or {})}})
    raw["areas"] = {a: {"title": {"zh": a, "en": a}, "junior_graduates": n} for a, n in zip(names, junior, strict=True)}
    raw["institutions"] = {c: {**i, "area": "east"} for c, i in raw["institutions"].items()}
    return laid(raw, over)


def seats_of(raw, vary=None):
    """Seats by year and row, rows in the order of their areas' names."""
    scenario = build(raw)
    v = means(scenario.vary(vary) if vary else scenario)
    return v.history.seats[:, :, 0]


def test_rule_off_leaves_the_table():
    """Completion .5 and growth change nothing while the rule is off."""
    raw = classes([100], [{"series": {2025: 50, 2027: 80}}], rule={"active": 0})
    assert seats_of(raw)[:, 0].tolist() == [100, 100, 100]


def test_completion_below_target():
    """90 of 100: 100 x .9/.95 = 94.736842.  Then completions .9, .9, .95, mean .916667: 94.736842 x .916667/.95 = 91.412742.

    Then .9, .95, 90/91.412742 = .984545, mean .944848: 91.412742 x .944848/.95 = 90.917043.
    """
    raw = classes([100], [90], last=2027)
    raw["pathways"]["p"]["stages"][0]["years"] = 3  # a warm-up of three years; a school without limit
    assert seats_of(raw)[:, 0] == pytest.approx([94.736842, 91.412742, 90.917043], abs=1e-6)


def test_completion_above_target():
    """All seats taken: 1/.95 = 1.052632 a year."""
    assert seats_of(classes([100], [1000]))[:, 0] == pytest.approx([105.263158, 110.803324, 116.635078], abs=1e-6)


def test_clipped_by_delta():
    """50 of 100: .5/.95 = .53 is cut to .9.  With c* = .8 full seats ask for 1.25, cut to 1.1; with delta = .2 to 1.2."""
    assert seats_of(classes([100], [50]))[0, 0] == pytest.approx(90)
    assert seats_of(classes([100], [1000], rule={"target_completion": 0.8}))[0, 0] == pytest.approx(110)
    assert seats_of(classes([100], [1000], rule={"target_completion": 0.8, "reach": 0.2}))[0, 0] == pytest.approx(120)
    assert seats_of(classes([100], [50], rule={"reach": 0}))[:, 0] == pytest.approx([100] * 3)


def test_growth_of_local_junior_graduates():
    """Completion at c* = 1; local juniors 1,000, 1,100, 990 and an outside area that does not count: 100, 110, 99."""
    raw = classes([100], [{"series": {2025: 1000, 2026: 1100, 2027: 990}}], rule={"target_completion": 1})
    raw["areas"]["far"] = {
        "title": {"zh": "far", "en": "far"},
        "local": False,
        "junior_graduates": {"series": {2025: 10, 2027: 900}},
    }
    assert seats_of(raw)[:, 0] == pytest.approx([100, 110, 99])


def test_a_new_programme_starts_from_its_plan():
    """No seats until 2026, then 40: completion counts as c*, so 40 x 1.1 (growth of 1,000 to 1,100).

    In 2027 its only year is complete: 44 x (1,100/1,100) x 1/.95 = 46.315789.
    """
    raw = classes([100, steps(y2025=0, y2026=40)], [{"series": {2025: 500, 2026: 600}}, 500])
    assert seats_of(raw)[:, 1] == pytest.approx([0, 44, 46.315789], abs=1e-6)


def test_capacity_binds():
    """A table of 100 and 50 at a school of 120: cut in proportion to 80 and 40; wishes 84.2 and 42.1, cut again."""
    raw = classes([100, 50], [1000, 1000], institutions={"school": {"capacity": 120}})
    got = seats_of(raw)
    assert got == pytest.approx(np.tile([80.0, 40.0], (3, 1)))


def test_total_of_the_place_is_shared_in_proportion():
    """Wishes 105.263 and 52.632 at a total of 300: 200 and 100, whatever the rule asked."""
    raw = classes([100, 50], [1000, 1000], rule={"seats_total": 300})
    assert seats_of(raw) == pytest.approx(np.tile([200.0, 100.0], (3, 1)))


def test_what_a_full_school_cannot_take_goes_to_the_others_until_stable():
    """Last year's seats 60 (of 100, full), 50, 50 in rooms of 60, 200, 55; total 200: one level gives 75, 62.5, 62.5.

    The first is cut to 60; the other 140 are 70 and 70; the last is cut to 55; so 60, 85, 55.
    """
    schools = ["s1", "s2", "s3"]
    rows = [row("p", n, school=s, areas=[a]) for s, a, n in zip(schools, ("east", "west", "north"), (100, 50, 50), strict=True)]
    raw = classes(
        [0, 0, 0],
        [1000, 1000, 1000],
        rows=rows,
        rule={"seats_total": 200},
        institutions={"s1": {"capacity": 60}, "s2": {"capacity": 200}, "s3": {"capacity": 55}},
    )
    assert seats_of(raw)[0] == pytest.approx([60, 85, 55])


def test_capacity_is_what_those_who_stay_on_leave():
    """A three-year class at a school of 200, seats 100: in steady state two intakes of 50 are there in April."""
    raw = classes([50], [1000], institutions={"school": {"capacity": 200}})
    raw["pathways"]["p"]["stages"][0]["years"] = 3
    # 150 are there in autumn, 100 of them stay on: room for 100; asked 52.63, 55.40, then 58.32 where 200 - 108.03 are free
    assert seats_of(raw)[:, 0] == pytest.approx([52.631579, 55.401662, 58.317539], abs=1e-6)
    tight = laid(raw, {"institutions": {"school": {"capacity": 155}}})
    # 155 - 50 - 50; then 155 - 50 - 52.631579 = 52.368421; then 155 - 105 = 50 (each below what the rule asks)
    assert seats_of(tight)[:, 0] == pytest.approx([52.631579, 52.368421, 50.0], abs=1e-6)


def test_hold_takes_rows_out_of_the_rule():
    """Row east is held from 2026: 105.263 in 2025 by the rule, then its table's 100; west goes on by 1/.95."""
    raw = classes([100, 100], [1000, 1000])
    raw["policies"] = {
        "keep": {
            "title": {"zh": "k", "en": "k"},
            "changes": [{"key": "quota.p.school.a.east", "scale": 1, "from": date(2026, 1, 1), "hold": True}],
        }
    }
    got = seats_of(raw, "keep")
    assert got[:, 0] == pytest.approx([105.263158, 100, 100], abs=1e-6)
    assert got[:, 1] == pytest.approx([105.263158, 110.803324, 116.635078], abs=1e-6)


def test_held_seats_are_part_of_the_total():
    """Total 300, of which 100 are held: the rule shares out the other 200."""
    raw = classes([100, 100], [1000, 1000], rule={"seats_total": 300})
    raw["policies"] = {
        "keep": {
            "title": {"zh": "k", "en": "k"},
            "changes": [{"key": "quota.p.school.a.east", "scale": 1, "from": date(2025, 1, 1), "hold": True}],
        }
    }
    assert seats_of(raw, "keep") == pytest.approx(np.tile([100.0, 200.0], (3, 1)))


@pytest.mark.parametrize(
    ("change", "first"),
    [(("set", 60.0), 60.0), (("scale", 0.6), 63.157895), (("add", -40.0), 63.157895)],
    ids=["set", "scale", "add"],
)
def test_a_dated_patch_acts_once_before_the_rule(change, first):
    """Full seats, 105.263158 in 2025.  In 2026 set starts from 60; scale and add change last year's seats in proportion
    (.6 x 105.263158 = 63.157895); then the rule (x 1/.95).  In 2027 the rule goes on from there: the patch does not act again.
    """
    op, value = change
    got = seats_of(classes([100], [1000]), {"quota.p": (op, value, date(2026, 1, 1))})[:, 0]
    assert got == pytest.approx([105.263158, first / 0.95, first / 0.95**2], abs=1e-5)


def test_a_patch_after_april_acts_the_next_year():
    got = seats_of(classes([100], [1000]), {"quota.p": ("set", 60.0, date(2026, 5, 1))})[:, 0]
    assert got == pytest.approx([105.263158, 110.803324, 60 / 0.95], abs=1e-6)


def test_the_rule_switched_on_later_starts_from_the_seats_as_they_are():
    got = seats_of(classes([100], [1000], rule={"active": 0}), {"rules.quota.active": ("set", 1.0, date(2026, 1, 1))})[:, 0]
    assert got == pytest.approx([100, 105.263158, 110.803324], abs=1e-6)


def test_only_the_junior_gate_is_ruled():
    pathways = {
        "p": path(stage("secondary", 1, further={"gate": "exam", "sits": 1, "passes": 1})),
        "q": path(stage("college"), entry="exam"),
    }
    raw = place(pathways, [row("p", 100), row("q", 50, areas="any")], last=2027, rules=ON)
    v = means(build(raw))
    assert get(v, "seats", pathways=["q"]).tolist() == [50, 50, 50]
    assert get(v, "seats", pathways=["p"]) == pytest.approx([105.263158, 110.803324, 116.635078], abs=1e-6)


def test_whole_seats_under_draws():
    """Wishes 105.263 and 52.632, 157.895 in all: 158 seats, 105 and 53 by largest remainder (.632 before .263).

    Next year from those: 110.526 + 55.789 = 166.316: 166 = 110 + 56.
    """
    r = run(build(classes([100, 50], [1000, 1000], last=2026)), 2)
    assert r.history.seats[:, :, 0].tolist() == [[105, 53], [110, 56]]


# ------------------------------------------------------------------------------------------------------------ its parts


def test_mean_completion_of_years_with_seats():
    """(80/100 + 90/100 + 50/100)/3; only two years with seats: (.8 + .6)/2; none: c*."""
    seats = np.array([[[100], [0], [0]], [[100], [50], [0]], [[100], [50], [0]]])
    entrants = np.array([[[80], [0], [0]], [[90], [40], [0]], [[50], [30], [0]]])
    got = mean_completion(seats, entrants, np.array([[0.95]]))
    assert got[:, 0] == pytest.approx([2.2 / 3, 0.7, 0.95])


def test_wish_before_bounds():
    """200 x 1.05 x clip(.855/.95 = .9) = 189; at completion .5 the clip holds at .9: the same 189."""
    for c in (0.855, 0.5):
        pull = pulled(np.array([[c]]), np.array([0.95]), np.array([0.1]))
        assert 200 * 1.05 * pull[0, 0] == pytest.approx(189)


SIZES = st.floats(0, 1000).map(lambda x: 0.0 if x < 0.01 else round(x, 3))


@st.composite
def allotments(draw):
    schools = draw(st.integers(1, 5))
    rows = draw(st.lists(st.tuples(SIZES, st.integers(0, schools - 1)), min_size=1, max_size=8))
    room = draw(st.lists(st.integers(0, 1500), min_size=schools, max_size=schools))
    total = draw(st.none() | st.integers(0, 3000))
    return np.array([[w] for w, _ in rows]), np.array([j for _, j in rows]), np.array([[r] for r in room]), total


def in_schools(seats, school, n):
    return np.array([seats[school == j].sum() for j in range(n)])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(allotments())
def test_within_capacity_real_valued(case):
    """Bounds, the sum, one common level for all schools that are not full, proportions within a school."""
    wish, school, room, total = case
    got, bound = within_capacity(wish, school, room, None if total is None else np.array([float(total)]), False)
    n = len(room)
    wants, sums, rooms = in_schools(wish[:, 0], school, n), in_schools(got[:, 0], school, n), room[:, 0].astype(float)
    assert (got >= 0).all() and (sums <= rooms + 1e-6).all()
    possible = rooms[wants > 0].sum()
    if total is None:
        assert sums == pytest.approx(np.minimum(wants, rooms))
    elif wants.any():
        assert sums.sum() == pytest.approx(min(total, possible), rel=1e-9, abs=1e-6)
        free = (wants > 0) & ~bound[:, 0]
        level = sums[free] / wants[free]
        assert level == pytest.approx(np.full(free.sum(), level[0] if free.any() else 0), rel=1e-9, abs=1e-9)
        if free.any():  # a full school would have got no less at that level
            full = (wants > 0) & bound[:, 0]
            assert (level[0] * wants[full] >= rooms[full] - 1e-6).all()
    for j in range(n):
        at = (school == j) & (wish[:, 0] > 0)
        if at.any():
            assert got[at, 0] / wish[at, 0] == pytest.approx(np.full(at.sum(), sums[j] / wants[j]), rel=1e-9, abs=1e-9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(allotments())
def test_within_capacity_in_whole_seats(case):
    """Whole, within the rooms, within one seat of the real-valued answer for each school, the total to the nearest seat."""
    wish, school, room, total = case
    goal = None if total is None else np.array([float(total)])
    got, _ = within_capacity(wish, school, room, goal, True)
    real, _ = within_capacity(wish, school, room, goal, False)
    n = len(room)
    sums, exact = in_schools(got[:, 0], school, n), in_schools(real[:, 0], school, n)
    assert np.issubdtype(got.dtype, np.integer)
    assert (got >= 0).all() and (sums <= room[:, 0]).all()
    assert (np.abs(sums - exact) < 1 + 1e-6).all()
    assert abs(sums.sum() - exact.sum()) <= 0.5 + 1e-6
    assert (got[wish == 0] == 0).all()
    for j in range(n):  # within a school by largest remainder: within a seat of the row's part of the school's whole sum
        at = school == j
        if wish[at].sum() > 0:
            assert (np.abs(got[at, 0] - sums[j] * wish[at, 0] / wish[at].sum()) < 1 + 1e-6).all()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(allotments(), st.integers(0, 500), st.data())
def test_within_capacity_is_monotone(case, more, data):
    """More in all never takes a seat from anybody; more room at a school never takes one from it, nor gives one to others."""
    wish, school, room, total = case
    total = 1000 if total is None else total
    one, _ = within_capacity(wish, school, room, np.array([float(total)]), False)
    two, _ = within_capacity(wish, school, room, np.array([float(total + more)]), False)
    assert (two >= one - 1e-6).all()
    j = data.draw(st.integers(0, len(room) - 1))
    wider = room.copy()
    wider[j] += more
    three, _ = within_capacity(wish, school, wider, np.array([float(total)]), False)
    assert (three[school == j] >= one[school == j] - 1e-6).all()
    assert (three[school != j] <= one[school != j] + 1e-6).all()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(SIZES, min_size=1, max_size=12), st.integers(0, 10_000_000))
def test_largest_remainder(weights, total):
    """Sums to the total, each within one of its exact share, never less for a larger weight, nothing for weight 0."""
    w = np.array(weights)
    got = largest_remainder(w[:, None], np.array([total], dtype=np.int32))[:, 0]
    if not w.any():
        assert (got == 0).all()
        return
    exact = w * total / w.sum()
    assert got.sum() == total and (got >= 0).all()
    assert (np.abs(got - exact) < 1 + 1e-6).all()
    assert (got[w == 0] == 0).all()
    order = np.argsort(w, kind="stable")
    rising = got[order]
    assert all(b >= a for a, b, x, y in zip(rising, rising[1:], w[order], w[order][1:], strict=False) if y > x)
    # Hamilton's method written out: floors, then the largest remainders
    floors = np.floor(exact + 1e-9)
    assert set(got - floors) <= {0, 1}
    given_one, not_given = (exact - floors)[got > floors], (exact - floors)[(got == floors) & (w > 0)]
    if len(given_one) and len(not_given):
        assert given_one.min() >= not_given.max() - 1e-6


def test_largest_remainder_by_hand():
    """Hamilton: weights 1, 1, 1 of 10: 4, 3, 3 (ties to the first); 0.1, 0.2, 0.7 of 10: 1, 2, 7; of a real total exactly."""
    assert largest_remainder(np.ones((3, 1)), np.array([10]))[:, 0].tolist() == [4, 3, 3]
    assert largest_remainder(np.array([[0.1], [0.2], [0.7]]), np.array([10]))[:, 0].tolist() == [1, 2, 7]
    assert largest_remainder(np.array([[1.0], [3.0]]), np.array([10.0]))[:, 0].tolist() == [2.5, 7.5]


def test_largest_remainders_of_several_groups_by_hand():
    """Rows in turns of groups 0, 2, 0, 2, 0: 10 over 1, 1, 1 gives 4, 3, 3; 5 over 1, 3 gives 1.25, 3.75, so 1, 4; group 1 has no
    rows.  In the second column group 2 has nothing to go by and 7 over 2, 0, 5 is 2, 0, 5."""
    weights = np.array([[1.0, 2.0], [1.0, 0.0], [1.0, 0.0], [3.0, 0.0], [1.0, 5.0]])
    got = largest_remainders(weights, np.array([[10, 7], [9, 9], [5, 5]], dtype=np.int32), np.array([0, 2, 0, 2, 0]))
    assert got.tolist() == [[4, 2], [1, 0], [3, 0], [4, 0], [3, 5]]


def test_largest_remainder_treats_columns_apart():
    weights = np.array([[1.0, 0.0], [1.0, 2.0], [2.0, 2.0]])
    assert largest_remainder(weights, np.array([8, 3])).T.tolist() == [[2, 2, 4], [0, 2, 1]]
