"""The script that Streamlit runs for every session: frame, navigation, sidebar; then the page that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from skillsim.errors import ScenarioError
from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report.shown import title
from skillsim.scenario.draft import Draft
from skillsim.scenario.types import Scenario

HERE = Path(__file__).parent / "views"
ICON = Path(__file__).with_name("icon.svg")
ICONS = {
    "figures": "pin", "overview": "dashboard", "levers": "tune", "compare": "compare_arrows", "seek": "flag",
    "sensitivity": "query_stats", "flows": "account_tree", "demand": "balance", "seats": "table_view", "means": "payments",
    "evidence": "menu_book", "data": "swap_vert",
}
SECTIONS = {
    "section_place": ("figures", "overview"), "section_try": ("levers", "compare"),
    "section_decide": ("seek", "sensitivity"),
    "section_results": ("flows", "demand", "seats", "means"), "section_more": ("evidence", "data"),
}
OF_A_PLACE = ("levers", "seek", "flows", "demand", "seats", "means")  # pages with nothing to show of tables alone


def pages() -> dict[str, list[st.Page]]:
    """Return the pages by section; the first one opens."""
    return {
        t(section): [
            st.Page(
                HERE / f"{view}.py", title=t(f"page_{view}"), icon=f":material/{ICONS[view]}:", url_path=view,
                default=view == "figures",
            )
            for view in views
        ]
        for section, views in SECTIONS.items()
    }


def sidebar() -> None:
    """Language, place, policies, year: what every page looks at."""
    with st.sidebar:
        st.segmented_control(
            t("language"), ["zh", "en"], default=state.lang(), format_func={"zh": "中文", "en": "English"}.__getitem__,
            label_visibility="collapsed", required=True, **asked("lang", _language),
        )
        here = state.draft().place
        names = list(dict.fromkeys([*work.places(), here]))
        st.selectbox(t("place"), names, index=names.index(here), format_func=place_title, **asked("place", _place))
        scenario = _scenario()
        if scenario is None:
            return
        st.multiselect(
            t("policies"), list(work.place(here).policies), default=list(state.draft().policies), placeholder=t("policies_none"),
            select_all=False,
            format_func=lambda code: title(scenario, "policies", code, state.lang()), help=t("policies_help"),
            **asked("policies", _policies),
        )
        years = scenario.years
        st.select_slider(t("year"), list(range(years.first, years.last + 1)), value=state.year(), **asked("year", _year))
        st.selectbox(
            t("replications"), work.CHOICES, index=work.CHOICES.index(state.replications()), help=t("replications_help"),
            format_func=lambda n: t("times", n=n), **asked("replications", _replications),
        )
        if state.draft().changes:
            st.caption(t("levers_moved", n=len(state.draft().changes)))
        running, waiting = work.queue().load()
        if running or waiting:
            st.caption(t("server_load", running=running, waiting=waiting))


def _scenario() -> Scenario | None:
    try:
        return state.scenario()
    except ScenarioError:
        return None  # told in the page itself


def asked(name: str, change: Callable[[Any], None]) -> dict[str, Any]:
    """Return key and callback of a widget.  The words of its options are part of what a browser sends back, so its key holds
    the language; and a browser may send what it held before, so that nothing is done where nothing is changed."""
    key = state.key(f"{name} {state.lang()}")

    def changed() -> None:
        if key in st.session_state:
            change(st.session_state[key])

    return {"key": key, "on_change": changed}


def place_title(name: str) -> str:
    """Return what a place is called; the name itself of one that is gone."""
    try:
        return str(getattr(work.title_of(name), state.lang()))
    except ScenarioError:
        return name


def _language(chosen: str | None) -> None:
    st.session_state.lang = chosen or state.lang()


def _place(chosen: str) -> None:
    if chosen in work.places() and chosen != state.draft().place:  # a browser may still send one that is gone
        st.session_state.update(year=None, target="")
        state.change(Draft(chosen))


def _start_over() -> None:
    """Go back to the place as it is; where it is gone, to the first."""
    before = state.draft()
    state.change(Draft(before.place))
    if state.draft() == before:
        state.change(Draft(work.places()[0]))


def _policies(chosen: list[str]) -> None:
    state.change(replace(state.draft(), policies=tuple(chosen)), keep_widgets=True)


def _year(chosen: int) -> None:
    if chosen != state.year():
        st.session_state.year = chosen


def _replications(chosen: int) -> None:
    st.session_state.replications = chosen


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="skillsim", page_icon=str(ICON), layout="wide")
    state.open_session()
    st.html(parts.STYLE + f'<style>:root {{--choose-file: "{t("upload")}";}}</style>')
    page = st.navigation(pages(), position="sidebar", expanded=True)
    sidebar()
    state.write_address()
    st.title(t(f"page_{page.url_path or 'figures'}"))
    told = state.told()
    if told:
        parts.problems(ScenarioError(told))
    if parts.tried(state.scenario) is None:
        st.button(t("start_over"), on_click=_start_over, key="start over")
        return
    try:
        if page.url_path in OF_A_PLACE and not state.scenario().pathways:
            st.info(t("only_tables"))
            found = parts.result()
            if found is not None:
                parts.people(found)
        else:
            page.run()
    except ScenarioError as error:
        parts.problems(error)


main()
