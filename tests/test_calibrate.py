"""Calibration of a place: known parameters come back, the new file says what was found, and what is wrong is told at once."""

from pathlib import Path

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy import stats
from typer.testing import CliRunner

import skillsim as ss
from skillsim.analysis.calibrate import asked, calibrate, model_of
from skillsim.analysis.calibrated_file import new_file, write_new
from skillsim.analysis.collected import Collected, read_collected, reader
from skillsim.analysis.likelihood import Data, Model, fit
from skillsim.chance import name_keys, uniforms
from skillsim.cli import app
from skillsim.errors import ScenarioError
from skillsim.scenario.basic import Pick
from skillsim.scenario.numbers import Number
from skillsim.scenario.policies import with_numbers
from skillsim.scenario.reader import built_on, find
from skillsim.scenario.types import Uncertainty, numbers
from worlds import build, means, path, place, stage
from worlds import row as seats

SMALL = "small"
FIGURES = Path(__file__).parent / "data" / "observed_small.csv"
DROPOUT, SITS = "pathways.sve_3.stages.0.dropout.0", "pathways.sve_3.stages.0.further.sits"
HERE = "retention.base.college_3+sve_3plus2:college.rate"


@pytest.fixture(scope="module")
def small():
    return ss.load(SMALL)


def row(indicator, year, value=0.0, n=None, sd=0.0, line=2, **of):
    return Collected(line, indicator, Pick(**of), year, value, n, sd, "")


ROWS = [
    *(row("dropouts", year, pathways=["sve_3"]) for year in (2025, 2026, 2027)),
    *(row("graduates", year, pathways=["sve_3"]) for year in (2026, 2027)),
    *(row("further_local", year, pathways=["sve_3"]) for year in (2026, 2027)),
    row("headcount", 2027, levels=["secondary"]),
    row("local_retention_r1", 2027, n=150.0, levels=["secondary"]),
]


def drawn(scenario, truth, replications, seed):
    """The figures of ROWS [k, R] in runs at known parameters, by process chance alone."""
    there = with_numbers(scenario, {path: Number(value=x) for path, x in truth.items()})
    there = there.model_copy(update={"uncertainty": Uncertainty(parameters=False)})
    return reader(ROWS, scenario.years.first)(ss.run(there, replications, seed)[0].values)


def test_intervals_hold_the_truth_as_often_as_they_say(small):
    """200 histories at a first-year dropout of 0.09 and 50 % who sit the exam, each fitted: the 95 % intervals hold the truth
    within the 99.9 % acceptance region of Binomial(200, 0.95), and the mean estimate is within 3 standard errors of it.  The last
    figure is that of a survey of 150.

    The fits share evaluations: means on a 4 x 4 grid of Chebyshev points, between them the polynomial; replications at the truth,
    moved to where the means are.
    """
    truth = {DROPOUT: 0.09, SITS: 0.5}
    parameters = asked(small, [f"{DROPOUT}=0.02:0.2", f"{SITS}=0.2:0.8"])
    exact = model_of(small, ROWS, parameters, 200, 1, 1, None)
    nodes = chebyshev.chebpts1(4)
    grid = np.array([[a, b] for a in nodes for b in nodes]).T
    terms = chebyshev.chebvander2d(*grid, [3, 3])
    factors = np.linalg.solve(terms, exact.mean((grid + 1) / 2).T)

    def mean(points):
        return (chebyshev.chebvander2d(*(2 * points - 1), [3, 3]) @ factors).T

    check = np.array([[0.2, 0.5, 0.9], [0.3, 0.7, 0.6]])
    assert mean(check) == pytest.approx(exact.mean(check), rel=2e-4)
    at = np.array([(x - one.lo) / (one.hi - one.lo) for x, one in zip(truth.values(), parameters, strict=True)])
    others = drawn(small, truth, 400, 99)
    centre = mean(at[:, None])
    model = Model(mean, lambda where: others - centre + mean(where[:, None]))
    histories = drawn(small, truth, 200, 7)
    surveyed = uniforms(5, "survey", 0, name_keys([("survey",)]), 0, 200)[0]
    histories[-1] = stats.binom.ppf(surveyed, 150, histories[-1]) / 150
    n = np.array([np.nan if one.n is None else one.n for one in ROWS])
    whole = np.array([one.unit != "share" for one in ROWS])
    fits = [fit(Data(history, n, np.zeros(len(ROWS)), whole), model, np.array([0.5, 0.5])) for history in histories.T]
    least, most = stats.binom.ppf([0.0005, 0.9995], 200, 0.95)
    found = np.array([one.at for one in fits])
    for i in range(2):
        held = sum(one.low[i] <= at[i] <= one.high[i] for one in fits)
        assert least <= held <= most, (i, held)
        assert abs(found[:, i].mean() - at[i]) < 3 * found[:, i].std() / 200**0.5
    p = np.array([one.p_value for one in fits])
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    assert fits[0].dof == len(ROWS) - 2


def test_means_at_a_point_are_those_of_a_scenario_with_these_numbers(small):
    """Each point warms up and is solved by itself, as a scenario that states its numbers would."""
    parameters = asked(small, [f"{DROPOUT}=0:0.2", f"{HERE}=0.3:0.7"])
    points = np.array([[0.25, 0.8], [0.5, 0.1]])
    found = model_of(small, ROWS, parameters, 200, 20250401, 1, None).mean(points)
    for i in range(2):
        x, y = points[:, i]
        there = with_numbers(small, {DROPOUT: Number(value=0.2 * x), HERE: Number(value=0.3 + 0.4 * y)})
        assert found[:, i] == pytest.approx(reader(ROWS, 2025)(means(there))[:, 0], rel=1e-12)


# ------------------------------------------------------------------------------------------------------------- what is fitted


def test_one_number_is_fitted_itself_and_several_by_a_factor(small):
    one, many, series = asked(small, [DROPOUT, "pathways.sve_3plus2.*.*.dropout", "choice.general_share=0.5:1.2"])
    assert (one.factor, one.lo, one.hi, one.now) == (False, 0.0, 1.0, 0.06)
    assert (many.factor, many.now) == (True, 1.0)
    assert (many.lo, many.hi) == (0.25, 4.0)
    assert {path: n.value for path, n in many.at(0.2).items()} == pytest.approx(
        {"pathways.sve_3plus2.stages.0.dropout": 0.03, "pathways.sve_3plus2.stages.1.dropout": 0.02}
    )
    assert series.factor
    assert len(series.numbers) == 2


def test_a_series_keeps_its_course():
    """0.1 and 0.2 times a factor of mean 0.8 stand at 0.08 and 0.16."""
    dropout = {"series": {2025: 0.1, 2026: 0.2}, "factor": {"uniform": [0.5, 1.1]}}
    scenario = build(place({"p": path(stage(dropout=dropout))}, [seats("p", 500)], last=2026))
    (one,) = asked(scenario, ["pathways.p.stages.0.dropout"])
    assert one.factor
    (number, _), *_ = one.numbers.values()
    assert dict(number.series) == pytest.approx({2025: 0.08, 2026: 0.16})
    assert one.hi == pytest.approx(4.0)
    (made,) = one.spread("normal", (1.5, 0.1)).values()
    assert made.factor.normal == (1.5, 0.1)
    assert dict(made.series) == pytest.approx({2025: 0.08, 2026: 0.16})


def codes(error):
    return sorted(problem.code for problem in error.value.problems)


def test_what_can_not_be_fitted_is_told_at_once(small):
    keys = [
        "pathways.sve_3.stages.0.droput", "quota.sve_3", "pathways.sve_3.stages.0", f"{DROPOUT}=0.3:0.1", f"{SITS}=-1:0.5", SITS,
        "choice.alternatives.work.preference.0", "choice.alternatives.work.preference", "gates.exam.elsewhere=abc",
        "retention.local_origin=",
    ]
    with pytest.raises(ScenarioError) as error:
        asked(small, keys)
    assert codes(error) == sorted([
        "patch_key", "calibrate_kind", "patch_mixed", "calibrate_range", "calibrate_bounds", "calibrate_twice",
        "calibrate_range_needed", "calibrate_twice", "calibrate_factor", "calibrate_range", "calibrate_range",
    ])
    for lang in ("zh", "en"):
        assert all(problem.text(lang) for problem in error.value.problems)
    with pytest.raises(ScenarioError) as error:
        asked(small, ["choice.alternatives.work.preference"])
    assert codes(error) == ["calibrate_factor"]
    with pytest.raises(ScenarioError) as error:
        asked(small, [])
    assert codes(error) == ["calibrate_none"]
    dropouts = [f"pathways.sve_3.stages.0.{name}" for name in ("dropout.0", "dropout.1", "dropout.2", "repeat", "back")]
    with pytest.raises(ScenarioError) as error:
        asked(small, [*dropouts, *(f"retention.{a}.{b}" for a in ("stayers", "leavers") for b in ("by_august", "by_december")),
                      SITS, SITS.replace("sits", "passes"), "pathways.college_3.stages.0.dropout", "choice.general_share.0"])
    assert codes(error) == ["calibrate_many"]


def test_numbers_under_policies_and_known_figures_are_refused(small):
    with pytest.raises(ScenarioError) as error:
        asked(small.vary({DROPOUT: ("scale", 1.2)}), [DROPOUT])
    assert codes(error) == ["calibrate_policy"]
    known = built_on(small, {"known": [{"key": DROPOUT, "value": 0.07, "source": {"derived": "made up"}}]})
    with pytest.raises(ScenarioError) as error:
        asked(known, [DROPOUT])
    assert codes(error) == ["calibrate_known"]


# ---------------------------------------------------------------------------------------------------------- the data


def told(tmp_path, text, scenario):
    file = tmp_path / "data.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_collected(file, scenario)
    for problem in error.value.problems:
        assert problem.file == str(file)
        assert problem.text("zh")
        assert problem.text("en")
    return {(problem.line, problem.path, problem.code) for problem in error.value.problems}


def test_every_line_that_is_wrong_is_told_at_once(tmp_path, small):
    text = """indicator,year,value,level,pathway,programme,area,school,industry,n,sd,source
graduats,2026,100
graduates,2040,100
graduates,2026,-5
completion,2026,95,,,,,,,100
completion,2026,0.95
dropouts,2026,12,,,,,,,100
graduates,2026,10,,,,town
graduates,2027,10,,sve_4
graduates,2027,10,secondary,college_3
graduates,2027,a lot
graduates,2028.5,10
graduates,,10
headcount,2026,100
headcount,2026,100
headcount,2027,100,,,,,,,,-3
completion,2027,0.9,,,,,,,0.2
openings_to_seekers,2027,0.9
measures_done,2027,1
"""
    assert told(tmp_path, text, small) == {
        (2, "indicator", "target_indicator"), (3, "year", "target_year"), (4, "value", "calibrate_negative"),
        (5, "value", "calibrate_share"), (6, "", "calibrate_n_missing"), (6, "", "calibrate_twice_row"),
        (7, "n", "calibrate_n_of_count"), (8, "area", "target_pick"), (9, "pathway", "unknown_code"), (9, "", "pick_nobody"),
        (10, "", "pick_nobody"), (11, "value", "number_text"), (12, "year", "number_text"), (13, "", "missing"),
        (15, "", "calibrate_twice_row"), (16, "sd", "calibrate_sd"), (17, "n", "calibrate_n"), (18, "indicator", "demand_needed"),
        (18, "", "calibrate_sd_missing"), (19, "", "measure_named"),
    }


@pytest.mark.parametrize("line", ["local_retention_r1,2026,0,58,120", "headcount,2026,1,229,5", "graduates,2026,300,,,a note"])
def test_cells_beyond_the_heading_are_told(tmp_path, small, line):
    """A decimal comma, a comma between thousands: what stood under a heading would be another figure."""
    assert told(tmp_path, f"indicator,year,value,n\n{line}\n", small) == {(2, "", "calibrate_cells")}
    assert told(tmp_path, f"indicator,year,value,,n\n{line}\n", small) == {(2, "", "calibrate_cells")}


def test_a_heading_that_is_wrong_is_told(tmp_path, small):
    assert told(tmp_path, "indicator,yaer,value,value\n", small) == {
        (1, "", "calibrate_lacks"), (1, "yaer", "calibrate_column"), (1, "value", "calibrate_twice_column"),
    }
    assert told(tmp_path, "", small) == {(None, "", "calibrate_empty")}
    assert told(tmp_path, "indicator,year,value\n", small) == {(None, "", "calibrate_empty")}
    many = "\n".join(["indicator,year,value", *(["graduates,2026,1"] * 201)])
    assert told(tmp_path, many, small) == {(None, "", "calibrate_many_rows")}
    broken = 'indicator,year,value\ngraduates,2026,"' + "1" * 200_000  # a quote that is never closed
    assert told(tmp_path, broken, small) == {(2, "", "calibrate_csv")}


def test_what_the_scenario_replaces_is_no_figure_to_fit_to(tmp_path, small):
    observed = {"indicator": "graduates", "year": 2025, "of": {"pathways": ["sve_3"]}, "value": 300}
    scenario = built_on(small, {"observed": [observed | {"source": {"derived": "made up"}}]})
    text = "indicator,year,value,pathway\ngraduates,2025,300,sve_3\ngraduates,2025,100,sve_3plus2\ngraduates,2026,300,sve_3\n"
    assert told(tmp_path, text, scenario) == {(2, "indicator", "calibrate_observed")}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_files_as_spreadsheets_write_them(tmp_path, small, mark):
    head = "\ufeffIndicator,Year,Value,pathway,n,source"
    lines = [head, 'completion,2026,0.9,sve_3+long_track,50,"x"', ",,,,,", "graduates,2026,300,,,"]
    text = "\r\n".join(lines)
    file = tmp_path / "data.csv"
    file.write_bytes(text.replace(",", mark).encode())
    rows = read_collected(file, small)
    assert [(r.line, r.indicator, r.of.pathways, r.value, r.n) for r in rows] == [
        (2, "completion", ["sve_3", "long_track"], 0.9, 50.0), (4, "graduates", [], 300.0, None),
    ]
    file.write_bytes("indicator,year,value\n招生,2026,1".encode("gbk"))
    with pytest.raises(ScenarioError) as error:
        read_collected(file, small)
    assert codes(error) == ["calibrate_encoding"]


# ----------------------------------------------------------------------------------------------------------- the new file


@pytest.fixture(scope="module")
def fitted(small):
    keys = ["pathways.sve_3.stages.0.dropout", SITS, HERE, "pathways.college_3.stages.0.repeat"]
    return calibrate(small, read_collected(FIGURES, small), keys, 100)


def test_the_new_file_gives_the_numbers_that_were_fitted(fitted, small, tmp_path):
    out = tmp_path / "more" / "fitted one.yaml"
    out.parent.mkdir()
    back = write_new(fitted, find(SMALL), out)
    assert back.name == "fitted_one"
    before, after = ({path: n for path, n, _ in numbers(s)} for s in (small, back))
    assert before.keys() == after.keys()
    moved = {path for path in before if before[path] != after[path]}
    assert moved == set(fitted.written)
    dropouts = [after[f"pathways.sve_3.stages.0.dropout.{i}"] for i in range(3)]
    assert [n.value for n in dropouts] == [0.06, 0.03, 0.02]
    assert len({(n.factor.form, n.shared) for n in dropouts}) == 1
    a, b = after[SITS].beta
    i = 1
    at, se = fitted.fit.at[i], fitted.fit.se[i]
    assert a / (a + b) == pytest.approx(at, rel=1e-5)
    assert (a * b / ((a + b) ** 2 * (a + b + 1))) ** 0.5 == pytest.approx(se, rel=1e-4)
    assert back.source_of(SITS).kind == "fitted"
    assert "9 figures" in back.source_of(SITS).text
    assert "9 个观测值" in back.source_of(SITS).zh
    assert list(out.parent.iterdir()) == [out]
    assert "extends: \"small\"" in out.read_text(encoding="utf-8")
    assert ss.run(back, 2)[0].replications == 2


def test_a_file_builds_on_the_file_that_was_fitted_wherever_it_stands(fitted, tmp_path):
    base = tmp_path / "a" / "own.yaml"
    base.parent.mkdir()
    base.write_text("extends: small\nname: own\n", encoding="utf-8")
    out = tmp_path / "b" / "1.yaml"
    out.parent.mkdir()
    assert 'extends: "../a/own.yaml"' in new_file(fitted, base, out)
    back = write_new(fitted, base, out)
    assert back.name == "calibrated_1"
    assert {p: n for p, n, _ in numbers(back)} == {p: n for p, n, _ in numbers(fitted.scenario)}


def test_a_file_that_would_be_read_otherwise_is_not_left_behind(fitted, tmp_path):
    """Beside the new file stands another small.yaml, which is found first: its numbers are others."""
    text = find(SMALL).read_text(encoding="utf-8")
    other = tmp_path / "small.yaml"
    other.write_text(text.replace("local_origin: 1.0", "local_origin: 0.5"), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        write_new(fitted, find(SMALL), tmp_path / "new.yaml")
    assert codes(error) == ["calibrate_read_back"]
    assert [n.name for n in tmp_path.iterdir()] == ["small.yaml"]


def test_numbers_that_do_not_go_together_are_not_written(small, tmp_path):
    """One figure with a standard deviation of 400 says next to nothing of repeaters: they may be nearly all, which with dropouts
    comes to more than 1."""
    text = "indicator,year,value,pathway,sd\ngraduates,2027,200,sve_3,400\n"
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    rows = read_collected(tmp_path / "data.csv", small)
    loose = calibrate(small, rows, ["pathways.sve_3.stages.0.repeat=0:0.99"], 20)
    assert loose.fit.open_low[0]
    assert loose.fit.open_high[0]
    with pytest.raises(ScenarioError) as error:
        write_new(loose, find(SMALL), tmp_path / "new.yaml")
    assert "calibrate_refused" in codes(error)
    assert len(codes(error)) > 1
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


def test_where_the_data_say_little_the_file_says_so(fitted):
    """No figure is about repeaters of the college: left as it was.  The base rate of college graduates has none either."""
    keys = [one.key for one in fitted.parameters]
    assert fitted.fit.idle.tolist() == [False, False, True, True]
    assert HERE not in fitted.written
    assert keys[3] not in fitted.written


def test_what_can_not_be_worked_out_is_told(small):
    rows = read_collected(FIGURES, small)
    with pytest.raises(ScenarioError) as error:
        calibrate(small, rows, [DROPOUT], 20)
    assert codes(error) == ["calibrate_few"]
    with pytest.raises(ScenarioError) as error:
        calibrate(small, rows, [HERE + "=0:1"], 100)
    assert codes(error) == ["base_infeasible", "calibrate_beyond"]
    with pytest.raises(ScenarioError) as error:
        calibrate(small, rows[:2], [HERE], 100)
    assert codes(error) == ["calibrate_idle"]
    with pytest.raises(ScenarioError) as error:
        calibrate(small, [row("transfer_rate", 2025, 0.5, 100.0, line=7, pathways=["sve_3"])], [DROPOUT], 100)
    assert codes(error) == ["calibrate_blank"]


def test_a_table_may_have_chinese_headings(small, tmp_path):
    """The same figures under headings in either language are the same; an unknown heading is named, with what is near."""
    english, chinese = tmp_path / "en.csv", tmp_path / "zh.csv"
    line = "transfer_rate,2026,0.5,sve_3plus2,80,0.01,x\n"
    english.write_text("indicator,year,value,pathway,n,sd,source\n" + line, encoding="utf-8")
    chinese.write_text("指标,年份,数值,培养路径,调查人数,标准差,来源\n" + line, encoding="utf-8")
    a, b = (read_collected(file, small)[0] for file in (english, chinese))
    assert (a.indicator, a.of, a.year, a.value, a.n, a.sd, a.source) == (b.indicator, b.of, b.year, b.value, b.n, b.sd, b.source)
    chinese.write_text("指标,年份,数值,年级\ngraduates,2026,1,1\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_collected(chinese, small)
    assert codes(error) == ["calibrate_column"]
    assert "“年级”" in error.value.text("zh")
    assert str(chinese) in error.value.text("zh")


def test_a_file_that_is_not_there_or_not_text_says_what_to_do(small, tmp_path):
    with pytest.raises(ScenarioError) as error:
        read_collected(tmp_path / "none.csv", small)
    assert codes(error) == ["calibrate_no_file"]
    assert "没有这个文件" in error.value.text("zh")
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK\x03\x04\xd0\xcf\xff")
    with pytest.raises(ScenarioError) as error:
        read_collected(book, small)
    assert codes(error) == ["calibrate_encoding"]
    assert "CSV UTF-8（逗号分隔）" in error.value.text("zh")


def test_a_figure_without_anybody_says_in_which_file(small, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("indicator,year,value,pathway,n\ntransfer_rate,2025,0.5,sve_3,100\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        calibrate(small, read_collected(data, small), [DROPOUT], 100)
    assert [(one.code, one.file, one.line) for one in error.value.problems] == [("calibrate_blank", str(data), 2)]


def test_a_wrong_place_for_the_new_file_hides_nothing(tmp_path):
    asked_for = [SMALL, str(tmp_path / "none.csv"), "--fit", "nothing", "--out", str(tmp_path / "x.txt")]
    done = CliRunner().invoke(app, ["calibrate", *asked_for])
    assert done.exit_code == 2
    assert "3 个问题" in done.output


# ------------------------------------------------------------------------------------------------------------ the command


def test_the_command_says_what_was_found(tmp_path):
    def run(*words):
        return CliRunner().invoke(app, ["calibrate", SMALL, *words, "-n", "100"])

    out = tmp_path / "new.yaml"
    keys = ("--fit", SITS, "--fit", SITS.replace("sits", "passes"), "--fit", DROPOUT)
    found = run(str(FIGURES), *keys, "--out", str(out), "--lang", "en")
    assert found.exit_code == 0, found.output
    flat = " ".join(found.output.split())
    assert "Not told apart" in flat
    assert "freedom" in flat
    assert "was read back" in flat
    assert [ss.load(out).source_of(path).kind for path in (DROPOUT, SITS)] == ["fitted", "assumed"]
    again = run(str(FIGURES), "--fit", SITS, "--out", str(out))
    assert again.exit_code == 2
    assert "已存在" in again.output
    wrong = run(str(FIGURES), "--fit", SITS, "--out", str(tmp_path / "x.txt"))
    assert wrong.exit_code == 2
    assert ".yaml" in wrong.output
    both = run(str(tmp_path / "none.csv"), "--fit", "nothing", "--out", str(tmp_path / "y.yaml"))
    assert "2 个问题" in both.output
