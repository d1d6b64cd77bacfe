"""Data: take results away, bring a scenario in, keep it under a name."""

from __future__ import annotations

import streamlit as st

from skillsim.pages import keeping, parts, state
from skillsim.pages.state import t
from skillsim.report import tables


def main() -> None:
    """Draw the page."""
    st.subheader(t("take_away"))
    found = parts.result()
    if found is not None:
        lang = state.lang()
        name = state.draft().place.replace("/", "-")
        parts.download(tables.targets(found, lang), f"{t('targets_table')}-{name}", key="targets csv", label=t("download_targets"))
        parts.download(tables.tidy(found, lang), f"{t('tidy_table')}-{name}", key="tidy csv", label=t("download_tidy"))
    st.subheader(t("keep_head"))
    keeping.keep()
    keeping.open_kept()
    keeping.share()
    st.subheader(t("bring_in"))
    st.caption(t("bring_in_note"))
    keeping.bring_in()


main()
