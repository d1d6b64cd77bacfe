"""Of what the difference between two scenarios is made: causes, and scenarios with some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from skillsim.analysis.ground import UNREAD
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks, labour
from skillsim.scenario.levers import levers
from skillsim.scenario.numbers import Number, Patch
from skillsim.scenario.policies import as_written, with_numbers
from skillsim.scenario.structure import stated
from skillsim.scenario.types import Scenario, numbers

By = Literal["group", "lever", "policy"]


def apart(a: Scenario, b: Scenario) -> list[str]:
    """Return where two scenarios differ in more than numbers, by dotted path."""
    mine, yours = ({path: number for path, number, _ in numbers(one)} for one in (a, b))
    alike = with_numbers(b, {path: number for path, number in mine.items() if path in yours})
    plain, other = (one.model_dump(mode="json", exclude=UNREAD) for one in (a, alike))
    return list(_places(plain, other)) or sorted(_stated(a) ^ _stated(b))


def _stated(scenario: Scenario) -> set[str]:
    """Return the numbers that make rows of their own by being stated at all."""
    ordered, general = stated(scenario)
    stages = {f"pathways.{pathway}.stages.{i}.to_general" for pathway, i in general}
    return {f"programmes.{code}.order_class" for code in ordered} | stages


def _places(x: Any, y: Any, path: str = "") -> Iterator[str]:
    """Yield where two plain values differ; titles make no difference."""
    if isinstance(x, dict) and isinstance(y, dict):
        for key in dict.fromkeys([*x, *y]):
            if key != "title":
                yield from _places(x.get(key), y.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
        for i, (one, other) in enumerate(zip(x, y, strict=True)):
            yield from _places(one, other, f"{path}.{i}")
    elif x != y:
        yield path


WRITTEN = "(written)"  # the figures of the files themselves; no policy can have this name
Cause = tuple[str, str | None]  # a number's path, and the policy whose changes are meant; None: all of the number
Causes = Mapping[str, frozenset[Cause]]
_GROUPS = (  # the first that fits
    ("rules.retirement", "demand"), ("quota", "seats"), ("retention", "retention"), ("rules", "rules"),
    ("teachers", "teachers"), ("training", "teachers"), ("measures", "measures"), ("money", "measures"), ("areas", "inflow"),
    ("choice", "inflow"), ("industries", "demand"), ("labour", "demand"),
)
GROUPS = ("seats", "schools", "retention", "rules", "teachers", "measures", "inflow", "demand", "recruits")
MOVES = "moves."  # and the code of a table: the group of who moves within it


def group_of(path: str) -> str:
    """Return the group of a number: one of ``GROUPS``, or the moves of a table."""
    parts = path.split(".")
    if parts[0] == "tables":
        return MOVES + parts[1] if parts[4] == "moves" else "recruits"
    if parts[0] == "institutions":
        return {"capacity": "seats", "staff": "teachers"}.get(parts[2], "schools")
    return next((group for start, group in _GROUPS if f"{path}.".startswith(f"{start}.")), "schools")


def causes_of(a: Scenario, b: Scenario, by: By) -> dict[str, frozenset[Cause]]:
    """Return what of which numbers makes each cause, in the order of the numbers; numbers that act alike are none."""
    mine = {path: number for path, number, _ in numbers(a)}
    out = dict[str, set[Cause]]()
    moved = _levers(a, b) if by == "lever" else {}
    for path, number, _ in numbers(b):
        other = mine[path]
        if _acts(other) == _acts(number):
            continue
        if by == "policy":
            for name in _policies(other, number):
                out.setdefault(name, set()).add((path, name))
        else:
            out.setdefault(group_of(path) if by == "group" else moved.get(path, path), set()).add((path, None))
    return {name: frozenset(found) for name, found in out.items()}


def overlaps(a: Scenario, b: Scenario) -> list[Problem]:
    """Return the problems of policies of which one scenario has one and the other another, and which change one number on one
    day: apart from each other, nothing says which of them acts."""
    mine = {path: number for path, number, _ in numbers(a)}
    out = dict[tuple[str, str], Problem]()
    for path, number, _ in numbers(b):
        both = {patch.policy for patch in mine[path].patches} & {patch.policy for patch in number.patches}
        for one in mine[path].patches:
            for other in number.patches:
                if one.since == other.since and not both & {one.policy, other.policy}:
                    args = {"a": one.policy, "b": other.policy, "date": one.since}
                    out.setdefault((one.policy, other.policy), Problem("explain_overlap", path, args=args))
    return list(out.values())


def _levers(a: Scenario, b: Scenario) -> dict[str, str]:
    """Return by path the first lever of either scenario that moves it."""
    out = dict[str, str]()
    for lever in (*levers(a).values(), *levers(b).values()):
        for path in lever.paths:
            out.setdefault(path, lever.code)
    return out


def _acts(number: Number) -> tuple[Any, ...]:
    """Return what a number is and what changes it, not who asks for that."""
    return number.patched_by(()), tuple(replace(patch, policy="") for patch in number.patches)


def _policies(one: Number, other: Number) -> Iterator[str]:
    """Yield the policies that change one number otherwise than another, and what is written so."""
    if one.patched_by(()) != other.patched_by(()):
        yield WRITTEN
    for name in dict.fromkeys(patch.policy for patch in (*one.patches, *other.patches)):
        if _of(name, one) != _of(name, other):
            yield name


def _of(policy: str, number: Number) -> list[Patch]:
    return [patch for patch in number.patches if patch.policy == policy]


def mixed(a: Scenario, b: Scenario, causes: Causes, chosen: Iterable[str]) -> Scenario:
    """Return ``a`` with the chosen causes as they are in ``b``.

    Raises
    ------
    ScenarioError
        when that is not a possible scenario.
    """
    yours = {path: (number, par) for path, number, par in numbers(b)}
    mine = {path: number for path, number, _ in numbers(a)}
    taken = dict[str, set[str | None]]()
    for name in chosen:
        for path, policy in causes[name]:
            taken.setdefault(path, set()).add(policy)
    changed = {path: _between(mine[path], yours[path][0], policies) for path, policies in taken.items()}
    out: Scenario = with_numbers(a, changed)
    among = [(path, number, yours[path][1]) for path, number in changed.items()]
    problems = [*checks.ranges(out, among), *checks.risks(out), *labour.figures(out)]
    if not problems and any(number.patched_by(()) != mine[path].patched_by(()) for path, number in changed.items()):
        bare = as_written(out).model_copy(update={"policies": {}, "in_force": [], "clauses": []})
        problems = checks.check(bare)
    if problems:
        said = Problem("explain_mixed", args={"a": a.label, "b": b.label, "names": ", ".join(sorted(chosen))})
        raise ScenarioError([said, *problems])
    return out


def _between(mine: Number, yours: Number, policies: set[str | None]) -> Number:
    """Return a number with what is meant as in ``yours``, all else as in ``mine``."""
    if None in policies:
        return yours
    kept = [p for p in mine.patches if p.policy not in policies]
    new = [p for p in yours.patches if p.policy in policies]
    order = [*yours.patches, *mine.patches]
    patches = tuple(sorted((*kept, *new), key=lambda p: (p.since, order.index(p))))
    return (yours if WRITTEN in policies else mine).patched_by(patches)
