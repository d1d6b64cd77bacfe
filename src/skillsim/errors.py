"""What can go wrong, told so that it can be mended.

A :class:`ScenarioError` is the planner's to mend and carries every problem found, each with where, what, why and what
now.  An :class:`InvariantError` is ours: the model lost or doubled a person, and the run must not be believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from skillsim.terms import message, phrase

MOST_TOLD = 100  # problems of one error


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    ``code`` names a message of the catalogue in :mod:`skillsim.terms`, ``args`` fill it in; ``file``, ``line`` (from 1),
    ``path`` (dotted) and ``value`` say where it stands.
    """

    code: str
    path: str = ""
    value: Any = None
    file: str = ""
    line: int | None = None
    args: dict[str, Any] = field(default_factory=dict)

    def text(self, lang: str = "zh") -> str:
        """Return the problem as one sentence in ``lang`` ('zh' or 'en'): file:line path = value: what, why, what now."""
        where = _short(self.file, 400) + (f":{self.line}" if self.line else "")
        subject = _short(self.path, 160)
        if self.value is not None and not isinstance(self.value, dict | list):
            subject = f"{subject} = {_short(str(self.value), 60)}".lstrip()
        head = " ".join(part for part in (where, subject) if part)
        said = message(self.code, lang, **self.args)
        # what a file holds may be half a character or a control code; a terminal gets neither
        return "".join(c if c.isprintable() else "\ufffd" for c in (f"{head}: {said}" if head else said))


def _counted(text: str) -> str:
    """Return a text by which 9 comes before 10: a cell's row is part of a file's name."""
    return re.sub(r"[0-9]+", lambda found: found[0].zfill(12), text)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


class SkillsimError(Exception):
    """Base of the package's own errors."""


class ScenarioError(SkillsimError):
    """The scenario or the request has problems; all that were found are in ``problems``."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__(self.problems)  # SimPy raises a copy made from the arguments

    def __str__(self) -> str:
        """Return all problems in English."""
        return self.text("en")

    def text(self, lang: str = "zh") -> str:
        """Return the problems, one a line, in the order of the file: the first hundred, and how many more there are."""
        problems, more = self.first()
        return "\n".join([*(p.text(lang) for p in problems), *([phrase("problems_more", lang, n=more)] if more else [])])

    def first(self) -> tuple[list[Problem], int]:
        """Return the first hundred problems in the order of the file, and how many more there are."""
        ordered = sorted(self.problems, key=lambda p: (_counted(p.file), p.line or 0, p.path))
        return ordered[:MOST_TOLD], max(len(ordered) - MOST_TOLD, 0)


class InvariantError(SkillsimError):
    """The ledger does not balance: ``place`` says where, ``replication`` is the first absolute replication concerned."""

    def __init__(self, place: str, replication: int, detail: str):
        super().__init__(place, replication, detail)  # SimPy raises a copy made from the arguments
        self.place = place
        self.replication = replication
        self.detail = detail

    def __str__(self) -> str:
        """Return one sentence: where, which replication, what."""
        return f"the ledger does not balance at {self.place}, replication {self.replication}: {self.detail}"
