"""What a planner makes on the page: policies, levers and own figures on top of a place, as a value, a link and a YAML file.

A draft knows no scenario; it is laid on one.  Its file says the same in the words of the format, so that reading it gives the
same scenario.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, get_args
from urllib.parse import parse_qs, urlencode

from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.basic import Definition, Pick, Title
from skillsim.scenario.known import numbers_of
from skillsim.scenario.levers import Lever, levers
from skillsim.scenario.numbers import Source, frozen
from skillsim.scenario.policies import with_facts
from skillsim.scenario.reader import built_on, laid_on, plain
from skillsim.scenario.text import as_yaml
from skillsim.scenario.types import Change, Observed, Policy, Scenario, Written
from skillsim.terms import LANGS, phrase

LeversOf = Callable[[Scenario], Mapping[str, Lever]]
MARK = "# skillsim-draft "
MOST = {"policy": 20, "move": 100, "known": 40, "actual": 100}  # in a link
MOST_LETTERS = 300  # of one item of a link
MOST_TITLE = 100
YEARS = range(1950, 2151)
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEY = re.compile(r"[A-Za-z0-9_.*+:-]{1,250}")
PLACE = re.compile(r"\w[\w .-]{0,99}(/\w[\w .-]{0,99}){0,5}")
FIELDS = ("pathways", "levels", "programmes", "schools")
INDICATORS = get_args(Observed.model_fields["indicator"].annotation)


@dataclass(frozen=True)
class Move:
    """A lever moved: its code, by how much, from which day."""

    code: str
    amount: float
    since: date


@dataclass(frozen=True)
class Actual:
    """An actual figure of a past year, typed in: persons, or for ``local_retention`` a share by ``definition``."""

    indicator: str
    year: int
    value: float
    definition: str | None = None
    pathways: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()

    @property
    def of(self) -> dict[str, list[str]]:
        """Return which students, as plain values."""
        return {field: list(codes) for field in FIELDS if (codes := getattr(self, field))}


@dataclass(frozen=True)
class Draft:
    """A draft on top of a place.

    ``place`` is the name of a scenario; ``policies`` of it are in force; ``changes`` are levers moved; ``known`` are figures of
    the place by key (those that ``figures`` asks for take the year asked); ``observed`` are actual figures.  Without ``as_of`` it
    is the place's, moved on to the first day on which all actual figures typed in are countable.
    """

    place: str
    policies: tuple[str, ...] = ()
    changes: tuple[Move, ...] = ()
    known: tuple[tuple[str, float], ...] = ()
    observed: tuple[Actual, ...] = ()
    as_of: date | None = None
    name: str | None = None
    title: str | None = None

    def scenario(self, base: Scenario, levers_of: LeversOf = levers) -> Scenario:
        """Return the scenario that the draft makes of a place.

        Parameters
        ----------
        base : the place as read, without ``vary``
        levers_of : gives the levers of the place; a caller that keeps them passes its own

        Raises
        ------
        ScenarioError
            with every problem; paths name the draft's row: ``policy.0``, ``move.1``, ``known.0``, ``actual.2``.
        """
        laid = _Laid.of(self, base, levers_of)
        try:
            if self.known or self.observed or self.as_of:
                return built_on(base, laid.over)
            return laid.quick()
        except ScenarioError as error:
            raise ScenarioError(laid.told(problem) for problem in error.problems) from None

    def text(self, base: Scenario, levers_of: LeversOf = levers) -> str:
        """Return the draft as a scenario file; reading it gives what :meth:`scenario` gives.

        Raises
        ------
        ScenarioError
            for policies and levers as :meth:`scenario`; what is wrong with figures is told when the file is read.
        """
        over = {"extends": self.place} | _Laid.of(self, base, levers_of).over
        said = "".join(f"# {phrase('draft_file', lang)}\n" for lang in LANGS)
        return f"{MARK}{urlencode(self.query(), doseq=True)}\n{said}{as_yaml(over)}"

    def whole(self, base: Scenario, levers_of: LeversOf = levers) -> str:
        """Return the draft as a scenario file that holds its place too, and needs no other."""
        return as_yaml(laid_on(base, _Laid.of(self, base, levers_of).over))

    @classmethod
    def from_file(cls, text: str, base_of: Callable[[str], Scenario], levers_of: LeversOf = levers) -> Draft | None:
        """Return the draft of which a file was made; None for any other file, which is a place of its own.

        A file counts as a draft's only while it says what the draft says: one changed by hand is a place of its own.

        Parameters
        ----------
        text : the file
        base_of : gives the scenario of a place's name

        Raises
        ------
        ScenarioError
            where there is no such place.
        """
        first = text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")
        if not first.startswith(MARK):
            return None
        draft, problems = cls.from_query(_fields(first.removeprefix(MARK)))
        if problems or not draft.place:
            return None
        base = base_of(draft.place)
        try:
            same = plain(text) == plain(draft.text(base, levers_of))
        except ScenarioError:
            return None
        return draft if same else None

    def query(self) -> dict[str, str | list[str]]:
        """Return the draft as the fields of an address, not yet encoded."""
        found: dict[str, str | list[str]] = {
            "place": self.place, "policy": list(self.policies),
            "move": [f"{m.code}:{_short(m.amount)}@{m.since.isoformat()}" for m in self.changes],
            "known": [f"{key}:{_short(value)}" for key, value in self.known],
            "actual": [_said(row) for row in self.observed],
            "as_of": self.as_of.isoformat() if self.as_of else "", "name": self.name or "", "title": self.title or "",
        }
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_query(cls, given: Mapping[str, Any]) -> tuple[Draft, list[Problem]]:
        """Return the draft of an address, and what in it was left out because it can't be understood; other fields are not
        looked at.  Without a place, ``place`` is empty."""
        problems: list[Problem] = []

        def one(field: str, read: Callable[[str], Any]) -> Any:
            values = _values(given.get(field))
            if not values or values == [""]:
                return None
            found = _read(read, values[-1])
            if found is None:
                problems.append(Problem("draft_row", field, values[-1][:80]))
            return found

        def many(field: str, read: Callable[[str], Any]) -> tuple[Any, ...]:
            values = _values(given.get(field))
            if len(values) > MOST[field]:
                problems.append(Problem("draft_many", field, args={"n": MOST[field]}))
            found = [_read(read, value) for value in values[: MOST[field]]]
            problems.extend(Problem("draft_row", f"{field}.{i}", values[i][:80]) for i, row in enumerate(found) if row is None)
            return tuple(row for row in found if row is not None)

        draft = cls(
            place=one("place", _place) or "", policies=many("policy", _code), changes=many("move", _move),
            known=many("known", _known), observed=many("actual", _actual), as_of=one("as_of", _day), name=one("name", _code),
            title=one("title", _title),
        )
        return draft, problems

    def key(self) -> str:
        """Return a short hash, the same wherever the draft is the same."""
        return hashlib.sha256(json.dumps(self.query(), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Laid:
    """A draft laid on a place: the plain values over the place's, and which of them are the draft's own.

    ``acting`` is the place with the draft's policies; ``policy`` the name of the one that holds the levers, ``moved`` its changes
    and ``change_of`` the move of each; ``first_known`` and ``first_observed`` the positions of the draft's first rows.
    """

    draft: Draft
    base: Scenario
    acting: Scenario
    over: dict[str, Any]
    policy: str
    moved: list[Change]
    change_of: list[int]
    first_known: int
    first_observed: int

    @classmethod
    def of(cls, draft: Draft, base: Scenario, levers_of: LeversOf) -> _Laid:
        """Lay a draft on a place; refuse policies, levers and amounts that the place does not have."""
        as_of = _as_of(draft, base)
        moves, wrong = _moves(draft, levers_of(base) if draft.changes else {}, as_of, base.years.last)
        wrong += [
            checks.unknown("unknown_policy", f"policy.{i}", name, base.policies)
            for i, name in enumerate(draft.policies) if name not in base.policies
        ]
        if draft.name and not CODE.fullmatch(draft.name):
            wrong.append(Problem("pattern_code", "name", draft.name))
        if wrong:
            raise ScenarioError(wrong)
        try:
            # under the place's own order: what the draft adds to it below hides no conflict between policies
            acting = with_facts(base, draft.policies)
        except ScenarioError as error:
            raise ScenarioError(_of_policy(problem, draft) for problem in error.problems) from None
        changes = [(i, change) for i, found in moves for change in found]
        policy = next(name for n in range(1, 99) if (name := "levers" if n == 1 else f"levers_{n}") not in base.policies)
        over: dict[str, Any] = {"name": draft.name or "draft", "title": _named(draft, base)}
        known = [row for row in base.written.get("known", ()) if row["key"] not in dict(draft.known)]
        if draft.known:
            over["known"] = [*known, *(_known_row(base, key, value) for key, value in draft.known)]
        own = {_about(row, row) for row in draft.observed}
        written = zip(base.written.get("observed", ()), base.observed, strict=True)
        observed = [row for row, there in written if _about(there, there.of) not in own]
        if draft.observed:
            over["observed"] = [*observed, *map(_observed_row, draft.observed)]
        if as_of != base.as_of:
            over["as_of"] = as_of
        in_force = [*base.in_force, *draft.policies, *([policy] if changes else [])]
        # what could be decided on the place's day and can't any more
        late = [
            name for name, item in base.policies.items()
            if name not in in_force and any((change.since or as_of) < as_of for change in item.changes)
        ]
        order = [name for name in base.order if name not in late]
        if changes:
            order = [*dict.fromkeys([*order, *in_force])]
        policies: dict[str, Any] = dict.fromkeys(late)
        if changes:
            policies[policy] = {
                "title": {lang: phrase("draft_levers", lang) for lang in LANGS},
                "source": {"assumed": _both("draft_assumed")},
                "changes": [change.model_dump(by_alias=True, exclude_defaults=True) for _, change in changes],
            }
        if as_of != base.as_of:
            # a change without a day acts from the place's day on, and goes on doing so
            policies |= {name: {"changes": rows} for name in in_force if name != policy and (rows := _dated(base, name))}
        over |= {"policies": policies} if policies else {}
        over |= {"order": order} if order != base.order else {}
        over |= {"in_force": in_force} if in_force != base.in_force else {}
        moved = [change for _, change in changes]
        return cls(draft, base, acting, over, policy, moved, [i for i, _ in changes], len(known), len(observed))

    def quick(self) -> Scenario:
        """Return the scenario of a draft that only has policies and levers: nothing else of the place is checked again."""
        base, over, new = self.base, self.over, self.over.get("policies", {})
        policies = {name: Policy.model_validate({k: v for k, v in item.items() if k != "source"}) for name, item in new.items()}
        out = self.acting.model_copy(update={
            "name": over["name"], "title": Title.model_validate(over["title"]),
            "policies": frozen({**base.policies, **policies}), "order": frozen(over.get("order", base.order)),
            "in_force": frozen(over.get("in_force", base.in_force)),
        })
        sources = {f"policies.{name}": Source.model_validate(item["source"]) for name, item in new.items()}
        out._sources = {**base.sources, **sources}
        out._written = Written(laid_on(base, over))
        return with_facts(out, [*policies])

    def told(self, problem: Problem) -> Problem:
        """Return a problem of the scenario as one of the draft's row that it is about."""
        parts = problem.path.split(".")
        position = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else -1
        for field, word, first in (("known", "known", self.first_known), ("observed", "actual", self.first_observed)):
            if parts[0] == field and position >= first and getattr(self.draft, field):
                args = problem.args
                if problem.code == "known_twice" and args["row"] > first:
                    args = args | {"row": args["row"] - first}
                return replace(problem, path=".".join([word, str(position - first), *parts[2:]]), args=args)
        if parts[:3] == ["policies", self.policy, "changes"]:
            return replace(problem, path=f"move.{self.change_of[int(parts[3])]}")
        if problem.args.get("policy") == self.policy:  # a number that the levers bring out of its bounds
            touching = (i for i, c in zip(self.change_of, self.moved, strict=True) if _touches(self.base, c, problem.path))
            return replace(problem, path=f"move.{next(touching, 0)}", value=problem.path)
        if parts == ["as_of"] and self.draft.as_of is None and self.draft.observed:
            latest = max(range(len(self.draft.observed)), key=lambda i: self.draft.observed[i].year)
            return replace(problem, path=f"actual.{latest}.year", value=self.draft.observed[latest].year)
        return _of_policy(problem, self.draft)


def _touches(base: Scenario, change: Change, path: str) -> bool:
    return any(path == found for found, _, _ in numbers_of(base, change.key))


def _of_policy(problem: Problem, draft: Draft) -> Problem:
    """Return a problem of a policy under the place of that policy in the draft."""
    first, _, rest = problem.path.partition(".")
    names = [rest.partition(".")[0], problem.value, problem.args.get("b"), problem.args.get("policy")]
    at = next((draft.policies.index(name) for name in names if name in draft.policies), None)
    told_there = first in ("policies", "in_force") or problem.args.get("policy") in draft.policies
    return problem if at is None or not told_there else replace(problem, path=f"policy.{at}")


def _as_of(draft: Draft, base: Scenario) -> date:
    """Return the day before which all is decided: the draft's, or the first on which its actual figures are all counted."""
    if draft.as_of:
        return draft.as_of
    days = [
        date.fromisoformat(checks.counted_on(base, row.indicator, row.year))
        for row in draft.observed if row.indicator in INDICATORS and row.year in YEARS
    ]
    return max([base.as_of, *days])


def _moves(
    draft: Draft, known: Mapping[str, Lever], as_of: date, last: int,
) -> tuple[list[tuple[int, list[Change]]], list[Problem]]:
    """Return the changes of each move, and what is wrong with the moves."""
    out: list[tuple[int, list[Change]]] = []
    wrong: list[Problem] = []
    seen: set[str] = set()
    for i, move in enumerate(draft.changes):
        at, lever = f"move.{i}", known.get(move.code)
        if lever is None:
            wrong.append(checks.unknown("draft_lever", at, move.code, known))
            continue
        if not lever.lo <= move.amount <= lever.hi:
            wrong.append(Problem("range", at, move.amount, args=checks.between("number_of", lever.lo, lever.hi)))
            continue
        if move.since < as_of:
            wrong.append(Problem("patch_frozen", at, args={"date": move.since, "as_of": as_of}))
        if move.since.year > last:
            wrong.append(Problem("draft_late", at, move.since, args={"last": last}))
        if move.code in seen:
            wrong.append(Problem("draft_twice", at))
        seen.add(move.code)
        out.append((i, lever.changes(move.amount, move.since, meant=True)))
    return out, wrong


def _named(draft: Draft, base: Scenario) -> dict[str, str]:
    """Return the draft's title in both languages."""
    if draft.title:
        return {"zh": draft.title, "en": draft.title}
    return {lang: phrase("draft_title", lang, place=getattr(base.title, lang)) for lang in LANGS}


def _both(code: str) -> str:
    """Return a phrase in both languages: a source has one text."""
    return " / ".join(phrase(code, lang) for lang in LANGS)


def _entered() -> dict[str, str]:
    return {"published": _both("draft_source")}


def _known_row(base: Scenario, key: str, value: float) -> dict[str, Any]:
    """Return a row of ``known``; of a group, or a number by year, the figure is that of the year asked for."""
    asked = next((figure.year for figure in base.figures if figure.key == key), None)
    found = numbers_of(base, key)
    by_year = asked is not None and (len(found) > 1 or any(number.series for _, number, _ in found))
    return {"key": key, "value": value} | ({"year": asked} if by_year else {}) | {"source": _entered()}


def _observed_row(row: Actual) -> dict[str, Any]:
    out: dict[str, Any] = {"indicator": row.indicator, "year": row.year}
    out |= {"of": row.of} if row.of else {}
    out |= {"definition": row.definition} if row.definition else {}
    return out | {"value": row.value, "source": _entered()}


def _dated(base: Scenario, name: str) -> list[dict[str, Any]]:
    """Return the changes of a policy of the place, those without a day from the place's; none where each has its own."""
    rows = base.written["policies"][name]["changes"]
    if all(row.get("from") for row in rows):
        return []
    return [row if row.get("from") else row | {"from": base.as_of} for row in rows]


def _about(row: Actual | Observed, of: Actual | Pick) -> tuple[Any, ...]:
    """Return what tells an actual figure from another, whatever its value."""
    return row.indicator, row.year, row.definition, *(frozenset(getattr(of, field)) for field in FIELDS)


# ------------------------------------------------------------------------------------------------------------ as an address


def _short(value: float) -> str:
    return repr(value).removesuffix(".0")


def _said(row: Actual) -> str:
    head = ":".join([row.indicator, str(row.year), _short(row.value), *([row.definition] if row.definition else [])])
    return ";".join([head, *(f"{field}={','.join(codes)}" for field, codes in row.of.items())])


def _values(given: Any) -> list[str]:
    """Return the texts given for a field: one, or several."""
    if isinstance(given, str):
        return [given]
    return [value if isinstance(value, str) else "\0" for value in given] if isinstance(given, list | tuple) else []


def _read(read: Callable[[str], Any], text: str) -> Any:
    """Return what a text of an address says; None where it can't be understood."""
    if len(text) > MOST_LETTERS or not text.isprintable():
        return None
    try:
        return read(text)
    except ValueError:
        return None


def _fields(query: str) -> Mapping[str, list[str]]:
    try:
        return parse_qs(query, errors="strict", max_num_fields=sum(MOST.values()) + 10)
    except ValueError:
        return {}


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


def _place(text: str) -> str:
    if ".." in text:
        raise ValueError(text)
    return _matched(PLACE, text)


def _code(text: str) -> str:
    return _matched(CODE, text)


def _title(text: str) -> str:
    if not text.strip() or len(text) > MOST_TITLE:
        raise ValueError(text)
    return text


def _figure(text: str) -> float:
    value = float(_matched(re.compile(r"-?[0-9][0-9.]*(e[+-]?[0-9]{1,3})?", re.ASCII), text))
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _year(text: str) -> int:
    year = int(_matched(re.compile(r"[0-9]{4}", re.ASCII), text))
    if year not in YEARS:
        raise ValueError(text)
    return year


def _day(text: str) -> date:
    day = date.fromisoformat(_matched(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII), text))
    if day.year not in YEARS:
        raise ValueError(text)
    return day


def _move(text: str) -> Move:
    head, _, day = text.rpartition("@")
    code, _, amount = head.rpartition(":")
    return Move(_matched(KEY, code), _figure(amount), _day(day))


def _known(text: str) -> tuple[str, float]:
    key, _, value = text.rpartition(":")
    return _matched(KEY, key), _figure(value)


def _actual(text: str) -> Actual:
    head, *parts = text.split(";")
    indicator, year, value, *definition = head.split(":")
    picks: dict[str, tuple[str, ...]] = {}
    for part in parts:
        field, _, codes = part.partition("=")
        if field not in FIELDS or field in picks:
            raise ValueError(text)
        picks[field] = tuple(_code(code) for code in codes.split(","))
    if indicator not in INDICATORS or len(definition) > 1 or not set(definition) <= set(get_args(Definition)):
        raise ValueError(text)
    return Actual(indicator, _year(year), _figure(value), definition[0] if definition else None, **picks)
