"""Which uncertain numbers a target's value and probability hang on, over all that they may be (docs/model.md, Sensitivity).

The functions work on any function of named probabilities; :func:`of_place` makes one of a place, :func:`readings` what is asked
of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import morris, sobol
from scipy.special import ndtr

from skillsim.analysis.designed import Place, evaluate, groups, ready
from skillsim.analysis.running import REPLICATIONS, SEED, Progress, run
from skillsim.analysis.track import goal
from skillsim.analysis.unknown import FEWEST
from skillsim.analysis.worth import worth
from skillsim.chance.designs import box, saltelli, trajectories
from skillsim.errors import Problem, ScenarioError
from skillsim.results.indicators import Values
from skillsim.results.result import Result, resolve, sha256_of, versions
from skillsim.scenario.checks import unknown
from skillsim.scenario.types import Scenario, Target

Floats = NDArray[np.float64]
Of = Callable[[Mapping[str, Floats]], Floats]
Reads = Mapping[str, Callable[[Floats], Floats]]
DUMMY, REST = "dummy", "rest"
TRAJECTORIES, SAMPLES = 8, 128
LEAST, LARGEST = (2, 8), (1_000, 16_384)  # trajectories and samples
MOST = 8  # numbers whose indices are told apart
FIRST = 3  # figures most worth collecting
SMALL = 0.005  # of the variance
LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
SCREEN_COLUMNS = ("output", "name", "mu", "mu_star", "sigma", "mu_star_conf", "clear")
INDEX_COLUMNS = ("output", "name", "S1", "S1_conf", "ST", "ST_conf", "clear")
TORNADO_COLUMNS = ("output", "name", "low", "high", "baseline")


def of_place(
    place: Place, codes: Sequence[str], threads: int | None = None, progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Of:
    """Return the values of a place's targets [targets, N] in their years as a function of the probabilities [N] at which its
    numbers are taken, by the names of :func:`~skillsim.analysis.designed.groups`: on the expectation source."""
    targets = [place.scenario.targets[code] for code in codes]
    first = place.scenario.years.first

    def read(values: Values) -> Floats:
        return np.stack([values.value(one.indicator, one.of)[one.year - first] for one in targets])

    return lambda points: evaluate(place, points, read, threads, progress, stop)


def readings(result: Result, codes: Sequence[str]) -> dict[str, Callable[[Floats], Floats]]:
    """Return what is asked of the values of targets [targets, N]: by ``code:value`` each one's value, and by
    ``code:probability``, where a number is asked, the probability that it is met."""
    out: dict[str, Callable[[Floats], Floats]] = {}
    for i, code in enumerate(codes):
        out[f"{code}:value"] = itemgetter(i)
        target = result.scenario.targets[code]
        if target.direction != "show":
            out[f"{code}:probability"] = partial(_met, i, target, process_noise(result, code))
    return out


def _met(i: int, target: Target, sd: float, values: Floats) -> Floats:
    return chance_to_meet(values[i], target, sd)


def process_noise(result: Result, code: str) -> float:
    """Return the standard deviation of a target's value with all numbers known: from the differences within pairs, which share
    their parameter draw (variance: the mean of half the squared difference); 0 where no pair has both."""
    target = result.scenario.targets[code]
    values = result.replicate(target.indicator, target.of)[target.year - result.scenario.years.first]
    halves = np.square(values[::2] - values[1::2]) / 2
    return float(np.sqrt(np.nanmean(halves))) if not np.isnan(halves).all() else 0.0


def chance_to_meet(values: Floats, target: Target, sd: float) -> Floats:
    """Return the probability that a target is met where its value is normal around ``values`` [N], with the same ``sd``
    everywhere; a blank does not meet it."""
    low, high = goal(target)
    if sd == 0:
        return np.asarray((values >= low) & (values <= high), dtype=float)
    return np.asarray(np.where(np.isnan(values), 0.0, ndtr((high - values) / sd) - ndtr((low - values) / sd)))


def screen(of: Of, names: Sequence[str], reads: Reads, count: int = TRAJECTORIES, seed: int = SEED) -> pd.DataFrame:
    """Return how much each number moves each output, by elementary effects (Morris 1991; Campolongo, Cariboni, Saltelli 2007).

    Parameters
    ----------
    of : the outputs' raw material [..., N] at probabilities [N] in (0, 1) by name
    names : the numbers
    reads : each output [N] from what ``of`` gave
    count : of trajectories; ``of`` is asked for count × (names + 2) points

    Returns
    -------
    output, name, mu, mu_star, sigma (mean, mean size and standard deviation of the effect of moving the number from its 5 to
    its 95 % point, on the scale of probabilities), mu_star_conf (half the 95 % interval of mu_star, by resampling), clear
    (mu_star less that is above what a number without any part, ``dummy``, gets).  The most effective of each output first,
    ``dummy`` among them.
    """
    within = [*names, DUMMY]
    points = trajectories(within, count, seed)
    found = of({name: points[:, i] for i, name in enumerate(names)})
    rows: list[tuple[Any, ...]] = []
    for output, read in reads.items():
        said = morris.analyze(box({name: name for name in within}), points, read(found), num_levels=4, seed=seed + 1)
        scale = np.asarray([said[what] for what in ("mu", "mu_star", "sigma", "mu_star_conf")], dtype=float)
        floor = scale[1, -1] + scale[3, -1]
        named = zip(within, scale.T, strict=True)
        mine = [(output, name, *map(float, row), bool(row[1] - row[3] > floor)) for name, row in named]
        rows += sorted(mine, key=lambda row: (-np.nan_to_num(row[3]), row[1]))
    return pd.DataFrame(rows, columns=list(SCREEN_COLUMNS))


def indices(
    of: Of, names: Sequence[str], reads: Reads, rest: Sequence[str] = (), samples: int = SAMPLES, seed: int = SEED,
) -> pd.DataFrame:
    """Return which part of each output's variance each number makes: first-order and total indices.

    First order by Saltelli et al. 2010, total by Jansen 1999, both over scrambled Sobol samples.

    Parameters
    ----------
    of, reads : as for :func:`screen`
    names : the numbers whose indices are told apart
    rest : numbers that move together, as one, named ``rest``
    samples : a power of 2; ``of`` is asked for samples × (names + 4) points (+ 3 without a rest)

    Returns
    -------
    output, name, S1 (the part that falls away if the number is known), ST (the part that is left if all others are), S1_conf and
    ST_conf (half their 95 % intervals, by resampling), clear (ST less that is above what ``dummy`` gets, and above 0.005: without
    process chance ``dummy`` gets nothing).  The most effective of each output first; blank for an output that does not vary or is
    blank somewhere.
    """
    within = {name: name for name in names} | dict.fromkeys(rest, REST) | {DUMMY: DUMMY}
    points = saltelli(within, samples, seed)
    found = of({name: points[:, i] for i, name in enumerate(within) if name != DUMMY})
    told = list(dict.fromkeys(within.values()))
    rows: list[tuple[Any, ...]] = []
    for output, read in reads.items():
        y = read(found)
        scale = np.full((4, len(told)), np.nan)
        if np.ptp(y) > 0:
            said = sobol.analyze(box(within), y, calc_second_order=False, seed=seed + 1)
            scale = np.asarray([said[what] for what in INDEX_COLUMNS[2:6]], dtype=float)
        floor = max(scale[2, -1] + scale[3, -1], SMALL)
        named = zip(told, scale.T, strict=True)
        mine = [(output, name, *map(float, row), bool(row[2] - row[3] > floor)) for name, row in named]
        rows += sorted(mine, key=lambda row: (-np.nan_to_num(row[4]), row[1]))
    return pd.DataFrame(rows, columns=list(INDEX_COLUMNS))


def tornado(of: Of, names: Sequence[str], reads: Reads) -> pd.DataFrame:
    """Return each output with each number alone at its 5 and 95 % points, the others in the middle of their distributions.

    Columns: output, name, low, high, baseline (all in the middle); the widest span of each output first.
    """
    n = len(names)
    at = np.full((2 * n + 1, n), MIDDLE)
    at[np.arange(n), np.arange(n)] = LOW
    at[n + np.arange(n), np.arange(n)] = HIGH
    found = of({name: at[:, i] for i, name in enumerate(names)})
    rows: list[tuple[Any, ...]] = []
    for output, read in reads.items():
        y = read(found)
        mine = [(output, name, float(y[i]), float(y[n + i]), float(y[-1])) for i, name in enumerate(names)]
        rows += sorted(mine, key=lambda row: (-np.nan_to_num(abs(row[3] - row[2])), row[1]))
    return pd.DataFrame(rows, columns=list(TORNADO_COLUMNS))


def most(screened: pd.DataFrame, outputs: Iterable[str], n: int = MOST) -> list[str]:
    """Return the numbers that move any of some outputs most, by their share of all effects on it; at most ``n``, without those
    that move none."""
    share: dict[str, float] = {}
    for output in outputs:
        mine = screened[(screened["output"] == output) & (screened["name"] != DUMMY)]
        whole = float(mine["mu_star"].sum())
        for name, size in zip(mine["name"], mine["mu_star"], strict=True):
            if size > 0:
                share[name] = max(share.get(name, 0.0), size / whole)
    return sorted(share, key=lambda name: (-share[name], name))[:n]


@dataclass(frozen=True)
class Study:
    """What the targets ``codes`` of a run hang on.

    ``worth``: :func:`~skillsim.analysis.worth.worth` of each target; ``bars``: :func:`tornado` of the numbers that move them
    most; ``screened``: :func:`screen` of all numbers; ``indexed``: :func:`indices` of those that move them most; both None of a
    quick study.
    """

    result: Result
    codes: tuple[str, ...]
    worth: Mapping[str, pd.DataFrame]
    bars: pd.DataFrame
    screened: pd.DataFrame | None
    indexed: pd.DataFrame | None
    trajectories: int
    samples: int

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all that was found, by the name of its file; ``output`` is target and what of it."""
        found = [table.assign(target=code) for code, table in self.worth.items()]
        more = {"screening": self.screened, "indices": self.indexed}
        return {"worth": pd.concat(found, ignore_index=True), "tornado": self.bars} | {
            name: table for name, table in more.items() if table is not None
        }

    def manifest(self) -> dict[str, Any]:
        """Return what was asked of which scenario: nothing in it differs between equal studies."""
        full = self.screened is not None
        return {
            "analysis": "sensitivity", "scenario": self.result.name, "sha256": sha256_of(resolve(self.result.scenario)),
            "policies": list(self.result.scenario.applied), "targets": list(self.codes), "seed": self.result.seed,
            "replications": self.result.replications, "trajectories": self.trajectories if full else 0,
            "samples": self.samples if full else 0, "versions": {**versions(), "SALib": version("SALib")},
        }


def study(
    scenario: Scenario, codes: Sequence[str] = (), replications: int = REPLICATIONS, seed: int = SEED, threads: int | None = None,
    count: int = TRAJECTORIES, samples: int = SAMPLES, quick: bool = False, progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Study:
    """Run a scenario and find what its targets hang on.

    Parameters
    ----------
    codes : of targets; without any the first with a number that is neither likely nor unlikely, or else the first with a number,
        or the first
    replications, seed, threads, progress, stop : as for :func:`~skillsim.analysis.running.run`, over all that is computed
    count, samples : of trajectories and of Sobol samples (a power of 2)
    quick : only the worth of figures and the tornado

    Raises
    ------
    ScenarioError
        for a target that there is not, nothing uncertain, or counts out of bounds
    """
    named = groups(scenario)
    _check(scenario, codes, named, replications, count, samples)
    columns = 0 if quick else count * (len(named) + 2) + samples * (MOST + 4)
    whole, done = replications + columns, 0

    def told(now: int, _: int) -> None:
        if progress is not None:
            progress(min(done + now, whole), whole)

    (result,) = run(scenario, replications, seed, threads, told, stop)
    codes = tuple(dict.fromkeys(codes)) or (_first(result),)
    found = {code: worth(result, code) for code in codes}
    done = replications
    of, reads = of_place(ready(scenario, seed), codes, threads, told, stop), readings(result, codes)
    screened = indexed = None
    if quick:
        asked = list(dict.fromkeys(name_of(row) for table in found.values() for row in table.head(MOST).itertuples()))
    else:
        screened = screen(of, list(named), reads, count, seed)
        done += count * (len(named) + 2)
        asked = most(screened, [f"{code}:value" for code in codes])
    bars = tornado(of, asked, reads) if asked else pd.DataFrame(columns=list(TORNADO_COLUMNS))
    if asked and not quick:
        indexed = indices(of, asked, reads, [name for name in named if name not in asked], samples, seed)
    return Study(result, codes, found, bars, screened, indexed, count, samples)


def three_first(
    result: Result, found: Mapping[str, pd.DataFrame], threads: int | None = None, stop: threading.Event | None = None,
) -> dict[str, pd.DataFrame]:
    """Return tables of :func:`~skillsim.analysis.worth.worth` by target; where fewer than three figures are clear in one, the
    others stand by how far each moves the mean from its 5 to its 95 % point (:func:`tornado`)."""
    short = [code for code, table in found.items() if len(table) and table["clear"].sum() < FIRST]
    if not short:
        return dict(found)
    names = list(dict.fromkeys(name_of(row) for code in short for row in found[code].itertuples() if not row.clear))
    of = of_place(ready(result.scenario, result.seed), short, threads, stop=stop)
    bars = tornado(of, names, {code: itemgetter(i) for i, code in enumerate(short)})
    out = dict(found)
    for code in short:
        place = {name: i for i, name in enumerate(bars.loc[bars["output"] == code, "name"])}
        table = found[code]
        order = [(not row.clear, i if row.clear else place[name_of(row)]) for i, row in enumerate(table.itertuples())]
        out[code] = table.iloc[sorted(range(len(table)), key=order.__getitem__)].reset_index(drop=True)
    return out


def name_of(row: Any) -> str:
    """Return the name of the group of a row of :func:`~skillsim.analysis.worth.worth`."""
    return f"shared:{row.shared}" if row.shared else str(row.path)


def _first(result: Result) -> str:
    rated = [answer for answer in result.answers if answer.probability is not None]
    return next((one.code for one in rated if one.label == "open"), (rated or result.answers)[0].code)


def _check(
    scenario: Scenario, codes: Sequence[str], named: Mapping[str, Any], replications: int, count: int, samples: int,
) -> None:
    """Tell all that keeps a study from being made."""
    problems = [unknown("sens_target", "target", code, scenario.targets) for code in codes if code not in scenario.targets]
    if not scenario.targets:
        problems.append(Problem("sens_no_target"))
    if not named or not scenario.uncertainty.parameters:
        problems.append(Problem("sens_certain"))
    if replications < FEWEST:
        problems.append(Problem("sens_few", "replications", replications, args={"least": FEWEST}))
    if not LEAST[0] <= count <= LARGEST[0]:
        problems.append(Problem("sens_trajectories", "trajectories", count, args={"least": LEAST[0], "most": LARGEST[0]}))
    if not LEAST[1] <= samples <= LARGEST[1] or samples & (samples - 1):
        problems.append(Problem("sens_samples", "samples", samples, args={"least": LEAST[1], "most": LARGEST[1]}))
    if problems:
        raise ScenarioError(problems)
