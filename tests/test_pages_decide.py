"""The pages that help to decide, by AppTest: what they ask is what they answer, in the terminal's own words and figures."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from skillsim.analysis import reproduce as examples
from skillsim.analysis import seek as seeking
from skillsim.analysis.compare import compare
from skillsim.analysis.running import run as simulate
from skillsim.analysis.sought import Sought
from skillsim.analysis.trials import Wish, handle, moved
from skillsim.analysis.wishes import Move
from skillsim.errors import Problem, ScenarioError
from skillsim.pages import deciding, work
from skillsim.pages.deciding import Question
from skillsim.report.answers import evidence as evidence_words
from skillsim.report.answers import seek as seek_words
from skillsim.report.answers import sensitivity as sensitivity_words
from skillsim.results import statistics
from skillsim.scenario.draft import Draft
from skillsim.scenario.draft import Move as Moved
from skillsim.terms import LANGS, MESSAGES, phrase
from test_pages import (
    _alone,
    _queue,
    draft,
    errors,
    lang_of,
    opened,
    press,
    pushed,
    say,
    set_to,
    settled,
    taken,
    visible,
    visible_frames,
    went,
    widget,
    wrong_words,
)

__all__ = ["_alone", "_queue", "taken"]  # fixtures
LEVER, TARGET = "quota.college_3", "long_track_retention"
DROPOUT = "pathways.college_3.stages.*.dropout"


def answer_of(at: AppTest, kind: str) -> Any:
    """Return the only answer of a kind that the queue keeps for this draft."""
    kept = [answer for key, (answer, _) in work.queue()._kept.items() if key[0] == kind]
    assert kept, kind
    return kept[-1]


def sought(at: AppTest, *levers: str) -> AppTest:
    """Choose levers and seek."""
    if levers:
        set_to(at, "multiselect", f"seek levers  {draft(at).place}", list(levers))
    return settled(press(at, "seek_begin"))


def target_of(place: str) -> str:
    """Return the first target of a place that asks for a number."""
    return next(code for code, one in work.place(place).targets.items() if one.direction != "show")


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_is_that_of_the_function_in_the_words_of_the_terminal(lang: str) -> None:
    at = sought(opened("seek", place="small_jobs", lang=lang), DROPOUT)
    found: Sought = answer_of(at, "seek")
    code = found.wishes[0].code
    lever = work.levers_of(work.place("small_jobs"))[DROPOUT]
    again = seeking.seek(
        work.place("small_jobs"), [Wish(code, 0.8)], [Move(DROPOUT, lever.lo, lever.hi)], replications=200, seed=work.SEED,
    )
    assert (found.status, found.best, found.base) == (again.status, again.best, again.base)
    assert found.trials.equals(again.trials)
    told = " ".join(visible(at))
    assert seek_words.answer(found, lang) in told.replace("\\", "")
    for why in found.why:
        for line in seek_words.reasons(found, why, lang):
            assert line in told.replace("\\", "")
    cells = [str(cell) for column in seek_words.targets(found, lang).columns for cell in column.cells]
    shown = " ".join(visible_frames(at)).replace("\u2011", "-").replace("\u00a0", " ")
    assert all(cell.replace("<", "&lt;").replace(">", "&gt;") in shown for cell in cells)
    assert wrong_words(visible(at), lang, set()) == []
    assert not errors(at)


def test_a_mix_is_taken_into_the_draft_and_has_the_probability_that_was_promised() -> None:
    at = settled(opened("levers", place="small_jobs"))
    pushed(at, LEVER, 1.2)  # a lever that is not asked about stays as it is
    sought(went(at, "seek"), DROPOUT)
    found: Sought = answer_of(at, "seek")
    mix = [Moved(one.code, found.best.amounts[one.code], one.since) for one in found.handles]
    assert found.best.amounts[DROPOUT] != 1.0
    press(at, "seek_apply")
    assert [m.code for m in draft(at).changes] == [LEVER, DROPOUT] and draft(at).changes[1:] == tuple(mix)
    settled(at)
    assert say(at, "seek_applied") in visible(at)  # and the answer stays
    settled(went(at, "overview"))
    result = answer_of(at, "full")
    code = found.wishes[0].code
    mine = next(one for one in result.answers if one.code == code)
    assert (mine.probability, float(statistics.mean(mine.values))) == (found.best.probability[code], found.best.mean[code])


def test_what_is_asked_is_what_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def noted(*args: Any, **more: Any) -> Any:
        asked.append(args)
        raise ScenarioError([Problem("seek_shown", "target")])

    monkeypatch.setattr(seeking, "seek", noted)
    at = opened("seek", place="quzhou/baseline")
    set_to(at, "slider", "seek probability quzhou/baseline", 0.65)
    set_to(at, "number_input", "seek budget quzhou/baseline", 500.0)
    set_to(at, "selectbox", "seek authority quzhou/baseline", "city")
    subsidy = "retention.drivers.subsidy.level"
    set_to(at, "multiselect", "seek levers city quzhou/baseline", [subsidy, "quota.long_track"])
    set_to(at, "slider", f"seek bounds {subsidy} 0 2 quzhou/baseline", (0.5, 1.5))
    set_to(at, "number_input", f"seek price {subsidy} quzhou/baseline", 30.0)
    set_to(at, "number_input", "seek price quota.long_track quzhou/baseline", 2.0)
    track = work.levers_of(work.place("quzhou/baseline"))["quota.long_track"]
    now = f"{track.baseline(work.place('quzhou/baseline'), 2025):,.0f}"
    assert f"1 %（现状 {now} 人）" in widget(at, "number_input", "seek price quota.long_track quzhou/baseline").label
    settled(press(at, "seek_begin"))
    scenario, wishes, moves, budget, authority, replications, seed = asked[0][:7]
    assert scenario.name == "quzhou_baseline"
    assert [(w.code, w.probability) for w in wishes] == [("city_long_track_retention", 0.65)]
    assert moves == [Move(subsidy, 0.5, 1.5, 300_000.0), Move("quota.long_track", 0.0, 3.0, 2_000_000.0)]  # 1 point is 0.01
    assert (budget, authority, replications, seed) == (5_000_000.0, "city", 200, work.SEED)
    assert MESSAGES["seek_shown"].zh in errors(at)
    offered = [one for one in work.levers_of(work.place("quzhou/baseline")).values() if one.unit != "switch"]
    listed = widget(at, "multiselect", "seek levers city quzhou/baseline").options
    assert len(listed) == sum(one.authority == "city" for one in offered) < len(offered)


def test_another_condition_has_to_be_sought_anew_and_the_old_one_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def counted(*args: Any, **more: Any) -> Any:
        calls.append(args[1][0].probability)
        raise ScenarioError([Problem("seek_shown", "target")])

    monkeypatch.setattr(seeking, "seek", counted)
    at = settled(press(opened("seek", place="small"), "seek_begin"))
    assert calls == [0.8] and MESSAGES["seek_shown"].zh in errors(at)
    set_to(at, "slider", "seek probability small", 0.6)
    assert say(at, "seek_changed") in visible(at) and calls == [0.8]
    went(at, "overview")
    settled(went(at, "seek"))
    assert widget(at, "slider", "seek probability small").value == 0.8  # as it was asked
    settled(press(at, "again"))
    assert calls == [0.8, 0.8]


def test_nothing_is_sought_unasked_when_the_draft_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def counted(*args: Any, **more: Any) -> Any:
        calls.append(args)
        raise ScenarioError([Problem("seek_shown", "target")])

    monkeypatch.setattr(seeking, "seek", counted)
    at = opened("seek", place="quzhou/baseline")
    subsidy = "retention.drivers.subsidy.level"
    set_to(at, "multiselect", "seek levers  quzhou/baseline", [subsidy])
    settled(press(at, "seek_begin"))
    set_to(at, "multiselect", "policies", ["plan_2025"])  # the plan moves the subsidy, whose lever then has another range
    settled(at)
    assert len(calls) == 1 and say(at, "seek_changed") in visible(at)
    settled(press(at, "seek_begin"))
    scenario = calls[1][0]
    lever = work.levers_of(scenario)[subsidy]
    assert len(calls) == 2 and calls[1][2] == [Move(subsidy, lever.lo, lever.hi)]


def test_without_a_lever_named_the_search_starts_from_the_draft_without_its_own() -> None:
    question = Question((TARGET,), 0.8, (), None, "")
    since = date(2026, 1, 1)
    mine = Draft("small", changes=(Moved(LEVER, 1.2, since), Moved(DROPOUT, 0.5, since)))
    assert question.rest(mine).changes == ()
    named = Question((TARGET,), 0.8, ((DROPOUT, 0.0, 2.0, 0.0),), None, "")
    assert [m.code for m in named.rest(mine).changes] == [LEVER]


@pytest.mark.parametrize("code", [
    "retention.drivers.subsidy.level", "retention.drivers.local_internship.level", "quota.long_track",
])
def test_a_mix_on_top_of_policies_is_the_same_as_a_draft(code: str) -> None:
    """With the plan in force, which raises a driver by steps, the search adds to it and the place's own lever sets it."""
    plan = Draft("quzhou/baseline", ("plan_2025",))
    scenario = work.scenario_of(plan)
    one = handle(scenario, work.levers_of(scenario)[code])
    amount = one.stands + (one.hi - one.stands) / 8
    lever = work.levers_of(work.place("quzhou/baseline"))[code]
    mine = work.scenario_of(replace(plan, changes=(deciding.as_move(one, amount, scenario, lever),)))
    results = [simulate(each, replications=10)[0] for each in (moved(scenario, [one], [amount]), mine)]
    first, second = ({a.code: a.values.tolist() for a in result.answers} for result in results)
    assert str(first) == str(second)
    assert str(first) != str({a.code: a.values.tolist() for a in simulate(scenario, replications=10)[0].answers})


def test_a_place_without_a_target_that_asks_a_number_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    place = work.place("small")
    shown = {code: one.model_copy(update={"direction": "show"}) for code, one in place.targets.items()}
    monkeypatch.setattr(work, "scenario_of", lambda draft: place.model_copy(update={"targets": shown}))
    at = opened("seek", place="small")
    assert say(at, "seek_no_target") in visible(at) and say(at, "seek_begin") not in [b.label for b in at.button]


@pytest.mark.parametrize("lang", LANGS)
def test_sensitivity_says_what_the_terminal_says(lang: str) -> None:
    at = settled(opened("sensitivity", place="small_jobs", lang=lang))
    study = answer_of(at, "study")
    told = " ".join(visible(at)).replace("\\", "")
    code = study.codes[0]
    assert all(line in told for line in sensitivity_words.to_collect(study, code, lang))
    assert study.indexed is None
    settled(press(at, "deep_begin"))
    deep = answer_of(at, "study")
    cells = [str(cell) for column in sensitivity_words.effects(deep, code, lang).columns for cell in column.cells]
    shown = " ".join(visible_frames(at)).replace("\u2011", "-").replace("\u00a0", " ")
    assert all(cell in shown for cell in cells)
    assert wrong_words(visible(at), lang, set()) == []
    set_to(at, "button_group", "deep output", "probability")
    assert wrong_words(visible(settled(at)), lang, set()) == []


def test_parts_of_variance_have_their_interval_and_the_level_of_noise() -> None:
    rows = [("a:value", "x", 0.5, 0.1, True), ("a:value", "dummy", 0.02, 0.03, False), ("a:value", "y", 0.01, 0.04, False),
            ("b:value", "x", 0.9, 0.1, True)]
    frame = pd.DataFrame(rows, columns=["output", "name", "ST", "ST_conf", "clear"])
    found, floor = deciding.parts_of_variance(frame, "a:value")
    assert found == [("x", 0.5, (0.4, 0.6), True), ("y", 0.01, (0.0, 0.05), False)] and floor == pytest.approx(0.05)


def test_contributions_sum_to_the_paired_difference_whatever_the_order() -> None:
    at = settled(opened("levers", place="small_jobs", policy="more_long_track"))
    pushed(at, LEVER, 1.5)
    settled(pushed(at, "quota.sve_3", 0.5))
    settled(went(at, "compare"))
    found: deciding.Contributions = answer_of(at, "parts")
    assert [name for name, *_ in found.parts] == ["policy more_long_track", f"lever {LEVER}", "lever quota.sve_3"]
    assert sum(part for _, part, _ in found.parts) == pytest.approx(found.end - found.start, abs=1e-12)
    assert found.orders == 0
    runs = [work.few(one, threading.Event()) for one in (work.bare(draft(at)), draft(at))]
    both = compare([work.called(run, name) for run, name in zip(runs, "ab", strict=True)]).targets().set_index("target")
    code = at.session_state["target"] or target_of_page(at)
    assert found.end - found.start == pytest.approx(float(both.loc[code, "difference"]), abs=1e-12)
    other = Draft("small_jobs", ("more_long_track",), changes=draft(at).changes[::-1])
    back = deciding.contributions("", other, code)
    for _ in range(600):
        if back.state == "done":
            break
        time.sleep(0.1)
    assert {name: part for name, part, _ in back.answer.parts} == pytest.approx({name: part for name, part, _ in found.parts})


def target_of_page(at: AppTest) -> str:
    """Return the target that pages look at by themselves."""
    targets = work.place(draft(at).place).targets
    asked = [code for code, one in targets.items() if one.direction != "show"]
    return next((code for code in asked if targets[code].indicator.startswith("local_retention")), asked[0])


@pytest.fixture
def forgetful() -> None:
    """A queue that keeps no answer of another test."""
    with work.queue()._lock:
        work.queue()._kept.clear()


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("lang", LANGS)
def test_published_examples_are_listed_and_worked_when_asked_for(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    every = examples.reproduce
    names = [code for code in examples.examples()["example"] if "glove" in code][:1]
    monkeypatch.setattr(examples, "reproduce", lambda progress=None: every(names, progress))
    at = opened("evidence", place="small_jobs", lang=lang)
    set_to(at, "button_group", "evidence what", "checks")
    listed = visible(at)
    for row in examples.examples().itertuples():
        assert phrase(f"evidence_{row.example}", lang) in listed
    settled(press(at, "examples_begin"))
    worked = answer_of(at, "examples")
    assert evidence_words.verdict(worked, lang) in " ".join(visible(at)).replace("\\", "")
    assert worked["passed"].all() and at.success


@pytest.mark.usefixtures("forgetful")
def test_an_example_that_differs_is_told_as_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    every = examples.reproduce
    names = [code for code in examples.examples()["example"] if "glove" in code][:1]
    monkeypatch.setattr(examples, "reproduce", lambda progress=None: every(names, progress).assign(passed=False))
    at = opened("evidence", place="small_jobs")
    set_to(at, "button_group", "evidence what", "checks")
    settled(press(at, "examples_begin"))
    assert not at.success and errors(at)


def test_what_each_past_forecast_came_to_is_shown() -> None:
    at = opened("evidence", place="small_jobs")
    set_to(at, "button_group", "evidence what", "checks")
    settled(press(at, "backtest_begin"))
    _, pooled, _ = answer_of(at, "past")
    told = " ".join(visible(at)).replace("\\", "")
    assert evidence_words.summary(pooled, lang_of(at)) in told and phrase("backtest_notes", lang_of(at)) in told
