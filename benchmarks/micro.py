"""What one draw and one element of a rule cost: each kernel of `skillsim.chance` beside numpy, each rule.

Draws have a probability of their own for each pair of replications, as in a run with parameter uncertainty.  numpy draws the same
law from the same arguments; beside what it has not, and beside rules, stands numpy's uniform.  All on one thread, in processor
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import BARE, CPU, UNIFORMS, Fact, Row, bare, check, right_uniform, row, side_by_side
from skillsim.chance import Draws, name_keys
from skillsim.chance.parameters import uniforms
from skillsim.rules import (
    admission,
    arrays,
    measures,
    money,
    programmes,
    quotas,
    reshape,
    retention,
    teachers,
    training,
    workforce,
)

Array = NDArray[Any]
SEED = 20250401
R, PAIRS = 200, 100
Z = 5.0  # standard errors by which a mean may be off: once in two million checks


@dataclass(frozen=True)
class Kernel:
    """A draw, the same of numpy (or nothing), how many draws it makes, and what must hold of either's answer."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any] | None
    draws: int
    right: Callable[[Any], None]
    checked: str
    peer: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule at work on so many elements, and what must hold of its answer."""

    name: str
    work: Callable[[], Any]
    elements: int
    right: Callable[[Any], None]
    checked: str


def rows(quick: bool) -> Iterator[Row]:
    """Yield a row for each kernel and each rule; all of them are timed in turns."""
    repeats = 3 if quick else 11
    rng = np.random.default_rng(SEED)
    yield from of_kernels(list(kernels(rng)), repeats)
    yield from of_rules(list(rules(rng)), repeats)


# ---------------------------------------------------------------------------------------------------------------- draws


def keys(what: str, count: int) -> NDArray[np.uint64]:
    """Return keys of so many cells."""
    return name_keys([("benchmark", what, i) for i in range(count)])


def near(total: float, mean: float, variance: float, what: str) -> None:
    """Check that a sum of draws lies within `Z` standard errors of its mean."""
    z = (total - mean) / np.sqrt(variance)
    check(abs(z) <= Z, f"{what}: a mean that is {z:.1f} standard errors off")


def of_kernels(cases: Sequence[Kernel], repeats: int) -> Iterator[Row]:
    """Yield a row for each kernel, beside numpy's draws of the same law or else its uniforms."""
    ours = {one.name: one for one in cases}
    theirs = {f"numpy {one.peer}, {one.name}": one for one in cases if one.theirs is not None}
    works = {BARE: bare} | {name: one.ours for name, one in ours.items()} | {name: one.theirs for name, one in theirs.items()}
    checks = {BARE: right_uniform} | {name: one.right for name, one in (ours | theirs).items()}
    times = side_by_side(works, checks, repeats, CPU)
    each = times[BARE].seconds / UNIFORMS
    beside = {one.name: times[name] for name, one in theirs.items()}
    for name, one in ours.items():
        facts: dict[str, Fact] = {"in uniforms of numpy": round(times[name].seconds / one.draws / each, 1)}
        reference = (BARE, times[BARE], UNIFORMS)
        if name in beside:
            facts["numpy, ns"] = round(1e9 * beside[name].seconds / one.draws, 1)
            reference = (f"numpy {one.peer}", beside[name], one.draws)
        yield row("draws", name, times[name], one.checked, units=one.draws, per="draw", reference=reference, facts=facts)


def kernels(rng: np.random.Generator) -> Iterator[Kernel]:
    """Yield all kernels on 100 cells (fewer where a draw costs much) of 200 replications."""
    for name, people, low, high in (
        ("binomial, mean 1", 20, 0.02, 0.08), ("binomial, mean 6", 60, 0.05, 0.15), ("binomial, mean 30", 100, 0.25, 0.35),
        ("binomial, mean 300", 1_000, 0.25, 0.35), ("binomial, mean 10,000", 20_000, 0.45, 0.55),
    ):
        yield binomial(rng, name, people, low, high)
    yield split(rng)
    yield ration(rng)
    yield spread()
    yield Kernel(
        "normal", lambda: Draws(SEED, 0, R).normal("normal", 0, keys_normal), lambda: rng.standard_normal((100, R)), 100 * R,
        right_normal, "mean and variance", "standard_normal",
    )
    yield Kernel(
        "uniform", lambda: uniforms(SEED, "bare", 0, keys_uniform, 0, R), lambda: rng.random((100, R)), 100 * R, right_uniform,
        "in [0, 1), mean", "random",
    )
    yield fill()


keys_uniform = keys("uniform", 100)
keys_normal = keys("normal", 100)


def right_normal(x: Array) -> None:
    """Check standard normals by mean and variance."""
    near(x.sum(), 0, x.size, "normal")
    near((x**2).sum(), x.size, 2 * x.size, "normal squared")


def binomial(rng: np.random.Generator, name: str, people: int, low: float, high: float) -> Kernel:
    """Return binomial draws of up to so many people."""
    n = rng.integers(people // 2, people * 3 // 2, (100, R), dtype=np.int32)
    p = rng.uniform(low, high, (100, PAIRS))
    wide, cells = np.repeat(p, 2, axis=1), keys(name, 100)

    def right(x: Array) -> None:
        check(x.min() >= 0 and (x <= n).all(), f"{name}: counts outside of 0 .. n")
        near(x.sum(), (n * wide).sum(), (n * wide * (1 - wide)).sum(), name)

    return Kernel(
        name, lambda: Draws(SEED, 0, R).binomial(n, p, name, 0, cells), lambda: rng.binomial(n, wide), n.size, right,
        "0 .. n, mean", "binomial",
    )


def split(rng: np.random.Generator) -> Kernel:
    """Return multinomial draws of three outcomes and who stays; three draws each."""
    n = rng.integers(20, 60, (100, R), dtype=np.int32)
    p = rng.uniform(0.05, 0.15, (3, 100, PAIRS))
    wide, cells = np.repeat(p, 2, axis=2), keys("split", 100)
    by_cell = np.ascontiguousarray(np.moveaxis(np.concatenate([wide, 1 - wide.sum(axis=0, keepdims=True)]), 0, -1))

    def right(x: Array) -> None:
        x = x if x.shape[0] == 4 else np.moveaxis(x, -1, 0)
        check((x.sum(axis=0) == n).all() and x.min() >= 0, "split: the outcomes do not add up to n")
        for outcome, q in zip(x, wide, strict=False):
            near(outcome.sum(), (n * q).sum(), (n * q * (1 - q)).sum(), "split")

    return Kernel(
        "split in 4", lambda: Draws(SEED, 0, R).split(n, p, "split", 0, cells), lambda: rng.multinomial(n, by_cell), 3 * n.size,
        right, "sum n, means", "multinomial",
    )


def ration(rng: np.random.Generator) -> Kernel:
    """Return seats shared at random among the applicants of four cells each; three draws in each group.

    numpy draws many of one population at a time, so all replications have the same applicants here.
    """
    groups = 25
    x = rng.integers(5, 40, 4 * groups, dtype=np.int32)
    group, cells = np.repeat(np.arange(groups), 4), keys("ration", x.size)
    there = x.reshape(groups, 4).sum(axis=1)
    seats = (there // 2).astype(np.int32)
    wide, limit = np.repeat(x[:, None], R, axis=1), np.repeat(seats[:, None], R, axis=1)
    share = (seats / there)[group]
    variance = x * share * (1 - share) * ((there[group] - x) / (there[group] - 1))

    def theirs() -> Array:
        drawn = [rng.multivariate_hypergeometric(x[4 * g : 4 * g + 4], seats[g], R, "marginals") for g in range(groups)]
        return np.concatenate([d.T for d in drawn])

    def right(got: Array) -> None:
        check((got.reshape(groups, 4, R).sum(axis=1) == limit).all(), "ration: not all seats are given")
        check(got.min() >= 0 and (got <= wide).all(), "ration: more than applied")
        for cell in range(x.size):
            near(got[cell].sum(), R * x[cell] * share[cell], R * variance[cell], "ration")

    return Kernel(
        "ration to 4 cells", lambda: Draws(SEED, 0, R).ration(wide, limit, group, "ration", 0, cells), theirs, 3 * groups * R,
        right, "sum of seats, mean of each cell", "multivariate_hypergeometric",
    )


def spread() -> Kernel:
    """Return totals shared out over ten rows each by one draw; weights 1 .. 10, total 22, so exact shares of .4 .. 4."""
    groups = 100
    weights = np.repeat(np.tile(np.arange(1, 11, dtype=np.int32), groups)[:, None], R, axis=1)
    total, group, cells = np.full((groups, R), 22, np.int32), np.repeat(np.arange(groups), 10), keys("spread", groups)
    exact = 22 * weights[:10, 0] / 55

    def right(got: Array) -> None:
        by_row = got.reshape(groups, 10, R)
        check((by_row.sum(axis=1) == 22).all(), "spread: the rows do not add up to the total")
        check((np.abs(by_row - exact[:, None]) < 1).all(), "spread: a row is not its share rounded down or up")
        part = exact % 1
        for at in range(10):
            near(by_row[:, at].sum(), groups * R * exact[at], groups * R * max(part[at] * (1 - part[at]), 1e-9), "spread")

    return Kernel(
        "spread over 10 rows", lambda: Draws(SEED, 0, R).spread(weights, total, group, "spread", 0, cells), None, groups * R,
        right, "sum, shares rounded down or up, means",
    )


def fill() -> Kernel:
    """Return choice among 12 pools with limited seats by 3 bands of 4 areas; 2,160 applicants, 1,100 seats, and one pool
    without limit."""
    types, pools = 12, 12
    applicants = np.full((types, R), 180, np.int32)
    seats = np.full((pools, R), 100, np.int32)
    seats[-1] = -1
    weights = np.exp(np.random.default_rng(SEED).normal(0, 0.5, (types, pools, PAIRS)))
    band, of, at = np.repeat(np.arange(3), 4), keys("type", types), keys("pool", pools)

    def once() -> tuple[Any, int]:
        draws = Draws(SEED, 0, R)
        return draws.fill(applicants, weights, seats, band, "fill", 0, of, at), draws.n_draws

    def right(answer: tuple[Any, int]) -> None:
        filled, _ = answer
        check((filled.taken.sum(axis=1) + filled.unplaced == applicants).all(), "fill: students are lost")
        check((filled.taken[:, :-1].sum(axis=0) <= seats[:-1]).all(), "fill: more taken than seats")
        check(not filled.unplaced.any(), "fill: somebody is unplaced beside an unlimited pool")
        # the first band finds all pools open (720 of 1,100 seats), unless one closes: pool by pool as the logit says
        chance = np.repeat(weights[:4] / weights[:4].sum(axis=1, keepdims=True), 2, axis=2)
        mean = 180 * chance[:, -1].sum(axis=0)
        check(filled.taken[:4, -1].sum() >= mean.sum() - Z * np.sqrt(mean.sum()), "fill: the first band did not get its wish")

    made = once()[1]
    return Kernel("fill, 12 types, 12 pools", once, None, made, right, "nobody lost, seats kept, wishes of the first band")


# ---------------------------------------------------------------------------------------------------------------- rules


def of_rules(cases: Sequence[Rule], repeats: int) -> Iterator[Row]:
    """Yield a row for each rule, beside numpy's uniforms."""
    works = {BARE: bare} | {one.name: one.work for one in cases}
    times = side_by_side(works, {BARE: right_uniform} | {one.name: one.right for one in cases}, repeats, CPU)
    for one in cases:
        yield row("rules", one.name, times[one.name], one.checked, units=one.elements, per="element",
                  reference=(BARE, times[BARE], UNIFORMS))


def same(found: Any, wanted: Any, what: str) -> None:
    """Check that figures are those wanted, to rounding."""
    check(np.allclose(found, wanted, rtol=1e-9, atol=1e-9), f"{what}: not the figures that it should give")


def rules(rng: np.random.Generator) -> Iterator[Rule]:
    """Yield all rules on arrays: 120 seat rows of 20 schools, 8 gates and 30 pathways, 200 replications."""
    yield from of_seats(rng)
    yield from of_programmes(rng)
    yield from of_staying(rng)
    yield from of_people(rng)


def of_seats(rng: np.random.Generator) -> Iterator[Rule]:
    """Yield what shares seats out and reshapes them."""
    wish = rng.uniform(20, 60, (120, R))
    school, gate = np.arange(120) // 6, np.arange(120) % 8
    size, nobody, whole = wish.size, np.zeros(R), wish.sum(axis=0)
    room = np.full((20, R), 220.0)  # some schools are too small for their wishes

    def by_gate(x: Array) -> Array:
        return np.stack([x[gate == g].sum(axis=0) for g in range(8)])

    def kept(found: Array) -> None:
        same(by_gate(found), by_gate(wish), "sums by gate")
        check(found.min() >= 0, "negative seats")

    yield Rule("arrays.summed", lambda: arrays.summed(wish, school, 20), size,
               lambda found: same(found, wish.reshape(20, 6, R).sum(axis=1), "summed"), "sums by school")
    # 10 by 1 : 2 : 4 is 1.43, 2.86, 5.71; the two seats left go to .86 and .71
    weights, tens = np.tile(np.array([1.0, 2, 4])[:, None], R), np.full(R, 10, np.int32)
    yield Rule("arrays.largest_remainder", lambda: arrays.largest_remainder(weights, tens), weights.size,
               lambda found: same(found, np.tile([[1], [3], [6]], R), "largest_remainder"), "10 by 1 : 2 : 4 is 1, 3, 6")

    def within(answer: tuple[Array, Array]) -> None:
        seats, bound = answer
        sums = seats.reshape(20, 6, R).sum(axis=1)
        check((sums <= room).all() and (sums[bound] == 220).all(), "within_capacity: schools beyond their room")
        check((seats.sum(axis=0) == np.minimum(4000, 20 * 220)).all(), "within_capacity: not the total")

    total = np.full(R, 4000.0)
    yield Rule("quotas.within_capacity", lambda: quotas.within_capacity(wish, school, room, total, True), size, within,
               "rooms kept, sum of 4,000")
    yield Rule("quotas.fitted", lambda: quotas.fitted(wish, school, gate, room + 300, False), size, kept, "sums by gate")
    yield Rule("quotas.handed_over", lambda: quotas.handed_over(wish - 10, np.full_like(wish, 10.0), wish > 0, gate), size, kept,
               "sums by gate")
    yield Rule("quotas.scaled", lambda: quotas.scaled(wish, 2 * whole), size,
               lambda found: same(found, 2 * wish, "scaled"), "twice")
    plan = np.full((3, *wish.shape), 100.0)
    came = plan * np.array([0.6, 0.8, 1.0])[:, None, None]
    yield Rule("quotas.mean_completion", lambda: quotas.mean_completion(plan, came, np.ones(R)), plan.size,
               lambda found: same(found, 0.8, "mean_completion"), "mean of .6, .8, 1")
    yield Rule("quotas.pulled", lambda: quotas.pulled(np.full_like(wish, 0.6), np.full(R, 0.8), np.full(R, 0.2)), size,
               lambda found: same(found, 0.8, "pulled"), ".6 / .8 cut at 1 - .2")
    closed = np.zeros(wish.shape, dtype=bool)
    closed[:6] = True
    yield Rule("reshape.without_schools", lambda: reshape.without_schools(wish, closed, nobody + 1, gate), size,
               lambda found: (kept(found), check(not found[:6].any(), "a closed school has seats"))[0], "sums by gate, none left")
    into = np.arange(120)
    into[:6] = np.arange(6, 12)
    yield Rule("reshape.merged", lambda: reshape.merged(wish, into), size,
               lambda found: same(found[6:12], wish[:6] + wish[6:12], "merged"), "sums of the merged")
    members, all_gates = np.arange(120) % 3 == 0, np.ones(120, dtype=bool)
    yield Rule("reshape.shifted", lambda: reshape.shifted(wish, members, all_gates, nobody + 0.6, nobody + 1), size,
               lambda found: same(found[0][members].sum(axis=0), 0.6 * whole, "shifted"), "share of .6, sum kept")
    bound = np.where(np.arange(120) % 2 == 1, np.arange(120) - 1, -1)
    yield Rule("reshape.opened", lambda: reshape.opened(wish, bound, nobody + 0.9), size,
               lambda found: same(found[::2], np.maximum(0.9 * (wish[::2] + wish[1::2]), wish[::2]), "opened"), "share of .9")
    yield Rule("reshape.falling", lambda: reshape.falling(np.ones(wish.shape, np.int8), wish, wish - 1), size,
               lambda found: same(found, 2, "falling"), "a second year")


def of_programmes(rng: np.random.Generator) -> Iterator[Rule]:
    """Yield the rules on programmes."""
    wish, gate = rng.uniform(20, 60, (120, R)), np.arange(120) % 8
    listed, size, whole = np.arange(120) < 40, wish.size, wish.sum(axis=0)
    colour = np.where(np.arange(120)[:, None] < 10, programmes.RED, 0) + np.zeros(wish.shape, np.int8)
    growth = np.full((10, R), 0.1)
    yield Rule("programmes.support", lambda: programmes.support(np.ones(10, dtype=bool), growth, 3), growth.size,
               lambda found: same(found, 1.331, "support"), "1.1 three times")
    yield Rule("programmes.supported", lambda: programmes.supported(wish, np.full(wish.shape, 1.2), listed, gate), size,
               lambda found: (same(found.sum(axis=0), whole, "supported"),
                              same(found[listed], 1.2 * wish[listed], "supported"))[0],
               "listed rows 1.2 times, sum kept")
    yield Rule("programmes.warned", lambda: programmes.warned(wish, colour, np.full(R, 0.3), np.ones(R), gate), size,
               lambda found: (same(found.sum(axis=0), whole, "warned"), same(found[:10], 0.7 * wish[:10], "warned"))[0],
               "red rows .7 times, sum kept")
    never, always = np.zeros(wish.shape, dtype=bool), np.ones(wish.shape, dtype=bool)
    zero, one = np.zeros(wish.shape, np.int8), np.ones(wish.shape, np.int8)
    yield Rule("programmes.next_colour", lambda: programmes.next_colour(one, one, zero, always, always), size,
               lambda found: same(found[0], programmes.RED, "next_colour"), "bad twice running: red")
    yield Rule("programmes.below", lambda: programmes.below(wish, 2 * wish, np.full(R, 0.6)), size,
               lambda found: check((found != never).all(), "below: a half is below .6"), "a half is below .6")


def of_staying(rng: np.random.Generator) -> Iterator[Rule]:
    """Yield who stays, and the choices at admission."""
    groups = (40, PAIRS)
    seekers, terms = rng.uniform(50, 150, groups), rng.normal(0, 0.5, groups)
    everyone, wanted = seekers.sum(axis=0), rng.uniform(0.4, 0.6, PAIRS)
    found, further = (np.full(PAIRS, 0.9), np.full(PAIRS, 0.95)), (0.1 * everyone, 0.1 * everyone)

    def comes_out(share: Array, definition: str) -> None:
        same(retention.rate(definition, share * everyone, everyone, found, further), wanted, f"rate by {definition}")

    for definition in retention.DEFINITIONS[:2]:
        def share(of: str = definition) -> Array:
            return retention.stay_share(of, wanted, everyone, found, further)

        def right(out: Array, of: str = definition) -> None:
            comes_out(out, of)

        yield Rule(f"retention.stay_share, {definition}", share, PAIRS, right, "the rate comes out")
    parts = [slice(10 * i, 10 * i + 10) for i in range(4)]
    rates = rng.uniform(0.4, 0.6, (4, PAIRS))

    def by_class(people: Array) -> Array:
        return people.reshape(4, 10, PAIRS).sum(axis=1)

    def all_come_out(answer: tuple[Array, Array, Array]) -> None:
        stay = by_class(seekers * retention.sigmoid(np.repeat(answer[0], 10, axis=0) + terms))
        same(stay * found[0] / (stay * found[0] + (by_class(seekers) - stay) * found[1]), rates, "solve_intercepts")

    yield Rule("retention.solve_intercepts",
               lambda: retention.solve_intercepts(rates, "r1", terms, seekers, parts, found, further), seekers.size, all_come_out,
               "the rates come out")
    share = rng.uniform(0.01, 0.99, (120, R))
    yield Rule("retention.sigmoid of logit", lambda: retention.sigmoid(retention.logit(share)), share.size,
               lambda out: same(out, share, "sigmoid of logit"), "one undoes the other")
    jobs = np.repeat(np.array([1.0, 3.0])[:, None], PAIRS, axis=1)
    studied = np.zeros(40, np.int64)
    yield Rule("retention.shares_by_area",
               lambda: retention.shares_by_area(jobs, np.full(PAIRS, np.log(3)), studied, np.arange(2)), 2 * 40 * PAIRS,
               lambda out: same(out, 0.5, "shares_by_area"), "1 x 3 against 3: a half")
    lines, home = np.zeros((3, 40, PAIRS)), np.full(PAIRS, np.log(2))
    at_home, outside = np.tile(np.eye(4, dtype=bool), (10, 1)), np.zeros((3, 2, PAIRS))
    weights, all_areas = np.where(at_home.T, 2.0, 1.0), np.ones((2, 4), dtype=bool)  # [areas, S]
    yield Rule("admission.junior_weights",
               lambda: admission.junior_weights(lines, home, at_home, np.ones_like(at_home), outside, all_areas),
               12 * 42 * PAIRS, lambda out: same(out[:4, :40], weights[..., None], "junior_weights"), "2 at home, else 1")
    field = np.tile(np.array([2, 1, 0], np.int8), (12, 10))
    log_odds, thirds = np.zeros((30, PAIRS)), np.array([1.0, 0.5, 0.0])[:, None]
    yield Rule("admission.open_weights", lambda: admission.open_weights(log_odds, field, -home, None), 12 * 31 * PAIRS,
               lambda out: same(out[:, :3], np.broadcast_to(thirds, (12, 3, PAIRS)), "open_weights"), "1, a half, 0")
    yield Rule("admission.in_turn", lambda: admission.in_turn(share * 0, share * 0, share, share), share.size,
               lambda out: same(out[2], share**2, "in_turn"), "who sits and passes")


def of_people(rng: np.random.Generator) -> Iterator[Rule]:
    """Yield teachers, workers, money and measures."""
    own, pool = rng.uniform(100, 300, (20, R)), np.arange(20) // 5
    by_pool = own.reshape(4, 5, R).sum(axis=1)
    yield Rule("teachers.pooled", lambda: teachers.pooled(own, np.full_like(own, 200), pool, np.full(R, 0.3)), own.size,
               lambda out: same(out.reshape(4, 5, R).sum(axis=1), by_pool, "pooled"), "sums by pool")
    yield Rule("teachers.hires", lambda: teachers.hires(own + 20, own, own, np.full(R, 0.05)), own.size,
               lambda out: same(out, np.minimum(20, 0.05 * own), "hires"), "20, at most 5 % of all")
    yield Rule("training.loads", lambda: training.loads(np.full(R, 1000.0), own, np.ones(20, dtype=bool)), own.size,
               lambda out: same(out.sum(axis=0), 1000, "loads"), "sum of 1,000")
    workers, rising = rng.integers(500, 900, (80, R), dtype=np.int32), np.full((40, R), 3, np.int32)
    moved = np.concatenate([workers[:40] - 3, workers[40:] + 3])
    yield Rule("training.lifted", lambda: training.lifted(workers, rising, np.arange(40), 40), workers.size,
               lambda out: same(out, moved, "lifted"), "3 from each job to the next level")
    last, shock = rng.normal(size=(40, R)), rng.normal(size=(41, R))
    three, four = np.full(R, 0.5), np.full(R, 0.36)
    yield Rule("workforce.deviations", lambda: workforce.deviations(last, shock, three, three, four), last.size,
               lambda out: same(out, 0.5 * last + 0.3 * shock[:1] + 0.4 * shock[1:], "deviations"), ".5 x + .3 z0 + .4 z")
    yield Rule("workforce.grown", lambda: workforce.grown(own, np.full(R, 0.1), np.full(R, 0.1)), own.size,
               lambda out: same(out, 1.2 * own, "grown"), "1.2 times")
    links = np.full((60, 10, R), 0.05)
    stayers, opened, level = np.full((60, R), 10.0), np.full((20, R), 12.0), np.arange(60) % 2
    # at each level 30 groups send .5 people each into an industry: 15 for 12 vacancies; a group's gap is 10 x .5 x (1 - 12/15)
    yield Rule("workforce.gaps", lambda: workforce.gaps(stayers, links, level, opened, 2), links.size,
               lambda out: (same(out[0], 15, "gaps"), same(out[1], 150, "gaps"), same(out[2], 1, "gaps"))[0],
               "15 for 12 vacancies: 1 of 5 too many")
    days = [f"{month:02d}-28" for month in (7, 8, 9, 10, 11, 12)]
    shares = (rng.uniform(0.4, 0.6, (1, PAIRS)), rng.uniform(0.8, 0.9, (1, PAIRS)))

    def all_found(out: Array) -> None:
        same(1 - (1 - out[:2]).prod(axis=0), shares[0], "search_shares by August")
        same(1 - (1 - out).prod(axis=0), shares[1], "search_shares by December")

    yield Rule("workforce.search_shares", lambda: workforce.search_shares(shares, days), len(days) * PAIRS, all_found,
               "the two shares come out")
    asked = np.full((8, R), 100.0)
    yield Rule("money.cut_to", lambda: money.cut_to(asked, np.full(R, 550.0), [7, 6, 5]), asked.size,
               lambda out: same(out[:, 0], [100, 100, 100, 100, 100, 50, 0, 0], "cut_to"), "800 cut to 550 in order")
    values = np.tile(np.linspace(0.1, 0.9, 16)[:, None], PAIRS)
    pushes = {"log": np.full(values.shape, np.log(0.5)), "log_odds": np.full(values.shape, np.log(2))}
    half = 0.5 * values
    yield Rule("measures.moved", lambda: measures.moved(values, pushes, 0.0, 1.0), values.size,
               lambda out: same(out, 2 * half / (1 + half), "moved"), "halved, then the odds doubled")
