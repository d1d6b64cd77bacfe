"""The workbook itself: sheets with headings, hints and drop-downs, the same bytes for the same content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from skillsim.scenario.workbook.cells import PERCENT, REFERS, WORDS, help_of
from skillsim.scenario.workbook.layout import ALL, LISTS, README, ROLLS, Column, Sheet, label
from skillsim.scenario.workbook.records import SOURCE_KINDS
from skillsim.scenario.workbook.typed import Spot, spot
from skillsim.scenario.workbook.write import Row, Sheets
from skillsim.terms import INDICATORS, LABELS, LEVELS
from skillsim.terms.fields import SOURCES, UNITS
from skillsim.terms.workbook import CHOICES, HELP, HINTS, PHRASES, README_LINES

HEAD = 4  # the row of the headings
EMPTY = 12  # rows with borders below the last one, to write into
MOST_LINES = 6  # of a row; the rest of a long text shows when its cell is selected
A4_WIDE = 190  # characters of a page at a size that can be read
LAST = 1500  # the last row that drop-downs reach
FIXED = datetime(2000, 1, 1)
WIDTHS = {
    "text": 22, "code": 22, "choice": 14, "codes": 24, "range_of_areas": 16, "map": 30, "numbers": 16, "number": 15, "yesno": 10,
    "whole": 9, "figure": 11, "figures": 16, "date": 13, "day": 10,
}
ROLE_WIDTHS = {
    "code": 18, "place": 8, "label": 46, "path": 44, "value": 46, "note": 60, "form": 16, "first": 11, "second": 11, "third": 11,
    "series": 34, "factor": 14, "shared": 16, "unit": 16, "rolls_area": 16, "rolls_what": 18, "steps": 9, "source_kind": 11,
    "source_text": 44, "source_zh": 44, "source_mark": 0,
}
INK, PALE, GREY, RULE = "1F3864", "DDE6F2", "666666", "BFC7D5"
SIDE = Side("thin", color=RULE)
TEXTS = ("text", "code", "choice", "codes", "range_of_areas", "map", "day")


def workbook(sheets: Sheets, lang: str, name: str, examples: Sheets | None = None, years: range = range(0)) -> bytes:
    """Return the bytes of a workbook.

    Parameters
    ----------
    sheets : the rows of each sheet
    lang : of headings, hints and words
    name : what the workbook is about
    examples : rows from which an example is shown above each heading
    years : columns of the sheet of rolls, beside those that have figures
    """
    book = Workbook()
    book.remove(book.active)
    readme(book.create_sheet(README.title(lang)), lang, name)
    lists = _Lists(lang)
    for sheet in ALL:
        own = sorted({*sheets.years, *years}) if sheet.kind == "rolls" else []
        page = book.create_sheet(sheet.title(lang))
        page.sheet_properties.tabColor = INK if sheet.wanted else RULE
        Page(page, sheet, lang, own, lists, examples).fill(sheets)
    lists.put(book.create_sheet(LISTS.title(lang)))
    return _bytes(book)


def readme(page: Any, lang: str, name: str) -> None:
    """Write how the workbook is filled in, and what each sheet is for."""
    page.sheet_view.showGridLines = False
    page.column_dimensions["A"].width = 24
    page.column_dimensions["B"].width = 110
    rows: list[tuple[str, str]] = [(getattr(PHRASES["workbook_title"], lang).format(name=name), "")]
    rows += [(getattr(left, lang), getattr(right, lang)) for left, right in README_LINES]
    rows += [(sheet.title(lang), getattr(HELP[sheet.code], lang)) for sheet in ALL]
    for i, (left, right) in enumerate(rows, start=1):
        for column, text in ((1, left), (2, right)):
            if text:
                cell = _text(page.cell(i, column), text)
                cell.alignment = Alignment(wrap_text=column == 2, vertical="top")
                cell.font = Font(bold=column == 1, color=INK, size=16 if i == 1 else 11)
        page.row_dimensions[i].height = 15 * max(1, -(-_wide(right) // 106)) + 3 + 8 * (i == 1)
    _printed(page, None)


class Page:
    """One sheet: title and how to fill it, hints, headings, rows."""

    def __init__(self, page: Any, sheet: Sheet, lang: str, years: list[int], lists: _Lists, examples: Sheets | None):
        self.page, self.sheet, self.lang, self.years, self.lists, self.examples = page, sheet, lang, years, lists, examples

    def fill(self, sheets: Sheets) -> None:
        """Write everything."""
        rows = sheets.rows[self.sheet.code]
        title = _text(self.page.cell(1, 1), f"{self.sheet.title(self.lang)} · {self.sheet.code}")
        title.font = Font(bold=True, size=14, color=INK)
        how = _text(self.page.cell(2, 1), getattr(HELP[self.sheet.code], self.lang))
        how.font = Font(color=GREY)
        for i, column in enumerate(self.sheet.columns):
            self.column(i, column)
        for i, year in enumerate(self.years, start=len(self.sheet.columns)):
            self.head(i, year, 9)
        units = sheets.units.get(self.sheet.code, [])
        for n, row in enumerate([*rows, *([{}] * EMPTY if self.sheet.code != "basics" else [])], start=HEAD + 1):
            self.row(n, row, units[n - HEAD - 1] if n <= HEAD + len(units) else "")
        widths = self.page.column_dimensions
        wide = sum(widths[get_column_letter(i + 1)].width for i in range(len(self.sheet.columns) + len(self.years)))
        self.page.freeze_panes = self.page.cell(HEAD + 1, 2 if self.sheet.kind == "items" else 3)
        self.page.row_dimensions[HEAD - 1].height = 62
        self.page.row_dimensions[HEAD].height = 32
        _printed(self.page, HEAD, max(1, round(wide / A4_WIDE)))

    def spot(self, column: Column) -> Spot | None:
        """Return what the types say of a column that holds a field."""
        return spot(self.sheet.example(column)) if column.role == "field" else None

    def head(self, i: int, text: str | int, width: float) -> None:
        cell = self.page.cell(HEAD, i + 1)
        cell = _text(cell, text) if isinstance(text, str) else cell
        if isinstance(text, int):
            cell.value = text
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=INK)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        cell.border = Border(SIDE, SIDE, SIDE, SIDE)
        self.page.column_dimensions[get_column_letter(i + 1)].width = width

    def column(self, i: int, column: Column) -> None:
        """Write a column's heading and the hint above it, its width and format, and its drop-down."""
        found = self.spot(column)
        kind = found.kind if found else ""
        width = WIDTHS.get(kind, 16) if found else ROLE_WIDTHS[column.role]
        self.head(i, column.heading(self.sheet, self.lang), width)
        hint = self.hint(i, column, found)
        if hint:
            cell = _text(self.page.cell(HEAD - 1, i + 1), f"※{hint}")
            cell.font = Font(size=9, color=GREY)
            cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        letter = get_column_letter(i + 1)
        self.page.column_dimensions[letter].hidden = column.role == "source_mark"
        if found and found.par and kind in ("number", "numbers"):
            self.page.column_dimensions[letter].number_format = _format(found.par.unit)
        elif kind in TEXTS or column.role in ("code", "path", "source_text", "source_zh", "series", "factor", "shared", "value"):
            self.page.column_dimensions[letter].number_format = "General" if column.role == "value" else "@"
        elif kind == "date":
            self.page.column_dimensions[letter].number_format = "yyyy-mm-dd"
        self.drop_down(letter, column, found)

    def hint(self, i: int, column: Column, found: Spot | None) -> str:
        """Return whether a column must be filled, its unit, and an example."""
        if found is None:
            return str(getattr(HINTS[column.role], self.lang)) if column.role in HINTS else ""
        parts = []
        if found.required and (len(column.path) < 2 or column.path[-2:] == ("title", "zh")):
            parts.append(getattr(HINTS["required"], self.lang))
        refers = found.name.partition(".")[2] in REFERS
        kind = {"choice": "chosen", "code": "chosen" if refers else "letters"}.get(found.kind, found.kind)
        said = UNITS[found.par.unit] if found.par else HINTS.get(kind)
        rows = self.examples.rows[self.sheet.code] if self.examples else []
        example = next((row[i] for row in rows if i in row and not str(row[i]).startswith("→")), None)
        if said is not None:
            parts.append(getattr(said, self.lang))
        if found.par and found.par.unit.startswith("log-odds"):
            parts.append(getattr(HINTS["log_odds"], self.lang))
        if example is not None:
            parts.append(getattr(HINTS["example"], self.lang).format(text=example))
        return str(getattr(HINTS["join"], self.lang)).join(parts)

    def drop_down(self, letter: str, column: Column, found: Spot | None) -> None:
        """Let a column's cells be chosen from a list, and say what it means when a cell is selected."""
        listed = self.choices(column, found)
        if listed is None and (found is None or not found.name):
            return
        rule = DataValidation(type="list", formula1=listed, allow_blank=True) if listed else DataValidation(allow_blank=True)
        rule.errorStyle, rule.showErrorMessage = "warning", False
        help_text = self.help(found)
        if help_text:
            rule.promptTitle = column.heading(self.sheet, self.lang)[:30]
            rule.prompt = help_text if len(help_text) <= 250 else help_text[:249] + "…"
            rule.showInputMessage = True
        rule.add(f"{letter}{HEAD + 1}:{letter}{LAST}")
        self.page.add_data_validation(rule)

    def help(self, found: Spot | None) -> str:
        return help_of(found, self.lang) if found else ""

    def choices(self, column: Column, found: Spot | None) -> str | None:
        """Return the formula of a column's drop-down."""
        if column.role == "source_kind":
            return self.lists.of("source", [getattr(SOURCES[kind], self.lang) for kind in SOURCE_KINDS])
        if column.role == "form":
            return self.lists.of("form", [getattr(term, self.lang) for term in CHOICES["form"].values()])
        if column.role == "rolls_what":
            return self.lists.of("rolls", [label(("areas", "x", *what.split(".")), self.lang) for what in ROLLS])
        if column.role == "rolls_area":
            return self.named("areas")
        if column.role == "steps" or (found and found.kind == "yesno"):
            return self.lists.of("yesno", [getattr(LABELS[code], self.lang) for code in ("yes", "no")])
        if found is None or found.kind not in ("choice", "code", "text", "range_of_areas"):
            return None
        if found.choices:
            words = WORDS.get(found.name, {})
            return self.lists.of(found.name, [getattr(words[c], self.lang) if c in words else c for c in found.choices])
        return self.named(REFERS.get(found.name.partition(".")[2], ""))

    def named(self, collection: str) -> str | None:
        """Return the formula of the names on the sheet of a collection, or of the words of a catalogue."""
        if collection == "levels":
            return self.lists.of("levels", [getattr(term, self.lang) for term in LEVELS.values()])
        if collection == "indicators":
            return self.lists.of("indicators", [getattr(term, self.lang) for term in INDICATORS.values()])
        sheet = next((sheet for sheet in ALL if collection and sheet.named == collection), None)
        if sheet is None:
            return None
        where = next(i for i, c in enumerate(sheet.columns) if c.path == ("title", self.lang))
        letter = get_column_letter(where + 1)
        return f"'{sheet.title(self.lang)}'!${letter}${HEAD + 1}:${letter}${LAST}"

    def row(self, n: int, row: Row, unit: str) -> None:
        """Write a row of cells."""
        columns = self.sheet.columns
        lines = 1
        cells: Mapping[int, Any] = {
            **{i: row.get(i if self.sheet.kind == "items" else column.role) for i, column in enumerate(columns)},
            **{i: row.get(f"year:{year}") for i, year in enumerate(self.years, start=len(columns))},
        }
        for i, value in cells.items():
            cell = self.page.cell(n, i + 1)
            cell.border = Border(SIDE, SIDE, SIDE, SIDE)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            column = columns[i] if i < len(columns) else None
            found = self.spot(column) if column else None
            if isinstance(value, str):
                _text(cell, value)
                across = self.page.column_dimensions[get_column_letter(i + 1)]
                if not across.hidden:
                    lines = max(lines, sum(-(-_wide(line) // int(across.width)) for line in value.split("\n")))
            elif value is not None:
                cell.value = value
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
            elif found and found.par and not isinstance(value, str):
                cell.number_format = _format(found.par.unit)
            elif column and column.role in ("first", "second", "third") and unit:
                cell.number_format = _format(unit)
            if column and column.role in ("label", "unit", "note"):
                cell.font = Font(color=GREY)
        self.page.row_dimensions[n].height = 15 * min(lines, MOST_LINES)


class _Lists:
    """The sheet of what drop-downs offer."""

    def __init__(self, lang: str):
        self.lang = lang
        self.columns: dict[str, list[str]] = {}

    def of(self, name: str, words: list[str]) -> str:
        """Return the formula of a list, which is put on the sheet."""
        self.columns.setdefault(name, words)
        letter = get_column_letter(list(self.columns).index(name) + 1)
        return f"'{LISTS.title(self.lang)}'!${letter}$1:${letter}${len(words)}"

    def put(self, page: Any) -> None:
        page.sheet_state = "hidden"
        for i, words in enumerate(self.columns.values(), start=1):
            for row, text in enumerate(words, start=1):
                _text(page.cell(row, i), text)


def _text(cell: Any, text: str) -> Any:
    """Put a text into a cell, as a text whatever it begins with."""
    cell.value = text
    cell.data_type = "s"
    if text[:1] in ("=", "+", "-", "@", "\t"):
        cell.quotePrefix = True
    return cell


def _wide(text: str) -> int:
    """Return how many letters wide a text is; Chinese ones count twice."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _format(unit: str) -> str:
    return "0.0#%" if unit in PERCENT else "#,##0" if unit in ("persons", "yuan", "person-times") else "General"


def _printed(page: Any, head: int | None, across: int = 1) -> None:
    """Print on A4, a sheet ``across`` pages wide, the headings on each page."""
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = "landscape" if head else "portrait"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = across, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    if head:
        page.print_title_rows = f"{head}:{head}"
    page.oddFooter.center.text = "&P / &N"


def _bytes(book: Workbook) -> bytes:
    """Return the bytes of a workbook without the time at which it was made."""
    book.properties.creator, book.properties.created, book.properties.modified = "skillsim", FIXED, FIXED
    made, out = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        ExcelWriter(book, archive).save()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.infolist():
            info = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, source.read(entry))
    return out.getvalue()

