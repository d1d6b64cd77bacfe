"""The labour market loses no job and nobody: balances worked out anew from the history, on random small markets."""


import copy
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from skillsim.chance import Draws, Expected
from skillsim.engine.history import SPANS
from skillsim.engine.inputs import inputs_for
from skillsim.engine.jobs import CARRIED, MATCHES, ORDER, YEARS
from skillsim.engine.market import Market
from skillsim.engine.run import Run
from skillsim.engine.simulate import warm_start
from skillsim.errors import InvariantError
from skillsim.terms import DESTINATIONS, LOCAL
from test_engine_balance import shuffled
from worlds import AGES, SEED, build, path, place, row, same, stage, title, with_market

# without Phase.shrink, which takes minutes here: add it to make a failing market small
PROFILE = settings(
    max_examples=150, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
FIRST = 2025
LEVELS = ("secondary", "college")
SEEKING = DESTINATIONS.index("local_seeking")

# ------------------------------------------------------------------------------------------------------- random markets


@st.composite
def markets(draw):
    """One to three industries and programmes, job levels one or two, every figure of the labour market."""
    share, small = st.sampled_from([0, 0.3, 0.8, 1]), st.sampled_from([0, 0.02, 0.1, 0.4])
    pathways = {
        "low": path(stage("secondary", 1, draw(small))),
        "high": path(stage("college", 1, draw(small))),
        "both": path(stage("secondary", 1), stage("college", 1, transfer={"sits": draw(share), "passes": 0.7})),
        "top": path(stage("bachelor", 1), entry="exam"),
    }
    programmes, industries = "abc"[: draw(st.integers(1, 3))], "xyz"[: draw(st.integers(1, 3))]
    seats = st.sampled_from([0, 1, 9, 60])
    rows = [row("low", draw(st.sampled_from([1, 9, 60])), "a", areas="any")]
    rows += [row(way, draw(seats), p, areas="any") for way in pathways for p in programmes if (way, p) != ("low", "a")]
    raw = place(pathways, rows, first=FIRST, last=FIRST + draw(st.integers(0, 6)), junior=draw(st.sampled_from([0, 40, 400])))
    raw["areas"]["far"] = {"title": title("far"), "local": False, "junior_graduates": 50, "general_applicants": 20}
    if draw(st.booleans()):
        raw["pathways"]["low"]["stages"][0]["further"] = {"gate": "exam", "sits": 0.5, "passes": 0.5}
    raw["programmes"] = {}
    for p in programmes:
        own = draw(st.sampled_from([[], [0.5], [1], [0.4, 0.6], [0.2, 0.3]]))[: len(industries)]
        mine = draw(st.permutations(industries))
        raw["programmes"][p] = {"title": title(p), "industries": dict(zip(mine, own, strict=False))}
        if draw(st.booleans()):
            raw["programmes"][p]["flexible"] = draw(share)
        if draw(st.booleans()):
            raw["programmes"][p]["order_class"] = draw(share)
    growth = st.sampled_from([-0.9, -0.3, 0, 0.02, 0.3, {"series": {FIRST: 0.1, FIRST + 2: -0.2}, "steps": True}])
    workers = st.sampled_from([0, 3, 80, 700, {"value": 100, "factor": {"uniform": [0.5, 1.5]}}])
    raw["industries"] = {
        i: {
            "title": title(i),
            "workers": draw(workers) if i != "x" else 150,
            "growth": draw(growth),
            "open_to_others": draw(share),
            "level_shares": draw(st.sampled_from([{"secondary": 2, "college": 1}, {"secondary": 1}, {"college": 1}])),
        }
        for i in industries
    }
    years = st.lists(small | st.just(1), min_size=YEARS, max_size=YEARS)
    leaving = draw(small)
    raw = with_market(
        raw,
        growth_sd=draw(st.sampled_from([0, 0.1])),
        growth_persistence=0.5,
        growth_common=draw(share),
        level_drift=draw(st.sampled_from([{}, {"college": 0.3}])),
        to_graduates=draw(share),
        experienced_found=draw(share),
        leaving=leaving,
        moving=draw(small),
        after_graduation={"matched": draw(years), "unmatched": draw(years)},
        returning=draw(st.lists(share, max_size=YEARS)),
        flexible=draw(share),
        over_qualified=draw(share),
        rounds=draw(st.sampled_from([["08-31", "10-31", "12-31"], ["12-31"], ["08-15", "08-31", "12-31"], ["08-31", "11-11"]])),
        giving_up=draw(small),
        waiting=draw(st.sampled_from(["counted_out", "carried"])),
        workforce={c: {"share": draw(st.sampled_from([0.5, 1, 3])), "ages": AGES[c]} for c in AGES},
    )
    if draw(st.booleans()):
        raw["labour"]["job_levels"] = ["secondary"]
        for i in raw["industries"].values():
            i["level_shares"] = {"secondary": 1}
        for way in raw["pathways"].values():
            way["stages"] = [{**s, "job_level": "secondary"} for s in way["stages"]]
        raw["labour"]["level_drift"] = {}
    day = draw(st.sampled_from(["08-31", "12-31"])) if any(r <= "08-31" for r in raw["labour"]["rounds"]) else "12-31"
    raw["retention"] |= {
        "measured_on": day,
        "order_class": draw(st.sampled_from([0, 2])),
        "tightness": draw(st.sampled_from([0, 0.5])),
        "local_origin": 0.5,
    }
    august, december = draw(st.sampled_from([(0.6, 0.9), (1, 1), (0, 1)]))
    raw["retention"]["stayers"] = {"by_august": august, "by_december": december}
    raw["rules"] = {"retirement": {"rise": draw(st.sampled_from([0, 1]))}}
    raw["uncertainty"] = {"parameters": draw(st.booleans())}
    return raw


def spread_alpha(scenario, inputs):
    """Intercepts of the wish to stay that differ by stage, some extreme, so that no base rate can be out of reach."""
    return np.linspace(-1.5, 4.0, len(inputs.layout.stages))[:, None]


class Seen:
    """What the market holds at the close of each year, and what it took in."""

    def __init__(self, patch):
        self.years, close, leave = [], Market.close, Market._leave_young
        self.before = None

        def seen_leave(market, year):
            self.before = (market.here.copy(), market.recent.copy())
            out = leave(market, year)
            self.after = (market.here.copy(), market.recent.copy())
            return out

        def seen_close(market, year):
            self.rest = (market.vacant.copy(), market.for_others.copy())
            close(market, year)
            names = ("people", "settled", "here", "recent", "away", "by_seeker", "waiting", "carried", "found", "gave_up")
            self.years.append({name: getattr(market, name).copy() for name in names})
            self.years[-1] |= {"vacant": self.rest[0], "stayed": self.after, "stood": self.before, "jobs": market.jobs}

        patch.setattr(Market, "close", seen_close)
        patch.setattr(Market, "_leave_young", seen_leave)


def seen_run(raw, source=None, first=0, count=6):
    """The inputs, the history and what was seen of a run at made-up intercepts."""
    scenario = build(raw)
    pairs = np.arange(first // 2, (first + count) // 2) if scenario.uncertainty.parameters else None
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, SEED)
    with pytest.MonkeyPatch.context() as patch:
        seen = Seen(patch)
        the = Run(inputs, source or Draws(SEED, first, count), warm_start(scenario, SEED), spread_alpha(scenario, inputs))
        history = the.go()
    return inputs, history, seen.years


def columns(inputs, path, history):
    values = inputs.get(path)[0]
    return np.broadcast_to(np.repeat(values, 2) if values.size > 1 else values, history.junior.shape[-1])


def balances(inputs, h, seen, close):
    """Every identity, for each replication and year; ``close`` compares."""
    jobs, layout = inputs.layout.jobs, inputs.layout
    years = len(inputs.years)
    raw = inputs.scenario

    # at the start as many workers as are wanted: the industry's, in the parts of its levels
    start = []
    for j, i in zip(jobs.job_level, jobs.job_industry, strict=True):
        one = raw.industries[jobs.industries[i]]
        parts = {code: columns(inputs, f"industries.{jobs.industries[i]}.level_shares.{code}", h) for code in one.level_shares}
        mine = parts.get(jobs.levels[j], 0) / sum(parts.values())
        start.append(columns(inputs, f"industries.{jobs.industries[i]}.workers", h) * mine)
    whole = np.issubdtype(h.workers.dtype, np.integer)
    before = np.rint(start) if whole else np.array(start)

    for y in range(years):
        at, w = seen[y], h.workers[y]
        # jobs: workers before - exits + hired + experienced = workers after; vacancies from what is wanted
        close(before - h.exits[y] + h.hired[y] + h.experienced[y], w)
        close(np.maximum(h.wanted[y] - (before - h.exits[y]), 0), h.vacancies[y])
        # vacancies = filled by graduates + by the experienced + left open, and each kind in its own part
        close(h.opened[y] - h.hired[y], at["vacant"])
        for part in (h.hired[y], at["vacant"], h.experienced[y], h.vacancies[y] - h.opened[y] - h.experienced[y], w, h.exits[y]):
            assert (part >= -1e-9).all()
        close(at["settled"] + at["recent"].sum(axis=(0, 1)), w)
        before = w

        # people: by age and category they are the workers; experienced hires are those back, changed and moved in
        assert (at["people"] >= -1e-9).all()
        close(at["people"].sum(axis=0), w.sum(axis=0))
        close(h.flows[y].sum(axis=0), h.experienced[y].sum(axis=0))
        assert (h.retired[y].sum(axis=0) <= h.exits[y].sum(axis=0) + 1e-9).all()

        # graduates: nine destinations; stayers are at work here, gave up, or wait
        there = h.destinations[y]
        assert (there >= -1e-9).all() and (h.stayers[y] >= -1e-9).all()
        close(there.sum(axis=0), h.graduates[y])
        close(there[LOCAL].sum(axis=0) + h.gave_up[y] + there[SEEKING], h.stayers[y])
        assert (h.turned_away[y] >= h.gave_up[y] - 1e-9).all()
        assert (h.turned_away[y] <= h.gave_up[y] + there[SEEKING] + 1e-9).all()

        # who was hired in jobs is who found a job among groups and those carried over, level by level and match by match
        new = jobs.seeker_kind != CARRIED
        levels = len(jobs.levels)
        of_level = np.array([(jobs.job_level == k) for k in range(levels)]).astype(float)
        stands = jobs.type_level[jobs.seeker_type]
        found = at["by_seeker"][:4]
        for k in range(levels):
            own = found[0][stands == k].sum(axis=0) + found[2][stands == k].sum(axis=0)
            down = found[1][stands == k + 1].sum(axis=0) + found[3][stands == k + 1].sum(axis=0)
            close(of_level[k] @ h.hired[y], own + down)
        close(found.sum(axis=1), at["found"].sum(axis=1))
        if raw.retention.measured_on == "12-31":
            close(found[:, new].sum(axis=1), there[LOCAL].sum(axis=1))
            by_group = np.zeros(there[0].shape)
            np.add.at(by_group, jobs.seeker_group[new], found[:, new].sum(axis=0))
            close(by_group, there[LOCAL].sum(axis=0))
        else:
            assert (there[LOCAL].sum(axis=(0, 1)) <= found[:, new].sum(axis=(0, 1)) + 1e-9).all()
        lowest = np.isin(np.arange(len(layout.groups)), jobs.seeker_group[stands == 0])
        assert not there[[3, 5]][:, lowest].any()  # below their level: nobody of the lowest

        # carried over: who waits at the close, once; he is counted in next year's rounds by level
        carried = raw.labour.waiting == "carried"
        waits = at["waiting"][new].sum(axis=0)
        close(at["carried"].sum(axis=0), waits if carried else 0 * waits)
        if y + 1 < years:
            rows = np.array([at["carried"][stands == k].sum(axis=0) for k in range(levels)])
            close(rows, h.carried[y + 1])
        if y == 0:
            assert not h.carried[0].any()

        # still here: only those hired or back, and never more than there were
        stood, stayed = at["stood"], at["stayed"]
        for now, then in zip(stayed, stood, strict=True):
            assert (now[:, 1:] <= then[:, :YEARS] + 1e-9).all() and not now[:, 0].any()
        joined = at["here"][:, 1:].sum(axis=(0, 1, 2)) - stayed[0].sum(axis=(0, 1, 2))
        close(joined, h.flows[y, 0] + found[:, ~new].sum(axis=(0, 1)))
        close(at["here"][:, 0].sum(axis=(0, 1)), found[:, new].sum(axis=(0, 1)))
        close(at["here"][:, list(SPANS)].sum(axis=0), h.here[y])
        close(at["here"].sum(axis=(0, 1, 2)), at["recent"].sum(axis=(0, 1, 2)))
        for m in range(MATCHES):
            for k in range(levels):
                tracks = jobs.track_level - (m == 2) == k
                close(at["here"][m][:, tracks].sum(axis=1), at["recent"][m][:, jobs.job_level == k].sum(axis=1))
    for a, b in ((0, 1), (1, 2)):  # after three years no more than after one and those who came back since
        gap = SPANS[b] - SPANS[a]
        for y in range(gap, years):
            back = h.flows[y - gap + 1 : y + 1, 0].sum(axis=0)
            assert (h.here[y, b].sum(axis=0) <= h.here[y - gap, a].sum(axis=0) + back + 1e-9).all()


def reach(reached, h, seen):
    """Count the markets in which each thing happened at all."""
    happened = {
        **{DESTINATIONS[i]: h.destinations[:, i] for i in range(len(DESTINATIONS))},
        **{name: h.flows[:, i] for i, name in enumerate(("came back", "changed", "moved in"))},
        "carried": h.carried,
        "gave up": h.gave_up,
        "turned away, waits": h.turned_away - h.gave_up,
        "left open": h.opened - h.hired,
        "no vacancy where there are workers": (h.vacancies == 0) & (h.workers > 0),
        "retired": h.retired,
        "here after five years": h.here[:, 2],
        "order class found work": seen[-1]["by_seeker"][:4, seen[-1]["jobs"].seeker_kind == ORDER],
        "carried over found work": seen[-1]["by_seeker"][:4, seen[-1]["jobs"].seeker_kind == CARRIED],
        "two job levels": len(seen[-1]["jobs"].levels) > 1,
    }
    reached.update(name for name, x in happened.items() if np.any(x))


def test_random_markets_balance():
    reached = Counter()

    @PROFILE
    @given(markets())
    def each(raw):
        inputs, h, seen = seen_run(raw, first=4)
        for name, x in vars(h).items():
            assert np.issubdtype(x.dtype, np.integer), name
            assert name == "adjusted" or (x >= 0).all(), name
        balances(inputs, h, seen, np.testing.assert_array_equal)
        reach(reached, h, seen)

    each()
    assert len(reached) == 21 and min(reached.values()) >= 5, reached


@settings(PROFILE, max_examples=60)
@given(markets())
def test_random_markets_balance_in_the_mean(raw):
    raw["uncertainty"] = {"parameters": False}
    inputs, h, seen = seen_run(raw, Expected(1))
    balances(inputs, h, seen, lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-7))


@settings(PROFILE, max_examples=30)
@given(markets(), st.integers(0, 1000))
def test_the_order_of_writing_changes_no_byte_of_a_market(raw, seed):
    """Pathways, areas, rows, programmes and industries in another order; industries of a programme and levels turned round."""
    other = shuffled(raw, seed)
    for block, part in (("programmes", "industries"), ("industries", "level_shares")):
        for one in other[block].values():
            one[part] = dict(reversed(one.get(part, {}).items()))
    assert same(seen_run(raw)[1], seen_run(other)[1]) == []


@settings(PROFILE, max_examples=20)
@given(markets())
def test_chunks_change_no_byte_of_a_market(raw):
    whole = seen_run(raw)[1]
    for first, count in ((0, 2), (2, 4)):
        part = seen_run(raw, first=first, count=count)[1]
        for name, x in vars(part).items():
            assert (x == getattr(whole, name)[..., first : first + count]).all(), name


def local_employed(raw):
    """Local employment by year in the mean, at intercepts that do not move."""
    return seen_run(raw, Expected(1))[1].destinations[:, LOCAL].sum(axis=(1, 2, 3))


def test_more_vacancies_never_lower_local_employment():
    """In the mean and with the wish to stay as it is: twice the workers (so twice the vacancies of every year) in any year;
    twice the share open to graduates in the first year (later ones have fewer vacancies left by it)."""
    rose = Counter()

    @settings(PROFILE, max_examples=60)
    @given(markets())
    def each(raw):
        raw["uncertainty"] = {"parameters": False}
        raw["labour"]["to_graduates"] = min(raw["labour"]["to_graduates"], 0.5)
        base, double, open_to_all = local_employed(raw), copy.deepcopy(raw), copy.deepcopy(raw)
        for one in double["industries"].values():
            one["workers"] = 200 if isinstance(one["workers"], dict) else 2 * one["workers"]
        open_to_all["labour"]["to_graduates"] *= 2
        more, first = local_employed(double), local_employed(open_to_all)
        assert (more >= base - 1e-9).all() and first[0] >= base[0] - 1e-9
        rose.update(["workers"] * bool((more > base + 1e-6).any()) + ["to_graduates"] * bool(first[0] > base[0] + 1e-6))

    each()
    assert min(rose["workers"], rose["to_graduates"]) >= 5, rose


# ------------------------------------------------------------------------------------------------- what the ledger must catch


def busy():
    """A market in which everything happens."""
    rows = [row(way, 60, p) for way in ("low", "high") for p in "ab"]
    raw = place({"low": path(stage("secondary")), "high": path(stage("college"))}, rows, first=FIRST, last=FIRST + 2, junior=300)
    for p in "ab":
        raw["programmes"][p] |= {"industries": {p: 0.8}, "order_class": 0.3}
    raw["industries"] = {p: {"title": title(p), "workers": 1_500, "level_shares": {"secondary": 9, "college": 1}} for p in "ab"}
    return with_market(raw, waiting="carried", to_graduates=0.6, moving=0.01)


SPOILS = {
    "retirement": ("binomial", "retirement"),
    "retirement by job": ("spread", "retirement by job"),
    "leaving": ("split", "leaving"),
    "leaving after graduation": ("binomial", "leaving after graduation"),
    "leaving by job": ("spread", "leaving after graduation by job"),
    "coming back": ("ration", "jobs for those who come back"),
    "jobs of those back": ("spread", "jobs of those back in year 1"),
    "ages of those who leave": ("spread", "ages of those who leave"),
    "ages of those who move in": ("spread", "ages of those who move in"),
    "wish to stay": ("binomial", "wish to stay"),
    "looking": ("split", "looking 1"),
    "giving up": ("binomial", "giving up 1"),
    "own field": ("fill", "own field 0 0 0"),
    "own field, a level below": ("fill", "own field 0 1 0"),
    "other field": ("ration", "other field 0 0"),
    "jobs of others": ("spread", "jobs of others 0 0 0"),
    "who": ("ration", "who: matched 12-31"),
    "found elsewhere": ("binomial", "found elsewhere"),
}


# One more or less of these is as lawful as any other draw; of the others a total is given.
LAWFUL = ("retirement", "leaving after graduation", "coming back", "wish to stay", "giving up", "found elsewhere")


def slip(monkeypatch, spoil, by):
    """Run the busy market with so many people more in the first cell with anybody, once."""
    method, process = SPOILS[spoil]
    original, spoiled = getattr(Draws, method), []

    def wrapped(source, *args):
        out = original(source, *args)
        x = out.taken if method == "fill" else out
        if args[-4 if method == "fill" else -3] == process and x.any() and not spoiled:
            spoiled.append(True)
            x[tuple(np.argwhere(x)[0])] += by
        return out

    monkeypatch.setattr(Draws, method, wrapped)
    with pytest.raises((InvariantError, AssertionError, ValueError)):
        balances(*seen_run(busy()), np.testing.assert_array_equal)
    assert spoiled


@pytest.mark.parametrize("by", [10_000, -10_000])
@pytest.mark.parametrize("spoil", SPOILS)
def test_more_people_than_there_are_stop_the_run(monkeypatch, spoil, by):
    slip(monkeypatch, spoil, by)


@pytest.mark.parametrize("spoil", [s for s in SPOILS if s not in LAWFUL])
def test_one_person_too_many_stops_the_run(monkeypatch, spoil):
    slip(monkeypatch, spoil, 1)


def test_the_busy_market_balances():
    balances(*seen_run(busy()), np.testing.assert_array_equal)
