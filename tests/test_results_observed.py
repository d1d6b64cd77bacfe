"""Actual figures: they replace what was simulated, the difference is booked, later years go on from them (as_of)."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import skillsim as ss
from skillsim.results.binding import without_shortage
from skillsim.rules.retention import counts
from worlds import build, get, means, path, place, row, run, stage, town

SOURCE = {"assumed": "a test"}


def actual(indicator, year, value, definition=None, **of):
    out = {"indicator": indicator, "year": year, "of": of, "value": value, "source": SOURCE}
    return {**out, "definition": definition} if definition else out


def two_years(*rows, as_of=date(2027, 12, 31), last=2029):
    """100 a year enter two years without any loss: 100 entrants, 200 in school, 100 graduates."""
    raw = place({"p": path(stage(years=2))}, [row("p", 100)], last=last, as_of=as_of, observed=list(rows))
    return build(raw)


SOURCES = [means, lambda s: run(s, 2)]


def year_by_year(v, name, **of):
    x = get(v, name, **of)
    x = x.reshape(len(x), -1)
    assert (x == x[:, :1]).all()
    return np.round(x[:, 0], 9).tolist()  # graduates are a sum of destinations, to the last digit but one in the mean


def booked(v, indicator):
    return v.history.adjusted[:, ("entrants", "headcount", "graduates").index(indicator), 0].tolist()


@pytest.mark.parametrize("source", SOURCES, ids=["means", "draws"])
def test_entrants_replace_and_later_years_go_on(source):
    """80 instead of 100 in 2026: booked -20; 180 in school in 2026 and 2027; 80 graduates in 2028."""
    v = source(two_years(actual("entrants", 2026, 80, pathways=["p"])))
    assert year_by_year(v, "entrants") == [100, 80, 100, 100, 100]
    assert booked(v, "entrants") == [0, -20, 0, 0, 0]
    assert year_by_year(v, "headcount") == [200, 180, 180, 200, 200]
    assert year_by_year(v, "graduates") == [100, 100, 100, 80, 100]


@pytest.mark.parametrize("source", SOURCES, ids=["means", "draws"])
def test_more_entrants_than_seats(source):
    """Actual entrants above the plan stand: 130 where 100 seats were planned."""
    v = source(two_years(actual("entrants", 2026, 130)))
    assert year_by_year(v, "entrants")[1] == 130 and booked(v, "entrants")[1] == 30
    assert year_by_year(v, "graduates")[3] == 130


@pytest.mark.parametrize("source", SOURCES, ids=["means", "draws"])
def test_headcount_replaces_and_later_years_go_on(source):
    """150 instead of 200 in September 2026, in proportion 75 + 75: 75 graduates in 2027 and in 2028, 175 in school in 2027."""
    v = source(two_years(actual("headcount", 2026, 150)))
    assert year_by_year(v, "headcount") == [200, 150, 175, 200, 200]
    assert booked(v, "headcount") == [0, -50, 0, 0, 0]
    assert year_by_year(v, "graduates") == [100, 100, 75, 75, 100]


@pytest.mark.parametrize("source", SOURCES, ids=["means", "draws"])
def test_graduates_replace(source):
    """90 instead of 100 in 2026: booked -10; nobody else changes."""
    v = source(two_years(actual("graduates", 2026, 90, levels=["secondary"])))
    assert year_by_year(v, "graduates") == [100, 90, 100, 100, 100]
    assert booked(v, "graduates") == [0, -10, 0, 0, 0]
    assert year_by_year(v, "headcount") == [200] * 5
    assert v.history.destinations.sum(axis=1) == pytest.approx(v.history.graduates)


def test_actual_graduates_are_who_sits_the_exam():
    """The class of 60 (not 100) sits: all pass and go on."""
    pathways = {
        "p": path(stage(years=1, further={"gate": "exam", "sits": 1, "passes": 1})),
        "q": path(stage("college"), entry="exam"),
    }
    raw = place(pathways, [row("p", 100), row("q", 500, areas="any")], last=2026, as_of=date(2026, 12, 31))
    raw["observed"] = [actual("graduates", 2026, 60, pathways=["p"])]
    r = run(build(raw), 2)
    assert get(r, "entrants", pathways=["q"])[:, 0].tolist() == [100, 60]


@pytest.mark.parametrize(
    ("definition", "value"),
    [("r1", 0.2), ("r1", 0.63), ("r2", 0.2), ("r2", 0.63), ("r3", 0.1), ("r3", 0.3), ("r4", 0.45), ("r4", 0.6)],
)
def test_retention_replaces(definition, value):
    """By its definition, to the nearest person under draws; totals and further study stay as they were."""
    scenario = build(
        town(as_of=date(2027, 12, 31), observed=[actual("local_retention", 2026, value, definition, levels=["secondary"])])
    )
    plain = build(town(as_of=date(2027, 12, 31)))
    r, before = run(scenario, 20), run(plain, 20)
    pick = {"levels": ["secondary"]}
    names = ("local_employed", "away_employed", "further_local", "further_away", "graduates")
    local, away, further_local, further_away, graduates = (get(r, n, **pick)[1] for n in names)
    top, bottom = counts(definition, local, away, further_local, further_away, graduates)
    # one person more or less: R1 and R4 move their own denominators too
    assert (np.abs(top - value * bottom) <= 1).all()
    assert (graduates == get(before, "graduates", **pick)[1]).all()
    assert (further_local == get(before, "further_local", **pick)[1]).all()
    assert (r.history.destinations.sum(axis=1) == r.history.graduates).all()
    others = ~np.isin(r.inputs.layout.group_level, [r.inputs.layout.levels.index("secondary")])
    assert (r.history.destinations[:, :, others] == before.history.destinations[:, :, others]).all()
    assert get(means(scenario), f"local_retention_{definition}", **pick)[1] == pytest.approx(value, rel=1e-9)


def test_years_before_and_pathways_beside_are_untouched():
    raw = town(as_of=date(2027, 12, 31))
    a = run(build(raw), 20)
    raw["observed"] = [actual("entrants", 2027, 300, pathways=["plain"])]
    b = run(build(raw), 20)
    for name, x in vars(a.history).items():
        assert (x[:2] == getattr(b.history, name)[:2]).all(), name
    other = [i for i, p in enumerate(a.inputs.layout.pool_pathway) if a.inputs.layout.pathways[p] != "plain"]
    assert (a.history.entrants[2, other] == b.history.entrants[2, other]).all()
    assert (get(b, "entrants", pathways=["plain"])[2] == 300).all()


def test_the_quota_rule_reads_actual_completion():
    """Actual entrants of .8 of the 105.263 seats of 2025: mean completion with two years of the warm-up (1 and 1) .9333, so
    2026 has 105.263 x .9333/.95 seats."""
    raw = place({"p": path(stage(years=2))}, [row("p", 100)], last=2026, as_of=date(2026, 12, 31), rules={"quota": {"active": 1}})
    raw["observed"] = [actual("entrants", 2025, 0.8 * 100 / 0.95)]
    v = means(build(raw))
    assert get(v, "seats") == pytest.approx([100 / 0.95, 100 / 0.95 * (1 + 1 + 0.8) / 3 / 0.95])


def test_the_manifest_says_what_was_booked():
    r = run(two_years(actual("entrants", 2026, 80), actual("headcount", 2027, 190)), 4)
    assert r.manifest()["adjusted"] == {"entrants": {"2026": -20.0}, "headcount": {"2027": 10.0}, "graduates": {}}


def test_actual_figures_where_there_is_nobody():
    """Nobody was simulated; 9 actual entrants are spread evenly over the three rows."""
    raw = place({"p": path(stage())}, [row("p", 0, c) for c in "abc"], as_of=date(2025, 12, 31))
    raw["observed"] = [actual("entrants", 2025, 9)]
    r = run(build(raw), 2)
    assert r.history.entrants[0, :, 0].tolist() == [3, 3, 3] and get(r, "headcount")[0, 0] == 9


# ------------------------------------------------------------------------------------------------------ what is frozen


def frozen(since, **over):
    raw = place({"p": path(stage())}, [row("p", 100)], last=2029, as_of=date(2027, 10, 1))
    raw["policies"] = {"late": {"title": {"zh": "l", "en": "l"}, "changes": [{"key": "quota.p", "scale": 2, "from": since}]}}
    return raw


def test_a_policy_that_changes_what_is_decided_is_refused():
    with pytest.raises(ss.ScenarioError) as error:
        build(frozen(date(2027, 9, 30)))
    (problem,) = error.value.problems
    assert problem.code == "patch_frozen" and "2027-10-01" in problem.text("en") and "2027-10-01" in problem.text("zh")
    build(frozen(date(2027, 10, 1)))


def test_so_is_a_change_asked_for_in_passing():
    scenario = build(place({"p": path(stage())}, [row("p", 100)], as_of=date(2025, 6, 1)))
    with pytest.raises(ss.ScenarioError):
        scenario.vary({"quota.p": ("scale", 2.0, date(2025, 5, 31))})


def test_a_change_without_a_date_acts_from_as_of():
    raw = place({"p": path(stage())}, [row("p", 100)], last=2028, as_of=date(2026, 6, 1))
    v = means(build(raw).vary({"quota.p": ("scale", 2.0)}))
    assert get(v, "seats").tolist() == [100, 100, 200, 200]


@pytest.mark.parametrize(
    ("row_", "code"),
    [
        (actual("entrants", 2028, 1), "observed_future"),
        (actual("entrants", 2024, 1), "observed_early"),
        (actual("graduates", 2027, 1), None),
        (actual("local_retention", 2027, 0.5, "r1"), "observed_date"),
    ],
)
def test_figures_are_of_the_past(row_, code):
    """On 1 October 2027 the graduates of June are known, who stayed by 31 December is not."""
    if code is None:
        two_years(row_, as_of=date(2027, 10, 1))
        return
    with pytest.raises(ss.ScenarioError) as error:
        two_years(row_, as_of=date(2027, 10, 1))
    assert [p.code for p in error.value.problems] == [code]


# ------------------------------------------------------------------------------------------------ the shipped example


@pytest.fixture(scope="module")
def quzhou():
    scenario = ss.load("quzhou/actuals_2027")
    return scenario, ss.run(scenario, 6, threads=2)[0]


def test_the_figures_of_the_shipped_example_come_out(quzhou):
    scenario, r = quzhou
    assert len(scenario.observed) >= 15 and {o.indicator for o in scenario.observed} == {
        "entrants",
        "headcount",
        "graduates",
        "local_retention",
    }
    for o in scenario.observed:
        pick = {"pathways": o.of.pathways, "levels": o.of.levels, "programmes": o.of.programmes, "schools": o.of.schools}
        y = o.year - scenario.years.first
        if o.indicator == "local_retention":
            local, away = get(r, "local_employed", **pick)[y], get(r, "away_employed", **pick)[y]
            assert o.definition == "r1" and (np.abs(local - o.value * (local + away)) <= 1).all()
        else:
            assert (get(r, o.indicator, **pick)[y] == o.value).all(), o


def test_the_shipped_example_books_and_balances(quzhou):
    scenario, r = quzhou
    h, years = r.history, r.inputs.years
    assert set(years[h.adjusted.any(axis=(1, 2))]) == {o.year for o in scenario.observed if o.indicator != "local_retention"}
    assert (h.destinations.sum(axis=1) == h.graduates).all()
    assert all((x >= 0).all() for name, x in vars(h).items() if name not in ("adjusted", "moves"))


def test_the_shipped_example_refuses_what_is_decided(quzhou):
    with pytest.raises(ss.ScenarioError) as error:
        quzhou[0].vary({"quota.sve_3": ("scale", 0.9, date(2027, 9, 1))})
    assert {p.code for p in error.value.problems} == {"patch_frozen"}


def test_an_actual_staying_rate_and_those_turned_away(tmp_path):
    """Who is said to be at work was not turned away: the rate without a shortage stays a rate, and nobody counts twice."""
    folder = Path(__file__).resolve().parents[1] / "scenarios"
    for name in ("small.yaml", "small_jobs.yaml"):
        shutil.copy(folder / name, tmp_path)
    lines = [
        "extends: small_jobs.yaml", "name: actual", "as_of: 2027-02-01", "observed:",
        "  - {indicator: local_retention, definition: r2, year: 2026, value: 0.93, source: {assumed: made up}}",
        "policies: {more_long_track: {changes: [{key: quota.sve_3plus2, scale: 1.5, from: 2028-01-01}]}}", "targets:",
        "  both: {title: {zh: x, en: x}, indicator: local_retention_r2, year: 2026, direction: reach, value: 0.95, clause: x}",
    ]
    (tmp_path / "actual.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = ss.run(ss.load(tmp_path / "actual.yaml"), 200)[0]
    h = result.history
    away, waiting, gone = h.destinations[1, 6:]
    assert (h.gave_up[1] <= away + gone).all() and (h.turned_away[1] - h.gave_up[1] <= waiting).all()
    seen = get(result, "local_retention_r2")[1]
    assert seen.mean() == pytest.approx(0.93, abs=5e-3)
    free = without_shortage(result.values, next(a for a in result.answers if a.code == "both"))[0]
    assert (free <= 1).all() and (free >= seen).all() and (free > seen).any()
