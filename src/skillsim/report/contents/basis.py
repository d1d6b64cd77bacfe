"""What a report rests on: what was asked, assumptions and sources, definitions, clauses, and the run itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pandas as pd

from skillsim.analysis import unknown
from skillsim.report import clauses, shown, tables
from skillsim.report.book import Part, Section, Text
from skillsim.report.contents.ask import Ask
from skillsim.report.terminal import MAIN
from skillsim.results.result import Result
from skillsim.scenario.labels import label_of
from skillsim.scenario.policies import named
from skillsim.scenario.types import Change, Policy, Scenario, numbers
from skillsim.terms import COLUMNS, INDICATORS, LABELS, phrase, word
from skillsim.terms.fields import AUTHORITIES, SOURCES
from skillsim.terms.page import FORMULAS

RETENTION = ("local_retention_r1", "local_retention_r2", "local_retention_r3", "local_retention_r4")
NAMED = 4  # figures of one source that are named
MOST_UNKNOWN = 3  # of each target


def facts(ask: Ask) -> Section | None:
    """Return what the report is on: the place, the scenarios, the day, the replications, the seed, the hashes."""
    s = ask.scenario
    size, figures = shown.counts(s, ask.lang).split("\n")
    rows = [
        (ask.say("place"), shown.place_name(s, ask.lang)),
        (ask.say("scenarios"), ask.listed(map(ask.name, ask.ordered))),
        (ask.say("as_of"), s.as_of.isoformat()),
        (ask.say("years"), f"{s.years.first}–{s.years.last}"),
        (ask.say("measured"), s.retention.measured_on),
        (ask.say("size"), size),
        (ask.say("figures"), figures),
        (ask.page("run_replications"), f"{ask.base.replications:,}"),
        (ask.page("run_seed"), str(ask.base.seed)),
        *((_hash_head(ask, run), run.manifest()["sha256"]) for run in ask.ordered),
    ]
    return ask.section("facts", ask.table(ask.say("facts"), _two(ask, rows)))


def _two(ask: Ask, rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[ask.page("item"), ask.page("content")])


def _hash_head(ask: Ask, run: Result) -> str:
    name = ask.page("run_hash")
    return name if len(ask.results) == 1 else ask.say("hash_of", name=name, run=ask.name(run))


# ---- what was asked


def asked(ask: Ask) -> Section | None:
    """Return the scenario and the changes of each policy that acts in a run, in words."""
    parts: list[Part] = []
    if ask.scenario.in_force:
        names = (shown.title(ask.scenario, "policies", code, ask.lang) for code in ask.scenario.in_force)
        parts.append(Text(ask.say("in_force", names=ask.listed(names))))
    elif not ask.scenario.varied:
        parts.append(Text(phrase("of_run", ask.lang, run=ask.name(ask.base), text=ask.say("no_policy"))))
    told: set[tuple[str, str]] = set()
    for run in ask.ordered:
        for code in run.scenario.applied:
            policy = run.scenario.policies.get(code)
            if policy is None or (code, repr(policy)) in told:
                continue
            told.add((code, repr(policy)))
            who = word(AUTHORITIES, policy.authority, ask.lang)
            caption = ask.say("changes_of", policy=getattr(policy.title, ask.lang), who=who)
            parts += ask.table(caption, _changes(run.scenario, code, policy, ask))
    return ask.section("asked", parts)


def _changes(scenario: Scenario, code: str, policy: Policy, ask: Ask) -> pd.DataFrame:
    """Return the changes of a policy in words: of what, to what, when, by which clause, and on which kind of ground."""
    rows = []
    for i, change in enumerate(policy.changes):
        source = scenario.source_of(f"policies.{code}.changes.{i}")
        since = change.since or scenario.as_of
        when = phrase("step_until" if change.until else "step_from", ask.lang, since=since, until=change.until)
        rows.append((
            label_of(change.key, scenario, ask.lang), _changed(scenario, change, ask), when, change.clause or "—",
            word(SOURCES, source.kind if source else "unstated", ask.lang),
        ))
    heads = [ask.say("change"), ask.say("change_to"), ask.say("change_when"), word(COLUMNS, "clause", ask.lang), ask.say("basis")]
    return pd.DataFrame(rows, columns=heads)


def _changed(scenario: Scenario, change: Change, ask: Ask) -> str:
    """Return what a change does, in the unit of what it changes."""
    par = named(scenario, change.key)[0][2]
    unit = shown.kind_of(par.unit)

    def one(x: float) -> str:
        return f"{x:g}" if unit == "ratio" else shown.figure(x, unit)

    if par.unit == "switch" and change.set is not None:
        return word(LABELS, "on" if change.set >= 0.5 else "off", ask.lang)
    if change.set is not None:
        return ask.say("ramp" if change.until else "set", value=one(change.set))
    if change.ramp is not None:
        return ask.say("ramp", value=one(change.ramp))
    if change.scale is not None:
        return ask.say("scale_ramp" if change.until else "scale", value=f"{change.scale:g}")
    assert change.add is not None
    return ask.say("add", value=tables.change(change.add, unit, ask.lang) if unit != "ratio" else f"{change.add:+g}")


# ---- assumptions and sources


def assumptions(ask: Ask) -> Section | None:
    """Return the uncertain figures that explain most of the targets, the grounds of the policies' changes, then all assumed
    figures by their source."""
    run = ask.ordered[-1]
    rows, weight = _unknown(ask, run)
    heads = [word(COLUMNS, "target", ask.lang), ask.page("figure"), ask.say("explains"), ask.say("works")]
    parts: list[Part] = [*ask.table(
        ask.say("unknown_of"), pd.DataFrame(rows, columns=heads), None, ask.say("unknown_note", run=ask.name(run)), _2="share",
    )]
    parts += ask.table(ask.say("grounds_of"), _grounds(ask), None, "", _2="persons")
    assumed = [group for group in _by_source(ask.scenario) if group[0] in ("assumed", "unstated")]
    assumed.sort(key=lambda group: -max((weight.get(path, 0.0) for path in group[1]), default=0.0))
    parts += ask.table(ask.say("assumed_of"), _sourced(assumed, ask, False), None, ask.say("assumed_note"), _1="persons")
    return ask.section("assumptions", parts)


def _unknown(ask: Ask, run: Result) -> tuple[list[tuple[str, str, float, str]], dict[str, float]]:
    """Return the uncertain figures that explain most of each target with a number, and by path the most that each explains."""
    rows: list[tuple[str, str, float, str]] = []
    weight: dict[str, float] = {}
    for code, target in run.scenario.targets.items():
        if target.direction == "show":
            continue
        found = unknown.unknowns(run, code, MOST_UNKNOWN)
        for row in tables.lines(found[found["clear"].astype(bool)]):
            name = label_of(row.path, run.scenario, ask.lang)
            if row.numbers > 1:
                name = ask.say("shared", name=name, n=row.numbers)
            rows.append((getattr(target.title, ask.lang), name, float(row.share), ask.say(row.direction)))
            for path in _together(run.scenario, row.path):
                weight[path] = max(weight.get(path, 0.0), float(row.share))
    return rows, weight


def _grounds(ask: Ask) -> pd.DataFrame:
    """Return why the changes of the policies that act in a run have their sizes and dates: those of one source in one row."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for run in ask.ordered:
        for code in run.scenario.applied:
            policy = run.scenario.policies.get(code)
            for i, change in enumerate(policy.changes if policy else ()):
                source = run.scenario.source_of(f"policies.{code}.changes.{i}")
                kind, text = (source.kind, source.told(ask.lang)) if source else ("unstated", "—")
                name = label_of(change.key, run.scenario, ask.lang)
                names = groups.setdefault((shown.title(run.scenario, "policies", code, ask.lang), kind, text), [])
                if name not in names:
                    names.append(name)
    rows = [(policy, _few(names, ask), float(len(names)), word(SOURCES, kind, ask.lang), text)
            for (policy, kind, text), names in groups.items()]
    heads = [ask.say("policy"), ask.say("change"), ask.say("counted"), ask.page("source_kind"), ask.page("source_text")]
    return pd.DataFrame(rows, columns=heads)


def _few(names: list[str], ask: Ask) -> str:
    """Return the first of some names, and how many there are where not all are told."""
    said = ask.listed(names[:NAMED])
    return said if len(names) <= NAMED else ask.say("and_more", names=said, n=len(names))


def _together(scenario: Scenario, path: str) -> list[str]:
    """Return the paths of the numbers that share a draw with the one at a path."""
    given = {at: number.shared for at, number, _ in numbers(scenario)}
    return [at for at, shared in given.items() if at == path or (shared and shared == given[path])]


Group = tuple[str, list[str]]


def _by_source(scenario: Scenario) -> list[Group]:
    """Return the figures that the file states by their source: its kind, and their paths."""
    groups: dict[tuple[str, str], list[str]] = {}
    for path, _, _ in numbers(scenario, written=True):
        source = scenario.source_of(path)
        groups.setdefault((source.kind, source.text) if source else ("unstated", ""), []).append(path)
    return [(kind, paths) for (kind, _), paths in groups.items()]


def sources(ask: Ask) -> Section | None:
    """Return all figures that are not assumed by their source, with what they serve."""
    order = list(SOURCES)
    found = [group for group in _by_source(ask.scenario) if group[0] not in ("assumed", "unstated")]
    found.sort(key=lambda group: order.index(group[0]))
    parts = ask.table(ask.say("sources_of"), _sourced(found, ask, True), None, ask.say("sources_note"), _2="persons")
    return ask.section("sources", parts)


def _sourced(groups: list[Group], ask: Ask, kinds: bool) -> pd.DataFrame:
    """Return groups of figures in words: the first of them with their values, how many, and the source."""
    scenario, rows = ask.scenario, []
    stated = {path: (number, par) for path, number, par in numbers(scenario, written=True)}
    for kind, paths in groups:
        source = scenario.source_of(paths[0])
        names = [f"{label_of(path, scenario, ask.lang)} {tables.number(*stated[path], ask.lang)}" for path in paths]
        row = (_few(names, ask), float(len(paths)), source.told(ask.lang) if source else "—")
        rows.append((word(SOURCES, kind, ask.lang), *row) if kinds else row)
    heads = [ask.say("serves"), ask.say("counted"), ask.page("source_text")]
    return pd.DataFrame(rows, columns=[*([ask.page("source_kind")] if kinds else []), *heads])


# ---- definitions, clauses, the run


def definitions(ask: Ask) -> Section | None:
    """Return the indicators that targets ask for, and what a gap is, with their units and formulas."""
    rows = []
    for code in _used(ask):
        term = INDICATORS[code]
        formula = FORMULAS[code] if ask.lang == "zh" else term.formula
        rows.append((word(INDICATORS, code, ask.lang), word(LABELS, term.unit, ask.lang), formula))
    frame = pd.DataFrame(rows, columns=[ask.page(code) for code in ("indicator", "unit", "formula")])
    return ask.section("definitions", ask.table(ask.say("definitions_of"), frame, None, ask.page("four_rates_note")))


def _used(ask: Ask) -> Iterator[str]:
    """Yield the indicators of the report in the catalogue's order: those of tables, of targets, and all four rates of staying."""
    used = {code for code, _ in MAIN} | {target.indicator for target in ask.scenario.targets.values()} | set(RETENTION)
    school = bool(ask.base.values.layout.pools)
    if ask.base.values.layout.jobs is not None:
        used |= {*tables.OF_MARKET, "gap", "programme_gap", "unserved_vacancies"}
    if ask.scenario.teachers:
        used |= set(tables.OF_STAFF)
    there = set(ask.base.frame()["indicator"])
    return (code for code in INDICATORS if code in used and (code in there or (school and code in RETENTION)))


def clauses_of(ask: Ask) -> Section | None:
    """Return what each clause of the plan asks, and what carries it."""
    frame = clauses.ledger(ask.scenario, ask.lang)
    return ask.section("clauses", ask.table(ask.say("clauses"), frame, None, ask.page("clauses_note")))


def manifest(ask: Ask) -> Section | None:
    """Return what the run was, and the command that repeats it."""
    told = ask.base.manifest()
    rows = [
        *((_hash_head(ask, run), run.manifest()["sha256"]) for run in ask.ordered),
        (ask.page("run_seed"), str(ask.base.seed)), (ask.page("run_replications"), f"{ask.base.replications:,}"),
        (ask.page("run_draws"), f"{ask.base.draws:,}"),
        (ask.say("versions"), ", ".join(f"{name} {version}" for name, version in told["versions"].items())),
    ]
    parts: list[Part] = [*ask.table(ask.say("manifest_of"), _two(ask, rows), None, ask.say("hash_note"))]
    if ask.items:
        parts += [Text(ask.say("repeat")), Text(command(ask), "code")]
    return ask.section("manifest", parts)


def command(ask: Ask) -> str:
    """Return the command that gives the same figures."""
    items = [shlex.quote(item) for item in ask.items]
    baseline = "" if ask.base is ask.results[0] else f" --baseline {items[ask.results.index(ask.base)]}"
    asked = f"{' '.join(items)}{baseline} -n {ask.base.replications} --seed {ask.base.seed} --lang {ask.lang}"
    return f"skillsim report {asked} --out report.docx"
