"""A cohort: one intake on its way through the stages, as a SimPy process for all replications at once."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray

from skillsim.engine.layout import Age, Layout
from skillsim.rules.arrays import add_rows, summed

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]


@dataclass
class Trace:
    """What becomes of one intake, noted as it happens; an intake that is already on its way when the run begins is not noted.

    ``taken`` [entry cells, R]: entrants before actual figures; ``leaving`` [groups, R] by calendar year: who leaves with a
    diploma, before actual figures; ``people`` [pathways, R] by what they do: joined (who repeats, from the intake before),
    dropped, repeating (to the next intake), general (to the general track for good), added and removed (by actual entrants
    and headcounts), in_school (at the end of the run, the general track with them).
    """

    layout: Layout
    intake: int
    taken: Array | None = None
    leaving: dict[int, Array] = field(default_factory=dict)
    people: dict[str, Array] = field(default_factory=dict)

    def by_pathway(self, rows: Array, cells: NDArray[np.int64]) -> Array:
        """Return rows [N, R] of these cells summed by pathway."""
        layout = self.layout
        of_offer = np.array([layout.pathways.index(pathway) for pathway, _, _ in layout.offers], dtype=np.int64)
        offer = np.array([layout.cells[cell][0] for cell in cells], dtype=np.int64)
        return summed(rows, of_offer[offer], len(layout.pathways))

    def note(self, what: str, rows: Array, cells: NDArray[np.int64]) -> None:
        """Add rows [N, R] of these cells to what their pathway's people do."""
        self.people[what] = self.people.get(what, 0) + self.by_pathway(rows, cells)

    def adjust(self, change: Array, cells: NDArray[np.int64]) -> None:
        """Note what actual figures of a day add to each pathway or take from it; rows [N, R] of these cells."""
        net = self.by_pathway(change, cells)
        for what, rows in (("added", np.maximum(net, 0)), ("removed", np.maximum(-net, 0))):
            self.people[what] = self.people.get(what, 0) + rows


class Cohort:
    """One intake: its heads by cell, those in the general track, and what is under way between spring and autumn.

    Parameters
    ----------
    intake : the year in which it entered
    age : school years since then
    heads : [cells alive at this age, R]
    general : [cells with a general track, R]
    entrants : [offers, R] how many entered each offer (the caps of gates are shares of it)
    """

    def __init__(self, run: Run, intake: int, age: int, heads: Array, general: Array, entrants: Array):
        self.run, self.intake, self.age = run, intake, age
        self.heads, self.general, self.entrants = heads, general, entrants
        self.staying = self.through = heads
        self.trace = run.trace if run.trace is not None and run.trace.intake == intake else None

    @property
    def step(self) -> Age:
        """Return the structure of the current school year."""
        return self.run.layout.ages[self.age]

    def live(self, resumed: bool) -> Generator[simpy.Event, Any, None]:
        """Go through the school years: term, (census), progress, assessment, graduation, next term."""
        run = self.run
        while True:
            if not resumed:
                yield run.until("term", self.intake + self.age)
                self._begin()
            resumed = False
            year = self.intake + self.age + 1
            yield run.until("progress", year)
            self._progress(year)
            yield run.until("assessment", year)
            self._assess(year)
            yield run.until("graduation", year)
            self._depart(year)
            if self.age + 1 == len(run.layout.ages):
                run.cohorts.remove(self)
                return
            self.age += 1

    def _begin(self) -> None:
        """The school year starts: who repeats this year joins from the intake before."""
        waiting = self.run.repeaters.pop((self.intake, self.age), None)
        if waiting is not None:
            self.heads = self.heads + waiting
            self._note("joined", waiting, self.step.cells)

    def _note(self, what: str, rows: Array, cells: NDArray[np.int64]) -> None:
        if self.trace is not None:
            self.trace.note(what, rows, cells)

    def _progress(self, year: int) -> None:
        """Competing risks of the school year in one multinomial; who moved to the general track may come back."""
        run, step = self.run, self.step
        outcome = run.source.split(self.heads, run.rates_of(self.age, year), "progress", year, step.keys)
        run.ledger.move("progress", lambda i: run.layout.cell_name(step.cells[i]), self.heads, outcome)
        dropped, repeating, moved, staying = outcome
        run.record("dropouts", year, dropped, run.lines_of(self, year - 1))
        run.ledger.leave(dropped, step.origin)
        run.repeaters[self.intake + 1, self.age] = repeating
        self._note("dropped", dropped, step.cells)
        self._note("repeating", repeating, step.cells)
        if len(step.general):
            staying = self._general(year, moved[step.general], staying)
        self.staying = staying

    def _general(self, year: int, moved: Array, staying: Array) -> Array:
        """Move students to the general track and back; at the end of a stage they leave for good."""
        run, step = self.run, self.step
        p = run.inputs.back[run.at(year)][step.rates[step.general]]
        back = run.source.binomial(self.general, p, "back from general", year, step.general_keys)
        left = self.general - back
        run.ledger.move("back from the general track", lambda i: run.layout.cell_name(step.cells[step.general[i]]),
                        self.general, back, left)
        gone = np.where(step.general_ends[:, None], left + moved, 0).astype(left.dtype)
        run.ledger.leave(gone, step.general_origin)
        self._note("general", gone, step.cells[step.general])
        self.general = left + moved - gone
        staying = staying.copy()
        staying[step.general] += back
        return staying

    def _assess(self, year: int) -> None:
        """The gate between stages: who passes, up to the cap; all others whose stage ends leave with its diploma."""
        run, step = self.run, self.step
        ends = self.staying[step.ends]
        through = np.zeros_like(ends)
        if len(step.gate):
            facing = ends[step.gate]
            passed = run.source.binomial(facing, run.gate_of(self.age, year), "assessment", year, step.gate_keys)
            limit = self._cap(year, step)
            accepted = run.source.ration(passed, limit, step.gate_slot, "cap", year, step.gate_keys)
            run.ledger.move("assessment", self._gate_name, facing, passed, facing - passed)
            run.ledger.move("cap", self._gate_name, passed, accepted, passed - accepted)
            run.ledger.limit("cap", lambda i: "·".join(run.layout.offers[step.gate_offer[i]]),
                             summed(accepted, step.gate_slot, len(step.gate_offer)), limit)
            run.record("at_gate", year, facing, step.gate_line)
            run.record("through_gate", year, accepted, step.gate_line)
            through[step.gate] = accepted
        self.through = through
        leaving = ends - through
        run.add_leavers(leaving, step.ends_group, step.origin[step.ends])
        if self.trace is not None:
            self.trace.leaving[year] = summed(leaving, step.ends_group, len(run.layout.groups))
        if not run.failed_can_sit() and len(step.gate):
            run.bar_from_exam(leaving[step.gate], step.ends_group[step.gate])

    def _gate_name(self, i: int) -> str:
        return self.run.layout.cell_name(self.step.cells[self.step.ends[self.step.gate[i]]])

    def _cap(self, year: int, step: Age) -> Array:
        """Return the most who may pass at each offer's gate [offers with a gate, R]."""
        run = self.run
        stage = run.gate_stage_rows(self.age)
        share = run.columns(run.inputs.gate_cap[run.at(year)][stage])
        return run.whole(share * self.entrants[step.gate_offer])

    def reserved(self, year: int) -> Array:
        """Return the places that next autumn's later stages must keep [offers with a gate, R]."""
        step = self.step
        heads = summed(self.heads[step.ends[step.gate]], step.gate_slot, len(step.gate_offer))
        return np.minimum(self._cap(year, step), heads)

    def _depart(self, year: int) -> None:
        """Diplomas are out: those through the gate and those in mid-stage are what the next school year starts with."""
        run, step = self.run, self.step
        if self.age + 1 == len(run.layout.ages):
            self.heads = self.heads[:0]
            return
        then = run.layout.ages[self.age + 1]
        heads = np.zeros((len(then.cells), run.source.columns), dtype=run.source.dtype)
        heads[step.stays_next] = self.staying[step.stays]
        if len(step.gate):
            add_rows(np.ascontiguousarray(self.through[step.gate]), step.gate_next, heads)
        before = run.ledger.by_origin(self.staying[step.stays], step.origin[step.stays])
        before += run.ledger.by_origin(self.through, step.origin[step.ends])
        run.ledger.move("next school year", lambda i: f"intake {self.intake}, year {self.age + 2}", before,
                        run.ledger.by_origin(heads, then.origin))
        general = np.zeros((len(then.general), run.source.columns), dtype=run.source.dtype)
        add_rows(np.ascontiguousarray(self.general), step.general_next, general)
        self.heads, self.general = heads, general
