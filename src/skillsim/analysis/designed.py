"""A place at chosen values of its uncertain numbers, one column each: what sensitivity and calibration evaluate."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skillsim.analysis.running import MAX_THREADS, SEED, Progress, Stopped
from skillsim.engine.inputs import Inputs
from skillsim.engine.intercepts import intercepts
from skillsim.engine.layout import Layout, lay_out
from skillsim.engine.run import Snapshot
from skillsim.engine.simulate import expected, warm_start
from skillsim.results.indicators import Values
from skillsim.scenario.types import Scenario, numbers

Floats = NDArray[np.float64]
AT_ONCE = 100  # columns


@dataclass(frozen=True)
class Place:
    """A scenario made ready: its structure, and where it stands before the first reported year."""

    scenario: Scenario
    layout: Layout
    start: Snapshot
    seed: int


def ready(scenario: Scenario, seed: int = SEED) -> Place:
    """Make a scenario ready to be evaluated."""
    layout = lay_out(scenario)
    return Place(scenario, layout, warm_start(scenario, seed, layout), seed)


def groups(scenario: Scenario, held: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the uncertain numbers of a scenario that move by themselves: paths by name.

    Numbers with one word under ``shared`` move together and are named ``shared:word``; any other by its path.
    """
    left, out = set(held), dict[str, list[str]]()
    for path, number, _ in numbers(scenario):
        if number.uncertain and path not in left:
            out.setdefault(f"shared:{number.shared}" if number.shared else path, []).append(path)
    return {name: tuple(paths) for name, paths in out.items()}


def evaluate(
    place: Place, points: Mapping[str, Floats], read: Callable[[Values], Floats], threads: int | None = None,
    progress: Progress | None = None, stop: threading.Event | None = None,
) -> Floats:
    """Run the model on the expectation source at points of its uncertain numbers.

    Parameters
    ----------
    points : by the name of a group (:func:`groups`) the probabilities in (0, 1) [N] at which its numbers are taken from their
        distributions; groups that are not named stay at their means
    read : what is wanted of some columns, their number last
    threads : how many run at once; by default one for each core
    progress : called with (points done, of all)

    Returns
    -------
    what ``read`` gave [..., N], in the order of the points: means over what happens to students, no process chance

    Raises
    ------
    Stopped
        when asked to stop between two blocks
    """
    members, n = groups(place.scenario), len(next(iter(points.values())))
    given = {path: u for name, u in points.items() for path in members[name]}
    cuts = np.array_split(np.arange(n), -(-n // AT_ONCE))
    done = 0

    def work(at: NDArray[np.int64]) -> Floats:
        if stop is not None and stop.is_set():
            raise Stopped
        years = place.scenario.years
        inputs = Inputs(
            place.scenario, place.layout, years.first, years.last, np.arange(len(at)), place.seed,
            given={path: u[at] for path, u in given.items()},
        )
        return read(Values(inputs, expected(inputs, place.start, intercepts(inputs, place.start).alpha), 1))

    out = []
    with ThreadPoolExecutor(threads if threads is not None else min(os.cpu_count() or 1, MAX_THREADS)) as pool:
        for at, found in zip(cuts, pool.map(work, cuts), strict=True):
            out.append(found)
            done += len(at)
            if progress is not None:
                progress(done, n)
    return np.concatenate(out, axis=-1)
