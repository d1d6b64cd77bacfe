"""What the terminal shows: numbers from the result's frames, words from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from skillsim.analysis.compare import Comparison
from skillsim.errors import ScenarioError
from skillsim.report import stages, tables
from skillsim.report.shown import figure, key_year, probability, run_name, signed, span, title, unit_of, whole
from skillsim.report.tables import over_limit
from skillsim.results import statistics
from skillsim.results.result import Result, provenance
from skillsim.results.targets import last_intakes
from skillsim.scenario.types import Scenario
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LEVELS, phrase, word

if TYPE_CHECKING:
    from skillsim.results.store import Store

MAIN = (
    ("junior_graduates", ""), ("seats", ""), ("entrants", ""), ("completion", ""), ("long_track_share", ""), ("headcount", ""),
    ("headcount", "level"), ("dropouts", ""), ("transfer_rate", ""), ("graduates", ""), ("further_local", ""),
    ("further_away", ""), ("stayers", ""), ("local_employed", ""), ("match_rate", ""), ("local_retention_r1", ""),
    ("still_here_5", ""), ("workers", ""), ("retirements", ""), ("vacancies", ""), ("graduate_vacancies", ""),
    ("openings_to_seekers", ""),
)
STYLE_OF_TABLE: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "pad_edge": False, "collapse_padding": True}
ROOM = 8  # that the first column keeps before headings are widened
STYLE = {"likely": "bold cyan", "open": "bold yellow", "unlikely": "bold magenta"}


def _head(table: Table, lang: str, *names: str) -> None:
    for i, name in enumerate(names):
        first = i == 0
        table.add_column(
            word(COLUMNS, name, lang), justify="left" if first else "right", overflow="fold", min_width=16 if first else None,
        )


def _room_of(heading: str) -> int:
    """Return the width in which a heading stands in a few lines: that of its longest word, or half of it where it has none."""
    longest = max(cell_len(part) for part in heading.split())
    return max(min(longest, -(-cell_len(heading) // 2) if longest > 12 else longest), -(-cell_len(heading) // 3))


def _fitted(table: Table) -> Table:
    """Return the table with columns of figures never narrower than their figures: headings and titles wrap instead."""
    for column in table.columns[1:]:
        column.min_width = max((cell_len(line) for cell in column.cells for line in str(cell).split("\n")), default=1)
    return table


def targets(result: Result, lang: str) -> Table:
    """Return the table of targets of one run, one row a target."""
    return answered(result.scenario, result.targets(), result.replications, lang)


def answered(scenario: Scenario, found: pd.DataFrame, replications: int, lang: str) -> Table:
    """Return the table of what a run of a scenario found of its targets (:meth:`Result.targets`), one row a target."""
    out = Table(title=f"{scenario.titled(lang)} · {phrase('targets', lang)}", **STYLE_OF_TABLE)
    _head(out, lang, "target", "year", "goal", "mean", "range", "probability", "label", "first_year_met", "movable_until")
    rows = {row["target"]: row for row in found.to_dict("records")}
    for code, target in scenario.targets.items():
        row = rows[code]
        unit = INDICATORS[target.indicator].unit
        goal = "—"
        if target.value is not None:
            goal = f"{'≤' if target.direction == 'at_most' else '≥'} {figure(target.value, unit)}"
        elif target.band is not None:
            goal = "–".join(figure(v, unit) for v in target.band)
        name = getattr(target.title, lang) + ("" if target.year_stated else word(LABELS, "year_assumed", lang))
        by_intakes = target.direction != "show" and last_intakes(scenario, target)
        movable = phrase("too_late", lang) if by_intakes else "—"
        out.add_row(
            name, str(target.year), goal, figure(row["mean"], unit), span(row["p05"], row["p95"], unit),
            probability(row["probability"], row["mcse"], replications),
            Text(word(LABELS, row["label"], lang), style=STYLE.get(row["label"], "")),
            "—" if pd.isna(row["first_year_met"]) else str(row["first_year_met"]),
            movable if pd.isna(row["movable_until"]) else str(row["movable_until"]),
        )
    return _fitted(out)


def indicators(result: Result, lang: str) -> Table:
    """Return the main indicators of one run in the years that matter: first, as_of, target years, last."""
    scenario = result.scenario
    years = {scenario.years.first, scenario.as_of.year, scenario.years.last, *(t.year for t in scenario.targets.values())}
    shown = sorted(years)[:7]
    out = Table(title=phrase("indicators", lang), **STYLE_OF_TABLE)
    _head(out, lang, "indicator")
    for year in shown:
        out.add_column(str(year), justify="right")
    frame = result.frame().set_index("year")
    whole = (frame[["area", "pathway", "programme", "industry"]] == "").all(axis=1)
    for indicator, part in MAIN:
        mine = frame[whole & (frame["indicator"] == indicator)]
        for level in [c for c in scenario.levels if (mine["level"] == c).any()] if part else [""]:
            rows = mine[mine["level"] == level]
            if rows.empty:
                continue
            name = word(INDICATORS, indicator, lang) + (f" · {word(LEVELS, level, lang)}" if level else "")
            unit = INDICATORS[indicator].unit
            out.add_row(name, *(figure(float(rows.loc[y, "mean"]), unit) for y in shown))  # type: ignore[arg-type]
    return _fitted(out)


def people(result: Result, lang: str) -> Iterator[Table]:
    """Yield who is in the stages of each table and who has left, by year."""
    for name, frame in stages.people(result, lang):
        out = Table(title=name, **STYLE_OF_TABLE)
        for i, column in enumerate(frame.columns):
            out.add_column(column, justify="right" if i else "left", overflow="fold", min_width=None if i else 16)
        for cells in frame.itertuples(index=False):
            out.add_row(*cells)
        for shown in _fitted(out).columns[1:]:
            shown.min_width = max(shown.min_width or 1, _room_of(str(shown.header)))
        yield out


def gaps(result: Result, lang: str) -> Table:
    """Return the gaps of one year by industry and level with their ranges, leading industries first."""
    scenario, year = result.scenario, key_year(result.scenario)
    jobs = result.values.jobs
    name = phrase("gaps", lang, run=run_name(result, lang), year=year)
    out = Table(title=name, **STYLE_OF_TABLE)
    counted = ("graduate_vacancies", "graduate_supply", "hired_graduates")
    _head(out, lang, "industry", *counted, "unfilled")
    for level in (*jobs.levels, ""):
        heading = word(LEVELS, level, lang) + word(LABELS, "jobs_of", lang) if level else word(LABELS, "all_levels", lang)
        out.add_column(heading, justify="right", overflow="fold")
    frame = result.frame()
    frame = frame[(frame["year"] == year) & (frame[["area", "pathway", "programme"]] == "").all(axis=1)]
    at = {(row["indicator"], row["industry"], row["level"]): row for row in frame.to_dict("records")}
    order = sorted(jobs.industries, key=lambda code: (not scenario.industries[code].leading, code))
    for code in (*order, ""):
        row = [figure(at[what, code, ""]["mean"], "persons") for what in counted]
        open_to, hired = (at[what, code, ""]["mean"] for what in ("graduate_vacancies", "hired_graduates"))
        row.append(figure(open_to - hired, "persons"))
        for level in (*jobs.levels, ""):
            none = at["unserved_vacancies", code, level]["mean"]
            if code and none and none == at["graduate_vacancies", code, level]["mean"]:
                row.append("—")
                continue
            found = at["gap", code, level]
            mean, low, high = (whole(found[point]) for point in ("mean", "p05", "p95"))
            row.append(f"{mean}\n({low} … {high})")
        mark = "*" if code and scenario.industries[code].leading else ""
        out.add_row((title(scenario, "industries", code, lang) + mark) if code else word(LABELS, "all_industries", lang), *row)
    return _fitted(out)


def by_programme(result: Result, lang: str) -> str:
    """Return in a sentence which programmes are shortest of graduates in the key year, and which have most too many."""
    frame = result.frame()
    rows = frame[
        (frame["indicator"] == "programme_gap") & (frame["year"] == key_year(result.scenario)) & (frame["programme"] != "")
        & (frame["level"] == "")
    ].sort_values("mean")
    found = []
    for few in (rows[rows["mean"] <= -0.5].head(3), rows[rows["mean"] >= 0.5].tail(3).iloc[::-1]):
        each = [
            f"{title(result.scenario, 'programmes', row['programme'], lang)} "
            f"{whole(row['mean'])} ({whole(row['p05'])} … {whole(row['p95'])})" for row in few.to_dict("records")
        ]
        found.append(("；" if lang == "zh" else "; ").join(each) or "—")
    return phrase("by_programme", lang, short=found[0], surplus=found[1])


def held_back(result: Result, lang: str) -> Table:
    """Return what holds each retention target back: the wish to stay, or vacancies."""
    out = Table(title=phrase("held_back", lang, run=run_name(result, lang)), **STYLE_OF_TABLE)
    _head(out, lang, "target", "year", "mean", "turned_away", "free", "probability", "probability_free", "rescued", "held_by")
    answers = {answer.code: answer for answer in result.answers}
    for bound in result.bindings:
        answer = answers[bound.code]
        both = (answer.probability, bound.probability_free)
        enough = result.replications >= statistics.FEW
        shown = ["—" if p is None or not enough else statistics.shown_probability(p, result.replications) for p in both]
        out.add_row(
            getattr(answer.target.title, lang), str(answer.target.year), figure(float(statistics.mean(answer.values)), "share"),
            figure(bound.turned_away, "persons"), figure(bound.free, "share"), *shown,
            f"{bound.rescued * 100:.0f} ± {bound.rescued_error * 100:.0f} %" if enough else "—",
            word(LABELS, f"held_{bound.verdict}", lang) if enough else word(LABELS, "too_few", lang),
        )
    return _fitted(out)


def money(result: Result, lang: str) -> Table:
    """Return what each item costs, and who pays, in ten thousand yuan: in the years that matter, and over all years."""
    scenario, frame = result.scenario, result.money()
    years = sorted({scenario.as_of.year, key_year(scenario), scenario.years.last})
    out = Table(title=phrase("money", lang, run=run_name(result, lang)), **STYLE_OF_TABLE)
    _head(out, lang, "item", "payer")
    for year in years:
        out.add_column(str(year), justify="right")
    _head(out, lang, "all_years", "cut")
    for (item, payer), rows in frame.groupby(["item", "payer"], sort=False):
        paid = rows.set_index("year")["paid"]
        figures = [*(paid[year] for year in years), paid.sum(), rows["cut"].sum()]
        out.add_row(
            tables.item_name(result, str(item), lang), tables.payer(str(payer), lang), *(tables.wan(float(x)) for x in figures),
            style=None if item else "bold",
        )
    return _fitted(out)


def costs(comparison: Comparison, run: Result, lang: str) -> Table:
    """Return what one run pays more than the baseline over all years, and for each graduate more at work here."""
    names = {"run": run_name(run, lang), "base": run_name(comparison.baseline, lang)}
    out = Table(title=phrase("costs", lang, **names), **STYLE_OF_TABLE)
    _head(out, lang, *tables.COST_HEADS)
    frame = comparison.costs()
    for row in tables.lines(frame[frame["scenario"] == run.name]):
        out.add_row(*tables.cost_row(row, lang))
    return _fitted(out)


def turned_away(result: Result, lang: str) -> str:
    """Return in a sentence how often vacancies bound in the key year and for whom."""
    year = key_year(result.scenario)
    if result.values.layout.jobs is None:
        return phrase("unbounded_note", lang)
    frame = result.frame()
    rows = frame[(frame["indicator"] == "turned_away") & (frame["year"] == year)]
    stayers = frame[(frame["indicator"] == "stayers") & (frame["year"] == year)]
    blank = ["area", "pathway", "programme", "level", "industry"]
    whole = rows[(rows[blank] == "").all(axis=1)].iloc[0]
    among = stayers[(stayers[blank] == "").all(axis=1)].iloc[0]
    often = (result.replicate("turned_away")[year - result.scenario.years.first] > 0).mean()
    most = rows[rows["programme"] != ""].sort_values("mean", ascending=False).head(3)
    counted = zip(most["programme"], most["mean"], strict=True)
    names = [f"{title(result.scenario, 'programmes', code, lang)} {mean:,.0f}" for code, mean in counted if mean >= 0.5]
    return phrase(
        "turned_away_note", lang, year=year, n=f"{whole['mean']:,.0f}", low=f"{whole['p05']:,.0f}", high=f"{whole['p95']:,.0f}",
        stayers=f"{among['mean']:,.0f}", often=f"{often * 100:.0f} %", names=("；" if lang == "zh" else "; ").join(names) or "—",
    )


def fit(table: Table, console: Console) -> Table | Text:
    """Return the table, or where the terminal is too narrow for its figures, its rows one under another."""
    needed = sum((column.min_width or 1) + 2 for column in table.columns)
    if needed <= console.width:
        if Measurement.get(console, console.options.update(width=10 * console.width), table).maximum > console.width:
            # widths are set outright: left to itself the library crops what does not shrink
            spare = console.width - needed
            for column in table.columns[1:]:
                least = column.min_width or 1
                wider = min(max(_room_of(str(column.header)) - least, 0), max(spare - ROOM, 0))
                column.width, spare = least + wider, spare - wider
            table.columns[0].width = (table.columns[0].min_width or 1) + spare
        return table
    out = Text(f"{table.title}\n", style="italic")
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        out.append(f"\n{cells[0]}\n", style="not italic bold")
        counted = zip(table.columns[1:], cells[1:], strict=True)
        rest = [f"{column.header} {str(cell).replace(chr(10), ' ')}" for column, cell in counted]
        out.append("  " + " · ".join(rest) + "\n", style="not italic")
    return out


def difference(comparison: Comparison, run: Result, lang: str) -> Table:
    """Return the table of paired differences of the targets of one run from the baseline."""
    names = {"run": run_name(run, lang), "base": run_name(comparison.baseline, lang)}
    out = Table(title=phrase("differences", lang, **names), **STYLE_OF_TABLE)
    _head(out, lang, "target", "year", "baseline", "difference", "interval", "unit", "verdict", "probability")
    for row in comparison.targets().to_dict("records"):
        if row["scenario"] != run.name:
            continue
        target = run.scenario.targets[row["target"]]
        unit = INDICATORS[target.indicator].unit
        same = row["verdict"] == "same"
        none = row["verdict"] in ("too_few", "blank", "other_question")
        change = "—"
        asked = row["probability"] is not None and not pd.isna(row["probability"])
        if asked and row["verdict"] != "other_question" and run.replications >= statistics.FEW:
            both = (row["probability_baseline"], row["probability"])
            before, after = (statistics.shown_probability(p, run.replications).removesuffix(" %") for p in both)
            error = row["probability_mcse"] * 100
            change = f"{before} → {after} %" + (f" (±{error:.0f})" if error >= 0.5 else "")
        out.add_row(
            getattr(target.title, lang), str(target.year), figure(row["baseline"], unit),
            "0" if same else signed(row["difference"], unit),
            "—" if same or none else f"{signed(row['low'], unit)} … {signed(row['high'], unit)}", unit_of(unit, lang),
            word(LABELS, row["verdict"], lang), change,
        )
    return _fitted(out)


def runs(store: Store, keys: Sequence[str], lang: str) -> Table:
    """Return the table of some runs of a store: what they are called first, their keys by the first twelve digits."""
    out = Table(**STYLE_OF_TABLE)
    for code in ("name", "key", "base", "n", "seed", "kept", "size", "when"):
        figure_like = code in ("n", "seed", "size")
        out.add_column(phrase(f"runs_{code}", lang), justify="right" if figure_like else "left", overflow="fold")
    for key in keys:
        try:
            said, (when, size) = store.manifest(key), store.saved(key)
        except ScenarioError:
            out.add_row(phrase("runs_damaged", lang), key[:12])
            continue
        out.add_row(
            said["scenario"], key[:12], said["base"], str(said["replications"]), str(said["seed"]),
            word(LABELS, "yes" if store.has(key, kept=True) else "no", lang), f"{size / 1e6:.1f}",
            f"{when.astimezone():%Y-%m-%d %H:%M}",
        )
    return _fitted(out)


def show(console: Console, results: Sequence[Result], comparison: Comparison | None, lang: str) -> None:
    """Print runs and, where given, their differences."""
    for result in results:
        at_school = bool(result.values.layout.pools)
        if at_school or result.scenario.targets:
            console.print(fit(targets(result, lang), console))
        if at_school:
            console.print(fit(indicators(result, lang), console))
        for table in people(result, lang):
            console.print(fit(table, console))
        if result.values.layout.jobs is not None:
            console.print(fit(gaps(result, lang), console))
            console.print(by_programme(result, lang) + "\n")
            if result.bindings:
                console.print(fit(held_back(result, lang), console))
        if result.spent is not None:
            console.print(fit(money(result, lang), console))
    for run in comparison.others if comparison is not None else ():
        console.print(fit(difference(comparison, run, lang), console))  # type: ignore[arg-type]
        if run.spent is not None and comparison.baseline.spent is not None:  # type: ignore[union-attr]
            console.print(fit(costs(comparison, run, lang), console))  # type: ignore[arg-type]
    day, at_school = results[0].scenario.retention.measured_on, any(result.values.layout.pools for result in results)
    if at_school or any(result.scenario.targets for result in results):
        console.print(phrase("error_note" if at_school else "table_error_note", lang, date=day), style="dim")
    for result in results:
        _caveats(console, result, lang)


def _caveats(console: Console, result: Result, lang: str) -> None:
    """Print what a run rests on: assumed sizes of its policies, and targets whose spread comes from assumed numbers."""
    name = run_name(result, lang)
    if result.values.layout.pools:
        console.print(phrase("of_run", lang, run=name, text=turned_away(result, lang)), style="dim")
    if result.short:
        names = [title(result.scenario, "pathways", key.partition(":")[0], lang) for key in result.short]
        listed = ("、" if lang == "zh" else ", ").join(dict.fromkeys(names))
        share = f"{result.short_in_all * 100:.0f} %" if result.short_in_all >= 0.005 else "< 1 %"
        console.print(phrase("short_note", lang, run=name, share=share, names=listed), style="yellow")
    if result.spent is not None and over_limit(result, lang):
        console.print(over_limit(result, lang), style="yellow")
    found = provenance(result.scenario)
    if found["changes_assumed"]:
        text = phrase("policy_note", lang, run=name, n=found["changes"], assumed=found["changes_assumed"])
        console.print(text, style="yellow")
    shares = result.assumed_variance or {}
    resting = [code for code, share in shares.items() if share > 0.5]
    if resting:
        titles = [getattr(result.scenario.targets[code].title, lang) for code in resting]
        parts = [f"{title} {shares[code] * 100:.0f} %" for title, code in zip(titles, resting, strict=True)]
        text = phrase("assumed_note", lang, run=name, targets=("；" if lang == "zh" else "; ").join(parts))
        console.print(text, style="yellow")
