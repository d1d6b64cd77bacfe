"""Data: take results away, bring a scenario in, keep it under a name."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import keeping, parts, state
from skillsim.pages.state import t
from skillsim.report import tables


def main() -> None:
    """Draw the page."""
    st.header(t("take_away"))
    found = parts.result()
    if found is not None:
        lang = state.lang()
        name = state.draft().place.replace("/", "-")
        for code, frame in (("targets", tables.targets(found, lang)), ("tidy", tables.tidy(found, lang))):
            parts.download(frame, f"{t(f'{code}_table')}-{name}", key=f"{code} csv", label=t(f"download_{code}"))
    st.header(t("keep_head"))
    keeping.keep()
    keeping.open_kept()
    keeping.share()
    st.header(t("runs_head"))
    keeping.runs(found)
    st.header(t("bring_in"))
    st.caption(t("bring_in_note"))
    keeping.bring_in()


main()
