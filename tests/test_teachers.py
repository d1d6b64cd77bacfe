"""Teachers: the bound, the pool and the stock by hand, in the mean and under draws, and what a scenario may say of them."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

import skillsim as ss
from skillsim.analysis import running
from skillsim.analysis.ground import same_students
from skillsim.chance import Draws, Expected
from skillsim.engine.inputs import inputs_for
from skillsim.engine.run import Run, joined
from skillsim.engine.simulate import warm_start
from skillsim.errors import InvariantError
from skillsim.results.indicators import Row
from skillsim.rules.teachers import equivalents, hires, pooled, wanted
from skillsim.rules.training import loads
from skillsim.scenario import picks
from skillsim.scenario.staff import OF_STAFF
from worlds import SEED, build, get, laid, means, path, place, row, same, stage, steps, title, town, with_market, z_limit

STILL = {"students": 20, "leaving": 0, "hiring": 0, "hired_dual": 0, "trained": 0}


def schools(staff, kinds, capacity=1000, last=2030, seats=100, **over):
    """A town whose schools have so many teachers and dual-qualified of them: {code: (kind, teachers, dual share)}."""
    ways = {"p": path(stage(years=3, dropout=0))}
    raw = place(ways, [row("p", seats, school=code) for code in staff], last=last, junior=10_000, **over)
    for code, (kind, teachers, dual) in staff.items():
        raw["institutions"][code] |= {"kind": kind, "capacity": capacity, "staff": {"teachers": teachers, "dual": dual}}
    raw["teachers"] = laid({"kinds": kinds}, over.get("teachers", {}))
    return raw


def ran(raw, columns=0, last=None, **more):
    """A run, in the mean or of so many replications, with its teachers still there."""
    scenario = build(raw)
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, None, SEED)
    source = Draws(SEED, 0, columns) if columns else Expected(1)
    alpha = np.zeros((len(inputs.layout.stages), 1))
    the = Run(inputs, source, more.pop("start", None) or warm_start(scenario, SEED), alpha, last, **more)
    the.go()
    return the


# ------------------------------------------------------------------------------------------------------------ by hand


def test_two_schools_help_each_other():
    """Own teachers can teach 100 and 50 students; places for 80 and 100; half of the teachers are pooled.

    Kept 50 and 25, given 50 and 25: the pool is 75.  Short of 30 and 75, 105 in all: the pool covers 75/105 = 5/7 of it.
    So 50 + 30 · 5/7 = 71.428571 and 25 + 75 · 5/7 = 78.571429, together 150 as before.
    """
    own, most = np.array([[100.0], [50.0]]), np.array([[80.0], [100.0]])
    found = pooled(own, most, np.array([0, 0]), np.array([0.5]))
    assert found[:, 0] == pytest.approx([71.428571428571, 78.571428571429], abs=1e-9)


def test_what_the_pool_has_left_goes_back_where_it_came_from():
    """100 and 50, places for 80 and 60, a fifth pooled: kept 80 and 40, given 20 and 10, short of 0 and 20.

    The pool of 30 covers the 20; 10 go back, two to one: 80 + 20 · 1/3 = 86.667 and 40 + 20 + 10 · 1/3 = 63.333.
    """
    own, most = np.array([[100.0], [50.0]]), np.array([[80.0], [60.0]])
    assert pooled(own, most, np.array([0, 0]), np.array([0.2]))[:, 0] == pytest.approx([86 + 2 / 3, 63 + 1 / 3])
    # of two kinds nobody helps the other, and what is given comes back; no share is no change, and nobody to share is none
    assert pooled(own, most, np.array([0, 1]), np.array([0.2]))[:, 0] == pytest.approx([100, 50])
    assert (pooled(own, most, np.array([0, 0]), np.array([0.0])) == own).all()
    assert (pooled(0 * own, most, np.array([0, 0]), np.array([0.5])) == 0).all()


def test_a_pool_neither_makes_nor_loses_teachers():
    rng = np.random.default_rng(5)
    own, most, pool = rng.uniform(0, 500, (9, 40)), rng.uniform(0, 900, (9, 40)), np.array([0, 1, 1, 2, 0, 1, 2, 2, 0])
    share = rng.uniform(0, 1, 40)
    found = pooled(own, most, pool, share)
    for k in range(3):
        assert found[pool == k].sum(axis=0) == pytest.approx(own[pool == k].sum(axis=0))
    assert (found >= own * (1 - share) - 1e-9).all()


def test_teachers_by_hand():
    """24 full-time teachers beside a fifth of part-time ones are 24/0.8 = 30 equivalents.  A capacity of 1,000 at 16 students
    each asks for 62.5 equivalents, 50 of them full-time.  45 of 47 stayed: 5 are wanted; at most 10 % of 47 are hired: 4.7."""
    assert equivalents(np.array([24]), np.array([0.2])) == pytest.approx([30])
    wants = wanted(np.array([1000.0]), np.array([16.0]), np.array([0.2]))
    assert wants == pytest.approx([50])
    before, stock = np.array([47]), np.array([45])
    assert hires(wants, stock, before, np.array([0.1])) == pytest.approx([4.7])
    assert hires(wants, stock, before, np.array([0.2])) == pytest.approx([5])
    assert hires(wants - 20, stock, before, np.array([0.1])) == [0]  # nobody is sent away


def test_training_asks_of_teachers_in_proportion():
    """300 full-time students over schools with 30, 60 and 10 teachers, of which the last does not teach workers: 100 and 200."""
    teachers, students = np.array([[30], [60], [10]]), np.array([300.0])
    assert loads(students, teachers, np.array([True, True, False]))[:, 0] == pytest.approx([100, 200, 0])
    assert (loads(students, teachers, np.zeros(3, dtype=bool)) == 0).all()


TWO = {"a": ("college", 30, 0.5), "b": ("college", 10, 0.2), "c": ("secondary_school", 12, 0)}


@pytest.mark.parametrize("columns", [0, 4])
def test_the_bound_of_a_year(columns):
    """Colleges at 18 students, 10 % part-time; places for 500 in each school; a tenth pooled; workers' training of 400
    person-times at a quarter is 100 students, taught by the colleges three to one.

    a: 30 · 18/0.9 = 600, less 75: 525.  b: 200 less 25: 175.  Given 52.5 and 17.5; kept 472.5 and 157.5, short of 27.5 and
    342.5 = 370: the pool of 70 covers 70/370.  a: 472.5 + 27.5 · 70/370 = 477.7; b: 157.5 + 342.5 · 70/370 = 222.3.
    c: 12 · 16 = 192, as it is: it is the only one of its kind, and the training is none of its.  d states no teachers.
    """
    kinds = {"college": {**STILL, "students": 18, "part_time": 0.1}, "secondary_school": {**STILL, "students": 16}}
    raw = schools(TWO, kinds, capacity=500, teachers={"pooled": 0.1})
    raw["institutions"]["d"] = {"title": title("d"), "kind": "university", "area": "town", "capacity": 100}
    raw["training"] = {"person_times": {"machines": 400}, "load": 0.25, "schools": ["a", "b"]}
    the = ran(raw, columns)
    found = the.staff.most_students(2026)
    assert the.layout.schools == ("a", "b", "c", "d") and found.shape == (4, columns or 1)
    exact = np.array([472.5 + 27.5 * 70 / 370, 157.5 + 342.5 * 70 / 370, 192.0, np.inf])
    assert (found == np.floor(exact)[:, None]).all() if columns else found[:, 0] == pytest.approx(exact)


def test_only_schools_of_the_place_help_each_other():
    kinds = {"college": STILL, "secondary_school": STILL}
    raw = schools(TWO, kinds, capacity=500, teachers={"pooled": 0.5})
    raw["areas"]["far"] = {"title": title("far"), "local": False, "junior_graduates": 10}
    raw["institutions"]["a"]["area"] = "far"
    assert ran(raw).staff.most_students(2026)[:, 0] == pytest.approx([600, 200, 240])


# --------------------------------------------------------------------------------------------------- through the years


def test_a_stock_that_hires_who_leaves_stands_still():
    """50 teachers are what 1,000 places at 20 students ask for; a tenth leave and as many may be hired."""
    kinds = {"college": {**STILL, "leaving": 0.1, "hiring": 0.1}}
    the = ran(schools({"a": ("college", 50, 0.5)}, kinds))
    assert the.history.teachers.sum(axis=1)[:, 0, 0] == pytest.approx([50] * 6)
    assert the.history.teacher_flows[:, :2, 0, 0] == pytest.approx(np.full((6, 2), 5.0))
    drawn = ran(schools({"a": ("college", 50, 0.5)}, kinds | {"college": {**kinds["college"], "hiring": 1}}), 400).history
    assert (drawn.teachers.sum(axis=1) == 50).all()  # whoever leaves is replaced, one by one
    assert (drawn.teacher_flows[:, 0] == drawn.teacher_flows[:, 1]).all() and drawn.teacher_flows[:, 1].std() > 1


def test_means_follow_the_recursion():
    """Of d dual-qualified and o others a share s stay, t of the others who stay become dual-qualified, and of h hired q are:

    d' = ds + ost + hq, o' = os(1 - t) + h(1 - q), h = what 50 wanted lack, at most 0.08 of d + o.
    """
    s, t, q = 0.94, 0.11, 0.3
    kinds = {"college": {"students": 20, "leaving": 1 - s, "trained": t, "hiring": 0.08, "hired_dual": q}}
    the = ran(schools({"a": ("college", 40, 0.25)}, kinds))
    d, o = 10.0, 30.0
    for y in range(6):
        h = min(max(50 - (d + o) * s, 0), 0.08 * (d + o))
        expected = [h, (d + o) * (1 - s), o * s * t]
        d, o = d * s + o * s * t + h * q, o * s * (1 - t) + h * (1 - q)
        assert the.history.teachers[y, :, 0, 0] == pytest.approx([d, o])
        assert the.history.teacher_flows[y, :, 0, 0] == pytest.approx(expected)
    assert d + o < 50  # the limit on hiring was felt


def test_draws_have_the_law_of_single_teachers():
    """One year on from 80 of 200: leavers are Bin(200, 0.1); the trained, of 120 others, Bin(120, 0.9 · 0.2); nobody is hired.

    Means by z-tests and variances by chi-square, together at a level of 1 %.
    """
    kinds = {"college": {**STILL, "leaving": 0.1, "trained": 0.2}}
    n = 2000
    flows = ran(schools({"a": ("college", 200, 0.4)}, kinds, last=2025), n).history.teacher_flows[0, :, 0].astype(float)
    assert (flows[0] == 0).all()
    for x, people, p in ((flows[1], 200, 0.1), (flows[2], 120, 0.18)):
        sd = (people * p * (1 - p)) ** 0.5
        assert abs(x.mean() - people * p) < z_limit(4) * sd / n**0.5
        low, high = stats.chi2.ppf([0.01 / 8, 1 - 0.01 / 8], n - 1) / (n - 1)
        assert low < x.var(ddof=1) / sd**2 < high


def test_part_of_a_post_is_filled_with_that_chance():
    """3 teachers, none leaves, at most 0.3 of them hired in a year: 0.9 in the mean, 0 or 1 in each replication; so a small
    school grows as its means do."""
    kinds = {"college": {**STILL, "students": 20, "hiring": 0.3}}
    raw = schools({"a": ("college", 3, 0)}, kinds, capacity=400, last=2025)
    found = ran(raw, 2000).history.teacher_flows[0, 0, 0].astype(float)
    assert set(found) == {0.0, 1.0}
    assert abs(found.mean() - 0.9) < z_limit(1) * (0.09 / 2000) ** 0.5
    assert ran(raw).history.teacher_flows[0, 0, 0] == pytest.approx([0.9])


def test_more_part_time_teachers_replace_nobody():
    """40 full-time teachers are what 1,000 places ask for at 20 students and a fifth part-time; at two fifths from 2026 on the
    same 40 stay, and teach 1,333 instead of 1,000."""
    kinds = {"college": {**STILL, "students": 20, "part_time": steps(y2025=0.2, y2026=0.4), "leaving": 0.1, "hiring": 0.5}}
    the = ran(schools({"a": ("college", 40, 0)}, kinds))
    assert the.history.teachers.sum(axis=1)[:, 0, 0] == pytest.approx([40] * 6)
    assert the.staff.most_students(2025)[0, 0] == pytest.approx(1000)
    assert the.staff.most_students(2026)[0, 0] == pytest.approx(4000 / 3)


def test_hired_dual_qualified_are_drawn_of_the_hired():
    """100 teachers, 200 wanted, none leaves: 50 are hired in the first year, of them Bin(50, 0.3) dual-qualified."""
    kinds = {"college": {**STILL, "students": 20, "hiring": 0.5, "hired_dual": 0.3}}
    found = ran(schools({"a": ("college", 100, 0)}, kinds, capacity=4000, last=2025), 2000).history
    assert (found.teacher_flows[0, 0] == 50).all()
    dual = found.teachers[0, 0, 0].astype(float)
    assert abs(dual.mean() - 15) < z_limit(1) * (50 * 0.21 / 2000) ** 0.5


def test_stocks_and_flows_agree_in_every_replication():
    kinds = {k: {"students": 15, "part_time": 0.2, "leaving": 0.09, "hiring": 0.12, "hired_dual": 0.4, "trained": 0.1}
             for k in ("college", "secondary_school")}
    found = ran(schools(TWO, kinds), 60).history
    total = found.teachers.sum(axis=1)
    before = np.concatenate([np.broadcast_to([[30], [10], [12]], (1, 3, 60)), total[:-1]])
    assert (before + found.teacher_flows[:, 0] - found.teacher_flows[:, 1] == total).all()
    assert found.teachers.dtype == np.int32 and (found.teachers >= 0).all() and (found.teacher_flows >= 0).all()


def test_the_ledger_finds_a_lost_teacher(monkeypatch):
    from skillsim.engine import staff

    raw = schools(TWO, {k: {**STILL, "leaving": 0.5} for k in ("college", "secondary_school")})
    monkeypatch.setattr(staff, "hires", lambda wants, stock, before, hiring: np.full(stock.shape, -1.0))
    with pytest.raises(ValueError, match="negative"):
        ran(raw, 4)
    real = Draws.binomial

    def loses(self, n, p, process, *rest):
        out = real(self, n, p, process, *rest)
        return out + 1 if process == "teachers trained" else out

    monkeypatch.undo()
    monkeypatch.setattr(Draws, "binomial", loses)
    with pytest.raises(InvariantError, match="teachers trained"):
        ran(schools({"a": ("college", 40, 1)}, {"college": STILL}), 4)


def test_the_capacity_of_the_year_is_what_a_school_hires_for():
    """40 teachers are enough for 800 places; from 2027 there are 1,200, which ask for 60: hired in December 2027, not before."""
    kinds = {"college": {**STILL, "hiring": 1}}
    raw = schools({"a": ("college", 40, 0.5)}, kinds, capacity=steps(y2025=800, y2027=1200))
    assert ran(raw).history.teachers.sum(axis=1)[:, 0, 0].tolist() == [40, 40, 60, 60, 60, 60]


def test_the_warm_up_has_no_teachers_and_the_first_year_begins_with_those_stated():
    raw = schools({"a": ("college", 41, 0.5)}, {"college": STILL})
    scenario = build(raw)
    assert warm_start(scenario, SEED).staff is None
    assert ran(raw, 4).history.teachers[0, :, 0, 0].tolist() == [20, 21]  # 20.5 to the nearest even whole teacher
    assert ran(raw).history.teachers[0, :, 0, 0].tolist() == [20.5, 20.5]


def test_a_run_may_begin_in_a_later_year():
    kinds = {k: {"students": 15, "leaving": 0.09, "hiring": 0.12, "hired_dual": 0.4, "trained": 0.1}
             for k in ("college", "secondary_school")}
    raw = schools(TWO, kinds)
    whole, early = ran(raw, 8), ran(raw, 8, last=2026)
    place_then = early.snapshot()
    again = joined([place_then.part(slice(0, 2)), place_then.part(slice(2, 8))])
    late = ran(raw, 8, start=again, since=2027).history
    assert (late.teachers[2:] == whole.history.teachers[2:]).all() and (late.teachers[:2] == 0).all()


def test_a_plan_beside_the_scenario_shares_its_early_years():
    """Early years are run once for all variants: what is decided later leaves their teachers alone, to the last byte."""
    kinds = {k: {"students": 15, "leaving": 0.09, "hiring": 0.12, "trained": 0.1} for k in ("college", "secondary_school")}
    scenario = build({**schools(TWO, kinds), "as_of": date(2027, 1, 1)})
    plan = scenario.vary({"institutions.a.capacity": ("scale", 1.5), "teachers.kinds.college.trained": ("set", 0.4)}, "plan")
    ground = running.ground_for(scenario, 20, SEED)
    base, with_plan = (ss.run(one, 20, SEED)[0] for one in (scenario, plan))
    for one, alone in ((scenario, base), (plan, with_plan)):
        assert same(running.run(one, 20, SEED, ground=ground)[0].history, alone.history) == []
    assert (with_plan.history.teachers[:2] == base.history.teachers[:2]).all()
    assert (with_plan.history.teachers[2] != base.history.teachers[2]).any()
    assert not same_students(scenario, plan)


# ----------------------------------------------------------------------------------------------------------- indicators


def shares(leaving=0.0, **over):
    """Colleges with 30 teachers (24 dual-qualified) and 10 (2), a secondary school with 12 (none); 300 students at each."""
    college = {**STILL, "students": 100, "part_time": 0.25, "professional": 0.5, "leaving": leaving}
    kinds = {"college": college, "secondary_school": {**STILL, "students": 100, "professional": 0.6, "leaving": leaving}}
    return schools({"a": ("college", 30, 0.8), "b": ("college", 10, 0.2), "c": ("secondary_school", 12, 0)}, kinds, **over)


def test_indicators_by_hand():
    """52 teachers, 26 of them dual-qualified: a half.  Of professional courses 15, 5 and 7.2, of which 15 (24 are more than
    there are), 2 and 0 dual-qualified: 17/27.2.  Mean of schools: (1 + 0.4 + 0)/3.  Equivalents: 40, 13.333, 12."""
    values = means(build(shares()))
    every = {"teachers": 52, "dual_qualified_share": 0.5, "dual_qualified_professional": 17 / 27.2,
             "dual_qualified_school_mean": 1.4 / 3, "students_per_teacher": 900 / (40 + 40 / 3 + 12)}
    assert set(every) == set(OF_STAFF)
    of_a = {"teachers": 30, "dual_qualified_share": 0.8, "dual_qualified_professional": 1, "dual_qualified_school_mean": 1,
            "students_per_teacher": 7.5}
    for code, value in every.items():
        assert get(values, code) == pytest.approx([value] * 6), code
        assert get(values, code, areas=["town"]) == pytest.approx([value] * 6), code
        assert get(values, code, schools=["a"]) == pytest.approx([of_a[code]] * 6), code
    assert get(values, "dual_qualified_school_mean", schools=["a", "c"]) == pytest.approx([0.5] * 6)
    tables = {rows[0].indicator: (rows, figures) for rows, figures in values.tables()}
    for code, value in every.items():
        rows, figures = tables[code]
        assert rows == [Row(code), Row(code, area="town")]
        assert figures[:, :, 0] == pytest.approx(np.full((2, 6), value))


def test_students_are_set_against_the_teachers_of_september():
    """Half leave each December: in September 2025 the 40 + 13.333 + 12 equivalents are all there, a year later half of them."""
    values = means(build(shares(leaving=0.5)))
    assert get(values, "students_per_teacher")[:2] == pytest.approx([900 / (40 + 40 / 3 + 12), 1800 / (40 + 40 / 3 + 12)])
    assert get(values, "teachers")[:2] == pytest.approx([26, 13])


def test_a_school_without_teachers_left_counts_in_no_mean():
    values = means(build(shares(leaving=1.0)))
    for code in ("dual_qualified_share", "dual_qualified_professional", "dual_qualified_school_mean"):
        assert np.isnan(get(values, code)).all()
    assert (get(values, "teachers") == 0).all()


def asked(indicator, **of):
    return {"title": title("t"), "indicator": indicator, "of": of, "year": 2027, "direction": "show", "clause": "x"}


def test_targets_of_teachers():
    codes = {code: asked(code, schools=["a"]) for code in OF_STAFF}
    result = ss.run(build(shares(targets=codes)), 4, SEED)[0]
    answers = {answer.code: answer for answer in result.answers}
    assert answers["dual_qualified_share"].values == pytest.approx([0.8] * 4)
    assert answers["students_per_teacher"].last_intakes == {"p": 2027}  # new seats still change it
    assert all(not answers[code].last_intakes for code in OF_STAFF[:4])


def test_a_target_of_a_school_that_states_no_teachers():
    raw = shares(targets={"t": asked("teachers", schools=["b"])})
    del raw["institutions"]["b"]["staff"]
    with pytest.raises(ss.ScenarioError) as error:
        build(raw)
    assert [(p.code, p.path) for p in error.value.problems] == [("pick_nobody", "targets.t.of")]
    assert [picks.picks_of(code) for code in OF_STAFF] == [("schools", "areas")] * 5


def test_teachers_enough_for_all_move_nothing_else():
    """A placebo: where teachers never bind, every count of students and workers is that without them."""
    raw = with_market(town(last=2027))
    raw["institutions"]["school"] |= {"staff": {"teachers": 10_000, "dual": 0.3}, "capacity": 4000}
    raw["teachers"] = {"kinds": {"college": {"students": 20, "leaving": 0.06, "hiring": 0.1}}, "pooled": 0.1}
    without = {k: v for k, v in raw.items() if k != "teachers"}
    without["institutions"] = {c: {k: v for k, v in i.items() if k != "staff"} for c, i in raw["institutions"].items()}
    found = same(ss.run(build(raw), 10, SEED)[0].history, ss.run(build(without), 10, SEED)[0].history)
    assert set(found) == {"teachers", "teacher_flows", "moves"}  # the last is the log of the plan, which has a column more


@pytest.mark.parametrize("columns", [0, 4])
def test_teachers_bind_new_seats(columns):
    """Ten teachers can teach 200; 100 a year are planned for three years, and 300 are there at the start.

    April 2025: 200 stay, so no seats.  2026: only the intake of 2024 stays, so 100; 2027: only that of 2026; 2028: two again.
    """
    found = ran(schools({"a": ("college", 10, 0.5)}, {"college": STILL}), columns).history
    assert (found.seats[:, 0] == np.array([0, 100, 100, 0, 100, 100])[:, None]).all()
