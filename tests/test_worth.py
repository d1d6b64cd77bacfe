"""The worth of knowing a figure: shares, decisions and sample sizes against laws worked out by hand."""

import numpy as np
import pytest
from scipy import special, stats

import skillsim as ss
from helpers_scenario import SMALL
from skillsim.analysis.unknown import unknowns
from skillsim.analysis.worth import TO_COLLECT, WORTH_COLUMNS, _asked, _needed, _split, worth
from skillsim.chance import name_keys, uniforms
from skillsim.scenario.numbers import Number, Par
from skillsim.scenario.policies import with_numbers
from test_unknown import HERE, PA, PB, A, B, sum_of, target
from worlds import build, path, place, row, run, stage, title

RATE = Par("rate", 0, 1)


def normals(seed, rows, count):
    """Independent standard normals [rows, count], keyed."""
    return special.ndtri(uniforms(seed, "test", 0, name_keys((i,) for i in range(rows)), 0, count))


def pairs_of(signal, seed, sd):
    """Two replications of each draw, with process noise of a standard deviation: [P, 2]."""
    return signal[:, None] + sd * normals(seed + 10_000, 2, len(signal)).T


def test_shares_of_a_linear_normal_model():
    """v = 2 x1 + x2 + e, e of variance 1: shares 4/6 and 1/6 of a run's variance, of all others 0.

    The error of a share s found as a squared correlation of P draws is about 2 sqrt(s) (1 - s) / sqrt(P); P = 2,000: 0.012 for
    2/3 and 0.015 for 1/6 (without the parts taken out). Four of them.
    """
    x = normals(1, 20, 2000)
    split = _split(x, pairs_of(2 * x[0] + x[1], 1, 1.0), 1)
    assert split.share[0] == pytest.approx(4 / 6, abs=0.05)
    assert split.share[1] == pytest.approx(1 / 6, abs=0.05)
    assert (split.share[2:] < 0.005).all() and split.clear.tolist() == [True, True] + [False] * 18
    assert 0 < split.floor < 0.01


def test_a_bend_counts_too():
    """v = x²: no correlation with x at all, and all of the variance."""
    x = normals(2, 3, 500)
    split = _split(x, pairs_of(x[0] ** 2, 2, 0.0), 2)
    assert split.share[0] == pytest.approx(1, abs=1e-9) and split.clear.tolist() == [True, False, False]


def test_what_chance_gives_is_taken_off():
    """50 draws of a run that is all process noise: an ineffective number explains 2/49 of the pair means' variance, which is
    half of a run's.  That taken off and cut at 0, E max(X - 2, 0) / 2 = exp(-1) = 0.37 of it are left (X chi-square of two
    degrees)."""
    shares = []
    for seed in range(200):
        x = normals(seed, 2, 50)
        shares.append(_split(x, pairs_of(np.zeros(50), seed, 1.0), seed).share)
    raw = 2 / 49 * 0.5
    assert np.mean(shares) == pytest.approx(0.37 * raw, rel=0.25)  # 400 shares, each with a spread of 0.9 of the mean or so


def test_what_is_clear_is_seldom_chance():
    """Over 200 runs none of 20 ineffective numbers beside a strong one may be called clear in more than 5 %: at most 23 (p < 1e-3
    above); the strong one always is."""
    wrong = 0
    for seed in range(200):
        x = normals(seed, 21, 100)
        clear = _split(x, pairs_of(2 * x[0], seed, 1.0), seed).clear
        assert clear[0]
        wrong += bool(clear[1:].any())
    assert wrong <= stats.binom.isf(1e-3, 200, 0.05)


def test_a_weak_number_shows_once_a_strong_one_is_taken_out():
    """v = 5 x1 + x2 without noise: x2 is 1/26 of the variance, too little to be seen in 100 draws of 100 numbers beside x1."""
    x = normals(3, 100, 100)
    split = _split(x, pairs_of(5 * x[0] + x[1], 3, 0.0), 3)
    assert split.clear[:2].all() and split.share[1] == pytest.approx(1 / 26, abs=0.02)


def test_a_sum_of_two_known_laws():
    """Seats are U(60, 140) + N(150, 10): variances 533.3 and 100, shares 84 and 16 %; nothing else is drawn.

    The error of either share in 1,000 draws, from those of the two variances (2.8 and 4.5 %), is 0.84 x 0.16 x 0.053 = 0.007;
    with the draws' chance correlation (0.03 x 2 x root(0.84 x 0.16) = 0.02) 0.06 is more than two and a half of both.

    The widths told are root(1 - share) of all.  With U at 64 and 136 (its 5 and 95 % points) P(150 + 10 z >= 249.5 - x) is 0.0002
    and 0.9999.
    """
    table = worth(run(build(sum_of({**A}, B, {"t": target()})), 2000), "t").set_index("path")
    assert table.index.tolist() == [PA, PB] and table.clear.all()
    assert table.share[PA] == pytest.approx(533.3 / 633.3, abs=0.06)
    assert table.share[PB] == pytest.approx(100 / 633.3, abs=0.06)
    assert table.width_known[PA] == pytest.approx(table.width[PA] * np.sqrt(1 - table.share[PA]))
    assert table.p_low[PA] < 0.02 and table.p_high[PA] > 0.98
    assert table.asked.tolist() == ["record", "record"] and table.n_half.tolist() == [1, 1]
    assert table.halves.tolist() == table.width_known.tolist()  # one record tells all
    assert table.n_target[PA] == 1 and np.isnan(table.n_target[PB])  # only what explains three quarters can halve the width


@pytest.mark.parametrize(("goal", "p"), [(300, 0.5), (236, 0.9), (364, 0.1)])
def test_a_number_that_decides_alone(goal, p):
    """Seats are U(220, 380) and nothing else, so whoever knows it knows the answer, yes or no.

    Goal 300: open now (probability ½), and any answer is another label: 1.  Goal 236: likely (0.9), another label where it is
    missed: 0.1.  Goal 364: unlikely (0.1), another label where it is met: 0.1.  A step lies between two of 41 points of the
    curve, 0.98 x 160 / 40 = 4 apart, of 160: 0.025; four errors of 1,000 draws are 0.04.
    """
    result = run(build(sum_of({"uniform": [220, 380]}, 0, {"t": target(value=goal)})), 2000)
    (line,) = worth(result, "t").to_dict("records")
    assert line["share"] == pytest.approx(1, abs=1e-4) and line["width"] == pytest.approx(0.9 * 160, rel=0.05)
    assert line["p"] == pytest.approx(p, abs=0.04)
    assert line["flips"] == pytest.approx({0.5: 1.0, 0.9: 1 - line["p"], 0.1: line["p"]}[p], abs=0.025)


def exact(m, variance, n):
    """The expected variance of a share after n answers, summed over the answers, with a beta distribution before."""
    size = m * (1 - m) / variance - 1
    a, b = m * size, (1 - m) * size
    k = np.arange(n + 1)
    chance = stats.betabinom.pmf(k, n, a, b)
    return float((chance * stats.beta(a + k, b + n - k).var()).sum())


def test_no_record_tells_what_is_to_come():
    """As of 1 January 2025 the recruits of 2025 and 2026 are still to come, as a series or not; those in post are on record, and
    so is a series that begins a year before."""
    wide = {"uniform": [0.8, 1.2]}
    asked = {}
    for name, recruits in (("series", {"series": {2025: 50, 2026: 60}, "factor": wide}), ("plain", {"uniform": [40, 80]}),
                           ("before", {"series": {2024: 50, 2026: 60}, "factor": wide})):
        stages = {"a": {"title": title("a"), "start": {"uniform": [80, 120]}, "recruits": recruits, "moves": {"a": 0.5}}}
        one = target(indicator="table_stock", year=2026, value=120, of={"pathways": ["t"]})
        place_ = {"format": 1, "name": "t", "title": title("t"), "years": {"first": 2025, "last": 2026}, "as_of": "2025-01-01",
                  "tables": {"t": {"title": title("t"), "stages": stages}}, "targets": {"t": one}}
        table = worth(run(build(place_), 200), "t").set_index("path")
        asked[name] = table.loc["tables.t.stages.a.recruits", "asked"], table.loc["tables.t.stages.a.start", "asked"]
        row_ = table.loc["tables.t.stages.a.recruits"]
        assert np.isnan(row_.n_half) == (name != "before") and bool(row_.clear)
    assert asked == {"series": ("later", "record"), "plain": ("later", "record"), "before": ("record", "record")}


@pytest.mark.parametrize(("a", "b"), [(55, 45), (3, 7), (0.5, 2), (900, 100)])
def test_answers_that_halve_a_share(a, b):
    """Counts a of a + b: n0 = a + b, so 3 (a + b) answers leave a quarter of the variance, exactly."""
    law = stats.beta(a, b)
    who, before = _asked("retention.base.x.rate", Number(beta=(a, b)), RATE, 2025)
    assert who == "graduates" and before == pytest.approx(a + b, rel=0.01)
    n = 3 * (a + b)
    assert _needed(a + b, 0.75) == np.rint(n)
    assert exact(law.mean(), law.var(), int(np.ceil(n))) == pytest.approx(law.var() * (a + b) / (a + b + np.ceil(n)), rel=1e-6)
    assert exact(law.mean(), law.var(), int(np.ceil(n))) <= law.var() / 4 + 1e-12


def test_who_is_asked():
    """By the number's unit and place: a uniform rate on [0.1, 0.5] is worth 0.3·0.7/(0.16/12) - 1 = 14.75 answers, 44 halve it;
    an effect of sd 0.2 in log-odds 16/0.04 = 400, and 1,200 in two groups halve it."""
    rate = Number(uniform=(0.1, 0.5))
    for path_, who in {
        "retention.base.x.rate": "graduates", "pathways.p.stages.0.dropout.1": "students", "labour.leaving": "workers",
        "labour.flexible": "graduates", "industries.i.to_graduates": "vacancies", "institutions.i.staff.dual": "teachers",
        "teachers.kinds.college.leaving": "teachers",
    }.items():
        found, before = _asked(path_, rate, RATE, 2025)
        assert (found, before) == (who, pytest.approx(14.75, abs=0.01)) and _needed(before, 0.75) == 44
    assert _asked("pathways.p.stages.1.transfer.cap", rate, Par("share", 0, 1), 2025) == ("record", 0.0)
    assert _asked("areas.a.junior_graduates", Number(uniform=(100, 200)), Par("persons"), 2025) == ("record", 0.0)
    who, before = _asked("retention.drivers.d.effect", Number(normal=(0.1, 0.2)), Par("log-odds per unit", -20, 20), 2025)
    assert who == "compared" and before == pytest.approx(400, rel=0.01)
    for path_, par in {"labour.growth_sd": RATE, "x": Par("power", 0, 1), "industries.i.growth": Par("rate", -0.9, 9)}.items():
        who, before = _asked(path_, rate, par, 2025)
        assert who == "" and np.isnan(before)


def test_the_squared_error_of_two_groups():
    """Where the log odds ratio is 0 and half of each say yes, 1,200 answers give the error 16/1,200: by exact sums over binomials
    (with half an answer added, Haldane) within 2 %."""
    n = 600
    k = np.arange(n + 1)
    chance, odds = stats.binom.pmf(k, n, 0.5), np.log((k + 0.5) / (n - k + 0.5))
    assert 2 * (chance * odds**2).sum() == pytest.approx(16 / (2 * n), rel=0.02)


def test_rows_of_the_small_place():
    """All that is assumed and nothing else, what is clear first, by what it decides; at most as many as asked."""
    result = ss.run(ss.load(SMALL), 400)[0]
    table = worth(result, "stay")
    assert tuple(table.columns) == WORTH_COLUMNS and set(table.kind) <= set(TO_COLLECT)
    order = [(not r.clear, -np.nan_to_num(r.flips), -r.share) for r in table.itertuples()]
    assert order == sorted(order) and table.clear.iloc[0]
    most = unknowns(result, "stay", 100).set_index("path")
    assert set(table.path) <= set(most.index) and (most.numbers[table.path].to_numpy() == table.numbers.to_numpy()).all()
    dull = table[~table.clear.astype(bool)]
    assert dull[["width_known", "p_low", "p_high", "flips", "halves", "n_target"]].isna().all(axis=None)
    assert worth(result, "stay", 1).path.tolist() == table.path.tolist()[:1]


def test_against_runs_in_which_the_number_is_known():
    """The small place with its college rate at 5 points, 0.1 to 0.9 of its distribution: the mean width of 1,000
    replications is what is told, within a tenth, and the probabilities at the ends, within 4 errors of both."""
    scenario = ss.load(SMALL)
    line = next(row for row in worth(ss.run(scenario, 1000)[0], "stay").itertuples() if row.path == HERE)
    widths = []
    for u in (0.1, 0.3, 0.5, 0.7, 0.9):
        known = with_numbers(scenario, {HERE: Number(value=float(stats.beta(110, 90).ppf(u)))})
        low, high = np.quantile(ss.run(known, 1000, seed=99)[0].answers[0].values, (0.05, 0.95))
        widths.append(high - low)
    assert line.width_known == pytest.approx(np.mean(widths), rel=0.1)
    assert line.width_known < 0.97 * line.width
    for u, p in (0.05, line.p_low), (0.95, line.p_high):
        known = with_numbers(scenario, {HERE: Number(value=float(stats.beta(110, 90).ppf(u)))})
        answer = ss.run(known, 1000, seed=99)[0].answers[0]
        assert abs(p - answer.probability) < 4 * np.hypot(max(answer.mcse, 0.005), 0.03)  # 0.03: about the curve's error


def test_a_published_figure_needs_no_collecting():
    """Seats of q have a source of their own; those of p none."""
    raw = sum_of(A, B, {"t": target()})
    raw["quota"]["rows"][1]["source"] = {"published": "yearbook"}
    table = worth(run(build(raw), 400), "t")
    assert table.path.tolist() == [PA] and table.kind.tolist() == ["unstated"]
    assert table.share.iloc[0] == pytest.approx(0.84, abs=0.04)


def test_where_nothing_can_be_told():
    """Too few replications, no chance in parameters, nothing uncertain, a value that does not vary; no goal, no probability."""
    targets = {"t": target(), "s": target(direction="show", value=None), "b": target(indicator="dropouts")}
    raw = sum_of(A, B, targets)
    scenario = build(raw)
    assert worth(run(scenario, 98), "t").empty
    enough = run(scenario, 200)
    assert len(worth(enough, "t")) == 2 and worth(enough, "b").empty
    shown = worth(enough, "s")
    assert shown[["p", "p_low", "p_high", "flips"]].isna().all(axis=None) and shown.width_known.notna().all()
    held = ss.run(scenario, 200, held=frozenset([PA]))[0]
    assert worth(held, "t").path.tolist() == [PB]
    assert worth(run(build(sum_of(100, 100, targets)), 200), "t").empty
    raw["uncertainty"] = {"parameters": False}
    assert worth(run(build(raw), 200), "t").empty


def test_blanks_are_left_out():
    """Completion is blank where no seats are drawn: of U(0, 2) rounded a quarter; the drop-outs do not touch it."""
    raw = place({"p": path(stage())}, [row("p", {"uniform": [0, 2]})], targets={"t": target(indicator="completion", value=0.5)})
    raw["uncertainty"] = {"parameters": True}
    assert worth(run(build(raw), 400), "t").empty  # where there are seats they are filled: nothing varies


def test_equal_runs_give_equal_tables():
    scenario = build(sum_of(A, B, {"t": target()}))
    one, two = (worth(run(scenario, 200, threads=n), "t") for n in (1, 2))
    assert one.equals(two)
