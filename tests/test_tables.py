"""Tables of stages with yearly probabilities: published examples to the digit, conservation, chance, policies, messages."""

from __future__ import annotations

import copy
import io
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner

from helpers_scenario import BAD, problems_of
from skillsim import cli
from skillsim.analysis.designed import evaluate, ready
from skillsim.analysis.running import ground_for, run
from skillsim.errors import InvariantError, ScenarioError
from skillsim.report import stages, tables, terminal
from skillsim.results.result import Result, resolve
from skillsim.scenario.basic import Pick
from skillsim.scenario.labels import label_of
from skillsim.scenario.levers import levers
from skillsim.scenario.reader import build, read
from skillsim.scenario.types import OF_A_PLACE, Scenario, numbers

LEVEL = 0.001  # of every test of chance
TOGETHER = 1e-9


def table(stages: dict[str, dict[str, Any]], exits: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a table as it is written; titles follow from codes."""
    def titled(code: str) -> dict[str, dict[str, str]]:
        return {"title": {"zh": f"阶段 {code}", "en": code}}

    return {
        **titled("t"), "stages": {code: {**titled(code), **stage} for code, stage in stages.items()},
        "exits": {code: titled(code) for code in exits},
    }


def alone(tables: dict[str, Any], first: int = 2025, last: int = 2034, **more: Any) -> Scenario:
    """Return a file of tables alone."""
    raw = {"format": 1, "name": "t", "title": {"zh": "表", "en": "t"}, "years": {"first": first, "last": last},
           "as_of": f"{first}-01-01", "tables": tables, **more}
    return build(copy.deepcopy(raw), {})


def means(scenario: Scenario) -> Result:
    """Return the run on the expectation source."""
    off = scenario.uncertainty.model_copy(update={"process": False, "parameters": False})
    return run(scenario.model_copy(update={"uncertainty": off}), 2, seed=1)[0]


def one(result: Result, indicator: str, table: str, *levels: str) -> Any:
    """Return an indicator of a table, or of some of its stages or exits, by year and replication."""
    return result.replicate(indicator, Pick(pathways=[table], levels=list(levels)))


# ------------------------------------------------------------------------------------------------ published, to the digit


def test_the_staffing_table_comes_out_to_the_digit() -> None:
    """A year on 500 · .50 + 150 · .05 + 50 · .05 = 260, 500 · .10 + 150 · .60 = 140, 500 · .05 + 150 · .10 + 50 · .80 = 80 and
    50 · .10 + 30 · .70 = 26 are there; 500 · .35 + 150 · .25 + 50 · .05 + 30 · .30 = 224 have left."""
    result = means(read("published/heneman_judge"))
    got = [one(result, "table_stock", "staff", stage)[0, 0] for stage in ("a1", "a2", "b1", "b2")]
    assert got == pytest.approx([260, 140, 80, 26], abs=TOGETHER)
    assert one(result, "table_exits", "staff")[0, 0] == pytest.approx(224, abs=TOGETHER)
    assert one(result, "table_exits", "staff", "left")[0, 0] == pytest.approx(224, abs=TOGETHER)


def test_the_absorbing_chain_comes_out_to_the_digit() -> None:
    """The fundamental matrix of the chain: (1 - .2)^-1 = 1.25 years in each year of study that is reached, which .7 / .8 = .875
    reach from the one before; 1.25 (1 + .875 + .875² + .875³) = 4.138184 from the first.  .875⁴ = .586182 graduate."""
    base = read("published/kemeny_snell")
    for i, years in enumerate((4.138184, 3.300781, 2.34375, 1.25)):
        starts = {f"tables.course.stages.year_{j + 1}.start": ("set", 1e6 * (i == j)) for j in range(4)}
        with pytest.raises(ScenarioError) as caught:  # the start is a fact
            base.vary(starts)
        assert {problem.code for problem in caught.value.problems} == {"patch_start"}
        raw = copy.deepcopy(dict(base.written))
        for j in range(4):
            raw["tables"]["course"]["stages"][f"year_{j + 1}"]["start"] = 1e6 * (i == j)
        stock = one(means(build(raw, {})), "table_stock", "course")[:, 0]
        assert 1 + stock.sum() / 1e6 == pytest.approx(years, abs=5e-7)
    result = means(base)
    assert one(result, "table_exits", "course", "graduated").sum(axis=0)[0] == pytest.approx(586.181640625, abs=1e-6)
    assert one(result, "table_exits", "course", "dropped").sum(axis=0)[0] == pytest.approx(413.818359375, abs=1e-6)
    assert one(result, "table_exits", "course", "left").sum() == pytest.approx(0, abs=1e-9)


def test_graduates_of_the_absorbing_chain_are_binomial_under_chance() -> None:
    """1,000 entrants: mean 1000 · .586182 = 586.18, variance 1000 · .586182 · .413818 = 242.57, sd 15.575; two-sided tests of
    both at 0.1 %, and a chi-square of the tenths of the distribution."""
    result = run(read("published/kemeny_snell"), 2_000, seed=11)[0]
    graduated = one(result, "table_exits", "course", "graduated").sum(axis=0)
    p, n = 0.875**4, len(graduated)
    assert np.sqrt(1000 * p * (1 - p)) == pytest.approx(15.575, abs=5e-4)
    z = (graduated.mean() - 1000 * p) / np.sqrt(1000 * p * (1 - p) / n)
    assert abs(z) < stats.norm.isf(LEVEL / 2)
    low, high = stats.chi2.ppf([LEVEL / 2, 1 - LEVEL / 2], n - 1)
    assert low < (n - 1) * graduated.var(ddof=1) / (1000 * p * (1 - p)) < high
    edges = [0, *stats.binom.ppf(np.arange(1, 10) / 10, 1000, p), 1000]
    seen = np.histogram(graduated, bins=[-0.5, *(edge + 0.5 for edge in edges[1:])])[0]
    expected = n * np.diff([0, *stats.binom.cdf(edges[1:], 1000, p)])
    assert stats.chisquare(seen, expected).pvalue > LEVEL


def test_the_stationary_stock_of_yearly_hires() -> None:
    """100 hires a year, who leave with .15, .10, .08, .06 and .05 in their first to fifth year: of each class 85, 76.5, 70.38,
    66.1572 and 62.84934 are there after so many years, 360.88654 together, counted before the year's hiring."""
    leaving = (0.15, 0.10, 0.08, 0.06, 0.05)
    years = {f"s{i}": {"moves": {f"s{i + 1}": 1 - leave}} for i, leave in enumerate(leaving)}
    years["s0"]["recruits"] = 100
    scenario = alone({"staff": table({**years, "s5": {}})}, last=2034)
    result = means(scenario)
    counted = one(result, "table_stock", "staff") - one(result, "table_recruits", "staff")
    assert counted[5:, 0] == pytest.approx([360.88654] * 5, abs=1e-5)
    assert counted[:6, 0] == pytest.approx(np.cumsum([0, 85, 76.5, 70.38, 66.1572, 62.849340]), abs=1e-5)


# ------------------------------------------------------------------------------------------------ conservation and chance


def busy(**more: Any) -> Scenario:
    """Return two tables with uncertain rows, several cohorts, recruits that change by year, and named exits."""
    return alone({
        "pupils": table({
            "y1": {
                "start": 400, "recruits": {"series": {2025: 100, 2030: 160}},
                "moves": {"y1": 0.05, "y2": {"uniform": [0.8, 0.9]}},
            },
            "y2": {"start": 300, "moves": {"y2": 0.04, "done": {"beta": [90, 10]}, "moved": 0.02}},
        }, ("done", "moved")),
        "staff": table({
            "low": {"start": {"triangular": [80, 100, 130]}, "recruits": 12, "moves": {"low": 0.8, "high": 0.1}},
            "high": {"start": 40, "moves": {"high": {"normal": [0.9, 0.2]}, "low": 0.05}},
        }),
    }, **more)


def test_nobody_is_lost_in_any_replication_and_year() -> None:
    scenario = busy()
    result = run(scenario, 200, seed=3)[0]
    start = np.repeat(result.inputs.of_stages("start")[0], 2, axis=-1)
    stages_of = [table for table, _ in result.values.layout.flow.stages]
    assert result.history.table_stock.dtype == np.int32 and result.history.table_exits.min() >= 0
    for code in ("pupils", "staff"):
        stock, came, left = (one(result, f"table_{what}", code) for what in ("stock", "recruits", "exits"))
        first = start[[table == code for table in stages_of]].sum(axis=0, keepdims=True)
        before = np.concatenate([first, stock[:-1]])
        assert (before + came == stock + left).all()
    parts = [one(result, "table_exits", "pupils", code) for code in ("done", "moved", "left")]
    assert (sum(parts) == one(result, "table_exits", "pupils")).all() and all(part.any() for part in parts)


def test_means_of_chance_are_the_expectations() -> None:
    """Every stage and exit of every year against the expectation source at certain rows: a z-test each, at 0.1 % in all."""
    scenario = alone({"t": table({
        "a": {"start": 200, "recruits": 50, "moves": {"a": 0.3, "b": 0.4, "out": 0.1}},
        "b": {"start": 100, "moves": {"a": 0.2, "b": 0.5}},
    }, ("out",))})
    drawn, mean = run(scenario, 2_000, seed=5)[0].history, means(scenario).history
    got = np.concatenate([drawn.table_stock, drawn.table_exits], axis=1).astype(float)
    wanted = np.concatenate([mean.table_stock, mean.table_exits], axis=1)[..., 0]
    z = (got.mean(axis=-1) - wanted) / (got.std(axis=-1, ddof=1) / np.sqrt(got.shape[-1]))
    assert np.abs(z).max() < stats.norm.isf(LEVEL / 2 / z.size)


def test_a_loss_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that loses somebody stops the run, with the stage and the replication."""
    from skillsim.chance import Draws

    whole = Draws.split

    def loses(self: Draws, n: Any, p: Any, process: str, *rest: Any) -> Any:
        out = whole(self, n, p, process, *rest)
        if process == "moves of tables":
            out[-1, 1, 3] += 1
        return out

    monkeypatch.setattr(Draws, "split", loses)
    with pytest.raises(InvariantError) as caught:
        run(read("published/heneman_judge"), 10, seed=1)
    assert "moves of tables (staff·a2)" in str(caught.value) and "3" in str(caught.value)


def test_rows_with_a_tail_are_brought_back_to_one() -> None:
    """normal(.9, .2) beside .05 comes to more than 1 in many draws: nobody leaves there, and nobody is doubled."""
    result = run(busy(), 200, seed=4)[0]
    moves = result.inputs.moves
    assert moves.sum(axis=1).max() <= 1 + 1e-12
    flow = result.values.layout.flow
    rows = moves[0, :, flow.stages.index(("staff", "high"))].sum(axis=0)
    assert (rows > 1 - 1e-12).any() and (rows < 0.9).any()


# ------------------------------------------------------------------------------------------------ draws, policies, grounds


def test_uncertain_rows_share_their_draws_by_pair_and_by_word() -> None:
    scenario = alone({"t": table({
        "a": {"start": 100_000_00, "moves": {"a": {"uniform": [0.2, 0.8], "shared": "stay"}}},
        "b": {"start": 100_000_00, "moves": {"b": {"uniform": [0.2, 0.8], "shared": "stay"}}},
        "c": {"start": 100_000_00, "moves": {"c": {"uniform": [0.2, 0.8]}}},
    })}, last=2025)
    result = run(scenario, 400, seed=8)[0]
    a, b, c = (one(result, "table_stock", "t", code)[0] / 1e7 for code in "abc")
    assert np.abs(a[::2] - a[1::2]).max() < 0.002  # one draw for each pair, then 10 million who move by themselves
    assert np.abs(a - b).max() < 0.002 and abs(np.corrcoef(a[::2], c[::2])[0, 1]) < 0.3
    assert stats.kstest((a[::2] - 0.2) / 0.6, "uniform").pvalue > LEVEL


def test_a_policy_acts_from_its_year_on_and_in_pairs() -> None:
    """b2 keeps .9 instead of .7 from 2027 on: on average 26 and 26.2 in 2025 and 2026 as before, then 26.2 · .9 + 9.1 = 32.68."""
    base = read("published/heneman_judge")
    kept = base.vary({"tables.staff.stages.b2.moves.b2": ("add", 0.2, base.as_of.replace(year=2027))}, "kept")
    before, after = (one(means(scenario), "table_stock", "staff", "b2")[:, 0] for scenario in (base, kept))
    assert before[:3] == pytest.approx([26, 26.2, 27.44], abs=TOGETHER)
    assert after[:3] == pytest.approx([26, 26.2, 32.68], abs=TOGETHER)
    mine, theirs = run([base, kept], 50, seed=2)
    same = one(mine, "table_stock", "staff")[:2] == one(theirs, "table_stock", "staff")[:2]
    assert same.all()
    others = [one(result, "table_stock", "staff", "a1", "a2", "b1") for result in (mine, theirs)]
    assert (others[0] == others[1]).all(), "who never meets b2 moves as before"
    assert (one(theirs, "table_stock", "staff", "b2")[2:] >= one(mine, "table_stock", "staff", "b2")[2:]).all()


def test_a_group_of_moves_is_one_kind_of_number() -> None:
    base = read("published/heneman_judge")
    halved = means(base.vary({"tables.staff.stages.*.moves.b1": ("scale", 0.5)}, "halved"))
    assert one(halved, "table_stock", "staff", "b1")[0, 0] == pytest.approx(40, abs=TOGETHER)
    with pytest.raises(ScenarioError) as caught:
        base.vary({"tables.staff": ("scale", 0.5)})
    assert "patch_mixed" in {problem.code for problem in caught.value.problems}


def test_a_policy_may_shift_a_full_row_but_not_overfill_it() -> None:
    """.6 + .4 become .5 + .5 in one year; with .1 added a year before it is taken off they would be 1.1."""
    base = alone({"t": table({"a": {"start": 100, "moves": {"a": 0.6, "b": 0.4}}, "b": {"moves": {"b": 1}}})}, last=2029)
    when = [base.as_of.replace(year=year) for year in (2027, 2028)]
    shift = {"tables.t.stages.a.moves.a": ("add", -0.1, when[0]), "tables.t.stages.a.moves.b": ("add", 0.1, when[0])}
    stays = one(means(base.vary(shift)), "table_stock", "t", "a")[:, 0]
    assert stays == pytest.approx([60, 36, 18, 9, 4.5])
    with pytest.raises(ScenarioError) as caught:
        base.vary(shift | {"tables.t.stages.a.moves.a": ("add", -0.1, when[1])})
    assert [(p.code, p.path) for p in caught.value.problems] == [("sum_over_one", "tables.t.stages.a.moves")]


def test_a_later_year_to_begin_with_changes_no_byte() -> None:
    """With what is decided already run once, and like a result with the same students, the figures are those of a run from the
    start; so they are in other chunks."""
    scenario = busy(as_of="2028-03-01").vary({"tables.pupils.stages.y1.recruits": ("scale", 2)}, "more")
    ground = ground_for(busy(as_of="2028-03-01"), 60, seed=6, threads=2)
    whole = run(scenario, 60, seed=6, threads=1)[0]
    again = run(scenario, 60, seed=6, threads=2, ground=ground)[0]
    third = run(scenario, 60, seed=6, ground=ground, like=again)[0]
    few = run(scenario, 20, seed=6)[0]
    assert one(whole, "table_recruits", "pupils")[4:].mean() > 250  # of 2029 and later
    for f in fields(whole.history):
        one_, two, three, four = (getattr(result.history, f.name) for result in (whole, again, third, few))
        assert (one_ == two).all() and (one_ == three).all() and (one_[..., :20] == four).all(), f.name


def test_the_model_at_chosen_values_of_its_numbers() -> None:
    """The middle of uniform(.2, .8) is .5: 500 of 1,000 stay; the 5 % point .23."""
    scenario = alone({"t": table({"a": {"start": 1000, "moves": {"a": {"uniform": [0.2, 0.8]}}}})}, last=2026)
    found = evaluate(
        ready(scenario), {"tables.t.stages.a.moves.a": np.array([0.5, 0.05])},
        lambda values: values.value("table_stock", Pick(pathways=["t"])),
    )
    assert found == pytest.approx(np.array([[500, 230], [250, 52.9]]))


# ------------------------------------------------------------------------------------------------ beside a place


def test_tables_beside_a_place_leave_its_bytes_alone() -> None:
    base = read("small")
    raw = dict(base.written) | {"tables": {"staff": table({"a": {"start": 90, "recruits": 10, "moves": {"a": 0.9}}})}}
    plain, beside = run(base, 20, seed=9)[0], run(build(raw, {}), 20, seed=9)[0]
    for f in fields(plain.history):
        mine, yours = getattr(plain.history, f.name), getattr(beside.history, f.name)
        assert mine.size == 0 and yours.shape[1] == 1 if f.name.startswith("table_") else (mine == yours).all(), f.name
    frame = beside.frame()
    of_tables = frame["indicator"].str.startswith("table_")
    assert frame[~of_tables].reset_index(drop=True).equals(plain.frame()) and of_tables.sum() == 3 * 2 * 5
    assert plain.targets().equals(beside.targets())
    assert "tables" not in resolve(base), "what a file does not state is not part of its content"


def test_tables_beside_a_market_run_with_it() -> None:
    base = read("small_jobs")
    raw = dict(base.written) | {"tables": {"staff": table({"a": {"start": 90, "recruits": 10, "moves": {"a": 0.9}}})}}
    scenario = build(raw, {})
    moved = scenario.vary({"retention.tightness": ("add", 0.5)}, "moved")
    first = run(scenario, 20, seed=9)[0]
    like = run(moved, 20, seed=9, ground=ground_for(scenario, 20, seed=9), like=first)[0]
    whole = run(moved, 20, seed=9)[0]
    assert all((getattr(like.history, f.name) == getattr(whole.history, f.name)).all() for f in fields(whole.history))
    assert (one(like, "table_stock", "staff") == one(first, "table_stock", "staff")).all() and like.history.table_stock.any()


# ------------------------------------------------------------------------------------------------ results and words


def test_rows_by_table_and_stage_and_no_sum_over_tables() -> None:
    frame = run(busy(), 4, seed=1)[0].frame()
    rows = set(frame[["indicator", "pathway", "level"]].itertuples(index=False, name=None))
    assert set(frame["indicator"]) == {"table_stock", "table_recruits", "table_exits"}
    assert ("table_exits", "pupils", "done") in rows and ("table_exits", "staff", "left") in rows
    assert ("table_stock", "staff", "") in rows and all(pathway for _, pathway, _ in rows)
    assert ("table_stock", "pupils", "low") not in rows


def test_a_target_of_a_table_has_its_probability() -> None:
    """Of 30 people of a stage each stays with .7: at least 21 do with P(Bin(30, .7) ≥ 21); a z-test at 0.1 %."""
    target = {
        "title": {"zh": "甲", "en": "a"}, "indicator": "table_stock", "of": {"pathways": ["t"], "levels": ["a"]}, "year": 2025,
        "direction": "at_least", "value": 21, "clause": "made up",
    }
    scenario = alone({"t": table({"a": {"start": 30, "moves": {"a": 0.7}}, "b": {"start": 7}})}, targets={"t": target})
    (answer,) = run(scenario, 4_000, seed=13)[0].answers
    p = stats.binom.sf(20, 30, 0.7)
    assert abs(answer.probability - p) < stats.norm.isf(LEVEL / 2) * np.sqrt(p * (1 - p) / 4_000)
    assert answer.last_intakes == {} and answer.movable_until is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_shown_is_called_by_its_titles(lang: str) -> None:
    result = run(read("published/kemeny_snell"), 20, seed=1)[0]
    ((heading, frame),) = stages.people(result, lang)
    words = {
        "zh": ("四年学制", "一年级", "年末合计", "离开：退学"),
        "en": ("a four-year course", "first year", "all there", "left: dropped out"),
    }
    assert words[lang][0] in heading
    assert [words[lang][i] in set(frame.iloc[:, 0]) for i in (1, 2, 3)] == [True] * 3
    assert list(frame.columns)[2:] == [*map(str, range(2025, 2032)), "2049"]
    assert frame.iloc[0, 1] == "1,000" and frame.iloc[0, 2].split("\n")[0] == stages.figure(
        float(one(result, "table_stock", "course", "year_1")[0].mean()), "persons"
    )
    tidy = tables.tidy(result, lang)
    assert {words[lang][1], words[lang][3]} <= set(tidy.to_numpy().ravel().tolist()), "codes have given way to titles"
    assert not {"course", "year_1", "dropped"} & set(tidy.to_numpy().ravel().tolist())


def test_every_number_of_a_table_has_a_name_of_its_own() -> None:
    base = read("published/kemeny_snell")
    wanted = {
        "zh": "四年学制 · 四年级 · 年流转比例 · 毕业", "en": "a four-year course · fourth year · moves a year on · graduated",
    }
    for lang, row in wanted.items():
        names = [label_of(path, base, lang) for path, _, _ in numbers(base, written=True)]
        assert row in names and len(set(names)) == len(names) == 13
    assert levers(base) == {}, "there is nothing to decide of a place where there is none"


# ------------------------------------------------------------------------------------------------ files


def test_a_file_of_tables_needs_nothing_of_a_place_or_all_of_it() -> None:
    base = dict(read("published/heneman_judge").written)
    with pytest.raises(ScenarioError) as caught:
        build(base | {"levels": ["college"]}, {})
    assert [(p.code, p.args["key"]) for p in caught.value.problems] == [("missing", key) for key in OF_A_PLACE[1:]]
    with pytest.raises(ScenarioError) as caught:
        build({key: value for key, value in base.items() if key not in ("tables", "targets")}, {})
    assert [(p.code, p.args["key"]) for p in caught.value.problems] == [("missing", key) for key in OF_A_PLACE]


def test_people_of_a_country_are_counted_one_by_one() -> None:
    """2.1 billion who stay with .9: binomial, mean 1.89e9, sd √(2.1e9 · .9 · .1) = 13,748; a two-sided test of both at 0.1 %, and
    nobody lost on the way.  The most that 32 bits hold is taken, one more is not."""
    stages_ = {"a": {"start": 2.1e9, "moves": {"a": 0.9, "b": 0.1}}, "b": {}}
    result = run(alone({"t": table(stages_)}, last=2026), 400, seed=3)[0]
    a = one(result, "table_stock", "t", "a")[0]
    sd = np.sqrt(2.1e9 * 0.09)
    assert sd == pytest.approx(13748, abs=1) and a.min() > 0
    assert abs(a.mean() - 1.89e9) < stats.norm.isf(LEVEL / 2) * sd / np.sqrt(len(a))
    low, high = stats.chi2.ppf([LEVEL / 2, 1 - LEVEL / 2], len(a) - 1)
    assert low < (len(a) - 1) * a.var(ddof=1) / sd**2 < high
    both = one(result, "table_stock", "t")
    assert (both[0] == 2.1e9).all() and (both[1] + one(result, "table_exits", "t")[1] == 2.1e9).all()
    ((_, frame),) = stages.people(result, "en")
    assert frame.iloc[0, 1] == "2,100,000,000"
    most = run(alone({"t": table({"a": {"start": 2**31 - 1, "moves": {"a": 1}}})}, last=2025), 4, seed=1)[0]
    assert (one(most, "table_stock", "t") == 2**31 - 1).all()
    with pytest.raises(ScenarioError) as caught:
        alone({"t": table({"a": {"start": 2**31 - 1, "moves": {"a": 1}}, "b": {"start": 1}})})
    assert [p.code for p in caught.value.problems] == ["table_people"]
    assert "uncertainty: {process: false}" in caught.value.problems[0].text("en")


def test_who_leaves_may_be_written() -> None:
    """.7 stay and .2 are said to leave: .3 leave, as whoever a row sends nowhere does; with .3 it is the same."""
    rows = [{"a": 0.7}, {"a": 0.7, "left": 0.2}, {"a": 0.7, "left": 0.3}]
    results = [means(alone({"t": table({"a": {"start": 100, "moves": row}}, exits)})) for row in rows for exits in ((), ("x",))]
    for result in results:
        assert one(result, "table_exits", "t", "left")[:2, 0] == pytest.approx([30, 21])
    base = alone({"t": table({"a": {"start": 100, "moves": rows[1]}})})
    assert label_of("tables.t.stages.a.moves.left", base, "en") == "t · a · moves a year on · left"
    assert label_of("tables.t.stages.a.moves.left", base, "zh") == "阶段 t · 阶段 a · 年流转比例 · 离开"
    with pytest.raises(ScenarioError) as caught:
        alone({"t": table({"a": {"moves": {"a": 0.9, "left": 0.2}}})})
    assert [p.code for p in caught.value.problems] == ["sum_over_one"]


def test_a_stage_may_be_called_start() -> None:
    """Who moves to it can be changed by policies, though no start can."""
    base = alone({"t": table({"start": {"start": 10, "moves": {"start": 0.5}}})})
    varied = base.vary({"tables.t.stages.start.moves.start": ("set", 0.4)})
    assert one(means(varied), "table_stock", "t")[0, 0] == pytest.approx(4)
    with pytest.raises(ScenarioError):
        base.vary({"tables.t.stages.start.start": ("set", 5)})


@pytest.mark.parametrize(("due", "shown"), [
    (range(2026, 2036), [2025, 2026, 2027, 2028, 2029, 2030, 2031, 2045]),
    ([2040, 2035], [2025, 2026, 2027, 2028, 2029, 2035, 2040, 2045]),
    ([], [2025, 2026, 2027, 2028, 2029, 2030, 2031, 2045]),
])
def test_the_first_year_the_last_and_targets_are_shown(due: Any, shown: list[int]) -> None:
    asked = {
        f"t{year}": {"title": {"zh": "甲", "en": "a"}, "indicator": "table_stock", "year": year, "direction": "show",
                     "clause": "made up"}
        for year in due
    }
    scenario = alone({"t": table({"a": {"start": 5}}, ("x",))}, last=2045, **({"targets": asked} if asked else {}))
    assert stages.shown_years(scenario) == shown
    ((_, frame),) = stages.people(means(scenario), "zh")
    assert list(frame.columns)[2:] == [*map(str, shown)] and not (frame == "").any().any()
    assert list(frame.iloc[:, 0]) == ["阶段 a", "其他去向"] and frame.iloc[1, 1] == "—"


def test_the_heads_of_years_are_never_taken_apart() -> None:
    """Neither a year nor the words behind that of the start, however wide the terminal."""
    for one_ in terminal.people(run(busy(), 20, seed=1)[0], "zh"):
        for width in range(70, 140, 4):
            console = Console(width=width, file=io.StringIO())
            console.print(terminal.fit(one_, console))
            said = console.file.getvalue()  # type: ignore[attr-defined]
            assert all(text in said for text in ("2024", "年年末", "2025", "2034")), said


def test_no_seat_plan_is_written_of_tables(tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"
    done = CliRunner().invoke(
        cli.app, ["seat-plan", "published/heneman_judge", "--year", "2025", "--out", str(out), "--lang", "en", "-n", "2"])
    assert done.exit_code == 2 and not out.exists() and "has tables alone and no seats" in done.output + done.stderr


def test_too_large_tables_are_refused() -> None:
    stages_ = {f"s{i}": {"moves": {f"s{j}": 0.001 for j in range(150)}} for i in range(150)}
    with pytest.raises(ScenarioError) as caught:
        alone({"t": table(stages_)})
    (problem,) = caught.value.problems
    assert problem.code == "table_limit" and "22,650" in problem.text("en") and "22,650" in problem.text("zh")


def test_rows_that_shift_over_the_years_may_come_to_one_in_each() -> None:
    """.5 + .5 in the first year and .4 + .6 in the last: never above 1, though the highest of each come to 1.1."""
    row = {"a": {"series": {2025: 0.5, 2034: 0.4}}, "b": {"series": {2025: 0.5, 2034: 0.6}}}
    scenario = alone({"t": table({"a": {"start": 10, "moves": row}, "b": {"moves": {"b": 1}}})})
    result = means(scenario)
    assert one(result, "table_stock", "t").ravel() == pytest.approx([10] * 20)


def test_a_file_of_tables_is_told_what_is_wrong_by_line(tmp_path: Path) -> None:
    text = read_text("heneman_judge").replace("b2: 0.70}", "b3: 0.70}")
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    (problem,) = problems_of(path)
    at = 1 + next(i for i, line in enumerate(text.split("\n")) if "b3: 0.70" in line)
    assert (problem.code, problem.line, problem.path) == ("unknown_code", at, "tables.staff.stages.b2.moves.b3")


def read_text(name: str) -> str:
    return (BAD.parents[1] / "scenarios" / "published" / f"{name}.yaml").read_text(encoding="utf-8")
