"""What a command works on: scenario files, policies of the file before them, runs of a store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skillsim.cli.common import all_of
from skillsim.errors import ScenarioError

Tick = Callable[[int, int], None]


def scenarios_of(items: Sequence[str]) -> list[Any]:
    """Return the scenario of each item: a file, a shipped name, or policies of the file before it.

    Raises
    ------
    ScenarioError
        with the problems of all.
    """
    from skillsim.scenario.reader import read

    base: list[Any] = []

    def one(item: str) -> Any:
        if base and all(part.strip() in base[-1].policies for part in item.split("+")):
            return base[-1].vary(item, called=f"{base[-1].name}:{item}" if len(base) > 1 else None)
        base.append(read(item))
        return base[-1]

    return all_of(one, list(items))


def results_of(
    items: Sequence[str], store: Path | None, replications: int, seed: int, threads: int | None, tick: Tick | None,
    stop: threading.Event | None,
) -> list[Any]:
    """Return the result of each item, in order.

    Parameters
    ----------
    items : runs of the store (their keys, the first digits of these, or what they are called), folders of runs, or what
        :func:`scenarios_of` takes
    replications, seed : of scenarios that are run now; a run of a store has its own, and is run again where its replications
        were not kept

    Raises
    ------
    ScenarioError
        with the problems of all.
    """
    from skillsim.analysis.running import run

    known = {item: found for item in items if (found := run_in_store(item, store)) is not None}
    rest = [item for item in items if item not in known]
    made = dict(zip(rest, run(scenarios_of(rest), replications, seed, threads, tick, stop), strict=True)) if rest else {}
    return [made[item] if item in made else _result(*known[item], threads, tick, stop) for item in items]


def run_in_store(item: str, store: Path | None) -> tuple[Any, str] | None:
    """Return the store and the key of an item that is a run; None for any other."""
    from skillsim.results.store import MANIFEST, Store, open_store

    path = Path(item)
    if (path / MANIFEST).is_file() and path.absolute().parent.name == "runs":
        return Store(path.absolute().parents[1]), path.absolute().name
    if store is None:
        return None
    found = open_store(store)
    try:
        return found, found.find(item)
    except ScenarioError as error:
        if error.problems[0].code == "run_missing":
            return None
        raise


def _result(store: Any, key: str, threads: int | None, tick: Tick | None, stop: threading.Event | None) -> Any:
    from skillsim.analysis.running import run

    if store.has(key, kept=True):
        return store.result(key)
    said = store.manifest(key)
    return run(store.scenario(key), said["replications"], said["seed"], threads, tick, stop)[0]
