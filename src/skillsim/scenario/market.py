"""What a planner writes of the labour market that graduates meet."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skillsim.scenario.basic import Code, MonthDay, rate
from skillsim.scenario.numbers import Block, Number, Par


class People(Block):
    """One category of workers by the rules of retirement."""

    share: Annotated[Number, Par("parts", 0, 1e6, read_on="graduation", authority="market")]
    """Its part of all workers; the categories' parts are brought to a sum of 1."""
    ages: dict[int, float] = Field(min_length=1)
    """Relative numbers of workers by single year of age (completed on 31 December before the first reported year); between
    given ages straight lines, none outside."""


class Workforce(Block):
    """Who the place's workers are: age and category decide who retires."""

    men: People
    """Men: retire at 60, rising to 63."""
    cadre_women: People
    """Women in managerial and technical posts: retire at 55, rising to 58."""
    worker_women: People
    """Women in other posts: retire at 50, rising to 55."""


class AfterGraduation(Block):
    """Yearly shares who leave the place's jobs in the first five years after graduation, by the job that they found."""

    matched: Annotated[list[Number], rate("graduation", "market")] = Field(min_length=5, max_length=5)
    """In a job of their own field and level: first to fifth year."""
    unmatched: Annotated[list[Number], rate("graduation", "market")] = Field(min_length=5, max_length=5)
    """In a job of another field, or below their level: first to fifth year."""


class Labour(Block):
    """The labour market that graduates meet (with ``demand: vacancies``)."""

    job_levels: list[Code] = Field(min_length=1)
    """The levels of jobs, lowest first; some of the levels of diplomas."""
    growth_sd: Annotated[Number, Par("rate", 0, 1, read_on="graduation", authority="market")] = Number(value=0)
    """Standard deviation of the yearly shock to an industry's growth."""
    growth_persistence: Annotated[Number, Par("share", 0, 0.99, read_on="graduation", authority="market")] = Number(value=0)
    """How much of last year's deviation of growth remains this year (AR(1))."""
    growth_common: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=0)
    """Share of the shock's variance that all industries have in common."""
    level_drift: dict[Code, Annotated[Number, Par("log-odds per year", -1, 1, read_on="graduation", authority="market")]] = Field(
        default_factory=dict
    )
    """Log-odds by which a job level gains each year on those not named."""
    to_graduates: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")]
    """Share of vacancies open to new graduates; the rest are for experienced people. A change of it does not touch industries
    that state a share of their own."""
    experienced_found: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=1)
    """Share of the other vacancies that are filled within the year: by those who come back, by workers of the place who
    change their job, then by people who move in."""
    leaving: Annotated[Number, rate("graduation", "market")] = Number(value=0)
    """Yearly share of established workers who leave the place or its jobs for good (retirement apart)."""
    moving: Annotated[Number, rate("graduation", "market")] = Number(value=0)
    """Yearly share of established workers who give up their job for another industry or level."""
    after_graduation: AfterGraduation
    """Leaving in the first five years."""
    returning: Annotated[list[Number], rate("graduation", "market")] = Field(default_factory=list, max_length=5)
    """Yearly shares of the graduates of local origin who went elsewhere who come back to a job, first to fifth year; empty:
    nobody."""
    flexible: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=1)
    """Share of graduates who, where their own industries have no vacancy left, take one of another field."""
    over_qualified: Annotated[Number, Par("share", 0, 1, read_on="graduation", authority="market")] = Number(value=0)
    """Share of those who still find nothing who take a job one level below."""
    rounds: list[MonthDay] = Field(default_factory=lambda: ["08-31", "10-31", "12-31"], min_length=1, max_length=26)
    """Days on which graduates who have been looking meet vacancies, from admission to the accounts; more days follow the
    months more closely and take longer to run."""
    giving_up: Annotated[Number, Par("share per month", 0, 1, read_on="graduation", authority="market")] = Number(value=0)
    """Monthly share of those who looked and found nothing who leave the place."""
    waiting: Literal["counted_out", "carried"] = "counted_out"
    """Who still waits when the year closes: counted out, or carried to the next year's rounds once."""
    workforce: Workforce
    """Age and category of the workers."""
