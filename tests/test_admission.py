"""Batches, list lengths, the make-up round, places of alternatives, and the order of college seats (docs/model.md, Admission)."""

import itertools
from datetime import date

import numpy as np
import pytest
from scipy import stats

from skillsim.chance import Draws, rung_before
from skillsim.engine.layout import lay_out
from skillsim.rules.admission import in_turn, waiting
from worlds import EXAM, FAMILY, build, get, means, part, path, place, row, run, same, stage, title, town, z_limit

# --------------------------------------------------------------------------------------------------------- length of a list


def by_enumeration(closed, others, length):
    """P(the first so many of a Plackett-Luce order of the closed and one that stands for all open are closed)."""
    total = 0.0
    for order in itertools.permutations(closed, length):
        p, left = 1.0, sum(closed) + others
        for weight in order:
            p *= weight / left
            left -= weight
        total += p
    return total


def test_who_named_only_full_options_against_enumeration():
    """300 small sets, weights over ten powers of ten, some of them of weight 0: to 1e-9."""
    rng = Draws(7, 0, 2).normal("sets", 0, np.arange(300 * 12, dtype=np.uint64))[:, 0].reshape(300, 12)
    for k, draw in enumerate(rng):
        n, length = 1 + k % 7, 1 + (k // 7) % 4
        closed, others = np.exp(2.5 * draw[:n]), np.exp(4 * draw[8])
        weights = np.concatenate([closed, [others / 3, 0.0, others * 2 / 3, 0.0]])
        shut = np.array([True] * n + [False, True, False, False])
        got = rung_before(weights[None, :, None], shut[:, None], length, 1)
        assert got[0, 0] == pytest.approx(by_enumeration(closed.tolist(), others, length), abs=1e-9), (k, closed, others, length)


def test_who_named_only_full_options_at_the_ends():
    weights = np.array([[1.0, 2.0, 0.0]])[..., None]
    shut = np.array([[True, True, False, True], [True, False, False, True], [False, False, False, True]])
    # nothing is open to him but two are closed; fewer closed than the list is long; none closed
    assert rung_before(weights, shut, 2, 1).tolist() == [[1, 0, 0, 1]]
    assert rung_before(weights, shut, 3, 1).tolist() == [[0, 0, 0, 0]]
    assert rung_before(weights, shut, 1, 1)[0] == pytest.approx([1, 1 / 3, 0, 1], abs=1e-9)


def test_replications_of_a_pair_share_a_column():
    weights = np.array([[[1.0, 3.0], [1.0, 1.0]]])
    shut = np.array([[True, True, True, False], [False] * 4])
    assert rung_before(weights, shut, 1, 2)[0] == pytest.approx([0.5, 0.5, 0.75, 0], abs=1e-9)


# ------------------------------------------------------------------------------------------------------- worked by hand


def junior_gate(rows, juniors, **choice):
    """One year, one area, pathways of one year with these (log-odds, seats); who finds nothing is not placed."""
    pathways = {code: path(stage(), preference=float(np.log(weight))) for code, (weight, _) in rows.items()}
    return place(pathways, [row(code, seats) for code, (_, seats) in rows.items()], junior=juniors, choice=choice)


def placed(values, *codes):
    return [get(values, "entrants", pathways=[code])[0] for code in codes]


def batch(name, **named):
    return {"title": title(name), **named}


def test_two_batches_where_nobody_waits_in_vain():
    """100 people; a (weight 2, 10 seats) first, then b and c (weight 1 each, 40 and 100 seats).

    Waiting weighs 1 + 1: of the 100 half name a, 10 get it, 90 go on; of these 45 name b, 40 get it, the others take c.
    """
    raw = junior_gate({"a": (2, 10), "b": (1, 40), "c": (1, 100)}, 100, batches=[batch("1", pathways=["a"]), batch("2")])
    values = means(build(raw))
    assert placed(values, "a", "b", "c") == pytest.approx([10, 40, 50])
    assert get(values, "not_local")[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("makeup", "a", "left"), [(0, 75, 15), (0.4, 81, 9), (1, 90, 0)])
def test_who_waits_in_vain_comes_back_in_the_make_up_round(makeup, a, left):
    """a weighs 3 (100 seats), b 1 (10 seats): 75 take a, 25 wait, 10 of them get b; of the 15 a share comes back to a."""
    raw = junior_gate({"a": (3, 100), "b": (1, 10)}, 100, batches=[batch("1", pathways=["a"]), batch("2")], makeup=makeup)
    values = means(build(raw))
    assert placed(values, "a", "b") == pytest.approx([a, 10])
    assert get(values, "not_local")[0] == pytest.approx(left)


def test_the_make_up_round_has_only_what_is_left():
    """As above with 78 seats in a: 75 take it, 25 wait, 10 get b, all 15 others come back for 3 places."""
    raw = junior_gate({"a": (3, 78), "b": (1, 10)}, 100, batches=[batch("1", pathways=["a"]), batch("2")])
    values = means(build(raw))
    assert placed(values, "a", "b") == pytest.approx([78, 10]) and get(values, "not_local")[0] == pytest.approx(12)


def test_the_order_of_batches_counts_and_waiting_ignores_rows_without_seats():
    """b first: 10 of 25 who name it, the others wait and all 90 take a; a third row of weight 96 without seats draws nobody."""
    rows = {"a": (3, 100), "b": (1, 10), "none": (96, 0)}
    values = means(build(junior_gate(rows, 100, batches=[batch("1", pathways=["b"]), batch("2")], makeup=0)))
    assert placed(values, "a", "b", "none") == pytest.approx([90, 10, 0])
    assert waiting(np.array([[[3.0], [1.0], [96.0]]]), np.array([[True], [True], [False]]), np.array([0, 2])).tolist() == [[3]]


def test_batches_by_school_class_and_alternative():
    """A batch with schools and pathways takes these pathways of these schools; a class stands for its pathways."""
    pathways = {"a": path(stage()), "b": path(stage())}
    rows = [row(p, 10, school=s) for p in "ab" for s in ("one", "two")]
    raw = place(pathways, rows, junior=0, classes={"both": ["a", "b"]})
    raw["choice"]["alternatives"] = {c: {"title": title(c)} for c in ("work", "army")}
    raw["choice"]["batches"] = [
        batch("1", pathways=["a"], schools=["one"]), batch("2", schools=["two"], alternatives=["work"]), batch("3"),
    ]
    layout = lay_out(build(raw))
    names = [*layout.pools, *layout.alternatives]
    assert [[names[i] for i in options] for options in layout.batches] == [
        ["a.one.a.local"], ["a.two.a.local", "b.two.a.local", "work"], ["b.one.a.local", "army"],
    ]
    raw["choice"]["batches"] = [batch("1", pathways=["both"], list_length=3), batch("2")]
    layout = lay_out(build(raw))
    assert [len(options) for options in layout.batches] == [4, 2] and layout.list_lengths == (3, None)


LISTS = {"bands": [0.5, 0.5], "makeup": 0.6}


def listed(length, makeup=0.6, **rest):
    """200 people in two bands; a weighs 2 (20 seats), b and c 1 each (200 seats)."""
    choice = {**LISTS, "makeup": makeup, "batches": [batch("only", **({} if length is None else {"list_length": length}))]}
    return junior_gate({"a": (2, 20), "b": (1, 200), "c": (1, 200)}, 200, **choice, **rest)


def test_a_list_of_one_by_hand():
    """Band 1: a is full with 20, the 80 others take b and c.  Band 2: half of the 100 have named a and go without; 25 each take
    b and c; 0.6 of the 50 come to the make-up round, 15 each."""
    values = means(build(listed(1)))
    assert placed(values, "a", "b", "c") == pytest.approx([20, 80, 80])
    assert get(values, "not_local")[0] == pytest.approx(20)
    assert get(means(build(listed(2))), "not_local")[0] == pytest.approx(0, abs=1e-9)


def test_a_list_of_one_under_draws():
    """In every replication a is full after band 1 (P(Bin(100, 1/2) < 20) < 1e-9), so that of band 2 Bin(100, 1/2) go without.

    Two z-tests and a chi-square test at 1 % together; R = 1,500.
    """
    replications, tests = 1500, 3
    values = run(build(listed(1, makeup=0)), replications)
    out = get(values, "not_local")[0]
    assert (get(values, "entrants", pathways=["a"])[0] == 20).all()
    assert abs(out.mean() - 50) < z_limit(tests) * 5 / np.sqrt(replications)
    low, high = stats.chi2.ppf([FAMILY / tests / 2, 1 - FAMILY / tests / 2], replications - 1)
    assert low < out.var(ddof=1) * (replications - 1) / 25 < high
    again = get(run(build(listed(1)), replications), "not_local")[0]
    assert abs(again.mean() - 20) < z_limit(tests) * np.sqrt(100 * 0.2 * 0.8 / replications)


def test_a_list_of_three_under_draws_against_means():
    """Weights of 4, 3, 2 and 1 with few seats and an ample row of 1: the mean of the draws is that of the exact probability.

    The best four rows are full after the first of two bands (as far as 1e-9); z-test at 1 %, R = 1,000.
    """
    rows = {"a": (4, 10), "b": (3, 10), "c": (2, 10), "d": (1, 10), "e": (1, 5000)}
    raw = junior_gate(rows, 1000, bands=[0.5, 0.5], batches=[batch("only", list_length=3)], makeup=0)
    p = by_enumeration([4, 3, 2, 1], 1, 3)
    assert get(means(build(raw)), "not_local")[0] == pytest.approx(500 * p)
    out = get(run(build(raw), 1000), "not_local")[0]
    assert abs(out.mean() - 500 * p) < z_limit(1) * np.sqrt(500 * p * (1 - p) / 1000)


def everywhere(**choice):
    return build(town(2025, 2026, size=0.3, choice={"general_share": 0, **choice}))


def test_a_list_that_holds_everything_changes_nothing():
    """To the byte: the only batch, with a list as long as all options, makes the draws of a place without batches."""
    plain, long = everywhere(), everywhere(batches=[batch("only", list_length=50)])
    assert same(part(plain, 0, 6), part(long, 0, 6)) == []
    assert "entrants" in same(part(plain, 0, 6), part(everywhere(batches=[batch("only", list_length=1)]), 0, 6))


# ------------------------------------------------------------------------------------------------ places of alternatives


def general(seats, preference, **over):
    """100 people in two halves; general high school with places beside one vocational row of 100 seats and weight 1."""
    raw = place({"p": path(stage())}, [row("p", 100)], junior=100, choice={"bands": [0.5, 0.5]})
    raw["choice"]["alternatives"] = {"general": {"title": title("g"), "seats": seats, "general": True, "preference": preference}}
    return {**raw, **over}


def test_general_high_school_fills_by_score():
    """Sought by everybody, its 60 places go to the 50 of the upper half and 10 of the lower."""
    values = means(build(general(60, 20)))
    assert [get(values, name)[0] for name in ("general_entrants", "entrants", "not_local")] == pytest.approx([60, 40, 0])


def test_general_high_school_by_band():
    """Weight 3 above and 1 below: 37.5 of 50, then 25 of 50 would come, 12.5 find a place."""
    values = means(build(general(50, [float(np.log(3)), 0])))
    assert [get(values, name)[0] for name in ("general_entrants", "entrants")] == pytest.approx([50, 50])
    unlimited = means(build(general(None, [float(np.log(3)), 0])))
    assert get(unlimited, "general_entrants")[0] == pytest.approx(62.5)


def test_general_entrants_add_to_those_pinned_and_others_stay_apart():
    """A fifth goes before any choice, 80 choose: weights 1 (general, 20 places) and 1 (work, 10 places) and 2 (row)."""
    raw = general(20, 0)
    raw["choice"] |= {"general_share": 0.2}
    raw["choice"]["alternatives"]["work"] = {"title": title("w"), "seats": 10}
    raw["pathways"]["p"]["preference"] = float(np.log(2))
    values = means(build(raw))
    assert [get(values, name)[0] for name in ("general_entrants", "entrants", "not_local")] == pytest.approx([40, 50, 10])


def test_general_high_school_is_for_those_of_the_place():
    """Who comes from outside the place comes for a vocational seat, also where everybody prefers general high school."""
    raw = general(60, 20)
    raw["areas"]["far"] = {"title": title("far"), "local": False, "junior_graduates": 30}
    raw["quota"]["rows"] = [row("p", 100, areas="any")]
    values = means(build(raw))
    assert [get(values, name)[0] for name in ("general_entrants", "entrants")] == pytest.approx([60, 70])


def test_places_are_whole_people_under_draws():
    values = run(build(general(33, [1, -1])), 40)
    taken = get(values, "general_entrants")[0]
    assert (taken == 33).all() and (get(values, "entrants")[0] == 67).all()


# ----------------------------------------------------------------------------------------------- order of college seats


def colleges(seats, further, gates=None, general=0, adults=0, rows=None):
    """100 leave a one-year school each year, which a college of the place and one elsewhere follow."""
    pathways = {
        "school": path(stage(further=further)), "exam": path(stage("college", 1), entry="exam"),
        "adult": path(stage("college", 1), entry="social"),
    }
    given = rows or [row("exam", seats, school="college", areas="any")]
    raw = place(pathways, [row("school", 100), row("adult", 50, school="college", areas="any"), *given], first=2026, junior=100,
                last=2026, gates=gates or {})
    raw["areas"]["town"] |= {"general_applicants": general, "adult_applicants": adults}
    raw["areas"]["far"] = {"title": title("far"), "local": False, "adult_applicants": adults / 4}
    for one in given:
        raw["institutions"][one["school"]]["area"] = "far" if one["school"] == "away" else "town"
    return build(raw)


EARLY = {"gate": "exam", "sits": 0.8, "passes": 0.5, "exempt": 0.1, "recommended": 0.2}


@pytest.mark.parametrize(
    ("seats", "studying", "general"),
    [(8, 8, 0), (12, 12, 0), (35, 35, 0), (55, 55, 0), (60, 55, 5), (200, 55, 30)],
)
def test_order_of_college_seats(seats, studying, general):
    """Of 100: 10 exempt, 20 recommended, and 25 of the 50 others who sit; then the 30 from general high school."""
    values = means(colleges(seats, EARLY, general=30))
    assert get(values, "entrants", pathways=["exam"])[0] == pytest.approx(studying + general)
    by_way = values.history.destinations[0, :2, :, 0].sum(axis=1)
    assert by_way == pytest.approx([studying, 0])
    assert get(values, "graduates", pathways=["school"])[0] == pytest.approx(100)


def test_without_exam_only_into_the_place():
    """A college elsewhere draws all who passed; who is exempt or recommended stays: 12 seats here for their 30."""
    rows = [row("exam", 12, school="college", areas="any"), row("exam", 500, school="away", areas="any")]
    values = means(colleges(0, EARLY, {"exam": {"local": -15, "elsewhere": 0}}, rows=rows))
    assert values.history.destinations[0, :2, :, 0].sum(axis=1) == pytest.approx([12, 25], abs=1e-4)


def test_exempt_come_before_recommended():
    """Two programmes: all exempt in one, all recommended in the other; 60 seats in the family for 50 and 50."""
    pathways = {
        "first": path(stage(further={**EARLY, "sits": 1, "passes": 1, "exempt": 1, "recommended": 0})),
        "second": path(stage(further={**EARLY, "sits": 1, "passes": 1, "exempt": 0, "recommended": 1})),
        "third": path(stage(further={**EARLY, "sits": 1, "passes": 1, "exempt": 0, "recommended": 0})),
        "exam": path(stage("college"), entry="exam"),
    }
    rows = [*(row(p, 50) for p in ("first", "second", "third")), row("exam", 60, school="college", areas="any")]
    values = means(build(place(pathways, rows, junior=150)))
    going = values.history.destinations[0, 0, :, 0]
    of = [values.inputs.layout.pathways[p] for p in values.inputs.layout.group_pathway]
    assert {p: n for p, n in zip(of, going, strict=True) if n} == pytest.approx({"first": 50, "second": 10})


def test_shares_in_turn():
    """Out of 0.5 who would sit: 0.3 exempt, then 0.2 of the 0.4 that are recommended, nobody is left to sit."""
    first, second, third = in_turn(*map(np.array, (0.3, 0.4, 0.5, 0.9)))
    assert (first, second, third) == pytest.approx((0.3, 0.2 / 0.7, 0))
    assert in_turn(*map(np.array, (0.1, 0.2, 0.8, 0.5))) == pytest.approx((0.1, 0.2 / 0.9, 0.5 / 0.7 * 0.5))
    assert in_turn(*map(np.array, (1.0, 1.0, 1.0, 0.5))) == pytest.approx((1, 0, 0))
    assert in_turn(*map(np.array, (0.0, 0.0, 0.7, 0.8)))[2] == 0.7 * 0.8


def test_favour_of_the_place():
    """Two colleges alike; log-odds of ln 3 for the one of the place: three quarters of the 56 who pass."""
    rows = [row("exam", 500, school=s, areas="any") for s in ("college", "away")]
    values = means(colleges(0, EXAM, {"exam": {"local": float(np.log(3))}}, rows=rows))
    assert values.history.destinations[0, :2, :, 0].sum(axis=1) == pytest.approx([42, 14])
    assert get(values, "entrants", schools=["away"])[0] == pytest.approx(14)


@pytest.mark.parametrize(("elsewhere", "adults", "entrants"), [(None, 60, 50), (None, 20, 25), (0, 60, 37.5), (0, 100, 50)])
def test_adults_choose_last(elsewhere, adults, entrants):
    """50 seats for those of the town and a quarter as many from elsewhere; half of them go elsewhere where that is open."""
    gates = {"exam": {"elsewhere": 0}, "social": {} if elsewhere is None else {"elsewhere": elsewhere}}
    values = means(colleges(100, EXAM, gates, adults=adults))
    assert get(values, "entrants", pathways=["adult"])[0] == pytest.approx(entrants)
    assert get(values, "graduates", pathways=["adult"])[0] == pytest.approx(entrants)


# --------------------------------------------------------------------------------------------------------- nobody is lost


def with_everything(**over):
    """The town with two batches, lists, general high school with places, exempt and recommended, adults, a change on the way."""
    raw = town(2025, 2028, size=0.3)
    raw["choice"]["alternatives"]["general"] = {
        "title": title("g"), "general": True, "preference": [1.5, 0.5], "seats": {"series": {2025: 60, 2028: 40}},
    }
    raw["choice"] |= {
        "general_share": 0.1, "makeup": 0.5, "bands": [0.2] * 5,
        "batches": [batch("1", schools=["college", "craft_school"], alternatives=["general"], list_length=2),
                    batch("2", pathways=["long_track"], list_length=1), batch("3")],
    }
    raw["pathways"]["through"]["stages"][1]["transfer"]["passes"] = 0.9
    raw["programmes"]["b"]["preference"] = 0.2
    raw["choice"]["alternatives"]["work"]["preference"] = -0.5
    raw["choice"]["alternatives"]["general"]["preference"] = 3.0
    raw["pathways"]["plain"]["stages"][0]["further"] = EARLY
    raw["pathways"]["through"]["stages"][1]["further"] = {**EARLY, "gate": "upgrade"}
    raw["pathways"]["adults"] = path(stage("college", 2, 0.1, further={**EARLY, "gate": "upgrade"}), entry="social")
    raw["quota"]["rows"].append(row("adults", 25, "a", "college", areas="any"))
    raw["retention"]["base"].append({**raw["retention"]["base"][0], "pathways": ["adults"], "level": "college"})
    raw["areas"]["east"]["adult_applicants"], raw["areas"]["far"]["adult_applicants"] = 20, 15
    raw["areas"]["west"] |= {"junior_graduates": 0, "rolls": {"births": {"uniform": [90, 150]}}}
    raw["uncertainty"] = {"parameters": True}
    return raw | over


def conserved(history, layout, tolerance):
    """Juniors are those of the general track, in seats, elsewhere or not placed; no seat is given twice."""
    junior = layout.gate_pools["junior"]
    accounted = history.general.sum(axis=1) + history.not_local.sum(axis=1) + history.entrants[:, junior].sum(axis=1)
    assert np.abs(history.junior.sum(axis=1) - accounted).max() <= tolerance
    assert (history.entrants <= history.seats + tolerance).all()


def test_nobody_is_lost_under_draws_and_means():
    scenario = build(with_everything())
    values, drawn = means(scenario), part(scenario, 0, 40)
    conserved(values.history, values.inputs.layout, 1e-6)
    conserved(drawn, values.inputs.layout, 0)
    assert drawn.entrants.dtype == np.int32 and drawn.not_local.sum() > 0
    adult = values.inputs.layout.gate_pools["social"]
    assert (drawn.entrants[:, adult].sum(axis=1) > 15).all()
    assert (drawn.general.sum(axis=1)[:, 0] > 40).all()


def test_the_mean_of_the_draws_is_near_the_means():
    """Entrants, general track and nobody's place over four years, many small limits: within 2 % of the juniors."""
    scenario = build(with_everything(uncertainty={"parameters": False}))
    values, drawn = means(scenario), part(scenario, 0, 60)
    for name in ("general", "not_local", "entrants"):
        a, b = getattr(values.history, name), getattr(drawn, name).astype(float)
        assert abs(a.sum() - b.sum() / 60) < 0.02 * values.history.junior.sum(), name


def test_replications_do_not_depend_on_their_company():
    scenario = build(with_everything())
    whole, some = part(scenario, 0, 12), part(scenario, 4, 6)
    assert all((getattr(whole, name)[..., 4:10] == getattr(some, name)).all() for name in ("entrants", "general", "not_local"))


def test_a_policy_that_begins_later_changes_only_what_comes_later():
    """More places in general high school from 2027 on: years before are the same to the byte, later more go there."""
    base = build(with_everything())
    more = base.vary({"choice.alternatives.general.seats": ("scale", 2, date(2027, 1, 1))})
    a, b = run(base, 10), run(more, 10)
    before, after = get(a, "general_entrants"), get(b, "general_entrants")
    assert (before[:2] == after[:2]).all() and (get(a, "entrants")[:2] == get(b, "entrants")[:2]).all()
    assert after[2:].mean() > before[2:].mean() + 5


def test_process_chance_off_runs_the_means_of_every_draw():
    raw = with_everything(uncertainty={"parameters": True, "process": False})
    values = run(build(raw), 6)
    conserved(values.history, means(build(raw)).inputs.layout, 1e-6)


# ------------------------------------------------------------------------------------------------------ pathways of plans


def test_pathways_of_plans_run_to_their_diplomas():
    """3+3, three years of college and two of a bachelor's, four years of a bachelor's and two of a master's: 100 enter each year,
    nobody drops out; at a gate half go on, the others leave with the diploma of the stage."""
    half = {"sits": 1, "passes": 0.5}
    pathways = {
        "three_three": path(stage(years=3, further=EXAM), stage("college", 3, transfer=half)),
        "college_bachelor": path(stage("college", 3), stage("bachelor", 2, transfer=half), entry="exam"),
        "bachelor_master": path(stage("bachelor", 4), stage("master", 2, transfer=half), entry="exam"),
    }
    rows = [
        row("three_three", 100, then=["college"]),
        row("college_bachelor", 100, school="college", areas="any", then=["university"]),
        row("bachelor_master", 100, school="university", areas="any"),
    ]
    raw = place(pathways, rows, first=2025, last=2027, junior=100, gates={"exam": {"elsewhere": 0}})
    raw["areas"]["town"]["general_applicants"] = 1000
    values = means(build(raw))
    for code, low, high, years in (
        ("three_three", "secondary", "college", (3, 3)), ("college_bachelor", "college", "bachelor", (3, 2)),
        ("bachelor_master", "bachelor", "master", (4, 2)),
    ):
        for level in (low, high):
            assert get(values, "graduates", pathways=[code], levels=[level]) == pytest.approx(50), (code, level)
            stay = years[0] * 100 if level == low else years[1] * 50
            assert get(values, "headcount", pathways=[code], levels=[level]) == pytest.approx(stay), (code, level)
    drawn = run(build(raw), 20)
    assert (get(drawn, "entrants") == 300).all()
    total = sum(get(drawn, "graduates", pathways=[code]) for code in pathways)
    assert abs(total.mean() - 300) < z_limit(1) * np.sqrt(3 * 300 * 0.25 / 20)
