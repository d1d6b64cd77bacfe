"""What helps to decide: what a probability costs, from which year it can be had, and which figures a target hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.cells import cell_len

from skillsim.report.charts.base import (
    FOOT_NAMED,
    NARROW_LIST,
    Chart,
    Spec,
    Style,
    across,
    drawn,
    joined,
    listed,
    plain,
    value_axis,
    whiskers,
)
from skillsim.report.shown import figure, span

Span = tuple[float, float]
FEW_CELLS, MOST_CELLS = 34, 52  # of a name: two and three lines on a narrow page
ROW, TALL_ROW = 34, 52  # px
WAN = 1e4  # yuan in the unit in which money is shown


def briefly(names: Sequence[str]) -> tuple[list[str], int]:
    """Return names as a list of bars has room for, and the px of a row: of long names, which differ in their ends, the end."""
    out = []
    for name in names:
        end = name
        while cell_len(end) > MOST_CELLS:
            end = end[1:]
        out.append(end if end == name else f"…{end.lstrip()}")
    return out, ROW if all(cell_len(name) <= FEW_CELLS for name in out) else TALL_ROW


def trade_off(
    points: Sequence[tuple[float, float, bool]], wanted: float, goal: str, lang: str, dark: bool,
) -> Chart:
    """Return the least cost of each probability.

    Parameters
    ----------
    points : probability (0..1), cost in yuan, and whether the mix was really run; estimated ones are hollow
    wanted : the probability that is asked for, a line
    goal : what the targets are called
    """
    style = Style(lang, dark)
    rising = sorted(points)
    at = [(plain([p], "share")[0], cost / WAN) for p, cost, _ in rising]
    kinds = [style.say("trade_run" if real else "trade_estimated") for _, _, real in rising]
    said = [style.say("trade_said", p=figure(p, "share"), cost=f"{cost / WAN:,.0f}", kind=kind)
            for (p, cost, _), kind in zip(rising, kinds, strict=True)]
    blue, ask, costs = style.colour("blue"), plain([wanted], "share")[0], [cost for _, cost in at]
    series: list[Spec] = [{
        "type": "line", "name": style.say("trade_line"), "symbol": "none", "silent": True, "tooltip": {"show": False},
        "lineStyle": {"width": 2, "color": blue}, "itemStyle": {"color": blue}, "data": [list(pair) for pair in at],
    }, _wish(style, wanted, [[ask, min(0.0, *costs)], [ask, max(0.0, *costs)]])]
    for real, symbol, fill in ((False, "circle", "paper"), (True, "diamond", "blue")):
        series.append({
            "type": "scatter", "name": style.say("trade_run" if real else "trade_estimated"), "symbol": symbol, "z": 5,
            "symbolSize": 14 if real else 10,
            "itemStyle": {"color": style.colour(fill), "borderColor": blue, "borderWidth": 2},
            "data": [{"name": text, "value": list(pair)} for pair, text, (_, _, ran) in zip(at, said, rising, strict=True)
                     if ran == real],
        })
    table = pd.DataFrame({
        style.heading(style.say("curve_line"), "share"): [p for p, _ in at],
        style.heading(style.say("trade_cost"), "ten_thousand_yuan"): costs, style.say("note"): kinds,
    })
    x = across(style, "share", style.heading(style.say("curve_line"), "share"), scale=True)
    return drawn(
        style, style.say("trade", goal=goal), style.say("trade_alt", goal=goal, each=joined(style, said)), table, 260, series,
        [{"name": one["name"]} for one in series[1:]], {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED,
        xAxis={**x, "min": _below([ask, *(p for p, _ in at)]), "max": _above([ask, *(p for p, _ in at)])},
        yAxis=value_axis(style, "ten_thousand_yuan"),
    )


def _below(values: Sequence[float | None]) -> float:
    return max(0.0, 5.0 * (min(v for v in values if v is not None) // 5) - 5.0)


def _above(values: Sequence[float | None]) -> float:
    return min(100.0, 5.0 * (max(v for v in values if v is not None) // 5) + 10.0)


def _wish(style: Style, wanted: float, data: list[list[Any]]) -> Spec:
    """Return the line of the probability that is asked for."""
    ink = style.colour("ink")
    return {
        "type": "line", "name": style.say("wish", p=figure(wanted, "share")), "symbol": "diamond", "symbolSize": 9,
        "silent": True, "tooltip": {"show": False}, "lineStyle": {"type": [6, 4], "width": 2, "color": ink},
        "itemStyle": {"color": ink}, "data": data,
    }


def chance_by_year(
    rows: Sequence[tuple[int, float, str]], wanted: float, goal: str, lang: str, dark: bool,
) -> Chart:
    """Return the highest probability that can be had by each year.

    Parameters
    ----------
    rows : year, the probability (0..1, nan where there is none), and how it is written; years rising
    wanted : the probability that is asked for; years that reach it are filled, others hollow
    goal : what the targets are called
    """
    style = Style(lang, dark)
    shown, ask = plain([p for _, p, _ in rows], "share"), plain([wanted], "share")[0]
    said = [style.say("year_said", year=year, p=text) for year, _, text in rows]
    words = {True: style.say("year_met"), False: style.say("year_missed")}
    met = [p >= wanted for _, p, _ in rows]
    series = [*_filled(style, said, shown, met, words), _wish(style, wanted, [[ask, 0], [ask, len(rows) - 1]])]
    table = pd.DataFrame({
        style.say("year"): [year for year, _, _ in rows], style.heading(style.say("curve_line"), "share"): shown,
        style.say("note"): [words[mine] for mine in met],
    })
    alt = style.say("year_alt", goal=goal, p=figure(wanted, "share"), each=joined(style, said))
    return drawn(
        style, style.say("by_year", goal=goal), alt, table, 34 * len(rows) + 50, series,
        [{"name": one["name"]} for one in series],
        {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED, narrow={"xAxis": {"splitNumber": 2}},
        xAxis={**across(style, "share", style.heading(style.say("curve_line"), "share")), "min": 0, "max": 100, "interval": 20},
        yAxis=listed([str(year) for year, _, _ in rows], [text for _, _, text in rows]),
    )


def _filled(
    style: Style, said: Sequence[str], values: Sequence[float | None], kinds: Sequence[bool], words: Mapping[bool, str],
) -> list[Spec]:
    """Return bars that are filled or, of the other kind, hollow."""
    blue = style.colour("blue")
    return [{
        "type": "bar", "name": words[kind], "stack": "one", "barWidth": "55%",
        "itemStyle": {"color": blue if kind else style.colour("none"), "borderColor": blue, "borderWidth": 1.5},
        "data": [{"name": text, "value": value} if mine == kind and value is not None else None
                 for text, value, mine in zip(said, values, kinds, strict=True)],
    } for kind in (True, False)]


def tornado(
    rows: Sequence[tuple[str, float, float]], baseline: float, unit: str, target: str, lang: str, dark: bool,
) -> Chart:
    """Return a value at the low and at the high end of each of several figures, all others in the middle.

    Parameters
    ----------
    rows : what each figure is called, the value at its 5 % point and at its 95 % point; the most important first
    baseline : the value with all in the middle of their distributions
    unit : of the value: share, persons or ratio
    target : what the value is called
    """
    style, points = Style(lang, dark), "points" if unit == "share" else unit
    names = [name for name, _, _ in rows]
    labels, row = briefly(names)
    ends = {"tornado_low": [low for _, low, _ in rows], "tornado_high": [high for _, _, high in rows]}
    said = [style.say("tornado_said", name=name, low=figure(low, unit), high=figure(high, unit)) for name, low, high in rows]
    series: list[Spec] = [{
        "type": "bar", "name": style.say(code), "barWidth": "55%", "barGap": "-100%",
        "itemStyle": {"color": style.colour(fill), "borderColor": style.colour(edge), "borderWidth": 1.5},
        "data": [{"name": text, "value": change}
                 for text, change in zip(said, plain([value - baseline for value in ends[code]], unit), strict=True)],
    } for code, fill, edge in (("tornado_high", "blue", "blue"), ("tornado_low", "none", "orange"))]
    table = pd.DataFrame({
        style.say("tornado_figure"): names,
        **{style.heading(style.say(code), unit): plain(values, unit) for code, values in ends.items()},
    })
    alt = style.say("tornado_alt", target=target, baseline=figure(baseline, unit), each=joined(style, said))
    return drawn(
        style, style.say("tornado", target=target), alt, table, row * len(rows) + 50, series,
        [{"name": one["name"]} for one in series], {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED, narrow=NARROW_LIST,
        xAxis=across(style, points, style.say("tornado_axis", baseline=figure(baseline, unit), unit=style.unit(points))),
        yAxis=listed(labels, [span(min(low, high), max(low, high), unit) for _, low, high in rows]),
    )


def ranked_bars(
    rows: Sequence[tuple[str, float, Span | None, bool]], floor: float | None, unit: str, heading: str, measure: str, lang: str,
    dark: bool,
) -> Chart:
    """Return how much each of several figures matters, the most first.

    Parameters
    ----------
    rows : what each is called, its measure, its interval (or None), and whether it stands above the noise; others are hollow
    floor : the measure that a figure without effect reaches by chance, a line; None for no line
    unit : share, persons or ratio
    heading, measure : what the chart and its axis are called
    """
    style = Style(lang, dark)
    names, ink = [name for name, *_ in rows], style.colour("ink")
    labels, row = briefly(names)
    values = plain([value for _, value, _, _ in rows], unit)
    lows, highs = (plain([float("nan") if s is None else s[i] for _, _, s, _ in rows], unit) for i in (0, 1))
    texts = [figure(value, unit) for _, value, _, _ in rows]
    said = [style.say("step_said", name=name, value=text) for name, text in zip(names, texts, strict=True)]
    words = {True: style.say("above_noise"), False: style.say("within_noise")}
    series = _filled(style, said, values, [clear for *_, clear in rows], words)
    legend = [{"name": text} for text in words.values()]
    if floor is not None:
        at = plain([floor], unit)[0]
        series.append({
            "type": "line", "name": style.say("floor"), "symbol": "diamond", "symbolSize": 7, "silent": True,
            "tooltip": {"show": False},
            "lineStyle": {"type": [6, 4], "width": 2, "color": ink}, "itemStyle": {"color": ink},
            "data": [[at, 0], [at, len(rows) - 1]],
        })
        legend.append({"name": style.say("floor")})
    columns: dict[str, Any] = {style.say("tornado_figure"): names, style.heading(measure, unit): values}
    if any(low is not None for low in lows):
        series.append(whiskers(list(zip(lows, highs, strict=True)), ink))
        columns |= {style.heading(style.say(code), unit): ends for code, ends in (("low", lows), ("high", highs))}
    table = pd.DataFrame({**columns, style.say("note"): [words[clear] for *_, clear in rows]})
    alt = style.say("ranked_alt", heading=heading, each=joined(style, said))
    if floor is not None:
        alt += style.say("ranked_floor", floor=figure(floor, unit))
    return drawn(
        style, heading, alt, table, row * len(rows) + 50, series, legend,
        {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED, narrow=NARROW_LIST,
        xAxis=across(style, unit, style.heading(measure, unit)), yAxis=listed(labels, texts),
    )
