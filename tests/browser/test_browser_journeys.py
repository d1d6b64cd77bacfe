"""What a planner does, in a real browser: from the ten figures to a link that a colleague opens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import PATIENCE, Open, settle
from playwright.sync_api import Browser, Page

from helpers_server import Served
from skillsim.terms.page import PAGE

pytestmark = pytest.mark.xdist_group("browser")


def zh(code: str) -> str:
    """Return a word of the page in Chinese."""
    return PAGE[code].zh


def go(page: Page, view: str, lang: str = "zh") -> None:
    """Go to a page by the sidebar."""
    page.get_by_test_id("stSidebarNav").get_by_text(getattr(PAGE[f"page_{view}"], lang), exact=True).click()
    titled(page, getattr(PAGE[f"page_{view}"], lang))
    settle(page)


def titled(page: Page, title: str) -> None:
    """Wait until the page has a title."""
    page.wait_for_function("title => document.querySelector('h1')?.innerText.trim() === title", arg=title)


def cards(page: Page) -> list[str]:
    """Return the texts of the cards, when the full answers are there."""
    page.wait_for_selector(".card")
    page.wait_for_function("() => !document.querySelector('.badge.preview')")
    settle(page)
    late = re.compile(PAGE["rests_on"].zh.format(share=".*") + "\n")  # it follows by itself, a moment later
    return [late.sub("", text) for text in page.locator(".card").all_inner_texts()]


def slider(page: Page, n: int = 0) -> str:
    """Return the label of a lever's slider."""
    label = page.get_by_test_id("stMain").locator("input[type=range]").nth(n).get_attribute("aria-label")
    assert label
    return label


def nudge(page: Page, n: int = 0, key: str = "ArrowRight", times: int = 1) -> None:
    """Move a lever by the keyboard."""
    page.get_by_test_id("stMain").locator("input[type=range]").nth(n).focus()
    for _ in range(times):
        page.keyboard.press(key)


def answers(page: Page) -> list[list[str]]:
    """Return the table of answers beside the levers."""
    rows = page.get_by_test_id("stMain").locator(".table").first.locator("tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_from_ten_figures_to_a_link_that_a_colleague_opens(opened: Open) -> None:
    page = opened()
    assert page.inner_text("h1").strip() == zh("page_figures")
    page.locator("input[type=number]").nth(1).fill("2500")
    page.get_by_role("button", name=zh("figures_use")).click()
    page.get_by_text(zh("figures_used").format(n=1)).wait_for()
    settle(page)
    go(page, "overview")
    before = cards(page)
    page.get_by_text(PAGE["rests_on"].zh.format(share="").strip()).first.wait_for()
    go(page, "levers")
    nudge(page, 1, times=4)
    page.get_by_text(zh("preview_change")).wait_for()
    page.wait_for_function("() => ![...document.querySelectorAll('.table td')].some(cell => cell.innerText.trim() === '…')")
    settle(page)
    head, *rows = answers(page)
    assert zh("paired").format(n=20) in head and all(cell.strip() for row in rows for cell in row)
    page.locator("[role=status].glance").wait_for()
    go(page, "overview")
    mine = cards(page)
    assert mine != before
    go(page, "compare")
    assert zh("my_draft") in page.inner_text("[data-testid=stMain]")
    go(page, "overview")
    link = page.url
    assert "move=" in link and ("known=" in link or "actual=" in link)
    there = opened(link)
    assert (there.url, cards(there)) == (link, mine)


def test_from_the_first_page_to_the_best_lever_in_six_clicks(opened: Open) -> None:
    page = opened()
    clicks = 0

    def click(what: object) -> None:
        nonlocal clicks
        clicks += 1
        what.click()  # type: ignore[attr-defined]

    click(page.get_by_test_id("stSidebarNav").get_by_text(zh("page_overview"), exact=True))
    cards(page)
    card = page.get_by_test_id("stVerticalBlock").filter(has=page.locator(".card", has_text="70%")).last
    click(card.get_by_role("button", name=zh("what_moves_it")))
    page.get_by_role("button", name=zh("take"), exact=True).first.wait_for()
    settle(page)
    best = page.get_by_test_id("stMain").locator("ol li").first.inner_text()  # the list numbers itself
    assert "70%" in page.get_by_text(re.compile("单项措施对")).inner_text()
    click(page.get_by_role("button", name=zh("take"), exact=True).first)
    page.locator("[role=status].glance").wait_for()
    settle(page)
    assert clicks <= 6
    lever = best.split("：")[0]
    assert lever in page.inner_text("[data-testid=stMain]")
    assert page.url.count("move=") == 1
    change = re.search(r"[+-]\d+\.\d+", page.locator(".glance").inner_text())
    assert change and float(change.group()) > 0


def test_a_bad_file_is_told_with_its_line_and_changes_nothing(opened: Open, tmp_path: Path) -> None:
    page = opened("/data?place=small&policy=more_long_track")
    bad = tmp_path / "bad.yaml"
    bad.write_text("format: 1\nname: bad\nunheard_of: 3\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(bad)
    page.get_by_text(zh("upload_refused")).wait_for()
    assert "bad:3" in page.inner_text("[data-testid=stMain]") or "bad.yaml:3" in page.inner_text("[data-testid=stMain]")
    large = tmp_path / "large.yaml"
    large.write_text("# " + "x" * 6_000_000, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(large)
    settle(page)
    assert "place=small" in page.url and "policy=more_long_track" in page.url
    go(page, "overview")
    assert len(cards(page)) == 2


def test_language_keeps_place_and_draft(opened: Open) -> None:
    page = opened("/overview?place=small_jobs&policy=more_long_track&year=2027")
    before = cards(page)
    page.get_by_text("English", exact=True).click()
    titled(page, "Overview")
    settle(page)
    for part in ("place=small_jobs", "policy=more_long_track", "year=2027", "lang=en"):
        assert part in page.url
    figures = [re.search(r"\d[\d,.]* ", text) for text in before]
    for text, figure in zip(cards(page), figures, strict=True):
        assert figure and figure.group().strip() in text
    page.get_by_text("中文", exact=True).click()
    titled(page, zh("page_overview"))
    settle(page)
    assert "lang=" not in page.url and cards(page) == before


def test_language_after_a_lever_and_on_another_page(opened: Open) -> None:
    """A browser sends what its widgets hold, in the words of the language before: nothing of it counts as a change."""
    page = opened("/levers?place=small_jobs&policy=more_long_track&year=2027")
    nudge(page, 0, times=2)
    page.wait_for_url(re.compile("move="))
    settle(page)
    fields = sorted(page.url.split("?")[1].split("&"))
    assert "policy=more_long_track" in fields and "year=2027" in fields
    page.get_by_text("English", exact=True).click()
    titled(page, "Levers")
    settle(page)
    assert sorted(page.url.split("?")[1].split("&")) == sorted([*fields, "lang=en"])
    for view in ("compare", "figures", "overview", "levers"):
        go(page, view, "en")
        assert sorted(page.url.split("?")[1].split("&")) == sorted([*fields, "lang=en"]), view
        assert page.get_by_test_id("stAlert").count() == 0, view
    nudge(page, 1)
    page.wait_for_function("() => location.search.split('move=').length === 3")
    page.get_by_text("中文", exact=True).click()
    titled(page, zh("page_levers"))
    settle(page)
    go(page, "overview")
    assert page.url.count("move=") == 2 and "lang=" not in page.url
    assert {"policy=more_long_track", "year=2027", "place=small_jobs"} < set(page.url.split("?")[1].split("&"))


def test_a_brought_in_place_opens_on_every_page_until_it_is_removed(opened: Open, tmp_path: Path) -> None:
    mine = tmp_path / "外来 (1).yaml"
    mine.write_text("extends: small\nname: outside\ntitle: {zh: 外来样例, en: From outside}\n", encoding="utf-8")
    page = opened("/data?place=small")
    page.locator("input[type=file]").set_input_files(mine)
    page.get_by_text(re.compile("^" + re.escape(zh("brought_in").partition("“")[0]))).wait_for()
    settle(page)
    address = re.search(r"place=[^&]*", page.url)
    assert address and "own" in address.group()
    for view in ("overview", "levers", "compare", "flows", "demand", "seats", "evidence", "figures", "data"):
        go(page, view)
        assert address.group() in page.url and page.get_by_test_id("stAlertContentError").count() == 0, view
    other = opened("/data?place=small")
    other.get_by_role("combobox", name=zh("open_kept")).click()
    other.get_by_role("option", name=re.compile("^外来")).click()
    settle(other)
    other.get_by_role("button", name=zh("remove_kept")).click()
    other.get_by_role("button", name=zh("remove_yes")).click()
    settle(other)
    for view in ("overview", "levers"):
        go(page, view)
        page.get_by_role("button", name=zh("start_over")).wait_for()
        told = page.get_by_test_id("stAlert").all_inner_texts()
        assert len(told) == 1 and "外来" in told[0] and zh("fault").partition("（")[0] not in told[0]
    page.get_by_role("button", name=zh("start_over")).click()
    page.wait_for_function("() => !location.search.includes('own')")
    settle(page)
    assert page.get_by_test_id("stAlert").count() == 0


def test_reload_back_and_forward_keep_the_draft(opened: Open) -> None:
    page = opened("/levers?place=small")
    nudge(page, 0, times=2)
    page.wait_for_url(re.compile("move="))
    settle(page)
    moved = re.findall(r"move=[^&]*", page.url)
    go(page, "overview")
    mine = cards(page)
    for step in (page.reload, page.go_back, page.go_forward, page.reload):
        step()
        settle(page)
        assert re.findall(r"move=[^&]*", page.url) == moved, step.__name__
    assert page.inner_text("h1").strip() == zh("page_overview")
    assert cards(page) == mine


def test_every_page_keeps_the_fields_of_the_address(opened: Open) -> None:
    page = opened("/overview?place=small_jobs&policy=more_long_track&year=2027&n=400&target=share")
    fields = sorted(page.url.split("?")[1].split("&"))
    for view in ("levers", "compare", "seek", "sensitivity", "flows", "demand", "seats", "evidence", "data", "figures"):
        go(page, view)
        assert sorted(page.url.split("?")[1].split("&")) == fields, view


def test_two_browsers_never_see_each_other_s_edits(opened: Open) -> None:
    first, second = opened("/levers?place=small"), opened("/levers?place=small")
    table = answers(second)
    nudge(first, 0, times=3)
    first.wait_for_url(re.compile("move="))
    settle(first)
    second.reload()
    settle(second)
    assert "move=" in first.url and "move=" not in second.url
    assert answers(second) == table != answers(first)


def test_keyboard_reaches_and_moves_a_lever(opened: Open) -> None:
    page = opened("/levers?place=small")
    wanted = slider(page)
    page.get_by_test_id("stMain").locator("button:visible").first.focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement?.getAttribute('aria-label')") == wanted:
            break
    else:
        pytest.fail("the tab key does not reach the first lever")
    was = page.evaluate("() => Number(document.activeElement.value)")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => Number(document.activeElement.value)") > was
    page.wait_for_url(re.compile("move="), timeout=PATIENCE)
    settle(page)
    assert page.evaluate("() => document.activeElement?.type") == "range"  # the focus stays where one works


def test_a_fault_of_ours_is_a_plain_sentence(browser: Browser, opened: Open, server: Served, tmp_path: Path) -> None:
    from helpers_server import served

    start = (
        "import sys; from skillsim.pages import server, work\n"
        "def broken(draft): raise ZeroDivisionError('secret detail')\n"
        "work.preview = broken\n"
        "server.start(port=int(sys.argv[1]))"
    )
    with served(tmp_path, ("-c", start), options="{port}") as one:
        page = browser.new_page()
        page.goto(f"{one.url}/overview?place=small")
        told = page.get_by_test_id("stAlert")
        told.wait_for(timeout=PATIENCE)
        text = told.inner_text()
        number = re.search(r"[0-9a-f]{8}", text)
        assert number and text.strip() == zh("fault").format(id=number.group())
        assert "secret" not in page.content() and "Traceback" not in page.content()
        page.goto(f"{one.url}/evidence?place=small")
        page.get_by_text(zh("look_for")).wait_for(timeout=PATIENCE)  # the other pages work
        assert number.group() in one.said() and "secret detail" in one.said()
        page.close()
