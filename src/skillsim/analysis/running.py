"""From scenarios to results: the one road to a number for the terminal, the page, batches and benchmarks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import thread_time

import numpy as np

from skillsim.analysis.ground import (
    Early,
    Ground,
    common,
    ground_key,
    open_from,
    refuse,
    same_students,
    share_short,
    short_of_vacancies,
)
from skillsim.chance import fill
from skillsim.engine.history import History, side_by_side
from skillsim.engine.inputs import inputs_for
from skillsim.engine.layout import Layout
from skillsim.engine.planning import logged, warns
from skillsim.engine.run import Snapshot, joined
from skillsim.engine.simulate import Made, begin, columns_of, simulate
from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import Result
from skillsim.scenario.types import Scenario

REPLICATIONS = 400
SEED = 20250401
MAX_REPLICATIONS = 20_000
MAX_SEED = 2**63 - 1
MAX_THREADS = 64
# Replications at a time.  The fixed work of a chunk is that of some 20 replications, and arrays that fit into the caches are the
# fastest: as many as keep the widest array below WIDE cells, but FEW at least where that keeps it below WIDEST.
CHUNK, FEW = 1_000, 50
WIDE, WIDEST = 750_000, 40_000_000

Progress = Callable[[int, int], None]


class Stopped(Exception):  # noqa: N818
    """The run was asked to stop between two chunks."""


@dataclass(frozen=True, kw_only=True)
class Ran(Result):
    """A result that others can be run like: ``ground`` is the key of its ground, ``made`` its draws by what they are for.
    ``drawn`` are those that were not known beforehand, ``seconds`` the processor time that their replications took."""

    ground: str
    made: Made
    drawn: Made
    seconds: float

    @property
    def statistics(self) -> dict[str, float]:
        """Return the draws made, and the processor time of the replications and of the draws within them (s), without what was
        known beforehand."""
        return {"draws": self.drawn.draws, "seconds": self.seconds, "seconds_in_draws": self.drawn.seconds}


def run(
    scenarios: Scenario | Sequence[Scenario], replications: int = REPLICATIONS, seed: int = SEED, threads: int | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None, held: frozenset[str] = frozenset(),
    ground: Ground | None = None, like: Result | None = None,
) -> list[Result]:
    """Run scenarios on the same random keys.

    Parameters
    ----------
    scenarios : one scenario or several; several share their keys, so that differences are paired
    replications : even; two share one parameter draw
    seed : whole number; the same seed gives the same bytes, whatever the threads
    threads : how many run at once; by default one for each core
    progress : called with (replications done, of all) between chunks
    stop : set it to stop between chunks
    held : paths of uncertain numbers that stay at their means
    ground : what :func:`ground_for` gave for a variant of the scenarios; what it holds is not computed again
    like : a result of a variant: where it has the same ground, as many replications and, number by number, the same students,
        their ways are not drawn again; else it is left out of account

    Neither ``ground`` nor ``like`` changes a byte of the results.

    Returns
    -------
    one :class:`~skillsim.results.result.Result` for each scenario, in order

    Raises
    ------
    ScenarioError
        for replications, seed or threads out of bounds, two scenarios of one name, or a base rate that can't come out
    ValueError
        when the ground is that of other scenarios, another seed, other held numbers, or fewer replications
    InvariantError
        when the ledger does not balance (ours, not the scenario's)
    Stopped
        when asked to stop
    """
    todo = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    workers = threads if threads is not None else min(os.cpu_count() or 1, MAX_THREADS)
    _check(todo, replications, seed, workers)
    keys = [ground_key(scenario, seed, held) for scenario in todo]
    if ground is not None and (set(keys) != {ground.key} or replications > ground.replications):
        raise ValueError("the ground is not that of these scenarios, seed, held numbers and replications")
    found = {} if ground is None else {ground.key: ground}
    for scenario, key in zip(todo, keys, strict=True):
        if key not in found:
            found[key] = common(scenario, key, replications, seed, held)
    grounds = [found[key] for key in keys]
    solved = [one.solved_for(replications) for one in grounds]
    short = [short_of_vacancies(blocks) for blocks in solved]
    lacking = [share_short(blocks) for blocks in solved]
    refuse(todo, short, lacking)
    spans = chunks(replications, workers, len(todo), max(_width(one.layout) for one in grounds))
    if ground is not None:
        _count(todo[0], ground, replications, seed, held, workers, stop)
    likes = [
        like if isinstance(like, Ran) and (like.ground, like.replications) == (key, replications)
        and scenario.uncertainty.process and same_students(scenario, like.scenario) else None
        for scenario, key in zip(todo, keys, strict=True)
    ]
    histories = [
        _prepared(scenario, one, known, replications) for scenario, one, known in zip(todo, grounds, likes, strict=True)
    ]
    drawn: list[list[Made]] = [[] for _ in todo]
    spent = [0.0 for _ in todo]
    done = 0

    def work(i: int, first: int, count: int) -> tuple[int, int, Made, float]:
        if stop is not None and stop.is_set():
            raise Stopped
        began = thread_time()
        scenario, one = todo[i], grounds[i]
        early = one.early
        start = one.start if early is None else early.place.part(columns_of(scenario, first, count))
        part = histories[i].part(first, count)  # columns of its own: chunks never meet
        _, made = simulate(
            scenario, seed, first, count, start, one.layout, held, one.alpha(first, count), part,
            None if early is None else early.year, likes[i] is not None, one.inputs,
        )
        return i, count, made, thread_time() - began

    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(work, i, first, count) for i in range(len(todo)) for first, count in spans]
        try:
            for job in as_completed(jobs):
                i, count, made, seconds = job.result()
                drawn[i].append(made)
                spent[i] += seconds
                done += count
                if progress is not None:
                    progress(done, replications * len(todo))
        except BaseException:
            for job in jobs:
                job.cancel()
            raise
    out: list[Result] = []
    for i, scenario in enumerate(todo):
        pairs = np.arange(replications // 2) if scenario.uncertainty.parameters else None
        years, one = scenario.years, grounds[i]
        inputs = inputs_for(scenario, years.first, years.last, pairs, seed, one.layout, held, one.inputs)
        early, known = one.early, likes[i]
        mine = _sum(drawn[i])
        made = _sum([mine, *([early.made[replications]] if early is not None else [])])
        if known is not None:
            made = made._replace(students=known.made.students)
        shares = {key: one.share for key, one in short[i].items()}
        out.append(Ran(
            scenario, seed, replications, made.draws, inputs, histories[i], short=shares, short_in_all=lacking[i],
            ground=keys[i], made=made, drawn=mine, seconds=spent[i],
        ))
    return out


def ground_for(
    scenario: Scenario, replications: int, seed: int = SEED, threads: int | None = None, stop: threading.Event | None = None,
    held: frozenset[str] = frozenset(),
) -> Ground:
    """Return what all variants of a scenario share in runs of up to so many replications.

    Raises
    ------
    ScenarioError, InvariantError, Stopped
        as :func:`run`.
    """
    workers = threads if threads is not None else min(os.cpu_count() or 1, MAX_THREADS)
    _check([scenario], replications, seed, workers)
    if stop is not None and stop.is_set():
        raise Stopped
    ground = common(scenario, ground_key(scenario, seed, held), replications, seed, held)
    refuse([scenario], [short_of_vacancies(ground.solved)], [share_short(ground.solved)])
    year = open_from(scenario)
    if year <= scenario.years.first:
        return ground
    chances, spans = scenario.uncertainty, [(0, replications)]
    if chances.process or chances.parameters:  # one column of means for all replications is not cut
        spans = chunks(replications, workers, 1, _width(ground.layout))
    parts = _early(scenario, ground, seed, held, spans, workers, stop)
    histories, places, made = zip(*parts, strict=True)
    return replace(ground, early=Early(year, side_by_side(histories), joined(places), {replications: _sum(made)}))


def _early(
    scenario: Scenario, ground: Ground, seed: int, held: frozenset[str], spans: Sequence[tuple[int, int]], workers: int,
    stop: threading.Event | None,
) -> list[tuple[History, Snapshot, Made]]:
    """Run the early years of some replications; see :func:`skillsim.engine.simulate.begin`."""

    def work(span: tuple[int, int]) -> tuple[History, Snapshot, Made]:
        if stop is not None and stop.is_set():
            raise Stopped
        alpha = ground.alpha(*span)
        return begin(scenario, seed, *span, ground.start, open_from(scenario), ground.layout, held, alpha, ground.inputs)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, spans))


def _count(
    scenario: Scenario, ground: Ground, replications: int, seed: int, held: frozenset[str], workers: int,
    stop: threading.Event | None,
) -> None:
    """See to it that the draws of the early years of so many replications are known; they are made again where they are not."""
    early = ground.early
    if early is None or replications in early.made:
        return
    spans = chunks(replications, workers, 1, _width(ground.layout)) if scenario.uncertainty.process else []
    parts = _early(scenario, ground, seed, held, spans, workers, stop)
    early.made[replications] = _sum(made for _, _, made in parts)


def _sum(made: Iterable[Made]) -> Made:
    return Made(*(sum(each) for each in zip(Made(0, 0), *made, strict=True)))


def _prepared(scenario: Scenario, ground: Ground, known: Ran | None, replications: int) -> History:
    """Return a history to record in, with all that is known beforehand in it."""
    years = scenario.years.last - scenario.years.first + 1
    dtype = np.int32 if scenario.uncertainty.process else np.float64
    out = History.empty(ground.layout, years, replications, dtype, logged(scenario), warns(scenario))
    if known is not None:
        out.begin_as(known.history, years)
    if ground.early is not None:
        out.begin_as(ground.early.history, ground.early.year - scenario.years.first)
    return out


def _width(layout: Layout) -> int:
    """Return how many cells one replication has in the widest array: who comes by what he may choose."""
    choices = len(layout.gate_pools["junior"]) + len(layout.alternatives)
    return max(1, layout.bands * len(layout.areas) * choices)


def chunks(replications: int, workers: int, scenarios: int, width: int) -> list[tuple[int, int]]:
    """Return (first, count) of each chunk: even counts, so few that arrays of ``width`` cells for each replication stay small, so
    many chunks that all workers end together.  No chunk has one pair alone: of means, one column is summed in another order than
    several, and its last digits would depend on the threads."""
    pairs = replications // 2
    most = max(4, min(CHUNK, max(WIDE // width, min(FEW, WIDEST // width))))
    share = -(-workers // scenarios)
    wanted = -(-replications // (most * share)) * share
    edges = np.linspace(0, pairs, max(1, min(wanted, pairs // 2)) + 1).astype(int)
    return [(2 * int(a), 2 * int(b - a)) for a, b in pairwise(edges) if b > a]


def _whole(given: object) -> bool:
    return isinstance(given, int | np.integer) and not isinstance(given, bool)


def _check(scenarios: Sequence[Scenario], replications: int, seed: int, threads: int) -> None:
    if not all(isinstance(s, Scenario) for s in scenarios):
        raise TypeError("run takes scenarios; read them with skillsim.load")
    problems = [] if scenarios else [Problem("no_scenario")]
    if not _whole(replications) or replications % 2 or not 2 <= replications <= MAX_REPLICATIONS:
        problems.append(Problem("replications", "replications", replications, args={"limit": MAX_REPLICATIONS}))
    if not _whole(seed) or not 0 <= seed <= MAX_SEED:
        problems.append(Problem("seed", "seed", seed, args={"limit": MAX_SEED}))
    if not _whole(threads) or not 1 <= threads <= MAX_THREADS:
        problems.append(Problem("threads", "threads", threads))
    names = [s.label for s in scenarios]
    problems += [Problem("same_label", "name", n, args={"label": n}) for n in sorted({n for n in names if names.count(n) > 1})]
    if problems:
        raise ScenarioError(problems)


def compiled() -> bool:
    """Say whether the kernels were compiled by an earlier run (their cache is there)."""
    return any(Path(fill.fill_block.stats.cache_path).glob("fill.fill_block*.nbi"))
