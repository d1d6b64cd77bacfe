"""What goal seek can be asked: the targets and the levers of a scenario by code."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding

from skillsim.analysis.trials import handle
from skillsim.report.answers.seek import goal
from skillsim.report.shown import figure, kind_of
from skillsim.scenario.levers import Lever, acts_from, levers
from skillsim.scenario.types import Scenario
from skillsim.terms import LABELS, phrase, word
from skillsim.terms.fields import AUTHORITIES

INDENT = 4


def show(console: Console, scenario: Scenario, lang: str) -> None:
    """Print the targets that ask for something and the levers that can be moved by degrees, what somebody decides first: each
    code on a line of its own, to be copied."""
    wanted = {code: one for code, one in scenario.targets.items() if one.direction != "show"}
    console.print(phrase("seek_list_targets" if wanted else "seek_list_no_targets", lang), style="bold")
    for code, one in wanted.items():
        console.print(code, soft_wrap=True)
        said = phrase("seek_list_target", lang, title=getattr(one.title, lang), year=one.year, goal=goal(one))
        console.print(Padding(said, (0, 0, 0, INDENT)))
    console.print("\n" + phrase("seek_list_levers", lang), style="bold")
    known = [one for one in levers(scenario).values() if one.unit != "switch"]
    for lever in sorted(known, key=lambda one: not one.decision):
        console.print(lever.code, soft_wrap=True)
        console.print(Padding(movable(scenario, lever, lang), (0, 0, 0, INDENT)))
    console.print("\n" + phrase("seek_list_note", lang), style="dim")


def movable(scenario: Scenario, lever: Lever, lang: str) -> str:
    """Return in words what a lever is, what its amounts are and from which to which they go, where it stands, and whose it is."""
    one, unit = handle(scenario, lever), kind_of(lever.unit)
    now = lever.baseline(scenario, acts_from(scenario, lever, one.since))
    stands = f"{now:g} · {getattr(lever.measure, lang)}" if unit == "ratio" else figure(now, unit)
    if unit == "persons":
        stands += f" {word(LABELS, unit, lang)}"
    amounts = phrase(f"seek_op_{lever.op}", lang, lo=f"{one.lo:g}", hi=f"{one.hi:g}", stands=f"{one.stands:g}")
    who = word(AUTHORITIES, lever.authority, lang)
    return phrase("seek_list_lever", lang, title=lever.title(lang), amounts=amounts, now=stands, who=who)
