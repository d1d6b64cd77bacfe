"""What all variants of a scenario share: structure, start, intercepts, and the years in which nothing can be decided any more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs, ever_on, inputs_for
from skillsim.engine.intercepts import Solved
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.run import Snapshot
from skillsim.engine.simulate import Made, solved_for, warm_start
from skillsim.errors import Problem, ScenarioError
from skillsim.rules.measures import acting
from skillsim.scenario.numbers import Patch
from skillsim.scenario.structure import stated
from skillsim.scenario.types import Scenario, numbers

MOST_SHORT = 0.2  # of the parameter draws: where vacancies keep a base rate from coming out in more, the run is refused
# of a scenario's fields; no run reads them
UNREAD = {"name", "title", "policies", "order", "targets", "in_force", "figures", "known", "clauses"}
# numbers that no student's way to a diploma or to further study depends on
OF_WORK = ("retention.", "labour.", "industries.", "rules.retirement.", "training.raised", "money.")
OF_WORK_IN_PROGRAMMES = ("flexible", "order_class", "industries")


@dataclass(frozen=True)
class Early:
    """The years before those in which anything can still be decided.

    ``year`` is the first that is not among them, ``history`` theirs, ``place`` what they leave; ``made`` the draws made in
    the first so many replications, for those numbers of them that have been asked for.
    """

    year: int
    history: History
    place: Snapshot
    made: dict[int, Made]


@dataclass(frozen=True)
class Ground:
    """What the variants of a scenario share, for the first ``replications``.

    ``key`` says whose: see :func:`ground_key`; ``early`` is None where something can be decided from the first year on, or
    where the early years were not run.
    """

    key: str
    replications: int
    inputs: Inputs
    start: Snapshot
    solved: tuple[Solved, ...]
    early: Early | None = None

    @property
    def layout(self) -> Layout:
        """Return the structure."""
        return self.inputs.layout

    def solved_for(self, replications: int) -> list[Solved]:
        """Return the intercepts of the parameter draws of the first replications."""
        left, out = replications // 2, []
        for block in self.solved:
            if left > 0:
                out.append(block.first(left))
            left -= block.alpha.shape[1]
        return out

    def alpha(self, first: int, count: int) -> NDArray[Any]:
        """Return the intercepts [stage rows, P] of some replications."""
        whole = np.concatenate([block.alpha for block in self.solved], axis=1)
        return whole if whole.shape[1] == 1 else whole[:, first // 2 : (first + count) // 2]


def open_from(scenario: Scenario) -> int:
    """Return the first year in which something can still be decided."""
    return scenario.as_of.year


def ground_key(scenario: Scenario, seed: int, held: frozenset[str] = frozenset()) -> str:
    """Return what two scenarios have in common exactly if they share their ground, whatever is decided later in each.

    It stands for the scenario as written (without what no run reads), the changes that act before the first year in which
    something can still be decided, the seed, and the numbers held at their means.
    """
    day = date(open_from(scenario), 1, 1)
    early = [
        (path, *_acts(patch)) for path, number, _ in numbers(scenario) for patch in number.patches if patch.since < day
    ]
    parts = [scenario.model_dump_json(exclude=UNREAD), early, *stated(scenario), int(seed), sorted(held)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _acts(patch: Patch) -> tuple[Any, ...]:
    """Return what a change does; not who asks for it."""
    return patch.op, patch.value, patch.since.isoformat(), patch.until and patch.until.isoformat(), patch.hold


def of_work(path: str) -> bool:
    """Say whether a number acts on who stays and finds work alone: nobody's way to a diploma or to further study depends on
    it (of measures see :func:`same_students`)."""
    parts = path.split(".")
    return path.startswith(OF_WORK) or (parts[0] == "programmes" and parts[2] in OF_WORK_IN_PROGRAMMES)


def work_moves_seats(scenario: Scenario) -> bool:
    """Say whether who finds work acts back on seats: programmes are warned by their graduates' placement or match."""
    rule = scenario.rules.warning
    return ever_on(rule.active) and (rule.placement is not None or rule.match is not None)


def same_students(a: Scenario, b: Scenario) -> bool:
    """Say whether two scenarios of one ground differ only in who stays and finds work, and nothing leads from there back to
    students; what a measure acts on decides what it is of."""
    if work_moves_seats(a) or work_moves_seats(b):
        return False
    acted = acting(a.measures, [path for path, _, _ in numbers(a) if not of_work(path)])
    of_students = {path for effects in acted.values() for one in effects for path in (one.done, one.each)}

    def alike(path: str) -> bool:
        return path not in of_students if path.startswith("measures.") else of_work(path)

    mine, other = (
        {path: [_acts(p) for p in n.patches] for path, n, _ in numbers(s) if n.patches and not alike(path)} for s in (a, b)
    )
    return mine == other


def common(scenario: Scenario, key: str, replications: int, seed: int, held: frozenset[str]) -> Ground:
    """Return the ground of a scenario without its early years."""
    layout = lay_out(scenario)
    start = warm_start(scenario, seed, layout)
    pairs = np.arange(max(replications // 2, 2)) if scenario.uncertainty.parameters else None
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, seed, layout, held)
    solved = solved_for(scenario, seed, replications // 2, start, layout, held, inputs)
    return Ground(key, replications, inputs, start, tuple(solved))


# ---- base rates that vacancies bound


@dataclass(frozen=True)
class Short:
    """A base rate that vacancies keep from coming out: in what share of parameter draws, the rate that comes out instead
    there (mean), and the jobs that are used up."""

    share: float
    reached: float
    used_up: tuple[str, ...]


def short_of_vacancies(blocks: Sequence[Solved]) -> dict[str, Short]:
    """Return for each stage row (pathway:stage) whose base rate vacancies bound how often they did."""
    out = {}
    for key in blocks[0].short:
        lacking = np.concatenate([block.short[key] for block in blocks])
        if lacking.any():
            reached = np.concatenate([block.reached[key] for block in blocks])
            jobs = sorted({name for block in blocks for name in block.used_up(key)})
            out[key] = Short(float(lacking.mean()), float(reached[lacking].mean()), tuple(jobs))
    return out


def share_short(blocks: Sequence[Solved]) -> float:
    """Return the share of parameter draws in which vacancies keep any base rate from coming out."""
    lacking = [np.any(list(block.short.values()), axis=0) for block in blocks if block.short]
    return float(np.concatenate(lacking).mean()) if lacking else 0.0


def refuse(scenarios: Sequence[Scenario], short: Sequence[dict[str, Short]], shares: Sequence[float]) -> None:
    """Refuse scenarios with base rates that the vacancies of their year don't allow, save in few parameter draws."""
    problems = []
    for scenario, found, share in zip(scenarios, short, shares, strict=True):
        for key, one in found.items():
            if share <= MOST_SHORT:
                continue
            pathway, _, stage = key.partition(":")
            level = scenario.pathways[pathway].stages[int(stage)].level
            at = next(i for i, b in enumerate(scenario.retention.base) if pathway in b.pathways and b.level == level)
            base = scenario.retention.base[at]
            problems.append(Problem("base_bound", f"retention.base.{at}", args={
                "pathway": pathway, "level": level, "definition": base.definition.upper(), "year": base.year,
                "reached": f"{one.reached:.3f}", "share": f"{one.share * 100:.0f} %", "jobs": "; ".join(one.used_up) or "-",
            }))
    if problems:
        raise ScenarioError(problems)
