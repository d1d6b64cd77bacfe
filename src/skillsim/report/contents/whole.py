"""A report from its title to the command that repeats it."""

from __future__ import annotations

from collections.abc import Sequence

from skillsim.analysis.compare import Comparison
from skillsim.report import shown
from skillsim.report.book import Book
from skillsim.report.contents import basis, outcome, place
from skillsim.report.contents.ask import Ask
from skillsim.results.result import Result

SECTIONS = (
    basis.facts, outcome.summary, basis.asked, outcome.targets, outcome.courses, outcome.indicators, place.people, place.gaps,
    outcome.differences, place.money, place.seats, place.means, outcome.decisions, basis.assumptions, basis.sources,
    basis.definitions, basis.clauses_of, basis.manifest,
)


def book(results: Sequence[Result], comparison: Comparison | None, lang: str, items: Sequence[str] = ()) -> Book:
    """Return the report on some runs.

    Parameters
    ----------
    results : runs with the same seed, replications and years
    comparison : them beside one of them; None where there is one only
    lang : zh or en
    items : what they are called on the command line, for the command that repeats them; none, no command
    """
    ask = Ask(tuple(results), comparison, lang, tuple(items))
    title = ask.say("title", place=shown.place_name(ask.scenario, lang))
    runs = " / ".join(ask.name(run) for run in ask.ordered)
    sections = (make(ask) for make in SECTIONS)
    return Book(
        lang, title, ask.say("subtitle", runs=runs, as_of=ask.scenario.as_of.isoformat()),
        tuple(section for section in sections if section is not None),
    )
