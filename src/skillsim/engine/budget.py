"""What items of cost count and come to, and the city's budget: what of each item a year can pay, and what that does to who
stays (docs/model.md, Money)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.engine.layout import picked
from skillsim.rules.arrays import as_columns
from skillsim.rules.money import cut_to, funded
from skillsim.rules.teachers import equivalents
from skillsim.scenario.means import Item
from skillsim.terms import LOCAL

Array = NDArray[Any]
Floats = NDArray[np.float64]
POINTS = 10_000  # basis points: what is funded is kept in these, and who stays and what is paid follow from the same shares
KNOWN = ("year", "worker_trained", "measure")  # volumes that a plan gives; the others are counted


class Costs:
    """What the items of cost of a scenario count, and what they come to.

    ``items`` are their codes, sorted; ``city`` which of them the city pays [n]; ``cut`` the places of those that its budget may
    cut, in their order.

    Parameters
    ----------
    inputs : figures by year and parameter draw
    columns, per : replications, and how many of them share a parameter draw
    """

    def __init__(self, inputs: Inputs, columns: int, per: int):
        self.inputs, self.columns, self.per = inputs, columns, per
        money = inputs.scenario.money
        assert money is not None
        self.items, self.budget = tuple(sorted(money.items)), money.budget
        self.given = [money.items[code] for code in self.items]
        self.city = np.array([item.payer == "city" for item in self.given])
        self.cut = [self.items.index(code) for code in money.budget.cut]
        self.rows = [_rows(inputs, item) for item in self.given]

    def _wide(self, values: Array) -> Floats:
        return np.asarray(as_columns(values, self.columns, self.per), dtype=float)

    def volumes(self, history: History, y: int, items: list[int] | None = None) -> Floats:
        """Return what each item, or some, counts in a year [n, R]."""
        wanted = range(len(self.items)) if items is None else items
        return np.stack([self._volume(history, y, self.given[i], self.rows[i]) for i in wanted])

    def _volume(self, history: History, y: int, item: Item, rows: NDArray[np.bool_]) -> Floats:
        if item.per == "year":
            return np.ones(self.columns)
        if item.per == "worker_trained":
            training = self.inputs.scenario.training
            codes = [code for code in sorted(training.person_times if training else ()) if code in (item.of.industries or [code])]
            return self._wide(self.inputs.stack([f"training.person_times.{code}" for code in codes])[y].sum(axis=0))
        if item.per == "measure":
            done = [self.inputs.done(code)[y : y + 2] for code in item.of.measures]
            return self._wide(sum((np.maximum(now - before, 0.0) for before, now in done), np.zeros(1)))
        if item.per == "student":
            return _total(history.headcount[y], rows)
        if item.per == "entrant":
            return _total(history.entrants[y], rows)
        if item.per == "graduate":
            return _total(history.destinations[y].sum(axis=0), rows)
        if item.per == "stayer":
            return _total(history.destinations[y][LOCAL].sum(axis=0), rows)
        if item.per == "teacher_trained":
            return _total(history.teacher_flows[y][2], rows)
        teachers = history.teachers[y].sum(axis=0)
        if item.per == "teacher":
            return _total(teachers, rows)
        kinds = [self.inputs.scenario.institutions[self.inputs.layout.schools[j]].kind for j in self.inputs.layout.staffed]
        share = self._wide(self.inputs.stack([f"teachers.kinds.{kind}.part_time" for kind in kinds])[y])
        return _total(equivalents(teachers, share) - teachers, rows)

    def each(self, y: int) -> Floats:
        """Return what one unit of each item's volume costs in a year, in yuan [n, R]."""
        return np.stack([self._each(y, code, item) for code, item in zip(self.items, self.given, strict=True)])

    def _each(self, y: int, code: str, item: Item) -> Floats:
        cost = self.inputs.get(f"money.items.{code}.amount")[y] * self.inputs.get(f"money.items.{code}.times")[y]
        if item.driver is not None:
            cost = cost * np.maximum(self.inputs.get(f"retention.drivers.{item.driver}.level")[y], 0.0)
        return self._wide(cost)

    def limit(self, y: int) -> Floats | None:
        """Return what the city can spend in a year [R]; None where there is no limit."""
        return None if self.budget.limit is None else self._wide(self.inputs.get("money.budget.limit")[y])

    def paid(self, y: int, due: Floats) -> Floats:
        """Return what is paid of what is due [n, R] in a year: all of it, save what the city's budget cuts."""
        limit = self.limit(y)
        if limit is None:
            return due
        others = np.where(self.city[:, None], 0.0, due)
        return cut_to(due - others, limit, self.cut) + others


def _total(rows: Array, keep: NDArray[np.bool_]) -> Floats:
    return np.asarray(rows[keep].sum(axis=0), dtype=float)


ROWS_OF = {
    "student": "line", "entrant": "pool", "graduate": "group", "stayer": "group",
    **dict.fromkeys(("teacher", "part_time_teacher", "teacher_trained"), "staff"),
}


def _rows(inputs: Inputs, item: Item) -> NDArray[np.bool_]:
    """Return which lines, pools, groups or staffed schools an item counts; none where it counts no people of a run."""
    kind = ROWS_OF.get(item.per)
    return np.zeros(0, dtype=bool) if kind is None else picked(inputs.scenario, inputs.layout, item.of, kind)


class Budget:
    """The city's budget through the years, for all replications at once.

    Parameters
    ----------
    costs : what the items come to
    last : last year's volumes [n, R], or None before the first year
    """

    def __init__(self, costs: Costs, last: Floats | None = None):
        self.costs, self.inputs, self.last = costs, costs.inputs, last

    def fund(self, history: History, y: int) -> Floats:
        """Return in April what share of each item is funded [n, R], in whole basis points: that of its cost as it is foreseen,
        with last year's volumes and this year's amounts.  In the first year nothing is known to foresee it by, and all are
        funded."""
        if self.last is None:
            return np.ones((len(self.costs.items), self.costs.columns))
        known = [i for i, item in enumerate(self.costs.given) if item.per in KNOWN]
        volumes = self.last.copy()
        if known:
            volumes[known] = self.costs.volumes(history, y, known)
        asked = self.costs.each(y) * volumes
        self.asked = asked
        return np.floor(funded(asked, self.costs.paid(y, asked)) * POINTS + 1e-6) / POINTS

    def lost(self, y: int, share: Floats) -> Floats | None:
        """Return by how much the log-odds of staying of each group [G, R] are less for what is not funded; None where all is.

        The level of a driver is brought to the funded share of all items that pay for it.
        """
        out: Floats | None = None
        for code in sorted({item.driver for item in self.costs.given if item.driver is not None}):
            mine = [i for i, item in enumerate(self.costs.given) if item.driver == code]
            if (share[mine] == 1.0).all():
                continue
            asked = self.asked[mine]
            whole = funded(asked.sum(axis=0), (asked * share[mine]).sum(axis=0))
            touched, push = self.inputs.driven(code)
            less = touched[:, None] * as_columns(push[y], self.costs.columns, self.costs.per) * (whole - 1.0)
            out = less if out is None else out + less
        return out

    def close(self, history: History, y: int) -> None:
        """Keep the year's volumes, by which the next year's costs are foreseen."""
        self.last = self.costs.volumes(history, y)
