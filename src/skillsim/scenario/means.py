"""What a planner writes of the means: measures, teachers, training of workers, money."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skillsim.scenario.basic import SHARE, Code, Kind, Pick, Title
from skillsim.scenario.numbers import Block, Number, Par

Payer = Literal["city", "province", "school", "firm"]
Volume = Literal[
    "year", "student", "entrant", "graduate", "stayer", "worker_trained", "teacher", "part_time_teacher", "teacher_trained",
    "measure",
]


class Effect(Block):
    """What a measure does to a number, for each unit of it that is done."""

    key: str
    """The dotted key of a number, or of a group of the same kind, as in changes."""
    by: Literal["add", "log_odds", "log"]
    """add: added to the number; log_odds: added to the log-odds of a share or rate; log: to its logarithm (a factor)."""
    each: Annotated[Number, Par("effect", -1e6, 1e6, read_on="plan", authority="market")]
    """What one unit adds; a range around 0 unless a source says otherwise, fixed before any run."""


class Measure(Block):
    """Something a plan wants to have built, named or done: how many there are in each year, and what they are thought to do."""

    title: Title
    unit: Title
    """What is counted."""
    done: Annotated[Number, Par("units", 0, 1e9, read_on="plan")] = Number(value=0)
    """How many there are by year; a plan's schedule is a change of this."""
    effects: list[Effect] = Field(default_factory=list)
    """What they do; empty: nothing that a simulation of people can carry."""


class Staff(Block):
    """Full-time teachers of a school at the end of the year before the first one reported."""

    teachers: Annotated[Number, Par("persons", read_on="accounts", authority="school", whole=True)]
    """How many."""
    dual: Annotated[Number, Par("share", 0, 1, read_on="accounts", authority="school")]
    """Share who are dual-qualified."""


class Teaching(Block):
    """How the teachers of one kind of school come, go and count."""

    students: Annotated[Number, Par("students per teacher", 1, 1000, read_on="plan", authority="province")]
    """Most students for each full-time teacher or full-time equivalent: this bounds new seats."""
    part_time: Annotated[Number, Par("share", 0, 0.9, read_on="plan", authority="school")] = Number(value=0)
    """Part-time teachers (full-time equivalents) as a share of all teachers."""
    leaving: Annotated[Number, Par("rate", 0, 1, read_on="accounts", authority="market")] = Number(value=0)
    """Yearly share of full-time teachers who leave."""
    hiring: Annotated[Number, Par("share", 0, 1, read_on="accounts", authority="city")] = Number(value=0)
    """Most new full-time teachers in a year, as a share of those there; no more than the school's capacity and students per
    teacher ask for, and those who left come first."""
    hired_dual: Annotated[Number, Par("share", 0, 1, read_on="accounts", authority="city")] = Number(value=0)
    """Share of new teachers who are dual-qualified when they come (three or more years in industry)."""
    trained: Annotated[Number, Par("rate", 0, 1, read_on="accounts", authority="school")] = Number(value=0)
    """Yearly share of the others who become dual-qualified."""
    professional: Annotated[Number, Par("share", 0.01, 1, read_on="accounts", authority="school")] = Number(value=0.6)
    """Share of teachers who teach professional courses; the dual-qualified are counted among these."""


class Teachers(Block):
    """Teachers; schools that state none are not bound by them."""

    kinds: dict[Kind, Teaching] = Field(min_length=1)
    """By kind of school."""
    pooled: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0)
    """Share of the teachers of the place who are shared among its schools of one kind: they help where teachers are short."""


class Training(Block):
    """Training of workers by the schools of the place."""

    person_times: dict[Code, Annotated[Number, Par("person-times", read_on="plan", authority="city", whole=True)]] = Field(
        min_length=1
    )
    """Person-times a year by industry."""
    raised: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=0)
    """Share of them after which a worker is fit for, and moves to, the next level of jobs of his industry."""
    load: Annotated[Number, SHARE] = Number(value=0.25)
    """Share of a person-time that counts as one full-time student in teachers' work."""
    schools: list[Code] = Field(default_factory=list)
    """The schools that teach them, in proportion to their teachers; empty: all that state teachers."""


class Item(Block):
    """An item of cost: an amount for each unit of a volume."""

    title: Title
    payer: Payer
    """Who pays."""
    per: Volume
    """What is counted: once a year, students in September, entrants, graduates, graduates at work here on the day of counting,
    person-times of training, full-time and part-time teachers, teachers who become dual-qualified in the year, or units of a
    measure that are added in the year."""
    amount: Annotated[Number, Par("yuan", 0, 1e12, read_on="plan")]
    """Yuan for each."""
    times: Annotated[Number, Par("times", 0, 1e6, read_on="plan")] = Number(value=1)
    """How many times for each of them, such as months, or the share who are eligible."""
    of: Pick = Pick()
    """Which students, industries (person-times) or schools (teachers); or the measure."""
    driver: Code | None = None
    """The driver of staying that it pays for: the amount is for one unit of it, and where money is short its level is cut."""


class Budget(Block):
    """What the city can spend in a year on the items it pays."""

    limit: Annotated[Number | None, Par("yuan", 0, 1e13, read_on="plan")] = None
    """Yuan a year; empty: no limit."""
    cut: list[Code] = Field(default_factory=list)
    """The items that are cut where it does not suffice, the first first; items of the city not named here are not cut."""


class Money(Block):
    """What it costs, and who pays."""

    items: dict[Code, Item] = Field(min_length=1)
    """The items of cost."""
    budget: Budget = Budget()
    """The city's budget."""
