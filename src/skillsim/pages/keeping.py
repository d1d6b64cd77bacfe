"""Scenarios kept under a name, shared by link, taken away and brought in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pandas as pd
import streamlit as st

from skillsim.errors import ScenarioError
from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.results.result import Result
from skillsim.scenario.draft import Draft
from skillsim.scenario.reader import MAX_BYTES, parse
from skillsim.scenario.shelf import Conflict, Kept
from skillsim.terms import LABELS, phrase, word

MOST_RUNS = 200  # in the list


def kept_drafts() -> Iterator[tuple[str, Draft]]:
    """Yield what is kept under a name, as drafts; what can't be read any more is named in a line."""
    shelf, broken = work.shelf(), []
    for name in parts.tried(shelf.names) or []:
        try:
            yield name, as_draft(shelf.open(name))
        except ScenarioError:
            broken.append(name)
    if broken:
        st.caption(t("kept_broken", names=parts.escaped("、".join(broken))))


def as_draft(kept: Kept) -> Draft:
    """Return what is kept as a draft: that of which it was made, or one of a place of its own."""
    return work.read_draft(kept.text) or Draft(work.OWN + kept.name)


def share() -> None:
    """Show the link to this page, and offer the draft as a scenario file."""
    st.markdown(f"**{t('link_head')}**")
    here = (st.context.url or "").partition("?")[0]
    st.code(f"{here}?{parts.encoded(state.address())}", language=None, wrap_lines=True)
    draft = state.draft()
    text = parts.tried(lambda: work.file_of(draft))
    if text is not None:
        name = draft.title or draft.place.replace("/", "-")
        st.download_button(
            t("download_yaml"), text.encode(), file_name=f"{parts.file_name(name)}.yaml", mime="text/yaml", on_click="ignore",
            icon=":material/download:", key="yaml",
        )


def keep() -> None:
    """Keep the draft under a name."""
    draft = state.draft()
    with st.form("keep", border=False):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        name = left.text_input(
            t("keep_name"), value=draft.title or "", placeholder=t("keep_name_hint"), max_chars=60, key=state.key("keep name"),
        )
        sent = right.form_submit_button(t("keep"), width="stretch", icon=":material/save:")
    if sent and not name.strip():
        st.warning(t("keep_nameless"))
    elif sent:
        # only what was opened or kept here, and not left since, is replaced without a question
        _save(name.strip(), st.session_state.revisions.get(name.strip()) if name.strip() == draft.title else None)
    asked, clash = st.session_state.get("clash") or (None, None)
    if clash is not None and asked == work.key_of(draft):
        st.warning(t("keep_conflict", name=parts.escaped(clash.name), when=clock(clash.saved_at)))
        if st.button(t("overwrite")):
            st.session_state.clash = None
            _save(clash.name, clash.revision)
    if st.session_state.get("said"):
        st.success(st.session_state.pop("said"))


def _save(name: str, revision: str | None) -> None:
    draft = replace(state.draft(), title=name)
    try:
        kept = work.shelf().save(name, work.file_of(draft), revision)
    except Conflict as conflict:
        if conflict.kept is None:  # it was removed meanwhile: the next time it is kept as a new one
            st.session_state.revisions.pop(name, None)
            parts.problems(conflict)
        else:
            st.session_state.clash = work.key_of(draft), conflict.kept
            st.rerun()
        return
    except ScenarioError as error:
        parts.problems(error)
        return
    remember(kept)
    st.session_state.update(clash=None, said=t("kept", name=parts.escaped(kept.name)))
    state.change(draft, keep_widgets=True)
    st.rerun()


def remember(kept: Kept) -> None:
    """Remember which revision of a kept scenario this session knows."""
    st.session_state.revisions[kept.name] = kept.revision


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
        st.session_state.removing = parts.tried(lambda: work.shelf().open(name))
    going: Kept | None = st.session_state.get("removing")
    if going is not None and going.name == name:
        st.warning(t("remove_really", name=parts.escaped(going.name), when=clock(going.saved_at)))
        if st.button(t("remove_yes")):
            st.session_state.removing = None
            remove(going)


def remove(kept: Kept) -> None:
    """Remove what is kept, if nobody has changed it since it was shown."""
    try:
        work.shelf().remove(kept.name, kept.revision)
    except ScenarioError as error:
        parts.problems(error)
        return
    st.rerun()


def use(kept: Kept) -> None:
    """Take what is kept as the draft at hand."""
    try:
        draft = as_draft(kept)
        work.scenario_of(draft)
    except ScenarioError as error:
        parts.problems(error)
        return
    if not draft.place.startswith(work.OWN):
        draft = replace(draft, title=kept.name)
    remember(kept)
    st.session_state.said = t("opened", name=parts.escaped(kept.name))
    take(draft)


def take(draft: Draft) -> None:
    """Take a draft, and have every widget drawn anew, the uploader too."""
    state.change(draft)
    st.session_state.turn += 1
    st.rerun()


def runs(found: Result | None) -> None:
    """Keep the run at hand with every replication, and list what the store has."""
    st.caption(t("runs_note"))
    if found is not None and st.button(t("keep_run"), icon=":material/inventory_2:"):
        key = parts.tried(lambda: work.keep_run(found))
        if key is not None:
            st.success(t("run_kept", key=key[:12]))
    keys = parts.tried(work.stored_runs)
    if not keys:
        return
    told = [run_line(key) for key in keys[:MOST_RUNS]]
    parts.table(pd.DataFrame(told, columns=[t(f"run_{head}") for head in ("name", "n", "with_all", "when", "key")]))
    if len(keys) > MOST_RUNS:
        st.caption(t("runs_more", n=len(keys[MOST_RUNS:])))
    st.code(f"skillsim runs list {shlex.quote(str(work.store().folder))}", language=None, wrap_lines=True)
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    names = {key: f"{line[0]} · {key[:12]}" for key, line in zip(keys, told, strict=False)}
    asked = left.selectbox(
        t("open_run"), list(names), index=None, placeholder=t("open_kept_none"), format_func=lambda key: names[key],
        key=state.key("open run"),
    )
    if right.button(t("open"), disabled=asked is None, width="stretch", key="open a run") and asked:
        draft = parts.tried(lambda: work.open_run(asked))
        if draft is not None:
            st.session_state.said = t("opened", name=parts.escaped(names[asked]))
            take(draft)


def run_line(key: str) -> tuple[str, str, str, str, str]:
    """Return what the list says of a run."""
    store, lang = work.store(), state.lang()
    try:
        said, (when, _) = store.manifest(key), store.saved(key)
    except ScenarioError:
        return phrase("runs_damaged", lang), "", "", "", key[:12]
    kept = word(LABELS, "yes" if store.has(key, kept=True) else "no", lang)
    return said["title"][lang], f"{said['replications']:,}", kept, clock(when), key[:12]


def bring_in() -> None:
    """Bring a scenario file or a filled workbook in: a draft made here comes back as it was, any other becomes a place of its
    own."""
    given = st.file_uploader(t("upload"), type=["yaml", "yml", "xlsx"], key=state.key("upload"))
    if given is None:
        return
    if given.size > MAX_BYTES:
        st.error(t("upload_large"))
        return
    try:
        if given.name.lower().endswith(".xlsx"):
            text = work.from_workbook(given.getvalue(), given.name)
        else:
            text = given.getvalue().decode("utf-8-sig")
        draft = work.read_draft(text)
        if draft is None:
            parse(text, given.name)
            kept = work.shelf().save(work.shelf().free(given.name.rpartition(".")[0]), text, None)
            remember(kept)
            draft = Draft(work.OWN + kept.name)
        elif draft != state.draft():  # what bears its name here is another's
            st.session_state.revisions.pop(draft.title, None)
        work.scenario_of(draft)
    except UnicodeDecodeError:
        st.error(t("upload_coding"))
        return
    except ScenarioError as error:
        parts.problems(error)
        st.info(t("upload_refused"))
        return
    st.session_state.said = t("brought_in", name=parts.escaped(given.name))
    take(draft)
