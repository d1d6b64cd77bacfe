"""Levers: move one, see the preview at once, the paired answer a moment later, the full number after that."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from skillsim.analysis.compare import Comparison
from skillsim.pages import keeping, parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.results.targets import Answer
from skillsim.scenario.levers import Lever, first_day, lasting_day
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, INDICATORS, word
from skillsim.terms.fields import AUTHORITIES, LEVER_GROUPS, SOURCES

BEST = 8  # levers shown of the ranking


def answers(preview: pd.DataFrame, base: Result | None, quick: Comparison | None, full: Result | None) -> pd.DataFrame:
    """Return one row a target: as it is, preview of the change, paired difference, full number with its probability."""
    lang, rows = state.lang(), []
    before, whole = ({} if run is None else {a.code: a for a in run.answers} for run in (base, full))
    paired = {} if quick is None else {row.target: row for row in tables.lines(quick.targets())}
    for row in tables.lines(preview):
        was, now, unit = before.get(row.target), whole.get(row.target), INDICATORS[row.indicator].unit
        rows.append((
            getattr(state.scenario().targets[row.target].title, lang),
            t("of_preview", value=shown.figure(row.baseline, unit)) if was is None else value(was),
            tables.change(row.difference, unit, lang),
            tables.difference(paired[row.target], lang) if row.target in paired else "…",
            "…" if now is None else value(now),
            "…" if now is None else shown.probability(now.probability, now.mcse, state.replications()),
        ))
    heads = [word(COLUMNS, "target", lang), t("before"), t("preview_change"), t("paired", n=work.QUICK),
             t("full_value", n=state.replications()), word(COLUMNS, "probability", lang)]
    return pd.DataFrame(rows, columns=heads)


def value(answer: Answer) -> str:
    """Return the mean of a target in its year."""
    return shown.figure(float(statistics.mean(answer.values)), INDICATORS[answer.target.indicator].unit)


def known() -> tuple[Result | None, Comparison | None, Result | None]:
    """Return what is known by now: the place's full result, the draft's paired differences, its full result."""
    draft, n = state.draft(), state.replications()
    before = work.unmoved(draft)
    return work.kept_full(before, n), work.kept_quick(draft) if draft.changes else None, work.kept_full(draft, n)


def show_answers(base: Result | None, quick: Comparison | None, full: Result | None) -> None:
    """Show what the levers do to the targets, as far as it is known."""
    draft = state.draft()
    frame = answers(work.preview_beside(draft), base, quick, full)
    idle = [t("preview_change"), t("paired", n=work.QUICK), t("before")]
    parts.table(frame if draft.changes else frame.drop(columns=idle))
    st.caption(t("answers_note", n=work.QUICK))


def ask(drawn: tuple[Result | None, Comparison | None, Result | None]) -> None:
    """Ask for what was not known when the page was drawn: first the paired difference, then the full number."""
    draft, session, n = state.draft(), state.session(), state.replications()
    before = work.unmoved(draft)
    jobs = [("full", work.full(session, draft, n))] if not draft.changes else [("quick", work.quick(session, draft))]
    if draft.changes:
        jobs.append(("base", work.full(session, before, n, "base")))
        if drawn[1] is not None:
            jobs.append(("full", work.full(session, draft, n)))
    if [one is None for one in known()] != [one is None for one in drawn]:
        st.rerun()
    parts.waiting([pair for pair in jobs if pair[1].state != "done"])


def course(full: Result | None) -> None:
    """Draw the course of the target that is looked at."""
    draft, code = state.draft(), parts.choose_target()
    if code:
        one, lang = state.scenario().targets[code], state.lang()
        parts.chart(
            charts.fan([] if full is None else [full], one.indicator, one.of, lang, parts.dark(), one.value, one.year,
                       preview=work.preview(draft) if full is None else None, title=getattr(one.title, lang)),
            key="fan",
        )


def told(lever: Lever, base: Scenario) -> str:
    """Return what there is to know of a lever: the figure in force, its range, its sources, who decides it."""
    lang, year = state.lang(), state.year()
    sources = ("、" if lang == "zh" else ", ").join(f"{word(SOURCES, kind, lang)} {n}" for kind, n in lever.sources(base).items())
    span = lever.widest(base, year)
    unit = shown.kind_of(lever.unit)
    wide = t("lever_range", range=shown.span(*span, unit)) if span else ""
    now, who = in_force(lever, base), word(AUTHORITIES, lever.authority, lang)
    first = first_day(base, lever).isoformat()
    return parts.escaped(t("lever_help", year=year, now=now, range=wide, sources=sources, who=who, first=first))


def in_force(lever: Lever, base: Scenario) -> str:
    """Return the figure in force as it is shown."""
    now = lever.baseline(base, state.year())
    return shown.moved(lever, now if lever.op == "set" else lever.neutral, now, state.lang())


def row(lever: Lever, base: Scenario) -> None:
    """Draw one lever: a slider, and from which year it acts."""
    lang, draft = state.lang(), state.draft()
    mine = next((m for m in draft.changes if m.code == lever.code), None)
    first = first_day(base, lever)
    lasting = lasting_day(base, lever) if lever.op == "set" else first
    since, amount = (mine.since, mine.amount) if mine else (lasting, state.resting(lever))
    said = shown.moved(lever, amount, lever.baseline(base, state.year()), lang) if mine else in_force(lever, base)
    key = state.key(f"lever {lever.code}")
    slider, start = st.columns([5, 2], vertical_alignment="bottom")
    with slider:
        if lever.unit == "switch":
            st.toggle(
                parts.escaped(lever.title(lang)), value=bool(amount), key=key, on_change=_moved, args=(lever, since),
                help=told(lever, base),
            )
        else:
            st.slider(
                parts.escaped(f"{lever.title(lang)} · {said}"), float(lever.lo), float(lever.hi), float(amount),
                float(lever.step), key=key,
                on_change=_moved, args=(lever, since), help=told(lever, base),
                format="percent" if lever.op == "scale" or shown.kind_of(lever.unit) == "share" else "%g",
            )
    years = list(range(first.year, base.years.last + 1))
    start.selectbox(
        t("from_year"), years, index=years.index(since.year), key=state.key(f"since {lever.code}"), on_change=_since,
        args=(lever, first, lasting), disabled=mine is None,
    )


def _moved(lever: Lever, since: date) -> None:
    state.move(lever.code, float(st.session_state[state.key(f"lever {lever.code}")]), since, keep_widgets=True)


def _since(lever: Lever, first: date, lasting: date) -> None:
    mine = next(m for m in state.draft().changes if m.code == lever.code)
    year = st.session_state[state.key(f"since {lever.code}")]
    state.move(lever.code, mine.amount, lasting if year == lasting.year else max(first, date(year, 1, 1)), keep_widgets=True)


def show_levers(base: Scenario) -> None:
    """Draw the levers of one group."""
    levers = state.levers()
    groups = [group for group in LEVER_GROUPS if any(lever.group == group for lever in levers.values())]
    group = st.pills(
        t("group"), groups, default=groups[0], format_func=lambda g: word(LEVER_GROUPS, g, state.lang()), key="group",
        required=True, label_visibility="collapsed", wrap=True,
    )
    mine = [lever for lever in levers.values() if lever.group == group]
    if not any(lever.decision for lever in mine):
        st.caption(t("what_if"))
    for lever in mine:
        row(lever, base)


def show_moved(base: Scenario) -> None:
    """Show what is moved, with a way back for each and for all."""
    draft, levers = state.draft(), state.levers()
    cols = st.columns(3)
    cols[0].button(t("undo"), on_click=state.undo, disabled=not st.session_state.back, width="stretch")
    cols[1].button(t("reset_all"), on_click=state.change, args=(replace(draft, changes=()),), disabled=not draft.changes,
                   width="stretch")
    cols[2].button(t("rank"), on_click=_rank, width="stretch")
    for m in draft.changes:
        lever = levers[m.code]
        left, right = st.columns([3, 1], vertical_alignment="center")
        said = shown.moved(lever, m.amount, lever.baseline(base, state.year()), state.lang())
        left.markdown(parts.escaped(t("moved_line", title=lever.title(state.lang()), since=m.since.isoformat(), said=said)))
        right.button(
            t("reset_one"), key=f"reset {m.code}", on_click=state.move, args=(m.code, state.resting(lever), m.since),
            width="stretch",
        )


def _rank() -> None:
    st.session_state.ranked = True


def ranking(base: Scenario) -> None:
    """Show which lever moves the target most, each alone; one click takes it."""
    code, lang = state.target(), state.lang()
    if not st.session_state.get("ranked") or not code:
        return
    target = state.scenario().targets[code]
    st.header(parts.escaped(t("ranking_of", target=getattr(target.title, lang))))
    job = work.rankings(state.session(), state.draft())
    if job.state != "done":
        parts.waiting([("ranking", job)])
        return
    levers, unit = state.levers(), INDICATORS[target.indicator].unit
    found = job.answer[code]
    frame = found[(found.change != 0) & found.change.notna()].head(BEST)
    if frame.empty:
        st.caption(t("nothing_moves"))
    for i, one in enumerate(tables.lines(frame)):
        lever = levers[one.lever]
        left, right = st.columns([3, 1], vertical_alignment="center")
        said = shown.moved(lever, one.amount, lever.baseline(base, state.year()), lang)
        left.markdown(parts.escaped(t(
            "ranked_line", n=i + 1, title=lever.title(lang), said=said, decided=word(AUTHORITIES, lever.authority, lang),
            change=f"{shown.signed(one.change, unit)} {shown.unit_of(unit, lang)}",
        )))
        right.button(t("take"), key=f"take {one.lever}", width="stretch", on_click=state.move,
                     args=(one.lever, one.amount, first_day(base, lever)))
    st.caption(t("ranking_note"))


def glance() -> None:
    """Say in one line, beside the levers, what they do to the target that is looked at."""
    code, draft = state.target(), state.draft()
    if code and draft.changes:
        row = next(row for row in tables.lines(work.preview_beside(draft)) if row.target == code)
        change = tables.change(row.difference, INDICATORS[row.indicator].unit, state.lang())
        title = getattr(state.scenario().targets[code].title, state.lang())
        st.html(f"<div class='glance' role='status'>{html.escape(t('glance', target=title, change=change))}</div>")


def main() -> None:
    """Draw the page."""
    base = state.base()
    runs = parts.tried(lambda: work.preview_beside(state.draft())) is not None
    # each in a box of its own: what comes and goes in one must not move the others, or a slider loses the keyboard
    table, progress = st.container(), st.container()
    drawn = known() if runs else (None, None, None)
    left, right = st.columns(2, gap="medium")
    with right:
        moved, said = st.container(), st.container(key="glance")
    if runs:
        with said:
            glance()
        with table:
            show_answers(*drawn)
    with moved:
        show_moved(base)
    with right:
        show_levers(base)
    if runs:
        with left, st.container(key="answers"):
            with st.container():
                course(drawn[-1])
            ranking(base)
    st.header(t("keep_head"))
    keeping.keep()
    keeping.open_kept()
    keeping.share()
    if runs:
        with progress:  # last: what is worked out from here on competes with nothing that is still to be drawn
            ask(drawn)


main()
