"""The pages on a file of tables alone: each opens, and those that show a place show who is in the tables' stages instead."""

from __future__ import annotations

import pytest

from skillsim.analysis.running import run
from skillsim.report import stages
from skillsim.scenario.reader import parse
from test_pages import (
    SCENARIOS,
    VIEWS,
    _alone,  # noqa: F401 - a fixture
    _queue,  # noqa: F401 - a fixture
    brought,
    errors,
    opened,
    rows_of_table,
    say,
    settled,
    visible,
    visible_frames,
    went,
    wrong_words,
)

OF_A_PLACE = {"levers", "seek", "flows", "demand", "seats", "means"}
TWO = """
format: 1
name: two
title: {zh: 两张表, en: two tables}
years: {first: 2025, last: 2032}
as_of: 2025-06-01
tables:
  staff:
    title: {zh: 员工, en: staff}
    stages:
      a: {title: {zh: 初级, en: low}, start: 100, recruits: 10, moves: {a: {uniform: [0.6, 0.8]}, b: 0.1}}
      b: {title: {zh: 高级, en: high}, start: 40, moves: {b: 0.9, left: 0.1}}
  pupils:
    title: {zh: 学生, en: pupils}
    stages: {y: {title: {zh: 一年级, en: first year}, start: 30, recruits: 30}}
"""
TARGETS = """
targets:
  high:
    title: {zh: 高级员工, en: high staff}
    indicator: table_stock
    of: {pathways: [staff], levels: [b]}
    year: 2028
    direction: at_least
    value: 45
    clause: made up
"""
FILES = {
    "targets": TWO + TARGETS, "none": TWO,
    **{name: (SCENARIOS / f"published/{name}.yaml").read_text(encoding="utf-8") for name in ("heneman_judge", "kemeny_snell")},
}


@pytest.mark.parametrize(("name", "lang"), [
    ("targets", "zh"), ("targets", "en"), ("none", "zh"), ("heneman_judge", "zh"), ("kemeny_snell", "en"),
])
def test_every_page_opens_on_tables_alone(name: str, lang: str) -> None:
    """Nothing fails, nothing is told as wrong; who is in the stages stands where a place would, with the figures of the run."""
    result = run(parse(FILES[name]), 200)[0]
    shown = [frame.replace("\n", " ", regex=True).to_numpy().tolist() for _, frame in stages.people(result, lang)]
    assert shown
    at = brought(opened("data", lang=lang), FILES[name].encode(), {"zh": "方案.yaml", "en": "mine.yaml"}[lang])
    for view in VIEWS:
        settled(went(at, view))
        assert not errors(at), view
        found = [rows_of_table(frame) for frame in visible_frames(at)]
        there = [say(at, "only_tables") in text for text in visible(at)]
        assert any(there) == (view in OF_A_PLACE), view
        if view in OF_A_PLACE | {"overview"}:
            assert [table in found for table in shown] == [True] * len(shown), view
        if name in ("targets", "none"):
            assert wrong_words(visible(at), lang, set()) == [], view


def test_a_place_with_tables_shows_both() -> None:
    text = (SCENARIOS / "small.yaml").read_text(encoding="utf-8") + TWO[TWO.index("tables:") :]
    at = settled(went(brought(opened("data"), text.encode()), "overview"))
    seen = "\n".join(visible(at))
    assert "初级" in seen and say(at, "wave_head") in seen and not errors(at)
    settled(went(at, "levers"))
    assert say(at, "only_tables") not in "\n".join(visible(at)) and not errors(at)
