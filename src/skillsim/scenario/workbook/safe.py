"""What a workbook may be before a library reads it: a plain zip of bounded size, its parts UTF-8 XML without declarations of
their own.  Only cells, merged ranges, texts and styles are handed on; macros, links, comments, drawings and rules are not."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.parsers import expat

from skillsim.errors import Problem, ScenarioError
from skillsim.terms import why_of

MAX_BYTES = 20_000_000  # of the file
MAX_UNPACKED = 80_000_000  # of all parts together
MAX_RATIO = 200  # of a part of more than a megabyte
MAX_ENTRIES = 2_000
MAX_ELEMENTS = 2_000_000  # of all parts together
MAX_CELLS = 300_000  # and rows, of all sheets together, filled or not
MAX_STYLES = 100_000  # elements of the part of styles, each of which the library makes an object of
MAX_SHEETS = 60
MAX_MERGED = 100_000  # cells in merged ranges, of all sheets together
OLE = b"\xd0\xcf\x11\xe0"  # an old .xls, or a workbook with a password
KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/sharedStrings\.xml|xl/styles\.xml"
    r"|xl/worksheets/[\w.-]+\.xml", re.IGNORECASE,
)
SHEET = re.compile(r"xl/worksheets/.*", re.IGNORECASE)
HANDED_ON = ("sheetData", "mergeCells")  # of a sheet; whatever else it has the library does not see
# what may stand inside: cells, their texts and how these look.  Else a part such as hyperlinks, for each cell of which the
# library makes one, could stand deeper down
INSIDE = frozenset((
    "row", "c", "f", "v", "is", "t", "r", "mergeCell", "rPr", "rPh", "phoneticPr", "rFont", "b", "i", "u", "strike", "outline",
    "shadow", "condense", "extend", "color", "sz", "family", "charset", "scheme", "vertAlign",
))
NEEDED = ("[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")


def bytes_of(path: Path) -> bytes:
    """Return what a file holds.

    Raises
    ------
    ScenarioError
        where it can't be read or is too large.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        raise ScenarioError([Problem("file_unreadable", file=path.name, args={"why": why_of(error)})]) from None
    if size > MAX_BYTES:
        raise _refused("file_large", path.name, limit=MAX_BYTES)
    return data


def parts_of(data: bytes, name: str) -> io.BytesIO:
    """Return a workbook that holds nothing but the checked parts of the one given, which problems call ``name``.

    Raises
    ------
    ScenarioError
        where it is no workbook, or is out of bounds.
    """
    if data.startswith(OLE):
        raise _refused("workbook_locked", name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _unpacked(archive, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, KeyError):
        raise _refused("workbook_damaged", name) from None
    except Exception as error:  # what zlib and its kin raise on flipped bytes
        if isinstance(error, ScenarioError | MemoryError):
            raise
        raise _refused("workbook_damaged", name) from None
    missing = [part for part in NEEDED if part not in parts]
    if missing or not any(part.startswith("xl/worksheets/") for part in parts):
        raise _refused("workbook_parts", name, parts=", ".join(missing) or "xl/worksheets")
    if sum(part.startswith("xl/worksheets/") for part in parts) > MAX_SHEETS:
        raise _refused("workbook_bounds", name, what=f"{MAX_SHEETS} sheets")
    seen = _Seen(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for part, text in parts.items():
            archive.writestr(part, seen.checked(part, text))
    out.seek(0)
    return out


def _refused(code: str, name: str, **args: object) -> ScenarioError:
    return ScenarioError([Problem(code, file=name, args=args)])


def _unpacked(archive: zipfile.ZipFile, name: str) -> dict[str, bytes]:
    """Return the parts that are kept, after the bounds of all."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _refused("workbook_bounds", name, what=f"{MAX_ENTRIES} parts")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _refused("workbook_bomb", name)
    names = Counter(entry.filename for entry in entries)
    out: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for entry in entries:
        part = entry.filename
        if part.startswith(("/", "\\")) or "\\" in part or ":" in part or ".." in part.split("/") or posixpath.isabs(part):
            raise _refused("workbook_part", name, part=part)
        if entry.flag_bits & 1:
            raise _refused("workbook_locked", name)
        if names[part] > 1:
            raise _refused("workbook_part", name, part=part)
        if entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise _refused("workbook_bomb", name)
        if KEPT.fullmatch(part):
            with archive.open(entry) as stream:
                text = stream.read(left + 1)
            left -= len(text)
            if left < 0:
                raise _refused("workbook_bomb", name)
            out[part] = text
    return out


class _Seen:
    """Goes through the parts and counts what bounds them together."""

    def __init__(self, name: str):
        self.name = name
        self.counts: Counter[str] = Counter()

    def count(self, what: str, n: int, most: int, said: str) -> None:
        self.counts[what] += n
        if self.counts[what] > most:
            raise _refused("workbook_bounds", self.name, what=f"{most} {said}")

    def checked(self, part: str, text: bytes) -> bytes:
        """Return what is handed on of a part; one that is no plain XML, declares entities, or is out of bounds is refused."""
        if text[:2] in (b"\xfe\xff", b"\xff\xfe") or text[:4] in (b"\0\0\0<", b"<\0\0\0") or text[:4] == b"<\0?\0":
            raise _refused("workbook_part", self.name, part=part)
        sheet, styles = bool(SHEET.fullmatch(part)), part.lower() == "xl/styles.xml"
        depth, handed = 0, False
        cuts: list[tuple[int, bool]] = []  # where each thing in a sheet begins, and whether it is handed on

        def begun(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth, handed
            depth += 1
            self.count("elements", 1, MAX_ELEMENTS, "elements")
            if styles:
                self.count("styles", 1, MAX_STYLES, "styles")
            if not sheet or depth == 1:
                return
            plain = tag.rpartition(":")[2]
            if depth == 2:
                handed = plain in HANDED_ON
                cuts.append((parser.CurrentByteIndex, handed))
            elif handed and plain not in INSIDE:
                raise _refused("workbook_part", self.name, part=part)
            elif handed and plain in ("row", "c"):
                self.count("cells", 1, MAX_CELLS, "cells")
            elif handed and plain == "mergeCell":
                self.count("merged", _cells_in(attributes.get("ref", "")), MAX_MERGED, "merged cells")

        def ended(_: str) -> None:
            nonlocal depth
            depth -= 1
            if depth == 0 and cuts:
                cuts.append((parser.CurrentByteIndex, True))

        def declared(*_: object) -> None:
            raise _refused("workbook_declares", self.name, part=part)

        parser = expat.ParserCreate(encoding=None)
        parser.StartElementHandler = begun
        parser.EndElementHandler = ended
        parser.StartDoctypeDeclHandler = declared
        parser.EntityDeclHandler = declared
        parser.XmlDeclHandler = lambda version, encoding, standalone: (
            declared() if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii") else None
        )
        try:
            parser.Parse(text, True)
        except expat.ExpatError:
            raise _refused("workbook_part", self.name, part=part) from None
        if not cuts:
            return text
        kept = [text[at:end] for (at, handed), (end, _) in pairwise([*cuts, (len(text), False)]) if handed]
        return text[: cuts[0][0]] + b"".join(kept)


def _cells_in(ref: str) -> int:
    found = RANGE.fullmatch(ref)
    if found is None:
        return MAX_MERGED + 1
    if found[3] is None:
        return 1
    columns = abs(_column(found[3]) - _column(found[1])) + 1
    return columns * (abs(int(found[4]) - int(found[2])) + 1)


def _column(letters: str) -> int:
    n = 0
    for letter in letters:
        n = n * 26 + ord(letter) - 64
    return n
