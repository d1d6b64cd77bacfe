"""Spoilt workbooks: each is refused with a problem that has a cell or a reason, or read to a scenario; nothing else comes out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string

from helpers_scenario import LANGS, told_well
from skillsim.errors import ScenarioError
from skillsim.scenario import workbook
from skillsim.scenario.reader import read
from skillsim.scenario.types import Scenario
from skillsim.scenario.workbook import safe
from skillsim.scenario.workbook.cells import same
from skillsim.scenario.workbook.read import _grids, _Reader, imported

SEEDS, CELLS, BYTES, PARTS = 11, 30, 120, 60  # 510 workbooks that are refused or come to other values
HEAD = 4
WHERE = re.compile(r"^case\.xlsx( .+?(![A-Z]{1,3}\d+)?)?$")
JUNK: tuple[Any, ...] = (
    None, "", " ", "   x   ", 0, -1, 1e308, -1e-308, 10**15, 0.1, True, False, "=1+1", "=A1", "=1/0", "#REF!",
    "#N/A", "１２", "12%", "１２％", "1,200", "1，200", "1,20", "12人", "1.2万", "0.3~0.5", "0.5~0.3", "[-0.2~0.4]", "(((",
    "0.3~", "~", "×", "3 × 0.9~1.1", "3 × 3", "@x", "3 @词", "N(0; 0.2)", "N(;)", "Beta(0; 0)", "140/200", "200/140",
    "0/0", "1;2;3", ";;;", "；", "、", "a、b、c", "a: 1; b: 2", "a: 1; a: 2", ": 1", "x:", "2024: 0.1; 2030: 0.2",
    "2024: 0.1; 2024: 0.2", "2024", "99999: 1", "1e999", "-1e999", "nan", "inf", "NaN", "TRUE", "是", "否", "√",
    date(2027, 1, 1), datetime(2027, 1, 1, 12, 30), time(8, 0), "2027-02-30", "2027/1/1", "2027年1月1日", "13-45",
    "02-30", "12月31日", "school", "机械", "中专 A", "nobody", "no body", "UPPER", "x" * 32_000, "\u200b", "\ufeff",
    "\u202e反", "🙂", "e\u0301" * 20, "<a>&\"'", "-1+1", "+1", "@SUM(A1)", "json:", "json:{", "json:[]", "json:{}",
    'json:{"a": {"b": 1}}', "json:null", "json:[[[[]]]]", "json:" + "[" * 5000, "json:NaN", "*", "**", ".", "..",
    "a.b.c", "quota.rows.99999999.seats", "quota.rows.-1.seats", "pathways.sve_3.stages.7.dropout", "areas.town",
    "areas.town.title.zh", "source", "rules.quota.active", "__class__", "model_fields", "{uniform: [0, 1]}",
    "→ 见“比率与参数”", "序号", "代码", "路径", "假设", "assumed", "已公布",
)


def small_base() -> bytes:
    """Return a workbook of the small place with nothing but filled sheets, without drop-downs."""
    book = load_workbook(io.BytesIO(workbook.filled(read("small"))))
    for page in list(book.worksheets):
        page.data_validations.dataValidation = []
        for row in range(page.max_row, 4, -1):
            if all(cell.value is None for cell in page[row]):
                page.delete_rows(row)
        if page.max_row <= 4 or page.sheet_state == "hidden" or page.title == "填写说明":
            book.remove(page)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


BASE = small_base()


def answer(folder: Path, data: bytes) -> Scenario | ScenarioError:
    """Return what comes of a workbook; anything but a scenario or a told error is raised."""
    file = folder / "case.xlsx"
    file.write_bytes(data)
    try:
        return imported(file).scenario
    except ScenarioError as error:
        assert error.problems
        for problem in error.problems:
            assert WHERE.match(problem.file), problem
            for lang in LANGS:
                assert told_well(problem.text(lang)), problem
        return error


Touched = set[tuple[str, int | None, int | None]]  # sheet, row or column, None for all of them


def plain_of(data: bytes) -> tuple[dict[Any, Any], dict[str, str]]:
    """Return the plain values of a workbook and the cell of each path."""
    values, places, _ = _Reader("case.xlsx").values(_grids(safe.parts_of(data, "case.xlsx"), "case.xlsx"))
    return values, {path: where for path, (where, _) in places.items()}


PLAIN, CELL_OF = plain_of(BASE)


def differences(a: Any, b: Any, left: str = "", right: str = "") -> Iterator[tuple[str, str]]:
    """Yield the paths in two trees of what differs, empty where one has nothing; of lists of blocks equal items go together."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            below = f"{left}.{key}".lstrip("."), f"{right}.{key}".lstrip(".")
            if key in a and key in b:
                yield from differences(a[key], b[key], *below)
            else:
                yield (below[0], "") if key in a else ("", below[1])
    elif isinstance(a, list) and isinstance(b, list) and all(isinstance(one, dict) for one in (*a, *b)):
        others = list(range(len(b)))
        for i, one in enumerate(a):
            twin = next((j for j in others if same(one, b[j])), None)
            if twin is None:
                yield f"{left}.{i}", ""
            else:
                others.remove(twin)
        yield from (("", f"{right}.{j}") for j in others)
    elif not same(a, b):
        yield left, right


def cells_of(path: str, places: dict[str, str]) -> set[str]:
    """Return the cells of what stands at a path and below it; where it has none of its own, that of the block around it."""
    while path:
        found = {where for one, where in places.items() if (one == path or one.startswith(f"{path}.")) and "!" in where}
        if found:
            return found
        path = path.rpartition(".")[0]
    return set()


def belongs(where: str, touched: Touched) -> bool:
    sheet, _, cell = where.partition(" ")[2].rpartition("!")
    found = re.fullmatch(r"([A-Z]+)(\d+)", cell)
    assert found is not None
    row, column = int(found[2]), column_index_from_string(found[1])
    return any(sheet == title and r in (None, row) and c in (None, column) for title, r, c in touched)


def has_effect(folder: Path, data: bytes, touched: Touched | None) -> ScenarioError | bool:
    """Return the refusal of a workbook, or whether it comes to other values than the base: what differs then stands, before or
    after, in the rows, columns or sheets that were ``touched`` (None for anywhere)."""
    found = answer(folder, data)
    if isinstance(found, ScenarioError):
        return found
    values, places = plain_of(data)
    apart = list(differences(PLAIN, values))
    for before, after in apart if touched is not None else []:
        cells = cells_of(before, CELL_OF) | cells_of(after, places)
        assert any(belongs(where, touched or set()) for where in cells), (before, after, touched, cells)
    return bool(apart)


def with_junk(chance: np.random.Generator) -> tuple[bytes, Touched]:
    """Return the base with one to three cells replaced, or a row, column or sheet moved, merged or taken away, and what was
    touched."""
    book = load_workbook(io.BytesIO(BASE))
    pages = book.worksheets
    touched: Touched = set()
    for n in range(int(chance.integers(1, 4))):
        page = pages[int(chance.integers(len(pages)))]
        row, column = int(chance.integers(1, page.max_row + 2)), int(chance.integers(1, page.max_column + 2))
        act = int(chance.integers(0, 30))
        whole = page.title
        if act == 0:
            page.insert_rows(row)
        elif act == 1:
            page.delete_rows(row)
        elif act == 2:
            page.insert_cols(column)
        elif act == 3:
            page.delete_cols(column)
        elif act == 4:
            name = str(chance.choice(["Sheet1", "院校 (2)", "别的", "numbers", "Targets"]))
            page.title = name + str(n) * int(chance.integers(2))
        elif act == 5:
            down, right = chance.integers(3, size=2)
            page.merge_cells(start_row=row, end_row=row + int(down), start_column=column, end_column=column + int(right))
        elif act == 6:
            for cell in page[row]:
                if cell.value is not None and cell.__class__.__name__ != "MergedCell":
                    page.cell(page.max_row + 1, cell.column).value = cell.value
        else:
            cell = page.cell(row, column)
            if cell.__class__.__name__ != "MergedCell":
                value = JUNK[int(chance.integers(len(JUNK)))]
                figures = [one for one in page[row] if isinstance(one.value, int | float) and row > HEAD]
                if figures and chance.random() < 0.7:  # a slip that can be taken
                    cell = figures[int(chance.integers(len(figures)))]
                    value = cell.value + 1 if isinstance(cell.value, int) else cell.value * 0.9
                cell.value = value
                if isinstance(value, str) and value.startswith("#"):
                    cell.data_type = "e"
                if chance.random() < 0.2:
                    cell.number_format = str(chance.choice(["0.0%", "yyyy-mm-dd", "@", "[h]:mm", "0"]))
                touched |= {(page.title, None, column)} if row == HEAD else {(page.title, row, None)}
        if act < 7:  # rows and columns may have moved
            touched |= {(whole, None, None), (page.title, None, None)}
    return saved(book), touched


@pytest.mark.parametrize("seed", range(SEEDS))
def test_cells_of_junk(tmp_path: Path, seed: int) -> None:
    """Thirty with an effect: many are refused, most of these by cell, not all; nothing differs but what was touched."""
    chance = np.random.default_rng(1000 + seed)
    answers: list[ScenarioError | bool] = []
    tried = 0
    while len(answers) < CELLS:
        tried += 1
        assert tried < 5 * CELLS
        found = has_effect(tmp_path, *with_junk(chance))
        answers += [found] if found else []
    told = [error for error in answers if isinstance(error, ScenarioError)]
    assert CELLS / 3 < len(told) < 0.97 * CELLS
    named = [error for error in told if any("!" in problem.file for problem in error.problems)]
    assert len(named) >= 0.8 * len(told)


def spoilt_bytes() -> Iterator[bytes]:
    """Yield the base cut short and with bytes turned, without end."""
    chance = np.random.default_rng(7)
    for i in count():
        data = bytearray(BASE)
        if i % 3 == 0:
            yield bytes(data[: int(chance.integers(0, len(data)))])
        else:
            for at in chance.integers(0, len(data), size=1 + i % 40):
                data[int(at)] ^= int(chance.integers(1, 256))
            yield bytes(data)


def test_bytes_cut_off_and_turned(tmp_path: Path) -> None:
    """Most are refused; what is read comes to the values of the base, whose parts are checked by their sums."""
    refused = tried = 0
    for data in spoilt_bytes():
        tried += 1
        found = has_effect(tmp_path, data, set())
        assert found is not True
        refused += found is not False
        if refused == BYTES:
            break
    assert tried < 1.5 * BYTES


def rezipped(change: Any) -> bytes:
    """Return the base with its parts as ``change`` makes them of a mapping by name."""
    with zipfile.ZipFile(io.BytesIO(BASE)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in change(parts).items():
            archive.writestr(name, text)
    return out.getvalue()


def test_parts_taken_away_and_spoilt(tmp_path: Path) -> None:
    """Of a sheet nothing differs elsewhere; both answers occur."""
    chance = np.random.default_rng(11)
    with zipfile.ZipFile(io.BytesIO(BASE)) as archive:
        names = [name for name in archive.namelist() if safe.KEPT.fullmatch(name)]
    titles = {f"xl/worksheets/sheet{i}.xml": title for i, title in enumerate(load_workbook(io.BytesIO(BASE)).sheetnames, 1)}
    answers = [
        has_effect(tmp_path, rezipped(lambda parts, name=name: {k: v for k, v in parts.items() if k != name}), None)
        for name in names
    ]
    while sum(map(bool, answers)) < PARTS:
        assert len(answers) < 8 * PARTS
        name = names[int(chance.integers(len(names)))]

        def spoil(parts: dict[str, bytes], name: str = name) -> dict[str, bytes]:
            text = parts[name]
            tags = re.findall(rb'"[^"]*"', text)
            old = tags[int(chance.integers(len(tags)))] if tags else b"x"
            new = [b'"-1"', b'"99999999"', b'""', b'"\xe5\xad\x97"', b'"A0"', b'"e"', b'"NaN"'][int(chance.integers(7))]
            return parts | {name: text.replace(old, new, 1 + int(chance.integers(3)))}

        answers.append(has_effect(tmp_path, rezipped(spoil), {(titles[name], None, None)} if name in titles else None))
    refused = sum(isinstance(one, ScenarioError) for one in answers)
    assert PARTS / 2 < refused < PARTS


def code_of(folder: Path, data: bytes) -> str:
    error = answer(folder, data)
    assert isinstance(error, ScenarioError)
    return error.problems[0].code


SHEET = "xl/worksheets/sheet1.xml"


def declared(parts: dict[str, bytes]) -> dict[str, bytes]:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return parts | {SHEET: parts[SHEET].replace(b"<worksheet", bomb + b"<worksheet", 1)}


def in_utf16(parts: dict[str, bytes]) -> dict[str, bytes]:
    return parts | {SHEET: parts[SHEET].decode("utf-8").encode("utf-16")}


def merged_everywhere(parts: dict[str, bytes]) -> dict[str, bytes]:
    text = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></sheetData>'
    return parts | {SHEET: parts[SHEET].replace(b"</sheetData>", b"</sheetData>" + text.replace(b"</sheetData>", b""), 1)}


LINKED = b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="999"/></hyperlinks>'


def inserted(parts: dict[str, bytes], first: bytes, last: bytes, after: bytes) -> dict[str, bytes]:
    """Return the parts with something at the beginning, at the end and behind the cells of each sheet."""
    def more(text: bytes) -> bytes:
        return text.replace(b"<sheetData>", b"<sheetData>" + first).replace(b"</sheetData>", last + b"</sheetData>" + after)

    return {name: more(text) if "worksheets" in name else text for name, text in parts.items()}


def many_cells(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Return the parts with as many cells in all sheets together as are too many; each sheet alone has few enough."""
    sheets = sum("worksheets" in name for name in parts)
    chance = np.random.default_rng(5)
    figures = b"".join(b"<c><v>%d</v></c>" % n for n in chance.integers(10**12, size=safe.MAX_CELLS // sheets))
    return inserted(parts, b"", b"<row>" + figures + b"</row>", b"")


BOMB = b"<x>" + b" " * 79_000_000 + b"</x>"


@pytest.mark.parametrize(("change", "code"), [
    (declared, "workbook_declares"),
    (in_utf16, "workbook_part"),
    (merged_everywhere, "workbook_bounds"),
    (lambda parts: parts | {"../outside.xml": b"<x/>"}, "workbook_part"),
    (lambda parts: parts | {"/etc/x.xml": b"<x/>"}, "workbook_part"),
    (lambda parts: parts | {"xl\\x.xml": b"<x/>"}, "workbook_part"),
    (lambda parts: parts | {"xl/media/bomb.bin": BOMB}, "workbook_bomb"),
    (lambda parts: parts | {SHEET: BOMB}, "workbook_bomb"),
    (lambda parts: parts | {f"xl/x{i}.xml": b"" for i in range(safe.MAX_ENTRIES)}, "workbook_bounds"),
    (lambda parts: parts | {f"xl/worksheets/x{i}.xml": b"<x/>" for i in range(safe.MAX_SHEETS)}, "workbook_bounds"),
    (lambda parts: {name: text for name, text in parts.items() if "worksheets" not in name}, "workbook_parts"),
    (lambda parts: {name: text for name, text in parts.items() if name != "xl/workbook.xml"}, "workbook_parts"),
    (lambda parts: parts | {SHEET: b"<worksheet"}, "workbook_part"),
    (lambda parts: parts | {SHEET: b"<x>" + b"<c/>" * (safe.MAX_ELEMENTS + 1) + b"</x>"}, "workbook_b*"),
    (lambda parts: parts | {"xl/styles.xml": b"<x>" + b"<xf a='1'/>" * (safe.MAX_STYLES + 1) + b"</x>"}, "workbook_b*"),
    (lambda parts: inserted(parts, b"", LINKED, b""), "workbook_part"),
    (many_cells, "workbook_bounds"),
])
def test_a_dangerous_part_is_refused(tmp_path: Path, change: Any, code: str) -> None:
    got = code_of(tmp_path, rezipped(change))
    assert got == code or (code.endswith("*") and got.startswith(code[:-1]))


def test_rules_and_links_of_a_sheet_are_not_handed_on(tmp_path: Path) -> None:
    """A link over a whole sheet, of which the library would make a cell each with the target as its value, has no effect."""
    rules = b'<conditionalFormatting sqref="A1:XFD1048576"><cfRule/></conditionalFormatting><dataValidations/>'
    data = rezipped(lambda parts: inserted(parts, b"", b"", rules + LINKED + b"<drawing/><tableParts><x/></tableParts>"))
    assert has_effect(tmp_path, data, set()) is False
    kept = zipfile.ZipFile(safe.parts_of(data, "case.xlsx"))
    assert not any(tag in kept.read(name) for name in kept.namelist() for tag in (b"hyperlink", b"cfRule", b"tablePart"))


def test_macros_links_and_drawings_are_not_handed_on(tmp_path: Path) -> None:
    """They are read over: the answer is the same as without them."""
    more = {"xl/vbaProject.bin": b"macro", "xl/drawings/drawing1.xml": b"<x"}
    more["xl/externalLinks/externalLink1.xml"] = b"<!DOCTYPE x><x/>"
    found = answer(tmp_path, rezipped(lambda parts: parts | more))
    plain = answer(tmp_path, BASE)
    assert isinstance(found, Scenario) and found == plain
    kept = zipfile.ZipFile(safe.parts_of((tmp_path / "case.xlsx").read_bytes(), "case.xlsx")).namelist()
    assert not any("vba" in name or "external" in name or "drawing" in name for name in kept)


def test_locked_old_and_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(tmp_path, safe.OLE + b"\0" * 600) == "workbook_locked"
    assert code_of(tmp_path, b"") == "workbook_damaged"
    assert code_of(tmp_path, b"name,value\n") == "workbook_damaged"
    locked = bytearray(BASE)
    for i in range(len(locked) - 4):  # the flag of encryption, in the headers of all parts
        if locked[i : i + 4] == b"PK\x01\x02":
            locked[i + 8] |= 1
    assert code_of(tmp_path, bytes(locked)) == "workbook_locked"
    monkeypatch.setattr(safe, "MAX_BYTES", 100)
    assert code_of(tmp_path, BASE) == "file_large"
