"""Parallel choice under quotas: conservation, Kapur's known answer, the law against a student-by-student simulation.

The reference below shares nothing with the package: it puts the students of each band in random order one by one. All
families of tests are held at 1 % (Bonferroni).
"""


from itertools import combinations_with_replacement

import numba as nb
import numpy as np
import pytest
from scipy import stats

from skillsim.chance import Draws, Expected, name_keys
from skillsim.chance.fill import _beta

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
    # pools with room at first, whose waves of newcomers put them over at a later closing
    "waves": (
        [5, 4, 3], [[6.0, 3.0, 0.5, 1.0], [4.0, 4.0, 1.0, 0.3], [5.0, 2.0, 0.3, 0.0]], [1, 2, 4, -1], [0, 0, 0],
    ),
    "waves into one type": ([9], [[6.0, 4.0, 1.0, 0.7]], [1, 2, 4, -1], [0]),
    # pools over from the start that get newcomers at several closings
    "over throughout": ([6, 6], [[1.0, 1.0, 1.2, 1.0], [1.0, 1.4, 1.0, 0.5]], [1, 2, 2, 3], [0, 0]),
    # as many choosers as seats when newcomers arrive: full in truth or not
    "equal to seats": ([6], [[3.0, 2.0, 2.0, 1.0]], [1, 2, 2, -1], [0]),
    "equal to seats, two types": ([4, 3], [[3.0, 2.0, 2.0], [2.0, 2.0, 1.0]], [1, 2, 2], [0, 0]),
    # fewer students than open pools
    "one by one": (
        [5, 4], [[1.0, 2.0, 3.0, 1.0, 0.0, 2.0, 1.0, 0.5], [2.0, 2.0, 0.0, 1.0, 4.0, 1.0, 1.0, 1.0]],
        [1, 1, 1, 1, 2, 1, 1, -1], [0, 0],
    ),
    "one by one in bands": (
        [4, 3, 4], [[1.0, 2.0, 3.0, 1.0, 2.0, 1.0], [2.0, 3.0, 1.0, 1.0, 1.0, 0.0], [1.0, 2.0, 2.0, 1.0, 1.0, 1.0]],
        [1, 2, 1, 1, 2, 1], [0, 1, 2],
    ),
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


def test_fill_law_of_all_closing_positions():
    """Where every pool is over from the start, all of the closings are exact, however often they are brought forward."""
    case = tuple(map(np.array, ([70, 30], [np.ones(6), [1.0, 2.0, 1.0, 2.0, 1.0, 3.0]], [1, 3, 4, 5, 6, 7], [0, 0])))
    _, _, theirs, _ = _student_by_student(*case, RUNS, 5)
    mine = fill(Draws(3, 0, COLUMNS), *case).closed_at.T
    for s in range(6):
        assert stats.ks_2samp(mine[:, s], theirs[:, s]).pvalue > FAMILY / 12
    # ... and jointly: the product of two of them, in the scale of ranks
    a, b = (stats.rankdata(x, axis=0) / len(x) - 0.5 for x in (mine, theirs))
    pairs = list(combinations_with_replacement(range(6), 2))
    for i, j in pairs:
        x, y = a[:, i] * a[:, j], b[:, i] * b[:, j]
        spread = np.sqrt(x.var() / x.size + y.var() / y.size)
        assert abs(x.mean() - y.mean()) < stats.norm.isf(FAMILY / 4 / len(pairs)) * spread + 1e-12


def quota_and_choice():
    """A place in small: half of the pools open to one type of a band, the others to all; popular ones overflow."""
    rng = np.random.default_rng(12)
    weights = np.exp(rng.normal(size=(6, 24)))
    weights[:, :12] *= np.arange(12) % 3 == np.arange(6)[:, None] % 3
    seats = np.append(rng.integers(4, 24, 23), -1)
    return np.array([40, 60, 50, 90, 70, 60]), weights, seats, np.array([0, 0, 0, 1, 1, 1])


def few_pools():
    rng = np.random.default_rng(8)
    weights = np.exp(rng.normal(size=(4, 7))) * (rng.random((4, 7)) < 0.8)
    return np.array([150, 90, 200, 160]), weights, np.array([70, 90, 60, 110, 50, 80, 100]), np.array([0, 0, 1, 1])


@pytest.mark.parametrize("case", [few_pools, quota_and_choice])
def test_fill_at_medium_size_against_student_by_student(case):
    """Several hundred students: other branches of the draws than in the small cases."""
    applicants, weights, seats, band = case()
    runs = columns = 16_000
    taken, unplaced, _, _ = _student_by_student(applicants, weights, seats, band, runs, 3)
    filled = fill(Draws(17, 0, columns), applicants, weights, seats, band)
    mine = np.concatenate((filled.taken.reshape(-1, columns), filled.unplaced)).T
    theirs = np.concatenate((taken.reshape(runs, -1), unplaced), axis=1)
    live = theirs.any(0) | mine.any(0)
    mine, theirs = mine[:, live].astype(float), theirs[:, live].astype(float)
    bound = stats.norm.isf(FAMILY / 2 / 2 / (2 * live.sum() + seats.size))
    varying = theirs.var(0) > 0
    np.testing.assert_array_equal(mine[:, ~varying], np.broadcast_to(theirs[:1, ~varying], (columns, (~varying).sum())))
    mine, theirs = mine[:, varying], theirs[:, varying]
    assert (np.abs(mine.mean(0) - theirs.mean(0)) / np.sqrt(mine.var(0) / columns + theirs.var(0) / runs)).max() < bound
    def squares_differ(mine, theirs):
        a, b = (mine - theirs.mean(0)) ** 2, (theirs - theirs.mean(0)) ** 2
        return np.abs(a.mean(0) - b.mean(0)) / np.sqrt(a.var(0) / columns + b.var(0) / runs)

    assert squares_differ(mine, theirs).max() < bound
    # and how each type's numbers vary together with those of the next: sums over pools that several types fill
    mine, theirs = (x.astype(float) for x in (filled.taken.transpose(2, 0, 1), taken))
    mix = mine[:, ::2].sum(1), theirs[:, ::2].sum(1)
    mixed = mix[1].var(0) > 0
    assert squares_differ(mix[0][:, mixed], mix[1][:, mixed]).max() < bound


@pytest.mark.parametrize("count", [1, 5, 18, 19, 200])
def test_choices_are_multinomial(count):
    """Student by student (fewer than pools) and number by number: the means and covariances of a multinomial."""
    rng = np.random.default_rng(count)
    weights, columns = rng.gamma(1.0, size=20), 40_000
    source = Draws(count, 0, columns)
    x = fill(source, [count], weights[None], np.full(20, -1), [0]).taken[0].T.astype(float)
    assert source.n_draws <= min(count, 19) * columns
    p = weights / weights.sum()
    bound = stats.norm.isf(FAMILY / 5 / 2 / (20 + 210))
    assert (np.abs(x.mean(0) - count * p) / np.sqrt(count * p * (1 - p) / columns)).max() < bound
    d = x - count * p
    for i, j in combinations_with_replacement(range(20), 2):
        product = d[:, i] * d[:, j]
        mean = count * (p[i] * (i == j) - p[i] * p[j])
        # a product of rare counts is too skew for a normal bound unless its mean is seen often enough
        if count * p[i] * p[j] * columns > 200:
            assert abs(product.mean() - mean) < bound * 1.1 * product.std() / np.sqrt(columns)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (7, 1), (1, 2), (7, 2), (1, 3), (7, 3), (40, 90)])
def test_order_statistics_of_uniforms(a, b):
    x = [_beta(a, b, np.uint64(5), i)[0] for i in range(20_000)]
    assert stats.kstest(x, stats.beta(a, b).cdf).pvalue > FAMILY / 7


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


def test_what_can_not_matter_is_not_drawn():
    """Arrivals at pools that never overflow, and the closing time of one that gets no newcomers, are drawn once."""
    source = Draws(1, 0, 1_000)
    # one choice among three pools (2 draws), the closing of the first (2), and the refused among the other two (1)
    filled = fill(source, [400], [[1.0, 1.0, 1.0]], [5, 1_000, -1], [0])
    assert (filled.taken[0, 0] == 5).all()
    assert source.n_draws == 5 * 1_000
    # two areas with a closing each that do not touch each other: as many draws as apart
    weights = np.kron(np.eye(2), np.ones(3))
    source = Draws(1, 0, 1_000)
    fill(source, [400, 400], weights, [5, 1_000, -1] * 2, [0, 0])
    assert source.n_draws == 10 * 1_000


def test_a_pool_found_full_closed_before_it_was_found():
    """Pools with as many choosers as seats: closed_at is a closing of another pool that sent newcomers, or a band's end."""
    filled = fill(Draws(4, 0, 20_000), [6], [[3.0, 2.0, 2.0, 1.0]], [1, 2, 2, -1], [0])
    closed = np.sort(filled.closed_at[:3], axis=0)
    shared = (closed[0] == closed[1]) | (closed[1] == closed[2])
    found = shared & (closed[1] < 1.0)
    assert 0.001 < found.mean() < 0.2


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
