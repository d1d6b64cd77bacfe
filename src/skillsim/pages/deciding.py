"""What the pages that help to decide ask of the model, through the queue: the cheapest mix of levers, what each contributes, what
a figure is worth, what matters most, and whether the program reproduces what was published."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from skillsim.analysis.attribution import shapley, told
from skillsim.analysis.designed import groups
from skillsim.analysis.ground import ground_key
from skillsim.analysis.running import Stopped, run
from skillsim.analysis.trials import Handle
from skillsim.pages.queue import Job
from skillsim.pages.work import QUICK, SEED, bare, ground, key_of, levers_of, queue, scenario_of, unmoved
from skillsim.report.shown import kind_of
from skillsim.results import statistics
from skillsim.results.result import Result
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.levers import Lever, acts_from
from skillsim.scenario.types import Scenario

FEW_PARTS = 3  # policies and levers whose parts are quick work: 8 runs of few replications
Part = tuple[str, float, tuple[float, float], bool]
POINTS = 100  # percentage points in a whole
WAN = 1e4  # yuan in the unit in which money is typed and shown


@dataclass(frozen=True)
class Contributions:
    """What each policy and lever of a draft contributes to a target's mean: ``parts`` (what, part, half width of its 95 %
    interval), the policies first; ``start`` and ``end`` the means without and with all, ``orders`` how many orders were sampled
    (0: all were taken)."""

    parts: tuple[tuple[str, float, float], ...]
    start: float
    end: float
    orders: int


def contributions(session: str, draft: Draft, target: str) -> Job:
    """Ask what each policy and lever of a draft contributes to a target, whatever the order in which they come."""
    start = bare(draft)
    names = [*(f"policy {code}" for code in draft.policies), *(f"lever {move.code}" for move in draft.changes)]

    def work(tick: Any, stop: threading.Event, threads: int) -> Contributions:
        asked, shared = scenario_of(start).targets[target], ground(scenario_of(start), QUICK, stop)
        last: Result | None = None

        def value(chosen: frozenset[str]) -> Any:
            nonlocal last
            scenario = scenario_of(replace(
                start, policies=tuple(code for code in draft.policies if f"policy {code}" in chosen),
                changes=tuple(move for move in draft.changes if f"lever {move.code}" in chosen),
            ))
            known = shared if ground_key(scenario, SEED) == shared.key else None
            last = run(scenario, QUICK, SEED, 1, stop=stop, ground=known, like=last)[0]
            return last.replicate(asked.indicator, asked.of)[asked.year - scenario.years.first]

        found = shapley(names, value, progress=tick)
        parts = []
        for name, values, sampling in zip(names, found.values, found.sampling_error, strict=True):
            mean, low, high, *_ = told(values, float(sampling), found.permutations)
            parts.append((name, mean, half(low, high)))
        first, last_mean = float(statistics.mean(found.start)), float(statistics.mean(found.end))
        return Contributions(tuple(parts), first, last_mean, found.permutations)

    return queue().ask(session, "parts", ("parts", key_of(draft), target), work, "quick" if len(names) <= FEW_PARTS else "long")


@dataclass(frozen=True)
class Question:
    """What is sought: the ``targets`` that are to be as likely as ``probability``; ``levers`` with their bounds and price in
    10,000 yuan (where amounts are told in per cent, for each percentage point), none where those that do most are to be chosen;
    a ``budget`` in 10,000 yuan; whose levers may be moved (blank: anybody's)."""

    targets: tuple[str, ...]
    probability: float
    levers: tuple[tuple[str, float, float, float], ...]
    budget: float | None
    authority: str

    def rest(self, draft: Draft) -> Draft:
        """Return what the levers are moved from: a draft without moves of those asked about; where none is named, of any."""
        mine = {code for code, *_ in self.levers}
        return replace(unmoved(draft), changes=tuple(move for move in draft.changes if mine and move.code not in mine))


def seek(session: str, draft: Draft, question: Question, replications: int) -> Job:
    """Ask for the cheapest mix of levers that makes targets as likely as wished."""
    rest = question.rest(draft)

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        from skillsim.analysis.seek import seek
        from skillsim.analysis.wishes import Move as Wanted
        from skillsim.analysis.wishes import Wish

        there = levers_of(scenario_of(unmoved(draft)))
        moves = [
            Wanted(code, lo, hi, price * WAN * (POINTS if in_points(there[code]) else 1))
            for code, lo, hi, price in question.levers
        ]
        return seek(
            scenario_of(rest), [Wish(code, question.probability) for code in question.targets], moves,
            None if question.budget is None else question.budget * WAN, question.authority, replications, SEED, threads, tick,
            stop,
        )

    return queue().ask(session, "seek", ("seek", key_of(rest), question, replications), work, "long")


def as_move(one: Handle, amount: float, scenario: Scenario, lever: Lever) -> Move:
    """Return a handle at an amount as a move of the place's own ``lever``: to what policies in force change over time a handle
    adds, and the place's lever sets it, which is the same from the day on which a handle acts."""
    if lever.op != one.lever.op:
        amount = round(one.lever.outcome(amount, one.lever.baseline(scenario, acts_from(scenario, one.lever, one.since))), 10)
    return Move(one.code, amount, one.since)


def in_points(lever: Lever) -> bool:
    """Say whether a lever's amounts are told in per cent."""
    return lever.op == "scale" or kind_of(lever.unit) == "share"


def certain(scenario: Scenario) -> bool:
    """Say whether a scenario has no figure that is not known."""
    return not scenario.uncertainty.parameters or not groups(scenario)


def study(session: str, draft: Draft, target: str, replications: int, deep: bool) -> Job:
    """Ask what a target hangs on: what each unknown figure is worth; if ``deep``, how much every one of them moves it."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        from skillsim.analysis.sensitivity import study

        return study(
            scenario_of(draft), [target], replications, SEED, threads, quick=not deep, progress=tick, stop=stop,
        )

    return queue().ask(session, f"study {deep}", study_key(draft, target, replications, deep), work, "long")


def study_key(draft: Draft, target: str, replications: int, deep: bool) -> tuple[str, str, str, int, bool]:
    """Return what tells one such wish from another."""
    return "study", key_of(draft), target, replications, deep


def parts_of_variance(indexed: pd.DataFrame, output: str) -> tuple[list[Part], float]:
    """Return the part of an output's variance that is left with all but one figure known, its interval and whether it is clear of
    chance, by the names of figures; and what a figure without any part reaches by chance."""
    from skillsim.analysis.sensitivity import DUMMY, SMALL

    mine = indexed[indexed["output"] == output]
    figures = (mine[column].astype(float).tolist() for column in ("ST", "ST_conf"))
    each = list(zip(mine["name"].astype(str).tolist(), *figures, mine["clear"].astype(bool).tolist(), strict=True))
    floor = max(next(part + half for name, part, half, _ in each if name == DUMMY), SMALL)
    return [(name, part, (max(part - half, 0.0), part + half), clear) for name, part, half, clear in each if name != DUMMY], floor


def examples(session: str) -> Job:
    """Ask for the published examples, worked again."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        from skillsim.analysis.reproduce import reproduce

        return reproduce(progress=ticking(tick, stop))

    return queue().ask(session, "examples", ("examples",), work, "long")


def past(session: str) -> Job:
    """Ask for the forecasts of past figures, the scores of them all, and what places are called in Chinese."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        from skillsim.analysis.backtest import backtest, pooled, read_figures

        figures = read_figures()
        cases = backtest(progress=ticking(tick, stop))
        names = dict(zip(figures["place"], figures["zh"], strict=True)) if "zh" in figures else {}
        return cases, pooled(cases), names

    return queue().ask(session, "past", ("past",), work, "long")


def ticking(tick: Any, stop: threading.Event) -> Any:
    """Return what tells of progress, and stops where work itself knows no stop."""

    def told(done: int, of: int) -> None:
        if stop.is_set():
            raise Stopped
        tick(done, of)

    return told


def half(low: float, high: float) -> float:
    """Return half the width of an interval."""
    return (high - low) / 2
