"""The seat plan: the yearly table that a bureau signs, by which steps it came about, and which programmes are under warning."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report import shown, tables
from skillsim.results.result import Result
from skillsim.terms import COLUMNS, word

TITLES = {"school": "institutions", "programme": "programmes"}


def main() -> None:
    """Draw the page."""
    found = parts.result()
    if found is None:
        return
    year, log, warnings = state.year(), work.plan_log(state.draft(), found), found.warnings()
    there = ["seats_table", *(["seats_log"] if len(log) else []), *(["seats_warnings"] if len(warnings) else [])]
    what = there[0]
    if len(there) > 1:  # a browser may still hold a part that is gone, so the key holds what there is
        what = st.segmented_control(
            t("page_seats"), there, default=what, format_func=t, required=True, label_visibility="collapsed",
            key=f"seats what {' '.join(there)} {state.lang()}",
        )
    if what == "seats_log":
        why(found, log[log.year == year])
    elif what == "seats_warnings":
        warned(found, warnings[warnings.year == year])
    else:
        plan(found)


def plan(found: Result) -> None:
    """Show the seat plan of the year, of all schools or of some."""
    year, lang = state.year(), state.lang()
    frame = tables.seat_plan(found, year, lang)
    school, planned, seats = (word(COLUMNS, code, lang) for code in ("school", "planned", "seats"))
    st.header(t("seats_head", year=year))
    st.caption(t("seats_note"))
    schools = sorted(set(frame[school]))
    chosen = st.multiselect(t("seats_school"), schools, placeholder=t("all"), key="seats schools", select_all=False)
    part = frame[frame[school].isin(chosen)] if chosen else frame
    st.markdown(t("seats_total", rows=len(part), planned=int(part[planned].sum()), seats=int(part[seats].sum())))
    parts.table(part)
    parts.download(part, t("seats_head", year=year), key="seat plan csv")
    st.download_button(
        t("download_form"), lambda: work.seat_form(found, year, lang), key="seat form", on_click="ignore",
        file_name=f"{parts.file_name(t('seats_head', year=year))}.xlsx", mime=parts.MIME["xlsx"], icon=":material/download:",
    )


def why(found: Result, log: pd.DataFrame) -> None:
    """Show by which steps the seats of a school or a programme came about."""
    lang, year, scenario = state.lang(), state.year(), found.scenario
    st.header(t("log_head", year=year))
    st.caption(t("log_note"))
    if log.empty:
        st.info(t("log_none", year=year))
        return
    choices = [(kind, code) for kind in TITLES for code in log[kind].unique()]
    kind, code = st.selectbox(
        t("log_of"), choices, key=f"log of {lang}",
        format_func=lambda one: t(f"log_{one[0]}", title=shown.title(scenario, TITLES[one[0]], one[1], lang)),
    )
    parts.table(tables.plan_steps(log[log[kind] == code], scenario, lang).drop(columns=word(COLUMNS, kind, lang)))
    parts.download(tables.plan_steps(log, scenario, lang), t("log_head", year=year), key="plan log csv")


def warned(found: Result, warnings: pd.DataFrame) -> None:
    """Show which programmes are under warning, and in how many replications."""
    lang, year = state.lang(), state.year()
    st.header(t("warnings_head", year=year))
    st.caption(t("warnings_note"))
    if warnings.empty:
        st.info(t("warnings_none", year=year))
        return
    frame = tables.warned(warnings, found.scenario, lang)
    parts.table(frame)
    parts.download(frame, t("warnings_head", year=year), key="warnings csv")


main()
