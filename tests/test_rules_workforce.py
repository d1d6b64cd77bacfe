"""Retirement by the statute of 2024, growth of what is wanted, rounds of search, and gaps: against tables and closed forms."""

from datetime import date, timedelta

import numpy as np
import pytest

from skillsim.chance import Draws, name_keys
from skillsim.rules.workforce import deviations, gaps, giving_up, grown, retiring, search_shares, shares
from skillsim.scenario.statute import CATEGORIES, retirement_month
from worlds import z_limit

MEN, CADRE, WORKER = CATEGORIES

# ------------------------------------------------------------------------------------------------------------- retirement

# From the tables of the State Council's measures of September 2024 on the gradual rise of the statutory age of retirement:
# born, years and months of age, retires.
OFFICIAL = [
    (MEN, (1964, 12), (60, 0), (2024, 12)),
    (MEN, (1965, 1), (60, 1), (2025, 2)),
    (MEN, (1965, 4), (60, 1), (2025, 5)),
    (MEN, (1965, 5), (60, 2), (2025, 7)),
    (MEN, (1965, 8), (60, 2), (2025, 10)),
    (MEN, (1965, 9), (60, 3), (2025, 12)),
    (MEN, (1965, 12), (60, 3), (2026, 3)),
    (MEN, (1970, 1), (61, 4), (2031, 5)),
    (MEN, (1976, 8), (62, 11), (2039, 7)),
    (MEN, (1976, 9), (63, 0), (2039, 9)),
    (MEN, (1976, 12), (63, 0), (2039, 12)),
    (MEN, (1990, 6), (63, 0), (2053, 6)),
    (CADRE, (1969, 12), (55, 0), (2024, 12)),
    (CADRE, (1970, 1), (55, 1), (2025, 2)),
    (CADRE, (1970, 9), (55, 3), (2025, 12)),
    (CADRE, (1975, 5), (56, 5), (2031, 10)),
    (CADRE, (1981, 8), (57, 11), (2039, 7)),
    (CADRE, (1981, 9), (58, 0), (2039, 9)),
    (CADRE, (1981, 12), (58, 0), (2039, 12)),
    (WORKER, (1974, 12), (50, 0), (2024, 12)),
    (WORKER, (1975, 1), (50, 1), (2025, 2)),
    (WORKER, (1975, 2), (50, 1), (2025, 3)),
    (WORKER, (1975, 3), (50, 2), (2025, 5)),
    (WORKER, (1980, 1), (52, 7), (2032, 8)),
    (WORKER, (1984, 10), (54, 11), (2039, 9)),
    (WORKER, (1984, 11), (55, 0), (2039, 11)),
    (WORKER, (1984, 12), (55, 0), (2039, 12)),
]
OLD_AGE = {MEN: 60, CADRE: 55, WORKER: 50}
BIRTHS = np.arange(1930, 2030)


@pytest.mark.parametrize(("category", "born", "age", "month"), OFFICIAL, ids=lambda x: x if isinstance(x, str) else None)
def test_single_persons_retire_as_in_the_official_tables(category, born, age, month):
    at = born[0] * 12 + born[1] - 1
    assert retirement_month(category, np.array([at]), True) == at + age[0] * 12 + age[1] == month[0] * 12 + month[1] - 1
    assert retirement_month(category, np.array([at]), False) == at + OLD_AGE[category] * 12


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_rise_is_gradual_and_ends(category):
    """Who is born later never retires earlier, nor sooner than a month of age more; 180 months bring all of the delay."""
    births = np.arange(1940 * 12, 2000 * 12)
    delay = retirement_month(category, births, True) - births - OLD_AGE[category] * 12
    assert (np.diff(delay) >= 0).all() and set(np.diff(delay)) == {0, 1}
    assert (np.diff(retirement_month(category, births, True)) >= 1).all()
    most = {MEN: 36, CADRE: 36, WORKER: 60}[category]
    assert delay[0] == 0 and delay[-1] == most
    first = births[delay > 0][0]
    assert delay[births == first + 144 - 1 if most == 36 else births == first + 120 - 1] == most


def months_retiring(category, rise, years):
    """Months of birth that retire in each year, from the shares of those who have not retired before."""
    left, out = np.full(len(BIRTHS), 12.0), []
    at = CATEGORIES.index(category)
    for year in range(1980, years[-1] + 1):
        gone = left * retiring(BIRTHS, year, rise)[at]
        left = left - gone
        out.append(gone.sum())
    return np.array(out)[years[0] - 1980 :]


@pytest.mark.parametrize(("category", "share", "single"), [(MEN, 4 / 5, {9, 10}), (CADRE, 4 / 5, {9, 10}), (WORKER, 2 / 3, {8})])
def test_retirements_while_the_age_rises(category, share, single):
    """With as many born in every month, 36 of 180 (60 of 180) months of birth fewer retire in 2025-2039."""
    months = months_retiring(category, True, range(2020, 2046))
    before, rising, after = months[:5], months[5:20], months[20:]
    assert before == pytest.approx(12, abs=1e-9) and after == pytest.approx(12, abs=1e-9)
    assert rising.mean() == pytest.approx(12 * share, abs=1e-9)
    assert set(np.rint(rising)) == single and rising == pytest.approx(np.rint(rising), abs=1e-9)


@pytest.mark.parametrize("category", CATEGORIES)
def test_without_the_rise_every_year_is_normal(category):
    assert months_retiring(category, False, range(2020, 2046)) == pytest.approx(12, abs=1e-9)


def test_shares_of_a_year_of_birth_by_hand():
    """Men of 1965: January to September in 2025, October to December in 2026; who is past the age retires."""
    at = BIRTHS.tolist().index(1965)
    assert [retiring(BIRTHS, y, True)[0, at] for y in (2024, 2025, 2026, 2027)] == [0, 9 / 12, 1, 1]
    assert [retiring(BIRTHS, y, False)[0, at] for y in (2024, 2025, 2026)] == [0, 1, 1]
    # women in workers' posts of 1975: January to August in 2025 (August: at 50 years 4 months, in December), then the rest
    at = BIRTHS.tolist().index(1975)
    assert [retiring(BIRTHS, y, True)[2, at] for y in (2024, 2025, 2026)] == [0, 8 / 12, 1]


# ----------------------------------------------------------------------------------------------------- what is wanted


def test_growth_is_never_below_nothing():
    level = np.array([[100.0, 100.0, 100.0, 0.0]])
    got = grown(level, np.array([[0.05, 0.05, -0.9, 0.5]]), np.array([[0.0, -0.15, -0.3, 0.0]]))
    np.testing.assert_allclose(got, [[105, 90, 0, 0]])


def test_a_shock_in_common_and_one_of_its_own_by_hand():
    shock = np.array([[1.0], [2.0], [-1.0]])  # in common, first industry, second
    one = np.array([1.0])
    got = deviations(np.array([[0.1], [-0.2]]), shock, 0.5 * one, 0.02 * one, 0.36 * one)
    np.testing.assert_allclose(got, [[0.05 + 0.02 * (0.6 + 0.8 * 2)], [-0.1 + 0.02 * (0.6 - 0.8)]])
    np.testing.assert_array_equal(deviations(np.zeros((2, 1)), shock, one, 0 * one, one), np.zeros((2, 1)))


def test_deviations_are_an_autoregression():
    """From 0, year t has variance sd^2 (1 - rho^2t) / (1 - rho^2), correlation of industries c, of neighbouring years by the
    closed form.  Two industries, R = 20,000; family of ten tests at 1 % (variance of a variance 2 v^2 / R, Fisher's z)."""
    rho, sd, common, columns = 0.7, 0.03, 0.4, 20_000
    source, x, seen = Draws(5, 0, columns), np.zeros((2, columns)), []
    for year in range(2025, 2029):
        shock = source.normal("growth", year, name_keys([("all",), ("a",), ("b",)]))
        x = deviations(x, shock, *(np.full(columns, v) for v in (rho, sd, common)))
        seen.append(x)
    limit = z_limit(10)
    variance = [sd**2 * (1 - rho ** (2 * t)) / (1 - rho**2) for t in range(1, 5)]
    for t in (0, 3):
        for i in range(2):
            assert abs((seen[t][i] ** 2).mean() / variance[t] - 1) < limit * np.sqrt(2 / columns)
            assert abs(seen[t][i].mean()) < limit * np.sqrt(variance[t] / columns)
    fisher = np.sqrt(columns - 3)
    assert abs(np.arctanh(np.corrcoef(seen[3])[0, 1]) - np.arctanh(common)) * fisher < limit
    wanted = rho * np.sqrt(variance[2] / variance[3])
    assert abs(np.arctanh(np.corrcoef(seen[2][0], seen[3][0])[0, 1]) - np.arctanh(wanted)) * fisher < limit


def test_level_shares_drift_on_the_logit():
    parts = np.array([[[3.0], [1.0]], [[0.0], [5.0]], [[0.0], [0.0]]])  # three industries, two levels
    drift = np.array([[-0.02], [0.05]])
    for years in (0, 1, 7):
        got = shares(parts, drift * years)
        assert np.log(got[0, 1, 0] / got[0, 0, 0]) == pytest.approx(np.log(1 / 3) + 0.07 * years)
        assert got[0].sum() == pytest.approx(1)
        np.testing.assert_array_equal(got[1:], [[[0], [1]], [[0], [0]]])


# --------------------------------------------------------------------------------------------------------------- search

EVERY_MONTH = ["07-31", "08-31", "09-30", "10-31", "11-30", "12-31"]


@pytest.mark.parametrize("rounds", [["08-31", "10-31", "12-31"], ["12-31"], EVERY_MONTH, ["08-31", "12-31"], ["07-25", "09-01"]])
@pytest.mark.parametrize(("august", "december"), [(0.6, 0.9), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_rounds_bring_out_the_shares_by_august_and_december(rounds, august, december):
    early = [day <= "08-31" for day in rounds]
    rates = search_shares((np.array([august]), np.array([december])), rounds)[:, 0]
    assert ((rates >= 0) & (rates <= 1)).all()
    looked = 1 - np.cumprod(1 - rates)
    if any(early):
        assert looked[sum(early) - 1] == pytest.approx(august)
    assert looked[-1] == pytest.approx(december)
    for part in (rates[early], rates[np.logical_not(early)]):
        assert part == pytest.approx(part[0] if len(part) else 0)  # one rate before, one after


def test_rounds_by_hand():
    got = search_shares((np.array([0.6, 0.2]), np.array([0.9])), ["08-31", "10-31", "12-31"])
    np.testing.assert_allclose(got, [[0.6, 0.2], [0.5, 1 - np.sqrt(1 / 8)], [0.5, 1 - np.sqrt(1 / 8)]])


@pytest.mark.parametrize("monthly", [0.0, 0.07, 0.5, 1.0])
def test_giving_up_goes_by_the_days_between_rounds(monthly):
    """However finely the months are cut, the same share is left; from 31 August to 31 December there are 122 days."""
    left = 1.0
    for k in range(2, 6):
        left *= 1 - giving_up(np.array([monthly]), EVERY_MONTH, k)[0]
    days = (date(2023, 12, 31) - date(2023, 8, 31)) / timedelta(days=1)
    assert days == 122
    whole = giving_up(np.array([monthly]), ["08-31", "12-31"], 1)[0]
    assert 1 - whole == pytest.approx(left) == pytest.approx((1 - monthly) ** (122 / (365.25 / 12)))


# ----------------------------------------------------------------------------------------------------------------- gaps


def test_gaps_by_hand():
    """Level 0: 100 of a (0.6 industry x, 0.4 y) and 50 of b (y 0.5, the rest anywhere); 80 openings in x, 30 in y.

    x: supply 60, gap -20, all of it a's.  y: 40 + 25 = 65, gap 35, shared 40 : 25.  Level 1: 10 of a, no openings.
    """
    stayers, level = np.array([[100.0], [50.0], [10.0]]), np.array([0, 0, 1])
    links = np.array([[[0.6], [0.4]], [[0.0], [0.5]], [[0.6], [0.4]]])
    supply, without, gap = gaps(stayers, links, level, np.array([[80.0], [30.0], [0.0], [0.0]]), 2)
    np.testing.assert_allclose(supply[:, 0], [60, 65, 6, 4])
    np.testing.assert_allclose(without[:, 0], [25, 0], atol=1e-12)
    np.testing.assert_allclose(gap[:, 0], [-20 + 35 * 40 / 65, 35 * 25 / 65, 10])


@pytest.mark.parametrize("seed", range(20))
def test_gaps_of_groups_sum_to_those_of_industries_trained_for(seed):
    rng = np.random.default_rng(seed)
    groups, industries, levels, columns = 7, 4, 2, 3
    stayers = rng.integers(0, 50, (groups, columns)) * 1.0
    links = rng.dirichlet(np.ones(industries + 1), groups)[:, :industries, None] * (rng.random((groups, industries, 1)) < 0.6)
    level, opened = rng.integers(0, levels, groups), rng.integers(0, 40, (levels * industries, columns)) * 1.0
    supply, without, gap = gaps(stayers, np.broadcast_to(links, (groups, industries, columns)), level, opened, levels)
    for at in range(levels):
        rows = slice(at * industries, (at + 1) * industries)
        assert supply[rows].sum(0) + without[at] == pytest.approx(stayers[level == at].sum(0))
        trained = supply[rows] > 0
        assert gap[level == at].sum(0) == pytest.approx(((supply[rows] - opened[rows]) * trained).sum(0))
    # links column by column give the same as one after the other
    for r in range(columns):
        one = gaps(stayers[:, r : r + 1], links, level, opened[:, r : r + 1], levels)
        for a, b in zip(one, (supply, without, gap), strict=True):
            np.testing.assert_allclose(a[:, 0], b[:, r])
