"""The seat plan of a year as a form that a bureau could sign: an Excel workbook with the plan, the reasons, and how the figures
came about.

A year whose plan was fixed before the scenario's ``as_of`` is not refused: to hold what the simulation makes of it against the
plan that was carried out is a fair check.  But the form says that it is past, and has no place to sign.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from skillsim.results.targets import first_open_intake
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, REASONS, STEPS, phrase, word

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HEADS = ("no", "school", "programme", "pathway", "areas", "last", "now", "change", "why", "remark")
WIDTHS = (6.0, 26.0, 30.0, 26.0, 20.0, 10.0, 10.0, 8.0, 34.0, 17.0)
STEPS_SHOWN = 3  # in the reason of a row
MOVED = 0.5  # seats: steps that moved less on the mean are not told in detail
SMALLEST = 10  # seats that could make a class of their own, a small one; means below it come from few of the replications
HEAD_ROW = 6  # of the form
SUM = "F2F2F2"
EDGE = Side(style="thin", color="000000")
FIGURES = "#,##0"
MOVES = "+#,##0;-#,##0;0"


@dataclass(frozen=True)
class Plan:
    """The plan of a year: ``rows`` by school and programme with codes, ``last`` and ``now`` whole seats of the year before and of
    the year, and what :meth:`Result.seat_plan` says of each row; rows without seats in both years are left out.

    A row is ``listed``, or too small to be a line of its own (see :func:`plan`); such rows stand last.  ``number`` is that of
    its line on the form, which the small ones share.  ``given``: ``last`` is what the scenario plans; the simulation made
    ``simulated`` seats of it, by row and in all.  ``past``: the plan of the year was fixed before ``as_of``.
    """

    year: int
    rows: pd.DataFrame
    given: bool
    simulated: int
    past: bool


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


def within(scenario: Scenario, year: int) -> None:
    """See that a year is one of the scenario's.

    Raises
    ------
    ScenarioError
        if it is not.
    """
    first, last = scenario.years.first, scenario.years.last
    if not first <= year <= last:
        raise ScenarioError([Problem("seat_year", "year", year, args={"year": year, "first": first, "last": last})])


def plan(result: Result, year: int) -> Plan:
    """Return the plan of a year.

    Last year's seats are the scenario's planned ones where that plan was fixed before ``as_of``, since the simulation need not
    repeat it; later ones, and those before the first year (which are the start's), are means of the run.  A row is not listed
    where the scenario plans no seats for it and both years have fewer than :data:`SMALLEST`.

    Raises
    ------
    ScenarioError
        if the year is not one of the scenario's.
    """
    scenario = result.scenario
    within(scenario, year)
    frame = result.seat_plan()
    rows = frame[frame["year"] == year].reset_index(drop=True)
    before = _before(result) if year == scenario.years.first else frame[frame["year"] == year - 1].set_index(list(KEYS))
    before = before.loc[list(rows[list(KEYS)].itertuples(index=False, name=None))]
    given, past = (y < first_open_intake(scenario) for y in (year - 1, year))
    schools = rows["school"].tolist()
    planned, simulated, now = (by_school(seats.to_numpy(dtype=float), schools) for seats in (
        before["planned"], before["seats"], rows["seats"]))
    rows = rows.assign(last=planned if given else simulated, simulated=simulated, now=now)
    rows["listed"] = (rows[["last", "now"]].max(axis=1) >= SMALLEST) | (rows["planned"] > 0) | (given & (rows["last"] > 0))
    rows = rows[(rows["last"] > 0) | (rows["now"] > 0)].sort_values("listed", ascending=False, kind="stable", ignore_index=True)
    rows["number"] = (rows["listed"] | rows["listed"].shift(fill_value=True)).cumsum()
    return Plan(year, rows, given, int(simulated.sum()), past)


def _before(result: Result) -> pd.DataFrame:
    """Return the mean seats by row of the year before the first, which are planned and in force alike."""
    pathway, school, programme, areas = zip(*(key.split(".") for key in result.inputs.layout.pools), strict=True)
    at = pd.MultiIndex.from_arrays([school, programme, pathway, areas], names=list(KEYS))
    seats = result.history.before[0].astype(float).mean(axis=-1)
    return pd.DataFrame({"planned": seats, "seats": seats}, index=at)


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
    described(workbook, _title(result, found, lang))
    names: set[str] = set()
    for code, fill in (("form", _form), ("reasons", _reasons), ("figures", _figures)):
        fill(workbook.create_sheet(sheet_name(_say(f"sheet_{code}", lang, year=year), names)), result, found, lang)
    return packed(workbook)


def _say(code: str, lang: str, **args: Any) -> str:
    return phrase(f"seats_{code}", lang, **args)


def _title(result: Result, found: Plan, lang: str) -> str:
    place = shown.place_name(result.scenario, lang)
    return _say("title_past" if found.past else "title", lang, place=place, year=found.year)


def _heads(codes: Sequence[str], found: Plan, lang: str) -> list[str]:
    """Return headings; seats of a year that the simulation made, where they could be taken for a plan in force, say so."""
    simulated = {"last": not found.given, "now": found.past}
    return [_say(f"col_{code}_simulated" if simulated.get(code) else f"col_{code}", lang, last=found.year - 1, year=found.year)
            for code in codes]


# ---- the form


def _form(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the first sheet: title, scenario, blanks, warning, notes, the rows with subtotals, and where it is signed."""
    last, title = len(HEADS), _title(result, found, lang)
    _across(sheet, 1, 1, last, title, lang, size=18, bold=True, horizontal="center")
    sheet.row_dimensions[1].height = 26.0 * lines_in(title, sum(WIDTHS) / 1.9)
    _across(sheet, 2, 1, last, _say("run", lang, run=shown.run_name(result, lang)), lang, size=12, horizontal="center")
    _across(sheet, 3, 1, 4, _say("by", lang), lang)
    _across(sheet, 3, 5, 7, _say("filled", lang), lang)
    _across(sheet, 3, 8, last, _say("unit", lang), lang, horizontal="right")
    warning = _warning(result, found, lang)
    _across(sheet, 4, 1, last, warning, lang, bold=True, color="C00000")
    notes = _notes(found, lang)
    _across(sheet, 5, 1, last, notes, lang, size=9, color="595959")
    sheet.row_dimensions[2].height = sheet.row_dimensions[3].height = 20
    for row, text in ((4, warning), (5, notes)):
        sheet.row_dimensions[row].height = LINE * lines_in(text, sum(WIDTHS)) + 4
    _head(sheet, HEAD_ROW, _heads(HEADS, found, lang), WIDTHS, lang)
    row, moved = HEAD_ROW + 1, _moved(result, found)
    listed, others = found.rows[found.rows["listed"]], found.rows[~found.rows["listed"]]
    for school, part in listed.groupby("school", sort=False):
        for item in tables.lines(part):
            _line(sheet, row, (item.number, *words_of(result, item, lang)), item.last, item.now,
                  (_why(item, moved.get(_key(item)), lang), _remark(result, item, lang)), lang)
            row += 1
        name = shown.title(result.scenario, "institutions", str(school), lang)
        _sum(sheet, row, _say("subtotal", lang, school=name), *_sums(part), SUM, lang)
        row += 1
    if len(others):
        words = (int(others["number"].iloc[0]), _say("others", lang), "", "", "")
        _line(sheet, row, words, *_sums(others), ("", _say("others_remark", lang, n=len(others))), lang)
        row += 1
    _sum(sheet, row, _say("total", lang), *_sums(found.rows), HEAD, lang)
    row = row + 1 if found.past else _signed(sheet, row + 2, lang)
    for i, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    _printed(sheet, HEAD_ROW, lang)
    sheet.print_area = f"A1:{get_column_letter(last)}{row}"


def _warning(result: Result, found: Plan, lang: str) -> str:
    """Return what the figures are, means and no plan in force, or of a year that is past."""
    end = _say("past" if found.past else "proposal", lang, year=found.year, as_of=result.scenario.as_of.isoformat())
    return _say("warning", lang, r=result.replications) + end


def _notes(found: Plan, lang: str) -> str:
    """Return what last year's figures are, and what has no line of its own."""
    text = _say("last_given" if found.given else "last_simulated", lang, last=found.year - 1)
    if found.given and found.simulated != found.rows["last"].sum():
        text += _say("last_differs", lang, given=f"{found.rows['last'].sum():,}", simulated=f"{found.simulated:,}")
    if not found.rows["listed"].all():
        text += _say("folded", lang, n=SMALLEST)
    return text.strip()


def _sums(rows: pd.DataFrame) -> tuple[int, int]:
    """Return the seats of the year before and of the year of some rows."""
    return int(rows["last"].sum()), int(rows["now"].sum())


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


def _why(item: Any, steps: pd.DataFrame | None, lang: str) -> str:
    """Return the reason of a row, after the seats from which it starts where these are not those of last year's plan."""
    start = "" if item.simulated == item.last else _say("start", lang, n=f"{item.simulated:,}")
    return start + reason_of(item, steps, lang)


def reason_of(item: Any, steps: pd.DataFrame | None, lang: str) -> str:
    """Return why a row's seats are what they are: the steps that moved most of them (means, at least one seat), so that what is
    said agrees with the change of the means; where there are none, the reason that most replications have."""
    if steps is not None:
        sizes = steps["move"].abs()
        most = steps.loc[sizes[sizes >= 1].sort_values(ascending=False, kind="stable").index[:STEPS_SHOWN]]
        if len(most):
            each = (f"{word(STEPS, step.step, lang)} {shown.whole(step.move)}" for step in tables.lines(most))
            return ("；" if lang == "zh" else "; ").join(each)
    return word(REASONS, item.reason, lang)


def _remark(result: Result, item: Any, lang: str) -> str:
    """Return what must be said of a row: that its school stands for one that is not named, that it is new, closed, too small."""
    parts = []
    if result.scenario.institutions[item.school].placeholder:
        parts.append(_say("placeholder", lang))
    if item.now == 0 or item.last == 0:
        parts.append(_say("closed" if item.now == 0 else "new", lang))
    if 0 < item.now < SMALLEST:
        parts.append(_say("few", lang, n=SMALLEST))
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


def _line(
    sheet: Worksheet, row: int, words: Sequence[Any], last: int, now: int, said: tuple[str, str], lang: str,
) -> None:
    """Write a line of the form: number and names, seats of both years and the change, reason and remark."""
    _row(sheet, row, [*words, last, now, now - last, *said], WIDTHS, lang)


def _sum(sheet: Worksheet, row: int, name: str, last: int, now: int, colour: str, lang: str) -> None:
    """Write the sum of a school, or of all."""
    _line(sheet, row, ("", name, "", "", ""), last, now, ("", ""), lang)
    for j in range(1, len(HEADS) + 1):
        cell = sheet.cell(row, j)
        cell.font = Font(name=FAMILY[lang], size=10.5, bold=True)
        cell.fill = PatternFill("solid", fgColor=colour)


def _signed(sheet: Worksheet, row: int, lang: str) -> int:
    """Write where the form is signed; return its last row."""
    for (first, last), code in zip(((1, 2), (3, 4), (5, 8), (9, 10)), ("made", "checked", "signed", "stamp"), strict=True):
        _across(sheet, row, first, last, _say(code, lang), lang)
    _across(sheet, row + 1, 9, 10, _say("date", lang), lang, horizontal="right")
    sheet.row_dimensions[row].height = sheet.row_dimensions[row + 1].height = 28
    return row + 1


# ---- the reasons


def _reasons(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the second sheet, one line a row of the plan: the reason that most replications have, and what each step moved."""
    widths = (6.0, 24.0, 24.0, 24.0, 18.0, 8.0, 26.0, 10.0, 72.0)
    heads = _heads((*HEADS[:5], "change", "main", "reason_share", "steps"), found, lang)
    head, moved = _above(sheet, result, found, "reasons", len(widths), widths, lang), _moved(result, found)
    _head(sheet, head, heads, widths, lang)
    for row, item in enumerate(tables.lines(found.rows), head + 1):
        values = [item.number, *words_of(result, item, lang), item.now - item.last, word(REASONS, item.reason, lang),
                  item.reason_share, steps_of(moved.get(_key(item)), lang)]
        _detail(sheet, row, values, widths, {6: MOVES, 8: "0%"}, lang)
    _finished(sheet, head, widths, lang)


def steps_of(steps: pd.DataFrame | None, lang: str) -> str:
    """Return what each step moved, the largest first: its mean, its interval, and in which share it acted."""
    if steps is None:
        return ""
    sizes = steps["move"].abs()
    most = steps.loc[sizes[sizes >= MOVED].sort_values(ascending=False, kind="stable").index]
    return ("；" if lang == "zh" else "; ").join(
        _say("moved", lang, step=word(STEPS, step.step, lang), move=f"{step.move:+,.1f}", low=shown.whole(step.p05),
             high=shown.whole(step.p95), share=f"{step.share:.0%}")
        for step in tables.lines(most)
    )


# ---- how the figures came about


def _figures(sheet: Worksheet, result: Result, found: Plan, lang: str) -> None:
    """Fill the third sheet: of each row the mean and the interval of the replications, then the run and how it is repeated."""
    widths = (6.0, 24.0, 22.0, 22.0, 15.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 11.0)
    heads = [*_heads(HEADS[:5], found, lang), word(COLUMNS, "planned", lang),
             *_heads(("mean", "p05", "p50", "p95", "now"), found, lang), word(COLUMNS, "last_completion", lang)]
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
    _head(sheet, row, heads, widths, lang)
    head = row
    for row, item in enumerate(tables.lines(found.rows), head + 1):
        values = [item.number, *words_of(result, item, lang), item.planned, item.seats, item.p05, item.p50, item.p95, item.now,
                  None if pd.isna(item.last_completion) else item.last_completion]
        formats = dict.fromkeys(range(6, 11), "#,##0.0") | {11: FIGURES, 12: "0.0%"}
        _detail(sheet, row, values, widths, formats, lang)
    _finished(sheet, head, widths, lang)


def _above(sheet: Worksheet, result: Result, found: Plan, code: str, last: int, widths: Sequence[float], lang: str) -> int:
    """Write the heading and the note of a sheet of details; return the row below them."""
    title = f"{_title(result, found, lang)} · {_say(f'sheet_{code}', lang, year=found.year)}"
    _across(sheet, 1, 1, last, title, lang, size=14, bold=True)
    note = _say(f"note_{code}", lang, least=MOVED)
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
    """Set widths, what stays in view, filters, and how it is printed."""
    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.freeze_panes = f"A{head + 1}"
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(widths))}{sheet.max_row}"
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


def _head(sheet: Worksheet, row: int, heads: Sequence[str], widths: Sequence[float], lang: str) -> None:
    """Write headings."""
    for j, head in enumerate(heads, 1):
        cell = sheet.cell(row, j)
        put(cell, head)
        cell.font = Font(name=FAMILY[lang], size=10.5, bold=True)
        cell.fill = PatternFill("solid", fgColor=HEAD)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
    sheet.row_dimensions[row].height = LINE * max(2, *map(lines_in, heads, widths)) + 4


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
