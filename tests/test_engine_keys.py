"""Same seed, same bytes: threads, chunks, order and upstream parts; and how well two scenarios are paired."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

import skillsim as ss
from skillsim.analysis import running
from worlds import FAMILY, build, get, run, same, town

SEED = 11


def everything(**over):
    """Uncertain numbers, the rule and actual figures on: nothing that could depend on an order is left out."""
    raw = town(rules={"quota": {"active": 1}}, uncertainty={"parameters": True}, **over)
    raw["areas"]["east"]["junior_graduates"] = {"value": 600, "factor": {"uniform": [0.8, 1.2]}}
    raw["pathways"]["plain"]["stages"][0]["dropout"] = [{"beta": [6, 94]}, {"uniform": [0.0, 0.06]}, 0.02]
    for b in raw["retention"]["base"]:
        b["rate"] = {"passed": 60, "of": 100}
    raw["as_of"] = date(2026, 1, 10)
    source = {"assumed": "a test"}
    raw["observed"] = [
        {"indicator": "entrants", "year": 2025, "of": {"pathways": ["plain"]}, "value": 240, "source": source},
        {
            "indicator": "local_retention",
            "definition": "r1",
            "year": 2025,
            "of": {"levels": ["secondary"]},
            "value": 0.7,
            "source": source,
        },
    ]
    return raw


@pytest.fixture(scope="module")
def reference():
    return run(build(everything()), 12, SEED)


@pytest.mark.parametrize("chunk", [2, 6, 200])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_chunks_change_no_byte(monkeypatch, reference, threads, chunk):
    monkeypatch.setattr(running, "CHUNK", chunk)
    assert len(running.chunks(12, threads, 1, 50)) == {2: (3, 3, 3), 6: (2, 2, 3), 200: (1, 2, 3)}[chunk][threads - 1]
    r = run(build(everything()), 12, SEED, threads)
    assert same(reference.history, r.history) == []
    assert r.draws == reference.draws
    assert r.frame().equals(reference.frame())


@pytest.mark.parametrize("width", [1, 2_000, 1_000_000, 10**9])
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_chunks_take_every_replication_once_and_no_pair_alone(workers, width):
    for replications in (*range(2, 60, 2), 200, 1_002):
        spans = running.chunks(replications, workers, 1, width)
        assert [first for first, _ in spans] == [0, *np.cumsum([count for _, count in spans])[:-1]]
        assert sum(count for _, count in spans) == replications
        assert all(count % 2 == 0 and (count >= 4 or replications == 2) for _, count in spans)
        assert len(spans) >= min(workers, max(replications // 4, 1))
        assert max(count for _, count in spans) * width <= max(running.WIDEST, 6 * width)


@pytest.mark.parametrize("replications", [4, 6, 14])
def test_without_chance_threads_change_no_byte_either(replications):
    """Means are sums of many rows, in an order that must not depend on how many columns stand side by side."""
    scenario = ss.load("quzhou/baseline")
    scenario = scenario.model_copy(update={"uncertainty": scenario.uncertainty.model_copy(update={"process": False})})
    one, several = (run(scenario, replications, 1, threads) for threads in (1, 7))
    assert same(one.history, several.history) == []
    assert one.targets().equals(several.targets())


@pytest.mark.parametrize("replications", [2, 6])
def test_fewer_replications_are_the_first_ones(reference, replications):
    """Replications are numbered absolutely: those of a shorter run are the first of a longer one."""
    r = run(build(everything()), replications, SEED)
    for name, x in vars(r.history).items():
        assert (x == getattr(reference.history, name)[..., :replications]).all(), name


def test_another_seed_is_another_run(reference):
    other = run(build(everything()), 12, SEED + 1)
    assert {"entrants", "headcount", "destinations"} <= set(same(reference.history, other.history))


def test_two_of_a_pair_share_parameters_and_nothing_else(reference):
    junior = reference.history.junior
    assert (junior[..., 0::2] == junior[..., 1::2]).all()
    assert len(np.unique(junior[0, reference.inputs.layout.areas.index("east"), ::2])) == 6
    graduates = reference.history.graduates
    assert (graduates[..., 0::2] != graduates[..., 1::2]).any(axis=(0, 1)).all()


def scenarios():
    base = build(everything())
    return [base, base.vary({"quota.plain": ("scale", 1.1, date(2027, 1, 1))}), build(everything(name="copy"))]


def test_the_order_of_scenarios_is_irrelevant(reference):
    a = ss.run(scenarios(), 12, SEED, 2)
    b = ss.run(scenarios()[::-1], 12, SEED, 3)[::-1]
    for x, y in zip(a, b, strict=True):
        assert x.name == y.name and same(x.history, y.history) == []
    assert same(a[0].history, reference.history) == []


def test_identical_scenarios_differ_by_exactly_nothing():
    base, _, copy = ss.run(scenarios(), 12, SEED)
    assert same(base.history, copy.history) == []
    table = ss.compare([base, copy]).table()
    assert len(table) and (table["difference"].dropna() == 0).all() and (table["mcse"].dropna() == 0).all()


def test_a_change_of_nothing_is_nothing(reference):
    """A factor of 1 and an effect of 0 are the base."""
    base = build(everything())
    for wish in ({"quota.plain": ("scale", 1.0)}, {"retention.drivers.subsidy.level": ("set", 0.0)}):
        r = run(base.vary(wish), 12, SEED)
        assert same(r.history, reference.history) == []


def test_upstream_of_a_change_in_retention_nothing_moves(reference):
    r = run(build(everything()).vary({"retention.drivers.subsidy.level": ("set", 1.0, date(2027, 1, 1))}), 12, SEED)
    assert same(r.history, reference.history) == ["destinations"]
    x, y = r.history.destinations, reference.history.destinations
    assert (x[:2] == y[:2]).all() and (x[2:, :2] == y[2:, :2]).all()  # before its date; further study


def test_upstream_of_a_change_in_dropout_nothing_moves(reference):
    """Entrants of the year, headcounts before the change and other pathways' dropouts in its year are the same to a person."""
    r = run(build(everything()).vary({"pathways.plain.stages.0.dropout.0": ("add", 0.02, date(2027, 1, 1))}), 12, SEED)
    x, y = r.history, reference.history
    for name in ("entrants", "headcount", "dropouts", "graduates", "destinations", "seats"):
        assert (getattr(x, name)[:2] == getattr(y, name)[:2]).all(), name
    line = r.inputs.layout.line_pathway == r.inputs.layout.pathways.index("plain")
    assert (x.dropouts[2, ~line] == y.dropouts[2, ~line]).all()
    assert x.dropouts[2, line].sum() > y.dropouts[2, line].sum()


def test_a_later_change_leaves_the_years_before(reference):
    r = run(build(everything()).vary({"quota.plain": ("scale", 1.3, date(2028, 1, 1))}), 12, SEED)
    changed = same(r.history, reference.history)
    assert "seats" in changed and "entrants" in changed
    for name, x in vars(r.history).items():
        assert (x[:3] == getattr(reference.history, name)[:3]).all(), name


# ------------------------------------------------------------------------------------------------------------- pairing

CHANGES = {
    "dropout + 2 points": {"pathways.plain.stages.0.dropout.0": ("add", 0.02)},
    "quota + 10 %": {"quota.plain": ("scale", 1.1)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_pairing_pays(change):
    """Variance of the difference in the share retained (r1 of all graduates of the last year), independent seeds against
    common keys, process chance only: the ratio is at least 20 where F says so at 99 % (1,000 replications each).

    The two variances come from different differences, so that their ratio over its true value is F(999, 999); its lower
    confidence limit is the ratio over the 99 % point, 1.16.
    """
    scenario = build(town(size=5, last=2029))
    other = scenario.vary(CHANGES[change])
    n = 1000
    a, b = (get(r, "local_retention_r1")[-1] for r in ss.run([scenario, other], n, 1, 2))
    c = get(run(other, n, 2, 2), "local_retention_r1")[-1]
    assert (b != a).any()
    paired, independent = (b - a).var(ddof=1), (c - a).var(ddof=1)
    ratio = independent / paired
    assert ratio / stats.f.isf(FAMILY, n - 1, n - 1) >= 20, ratio
