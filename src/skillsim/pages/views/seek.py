"""Goal seek: the cheapest mix of levers that makes targets as likely as wished, or why there is none."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import deciding, parts, sought, state, work
from skillsim.pages.deciding import Question
from skillsim.pages.state import t
from skillsim.report import shown
from skillsim.results.statistics import LIKELY
from skillsim.scenario.levers import Lever, acts_from, first_day
from skillsim.scenario.types import Scenario
from skillsim.terms import word
from skillsim.terms.fields import AUTHORITIES, LEVER_GROUPS

MOST = 4  # levers: as many as a search can take
LEAST, MOST_LIKELY, STEP = 0.5, 0.95, 0.05
Row = tuple[str, float, float, float]  # a lever, its bounds and its price


def key(name: str) -> str:
    """Return the key of a widget: another place has other targets and levers, and its words are those of the language."""
    return f"seek {name} {state.draft().place} {state.lang()}"


def asked(codes: list[str]) -> Question | None:
    """Ask what is sought; None where no target is chosen, or too many levers."""
    lang, targets, last = state.lang(), state.scenario().targets, kept()
    first = last.targets if last else (state.target() if state.target() in codes else codes[0],)
    left, right = st.columns(2, gap="medium")
    chosen = left.multiselect(
        t("seek_targets"), codes, default=[code for code in first if code in codes],
        format_func=lambda code: getattr(targets[code].title, lang), key=key("targets"), placeholder=t("seek_choose"),
        select_all=False,
    )
    probability = right.slider(
        t("seek_probability"), LEAST, MOST_LIKELY, last.probability if last else LIKELY, STEP, key=key("probability"),
        format="percent",
    )
    if not chosen:
        st.info(t("seek_no_chosen"))
        return None
    there = {code: lever for code, lever in work.levers_of(state.base()).items() if lever.unit != "switch"}
    all_of_them = ["", *(a for a in AUTHORITIES if any(lever.authority == a for lever in there.values()))]
    whose = left.selectbox(
        t("seek_authority"), all_of_them, index=all_of_them.index(last.authority) if last else 0,
        format_func=lambda one: word(AUTHORITIES, one, lang) if one else t("all"), key=key("authority"),
    )
    budget = right.number_input(
        t("seek_budget"), value=last.budget if last else None, min_value=0.0, step=100.0, format="%.0f", key=key("budget"),
        placeholder=t("seek_no_budget"),
    )
    offered = {code: lever for code, lever in there.items() if whose in ("", lever.authority)}
    before = {row[0]: row for row in last.levers} if last else {}
    mine = st.multiselect(
        t("seek_levers", n=MOST), sorted(offered, key=lambda code: not offered[code].decision),
        default=[code for code in before if code in offered], placeholder=t("seek_levers_none"), select_all=False,
        filter_mode="contains",
        format_func=lambda code: lever_name(offered[code]), key=key(f"levers {whose}"),
    )
    if len(mine) > MOST:  # the widget's own words for it are in English
        st.warning(t("seek_too_many", n=MOST))
        return None
    if mine:
        st.caption(t("seek_bounds_note"))
    elif state.draft().changes:
        st.caption(t("seek_without_moves"))
    return Question(tuple(chosen), probability, tuple(bounds(offered[code], before.get(code)) for code in mine), budget, whose)


def bounds(lever: Lever, before: Row | None) -> Row:
    """Ask how far a lever may go, and what each unit of it costs."""
    lang, base = state.lang(), state.base()
    year = acts_from(base, lever, first_day(base, lever))
    now = lever.baseline(base, year)
    stands = shown.moved(lever, now if lever.op == "set" else lever.neutral, now, lang)
    ends = float(lever.lo), float(lever.hi)
    if before is not None and not ends[0] <= before[1] < before[2] <= ends[1]:
        before = None  # with other policies in force a lever can have another range
    slider, price = st.columns([5, 2], vertical_alignment="bottom", gap="medium")
    low, high = slider.slider(
        parts.escaped(t(f"seek_bounds_{lever.op}", title=lever.title(lang), now=stands, year=year)), *ends,
        before[1:3] if before else ends, float(lever.step), key=key(f"bounds {lever.code} {lever.lo:g} {lever.hi:g}"),
        format="percent" if deciding.in_points(lever) else "%g",
    )
    unit = t("seek_point") if deciding.in_points(lever) else t("seek_unit", unit=getattr(lever.measure, lang))
    unit = t("seek_percent", now=stands) if lever.op == "scale" else unit
    cost = price.number_input(
        parts.escaped(t("seek_price", unit=unit)), min_value=0.0, value=before[3] if before else 0.0, format="%g",
        key=key(f"price {lever.code}"), help=t("seek_price_help"),
    )
    return lever.code, low, high, cost


def lever_name(lever: Lever) -> str:
    """Return what a lever is called among those of all groups; one that nobody decides is marked."""
    lang = state.lang()
    name = t("seek_lever_name", group=word(LEVER_GROUPS, lever.group, lang), title=lever.title(lang))
    return name if lever.decision else name + t("seek_what_if")


def kept() -> Question | None:
    """Return what was last asked of this place."""
    place, question, _ = st.session_state.get("sought") or ("", None, None)
    return question if place == state.draft().place else None


def begun(question: Question) -> bool:
    """Say whether just this was asked last, of what the draft is now."""
    return st.session_state.get("sought") == (state.draft().place, question, of(question))


def of(question: Question) -> tuple[str, int]:
    """Return what a question is asked of."""
    return work.key_of(question.rest(state.draft())), state.replications()


def begin(question: Question) -> None:
    """Ask it."""
    st.session_state.sought = (state.draft().place, question, of(question))
    work.queue().again(state.session(), "seek")


def main() -> None:
    """Draw the page."""
    scenario: Scenario = state.scenario()
    codes = [code for code, one in scenario.targets.items() if one.direction != "show"]
    if not codes:
        st.info(t("seek_no_target"))
        return
    st.caption(t("seek_intro"))
    question = asked(codes)
    if question is None:
        return
    on_its_way = begun(question)
    st.button(
        t("seek_begin"), type="primary", icon=":material/search:", on_click=begin, args=(question,), disabled=on_its_way,
    )
    if not on_its_way:
        st.caption(t("seek_changed" if kept() else "seek_begin_note"))
        return
    job = deciding.seek(state.session(), state.draft(), question, state.replications())
    if job.state != "done":
        parts.waiting([("seek", job)])
        return
    sought.show(job.answer, question.rest(state.draft()))


main()
