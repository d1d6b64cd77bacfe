"""How pages look in a real browser: on a telephone, printed, in the dark, to a screen reader; and in one language."""

from __future__ import annotations

import re

import pytest
from conftest import Open, settle
from playwright.sync_api import Page

from skillsim.terms.page import PAGE

pytestmark = pytest.mark.xdist_group("browser")

VIEWS = (
    "figures", "overview", "levers", "compare", "seek", "sensitivity", "flows", "demand", "seats", "means", "evidence", "data",
)
PLACE = "place=small_jobs&policy=more_long_track"
# texts in view that their own box cuts off; what scrolls by itself, as tables do, is not cut off
CLIPPED = """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(e => {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const hides = ['hidden', 'clip'].includes(style.overflowX) && style.position !== 'absolute' && style.clipPath === 'none';
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    return box.width > 2 && box.height > 2 && hides && text && e.scrollWidth > e.clientWidth + 1;
}).map(e => e.innerText.slice(0, 60))"""
OUTSIDE = """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 2 && box.height > 2 && box.right > innerWidth + 1
        && !e.closest('.table, canvas, pre, [role=radiogroup], [role=toolbar]')
        && getComputedStyle(e).position !== 'absolute' && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
}).map(e => e.innerText.slice(0, 60))"""


def at(view: str) -> str:
    """Return the path of a page; the first stands at the root."""
    return "/" if view == "figures" else f"/{view}"


def colour(page: Page, what: str, kind: str) -> float:
    """Return how bright a colour of an element is, 0 to 255."""
    text = page.evaluate("([what, kind]) => getComputedStyle(document.querySelector(what))[kind]", [what, kind])
    numbers = [float(x) for x in re.findall(r"[\d.]+", text)[:3]]
    return sum(numbers) / 3 * (255 if "color(" in text else 1)


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_on_a_telephone(opened: Open, view: str) -> None:
    page = opened(f"{at(view)}?{PLACE}", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    assert page.evaluate("() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= 390
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(OUTSIDE) == []


def test_print_leaves_the_sidebar_and_buttons_out(opened: Open) -> None:
    page = opened(f"/overview?{PLACE}")
    assert page.get_by_test_id("stSidebar").is_visible()
    page.emulate_media(media="print")
    for hidden in ("stSidebar", "stHeader"):
        assert not page.get_by_test_id(hidden).is_visible()
    assert page.locator("[data-testid=stMain] button:visible").count() == 0
    assert page.locator(".card").count() == 2 and page.locator(".card").first.is_visible()


def test_dark_is_dark_and_charts_are_drawn_for_it(opened: Open) -> None:
    pictures = []
    for scheme in ("light", "dark"):
        page = opened(f"/overview?{PLACE}", color_scheme=scheme)
        page.wait_for_timeout(800)  # charts fade in
        back = colour(page, "[data-testid=stApp]", "backgroundColor")
        fore = colour(page, ".card .value", "color")
        assert (back < 60 and fore > 180) if scheme == "dark" else (back > 180 and fore < 90)
        pictures.append(page.locator(".stEChartsChart").first.screenshot())
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("view", [v for v in VIEWS if v not in ("seek", "seats", "evidence", "data")])
def test_every_chart_says_what_it_shows_and_has_a_table_behind(opened: Open, view: str) -> None:
    place = "place=linzi/baseline" if view == "means" else PLACE  # the small town states no teachers
    page = opened(f"{at(view)}?{place}")
    charts = page.locator(".stEChartsChart")
    charts.first.wait_for()
    behind = page.get_by_test_id("stExpander").filter(has_text=PAGE["table_behind"].zh.format(title="").strip("：").strip())
    assert charts.count() >= 1
    assert behind.count() >= charts.count()
    for chart in charts.all():
        said = chart.get_attribute("aria-label") or ""
        assert chart.get_attribute("role") == "img"
        assert len(said) > 20 and re.search(r"\d", said) and re.search("[\u4e00-\u9fff]", said)
        box = chart.bounding_box()
        assert box and box["height"] > 100 and box["width"] > 100
    behind.first.locator("summary").click()
    table = behind.first.locator("table")
    table.wait_for()
    assert table.locator("tbody tr").count() >= 1 and table.locator("th[scope=col]").count() >= 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_speak_one_language_to_the_eye_and_the_ear(opened: Open, lang: str) -> None:
    """Words of Streamlit's own that are seen are told; of those only heard, the ones that Streamlit does not let be changed."""
    page = opened(f"/?{PLACE}&lang={lang}")
    wrong = []
    for view in VIEWS:
        page.get_by_test_id("stSidebarNav").get_by_text(getattr(PAGE[f"page_{view}"], lang), exact=True).click()
        settle(page)
        seen = page.evaluate("""() => { const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) { const n = walk.currentNode, e = n.parentElement, box = e.getBoundingClientRect();
                if (n.textContent.trim() && e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && box.width > 2
                    && !e.closest('code, script, style, noscript, [data-testid=stIconMaterial]')
                    && parseFloat(getComputedStyle(e).fontSize) > 1) out.push(n.textContent.trim()); }
            for (const e of document.querySelectorAll('input[placeholder]'))
                if (e.placeholder && !e.value) out.push(e.placeholder);
            return out; }""")
        allowed = {"English", "中文", "made up"}
        for text in seen:
            plain = re.sub(r"skillsim|CSV|YAML|JSON|MB|Word|Excel|UTF-8|SHA-256|R[1-4]|Beta|ITA", "", text)
            other = re.search(r"[A-Za-z]{3,}", plain) if lang == "zh" else re.search("[\u3400-\u9fff]", plain)
            if other and text not in allowed and "made up" not in text:
                wrong.append((view, text[:80]))
    assert wrong == []
    assert page.evaluate("() => document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
