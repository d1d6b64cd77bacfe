"""A made-up province of any size: what a run costs when the place grows (docs/scale.md).

    python -m benchmarks.province --areas 100 --programmes 40 -n 200

Each area has a secondary school with eight of the programmes (three years, and 3 + 2 in half of them), open to its own young
people; two areas in five have a college, which everybody may enter by exam.  Sizes are those of a large Chinese province (6,000
junior graduates an area); every figure is made up, and some of each kind are uncertain, as in a real file.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from datetime import date
from typing import Any

from benchmarks.measure import check, megabytes
from skillsim.analysis.running import SEED, Ran, run
from skillsim.scenario.reader import build
from skillsim.scenario.types import Scenario

FIRST, YEARS = 2025, 16
JUNIORS = 6000
OF_SCHOOL, OF_COLLEGE = 8, 10  # programmes
LEVELS = ("secondary", "college")


def _title(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


def _about(value: float, spread: float) -> dict[str, Any]:
    return {"uniform": [value * (1 - spread), value * (1 + spread)]}


def scenario(areas: int, programmes: int, industries: int = 10, years: int = YEARS) -> Scenario:
    """Return a province of so many areas, programmes and industries."""
    counties = [f"county_{i:03d}" for i in range(areas)]
    fields = [f"field_{i:02d}" for i in range(programmes)]
    trades = [f"trade_{i:02d}" for i in range(industries)]
    colleges = {a: f"college_{a}" for a in counties[::5] + counties[2::5]}
    named = list(colleges.values())
    rows: list[dict[str, Any]] = []
    for i, area in enumerate(counties):
        for k in range(min(OF_SCHOOL, programmes)):
            field, school = fields[(i + k * max(programmes // OF_SCHOOL, 1)) % programmes], f"school_{area}"
            row = {"school": school, "programme": field, "areas": [area]}
            rows.append({**row, "pathway": "secondary_3", "seats": 150})
            if k % 2 and named:
                rows.append({**row, "pathway": "through_3plus2", "then": [named[i % len(named)]], "seats": 90})
    for i, college in enumerate(named):
        for k in range(min(OF_COLLEGE, programmes)):
            field = fields[(3 * i + k) % programmes]
            rows.append({"school": college, "programme": field, "pathway": "college_3", "areas": "any", "seats": 300})
    rate = {"definition": "r1", "measured_on": "12-31", "year": FIRST}
    raw: dict[str, Any] = {
        "format": 1, "name": f"province_{areas}x{programmes}", "title": _title("province"),
        "source": {"assumed": "made up for measuring speed", "zh": "为测速虚构"},
        "years": {"first": FIRST, "last": FIRST + years - 1}, "as_of": date(FIRST + 1, 1, 1), "levels": list(LEVELS),
        "areas": {
            **{a: {"title": _title(a), "junior_graduates": _about(JUNIORS, 0.03), "general_applicants": 600} for a in counties},
        },
        "industries": {
            t: {"title": _title(t), "workers": 30_000 * areas // industries * 2, "level_shares": {"secondary": 60, "college": 40},
                "growth": {"uniform": [0.0, 0.03]}} for t in trades
        },
        "programmes": {
            f: {"title": _title(f), "industries": {trades[i % industries]: 0.7, trades[(i + 1) % industries]: 0.2},
                "preference": {"uniform": [-0.3, 0.3]}} for i, f in enumerate(fields)
        },
        "institutions": {
            **{f"school_{a}": {"title": _title(a), "kind": "secondary_school", "area": a, "capacity": 6000} for a in counties},
            **{c: {"title": _title(c), "kind": "college", "area": a, "capacity": 14_000} for a, c in colleges.items()},
        },
        "pathways": {
            "secondary_3": {"title": _title("secondary"), "stages": [
                {"level": "secondary", "years": 3, "dropout": [_about(0.05, 0.3), 0.03, 0.02], "repeat": 0.01,
                 "further": {"gate": "exam", "sits": _about(0.6, 0.1), "passes": 0.8}}]},
            "through_3plus2": {"title": _title("3 + 2"), "preference": 0.3, "stages": [
                {"level": "secondary", "years": 3, "dropout": _about(0.03, 0.3),
                 "further": {"gate": "exam", "sits": 0.4, "passes": 0.6}},
                {"level": "college", "years": 2, "dropout": 0.02,
                 "transfer": {"sits": 0.95, "passes": _about(0.85, 0.05), "cap": 0.85}}]},
            "college_3": {"title": _title("college"), "entry": "exam", "stages": [
                {"level": "college", "years": 3, "dropout": 0.02}]},
        },
        "quota": {"rows": rows},
        "choice": {
            "bands": [0.2, 0.2, 0.2, 0.2, 0.2], "general_share": [0.95, 0.8, 0.6, 0.35, 0.15], "home": 0.5,
            "alternatives": {"work": {"title": _title("work"), "preference": [-3, -2.5, -2, -1, -0.5]}},
        },
        "gates": {"exam": {"elsewhere": 0.5}},
        "retention": {
            "local_origin": 1.0,
            "stayers": {"by_august": 0.6, "by_december": 0.9}, "leavers": {"by_august": 0.7, "by_december": 0.95},
            "base": [
                {"pathways": ["secondary_3", "through_3plus2"], "level": "secondary", "rate": _about(0.7, 0.05), **rate},
                {"pathways": ["through_3plus2", "college_3"], "level": "college", "rate": _about(0.6, 0.05), **rate},
            ],
        },
        "demand": "vacancies",
        "labour": {
            "job_levels": list(LEVELS), "growth_sd": 0.02, "growth_persistence": 0.5, "growth_common": 0.4, "to_graduates": 0.6,
            "experienced_found": 0.95, "leaving": 0.02, "moving": 0.04,
            "after_graduation": {"matched": [0.1, 0.08, 0.06, 0.05, 0.04], "unmatched": [0.2, 0.15, 0.1, 0.08, 0.06]},
            "returning": [0.03, 0.02, 0.02, 0.01, 0.01], "flexible": 0.6, "over_qualified": 0.4, "giving_up": 0.1,
            "workforce": {
                "men": {"share": 55, "ages": {18: 1, 30: 3, 50: 2, 59: 1}},
                "cadre_women": {"share": 20, "ages": {20: 1, 30: 3, 50: 2, 54: 1}},
                "worker_women": {"share": 25, "ages": {18: 1, 30: 3, 45: 2, 49: 1}},
            },
        },
        "targets": {"stay": {
            "title": _title("stay"), "indicator": "local_retention_r1", "of": {"levels": ["college"]}, "year": FIRST + years - 1,
            "direction": "reach", "value": 0.6, "clause": "made up",
        }},
    }
    return build(raw, {})


def main() -> None:
    """Run a province and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m benchmarks.province", formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--areas", type=int, default=100)
    parser.add_argument("--programmes", type=int, default=40)
    parser.add_argument("-n", type=int, default=200, help="replications")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    place = scenario(given.areas, given.programmes)
    run(scenario(4, OF_SCHOOL), 4, SEED, 1)  # compiles
    began, busy = time.perf_counter(), time.process_time()
    result = run(place, given.n, SEED, given.threads)[0]
    table = result.frame()
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    assert isinstance(result, Ran)
    entrants = float(result.replicate("entrants")[-1].mean())
    check(entrants > 1_000 * given.areas, f"only {entrants:,.0f} entrants a year")
    check(len(result.answers) == 1 and len(table) > len(result.inputs.years), "the answer is not whole")
    print(
        f"{given.areas} areas x {given.programmes} programmes, {len(place.quota.rows):,} seat rows, {YEARS} years, "
        f"{entrants:,.0f} entrants a year, {given.n} replications on {given.threads} threads: {seconds:.1f} s ({busy:.1f} s of "
        f"processor), of which replications {result.seconds:.1f} s and their draws {result.made.seconds:.1f} s; "
        f"{result.draws / given.n:,.0f} draws a replicate, {1e3 * result.seconds / given.n:.1f} ms each; {len(table):,} rows; "
        f"peak {megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss):,.0f} MB"
    )


if __name__ == "__main__":
    main()
