"""What happens in the place: young people, students and graduates, gaps, money, seats, teachers and measures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from skillsim.report import charts, shown, stages, tables, terminal
from skillsim.report.book import Part, Section, Text
from skillsim.report.contents.ask import Ask
from skillsim.results.result import BREAKDOWNS, Result
from skillsim.terms import COLUMNS, LABELS, LEVELS, STEPS, word

MOST_ROWS = 12


def people(ask: Ask) -> Section | None:
    """Return the wave of young people, students by level and where graduates go, of the first run also the flows of a year; and
    who is in the stages of tables."""

    def make(run: Result) -> list[Part]:
        parts = schooling(run) if run.values.layout.pools else []
        for name, frame in stages.people(run, ask.lang):
            parts += ask.table(name, frame.replace("\n", " ", regex=True))
        return parts

    def schooling(run: Result) -> list[Part]:
        first = run is ask.base
        parts = ask.picture(charts.wave(run, ask.lang, False), run)
        if first:
            parts += ask.picture(ask.in_persons(charts.entry_sankey(run, ask.year, ask.lang, False)), run)
        parts += ask.picture(charts.stocks(run, ask.lang, False), run)
        parts += ask.picture(charts.destinations_bars(run, ask.lang, False), run)
        if first:
            parts += ask.picture(ask.in_persons(charts.graduates_sankey(run, ask.year, ask.lang, False)), run)
        return parts

    return ask.section("people", ask.each(make))


# ---- gaps


def gaps(ask: Ask) -> Section | None:
    """Return the gaps of the key year by industry, level and programme, the market's figures, and what vacancies hold back."""

    def make(run: Result) -> list[Part]:
        if run.values.layout.jobs is None:
            return []
        bars, cells = (drawn(run, ask.year, ask.lang, False) for drawn in (charts.programme_bars, charts.gap_heatmap))
        assert bars is not None and cells is not None
        parts: list[Part] = [Text(terminal.by_programme(run, ask.lang)), Text(terminal.turned_away(run, ask.lang))]
        parts += ask.picture(ask.in_persons(cells), run)
        frame = _industries(run, ask)
        units = {f"_{i}": "persons" for i in range(1, frame.shape[1])}
        parts += ask.table(ask.say("gaps_of", year=ask.year), frame, run, ask.say("gap_note"), **units)
        parts += ask.picture(bars, run)
        parts += ask.table(
            ask.say("programmes_of", year=ask.year), bars.table, run, ask.say("programmes_note"),
            _1="persons", _2="persons", _3="persons",
        )
        parts += ask.table(ask.say("market_of", year=ask.year), tables.market(run, ask.year, ask.lang), run)
        if run.bindings and not ask.few:
            parts += ask.table(ask.page("held_head"), tables.held_back(run, ask.lang), run, ask.page("held_note"))
        return parts

    return ask.section("gaps", ask.each(make))


def _industries(run: Result, ask: Ask) -> pd.DataFrame:
    """Return supply, vacancies and gaps of the key year by industry and level of jobs (means), leading industries first; what no
    programme of the place trains for is blank."""
    jobs, industries = run.values.jobs, run.scenario.industries
    frame = run.frame()
    others = [part for part in BREAKDOWNS if part not in ("industry", "level")]
    frame = frame[(frame["year"] == ask.year) & (frame[others] == "").all(axis=1)]
    at = {(row.indicator, row.industry, row.level): row.mean for row in tables.lines(frame)}
    counted = ("graduate_vacancies", "graduate_supply", "hired_graduates")
    levels = (*jobs.levels, "")
    rows = []
    for code in (*sorted(jobs.industries, key=lambda code: (not industries[code].leading, code)), ""):
        mark = "*" if code and industries[code].leading else ""
        name = shown.title(run.scenario, "industries", code, ask.lang) if code else word(LABELS, "all_industries", ask.lang)
        open_to, supply, hired = (at[what, code, ""] for what in counted)
        unserved = {level: at["unserved_vacancies", code, level] for level in levels}
        none = [bool(code) and n > 0 and n == at["graduate_vacancies", code, level] for level, n in unserved.items()]
        rows.append((name + mark, open_to, supply, hired, open_to - hired,
                     *(float("nan") if blank else at["gap", code, level] for blank, level in zip(none, levels, strict=True))))
    heads = [word(COLUMNS, code, ask.lang) for code in ("industry", *counted, "unfilled")]
    gap = {"zh": "缺口：{level}", "en": "gap: {level}"}[ask.lang]
    of_level = [*(word(LEVELS, level, ask.lang) + word(LABELS, "jobs_of", ask.lang) for level in jobs.levels),
                word(LABELS, "all_levels", ask.lang)]
    return pd.DataFrame(rows, columns=[*heads, *(gap.format(level=name) for name in of_level)])


# ---- money


def money(ask: Ask) -> Section | None:
    """Return what each item costs in the years that matter and over all, and where the city pays more than its budget."""
    s = ask.scenario
    years = sorted({s.as_of.year, ask.year, s.years.last} & set(range(s.years.first, s.years.last + 1)))

    def make(run: Result) -> list[Part]:
        if run.spent is None:
            return []
        frame = _spending(run, years, ask)
        units = {f"_{i}": "ten_thousand_yuan" for i in range(2, frame.shape[1])}
        over = tables.over_limit(run, ask.lang)
        return [
            *([Text(over, "warning")] if over else []),
            *ask.table(ask.say("spending_of"), frame, run, ask.page("money_note"), **units),
        ]

    return ask.section("money", ask.each(make))


def _spending(run: Result, years: list[int], ask: Ask) -> pd.DataFrame:
    """Return what items cost in some years and over all, in ten thousand yuan, and what is cut of it."""
    rows, limited = [], tables.has_cuts(run)
    for (item, who), frame in run.money().groupby(["item", "payer"], sort=False):
        paid = frame.set_index("year")["paid"] / 1e4
        cut = [frame["cut"].sum() / 1e4] if limited else []
        rows.append((tables.item_name(run, str(item), ask.lang), tables.payer(str(who), ask.lang),
                     *(float(paid[year]) for year in years), float(paid.sum()), *cut))
    return tables.by_year(rows, ("item", "payer"), years, ("all_years", *(["cut"] if limited else [])), ask.lang)


# ---- seats


def seats(ask: Ask) -> Section | None:
    """Return the seats in all, what the steps of the plan moved of them up to the key year, the rows that changed most, and the
    programmes under warning."""
    if not ask.base.values.layout.pools:
        return None
    first = ask.scenario.as_of.year
    years = [year for year in ask.years if year >= min(first, ask.year)] or ask.years
    frames = {run.name: run.seat_plan() for run in ask.results}
    totals = pd.DataFrame([
        (ask.name(run), *(float(frames[run.name].loc[frames[run.name]["year"] == year, "seats"].sum()) for year in years))
        for run in ask.ordered
    ], columns=[word(COLUMNS, "scenario", ask.lang), *map(str, years)])
    units = {f"_{i}": "persons" for i in range(1, totals.shape[1])}
    parts: list[Part] = [*ask.table(ask.say("seats_by_year"), totals, None, ask.say("seats_note"), **units)]

    def make(run: Result) -> list[Part]:
        out: list[Part] = []
        log = run.plan_log()
        log = log[(log["year"] >= first) & (log["year"] <= ask.year)]
        if len(log):
            out += ask.table(ask.say("steps_of", first=first, last=ask.year), _steps(log, ask), run,
                             _1="persons", _2="persons", _3="persons", _4="persons")
        moved = _moved(run, frames[run.name], first - 1, ask)
        if moved is not None:
            out += ask.table(ask.say("most_moved", year=ask.year), moved, run, **{f"_{i}": "persons" for i in (4, 5)})
        warned = run.warnings()
        now = warned[warned["year"] == ask.year]
        if len(now):
            frame = tables.warned(now, run.scenario, ask.lang).head(MOST_ROWS)
            out += ask.table(ask.say("warned_of", year=ask.year), frame, run)
        return out

    return ask.section("seats", parts + ask.each(make))


def _steps(log: pd.DataFrame, ask: Ask) -> pd.DataFrame:
    """Return by how many seats each step raised rows and cut others in all years of a log, in the order of the steps."""
    rows = []
    for step in STEPS:
        mine = log[log["step"] == step]
        if len(mine):
            up, down = (float(mine.loc[sign, "move"].sum()) for sign in (mine["move"] > 0, mine["move"] < 0))
            touched = len(mine.drop_duplicates(["school", "programme", "pathway", "areas"]))
            rows.append((word(STEPS, step, ask.lang), up, down, up + down, float(touched)))
    heads = [word(COLUMNS, "step", ask.lang), *(ask.say(code) for code in ("raised", "cut", "net", "rows"))]
    return pd.DataFrame(rows, columns=heads)


def _moved(run: Result, plan: pd.DataFrame, before: int, ask: Ask) -> pd.DataFrame | None:
    """Return the seat rows whose mean seats change most from a year to the key year; None where none changes or the plan begins
    later."""
    keys = ["school", "programme", "pathway", "areas"]
    sides = [plan[plan["year"] == year].set_index(keys)["seats"] for year in (before, ask.year)]
    if sides[0].empty or sides[1].empty:
        return None
    change = (sides[1] - sides[0])[lambda one: one.abs() >= 1]
    most = change.reindex(change.abs().sort_values(ascending=False, kind="stable").index).head(MOST_ROWS)
    rows: list[tuple[Any, ...]] = [
        (shown.title(run.scenario, "institutions", school, ask.lang),
         shown.title(run.scenario, "programmes", programme, ask.lang),
         shown.title(run.scenario, "pathways", pathway, ask.lang), tables.areas(run.scenario, open_to, ask.lang),
         float(sides[0][school, programme, pathway, open_to]), float(sides[1][school, programme, pathway, open_to]))
        for school, programme, pathway, open_to in most.index
    ]
    if not rows:
        return None
    return pd.DataFrame(rows, columns=[*(word(COLUMNS, code, ask.lang) for code in keys), str(before), str(ask.year)])


# ---- teachers, training, measures


def means(ask: Ask) -> Section | None:
    """Return teachers, the training of workers and what is built, in the years that matter."""
    s = ask.scenario
    years = sorted({s.as_of.year, ask.year, s.years.last} & set(range(s.years.first, s.years.last + 1)))

    def make(run: Result) -> list[Part]:
        parts: list[Part] = []
        if run.scenario.teachers:
            parts += ask.table(ask.page("teachers_head"), tables.staff(run, years, ask.lang), run, ask.page("teachers_note"))
        if run.scenario.training:
            parts += ask.table(ask.page("training_head"), tables.trained(run, years, ask.lang), run, ask.page("training_note"))
        if run.scenario.measures and run.replicate("measures_done").any():
            note = ask.page("measures_note")
            parts += ask.table(ask.page("measures_head"), tables.measures(run, years, ask.lang), run, note)
        return parts

    return ask.section("means", ask.each(make))
