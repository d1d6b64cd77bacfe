"""A scenario on a source of chance: warm-up, and the run itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Draws, Expected
from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs, inputs_for
from skillsim.engine.intercepts import Solved, intercepts
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.run import Run, Snapshot
from skillsim.scenario.types import Scenario

Array = NDArray[Any]
BLOCK = 200


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


def solved_for(
    scenario: Scenario, seed: int, pairs: int, start: Snapshot, layout: Layout | None = None, held: frozenset[str] = frozenset(),
) -> list[Solved]:
    """Return the intercepts for the first parameter draws, in blocks of at most ``BLOCK``.

    They do not depend on how the draws are cut into blocks; a block of many costs hardly more than one of few.
    """
    edges = range(0, pairs, BLOCK) if scenario.uncertainty.parameters else [0]
    out = []
    for first in edges:
        draws = np.arange(first, min(first + BLOCK, pairs)) if scenario.uncertainty.parameters else None
        years = scenario.years
        out.append(intercepts(inputs_for(scenario, years.first, years.last, draws, seed, layout, held), start))
    return out


def simulate(
    scenario: Scenario, seed: int, first: int, count: int, start: Snapshot, layout: Layout | None = None,
    held: frozenset[str] = frozenset(), alpha: Array | None = None, history: History | None = None,
) -> tuple[History, int]:
    """Return the history of replications ``first ... first + count - 1`` and the number of draws made.

    Numbers whose path is in ``held`` stay at their means.  ``alpha`` are the intercepts [stage rows, P] of these
    replications' parameter draws; they are solved where they are not given.  ``history`` is where to record, by default a
    history of its own.  Replications 2m and 2m+1 share parameter draw
    m.  With process chance off, each pair gives its mean twice over.
    """
    chances = scenario.uncertainty
    pairs = np.arange(first // 2, (first + count) // 2) if chances.parameters else None
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, seed, layout, held)
    if alpha is None:
        alpha = intercepts(inputs, start).alpha
    if chances.process:
        source = Draws(seed, first, count)
        return finished(Run(inputs, source, start, alpha, history=history)), source.n_draws
    means = expected(inputs, start, alpha)
    whole = history or History.empty(inputs.layout, len(inputs.years), count, np.float64)
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
