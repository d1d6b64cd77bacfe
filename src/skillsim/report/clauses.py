"""The ledger of clauses: what each clause of a plan asks, and what in the scenario carries it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from skillsim.report import shown
from skillsim.scenario import clauses
from skillsim.scenario.basic import Title
from skillsim.scenario.clauses import Step
from skillsim.scenario.policies import named
from skillsim.scenario.types import Clause, Scenario
from skillsim.terms import COLUMNS, LABELS, phrase, word

COLUMNS_OF_LEDGER = ("clause", "clause_kind", "asks", "number", "by", "carried_by", "schedule", "clause_why")


def ledger(scenario: Scenario, lang: str) -> pd.DataFrame:
    """Return one row for each clause of a scenario's plan, in words: clause, kind, what it asks, number, year, what carries it,
    how policies schedule it, and why a simulation of people can't carry it, or only in part."""
    rows = [_row(scenario, clause, lang) for clause in scenario.clauses]
    return pd.DataFrame(rows, columns=[word(COLUMNS, code, lang) for code in COLUMNS_OF_LEDGER])


def _row(scenario: Scenario, clause: Clause, lang: str) -> tuple[str, ...]:
    comma = {"zh": "；", "en": "; "}[lang]
    steps = [one for key in clause.carried for one in clauses.steps(scenario, key)]
    year = "" if clause.by is None else str(clause.by) if clause.by_stated else phrase("year_ours", lang, year=clause.by)
    return (
        clause.clause, word(LABELS, f"clause_{clause.kind}", lang), _in(clause.what, lang), _number(clause, lang), year,
        comma.join(dict.fromkeys(clauses.said(scenario, key, lang) for key in clause.carried)),
        comma.join(step(scenario, one, lang) for one in steps), _in(clause.why, lang) if clause.why else "",
    )


def _in(title: Title, lang: str) -> str:
    text: str = getattr(title, lang)
    return text


def _number(clause: Clause, lang: str) -> str:
    if clause.value is None:
        return ""
    if clause.unit is None:
        return f"{clause.value:g}" if clause.value > 1 else shown.figure(clause.value, "share")
    return f"{clause.value:,g} {_in(clause.unit, lang)}"


def step(scenario: Scenario, made: Step, lang: str) -> str:
    """Return a change in words: the policy, the value in the unit of what it changes, the dates."""
    title, value = _in(scenario.policies[made.policy].title, lang), _value(scenario, made, lang)
    since = made.since or scenario.as_of
    when = phrase("step_until", lang, since=since, until=made.until) if made.until else phrase("step_from", lang, since=since)
    return phrase("step", lang, policy=title, value=value, when=when)


def _value(scenario: Scenario, made: Step, lang: str) -> str:
    """Return how much a change makes: a factor, a difference (of shares in percentage points), or what is set."""
    unit = named(scenario, made.key)[0][2].unit
    if made.op == "scale":
        return f"× {made.value:g}"
    if unit == "switch":
        return word(LABELS, "on" if made.value >= 0.5 else "off", lang)
    if shown.kind_of(unit) != "share":
        return f"{made.value:+,g}" if made.op == "add" else f"{made.value:,g}"
    return f"{made.value * 100:+g} {word(LABELS, 'points', lang)}" if made.op == "add" else shown.figure(made.value, "share")


def page(scenarios: Sequence[tuple[str, Scenario]]) -> str:
    """Return the page of all ledgers in Markdown, in English with what is asked in Chinese too; each scenario with its name."""
    out = [
        "# What each clause of the five plans asks, and what carries it", "",
        "Made from the block `clauses` of the scenario files (`python tests/test_docs.py` writes it anew); a test fails when a",
        "clause or a scenario changes and this page does not. Clauses are named by their numbers and told in our own words. A",
        "milestone is counted by the schedule that a policy sets; where a simulation of people can carry no more of it, it says",
        "so. Years that a text does not state are the scenario's and marked so.", "",
    ]
    for name, scenario in scenarios:
        rows = ledger(scenario, "en")
        chinese = ledger(scenario, "zh")
        heads = list(rows.columns)
        asks = word(COLUMNS, "asks", "en")
        rows[asks] = [f"{en} ({zh})" for en, zh in zip(rows[asks], chinese[word(COLUMNS, "asks", "zh")], strict=True)]
        out += [f"## {scenario.title.en}", "", f"`{name}`, {len(rows)} clauses.", ""]
        out += [f"| {' | '.join(heads)} |", f"|{'|'.join(' --- ' for _ in heads)}|"]
        out += [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows.itertuples(index=False)]
        out.append("")
    return "\n".join(out)
