"""Published examples and the back-test, in words and tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from skillsim.analysis.backtest import LEVELS, too_few_inside
from skillsim.analysis.collected import Collected
from skillsim.analysis.reproduce import examples
from skillsim.report.answers.calibrate import about
from skillsim.report.shown import figure, span
from skillsim.report.tables import lines
from skillsim.report.terminal import STYLE_OF_TABLE, fit
from skillsim.scenario.types import Scenario
from skillsim.terms import phrase

WORD = 8  # cells of a heading that are kept together: most words, and four characters
NONE = "—"
NOTED = ("kemeny_snell", "heneman_judge", "kapur")  # examples of which more is said than their kind
MARK = " *"  # drawn, of a number; not blind, of a past figure
Rows = list[list[str]]


def _table(title: str, cells: Rows) -> Table:
    """Return a table whose first column folds, whose figures keep their width and whose headings break between words."""
    out, (headings, *rows) = Table(title=title, **STYLE_OF_TABLE), cells
    for i, heading in enumerate(headings):
        out.add_column(heading, justify="left" if i == 0 else "right", overflow="fold", min_width=16 if i == 0 else None)
    for row in rows:
        out.add_row(*row)
    for i, column in enumerate(out.columns[1:], 1):
        words = (min(cell_len(word), WORD) for word in headings[i].split())
        column.min_width = max(*words, *(cell_len(row[i]) for row in rows))
    return out


# ------------------------------------------------------------------------------------------------------------ examples


def number_name(example: str, quantity: str, lang: str) -> str:
    """Return what a number of an example is called."""
    named = {"example": phrase(f"evidence_{example}", lang), "quantity": phrase(f"evidence_{example}_{quantity}", lang)}
    return phrase("evidence_named", lang, **named)


def figures_of(known: str, ours: float, difference: float, tolerance: float) -> list[str]:
    """Return the known number, ours, the difference and what is allowed, as shown: with one digit more than is known."""
    digits = len(known.partition(".")[2]) + 1
    shown = f"{difference:+.{digits}f}"
    return [known, f"{ours:.{digits}f}", shown if float(shown) else "0", f"± {tolerance:.{digits}f}"]


def verdict(table: pd.DataFrame, lang: str) -> str:
    """Return in a sentence how many numbers agree, and which differ."""
    failed = table[~table["passed"]]
    if failed.empty:
        return phrase("evidence_all_pass", lang, n=len(table), examples=table["example"].nunique())
    names = [number_name(row.example, row.quantity, lang) for row in lines(failed)]
    return phrase("evidence_some_fail", lang, n=len(table), k=len(failed), names=("；" if lang == "zh" else "; ").join(names))


def number_rows(table: pd.DataFrame, lang: str) -> Rows:
    """Return what :func:`skillsim.analysis.reproduce.reproduce` found, headings first: an example's name, then its numbers."""
    codes = ("number", "known", "ours", "difference", "tolerance", "passed")
    rows = [[phrase(f"evidence_{code}", lang) for code in codes]]
    for example, numbers in table.groupby("example", sort=False):
        rows.append([phrase(f"evidence_{example}", lang), *[""] * 5])
        rows += [
            [
                "  " + phrase(f"evidence_{example}_{row.quantity}", lang) + (MARK if row.basis != "digits" else ""),
                *figures_of(row.known, row.ours, row.difference, row.tolerance),
                phrase("evidence_yes" if row.passed else "evidence_no", lang),
            ]
            for row in lines(numbers)
        ]
    return rows


def kind_of(example: str, kind: str, lang: str) -> str:
    """Return whether the known numbers of an example were published or follow from what is cited, and what else to say."""
    shown = phrase(f"evidence_{kind}", lang)
    if example not in NOTED:
        return shown
    return phrase("evidence_noted", lang, kind=shown, note=phrase(f"evidence_note_{example}", lang))


def citations(codes: Collection[str], lang: str) -> list[str]:
    """Return where each of some examples comes from, one line each."""
    return [
        phrase(
            "evidence_cited", lang, example=phrase(f"evidence_{row.example}", lang), kind=kind_of(row.example, row.kind, lang),
            citation=row.citation,
        )
        for row in lines(examples()) if row.example in codes
    ]


def show_examples(console: Console, table: pd.DataFrame, lang: str) -> None:
    """Print what :func:`skillsim.analysis.reproduce.reproduce` found, and where the examples come from."""
    console.print(fit(_table(phrase("evidence_examples", lang), number_rows(table, lang)), console))
    for line in citations(set(table["example"]), lang):
        console.print(line, style="dim")
    console.print(verdict(table, lang), style=None if table["passed"].all() else "bold red")


# ------------------------------------------------------------------------------------------------------------ back-test


def percent(share: float, sign: str = "") -> str:
    """Return a share as shown; a dash for none."""
    return NONE if pd.isna(share) else f"{share * 100:{sign}.1f} %"


def figure_name(place: str, indicator: str, level: str, year: int, blind: bool, names: Mapping[str, str], lang: str) -> str:
    """Return what a past figure is called, marked where its forecast was not blind; ``names`` are places' Chinese names."""
    what = phrase(
        "backtest_of", lang, level=phrase(f"backtest_level_{level}", lang), indicator=phrase(f"backtest_{indicator}", lang)
    )
    shown = names.get(place, place) if lang == "zh" else place
    return phrase("backtest_named", lang, place=shown, year=year, what=what, mark="" if blind else MARK)


def _people(value: float, lang: str) -> str:
    unit, few, many = (1e4, 4, 1) if lang == "zh" else (1e3, 3, 0)
    return f"{value / unit:,.{few if value < unit else 2 if value < 100 * unit else many}f}"


def case_rows(table: pd.DataFrame, names: Mapping[str, str], lang: str) -> Rows:
    """Return the cases of a back-test, headings first; ``names`` are places' Chinese names."""
    codes = ("figure", "rule", "actual", "forecast", "range", "inside", "error", "last", "trend")
    return [[phrase(f"backtest_{code}", lang) for code in codes]] + [
        [
            figure_name(row.place, row.indicator, row.level, row.year, row.blind, names, lang),
            phrase(f"backtest_{row.rule}", lang), _people(row.actual, lang), _people(row.forecast, lang),
            f"{_people(row.low, lang)} – {_people(row.high, lang)}",
            phrase("evidence_in" if row.inside_95 else "evidence_out", lang),
            percent(row.share, "+"), percent(row.last_value / row.actual - 1, "+"), percent(row.trend / row.actual - 1, "+"),
        ]
        for row in lines(table)
    ]


def pool_rows(pooled: pd.DataFrame, lang: str) -> Rows:
    """Return pooled scores, headings first, one row a method of forecasting."""
    codes = ("rule", "n", "mape", "crps", *(f"inside_{round(100 * level)}" for level in LEVELS), "against_last", "against_trend")
    return [[phrase(f"backtest_{code}", lang) for code in codes]] + [
        [
            phrase(f"backtest_{row.group}", lang), str(row.cases), percent(row.mape), percent(row.crps),
            *(percent(share) for share in (row.inside_50, row.inside_80, row.inside_95)),
            phrase("backtest_of_n", lang, k=row.better_than_last, n=row.n_last) if row.n_last else NONE,
            phrase("backtest_of_n", lang, k=row.better_than_trend, n=row.n_trend) if row.n_trend else NONE,
        ]
        for row in lines(pooled)
    ]


def summary(pooled: pd.DataFrame, lang: str) -> str:
    """Return in sentences how forecasts and reconstructions did, apart where they are told apart."""
    apart = pooled[pooled["group"].isin(["before", "same_year"])]
    rows = lines(pooled[pooled["group"] == "all"] if apart.empty else apart)
    return (" " if lang == "en" else "").join(_said(row, lang) for row in rows)


def _said(row: Any, lang: str) -> str:
    said = {"n": row.cases, "inside": percent(row.inside_95), "mape": percent(row.mape)}
    parts = [phrase(f"backtest_said_{row.group}", lang, **said)]
    for name, k, n, mine, naive in (
        ("last", row.better_than_last, row.n_last, row.mape_with_last, row.mape_last),
        ("trend", row.better_than_trend, row.n_trend, row.mape_with_trend, row.mape_trend),
    ):
        if n:
            naive_name = phrase(f"backtest_{name}", lang)
            parts.append(phrase("backtest_closer", lang, k=k, n=n, name=naive_name, mine=percent(mine), naive=percent(naive)))
    if too_few_inside(round(row.inside_95 * row.cases), row.cases):
        parts.append(phrase("backtest_narrow", lang, inside=percent(row.inside_95)))
    return ("" if lang == "zh" else " ").join(parts)


def notes(shipped: bool, lang: str) -> str:
    """Return how to read the back-test; of the shipped figures also what it can't show."""
    parts = [phrase("backtest_notes", lang)] if shipped else []
    return (" " if lang == "en" else "").join([*parts, phrase("backtest_reading", lang)])


def show_backtest(
    console: Console, table: pd.DataFrame, pooled: pd.DataFrame, names: Mapping[str, str], shipped: bool, lang: str,
) -> None:
    """Print what :func:`skillsim.analysis.backtest.backtest` found in the shipped figures or in one's own."""
    heading = phrase("backtest_cases", lang, unit=phrase("backtest_unit", lang))
    console.print(fit(_table(heading, case_rows(table, names, lang)), console))
    console.print(fit(_table(phrase("backtest_pooled", lang), pool_rows(pooled, lang)), console))
    console.print(summary(pooled, lang))
    console.print(notes(shipped, lang), style="dim")


# ------------------------------------------------------------------------------------------------------ a place's own


def replay_rows(scenario: Scenario, rows: Sequence[Collected], table: pd.DataFrame, lang: str) -> Rows:
    """Return what :func:`skillsim.analysis.replay.replay` found, headings first."""
    codes = ("figure", "actual", "forecast", "range", "inside", "error", "last", "trend")
    return [[phrase(f"backtest_{code}", lang) for code in codes]] + [
        [
            phrase("backtest_named", lang, place="", year=row.year, what=about(scenario, one, lang), mark="").strip(),
            figure(row.actual, one.unit), figure(row.forecast, one.unit), span(row.low, row.high, one.unit),
            phrase("evidence_in" if row.inside_95 else "evidence_out", lang),
            percent(row.share, "+"), percent(row.last_value / row.actual - 1 if row.actual else float("nan"), "+"),
            percent(row.trend / row.actual - 1 if row.actual else float("nan"), "+"),
        ]
        for one, row in zip(rows, lines(table), strict=True)
    ]


def show_replay(
    console: Console, scenario: Scenario, rows: Sequence[Collected], table: pd.DataFrame, pooled: pd.DataFrame, lang: str,
) -> None:
    """Print what a scenario said beforehand of figures that were counted since."""
    heading = phrase("backtest_place", lang, place=scenario.titled(lang), year=scenario.years.first)
    console.print(fit(_table(heading, replay_rows(scenario, rows, table, lang)), console))
    console.print(summary(pooled, lang))
    console.print(phrase("backtest_place_note", lang, year=scenario.years.first), style="dim")
