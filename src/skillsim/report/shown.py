"""How figures and names are shown, in the terminal, on the page and in documents alike."""

from __future__ import annotations

import math
import re

from skillsim.results import statistics
from skillsim.results.result import Result, provenance
from skillsim.scenario.levers import Lever
from skillsim.scenario.types import Scenario
from skillsim.terms import LABELS, phrase, word

TENTHS = 10  # people: differences below are shown to a tenth


def figure(value: float | None, unit: str) -> str:
    """Return a figure as shown: people as whole numbers with separators, shares as per cent."""
    if value is None or math.isnan(value):
        return "—"
    if unit == "ratio":
        return f"{value:.2f}"
    return f"{value * 100:.1f} %" if unit == "share" else f"{value:,.0f}"


def megabytes(size: int) -> str:
    """Return a number of bytes as shown, in MB."""
    return f"{size / 1e6:.1f}"


def span(low: float, high: float, unit: str) -> str:
    """Return a range as shown, with its unit once."""
    return f"{figure(low, unit).removesuffix(' %')} – {figure(high, unit)}"


def signed(value: float, unit: str) -> str:
    """Return a difference as shown; differences of shares are in percentage points (see :func:`unit_of`), those of ten people
    and more in whole people."""
    if math.isnan(value):
        return "—"
    if unit == "ratio":
        return f"{value:+.3f}"
    if unit == "share":
        return f"{value * 100:+.2f}"
    return f"{value:+,.0f}" if abs(value) >= TENTHS else f"{value:+,.1f}"


def whole(value: float) -> str:
    """Return a surplus or a shortage as shown: whole people with their sign, nothing as 0."""
    return f"{round(value):+,}" if round(value) else "0"


def unit_of(unit: str, lang: str) -> str:
    """Return the unit in which differences are shown."""
    return word(LABELS, "points" if unit == "share" else unit, lang)


def kind_of(unit: str) -> str:
    """Return how a parameter of a declared unit is shown: as a share, as persons, or as it is (ratio)."""
    return {"share": "share", "rate": "share", "share per month": "share", "persons": "persons"}.get(unit, "ratio")


def title(scenario: Scenario, kind: str, code: str, lang: str) -> str:
    """Return the title of a part of the scenario, or its code."""
    item = getattr(scenario, kind).get(code)
    return getattr(item.title, lang) if item is not None else code


def place_name(scenario: Scenario, lang: str) -> str:
    """Return what the place is called: the scenario's title without what it says of the rules in force, which stands in brackets
    at its end or, in English, behind a comma."""
    whole = str(getattr(scenario.title, lang))
    short = re.sub(r"\s*(?:（[^（）]*）|\([^()]*\))\s*$", "", whole)
    return (short.partition(", ")[0] if lang == "en" else short) or whole


def run_name(result: Result, lang: str) -> str:
    """Return what a run is called."""
    return result.scenario.titled(lang)


def counts(scenario: Scenario, lang: str) -> str:
    """Return the scenario's size and the provenance of its figures, in two lines."""
    found, tables = provenance(scenario), scenario.tables or {}
    place = phrase(
        "counts", lang, institutions=len(scenario.institutions),
        placeholders=sum(i.placeholder for i in scenario.institutions.values()),
        pathways=len({row.pathway for row in scenario.quota.rows}), programmes=len(scenario.programmes),
        areas=len(scenario.areas), bands=len(scenario.choice.bands), rows=len(scenario.quota.rows),
    )
    flow = phrase(
        "table_counts", lang, tables=len(tables), stages=sum(len(table.stages) for table in tables.values()),
        exits=sum(max(len(table.exits), 1) for table in tables.values()),
    )
    size = " · ".join([*([place] if scenario.quota.rows else []), *([flow] if tables else [])])
    kinds = found["kinds"]
    share = f"{found['assumed_share'] * 100:.0f} %"
    assumed = kinds.get("assumed", 0) + kinds.get("unstated", 0)
    return size + "\n" + phrase("provenance", lang, n=found["numbers"], assumed=assumed, share=share)


def probability(p: float | None, error: float | None, replications: int) -> str:
    """Return a probability with its error as shown: to 5 points below 1,000 replications; none below 200."""
    if p is None or math.isnan(p):
        return "—"
    if replications < statistics.FEW:
        return "—"
    shown = statistics.shown_probability(p, replications)
    if not error or error < 0.005:
        return shown
    return f"{shown} ± {error * 100:.0f}"


def moved(lever: Lever, amount: float, now: float, lang: str) -> str:
    """Return what a lever makes of a figure: from the figure in force to what comes of it, and by how much."""
    unit = kind_of(lever.unit)
    if lever.unit == "switch":
        return word(LABELS, "on" if amount >= 0.5 else "off", lang)
    to = lever.outcome(amount, now)
    if unit != "ratio":
        said, name = [figure(x, unit) for x in (now, to)], "" if unit == "share" else f" {word(LABELS, unit, lang)}"
    else:
        said, name = [f"{x:g}" for x in (now, round(to, 10))], f" · {getattr(lever.measure, lang)}"
    if to == now if lever.op == "set" else amount == lever.neutral:
        return said[0] + name
    change = f"{(amount - 1) * 100:+.0f} %" if lever.op == "scale" else (
        f"{(to - now) * 100:+.1f} {word(LABELS, 'points', lang)}" if unit == "share" else ""
    )
    return f"{said[0]} → {said[1]}{name}" + (f"（{change}）" if lang == "zh" and change else f" ({change})" if change else "")


def key_year(scenario: Scenario) -> int:
    """Return the year that most targets ask about, the last of several; without targets the last year."""
    years = [target.year for target in scenario.targets.values()]
    return max(years, key=lambda year: (years.count(year), year)) if years else scenario.years.last
