"""Draws and Expected: addressing of draws, competing risks, rationing, checks of the input. Families at 1 %."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from scipy import stats

from skillsim.chance import Draws, Expected, kernels, name_keys
from skillsim.chance.keys import stream_key

FAMILY = 0.01
CELLS = name_keys([("cell", i) for i in range(6)])
BANDS = np.array([0, 0, 1, 1, 2, 2])


def sizes(columns, cells=6):
    return np.broadcast_to(np.array([0, 3, 40, 300, 5_000, 100_000])[:cells, None], (cells, columns)).astype(np.int32)


def run_all(source, keys=CELLS, process="p", time=2020, order=slice(None)):
    """Every method once; a list of arrays whose last axis is the replication."""
    columns = source.columns
    absolute = np.arange(source.first, source.first + columns)
    n = sizes(columns)[order]
    p = 0.1 + 0.8 * ((absolute[::2] * 7) % 11 / 11)[None, :] * np.ones((n.shape[0], 1))
    risks = np.stack((0.3 * p, 0.5 * p))
    limit = np.full((3, columns), 2_000)
    weights = np.exp(np.sin(np.arange(24.0))).reshape(6, 4, 1)[order] ** (1 + 2 * p[:, None, :])
    seats = np.array([500, 2_000, 30_000, 60_000])[:, None] * np.ones((1, columns), int)
    pools = name_keys([("pool", i) for i in range(4)])
    filled = source.fill(n, weights, seats, BANDS[order], process + "f", time, keys, pools)
    each = 0.1 + 0.8 * ((absolute * 5) % 13 / 13)[None, :] * np.ones((n.shape[0], 1))
    return [
        source.binomial(n, p, process + "b", time, keys),
        source.split(n, risks, process + "s", time, keys),
        source.ration(n, limit, BANDS[order], process + "r", time, keys),
        source.binomial(n, each, process + "e", time, keys),
        source.normal(process + "n", time, keys),
        source.spread(np.full((12, columns), 7), limit + 1, np.repeat([0, 1, 2], 4), process + "t", time, keys[:3]),
        *filled,
    ]


def same(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def joined(parts):
    return [np.ascontiguousarray(np.concatenate(arrays, axis=-1)) for arrays in zip(*parts, strict=True)]


# ----------------------------------------------------------------------------------------------------------- addressing


def test_the_same_key_gives_the_same_bytes():
    assert same(run_all(Draws(1, 0, 40)), run_all(Draws(1, 0, 40)))


@pytest.mark.parametrize(
    "other",
    [
        lambda: run_all(Draws(2, 0, 40)),
        lambda: run_all(Draws(2**64 + 1, 0, 40)),
        lambda: run_all(Draws(1, 0, 40), process="q"),
        lambda: run_all(Draws(1, 0, 40), time=2021),
        lambda: run_all(Draws(1, 0, 40), keys=name_keys([("other", i) for i in range(6)])),
    ],
    ids=["seed", "long seed", "process", "time", "cells"],
)
def test_any_part_of_the_key_changes_the_draws(other):
    reference = run_all(Draws(1, 0, 40))
    changed = other()
    for a, b in zip(reference[:5], changed[:5], strict=True):
        large = a[..., 3:, :] != b[..., 3:, :]  # cells large enough for coincidences to be rare
        assert large.mean() > 0.5
    assert (reference[4] != changed[4]).all()
    # one row in four gets the odd one: the same row by chance in a quarter of the groups (120, sd 5)
    assert 60 < (reference[5] != changed[5]).reshape(3, 4, 40).any(axis=1).sum() < 115


def test_replications_differ():
    x = Draws(1, 0, 200).binomial(np.full((1, 200), 10**6), np.full((1, 1), 0.5), "p", 0, CELLS[:1])[0]
    assert np.unique(x).size > 150


def test_chunks_do_not_matter():
    whole = run_all(Draws(5, 0, 200))
    assert same(whole, joined([run_all(Draws(5, 0, 100)), run_all(Draws(5, 100, 100))]))
    assert same(whole, joined([run_all(Draws(5, first, 2)) for first in range(0, 200, 2)]))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_matter(threads):
    whole = run_all(Draws(5, 0, 240))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda first: run_all(Draws(5, first, 20)), range(0, 240, 20)))
    assert same(whole, joined(parts))


def test_other_cells_do_not_matter():
    n, p = sizes(50), np.full((6, 1), 0.3)
    whole = Draws(1, 0, 50).binomial(n, p, "b", 0, CELLS)
    some = [5, 1, 3]
    np.testing.assert_array_equal(Draws(1, 0, 50).binomial(n[some], p[some], "b", 0, CELLS[some]), whole[some])
    whole = Draws(1, 0, 50).split(n, np.stack((p, p)), "b", 0, CELLS)
    part = Draws(1, 0, 50).split(n[some], np.stack((p, p))[:, some], "b", 0, CELLS[some])
    np.testing.assert_array_equal(part, whole[:, some])


def test_an_empty_pool_or_type_does_not_move_the_rest_of_a_fill():
    columns = 60
    types, pools = name_keys([("t", i) for i in range(4)]), name_keys([("s", i) for i in range(4)])
    n = np.repeat([[50], [70], [60], [40]], columns, 1)
    weights = np.array([[1.0, 2, 1, 3], [2, 1, 1, 1], [1, 1, 1, 1], [3, 2, 1, 1]])[:, :, None]
    seats = np.repeat([[30], [60], [40], [35]], columns, 1)
    band = np.array([0, 0, 1, 1])
    keep = [0, 1, 3]
    # without pool 2 / with pool 2 not open to anybody
    small = Draws(9, 0, columns).fill(n, weights[:, keep], seats[keep], band, "f", 1, types, pools[keep])
    closed = weights.copy()
    closed[:, 2] = 0.0
    large = Draws(9, 0, columns).fill(n, closed, seats, band, "f", 1, types, pools)
    np.testing.assert_array_equal(large.taken[:, keep], small.taken)
    # without type 2 / with nobody of type 2
    none = n.copy()
    none[2] = 0
    large = Draws(9, 0, columns).fill(none, weights, seats, band, "f", 1, types, pools)
    small = Draws(9, 0, columns).fill(n[keep], weights[keep], seats, band[keep], "f", 1, types[keep], pools)
    np.testing.assert_array_equal(large.taken[keep], small.taken)


@pytest.mark.parametrize("p", [1e-5, 0.01, 0.3, 0.5, 0.9])
def test_a_block_makes_the_draws_of_the_kernels(p):
    """The block takes short cuts for equal probabilities; it must agree with single quantiles at the named uniforms.

    (If only this fails after an edit of kernels.py, the compile cache of blocks.py is stale: delete __pycache__.)
    """
    n = sizes(60)
    x = Draws(4, 10, 60).binomial(n, np.full((6, 1), p), "b", 2030, CELLS)
    base = stream_key(4, "b", 2030)
    wanted = [
        [kernels.binomial(int(n[c, r]), p, kernels.uniform(base, CELLS[c], 10 + r, 0)) for r in range(60)]
        for c in range(6)
    ]
    np.testing.assert_array_equal(x, wanted)


def test_pairs_share_a_parameter_column():
    p = np.array([[0.0, 1.0, 0.0]])
    x = Draws(1, 0, 6).binomial(np.full((1, 6), 7), p, "b", 0, CELLS[:1])
    np.testing.assert_array_equal(x, [[0, 0, 7, 7, 0, 0]])
    e = Expected(3).binomial(np.full((1, 3), 7.0), p, "b", 0, CELLS[:1])
    np.testing.assert_array_equal(e, [[0.0, 7.0, 0.0]])


def test_pairs_share_a_column_of_weights():
    n, seats = np.full((1, 6), 9), np.full((3, 6), -1)
    weights = np.eye(3)[None]  # parameter column j opens pool j only
    x = Draws(1, 0, 6).fill(n, weights, seats, np.array([0]), "f", 0, CELLS[:1], CELLS[:3])
    np.testing.assert_array_equal(x.taken[0], 9 * np.repeat(np.eye(3, dtype=int), 2, 1))
    x = Expected(3).fill(n[:, :3], weights, seats[:, :3], np.array([0]), "f", 0, CELLS[:1], CELLS[:3])
    np.testing.assert_array_equal(x.taken[0], 9 * np.eye(3))


def test_pairs_share_a_column_of_risks():
    p = np.array([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]])
    x = Draws(1, 0, 6).split(np.full((1, 6), 7), p, "s", 0, CELLS[:1])[:, 0]
    np.testing.assert_array_equal(x, [[7, 7, 0, 0, 0, 0], [0, 0, 0, 0, 7, 7], [0, 0, 7, 7, 0, 0]])


def test_a_shared_parameter_column_is_the_same_as_equal_columns():
    n, p = sizes(40), np.linspace(0.01, 0.99, 6)[:, None]
    one = Draws(1, 0, 40)
    many = Draws(1, 0, 40)
    a = one.binomial(n, p, "b", 0, CELLS)
    b = many.binomial(n, np.repeat(p, 20, 1), "b", 0, CELLS)
    np.testing.assert_array_equal(a, b)
    assert one.n_draws == many.n_draws == 5 * 40  # nobody is in the first cell


def test_a_probability_for_each_replication_makes_the_draws_of_equal_parameter_columns():
    n, p = sizes(40), np.random.default_rng(3).uniform(0, 1, (6, 20))
    p[:, 3], p[:, 7] = 0.0, 1.0
    pairs, each = Draws(1, 20, 40), Draws(1, 20, 40)
    a = pairs.binomial(n, p, "b", 0, CELLS)
    b = each.binomial(n, np.repeat(p, 2, axis=1), "b", 0, CELLS)
    np.testing.assert_array_equal(a, b)
    assert pairs.n_draws == each.n_draws == 5 * 36
    # and replication by replication it is the draw with that probability
    p = np.random.default_rng(4).uniform(0, 1, (6, 40))
    x = Draws(1, 20, 40).binomial(n, p, "b", 0, CELLS)
    for r in range(40):
        np.testing.assert_array_equal(x[:, r], Draws(1, 20, 40).binomial(n, p[:, r, None], "b", 0, CELLS)[:, r])


def test_each_replication_has_its_own_probability():
    p = np.array([[0.0, 1.0, 1.0, 0.0]])
    x = Draws(1, 0, 4).binomial(np.full((1, 4), 7), p, "b", 0, CELLS[:1])
    np.testing.assert_array_equal(x, 7 * p)
    x = Draws(1, 0, 4).split(np.full((1, 4), 7), np.stack([p, 1 - p]), "s", 0, CELLS[:1])
    np.testing.assert_array_equal(x, [7 * p, 7 * (1 - p), 0 * p])
    # where replications of a pair have the same, it makes no difference how they are given
    n, by_draw = np.full((1, 4), 700), np.array([[[0.2, 0.5]], [[0.3, 0.1]]])
    pair, wide = (Draws(1, 0, 4).split(n, q, "s", 0, CELLS[:1]) for q in (by_draw, np.repeat(by_draw, 2, axis=-1)))
    np.testing.assert_array_equal(pair, wide)
    with pytest.raises(ValueError):
        Draws(1, 0, 4).split(n, np.full((1, 1, 3), 0.5), "s", 0, CELLS[:1])


def test_only_draws_that_are_made_count():
    """None where nobody is there, where nothing is left to chance, or where nothing is left to share out."""
    n = np.array([[0, 5, 0, 9]])
    for p, draws in ((0.0, 0), (1.0, 0), (0.5, 2)):
        source = Draws(1, 0, 4)
        source.binomial(n, np.array([[p]]), "b", 0, CELLS[:1])
        assert source.n_draws == draws
    source = Draws(1, 0, 4)
    source.ration(np.array([[3] * 4, [4] * 4]), np.array([[0, 2, 7, 9]]), np.array([0, 0]), "r", 0, CELLS[:2])
    assert source.n_draws == 1  # the last of a group gets what is left


# ---------------------------------------------------------------------------------------------------------------- split


def test_split_conserves_people_and_has_the_right_marginals():
    columns = 20_000
    n, p = sizes(columns), np.array([0.05, 0.6, 1e-3, 0.2])
    x = Draws(3, 0, columns).split(n, p[:, None, None] * np.ones((4, 6, 1)), "s", 0, CELLS)
    assert x.shape == (5, 6, columns) and x.min() >= 0
    np.testing.assert_array_equal(x.sum(0), n)
    share = np.append(p, 1 - p.sum())
    bound = stats.norm.isf(FAMILY / 2 / 200)
    for c, size in enumerate((3, 40, 300, 5_000, 100_000), start=1):
        mean, cov = size * share, size * (np.diag(share) - np.outer(share, share))
        z = (x[:, c].mean(1) - mean) / np.sqrt(np.diag(cov) / columns)
        assert np.abs(z).max() < bound
        got = np.cov(x[:, c])
        # variance of a sample covariance of multinomials, close to that of normals where the mean counts are not tiny
        se = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / columns)
        usual = np.minimum.outer(mean, mean) > 3
        assert (np.abs(got - cov) / se)[usual].max(initial=0.0) < bound + 0.5
    # marginal of the last declared outcome, in full
    seen = np.bincount(x[3, 2], minlength=41)
    expected = stats.binom(40, 0.2).pmf(np.arange(41)) * columns
    big = expected > 8
    assert stats.chisquare(
        np.append(seen[big], seen[~big].sum()), np.append(expected[big], expected[~big].sum())
    ).pvalue > FAMILY


def test_split_with_an_outcome_of_probability_zero_at_the_end_changes_nothing():
    n = sizes(40)
    p = np.full((2, 6, 1), 0.2)
    more = np.concatenate((p, np.zeros((1, 6, 1))))
    a, b = Draws(1, 0, 40), Draws(1, 0, 40)
    x, y = a.split(n, p, "s", 0, CELLS), b.split(n, more, "s", 0, CELLS)
    np.testing.assert_array_equal(x, y[[0, 1, 3]])
    assert (y[2] == 0).all()
    assert a.n_draws == b.n_draws == (n > 0).sum() + (n > x[0]).sum()


def test_split_where_nobody_can_stay():
    n = sizes(40)
    source = Draws(1, 0, 40)
    x = source.split(n, np.array([0.1, 0.2, 0.7])[:, None, None] * np.ones((3, 6, 1)), "s", 0, CELLS)
    assert (x[3] == 0).all()
    np.testing.assert_array_equal(x.sum(0), n)
    made = (n > 0).sum() + (n > x[0]).sum()
    assert source.n_draws == made
    x = source.split(n, np.array([0.0, 1.0])[:, None, None] * np.ones((2, 6, 1)), "s", 0, CELLS)
    np.testing.assert_array_equal(x[1], n)
    assert source.n_draws == made


def test_split_refuses_more_than_certainty():
    for source in (Draws(1, 0, 4), Expected(4)):
        n = np.full((1, 4), 5)
        with pytest.raises(ValueError, match=r"1\.2 > 1"):
            source.split(n, np.full((2, 1, 1), 0.6), "s", 0, CELLS[:1])
        source.split(n, np.full((2, 1, 1), 0.5 + 1e-10), "s", 0, CELLS[:1])


def test_expected_split():
    n, p = np.array([[10.0, 20.0]]), np.array([[[0.1, 0.2]], [[0.5, 0.25]]])
    x = Expected(2).split(n, p, "s", 0, CELLS[:1])
    np.testing.assert_allclose(x, [[[1.0, 4.0]], [[5.0, 5.0]], [[4.0, 11.0]]], rtol=1e-15)


# --------------------------------------------------------------------------------------------------------------- ration


def test_ration_is_multivariate_hypergeometric():
    columns = 40_000
    counts = np.array([3, 10, 25, 12, 1_000, 4_000, 500])
    group = np.array([0, 0, 0, 0, 2, 2, 2])
    limit = np.array([20, 5, 2_500])
    keys = name_keys([("r", i) for i in range(7)])
    x = Draws(3, 0, columns).ration(
        np.repeat(counts[:, None], columns, 1), np.repeat(limit[:, None], columns, 1), group, "r", 0, keys
    )
    bound = stats.norm.isf(FAMILY / 2 / 60)
    for g in (0, 2):
        mine = group == g
        m, total, seats = counts[mine], counts[mine].sum(), limit[g]
        np.testing.assert_array_equal(x[mine].sum(0), seats)
        assert (x[mine] <= m[:, None]).all() and x.min() >= 0
        law = stats.multivariate_hypergeom(m, seats)
        mean, cov = law.mean(), law.cov()
        assert (np.abs(x[mine].mean(1) - mean) / np.sqrt(np.diag(cov) / columns)).max() < bound
        se = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / columns)
        assert (np.abs(np.cov(x[mine]) - cov) / se).max() < bound + 0.5
        for row, size in zip(x[mine], m, strict=True):
            exact = stats.hypergeom(total, size, seats)
            support = np.unique(row)
            expected = exact.pmf(support) * columns
            big = expected > 8
            seen = np.array([(row == k).sum() for k in support])
            observed = np.append(seen[big], columns - seen[big].sum())
            wanted = np.append(expected[big], columns - expected[big].sum())
            usable = wanted > 5
            if not usable[-1]:
                observed, wanted = observed[:-1], wanted[:-1] * observed[:-1].sum() / wanted[:-1].sum()
            assert stats.chisquare(observed, wanted).pvalue > FAMILY / 7


def test_ration_takes_the_smaller_of_limit_and_total():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 9, (6, 300))
    limit = rng.integers(0, 25, (4, 300))
    group = np.array([0, 0, 0, 1, 3, 3])
    for source in (Draws(1, 0, 300), Expected(300)):
        got = source.ration(x, limit, group, "r", 0, CELLS)
        assert (got >= 0).all() and (got <= x).all()
        for g in range(4):
            mine = group == g
            np.testing.assert_allclose(got[mine].sum(0), np.minimum(x[mine].sum(0), limit[g]), rtol=1e-14, atol=1e-12)
            free = x[mine].sum(0) <= limit[g]
            np.testing.assert_array_equal(got[mine][:, free], x[mine][:, free])


def test_expected_ration_is_proportional():
    x = np.array([[30.0], [10.0], [5.0]])
    got = Expected(1).ration(x, np.array([[20.0], [9.0]]), np.array([0, 0, 1]), "r", 0, CELLS[:3])
    np.testing.assert_allclose(got[:, 0], [15.0, 5.0, 5.0], rtol=1e-15)


# --------------------------------------------------------------------------------------------------------------- spread


def shared_out(groups, columns, seed=1):
    """Random weights and totals: empty groups, rows of weight 0, single rows, totals below and above the weights' sum."""
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, groups, 4 * groups))
    weights = rng.integers(0, 30, (group.size, columns)) * (rng.random((group.size, columns)) < 0.8)
    whole = np.stack([weights[group == g].sum(0) for g in range(groups)])
    total = np.where(rng.random(whole.shape) < 0.2, whole, rng.integers(0, 2 * whole + 1))
    return weights, np.where(whole > 0, total, 0), group, name_keys([("group", g) for g in range(groups)])


def exact_share(weights, total, group):
    whole = np.zeros(total.shape)
    np.add.at(whole, group, weights)
    return np.divide(weights * total[group], whole[group], out=np.zeros(weights.shape), where=whole[group] > 0)


def test_spread_sums_to_the_total_and_rounds_each_exact_share():
    weights, total, group, keys = shared_out(40, 60)
    x = Draws(6, 0, 60).spread(weights, total, group, "t", 3, keys)
    share = exact_share(weights, total, group)
    for g in range(40):
        np.testing.assert_array_equal(x[group == g].sum(0), total[g])
        fits = total[g] <= weights[group == g].sum(0)
        assert (x[group == g][:, fits] <= weights[group == g][:, fits]).all()
    assert (x >= np.floor(share + 1e-9)).all() and (x <= np.ceil(share - 1e-9)).all()
    assert (x[weights == 0] == 0).all()
    assert ((x > share + 1e-9).mean() > 0.1) and ((x < share - 1e-9).mean() > 0.1)


def test_spread_is_systematic_sampling_with_one_uniform_a_group():
    """Each row against cumulated shares in exact arithmetic, shifted by the group's uniform."""
    weights, total, group, keys = shared_out(12, 20, seed=2)
    source = Draws(6, 10, 20)
    x = source.spread(weights, total, group, "t", 2031, keys)
    base, drawn = stream_key(6, "t", 2031), 0
    for g in range(12):
        mine = weights[group == g]
        for r in range(20):
            whole, need = int(mine[:, r].sum()), int(total[g, r])
            drawn += 0 < need != whole and len(mine) > 1
            u = Fraction(kernels.uniform(base, keys[g], 10 + r, 0))
            upto = mine[:, r].cumsum().tolist()
            ends = [0, *(floor(Fraction(need * c, max(whole, 1)) + u) for c in upto)]
            np.testing.assert_array_equal(x[group == g][:, r], np.diff(ends))
    assert 0 < source.n_draws == drawn < 12 * 20


def test_mean_of_spread_is_the_exact_share():
    """Rows are their exact share rounded up or down: variance f (1 - f) of its fraction f.  Seven rows with a
    fraction, z-tests of a family at 1 %, R = 20,000.  So are two rows that stand side by side, taken together."""
    columns = 20_000
    weights, total = np.array([3, 0, 10, 25, 12, 1, 1_000, 4_000, 501, 7]), np.array([21, 0, 1, 2_500, 5])
    group = np.array([0, 0, 0, 0, 0, 2, 3, 3, 3, 4])
    x = Draws(3, 0, columns).spread(
        np.repeat(weights[:, None], columns, 1), np.repeat(total[:, None], columns, 1), group, "t", 0, CELLS[:5]
    )
    share = exact_share(weights[:, None], total[:, None], group)[:, 0]
    part = share - np.floor(share)
    certain = part < 1e-9
    np.testing.assert_array_equal(x[certain], np.rint(share[certain])[:, None] * np.ones((1, columns)))
    assert certain.sum() == 3  # the row of weight 0 and the two single rows
    z = (x.mean(1) - share)[~certain] / np.sqrt((part * (1 - part))[~certain] / columns)
    assert np.abs(z).max() < stats.norm.isf(FAMILY / 2 / (~certain).sum())
    two = x[2] + x[3]
    assert set(np.unique(two)) <= {floor(share[2] + share[3]), ceil(share[2] + share[3])}


def test_spread_where_there_is_nothing_to_choose():
    source = Draws(1, 0, 4)
    ones = np.ones((1, 4), int)
    weights = np.array([[3, 3, 0, 3], [5, 5, 0, 5]])
    total = np.array([[0, 8, 4, 8]])
    x = source.spread(weights, total, np.array([0, 0]), "t", 0, CELLS[:1])
    np.testing.assert_array_equal(x, [[0, 3, 0, 3], [0, 5, 0, 5]])  # nothing, everything, no weights, everything
    x = source.spread(3 * ones, np.array([[0, 2, 3, 9]]), np.array([0]), "t", 0, CELLS[:1])
    np.testing.assert_array_equal(x, [[0, 2, 3, 9]])  # a single row gets all, whatever its weight
    assert source.n_draws == 0
    for chance in (Draws(1, 0, 4), Expected(4)):
        none = chance.spread(np.zeros((0, 4), int), np.zeros((2, 4), int), np.zeros(0, int), "t", 0, CELLS[:2])
        assert none.shape == (0, 4)
        for bad in (
            lambda c=chance: c.spread(-ones, ones, np.array([0]), "t", 0, CELLS[:1]),
            lambda c=chance: c.spread(ones, -ones, np.array([0]), "t", 0, CELLS[:1]),
            lambda c=chance: c.spread(ones, ones, np.array([1]), "t", 0, CELLS[:1]),
            lambda c=chance: c.spread(weights, np.repeat(ones, 2, 0), np.array([1, 0]), "t", 0, CELLS[:2]),
        ):
            with pytest.raises(ValueError):
                bad()
    with pytest.raises(ValueError, match="keys"):  # one key a group
        source.spread(weights, total, np.array([0, 0]), "t", 0, CELLS[:2])


def test_expected_spread_is_the_exact_share():
    weights, total, group, keys = shared_out(30, 8)
    x = Expected(8).spread(weights * 1.0, total * 1.0, group, "t", 0, keys)
    np.testing.assert_allclose(x, exact_share(weights, total, group), rtol=1e-13)
    assert x.dtype == np.float64


def test_other_groups_do_not_matter_to_a_spread():
    weights, total, group, keys = shared_out(20, 30)
    whole = Draws(2, 0, 30).spread(weights, total, group, "t", 0, keys)
    some = np.isin(group, [3, 7, 15])
    at = np.searchsorted([3, 7, 15], group[some])
    part = Draws(2, 0, 30).spread(weights[some], total[[3, 7, 15]], at, "t", 0, keys[[3, 7, 15]])
    np.testing.assert_array_equal(part, whole[some])


# --------------------------------------------------------------------------------------------------------------- normal


def test_normal_draws_are_normal_and_independent():
    """Kolmogorov-Smirnov of each of five cells and of all (family of six at 1 %); correlations of cells, of neighbouring
    replications and of the two of a pair by Fisher's transformation (family of twelve at 1 %)."""
    columns = 4_000
    source = Draws(8, 0, columns)
    z = source.normal("n", 2030, CELLS[:5])
    assert z.shape == (5, columns) and z.dtype == np.float64 and np.isfinite(z).all()
    assert source.n_draws == 5 * columns
    pvalues = [stats.kstest(x, "norm").pvalue for x in (*z, z.reshape(-1))]
    assert min(pvalues) > FAMILY / 6
    pairs = [np.corrcoef(z[i], z[j])[0, 1] for i in range(5) for j in range(i)]
    limit = stats.norm.isf(FAMILY / 2 / 12)
    assert np.abs(np.arctanh(pairs)).max() * np.sqrt(columns - 3) < limit
    for a, b in ((z[:, 1:], z[:, :-1]), (z[:, ::2], z[:, 1::2])):
        assert abs(np.arctanh(np.corrcoef(a.reshape(-1), b.reshape(-1))[0, 1])) * np.sqrt(a.size - 3) < limit


def test_normal_draws_are_keyed():
    z = Draws(8, 10, 6).normal("n", 2030, CELLS[:3])
    base = stream_key(8, "n", 2030)
    u = [[kernels.uniform(base, key, 10 + r, 0) for r in range(6)] for key in CELLS[:3]]
    np.testing.assert_allclose(stats.norm.cdf(z), u, rtol=1e-12)
    np.testing.assert_array_equal(Draws(8, 10, 6).normal("n", 2030, CELLS[[2, 0]]), z[[2, 0]])
    with pytest.raises(ValueError, match="repeat"):
        Draws(8, 10, 6).normal("n", 2030, CELLS[[0, 0]])


def test_expected_normal_is_zero():
    z = Expected(3).normal("n", 2030, CELLS[:4])
    assert z.shape == (4, 3) and z.dtype == np.float64 and not z.any()


# -------------------------------------------------------------------------------------------------------------- pairing


@pytest.mark.parametrize(("n", "p"), [(5, 0.3), (100, 0.06), (1_000, 0.3), (100_000, 0.9)])
def test_pairing_reduces_the_variance_of_a_difference(n, p):
    columns = 4_000
    people = np.full((20, columns), n)
    keys = name_keys([("c", i) for i in range(20)])
    low = Draws(1, 0, columns).binomial(people, np.full((20, 1), p), "b", 0, keys).sum(0)
    high = Draws(1, 0, columns).binomial(people, np.full((20, 1), p + 0.01), "b", 0, keys).sum(0)
    independent = 20 * n * (p * (1 - p) + (p + 0.01) * (0.99 - p))
    assert (high >= low).all()
    assert independent / np.var(high - low) > 20


def test_nothing_changed_means_nothing_moved():
    x = run_all(Draws(1, 0, 40))
    y = run_all(Draws(1, 0, 40))
    assert all((a == b).all() or np.isnan(a).any() for a, b in zip(x, y, strict=True))


# --------------------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize(
    "arguments",
    [(None, 0, 2), (-1, 0, 2), (1.5, 0, 2), (True, 0, 2), (1, 1, 2), (1, 0, 3), (1, 0, 0), (1, -2, 2)],
)
def test_draws_refuses(arguments):
    with pytest.raises(ValueError):
        Draws(*arguments)


def test_wrong_input_is_refused():
    n, p = np.full((2, 4), 5), np.full((2, 1), 0.5)
    keys = CELLS[:2]
    for source in (Draws(1, 0, 4), Expected(4)):
        for bad in (-0.1, 1.1, np.nan):
            with pytest.raises(ValueError):
                source.binomial(n, np.array([[0.5], [bad]]), "b", 0, keys)
        with pytest.raises(ValueError):
            source.binomial(-n, p, "b", 0, keys)
        with pytest.raises(ValueError):
            source.binomial(n[:, :2], p, "b", 0, keys)
        with pytest.raises(ValueError):
            source.binomial(n, np.full((2, 3), 0.5), "b", 0, keys)
        with pytest.raises(ValueError):
            source.binomial(n, np.full(2, 0.5), "b", 0, keys)
        with pytest.raises(ValueError):
            source.ration(n, np.full((1, 4), -1), np.array([0, 0]), "r", 0, keys)
        with pytest.raises(ValueError):
            source.ration(n, np.full((2, 4), 1), np.array([1, 0]), "r", 0, keys)
        with pytest.raises(ValueError):
            source.ration(n, np.full((1, 4), 1), np.array([0, 1]), "r", 0, keys)
        for bad in (-1.0, np.nan, np.inf):
            with pytest.raises(ValueError):
                source.fill(n, np.full((2, 1, 1), bad), n[:1], np.array([0, 0]), "f", 0, keys, keys[:1])
    source = Draws(1, 0, 4)
    with pytest.raises(TypeError):
        source.binomial(n * 1.0, p, "b", 0, keys)
    with pytest.raises(OverflowError):
        source.binomial(n + 2**31, p, "b", 0, keys)
    with pytest.raises(TypeError):
        source.binomial(n, p, "b", 0, keys.astype(np.int64))
    with pytest.raises(ValueError, match="repeat"):
        source.binomial(n, p, "b", 0, keys[[0, 0]])
    with pytest.raises(ValueError):
        source.binomial(n, p, "b", 0, CELLS[:3])
    with pytest.raises(ValueError):
        Expected(0)


@pytest.mark.parametrize("source", [Draws(1, 0, 4), Expected(4)])
@pytest.mark.parametrize("row", [0, 1])
def test_nobody_is_fewer_than_none(source, row):
    """One count below 0, in the last replication, is told whatever is asked of it: also where all or none of the others go."""
    good, keys, one = np.full((2, 4), 5), CELLS[:2], np.array([0, 0])
    bad = good.copy()
    bad[row, 3] = -1
    total, lacking = np.full((1, 4), 6), np.array([[6, 6, 6, -1]])
    asks = [
        *(lambda p=p: source.binomial(bad, np.full((2, 1), p), "b", 0, keys) for p in (0.0, 0.5, 1.0)),
        *(lambda p=p: source.split(bad, np.full((2, 2, 1), p), "s", 0, keys) for p in (0.0, 0.3, 0.5)),
        lambda: source.ration(bad, total, one, "r", 0, keys), lambda: source.ration(good, lacking, one, "r", 0, keys),
        lambda: source.spread(bad, total, one, "p", 0, keys[:1]), lambda: source.spread(good, lacking, one, "p", 0, keys[:1]),
        lambda: source.fill(bad, np.ones((2, 1, 1)), total, one, "f", 0, keys, keys[:1]),
    ]
    for ask in asks:
        with pytest.raises(ValueError, match="negative count"):
            ask()


def test_types_of_the_results():
    draws, means = Draws(1, 0, 4), Expected(4)
    n, p, keys = np.full((2, 4), 5, np.int64)[:, ::-1], np.full((2, 1), 0.5), CELLS[:2]
    assert draws.binomial(n, p, "b", 0, keys).dtype == np.int32 == draws.dtype
    assert means.binomial(n, p, "b", 0, keys).dtype == np.float64 == means.dtype
    assert (draws.columns, draws.per_parameter, means.columns, means.per_parameter) == (4, 2, 4, 1)
    assert means.n_draws == 0


def test_empty_input():
    none = np.empty(0, np.uint64)
    for source in (Draws(1, 0, 4), Expected(4)):
        zero = np.zeros((0, 4), source.dtype)
        assert source.binomial(zero, np.zeros((0, 1)), "b", 0, none).shape == (0, 4)
        assert source.split(zero, np.zeros((2, 0, 1)), "b", 0, none).shape == (3, 0, 4)
        assert source.ration(zero, np.zeros((1, 4), source.dtype), np.zeros(0, int), "b", 0, none).shape == (0, 4)
        filled = source.fill(zero, np.zeros((0, 0, 1)), zero, np.zeros(0, int), "f", 0, none, none)
        assert filled.taken.shape == (0, 0, 4)
        n = np.full((2, 4), 5, source.dtype)
        np.testing.assert_array_equal(source.split(n, np.zeros((0, 2, 1)), "b", 0, CELLS[:2])[0], n)
        filled = source.fill(n, np.zeros((2, 0, 1)), zero, np.array([0, 0]), "f", 0, CELLS[:2], none)
        np.testing.assert_array_equal(filled.unplaced, n)
