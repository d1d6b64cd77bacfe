"""Reports: what they say is what the tables say, and the files hold it whole (the other half is tests/report_checklist.md)."""

from __future__ import annotations

import copy
import functools
import io
import itertools
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn
from typer.testing import CliRunner

import skillsim as ss
from skillsim.cli import app
from skillsim.report import charts, clauses, document, shown, tables, terminal, web
from skillsim.report.book import Book, Part, Picture, Section, Table, Text, captioned, cell, cells, pieces, to_the_right
from skillsim.report.contents import book, outcome, place
from skillsim.report.contents.ask import Ask
from skillsim.scenario.clauses import steps
from skillsim.scenario.policies import named
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, INDICATORS, LABELS, phrase, word

LANGS = ("zh", "en")
ITEMS = ("quzhou/baseline", "plan_2025")
ORDER = (
    "facts", "summary", "asked", "targets", "courses", "indicators", "people", "gaps", "differences", "money", "seats", "means",
    "decisions", "assumptions", "sources", "definitions", "clauses", "manifest",
)
CHINESE = re.compile("[一-鿿]")
ENGLISH = re.compile(r"\b[a-z]{4,}\b")


@pytest.fixture(scope="module")
def runs() -> list[ss.Result]:
    base = ss.load("quzhou/baseline")
    return ss.run([base, base.vary("plan_2025")], replications=200)


@pytest.fixture(scope="module")
def reports(runs: list[ss.Result]) -> dict[str, Book]:
    return {lang: book(runs, ss.compare(runs), lang, ITEMS) for lang in LANGS}


@pytest.fixture(scope="module")
def few() -> list[ss.Result]:
    base = ss.load("small_jobs")
    return ss.run([base, base.vary(next(iter(base.policies)))], replications=20)


@pytest.fixture(scope="module")
def documents(reports: dict[str, Book]) -> dict[str, Any]:
    return {lang: docx.Document(io.BytesIO(document.write(report))) for lang, report in reports.items()}


def said(report: Book, *but: str) -> list[str]:
    """Return every text of a report's sections, cell by cell."""
    out = []
    for section, parts in captioned(report):
        if section.code not in but:
            out.append(section.title)
            for part, caption in parts:
                out += [caption] if caption else []
                if isinstance(part, Text):
                    out.append(part.text)
                elif isinstance(part, Table):
                    out += [*map(str, part.frame.columns), *(text for row in cells(part) for text in row), part.note]
                else:
                    out.append(part.chart.alt)
    return out


def of(report: Book, code: str) -> Section:
    return next(section for section in report.sections if section.code == code)


def tables_of(report: Book, code: str) -> list[Table]:
    return [part for part in of(report, code).parts if isinstance(part, Table)]


# ------------------------------------------------------------------------------------------------------------ what it says


@pytest.mark.parametrize("lang", LANGS)
def test_sections_stand_in_order(reports: dict[str, Book], lang: str) -> None:
    assert [section.code for section in reports[lang].sections] == list(ORDER)
    assert all(section.parts for section in reports[lang].sections)


@pytest.mark.parametrize("lang", LANGS)
def test_probabilities_are_those_of_the_page(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    """The report's tables of targets hold, run by run and cell by cell, what ``tables.targets`` gives."""
    found = tables_of(reports[lang], "targets")
    assert len(found) == len(runs)
    for table, run in zip(found, runs, strict=True):
        page = tables.targets(run, lang)
        for code in ("year", "goal", "mean", "range", "probability", "label", "clause"):
            head = word(COLUMNS, code, lang)
            assert list(table.frame[head]) == list(page[head]), code
        titles = [getattr(a.target.title, lang) for a in run.answers]
        assert all(text.startswith(title) for text, title in zip(table.frame[word(COLUMNS, "target", lang)], titles, strict=True))


def points_under(parts: Sequence[Part], at: int) -> list[str]:
    """Return the points that follow a head."""
    rest = itertools.takewhile(lambda part: isinstance(part, Text) and part.kind == "point", parts[at + 1 :])
    return [part.text for part in rest if isinstance(part, Text)]


@pytest.mark.parametrize("lang", LANGS)
def test_each_target_is_judged_once_in_the_summary(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    """Also those out of reach, which are told with their mean, and those at 50 % have the word in front of the figure."""
    parts = of(reports[lang], "summary").parts
    at = next(i for i, part in enumerate(parts) if isinstance(part, Text) and part.kind == "head")
    labels = {word(LABELS, label, lang).lower() for label in ("likely", "open", "unlikely")}
    judged = [text for text in points_under(parts, at) if text.lower().startswith(tuple(labels))]
    told = {"zh": "”：概率 ", "en": "”: probability "}[lang]
    for a in runs[0].answers:
        if a.target.direction != "show":
            assert sum(text.count(f"“{getattr(a.target.title, lang)}{told}") for text in judged) == 1
    out = [a for a in runs[0].answers if shown.probability(a.probability, None, 200).startswith("<") and a.label == "unlikely"]
    assert out
    for a in out:
        mean = tables.reached(a.target, float(a.values.mean()), runs[0].scenario, lang)
        assert any(f"< 5 %{'（' if lang == 'zh' else ' ('}" in text and mean in text for text in judged)


@pytest.mark.parametrize("lang", LANGS)
def test_titles_in_the_summary_stand_in_quotes(
    reports: dict[str, Book], runs: list[ss.Result], few: list[ss.Result], lang: str,
) -> None:
    """A title may end in a figure, and a figure follows it."""
    of_few = outcome.summary(Ask(tuple(few), ss.compare(few), lang))
    assert of_few is not None
    for section, run in ((of(reports[lang], "summary"), runs[0]), (of_few, few[0])):
        points = [part.text for part in section.parts if isinstance(part, Text) and part.kind == "point"]
        for a in run.answers:
            if a.target.direction != "show":
                title = re.escape(getattr(a.target.title, lang))
                assert all(re.search(f"“{title}”", text) for text in points if re.search(title, text))


@pytest.mark.parametrize(
    ("years", "zh", "en"),
    [
        ([], "没有设定有数值要求的目标。", "No target asks for a number."),
        ([2027], "有 1 项有数值要求的目标，要求 2027 年达到。", "One target asks for a number, by 2027."),
        ([2027, 2027], "共有 2 项有数值要求的目标，均要求 2027 年达到。", "2 targets ask for a number, all of them by 2027."),
        ([2026, 2027, 2027], "多数要求 2027 年达到。", "3 targets ask for a number, most of them by 2027."),
        ([2025, 2026, 2027], "分别要求 2025 年至 2027 年达到。", "3 targets ask for a number, by years from 2025 to 2027."),
    ],
)
def test_the_summary_counts_targets_and_runs_as_they_are(years: list[int], zh: str, en: str) -> None:
    base = ss.load("small")
    asked = next(target for target in base.targets.values() if target.direction != "show")
    targets = {f"t{i}": asked.model_copy(update={"year": year}) for i, year in enumerate(years)}
    shown_only = {"s": asked.model_copy(update={"direction": "show", "value": None, "year": 2028})}
    run = ss.run(base.model_copy(update={"targets": {**targets, **shown_only}}), replications=2)
    for lang, end in (("zh", zh), ("en", en)):
        section = outcome.summary(Ask(tuple(run), None, lang))
        assert section is not None
        first = section.parts[0]
        assert isinstance(first, Text) and first.text.endswith(end)
        assert "(s)" not in first.text and "1 个方案" not in first.text


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("quzhou", "衢州市", "Quzhou"), ("linzi", "临淄区", "Linzi district"), ("baoji", "宝鸡市", "Baoji"),
        ("liaocheng", "聊城市", "Liaocheng"), ("ningxia", "宁夏回族自治区", "Ningxia"),
    ],
)
def test_a_place_is_called_without_the_rules_in_force(name: str, zh: str, en: str) -> None:
    scenario = ss.load(f"{name}/baseline")
    assert (shown.place_name(scenario, "zh"), shown.place_name(scenario, "en")) == (zh, en)
    bare = scenario.model_copy(update={"title": scenario.title.model_copy(update={"zh": "（草案）", "en": "a (b) c (draft)"})})
    assert (shown.place_name(bare, "zh"), shown.place_name(bare, "en")) == ("（草案）", "a (b) c")


def test_the_title_names_the_place_and_the_subtitle_the_runs(reports: dict[str, Book]) -> None:
    assert reports["zh"].title == "衢州市：技能人才供需仿真报告"
    assert reports["zh"].subtitle.startswith("方案：衢州市（2025 年实施意见之前的做法延续） / ")
    assert reports["en"].title.startswith("Quzhou: ")
    assert tables_of(reports["zh"], "facts")[0].frame.iloc[0, 1] == "衢州市"


@pytest.mark.parametrize("lang", LANGS)
def test_notes_speak_of_what_their_table_has(reports: dict[str, Book], lang: str) -> None:
    track = tables_of(reports[lang], "decisions")[0]
    assert {"zh": "应达到", "en": "Required"}[lang] not in track.note
    verdicts = set(track.frame.iloc[:, 2:].to_numpy().ravel())
    explained = {"zh": ("落后", "符合", "超前"), "en": ("behind", "yes", "ahead")}[lang]
    assert all(text in track.note.lower() for text in explained)
    assert verdicts & set(explained)
    gaps = next(t for t in tables_of(reports[lang], "gaps") if len(t.units) == len(t.frame.columns) - 1)
    assert {"zh": "不等于各行之和", "en": "not the sum of the others"}[lang] in gaps.note


@pytest.mark.parametrize("lang", LANGS)
def test_clauses_tell_shares_as_per_cent(reports: dict[str, Book], lang: str) -> None:
    """A policy sets a share of 0.65: the ledger says 65.0 %, as the table of changes does; an addition stands in points."""
    scenario = ss.load("quzhou/baseline")
    text = "\n".join(tables_of(reports[lang], "clauses")[0].frame[word(COLUMNS, "schedule", lang)])
    made = [one for clause in scenario.clauses for key in clause.carried for one in steps(scenario, key)]
    shares = [one for one in made if one.op == "set" and kind_of(scenario, one.key) == "share"]
    assert shares
    for one in shares:
        assert f"{one.value * 100:.1f} %" in clauses.step(scenario, one, lang)
        assert clauses.step(scenario, one, lang) in text
    added = clauses.step(scenario, replace(shares[0], op="add", value=0.05), lang)
    assert added.endswith({"zh": "+5 个百分点", "en": "+5 points"}[lang])


def kind_of(scenario: Scenario, key: str) -> str:
    return shown.kind_of(named(scenario, key)[0][2].unit)


def test_the_last_intake_is_the_one_of_the_terminal(reports: dict[str, Book], runs: list[ss.Result]) -> None:
    """Row by row the same cell, also of targets that are only shown."""
    assert any(a.target.direction == "show" and a.movable_until is not None for a in runs[0].answers)
    for table, run in zip(tables_of(reports["zh"], "targets"), runs, strict=True):
        column = [str(cell) for cell in terminal.targets(run, "zh").columns[-1].cells]
        assert list(table.frame[word(COLUMNS, "movable_until", "zh")]) == column


def test_what_is_cut_stands_in_the_table_of_money(runs: list[ss.Result]) -> None:
    """Where 10,000 yuan of each item are cut in each of 21 years, 21 in all stand in the last column; nothing cut, no column."""
    run, rows = runs[0], runs[0].money()
    head = word(COLUMNS, "cut", "zh")
    for amount, wanted in ((0.0, False), (1e4, True)):
        cut = copy.copy(run)
        vars(cut)["money"] = functools.partial(rows.assign, cut=amount)
        section = place.money(Ask((cut,), None, "zh"))
        assert section is not None
        (table,) = (part for part in section.parts if isinstance(part, Table))
        assert (head in table.frame) is wanted
        assert not wanted or list(table.frame[head]) == [21.0] * len(table.frame)


def test_a_mean_outside_its_interval_is_explained() -> None:
    """Of 200 values 199 are 0.563 and one 0.7: the mean 0.5637 lies above the 95 % point, and the table says why; of 200 equal
    ones, and where the figures shown are equal, nothing is said."""
    run = ss.run(ss.load("small"), replications=2)[0]
    answer = next(a for a in run.answers if a.target.direction != "show" and INDICATORS[a.target.indicator].unit == "share")
    for last, wanted in ((0.7, True), (0.563, False), (0.5631, False)):
        values = np.array([0.563] * 199 + [last])
        other = copy.copy(run)
        vars(other)["answers"] = [replace(answer, values=values)]
        section = outcome.targets(Ask((other,), None, "en"))
        assert section is not None and isinstance(section.parts[0], Table)
        assert ("nearly all replications agree" in section.parts[0].note) is wanted


@pytest.mark.parametrize("lang", LANGS)
def test_captions_of_flows_and_heat_maps_name_the_unit(reports: dict[str, Book], lang: str) -> None:
    found = [part.chart for section in reports[lang].sections for part in section.parts if isinstance(part, Picture)]
    unnamed = [chart.title for chart in found if chart.spec["series"][0]["type"] in ("sankey", "heatmap")]
    assert len(unnamed) == 4 and all({"zh": "单位：人", "en": "in persons"}[lang] in title for title in unnamed)


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [(3514.0, "persons", "+3,514"), (-3305.7, "persons", "-3,306"), (3.4, "persons", "+3.4"), (0.021, "share", "+2.10")],
)
def test_differences_of_people_are_whole(value: float, unit: str, wanted: str) -> None:
    assert shown.signed(value, unit) == wanted


@pytest.mark.parametrize("lang", LANGS)
def test_the_summary_says_what_the_tables_say(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    parts = of(reports[lang], "summary").parts
    heads = [i for i, part in enumerate(parts) if isinstance(part, Text) and part.kind == "head"]
    for at, run in zip(heads, runs, strict=True):
        text = "\n".join(points_under(parts, at))
        for a in run.answers:
            if a.target.direction != "show":
                p = shown.probability(a.probability, None, run.replications)
                told = phrase("report_said_one", lang, title=getattr(a.target.title, lang), p=p)
                assert told in text, told
    row = next(row for row in tables.lines(ss.compare(runs).targets()) if row.verdict in ("higher", "lower"))
    assert tables.difference(row, lang) in "\n".join(part.text for part in parts if isinstance(part, Text))


@pytest.mark.parametrize("lang", LANGS)
def test_no_difference_within_the_error_is_told_as_one(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    """Every target whose interval holds 0 stands in the sentence on the error, none of them among the clear ones."""
    comparison = ss.compare(runs)
    base = shown.run_name(runs[0], lang)
    points = [part.text for part in of(reports[lang], "summary").parts if isinstance(part, Text) and part.kind == "point"]
    start = {code: phrase(f"report_said_{code}", lang, base=base, names="").strip() for code in ("higher", "lower", "noise")}
    told = {code: next((p for p in points if p.lower().startswith(text.lower())), "") for code, text in start.items()}
    asked = {a.code: a.target for a in runs[0].answers if a.target.direction != "show"}
    seen = 0
    for row in tables.lines(comparison.targets()):
        if row.target in asked and row.verdict in told:
            seen += 1
            title = getattr(asked[row.target].title, lang)
            assert {code for code, text in told.items() if title in text} == {row.verdict}
    assert seen >= 5


@pytest.mark.parametrize("lang", LANGS)
def test_few_replications_give_no_probability(few: list[ss.Result], lang: str) -> None:
    report = book(few, ss.compare(few), lang)
    for table in tables_of(report, "targets"):
        assert set(table.frame[word(COLUMNS, "probability", lang)]) == {"—"}
    head = phrase("report_said_few", lang, few=200)
    texts = [part.text for part in of(report, "summary").parts if isinstance(part, Text)]
    assert head in texts
    assert not any(re.search(r"[<>] ?\d+ %|概率 \d", text) for text in texts)
    for a in few[0].answers:  # the means with the intervals that the head announces
        if a.target.direction != "show":
            row = tables.targets(few[0], lang).iloc[few[0].answers.index(a)]
            assert any(row[word(COLUMNS, "mean", lang)] in text and row[word(COLUMNS, "range", lang)] in text for text in texts)


@pytest.mark.parametrize("lang", LANGS)
def test_two_replications_make_a_report_too(lang: str) -> None:
    base = ss.load("small")
    runs = ss.run([base, base.vary("more_long_track")], replications=2)
    text = " ".join(said(book(runs, ss.compare(runs), lang)))
    assert "nan" not in text and "None" not in text


def test_what_a_place_does_not_have_is_left_out() -> None:
    """One run of a place without vacancies, money, teachers and clauses: no gaps, differences, money, means, clauses."""
    run = ss.run(ss.load("small"), replications=4)
    codes = [section.code for section in book(run, None, "en").sections]
    assert not {"gaps", "differences", "money", "means", "clauses", "sources"} & set(codes)
    assert codes == [code for code in ORDER if code in codes]


def test_the_hash_is_that_of_the_manifest(reports: dict[str, Book], runs: list[ss.Result]) -> None:
    for code in ("facts", "manifest"):
        column = tables_of(reports["en"], code)[0].frame.iloc[:, 1].tolist()
        assert [text for text in column if re.fullmatch("[0-9a-f]{64}", text)] == [run.manifest()["sha256"] for run in runs]


def test_the_command_names_baseline_and_seed(runs: list[ss.Result], reports: dict[str, Book]) -> None:
    last = of(reports["en"], "manifest").parts[-1]
    assert isinstance(last, Text)
    assert last.text == "skillsim report quzhou/baseline plan_2025 -n 200 --seed 20250401 --lang en --out report.docx"
    turned = of(book(runs, ss.compare(runs, runs[1].name), "en", ("a b", "c")), "manifest").parts[-1]
    assert isinstance(turned, Text) and turned.text.startswith("skillsim report 'a b' c --baseline c -n 200 ")


@pytest.mark.parametrize("lang", LANGS)
def test_gaps_in_the_table_are_those_of_the_result(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    """The total row of the first table of gaps: supply less vacancies for which a programme trains, of the whole place."""
    run = runs[0]
    year = shown.key_year(run.scenario)
    frame = run.frame()
    whole = frame[(frame["year"] == year) & (frame[["area", "pathway", "programme", "level", "industry"]] == "").all(axis=1)]
    gap = float(whole.loc[whole["indicator"] == "gap", "mean"].iloc[0])
    table = next(t for t in tables_of(reports[lang], "gaps") if len(t.units) == len(t.frame.columns) - 1)
    assert table.frame.iloc[-1, -1] == pytest.approx(gap)


@pytest.mark.parametrize("lang", LANGS)
def test_money_adds_up_in_the_report(reports: dict[str, Book], runs: list[ss.Result], lang: str) -> None:
    """All items sum to the last row, the total of all payers, in every year shown."""
    for table, run in zip(tables_of(reports[lang], "money"), runs, strict=True):
        total = table.frame.iloc[:, 0] == tables.item_name(run, "", lang)
        items, last = table.frame[~total], table.frame.iloc[-1]
        for column in table.units:
            assert items[column].sum() == pytest.approx(last[column])


# ------------------------------------------------------------------------------------------------------- one language only


def codes_of(scenario: Scenario) -> set[str]:
    """Return codes of a scenario and of indicators that could only be seen by mistake: those with an underscore."""
    parts = (scenario.pathways, scenario.programmes, scenario.institutions, scenario.industries, scenario.areas, INDICATORS,
             scenario.policies, scenario.targets, scenario.measures, scenario.retention.drivers, COLUMNS)
    return {code for part in parts for code in part if "_" in code}


@pytest.mark.parametrize("lang", LANGS)
def test_no_code_is_seen(reports: dict[str, Book], lang: str) -> None:
    text = "\n".join(said(reports[lang], "sources", "assumptions", "manifest"))
    found = {code for code in codes_of(ss.load("quzhou/baseline")) if re.search(rf"(?<![\w-]){code}(?!\w)", text)}
    assert not found
    assert not re.search(r"\b[a-z]+(?:_[a-z0-9]+)+\b|\{\w*\}|\bnan\b|\bNone\b|report_", text)


def test_no_english_word_stands_in_the_chinese_report(reports: dict[str, Book]) -> None:
    text = "\n".join(said(reports["zh"], "sources", "assumptions", "manifest"))
    assert sorted(set(ENGLISH.findall(text))) == []


def test_no_chinese_word_stands_in_the_english_report(reports: dict[str, Book], runs: list[ss.Result]) -> None:
    """But for numbers of clauses, which are told as the document writes them."""
    scenario = runs[1].scenario
    clauses = {target.clause for target in scenario.targets.values()} | {clause.clause for clause in scenario.clauses}
    clauses |= {change.clause for policy in scenario.policies.values() for change in policy.changes if change.clause}
    found = [text for text in said(reports["en"], "sources", "assumptions") if CHINESE.search(text) and text not in clauses]
    assert found == []


# ---------------------------------------------------------------------------------------------------------------- document


@pytest.mark.parametrize("lang", LANGS)
def test_the_document_holds_the_report(documents: dict[str, Any], reports: dict[str, Book], lang: str) -> None:
    opened, report = documents[lang], reports[lang]
    heads = [p.text for p in opened.paragraphs if p.style.name == "Heading 1"]
    assert heads == [f"{i}  {section.title}" for i, section in enumerate(report.sections, 1)]
    given = [(part, caption) for _, parts in captioned(report) for part, caption in parts]
    wanted = [part for part, _ in given if isinstance(part, Table)]
    assert len(opened.tables) == len(wanted)
    for mine, table in zip(wanted, opened.tables, strict=True):
        rows = table._tbl.tr_lst
        texts = [["".join(t.text or "" for t in tc.iter(qn("w:t"))) for tc in row.tc_lst] for row in (rows[0], rows[-1])]
        plain = [[text.replace("\u00a0", " ").replace("\u2011", "-") for text in row] for row in texts]
        assert plain[0] == [str(head) for head in mine.frame.columns] and len(rows) == len(mine.frame) + 1
        assert plain[1] == [text.replace("\n", "") for text in cells(mine)[-1]]
        assert rows[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    captions = [p.text for p in opened.paragraphs if p.style.name == "Caption"]
    assert captions == [caption for part, caption in given if not isinstance(part, Text)]


@pytest.mark.parametrize("lang", LANGS)
def test_every_picture_of_the_document_is_told_in_words(documents: dict[str, Any], reports: dict[str, Book], lang: str) -> None:
    told = [shape._inline.docPr.get("descr") for shape in documents[lang].inline_shapes]
    wanted = [part.chart.alt for section in reports[lang].sections for part in section.parts if isinstance(part, Picture)]
    assert told == wanted and all(len(text) > 20 for text in told)


@pytest.mark.parametrize("lang", LANGS)
def test_the_document_is_set_for_its_language_and_paper(documents: dict[str, Any], lang: str) -> None:
    opened = documents[lang]
    assert opened.core_properties.language == {"zh": "zh-CN", "en": "en-GB"}[lang]
    for name in ("Normal", "Heading 1", "Caption", "Table Text"):
        fonts = opened.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) in ("宋体", "黑体") and fonts.get(qn("w:ascii"))
        assert not any("Theme" in key for key in fonts.attrib)
    for section in opened.sections:
        assert {round(section.page_width.cm, 1), round(section.page_height.cm, 1)} == {21.0, 29.7}
    width = {section.orientation: section.page_width - section.left_margin - section.right_margin for section in opened.sections}
    most = max(int(table._tbl.tblPr.find(qn("w:tblW")).get(qn("w:w"))) * 635 for table in opened.tables)
    assert most <= max(width.values()) * 1.001
    assert all(shape.width <= min(width.values()) for shape in opened.inline_shapes)


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_in_the_document_runs_or_asks(reports: dict[str, Book], lang: str) -> None:
    with zipfile.ZipFile(io.BytesIO(document.write(reports[lang]))) as packed:
        names = packed.namelist()
        whole = b"".join(packed.read(name) for name in names if name.endswith((".xml", ".rels"))).decode()
    assert not any("vba" in name.lower() or "embed" in name.lower() or "thumbnail" in name for name in names)
    assert "updateFields" not in whole and "w:dirty" not in whole and 'TargetMode="External"' not in whole
    codes = set(re.findall(r'w:instr="([^"]+)"', whole)) | set(re.findall(r"<w:instrText[^>]*>([^<]+)<", whole))
    assert {code.split()[0] for code in codes} == {"PAGE", "NUMPAGES", "TOC"}


@pytest.mark.parametrize("lang", LANGS)
def test_figures_stand_to_the_right(documents: dict[str, Any], reports: dict[str, Book], lang: str) -> None:
    wanted = [part for section in reports[lang].sections for part in section.parts if isinstance(part, Table)]
    for mine, table in zip(wanted, documents[lang].tables, strict=True):
        sides = [tc.p_lst[0].pPr.find(qn("w:jc")) is not None for tc in table._tbl.tr_lst[-1].tc_lst]
        assert sides == to_the_right(mine)
    first = tables_of(reports[lang], "targets")[0]
    sides = dict(zip(first.frame.columns, to_the_right(first), strict=True))
    assert all(sides[word(COLUMNS, code, lang)] for code in ("mean", "range", "probability"))
    assert not any(sides[word(COLUMNS, code, lang)] for code in ("target", "goal", "label"))


# ------------------------------------------------------------------------------------------------------------- page of the web


class Seen(HTMLParser):
    """What a page holds: its tags with their attributes in order, the text of each table's head, and what is open at its end."""

    EMPTY = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def seen(page: bytes) -> Seen:
    out = Seen()
    out.feed(page.decode())
    out.close()
    assert not out.open
    return out


@pytest.fixture(scope="module")
def pages(reports: dict[str, Book]) -> dict[str, bytes]:
    return {lang: web.write(report) for lang, report in reports.items()}


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_whole_and_asks_nobody(pages: dict[str, bytes], reports: dict[str, Book], lang: str) -> None:
    found = seen(pages[lang])
    names = [tag for tag, _ in found.tags]
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "foreignobject"} & set(names)
    policy = [attrs["content"] for tag, attrs in found.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy and str(policy[0]).startswith("default-src 'none'") and "script-src" not in str(policy[0])
    assert found.tags[0] == ("html", {"lang": {"zh": "zh-CN", "en": "en-GB"}[lang]})
    for _, attrs in found.tags:
        assert not any(key.startswith("on") for key in attrs)
        assert all(str(attrs[key]).startswith("#") for key in ("href", "src", "xlink:href") if key in attrs)
    assert "url(http" not in pages[lang].decode() and "@import" not in pages[lang].decode()
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {section.code for section in reports[lang].sections} <= set(ids)


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_holds_the_report(pages: dict[str, bytes], reports: dict[str, Book], lang: str) -> None:
    found = seen(pages[lang])
    parts = [part for section in reports[lang].sections for part in section.parts]
    count = {tag: sum(one == tag for one, _ in found.tags) for tag in ("table", "caption", "thead", "svg", "figcaption")}
    assert count["table"] == count["caption"] == count["thead"] == sum(isinstance(part, Table) for part in parts)
    assert count["svg"] == count["figcaption"] == sum(isinstance(part, Picture) for part in parts)
    labels = [attrs.get("aria-label") for tag, attrs in found.tags if tag == "svg"]
    assert labels == [part.chart.alt for part in parts if isinstance(part, Picture)]
    frames = [attrs for tag, attrs in found.tags if attrs.get("class") == "wide"]
    assert "figure svg { min-width: 560px; }" in pages[lang].decode()  # of a narrow screen, on which it moves in its frame
    assert len(frames) == count["table"] + count["svg"] and all(attrs["tabindex"] == "0" for attrs in frames)
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in found.tags if tag == "th")
    text = " ".join(" ".join(found.text).split())
    for one in [text for part in parts if isinstance(part, Text) for text in [part.text]]:
        assert " ".join(one.split()) in text


# --------------------------------------------------------------------------------------------------------------- any report


def test_equal_runs_give_equal_bytes() -> None:
    made = []
    for threads in (1, 2):
        base = ss.load("small_jobs")
        runs = ss.run([base, base.vary(next(iter(base.policies)))], replications=8, threads=threads)
        report = book(runs, ss.compare(runs), "zh")
        made.append((document.write(report), web.write(report)))
    assert made[0] == made[1]


NASTY = (
    "=1+1", "+cmd|' /C calc'!A0", "<script>alert(1)</script>", "</w:t></w:r>", "&amp; \"'", "]]>", "\x00\x0b\uffff", "\u202eabc",
    "长" * 5_000, "{0} %s \\1",
)


def nasty(text: str, chart: charts.Chart) -> Book:
    """Return a report in which everything is called ``text``."""
    frame = pd.DataFrame({text: [text, "a"], "n": [1.5, float("nan")], "s": [0.25, 0.5]})
    table = Table(text, frame, {"n": "persons", "s": "share"}, text)
    parts = (Text(text), Text(text, "head"), Text(text, "point"), Text(text, "warning"), Text(text, "code"), table,
             Picture(replace(chart, alt=text, title=text)))
    return Book("zh", text, text, (Section("one", text, parts), Section("two", text, (Text(text, "note"),))))


@pytest.mark.parametrize("text", NASTY, ids=[str(i) for i in range(len(NASTY))])
def test_any_text_survives_and_does_no_harm(text: str, few: list[ss.Result]) -> None:
    report = nasty(text, charts.stocks(few[0], "zh", False))
    opened = docx.Document(io.BytesIO(document.write(report)))
    kept = text.replace("\x00", "\ufffd").replace("\x0b", "\ufffd").replace("\uffff", "\ufffd").replace("\u202e", "")
    assert [p.text for p in opened.paragraphs if p.style.name == "Normal" and p.text] == [kept]
    assert opened.tables[0].rows[1].cells[0].text == kept and opened.inline_shapes[0]._inline.docPr.get("descr") == kept
    assert len(opened.core_properties.title) <= 255
    page = seen(web.write(report))
    assert "script" not in [tag for tag, _ in page.tags]
    assert page.text.count(kept) >= 8


def test_long_tables_and_wide_ones_are_still_tables() -> None:
    """Thirty columns of figures and one of text: wider than any page, still no wider than the paper says."""
    frame = pd.DataFrame({"name": ["x" * 300] * 40, **{f"c{i}": [123_456_789.0] * 40 for i in range(30)}})
    table = Table("wide", frame, {f"c{i}": "persons" for i in range(30)})
    opened = docx.Document(io.BytesIO(document.write(Book("en", "t", "s", (Section("a", "A", (table,)),)))))
    widths = [int(col.get(qn("w:w"))) for col in opened.tables[0]._tbl.tblGrid.gridCol_lst]
    assert len(widths) == 31 and min(widths) > 0 and sum(widths) <= 24.7 * 567 + 1
    assert opened.sections[-1].page_width > opened.sections[-1].page_height


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (1234.4, "persons", "1,234"), (-0.3, "persons", "0"), (0.12345, "share", "12.3 %"), (2030, "year", "2030"),
        (1.5, "ratio", "1.50"),
        (18918.27, "ten_thousand_yuan", "18,918"), (0.04, "ten_thousand_yuan", "0"), (-12.34, "ten_thousand_yuan", "-12.3"),
        (float("nan"), "persons", "—"), (None, "year", "—"), ("a", "", "a"), (float("nan"), "", ""),
    ],
)
def test_a_cell_shows_its_figure(value: Any, unit: str, wanted: str) -> None:
    assert cell(value, unit) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("27.7 – 61.4 %", ["27.7 – 61.4 %"]), ("6,806 人", ["6,806 人"]), ("< 5 % ± 1", ["< 5 % ± 1"]), ("—", ["—"]),
        ("+3,428.5 persons (+3,305.7 … +3,551.2)", ["+3,428.5 persons", "(+3,305.7 … +3,551.2)"]), ("差异不显著", []), ("", []),
        ("2030（年份由情景设定）", []), ("45 → 40 %", ["45 → 40 %"]), ("< 5 % → > 95 %", ["< 5 % → > 95 %"]),
    ],
)
def test_figures_break_before_an_interval_only(text: str, wanted: list[str]) -> None:
    assert pieces(text) == wanted


# -------------------------------------------------------------------------------------------------------------- the command


def ask(*words: object) -> Any:
    return CliRunner().invoke(app, ["report", *map(str, words)], env={"COLUMNS": "150"})


@pytest.mark.parametrize("suffix", [".DOCX", ".html", ".xlsx"])
def test_the_command_writes_a_whole_file(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"报告 1{suffix}"
    result = ask("small", "more_long_track", "-n", 4, "--out", out, "--baseline", "more_long_track", "--lang", "en")
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == [out.name] and out.stat().st_size > 10_000
    assert "the report is written to" in result.output
    once = out.read_bytes()
    assert ask("small", "more_long_track", "-n", 4, "--out", out, "--baseline", "more_long_track", "--lang", "en").exit_code == 0
    assert out.read_bytes() == once


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["small", "--out", "report.pdf"], ".docx, .xlsx or .html"), (["small", "--out", "report"], ".docx, .xlsx or .html"),
        (["small", "--out", "there.docx"], "is a folder"), (["small", "--out", "nowhere/report.docx"], "no such folder"),
        (["smal", "--out", "report.docx"], "small"), (["small", "-n", "3", "--out", "report.docx"], "even"),
        (["small", "more_long_track", "--baseline", "x", "--out", "r.docx"], "baseline"),
    ],
)
def test_what_can_t_be_written_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], wanted: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.docx").mkdir()
    result = ask(*words, "--lang", "en")
    assert result.exit_code == 2 and wanted in result.output, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["there.docx"]
