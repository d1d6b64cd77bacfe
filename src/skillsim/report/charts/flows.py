"""Where people come from and go to: junior graduates, students by level, graduates, and the flows of one year.

Counts of a result are kept by year and row, not by the intake that a person once entered with, so its flows are those of one
calendar year; those of one intake come from :func:`skillsim.analysis.cohort.follow`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.report.charts.base import FORMAT, Chart, Spec, Style, dated, drawn, joined, plain, rows_of, value_axis, years_axis
from skillsim.report.charts.lines import picked
from skillsim.report.shown import figure
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.rules.arrays import summed
from skillsim.scenario.basic import Pick
from skillsim.scenario.types import Scenario
from skillsim.terms import DESTINATIONS, INDICATORS, LEVELS, LOCAL, word

Floats = NDArray[np.float64]
Link = tuple[str, str, float]
LITTLE = 0.04  # of those in pathways: smaller ones are joined in the flows of an intake
LEVEL_COLOURS = ("sky", "blue", "orange", "wine", "grey", "ink")
# at work here in blue, elsewhere in orange, further study in wine, without work in grey; with how much of the colour
DESTINATION_COLOURS = {
    "local_matched": ("blue", 1.0), "local_below": ("blue", 0.6), "local_other": ("sky", 1.0), "local_other_below": ("sky", 0.5),
    "away_employed": ("orange", 1.0), "further_local": ("wine", 1.0), "further_away": ("wine", 0.5),
    "local_seeking": ("ink", 0.75), "away_seeking": ("grey", 0.7),
}

# of the flows of an intake: where people come from, and where their way ends
INTAKE_COLOURS = {
    "local": "ink", "outside": "grey", "joined": "grey", "added": "grey", "general_school": "orange", "other_way": "grey",
    "dropped": "ink", "repeating": "grey", "general": "grey", "removed": "grey", "in_school": "blue", "here": "blue",
    "gone": "orange",
}


def bars(style: Style, name: str, colour: str, years: Sequence[int], values: Sequence[float | None]) -> Spec:
    """Return one layer of stacked bars over the years, parted from the next by a line of the background."""
    return {
        "type": "bar", "name": name, "stack": "all", "barCategoryGap": "25%", "data": dated(years, values),
        "itemStyle": {"color": colour, "borderColor": style.colour("paper"), "borderWidth": 1},
    }


def wave(result: Result, lang: str, dark: bool) -> Chart:
    """Return the junior graduates of the place by year, by where they go (means), and the seats that are for them."""
    style, years = Style(lang, dark), [int(year) for year in result.inputs.years]
    parts = junior_parts(result)
    series = [bars(style, style.say(f"wave_{code}"), style.colour(colour), years, plain(parts[code]))
              for code, colour in (("enrolled", "blue"), ("general", "orange"), ("other", "grey"))]
    ink = style.colour("ink")
    series.append({
        "type": "line", "name": style.say("wave_seats"), "symbol": "diamond", "symbolSize": 7, "z": 4,
        "itemStyle": {"color": ink}, "lineStyle": {"type": "dashed", "width": 2, "color": ink},
        "data": dated(years, plain(parts["seats"])),
    })
    heads = {"junior": word(INDICATORS, "junior_graduates", lang),
             **{code: style.say(f"wave_{code}") for code in ("enrolled", "general", "other", "seats")}}
    columns = {style.heading(head, "persons"): plain(parts[code]) for code, head in heads.items()}
    table = pd.DataFrame({style.say("year"): years, **columns})
    peak = int(np.argmax(parts["junior"]))
    figures = {"start": parts["junior"][0], "most": parts["junior"][peak], "end": parts["junior"][-1],
               "enrolled": parts["enrolled"][-1], "seats": parts["seats"][-1]}
    alt = style.say("wave_alt", first=years[0], last=years[-1], peak=years[peak], **people(figures))
    return _over_years(style, style.say("wave"), alt, table, series, years, "persons")


def junior_parts(result: Result) -> dict[str, Floats]:
    """Return the junior graduates of the place by where they go, and the seats for junior graduates: means by year [Y]."""
    h, layout = result.history, result.values.layout
    local = layout.area_origin == 0
    out = {name: statistics.mean(rows[:, local].sum(axis=1).astype(float))
           for name, rows in (("junior", h.junior), ("general", h.general), ("other", h.not_local))}
    out["enrolled"] = out["junior"] - out["general"] - out["other"]
    out["seats"] = statistics.mean(h.seats[:, layout.gate_pools["junior"]].sum(axis=1).astype(float))
    return out


def people(figures: dict[str, float]) -> dict[str, str]:
    """Return numbers of people as shown."""
    return {name: figure(float(n), "persons") for name, n in figures.items()}


def _over_years(
    style: Style, heading: str, alt: str, table: pd.DataFrame, series: list[Spec], years: Sequence[int], unit: str, **y: Any,
) -> Chart:
    """Return a chart of layers over the years."""
    legend = [{"name": one["name"]} for one in series]
    tooltip = {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": FORMAT[unit]}
    return drawn(style, heading, alt, table, 300, series, legend, tooltip, xAxis=years_axis(years),
                 yAxis={**value_axis(style, unit), **y})


def stocks(result: Result, lang: str, dark: bool) -> Chart:
    """Return the headcount by level and year (means)."""
    style, years = Style(lang, dark), [int(year) for year in result.inputs.years]
    rows = rows_of(result, "headcount", None, "level")
    levels = [level for level in result.scenario.levels if (rows["level"] == level).any()]
    means = {level: rows[rows["level"] == level]["mean"].to_numpy() for level in levels}
    names = {level: word(LEVELS, level, lang) for level in levels}
    series = [bars(style, names[level], style.colour(colour), years, plain(means[level]))
              for level, colour in zip(levels, LEVEL_COLOURS, strict=False)]
    total = rows_of(result, "headcount", None)["mean"].to_numpy()
    columns = {style.heading(names[level], "persons"): plain(means[level]) for level in levels}
    table = pd.DataFrame({style.say("year"): years, **columns, style.heading(style.say("total"), "persons"): plain(total)})
    each = joined(style, (f"{names[level]} {figure(means[level][-1], 'persons')}" for level in levels))
    alt = style.say("stocks_alt", first=years[0], last=years[-1], each=each, **people({"start": total[0], "end": total[-1]}))
    return _over_years(style, style.say("stocks"), alt, table, series, years, "persons")


def destinations_bars(result: Result, lang: str, dark: bool, of: Pick | None = None) -> Chart:
    """Return where the graduates picked go, by year: mean counts as shares of all of them; destinations that nobody has are
    left out."""
    style, years, pick = Style(lang, dark), [int(year) for year in result.inputs.years], of or Pick()
    counts = {code: statistics.mean(result.replicate(code, pick)) for code in DESTINATION_COLOURS}
    everyone = sum(counts.values(), np.zeros(len(years)))
    shares = {code: plain(np.divide(count, everyone, out=np.full(len(years), np.nan), where=everyone > 0), "share")
              for code, count in counts.items() if count.any()}
    series = [bars(style, word(INDICATORS, code, lang), style.faint(*DESTINATION_COLOURS[code]), years, share)
              for code, share in shares.items()]
    columns = {style.heading(word(INDICATORS, code, lang), "share"): share for code, share in shares.items()}
    table = pd.DataFrame({style.say("year"): years, **columns})
    name = picked(style, result.scenario, pick)
    heading = style.say("destinations_of", of=name) if name else style.say("destinations")
    last = joined(style, (f"{word(INDICATORS, code, lang)} {share[-1]:.1f} %" for code, share in shares.items()
                          if share[-1] is not None))
    alt = style.say("destinations_alt", last=years[-1], each=last or style.say("none"))
    return _over_years(style, heading, alt, table, series, years, "share", max=100, interval=20)


def entry_sankey(result: Result, year: int, lang: str, dark: bool) -> Chart:
    """Return the flows of one summer: junior graduates to general high school, another way, and the pathways that take them in.

    Entrants by pathway are those of every seat row that takes junior graduates; where actual figures of entrants replaced
    simulated ones, what they added or removed is a flow of its own, so that all flows balance.
    """
    style, y, h = Style(lang, dark), result.inputs.years.tolist().index(year), result.history
    layout = result.values.layout
    parts = {name: float(values[y]) for name, values in junior_parts(result).items()}
    entered = (h.junior[y] - h.general[y] - h.not_local[y])[layout.area_origin == 1].sum(axis=0)
    outside = float(entered.mean())
    pools = layout.gate_pools["junior"]
    by_pathway = summed(h.entrants[y][pools].astype(float), layout.pool_pathway[pools], len(layout.pathways)).mean(axis=-1)
    added = float(by_pathway.sum()) - parts["enrolled"] - outside
    local, in_school = style.say("entry_local"), style.say("wave_enrolled")
    links: list[Link] = [
        (local, style.say("wave_general"), parts["general"]), (local, style.say("wave_other"), parts["other"]),
        (local, in_school, parts["enrolled"]), (style.say("entry_outside"), in_school, outside),
    ]
    if added > 1e-6:
        links.append((style.say("entry_adjusted"), in_school, added))
    links += [(in_school, style.named(result.scenario, "pathways", code), float(n))
              for code, n in zip(layout.pathways, by_pathway, strict=True)]
    if added < -1e-6:
        links.append((in_school, style.say("entry_removed"), -added))
    colours = {local: "ink", style.say("entry_outside"): "grey", style.say("wave_general"): "orange",
               style.say("wave_other"): "grey", in_school: "blue"}
    figures = {"all": parts["junior"], "general": parts["general"], "other": parts["other"], "enrolled": parts["enrolled"],
               "entrants": by_pathway.sum()}
    alt = style.say("entry_alt", year=year, **people(figures))
    return _sankey(style, style.say("entry", year=year), alt, links, colours)


def graduates_sankey(result: Result, year: int, lang: str, dark: bool) -> Chart:
    """Return where the graduates of one year go: from their level by destination to the place or elsewhere (means)."""
    style, layout = Style(lang, dark), result.values.layout
    by_destination = result.history.destinations[result.inputs.years.tolist().index(year)].astype(float)
    flows = np.stack([  # [9, levels]
        summed(rows, layout.group_level, len(layout.levels)).mean(axis=-1) for rows in by_destination
    ])
    names = _destination_names(style)
    merged: dict[tuple[str, str], float] = {}
    for code, by_level in zip(DESTINATIONS, flows, strict=True):
        place = style.say("gone" if code.endswith("_away") or code.startswith("away_") else "here")
        for level, n in zip(layout.levels, by_level, strict=True):
            for ends in ((word(LEVELS, level, lang), names[code]), (names[code], place)):
                merged[ends] = merged.get(ends, 0.0) + float(n)
    colours = {names[code]: DESTINATION_COLOURS[code][0] for code in DESTINATIONS}
    colours |= {style.say("here"): "blue", style.say("gone"): "orange"}
    total = dict(zip(DESTINATIONS, flows.sum(axis=1).tolist(), strict=True))
    own = total["local_matched"] + total["local_below"]
    local = own + total["local_other"] + total["local_other_below"]
    figures = {
        "all": flows.sum(), "own": own, "local": local, "away": total["away_employed"],
        "study": total["further_local"] + total["further_away"], "seeking": total["local_seeking"] + total["away_seeking"],
        "here": local + total["further_local"] + total["local_seeking"],
    }
    alt = style.say("leaving_alt", year=year, **people(figures))
    return _sankey(style, style.say("leaving", year=year), alt, [(*ends, n) for ends, n in merged.items()], colours)


def _destination_names(style: Style) -> dict[str, str]:
    """Return what destinations are called where those at work here are told apart by field alone."""
    names = {code: word(INDICATORS, code, style.lang) for code in DESTINATIONS}
    names |= dict.fromkeys(("local_matched", "local_below"), style.say("own_field"))
    return names | dict.fromkeys(("local_other", "local_other_below"), style.say("other_field"))


def cohort_sankey(flows: pd.DataFrame, scenario: Scenario, intake: int, lang: str, dark: bool) -> Chart:
    """Return the way of one intake from junior graduation by pathway, diploma and destination to the place or elsewhere.

    ``flows`` are those of :func:`skillsim.analysis.cohort.follow` for the scenario and the intake.  Pathways with less than
    ``LITTLE`` of all who are in any are one node, if there are several.
    """
    style, last = Style(lang, dark), scenario.years.last
    in_pathway = flows[flows["target"].str.startswith("pathway:")].groupby("target")["persons"].sum()
    little = in_pathway.index[in_pathway < LITTLE * in_pathway.sum()]
    said = {"local": "entry_local", "outside": "entry_outside", "general_school": "wave_general", "other_way": "wave_other",
            "here": "here", "gone": "gone"}
    said |= {code: f"cohort_{code}" for code in INTAKE_COLOURS if code not in said}
    names = {code: style.say(phrase, last=last) for code, phrase in said.items()} | _destination_names(style)
    names |= {f"pathway:{code}": style.named(scenario, "pathways", code) for code in scenario.pathways}
    names |= {f"level:{code}": style.say("cohort_diploma", level=word(LEVELS, code, lang)) for code in scenario.levels}
    if len(little) > 1:
        names |= dict.fromkeys(little, style.say("cohort_rest"))
    links: dict[tuple[str, str], float] = {}
    for source, target, n in flows.itertuples(index=False):
        ends = names[source], names[target]
        links[ends] = links.get(ends, 0.0) + float(n)
    colours = {names[code]: DESTINATION_COLOURS[code][0] for code in DESTINATIONS}
    colours |= {names[code]: colour for code, colour in INTAKE_COLOURS.items()}
    colours |= {names[f"level:{code}"]: "wine" for code in scenario.levels}
    entered = flows["source"].isin(["local", "outside"]) & flows["target"].isin(in_pathway.index)
    into, out = (flows.groupby(end)["persons"].sum() for end in ("target", "source"))
    figures = {"entered": flows["persons"][entered].sum(), "diploma": into[into.index.str.startswith("level:")].sum()}
    figures |= {name: out.get(name, 0.0) for name in ("local", "added")}
    figures |= {name: into.get(name, 0.0) for name in ("general_school", "other_way", "dropped", "in_school", "removed")}
    figures |= {name: into.reindex(codes).sum() for name, codes in (
        ("employed", list(DESTINATIONS[LOCAL])), ("away", ["away_employed"]), ("study", ["further_local", "further_away"]),
        ("seeking", ["local_seeking", "away_seeking"]),
    )}
    alt = style.say("cohort_alt", year=intake, last=last, **people(figures))
    if figures["added"] or figures["removed"]:
        alt += style.say("cohort_alt_actual", **people(figures))
    return _sankey(style, style.say("cohort", year=intake), alt, [(*ends, n) for ends, n in links.items()], colours, long=True)


def _columns(links: Sequence[Link]) -> dict[str, int]:
    """Return in which column each node stands: after all that flow into it."""
    column = {name: 0 for source, target, _ in links for name in (source, target)}
    for _ in column:
        for source, target, _n in links:
            column[target] = max(column[target], column[source] + 1)
    return column


def _sankey(
    style: Style, heading: str, alt: str, links: Sequence[Link], colours: dict[str, str], long: bool = False,
) -> Chart:
    """Return flows as a chart; those of nobody are left out, and each node says how many pass it.

    ``long``: of up to five columns, in which a way that ends early stops there instead of going on behind all others.
    """
    kept = [link for link in links if link[2] > 0]
    column = _columns(kept)
    into = {name: sum(n for _, target, n in kept if target == name) for name in column}
    out = {name: sum(n for source, _, n in kept if source == name) for name in column}
    data = [{
        "name": name, "itemStyle": {"color": style.colour(colours.get(name, "sky" if into[name] else "ink"))},
        "label": {"formatter": f"{figure(into[name] or out[name], 'persons')} {name}"},
    } for name in column]
    last = max(column.values(), default=0)
    most = max(Counter(at if long or out[name] else last for name, at in column.items()).values(), default=0)
    series: Spec = {
        "type": "sankey", "data": data, "links": [{"source": a, "target": b, "value": n} for a, b, n in kept],
        "left": 4, "right": 150 if long else 230, "nodeGap": 30 if long else 18, "nodeWidth": 14, "draggable": False,
        "nodeAlign": "left" if long else "justify", "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
        "label": {"fontSize": 12, "lineHeight": 15, "width": 140 if long else 215, "overflow": "break",
                  "color": style.colour("ink"), "textBorderColor": style.colour("paper"), "textBorderWidth": 2},
    }
    narrow: Spec = {"right": 118, "label": {"width": 112, "overflow": "truncate"}}
    if long:  # three short lines for each node
        narrow = {"right": 64, "nodeWidth": 8, "nodeGap": 34,
                  "label": {"width": 57, "height": 33, "fontSize": 10, "lineHeight": 11, "lineOverflow": "truncate"}}
    table = pd.DataFrame([(a, b, n) for a, b, n in kept], columns=[style.say("from"), style.say("to"), style.say("people")])
    return drawn(style, heading, alt, table, max(300, (56 if long else 40) * most), [series], None,
                 {"trigger": "item", "valueFormatter": FORMAT["persons"]}, foot=40, narrow={"series": [narrow]})
