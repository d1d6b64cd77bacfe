"""The seat plan: the yearly table that a bureau signs."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import parts, state
from skillsim.pages.state import t
from skillsim.report import tables
from skillsim.terms import COLUMNS, word


def main() -> None:
    """Draw the page."""
    found = parts.result()
    if found is None:
        return
    year, lang = state.year(), state.lang()
    frame = tables.seat_plan(found, year, lang)
    school, planned, seats = (word(COLUMNS, code, lang) for code in ("school", "planned", "seats"))
    st.header(t("seats_head", year=year))
    st.caption(t("seats_note"))
    chosen = st.multiselect(t("seats_school"), sorted(set(frame[school])), placeholder=t("all"), key="seats schools")
    part = frame[frame[school].isin(chosen)] if chosen else frame
    st.markdown(t("seats_total", rows=len(part), planned=int(part[planned].sum()), seats=int(part[seats].sum())))
    parts.table(part)
    parts.download(part, t("seats_head", year=year), key="seat plan csv")


main()
