from collections import Counter, defaultdict
from datetime import date
from functools import cache

import numpy as np
import pytest
from scipy import stats

from reference.market import Market, Means, Persons, classes, expected_market, replicate_market
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.simulate import expected, simulate, warm_start
from worlds import SEED, build, laid, path, place, row, stage, steps, title

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
    means = expected(inputs, begun, np.array([[alphas[row]] for row in inputs.layout.stages]))
    drawn = simulate(scenario, SEED, 0, ENGINE, begun)[0]
    return raw, alphas, of_history(means, inputs.layout), of_history(drawn, inputs.layout)


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
    raw, alphas, means, _ = theirs(variant)
    assert not unequal(raw, alphas, means)


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
                assert found["local"] / among[base["definition"]] == pytest.approx(base["rate"], abs=1e-4)


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
        means = expected(inputs, begun, np.array([[alphas[row]] for row in inputs.layout.stages]))
        assert not unequal(raw, alphas, of_history(means, inputs.layout)), case


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
    raw, alphas, means, _ = theirs("market")
    assert unequal(raw, alphas, means, **mistake)
