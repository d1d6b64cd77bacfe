"""A scenario on a source of chance: warm-up, and the run itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Draws, Expected
from skillsim.engine.cohort import Trace
from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs, SideBySide, inputs_for
from skillsim.engine.intercepts import Solved, intercepts
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.planning import logged, warns
from skillsim.engine.run import Run, Search, Snapshot
from skillsim.scenario.numbers import Number
from skillsim.scenario.types import Scenario

Array = NDArray[Any]
BLOCK = 200


class Made(NamedTuple):
    """How many random draws were made, for the students' ways and for who stays and finds work, and the processor time within
    them in s."""

    students: int
    work: int
    seconds: float = 0.0

    @property
    def draws(self) -> int:
        """Return how many were made in all."""
        return self.students + self.work


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
    shared: Inputs | None = None,
) -> list[Solved]:
    """Return the intercepts for the first parameter draws, in blocks of at most ``BLOCK``.

    They do not depend on how the draws are cut into blocks; a block of many costs hardly more than one of few.  ``shared`` are
    inputs for all of these draws, whose figures are not drawn again.
    """
    years = scenario.years
    blocks: list[NDArray[np.int64] | None] = [None]
    if scenario.uncertainty.parameters:  # no block of one draw: one column is summed in another order than several
        pairs = max(pairs, 2)
        blocks = list(np.array_split(np.arange(pairs), min(-(-pairs // BLOCK), pairs // 2)))
    return [
        intercepts(inputs_for(scenario, years.first, years.last, draws, seed, layout, held, shared), start) for draws in blocks
    ]


def simulate(
    scenario: Scenario, seed: int, first: int, count: int, start: Snapshot, layout: Layout | None = None,
    held: frozenset[str] = frozenset(), alpha: Array | None = None, history: History | None = None, since: int | None = None,
    known: bool = False, shared: Inputs | None = None,
) -> tuple[History, Made]:
    """Return the history of replications ``first ... first + count - 1`` and the number of draws made.

    Numbers whose path is in ``held`` stay at their means.  ``alpha`` are the intercepts [stage rows, P] of these
    replications' parameter draws; they are solved where they are not given.  ``history`` is where to record, by default a
    history of its own.  Replications 2m and 2m+1 share parameter draw
    m.  With process chance off, each pair gives its mean twice over.

    ``since`` is a later year to begin with: ``start`` is then what :func:`begin` left for these replications, and the years
    before stand in ``history``.  With ``known`` (draws only) the students' side of all years stands there too, and only who
    stays and finds work is drawn.  ``shared`` are inputs of a variant; see :class:`~skillsim.engine.inputs.Inputs`.
    """
    inputs, columns = _inputs(scenario, seed, first, count, layout, held, shared)
    if alpha is None:
        alpha = intercepts(inputs, start).alpha
    whole = history or History.empty(
        inputs.layout, len(inputs.years), count, _dtype(scenario), logged(scenario), warns(scenario),
    )
    if not scenario.uncertainty.process:
        means = finished(Run(inputs, Expected(columns), start, alpha, since=since))
        _spread(means, whole, 0 if since is None else since - inputs.first)
        return whole, Made(0, 0)
    students, work = Draws(seed, first, count), Draws(seed, first, count)
    if known:
        finished(Search(inputs, students, replace(start, cohorts=()), alpha, history=whole, since=since, work=work))
    else:
        finished(Run(inputs, students, start, alpha, history=whole, since=since, work=work))
    return whole, Made(students.n_draws, work.n_draws, students.seconds + work.seconds)


def begin(
    scenario: Scenario, seed: int, first: int, count: int, start: Snapshot, until: int, layout: Layout | None = None,
    held: frozenset[str] = frozenset(), alpha: Array | None = None, shared: Inputs | None = None,
) -> tuple[History, Snapshot, Made]:
    """Run the years before ``until`` alone; see :func:`simulate`.

    Returns
    -------
    their history; the place at their end, one column for each replication, with process chance off for each parameter draw;
    the number of draws made
    """
    inputs, columns = _inputs(scenario, seed, first, count, layout, held, shared)
    process, years, dtype = scenario.uncertainty.process, until - inputs.first, _dtype(scenario)
    # each step of the plan is kept: a variant may have rules that the scenario has not
    whole = History.empty(inputs.layout, years, count, dtype, True, warns(scenario))
    kept = whole if process else History.empty(inputs.layout, years, columns, dtype, True, warns(scenario))
    students: Draws | Expected = Draws(seed, first, count) if process else Expected(columns)
    work: Draws | Expected = Draws(seed, first, count) if process else Expected(columns)
    run = Run(inputs, students, start, alpha, until - 1, kept, work=work)
    recorded, place = run.go(), run.snapshot()
    run.close()
    if not process:
        _spread(recorded, whole, 0)
    return whole, place, Made(students.n_draws, work.n_draws, students.seconds + work.seconds)


def columns_of(scenario: Scenario, first: int, count: int) -> slice:
    """Return which columns of what :func:`begin` left for all replications are those of some."""
    if scenario.uncertainty.process:
        return slice(first, first + count)
    return slice(first // 2, (first + count) // 2) if scenario.uncertainty.parameters else slice(0, 1)


def _inputs(
    scenario: Scenario, seed: int, first: int, count: int, layout: Layout | None, held: frozenset[str], shared: Inputs | None,
) -> tuple[Inputs, int]:
    """Return the inputs of some replications, and the columns that their means have."""
    pairs = np.arange(first // 2, (first + count) // 2) if scenario.uncertainty.parameters else None
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, seed, layout, held, shared)
    return inputs, 1 if pairs is None else len(pairs)


def _dtype(scenario: Scenario) -> Any:
    return Draws.dtype if scenario.uncertainty.process else Expected.dtype


def _spread(means: History, whole: History, since: int) -> None:
    """Write means, one column for each parameter draw, into a history with two columns for each, from a year's position on."""
    columns = means.junior.shape[-1]
    count = whole.junior.shape[-1]
    of = np.repeat(np.arange(columns), 2) if columns > 1 else np.zeros(count, dtype=int)
    for name, values in vars(means).items():
        if name != "before":
            getattr(whole, name)[since:] = values[since:][..., of]
        elif not since:
            whole.before[...] = values[..., of]


def side_by_side(
    scenario: Scenario, variants: Sequence[Mapping[str, Number]], seed: int, start: Snapshot, layout: Layout, alpha: Array,
) -> tuple[Inputs, History]:
    """Return inputs and history of variants of a scenario on the expectation source, one column each: all in one run.

    ``alpha`` are the intercepts [stage rows, 1]; see :class:`~skillsim.engine.inputs.SideBySide` for what variants may change.
    """
    years, n = scenario.years, len(variants)
    inputs = SideBySide(scenario, layout, years.first, years.last, None, seed, variants=tuple(variants))
    return inputs, finished(Run(inputs, Expected(n), start, np.repeat(alpha, n, axis=1)))


def expected(inputs: Inputs, start: Snapshot, alpha: Array) -> History:
    """Return the run on the expectation source: one column for each parameter draw of the inputs (1 for the means)."""
    columns = 1 if inputs.pairs is None else len(inputs.pairs)
    return finished(Run(inputs, Expected(columns), start, alpha))


def traced(inputs: Inputs, start: Snapshot, alpha: Array, intake: int) -> tuple[History, Trace]:
    """Return the run on the expectation source, one column, and what becomes of one intake in it."""
    trace = Trace(inputs.layout, intake)
    run = Run(inputs, Expected(1), start, alpha, trace=trace)
    history = run.go()
    for cohort in run.cohorts:
        if cohort.trace is not None:
            trace.note("in_school", cohort.heads, cohort.step.cells)
            trace.note("in_school", cohort.general, cohort.step.cells[cohort.step.general])
    run.close()
    return history, trace


def finished(run: Run) -> History:
    """Return the history of a run, run to its end and let go of."""
    history = run.go()
    run.close()
    return history
