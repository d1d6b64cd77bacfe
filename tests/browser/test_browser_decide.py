"""What a planner decides by, in a real browser: from a wish to levers in the draft, what to find out, what is proved."""

from __future__ import annotations

import re

import pytest
from conftest import Open, settle
from playwright.sync_api import Page
from test_browser_journeys import go, zh
from test_browser_looks import CLIPPED, OUTSIDE

pytestmark = pytest.mark.xdist_group("browser")

PLACE = "place=small_jobs"


def seek(page: Page, lever: str) -> None:
    """Choose a lever by typing part of its name, and seek."""
    box = page.get_by_role("combobox", name=re.compile(re.escape(zh("seek_levers").format(n=4))))
    box.fill(lever)
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=zh("seek_begin"), exact=True).click()
    page.get_by_role("heading", name=zh("seek_check"), exact=True).wait_for()
    settle(page)


def test_from_a_wish_to_levers_in_the_draft(opened: Open) -> None:
    page = opened(f"/seek?{PLACE}")
    page.get_by_text(zh("seek_begin_note")).wait_for()
    seek(page, "高职（3 年） · 年流失率")
    told = page.get_by_test_id("stAlert").inner_text()
    assert "80 %" in told and "长学制毕业生留存率" in told
    assert page.get_by_role("heading", name=zh("seek_why"), exact=True).is_visible()
    page.get_by_role("button", name=zh("seek_apply"), exact=True).click()
    page.get_by_text(zh("seek_applied")).wait_for()
    assert page.url.count("move=") == 1 and "dropout" in page.url
    go(page, "overview")
    page.wait_for_function("() => document.querySelector('.card') && !document.querySelector('.badge.preview')")
    settle(page)
    go(page, "seek")
    page.get_by_text(zh("seek_applied")).wait_for()  # the answer is still there
    assert page.get_by_test_id("stAlert").inner_text() == told
    with page.expect_download() as taken:
        page.get_by_role("button", name=zh("download_csv")).first.click()
    assert taken.value.suggested_filename.endswith(".csv")


def test_an_answer_fits_a_telephone_in_the_dark(opened: Open) -> None:
    page = opened(f"/seek?{PLACE}", viewport={"width": 390, "height": 844}, color_scheme="dark")
    seek(page, "高职（3 年） · 年流失率")
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OUTSIDE) == []


def test_what_to_find_out_leads_on_to_the_ten_figures(opened: Open) -> None:
    page = opened(f"/sensitivity?{PLACE}")
    page.get_by_role("heading", name=zh("worth_head"), exact=True).wait_for()
    settle(page)
    charts = page.locator(".stEChartsChart")
    before = charts.count()
    assert before >= 2
    page.get_by_role("button", name=zh("deep_begin"), exact=True).click()
    page.get_by_text(zh("deep_note")).wait_for()
    settle(page)
    assert charts.count() == before + 1
    page.get_by_role("button", name=re.compile(zh("worth_type_in").split("{")[0])).first.click()
    page.wait_for_function("title => document.querySelector('h1')?.innerText.trim() === title", arg=zh("page_figures"))
    assert PLACE in page.url


def test_what_is_proved_can_be_worked_again(opened: Open) -> None:
    page = opened(f"/evidence?{PLACE}")
    page.get_by_test_id("stMain").get_by_role("radio", name=zh("checks"), exact=True).or_(
        page.get_by_test_id("stMain").get_by_role("button", name=zh("checks"), exact=True)).first.click()
    page.get_by_role("heading", name=zh("examples_head"), exact=True).wait_for()
    settle(page)
    tables = page.locator(".table")
    before = tables.count()
    page.get_by_role("button", name=zh("backtest_begin"), exact=True).click()
    page.wait_for_function("n => document.querySelectorAll('.table').length === n", arg=before + 2)
    settle(page)
    assert tables.last.locator("tbody tr").count() > 20
