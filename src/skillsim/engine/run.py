"""One SimPy calendar for all replications: the school year of a place, from the plan in April to the accounts in December."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from skillsim.chance import Source, name_keys
from skillsim.engine import mobility, observed
from skillsim.engine.admission import GATES, WAYS, admit
from skillsim.engine.budget import POINTS, Budget, Costs
from skillsim.engine.cohort import Cohort, Trace
from skillsim.engine.economy import Economy
from skillsim.engine.history import SPANS, History
from skillsim.engine.inputs import Inputs
from skillsim.engine.ledger import ORIGINS, Ledger
from skillsim.engine.market import Market
from skillsim.engine.planning import Memory, changing, logged, plan, remember, warns
from skillsim.engine.staff import Staff
from skillsim.engine.tables import Stocks
from skillsim.rules.arrays import add_rows, as_columns, summed
from skillsim.rules.retention import sigmoid

Array = NDArray[Any]


@dataclass(frozen=True)
class Snapshot:
    """The place on 31 December: live cohorts (intake, age, heads, general, entrants), three years of seats and entrants, and
    the labour market's state, if there is one."""

    cohorts: tuple[tuple[int, int, Array, Array, Array], ...]
    seats: Array  # [3, S, columns]
    entrants: Array  # [3, S, columns]
    market: Mapping[str, Array] | None = None  # arrays [.., columns]
    staff: Array | None = None  # teachers [2, J', columns]
    volumes: Array | None = None  # of the year's items of cost [n, columns], where the city's budget has a limit
    plan: Mapping[str, Array] = field(default_factory=dict)  # what the plan in April remembers: arrays [.., columns]
    tables: Array | None = None  # people by stage of tables [n, columns]

    def part(self, columns: slice) -> Snapshot:
        """Return some columns, as arrays of their own."""
        def cut(x: Array) -> Array:
            return x[..., columns].copy()

        return Snapshot(
            tuple((intake, age, cut(a), cut(b), cut(c)) for intake, age, a, b, c in self.cohorts), cut(self.seats),
            cut(self.entrants), None if self.market is None else {name: cut(x) for name, x in self.market.items()},
            None if self.staff is None else cut(self.staff), None if self.volumes is None else cut(self.volumes),
            {name: cut(x) for name, x in self.plan.items()}, None if self.tables is None else cut(self.tables),
        )


def joined(parts: Sequence[Snapshot]) -> Snapshot:
    """Return the columns of several snapshots of one place and day side by side."""
    def side(each: Sequence[Array]) -> Array:
        return np.concatenate(each, axis=-1)

    of = [part.market for part in parts if part.market is not None]
    staff = [part.staff for part in parts if part.staff is not None]
    volumes = [part.volumes for part in parts if part.volumes is not None]
    tables = [part.tables for part in parts if part.tables is not None]
    return Snapshot(
        tuple(
            (same[0][0], same[0][1], *(side([c[k] for c in same]) for k in (2, 3, 4)))
            for same in zip(*(part.cohorts for part in parts), strict=True)
        ),
        side([part.seats for part in parts]), side([part.entrants for part in parts]),
        {name: side([m[name] for m in of]) for name in of[0]} if of else None, side(staff) if staff else None,
        side(volumes) if volumes else None, {name: side([part.plan[name] for part in parts]) for name in parts[0].plan},
        side(tables) if tables else None,
    )


class Run:
    """A run of one scenario's inputs on one source of chance.

    Parameters
    ----------
    inputs : figures by year and parameter draw
    source : draws, or means
    start : the place at the start, or None for an empty one (only to warm up); means of one column before the first year of
        the inputs, before a later one what a run on the same source left
    intercepts : [stage rows, P] of the wish to stay, or None where nobody asks who stays
    last : the last year to run, by default that of the inputs
    history : where to record, by default a history of its own
    since : the first year to run, by default that of the inputs
    work : the source for who stays and finds work, by default that of everything else
    trace : where to note what becomes of one intake
    """

    def __init__(
        self, inputs: Inputs, source: Source, start: Snapshot | None, intercepts: Array | None, last: int | None = None,
        history: History | None = None, since: int | None = None, work: Source | None = None,
        trace: Trace | None = None,
    ):
        self.inputs, self.source, self.layout = inputs, source, inputs.layout
        self.last = inputs.last if last is None else last
        self.since, self.work = inputs.first if since is None else since, work or source
        self.intercepts, self.trace = intercepts, trace
        self.ledger = Ledger(source, getattr(source, "first", 0))
        self.changing = changing(inputs.scenario)
        kept = (logged(inputs.scenario), warns(inputs.scenario)) if start is not None else ()
        self.history = history or History.empty(self.layout, self.last - inputs.first + 1, source.columns, source.dtype, *kept)
        self.env = simpy.Environment()
        self.epoch = date(self.since, 1, 1)
        self.cohorts: list[Cohort] = []
        self._processes: list[Generator[simpy.Event, Any, None]] = []
        self.repeaters: dict[tuple[int, int], Array] = {}
        self.warming = start is None
        self._made: dict[tuple[Any, ...], Array] = {}
        self._name_types()
        self._open_year()
        pools = len(self.layout.pools)
        if start is None:
            self.past_seats = np.zeros((3, pools, source.columns), dtype=source.dtype)
            self.past_entrants = self.past_seats.copy()
        else:
            self.past_seats, self.past_entrants = self._columns_of(start.seats), self._columns_of(start.entrants)
            for cohort in start.cohorts:
                self._resume(*cohort)
        later = start is not None and self.since > inputs.first
        self.memory = Memory.of(start.plan) if later else Memory.first(  # type: ignore[union-attr]
            self.layout, source, self.past_seats[-1], start.plan if start is not None else {},
        )
        self.staff: Staff | None = None
        if start is not None and len(self.layout.staffed):
            self.staff = Staff(inputs, source, self.ledger, start.staff)
        self.stocks: Stocks | None = None
        if start is not None and self.layout.flow.stages:
            self.stocks = Stocks(inputs, source, self.ledger, start.tables)
        self.budget: Budget | None = None
        if start is not None and intercepts is not None and self.layout.funded:
            self.budget = Budget(Costs(inputs, source.columns, source.per_parameter), start.volumes)
        self.lost: Array | None = None  # see Budget.lost
        self.market: Market | None = None
        if intercepts is not None and self.layout.jobs is not None:
            state = start.market if start is not None else None
            self.market = Market(Economy(inputs, self.layout.jobs), self.work, self.ledger, intercepts, state)
        self._begin(self._bureau())

    def go(self) -> History:
        """Run to the end of the last year and return what was recorded."""
        self.env.run(until=(date(self.last + 1, 1, 1) - self.epoch).days)
        return self.history

    def close(self) -> None:
        """Let go of everything: processes and cohorts hold the run and each other, and would wait for the collector."""
        for process in self._processes:
            process.close()
        self.cohorts.clear()
        self.repeaters.clear()
        self._made.clear()
        del self.env, self.history, self.ledger, self.market, self.staff, self.stocks

    def snapshot(self) -> Snapshot:
        """Return the place as it stands at the end of the run."""
        cohorts = tuple((c.intake, c.age, c.heads, c.general, c.entrants) for c in self.cohorts)
        return Snapshot(cohorts, self.past_seats, self.past_entrants, self.market.state() if self.market else None,
                        self.staff.stock if self.staff else None, self.budget.last if self.budget else None, self.memory.state(),
                        self.stocks.stock if self.stocks else None)

    # ---- time and columns

    def at(self, year: int) -> int:
        """Return the position of a calendar year."""
        return year - self.inputs.first

    def until(self, event: str, year: int) -> simpy.Timeout:
        """Return the wait until an event's day of a year."""
        return self.env.timeout((self.inputs.day(event, year) - self.epoch).days - self.env.now)

    def columns(self, values: Array) -> Array:
        """Return figures [..., P] as columns [..., R]: replications of a pair share a parameter draw."""
        return as_columns(values, self.source.columns, self.source.per_parameter)

    @property
    def counts_people(self) -> bool:
        """Say whether counts are whole people (draws) or means."""
        return bool(np.issubdtype(np.dtype(self.source.dtype), np.integer))

    def whole(self, values: Array) -> Array:
        """Return figures as counts: rounded down to whole people under draws."""
        return np.floor(values + 1e-9).astype(self.source.dtype) if self.counts_people else np.asarray(values, dtype=float)

    def _columns_of(self, means: Array) -> Array:
        """Return means [..., 1] of the warm-up as columns, to the nearest person under draws."""
        spread = np.broadcast_to(means, (*means.shape[:-1], self.source.columns))
        return np.rint(spread).astype(self.source.dtype) if self.counts_people else np.array(spread, dtype=float)

    # ---- the calendar

    def _bureau(self) -> Generator[simpy.Event, Any, None]:
        agenda = self._agenda()
        for year in range(self.since, self.last + 1):
            self._open_year()
            for day, happens in agenda:
                yield self.env.timeout((date.fromisoformat(f"{year}-{day}") - self.epoch).days - self.env.now)
                happens(year)

    def _agenda(self) -> list[tuple[str, Callable[[int], None]]]:
        """Return the days (MM-DD) of the bureau's year and what happens on each, in order; rounds of search come before
        whatever else is on their day."""
        agenda: list[tuple[str, Callable[[int], None]]] = []
        if self.market is not None:
            agenda += [(day, partial(self._meet, k)) for k, day in enumerate(self.scenario.labour.rounds)]
            agenda.append((self.scenario.retention.measured_on, self._measure))
        # in a file of tables alone nobody goes to school
        school = [*agenda, *self._own_days(), *self._days_of_money()] if self.layout.pools else []
        return sorted([*school, *self._days_of_tables()], key=lambda item: item[0])

    def _days_of_money(self) -> list[tuple[str, Callable[[int], None]]]:
        """Return what the city's budget does, after whatever else is on these days; nothing where it has no limit."""
        if self.budget is None:
            return []
        return [(self.scenario.calendar.plan, self._fund), (self.scenario.calendar.accounts, self._count_costs)]

    def _own_days(self) -> list[tuple[str, Callable[[int], None]]]:
        """Return what happens besides the search for work."""
        calendar = self.scenario.calendar
        return [
            (calendar.plan, partial(plan, self)), (calendar.exam, self._exam), (calendar.graduation, self._graduate),
            (calendar.admission, partial(admit, self)), (calendar.census, self._census), (calendar.accounts, self._account),
        ]

    def _days_of_tables(self) -> list[tuple[str, Callable[[int], None]]]:
        """Return when people of tables move; nothing where there is none."""
        return [(self.scenario.calendar.accounts, self._close_tables)] if self.stocks is not None else []

    def _open_year(self) -> None:
        shape = (len(self.layout.groups), self.source.columns)
        self.leavers, self.barred = np.zeros(shape, dtype=self.source.dtype), np.zeros(shape, dtype=self.source.dtype)
        nobody = np.zeros((0, shape[1]), dtype=self.source.dtype)
        self.passers = {(gate, way): nobody for gate in GATES for way in WAYS}
        self.further = np.zeros((2, *shape), dtype=self.source.dtype)
        self.diplomas = self.ledger.nobody()

    def _name_types(self) -> None:
        layout = self.layout
        self.junior_types = name_keys(("junior", b, a) for b in range(layout.bands) for a in layout.areas)
        self.junior_band = np.repeat(np.arange(layout.bands), len(layout.areas))
        self.origin_keys = name_keys(("origin", i) for i in range(2))
        self.alternative_keys = name_keys(("alternative", a) for a in layout.alternatives)
        self.elsewhere_key = name_keys([("elsewhere",)])
        self.wait_key = name_keys([("wait",)])
        pools = layout.gate_pools["junior"]
        to = np.full((layout.bands, len(layout.areas), len(pools) + len(layout.alternatives)), -1, dtype=np.int64)
        for a in range(len(layout.areas)):
            to[:, a, : len(pools)] = layout.entry_cell[pools, :, layout.area_origin[a]].T
        self.junior_to = to.reshape(-1)

    # ---- what cohorts ask

    def lines_of(self, cohort: Cohort, year: int) -> NDArray[np.int64]:
        """Return the line as which each cell of a cohort is counted in September of a year."""
        out: NDArray[np.int64] = self.inputs.line_of[max(self.at(year), 0)][cohort.step.line]
        return out

    def record(self, what: str, year: int, x: Array, to: NDArray[np.int64]) -> None:
        """Add rows to a year of the history."""
        rows = getattr(self.history, what)[self.at(year)]
        rows += summed(x, to, len(rows))

    def _gathered(self, name: str, age: int, year: int) -> Array:
        step, y = self.layout.ages[age], self.at(year)
        source = self.inputs.rates if name == "rates" else self.inputs.gate_pass
        key = (name, age, int(source.version[y]))
        if key not in self._made:
            rows = step.rates if name == "rates" else step.gate_row
            self._made[key] = np.ascontiguousarray(np.take(source[y], rows, axis=-2))
        return self._made[key]

    def rates_of(self, age: int, year: int) -> Array:
        """Return dropout, repeat and move to the general track of the cells alive at an age: [3, n, P]."""
        return self._gathered("rates", age, year)

    def gate_of(self, age: int, year: int) -> Array:
        """Return the share of those at an age's gates who sit and pass: [g, P]."""
        return self._gathered("gate", age, year)

    def gate_stage_rows(self, age: int) -> NDArray[np.int64]:
        """Return the row of the stage behind each gate of an age."""
        key = ("stage rows", age)
        if key not in self._made:
            step, layout = self.layout.ages[age], self.layout
            stage_of = {int(s): int(layout.gates[r][1]) for s, r in zip(step.gate_slot, step.gate_row, strict=True)}
            rows = [
                layout.stages.index((layout.offers[o][0], stage_of[i])) for i, o in enumerate(step.gate_offer.tolist())
            ]
            self._made[key] = np.array(rows, dtype=np.int64)
        return self._made[key]

    def add_leavers(self, leaving: Array, group: NDArray[np.int64], origin: NDArray[np.int64]) -> None:
        """Take in those who leave with a diploma this year."""
        add_rows(np.ascontiguousarray(leaving), group, self.leavers)
        self.diplomas += self.ledger.by_origin(leaving, origin)
        self.ledger.leave(leaving, origin)

    def failed_can_sit(self) -> bool:
        """Say whether the assessment is over before the exam's entry date, so that who failed can still sit the exam."""
        return self.scenario.calendar.assessment <= self.scenario.calendar.exam_entry

    def bar_from_exam(self, people: Array, group: NDArray[np.int64]) -> None:
        """Keep people from this year's exam: they learn too late that they failed at the gate."""
        add_rows(np.ascontiguousarray(people), group, self.barred)

    @property
    def scenario(self) -> Any:
        """Return the scenario."""
        return self.inputs.scenario

    # ---- exam and graduation (June)

    def _exam(self, year: int) -> None:
        """Find out who of those about to leave goes up an open way: without exam, by recommendation, by passing the exam."""
        y, layout = self.at(year), self.layout
        self.ledger.move("diplomas", ORIGINS.__getitem__, self.diplomas, self.ledger.by_origin(self.leavers, layout.group_origin))
        observed.graduates(self, year)
        for gate in GATES:
            groups = layout.group_gate[gate]
            if not len(groups):
                continue
            left = self.leavers[groups] - self.barred[groups]
            for way, share in zip(WAYS, self.inputs.further[y][:, layout.group_stage[groups]], strict=True):
                process = gate if way == "passed" else f"{gate}: {way}"
                goes = self.source.binomial(left, share, process, year, layout.group_keys[groups])
                self.ledger.move(process, partial(self.name_in, groups), left, goes, left - goes)
                self.passers[gate, way], left = goes, left - goes

    def name_in(self, groups: NDArray[np.int64], i: int) -> str:
        return self.layout.group_name(int(groups[i]))

    def _graduate(self, year: int) -> None:
        if self.market is not None:
            self.market.open(year)

    # ---- census and accounts

    def _census(self, year: int) -> None:
        before = [cohort.heads for cohort in self.cohorts]
        observed.headcount(self, year)
        for cohort, heads in zip(self.cohorts, before, strict=True):
            self.record("headcount", year, cohort.heads, self.lines_of(cohort, year))
            if cohort.trace is not None:
                cohort.trace.adjust(cohort.heads - heads, cohort.step.cells)

    def _account(self, year: int) -> None:
        """Close the year: destinations of the class, and the stock by origin against the year's flows."""
        y, layout = self.at(year), self.layout
        self._find_work(year)
        if self.intercepts is not None:
            remember(self, year)
        if self.staff is not None:
            self.staff.close(year)
            self.history.teachers[y], self.history.teacher_flows[y] = self.staff.stock, self.staff.flows
        self.past_seats = np.concatenate([self.past_seats[1:], self.history.seats[y][None]])
        self.past_entrants = np.concatenate([self.past_entrants[1:], self.history.entrants[y][None]])
        stock = self.ledger.nobody()
        for cohort in self.cohorts:
            add_rows(np.ascontiguousarray(cohort.heads), cohort.step.origin, stock)
            add_rows(np.ascontiguousarray(cohort.general), cohort.step.general_origin, stock)
        self.ledger.close(year, stock)
        name = layout.areas.__getitem__
        enrolled = self.history.junior[y] - self.history.general[y] - self.history.not_local[y]
        self.ledger.limit("junior graduates", name, -enrolled, np.zeros_like(enrolled))

    def _close_tables(self, year: int) -> None:
        assert self.stocks is not None
        self.stocks.close(year)
        y, history = self.at(year), self.history
        history.table_stock[y], history.table_recruits[y] = self.stocks.stock, self.stocks.recruits
        history.table_exits[y] = self.stocks.exits

    def _find_work(self, year: int) -> None:
        """Close the labour market's year; where there is none, say who stays."""
        if self.market is not None:
            self._close_market(self.at(year), year)
        elif self.intercepts is not None:
            self._settle(self.at(year), year)
        if self.intercepts is not None:
            mobility.place(self, year)

    def seekers(self) -> Array:
        """Return this year's leavers who do not go on studying, by group."""
        seekers = self.leavers - self.further[0] - self.further[1]
        # where everyone goes on studying, rounding may leave a hair below 0
        return seekers if self.counts_people else np.maximum(seekers, 0)

    def _settle(self, y: int, year: int) -> None:
        """Wish to stay, then work by the day of counting, in one multinomial: vacancies never bind."""
        layout, retention = self.layout, self.scenario.retention
        logit = self.intercepts[layout.group_stage] + self.inputs.stay_terms[y]  # type: ignore[index]
        here, gone = (f[y] for f in self.inputs.found(retention.measured_on))
        own = self.inputs.own_field[y][layout.group_programme]
        if self.lost is not None:  # replications of one parameter draw can differ
            logit, here, gone, own = self.columns(logit) + self.lost, *(self.columns(x) for x in (here, gone, own))
        wish = sigmoid(logit)
        p = np.stack(np.broadcast_arrays(wish * here * own, wish * here * (1 - own), (1 - wish) * gone, wish * (1 - here)))
        matched, other, *rest = self.work.split(self.seekers(), p, "destinations", year, layout.group_keys)
        nobody = np.zeros_like(matched)
        self.history.destinations[y][2:] = (matched, nobody, other, nobody, *rest)
        observed.retention(self, year)
        self.ledger.move("destinations", layout.group_name, self.leavers, self.history.destinations[y])

    # ---- the city's budget

    def _fund(self, year: int) -> None:
        """Foresee the year's costs and fund what the budget allows."""
        y, budget = self.at(year), self._budget
        share = budget.fund(self.history, y)
        self.history.funded[y] = np.rint(share * POINTS)
        self.lost = budget.lost(y, share)
        if self.market is not None:
            self.market.lost = self.lost

    def _count_costs(self, year: int) -> None:
        self._budget.close(self.history, self.at(year))

    @property
    def _budget(self) -> Budget:
        assert self.budget is not None
        return self.budget

    # ---- the labour market

    def _meet(self, k: int, year: int) -> None:
        self._market.meet(year, k)

    def _measure(self, year: int) -> None:
        y, market = self.at(year), self._market
        market.measure(year, self.scenario.retention.measured_on)
        self.history.destinations[y][2:] = market.year.destinations
        self.history.turned_away[y], self.history.gave_up[y] = market.year.turned_away, market.year.gave_up
        observed.retention(self, year)
        self.ledger.move("destinations", self.layout.group_name, self.leavers, self.history.destinations[y])

    def _close_market(self, y: int, year: int) -> None:
        market, history = self._market, self.history
        carried = market.carried_by_level()
        market.close(year)
        for name in ("wanted", "vacancies", "opened", "hired", "experienced", "exits", "stayers", "retired", "flows", "raised"):
            getattr(history, name)[y] = getattr(market.year, name)
        history.workers[y], history.carried[y] = market.workers(), carried
        history.here[y] = market.here[:, list(SPANS)].sum(axis=0)

    @property
    def _market(self) -> Market:
        assert self.market is not None
        return self.market

    # ---- cohorts

    def start(self, cohort: Cohort, resumed: bool) -> None:
        self.cohorts.append(cohort)
        self._begin(cohort.live(resumed))

    def _begin(self, process: Generator[simpy.Event, Any, None]) -> None:
        self._processes.append(process)
        self.env.process(process)

    def _resume(self, intake: int, age: int, heads: Array, general: Array, entrants: Array) -> None:
        """Take a cohort over, at the start from the warm-up: whole people by chance under draws, so that means stay what they
        are."""
        step = self.layout.ages[age]
        if self.since == self.inputs.first:
            heads = self._settled(heads, step.keys, "heads at the start")
            general = self._settled(general, step.general_keys, "general track at the start")
            entrants = self._columns_of(entrants)
        cohort = Cohort(self, intake, age, heads, general, entrants)
        for x, origin in ((cohort.heads, step.origin), (cohort.general, step.general_origin)):
            add_rows(np.ascontiguousarray(x), origin, self.ledger.stock)
        self.start(cohort, resumed=True)

    def _settled(self, means: Array, keys: NDArray[np.uint64], process: str) -> Array:
        spread = np.broadcast_to(means, (len(means), self.source.columns))
        if not self.counts_people:
            return np.array(spread, dtype=float)
        base = np.floor(spread + 1e-9)
        one = np.ones(spread.shape, dtype=self.source.dtype)
        extra = self.source.binomial(one, np.clip(means - base[:, :1], 0, 1), process, self.inputs.first, keys)
        return base.astype(self.source.dtype) + extra


class Search(Run):
    """A run of who stays and finds work alone: the students' side of the years to run stands in the history already."""

    def _own_days(self) -> list[tuple[str, Callable[[int], None]]]:
        calendar = self.scenario.calendar
        return [
            (calendar.graduation, self._graduate), (calendar.admission, self._follow), (calendar.accounts, self._find_work),
        ]

    def _days_of_tables(self) -> list[tuple[str, Callable[[int], None]]]:
        return []

    def _follow(self, year: int) -> None:
        """Take the year's leavers, and who of them goes on studying, from the history."""
        class_of = self.history.destinations[self.at(year)]
        self.leavers, self.further = class_of.sum(axis=0, dtype=class_of.dtype), class_of[:2].copy()
        if self.market is not None:
            self.market.wish(year, self.seekers())
