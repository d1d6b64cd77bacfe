"""What the terminal shows: numbers from the result's frames, words from the catalogue."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from skillsim.analysis.compare import Comparison
from skillsim.results import statistics
from skillsim.results.result import Result, provenance
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LEVELS, phrase, word

MAIN = (
    ("junior_graduates", "", ""), ("seats", "", ""), ("entrants", "", ""), ("completion", "", ""), ("long_track_share", "", ""),
    ("headcount", "", ""), ("headcount", "level", ""), ("dropouts", "", ""), ("transfer_rate", "", ""), ("graduates", "", ""),
    ("further_local", "", ""), ("further_away", "", ""), ("local_employed", "", ""), ("local_retention_r1", "", ""),
)
STYLE = {"likely": "bold cyan", "open": "bold yellow", "unlikely": "bold magenta"}


def figure(value: float | None, unit: str) -> str:
    """Return a figure as shown: people as whole numbers with separators, shares as per cent."""
    if value is None or math.isnan(value):
        return "—"
    return f"{value * 100:.1f} %" if unit == "share" else f"{value:,.0f}"


def signed(value: float, unit: str) -> str:
    """Return a difference as shown; differences of shares are in percentage points."""
    if math.isnan(value):
        return "—"
    return f"{value * 100:+.2f} pp" if unit == "share" else f"{value:+,.1f}"


def title(scenario: Scenario, kind: str, code: str, lang: str) -> str:
    """Return the title of a part of the scenario, or its code."""
    item = getattr(scenario, kind).get(code)
    return getattr(item.title, lang) if item is not None else code


def run_name(result: Result, lang: str) -> str:
    """Return what a run is called: the scenario's title, or those of its policies."""
    scenario = result.scenario
    if not scenario.applied:
        return str(getattr(scenario.title, lang))
    return " + ".join(title(scenario, "policies", code, lang) for code in scenario.applied)


def counts(scenario: Scenario, lang: str) -> str:
    """Return the scenario's size and the provenance of its figures, in two lines."""
    found = provenance(scenario)
    size = phrase(
        "counts", lang, institutions=len(scenario.institutions),
        placeholders=sum(i.placeholder for i in scenario.institutions.values()),
        pathways=len({row.pathway for row in scenario.quota.rows}), programmes=len(scenario.programmes),
        areas=len(scenario.areas), bands=len(scenario.choice.bands), rows=len(scenario.quota.rows),
    )
    kinds = found["kinds"]
    share = f"{found['assumed_share'] * 100:.0f} %"
    assumed = kinds.get("assumed", 0) + kinds.get("unstated", 0)
    return size + "\n" + phrase("provenance", lang, n=found["numbers"], assumed=assumed, share=share)


def probability(p: float | None, error: float | None, replications: int) -> str:
    """Return a probability with its error as shown: to 5 points below 1,000 replications; none below 200."""
    if p is None or math.isnan(p):
        return "—"
    if replications < statistics.FEW:
        return "—"
    digits = 0 if error is None or math.isnan(error) or error >= 0.005 or error == 0 else 1
    return f"{statistics.shown_probability(p, replications) * 100:.0f} % ± {(error or 0) * 100:.{digits}f}"


def _head(table: Table, lang: str, *names: str) -> None:
    for i, name in enumerate(names):
        table.add_column(word(COLUMNS, name, lang), justify="left" if i == 0 else "right", overflow="fold")


def targets(result: Result, lang: str) -> Table:
    """Return the table of targets of one run."""
    out = Table(title=f"{run_name(result, lang)} · {phrase('targets', lang)}", box=box.SIMPLE_HEAD, title_justify="left")
    _head(out, lang, "target", "year", "goal", "mean", "range", "probability", "label", "first_year_met", "movable_until")
    rows = {row["target"]: row for row in result.targets().to_dict("records")}
    for code, target in result.scenario.targets.items():
        row = rows[code]
        unit = INDICATORS[target.indicator].unit
        goal = "—"
        if target.value is not None:
            goal = f"{'≤' if target.direction == 'at_most' else '≥'} {figure(target.value, unit)}"
        elif target.band is not None:
            goal = "–".join(figure(v, unit) for v in target.band)
        name = getattr(target.title, lang) + ("" if target.year_stated else word(LABELS, "year_assumed", lang))
        movable = "—" if target.direction == "show" else phrase("too_late", lang)
        out.add_row(
            name, str(target.year), goal, figure(row["mean"], unit), f"{figure(row['p05'], unit)} – {figure(row['p95'], unit)}",
            probability(row["probability"], row["mcse"], result.replications),
            Text(word(LABELS, row["label"], lang), style=STYLE.get(row["label"], "")),
            "—" if pd.isna(row["first_year_met"]) else str(row["first_year_met"]),
            movable if pd.isna(row["movable_until"]) else str(row["movable_until"]),
        )
    return out


def indicators(result: Result, lang: str) -> Table:
    """Return the main indicators of one run in the years that matter: first, as_of, target years, last."""
    scenario = result.scenario
    years = {scenario.years.first, scenario.as_of.year, scenario.years.last, *(t.year for t in scenario.targets.values())}
    shown = sorted(years)[:7]
    out = Table(title=phrase("indicators", lang), box=box.SIMPLE_HEAD, title_justify="left")
    _head(out, lang, "indicator")
    for year in shown:
        out.add_column(str(year), justify="right")
    frame = result.frame().set_index("year")
    whole = (frame[["area", "pathway", "programme", "industry"]] == "").all(axis=1)
    for indicator, part, _ in MAIN:
        mine = frame[whole & (frame["indicator"] == indicator)]
        for level in [c for c in scenario.levels if (mine["level"] == c).any()] if part else [""]:
            rows = mine[mine["level"] == level]
            if rows.empty:
                continue
            name = word(INDICATORS, indicator, lang) + (f" · {word(LEVELS, level, lang)}" if level else "")
            unit = INDICATORS[indicator].unit
            out.add_row(name, *(figure(float(rows.loc[y, "mean"]), unit) for y in shown))  # type: ignore[arg-type]
    return out


def shown_run(result: Result, lang: str) -> Group:
    """Return all that is shown of one run."""
    return Group(targets(result, lang), indicators(result, lang))


def difference(comparison: Comparison, lang: str) -> Table:
    """Return the table of paired differences of targets."""
    name = run_name(comparison.baseline, lang)
    out = Table(title=phrase("differences", lang, base=name), box=box.SIMPLE_HEAD, title_justify="left")
    _head(out, lang, "scenario", "target", "year", "baseline", "difference", "interval", "verdict", "probability")
    of = {run.name: run for run in comparison.others}
    for row in comparison.targets().to_dict("records"):
        run = of[row["scenario"]]
        target = run.scenario.targets[row["target"]]
        unit = INDICATORS[target.indicator].unit
        interval = "—" if row["verdict"] == "same" else f"{signed(row['low'], unit)} … {signed(row['high'], unit)}"
        change = "—"
        if row["probability"] is not None and not pd.isna(row["probability"]) and run.replications >= statistics.FEW:
            both = (row["probability_baseline"], row["probability"])
            before, after = (statistics.shown_probability(p, run.replications) for p in both)
            change = f"{before * 100:.0f} → {after * 100:.0f} %"
        out.add_row(
            run_name(run, lang), getattr(target.title, lang), str(target.year), figure(row["baseline"], unit),
            "0" if row["verdict"] == "same" else signed(row["difference"], unit), interval,
            word(LABELS, row["verdict"], lang), change,
        )
    return out


def show(console: Console, results: Sequence[Result], comparison: Comparison | None, lang: str) -> None:
    """Print runs and, where given, their differences."""
    for result in results:
        console.print(shown_run(result, lang))
    if comparison is not None and comparison.others:
        console.print(difference(comparison, lang))
    day = results[0].scenario.retention.measured_on
    console.print(phrase("error_note", lang, date=day), style="dim")
    shares = results[0].assumed_variance or {}
    resting = [code for code, share in shares.items() if share > 0.5]
    if resting:
        names = [getattr(results[0].scenario.targets[code].title, lang) for code in resting]
        parts = [f"{name} {shares[code] * 100:.0f} %" for name, code in zip(names, resting, strict=True)]
        console.print(phrase("assumed_note", lang, targets=("；" if lang == "zh" else "; ").join(parts)), style="yellow")
