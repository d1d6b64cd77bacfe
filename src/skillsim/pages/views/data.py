"""Data: take results away, bring a scenario in, keep it under a name."""

from __future__ import annotations

from functools import partial

import streamlit as st

from skillsim.pages import keeping, parts, state, work
from skillsim.pages.state import t
from skillsim.report import shown, tables
from skillsim.results.result import Result


def report(found: Result) -> None:
    """Offer a report on the draft beside the place as it is: made when asked for, then there to take away."""
    draft, lang = state.draft(), state.lang()
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    kind = left.segmented_control(
        t("report_kind"), list(parts.MIME), default="docx", required=True, format_func=lambda kind: t(f"report_{kind}"),
        key=f"report kind {lang}",
    )
    if right.button(t("make_report"), width="stretch", icon=":material/description:"):
        st.session_state.report = (work.key_of(draft), found.replications, lang, kind)
    if st.session_state.get("report") != (work.key_of(draft), found.replications, lang, kind):
        return
    job = work.report(state.session(), draft, found, lang, kind)
    if job.state != "done":
        parts.waiting([("report", job)])
        return
    name = parts.file_name(t("report_name", title=getattr(found.scenario.title, lang)))
    size = shown.megabytes(len(job.answer))
    st.download_button(
        t("download_report", size=size), job.answer, file_name=f"{name}.{kind}", mime=parts.MIME[kind], on_click="ignore",
        icon=":material/download:", key="report file",
    )


def workbooks() -> None:
    """Offer the workbook for a new place, and this place's."""
    draft, lang = state.draft(), state.lang()
    name = parts.file_name(getattr(state.scenario().title, lang))
    for col, code, one, file in zip(
        st.columns(2), ("workbook_blank", "workbook_filled"), (None, draft), (t("workbook_new"), name), strict=True,
    ):
        with col:
            st.download_button(
                t(code), partial(work.as_workbook, one, lang), file_name=f"{file}.xlsx", mime=parts.MIME["xlsx"], key=code,
                on_click="ignore", icon=":material/download:", width="stretch",
            )


def main() -> None:
    """Draw the page."""
    st.header(t("take_away"))
    found = parts.result()
    if found is not None:
        lang = state.lang()
        name = state.draft().place.replace("/", "-")
        for code, frame in (("targets", tables.targets(found, lang)), ("tidy", tables.tidy(found, lang))):
            parts.download(frame, f"{t(f'{code}_table')}-{name}", key=f"{code} csv", label=t(f"download_{code}"))
        report(found)
    st.header(t("keep_head"))
    keeping.keep()
    keeping.open_kept()
    keeping.share()
    st.header(t("runs_head"))
    keeping.runs(found)
    st.header(t("bring_in"))
    st.caption(t("bring_in_note"))
    workbooks()
    keeping.bring_in()


main()
