"""What made the difference between two scenarios, in words and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from skillsim.analysis.attribution import Explanation
from skillsim.analysis.causes import MOVES, WRITTEN
from skillsim.report.shown import figure, probability, signed, title, unit_of
from skillsim.report.tables import lines
from skillsim.report.terminal import STYLE_OF_TABLE, fit
from skillsim.results import statistics
from skillsim.scenario.labels import label_of
from skillsim.scenario.levers import levers
from skillsim.scenario.policies import CUSTOM
from skillsim.terms import COLUMNS, INDICATORS, LABELS, phrase, word

BAR = 12  # cells of the longest bar
SAME = "same"
VERDICTS = {"higher": "explain_higher", "lower": "explain_lower", SAME: "explain_no_effect"}


def names_of(found: Explanation, lang: str) -> dict[str, str]:
    """Return what each cause is called, by its code."""
    if found.by == "group":
        tables = found.end.tables or {}
        return {
            code: phrase("explain_moves", lang, table=getattr(tables[code.removeprefix(MOVES)].title, lang))
            if code.startswith(MOVES) else phrase(f"explain_{code}", lang) for code in found.parts.names
        }
    if found.by == "policy":
        own = {CUSTOM: phrase("explain_custom", lang), WRITTEN: phrase("explain_written", lang)}
        held = {code: s for s in (found.start, found.end) for code in s.policies}
        return {
            code: own[code] if code in own else title(held[code], "policies", code, lang) if code in held else code
            for code in found.parts.names
        }
    moved = levers(found.start) | levers(found.end)
    return {
        code: moved[code].title(lang) if code in moved else label_of(code, found.end, lang) for code in found.parts.names
    }


def steps_of(
    found: Explanation, code: str, quantity: str, lang: str,
) -> tuple[list[tuple[str, float, float | None]], tuple[str, float], tuple[str, float]]:
    """Return steps, start and end of a target's waterfall as :func:`skillsim.report.charts.waterfall` takes them.

    Each step has its standard error, that of sampled orders included; causes without any effect are left out.
    """
    names, table, totals = names_of(found, lang), found.table(), found.totals()
    rows = table[(table["target"] == code) & (table["quantity"] == quantity) & (table["verdict"] != SAME)]
    (whole,) = lines(totals[(totals["target"] == code) & (totals["quantity"] == quantity)])
    steps: list[tuple[str, float, float | None]] = [
        (names[row.group], row.part, math.hypot(row.mcse, row.sampling_error)) for row in lines(rows)
    ]
    return steps, (found.start.titled(lang), whole.start), (found.end.titled(lang), whole.end)


def show(console: Console, found: Explanation, lang: str) -> None:
    """Print what was asked, a waterfall for each target that anything moves, and what was left out."""
    args = {"a": found.start.titled(lang), "b": found.end.titled(lang)}
    if not found.parts.names:
        console.print(phrase("explain_same", lang, **args))
    else:
        one = len(found.parts.names) == 1
        asked = "explain_head_sampled" if found.parts.permutations else "explain_head_one" if one else "explain_head"
        console.print(phrase(
            asked, lang, **args, n=len(found.parts.names), orders=found.parts.permutations, runs=found.parts.coalitions,
            r=found.replications,
        ) + "\n")
        names, table, totals = names_of(found, lang), found.table(), found.totals()
        moved = [code for code in found.codes if (table.loc[table["target"] == code, "verdict"] != SAME).any()]
        for code in moved:
            console.print(fit(_waterfall(
                found, code, names, table[table["target"] == code], totals[totals["target"] == code], lang,
            ), console))
        still = [title(found.start, "targets", code, lang) for code in found.codes if code not in moved]
        if still:
            console.print(phrase("explain_unmoved", lang, targets=_listed(still, lang)))
        console.print(phrase("explain_note", lang), style="dim")
        if found.replications < statistics.FEW:
            console.print(phrase("explain_few", lang, n=statistics.FEW), style="dim")
    if found.left_out:
        both = found.end.targets | found.start.targets
        left = [getattr(both[code].title, lang) for code in found.left_out]
        console.print(phrase("explain_left", lang, targets=_listed(left, lang)), style="yellow")


def _listed(names: list[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(names)


def _waterfall(
    found: Explanation, code: str, names: dict[str, str], table: pd.DataFrame, totals: pd.DataFrame, lang: str,
) -> Table:
    """Return from where to where a target goes, and by what, the largest part first."""
    target = found.start.targets[code]
    unit = INDICATORS[target.indicator].unit
    says = phrase("explain_title", lang, target=getattr(target.title, lang), year=target.year, unit=unit_of(unit, lang))
    out = Table(title=says, **STYLE_OF_TABLE)
    out.add_column(phrase("explain_cause", lang), overflow="fold", min_width=16)
    out.add_column(phrase("explain_part", lang), justify="right", overflow="fold")
    out.add_column(phrase("explain_size", lang), overflow="fold")
    out.add_column(word(COLUMNS, "interval", lang), justify="right", overflow="fold")
    out.add_column(word(COLUMNS, "verdict", lang), justify="right", overflow="fold")
    parts, each = (table[table["quantity"] == quantity] for quantity in ("value", "probability"))
    (whole,) = lines(totals[totals["quantity"] == "value"])
    most = float(parts["part"].abs().max())
    rows = [
        [phrase("explain_start", lang, name=found.start.titled(lang)), figure(whole.start, unit), "", "", ""],
        *([names[row.group], *_said(row.part, row, unit, lang, _bar(row.part, most))] for row in lines(parts)),
        [phrase("explain_sum", lang), *_said(whole.whole, whole, unit, lang, "")],
        [phrase("explain_end", lang, name=found.end.titled(lang)), figure(whole.end, unit), "", "", ""],
    ]
    if len(each) and found.replications >= statistics.FEW:
        out.add_column(phrase("explain_probability", lang), justify="right", overflow="fold")
        (chance,) = lines(totals[totals["quantity"] == "probability"])
        by_cause = {row.group: _points(row.part, row, row.sampling_error) for row in lines(each)}
        start, end = (probability(p, None, found.replications) for p in (chance.start, chance.end))
        last = [start, *(by_cause[code] for code in parts["group"]), _points(chance.whole, chance, 0.0), end]
        rows = [[*row, cell] for row, cell in zip(rows, last, strict=True)]
    for i, row in enumerate(rows):
        out.add_row(*row, style="bold" if i == len(rows) - 2 else None)
    for column in out.columns[1:]:
        column.min_width = max(cell_len(str(cell)) for cell in column.cells) or 1
    return out


def _said(part: float, row: Any, unit: str, lang: str, bar: str) -> Iterator[str]:
    """Yield a part, its bar, its interval and what they say."""
    told = row.verdict not in (SAME, "too_few", "blank")
    yield "0" if row.verdict == SAME else signed(part, unit)
    yield bar
    yield f"{signed(row.low, unit)} … {signed(row.high, unit)}" if told else "—"
    yield phrase(VERDICTS[row.verdict], lang) if row.verdict in VERDICTS else word(LABELS, row.verdict, lang)


def _points(part: float, row: Any, sampling_error: float) -> str:
    """Return by how many points a probability moves, with its standard error."""
    if row.verdict == SAME:
        return "0"
    error = 100 * math.hypot(row.mcse, sampling_error)
    return f"{part * 100:+.1f}" + (f" ± {error:.1f}" if error >= 0.05 else "")


def _bar(part: float, most: float) -> str:
    """Return a bar as long as a part is large: full for what adds, shaded for what takes away."""
    return ("█" if part > 0 else "▒") * round(BAR * abs(part) / most) if most > 0 else ""
