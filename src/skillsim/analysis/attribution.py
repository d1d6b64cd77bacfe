"""What made a difference: Shapley values over paired replications (docs/model.md, What made the difference)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from skillsim.analysis.causes import By, apart, causes_of, mixed, overlaps
from skillsim.analysis.compare import verdict
from skillsim.analysis.ground import ground_key, same_students
from skillsim.analysis.running import SEED, Progress, ground_for, run
from skillsim.chance import name_keys, uniforms
from skillsim.errors import Problem, ScenarioError
from skillsim.results import statistics
from skillsim.results.result import Result, resolve, sha256_of, versions
from skillsim.results.targets import met
from skillsim.scenario import checks
from skillsim.scenario.types import Scenario, Target

Floats = NDArray[np.float64]
MOST_EXACT = 6  # causes: 64 coalitions
PERMUTATIONS = 20
REPLICATIONS = 200
MOST_NAMED = 5  # places in a message


@dataclass(frozen=True)
class Parts:
    """What each cause contributes to a difference, by replication.

    ``values`` [n, ..., R] are the parts by name, ``start`` and ``end`` [..., R] what there is without any and with all of them;
    blank in all where it is blank in any coalition that was asked.  ``permutations`` is how many orders were sampled, 0 where
    all were taken; ``sampling_error`` [n, ...] the standard error of a part's mean from that; ``coalitions`` how many were
    asked.  The parts of a replication sum to its whole, sampled or not, within the rounding of such a sum.
    """

    names: tuple[str, ...]
    values: Floats
    start: Floats
    end: Floats
    permutations: int
    sampling_error: Floats
    coalitions: int

    @property
    def whole(self) -> Floats:
        """Return the difference [..., R]."""
        return self.end - self.start


def shapley(
    names: Sequence[str], value: Callable[[frozenset[str]], Floats], most_exact: int = MOST_EXACT,
    permutations: int = PERMUTATIONS, seed: int = SEED, progress: Progress | None = None,
) -> Parts:
    """Share a difference out among its causes: the mean of what each adds over all orders in which they can come (Shapley 1953).

    Up to ``most_exact`` causes by all coalitions; beyond, over orders drawn at random (Castro, Gómez and Tejada 2009), each
    together with its reverse (Mitchell, Cooper, Frank and Holmes 2022).

    Parameters
    ----------
    names : of the causes, each once; the draws of orders are keyed by them
    value : gives what there is with some of them [..., R], pairs of replications last; asked once for each coalition, in an order
        in which the first names change most often
    permutations : how many orders are sampled, reversed ones counted: even, 4 at least
    progress : called with (coalitions asked, of all)

    Raises
    ------
    ValueError
        when a name comes twice or the number of permutations is odd or below 4.
    """
    n = len(names)
    if len(set(names)) < n or permutations % 2 or permutations < 4:
        raise ValueError("names must differ; the number of permutations is even, 4 at least")
    orders = None if n <= most_exact else _orders(names, permutations, seed)
    wanted = range(1 << n) if orders is None else sorted({mask for order in orders for mask in _grown(order)})
    found: dict[int, Floats] = {}
    for done, mask in enumerate(wanted, 1):
        found[mask] = np.asarray(value(frozenset(name for i, name in enumerate(names) if mask >> i & 1)), dtype=float)
        if progress is not None:
            progress(done, len(wanted))
    blank = np.logical_or.reduce([np.isnan(one) for one in found.values()])
    found = {mask: np.where(blank, np.nan, one) for mask, one in found.items()}
    start, end = found[0], found[(1 << n) - 1]
    if orders is None:
        values = np.stack([_exact(i, n, found) for i in range(n)]) if n else np.empty((0, *start.shape))
        return Parts(tuple(names), values, start, end, 0, np.zeros(values.shape[:-1]), len(found))
    added = np.stack([_added(order, found) for order in orders])
    means = added.reshape(-1, 2, n, *start.shape).mean(axis=1)  # of an order and its reverse, which don't err alike
    each = statistics.mean(means)
    error = each.std(axis=0, ddof=1) / np.sqrt(len(each))
    return Parts(tuple(names), means.mean(axis=0), start, end, permutations, error, len(found))


def _orders(names: Sequence[str], permutations: int, seed: int) -> NDArray[np.int64]:
    """Return sampled orders of the names [permutations, n], each followed by its reverse."""
    drawn = uniforms(seed, "orders of causes", 0, name_keys((name,) for name in names), 0, permutations // 2)
    one = np.argsort(drawn, axis=0).T
    return np.stack([one, one[:, ::-1]], axis=1).reshape(permutations, len(names))


def _grown(order: NDArray[np.int64]) -> list[int]:
    """Return the coalitions, as bits, through which an order runs: from none to all."""
    out = [0]
    for i in order.tolist():
        out.append(out[-1] | 1 << i)
    return out


def _added(order: NDArray[np.int64], found: dict[int, Floats]) -> Floats:
    """Return what each cause adds [n, ..., R] where they come in an order."""
    out: list[Floats] = [np.empty(0)] * len(order)
    for i, (before, after) in zip(order.tolist(), pairwise(_grown(order)), strict=True):
        out[i] = found[after] - found[before]
    return np.stack(out)


def _exact(i: int, n: int, found: dict[int, Floats]) -> Floats:
    """Return what a cause adds on average over all orders [..., R]."""
    bit, total = 1 << i, np.zeros(found[0].shape)
    for mask in range(1 << n):
        if not mask & bit:
            total += (found[mask | bit] - found[mask]) / (n * comb(n - 1, mask.bit_count()))
    return total


# ---- two scenarios


@dataclass(frozen=True)
class Explanation:
    """What made the difference between two scenarios, for some targets.

    ``parts`` has values [n, 2, targets, R]: of the target's value, and of whether it is met (1 or 0).  ``codes`` are the
    targets; ``left_out`` those that not both have, or that ask different things.  ``paths`` are the numbers of each cause.
    """

    start: Scenario
    end: Scenario
    by: By
    codes: tuple[str, ...]
    left_out: tuple[str, ...]
    parts: Parts
    paths: Mapping[str, tuple[str, ...]]
    replications: int
    seed: int

    def table(self) -> pd.DataFrame:
        """Return the part of each cause in each target, the largest first.

        Columns: target, quantity (value; probability, where the target asks a number), group (its code: of the groups, a lever or
        number, a policy), part (mean), low, high (95 % interval, with the error of sampled orders), mcse, sampling_error,
        verdict (as of :func:`~skillsim.analysis.compare.verdict`).  The parts sum to ``whole`` of :meth:`totals`.
        """
        rows = []
        for q, i, code, quantity in self._asked():
            values, errors = self.parts.values[:, q, i], self.parts.sampling_error[:, q, i]
            found = [
                (code, quantity, name, *told(of, float(error), self.parts.permutations))
                for name, of, error in zip(self.parts.names, values, errors, strict=True)
            ]
            rows += sorted(found, key=lambda row: (-abs(row[3]), row[2]))
        return pd.DataFrame(rows, columns=list(PART_COLUMNS))

    def totals(self) -> pd.DataFrame:
        """Return where each target starts and ends.

        Columns: target, quantity, start, end (means), whole (their difference), low, high (95 % interval), mcse, verdict.
        """
        rows = []
        for q, i, code, quantity in self._asked():
            start, end = self.parts.start[q, i], self.parts.end[q, i]
            whole, low, high, mcse, _, judged = told(end - start)
            means = float(statistics.mean(start)), float(statistics.mean(end))
            rows.append((code, quantity, *means, whole, low, high, mcse, judged))
        return pd.DataFrame(rows, columns=list(TOTAL_COLUMNS))

    def manifest(self) -> dict[str, Any]:
        """Return what was asked, of which scenarios, and with which versions."""
        return {
            "analysis": "explain", "by": self.by, "targets": list(self.codes), "left_out": list(self.left_out),
            "changes": {name: list(paths) for name, paths in self.paths.items()},
            "orders": self.parts.permutations, "combinations": self.parts.coalitions, "replications": self.replications,
            "seed": self.seed, "versions": dict(versions()),
            "scenarios": [{"name": one.label, "sha256": sha256_of(resolve(one))} for one in (self.start, self.end)],
        }

    def _asked(self) -> Iterator[tuple[int, int, str, str]]:
        for i, code in enumerate(self.codes):
            for q, quantity in enumerate(("value", "probability")):
                if quantity == "value" or self.start.targets[code].direction != "show":
                    yield q, i, code, quantity


PART_COLUMNS = ("target", "quantity", "group", "part", "low", "high", "mcse", "sampling_error", "verdict")
TOTAL_COLUMNS = ("target", "quantity", "start", "end", "whole", "low", "high", "mcse", "verdict")


def told(
    values: Floats, sampling_error: float = 0.0, permutations: int = 0,
) -> tuple[float, float, float, float, float, str]:
    """Return mean, low, high (95 % interval), mcse, the sampling error, and what they say of some differences [R].

    The errors of the replications and of sampled orders have degrees of freedom of their own (Welch 1947; Satterthwaite 1946).
    """
    mcse = float(statistics.clustered_error(values))
    pairs = int((~np.isnan(statistics.pair_means(values))).sum())
    centre = float(statistics.mean(values))
    both = np.square([mcse, sampling_error])
    free = np.array([pairs - 1, max(permutations // 2 - 1, 1)])
    half = 0.0 if pairs > 1 else np.nan
    if pairs > 1 and both.any():
        half = float(stdtrit(both.sum() ** 2 / (both**2 / free).sum(), 0.975) * np.sqrt(both.sum()))
    said = verdict(values * 0.0, values)
    if said in ("higher", "lower") and abs(centre) <= half:
        said = "noise"
    return centre, centre - half, centre + half, mcse, sampling_error, said


def explain(
    a: Scenario, b: Scenario, by: By = "group", codes: Sequence[str] | None = None, replications: int = REPLICATIONS,
    seed: int = SEED, threads: int | None = None, permutations: int = PERMUTATIONS, progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Explanation:
    """Return which of the numbers in which two scenarios differ made the difference of their targets.

    The causes are put from ``a`` to ``b`` in every combination, or in sampled orders where there are more than six
    (:func:`shapley`), each combination run on the same random keys.

    Parameters
    ----------
    a, b : scenarios of one structure, which differ in numbers: written ones, or what policies make of them
    by : what is one cause: a group of numbers, those that a lever moves, or the changes of a policy
    codes : of targets; by default all that ask the same in both
    progress : called with (combinations run, of all)

    Raises
    ------
    ScenarioError
        when the scenarios differ in more than numbers, for a target that not both have, for what :func:`run` refuses, or when a
        combination is not a possible scenario
    Stopped
        when asked to stop
    """
    shared = [code for code, target in a.targets.items() if code in b.targets and _asks(target) == _asks(b.targets[code])]
    problems = [Problem("explain_by", "by", by, args={"choices": ", ".join(get_args(By))})] if by not in get_args(By) else []
    problems += [Problem("explain_orders", "orders", permutations)] if permutations % 2 or permutations < 4 else []
    problems += [checks.unknown("explain_target", "target", code, shared) for code in codes or () if code not in shared]
    problems += [] if shared else [Problem("explain_no_target", args={"a": a.label, "b": b.label})]
    places = apart(a, b)
    if places:
        shown = ", ".join(places[:MOST_NAMED]) + (" …" if len(places) > MOST_NAMED else "")
        problems.append(Problem("explain_structure", args={"a": a.label, "b": b.label, "places": shown}))
    elif by == "policy":
        problems += overlaps(a, b)
    if problems:
        raise ScenarioError(problems)
    causes = causes_of(a, b, by)
    asked = tuple(dict.fromkeys(codes or shared))
    targets = [a.targets[code] for code in asked]
    ground, last = None, list[Result]()

    def value(chosen: frozenset[str]) -> Floats:
        nonlocal ground
        one = mixed(a, b, causes, chosen)
        ground = ground or ground_for(one, replications, seed, threads, stop)
        fitting = ground if ground_key(one, seed) == ground.key else None
        last[:] = run(one, replications, seed, threads, None, stop, ground=fitting, like=last[0] if last else None)
        values = np.stack([last[0].replicate(t.indicator, t.of)[t.year - a.years.first] for t in targets])
        return np.stack([values, [met(target, each) for target, each in zip(targets, values, strict=True)]])

    # those that leave students as they are change most often: their ways are then not drawn again
    names = sorted(causes, key=lambda name: not same_students(a, mixed(a, b, causes, frozenset([name]))))
    parts = shapley(names, value, permutations=permutations, seed=seed, progress=progress)
    left = tuple(code for code in dict.fromkeys([*a.targets, *b.targets]) if code not in shared)
    paths = {name: tuple(dict.fromkeys(path for path, _ in causes[name])) for name in names}
    return Explanation(a, b, by, asked, left, parts, paths, replications, seed)


def _asks(target: Target) -> dict[str, Any]:
    """Return what a target asks, without how it is called and where it stands."""
    return target.model_dump(exclude={"title", "clause", "year_stated"})
