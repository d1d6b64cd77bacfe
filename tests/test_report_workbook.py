"""A report as a workbook: real figures, charts that Excel draws from cells, no text that can run, equal bytes."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

import skillsim as ss
from skillsim.report import charts, shown, workbook
from skillsim.report.book import Book, Picture, Section, Table, Text
from skillsim.report.contents import book
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LANGS, LEVELS, phrase, word


@pytest.fixture(scope="module")
def runs():
    plain = ss.load("quzhou/baseline")
    return ss.run([plain, plain.vary("plan_2025")], replications=10, seed=3)


@pytest.fixture(scope="module")
def comparison(runs):
    return ss.compare(runs)


@pytest.fixture(scope="module")
def told(runs, comparison):
    return {lang: book(runs, comparison, lang) for lang in LANGS}


@pytest.fixture(scope="module")
def files(told, runs, comparison):
    return {lang: workbook.write(told[lang], runs, comparison) for lang in LANGS}


@pytest.fixture(scope="module")
def books(files):
    return {lang: load_workbook(io.BytesIO(data)) for lang, data in files.items()}


@pytest.fixture(scope="module")
def alone(runs):
    """The workbook of a single run."""
    return load_workbook(io.BytesIO(workbook.write(book(runs[:1], None, "en"), runs[:1], None)))


@pytest.fixture(scope="module")
def small():
    return ss.run(ss.load("small"), replications=2, seed=1)


def first_sheet(results, *parts):
    """Return the first sheet of a workbook of one section of these parts."""
    asked = Book("en", "T", "S", (Section("one", "One", tuple(parts)),))
    return load_workbook(io.BytesIO(workbook.write(asked, results, None))).worksheets[0]


def cells(sheet):
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def numbers(sheet, reference):
    """Return what stands in the cells that a chart refers to."""
    name, span = reference.rsplit("!", 1)
    left, top, right, bottom = range_boundaries(span.replace("$", ""))
    assert name.strip("'").replace("''", "'") == sheet.title
    return [sheet.cell(row, column).value for row in range(top, bottom + 1) for column in range(left, right + 1)]


def series_of(chart):
    """Return the series of a chart, and of those that lie over it."""
    return [one for part in (chart, *getattr(chart, "_charts", [chart])[1:]) for one in part.series]


# ------------------------------------------------------------------------------------------------------------ sheets


@pytest.mark.parametrize("lang", LANGS)
def test_there_is_a_sheet_for_each_section_and_for_the_data(books, told, lang):
    names = books[lang].sheetnames
    assert len(names) == len(told[lang].sections) + 3
    assert all(0 < len(name) <= 31 for name in names) and len({name.lower() for name in names}) == len(names)
    for name, section in zip(names, told[lang].sections, strict=False):
        assert section.title[:20].startswith(name[:20])
    assert names[-1] == phrase("report_sheet_indicators", lang)


@pytest.mark.parametrize(("title", "name"), [
    ("a/b:c?d*e[f]g\\h", "a b c d e f g h"), ("'quoted'", "quoted"), ("", "-"), ("长" * 40, "长" * 31),
    ("tab\x0bhere", "tab\ufffdhere"),
])
def test_names_of_sheets_are_ones_that_excel_takes(title, name):
    assert workbook.sheet_name(title, set()) == name


def test_names_of_sheets_differ_also_where_titles_do_not():
    taken: set[str] = set()
    found = [workbook.sheet_name(title, taken) for title in ("Ab" * 20, "aB" * 20)]
    assert found == [("Ab" * 20)[:31], ("aB" * 20)[:29] + " 2"]


@pytest.mark.parametrize("lang", LANGS)
def test_sheets_print_on_a4_as_wide_as_the_page(books, lang):
    for sheet in books[lang]:
        assert sheet.page_setup.paperSize == 9 and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert "&P" in sheet.oddFooter.center.text and "&N" in sheet.oddFooter.center.text
        assert sheet.column_dimensions["A"].width > 5
    data = books[lang].worksheets[-1]
    assert data.freeze_panes == "B2" and data.print_title_rows == "$1:$1" and data.auto_filter.ref


# ----------------------------------------------------------------------------------------------------------- figures


def test_figures_are_numbers_with_the_format_of_their_unit(small):
    frame = pd.DataFrame({"p": [1234.6, math.nan], "s": [0.125, 1.0], "y": [12345.6, 0.0], "r": [1.5, 2.0], "t": ["a", "+1"],
                          "when": ["2026", ""]})
    units = {"p": "persons", "s": "share", "y": "ten_thousand_yuan", "r": "ratio"}
    sheet = first_sheet(small, Table("C", frame, units))
    head = next(cell.row for cell in cells(sheet) if cell.value == "p")
    first, second = ([sheet.cell(head + k, j) for j in range(1, 7)] for k in (1, 2))
    assert [cell.value for cell in first] == [1234.6, 0.125, 12345.6, 1.5, "a", 2026]
    assert [cell.number_format for cell in first[:4]] == ["#,##0", "0.0%", workbook.FORMATS["ten_thousand_yuan"], "0.00"]
    assert second[0].value == "—" and second[4].data_type == "s" and second[4].quotePrefix


@pytest.mark.parametrize("lang", LANGS)
def test_the_data_hold_every_answer_of_the_results(books, runs, lang):
    sheet = books[lang][phrase("report_sheet_answers", lang)]
    rows = list(sheet.iter_rows(values_only=True))
    heads = {head: k for k, head in enumerate(rows[0])}
    wish = pd.concat([run.targets() for run in runs], ignore_index=True)
    assert len(rows) == len(wish) + 1
    for row, asked in zip(rows[1:], wish.itertuples(), strict=True):
        for code in ("mean", "p05", "p95", "year"):
            assert row[heads[word(COLUMNS, code, lang)]] == pytest.approx(getattr(asked, code), rel=1e-12)
        assert row[heads[word(COLUMNS, "indicator", lang)]] == word(INDICATORS, asked.indicator, lang)
    names = [row[0] for row in rows[1:]]
    assert names == [shown.run_name(run, lang) for run in runs for _ in run.scenario.targets]


@pytest.mark.parametrize(("replications", "p", "wanted", "error"), [
    (20, 0.05, None, None), (198, 0.5, None, None), (200, 0.055, 0.05, 0.02), (400, 0.01, "< 5 %", 0.02),
    (400, 1.0, "> 95 %", 0.02), (1000, 0.055, 0.06, 0.02), (200, math.nan, None, 0.02),
])
def test_probabilities_of_the_data_have_the_digits_that_they_are_shown_with(small, replications, p, wanted, error):
    """By 5 points below 1,000 replications, by 1 from there on, none below 200; 0.055 of 1,000 is 5.5 points, an even 6."""
    frame = small[0].targets().iloc[:1].assign(probability=p, mcse=0.0161)
    run = SimpleNamespace(targets=lambda: frame, replications=replications, scenario=small[0].scenario)
    row = workbook.answered(run, "en").iloc[0]
    found, found_error = (row[word(COLUMNS, code, "en")] for code in ("probability", "mcse"))
    assert found == wanted if wanted is not None else pd.isna(found)
    assert found_error == pytest.approx(error) if error is not None else pd.isna(found_error)


@pytest.mark.parametrize("lang", LANGS)
def test_few_replications_leave_no_probability_in_the_data(books, lang):
    rows = list(books[lang][phrase("report_sheet_answers", lang)].iter_rows(values_only=True))
    for code in ("probability", "mcse"):
        assert {row[rows[0].index(word(COLUMNS, code, lang))] for row in rows[1:]} == {None}
    assert word(COLUMNS, "parameter_share", lang) not in rows[0]


@pytest.mark.parametrize("lang", LANGS)
def test_sheets_of_data_do_not_fill_hundreds_of_pages(books, lang):
    sheet = books[lang].worksheets[-1]
    assert sheet.max_row > 1000 and sheet.print_area.endswith(f"${workbook.PRINTED + 1}")
    assert str(workbook.PRINTED) in sheet.oddFooter.left.text
    assert not any(one.print_area for one in books[lang].worksheets[:-3])


@pytest.mark.parametrize("lang", LANGS)
def test_units_of_the_data_are_words(books, lang):
    rows = list(books[lang].worksheets[-1].iter_rows(values_only=True))
    at, name = (rows[0].index(word(COLUMNS, code, lang)) for code in ("unit", "indicator"))
    units = {row[name]: row[at] for row in rows[1:]}
    assert units[word(INDICATORS, "local_retention_r1", lang)] == phrase("report_part_of_1", lang)
    assert units[word(INDICATORS, "openings_to_seekers", lang)] == word(LABELS, "ratio", lang)
    assert not {"1", "%"} & set(units.values())


def test_the_data_hold_the_indicators_by_year(books, runs):
    sheet = books["en"][phrase("report_sheet_indicators", "en")]
    rows = list(sheet.iter_rows(values_only=True))
    heads = {head: k for k, head in enumerate(rows[0])}
    name, level, mean = (heads[word(COLUMNS, code, "en")] for code in ("indicator", "level", "mean"))
    frame = runs[1].frame()
    for code, at in (("headcount", ""), ("headcount", "college"), ("local_retention_r1", "")):
        keep = (frame["indicator"] == code) & (frame["level"] == at)
        for part in ("area", "pathway", "programme", "industry"):
            keep &= frame[part] == ""
        wish = frame[keep]["mean"].tolist()
        said = word(LEVELS, at, "en") if at else ""
        mine = shown.run_name(runs[1], "en"), word(INDICATORS, code, "en"), said
        found = [row[mean] for row in rows[1:] if (row[0], row[name], row[level] or "") == mine]
        assert found == pytest.approx(wish, rel=1e-12) and len(wish) == 21


def test_the_data_hold_the_paired_differences(books, comparison):
    sheet = books["en"][phrase("report_sheet_differences", "en")]
    rows = list(sheet.iter_rows(values_only=True))
    at = rows[0].index(word(COLUMNS, "difference", "en"))
    assert [row[at] for row in rows[1:]] == pytest.approx(comparison.targets()["difference"].tolist(), rel=1e-12)


# ------------------------------------------------------------------------------------------------------------ charts


def drawn_in(found):
    """Yield every chart of a workbook with its sheet."""
    return [(sheet, chart) for sheet in found for chart in sheet._charts]


@pytest.mark.parametrize("lang", LANGS)
def test_charts_refer_to_cells_that_hold_figures(books, told, lang):
    every = drawn_in(books[lang])
    pictures = [part.chart for section in told[lang].sections for part in section.parts if isinstance(part, Picture)]
    drawable = [one for one in pictures if one.spec["series"][0]["type"] not in ("sankey", "heatmap")]
    assert len(every) == len(drawable) > 10
    for sheet, chart in every:
        assert series_of(chart)
        for one in series_of(chart):
            values = numbers(sheet, one.val.numRef.f)
            assert len(values) >= 1 and all(isinstance(value, int | float) for value in values if value is not None)
            assert any(value is not None for value in values)
            categories = one.cat.numRef.f if one.cat.numRef is not None else one.cat.strRef.f
            assert len(numbers(sheet, categories)) == len(values) and None not in numbers(sheet, categories)
            (title,) = numbers(sheet, one.tx.strRef.f)
            assert isinstance(title, str)


def test_a_run_alone_has_its_mean_its_four_bounds_and_the_goal(alone, runs):
    """The means are those of the result: of the target in its year, from the table beside it, in full."""
    charts_found = [chart for sheet, chart in drawn_in(alone) if type(chart).__name__ == "LineChart"]
    sheet = next(sheet for sheet, chart in drawn_in(alone) if chart in charts_found)
    asked = [answer for answer in runs[0].answers if answer.target.direction != "show"]
    assert len(charts_found) == len(asked)
    for chart, answer in zip(charts_found, asked, strict=True):
        assert len(chart.series) == 6
        years, means, low, quarter, upper, high, goal = (numbers(sheet, ref) for ref in (
            chart.series[0].cat.numRef.f, *(one.val.numRef.f for one in chart.series)))
        at = years.index(answer.target.year)
        assert means[at] == pytest.approx(answer.values.mean(), rel=1e-9)
        assert low[at] <= quarter[at] <= upper[at] <= high[at]
        assert goal == pytest.approx([answer.target.value] * 21) and len(years) == 21


def test_several_runs_stand_beside_each_other_with_their_intervals(books, runs):
    chart = next(chart for _, chart in drawn_in(books["en"]) if type(chart).__name__ == "LineChart")
    sheet = next(sheet for sheet, one in drawn_in(books["en"]) if one is chart)
    assert len(chart.series) == 3 * len(runs) + 1
    names = [numbers(sheet, one.tx.strRef.f)[0] for one in chart.series]
    for i, run in enumerate(runs):
        assert all(name.startswith(shown.run_name(run, "en")) for name in names[3 * i : 3 * i + 3])
    hidden = {entry.idx for entry in chart.legend.legendEntry if entry.delete}
    assert hidden == {1, 2, 4, 5}


def test_columns_are_stacked_and_lists_have_their_intervals(books):
    stacked = [chart for _, chart in drawn_in(books["zh"]) if getattr(chart, "grouping", "") == "stacked"]
    lists = [(sheet, chart) for sheet, chart in drawn_in(books["zh"]) if getattr(chart, "type", "") == "bar"]
    assert stacked and all(chart.overlap == 100 for chart in stacked)
    assert lists
    for sheet, chart in lists:
        bars = chart.series[0].errBars
        plus, minus = (numbers(sheet, one.numRef.f) for one in (bars.plus, bars.minus))
        assert all(value >= 0 for value in (*plus, *minus))
        assert chart.x_axis.scaling.orientation == "maxMin"


def test_an_interval_goes_from_low_to_high(comparison):
    chart = charts.difference_bars(comparison, "city_long_track_retention", "en", False)
    found = workbook.figures(chart, "en")
    value, low, high, below, above = (found.iloc[:, k] for k in (1, 2, 3, -2, -1))
    assert (value - below).tolist() == pytest.approx(low.tolist()) and (value + above).tolist() == pytest.approx(high.tolist())


# ------------------------------------------------------------------------------------------------- hostile, and equal


HOSTILE = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "{=1}", "a\x00b\x0b"]


def test_no_text_can_run_as_a_formula(runs):
    frame = pd.DataFrame({"=head": HOSTILE, "b": HOSTILE})
    chart = charts.wave(runs[0], "en", False)
    bad = replace(chart, title=HOSTILE[0], table=chart.table.rename(columns={chart.table.columns[1]: HOSTILE[3]}))
    parts = [Text(text) for text in HOSTILE] + [Table("=caption", frame, note="=note"), Picture(bad)]
    hostile = Book("en", "=title", "+sub", (Section("one", "=section", tuple(parts)), Section("two", "=section", ())))
    data = workbook.write(hostile, runs[:1], None)
    for sheet in load_workbook(io.BytesIO(data)):
        for cell in cells(sheet):
            assert cell.data_type != "f", cell.value
            if isinstance(cell.value, str) and cell.value[0] in "=+-@\t\r\n":
                assert cell.data_type == "s" and cell.quotePrefix, cell.value
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert not [name for name in packed.namelist() if b"<f>" in packed.read(name) and "worksheets" in name]


def test_equal_reports_give_equal_bytes_without_a_clock(files, runs, told, comparison):
    again = workbook.write(book(runs, comparison, "zh"), runs, comparison)
    assert again == files["zh"]
    with zipfile.ZipFile(io.BytesIO(again)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert packed.read("docProps/core.xml").count(b"2000-01-01T00:00:00Z") == 2


def test_a_place_without_jobs_has_a_workbook_too(small):
    found = load_workbook(io.BytesIO(workbook.write(book(small, None, "zh"), small, None)))
    assert drawn_in(found)
