"""What all charts share: the chart itself, its colours and words, and the layout that nothing is clipped in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.cells import cell_len

from skillsim.report.shown import title
from skillsim.results.result import BREAKDOWNS, Result
from skillsim.scenario.types import Scenario
from skillsim.terms import LABELS, word
from skillsim.terms.charts import CHARTS
from skillsim.terms.fields import UNITS

Spec = dict[str, Any]
FORMAT = {"persons": "%,.0f", "person_times": "%,.0f", "units": "%,.1f", "share": "%.1f %%", "ratio": "%.2f"}
NARROW, PX_PER_CELL, LINE = 520, 7.1, 22
FOOT, FOOT_NAMED = 44, 70  # px under the axes for legend and toolbox; where the axis at the foot has a name

# told apart by the colour-blind, by lightness as well as by hue, and no red beside green; tests/test_charts.py measures it
LIGHT = {"blue": "#0062B8", "orange": "#D17C00", "wine": "#7A1F5C", "sky": "#4A9FDB", "ink": "#222222", "grey": "#8A8A8A",
         "paper": "#FFFFFF", "none": "transparent",
         "cell_low": "#F0A24B", "cell_mid": "#F7F7F7", "cell_high": "#6FB1E6", "blank": "#E4E4E4"}
DARK = {"blue": "#3D8FE0", "orange": "#F0A020", "wine": "#A8521E", "sky": "#A8DCFF", "ink": "#FAFAFA", "grey": "#808080",
        "paper": "#0E1117", "none": "transparent",
        "cell_low": "#9C5A00", "cell_mid": "#262B36", "cell_high": "#1F6BB0", "blank": "#3A3F4A"}
LINES = (("blue", "solid", "circle"), ("orange", "dashed", "triangle"), ("wine", "dotted", "rect"),
         ("sky", [10, 4, 2, 4], "diamond"), ("grey", [3, 3], "pin"))


@dataclass(frozen=True)
class Chart:
    """A chart: ``spec`` an ECharts option (plain JSON), ``table`` the figures behind it with headings in the language, ``alt``
    what a screen reader says, ``title`` (also drawn in the chart, so that a saved picture carries it), ``height`` in px."""

    spec: Spec
    table: pd.DataFrame
    alt: str
    title: str
    height: int


@dataclass(frozen=True)
class Style:
    """The language and the background that a chart is drawn for."""

    lang: str
    dark: bool

    def say(self, code: str, **args: object) -> str:
        """Return a phrase of the charts, filled in."""
        return word(CHARTS, code, self.lang).format(**args)

    def colour(self, name: str) -> str:
        """Return a colour of the palette."""
        return (DARK if self.dark else LIGHT)[name]

    def faint(self, name: str, share: float) -> str:
        """Return a colour mixed with the background, of which it keeps a share; mixed here, so that tooltips show it too."""
        mixed = [round(share * int(a, 16) + (1 - share) * int(b, 16)) for a, b in
                 ((self.colour(name)[i : i + 2], self.colour("paper")[i : i + 2]) for i in (1, 3, 5))]
        return "#" + "".join(f"{part:02X}" for part in mixed)

    def heading(self, text: str, unit: str) -> str:
        """Return a column's heading with its unit."""
        return self.say("heading", text=text, unit=self.unit(unit))

    def unit(self, unit: str) -> str:
        """Return the word for the unit of an indicator, or of a parameter."""
        return word(LABELS if unit in LABELS else UNITS, unit, self.lang)

    def named(self, scenario: Scenario, kind: str, code: str) -> str:
        """Return the title of a part of the scenario."""
        return title(scenario, kind, code, self.lang)


def plain(values: Iterable[float], unit: str = "persons") -> list[float | None]:
    """Return figures for a spec or a table: shares in per cent, blanks as None."""
    factor = 100.0 if unit == "share" else 1.0
    return [None if math.isnan(v) else factor * float(v) for v in values]


def dated(years: Iterable[int], values: Iterable[float | None]) -> list[list[Any]]:
    """Return values by year for an axis of years."""
    return [[str(year), value] for year, value in zip(years, values, strict=True)]


def joined(style: Style, parts: Iterable[str]) -> str:
    """Return parts of a sentence joined."""
    return style.say("stop").join(parts)


def rows_of(result: Result, indicator: str, year: int | None, *broken_down: str) -> pd.DataFrame:
    """Return the rows of an indicator in a year (None: all) that are broken down by these, and by nothing else."""
    frame = result.frame()
    keep = frame["indicator"] == indicator
    if year is not None:
        keep &= frame["year"] == year
    for part in BREAKDOWNS:
        keep &= (frame[part] != "") if part in broken_down else (frame[part] == "")
    return frame[keep]


def lines_of(text: str, width: float) -> int:
    """Return in how many lines a text of 14 px stands in a width of px."""
    return math.ceil(cell_len(text) * PX_PER_CELL / width)


def drawn(
    style: Style, heading: str, alt: str, table: pd.DataFrame, height: int, series: Sequence[Spec], legend: list[Any] | None,
    tooltip: Spec, foot: int = FOOT, narrow: Spec | None = None, **parts: Any,
) -> Chart:
    """Return a chart of these series in the layout of all charts.

    Parameters
    ----------
    height : px of the drawing itself; title and legend are added
    legend : its entries, or None for no legend
    foot : px kept under the axes
    narrow : what else to change on a narrow page
    parts : further parts of the option (axes, visualMap)
    """
    heading = heading[:1].upper() + heading[1:]
    on_axes = "yAxis" in parts
    named = on_axes and "name" in parts["yAxis"]  # the unit stands above its axis
    tops = [LINE * lines_of(heading, width) + (30 if named else 12) for width in (500, 320)]
    spec: Spec = {
        "animation": False,
        "aria": {"enabled": True, "decal": {"show": False}},
        "title": {"text": heading, "left": 0, "top": 0,
                  "textStyle": {"fontSize": 14, "fontWeight": "bold", "lineHeight": LINE, "width": 500, "overflow": "break"}},
        "tooltip": {"confine": True, "textStyle": {"fontSize": 12}, **tooltip,
                    "extraCssText": "max-width: 340px; white-space: normal;"},
        "toolbox": {"right": 0, "bottom": 0, "itemSize": 15, "feature": {"saveAsImage": {
            "title": style.say("save"), "name": heading, "pixelRatio": 2, "backgroundColor": style.colour("paper"),
        }}, "tooltip": {"show": False}},
        "series": list(series),
        **parts,
    }
    if legend is not None:
        spec["legend"] = {"type": "scroll", "left": 0, "bottom": 0, "width": "88%", "data": legend, "textStyle": {"fontSize": 12}}
    place: Spec = {"left": 4, "right": 14, "bottom": foot, "containLabel": True}
    option: Spec = {"title": {"textStyle": {"width": 320}}, **(narrow or {})}
    if on_axes:
        spec["grid"] = {**place, "top": tops[0]}
        option["grid"] = {"top": tops[1]}
    else:
        spec["series"] = [{**one, "top": tops[0], "bottom": foot} for one in series]
        option["series"] = [{"top": tops[1], **one} for one in option.get("series", [{}])]
    spec["media"] = [{"query": {"maxWidth": NARROW}, "option": option}]
    return Chart(spec, table, alt, heading, height + tops[1] + foot)


def years_axis(years: Sequence[int]) -> Spec:
    """Return the axis of years: categories, named by text."""
    return {"type": "category", "data": [str(year) for year in years], "axisTick": {"alignWithLabel": True},
            "axisLabel": {"fontSize": 12, "hideOverlap": True}}


def value_axis(style: Style, unit: str, scale: bool = False) -> Spec:
    """Return an axis of values; ``scale`` lets it begin away from 0."""
    return {"type": "value", "scale": scale, "name": style.unit(unit), "nameTextStyle": {"fontSize": 12, "align": "left"},
            "nameGap": 10, "splitNumber": 4, "axisLabel": {"fontSize": 12, "hideOverlap": True}}


LABEL: Spec = {"fontSize": 12, "lineHeight": 15, "interval": 0, "overflow": "break"}


def across(style: Style, unit: str, name: str = "", scale: bool = False) -> Spec:
    """Return an axis of values that lies at the foot, with its name (by default the unit) under its middle: ``FOOT_NAMED``."""
    return {**value_axis(style, unit, scale), "name": name or style.unit(unit), "nameLocation": "middle", "nameGap": 28,
            "nameTextStyle": {"fontSize": 12}}


def listed(labels: Sequence[str], figures: Sequence[str]) -> list[Spec]:
    """Return two axes for bars that lie in a list from the top: labels at the left, figures at the right, where neither can
    run into a bar or be clipped."""
    common: Spec = {"type": "category", "inverse": True, "axisTick": {"show": False}, "axisLine": {"show": False}}
    return [
        {**common, "data": list(labels), "axisLabel": {**LABEL, "width": 190}},
        {**common, "data": list(figures), "position": "right", "axisLabel": LABEL},
    ]


NARROW_LIST: Spec = {"yAxis": [{"axisLabel": {"width": 112}}, {}], "xAxis": {"splitNumber": 2}}


def whiskers(spans: Sequence[tuple[float | None, float | None]], colour: str) -> Spec:
    """Return the intervals of a list of bars: two caps each, and a line between them."""
    there = [(i, low, high) for i, (low, high) in enumerate(spans) if low is not None and high is not None]
    return {
        "type": "scatter", "symbol": "rect", "symbolSize": [2, 9], "itemStyle": {"color": colour}, "silent": True, "z": 5,
        "tooltip": {"show": False}, "data": [[end, i] for i, low, high in there for end in (low, high)],
        "markLine": {
            "symbol": "none", "silent": True, "animation": False, "label": {"show": False},
            "lineStyle": {"color": colour, "type": "solid", "width": 1.5},
            "data": [[{"coord": [low, i]}, {"coord": [high, i]}] for i, low, high in there],
        },
    }
