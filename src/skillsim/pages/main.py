"""The script that Streamlit runs for every session: frame, navigation, sidebar; then the page that was chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from skillsim.errors import ScenarioError
from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report.shown import title
from skillsim.scenario.draft import Draft

HERE = Path(__file__).parent / "views"
ICON = Path(__file__).with_name("icon.svg")
ICONS = {
    "figures": "pin", "overview": "dashboard", "levers": "tune", "compare": "compare_arrows", "flows": "account_tree",
    "demand": "balance", "seats": "table_view", "evidence": "menu_book", "data": "swap_vert",
}
SECTIONS = {
    "section_place": ("figures", "overview"), "section_try": ("levers", "compare"),
    "section_results": ("flows", "demand", "seats"), "section_more": ("evidence", "data"),
}


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
            key=state.key("lang"), on_change=_language, label_visibility="collapsed", required=True,
        )
        names = work.places()
        here = state.draft().place
        st.selectbox(
            t("place"), names, index=names.index(here), format_func=place_title, key=state.key("place"), on_change=_place,
        )
        scenario = parts.tried(state.scenario)
        if scenario is None:
            st.button(t("start_over"), on_click=_start_over, key="start over")
            return
        known = list(work.place(here).policies)
        st.multiselect(
            t("policies"), known, default=list(state.draft().policies), key=state.key("policies"), on_change=_policies,
            format_func=lambda code: title(scenario, "policies", code, state.lang()), placeholder=t("policies_none"),
            help=t("policies_help"),
        )
        years = scenario.years
        st.select_slider(
            t("year"), list(range(years.first, years.last + 1)), value=state.year(), key=state.key("year"), on_change=_year,
        )
        st.selectbox(
            t("replications"), work.CHOICES, index=work.CHOICES.index(state.replications()), key=state.key("replications"),
            on_change=_replications, format_func=lambda n: t("times", n=n), help=t("replications_help"),
        )
        changed = len(state.draft().changes)
        if changed:
            st.caption(t("levers_moved", n=changed))
        running, waiting = work.queue().load()
        if running or waiting:
            st.caption(t("server_load", running=running, waiting=waiting))


def place_title(name: str) -> str:
    """Return what a place is called."""
    return str(getattr(work.place(name).title, state.lang()))


def _value(name: str) -> Any:
    return st.session_state[state.key(name)]


def _language() -> None:
    st.session_state.lang = _value("lang") or state.lang()


def _place() -> None:
    st.session_state.update(year=None, target="")
    state.change(Draft(str(_value("place"))))


def _start_over() -> None:
    state.change(Draft(state.draft().place))


def _policies() -> None:
    chosen = tuple(_value("policies"))
    state.change(replace(state.draft(), policies=chosen), keep_widgets=True)


def _year() -> None:
    st.session_state.year = _value("year")


def _replications() -> None:
    st.session_state.replications = _value("replications")


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
    try:
        state.scenario()
    except ScenarioError:
        return  # the sidebar has told
    try:
        page.run()
    except ScenarioError as error:
        parts.problems(error)


main()
