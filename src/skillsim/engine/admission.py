"""Admission in July: young people, holders of a diploma and others choose among the places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Filled, rung_before
from skillsim.engine import observed
from skillsim.engine.cohort import Cohort
from skillsim.engine.ledger import ORIGINS
from skillsim.rules.admission import waiting
from skillsim.rules.arrays import Index, Keys, add_rows, summed

if TYPE_CHECKING:
    from skillsim.engine.run import Run

Array = NDArray[Any]
GATES = ("exam", "upgrade")
WAYS = ("exempt", "recommended", "passed")  # up an open gate, in the order in which they choose


def admit(run: Run, year: int) -> None:
    """Fill the places: junior gate, then the open gates, then adults; a new cohort is formed."""
    heads = np.zeros((len(run.layout.ages[0].cells), run.source.columns), dtype=run.source.dtype)
    entrants = np.zeros((len(run.layout.pools), run.source.columns), dtype=run.source.dtype)
    _admit_junior(run, year, heads, entrants)
    for gate in GATES:
        _admit_open(run, gate, year, heads, entrants)
    _admit_others(run, "social", "adult applicants", run.inputs.adult_applicants, year, heads, entrants)
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
    """Parallel choice by score bands, after those who go to general high school."""
    y, layout, source = run.at(year), run.layout, run.source
    pools, areas = layout.gate_pools["junior"], len(layout.areas)
    junior = run.columns(run.inputs.junior[y])
    people = _by_band(run, junior)

    def type_name(i: int) -> str:
        return f"{layout.areas[i % areas]}, band {i // areas + 1}"

    general = source.binomial(people, run.inputs.general_share[y], "general high school", year, run.junior_types)
    choosers = people - general
    run.ledger.move("general high school", type_name, people, general, choosers)
    places = run.columns(run.inputs.places[y])
    seats = np.concatenate([run.history.seats[y][pools], places.astype(source.dtype)])
    taken, unplaced = _in_batches(run, year, choosers, seats)
    run.ledger.shared("junior admission", type_name, choosers, taken, unplaced)
    add_rows(taken.reshape(-1, source.columns), run.junior_to, heads)
    types, options = taken.shape[:2]
    chosen = summed(taken.reshape(-1, source.columns), np.tile(np.arange(options), types), options)
    entrants[pools], used = chosen[: len(pools)], chosen[len(pools) :]
    elsewhere = taken[:, len(pools) :]
    run.ledger.limit("alternatives", layout.alternatives.__getitem__, used, np.where(places < 0, used, places))
    is_general = np.array([run.scenario.choice.alternatives[code].general for code in layout.alternatives], dtype=bool)
    area = np.tile(np.arange(areas), layout.bands)
    history = run.history
    history.junior[y] = summed(people, area, areas)
    history.general[y] = summed(general + elsewhere[:, is_general].sum(axis=1), area, areas)
    history.not_local[y] = summed(elsewhere[:, ~is_general].sum(axis=1) + unplaced, area, areas)


def _by_band(run: Run, junior: Array) -> Array:
    """Return junior graduates [areas, R] as types [bands · areas, R]; whole people by cumulated shares under draws."""
    ends = np.cumsum([0.0, *run.scenario.choice.bands])
    ends[-1] = 1.0
    edges = ends[:, None, None] * junior[None]
    if run.counts_people:
        edges = np.floor(edges + 0.5)
    return np.diff(edges, axis=0).reshape(-1, run.source.columns).astype(run.source.dtype)


def _in_batches(run: Run, year: int, choosers: Array, seats: Array) -> tuple[Array, Array]:
    """Return who takes which option of the junior gate [T, O, R] and who takes none [T, R]: batch by batch, then the make-up
    round for those whom a batch or a list has kept from a place that is still free."""
    y, layout, source = run.at(year), run.layout, run.source
    weights = run.inputs.junior_weights(y)
    keys = np.concatenate([layout.pool_keys[layout.gate_pools["junior"]], run.alternative_keys])
    if layout.list_lengths == (None,):
        filled = _fill(run, year, "junior admission", choosers, weights, seats, keys, None)
        return filled.taken, filled.unplaced
    left, rest = seats.copy(), choosers
    taken = np.zeros((len(choosers), *seats.shape), dtype=source.dtype)
    planned = run.inputs.planned(y)
    for k, (options, length) in enumerate(zip(layout.batches, layout.list_lengths, strict=True)):
        some, places, names = weights[:, options], left[options], keys[options]
        waits = k + 1 < len(layout.batches)
        if waits:
            wait = waiting(weights, planned, np.concatenate(layout.batches[k + 1 :]))
            some, places, names = _with_one_more(some, wait, places, names, run.wait_key)
        process = f"junior admission, batch {k + 1}" if len(layout.batches) > 1 else "junior admission"
        filled = _fill(run, year, process, rest, some, places, names, length)
        n = len(options)
        taken[:, options], left[options] = filled.taken[:, :n], _left(places, filled)[:n]
        rest = filled.unplaced + filled.taken[:, n:].sum(axis=1)
    share = run.inputs.get("choice.makeup")[y]
    again = source.binomial(
        rest, np.broadcast_to(share, (len(rest), len(share))), "make-up round", year, run.junior_types
    )
    filled = _fill(run, year, "make-up admission", again, weights, left, keys, None)
    return taken + filled.taken, rest - again + filled.unplaced


def _with_one_more(weights: Array, weight: Array, seats: Array, keys: Keys, key: Keys) -> tuple[Array, Array, Keys]:
    """Return options with one more, of this weight [T, P] and without limit."""
    columns = max(weights.shape[-1], weight.shape[-1])
    each = [np.broadcast_to(w, (*w.shape[:-1], columns)) for w in (weights, weight[:, None])]
    unlimited = np.full((1, seats.shape[1]), -1, dtype=seats.dtype)
    return np.concatenate(each, axis=1), np.concatenate([seats, unlimited]), np.concatenate([keys, key])


def _fill(
    run: Run, year: int, process: str, people: Array, weights: Array, seats: Array, keys: Keys, length: int | None,
) -> Filled:
    """Let juniors choose, band by band from the top; with lists of a limited length who has named only what was full before his
    band goes without.

    A list's length is felt from what bands above have filled; what closes within a band is met as if lists were long.
    """
    source, types, band = run.source, run.junior_types, run.junior_band
    if length is None:
        return source.fill(people, weights, seats, band, process, year, types, keys)
    parts, left = [], seats
    for b in range(run.layout.bands):
        rows = band == b
        lost = rung_before(weights[rows], left == 0, length, source.per_parameter)
        out = source.binomial(people[rows], lost, f"{process}: list", year, types[rows])
        one = source.fill(people[rows] - out, weights[rows], left, band[rows] * 0, process, year, types[rows], keys)
        parts.append(one._replace(unplaced=one.unplaced + out))
        left = _left(left, one)
    return Filled(
        np.concatenate([part.taken for part in parts]), np.concatenate([part.unplaced for part in parts]),
        np.fmin.reduce([part.closed_at + b for b, part in enumerate(parts)]),
    )


def _left(seats: Array, filled: Filled) -> Array:
    """Return the seats that are left [O, R]; negative: no limit.  What rounding leaves of a full row is no seat."""
    left = np.maximum(seats - filled.taken.sum(axis=0), 0)
    return np.where(seats < 0, seats, np.where(np.isnan(filled.closed_at), left, 0)).astype(seats.dtype)


def _admit_open(run: Run, gate: str, year: int, heads: Array, entrants: Array) -> None:
    """Who goes up by an open gate chooses: the exempt, the recommended, who passed the exam; then, at the entrance exam,
    general-high-school graduates take what is left."""
    for way in WAYS:
        if way == "passed" or run.passers[gate, way].any():
            _admit_graduates(run, gate, way, year, heads, entrants)
    if gate == "exam":
        _admit_others(run, gate, "general applicants", run.inputs.general_applicants, year, heads, entrants)


def _admit_graduates(run: Run, gate: str, way: str, year: int, heads: Array, entrants: Array) -> None:
    """Holders of a diploma choose; without exam only among the colleges of the place."""
    y, layout, source = run.at(year), run.layout, run.source
    pools, groups, people = layout.gate_pools[gate], layout.group_gate[gate], run.passers[gate, way]
    if not len(groups):
        return
    here = run.inputs.pool_local[pools]
    weights = run.inputs.gate_weights[gate](y)[0]
    if way != "passed":
        weights = weights * np.append(here, False)[None, :, None]
    process = f"{gate} admission" if way == "passed" else f"{gate} admission: {way}"
    filled = source.fill(
        people, weights, _seats_left(run, y, pools, entrants), np.zeros(len(groups), dtype=np.int64), process, year,
        layout.group_keys[groups], np.concatenate([layout.pool_keys[pools], run.elsewhere_key]),
    )
    taken = filled.taken[:, :-1]
    run.ledger.shared(process, partial(run.name_in, groups), people, filled.taken, filled.unplaced)
    run.further[0][groups] += taken[:, here].sum(axis=1)
    run.further[1][groups] += filled.taken[:, -1] + taken[:, ~here].sum(axis=1)
    _enter(run, pools, layout.group_origin[groups], taken, heads, entrants)


def _admit_others(run: Run, gate: str, process: str, by_area: Array, year: int, heads: Array, entrants: Array) -> None:
    """People from outside the schools [Y, areas, P] choose among the seats of a gate that are left."""
    y, layout, source = run.at(year), run.layout, run.source
    pools = layout.gate_pools[gate]
    if not len(pools):
        return
    people = summed(run.columns(by_area[y]), layout.area_origin, 2).astype(source.dtype)
    filled = source.fill(
        people, run.inputs.gate_weights[gate](y)[1], _seats_left(run, y, pools, entrants), np.zeros(2, dtype=np.int64), process,
        year, run.origin_keys, np.concatenate([layout.pool_keys[pools], run.elsewhere_key]),
    )
    run.ledger.shared(process, ORIGINS.__getitem__, people, filled.taken, filled.unplaced)
    _enter(run, pools, np.arange(2), filled.taken[:, :-1], heads, entrants)


def _seats_left(run: Run, y: int, pools: Index, entrants: Array) -> Array:
    """Return the seats of a gate that are left [S, R], and without limit for a place elsewhere."""
    # a mean a hair below 0 would count as unlimited
    left = np.maximum(run.history.seats[y][pools].astype(run.source.dtype) - entrants[pools], 0)
    return np.concatenate([left, np.full((1, run.source.columns), -1, dtype=left.dtype)])


def _enter(run: Run, pools: Index, origin: Index, taken: Array, heads: Array, entrants: Array) -> None:
    """Let people [T, S, R] of these origins [T] enter the first stage of what they took."""
    to = run.layout.entry_cell[pools, 0][:, origin].T.reshape(-1)
    add_rows(np.ascontiguousarray(taken).reshape(-1, run.source.columns), to, heads)
    entrants[pools] += taken.sum(axis=0)
