"""Which lever moves a target most (docs/model.md, Effects of levers)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import SEED, Progress, Stopped, ground_for, run
from skillsim.analysis.track import goal, margin
from skillsim.engine.inputs import column_apart
from skillsim.engine.simulate import side_by_side
from skillsim.errors import ScenarioError
from skillsim.results.indicators import Values
from skillsim.results.result import Result
from skillsim.scenario.levers import Lever, first_day
from skillsim.scenario.types import Scenario, Target, Uncertainty, numbers

Floats = NDArray[np.float64]
Row = tuple[str, float, float, float, float, float]
BESIDE = 100  # variants in one run
PREVIEW = 2  # replications: the expectation source gives each the same
ROUNDING = 1e-12
RANK_COLUMNS = ("lever", "amount", "value", "baseline", "change", "gain")


def preview(scenario: Scenario) -> Scenario:
    """Return the scenario with both chances off: its run is one pass on the expectation source."""
    return scenario.model_copy(update={"uncertainty": Uncertainty(parameters=False, process=False)})


def rank(
    scenario: Scenario, levers: Mapping[str, Lever], code: str, ground: Ground | None = None, since: date | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None, seed: int = SEED,
) -> pd.DataFrame:
    """Return how far each lever alone moves a target, those first that bring it nearest.

    Each is pushed to the ends of its range at which it does not stand already, on the expectation source; the end that is better
    for the target is kept.

    Parameters
    ----------
    scenario : the scenario as it stands, on top of which each lever comes; of its ``preview`` is the ground
    levers : by code
    code : the target's
    ground : what :func:`~skillsim.analysis.running.ground_for` gave for ``preview(scenario)`` and the seed
    since : the day from which a lever acts, by default the first on which it can
    progress : called with (runs done, of all)
    stop : set it to stop between two runs

    Returns
    -------
    lever, amount (the end kept), value (the target's in its year), baseline, change (value less baseline), gain (how much nearer
    the goal; without a goal the size of the change).  Levers without effect come after all others, with 0; last, with
    blanks, those without a figure, or of which the scenario refuses every end.
    """
    return rankings(scenario, levers, ground, since, progress, stop, seed)[code]


def rankings(
    scenario: Scenario, levers: Mapping[str, Lever], ground: Ground | None = None, since: date | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None, seed: int = SEED,
    instead: Mapping[str, Scenario] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the ranking of levers for every target by its code, all from the same runs; see :func:`rank`.

    ``instead`` gives by lever the scenario on top of which it comes, where that is another: without its own move.
    """
    day, orders = scenario.as_of, "programmes.*.order_class"
    base = preview(scenario)
    if any(path.endswith(".order_class") for lever in levers.values() for path in lever.paths):
        base = base.vary({orders: ("add", 0.0, day)})  # those that the file leaves out have rows too, so that all have the same
    shared = ground if ground is not None and ground.key == ground_key(base, seed) else ground_for(base, PREVIEW, seed, stop=stop)
    starts = {name: preview(one) for name, one in (instead or {}).items()}
    pushes = list(_pushes(base, levers, since, starts))
    means = _means(base, [base, *(one for _, _, one in pushes)], shared, seed, progress, stop)
    return {
        code: _ranked(target, list(levers), pushes, *values)
        for (code, target), values in zip(scenario.targets.items(), means.tolist(), strict=True)
    }


def _ranked(
    target: Target, levers: list[str], pushes: list[tuple[str, float, Scenario]], baseline: float, *found: float,
) -> pd.DataFrame:
    """Return the ranking for one target from its value as it stands and in each push."""
    tried: dict[str, list[Row]] = {name: [] for name in levers}
    for (name, amount, _), value in zip(pushes, found, strict=True):
        same = np.isclose(value, baseline, rtol=ROUNDING, atol=0.0, equal_nan=True)
        change = 0.0 if same else value - baseline
        tried[name].append((name, amount, value, baseline, change, _gain(target, value, baseline) if change else 0.0))
    rows = [
        max(pushed or [(name, np.nan, np.nan, baseline, np.nan, np.nan)], key=_merit) for name, pushed in tried.items()
    ]
    rows.sort(key=lambda row: (np.isnan(row[4]), row[4] == 0, -row[5], row[0]))
    return pd.DataFrame(rows, columns=list(RANK_COLUMNS))


def _pushes(
    base: Scenario, levers: Mapping[str, Lever], since: date | None, starts: Mapping[str, Scenario],
) -> Iterator[tuple[str, float, Scenario]]:
    """Yield the scenarios in which each lever alone stands at an end of its range; not where it stands already, nor what the
    scenario refuses."""
    for name, lever in levers.items():
        start = starts.get(name, base)
        day = since or first_day(start, lever)
        for amount in (lever.lo, lever.hi):
            wish = {change.key: (lever.op, amount, day) for change in lever.changes(amount, day)}
            if wish:
                with suppress(ScenarioError):
                    yield name, amount, start.vary(wish)


def _means(
    base: Scenario, variants: Sequence[Scenario], ground: Ground, seed: int, progress: Progress | None,
    stop: threading.Event | None,
) -> Floats:
    """Return the targets' mean values in each variant [targets, variants]: side by side in one run, save those that need one of
    their own."""
    targets = list(base.targets.values())
    out, own = np.full((len(targets), len(variants)), np.nan), {path: number for path, number, _ in numbers(base)}
    changed = [{path: number for path, number, _ in numbers(one) if number is not own[path]} for one in variants]
    apart = [i for i, paths in enumerate(changed) if any(column_apart(base, path) for path in paths)]
    together = sorted(set(range(len(variants))) - set(apart))
    blocks = [together[k : k + BESIDE] for k in range(0, len(together), BESIDE)] + [[i] for i in apart]
    done = 0
    for block in blocks:
        if stop is not None and stop.is_set():
            raise Stopped
        if block[0] in apart:
            one = variants[block[0]]
            result = run(one, PREVIEW, seed, 1, stop=stop, ground=_fitting(ground, one, seed))[0]
            out[:, block[0]] = [_values(result, target)[0] for target in targets]
        else:
            chosen, alpha = [changed[i] for i in block], ground.alpha(0, PREVIEW)
            inputs, history = side_by_side(base, chosen, seed, ground.start, ground.layout, alpha)
            values = Values(inputs, history, 1)
            out[:, block] = [values.value(one.indicator, one.of)[one.year - base.years.first] for one in targets]
        done += len(block)
        if progress is not None:
            progress(done, len(variants))
    return out


def _merit(row: Row) -> tuple[float, float]:
    """Return what the better push is chosen by: its gain, then its size; a blank is the worst."""
    return (-np.inf, 0.0) if np.isnan(row[5]) else (row[5], abs(row[4]))


def _gain(target: Target, value: float, baseline: float) -> float:
    """Return how much nearer a value is to the goal than the baseline; of a band nothing counts inside it."""
    if target.direction == "show":
        return abs(value - baseline)
    low, high = goal(target)
    near, before = float(margin(value, low, high)), float(margin(baseline, low, high))
    return min(near, 0.0) - min(before, 0.0) if target.direction == "band" else near - before


def _fitting(ground: Ground, scenario: Scenario, seed: int) -> Ground | None:
    """Return the ground where it is the scenario's too; a change can make rows of its own, and then needs another."""
    return ground if ground_key(scenario, seed) == ground.key else None


def _values(result: Result, target: Target) -> Floats:
    """Return a target's values in its year [R], whatever the result's own scenario asks."""
    return result.replicate(target.indicator, target.of)[target.year - result.scenario.years.first]
