"""Who stays: the four definitions on published counts, the intercept against another solver, and base rates as written."""

import numpy as np
import pytest
from scipy import optimize, special

import skillsim as ss
from skillsim.rules.retention import DEFINITIONS, counts, solve_intercepts
from skillsim.rules.retention import rate as expected_rate
from worlds import ALL_FOUND, build, get, laid, means, path, place, row, run, stage, z_limit

# National secondary graduates of 2012, in 10,000: placed 520.54 = 392.50 + 67.65 + 60.39; placed locally 363.01.
EMPLOYED, SELF_EMPLOYED, FURTHER, PLACED, LOCAL_PLACED = 392.50, 67.65, 60.39, 520.54, 363.01


def share(definition, local, away, further_local, further_away, graduates):
    top, bottom = counts(definition, *map(np.array, (local, away, further_local, further_away, graduates)))
    return float(top / bottom)


def test_national_2012_adds_up():
    assert pytest.approx(PLACED, abs=1e-9) == EMPLOYED + SELF_EMPLOYED + FURTHER


@pytest.mark.parametrize("further_local", [0.0, 30.0, FURTHER])
def test_r4_of_national_2012(further_local):
    """R4 = 363.01 / 520.54 = 69.74 %, however many of those in further study are local."""
    employed, local = EMPLOYED + SELF_EMPLOYED, LOCAL_PLACED - further_local
    got = share("r4", local, employed - local, further_local, FURTHER - further_local, 560.0)
    assert round(100 * got, 2) == 69.74


@pytest.mark.parametrize(("further_local", "bound"), [(FURTHER, 65.8), (0.0, 78.9)])
def test_bounds_of_r1_of_national_2012(further_local, bound):
    """R1 lies between 302.62 / 460.15 (all further study local) and 363.01 / 460.15 (none of it)."""
    employed, local = EMPLOYED + SELF_EMPLOYED, LOCAL_PLACED - further_local
    assert round(100 * share("r1", local, employed - local, further_local, FURTHER - further_local, 560.0), 1) == bound


def test_the_four_definitions_by_hand():
    """100 graduates: 30 here and 20 elsewhere at work, 12 and 18 in further study, 20 without work."""
    parts = (30, 20, 12, 18, 100)
    assert [share(d, *parts) for d in DEFINITIONS] == [30 / 50, 30 / 70, 30 / 100, 42 / 80]


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_indicators_are_the_definitions_of_the_destinations(definition):
    """1,000 graduates; 300 pass the exam, half of them stay; of 700, .6 wish to stay; .9 and .95 find work: 378 and 266."""
    pathways = {
        "p": path(stage("secondary", 1, further={"gate": "exam", "sits": 0.5, "passes": 0.6})),
        "q": path(stage("college", 1), entry="exam"),
    }
    raw = place(pathways, [row("p", 1000), row("q", 500, areas="any")], gates={"exam": {"elsewhere": 0}})
    wish = 0.6
    base = [{**b, "rate": wish * 0.9 / (wish * 0.9 + (1 - wish) * 0.95)} for b in raw["retention"]["base"]]
    v = means(build(laid(raw, {"retention": {"base": base}})))
    by_hand = {"r1": 378 / 644, "r2": 378 / 700, "r3": 378 / 1000, "r4": (378 + 150) / (644 + 300)}
    assert get(v, f"local_retention_{definition}", pathways=["p"]) == pytest.approx([by_hand[definition]])
    seeking = get(v, "local_seeking", pathways=["p"])[0], get(v, "away_seeking", pathways=["p"])[0]
    assert seeking == pytest.approx((42, 14))


# ------------------------------------------------------------------------------------------------------- the intercept

CASES = [(d, seed) for d in DEFINITIONS for seed in range(6)]


@pytest.mark.parametrize(("definition", "seed"), CASES)
def test_intercept_against_brentq(definition, seed):
    """The rate as a function of the intercept written out anew; brentq to 1e-13."""
    g = np.random.default_rng([seed, DEFINITIONS.index(definition)])
    terms, seekers = g.normal(0, 1.5, 5), g.uniform(1, 500, 5)
    here, gone = g.uniform(0.3, 1, 2)
    further = g.uniform(0, 200, 2)

    def rate(a):
        stay = (seekers / (1 + np.exp(-(a + terms)))).sum()
        local, away = stay * here, (seekers.sum() - stay) * gone
        return {
            "r1": local / (local + away),
            "r2": local / seekers.sum(),
            "r3": local / (seekers.sum() + further.sum()),
            "r4": (local + further[0]) / (local + away + further.sum()),
        }[definition]

    low, high = rate(-700.0), rate(700.0)
    for at in (0.02, 0.5, 0.97):
        wanted = low + at * (high - low)
        root = optimize.brentq(lambda a, goal: rate(a) - goal, -60, 60, args=(wanted,), xtol=1e-13, rtol=1e-14)
        got, lo, hi = solve_intercepts(
            np.array([[wanted]]),
            definition,
            terms[:, None],
            seekers[:, None],
            [slice(0, len(terms))],
            (np.array([here]), np.array([gone])),
            (further[:1], further[1:]),
        )
        assert got[0, 0] == pytest.approx(root, abs=1e-8)
        assert (lo[0, 0], hi[0, 0]) == pytest.approx((low, high), rel=1e-12)


def test_classes_and_columns_of_the_intercepts_are_solved_apart():
    wanted = np.array([[0.2, 0.5, 0.9], [0.3, 0.1, 0.6]])
    seekers, terms = np.array([[1.0], [5.0], [9.0]]) * np.ones(3), np.array([[0.0], [0.5], [0.5]]) * np.ones(3)
    got, _, _ = solve_intercepts(
        wanted, "r1", terms, seekers, [slice(0, 1), slice(1, 3)], (np.ones(3), np.ones(3)), (np.zeros(3), np.zeros(3))
    )
    assert got == pytest.approx(special.logit(wanted) - [[0.0], [0.5]], abs=1e-9)


def test_out_of_reach_is_nan_with_its_limits():
    nobody = (np.zeros(2), np.zeros(2))
    got, low, high = solve_intercepts(
        np.array([[0.95, 0.5]]), "r3", np.zeros((1, 2)), np.ones((1, 2)), [slice(0, 1)], (np.full(2, 0.9), np.ones(2)), nobody
    )
    assert np.isnan(got[0, 0]) and not np.isnan(got[0, 1])
    assert (low.tolist(), high.tolist()) == ([[0, 0]], [[0.9, 0.9]])


def test_expected_rate_of_nobody_is_nought():
    assert expected_rate("r1", np.zeros(1), np.zeros(1), (np.ones(1), np.ones(1)), (np.zeros(1), np.zeros(1))) == [0]


# ----------------------------------------------------------------------------------------------------- through the engine


def one_class(**base):
    raw = place({"p": path(stage())}, [row("p", 1000)], last=2027)
    return laid(raw, {"retention": {"base": [{**raw["retention"]["base"][0], **base}]}})


@pytest.mark.parametrize("measured_on", ["08-31", "12-31"])
@pytest.mark.parametrize(("definition", "rate"), [("r1", 0.6), ("r2", 0.5), ("r3", 0.4), ("r4", 0.55)])
def test_base_rate_comes_out_by_its_own_definition_and_day(definition, rate, measured_on):
    raw = laid(one_class(rate=rate, definition=definition, measured_on=measured_on), {"retention": {"measured_on": measured_on}})
    v = means(build(raw))
    assert get(v, f"local_retention_{definition}")[0] == pytest.approx(rate, rel=1e-9)


def test_base_rate_of_another_definition_and_day_than_the_results():
    """r2 = .5 on 31 August with .6 of stayers at work: .8333 wish to stay; on 31 December .9 and .95 are at work.

    R1 = .75 / (.75 + .158333) = .825688, R2 = R3 = .75.
    """
    v = means(build(one_class(rate=0.5, definition="r2", measured_on="08-31")))
    wish = 0.5 / 0.6
    assert get(v, "local_retention_r1")[0] == pytest.approx(0.75 / (0.75 + (1 - wish) * 0.95), rel=1e-9)
    assert round(get(v, "local_retention_r1")[0], 6) == 0.825688
    assert get(v, "local_retention_r2")[0] == pytest.approx(0.75, rel=1e-9)


def test_a_driver_moves_the_log_odds_from_its_year_on():
    """Odds of .6 are 1.5; a level of 2 with 0.5 a unit from 2026 on makes them 1.5 e."""
    raw = one_class(rate=0.6)
    raw["retention"] |= ALL_FOUND
    raw["retention"]["drivers"] = {
        "d": {"title": {"zh": "d", "en": "d"}, "level": {"series": {2025: 0, 2026: 2}, "steps": True}, "effect": 0.5, "unit": "1"}
    }
    odds = 1.5 * np.array([1, np.e, np.e])
    assert get(means(build(raw)), "local_retention_r1") == pytest.approx(odds / (1 + odds), rel=1e-9)


def test_the_level_of_a_driver_in_the_base_year_is_in_the_base_rate():
    raw = one_class(rate=0.6)
    raw["retention"]["drivers"] = {"d": {"title": {"zh": "d", "en": "d"}, "level": 3, "effect": 0.5, "unit": "1"}}
    assert get(means(build(raw)), "local_retention_r1") == pytest.approx([0.6] * 3, rel=1e-9)


def test_origins_differ_by_their_log_odds():
    """500 from here and 500 from elsewhere, log-odds 1 apart: the mean of the two is the base rate."""
    raw = place({"p": path(stage())}, [row("p", 1000, areas="any")], last=2025)
    raw["areas"]["town"]["junior_graduates"] = 500
    raw["areas"]["far"] = {"title": {"zh": "far", "en": "far"}, "local": False, "junior_graduates": 500}
    raw["retention"] |= {**ALL_FOUND, "local_origin": 1.0}
    v = means(build(raw))
    local, away = (v.local[0, i, 0] / 500 for i in np.argsort(v.layout.group_origin))
    assert special.logit(local) - special.logit(away) == pytest.approx(1, abs=1e-9)
    assert (local + away) / 2 == pytest.approx(0.6, rel=1e-9)


@pytest.mark.parametrize(("definition", "rate", "high"), [("r3", 0.95, "0.900"), ("r2", 0.9, "0.900")])
def test_an_infeasible_base_rate_is_named(definition, rate, high):
    """At most .9 of the graduates can be employed here."""
    with pytest.raises(ss.ScenarioError) as caught:
        run(build(one_class(rate=rate, definition=definition)), 2)
    (problem,) = caught.value.problems
    assert problem.path == "retention.base.0"
    for lang in ("zh", "en"):
        text = problem.text(lang)
        assert high in text and definition.upper() in text and f"{rate:.3f}" in text, text


def test_an_infeasible_draw_is_refused_too():
    """A rate between .8 and 1 is infeasible by r3 in some parameter draws only."""
    raw = laid(one_class(rate={"uniform": [0.8, 1.0]}, definition="r3"), {"uncertainty": {"parameters": True}})
    with pytest.raises(ss.ScenarioError):
        run(build(raw), 200)


@pytest.mark.parametrize("missing", ["definition", "measured_on", "year"])
def test_a_base_rate_without_its_definition_day_or_year_is_refused(missing):
    raw = one_class(rate=0.6)
    del raw["retention"]["base"][0][missing]
    with pytest.raises(ss.ScenarioError, match=missing):
        build(raw)


def test_work_found_under_draws():
    """1,000 graduates, .6 x .9 here and .4 x .95 elsewhere: four z-tests on means; power against 0.5 % of 540 above 90 %.

    R = 4,000: se of 540 people 0.25.
    """
    wish, replications = 0.6, 4000
    raw = one_class(rate=wish * 0.9 / (wish * 0.9 + 0.4 * 0.95))
    r = run(build(raw), replications)
    for name, p in (("local_employed", 0.54), ("away_employed", 0.38), ("local_seeking", 0.06), ("away_seeking", 0.02)):
        error = np.sqrt(1000 * p * (1 - p) / replications)
        assert abs(get(r, name)[0].mean() - 1000 * p) < z_limit(4) * error, name


def test_a_policy_that_acts_in_the_base_year_is_not_undone_by_the_intercept():
    """R1 of .6 is observed for 2025; a driver of effect 1 set from 0 to 1 in that very year adds 1 to its log-odds."""
    driver = {"title": {"zh": "d", "en": "d"}, "level": 0, "effect": 1, "unit": "1"}
    raw = place({"p": path(stage())}, [row("p", 1000)], last=2026, retention={**ALL_FOUND, "drivers": {"d": driver}})
    plain = build(raw)
    assert get(means(plain), "local_retention_r1") == pytest.approx([0.6, 0.6])
    moved = plain.vary({"retention.drivers.d.level": ("set", 1)})
    assert get(means(moved), "local_retention_r1") == pytest.approx([special.expit(special.logit(0.6) + 1)] * 2)
