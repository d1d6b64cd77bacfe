"""Supply and demand: gaps by industry and level of jobs, and by programme; none of it without a labour market."""

from __future__ import annotations

from typing import Any

import pandas as pd

from skillsim.report.charts.base import (
    FOOT_NAMED,
    LABEL,
    NARROW_LIST,
    Chart,
    Spec,
    Style,
    across,
    drawn,
    listed,
    rows_of,
    whiskers,
)
from skillsim.report.shown import whole
from skillsim.results.result import Result
from skillsim.terms import COLUMNS, LEVELS, word

POINTS = ("mean", "p05", "p95")
KINDS = {"shortage": ("orange", "orange"), "balanced": ("none", "grey"), "surplus": ("blue", "blue")}  # fill and edge


def gap_heatmap(result: Result, year: int, lang: str, dark: bool) -> Chart | None:
    """Return the mean gap of graduates by industry and level of jobs, a shortage negative; jobs for which no programme of the
    place trains are marked and carry no figure."""
    jobs = result.values.layout.jobs
    if jobs is None:
        return None
    style, scenario = Style(lang, dark), result.scenario
    order = sorted(jobs.industries, key=lambda code: (not scenario.industries[code].leading, code))
    names = [style.named(scenario, "industries", code) + ("*" if scenario.industries[code].leading else "") for code in order]
    levels = [word(LEVELS, level, lang) for level in jobs.levels]
    rows = rows_of(result, "gap", year, "industry", "level")
    keys = zip(rows["industry"], rows["level"], strict=True)
    found = dict(zip(keys, rows[list(POINTS)].to_numpy().tolist(), strict=True))
    at = zip(jobs.job_industry.tolist(), jobs.job_level.tolist(), result.values.served.tolist(), strict=True)
    served = {(jobs.industries[i], jobs.levels[k]): there for i, k, there in at}
    ink = style.colour("ink")
    cells: list[Spec] = []
    lines: list[tuple[Any, ...]] = []
    shown: list[tuple[float, str]] = []
    for i, industry in enumerate(order):
        for k, level in enumerate(jobs.levels):
            where = {"industry": names[i], "level": levels[k]}
            if not served.get((industry, level), False):
                cells.append({"name": style.say("cell_unserved", **where), "value": [k, i, 0.0], "label": {"formatter": "—"},
                              "visualMap": False, "itemStyle": {"color": style.colour("blank")}})
                lines.append((names[i], levels[k], None, None, None, style.say("unserved")))
                continue
            mean, low, high = found[industry, level]
            said = style.say("cell", **where, mean=whole(mean), low=whole(low), high=whole(high))
            cells.append({"name": said, "value": [k, i, mean], "label": {"formatter": whole(mean)}})
            lines.append((names[i], levels[k], mean, low, high, ""))
            shown.append((mean, f"{names[i]} · {levels[k]} {whole(mean)}"))
    top = max([abs(mean) for mean, _ in shown] + [1.0])
    heads = [word(COLUMNS, "industry", lang), word(COLUMNS, "level", lang),
             *(style.heading(style.say(code), "persons") for code in POINTS), style.say("note")]
    table = pd.DataFrame(lines, columns=heads).astype(dict.fromkeys(heads[2:5], float))
    none = style.say("none")
    alt = style.say("heatmap_alt", year=year, short=min(shown)[1] if shown else none,
                    surplus=max(shown)[1] if shown else none, none=len(lines) - len(shown))
    series: Spec = {
        "type": "heatmap", "data": cells, "label": {"show": True, "fontSize": 12, "color": ink},
        "itemStyle": {"borderColor": style.colour("paper"), "borderWidth": 2}, "emphasis": {"disabled": True},
    }
    axis = {"type": "category", "axisTick": {"show": False}, "axisLine": {"show": False}, "splitLine": {"show": False}}
    return drawn(
        style, style.say("heatmap", year=year), alt, table, 34 * len(order) + 30, [series], None,
        {"trigger": "item", "formatter": "{b}"}, foot=76, narrow={"yAxis": {"axisLabel": {"width": 112}}},
        xAxis={**axis, "data": levels, "position": "top", "axisLabel": LABEL},
        yAxis={**axis, "data": names, "inverse": True, "axisLabel": {**LABEL, "width": 190}},
        visualMap={
            "type": "continuous", "min": -top, "max": top, "calculable": False, "orient": "horizontal", "left": "center",
            "bottom": 38, "itemWidth": 12, "itemHeight": 140, "textStyle": {"fontSize": 12},
            "text": [style.say("surplus_end"), style.say("short_end")],
            "inRange": {"color": [style.colour(f"cell_{at}") for at in ("low", "mid", "high")]},
        },
        graphic=[{"type": "text", "left": 0, "bottom": 2, "silent": True, "style": {
            "text": style.say("heatmap_mark"), "fontSize": 12, "fill": ink, "lineHeight": 15, "width": 320, "overflow": "break",
        }}],
    )


def programme_bars(result: Result, year: int, lang: str, dark: bool) -> Chart | None:
    """Return the mean gap by programme with its 5–95 % interval, the largest shortage first.

    A programme is short, or in surplus, where the whole interval lies below 0, or above it; else it is about balanced.
    """
    if result.values.layout.jobs is None:
        return None
    style = Style(lang, dark)
    rows = rows_of(result, "programme_gap", year, "programme").sort_values(["mean", "programme"])
    names = [style.named(result.scenario, "programmes", code) for code in rows["programme"]]
    means, lows, highs = (rows[point].tolist() for point in POINTS)
    kinds = ["shortage" if high < 0 else "surplus" if low > 0 else "balanced" for low, high in zip(lows, highs, strict=True)]
    words = {kind: style.say(kind) for kind in KINDS}
    said = [style.say("bar", name=name, mean=whole(mean), low=whole(low), high=whole(high))
            for name, mean, low, high in zip(names, means, lows, highs, strict=True)]
    series: list[Spec] = [{
        "type": "bar", "name": words[kind], "stack": "one", "barWidth": "55%",
        "itemStyle": {"color": style.colour(fill), "borderColor": style.colour(edge), "borderWidth": 1.5},
        "data": [{"name": text, "value": mean} if mine == kind else None
                 for text, mean, mine in zip(said, means, kinds, strict=True)],
    } for kind, (fill, edge) in KINDS.items()]
    series.append(whiskers(list(zip(lows, highs, strict=True)), style.colour("ink")))
    columns = {style.heading(style.say(code), "persons"): rows[code].tolist() for code in POINTS}
    table = pd.DataFrame({word(COLUMNS, "programme", lang): names, **columns,
                          word(COLUMNS, "label", lang): [words[kind][2:] for kind in kinds]})
    marked = [f"{words[kind][0]} {name}" for kind, name in zip(kinds, names, strict=True)]
    ends = [f"{names[i]} {whole(means[i])}" for i in (0, -1)]
    alt = style.say("programmes_alt", year=year, n=len(names), short=kinds.count("shortage"), even=kinds.count("balanced"),
                    surplus=kinds.count("surplus"), least=ends[0], most=ends[1])
    return drawn(
        style, style.say("programmes_title", year=year), alt, table, 30 * len(names) + 50, series,
        [{"name": text} for text in words.values()], {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED, narrow=NARROW_LIST,
        xAxis=across(style, "persons"), yAxis=listed(marked, [whole(mean) for mean in means]),
    )
