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
from streamlit import config
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
    details = config.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")  # a failing test shows where
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "alive", lambda session: True)
        work.queue.cache_clear()
        work.queue()
        yield
    work.queue.cache_clear()
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
    assert {code for code in PAGE if code not in told and not any(code.startswith(start) for start in begun)} == set()


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
    moving = settled(press(at, "what_moves_it"))
    ranked = settled(went(moving, "levers")) if not moving.get("slider") else moving
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
    at = opened("overview", **address)
    assert at.error and CHINESE.search(errors(at))
    back = [b for b in at.button if b.label == say(at, "start_over")]
    if back:
        back[0].click()
        run(at)
    assert len(cards(settled(at))) >= 2 and not at.error


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
    widget(at, "number_input", "figure 1").set_value(1_000_000.0)  # more entrants than anybody could take in
    widget(at, "number_input", "figure 3").set_value(0.0)
    press(at, "figures_use")
    if draft(at) != Draft("small"):
        pytest.fail(f"taken: {draft(at)}")
    assert at.error and CHINESE.search(errors(at))
    assert widget(at, "number_input", "figure 1").value == 1_000_000.0  # what was typed stays to be mended


def test_an_actual_figure_moves_the_way_ahead() -> None:
    at = settled(opened("overview"))
    before, table = cards(at), visible_frames(at)
    value = [n for n in at.number_input if n.label.startswith(PAGE["actual_value"].zh.split("（")[0])]
    assert len(value) == 1
    press(at, "actual_add")
    assert [w.value for w in at.warning] == [say(at, "actual_needed")]
    [n for n in at.number_input if n.label == value[0].label][0].set_value(75.0)
    settled(press(at, "actual_add"))
    assert [(a.indicator, a.year, a.value, a.definition) for a in draft(at).observed] == [("local_retention", 2026, 0.75, "r1")]
    assert "actual" in at.query_params
    assert cards(at) != before and visible_frames(at) != table
    settled(press(at, "actual_remove"))
    assert (draft(at), cards(at)) == (Draft("small"), before)


NO_NUMBER = """extends: small.yaml
name: shown_only
title: {zh: 甲, en: A}
targets:
  share: null
  stay: null
  seen: {title: {zh: 毕业生, en: graduates}, indicator: graduates, year: 2029, direction: show, clause: "—"}
"""


@pytest.mark.parametrize("view", VIEWS)
def test_a_target_without_a_number_and_a_place_without_figures(view: str) -> None:
    work.shelf().save("shown only", NO_NUMBER, None)
    at = settled(opened(view, place="own/shown only"))
    assert not at.error
    if view == "overview":
        assert [card[0] for card in cards(at)] == ["毕业生"]
        assert not [b for b in at.button if b.label == say(at, "what_moves_it")]
