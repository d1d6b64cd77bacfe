"""Charts as pictures: every chart, in both languages, shows on paper what its option says, and nothing is dropped."""

from __future__ import annotations

import copy
import io
import json
import math
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgba
from matplotlib.image import imread

import skillsim as ss
from skillsim.analysis.cohort import follow
from skillsim.errors import ScenarioError
from skillsim.report import charts, pictures
from skillsim.report.pictures import fonts
from skillsim.report.pictures.axis import Axis, nice
from skillsim.report.pictures.paper import Paper
from skillsim.report.pictures.part import Part
from skillsim.terms import LANGS

STEPS = [("up", 0.03, 0.004), ("down", -0.02, None)]
LONG = "A very long title & <b> $x$ of a planner, with e-commerce and a_word_without_any_space_in_it_at_all_that_must_be_broken"


def calm(scenario):
    """Return the scenario without chance."""
    off = scenario.uncertainty.model_copy(update={"process": False, "parameters": False})
    return scenario.model_copy(update={"uncertainty": off})


def charts_of(name, policies, year, lang, runs, preview):
    """Return every chart that a place has, by the name of its function and a number."""
    one, codes = runs[0], list(runs[0].scenario.targets)
    asked = one.scenario.targets[codes[0]]
    goal = asked.value if asked.value is not None else 0.5
    made = {
        "fan": charts.fan([one], asked.indicator, asked.of, lang, False, goal=goal, goal_year=year,
                          observed={2026: goal}, preview=preview),
        "fan 2": charts.fan(runs, asked.indicator, asked.of, lang, False, goal=goal, title=LONG),
        "fan 3": charts.fan([], "completion", None, lang, False, preview=preview),
        "wave": charts.wave(one, lang, False), "stocks": charts.stocks(one, lang, False),
        "destinations_bars": charts.destinations_bars(one, lang, False),
        "entry_sankey": charts.entry_sankey(one, year, lang, False),
        "graduates_sankey": charts.graduates_sankey(one, year, lang, False),
        "cohort_sankey": charts.cohort_sankey(follow(one.scenario, 2025), one.scenario, 2025, lang, False),
        "gap_heatmap": charts.gap_heatmap(one, year, lang, False),
        "programme_bars": charts.programme_bars(one, year, lang, False),
        "waterfall": charts.waterfall(STEPS, ("S", 0.5), (LONG, 0.52), "share", lang, False),
        "waterfall 2": charts.waterfall([], ("S", 0.5), ("E", 0.5), "share", lang, False),
        "probability_curve": charts.probability_curve(
            [0.3, 0.4, 0.6], [0.1, 0.5, 0.9], [0.0, 0.4, 0.8], [0.2, 0.6, 1.0], "U", "share", (0.35, 0.5), "G", lang, False),
        "difference_bars": charts.difference_bars(ss.compare(runs), codes[0], lang, False) if len(runs) > 1 else None,
        **decisions(lang),
    }
    return {f"{name} {lang} {key}": chart for key, chart in made.items() if chart is not None}


def decisions(lang):
    """Return the charts that help to decide."""
    return {
        "trade_off": charts.trade_off([(0.5, 0.0, True), (0.7, 2e6, False), (0.8, 9e6, True)], 0.8, "G", lang, False),
        "chance_by_year": charts.chance_by_year([(2030, 0.1, "10 %"), (2031, math.nan, "—"), (2032, 0.9, "90 %")], 0.8, "G", lang,
                                                False),
        "tornado": charts.tornado([("U", 0.45, 0.55), ("V", 0.53, 0.51)], 0.5, "share", "G", lang, False),
        "ranked_bars": charts.ranked_bars([("U", 0.4, (0.3, 0.5), True), ("V", 0.02, None, False)], 0.03, "share", "G", "H", lang,
                                          False),
    }


PLACES = {"small": ([], 2027), "small_jobs": ([], 2027), "quzhou/baseline": (["plan_2025", "retention_subsidy"], 2030)}


@pytest.fixture(scope="module")
def made():
    """Every chart of three places in both languages."""
    out = {}
    for name, (policies, year) in PLACES.items():
        plain = ss.load(name)
        codes = policies or list(plain.policies)[:1]
        runs = ss.run([plain, *(plain.vary(code) for code in codes)], replications=4, seed=3)
        preview = ss.run(calm(plain), replications=2)[0]
        for lang in LANGS:
            out |= charts_of(name, policies, year, lang, runs, preview)
    return out


@pytest.fixture(scope="module")
def drawn(made):
    """Every chart drawn; a letter that no font has is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = {name: pictures.drawing(chart) for name, chart in made.items()}
        for figure in figures.values():
            figure.canvas = FigureCanvasAgg(figure)
            figure.canvas.draw()
    return figures


def artists(figure, gid):
    """Return what was drawn under a name."""
    return [artist for axes in figure.axes for artist in axes.get_children() if artist.get_gid() == gid]


def of_kind(made, drawn, kind):
    """Yield every series of a kind: its spec, its number, the option around it, the figure."""
    found = [(one, i, chart.spec, drawn[name]) for name, chart in made.items() for i, one in enumerate(chart.spec["series"])
             if one["type"] == kind]
    assert found
    return found


def number(value):
    return math.nan if value is None else float(value)


def place(option, axis, value):
    """Where a value stands on an axis: categories by their place."""
    given = option[axis][0] if isinstance(option[axis], list) else option[axis]
    return float(given["data"].index(value)) if isinstance(value, str) else number(value)


def values_of(item):
    return item["value"] if isinstance(item, dict) else item


# ------------------------------------------------------------------------------------------------------ what is drawn


def test_every_chart_function_is_drawn(made):
    seen = {name.split(" ")[2] for name in made}
    assert seen == set(charts.__all__) - {"Chart"}
    assert {name.split(" ")[0] for name in made} == set(PLACES)


def test_lines_stand_where_the_option_says(made, drawn):
    """A line is stacked on those before it that share its stack: its height is the sum."""
    for one, i, option, figure in of_kind(made, drawn, "line"):
        (line,) = artists(figure, f"line {i}")
        first, second = one.get("encode", {}).get("x", 0), one.get("encode", {}).get("y", 1)
        below = [other for other in option["series"][:i] if one.get("stack") and other.get("stack") == one["stack"]]
        rows = [values_of(item) for item in one["data"]]
        feet = np.array([sum(number(values_of(other["data"][k])[second]) for other in below) for k in range(len(rows))])
        own = np.array([number(row[second]) for row in rows])
        np.testing.assert_allclose(line.get_ydata(), feet + own)
        np.testing.assert_allclose(line.get_xdata(), [place(option, "xAxis", row[first]) for row in rows])
        if "areaStyle" in one:
            (band,) = artists(figure, f"band {i}")
            edges = np.concatenate([path.vertices for path in band.get_paths()])
            there = ~np.isnan(feet + own)
            xs = np.array(line.get_xdata())[there]
            corners = {(x, y) for x, a, b in zip(xs, feet[there], (feet + own)[there], strict=True) for y in (a, b)}
            assert {tuple(np.round(c, 6)) for c in corners} <= {tuple(np.round(v, 6)) for v in edges}
            assert to_hex(band.get_facecolor()[0]) == one["areaStyle"]["color"].lower()
            assert band.get_alpha() == one["areaStyle"]["opacity"]
        if "color" in one.get("lineStyle", {}):
            assert to_hex(line.get_color()) == one["lineStyle"]["color"].lower()


def test_marks_of_a_goal_stand_in_its_year_only(made, drawn):
    goals = [(one, i, figure) for one, i, _, figure in of_kind(made, drawn, "line") if one.get("symbolSize") == 13]
    assert goals
    for one, i, figure in goals:
        (line,) = artists(figure, f"line {i}")
        assert line.get_markevery() == [k for k, item in enumerate(one["data"]) if "symbol" not in item]
        assert line.get_marker() == "D"
        assert line.get_linestyle() != "-"


def test_bars_are_as_long_as_their_values_and_stand_on_each_other(made, drawn):
    for one, i, option, figure in of_kind(made, drawn, "bar"):
        lying = isinstance(option["yAxis"], list)
        values = [values_of(item) if lying else item[1] for item in one["data"] if item is not None]
        bars = artists(figure, f"bar {i}")
        lengths = [bar.get_width() if lying else bar.get_height() for bar in bars]
        np.testing.assert_allclose(lengths, [v for v in values if v is not None])
        if not lying:
            below = [[number(item[1]) for item in other["data"]] for other in option["series"][:i] if other["type"] == "bar"]
            feet = np.sum(below, axis=0) if below else np.zeros(len(values))
            wish = [foot for foot, value in zip(feet, values, strict=True) if value is not None]
            np.testing.assert_allclose([bar.get_y() for bar in bars], wish)
        asked = one["itemStyle"]["color"]
        for bar in bars:
            assert to_rgba(bar.get_facecolor()) == (to_rgba(asked) if asked != "transparent" else (0, 0, 0, 0))


def test_single_marks_and_whiskers_stand_where_the_option_says(made, drawn):
    spans = 0
    for one, i, option, figure in of_kind(made, drawn, "scatter"):
        (marks,) = artists(figure, f"marks {i}")
        points = [values_of(item) for item in one["data"]]
        np.testing.assert_allclose(marks.get_xdata(), [place(option, "xAxis", p[0]) for p in points])
        np.testing.assert_allclose(marks.get_ydata(), [place(option, "yAxis", p[1]) for p in points])
        asked = [[end["coord"] for end in pair] for pair in one.get("markLine", {}).get("data", [])]
        found = [line.get_xydata().tolist() for line in artists(figure, f"span {i}")]
        np.testing.assert_allclose(found, asked) if asked else None
        assert len(found) == len(asked)
        spans += len(asked)
    assert spans


def test_steps_lead_from_value_to_value_in_the_colour_of_their_direction(made, drawn):
    for one, i, _, figure in of_kind(made, drawn, "candlestick"):
        asked = [item["value"] for item in one["data"] if item["value"][0] != "-"]
        boxes = artists(figure, f"step {i}")
        np.testing.assert_allclose([box.get_x() for box in boxes], [start for start, *_ in asked])
        np.testing.assert_allclose([box.get_width() for box in boxes], [end - start for start, end, *_ in asked])
        for box, (start, end, *_) in zip(boxes, asked, strict=True):
            assert to_hex(box.get_facecolor()) == one["itemStyle"]["color" if end > start else "color0"].lower()


def test_cells_hold_the_colour_of_their_value_and_blank_ones_their_own(made, drawn):
    """The least value has the first colour of the scale, 0 the middle one, the largest the last; in between, straight lines."""
    blank = 0
    for one, i, option, figure in of_kind(made, drawn, "heatmap"):
        cells = artists(figure, f"cell {i}")
        assert len(cells) == len(one["data"]) == len(option["xAxis"]["data"]) * len(option["yAxis"]["data"])
        scale = [np.array(to_rgba(c)) for c in option["visualMap"]["inRange"]["color"]]
        top = option["visualMap"]["max"]
        for cell, item in zip(cells, one["data"], strict=True):
            column, row, value = item["value"]
            assert (cell.get_x() + 0.5, cell.get_y() + 0.5) == (column, row)
            if item.get("visualMap") is False:
                blank += 1
                assert to_hex(cell.get_facecolor()) == item["itemStyle"]["color"].lower()
                continue
            share = abs(value) / top
            wish = (1 - share) * scale[1] + share * scale[0 if value < 0 else 2]
            np.testing.assert_allclose(cell.get_facecolor(), wish, atol=1 / 255)
        said = [text.get_text() for text in figure.axes[0].texts]
        for item in one["data"]:
            assert item["label"]["formatter"] in said
    assert blank


def test_flows_are_as_wide_as_their_values_and_nodes_part(made, drawn):
    for one, i, _, figure in of_kind(made, drawn, "sankey"):
        assert i == 0
        widths = []
        for k, link in enumerate(one["links"]):
            (ribbon,) = artists(figure, f"flow {k}")
            corners = ribbon.get_path().vertices
            widths.append(corners[7, 1] - corners[0, 1])
            assert corners[4, 1] - corners[3, 1] == pytest.approx(widths[-1])
            assert corners[3, 0] > corners[0, 0], "flows go to the right"
            source = next(node for node in one["data"] if node["name"] == link["source"])
            assert to_hex(ribbon.get_facecolor()) == source["itemStyle"]["color"].lower()
        scale = np.array(widths) / [link["value"] for link in one["links"]]
        np.testing.assert_allclose(scale, scale[0], rtol=1e-6)
        boxes = {}
        for node in one["data"]:
            (box,) = artists(figure, f"node {node['name']}")
            into, out = (sum(link["value"] for link in one["links"] if link[end] == node["name"]) for end in ("target", "source"))
            assert box.get_height() == pytest.approx(max(into, out) * scale[0])
            boxes[node["name"]] = box
        for a, b in combinations(boxes.values(), 2):
            if a.get_x() == b.get_x():
                assert a.get_y() + a.get_height() <= b.get_y() + 1e-6 or b.get_y() + b.get_height() <= a.get_y() + 1e-6


def run_together(text):
    return re.sub(r"\s", "", text)


def test_every_word_of_the_option_is_on_the_sheet(made, drawn):
    for name, chart in made.items():
        said = run_together("".join(text.get_text() for text in drawn[name].axes[0].texts))
        option = chart.spec
        words = [option["title"]["text"], *(one["name"] for one in option.get("legend", {}).get("data", []))]
        for axis in ("xAxis", "yAxis"):
            for one in option.get(axis, []) if isinstance(option.get(axis), list) else [option.get(axis, {})]:
                words.append(one.get("name", ""))
                if axis == "yAxis" or one.get("position"):
                    words += one.get("data", [])
        words += [node["label"]["formatter"] for one in option["series"] if one["type"] == "sankey" for node in one["data"]]
        words += [note["style"]["text"] for note in option.get("graphic", [])]
        words += option.get("visualMap", {}).get("text", [])
        assert [word for word in words if run_together(word) not in said] == [], name


def test_years_are_on_the_axis_first_and_last_too(made, drawn):
    for name in ("small en wave", "quzhou/baseline zh wave"):
        said = [text.get_text() for text in drawn[name].axes[0].texts]
        years = made[name].spec["xAxis"]["data"]
        assert years[0] in said and years[-1] in said


# ----------------------------------------------------------------------------------------------------------- the look


def extents(figure):
    return [(text, text.get_window_extent()) for text in figure.axes[0].texts]


def test_nothing_is_clipped_and_no_words_stand_on_others(drawn):
    for name, figure in drawn.items():
        wide, high = figure.canvas.get_width_height()
        boxes = extents(figure)
        for text, box in boxes:
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= wide + 1 and box.y1 <= high + 1, (name, text.get_text())
        for (one, a), (other, b) in combinations(boxes, 2):
            apart = min(a.x1, b.x1) - max(a.x0, b.x0) <= 1.5 or min(a.y1, b.y1) - max(a.y0, b.y0) <= 1.5
            assert apart, (name, one.get_text(), other.get_text())


@pytest.mark.parametrize("width", [9.0, 12.0, 24.0])
def test_other_widths_hold_all_too(made, width):
    for name in ("quzhou/baseline en fan 2", "quzhou/baseline zh programme_bars", "quzhou/baseline en gap_heatmap"):
        figure = pictures.drawing(made[name], width)
        figure.canvas = FigureCanvasAgg(figure)
        figure.canvas.draw()
        test_nothing_is_clipped_and_no_words_stand_on_others({name: figure})
        assert figure.get_size_inches()[0] * 2.54 == pytest.approx(width)


def test_a_title_is_said_as_it_is_also_with_signs_of_formulas(made, drawn):
    said = run_together("".join(text.get_text() for text in drawn["small en fan 2"].axes[0].texts))
    assert run_together(LONG) in said
    assert not any(text.get_parse_math() for figure in drawn.values() for text in figure.axes[0].texts)


# --------------------------------------------------------------------------------------------------------- the bytes


def test_a_png_has_200_dots_an_inch_and_equal_charts_equal_bytes(made):
    chart = made["quzhou/baseline zh graduates_sankey"]
    data = pictures.png(chart)
    assert data == pictures.png(copy.deepcopy(chart))
    assert imread(io.BytesIO(data)).shape[1] == pytest.approx(16 / 2.54 * 200, abs=1)
    assert imread(io.BytesIO(pictures.png(chart, 12))).shape[1] == pytest.approx(12 / 2.54 * 200, abs=1)


def test_an_svg_is_the_same_each_time_and_shares_no_name_with_another(made):
    one, other = (made[f"quzhou/baseline zh {name}"] for name in ("wave", "stocks"))
    text = pictures.svg(one)
    assert text == pictures.svg(copy.deepcopy(one)) and text.startswith("<svg")
    names = [set(re.findall(r'\bid="([^"]+)"', t)) for t in (text, pictures.svg(other))]
    assert names[0] and not names[0] & names[1]
    used = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert used and used <= names[0]


def test_threads_draw_the_same_and_the_settings_of_others_stay(made):
    some = [chart for name, chart in made.items() if name.startswith("small_jobs zh")]
    alone = [(pictures.png(chart), pictures.svg(chart)) for chart in some]
    before = dict(matplotlib.rcParams)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda chart: (pictures.png(chart), pictures.svg(chart)), some))
    assert together == alone
    assert dict(matplotlib.rcParams) == before


def test_settings_of_this_machine_do_not_show(made):
    chart = made["small en wave"]
    data = pictures.png(chart)
    with matplotlib.rc_context({"axes.facecolor": "red", "lines.linewidth": 9, "font.size": 30, "savefig.dpi": 50}):
        assert pictures.png(chart) == data


# -------------------------------------------------------------------------------------------- nothing is left out


NOT_ON_PAPER = {"aria", "tooltip", "toolbox", "media", "nameTextStyle", "emphasis"}


def places(value, path=()):
    """Yield the path of every part of an option that means something on paper."""
    if isinstance(value, dict):
        yield path
        for key, item in value.items():
            if key not in NOT_ON_PAPER:
                yield from places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value[:3]):
            yield from places(item, (*path, i))


def test_a_key_that_is_not_known_is_an_error_wherever_it_stands(made):
    """In every part of one of each kind of chart."""
    tried = 0
    for name, chart in made.items():
        if not name.startswith(("small_jobs en", "small en prob", "small en wat")):
            continue
        for path in places(chart.spec):
            spec = copy.deepcopy(chart.spec)
            part = spec
            for key in path:
                part = part[key]
            part["somethingNew"] = 1
            with pytest.raises(NotImplementedError, match=r"somethingNew|can't be drawn"):
                pictures.drawing(type(chart)(spec, chart.table, chart.alt, chart.title, chart.height))
            tried += 1
    assert tried > 200


@pytest.mark.parametrize(("key", "value"), [
    ("type", "pie"), ("symbol", "arrow"), ("stackStrategy", "negative"), ("symbol", "image://x"),
])
def test_a_value_that_is_not_known_is_an_error(made, key, value):
    chart = made["small en fan 3"]
    spec = copy.deepcopy(chart.spec)
    spec["series"][0][key] = value
    with pytest.raises(NotImplementedError):
        pictures.drawing(type(chart)(spec, chart.table, chart.alt, chart.title, chart.height))


# ------------------------------------------------------------------------------------------------------------- fonts


def test_chinese_takes_the_face_of_the_mainland(made):
    """A collection of fonts holds the same character in the forms of several countries."""
    found = fonts.families(["骨"])
    assert found[0] in fonts.HAN and found[-1] == "DejaVu Sans"
    path = font_manager.findfont(font_manager.FontProperties(family=found[0]), fallback_to_default=False)
    assert font_manager.get_font(path).family_name == found[0]
    assert fonts.families(["plain & simple"])[0] not in fonts.HAN


def test_without_a_chinese_font_it_says_what_to_install(made, monkeypatch):
    bare = SimpleNamespace(ttflist=[e for e in font_manager.fontManager.ttflist if e.name == "DejaVu Sans"])
    monkeypatch.setattr(font_manager, "fontManager", bare)
    monkeypatch.setattr(font_manager, "FontManager", lambda: bare)
    with pytest.raises(ScenarioError) as caught:
        pictures.png(made["small zh wave"])
    assert caught.value.problems[0].code == "no_chinese_font"
    assert "Noto Sans CJK SC" in caught.value.text("zh") and "fonts-noto-cjk" in caught.value.text("en")


def test_a_font_installed_since_is_found(monkeypatch):
    full = font_manager.fontManager
    added = []
    stale = SimpleNamespace(ttflist=[e for e in full.ttflist if e.name == "DejaVu Sans"], addfont=added.append)
    monkeypatch.setattr(font_manager, "fontManager", stale)
    monkeypatch.setattr(font_manager, "FontManager", lambda: full)
    assert fonts.families(["中"])[0] in fonts.HAN
    assert added


# ------------------------------------------------------------------------------------------------------ lines and axes


@pytest.fixture(scope="module")
def paper():
    return Paper(640, fonts.families(["中文"]))


@pytest.mark.parametrize(("text", "width"), [
    ("市域长学制毕业生就业留存率达到 70%（不含技师学院）（2030 年）", 100), (LONG, 120),
    ("secondary-college 3+2 with a college outside", 90),
    ("一、二；三：四。" * 6, 61), ("", 50), ("a\nb", 500),
])
def test_lines_hold_the_whole_text_and_no_more_than_their_width(paper, text, width):
    for lines in (paper.wrapped(text, width), paper.even(text, width)):
        assert run_together("".join(lines)) == run_together(text)
        assert all(paper.wide(line) <= width for line in lines)
        assert not [line for line in lines[1:] if line and line[0] in "，。、；：）"]
    assert len(paper.even(text, width)) == len(paper.wrapped(text, width))


def test_words_break_between_their_parts_first(paper):
    assert paper.wrapped("secondary-college", paper.wide("secondary-") + 2) == ["secondary-", "college"]


@pytest.mark.parametrize(("step", "round_step"), [(0.7, 0.5), (1.4, 1), (23, 20), (39, 30), (41, 50), (72, 100), (0.012, 0.01)])
def test_steps_of_an_axis_are_round(step, round_step):
    assert nice(step) == pytest.approx(round_step)


def test_an_axis_reaches_from_0_unless_it_may_begin_elsewhere(paper):
    """Values 42 to 58 in 4 steps: from 0 by 10 or 20; else from 40 to 60 by 5."""
    axes = [Axis(Part({"type": "value", "splitNumber": 4, "scale": scale}, "axis"), paper) for scale in (False, True)]
    for axis in axes:
        axis.fit([42, 58, math.nan])
    assert (axes[0].low, axes[0].high, axes[0].ticks) == (0, 60, [0, 10, 20, 30, 40, 50, 60])
    assert (axes[1].low, axes[1].high) == (40, 60)
    assert json.dumps([label for (label,) in axes[1].labels]) == json.dumps(["40", "45", "50", "55", "60"])
