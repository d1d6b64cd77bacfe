"""A real browser before a real server: every request elsewhere and every error of the browser fails the test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from helpers_server import Served, served

PATIENCE = 60_000  # milliseconds after which a test gives up; nothing is measured
# Streamlit's own router asks a page's folder before the root; both 404s are part of its start
KNOWN = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && document.querySelector('h1')?.innerText
        && !document.querySelector('[data-testid=stProgress], [data-testid=stSkeleton], [aria-busy=true]');
}"""
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "no chromium on the path: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests; its first place is ready."""
    with served(tmp_path_factory.mktemp("server")) as one:
        page = browser.new_page()
        page.goto(one.url)
        settle(page)
        page.close()
        yield one


@pytest.fixture
def opened(browser: Browser, server: Served, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return what opens an address in a browser of its own; what any of them asked or complained of is judged in the end."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []
    said_before = len(server.said())

    def only(url: str, base: str) -> None:
        if not url.startswith((base, base.replace("http", "ws", 1), "data:", "blob:")):
            wrong.append(f"asked {url}")

    def open_(address: str = "/", base: str = server.url, patience: int = PATIENCE, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "zh-CN", **settings})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: only(asked.url, base))
        page.on("websocket", lambda asked: only(asked.url, base))
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.on("console", lambda said: wrong.append(f"{said.text} {said.location.get('url', '')}") if complains(said) else None)
        page.goto(address if address.startswith("http") else base + address)
        settle(page, patience)
        return page

    yield open_
    failed = getattr(request.node, "failed", False)
    for i, context in enumerate(contexts):
        for page in context.pages:
            if failed or wrong:
                page.screenshot(path=tmp_path / f"{i}.png", full_page=True)
        context.close()
    assert wrong == []
    assert "Traceback" not in server.said()[said_before:], server.said()[-4_000:]


def complains(said: Any) -> bool:
    """Say whether a message of the browser's console is an error that is not known."""
    return said.type == "error" and not KNOWN.search(str(said.location.get("url", "")))


def settle(page: Page, patience: int = PATIENCE) -> None:
    """Wait until the page has drawn what it was asked for and waits for no job."""
    for _ in range(2):  # a rerun begins a moment after a click
        page.wait_for_timeout(150)
        page.wait_for_function(SETTLED, timeout=patience)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let the fixture above know of a failure, for its pictures."""
    report = yield
    if report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
