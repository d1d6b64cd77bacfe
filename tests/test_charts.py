"""Charts: plain JSON with the result's figures, words of one language, flows that balance, colours all can tell apart."""

from __future__ import annotations

import json
import re
from itertools import combinations

import numpy as np
import pytest

import skillsim as ss
from skillsim.analysis.cohort import follow
from skillsim.report import charts
from skillsim.report.charts import base
from skillsim.report.charts.base import Chart, Style
from skillsim.scenario.basic import Pick
from skillsim.terms import LANGS
from skillsim.terms.charts import CHARTS

YEAR = 2030
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
CODE = re.compile(r"\b[a-z]+_[a-z0-9_]+\b")
NOT_SAID = {"type", "color", "fill", "backgroundColor", "extraCssText", "id", "symbol", "stackStrategy", "stack", "formatter",
            "valueFormatter", "icon"}


@pytest.fixture(scope="module")
def runs():
    plain = ss.load("quzhou/baseline")
    return ss.run([plain, plain.vary("long_track_60"), plain.vary("retention_subsidy")], replications=20, seed=3)


@pytest.fixture(scope="module")
def small():
    return ss.run(ss.load("small"), replications=20, seed=3)[0]


def calm(scenario):
    """Return the scenario without chance."""
    off = scenario.uncertainty.model_copy(update={"process": False, "parameters": False})
    return scenario.model_copy(update={"uncertainty": off})


@pytest.fixture(scope="module")
def preview():
    return ss.run(calm(ss.load("quzhou/baseline")), replications=2)[0]


@pytest.fixture(scope="module")
def actual():
    return ss.run(ss.load("quzhou/actuals_2027"), replications=4, seed=3)[0]


STEPS = [("up", 0.03, 0.004), ("down", -0.02, None)]
TRADE = [(0.8, 9e6, True), (0.5, 0.0, True), (0.7, 2e6, False)]
CHANCES = [(2030, 0.1, "10 %"), (2031, float("nan"), "—"), (2032, 0.9, "90 %")]
RANKED = [("U", 0.4, (0.3, 0.5), True), ("V", 0.02, None, False)]


def all_charts(runs, small, preview, lang, dark=False) -> dict[str, Chart]:
    """Return one of every kind of chart."""
    one = runs[0]
    of = one.scenario.targets["city_long_track_retention"].of
    made = {
        "fan": charts.fan([one], "headcount", Pick(levels=["college"]), lang, dark, goal=9000, goal_year=YEAR,
                          observed={2025: 8000.0}, preview=preview),
        "fans": charts.fan(runs, "local_retention_r1", of, lang, dark, goal=0.7, goal_year=YEAR),
        "ahead": charts.fan([], "gap", None, lang, dark, preview=preview),
        "small": charts.fan([small], "completion", None, lang, dark),
        "wave": charts.wave(one, lang, dark), "stocks": charts.stocks(one, lang, dark),
        "destinations": charts.destinations_bars(one, lang, dark, of),
        "entry": charts.entry_sankey(one, YEAR, lang, dark), "graduates": charts.graduates_sankey(one, YEAR, lang, dark),
        "cohort": charts.cohort_sankey(follow(one.scenario, 2025), one.scenario, 2025, lang, dark),
        "heatmap": charts.gap_heatmap(one, YEAR, lang, dark), "programmes": charts.programme_bars(one, YEAR, lang, dark),
        "waterfall": charts.waterfall(STEPS, ("S", 0.5), ("E", 0.52), "share", lang, dark),
        "curve": charts.probability_curve([0.3, 0.4, 0.6], [0.1, 0.5, 0.9], [0.0, 0.4, 0.8], [0.2, 0.6, 1.0], "U", "share",
                                          (0.35, 0.5), "G", lang, dark),
        "differences": charts.difference_bars(ss.compare(runs), "city_long_track_retention", lang, dark),
        "trade": charts.trade_off(TRADE, 0.8, "G", lang, dark), "years": charts.chance_by_year(CHANCES, 0.8, "G", lang, dark),
        "tornado": charts.tornado([("U", 0.45, 0.55), ("V", 0.53, 0.51)], 0.5, "share", "G", lang, dark),
        "ranked": charts.ranked_bars(RANKED, 0.03, "share", *({"zh": ("图", "量"), "en": ("T", "M")}[lang]), lang, dark),
    }
    assert None not in made.values()
    return made


@pytest.fixture(scope="module")
def made(runs, small, preview):
    return {lang: all_charts(runs, small, preview, lang) for lang in LANGS}


def leaves(value, key=""):
    """Yield (key, leaf) of a spec."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, key)
    else:
        yield key, value


def words(chart: Chart) -> list[str]:
    """Return everything of a chart that a reader sees."""
    said = [value for key, value in leaves(chart.spec) if isinstance(value, str) and key not in NOT_SAID]
    cells = [cell for column in chart.table.columns for cell in chart.table[column] if isinstance(cell, str)]
    labels = [item["label"]["formatter"] for one in chart.spec["series"] for item in one["data"]
              if isinstance(item, dict) and "formatter" in item.get("label", {})]
    return [*said, *labels, *cells, *chart.table.columns, chart.alt, chart.title]


def named(chart: Chart, name: str):
    """Return the series of a name."""
    return next(one for one in chart.spec["series"] if one.get("name") == name)


def column(result, indicator, point, year=None, **at):
    """Return a column of the tidy frame."""
    frame = result.frame()
    keep = frame["indicator"] == indicator
    for part in ("area", "pathway", "programme", "level", "industry"):
        keep &= frame[part] == at.get(part, "")
    return frame[keep if year is None else keep & (frame["year"] == year)][point].tolist()


@pytest.mark.parametrize("lang", LANGS)
def test_specs_are_plain_json_without_script(made, lang):
    for name, chart in made[lang].items():
        text = json.dumps(chart.spec, allow_nan=False, ensure_ascii=False)
        assert "function" not in text and "=>" not in text, name
        kinds = {type(value) for _, value in leaves(chart.spec)}
        assert kinds <= {str, int, float, bool, type(None)}, (name, kinds)
        assert chart.spec["animation"] is False and chart.spec["aria"]["enabled"]
        assert len(chart.table) and chart.alt and chart.height >= 200


def test_english_charts_hold_no_chinese(made):
    for name, chart in made["en"].items():
        assert not [text for text in words(chart) if CHINESE.search(text)], name


def test_chinese_charts_speak_chinese(made):
    for name, chart in made["zh"].items():
        assert CHINESE.search(chart.title) or name == "curve", name
        assert CHINESE.search(chart.alt), name
        assert chart.spec["toolbox"]["feature"]["saveAsImage"]["title"] == "保存为图片"
        latin = [text for text in chart.table.columns if not CHINESE.search(text) and text != "U（%）"]
        assert not latin, (name, latin)


@pytest.mark.parametrize("lang", LANGS)
def test_no_code_is_shown(made, lang):
    for name, chart in made[lang].items():
        assert not [text for text in words(chart) if CODE.search(text)], name


def test_every_word_is_there_in_both_languages():
    for code, term in CHARTS.items():
        assert term.zh and term.en, code
        assert set(re.findall(r"{\w+}", term.zh)) == set(re.findall(r"{\w+}", term.en)), code
        assert not CHINESE.search(term.en), code


def test_dark_and_light_differ_in_colour_only(runs, small, preview, made):
    dark = all_charts(runs, small, preview, "zh", dark=True)
    for name, chart in made["zh"].items():
        light, other = (re.sub(r"#[0-9A-F]{6}", "#", json.dumps(one.spec)) for one in (chart, dark[name]))
        assert light == other and chart.spec != dark[name].spec, name


# ---- figures


def test_a_fan_holds_the_figures_of_the_frame(runs, made):
    chart = made["en"]["fan"]
    line = np.array(named(chart, "mean")["data"])
    assert line[:, 0].tolist() == [str(year) for year in runs[0].inputs.years]
    for i, point in enumerate(("mean", "p05", "p95"), 1):
        assert line[:, i].astype(float).tolist() == column(runs[0], "headcount", point, level="college")
        heading = {"mean": "mean", "p05": "5 %", "p95": "95 %"}[point]
        assert chart.table[f"{heading} (persons)"].tolist() == column(runs[0], "headcount", point, level="college")
    low, width = chart.spec["series"][1:3]
    assert width["name"] == "5–95 % interval"
    tops = [a + b for (_, a), (_, b) in zip(low["data"], width["data"], strict=True)]
    assert tops == pytest.approx(column(runs[0], "headcount", "p95", level="college"), abs=1e-9)


def test_a_fan_marks_the_goal_in_its_year_and_the_actual_figures(made):
    chart = made["en"]["fan"]
    goal = named(chart, "goal: 9,000 (2030)")
    assert {item["value"][1] for item in goal["data"]} == {9000.0}
    assert [item["value"][0] for item in goal["data"] if "symbol" not in item] == ["2030"]
    assert named(chart, "actual figures")["data"] == [["2025", 8000.0]]
    assert chart.table.set_index("year")["actual figures (persons)"].dropna().to_dict() == {2025: 8000.0}


def test_shares_are_in_per_cent_and_lines_differ_without_colour(runs, made):
    chart = made["en"]["fans"]
    lines = [one for one in chart.spec["series"] if "encode" in one]
    assert len({json.dumps(one["lineStyle"]["type"]) for one in lines}) == len({one["symbol"] for one in lines}) == len(runs)
    of = runs[0].scenario.targets["city_long_track_retention"].of
    for run, line in zip(runs, lines, strict=True):
        means = np.nanmean(run.replicate("local_retention_r1", of), axis=1)
        assert [row[1] for row in line["data"]] == pytest.approx(100 * means, rel=1e-12)


def test_a_preview_is_one_dashed_line(preview, made):
    chart = made["zh"]["ahead"]
    assert [one["name"] for one in chart.spec["series"]] == ["预览"]
    line = chart.spec["series"][0]
    assert line["lineStyle"]["type"] == "dashed"
    assert [value for _, value in line["data"]] == pytest.approx(column(preview, "gap", "mean"), rel=1e-9, abs=1e-9)
    assert chart.table.shape == (21, 2)


def test_blanks_are_none(runs):
    chart = charts.fan([runs[0]], "still_here_5", None, "en", False)
    data = named(chart, "mean")["data"]
    assert data[0] == ["2020", None, None, None] and data[-1][1] > 0
    assert chart.table["mean (%)"].isna().tolist() == [row[1] is None for row in data]
    json.dumps(chart.spec, allow_nan=False)


def test_the_wave_adds_up_to_the_junior_graduates(runs, made):
    chart = made["en"]["wave"]
    layers = [[value for _, value in one["data"]] for one in chart.spec["series"] if one["type"] == "bar"]
    assert np.sum(layers, axis=0).tolist() == pytest.approx(column(runs[0], "junior_graduates", "mean"), abs=1e-6)
    assert [v for _, v in named(chart, "general high school")["data"]] == column(runs[0], "general_entrants", "mean")
    assert [v for _, v in named(chart, "another way")["data"]] == column(runs[0], "not_local", "mean")
    junior = [code for code, pathway in runs[0].scenario.pathways.items() if pathway.entry == "junior"]
    seats = np.sum([column(runs[0], "seats", "mean", pathway=code) for code in junior], axis=0)
    assert [v for _, v in named(chart, "seats for junior graduates")["data"]] == pytest.approx(seats)


def test_stocks_are_the_headcount_by_level(runs, made):
    chart = made["zh"]["stocks"]
    assert [v for _, v in named(chart, "高职专科")["data"]] == column(runs[0], "headcount", "mean", level="college")
    assert chart.table["合计（人）"].tolist() == column(runs[0], "headcount", "mean")


def test_destinations_add_up_to_all(runs, small, made):
    total = np.sum([[value for _, value in one["data"]] for one in made["en"]["destinations"].spec["series"]], axis=0)
    assert total == pytest.approx(100)
    names = [one["name"] for one in charts.destinations_bars(small, "en", False).spec["series"]]
    assert "employed locally, own field, a level below" not in names  # nobody is, where vacancies never bind
    of = Pick(pathways=["sve_3"], levels=["bachelor"])  # means nobody
    empty = charts.destinations_bars(runs[0], "en", False, of)
    assert empty.spec["series"] == [] and "none" in empty.alt


@pytest.mark.parametrize("kind", ["entry", "graduates"])
def test_sankeys_balance_and_flow_one_way(runs, actual, small, kind):
    draw = getattr(charts, f"{kind}_sankey")
    for run, year in ((runs[0], 2020), (runs[0], YEAR), (actual, 2026), (small, 2027)):
        series = draw(run, year, "zh", False).spec["series"][0]
        names = [node["name"] for node in series["data"]]
        assert len(names) == len(set(names))
        depth = dict.fromkeys(names, 0)
        for _ in names:
            depth |= {link["target"]: max(depth[link["target"]], depth[link["source"]] + 1) for link in series["links"]}
        assert max(depth.values()) == 2  # a cycle would go on rising
        for name in names:
            into = sum(link["value"] for link in series["links"] if link["target"] == name)
            out = sum(link["value"] for link in series["links"] if link["source"] == name)
            assert not into or not out or abs(into - out) < 1e-6, (name, into, out)


def test_the_entry_sankey_shows_what_the_frame_says(runs, actual):
    chart = charts.entry_sankey(runs[0], YEAR, "en", False)
    flow = {(link["source"], link["target"]): link["value"] for link in chart.spec["series"][0]["links"]}
    local = "junior graduates of the place"
    assert sum(n for (source, _), n in flow.items() if source == local) == pytest.approx(
        column(runs[0], "junior_graduates", "mean", YEAR)[0])
    entered = column(runs[0], "entrants", "mean", YEAR, pathway="five_year")[0]
    assert flow["vocational schools of the place", "five-year college"] == entered
    assert not any("actual" in source for source, _ in flow)
    added = charts.entry_sankey(actual, 2026, "en", False).table
    assert added["from"].eq("added by actual figures").any() or added["to"].eq("removed by actual figures").any()
    with pytest.raises(ValueError, match="1999"):
        charts.entry_sankey(runs[0], 1999, "en", False)


def test_the_graduates_sankey_shows_what_the_frame_says(runs):
    links = charts.graduates_sankey(runs[0], YEAR, "en", False).spec["series"][0]["links"]
    college = sum(link["value"] for link in links if link["source"] == "college")
    assert college == pytest.approx(column(runs[0], "graduates", "mean", YEAR, level="college")[0])
    own = sum(link["value"] for link in links if link["target"] == "employed locally, own field")
    both = [column(runs[0], code, "mean", YEAR)[0] for code in ("local_matched", "local_below")]
    assert own == pytest.approx(sum(both))


@pytest.mark.parametrize(("name", "intake", "deep"), [
    ("quzhou/baseline", 2025, 4), ("quzhou/actuals_2027", 2024, 4), ("small", 2026, 4), ("small", 2029, 2)])
def test_the_sankey_of_an_intake_balances_and_ends_where_its_flows_end(name, intake, deep):
    scenario = ss.load(name)
    flows = follow(scenario, intake)
    chart = charts.cohort_sankey(flows, scenario, intake, "en", False)
    series = chart.spec["series"][0]
    names = [node["name"] for node in series["data"]]
    ends = [(link["source"], link["target"]) for link in series["links"]]
    assert len(names) == len(set(names)) and len(ends) == len(set(ends))
    depth = dict.fromkeys(names, 0)
    for _ in names:
        depth |= {link["target"]: max(depth[link["target"]], depth[link["source"]] + 1) for link in series["links"]}
    assert max(depth.values()) == deep
    into = {name: sum(link["value"] for link in series["links"] if link["target"] == name) for name in names}
    out = {name: sum(link["value"] for link in series["links"] if link["source"] == name) for name in names}
    for node in names:
        assert not into[node] or not out[node] or abs(into[node] - out[node]) < 1e-6, node
    means = flows.groupby("target")["persons"].sum()
    said = {"dropped": "dropped out", "here": "in the place", "gone": "elsewhere",
            "in_school": f"still in school at the end of {scenario.years.last}"}
    for code, word in said.items():
        assert into.get(word, 0.0) == pytest.approx(means.get(code, 0.0))
    assert ("Actual figures add" in chart.alt) == ("actuals" in name) == ("removed by actual figures" in names)


def test_little_pathways_of_an_intake_are_joined(runs, small):
    """In the larger place five pathways have less than 4 % of the intake; in the small one neither of two has."""
    scenario = runs[0].scenario
    flows = follow(scenario, 2025)
    links = charts.cohort_sankey(flows, scenario, 2025, "zh", False).spec["series"][0]["links"]
    shares = flows[flows["target"].str.startswith("pathway:")].groupby("target")["persons"].sum()
    shares /= shares.sum()
    little = set(shares.index[shares < 0.04])
    assert len(little) == 5
    rest = sum(link["value"] for link in links if link["target"] == "其他路径")
    assert rest == pytest.approx(flows["persons"][flows["target"].isin(little)].sum())
    shown = {link["target"] for link in links if link["source"] == "本地初中毕业生"}
    for code in scenario.pathways:
        if f"pathway:{code}" in shares.index:
            assert (scenario.pathways[code].title.zh in shown) == (f"pathway:{code}" not in little)
    few = charts.cohort_sankey(follow(small.scenario, 2025), small.scenario, 2025, "zh", False)
    assert "其他路径" not in json.dumps(few.spec, ensure_ascii=False)


def test_the_heat_map_holds_the_gaps_and_marks_jobs_without_programme(runs, made):
    chart, run = made["en"]["heatmap"], runs[0]
    industries, levels = sorted(run.scenario.industries), run.values.jobs.levels
    title = {run.scenario.industries[code].title.en: code for code in industries}
    found = {(chart.spec["yAxis"]["data"][i].rstrip("*"), k): (v, cell) for cell in chart.spec["series"][0]["data"]
             for k, i, v in [cell["value"]]}
    assert len(found) == len(industries) * len(levels)
    marked = 0
    for (name, k), (value, cell) in found.items():
        at = {"industry": title[name], "level": levels[k]}
        unserved, opened = (column(run, code, "mean", YEAR, **at)[0] for code in ("unserved_vacancies", "graduate_vacancies"))
        assert value == column(run, "gap", "mean", YEAR, **at)[0]
        if cell["label"]["formatter"] == "—":
            marked += 1
            assert unserved == opened and value == 0 and cell["visualMap"] is False
        else:
            assert unserved == 0
    assert 0 < marked < len(found)
    scale = chart.spec["visualMap"]
    assert scale["min"] == -scale["max"] == -max(abs(value) for value, _ in found.values())
    assert chart.table["mean (persons)"].isna().sum() == marked


def test_programmes_are_sorted_and_classed_by_their_interval(runs, made):
    chart, run = made["en"]["programmes"], runs[0]
    table = chart.table
    assert table["mean (persons)"].is_monotonic_increasing and len(table) == len(run.scenario.programmes)
    label = np.where(table["95 % (persons)"] < 0, "shortage", np.where(table["5 % (persons)"] > 0, "surplus", "about balanced"))
    assert table["label"].tolist() == label.tolist() and set(label) >= {"about balanced"}
    mark = {"shortage": "▼", "about balanced": "=", "surplus": "▲"}
    assert [text[0] for text in chart.spec["yAxis"][0]["data"]] == [mark[kind] for kind in label]
    bars = [one for one in chart.spec["series"] if one["type"] == "bar"]
    for i, mean in enumerate(table["mean (persons)"]):
        assert [one["data"][i]["value"] for one in bars if one["data"][i]] == [mean]
    codes = {p.title.en: code for code, p in run.scenario.programmes.items()}
    name = table["programme group"][0]
    assert table["mean (persons)"][0] == column(run, "programme_gap", "mean", YEAR, programme=codes[name])[0]
    ends = chart.spec["series"][-1]["markLine"]["data"][0]
    assert [end["coord"][0] for end in ends] == [table["5 % (persons)"][0], table["95 % (persons)"][0]]


def test_without_a_labour_market_there_is_no_chart_of_demand(small, runs):
    assert charts.gap_heatmap(small, 2027, "zh", False) is None
    assert charts.programme_bars(small, 2027, "zh", False) is None
    assert charts.fan([small], "gap", None, "zh", False) is None
    assert charts.fan([runs[0], small], "vacancies", None, "zh", False) is None


# ---- changes and curves


def boxes(chart):
    return [item["value"] for item in chart.spec["series"][0]["data"]][1:-1]


def test_a_waterfall_leads_from_start_to_end():
    chart = charts.waterfall([("a", -120.0, 10.0), ("b", 200.0, None)], ("S", 50.0), ("E", 130.0), "persons", "en", False)
    assert boxes(chart) == [[50.0, -70.0, -70.0, 50.0], [-70.0, 130.0, -70.0, 130.0]]
    assert [item["value"] for item in chart.spec["series"][1]["data"]] == [[50.0, 0], [130.0, 3]]
    assert chart.spec["yAxis"][1]["data"] == ["50", "▼ -120 ± 10", "▲ +200", "130"]
    assert chart.table["change (persons)"].sum() == 130.0 - 50.0


def test_a_waterfall_shows_what_its_steps_leave_over():
    chart = charts.waterfall(STEPS, ("S", 0.5), ("E", 0.52), "share", "en", False)
    assert chart.spec["yAxis"][0]["data"] == ["S", "up", "down", "not split among the steps", "E"]
    assert boxes(chart)[-1][1] == pytest.approx(52.0)
    assert chart.table["change (points)"].sum() == pytest.approx(2.0)
    assert len(charts.waterfall(STEPS, ("S", 0.5), ("E", 0.51), "share", "en", False).table) == 4


def test_errors_of_a_waterfall_lie_around_the_ends_of_its_steps():
    """50 - 120 = -70, ± 10; the step without an error has none."""
    chart = charts.waterfall([("a", -120.0, 10.0), ("b", 200.0, None)], ("S", 50.0), ("E", 130.0), "persons", "en", False)
    assert chart.spec["series"][2]["data"] == [[-80.0, 1], [-60.0, 1]]


def test_a_trade_off_is_drawn_by_probability_in_ten_thousands_and_tells_estimates_from_runs():
    chart = charts.trade_off(TRADE, 0.8, "G", "en", False)
    assert named(chart, "least cost")["data"] == [[50.0, 0.0], [70.0, 200.0], [80.0, 900.0]]
    assert [item["value"] for item in named(chart, "really run")["data"]] == [[50.0, 0.0], [80.0, 900.0]]
    estimated = named(chart, "estimated (hollow)")
    assert [item["value"] for item in estimated["data"]] == [[70.0, 200.0]] and estimated["itemStyle"]["color"] == "#FFFFFF"
    assert named(chart, "asked for: 80.0 %")["data"] == [[80.0, 0.0], [80.0, 900.0]]
    assert chart.table["least cost (10,000 yuan)"].tolist() == [0.0, 200.0, 900.0] and "70.0 %: 200" in chart.alt


def test_years_that_reach_the_wish_are_filled():
    chart = charts.chance_by_year(CHANCES, 0.8, "G", "en", False)
    met, missed = named(chart, "as likely as asked"), named(chart, "less likely (hollow)")
    assert [item and item["value"] for item in met["data"]] == [None, None, 90.0]
    assert [item and item["value"] for item in missed["data"]] == [10.0, None, None]
    assert [axis["data"] for axis in chart.spec["yAxis"]] == [["2030", "2031", "2032"], ["10 %", "—", "90 %"]]


def test_a_tornado_shows_changes_from_the_value_at_means():
    chart = charts.tornado([("U", 0.45, 0.55), ("V", 0.53, 0.51)], 0.5, "share", "G", "en", False)
    low, high = (named(chart, name)["data"] for name in ("at its 5 % point (hollow)", "at its 95 % point"))
    assert [item["value"] for item in low] == pytest.approx([-5.0, 3.0])
    assert [item["value"] for item in high] == pytest.approx([5.0, 1.0])
    assert chart.spec["yAxis"][1]["data"] == ["45.0 – 55.0 %", "51.0 – 53.0 %"]
    assert chart.table["at its 5 % point (hollow) (%)"].tolist() == pytest.approx([45.0, 53.0])


def test_ranked_bars_show_the_noise():
    chart = charts.ranked_bars(RANKED, 0.03, "share", "T", "M", "en", False)
    assert [item and item["value"] for item in named(chart, "above the noise")["data"]] == [40.0, None]
    assert [item and item["value"] for item in named(chart, "within the noise (hollow)")["data"]] == [None, 2.0]
    assert named(chart, "level of noise")["data"] == [[3.0, 0], [3.0, 1]] and "3.0 %" in chart.alt
    assert chart.spec["series"][-1]["data"] == [[30.0, 0], [50.0, 0]]
    assert "level of noise" not in str(charts.ranked_bars(RANKED, None, "share", "T", "M", "en", False).spec)


def test_long_names_keep_their_ends_and_have_room():
    """63 cells; there is room for 52: the last words take 13, each letter before them 2, so 19 letters are left, and the sign."""
    long = "甲" * 25 + " · 基准留存率"
    chart = charts.ranked_bars([(long, 0.4, None, True), ("乙", 0.1, None, False)], None, "share", "图", "量", "zh", False)
    assert chart.spec["yAxis"][0]["data"] == ["…" + "甲" * 19 + " · 基准留存率", "乙"]
    short = charts.ranked_bars([("乙", 0.4, None, True), ("丙", 0.1, None, False)], None, "share", "图", "量", "zh", False)
    assert chart.height > short.height and long in chart.table["数字"].tolist()


def test_a_curve_is_in_per_cent_on_both_axes():
    chart = charts.probability_curve([0.3, 0.4], [0.1, 0.5], [0.0, 0.4], [0.2, 0.6], "U", "share", (0.35, 0.38), "G", "en", False)
    assert named(chart, "probability")["data"] == [[30.0, 10.0, 0.0, 20.0], [40.0, 50.0, 40.0, 60.0]]
    ends = named(chart, "range assumed today")["markArea"]["data"][0]
    assert [end["xAxis"] for end in ends] == [35.0, 38.0]
    assert "35.0 – 38.0 %" in chart.alt
    bare = charts.probability_curve([1.0, 2.0], [0.1, 0.5], [0.0, 0.4], [0.2, 0.6], "U", "persons", None, "G", "en", False)
    assert bare.table["U (persons)"].tolist() == [1.0, 2.0] and "assumed" not in json.dumps(bare.spec)
    odds = charts.probability_curve([-0.25, 0.5], [0.1, 0.5], [0.0, 0.4], [0.2, 0.6], "U", "log-odds", None, "G", "zh", False)
    assert odds.table["U（对数优势（log-odds））"].tolist() == [-0.25, 0.5] and "从 -0.25 到 0.50" in odds.alt


def test_differences_are_those_of_the_comparison(runs):
    comparison = ss.compare(runs)
    rows = comparison.targets().set_index(["target", "scenario"])
    for target in ("college_headcount", "city_long_track_retention"):
        chart = charts.difference_bars(comparison, target, "en", False)
        solid, hollow = chart.spec["series"][:2]
        assert hollow["itemStyle"]["color"] == "transparent" and solid["itemStyle"]["color"] != "transparent"
        factor = 100.0 if target == "city_long_track_retention" else 1.0
        for i, run in enumerate(comparison.others):
            row = rows.loc[(target, run.name)]
            clear = row["verdict"] in ("higher", "lower")
            assert (solid["data"][i] is not None) == clear and (hollow["data"][i] is None) == clear
            assert (solid if clear else hollow)["data"][i]["value"] == factor * row["difference"]
    assert charts.difference_bars(ss.compare(runs[:1]), "college_headcount", "en", False) is None


# ---- colours

SEEN = {  # what the eye makes of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1)
    "all": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def linear(colour: str):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x = XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    low, high = sorted(float(XYZ[1] @ linear(c)) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def distance(a: str, b: str) -> float:
    return min(float(np.linalg.norm(lab(m @ linear(a)) - lab(m @ linear(b)))) for m in SEEN.values())


def test_the_measure_of_colours_knows_red_from_green():
    assert distance("#D62728", "#2CA02C") < 20 < distance("#0072B2", "#E69F00")


@pytest.mark.parametrize("palette", [base.LIGHT, base.DARK], ids=["light", "dark"])
def test_colours_can_be_told_apart_by_all_and_seen_on_their_ground(palette):
    lines = ("blue", "orange", "wine", "sky", "grey", "ink")
    assert all(distance(palette[a], palette[b]) > 20 for a, b in combinations(lines, 2))
    assert all(contrast(palette[a], palette["paper"]) > 2.8 for a in lines)
    assert distance(palette["cell_low"], palette["cell_high"]) > 40
    assert all(contrast(palette[a], palette["ink"]) > 4.5 for a in ("cell_low", "cell_mid", "cell_high", "blank"))


def test_a_faint_colour_lies_between_colour_and_ground():
    assert Style("zh", False).faint("ink", 0.5) == "#909090"
    assert Style("zh", True).faint("blue", 1.0) == base.DARK["blue"]
