"""Words that the types of a scenario file are made of: codes, days, declarations used more than once, picks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from skillsim.scenario.numbers import Authority, Block, Number, Par

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Definition = Literal["r1", "r2", "r3", "r4"]
Gate = Literal["junior", "exam", "upgrade", "social"]
Kind = Literal["secondary_school", "technician_institute", "college", "university"]

SHARE = Par("share", 0, 1)
GROWTH = Par("rate", -0.9, 9, read_on="graduation", authority="market")
SWITCH = Par("switch", 0, 1, read_on="plan", whole=True)
PREFERENCE = Par("log-odds", -20, 20, read_on="admission", authority="market")
Preference = Annotated[Number | list[Number], PREFERENCE]


def rate(read_on: str, authority: Authority = "school") -> Par:
    """Declare a yearly rate."""
    return Par("rate", 0, 1, read_on=read_on, authority=authority)  # type: ignore[arg-type]


class Title(Block):
    """A name in both languages."""

    zh: str
    """Chinese"""
    en: str
    """English"""


class Pick(Block):
    """Which students an indicator is about; an empty list means all."""

    pathways: list[Code] = Field(default_factory=list)
    """Pathways; for indicators of tables, the tables."""
    levels: list[Code] = Field(default_factory=list)
    """Levels; for indicators of tables, stages or exits."""
    programmes: list[Code] = Field(default_factory=list)
    """Programme groups."""
    schools: list[Code] = Field(default_factory=list)
    """Institutions."""
    industries: list[Code] = Field(default_factory=list)
    """Industries."""
    areas: list[Code] = Field(default_factory=list)
    """Areas: of schools where they stand, of young people where they come from, of graduates at work where they studied, and of
    ``worked_in`` where they work."""
    measures: list[Code] = Field(default_factory=list)
    """Measures."""
