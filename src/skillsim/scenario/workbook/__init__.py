"""The workbook of a place: a scenario as sheets that can be filled in, and back."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from skillsim.disk import write_whole
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario.reader import build, plain
from skillsim.scenario.types import Scenario
from skillsim.terms import phrase, why_of

# what of the template's example is a place's own; it stands only in the examples above the headings
OWN = ("name", "title", "source", "areas", "industries", "programmes", "institutions", "quota", "targets", "observed", "policies")


def filled(scenario: Scenario, lang: str = "zh") -> bytes:
    """Return the workbook of a scenario, from which :func:`skillsim.scenario.workbook.read.imported` makes it again."""
    from skillsim.scenario.workbook import book, write

    return book.workbook(write.filled(scenario, scenario.written, lang), lang, getattr(scenario.title, lang))


def blank(lang: str = "zh") -> bytes:
    """Return the workbook of a new place: what is alike everywhere filled in as assumed, the place's own parts empty."""
    from skillsim.scenario.workbook import book, write

    example = usual()
    values = {key: value for key, value in example.written.items() if key not in OWN}
    years = range(example.years.first - 16, example.years.last + 1)
    rows = write.filled(example, values, lang)
    return book.workbook(rows, lang, phrase("workbook_new", lang), write.filled(example, example.written, lang), years)


def usual() -> Scenario:
    """Return the scenario of which the template is made: a made-up town with the usual pathways and rates."""
    text = (resources.files("skillsim.scenario.workbook") / "template.yaml").read_text(encoding="utf-8")
    values: dict[Any, Any] | None = plain(text)
    assert values is not None
    return build(values, {}, file="template.yaml")


def save(path: Path, data: bytes, force: bool) -> None:
    """Write a file whole or not at all; what is there is replaced only with ``force``.

    Raises
    ------
    ScenarioError
        where something is there already, or the file can't be written.
    """
    try:
        if path.is_dir() or (path.exists() and not force):
            raise ScenarioError([Problem("workbook_exists", args={"path": path})])
        write_whole(path, data)
    except (OSError, ValueError) as error:
        raise ScenarioError([Problem("out_unwritable", args={"path": path, "why": why_of(error)})]) from None
