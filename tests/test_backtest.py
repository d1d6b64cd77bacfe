"""The back-test: its scores against closed forms and hand-worked cases, its forecasts by hand, what it takes from figures and
says of them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

import skillsim as ss
from helpers_scenario import LANGS, SMALL
from skillsim.analysis import backtest as module
from skillsim.analysis.backtest import (
    CIRCULAR,
    DRAWS,
    LEVELS,
    LOSS,
    NOT_BLIND,
    STAGES,
    backtest,
    cases,
    crps,
    inside,
    last_value,
    of_account,
    of_cohorts,
    of_rolls,
    of_share,
    pooled,
    read_figures,
    scores,
    too_few_inside,
    trend,
)
from skillsim.analysis.collected import Collected
from skillsim.analysis.replay import pooled_replay, replay, unobserved
from skillsim.chance import Draws, name_keys
from skillsim.cli import app
from skillsim.errors import ScenarioError
from skillsim.report.answers import evidence
from skillsim.scenario.basic import Pick
from skillsim.terms import phrase
from worlds import z_limit

LEVEL = 0.001  # of the tests on simulated histories


def normal(n, r, name="sample"):
    return Draws(5, 0, r).normal(name, 0, name_keys((i,) for i in range(n)))


# -------------------------------------------------------------------------------------------------------------- scores


def test_crps_by_hand():
    """Draws 0, 2 and actual 1: 1 - 2/2 = 0.  Draws 0, 1, 5 and actual 2: 2 - (1 + 5 + 4)/3/2 = 1/3.  A sure one: its error."""
    assert crps(np.array([[0.0, 2.0]]), np.array([1.0])) == pytest.approx([0])
    assert crps(np.array([[5.0, 0.0, 1.0]]), np.array([2.0])) == pytest.approx([1 / 3])
    assert crps(np.full((1, 4), 7.0), np.array([4.0])) == pytest.approx([3])


def test_crps_against_all_pairs():
    draws, actual = normal(6, 40), np.linspace(-2, 2, 6)
    apart = np.abs(draws[:, :, None] - draws[:, None, :]).sum(axis=(1, 2)) / (40 * 39)
    assert crps(draws, actual) == pytest.approx(np.abs(draws - actual[:, None]).mean(axis=1) - apart / 2, rel=1e-12)


@pytest.mark.parametrize(("at", "known"), [(0.0, 0.2337), (1.0, 0.6024)])
@pytest.mark.parametrize("r", [2, 1000])
def test_crps_of_a_normal_and_no_bias_from_few_draws(at, known, r):
    """Gneiting and Raftery 2007: z (2 F(z) - 1) + 2 f(z) - 1 / sqrt(pi).  z-tests at 1 % (family of four)."""
    exact = at * (2 * stats.norm.cdf(at) - 1) + 2 * stats.norm.pdf(at) - 1 / np.sqrt(np.pi)
    assert round(exact, 4) == known
    found = crps(normal(400_000 // r, r), np.full(400_000 // r, at))
    assert abs(found.mean() - exact) < z_limit(4) * found.std(ddof=1) / np.sqrt(len(found))


def test_scores_by_hand():
    """Draws 0 ... 100: median 50, the middle half from 25 to 75, four fifths from 10 to 90, 95 % from 2.5 to 97.5."""
    draws = np.tile(np.arange(101.0), (4, 1))
    table = scores(draws, np.array([25.0, 80.0, 95.0, 99.0]))
    assert table["forecast"].tolist() == [50] * 4 and table["low"].tolist() == [2.5] * 4 and table["high"].tolist() == [97.5] * 4
    assert table["error"].tolist() == [25, -30, -45, -49] and table["share"][0] == 1
    assert table[["inside_50", "inside_80", "inside_95"]].to_numpy().tolist() == [
        [True, True, True], [False, True, True], [False, False, True], [False, False, False],
    ]


def test_too_few_inside_by_hand():
    """Of 10 at 95 %: P(8 or fewer) = 0.086, P(7 or fewer) = 0.012."""
    assert [too_few_inside(k, 10) for k in (7, 8, 10)] == [True, False, False]


def test_naive_forecasts_by_hand():
    before = {2015: 10.0, 2017: 14.0, 2018: 16.0}
    assert last_value(before, 2020) == 16 and last_value(before, 2016) == 10
    assert trend(before, 2020) == pytest.approx(20) and trend({2015: 10.0, 2016: 13.0, 2017: 10.0}, 2018) == pytest.approx(11)
    assert np.isnan(last_value({}, 2020)) and np.isnan(trend({2015: 10.0}, 2020))


# -------------------------------------------------------------------------------------------------- simulated histories


@pytest.fixture(scope="module")
def histories():
    """200 independent histories of the small place, and a forecast by runs on other random numbers: the staying rate of 2029."""
    scenario = ss.load(SMALL)
    one = scenario.targets["stay"]

    def values(replications, seed):
        result = ss.run(scenario, replications, seed)[0]
        return result.replicate(one.indicator, one.of)[one.year - scenario.years.first, ::2]

    return values(400, 11), np.tile(values(10_000, 12), (200, 1))


@pytest.mark.parametrize("level", LEVELS)
def test_intervals_of_the_true_model_hold_their_share(histories, level):
    """Exact binomial region of 99.9 % for 200 histories."""
    actual, draws = histories
    low, high = stats.binom.ppf([LEVEL / 2, 1 - LEVEL / 2], 200, level)
    assert low <= inside(draws, actual, level).sum() <= high


@pytest.mark.parametrize("wrong", [lambda x: x + x.std(), lambda x: x.mean() + 0.3 * (x - x.mean()), lambda x: x - 0.05])
def test_a_wrong_model_is_seen(histories, wrong):
    """Off by a standard deviation, too sure, or off by five points: a worse score in pairs (one-sided 99.9 %), too few inside."""
    actual, draws = histories
    false = np.tile(wrong(draws[0]), (200, 1))
    worse = crps(false, actual) - crps(draws, actual)
    assert worse.mean() > stats.norm.isf(LEVEL) * worse.std(ddof=1) / np.sqrt(200)
    assert too_few_inside(int(inside(false, actual, 0.95).sum()), 200)
    assert not too_few_inside(int(inside(draws, actual, 0.95).sum()), 200)


# ----------------------------------------------------------------------------------------------------------- forecasts


def test_forecasts_by_hand_where_nothing_is_uncertain():
    """Intakes of 100, 200 and 400 without loss are 700; an account of 1,000 + 300 with a fifth leaving by diploma has
    1,000 + 300 - Bin(1000, .2); half lost of each intake a year leaves 400 + Bin(200, .5) + Bin(100, .25) (z-tests at 1 %)."""
    nothing, half = (0.0, 1e-9), (0.5, 0.5 + 1e-9)
    assert (of_cohorts([100, 200, 400], nothing, 2020) == 700).all()
    assert (of_cohorts([100], nothing, 2020) == 100).all()
    found = of_account(1000, 300, 200, nothing, 2020)
    assert len(found) == DRAWS and abs(found.mean() - 1100) < z_limit(2) * np.sqrt(160 / DRAWS)
    found = of_cohorts([100, 200, 400], half, 2020)
    assert abs(found.mean() - 525) < z_limit(2) * np.sqrt((50 + 18.75) / DRAWS)


def test_forecasts_spread_as_their_ranges_say():
    """Births of 3 and 6 million make classes of 5 million times normal(1, 0.065); a share of .5 ± .02 is uniform from .48 to .52;
    an account that loses none to a tenth is uniform from .9 to 1 of its opening (Kolmogorov, 1 % together)."""
    rolls = {"births": {"series": {2005: 3_000_000, 2006: 6_000_000}}, "birth_survival": module.BIRTHS}
    born = of_rolls(rolls, 2021)
    assert stats.kstest(born / 5_000_000, stats.norm(1, 0.065).cdf).pvalue > 0.01 / 3
    assert stats.kstest(of_share(1_000_000, 0.5, 2020) / 1e6, stats.uniform(0.48, 0.04).cdf).pvalue > 0.01 / 3
    left = of_account(1e8, 1, 1, (0.0, 0.1), 2020)
    assert stats.kstest(left / 1e8, stats.uniform(0.9, 0.1).cdf).pvalue > 0.01 / 3


# --------------------------------------------------------------------------------------------------------------- cases


def table(*rows):
    return pd.DataFrame(rows, columns=["place", "indicator", "level", "year", "value"])


def test_which_cases_figures_allow():
    """Of each rule one; what has a figure missing makes none."""
    figures = table(
        ("A", "births", "all", 2014, 1000), ("A", "births", "all", 2015, 1300), ("A", "entrants", "primary", 2021, 1200),
        ("A", "births", "all", 2017, 900), ("A", "entrants", "primary", 2024, 800),  # 2018 is missing
        ("B", "entrants", "primary", 2005, 900), ("B", "entrants", "junior", 2011, 890), ("B", "graduates", "junior", 2014, 880),
        ("C", "entrants", "secondary", 2019, 100), ("C", "entrants", "secondary", 2020, 110),
        ("C", "enrolment", "secondary", 2019, 290),
        ("C", "entrants", "secondary", 2021, 120), ("C", "enrolment", "secondary", 2021, 310),
        ("D", "enrolment", "college", 2020, 500), ("D", "enrolment", "college", 2021, 520),
        ("D", "entrants", "college", 2021, 200), ("D", "graduates", "college", 2021, 170),
        ("E", "graduates", "junior", 2019, 1000), ("E", "graduates", "junior", 2020, 1100),
        ("E", "entrants", "general", 2019, 600), ("E", "entrants", "general", 2020, 640),
        # more graduates than students, a share that nobody can take: figures that can't be of one place
        ("F", "enrolment", "general", 2020, 500), ("F", "enrolment", "general", 2021, 520),
        ("F", "entrants", "general", 2020, 990), ("F", "entrants", "general", 2021, 990),
        ("F", "graduates", "general", 2021, 501),
        ("F", "graduates", "junior", 2020, 1000), ("F", "graduates", "junior", 2021, 1000),
    )
    found = {(c.rule, c.place, c.indicator, c.level, c.year, c.given_until) for c in cases(figures)}
    assert found == {
        ("births", "A", "entrants", "primary", 2021, 2015),
        ("rolls", "B", "entrants", "junior", 2011, 2005), ("rolls", "B", "graduates", "junior", 2014, 2011),
        ("rolls", "B", "graduates", "junior", 2014, 2005),
        ("cohorts", "C", "enrolment", "secondary", 2021, 2021), ("one_intake", "C", "enrolment", "secondary", 2019, 2019),
        ("account", "D", "enrolment", "college", 2021, 2021), ("one_intake", "D", "enrolment", "college", 2021, 2021),
        ("share", "E", "entrants", "general", 2020, 2020),
        ("one_intake", "F", "enrolment", "general", 2020, 2020),
    }


def test_the_two_countings_of_secondary_schools_are_never_joined():
    """Entrants with technician schools and students without them, or a stock of the one and a flow of the other, make no case."""
    figures = table(
        ("A", "enrolment", "secondary_all", 2020, 1000), ("A", "enrolment", "secondary", 2021, 800),
        ("A", "entrants", "secondary", 2021, 300), ("A", "graduates", "secondary", 2021, 250),
        ("A", "entrants", "secondary_all", 2020, 400), ("A", "entrants", "secondary_all", 2019, 400),
    )
    assert {(c.rule, c.level, c.year) for c in cases(figures)} == {("one_intake", "secondary", 2021)}


@pytest.fixture(scope="module")
def shipped():
    return backtest()


def test_the_shipped_figures(shipped):
    """Every row has its source; no forecast is given a figure from after its year; every mark of a case as not blind, and as
    circular, is used."""
    figures = read_figures()
    assert (figures["source"] != "").all() and (figures["zh"] != "").all() and set(figures["level"]) <= set(STAGES)
    assert len(shipped) >= 30 and set(shipped["rule"]) == set(module.RULES)
    assert (shipped["given_until"] <= shipped["year"]).all()
    early = shipped["rule"].isin(["births", "rolls"])
    assert (shipped["given_until"][early] <= shipped["year"][early] - 3).all()
    assert {(c.rule, c.level, c.year) for c in shipped[~shipped["blind"]].itertuples()} == NOT_BLIND
    assert (shipped["naive_from"].dropna() < shipped["year"][shipped["naive_from"].notna()]).all()
    assert (shipped["share"].abs() < 0.15).all()
    mine = cases(figures[figures["place"] == module.NATION])
    assert {(c.rule, c.level, c.year) for c in mine} >= CIRCULAR
    assert not {(c.rule, c.level, c.year) for c in shipped.itertuples() if c.place == module.NATION} & CIRCULAR


def test_nothing_is_known_beforehand_of_ones_own_figures():
    """Figures of one's own that are called as the shipped ones are marked neither as not blind nor as circular."""
    figures = table(
        (module.NATION, "entrants", "secondary", 2019, 100), (module.NATION, "entrants", "secondary", 2020, 110),
        (module.NATION, "entrants", "secondary", 2021, 120), (module.NATION, "enrolment", "secondary", 2021, 310),
        (module.NATION, "entrants", "junior", 2021, 1000), (module.NATION, "graduates", "junior", 2024, 990),
    )
    found = backtest(figures)
    assert set(zip(found["rule"], found["level"], found["year"], strict=True)) == {
        ("cohorts", "secondary", 2021), ("rolls", "junior", 2024)
    }
    assert ("cohorts", "secondary", 2021) in NOT_BLIND and ("rolls", "junior", 2024) in CIRCULAR and found["blind"].all()
    assert pooled(found)["group"].tolist() == ["rolls", "cohorts", "before", "same_year", "all"]


def test_what_is_said_of_the_shipped_figures_is_so(shipped):
    """Births and rolls are 6 to 15 years ahead of their figures; what a naive forecast takes is 1 to 3 years old."""
    ahead = (shipped["year"] - shipped["given_until"])[shipped["rule"].isin(["births", "rolls"])]
    back = (shipped["year"] - shipped["naive_from"]).dropna()
    assert (ahead.min(), ahead.max(), back.min(), back.max()) == (6, 15, 1, 3)
    for lang, said in (("en", ("6 to 15 years", "1 to 3 years")), ("zh", ("6 至 15 年", "1 至 3 年"))):
        assert all(one in phrase("backtest_notes", lang) for one in said)


def test_forecasts_and_reconstructions_are_told_apart(shipped):
    """What was given a figure of its own year is pooled apart from what was known before; the summary tells these two."""
    whole = pooled(shipped)
    by = whole.set_index("group")
    before = shipped["given_until"] < shipped["year"]
    assert set(shipped[before]["rule"]) == {"births", "rolls"}
    for group, part in (("before", shipped[before]), ("same_year", shipped[~before])):
        assert by.loc[group, "cases"] == len(part) and by.loc[group, "mape"] == pytest.approx(part["share"].abs().mean())
        for lang in LANGS:
            inside_95, mape = evidence.percent(part["inside_95"].mean()), evidence.percent(by.loc[group, "mape"])
            said = {"n": len(part), "inside": inside_95, "mape": mape}
            assert phrase(f"backtest_said_{group}", lang, **said) in evidence.summary(whole, lang)


def test_pooled_scores(shipped):
    whole = pooled(shipped).set_index("group")
    assert whole.loc["all", "cases"] == len(shipped) == whole.loc[list(module.RULES), "cases"].sum()
    assert whole.loc["all", "inside_95"] == pytest.approx(shipped["inside_95"].mean())
    there = shipped[shipped["last_value"].notna()]
    naive = (there["last_value"] / there["actual"] - 1).abs()
    assert whole.loc["all", "mape_last"] == pytest.approx(naive.mean())
    assert whole.loc["all", "better_than_last"] == (there["share"].abs() < naive).sum()
    assert whole.loc["blind", "cases"] == shipped["blind"].sum()


def test_the_same_each_time(shipped):
    pd.testing.assert_frame_equal(shipped, backtest())


def test_every_range_is_of_a_level_with_a_name():
    assert set(LOSS) <= set(STAGES)


# ----------------------------------------------------------------------------------------------------- files, commands

GOOD = "place,indicator,level,year,value\nA,entrants,secondary,2020,100\nA,enrolment,secondary,2020,290\n"


def told(path):
    with pytest.raises(ScenarioError) as caught:
        read_figures(path)
    for lang in LANGS:
        assert caught.value.text(lang)
    return [(p.code, p.line) for p in caught.value.problems]


def test_figures_of_ones_own(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    found = backtest(read_figures(path))
    assert found[["rule", "place", "year"]].to_numpy().tolist() == [["one_intake", "A", 2020]]


@pytest.mark.parametrize(("text", "problems"), [
    ("", [("evidence_columns", None)]),
    ("place,year\nA,2020\n", [("evidence_columns", None)]),
    (GOOD + "A,entrants,secondary,2020,120\n", [("evidence_twice", 4)]),
    (GOOD + "A,entrant,secondary,2021,120\nA,entrants,secondary,20x1,120\nA,entrants,primary,2021,-5\nA,births,all,2021,\n",
     [("evidence_row", 4), ("evidence_row", 5), ("evidence_row", 6), ("evidence_row", 7)]),
    (GOOD + "A,entrants,secondary,2021.5,120\nA,entrants,kindergarten,2021,1\nA,entrants,primary,2021,1e12\n",
     [("evidence_row", 4), ("evidence_row", 5), ("evidence_row", 6)]),
])
def test_bad_figures_are_told_all_at_once(text, problems, tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(text, encoding="utf-8")
    assert told(path) == problems


def test_a_missing_file_and_figures_without_a_case_are_told(tmp_path):
    assert told(tmp_path / "none.csv") == [("file_unreadable", None)]
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00place")
    assert told(tmp_path / "binary.csv") == [("file_unreadable", None)]
    with pytest.raises(ScenarioError) as caught:
        backtest(table(("A", "births", "all", 2020, 100)))
    assert [p.code for p in caught.value.problems] == ["evidence_none"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_command(lang, tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(GOOD, encoding="utf-8")
    asked = ["backtest", str(path), "--lang", lang, "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "150"})
    assert done.exit_code == 0, done.output
    assert {"zh": "还原的 1 例", "en": "Reconstructed with figures of the year itself: 1."}[lang] in done.output
    assert {"zh": " 0.0290 ", "en": " 0.290 "}[lang] in done.output, "290 people are told to one person"
    assert {"zh": "未查到", "en": "national"}[lang] not in done.output, "nothing of the shipped figures is said"
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert said["files"] == ["figures.csv", "cases.csv", "pooled.csv"] and said["draws"] == DRAWS
    assert CliRunner().invoke(app, ["backtest", str(tmp_path / "none.csv"), "--lang", lang]).exit_code == 2


@pytest.mark.parametrize("words", [[], ["figures.csv"]])
def test_options_of_a_scenario_are_refused_without_one(words):
    """All at once: a number that changes nothing would be taken for one that did."""
    done = CliRunner().invoke(app, ["backtest", *words, "-n", "0", "--seed", "1", "--threads", "2", "--lang", "en"])
    assert done.exit_code == 2
    for option in ("--replications", "--seed", "--threads"):
        assert f"{option} counts only with a scenario" in done.output


# -------------------------------------------------------------------------------------------------------- a place's own

DATA = (
    "indicator,year,value,n,pathway,level\nentrants,2025,420,,sve_3,\nentrants,2026,430,,sve_3,\nentrants,2027,500,,sve_3,\n"
    "local_retention_r1,2027,0.55,150,sve_3plus2,college\n"
)


def counted(line, indicator, year, value, n=None, sd=0.0, **of):
    return Collected(line, indicator, Pick(**of), year, value, n, sd, "")


def test_a_place_against_what_was_counted():
    """Scores are those of one replication of each pair; earlier rows about the same people make the naive forecasts."""
    scenario = ss.load(SMALL)
    rows = [counted(2, "entrants", 2025, 400), counted(3, "entrants", 2027, 440), counted(4, "headcount", 2027, 900),
            counted(5, "entrants", 2028, 450)]
    found = replay(scenario, rows, 100)
    result = ss.run(scenario, 100)[0]
    draws = np.stack([result.replicate(row.indicator)[row.year - 2025, ::2] for row in rows])
    expected = scores(draws, np.array([400.0, 440, 900, 450]))
    pd.testing.assert_frame_equal(found[expected.columns], expected)
    assert found["line"].tolist() == [2, 3, 4, 5]
    assert found["last_value"].tolist()[1::2] == [400, 440] and found["trend"][3] == pytest.approx(460)
    assert found["last_value"].isna().tolist() == [True, False, True, False]
    whole = pooled_replay(found).iloc[0]
    assert (whole["cases"], whole["n_last"], whole["n_trend"]) == (4, 2, 1)


def test_the_error_of_a_figure_widens_what_is_forecast():
    """An error of 3,000, beside which the model's own spread is nothing: 95 % is 2 x 1.96 x 3,000 wide (1,000 draws: to a tenth).
    A share of .2 among 100 asked has an error of .04; squares of widths add up (the model's own is near normal)."""
    scenario = ss.load(SMALL)
    rows = [counted(2, "entrants", 2025, 400), counted(3, "entrants", 2026, 400, sd=3000.0)]
    found = replay(scenario, rows, 2000)
    width = (found["high"] - found["low"]).to_numpy()
    assert width[0] < 100 and width[1] == pytest.approx(2 * 1.96 * 3000, rel=0.1)
    sampled = replay(scenario, [counted(2, "completion", 2025, 0.2, n=100), counted(3, "completion", 2025, 0.2)], 2000)
    wide, own = (sampled["high"] - sampled["low"]).tolist()
    assert wide == pytest.approx(np.hypot(own, 2 * 1.96 * 0.04), rel=0.1)


def test_actual_figures_of_the_scenario_are_left_out(tmp_path):
    path = tmp_path / "with.yaml"
    path.write_text(
        "extends: small.yaml\nobserved:\n  - {indicator: entrants, year: 2025, value: 300, source: {published: a test}}\n",
        encoding="utf-8",
    )
    scenario = ss.load(path)
    rows = [counted(2, "entrants", 2025, 300)]
    assert scenario.observed and not unobserved(scenario).observed
    pd.testing.assert_frame_equal(replay(scenario, rows, 20), replay(ss.load(SMALL), rows, 20))


@pytest.mark.parametrize("lang", LANGS)
def test_the_command_on_a_place(lang, tmp_path):
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    asked = ["backtest", str(SMALL), str(tmp_path / "data.csv"), "-n", "40", "--lang", lang, "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "150"})
    assert done.exit_code == 0, done.output
    assert {"zh": "共 4 例", "en": "Cases: 4."}[lang] in done.output
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert said["replications"] == 40 and said["files"] == ["rows.csv", "pooled.csv"] and len(said["sha256"]) == 64
    assert len(pd.read_csv(tmp_path / "out" / "rows.csv")) == 4
    alone = CliRunner().invoke(app, ["backtest", "small", "--lang", lang])
    assert alone.exit_code == 2
