"""What must fit together in a labour market: job levels, sizes, ages, and the days on which graduates look for work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skillsim.errors import Problem
from skillsim.scenario.basic import GROWTH, SHARE
from skillsim.scenario.market import Labour
from skillsim.scenario.numbers import MOST_PERSONS, Number, Par
from skillsim.scenario.statute import CATEGORIES, retirement_month
from skillsim.scenario.types import Scenario
from skillsim.terms import KINDS

YOUNGEST, OLDEST = 15, 75  # ages of workers
MOST_PARTS = 1e6
PERSONS, PARTS = Par("persons", whole=True), Par("parts", 0, MOST_PARTS)
NONE = 1e-12  # parts below it are none
LEAST, MOST = np.array([1e-9]), np.array([1 - 1e-9])  # the uniforms of draws that are as low and as high as can be


def structure(scenario: Scenario) -> Iterator[Problem]:
    """Check the parts of a labour market that are no numbers; every code in it exists."""
    labour = scenario.labour
    if labour is None:
        if scenario.demand == "vacancies":
            yield Problem("labour_missing", "demand", scenario.demand)
        return
    places = [scenario.levels.index(level) for level in labour.job_levels]
    if any(a >= b for a, b in pairwise(places)):
        yield Problem("job_levels", "labour.job_levels", args={"levels": ", ".join(scenario.levels)})
    yield from _stages(scenario, labour)
    for category in CATEGORIES:
        yield from _ages(f"labour.workforce.{category}.ages", getattr(labour.workforce, category).ages)


def _stages(scenario: Scenario, labour: Labour) -> Iterator[Problem]:
    """Find the diplomas that lead to no job, where graduates meet vacancies."""
    if scenario.demand == "vacancies":
        for code in sorted({row.pathway for row in scenario.quota.rows}):
            for i, stage in enumerate(scenario.pathways[code].stages):
                if stage.works_as not in labour.job_levels:
                    args = {"level": stage.works_as, "levels": ", ".join(labour.job_levels)}
                    yield Problem("job_level_none", f"pathways.{code}.stages.{i}", args=args)


def _ages(path: str, ages: dict[int, float]) -> Iterator[Problem]:
    for age, parts in ages.items():
        if not YOUNGEST <= age <= OLDEST:
            yield Problem("ages_range", f"{path}.{age}", args={"lo": YOUNGEST, "hi": OLDEST})
        if not 0 <= parts <= MOST_PARTS:
            args = {"what": KINDS["number_of"], "lo": 0, "hi": f"{MOST_PARTS:g}", "hint": ""}
            yield Problem("range", f"{path}.{age}", parts, args=args)
    if not any(parts > 0 for parts in ages.values()):
        yield Problem("ages_none", path)


def days(scenario: Scenario) -> Iterator[Problem]:
    """Check when graduates look for work and when they are counted; the calendar itself is in order."""
    labour, calendar, retention = scenario.labour, scenario.calendar, scenario.retention
    if labour is None:
        return
    for i, day in enumerate(labour.rounds):
        if not of_every_year(day):
            yield Problem("pattern_day", f"labour.rounds.{i}", day)
        elif not calendar.admission < day <= calendar.accounts:
            args = {"admission": calendar.admission, "accounts": calendar.accounts}
            yield Problem("rounds_day", f"labour.rounds.{i}", day, args=args)
    if any(a >= b for a, b in pairwise(labour.rounds)):
        yield Problem("rounds_order", "labour.rounds")
    if not any(day > "08-31" for day in labour.rounds):
        yield Problem("rounds_december", "labour.rounds")
    counted = [(f"retention.base.{i}.measured_on", base.measured_on) for i, base in enumerate(retention.base)]
    counted.append(("retention.measured_on", retention.measured_on))
    for path, day in counted:
        if day == "08-31" and not any(r <= day for r in labour.rounds):
            yield Problem("rounds_august", path, day)
    if not calendar.admission < retention.measured_on <= calendar.accounts:
        args = {"admission": calendar.admission, "accounts": calendar.accounts}
        yield Problem("measured_day", "retention.measured_on", retention.measured_on, args=args)


def of_every_year(day: str) -> bool:
    """Say whether a day MM-DD is in the calendar of every year."""
    try:
        date.fromisoformat(f"2001-{day}")
    except ValueError:
        return False
    return True


class _Figures:
    """A scenario's figures by year as low, as high and on average as they can be drawn, policies included."""

    def __init__(self, scenario: Scenario):
        self.years = np.arange(scenario.years.first, scenario.years.last + 1)
        self.dates = [date.fromisoformat(f"{year}-{scenario.calendar.graduation}") for year in self.years]

    def of(self, number: Number, par: Par, u: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return a number by year [Y]."""
        return number.path(self.years, par, u, self.dates)[:, 0]


def figures(scenario: Scenario) -> Iterator[Problem]:
    """Check that the numbers of a labour market fit together, each of them within its own bounds."""
    labour = scenario.labour
    if labour is None:
        return
    by_year = _Figures(scenario)
    yield from _sizes(scenario, by_year)
    yield from _start(scenario, labour)
    least = [by_year.of(getattr(labour.workforce, c).share, PARTS, LEAST)[0] for c in CATEGORIES]
    if sum(least) < NONE:
        yield Problem("parts_none", "labour.workforce")
    leaving, moving = (_highest(by_year, number) for number in (labour.leaving, labour.moving))
    if (leaving + moving).max() > 1 + 1e-9:
        yield Problem("sum_over_one", "labour", args={"total": f"{(leaving + moving).max():g}", "what": KINDS["leaving_moving"]})
    rises = by_year.of(scenario.rules.retirement.rise, Par("switch", 0, 1))[0] >= 0.5
    for category in CATEGORIES:
        last = _oldest(category, scenario.years.first, bool(rises))
        ages = getattr(labour.workforce, category).ages
        if next(_ages("", ages), None) is not None:
            continue  # told by itself
        known = sorted(ages)
        past = np.arange(last + 1, OLDEST + 1)
        if len(past) and np.interp(past, known, [ages[a] for a in known], left=0.0, right=0.0).any():
            args = {"what": KINDS[category], "last": last, "year": scenario.years.first - 1}
            yield Problem("ages_retired", f"labour.workforce.{category}.ages", args=args)


def _sizes(scenario: Scenario, by_year: _Figures) -> Iterator[Problem]:
    """Check that there are workers, at some job level, and that their number can be counted in every year."""
    wanted, largest = np.zeros(len(by_year.years)), 0.0
    for code, industry in scenario.industries.items():
        most = by_year.of(industry.workers, PERSONS, MOST)[0]
        largest += most
        parts = [by_year.of(share, PARTS, LEAST) for share in industry.level_shares.values()]
        if most > 0 and (sum(parts, np.zeros(len(by_year.years))) < NONE).any():
            yield Problem("level_shares_none", f"industries.{code}.level_shares")
        growth = np.maximum(1 + by_year.of(industry.growth, GROWTH), 0.0)
        wanted += by_year.of(industry.workers, PERSONS)[0] * np.cumprod(growth)
    if largest <= 0:
        yield Problem("workers_none", "industries")
    if largest > MOST_PERSONS or wanted.max() > MOST_PERSONS:
        year, n = scenario.years.first - 1, largest
        if largest <= MOST_PERSONS:
            at = int(np.argmax(wanted > MOST_PERSONS))
            year, n = int(by_year.years[at]), float(wanted[at])
        yield Problem("workers_many", "industries", args={"n": f"{n:,.0f}", "year": year, "limit": f"{MOST_PERSONS:,.0f}"})


def _start(scenario: Scenario, labour: Labour) -> Iterator[Problem]:
    """Find figures of the start that are given by year: only one is ever read."""
    stocks = [(f"industries.{code}.workers", industry.workers) for code, industry in scenario.industries.items()]
    stocks += [(f"labour.workforce.{c}.share", getattr(labour.workforce, c).share) for c in CATEGORIES]
    for path, number in stocks:
        if len(set((number.series or {}).values())) > 1:
            yield Problem("start_series", path, args={"year": scenario.years.first - 1})


def of_the_start(path: str) -> bool:
    """Say whether a number's path is that of a stock before the first year, which no policy can change."""
    steps = path.split(".")
    market = (steps[0], steps[-1]) == ("industries", "workers") or (steps[:2], steps[-1]) == (["labour", "workforce"], "share")
    return market or (steps[0], steps[2:3]) == ("institutions", ["staff"]) or (steps[0], steps[4:]) == ("tables", ["start"])


def _highest(by_year: _Figures, number: Number) -> NDArray[np.float64]:
    """Return the most that a share can be by year [Y]; of one with a tail its mean (draws beyond are brought back together)."""
    tail = number.uncertain and (number.factor.form[0] if number.factor else number.form[0]) in ("beta", "normal")
    return by_year.of(number, SHARE, None if tail else MOST)


def _oldest(category: str, first: int, rises: bool) -> int:
    """Return the highest age, on 31 December before the first year, of people not all retired by then."""
    ages = np.arange(YOUNGEST, OLDEST + 1)
    months = (first - 1 - ages)[:, None] * 12 + np.arange(12)
    left = (retirement_month(category, months, rises) // 12 >= first).any(axis=1)
    return int(ages[left].max())
