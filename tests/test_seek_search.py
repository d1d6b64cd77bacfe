"""The search for the cheapest mix, on formulas with known answers."""

import numpy as np
import pytest
from scipy import optimize, stats

from skillsim.analysis.search import Search, probability_interval
from skillsim.analysis.surface import Ask, Plane, Surface, design
from skillsim.analysis.trials import Axis, Trial
from skillsim.chance import name_keys, uniforms
from skillsim.results.statistics import clustered_error
from worlds import SEED

R = 400
INF = np.inf


def normals(name, n=R, seed=SEED):
    """Standard normal numbers of one name [n]."""
    return stats.norm.ppf(uniforms(seed, name, 0, name_keys([("x",)]), 0, n)[0])


def trial_of(*values, years=1, paid=None):
    """Trials of formulas of the amounts: each [R], the same in every year unless it has years itself [Y, R]."""
    def trial(amounts):
        found = np.stack([np.broadcast_to(one(*amounts), (years, R)) for one in values])
        cost = np.zeros((years, R)) if paid is None else np.broadcast_to(paid(*amounts), (years, R))
        return Trial(tuple(amounts), found, cost, cost)

    return trial


def axis(code, lo, hi, stands=None, price=0.0):
    return Axis(code=code, lo=lo, hi=hi, stands=lo if stands is None else stands, price=price)


def search(axes, trial, *asks):
    return Search(axes, [Ask(*one) for one in asks], trial)


def test_the_design_is_face_centred():
    """2^k corners, two faces for each handle, one centre: 9, 15, 25; one handle has five points."""
    for k, n in ((1, 5), (2, 9), (3, 15), (4, 25)):
        points = np.array(design([axis(str(i), -1, 1) for i in range(k)]))
        assert len(points) == len(np.unique(points, axis=0)) == n
        assert points.min() == -1 and points.max() == 1
        if k > 1:
            moved = np.abs(points).sum(axis=1)
            assert sorted(moved) == sorted([k] * 2**k + [1] * 2 * k + [0])


def test_a_quadratic_is_met_exactly():
    """What is quadratic in the amounts for each replication has no residual: value, cost and probability are those of the formula
    anywhere in the box."""
    noise, bend = normals("a"), normals("b")

    def value(x, y):
        return 2 + x - 3 * y * y + x * y * bend + noise

    axes = [axis("x", 0, 4), axis("y", -1, 1, 0.0, price=7)]
    trial = trial_of(value, paid=lambda x, y: 10 * x * y + 0 * noise)
    surface = Surface(axes, [Ask(1.0, INF, 0.5, 0)], [trial(at) for at in design(axes)])
    for at in ((0.3, 0.7), (3.9, -0.2), (2.0, 1.0)):
        point = np.array([at])
        assert surface.probabilities(point)[0, 0] == pytest.approx((value(*at) >= 1).mean(), abs=1e-12)
        assert surface.costs(point, 0)[0] == pytest.approx(10 * at[0] * at[1] + 7 * abs(at[1]), abs=1e-9)


def test_what_the_surface_misses_keeps_its_spread():
    """Noise of its own in every trial: z_r + e, both standard normal, so that P(2 + z + e > 0) = Phi(2 / sqrt 2) = 0.921.
    Residuals scaled to the variance of one observation keep that of e; the coefficients' own noise adds the leverage, on average
    6/9 of it at the points of the design: Phi(2 / sqrt(2 + 2/3)) = 0.890."""
    axes = [axis("x", 0, 1), axis("y", 0, 1)]

    def trial(amounts):
        own = normals(f"own {amounts}")
        return Trial(tuple(amounts), (2 + normals("z") + own)[None, None], np.zeros((1, R)), np.zeros((1, R)))

    surface = Surface(axes, [Ask(0.0, INF, 0.5, 0)], [trial(at) for at in design(axes)])
    found = surface.probabilities(np.array(design(axes)))[:, 0].mean()
    assert abs(found - stats.norm.cdf(2 / np.sqrt(2 + 2 / 3))) < 0.03


def test_residuals_have_the_variance_of_an_observation():
    """Of pure noise of variance 1 at 9 mixes, a quadratic of 6 terms leaves 3 / 9 of it in its residuals; each is divided by
    sqrt(1 - leverage), so that their mean square is 1 again (of its quantiles a little less)."""
    made = search([axis("x", 0, 1), axis("y", 0, 1)], trial_of(lambda x, y: normals(f"{x} {y}")), (0.0, INF, 0.5, 0))
    _, left = made.surface()._fit(0, 0)
    assert 0.7 < float(np.mean(left**2)) < 1.1


def test_blank_replications_do_not_meet():
    """A tenth of the replications are blank everywhere; all others meet: 0.9."""
    axes = [axis("x", 0, 1), axis("y", 0, 1)]
    blank = np.where(np.arange(R) < R // 10, np.nan, 1.0)
    made = search(axes, trial_of(lambda x, y: blank + 0 * x), (0.5, INF, 0.95, 0))
    assert made.surface().probabilities(np.array([[0.5, 0.5]]))[0, 0] == pytest.approx(0.9)
    assert made.find(made.wanted) is None
    assert made.find(np.array([0.9])) == (0.0, 0.0)


BINOMIAL = stats.binom


def smallest_rate():
    """The smallest p with P(Bin(200, p) >= 140) = 0.9: 0.7376."""
    return optimize.brentq(lambda p: BINOMIAL.sf(139, 200, p) - 0.9, 0.5, 0.95)


def test_one_handle_finds_the_smallest_rate_of_a_binomial():
    """Exact quantiles of Bin(200, p) in place of draws: the rate found is the smallest to 1/100 of its range, and meets."""
    at = (np.arange(R) + 0.5) / R
    made = search([axis("p", 0.5, 0.95, price=1)], trial_of(lambda p: BINOMIAL.ppf(at, 200, p)), (140, INF, 0.9, 0))
    (found,) = made.find(made.wanted)
    assert smallest_rate() == pytest.approx(0.7376, abs=1e-4)
    assert smallest_rate() - 1 / R <= found <= smallest_rate() + 0.45 / 100 + 1 / R
    assert made.probabilities(made.trials[found,])[0] >= 0.9
    assert len(made.trials) <= 5 + 7  # the gap of a quarter halved to a hundredth


def test_one_handle_need_not_be_monotone():
    """Met between 0.4 and 0.7 of the range alone, dearer upward: the lower edge is found; from above, the upper one."""
    made = search([axis("x", 0, 1, price=1)], trial_of(lambda x: 0.15 - abs(x - 0.55) + 0 * normals("a")), (0.0, INF, 0.5, 0))
    assert made.find(made.wanted)[0] == pytest.approx(0.4, abs=0.011)
    made = search([axis("x", 0, 1, 1.0, 1)], trial_of(lambda x: 0.15 - abs(x - 0.55) + 0 * normals("a")), (0.0, INF, 0.5, 0))
    assert made.find(made.wanted)[0] == pytest.approx(0.7, abs=0.011)


@pytest.mark.parametrize("prices", [(3, 1, 2), (1, 5, 1), (2, 2, 5)])
def test_a_linear_case_is_the_linear_programme(prices):
    """Two targets a·x + noise with the noise of each replication the same at every mix: that either is met with its probability p
    is the linear a·x >= goal - (1 - p quantile of the noise).  Mix and cost are those of scipy's linprog, to what steps of 1/100
    of each range cost."""
    weights, goals, p = np.array([[1.0, 0.5, 0.2], [0.1, 0.6, 1.0]]), (2.0, 3.0), (0.8, 0.7)
    noise = [normals("one"), normals("two")]
    axes = [axis("a", 0, 4, price=prices[0]), axis("b", 0, 4, price=prices[1]), axis("c", 0, 4, price=prices[2])]
    made = search(
        axes, trial_of(*(lambda *x, w=w, z=z: w @ x + z for w, z in zip(weights, noise, strict=True))),
        *((goal, INF, one, 0) for goal, one in zip(goals, p, strict=True)),
    )
    needed = [goal - np.sort(z)[R - int(np.ceil(one * R - 1e-9))] for goal, z, one in zip(goals, noise, p, strict=True)]
    best = optimize.linprog(prices, A_ub=-weights, b_ub=[-x for x in needed], bounds=[(0, 4)] * 3)
    found = made.find(made.wanted)
    cost = float(np.dot(prices, found))
    step = 4 / 100
    assert made.short(found, made.wanted) <= 1e-9
    assert best.fun - 1e-9 <= cost <= best.fun + step * sum(prices)
    assert np.abs(np.array(found) - best.x).max() <= 5 * step
    assert len(made.trials) <= 15 + 6 + 12


def test_a_handle_without_effect_stays_where_it_stands():
    """Of three handles only the first does anything; none of the others moves, priced or not."""
    axes = [axis("a", 0, 1, price=1), axis("idle", 0, 1, 0.3), axis("dear", 0, 1, 0.5, 4)]
    made = search(axes, trial_of(lambda a, b, c: a + 0.2 * normals("a")), (0.5, INF, 0.8, 0))
    found = made.find(made.wanted)
    assert found[1:] == (0.3, 0.5)
    assert found[0] == pytest.approx(0.5 + 0.2 * stats.norm.ppf(0.8), abs=0.04)


def test_a_dearer_wish_never_costs_less():
    """Along the curve, and from search to search."""
    axes = [axis("a", 0, 2, price=1), axis("b", 0, 2, price=1)]
    made = search(axes, trial_of(lambda a, b: a + 1.5 * b - 0.4 * b * b + normals("a")), (1.0, INF, 0.5, 0))
    costs = [made.dear(made.find(np.array([p]))) for p in (0.4, 0.6, 0.8, 0.9)]
    assert costs == sorted(costs)
    curve = made.curve()
    assert (np.diff(curve["probability"]) >= 0).all() and (np.diff(curve["cost"]) >= 0).all() and len(curve) >= 8
    assert curve["run"].any() and not curve["run"].all()
    free = search([axis("a", 0, 2), axis("b", 0, 2)], trial_of(lambda a, b: a + b + normals("a")), (1.0, INF, 0.5, 0)).curve()
    assert (np.diff(free["probability"]) > 0).all() and (free["cost"] == 0).all()  # where nothing costs, the least moved
    assert (np.diff(free["lever:a"] + free["lever:b"]) > 0).all()


def test_where_moving_only_harms_nothing_is_estimated():
    """Half meet where a + b is 0.2 at most, none where it is 0.5 and more as in every run but that of what stands; and moving
    saves 20 yuan a unit: the curve is the one run, without an estimate of the same half for 4 yuan less.  Where all meet at the
    corner, and the surface foresees that for less, the real run stands, not the estimate."""
    noise = np.where(np.arange(R) < R // 2, -1.0, 0.2)
    axes = [axis("a", 0, 1), axis("b", 0, 1)]
    curve = search(
        axes, trial_of(lambda a, b: noise - a - b, paid=lambda a, b: -20.0 * (a + b) + 0 * noise), (0.0, INF, 0.9, 0),
    ).curve()
    assert curve["run"].tolist() == [True] and curve["cost"].tolist() == [0.0]
    steps = np.where(np.arange(R) < R // 2, -1.0, 0.0)  # half meet wherever the handles are, all at the far corner
    made = search(axes, trial_of(lambda a, b: steps + (a * b >= 0.8) + 0 * a, paid=lambda a, b: 20.0 * (a + b) + 0 * noise),
                  (0.0, INF, 0.9, 0))
    curve = made.curve()
    real = {float(made.probabilities(one)[0]) for one in made.trials.values()}
    assert not set(curve.loc[~curve["run"], "probability"]) & real
    assert curve.iloc[0].tolist()[:3] == [0.5, 0.0, True] and curve.iloc[-1]["probability"] == 1.0 and curve.iloc[-1]["run"]


def test_money_for_nothing_is_no_answer():
    """A handle that costs and lifts a mean without making the goal any likelier: what stands is the nearest; where one
    replication more meets it, that mix is."""
    flat = np.zeros(R)
    made = search([axis("a", 0, 1, price=1e6)], trial_of(lambda a: flat + 0.1 * a), (1.0, INF, 0.8, 0))
    assert made.nearest(made.wanted) == (0.0,)
    one = np.where(np.arange(R) == 0, 1.0, 0.0)
    made = search([axis("a", 0, 1, price=1e6)], trial_of(lambda a: one * a), (1.0, INF, 0.8, 0))
    assert made.nearest(made.wanted) == (1.0,)


def test_a_budget_buys_the_most_likely_mix_within_it():
    """P(a + 2 b + z >= 3) with a budget of 1 at prices 1 and 4: all of it for a (a unit of the mean costs 1 there, 2 on b), so
    a = 1 and the probability is that of z >= 2."""
    axes = [axis("a", 0, 2, price=1), axis("b", 0, 2, price=4)]
    made = search(axes, trial_of(lambda a, b: a + 2 * b + normals("a")), (3.0, INF, 0.99, 0))
    found = made.peak(made.wanted, budget=1.0)
    assert found == pytest.approx((1.0, 0.0), abs=0.03) and made.cost(made.trials[found]).mean() <= 1.0
    assert made.peak(np.array([0.99]), budget=-1.0) is None


def test_what_can_not_be_met_has_a_highest_probability():
    """The box reaches a mean of 1 where 3 is asked, with noise of sd 1: P = P(z >= 2) at the far corner."""
    axes = [axis("a", 0, 1), axis("b", 0, 1, price=1)]
    noise = normals("a")
    made = search(axes, trial_of(lambda a, b: 0.5 * a + 0.5 * b + noise), (3.0, INF, 0.8, 0))
    assert made.find(made.wanted) is None
    best = made.nearest(made.wanted)
    assert best == (1.0, 1.0) and made.probabilities(made.trials[best])[0] == (noise >= 2).mean()
    assert Plane(made.surface()).highest(made.wanted) == pytest.approx([1.0, 1.0])


def test_where_nothing_hits_the_bound_is_the_rule_of_three():
    """0 of 200 replications in 100 pairs: 3/100; all: 97/100; else a t interval by pairs."""
    assert probability_interval(np.zeros(200)) == (0.0, 0.0, 0.03)
    assert probability_interval(np.ones(200)) == (1.0, 0.97, 1.0)
    hits = (np.arange(200) % 4 == 0).astype(float)  # every second pair has one
    error = clustered_error(hits)
    assert probability_interval(hits) == pytest.approx((0.25, 0.25 - 1.98422 * error, 0.25 + 1.98422 * error), abs=1e-5)


def test_the_best_of_noise_looks_better_than_it_is():
    """No handle does anything and every trial has noise of its own: the most likely of some 9 mixes is above the true 0.5 on the
    keys of the search (beyond 5 errors over 40 searches), and on fresh keys it is not (within 3)."""
    axes, n = [axis("a", 0, 1), axis("b", 0, 1)], 40
    gains, fresh = [], []
    for i in range(n):
        def trial(amounts, i=i):
            return Trial(tuple(amounts), normals(f"{i} {amounts}")[None, None], np.zeros((1, R)), np.zeros((1, R)))

        made = search(axes, trial, (0.0, INF, 0.99, 0))
        best = made.nearest(made.wanted)
        again = (normals(f"{i} {best}", seed=SEED + 1) >= 0).mean()
        fresh.append(again - 0.5)
        gains.append(made.probabilities(made.trials[best])[0] - again)
    error = np.std(gains) / np.sqrt(n)
    assert np.mean(gains) > 5 * error
    assert abs(np.mean(fresh)) < 3 * np.std(fresh) / np.sqrt(n)


def test_outside_the_bounds_nothing_is_chosen():
    """Where a handle stands outside its bounds, that mix is run for the costs but never an answer."""
    made = search([axis("a", 1, 2, 0.0, 1)], trial_of(lambda a: a + 5 + 0 * normals("a")), (1.0, INF, 0.5, 0))
    assert (0.0,) in made.trials and made.find(made.wanted) == (1.0,)


def test_two_targets_that_pull_apart_are_met_where_they_can_be():
    """x + noise at least a, x - c y + noise at most a - c b, each with 0.8, over 20 random a, b, c and prices: where any mix of a
    grid of 201 x 201 meets both on the same draws, one is found, and for at most 5 % more than the cheapest of the grid."""
    draws = uniforms(5, "cases", 0, name_keys((i,) for i in range(5)), 0, 20)
    z, grid = [normals("one") * 0.05, normals("two") * 0.05], np.linspace(0, 1, 201)
    least, most = np.sort(z[0])[R - int(np.ceil(0.8 * R))], np.sort(z[1])[int(np.ceil(0.8 * R)) - 1]
    x, y = np.meshgrid(grid, grid, indexing="ij")
    cases = 0
    for a, b, c, p, q in (draws * [[0.6], [0.6], [0.6], [1.8], [1.8]] + [[0.2], [0.2], [0.3], [0.2], [0.2]]).T:
        meets = (x + least >= a) & (x - c * y + most <= a - c * b)
        made = search(
            [axis("x", 0, 1, price=p), axis("y", 0, 1, price=q)],
            trial_of(lambda x, y: x + 0 * y + z[0], lambda x, y, c=c: x - c * y + z[1]),
            (a, INF, 0.8, 0), (-INF, a - c * b, 0.8, 0),
        )
        if meets.any():
            cases += 1
            found = made.find(made.wanted)
            assert found is not None
            assert made.cost(made.trials[found]).mean() <= 1.05 * (p * x + q * y)[meets].min()
    assert cases >= 15


@pytest.mark.parametrize("place", [0.21, 0.34, 0.55, 0.83])
def test_a_band_between_two_points_is_found(place):
    """A value that rises steeply through a band about ``place``, and is nowhere else in it: met over some 4 % of the range."""
    value = trial_of(lambda x: 1 / (1 + np.exp(-25 * (x - place))) + 0.02 * normals("a"))
    made = search([axis("x", 0, 1, price=1)], value, (0.4, 0.6, 0.8, 0))
    (found,) = made.find(made.wanted)
    assert abs(found - place) < 0.02 + 0.005


@pytest.mark.parametrize("case", range(5))
def test_noise_of_costs_is_no_saving(case):
    """A handle that does nothing for the target, and whose moves cost nothing but chance (sd 20 a replication, 1 in the mean): it
    stays, though some of its moves seem to save."""
    def paid(x, idle):
        return 100 * x + 20 * normals(f"cost {case} {idle}")[None] * (idle != 0)

    trial = trial_of(lambda x, idle: x + 0 * idle + 0.1 * normals("a"), paid=paid)
    made = search([axis("x", 0, 1), axis("idle", 0, 1)], trial, (0.5, INF, 0.8, 0))
    assert made.find(made.wanted)[1] == 0.0
