"""The two sources tell one story: means under draws against the expectation source, and directions of change."""

from datetime import date

import numpy as np
import pytest

import skillsim as ss
from worlds import build, get, means, power, run, town, z_limit

REPLICATIONS = 4000


@pytest.fixture(scope="module")
def unbound():
    """A place where nothing binds: ample seats, caps of 1, whole bands; five years; four of its eight pathways repeat or gate."""
    scenario = build(town(size=2, binding=False))
    return means(scenario), run(scenario, REPLICATIONS, threads=2)


ARRAYS = (
    "junior",
    "general",
    "not_local",
    "seats",
    "entrants",
    "headcount",
    "dropouts",
    "at_gate",
    "through_gate",
    "graduates",
    "destinations",
    "adjusted",
)


def columns(history, name):
    x = getattr(history, name)
    return x.reshape(-1, x.shape[-1]).astype(float)


def test_nothing_binds(unbound):
    """The premise: seats are never full, and caps of gates (whole entrants) never reached."""
    h = unbound[1].history
    assert (h.entrants <= 0.9 * h.seats).all()
    assert (h.through_gate <= 0.97 * np.maximum(h.at_gate, 1)).mean() > 0.99


@pytest.mark.parametrize("name", ARRAYS)
def test_means_of_all_counts(unbound, name):
    """Every cell with 500 people or more over all replications by z-test; family of all cells of all arrays (Bonferroni).

    Cells that do not vary must be equal.  Cells with less are tested in their sum over years.
    """
    v, r = unbound
    exact, drawn = columns(v.history, name)[:, 0], columns(r.history, name)
    tests = sum(columns(v.history, n).shape[0] for n in ARRAYS)
    sd = drawn.std(axis=1, ddof=1)
    fixed = sd == 0
    assert drawn[fixed, 0] == pytest.approx(exact[fixed], rel=1e-9, abs=1e-9)
    large = ~fixed & (exact * REPLICATIONS >= 500)
    z = (drawn[large].mean(axis=1) - exact[large]) / (sd[large] / np.sqrt(REPLICATIONS))
    assert large.any() or fixed.all()
    assert (np.abs(z) < z_limit(tests)).all(), np.abs(z).max(initial=0)
    rest = ~fixed & ~large
    if rest.any():
        total = drawn[rest].sum(axis=0)
        assert abs(total.mean() - exact[rest].sum()) < z_limit(tests) * total.std(ddof=1) / np.sqrt(REPLICATIONS)


def test_means_of_totals(unbound):
    """Totals of each year: a family of its own.  Power against a bias of 0.5 % is 90 % or more on all of 500 people or more."""
    v, r = unbound
    names = (
        "general",
        "not_local",
        "entrants",
        "headcount",
        "dropouts",
        "at_gate",
        "through_gate",
        "graduates",
        "local_employed",
        "away_employed",
    )
    tests, strong = len(names) * 5, 0
    for name in names:
        if name in ("at_gate", "through_gate", "general", "not_local"):
            exact, drawn = (getattr(x.history, name).sum(axis=1) for x in (v, r))
            exact = exact[:, 0]
        else:
            exact, drawn = get(v, name), get(r, name)
        for y in range(5):
            error = drawn[y].std(ddof=1) / np.sqrt(REPLICATIONS)
            assert abs(drawn[y].mean() - exact[y]) < z_limit(tests) * error, (name, y)
            if exact[y] >= 500:
                assert power(0.005 * exact[y], error, tests) > 0.9, (name, y)
                strong += 1
    assert strong >= 25


# ------------------------------------------------------------------------------------------------------------ directions

LATE = {"last": 2031}
GROUPS = {
    "all junior seats": ("quota.plain", "quota.mixed", "quota.through", "quota.longest", "quota.five", "quota.craft"),
    "one row": ("quota.plain.school.a.local",),
    "one pathway": ("quota.through",),
}


def wide(**over):
    """The place with everything; schools have room for everyone, so that a change acts through its own lever only."""
    return build(town(**LATE, **over))


def pair(scenario, wish):
    return means(scenario), means(scenario.vary(wish))


def never_less(more, less):
    """Up to the rounding of sums of a thousand people."""
    assert (more >= less - 1e-9 * (1 + np.abs(less))).all()
    assert (more > less + 1e-6).any(), "nothing moved"


@pytest.mark.parametrize("rows", GROUPS)
@pytest.mark.parametrize("factor", [1.01, 1.2, 3])
def test_more_seats_never_fewer_entrants(rows, factor):
    """Entrants of the junior gate, all together: what a row gains it takes in part from others, in part from outside."""
    wish = dict.fromkeys(GROUPS[rows], ("scale", factor))
    scenario = wide()
    gate = [p for p in scenario.pathways if scenario.pathways[p].entry == "junior"]
    a, b = pair(scenario, wish)
    never_less(get(b, "entrants", pathways=gate), get(a, "entrants", pathways=gate))
    assert (get(b, "not_local") <= get(a, "not_local") + 1e-9).all()


@pytest.mark.parametrize("gate", ["higher", "top"])
def test_more_seats_after_an_open_exam_never_fewer_entrants(gate):
    a, b = pair(wide(), {f"quota.{gate}": ("scale", 1.3)})
    never_less(get(b, "entrants", pathways=[gate]), get(a, "entrants", pathways=[gate]))


@pytest.mark.parametrize(
    "key", ["pathways.plain.stages.0.dropout", "pathways.through.stages.0.dropout", "pathways.higher.stages.0.dropout"]
)
def test_higher_dropout_never_more_graduates(key):
    """Of the pathway and of the place; seats after the exam may bind, so that fewer sit without anybody gaining."""
    a, b = pair(wide(), {key: ("add", 0.02)})
    code = key.split(".")[1]
    never_less(get(a, "graduates", pathways=[code]), get(b, "graduates", pathways=[code]))
    never_less(get(a, "graduates"), get(b, "graduates"))
    never_less(get(b, "dropouts", pathways=[code]), get(a, "dropouts", pathways=[code]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pathways.through.stages.1.transfer.cap", 0.15),
        ("pathways.through.stages.1.transfer.passes", 0.04),
        ("pathways.longest.stages.1.transfer.cap", 0.2),
        ("pathways.longest.stages.2.transfer.cap", 0.3),
        ("pathways.longest.stages.1.transfer.sits", 0.05),
    ],
)
def test_a_wider_gate_never_fewer_through(key, value):
    """Higher cap, passing and sitting: never fewer through the gate, never fewer graduates of the stage behind it.

    Passing acts where the cap does not bind; a second place has caps of 1 for that.
    """
    code, level = key.split(".")[1], "bachelor" if ".2." in key else "college"
    scenario = build(town(**LATE, binding=key.endswith("cap")))
    a, b = pair(scenario, {key: ("add", value)})
    never_less(
        get(b, "graduates", pathways=[code], levels=[level]) + get(b, "graduates", pathways=[code], levels=["bachelor"]),
        get(a, "graduates", pathways=[code], levels=[level]) + get(a, "graduates", pathways=[code], levels=["bachelor"]),
    )
    mine = [x.layout.line_pathway[x.layout.gate_lines] == x.layout.pathways.index(code) for x in (a, b)]
    through = [x.history.through_gate[:, keep].sum(axis=(1, 2)) for x, keep in zip((a, b), mine, strict=True)]
    never_less(through[1], through[0])


def test_a_subsidy_with_a_positive_effect_never_fewer_stayers():
    """By all four definitions and in people; nothing else moves, not by a byte (graduates are a sum over destinations)."""
    a, b = pair(wide(), {"retention.drivers.subsidy.level": ("set", 1.0, date(2027, 1, 1))})
    for name in ("local_employed", *(f"local_retention_r{i}" for i in (1, 2, 3, 4))):
        x, y = get(a, name), get(b, name)
        assert (y[:2] == x[:2]).all()
        never_less(y, x)
        assert (y[2:] > x[2:]).all(), name
    for name in ("entrants", "headcount", "dropouts", "seats"):
        assert (getattr(a.history, name) == getattr(b.history, name)).all(), name
    np.testing.assert_allclose(a.history.graduates, b.history.graduates, rtol=1e-12)


CHANGES = {
    "seats": ({"quota.plain": ("scale", 1.2)}, "entrants", {"pathways": ["plain"]}, 1),
    "dropout": ({"pathways.plain.stages.0.dropout": ("add", 0.02)}, "graduates", {"pathways": ["plain"]}, -1),
    "cap": (
        {"pathways.through.stages.1.transfer.cap": ("add", 0.15)},
        "graduates",
        {"pathways": ["through"], "levels": ["college"]},
        1,
    ),
    "subsidy": ({"retention.drivers.subsidy.level": ("set", 1.0)}, "local_employed", {}, 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_directions_under_draws(change):
    """The paired mean difference of the last year is beyond 0 by z-test (family of four, 200 replications), on the side on
    which the expectation source has it."""
    wish, name, pick, sign = CHANGES[change]
    scenario = wide()
    a, b = (get(r, name, **pick)[-1] for r in ss.run([scenario, scenario.vary(wish)], 200, 7, 2))
    d = sign * (b - a)
    assert d.mean() > z_limit(len(CHANGES)) * d.std(ddof=1) / np.sqrt(200)
    x, y = (get(v, name, **pick)[-1] for v in pair(scenario, wish))
    assert sign * (y - x) > 0
