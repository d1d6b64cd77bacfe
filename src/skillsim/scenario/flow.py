"""What a planner writes of an outside table: stages with yearly probabilities, stocks at the start, yearly recruits, exits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillsim.scenario.basic import Code, Title, rate
from skillsim.scenario.numbers import Block, Number, Par

LEFT = "left"  # the exit of whoever a row sends nowhere
MOST_PEOPLE = 2**31 - 1  # people are counted in 32 bits


class FlowStage(Block):
    """A stage of a table: a job, a grade, a year of study, an age."""

    title: Title
    start: Annotated[Number, Par("persons", hi=MOST_PEOPLE, read_on="accounts", authority="market", whole=True)] = Number(value=0)
    """How many are in it at the end of the year before the first one reported."""
    recruits: Annotated[Number, Par("persons", hi=MOST_PEOPLE, read_on="accounts", whole=True)] = Number(value=0)
    """How many come into it from outside each year, once that year's moves are made."""
    moves: dict[Code, Annotated[Number, rate("accounts", "market")]] = Field(default_factory=dict)
    """Yearly shares of those in it who a year on are in each stage, itself included, or gone by each exit; all others leave by
    ``left``, which may be written too."""


class FlowExit(Block):
    """A way out of a table."""

    title: Title


class FlowTable(Block):
    """A table of stages with yearly probabilities, such as a manpower planning table, a school's flow table or a national stock
    account."""

    title: Title
    stages: dict[Code, FlowStage] = Field(min_length=1)
    """The stages."""
    exits: dict[Code, FlowExit] = Field(default_factory=dict)
    """Exits by name. Whoever a stage's row sends nowhere goes by ``left``, which needs no entry."""

    def exit_codes(self) -> list[str]:
        """Return the exits by code; that of whoever a row sends nowhere is among them."""
        return sorted({LEFT, *self.exits})
