"""From a scenario to arrays: the structure, and every figure by year and parameter draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import name_key, uniforms
from skillsim.engine.layout import Layout, lay_out
from skillsim.rules.admission import in_turn, junior_weights, open_weights
from skillsim.rules.inflow import class_of_births, classes
from skillsim.rules.measures import Acting, acting, moved
from skillsim.rules.reshape import merged
from skillsim.scenario.numbers import Number, Par, Patch
from skillsim.scenario.rolls import ROLLS, covered
from skillsim.scenario.structure import heirs, kept_for_areas
from skillsim.scenario.types import Scenario, Stage, numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Figures [Y, ..., P] by year, with the first year since when they have been what they are (to reuse what is built
    on them)."""

    values: Floats
    version: NDArray[np.int64]

    def __getitem__(self, year: int) -> Floats:
        out: Floats = self.values[year]
        return out


def table(values: Floats) -> Table:
    """Return the table with its versions."""
    if steady(values):
        return Table(values, np.zeros(len(values), dtype=np.int64))
    same = np.array([True] + [bool((values[i] == values[i - 1]).all()) for i in range(1, len(values))])
    version = np.maximum.accumulate(np.where(same, 0, np.arange(len(values))))
    return Table(values, version)


def steady(values: Floats) -> bool:
    """Say whether figures [Y, ...] are one and the same row seen from every year."""
    return len(values) < 2 or values.strides[0] == 0


@lru_cache(maxsize=20_000)
def _key(*name: str) -> np.uint64:
    """Return the key of an uncertain number; the same few hundred come in every run."""
    return name_key(*name)


def stacked(parts: list[Floats], axis: int) -> Floats:
    """Return figures [Y, ..., P] stacked along a new axis; P is that of the widest.  What is steady stays one row."""
    columns = max(part.shape[-1] for part in parts)
    years = len(parts[0])
    rows = 1 if all(steady(part) for part in parts) else years
    shape = [rows, *parts[0].shape[1:-1], columns]
    shape.insert(axis, len(parts))
    whole = np.empty(shape)
    for row, part in zip(np.moveaxis(whole, axis, 0), parts, strict=True):
        row[...] = part[:rows]
    return np.broadcast_to(whole, (years, *whole.shape[1:]))


def brought_to_one(rates: Floats) -> Floats:
    """Return competing risks [Y, K, n, P] of which draws with a tail, that can come to more than everybody, are brought back to 1
    together."""
    rows = rates[:1] if steady(rates) else rates
    return np.broadcast_to(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0), rates.shape)


@dataclass(frozen=True)
class Inputs:
    """What the engine needs of a scenario, for a span of years and some parameter draws.

    Parameters
    ----------
    scenario : the scenario
    layout : its structure
    first, last : the calendar years
    pairs : int64 [P] absolute numbers of the parameter draws, or None for the means (P = 1)
    seed : the run's seed
    held : paths of uncertain numbers that stay at their means
    shared : inputs of a variant of the scenario, for the same years and seed and at least these parameter draws, whose figures
        are used again where the numbers are the same
    given : uniforms [P] by a number's path, in place of keyed ones; numbers that are not named stay at their means
    """

    scenario: Scenario
    layout: Layout
    first: int
    last: int
    pairs: NDArray[np.int64] | None
    seed: int
    held: frozenset[str] = frozenset()
    shared: Inputs | None = field(default=None, repr=False, compare=False)
    given: Mapping[str, Floats] | None = field(default=None, repr=False, compare=False)
    _drawn: dict[str, Floats] = field(default_factory=dict, repr=False)
    _stacks: dict[tuple[str, ...], Floats] = field(default_factory=dict, repr=False)
    _dates: dict[str, list[date]] = field(default_factory=dict, repr=False)

    @cached_property
    def years(self) -> NDArray[np.int64]:
        """Return the calendar years, int64 [Y]."""
        return np.arange(self.first, self.last + 1)

    def day(self, event: str, year: int) -> date:
        """Return the day of an event."""
        month, day = getattr(self.scenario.calendar, event).split("-")
        return date(year, int(month), int(day))

    def dates(self, event: str) -> list[date]:
        """Return the day of an event in each year."""
        if event not in self._dates:
            self._dates[event] = [self.day(event, int(year)) for year in self.years]
        return self._dates[event]

    @cached_property
    def _numbers(self) -> dict[str, tuple[Number, Par]]:
        if self.shared is not None and self.shared.scenario is self.scenario:
            return self.shared._numbers
        return {path: (number, par) for path, number, par in numbers(self.scenario)}

    @property
    def varied(self) -> bool:
        """Say whether any policy is on the scenario."""
        return any(number.patches for number, _ in self._numbers.values())

    @cached_property
    def _uniforms(self) -> dict[str, Floats]:
        """One uniform for each uncertain number and parameter draw, keyed by the number's path."""
        if self.given is not None:
            return dict(self.given)
        if self.pairs is None:
            return {}
        drawn = {path: number for path, (number, _) in self._numbers.items() if number.uncertain and path not in self.held}
        paths = list(drawn)
        keys = np.array([_key("shared", n.shared) if n.shared else _key("parameter", path) for path, n in drawn.items()],
                        dtype=np.uint64)
        u = uniforms(self.seed, "parameters", 0, keys, int(self.pairs[0]), len(self.pairs))
        return dict(zip(paths, u, strict=True))

    def get(self, path: str) -> Floats:
        """Return a number's values [Y, P or 1]."""
        if path not in self._drawn and self._shares([path]):
            self._drawn[path] = self._cut(self.shared.get(path))  # type: ignore[union-attr]
        if path not in self._drawn:
            par = self._numbers[path][1]
            values = self._moved(path, self._valued(path, self.years, self.dates(par.read_on)))
            if par.whole and not path.startswith("rules"):
                values = np.broadcast_to(np.rint(values[:1]), values.shape) if steady(values) else np.rint(values)
            self._drawn[path] = values
        return self._drawn[path]

    def _valued(self, path: str, years: NDArray[np.int64], dates: list[date]) -> Floats:
        """Return a number's values in some years, read on a day of each, as the scenario has them [Y, P or 1]."""
        number, par = self._numbers[path]
        return number.path(years, par, self._uniforms.get(path), dates)

    @cached_property
    def _acting(self) -> Mapping[str, Sequence[Acting]]:
        """What measures do, by the path of the number on which they act."""
        if self.shared is not None and self.shared.scenario is self.scenario:
            return self.shared._acting
        return acting(self.scenario.measures, self._numbers)

    def _moved(self, path: str, values: Floats) -> Floats:
        """Return a number's values with what the units of measures that are done on the days on which it is read do to it."""
        par, pushes = self._numbers[path][1], dict[str, Floats]()
        for one in self._acting.get(path, ()):
            done = self._valued(one.done, self.years, self.dates(par.read_on))
            if done.any():
                push = done * self.get(one.each)
                pushes[one.by] = pushes[one.by] + push if one.by in pushes else push
        return moved(values, pushes, par.lo, par.hi) if pushes else values

    def done(self, measure: str) -> Floats:
        """Return the units of a measure on 31 December of the year before the first and of each year [1 + Y, P or 1]."""
        years = np.arange(self.first - 1, self.last + 1)
        return self._valued(f"measures.{measure}.done", years, [date(int(year), 12, 31) for year in years])

    def stack(self, paths: list[str]) -> Floats:
        """Return several numbers as [Y, n, P]; P = 1 where all are certain."""
        key = tuple(paths)
        if key not in self._stacks:
            if not paths:
                self._stacks[key] = np.empty((len(self.years), 0, 1))
            elif self._shares(paths):
                self._stacks[key] = self._cut(self.shared.stack(paths))  # type: ignore[union-attr]
            else:
                self._stacks[key] = stacked([self.get(path) for path in paths], 1)
        return self._stacks[key]

    def _shares(self, paths: list[str]) -> bool:
        """Say whether the shared inputs have the very same numbers, those of the measures that act on them included."""
        if self.shared is None:
            return False
        mine, theirs = self._numbers, self.shared._numbers
        behind = [name for path in paths for one in self._acting.get(path, ()) for name in (one.done, one.each)]
        return all(mine[path][0] is theirs[path][0] for path in (*paths, *behind))

    def _cut(self, values: Floats) -> Floats:
        """Return figures [Y, ..., P] of the shared inputs for these parameter draws; what is steady stays one row."""
        if self.pairs is None or values.shape[-1] in (1, len(self.pairs)):
            return values
        assert self.shared is not None and self.shared.pairs is not None
        first = int(self.pairs[0] - self.shared.pairs[0])
        rows = values[:1] if steady(values) else values
        mine = np.ascontiguousarray(rows[..., first : first + len(self.pairs)])
        return np.broadcast_to(mine, (*values.shape[:-1], len(self.pairs)))

    def _listed(self, path: str, given: Number | list[Number], k: int) -> str:
        return f"{path}.{min(k, len(given) - 1)}" if isinstance(given, list) else path

    def _stage(self, pathway: str, i: int) -> tuple[str, Stage]:
        return f"pathways.{pathway}.stages.{i}", self.scenario.pathways[pathway].stages[i]

    @cached_property
    def rates(self) -> Table:
        """Yearly dropout, repeat and move to the general track: [Y, 3, rate rows, P]."""
        each = []
        for name in ("dropout", "repeat", "to_general"):
            paths = []
            for pathway, i, year in self.layout.rates:
                path, stage = self._stage(pathway, i)
                paths.append(self._listed(f"{path}.{name}", getattr(stage, name), year))
            each.append(self.stack(paths))
        return table(brought_to_one(stacked(each, 1)))

    @cached_property
    def back(self) -> Floats:
        """Yearly return from the general track: [Y, rate rows, P]."""
        return self.stack([f"{self._stage(p, i)[0]}.back" for p, i, _ in self.layout.rates])

    @cached_property
    def gate_pass(self) -> Table:
        """Share of those at a stage's end who sit and pass: [Y, gate rows, P]."""
        sits, passes = [], []
        for pathway, i, band in self.layout.gates:
            path, stage = self._stage(pathway, i)
            assert stage.transfer is not None
            sits.append(f"{path}.transfer.sits")
            passes.append(self._listed(f"{path}.transfer.passes", stage.transfer.passes, band))
        if not sits:
            return table(np.empty((len(self.years), 0, 1)))
        both = stacked([self.stack(sits), self.stack(passes)], 1)
        rows = both[:1] if steady(both) else both
        return table(np.broadcast_to(rows.prod(axis=1), (len(both), *both.shape[2:])))

    @cached_property
    def gate_cap(self) -> Floats:
        """Cap at a stage's gate as a share of entrants: [Y, stage rows, P]; 1 where the stage has no gate."""
        out = [
            self.get(f"{self._stage(p, i)[0]}.transfer.cap") if i > 0 else np.ones((len(self.years), 1))
            for p, i in self.layout.stages
        ]
        return stacked(out, 1)

    @cached_property
    def further(self) -> Floats:
        """Shares of a stage's diploma holders on their way to a higher one [Y, 3, stage rows, P]: exempt; recommended, of the
        others; who sits and passes the open exam, of the rest."""
        zero = np.zeros((len(self.years), 1))
        out = []
        for pathway, i in self.layout.stages:
            path, stage = self._stage(pathway, i)
            names = ("exempt", "recommended", "sits", "passes")
            given = [self.get(f"{path}.further.{name}") for name in names] if stage.further else [zero] * 4
            out.append(stacked(list(in_turn(*given)), 1))
        return stacked(out, 2)

    @cached_property
    def pool_local(self) -> NDArray[np.bool_]:
        """Whether each pool's school stands in the place [S]."""
        local = [self.scenario.areas[self.scenario.institutions[code].area].local for code in self.layout.schools]
        return np.array(local)[self.layout.pool_school]

    @cached_property
    def junior(self) -> Floats:
        """Junior graduates [Y, areas, P]."""
        areas = self.layout.areas
        if all(self.scenario.areas[a].rolls is None for a in areas):
            return self.stack([f"areas.{a}.junior_graduates" for a in areas])
        return stacked([self._juniors_of(a) for a in areas], 1)

    def _juniors_of(self, code: str) -> Floats:
        """Return the junior graduates of one area [Y, P]: where it states rolls, from the nearest that covers the class."""
        area = self.scenario.areas[code]
        if area.rolls is None:
            return self.get(f"areas.{code}.junior_graduates")
        spans = covered(area)
        stands, nearest = classes(self.years, list(spans.values()))

        def at(name: str, before: int) -> Floats:
            return self._childhood.get(f"areas.{code}.{name}")[stands - before - self._childhood.first]

        each = []
        for roll in spans:
            known = at(roll.name, roll.before)
            if roll.before != roll.after:
                known = class_of_births(known, at(roll.name, roll.after))
            each.append(known if roll.survival is None else known * at(roll.survival, 0))
        return np.rint(stacked(each, 1)[np.arange(len(self.years)), nearest])

    @cached_property
    def _childhood(self) -> Inputs:
        """The same inputs from the births of the first class on; before the first reported year up to its class."""
        return self._over(self.first - max(roll.before for roll in ROLLS), max(self.last, self.scenario.years.first))

    def _over(self, first: int, last: int) -> Inputs:
        """Return the same inputs for other years."""
        return replace(self, first=first, last=last, shared=None, _drawn={}, _stacks={}, _dates={})

    @cached_property
    def junior_before(self) -> Floats:
        """Junior graduates of the year before the first [areas, P]."""
        return self._over(self.first - 1, self.first - 1).junior[0]

    @cached_property
    def places(self) -> Floats:
        """Places of each alternative [Y, alternatives, P]; -1: no limit."""
        free = np.full((len(self.years), 1), -1.0)
        given = {a: self.scenario.choice.alternatives[a].seats is not None for a in self.layout.alternatives}
        each = [self.get(f"choice.alternatives.{a}.seats") if limited else free for a, limited in given.items()]
        return stacked(each, 1) if each else np.empty((len(self.years), 0, 1))

    def planned(self, year: int) -> NDArray[np.bool_]:
        """Say which options of the junior gate have any places by plan in a year [pools + alternatives, P]."""
        both = self.seats[year][self.layout.gate_pools["junior"]], self.places[year]
        columns = max(x.shape[-1] for x in both)
        return np.concatenate([np.broadcast_to(x, (len(x), columns)) for x in both]) != 0

    @cached_property
    def adult_applicants(self) -> Floats:
        """Adults who would enter a local college [Y, areas, P]."""
        return self.stack([f"areas.{a}.adult_applicants" for a in self.layout.areas])

    @cached_property
    def general_applicants(self) -> Floats:
        """General-high-school graduates who would enter a local college [Y, areas, P]."""
        return self.stack([f"areas.{a}.general_applicants" for a in self.layout.areas])

    @cached_property
    def general_share(self) -> Floats:
        """Share who go to general high school [Y, bands · areas, P]; nobody of an area outside the place, whose juniors are
        those who would come."""
        given = self.scenario.choice.general_share
        by_band = self.stack([self._listed("choice.general_share", given, b) for b in range(self.layout.bands)])
        by_type = by_band[:, :, None] * (self.layout.area_origin == 0)[None, None, :, None]
        return by_type.reshape(len(by_band), -1, by_band.shape[-1])

    @cached_property
    def seats(self) -> Floats:
        """Planned seats [Y, S, P]."""
        return self.stack([f"quota.{key}" for key in self.layout.pools])

    @cached_property
    def merged_into(self) -> NDArray[np.int64]:
        """To which row each row's seats have gone by each April, by the mergers that are done, one after another in the order of
        their codes [Y, S]; none before the first reported year."""
        at = {key: i for i, key in enumerate(self.layout.pools)}
        out = np.tile(np.arange(len(at)), (len(self.years), 1))
        reported = self.years >= self.scenario.years.first
        for code, merger in sorted(self.scenario.rules.mergers.items()):
            active = (self.get(f"rules.mergers.{code}.active")[:, 0] >= 0.5) & reported
            to = np.arange(len(at))
            for row, heir in heirs(self.scenario, merger):
                to[at[row.key]] = at[heir.key]
            done = np.logical_or.accumulate(active)
            out[done] = to[out[done]]
        return out

    @cached_property
    def standing(self) -> Floats:
        """Planned seats at the rows to which mergers have brought them [Y, S, P]."""
        into = self.merged_into
        if (into == np.arange(into.shape[1])).all():
            return self.seats
        return np.stack([merged(seats, to) for seats, to in zip(self.seats, into, strict=True)])

    @cached_property
    def unruled(self) -> NDArray[np.bool_]:
        """Rows that a policy holds against the quota rule [Y, S]."""
        out = np.zeros((len(self.years), len(self.layout.pools)), dtype=bool)
        for i, changes in enumerate(self._seat_changes):
            since = [p.since for p in changes if p.hold]
            if since:
                out[:, i] = [day >= min(since) for day in self.dates("plan")]
        return out

    def carried(
        self, y: int, last: Floats, before: Floats, plan: Floats, into: NDArray[np.int64],
    ) -> Floats:
        """Return the seats [S, R] from which the quota rule starts in a year.

        ``last`` are last year's seats, ``before`` and ``plan`` last year's and this year's planned seats, all [S, R].

        Last year's, as the rule left them; where the planned seats change this year the change acts on them once: a factor
        or an addition moves them in proportion, a new value or series replaces them.  Where mergers have brought
        rows ``into`` others [S], the change is that of all of them together.
        """
        replaced = merged((self._replaced(y)[:, None] & (plan != before)).astype(float), into) > 0
        last, before, plan = (merged(x, into) for x in (last, before, plan))
        change = np.divide(plan, before, out=np.ones_like(before), where=before > 0)
        replaced = replaced | (before <= 0)
        moved = last * np.where(replaced, 1.0, change)
        return np.where(replaced & (plan != before), plan, moved)

    @cached_property
    def _seat_changes(self) -> list[tuple[Patch, ...]]:
        """The changes of each row's seats."""
        return [self._numbers[f"quota.{key}"][0].patches for key in self.layout.pools]

    def _replaced(self, y: int) -> NDArray[np.bool_]:
        """Say of each row whether this year's change is by a new value rather than by a factor or an addition [S]."""
        dates = self.dates("plan")  # the day on which seats are read
        lo, hi = dates[max(y - 1, 0)], dates[y]
        acting = [[p.op for p in row if p.since <= hi and (p.until or p.since) > lo] for row in self._seat_changes]
        return np.array([not ops or "set" in ops or "ramp" in ops for ops in acting], dtype=bool)

    @cached_property
    def capacity(self) -> Floats:
        """Most students of each school [Y, schools, P]."""
        return self.stack([f"institutions.{code}.capacity" for code in self.layout.schools])

    def _by_band(self, path: str, given: Number | list[Number]) -> list[str]:
        return [self._listed(path, given, b) for b in range(self.layout.bands)]

    def _preference(self, kind: str, codes: list[str]) -> Floats:
        """Return preferences [Y, bands, len(codes), P] of parts of the scenario."""
        items: dict[str, Any] = self.scenario.choice.alternatives if "." in kind else getattr(self.scenario, kind)
        by_code = [self._by_band(f"{kind}.{c}.preference", items[c].preference) for c in codes]
        each = [self.stack([paths[b] for paths in by_code]) for b in range(self.layout.bands)]
        return stacked(each, 1)

    def _mean_preference(self, kind: str, codes: list[str]) -> Floats:
        """Return preferences [Y, len(codes), P] where bands no longer count: their mean over young people."""
        by_band = self._preference(kind, codes)
        rows = by_band[:1] if steady(by_band) else by_band
        mean = np.average(rows, axis=1, weights=self.scenario.choice.bands)
        return np.broadcast_to(mean, (len(by_band), *mean.shape[1:]))

    def _pool_codes(self, pools: NDArray[np.int64]) -> tuple[list[str], list[str], list[str]]:
        offers = [self.layout.offers[self.layout.pool_offer[i]] for i in pools]
        return [o[0] for o in offers], [o[2] for o in offers], [o[1] for o in offers]

    def _size(self, pools: NDArray[np.int64]) -> Table:
        """Return the log-odds that a row's size adds [Y, S, P]: the power of its planned seats against the mean row's."""
        seats = self.standing[:, pools]
        there = seats > 0
        total, rows = seats.sum(axis=1), there.sum(axis=1)
        mean = np.divide(total, rows, out=np.ones_like(total), where=rows > 0)
        logs = np.log(np.where(there, seats, 1.0) / np.where(there, mean[:, None], 1.0))
        size = self.get("choice.size")
        if steady(self.standing) and steady(size):
            first = logs[:1] * size[:1, None, :]
            return table(np.broadcast_to(first, (len(seats), *first.shape[1:])))
        return table(logs * size[:, None, :])

    @cached_property
    def area_bound(self) -> NDArray[np.int64]:
        """For each row kept for some areas the row of the same school, programme and pathway beside it that is open to all local
        areas, for all others -1 [S]."""
        at = {key: i for i, key in enumerate(self.layout.pools)}
        out = np.full(len(self.layout.pools), -1)
        for row, beside in kept_for_areas(self.scenario):
            out[at[row.key]] = at[beside.key]
        return out

    @cached_property
    def across(self) -> NDArray[np.int64]:
        """As :attr:`area_bound`, of the schools to which the cross-area rule applies alone [S]."""
        schools = self.scenario.rules.cross_area.schools
        meant = np.array([not schools or code in schools for code in self.layout.schools])
        return np.where(meant[self.layout.pool_school], self.area_bound, -1)

    @cached_property
    def area_parts(self) -> Floats:
        """By how much of an offer's weight each row stands for it to young people of each area [Y, areas, S, P].

        An offer with a row for one's own area and another for all areas is one choice, not two: the rows share its weight as
        the cross-area rule shares its seats.
        """
        open_to, seats, bound = self.layout.pool_open.T, self.standing, self.area_bound
        on = (self.get("rules.cross_area.active") >= 0.5) * self.get("rules.cross_area.share")
        columns = max(seats.shape[-1], on.shape[-1])
        out = np.ones((len(self.years), *open_to.shape, columns))
        for to in np.unique(bound[bound >= 0]):
            rows = bound == to
            whole = seats[:, to] + seats[:, rows].sum(axis=1)
            part = np.divide(seats[:, to], whole, out=np.zeros_like(whole), where=whole > 0)
            part = np.maximum(part, on) if (self.across == to).any() else part
            own = open_to[:, rows].any(axis=1)
            out[:, own, to] = part[:, None]
            out[:, :, rows] = 1.0 - part[:, None, None]
        return out

    @cached_property
    def junior_weights(self) -> Callable[[int], Floats]:
        """Weights of the junior gate in a year: float [bands · areas, pools + alternatives, P]."""
        pools = self.layout.gate_pools["junior"]
        pathways, programmes, schools = self._pool_codes(pools)
        parts = [
            table(self._preference(kind, codes))
            for kind, codes in (
                ("pathways", pathways), ("programmes", programmes), ("institutions", schools),
                ("choice.alternatives", list(self.layout.alternatives)),
            )
        ]
        home, size = table(self.get("choice.home")), self._size(pools)
        where = [self.scenario.institutions[c].area for c in schools]
        at_home = np.array([[a == w for a in self.layout.areas] for w in where]).reshape(len(schools), -1)
        open_to = self.layout.pool_open[pools]
        general = [self.scenario.choice.alternatives[a].general for a in self.layout.alternatives]
        # those of areas outside the place are who would come to a vocational seat
        alternative_open = ~np.array(general, dtype=bool)[:, None] | (self.layout.area_origin == 0)
        beside = [table(self.area_parts[:, :, pools])] if (self.area_bound >= 0).any() else []
        done: dict[tuple[int, ...], Floats] = {}

        def weights(year: int) -> Floats:
            version = tuple(int(t.version[year]) for t in (*parts, home, size, *beside))
            if version not in done:
                done.clear()
                a, b, c, d = (t[year] for t in parts)
                rows = a + b + c + size[year]
                made = junior_weights(rows, home[year], at_home, open_to, d, alternative_open)
                for shares in beside:
                    each = np.ones((len(rows), shares[year].shape[0], made.shape[1], shares[year].shape[-1]))
                    each[:, :, : len(pools)] = shares[year]
                    made = made * each.reshape(*made.shape[:2], -1)
                done[version] = made
            return done[version]

        return weights

    @cached_property
    def gate_weights(self) -> dict[str, Callable[[int], tuple[Floats, Floats]]]:
        """For each open gate and year: weights of its groups [T, S + 1, P] and of other applicants by origin [2, S + 1, P]; the
        last option is elsewhere."""
        return {gate: self._gate_weights(gate) for gate in ("exam", "upgrade", "social")}

    def _gate_weights(self, gate: str) -> Callable[[int], tuple[Floats, Floats]]:
        pools, groups = self.layout.gate_pools[gate], self.layout.group_gate[gate]
        pathways, programmes, schools = self._pool_codes(pools)
        named = (("pathways", pathways), ("programmes", programmes), ("institutions", schools))
        parts = [table(self._mean_preference(kind, codes)) for kind, codes in named]
        parts.append(self._size(pools))
        here, local = self.pool_local[pools], table(self.get(f"gates.{gate}.local"))
        other = table(self.get(f"gates.{gate}.other_field"))
        has_elsewhere = getattr(self.scenario.gates, gate).elsewhere is not None
        elsewhere = table(self.get(f"gates.{gate}.elsewhere")) if has_elsewhere else None
        family = {c: p.family or f"only {c}" for c, p in self.scenario.programmes.items()}
        mine = [self.layout.programmes[self.layout.group_programme[g]] for g in groups]
        field = np.array(
            [[2 if m == p else int(family[m] == family[p]) for p in programmes] for m in mine], dtype=np.int8
        ).reshape(len(mine), len(programmes))
        open_to = (self.layout.entry_cell[pools, 0].T >= 0).astype(np.int8)
        done: dict[tuple[int, ...], tuple[Floats, Floats]] = {}

        def weights(year: int) -> tuple[Floats, Floats]:
            tables = [*parts, other, local] + ([elsewhere] if elsewhere is not None else [])
            version = tuple(int(t.version[year]) for t in tables)
            if version not in done:
                done.clear()
                rows = sum((part[year] for part in parts[1:]), parts[0][year]) + here[:, None] * local[year]
                away = elsewhere[year] if elsewhere is not None else None
                by_group = open_weights(rows, field, other[year], away)
                by_origin = open_weights(rows, 2 * open_to, other[year], away if gate == "social" else None)
                done[version] = by_group, by_origin
            return done[version]

        return weights

    @cached_property
    def stay_terms(self) -> Floats:
        """Log-odds of staying of each group besides the intercept [Y, G, P]."""
        layout, retention = self.layout, self.scenario.retention
        local = (layout.group_origin == 0)[None, :, None] * self.get("retention.local_origin")[:, None, :]
        away = (layout.group_away == 1)[None, :, None] * self.get("retention.studied_away")[:, None, :]
        out = local + away
        for code in sorted(retention.drivers):
            touched, push = self.driven(code)
            out = out + touched[None, :, None] * push[:, None, :]
        return np.asarray(out, dtype=float)

    def driven(self, code: str) -> tuple[NDArray[np.bool_], Floats]:
        """Return which groups a driver of staying touches [G], and the log-odds that its level adds [Y, P]."""
        layout, driver = self.layout, self.scenario.retention.drivers[code]
        touched = [not driver.pathways or layout.pathways[p] in driver.pathways for p in layout.group_pathway]
        push = self.get(f"retention.drivers.{code}.level") * self.get(f"retention.drivers.{code}.effect")
        return np.array(touched), push

    @cached_property
    def area_jobs(self) -> Floats:
        """Jobs of each area of the place, in parts [Y, B, P]; none where an area is not named."""
        stated = self.scenario.retention.mobility.jobs if self.scenario.retention.mobility else {}
        zero = np.zeros((len(self.years), 1))
        names = [self.layout.areas[i] for i in self.layout.work_areas]
        return stacked([self.get(f"retention.mobility.jobs.{a}") if a in stated else zero for a in names], 1)

    @cached_property
    def line_of(self) -> NDArray[np.int64]:
        """As which line students of each line count in a year, at the start of its term [Y, lines]."""
        out = np.tile(np.arange(len(self.layout.lines)), (len(self.years), 1))
        for j, code in enumerate(self.layout.schools):
            if self.scenario.institutions[code].raised is not None:
                done = self.get(f"institutions.{code}.raised.active")[:, :1] >= 0.5
                out = np.where(done & (self.layout.line_school == j), self.layout.line_raised, out)
        return out

    @cached_property
    def own_field(self) -> Floats:
        """Share of each programme's graduates who have an industry of their own [Y, programmes, P]."""
        zero = np.zeros((len(self.years), 1))
        out = []
        for code in self.layout.programmes:
            parts = [self.get(f"programmes.{code}.industries.{i}") for i in self.scenario.programmes[code].industries]
            out.append(np.minimum(np.asarray(sum(parts, zero)), 1.0))
        return stacked(out, 1)

    def found(self, day: str) -> tuple[Floats, Floats]:
        """Return the shares of stayers and of leavers in work on a day ('08-31' or '12-31'), each [Y, P]."""
        by = "by_august" if day == "08-31" else "by_december"
        return self.get(f"retention.stayers.{by}"), self.get(f"retention.leavers.{by}")

    def of_stages(self, name: str) -> Floats:
        """Return a figure of the stages of tables [Y, n, P]."""
        return self.stack([f"tables.{table}.stages.{stage}.{name}" for table, stage in self.layout.flow.stages])

    @cached_property
    def moves(self) -> Floats:
        """Return the yearly shares of each stage of a table that its row names: [Y, K, n, P]."""
        flow, zero = self.layout.flow, np.zeros((len(self.years), 1))
        out = []
        for k in range(len(flow.to) - 1):
            each = [
                self.get(f"tables.{table}.stages.{stage}.moves.{named[k]}") if k < len(named) else zero
                for (table, stage), named in zip(flow.stages, flow.moves, strict=True)
            ]
            out.append(stacked(each, 1))
        if not out:
            return np.zeros((len(self.years), 0, len(flow.stages), 1))
        return brought_to_one(stacked(out, 1))

    @property
    def warm_up(self) -> int:
        """Return the years that the longest way through the place takes, one at least: so many precede the first one reported."""
        longest = dict.fromkeys(("junior", "exam", "upgrade", "social"), 0)
        for pathway in self.layout.pathways:
            given = self.scenario.pathways[pathway]
            longest[given.entry] = max(longest[given.entry], sum(stage.years for stage in given.stages))
        return max(max(longest["junior"], longest["social"]) + longest["exam"] + longest["upgrade"], 1)


@dataclass(frozen=True)
class SideBySide(Inputs):
    """Inputs of variants of a scenario at their means, one column each instead of one for each parameter draw.

    ``variants`` are the numbers in which each differs from ``scenario``, by path; by policies alone, and in none of what is one
    for all columns (:func:`column_apart`).
    """

    variants: tuple[Mapping[str, Number], ...] = ()

    @cached_property
    def _changed(self) -> dict[str, dict[int, Number]]:
        """Return the changed numbers by path and column."""
        out: dict[str, dict[int, Number]] = {}
        for i, variant in enumerate(self.variants):
            for path, number in variant.items():
                out.setdefault(path, {})[i] = number
        return out

    def _valued(self, path: str, years: NDArray[np.int64], dates: list[date]) -> Floats:
        """Return a number's values [Y, V], [Y, 1] where all variants have the same."""
        values = super()._valued(path, years, dates)
        if path not in self._changed:
            return values
        whole = np.repeat(values, len(self.variants), axis=1)
        for i, number in self._changed[path].items():
            whole[:, i] = number.path(years, self._numbers[path][1], None, dates)[:, 0]
        return whole


def ever_on(switch: Number) -> bool:
    """Say whether a switch stands at 1 in any year, or a change sets it."""
    return max(switch.value or 0, *(switch.series or {0: 0}).values(), *(patch.value for patch in switch.patches), 0) > 0


def column_apart(scenario: Scenario, path: str) -> bool:
    """Say whether a change of a number needs a run of its own: a rule is on or off for all columns, and the quota rule asks how
    the planned seats of the scenario itself change."""
    ruled = ever_on(scenario.rules.quota.active)
    switched = path.startswith("rules.") or path.endswith(".raised.active")
    return switched or (ruled and path.startswith("quota."))


def inputs_for(
    scenario: Scenario, first: int, last: int, pairs: NDArray[np.int64] | None, seed: int, layout: Layout | None = None,
    held: frozenset[str] = frozenset(), shared: Inputs | None = None,
) -> Inputs:
    """Return the inputs of a scenario for years and parameter draws; its structure is laid out unless it is given."""
    return Inputs(scenario, layout or lay_out(scenario), first, last, pairs, seed, held, shared)
