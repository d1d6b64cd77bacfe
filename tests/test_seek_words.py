"""What goal seek says: prices, money for nothing, luck of the search, what can be asked, and what is told together."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

import worlds as w
from helpers_scenario import LANGS, SMALL, told_well
from skillsim.analysis.running import run
from skillsim.analysis.seek import seek
from skillsim.analysis.sought import CHECK_COLUMNS
from skillsim.analysis.trials import Wish, moved
from skillsim.analysis.wishes import Move
from skillsim.cli import app
from skillsim.errors import ScenarioError
from skillsim.report.answers import seek as words
from skillsim.report.answers.seek import _fitted, _table
from skillsim.scenario.levers import levers
from skillsim.scenario.reader import read
from test_seek import LEVEL, SEATS, growing, target, town


def call(*args):
    return CliRunner().invoke(app, ["seek", *args], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def found():
    return seek(town(), [Wish("stay", 0.9)], [Move(LEVEL, 0, 2, 500_000)], replications=200)


def test_parts_are_of_the_keys_of_the_check(found):
    """One lever: its part is what 200 replications gain on the seed of the check (the second one: the first fell short); the
    search's own keys would give another number."""
    assert found.raised > 0
    level = found.best.amounts[LEVEL]
    mixes = [moved(found.scenario, found.handles, [x]) for x in (level, 0)]
    there, stands = (run(one, 200, found.seed + 2)[0].replicate("local_retention_r1")[1] for one in mixes)
    parts = found.parts.set_index("quantity")
    assert parts.loc["value", "part"] == pytest.approx((there - stands).mean(), abs=1e-12)
    assert parts.loc["value", "start"] == pytest.approx(stands.mean(), abs=1e-12)
    assert parts.loc["probability", "part"] == pytest.approx((there >= 0.7).mean() - (stands >= 0.7).mean(), abs=1e-12)
    assert parts.loc["value", "part"] != pytest.approx(found.best.mean["stay"] - found.base.mean["stay"], abs=1e-9)
    assert set(found.trials["part"]) <= {"base", "design", "search", "peak"}


def test_what_stands_on_the_keys_of_the_search_says_so(found):
    """Above 0.05 points of optimism a sentence follows the curve; below there is none."""
    for lang in LANGS:
        (said,) = words.optimistic(replace(found, checked=found.checked.assign(optimism=0.0312)), lang)
        assert "3.1" in said
        assert words.optimistic(replace(found, checked=found.checked.assign(optimism=-0.01)), lang) == []


def test_a_price_says_what_it_is_for(found):
    """A unit of a factor is all of the seats, 300 in 2026; of a level one of its own unit; of a share 100 points."""
    seats = seek(growing(), [Wish("many")], [Move(SEATS, 1, 2, 500_000)], replications=4)
    (zh,), (en,) = (words.prices(seats, lang) for lang in LANGS)
    assert "每变动 100 %（" in zh and "500,000 元" in zh and "每 1 % 5,000 元" in zh
    assert "500,000 yuan for each 100 % moved (" in en and "persons)" in en and "5,000 for each 1 %" in en
    (zh,), (en,) = (words.prices(found, lang) for lang in LANGS)
    assert "每变动 1 1,000 500,000 元" in zh and "for each unit moved (1 · 1,000)" in en
    assert words.prices(replace(found, handles=tuple(replace(one, price=0.0) for one in found.handles)), "en") == []
    leaky = w.build(w.place({"p": w.path(w.stage(dropout=0.4))}, [w.row("p", 200)], targets={"stay": target(year=2025)}))
    lever = next(one for one in levers(leaky).values() if one.op != "scale" and one.unit in ("share", "rate"))
    handles = (replace(found.handles[0], lever=lever, price=1e6),)
    (zh,), (en,) = (words.prices(replace(found, scenario=leaky, handles=handles), lang) for lang in LANGS)
    assert "每变动 100 个百分点 1,000,000 元，即每 1 个百分点 10,000 元" in zh and "10,000 for each point" in en


def test_money_for_nothing_is_said():
    """No mix makes 700 seats likelier than the 0 of what stands: said so, and no lever is named; of a mix that is nearest, what
    stands is told beside it, and that the check sees no difference where it sees none."""
    none = seek(growing(value=700), [Wish("many")], [Move(SEATS, 1, 1.2, 100)], replications=4)
    assert "没有一种的达成概率高于维持现状的" in words.answer(none, "zh") and "none is more likely" in words.answer(none, "en")
    # 185 of 200 stay with 0.88 each, in 2 % of all cases or so; as it stands never
    some = seek(town(targets={"stay": target(value=0.925)}), [Wish("stay")], [Move(LEVEL, 0, 2)], replications=200)
    assert some.status == "never" and some.best.amounts != some.base.amounts
    (row,) = some.checked.to_dict("records")
    assert row["gain"] == pytest.approx(row["fresh"] - row["fresh_base"]) and row["gain_error"] > 0
    assert list(some.checked.columns) == list(CHECK_COLUMNS)
    plain = some.checked.assign(fresh=0.3, fresh_base=0.1, gain=0.2, gain_error=0.01)
    cases = [plain, plain.assign(gain_error=0.2), plain.assign(fresh=0.1, gain=0.001, gain_error=0.0)]
    for lang, stands, same in (("zh", "维持现状为", "没有明显差别"), ("en", "As it stands it is", "no difference to speak of")):
        said = [words.answer(replace(some, checked=one), lang) for one in cases]
        assert stands in said[0] and [same in one for one in said] == [False, True, True]


def test_what_costs_less_is_said_to():
    """12 and -12 ten thousands: more, and less, with the ends of the interval in the order of the figure."""
    found = seek(growing(), [Wish("many")], [Move(SEATS, 1, 2)], replications=4)
    dear, cheap = (replace(found.best, cost=x, cost_low=x - 10_000, cost_high=x + 30_000) for x in (120_000, -120_000))
    assert words.cost(dear, "zh") == "增加 12.0 万元（95 % 区间 11.0 至 15.0）"
    assert words.cost(cheap, "zh") == "减少 12.0 万元（95 % 区间 9.0 至 13.0）"
    assert words.cost(replace(cheap, cost_low=-120_000, cost_high=-120_000), "en") == "12.0 × 10,000 yuan less"


def test_headings_keep_their_words():
    """A column of short figures is as wide as the longest word of its heading."""
    table = _table("seek_mix_title", ["x", "responsibility"], "en")
    table.add_row("a", "1")
    assert _fitted(table).columns[1].min_width >= len("responsibility") / 2


@pytest.mark.parametrize("lang", LANGS)
def test_without_a_target_all_that_can_be_asked_is_listed(lang):
    """Every code that --target and --lever take, one a line, whole."""
    done = call(str(SMALL), "--lang", lang)
    assert done.exit_code == 0, done.stderr
    scenario, lines = read(SMALL), done.stdout.split("\n")
    codes = [code for code, one in levers(scenario).items() if one.unit != "switch"]
    assert {*codes, *(code for code, one in scenario.targets.items() if one.direction != "show")} <= set(lines)
    at = lines.index("quota.sve_3")
    assert ("倍数 0 – 3（1 为现状）" if lang == "zh" else "factor 0 – 3 (1: as it stands)") in lines[at + 1]


def test_too_few_and_a_taken_folder_are_told_with_the_rest(tmp_path):
    """Probabilities of fewer than 200 are not shown, so that none is sought; all that is wrong comes at once."""
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    for lang in LANGS:
        done = call(str(SMALL), "--target", "nope", "--probability", "1.5", "-n", "20", "--out", str(tmp_path), "--lang", lang)
        assert done.exit_code == 2 and told_well(done.stderr.split("\n", 1)[1])
        for said in (str(tmp_path), "nope", "replications = 20", "200", "probability = 1.5"):
            assert said in done.stderr.replace("\n", "")
        assert "nope = 1.5" not in done.stderr
    assert "replications = 201" in call(str(SMALL), "--target", "share", "-n", "201").stderr


def test_tables_have_no_levers():
    """A file of tables alone has nothing to move: said once, with and without a lever named."""
    for more in ([], ["--lever", "quota.x"]):
        done = call("published/kemeny_snell", "--target", "graduates", *more, "--lang", "en")
        assert done.exit_code == 2 and done.stderr.count("tables have none") == 1 and "'quota.x'" not in done.stderr
    assert "流转表" in call("published/kemeny_snell").stderr
    with pytest.raises(ScenarioError) as caught:
        seek(read("published/kemeny_snell"), [Wish("x")])
    assert "seek_no_levers" in [one.code for one in caught.value.problems]


@pytest.mark.parametrize(("year", "later"), [(2026, True), (2028, False)])
def test_nothing_is_said_of_later_years_where_there_are_none(year, later):
    """The scenario ends in 2028."""
    never = seek(growing(value=700, year=year), [Wish("many")], [Move(SEATS, 1, 1.1)], replications=4)
    assert never.status == "never"
    assert ("later year" in words.answer(never, "en")) is later and ("以后任何一年" in words.answer(never, "zh")) is later
