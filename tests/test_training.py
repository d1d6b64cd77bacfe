"""Training of workers: who rises to the next job level by hand, in the mean and under draws, and what else it moves."""

from datetime import date

import numpy as np
import pytest

import skillsim as ss
from skillsim.analysis.ground import of_work, same_students
from skillsim.analysis.running import ground_for
from skillsim.analysis.running import run as run_like
from skillsim.chance import Draws, Expected
from skillsim.engine.inputs import inputs_for
from skillsim.engine.run import Run
from skillsim.engine.simulate import solved_for, warm_start
from skillsim.errors import InvariantError
from skillsim.rules.training import lifted
from worlds import SEED, build, get, laid, means, path, place, row, same, stage, title, town, with_market, z_limit

LEVELS = ["secondary", "college", "bachelor"]
CALM = {"to_graduates": 0, "experienced_found": 0, "leaving": 0, "moving": 0, "returning": [], "flexible": 0, "over_qualified": 0}
YOUNG = {c: {"share": 1, "ages": {30: 1}} for c in ("men", "cadre_women", "worker_women")}  # nobody retires


def shops(training, parts=None, last=2027, **labour):
    """Two industries of 1,000 workers each, at rest: nobody leaves, retires or is hired; only training moves anybody."""
    raw = place({"p": path(stage(years=1))}, [row("p", 50)], last=last, junior=100, levels=LEVELS)
    parts = parts or {"secondary": 5, "college": 3, "bachelor": 2}
    raw["industries"] = {c: {"title": title(c), "workers": 1000, "level_shares": parts} for c in ("mills", "yards")}
    raw = with_market(raw, job_levels=LEVELS, **{**CALM, **labour})
    raw["labour"]["workforce"] = YOUNG
    return {**raw, "training": training}


def ran(raw, columns=0):
    """A run, in the mean or of so many replications, with its market still there."""
    scenario = build(raw)
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, None, SEED)
    source = Draws(SEED, 0, columns) if columns else Expected(1)
    the = Run(inputs, source, warm_start(scenario, SEED), np.zeros((len(inputs.layout.stages), 1)))
    the.go()
    return the


def test_a_level_up_by_hand():
    """Two industries, three levels: of 50, 40, 30, 20, 10, 10 workers 5 and 4 of the first rise, and 2 of the second."""
    workers = np.array([[50], [40], [30], [20], [10], [10]])
    rising = np.array([[5], [4], [2]])  # the first industry's two lower levels, then the second's lowest
    found = lifted(workers, rising, np.array([0, 2, 1]), 2)
    assert found[:, 0].tolist() == [45, 38, 31, 22, 14, 10]
    assert workers[:, 0].tolist() == [50, 40, 30, 20, 10, 10]


def test_means_have_a_closed_form():
    """100 person-times in the mills, after a third of which somebody rises: 100/3 a year, of 500 and 300 below the top 5 to 3.

    The lowest level: 500 - 5/8 · 100/3 at the end of the first year.  Nobody else moves, so of 800 below the top 100/3 · 3/8
    reach it in the first year, and as the levels change so do the parts.
    """
    the = ran(shops({"person_times": {"mills": 100}, "raised": 1 / 3}))
    low, mid, high = 500.0, 300.0, 200.0
    for y in range(3):
        a, b = 100 / 3 * low / (low + mid), 100 / 3 * mid / (low + mid)
        assert the.history.raised[y, :, 0] == pytest.approx([a, b])
        low, mid, high = low - a, mid + a - b, high + b
        mills, yards = the.history.workers[y, 0::2, 0], the.history.workers[y, 1::2, 0]
        assert mills == pytest.approx([low, mid, high]) and yards == pytest.approx([500, 300, 200])
    assert low == pytest.approx(500 - sum(the.history.raised[:, 0, 0]))


def test_vacancies_follow_next_year():
    """50 rise out of the lowest level in 2025, when none is vacant yet; in 2026 they are wanted there again."""
    the = ran(shops({"person_times": {"mills": 100}, "raised": 0.5}, {"secondary": 1, "college": 1, "bachelor": 0}))
    assert the.history.raised[0, :, 0] == pytest.approx([25, 25])
    assert the.history.vacancies[0].sum() == 0
    assert the.history.vacancies[1, 0::2, 0] == pytest.approx([25, 0, 0])


def test_nobody_rises_who_is_not_there():
    """More person-times than workers below the top: all of them rise, each by one level; the second year the rest."""
    for columns in (0, 4):
        the = ran(shops({"person_times": {"mills": 5000}, "raised": 1}), columns)
        assert (the.history.workers[0, 0::2, 0] == [0, 500, 500]).all()
        assert (the.history.workers[1, 0::2] == np.array([[0], [0], [1000]])).all()
        assert (the.history.raised[2] == 0).all()


def test_draws_are_binomial_and_levels_exact_shares():
    """Bin(100, 0.3) rise; of each number the lowest level gives 5/8, rounded down or up, right in the mean.

    Three z-tests at 1 % together; the variance of the number is 100 · 0.3 · 0.7 = 21.
    """
    n = 3000
    raised = ran(shops({"person_times": {"mills": 100}, "raised": 0.3}, last=2025), n).history.raised[0].astype(float)
    total = raised.sum(axis=0)
    assert abs(total.mean() - 30) < z_limit(3) * (21 / n) ** 0.5
    assert abs(total.var(ddof=1) - 21) < z_limit(3) * 21 * (2 / (n - 1)) ** 0.5
    exact = total * 5 / 8
    assert (np.abs(raised[0] - exact) < 1).all()
    assert abs((raised[0] - exact).mean()) < z_limit(3) * (raised[0] - exact).std() / n**0.5


def busy(**over):
    """The town with everything, with a market, teachers and training."""
    raw = with_market(town(last=2029), growth_sd=0.02)
    raw["institutions"]["school"] |= {"kind": "secondary_school", "staff": {"teachers": 200, "dual": 0.3}, "capacity": 4000}
    raw["institutions"]["college"] |= {"staff": {"teachers": 60, "dual": 0.4}, "capacity": 1500}
    kind = {"students": 20, "part_time": 0.1, "leaving": 0.06, "hiring": 0.1, "hired_dual": 0.4, "trained": 0.05}
    raw["teachers"] = {"kinds": {"secondary_school": kind, "college": kind}, "pooled": 0.1}
    raw["training"] = {"person_times": {"machines": 900}, "raised": 0.4, "load": 0.25, "schools": ["college"]}
    return laid(raw, over)


def test_workers_are_conserved_job_by_job():
    found = ss.run(build(busy()), 40, SEED)[0].history
    n = len(found.workers[0]) // 2
    up, down = np.zeros_like(found.workers), np.zeros_like(found.workers)
    down[:, :n], up[:, n:] = found.raised, found.raised
    moved = found.hired + found.experienced - found.exits + up - down
    assert (np.diff(found.workers, axis=0) == moved[1:]).all()
    assert (found.raised.sum(axis=1) > 300).all()


def test_the_ledger_finds_a_lost_worker(monkeypatch):
    from skillsim.engine import market

    monkeypatch.setattr(market, "lifted", lambda workers, rising, rows, n: lifted(workers, rising, rows, n) - 1)
    with pytest.raises(InvariantError, match="workers of an industry"):
        ran(shops({"person_times": {"mills": 100}, "raised": 0.3}), 2)


@pytest.mark.parametrize("training", [{"raised": 0, "load": 0}, {"person_times": {"machines": 0}}])
def test_training_that_does_nothing_moves_nothing_else(training):
    """A placebo: neither load nor anybody raised, or no person-times; every other count is that without training."""
    raw = busy(training=training)
    with_it = ss.run(build(raw), 20, SEED)[0].history
    without = ss.run(build({k: v for k, v in raw.items() if k != "training"}), 20, SEED)[0].history
    assert same(with_it, without) == ["raised"] and (with_it.raised == 0).all()


def test_load_acts_through_teachers_alone():
    """Without teachers the load of training binds nobody; with them it takes off what they can teach."""
    heavy = {"person_times": {"machines": 4000}, "raised": 0, "load": 1.0}
    raw = busy(training=heavy)
    free = {**raw, "training": {**raw["training"], "load": 0}}
    assert ran(raw).staff.most_students(2025)[0] < ran(free).staff.most_students(2025)[0]
    raw, free = ({k: v for k, v in one.items() if k != "teachers"} for one in (raw, free))
    for one in (raw, free):
        one["institutions"] = {c: {k: v for k, v in i.items() if k != "staff"} for c, i in raw["institutions"].items()}
        one["training"] = {**one["training"], "schools": []}
    assert same(ran(raw, 4).history, ran(free, 4).history) == []


def test_where_vacancies_do_not_count_nobody_rises():
    raw = {k: v for k, v in busy().items() if k != "labour"}
    found = ss.run(build({**raw, "demand": "unbounded"}), 4, SEED)[0]
    assert found.history.raised.shape[1] == 0
    assert (found.replicate("training_volume") == 900).all()
    assert "levels_raised" not in set(found.frame().indicator)


def test_indicators():
    result = ss.run(build(busy()), 20, SEED)[0]
    frame = result.frame().set_index(["indicator", "industry", "level", "area", "pathway", "programme", "year"])["mean"]
    all_of_it = ("", "", "", "", "", 2027)
    raised = result.history.raised.sum(axis=1).mean(axis=-1)[2]
    assert frame["levels_raised", *all_of_it] == pytest.approx(raised) == frame["levels_raised", "machines", *all_of_it[1:]]
    assert frame["training_volume", *all_of_it] == 900 == frame["training_volume", "machines", *all_of_it[1:]]
    assert (result.replicate("levels_raised") == result.history.raised.sum(axis=1)).all()
    # what is wanted beyond the year before, also in the first year and by level: half of 20,000 at each level was there
    first = result.values.parts("expansion_demand")[0][0, :2]
    assert (first == result.history.wanted[0] - 10_000).all()


def test_base_rates_come_out_with_training():
    """Training before and in the year of the base rate empties lower jobs and fills higher ones; the rate of 60 % comes out."""
    raw = busy(retention={"tightness": 0.5}, as_of=date(2027, 1, 1), training={"person_times": {"machines": 9000}})
    for one in raw["retention"]["base"]:
        one["year"] = 2027
    without = {k: v for k, v in raw.items() if k != "training"}
    alpha = []
    for one in (raw, without):
        scenario = build(one)
        alpha.append(solved_for(scenario, SEED, 1, warm_start(scenario, SEED))[0])
        assert not any(short.any() for short in alpha[-1].short.values())
        values = means(scenario)
        for base in scenario.retention.base:
            rate = get(values, "local_retention_r1", pathways=base.pathways, levels=[base.level])[2]
            assert rate == pytest.approx(0.6, abs=1e-3)
    assert np.abs(alpha[0].alpha - alpha[1].alpha).max() > 0.01


def test_a_change_of_who_rises_leaves_students_alone():
    """Who rises acts on work alone, so a run like another takes its students over; person-times act on teachers too."""
    scenario = build(busy(as_of=date(2026, 1, 1)))
    better = scenario.vary({"training.raised": ("set", 0.8)}, "better")
    more = scenario.vary({"training.person_times": ("scale", 2)}, "more")
    assert same_students(scenario, better) and not same_students(scenario, more)
    assert [of_work(f"training.{x}") for x in ("raised", "load", "person_times.machines")] == [True, False, False]
    assert not of_work("teachers.kinds.college.leaving") and not of_work("institutions.school.staff.teachers")
    ground = ground_for(scenario, 12, SEED)
    given = run_like(scenario, 12, SEED, ground=ground)[0]
    for plan in (better, more):
        alone = ss.run(plan, 12, SEED)[0]
        quick = run_like(plan, 12, SEED, ground=ground, like=given)[0]
        assert same(quick.history, alone.history) == [] and quick.draws == alone.draws
        assert (alone.history.raised[:1] == given.history.raised[:1]).all()
        assert alone.history.raised[1:].mean() > 1.5 * given.history.raised[1:].mean()
