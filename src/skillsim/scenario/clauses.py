"""What carries each clause of a plan: the parts of a scenario file that its entry names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from skillsim.errors import Problem
from skillsim.scenario import labels
from skillsim.scenario.basic import Title
from skillsim.scenario.numbers import Block
from skillsim.scenario.policies import named
from skillsim.scenario.types import Scenario
from skillsim.terms.fields import FIELDS


@dataclass(frozen=True)
class Step:
    """A change that a policy makes for a clause: of what, to how much, from when, until when."""

    policy: str
    key: str
    op: str
    value: float
    since: date | None
    until: date | None


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield the parts that a clause names and that there are not."""
    for i, clause in enumerate(scenario.clauses):
        for j, key in enumerate(clause.carried):
            if not exists(scenario, key):
                yield Problem("clause_carried", f"clauses.{i}.carried.{j}", key, args={"key": key})


def exists(scenario: Scenario, key: str) -> bool:
    """Say whether a dotted key names a part of the file, or numbers in it."""
    return found(scenario, key) is not None or bool(named(scenario, key))


def found(scenario: Scenario, key: str) -> Any:
    """Return the part of the file at the end of a dotted key; None where there is none."""
    part: Any = scenario
    for name in key.split("."):
        if isinstance(part, Block):
            part = getattr(part, name, None) if name in type(part).model_fields else None
        elif isinstance(part, dict):
            part = part.get(name)
        elif isinstance(part, list):
            part = part[int(name)] if name.isdigit() and int(name) < len(part) else None
        else:
            part = None
    return part


def said(scenario: Scenario, key: str, lang: str) -> str:
    """Return in words what carries a clause: what kind of part it is, and its title or the name of its numbers."""
    part, (head, *rest) = found(scenario, key), key.split(".")
    kind: str = getattr(FIELDS[f"Scenario.{head}"], lang)
    if rest and isinstance(getattr(part, "title", None), Title):
        colon = {"zh": "：", "en": ": "}[lang]
        return f"{kind}{colon}{getattr(part.title, lang)}"
    if not rest:
        return kind
    try:
        return labels.label_of(key, scenario, lang)
    except (LookupError, AttributeError):
        return kind


def steps(scenario: Scenario, key: str) -> list[Step]:
    """Return the changes that policies make to the number at a key, or to numbers below it, by policy and date."""
    out = []
    for name, policy in scenario.policies.items():
        for change in policy.changes:
            if change.key == key or change.key.startswith(f"{key}."):
                op = next(op for op in ("set", "add", "scale", "ramp") if getattr(change, op) is not None)
                out.append(Step(name, change.key, op, getattr(change, op), change.since, change.until))
    return out
