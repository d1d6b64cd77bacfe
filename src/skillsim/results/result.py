"""The result of a run: tidy frames, answers to targets, and the manifest."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.engine.observed import ADJUSTED
from skillsim.results import statistics
from skillsim.results.binding import Binding, bindings, bound
from skillsim.results.indicators import Row, Values
from skillsim.results.money import COLUMNS as MONEY_COLUMNS
from skillsim.results.money import Spent, money, spent
from skillsim.results.plan_log import plan_log, warnings
from skillsim.results.seat_plan import seat_plan
from skillsim.results.targets import Answer, answer
from skillsim.scenario.basic import Pick
from skillsim.scenario.types import Scenario, numbers

Floats = NDArray[np.float64]
BREAKDOWNS = ("area", "pathway", "programme", "level", "industry")
TARGET_COLUMNS = (
    "scenario", "target", "label", "indicator", "year", "direction", "goal", "mean", "p05", "p50", "p95", "probability",
    "mcse", "parameter_share", "first_year_met", "movable_until",
)


@dataclass(frozen=True)
class Result:
    """What a run of one scenario found.

    ``replications`` R and ``seed`` say how it was drawn; ``draws`` is the number of random draws made;
    ``short`` by stage row (pathway:stage) the share of parameter draws in which vacancies kept its base rate from coming out,
    ``short_in_all`` the share in which they kept any;
    ``assumed_variance`` the share of each target's variance that assumed numbers cause, where it was asked for.
    """

    scenario: Scenario
    seed: int
    replications: int
    draws: int
    inputs: Inputs
    history: History
    assumed_variance: Mapping[str, float] | None = None
    short: Mapping[str, float] = field(default_factory=dict)
    short_in_all: float = 0.0

    @property
    def name(self) -> str:
        """Return the scenario's name, or that of the policies on it."""
        return self.scenario.label

    @cached_property
    def values(self) -> Values:
        """Return the indicator values by replication."""
        return Values(self.inputs, self.history, 2)

    def replicate(self, indicator: str, of: Pick | None = None) -> Floats:
        """Return an indicator for every year and replication: float [Y, R], nan where it is 0/0."""
        return self.values.value(indicator, of or Pick())

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """Return what the run says of each target, in the scenario's order."""
        return tuple(answer(code, target, self.values) for code, target in self.scenario.targets.items())

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Return what vacancies cost each retention target; empty where graduates meet no vacancies."""
        return tuple(bindings(self.values, self.answers))

    def targets(self) -> pd.DataFrame:
        """Return the targets table, one row a target (columns in docs/model.md, Outputs)."""
        rows = []
        for a in self.answers:
            s = statistics.summary(a.values[None])
            goal = a.target.value if a.target.band is None else "..".join(f"{v:g}" for v in a.target.band)
            rows.append((
                self.name, a.code, a.label, a.target.indicator, a.target.year, a.target.direction, goal,
                *(float(s[k][0]) for k in ("mean", "p05", "p50", "p95")), a.probability, a.mcse, a.parameter_share,
                a.first_year_met, a.movable_until,
            ))
        out = pd.DataFrame(rows, columns=list(TARGET_COLUMNS))
        return out.astype({"first_year_met": "Int64", "movable_until": "Int64", "probability": float, "mcse": float})

    @cached_property
    def _frame(self) -> pd.DataFrame:
        parts = [tidy(self.name, rows, self.inputs.years, statistics.summary(values)) for rows, values in self.values.tables()]
        return pd.concat(parts, ignore_index=True)

    def frame(self) -> pd.DataFrame:
        """Return the tidy table of indicators: scenario, indicator, area, pathway, programme, level, industry, year, mean,
        sd, p05, p25, p50, p75, p95, mcse; blank breakdowns mean all."""
        return self._frame.copy()

    def seat_plan(self) -> pd.DataFrame:
        """Return the seats of every year and seat row beside the planned ones, and why they are what they are: scenario, year,
        school, programme, pathway, areas, planned, seats, p05, p50, p95, last_completion, reason, reason_share."""
        return seat_plan(self.name, self.inputs, self.history)

    def plan_log(self) -> pd.DataFrame:
        """Return by how much each step of the plan moved each row's seats, without rows where only planned seats and capacity
        can: scenario, year, school, programme, pathway, areas, step, move, p05, p95, share (of the replications in which it
        did)."""
        return plan_log(self.name, self.inputs, self.history)

    def warnings(self) -> pd.DataFrame:
        """Return which programmes were under warning, and in which share of the replications: scenario, year, school, programme,
        yellow, red, closed."""
        return warnings(self.name, self.inputs, self.history)

    @cached_property
    def spent(self) -> Spent | None:
        """Return what the items of cost come to by year and replication; None where the scenario has none."""
        return spent(self.values) if self.scenario.money is not None else None

    def money(self) -> pd.DataFrame:
        """Return the tidy table of costs, without rows where the scenario has none: scenario, year, item, payer, asked, paid,
        cut, p05, p95, over_limit (see :func:`skillsim.results.money.money`)."""
        return pd.DataFrame(columns=list(MONEY_COLUMNS)) if self.spent is None else money(self.name, self.values, self.spent)

    def _adjusted(self, i: int) -> dict[str, float]:
        """Return by year the people that actual figures added (mean over replications)."""
        means = self.history.adjusted[:, i].mean(axis=-1)
        return {str(year): float(mean) for year, mean in zip(self.inputs.years, means, strict=True) if mean}

    def save(self, folder: str | Path) -> Path:
        """Write this result alone; see :func:`skillsim.results.files.save`."""
        from skillsim.results.files import save

        return save([self], folder)

    def manifest(self) -> dict[str, Any]:
        """Return what the run was: nothing in it differs between equal runs."""
        resolved = resolve(self.scenario)
        return {
            "scenario": self.name,
            "sha256": sha256_of(resolved),
            "policies": list(self.scenario.applied),
            "seed": self.seed,
            "replications": self.replications,
            "draws": self.draws,
            "provenance": provenance(self.scenario),
            "assumed_variance": dict(self.assumed_variance) if self.assumed_variance is not None else None,
            "blank": {a.code: float(np.isnan(a.values).mean()) for a in self.answers},
            "last_intakes": {a.code: a.last_intakes for a in self.answers},
            "base_rates_short": {"any": self.short_in_all, **dict(sorted(self.short.items()))} if self.short else {},
            "vacancies_bound": bound(self.values),
            "retention_bound_by": {b.code: {k: v for k, v in vars(b).items() if k != "code"} for b in self.bindings},
            "adjusted": {name: self._adjusted(i) for i, name in enumerate(ADJUSTED)},
            "versions": dict(versions()),
            "resolved": resolved,
        }


def tidy(name: str, rows: list[Row], years: NDArray[np.int64], figures: dict[str, Floats]) -> pd.DataFrame:
    """Return a tidy frame of figures [rows, Y], one line for each row and year."""
    # as objects: rows of one word share it instead of holding a copy each
    columns: dict[str, Any] = {"scenario": np.repeat(np.array([name], dtype=object), len(rows) * len(years))}
    for part in ("indicator", *BREAKDOWNS):
        columns[part] = np.repeat(np.array([getattr(row, part) for row in rows], dtype=object), len(years))
    columns["year"] = np.tile(years, len(rows))
    return pd.DataFrame(columns | {code: found.reshape(-1) for code, found in figures.items()})


def resolve(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as plain values, with the sources of its blocks and the changes that policies made."""
    changed = {
        path: [
            {"policy": p.policy, "op": p.op, "value": p.value, "from": p.since.isoformat(),
             "until": p.until.isoformat() if p.until else None, "hold": p.hold}
            for p in number.patches
        ]
        for path, number, _ in numbers(scenario) if number.patches
    }
    return {
        **scenario.model_dump(mode="json", exclude_none=True, by_alias=True),
        "sources": {path: source.model_dump(exclude_none=True) for path, source in sorted(scenario.sources.items())},
        "changes": changed,
    }


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of Python, of the program and of the libraries that figures depend on."""
    names = ("skillsim", "numpy", "scipy", "numba", "simpy", "pandas", "pyarrow")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def sha256_of(values: Any) -> str:
    """Return the hash of plain values, the same whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def provenance(scenario: Scenario) -> dict[str, Any]:
    """Return how many of the figures that the file states have which kind of source."""
    kinds: dict[str, int] = {}
    for path, _, _ in numbers(scenario, written=True):
        source = scenario.source_of(path)
        kind = source.kind if source else "unstated"
        kinds[kind] = kinds.get(kind, 0) + 1
    changes = [f"policies.{name}.changes.{i}" for name in scenario.applied if name in scenario.policies
               for i in range(len(scenario.policies[name].changes))]
    ours = [path for path in changes if (source := scenario.source_of(path)) is None or source.kind == "assumed"]
    total = sum(kinds.values())
    assumed = kinds.get("assumed", 0) + kinds.get("unstated", 0)
    return {"numbers": total, "kinds": dict(sorted(kinds.items())), "assumed_share": assumed / total if total else 0.0,
            "changes": len(changes), "changes_assumed": len(ours)}
