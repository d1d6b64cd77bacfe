"""What changed: the steps from one scenario to another, and the paired differences of several from a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from skillsim.analysis.compare import Comparison
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
    whiskers,
)
from skillsim.report.shown import figure, run_name, signed
from skillsim.terms import COLUMNS, INDICATORS, LABELS, word

Step = tuple[str, float, float | None]


def waterfall(
    steps: Sequence[Step], start: tuple[str, float], end: tuple[str, float], unit: str, lang: str, dark: bool,
) -> Chart:
    """Return how steps lead from one value to another.

    Parameters
    ----------
    steps : what each is called, its change, and its error (or None), in the unit's own scale (a share in 0..1); the error is
        drawn to both sides of where the step ends
    start, end : what the two are called and their values; what the steps leave unexplained is a step of its own
    unit : share, persons or ratio
    """
    style = Style(lang, dark)
    rest = end[1] - start[1] - sum(change for _, change, _ in steps)
    slack = 1e-9 * max(1.0, abs(start[1]), abs(end[1]))
    every: list[Step] = [*steps, *([(style.say("rest"), rest, None)] if abs(rest) > slack else [])]
    at = [start[1]]
    for _, change, _ in every:
        at.append(at[-1] + change)
    points, last, points_of = plain(at, unit), len(every) + 1, "points" if unit == "share" else unit
    end_value = plain([end[1]], unit)[0]
    names = [start[0], *(name for name, _, _ in every), end[0]]
    shown = [f"{'▲' if change > 0 else '▼' if change < 0 else '＝'} {_change(change, error, unit)}" for _, change, error in every]
    texts = [figure(start[1], unit), *shown, figure(end[1], unit)]
    said = [style.say("step_said", name=name, value=text) for name, text in zip(names, texts, strict=True)]
    orange, blue, grey = (style.colour(name) for name in ("orange", "blue", "grey"))
    ends = zip(said[1:], points, points[1:], strict=False)
    empty: Spec = {"value": ["-", "-", "-", "-"]}
    boxes = [empty if a is None or b is None else {"name": text, "value": [a, b, min(a, b), max(a, b)]} for text, a, b in ends]
    series: list[Spec] = [
        {"type": "candlestick", "data": [empty, *boxes, empty], "barWidth": "55%",
         "itemStyle": {"color": blue, "borderColor": blue, "color0": orange, "borderColor0": orange, "borderColorDoji": grey}},
        {"type": "scatter", "symbol": "diamond", "symbolSize": 15, "itemStyle": {"color": style.colour("ink")},
         "data": [{"name": said[0], "value": [points[0], 0]}, {"name": said[-1], "value": [end_value, last]}]},
    ]
    errors = [None if error is None else plain([error], unit)[0] for _, _, error in every]
    if any(error is not None for error in errors):
        spans = [(None, None) if error is None or value is None else (value - error, value + error)
                 for value, error in zip(points[1:], errors, strict=True)]
        series.append(whiskers([(None, None), *spans], style.colour("ink")))
    table = pd.DataFrame({
        style.say("step"): names,
        style.heading(style.say("change"), points_of): [None, *plain([change for _, change, _ in every], unit), None],
        style.heading(style.say("error"), points_of): [None, *errors, None],
        style.heading(style.say("value_after"), unit): [*points, end_value],
    })
    each = joined(style, (f"{name} {_change(change, error, unit)}" for name, change, error in every)) or style.say("none")
    alt = style.say("waterfall_alt", start=start[0], end=end[0], from_value=texts[0], to_value=texts[-1], each=each)
    return drawn(
        style, style.say("waterfall", start=start[0], end=end[0]), alt, table, 38 * len(names) + 40, series, None,
        {"trigger": "item", "formatter": "{b}"}, foot=48, narrow=NARROW_LIST, xAxis=across(style, unit, scale=True),
        yAxis=listed(names, texts),
    )


def _change(change: float, error: float | None, unit: str) -> str:
    """Return a change as shown, with its error."""
    return signed(change, unit) + ("" if error is None else f" ± {signed(error, unit).lstrip('+')}")


def difference_bars(comparison: Comparison, target: str, lang: str, dark: bool) -> Chart | None:
    """Return the paired difference of a target's value from the baseline, one bar a scenario, with its 95 % interval; hollow
    where it can't be told from nothing.  None where no other scenario has the target."""
    frame = comparison.targets()
    rows = frame[frame["target"] == target] if len(frame) else frame
    if not len(rows):
        return None
    style, asked = Style(lang, dark), comparison.baseline.scenario.targets[target]
    unit, base = INDICATORS[asked.indicator].unit, run_name(comparison.baseline, lang)
    named = {run.name: run_name(run, lang) for run in comparison.others}
    names = [named[code] for code in rows["scenario"]]
    d, low, high = (plain(rows[code], unit) for code in ("difference", "low", "high"))
    verdicts = [word(LABELS, verdict, lang) for verdict in rows["verdict"]]
    texts = [signed(value, unit) for value in rows["difference"]]
    points = "points" if unit == "share" else unit
    each = [style.say("difference_said", name=name, value=text, unit=style.unit(points), low=signed(a, unit),
                      high=signed(b, unit), verdict=verdict)
            for name, text, a, b, verdict in zip(names, texts, rows["low"], rows["high"], verdicts, strict=True)]
    blue = style.colour("blue")
    series: list[Spec] = [{
        "type": "bar", "name": style.say(name), "stack": "one", "barWidth": "45%",
        "itemStyle": {"color": style.colour(fill), "borderColor": blue, "borderWidth": 1.5},
        "data": [{"name": text, "value": value} if (verdict in ("higher", "lower")) == (name == "clear") else None
                 for text, value, verdict in zip(each, d, rows["verdict"], strict=True)],
    } for name, fill in (("clear", "blue"), ("unclear", "none"))]
    series.append(whiskers(list(zip(low, high, strict=True)), style.colour("ink")))
    heads = {word(COLUMNS, "difference", lang): d, style.say("low"): low, style.say("high"): high}
    table = pd.DataFrame({
        word(COLUMNS, "scenario", lang): names, **{style.heading(head, points): values for head, values in heads.items()},
        word(COLUMNS, "verdict", lang): verdicts,
    })
    title = getattr(asked.title, lang)
    heading = style.say("differences", base=base, target=title, year=asked.year)
    alt = style.say("difference_alt", target=title, year=asked.year, base=base, each=joined(style, each))
    return drawn(
        style, heading, alt, table, 52 * len(names) + 60, series, [{"name": one["name"]} for one in series[:2]],
        {"trigger": "item", "formatter": "{b}"}, foot=FOOT_NAMED, narrow=NARROW_LIST, xAxis=across(style, points),
        yAxis=listed(names, [f"{text}\n{verdict}" for text, verdict in zip(texts, verdicts, strict=True)]),
    )
