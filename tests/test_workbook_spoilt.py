"""Spoilt workbooks: each is refused with a problem that has a cell or a reason, or read to a scenario; nothing else comes out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

from helpers_scenario import LANGS, told_well
from skillsim.errors import ScenarioError
from skillsim.scenario import workbook
from skillsim.scenario.reader import read
from skillsim.scenario.types import Scenario
from skillsim.scenario.workbook import safe
from skillsim.scenario.workbook.read import imported

CELLS, BYTES, PARTS = 330, 120, 60
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
    book = load_workbook(io.BytesIO(workbook.filled(read("small_jobs"))))
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


def with_junk(chance: np.random.Generator) -> bytes:
    """Return the base with one to three cells replaced, or a row, column or sheet moved, added, merged or taken away."""
    book = load_workbook(io.BytesIO(BASE))
    pages = book.worksheets
    for _ in range(int(chance.integers(1, 4))):
        page = pages[int(chance.integers(len(pages)))]
        row, column = int(chance.integers(1, page.max_row + 2)), int(chance.integers(1, page.max_column + 2))
        act = int(chance.integers(0, 20))
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
            page.title = name + str(_) * int(chance.integers(2))
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
                cell.value = value
                if isinstance(value, str) and value.startswith("#"):
                    cell.data_type = "e"
                if chance.random() < 0.2:
                    cell.number_format = str(chance.choice(["0.0%", "yyyy-mm-dd", "@", "[h]:mm", "0"]))
    return saved(book)


@pytest.mark.parametrize("seed", range(11))
def test_cells_of_junk(tmp_path: Path, seed: int) -> None:
    """330 workbooks; both answers occur, and a cell is named by most."""
    chance = np.random.default_rng(1000 + seed)
    answers = [answer(tmp_path, with_junk(chance)) for _ in range(CELLS // 11)]
    told = [error for error in answers if isinstance(error, ScenarioError)]
    assert 3 <= len(told) < len(answers)
    named = [error for error in told if any("!" in problem.file for problem in error.problems)]
    assert len(named) >= 0.8 * len(told)


def spoilt_bytes() -> Iterator[bytes]:
    """Yield the base cut short and with bytes turned."""
    chance = np.random.default_rng(7)
    for i in range(BYTES):
        data = bytearray(BASE)
        if i % 3 == 0:
            yield bytes(data[: int(chance.integers(0, len(data)))])
        else:
            for at in chance.integers(0, len(data), size=1 + i % 40):
                data[int(at)] ^= int(chance.integers(1, 256))
            yield bytes(data)


def test_bytes_cut_off_and_turned(tmp_path: Path) -> None:
    answers = [answer(tmp_path, data) for data in spoilt_bytes()]
    assert sum(isinstance(one, ScenarioError) for one in answers) > BYTES / 2


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
    chance = np.random.default_rng(11)
    with zipfile.ZipFile(io.BytesIO(BASE)) as archive:
        names = archive.namelist()
    count = 0
    for name in names:
        answer(tmp_path, rezipped(lambda parts, name=name: {k: v for k, v in parts.items() if k != name}))
        count += 1
    while count < PARTS:
        name = names[int(chance.integers(len(names)))]

        def spoil(parts: dict[str, bytes], name: str = name) -> dict[str, bytes]:
            text = parts[name]
            tags = re.findall(rb'"[^"]*"', text)
            old = tags[int(chance.integers(len(tags)))] if tags else b"x"
            new = [b'"-1"', b'"99999999"', b'""', b'"\xe5\xad\x97"', b'"A0"', b'"e"', b'"NaN"'][int(chance.integers(7))]
            return parts | {name: text.replace(old, new, 1 + int(chance.integers(3)))}

        answer(tmp_path, rezipped(spoil))
        count += 1


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
])
def test_a_dangerous_part_is_refused(tmp_path: Path, change: Any, code: str) -> None:
    got = code_of(tmp_path, rezipped(change))
    assert got == code or (code.endswith("*") and got.startswith(code[:-1]))


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


def test_there_are_five_hundred() -> None:
    assert CELLS + BYTES + PARTS >= 500
