"""The workbook of a place: out and in again without loss, what its cells are understood as, and what is told by cell."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

import skillsim as ss
from helpers_scenario import CHINESE, GOOD, LANGS, MARKET
from skillsim.cli import app
from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import resolve, sha256_of
from skillsim.scenario import workbook
from skillsim.scenario.numbers import Block
from skillsim.scenario.reader import parse, read, shipped
from skillsim.scenario.types import Scenario
from skillsim.scenario.workbook import cells, layout, records, typed
from skillsim.scenario.workbook.read import imported
from skillsim.terms.workbook import HELP, MESSAGES, SHEETS

DATA = Path(__file__).parent / "data"
HEAD = 4


def fields(block: Any) -> Any:
    """Return which fields are stated, all the way down: a stated default is not the same as an absent one."""
    if isinstance(block, Block):
        return {name: fields(getattr(block, name)) for name in sorted(block.model_fields_set)}
    if isinstance(block, dict):
        return {key: fields(value) for key, value in block.items()}
    return [fields(value) for value in block] if isinstance(block, list) else None


def back(folder: Path, data: bytes) -> Scenario:
    file = folder / "place.xlsx"
    file.write_bytes(data)
    return imported(file).scenario


def is_same(a: Scenario, b: Scenario) -> bool:
    return sha256_of(resolve(a)) == sha256_of(resolve(b)) and fields(a) == fields(b)


# both languages for the small ones
@pytest.mark.parametrize(("name", "lang"), [(n, lang) for n in shipped() for lang in LANGS if lang == "zh" or "/" not in n])
def test_a_shipped_scenario_comes_back_the_same(tmp_path: Path, name: str, lang: str) -> None:
    scenario = read(name)
    data = workbook.filled(scenario, lang)
    again = back(tmp_path, data)
    assert is_same(scenario, again)
    for part in ("areas", "industries", "programmes", "institutions", "pathways", "policies", "targets"):
        assert list(getattr(scenario, part)) == list(getattr(again, part))  # in the same order
    assert workbook.filled(read(name), lang) == data  # the same bytes


@pytest.mark.parametrize("file", [GOOD, MARKET], ids=lambda file: file.stem)
def test_the_files_of_the_tests_come_back_the_same(tmp_path: Path, file: Path) -> None:
    scenario = read(file)
    assert is_same(scenario, back(tmp_path, workbook.filled(scenario)))


ODD = """
extends: small
name: odd
title: {zh: "=1+1", en: "@SUM(A1)"}
source: {proxy: "-x, +y", zh: " 前后有空格 "}
calendar: {census: 09-20}
areas:
  town: {title: {zh: "a、b；c", en: "null"}, junior_graduates: {value: 0.1, factor: {normal: [1, 0.1]}, shared: "two words"}}
  twin: {title: {zh: 本镇二, en: twin}, local: false, near: true, junior_graduates: 3}
institutions:
  school: {capacity: {triangular: [1800, 1900, 2100]}, preference: [0.1, {uniform: [-0.3, 0.2]}]}
  college: {title: {zh: 中专 A, en: secondary school A}, preference: [0.30000000000000004, 1], capacity: {value: 9, shared: x}}
industries:
  machines: {level_shares: {}}
uncertainty: {process: true}
gates: {upgrade: {}}
rules:
  warning: {completion: null, match: 0.5, cut: {beta: [2, 3]}}
  retirement: {rise: {series: {2025: 0, 2026: 1}, steps: true}}
measures:
  m: {title: {zh: "_x0041_", en: "a\\nb"}, unit: {zh: 个, en: one}, done: {series: {2025: 0}, steps: false}, effects: []}
targets:
  stay: {of: {}, clause: "“2025”"}
policies:
  more_long_track: {source: {policy: "p"}}
"""


@pytest.mark.parametrize("lang", LANGS)
def test_what_no_column_can_hold_comes_back_the_same(tmp_path: Path, lang: str) -> None:
    """Signs of formulas, blanks, separators in names, schools of one name, forms of numbers, empty blocks, defaults."""
    scenario = parse(ODD)
    data = workbook.filled(scenario, lang)
    assert is_same(scenario, back(tmp_path, data))
    book = load_workbook(io.BytesIO(data))
    assert not [cell for page in book for row in page for cell in row if cell.data_type == "f"]
    texts = [cell for page in book for row in page for cell in row if cell.data_type == "s"]
    signs = [cell for cell in texts if cell.value[:1] in ("=", "+", "-", "@")]
    assert signs and all(cell.quotePrefix for cell in signs)


@pytest.mark.parametrize("lang", LANGS)
def test_the_sheets_say_what_they_are_and_how_they_are_filled(lang: str) -> None:
    book = load_workbook(io.BytesIO(workbook.blank(lang)))
    codes = ("readme", *(sheet.code for sheet in layout.ALL), "lists")
    assert book.sheetnames == [getattr(SHEETS[code], lang) for code in codes]
    for sheet in layout.ALL:
        page = book[sheet.title(lang)]
        heads = [cell.value for cell in page[HEAD]]
        assert len(heads) == len(set(heads)) and page["A2"].value == getattr(HELP[sheet.code], lang)
        assert page.page_setup.paperSize == int(page.PAPERSIZE_A4)
        assert page.freeze_panes and page.print_title_rows == f"${HEAD}:${HEAD}"
        shown = " ".join(str(cell.value) for row in page.iter_rows(max_row=HEAD) for cell in row if cell.value is not None)
        if lang == "en" and sheet.code not in ("areas",):
            examples = re.sub(r"e\.g\. [^;]*", "", shown).replace("二（一）", "")
            assert not CHINESE.search(examples.replace("※", "").replace("→", "")), shown
    institutions = book[next(sheet for sheet in layout.ALL if sheet.code == "institutions").title(lang)]
    lists = [rule.formula1 for rule in institutions.data_validations.dataValidation if rule.type == "list"]
    assert len(lists) == 4  # kind, area, placeholder, kind of source


def test_the_template_has_no_place_and_every_number_is_assumed() -> None:
    """The example's town stands in no row, and no rate of the template is told as published."""
    book = load_workbook(io.BytesIO(workbook.blank("zh")))
    for code in ("areas", "rolls", "industries", "programmes", "institutions", "seats", "policies", "targets", "observed"):
        page = book[SHEETS[code].zh]
        assert not [cell.value for row in page.iter_rows(min_row=HEAD + 1) for cell in row if cell.value is not None], code
    usual = workbook.usual()
    left = {path for path, _, _ in ss.scenario.types.numbers(usual, written=True) if path.split(".")[0] not in workbook.OWN}
    values = {key: value for key, value in usual.written.items() if key not in workbook.OWN}
    assert "source" not in values  # else a figure that is typed without a source would count as assumed
    for path in left:
        source = next((usual.sources[p] for p in above(path) if p in usual.sources and p), None)
        assert source is not None and source.kind == "assumed", path
        assert source.zh and source.zh.startswith("假设"), path
    ranges = [n for path, n, _ in ss.scenario.types.numbers(usual, written=True) if path in left and not n.uncertain]
    assert len(ranges) <= 2  # the caps of transfer, which are no estimates


def above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


# --------------------------------------------------------------------------------------------- a new place, as a user types it


def type_in(data: bytes, change: Callable[[Workbook], None] | None = None) -> bytes:
    """Return the blank template with a small county typed into its cells."""
    book = load_workbook(io.BytesIO(data))
    basics = {book["基本信息"].cell(row, 2).value: row for row in range(5, 20)}
    for path, value in (("name", "linxi"), ("title.zh", "临溪县"), ("years.last", "2032年")):
        book["基本信息"].cell(basics[path], 3).value = value
    bureau = {"来源类别": "已公布", "来源说明": "县教育局统计表（2025 年）"}
    rows(
        book["生源地"],
        {"中文名称": "城关镇", "普高毕业生报考人数": 30},
        {"中文名称": "北部山区"},
        {"中文名称": "外县", "是否本地": "否", "初中毕业生数": 80, "普高毕业生报考人数": "150"},
    )
    town, hills = {"生源地": "城关镇", **bureau}, {"生源地": "北部山区", **bureau}
    rows(
        book["学籍与出生"],
        {**town, "统计内容": "初中招生数", "2018": 1500, "2021": "1,650", "2025": 1780, "相对波动": "0.97~1.03"},
        {**town, "统计内容": "出生数", "2010": 1900, "2014": 1950, "2016": 2000, "2020": 1300},
        {**hills, "统计内容": "初中毕业生数", "2020": "６００", "2025": "580", "2035": 420},
    )
    levels = ("中职: 60；技工：10；高职专科: 22；本科: 8", "中职：55；技工：5；高职专科：30；本科：10")
    rows(
        book["产业"],
        {"中文名称": "纺织服装", "是否主导产业": "是", "从业人员数": "8,000", "岗位层次结构": levels[0], "用工年增长率": "0~3%",
         "来源类别": "推算", "来源说明": "按四经普推算"},
        {"中文名称": "其他", "从业人员数": 26000, "岗位层次结构": levels[1], "用工年增长率": "[-1%~2%]"},
    )
    rows(
        book["专业（群）"],
        {"中文名称": "服装设计", "对口产业比例": "纺织服装: 0.8"},
        {"中文名称": "护理", "对口产业比例": "其他：90%"},
    )
    rows(
        book["院校"],
        {"中文名称": "县职教中心", "院校类型": "中职学校", "所在地": "城关镇", "办学容量": 2600, "专任教师数": 140,
         "双师型占比": "45%", **bureau},
        {"代码": "college", "中文名称": "市职业技术学院", "院校类型": "高职院校", "所在地": "城关镇", "办学容量": 1800,
         "是否示意": "是"},
    )
    heads = ("招生学校", "专业（群）", "培养路径", "后续阶段学校", "生源范围", "招生计划")
    rows(book["招生计划"], *(dict(zip(heads, row, strict=True)) for row in (
        ("县职教中心", "服装设计", "中职（3 年）", None, None, 300),
        ("县职教中心", "护理", "中职（3 年）", None, "本地各生源地", 300),
        ("县职教中心", "护理", "中高职贯通 3+2", "市职业技术学院", None, "150"),
        ("college", "护理", "高职专科（3 年）", None, "不限生源地", 200),
        ("college", "服装设计", "college_3", None, "不限生源地", 200),
    )))
    rows(book["目标"], {
        "代码": "stay", "中文名称": "高职毕业生就业留存率", "指标": "local_retention_r1", "统计范围：层次": "高职专科",
        "目标年": 2030, "方向": "不低于", "目标值": "45%", "条款": "三（二）",
    })
    rows(book["实际数"], {"指标": "招生", "年份": 2025, "统计范围：院校": "县职教中心", "实际数": 610, **bureau})
    rows(
        book["政策"],
        {"代码": "plan", "中文名称": "扩大贯通培养", "数值路径": "quota.sve_3plus2", "乘以": 1.5,
         "生效日期": datetime(2027, 1, 1)},
        {"数值路径": "institutions.college.capacity", "逐步改为": 2400, "生效日期": "2027年1月1日", "完成日期": "2029-1-1"},
    )
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(page: Worksheet, *records: dict[str, Any]) -> None:
    """Type records below what is there, by headings."""
    heads = {str(cell.value): cell.column for cell in page[HEAD] if cell.value is not None}
    n = HEAD + 1
    while any(page.cell(n, column).value is not None for column in heads.values()):
        n += 1
    for record in records:
        for heading, value in record.items():
            page.cell(n, heads[heading]).value = value
        n += 1


BLANK = workbook.blank("zh")
TYPED = type_in(BLANK)


def test_a_new_place_typed_into_the_template_runs(tmp_path: Path) -> None:
    """Twenty replications, targets answered, the policy too; what was typed is what is there."""
    scenario = back(tmp_path, TYPED)
    assert scenario.years.last == 2032 and scenario.title.en == "临溪县"
    assert scenario.institutions["institutions_1"].title.zh == "县职教中心" and scenario.institutions["college"].placeholder
    entrants = scenario.areas["areas_1"].rolls.junior_entrants
    assert entrants.series == {2018: 1500, 2021: 1650, 2025: 1780} and entrants.factor.uniform == (0.97, 1.03)
    assert scenario.areas["areas_2"].junior_graduates.series == {2020: 600, 2025: 580, 2035: 420}
    assert scenario.industries["industries_2"].growth.uniform == (-0.01, 0.02)
    assert scenario.industries["industries_1"].level_shares["technician"].value == 10
    assert scenario.programmes["programmes_2"].industries["industries_2"].value == 0.9
    assert scenario.quota.rows[2].then == ["college"] and scenario.quota.rows[2].seats.value == 150
    assert scenario.targets["stay"].value == 0.45 and scenario.targets["stay"].of.levels == ["college"]
    assert [change.until for change in scenario.policies["plan"].changes] == [None, date(2029, 1, 1)]
    assert scenario.source_of("industries.industries_1.workers").kind == "derived"
    assert scenario.source_of("quota.sve_3.institutions_1.programmes_1.local") is None  # told as without a source, not as assumed
    results = ss.run([scenario, scenario.vary("plan")], replications=20, seed=1)
    for result in results:
        table = result.targets()
        assert list(table["target"]) == ["stay"] and 0 < table["mean"].iloc[0] < 1
    frame = results[0].frame()
    observed = frame[(frame.indicator == "entrants") & (frame.year == 2025) & (frame.programme == "") & (frame.pathway == "")]
    assert len(observed)


# -------------------------------------------------------------------------------------------------------- cell by cell


def told(folder: Path, change: Callable[[Workbook], None], data: bytes = TYPED) -> list[Problem]:
    book = load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ScenarioError) as caught:
        back(folder, out.getvalue())
    return sorted(caught.value.problems, key=lambda problem: problem.file)


def changed(folder: Path, change: Callable[[Workbook], None]) -> Scenario:
    book = load_workbook(io.BytesIO(TYPED))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return back(folder, out.getvalue())


def put(sheet: str, cell: str, value: Any) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[sheet][cell] = value
        if isinstance(value, str) and value.startswith("#"):
            book[sheet][cell].data_type = "e"

    return change


def many(*changes: Callable[[Workbook], None]) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        for one in changes:
            one(book)

    return change


@pytest.mark.parametrize(("sheet", "cell", "value", "code"), [
    ("院校", "G5", "2600头", "workbook_figure"),
    ("院校", "G5", "12%", "workbook_percent"),
    ("院校", "G5", 180.5, "workbook_whole"),
    ("招生计划", "G5", "12%", "workbook_percent"),
    ("招生计划", "G5", "180.5", "workbook_whole"),
    ("学籍与出生", "L5", "12%", "workbook_percent"),
    ("政策", "J5", "quota.sve_3plus3", "patch_key"),
    ("院校", "G5", True, "workbook_figure"),
    ("院校", "G5", date(2026, 1, 1), "workbook_became_date"),
    ("院校", "G5", "=SUM(A1)", "workbook_formula"),
    ("院校", "G5", "#REF!", "workbook_error"),
    ("院校", "G5", "\u202e12", "workbook_strange"),
    ("院校", "G5", None, "missing"),
    ("院校", "D5", "职高", "workbook_choice"),
    ("院校", "E5", "城关乡", "workbook_name"),
    ("院校", "E5", "nowhere", "unknown_code"),
    ("院校", "F5", "也许", "workbook_yesno"),
    ("院校", "A5", "college", "workbook_twice"),
    ("院校", "A5", "县职教", "pattern_code"),
    ("院校", "K5", None, "workbook_source_kind"),
    ("院校", "L5", None, "workbook_source_text"),
    ("院校", "I5", 1.4, "range"),
    ("院校", "R7", "随手记的", "workbook_heading"),
    ("院校", "D1", "随手记的", "workbook_above"),
    ("专业（群）", "E5", "纺织服装 0.8", "workbook_map"),
    ("学籍与出生", "A5", None, "workbook_rolls"),
    ("学籍与出生", "B5", "小学人数", "workbook_choice"),
    ("学籍与出生", "D5", "0.97", "workbook_spread"),
    ("基本信息", "B5", None, "workbook_no_path"),
    ("基本信息", "B5", "nothing.here", "workbook_path"),
    ("其他内容", "B5", "classes", "workbook_block"),
    ("基本信息", "C10", "2026年", "workbook_date"),
    ("基本信息", "C9", "2032.5", "workbook_whole"),
    ("基准留存率", "F5", "年底", "workbook_day"),
    ("比率与参数", "D5", "x", "workbook_figure"),
    ("比率与参数", "C5", "定值", "workbook_form"),
    ("比率与参数", "B5", "title.zh", "workbook_no_number"),
    ("其他内容", "C5", "json:{", "workbook_raw"),
    ("招生计划", "A5", 2, "workbook_twice"),
    ("招生计划", "A5", "第一", "workbook_place"),
])
def test_a_cell_is_told(tmp_path: Path, sheet: str, cell: str, value: Any, code: str) -> None:
    """Each with its sheet and cell, in both languages."""
    book = load_workbook(io.BytesIO(TYPED))
    if code == "workbook_twice" and sheet == "招生计划":
        book[sheet]["A6"] = 2
    before = book[sheet][cell].value
    assert before != value
    change = many(put(sheet, cell, value), put(sheet, "A6", 2)) if sheet == "招生计划" and value == 2 else put(sheet, cell, value)
    problems = told(tmp_path, change)
    found = [problem for problem in problems if problem.code == code]
    assert found, [problem.text("zh") for problem in problems]
    at = "A6" if sheet == "招生计划" and value == 2 else "A6" if code == "workbook_twice" else cell
    at = "C5" if code == "workbook_block" else at
    assert found[0].file == f"place.xlsx {sheet}!{at}", found[0]
    for lang in LANGS:
        assert found[0].text(lang).startswith(f"place.xlsx {sheet}!{at}")


def test_all_problems_are_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for sheet, cell, value in (("院校", "G5", "x"), ("产业", "E5", "y"), ("目标", "N5", "z"), ("政策", "O5", "改天")):
            book[sheet][cell] = value

    problems = told(tmp_path, change)
    assert {problem.file.partition(" ")[2] for problem in problems} == {"院校!G5", "产业!E5", "目标!N5", "政策!O5"}
    ran = CliRunner().invoke(app, ["import", str(tmp_path / "place.xlsx"), "--out", str(tmp_path / "x.yaml")])
    assert ran.exit_code == 2 and not (tmp_path / "x.yaml").exists()


def test_the_other_cells_of_a_spoilt_row_are_told_too(tmp_path: Path) -> None:
    """A name, a path or a formula that is wrong hides none of the row's figures, and a formula is not told as missing."""
    def change(book: Workbook) -> None:
        for sheet, cell, value in (
            ("学籍与出生", "A5", "城关乡"), ("学籍与出生", "C5", "也许"), ("学籍与出生", "D5", "0.97"), ("学籍与出生", "L5", "x"),
            ("比率与参数", "B5", "no.where"), ("比率与参数", "D5", "y"), ("比率与参数", "D6", "=A1"), ("比率与参数", "H6", "3"),
            ("基本信息", "C5", "=A1"),
        ):
            book[sheet][cell] = value

    at = [problem.file.partition(" ")[2] for problem in told(tmp_path, change)]
    rolls, numbers = [f"学籍与出生!{c}5" for c in "ACDL"], [f"比率与参数!{c}" for c in ("B5", "D5", "D6", "H6")]
    assert sorted(at) == sorted(["基本信息!C5", *rolls, *numbers])


def test_what_a_new_place_lacks_is_told_in_its_own_words(tmp_path: Path) -> None:
    """The sheets and headings by the names that they have in the workbook."""
    texts = {problem.file.partition(" ")[2]: problem.text("zh") for problem in told(tmp_path, lambda book: None, BLANK)}
    for sheet in ("专业（群）", "院校", "生源地", "招生计划"):
        assert f"“{sheet}”" in texts[sheet]
    assert not [text for text in texts.values() if re.search("“[a-z_]+”", text)]


def test_no_more_than_a_hundred_problems_are_told() -> None:
    error = ScenarioError([Problem("workbook_date", file=f"a!A{n}") for n in range(1, 251)])
    lines = error.text("zh").split("\n")
    assert len(lines) == 101 and lines[0].startswith("a!A1:") and lines[99].startswith("a!A100:") and "150" in lines[100]
    assert "150" in error.text("en").split("\n")[100]


@pytest.mark.parametrize("lang", LANGS)
def test_every_word_of_every_list_is_understood(lang: str) -> None:
    """As the code that it stands for; the words of the lists of names are told back to their codes."""
    book = load_workbook(io.BytesIO(workbook.blank(lang)))
    lists, names, seen = book[layout.LISTS.title(lang)], cells.Names(), set()
    for sheet in layout.ALL:
        listed = book[sheet.title(lang)].data_validations.dataValidation
        rules = {str(rule.sqref).partition("5:")[0]: rule.formula1 for rule in listed}
        for i, column in enumerate(sheet.columns, start=1):
            formula = rules.get(get_column_letter(i)) or ""
            if column.role != "field" or not formula.startswith(f"'{lists.title}'"):
                continue
            spot = typed.spot(sheet.example(column))
            assert spot is not None
            how = cells.Reading(spot, names, lang)
            words = [cell.value for (cell,) in lists[formula.partition("!")[2].replace("$", "")]]
            codes = [cells.understand(word, how) for word in words]
            assert len(words) > 1 and all(cells.same(cells.understand(code, how), code) for code in codes)
            assert len({str(code) for code in codes}) == len(words), (sheet.code, column.path, words)
            assert all(cells.show(code, how) == word for code, word in zip(codes, words, strict=True))
            seen.add(spot.name)
    assert {"Target.indicator", "Observed.indicator", "Institution.kind", "QuotaRow.areas", "Stage.level"} <= seen


def test_an_english_text_does_not_outlive_its_source() -> None:
    """Another kind or another Chinese text beside an untouched English one: the Chinese one serves both."""
    source = {"assumed": "as elsewhere", "zh": "与他处相同"}
    row = records.source_cells(source, "zh")
    assert records.source_of(row) == source
    assert records.source_of(row | {"source_kind": "已公布"}) == {"published": "与他处相同", "zh": "与他处相同"}
    assert records.source_of(row | {"source_zh": "统计表"}) == {"assumed": "统计表", "zh": "统计表"}
    more = {"source_kind": "已公布", "source_zh": "统计表", "source_text": "table"}
    assert records.source_of(row | more) == {"published": "table", "zh": "统计表"}
    assert records.source_of(more) == {"published": "table", "zh": "统计表"}
    book = load_workbook(io.BytesIO(workbook.filled(read("small"))))
    for sheet in layout.ALL:
        marks = [i for i, column in enumerate(sheet.columns, start=1) if column.role == "source_mark"]
        assert all(book[sheet.title("zh")].column_dimensions[get_column_letter(i)].hidden for i in marks)


def test_a_row_that_is_emptied_but_for_what_is_hidden_is_no_row(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        page = book["招生计划"]
        page.cell(20, 11).value = page.cell(5, 11).value or "0123456789abcdef"

    assert is_same(changed(tmp_path, change), back(tmp_path, TYPED))


def test_two_sheets_that_give_one_number_are_told(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        rows(book["比率与参数"], {"路径": "institutions.college.capacity", "数值一": 5})

    problem = told(tmp_path, change)[0]
    assert problem.code == "workbook_given_twice" and problem.path == "institutions.college.capacity"
    assert problem.file.startswith("place.xlsx 比率与参数!D") and problem.args["other"] == "院校!G6"


def sheet_without_headings(book: Workbook) -> None:
    for row in range(1, 5):
        for cell in book["院校"][row]:
            cell.value = None


def renamed(book: Workbook) -> None:
    book["院校"].title = "学校们"


@pytest.mark.parametrize(("change", "code", "where"), [
    (renamed, None, ""),
    (many(put("院校", "A1", "x"), renamed), "workbook_sheet", "学校们!A1"),
    (lambda book: book.copy_worksheet(book["院校"]), "workbook_sheet_twice", "院校 Copy!A1"),
    (sheet_without_headings, "workbook_head", "院校!B5"),
    (lambda book: book.remove(book["院校"]), "missing", "院校"),
    (put("院校", "F4", "中文名称"), "workbook_heading_twice", "院校!F4"),
    (put("院校", "F4", "示意？"), "workbook_heading", "院校!F6"),
    (lambda book: book["院校"].merge_cells("D5:E5"), "workbook_merged", "院校!D5"),
    (put("院校", "B25000", "远"), "workbook_far", "院校!B25000"),
])
def test_a_sheet_that_is_moved_renamed_or_spoilt(tmp_path: Path, change: Any, code: str | None, where: str) -> None:
    """Known again by its first line, or told."""
    if code is None:
        assert is_same(changed(tmp_path, change), back(tmp_path, TYPED))
        return
    problems = told(tmp_path, change)
    assert (code, f"place.xlsx {where}") in {(problem.code, problem.file) for problem in problems}, [p.text() for p in problems]


def reordered(book: Workbook) -> None:
    """Columns of the schools in the opposite order, empty rows between them, another first sheet, blanks around texts."""
    page = book["院校"]
    grid = [[cell.value for cell in reversed(row)] for row in page.iter_rows(min_row=HEAD, max_row=6)]
    for row in page.iter_rows(min_row=3, max_row=30):
        for cell in row:
            cell.value = None
    for i, values in enumerate(grid):
        for column, value in enumerate(values, start=1):
            page.cell(HEAD + 3 * i, column).value = f"  {value}　" if isinstance(value, str) and i else value
    book.move_sheet("招生计划", -7)


def merged(book: Workbook) -> None:
    """The source of two rows in one merged cell."""
    for column in "KL":
        book["院校"][f"{column}6"] = None
        book["院校"].merge_cells(f"{column}5:{column}6")


def test_columns_rows_and_sheets_may_change_places(tmp_path: Path) -> None:
    assert is_same(changed(tmp_path, reordered), back(tmp_path, TYPED))


def test_a_cell_merged_over_rows_counts_for_each(tmp_path: Path) -> None:
    scenario = changed(tmp_path, merged)
    assert scenario.source_of("institutions.college.capacity").published == "县教育局统计表（2025 年）"


def test_a_formula_counts_as_the_value_it_had(tmp_path: Path) -> None:
    """openpyxl writes no values of formulas, so the part is changed by hand: 2600 as the value of =2500+100."""
    import zipfile

    book = load_workbook(io.BytesIO(TYPED))
    book["院校"]["G5"] = "=2500+100"
    out, made = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, re.sub(rb"<f>2500\+100</f><v\s*/?>(</v>)?", b"<f>2500+100</f><v>2600</v>", text))
    assert is_same(back(tmp_path, out.getvalue()), back(tmp_path, TYPED))


def test_no_filled_cell_is_dropped(tmp_path: Path) -> None:
    """A stroke of nonsense in any cell that is for filling in is told, or is in the scenario."""
    page_of = {sheet.title("zh"): sheet for sheet in layout.ALL}
    book = load_workbook(io.BytesIO(TYPED))
    plain = back(tmp_path, TYPED)
    places = [
        (title, cell.coordinate) for title, sheet in page_of.items() for row in (HEAD + 1, HEAD + 2)
        for column, cell in zip(sheet.columns, book[title][row], strict=False)
        if column.role not in ("label", "unit", "note", "source_mark") and any(c.value is not None for c in book[title][row])
    ]
    assert len(places) > 200
    for title, cell in places[::11]:
        try:
            assert changed(tmp_path, put(title, cell, "?!甲")) != plain, (title, cell)
        except ScenarioError as error:
            assert any("!" in problem.file for problem in error.problems), (title, cell)


# ------------------------------------------------------------------------------------------------------- what cells mean

NAMES = cells.Names()
NAMES.add("institutions", "a", ["一校", "School A"])
NAMES.add("institutions", "b", ["同名", "twin"])
NAMES.add("institutions", "c", ["同名", "twin"])


def reading(path: str) -> cells.Reading:
    spot = typed.spot(path.split("."))
    assert spot is not None
    return cells.Reading(spot, NAMES)


@pytest.mark.parametrize(("path", "cell", "value"), [
    ("institutions.x.capacity", "１，２００", 1200),
    ("institutions.x.capacity", " 12,345,678 ", 12345678),
    ("institutions.x.capacity", "1 850", 1850),
    ("institutions.x.capacity", "1\u2009850\u2009000", 1850000),
    ("institutions.x.capacity", "1.2万", 12000),
    ("institutions.x.capacity", "1.2 万人", 12000),
    ("institutions.x.capacity", "120人", 120),
    ("institutions.x.capacity", "[100人~1 200 名] ", {"uniform": [100, 1200]}),
    ("institutions.x.capacity", "120名 × 90%~1.1", {"value": 120, "factor": {"uniform": [0.9, 1.1]}}),
    ("observed.0.value", "610人", 610),
    ("industries.x.level_shares", "中职: 60%；高职专科: 40%", {"secondary": 0.6, "college": 0.4}),
    ("institutions.x.kind", "中等职业学校", "secondary_school"),
    ("institutions.x.kind", "高职", "college"),
    ("quota.rows.0.areas", "本地", "local"),
    ("quota.rows.0.areas", "全部", "any"),
    ("targets.x.indicator", "招生", "entrants"),
    ("targets.x.indicator", "local_retention_r1", "local_retention_r1"),
    ("institutions.x.staff.dual", "４５％", 0.45),
    ("institutions.x.staff.dual", "3%~5%", {"uniform": [0.03, 0.05]}),
    ("institutions.x.staff.dual", "0.3-0.5", {"uniform": [0.3, 0.5]}),
    ("institutions.x.staff.dual", "0.3至0.5", {"uniform": [0.3, 0.5]}),
    ("institutions.x.staff.dual", "0.3～0.4～0.5", {"triangular": [0.3, 0.4, 0.5]}),
    ("institutions.x.staff.dual", "140/200", {"passed": 140, "of": 200}),
    ("institutions.x.preference", "[-0.2~0.4]", {"uniform": [-0.2, 0.4]}),
    ("institutions.x.preference", "（-0.2～0.4）", {"uniform": [-0.2, 0.4]}),
    ("institutions.x.preference", "N（0；0.2）", {"normal": [0, 0.2]}),
    ("institutions.x.preference", "正态(0, 0.2)", {"normal": [0, 0.2]}),
    ("institutions.x.preference", "0.1；0~1；N(0; 1)", [0.1, {"uniform": [0, 1]}, {"normal": [0, 1]}]),
    ("institutions.x.preference", "0.1；", [0.1]),
    ("institutions.x.capacity", "1,200 × 0.9~1.1 @规模", {"value": 1200, "factor": {"uniform": [0.9, 1.1]}, "shared": "规模"}),
    ("areas.x.local", "√", True),
    ("areas.x.local", "No", False),
    ("as_of", "2026年1月5日", date(2026, 1, 5)),
    ("as_of", datetime(2026, 1, 5), date(2026, 1, 5)),
    ("calendar.census", date(2026, 9, 15), "09-15"),
    ("calendar.census", "9月15日", "09-15"),
    ("years.first", "２０２５年", 2025),
    ("years.first", 2025.0, 2025),
    ("quota.rows.0.school", "School A", "a"),
    ("quota.rows.0.then", "一校、b", ["a", "b"]),
    ("quota.rows.0.areas", "不限生源地", "any"),
    ("quota.rows.0.areas", "x,y", ["x", "y"]),
    ("targets.x.clause", 3.0, "3"),
    ("targets.x.band", "0.3~0.5", [0.3, 0.5]),
    ("retention.base.0.definition", 1, "r1"),
    ("retention.base.0.definition", "Ｒ１", "r1"),
    ("labour.workforce.men.ages", "18: 1；30=3", {18: 1, 30: 3}),
])
def test_a_cell_is_understood(path: str, cell: Any, value: Any) -> None:
    assert cells.same(cells.understand(cell, reading(path)), value)


@pytest.mark.parametrize(("path", "cell", "code"), [
    ("institutions.x.capacity", "1,20", "workbook_figure"),
    ("institutions.x.capacity", "1~1.5万", "workbook_figure"),
    ("institutions.x.capacity", "1 20", "workbook_figure"),
    ("institutions.x.capacity", "120人次", "workbook_figure"),
    ("institutions.x.capacity", "12%~15%", "workbook_percent"),
    ("institutions.x.capacity", "100.5~110", "workbook_whole"),
    ("institutions.x.capacity", "1.00005万", "workbook_whole"),
    ("institutions.x.preference", "12%", "workbook_percent"),
    ("institutions.x.staff.dual", "0.3~0.4 × 0.9~1.1", "workbook_figure"),
    ("institutions.x.capacity", "3 × 2", "workbook_figure"),
    ("institutions.x.capacity", "1e999999999", "workbook_figure"),
    ("as_of", "2026-02-30", "workbook_date"),
    ("years.first", True, "workbook_whole"),
    ("quota.rows.0.school", "同名", "workbook_names"),
    ("quota.rows.0.school", "二校", "workbook_name"),
    ("targets.x.clause", date(2026, 2, 1), "workbook_became_date"),
    ("labour.workforce.men.ages", "18: 1; 18: 2", "workbook_series"),
])
def test_a_cell_is_not_understood(path: str, cell: Any, code: str) -> None:
    with pytest.raises(cells.CellError) as caught:
        cells.understand(cell, reading(path))
    assert caught.value.code == code


@pytest.mark.parametrize("value", [
    5, 0.1, {"uniform": [0.1, 0.2]}, {"triangular": [1, 2, 4]}, {"normal": [0, 0.2]}, {"beta": [2, 3]}, {"passed": 3, "of": 7},
    {"series": {2020: 1, 2030: 0.30000000000000004}}, {"series": {2020: 1}, "steps": True},
    {"value": 3, "factor": {"triangular": [0.5, 1, 2]}, "shared": "x"}, {"value": 3, "source": {"assumed": "a", "zh": "甲"}},
])
def test_a_record_holds_every_form_of_number(value: Any) -> None:
    for lang in LANGS:
        cells_ = records.record_of(value, lang)
        assert cells_ is not None and cells.same(records.number_of(cells_), value)


def test_a_row_without_a_form_goes_by_its_figures() -> None:
    """One figure is a value, two a range, three low, most likely, high; years make a series."""
    assert records.number_of({"first": "5%"}) == 0.05
    assert records.number_of({"first": 1, "second": 2}) == {"uniform": [1, 2]}
    assert records.number_of({"first": 1, "second": 2, "third": 4}) == {"triangular": [1, 2, 4]}
    assert records.number_of({2025: 3, 2026: "４"}) == {"series": {2025: 3, 2026: 4}}


def test_figures_are_told_exactly() -> None:
    """In per cent too: 0.07 is 7%, not 7.000000000000001%."""
    for n in range(1, 1000):
        assert cells.said(n / 1000, True) == f"{n / 10:g}%"
        assert cells.figure(cells.said(n / 1000, True)) == n / 1000


# ---------------------------------------------------------------------------------------------------------- the commands


def command(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "150"})
    return ran.exit_code, ran.output


@pytest.mark.parametrize("lang", LANGS)
def test_the_commands(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    more = ("--lang", lang)
    assert command("template", "a.xlsx", "--from", "small_jobs", *more)[0] == 0
    first = Path("a.xlsx").read_bytes()
    code, said = command("template", "a.xlsx", *more)
    assert code == 2 and "--force" in said and Path("a.xlsx").read_bytes() == first
    assert command("template", "a.xlsx", "--from", "small", "--force", *more)[0] == 0 and Path("a.xlsx").read_bytes() != first
    code, said = command("import", "a.xlsx", "--out", "a.yaml", *more)
    assert code == 0 and "skillsim run a.yaml" in said
    assert is_same(read("a.yaml"), read("small"))
    assert command("import", "a.xlsx", "--out", "a.yaml", *more)[0] == 2
    assert command("import", "a.xlsx", "--out", "a.yaml", "--force", *more)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "a.yaml"]


@pytest.mark.parametrize("arguments", [
    ("template", "a.xls"), ("template", "none/a.xlsx"), ("template", "."), ("template", "a.xlsx", "--from", "nowhere"),
    ("import", "none.xlsx", "--out", "a.yaml"), ("import", "a.csv", "--out", "a.yaml"),
])
def test_what_can_not_be_written_or_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = command(*arguments)
    assert code == 2 and said.strip() and not list(tmp_path.iterdir())


def test_only_workbooks_are_read_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for call, code in (
        (lambda: imported(tmp_path / "a.xlsm"), "workbook_suffix"),
        (lambda: imported(tmp_path / "none.xlsx"), "file_unreadable"),
        (lambda: workbook.save(tmp_path, b"", True), "workbook_exists"),
    ):
        with pytest.raises(ScenarioError) as caught:
            call()
        assert [problem.code for problem in caught.value.problems] == [code]


def test_every_message_is_told_by_a_test() -> None:
    """In this file or that of spoilt workbooks."""
    files = sorted(Path(__file__).parent.glob("test_workbook*.py"))
    here = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [code for code in MESSAGES if f'"{code}"' not in here] == []
