"""A report as what it says, before it becomes a document, a workbook or a page of the web.

Words are already in the report's language; figures are still figures, each column with its unit, so that a workbook gets real
numbers and a document shows them as :func:`skillsim.report.shown.figure` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from skillsim.report.charts.base import Chart


@dataclass(frozen=True)
class Text:
    """A paragraph; a note stands smaller, a warning is set off."""

    text: str
    kind: Literal["plain", "note", "warning"] = "plain"


@dataclass(frozen=True)
class Table:
    """A table: ``frame`` with headings in the language; ``units`` by heading say how its figures are shown (persons, share,
    yuan, ratio, year); columns without a unit are text."""

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
