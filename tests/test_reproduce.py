"""Published examples come out of the program's own functions, and a wrong number would be seen."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from typer.testing import CliRunner

from helpers_scenario import LANGS
from skillsim.analysis import reproduce as module
from skillsim.analysis.reproduce import EXAMPLES, Example, Ours, examples, judged, reproduce
from skillsim.cli import app
from skillsim.errors import ScenarioError
from skillsim.report.answers import evidence

CODES = [example.code for example in EXAMPLES]


@pytest.fixture(scope="module")
def worked():
    """What each example gave, worked once."""
    found = {}

    def get(example):
        if example.code not in found:
            found[example.code] = example.work()
        return found[example.code]

    return get


@pytest.mark.parametrize("example", EXAMPLES, ids=CODES)
def test_every_number_agrees(example, worked):
    """Sampled numbers lie within 3.29 standard errors: two-sided 99.9 % each; the seeds are fixed."""
    table = judged(example, worked(example))
    assert table["quantity"].tolist() == list(example.known)
    assert table["passed"].all(), table


@pytest.mark.parametrize("example", EXAMPLES, ids=CODES)
def test_a_wrong_number_is_seen(example, worked):
    """Each known number is moved by more than twice what is allowed, up and down: it, and no other, fails."""
    for row in judged(example, worked(example)).itertuples():
        step = Decimal(repr(2.5 * row.tolerance))
        for sign in (1, -1):
            text = format((Decimal(row.known) + sign * step).quantize(Decimal(row.known), "ROUND_UP"), "f")
            wrong = judged(replace(example, known={**example.known, row.quantity: text}), worked(example))
            assert wrong[~wrong["passed"]]["quantity"].tolist() == [row.quantity], (row.known, text)


def test_what_is_allowed_by_hand():
    """0.12 stands for 0.115 to 0.125; with a standard error of 0.01, 0.0329 more on either side."""
    example = Example("x", "published", "nobody", {"q": "0.12"}, dict)

    def passed(value, error=0.0):
        return bool(judged(example, {"q": Ours(value, error)})["passed"][0])

    assert [passed(x) for x in (0.1149, 0.1151, 0.1249, 0.1251)] == [False, True, True, False]
    assert [passed(x, 0.01) for x in (0.0819, 0.0822, 0.1578, 0.1581)] == [False, True, True, False]
    whole = replace(example, known={"q": "-7"})
    assert judged(whole, {"q": Ours(-7.4)})["passed"][0] and not judged(whole, {"q": Ours(7.0)})["passed"][0]


def test_examples_are_told_without_working_them(monkeypatch):
    def never():
        raise AssertionError("worked")

    monkeypatch.setattr(module, "EXAMPLES", tuple(replace(example, work=never) for example in EXAMPLES))
    table = module.examples()
    assert table["example"].tolist() == CODES and len(set(CODES)) == len(CODES)
    assert (table["citation"].str.len() > 10).all() and set(table["kind"]) == {"published", "closed form"}
    assert table[table["kind"] == "published"]["example"].tolist() == ["retirement_table"], "only what was printed as a number"
    assert table["numbers"].sum() == sum(len(example.known) for example in EXAMPLES)


def test_the_same_each_time():
    names = ["binomial", "kapur", "crps"]
    first = reproduce(names)
    assert first["example"].drop_duplicates().tolist() == names
    pd.testing.assert_frame_equal(first, reproduce(names))


def test_an_unknown_example_is_told():
    with pytest.raises(ScenarioError) as caught:
        reproduce(["glove", "glov", "nothing_like_it"])
    told = [(p.code, p.value) for p in caught.value.problems]
    assert told == [("evidence_unknown", "glov"), ("evidence_unknown", "nothing_like_it")]
    assert "glove" in caught.value.text("en") and "glove" in caught.value.text("zh")


def test_what_is_not_the_work_s_own_is_said():
    """Made-up rates, an exercise without its answers, an answer of ours: each is said beside the source, in both languages."""
    assert set(evidence.NOTED) <= set(CODES)
    notes = {"en": ("rates made up", "textbook's exercise", "worked from its model"), "zh": ("虚构", "教材练习", "已知答案")}
    for lang, said in notes.items():
        for code, words in zip(evidence.NOTED, said, strict=True):
            (line,) = evidence.citations([code], lang)
            assert words in line, line


def test_every_number_has_a_name_in_both_languages():
    for example in EXAMPLES:
        for lang in LANGS:
            names = [evidence.number_name(example.code, quantity, lang) for quantity in example.known]
            assert len(set(names)) == len(names)


@pytest.mark.parametrize("lang", LANGS)
def test_the_command(lang, tmp_path):
    done = CliRunner().invoke(app, ["reproduce", "glove", "alabama", "--lang", lang, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert {"zh": "2 个算例的 4 个数值全部一致", "en": "All 4 numbers of 2 examples agree"}[lang] in done.output
    assert "0.166667" in done.output and "Shapley 1953" in done.output
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert said["examples"] == ["glove", "alabama"] and said["files"] == ["examples.csv", "numbers.csv"]
    numbers = pd.read_csv(tmp_path / "out" / "numbers.csv")
    assert numbers["passed"].all() and len(numbers) == 4
    assert pd.read_csv(tmp_path / "out" / "examples.csv")["example"].tolist() == ["alabama", "glove"], "no other is cited"


@pytest.mark.parametrize("lang", LANGS)
def test_the_command_ends_with_status_1_where_a_number_differs(lang, monkeypatch):
    """The right glove is said to be worth 0.7."""
    wrong = [replace(e, known={**e.known, "right": "0.700000"}) if e.code == "glove" else e for e in EXAMPLES]
    monkeypatch.setattr(module, "EXAMPLES", tuple(wrong))
    done = CliRunner().invoke(app, ["reproduce", "glove", "product", "--lang", lang])
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert {"zh": "4 个数值中有 1 个不一致：手套博弈", "en": "1 of 4 numbers differ: parts of the glove game"}[lang] in said


def test_the_command_tells_an_unknown_name():
    done = CliRunner().invoke(app, ["reproduce", "glov", "--lang", "en"])
    assert done.exit_code == 2


def test_the_list_of_examples_is_the_one_that_is_worked():
    assert examples()["example"].tolist() == CODES
