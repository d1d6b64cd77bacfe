"""The teachers of the schools that state any: who leaves, is trained and hired, and how many students they can teach."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source, name_keys
from skillsim.engine.inputs import Inputs
from skillsim.engine.ledger import Ledger
from skillsim.rules.arrays import as_columns
from skillsim.rules.teachers import equivalents, hires, pooled, wanted
from skillsim.rules.training import loads

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Staff:
    """Full-time teachers through the years, for all replications at once.

    ``stock`` [2, J', R] are the dual-qualified and the others on 31 December, by school of ``layout.staffed``; ``flows`` [3, J',
    R] who was hired, left and became dual-qualified in the year that was closed last.

    Parameters
    ----------
    inputs : figures by year and parameter draw
    source : draws, or means
    ledger : checks every move
    stock : what an earlier year left, by default what the schools state
    """

    def __init__(self, inputs: Inputs, source: Source, ledger: Ledger, stock: Array | None = None):
        self.inputs, self.source, self.ledger, self.layout = inputs, source, ledger, inputs.layout
        self.whole = bool(np.issubdtype(np.dtype(source.dtype), np.integer))
        scenario = inputs.scenario
        self.schools = [self.layout.schools[j] for j in self.layout.staffed]
        self.kinds = [scenario.institutions[code].kind for code in self.schools]
        self.keys = name_keys(("teachers", which, code) for which in ("dual", "other") for code in self.schools)
        self.stock = self._start() if stock is None else stock
        self.flows: Array

    def _start(self) -> Array:
        teachers, dual = (
            self._columns(self.inputs.stack([f"institutions.{code}.staff.{name}" for code in self.schools])[0])
            for name in ("teachers", "dual")
        )
        first = self._counts(np.rint(teachers * dual) if self.whole else teachers * dual)
        return np.stack([first, self._counts(teachers) - first])

    def _columns(self, values: Array) -> Array:
        return as_columns(values, self.source.columns, self.source.per_parameter)

    def _counts(self, values: Array) -> Array:
        return np.asarray(values.astype(self.source.dtype))

    def _figure(self, name: str, y: int) -> Floats:
        """Return a figure of each school's kind [J', P]."""
        return self.inputs.stack([f"teachers.kinds.{kind}.{name}" for kind in self.kinds])[y]

    # ---- what they can teach

    @cached_property
    def _pool(self) -> NDArray[np.int64]:
        """Return whose teachers help each other: schools of the place of one kind; one elsewhere is by itself."""
        scenario = self.inputs.scenario
        at = [scenario.institutions[code].area for code in self.schools]
        own = [kind if scenario.areas[a].local else code for kind, a, code in zip(self.kinds, at, self.schools, strict=True)]
        return np.unique(own, return_inverse=True)[1].astype(np.int64)

    def most_students(self, year: int) -> Floats:
        """Return the most students that each school's teachers can teach in a year [J, R]: whole ones under draws; without
        limit where a school states no teachers."""
        y = year - self.inputs.first
        students, part_time = (self._columns(self._figure(name, y)) for name in ("students", "part_time"))
        teachers = self.stock.sum(axis=0)
        own = np.maximum(students * equivalents(teachers, part_time) - self._load(y, teachers), 0.0)
        capacity = self._columns(self.inputs.capacity[y][self.layout.staffed])
        own = pooled(own, capacity, self._pool, self._columns(self.inputs.get("teachers.pooled")[y]))
        out = np.full((len(self.layout.schools), self.source.columns), np.inf)
        out[self.layout.staffed] = np.floor(own + 1e-9) if self.whole else own
        return out

    def _load(self, y: int, teachers: Array) -> Array:
        """Return the training of workers as full-time students by school [J', R]."""
        training = self.inputs.scenario.training
        if training is None:
            return np.zeros(teachers.shape)
        persons = self.inputs.stack([f"training.person_times.{code}" for code in sorted(training.person_times)])[y].sum(axis=0)
        students = self._columns(persons * self.inputs.get("training.load")[y])
        return loads(students, teachers, np.array([not training.schools or code in training.schools for code in self.schools]))

    # ---- 31 December

    def close(self, year: int) -> None:
        """Teachers leave, are trained, and are hired up to what the school's capacity and the training of workers ask for."""
        y, source, ledger, n = year - self.inputs.first, self.source, self.ledger, len(self.schools)
        before = self.stock.sum(axis=0)
        rows = self.stock.reshape(2 * n, -1)
        left = source.binomial(rows, np.tile(self._figure("leaving", y), (2, 1)), "teachers leaving", year, self.keys)
        ledger.move("teachers leaving", self._name, rows, left, rows - left)
        dual, other = (rows - left).reshape(self.stock.shape)
        trained = source.binomial(other, self._figure("trained", y), "teachers trained", year, self.keys[n:])
        ledger.move("teachers trained", self._name, other, trained, other - trained)
        students, hiring = (self._columns(self._figure(name, y)) for name in ("students", "hiring"))
        posts = self._columns(self._figure("part_time", 0))  # more part-time teachers come on top and replace nobody
        stay = dual + other
        load = self._columns(self.inputs.capacity[y][self.layout.staffed]) + self._load(y, stay)
        hired = self._whole(hires(wanted(load, students, posts), stay, before, hiring), year)
        come_dual = source.binomial(hired, self._figure("hired_dual", y), "teachers hired dual-qualified", year, self.keys[n:])
        self.stock = np.stack([dual + trained + come_dual, other - trained + hired - come_dual])
        gone = self._counts(left.reshape(self.stock.shape).sum(axis=0))
        self.flows = np.stack([hired, gone, trained])
        ledger.move("teachers", self._name, before + hired, *self.stock, gone)

    def _whole(self, posts: Floats, year: int) -> Array:
        """Return posts as people: what is left of a whole post under draws is one with that chance."""
        if not self.whole:
            return posts
        base = np.floor(posts + 1e-9)
        one = np.ones(posts.shape, dtype=self.source.dtype)
        left = self.source.binomial(one, np.clip(posts - base, 0.0, 1.0), "teachers hired", year, self.keys[len(self.schools) :])
        return self._counts(base) + left

    def _name(self, i: int) -> str:
        return self.schools[i % len(self.schools)]
