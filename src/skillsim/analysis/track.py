"""Is a target on track, and what can still be decided for it (docs/model.md, On track)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.results import statistics
from skillsim.results.indicators import KIND
from skillsim.results.result import Result
from skillsim.results.targets import _offsets, last_intakes
from skillsim.scenario.basic import Pick
from skillsim.scenario.numbers import Par
from skillsim.scenario.types import QuotaRow, Target, numbers

Floats = NDArray[np.float64]
TINY = 1e-9
AT_INTAKE = ("pool", "offered", "area", "staff")  # what is counted, or changes first, when a class enters
WHOEVER_STAYS = ("graduates", "further_local", "further_away")  # the same whoever stays
DECISION_COLUMNS = ("key", "field", "pathway", "event", "authority", "intake", "until", "rounds", "open")


@dataclass(frozen=True)
class Point:
    """A figure of one year."""

    year: int
    value: float


@dataclass(frozen=True)
class Track:
    """Where a target stands on its way.

    ``verdict``: met (already, and the mean meets it in its year), slipping (met already, but the mean misses it in its year),
    ahead, on, behind, shown (no number is asked), blank (no figure).  ``by``: actual or simulated, whatever it was judged by, in
    ``judged``, the year.  ``actual``: the last actual figure of the target's own quantity.  ``start``: where the line begins.
    ``line``: one row a coming year with year, low, high (what is required: at least, at most; blank on a side that is not
    asked), mean, p05, p95 (simulated), gap (of the mean to what is required; a shortage is negative), open (whether anything
    that acts on that year can still be decided).
    """

    code: str
    target: Target
    verdict: str
    by: str
    judged: int
    actual: Point | None
    start: Point | None
    line: pd.DataFrame

    @property
    def years_left(self) -> int:
        """Return how many years lie between the start and the target's year."""
        return len(self.line)


def goal(target: Target) -> tuple[float, float]:
    """Return the least and the greatest value that meet a target; infinite on a side that is not asked."""
    if target.band is not None:
        return target.band
    if target.value is None:
        return -np.inf, np.inf
    return (-np.inf, target.value) if target.direction == "at_most" else (target.value, np.inf)


def margin(value: Floats | float, low: Floats | float, high: Floats | float) -> Floats:
    """Return how far values lie inside their bounds; negative outside, by how much they miss."""
    return np.minimum(np.asarray(value) - low, high - np.asarray(value))


def required(target: Target, start: Point | None, years: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the least and the greatest value required in each year [Y]: straight lines from the start to the goal; the goal
    itself on a side on which the start is good enough, and where there is no start before the target's year."""
    low, high = goal(target)
    if start is None or start.year >= target.year:
        return np.full(len(years), low), np.full(len(years), high)
    left = (target.year - years) / (target.year - start.year)
    return low - left * max(low - start.value, 0.0), high + left * max(start.value - high, 0.0)


def actuals(result: Result, target: Target) -> list[Point]:
    """Return the actual figures of a target's own quantity up to its year, by year.

    A row counts if it is about the same cells as the target; of counts also rows that together are.
    """
    rate = target.indicator.startswith("local_retention_")
    asked = ("local_retention", target.indicator[-2:]) if rate else (target.indicator, None)
    rows = [row for row in result.scenario.observed if (row.indicator, row.definition) == asked and row.year <= target.year]
    kind = KIND[target.indicator]
    wanted = result.values.picked(kind, target.of)
    out = []
    for year in sorted({row.year for row in rows}):
        masks = [(result.values.picked(kind, row.of), row.value) for row in rows if row.year == year]
        inside = [(mask, value) for mask, value in masks if mask.any() and not (mask & ~wanted).any()]
        covered = np.any([mask for mask, _ in inside], axis=0) if inside else ~wanted
        if (covered == wanted).all() and len(inside) == (1 if rate else len(inside)):
            out.append(Point(year, sum(value for _, value in inside)))
    return out


def on_track(result: Result, code: str) -> Track:
    """Return where a target stands on its way (docs/model.md, On track)."""
    target = result.scenario.targets[code]
    first = result.scenario.years.first
    figures = statistics.summary(result.replicate(target.indicator, target.of))

    def simulated(year: int) -> Point | None:
        value = float(figures["mean"][year - first]) if year >= first else np.nan
        return None if np.isnan(value) else Point(year, value)

    known = actuals(result, target)
    actual = known[-1] if known else None
    before = min(max(result.scenario.as_of.year - 1, first), target.year)
    start = actual or simulated(before)
    years = np.arange((start.year if start else before) + 1, target.year + 1)
    low, high = required(target, start, years)
    mean, p05, p95 = (figures[name][years - first] for name in ("mean", "p05", "p95"))
    gap = margin(mean, low, high)
    line = pd.DataFrame({
        "year": years, "low": _finite(low), "high": _finite(high), "mean": mean, "p05": p05, "p95": p95, "gap": _finite(gap),
        "open": [any(one.open for one in _decisions(result, target.model_copy(update={"year": int(y)}))) for y in years],
    })
    # the line as it was drawn before the first actual figure
    origin = (simulated(known[0].year - 1) or known[0]) if known else None
    by_actual = actual is not None and origin is not None and origin.year < actual.year
    judged, begin = (actual, origin) if actual is not None and by_actual else (simulated(target.year), start)
    verdict = _verdict(target, judged, begin, start, simulated(target.year))
    return Track(
        code, target, verdict, "actual" if by_actual else "simulated", judged.year if judged else target.year, actual, start, line
    )


def _verdict(target: Target, judged: Point | None, begin: Point | None, now: Point | None, last: Point | None) -> str:
    """Return the verdict on the figure judged against the line from ``begin``; ``now`` is the latest figure, ``last`` the
    simulated one of the target's year."""
    if target.direction == "show":
        return "shown"
    if judged is None:
        return "blank"
    if now is not None and margin(now.value, *goal(target)) >= -TINY:
        return "met" if last is not None and margin(last.value, *goal(target)) >= -TINY else "slipping"
    low, high = required(target, begin, np.array([judged.year, judged.year + 1]))
    gap = float(margin(judged.value, low[0], high[0]))
    over = now is not None and now.year >= target.year  # in the target's year a near miss is a miss
    step = 0.0 if over else sum(abs(side[1] - side[0]) for side in (low, high) if np.isfinite(side[0]))
    if abs(gap) <= step / 2:
        return "on"
    return "ahead" if gap > 0 else "behind"


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


@dataclass(frozen=True)
class Decision:
    """Something that can be decided for a target until a day."""

    key: str
    field: str
    pathway: str
    event: str
    authority: str
    intake: int | None
    until: date
    rounds: int

    @property
    def open(self) -> bool:
        """Say whether it can still be decided."""
        return self.rounds > 0


def decisions(result: Result, code: str) -> pd.DataFrame:
    """Return what acts on the people counted in a target's year, and until when.

    Columns: key (of a change), field (seats, capacity, cap, driver), pathway (blank where it is of none alone), event (on
    which it is read), authority (who decides), intake (the last one that counts, of seats and caps), until (a change dated
    later does not act), rounds (how often it is still read from as_of to then), open.  What is open comes first, by date.
    """
    found = sorted(_decisions(result, result.scenario.targets[code]), key=lambda d: (not d.open, d.until, d.key))
    out = pd.DataFrame([[getattr(d, name) for name in DECISION_COLUMNS] for d in found], columns=list(DECISION_COLUMNS))
    return out.astype({"intake": "Int64", "rounds": int, "open": bool})


def _decisions(result: Result, target: Target) -> Iterator[Decision]:
    scenario = result.scenario
    pars = {path: par for path, _, par in numbers(scenario)}
    intakes = last_intakes(scenario, target)

    def decision(key: str, field: str, par: Par, year: int, pathway: str = "", intake: int | None = None) -> Decision:
        start = scenario.as_of.year + (scenario.as_of > result.inputs.day(par.read_on, scenario.as_of.year))
        until = result.inputs.day(par.read_on, year)
        return Decision(key, field, pathway, par.read_on, par.authority, intake, until, max(year - start + 1, 0))

    rows = [row for row in scenario.quota.rows if row.pathway in intakes and _wanted(row, target.of)]
    for pathway in sorted({row.pathway for row in rows}):
        key = next(f"quota.{row.key}" for row in rows if row.pathway == pathway)
        yield decision(f"quota.{pathway}", "seats", pars[key], intakes[pathway], pathway, intakes[pathway])
    for school in sorted({row.school for row in rows}):
        key = f"institutions.{school}.capacity"
        yield decision(key, "capacity", pars[key], max(intakes[row.pathway] for row in rows if row.school == school))
    if KIND[target.indicator] in AT_INTAKE:
        return
    for pathway in sorted({row.pathway for row in rows}):
        stages = scenario.pathways[pathway].stages
        offsets = _offsets(scenario.pathways[pathway], target)
        before = 0
        for i, stage in enumerate(stages):
            key, later = f"pathways.{pathway}.stages.{i}.transfer.cap", [o for o in offsets if o >= before]
            if key in pars and later:  # the last class that faces this gate and is counted
                intake = target.year - min(later)
                yield decision(key, "cap", pars[key], intake + before, pathway, intake)
            before += stage.years
    if target.indicator in WHOEVER_STAYS or KIND[target.indicator] not in ("group", "track", "job"):
        return
    graduated = target.year - (int(target.indicator[-1]) if KIND[target.indicator] == "track" else 0)
    for code, driver in sorted(scenario.retention.drivers.items()):
        if rows and (not driver.pathways or {row.pathway for row in rows} & set(driver.pathways)):
            key = f"retention.drivers.{code}.level"
            yield decision(key, "driver", pars[key], graduated)


def _wanted(row: QuotaRow, of: Pick) -> bool:
    at = {row.school, *row.then}
    return (not of.programmes or row.programme in of.programmes) and (not of.schools or not at.isdisjoint(of.schools))
