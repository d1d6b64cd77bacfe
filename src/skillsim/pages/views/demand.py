"""Supply and demand: gaps by industry and level, programmes short and plenty, and what vacancies hold back."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import parts, state
from skillsim.pages.state import t
from skillsim.report import charts, tables


def main() -> None:
    """Draw the page."""
    found = parts.result()
    if found is None:
        return
    lang, dark, year = state.lang(), parts.dark(), state.year()
    heat = charts.gap_heatmap(found, year, lang, dark)
    if heat is None:
        st.info(t("no_market"))
        return
    st.header(t("gaps_head", year=year))
    st.caption(t("gap_note"))
    parts.chart(heat, key="gaps")
    st.header(t("programmes_head", year=year))
    parts.chart(charts.programme_bars(found, year, lang, dark), key="programmes")
    st.header(t("market_head", year=year))
    frame = tables.market(found, year, lang)
    parts.table(frame)
    parts.download(frame, t("market_head", year=year), key="market csv")
    st.header(t("held_head"))
    st.caption(t("held_note"))
    parts.table(tables.held_back(found, lang))


main()
