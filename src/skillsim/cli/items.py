"""What a command works on: scenario files, policies of the file before them, runs of a store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skillsim.cli.common import all_of
from skillsim.errors import Problem, ScenarioError

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
        try:
            base.append(read(item))
        except ScenarioError as error:
            raise _neither(item, base[-1], error) if base else error from error
        return base[-1]

    return all_of(one, list(items))


def _neither(item: str, scenario: Any, error: ScenarioError) -> ScenarioError:
    """Return what is wrong with an item: where it is no file, it may be meant for a policy of the scenario before it."""
    from skillsim.scenario.checks import near
    from skillsim.scenario.reader import shipped

    told = error.problems[0]
    if (told.code, told.file) != ("file_missing", item) or not scenario.policies:
        return error
    part = next(part.strip() for part in item.split("+") if part.strip() not in scenario.policies)
    args = {"place": scenario.name, "policies": near(part, scenario.policies), "files": near(item, shipped())}
    return ScenarioError([Problem("explain_item", item, args=args)])


def in_force(item: str, policy: str | None) -> Any:
    """Return the scenario of a file or a shipped name, with a policy (or a+b) in force where one is named."""
    (scenario,) = scenarios_of([item])
    return scenario.vary(policy) if policy else scenario


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
