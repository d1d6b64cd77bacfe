"""Compare: two to five scenarios on the same random numbers, and which lever did what."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from skillsim.analysis.compare import compare
from skillsim.pages import deciding, keeping, parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.scenario.draft import Draft
from skillsim.terms import INDICATORS

MOST = 5


def choices() -> dict[str, Draft]:
    """Return what can be compared: the place as it is, the draft at hand, each policy alone, what was kept under a name."""
    draft = state.draft()
    bare = work.bare(draft)
    out = {t("as_it_is"): bare}
    if draft.policies or draft.changes:
        out[t("my_draft")] = draft
    scenario = work.place(draft.place)
    for code in scenario.policies:
        out.setdefault(shown.title(scenario, "policies", code, state.lang()), replace(bare, policies=(code,)))
    for name, kept in keeping.kept_drafts():
        if kept.place == draft.place:
            out.setdefault(name, kept)
    return out


def side_by_side(drafts: dict[str, Draft]) -> None:
    """Compare the chosen scenarios."""
    names = list(drafts)
    chosen = st.multiselect(
        t("compare_what"), names, default=names[:2], max_selections=MOST, key=f"compare {state.lang()}", select_all=False,
    )
    if len(chosen) < 2:
        st.info(t("compare_two"))
        return
    slots = [f"compare {i}" for i in range(len(chosen))]
    jobs = [
        (slot, work.full(state.session(), drafts[name], state.replications(), slot))
        for slot, name in zip(slots, chosen, strict=True)
    ]
    if any(job.state != "done" for _, job in jobs):
        parts.waiting([pair for pair in jobs if pair[1].state != "done"])
        return
    results = [
        work.called(job.answer, name) for name, (_, job) in zip(chosen, jobs, strict=True)
    ]
    lang = state.lang()
    st.header(parts.escaped(t("compare_targets", base=chosen[0])))
    st.caption(t("compare_note"))
    comparison = compare(results)
    frame = tables.differences(comparison, lang)
    parts.table(frame)
    parts.download(frame, t("page_compare"), key="differences csv")
    costs = tables.costs(comparison, lang)
    if not costs.empty:
        st.header(t("costs_head"))
        st.caption(t("costs_note"))
        parts.table(costs)
        parts.download(costs, t("costs_head"), key="costs csv")
    code = parts.choose_target()
    if code:
        one = state.scenario().targets[code]
        title = getattr(one.title, lang)
        parts.chart(
            charts.fan(results, one.indicator, one.of, lang, parts.dark(), one.value, one.year, title=title), key="fans",
        )
        parts.chart(charts.difference_bars(comparison, code, lang, parts.dark()), key="difference bars")


def which_did_what() -> None:
    """Show what each policy and lever of the draft contributes to the target that is looked at."""
    st.header(t("waterfall_head"))
    code = state.target()
    if not code or not (state.draft().policies or state.draft().changes):
        st.caption(t("waterfall_none"))
        return
    job = deciding.contributions(state.session(), state.draft(), code)
    if job.state != "done":
        parts.waiting([("parts", job)])
        return
    found: deciding.Contributions = job.answer
    st.caption(t("waterfall_note", n=work.QUICK) + (t("waterfall_orders", n=found.orders) if found.orders else ""))
    unit = INDICATORS[state.scenario().targets[code].indicator].unit
    changes = [(name, part, error) for name, (_, part, error) in zip(names(), found.parts, strict=True)]
    ends = (t("as_it_is"), found.start), (t("my_draft"), found.end)
    parts.chart(charts.waterfall(changes, *ends, unit, state.lang(), parts.dark()), key="waterfall")


def names() -> list[str]:
    """Return what the policies and levers of the draft are called."""
    draft, lang = state.draft(), state.lang()
    scenario, levers = work.place(draft.place), state.levers()
    return [
        *(shown.title(scenario, "policies", code, lang) for code in draft.policies),
        *(levers[m.code].title(lang) for m in draft.changes),
    ]


def main() -> None:
    """Draw the page."""
    side_by_side(choices())
    which_did_what()


main()
