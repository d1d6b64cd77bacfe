"""What targets hang on, in words and tables: figures worth collecting, a tornado, effects and shares of variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skillsim.analysis.designed import groups
from skillsim.analysis.sensitivity import DUMMY, FIRST, MOST, REST, Study, name_of, process_noise
from skillsim.report.shown import figure, probability, run_name, span, unit_of
from skillsim.report.tables import lines
from skillsim.report.terminal import STYLE_OF_TABLE, _room_of, fit
from skillsim.results import statistics
from skillsim.scenario.labels import label_of
from skillsim.scenario.types import Scenario
from skillsim.terms import INDICATORS, phrase, word
from skillsim.terms.fields import SOURCES

BAR = 30  # cells
VISIBLE = 0.01  # of the widest bar: shorter ones are left out


def show(study: Study, console: Console, lang: str) -> None:
    """Print what was found of each target."""
    for code in study.codes:
        target = study.result.scenario.targets[code]
        told = {"target": getattr(target.title, lang), "year": target.year, "run": run_name(study.result, lang)}
        console.print(phrase("sens_head", lang, **told), style="bold")
        console.print(now(study, code, lang))
        console.print()
        for line in to_collect(study, code, lang):
            console.print(line)
        if len(study.worth[code]):
            console.print(phrase("sens_note_worth", lang), style="dim")
        console.print()
        bars = study.bars[study.bars["output"] == f"{code}:value"].head(MOST)
        if (bars["low"] == bars["high"]).all():
            console.print(phrase("sens_flat", lang))
        else:
            console.print(fit(tornado(study, bars, code, lang), console))
        if study.indexed is not None:
            console.print(fit(effects(study, code, lang), console))
            sd = size(process_noise(study.result, code), INDICATORS[target.indicator].unit, lang)
            console.print(phrase("sens_note", lang, sd=sd), style="dim")
        console.print()


def named(scenario: Scenario, name: str, lang: str) -> str:
    """Return the readable name of a group of numbers."""
    paths = groups(scenario)[name]
    first = label_of(paths[0], scenario, lang)
    return phrase("sens_shared", lang, name=first, n=len(paths)) if len(paths) > 1 else first


def size(value: float, unit: str, lang: str) -> str:
    """Return a difference without a sign, with its unit; of shares in percentage points."""
    return f"{amount(value, unit)} {unit_of(unit, lang)}"


def amount(value: float, unit: str) -> str:
    """Return a difference without its unit."""
    return figure(value, unit).removesuffix(" %")


def now(study: Study, code: str, lang: str) -> str:
    """Return in a sentence what the run says of a target."""
    result = study.result
    row = next(row for row in lines(result.targets()) if row.target == code)
    unit = INDICATORS[row.indicator].unit
    told = {"mean": figure(row.mean, unit), "span": span(row.p05, row.p95, unit)}
    p = probability(row.probability, row.mcse, result.replications)
    return phrase("sens_now_shown", lang, **told) if p == "—" else phrase("sens_now", lang, **told, p=p)


def to_collect(study: Study, code: str, lang: str) -> list[str]:
    """Return in sentences the figures most worth collecting for a target, and what is to be said of all others."""
    table = study.worth[code]
    if table.empty:
        return [phrase("sens_still", lang)]
    clear = table["clear"].astype(bool)
    first = [_worth(study, code, i, row, lang) for i, row in enumerate(lines(table[clear].head(FIRST)), 1)]
    first += _after(study, code, table[~clear], len(first), lang)
    out = [phrase("sens_first", lang), *first] if first else []
    told = {"n": int((~clear).sum()), "floor": f"{table['floor'].iloc[0] * 100:.1f} %", "pairs": study.result.replications // 2}
    return [*out, phrase("sens_left", lang, **told)] if told["n"] and clear.sum() < FIRST else out


def _after(study: Study, code: str, unclear: pd.DataFrame, told: int, lang: str) -> list[str]:
    """Return what comes next where fewer figures than ``FIRST`` are clear: by the shares of variance on means."""
    if study.indexed is None:
        return []
    rows = {name_of(row): row for row in lines(unclear)}
    mine = study.indexed[(study.indexed["output"] == f"{code}:value") & study.indexed["clear"].astype(bool)]
    found = [each for each in lines(mine) if each.name in rows][: FIRST - told]
    out = []
    for i, each in enumerate(found, told + 1):
        row, name = rows[each.name], named(study.result.scenario, each.name, lang)
        kind = word(SOURCES, row.kind, lang)
        said = phrase("sens_next", lang, i=i, name=name, kind=kind, share=f"{each.ST * 100:.0f} %")
        out.append(said + _asking(row, lang, "sens_halves_own"))
    return out


def _worth(study: Study, code: str, i: int, row: Any, lang: str) -> str:
    """Return what it would do to know a figure, and how many must be asked."""
    result = study.result
    unit = INDICATORS[result.scenario.targets[code].indicator].unit
    name = named(result.scenario, name_of(row), lang)
    told = {"width": amount(row.width, unit), "known": amount(row.width_known, unit), "unit": unit_of(unit, lang)}
    said = phrase("sens_known", lang, i=i, name=name, kind=word(SOURCES, row.kind, lang), **told)
    if not np.isnan(row.flips) and result.replications >= statistics.FEW:
        low, high = (statistics.shown_probability(p, result.replications) for p in (row.p_low, row.p_high))
        said += phrase("sens_ends", lang, low=low, high=high)
        if row.flips > 0:
            said += phrase("sens_flips", lang, flips=statistics.shown_probability(row.flips, result.replications))
    return said + _asking(row, lang, "sens_halves", halves=amount(row.halves, unit), unit=told["unit"])


def _asking(row: Any, lang: str, many: str, **told: str) -> str:
    """Return how a figure is to be known better; ``many`` is the phrase of what many answers do."""
    if row.asked == "record":
        return phrase("sens_record", lang)
    if row.asked == "later":
        return phrase("sens_later", lang)
    if np.isnan(row.n_half):
        return phrase("sens_blank", lang)
    return phrase(many, lang, ask=phrase(f"sens_ask_{row.asked}", lang, n=f"{row.n_half:,.0f}"), **told)


def tornado(study: Study, bars: pd.DataFrame, code: str, lang: str) -> Table:
    """Return the bars of the figures that move a target's value most, the widest first."""
    scenario = study.result.scenario
    unit = INDICATORS[scenario.targets[code].indicator].unit
    base = float(bars["baseline"].iloc[0])
    ends = bars[["low", "high"]].to_numpy()
    least, most = float(ends.min()), float(ends.max())
    out = Table(title=phrase("sens_bars", lang, base=figure(base, unit)), **STYLE_OF_TABLE)
    out.add_column(phrase("sens_figure", lang), overflow="fold", min_width=16)
    for name in ("sens_low", "sens_high"):
        out.add_column(phrase(name, lang), justify="right", min_width=8)
    out.add_column(phrase("sens_bar", lang), min_width=BAR + 1, no_wrap=True)
    for row in lines(bars[(bars["high"] - bars["low"]).abs() >= VISIBLE * (most - least)]):
        at = [round((x - least) / (most - least) * BAR) for x in (row.low, base, row.high)]
        bar = "".join(
            "│" if cell == at[1] else "█" if min(at) <= cell <= max(at) else " " for cell in range(BAR + 1)
        )
        out.add_row(named(scenario, row.name, lang), figure(row.low, unit), figure(row.high, unit), bar)
    return out


def effects(study: Study, code: str, lang: str) -> Table:
    """Return elementary effects and shares of variance of the figures that matter most, of all others, and of none."""
    assert study.screened is not None and study.indexed is not None
    scenario = study.result.scenario
    unit = INDICATORS[scenario.targets[code].indicator].unit
    value, chance = ({
        row.name: row for row in lines(study.indexed[study.indexed["output"] == f"{code}:{what}"])
    } for what in ("value", "probability"))
    moved = {row.name: row for row in lines(study.screened[study.screened["output"] == f"{code}:value"])}
    out = Table(title=phrase("sens_indices", lang), **STYLE_OF_TABLE)
    out.add_column(phrase("sens_figure", lang), overflow="fold", min_width=16)
    for name in ("sens_effect", "sens_mixed", "sens_alone", "sens_total", *(["sens_total_p"] if chance else []), "sens_clear"):
        head = phrase(name, lang, unit=unit_of(unit, lang))
        out.add_column(head, justify="right", overflow="fold", min_width=max(_room_of(head), 10))
    left = len(groups(scenario)) - len(value) + sum(name in value for name in (REST, DUMMY))
    own = {REST: phrase("sens_rest", lang, n=left), DUMMY: phrase("sens_dummy", lang)}
    for name in sorted(value, key=lambda name: ((REST, DUMMY).index(name) + 1 if name in own else 0)):
        row, each = value[name], moved.get(name)
        shares = [_within(row.S1, row.S1_conf), _within(row.ST, row.ST_conf)]
        shares += [_within(chance[name].ST, chance[name].ST_conf)] if chance else []
        sizes = ["—"] * 2 if each is None else [amount(x, unit) for x in (each.mu_star, each.sigma)]
        clear = phrase("sens_yes" if row.clear else "sens_no", lang)
        out.add_row(own.get(name) or named(scenario, name, lang), *sizes, *shares, Text(clear))
    return out


def _within(share: float, half: float) -> str:
    return "—" if np.isnan(share) else f"{round(share * 100) + 0:d} ± {half * 100:.0f} %"
