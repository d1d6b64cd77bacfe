"""From a filled workbook to plain values and the cell of each, and to a checked scenario; all problems are told at once."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario.checks import near
from skillsim.scenario.reader import MAX_BYTES, Place, build, parse
from skillsim.scenario.text import as_yaml
from skillsim.scenario.types import Scenario
from skillsim.scenario.workbook import records, safe
from skillsim.scenario.workbook.cells import CODE, YESNO, CellError, Names, Reading, folded, half, understand
from skillsim.scenario.workbook.layout import ALL, LISTS, README, ROLLS, SOURCE, Column, Sheet, label
from skillsim.scenario.workbook.typed import Path, Step, is_title, spot, steps
from skillsim.scenario.workbook.write import RAW, WHOLE, at
from skillsim.terms import LANGS, PHRASES, Term
from skillsim.terms.workbook import SHEETS

MOST_ROWS = 20_000
MOST_COLUMNS = 300
HEAD_WITHIN = 30  # rows from the top in which the headings stand
MARK = re.compile(r"·\s*([a-z]+)\s*$")  # at the end of a sheet's first line
YEAR = re.compile(r"((?:19|20|21)\d\d)\s*年?")
ALLOWED = str.maketrans("", "", "\n\t\u3000")
POINTERS = {
    folded(getattr(PHRASES["workbook_elsewhere"], lang).format(sheet=sheet.title(lang))) for sheet in ALL for lang in LANGS
}
BAD = object()  # in place of a value whose cell is told


@dataclass(frozen=True)
class Imported:
    """What a workbook came to: the scenario, and the text of its file."""

    scenario: Scenario
    text: str


@dataclass
class _Grid:
    """The filled cells of a sheet of the workbook: by row (from 1) and column (from 1)."""

    title: str
    cells: dict[int, dict[int, Any]]
    bad: dict[tuple[int, int], str] = field(default_factory=dict)  # cells that hold no value: the code of a message


@dataclass
class _Table:
    """A sheet that is known, with the columns that its headings name."""

    sheet: Sheet
    grid: _Grid
    head: int
    at: dict[int, Column] = field(default_factory=dict)  # by column (from 1)
    years: dict[int, int] = field(default_factory=dict)

    def first(self) -> int:
        """Return the column of the items' codes or places; 0 where there is none."""
        return next((c for c, heading in self.at.items() if heading.role in ("code", "place") and not heading.inner), 0)

    def rows(self) -> Iterator[int]:
        marks = {column for column, heading in self.at.items() if heading.role == "source_mark"}  # hidden: emptied with the rest
        yield from (row for row in sorted(self.grid.cells) if row > self.head and self.grid.cells[row].keys() - marks)


def imported(path: FilePath) -> Imported:
    """Read a workbook.

    Raises
    ------
    ScenarioError
        with every problem found, each with its sheet and cell.
    """
    if path.suffix.lower() != ".xlsx":
        raise ScenarioError([Problem("workbook_suffix", file=path.name)])
    return taken_in(safe.bytes_of(path), path.name)


def taken_in(data: bytes, name: str) -> Imported:
    """Read a workbook from its bytes; ``name`` is what problems call it.

    Raises
    ------
    ScenarioError
        with every problem found, each with its sheet and cell.
    """
    reader = _Reader(name)
    grids = _grids(safe.parts_of(data, name), name)
    values, places, bad = reader.values(grids)
    problems = reader.problems
    scenario: Scenario | None = None
    try:
        scenario = build(values, places, file=name)
    except ScenarioError as error:
        problems += [reader.placed(p, places, values) for p in error.problems if not _told(p, bad)]
    if problems or scenario is None:
        raise ScenarioError(problems)
    text = as_yaml(values)
    if len(text.encode()) > MAX_BYTES:
        raise ScenarioError([Problem("file_large", file=name, args={"limit": MAX_BYTES})])
    return Imported(parse(text, name), text)


def _told(problem: Problem, bad: set[str]) -> bool:
    """Say whether a problem follows from a cell that is told already."""
    path = f"{problem.path}.{problem.args['key']}".lstrip(".") if problem.code == "missing" else problem.path
    return any(path == one or path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in bad if path)


def _grids(data: Any, name: str) -> list[_Grid]:
    """Return the filled cells of every sheet; of formulas the value that was computed last."""
    try:
        with warnings.catch_warnings():  # what the library leaves out is none of ours, or told by cell
            warnings.simplefilter("ignore")
            shown = written = load_workbook(data, data_only=False, keep_links=False)
            if any(cell.data_type == "f" for sheet in written.worksheets for cell in sheet._cells.values()):
                data.seek(0)
                shown = load_workbook(data, data_only=True, keep_links=False)
        out = [_grid(sheet, written[sheet.title], name) for sheet in shown.worksheets if sheet.title in written.sheetnames]
    except (ScenarioError, MemoryError):
        raise
    except Exception:
        # the library fails in ways of its own on parts that are XML but no workbook
        raise ScenarioError([Problem("workbook_damaged", file=name)]) from None
    if not out:
        raise ScenarioError([Problem("workbook_damaged", file=name)])
    return out


def _grid(shown: Any, written: Any, name: str) -> _Grid:
    grid = _Grid(str(shown.title), {})
    for (row, column), cell in shown._cells.items():
        value = _plain(cell.value)
        formula = getattr(written._cells.get((row, column)), "data_type", "") == "f"
        if cell.data_type == "e":
            grid.bad[row, column] = "workbook_error"
        elif formula and value is None:
            grid.bad[row, column] = "workbook_formula"
        elif isinstance(value, time) or (isinstance(value, str) and not value.translate(ALLOWED).isprintable()):
            grid.bad[row, column] = "workbook_strange"
        elif value is None:
            continue
        if row > MOST_ROWS or column > MOST_COLUMNS:
            where = f"{name} {grid.title}!{get_column_letter(min(column, 18_278))}{row}"
            raise ScenarioError([Problem("workbook_far", file=where, args={"rows": MOST_ROWS, "columns": MOST_COLUMNS})])
        grid.cells.setdefault(row, {})[column] = value
    for merged in shown.merged_cells.ranges:
        top = grid.cells.get(merged.min_row, {}).get(merged.min_col)
        if top is not None and merged.min_col == merged.max_col:  # one value for the rows below it
            for row in range(merged.min_row + 1, merged.max_row + 1):
                if row in grid.cells:
                    grid.cells[row].setdefault(merged.min_col, top)
        elif top is not None and merged.min_row > 1:
            grid.bad.setdefault((merged.min_row, merged.min_col), "workbook_merged")
    return grid


def _plain(value: Any) -> Any:
    """Return what a cell holds: a text without blanks around it, a figure, a date; None for nothing."""
    if isinstance(value, str):
        text = re.sub(r"[\u200b\ufeff]", "", value.replace("\r\n", "\n").replace("\xa0", " "))
        return text.strip() or None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return value if isinstance(value, int | float | bool | date | None | time) else str(value)


class _Reader:
    """Puts the cells of all sheets together; ``leaves`` are the values by path, each with its cell."""

    def __init__(self, file: str):
        self.file = file
        self.problems: list[Problem] = []
        self.leaves: dict[Path, tuple[Any, str]] = {}
        self.blanks: dict[Path, str] = {}  # empty cells of filled rows
        self.names = Names()
        self.tables: list[_Table] = []
        self.final: dict[Path, str] = {}  # the path in the scenario of each path here: places in lists close up
        self.lang = "zh"  # of the headings

    # ------------------------------------------------------------------------------------------------------- telling

    def cell(self, table: _Table, row: int, column: int) -> str:
        return self.where(table.grid, row, column)

    def where(self, grid: _Grid, row: int, column: int) -> str:
        return f"{self.file} {grid.title}!{get_column_letter(column)}{row}"

    def tell(self, code: str, where: str, path: Path | str = "", value: Any = None, **args: Any) -> None:
        text = path if isinstance(path, str) else ".".join(map(str, path))
        shown = value.isoformat() if isinstance(value, date) else value
        short = {key: arg[:60] if isinstance(arg, str) else arg for key, arg in args.items()}
        self.problems.append(Problem(code, text, shown, where, args=short))

    def placed(self, problem: Problem, places: Mapping[str, Place], values: Mapping[Any, Any]) -> Problem:
        """Return a problem of the scenario with the cell of what is missing or of the path that is wrong, and in the words of the
        workbook."""
        if problem.code != "missing":
            key = at(values, (*(steps(problem.path) or ()), "key"))
            own = places.get(f"{problem.path}.key")
            about = own is not None and key is not None and key in (problem.value, problem.args.get("key"))
            return replace(problem, file=own[0]) if own and about else problem
        path = f"{problem.path}.{problem.args['key']}".lstrip(".")
        named = steps(path)
        words = {"key": Term(*(label(named, lang) for lang in LANGS))} if named else {}
        sheet = next((sheet for sheet in ALL if sheet.collection[:1] == (path,)), None)
        if path not in places and sheet is not None:
            table = next((t for t in self.tables if t.sheet is sheet), None)
            where = f"{self.file} {table.grid.title if table else sheet.title(self.lang)}"
            return replace(problem, file=where, line=None, args={"key": SHEETS[sheet.code]})
        where = places[path][0] if path in places else problem.file
        return replace(problem, file=where, args=problem.args | words)

    # ------------------------------------------------------------------------------------------------- sheets, headings

    def values(self, grids: list[_Grid]) -> tuple[dict[Any, Any], dict[str, Place], set[str]]:
        """Return the plain values, the cell of each path, and the paths whose cells are told."""
        english = {sheet.title("en") for sheet in ALL}
        self.lang = "en" if any(grid.title in english for grid in grids) else "zh"
        for grid in grids:
            self.known(grid)
        self.tables.sort(key=lambda table: ALL.index(table.sheet))
        keys = {id(table): self.keys(table) for table in self.tables if table.sheet.kind == "items"}
        for table in self.tables:
            if table.sheet.kind == "items":
                self.items(table, keys[id(table)])
            else:
                for row in table.rows():
                    getattr(self, f"row_of_{table.sheet.kind}")(table, row)
        return self.together()

    def known(self, grid: _Grid) -> None:
        """Find out which sheet this is and where its columns stand."""
        if not grid.cells:
            return
        by_name = {folded(name): sheet for sheet in (*ALL, README, LISTS) for name in sheet.names()}
        sheet = by_name.get(folded(grid.title))
        mark = MARK.search(str(grid.cells.get(1, {}).get(1, "")))
        if sheet is None and mark is not None:
            sheet = next((one for one in (*ALL, README, LISTS) if one.code == mark[1]), None)
        first = min(grid.cells)
        where = self.where(grid, first, min(grid.cells[first]))
        if sheet is None:
            self.tell("workbook_sheet", where, near=near(grid.title, [one.title(self.lang) for one in ALL]))
            return
        if sheet in (README, LISTS):
            return
        twin = next((table for table in self.tables if table.sheet is sheet), None)
        if twin is not None:
            self.tell("workbook_sheet_twice", where, other=twin.grid.title)
            return
        table = self.headed(sheet, grid)
        if table is None:
            headings = "、".join(column.heading(sheet, self.lang) for column in sheet.columns[:4])
            self.tell("workbook_head", where, headings=headings)
        else:
            self.tables.append(table)

    def headed(self, sheet: Sheet, grid: _Grid) -> _Table | None:
        """Return the sheet with its headings: the row near the top that holds most of them."""
        wanted = {folded(column.heading(sheet, lang)): column for lang in LANGS for column in sheet.columns}
        rows = [row for row in sorted(grid.cells) if row <= HEAD_WITHIN]
        found = {row: [folded(str(text)) for text in grid.cells[row].values()] for row in rows}
        best = max(rows, key=lambda row: len({text for text in found[row] if text in wanted}), default=0)
        if not best or len({text for text in found[best] if text in wanted}) < 2:
            return None
        table = _Table(sheet, grid, best)
        seen: dict[Column, int] = {}
        for column, text in sorted(grid.cells[best].items()):
            heading = wanted.get(folded(str(text)))
            year = YEAR.fullmatch(half(str(text)))
            if heading is not None and heading in seen:
                other = get_column_letter(seen[heading])
                self.tell("workbook_heading_twice", self.where(grid, best, column), value=text, other=other)
            elif heading is not None:
                seen[heading] = column
                table.at[column] = heading
            elif sheet.kind == "rolls" and year and int(year[1]) not in table.years.values():
                table.years[column] = int(year[1])
        for row in (row for row in rows if row < best):
            for column, text in grid.cells[row].items():
                if column > 1 and not str(text).startswith("※"):
                    self.tell("workbook_above", self.where(grid, row, column), value=text, row=best)
        missed: dict[int, int] = {}
        for row in table.rows():
            for column in grid.cells[row]:
                if column not in table.at and column not in table.years:
                    missed.setdefault(column, row)
        for column, row in missed.items():
            text = str(grid.cells[best].get(column, ""))
            known = [one.heading(sheet, self.lang) for one in sheet.columns]
            name = text or get_column_letter(column)
            value = grid.cells[row][column]
            self.tell("workbook_heading", self.where(grid, row, column), value=value, name=name, near=near(text, known))
        return table

    def taken(self, table: _Table, row: int) -> dict[int, Any]:
        """Return the cells of a row by column; those that hold no value are told and left out."""
        out = {}
        for column in {**table.at, **table.years}:
            value = table.grid.cells[row].get(column)
            code = table.grid.bad.get((row, column))
            if code is not None:
                self.tell(code, self.cell(table, row, column))
                value = BAD
            out[column] = value
        return out

    # ------------------------------------------------------------------------------------------------------------ items

    def keys(self, table: _Table) -> dict[int, Step]:
        """Return the code or place of the item in each row, and note the names of the items."""
        sheet, out = table.sheet, {}
        first = table.first()
        titles = [column for column, heading in table.at.items() if heading.path[:1] == ("title",)]
        used: dict[Step, int] = {}
        last: Step | None = None
        numbers = [n for n in (table.grid.cells[row].get(first) for row in table.rows()) if isinstance(n, int) and n < MOST_ROWS]
        following = 0
        for row in table.rows():
            cells = table.grid.cells[row]
            if not any(column in table.at for column in cells):
                continue
            given = cells.get(first)
            own = [cells[column] for column in titles if column in cells]
            where = self.cell(table, row, first or 1)
            key: Step
            if sheet.listed:
                place = self.place(given, where) if given is not None else None
                if place is None:
                    following = max([following, *numbers]) + 1 if given is None else following + 1
                    place = following - 1 if given is None else MOST_ROWS + row
                key = place
            elif given is not None and CODE.fullmatch(half(str(given))):
                key = half(str(given))
            elif given is None and sheet.inner and not own and last is not None:
                key = last  # more of the item above
            else:
                if given is not None:  # it goes on under a code of ours, so that nothing else is told for it
                    self.tell("pattern_code", where, value=given)
                    own = [*own, given]
                key = next(code for n in range(len(used) + 1, MOST_ROWS * 2) if (code := f"{sheet.code}_{n}") not in used)
            if key in used and key != last:
                self.tell("workbook_twice", where, value=given, other=used[key])
            elif key in used and not sheet.inner:
                self.tell("workbook_twice", where, value=given, other=used[key])
                continue
            used.setdefault(key, row)
            out[row] = last = key
            if sheet.named:
                known = self.names.titles.get(sheet.named, {}).get(str(key), ())
                self.names.add(sheet.named, str(key), [*known, *(str(name) for name in own)])
        return out

    def place(self, given: Any, where: str) -> int | None:
        """Return a place in a list (from 0) for the one of a cell (from 1)."""
        try:
            n = half(str(int(given) if isinstance(given, float) and given.is_integer() else given))
            if not isinstance(given, bool) and re.fullmatch(r"[1-9]\d{0,5}", n):
                return int(n) - 1
        except (OverflowError, ValueError):
            pass
        self.tell("workbook_place", where, value=given)
        return None

    def items(self, table: _Table, keys: dict[int, Step]) -> None:
        """Put the items of a sheet in."""
        sheet = table.sheet
        following: dict[Step, int] = {}
        taken: dict[tuple[Step, int], int] = {}
        for row, key in keys.items():
            cells = self.taken(table, row)
            path: Path = (*sheet.collection, key)
            first = table.first() or 1
            self.leaves.setdefault(path, ({}, self.cell(table, row, first)))
            again = key in following
            self.fields(table, row, path, {c: v for c, v in cells.items() if not table.at[c].inner}, again)
            inner = {c: v for c, v in cells.items() if table.at[c].inner}
            following.setdefault(key, 0)
            if not any(v is not None for v in inner.values()):
                continue
            at = next((c for c in inner if table.at[c].role == "place"), None)
            given = inner.get(at) if at is not None else None
            place = self.place(given, self.cell(table, row, at or 1)) if given is not None and given is not BAD else None
            place = following[key] if place is None else place
            following[key] = max(following[key], place + 1)
            if (key, place) in taken:
                self.tell("workbook_twice", self.cell(table, row, at or first), value=place + 1, other=taken[key, place])
                continue
            taken[key, place] = row
            below: Path = (*path, sheet.inner, place)
            self.leaves.setdefault(below, ({}, self.cell(table, row, at or first)))
            self.fields(table, row, below, inner, False)

    def fields(self, table: _Table, row: int, path: Path, cells: dict[int, Any], again: bool) -> None:
        source: dict[Any, Any] = {}
        source_at: dict[Any, int] = {}
        for column, value in cells.items():
            heading = table.at[column]
            where = self.cell(table, row, column)
            if heading.role.startswith("source"):
                source_at[heading.role] = column
                if value is not None:
                    source[heading.role] = value
            elif heading.role == "field":
                full = (*path, *heading.path)
                if value is BAD:
                    self.put(full, BAD, where)
                elif value is None or (isinstance(value, str) and folded(value) in POINTERS):
                    self.blanks.setdefault(full, where)
                else:
                    self.put(full, self.understood(value, full, where), where, again)
        if source and BAD not in source.values():
            self.source(table, row, path, source, source_at, again)

    def understood(self, value: Any, path: Path, where: str) -> Any:
        found = spot(path)
        if found is None or found.kind == "block":
            return value
        try:
            if isinstance(value, datetime):
                raise CellError("workbook_became_date")
            return understand(value, Reading(found, self.names, self.lang))
        except CellError as error:
            self.tell(error.code, where, path, value, **error.given)
        except (ArithmeticError, ValueError):  # figures beyond all bounds
            self.tell("workbook_figure", where, path, value)
        return BAD

    def source(self, table: _Table, row: int, path: Path, cells: dict[Any, Any], at: dict[Any, int], again: bool = False) -> None:
        try:
            found = records.source_of(cells)
        except records.RoleError as error:
            where = self.cell(table, row, at.get(error.role, min(at.values())))
            self.tell(error.code, where, (*path, "source"), cells.get(error.role), **error.given)
            return
        if found is not None:
            self.put((*path, "source"), found, self.cell(table, row, at.get("source_text", min(at.values()))), again)

    # ----------------------------------------------------------------------------------------------- sheets of paths

    def by_role(self, table: _Table, row: int) -> tuple[dict[Any, Any], dict[Any, int], set[Any]]:
        """Return the filled cells of a row by role, years under themselves; their columns; and the roles of those that hold no
        value, which are told."""
        cells = self.taken(table, row)
        roles = {column: heading.role for column, heading in table.at.items()} | table.years
        filled = {roles[c]: v for c, v in cells.items() if v is not None}
        spoilt = {role for role, v in filled.items() if v is BAD}
        return {role: v for role, v in filled.items() if v is not BAD}, {role: c for c, role in roles.items()}, spoilt

    def path_in(self, table: _Table, row: int, cells: dict[Any, Any], at: dict[Any, int], told: bool = True) -> Path | None:
        """Return the path that a row is about; what is wrong with it is told."""
        if "path" not in cells:
            if told:
                self.tell("workbook_no_path", self.cell(table, row, at.get("path", 1)))
            return None
        text = half(str(cells["path"]))
        if table.sheet.kind == "sources" and text == WHOLE:
            return ()
        path = steps(text)
        if path is None:
            above = text.rpartition(".")[0]
            known = near(text, [above] if steps(above) else list(Scenario.model_fields))
            self.tell("workbook_path", self.cell(table, row, at["path"]), value=cells["path"], near=known)
        return path

    def row_of_paths(self, table: _Table, row: int) -> None:
        cells, at, spoilt = self.by_role(table, row)
        if not {"path", "value"} & cells.keys():
            return
        path = self.path_in(table, row, cells, at, not spoilt)
        if path is None:
            return
        where = self.cell(table, row, at.get("value", 1))
        if "value" in spoilt:
            self.put(path, BAD, where)
            return
        if "value" not in cells:
            self.blanks.setdefault(path, where)
            return
        value = cells["value"]
        found = spot(path)
        if isinstance(value, str) and value.startswith(RAW):
            try:
                self.put(path, json.loads(value.removeprefix(RAW), parse_constant=str), where)
            except (ValueError, RecursionError):
                self.tell("workbook_raw", where, path, value)
        elif found is None or found.kind == "block":
            self.tell("workbook_block", where, path, value)
        else:
            self.put(path, self.understood(value, path, where), where)

    def row_of_numbers(self, table: _Table, row: int) -> None:
        cells, at, spoilt = self.by_role(table, row)
        figures = {role: cell for role, cell in cells.items() if role not in ("label", "path", "unit")}
        if not (figures or "path" in cells):
            return
        path = self.path_in(table, row, cells, at, not spoilt)
        found = None if path is None else spot(path)
        if path is None or found is None or found.kind not in ("number", "numbers"):
            if path is not None:
                self.tell("workbook_no_number", self.cell(table, row, at["path"]), value=cells["path"])
            self.told_of(table, row, (), figures, at, spoilt or {"path"})
            return
        where = self.cell(table, row, at.get("first", at["path"]))
        if not spoilt and not figures.keys() - {"form", "shared", *SOURCE}:
            self.blanks.setdefault(path, where)
        else:
            self.record(table, row, path, figures, at, where, spoilt)

    def row_of_rolls(self, table: _Table, row: int) -> None:
        cells, at, spoilt = self.by_role(table, row)
        years = {year: cell for year, cell in cells.items() if isinstance(year, int)}
        if not spoilt and not years and not cells.keys() - {"rolls_area", "rolls_what", *SOURCE}:
            return
        area = self.in_row(table, row, "rolls_area", cells, at, spoilt)
        what = self.in_row(table, row, "rolls_what", cells, at, spoilt)
        figures = {role: cell for role, cell in cells.items() if role not in ("rolls_area", "rolls_what", "steps")}
        if "steps" in cells:
            steps_ = self.in_row(table, row, "steps", cells, at, spoilt)
            figures["form"] = "steps" if steps_ else "series"
        if area is None or what is None:
            path = ("areas", "x", *what.split(".")) if what else ()
            self.told_of(table, row, path, figures, at, spoilt or {"rolls_area"})
            return
        where = self.cell(table, row, at[min(years)] if years else at["rolls_what"])
        self.record(table, row, ("areas", area, *what.split(".")), figures, at, where, spoilt)

    def in_row(self, table: _Table, row: int, role: str, cells: dict[Any, Any], at: dict[Any, int], spoilt: set[Any]) -> Any:
        """Return what a cell of the sheet of rolls means besides its figures; None where it is told."""
        try:
            if role in spoilt:
                return None
            if role not in cells:
                raise CellError("workbook_rolls")
            text = str(cells[role])
            if role == "rolls_area":
                return self.names.code("areas", text)
            if role == "steps":
                return understand(cells[role], Reading(YESNO, self.names, self.lang))
            named = {path: [label(("areas", "x", *path.split(".")), lang) for lang in LANGS] for path in ROLLS}
            for path, names in named.items():
                if folded(text) in map(folded, (path, *names)):
                    return path
            raise CellError("workbook_choice", near=near(text, [names[LANGS.index(self.lang)] for names in named.values()]))
        except CellError as error:
            self.tell(error.code, self.cell(table, row, at.get(role, 1)), value=cells.get(role), **error.given)
            spoilt.add(role)
            return None

    def record(
        self, table: _Table, row: int, path: Path, cells: dict[Any, Any], at: dict[Any, int], where: str, spoilt: set[Any],
    ) -> None:
        """Put a number in whose figures stand in a row; all that is wrong with it is told."""
        value = BAD
        try:
            found = spot(path)
            value = BAD if spoilt else records.number_of(cells, found.par if found else None)
        except records.RoleError:
            pass
        except (ArithmeticError, ValueError):
            self.tell("workbook_figure", where, path)
            spoilt = {"first"}
        if value is BAD:
            self.told_of(table, row, path, cells, at, spoilt)
        self.put(path, value, where)

    def told_of(
        self, table: _Table, row: int, path: Path, cells: dict[Any, Any], at: dict[Any, int], spoilt: set[Any],
    ) -> None:
        """Tell what is wrong with the cells of a number beside those that are ``spoilt``."""
        found = spot(path)
        sources = spoilt & set(SOURCE)
        left = {role: cell for role, cell in cells.items() if not (sources and role in SOURCE)}
        for error in records.problems_of(left, found.par if found else None, not spoilt):
            where = self.cell(table, row, at.get(error.role, at.get("first", 1)))
            self.tell(error.code, where, path, cells.get(error.role), **error.given)

    def row_of_sources(self, table: _Table, row: int) -> None:
        cells, at, spoilt = self.by_role(table, row)
        source = {role: cell for role, cell in cells.items() if role in SOURCE}
        if not source:
            return
        path = self.path_in(table, row, cells, at, not spoilt)
        if path is None or spoilt:
            self.told_of(table, row, (), source, at, spoilt or {"path"})
        else:
            self.source(table, row, path, source, {role: column for role, column in at.items() if role in SOURCE})

    # --------------------------------------------------------------------------------------------------- together

    def put(self, path: Path, value: Any, where: str, again: bool = False) -> None:
        """Note a value at a path; ``again`` where a row repeats what an item's first row said."""
        if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
            for key, part in value.items():
                self.put((*path, key), part, where, again)
            return
        if path in self.leaves:
            there, other = self.leaves[path]
            if not (there == {} and value == {}) and not (again and there == value):
                self.tell("workbook_given_twice", where, path, other=other.partition(" ")[2])
            return
        self.leaves[path] = (value, where)

    def together(self) -> tuple[dict[Any, Any], dict[str, Place], set[str]]:
        """Return all values in one mapping, the cell of each path, and the paths whose cells are told."""
        tree: dict[Any, Any] = {}
        for path, (value, where) in self.leaves.items():
            node = tree
            for i, step in enumerate(path[:-1]):
                node = node.setdefault(step, {})
                if not isinstance(node, dict):
                    above = path[: i + 1]
                    self.tell("workbook_given_twice", where, path, other=self.leaves[above][1].partition(" ")[2])
                    break
            else:
                last = path[-1]
                if value == {} and isinstance(value, dict) and last in node:
                    continue
                if isinstance(node.get(last), dict) and node[last]:
                    self.tell("workbook_given_twice", where, path, other="…")
                    continue
                node[last] = {} if value == {} and isinstance(value, dict) else _Leaf(value)
        places: dict[str, Place] = {}
        bad: set[str] = set()
        values = self.finished(tree, (), "", places, bad)
        for path, where in self.blanks.items():
            named = self.final.get(path[:-1])
            deep = len(path)
            while named is None and deep > 1:  # of a block none of whose fields is filled in
                deep -= 1
                named = self.final.get(path[: deep - 1])
            places.setdefault(f"{named}.{path[deep - 1]}".lstrip("."), (where, None))
        order = list(Scenario.model_fields)
        top = {key: values[key] for key in sorted(values, key=lambda key: order.index(key) if key in order else -1)}
        return {"format": 1, **top}, places, bad

    def finished(self, node: Any, path: Path, named: str, places: dict[str, Place], bad: set[str]) -> Any:
        """Return the values below a path, places in lists closed up; ``named`` is the path in the scenario."""
        self.final[path] = named
        if path in self.leaves:
            places.setdefault(named, (self.leaves[path][1], None))
        if isinstance(node, _Leaf):
            if node.value is BAD:
                bad.add(named)
            return node.value
        found = spot(path)
        lists = found is not None and (found.listed or found.kind in ("numbers", "figures", "codes", "range_of_areas"))
        listed = lists and bool(node) and all(isinstance(step, int) for step in node)
        out: dict[Any, Any] = {}
        for i, step in enumerate(sorted(node) if listed else list(node)):
            below = f"{named}.{i if listed else step}".lstrip(".")
            value = self.finished(node[step], (*path, step), below, places, bad)
            places.setdefault(named, places.get(below, ("", None)))
            if value is not BAD:
                out[i if listed else step] = value
        if is_title(path) and out.keys() in ({"zh"}, {"en"}):
            only = next(iter(out.values()))
            out = {"zh": only, "en": only}
        return list(out.values()) if listed else out


@dataclass(frozen=True)
class _Leaf:
    value: Any
