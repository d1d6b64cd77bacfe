"""Evidence: every figure with its source, every indicator with its definition, and what the run was."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pandas as pd
import streamlit as st

from skillsim.analysis.reproduce import examples
from skillsim.pages import deciding, parts, state, work
from skillsim.pages.state import t
from skillsim.pages.work import SEED
from skillsim.report import clauses, shown, tables
from skillsim.report.answers import evidence as words
from skillsim.results.result import provenance
from skillsim.scenario.draft import Draft
from skillsim.scenario.labels import label_of
from skillsim.scenario.types import Scenario, numbers
from skillsim.terms import INDICATORS, LABELS, phrase, word
from skillsim.terms.fields import AUTHORITIES, SOURCES
from skillsim.terms.page import FORMULAS, PROOFS

RETENTION = ("local_retention_r1", "local_retention_r2", "local_retention_r3", "local_retention_r4")


@st.cache_data(max_entries=20, show_spinner=False)
def figures(key: str, lang: str, _scenario: Scenario) -> pd.DataFrame:
    """Return every figure of a scenario with its value, its range, its source and who decides it."""
    rows = []
    for path, number, par in numbers(_scenario, written=True):
        source = _scenario.source_of(path)
        rows.append((
            label_of(path, _scenario, lang), tables.number(number, par, lang),
            word(SOURCES, source.kind if source else "unstated", lang), source.told(lang) if source else "",
            word(AUTHORITIES, par.authority, lang), path,
        ))
    heads = [t("figure"), t("amount"), t("source_kind"), t("source_text"), t("decided_by"), t("path")]
    return pd.DataFrame(rows, columns=heads)


def definitions(codes: list[str]) -> pd.DataFrame:
    """Return indicators with their unit and formula."""
    lang = state.lang()
    rows = []
    for code in codes:
        term = INDICATORS[code]
        formula = FORMULAS[code] if lang == "zh" else term.formula
        rows.append((word(INDICATORS, code, lang), word(LABELS, term.unit, lang), formula))
    return pd.DataFrame(rows, columns=[t("indicator"), t("unit"), t("formula")])


def parameters(scenario: Scenario) -> None:
    """Show every figure with its source, by kind of source and by words looked for."""
    lang = state.lang()
    kinds = provenance(scenario)["kinds"]
    st.markdown(" · ".join(f"{word(SOURCES, kind, lang)} {n}" for kind, n in sorted(kinds.items(), key=lambda item: -item[1])))
    frame = figures(work.key_of(state.draft()), lang, scenario)
    left, right = st.columns([2, 1])
    asked = left.text_input(t("look_for"), key="evidence words", placeholder=t("look_for_example"))
    chosen = right.multiselect(
        t("source_kind"), list(kinds), format_func=lambda kind: word(SOURCES, kind, lang), key="evidence kinds",
        select_all=False,
        placeholder=t("all"),
    )
    part = frame
    if asked:
        part = part[part.apply(lambda row: asked.casefold() in " ".join(map(str, row)).casefold(), axis=1)]
    if chosen:
        part = part[part[t("source_kind")].isin([word(SOURCES, kind, lang) for kind in chosen])]
    st.caption(t("figures_found", n=len(part), all=len(frame)))
    parts.table(part.drop(columns=t("path")), most=60)
    parts.download(part, t("parameters"), key="parameters csv")


def main() -> None:
    """Draw the page."""
    scenario = state.scenario()
    what = st.segmented_control(
        t("page_evidence"), ["parameters", "clauses", "definitions", "checks", "run"], default="parameters", format_func=t,
        required=True, key="evidence what", label_visibility="collapsed",
    )
    if what == "parameters":
        parameters(scenario)
    elif what == "clauses":
        ledger(scenario)
    elif what == "definitions":
        st.header(t("four_rates"))
        st.caption(t("four_rates_note"))
        parts.table(definitions(list(RETENTION)))
        st.header(t("all_indicators"))
        parts.table(definitions([c for c in INDICATORS if c not in RETENTION]))
    elif what == "checks":
        st.caption(t("checks_note"))
        rows = [tuple(getattr(term, state.lang()) for term in proof) for proof in PROOFS]
        parts.table(pd.DataFrame(rows, columns=[t("checked"), t("against")]))
        published()
        past()
    else:
        this_run()


def asked_for(what: str, label: str) -> bool:
    """Offer a button that starts what takes a while; say whether it was pressed in this session."""
    if not st.session_state.get(what):
        st.button(label, key=f"begin {what}", icon=":material/play_arrow:", on_click=begin, args=(what,))
    return bool(st.session_state.get(what))


def begin(what: str) -> None:
    """Remember that it was asked for."""
    st.session_state[what] = True


def published() -> None:
    """List the published examples, and work them again when asked to."""
    lang = state.lang()
    st.header(t("examples_head"))
    st.caption(t("examples_note"))
    rows = [
        (phrase(f"evidence_{row.example}", lang), words.kind_of(row.example, row.kind, lang), row.numbers, row.citation)
        for row in tables.lines(examples())
    ]
    heads = [t("example"), t("example_kind"), t("example_numbers"), t("example_citation")]
    parts.table(pd.DataFrame(rows, columns=heads))
    if not asked_for("examples", t("examples_begin")):
        return
    job = deciding.examples(state.session())
    if job.state != "done":
        parts.waiting([("examples", job)])
        return
    (st.success if job.answer["passed"].all() else st.error)(parts.escaped(words.verdict(job.answer, lang)))
    heads, *worked = words.number_rows(job.answer, lang)
    frame = pd.DataFrame(worked, columns=heads)
    parts.table(frame)
    parts.download(frame, t("examples_head"), key="examples csv")


def past() -> None:
    """Show forecasts of past figures beside what came, when asked to."""
    lang = state.lang()
    st.header(t("backtest_head"))
    st.caption(t("backtest_note"))
    if not asked_for("backtest", t("backtest_begin")):
        return
    job = deciding.past(state.session())
    if job.state != "done":
        parts.waiting([("past", job)])
        return
    cases, pooled, names = job.answer
    st.markdown(parts.escaped(words.summary(pooled, lang)))
    titles = phrase("backtest_pooled", lang), phrase("backtest_cases", lang, unit=phrase("backtest_unit", lang))
    for title, (heads, *rows) in zip(titles, (words.pool_rows(pooled, lang), words.case_rows(cases, names, lang)), strict=True):
        frame = pd.DataFrame(rows, columns=heads)
        st.markdown(f"**{parts.escaped(title)}**")
        parts.table(frame)
        parts.download(frame, title, key=f"{title} csv")
    st.caption(parts.escaped(words.notes(True, lang)))


def ledger(scenario: Scenario) -> None:
    """Show what each clause of the plan asks, and what carries it."""
    st.caption(t("clauses_note"))
    frame = clauses.ledger(scenario, state.lang())
    if frame.empty:
        st.info(t("no_clauses"))
        return
    parts.table(frame, most=200)
    parts.download(frame, t("clauses"), key="clauses csv")


def this_run() -> None:
    """Show what the run was, and how to repeat it."""
    found = parts.result()
    if found is None:
        return
    manifest = found.manifest()
    rows = [
        (t("run_scenario"), shown.run_name(found, state.lang())), (t("run_hash"), manifest["sha256"]),
        (t("run_seed"), str(found.seed)), (t("run_replications"), f"{found.replications:,}"),
        (t("run_draws"), f"{found.draws:,}"), *manifest["versions"].items(),
    ]
    parts.table(pd.DataFrame(rows, columns=[t("item"), t("content")]))
    st.caption(t("run_again"))
    st.code(command(found.replications), language=None)
    st.download_button(
        t("download_manifest"), json.dumps(manifest, ensure_ascii=False, indent=1), file_name="manifest.json",
        mime="application/json", on_click="ignore", icon=":material/download:",
    )


def command(replications: int) -> str:
    """Return the command that gives the same figures in the terminal."""
    draft = state.draft()
    if not draft.place.startswith(work.OWN) and draft == replace(Draft(draft.place), policies=draft.policies):
        policy = f" --policy {'+'.join(draft.policies)}" if draft.policies else ""
        return f"skillsim run {draft.place}{policy} -n {replications} --seed {SEED}"
    file = shlex.quote(f"{parts.file_name(draft.title or draft.place.replace('/', '-'))}.yaml")
    return f"skillsim run {file} -n {replications} --seed {SEED}"


main()
