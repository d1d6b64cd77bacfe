"""The seat plan as a form: whole seats whose sums agree, the page that is signed, and how the figures came about."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

import skillsim as ss
from skillsim.analysis import running
from skillsim.cli.common import app
from skillsim.errors import ScenarioError
from skillsim.report import seat_form
from skillsim.results.seat_plan import KEYS
from skillsim.results.store import Store
from skillsim.terms import LANGS, phrase

YEAR, HEAD = 2026, 6  # the row of the headings


@pytest.fixture(scope="module")
def result():
    return ss.run(ss.load("quzhou/baseline").vary("plan_2025"), replications=10, seed=3)[0]


@pytest.fixture(scope="module")
def small():
    return ss.run(ss.load("small"), replications=4, seed=3)[0]


@pytest.fixture(scope="module")
def books(result):
    return {lang: load_workbook(io.BytesIO(seat_form.write(result, YEAR, lang))) for lang in LANGS}


# ------------------------------------------------------------------------------------------------------- whole seats


def test_the_largest_remainders_are_rounded_up():
    """1.2 + 2.5 + 3.4 = 7.1 -> 7 = 1 + 2 + 3 and one more for the .5; to 8 the .4 too."""
    assert seat_form.apportioned(np.array([1.2, 2.5, 3.4])).tolist() == [1, 3, 3]
    assert seat_form.apportioned(np.array([1.2, 2.5, 3.4]), 8).tolist() == [1, 3, 4]


def test_of_equal_remainders_the_first_is_rounded_up_and_whole_ones_stay():
    assert seat_form.apportioned(np.array([40.0, 0.5, 0.5, 0.5, 0.5])).tolist() == [40, 1, 1, 0, 0]


def test_schools_come_first():
    """a: 1.5 + 1.4 = 2.9, b: 0.7 + 0.4 = 1.1; the sum 4.0 gives a 3 and b 1; then 1.5 -> 2, 1.4 -> 1, 0.7 -> 1, 0.4 -> 0."""
    assert seat_form.by_school(np.array([1.5, 1.4, 0.7, 0.4]), ["a", "a", "b", "b"]).tolist() == [2, 1, 1, 0]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4000)), min_size=1, max_size=30))
def test_whole_seats_agree_in_all_sums(rows):
    """Of seats in tenths: rows, schools and the total are each less than a seat from their means, the total at most a half."""
    rows = sorted(rows)
    means, schools = np.array([n / 10 for _, n in rows]), [f"s{k}" for k, _ in rows]
    whole = seat_form.by_school(means, schools)
    assert (np.abs(whole - means) < 1).all()
    assert abs(whole.sum() - means.sum()) <= 0.5 + 1e-9
    for school in set(schools):
        mine = np.array([s == school for s in schools])
        assert abs(whole[mine].sum() - means[mine].sum()) < 1
    fixed = np.isclose(means, means.round())
    assert (whole[fixed] == means[fixed].round()).all()


def test_a_plan_is_that_of_the_result(result):
    """Each row within a seat of the mean of its year, and of that of the year before, which is no fact on 1 April 2025."""
    found, frame = seat_form.plan(result, YEAR), result.seat_plan().set_index(["year", *KEYS])["seats"]
    assert (np.abs(found.rows["now"] - found.rows["seats"]) < 1).all()
    for row in found.rows.itertuples():
        assert abs(row.last - frame[YEAR - 1, row.school, row.programme, row.pathway, row.areas]) < 1
    assert abs(found.rows["now"].sum() - frame[YEAR].sum()) <= 0.5 + 1e-9
    assert (found.rows["last"] != found.rows["now"]).any()
    assert not found.given and not found.past and found.simulated == found.rows["last"].sum()


def test_a_plan_fixed_before_the_scenarios_day_is_the_one_it_gives(result):
    """On 1 April 2025 the plan of 2024 is known and that of 2025 is not: 2025 stands beside the planned seats of 2024, 11,970 in
    all, of which the room of schools leaves fewer in the simulation."""
    found, frame = seat_form.plan(result, 2025), result.seat_plan()
    frame = frame[frame["year"] == 2024].set_index(list(KEYS))
    assert found.given and not found.past
    for row in found.rows.itertuples():
        assert row.last == frame["planned"][row.school, row.programme, row.pathway, row.areas]
    assert found.rows["last"].sum() == frame["planned"].sum() == 11970
    assert abs(found.simulated - frame["seats"].sum()) <= 0.5 + 1e-9 and found.simulated < 11970
    assert [seat_form.plan(result, year).past for year in (2020, 2024, 2025, 2026)] == [True, True, False, False]


def test_rows_that_few_replications_have_share_a_line(result):
    """A row is listed with 10 seats in either year, or with seats that the scenario plans; the others come last, under one number
    (every row but them has its own)."""
    found = seat_form.plan(result, YEAR).rows
    big = (found["last"] >= 10) | (found["now"] >= 10) | (found["planned"] > 0)
    assert (found["listed"] == big).all() and 0 < (~big).sum() < 20
    n = int(big.sum())
    assert found["number"].tolist() == [*range(1, n + 1), *[n + 1] * (len(found) - n)]
    assert found.loc[~big, "now"].sum() > 0


def test_the_first_year_is_compared_with_the_start(small):
    found = seat_form.plan(small, small.inputs.years[0].item())
    assert found.rows["last"].sum() == round(small.history.before[0].mean(axis=-1).sum())


def test_a_year_outside_says_which_there_are(small):
    with pytest.raises(ScenarioError) as caught:
        seat_form.plan(small, 1999)
    (problem,) = caught.value.problems
    assert problem.code == "seat_year" and "2025" in problem.text("en") and "2029" in problem.text("zh")


# ---------------------------------------------------------------------------------------------------------- the form


def table(sheet, head):
    """Return the rows of a sheet below its headings as lists."""
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head + 1)]


@pytest.mark.parametrize("lang", LANGS)
def test_the_form_has_title_rows_sums_and_a_place_to_sign(books, result, lang):
    sheet = books[lang].worksheets[0]
    assert sheet["A1"].value == phrase("seats_title", lang, place={"zh": "衢州市", "en": "Quzhou"}[lang], year=YEAR)
    assert getattr(result.scenario.policies["plan_2025"].title, lang) in sheet["A2"].value
    assert sheet["A4"].value == phrase("seats_warning", lang, r=10) + phrase("seats_proposal", lang)
    assert phrase("seats_last_simulated", lang, last=YEAR - 1).strip() in sheet["A5"].value
    assert phrase("seats_folded", lang, n=10).strip() in sheet["A5"].value
    heads = [cell.value for cell in sheet[HEAD]]
    assert len(heads) == 10 and str(YEAR) in heads[6]
    assert heads[5] == phrase("seats_col_last_simulated", lang, last=YEAR - 1)
    found, rows = seat_form.plan(result, YEAR).rows, table(sheet, HEAD)
    *plain, others = [row for row in rows if isinstance(row[0], int)]
    few = found[~found["listed"]]
    assert others[1] == phrase("seats_others", lang) and others[5:7] == [few["last"].sum(), few["now"].sum()]
    assert others[9] == phrase("seats_others_remark", lang, n=len(few)) and others[0] == len(plain) + 1
    found = found[found["listed"]]
    assert [row[0] for row in plain] == list(range(1, len(found) + 1))
    assert [row[6] for row in plain] == found["now"].tolist()
    assert all(isinstance(value, int) for row in plain for value in row[5:8])
    assert all(row[7] == row[6] - row[5] for row in plain)
    names = [row[1] for row in plain]
    turns = sum(a != b for a, b in zip(names, [None, *names], strict=False))
    assert len(set(names)) == turns, "the rows of a school stand together"
    said = "".join(str(value) for row in rows for value in row if value is not None)
    for code in ("made", "checked", "signed", "stamp", "date"):
        assert phrase(f"seats_{code}", lang) in said


@pytest.mark.parametrize("lang", LANGS)
def test_subtotals_and_total_are_sums_of_the_rows_above(books, lang):
    """A subtotal names its school and sums its rows; the total sums them and the line of rows that few replications have."""
    here, everything, schools, name = np.zeros(3, int), np.zeros(3, int), 0, ""
    for row in table(books[lang].worksheets[0], HEAD):
        if isinstance(row[0], int):
            here, name = here + row[5:8], row[1]
        elif row[1] == phrase("seats_subtotal", lang, school=name):
            assert row[5:8] == here.tolist()
            everything, here, schools = everything + here, np.zeros(3, int), schools + 1
        elif row[1] == phrase("seats_total", lang):
            assert name == phrase("seats_others", lang) and here[1] > 0
            assert row[5:8] == (everything + here).tolist() and everything[1] > 0 and schools > 5
            return
    pytest.fail("there is no total")


@pytest.mark.parametrize("lang", LANGS)
def test_a_year_that_is_past_says_so_and_is_not_signed(result, lang):
    sheet = load_workbook(io.BytesIO(seat_form.write(result, 2024, lang))).worksheets[0]
    assert sheet["A1"].value == phrase("seats_title_past", lang, place={"zh": "衢州市", "en": "Quzhou"}[lang], year=2024)
    assert sheet["A4"].value == phrase("seats_warning", lang, r=10) + phrase("seats_past", lang, year=2024, as_of="2025-04-01")
    assert sheet.cell(HEAD, 6).value == phrase("seats_col_last", lang, last=2023)
    assert sheet.cell(HEAD, 7).value == phrase("seats_col_now_simulated", lang, year=2024)
    said = [cell.value for row in sheet.iter_rows() for cell in row]
    assert phrase("seats_total", lang) in said and phrase("seats_signed", lang) not in said


@pytest.mark.parametrize("lang", LANGS)
def test_the_note_says_what_the_simulation_made_of_last_years_plan(result, lang):
    sheet = load_workbook(io.BytesIO(seat_form.write(result, 2025, lang))).worksheets[0]
    simulated = seat_form.plan(result, 2025).simulated
    assert phrase("seats_last_differs", lang, given="11,970", simulated=f"{simulated:,}").strip() in sheet["A5"].value
    assert sheet.cell(HEAD, 6).value == phrase("seats_col_last", lang, last=2024)
    assert sheet.cell(HEAD, 7).value == phrase("seats_col_now", lang, year=2025)
    rows = seat_form.plan(result, 2025).rows
    reasons = [row[8] for row in table(sheet, HEAD) if isinstance(row[0], int)]
    starts = ["" if x.simulated == x.last else phrase("seats_start", lang, n=f"{x.simulated:,}") for x in rows.itertuples()]
    assert any(starts) and not all(starts)
    assert all(reason.startswith(start) for reason, start in zip(reasons, starts, strict=True))


def test_it_prints_on_a4_across_with_headings_and_page_numbers(books):
    for lang, book in books.items():
        assert [sheet.title for sheet in book] == [phrase(f"seats_sheet_{code}", lang, year=YEAR)
                                                   for code in ("form", "reasons", "figures")]
        for sheet in book:
            assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
            assert sheet.print_title_rows and sheet.freeze_panes
            assert sheet.page_setup.fitToWidth == 1 and sheet.page_setup.fitToHeight == 0
            assert "&P" in sheet.oddFooter.center.text and "&N" in sheet.oddFooter.center.text
        first = book.worksheets[0]
        assert first.print_title_rows == f"${HEAD}:${HEAD}"
        assert f"$J${first.max_row}" in str(first.print_area)
    assert books["zh"].worksheets[0].oddFooter.center.text == "第 &P 页　共 &N 页"


def test_the_reason_of_a_row_names_the_steps_that_moved_it_most(books, result):
    """The largest step of the log comes first, with its sign; rows that no step moved keep the reason of the plan."""
    log = result.plan_log()
    log = log[log["year"] == YEAR]
    *reasons, others = [row[8] for row in table(books["en"].worksheets[0], HEAD) if isinstance(row[0], int)]
    told, rows = 0, seat_form.plan(result, YEAR).rows
    assert not others
    for item, text in zip(rows[rows["listed"]].itertuples(), reasons, strict=True):
        mine = log[(log[list(KEYS)] == [getattr(item, code) for code in KEYS]).all(axis=1)]
        mine = mine[mine["move"].abs() >= 1]
        if len(mine):
            largest = mine["move"].iloc[int(mine["move"].abs().argmax())]
            assert text.split("; ")[0].endswith(f"{round(largest):+,}")
            told += 1
    assert told > 20


def test_the_details_hold_the_log_and_the_run(books, result):
    """One line a row with no blank names: the steps of at least half a seat with their means, the largest first."""
    log = result.plan_log()
    log, kept = log[log["year"] == YEAR], seat_form.plan(result, YEAR).rows
    sheet = books["zh"].worksheets[1]
    rows = table(sheet, 4)
    assert len(rows) == len(kept) and [row[0] for row in rows] == kept["number"].tolist()
    assert all(all(row[1:5]) for row in rows) and sheet.auto_filter.ref == f"A4:I{len(rows) + 4}"
    for item, row in zip(kept.itertuples(), rows, strict=True):
        mine = log[(log[list(KEYS)] == [getattr(item, code) for code in KEYS]).all(axis=1)]
        moves = sorted(mine.loc[mine["move"].abs() >= 0.5, "move"], key=abs, reverse=True)
        said = [float(x) for x in re.findall(r" ([+-][\d.,]+)（", row[8] or "")]
        assert said == [round(move, 1) for move in moves]
    third = books["zh"].worksheets[2]
    said = [cell.value for row in third.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert result.manifest()["sha256"] in said and str(result.seed) in said and "10" in said
    head = next(row for row in range(1, 20) if third.cell(row, 1).value == phrase("seats_col_no", "zh"))
    assert [row[6] for row in table(third, head)] == seat_form.plan(result, YEAR).rows["seats"].tolist()


def test_equal_runs_give_equal_bytes(result):
    again = ss.run(ss.load("quzhou/baseline").vary("plan_2025"), replications=10, seed=3)[0]
    assert seat_form.write(result, YEAR, "zh") == seat_form.write(again, YEAR, "zh")


def test_a_name_that_looks_like_a_formula_stays_a_text(small):
    scenario = small.scenario
    code = next(iter(scenario.institutions))
    named = scenario.institutions[code].model_copy(
        update={"title": scenario.title.model_copy(update={"zh": '=HYPERLINK("x")', "en": "@SUM(A1)"})})
    hostile = scenario.model_copy(update={"institutions": {**scenario.institutions, code: named}})
    run = ss.run(hostile, replications=2, seed=1)[0]
    for lang, text in (("zh", '=HYPERLINK("x")'), ("en", "@SUM(A1)")):
        book = load_workbook(io.BytesIO(seat_form.write(run, YEAR, lang)))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == text]
        assert cells and all(cell.data_type == "s" and cell.quotePrefix for cell in cells)
        assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


# ------------------------------------------------------------------------------------------------------- the command


@pytest.mark.parametrize("lang", LANGS)
def test_the_command_writes_the_form(tmp_path, lang):
    out = tmp_path / "plan.xlsx"
    done = CliRunner().invoke(app, ["seat-plan", "small", "--year", "2026", "--out", str(out), "-n", "2", "--lang", lang])
    assert done.exit_code == 0, done.output
    assert load_workbook(out).worksheets[0].cell(HEAD, 1).value == phrase("seats_col_no", lang)
    assert "630" in done.output


@pytest.mark.parametrize(("given", "code"), [
    (["small", "--year", "2026", "--out", "plan.xls"], "seat_suffix"),
    (["small", "--year", "1990", "--out", "plan.xlsx"], "seat_year"),
    (["small", "--year", "2026", "--out", "nowhere/plan.xlsx"], "out_unwritable"),
    (["small", "--year", "2026", "--out", "."], "report_exists"),
    (["small", "-p", "no_such", "--year", "2026", "--out", "plan.xlsx"], "unknown_policy"),
])
def test_what_cannot_be_done_is_said(tmp_path, monkeypatch, given, code):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["seat-plan", *given, "-n", "2", "--lang", "en"])
    assert done.exit_code == 2 and not list(tmp_path.iterdir())
    word = {"seat_suffix": ".xlsx", "seat_year": "1990", "out_unwritable": "written", "report_exists": "folder",
            "unknown_policy": "no_such"}[code]
    assert word in done.output


def test_a_year_outside_is_refused_before_the_run(tmp_path, monkeypatch):
    """Of a scenario, with and without a policy, and of a run of a store whose replications were not kept."""
    store = Store(tmp_path / "store")
    key = store.keep(ss.run(ss.load("small"), replications=2, seed=1)[0])
    monkeypatch.setattr(running, "run", lambda *_: pytest.fail("it ran"))
    for items in (["small"], ["quzhou/baseline", "-p", "plan_2025"], [key, "--store", str(tmp_path / "store")]):
        done = CliRunner().invoke(app, ["seat-plan", *items, "--year", "1990", "--out", str(tmp_path / "p.xlsx"), "--lang", "en"])
        assert done.exit_code == 2 and "1990" in done.output, done.output
