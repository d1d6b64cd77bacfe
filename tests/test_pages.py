"""The pages by AppTest: what they say, that they take what is asked and refuse what can't be, and that they show the model's figures."""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import re
import string
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

import skillsim as ss
from skillsim.errors import Problem, ScenarioError
from skillsim.pages import parts, server, state, work
from skillsim.report import shown
from skillsim.results.result import Result
from skillsim.scenario.draft import Draft
from skillsim.scenario.levers import levers
from skillsim.terms import INDICATORS, LABELS, LANGS, PHRASES, word
from skillsim.terms.page import PAGE

PAGES = server.SCRIPT.parent
LANG_OUTSIDE = ["zh"]  # AppTest makes the words of a widget's options outside of any session: in the language of the one driven
VIEWS = sorted(file.stem for file in (PAGES / "views").glob("*.py"))
PATIENCE = 60  # seconds after which a test gives up; nothing is measured
SECTIONS = ("parameters", "definitions", "checks", "run")  # of the page of evidence
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]+")
CODE = re.compile(r"(?<![\w-])[a-z][a-z0-9]*_[a-z0-9_]+|\{[a-z_:,.]*\}|(?<!\w)nan(?!\w)|None|<[a-z/]")
# in Chinese text these are the usual words; R1 to R4 name the four staying rates, the Beta distribution its form
USUAL = {"skillsim", "CSV", "YAML", "JSON", "SHA", "UTF", "MB", "R1", "R2", "R3", "R4", "Beta", "max", "ITA"}
UNSEEN = {"id", "form_id", "key", "icon", "format", "type", "url", "theme", "language", "element_hash", "tag", "deferred_file_id"}
QUZHOU = {"place": "quzhou/baseline", "policy": "plan_2025"}


@pytest.fixture(scope="module", autouse=True)
def _queue() -> Iterator[None]:
    """One queue for all tests here; AppTest has no server that could say which sessions are alive."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "alive", lambda session: True)
        work.queue.cache_clear()
        work.queue()
        yield
    work.queue.cache_clear()


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shelf of its own for each test, and a session of its own for each AppTest."""
    monkeypatch.setenv(work.STORE, str(tmp_path / "kept"))
    monkeypatch.setattr(state, "session", lambda: str(st.session_state.setdefault("test session", uuid.uuid4().hex)))
    inside = state.lang
    monkeypatch.setattr(state, "lang", lambda: inside() if get_script_run_ctx(suppress_warning=True) else LANG_OUTSIDE[-1])


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what the pages offer to take away, by the name of the file."""
    offered: dict[str, bytes] = {}
    real = st.download_button

    def button(label: str, data: Any, *args: Any, **more: Any) -> bool:
        made = data() if callable(data) else data
        offered[more["file_name"]] = made.encode() if isinstance(made, str) else made
        return real(label, data, *args, **more)

    monkeypatch.setattr(st, "download_button", button)
    return offered


# ---- driving a page


def run(at: AppTest) -> AppTest:
    """Run the script, which must not fail."""
    if "lang" in at.session_state:
        LANG_OUTSIDE[-1] = lang_of(at)
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def opened(view: str = "figures", **address: Any) -> AppTest:
    """Open a page by its address, as a new session."""
    at = AppTest.from_file(str(server.SCRIPT), default_timeout=PATIENCE)
    at.query_params.update({"place": "small", **address})
    return run(at) if view == "figures" else went(run(at), view)


def went(at: AppTest, view: str) -> AppTest:
    """Go to another page."""
    at.switch_page(f"views/{view}.py")
    return run(at)


def settled(at: AppTest) -> AppTest:
    """Run the script until it waits for no job."""
    for _ in range(PATIENCE * 10):
        if not at.get("progress"):
            return at
        time.sleep(0.1)
        run(at)
    raise AssertionError("still waiting")


def lang_of(at: AppTest) -> str:
    """Return the session's language."""
    return str(at.session_state["lang"])


def say(at: AppTest, code: str, **args: Any) -> str:
    """Return a word of the page in the session's language."""
    return str(getattr(PAGE[code], lang_of(at))).format(**args)


def draft(at: AppTest) -> Draft:
    """Return the session's draft."""
    found: Draft = at.session_state["draft"]
    return found


def press(at: AppTest, code: str, at_place: int = 0) -> AppTest:
    """Press the button of that word."""
    [b for b in at.button if b.label == say(at, code)][at_place].click()
    return run(at)


def widget(at: AppTest, kind: str, key: str) -> Any:
    """Return the widget whose key begins so."""
    found = [w for w in at.get(kind) if w.key and w.key.split("#")[0] == key]
    assert len(found) == 1, (key, [w.key for w in at.get(kind)])
    return found[0]


def set_to(at: AppTest, kind: str, key: str, value: Any) -> AppTest:
    """Set a widget and run."""
    widget(at, kind, key).set_value(value)
    return run(at)


def errors(at: AppTest) -> str:
    """Return what is told as wrong."""
    return "\n".join(e.value for e in at.error)


def levers_of(at: AppTest) -> list[str]:
    """Return the codes of the levers on the page."""
    return [w.key.split("#")[0].removeprefix("lever ") for w in at.slider if w.key and w.key.startswith("lever ")]


def pushed(at: AppTest, code: str, value: float) -> AppTest:
    """Move a lever."""
    return set_to(at, "slider", f"lever {code}", value)


def cards(at: AppTest) -> list[list[str]]:
    """Return the texts of each target's card: title, value, badge, lines."""
    found = [e.value for e in at.get("html") if "class='card'" in e.value]
    return [[html.unescape(x).strip() for x in re.split(r"<[^>]*>", one) if x.strip()] for one in found]


# ---- what stands on a page


def strings(message: Any) -> Iterator[str]:
    """Yield the texts of an element, save those that are no words: ids, icons, formats."""
    for field, value in message.ListFields():
        if field.name in UNSEEN:
            continue
        for one in value if field.is_repeated else [value]:
            if field.type == field.TYPE_STRING:
                yield from in_chart(json.loads(one)) if field.name == "spec" else [one]
            elif field.type == field.TYPE_MESSAGE and hasattr(one, "ListFields"):
                yield from strings(one)


def in_chart(spec: Any, key: str = "") -> Iterator[str]:
    """Yield the words of a chart: names, titles, and data that are text."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            yield from in_chart(value, name if isinstance(value, str) or name in ("data", "title", "lang") else key)
    elif isinstance(spec, list):
        for one in spec:
            yield from in_chart(one, key)
    elif isinstance(spec, str) and key in ("name", "text", "subtext", "data", "title", "lang", "source", "target"):
        yield spec


def visible(at: AppTest) -> list[str]:
    """Return the texts of a page as they are read: what the file of the place says of its sources is not the page's."""
    scenario = work.scenario_of(draft(at))
    own = [source.text for source in scenario.sources.values()] + [one.clause for one in scenario.targets.values()]
    own = sorted({part for text in own for part in (text, text[: parts.HEAD])}, key=len, reverse=True)
    out = []
    for element in at:
        if element.type in ("code", "root") or getattr(element, "proto", None) is None:
            continue
        for text in strings(element.proto):
            read = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
            pieces = re.split(r"<[^>]*>", read) if element.type == "html" else [read]
            for piece in pieces:
                plain = html.unescape(piece).replace("\u2011", "-").replace("\u00a0", " ").strip()
                for mine in own:
                    plain = plain.replace(mine, "") if mine and mine in plain else plain
                if plain:
                    out.append(plain)
    return out


def wrong_words(texts: list[str], lang: str, allowed: set[str]) -> list[tuple[str, str]]:
    """Return texts that show a code, a key, a placeholder or a word of the other language."""
    out = []
    for text in texts:
        if text in ("中文", "English") or text in allowed:  # the switch names each language in itself
            continue
        found = CODE.findall(text)
        found += [w for w in LATIN.findall(text) if w not in USUAL] if lang == "zh" else CHINESE.findall(text)
        if found:
            out.append((", ".join(found[:5]), text[:200]))
    return out


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("address", [
    {"place": "small"}, {"place": "small_jobs", "policy": "more_long_track", "year": "2027"}, QUZHOU,
], ids=lambda address: address["place"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_opens_and_speaks_one_language(view: str, address: dict[str, str], lang: str) -> None:
    at = settled(opened(view, lang=lang, **address))
    assert not at.error and not at.warning
    assert at.title[0].value == getattr(PAGE[f"page_{view}"], lang)
    assert wrong_words(visible(at), lang, set()) == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("section", SECTIONS)
def test_each_part_of_the_evidence_speaks_one_language(section: str, lang: str) -> None:
    at = opened("evidence", place="small_jobs", lang=lang)
    set_to(at, "button_group", "evidence what", section)
    texts = visible(settled(at))
    manifest = set(work.full("", draft(at)).answer.manifest()["versions"]) if section == "run" else set()
    assert len(texts) > 15
    hexes = {text for text in texts if re.fullmatch(r"[0-9a-f]{64}", text)}
    shown_as_run = hexes | {text for text in texts if re.fullmatch(r"[\d.]+\w*", text)}
    assert wrong_words(texts, lang, manifest | shown_as_run) == []
    assert len(hexes) == (section == "run")


@pytest.mark.parametrize("lang", LANGS)
def test_the_levers_of_every_group_speak_one_language(lang: str) -> None:
    at = opened("levers", place="quzhou/baseline", lang=lang)
    seen: set[str] = set()
    for group in {lever.group for lever in levers(work.place("quzhou/baseline")).values()}:
        set_to(at, "button_group", "group", group)
        assert wrong_words(visible(at), lang, set()) == []
        seen |= {w.key.split("#")[0].removeprefix("lever ") for w in (*at.slider, *at.toggle) if w.key.startswith("lever ")}
    assert seen == set(levers(work.place("quzhou/baseline")))
