"""What comes out: the summary, the targets, their course, the differences between scenarios, and what can still be decided."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from skillsim.analysis import track
from skillsim.report import charts, shown, tables
from skillsim.report.book import Part, Section, Text
from skillsim.report.contents.ask import Ask
from skillsim.report.terminal import MAIN
from skillsim.results import statistics
from skillsim.results.result import BREAKDOWNS, Result, provenance
from skillsim.results.targets import Answer
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LEVELS, phrase, word

LIKELIHOODS = ("likely", "open", "unlikely")
LAID_OVER = 5  # runs in one chart


def asked(run: Result) -> list[Answer]:
    """Return the answers to targets that ask for a number."""
    return [a for a in run.answers if a.target.direction != "show"]


# ---- summary


def summary(ask: Ask) -> Section | None:
    """Return what the report says in some sentences, each true at the replications it rests on."""
    said: list[Part] = [_basis(ask)]
    if ask.few:
        said.append(Text(ask.say("said_few", few=statistics.FEW), "warning"))
    said += ask.each(lambda run: [Text(_capital(text), "point") for text in (*_of_run(ask, run), *_additions(ask, run))])
    found = provenance(ask.scenario)
    counted = found["kinds"].get("assumed", 0) + found["kinds"].get("unstated", 0)
    if counted:
        share = f"{found['assumed_share'] * 100:.0f} %"
        args = {"n": found["numbers"], "assumed": counted, "share": share, "section": ask.say("assumptions")}
        said.append(Text(ask.say("said_assumed", **args), "warning"))
    caveats = (text for run in ask.ordered for text in (_resting(ask, run), _set_by_us(ask, run)))
    said += [Text(_capital(text), "warning") for text in caveats if text]
    return ask.section("summary", said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _basis(ask: Ask) -> Text:
    s = ask.scenario
    told = ask.say(
        "said_basis" if len(ask.results) > 1 else "said_basis_one",
        first=s.years.first, last=s.years.last, n=len(ask.results), r=f"{ask.base.replications:,}",
        runs="、".join(map(ask.name, ask.ordered)) if ask.lang == "zh" else "; ".join(map(ask.name, ask.ordered)),
    )
    return Text(told + ("" if ask.lang == "zh" else " ") + _asked(ask))


def _asked(ask: Ask) -> str:
    """Return in a sentence how many targets ask for a number, and by when."""
    years = [a.target.year for a in asked(ask.base)]
    if not years:
        return ask.say("said_asked_none")
    year = max(years, key=lambda year: (years.count(year), year))
    most = "all" if len(set(years)) == 1 else "most" if 2 * years.count(year) > len(years) else "span"
    code = "one" if len(years) == 1 else most
    return ask.say(f"said_asked_{code}", n=len(years), year=year, first=min(years), last=max(years))


def _title(ask: Ask, a: Answer) -> str:
    return str(getattr(a.target.title, ask.lang))


def _quoted(ask: Ask, a: Answer) -> str:
    return ask.say("said_title", title=_title(ask, a))


def _mean(ask: Ask, run: Result, a: Answer) -> str:
    return tables.reached(a.target, float(statistics.mean(a.values)), run.scenario, ask.lang)


def _goal(ask: Ask, run: Result, a: Answer) -> str:
    return tables.goal(a.target, run.scenario, ask.lang)


def _of_run(ask: Ask, run: Result) -> Iterator[str]:
    """Yield how likely the targets of a run are, of those out of reach also by how much; means and ranges only where
    replications are few."""
    answers = asked(run)
    if not answers:
        return
    if ask.few:
        means = (ask.say("said_mean", title=_title(ask, a), mean=_mean(ask, run, a), range=_range(a), goal=_goal(ask, run, a))
                 for a in answers)
        yield ask.say("said_means", names=ask.listed(means))
        return
    for label in LIKELIHOODS:
        mine = [a for a in answers if a.label == label]
        names = (_likelihood(ask, run, a) for a in mine)
        if mine:
            yield ask.say("said_label", label=word(LABELS, label, ask.lang), n=len(mine), names=ask.listed(names))
    late = [a for a in answers if a.last_intakes and a.movable_until is None]
    if late and run is ask.base:
        yield ask.say("said_late", names=ask.listed(_quoted(ask, a) for a in late))


def _likelihood(ask: Ask, run: Result, a: Answer) -> str:
    """Return how likely a target is; of one out of reach also its mean and what is asked."""
    p = _probability(run, a)
    told = ask.say("said_one", title=_title(ask, a), p=p)
    if a.label != "unlikely" or not p.startswith("<"):
        return told
    return told + ask.say("said_out", year=a.target.year, mean=_mean(ask, run, a), goal=_goal(ask, run, a))


def _range(a: Answer) -> str:
    """Return the 5–95 % interval of a target's figure."""
    low, high = (float(point) for point in statistics.quantiles(a.values)[[0, -1]])
    return shown.span(low, high, INDICATORS[a.target.indicator].unit)


def _probability(run: Result, a: Answer) -> str:
    """Return a probability without its error."""
    return shown.probability(a.probability, None, run.replications)


def _additions(ask: Ask, run: Result) -> Iterator[str]:
    """Yield what a run adds to the one that it is compared with, and what it costs more."""
    if ask.comparison is None or run is ask.base:
        return
    base, wanted = ask.name(ask.base), {a.code: a for a in asked(ask.base)}
    rows = [row for row in tables.lines(ask.comparison.targets()) if row.scenario == run.name and row.target in wanted]
    for verdict in ("higher", "lower", "noise", "same", "too_few"):
        names = [
            ask.say("said_add", title=_title(ask, wanted[row.target]), change=tables.difference(row, ask.lang))
            if verdict in ("higher", "lower") else _quoted(ask, wanted[row.target]) for row in rows if row.verdict == verdict
        ]
        if names:
            yield ask.say(f"said_{verdict}", base=base, names=ask.listed(names))
    for row in tables.lines(ask.comparison.costs()):
        if row.scenario == run.name and not row.payer and row.verdict != "too_few" and not math.isnan(row.cost_low):
            yield _cost(ask, row)


def _cost(ask: Ask, row: Any) -> str:
    base = ask.name(ask.base)
    if row.cost_low == row.cost_high == 0:
        return ask.say("said_cost_same", base=base)
    if row.cost_low <= 0 <= row.cost_high:
        return ask.say("said_cost_none", base=base)
    _, cost, graduates, each = tables.cost_row(row, ask.lang)
    clear = row.verdict in ("higher", "lower")
    graduates = ask.say("said_graduates", n=graduates) if clear else word(LABELS, row.verdict, ask.lang)
    told = ask.say("said_each_none") if math.isnan(row.each) else ask.say("said_each", each=each)
    return ask.say("said_cost", base=base, cost=cost, graduates=graduates, each=told)


def _resting(ask: Ask, run: Result) -> str:
    """Return which targets rest on assumed numbers for more than half of their uncertainty."""
    shares, titles = run.assumed_variance or {}, run.scenario.targets
    most = [ask.say("said_add", title=getattr(titles[code].title, ask.lang), change=f"{share * 100:.0f} %")
            for code, share in shares.items() if share > 0.5]
    return phrase("assumed_note", ask.lang, run=ask.name(run), targets=ask.listed(most)) if most else ""


def _set_by_us(ask: Ask, run: Result) -> str:
    """Return how many of a run's changes have a size or a date that no document gives."""
    found = provenance(run.scenario)
    if not found["changes_assumed"]:
        return ""
    return phrase("policy_note", ask.lang, run=ask.name(run), n=found["changes"], assumed=found["changes_assumed"])


# ---- targets


def targets(ask: Ask) -> Section | None:
    """Return the table of targets of each run: as the page has it, with the first year met and what rests on assumptions."""
    parts: list[Part] = []
    for run in ask.ordered:
        if not run.answers:
            continue
        frame = tables.targets(run, ask.lang)
        at = list(frame.columns).index(word(COLUMNS, "label", ask.lang)) + 1
        frame.insert(at, word(COLUMNS, "first_year_met", ask.lang), [_year(a.first_year_met) for a in run.answers])
        frame[word(COLUMNS, "target", ask.lang)] = [
            _title(ask, a) + ("" if a.target.year_stated else word(LABELS, "year_assumed", ask.lang)) for a in run.answers
        ]
        frame[word(COLUMNS, "movable_until", ask.lang)] = [_movable(ask, a) for a in run.answers]
        if run.assumed_variance is not None:
            shares = [run.assumed_variance.get(a.code) for a in run.answers]
            frame.insert(at + 1, ask.say("rests"), [shown.figure(share, "share") for share in shares])
        outside = any(map(_answer_outside, run.answers))
        parts += ask.table(ask.say("targets_of"), frame, run, ask.say("outside_note") if outside else "")
    if parts:
        levels = {"likely": f"{statistics.LIKELY * 100:.0f} %", "unlikely": f"{statistics.UNLIKELY * 100:.0f} %"}
        parts.append(Text(ask.say("targets_note", **levels), "note"))
        parts.append(Text(ask.say("error"), "note"))
        if any(a.target.indicator.startswith("local_retention_") for a in ask.base.answers):
            parts.append(Text(ask.say("rates", date=ask.scenario.retention.measured_on), "note"))
    return ask.section("targets", parts)


def _answer_outside(a: Answer) -> bool:
    low, high = statistics.quantiles(a.values)[[0, -1]].tolist()
    return _outside(float(statistics.mean(a.values)), low, high, INDICATORS[a.target.indicator].unit)


def _outside(mean: float, low: float, high: float, unit: str) -> bool:
    """Say whether a mean is seen to lie outside its interval, as where nearly all replications agree and a few don't."""
    return shown.figure(min(max(mean, low), high), unit) != shown.figure(mean, unit)


def _year(year: int | None) -> str:
    return "—" if year is None else str(year)


def _movable(ask: Ask, a: Answer) -> str:
    """Return the last intake that can move a target; that there is none, where a number is asked and any ever could."""
    if a.movable_until is not None:
        return str(a.movable_until)
    return phrase("too_late", ask.lang) if a.target.direction != "show" and a.last_intakes else "—"


def courses(ask: Ask) -> Section | None:
    """Return the course of each target with a number, of all runs together, with its goal and the actual figures."""
    parts: list[Part] = []
    for a in asked(ask.base):
        one, title = a.target, _title(ask, a)
        known = {point.year: point.value for point in track.actuals(ask.base, one)}
        runs = [run for run in ask.ordered if a.code in run.scenario.targets]
        for i in range(1, max(len(runs), 2), LAID_OVER - 1):  # each chart with the run that the others are compared with
            some = [runs[0], *runs[i : i + LAID_OVER - 1]]
            parts += ask.picture(charts.fan(
                some, one.indicator, one.of, ask.lang, False, one.value, one.year, known or None, title=title,
            ))
    return ask.section("courses", [Text(ask.say("courses_note"), "note"), *parts] if parts else parts)


def indicators(ask: Ask) -> Section | None:
    """Return the main indicators of each run in the years that matter."""
    parts: list[Part] = []
    for run in ask.ordered:
        frame, outside = _indicators(run, ask)
        parts += ask.table(ask.say("indicators_of"), frame, run, ask.say("outside_note") if outside else "")
    return ask.section("indicators", parts)


def _indicators(run: Result, ask: Ask) -> tuple[pd.DataFrame, bool]:
    """Return the main indicators in the years that matter, means with their 5–95 % interval; and whether any mean lies outside
    its own."""
    frame, rows, outside = run.frame(), [], False
    whole = frame[(frame[[part for part in BREAKDOWNS if part != "level"]] == "").all(axis=1)]
    for indicator, part in MAIN:
        mine = whole[whole["indicator"] == indicator]
        for level in [code for code in run.scenario.levels if (mine["level"] == code).any()] if part else [""]:
            found = {row.year: row for row in tables.lines(mine[mine["level"] == level])}
            name = word(INDICATORS, indicator, ask.lang) + (f" · {word(LEVELS, level, ask.lang)}" if level else "")
            if found:
                unit, shown_years = INDICATORS[indicator].unit, [found[year] for year in ask.years]
                rows.append((name, *(tables.ranged(row, unit) for row in shown_years)))
                outside |= any(_outside(row.mean, row.p05, row.p95, unit) for row in shown_years)
    return tables.by_year(rows, ("indicator",), ask.years, (), ask.lang), outside


# ---- differences


def differences(ask: Ask) -> Section | None:
    """Return what each run changes against the one it is compared with, in pairs, and what it costs more."""
    if ask.comparison is None:
        return None
    base, parts = ask.name(ask.base), [Text(ask.say("paired_note"), "note")]
    frame = tables.differences(ask.comparison, ask.lang)
    heads = word(COLUMNS, "scenario", ask.lang)
    frame[heads] = frame[heads].map({run.name: ask.name(run) for run in ask.results})
    costs = tables.costs(ask.comparison, ask.lang)
    run = None
    if len(ask.comparison.others) == 1:  # the caption names it
        run, frame, costs = ask.comparison.others[0], frame.drop(columns=heads), costs.drop(columns=heads)
    out: list[Part] = [*parts, *ask.table(ask.say("differences_of", base=base), frame, run)]
    for a in asked(ask.base) if len(ask.comparison.others) > 1 else ():  # one bar says no more than its row of the table
        out += ask.picture(charts.difference_bars(ask.comparison, a.code, ask.lang, False))
    note = ask.page("costs_note")
    out += ask.table(ask.say("costs_of", base=base), costs, run, note)
    return ask.section("differences", out)


# ---- what can still be decided


def decisions(ask: Ask) -> Section | None:
    """Return for each target with a number whether each run is on track, and what can still be decided, by when and by whom."""
    found = {run.name: {a.code: track.on_track(run, a.code) for a in asked(run)} for run in ask.results}
    heads = [word(COLUMNS, code, ask.lang) for code in ("target", "year")]
    rows = [
        {heads[0]: _title(ask, a), heads[1]: str(a.target.year)} | {
            ask.name(run) if len(ask.results) > 1 else ask.say("on_track"):
            ask.page(f"track_{found[run.name][a.code].verdict}").partition("：" if ask.lang == "zh" else ": ")[2]
            for run in ask.ordered if a.code in found[run.name]
        } for a in asked(ask.base)
    ]
    parts: list[Part] = [*ask.table(ask.say("on_track"), pd.DataFrame(rows), note=ask.say("track_note"))]
    for a in asked(ask.base):
        every = track.decisions(ask.base, a.code)
        if every.empty:
            continue
        still = every[every["open"]]
        target = {"target": _title(ask, a), "year": a.target.year}
        if still.empty:
            parts.append(Text(ask.say("none_left", **target)))
            continue
        frame = tables.decisions(still, ask.scenario, ask.lang).drop(columns=word(COLUMNS, "still_open", ask.lang))
        frame[word(COLUMNS, "intake", ask.lang)] = frame[word(COLUMNS, "intake", ask.lang)].replace("", "—")
        past = len(every) - len(still)
        note = ask.say("past_note", n=past) if past else ""
        parts += ask.table(ask.say("decisions_of", **target), frame, note=note)
    return ask.section("decisions", parts)
