"""Money and teachers: what it costs and who pays, teachers, training of workers, and what is to be built."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from skillsim.pages import parts, state
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.results.result import Result
from skillsim.scenario.staff import OF_STAFF
from skillsim.terms import COLUMNS, INDICATORS, word


def shown_and_offered(frame: pd.DataFrame, name: str, key: str) -> None:
    """Show a table, and offer it to be taken away."""
    parts.table(frame)
    parts.download(frame, name, key=f"{key} csv")


def money(found: Result, years: list[int]) -> None:
    """Show what each item costs in some years and over all, then the year that is looked at with its range."""
    lang, year = state.lang(), state.year()
    st.header(t("money_head"))
    st.caption(t("money_note"))
    over = tables.over_limit(found, lang)
    if over:
        st.warning(parts.escaped(over))
    shown_and_offered(tables.spending(found, years, lang), t("money_head"), "spending")
    st.subheader(t("money_year", year=year))
    frame = tables.money(found, year, lang)
    plan = found.scenario.money
    if plan and plan.budget.limit is None:  # all that is asked is paid
        frame = frame.drop(columns=[word(COLUMNS, "asked", lang), word(COLUMNS, "cut", lang)])
    shown_and_offered(frame, t("money_year", year=year), "money")


def teachers(found: Result, years: list[int]) -> None:
    """Show the indicators of teachers in some years, and one of them over all."""
    lang = state.lang()
    st.header(t("teachers_head"))
    st.caption(t("teachers_note"))
    shown_and_offered(tables.staff(found, years, lang), t("teachers_head"), "teachers")
    code = st.selectbox(
        t("teachers_of"), OF_STAFF, format_func=lambda one: word(INDICATORS, one, lang), key=f"teachers of {lang}",
    )
    parts.chart(charts.fan([found], code, None, lang, parts.dark()), key="staff")


def main() -> None:
    """Draw the page."""
    scenario, lang = state.scenario(), state.lang()
    if not (scenario.money or scenario.teachers or scenario.training or scenario.measures):
        st.info(t("no_means"))
        return
    found = parts.result()
    if found is None:
        return
    matter = sorted({scenario.as_of.year, shown.key_year(scenario), scenario.years.last})
    choices = list(range(scenario.years.first, scenario.years.last + 1))
    years = sorted(st.multiselect(
        t("means_years"), choices, default=matter, key=state.key("means years"), select_all=False,
    ))
    if scenario.money:
        money(found, years)
    if scenario.teachers:
        teachers(found, years)
    if scenario.training:
        st.header(t("training_head"))
        st.caption(t("training_note"))
        shown_and_offered(tables.trained(found, years, lang), t("training_head"), "training")
    if scenario.measures:
        st.header(t("measures_head"))
        st.caption(t("measures_note"))
        shown_and_offered(tables.measures(found, years, lang), t("measures_head"), "measures")


main()
