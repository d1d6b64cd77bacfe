"""A report as an Excel workbook: a sheet for each section, figures as numbers with their formats, charts that Excel draws itself
from cells of the sheets, and the indicators by year as data.  Equal reports give equal bytes; no text can run as a formula."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.data_source import NumDataSource, NumRef
from openpyxl.chart.error_bar import ErrorBars
from openpyxl.chart.legend import LegendEntry
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet
from rich.cells import cell_len

from skillsim.analysis.compare import Comparison
from skillsim.report import shown, tables
from skillsim.report.book import Book, Picture, Section, Table, Text, captioned, clean, to_the_right
from skillsim.report.charts.base import LIGHT, LINES, Chart, Style
from skillsim.report.charts.lines import POINTS
from skillsim.results import statistics
from skillsim.results.result import BREAKDOWNS, Result
from skillsim.scenario.tables import OF_TABLES
from skillsim.terms import COLUMNS, INDICATORS, LABELS, phrase, word

DATE = datetime(2000, 1, 1)  # a workbook carries no clock
FORMATS = {
    "persons": "#,##0", "share": "0.0%", "ratio": "0.00", "year": "0", "points": "0.00", "yuan": "#,##0",
    "ten_thousand_yuan": "[>=100]#,##0;[<=-100]-#,##0;#,##0.0", "units": "#,##0.0", "person_times": "#,##0",
}
OF_CHARTS = ("persons", "share", "points", "ratio")
ACTS = "=+-@\t\r\n"  # a text that begins with one of these could be taken for a formula
FAMILY = {"zh": "宋体", "en": "Arial"}
INK, HEAD, WARN = "1F2A44", "DCE6F1", "FFF2CC"
THIN = Side(style="thin", color="A6A6A6")
WIDEST, BESIDE_CHARTS, NARROWEST, HEAD_LINES, LINE = 44, 26, 8, 3, 15.0  # letters of a column; lines of a heading; points
CHART_LINES, CHART_CM = 17, (22.0, 8.6)  # the place of a chart: lines of a sheet; width and height
SHEET_NAME = 31
PRINTED = 100  # rows of a sheet of data, which is there to calculate with
SEVERAL = ("mean", "p05", "p95")  # of several runs in one chart
YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Block:
    """Figures on a sheet: the row of their headings (from 1), the frame below it from column A, the unit of each column."""

    row: int
    frame: pd.DataFrame
    units: dict[str, str]


def write(book: Book, results: Sequence[Result], comparison: Comparison | None) -> bytes:
    """Return the workbook of a report on some runs: its sections, then the data behind it.

    Sections hold what the report says; the sheets of data hold the answers to the targets, the paired differences and the
    indicators of the whole place and by level, all in full.
    """
    workbook = Workbook()
    workbook.remove(workbook.active)
    described(workbook, book.title)
    names: set[str] = set()
    for i, (section, parts) in enumerate(captioned(book)):
        sheet = workbook.create_sheet(sheet_name(section.title, names))
        _section(sheet, book, section, parts, first=not i)
    for title, frame, units in _data(book.lang, results, comparison):
        _data_sheet(workbook.create_sheet(sheet_name(title, names)), book, title, frame, units)
    return packed(workbook)


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a name that a sheet can have and none has yet, and keep it: 31 letters, none of them a sign of references."""
    base = re.sub(r"[\[\]:*?/\\]", " ", clean(title)).strip(" '")[:SHEET_NAME].rstrip(" '") or "-"
    name, n = base, 1
    while name.lower() in taken:
        n += 1
        name = f"{base[: SHEET_NAME - len(str(n)) - 1]} {n}"
    taken.add(name.lower())
    return name


def described(workbook: Workbook, title: str) -> None:
    """Set the properties of a workbook."""
    properties = workbook.properties
    properties.title, properties.creator, properties.lastModifiedBy = clean(title)[:255], "skillsim", "skillsim"
    properties.created = properties.modified = DATE


def packed(workbook: Workbook) -> bytes:
    """Return the bytes of a workbook with no time in them."""
    raw, out = io.BytesIO(), io.BytesIO()
    workbook.save(raw)
    stamp = DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            data = given.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the hour of saving
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            made.writestr(entry, data)
    return out.getvalue()


# ---- cells


def put(cell: Cell, value: Any, unit: str = "") -> None:
    """Write a value: a figure with the format of its unit, a text as a text whatever it begins with, a blank as nothing."""
    if isinstance(value, str):
        text = clean(value)
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(tuple(ACTS))
    elif value is not None and not pd.isna(value):
        cell.value = int(value) if float(value).is_integer() else float(value)
        cell.number_format = FORMATS.get(unit, "General")


def _styled(cell: Cell, lang: str, **look: Any) -> None:
    """Set a cell's font, and what else is asked."""
    cell.font = Font(name=FAMILY[lang], size=look.get("size", 10.5), bold=look.get("bold", False),
                     italic=look.get("italic", False), color=look.get("color", "000000"))
    cell.alignment = Alignment(horizontal=look.get("horizontal"), vertical=look.get("vertical", "center"), wrap_text=True)
    if "fill" in look:
        cell.fill = PatternFill("solid", fgColor=look["fill"])


def _years_as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which columns of years that are texts are numbers."""
    out = frame.copy()
    for i, head in enumerate(frame.columns):
        texts = [value for value in frame.iloc[:, i] if isinstance(value, str) and value]
        if texts and all(YEAR.fullmatch(text) for text in texts) and all(isinstance(v, str) for v in frame.iloc[:, i]):
            out[head] = [int(value) if value else None for value in frame.iloc[:, i]]
    return out


# ---- sections


def _section(sheet: Worksheet, book: Book, section: Section, parts: Sequence[tuple[Any, str]], first: bool) -> None:
    """Fill the sheet of a section: its heading, then its parts one under the other."""
    laid = [(part, caption, _block(part, book.lang)) for part, caption in parts]
    widths = _widths([(block, part) for part, _, block in laid if block is not None])
    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    row = 1
    if first:
        _line(sheet, row, book.title, len(widths), sum(widths), book.lang, size=18, bold=True, color=INK)
        _line(sheet, row + 1, book.subtitle, len(widths), sum(widths), book.lang, size=10.5, color="595959")
        row += 3
    _line(sheet, row, section.title, len(widths), sum(widths), book.lang, size=14, bold=True, color=INK)
    row += 2
    heads: list[int] = []
    for i, (part, caption, block) in enumerate(laid):
        if heads and _begins_picture([one for one, _, _ in laid], i):
            sheet.row_breaks.append(Break(id=row - 1))  # a chart and its figures on a page of their own
        if block is None:
            _line(sheet, row, part.text, len(widths), sum(widths), book.lang, **TEXTS[part.kind])
            row += 1
            continue
        _line(sheet, row, caption, len(widths), sum(widths), book.lang, bold=True)
        row += 1
        placed = Block(row, block.frame, block.units)
        if isinstance(part, Picture):
            drawn = _drawn(sheet, part.chart, Block(row + CHART_LINES, block.frame, block.units))
            if drawn is not None:
                drawn.width, drawn.height = CHART_CM
                sheet.add_chart(drawn, f"A{row}")
                for at in range(row, row + CHART_LINES):
                    sheet.row_dimensions[at].height = LINE
                row += CHART_LINES
                placed = Block(row, block.frame, block.units)
        _grid(sheet, placed, _right(part, block), widths, book.lang)
        heads.append(row)
        if isinstance(part, Picture) and part.chart.spec["series"][0]["type"] == "heatmap":
            _coloured(sheet, placed)
        row += len(block.frame) + 1
        if isinstance(part, Table) and part.note:
            _line(sheet, row, part.note, len(widths), sum(widths), book.lang, **TEXTS["note"])
            row += 1
        row += 1
    alone = len(heads) == 1 and all(block is not None for _, _, block in laid)
    sheet.freeze_panes = f"A{heads[0] + 1}" if alone else "A3" if not first else None
    charts = any(isinstance(part, Picture) for part, _, _ in laid)
    _printed(sheet, book, sum(widths) > (200 if charts else 95), heads[0] if alone else None)


def _begins_picture(parts: Sequence[Any], i: int) -> bool:
    """Say whether a picture begins with a part: with itself, or with the head right above it."""
    heads = [isinstance(part, Text) and part.kind == "head" for part in parts]
    if isinstance(parts[i], Picture):
        return not (i and heads[i - 1])
    return heads[i] and i + 1 < len(parts) and isinstance(parts[i + 1], Picture)


TEXTS: dict[str, dict[str, Any]] = {
    "plain": {}, "point": {}, "head": {"bold": True, "size": 12, "color": INK}, "note": {"size": 9, "color": "595959"},
    "warning": {"fill": WARN}, "code": {},
}


def _line(sheet: Worksheet, row: int, text: str, columns: int, width: float, lang: str, **look: Any) -> None:
    """Write a text over the whole width of a sheet."""
    size = look.get("size", 10.5)
    put(sheet.cell(row, 1), text)
    _styled(sheet.cell(row, 1), lang, **look)
    if columns > 1:
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    lines = lines_in(text, width * 10.5 / size)
    sheet.row_dimensions[row].height = lines * LINE * max(size, 10.5) / 10.5 + 3


def _block(part: Any, lang: str) -> Block | None:
    """Return the figures of a table or of a picture; None of a text."""
    if isinstance(part, Text):
        return None
    if isinstance(part, Table):
        frame = _years_as_numbers(part.frame)
        for head in set(part.units) & set(frame.columns):  # a dash is said to mean something in the notes
            frame[head] = frame[head].astype(object).where(frame[head].notna(), "—")
        return Block(0, frame, dict(part.units))
    frame = figures(part.chart, lang)
    units = {head: unit for head in frame.columns if (unit := _unit(str(head), lang))}
    for head, unit in units.items():
        if unit == "share":  # charts are in per cent, cells in parts of 1
            frame[head] = frame[head] / 100
    return Block(0, frame, units)


def _unit(heading: str, lang: str) -> str:
    """Return the unit that a chart's heading ends with; blank where it has none."""
    style = Style(lang, False)
    return next((unit for unit in OF_CHARTS if heading.endswith(style.heading("", unit))), "")


def _right(part: Any, block: Block) -> list[bool]:
    """Say of each column whether it stands to the right."""
    if isinstance(part, Table):
        return to_the_right(part)
    return [pd.api.types.is_numeric_dtype(block.frame[head]) for head in block.frame.columns]


def _widths(blocks: Sequence[tuple[Block, Any]]) -> list[float]:
    """Return the width of each column in letters: of what stands in it, within bounds."""
    widths: list[float] = []
    for block, part in blocks:
        for i, head in enumerate(block.frame.columns):
            texts = [cell_len(str(head)) / HEAD_LINES, *(_long(value) for value in block.frame.iloc[:, i])]
            wide = min(max(NARROWEST, *texts) + 2, WIDEST if isinstance(part, Table) else BESIDE_CHARTS)
            widths = [*widths, *[0.0] * (i + 1 - len(widths))]
            widths[i] = max(widths[i], wide)
    return widths or [15.0] * 6  # of texts alone; one wide column would not shrink to the page


def _long(value: Any) -> float:
    return cell_len(value) if isinstance(value, str) else 0 if value is None or pd.isna(value) else len(f"{float(value):,.1f}")


def _grid(sheet: Worksheet, block: Block, right: Sequence[bool], widths: Sequence[float], lang: str) -> None:
    """Write figures under their headings, each row as high as its texts need (Excel does not see to that in every version)."""
    edge = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
    for j, head in enumerate(block.frame.columns, 1):
        cell = sheet.cell(block.row, j)
        put(cell, str(head))
        _styled(cell, lang, bold=True, fill=HEAD, horizontal="center")
        cell.border = edge
        unit = block.units.get(head, "")
        for i, value in enumerate(block.frame.iloc[:, j - 1], block.row + 1):
            cell = sheet.cell(i, j)
            put(cell, value, unit)
            _styled(cell, lang, horizontal="right" if right[j - 1] else None)
            cell.border = edge
    rows = [[str(head) for head in block.frame.columns], *block.frame.to_numpy(dtype=object).tolist()]
    for i, row in enumerate(rows, block.row):
        lines = max(lines_in(value, width) for value, width in zip(row, widths, strict=False))
        sheet.row_dimensions[i].height = lines * LINE


def lines_in(value: Any, width: float) -> int:
    """Return in how many lines a value stands in a column of a width in letters."""
    if not isinstance(value, str):
        return 1
    return sum(max(1, math.ceil(cell_len(part) / (width - 2))) for part in value.split("\n"))


def _printed(sheet: Worksheet, book: Book, wide: bool, head: int | None) -> None:
    """Set a sheet up for A4: as wide as the page, pages numbered, headings again on each page where there is one table."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if wide else "portrait"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddHeader.center.text = clean(book.title)[:120].replace("&", "&&")
    sheet.oddFooter.center.text = phrase("report_page", book.lang, page="&P", pages="&N")
    if head is not None:
        sheet.print_title_rows = f"{head}:{head}"
    sheet.sheet_view.showGridLines = False


def _coloured(sheet: Worksheet, block: Block) -> None:
    """Colour the means of a heat map by their value, a shortage in orange, a surplus in blue, as the picture does."""
    low, middle, high = (LIGHT[f"cell_{at}"][1:] for at in ("low", "mid", "high"))
    rule = ColorScaleRule(start_type="min", start_color=low, mid_type="num", mid_value=0, mid_color=middle, end_type="max",
                          end_color=high)
    sheet.conditional_formatting.add(f"C{block.row + 1}:C{block.row + len(block.frame)}", rule)


# ---- charts


def figures(chart: Chart, lang: str) -> pd.DataFrame:
    """Return the figures of a chart such that Excel can draw them: years under each other, runs and the goal beside each other.

    Of runs laid over each other each gets its columns, means and 5–95 % intervals; a list with intervals gets the way from each
    figure to both ends.
    """
    table, kinds = chart.table, [one["type"] for one in chart.spec["series"]]
    if _is_fan(chart):
        out = _beside(table) if table.columns[0] == word(COLUMNS, "scenario", lang) else table.copy()
        goal = next((one for one in chart.spec["series"] if one["type"] == "line" and isinstance(one["data"][0], dict)), None)
        if goal is not None:
            value = goal["data"][0]["value"][1]
            out[_with_unit(goal["name"], table.columns[-1])] = float(value)
        return out
    out = table.copy()
    if kinds[0] == "bar" and isinstance(chart.spec["yAxis"], list):
        value, low, high = (out.iloc[:, i].astype(float) for i in (1, 2, 3))
        for code, far in (("below", value - low), ("above", high - value)):
            out[_with_unit(phrase(f"report_{code}", lang), table.columns[1])] = far
    return out


def _is_fan(chart: Chart) -> bool:
    """Say whether a chart is of lines over years."""
    return chart.spec["series"][0]["type"] == "line" and chart.spec["xAxis"].get("type") == "category"


def _with_unit(text: str, heading: str) -> str:
    """Return a heading with the unit that another ends with."""
    unit = re.search(r"(（[^（）]*）| \([^()]*\))$", heading)
    return text + (unit.group() if unit else "")


def _beside(table: pd.DataFrame) -> pd.DataFrame:
    """Return means and 5–95 % intervals of several runs (run, year, figures in the order of ``POINTS``) beside each other."""
    run, year, *heads = (table.columns[i] for i in (0, 1, *(2 + POINTS.index(code) for code in SEVERAL)))
    turns = (table[year].diff() < 0).cumsum()
    out: pd.DataFrame | None = None
    for _, part in table.groupby(turns, sort=False):
        mine = part[[year, *heads]].rename(columns={head: f"{part[run].iloc[0]} · {head}" for head in heads})
        out = mine if out is None else out.merge(mine, on=year, how="outer", suffixes=("", " "))
    assert out is not None
    return out.sort_values(year, ignore_index=True)


def _drawn(sheet: Worksheet, chart: Chart, block: Block) -> Any | None:
    """Return the chart that Excel draws from a block; None for those that it can't draw (flows, cells)."""
    kinds = [one["type"] for one in chart.spec["series"]]
    if _is_fan(chart):
        return _lines(sheet, chart, block)
    if kinds[0] == "bar":
        return _list(sheet, chart, block) if isinstance(chart.spec["yAxis"], list) else _stacked(sheet, chart, block)
    return None


def _lines(sheet: Worksheet, chart: Chart, block: Block) -> LineChart:
    """Return lines over the years: of each run the mean, thin lines at the ends of its intervals (of a single run 5, 25, 75 and
    95 %, of several 5 and 95 %), and the goal."""
    made = LineChart()
    means = [one for one in chart.spec["series"] if one["type"] == "line" and one.get("dimensions")]
    goal = any(one["type"] == "line" and one["data"] and isinstance(one["data"][0], dict) for one in chart.spec["series"])
    each = POINTS if len(means) == 1 else SEVERAL
    for i in range(len(means)):
        colour = LIGHT[LINES[i][0]][1:]
        for k, code in enumerate(each):
            if code == "p50":
                continue
            line, thin = _series(sheet, block, 2 + i * len(each) + k), code != "mean"
            dash = "sysDash" if code in ("p05", "p95") else "sysDot" if thin else "solid"
            _look(line, colour, 9525 if thin else 28575, dash, marker=not thin)
            if thin and len(means) > 1:  # the same look as in a single run's chart, where they are named
                made.legend.legendEntry.append(LegendEntry(idx=len(made.series), delete=True))
            made.append(line)
    first = 2 + len(means) * len(each)
    for k in range(first, len(block.frame.columns) + 1):
        line = _series(sheet, block, k)
        is_goal = goal and k == len(block.frame.columns)
        _look(line, LIGHT["ink" if is_goal else "orange"][1:], 22225, "dash", marker=not is_goal)
        made.append(line)
    made.set_categories(Reference(sheet, min_col=1, min_row=block.row + 1, max_row=block.row + len(block.frame)))
    return _axes(made, block, 2)


def _stacked(sheet: Worksheet, chart: Chart, block: Block) -> BarChart:
    """Return stacked columns over the years, and lines over them."""
    bars, lines = BarChart(), LineChart()
    bars.type, bars.grouping, bars.overlap, bars.gapWidth = "col", "stacked", 100, 33
    heads = [str(head) for head in block.frame.columns]
    column = 2
    for one in chart.spec["series"]:
        column = next(k for k, head in enumerate(heads, 1) if k > 1 and _bare(head) == one["name"])
        series = _series(sheet, block, column)
        if one["type"] == "bar":
            series.graphicalProperties = GraphicalProperties(solidFill=one["itemStyle"]["color"][1:])
            bars.append(series)
        else:
            _look(series, one["itemStyle"]["color"][1:], 22225, "dash", marker=True)
            lines.append(series)
    categories = Reference(sheet, min_col=1, min_row=block.row + 1, max_row=block.row + len(block.frame))
    for made in (bars, lines):
        if made.series:
            made.set_categories(categories)
    _axes(bars, block, column)
    most = chart.spec["yAxis"].get("max")
    if most is not None:
        bars.y_axis.scaling.max = most / 100 if block.units.get(block.frame.columns[1]) == "share" else most
    if lines.series:
        bars += lines
    return bars


def _list(sheet: Worksheet, chart: Chart, block: Block) -> BarChart:
    """Return a list of bars from the top, with their intervals."""
    made = BarChart()
    made.type, made.gapWidth = "bar", 60
    series = _series(sheet, block, 2)
    series.graphicalProperties = GraphicalProperties(solidFill=LIGHT["blue"][1:])
    last = len(block.frame.columns)
    minus, plus = (NumDataSource(numRef=NumRef(f=_span(sheet, block, k))) for k in (last - 1, last))
    series.errBars = ErrorBars(errDir=None, errBarType="both", errValType="cust", plus=plus, minus=minus)
    made.append(series)
    made.set_categories(Reference(sheet, min_col=1, min_row=block.row + 1, max_row=block.row + len(block.frame)))
    made.legend = None
    made.x_axis.scaling.orientation = "maxMin"
    made.x_axis.tickLblPos = "low"
    return _axes(made, block, 2)


def _series(sheet: Worksheet, block: Block, column: int) -> Series:
    """Return a column of a block as a series that is called as its heading."""
    values = Reference(sheet, min_col=column, min_row=block.row, max_row=block.row + len(block.frame))
    return Series(values, title_from_data=True)


def _span(sheet: Worksheet, block: Block, column: int) -> str:
    """Return where the figures of a column stand."""
    return str(Reference(sheet, min_col=column, min_row=block.row + 1, max_row=block.row + len(block.frame)))


def _look(series: Series, colour: str, width: int, dash: str, marker: bool) -> None:
    """Set the look of a line; its width in EMU."""
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=width, prstDash=dash))
    series.smooth = False
    series.marker.symbol = "circle" if marker else "none"
    if marker:
        series.marker.size = 5
        series.marker.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=colour))


def _axes(made: Any, block: Block, column: int) -> Any:
    """Set the axes and the legend of a chart; the format of figures is that of a column."""
    made.title = None
    made.x_axis.delete = made.y_axis.delete = False
    made.y_axis.number_format = FORMATS.get(block.units.get(block.frame.columns[column - 1], ""), "General")
    made.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="D9D9D9"))
    if made.legend is not None:
        made.legend.position = "b"
    return made


def _bare(heading: str) -> str:
    """Return a heading without its unit."""
    return re.sub(r"(（[^（）]*）| \([^()]*\))$", "", heading)


# ---- data


def _data(
    lang: str, results: Sequence[Result], comparison: Comparison | None,
) -> list[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Return the sheets of data: what they are called, their frame, the units of its columns."""
    runs = [(shown.run_name(result, lang), result) for result in results]
    scenario = word(COLUMNS, "scenario", lang)
    answers = pd.concat([answered(result, lang).assign(**{scenario: name}) for name, result in runs], ignore_index=True)
    found = pd.concat([_whole(result, lang).assign(**{scenario: name}) for name, result in runs], ignore_index=True)
    parts = [("report_sheet_answers", answers)]
    if comparison is not None:
        parts.append(("report_sheet_differences", _differences(comparison, lang)))
    parts.append(("report_sheet_indicators", found))
    year = word(COLUMNS, "year", lang)
    out = []
    for code, frame in parts:
        heads = [scenario, *(head for head in frame.columns if head != scenario)]
        out.append((phrase(code, lang), frame[heads], {year: "year"}))
    return out


def answered(result: Result, lang: str) -> pd.DataFrame:
    """Return the targets table of a run in words, figures in full (shares as parts of 1) but for probabilities, which have no
    more digits than their replications bear (see :func:`skillsim.report.shown.probability`) and none where these are few."""
    frame, asked = result.targets(), result.scenario.targets
    out = frame.drop(columns=["scenario", "label", "direction", "parameter_share"])
    out["probability"] = [_probability(p, result.replications) for p in frame["probability"]]
    out["mcse"] = frame["mcse"].round(2) if result.replications >= statistics.FEW else math.nan
    out["target"] = [getattr(asked[code].title, lang) for code in frame["target"]]
    out["indicator"] = _indicators(frame["indicator"], lang)
    out["goal"] = [tables.goal(asked[code], result.scenario, lang) for code in frame["target"]]
    return out.rename(columns={code: word(COLUMNS, code, lang) for code in out.columns})


def _probability(p: float, replications: int) -> float | str | None:
    """Return a probability as a figure in the steps in which it is shown; below the first or above the last step as shown."""
    said = shown.probability(p, None, replications)
    if said == "—":
        return None
    return float(said.removesuffix(" %")) / 100 if said[0].isdigit() else said


def _differences(comparison: Comparison, lang: str) -> pd.DataFrame:
    """Return the paired differences in words, figures in full."""
    frame, asked = comparison.targets(), comparison.baseline.scenario.targets
    named = {run.name: shown.run_name(run, lang) for run in comparison.others}
    out = frame[["scenario", "target", "indicator", "year", "baseline", "value", "difference", "low", "high", "verdict"]].copy()
    out["scenario"] = frame["scenario"].map(named)
    out["target"] = [getattr(asked[code].title, lang) for code in frame["target"]]
    out["indicator"] = _indicators(frame["indicator"], lang)
    out["verdict"] = [word(LABELS, code, lang) for code in frame["verdict"]]
    style = Style(lang, False)
    kept = ("scenario", "target", "indicator", "year", "baseline", "difference", "verdict")
    heads = {code: word(COLUMNS, code, lang) for code in kept}
    heads |= {"value": word(COLUMNS, "mean", lang), "low": style.say("low"), "high": style.say("high")}
    return out.rename(columns=heads)


def _indicators(codes: pd.Series, lang: str) -> list[str]:
    return [word(INDICATORS, code, lang) for code in codes]


def _whole(result: Result, lang: str) -> pd.DataFrame:
    """Return the tidy table of the whole place and by level, and of tables of stages; other breakdowns are thousands of lines."""
    frame, out = result.frame(), tables.tidy(result, lang)
    of_tables = frame["indicator"].isin(OF_TABLES)
    keep = (frame[[part for part in BREAKDOWNS if part != "level"]] == "").all(axis=1) | of_tables
    left = ("level", "pathway") if of_tables.any() else ("level",)
    gone = [word(COLUMNS, part, lang) for part in BREAKDOWNS if part not in left]
    return out[keep.to_numpy()].drop(columns=gone).reset_index(drop=True)


def _data_sheet(sheet: Worksheet, book: Book, title: str, frame: pd.DataFrame, units: dict[str, str]) -> None:
    """Fill a sheet of data: its headings in the first row, which stays in view and can be filtered by."""
    for j, head in enumerate(frame.columns, 1):
        cell = sheet.cell(1, j)
        put(cell, str(head))
        _styled(cell, book.lang, bold=True, fill=HEAD, horizontal="center")
        unit = units.get(head, "")
        for i, value in enumerate(frame.iloc[:, j - 1], 2):
            put(sheet.cell(i, j), value, unit)
    widths = _widths([(Block(1, frame, units), None)])
    for j, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(j)].width = width
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(frame.columns))}{len(frame) + 1}"
    _printed(sheet, book, sum(widths) > 95, 1)
    if len(frame) > PRINTED:
        sheet.print_area = f"A1:{get_column_letter(len(frame.columns))}{PRINTED + 1}"
        sheet.oddFooter.left.text = phrase("report_first_rows", book.lang, n=PRINTED)
