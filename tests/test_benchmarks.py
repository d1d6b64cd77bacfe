"""What the benchmarks hold that does not depend on the machine: counts, ratios of one process, the same bytes, and that a wrong
answer stops them.  No clock is held against seconds."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from benchmarks import __main__ as terminal
from benchmarks import micro, model
from benchmarks.bars import BARS
from benchmarks.measure import Timing, beside, row, side_by_side, timed
from benchmarks.peers import table

import skillsim as ss
from skillsim.analysis.running import SEED, run
from skillsim.chance import Draws

FEW = 20
MOST = {  # draws per replicate, some 5 % above what they were when this was written
    "small": 580, "small_jobs": 1_200, "quzhou/baseline": BARS["draws"].must, "linzi/baseline": 37_500,
    "baoji/baseline": 200_000, "liaocheng/baseline": 215_000, "ningxia/baseline": 320_000,
}


def draws(scenario, replications=FEW):
    return run(scenario, replications, SEED, 1)[0].draws / replications


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_draws_per_replicate(name, most):
    assert 0.5 * most < draws(ss.load(name)) <= most


def test_draws_per_replicate_of_a_plan():
    assert draws(ss.load("quzhou/baseline").vary("plan_2025")) <= BARS["draws"].must


def test_draws_do_not_grow_with_people():
    few, many = (draws(model.times_as_many("small_jobs", n / model.ENTRANTS)) for n in (10_000, 10_000_000))
    assert many <= BARS["people"].must * few


def test_draws_are_most_of_a_run():
    """Not held against seconds, but one part of a run's processor time against all of it, in the same run: 1.3 as measured, and
    as far from the bar of this test as only another design would bring it.  The best of three, for caches that others empty."""
    found = [run(ss.load("quzhou/baseline"), 200, SEED, 1)[0].statistics for _ in range(3)]
    assert all(0 < one["seconds_in_draws"] < one["seconds"] for one in found)
    assert min(one["seconds"] / one["seconds_in_draws"] for one in found) < 2.0


@pytest.mark.parametrize("wish", [model.RATE, model.QUOTA], ids=["rate", "quota"])
def test_pairs_narrow_a_difference(wish):
    """Of 400 replications each of the two variances has a relative standard error of sqrt(2 / 400) = 7 %, their ratio 10 %:
    far less than from what was measured (60 and more) to the bar."""
    scenario = model.to_last("small", False)
    before, after = (model.retained(one) for one in run([scenario, scenario.vary(wish, "changed")], 400, SEED))
    assert model.gained(before, after) >= BARS["variance"].must


def test_variance_ratio_by_hand():
    """Independent values have 1; values that differ by d, which takes -1 and 1 by turns, have var(x) + var(y) over var(d)."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 100_000))
    assert model.gained(x, y) == pytest.approx(1, abs=0.02)
    d = np.tile([-1.0, 1.0], 50)
    x = np.repeat([0.0, 10.0], 50)  # var 25 · 100/99, and d is uncorrelated with it: var(x + d) = 26 · 100/99
    assert model.gained(x, x + d) == pytest.approx(25 + 26)
    with pytest.raises(AssertionError, match="moves nobody"):
        model.gained(x, x + 1)


def test_two_threads_give_the_same_bytes():
    scenario = ss.load("small_jobs")
    one, two = (run(scenario, 200, SEED, threads)[0] for threads in (1, 2))
    assert model.same_bytes(one, two)
    assert not model.same_bytes(one, run(scenario, 200, SEED + 1, 1)[0])


def test_draws_made_again_are_as_many():
    with model.recorded() as calls:
        result = run(ss.load("small_jobs"), FEW, SEED, 1)[0]
    assert model.replayed(calls) == result.draws
    many = len(calls)
    run(ss.load("small_jobs"), FEW, SEED, 1)
    assert len(calls) == many  # nothing is written down any more


# ---- telling


def timing(*samples, cpu=False):
    return Timing(samples, None, cpu)


def about(middle, spread=0.01):
    """Four samples with quartiles that lie half of a relative spread from their median on either side."""
    return timing(*(middle * (1 + one * spread) for one in (-0.5, 0.5, -0.5, 0.5)))


def a_run(*rows, parts=("model",)):
    return {"parts": parts, "rows": [{"part": "model"} | asdict(one) for one in rows]}


def told(now, before):
    return [(one.told, one.worse) for one in terminal.compared(a_run(now), a_run(before))]


def beside_bare(seconds, spread=0.01, machine=1.0, bar=None):
    """A row of so many seconds beside uniforms of 0.1 s, on a machine that takes so many times as long."""
    mine = about(seconds * machine, spread)
    return row("model", "a run", mine, "", reference=("bare", timing(*4 * [0.1 * machine]), 1), bar=bar, value=mine.seconds)


def alone(seconds, spread=0.01, cpu=False):
    return row("model", "a run", replace(about(seconds, spread), cpu=cpu), "")


def counted(bar, value):
    return row("model", "a count", timing(1.0), "", bar=bar, value=value)


def all_in(value, spread=0.01):
    """A run of 1 s beside its own draws."""
    draws = timing(*(one / value for one in about(1.0, spread).samples))
    return row("model", "all-in", timing(*4 * [1.0]), "", reference=("draws", draws, 1), bar="all_in", value=value)


def peer(mine, theirs, bar="compiled", spread=0.01):
    """A peer's row of a replicate, as benchmarks/peers/table.py makes it; skillsim's is of 1,000."""
    taken = timing(*4 * [1000 * mine])
    return table._row("pathway", "peer", about(theirs, spread), 1, table.YEARS, taken, bar, {}, True)


def test_ratio_and_quartiles_by_hand():
    """Samples 1 .. 5: quartiles 2, 3, 4; a reference of twice each: ratio 2 in every turn, whatever the drift."""
    mine = timing(1.0, 2.0, 3.0, 4.0, 5.0)
    assert (mine.low, mine.seconds, mine.high) == (2, 3, 4)
    assert beside(timing(2.0, 4.0, 6.0, 8.0, 10.0), mine) == (2, 2, 2)
    told = row("g", "n", mine, "", units=10, per="draw", reference=("r", timing(2.0, 4.0, 6.0, 8.0, 10.0), 5))
    assert (told.seconds, told.ratio) == (pytest.approx(0.3), pytest.approx(4))  # .4 a piece against .1


def test_ratio_of_a_peer_by_hand():
    """skillsim takes 0.1 s a replicate, the peer 1.2 s on half of the intakes, so 2.4 s: 1 / 24 as fast, 24 times as long."""
    found = table._row("g", "n", timing(1.2), 1, table.YEARS // 2, timing(100.0), "compiled", {}, True)
    assert (found.seconds, found.ratio, found.value) == (pytest.approx(2.4), pytest.approx(1 / 24), pytest.approx(24))


@pytest.mark.parametrize(("now", "before", "said", "worse"), [
    (beside_bare(2.6), beside_bare(2.0), "a run: slower: 1.30 times the time beside bare", True),
    (beside_bare(1.5), beside_bare(2.0), "a run: faster: 0.75 times the time beside bare", False),
    (beside_bare(1.3, bar="answer"), beside_bare(0.9, bar="answer"),
     "a run: slower: 1.44 times the time beside bare, 0.9 → 1.3 s", True),
    (beside_bare(0.9, bar="answer"), beside_bare(1.3, bar="answer"),
     "a run: faster: 0.69 times the time beside bare, 1.3 → 0.9 s", False),
    (alone(1.25, cpu=True), alone(1.0, cpu=True), "a run: slower: 1.25 times the time", True),
    (alone(1.6), alone(1.0), "a run: slower: 1.60 times the time", True),
    (counted("draws", 75_000), counted("draws", 70_000), "a count: worse: 70,000 → 75,000 draws", True),
    (counted("memory", 580), counted("memory", 390), "a count: worse: 390 → 580 MB", True),
    (counted("memory", 390), counted("memory", 580), "a count: better: 580 → 390 MB", False),
    (counted("variance", 50), counted("variance", 60), "a count: worse: 60 → 50 times", True),
    (counted("variance", 60), counted("variance", 50), "a count: better: 50 → 60 times", False),
    (all_in(1.49), all_in(1.20), "all-in: slower: 1.2 → 1.49 times", True),
    (peer(1.0, 16.0), peer(1.0, 12.0), "peer: longer: 12 → 16 times as long as skillsim", False),
    (peer(1.5, 12.0), peer(1.0, 12.0), "peer: slower: skillsim beside it, 12 → 8 times as long as skillsim", True),
    (peer(1.5, 12.0, None), peer(1.0, 12.0, None), "peer: slower: skillsim beside it, 12 → 8 times as long as skillsim", True),
])
def test_a_planted_change_is_told(now, before, said, worse):
    assert told(now, before) == [(f"{now.group} · {said}", worse)]


@pytest.mark.parametrize(("now", "before"), [
    (beside_bare(2.08, 0), beside_bare(2.0, 0)),  # within 5 %
    (beside_bare(2.4, 0.08), beside_bare(2.0, 0.08)),  # 20 %; three joint spreads: 3 · hypot(2.4, 2) · .08 / 2 = 37 %
    (beside_bare(0.9, machine=1.45, bar="answer"), beside_bare(0.9, bar="answer")),  # a slower machine
    (beside_bare(0.6, machine=2, bar="answer"), beside_bare(0.9, bar="answer")),  # 0.9 s → 1.2 s, but "faster" beside bare: load
    (beside_bare(0.94, 0, bar="answer"), beside_bare(0.9, 0, bar="answer")),
    (alone(1.14, 0, cpu=True), alone(1.0, 0, cpu=True)),
    (alone(1.45, 0), alone(1.0, 0)),
    (counted("draws", 73_000), counted("draws", 70_000)), (counted("memory", 408), counted("memory", 390)),
    (counted("variance", 58), counted("variance", 60)),
    (all_in(1.25, 0), all_in(1.2, 0)), (all_in(1.49, 0.06), all_in(1.2, 0.06)),  # 24 %; 3 · hypot(1.49, 1.2) · .06 / 1.2 = 29 %
    (peer(1.0, 12.5, spread=0), peer(1.0, 12.0, spread=0)), (peer(1.04, 12.0, spread=0), peer(1.0, 12.0, spread=0)),
    (peer(1.3, 16.0), peer(1.0, 12.0)),  # a slower machine
    (replace(alone(5.0), peer=True), replace(alone(1.0), peer=True)),  # another tool, alone
])
def test_noise_is_not_told(now, before):
    assert told(now, before) == []


def test_what_is_new_or_gone_is_told():
    draws, other = counted("draws", 100.0), alone(1.0)
    found = terminal.compared(a_run(draws), a_run(other))
    assert found == [terminal.Change("model · a count: new"), terminal.Change("model · a run: gone")]
    assert terminal.compared(a_run(parts=("micro",)), a_run(other)) == []  # its part was not run


def test_what_was_taken_once_says_nothing_of_its_noise():
    def once(seconds):
        return row("model", "a run", timing(seconds), "", reference=("bare", timing(1.0), 1))

    assert told(once(2.6), once(2.0)) == []
    assert len(told(once(3.2), once(2.0))) == 1


def test_bars():
    assert [BARS["draws"].verdict(value) for value in (70_000, 120_000, 120_001)] == ["aim", "met", "MISSED"]
    assert [BARS["variance"].verdict(value) for value in (40, 20, 19.9)] == ["aim", "met", "MISSED"]
    assert BARS["draws"].held(123_456.7) == "123,457 draws (≤ 120,000 / 70,000 draws): MISSED"


def test_every_bar_is_told_in_the_table():
    for name, bar in BARS.items():
        assert f"| {bar.held(bar.aim)} |" in terminal.line(counted(name, bar.aim))
    assert {tool.bar for tool in table.TOOLS} - {None} <= set(BARS)


def test_the_command_writes_what_it_measured(tmp_path, monkeypatch, capsys):
    told = replace(row("draws", "one", timing(2e-9, 2e-9), "sums", per="draw"), bar="per_draw", value=200.0)
    monkeypatch.setattr(micro, "rows", lambda quick: iter([told]))
    out = tmp_path / "now.json"
    terminal.main(["micro", "--quick", "--out", str(out)])
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["rows"] == [{"part": "micro"} | asdict(told)]
    assert {"processor", "cores", "python", "numpy"} <= set(found["machine"])
    shown = capsys.readouterr().out
    assert "| draws | one | 2 ns per draw |" in shown
    assert "missed: one" in shown
    terminal.main(["micro", "--quick", "--against", str(out)])
    assert "Nothing changed beyond noise." in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:  # a bar is missed
        terminal.main(["micro", "--quick", "--strict"])
    assert ended.value.code == 1
    for wrong in (["micro", "--against", str(out)], ["macro"]):  # of another size; no such part
        with pytest.raises(SystemExit):
            terminal.main(wrong)


def test_strict_ends_with_a_status(tmp_path, monkeypatch):
    """60 and 64 ns are both below the aim, but 64 is 7 % more: told as slower; 61 is not."""
    before = tmp_path / "before.json"

    def strict(value, *words):
        monkeypatch.setattr(micro, "rows", lambda quick: iter([beside_bare(value, 0, bar="per_draw")]))
        terminal.main(["micro", "--strict", *words])

    strict(60.0, "--out", str(before))
    strict(61.0, "--against", str(before))
    with pytest.raises(SystemExit) as ended:
        strict(64.0, "--against", str(before))
    assert ended.value.code == 1


# ---- a wrong answer


def test_a_wrong_answer_stops_a_time():
    def right(answer):
        assert answer == 1

    assert timed(lambda: 1, right, 2).answer == 1
    with pytest.raises(AssertionError):
        timed(lambda: 2, right, 2)
    answers = iter([1, 1])
    with pytest.raises(AssertionError):  # the last one is looked at too
        side_by_side({"a": lambda: next(answers, 2)}, {"a": right}, 2)


def test_a_wrong_draw_stops_the_benchmark(monkeypatch):
    """Numbers that are one too many where they can be: 0 .. n still, but of another mean."""
    right = Draws.binomial
    monkeypatch.setattr(Draws, "binomial", lambda self, n, *rest: np.minimum(right(self, n, *rest) + 1, n))
    with pytest.raises(AssertionError, match="standard errors off"):
        next(micro.rows(True))


def test_a_wrong_rule_stops_the_benchmark(monkeypatch):
    from skillsim.rules import arrays

    right = arrays.largest_remainder
    monkeypatch.setattr(arrays, "largest_remainder", lambda weights, total: right(weights[::-1], total))
    cases = {one.name: one for one in micro.rules(np.random.default_rng(1))}
    with pytest.raises(AssertionError, match="largest_remainder"):
        list(micro.of_rules([cases["arrays.largest_remainder"]], 1))


def test_a_result_of_another_run_stops_the_benchmark():
    scenario = ss.load("small")
    result = run(scenario, FEW, SEED, 1)[0]
    model.complete(scenario, FEW)(result)
    with pytest.raises(AssertionError, match="another run"):
        model.complete(scenario, 40)(result)
    with pytest.raises(AssertionError, match="nobody"):
        model.complete(scenario, FEW)(replace(result, history=replace(result.history, headcount=0 * result.history.headcount)))
