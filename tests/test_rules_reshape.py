"""Weak schools, mergers, the share of long track, places across areas, and room by teachers, by hand (docs/model.md, Seats)."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillsim.engine.staff import Staff
from skillsim.rules.quotas import fitted, handed_over
from skillsim.rules.reshape import falling, merged, opened, shifted, without_schools
from skillsim.terms import REASONS
from worlds import build, get, laid, means, path, place, row, run, stage, title

CODES = list(REASONS)


def areas(**juniors):
    return {a: {"title": title(a), "junior_graduates": n} for a, n in juniors.items()}


def there(raw, **where):
    """The place with areas instead of its town; schools stand in the first."""
    raw = laid(raw, {})
    raw["areas"] = where.pop("areas")
    first = next(iter(raw["areas"]))
    raw["institutions"] = {c: {**i, "area": first} for c, i in raw["institutions"].items()}
    return raw


def at(values, key):
    """The seats of a row by year."""
    return values.history.seats[:, values.layout.pools.index(key), 0].tolist()


def reasons_at(values, key):
    return [CODES[i] for i in values.history.reason[:, values.layout.pools.index(key), 0]]


# ----------------------------------------------------------------------------------------------------------- weak schools


def two_schools(size, juniors=(100, 90, 80, 70, 60), years=3, moved=1):
    """Three-year classes in two schools, each for its own area; entrants of the first are the young people of the east from 2022
    on: 100, 90, 80 before the first year, then 70 and 60."""
    west = {"programme": "b", "school": "two", "areas": ["west"]}
    rows = [row("p", 100, school="one", areas=["east"]), row("p", 100, **west), row("q", 50, **west)]
    rules = {"weak": {"active": 1, "size": size, "years": years, "moved": moved}}
    raw = place({"p": path(stage(years=3)), "q": path(stage(years=1))}, rows, last=2028, rules=rules)
    east = {"series": {2022 + i: n for i, n in enumerate(juniors)}}
    return there(raw, areas=areas(east=east, west=1000))


def test_a_small_school_that_shrinks_is_closed():
    """Entrants 100, 90, 80 in 2022 to 2024: two falls by 2025, three by April 2026 (70 in 2025 is below 75): no seats from then
    on.  Its 100 go to the other school's row of the same pathway; q is another.  Those there finish: 70 + 80 + 90, less a class
    each year."""
    v = means(build(two_schools(75)))
    assert at(v, "p.one.a.east") == [100, 0, 0, 0]
    assert at(v, "p.two.b.west") == pytest.approx([100, 200, 200, 200])
    assert at(v, "q.two.b.west") == pytest.approx([50] * 4)
    assert get(v, "headcount", schools=["one"]).tolist() == pytest.approx([70 + 80 + 90, 70 + 80, 70, 0])
    assert reasons_at(v, "p.one.a.east")[1] == "weak_school" and reasons_at(v, "p.two.b.west")[1] == "weak_taken"


def test_a_part_is_moved():
    assert at(means(build(two_schools(75, moved=0.25))), "p.two.b.west") == pytest.approx([100, 125, 125, 125])


def test_not_small_enough_or_not_long_enough():
    """70 entrants are not fewer than 70; in 2027 the 60 of 2026 are.  A year that stands still begins the count anew."""
    assert at(means(build(two_schools(70))), "p.one.a.east") == [100, 100, 0, 0]
    assert at(means(build(two_schools(75, (100, 90, 80, 80, 70, 65)))), "p.one.a.east") == [100] * 4
    assert at(means(build(two_schools(75, (100, 90, 80, 80, 70, 65), years=2))), "p.one.a.east") == [100, 100, 100, 0]


def test_a_school_that_is_also_entered_by_exam_is_no_school_of_the_junior_gate():
    raw = two_schools(75)
    raw["levels"] = ["secondary", "college"]
    raw["pathways"]["high"] = path(stage("college"), entry="exam")
    raw["quota"]["rows"].append(row("high", 10, school="one", areas="any"))
    raw["retention"]["base"].append({**raw["retention"]["base"][0], "pathways": ["high"], "level": "college"})
    assert at(means(build(raw)), "p.one.a.east") == [100] * 4


def test_falling():
    years = np.zeros((1, 1), dtype=np.int8)
    for before, now, want in ((5, 4, 1), (4, 3, 2), (3, 3, 0), (3, 4, 0), (4, 0, 1), (0, 0, 0)):
        years = falling(years, np.array([[before]]), np.array([[now]]))
        assert years[0, 0] == want


# --------------------------------------------------------------------------------------------------------------- mergers


def to_merge(last=2028, **rules):
    """School one teaches a and c, school two a: a goes to two from 2026 on; c has no row there and stays."""
    rows = [row("p", 100, school="one"), row("p", 50, school="two"), row("p", 30, "c", "one")]
    merger = {"title": title("one school"), "active": 0, "schools": ["one"], "into": "two"}
    return place({"p": path(stage(years=2))}, rows, last=last, rules={"mergers": {"m": merger}, **rules})


MERGE = {"rules.mergers.m.active": ("set", 1.0, date(2026, 1, 1))}


def test_a_merger_moves_the_seats():
    v = means(build(to_merge()).vary(MERGE))
    assert at(v, "p.one.a.local") == [100, 0, 0, 0] and at(v, "p.two.a.local") == [50, 150, 150, 150]
    assert at(v, "p.one.c.local") == [30] * 4
    assert get(v, "headcount", schools=["one"], programmes=["a"]).tolist() == [200, 100, 0, 0]
    assert reasons_at(v, "p.two.a.local") == ["planned", "merged", "merged", "merged"]
    assert reasons_at(v, "p.one.a.local")[1:] == ["merged"] * 3


def test_once_for_all():
    raw = build(to_merge()).vary({**MERGE}).vary({"rules.mergers.m.active": ("set", 0.0, date(2027, 1, 1))})
    assert at(means(raw), "p.two.a.local") == [50, 150, 150, 150]


def test_under_the_quota_rule_the_heir_goes_on_from_the_sum():
    """1,000 young people, full seats: 1/.95 a year each; in 2026 the two of 2025 as one, whose completion is 1 as well."""
    v = means(build(to_merge(quota={"active": 1})).vary(MERGE))
    up = 1 / 0.95
    assert at(v, "p.one.a.local") == pytest.approx([100 * up, 0, 0, 0])
    assert at(v, "p.two.a.local") == pytest.approx([50 * up, 150 * up**2, 150 * up**3, 150 * up**4])


def test_a_change_of_the_plan_of_merged_rows_acts_on_the_heir():
    """The rule stands still (reach 0).  In 2027 a policy takes half of the plan of the row that was merged: 50 of 150 of the
    heir's plan, a third.  Setting it to 40 makes the heir's plan 90, and 90 the start."""
    raw = build(to_merge(quota={"active": 1, "reach": 0})).vary(MERGE)
    half = raw.vary({"quota.p.one.a.local": ("scale", 0.5, date(2027, 1, 1))})
    assert at(means(half), "p.two.a.local") == pytest.approx([50, 150, 100, 100])
    forty = raw.vary({"quota.p.one.a.local": ("set", 40.0, date(2027, 1, 1))})
    assert at(means(forty), "p.two.a.local") == pytest.approx([50, 150, 90, 90])


def test_an_heir_is_as_large_as_what_it_took_over():
    """Larger rows are chosen more (size 1): a, of 150 seats, and b, of 50, get 75 and 25 of 100 young people, also where the 150
    are planned at another school and merged into a row planned with none."""
    rows = [row("p", 15000, school="one"), row("p", 0, school="two"), row("p", 5000, "b", "two")]
    merger = {"title": title("m"), "active": 1, "schools": ["one"], "into": "two"}
    raw = place({"p": path(stage())}, rows, junior=100, rules={"mergers": {"m": merger}}, choice={"size": 1})
    assert get(means(build(raw)), "entrants", programmes=["a"]).tolist() == pytest.approx([75])


def test_the_heirs_school_must_have_room():
    raw = to_merge(last=2026)
    raw["institutions"]["two"]["capacity"] = 170  # 50 of the year before are still there
    v = means(build(raw).vary(MERGE))
    assert at(v, "p.two.a.local") == [50, 120] and reasons_at(v, "p.two.a.local")[1] == "cut_capacity"


def test_an_heir_takes_the_same_areas_or_more():
    """East's row goes to east's; west's, which has none of its own there, to the one for all."""
    rows = [row("p", 10, school="one", areas=["east"]), row("p", 20, school="one", areas=["west"]),
            row("p", 1, school="two", areas=["east"]), row("p", 2, school="two")]
    merger = {"title": title("m"), "active": 1, "schools": ["one"], "into": "two"}
    raw = there(place({"p": path(stage())}, rows, rules={"mergers": {"m": merger}}), areas=areas(east=100, west=100))
    v = means(build(raw))
    assert [at(v, f"p.two.a.{a}") for a in ("east", "local")] == [[11], [22]]


# ------------------------------------------------------------------------------------------------------------ long track


def tracks(share=0.6, reach=0.1, **over):
    rows = [row("plain", 200), row("plain", 100, "b"), row("long", 60), row("long", 40, "b")]
    raw = place({"plain": path(stage()), "long": path(stage("college"))}, rows, last=2029, classes={"long_track": ["long"]},
                rules={"long_track": {"active": 1, "share": share, "reach": reach}})
    return laid(raw, over)


def test_the_share_is_reached_by_the_yearly_reach():
    """100 of 400 are long: 35, 45, 55, then 60 %; both sides in proportion: 60 to 40 and 200 to 100."""
    v = means(build(tracks()))
    whole = np.array([140, 180, 220, 240, 240])
    assert at(v, "long.school.a.local") == pytest.approx(whole * 0.6)
    assert at(v, "long.school.b.local") == pytest.approx(whole * 0.4)
    assert at(v, "plain.school.a.local") == pytest.approx((400 - whole) * 2 / 3)
    assert get(v, "seats").tolist() == pytest.approx([400] * 5)
    assert reasons_at(v, "long.school.a.local") == ["long_track"] * 5
    assert reasons_at(v, "plain.school.a.local") == ["long_track_paid"] * 5


def test_in_whole_seats_no_seat_is_lost():
    r = run(build(tracks(share=0.537)), 2)
    assert (r.history.seats.sum(axis=1) == 400).all()
    assert get(r, "seats", pathways=["long"])[-1].tolist() == [215, 215]  # 214.8


def test_a_share_that_is_there_moves_nothing_and_off_takes_it_back():
    assert at(means(build(tracks(share=0.25))), "long.school.a.local") == [60] * 5
    off = build(tracks()).vary({"rules.long_track.active": ("set", 0.0, date(2027, 1, 1))})
    assert at(means(off), "long.school.a.local") == pytest.approx([84, 108, 60, 60, 60])


def test_shifted():
    wish = np.array([[0.0, 30.0], [100.0, 70.0], [50.0, 50.0]])
    members, gate = np.array([True, False, True]), np.array([True, True, False])
    got, move = shifted(wish, members, gate, np.array([0.5, 0.9]), np.array([1.0, 0.3]))
    assert move.tolist() == pytest.approx([0, 0.3])  # nothing to grow from; as much as may move
    assert got == pytest.approx(np.array([[0, 60], [100, 40], [50, 50]]))


# ----------------------------------------------------------------------------------------------------------- across areas


def across(share=0.25, local=0, **rule):
    rows = [row("p", 80, areas=["east"]), row("p", 20, areas=["west"]), row("p", local), row("p", 50, "b", areas=["east"])]
    raw = place({"p": path(stage())}, rows, last=2026, rules={"cross_area": {"active": 1, "share": share, **rule}})
    return there(raw, areas=areas(east=1000, west=1000))


def test_a_share_is_open_to_all():
    """A quarter of 100: 20 from the east's 80 and 5 from the west's 20; b has no open row and stays as it is."""
    v = means(build(across()))
    assert [at(v, f"p.school.a.{a}")[0] for a in ("east", "west", "local")] == pytest.approx([60, 15, 25])
    assert at(v, "p.school.b.east") == [50, 50]
    assert reasons_at(v, "p.school.a.local")[0] == "cross_area"


def test_where_more_are_open_nothing_moves():
    v = means(build(across(local=40)))
    assert [at(v, f"p.school.a.{a}")[0] for a in ("east", "west", "local")] == pytest.approx([80, 20, 40])


def test_some_schools_only():
    raw = across(schools=["another"])
    raw["quota"]["rows"] += [row("p", 10, school="another", areas=["east"]), row("p", 0, school="another")]
    raw["institutions"]["another"] = dict(raw["institutions"]["school"])
    v = means(build(raw))
    assert at(v, "p.school.a.east") == [80, 80] and at(v, "p.another.a.local") == pytest.approx([2.5] * 2)


@pytest.mark.parametrize("share", [0, 0.25, 0.6])
def test_two_rows_of_one_offer_are_one_choice(share):
    """100 young people of the east between two programmes that they like equally, ample seats in each: 50 and 50, however many
    of a's seats are open to all; these take the same share of the 50."""
    rows = [row("p", 1000, areas=["east"]), row("p", 0), row("p", 1000, "b")]
    raw = place({"p": path(stage())}, rows, rules={"cross_area": {"active": 1, "share": share}})
    v = means(build(there(raw, areas=areas(east=100, west=0))))
    assert get(v, "entrants", programmes=["a"]).tolist() == pytest.approx([50])
    open_row = v.history.entrants[0, v.layout.pools.index("p.school.a.local"), 0]
    assert open_row == pytest.approx(50 * share)


def test_who_has_no_row_of_his_own_sees_the_open_one_whole():
    """The west's 100 choose between the open row of a (250 seats) and b: 50 and 50."""
    rows = [row("p", 1000, areas=["east"]), row("p", 0), row("p", 1000, "b")]
    raw = place({"p": path(stage())}, rows, rules={"cross_area": {"active": 1, "share": 0.25}})
    v = means(build(there(raw, areas=areas(east=0, west=100))))
    assert get(v, "entrants", programmes=["a"]).tolist() == pytest.approx([50])


def test_opened():
    wish, bound = np.array([[30.0], [10.0], [0.0], [7.0]]), np.array([2, 2, -1, -1])
    assert opened(wish, bound, np.array([0.5]))[:, 0].tolist() == pytest.approx([15, 5, 20, 7])
    assert opened(wish, bound, np.array([1.0]))[:, 0].tolist() == pytest.approx([0, 0, 40, 7])


# -------------------------------------------------------------------------------------------------------------- teachers


@pytest.mark.parametrize("ruled", [0, 1])
def test_teachers_bind_before_capacity_does(monkeypatch, ruled):
    """A school for 200 whose teachers can teach 80, then 120: 80 and 120 of 130 seats (two rows, 100 and 30), and its reason;
    under the quota rule the wish is above 100 in all."""
    most = {2025: 80.0, 2026: 120.0}
    monkeypatch.setattr(Staff, "most_students", lambda self, year: np.full((1, self.source.columns), most[year]))
    raw = place({"p": path(stage())}, [row("p", 100), row("p", 30, "b")], last=2026, rules={"quota": {"active": ruled}})
    raw["institutions"]["school"] |= {"capacity": 200, "staff": {"teachers": 20, "dual": 0.5}}
    raw["teachers"] = {"kinds": {"college": {"students": 20}}}
    v = means(build(raw))
    # under the rule 80 seats of 2025 are full: 80 / .95 is what it asks for in 2026
    assert v.history.seats[:, :, 0].sum(axis=1).tolist() == pytest.approx([80, 80 / 0.95 if ruled else 120])
    reason = "rule_teachers" if ruled else "cut_teachers"
    assert reasons_at(v, "p.school.a.local")[0] == reason


# ----------------------------------------------------------------------------------------------------------------- parts


def test_handed_over():
    """6 given in group 0 to rows of 20 and 10 that take; group 1 has none that takes."""
    wish, given_up = np.array([[20.0], [10.0], [5.0], [8.0]]), np.array([[0.0], [0.0], [6.0], [3.0]])
    takes = np.array([[True], [True], [False], [False]])
    assert handed_over(wish, given_up, takes, np.array([0, 0, 0, 1]))[:, 0].tolist() == pytest.approx([24, 12, 5, 8])


def test_fitted_gives_what_is_cut_to_the_same_gate():
    """School 0 has room for 100: wishes of 90 and 60 at two gates are cut to 60 and 40.  The first gate's 30 go to school 1, up
    to its room of 50 less the 10 of the other gate: 20 + 20; the second gate's 20 find none."""
    wish = np.array([[90.0], [60.0], [20.0], [10.0]])
    school, gate, room = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([[100.0], [50.0]])
    assert fitted(wish, school, gate, room, False)[:, 0].tolist() == pytest.approx([60, 40, 40, 10])
    assert fitted(wish, school, gate, room, True)[:, 0].tolist() == [60, 40, 40, 10]


sizes = st.sampled_from([0.0, 1.0, 7.0, 40.0, 100.0])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_sums_are_kept(data):
    """Whatever the seats: shifts, mergers and openings keep their sum; nothing is negative; what fits is kept to the seat, and
    fitting never goes beyond a room."""
    n = 6
    wish = np.array([[data.draw(sizes)] for _ in range(n)])
    flags = np.array([data.draw(st.booleans()) for _ in range(n)])
    group = np.array([data.draw(st.integers(0, 2)) for _ in range(n)])
    share, part = (np.array([data.draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))]) for _ in range(2))
    bound = np.array([2, 2, -1, -1, 3, -1])
    closed = flags[:, None]
    for got in (
        shifted(wish, flags, np.ones(n, dtype=bool), share, part)[0], merged(wish, np.array([0, 0, 0, 3, 4, 4])),
        opened(wish, bound, share),
    ):
        assert got.sum() == pytest.approx(wish.sum()) and got.min() >= 0
    moved = without_schools(wish, closed, part, group)
    assert not moved[flags].any() and moved.sum() <= wish.sum() + 1e-9
    room = np.array([[data.draw(sizes)] for _ in range(3)])
    gate = np.array([0, 1, 0, 1, 0, 1])
    for whole in (False, True):
        seats = fitted(wish, group, gate, room, whole)
        assert all(seats[group == j].sum() <= room[j, 0] + 1e-9 for j in range(3))
        if all(wish[group == j].sum() <= room[j, 0] for j in range(3)):
            assert seats == pytest.approx(wish)
