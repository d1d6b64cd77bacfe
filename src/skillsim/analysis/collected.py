"""Figures that a planner has collected, read from a CSV: what was counted, in which year, of whom, and how exactly."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skillsim.errors import Problem, ScenarioError
from skillsim.results.indicators import Values
from skillsim.scenario import checks
from skillsim.scenario.basic import Pick, Title
from skillsim.scenario.picks import FIELDS, overlap
from skillsim.scenario.types import Scenario, Target
from skillsim.terms import INDICATORS, MESSAGES, Term, why_of
from skillsim.terms.calibrate import HEADINGS

Floats = NDArray[np.float64]
NEEDED = ("indicator", "year", "value")
COLUMNS = (*NEEDED, *(kind for _, kind in FIELDS), "n", "sd", "source")
FIGURES = ("year", "value", "n", "sd")
SEPARATORS = (",", ";", "\t")  # as spreadsheets write, each by its country
BELOW_0 = ("gap", "programme_gap", "expansion_demand")
MOST_BYTES = 1_000_000
MOST_ROWS = 200


@dataclass(frozen=True)
class Collected:
    """A figure: its line in the file, what was counted and of whom, in which year; ``n`` people surveyed (None: not a sample),
    ``sd`` of the figure, and where it comes from; ``file`` in which it stands."""

    line: int
    indicator: str
    of: Pick
    year: int
    value: float
    n: float | None
    sd: float
    source: str
    file: str = ""

    @property
    def unit(self) -> str:
        """Return the indicator's unit."""
        return INDICATORS[self.indicator].unit


def read_collected(path: Path, scenario: Scenario) -> list[Collected]:
    """Read the figures of a CSV file (UTF-8; columns divided by commas, semicolons or tabs) and see that the scenario has them.

    Columns: indicator, year, value; optionally level, pathway, programme, school, industry, area, measure (codes, several joined
    by +; blank for all), n, sd, source; or what these are in Chinese (:data:`~skillsim.terms.calibrate.HEADINGS`).

    Raises
    ------
    ScenarioError
        with every problem, each with its line.
    """
    file = str(path)
    lines = _lines(path)
    if not lines:
        raise ScenarioError([Problem("calibrate_empty", file=file)])
    (top, head), *rows = lines
    names = [HEADINGS.get(name.strip(), name.strip().lower()) for name in head]
    problems = [Problem("calibrate_lacks", file=file, line=top, args={"column": name}) for name in NEEDED if name not in names]
    problems += [checks.unknown("calibrate_column", name, name, COLUMNS) for name in names if name and name not in COLUMNS]
    problems += [
        Problem("calibrate_twice_column", name, args={}) for name in sorted({n for n in names if n and names.count(n) > 1})
    ]
    if problems:
        raise ScenarioError(Problem(p.code, p.path, None, file, top, p.args) for p in problems)
    if not rows or len(rows) > MOST_ROWS:
        code = "calibrate_many_rows" if rows else "calibrate_empty"
        raise ScenarioError([Problem(code, file=file, args={"limit": MOST_ROWS})])
    found = []
    for line, cells in rows:
        if any(cell.strip() and not (names[i] if i < len(names) else "") for i, cell in enumerate(cells)):
            problems.append(Problem("calibrate_cells", file=file, line=line, args={"n": len(names)}))
            continue
        given = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
        row, wrong = _row(file, line, given)
        problems += wrong
        if row is not None:
            found.append(row)
    problems += [*_unfit(found, scenario), *_twice(found), *_replaced(found, scenario)]
    if problems:
        raise ScenarioError(Problem(p.code, p.path, p.value, file, p.line, p.args) for p in problems)
    return found


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the cells of each line that is not blank, with its number."""
    file = str(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError([Problem("file_large", file=file, args={"limit": f"{MOST_BYTES:,}"})])
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ScenarioError([Problem("calibrate_no_file", file=file)]) from error
    except UnicodeError as error:
        raise ScenarioError([Problem("calibrate_encoding", file=file)]) from error
    except OSError as error:
        raise ScenarioError([Problem("file_unreadable", file=file, args={"why": why_of(error)})]) from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(SEPARATORS, key=first.count))
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ScenarioError([Problem("calibrate_csv", file=file, line=reader.line_num)]) from error


def _row(file: str, line: int, given: dict[str, str]) -> tuple[Collected | None, list[Problem]]:
    """Return a row, or what is wrong with its figures."""
    problems = [Problem("missing", line=line, args={"key": name}) for name in NEEDED if not given.get(name)]
    figures: dict[str, float] = {}
    for name in FIGURES:
        if given.get(name):
            figures[name] = _figure(given[name])
            if not math.isfinite(figures[name]):
                problems.append(Problem("number_text", name, given[name], line=line, args={"range": ""}))
    indicator = given.get("indicator", "")
    if indicator and indicator not in INDICATORS:
        problems.append(checks.unknown("target_indicator", "indicator", indicator, INDICATORS))
        problems[-1] = Problem(problems[-1].code, "indicator", indicator, "", line, problems[-1].args)
    if problems:
        return None, problems
    n, sd, value = figures.get("n"), figures.get("sd"), figures["value"]
    problems = [
        Problem(code, path, None if at is None else f"{at:g}", line=line, args=args)
        for code, path, at, args in _senseless(indicator, value, n, sd)
    ]
    if figures["year"] != int(figures["year"]):
        problems.append(Problem("number_text", "year", given["year"], line=line, args={"range": ""}))
    of = {field: [code.strip() for code in given[kind].split("+")] for field, kind in FIELDS if given.get(kind)}
    row = Collected(
        line, indicator, Pick.model_construct(**(Pick().model_dump() | of)), int(figures["year"]), value, n, sd or 0.0,
        given.get("source", ""), file,
    )
    return row, problems


def _figure(text: str) -> float:
    """Return a figure; nan where it is none."""
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _senseless(
    indicator: str, value: float, n: float | None, sd: float | None,
) -> Iterator[tuple[str, str, float | None, dict[str, object]]]:
    """Yield what can't be of an indicator's value, of the number surveyed, and of the standard deviation."""
    unit = INDICATORS[indicator].unit
    if unit == "share" and not 0 <= value <= 1:
        hint = Term("", "")
        if 1 < value <= 100:
            term = MESSAGES["hint_percent"]
            hint = Term(term.zh.format(value=f"{value / 100:g}"), term.en.format(value=f"{value / 100:g}"))
        yield "calibrate_share", "value", value, {"hint": hint}
    elif value < 0 and indicator not in BELOW_0:
        yield "calibrate_negative", "value", value, {}
    if n is not None and unit != "share":
        yield "calibrate_n_of_count", "n", n, {}
    elif n is not None and n < 1:
        yield "calibrate_n", "n", n, {}
    if sd is not None and sd < 0:
        yield "calibrate_sd", "sd", sd, {}
    if unit == "share" and n is None and sd is None:
        yield "calibrate_n_missing", "", None, {}
    if unit == "ratio" and not sd:
        yield "calibrate_sd_missing", "", None, {}


def _unfit(rows: Sequence[Collected], scenario: Scenario) -> Iterator[Problem]:
    """Yield what the scenario has not got of what the rows are about: checked as targets are."""
    title, kinds = Title(zh="-", en="-"), dict(FIELDS)
    asked = {
        f"row_{row.line}": Target(title=title, indicator=row.indicator, of=row.of, year=row.year, direction="show", clause="-")
        for row in rows
    }
    for problem in checks.check(scenario.model_copy(update={"targets": asked})):
        first, _, rest = problem.path.partition(".")
        name, _, part = rest.partition(".")
        if first == "targets" and name in asked:
            at = part.split(".")
            path = kinds.get(at[1], "") if at[0] == "of" and len(at) > 1 else at[0] if at[0] in NEEDED else ""
            yield Problem(problem.code, path, problem.value, "", int(name.removeprefix("row_")), problem.args)


def _twice(rows: Sequence[Collected]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for row in rows:
        about = f"{row.indicator} {row.year} {row.of}"
        if about in seen:
            yield Problem("calibrate_twice_row", line=row.line, args={"other": seen[about]})
        seen.setdefault(about, row.line)


def _replaced(rows: Sequence[Collected], scenario: Scenario) -> Iterator[Problem]:
    """Yield the rows that the scenario itself replaces by actual figures: these come out whatever the parameters."""
    for row in rows:
        kind = "local_retention" if row.indicator.startswith("local_retention") else row.indicator
        same = [one for one in scenario.observed if (one.indicator, one.year) == (kind, row.year)]
        if any(overlap(scenario, one.of, row.of) for one in same):
            yield Problem("calibrate_observed", "indicator", row.indicator, line=row.line, args={"year": row.year})


def reader(rows: Sequence[Collected], first: int) -> Callable[[Values], Floats]:
    """Return what reads the figures of rows from a run whose first year is ``first``: [rows, replications]."""
    about: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        about.setdefault(f"{row.indicator} {row.of}", []).append(i)

    def read(values: Values) -> Floats:
        out = np.empty((len(rows), values.replications))
        for which in about.values():
            by_year = values.value(rows[which[0]].indicator, rows[which[0]].of)
            for i in which:
                out[i] = by_year[rows[i].year - first]
        return out

    return read
