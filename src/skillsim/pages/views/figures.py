"""Ten figures first: what a place knows of itself decides more than any model."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from skillsim.pages import parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.results.result import Result
from skillsim.scenario.draft import FIELDS, Actual, Draft
from skillsim.scenario.known import far_off, numbers_of, stated
from skillsim.scenario.labels import label_of
from skillsim.scenario.types import Figure, Scenario
from skillsim.terms import LABELS, word
from skillsim.terms.fields import SOURCES


def is_share(asked: Figure, scenario: Scenario) -> bool:
    """Say whether a figure is a share."""
    if asked.key is None:
        return asked.indicator == "local_retention"
    return shown.kind_of(numbers_of(scenario, asked.key)[0][2].unit) == "share"


def in_use(asked: Figure, place: Scenario, draft: Draft) -> tuple[float, str]:
    """Return the figure that is in use where nothing is typed, and the kind of its source."""
    if asked.key is not None:
        value, paths = stated(place, asked.key, asked.year)
        kinds = [source.kind if (source := place.source_of(path)) else "unstated" for path in paths]
        return value, word(SOURCES, max(sorted(set(kinds)), key=kinds.count), state.lang())
    run = work.preview(Draft(draft.place))
    indicator = f"local_retention_{asked.definition}" if asked.indicator == "local_retention" else str(asked.indicator)
    return float(run.replicate(indicator, asked.of)[asked.year - place.years.first][0]), t("simulated")


def typed(asked: Figure, draft: Draft) -> float | None:
    """Return what is typed for a figure."""
    if asked.key is not None:
        return dict(draft.known).get(asked.key)
    return next((row.value for row in draft.observed if row == replace(actual(asked, 0.0), value=row.value)), None)


def actual(asked: Figure, value: float) -> Actual:
    """Return a figure that was counted as an actual figure."""
    of = {field: tuple(getattr(asked.of, field)) for field in FIELDS}
    return Actual(str(asked.indicator), asked.year, value, asked.definition, **of)


def form(place: Scenario) -> None:
    """Ask for the figures; what is left empty stays as it is."""
    draft, lang = state.draft(), state.lang()
    with st.form("figures", border=True):
        st.markdown(f"**{t('figures_head')}**")
        st.caption(t("figures_intro"))
        cells = [cell for _ in place.figures[::2] for cell in st.columns(2, gap="medium")]  # a phone keeps this order
        for i, asked in enumerate(place.figures):
            share, old = is_share(asked, place), typed(asked, draft)
            value, kind = in_use(asked, place, draft)
            unit = "share" if share else "persons"
            cells[i].number_input(
                parts.escaped(t("figure_asked", name=getattr(asked.title, lang), unit=word(LABELS, unit, lang))),
                value=None if old is None else round(old * 100, 10) if share else old, min_value=0.0,
                max_value=100.0 if share else None, step=0.1 if share else 1.0, format="%.2f" if share else "%.0f",
                placeholder=t("figure_now", now=shown.figure(value, unit), source=kind),
                help=parts.escaped(getattr(asked.note, lang)) if asked.note else None, key=state.key(f"figure {i}"),
            )
        use, empty = st.columns(2)
        used = use.form_submit_button(t("figures_use"), type="primary", width="stretch")
        emptied = empty.form_submit_button(t("figures_empty"), width="stretch")
    if used:
        take(place, {i: st.session_state.get(state.key(f"figure {i}")) for i in range(len(place.figures))})
    if emptied:
        take(place, {})


def take(place: Scenario, given: dict[int, float | None]) -> None:
    """Take the figures that were typed into the draft, if they go together."""
    draft = state.draft()
    known, asked_rows, rows = [], [], []
    for i, asked in enumerate(place.figures):
        value = given.get(i)
        if asked.key is None:
            asked_rows.append(actual(asked, 0.0))
        if value is None:
            continue
        value = round(value / 100, 12) if is_share(asked, place) else float(round(value))
        if asked.key is not None:
            known.append((asked.key, value))
        else:
            rows.append(actual(asked, value))
    others = [row for row in draft.observed if replace(row, value=0.0) not in asked_rows]
    state.change(replace(draft, known=tuple(known), observed=(*others, *rows)), form=bool(given))
    st.rerun()


def curves(result: Result) -> None:
    """Show the probability of a target over a figure that is not known today."""
    lang, scenario = state.lang(), result.scenario
    st.header(t("curve_head"))
    left, right = st.columns(2)
    with left:
        code = parts.choose_target()
    if not code:
        return
    found = work.unknowns(state.draft(), result, code)
    if found.empty:
        st.caption(t("curve_none"))
        return
    names = {
        row.path: t("curve_share", name=label_of(row.path, scenario, lang), share=f"{row.share * 100:.0f} %")
        for row in tables.lines(found)
    }
    path = right.selectbox(t("curve_unknown"), list(names), format_func=names.__getitem__, key=f"unknown {code} {lang}")
    job = work.curve(state.session(), state.draft(), result, code, path)
    if job.state != "done":
        parts.waiting([("curve", job)])
        return
    made = job.answer[0]
    if made is None:
        st.caption(t("curve_none"))
        return
    unit = work.unit_of(scenario, path)
    goal = getattr(scenario.targets[code].title, lang)
    parts.chart(
        charts.probability_curve(
            made.x, made.p, made.low, made.high, short(label_of(path, scenario, lang)), unit, made.range, goal, lang,
            parts.dark(),
        ),
        key="curve",
    )
    st.caption(t("curve_note", n=result.replications))


def short(name: str) -> str:
    """Return the end of a long name: under an axis there is little room, and the whole name stands above."""
    return " · ".join(name.split(" · ")[-2:])


def main() -> None:
    """Draw the page."""
    place = work.place(state.draft().place)
    if place.figures:
        form(place)
    for asked in place.figures:
        value = typed(asked, state.draft())
        if value is not None and far_off(value, in_use(asked, place, state.draft())[0]):
            st.warning(parts.escaped(t("figure_far", name=getattr(asked.title, state.lang()))))
    used = len(state.draft().known) + len(state.draft().observed)
    if used:
        st.caption(t("figures_used", n=used))
    found = parts.result()
    if found is not None:
        curves(found)


main()
