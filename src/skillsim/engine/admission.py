"""Admission in July: young people, holders of a diploma and others choose among the places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine import observed
from skillsim.engine.cohort import Cohort
from skillsim.engine.ledger import ORIGINS
from skillsim.rules.arrays import add_rows, summed

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]
GATES = ("exam", "upgrade")


def admit(run: Run, year: int) -> None:
    """Fill the places: junior gate, then open exams, then general-high-school graduates; a new cohort is formed."""
    heads = np.zeros((len(run.layout.ages[0].cells), run.source.columns), dtype=run.source.dtype)
    entrants = np.zeros((len(run.layout.pools), run.source.columns), dtype=run.source.dtype)
    _admit_junior(run, year, heads, entrants)
    for gate in GATES:
        _admit_open(run, gate, year, heads, entrants)
    name = run.layout.pools.__getitem__
    run.ledger.limit("admission", name, entrants, run.history.seats[run.at(year)])
    taken = heads
    heads, entrants = observed.entrants(run, year, taken, entrants)
    offers = summed(entrants, run.layout.pool_offer, len(run.layout.offers))
    everyone = entrants.sum(axis=0, keepdims=True)
    run.ledger.move("new cohort", lambda i: f"intake {year}", everyone, heads.sum(axis=0, keepdims=True))
    run.ledger.enter(heads, run.layout.entry_origin)
    run.history.entrants[run.at(year)] = entrants
    general = np.zeros((len(run.layout.ages[0].general), run.source.columns), dtype=run.source.dtype)
    cohort = Cohort(run, year, 0, heads, general, offers)
    run.start(cohort, resumed=False)
    if cohort.trace is not None:
        cohort.trace.taken = taken
        cohort.trace.adjust(heads - taken, cohort.step.cells)
    run.history.destinations[run.at(year)][:2] = run.further
    run.history.destinations[run.at(year)][-1] = run.seekers()  # until it is known where they are
    if run.market is not None:
        run.market.wish(year, run.seekers())


def _admit_junior(run: Run, year: int, heads: Array, entrants: Array) -> None:
    """Parallel choice by score bands, after those who go to general high school (one platform, one batch)."""
    y, layout, source = run.at(year), run.layout, run.source
    pools, areas = layout.gate_pools["junior"], len(layout.areas)
    junior = run.columns(run.inputs.junior[y])
    people = _by_band(run, junior)

    def type_name(i: int) -> str:
        return f"{layout.areas[i % areas]}, band {i // areas + 1}"

    general = source.binomial(people, run.inputs.general_share[y], "general high school", year, run.junior_types)
    choosers = people - general
    run.ledger.move("general high school", type_name, people, general, choosers)
    seats = np.full((len(pools) + len(layout.alternatives), source.columns), -1, dtype=source.dtype)
    seats[: len(pools)] = run.history.seats[y][pools]
    filled = source.fill(
        choosers, run.inputs.junior_weights(y), seats, run.junior_band, "junior admission", year, run.junior_types,
        np.concatenate([layout.pool_keys[pools], run.alternative_keys]),
    )
    run.ledger.move(
        "junior admission", type_name, choosers,
        np.concatenate([filled.taken.transpose(1, 0, 2), filled.unplaced[None]]),
    )
    add_rows(filled.taken.reshape(-1, source.columns), run.junior_to, heads)
    entrants[pools] = filled.taken[:, : len(pools)].sum(axis=0)
    area = np.tile(np.arange(areas), layout.bands)
    history = run.history
    history.junior[y] = summed(people, area, areas)
    history.general[y] = summed(general, area, areas)
    history.not_local[y] = summed(filled.taken[:, len(pools) :].sum(axis=1) + filled.unplaced, area, areas)


def _by_band(run: Run, junior: Array) -> Array:
    """Return junior graduates [areas, R] as types [bands · areas, R]; whole people by cumulated shares under draws."""
    ends = np.cumsum([0.0, *run.scenario.choice.bands])
    ends[-1] = 1.0
    edges = ends[:, None, None] * junior[None]
    if run.counts_people:
        edges = np.floor(edges + 0.5)
    return np.diff(edges, axis=0).reshape(-1, run.source.columns).astype(run.source.dtype)


def _admit_open(run: Run, gate: str, year: int, heads: Array, entrants: Array) -> None:
    """Who passed an open exam chooses; then general-high-school graduates take what is left (entrance exam only)."""
    y, layout, source = run.at(year), run.layout, run.source
    pools, groups = layout.gate_pools[gate], layout.group_gate[gate]
    by_group, by_origin = run.inputs.gate_weights[gate](y)
    seats = run.history.seats[y][pools].astype(source.dtype)
    if len(groups):
        passers = run.passers[gate]
        with_elsewhere = np.concatenate([seats, np.full((1, source.columns), -1, dtype=source.dtype)])
        filled = source.fill(
            passers, by_group, with_elsewhere, np.zeros(len(groups), dtype=np.int64), f"{gate} admission", year,
            layout.group_keys[groups], np.concatenate([layout.pool_keys[pools], run.elsewhere_key]),
        )
        taken = filled.taken[:, :-1]
        run.ledger.move(f"{gate} admission", partial(run.name_in, groups), passers,
                         np.concatenate([filled.taken.transpose(1, 0, 2), filled.unplaced[None]]))
        here = run.inputs.pool_local[pools]
        run.further[0][groups] += taken[:, here].sum(axis=1)
        run.further[1][groups] += filled.taken[:, -1] + taken[:, ~here].sum(axis=1)
        to = layout.entry_cell[pools, 0][:, layout.group_origin[groups]].T.reshape(-1)
        add_rows(taken.reshape(-1, source.columns), to, heads)
        entrants[pools] += taken.sum(axis=0)
        seats = np.maximum(seats - taken.sum(axis=0), 0)  # a mean a hair below 0 would count as unlimited
    if gate == "exam" and len(pools):
        applicants = summed(run.columns(run.inputs.general_applicants[y]), layout.area_origin, 2).astype(source.dtype)
        filled = source.fill(
            applicants, by_origin, seats, np.zeros(2, dtype=np.int64), "general applicants", year, run.origin_keys,
            layout.pool_keys[pools],
        )
        run.ledger.move("general applicants", ORIGINS.__getitem__, applicants,
                         np.concatenate([filled.taken.transpose(1, 0, 2), filled.unplaced[None]]))
        to = layout.entry_cell[pools, 0].T.reshape(-1)
        add_rows(filled.taken.reshape(-1, source.columns), to, heads)
        entrants[pools] += filled.taken.sum(axis=0)
