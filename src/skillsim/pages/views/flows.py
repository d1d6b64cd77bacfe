"""Flows: from junior graduation to job, dropout and place; and the stocks by year."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts


def main() -> None:
    """Draw the page."""
    lang, dark, year = state.lang(), parts.dark(), state.year()
    st.header(t("intake_head", year=year))
    st.caption(t("intake_note"))
    flows = work.followed(state.draft(), year)
    parts.chart(charts.cohort_sankey(flows, state.scenario(), year, lang, dark), key="cohort")
    found = parts.result()
    if found is None:
        return
    st.header(t("flows_head", year=year))
    st.caption(t("flows_note"))
    parts.chart(charts.entry_sankey(found, year, lang, dark), key="entry")
    parts.chart(charts.graduates_sankey(found, year, lang, dark), key="graduates")
    left, right = st.columns(2)
    with left:
        st.header(t("stocks"))
        parts.chart(charts.stocks(found, lang, dark), key="stocks")
    with right:
        st.header(t("destinations"))
        parts.chart(charts.destinations_bars(found, lang, dark), key="destinations")


main()
