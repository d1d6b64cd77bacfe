"""The pages by AppTest: what they say, what they take and refuse, and that they show the model's figures."""

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
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

import skillsim as ss
from skillsim.analysis import sensitivity
from skillsim.analysis.compare import compare
from skillsim.analysis.effects import preview as preview_of
from skillsim.analysis.reproduce import examples
from skillsim.analysis.running import run as simulate
from skillsim.errors import Problem, ScenarioError
from skillsim.pages import parts, server, state, work
from skillsim.report import shown, tables
from skillsim.results import statistics
from skillsim.results.result import Result, resolve
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.levers import first_day, levers
from skillsim.scenario.reader import parse, plain
from skillsim.scenario.staff import OF_STAFF
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LANGS, STEPS, phrase, word
from skillsim.terms.page import PAGE

PAGES = server.SCRIPT.parent
LANG_OUTSIDE = ["zh"]  # AppTest makes the words of a widget's options outside of any session: in the language of the one driven
SCENARIOS = Path(__file__).parents[1] / "scenarios"
VIEWS = sorted(file.stem for file in (PAGES / "views").glob("*.py"))
PATIENCE = 60  # seconds after which a test gives up; nothing is measured
SECTIONS = ("parameters", "definitions", "checks", "run")  # of the page of evidence
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]+")
CODE = re.compile(r"(?<![\w-])[a-z][a-z0-9]*_[a-z0-9_]+|\{[a-z_:,.]*\}|(?<!\w)nan(?!\w)|None|<[a-z/]")
# in Chinese text these are the usual words; R1 to R4 name the four staying rates, the Beta distribution its form
USUAL = {
    "skillsim", "CSV", "Word", "Excel", "YAML", "JSON", "SHA", "UTF", "MB", "R1", "R2", "R3", "R4", "Beta", "max", "ITA",
    "Ishigami",
}
UNSEEN = {"id", "form_id", "key", "icon", "format", "type", "url", "theme", "language", "element_hash", "tag", "deferred_file_id"}
QUZHOU = {"place": "quzhou/baseline", "policy": "plan_2025"}


@pytest.fixture(scope="module", autouse=True)
def _queue() -> Iterator[None]:
    """One queue for all tests here; AppTest has no server that could say which sessions are alive."""
    details = config.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")  # a failing test shows where
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "alive", lambda session: True)
        patched.setattr(work, "_queue", work.Memo(1))
        work.queue()
        yield
    config.set_option("client.showErrorDetails", details)


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
    assert not at.exception, "\n".join([at.exception[0].value, *at.exception[0].stack_trace])
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
    found = [w for w in at.get(kind) if w.key and re.sub(" (zh|en)$", "", w.key.split("#")[0]) == key]
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
    own = [source.told(lang) for source in scenario.sources.values() for lang in LANGS]
    own += [one.clause for one in scenario.targets.values()]
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
    cited = {part for text in examples()["citation"] for part in (text, f"{text[: parts.HEAD]}…")}  # in their own language
    shown_as_run = hexes | {text for text in texts if re.fullmatch(r"[\d.]+\w*", text)}
    assert wrong_words(texts, lang, manifest | shown_as_run | cited) == []
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


# ---- the words


def asked_words() -> tuple[set[str], set[str]]:
    """Return the keys of the catalogue that the pages ask for, and the beginnings of those that are put together."""
    whole, begun = set(), set()
    for file in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
            if named and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) == "t" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    whole.add(first.value)
                elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                    begun.add(first.values[0].value)
    return whole, begun


def spoken_elsewhere() -> set[str]:
    """Return all texts in the pages' code: keys that are kept in tables before they are asked for."""
    return {
        node.value for file in PAGES.rglob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_word_asked_for_is_there_and_every_word_is_asked_for() -> None:
    whole, begun = asked_words()
    assert whole - set(PAGE) == set()
    assert {start for start in begun if not any(code.startswith(start) for code in PAGE)} == set()
    told = whole | spoken_elsewhere()
    told |= {code for code in PAGE if any(code.startswith(start) for start in begun)}
    told |= {code for code in PAGE if code.endswith("_table")}  # of what is taken away: asked for by the name of the table
    assert set(PAGE) - told == set()


@pytest.mark.parametrize("code", sorted(PAGE))
def test_words_are_whole_in_both_languages(code: str) -> None:
    term = PAGE[code]
    fields = [{(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name} for text in (term.zh, term.en)]
    assert fields[0] == fields[1]
    without = re.sub(r"\{[^}]*\}", "", term.zh)
    assert CHINESE.search(without) or not re.search(r"[A-Za-z0-9]", without)
    assert [w for w in LATIN.findall(without) if w not in USUAL] == []
    assert not CHINESE.search(term.en)


# ---- levers, policies, language


def test_a_lever_moves_the_draft_the_address_and_the_answers_and_goes_back() -> None:
    at = settled(opened("levers"))
    first, second = levers_of(at)[:2]
    before = draft(at)
    settled(pushed(at, first, 1.2))
    assert [(m.code, m.amount) for m in draft(at).changes] == [(first, 1.2)]
    since = draft(at).changes[0].since
    assert at.query_params["move"] == f"{first}:1.2@{since.isoformat()}"
    assert widget(at, "slider", f"lever {first}").value == 1.2
    settled(pushed(at, second, 0.8))
    assert [m.code for m in draft(at).changes] == [first, second]
    assert len(at.query_params["move"]) == 2
    settled(press(at, "undo"))
    assert [m.code for m in draft(at).changes] == [first]
    assert widget(at, "slider", f"lever {second}").value == 1.0
    settled(pushed(at, second, 0.8))
    settled(press(at, "reset_one"))
    assert [m.code for m in draft(at).changes] == [second]
    settled(press(at, "reset_all"))
    assert draft(at) == before
    assert "move" not in at.query_params
    settled(press(at, "undo"))
    assert [m.code for m in draft(at).changes] == [second]


def test_a_lever_put_back_by_hand_is_no_change() -> None:
    at = settled(opened("levers"))
    code = levers_of(at)[0]
    pushed(at, code, 1.2)
    settled(pushed(at, code, 1.0))
    assert draft(at).changes == ()
    assert "move" not in at.query_params


def test_a_lever_can_act_from_a_later_year() -> None:
    at = settled(opened("levers"))
    code = levers_of(at)[0]
    pushed(at, code, 1.2)
    settled(set_to(at, "selectbox", f"since {code}", 2028))
    assert draft(at).changes[0].since.year == 2028
    assert at.query_params["move"].endswith("@2028-01-01")


def test_the_address_opens_the_same_draft() -> None:
    at = settled(opened("levers", policy="more_long_track"))
    pushed(at, levers_of(at)[0], 1.1)
    set_to(at, "select_slider", "year", 2027)
    set_to(at, "button_group", "lang", "en")
    settled(at)
    there = settled(opened("levers", **dict(at.query_params)))
    assert (draft(there), lang_of(there), there.query_params) == (draft(at), "en", at.query_params)
    assert visible_frames(there) == visible_frames(at)


def visible_frames(at: AppTest) -> list[str]:
    """Return the tables of a page."""
    return [e.value for e in at.get("html") if "<table>" in e.value]


def test_the_best_lever_is_named_and_taken() -> None:
    at = settled(opened("overview"))
    press(at, "what_moves_it", 1)
    assert at.title[0].value == say(at, "page_levers")
    ranked = settled(went(at, "levers"))  # AppTest itself stays where it was
    takes = [b for b in ranked.button if b.label == say(ranked, "take")]
    assert takes, "no lever is offered"
    best = takes[0].key.removeprefix("take ")
    takes[0].click()
    settled(run(ranked))
    assert [m.code for m in draft(ranked).changes] == [best]


def test_policies_are_taken_and_let_go() -> None:
    at = settled(opened("overview"))
    bare = cards(at)
    settled(set_to(at, "multiselect", "policies", ["more_long_track"]))
    assert draft(at).policies == ("more_long_track",)
    assert at.query_params["policy"] == "more_long_track"
    assert cards(at) != bare
    settled(set_to(at, "multiselect", "policies", []))
    assert (draft(at).policies, cards(at)) == ((), bare)


CLASH = """extends: small.yaml
name: clash
title: {zh: 甲, en: A}
policies:
  half: {title: {zh: 减半, en: half}, changes: [{key: quota.sve_3, scale: 0.5, from: 2026-01-01}]}
  double: {title: {zh: 加倍, en: double}, changes: [{key: quota.sve_3, scale: 2, from: 2026-01-01}]}
"""


@pytest.mark.parametrize("lang", LANGS)
def test_policies_that_conflict_are_refused_with_a_sentence(lang: str) -> None:
    work.shelf().save("clash", CLASH, None)
    at = opened("overview", place="own/clash", lang=lang, policy="half")
    settled(at)
    kept = draft(at)
    set_to(at, "multiselect", "policies", ["half", "double"])
    told = errors(at)
    assert draft(at) == kept
    assert widget(at, "multiselect", "policies").value == ["half"]
    assert "half" in told and "double" in told
    assert say(at, "problems", n=1) in told
    assert bool(CHINESE.search(told)) == (lang == "zh")
    assert len(cards(settled(at))) == 2


def test_year_and_language_keep_the_draft() -> None:
    at = settled(opened("levers", policy="more_long_track"))
    pushed(at, levers_of(at)[0], 1.1)
    kept = draft(at)
    set_to(at, "select_slider", "year", 2026)
    assert (draft(at), at.query_params["year"]) == (kept, "2026")
    set_to(at, "button_group", "lang", "en")
    assert (draft(at), at.query_params["lang"]) == (kept, "en")
    assert at.title[0].value == PAGE["page_levers"].en
    assert widget(at, "select_slider", "year").value == 2026
    for view in VIEWS:
        went(at, view)
        assert (draft(at), at.query_params["year"], at.query_params["lang"]) == (kept, "2026", "en")


def test_another_place_begins_anew() -> None:
    at = settled(opened("levers", policy="more_long_track", year="2026"))
    set_to(at, "selectbox", "place", "small_jobs")
    assert draft(at) == Draft("small_jobs")
    assert dict(at.query_params) == {"place": "small_jobs"}


# ---- an address that can't be followed


@pytest.mark.parametrize("address", [
    {"place": "nowhere"}, {"place": "../../etc/passwd"}, {"place": "own/none"}, {"policy": "none_such"}, {"move": "x"},
    {"move": "quota.none:2@2026-01-01"}, {"known": "x:y"}, {"actual": "zzz"}, {"policy": ["more_long_track"] * 99},
    {"move": "nan:nan@2026-01-01"}, {"known": "areas.local.junior_graduates:-5"},
], ids=str)
def test_an_address_that_can_not_be_followed_is_told(address: dict[str, Any]) -> None:
    at = opened(**address)
    told = errors(at)
    assert CHINESE.search(told)
    run(at)  # as when an answer comes in meanwhile
    assert [line for line in told.split("\n") if line.startswith("- ") and line not in errors(at)] == []
    back = [b for b in at.button if b.label == say(at, "start_over")]
    if back:
        back[0].click()
        run(at)
    assert len(cards(settled(went(at, "overview")))) >= 2


@pytest.mark.parametrize("address", [
    {"year": "9999"}, {"year": "²"}, {"n": "7"}, {"lang": "fr"}, {"target": "none"}, {"other": "=1+1"},
], ids=str)
def test_what_an_address_asks_beyond_the_draft_falls_back(address: dict[str, str]) -> None:
    at = settled(opened("overview", **address))
    assert (draft(at), lang_of(at), bool(at.error)) == (Draft("small"), "zh", False)


# ---- figures typed in


def test_ten_figures_are_used_and_emptied() -> None:
    at = settled(opened("figures"))
    fields = list(at.number_input)
    assert len(fields) == len(work.place("small").figures) == 5
    assert [f.value for f in fields] == [None] * 5
    for i, value in ((0, 1100.0), (1, 250.0), (4, 61.5)):
        widget(at, "number_input", f"figure {i}").set_value(value)
    settled(press(at, "figures_use"))
    figures = work.place("small").figures
    assert dict(draft(at).known) == {figures[0].key: 1100.0, figures[4].key: 0.615}
    assert [(a.indicator, a.year, a.value) for a in draft(at).observed] == [("entrants", 2025, 250.0)]
    assert say(at, "figures_used", n=3) in [c.value for c in at.caption]
    there = settled(opened("figures", **dict(at.query_params)))
    assert [widget(there, "number_input", f"figure {i}").value for i in range(5)] == [1100.0, 250.0, None, None, 61.5]
    settled(press(there, "figures_empty"))
    assert draft(there) == Draft("small")
    assert [f.value for f in there.number_input] == [None] * 5


def test_typed_figures_change_the_answers() -> None:
    at = settled(opened("overview"))
    before = cards(at)
    went(at, "figures")
    widget(at, "number_input", "figure 4").set_value(75.0)
    settled(press(at, "figures_use"))
    settled(went(at, "overview"))
    assert cards(at)[0][1] != before[0][1]


def test_figures_that_do_not_go_together_are_told_and_nothing_changes() -> None:
    at = settled(opened("figures"))
    widget(at, "number_input", "figure 0").set_value(1100.0)
    widget(at, "number_input", "figure 3").set_value(1e9)
    press(at, "figures_use")
    assert draft(at) == Draft("small")
    assert CHINESE.search(errors(at))
    assert [widget(at, "number_input", f"figure {i}").value for i in (0, 3)] == [1100.0, 1e9]  # to be mended, not typed anew


def test_a_figure_that_no_run_can_meet_is_told_and_can_be_mended() -> None:
    at = settled(opened("figures"))
    widget(at, "number_input", "figure 4").set_value(0.0)
    settled(press(at, "figures_use"))
    assert CHINESE.search(errors(at))
    for view in VIEWS:
        settled(went(at, view))  # opens without a fault of ours
    settled(went(at, "figures"))
    settled(press(at, "figures_empty"))
    assert not at.error and draft(at) == Draft("small")


def test_an_actual_figure_moves_the_way_ahead() -> None:
    at = settled(opened("overview"))
    before, table = cards(at), visible_frames(at)
    value = [n for n in at.number_input if n.label.startswith(PAGE["actual_value"].zh.split("（")[0])]
    assert len(value) == 1
    press(at, "actual_add")
    assert [w.value for w in at.warning] == [say(at, "actual_needed")]
    next(n for n in at.number_input if n.label == value[0].label).set_value(75.0)
    settled(press(at, "actual_add"))
    assert [(a.indicator, a.year, a.value, a.definition) for a in draft(at).observed] == [("local_retention", 2026, 0.75, "r1")]
    assert "actual" in at.query_params
    assert cards(at) != before and visible_frames(at) != table
    settled(press(at, "actual_remove"))
    assert (draft(at), cards(at)) == (Draft("small"), before)


NO_NUMBER = """
targets:
  seen: {title: {zh: 毕业生, en: graduates}, indicator: graduates, year: 2029, direction: show, clause: "—"}
"""


@pytest.mark.parametrize("view", VIEWS)
def test_a_target_without_a_number_and_a_place_without_figures(view: str) -> None:
    whole = (SCENARIOS / "small.yaml").read_text(encoding="utf-8")
    work.shelf().save("shown only", whole[: whole.index("targets:")] + NO_NUMBER, None)
    at = settled(opened(view, place="own/shown only"))
    assert not at.error
    if view == "overview":
        assert [card[0] for card in cards(at)] == ["毕业生"]
        assert not [b for b in at.button if b.label == say(at, "what_moves_it")]


# ---- kept under a name


def keep(at: AppTest, name: str) -> AppTest:
    """Keep the draft under a name."""
    next(f for f in at.text_input if f.label == say(at, "keep_name")).set_value(name)
    return press(at, "keep")


def choose(at: AppTest, name: str) -> AppTest:
    """Choose what is kept under a name."""
    return set_to(at, "selectbox", "open kept", name)


def messages(at: AppTest) -> list[str]:
    """Return what is said as done or as a warning."""
    return [e.value for e in (*at.success, *at.warning)]


def test_a_draft_is_kept_opened_and_removed() -> None:
    at = settled(opened("levers", policy="more_long_track"))
    settled(keep(at, "  "))
    assert (messages(at), work.shelf().names()) == ([say(at, "keep_nameless")], [])
    pushed(at, levers_of(at)[0], 1.1)
    settled(keep(at, "方案一"))
    assert work.shelf().names() == ["方案一"]
    mine = draft(at)
    other = settled(opened("data"))
    choose(other, "方案一")
    settled(press(other, "open"))
    assert draft(other) == mine
    set_to(other, "multiselect", "policies", [])
    settled(keep(other, "方案一"))  # on what it opened: taken as the next revision
    assert draft(settled(opened("data", **dict(other.query_params)))).policies == ()
    choose(other, "方案一")
    press(other, "remove_kept")
    assert work.shelf().names() == ["方案一"]  # not before it is confirmed
    settled(press(other, "remove_yes"))
    assert work.shelf().names() == []


def test_a_run_is_kept_and_read_instead_of_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(press(at, "keep_run"))
    [key] = work.stored_runs()
    assert say(at, "run_kept", key=key[:12]) in messages(at)
    settled(press(at, "keep_run"))
    assert work.stored_runs() == [key]
    mine = work.kept_full(draft(at), work.FULL)
    assert mine is not None
    monkeypatch.setattr(work, "run", lambda *args, **kw: pytest.fail("it is in the store"))
    monkeypatch.setattr(work, "_queue", work.Memo(1))  # as after a start of the server
    again = answered(draft(at))
    assert again.manifest() == mine.manifest()
    pd.testing.assert_frame_equal(again.frame(), mine.frame())


@pytest.mark.parametrize("kind", ["docx", "xlsx", "html"])
def test_a_report_is_made_when_asked_for(kind: str, taken: dict[str, bytes]) -> None:
    at = settled(opened("data", policy="more_long_track", lang="en"))
    set_to(at, "segmented_control" if at.get("segmented_control") else "button_group", "report kind", kind)
    assert not [name for name in taken if name.startswith("report")]
    settled(press(at, "make_report"))
    [(name, data)] = [(name, data) for name, data in taken.items() if name.startswith("report") and name.endswith(kind)]
    assert name.startswith("report-A small place")
    text = data.decode() if kind == "html" else text_of(data)
    mine = work.kept_full(draft(at), work.FULL)
    assert mine is not None
    assert mine.manifest()["sha256"] in text
    assert "long-track" in text


def text_of(data: bytes) -> str:
    """Return what the parts of a document or workbook hold."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return "".join(file.read(name).decode() for name in file.namelist() if name.endswith(".xml"))


def test_a_place_goes_out_as_a_workbook_and_comes_back(taken: dict[str, bytes]) -> None:
    at = settled(opened("data", policy="more_long_track", lang="en"))
    [data] = [data for name, data in taken.items() if name.startswith("A small place") and name.endswith(".xlsx")]
    assert "new-place.xlsx" in taken
    before = work.scenario_of(draft(at))
    brought(at, data, "back.xlsx")
    assert draft(at).place == f"{work.OWN}back"
    after = work.scenario_of(draft(at))
    assert resolve(after) == resolve(before)


def test_a_wrong_cell_is_told_and_nothing_is_brought_in(taken: dict[str, bytes]) -> None:
    at = settled(opened("data", lang="en"))
    [data] = [data for name, data in taken.items() if name.startswith("A small place") and name.endswith(".xlsx")]
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for row in book["Institutions"].iter_rows() for cell in row if cell.value == 900]
    cells[0].value = "nine hundred"
    out = io.BytesIO()
    book.save(out)
    mine = draft(at)
    brought(at, out.getvalue(), "back.xlsx")
    assert draft(at) == mine and work.shelf().names() == []
    assert cells[0].coordinate in errors(at) and "Institutions" in errors(at)


def test_the_plan_to_be_signed_is_taken_away(taken: dict[str, bytes]) -> None:
    at = settled(opened("seats", lang="en"))
    [data] = [data for name, data in taken.items() if name.endswith(".xlsx")]
    mine = work.kept_full(draft(at), work.FULL)
    assert mine is not None
    year = shown.key_year(mine.scenario)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    held = [cell.value for row in sheet.iter_rows() for cell in row]
    plan = mine.seat_plan()
    assert round(plan[plan["year"] == year]["seats"].sum()) in held


def test_the_scenario_of_a_kept_run_is_opened() -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(press(at, "keep_run"))
    [key] = work.stored_runs()
    before = work.kept_full(draft(at), work.FULL)
    set_to(at, "selectbox", "open run", key)
    at.button(key="open a run").click()
    settled(run(at))
    assert draft(at).place.startswith(work.OWN)
    after = answered(draft(at))
    assert before is not None
    same = [name for name in before.targets().columns if name != "scenario"]
    pd.testing.assert_frame_equal(after.targets()[same], before.targets()[same])


def test_a_damaged_run_is_computed_again_and_does_not_hide_the_page() -> None:
    at = settled(opened("data"))
    settled(press(at, "keep_run"))
    [key] = work.stored_runs()
    folder = work.store().runs_folder / key
    (folder / "replications" / "history.parquet").write_bytes(b"x")
    assert work.stored(work.scenario_of(draft(at)), work.FULL) is None
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    again = settled(opened("data"))
    assert not errors(again) and not again.exception
    assert [row for row in every_row(again) if row[0] == phrase("runs_damaged", "zh") and row[-1] == key[:12]]


def test_names_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    at = settled(opened("data"))
    for name in ("../out", "/etc/x", "con", "a/b", "..", "=1+1"):
        settled(keep(at, name))
        assert CHINESE.search(errors(at)), name
    assert work.shelf().names() == []
    assert not list(tmp_path.rglob("*.yaml"))


def test_two_sessions_do_not_overwrite_each_other() -> None:
    first, second = settled(opened("data")), settled(opened("data", policy="more_long_track"))
    settled(keep(first, "共用"))
    kept = work.shelf().open("共用")
    keep(second, "共用")
    assert work.shelf().open("共用") == kept
    assert [w for w in messages(second) if "共用" in w] and not second.exception
    settled(second)
    assert [w for w in messages(second) if "共用" in w]
    settled(press(second, "overwrite"))
    now = work.shelf().open("共用")
    assert now.revision != kept.revision and "more_long_track" in now.text
    set_to(first, "multiselect", "policies", ["more_long_track"])
    keep(first, "共用")  # builds on a revision that is no longer there
    assert work.shelf().open("共用") == now
    assert [w for w in messages(first) if "共用" in w]


def test_edits_of_one_session_are_not_seen_in_another() -> None:
    first, second = settled(opened("levers")), settled(opened("levers"))
    settled(pushed(first, levers_of(first)[0], 1.3))
    settled(run(second))
    assert draft(second) == Draft("small") != draft(first)


# ---- brought in


def brought(at: AppTest, content: bytes, name: str = "mine.yaml") -> AppTest:
    """Bring a file in."""
    at.file_uploader[0].upload(name, content, "application/yaml")
    return settled(run(at))


GOOD = (SCENARIOS / "small.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("content", "said"), [
    (GOOD.replace("format: 1\n", "format: 1\n  a: [\n").encode(), ":3"),
    (GOOD.replace("format: 1\n", "format: 1\nunheard_of: 3\n").encode(), ":3 unheard_of"),
    (GOOD.replace("capacity: 1800", "capacity: many").encode(), "capacity"),
    (GOOD.replace("junior_graduates: {series: {2025: 1000", "junior_graduates: {series: {2025: -5").encode(), "junior_graduates"),
    (GOOD.encode() + b"\n# " + b"x" * 2_100_000, "2 MB"),
    (GOOD.replace("机械", "\u00e9").encode("latin-1", "ignore"), "UTF-8"),
    (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", ""),
    (GOOD.replace("format: 1\n", 'format: 1\n"=cmd()": 1\n').encode(), ":3"),
    (b"", ""),
    (b"just text", ""),
    (b"%PDF-1.7 \x00\x01", ""),
    (b"extends: ../../../etc/passwd\n", ""),
], ids=[
    "syntax", "unknown key", "words for a number", "bounds", "too large", "coding", "aliases", "formula", "empty", "no mapping",
    "binary", "outside",
])
def test_a_bad_file_is_told_and_the_draft_stays(content: bytes, said: str, lang: str) -> None:
    at = settled(opened("data", policy="more_long_track", lang=lang))
    before = draft(at)
    brought(at, content)
    told = errors(at)
    assert told and said in told.replace("\\", ""), told
    assert bool(CHINESE.search(told)) == (lang == "zh")
    assert "Traceback" not in told
    assert (draft(at), work.shelf().names()) == (before, [])
    settled(went(at, "overview"))
    assert len(cards(at)) == 2


def test_a_file_that_was_taken_away_comes_back_as_it_was(taken: dict[str, bytes]) -> None:
    at = settled(opened("levers", policy="more_long_track"))
    settled(pushed(at, levers_of(at)[0], 1.1))
    mine = draft(at)
    file = next(content for name, content in taken.items() if name.endswith(".yaml"))
    there = settled(opened("data"))
    brought(there, file)
    assert (draft(there), work.shelf().names()) == (mine, [])


def test_another_file_becomes_a_place_of_its_own() -> None:
    at = settled(opened("data"))
    brought(at, GOOD.replace("小样例", "外来样例").encode(), "外来.yaml")
    assert draft(at) == Draft("own/外来")
    for view in VIEWS:
        settled(went(at, view))
        assert not at.error
    at = settled(went(at, "overview"))
    assert any("外来样例" in m.value for m in at.markdown)
    there = settled(opened("overview", **dict(at.query_params)))
    assert cards(there) == cards(at)


# ---- runs that fail, stop and go on


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A queue without answers, so that a run is really begun."""
    queue = work.Queue(2, lambda session: True, ScenarioError, work.Stopped, work.weight)
    monkeypatch.setattr(work, "queue", lambda: queue)
    yield


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("fault", [
    ZeroDivisionError("secret detail"), MemoryError("secret detail"),
    ScenarioError([Problem("target_year", "targets.stay.year", 1, args={"first": 2025, "last": 2029})]),
], ids=lambda fault: type(fault).__name__)
def test_a_run_that_fails_is_told_and_the_page_goes_on(
    fault: Exception, lang: str, fresh: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    real = work.run

    def broken(scenario: Any, replications: int, *args: Any, **more: Any) -> list[Result]:
        if replications > 2:
            raise fault
        return real(scenario, replications, *args, **more)

    monkeypatch.setattr(work, "run", broken)
    at = settled(opened("overview", lang=lang))
    told = errors(at)
    assert bool(CHINESE.search(told)) == (lang == "zh")
    assert "secret" not in told and "Traceback" not in told
    if not isinstance(fault, ScenarioError):
        number = re.search(r"[0-9a-f]{8}", told)
        assert number and told == say(at, "fault", id=number.group())
        assert number.group() in caplog.text and "secret detail" in caplog.text
    assert len(cards(at)) == 2  # previews stay
    for view in VIEWS:
        settled(went(at, view))  # each opens
    settled(went(at, "overview"))
    monkeypatch.setattr(work, "run", real)
    settled(press(at, "again"))
    assert not at.error
    assert say(at, "preview") not in cards(at)[0]


def held_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold up all runs but the smallest until the event that is returned is cleared; one that is stopped meanwhile ends."""
    real, held = work.run, threading.Event()
    held.set()

    def slow(scenario: Any, replications: int, *args: Any, **more: Any) -> list[Result]:
        while held.is_set() and replications > 2:
            time.sleep(0.01)
            if args[3].is_set():
                raise work.Stopped
        return real(scenario, replications, *args, **more)

    monkeypatch.setattr(work, "run", slow)
    return held


def test_a_run_is_stopped_and_begun_again(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    held = held_up(monkeypatch)
    at = opened("overview")
    assert at.get("progress") and say(at, "preview") in cards(at)[0]
    press(at, "stop")
    settled(at)
    assert [i.value for i in at.info] == [say(at, "stopped")]
    assert say(at, "preview") in cards(at)[0]
    held.clear()
    settled(press(at, "again"))
    assert not at.info and say(at, "preview") not in cards(at)[0]


# ---- what is kept is never lost, mixed up or shown stale


OUTSIDE = GOOD.replace("小样例", "外来样例")
FAULT = PAGE["fault"].zh.partition("（")[0]
FEW_SEATS, MORE_SEATS = GOOD, GOOD.replace("seats: 100}", "seats: 190}")


def conflict(at: AppTest) -> list[str]:
    """Return the questions whether to replace what is kept."""
    told = say(at, "keep_conflict", name="\0", when="\0").split("\0")[-1]
    return [w.value for w in at.warning if w.value.endswith(told)]


def test_a_brought_in_place_that_is_removed_while_open_is_told_with_a_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "places", lambda: ["small", "small_jobs"])
    named = re.sub("^title: .*", "title: {zh: own/外来, en: own/外来}", GOOD, flags=re.M)  # AppTest looks for what it chose
    kept = work.shelf().save("外来", named, None)
    at = settled(opened("overview", place="own/外来"))
    assert not at.error
    work.shelf().remove(kept.name, kept.revision)
    for view in VIEWS:
        went(at, view)
        assert "外来" in errors(at) and FAULT not in errors(at)
        assert [b.label for b in at.button if b.label == say(at, "start_over")]
    press(at, "start_over")
    assert draft(at) == Draft("small")
    assert not settled(went(at, "overview")).error and len(cards(at)) == 2


def test_a_file_of_a_name_in_use_takes_a_free_one() -> None:
    kept = work.shelf().save("外来", OUTSIDE, None)
    at = settled(opened("data"))
    brought(at, OUTSIDE.replace("外来样例", "另一个").encode(), "外来.yaml")
    assert (draft(at), work.shelf().names()) == (Draft("own/外来 2"), ["外来", "外来 2"])
    assert work.shelf().open("外来") == kept


def test_a_file_whose_name_no_scenario_can_have_is_brought_in() -> None:
    at = settled(opened("data"))
    brought(at, OUTSIDE.encode(), "plan (1).yaml")
    assert not at.error
    (name,) = work.shelf().names()
    assert draft(at) == Draft(f"own/{name}") and name.startswith("plan")
    assert work.shelf().open(name).text == OUTSIDE


def test_the_draft_at_hand_brought_in_again_changes_nothing(taken: dict[str, bytes]) -> None:
    at = settled(opened("data", policy="more_long_track"))
    mine = draft(at)
    brought(at, next(content for name, content in taken.items() if name.endswith(".yaml")), "draft.yaml")
    assert (draft(at), work.shelf().names()) == (mine, [])
    assert [s.value for s in at.success] == [say(at, "brought_in", name=parts.escaped("draft.yaml"))]


def test_a_name_kept_for_another_place_is_asked_about() -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(keep(at, "共用"))
    kept = work.shelf().open("共用")
    settled(set_to(at, "selectbox", "place", "small_jobs"))
    settled(keep(at, "共用"))
    assert (len(conflict(at)), work.shelf().open("共用")) == (1, kept)
    settled(set_to(at, "multiselect", "policies", ["more_long_track"]))
    assert not conflict(at)  # asked of another draft
    assert not [b for b in at.button if b.label == say(at, "overwrite")]
    settled(keep(at, "共用"))
    assert (len(conflict(at)), work.shelf().open("共用")) == (1, kept)
    settled(press(at, "overwrite"))
    assert work.shelf().open("共用").revision != kept.revision
    assert not conflict(at)


@pytest.mark.parametrize("back", ["undo", "reset_all"])
def test_a_draft_that_never_was_kept_replaces_nothing_without_a_question(back: str) -> None:
    at = settled(opened("levers"))
    code = levers_of(at)[0]
    if back == "undo":
        pushed(at, code, 1.2)
    settled(keep(at, "共用"))
    if back == "reset_all":  # kept first, then taken back to before it was
        settled(press(at, "undo"))
        pushed(at, code, 1.3)
        settled(press(at, "reset_all"))
    else:
        settled(press(at, "undo"))
    kept = work.shelf().open("共用")
    assert draft(at).title is None
    settled(keep(at, "共用"))
    assert (len(conflict(at)), work.shelf().open("共用")) == (1, kept)


def test_a_draft_of_a_name_in_use_that_is_brought_in_replaces_nothing_without_a_question() -> None:
    """A colleague's file may bear the name under which something else was kept here."""
    at = settled(opened("data", policy="more_long_track"))
    settled(keep(at, "共用"))
    kept, theirs = work.shelf().open("共用"), Draft("small", changes=(Move("quota.sve_3", 1.3, date(2026, 1, 1)),), title="共用")
    brought(at, work.file_of(theirs).encode())
    assert draft(at) == theirs
    settled(keep(at, "共用"))
    assert (len(conflict(at)), work.shelf().open("共用")) == (1, kept)


def test_a_brought_in_place_kept_anew_has_new_figures() -> None:
    still, moved = Draft("own/改"), Draft("own/改", ("more_long_track",))
    old = work.shelf().save("改", FEW_SEATS, None)

    def seen(text: str) -> list[list[float]]:
        out = []
        for one in (still, moved):
            scenario = parse(text).vary("more_long_track") if one.policies else parse(text)
            job = work.full("figures", one)
            while job.state in ("waiting", "running"):
                time.sleep(0.02)
            got = [work.preview(one), work.few(one, threading.Event()), job.answer]
            asked = [simulate(preview_of(scenario), 2)[0], *(simulate(scenario, n)[0] for n in (work.QUICK, work.FULL))]
            for mine, other in zip(got, asked, strict=True):
                assert [a.values.tolist() for a in mine.answers] == [a.values.tolist() for a in other.answers]
            out.append([float(one.answers[1].values.mean()) for one in got])
        return out

    before, was = seen(FEW_SEATS), work.scenario_of(moved)
    at = settled(opened("overview", place="own/改"))
    shown_before = cards(at)
    work.shelf().save("改", MORE_SEATS, old.revision)
    after = seen(MORE_SEATS)
    assert all(x > y for new, old in zip(after, before, strict=True) for x, y in zip(new, old, strict=True))
    assert work.scenario_of(moved) is not was
    settled(run(at))
    assert cards(at) != shown_before


def test_a_title_changes_no_figure() -> None:
    at = settled(opened("levers", policy="more_long_track"))
    mine = draft(at)
    assert work.key_of(replace(mine, title="甲", name="a")) == work.key_of(mine) != work.key_of(Draft("small"))
    keep(at, "方案一")
    assert draft(at) == replace(mine, title="方案一")
    assert not at.get("progress")  # nothing is worked out anew


def test_what_was_removed_while_open_is_kept_as_new() -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(keep(at, "方案一"))
    work.shelf().remove("方案一", work.shelf().open("方案一").revision)
    settled(keep(at, "方案一"))
    assert CHINESE.search(errors(at)) and FAULT not in errors(at)
    assert work.shelf().names() == []
    settled(keep(at, "方案一"))
    assert not at.error and work.shelf().names() == ["方案一"]


def test_what_was_changed_meanwhile_is_not_removed() -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(keep(at, "方案一"))
    choose(at, "方案一")
    press(at, "remove_kept")
    there = work.shelf().open("方案一")
    newer = work.shelf().save("方案一", there.text + "\n", there.revision)
    settled(press(at, "remove_yes"))
    assert work.shelf().open("方案一") == newer
    assert "方案一" in errors(at) and FAULT not in errors(at)


def test_what_can_not_be_read_is_named_and_the_rest_is_listed() -> None:
    at = settled(opened("data", policy="more_long_track"))
    settled(keep(at, "好方案"))
    (work.shelf().folder / "坏编码.yaml").write_bytes(b"\xff\xfe\x00")
    gone = work.shelf().open("好方案").text.replace("place=small", "place=nowhere")
    (work.shelf().folder / "没有地区.yaml").write_text(gone, encoding="utf-8")
    settled(went(at, "compare"))
    assert not at.error
    assert say(at, "kept_broken", names="坏编码、没有地区") in [c.value for c in at.caption]
    (offered,) = [m.options for m in at.multiselect if m.label == say(at, "compare_what")]
    assert "好方案" in offered and not {"坏编码", "没有地区"} & set(offered)


def test_a_draft_on_a_brought_in_place_is_taken_away_whole(tmp_path: Path, taken: dict[str, bytes]) -> None:
    work.shelf().save("外来", OUTSIDE.replace("seats: 100}", "seats: 130}"), None)
    at = settled(opened("levers", place="own/外来", policy="more_long_track"))
    settled(pushed(at, levers_of(at)[0], 1.2))
    file = tmp_path / "taken.yaml"
    file.write_bytes(next(content for name, content in taken.items() if name.endswith(".yaml")))
    asked = [sys.executable, "-m", "skillsim", "run", str(file), "-n", "200", "--out", str(tmp_path / "out")]
    said = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    rows = rows_of(b"\xef\xbb\xbf" + (tmp_path / "out" / "targets.csv").read_bytes().removeprefix(b"\xef\xbb\xbf"))
    answers = {answer.code: answer for answer in work.full("", draft(at)).answer.answers}
    for row in rows:  # one scenario: what is in force is part of it
        assert float(row["mean"]) == float(statistics.mean(answers[row["target"]].values))
    assert {row["target"] for row in rows} == set(answers)


# ---- what a lever does is what it does on top of the policies in force


def test_a_lever_is_measured_on_top_of_the_policies() -> None:
    at = settled(opened("levers", policy="more_long_track", place="small_jobs", year="2028", target="share"))
    code, seats = "quota.sve_3plus2", 100 + 60
    label = next(s.label for s in at.slider if s.key.startswith(f"lever {code}#"))
    assert f"{seats * 1.5:g}" in label
    settled(pushed(at, code, 1.2))
    since = draft(at).changes[0].since
    place = work.place("small_jobs")
    policy = place.vary("more_long_track")
    both = policy.vary({"quota.sve_3plus2": ("scale", 1.2, since)})
    runs = [simulate(preview_of(one), 2)[0].answers for one in (policy, both)]
    alone = {a.code: float(b.values[0] - a.values[0]) for a, b in zip(*runs, strict=True)}
    row = next(row for row in work.preview_beside(draft(at)).itertuples() if row.target == "share")
    assert row.difference == pytest.approx(alone["share"], abs=1e-12) and alone["share"] > 0.01
    (glance,) = [e.value for e in at.get("html") if "class='glance'" in e.value]
    assert tables.change(alone["share"], "share", "zh") in html.unescape(glance)
    paired = ss.compare([simulate(one, work.QUICK)[0] for one in (policy, both)]).targets()
    mine = work.kept_quick(draft(at)).targets()
    assert mine.difference.tolist() == pytest.approx(paired.difference.tolist(), abs=1e-12)


def test_a_lever_without_effect_on_a_target_shows_none_though_a_policy_has_one() -> None:
    """The share of entrants does not know how many leave their work."""
    since = first_day(work.place("small_jobs"), levers(work.place("small_jobs"))["labour.leaving"])
    address = {"place": "small_jobs", "policy": "more_long_track", "target": "share"}
    at = settled(opened("levers", **address, move=f"labour.leaving:1.5@{since.isoformat()}"))
    (glance,) = [e.value for e in at.get("html") if "class='glance'" in e.value]
    title = work.place("small_jobs").targets["share"].title.zh
    assert html.unescape(re.sub("<[^>]*>", "", glance)) == say(at, "glance", target=title, change="0")
    difference = work.kept_quick(draft(at)).targets().set_index("target").difference
    assert difference["share"] == 0 and difference["stay"] != 0


def test_a_ranking_promises_what_taking_it_gives() -> None:
    moves = ["quota.sve_3:0.6@2027-01-01", "quota.sve_3plus2:1.2@2026-01-01"]
    at = settled(opened("levers", policy="more_long_track", move=moves))
    press(at, "rank")
    settled(at)
    found = work.rankings(state_session(at), draft(at)).answer
    place = work.place("small")
    known = levers(place)
    moved = {m.code for m in draft(at).changes}
    for target, frame in found.items():
        ranked = frame[frame.change.notna()].set_index("lever")
        assert moved <= set(ranked.index)
        for code in {*moved, *ranked.index[:3]}:
            one = ranked.loc[code]
            rest = tuple(m for m in draft(at).changes if m.code != code)
            took = replace(draft(at), changes=(*rest, Move(code, float(one.amount), first_day(place, known[code]))))
            values = {a.code: float(a.values[0]) for a in work.preview(took).answers}
            assert values[target] == pytest.approx(one.value, rel=1e-12), (target, code)
            before = {a.code: float(a.values[0]) for a in work.preview(draft(at)).answers}
            assert one.change == pytest.approx(values[target] - before[target], abs=1e-12)


def state_session(at: AppTest) -> str:
    """Return the name under which a session asks."""
    return str(at.session_state["test session"])


# ---- what is told, and how long


def test_problems_of_a_link_stay_until_the_draft_changes() -> None:
    at = opened("overview", move="x", known="x:y")
    told = errors(at)
    assert say(at, "problems", n=2) in told
    for view in ("levers", "data", "overview"):
        settled(went(at, view))
        assert errors(at) == told
    set_to(at, "multiselect", "policies", ["more_long_track"])
    assert not settled(at).error


@pytest.mark.parametrize("address", [
    {"policy": "none_such"}, {"move": "quota.none:2@2026-01-01"}, {"known": "areas.local.junior_graduates:-5"},
    {"move": "quota.sve_3:0.5@2031-01-01"}, {"move": ["quota.sve_3:0.5@2027-01-01", "quota.sve_3:0.6@2028-01-01"]},
], ids=str)
def test_a_draft_that_can_not_be_made_is_told_on_every_page_with_a_way_back(address: dict[str, Any]) -> None:
    at = opened("figures", **address)
    for view in ("overview", "levers", "data"):
        went(at, view)
        assert [e.value.startswith(say(at, "problems", n=1)) for e in at.main.error] == [True]
        assert FAULT not in errors(at)
        if "sve_3" in str(address):
            assert levers(work.place("small"))["quota.sve_3"].title("zh") in errors(at).replace("\\", "")
    press(at, "start_over")
    assert draft(at) == Draft("small") and not settled(at).error


def test_an_actual_figure_of_a_year_to_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Day(date):
        @classmethod
        def today(cls) -> Day:
            return cls(2026, 5, 1)

    monkeypatch.setattr(state, "date", Day)
    at = settled(opened("overview", actual=["graduates:2028:200", "graduates:2025:300"]))
    assert say(at, "problems", n=1) in errors(at) and "2028" in errors(at) and FAULT not in errors(at)
    assert [row.year for row in draft(at).observed] == [2025]


def test_levers_stay_where_no_run_is_possible() -> None:
    """A base rate that the vacancies of its year can't carry: told, and the way back is there."""
    at = settled(opened("levers", place="small_jobs"))
    shown_before = levers_of(at)
    at = opened("levers", place="small_jobs", known="retention.base.college_3+sve_3plus2:college.rate:0.95")
    assert errors(at) and FAULT not in errors(at)
    assert levers_of(at) == shown_before
    assert [b for b in at.button if b.label == say(at, "undo")]
    pushed(at, shown_before[0], 1.2)
    assert [m.code for m in draft(at).changes] == [shown_before[0]] and FAULT not in errors(at)
    press(at, "undo")
    assert draft(at).changes == () and levers_of(at) == shown_before


@pytest.mark.parametrize("lang", LANGS)
def test_why_no_run_is_possible_is_told_with_titles(lang: str) -> None:
    known = "retention.base.college_3+sve_3plus2:college.rate:0.95"
    at = opened("levers", place="small_jobs", known=known, lang=lang)
    assert errors(at) and wrong_words([errors(at).replace("\\", "")], lang, set()) == []


def test_what_was_refused_is_forgotten_by_undo() -> None:
    work.shelf().save("clash", CLASH, None)
    at = settled(opened("levers", place="own/clash"))
    set_to(at, "multiselect", "policies", ["half"])
    set_to(at, "multiselect", "policies", ["half", "double"])
    assert errors(at)
    settled(press(at, "undo"))
    assert draft(at) == Draft("own/clash") and not at.error


def test_who_stops_sees_it_at_once_and_the_other_goes_on(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    held = held_up(monkeypatch)
    first, second = opened("overview"), opened("overview")
    assert first.get("progress") and second.get("progress")
    press(first, "stop")
    assert [i.value for i in first.info] == [say(first, "stopped")] and not first.get("progress")
    assert run(second).get("progress")
    held.clear()
    settled(second)
    assert not second.info and say(second, "preview") not in cards(second)[0]
    run(first)  # what is known is shown, stopped or not
    assert not first.info and cards(first) == cards(second)


# ---- what the plan, money and teachers add


MEANS = """extends: small.yaml
name: means
title: {zh: 样例二, en: A place with means}
institutions:
  school: {staff: {teachers: 90, dual: 0.4}}
  college: {staff: {teachers: 40, dual: 0.5}}
teachers:
  kinds:
    secondary_school: {students: 20, leaving: 0.03, hiring: 0.05, hired_dual: 0.2, trained: 0.1}
    college: {students: 20, leaving: 0.02, hiring: 0.05, hired_dual: 0.3, trained: 0.05, part_time: 0.2}
training: {person_times: {machines: 1000, homes: 500}}
measures:
  halls: {title: {zh: 实训基地, en: training halls}, unit: {zh: 座, en: halls}}
retention: {drivers: {bonus: {title: {zh: 补贴, en: bonus}, level: 0, effect: 0.7, unit: {zh: 千元, en: "1,000"}}}}
money:
  items:
    funding: {title: {zh: 生均经费, en: funding of students}, payer: city, per: student, amount: 5000}
    courses: {title: {zh: 培训补贴, en: training of workers}, payer: city, per: worker_trained, amount: 800}
    pay: {title: {zh: 教师报酬, en: pay of teachers}, payer: school, per: teacher, amount: 90000}
    bonus: {title: {zh: 就业补贴, en: bonus for those who stay}, payer: province, per: stayer, amount: 1000, driver: bonus}
  budget: {limit: LIMIT, cut: [courses]}
rules: {quota: {active: 1}, warning: {active: 1, completion: 0.9, cut: 0.3}}
policies:
  build:
    title: {zh: 建设与补贴, en: halls and a bonus}
    changes:
      - {key: measures.halls.done, set: 3, from: 2027-01-01}
      - {key: retention.drivers.bonus.level, set: 1, from: 2026-01-01}
targets:
  built:
    {title: {zh: 建成实训基地, en: training halls built}, indicator: measures_done, of: {measures: [halls]}, year: 2029, value: 3,
     direction: reach, clause: "—"}
"""
LOW, HIGH = MEANS.replace("LIMIT", "7000000"), MEANS.replace("LIMIT", "900000000")
WAN = 1e4


def rows_in(at: AppTest, holds: str) -> list[list[str]]:
    """Return the rows of the one table that has a heading."""
    (found,) = [frame for frame in visible_frames(at) if f"<th scope='col'>{holds}</th>" in frame]
    return rows_of_table(found)


def rows_of_table(frame: str) -> list[list[str]]:
    """Return the rows of a table."""
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", frame)][1:]
    return [[html.unescape(cell).replace("\u2011", "-").replace("\u00a0", " ") for cell in row] for row in rows]


def with_means(at_view: str, text: str = HIGH, **address: Any) -> tuple[AppTest, Result]:
    """Open a page of the place with means; return it with the full result of its draft."""
    work.shelf().save("means", text, None)
    at = settled(opened(at_view, place="own/means", **address))
    assert not at.error
    return at, answered(draft(at))


def answered(one: Draft) -> Result:
    """Return a draft's full result."""
    job = work.full("", one)
    while job.state in ("waiting", "running"):
        time.sleep(0.02)
    found: Result = job.answer
    return found


def head(code: str, lang: str = "zh") -> str:
    """Return the heading of a column."""
    return word(COLUMNS, code, lang)


def test_the_seat_plan_says_by_which_steps_it_came_about() -> None:
    at, result = with_means("seats", year="2029")
    set_to(at, "button_group", "seats what seats_table seats_log seats_warnings", "seats_log")
    log = result.plan_log()
    log = log[log.year == 2029]
    choice = widget(at, "selectbox", "log of")
    assert len(choice.options) == log.school.nunique() + log.programme.nunique() == 4
    for one, part in (("school", "college"), ("programme", "care")):
        widget(at, "selectbox", "log of").set_value((one, part))
        shown_rows = rows_in(run(at), head("step"))
        wanted = log[log[one] == part]
        assert len(shown_rows) == len(wanted) > 1
        for told, row in zip(shown_rows, wanted.itertuples(), strict=True):
            other = {"school": result.scenario.programmes[row.programme], "programme": result.scenario.institutions[row.school]}
            assert told[0] == other[one].title.zh  # the chosen one stands above the table
            assert told[3] == word(STEPS, row.step, "zh")
            assert float(told[4].replace(",", "")) == pytest.approx(row.move, abs=0.051)
            low, high = (float(x.replace(",", "")) for x in told[5].split(" … "))
            assert (low, high) == pytest.approx((row.p05, row.p95), abs=0.051)
            assert told[6] == f"{row.share * 100:.1f} %"


def test_the_seat_plan_says_which_programmes_are_under_warning() -> None:
    at, result = with_means("seats", year="2027")
    set_to(at, "button_group", "seats what seats_table seats_log seats_warnings", "seats_warnings")
    found = result.warnings()
    found = found[found.year == 2027]
    titles = result.scenario
    wanted = {
        (titles.institutions[r.school].title.zh, titles.programmes[r.programme].title.zh):
        [f"{share * 100:.1f} %" for share in (r.yellow, r.red, r.closed)] for r in found.itertuples()
    }
    rows = rows_in(at, head("yellow"))
    assert {(row[0], row[1]): row[2:] for row in rows} == wanted and len(rows) == 4
    assert [float(row[4].split()[0]) for row in rows] == sorted((float(row[4].split()[0]) for row in rows), reverse=True)
    set_to(at, "select_slider", "year", 2025)
    assert len(rows_in(at, head("yellow"))) == len(result.warnings().query("year == 2025"))


def test_a_plan_that_no_rule_changes_has_no_log() -> None:
    at = settled(opened("seats"))
    assert not [w for w in at.get("button_group") if w.key and w.key.startswith("seats what")]
    assert len(visible_frames(at)) == 1


def test_money_is_shown_by_item_and_payer() -> None:
    at, result = with_means("means", HIGH, policy="build", year="2028")
    frame = result.money()
    years = [2026, 2029]
    set_to(at, "multiselect", "means years", years)
    rows = rows_in(at, head("all_years"))
    keys = list(dict.fromkeys(zip(frame.item, frame.payer, strict=True)))
    assert len(rows) == len(keys) == 4 + 3 + 1
    for row, (item, payer) in zip(rows, keys, strict=True):
        paid = frame[(frame.item == item) & (frame.payer == payer)].set_index("year").paid
        assert row[0] == (result.scenario.money.items[item].title.zh if item else word(LABELS, "total", "zh"))
        assert row[1] == word(LABELS, f"payer_{payer}", "zh")
        for told, yuan in zip(row[2:], [*(paid[y] for y in years), paid.sum(), 0.0], strict=True):
            assert float(told.replace(",", "")) == pytest.approx(yuan / WAN, abs=0.51 if yuan / WAN >= 100 else 0.051)
    mine = [row for row in rows_in(at, head("paid")) if row[0] == "就业补贴"]
    bonus = frame[(frame.item == "bonus") & (frame.year == 2028)].iloc[0]
    assert mine == [["就业补贴", "上级财政", tables.wan(bonus.asked), tables.wan(bonus.paid),
                     f"{tables.wan(bonus.p05)} – {tables.wan(bonus.p95)}", "0"]]
    assert bonus.paid > 0 and not at.warning


def test_what_a_budget_cuts_is_shown_and_where_it_does_not_suffice() -> None:
    """1,500 person-times at 800 yuan are 120 in ten thousands; nothing is left of them, and the rest is above the limit."""
    at, result = with_means("means", LOW)
    (courses,) = [row for row in rows_in(at, head("all_years")) if row[0] == "培训补贴"]
    cut = result.money().query("item == 'courses'").cut.sum() / WAN
    assert 500 < cut <= 600 and courses[-1] == f"{cut:,.0f}"
    (warning,) = at.warning
    assert "2029（" not in warning.value and "2029" in warning.value and "100 %" in warning.value


def test_teachers_training_and_measures_are_shown() -> None:
    at, result = with_means("means", HIGH, policy="build")
    years = [2026, 2029]
    set_to(at, "multiselect", "means years", years)
    frame = result.frame()
    whole = frame[(frame[["area", "pathway", "programme", "level", "industry"]] == "").all(axis=1)]
    rows = [row for row in every_row(at) if row[0] in {word(INDICATORS, code, "zh") for code in OF_STAFF}]
    assert [row[0] for row in rows] == [word(INDICATORS, code, "zh") for code in OF_STAFF]
    for code, row in zip(OF_STAFF, rows, strict=True):
        for year, told in zip(years, row[1:], strict=True):
            one = whole[(whole.indicator == code) & (whole.year == year)].iloc[0]
            assert told.split(" (")[0] == shown.figure(one["mean"], INDICATORS[code].unit)
            assert one.p05 == one.p95 or shown.figure(one.p05, INDICATORS[code].unit).split(" ")[0] in told
    training = [row for row in every_row(at) if row[0] == word(INDICATORS, "training_volume", "zh")]
    assert [row[1:] for row in training] == [["合计", "1,500", "1,500"], ["家政", "500", "500"], ["机械", "1,000", "1,000"]]
    (halls,) = rows_in(at, head("measure"))
    assert halls == ["实训基地", "座", "0", "3", "“建设与补贴”自 2027-01-01 起：3"]
    set_to(at, "selectbox", "teachers of", "students_per_teacher")
    (staff,) = [json.loads(e.proto.spec) for e in at.get("echarts_chart")]
    assert staff["title"]["text"] == word(INDICATORS, "students_per_teacher", "zh")
    ratio = whole[whole.indicator == "students_per_teacher"]["mean"].tolist()
    assert [point[1] for point in staff["series"][0]["data"]] == pytest.approx(ratio)


def every_row(at: AppTest) -> list[list[str]]:
    """Return the rows of all tables of a page."""
    return [row for frame in visible_frames(at) for row in rows_of_table(frame)]


@pytest.mark.parametrize("lang", LANGS)
def test_a_place_without_means_says_so_in_one_sentence(lang: str) -> None:
    at = opened("means", lang=lang)
    assert not at.get("progress")  # no run is needed for it
    assert [i.value for i in at.info] == [getattr(PAGE["no_means"], lang)] and not visible_frames(at)


@pytest.mark.parametrize(("block", "gone", "stay"), [
    ("money", "money_head", "teachers_head"), ("measures", "measures_head", "money_head"),
])
def test_a_block_that_a_place_has_not_is_left_out(block: str, gone: str, stay: str) -> None:
    lines = HIGH.split("\n")
    first = lines.index(next(one for one in lines if one.startswith(f"{block}:")))
    last = next(i for i in range(first + 1, len(lines)) if not lines[i].startswith(" "))
    text = "\n".join(lines[:first] + lines[last:])
    if block == "measures":
        text = text[: text.index("targets:")].replace("      - {key: measures.halls.done, set: 3, from: 2027-01-01}\n", "")
    at, _ = with_means("means", text)
    heads = [h.value for h in at.header]
    assert say(at, stay) in heads and say(at, gone) not in heads


def test_comparing_tells_what_each_graduate_more_costs() -> None:
    at, result = with_means("compare", HIGH, policy="build")
    bare = answered(work.bare(draft(at)))
    frame = compare([work.called(bare, "a"), work.called(result, "b")]).costs()
    rows = rows_in(at, head("each"))
    assert len(rows) == len(frame) == 4
    for told, row in zip(rows, frame.itertuples(), strict=True):
        assert told[0] == say(at, "my_draft") and told[1] == word(LABELS, f"payer_{row.payer}", "zh")
        assert told[2].split(" (")[0] == tables.wan(row.cost, "+")
        assert told[3].startswith(f"{shown.signed(row.graduates, 'persons')} (")
        assert told[4].split(" (")[0] == f"{row.each:,.0f}"
    assert frame.verdict.eq("higher").all()
    assert say(at, "costs_head") in [h.value for h in at.header]
    bare_page = settled(opened("compare", policy="more_long_track"))
    assert say(at, "costs_head") not in [h.value for h in bare_page.header]


def test_a_target_of_measures_is_told_in_their_own_unit() -> None:
    at, _ = with_means("overview", HIGH, policy="build", target="built")
    (card,) = [one for one in cards(at) if one[0] == "建成实训基地"]
    assert card[1] == "3 座" and "2029 年目标：达到 3 座" in card
    assert say(at, "movable_not") not in card  # no class has a part in it
    assert say(at, "decide_elsewhere") in [c.value for c in at.caption]


def test_years_take_no_separator_in_a_table() -> None:
    at = settled(opened("overview"))
    cells = [cell for row in every_row(at) for cell in row]
    assert {"2025", "2029"} <= set(cells) and not {"2,025", "2,029"} & set(cells)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full answers from few replications: what pages say is looked at, not figures."""
    monkeypatch.setattr(work, "FULL", 20)
    monkeypatch.setattr(work, "CHOICES", (20, *work.CHOICES))
    monkeypatch.setattr(sensitivity, "FEWEST", 20)


@pytest.mark.parametrize("place", [name for name in work.places() if name.endswith("/baseline") and name != QUZHOU["place"]])
def test_every_page_of_every_other_place_speaks_one_language(place: str, light: None) -> None:
    plan = next(code for code in work.place(place).policies if code.startswith("plan"))
    for lang in LANGS:
        at = settled(opened(VIEWS[0], place=place, policy=plan, lang=lang))
        for view in VIEWS:
            settled(went(at, view))
            assert not at.error and not at.warning
            assert wrong_words(visible(at), lang, set()) == [], view


@pytest.mark.parametrize(("group", "code", "amount"), [
    ("rules", "rules.quota.reach", 0.3), ("teachers", "teachers.kinds.college.trained", 2.0),
])
def test_levers_of_rules_and_teachers_are_answered_in_full(group: str, code: str, amount: float) -> None:
    """Preview and paired difference are those of the draft's own runs."""
    text = HIGH + """  dual:
    {title: {zh: 双师型, en: dual}, indicator: dual_qualified_share, year: 2029, direction: show, clause: "—"}
  wide: {title: {zh: 招生计划, en: seats}, indicator: seats, year: 2029, direction: show, clause: "—"}
"""
    at, _ = with_means("levers", text)
    set_to(at, "button_group", "group", group)
    settled(pushed(at, code, amount))
    preview, quick = work.preview_beside(draft(at)), work.kept_quick(draft(at)).targets()
    rows = rows_in(at, say(at, "preview_change"))
    moved = 0
    for told, one, pair in zip(rows, preview.itertuples(), quick.itertuples(), strict=True):
        assert told[0] == work.place("own/means").targets[one.target].title.zh
        assert told[2] == tables.change(one.difference, INDICATORS[one.indicator].unit, "zh")
        assert told[3] == tables.difference(pair, "zh")
        moved += abs(one.difference) > 1e-6
    assert moved


def test_a_rule_that_a_policy_switches_on_stands_on_and_can_be_switched_off() -> None:
    text = HIGH.replace("rules: {quota: {active: 1}, ", "rules: {quota: {active: 0}, ").replace(
        "      - {key: measures", "      - {key: rules.quota.active, set: 1, from: 2026-01-01}\n      - {key: measures"
    )
    at, result = with_means("levers", text, policy="build")
    bare = answered(work.bare(draft(at)))
    assert (bare.history.seats[2:] != result.history.seats[2:]).any()
    set_to(at, "button_group", "group", "rules")
    assert widget(at, "toggle", "lever rules.quota.active").value is True
    set_to(at, "toggle", "lever rules.quota.active", False)
    assert [(m.code, m.amount) for m in draft(settled(at)).changes] == [("rules.quota.active", 0.0)]
    assert (answered(draft(at)).history.seats == bare.history.seats).all()
    settled(press(at, "reset_one"))
    assert not draft(at).changes and widget(at, "toggle", "lever rules.quota.active").value is True


def test_a_measure_that_a_policy_schedules_stands_where_it_ends_and_can_be_fewer() -> None:
    text = HIGH.replace("en: halls}}", "en: halls}, effects: [" + EFFECT + "]}")
    at, _ = with_means("levers", text, policy="build", year="2029")
    code = "measures.halls.done"
    set_to(at, "button_group", "group", "measures")
    slider = widget(at, "slider", f"lever {code}")
    assert (slider.value, slider.label) == (3.0, "实训基地 · 3 · 座")
    settled(pushed(at, code, 0.0))
    assert [(m.code, m.amount) for m in draft(at).changes] == [(code, 0.0)]
    settled(went(at, "means"))
    (halls,) = rows_in(at, head("measure"))
    assert halls[2:-1] == ["0"] * len(halls[2:-1])


EFFECT = "{key: pathways.sve_3.stages.0.dropout.0, by: log_odds, each: -0.1}"


# ---- titles are text


SIGNS = "**x** :red[y] $z$ [a](http://b)"
MARKDOWN = {"label", "help", "body"}  # fields of an element that Streamlit draws as markdown


def drawn_as_markdown(at: AppTest) -> Iterator[str]:
    """Yield the texts of a page that are drawn as markdown."""
    stack: list[Any] = [at._tree]  # boxes with a title are no elements
    while stack:
        one = stack.pop()
        stack += getattr(one, "children", {}).values()
        proto = getattr(one, "proto", None)
        if proto is None or one.type in ("html", "code"):
            continue
        for message in (proto, *(getattr(proto, name) for name in ("expandable",) if hasattr(proto, name))):
            for field, value in message.ListFields():
                if field.name in MARKDOWN and field.type == field.TYPE_STRING:
                    yield str(value)


def signed(values: Any) -> str:
    """Return a scenario as text, with the signs of markdown in each of its titles."""
    if isinstance(values, dict):
        if set(values) == set(LANGS):
            values = dict.fromkeys(LANGS, SIGNS)
        return "{" + ", ".join(f"{key}: {signed(value)}" for key, value in values.items()) + "}"
    if isinstance(values, list | tuple):
        return "[" + ", ".join(map(signed, values)) + "]"
    return json.dumps(values, ensure_ascii=False) if isinstance(values, str | float | bool) else str(values)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("view", VIEWS)
def test_titles_of_a_file_are_shown_as_they_are(view: str, lang: str) -> None:
    work.shelf().save("签名", signed(plain(GOOD)), None)
    address = {"place": "own/签名", "policy": "more_long_track", "lang": lang}
    if view == "figures":  # three times what there is: asked about
        address["known"] = "areas.local.junior_graduates:90000"
    since = first_day(work.place("small"), levers(work.place("small"))["quota.sve_3"]).isoformat()
    at = settled(opened(view, **address, move=f"quota.sve_3:0.8@{since}"))
    texts = list(drawn_as_markdown(at))
    assert not at.error and len(texts) > 8
    assert [one for one in texts if re.search(r"(?<!\\)\*\*x|(?<!\\):red|(?<!\\)\$z|(?<!\\)\[a", one)] == []


# ---- the same figures everywhere


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file that was taken away."""
    assert content.startswith(b"\xef\xbb\xbf")  # so that Excel reads Chinese
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize(("place", "policy"), [
    ("small_jobs", ""), ("small_jobs", "more_long_track"), ("quzhou/baseline", "plan_2025"),
])
def test_page_terminal_and_python_show_the_same_figures(
    place: str, policy: str, tmp_path: Path, taken: dict[str, bytes],
) -> None:
    asked = [sys.executable, "-m", "skillsim", "run", place, "-n", "200", "--out", str(tmp_path / "out")]
    subprocess.run([*asked, *(["-p", policy] if policy else [])], check=True, capture_output=True)
    filed = {
        name: rows_of(b"\xef\xbb\xbf" + (tmp_path / "out" / f"{name}.csv").read_bytes().removeprefix(b"\xef\xbb\xbf"))
        for name in ("targets", "indicators", "seat_plan")
    }
    last = filed["targets"][-1]["scenario"]  # beside it stands the place as it is
    filed = {name: [row for row in rows if row["scenario"] == last] for name, rows in filed.items()}
    scenario = ss.load(place)
    result = ss.run([scenario.vary(policy) if policy else scenario], replications=200)[0]
    at = settled(opened("overview", place=place, **({"policy": policy} if policy else {})))

    asked_first = sorted(filed["targets"], key=lambda row: row["direction"] == "show")
    assert len(asked_first) == len(scenario.targets) == len(cards(at))
    in_python = {answer.code: answer for answer in result.answers}
    for row, card in zip(asked_first, cards(at), strict=True):
        unit = INDICATORS[row["indicator"]].unit
        mean, low, high = (float(row[q]) for q in ("mean", "p05", "p95"))
        assert mean == float(statistics.mean(in_python[row["target"]].values))
        assert card[0] == scenario.targets[row["target"]].title.zh
        assert card[1].split(" ")[0] == shown.figure(mean, unit).split(" ")[0]
        assert PAGE["range_of"].zh.format(range=shown.span(low, high, unit)) in card
        assert card[2] == word(LABELS, row["label"], "zh")
        if row["probability"]:
            said = shown.probability(float(row["probability"]), float(row["mcse"]), 200)
            assert PAGE["probability_of"].zh.format(p=said) in card

    settled(went(at, "data"))
    tidy = rows_of(next(content for name, content in taken.items() if name.startswith(PAGE["tidy_table"].zh)))
    figures = ("year", "mean", "sd", "p05", "p25", "p50", "p75", "p95", "mcse")
    heads = {code: word(COLUMNS, code, "zh") for code in figures}
    assert [[row[heads[c]] for c in figures] for row in tidy] == [[row[c] for c in figures] for row in filed["indicators"]]
    frame = result.frame()
    assert [[float(row[heads[c]]) for c in figures if row[heads[c]]] for row in tidy] == [
        [float(x) for x in row if not pd.isna(x)] for row in frame[list(figures)].itertuples(index=False)
    ]
    table = rows_of(next(content for name, content in taken.items() if name.startswith(PAGE["targets_table"].zh + "-")))
    for row, told in zip(filed["targets"], table, strict=True):
        unit = INDICATORS[row["indicator"]].unit
        assert told[word(COLUMNS, "mean", "zh")].split(" ")[0] == shown.figure(float(row["mean"]), unit).split(" ")[0]
        assert told[word(COLUMNS, "range", "zh")] == shown.span(float(row["p05"]), float(row["p95"]), unit)

    settled(went(at, "seats"))
    year = str(at.session_state["year"] or shown.key_year(scenario))
    seats = rows_of(next(content for name, content in taken.items() if name.startswith(PAGE["seats_head"].zh.format(year=year))))
    planned = [round(float(row["seats"])) for row in filed["seat_plan"] if row["year"] == year]
    assert [int(row[word(COLUMNS, "seats", "zh")]) for row in seats] == planned


# what pages may work out: percent of what is typed and shown, the bar's share, positions in lists
SUMS = {
    "job.done / job.total", "round(value / 100, 12)", "value / 100", "old * 100", "rests[answer.code] * 100", "row.share * 100",
    "amount - resting(levers()[code])", "asked.year - place.years.first", "i % 2",
}


def test_no_page_works_a_figure_out() -> None:
    for file in [*(PAGES / "views").glob("*.py"), *(PAGES / f"{name}.py" for name in ("main", "parts", "keeping", "state"))]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        heads = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        heads |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {head for head in heads if head.split(".")[0] in ("numpy", "scipy", "math", "statistics")}, file.name
        joined = ast.Add | ast.BitOr | ast.BitAnd
        worked = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and not isinstance(node.op, joined)]
        sums = [text for text in map(ast.unparse, worked) if "Path(" not in text and "HERE /" not in text]
        assert [one for one in sums if one not in SUMS] == [], file.name
        called = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        assert not {"std", "quantile", "median", "cumsum", "diff"} & set(called), file.name  # statistics.mean is the results' own
