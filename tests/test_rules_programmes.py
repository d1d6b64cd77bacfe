"""Lists of supported programmes, and warning and exit, by hand (docs/model.md, Seats)."""

from datetime import date

import numpy as np
import pytest

from skillsim.rules.programmes import below, next_colour, support, supported, warned
from skillsim.rules.reasons import reasons_of_changes
from skillsim.terms import REASONS
from worlds import base_rates, build, get, laid, means, path, place, row, run, same, stage, title

CODES = list(REASONS)


def yearly(*figures, first=2024):
    return {"series": {first + i: n for i, n in enumerate(figures)}}


def classes(seats, juniors, rules, *, last, years=1, **over):
    """A programme for the young people of each area (a for east, b for west), who all come if there is room: so completion is
    min(1, juniors / seats), by hand."""
    areas, codes = ["east", "west", "north"][: len(seats)], "abc"
    rows = [row("p", n, c, areas=[a]) for n, a, c in zip(seats, areas, codes, strict=False)]
    raw = place({"p": path(stage(years=years))}, rows, last=last, rules=rules)
    raw["areas"] = {a: {"title": title(a), "junior_graduates": n} for a, n in zip(areas, juniors, strict=True)}
    raw["institutions"]["school"]["area"] = "east"
    return laid(raw, over)


def seats_of(raw, vary=None):
    scenario = build(raw)
    return means(scenario.vary(vary) if vary else scenario).history.seats[:, :, 0]


WARNING = {"warning": {"active": 1, "completion": 0.8, "cut": 0.3}}


# ---------------------------------------------------------------------------------------------------------------- colours


def test_two_bad_years_and_back():
    """100 seats; 100, 50, 50, then 100 young people in 2024, 2025 ...: completions 1, .5, .5, 1 ...

    April 2026: .5, yellow.  2027: .5 again, red: 100 x .7 = 70 seats, all taken.  2028: one good year.  2029: two good years,
    yellow: 100 seats.  2031: two more, no colour.
    """
    v = means(build(classes([100], [yearly(100, 50, 50, *[100] * 5)], WARNING, last=2031)))
    assert v.history.seats[:, 0, 0].tolist() == pytest.approx([100, 100, 70, 70, 100, 100, 100])
    assert v.history.colours[:, 0, 0].tolist() == [0, 1, 2, 2, 1, 1, 0]
    assert [CODES[i] for i in v.history.reason[:, 0, 0]] == ["planned"] * 2 + ["warned"] * 2 + ["planned"] * 3


def test_a_cut_is_not_compounded():
    """50 of 100, then 50 of 70 (.71) while red for the first time; with completion .6 asked .71 is good: it stays at 70."""
    rules = {"warning": {"active": 1, "completion": 0.6, "cut": 0.3}}
    assert seats_of(classes([100], [yearly(100, 50, 50, 50)], rules, last=2030))[:, 0].tolist() == pytest.approx(
        [100, 100, 70, 70, 100, 100]  # 2027 and 2028 were good (50 of 70), so yellow in 2029; 2029 was bad again: yellow
    )


def test_three_bad_years_close_and_those_there_finish():
    """Two-year classes, 50 young people for 100 seats from 2025 on: yellow 2026, red 2027 (50 of 70: .71), closed 2028.

    Headcount: 100 + 50, 100, 100, then the second year alone 50, then nobody.  Without seats there is no completion to be seen,
    so that it stays closed.
    """
    juniors = yearly(100, *[50] * 5, 100)
    v = means(build(classes([100], [juniors], WARNING, last=2032, years=2)))
    assert v.history.seats[:, 0, 0].tolist() == pytest.approx([100, 100, 70, 0, 0, 0, 0, 0])
    assert v.history.colours[:, 0, 0].tolist() == [0, 1, 2, 3, 3, 3, 3, 3]
    assert get(v, "headcount").tolist() == pytest.approx([150, 100, 100, 50, 0, 0, 0, 0])
    assert CODES[v.history.reason[3, 0, 0]] == "closed"


def test_a_bad_year_starts_the_count_of_good_ones_again():
    """Red, good, bad, good, good: only then a step back; a single bad year in between leaves it red, as does its second."""
    colour = bad = good = np.zeros((1, 1), dtype=np.int8)
    seen = []
    for failed in (1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0):
        colour, bad, good = next_colour(colour, bad, good, np.array([[bool(failed)]]), np.array([[True]]))
        seen.append(int(colour[0, 0]))
    assert seen == [1, 2, 2, 2, 2, 1, 1, 2, 3, 3, 2]
    assert colour.dtype == np.int8


def test_a_closed_programme_comes_back_by_its_last_classes():
    """Closed, then two years in which what is left of it is good: red; two more: yellow.  A year with nothing to see in between
    counts neither way."""
    colour, bad, good = (np.full((1, 1), n, dtype=np.int8) for n in (3, 3, 0))
    seen = []
    for look in (1, 0, 1, 1, 0, 1):
        colour, bad, good = next_colour(colour, bad, good, np.array([[False]]), np.array([[bool(look)]]))
        seen.append(int(colour[0, 0]))
    assert seen == [3, 3, 2, 2, 2, 1]
    colour, bad, good = (np.full((1, 1), n, dtype=np.int8) for n in (2, 2, 0))
    colour, bad, good = next_colour(colour, bad, good, np.array([[False]]), np.array([[False]]))
    assert next_colour(colour, bad, good, np.array([[True]]), np.array([[True]]))[0] == 3  # the third bad year that was seen


def test_what_is_cut_goes_to_the_others_of_the_school_and_gate():
    """a (100) is red from 2027: 30 seats go, half of them to b and c (60 and 40, full): 9 and 6."""
    rules = {"warning": {"active": 1, "completion": 0.8, "cut": 0.3, "moved": 0.5}}
    got = seats_of(classes([100, 60, 40], [yearly(100, 50, 50, 100), 100, 100], rules, last=2027))
    assert got[2].tolist() == pytest.approx([70, 69, 46])
    full = classes([100, 60, 40], [yearly(100, 50, 50, 100), 100, 100], rules, last=2027)
    full["rules"]["warning"]["moved"] = 1
    r = run(build(full), 2)
    assert r.history.seats[2, :, 0].tolist() == [70, 78, 52]
    assert [CODES[i] for i in r.history.reason[2, :, 0]] == ["warned", "warned_others", "warned_others"]


def test_nobody_takes_over_where_all_are_red():
    colour = np.array([[2], [3]], dtype=np.int8)
    got = warned(np.array([[100.0], [50.0]]), colour, np.array([0.4]), np.array([1.0]), np.array([0, 0]))
    assert got[:, 0].tolist() == pytest.approx([60, 0])


def test_placement_is_that_of_the_programme_and_a_year_old():
    """One-year classes; .9 or .95 find work, which is below .99, in every year from 2025 on.  The class of 2024 is not known, so
    2025 is free, then yellow, red, closed; the last class leaves in 2028, and with nobody to look at it stays closed."""
    rules = {"warning": {"active": 1, "placement": 0.99, "cut": 0.3}}
    v = means(build(classes([100], [1000], rules, last=2030)))
    assert v.history.colours[:, 0, 0].tolist() == [0, 1, 2, 3, 3, 3]
    rules["warning"]["placement"] = 0.85
    assert not means(build(classes([100], [1000], rules, last=2030))).history.colours.any()


def test_match_of_those_at_work_here():
    """a leads to an industry with half of its graduates, b with none: .5 and 0 in their own field; asked are .4."""
    raw = classes([100, 100], [1000, 1000], {"warning": {"active": 1, "match": 0.4}}, last=2027)
    raw["programmes"]["a"]["industries"] = {"machines": 0.5}
    assert means(build(raw)).history.colours[:, :, 0].tolist() == [[0, 0], [0, 1], [0, 2]]


def test_placement_looks_at_where_the_programme_is_taught():
    """Programme a is taught here and elsewhere; the leavers find no work.  Of those taught here nearly all wish to stay, of the
    others hardly any: .9 and about 0 in work, so only the school elsewhere is warned."""
    rows = [row("p", 100, school="school"), row("p", 100, school="other")]
    raw = place({"p": path(stage())}, rows, last=2026, rules={"warning": {"active": 1, "placement": 0.5}})
    raw["areas"]["far"] = {"title": title("far"), "local": False}
    raw["institutions"]["other"]["area"] = "far"
    raw["retention"] |= {"studied_away": -12, "leavers": {"by_august": 0.01, "by_december": 0.02}}
    raw["retention"]["base"] = base_rates({"p": path(stage())}, rows, 2025, 0.85, definition="r3")
    raw["retention"]["base"][0]["rate"] = 0.44
    v = means(build(raw))
    assert v.layout.courses == ((v.layout.schools.index("other"), 0), (v.layout.schools.index("school"), 0))
    assert v.history.colours[1, :, 0].tolist() == [1, 0]


def test_below_and_nothing_of_nothing():
    top, bottom = np.array([[79, 80, 0, 0]]), np.array([[100, 100, 10, 0]])
    assert below(top, bottom, np.array([0.8] * 4)).tolist() == [[True, False, True, False]]


def test_off_again_forgets():
    """On in 2025 to 2027, off in 2028, on again: red in 2027, nothing in 2028, and then yellow."""
    raw = classes([100], [yearly(100, *[50] * 6)], {"warning": {**WARNING["warning"], "active": 0}}, last=2029)
    raw["rules"]["warning"]["active"] = {"series": {2025: 1, 2028: 0, 2029: 1}, "steps": True}
    v = means(build(raw))
    assert v.history.colours[:, 0, 0].tolist() == [0, 1, 2, 0, 1]
    assert v.history.seats[:, 0, 0].tolist() == pytest.approx([100, 100, 70, 100, 100])


def test_the_quota_rule_starts_from_what_it_gave_itself():
    """Full seats ask for 1/.95 a year, empty ones (50 of 100) for .9.

    2025: 100/.95 = 105.26.  2026: completions of 2024 and 2025 are 1 and 50/105.26 = .475, mean .7375: .9 (the reach), so 94.74
    and yellow.  2027: 1, .475, 50/94.74 = .5278, mean .6676: 85.26, red: 59.68.  2028: .475, .5278, 50/59.68 = .838: .6136,
    and again .9 of the 85.26, not of the 59.68: 76.74, red still (.838 is above .8): 53.72.
    """
    raw = classes([100], [yearly(100, *[50] * 6)], {**WARNING, "quota": {"active": 1}}, last=2028)
    raw["areas"]["west"] = {"title": title("west"), "junior_graduates": yearly(10000, *[10050] * 6)}  # holds J still
    got = seats_of(raw)[:, 0]
    assert got == pytest.approx([100 / 0.95 * 10100 / 10100, 94.736842, 85.263158 * 0.7, 76.736842 * 0.7], abs=1e-5)


# ------------------------------------------------------------------------------------------------------------------ lists


def on_list(**over):
    return {"lists": {"strong": {"title": title("strong"), "active": 1, "programmes": ["a"], "growth": 0.1, "years": 3, **over}}}


def test_lists_grow_within_the_total_and_then_keep():
    """a: 100 x 1.1, 1.21, 1.331, and 1.331 after the term of three; b and c (200 and 100) give it, two thirds and one third."""
    got = seats_of(classes([100, 200, 100], [1000] * 3, on_list(), last=2029))
    a = np.array([110, 121, 133.1, 133.1, 133.1])
    assert got[:, 0] == pytest.approx(a)
    assert got[:, 1] == pytest.approx(200 - (a - 100) * 2 / 3) and got[:, 2] == pytest.approx(100 - (a - 100) / 3)


def test_lists_in_whole_seats():
    """133.1, 177.9 and 88.9 in 2027: 133, 178, 89; the sum stays 400 in every year."""
    r = run(build(classes([100, 200, 100], [1000] * 3, on_list(), last=2028)), 2)
    assert (r.history.seats.sum(axis=1) == 400).all()
    assert r.history.seats[2, :, 0].tolist() == [133, 178, 89]
    assert [CODES[i] for i in r.history.reason[2, :, 0]] == ["list_grown", "list_paid", "list_paid"]


def test_the_term_begins_with_the_first_plan_in_force():
    raw = classes([100, 200], [1000] * 2, on_list(active=0, years=2), last=2029)
    got = seats_of(raw, {"rules.lists.strong.active": ("set", 1.0, date(2026, 4, 1))})
    assert got[:, 0] == pytest.approx([100, 110, 121, 121, 121])


def test_a_list_of_some_schools_and_what_both_lists_share():
    """Two lists in force: a by 10 % and b by 20 %; c, on neither, gives 10 + 40."""
    rules = on_list()
    rules["lists"]["new"] = {**rules["lists"]["strong"], "programmes": ["b"], "growth": 0.2, "schools": ["school"]}
    assert seats_of(classes([100, 200, 100], [1000] * 3, rules, last=2025))[0].tolist() == pytest.approx([110, 240, 50])
    rules["lists"]["new"]["schools"] = ["another"]
    raw = classes([100, 200, 100], [1000] * 3, rules, last=2025)
    raw["institutions"]["another"] = dict(raw["institutions"]["school"])
    assert seats_of(raw)[0].tolist() == pytest.approx([110, 200 - 20 / 3, 100 - 10 / 3])


def test_no_more_than_the_others_have():
    """Doubling 100 where the others have 60: 160 and 0.  Alone at its gate a list moves nothing, up or down."""
    wish, gate = np.array([[100.0], [60.0]]), np.array([0, 0])
    two = np.array([[2.0], [1.0]])
    assert supported(wish, two, np.array([True, False]), gate)[:, 0].tolist() == pytest.approx([160, 0])
    assert supported(wish, two, np.array([True, False]), np.array([0, 1]))[:, 0].tolist() == pytest.approx([100, 60])
    assert supported(wish, two / 4, np.array([True, True]), gate)[:, 0].tolist() == pytest.approx([100, 60])
    assert supported(wish, two / 4, np.array([True, False]), gate)[:, 0].tolist() == pytest.approx([50, 110])


def test_support():
    growth = np.full((5, 1), 0.1)
    on = np.array([False, True, False, True, True])
    assert support(on, growth, 3)[0] == pytest.approx(1.21)  # the third year of the term is the fourth given, the fifth is late
    assert support(on & False, growth, 3)[0] == 1


# ------------------------------------------------------------------------------------------------------------- off is off


def test_a_rule_that_finds_nothing_changes_no_seat():
    """Thresholds of almost nothing, no growth: every count as without the rules."""
    rules = {"warning": {"active": 1, "completion": 1e-6, "placement": 1e-6}, **on_list(growth=0)}
    raw = classes([100, 200], [yearly(100, 50, 60), 1000], {}, last=2028)
    off, on = run(build(raw), 6), run(build({**raw, "rules": rules}), 6)
    assert set(same(off.history, on.history)) <= {"moves", "colours"} and not on.history.colours.any()
    assert off.history.moves.shape[1] == off.history.colours.shape[1] == 0
    assert off.draws == on.draws


def test_written_and_off_is_as_if_not_written():
    raw = classes([100, 200], [yearly(100, 50, 60), 1000], {}, last=2028)
    off = {"warning": {**WARNING["warning"], "active": 0}, **on_list(active=0)}
    assert same(run(build(raw), 4).history, run(build({**raw, "rules": off}), 4).history) == []


def test_a_row_is_never_put_down_to_what_moved_it_the_other_way():
    """Of 80 planned seats the base has 46; lists give 9, weak schools take 14: 41 are left, 34 fewer by the base, so its own
    reason stays.  Of 80 the base has 78, lists give 9 and warning takes 30: the warning.  Of 80 the base has 78, lists give 9:
    87, the list; and where the two rules cancel out (80 again) the base's reason stays."""
    juniors = CODES.index("rule_juniors")
    changes = np.zeros((5, 4, 1))
    changes[0, :, 0], changes[1, :, 0], changes[2, :, 0] = [9, 9, 9, 9], [0, -30, 0, -7], [-14, 0, 0, 0]
    planned, base = np.full((4, 1), 80.0), np.array([[46.0], [78.0], [78.0], [78.0]])
    seats = base + changes.sum(axis=0)
    got = reasons_of_changes(np.full((4, 1), juniors, dtype=np.int8), planned, base, changes, seats, np.zeros((4, 1), dtype=bool))
    assert [CODES[i] for i in got[:, 0]] == ["rule_juniors", "warned", "list_grown", "rule_juniors"]
