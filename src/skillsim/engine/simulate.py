"""A scenario on a source of chance: warm-up, intercepts, and the run itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Draws, Expected
from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs, inputs_for
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.run import Run, Snapshot
from skillsim.errors import Problem, ScenarioError
from skillsim.rules.retention import solve_intercept
from skillsim.scenario.policies import as_written
from skillsim.scenario.types import Scenario

Array = NDArray[Any]


def warm_start(scenario: Scenario, seed: int, layout: Layout | None = None) -> Snapshot:
    """Return the place on 31 December before the first reported year.

    Its stocks are the means that the seats and rates of the first years would have left behind, worked out on the
    expectation source over the longest way through the place; no stock begins empty.
    """
    first, layout = scenario.years.first, layout or lay_out(scenario)
    span = inputs_for(scenario, first, first, None, seed, layout).warm_up
    run = Run(inputs_for(scenario, first - span, first - 1, None, seed, layout), Expected(1), None, None)
    run.go()
    snapshot = run.snapshot()
    run.close()
    return snapshot


def intercepts(inputs: Inputs, start: Snapshot) -> Array:
    """Return the intercepts of the wish to stay [stage rows, P], solved on the expectation source.

    They belong to the scenario as written: a policy that already acts in the year of an observed rate must not be undone
    by the intercept.  Each observed rate comes out, by its definition and day, in its year, given who graduates then and
    who goes on studying.  A pathway with no graduates in that year is solved for graduates who come from the place.

    Raises
    ------
    ScenarioError
        where a rate can't come out.
    """
    scenario, layout = as_written(inputs.scenario), inputs.layout
    if scenario is not inputs.scenario:
        inputs = replace(inputs, scenario=scenario, _drawn={})
    last = max(base.year for base in scenario.retention.base)
    columns = 1 if inputs.pairs is None else len(inputs.pairs)
    history = finished(Run(inputs, Expected(columns), start, np.zeros((len(layout.stages), 1)), last))
    out = np.zeros((len(layout.stages), columns))
    problems = []
    for i, base in enumerate(scenario.retention.base):
        y = base.year - inputs.first
        wanted = np.broadcast_to(inputs.get(f"retention.base.{base.key}.rate")[y], (columns,))
        found = tuple(np.broadcast_to(f[y], (columns,)) for f in inputs.found(base.measured_on))
        for row, (pathway, stage) in enumerate(layout.stages):
            if pathway not in base.pathways or scenario.pathways[pathway].stages[stage].level != base.level:
                continue
            groups = np.nonzero(layout.group_stage == row)[0]
            further = history.destinations[y][:2, groups].sum(axis=1)
            seekers = history.graduates[y][groups] - history.destinations[y][:2, groups].sum(axis=0)
            if not (seekers.sum(axis=0) > 0).all():
                local = layout.group_origin[groups] == 0
                seekers = np.broadcast_to((local | ~local.any())[:, None].astype(float), seekers.shape)
                further = np.zeros_like(further)
            terms = np.broadcast_to(inputs.stay_terms[y][groups], seekers.shape)
            alpha, low, high = solve_intercept(wanted, base.definition, terms, seekers, found, (further[0], further[1]))  # type: ignore[arg-type]
            out[row] = alpha
            bad = np.isnan(alpha)
            if bad.any():
                at = int(np.argmax(bad))
                problems.append(Problem("base_infeasible", f"retention.base.{i}", args={
                    "pathway": pathway, "level": base.level, "definition": base.definition.upper(),
                    "rate": f"{wanted[at]:.3f}", "lo": f"{low[at]:.3f}", "hi": f"{high[at]:.3f}",
                }))
    if problems:
        raise ScenarioError(problems)
    return out


def simulate(
    scenario: Scenario, seed: int, first: int, count: int, start: Snapshot, layout: Layout | None = None,
    held: frozenset[str] = frozenset(),
) -> tuple[History, int]:
    """Return the history of replications ``first ... first + count - 1`` and the number of draws made.

    Numbers whose path is in ``held`` stay at their means.  Replications 2m and 2m+1 share parameter draw m.  With process
    chance off, each pair gives its mean twice over.
    """
    chances = scenario.uncertainty
    pairs = np.arange(first // 2, (first + count) // 2) if chances.parameters else None
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, seed, layout, held)
    alpha = intercepts(inputs, start)
    if chances.process:
        source = Draws(seed, first, count)
        return finished(Run(inputs, source, start, alpha)), source.n_draws
    means = expected(inputs, start, alpha)
    whole = History.empty(inputs.layout, len(inputs.years), count, np.float64)
    columns = np.repeat(np.arange(count // 2), 2) if chances.parameters else np.zeros(count, dtype=int)
    for name, values in vars(means).items():
        getattr(whole, name)[...] = values[..., columns]
    return whole, 0


def expected(inputs: Inputs, start: Snapshot, alpha: Array) -> History:
    """Return the run on the expectation source: one column for each parameter draw of the inputs (1 for the means)."""
    columns = 1 if inputs.pairs is None else len(inputs.pairs)
    return finished(Run(inputs, Expected(columns), start, alpha))


def finished(run: Run) -> History:
    """Return the history of a run, run to its end and let go of."""
    history = run.go()
    run.close()
    return history
