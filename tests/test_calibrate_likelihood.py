"""Fits against closed forms: what they find, between what, and what they say can't be told apart."""

import numpy as np
import pytest
from scipy import stats

from skillsim.analysis.likelihood import Data, Model, NothingToFitError, _chance, fit

R = 400
Z = stats.norm.ppf(0.975)


def still(mean):
    """A model without process chance: the figures are its means."""
    return Model(mean, lambda at: np.repeat(mean(at[:, None]), R, axis=1))


def shares(value, n):
    k = len(value)
    return Data(np.array(value, float), np.full(k, float(n)), np.zeros(k), np.zeros(k, bool))


def counts(value, sd):
    k = len(value)
    return Data(np.array(value, float), np.full(k, np.nan), np.full(k, float(sd)), np.zeros(k, bool))


def test_shares_of_surveys_give_their_mean_and_its_known_interval():
    """Three surveys of 500, 0.62, 0.58 and 0.60, of one share p: p = 0.60, its standard error (0.6 x 0.4 / 1500)^0.5 = 0.01265,
    the profile interval 0.60 -+ 1.96 x 0.01265 (the covariance stands while it is taken, so chi-square is a parabola), and
    chi-square (0.02^2 + 0.02^2) / (0.24 / 500) = 1.667 on 2 degrees of freedom."""
    found = fit(shares([0.62, 0.58, 0.60], 500), still(lambda x: np.repeat(x, 3, axis=0)), np.array([0.3]))
    se = (0.6 * 0.4 / 1500) ** 0.5
    assert found.at[0] == pytest.approx(0.60, abs=0.02 * se)
    assert found.se[0] == pytest.approx(se, rel=2e-3)
    assert [found.low[0], found.high[0]] == pytest.approx([0.60 - Z * se, 0.60 + Z * se], abs=0.02 * se)
    assert found.chi2 == pytest.approx(1.6667, rel=5e-3)
    assert found.dof == 2
    assert found.p_value == pytest.approx(np.exp(-1.6667 / 2), abs=5e-3)  # chi-square on 2 is exponential
    assert found.residual == pytest.approx(np.array([0.02, -0.02, 0.0]) / (0.24 / 500) ** 0.5, abs=0.03)
    assert found.settled and not (found.open_low | found.open_high | found.idle).any()


def test_figures_that_hang_together_are_weighed_by_their_covariance():
    """Two figures of one quantity with variances 1 and 4 and covariance 1.9: generalized least squares weighs them by the row
    sums of the inverse, (4 - 1.9, 1 - 1.9) / 1.2 = (1.75, -0.75): of 10 and 12 comes 10 x 1.75 - 12 x 0.75 = 8.5, below both."""
    covariance = np.array([[1.0, 1.9], [1.9, 4.0]])
    noise = np.linalg.cholesky(covariance) @ stats.norm.ppf(stats.qmc.Sobol(2, seed=1).random(2**13) + 1e-9).T
    noise = (noise - noise.mean(axis=1, keepdims=True))
    root = np.linalg.cholesky(covariance) @ np.linalg.inv(np.linalg.cholesky(np.cov(noise)))
    noise = root @ noise  # its covariance is exactly that
    model = Model(lambda x: 20 * np.repeat(x, 2, axis=0), lambda at: 20 * at[0] + noise)
    found = fit(counts([10.0, 12.0], 0.0), model, np.array([0.5]))
    assert 20 * found.at[0] == pytest.approx(8.5, abs=0.01)
    assert 20 * found.se[0] == pytest.approx((1.75 * 1.75 * 1 + 0.75 * 0.75 * 4 - 2 * 1.75 * 0.75 * 1.9) ** 0.5, rel=0.01)


def test_the_covariance_of_few_replications_is_made_larger_and_rounding_is_in_it():
    """Ten replications, five of 9 and five of 11: variance 10 / 9; for two figures times (1 + 1/10) 9 / (10 - 2 - 2) = 1.65 (the
    error of their mean; Hartlap's factor).  To it comes what rounding leaves open: 1/12 for people, 0.001^2 / 12 for a share;
    for a share of 0.5 among 50 asked 0.25 / 50 too."""
    draws = np.stack([np.tile([9.0, 11.0], 5), np.tile([0.4, 0.4, 0.6, 0.6, 0.5], 2)])
    model = Model(lambda x: np.array([[10.0], [0.5]]) + 0 * x, lambda at: draws)
    data = Data(np.array([10.0, 0.5]), np.array([np.nan, 50.0]), np.zeros(2), np.array([True, False]))
    above, covariance = _chance(data, model, np.array([0.5]))
    assert above == pytest.approx([0.0, 0.0], abs=1e-12)
    assert covariance[0, 0] == pytest.approx((10 / 9) * 1.65 + 1 / 12, rel=2e-6)  # 1e-6 more, so that it can be inverted
    assert covariance[1, 1] == pytest.approx(np.var(draws[1], ddof=1) * 1.65 + 0.25 / 50 + 1e-6 / 12, rel=2e-6)


def test_what_replications_lie_above_the_mean_is_taken_into_account():
    """Replications lie 3 above the model's mean: a figure of 13 then speaks of a mean of 10."""
    model = Model(lambda x: 20 * x, lambda at: 20 * at[0] + 3 + np.tile([[-1.0, 1.0]], R // 2))
    found = fit(counts([13.0], 0.0), model, np.array([0.3]))
    assert 20 * found.at[0] == pytest.approx(10, abs=0.01)
    assert found.fitted[0] == pytest.approx(13, abs=0.01)
    assert found.dof == 0
    assert np.isnan(found.p_value)


def test_what_acts_only_as_a_product_is_not_told_apart():
    """Of a b alone three figures speak: in a direction, a up and b down, there is no information at all."""
    found = fit(counts([6.0, 6.2, 5.9], 0.2), still(lambda x: 20 * np.repeat(x[:1] * x[1:2], 3, axis=0)), np.array([0.5, 0.6]))
    assert [(t.which, t.together, t.never) for t in found.tangles] == [((0, 1), True, True)]
    assert found.lost.all()
    assert np.isinf(found.se).all()
    assert found.dof == 2  # three figures, one thing known
    assert 20 * found.at.prod() == pytest.approx(6.0333, abs=0.02)
    assert found.open_high.all()


def test_what_shows_only_as_a_difference_is_hardly_told_apart():
    """Figures 10 (a - b) with sd 0.1 and a with sd 2: errors of a and b are nearly the same, +1 in correlation."""
    found = fit(
        Data(np.array([2.0, 6.0]), np.full(2, np.nan), np.array([0.1, 2.0]), np.zeros(2, bool)),
        still(lambda x: np.stack([10 * (x[0] - x[1]), 10 * x[0]])), np.array([0.5, 0.5]),
    )
    assert [(t.which, t.together, t.never) for t in found.tangles] == [((0, 1), False, False)]
    assert found.correlation[0, 1] > 0.99
    assert found.se[0] == pytest.approx(0.2, rel=0.01)


def test_a_parameter_without_effect_stays_where_it_stood_and_is_named():
    found = fit(counts([6.0, 6.4], 0.5), still(lambda x: 20 * np.repeat(x[:1], 2, axis=0)), np.array([0.1, 0.7]))
    assert found.idle.tolist() == [False, True]
    assert found.at[1] == 0.7
    assert (found.low[1], found.high[1]) == (0.0, 1.0)
    assert 20 * found.at[0] == pytest.approx(6.2, abs=0.01)
    assert found.dof == 1
    with pytest.raises(NothingToFitError):
        fit(counts([6.0], 0.5), still(lambda x: np.full((1, x.shape[1]), 6.0)), np.array([0.5]))


def test_an_interval_that_does_not_close_ends_at_the_range():
    """20 x = 1 +- 2: 1.96 sd down lies below 0, where the range ends; upward it closes at (1 + 1.96 x 2) / 20."""
    found = fit(counts([1.0], 2.0), still(lambda x: 20 * x), np.array([0.5]))
    assert found.open_low[0]
    assert found.low[0] == 0.0
    assert not found.open_high[0]
    assert found.high[0] == pytest.approx((1 + Z * 2) / 20, abs=1e-3)


def test_profiles_of_a_curve_are_not_symmetric():
    """y = exp(4 x), observed e^2 with sd 3: the ends are where |exp(4 x) - e^2| = 1.96 x 3, that is ln(e^2 -+ 5.88) / 4."""
    found = fit(counts([np.exp(2)], 3.0), still(lambda x: np.exp(4 * x)), np.array([0.9]))
    assert found.at[0] == pytest.approx(0.5, abs=1e-3)
    assert found.low[0] == pytest.approx(np.log(np.exp(2) - Z * 3) / 4, abs=3e-3)
    assert found.high[0] == pytest.approx(np.log(np.exp(2) + Z * 3) / 4, abs=3e-3)


def test_the_best_of_several_hollows_is_found():
    """(x - 0.15)(x - 0.9) has two hollows of its square; only the second figure tells which is the right one, and the fit begins
    at the wrong one."""
    def mean(x):
        return np.stack([40 * (x[0] - 0.15) * (x[0] - 0.9), 10 * x[0]])

    found = fit(counts([0.0, 9.0], 0.5), still(mean), np.array([0.16]))
    assert found.at[0] == pytest.approx(0.9, abs=0.01)


def test_many_parameters_are_told_how_far_the_work_is():
    told = []
    fit(counts([5.0, 3.0], 0.1), still(lambda x: 10 * x), np.array([0.2, 0.2]), lambda done, parts: told.append((done, parts)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
