"""Grids of levers: a full grid or a Latin hypercube of changes, written in a file, laid on a scenario point by point.

    method: grid                       # or latin_hypercube, with points and seed
    levers:
      long_track: {changes: [{key: quota.sve_3plus2, from: 2026-01-01}], scale: [0.8, 1, 1.2]}
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from skillsim.chance.designs import latin_hypercube
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.basic import Code
from skillsim.scenario.numbers import Block, Source, frozen
from skillsim.scenario.policies import matches
from skillsim.scenario.reader import Place, laid_on, parsed, placed, translated_all
from skillsim.scenario.types import Change, Policy, Scenario, Written
from skillsim.terms import LANGS, phrase

MOST_POINTS = 10_000
OPS = ("set", "add", "scale", "ramp")


class Range(Block):
    """From where to where a lever goes in a Latin hypercube."""

    low: float
    """The least value."""
    high: float
    """The greatest value."""


class Moved(Block):
    """What a lever changes: a change of a policy without its value."""

    key: str
    """The dotted key of a number, or of a group of the same kind, as in a policy."""
    since: date | None = Field(default=None, alias="from")
    """In force from this day; empty: as_of."""
    until: date | None = None
    """The change comes gradually and is complete on this day."""
    hold: bool = False
    """For seats: the quota rule leaves these rows alone from then on."""


class GridLever(Block):
    """One or more changes that take one value, and the values: exactly one of set, add, scale, ramp."""

    changes: list[Moved] = Field(min_length=1)
    """What is changed."""
    set: list[float] | Range | None = None
    """New values."""
    add: list[float] | Range | None = None
    """What is added."""
    scale: list[float] | Range | None = None
    """Factors."""
    ramp: list[float] | Range | None = None
    """Values to reach at ``until``."""

    @property
    def given(self) -> list[tuple[str, list[float] | Range]]:
        """Return the ops that are written, with their values."""
        return [(op, values) for op in OPS if (values := getattr(self, op)) is not None]


class Grid(Block):
    """A file of levers."""

    method: Literal["grid", "latin_hypercube"]
    """grid: every value of each lever with every value of the others; latin_hypercube: points spread over the ranges."""
    points: int | None = Field(default=None, ge=1, le=MOST_POINTS)
    """Of a Latin hypercube: how many."""
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    """Of a Latin hypercube: the same seed gives the same points."""
    levers: dict[Code, GridLever] = Field(min_length=1)
    """The levers by name."""


@dataclass(frozen=True)
class Point:
    """A point of a grid: the value of each lever, and the changes that they make, as plain values of a policy."""

    levers: Mapping[str, float]
    changes: tuple[Mapping[str, Any], ...]

    @property
    def label(self) -> str:
        """Return what the point is called: each lever with its value."""
        return ",".join(f"{name}={_short(value)}" for name, value in self.levers.items())

    def on(self, scenario: Scenario) -> Scenario:
        """Return a scenario with the point on it, as a policy of the scenario's own file that acts after those already on it.

        Raises
        ------
        ScenarioError
            as :func:`skillsim.scenario.policies.vary`.
        """
        name = next(name for n in itertools.count(1) if (name := "grid" if n == 1 else f"grid_{n}") not in scenario.policies)
        titles = {lang: phrase("grid_point", lang, levers=self.label) for lang in LANGS}
        source = {"assumed": phrase("grid_assumed", "en"), "zh": phrase("grid_assumed", "zh")}
        policy: dict[str, Any] = {"title": titles, "changes": [dict(change) for change in self.changes]}
        order = [*dict.fromkeys([*scenario.order, *scenario.applied, name])]
        out = scenario.model_copy(update={
            "policies": frozen({**scenario.policies, name: Policy.model_validate(policy)}), "order": frozen(order),
        })
        out._sources = {**scenario.sources, f"policies.{name}": Source.model_validate(source)}
        out._written = Written(laid_on(scenario, {"policies": {name: policy | {"source": source}}, "order": order}))
        called = "+".join([*scenario.varied, self.label])
        return out.vary(name, called)


@dataclass(frozen=True)
class Design:
    """A grid as it was read: its points, and where in the file each part stands."""

    grid: Grid
    points: tuple[Point, ...]
    places: Mapping[str, Place]
    file: str

    def told(self, base: Scenario, problem: Problem) -> Problem:
        """Return a problem of a scenario with a point on it as one of the grid's file, where it is about a lever."""
        rows = [(name, i, moved.key) for name, lever in self.grid.levers.items() for i, moved in enumerate(lever.changes)]
        first, name, *rest = [*problem.path.split("."), ""]
        ours = problem.args.get("policy")
        if first == "policies" and rest[:1] == ["changes"] and name not in base.policies:
            code, i, _ = rows[int(rest[1])]
        elif isinstance(ours, str) and ours.startswith("grid") and ours not in base.policies:
            code, i, _ = next((row for row in rows if problem.path in matches(base, row[2])), rows[0])
            problem = replace(problem, value=problem.path)
        else:
            return problem
        return placed(replace(problem, path=f"levers.{code}.changes.{i}"), dict(self.places), {}, self.file)


def read_grid(path: str | Path) -> Design:
    """Read a file of levers.

    Raises
    ------
    ScenarioError
        with every problem found in the file; whether its keys are there shows only on a scenario.
    """
    if not Path(path).is_file():
        beside = [one.name for one in Path(path).parent.glob("*.yaml")]
        raise ScenarioError([Problem("file_missing", file=str(path), args={"near": checks.near(Path(path).name, beside)})])
    raw, places, problems = parsed(Path(path))
    if raw is None:
        raise ScenarioError(problems)
    points: list[Point] = []
    try:
        grid = Grid.model_validate(raw)
    except ValidationError as error:
        told = {p.path for p in problems}  # stands here as nothing
        problems += [p for p in translated_all(error, raw, model=Grid) if p.path not in told]
    else:
        problems += [*_wrong(grid)]
        if not problems:
            points = [_point(grid, values) for values in _values(grid)]
            problems += _wrong_changes(grid, points)
    if problems:
        raise ScenarioError(placed(p, places, {}, str(path)) for p in problems)
    return Design(grid, tuple(points), places, str(path))


def _wrong(grid: Grid) -> Iterator[Problem]:
    """Yield what is wrong between the parts of a grid."""
    drawn = grid.method == "latin_hypercube"
    for name in ("points", "seed"):
        if (getattr(grid, name) is not None) != drawn:
            yield Problem("grid_drawn" if drawn else "grid_full", "" if drawn else name, args={"key": name})
    for code, lever in grid.levers.items():
        at = f"levers.{code}"
        if len(lever.given) != 1:
            yield Problem("change_op", at)
        for op, values in lever.given:
            if drawn != isinstance(values, Range):
                yield Problem("grid_range" if drawn else "grid_list", f"{at}.{op}")
            elif isinstance(values, Range) and not 0 < values.high - values.low < math.inf:
                yield Problem("number_order", f"{at}.{op}")
            elif values == []:
                yield Problem("too_few", f"{at}.{op}", args={"n": 1})
    sizes = [len(values) for lever in grid.levers.values() for _, values in lever.given if isinstance(values, list)]
    if not drawn and math.prod(sizes) > MOST_POINTS:
        yield Problem("grid_many", "levers", args={"n": f"{math.prod(sizes):,}", "most": f"{MOST_POINTS:,}"})


def _values(grid: Grid) -> Iterator[tuple[float, ...]]:
    """Yield the values of the levers at each point."""
    given = [lever.given[0][1] for lever in grid.levers.values()]
    if grid.points is None or grid.seed is None:
        yield from itertools.product(*(values for values in given if isinstance(values, list)))
        return
    ranges = [values for values in given if isinstance(values, Range)]
    for row in latin_hypercube(grid.points, len(ranges), grid.seed):
        yield tuple(_rounded(r.low + (r.high - r.low) * float(u), r.high - r.low) for r, u in zip(ranges, row, strict=True))


def _rounded(value: float, span: float) -> float:
    """Return a value rounded to a millionth of its range or finer, so that it can be said."""
    return round(value, 6 - math.floor(math.log10(span)))


def _point(grid: Grid, values: tuple[float, ...]) -> Point:
    changes = tuple(
        {**moved.model_dump(by_alias=True, exclude_defaults=True), lever.given[0][0]: value}
        for lever, value in zip(grid.levers.values(), values, strict=True) for moved in lever.changes
    )
    return Point(dict(zip(grid.levers, values, strict=True)), changes)


def _wrong_changes(grid: Grid, points: list[Point]) -> list[Problem]:
    """Return what is wrong with the changes as changes of a policy, each told once."""
    rows = [(f"levers.{name}", lever.given[0][0], i) for name, lever in grid.levers.items() for i in range(len(lever.changes))]
    out: dict[tuple[str, str], Problem] = {}
    for point in points:
        for (at, op, i), change in zip(rows, point.changes, strict=True):
            try:
                Change.model_validate(change)
            except ValidationError as error:
                for problem in translated_all(error, change, model=Change):
                    path = f"{at}.{op}" if problem.path == op else f"{at}.changes.{i}.{problem.path}".rstrip(".")
                    out.setdefault((problem.code, path), replace(problem, path=path))
    return list(out.values())


def _short(value: float) -> str:
    return repr(value).removesuffix(".0")
