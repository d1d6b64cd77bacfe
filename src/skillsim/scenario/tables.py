"""What must fit together in tables of stages: names, rows that come to 1 at most, what targets ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from skillsim.errors import Problem
from skillsim.scenario import labour
from skillsim.scenario.basic import SHARE, Pick
from skillsim.scenario.flow import MOST_PEOPLE
from skillsim.scenario.numbers import Number, Par
from skillsim.scenario.types import Scenario, Target
from skillsim.terms import KINDS

OF_TABLES = ("table_stock", "table_recruits", "table_exits")
ALONE = (*OF_TABLES, "measures_done")  # what there is to count without a place
PERSONS = Par("persons")
MOST = np.array([1 - 1e-12])  # the uniform of a draw that is as high as can be


def names(scenario: Scenario, indicator: str, of: Pick) -> dict[str, Iterable[str]]:
    """Return the codes that a target of tables can pick by field: tables, and stages or exits of those picked."""
    tables = scenario.tables or {}
    chosen = [tables[code] for code in of.pathways if code in tables] or list(tables.values())
    parts = [code for table in chosen for code in (table.exit_codes() if indicator == "table_exits" else table.stages)]
    return {"pathways": tables, "levels": parts}


def rows(scenario: Scenario) -> Iterator[tuple[str, list[Number]]]:
    """Yield the path of each stage's row and the shares in it."""
    for code, table in (scenario.tables or {}).items():
        for stage, given in table.stages.items():
            yield f"tables.{code}.stages.{stage}.moves", list(given.moves.values())


def structure(scenario: Scenario, limit: int) -> Iterator[Problem]:
    """Check names, figures of the start, how many people there can be, and the size: stages times the longest row of moves."""
    tables, years = scenario.tables or {}, scenario.years.last - scenario.years.first + 1
    for code, table in tables.items():
        if code in scenario.pathways or code in scenario.classes:
            yield Problem("table_name", f"tables.{code}")
        for exit_code in table.exit_codes():
            if exit_code in table.stages:
                part = "exits" if exit_code in table.exits else "stages"  # ``left`` may stand nowhere
                yield Problem("table_exit", f"tables.{code}.{part}.{exit_code}")
        tops = [[given.extremes(PERSONS)[1] for given in (top.start, top.recruits)] for top in table.stages.values()]
        alone = all(0 <= top <= MOST_PEOPLE for both in tops for top in both)  # else each is told by its own range
        if alone and sum(start + years * recruits for start, recruits in tops) > MOST_PEOPLE:
            yield Problem("table_people", f"tables.{code}", args={"limit": f"{MOST_PEOPLE:,}"})
        for stage, given in table.stages.items():
            if len(set((given.start.series or {}).values())) > 1:
                yield Problem("start_series", f"tables.{code}.stages.{stage}.start", args={"year": scenario.years.first - 1})
    longest = max((len(shares) for _, shares in rows(scenario)), default=0) + 1
    n = longest * sum(len(table.stages) for table in tables.values())
    if n > limit:
        yield Problem("table_limit", "tables", args={"n": f"{n:,}", "limit": f"{limit:,}"})


def starts(scenario: Scenario) -> Iterator[Problem]:
    """Check that no policy acts on who is there at the start, whatever else is wrong with the file."""
    from skillsim.scenario.policies import matches

    for name, policy in scenario.policies.items():
        for i, change in enumerate(policy.changes):
            if change.key.startswith("tables.") and any(map(labour.of_the_start, matches(scenario, change.key))):
                yield Problem("patch_start", f"policies.{name}.changes.{i}", change.key, args={"year": scenario.years.first - 1})


def sums(scenario: Scenario) -> Iterator[Problem]:
    """Check that no row can come to more than 1 in any year; of a figure with a tail the mean counts (draws beyond are brought
    back together)."""
    years = np.arange(scenario.years.first, scenario.years.last + 1)
    dates = [date(int(year), 12, 31) for year in years]
    for path, shares in rows(scenario):
        alone = all(0 <= value <= 1 for share in shares for value in share.extremes(SHARE))  # else each is told by its own range
        total = sum((_highest(share, years, dates) for share in shares), np.zeros(len(years))).max()
        if alone and total > 1 + 1e-9:
            yield Problem("sum_over_one", path, args={"total": f"{total:g}", "what": KINDS["rates_sum"]})


def _highest(share: Number, years: NDArray[np.int64], dates: list[date]) -> NDArray[np.float64]:
    tail = share.uncertain and (share.factor.form[0] if share.factor else share.form[0]) in ("beta", "normal")
    return share.path(years, SHARE, None if tail else MOST, dates)[:, 0]


def lacking(scenario: Scenario, at: str, indicator: str) -> list[Problem]:
    """Check that an indicator is one of tables where there is no place."""
    if not scenario.tables or scenario.pathways or indicator in ALONE:
        return []
    return [Problem("table_indicator", f"{at}.indicator", indicator, args={"known": ", ".join(OF_TABLES)})]


def target(scenario: Scenario, at: str, given: Target) -> Iterator[Problem]:
    """Check that there is what a target's indicator counts, and that it says of which table."""
    if given.indicator in OF_TABLES and not scenario.tables:
        yield Problem("block_needed", f"{at}.indicator", args={"indicator": given.indicator, "block": "tables"})
    elif given.indicator in OF_TABLES and not given.of.pathways and len(scenario.tables or {}) > 1:
        yield Problem("table_named", f"{at}.of")
