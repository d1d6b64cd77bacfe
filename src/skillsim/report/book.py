"""A report as what it says, before it becomes a document, a workbook or a page of the web.

Words are already in the report's language; figures are still figures, each column with its unit, so that a workbook gets real
numbers and a document shows them as :func:`cell` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from skillsim.report import shown
from skillsim.report.charts.base import Chart

# letters that can't be seen and turn the order of those that can
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# what XML can't hold: control codes and half characters
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# a text that is nothing but figures, signs and dashes, such as an interval or a probability with its error
SIGNS = r"\d\s.,:%+\-−±<>≥≤–…→—"
FIGURES = re.compile(rf"[+\-−±<>≥≤]?\s*[\d—][{SIGNS}]*(?:[一-鿿]{{1,4}}|[a-z-]{{2,14}})?(?: \([{SIGNS}]*\))?[{SIGNS}]*")


@dataclass(frozen=True)
class Text:
    """A paragraph; a head stands over what follows in its section, a point is one of a list, a note stands smaller, a warning is
    set off, code is for a terminal."""

    text: str
    kind: Literal["plain", "head", "point", "note", "warning", "code"] = "plain"


@dataclass(frozen=True)
class Table:
    """A table: ``frame`` with headings in the language; ``units`` by heading say how its figures are shown (persons, share,
    ten_thousand_yuan, ratio, year); columns without a unit are text."""

    caption: str
    frame: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A chart; its title is the caption, its ``alt`` the text for those who can't see it, its table the figures."""

    chart: Chart


Part = Text | Table | Picture


@dataclass(frozen=True)
class Section:
    """A section: a code (ASCII, for sheets and anchors), its heading, and what stands in it."""

    code: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Book:
    """A whole report."""

    lang: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]


CAPTIONS = {
    "zh": {Table: "表 {n}　{text}", Picture: "图 {n}　{text}"}, "en": {Table: "Table {n}. {text}", Picture: "Figure {n}. {text}"},
}


def captioned(book: Book) -> Iterator[tuple[Section, list[tuple[Part, str]]]]:
    """Yield each section and its parts with their captions, tables and pictures numbered through the report; texts have none."""
    counted: Counter[type[Part]] = Counter()

    def caption(part: Part) -> str:
        if isinstance(part, Text):
            return ""
        counted[type(part)] += 1
        text = part.caption if isinstance(part, Table) else part.chart.title
        return CAPTIONS[book.lang][type(part)].format(n=counted[type(part)], text=text)

    for section in book.sections:
        yield section, [(part, caption(part)) for part in section.parts]


def cells(table: Table) -> list[list[str]]:
    """Return the rows of a table as they are shown."""
    columns = [[cell(value, table.units.get(head, "")) for value in table.frame[head]] for head in table.frame.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def cell(value: Any, unit: str) -> str:
    """Return what stands in a cell: a figure in its unit, or a text as it is; a text that isn't there as nothing."""
    if not unit:
        return "" if pd.isna(value) else clean(str(value))
    if unit == "year" and not pd.isna(value):
        return str(int(value))
    if unit == "ten_thousand_yuan" and not pd.isna(value):
        return "0" if abs(value) < 0.05 else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
    text = "—" if pd.isna(value) else shown.figure(float(value), unit)
    return text if any(digit in text for digit in "123456789") else text.removeprefix("-")


def to_the_right(table: Table) -> list[bool]:
    """Say of each column whether it stands to the right: figures, also those that are texts already."""
    columns = list(zip(*cells(table), strict=True)) or [() for _ in table.frame.columns]
    return [
        head in table.units or (any(column) and all(not text or FIGURES.fullmatch(text) is not None for text in column))
        for head, column in zip(table.frame.columns, columns, strict=True)
    ]


def pieces(text: str) -> list[str]:
    """Return the parts of a text between which a line may break: of figures with an interval in brackets these two, of other
    figures one; none where the text is no figures."""
    if not FIGURES.fullmatch(text):
        return []
    figure, bracket, rest = text.partition(" (")
    return [figure, bracket.strip() + rest] if bracket else [figure]


def untitled(chart: Chart) -> Chart:
    """Return a chart without the title that is drawn in it, for where its caption stands beside it."""
    return replace(chart, spec={**chart.spec, "title": {**chart.spec["title"], "text": ""}})


def clean(text: str) -> str:
    """Return a text with what can't be printed marked, and without what turns the order of letters."""
    return UNPRINTABLE.sub("\ufffd", TURNING.sub("", text))
