"""What a planner asks of goal seek, checked whole before anything is run (docs/model.md, Goal seek)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import get_args

from skillsim.analysis.effects import rankings
from skillsim.analysis.track import goal
from skillsim.analysis.trials import MIX, Handle, Wish, acting_day, handle, moved
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario import checks
from skillsim.scenario.levers import Lever, first_day, levers
from skillsim.scenario.numbers import Authority
from skillsim.scenario.types import Scenario
from skillsim.terms import LANGS, Term

MOST = 4  # levers of one search
CHOSEN = 3  # of ours
LEAST = 0.01  # of what a target is short: what a lever must bring to be chosen
GROWING = ("quotas", "programmes", "capacity", "transfers", "teachers")  # of these groups we choose only what gives more
LOSSES = ".dropout"  # of these only what loses fewer


@dataclass(frozen=True)
class Move:
    """A lever that may be moved: from ``lo`` to ``hi`` (None: its own ends), for ``price`` yuan a unit beside what the scenario's
    own items come to."""

    code: str
    lo: float | None = None
    hi: float | None = None
    price: float = 0.0


def wished(
    scenario: Scenario, wishes: Sequence[Wish], moves: Sequence[Move], budget: float | None, authority: str, seed: int,
    stop: threading.Event | None = None,
) -> tuple[tuple[Handle, ...], list[End] | None]:
    """Return the handles that a search moves and, where they were chosen here, the levers that they were chosen from.

    Raises
    ------
    ScenarioError
        with every problem of what is asked, or where no lever of anybody's decision brings the targets nearer
    """
    problems = problems_of(scenario, wishes, moves, budget, authority)
    if problems:
        raise ScenarioError(problems)
    known = levers(scenario)
    if moves:
        return _handles(scenario, known, moves), None
    codes = [one.code for one in wishes]
    ends = better_ends(scenario, decided(known, authority), codes, seed, stop)
    handles = _chosen(scenario, ends)
    if not handles:
        others = {code: one for code, one in known.items() if not one.decision}
        best = better_ends(scenario, others, codes, seed, stop)[:CHOSEN]
        titles = [scenario.targets[code].title for code in codes]
        named = Term(*(", ".join(f"“{getattr(title, lang)}”" for title in titles) for lang in LANGS))
        each = [(end.lever, f"({end.lever.code} = {end.amount:g})") for end in best]
        market = Term(*("; ".join(f"{lever.title(lang)} {to}" for lever, to in each) for lang in LANGS))
        code = "seek_nothing" if best else "seek_nothing_at_all"
        raise ScenarioError([Problem(code, args={"targets": named, "market": market})])
    return handles, ends


def problems_of(
    scenario: Scenario, wishes: Sequence[Wish], moves: Sequence[Move], budget: float | None, authority: str,
) -> list[Problem]:
    """Return everything that is wrong with what is asked."""
    known = levers(scenario)
    out = [*_of_wishes(scenario, wishes), *_of_moves(known, moves, authority)]
    if not (known if moves else decided(known, "")):
        out.append(Problem("seek_no_levers", "lever"))
    if budget is not None and not (math.isfinite(budget) and budget > 0):
        out.append(Problem("seek_budget", "budget", budget))
    if authority and authority not in get_args(Authority):
        out.append(checks.unknown("seek_no_authority", "authority", authority, get_args(Authority)))
    handles = _handles(scenario, known, [one for one in moves if one.code in known and known[one.code].unit != "switch"])
    out += [Problem("seek_bounds", one.code, f"{one.lo:g}:{one.hi:g}") for one in handles if not one.lo < one.hi]
    out += [Problem("seek_factor", one.code, one.lo) for one in handles if one.lever.op == "scale" and one.lo < 0]
    out += _overlaps(handles)
    return out or _refused(scenario, handles)


def _handles(scenario: Scenario, known: Mapping[str, Lever], moves: Sequence[Move]) -> tuple[Handle, ...]:
    return tuple(handle(scenario, known[one.code], one.lo, one.hi, one.price) for one in moves)


def _of_wishes(scenario: Scenario, wishes: Sequence[Wish]) -> Iterator[Problem]:
    if not wishes:
        yield Problem("seek_no_target", args={"known": ", ".join(scenario.targets)})
    codes = [one.code for one in wishes]
    for one in wishes:
        if one.code not in scenario.targets:
            yield checks.unknown("seek_target", "target", one.code, scenario.targets)
        elif scenario.targets[one.code].direction == "show":
            yield Problem("seek_shown", "target", one.code)
    for wrong in sorted({one.probability for one in wishes if not 0 < one.probability < 1}):
        yield Problem("seek_probability", "probability", wrong)
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Problem("seek_twice", "target", code)


def _of_moves(known: Mapping[str, Lever], moves: Sequence[Move], authority: str) -> Iterator[Problem]:
    if len(moves) > MOST:
        yield Problem("seek_many", "lever", len(moves), args={"most": MOST})
    codes = [one.code for one in moves]
    for one in moves:
        lever = known.get(one.code)
        if lever is None:
            if known:  # of a scenario without any that is said once
                yield checks.unknown("seek_lever", "lever", one.code, known)
        elif lever.unit == "switch":
            yield Problem("seek_switch", "lever", one.code)
        elif authority in get_args(Authority) and lever.authority != authority:
            yield Problem("seek_authority", "lever", one.code, args={"its": lever.authority, "asked": authority})
        if not (math.isfinite(one.price) and one.price >= 0):
            yield Problem("seek_price", one.code, one.price)
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Problem("seek_twice", "lever", code)


def _overlaps(handles: Sequence[Handle]) -> Iterator[Problem]:
    for i, one in enumerate(handles):
        for other in handles[:i]:
            if one.code != other.code and set(one.lever.paths) & set(other.lever.paths):
                yield Problem("seek_overlap", "lever", one.code, args={"other": other.code})


def _refused(scenario: Scenario, handles: Sequence[Handle]) -> list[Problem]:
    """Return what the scenario does not accept at the ends of the handles, one by one and all together."""
    out: dict[str, Problem] = {}
    alone = [
        [end if one is other else other.stands for other in handles] for one in handles for end in (one.lo, one.hi)
    ]
    for amounts in [*alone, *product(*((one.lo, one.hi) for one in handles))]:
        try:
            moved(scenario, handles, amounts)
        except ScenarioError as error:
            out |= {problem.text("en"): problem for problem in error.problems}
        if out and len(amounts) and amounts is alone[-1]:
            break
    return list(out.values())


@dataclass(frozen=True)
class End:
    """A lever at the end of its range that by itself brings targets nearer: ``gain`` is by how much, over what they are short."""

    lever: Lever
    amount: float
    since: date
    gain: float


def better_ends(
    scenario: Scenario, known: Mapping[str, Lever], codes: Sequence[str], seed: int, stop: threading.Event | None = None,
) -> list[End]:
    """Return the levers that by themselves bring targets nearer, at their better ends, on the expectation source; the one that
    brings them nearest first."""
    days = {code: acting_day(scenario, one) for code, one in known.items()}
    later = {code: day for code, day in days.items() if day != first_day(scenario, known[code])}
    gains: dict[str, float] = dict.fromkeys(known, 0.0)
    ends: dict[str, float] = {}
    for day in (None, *sorted(set(later.values()))):  # None: of each its own first day
        tables = rankings(
            scenario, {code: one for code, one in known.items() if later.get(code) == day}, since=day, stop=stop, seed=seed,
        )
        for code in codes:
            low, high = goal(scenario.targets[code])
            for row in tables[code].to_dict("records"):
                short = max(low - row["baseline"], row["baseline"] - high, 0.0) or abs(row["baseline"]) or 1.0
                if row["change"] and not math.isnan(row["gain"]):
                    gains[row["lever"]] += row["gain"] / short
                    ends[row["lever"]] = row["amount"]
    nearest = sorted((code for code in ends if gains[code] > 0), key=lambda code: (-gains[code], code))
    return [End(known[code], ends[code], days[code], gains[code]) for code in nearest]


def all_at_once(scenario: Scenario, ends: Sequence[End]) -> tuple[Scenario, int]:
    """Return the scenario with levers at their better ends all together, and how many they are; one that moves the same numbers
    as one before it, or that the scenario then refuses, is left out."""
    out, taken = scenario, set[str]()
    wish: dict[str, tuple[str, float, date]] = {}
    n = 0
    for end in ends:
        if taken & set(end.lever.paths):
            continue
        changes = end.lever.changes(end.amount, end.since, meant=True)
        more = {change.key: (end.lever.op, end.amount, end.since) for change in changes}
        with suppress(ScenarioError):
            out = scenario.vary({**wish, **more}, called=MIX)
            wish, taken, n = {**wish, **more}, taken | set(end.lever.paths), n + 1
    return out, n


def decided(known: Mapping[str, Lever], authority: str) -> dict[str, Lever]:
    """Return the levers that somebody decides (of an authority, where one is named), without switches."""
    return {
        code: one for code, one in known.items()
        if one.decision and one.unit != "switch" and one.authority in (authority or one.authority,)
    }


def _chosen(scenario: Scenario, ends: Sequence[End]) -> tuple[Handle, ...]:
    """Return the few decision levers that bring the targets nearest by themselves, from where they stand to their better end."""
    out: list[Handle] = []
    for end in ends:
        if end.gain < LEAST or len(out) == CHOSEN:
            break
        lever, stands = end.lever, handle(scenario, end.lever).stands
        harm = end.amount < stands if lever.group in GROWING else end.amount > stands and lever.code.endswith(LOSSES)
        if not harm and not any(set(lever.paths) & set(one.lever.paths) for one in out):
            out.append(handle(scenario, lever, *sorted((stands, end.amount))))
    return tuple(out)
