"""Sensitivity: which figures that are not known today decide a target, and which are worth collecting."""

from __future__ import annotations

import streamlit as st

from skillsim.analysis.sensitivity import FIRST, REST, Study, name_of, process_noise
from skillsim.pages import deciding, parts, sought, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.report.answers import sensitivity as words
from skillsim.terms import INDICATORS, phrase

CHART, MOST = 10, 8  # figures


def unit_of(code: str, kind: str) -> str:
    """Return the unit of a target's value or probability."""
    return "share" if kind == "probability" else INDICATORS[state.scenario().targets[code].indicator].unit


def heading(code: str, kind: str) -> str:
    """Return what a chart of a target's value or probability is about."""
    target = shown.title(state.scenario(), "targets", code, state.lang())
    return t("output_title", target=target, output=t(f"output_{kind}"))


def worth(study: Study, code: str) -> None:
    """Show what it would help to know each figure."""
    lang, frame = state.lang(), study.worth[code]
    st.header(t("worth_head"))
    st.markdown(parts.escaped(words.now(study, code, lang)))
    for line in words.to_collect(study, code, lang):
        st.markdown(parts.escaped(line))
    if frame.empty:
        return
    sought.type_in(list(frame["path"].head(FIRST)), "worth")
    rows = [(words.named(study.result.scenario, name_of(row), lang), row.share, None, bool(row.clear))
            for row in tables.lines(frame.head(CHART))]
    title = t("worth_chart", target=shown.title(study.result.scenario, "targets", code, lang))
    floor = float(frame["floor"].iloc[0])
    parts.chart(charts.ranked_bars(rows, floor, "share", title, t("worth_share"), lang, parts.dark()), key="worth")
    st.caption(t("worth_note", n=study.result.replications) + phrase("sens_note_worth", lang))


def one_by_one(study: Study, code: str) -> None:
    """Show the target with one figure after another low and high."""
    lang = state.lang()
    st.header(t("tornado_head"))
    kind = output(code, "tornado")
    bars = study.bars[study.bars["output"] == f"{code}:{kind}"]
    if bars.empty or (bars["low"] == bars["high"]).all():
        st.caption(phrase("sens_flat", lang))
        return
    rows = [(words.named(study.result.scenario, row.name, lang), row.low, row.high) for row in tables.lines(bars.head(MOST))]
    baseline = float(bars["baseline"].iloc[0])
    parts.chart(charts.tornado(rows, baseline, unit_of(code, kind), heading(code, kind), lang, parts.dark()), key="tornado")
    st.caption(t("tornado_note"))


def output(code: str, where: str) -> str:
    """Let the target's value or its probability be looked at; of one that asks no number there is none."""
    if state.scenario().targets[code].direction == "show":
        return "value"
    chosen: str = st.segmented_control(
        t("output_of"), ["value", "probability"], default="value", format_func=lambda one: t(f"output_{one}"), required=True,
        key=f"{where} output {state.lang()}", label_visibility="collapsed",
    )
    return chosen


def all_figures(code: str) -> None:
    """Show how much every figure moves the target, when asked to."""
    st.header(t("deep_head"))
    st.caption(t("deep_intro"))
    draft, n = state.draft(), state.replications()
    wanted = deciding.study_key(draft, code, n, True)
    if st.session_state.get("deep") != wanted:
        st.button(t("deep_begin"), icon=":material/query_stats:", type="primary", on_click=begin, args=(wanted,))
        return
    job = deciding.study(state.session(), draft, code, n, True)
    if job.state != "done":
        parts.waiting([("study True", job)])
        return
    study: Study = job.answer
    if study.indexed is None:
        st.caption(phrase("sens_still", state.lang()))
        return
    lang, kind, scenario = state.lang(), output(code, "deep"), study.result.scenario
    found, floor = deciding.parts_of_variance(study.indexed, f"{code}:{kind}")
    rows = [
        (t("deep_rest") if name == REST else words.named(scenario, name, lang), part, span, clear)
        for name, part, span, clear in found
    ]
    title = t("deep_chart", of=heading(code, kind))
    parts.chart(charts.ranked_bars(rows, floor, "share", title, t("deep_total"), lang, parts.dark()), key="deep")
    st.caption(t("deep_note"))
    sought.from_terminal(words.effects(study, code, lang), "deep table")
    sd = words.size(process_noise(study.result, code), unit_of(code, "value"), lang)
    st.caption(phrase("sens_note", lang, sd=sd))


def begin(wanted: tuple[str, str, str, int, bool]) -> None:
    """Remember that it was asked for; one that was stopped is begun again."""
    st.session_state.deep = wanted
    work.queue().again(state.session(), "study True")


def main() -> None:
    """Draw the page."""
    code = parts.choose_target()
    if not code:
        st.info(t("sensitivity_none"))
        return
    if deciding.certain(state.scenario()):
        st.info(t("sensitivity_certain"))
        return
    job = deciding.study(state.session(), state.draft(), code, state.replications(), False)
    if job.state != "done":
        parts.waiting([("study False", job)])
    else:
        worth(job.answer, code)
        one_by_one(job.answer, code)
    all_figures(code)


main()
