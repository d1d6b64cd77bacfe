"""The people in tables of stages, as rows under words, for the terminal and documents alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from skillsim.report.shown import figure, run_name
from skillsim.results.result import Result
from skillsim.scenario.flow import LEFT, FlowTable
from skillsim.scenario.types import Scenario
from skillsim.terms import phrase

MOST = 8  # years that are shown


def people(result: Result, lang: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield a heading for each table, and who is there and has left by year: mean, and below it the 5 to 95 % range where there
    is any."""
    frame, years = result.frame(), shown_years(result.scenario)
    there = dict(zip(result.values.layout.flow.stages, result.inputs.of_stages("start")[0].mean(axis=-1), strict=True))
    heads = [phrase("table_stage", lang), phrase("table_start", lang, year=result.scenario.years.first - 1), *map(str, years)]
    for code, table in (result.scenario.tables or {}).items():
        at = {(row["indicator"], row["level"], row["year"]): row for row in frame[frame["pathway"] == code].to_dict("records")}
        start = {stage: figure(float(there[code, stage]), "persons") for stage in table.stages}
        total = figure(float(sum(there[code, stage] for stage in table.stages)), "persons")
        asked = [(getattr(stage.title, lang), "table_stock", name, start[name]) for name, stage in table.stages.items()]
        asked += [(phrase("table_all", lang), "table_stock", "", total)] if len(asked) > 1 else []
        asked.append((phrase("table_recruits_of", lang), "table_recruits", "", "—"))
        asked += [(exit_title(table, name, lang), "table_exits", name, "—") for name in exits(table)]
        rows = []
        for name, indicator, level, before in asked:
            found = [at[indicator, level, year] for year in years]
            if indicator == "table_stock" or any(row["mean"] for row in found):
                rows.append((name, before, *map(_ranged, found)))
        ranged = any("\n" in cell for row in rows for cell in row)
        names = {"run": run_name(result, lang), "table": getattr(table.title, lang)}
        title = phrase("table_ranges" if ranged else "table_title", lang, **names)
        yield title, pd.DataFrame(rows, columns=heads)


def shown_years(scenario: Scenario) -> list[int]:
    """Return the years that are shown: all of a few, else the first, the last, those of targets nearest to today, and the years
    after the first."""
    first, last = scenario.years.first, scenario.years.last
    if last - first < MOST:
        return list(range(first, last + 1))
    asked = sorted((target.year for target in scenario.targets.values()), key=lambda year: abs(year - scenario.as_of.year))
    return sorted(list(dict.fromkeys([first, last, *asked, *range(first, last)]))[:MOST])


def exits(table: FlowTable) -> list[str]:
    """Return the exits of a table in the order of the file, that of whoever a row sends nowhere last."""
    return list(dict.fromkeys([*table.exits, LEFT]))


def exit_title(table: FlowTable, code: str, lang: str) -> str:
    """Return what an exit is called."""
    if code in table.exits:
        return phrase("table_exit", lang, exit=getattr(table.exits[code].title, lang))
    return phrase("table_left" if table.exits else "table_left_alone", lang)


def part(table: FlowTable, code: str, lang: str) -> str:
    """Return what a stage or an exit is called; nothing where none is named."""
    if code in table.stages:
        return str(getattr(table.stages[code].title, lang))
    return exit_title(table, code, lang) if code else ""


def _ranged(row: Mapping[Any, Any]) -> str:
    mean, low, high = (figure(float(row[name]), "persons") for name in ("mean", "p05", "p95"))
    return mean if low == high else f"{mean}\n({low}–{high})"
