"""What the types alone can't see: bounds of numbers, codes that must exist, and parts that must fit together."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import labour, measures, money, staff, tables
from skillsim.scenario.basic import SHARE, Pick
from skillsim.scenario.numbers import MOST_PERSONS, Number, Par, mean, patched
from skillsim.scenario.picks import FIELDS, OF_MARKET, WHERE, counted_as_one_of, overlap, picks_of
from skillsim.scenario.rolls import covered
from skillsim.scenario.structure import batch_of, batch_of_alternative, beside, heirs, kept_for_areas, source_areas, stage_bands
from skillsim.scenario.types import Figure, Observed, QuotaRow, Scenario, numbers
from skillsim.terms import INDICATORS, KINDS, MESSAGES, Term

PARTS = Par("parts", 0, 1e9)
MAX_YEARS = 80
MAX_CELLS = 20_000
EVENTS = ("plan", "progress", "assessment", "exam", "graduation", "admission", "term", "census", "accounts")


def check(scenario: Scenario) -> list[Problem]:
    """Return every problem of a scenario whose parts are each of the right type."""
    bounds, time, codes = ranges(scenario), list(_time(scenario)), _codes(scenario)
    out = [*bounds, *time, *codes, *_shares(scenario), *_lists(scenario), *_pathways(scenario)]
    # what follows would only say again that a date, a code or a number is wrong
    if not time:
        out += [*_rolls(scenario), *_targets(scenario), *_observed(scenario), *_figures(scenario), *labour.days(scenario)]
        out += tables.sums(scenario)
    out += [*tables.structure(scenario, MAX_CELLS), *tables.starts(scenario)]
    if not codes:
        out += _rules(scenario)
        out += [*_rows(scenario), *_size(scenario), *labour.structure(scenario), *staff.structure(scenario)]
        out += [*_batches(scenario), *measures.structure(scenario), *money.structure(scenario)]
    if not (time or codes):
        out += _retention(scenario)
        out += _clauses(scenario)
    if not (bounds or time or codes):
        fitting = [*labour.figures(scenario), *([] if out else staff.figures(scenario))]
        out += fitting or [problem for problem in _in_force(scenario) if problem not in out]
    return out


def _clauses(scenario: Scenario) -> list[Problem]:
    from skillsim.scenario.clauses import problems

    return list(problems(scenario))


def _in_force(scenario: Scenario) -> list[Problem]:
    """Put what the place knows and each policy in force, as the reader will, and return the problems of it."""
    from skillsim.scenario.known import with_known

    try:
        known = with_known(scenario)
    except ScenarioError as error:
        return list(error.problems)
    if scenario.known:
        again = [*_shares(known), *_retention(known), *labour.figures(known)]
        if again:
            return again
    return list(_policies(known))


def near(wrong: str, known: Iterable[str]) -> Term:
    """Return 'nearest: ...' or, where nothing is near, what is known, in both languages."""
    names = sorted(set(map(str, known)))
    close = difflib.get_close_matches(wrong[:100], names, n=2, cutoff=0.55)
    term = MESSAGES["near" if close else "no_near"]
    shown = ", ".join(close or names[:12]) + (" …" if not close and len(names) > 12 else "") or "-"
    return Term(term.zh.format(names=shown), term.en.format(names=shown))


def unknown(code: str, path: str, name: str, known: Iterable[str], **args: object) -> Problem:
    """Return the problem that a name is not known, with the nearest one that is."""
    return Problem(code, path, name, args={"name": name, "near": near(name, known), **args})


def ranges(scenario: Scenario, among: Iterable[tuple[str, Number, Par]] | None = None) -> list[Problem]:
    """Return the numbers that can leave their bounds, as written or after the patches on them; of all, or ``among`` some."""
    years = np.arange(scenario.years.first, scenario.years.last + 1)
    out = []
    for path, number, par in numbers(scenario) if among is None else among:
        bad = out_of_bounds(path, number, par)
        if bad:
            out.append(bad)
        elif number.patches:
            out += _patched_range(path, number, par, years)
    return out


def out_of_bounds(path: str, number: Number, par: Par) -> Problem | None:
    """Return the problem of a number that, as written, can leave its bounds."""
    low, high = number.extremes(par)
    bad = next((v for v in (low, high) if not math.isfinite(v) or not par.lo <= v <= par.hi), None)
    if bad is not None:
        return Problem("range", path, bad, args=_range_args(par, bad))
    if par.unit == "switch" and (number.uncertain or not {low, high} <= {0.0, 1.0}):
        return Problem("switch_certain", path)
    return None


def _patched_range(path: str, number: Number, par: Par, years: np.ndarray) -> list[Problem]:
    """Refuse a patch that takes the mean of a number out of its bounds (draws beyond them are kept within)."""
    dates = [date(int(y), 12, 31) for y in years]
    plain = number.patched_by(()).path(years, par, None, dates)
    for patch in number.patches:
        plain = patched(plain, patch, dates)
        worst = plain[(plain < par.lo - 1e-12) | (plain > par.hi + 1e-12)]
        if worst.size:
            args = {"policy": patch.policy, "value": f"{worst.flat[-1]:g}", "lo": f"{par.lo:g}", "hi": _hi(par)}
            return [Problem("patch_range", path, args=args)]
    return []


def _hi(par: Par) -> str:
    return f"{par.hi:g}" if par.hi < MOST_PERSONS else f"{par.hi:,.0f}"


def between(what: str, lo: float, hi: float) -> dict[str, object]:
    """Return what the message ``range`` says of a value (``what`` of the catalogue's kinds) and its bounds."""
    return {"what": KINDS[what], "lo": f"{lo:g}", "hi": f"{hi:g}", "hint": ""}


def _range_args(par: Par, bad: float) -> dict[str, object]:
    kind = {"rate": "rate", "share": "share_of", "persons": "persons_of"}.get(par.unit, "number_of")
    hint: object = ""
    if par.hi == 1 and 1 < bad <= 100:
        value = f"{bad / 100:g}"
        term = MESSAGES["hint_percent"]
        hint = Term(term.zh.format(value=value), term.en.format(value=value))
    return {"what": KINDS[kind], "lo": f"{par.lo:g}", "hi": _hi(par), "hint": hint}


def _time(scenario: Scenario) -> Iterator[Problem]:
    first, last = scenario.years.first, scenario.years.last
    if last < first:
        yield Problem("years_order", "years.last", last)
    elif last - first >= MAX_YEARS:
        yield Problem("years_span", "years.last", last, args={"limit": MAX_YEARS})
    days = [getattr(scenario.calendar, event) for event in EVENTS]
    if any(a >= b for a, b in pairwise(days)):
        yield Problem("calendar_order", "calendar", args={"order": ", ".join(EVENTS)})
    for day in [*days, scenario.calendar.exam_entry]:
        if not labour.of_every_year(day):
            yield Problem("pattern_day", "calendar", day)
    if not first <= scenario.as_of.year <= last:
        yield Problem("as_of_range", "as_of", scenario.as_of, args={"first": first, "last": last})


def _codes(scenario: Scenario) -> list[Problem]:
    """Check every reference from one part to another."""
    out: list[Problem] = []
    s = scenario

    def refer(path: str, code: str, kind: str, known: Iterable[str]) -> None:
        if code not in known:
            out.append(unknown("unknown_code", path, code, known, what=KINDS[kind]))

    for code, programme in s.programmes.items():
        for industry in programme.industries:
            refer(f"programmes.{code}.industries.{industry}", industry, "industry", s.industries)
    job_levels = s.labour.job_levels if s.labour else s.levels
    for i, level in enumerate(s.labour.job_levels if s.labour else []):
        refer(f"labour.job_levels.{i}", level, "level", s.levels)
    for level in s.labour.level_drift if s.labour else ():
        refer(f"labour.level_drift.{level}", level, "job_level", job_levels)
    for code, trade in s.industries.items():
        for level in trade.level_shares:
            refer(f"industries.{code}.level_shares.{level}", level, "job_level", job_levels)
    for code, institution in s.institutions.items():
        refer(f"institutions.{code}.area", institution.area, "area", s.areas)
        for level, to in institution.raised.levels.items() if institution.raised else ():
            for name in (level, to):
                refer(f"institutions.{code}.raised.levels.{level}", name, "level", s.levels)
    for code in s.training.person_times if s.training else ():
        refer(f"training.person_times.{code}", code, "industry", s.industries)
    for i, code in enumerate(s.training.schools if s.training else []):
        refer(f"training.schools.{i}", code, "school", s.institutions)
    for code in s.retention.mobility.jobs if s.retention.mobility else ():
        refer(f"retention.mobility.jobs.{code}", code, "local_area", [a for a, area in s.areas.items() if area.local])
    for code, way in s.pathways.items():
        for i, stage in enumerate(way.stages):
            refer(f"pathways.{code}.stages.{i}.level", stage.level, "level", s.levels)
            if stage.job_level is not None:
                refer(f"pathways.{code}.stages.{i}.job_level", stage.job_level, "level", s.levels)
            for j, level in enumerate(stage.counted_as):
                refer(f"pathways.{code}.stages.{i}.counted_as.{j}", level, "level", s.levels)
    out += [Problem("class_name", f"classes.{code}") for code in s.classes if code in s.pathways]
    for code, members in s.classes.items():
        for i, member in enumerate(members):
            refer(f"classes.{code}.{i}", member, "pathway", s.pathways)
    for i, row in enumerate(s.quota.rows):
        at = f"quota.rows.{i}"
        refer(f"{at}.school", row.school, "school", s.institutions)
        refer(f"{at}.programme", row.programme, "programme", s.programmes)
        refer(f"{at}.pathway", row.pathway, "pathway", s.pathways)
        for j, school in enumerate(row.then):
            refer(f"{at}.then.{j}", school, "school", s.institutions)
        for j, area in enumerate(row.areas if isinstance(row.areas, list) else []):
            refer(f"{at}.areas.{j}", area, "area", s.areas)
    for i, base in enumerate(s.retention.base):
        refer(f"retention.base.{i}.level", base.level, "level", s.levels)
        for j, pathway in enumerate(base.pathways):
            refer(f"retention.base.{i}.pathways.{j}", pathway, "pathway", s.pathways)
    for code, driver in s.retention.drivers.items():
        for j, pathway in enumerate(driver.pathways):
            refer(f"retention.drivers.{code}.pathways.{j}", pathway, "pathway", s.pathways)
    for i, batch in enumerate(s.choice.batches):
        for field, kind, named in (
            ("pathways", "pathway", [*s.pathways, *s.classes]), ("schools", "school", [*s.institutions]),
            ("alternatives", "alternative", [*s.choice.alternatives]),
        ):
            for j, code in enumerate(getattr(batch, field)):
                refer(f"choice.batches.{i}.{field}.{j}", code, kind, named)
    for code, table in (s.tables or {}).items():
        for name, given in table.stages.items():
            for to in given.moves:
                refer(f"tables.{code}.stages.{name}.moves.{to}", to, "stage_or_exit", [*table.stages, *table.exit_codes()])
    of_tables = {c: t for c, t in s.targets.items() if t.indicator in tables.OF_TABLES}
    for c, t in of_tables.items():
        there = tables.names(s, t.indicator, t.of)
        for field, kind in (("pathways", "table"), ("levels", "stage_or_exit")):
            for j, named in enumerate(getattr(t.of, field)):
                refer(f"targets.{c}.of.{field}.{j}", named, kind, there[field])
    picks = [(f"targets.{c}", t.of) for c, t in s.targets.items() if c not in of_tables]
    picks += [(f"money.items.{c}", item.of) for c, item in (s.money.items.items() if s.money else ())]
    picks += [(f"observed.{i}", o.of) for i, o in enumerate(s.observed)]
    picks += [(f"figures.{i}", f.of) for i, f in enumerate(s.figures)]
    for at, pick in picks:
        for field, kind, known in (
            ("pathways", "pathway", [*s.pathways, *s.classes]), ("levels", "level", s.levels),
            ("programmes", "programme", s.programmes), ("schools", "school", s.institutions),
            ("industries", "industry", s.industries), ("areas", "area", s.areas), ("measures", "measure", s.measures),
        ):
            for j, code in enumerate(getattr(pick, field)):
                refer(f"{at}.of.{field}.{j}", code, kind, known)
    acting = [(f"rules.lists.{code}", item.programmes, item.schools) for code, item in s.rules.lists.items()]
    acting += [(f"rules.mergers.{code}", item.programmes, item.schools) for code, item in s.rules.mergers.items()]
    acting.append(("rules.cross_area", [], s.rules.cross_area.schools))
    for at, programmes, schools in acting:
        for j, code in enumerate(programmes):
            refer(f"{at}.programmes.{j}", code, "programme", s.programmes)
        for j, code in enumerate(schools):
            refer(f"{at}.schools.{j}", code, "school", s.institutions)
    for code, merger in s.rules.mergers.items():
        refer(f"rules.mergers.{code}.into", merger.into, "school", s.institutions)
    for field in ("order", "in_force"):
        for i, name in enumerate(getattr(s, field)):
            refer(f"{field}.{i}", name, "policy", s.policies)
    return out


def _shares(scenario: Scenario) -> Iterator[Problem]:
    bands = scenario.choice.bands
    if abs(sum(bands) - 1) > 1e-9 or min(bands) < 0:
        yield Problem("sum_to_one", "choice.bands", args={"total": f"{sum(bands):g}"})
    groups: list[tuple[str, str, list[Number]]] = []
    for code, programme in scenario.programmes.items():
        groups.append((f"programmes.{code}.industries", "share_of", list(programme.industries.values())))
    for code, pathway in scenario.pathways.items():
        for i, stage in enumerate(pathway.stages):
            for k in range(stage.years):
                risks = [at_year(getattr(stage, name), k) for name in ("dropout", "repeat", "to_general")]
                groups.append((f"pathways.{code}.stages.{i}", "rates_sum", risks))
    seen = set()
    for path, what, members in groups:
        par = Par("share", 0, 1)
        total = sum(top(m, par) for m in members)
        alone = all(0 <= v <= 1 for m in members for v in m.extremes(par))  # else each is told by its own range
        if alone and total > 1 + 1e-9 and path not in seen:
            seen.add(path)
            yield Problem("sum_over_one", path, args={"total": f"{total:g}", "what": KINDS[what]})


def top(number: Number, par: Par) -> float:
    """Return the most that a number can be; of one with a tail its mean (draws beyond are brought back together)."""
    if number.factor is None and number.uncertain and number.form[0] in ("beta", "normal"):
        return mean(*number.form, par.lo, par.hi)
    return max(number.extremes(par)[1], 0.0)


def risks(scenario: Scenario) -> list[Problem]:
    """Return the stages, those of tables too, whose yearly risks come to more than 1 once policies have changed them."""
    years = np.arange(scenario.years.first, scenario.years.last + 1)
    dates = [date(int(y), 12, 31) for y in years]
    groups = list(tables.rows(scenario))
    for code, pathway in scenario.pathways.items():
        for i, stage in enumerate(pathway.stages):
            for k in range(stage.years):
                each = [at_year(getattr(stage, name), k) for name in ("dropout", "repeat", "to_general")]
                groups.append((f"pathways.{code}.stages.{i}", each))
    out = []
    for path, each in groups:
        if any(number.patches for number in each):
            most = float(np.sum([number.path(years, SHARE, None, dates) for number in each], axis=0).max())
            if most > 1 + 1e-9:
                out.append(Problem("sum_over_one", path, args={"total": f"{most:g}", "what": KINDS["rates_sum"]}))
    return out


def at_year(number: Number | list[Number], k: int) -> Number:
    """Return the number for year ``k`` (from 0) of a stage, or for band ``k``; 0 for an empty list, which is told elsewhere."""
    if number == []:
        return Number(value=0)
    return number[min(k, len(number) - 1)] if isinstance(number, list) else number


def _lists(scenario: Scenario) -> Iterator[Problem]:
    """Check that a list of figures has one for each band, or for each year of the stage."""
    bands = len(scenario.choice.bands)

    def fits(path: str, given: Number | list[Number], n: int, what: str) -> Iterator[Problem]:
        if isinstance(given, list) and len(given) != n:
            yield Problem("list_length", path, args={"n": n, "got": len(given), "what": KINDS[what]})

    s = scenario
    for kind, items in (
        ("programmes", s.programmes), ("institutions", s.institutions), ("pathways", s.pathways),
        ("choice.alternatives", s.choice.alternatives),
    ):
        for code, item in items.items():
            yield from fits(f"{kind}.{code}.preference", item.preference, bands, "bands_of_score")
    yield from fits("choice.general_share", s.choice.general_share, bands, "bands_of_score")
    for code, pathway in s.pathways.items():
        for i, stage in enumerate(pathway.stages):
            at = f"pathways.{code}.stages.{i}"
            for name in ("dropout", "repeat", "to_general"):
                yield from fits(f"{at}.{name}", getattr(stage, name), stage.years, "years_of_stage")
            if stage.transfer:
                yield from fits(f"{at}.transfer.passes", stage.transfer.passes, bands, "bands_of_score")


def _pathways(scenario: Scenario) -> Iterator[Problem]:
    gates = {p.entry for p in scenario.pathways.values()}
    for code, pathway in scenario.pathways.items():
        for i, stage in enumerate(pathway.stages):
            at = f"pathways.{code}.stages.{i}"
            if stage.counted_as and len(stage.counted_as) != stage.years:
                yield Problem("stage_counted", f"{at}.counted_as", args={"n": stage.years})
            if (stage.transfer is None) != (i == 0):
                yield Problem("stage_transfer", at)
            by_band = stage.transfer is not None and isinstance(stage.transfer.passes, list)
            if by_band and (i != 1 or pathway.entry != "junior"):
                yield Problem("passes_band", f"{at}.transfer.passes")
            gate = stage.further.gate if stage.further else None
            if gate and gate not in gates and getattr(scenario.gates, gate).elsewhere is None:
                yield Problem("gate_mismatch", f"{at}.further", args={"gate": gate})


def _rolls(scenario: Scenario) -> Iterator[Problem]:
    """Check that the class of every reported year is known where an area states rolls."""
    for code, area in scenario.areas.items():
        if area.rolls is not None:
            spans = covered(area).values()
            lacking = [
                year for year in range(scenario.years.first, scenario.years.last + 1)
                if not any(first <= year <= last for first, last in spans)
            ]
            if lacking:
                yield Problem("rolls_lacking", f"areas.{code}.rolls", args={"years": ", ".join(map(str, lacking))})


def _batches(scenario: Scenario) -> Iterator[Problem]:
    """Check that every batch has something to choose."""
    filled = {batch_of(scenario, row.pathway, row.school) for row in scenario.quota.rows
              if scenario.pathways[row.pathway].entry == "junior"}
    filled |= {batch_of_alternative(scenario, code) for code in scenario.choice.alternatives}
    for i in range(len(scenario.choice.batches)):
        if i not in filled:
            yield Problem("batch_empty", f"choice.batches.{i}")


def _rows(scenario: Scenario) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    offers: dict[tuple[str, str, str], list[tuple[int, QuotaRow]]] = {}
    for i, row in enumerate(scenario.quota.rows):
        at = f"quota.rows.{i}"
        pathway = scenario.pathways[row.pathway]
        if seen.setdefault(row.key, i) != i:
            yield Problem("duplicate_row", at)
            continue
        if row.then and len(row.then) != len(pathway.stages) - 1:
            yield Problem("then_length", f"{at}.then", args={"n": len(pathway.stages) - 1})
        if pathway.entry != "junior" and row.areas != "any":
            yield Problem("gate_areas", f"{at}.areas")
        for _, other in offers.setdefault((row.school, row.programme, row.pathway), []):
            if other.then != row.then:
                yield Problem("then_conflict", f"{at}.then")
            both = source_areas(scenario, row) & source_areas(scenario, other)
            if both and not (beside(scenario, row, other) or beside(scenario, other, row)):
                yield Problem("area_overlap", at, args={"areas": ", ".join(sorted(both))})
        offers[row.school, row.programme, row.pathway].append((i, row))


def _rules(scenario: Scenario) -> Iterator[Problem]:
    """Check that the rules on seats find what they act on."""
    rules, across = scenario.rules, {row.school for row, _ in kept_for_areas(scenario)}
    for code, merger in rules.mergers.items():
        at = f"rules.mergers.{code}.into"
        if merger.into in merger.schools:
            yield Problem("merger_itself", at, merger.into)
        elif not heirs(scenario, merger):
            yield Problem("merger_rows", at, merger.into)
    for i, school in enumerate(rules.cross_area.schools):
        if school not in across:
            yield Problem("cross_area_rows", f"rules.cross_area.schools.{i}", school)
    written = rules.model_fields_set
    if "cross_area" in written and not across and not rules.cross_area.schools:
        yield Problem("cross_area_rows", "rules.cross_area")
    if "long_track" in written and "long_track" not in scenario.classes:
        yield Problem("long_track_class", "rules.long_track")
    if "warning" in written and not any((rules.warning.completion, rules.warning.placement, rules.warning.match)):
        yield Problem("warning_threshold", "rules.warning")


def _retention(scenario: Scenario) -> Iterator[Problem]:
    s = scenario
    if s.retention.mobility and not any(top(jobs, PARTS) > 0 for jobs in s.retention.mobility.jobs.values()):
        yield Problem("no_jobs", "retention.mobility.jobs")
    have: dict[tuple[str, str], int] = {}
    for i, base in enumerate(s.retention.base):
        at = f"retention.base.{i}"
        if base.measured_on not in ("08-31", "12-31"):
            yield Problem("base_measured", f"{at}.measured_on", base.measured_on)
        if not s.years.first <= base.year <= s.as_of.year:
            yield Problem("base_year", f"{at}.year", base.year, args={"first": s.years.first})
        for pathway in base.pathways:
            if base.level not in {stage.level for stage in s.pathways[pathway].stages}:
                yield Problem("base_level", at, args={"pathway": pathway, "level": base.level})
            if have.setdefault((pathway, base.level), i) != i:
                yield Problem("base_twice", at, args={"pathway": pathway, "level": base.level})
    used = {row.pathway for row in s.quota.rows}
    for code in sorted(used):
        for stage in s.pathways[code].stages:
            if (code, stage.level) not in have:
                yield Problem("base_missing", "retention.base", args={"pathway": code, "level": stage.level})
    for name in ("stayers", "leavers"):
        found = getattr(s.retention, name)
        least = found.by_december
        tail = least.factor is None and least.uncertain and least.form[0] in ("beta", "normal")
        if (top(least, SHARE) if tail else least.extremes(SHARE)[0]) < top(found.by_august, SHARE):
            yield Problem("found_order", f"retention.{name}")


def _picked(path: str, of: Pick, can: tuple[str, ...]) -> Iterator[Problem]:
    for field, kind in FIELDS:
        if getattr(of, field) and field not in can:
            yield Problem("target_pick", f"{path}.of.{field}", args={"what": KINDS[kind]})


def _targets(scenario: Scenario) -> Iterator[Problem]:
    for code, target in scenario.targets.items():
        at = f"targets.{code}"
        if target.indicator not in INDICATORS:
            yield unknown("target_indicator", f"{at}.indicator", target.indicator, INDICATORS)
            continue
        lacking = tables.lacking(scenario, at, target.indicator)
        yield from lacking
        if lacking:
            continue
        years = scenario.years
        if not years.first <= target.year <= years.last:
            yield Problem("target_year", f"{at}.year", target.year, args={"first": years.first, "last": years.last})
        if target.indicator == "long_track_share" and "long_track" not in scenario.classes:
            yield Problem("class_needed", f"{at}.indicator", args={"indicator": target.indicator, "name": "long_track"})
        if target.indicator in OF_MARKET and scenario.demand != "vacancies":
            yield Problem("demand_needed", f"{at}.indicator", args={"indicator": target.indicator})
        if target.indicator in WHERE and scenario.retention.mobility is None:
            yield Problem("mobility_needed", f"{at}.indicator", args={"indicator": target.indicator})
        yield from staff.target(scenario, at, target)
        yield from tables.target(scenario, at, target)
        if target.indicator == "measures_done" and not target.of.measures:
            yield Problem("measure_named", f"{at}.of")
        yield from _picked(at, target.of, picks_of(target.indicator))
        if not counted_as_one_of(scenario, target.indicator, target.of):
            yield Problem("pick_nobody", f"{at}.of")
        goals = target.band or ([] if target.value is None else [target.value])
        if target.band and target.band[0] > target.band[1]:
            yield Problem("number_order", f"{at}.band")
        for goal in goals:
            if INDICATORS[target.indicator].unit == "share" and not 0 <= goal <= 1:
                yield Problem("range", f"{at}.value", goal, args=_range_args(SHARE, goal))


def counted_on(scenario: Scenario, indicator: str, year: int) -> str:
    """Return the day (YYYY-MM-DD) on which an actual figure of a year is counted."""
    calendar = scenario.calendar
    day_of = {
        "entrants": calendar.census, "headcount": calendar.census, "graduates": calendar.graduation,
        "local_retention": scenario.retention.measured_on,
    }
    return f"{year}-{day_of[indicator]}"


def _counted(scenario: Scenario, at: str, row: Observed | Figure) -> Iterator[Problem]:
    """Check an actual count, given or asked for: its year, its breakdown, and that it means anybody."""
    assert row.indicator is not None
    lacking = tables.lacking(scenario, at, row.indicator)
    yield from lacking
    if lacking:
        return
    if row.year > scenario.as_of.year:
        yield Problem("observed_future", f"{at}.year", row.year)
    elif row.year < scenario.years.first:
        yield Problem("observed_early", f"{at}.year", row.year, args={"first": scenario.years.first})
    elif counted_on(scenario, row.indicator, row.year) > scenario.as_of.isoformat():
        yield Problem("observed_date", f"{at}.year", row.year)
    indicator = "graduates" if row.indicator == "local_retention" else row.indicator
    yield from _picked(at, row.of, tuple(field for field in picks_of(indicator) if field != "industries"))
    if not counted_as_one_of(scenario, indicator, row.of):
        yield Problem("pick_nobody", f"{at}.of")


def _observed(scenario: Scenario) -> Iterator[Problem]:
    for i, row in enumerate(scenario.observed):
        at = f"observed.{i}"
        if row.indicator == "local_retention" and row.value > 1:
            hint = _range_args(SHARE, row.value)["hint"]
            yield Problem("observed_share", f"{at}.value", row.value, args={"hint": hint})
        if row.value > MOST_PERSONS:
            yield Problem("range", f"{at}.value", row.value, args=_range_args(Par("persons"), row.value))
        same = [other for other in scenario.observed[:i] if (other.indicator, other.year) == (row.indicator, row.year)]
        if any(overlap(scenario, other.of, row.of) for other in same):
            yield Problem("observed_twice", at)
        yield from _counted(scenario, at, row)


def _figures(scenario: Scenario) -> Iterator[Problem]:
    from skillsim.scenario.known import problems_of_total

    years, seen = scenario.years, set()
    for i, figure in enumerate(scenario.figures):
        at = f"figures.{i}"
        asked = (figure.key, figure.indicator, figure.definition, figure.of, figure.key or figure.year)
        if str(asked) in seen:
            yield Problem("figure_twice", at)
        seen.add(str(asked))
        if figure.key is None:
            yield from _counted(scenario, at, figure)
            continue
        if not years.first <= figure.year <= years.last:
            yield Problem("target_year", f"{at}.year", figure.year, args={"first": years.first, "last": years.last})
        yield from problems_of_total(scenario, figure.key, f"{at}.key")


def _policies(scenario: Scenario) -> Iterator[Problem]:
    """Try every policy on its own, so that a file with a policy that can't act is refused when it is read; then those in force
    together."""
    from skillsim.scenario.policies import vary, with_facts

    fine = True
    for name in scenario.policies:
        try:
            with_facts(scenario, [name]) if name in scenario.in_force else vary(scenario, name)
        except ScenarioError as error:
            fine = fine and name not in scenario.in_force
            yield from error.problems
    if fine and scenario.in_force:
        try:
            with_facts(scenario, scenario.in_force)
        except ScenarioError as error:
            yield from (replace(p, path="in_force") if p.path == "policies" else p for p in error.problems)


def _size(scenario: Scenario) -> Iterator[Problem]:
    bands = len(scenario.choice.bands)
    cells = sum(
        2 * sum(stage_bands(scenario.pathways[row.pathway].stages, bands) if i == 0 else 1 for i, _ in enumerate(
            scenario.pathways[row.pathway].stages))
        for row in scenario.quota.rows
    )
    if cells > MAX_CELLS:
        yield Problem("cells_limit", "quota.rows", args={"n": cells, "limit": MAX_CELLS})


