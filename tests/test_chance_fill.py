"""Parallel choice under quotas: conservation, Kapur's known answer, the law against a student-by-student simulation.

The reference below shares nothing with the package: it puts the students of each band in random order one by one. All
families of tests are held at 1 % (Bonferroni).
"""
# ruff: noqa: PLR0917

from itertools import combinations_with_replacement

import numba as nb
import numpy as np
import pytest
from scipy import stats

from skillsim.chance import Draws, Expected, name_keys

FAMILY = 0.01


def keys(letter, count):
    return name_keys([(letter, i) for i in range(count)])


def fill(source, applicants, weights, seats, band, process="fill", time=1):
    """Call `fill` with the same applicants, weights and seats in every column."""
    applicants, weights, seats = np.asarray(applicants), np.asarray(weights, float), np.asarray(seats)
    columns = source.columns
    return source.fill(
        np.repeat(applicants[:, None], columns, 1), weights[:, :, None], np.repeat(seats[:, None], columns, 1),
        np.asarray(band), process, time, keys("type", applicants.size), keys("pool", seats.size),
    )


@nb.njit
def _student_by_student(applicants, weights, seats, band, runs, seed):
    """Returns taken[run, T, S], unplaced[run, T], closing position[run, S] (nan) and refusals[run, S]."""
    np.random.seed(seed)
    n_types, n_pools = weights.shape
    taken = np.zeros((runs, n_types, n_pools), np.int64)
    unplaced = np.zeros((runs, n_types), np.int64)
    closed = np.full((runs, n_pools), np.nan)
    refusals = np.zeros((runs, n_pools), np.int64)
    people = applicants.sum()
    kind = np.empty(people, np.int64)
    i = 0
    for t in range(n_types):
        for _ in range(applicants[t]):
            kind[i] = t
            i += 1
    for run in range(runs):
        left = seats.copy()
        moment = np.random.random(people) + np.array([float(band[t]) for t in kind])
        for i in np.argsort(moment):
            t = kind[i]
            # the first choice is made among the pools open when the band starts, later ones among those open then
            # (a logit among the open ones has the same law as a logit among all that is repeated until it is open)
            while True:
                total = 0.0
                for s in range(n_pools):
                    total += weights[t, s]
                open_weight = 0.0
                for s in range(n_pools):
                    if left[s] != 0:
                        open_weight += weights[t, s]
                if open_weight == 0.0:
                    unplaced[run, t] += 1
                    break
                v = np.random.random() * total
                choice = n_pools - 1
                for s in range(n_pools):
                    v -= weights[t, s]
                    if v < 0.0:
                        choice = s
                        break
                if weights[t, choice] == 0.0:
                    continue
                if left[choice] == 0:
                    refusals[run, choice] += 1
                    continue
                taken[run, t, choice] += 1
                left[choice] -= 1
                if left[choice] == 0:
                    closed[run, choice] = moment[i]
                break
    return taken, unplaced, closed, refusals


# applicants, weights, seats, band
CASES = {
    "one type, three pools": ([12], [[2.0, 1.0, 1.0]], [2, 3, -1], [0]),
    "everything overflows": ([7, 6], [[2.0, 1.0, 1.0], [1.0, 3.0, 0.5]], [3, 4, 2], [0, 0]),
    "two bands": (
        [5, 3, 6], [[2.0, 1.0, 1.0, 0.2], [1.0, 2.0, 0.0, 0.5], [1.0, 1.0, 1.0, 0.3]], [3, 3, 2, -1], [0, 0, 1],
    ),
    "near misses": (
        [4, 4, 4], [[3.0, 1.0, 1.0, 0.0], [1.0, 1.0, 2.0, 1.0], [0.0, 2.0, 1.0, 2.0]], [3, 4, 3, 2], [0, 0, 0],
    ),
    "single seats": ([4, 4], [[1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 0.5, 0.1]], [1, 1, 1, 1], [0, 0]),
    "cascade": ([6, 6], [[8.0, 2.0, 0.5, 0.1], [6.0, 3.0, 1.0, 0.0]], [2, 3, 3, 3], [0, 0]),
}
RUNS, COLUMNS = 150_000, 60_000


@pytest.fixture(scope="module", params=list(CASES))
def both(request):
    applicants, weights, seats, band = CASES[request.param]
    case = tuple(map(np.array, (applicants, weights, seats, band)))
    reference = _student_by_student(*case, RUNS, 11)
    filled = fill(Draws(7, 0, COLUMNS), *case)
    mine = np.concatenate((filled.taken.reshape(-1, COLUMNS), filled.unplaced)).T.astype(np.int64)
    theirs = np.concatenate((reference[0].reshape(RUNS, -1), reference[1]), axis=1)
    return mine, theirs, filled, reference


def test_fill_means_and_covariances(both):
    mine, theirs, *_ = both
    live = [i for i in range(mine.shape[1]) if theirs[:, i].any() or mine[:, i].any()]
    pairs = list(combinations_with_replacement(live, 2))
    bound = stats.norm.isf(FAMILY / len(CASES) / 2 / (len(live) + len(pairs)))

    def z(a, b):
        spread = np.sqrt(a.var() / a.size + b.var() / b.size)
        return abs(a.mean() - b.mean()) / spread if spread > 0 else float(a.mean() != b.mean()) * np.inf

    centre = theirs.mean(0)
    assert max(z(mine[:, i], theirs[:, i]) for i in live) < bound
    assert max(
        z((mine[:, i] - centre[i]) * (mine[:, j] - centre[j]), (theirs[:, i] - centre[i]) * (theirs[:, j] - centre[j]))
        for i, j in pairs
    ) < bound


def two_sample(a, b):
    """Chi-square p-value that two samples of labels have one law; rare labels are lumped."""
    labels = np.unique(np.concatenate((a, b)), return_inverse=True)[1]
    table = np.array([np.bincount(part, minlength=labels.max() + 1) for part in np.split(labels, [a.size])])
    rare = table.sum(0) * min(a.size, b.size) / (a.size + b.size) < 8
    if rare.any():
        table = np.column_stack((table[:, ~rare], table[:, rare].sum(1)))
    table = table[:, table.sum(0) > 0]
    return stats.chi2_contingency(table).pvalue if table.shape[1] > 1 else 1.0


def test_fill_law_of_every_count(both):
    mine, theirs, *_ = both
    assert min(two_sample(mine[:, i], theirs[:, i]) for i in range(mine.shape[1])) > FAMILY / len(CASES) / mine.shape[1]


def test_fill_joint_law(both):
    """The whole table of who got where, as one label."""
    mine, theirs, *_ = both
    code = np.cumprod(np.concatenate(([1], np.full(mine.shape[1] - 1, 14))).astype(object)) % (2**61 - 1)
    code = code.astype(np.int64)
    assert two_sample(mine @ code, theirs @ code) > FAMILY / len(CASES)


@pytest.mark.parametrize(
    "case", [([9], [[2.0, 1.0]], [5, -1], [0]), ([3, 9], [[2.0, 1.0], [1.0, 1.0]], [5, -1], [0, 1])]
)
def test_fill_law_of_the_closing_position(case):
    """A pool that turns somebody away closed at the arrival that took its last seat, any other at the band's end."""
    case = tuple(map(np.array, case))
    _, _, closed, refusals = _student_by_student(*case, RUNS, 5)
    theirs = closed[refusals[:, 0] > 0, 0]
    got = fill(Draws(3, 0, COLUMNS), *case).closed_at
    assert np.isnan(got[1]).all()
    last = case[3][-1] + 1.0
    mine = got[0][~np.isnan(got[0]) & (got[0] < last)]
    shares = np.array([mine.size / COLUMNS, theirs.size / RUNS])
    spread = np.sqrt((shares * (1 - shares) / [COLUMNS, RUNS]).sum())
    assert abs(shares[0] - shares[1]) < stats.norm.isf(FAMILY / 4 / 2) * spread
    assert stats.ks_2samp(mine, theirs).pvalue > FAMILY / 4


def test_fill_at_medium_size_against_student_by_student():
    """Several hundred students: other branches of the draws than in the small cases."""
    rng = np.random.default_rng(8)
    applicants = np.array([150, 90, 200, 160])
    weights = np.exp(rng.normal(size=(4, 7))) * (rng.random((4, 7)) < 0.8)
    seats = np.array([70, 90, 60, 110, 50, 80, 100])
    band = np.array([0, 0, 1, 1])
    runs = columns = 16_000
    taken, unplaced, _, _ = _student_by_student(applicants, weights, seats, band, runs, 3)
    filled = fill(Draws(17, 0, columns), applicants, weights, seats, band)
    mine = np.concatenate((filled.taken.reshape(-1, columns), filled.unplaced)).T
    theirs = np.concatenate((taken.reshape(runs, -1), unplaced), axis=1)
    live = theirs.any(0) | mine.any(0)
    mine, theirs = mine[:, live].astype(float), theirs[:, live].astype(float)
    bound = stats.norm.isf(FAMILY / 2 / (2 * live.sum()))
    varying = theirs.var(0) > 0
    np.testing.assert_array_equal(mine[:, ~varying], np.broadcast_to(theirs[:1, ~varying], (columns, (~varying).sum())))
    mine, theirs = mine[:, varying], theirs[:, varying]
    assert (np.abs(mine.mean(0) - theirs.mean(0)) / np.sqrt(mine.var(0) / columns + theirs.var(0) / runs)).max() < bound
    a, b = (mine - theirs.mean(0)) ** 2, (theirs - theirs.mean(0)) ** 2
    assert (np.abs(a.mean(0) - b.mean(0)) / np.sqrt(a.var(0) / columns + b.var(0) / runs)).max() < bound


# --------------------------------------------------------------------------------------------------------- conservation


def random_case(seed, columns, scale):
    rng = np.random.default_rng(seed)
    n_types, n_pools = int(rng.integers(1, 9)), int(rng.integers(1, 8))
    applicants = rng.integers(0, scale, (n_types, columns))
    weights = np.exp(2 * rng.normal(size=(n_types, n_pools, 1))) * (rng.random((n_types, n_pools, 1)) < 0.7)
    seats = rng.integers(-1 if rng.random() < 0.3 else 0, int(scale * n_types / n_pools) + 2, (n_pools, columns))
    band = np.sort(rng.integers(0, 4, n_types))
    return applicants, weights, seats, band


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("make", [lambda c: Draws(2, 10, c), Expected], ids=["draws", "expected"])
def test_fill_conserves_and_respects_seats(seed, make):
    columns, scale = 50, (6, 100, 100_000)[seed % 3]
    applicants, weights, seats, band = random_case(seed, columns, scale)
    source = make(columns)
    taken, unplaced, closed_at = source.fill(
        applicants, weights, seats, band, "f", 0, keys("t", applicants.shape[0]), keys("p", seats.shape[0])
    )
    slip = 0 if source.dtype == np.int32 else 1e-9 * scale
    assert taken.min() >= 0 and unplaced.min() >= 0
    np.testing.assert_allclose(taken.sum(1) + unplaced, applicants, rtol=0, atol=slip)
    limited = seats >= 0
    left = seats - taken.sum(0)
    assert (left[limited] >= -slip).all()
    assert (taken[np.broadcast_to(weights == 0, taken.shape)] == 0).all()
    full = limited & (left <= slip)
    # nobody goes without a place while a pool that would take him has a seat
    reachable = ((weights > 0) & ~full[None]).any(1)
    assert not ((unplaced > slip) & reachable).any()
    # closed exactly where the seats ran out
    np.testing.assert_array_equal(~np.isnan(closed_at), full)
    assert (closed_at[full] >= 0).all() and (closed_at[full] <= band[-1] + 1).all()
    assert (closed_at[seats == 0] == 0).all()


def test_a_higher_band_is_served_first():
    filled = fill(Draws(1, 0, 100), [30, 30], [[1.0, 1.0], [1.0, 1.0]], [20, 15], [0, 1])
    assert (filled.unplaced[0] == 0).all()
    assert (filled.unplaced[1] == 25).all()


def test_unlimited_pools_never_close_and_cost_no_arrivals():
    source = Draws(1, 0, 2_000)
    filled = fill(source, [1_000], [[1.0, 3.0]], [-1, -5], [0])
    assert np.isnan(filled.closed_at).all()
    assert source.n_draws == 2_000
    x = filled.taken[0, 0]
    assert abs(x.mean() - 250) < 4 * np.sqrt(1_000 * 0.25 * 0.75 / 2_000)


# --------------------------------------------------------------------------------------------------------- known answer

KAPUR_WEIGHTS, KAPUR_SEATS = np.array([2.0, 1.0, 2.0]), np.array([0.2, 0.3, 0.1])
KAPUR_CLOSE = np.array([0.4, 0.6, 0.25])


@pytest.mark.parametrize("bands", [1, 2, 3, 5, 7, 10, 37, 100])
@pytest.mark.parametrize("kinds", [1, 3])
def test_kapur_cutoffs_in_expectation(bands, kinds):
    """Kapur, arXiv 2107.01340, without an outside option: cut-offs (0.6, 0.4, 0.75) = 1 - closing position."""
    band = np.repeat(np.arange(bands), kinds)
    share = np.tile(np.arange(1.0, kinds + 1), bands)
    filled = fill(Expected(2), share / share.sum(), np.tile(KAPUR_WEIGHTS, (band.size, 1)), KAPUR_SEATS, band)
    np.testing.assert_allclose(filled.closed_at / bands, np.repeat(KAPUR_CLOSE[:, None], 2, 1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(filled.taken.sum(0)[:, 0], KAPUR_SEATS, rtol=0, atol=1e-12)
    np.testing.assert_allclose(filled.unplaced.sum(0), 0.4, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bands", [1, 4, 7])
def test_kapur_cutoffs_in_draws(bands):
    people, columns = 7_000_000 // bands * bands, 400
    seats = np.rint(KAPUR_SEATS * people).astype(int)
    filled = fill(Draws(6, 0, columns), np.full(bands, people // bands), np.tile(KAPUR_WEIGHTS, (bands, 1)), seats,
                  np.arange(bands))
    position = filled.closed_at / bands
    spread = position.std(1)
    assert (spread < 3 / np.sqrt(people)).all()
    assert (np.abs(position.mean(1) - KAPUR_CLOSE) < 4 * spread / np.sqrt(columns) + 10 / people).all()
    assert (filled.unplaced.sum(0) == people - seats.sum()).all()


def test_expected_fill_is_the_large_number_limit_of_draws():
    rng = np.random.default_rng(2)
    share, weights = rng.dirichlet(np.ones(8)), np.exp(rng.normal(size=(8, 5))) * (rng.random((8, 5)) < 0.8)
    seats, band = rng.dirichlet(np.ones(5)) * 0.9, np.repeat(np.arange(4), 2)
    people = 20_000_000
    means = fill(Expected(1), share * people, weights, np.rint(seats * people), band)
    whole = [np.rint(x * people).astype(int) for x in (share, seats)]
    draws = fill(Draws(3, 0, 200), whole[0], weights, whole[1], band)
    assert np.abs(draws.taken.mean(2) - means.taken[:, :, 0]).max() < 4 * np.sqrt(people / 200)
    closed = ~np.isnan(means.closed_at[:, 0])
    assert closed.any()
    np.testing.assert_allclose(draws.closed_at[closed].mean(1), means.closed_at[closed, 0], atol=2e-3)


# ----------------------------------------------------------------------------------------------------- cost and pairing


def admission(people, columns, seed=1, tilt=0.0):
    rng = np.random.default_rng(5)
    n_types, n_pools = 24, 15
    weights = np.exp(rng.normal(size=(n_types, n_pools)))
    weights[:, 0] *= np.exp(tilt)
    seats = np.rint(rng.dirichlet(np.full(n_pools, 3.0)) * 0.9 * people).astype(int)
    source = Draws(seed, 0, columns)
    filled = fill(source, np.full(n_types, people // n_types), weights, seats, np.arange(n_types) // 3)
    return source, filled


def test_the_cost_of_fill_does_not_depend_on_the_number_of_people():
    draws = [admission(people, 40)[0].n_draws for people in (10_000, 100_000, 1_000_000, 10_000_000)]
    assert max(draws) <= 1.5 * min(draws)


def test_paired_fills_move_together():
    """A small change of tastes: the paired difference of who gets in varies far less than an independent one."""
    base, moved = (admission(20_000, 600, tilt=tilt)[1].taken[:3].astype(float) for tilt in (0.0, 0.01))
    ratio = 2 * base.var(2).sum() / (moved - base).var(2).sum()
    assert ratio > 100
