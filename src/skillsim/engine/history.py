"""What a run leaves behind: counts by year, structure and replication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.layout import Layout
from skillsim.terms import DESTINATIONS, STEPS

Array = NDArray[Any]
SPANS = (1, 3, 5)  # years after graduation at which graduates at work here are counted


@dataclass
class History:
    """Counts of one scenario; the first axis is the year, the last the replication.

    ``junior``, ``general``, ``not_local`` [Y, areas, R]; ``seats``, ``entrants`` [Y, pools, R]; ``headcount``, ``dropouts`` [Y,
    lines, R]; ``at_gate``, ``through_gate`` [Y, gate lines, R]; ``destinations`` [Y, 9, groups, R] in the order of
    :data:`skillsim.terms.DESTINATIONS` (until they are drawn all who don't go on studying stand in the last); ``adjusted`` [Y,
    3, R]: people that actual figures added to entrants, headcount and graduates; ``reason`` int8 [Y, pools, R]: why the seats
    are what they are, by position in :data:`skillsim.terms.REASONS`; ``before`` [2, pools, R]: seats and entrants of the year
    before the first.

    Of rules that move seats, without rows where there are none: ``moves`` int16 [Y, steps, pools, R]: by how much each step of
    the plan, in the order of :data:`skillsim.terms.STEPS`, moved last year's seats to this year's; ``colours`` int8 [Y, courses,
    R]: warning of each school's programme (0 none, 1 yellow, 2 red, 3 closed).

    Of the labour market, without rows where there is none: ``wanted``, ``vacancies``, ``opened``, ``hired``, ``experienced``,
    ``exits``, ``workers`` [Y, jobs, R]; ``stayers``, ``turned_away``, of these ``gave_up`` [Y, groups, R]; ``carried`` [Y, job
    levels, R]; ``retired`` [Y, categories, R]; ``flows`` [Y, 3, R]: came back, changed their job, moved in; ``here`` [Y, 3,
    tracks, R]: of those who graduated 1, 3 and 5 years ago, who is at work here.

    Where it counts in which area people work: ``worked_in`` [Y, areas of the place, groups, R], those at work here by area;
    ``near`` [Y, groups, R], those at work in the near areas.

    ``raised`` [Y, jobs from which training raises, R]: who rose from each; ``teachers`` [Y, 2, staffed schools, R]: the
    dual-qualified and the others on 31 December, ``teacher_flows`` [Y, 3, staffed schools, R]: hired, left, trained.

    Of tables of stages: ``table_stock``, ``table_recruits`` [Y, stages, R]: who is there on 31 December, and of these who came in
    the year; ``table_exits`` [Y, exits, R]: who left.

    ``funded`` int16 [Y, items of cost, R]: what share of each the city's budget funds, in basis points; no rows where it has no
    limit.
    """

    junior: Array
    general: Array
    not_local: Array
    seats: Array
    entrants: Array
    headcount: Array
    dropouts: Array
    at_gate: Array
    through_gate: Array
    destinations: Array
    adjusted: Array
    wanted: Array
    vacancies: Array
    opened: Array
    hired: Array
    experienced: Array
    exits: Array
    workers: Array
    stayers: Array
    turned_away: Array
    gave_up: Array
    carried: Array
    retired: Array
    flows: Array
    here: Array
    worked_in: Array
    near: Array
    raised: Array
    teachers: Array
    teacher_flows: Array
    table_stock: Array
    table_recruits: Array
    table_exits: Array
    funded: Array
    reason: Array
    moves: Array
    colours: Array
    before: Array

    @classmethod
    def empty(
        cls, layout: Layout, years: int, columns: int, dtype: Any, logged: bool = False, warned: bool = False,
    ) -> History:
        """Return a history of zeros; with or without the log of the plan and the colours of warning."""
        areas, pools, lines, groups = len(layout.areas), len(layout.pools), len(layout.lines), len(layout.groups)
        gates = len(layout.gate_lines)
        rows: dict[str, tuple[int, ...]] = {
            "junior": (areas,), "general": (areas,), "not_local": (areas,), "seats": (pools,), "entrants": (pools,),
            "headcount": (lines,), "dropouts": (lines,), "at_gate": (gates,), "through_gate": (gates,),
            "destinations": (len(DESTINATIONS), groups), "adjusted": (3,),
        }
        market = layout.jobs
        jobs, seekers, levels, three = (len(market.job_level), groups, len(market.levels), 3) if market else (0, 0, 0, 0)
        rows |= dict.fromkeys(("wanted", "vacancies", "opened", "hired", "experienced", "exits", "workers"), (jobs,))
        rows |= dict.fromkeys(("stayers", "turned_away", "gave_up"), (seekers,))
        rows |= {"carried": (levels,), "retired": (three,), "flows": (three,)}
        rows["here"] = (len(SPANS), len(market.tracks) if market else 0)
        places = len(layout.work_areas) if layout.placed else 0
        rows |= {"worked_in": (places, groups), "near": (groups if places else 0,)}
        rows["raised"] = (len(layout.trained),)
        stages, exits = len(layout.flow.stages), len(layout.flow.exits)
        rows |= {"table_stock": (stages,), "table_recruits": (stages,), "table_exits": (exits,)}
        rows |= {"teachers": (2, len(layout.staffed)), "teacher_flows": (3, len(layout.staffed))}
        return cls(
            **{name: np.zeros((years, *shape, columns), dtype=dtype) for name, shape in rows.items()},
            funded=np.zeros((years, len(layout.funded), columns), dtype=np.int16),
            reason=np.zeros((years, pools, columns), dtype=np.int8),
            moves=np.zeros(
                (years, len(STEPS) if logged else 0, pools, columns), dtype=np.int16 if np.dtype(dtype).kind == "i" else dtype
            ),
            colours=np.zeros((years, len(layout.courses) if warned else 0, columns), dtype=np.int8),
            before=np.zeros((2, pools, columns), dtype=dtype),
        )

    @property
    def graduates(self) -> Array:
        """Return the leavers with a diploma [Y, groups, R]: all of their destinations."""
        out: Array = self.destinations.sum(axis=1, dtype=self.destinations.dtype)
        return out

    def begin_as(self, other: History, years: int) -> None:
        """Take the first years of another history of at least as many replications for those of this one."""
        for f in fields(self):
            mine = getattr(self, f.name)
            theirs = getattr(other, f.name)[..., : mine.shape[-1]]
            if f.name == "before":
                mine[...] = theirs
            elif mine.shape[1:] == theirs.shape[1:]:  # the log of the plan may be kept by one of them alone
                mine[:years] = theirs[:years]

    def part(self, first: int, count: int) -> History:
        """Return some of the replications as a history that writes into this one."""
        return History(**{f.name: getattr(self, f.name)[..., first : first + count] for f in fields(self)})


def side_by_side(parts: Sequence[History]) -> History:
    """Return the replications of several histories as one."""
    return History(**{f.name: np.concatenate([getattr(part, f.name) for part in parts], axis=-1) for f in fields(History)})
