"""The labour market against single people (tests/reference/market.py), in distribution, and exactly without chance.

Three small places: ``market``, ``carried`` (fewer jobs, waiting carried over, four rounds), ``august`` (more jobs, counted on
31 August).  Rows whose mean is at least two, and sums of all rows, are compared in every year in mean (two-sample z-test) and
in variance (Levene's test about medians); the family of all comparisons has an error of 1 % (Bonferroni).  On the expectation
source every row is compared to a billionth, also in markets in which every figure is drawn anew.  Intercepts are taken from
the engine; with them the base rates come out in the reference too.
"""

import math
from collections import Counter, defaultdict
from datetime import date
from functools import cache

import numpy as np
import pytest
from scipy import stats

from reference.market import Chance, Market, Means, Persons, classes, expected_market, replicate_market
from reference.students import Place, settle
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.simulate import expected, simulate, warm_start
from worlds import SEED, build, get, laid, means, path, place, row, stage, steps, title

FIRST, LAST = 2025, 2031


def market():
    """Two job levels, three industries, three programmes."""
    pathways = {
        "low": path(stage("secondary", 1, 0.03, further={"gate": "exam", "sits": 0.7, "passes": 0.8})),
        "craft": path(stage("technician", 1, 0.05, job_level="secondary")),
        "through": path(
            stage("secondary", 1, 0.03), stage("college", 1, 0.02, transfer={"sits": 0.95, "passes": 0.9, "cap": 0.8})
        ),
        "high": path(stage("college", 1, 0.02), entry="exam"),
    }
    rows = [
        row("low", 24, "care", areas="any"),
        row("low", 30, "metal", areas="any"),
        row("low", 20, "wood"),
        row("craft", 22, "metal", areas="any"),
        row("through", 24, "metal", then=["college"]),
        row("through", 16, "wood", then=["far"], areas="any"),
        row("high", 22, "care", "college", areas="any"),
        row("high", 20, "metal", "college", areas="any"),
        row("high", 12, "wood", "far", areas="any"),
    ]
    raw = place(pathways, rows, first=FIRST, last=LAST, name="market", gates={"exam": {"elsewhere": -0.5}})
    raw["areas"] = {
        "town": {"title": title("town"), "junior_graduates": 130, "general_applicants": 25},
        "away": {"title": title("away"), "local": False, "junior_graduates": 40, "general_applicants": 15},
    }
    raw["institutions"]["far"]["area"] = "away"
    for code in raw["programmes"]:
        raw["programmes"][code]["family"] = "all"
    raw["choice"]["alternatives"] = {"work": {"title": title("work"), "preference": -1.0}}
    raw["programmes"]["metal"] |= {"industries": {"machines": 0.35, "timber": 0.55, "homes": 0.1}, "order_class": 0.5}
    raw["programmes"]["care"] |= {"industries": {"homes": 0.6}, "flexible": 0.6}
    raw["programmes"]["wood"] |= {"industries": {"timber": 1.0}, "flexible": 0.4}
    raw["industries"] = {
        "machines": {"workers": 450, "level_shares": {"secondary": 2, "college": 1}},
        "homes": {"workers": 560, "level_shares": {"secondary": 1, "college": {"series": {2025: 1, 2028: 1.3}}}},
        "timber": {"workers": 260, "level_shares": {"secondary": 3, "college": 2}, "growth": -0.03, "to_graduates": 0.8},
    }
    raw["industries"]["machines"]["growth"] = {"series": {2025: 0.02, 2030: 0.05}}
    raw["industries"]["homes"]["open_to_others"] = 0.25
    for code, industry in raw["industries"].items():
        industry["title"] = title(code)
    raw["demand"] = "vacancies"
    raw["labour"] = {
        "job_levels": ["secondary", "college"],
        "growth_sd": 0.03,
        "growth_persistence": 0.6,
        "growth_common": 0.4,
        "level_drift": {"college": 0.03},
        "to_graduates": 0.6,
        "experienced_found": 0.8,
        "leaving": 0.03,
        "moving": 0.03,
        "after_graduation": {"matched": [0.15, 0.1, 0.08, 0.06, 0.05], "unmatched": [0.3, 0.2, 0.15, 0.1, 0.1]},
        "returning": [0.15, 0.1, 0.05],
        "flexible": 0.7,
        "over_qualified": 0.5,
        "giving_up": 0.12,
        "workforce": {
            "men": {"share": 5, "ages": {20: 1, 35: 3, 50: 3, 59: 2}},
            "cadre_women": {"share": 2, "ages": {20: 1, 30: 3, 50: 2, 54: 1}},
            "worker_women": {"share": 3, "ages": {20: 1, 30: 3, 49: 2}},
        },
    }
    raw["retention"] |= {
        "local_origin": 0.8, "studied_away": -0.6, "order_class": 0.7, "tightness": 0.5,
        "stayers": {"by_august": 0.6, "by_december": 0.95}, "leavers": {"by_august": 0.7, "by_december": 0.95},
    }  # fmt: skip
    for base in raw["retention"]["base"]:
        base["rate"] = 0.5
    return raw


def carried():
    """Fewer jobs; who still waits is carried over; four rounds."""
    raw = laid(market(), {"name": "carried", "industries": {"machines": {"workers": 350}}})
    raw["labour"] |= {"waiting": "carried", "rounds": ["08-15", "08-31", "10-15", "11-30"], "giving_up": 0.06}
    return raw


def august():
    """More jobs; destinations as of 31 August, and a base rate of that day."""
    raw = laid(market(), {"name": "august", "industries": {"machines": {"workers": 700}}, "retention": {"measured_on": "08-31"}})
    for base in raw["retention"]["base"]:
        if base["pathways"] == ["craft"]:
            base |= {"rate": 0.3, "definition": "r2", "measured_on": "08-31", "year": 2026}
    raw["as_of"] = date(2026, 1, 1)
    return raw


VARIANTS = {"market": market, "carried": carried, "august": august}
REPLICATIONS = 200
ENGINE = 4_000
FAMILY = 0.01
EXACT = 1e-9
CASES = 50
LEAST = 2.0  # rows with a smaller mean are compared in sums only: a normal law would not do
DESTINATIONS = (
    "further_local", "further_away", "local_matched", "local_below", "local_other", "local_other_below", "away_employed",
    "local_seeking", "away_seeking",
)  # fmt: skip
BY_JOB = ("wanted", "vacancies", "opened", "hired", "experienced", "exits", "workers")
BY_GROUP = ("stayers", "turned_away", "gave_up", *DESTINATIONS[2:])
HERE = DESTINATIONS[2:6]


def years(raw):
    """The reported years."""
    return range(raw["years"]["first"], raw["years"]["last"] + 1)


def readied(raw):
    """Scenario, inputs and start of the engine."""
    scenario = build(raw)
    span = years(raw)
    return scenario, inputs_for(scenario, span[0], span[-1], None, SEED), warm_start(scenario, SEED)


def solved(raw):
    """The engine's intercepts by pathway and stage."""
    _, inputs, begun = readied(raw)
    return dict(zip(inputs.layout.stages, intercepts(inputs, begun).alpha[:, 0].tolist(), strict=True))


def of_history(h, layout):
    """What the engine leaves, under the reference's names: (name, row) → [replications, years]."""
    market = layout.jobs
    rows = {
        "job": [(market.levels[k], market.industries[i]) for k, i in zip(market.job_level, market.job_industry, strict=True)],
        "group": [(layout.pathways[p], s, o == 0, bool(a), layout.programmes[g]) for p, g, s, o, a in layout.groups],
        "track": [layout.stages[k] for k in market.tracks],
    }
    out = {(name, row): getattr(h, name)[:, i].T for name in BY_JOB for i, row in enumerate(rows["job"])}
    out |= {(name, row): getattr(h, name)[:, i].T for name in (*BY_GROUP[:3], "graduates") for i, row in enumerate(rows["group"])}
    out |= {(name, row): h.destinations[:, d, i].T for d, name in enumerate(DESTINATIONS) for i, row in enumerate(rows["group"])}
    out |= {("carried", (row,)): h.carried[:, i].T for i, row in enumerate(market.levels)}
    out |= {("retired", (row,)): h.retired[:, i].T for i, row in enumerate(("men", "cadre_women", "worker_women"))}
    out |= {("flows", (row,)): h.flows[:, i].T for i, row in enumerate(("came_back", "changed", "moved_in"))}
    for i, after in enumerate((1, 3, 5)):
        out |= {("here", (after, *row)): h.here[:, i, j].T for j, row in enumerate(rows["track"])}
    return {key: values.astype(float) for key, values in out.items()}


def of_counts(replications, raw, names):
    """What the reference leaves, in the same form."""
    span = years(raw)
    return {key: np.array([[one[key[0], t, key[1]] for t in span] for one in replications], float) for key in names}


@cache
def theirs(variant):
    """Intercepts and figures of the engine, once without chance and once with it."""
    raw = VARIANTS[variant]()
    scenario, inputs, begun = readied(raw)
    alphas = solved(raw)
    engine = expected(inputs, begun, np.array([[alphas[row]] for row in inputs.layout.stages]))
    drawn = simulate(scenario, SEED, 0, ENGINE, begun)[0]
    return raw, alphas, of_history(engine, inputs.layout), of_history(drawn, inputs.layout)


def with_sums(figures):
    """Rows, and their sums: by level and by industry of jobs, by pathway and stage, all; staying rates; yearly changes."""
    out = {key: values for key, values in figures.items() if key[0] not in ("graduates", *DESTINATIONS[:2])}
    sums = defaultdict(float)
    for (name, key), values in out.items():
        if name in BY_JOB:
            kinds = [(key[0], "all"), ("all", key[1]), ("all", "all")]
        elif name in BY_GROUP:
            kinds = [(*key[:2], "all"), ("all", key[2]), ("all", key[4]), ("all", "all")]
        else:
            kinds = [(key[0], "all")] if name == "here" else [("all",)]
        for kind in kinds:
            sums[name, kind] += values
            if name in HERE:
                sums["local_employed", kind] += values
    for name in ("wanted", "workers"):
        values = sums[name, ("all", "all")]
        sums["change of " + name, ("all",)] = np.concatenate([values[:, :1], np.diff(values)], axis=1)
    for kind in [kind for name, kind in sums if name == "local_employed"]:
        here, away = sums["local_employed", kind], sums["away_employed", kind]
        sums["r1", kind] = np.divide(here, here + away, out=np.full_like(here, np.nan), where=here + away > 0)
    return out | sums


def differing(our, engine, span, only=None):
    """The comparisons that fail: (test, name, row, year) → p-value, of z-tests of means and Levene's tests of variances."""
    pairs = {}
    for key, values in with_sums(engine).items():
        for y, year in enumerate(span if only in (None, key[0]) else ()):
            a, b = (x[:, y][~np.isnan(x[:, y])] for x in (our[key], values))
            if key[0] != "r1" and b.mean() < LEAST and a.mean() < LEAST:
                continue
            error = np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
            if error == 0:
                pairs["mean", *key, year] = float(a[0] == b[0])
                continue
            pairs["mean", *key, year] = 2 * stats.norm.sf(abs(a.mean() - b.mean()) / error)
            pairs["variance", *key, year] = stats.levene(a, b, center="median").pvalue
    limit = FAMILY / len(VARIANTS) / len(pairs)
    return {key: p for key, p in pairs.items() if p < limit}


@cache
def school(replications):
    """Who looks for work; the school side is the same in all variants."""
    return classes(market(), [SEED, 1], replications)


def ours(variant, replications, **mistake):
    """The reference's figures of a variant."""
    raw, alphas, _, drawn = theirs(variant)
    number = list(VARIANTS).index(variant)
    return of_counts(replicate_market(raw, alphas, school(REPLICATIONS)[:replications], [SEED, 2, number], **mistake), raw, drawn)


@pytest.mark.parametrize("variant", VARIANTS)
def test_counts_are_people_in_distribution(variant):
    raw, _, _, drawn = theirs(variant)
    assert not differing(with_sums(ours(variant, REPLICATIONS)), drawn, years(raw))


# ------------------------------------------------------------------------------------------------------- without chance


def unequal(raw, alphas, engine, **mistake):
    """Rows and years in which the expectation sources differ."""
    mine = of_counts([expected_market(raw, alphas, **mistake)], raw, engine)
    close = {key: np.abs(mine[key] - values) <= EXACT * (1 + np.abs(values)) for key, values in engine.items()}
    return [(*key, raw["years"]["first"] + y) for key, same in close.items() for y in np.flatnonzero(~same[0])]


@pytest.mark.parametrize("variant", VARIANTS)
def test_expectation_source(variant):
    """Every row of every year, destinations and followed graduates included, without chance."""
    raw, alphas, engine, _ = theirs(variant)
    assert not unequal(raw, alphas, engine)


@pytest.mark.parametrize("variant", VARIANTS)
def test_base_rates_come_out(variant):
    """With the engine's intercepts the reference's rates of the base year are the base rates, as nearly as the page says."""
    raw, alphas, _, _ = theirs(variant)
    for base in raw["retention"]["base"]:
        counts = expected_market(laid(raw, {"retention": {"measured_on": base["measured_on"]}}), alphas)
        for code, which in alphas:
            if [code] == base["pathways"] and raw["pathways"][code]["stages"][which]["level"] == base["level"]:
                found = Counter()
                for (name, year, group), n in counts.items():
                    if year == base["year"] and group[:2] == (code, which):
                        found["local" if name in HERE else name] += n
                among = {
                    "r1": found["local"] + found["away_employed"],
                    "r2": found["graduates"] - found["further_local"] - found["further_away"],
                }
                assert found["local"] / among[base["definition"]] == pytest.approx(base["rate"], abs=1e-3)


def any_market(case):
    """A market in which every figure is drawn anew, with intercepts of any size: whole shares, no workers, jobs of one level,
    rounds of all kinds."""
    rng = np.random.default_rng([SEED, 3, case])

    def pick(*of):
        return of[rng.integers(len(of))]

    def share():
        return float(pick(0, 0.2, 0.5, 0.9, 1))

    def small():
        return float(pick(0, 0.02, 0.1, 0.4))

    raw = VARIANTS[pick(*VARIANTS)]()
    raw["labour"] |= {
        "to_graduates": share(), "experienced_found": share(), "leaving": small(), "moving": small(), "flexible": share(),
        "over_qualified": share(), "giving_up": small(), "waiting": pick("carried", "counted_out"),
        "returning": [share() for _ in range(rng.integers(0, 6))],
        "after_graduation": {match: [small() for _ in range(5)] for match in ("matched", "unmatched")},
        "level_drift": {pick("secondary", "college"): pick(-0.3, 0.1)},
        "rounds": pick(["08-31", "10-31", "12-31"], ["12-31"], ["08-15", "08-31", "09-30", "12-31"], ["08-31", "11-11"]),
    }  # fmt: skip
    for base in raw["retention"]["base"]:
        base["measured_on"] = "12-31"
    late = raw["labour"]["rounds"] == ["12-31"]
    raw["retention"] |= {
        "measured_on": "12-31" if late else pick("08-31", "12-31"),
        "tightness": pick(0, 0.5, -0.7),
        "order_class": pick(0, 2),
        "stayers": dict(zip(("by_august", "by_december"), pick((0.3, 0.8), (1, 1), (0, 1)), strict=True)),
    }
    for industry in raw["industries"].values():
        industry |= {
            "workers": pick(0, 90, 400, 800),
            "growth": pick(-0.3, -0.05, 0, 0.05, steps(y2025=0.1, y2027=-0.2)),
            "open_to_others": share(),
            "level_shares": pick(
                {"secondary": 2, "college": 1}, {"secondary": 1}, {"college": 1},
                {"secondary": 1, "college": {"series": {FIRST: 1, LAST: 3}}},
            ),
        }  # fmt: skip
    raw["industries"]["homes"]["workers"] = 300
    links = ({}, {"machines": 1.0}, {"homes": 0.5, "timber": 0.3}, {"machines": 0.4, "homes": 0.4, "timber": 0.2})
    for programme in raw["programmes"].values():
        programme.pop("order_class", None)
        programme.update(pick({}, {"order_class": 0.3}, {"order_class": 1.0, "flexible": 0.5}, {"order_class": 0}))
        programme["industries"] = pick(*links)
    raw["rules"] = {"retirement": {"rise": pick(0, 1)}}
    return raw, rng


def test_expectation_source_of_any_market():
    for case in range(CASES):
        raw, rng = any_market(case)
        _, inputs, begun = readied(raw)
        alphas = {row: float(rng.uniform(-1.5, 3)) for row in inputs.layout.stages}
        engine = expected(inputs, begun, np.array([[alphas[row]] for row in inputs.layout.stages]))
        assert not unequal(raw, alphas, of_history(engine, inputs.layout)), case


class AllJoinAt25(Means):
    def age_in(self, t, by_age):
        super().age_in(t, {25: sum(by_age.values())})


def test_expectation_source_over_a_working_life():
    """Until those who join at the age of their track retire."""
    raw = laid(carried(), {"years": {"last": FIRST + 55}, "labour": {"level_drift": {"college": 0.005}}})
    for industry in raw["industries"].values():
        industry["growth"] = 0.002
    _, inputs, begun = readied(raw)
    alphas = {row: 0.3 * i for i, row in enumerate(inputs.layout.stages)}
    engine = expected(inputs, begun, np.array([[alphas[row]] for row in inputs.layout.stages]))
    assert not unequal(raw, alphas, of_history(engine, inputs.layout))
    assert unequal(raw, alphas, of_history(engine, inputs.layout), means=AllJoinAt25)


# ------------------------------------------------------------------------------------------- with chance, but certain


def by_job(variant, name, figures):
    """A row of the engine's draws: [jobs, replications, years]."""
    return np.array([theirs(variant)[3][name, job][:300] for job in figures.jobs])


def opened(variant):
    """Openings of each replication and year: weights, what the page gives, what the engine gives."""
    raw, alphas, _, _ = theirs(variant)
    figures, chance = Market(Place(settle(raw)), alphas), Chance(None)
    vacancies, found = by_job(variant, "vacancies", figures), by_job(variant, "opened", figures)
    for r in range(vacancies.shape[1]):
        for y, t in enumerate(years(raw)):
            weights = [figures.to_graduates(i, t) * n for (_, i), n in zip(figures.jobs, vacancies[:, r, y], strict=True)]
            yield np.array(weights), chance.share_out(round(math.fsum(weights)), weights), found[:, r, y].tolist()


@pytest.mark.parametrize("variant", VARIANTS)
def test_vacancies_and_openings_of_each_replication(variant):
    """What follows from wanted and exits without any draw: vacancies, workers, and openings by largest remainder; where two
    jobs have the same remainder either may have the last opening."""
    raw, alphas, _, _ = theirs(variant)
    figures = Market(Place(settle(raw)), alphas)
    wanted, exits, workers, hired, experienced, vacancies = (
        by_job(variant, name, figures) for name in ("wanted", "exits", "workers", "hired", "experienced", "vacancies")
    )
    left = workers[:, :, :-1] - exits[:, :, 1:]
    assert (vacancies[:, :, 1:] == np.maximum(0, wanted[:, :, 1:] - left)).all()
    assert (workers[:, :, 1:] == left + (hired + experienced)[:, :, 1:]).all()
    for weights, ours, found in opened(variant):
        rest = weights * sum(ours) / weights.sum() % 1
        assert sum(found) == sum(ours)
        assert len(set(rest.round(9)[np.not_equal(ours, found)])) <= 1


def test_ties_of_openings_go_to_the_first_job():
    """Section 5: ties to the first row."""
    assert all(ours == found for _, ours, found in opened("market"))


def test_retirements_are_spread_evenly_over_the_jobs():
    """In the first year, without other exits: each job's exact share of all who retire, rounded down or up, and both occur."""
    raw = laid(market(), {"labour": {"leaving": 0, "moving": 0}})
    scenario, inputs, begun = readied(raw)
    array = np.zeros((len(inputs.layout.stages), 1))
    drawn = of_history(simulate(scenario, SEED, 0, 300, begun, alpha=array)[0], inputs.layout)
    figures = Market(Place(settle(raw)), {})
    settled = Persons(figures, Chance(np.random.default_rng(1)), Counter()).settled
    retired = sum(values[:, 0] for (name, _), values in drawn.items() if name == "retired")
    for job, n in settled.items():
        exact = retired * n / sum(settled.values())
        more = drawn["exits", job][:, 0] - np.floor(exact)
        assert set(more[exact % 1 > 0]) == {0, 1}
        assert abs(np.mean(drawn["exits", job][:, 0] - exact)) < 0.15


# --------------------------------------------------------------------------------------------------------- indicators


class Table:
    """Indicators of the labour market in a year, worked out from the reference's counts by the formulas of the page."""

    def __init__(self, market, counts):
        self.m, self.counts = market, counts
        self.level = {track: market.levels[index] for track, (index, _) in market.tracks.items()}

    def total(self, name, t, holds=lambda row: True):
        return sum(n for (other, year, key), n in self.counts.items() if (other, year) == (name, t) and holds(key))

    def supply(self, level, industry, t):
        """Stayers by the industries to which their programmes lead; in totals all of them, and those carried over."""
        if industry is None:
            mine = self.total("stayers", t, lambda group: level in (None, self.level[group[:2]]))
            return mine + self.total("carried", t, lambda key: level in (None, key[0]))
        stayers = [(group, n) for (name, year, group), n in self.counts.items() if (name, year) == ("stayers", t)]
        mine = [(group, n) for group, n in stayers if level in (None, self.level[group[:2]])]
        return sum(n * self.m.links(group[4], t).get(industry, 0) for group, n in mine)

    def of_jobs(self, level, industry, t):
        """By name, of the jobs of a level, an industry, both or all."""

        def jobs(name, year=t):
            return self.total(name, year, lambda job: level in (None, job[0]) and industry in (None, job[1]))

        before = jobs("wanted", t - 1)
        if t == FIRST:
            picked = [job for job in self.m.jobs if level in (None, job[0]) and industry in (None, job[1])]
            parts = {i: dict(zip(self.m.levels, self.m.parts_of_levels(i, t, t - 1), strict=True)) for i in self.m.industries}
            workers = {i: self.m.place.file["industries"][i]["workers"] for i in self.m.industries}
            before = sum(workers[i] * parts[i][k] for k, i in picked)
        supply = self.supply(level, industry, t)
        return {
            "vacancies": jobs("vacancies"), "graduate_vacancies": jobs("opened"), "graduate_supply": supply,
            "gap": supply - jobs("opened"), "openings_to_seekers": jobs("opened") / supply, "ita": supply / jobs("opened"),
            "hired_graduates": jobs("hired"), "experienced_hires": jobs("experienced"), "replacement_demand": jobs("exits"),
            "fill_rate": (jobs("hired") + jobs("experienced")) / jobs("vacancies"), "desired_workers": jobs("wanted"),
            "expansion_demand": jobs("wanted") - before, "workers": jobs("workers"),
        }  # fmt: skip

    def of_graduates(self, holds, t):
        """By name, of the groups picked."""
        sums = {name: self.total(name, t, holds) for name in (*BY_GROUP, *DESTINATIONS, "graduates")}
        employed = sum(sums[name] for name in HERE)
        gap = 0.0
        for (name, year, group), n in self.counts.items():
            if (name, year) == ("stayers", t) and holds(group):
                job = self.level[group[:2]]
                for industry, share in self.m.links(group[4], t).items():
                    rest = 1 - self.counts["opened", t, (job, industry)] / self.supply(job, industry, t)
                    gap += n * share * rest
        return {
            "stayers": sums["stayers"], "turned_away": sums["turned_away"], "local_employed": employed, "programme_gap": gap,
            "over_qualified_rate": (sums["local_below"] + sums["local_other_below"]) / employed,
            "match_rate": (sums["local_matched"] + sums["local_below"]) / employed,
            "graduate_unemployment": sums["local_seeking"] / (employed + sums["local_seeking"]),
        }  # fmt: skip

    def of_place(self, t):
        """By name, of the whole place."""
        names = ("came_back", "changed", "moved_in")
        flows = {name: self.total("flows", t, lambda key, name=name: key == (name,)) for name in names}
        out = {"retirements": self.total("retired", t), "came_back": flows["came_back"]}
        out |= {"changed_job": flows["changed"], "moved_in": flows["moved_in"]}
        for after in (1, 3, 5):
            here = self.total("here", t, lambda key, after=after: key[0] == after)
            out[f"still_here_{after}"] = here / self.total("graduates", t - after) if t - after >= FIRST else math.nan
        return out


@pytest.mark.parametrize("variant", VARIANTS)
def test_indicators(variant):
    """Without chance; a level of jobs is a job level, one of graduates that of the diploma."""
    raw, alphas, _, _ = theirs(variant)
    values, table = means(build(raw)), Table(Market(Place(settle(raw)), alphas), expected_market(raw, alphas))

    def compare(expect, **pick):
        mine = [expect(t) for t in years(raw)]
        for name in mine[0]:
            found = [of_year[name] for of_year in mine]
            assert get(values, name, **pick) == pytest.approx(found, rel=EXACT, abs=EXACT, nan_ok=True), (name, pick)

    for level in (None, *table.m.levels):
        for industry in (None, *table.m.industries):
            pick = {"levels": [level] if level else [], "industries": [industry] if industry else []}
            compare(lambda t, level=level, industry=industry: table.of_jobs(level, industry, t), **pick)
    for code in raw["programmes"]:
        compare(lambda t, code=code: table.of_graduates(lambda group: group[4] == code, t), programmes=[code])
    for code, pathway in raw["pathways"].items():
        compare(lambda t, code=code: table.of_graduates(lambda group: group[0] == code, t), pathways=[code])
        for which, item in enumerate(pathway["stages"]):
            track = (code, which)
            pick = {"pathways": [code], "levels": [item["level"]]}
            compare(lambda t, track=track: table.of_graduates(lambda group: group[:2] == track, t), **pick)
    compare(table.of_place)


# -------------------------------------------------------------------------------------------------- a test of the test


class NoGivingUp(Market):
    def gives_up(self, which, t):
        return 0.0


class NextYearsHazard(Market):
    def hazard(self, match, k, t):
        return super().hazard(match, min(k + 1, 4), t)


class OrderClassInLine(Means):
    def later(self, kind):
        return False


class BelowBeforeOtherFields(Persons):
    def serve(self, t):
        refused = self.own_level(t)
        self.below(t)
        self.looking = [one for one in self.looking if one.outcome is None]
        self.own_level_others(t, [one for one in refused if one.outcome is None])


class TightnessOfTheYear(Means):
    def used(self, t, seekers):
        self.tight = None
        return super().used(t, seekers)


@pytest.mark.parametrize(
    ("mistake", "name"),
    [
        ({"market": NextYearsHazard}, "exits"),
        ({"persons": BelowBeforeOtherFields}, "local_other_below"),
    ],
)
def test_a_mistake_is_found(mistake, name):
    """Half of the replications are enough."""
    raw, _, _, drawn = theirs("market")
    wrong = with_sums(ours("market", REPLICATIONS // 2, **mistake))
    assert [key for key in differing(wrong, drawn, years(raw), name) if key[0] == "mean"]


@pytest.mark.parametrize("mistake", [{"market": NoGivingUp}, {"means": OrderClassInLine}, {"means": TightnessOfTheYear}])
def test_a_mistake_is_found_without_chance(mistake):
    raw, alphas, engine, _ = theirs("market")
    assert unequal(raw, alphas, engine, **mistake)
