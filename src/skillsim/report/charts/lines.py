"""Lines: an indicator over the years with its intervals, and a probability over a figure that is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from skillsim.report.charts.base import (
    FOOT_NAMED,
    FORMAT,
    LINES,
    Chart,
    Spec,
    Style,
    across,
    dated,
    drawn,
    joined,
    plain,
    value_axis,
    years_axis,
)
from skillsim.report.shown import figure, run_name, span
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.scenario.basic import Pick
from skillsim.scenario.picks import OF_MARKET
from skillsim.scenario.types import Scenario
from skillsim.terms import INDICATORS, LEVELS, word

POINTS = ("mean", "p05", "p25", "p50", "p75", "p95")
UNSEEN: Spec = {"stackStrategy": "all", "symbol": "none", "silent": True, "z": 1, "lineStyle": {"width": 0, "opacity": 0},
                "tooltip": {"show": False}}
FEW = 3  # as many names as a title can hold


def picked(style: Style, scenario: Scenario, of: Pick) -> str:
    """Return in words which students a pick means; classes have no titles, so theirs are the pathways in them."""
    pathways = [p for c in of.pathways for p in scenario.classes.get(c, [c])]
    parts = []
    for kind, codes in (("pathways", pathways), ("programmes", of.programmes), ("institutions", of.schools),
                        ("industries", of.industries)):
        if len(codes) > FEW:
            parts.append(style.say("schools" if kind == "institutions" else kind, n=len(codes)))
        elif codes:
            parts.append(style.say("between").join(style.named(scenario, kind, code) for code in codes))
    if of.levels:
        parts.append(style.say("between").join(word(LEVELS, level, style.lang) for level in of.levels))
    return " · ".join(parts)


def fan(
    results: Sequence[Result], indicator: str, of: Pick | None, lang: str, dark: bool, goal: float | None = None,
    goal_year: int | None = None, observed: Mapping[int, float] | None = None, preview: Result | None = None,
    title: str | None = None,
) -> Chart | None:
    """Return an indicator over the years; None where it exists only with a labour market and a run has none.

    Parameters
    ----------
    results : one run (mean with 25–75 % and 5–95 % intervals), up to five (means with 5–95 % intervals, laid over each other),
        or none where there is a preview
    of : which students; None means all
    goal, goal_year : a target and its year, in the indicator's own unit (a share in 0..1)
    observed : actual figures by year, in the same unit
    preview : a run without chance, drawn as one dashed line
    title : what to call it, such as a target's title; by default the indicator and what it is of
    """
    runs = [*results, *([preview] if preview else [])]
    if indicator in OF_MARKET and any(run.values.layout.jobs is None for run in runs):
        return None
    style, unit, pick = Style(lang, dark), INDICATORS[indicator].unit, of or Pick()
    of_whom = picked(style, runs[0].scenario, pick)
    name = word(INDICATORS, indicator, lang)
    heading = title or (f"{name} · {of_whom}" if of_whom else name)
    years = sorted({int(year) for run in runs for year in run.inputs.years})
    found = [statistics.summary(run.replicate(indicator, pick)) for run in results]
    names = [run_name(run, lang) for run in results]
    one = len(results) == 1
    year_head = style.say("year")
    series: list[Spec] = []
    legend: list[Any] = []
    frames = []
    for i, (run, points) in enumerate(zip(results, found, strict=True)):
        mine = [int(year) for year in run.inputs.years]
        shown = {code: plain(points[code], unit) for code in POINTS}
        line, wide = (style.say("mean"), style.say("wide")) if one else (names[i], names[i])
        series.append(_mean(style, i, mine, shown, line))  # first: the legend takes the look of the first of a name
        legend.append({"name": line})
        series += _band(style, i, mine, shown["p05"], shown["p95"], wide, 0.16 if one else 0.3 / len(results))
        if one:
            middle = style.say("middle")
            series += _band(style, i, mine, shown["p25"], shown["p75"], middle, 0.3)
            legend += [{"name": band, "icon": "roundRect", "itemStyle": {"opacity": opacity}}
                       for band, opacity in ((middle, 0.46), (wide, 0.2))]
        columns = {style.heading(style.say(code), unit): shown[code] for code in POINTS}
        frames.append(pd.DataFrame({**({} if one else {style.say("scenario"): names[i]}), year_head: mine, **columns}))
    if preview is not None:
        ahead = statistics.mean(preview.replicate(indicator, pick))
        mine = [int(year) for year in preview.inputs.years]
        series.append(_preview(style, len(results), mine, plain(ahead, unit)))
        legend.append({"name": style.say("preview")})
        frames.append(pd.DataFrame({year_head: mine, style.heading(style.say("preview_long"), unit): plain(ahead, unit)}))
    if goal is not None:
        series.append(_goal(style, years, goal, goal_year, unit))
        legend.append({"name": series[-1]["name"]})
    table = frames[0]
    for frame in frames[1:]:
        table = table.merge(frame, on=year_head, how="outer") if one else pd.concat([table, frame], ignore_index=True)
    if observed:
        actual = dict(zip(sorted(observed), plain([observed[year] for year in sorted(observed)], unit), strict=True))
        series.append(_observed(style, actual))
        legend.append({"name": style.say("observed")})
        table[style.heading(style.say("observed"), unit)] = table[year_head].map(actual).astype(float)
    year = goal_year if goal_year in years else years[-1]
    said = []
    for run, run_title, points in zip(results, names, found, strict=True):
        mean, low, high = (float(points[code][year - run.scenario.years.first]) for code in ("mean", "p05", "p95"))
        said.append(style.say("fan_each", run=run_title, year=year, mean=figure(mean, unit), span=span(low, high, unit)))
    if preview is not None:
        said.append(style.say("fan_preview", year=year, mean=figure(float(ahead[year - preview.scenario.years.first]), unit)))
    if goal is not None:
        said.append(style.say("fan_goal", goal=figure(goal, unit)))
    alt = style.say("fan_alt", title=heading, first=years[0], last=years[-1], each=joined(style, said))
    return drawn(
        style, heading, alt, table, 300, series, legend, {"trigger": "axis", "valueFormatter": FORMAT[unit]},
        xAxis={**years_axis(years), "boundaryGap": False}, yAxis=value_axis(style, unit, scale=True),
    )


def _band(
    style: Style, i: int, years: Sequence[int], low: list[float | None], high: list[float | None], name: str, opacity: float,
) -> list[Spec]:
    """Return the area between two lines: an unseen line at its foot, and its width stacked on it."""
    colour = style.colour(LINES[i][0])
    common: Spec = {"type": "line", "stack": f"{i} {opacity}", **UNSEEN}
    width = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    return [
        {**common, "data": dated(years, low)},
        {**common, "name": name, "data": dated(years, width), "itemStyle": {"color": colour},
         "areaStyle": {"color": colour, "opacity": opacity}},
    ]


def _mean(style: Style, i: int, years: Sequence[int], points: Mapping[str, list[float | None]], name: str) -> Spec:
    """Return the line of means, which carries its interval for the tooltip."""
    colour, dash, symbol = LINES[i]
    shown = ("mean", "p05", "p95")
    return {
        "type": "line", "name": name, "symbol": symbol, "symbolSize": 6, "z": 4, "itemStyle": {"color": style.colour(colour)},
        "lineStyle": {"type": dash, "width": 2.5, "color": style.colour(colour)},
        "dimensions": [style.say("year"), *(style.say(code) for code in shown)], "encode": {"x": 0, "y": 1, "tooltip": [1, 2, 3]},
        "data": [[str(year), *row] for year, *row in zip(years, *(points[code] for code in shown), strict=True)],
    }


def _preview(style: Style, i: int, years: Sequence[int], means: list[float | None]) -> Spec:
    """Return the dashed line of a run without chance, in the next colour."""
    colour = style.colour(LINES[min(i, len(LINES) - 1)][0])
    return {
        "type": "line", "name": style.say("preview"), "data": dated(years, means), "symbol": "emptyCircle", "symbolSize": 6,
        "z": 6, "lineStyle": {"type": "dashed", "width": 2, "color": colour}, "itemStyle": {"color": colour},
    }


def _observed(style: Style, actual: Mapping[int, float | None]) -> Spec:
    """Return actual figures as points."""
    return {
        "type": "scatter", "name": style.say("observed"), "symbol": "roundRect", "symbolSize": 9, "z": 7,
        "data": dated(actual, actual.values()),
        "itemStyle": {"color": style.colour("ink"), "borderColor": style.colour("paper"), "borderWidth": 1},
    }


def _goal(style: Style, years: Sequence[int], goal: float, goal_year: int | None, unit: str) -> Spec:
    """Return the line of a target, with a mark at its year."""
    value = plain([goal], unit)[0]
    text = figure(goal, unit)
    name = style.say("goal", goal=text) if goal_year is None else style.say("goal_by", goal=text, year=goal_year)
    colour = style.colour("ink")
    return {
        "type": "line", "name": name, "symbol": "diamond", "symbolSize": 13, "showAllSymbol": True, "z": 5,
        "tooltip": {"show": False}, "itemStyle": {"color": colour}, "lineStyle": {"type": [6, 4], "width": 2, "color": colour},
        "data": [{"value": [str(year), value], **({} if year == goal_year else {"symbol": "none"})} for year in years],
    }


def probability_curve(
    xs: Sequence[float], ps: Sequence[float], low: Sequence[float], high: Sequence[float], unknown: str, unit: str,
    now: tuple[float, float] | None, goal: str, lang: str, dark: bool,
) -> Chart:
    """Return the probability of a target over a figure that is not known.

    Parameters
    ----------
    xs : values of the figure, rising, in its own unit: ``unit`` is share, persons, ratio or another of the parameters' units
    ps, low, high : probability at each and its 95 % interval, in 0..1
    unknown, goal : what the figure and the target are called
    now : the range that the scenario assumes today
    """
    style, kind = Style(lang, dark), unit if unit in FORMAT else "ratio"
    x, p, bottom, top = plain(xs, unit), *(plain(v, "share") for v in (ps, low, high))
    colour = style.colour("blue")
    line_name, low_name, high_name = (style.say(f"curve_{code}") for code in ("line", "low", "high"))
    # x comes second: of two axes of values, the first dimension is the one that is stacked
    common: Spec = {"type": "line", "stack": "band", **UNSEEN, "encode": {"x": 1, "y": 0}}
    width = [None if a is None or b is None else b - a for a, b in zip(bottom, top, strict=True)]
    series: list[Spec] = [
        {**common, "data": [list(pair) for pair in zip(bottom, x, strict=True)]},
        {**common, "name": style.say("curve_band"), "data": [list(pair) for pair in zip(width, x, strict=True)],
         "itemStyle": {"color": colour}, "areaStyle": {"color": colour, "opacity": 0.18}},
        {"type": "line", "name": line_name, "symbol": "circle", "symbolSize": 6, "showSymbol": len(x) <= 20, "z": 4,
         "lineStyle": {"width": 2.5, "color": colour}, "itemStyle": {"color": colour},
         "dimensions": [unknown, line_name, low_name, high_name], "encode": {"x": 0, "y": 1, "tooltip": [1, 2, 3]},
         "data": [list(row) for row in zip(x, p, bottom, top, strict=True)]},
    ]
    faint = {"icon": "roundRect", "itemStyle": {"opacity": 0.3}}
    legend: list[Any] = [{"name": line_name}, {"name": style.say("curve_band"), **faint}]
    alt = style.say("curve_alt", unknown=unknown, goal=goal, first=figure(xs[0], kind), last=figure(xs[-1], kind),
                    p_first=figure(ps[0], "share"), p_last=figure(ps[-1], "share"))
    if now is not None:
        ends, orange = plain(now, unit), style.colour("orange")
        shade = {"color": orange, "opacity": 0.16, "borderColor": orange, "borderWidth": 1, "borderType": "dashed"}
        series.append({
            "type": "line", "name": style.say("curve_now"), "data": [], "itemStyle": {"color": orange},
            "tooltip": {"show": False},
            "markArea": {"silent": True, "itemStyle": shade, "data": [[{"xAxis": ends[0]}, {"xAxis": ends[1]}]]},
        })
        legend.append({"name": style.say("curve_now"), **faint})
        alt += style.say("curve_alt_now", span=span(*now, kind))
    table = pd.DataFrame({style.heading(unknown, unit): x} | {
        style.heading(name, "share"): values for name, values in ((line_name, p), (low_name, bottom), (high_name, top))
    })
    x_axis = across(style, unit, style.heading(unknown, unit), scale=True)
    return drawn(
        style, style.say("curve", goal=goal), alt, table, 290, series, legend,
        {"trigger": "axis", "valueFormatter": FORMAT["share"]}, foot=FOOT_NAMED,
        # the ends are draws, not round figures
        xAxis={**x_axis, "min": "dataMin", "max": "dataMax",
               "axisLabel": {**x_axis["axisLabel"], "showMinLabel": False, "showMaxLabel": False}},
        yAxis={**value_axis(style, "share"), "min": 0, "max": 100, "interval": 20},
    )
