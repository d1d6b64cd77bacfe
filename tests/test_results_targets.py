"""What a run says of a target: labels, first year met, which intakes can still move it; and the statistics beneath."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

import skillsim as ss
from skillsim.analysis.assumptions import with_assumed_variance
from skillsim.results import statistics
from skillsim.results.targets import label, last_intakes, met
from skillsim.scenario.types import Target
from worlds import build, get, means, path, place, row, run, stage, steps

TITLE = {"zh": "t", "en": "t"}


def target(**over):
    return {"title": TITLE, "indicator": "seats", "year": 2027, "direction": "reach", "value": 100, "clause": "-", **over}


def answers(raw, replications=200):
    return {a.code: a for a in run(build(raw), replications).answers}


# ---------------------------------------------------------------------------------------------------------------- labels


@pytest.mark.parametrize(
    ("p", "replications", "expected"),
    [
        (0.8, 200, "likely"),
        (0.799, 200, "open"),
        (1.0, 400, "likely"),
        (0.2, 200, "unlikely"),
        (0.201, 200, "open"),
        (0.0, 200, "unlikely"),
        (0.5, 1000, "open"),
        (1.0, 198, "too_few"),
        (0.0, 2, "too_few"),
        (None, 400, "shown"),
        (None, 2, "shown"),
    ],
)
def test_labels(p, replications, expected):
    """Likely from 0.8, unlikely to 0.2, else open; none below 200 replications."""
    assert label(p, replications) == expected


@pytest.mark.parametrize(
    ("direction", "goal", "expected"),
    [
        ("reach", {"value": 2.0}, [False, True, True, False]),
        ("at_least", {"value": 2.0}, [False, True, True, False]),
        ("at_most", {"value": 2.0}, [True, True, False, False]),
        ("band", {"band": (1.0, 2.0)}, [True, True, False, False]),
        ("band", {"band": (2.0, 3.0)}, [False, True, True, False]),
        ("show", {}, [False] * 4),
    ],
)
def test_met(direction, goal, expected):
    """Bounds are included; a blank is not met, whatever is asked."""
    t = Target.model_validate({"title": TITLE, "indicator": "seats", "year": 2027, "direction": direction, "clause": "-", **goal})
    assert met(t, np.array([1.0, 2.0, 3.0, np.nan])).tolist() == expected


def test_first_year_met():
    """Seats 80, 80, 100, 90, 120 from 2025: 100 is first reached in 2027, 121 never, 80 from the first year, 90 at most too."""
    series = {"series": {2025: 80, 2026: 80, 2027: 100, 2028: 90, 2029: 120}}
    raw = place({"p": path(stage())}, [row("p", series)], last=2029)
    raw["targets"] = {
        "reach": target(),
        "never": target(value=121),
        "at_once": target(value=80),
        "below": target(direction="at_most", value=99),
        "band": target(direction="band", value=None, band=(110, 130)),
        "shown": target(direction="show", value=None),
    }
    found = answers(raw)
    assert {k: a.first_year_met for k, a in found.items()} == {
        "reach": 2027,
        "never": None,
        "at_once": 2025,
        "below": 2025,
        "band": 2029,
        "shown": None,
    }
    assert {k: a.probability for k, a in found.items()} == {
        "reach": 1.0,
        "never": 0.0,
        "at_once": 1.0,
        "below": 0.0,
        "band": 0.0,
        "shown": None,
    }
    assert {k: a.label for k, a in found.items()} == {
        "reach": "likely",
        "never": "unlikely",
        "at_once": "likely",
        "below": "unlikely",
        "band": "unlikely",
        "shown": "shown",
    }
    assert (found["reach"].values == 100).all()


def test_first_year_met_is_where_half_of_the_replications_reach_it():
    """Graduates are Bin(1000, p) with p = .5, then .4, .6: 500 is reached with probability .5126, 0, 1; 505 with .39 first."""
    raw = place({"p": path(stage(dropout=steps(y2025=0.5, y2026=0.6, y2027=0.4)))}, [row("p", 1000)], last=2027)
    goal = {"indicator": "graduates", "year": 2027}
    raw["targets"] = {"a": target(**goal, value=490), "b": target(**goal, value=520)}
    assert stats.binom.sf(489, 1000, 0.5) > 0.7 and stats.binom.sf(519, 1000, 0.5) < 0.15
    found = answers(raw, 400)
    assert (found["a"].first_year_met, found["b"].first_year_met) == (2025, 2027)


def test_blank_counts_as_not_met():
    """No seats in 2027: completion is 0/0, blank, and not met, be it asked for at least or at most."""
    raw = place({"p": path(stage())}, [row("p", steps(y2025=10, y2027=0))], last=2027)
    raw["targets"] = {
        k: target(indicator="completion", direction=d, value=v) for k, d, v in (("least", "at_least", 0), ("most", "at_most", 1))
    }
    for a in answers(raw).values():
        assert np.isnan(a.values).all() and not a.met.any() and a.probability == 0 and a.label == "no_figure"
        assert a.first_year_met == 2025
        assert np.isnan(a.parameter_share)


def test_the_table_of_targets():
    raw = place({"p": path(stage())}, [row("p", 100)], last=2027)
    raw["targets"] = {
        "a": target(),
        "b": target(direction="show", value=None),
        "c": target(direction="band", value=None, band=(90, 110)),
    }
    frame = run(build(raw), 200).targets().set_index("target")
    assert frame.loc["a", ["mean", "p05", "p50", "p95", "probability"]].tolist() == [100, 100, 100, 100, 1]
    assert frame.loc["a", "mcse"] == 0 and frame.loc["a", "first_year_met"] == 2025 and frame.loc["a", "movable_until"] == 2027
    assert np.isnan(frame.loc["b", "probability"]) and frame.loc["c", "goal"] == "90..110"


# --------------------------------------------------------------------------------------------------------------- intakes


@pytest.fixture(scope="module")
def quzhou():
    return ss.load("quzhou/baseline")


# The class of 2030 enters so many years before: 3+2, five-year and technician 5 in 2025, technician 6 in 2024, 3+4 and 3+2+2 in
# 2023, college in 2027.
LAST = {
    "city_long_track_retention": {"sve_3plus2": 2025, "five_year": 2025, "sve_3plus4": 2023, "sve_3plus2plus2": 2025},
    "technician_retention": {"technician_3": 2027, "technician_5": 2025, "technician_6": 2024},
    "college_retention": {"college_3": 2027, "sve_3plus2": 2025, "five_year": 2025, "sve_3plus2plus2": 2025},
}


@pytest.mark.parametrize("code", LAST)
def test_last_intakes_of_the_2030_classes(quzhou, code):
    """3+2+2 leaves with a college diploma after five years and with a bachelor's after seven: the later intake counts."""
    assert last_intakes(quzhou, quzhou.targets[code]) == LAST[code]


@pytest.mark.parametrize(
    ("pathway", "level", "year"),
    [
        ("sve_3plus2", "college", 2025),
        ("sve_3plus2_out", "college", 2025),
        ("five_year", "college", 2025),
        ("technician_5", "technician", 2025),
        ("technician_6", "technician", 2024),
        ("sve_3plus4", "bachelor", 2023),
        ("sve_3plus2plus2", "bachelor", 2023),
        ("college_3", "college", 2027),
        ("sve_3", "secondary", 2027),
        ("upgrade_2", "bachelor", 2028),
    ],
)
def test_last_intake_of_each_pathway(quzhou, pathway, level, year):
    t = Target.model_validate(
        target(indicator="local_retention_r1", year=2030, of={"pathways": [pathway], "levels": [level]}, value=0.7)
    )
    assert last_intakes(quzhou, t) == {pathway: year}


@pytest.mark.parametrize(
    ("indicator", "of", "expected"),
    [
        # heads in September 2030: college_3 from that autumn's intake; 3+2 three years before, five-year likewise (years 4-5)
        ("headcount", {"pathways": ["college_3"], "levels": ["college"]}, {"college_3": 2030}),
        ("headcount", {"pathways": ["sve_3plus2"], "levels": ["college"]}, {"sve_3plus2": 2027}),
        ("headcount", {"pathways": ["five_year"], "levels": ["college"]}, {"five_year": 2027}),
        ("headcount", {"pathways": ["five_year"], "levels": ["secondary"]}, {"five_year": 2030}),
        ("seats", {"pathways": ["sve_3"]}, {"sve_3": 2030}),
        ("dropouts", {"pathways": ["sve_3"]}, {"sve_3": 2029}),
    ],
)
def test_last_intakes_of_counts(quzhou, indicator, of, expected):
    assert last_intakes(quzhou, Target.model_validate(target(indicator=indicator, year=2030, of=of))) == expected


def test_long_track_share_can_be_moved_by_junior_intakes_of_its_year(quzhou):
    found = last_intakes(quzhou, quzhou.targets["long_track_share"])
    assert set(found.values()) == {2030}
    assert set(found) == {p for p in quzhou.pathways if quzhou.pathways[p].entry == "junior"}


@pytest.mark.parametrize(
    ("as_of", "movable"),
    [
        (date(2025, 3, 31), 2027),
        (date(2025, 4, 1), 2027),
        (date(2027, 4, 1), 2027),
        (date(2027, 4, 2), None),
        (date(2029, 1, 1), None),
    ],
)
def test_movable_until_is_blank_when_it_is_too_late(as_of, movable):
    """Graduates of 2030 after three years: the intake of 2027 is planned on 1 April 2027; after that day nothing moves it."""
    raw = place({"p": path(stage(years=3))}, [row("p", 100)], last=2030, as_of=as_of)
    raw["targets"] = {"t": target(indicator="graduates", year=2030)}
    a = answers(raw, 2)["t"]
    assert a.movable_until == movable and a.last_intakes == {"p": 2027}


def test_movable_until_is_the_last_of_those_still_open():
    """Two pathways of 3 and 5 years, target 2030, on 1 May 2026: the intake of 2025 is past, that of 2027 is open."""
    raw = place(
        {"p": path(stage(years=3)), "q": path(stage(years=5))}, [row("p", 10), row("q", 10)], last=2030, as_of=date(2026, 5, 1)
    )
    raw["targets"] = {
        "both": target(indicator="graduates", year=2030),
        "long": target(indicator="graduates", year=2030, of={"pathways": ["q"]}),
    }
    found = answers(raw, 2)
    assert found["both"].last_intakes == {"p": 2027, "q": 2025}
    assert (found["both"].movable_until, found["long"].movable_until) == (2027, None)


def test_a_change_after_the_last_intake_cannot_move_it():
    """What movable_until says is what the model does: seats from 2027 move the graduates of 2030, seats from 2028 do not."""
    raw = place({"p": path(stage(years=3, dropout=0.05))}, [row("p", 100)], last=2030, as_of=date(2025, 1, 1))
    scenario = build(raw)
    base = run(scenario, 20)
    for year, moves in ((2027, True), (2028, False)):
        other = run(scenario.vary({"quota.p": ("scale", 2.0, date(year, 1, 1))}), 20)
        assert (other.replicate("graduates")[-1] != base.replicate("graduates")[-1]).any() == moves


# ------------------------------------------------------------------------------------------------------------ statistics


def sample(kind, seed=0, pairs=60):
    g = np.random.default_rng(seed)
    shared = np.repeat(g.normal(5, 2, pairs), 2)
    x = shared + g.normal(0, 1, 2 * pairs)
    if kind == "blanks":
        x[g.choice(2 * pairs, 23, replace=False)] = np.nan
    return np.round(x) if kind == "ties" else x


def test_moments_and_quantiles_against_numpy():
    for kind in ("plain", "blanks", "ties"):
        x = np.stack([sample(kind, s) for s in range(4)])
        s = statistics.summary(x)
        assert s["mean"] == pytest.approx(np.nanmean(x, axis=-1), rel=1e-12)
        assert s["sd"] == pytest.approx(np.nanstd(x, axis=-1, ddof=1), rel=1e-12)
        for q in (5, 25, 50, 75, 95):
            assert s[f"p{q:02d}"] == pytest.approx(np.nanpercentile(x, q, axis=-1), rel=1e-12)


def test_all_blank_is_blank():
    s = statistics.summary(np.full((1, 10), np.nan))
    assert all(np.isnan(v).all() for v in s.values())
    assert np.isnan(statistics.parameter_share(np.full(10, np.nan)))


def test_the_figures_of_a_row_do_not_depend_on_the_blanks_of_others():
    rng = np.random.default_rng(5)
    x = rng.poisson(30, (6, 200)).astype(float)
    x[1, rng.random(200) < 0.2] = np.nan
    x[4] = np.nan
    together, whole = statistics.summary(x), statistics.summary(x[[0, 2, 3, 5]])
    for code, figures in together.items():
        alone = np.concatenate([statistics.summary(row[None])[code] for row in x])
        assert figures.tobytes() == alone.tobytes(), code
        assert figures[[0, 2, 3, 5]].tobytes() == whole[code].tobytes(), code


def test_clustered_error_by_hand():
    """Pairs (1, 3), (5, 7), (2, 2): means 2, 6, 2, variance 16/3, error sqrt(16/9) = 4/3.  A blank leaves its partner."""
    assert statistics.clustered_error(np.array([1.0, 3, 5, 7, 2, 2])) == pytest.approx(4 / 3)
    assert statistics.clustered_error(np.array([1.0, 3, 6, np.nan, 2, 2, np.nan, np.nan])) == pytest.approx(4 / 3)
    assert np.isnan(statistics.clustered_error(np.array([1.0, 2])))


def test_clustered_error_is_that_of_a_sandwich():
    """The cluster-robust variance of a mean, m/(m-1) sum of squared cluster sums over n^2, written out."""
    x = sample("plain", 3)
    sums = (x - x.mean()).reshape(-1, 2).sum(axis=1)
    m = len(sums)
    assert statistics.clustered_error(x) == pytest.approx(np.sqrt(m / (m - 1) * (sums**2).sum()) / len(x), rel=1e-12)


def test_interval_is_student_s_over_pairs():
    x = sample("plain", 1)
    low, high = stats.ttest_1samp(x.reshape(-1, 2).mean(axis=1), 0).confidence_interval(0.95)
    assert statistics.interval(x) == pytest.approx((x.mean(), low, high), rel=1e-12)


def test_parameter_share_against_a_direct_analysis_of_variance():
    """ICC(1,1) = (MSB - MSW) / (MSB + MSW) from sums of squares; F = MSB/MSW is scipy's; not below 0."""
    for seed in range(5):
        x = sample("plain", seed)
        groups = x.reshape(-1, 2)
        m = len(groups)
        msb = 2 * ((groups.mean(axis=1) - x.mean()) ** 2).sum() / (m - 1)
        msw = ((groups - groups.mean(axis=1, keepdims=True)) ** 2).sum() / m
        f = stats.f_oneway(*groups).statistic
        assert msb / msw == pytest.approx(f, rel=1e-9)
        assert statistics.parameter_share(x) == pytest.approx((msb - msw) / (msb + msw), rel=1e-12)
        assert statistics.parameter_share(x) == pytest.approx((f - 1) / (f + 1), rel=1e-9)
    assert statistics.parameter_share(np.array([1.0, -1, 2, -2, 1, -1])) == 0
    assert statistics.parameter_share(np.repeat([1.0, 2, 5], 2)) == 1
    assert np.isnan(statistics.parameter_share(np.ones(6)))


def test_parameter_share_leaves_out_half_blank_pairs():
    x = sample("plain", 2)
    y = np.concatenate([x, [9.0, np.nan, np.nan, -4.0, np.nan, np.nan]])
    assert statistics.parameter_share(y) == pytest.approx(statistics.parameter_share(x), rel=1e-12)


@pytest.mark.parametrize(
    ("p", "replications", "shown"),
    [
        (0.0926, 400, "10 %"), (0.0926, 1000, "9 %"), (0.3534, 999, "35 %"), (0.3534, 1000, "35 %"), (0.97, 200, "95 %"),
        (0.98, 200, "> 95 %"), (1.0, 200, "> 95 %"), (0.0, 200, "< 5 %"), (0.004, 1000, "< 1 %"), (1.0, 1000, "> 99 %"),
        (0.7975, 400, "< 80 %"), (0.8, 400, "80 %"), (0.2025, 400, "> 20 %"), (0.2, 400, "20 %"),
    ],
)
def test_probabilities_are_shown_to_five_points_below_1000(p, replications, shown):
    assert statistics.shown_probability(p, replications) == shown


def test_the_share_of_variance_that_assumed_numbers_cause():
    """Graduates = A + B, no process; A from an assumed number uniform on 1000 ± 100, B from a published one, ± 200.

    The share of the assumed one is 1 - var(B) / var(A + B) of what was drawn.
    """
    raw = place({"p": path(stage())}, [row("p", 5000)], junior=0, last=2026, uncertainty={"parameters": True, "process": False})
    for code, half, kind in (("a", 100, "assumed"), ("b", 200, "published")):
        juniors = {"uniform": [1000 - half, 1000 + half], "source": {kind: "a test"}}
        raw["areas"][code] = {"title": {"zh": code, "en": code}, "junior_graduates": juniors}
    raw["targets"] = {"t": target(indicator="graduates", year=2026, value=2000)}
    (result,) = with_assumed_variance([run(build(raw), 200)])
    a, b = (result.inputs.get(f"areas.{code}.junior_graduates")[0] for code in "ab")
    assert result.assumed_variance == {"t": pytest.approx(1 - b.var() / (a + b).var())}


def test_transfer_and_vocational_shares_by_hand():
    """On means: 100 enter 1 + 1, of whom 60 pass the gate and 40 leave with the first diploma: 60 % of those who end the first
    stage pass on.  Of 1,000 juniors 700 go to general high school and 100 find a seat: an eighth is vocational."""
    way = path(stage(), stage("college", 1, transfer={"sits": 0.8, "passes": 0.75}))
    scenario = build(place({"way": way}, [row("way", 100)], last=2028, choice={"general_share": 0.7}))
    values = means(scenario)
    assert np.allclose(get(values, "transfer_share", levels=["secondary"]), 0.6, atol=1e-12)
    assert np.allclose(get(values, "transfer_share"), 60 / (60 + 40 + 60), atol=1e-12)
    assert np.allclose(get(values, "vocational_share"), 1 / 8, atol=1e-12)
