"""Places at the edge of what can be written: they run, they balance, and what is known by hand comes out."""

import numpy as np
import pytest

import skillsim as ss
from worlds import build, get, laid, means, path, place, power, row, run, stage, steps, town, z_limit


def balanced(r):
    h = r.history
    for name, x in vars(h).items():
        assert np.issubdtype(x.dtype, np.integer) and (name == "moves" or (x >= 0).all()), name
    assert (h.destinations.sum(axis=1) == h.graduates).all()
    assert (h.entrants <= h.seats).all()
    return r


def finite(v):
    assert all(np.isfinite(x).all() for x in vars(v.history).values())
    return v


def test_no_inflow():
    """Nobody leaves junior secondary school or general high school: every count but seats (and the last ones before) is 0."""
    raw = town()
    for a in raw["areas"].values():
        a.update(junior_graduates=0, general_applicants=0)
    r = balanced(run(build(raw), 4))
    assert all(not x.any() for name, x in vars(r.history).items() if name not in ("seats", "before"))
    assert r.history.seats.any()
    finite(means(build(raw)))


def test_no_inflow_under_the_rule():
    """J(t)/J(t-1) is 0/0: seats stand still until completion 0 takes the rule's reach off."""
    raw = place({"p": path(stage())}, [row("p", 100)], last=2026, junior=0, rules={"quota": {"active": 1}})
    assert get(means(build(raw)), "seats") == pytest.approx([90, 81])
    balanced(run(build(raw), 4))


def test_no_seats():
    raw = town()
    for r in raw["quota"]["rows"]:
        r["seats"] = 0
    r = balanced(run(build(raw), 4))
    assert not r.history.entrants.any() and not r.history.headcount.any() and not r.history.graduates.any()
    # everybody else is somewhere: general high school or another way
    assert (r.history.general + r.history.not_local == r.history.junior).all()
    finite(means(build(raw)))


def test_seats_that_open_in_an_empty_place():
    raw = place({"p": path(stage(years=2))}, [row("p", steps(y2025=0, y2027=10))], last=2030)
    for v in (means(build(raw)), run(build(raw), 2)):
        assert np.asarray(get(v, "headcount").reshape(6, -1)[:, 0]).tolist() == [0, 0, 10, 20, 20, 20]


def test_everybody_drops_out():
    """Dropout 1 in every stage: as many dropouts as entered the year before, no graduates at all."""
    raw = town()
    for p in raw["pathways"].values():
        for s in p["stages"]:
            s.update(dropout=1, repeat=0, to_general=0)
    r = balanced(run(build(raw), 4))
    h = r.history
    assert not h.graduates.any() and not h.through_gate.any()
    assert (h.dropouts.sum(axis=1)[1:] == h.entrants.sum(axis=1)[:-1]).all()
    finite(means(build(raw)))


def test_everybody_repeats_for_ever():
    """Repeat 1: intakes pile up in the first year, 10 a year; nobody graduates."""
    raw = place({"p": path(stage(years=2, repeat=1))}, [row("p", 10)], last=2029)
    for v in (means(build(raw)), run(build(raw), 2)):
        heads = np.asarray(get(v, "headcount").reshape(5, -1)[:, 0])
        assert (np.diff(heads) == 10).all()
        assert not get(v, "graduates").any()


def test_everybody_moves_to_the_general_track_and_nobody_returns():
    raw = place({"p": path(stage(years=2, to_general=1))}, [row("p", 10)], last=2027)
    v = means(build(raw))
    assert get(v, "headcount").tolist() == [10, 10, 10] and not get(v, "graduates").any()
    balanced(run(build(raw), 2))


def test_everybody_returns_from_the_general_track():
    """All move in the first year, all come back at the end of the second: all graduate."""
    raw = place({"p": path(stage(years=2, to_general=[1, 0], back=1))}, [row("p", 10)], last=2027)
    for v in (means(build(raw)), run(build(raw), 2)):
        assert (get(v, "graduates") == 10).all()
        assert (get(v, "headcount") == 10).all()


@pytest.mark.parametrize("passes", [0, 1])
def test_gates_that_nobody_or_everybody_passes(passes):
    raw = town()
    for p in raw["pathways"].values():
        for s in p["stages"]:
            if "transfer" in s:
                s["transfer"] = {"sits": 1, "passes": passes, "cap": 1}
            if "further" in s:
                s["further"] = {**s["further"], "sits": 1, "passes": passes}
    r = balanced(run(build(raw), 4))
    assert (r.history.through_gate == passes * r.history.at_gate).all()
    finite(means(build(raw)))


def test_a_cap_of_nought():
    raw = town()
    for p in raw["pathways"].values():
        for s in p["stages"][1:]:
            s["transfer"]["cap"] = 0
    r = balanced(run(build(raw), 4))
    assert r.history.at_gate.any() and not r.history.through_gate.any()


def test_one_year():
    r = balanced(run(build(town(last=2025)), 4))
    assert r.history.headcount.shape[0] == 1 and (r.history.headcount.sum(axis=1) > 0).all()


def test_two_replications():
    r = balanced(run(build(town(uncertainty={"parameters": True})), 2))
    assert len(r.targets()) == 0 and np.isfinite(r.frame()["mean"]).any()


def test_one_band():
    raw = laid(town(), {"choice": {"bands": [1.0], "general_share": 0.45, "alternatives": {"work": {"preference": 0}}}})
    raw["programmes"]["b"]["preference"] = 0.2
    raw["pathways"]["through"]["stages"][1]["transfer"]["passes"] = 0.9
    balanced(run(build(raw), 4))


def test_a_hundred_bands():
    """With whole people, bands of 1 % of 600, 400 and 100 hold 6, 4 and 1 of them each."""
    raw = laid(town(), {"choice": {"bands": [0.01] * 100, "general_share": 0.4, "alternatives": {"work": {"preference": 0}}}})
    raw["programmes"]["b"]["preference"] = 0.2
    raw["pathways"]["through"]["stages"][1]["transfer"]["passes"] = 0.9
    balanced(run(build(raw), 4))


def test_an_empty_band():
    """A band of share 0 changes nothing (the mean of preferences over bands, which the open gates use, is kept)."""
    raw = laid(
        town(),
        {
            "choice": {
                "bands": [0.5, 0.0, 0.5],
                "general_share": [0.7, 0.9, 0.2],
                "alternatives": {"work": {"preference": [-1, 0, 0]}},
            }
        },
    )
    raw["programmes"]["b"]["preference"] = [0.4, 0.2, 0.0]
    raw["pathways"]["through"]["stages"][1]["transfer"]["passes"] = [0.95, 0.5, 0.8]
    plain, other = means(build(town())), means(build(raw))
    for name, x in vars(plain.history).items():
        assert getattr(other.history, name) == pytest.approx(x, rel=1e-12, abs=1e-9), name
    balanced(run(build(raw), 4))


def test_schools_that_close():
    """Capacity 0 from 2027: no seats from then on, and who is there finishes."""
    raw = place(
        {"p": path(stage(years=2))},
        [row("p", 100)],
        last=2029,
        institutions={"school": {"capacity": {"series": {2026: 200, 2027: 0}, "steps": True}}},
    )
    for v in (means(build(raw)), balanced(run(build(raw), 2))):
        assert np.asarray(get(v, "seats").reshape(5, -1)[:, 0]).tolist() == [100, 100, 0, 0, 0]
        assert np.asarray(get(v, "headcount").reshape(5, -1)[:, 0]).tolist() == [200, 200, 100, 0, 0]


def test_a_capacity_of_one():
    raw = town()
    for school in raw["institutions"].values():
        school["capacity"] = 1
    r = balanced(run(build(raw), 4))
    assert (r.history.seats.sum(axis=1) <= len(raw["institutions"])).all()


def test_ten_million_juniors():
    """Where nothing binds people are independent: the variance of a count of some of N people is at most N / 4.

    N = 11 million young people and 0.9 million applicants a year, of ten years at most.  Family of twelve (three totals, two
    years, two replications); the power against a bias of 0.5 % of the smallest total is asserted.
    """
    raw = town(size=10_000, last=2026, binding=False)
    r = balanced(run(build(raw), 2))
    v = finite(means(build(raw)))
    sd = np.sqrt(11.9e6 * 10 / 4)
    for name in ("entrants", "headcount", "graduates"):
        exact = get(v, name)
        assert power(0.005 * exact.min(), sd, 12) > 0.9
        assert (np.abs(get(r, name) - exact[:, None]) < z_limit(12) * sd).all(), name


def test_a_hundred_million_juniors():
    raw = town(size=90_000, last=2026)
    r = balanced(run(build(raw), 2))
    assert r.history.junior.sum(axis=1).tolist() == [[99_000_000] * 2] * 2
    finite(means(build(raw)))


def test_more_people_than_counts_can_hold_are_refused():
    """Counts are 32-bit: a place beyond 2,147 million says so instead of turning negative."""
    raw = place({"p": path(stage())}, [row("p", 100)], junior=3_000_000_000)
    with pytest.raises((ss.ScenarioError, OverflowError)):
        run(build(raw), 2)


def test_a_total_beyond_32_bits():
    """Thirty schools with three years of 30 million each, from ten areas: 2,700 million in school, to a person."""
    rows = [row("p", 30_000_000, school=f"s{i}") for i in range(30)]
    raw = place({"p": path(stage(years=3))}, rows, last=2026)
    raw["areas"] = {f"a{i}": {"title": {"zh": "a", "en": "a"}, "junior_graduates": 90_000_000} for i in range(10)}
    for school in raw["institutions"].values():
        school["area"] = "a0"
    r = run(build(raw), 2)
    assert (get(r, "headcount") == 2.7e9).all() and (get(r, "graduates") == 9e8).all()


@pytest.mark.parametrize("replications", [0, 1, 3, -2])
def test_replications_come_in_pairs(replications):
    with pytest.raises(ss.ScenarioError):
        run(build(place({"p": path(stage())}, [row("p", 10)])), replications)
