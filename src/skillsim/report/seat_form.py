"""The seat plan of a year as a form that a bureau could sign: an Excel workbook with the plan, the reasons, and how the figures
came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from skillsim.errors import Problem, ScenarioError
from skillsim.report import shown, tables
from skillsim.report.workbook import FAMILY, HEAD, LINE, described, lines_in, packed, put, sheet_name
from skillsim.results.result import Result
from skillsim.results.seat_plan import KEYS
from skillsim.terms import COLUMNS, REASONS, STEPS, phrase, word

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HEADS = ("no", "school", "programme", "pathway", "areas", "last", "now", "change", "why", "remark")
WIDTHS = (6.0, 26.0, 30.0, 26.0, 20.0, 10.0, 10.0, 8.0, 34.0, 17.0)
STEPS_SHOWN = 3  # in the reason of a row
SUM = "F2F2F2"
EDGE = Side(style="thin", color="000000")
FIGURES = "#,##0"
MOVES = "+#,##0;-#,##0;0"


@dataclass(frozen=True)
class Plan:
    """The plan of a year: ``rows`` by school and programme with codes, ``last`` and ``now`` whole seats of the year before and of
    the year, and what :meth:`Result.seat_plan` says of each row; rows without seats in both years are left out."""

    year: int
    rows: pd.DataFrame


def apportioned(means: Floats, total: int | None = None) -> Ints:
    """Return whole numbers [n] that sum to a total (default: the sum of the means, rounded), each the mean rounded down or up.

    Those with the largest remainders are rounded up (Hamilton's method), of equal ones the first; whole means stay as they are.
    """
    means = np.round(means, 6)  # a hair below a whole number is that number
    whole = np.floor(means).astype(np.int64)
    more = (int(np.floor(means.sum() + 0.5)) if total is None else total) - int(whole.sum())
    first = np.argsort(-(means - whole), kind="stable")[:more]
    whole[first] += 1
    return whole


def by_school(means: Floats, schools: Sequence[str]) -> Ints:
    """Return whole seats [rows]: the total is apportioned to schools, then what a school has to its rows."""
    codes = np.array(schools)
    names = list(dict.fromkeys(schools))
    sums = apportioned(np.array([means[codes == name].sum() for name in names]))
    out = np.zeros(len(means), dtype=np.int64)
    for name, total in zip(names, sums, strict=True):
        out[codes == name] = apportioned(means[codes == name], int(total))
    return out


def plan(result: Result, year: int) -> Plan:
    """Return the plan of a year.

    Raises
    ------
    ScenarioError
        if the year is not one of the run's.
    """
    years = result.inputs.years.tolist()
    if year not in years:
        raise ScenarioError([Problem("seat_year", "year", year, args={"year": year, "first": years[0], "last": years[-1]})])
    frame = result.seat_plan()
    rows = frame[frame["year"] == year].reset_index(drop=True)
    before = _before(result) if year == years[0] else frame[frame["year"] == year - 1].set_index(list(KEYS))["seats"]
    last = np.array([float(before[key]) for key in rows[list(KEYS)].itertuples(index=False, name=None)])
    schools = rows["school"].tolist()
    rows = rows.assign(last=by_school(last, schools), now=by_school(rows["seats"].to_numpy(dtype=float), schools))
    return Plan(year, rows[(rows["last"] > 0) | (rows["now"] > 0)].reset_index(drop=True))


def _before(result: Result) -> pd.Series:
    """Return the mean seats by row of the year before the first."""
    pathway, school, programme, areas = zip(*(key.split(".") for key in result.inputs.layout.pools), strict=True)
    at = pd.MultiIndex.from_arrays([school, programme, pathway, areas], names=list(KEYS))
    return pd.Series(result.history.before[0].astype(float).mean(axis=-1), index=at)


def write(result: Result, year: int, lang: str) -> bytes:
    """Return the workbook of a year's plan: the form, the reasons in detail, and how the figures came about.

    Raises
    ------
    ScenarioError
        if the year is not one of the run's.
    """
    found = plan(result, year)
    workbook = Workbook()
    workbook.remove(workbook.active)
    described(workbook, _title(result, year, lang))
    names: set[str] = set()
    for code, fill in (("form", _form), ("reasons", _reasons), ("figures", _figures)):
        fill(workbook.create_sheet(sheet_name(_say(f"sheet_{code}", lang, year=year), names)), result, found, lang)
    return packed(workbook)


def _say(code: str, lang: str, **args: Any) -> str:
    return phrase(f"seats_{code}", lang, **args)


def _title(result: Result, year: int, lang: str) -> str:
    return _say("title", lang, place=getattr(result.scenario.title, lang), year=year)


# ---- the form


def _form(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the first sheet: title, blanks, warning, the rows with subtotals, and where it is signed."""
    last = len(HEADS)
    _across(sheet, 1, 1, last, _title(result, found.year, lang), lang, size=18, bold=True, horizontal="center")
    sheet.row_dimensions[1].height = 26.0 * lines_in(_title(result, found.year, lang), sum(WIDTHS) / 1.9)
    _across(sheet, 2, 1, 4, _say("by", lang), lang)
    _across(sheet, 2, 5, 7, _say("filled", lang), lang)
    _across(sheet, 2, 8, last, _say("unit", lang), lang, horizontal="right")
    warning = _say("warning", lang, run=shown.run_name(result, lang), r=result.replications)
    _across(sheet, 3, 1, last, warning, lang, bold=True, color="C00000")
    sheet.row_dimensions[2].height, sheet.row_dimensions[3].height = 20, LINE * lines_in(warning, sum(WIDTHS)) + 4
    _head(sheet, 4, [_say(f"col_{code}", lang, last=found.year - 1, year=found.year) for code in HEADS], lang)
    row, moved = 5, _moved(result, found)
    for number, item in _numbered(found):
        if number is None:
            _sum(sheet, row, item, lang)
        else:
            why = reason_of(item, moved.get(_key(item)), lang)
            _row(sheet, row, [number, *words_of(result, item, lang), item.last, item.now, item.now - item.last, why,
                              _remark(result, item, lang)], WIDTHS, lang)
        row += 1
    row = _signed(sheet, row + 1, lang)
    for i, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = "A5"
    _printed(sheet, 4, lang)
    sheet.print_area = f"A1:{get_column_letter(last)}{row}"


def _numbered(found: Plan) -> Iterator[tuple[int | None, Any]]:
    """Yield each row with its number, after each school its sum and at the end that of all, which have none."""
    number = 0
    for school, part in found.rows.groupby("school", sort=False):
        for item in part.itertuples(index=False):
            number += 1
            yield number, item
        yield None, {"school": str(school), "last": int(part["last"].sum()), "now": int(part["now"].sum())}
    yield None, {"school": "", "last": int(found.rows["last"].sum()), "now": int(found.rows["now"].sum())}


def words_of(result: Result, item: Any, lang: str) -> list[str]:
    """Return what a row is in words: school, programme, pathway, source areas."""
    scenario = result.scenario
    titles = [shown.title(scenario, kind, code, lang) for kind, code in (
        ("institutions", item.school), ("programmes", item.programme), ("pathways", item.pathway))]
    return [*titles, tables.areas(scenario, item.areas, lang)]


def _key(item: Any) -> tuple[str, ...]:
    return tuple(getattr(item, code) for code in KEYS)


def _moved(result: Result, found: Plan) -> dict[Any, pd.DataFrame]:
    """Return the log of the plan's year by row."""
    log = result.plan_log()
    return dict(iter(log[log["year"] == found.year].groupby(list(KEYS), sort=False)))


def reason_of(item: Any, steps: pd.DataFrame | None, lang: str) -> str:
    """Return why a row's seats are what they are: the steps that moved most of them (means, at least one seat), so that what is
    said agrees with the change; where there are none, the reason that most replications have."""
    if steps is not None:
        sizes = steps["move"].abs()
        most = steps.loc[sizes[sizes >= 1].sort_values(ascending=False, kind="stable").index[:STEPS_SHOWN]]
        if len(most):
            each = (f"{word(STEPS, step.step, lang)} {shown.whole(step.move)}" for step in tables.lines(most))
            return ("；" if lang == "zh" else "; ").join(each)
    return word(REASONS, item.reason, lang)


def _remark(result: Result, item: Any, lang: str) -> str:
    """Return what must be said of a row: that its school stands for one that is not named, that it is new or closed."""
    parts = []
    if result.scenario.institutions[item.school].placeholder:
        parts.append(_say("placeholder", lang))
    if item.now == 0 or item.last == 0:
        parts.append(_say("closed" if item.now == 0 else "new", lang))
    return ("；" if lang == "zh" else "; ").join(parts)


def _row(sheet: Worksheet, row: int, values: Sequence[Any], widths: Sequence[float], lang: str) -> None:
    """Write a row of the plan."""
    for j, value in enumerate(values, 1):
        cell = sheet.cell(row, j)
        put(cell, value)
        figure = not isinstance(value, str)
        cell.font = Font(name=FAMILY[lang], size=10.5)
        side = "center" if j == 1 else "right" if figure else None
        indent = 0 if figure or j == 1 else 1
        cell.alignment = Alignment(horizontal=side or "left", vertical="center", wrap_text=True, indent=indent)
        cell.border = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
        if figure and j > 1:
            cell.number_format = MOVES if j == HEADS.index("change") + 1 else FIGURES
    sheet.row_dimensions[row].height = LINE * max(lines_in(v, w) for v, w in zip(values, widths, strict=True)) + 3


def _sum(sheet: Worksheet, row: int, item: dict[str, Any], lang: str) -> None:
    """Write the sum of a school, or of all."""
    name = _say("subtotal" if item["school"] else "total", lang)
    _row(sheet, row, ["", name, "", "", "", item["last"], item["now"], item["now"] - item["last"], "", ""], WIDTHS, lang)
    for j in range(1, len(HEADS) + 1):
        cell = sheet.cell(row, j)
        cell.font = Font(name=FAMILY[lang], size=10.5, bold=True)
        cell.fill = PatternFill("solid", fgColor=SUM if item["school"] else HEAD)


def _signed(sheet: Worksheet, row: int, lang: str) -> int:
    """Write where the form is signed; return its last row."""
    for (first, last), code in zip(((1, 2), (3, 4), (5, 8), (9, 10)), ("made", "checked", "signed", "stamp"), strict=True):
        _across(sheet, row, first, last, _say(code, lang), lang)
    _across(sheet, row + 1, 9, 10, _say("date", lang), lang, horizontal="right")
    sheet.row_dimensions[row].height = sheet.row_dimensions[row + 1].height = 28
    return row + 1


# ---- the reasons


def _reasons(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the second sheet: of each row the reason that most replications have, and what each step moved."""
    widths = (6.0, 24.0, 22.0, 22.0, 15.0, 8.0, 28.0, 10.0, 24.0, 10.0, 17.0, 11.0)
    heads = [*(_say(f"col_{code}", lang, last=found.year - 1, year=found.year) for code in (*HEADS[:5], "change", "main")),
             *(_say(f"col_{code}", lang) for code in ("reason_share", "step", "move", "move_range", "acted"))]
    row = _above(sheet, result, found, "reasons", len(widths), widths, lang)
    _head(sheet, row, heads, lang)
    head, moved = row, _moved(result, found)
    for number, item in _numbered(found):
        if number is None:
            continue
        steps = moved.get(_key(item))
        said = [number, *words_of(result, item, lang), item.now - item.last, word(REASONS, item.reason, lang), item.reason_share]
        for i, step in enumerate([None] if steps is None else tables.lines(steps)):
            row += 1
            what = ["", "", "", ""] if step is None else [
                word(STEPS, step.step, lang), step.move, f"{shown.whole(step.p05)} … {shown.whole(step.p95)}", step.share]
            _detail(sheet, row, [*(said if not i else [number, *[""] * 7]), *what], widths,
                    {6: MOVES, 8: "0%", 10: "+#,##0.0;-#,##0.0;0", 12: "0%"}, lang)
    _finished(sheet, head, widths, lang)


# ---- how the figures came about


def _figures(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the third sheet: of each row the mean and the interval of the replications, then the run and how it is repeated."""
    widths = (6.0, 24.0, 22.0, 22.0, 15.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 11.0)
    heads = [*(_say(f"col_{code}", lang) for code in HEADS[:5]), word(COLUMNS, "planned", lang),
             *(_say(f"col_{code}", lang, year=found.year) for code in ("mean", "p05", "p50", "p95", "now")),
             word(COLUMNS, "last_completion", lang)]
    row = _above(sheet, result, found, "figures", len(widths), widths, lang)
    said = result.manifest()
    facts = (
        ("scenario", shown.run_name(result, lang)),
        ("policies", ("；" if lang == "zh" else "; ").join(
            shown.title(result.scenario, "policies", code, lang) for code in said["policies"]) or "—"),
        ("as_of", result.scenario.as_of.isoformat()), ("replications", f"{result.replications:,}"), ("seed", str(result.seed)),
        ("sha", said["sha256"]), ("version", said["versions"]["skillsim"]),
    )
    for code, text in facts:
        _across(sheet, row, 1, 2, _say(f"fact_{code}", lang), lang, bold=True)
        _across(sheet, row, 3, len(widths), text, lang)
        row += 1
    row += 1
    _head(sheet, row, heads, lang)
    head = row
    for number, item in _numbered(found):
        if number is None:
            continue
        row += 1
        values = [number, *words_of(result, item, lang), item.planned, item.seats, item.p05, item.p50, item.p95, item.now,
                  None if pd.isna(item.last_completion) else item.last_completion]
        formats = dict.fromkeys(range(6, 11), "#,##0.0") | {11: FIGURES, 12: "0.0%"}
        _detail(sheet, row, values, widths, formats, lang)
    _finished(sheet, head, widths, lang)


def _above(sheet: Worksheet, result: Result, found: Plan, code: str, last: int, widths: Sequence[float], lang: str) -> int:
    """Write the heading and the note of a sheet of details; return the row below them."""
    title = f"{_title(result, found.year, lang)} · {_say(f'sheet_{code}', lang, year=found.year)}"
    _across(sheet, 1, 1, last, title, lang, size=14, bold=True)
    note = _say(f"note_{code}", lang)
    _across(sheet, 2, 1, last, note, lang, size=9, color="595959")
    sheet.row_dimensions[1].height = 22.0 * lines_in(title, sum(widths) / 1.4)
    sheet.row_dimensions[2].height = LINE * lines_in(note, sum(widths)) + 3
    return 4


def _detail(
    sheet: Worksheet, row: int, values: Sequence[Any], widths: Sequence[float], formats: dict[int, str], lang: str,
) -> None:
    """Write a row of details, its figures in formats by column."""
    _row(sheet, row, values, widths, lang)
    for j, shape in formats.items():
        sheet.cell(row, j).number_format = shape


def _finished(sheet: Worksheet, head: int, widths: Sequence[float], lang: str) -> None:
    """Set widths, what stays in view, and how it is printed."""
    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = f"A{head + 1}"
    _printed(sheet, head, lang)


# ---- what all sheets share


def _across(sheet: Worksheet, row: int, first: int, last: int, text: str, lang: str, **look: Any) -> None:
    """Write a text over some columns."""
    cell = sheet.cell(row, first)
    put(cell, text)
    size, bold, colour = look.get("size", 10.5), look.get("bold", False), look.get("color", "000000")
    cell.font = Font(name=FAMILY[lang], size=size, bold=bold, color=colour)
    cell.alignment = Alignment(horizontal=look.get("horizontal"), vertical="center", wrap_text=True)
    if last > first:
        sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _head(sheet: Worksheet, row: int, heads: Sequence[str], lang: str) -> None:
    """Write headings."""
    for j, head in enumerate(heads, 1):
        cell = sheet.cell(row, j)
        put(cell, head)
        cell.font = Font(name=FAMILY[lang], size=10.5, bold=True)
        cell.fill = PatternFill("solid", fgColor=HEAD)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
    sheet.row_dimensions[row].height = LINE * 2 + 4


def _printed(sheet: Worksheet, head: int, lang: str) -> None:
    """Set a sheet up for A4 across: as wide as the page, its headings on each page, pages numbered."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.8, 0.4
    sheet.print_title_rows = f"{head}:{head}"
    sheet.oddFooter.center.text = _say("page", lang)
    sheet.print_options.horizontalCentered = True
    sheet.sheet_view.showGridLines = False
