"""What one session has: its draft with the way back, language, year; and the address that holds all of it.

Widgets forget what they held when their page is left, so what counts stands here under names of its own; a widget's key holds
the draft's ``turn``, which moves when the draft changes by anything else than that widget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import streamlit as st

from skillsim.errors import Problem, ScenarioError
from skillsim.pages import work
from skillsim.report.shown import key_year
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.levers import Lever
from skillsim.scenario.types import Scenario
from skillsim.terms import LANGS
from skillsim.terms.page import PAGE

MOST_BACK = 50


def open_session() -> None:
    """Take the address into a new session; a session that is there already keeps what it has."""
    if "draft" in st.session_state:
        return
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    found, problems = Draft.from_query(asked)
    today = date.today().year
    late = [row for row in found.observed if row.year > today]
    if late:
        problems += [Problem("actual_future", f"actual.{i}", row.year) for i, row in enumerate(found.observed) if row in late]
        found = replace(found, observed=tuple(row for row in found.observed if row not in late))
    try:
        found = replace(found, place=found.place or work.places()[0])
        work.place(found.place)
    except ScenarioError as error:
        problems += error.problems
        found = Draft(work.places()[0])
    lang = (asked.get("lang") or ["zh"])[0]
    st.session_state.update(
        draft=found, back=[], turn=0, lang=lang if lang in LANGS else "zh", told=problems, revisions={},
        replications=_one_of(asked.get("n"), work.CHOICES, work.FULL), year=_whole(asked.get("year")),
        target=(asked.get("target") or [""])[0],
    )


def _whole(given: list[str] | None) -> int | None:
    text = (given or [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def _one_of(given: list[str] | None, choices: Iterable[int], otherwise: int) -> int:
    text = (given or [""])[0]
    return int(text) if text in {str(choice) for choice in choices} else otherwise


def address() -> dict[str, str | list[str]]:
    """Return what the address must say for a link to open the same."""
    out: dict[str, str | list[str]] = dict(draft().query())
    if lang() != "zh":
        out["lang"] = lang()
    if st.session_state.year is not None:
        out["year"] = str(st.session_state.year)
    if st.session_state.target:
        out["target"] = st.session_state.target
    if replications() != work.FULL:
        out["n"] = str(replications())
    return out


def write_address() -> None:
    """Bring the address up to date."""
    wanted = address()
    if {key: st.query_params.get_all(key) for key in st.query_params} != {
        key: value if isinstance(value, list) else [value] for key, value in wanted.items()
    }:
        st.query_params.from_dict(wanted)


# ---- reading


def lang() -> str:
    """Return the language."""
    return str(st.session_state.lang)


def t(code: str, **args: object) -> str:
    """Return a word of the page, filled in."""
    text: str = getattr(PAGE[code], lang())
    return text.format(**args) if args else text


def draft() -> Draft:
    """Return the draft at hand."""
    found: Draft = st.session_state.draft
    return found


def scenario() -> Scenario:
    """Return the draft's scenario."""
    return work.scenario_of(draft())


def base() -> Scenario:
    """Return what the levers stand on: the draft without them, its policies in force."""
    return work.scenario_of(work.unmoved(draft()))


def levers() -> Mapping[str, Lever]:
    """Return the levers of the draft's place."""
    return work.levers_of(work.place(draft().place))


def resting(lever: Lever) -> float:
    """Return the amount at which a lever stands that nobody moves: of one that sets a figure, what the policies in force make of
    it in the end."""
    if lever.op != "set":
        return lever.neutral
    below = base()
    return min(max(lever.baseline(below, below.years.last), lever.lo), lever.hi)


def replications() -> int:
    """Return how many replications full answers have."""
    return int(st.session_state.replications)


def year() -> int:
    """Return the year that is looked at: as chosen, by default the one that most targets ask about."""
    years, chosen = scenario().years, st.session_state.year
    return chosen if chosen is not None and years.first <= chosen <= years.last else key_year(scenario())


def target() -> str:
    """Return the target that is looked at: as chosen, or the first that asks for a share by its year, or the first."""
    targets = scenario().targets
    if st.session_state.target in targets:
        return str(st.session_state.target)
    asked = [code for code, one in targets.items() if one.direction != "show"]
    rates = [code for code in asked if targets[code].indicator.startswith("local_retention")]
    return (rates or asked or list(targets) or [""])[0]


def session() -> str:
    """Return the session's name."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    ctx = get_script_run_ctx()
    return ctx.session_id if ctx else ""


# ---- changing


def change(new: Draft, keep_widgets: bool = False, form: bool = False) -> None:
    """Take another draft; the one before can be brought back.

    One that does not go together is refused, with its problems told; what was typed in a ``form`` stays there to be mended.
    """
    if new == draft():
        return
    try:
        work.scenario_of(new)
    except ScenarioError as error:
        st.session_state.update(told=error.problems, refused=new)
        st.session_state.turn += not form
        return
    st.session_state.back = [*st.session_state.back, draft()][-MOST_BACK:]
    st.session_state.update(draft=new, told=[], refused=None)
    st.session_state.turn += not (keep_widgets or form)


def undo() -> None:
    """Bring the draft before the last change back."""
    if st.session_state.back:
        st.session_state.update(draft=st.session_state.back.pop(), told=[], refused=None)
        st.session_state.turn += 1


def key(name: str) -> str:
    """Return the key of a widget that shows part of the draft."""
    return f"{name}#{st.session_state.turn}"


def move(code: str, amount: float, since: date, keep_widgets: bool = False) -> None:
    """Set one lever; where it rests it is taken away."""
    rest = tuple(m for m in draft().changes if m.code != code)
    mine = () if abs(amount - resting(levers()[code])) < 1e-12 else (Move(code, amount, since),)
    change(replace(draft(), changes=(*rest, *mine)), keep_widgets)


def asked_for() -> Draft:
    """Return the draft that problems are about: the last one that was refused, or the one at hand."""
    found: Draft = st.session_state.get("refused") or draft()
    return found


def told() -> list[Problem]:
    """Return what was wrong with the address or with the last change that was asked for, until the next change."""
    problems: list[Problem] = st.session_state.told
    return problems
