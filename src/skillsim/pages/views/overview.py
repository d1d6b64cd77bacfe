"""Overview: one card for each target, the wave under it, what can still be decided, and whether the place is on track."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import streamlit as st

from skillsim.analysis import track
from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.results.targets import Answer
from skillsim.scenario.draft import FIELDS, Actual
from skillsim.scenario.types import Target
from skillsim.terms import COLUMNS, INDICATORS, LABELS, word

RESTS = 0.5  # of a target's variance: from here on its answer is said to rest on assumed figures
COUNTED = ("entrants", "headcount", "graduates")  # besides staying rates, what can be typed in as an actual figure


def lines(result: Result, answer: Answer, preview: bool, rests: Mapping[str, float]) -> list[str]:
    """Return what a card says under its value."""
    target, lang, unit = answer.target, state.lang(), INDICATORS[answer.target.indicator].unit
    stated = "" if target.year_stated else word(LABELS, "year_assumed", lang)
    out = [t("goal_by", goal=tables.goal(target, result.scenario, lang), year=target.year) + stated]
    if not preview:
        low, high = (float(statistics.summary(answer.values[None])[q][0]) for q in ("p05", "p95"))
        out.append(t("range_of", range=shown.span(low, high, unit)))
        if answer.probability is not None:
            out.append(t("probability_of", p=shown.probability(answer.probability, answer.mcse, result.replications)))
            out.append(t(f"track_{track.on_track(result, answer.code).verdict}"))
        if rests.get(answer.code, 0.0) > RESTS:
            out.append(t("rests_on", share=f"{rests[answer.code] * 100:.0f} %"))
    if target.direction != "show" and answer.last_intakes:
        out.append(t("movable", year=answer.movable_until) if answer.movable_until is not None else t("movable_not"))
    return [*out, t("clause", clause=target.clause)]


def card(result: Result, answer: Answer, preview: bool, rests: Mapping[str, float]) -> None:
    """Draw the card of one target."""
    target, lang = answer.target, state.lang()
    value = tables.reached(target, float(statistics.mean(answer.values)), result.scenario, lang)
    badge = t("preview") if preview else word(LABELS, answer.label, lang)
    said = "".join(f"<div class='line'>{html.escape(line)}</div>" for line in lines(result, answer, preview, rests))
    with st.container(border=True, height="stretch"):
        title, kind = html.escape(getattr(target.title, lang)), "preview" if preview else answer.label
        badge = f"<span class='badge {kind}'>{html.escape(badge)}</span>"
        st.html(
            f"<div class='card'><div class='title'>{title}</div><div class='value'>{html.escape(value)} {badge}</div>{said}</div>"
        )
        if target.direction != "show" and result.scenario.pathways and st.button(
            t("what_moves_it"), key=f"moves {answer.code}", width="stretch", icon=":material/tune:",
        ):
            st.session_state.update(target=answer.code, ranked=True)
            st.switch_page(parts.page("levers"), query_params=state.address())


def cards(result: Result, preview: bool, rests: Mapping[str, float]) -> None:
    """Draw the cards of all targets, those that ask for a number first."""
    answers = sorted(result.answers, key=lambda a: a.target.direction == "show")
    for row in range(0, len(answers), 3):
        for col, answer in zip(st.columns(3), answers[row : row + 3], strict=False):
            with col:
                card(result, answer, preview, rests)


def course(result: Result, preview: bool) -> str:
    """Draw the course of the target that is looked at; return its code."""
    st.header(t("target_head"))
    code = parts.choose_target()
    if code:
        one, lang = result.scenario.targets[code], state.lang()
        known = {p.year: p.value for p in track.actuals(result, one)}
        parts.chart(
            charts.fan([] if preview else [result], one.indicator, one.of, lang, parts.dark(), one.value, one.year, known or None,
                       result if preview else None, getattr(one.title, lang)),
            key="fan",
        )
    return code


def on_track(result: Result, code: str) -> None:
    """Show what each coming class has to reach, and what can still be decided; of what no class has a part in, each year."""
    lang = state.lang()
    found = track.on_track(result, code)
    of_classes = any(answer.last_intakes for answer in result.answers if answer.code == code)
    st.header(t("track_head"))
    if found.verdict not in ("shown", "blank"):
        st.markdown(f"**{t(f'track_{found.verdict}')}**")
        st.caption(t("track_note"))
        frame = tables.required(found, lang)
        parts.table(frame if of_classes else frame.drop(columns=word(COLUMNS, "still_open", lang)))
    if not result.scenario.pathways:
        return
    st.header(t("decide_head"))
    frame = tables.decisions(track.decisions(result, code), result.scenario, lang)
    if frame.empty:
        st.caption(t("nothing_to_decide" if of_classes else "decide_elsewhere"))
    else:
        parts.table(frame)


def actuals(code: str) -> None:
    """Let an actual figure of the target's own quantity be typed in, and show those that are."""
    draft, lang, scenario = state.draft(), state.lang(), state.scenario()
    target = scenario.targets[code]
    with st.expander(t("actuals_head"), expanded=bool(draft.observed)):
        st.caption(t("actuals_note"))
        if target.indicator.startswith("local_retention_") or target.indicator in COUNTED:
            type_in(target)
        for i, row in enumerate(draft.observed):
            left, right = st.columns([5, 1], vertical_alignment="center")
            value = tables.amount(row.value, "share" if row.indicator == "local_retention" else "persons", lang)
            name = parts.actual_name(row, scenario, lang)
            left.markdown(parts.escaped(t("actual_line", year=row.year, name=name, value=value)))
            without = replace(draft, observed=draft.observed[:i] + draft.observed[i + 1 :])
            right.button(t("actual_remove"), key=f"remove {i}", width="stretch", on_click=state.change, args=(without,))


def type_in(target: Target) -> None:
    """Ask for an actual figure of a target's own quantity."""
    scenario, lang = state.scenario(), state.lang()
    rate = target.indicator.startswith("local_retention_")
    with st.form("actuals", border=False):
        cols = st.columns([1, 2, 1], vertical_alignment="bottom")
        years = list(range(scenario.years.first, min(target.year, date.today().year) + 1))
        year = cols[0].selectbox(t("actual_year"), years, index=years.index(min(scenario.as_of.year, years[-1])))
        unit = word(LABELS, "share" if rate else "persons", lang)
        value = cols[1].number_input(
            t("actual_value", unit=unit), value=None, min_value=0.0, max_value=100.0 if rate else None,
            help=parts.escaped(getattr(target.title, lang)), step=0.1 if rate else 1.0,
        )
        sent = cols[2].form_submit_button(t("actual_add"), width="stretch")
    if sent and value is None:
        st.warning(t("actual_needed"))
    elif sent and value is not None:
        of = {field: tuple(getattr(target.of, field)) for field in FIELDS}
        kind, definition = ("local_retention", target.indicator[-2:]) if rate else (target.indicator, None)
        row = Actual(kind, year, round(value / 100, 12) if rate else value, definition, **of)
        others = [r for r in state.draft().observed if replace(r, value=0.0) != replace(row, value=0.0)]
        add((*others, row))


def add(rows: tuple[Actual, ...]) -> None:
    """Take actual figures into the draft, if they go together with all else."""
    state.change(replace(state.draft(), observed=rows), form=True)
    st.rerun()


def heading() -> str:
    """Return what is looked at: the place, the policies in force, how many levers are moved."""
    draft, lang = state.draft(), state.lang()
    place = work.place(draft.place)
    names = [getattr(place.title, lang), *(shown.title(place, "policies", code, lang) for code in draft.policies)]
    return " + ".join([*names, *([t("levers_moved", n=len(draft.changes))] if draft.changes else [])])


def main() -> None:
    """Draw the page."""
    scenario, draft, lang = state.scenario(), state.draft(), state.lang()
    st.markdown(f"**{parts.escaped(heading())}**  \n" + parts.escaped(shown.counts(scenario, lang)))
    job = work.full(state.session(), draft, state.replications())
    preview = job.state != "done"
    found: Result = work.preview(draft) if preview else job.answer
    rests: Mapping[str, float] = {}
    if preview:
        st.caption(t("preview_note"))
        parts.waiting([("full", job)])
    elif scenario.uncertainty.parameters:
        more = work.assumed(state.session(), draft, found)
        rests = more.answer or {}
        parts.quietly(more)
    cards(found, preview, rests)
    if scenario.pathways:
        st.header(t("wave_head"))
        parts.chart(charts.wave(found, lang, parts.dark()), key="wave")
    parts.people(found)
    if scenario.targets:
        code = course(found, preview)
        if not preview:
            on_track(found, code)
        if scenario.pathways:
            actuals(code)


main()
