"""Unknown figures: which move a target, and its probability over one of them, against known laws and against other runs."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

import skillsim as ss
from helpers_scenario import SCENARIOS, SMALL
from skillsim.analysis.unknown import curve, unknowns
from skillsim.scenario.numbers import Number
from skillsim.scenario.policies import with_numbers
from worlds import build, path, place, row, run, stage, title

HERE = "retention.base.college_3+sve_3plus2:college.rate"
ERRORS = 4  # with the at most 9 points of a test a family error below 0.1 %, where the error is known


def target(**over):
    return {"title": title("t"), "indicator": "seats", "year": 2025, "direction": "reach", "value": 250, "clause": "-", **over}


def sum_of(a, b, targets, **over):
    """Seats of two rows, each uncertain: their sum is a known law."""
    raw = place({"p": path(stage()), "q": path(stage())}, [row("p", a), row("q", b)], targets=targets, **over)
    raw["uncertainty"] = {"parameters": True}
    return raw


A, B = {"uniform": [60, 140]}, {"normal": [150, 10]}
PA, PB = "quota.p.school.a.local", "quota.q.school.a.local"


@pytest.mark.parametrize(
    ("over", "law"),
    [
        ({"value": 250}, lambda x: stats.norm.sf(249.5 - x, 150, 10)),
        ({"direction": "at_most", "value": 260}, lambda x: stats.norm.cdf(260.5 - x, 150, 10)),
        (
            {"direction": "band", "value": None, "band": (240, 265)},
            lambda x: stats.norm.cdf(265.5 - x, 150, 10) - stats.norm.cdf(239.5 - x, 150, 10),
        ),
    ],
)
def test_a_sum_with_a_normal_remainder(over, law):
    """Given x seats in one row the total is x + N(150, 10): within four of the errors that the band tells, at nine points."""
    result = run(build(sum_of(A, B, {"t": target(**over)})), 4000)
    found = curve(result, "t", PA, 9)
    wanted = law(found.x)
    error = np.maximum((found.high - found.low) / 2 / 1.96, 1e-9)
    assert (np.abs(found.p - wanted) < ERRORS * error).all()
    assert np.abs(found.p - wanted).max() < 0.05  # and the error is small
    assert found.now_mean == 100 and found.range == pytest.approx((64, 136), abs=2)
    assert (found.low <= found.p).all() and (found.p <= found.high).all()


def test_the_band_holds_what_is_true_as_often_as_it_says():
    """Over 60 seeds the truth at the middle lies in the 95 % band at least 85 % of the time (below that with p < 1e-3)."""
    scenario = build(sum_of(A, B, {"t": target()}))
    inside = []
    for seed in range(60):
        found = curve(run(scenario, 200, seed), "t", PA, 3)
        inside.append(found.low[1] <= stats.norm.sf(249.5 - found.x[1], 150, 10) <= found.high[1])
    assert sum(inside) > stats.binom.ppf(1e-3, 60, 0.95)


def test_the_curve_averages_to_the_probability():
    """What is told for each x, weighted by how likely x is, is what the run says: within a twentieth."""
    result = ss.run(ss.load(SMALL), 1000)[0]
    found = curve(result, "stay", HERE, 41)
    weights = stats.beta(110, 90).pdf(found.x)
    assert (found.p * weights).sum() / weights.sum() == pytest.approx(result.answers[0].probability, abs=0.05)


def directly(scenario, code, path_, x, replications):
    """The probability in runs in which the number is x, and its error, not below that of one replication in all."""
    result = ss.run(with_numbers(scenario, {path_: Number(value=float(x))}), replications, seed=99)[0]
    answer = next(a for a in result.answers if a.code == code)
    return answer.probability, max(answer.mcse, 1 / replications)


@pytest.mark.parametrize("file", ["small", "small_jobs"])
def test_against_runs_in_which_the_number_is_known(file):
    """Three points each; 4 errors of both sides: 0.02 % for a family of three."""
    scenario = ss.load(SCENARIOS / f"{file}.yaml")
    found = curve(ss.run(scenario, 1000)[0], "stay", HERE, 3)
    for x, p, low, high in zip(found.x, found.p, found.low, found.high, strict=True):
        direct, error = directly(scenario, "stay", HERE, x, 1000)
        assert abs(p - direct) < ERRORS * np.hypot(error, (high - low) / 2 / 1.96), x


def test_against_runs_of_a_whole_place():
    """Quzhou's college graduates who stay, over today's rate of the three-year college, where it rises."""
    scenario = ss.load(SCENARIOS / "quzhou" / "baseline.yaml")
    result = ss.run(scenario, 200)[0]
    found = unknowns(result, "college_retention", 3)
    here = "retention.base.college_3:college.rate"
    assert found.path.iloc[0] == here and found.direction.iloc[0] == "up" and found.clear.iloc[0]
    line = curve(result, "college_retention", here)
    direct, error = directly(scenario, "college_retention", here, line.x[24], 200)
    assert 0.1 < direct < 0.9
    assert abs(line.p[24] - direct) < ERRORS * np.hypot(error, (line.high[24] - line.low[24]) / 2 / 1.96)


def test_steps_stay_steps():
    """An indicator of few values is not slid: programmes offered, of which one is linked if its share reaches a half."""
    targets = {"t": target(indicator="leading_programme_share", value=0.5)}
    raw = place({"p": path(stage())}, [row("p", 10), row("p", 10, "b")], targets=targets)
    raw["programmes"]["a"]["industries"] = {"machines": {"uniform": [0.3, 0.7]}}
    raw["uncertainty"] = {"parameters": True}
    result = run(build(raw), 1000)
    found = curve(result, "t", "programmes.a.industries.machines", 41)
    assert found.p[0] < 0.01 and found.p[-1] > 0.99 and (np.diff(found.p) >= 0).all()
    assert found.p[np.abs(found.x - 0.5).argmin()] == pytest.approx(0.5, abs=0.06)
    assert (found.p[found.x < 0.44] < 0.02).all() and (found.p[found.x > 0.56] > 0.98).all()


def test_a_number_that_does_not_matter_gives_a_flat_line():
    """The other row's share of drop-outs has nothing to do with seats."""
    raw = sum_of(A, B, {"t": target()})
    raw["pathways"]["p"]["stages"][0]["dropout"] = {"uniform": [0.1, 0.3]}
    result = run(build(raw), 1000)
    found = curve(result, "t", "pathways.p.stages.0.dropout", 9)
    overall = result.answers[0].probability
    assert ((found.low < overall) & (overall < found.high)).sum() >= 8
    table = unknowns(result, "t")
    assert table.path.tolist()[:2] == [PA, PB] and table.clear.tolist() == [True, True, False]


def test_shares_of_variation_are_those_of_the_law():
    """Var = 80²/12 and 10²: 84 % and 16 %; a rank correlation is within a few points of it."""
    table = unknowns(run(build(sum_of(A, B, {"t": target()})), 2000), "t").set_index("path")
    whole = 80**2 / 12 + 10**2
    assert table.share[PA] == pytest.approx(80**2 / 12 / whole, abs=0.05)
    assert table.share[PB] == pytest.approx(10**2 / whole, abs=0.05)
    assert table.direction.tolist() == ["up", "up"] and table.numbers.tolist() == [1, 1]


def test_what_is_called_clear_is_seldom_chance():
    """Sixteen numbers that have nothing to do with seats, 40 seeds: any is called clear in 5 % of runs, not in more than 20 %."""
    raw = sum_of(100, B, {"t": target()})
    for code in "pq":
        raw["pathways"][code]["stages"][0] |= {"years": 8, "dropout": [{"uniform": [0, 0.2]}] * 8}
    scenario = build(raw)
    tables = [unknowns(run(scenario, 100, seed), "t", 20) for seed in range(40)]
    assert all(len(table) == 17 and table.clear[table.path == PB].all() for table in tables)
    wrong = sum(bool(table.clear[table.path != PB].any()) for table in tables)
    assert wrong <= stats.binom.isf(1e-3, 40, 0.05)


def test_numbers_that_share_a_word_are_one_unknown():
    """Named by the one that varies most; what falls as they rise points down."""
    raw = sum_of({**A, "shared": "both"}, {"uniform": [100, 300], "shared": "both"}, {"t": target()})
    table = unknowns(run(build(raw), 200), "t")
    assert len(table) == 1
    assert table.iloc[0].tolist() == [PB, "both", 2, pytest.approx(1, abs=1e-3), "up", True]
    raw = sum_of(A, 100, {"t": target(indicator="graduates", value=100)})
    raw["quota"]["rows"][0]["seats"] = 100
    raw["pathways"]["p"]["stages"][0]["dropout"] = {"uniform": [0.1, 0.5]}
    assert unknowns(run(build(raw), 200), "t").direction.tolist() == ["down"]


def test_a_policy_on_the_number_leaves_the_question_as_it_is():
    """x is today's figure as written, whatever a policy makes of it later."""
    raw = sum_of(A, B, {"t": target(year=2026, value=350)}, last=2026, as_of=date(2025, 1, 1))
    scenario = build(raw).vary({PA: ("scale", 2.0, date(2025, 1, 1))})
    found = curve(run(scenario, 200), "t", PA, 5)
    assert found.now_mean == 100 and found.x.min() >= 60 and found.x.max() <= 140
    assert found.p[0] < 0.01 and 0.2 < found.p[2] < 0.8 and found.p[4] > 0.99  # twice x and 150: 270, 350, 430


def test_where_nothing_can_be_told():
    """Too few replications, no chance in parameters, certain or held numbers, no goal, blanks throughout."""
    targets = {"t": target(), "s": target(direction="show", value=None), "b": target(indicator="dropouts")}
    raw = sum_of(A, B, targets)
    scenario = build(raw)
    few = run(scenario, 98)
    assert curve(few, "t", PA) is None and unknowns(few, "t").empty
    enough = run(scenario, 100)
    assert curve(enough, "t", PA) is not None and curve(enough, "s", PA) is None
    assert curve(enough, "t", "pathways.p.stages.0.dropout") is None
    assert unknowns(enough, "b").empty  # nobody drops out: nothing varies
    assert not unknowns(enough, "s").empty  # also of a target that asks no number
    held = ss.run(scenario, 100, held=frozenset([PA]))[0]
    assert curve(held, "t", PA) is None and unknowns(held, "t").path.tolist() == [PB]
    raw["uncertainty"] = {"parameters": False}
    sure = run(build(raw), 100)
    assert curve(sure, "t", PA) is None and unknowns(sure, "t").empty
    raw = sum_of(0, 0, {"t": target(indicator="completion", value=0.5)})
    raw["pathways"]["p"]["stages"][0]["dropout"] = {"uniform": [0.1, 0.3]}
    blank = run(build(raw), 100)
    assert curve(blank, "t", "pathways.p.stages.0.dropout") is None and unknowns(blank, "t").empty


def test_a_blank_does_not_meet_the_target():
    """Completion is blank where no seats are drawn, below ½: about a quarter of the draws, at the lower end."""
    raw = place({"p": path(stage())}, [row("p", {"uniform": [0, 2]})], targets={"t": target(indicator="completion", value=0.5)})
    raw["uncertainty"] = {"parameters": True}
    found = curve(run(build(raw), 1000), "t", PA, 9)
    assert found.p[0] < 0.1 and found.p[-1] > 0.999


def test_equal_runs_give_equal_curves():
    scenario = build(sum_of(A, B, {"t": target()}))
    one, two = (curve(run(scenario, 200, threads=n), "t", PA) for n in (1, 2))
    assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ("x", "p", "low", "high"))
