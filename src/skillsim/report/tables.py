"""Tables in words: what the page shows and what is taken away; figures from the result, words from the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from skillsim.analysis.compare import Comparison
from skillsim.analysis.track import Track
from skillsim.report import clauses, shown, stages
from skillsim.results import statistics
from skillsim.results.result import BREAKDOWNS, Result
from skillsim.results.targets import Answer
from skillsim.scenario.basic import Pick
from skillsim.scenario.clauses import steps
from skillsim.scenario.labels import label_of
from skillsim.scenario.numbers import Number, Par, mean
from skillsim.scenario.staff import OF_STAFF, OF_TRAINING
from skillsim.scenario.tables import OF_TABLES
from skillsim.scenario.types import Scenario, Target
from skillsim.terms import COLUMNS, INDICATORS, LABELS, LEVELS, REASONS, STEPS, phrase, word
from skillsim.terms.fields import AUTHORITIES

OF_MARKET = (
    "vacancies", "graduate_vacancies", "graduate_supply", "hired_graduates", "openings_to_seekers", "fill_rate", "match_rate",
    "over_qualified_rate", "graduate_unemployment", "turned_away", "replacement_demand", "expansion_demand",
)
KINDS = {
    "area": "areas", "pathway": "pathways", "programme": "programmes", "industry": "industries", "school": "institutions",
}


def framed(rows: list[tuple[Any, ...]], columns: tuple[str, ...], lang: str) -> pd.DataFrame:
    """Return rows under the catalogue's headings; years as text, which takes no separator."""
    out = pd.DataFrame(rows, columns=list(columns))
    for code in {"year", "intake", "movable_until"} & set(columns):
        out[code] = out[code].map(lambda year: "" if pd.isna(year) else str(year))
    return out.rename(columns={code: word(COLUMNS, code, lang) for code in columns})


def lines(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a frame, each with its columns as attributes."""
    yield from frame.itertuples()


def goal(target: Target, scenario: Scenario, lang: str) -> str:
    """Return what a target asks for."""
    unit = INDICATORS[target.indicator].unit
    if target.direction == "show":
        return word(LABELS, "shown", lang)
    asked = shown.figure(target.value, unit) if target.band is None else shown.span(*target.band, unit)
    name = "" if unit == "share" else f" {counted_in(target, scenario, lang)}"
    return f"{word(LABELS, target.direction, lang)} {asked}{name}"


def reached(target: Target, value: float, scenario: Scenario, lang: str) -> str:
    """Return a figure of a target's own quantity with its unit."""
    return amount(value, INDICATORS[target.indicator].unit, lang, counted_in(target, scenario, lang))


def counted_in(target: Target, scenario: Scenario, lang: str) -> str:
    """Return the word for what a target counts: of measures their own unit, where they have one in common."""
    units = {getattr(scenario.measures[code].unit, lang) for code in target.of.measures}
    return str(units.pop()) if len(units) == 1 else word(LABELS, INDICATORS[target.indicator].unit, lang)


def amount(value: float, unit: str, lang: str, name: str = "") -> str:
    """Return a figure with its unit, which may have a name of its own."""
    text = shown.figure(value, unit)
    return text if unit == "share" or text == "—" else f"{text} {name or word(LABELS, unit, lang)}"


def targets(result: Result, lang: str) -> pd.DataFrame:
    """Return one row a target: goal, mean, range, probability, label, last intake that can move it, clause."""
    rows = []
    for a in result.answers:
        unit, s = INDICATORS[a.target.indicator].unit, {k: float(v[0]) for k, v in statistics.summary(a.values[None]).items()}
        rows.append((
            getattr(a.target.title, lang), a.target.year, goal(a.target, result.scenario, lang),
            reached(a.target, s["mean"], result.scenario, lang),
            shown.span(s["p05"], s["p95"], unit), shown.probability(a.probability, a.mcse, result.replications),
            word(LABELS, a.label, lang), a.movable_until, a.target.clause,
        ))
    heads = ("target", "year", "goal", "mean", "range", "probability", "label", "movable_until", "clause")
    return framed(rows, heads, lang)


def tidy(result: Result, lang: str) -> pd.DataFrame:
    """Return the tidy table of indicators with words for codes; figures in full."""
    frame, scenario = result.frame(), result.scenario
    out = frame.drop(columns="scenario")
    for column in BREAKDOWNS:
        out[column] = _in_words(frame[column], column, scenario, lang)
    mine = frame["indicator"].isin(OF_TABLES)  # their pathways are tables, their levels stages or exits
    given = [((scenario.tables or {})[row.pathway], row.level) for row in lines(frame[mine])]
    out.loc[mine, "pathway"] = [getattr(table.title, lang) for table, _ in given]
    out.loc[mine, "level"] = [stages.part(table, level, lang) for table, level in given]
    units = frame.indicator.map(lambda code: word(LABELS, INDICATORS[code].unit, lang))
    out.insert(1, "unit", units.where(units != "%", phrase("report_part_of_1", lang)))  # as which shares are given here
    out["indicator"] = frame.indicator.map(lambda code: word(INDICATORS, code, lang))
    return out.rename(columns={code: word(COLUMNS, code, lang) for code in out.columns})


def _in_words(codes: pd.Series, column: str, scenario: Scenario, lang: str) -> pd.Series:
    words = {
        code: word(LEVELS, code, lang) if column == "level" else shown.title(scenario, KINDS[column], code, lang)
        for code in codes.unique() if code
    } | {"": ""}
    return codes.map(words)


def seat_plan(result: Result, year: int, lang: str) -> pd.DataFrame:
    """Return the seat plan of a year: school, programme, pathway, source areas, planned, seats, last completion, reason."""
    frame, scenario = result.seat_plan(), result.scenario
    rows = []
    for row in lines(frame[frame.year == year]):
        rows.append((
            shown.title(scenario, "institutions", row.school, lang), shown.title(scenario, "programmes", row.programme, lang),
            shown.title(scenario, "pathways", row.pathway, lang), areas(scenario, row.areas, lang), round(row.planned),
            round(row.seats), shown.figure(row.last_completion, "share"), word(REASONS, row.reason, lang),
        ))
    heads = ("school", "programme", "pathway", "areas", "planned", "seats", "last_completion", "reason")
    return framed(rows, heads, lang)


def areas(scenario: Scenario, open_to: str, lang: str) -> str:
    """Return whom seats are open to."""
    if open_to in ("local", "any"):
        return word(LABELS, f"areas_{open_to}", lang)
    names = [shown.title(scenario, "areas", code, lang) for code in open_to.split("+")]
    return ("、" if lang == "zh" else ", ").join(names)


def plan_steps(found: pd.DataFrame, scenario: Scenario, lang: str) -> pd.DataFrame:
    """Return rows of :meth:`Result.plan_log` in words: which step moved the seats of which row, by how much, how often."""
    rows = [
        (
            shown.title(scenario, "institutions", row.school, lang), shown.title(scenario, "programmes", row.programme, lang),
            shown.title(scenario, "pathways", row.pathway, lang), areas(scenario, row.areas, lang), word(STEPS, row.step, lang),
            _seats(row.move), f"{_seats(row.p05)} … {_seats(row.p95)}", shown.figure(row.share, "share"),
        )
        for row in lines(found)
    ]
    return framed(rows, ("school", "programme", "pathway", "areas", "step", "move", "range", "acted"), lang)


def _seats(moved: float) -> str:
    """Return a change of seats, to a tenth of a seat."""
    text = shown.signed(moved, "persons")
    return "0" if text.strip("+-0.") == "" else text


def warned(found: pd.DataFrame, scenario: Scenario, lang: str) -> pd.DataFrame:
    """Return rows of :meth:`Result.warnings` in words, the gravest first."""
    grave = ["closed", "red", "yellow"]
    rows = [
        (
            shown.title(scenario, "institutions", row.school, lang), shown.title(scenario, "programmes", row.programme, lang),
            *(shown.figure(share, "share") for share in (row.yellow, row.red, row.closed)),
        )
        for row in lines(found.sort_values(grave, ascending=False, kind="stable"))
    ]
    return framed(rows, ("school", "programme", *reversed(grave)), lang)


def market(result: Result, year: int, lang: str) -> pd.DataFrame:
    """Return the place's indicators of supply and demand in a year."""
    frame = result.frame()
    whole = frame[(frame.year == year) & (frame[list(BREAKDOWNS)] == "").all(axis=1)]
    found, rows = {row.indicator: row for row in lines(whole)}, []
    for code in OF_MARKET:
        if code in found:
            unit, row = INDICATORS[code].unit, found[code]
            rows.append((word(INDICATORS, code, lang), amount(row.mean, unit, lang), shown.span(row.p05, row.p95, unit)))
    return framed(rows, ("indicator", "mean", "range"), lang)


def money(result: Result, year: int, lang: str) -> pd.DataFrame:
    """Return what each item costs in a year and who pays, in ten thousand yuan; then the totals."""
    frame = result.money()
    rows = [
        (item_name(result, row.item, lang), payer(row.payer, lang), *(wan(x) for x in (row.asked, row.paid)),
         f"{wan(row.p05)} – {wan(row.p95)}", wan(row.cut))
        for row in lines(frame[frame.year == year])
    ]
    return framed(rows, ("item", "payer", "asked", "paid", "range", "cut"), lang)


def spending(result: Result, years: Sequence[int], lang: str) -> pd.DataFrame:
    """Return what each item costs in some years and over all, and who pays, in ten thousand yuan; what is cut of it over all
    years (see :func:`has_cuts`)."""
    rows = []
    limited = has_cuts(result)
    for (item, who), frame in result.money().groupby(["item", "payer"], sort=False):
        paid = frame.set_index("year")["paid"]
        figures = [*(paid[year] for year in years), paid.sum(), *([frame["cut"].sum()] if limited else [])]
        rows.append((item_name(result, str(item), lang), payer(str(who), lang), *(wan(float(x)) for x in figures)))
    return by_year(rows, ("item", "payer"), years, ("all_years", *(["cut"] if limited else [])), lang)


def has_cuts(result: Result) -> bool:
    """Say whether anything is cut of what items cost, or could be since the budget has a limit."""
    money = result.scenario.money
    assert money is not None
    return money.budget.limit is not None or bool((result.money()["cut"] > 0).any())


def over_limit(result: Result, lang: str) -> str:
    """Return in a sentence in which years the city pays more than its budget allows; blank where it never does."""
    frame = result.money()
    over = frame[frame["over_limit"] > 0]
    if over.empty:
        return ""
    parts = [f"{row.year} ({row.over_limit * 100:.0f} %)" for row in lines(over)]
    listed = ("、" if lang == "zh" else ", ").join(parts)
    return phrase("over_limit_note", lang, run=shown.run_name(result, lang), years=listed)


def by_year(
    rows: list[tuple[Any, ...]], first: Sequence[str], years: Sequence[int], last: Sequence[str], lang: str,
) -> pd.DataFrame:
    """Return rows with a column for each of some years between others."""
    before, after = ([word(COLUMNS, code, lang) for code in codes] for codes in (first, last))
    return pd.DataFrame(rows, columns=[*before, *map(str, years), *after])


def staff(result: Result, years: Sequence[int], lang: str) -> pd.DataFrame:
    """Return the indicators of teachers in some years: means with their 5–95 % interval."""
    frame, rows = result.frame(), []
    whole = frame[(frame[list(BREAKDOWNS)] == "").all(axis=1)]
    for code in OF_STAFF:
        found = {row.year: row for row in lines(whole[whole.indicator == code])}
        rows.append((word(INDICATORS, code, lang), *(ranged(found[year], INDICATORS[code].unit) for year in years)))
    return by_year(rows, ("indicator",), years, (), lang)


def trained(result: Result, years: Sequence[int], lang: str) -> pd.DataFrame:
    """Return the training of workers in some years, of all and by industry, and how many rise by it."""
    frame, rows = result.frame(), []
    mine = frame[frame.indicator.isin(OF_TRAINING) & (frame[[b for b in BREAKDOWNS if b != "industry"]] == "").all(axis=1)]
    for (code, industry), part in mine.groupby(["indicator", "industry"], sort=False):
        if industry and code != "training_volume":
            continue
        found = {row.year: row for row in lines(part)}
        name = shown.title(result.scenario, "industries", str(industry), lang) if industry else word(LABELS, "total", lang)
        rows.append((word(INDICATORS, str(code), lang), name, *(ranged(found[year], "persons") for year in years)))
    return by_year(rows, ("indicator", "industry"), years, (), lang)


def ranged(row: Any, unit: str) -> str:
    """Return a mean with its 5–95 % interval, where that is any wider."""
    mean, low, high = (shown.figure(x, unit) for x in (row.mean, row.p05, row.p95))
    return mean if low == high == mean else f"{mean} ({shown.span(row.p05, row.p95, unit)})"


def measures(result: Result, years: Sequence[int], lang: str) -> pd.DataFrame:
    """Return what is to be built: its unit, how many are done in some years (means), and how policies schedule it."""
    scenario, rows = result.scenario, []
    for code, measure in scenario.measures.items():
        done = statistics.mean(result.replicate("measures_done", Pick(measures=[code])))
        rows.append((
            getattr(measure.title, lang), getattr(measure.unit, lang),
            *(_units(float(done[year - scenario.years.first])) for year in years),
            ("；" if lang == "zh" else "; ").join(
                clauses.step(scenario, one, lang) for one in steps(scenario, f"measures.{code}.done")
            ),
        ))
    return by_year(rows, ("measure", "unit"), years, ("schedule",), lang)


def _units(done: float) -> str:
    """Return units of a measure, which may be shares or parts of one."""
    return f"{done:,.0f}" if done == round(done) else f"{done:,.1f}" if done >= 1 else f"{done:.2f}"


def costs(comparison: Comparison, lang: str) -> pd.DataFrame:
    """Return what each run pays more than the baseline over all years, and for each graduate more at work here."""
    names = {run.name: shown.run_name(run, lang) for run in comparison.others}
    rows = [(names[row.scenario], *cost_row(row, lang)) for row in lines(comparison.costs())]
    return framed(rows, ("scenario", *COST_HEADS), lang)


COST_HEADS = ("payer", "cost", "graduates", "each")


def cost_row(row: Any, lang: str) -> tuple[str, ...]:
    """Return a row of :meth:`Comparison.costs` as shown, under the heads ``COST_HEADS``."""
    costs = [wan(x, "+") for x in (row.cost, row.cost_low, row.cost_high)]
    graduates = [shown.signed(x, "persons") for x in (row.graduates, row.graduates_low, row.graduates_high)]
    each = [f"{x:,.0f}" for x in (row.each, row.low, row.high)]
    both = [mean if low == high else f"{mean} ({low} … {high})" for mean, low, high in (costs, graduates, each)]
    if pd.isna(row.each):
        said = {"too_few": "too_few", "blank": "blank", "lower": "fewer"}.get(row.verdict, "not_more")
        both[2] = word(LABELS, said, lang)
    return payer(row.payer, lang), *both


def item_name(result: Result, code: str, lang: str) -> str:
    """Return what an item of cost is called; blank means all."""
    money = result.scenario.money
    assert money is not None
    return str(getattr(money.items[code].title, lang)) if code else word(LABELS, "total", lang)


def payer(code: str, lang: str) -> str:
    """Return who pays; blank means all."""
    return word(LABELS, f"payer_{code}", lang)


def wan(yuan: float, sign: str = "") -> str:
    """Return yuan in ten thousands, whole ones with separators, one decimal below a hundred."""
    if pd.isna(yuan):
        return "—"
    value = yuan / 1e4
    if abs(value) < 0.05:
        return "0"
    return f"{value:{sign},.0f}" if abs(value) >= 100 else f"{value:{sign},.1f}"


def held_back(result: Result, lang: str) -> pd.DataFrame:
    """Return what holds each retention target back: wish or vacancies."""
    answers, rows = {a.code: a for a in result.answers}, []
    for bound in result.bindings:
        a = answers[bound.code]
        rows.append((
            getattr(a.target.title, lang), a.target.year, shown.figure(float(statistics.mean(a.values)), "share"),
            shown.figure(bound.free, "share"), word(LABELS, f"held_{bound.verdict}", lang),
        ))
    return framed(rows, ("target", "year", "mean", "free", "held_by"), lang)


def differences(comparison: Comparison, lang: str) -> pd.DataFrame:
    """Return the paired differences of the targets, one row a scenario and target."""
    base, rows = comparison.baseline, []
    asked = {a.code: a for a in base.answers}
    for row in lines(comparison.targets()):
        unit = INDICATORS[row.indicator].unit
        rows.append((
            getattr(asked[row.target].target.title, lang), row.scenario, row.year, shown.figure(row.baseline, unit),
            shown.figure(row.value, unit), difference(row, lang), probabilities(row, asked[row.target], base.replications),
        ))
    heads = ("target", "scenario", "year", "baseline", "mean", "difference", "probability")
    return framed(rows, heads, lang)


def difference(row: Any, lang: str) -> str:
    """Return a paired difference with its 95 % interval, or that it can't be told from none."""
    unit = INDICATORS[row.indicator].unit
    if row.verdict not in ("higher", "lower"):
        return word(LABELS, row.verdict, lang)
    span = f"{shown.signed(row.low, unit)} … {shown.signed(row.high, unit)}"
    return f"{shown.signed(row.difference, unit)} {shown.unit_of(unit, lang)} ({span})"


def change(value: float, unit: str, lang: str) -> str:
    """Return a change with its unit; what is too small to be seen in it as none."""
    text = shown.signed(value, unit)
    return "0" if text.strip("+-0.,") == "" else f"{text} {shown.unit_of(unit, lang)}"


def probabilities(row: Any, answer: Answer, replications: int) -> str:
    """Return the two probabilities of a comparison; none where no number is asked or replications are few."""
    if answer.target.direction == "show" or replications < statistics.FEW:
        return "—"
    both = (statistics.shown_probability(p, replications) for p in (row.probability_baseline, row.probability))
    return " → ".join(both)


def required(found: Track, lang: str) -> pd.DataFrame:
    """Return what each coming class has to reach, and what is simulated for it."""
    unit, rows = INDICATORS[found.target.indicator].unit, []
    for row in lines(found.line):
        bounds = [row.low, row.high]
        asked = " … ".join(shown.figure(x, unit) for x in bounds if not pd.isna(x))
        rows.append((
            row.year, asked, shown.figure(row.mean, unit), shown.span(row.p05, row.p95, unit), shown.signed(row.gap, unit),
            shown.unit_of(unit, lang), word(LABELS, "yes" if row.open else "no", lang),
        ))
    return framed(rows, ("year", "required", "simulated", "range", "ahead_by", "unit", "still_open"), lang)


def decisions(found: pd.DataFrame, scenario: Scenario, lang: str) -> pd.DataFrame:
    """Return what can be decided for a target, until when and by whom, in words; schools of which the same holds are one row."""
    groups: dict[Any, list[Any]] = {}
    for row in lines(found):
        groups.setdefault((row.until, row.authority) if row.field == "capacity" else row.key, []).append(row)
    rows = []
    for same in groups.values():
        one = same[0]
        name = label_of(one.key, scenario, lang) if len(same) == 1 else phrase("capacity_of", lang, n=len(same))
        rows.append((
            name, one.intake, one.until.isoformat(), one.rounds, word(AUTHORITIES, one.authority, lang),
            word(LABELS, "yes" if one.open else "no", lang),
        ))
    return framed(rows, ("decision", "intake", "until", "rounds", "authority", "still_open"), lang)


def number(given: Number, par: Par, lang: str) -> str:
    """Return a number as a planner reads it: its value, its course by year, or its range."""
    unit = shown.kind_of(par.unit)

    def one(x: float) -> str:
        return f"{x:g}" if unit == "ratio" else shown.figure(x, unit)

    if given.value is not None:
        text = one(given.value)
    elif given.series is not None:
        ends = sorted(given.series)
        text = f"{one(given.series[ends[0]])} → {one(given.series[ends[-1]])}"
        text += f"（{ends[0]}–{ends[-1]}）" if lang == "zh" else f" ({ends[0]}–{ends[-1]})"
    else:
        text = f"{one(mean(*given.form, par.lo, par.hi))} ({_form(*given.form, one, lang)})"
    if given.factor is not None:
        text += f" × ({_form(*given.factor.form, lambda x: f'{x:g}', lang)})"
    return text


def _form(name: str, given: tuple[float, ...], one: Callable[[float], str], lang: str) -> str:
    if name == "beta":
        return f"Beta {', '.join(f'{x:g}' for x in given)}"
    if name == "normal":
        return f"{one(given[0])} ± {one(given[1])}"
    return f"{one(given[0])} – {one(given[-1])}"
