"""Named scenarios in a folder: whole or not at all, and nobody overwrites another's work without being told."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from skillsim.disk import locked, write_whole
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario.checks import near
from skillsim.scenario.reader import MAX_BYTES
from skillsim.terms import PHRASES, why_of

MOST_NAMES = 2_000
MOST_LETTERS = 60
MOST_NOTE = 200
PATIENCE = 10.0  # seconds until a folder that another program holds is told as busy
NOTE = "# skillsim-note "
# letters and digits of any language, with Chinese punctuation; a dot and a space only inside
NAME = re.compile(r"[\w（）《》“”、，。：·—-](?:[\w（）《》“”、，。：·— .-]*[\w（）《》“”、，。：·—-])?")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


@dataclass(frozen=True)
class Kept:
    """A named scenario: its text, the revision that the text is, when it was saved, and a note of who saved it and why."""

    name: str
    text: str
    revision: str
    saved_at: datetime
    note: str = ""


class Conflict(ScenarioError):  # noqa: N818 - it is an answer to act on, not a fault
    """What is saved under the name is not what was opened; ``kept`` is what is there now, None if it was removed."""

    def __init__(self, problem: Problem, kept: Kept | None):
        super().__init__([problem])
        self.kept = kept


class Shelf:
    """A folder of named scenarios.  Every failure is a ScenarioError."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    def names(self) -> list[str]:
        """Return the names, sorted."""
        try:
            with os.scandir(self.folder) as entries:
                found = [Path(e.name).stem for e in entries if e.name.endswith(".yaml") and e.is_file(follow_symlinks=False)]
        except OSError as error:
            raise _failed("file_unreadable", str(self.folder), error) from error
        return sorted(name for name in found if _wrong(name) is None)

    def open(self, name: str) -> Kept:
        """Return what is saved under a name."""
        name = checked(name)
        kept = self._there(name)
        if kept is None:
            raise ScenarioError([Problem("shelf_missing", args={"name": name, "near": near(name, self.names())})])
        return kept

    def save(self, name: str, text: str, base_revision: str | None, note: str = "") -> Kept:
        """Save a text under a name, whole or not at all, and return what is there then.

        Parameters
        ----------
        name, text : what is saved
        base_revision : the revision on which the text builds; None for a new name
        note : one line on who saves it, and why

        Raises
        ------
        Conflict
            when something else is there than ``base_revision``; nothing is changed.
        """
        name = checked(name)
        data = _encoded(name, text, note)
        with self._alone():
            there = self._there(name)
            if (there.revision if there else None) != base_revision:
                raise _conflict(name, there)
            if there is None:
                self._room_for(name)
            self._write(name, data)
            kept = self._there(name)
        assert kept is not None
        return kept

    def remove(self, name: str, revision: str) -> None:
        """Remove what is saved under a name, if it still is that revision.

        Raises
        ------
        Conflict
            when it is not.
        """
        name = checked(name)
        with self._alone():
            there = self._there(name)
            if there is None or there.revision != revision:
                raise _conflict(name, there)
            try:
                self._path(name).unlink()
            except OSError as error:
                raise _failed("out_unwritable", name, error) from error

    def free(self, wish: str) -> str:
        """Return a name like the one wished for that nothing is saved under."""
        stem = " ".join("".join(c if NAME.fullmatch(c) else " " for c in unicodedata.normalize("NFC", wish)).split())
        stem = stem[: MOST_LETTERS - 5].strip(" .") or "1"
        taken = {name.casefold() for name in self.names()}
        return next(name for n in range(1, MOST_NAMES + 2) if (name := stem if n == 1 else f"{stem} {n}").casefold() not in taken)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.yaml"

    def _there(self, name: str) -> Kept | None:
        """Return what is saved under a name; None if there is nothing.  A link is not followed: it may lead anywhere."""
        path = self._path(name)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return None
            with path.open("rb") as file:
                saved = os.fstat(file.fileno()).st_mtime
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise ScenarioError([Problem("file_large", file=name, args={"limit": f"{MAX_BYTES:,}"})])
            note, text = _noted(data.decode("utf-8"))
        except FileNotFoundError as error:
            if not self.folder.is_dir():
                raise _failed("file_unreadable", str(self.folder), error) from error
            return None
        except (OSError, UnicodeError) as error:
            raise _failed("file_unreadable", name, error) from error
        return Kept(name, text, hashlib.sha256(data).hexdigest()[:16], datetime.fromtimestamp(saved, UTC), note)

    def _room_for(self, name: str) -> None:
        names = self.names()
        other = next((n for n in names if n.casefold() == name.casefold()), None)
        if other is not None:
            raise ScenarioError([Problem("shelf_clash", value=name, args={"other": other})])
        if len(names) >= MOST_NAMES:
            raise ScenarioError([Problem("shelf_full", args={"n": MOST_NAMES})])

    def _write(self, name: str, data: bytes) -> None:
        try:
            write_whole(self._path(name), data)
        except OSError as error:
            raise _failed("out_unwritable", name, error) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes out; the system lets go of the lock when its holder dies."""
        try:
            file = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise _failed("out_unwritable", str(self.folder), error) from error
        try:
            self._wait(file)
            yield
        finally:
            os.close(file)

    def _wait(self, file: int) -> None:
        until = time.monotonic() + PATIENCE
        try:
            while not locked(file):
                if time.monotonic() > until:
                    raise ScenarioError([Problem("shelf_busy", args={"path": str(self.folder)})])
                time.sleep(0.01)
        except OSError as error:  # a file system without locks
            raise _failed("out_unwritable", str(self.folder), error) from error


def checked(name: str) -> str:
    """Return a name in the one form in which it is kept (NFC).

    Raises
    ------
    ScenarioError
        when it is no name for a scenario.
    """
    name = unicodedata.normalize("NFC", name)
    problem = _wrong(name)
    if problem:
        raise ScenarioError([problem])
    return name


def _wrong(name: str) -> Problem | None:
    """Return why a name can't be one; none of them can lead out of the folder."""
    whole = len(name) <= MOST_LETTERS and NAME.fullmatch(name) and unicodedata.is_normalized("NFC", name)
    if whole and name.partition(".")[0].strip().casefold() not in RESERVED:
        return None
    return Problem("shelf_name", value=name, args={"n": MOST_LETTERS})


def _encoded(name: str, text: str, note: str) -> bytes:
    line = f"{NOTE}{json.dumps(note[:MOST_NOTE])}\n" if note else ""
    try:
        data = (line + text).encode("utf-8")
    except UnicodeEncodeError:
        raise ScenarioError([Problem("text_control", file=name)]) from None
    if len(data) > MAX_BYTES:
        raise ScenarioError([Problem("file_large", file=name, args={"limit": f"{MAX_BYTES:,}"})])
    return data


def _noted(whole: str) -> tuple[str, str]:
    """Return the note and the text of a file."""
    first, _, rest = whole.partition("\n")
    if first.startswith(NOTE):
        with suppress(ValueError):
            note = json.loads(first.removeprefix(NOTE))
            if isinstance(note, str):
                return note, rest
    return "", whole


def _failed(code: str, name: str, error: Exception) -> ScenarioError:
    if code == "out_unwritable":
        return ScenarioError([Problem(code, args={"path": name, "why": why_of(error)})])
    return ScenarioError([Problem(code, file=name, args={"why": why_of(error)})])


def _conflict(name: str, there: Kept | None) -> Conflict:
    if there is None:
        return Conflict(Problem("shelf_gone", args={"name": name}), None)
    who = there.note or PHRASES["not_stated"]
    when = there.saved_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return Conflict(Problem("shelf_conflict", args={"name": name, "when": when, "who": who}), there)
