"""Keyed uniforms and quantiles against scipy and the definitions. Each family of tests is held at 1 % (Bonferroni)."""

import itertools
import math
import os
import subprocess
import sys
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from skillsim.chance import Draws, kernels, name_key, name_keys

FAMILY = 0.01
N_GRID = (1, 2, 3, 10, 50, 127, 1_000, 20_000, 1_000_000)
P_GRID = (1e-6, 1e-4, 1e-2, 0.1, 0.3, 0.5, 0.62, 0.95, 0.9999, 1 - 1e-6)
LATTICE = st.integers(0, 2**52 - 1).map(lambda m: (2 * m + 1) * 2.0**-53)


def chi_square_p(draws, dist, bins=40):
    """P-value of integer draws against a scipy law, in cells of expected count >= 8; None if there is only one cell."""
    cuts = np.unique(dist.ppf(np.linspace(0, 1, bins + 1)[1:-1]))
    cuts = np.concatenate((cuts, [dist.ppf(0.9995), dist.ppf(0.0005)]))
    edges = [-np.inf]
    for cut in np.unique(cuts):
        mass = dist.cdf(cut) - (0.0 if edges[-1] == -np.inf else dist.cdf(edges[-1]))
        if mass * draws.size >= 8 and dist.sf(cut) * draws.size >= 8:
            edges.append(cut)
    if len(edges) < 2:
        return None
    upper = np.append(edges[1:], np.inf)
    mass = np.diff(np.concatenate(([0.0], dist.cdf(np.array(edges[1:])), [1.0])))
    seen = np.bincount(np.searchsorted(upper, draws), minlength=upper.size)
    return stats.chisquare(seen, mass * draws.size).pvalue


def mapped(function, u, *args):
    return np.array([function(*args, float(v)) for v in u])


# ---------------------------------------------------------------------------------------------------------------- keys


def test_name_keys_are_blake2b_of_the_parts_and_hash_seed_independent():
    code = "from skillsim.chance import name_key; print(int(name_key('school', 3, '专业')))"
    path = os.pathsep.join(p for p in sys.path if p)
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert seen == {f"{int(name_key('school', 3, '专业'))}\n"}


def test_names_that_read_alike_have_different_keys():
    names = [("ab", "c"), ("a", "bc"), ("a", "b", "c"), ("abc",), ("1",), (1,), (11, 1), (1, 11), (), ("",), ("", ""),
             ("s1:a",), (-1,)]
    keys = name_keys(names)
    assert keys.dtype == np.uint64 and keys.shape == (len(names),)
    assert np.unique(keys).size == len(names)


@pytest.mark.parametrize("part", [1.0, True, None, b"x"])
def test_a_name_part_must_be_text_or_integer(part):
    with pytest.raises(TypeError):
        name_key("a", part)


def test_mix64_is_splitmix64():
    # First outputs of the reference generator (Vigna, splitmix64.c) from state 1234567.
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        got = [int(kernels.mix64(np.uint64(1234567) + np.uint64(i) * golden)) for i in (1, 2, 3)]
    assert got == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_uniform_depends_on_each_part_and_stays_inside_the_unit_interval():
    base, cell = name_key("base"), name_key("cell")
    u = np.array([kernels.uniform(base, cell, r, 0) for r in range(20_000)])
    assert u.min() > 0.0 and u.max() < 1.0
    others = [
        np.array([kernels.uniform(*key(r)) for r in range(20_000)])
        for key in (
            lambda r: (name_key("base2"), cell, r, 0),
            lambda r: (base, name_key("cell2"), r, 0),
            lambda r: (base, cell, r, 1),
            lambda r: (cell, base, r, 0),
            lambda r: (base, cell, r + 20_000, 0),
        )
    ]
    level = FAMILY / (2 * len(others) + 1)
    assert stats.kstest(u, "uniform").pvalue > level
    for other in others:
        assert stats.kstest(other, "uniform").pvalue > level
        assert stats.pearsonr(u, other).pvalue > level
        assert not (u == other).any()


def test_extreme_words_do_not_reach_zero_or_one():
    # replicate_uniform's last step, on the extreme 52-bit integers
    assert (0 + 0.5) * 2.0**-52 > 0.0
    assert ((2**52 - 1) + 0.5) * 2.0**-52 < 1.0
    # what 53 bits and a step of 2**-53 would have done
    assert ((2**53 - 1) + 0.5) * 2.0**-53 == 1.0


# ------------------------------------------------------------------------------------------------------------- binomial


def test_binomial_law():
    columns = 20_000
    pvalues = {}
    for n, p in itertools.product(N_GRID, P_GRID):
        draws = Draws(20, 0, columns)
        x = draws.binomial(np.full((1, columns), n), np.full((1, 1), p), f"{n} {p}", 0, name_keys([("c",)]))[0]
        assert x.min() >= 0 and x.max() <= n
        pvalues[n, p] = chi_square_p(x, stats.binom(n, p))
    tested = {key: value for key, value in pvalues.items() if value is not None}
    assert len(tested) > 60
    assert min(tested.values()) > FAMILY / len(tested), sorted(tested.items(), key=lambda kv: kv[1])[:3]
    # and not too good either: the p-values of exact draws are spread over (0, 1)
    assert stats.kstest(list(tested.values()), "uniform").pvalue > 1e-3


U_GRID = np.concatenate(
    (np.logspace(-12, -2, 21), np.linspace(0.01, 0.99, 197), [0.42499, 0.5, 0.92501], 1 - np.logspace(-12, -2, 21))
)
U_GRID = (2 * np.floor(U_GRID * 2**52) + 1) * 2.0**-53


@pytest.mark.parametrize("n", [*N_GRID, 17, 400, 3_000, 100_000, 30_000_000])
def test_binomial_equals_the_exact_quantile(n):
    """x is the quantile iff F(x - 1) < u <= F(x); ties to 1e-11 of the nearer tail (or 1e-14) are left out."""
    checked = 0
    for p in (*P_GRID, 0.02, 0.05, 0.2, 0.4, 0.45, 0.55, 0.8):
        x = mapped(kernels.binomial, U_GRID, n, p)
        law = stats.binom(n, p)
        small = np.minimum(U_GRID, 1 - U_GRID)

        def gap(k, law=law):  # F(k) - u, without cancellation in the upper tail
            return np.where(U_GRID < 0.5, law.cdf(k) - U_GRID, (1 - U_GRID) - law.sf(k))

        above, below = gap(x), gap(x - 1)
        clear = (np.abs(above) > 1e-11 * small + 1e-14) & (np.abs(below) > 1e-11 * small + 1e-14)
        assert ((above > 0) & (below < 0))[clear].all(), (n, p)
        checked += clear.sum()
        middle = clear & (small > 1e-9)
        np.testing.assert_array_equal(x[middle], law.ppf(U_GRID)[middle])
    assert checked > 0.75 * U_GRID.size * 17


def test_expansion_keeps_well_within_its_slack():
    """At u = F(k) the expansion must return k; the error stays below 0.4 of the slack wherever the slack is trusted."""
    worst = 0.0
    means, shares = (10, 11, 13, 17, 25, 40, 100, 500, 5e3, 1e5), (1e-5, 1e-3, 0.03, 0.1, 0.25, 0.4, 0.5)
    for mean, p in itertools.product(means, shares):
        n = round(mean / p)
        sd = np.sqrt(n * p * (1 - p))
        k = np.unique(np.rint(np.linspace(max(0, n * p - 5 * sd), min(n - 1, n * p + 5 * sd), 60)))
        cdf, sf = stats.binom.cdf(k, n, p), stats.binom.sf(k, n, p)
        w = np.where(cdf < 0.5, special.ndtri(cdf), -special.ndtri(sf))
        for score, count in zip(w, k, strict=True):
            if abs(score) < (3.0 if n * p < 30 else 4.5):
                x, slack = kernels._binomial_expansion(float(n), p, 1 - p, score)
                worst = max(worst, abs(x - count) / slack)
    assert worst < 0.4


def test_hypergeometric_expansion_keeps_well_within_its_slack():
    worst = 0.0
    means = (10, 12, 20, 60, 100, 400, 5e3, 5e4)
    for mean, f, g in itertools.product(means, (1e-3, 0.03, 0.2, 0.5), (1e-3, 0.1, 0.3, 0.5)):
        total = round(mean / f / g)
        good, sample = round(total * f), round(total * g)
        mu = good * sample / total
        if total > 5e7 or mu < 10:
            continue
        sd = np.sqrt(mu * (1 - f) * (1 - g))
        k = np.unique(np.rint(np.linspace(max(0, mu - 5 * sd), min(good - 1, sample - 1, mu + 5 * sd), 40)))
        law = stats.hypergeom(total, good, sample)
        cdf, sf = law.cdf(k), law.sf(k)
        w = np.where(cdf < 0.5, special.ndtri(cdf), -special.ndtri(sf))
        for score, count in zip(w, k, strict=True):
            if abs(score) < (3.0 if mu < 100 else 4.5):
                x, slack = kernels._hypergeometric_expansion(float(good), float(sample), float(total), score)
                worst = max(worst, abs(x - count) / slack)
    assert worst < 0.5


def test_stirling_error_to_full_precision():
    getcontext().prec = 50
    pi = Decimal("3.1415926535897932384626433832795028841971693993751")
    for k in (1, 2, 5, 15, 16, 17, 30, 100, 400):
        stirling = (2 * pi * k).ln() / 2 + k * (Decimal(k).ln() - 1)
        exact = float(Decimal(math.factorial(k)).ln() - stirling)
        assert abs(kernels._stirling_error(float(k)) - exact) < 1e-16 + 2e-15 * exact


def test_normal_quantile():
    u = np.concatenate((np.logspace(-300, -1, 200), np.linspace(0.001, 0.999, 999), 1 - np.logspace(-16, -1, 50)))
    u = u[(u > 0) & (u < 1)]
    np.testing.assert_allclose(mapped(kernels._normal_quantile, u), special.ndtri(u), rtol=4e-15, atol=1e-16)


COUNTS = st.one_of(st.integers(0, 60), st.integers(0, 3_000), st.integers(0, 2_000_000))
PROBABILITIES = st.one_of(st.floats(0, 1), st.floats(0, 1e-4), st.floats(1 - 1e-4, 1), st.floats(0.49, 0.51))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(COUNTS, PROBABILITIES, LATTICE, LATTICE)
def test_binomial_is_monotone_in_u(n, p, u, v):
    low, high = sorted((u, v))
    assert 0 <= kernels.binomial(n, p, low) <= kernels.binomial(n, p, high) <= n


@settings(max_examples=400, deadline=None, derandomize=True)
@given(COUNTS, PROBABILITIES, LATTICE, st.integers(-(2**20), 2**20))
def test_binomial_is_monotone_in_u_nearby(n, p, u, step):
    v = min(max(u + step * 2.0**-52, 2.0**-53), 1 - 2.0**-53)
    low, high = sorted((u, v))
    assert kernels.binomial(n, p, low) <= kernels.binomial(n, p, high)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(COUNTS, st.one_of(st.just(1), COUNTS), PROBABILITIES, LATTICE)
def test_binomial_is_monotone_in_n(n, more, p, u):
    low, high = kernels.binomial(n, p, u), kernels.binomial(n + more, p, u)
    assert low <= high <= low + more


@settings(max_examples=400, deadline=None, derandomize=True)
@given(COUNTS, PROBABILITIES, PROBABILITIES, LATTICE)
def test_binomial_is_monotone_in_p(n, p, p2, u):
    low, high = sorted((p, p2))
    assert kernels.binomial(n, low, u) <= kernels.binomial(n, high, u)


def test_binomial_at_the_ends():
    u = U_GRID[:: 10]
    for n in (0, 1, 1000):
        assert (mapped(kernels.binomial, u, n, 0.0) == 0).all()
        assert (mapped(kernels.binomial, u, n, 1.0) == n).all()
    assert (mapped(kernels.binomial, u, 0, 0.3) == 0).all()
    assert kernels.binomial(10**6, 5e-324, 1 - 2.0**-53) == 0
    assert kernels.binomial(10**6, 0.5, 2.0**-53) == stats.binom.ppf(2.0**-53, 10**6, 0.5)


def test_binomial_takes_the_lower_value_at_an_exact_tie():
    # F(0) = 1/4 for Bin(2, 1/2) and Bin(1, 3/4): the quantile at 1/4 is 0 on either side of the mirror.
    assert kernels.binomial(2, 0.5, 0.25) == 0
    assert kernels.binomial(1, 0.75, 0.25) == 0
    assert kernels.binomial(1, 0.75, 0.25 + 2.0**-53) == 1


# ------------------------------------------------------------------------------------------------------- hypergeometric

HYPER = [
    (1, 1, 1), (3, 4, 2), (5, 5, 5), (20, 7, 13), (40, 3, 20), (2, 500, 300), (60, 80, 70), (120, 90, 150),
    (300, 900, 500), (1_000, 50, 400), (5_000, 5_000, 5_000), (70_000, 20_000, 60_000), (300_000, 700_000, 100_000),
    (10, 999_990, 500_000), (999_000, 1_000, 900_000), (40, 100_000, 30), (30, 60, 30),
    (1_000_000, 3_000_000, 2_500_000),
]


def test_hypergeometric_law():
    rng = np.random.default_rng(4)
    pvalues = {}
    for good, bad, sample in HYPER:
        x = mapped(kernels.hypergeometric, rng.random(20_000), good, bad, sample)
        assert x.min() >= max(0, sample - bad) and x.max() <= min(good, sample)
        pvalues[good, bad, sample] = chi_square_p(x, stats.hypergeom(good + bad, good, sample))
    tested = {key: value for key, value in pvalues.items() if value is not None}
    assert len(tested) >= 16
    assert min(tested.values()) > FAMILY / len(tested), sorted(tested.items(), key=lambda kv: kv[1])[:3]


@pytest.mark.parametrize(("good", "bad", "sample"), HYPER)
def test_hypergeometric_equals_the_exact_quantile(good, bad, sample):
    law = stats.hypergeom(good + bad, good, sample)
    u = U_GRID[(U_GRID > 1e-9) & (U_GRID < 1 - 1e-9)]
    x = mapped(kernels.hypergeometric, u, good, bad, sample)
    above, below = law.cdf(x) - u, law.cdf(x - 1) - u
    clear = (np.abs(above) > 1e-11) & (np.abs(below) > 1e-11)
    assert clear.mean() > 0.6
    assert ((above > 0) & (below < 0))[clear].all()


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.integers(0, 100_000), st.integers(0, 100_000), st.floats(0, 1), LATTICE, LATTICE)
def test_hypergeometric_is_monotone_in_u_and_in_range(good, bad, share, u, v):
    sample = int(share * (good + bad))
    low, high = sorted((u, v))
    x, y = kernels.hypergeometric(good, bad, sample, low), kernels.hypergeometric(good, bad, sample, high)
    assert max(0, sample - bad) <= x <= y <= min(good, sample)


def test_hypergeometric_without_choice():
    for u in (2.0**-53, 0.5, 1 - 2.0**-53):
        assert kernels.hypergeometric(0, 5, 3, u) == 0
        assert kernels.hypergeometric(5, 0, 3, u) == 3
        assert kernels.hypergeometric(5, 4, 9, u) == 5
        assert kernels.hypergeometric(5, 4, 0, u) == 0


# ---------------------------------------------------------------------------------------------------------------- gamma


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0, 60.0, 4_000.0])
def test_gamma_law(shape):
    key = name_key("gamma", int(shape))
    x = np.array([kernels.gamma(shape, key, r) for r in range(20_000)])
    assert stats.kstest(x, stats.gamma(shape).cdf).pvalue > FAMILY / 5


def test_gammas_of_nearby_shapes_move_together():
    key = name_key("coupling")
    a = np.array([kernels.gamma(50.0, key, r) for r in range(5_000)])
    b = np.array([kernels.gamma(51.0, key, r) for r in range(5_000)])
    assert np.var(b - a) < 0.02 * (np.var(a) + np.var(b))
