"""What goal seek found, as the page shows it: in the words and tables of the terminal, with charts beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from skillsim.analysis.sensitivity import FIRST
from skillsim.analysis.sought import Sought
from skillsim.pages import deciding, parts, state, work
from skillsim.pages.state import t
from skillsim.report import charts, shown, tables
from skillsim.report.answers import seek as words
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.known import numbers_of
from skillsim.terms import COLUMNS, INDICATORS, phrase, word


def show(found: Sought, rest: Draft) -> None:
    """Show all of it; ``rest`` is the draft from which the levers were moved."""
    if found.chosen:
        st.caption(t("seek_picked", n=len(found.handles)))
    (st.success if found.status == "met" else st.warning)(parts.escaped(words.answer(found, state.lang())))
    mix(found, rest)
    check(found)
    trade_off(found)
    years(found)
    why(found)
    contributions(found)
    worth(found)
    trials(found)


def goals(found: Sought) -> str:
    """Return what the targets are called, all of them."""
    return t("seek_and").join(shown.title(found.scenario, "targets", one.code, state.lang()) for one in found.wishes)


def mix_of(found: Sought, row: dict[Any, Any]) -> str:
    """Return the levers that the mix of a row moves, from what to what."""
    lang = state.lang()
    said = [
        t("seek_moved", title=one.lever.title(lang), said=words.lever_moved(found, one.code, row[f"lever:{one.code}"], lang))
        for one in found.handles if row[f"lever:{one.code}"] != one.stands
    ]
    return t("seek_and").join(said) or t("seek_as_it_stands")


def from_terminal(table: Any, key: str) -> None:
    """Show a table of the terminal, with its data to take away."""
    frame = parts.frame_of(table)
    parts.table(frame)
    parts.download(frame, str(table.title), key=f"{key} csv")


def mix(found: Sought, rest: Draft) -> None:
    """Show the mix, what it costs, and take it into the draft."""
    lang, best = state.lang(), found.best
    st.header(t("seek_mix_found" if found.status in ("met", "met_not_confirmed", "no_budget") else "seek_mix_nearest"))
    from_terminal(words.mix(found, lang), "seek mix")
    for line in words.prices(found, lang):
        st.caption(parts.escaped(line))
    money = found.scenario.money is not None
    if money or any(one.price for one in found.handles):
        st.markdown(parts.escaped(t("seek_costs", cost=words.cost(best, lang), since=found.scenario.as_of.year)))
        if money:
            st.caption(words.city(found, lang))
    taken = replace(rest, changes=(*rest.changes, *moves(found)))
    there = set(state.draft().changes) == set(taken.changes)
    st.button(t("seek_apply"), on_click=state.change, args=(taken,), icon=":material/tune:", disabled=there)
    if there:
        st.caption(t("seek_applied"))


def moves(found: Sought) -> tuple[Move, ...]:
    """Return the best mix as moves of the place's levers."""
    there, amounts = state.levers(), found.best.amounts
    return tuple(
        deciding.as_move(one, amounts[one.code], found.scenario, there[one.code]) for one in found.handles
        if amounts[one.code] != one.stands
    )


def check(found: Sought) -> None:
    """Show the probabilities on fresh random numbers beside those of the search."""
    st.header(t("seek_check"))
    from_terminal(words.targets(found, state.lang()), "seek check")
    st.caption(t("seek_check_note"))
    if found.raised:
        points = shown.figure(found.raised, "share").removesuffix(" %")
        st.caption(phrase("seek_raised", state.lang(), points=points))


def trade_off(found: Sought) -> None:
    """Show what each probability costs."""
    st.header(t("seek_curve"))
    if found.curve["cost"].any():
        points = [(row.probability, row.cost, bool(row.run)) for row in tables.lines(found.curve)]
        wanted = found.wishes[0].probability
        parts.chart(charts.trade_off(points, wanted, goals(found), state.lang(), parts.dark()), key="seek curve")
        st.caption(t("seek_curve_note"))
    else:
        st.caption(t("seek_no_costs"))
    with st.expander(t("seek_curve_mixes")):
        from_terminal(words.curve(found, state.lang()), "seek mixes")
    for line in words.optimistic(found, state.lang()):
        st.caption(parts.escaped(line))


def years(found: Sought) -> None:
    """Show the highest probability of each year to which the wishes are put off."""
    if len(found.years) < 2:
        return
    st.header(t("seek_years"))
    n = found.replications
    rows = [(row.year, row.probability, shown.probability(row.probability, None, n)) for row in tables.lines(found.years)]
    wanted = found.wishes[0].probability
    parts.chart(charts.chance_by_year(rows, wanted, goals(found), state.lang(), parts.dark()), key="seek years")
    told = t("seek_first_year", year=found.first_year) if found.first_year else t("seek_no_year", last=found.scenario.years.last)
    st.markdown(parts.escaped(told))
    from_terminal(words.years(found, state.lang()), "seek each year")
    st.caption(t("seek_years_note"))


def why(found: Sought) -> None:
    """Say why each target is where it is at the best mix."""
    st.header(t("seek_why"))
    for one in found.why:
        name(found, one.code)
        st.markdown("\n".join(f"- {parts.escaped(line)}" for line in words.reasons(found, one, state.lang())))
        market = words.market(found, one.code, state.lang())
        if market.row_count:
            st.markdown(t("seek_market"))
            from_terminal(market, f"seek market {one.code}")
    for line in words.together(found, state.lang()):
        st.markdown(parts.escaped(line))


def name(found: Sought, code: str) -> None:
    """Say which target what follows is about, where there are several."""
    if len(found.wishes) > 1:
        st.subheader(parts.escaped(shown.title(found.scenario, "targets", code, state.lang())))


def contributions(found: Sought) -> None:
    """Show what each lever of the mix contributes."""
    lang = state.lang()
    if found.parts.empty:
        return
    st.header(t("seek_parts"))
    there = {one.code: one.lever for one in found.handles}
    for one in found.wishes:
        target = found.scenario.targets[one.code]
        mine = found.parts[found.parts["target"] == one.code]
        for quantity, unit in (("value", INDICATORS[target.indicator].unit), ("probability", "share")):
            rows = list(tables.lines(mine[mine["quantity"] == quantity]))
            steps = [(there[row.lever].title(lang), row.part, deciding.half(row.low, row.high)) for row in rows]
            start = rows[0].start
            ends = (t("seek_stands"), start), (t("seek_then"), start + sum(row.part for row in rows))
            st.markdown(parts.escaped(t(f"seek_of_{quantity}", target=getattr(target.title, lang))))
            chart = charts.waterfall(steps, *ends, unit, lang, parts.dark())
            parts.chart(chart, key=f"seek parts {quantity} {one.code}")
    st.caption(t("seek_parts_note", n=found.replications))


def worth(found: Sought) -> None:
    """Show which figures are most worth collecting."""
    st.header(t("worth_head"))
    for one in found.wishes:
        name(found, one.code)
        made = words.worth(found, one.code, state.lang())
        if not made.row_count:
            st.caption(t("seek_worth_nothing"))
            continue
        from_terminal(made, f"seek worth {one.code}")
        type_in(list(found.worth[one.code]["path"].head(FIRST)), f"seek {one.code}")
    if st.button(t("seek_more_worth"), key="seek more", icon=":material/query_stats:"):
        st.switch_page(parts.page("sensitivity"), query_params=state.address())


def type_in(paths: list[str], key: str) -> None:
    """Lead on to the first page for those of some numbers that it asks for."""
    place = work.place(state.draft().place)
    for i, asked in enumerate(place.figures):
        if asked.key is not None and {path for path, *_ in numbers_of(place, asked.key)} & set(paths):
            label = t("worth_type_in", name=getattr(asked.title, state.lang()))
            if st.button(parts.escaped(label), key=f"type in {key} {i}", icon=":material/edit:"):
                st.switch_page(parts.page("figures"), query_params=state.address())


def trials(found: Sought) -> None:
    """Offer all mixes that were really run."""
    with st.expander(t("seek_trials", n=len(found.trials))):
        lang, n = state.lang(), found.replications
        titles = {one.code: shown.title(found.scenario, "targets", one.code, lang) for one in found.wishes}
        frame = pd.DataFrame([(
            mix_of(found, row), *(shown.probability(row[f"probability:{code}"], None, n) for code in titles),
            tables.wan(row["cost"]),
        ) for row in found.trials.to_dict("records")], columns=[
            t("seek_mix"), *(f"{word(COLUMNS, 'probability', lang)} · {title}" for title in titles.values()),
            phrase("seek_cost_head", lang),
        ])
        parts.table(frame)
        parts.download(frame, t("seek_trials", n=len(found.trials)), key="seek trials csv")
