"""What a planner writes: the types of a scenario file.

Every field's documentation is the string under it; every number's bounds, unit, reading event and authority stand in one
:class:`~skillsim.scenario.numbers.Par`.  The reader, the checks, the schema, docs/scenario.md and the page all come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from skillsim.scenario.acting import Rules
from skillsim.scenario.basic import (
    GROWTH,
    PREFERENCE,
    SHARE,
    Code,
    Definition,
    Gate,
    Kind,
    MonthDay,
    Pick,
    Preference,
    Title,
    rate,
)
from skillsim.scenario.flow import FlowTable
from skillsim.scenario.market import Labour
from skillsim.scenario.means import Measure, Money, Staff, Teachers, Training
from skillsim.scenario.numbers import Authority, Block, FrozenList, Number, Par, Source


class Years(Block):
    """The years that are reported; each is a calendar year."""

    first: int = Field(ge=1950, le=2150)
    """First year reported."""
    last: int = Field(ge=1950, le=2150)
    """Last year reported."""


class Calendar(Block):
    """The day (MM-DD) of each yearly event, in this order within the year."""

    plan: MonthDay = "04-01"
    """Quotas are fixed from rolls and completion."""
    progress: MonthDay = "05-01"
    """The school year's dropouts, repeaters and moves are known."""
    assessment: MonthDay = "05-15"
    """Stage-transfer assessment."""
    exam: MonthDay = "06-07"
    """Vocational entrance exam and upgrade exam."""
    graduation: MonthDay = "06-30"
    """Diplomas."""
    admission: MonthDay = "07-20"
    """Places are filled."""
    term: MonthDay = "09-01"
    """The school year starts."""
    census: MonthDay = "09-15"
    """Headcount is taken."""
    accounts: MonthDay = "12-31"
    """The year is closed; destinations are counted."""
    exam_entry: MonthDay = "05-25"
    """Last day to enter for the exam: who fails an assessment held by then can still sit it."""


class Rolls(Block):
    """What is known of an area's children: in each year the nearest roll counts, junior school before primary before births."""

    junior_entrants: Annotated[Number | None, Par("persons", read_on="plan", authority="market", whole=True)] = None
    """Entrants of junior school, each September; who graduates in June of year Y entered in Y - 3."""
    junior_survival: Annotated[Number, Par("factor", 0, 3, read_on="plan", authority="market")] = Number(value=1)
    """Junior graduates for each of them."""
    primary_entrants: Annotated[Number | None, Par("persons", read_on="plan", authority="market", whole=True)] = None
    """Entrants of primary school, each September; who graduates in June of year Y entered in Y - 9."""
    primary_survival: Annotated[Number, Par("factor", 0, 3, read_on="plan", authority="market")] = Number(value=1)
    """Junior graduates for each of them."""
    births: Annotated[Number | None, Par("persons", read_on="plan", authority="market", whole=True)] = None
    """Births by calendar year; the class of June Y is one third of those of Y - 16 and two thirds of those of Y - 15 (school
    years are cut at 31 August)."""
    birth_survival: Annotated[Number, Par("factor", 0, 3, read_on="plan", authority="market")] = Number(value=1)
    """Junior graduates for each of them, moving in and out included."""


class Area(Block):
    """A source area: where young people come from and where schools stand."""

    title: Title
    local: bool = True
    """Whether it belongs to the place; graduates from elsewhere are an origin of their own."""
    near: bool = False
    """For an area outside the place: whether it belongs to the city or region around it, so that who works there is neither here
    nor far."""
    junior_graduates: Annotated[Number, Par("persons", read_on="plan", authority="market", whole=True)] = Number(value=0)
    """Junior graduates each June; for an area outside the place: those who would come (the general share is not taken). Where
    rolls or births are given beside it, only for the years of its series."""
    rolls: Rolls | None = None
    """School rolls and births from which junior graduates follow."""
    adult_applicants: Annotated[Number, Par("persons", read_on="admission", authority="market", whole=True)] = Number(value=0)
    """Veterans, laid-off and migrant workers, new farmers and other adults who would enter a local college, each summer."""
    general_applicants: Annotated[Number, Par("persons", read_on="admission", authority="market", whole=True)] = Number(value=0)
    """General-high-school graduates who would enter a local college, each summer."""


class Industry(Block):
    """An industry of the place."""

    title: Title
    leading: bool = False
    """Whether it is one of the leading industries."""
    workers: Annotated[Number, Par("persons", read_on="graduation", authority="market", whole=True)] = Number(value=0)
    """Workers in jobs of the labour market's levels, at the end of the year before the first one reported; as many as are
    wanted then."""
    level_shares: dict[Code, Annotated[Number, Par("parts", 0, 1e6, read_on="graduation", authority="market")]] = Field(
        default_factory=dict
    )
    """How its jobs are spread over the job levels; brought to a sum of 1."""
    growth: Annotated[Number, GROWTH] = Number(value=0)
    """Yearly growth of the workers wanted."""
    to_graduates: Annotated[Number | None, Par("share", 0, 1, read_on="graduation", authority="market")] = None
    """Share of its vacancies open to new graduates; empty: the labour market's."""
    open_to_others: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=1)
    """Share of the vacancies open to graduates that take people of other fields."""


class Programme(Block):
    """A programme group: a field of study."""

    title: Title
    family: Code | None = None
    """Programmes of one family lead into each other at the entrance exam; empty: a family of its own."""
    industries: dict[Code, Annotated[Number, SHARE]] = Field(default_factory=dict)
    """Shares of its graduates whose own industries these are; they sum to at most 1."""
    preference: Preference = Number(value=0)
    """How much it is sought (log-odds against a programme at 0); one figure, or one for each score band."""
    flexible: Annotated[Number | None, Par("share", 0, 1, read_on="graduation", authority="market")] = None
    """Share of its graduates who, where their own industries have no vacancy left, take one of another field; empty: the
    labour market's."""
    order_class: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="school")] = Number(value=0)
    """Share of its graduates trained in order classes, who are hired first."""


class Raised(Block):
    """An institution raised in level: its students count at the new level, and its new classes are rows of their own in the quota
    table. Diplomas stay those of the pathway that was entered."""

    active: Annotated[Number, Par("switch", 0, 1, read_on="term", authority="province", whole=True)] = Number(value=0)
    """1: done."""
    levels: dict[Code, Code] = Field(min_length=1)
    """As which level its students of each level count from then on."""


class Institution(Block):
    """A school or college."""

    title: Title
    kind: Kind
    """What it is."""
    area: Code
    """Where it stands."""
    placeholder: bool = False
    """True for a typed placeholder: not a real school, its figures are assumed."""
    capacity: Annotated[Number, Par("persons", read_on="plan", whole=True)]
    """Most students at once, over all its programmes, for which new places are planned; a dated change opens, enlarges or
    closes it. Stage transfers were promised at entry and come in all the same."""
    preference: Preference = Number(value=0)
    """How much it is sought (log-odds); one figure, or one for each score band."""
    staff: Staff | None = None
    """Its teachers; empty: they bind no seats."""
    raised: Raised | None = None
    """Whether it is raised in level."""


class Transfer(Block):
    """The assessed and capped gate into a stage."""

    sits: Annotated[Number, rate("assessment")]
    """Share of those at the end of the stage before who are assessed."""
    passes: Annotated[Number | list[Number], rate("assessment")]
    """Share of those assessed who pass; one figure, or one for each score band, top first."""
    cap: Annotated[Number, Par("share", 0, 1, read_on="assessment", authority="province")] = Number(value=1)
    """Most who may pass, as a share of the entrants of that school, programme and pathway; whole persons, rounded down."""


class Further(Block):
    """The open way upward for holders of a stage's diploma."""

    gate: Literal["exam", "upgrade"]
    """exam: vocational entrance exam; upgrade: from college to bachelor."""
    sits: Annotated[Number, rate("exam", "market")]
    """Share of the graduates who sit."""
    passes: Annotated[Number, rate("exam", "province")]
    """Share of those who sit who pass and then choose among the open places, elsewhere included."""
    exempt: Annotated[Number, Par("share", 0, 1, read_on="exam", authority="province")] = Number(value=0)
    """Share of the graduates who enter a local place without exam, such as winners of skill competitions; they choose first."""
    recommended: Annotated[Number, Par("share", 0, 1, read_on="exam", authority="province")] = Number(value=0)
    """Share of the graduates who enter a local place by recommendation; they choose after the exempt and before all others."""


class Stage(Block):
    """A stretch of years at one level, ending in a diploma."""

    level: Code
    """Level of the diploma."""
    years: int = Field(ge=1, le=8)
    """How long it lasts."""
    job_level: Code | None = None
    """The level of the jobs that its diploma is for; empty: the level of the diploma."""
    counted_as: list[Code] = Field(default_factory=list)
    """The level as which each year's students are counted in statistics; empty: the level of the diploma."""
    dropout: Annotated[Number | list[Number], rate("progress")]
    """Yearly share who leave school; one figure, or one for each year of the stage."""
    repeat: Annotated[Number | list[Number], rate("progress")] = Number(value=0)
    """Yearly share who repeat the year, with the next intake."""
    to_general: Annotated[Number | list[Number], rate("progress")] = Number(value=0)
    """Yearly share who move to the general track."""
    back: Annotated[Number, rate("progress")] = Number(value=0)
    """Yearly share of those who moved to the general track who come back."""
    transfer: Transfer | None = None
    """The gate into this stage; none for the first stage."""
    further: Further | None = None
    """The open way upward for those who leave with this stage's diploma."""

    @property
    def works_as(self) -> str:
        """Return the level of the jobs that the stage's diploma is for."""
        return self.job_level or self.level


class Pathway(Block):
    """An ordered list of stages, entered once."""

    title: Title
    entry: Gate = "junior"
    """junior: from junior secondary school; exam: by entrance exam (and from general high school); upgrade: from college."""
    stages: list[Stage] = Field(min_length=1, max_length=4)
    """The stages in order."""
    preference: Preference = Number(value=0)
    """How much it is sought (log-odds); one figure, or one for each score band."""


class QuotaRow(Block):
    """Seats of one school x programme x pathway x source area."""

    school: Code
    """Where the first stage is taught."""
    programme: Code
    """The field of study."""
    pathway: Code
    """The pathway."""
    then: list[Code] = Field(default_factory=list)
    """Where each later stage is taught; empty: at the same school."""
    areas: Literal["local", "any"] | list[Code] = "local"
    """Who may apply: the place's own areas, any area, or those listed."""
    seats: Annotated[Number, Par("persons", read_on="plan", whole=True)]
    """Seats each year."""

    @property
    def open_to(self) -> str:
        """Return the source areas as one word."""
        return self.areas if isinstance(self.areas, str) else "+".join(sorted(self.areas))

    @property
    def key(self) -> str:
        """Return the row's name: pathway.school.programme.areas."""
        return f"{self.pathway}.{self.school}.{self.programme}.{self.open_to}"


class Quota(Block):
    """The seats."""

    rows: list[QuotaRow] = Field(min_length=1)
    """One row for each school x programme x pathway x source area."""


class Alternative(Block):
    """Where a young person may go instead of a vocational seat of the place."""

    title: Title
    seats: Annotated[Number | None, Par("persons", read_on="plan", authority="province", whole=True)] = None
    """Its places; empty: no limit."""
    general: bool = False
    """Whether it is general high school: who goes there counts among those of the general track."""
    preference: Preference = Number(value=0)
    """How much it is sought (log-odds); one figure, or one for each score band."""


class Batch(Block):
    """A batch of admission: its applicants choose among its options and may wait for those of later batches."""

    title: Title
    pathways: list[Code] = Field(default_factory=list)
    """Pathways whose seats are filled in it; classes may be named."""
    schools: list[Code] = Field(default_factory=list)
    """Institutions whose seats are filled in it; with pathways: their seats of these pathways."""
    alternatives: list[Code] = Field(default_factory=list)
    """Alternatives that are open in it."""
    list_length: int | None = Field(default=None, ge=1, le=200)
    """How many choices an applicant may name; empty: as many as there are."""


class Choice(Block):
    """How seats of the junior gate are chosen: parallel choice by score bands on one platform."""

    bands: list[float] = Field(min_length=1, max_length=100)
    """Shares of the junior graduates by score band, best first; they sum to 1."""
    general_share: Annotated[Number | list[Number], rate("admission", "province")] = Number(value=0)
    """Share who go to general high school before any choice; one figure, or one for each band."""
    home: Annotated[Number, PREFERENCE] = Number(value=0)
    """Log-odds in favour of a school in one's own area."""
    size: Annotated[Number, Par("power", 0, 1, read_on="admission", authority="market")] = Number(value=0)
    """How much more a larger row of seats is chosen: its weight grows with this power of its planned seats (all gates)."""
    alternatives: dict[Code, Alternative] = Field(default_factory=dict)
    """The alternatives."""
    batches: list[Batch] = Field(default_factory=list, max_length=8)
    """The batches in their order; what none of them names belongs to the last. Empty: one batch without a limit of choices."""
    makeup: Annotated[Number, Par("share", 0, 1, read_on="admission", authority="city")] = Number(value=1)
    """Share of those who were placed in no batch who take part in the make-up round, among all that is left."""


class OpenGate(Block):
    """Choice after the entrance exam or the upgrade exam."""

    elsewhere: Annotated[Number | None, PREFERENCE] = None
    """How much a place elsewhere is sought (log-odds); empty: there is none elsewhere."""
    other_field: Annotated[Number, PREFERENCE] = Number(value=-2)
    """Log-odds of another programme of one's own family against one's own."""
    local: Annotated[Number, Par("log-odds", -20, 20, read_on="admission", authority="city")] = Number(value=0)
    """Log-odds in favour of a college of the place against one elsewhere."""


class Gates(Block):
    """The open gates."""

    exam: OpenGate = OpenGate()
    """Vocational entrance exam, from secondary upward."""
    upgrade: OpenGate = OpenGate()
    """Upgrade, from college to bachelor."""
    social: OpenGate = OpenGate()
    """Entry of adults into college."""


class BaseRate(Block):
    """A staying rate as observed, with its definition, date and year; without them it is refused."""

    pathways: list[Code] = Field(min_length=1)
    """The pathways it holds for."""
    level: Code
    """The level of the diploma."""
    rate: Annotated[Number, rate("accounts", "market")]
    """The share, as counted in ``year``."""
    definition: Definition
    """r1 local employed / employed; r2 local employed / (graduates - further study); r3 local employed / graduates; r4 local
    placed / placed, further study included."""
    measured_on: MonthDay
    """The day on which it was counted."""
    year: int
    """The year of graduation for which it was counted."""

    @property
    def key(self) -> str:
        """Return the rate's name: pathways and level, whatever its place in the list."""
        return f"{'+'.join(sorted(self.pathways))}:{self.level}"


class Driver(Block):
    """Something that moves the wish to stay: a level by year, and the log-odds that one unit of it adds."""

    title: Title
    level: Annotated[Number, Par("units", -1e9, 1e9, read_on="graduation", authority="city")]
    """Its level by year."""
    effect: Annotated[Number, Par("log-odds per unit", -20, 20, read_on="graduation", authority="market")]
    """Log-odds that one unit adds."""
    unit: Title | str
    """The unit of the level, in both languages or one word for both."""
    pathways: list[Code] = Field(default_factory=list)
    """Pathways that it touches; empty: all."""

    def measured_in(self, lang: str) -> str:
        """Return the unit of the level in a language."""
        return self.unit if isinstance(self.unit, str) else str(getattr(self.unit, lang))


class Mobility(Block):
    """In which area those who find work take it."""

    own: Annotated[Number, Par("log-odds", -20, 20, read_on="accounts", authority="market")] = Number(value=0)
    """Log-odds in favour of the area in which one studied, among the areas of the place."""
    jobs: dict[Code, Annotated[Number, Par("parts", 0, 1e9, read_on="accounts", authority="market")]] = Field(
        default_factory=dict
    )
    """How many jobs each area of the place has, in parts; areas not named have none."""
    near: Annotated[Number, Par("share", 0, 1, read_on="accounts", authority="market")] = Number(value=0)
    """Of those employed elsewhere, the share who work in the near areas."""


class Found(Block):
    """Share who have found work by a day, where vacancies don't bind."""

    by_august: Annotated[Number, rate("accounts", "market")]
    """By 31 August of the year of graduation."""
    by_december: Annotated[Number, rate("accounts", "market")]
    """By 31 December of the year of graduation."""


class Retention(Block):
    """Who stays."""

    measured_on: Literal["08-31", "12-31"] = "12-31"
    """The day of the year of graduation on which results are counted."""
    base: list[BaseRate] = Field(min_length=1)
    """Observed staying rates; the intercepts are solved so that these come out in their year."""
    local_origin: Annotated[Number, Par("log-odds", -20, 20, read_on="graduation", authority="market")] = Number(value=0)
    """Log-odds of staying of those who come from the place, against those who do not."""
    studied_away: Annotated[Number, Par("log-odds", -20, 20, read_on="graduation", authority="market")] = Number(value=0)
    """Log-odds of staying of those whose last school stands outside the place, against those taught in it."""
    order_class: Annotated[Number, Par("log-odds", -20, 20, read_on="graduation", authority="market")] = Number(value=0)
    """Log-odds of staying of those trained in an order class."""
    tightness: Annotated[Number, Par("log-odds", -20, 20, read_on="graduation", authority="market")] = Number(value=0)
    """Log-odds of staying that last year's openings to seekers at one's job level add for each unit of their logarithm."""
    drivers: dict[Code, Driver] = Field(default_factory=dict)
    """What else moves the wish to stay."""
    stayers: Found
    """Of those who wish to stay."""
    leavers: Found
    """Of those who leave."""
    mobility: Mobility | None = None
    """In which area they work; empty: only whether it is here or elsewhere."""


class Change(Block):
    """One change of a policy: exactly one of set, add, scale, ramp."""

    key: str
    """The dotted key of a number, or of a group of the same kind (quota.sve_3 means every seat row of that pathway); * stands
    for any one part."""
    set: float | None = None
    """The new value."""
    add: float | None = None
    """What is added."""
    scale: float | None = Field(default=None, ge=0)
    """The factor."""
    ramp: float | None = None
    """The value to reach at ``until``."""
    since: date | None = Field(default=None, alias="from")
    """In force from this day; empty: the first day on which anything can still be decided (as_of)."""
    until: date | None = None
    """The change comes gradually and is complete on this day."""
    hold: bool = False
    """For seats: the quota rule leaves these rows alone from then on."""
    clause: str | None = None
    """The clause that asks for it."""

    @model_validator(mode="after")
    def _one_op(self) -> Self:
        given = [op for op in ("set", "add", "scale", "ramp") if getattr(self, op) is not None]
        if len(given) != 1 or (given == ["ramp"] and self.until is None):
            raise PydanticCustomError("change_op", "exactly one of set, add, scale, ramp (ramp with until)")
        if self.since and self.until and self.until <= self.since:
            raise PydanticCustomError("change_until", "until after from")
        return self


class Policy(Block):
    """A named package of changes."""

    title: Title
    authority: Authority = "city"
    """Who decides it."""
    changes: list[Change] = Field(min_length=1)
    """The changes."""


class Target(Block):
    """What a document asks for."""

    title: Title
    indicator: str
    """The indicator's code."""
    of: Pick = Pick()
    """Which students."""
    year: int
    """The year by which it is asked."""
    year_stated: bool = True
    """Whether the text itself states the year."""
    direction: Literal["reach", "at_least", "at_most", "band", "show"]
    """reach and at_least: the value or more; at_most: the value or less; band: between the two; show: no number is asked."""
    value: float | None = None
    """The number asked."""
    band: tuple[float, float] | None = None
    """[low, high] for a band."""
    clause: str
    """Document and clause."""

    @model_validator(mode="after")
    def _goal(self) -> Self:
        wants = {"band": (False, True), "show": (False, False)}.get(self.direction, (True, False))
        if (self.value is not None, self.band is not None) != wants:
            raise PydanticCustomError("target_goal", "value or band as the direction asks")
        return self


class Observed(Block):
    """An actual figure that replaces the simulated one of a past year."""

    indicator: Literal["entrants", "headcount", "graduates", "local_retention"]
    """What was counted (local_retention by the definition given)."""
    year: int
    """Its year."""
    of: Pick = Pick()
    """Which students."""
    definition: Definition | None = None
    """For local_retention."""
    value: float = Field(ge=0)
    """The figure."""
    source: Source
    """Where it comes from."""

    @model_validator(mode="after")
    def _definition(self) -> Self:
        if (self.indicator == "local_retention") != (self.definition is not None):
            raise PydanticCustomError("observed_definition", "definition with local_retention only")
        return self


class Figure(Block):
    """One of the few figures of a place that decide most, which the page asks for first: a number of this file, or an actual
    count."""

    title: Title
    year: int
    """The year that is asked for."""
    key: str | None = None
    """The dotted key of a number, or of a group of numbers of people (its total in the year is asked), as in changes; also
    ``areas.local`` for the place's own areas, and a class after ``quota``."""
    indicator: Literal["entrants", "headcount", "graduates", "local_retention"] | None = None
    """What was counted, as in ``observed``."""
    definition: Definition | None = None
    """For local_retention."""
    of: Pick = Pick()
    """Which students, for a count."""
    note: Title | None = None
    """How and on which day it is counted."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.key is None) == (self.indicator is None) or (self.key is not None and self.of != Pick()):
            raise PydanticCustomError("figure_ask", "key, or indicator with of")
        if (self.indicator == "local_retention") != (self.definition is not None):
            raise PydanticCustomError("observed_definition", "definition with local_retention only")
        return self


class Known(Block):
    """A figure that the place knows of itself; it replaces what the file says, before any policy acts."""

    key: str
    """The dotted key of a number, or of a group of numbers of people, as in ``figures``."""
    value: Number
    """The figure: of a single number any form; with ``year`` a bare figure."""
    year: int | None = None
    """The figure is the value, or the group's total, of this year: the numbers are scaled to it, their course by year stays,
    their spread goes. Empty: the figure takes the place of a single number, for all years."""
    source: Source
    """Where it comes from."""


class Clause(Block):
    """A clause of the plan, in our own words, and what carries it."""

    clause: str
    """Its number in the document, or the heading under which it stands."""
    kind: Literal["target", "open_target", "milestone", "rule", "parameter", "pathway", "measure", "event"]
    """open_target: a target without a number."""
    what: Title
    """What it asks."""
    value: float | None = None
    """The number that it gives."""
    unit: Title | None = None
    """Of the number."""
    by: int | None = None
    """By which year."""
    by_stated: bool = True
    """Whether the text itself gives the year."""
    carried: list[str] = Field(default_factory=list)
    """Dotted keys of the parts of this file that carry it: targets, rules, measures, policies, numbers …"""
    why: Title | None = None
    """Where a simulation of people can't carry it, or only in part: why."""

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if not self.carried and self.why is None:
            raise PydanticCustomError("clause_open", "carried or why")
        return self


class Uncertainty(Block):
    """Which chances are on."""

    parameters: bool = True
    """Uncertain numbers are drawn, one draw for each pair of replications."""
    process: bool = True
    """What happens to students is drawn."""


@dataclass(frozen=True)
class Written:
    """The plain values that a scenario was read from, sources included; they make no difference between scenarios."""

    values: Mapping[Any, Any] = field(default_factory=dict, compare=False, repr=False)


NOBODY = Found(by_august=Number(value=0), by_december=Number(value=0))
# what a place must state; a file of tables alone states none of it
OF_A_PLACE = ("levels", "areas", "programmes", "institutions", "pathways", "quota", "choice", "retention")


class Scenario(Block):
    """A place, what is in force there, what may change, and what is asked."""

    format: Literal[1]
    """Version of this format."""
    name: Code
    """Short code of the scenario."""
    title: Title
    years: Years
    """The years reported."""
    as_of: date
    """What was decided before this day is frozen."""
    calendar: Calendar = Calendar()
    """The school calendar."""
    levels: list[Code] = Field(default_factory=list, min_length=1)
    """The levels, lowest first."""
    areas: dict[Code, Area] = Field(default_factory=dict, min_length=1)
    """Source areas."""
    industries: dict[Code, Industry] = Field(default_factory=dict)
    """Industries."""
    programmes: dict[Code, Programme] = Field(default_factory=dict, min_length=1)
    """Programme groups."""
    institutions: dict[Code, Institution] = Field(default_factory=dict, min_length=1)
    """Schools and colleges."""
    pathways: dict[Code, Pathway] = Field(default_factory=dict, min_length=1)
    """Pathways."""
    classes: dict[Code, list[Code]] = Field(default_factory=dict)
    """Named groups of pathways, such as long_track, that indicators and targets may ask for."""
    quota: Quota = Quota.model_construct(rows=FrozenList())
    """Seats."""
    choice: Choice = Choice(bands=[1.0])
    """Choice and admission at the junior gate."""
    gates: Gates = Gates()
    """The entrance exam and the upgrade."""
    demand: Literal["unbounded", "vacancies"] = "unbounded"
    """unbounded: vacancies never bind; vacancies: graduates meet those that the labour market has."""
    labour: Labour | None = None
    """The labour market; needed where graduates meet vacancies."""
    retention: Retention = Retention.model_construct(base=FrozenList(), stayers=NOBODY, leavers=NOBODY)
    """Who stays."""
    rules: Rules = Rules()
    """Rules that react."""
    measures: dict[Code, Measure] = Field(default_factory=dict)
    """What plans want to have built, named or done."""
    teachers: Teachers | None = None
    """How teachers come, go and count."""
    training: Training | None = None
    """Training of workers."""
    money: Money | None = None
    """What it costs, and who pays."""
    tables: dict[Code, FlowTable] | None = Field(default=None, min_length=1)
    """Tables of stages with yearly probabilities, beside a place or alone: a file that has any needs nothing of a place (levels,
    areas, programmes, institutions, pathways, quota, choice, retention), or all of it."""
    uncertainty: Uncertainty = Uncertainty()
    """Which chances are on."""
    policies: dict[Code, Policy] = Field(default_factory=dict)
    """Named packages of changes."""
    order: list[Code] = Field(default_factory=list)
    """The order in which policies act where two change one number on one day."""
    targets: dict[Code, Target] = Field(default_factory=dict)
    """What is asked."""
    observed: list[Observed] = Field(default_factory=list)
    """Actual figures of past years."""
    in_force: list[Code] = Field(default_factory=list)
    """Policies that are decided and act in this scenario, each as a fact: its changes may be dated before as_of, not before the
    first reported year."""
    figures: list[Figure] = Field(default_factory=list, max_length=12)
    """The few figures that decide most, asked for first."""
    known: list[Known] = Field(default_factory=list)
    """Figures that the place knows of itself, in place of those above."""
    clauses: list[Clause] = Field(default_factory=list)
    """The clauses of the plan, and what carries each."""

    _written: Written = PrivateAttr(default_factory=Written)
    _sources: dict[str, Source] = PrivateAttr(default_factory=dict)
    _applied: tuple[str, ...] = PrivateAttr(default=())
    _called: str | None = PrivateAttr(default=None)
    _wishes: tuple[Any, ...] = PrivateAttr(default=())

    @property
    def written(self) -> Mapping[Any, Any]:
        """Return the plain values that it was read from; not to be changed."""
        return self._written.values

    @property
    def sources(self) -> Mapping[str, Source]:
        """Return the sources of blocks by dotted path ('' is the whole file)."""
        return self._sources

    @property
    def applied(self) -> tuple[str, ...]:
        """Return the names of the policies that act in this scenario: those in force by its file, then those put on it."""
        return self._applied

    @property
    def varied(self) -> tuple[str, ...]:
        """Return the names of the policies that were put on the scenario after it was read."""
        return self._applied[len(self.in_force) :]

    @property
    def wishes(self) -> tuple[str | dict[str, list[Any]], ...]:
        """Return what was asked of :meth:`vary` since the scenario was read, in order, as plain values: names of policies, or
        changes by key."""
        return self._wishes

    @property
    def called(self) -> str | None:
        """Return what it was called when it was varied, if anything."""
        return self._called

    @property
    def label(self) -> str:
        """Return the scenario's name in a comparison: what it was called, its own, or that of the policies on it."""
        return self._called or "+".join(self.varied) or self.name

    def titled(self, lang: str) -> str:
        """Return what a run of it is called: as it was asked, its title, or those of the policies that were put on it."""
        named = [self.policies[code].title if code in self.policies else None for code in self.varied]
        policies = [getattr(title, lang) if title else code for title, code in zip(named, self.varied, strict=True)]
        return self.called or " + ".join(policies) or str(getattr(self.title, lang))

    def vary(self, wish: str | Mapping[str, tuple[Any, ...]], called: str | None = None) -> Scenario:
        """Return a new scenario with policies in force; see :func:`skillsim.scenario.policies.vary`."""
        from skillsim.scenario.policies import vary

        return vary(self, wish, called)

    def source_of(self, path: str) -> Source | None:
        """Return the source that serves the number at ``path``: its own, or that of the nearest block around it."""
        while True:
            if path in self._sources:
                return self._sources[path]
            if not path:
                return None
            path = path.rpartition(".")[0]


HOLDERS = (Block, dict, list)  # what can be a number or hold any


def numbers(block: Any, path: str = "", par: Par | None = None, written: bool = False) -> Iterator[tuple[str, Number, Par]]:
    """Yield (dotted path, number, declaration) for every number of a scenario, in the order of the types.

    Seat rows and base rates are named by their ``key``, so that a path does not depend on their order.  With ``written`` only
    what the file states, without defaults.
    """
    if isinstance(block, Number):
        assert par is not None, path
        yield path, block, par
    elif isinstance(block, Quota):
        for row in block.rows:
            yield f"quota.{row.key}", row.seats, declared(QuotaRow.model_fields["seats"]) or SHARE
    elif isinstance(block, Known):
        return  # it replaces numbers and is none
    elif isinstance(block, Block):
        for name, own in _declarations(type(block)):
            item = getattr(block, name)
            if isinstance(item, HOLDERS) and (not written or name in block.model_fields_set):
                yield from numbers(item, f"{path}.{name}" if path else name, own or par, written)
    elif isinstance(block, dict):
        for code, item in block.items():
            if isinstance(item, HOLDERS):
                yield from numbers(item, f"{path}.{code}", par, written)
    elif isinstance(block, list):
        for i, item in enumerate(block):
            if isinstance(item, HOLDERS):
                yield from numbers(item, f"{path}.{place_of(item, i)}", par, written)


@cache
def _declarations(block: type[Block]) -> tuple[tuple[str, Par | None], ...]:
    """Return the fields of a type of block, each with the declaration of its numbers."""
    return tuple((name, declared(info)) for name, info in block.model_fields.items())


def place_of(item: Any, i: int) -> str:
    """Return what a listed item is called in paths: a base rate by its key, all else by its place."""
    return item.key if isinstance(item, BaseRate) else str(i)


def declared(info: FieldInfo) -> Par | None:
    """Return the declaration of a field, also where it stands on the values of a dict."""
    for item in info.metadata:
        if isinstance(item, Par):
            return item
    for arg in getattr(info.annotation, "__args__", ()):
        for item in getattr(arg, "__metadata__", ()):
            if isinstance(item, Par):
                return item
    return None
