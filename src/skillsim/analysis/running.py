"""From scenarios to results: the one road to a number for the terminal, the page, batches and benchmarks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from skillsim.chance import fill
from skillsim.engine.history import History
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import Solved
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.run import Snapshot
from skillsim.engine.simulate import simulate, solved_for, warm_start
from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import Result
from skillsim.scenario.types import Scenario

REPLICATIONS = 400
SEED = 20250401
MAX_REPLICATIONS = 20_000
MAX_SEED = 2**63 - 1
MAX_THREADS = 64
CHUNK = 100
MOST_SHORT = 0.2  # of the parameter draws: where vacancies keep a base rate from coming out in more, the run is refused

Progress = Callable[[int, int], None]


class Stopped(Exception):  # noqa: N818
    """The run was asked to stop between two chunks."""


def run(
    scenarios: Scenario | Sequence[Scenario], replications: int = REPLICATIONS, seed: int = SEED, threads: int | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None, held: frozenset[str] = frozenset(),
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

    Returns
    -------
    one :class:`~skillsim.results.result.Result` for each scenario, in order

    Raises
    ------
    ScenarioError
        for replications, seed or threads out of bounds, two scenarios of one name, or a base rate that can't come out
    InvariantError
        when the ledger does not balance (ours, not the scenario's)
    Stopped
        when asked to stop
    """
    todo = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    workers = threads if threads is not None else min(os.cpu_count() or 1, MAX_THREADS)
    _check(todo, replications, seed, workers)
    spans = chunks(replications, workers, len(todo))
    layouts = [lay_out(s) for s in todo]
    starts = [warm_start(s, seed, layout) for s, layout in zip(todo, layouts, strict=True)]
    histories = [
        History.empty(layout, s.years.last - s.years.first + 1, replications, np.int32 if s.uncertainty.process else np.float64)
        for s, layout in zip(todo, layouts, strict=True)
    ]
    draws = [0] * len(todo)
    solved = _intercepts(todo, replications // 2, seed, starts, layouts, held)
    short = [short_of_vacancies(blocks) for blocks in solved]
    lacking = [share_short(blocks) for blocks in solved]
    _refuse(todo, short, lacking)
    alphas = [np.concatenate([block.alpha for block in blocks], axis=1) for blocks in solved]
    done = 0

    def work(i: int, first: int, count: int) -> tuple[int, int, int]:
        if stop is not None and stop.is_set():
            raise Stopped
        mine = alphas[i] if alphas[i].shape[1] == 1 else alphas[i][:, first // 2 : (first + count) // 2]
        part = histories[i].part(first, count)  # columns of its own: chunks never meet
        _, n = simulate(todo[i], seed, first, count, starts[i], layouts[i], held, mine, part)
        return i, count, n

    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(work, i, first, count) for i in range(len(todo)) for first, count in spans]
        try:
            for job in as_completed(jobs):
                i, count, n = job.result()
                draws[i] += n
                done += count
                if progress is not None:
                    progress(done, replications * len(todo))
        except BaseException:
            for job in jobs:
                job.cancel()
            raise
    out = []
    for i, scenario in enumerate(todo):
        pairs = np.arange(replications // 2) if scenario.uncertainty.parameters else None
        inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, pairs, seed, layouts[i], held)
        shares = {key: one.share for key, one in short[i].items()}
        out.append(Result(scenario, seed, replications, draws[i], inputs, histories[i], short=shares, short_in_all=lacking[i]))
    return out


@dataclass(frozen=True)
class Short:
    """A base rate that vacancies keep from coming out: in what share of parameter draws, the rate that comes out instead
    there (mean), and the jobs that are used up."""

    share: float
    reached: float
    used_up: tuple[str, ...]


def _intercepts(
    scenarios: Sequence[Scenario], pairs: int, seed: int, starts: Sequence[Snapshot], layouts: Sequence[Layout],
    held: frozenset[str],
) -> list[list[Solved]]:
    """Return the intercepts of each scenario; those that are the same as written share theirs."""
    written = [scenario.model_dump_json() for scenario in scenarios]  # without what policies changed
    out: list[list[Solved]] = []
    for i, scenario in enumerate(scenarios):
        same = next((j for j in range(i) if written[j] == written[i]), None)
        out.append(out[same] if same is not None else solved_for(scenario, seed, pairs, starts[i], layouts[i], held))
    return out


def short_of_vacancies(blocks: Sequence[Solved]) -> dict[str, Short]:
    """Return for each stage row (pathway:stage) whose base rate vacancies bound how often they did."""
    out = {}
    for key in blocks[0].short:
        lacking = np.concatenate([block.short[key] for block in blocks])
        if lacking.any():
            reached = np.concatenate([block.reached[key] for block in blocks])
            jobs = sorted({name for block in blocks for name in block.used_up[key]})
            out[key] = Short(float(lacking.mean()), float(reached[lacking].mean()), tuple(jobs))
    return out


def share_short(blocks: Sequence[Solved]) -> float:
    """Return the share of parameter draws in which vacancies keep any base rate from coming out."""
    lacking = [np.any(list(block.short.values()), axis=0) for block in blocks if block.short]
    return float(np.concatenate(lacking).mean()) if lacking else 0.0


def _refuse(scenarios: Sequence[Scenario], short: Sequence[dict[str, Short]], shares: Sequence[float]) -> None:
    """Refuse scenarios with base rates that the vacancies of their year don't allow, save in few parameter draws."""
    problems = []
    for scenario, found, share in zip(scenarios, short, shares, strict=True):
        for key, one in found.items():
            if share <= MOST_SHORT:
                continue
            pathway, _, stage = key.partition(":")
            level = scenario.pathways[pathway].stages[int(stage)].level
            at = next(i for i, b in enumerate(scenario.retention.base) if pathway in b.pathways and b.level == level)
            base = scenario.retention.base[at]
            problems.append(Problem("base_bound", f"retention.base.{at}", args={
                "pathway": pathway, "level": level, "definition": base.definition.upper(), "year": base.year,
                "reached": f"{one.reached:.3f}", "share": f"{one.share * 100:.0f} %", "jobs": "; ".join(one.used_up) or "-",
            }))
    if problems:
        raise ScenarioError(problems)


def chunks(replications: int, workers: int, scenarios: int) -> list[tuple[int, int]]:
    """Return (first, count) of each chunk: even counts, at most 100, and enough of them for all workers."""
    pairs = replications // 2
    wanted = max(-(-replications // CHUNK), -(-workers // scenarios))
    edges = np.linspace(0, pairs, min(wanted, pairs) + 1).astype(int)
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
    """Say whether the kernels were compiled by an earlier run (their cache lies beside them)."""
    return any((Path(fill.__file__).parent / "__pycache__").glob("fill.fill_block*.nbi"))
