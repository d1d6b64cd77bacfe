"""From plain values to the sheets of a workbook: what has a column goes there, what is a number to the sheet of numbers, the
source of a block to that of sources, and all the rest by its path to the last sheet."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from skillsim.scenario.labels import label_of
from skillsim.scenario.types import Scenario
from skillsim.scenario.workbook import records
from skillsim.scenario.workbook.cells import YESNO, Names, Reading, help_of, show
from skillsim.scenario.workbook.layout import ALL, BASICS, ROLLS, Column, Sheet, dotted, label
from skillsim.scenario.workbook.typed import Path, Step, spot
from skillsim.terms import phrase
from skillsim.terms.fields import UNITS

RAW = "json:"  # in front of a value that the cell's kind can't hold
WHOLE = "*"  # the path of the whole file on the sheet of sources
Row = dict[int | str, Any]  # cells by column (from 0), or by role; figures by year under the role "year:2025"


@dataclass
class Sheets:
    """The rows of each sheet; ``years`` are the columns of the sheet of rolls."""

    rows: dict[str, list[Row]]
    years: list[int] = field(default_factory=list)
    units: dict[str, list[str]] = field(default_factory=dict)  # of the sheet of numbers, by row


def names_of(values: Mapping[Any, Any]) -> Names:
    """Return the names of all items that have a title."""
    names = Names()
    for sheet in ALL:
        if sheet.named:
            for code, item in items_of(values, sheet):
                title = item.get("title")
                if isinstance(title, dict):
                    names.add(sheet.named, str(code), [str(title.get(lang, "")) for lang in ("zh", "en")])
    return names


def items_of(values: Mapping[Any, Any], sheet: Sheet) -> Iterator[tuple[Step, dict[Any, Any]]]:
    """Yield the items of a sheet's collection with their codes or places."""
    block: Any = at(values, sheet.collection)
    pairs = block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ()
    yield from ((key, item) for key, item in pairs if isinstance(item, dict) and key != "source")


def at(values: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for step in path:
        inside = isinstance(values, list) and isinstance(step, int) and step < len(values)
        if inside or (isinstance(values, dict) and step in values):
            values = values[step]
        else:
            return None
    return values


def filled(scenario: Scenario, values: Mapping[Any, Any], lang: str) -> Sheets:
    """Return the rows of all sheets for plain values; ``scenario`` is what names the numbers in them."""
    writer = _Writer(scenario, values, lang)
    for sheet in ALL:
        if sheet.kind == "items":
            writer.items(sheet)
    writer.rolls()
    writer.basics()
    writer.rest(writer.left, ())
    writer.pointers()
    return Sheets(writer.rows, sorted(writer.years), {"numbers": writer.units})


class _Writer:
    """Takes values out of a copy, sheet by sheet; what is left goes to the sheets of paths."""

    def __init__(self, scenario: Scenario, values: Mapping[Any, Any], lang: str):
        self.scenario, self.lang = scenario, lang
        self.left: dict[Any, Any] = copy.deepcopy({key: value for key, value in values.items() if key != "format"})
        self.names = names_of(values)
        self.rows: dict[str, list[Row]] = {sheet.code: [] for sheet in ALL}
        self.units: list[str] = []
        self.years: set[int] = set()
        self.pending: list[tuple[Row, int, Path]] = []  # cells whose value stands on another sheet
        self.went: dict[Path, str] = {}  # to which sheet a number or value went
        quota = {f"quota.rows.{i}": f"quota.{row.key}" for i, row in enumerate(scenario.quota.rows)}
        self.known_as = quota | {f"retention.base.{i}": f"retention.base.{b.key}" for i, b in enumerate(scenario.retention.base)}

    def items(self, sheet: Sheet) -> None:
        """Take out the items of a sheet, a row for each, or for each inner item."""
        for key, item in items_of(self.left, sheet):
            path: Path = (*sheet.collection, key)
            inner = item.get(sheet.inner) if sheet.inner else None
            rows: list[Row] = [{0: key + 1 if isinstance(key, int) else key} for _ in inner or [None]]
            self.fields(sheet, rows[0], path, item, False)
            if isinstance(inner, list) and inner and all(isinstance(part, dict) for part in inner):
                for i, (row, part) in enumerate(zip(rows, inner, strict=True)):
                    self.fields(sheet, row, (*path, sheet.inner, i), part, True, i + 1)
                if not any(inner):
                    del item[sheet.inner]
            self.rows[sheet.code] += rows
        block = at(self.left, sheet.collection)
        pairs = [block[key] for key in block] if isinstance(block, dict) else block if isinstance(block, list) else None
        if pairs and not any(pairs):  # every item has its row
            del at(self.left, sheet.collection[:-1])[sheet.collection[-1]]
        elif isinstance(block, dict) and block:
            for key in [key for key in block if block[key] == {}]:
                del block[key]

    def fields(self, sheet: Sheet, row: Row, path: Path, item: dict[Any, Any], inner: bool, place: int | None = None) -> None:
        """Take out the fields of an item that its columns can hold."""
        source = None
        for i, column in enumerate(sheet.columns):
            if i == 0 or column.inner != inner:
                continue
            if column.role == "place":
                row[i] = place
            elif column.role == "field":
                self.field(column, row, i, path, item)
            else:
                source = self.source(item) if column.role == "source_kind" else source
                if source and source.get(column.role) is not None:
                    row[i] = source[column.role]

    def field(self, column: Column, row: Row, i: int, path: Path, item: dict[Any, Any]) -> None:
        holder, key = at(item, column.path[:-1]), column.path[-1]
        if not isinstance(holder, dict) or key not in holder:
            return
        found = spot((*path, *column.path))
        assert found is not None
        value = holder[key]
        own = value.pop("source") if found.kind == "map" and isinstance(value, dict) and "source" in value else None
        cell = show(value, Reading(found, self.names, self.lang))
        if cell is None:
            self.pending.append((row, i, (*path, *column.path)))
        else:
            row[i] = cell
            del holder[key]
            self.prune(item, column.path[:-1])
        if own is not None:
            holder[key] = {"source": own} if cell is not None else {**value, "source": own}

    def prune(self, item: dict[Any, Any], path: Path) -> None:
        """Take away the blocks that have become empty."""
        while path and at(item, path) == {}:
            del at(item, path[:-1])[path[-1]]
            path = path[:-1]

    def source(self, item: dict[Any, Any]) -> records.Record | None:
        """Take out an item's source where cells can hold it."""
        try:
            cells = records.source_cells(item.get("source"), self.lang)
            if not cells or records.source_of(cells) != item["source"]:
                return None
        except (records.CellError, LookupError, AttributeError):
            return None
        del item["source"]
        return cells

    def rolls(self) -> None:
        """Take out the series of the areas."""
        sheet = next(sheet for sheet in ALL if sheet.code == "areas")
        for code, item in [*items_of(self.left, sheet)]:
            for what in ROLLS:
                path = tuple(what.split("."))
                value = at(item, path)
                if not isinstance(value, dict) or "series" not in value:
                    continue
                full = (*sheet.collection, code, *path)
                found = spot(full)
                cells = records.record_of(value, self.lang, found.par if found else None)
                if cells is None or value.get("steps") is False:
                    continue
                row: Row = {role: cell for role, cell in cells.items() if role not in ("form", "series")}
                row |= {f"year:{year}": figure for year, figure in value["series"].items()}
                row |= {"rolls_area": self.names.shown("areas", str(code), self.lang), "rolls_what": label(full, self.lang)}
                if value.get("steps"):
                    row["steps"] = show(True, Reading(YESNO, self.names, self.lang))
                self.years |= set(value["series"])
                self.rows["rolls"].append(row)
                self.went[full] = "rolls"
                del at(item, path[:-1])[path[-1]]
                self.prune(item, path[:-1])
            if not item:
                del self.left["areas"][code]

    def basics(self) -> None:
        """Take out what every place states once; each has its row, filled or not."""
        for text in BASICS:
            path = tuple(text.split("."))
            found = spot(path)
            assert found is not None
            value = at(self.left, path)
            row: Row = {"label": label(path, self.lang), "path": text, "note": help_of(found, self.lang)}
            cell = None if value is None else show(value, Reading(found, self.names, self.lang))
            if cell is not None:
                row["value"] = cell
                del at(self.left, path[:-1])[path[-1]]
                self.prune(self.left, path[:-1])
            self.rows["basics"].append(row)

    def rest(self, value: Any, path: Path) -> None:
        """Write what is left: numbers and sources to their sheets, all else by its path."""
        found = spot(path)
        if isinstance(value, dict) and "source" in value and not _a_number(value):
            cells = self.source(value)
            if cells is not None:
                named = dotted(path) or WHOLE
                self.rows["sources"].append({"label": self.said(path) if path else "", "path": named, **cells})
                if not value:
                    return
        if found is not None and found.kind in ("number", "numbers") and not isinstance(value, list):
            cells = records.record_of(value, self.lang, found.par)
            if cells is not None:
                unit = found.par.unit if found.par else ""
                word = getattr(UNITS[unit], self.lang) if unit else ""
                self.rows["numbers"].append({"label": self.said(path), "path": dotted(path), "unit": word, **cells})
                self.units.append(unit)
                self.went[path] = "numbers"
                return
        if isinstance(value, dict | list):
            if found is not None and found.kind not in ("block", "map", "numbers") and self.whole(value, path):
                return
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                self.rest(part, (*path, key))
            if value:
                return
        self.went[path] = "other"
        cell = show(value, Reading(found, self.names, self.lang)) if found is not None and found.kind != "block" else None
        self.other(path, RAW + json.dumps(value, default=_day) if cell is None else cell)

    def whole(self, value: Any, path: Path) -> bool:
        """Write a list or mapping into one cell, where it can hold it."""
        found = spot(path)
        cell = show(value, Reading(found, self.names, self.lang)) if found is not None else None
        if cell is not None:
            self.went[path] = "other"
            self.other(path, cell)
        return cell is not None

    def other(self, path: Path, cell: Any) -> None:
        self.rows["other"].append({"label": self.said(path), "path": dotted(path), "value": cell})

    def said(self, path: Path) -> str:
        """Return the readable name of what stands at a path."""
        text = dotted(path)
        for place, name in self.known_as.items():
            if text == place or text.startswith(f"{place}."):
                text = name + text.removeprefix(place)
        try:
            return label_of(text, self.scenario, self.lang)
        except (LookupError, AttributeError, TypeError, ValueError):
            return label(path, self.lang)

    def pointers(self) -> None:
        """Say in the cells whose value stands elsewhere on which sheet it does."""
        for row, i, path in self.pending:
            sheet = next((code for there, code in self.went.items() if there[: len(path)] == path), "other")
            title = next(sheet_.title(self.lang) for sheet_ in ALL if sheet_.code == sheet)
            row[i] = phrase("workbook_elsewhere", self.lang, sheet=title)


def _a_number(value: Mapping[Any, Any]) -> bool:
    return bool(value.keys() & {*records.PLACES, "series"}) and records.record_of(value, "en") is not None


def _day(value: Any) -> str:
    assert isinstance(value, date), type(value)
    return value.isoformat()

