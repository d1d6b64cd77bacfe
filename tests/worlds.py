"""Small places for the proofs of the engine: plain dicts, built by the reader's own `build`."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import numpy as np
from scipy import stats

import skillsim as ss
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.simulate import expected, simulate, warm_start
from skillsim.results.indicators import Values
from skillsim.scenario.basic import Pick
from skillsim.scenario.reader import build as _build
from skillsim.scenario.types import Scenario

SEED = 20250401
FAMILY = 0.01
ALL_FOUND = {"stayers": {"by_august": 1, "by_december": 1}, "leavers": {"by_august": 1, "by_december": 1}}
ORDER = {"secondary": 0, "technician": 1, "college": 2, "bachelor": 3}


def title(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def steps(**by_year: float) -> dict[str, Any]:
    """A series that keeps each value until the next year: steps(y2025=0, y2026=10)."""
    return {"series": {int(y[1:]): v for y, v in by_year.items()}, "steps": True}


def stage(level: str = "secondary", years: int = 1, dropout: Any = 0, **rest: Any) -> dict[str, Any]:
    return {"level": level, "years": years, "dropout": dropout, **rest}


def path(*stages: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"title": title("pathway"), "stages": list(stages), **rest}


def row(pathway: str, seats: Any, programme: str = "a", school: str = "school", **rest: Any) -> dict[str, Any]:
    return {"school": school, "programme": programme, "pathway": pathway, "seats": seats, **rest}


def base_rates(
    pathways: dict[str, Any], rows: list[dict[str, Any]], year: int, rate: Any = 0.6, **rest: Any
) -> list[dict[str, Any]]:
    """One observed staying rate for each pathway and level in use."""
    pairs = sorted({(r["pathway"], s["level"]) for r in rows for s in pathways[r["pathway"]]["stages"]})
    return [
        {"pathways": [p], "level": level, "rate": rate, "definition": "r1", "measured_on": "12-31", "year": year, **rest}
        for p, level in pairs
    ]


def place(
    pathways: dict[str, Any], rows: list[dict[str, Any]], *, first: int = 2025, last: int = 2025, junior: Any = 1000, **over: Any
) -> dict[str, Any]:
    """A town with one area, schools of ample capacity and no uncertain number; ``over`` is laid on top key by key."""
    schools = sorted({code for r in rows for code in (r["school"], *r.get("then", []))})
    programmes = sorted({r["programme"] for r in rows})
    raw: dict[str, Any] = {
        "format": 1,
        "name": "place",
        "title": title("place"),
        "years": {"first": first, "last": last},
        "as_of": date(first, 1, 1),
        "levels": sorted({s["level"] for p in pathways.values() for s in p["stages"]}, key=lambda c: (ORDER.get(c, 9), c)),
        "areas": {"town": {"title": title("town"), "junior_graduates": junior}},
        "industries": {"machines": {"title": title("machines"), "leading": True}},
        "programmes": {c: {"title": title(c)} for c in programmes},
        "institutions": {c: {"title": title(c), "kind": "college", "area": "town", "capacity": 100_000_000} for c in schools},
        "pathways": pathways,
        "quota": {"rows": rows},
        "choice": {"bands": [1.0]},
        "retention": {
            "stayers": {"by_august": 0.6, "by_december": 0.9},
            "leavers": {"by_august": 0.7, "by_december": 0.95},
            "base": base_rates(pathways, rows, first),
        },
        "uncertainty": {"parameters": False},
    }
    return laid(raw, over)


def laid(raw: Any, over: Any) -> Any:
    """``over`` on ``raw``: mappings key by key, everything else replaced; neither is changed."""
    if isinstance(raw, dict) and isinstance(over, dict):
        return {**raw, **{key: laid(raw.get(key), value) for key, value in over.items()}}
    return copy.deepcopy(over)


def build(raw: dict[str, Any]) -> Scenario:
    return _build(copy.deepcopy(raw), {})


def means(scenario: Scenario) -> Values:
    """The run on the expectation source, one column."""
    first, last = scenario.years.first, scenario.years.last
    inputs = inputs_for(scenario, first, last, None, SEED)
    start = warm_start(scenario, SEED)
    return Values(inputs, expected(inputs, start, intercepts(inputs, start).alpha), 1)


def run(scenario: Scenario, replications: int, seed: int = SEED, threads: int = 1) -> ss.Result:
    return ss.run(scenario, replications, seed, threads)[0]


def part(scenario: Scenario, first: int, count: int, seed: int = SEED) -> Any:
    """The history of replications ``first ... first + count - 1`` alone."""
    return simulate(scenario, seed, first, count, warm_start(scenario, seed))[0]


def get(values: Any, indicator: str, **pick: list[str]) -> np.ndarray:
    """An indicator by year (and replication): [Y] of means, [Y, R] of a run."""
    if isinstance(values, ss.Result):
        return values.replicate(indicator, Pick(**pick))
    return values.value(indicator, Pick(**pick))[:, 0]


def same(a: Any, b: Any) -> list[str]:
    """Names of the arrays in which two histories differ by any byte."""
    return [
        name
        for name, x in vars(a).items()
        if x.dtype != vars(b)[name].dtype or x.shape != vars(b)[name].shape or x.tobytes() != vars(b)[name].tobytes()
    ]


def z_limit(tests: int) -> float:
    """Two-sided limit of a standard normal for a family of ``tests`` at 1 % (Bonferroni)."""
    return float(stats.norm.isf(FAMILY / tests / 2))


def power(bias: float, error: float, tests: int) -> float:
    """Power of a two-sided z-test of a family of ``tests`` at 1 % against a bias."""
    limit = z_limit(tests)
    return float(stats.norm.sf(limit - bias / error) + stats.norm.cdf(-limit - bias / error))


AGES = {
    "men": {20: 1, 30: 3, 50: 2, 59: 1}, "cadre_women": {20: 1, 30: 3, 45: 2, 54: 1}, "worker_women": {20: 1, 30: 3, 49: 2},
}


def with_market(raw: dict[str, Any], **labour: Any) -> dict[str, Any]:
    """``raw`` with a labour market of two job levels, secondary and college, whatever its pathways lead to; every industry has
    20,000 workers, half and half.  ``labour`` is laid on the block of that name, key by key."""
    levels = [c for c in ("secondary", "college") if c not in raw["levels"]] + list(raw["levels"])
    levels.sort(key=lambda c: (ORDER.get(c, 9), c))
    market = {
        "job_levels": ["secondary", "college"],
        "to_graduates": 0.5,
        "experienced_found": 0.9,
        "leaving": 0.03,
        "moving": 0.05,
        "after_graduation": {"matched": [0.1, 0.08, 0.06, 0.04, 0.03], "unmatched": [0.2, 0.15, 0.1, 0.08, 0.06]},
        "returning": [0.05, 0.03],
        "flexible": 0.7,
        "over_qualified": 0.4,
        "giving_up": 0.1,
        "workforce": {c: {"share": 1, "ages": ages} for c, ages in AGES.items()},
    }
    raw = laid(raw, {"levels": levels, "demand": "vacancies", "labour": laid(market, labour)})
    for code, industry in raw["industries"].items():
        raw["industries"][code] = {"workers": 20_000, "level_shares": {"secondary": 1, "college": 1}, **industry}
    for way in raw["pathways"].values():
        for one in way["stages"]:
            if one["level"] not in ("secondary", "college"):
                one.setdefault("job_level", "secondary" if ORDER.get(one["level"], 9) < ORDER["college"] else "college")
    return raw


# ------------------------------------------------------------------------------------------------- a place with everything

EXAM = {"gate": "exam", "sits": 0.7, "passes": 0.8}
UPGRADE = {"gate": "upgrade", "sits": 0.6, "passes": 0.5}


def town(first: int = 2025, last: int = 2029, size: float = 1.0, binding: bool = True, **over: Any) -> dict[str, Any]:
    """Two local areas and one outside; every kind of pathway: plain, comprehensive with the general track and back, one
    and two gates, five-year, by exam (with general-high-school graduates) and by upgrade.

    ``binding`` makes seats and caps bind; without it nothing limits anybody.
    """
    k = 1 if binding else 40

    def n(x: float) -> int:
        return round(x * size)

    pathways = {
        "plain": path(stage(years=3, dropout=[0.06, 0.03, 0.02], repeat=[0.05, 0.02, 0.03], further=EXAM)),
        "mixed": path(stage(years=2, dropout=0.03, to_general=[0.3, 0.1], back=0.2, further=EXAM), preference=0.3),
        "through": path(
            stage(years=2, dropout=0.03, further=EXAM),
            stage(
                "college", 2, 0.02, transfer={"sits": 0.95, "passes": [0.95, 0.8], "cap": 0.7 if binding else 1}, further=UPGRADE
            ),
            preference=0.5,
        ),
        "longest": path(
            stage(years=1, dropout=0.03, further=EXAM),
            stage("college", 1, 0.02, transfer={"sits": 0.95, "passes": 0.9, "cap": 0.75 if binding else 1}, further=UPGRADE),
            stage("bachelor", 2, 0.01, transfer={"sits": 0.9, "passes": 0.7, "cap": 0.4 if binding else 1}),
        ),
        "five": path(stage("college", 3, [0.05, 0.03, 0.01], counted_as=["secondary", "secondary", "college"], further=UPGRADE)),
        "craft": path(stage("technician", 2, 0.05)),
        "higher": path(stage("college", 2, 0.02, repeat=0.02, further=UPGRADE), entry="exam"),
        "top": path(stage("bachelor", 2, 0.01), entry="upgrade"),
    }
    rows = [
        row("plain", n(150 * k), "a"),
        row("plain", n(120 * k), "b"),
        row("plain", n(40 * k), "a", areas=["far"]),
        row("mixed", n(70 * k), "b", areas=["east"]),
        row("through", n(90 * k), "a", then=["college"]),
        row("through", n(60 * k), "b", then=["college"], areas=["east", "west"]),
        row("longest", n(60 * k), "b", then=["college", "university"]),
        row("five", n(50 * k), "c", "college"),
        row("craft", n(50 * k), "a", "craft_school", areas="any"),
        row("higher", n(70 * k), "a", "college", areas="any"),
        row("higher", n(60 * k), "b", "college", areas="any"),
        row("top", n(15 * k), "a", "university", areas="any"),
        row("top", n(15 * k), "c", "university", areas="any"),
    ]
    raw = place(
        pathways,
        rows,
        first=first,
        last=last,
        name="town",
        programmes={
            "a": {"family": "x", "industries": {"machines": 0.7}, "preference": 0.2},
            "b": {"family": "x", "preference": [0.4, 0.0]},
        },
        institutions={"school": {"preference": 0.2}, "university": {"area": "far", "kind": "university"}},
        choice={
            "bands": [0.5, 0.5],
            "general_share": [0.7, 0.2],
            "home": 0.5,
            "size": 0.5,
            "alternatives": {"work": {"title": title("work"), "preference": [-1.0, 0.0]}},
        },
        gates={"exam": {"elsewhere": 0.3}, "upgrade": {"elsewhere": 1.0, "other_field": -1}},
        classes={"long_track": ["through", "longest", "five"]},
    )
    raw["areas"] = {
        "east": {"title": title("east"), "junior_graduates": n(600), "general_applicants": n(30)},
        "west": {"title": title("west"), "junior_graduates": n(400), "general_applicants": n(20)},
        "far": {"title": title("far"), "local": False, "junior_graduates": n(100), "general_applicants": n(40)},
    }
    raw["institutions"] = {
        c: {**i, "area": {"school": "west", "university": "far"}.get(c, "east")} for c, i in raw["institutions"].items()
    }
    raw["retention"] = {
        **raw["retention"],
        "local_origin": 1.0,
        "studied_away": -0.5,
        "drivers": {"subsidy": {"title": title("subsidy"), "level": 0, "effect": 0.5, "unit": "1"}},
    }
    return laid(raw, over)
