"""What a planner writes of the rules that act on seats from year to year; each has a switch and is off by default."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillsim.scenario.basic import SWITCH, Code, Title
from skillsim.scenario.numbers import Block, Number, Par

AT_LEAST = Par("share", 0, 1, read_on="plan")


class QuotaRule(Block):
    """Next year's seats from junior graduates, capacity and three years' completion (junior gate only)."""

    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the rule acts; 0: seats are as planned in the quota table."""
    target_completion: Annotated[Number, Par("share", 0.01, 1, read_on="plan")] = Number(value=0.95)
    """c*, the completion at which seats keep step with junior graduates."""
    reach: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0.1)
    """delta: most that completion may move seats in one year."""
    seats_total: Annotated[Number | None, Par("persons", read_on="plan", whole=True)] = None
    """The place's seats by year; empty: what the rule gives."""


class ProgrammeList(Block):
    """A list of supported programmes: their seats grow within the place's total for a term of years."""

    title: Title
    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the list is in force."""
    programmes: list[Code] = Field(min_length=1)
    """The programme groups on it."""
    schools: list[Code] = Field(default_factory=list)
    """The institutions whose programmes are meant; empty: all."""
    growth: Annotated[Number, Par("rate", -0.9, 9, read_on="plan")] = Number(value=0)
    """Yearly growth of the seats of the listed programmes within the term; afterwards they keep what they have gained."""
    years: int = Field(default=3, ge=1, le=20)
    """The term of support, in plans from the first one in which it is in force."""


class WarningRule(Block):
    """Warning and exit: a programme of a school below any threshold for one year is yellow, for two running red, for three
    closed to new entrants; its students finish. Two good years step back one colour."""

    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the rule acts."""
    completion: Annotated[Number | None, AT_LEAST] = None
    """Least completion of the seats of a school's programme; empty: not looked at."""
    placement: Annotated[Number | None, AT_LEAST] = None
    """Least share in work (here or elsewhere) of the programme's graduates who do not study on; empty: not looked at."""
    match: Annotated[Number | None, AT_LEAST] = None
    """Least match rate of the programme's graduates at work here; empty: not looked at."""
    cut: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0.3)
    """Share of its seats that a red programme loses while it is red."""
    moved: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0)
    """Share of the seats lost that the other programmes of the same school and gate take over, in proportion to their seats."""


class LongTrackRule(Block):
    """Moves seats of the junior gate from the other pathways to those of the class long_track, until these have their share."""

    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the rule acts."""
    share: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0.6)
    """The share of the junior gate's seats that long track should have."""
    reach: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0.1)
    """Most of the junior gate's seats that may move in one year."""


class CrossAreaRule(Block):
    """Opens a share of the seats that are kept for some areas to the whole place: they move to the row of the same school,
    programme and pathway that is open to all local areas, which the quota table must have (with 0 seats, if need be)."""

    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the rule acts."""
    share: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=0)
    """The share of a school's programme's local seats that should be open to all areas; where more are already, nothing moves."""
    schools: list[Code] = Field(default_factory=list)
    """The schools; empty: all that have such rows."""


class WeakSchools(Block):
    """A small school whose entrants have fallen for some years running is closed to new entrants; its students finish."""

    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: the rule acts."""
    size: Annotated[Number, Par("persons", read_on="plan", whole=True)] = Number(value=0)
    """Only schools of the junior gate with fewer entrants than this in the last year."""
    years: int = Field(default=3, ge=1, le=3)
    """For how many years running entrants must have fallen."""
    moved: Annotated[Number, Par("share", 0, 1, read_on="plan")] = Number(value=1)
    """Share of its seats that other schools' rows of the same pathway take over, in proportion to their seats."""


class Merger(Block):
    """Seats of some schools' programmes go to one school, once for all: merging of programmes of one kind, or of schools. Those
    already there finish where they are."""

    title: Title
    active: Annotated[Number, SWITCH] = Number(value=0)
    """1: done."""
    schools: list[Code] = Field(min_length=1)
    """The schools that give up their seats."""
    programmes: list[Code] = Field(default_factory=list)
    """The programmes that are merged; empty: all."""
    into: Code
    """The school that takes them over, row by row: it needs a row of the same programme and pathway (with 0 seats, if need be);
    what has none stays where it is."""


class Retirement(Block):
    """Statutory retirement."""

    rise: Annotated[Number, Par("switch", 0, 1, read_on="graduation", authority="province", whole=True)] = Number(value=1)
    """1: the ages rise from 2025 as decided in September 2024; 0: they stay at 60, 55 and 50."""


class Rules(Block):
    """Rules that react. On seats they act every April in the order in which they stand here, save that mergers come first, since
    they say where the seats stand."""

    quota: QuotaRule = QuotaRule()
    """The quota rule."""
    lists: dict[Code, ProgrammeList] = Field(default_factory=dict)
    """Lists of supported programmes."""
    warning: WarningRule = WarningRule()
    """Warning and exit of programmes."""
    weak: WeakSchools = WeakSchools()
    """Weak shrinking schools."""
    mergers: dict[Code, Merger] = Field(default_factory=dict)
    """Merging of programmes and schools."""
    long_track: LongTrackRule = LongTrackRule()
    """The share of long track."""
    cross_area: CrossAreaRule = CrossAreaRule()
    """Places across areas."""
    retirement: Retirement = Retirement()
    """Statutory retirement."""
