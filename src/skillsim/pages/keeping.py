"""Scenarios kept under a name, shared by link, taken away and brought in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import streamlit as st

from skillsim.errors import ScenarioError
from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.scenario.draft import Draft
from skillsim.scenario.reader import MAX_BYTES, parse
from skillsim.scenario.shelf import Conflict, Kept


def kept_drafts() -> Iterator[tuple[str, Draft]]:
    """Yield what is kept under a name, as drafts."""
    shelf = work.shelf()
    for name in shelf.names():
        found = as_draft(shelf.open(name))
        if found is not None:
            yield name, found


def as_draft(kept: Kept) -> Draft:
    """Return what is kept as a draft: that of which it was made, or one of a place of its own."""
    return Draft.from_file(kept.text, work.place, work.levers_of) or Draft(work.OWN + kept.name)


def share() -> None:
    """Show the link to this page, and offer the draft as a scenario file."""
    st.markdown(f"**{t('link_head')}**")
    here = (st.context.url or "").partition("?")[0]
    st.code(f"{here}?{parts.encoded(state.address())}", language=None, wrap_lines=True)
    draft = state.draft()
    text = parts.tried(lambda: draft.text(work.place(draft.place), work.levers_of))
    if text is not None:
        name = draft.title or draft.place.replace("/", "-")
        st.download_button(
            t("download_yaml"), text.encode(), file_name=f"{parts.file_name(name)}.yaml", mime="text/yaml", on_click="ignore",
            icon=":material/download:", key="yaml",
        )


def keep() -> None:
    """Keep the draft under a name."""
    with st.form("keep", border=False):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        name = left.text_input(t("keep_name"), value=st.session_state.kept_name, placeholder=t("keep_name_hint"), max_chars=60)
        sent = right.form_submit_button(t("keep"), width="stretch", icon=":material/save:")
    if sent and not name.strip():
        st.warning(t("keep_nameless"))
    elif sent:
        revision = st.session_state.kept_revision if name == st.session_state.kept_name else None
        _save(name, revision)
    clash: Kept | None = st.session_state.get("clash")
    if clash is not None:
        st.warning(t("keep_conflict", name=clash.name, when=clock(clash.saved_at)))
        if st.button(t("overwrite")):
            st.session_state.clash = None
            _save(clash.name, clash.revision)
    if st.session_state.get("said"):
        st.success(st.session_state.pop("said"))


def _save(name: str, revision: str | None) -> None:
    draft = replace(state.draft(), title=name.strip())
    try:
        kept = work.shelf().save(name, draft.text(work.place(draft.place), work.levers_of), revision)
    except Conflict as conflict:
        st.session_state.clash = conflict.kept
        if conflict.kept is None:
            parts.problems(conflict)
        return
    except ScenarioError as error:
        parts.problems(error)
        return
    st.session_state.update(kept_name=kept.name, kept_revision=kept.revision, clash=None, said=t("kept", name=kept.name))
    state.change(draft, keep_widgets=True)
    st.rerun()


def clock(moment: datetime) -> str:
    """Return a moment as the server's clock shows it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def open_kept() -> None:
    """Open or remove what is kept."""
    names = parts.tried(work.shelf().names)
    if not names:
        return
    left, middle, right = st.columns([4, 1, 1], vertical_alignment="bottom")
    name = left.selectbox(t("open_kept"), names, index=None, placeholder=t("open_kept_none"), key=state.key("open kept"))
    if middle.button(t("open"), disabled=name is None, width="stretch") and name:
        kept = parts.tried(lambda: work.shelf().open(name))
        if kept is not None:
            use(kept)
    if right.button(t("remove_kept"), disabled=name is None, width="stretch") and name:
        parts.tried(lambda: work.shelf().remove(name, work.shelf().open(name).revision))
        st.rerun()


def use(kept: Kept) -> None:
    """Take what is kept as the draft at hand."""
    try:
        draft = as_draft(kept)
        work.scenario_of(draft)
    except ScenarioError as error:
        parts.problems(error)
        return
    st.session_state.update(kept_name=kept.name, kept_revision=kept.revision, said=t("opened", name=kept.name))
    state.change(draft)
    st.rerun()


def bring_in() -> None:
    """Bring a scenario file in: a draft made here comes back as it was, any other file becomes a place of its own."""
    given = st.file_uploader(t("upload"), type=["yaml", "yml"], key=state.key("upload"))
    if given is None:
        return
    if given.size > MAX_BYTES:
        st.error(t("upload_large"))
        return
    try:
        text = given.getvalue().decode("utf-8-sig")
        draft = Draft.from_file(text, work.place, work.levers_of)
        if draft is None:
            parse(text, given.name)
            stem = given.name.rpartition(".")[0]
            there = stem in work.shelf().names()
            kept = work.shelf().save(stem, text, work.shelf().open(stem).revision if there else None)
            draft = Draft(work.OWN + kept.name)
        work.scenario_of(draft)
    except UnicodeDecodeError:
        st.error(t("upload_coding"))
        return
    except ScenarioError as error:
        parts.problems(error)
        st.info(t("upload_refused"))
        return
    st.session_state.said = t("brought_in", name=given.name)
    state.change(draft)
    st.rerun()
