"""The levers of the page: groups of numbers that a planner moves together, derived from the declarations.

What can be moved, its unit, bounds, reading event and authority stand in the types; here only which numbers make one lever, how
it acts on them, and how far it goes.  A lever moved on its own to either end is accepted by ``vary``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from skillsim.scenario import checks
from skillsim.scenario.basic import SHARE
from skillsim.scenario.labels import label_of
from skillsim.scenario.labour import MOST
from skillsim.scenario.numbers import Authority, Event, Number, Par
from skillsim.scenario.rolls import covered
from skillsim.scenario.types import Change, Driver, Scenario, declared, numbers
from skillsim.terms import LANGS, Term
from skillsim.terms.fields import LEVER_GROUPS, LEVERS, UNITS

Op = Literal["scale", "add", "set"]
Known = dict[str, tuple[Number, Par]]
FULL = 0.9  # a band of which more go to general high school leaves no room upward
TAILS = np.array([0.05, 0.95])


@dataclass(frozen=True)
class Lever:
    """Numbers moved together: multiplied, added to, or set.

    ``keys`` name them as a policy's changes do, ``paths`` one by one; ``unit`` is that of the numbers and ``measure`` what it is
    called (of a driver's level its own); ``lo``, ``hi``, ``step`` and ``neutral`` are amounts of the op.  ``decision``: whether
    an authority decides it; the rest are what-ifs.
    """

    code: str
    name: Term
    keys: tuple[str, ...]
    paths: tuple[str, ...]
    op: Op
    group: str
    unit: str
    measure: Term
    lo: float
    hi: float
    step: float
    neutral: float
    authority: Authority
    read_on: Event
    decision: bool

    def title(self, lang: str) -> str:
        """Return what the lever is called."""
        text: str = getattr(self.name, lang)
        return text

    def changes(self, amount: float, since: date, hold: bool = False, meant: bool = False) -> list[Change]:
        """Return the changes that the lever makes; none where it stands at its neutral amount, unless that is ``meant``: what a
        policy moves can be set back."""
        if amount == self.neutral and not (meant and self.op == "set"):
            return []
        held = {"hold": True} if hold and self.group in ("quotas", "programmes") else {}
        return [Change.model_validate({"key": key, self.op: amount, "from": since, **held}) for key in self.keys]

    def outcome(self, amount: float, baseline: float) -> float:
        """Return what a baseline becomes."""
        return {"scale": baseline * amount, "add": baseline + amount, "set": amount}[self.op]

    def baseline(self, scenario: Scenario, year: int) -> float:
        """Return what is in force in a year: the sum of persons, the mean of other numbers, uncertain ones at their means."""
        each = [float(_in_year(scenario, number, par, year, None)[0]) for number, par in self._numbers(scenario)]
        return sum(each) if self.unit == "persons" else sum(each) / len(each)

    def widest(self, scenario: Scenario, year: int) -> tuple[float, float] | None:
        """Return the 5 and 95 % points of its least certain number in a year; None where all are certain."""
        spans = [
            _in_year(scenario, number, par, year, TAILS) for number, par in self._numbers(scenario) if number.uncertain
        ]
        low, high = max(spans, key=lambda span: float(span[1] - span[0]), default=(None, None))
        return None if low is None or high is None else (float(low), float(high))

    def sources(self, scenario: Scenario) -> dict[str, int]:
        """Return how many of its numbers rest on each kind of source; 'unstated' for those without one."""
        given = [scenario.source_of(path) for path in self.paths]
        return dict(Counter(source.kind if source else "unstated" for source in given))

    def _numbers(self, scenario: Scenario) -> list[tuple[Number, Par]]:
        wanted = set(self.paths)
        sections = dict.fromkeys(path.partition(".")[0] for path in self.paths)
        found = (one for section in sections for one in numbers(getattr(scenario, section), section))
        return [(number, par) for path, number, par in found if path in wanted]


@dataclass(frozen=True)
class _Rule:
    """How numbers become levers: ``?`` in the key makes one for each, ``*`` takes all together, and so does a prefix."""

    group: str
    key: str
    op: Op
    lo: float
    hi: float
    step: float


@dataclass(frozen=True)
class _Several:
    """A lever over several keys, or one with a name or ends of its own; ``rule.key`` is its code."""

    rule: _Rule
    keys: tuple[str, ...]
    name: Term


_RULES = (
    _Rule("quotas", "quota.?", "scale", 0, 3, 0.05),
    _Rule("programmes", "quota.*.*.?", "scale", 0, 3, 0.05),
    _Rule("capacity", "institutions.?.capacity", "scale", 0.5, 3, 0.05),
    _Rule("transfers", "pathways.?.stages.?.transfer.sits", "add", -0.3, 0.3, 0.01),
    _Rule("transfers", "pathways.?.stages.?.transfer.passes", "add", -0.3, 0.3, 0.01),
    _Rule("transfers", "pathways.?.stages.?.transfer.cap", "add", -0.3, 0.3, 0.01),
    _Rule("transfers", "pathways.*.stages.*.further.sits", "add", -0.3, 0.3, 0.01),
    _Rule("transfers", "pathways.*.stages.*.further.passes", "add", -0.3, 0.3, 0.01),
    _Rule("transfers", "pathways.*.stages.*.further.exempt", "scale", 0, 3, 0.05),
    _Rule("transfers", "pathways.*.stages.*.further.recommended", "scale", 0, 3, 0.05),
    _Rule("transfers", "gates.?.local", "add", -2, 2, 0.1),
    # yearly rates differ tenfold between years of study, so that nothing could be taken off all of them alike
    _Rule("schools", "pathways.?.stages.*.dropout", "scale", 0, 2, 0.05),
    _Rule("schools", "programmes.*.order_class", "add", -0.5, 0.5, 0.05),
    _Rule("schools", "programmes.?.order_class", "add", -0.5, 0.5, 0.05),
    _Rule("rules", "rules.quota.active", "set", 0, 1, 1),
    _Rule("rules", "rules.quota.target_completion", "set", 0.5, 1, 0.01),
    _Rule("rules", "rules.quota.reach", "set", 0, 0.5, 0.01),
    _Rule("rules", "rules.quota.seats_total", "scale", 0.5, 2, 0.05),
    _Rule("rules", "rules.lists.?.active", "set", 0, 1, 1),
    _Rule("rules", "rules.warning.active", "set", 0, 1, 1),
    _Rule("rules", "rules.weak.active", "set", 0, 1, 1),
    _Rule("rules", "rules.mergers.?.active", "set", 0, 1, 1),
    _Rule("rules", "rules.long_track.active", "set", 0, 1, 1),
    _Rule("rules", "rules.long_track.share", "set", 0.1, 0.9, 0.01),
    _Rule("rules", "rules.cross_area.active", "set", 0, 1, 1),
    _Rule("rules", "rules.cross_area.share", "set", 0, 1, 0.05),
    _Rule("teachers", "teachers.pooled", "set", 0, 0.5, 0.01),
    _Rule("teachers", "teachers.kinds.?.part_time", "set", 0, 0.5, 0.01),
    _Rule("teachers", "teachers.kinds.?.hiring", "set", 0, 0.3, 0.01),
    _Rule("teachers", "teachers.kinds.?.hired_dual", "set", 0, 1, 0.05),
    _Rule("teachers", "teachers.kinds.?.trained", "scale", 0, 3, 0.05),
    _Rule("teachers", "training.person_times", "scale", 0, 3, 0.05),
    _Rule("rules", "rules.retirement.rise", "set", 0, 1, 1),
    _Rule("inflow", "areas.*.rolls.junior_survival", "scale", 0.7, 1.3, 0.01),
    _Rule("inflow", "areas.*.rolls.primary_survival", "scale", 0.7, 1.3, 0.01),
    _Rule("inflow", "areas.*.rolls.birth_survival", "scale", 0.7, 1.3, 0.01),
    _Rule("inflow", "areas.*.adult_applicants", "scale", 0, 3, 0.01),
    _Rule("inflow", "choice.alternatives.?.seats", "scale", 0.5, 1.5, 0.01),
    _Rule("demand", "industries.*.growth", "add", -0.1, 0.1, 0.005),
    _Rule("demand", "industries.?.growth", "add", -0.1, 0.1, 0.005),
    _Rule("demand", "industries.*.open_to_others", "scale", 0, 2, 0.05),
    _Rule("demand", "labour.experienced_found", "add", -0.3, 0.3, 0.01),
    _Rule("demand", "labour.leaving", "scale", 0, 2, 0.05),
    _Rule("demand", "labour.moving", "scale", 0, 2, 0.05),
    _Rule("demand", "labour.returning", "scale", 0, 3, 0.05),
    _Rule("demand", "labour.over_qualified", "add", -0.3, 0.3, 0.01),
    _Rule("demand", "labour.giving_up", "scale", 0, 2, 0.05),
)


def levers(scenario: Scenario) -> dict[str, Lever]:
    """Return the levers of a scenario by code, group by group; those that could move nothing are left out."""
    known = {path: (number, par) for path, number, par in numbers(scenario)}
    acts = _acting(scenario)
    wanted = [
        (_Rule(rule.group, key, rule.op, rule.lo, rule.hi, rule.step), (key,), None)
        for rule in _RULES for key, paths in _found(rule.key, known).items() if any(map(acts, paths))
    ]
    out: dict[frozenset[str], Lever] = {}
    for rule, keys, name in (*wanted, *((s.rule, s.keys, s.name) for s in _several(scenario, known))):
        moved = {path: known[path] for key in keys for path in _found(key, known).get(key, [])}
        lever = _lever(scenario, rule, keys, moved, name) if moved else None
        if lever:
            out.setdefault(frozenset(keys), lever)
    order = list(LEVER_GROUPS)
    return {lever.code: lever for lever in sorted(out.values(), key=lambda lever: order.index(lever.group))}


def acts_from(scenario: Scenario, lever: Lever, since: date) -> int:
    """Return the first year in which a change of this date acts: that of the date, or the next where it was read before."""
    return since.year + (_day(scenario, lever.read_on, since.year) < since)


def first_day(scenario: Scenario, lever: Lever) -> date:
    """Return the earliest day for a change: ``as_of``, or 1 January after it where that year's value was read before."""
    year = acts_from(scenario, lever, scenario.as_of)
    return scenario.as_of if year == scenario.as_of.year else date(year, 1, 1)


def lasting_day(scenario: Scenario, lever: Lever) -> date:
    """Return the earliest day from which what a lever sets stays so: no policy on the scenario sets it anew after that."""
    later = [patch.until or patch.since for number, _ in lever._numbers(scenario) for patch in number.patches]
    return min(max([first_day(scenario, lever), *later]), date(scenario.years.last, 12, 31))


def _day(scenario: Scenario, event: Event, year: int) -> date:
    return date.fromisoformat(f"{year}-{getattr(scenario.calendar, event)}")


def _in_year(scenario: Scenario, number: Number, par: Par, year: int, u: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return a number in one year [P]; its mean without ``u``."""
    return number.path(np.array([year]), par, u, [_day(scenario, par.read_on, year)])[0]


def _found(pattern: str, known: Known) -> dict[str, list[str]]:
    """Return the keys that a pattern stands for, each with the paths of its numbers."""
    wanted = pattern.split(".")
    out: dict[str, list[str]] = {}
    for path in known:
        parts = path.split(".")
        if len(parts) >= len(wanted) and all(w in ("*", "?", p) for w, p in zip(wanted, parts, strict=False)):
            key = ".".join(p if w == "?" else w for w, p in zip(wanted, parts, strict=False))
            out.setdefault(key, []).append(path)
    return out


def _acting(scenario: Scenario) -> Callable[[str], bool]:
    """Return what says whether a number can act at all: of a part with seats, of a labour market that there is."""
    rows = scenario.quota.rows
    used = {
        "pathways": {row.pathway for row in rows}, "programmes": {row.programme for row in rows},
        "institutions": {row.school for row in rows},
    }
    market = scenario.demand == "vacancies"
    ordered = market or scenario.retention.order_class.extremes(Par("log-odds", -20, 20)) != (0, 0)

    def acts(path: str) -> bool:
        first, *rest = path.split(".")
        if not rows:  # a file of tables alone
            return first == "tables"
        if first in ("industries", "labour") or path == "rules.retirement.rise":
            return market
        if first == "rules" and rest[0] not in ("quota", "retirement"):
            return rest[0] in scenario.rules.model_fields_set
        if path.endswith(".order_class"):
            return ordered and rest[0] in used["programmes"]
        if first == "gates":
            return "local" in getattr(scenario.gates, rest[0]).model_fields_set
        if first == "areas" and rest[1] == "rolls":
            return any(roll.survival == ".".join(rest[1:]) for roll in covered(scenario.areas[rest[0]]))
        return first not in used or rest[0] in used[first]

    return acts


def _several(scenario: Scenario, known: Known) -> Iterator[_Several]:
    yield from _classes(scenario)
    yield from _inflow(scenario, known)
    yield from _drivers(scenario)
    yield from _measures(scenario)
    if scenario.demand == "vacancies":
        yield from _market(scenario)


def _classes(scenario: Scenario) -> Iterator[_Several]:
    """Yield the named groups of pathways."""
    used = {row.pathway for row in scenario.quota.rows}
    for code, members in scenario.classes.items():
        keys = tuple(f"quota.{pathway}" for pathway in dict.fromkeys(members) if pathway in used)
        rule = _Rule("quotas", f"quota.{code}", "scale", 0, 3, 0.05)
        yield _Several(rule, keys, Term(*(label_of(rule.key, scenario, lang) for lang in LANGS)))


def _inflow(scenario: Scenario, known: Known) -> Iterator[_Several]:
    """Yield how many young people come, those of the place and others apart, and how many go to general high school."""
    for field, kind in (("junior_graduates", "junior"), ("general_applicants", "general")):
        for local, where, low, high in ((True, "local", 0.7, 1.3), (False, "outside", 0.0, 3.0)):
            keys = tuple(
                f"areas.{code}.{field}" for code, area in scenario.areas.items()
                if area.local is local and (area.rolls is None or field != "junior_graduates")
            )
            rule = _Rule("inflow", f"areas.{where}.{field}", "scale", low, high, 0.01)
            yield _Several(rule, keys, LEVERS[f"{kind}_{where}"])
    # where nearly all of a band go there is no room upward: the lever moves the other bands
    bands = _found("choice.general_share", known)["choice.general_share"]
    room = tuple(path for path in bands if _span(scenario, [known[path]])[1] <= FULL)
    rule = _Rule("inflow", "choice.general_share", "scale", 0.5, 1.5, 0.01)
    if room and len(room) < len(bands):
        yield _Several(rule, room, LEVERS["general_share_some"])
    else:
        yield _Several(rule, ("choice.general_share",), LEVERS["general_share"])


def _market(scenario: Scenario) -> Iterator[_Several]:
    """Yield what stands in the labour market and, where they state their own, in industries or programmes."""
    own = ("industries.*.to_graduates",) if any(i.to_graduates is not None for i in scenario.industries.values()) else ()
    rule = _Rule("demand", "labour.to_graduates", "scale", 0.5, 2, 0.05)
    yield _Several(rule, (rule.key, *own), LEVERS["to_graduates"])
    own = ("programmes.*.flexible",) if any(p.flexible is not None for p in scenario.programmes.values()) else ()
    rule = _Rule("demand", "labour.flexible", "add", -0.3, 0.3, 0.01)
    yield _Several(rule, (rule.key, *own), LEVERS["flexible"])
    rule = _Rule("demand", "labour.after_graduation", "scale", 0.5, 2, 0.05)
    yield _Several(rule, (f"{rule.key}.matched", f"{rule.key}.unmatched"), LEVERS["after_graduation"])


def _drivers(scenario: Scenario) -> Iterator[_Several]:
    """Yield the drivers: from nothing to twice today's level (two units of one that is 0), and to what any policy asks."""
    par = declared(Driver.model_fields["level"]) or SHARE
    for code, driver in scenario.retention.drivers.items():
        key = f"retention.drivers.{code}.level"
        low, high = _span(scenario, [(driver.level.patched_by(()), par)])
        changes = [change for policy in scenario.policies.values() for change in policy.changes if change.key == key]
        asked = [value for change in changes for value in (change.set, change.ramp) if value is not None]
        stands = _span(scenario, [(driver.level, par)])[1]  # with what policies make of it
        lo, hi = min(0, 2 * low, *asked), max(0, 2 * high, *asked) if low or high else max([2, 2 * stands, *asked])
        rule = _Rule("retention", key, "set", lo, hi, 10.0 ** math.floor(math.log10(hi - lo)) / 20)
        yield _Several(rule, (key,), Term(driver.title.zh, driver.title.en))


def _measures(scenario: Scenario) -> Iterator[_Several]:
    """Yield the measures that are thought to do something: up to the most that any policy asks, or to one."""
    for code, measure in scenario.measures.items():
        key = f"measures.{code}.done"
        changes = [change for policy in scenario.policies.values() for change in policy.changes if change.key == key]
        most = max([value for change in changes for value in (change.set, change.ramp) if value is not None], default=1.0)
        if measure.effects and most > 0:
            rule = _Rule("measures", key, "set", 0, most, most / 20)
            yield _Several(rule, (key,), Term(measure.title.zh, measure.title.en))


def _lever(scenario: Scenario, rule: _Rule, keys: tuple[str, ...], moved: Known, name: Term | None) -> Lever | None:
    """Return the lever over the numbers ``moved``, its ends brought within what is accepted; None where it could move nothing."""
    par = next(iter(moved.values()))[1]
    low, high = _span(scenario, moved.values())
    op, lo, hi, neutral = rule.op, rule.lo, rule.hi, 1.0 if rule.op == "scale" else 0.0
    steady = low == high and not any(number.uncertain for number, _ in moved.values())
    if op == "set" and (steady or par.unit == "switch"):
        neutral = _at_last(scenario, *next(iter(moved.values())))
        lo, hi = min(max(lo, par.lo), neutral), max(min(hi, par.hi), neutral)
    elif op == "scale":
        hi = _down(min(hi, par.hi / high, *_room(scenario, keys)), rule.step) if high > 0 else lo
    else:
        if op == "set":  # what is uncertain, or moves by itself, keeps that: it is moved as it is
            op, lo, hi = "add", lo - low, hi - high
        lo, hi = 0.0 - _down(-max(lo, par.lo - low), rule.step), _down(min(hi, par.hi - high), rule.step)
    if lo >= hi:
        return None
    return Lever(
        code=rule.key, name=name or Term(*(label_of(keys[0], scenario, lang) for lang in LANGS)), keys=keys, paths=tuple(moved),
        op=op, group=rule.group, unit=par.unit, measure=_measure(scenario, keys[0], par), lo=lo, hi=hi, step=rule.step,
        neutral=neutral,
        authority=par.authority, read_on=par.read_on, decision=par.authority != "market",
    )


def _measure(scenario: Scenario, key: str, par: Par) -> Term:
    """Return what the numbers of a lever are measured in: of a driver's level the driver's own unit."""
    if key.startswith("retention.drivers."):
        driver = scenario.retention.drivers[key.split(".")[2]]
        return Term(*(driver.measured_in(lang) for lang in LANGS))
    if key.startswith("measures."):
        unit = scenario.measures[key.split(".")[1]].unit
        return Term(unit.zh, unit.en)
    return UNITS[par.unit]


def _down(value: float, step: float) -> float:
    """Return a value rounded down to whole steps."""
    return round(math.floor(value / step + 1e-9) * step, 10)


def _year_ends(scenario: Scenario) -> tuple[NDArray[np.int64], list[date]]:
    """Return the reported years [Y] and their last days, on which every change of the year is in force."""
    years = np.arange(scenario.years.first, scenario.years.last + 1)
    return years, [date(int(year), 12, 31) for year in years]


def _at_last(scenario: Scenario, number: Number, par: Par) -> float:
    years, dates = _year_ends(scenario)
    return float(number.path(years, par, None, dates)[-1, 0])


def _span(scenario: Scenario, moved: Iterable[tuple[Number, Par]]) -> tuple[float, float]:
    """Return the least and greatest mean of some numbers over the years, with the policies on them and without."""
    years, dates = _year_ends(scenario)
    values = [n.path(years, par, None, dates) for number, par in moved for n in (number, number.patched_by(()))]
    return min(float(v.min()) for v in values), max(float(v.max()) for v in values)


def _room(scenario: Scenario, keys: tuple[str, ...]) -> Iterator[float]:
    """Yield the factors up to which rates that share a whole with others may grow."""
    labour = scenario.labour
    if keys[0].endswith(".dropout"):
        for stage in scenario.pathways[keys[0].split(".")[1]].stages:
            for k in range(stage.years):
                risks = (checks.at_year(given, k) for given in (stage.dropout, stage.repeat, stage.to_general))
                own, *others = (_span(scenario, [(risk, SHARE)])[1] for risk in risks)
                if own:
                    yield (1 - sum(others)) / own
    elif labour and keys[0] in ("labour.leaving", "labour.moving"):
        most = {"labour.leaving": _most(scenario, labour.leaving), "labour.moving": _most(scenario, labour.moving)}
        own = most.pop(keys[0])
        yield (1 - sum(most.values())) / own


def _most(scenario: Scenario, number: Number) -> float:
    """Return the most that a yearly share can be drawn as; of one with a tail its mean."""
    tail = number.uncertain and (number.factor.form[0] if number.factor else number.form[0]) in ("beta", "normal")
    years, dates = _year_ends(scenario)
    return float(number.path(years, SHARE, None if tail else MOST, dates).max())
