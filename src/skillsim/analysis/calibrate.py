"""Rates of a scenario fitted to observed figures by likelihood (docs/model.md, Calibration)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skillsim.analysis.collected import Collected, reader
from skillsim.analysis.designed import Place, evaluate
from skillsim.analysis.likelihood import Data, Fit, Model, NothingToFitError, fit
from skillsim.analysis.running import REPLICATIONS, SEED, Progress, Stopped, run
from skillsim.chance import Expected
from skillsim.engine.inputs import Inputs, inputs_for
from skillsim.engine.layout import lay_out
from skillsim.engine.run import Run, Snapshot
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario.known import numbers_of
from skillsim.scenario.numbers import Number, Par, Spread, mean
from skillsim.scenario.policies import named, problems_of_key, with_numbers
from skillsim.scenario.types import Scenario, Uncertainty

Floats = NDArray[np.float64]
MOST = 12  # parameters: all steps to either side of a point go in one block of columns
NARROW = 1.0  # a declaration no wider is a range to search; of a wider one the range must be given
FACTOR = (0.25, 4.0)  # the range of a factor where none is given
BASE = (0.01, 0.99)  # that of a base rate: no wish to stay brings about 0 or 1
TAIL = 3.0  # standard errors: a normal is cut at its bounds, and that far from them its mean stays what it is


@dataclass(frozen=True)
class Parameter:
    """What is fitted: the number that ``key`` names; of several numbers, or a series, a factor on what they are (``factor``).

    ``lo`` and ``hi`` are its range, ``bounds`` what it can be at all, ``now`` where it stands (the number's mean, or 1);
    ``numbers`` by path as they stand, without their spread, with their declarations.
    """

    key: str
    lo: float
    hi: float
    bounds: tuple[float, float]
    now: float
    factor: bool
    numbers: Mapping[str, tuple[Number, Par]]

    @property
    def word(self) -> str:
        """Return what its numbers have under ``shared``; of another key another."""
        return f"fitted {hashlib.sha256(self.key.encode()).hexdigest()[:8]}"

    def value(self, place: float) -> float:
        """Return the value at a place of its range (0 to 1)."""
        return self.lo + place * (self.hi - self.lo)

    def at(self, place: float) -> dict[str, Number]:
        """Return the numbers at a place of its range, by path."""
        value = self.value(place)
        return {path: _times(n, value) if self.factor else Number(value=value) for path, (n, _) in self.numbers.items()}

    def spread(self, form: str, given: tuple[float, ...]) -> dict[str, Number]:
        """Return the numbers with a distribution, by path; several share one draw."""
        shared = self.word if len(self.numbers) > 1 else None
        if not self.factor:
            return {path: Number.model_validate({form: given}) for path in self.numbers}
        factor = {"factor": Spread.model_validate({form: given}), "shared": shared}
        return {path: number.model_copy(update=factor) for path, (number, _) in self.numbers.items()}


@dataclass(frozen=True)
class Calibrated:
    """A scenario fitted to figures: what was fitted and found; ``written`` the numbers of the new file by path, those of
    parameters about which the figures say something."""

    base: Scenario
    parameters: tuple[Parameter, ...]
    rows: tuple[Collected, ...]
    fit: Fit
    seed: int
    replications: int
    written: Mapping[str, Number]

    @property
    def scenario(self) -> Scenario:
        """Return the scenario with the fitted numbers."""
        out: Scenario = with_numbers(self.base, self.written)
        return out


def asked(scenario: Scenario, keys: Sequence[str]) -> list[Parameter]:
    """Return the parameters that are meant by keys as KEY or KEY=LO:HI.

    Raises
    ------
    ScenarioError
        with every problem: an unknown key, a range that is none or out of bounds, a number that can't be fitted.
    """
    problems: list[Problem] = []
    found: list[Parameter] = []
    by_path: dict[str, str] = {}
    known = {path for row in scenario.known for path, _, _ in numbers_of(scenario, row.key)}
    for text in keys:
        key, equals, given = text.partition("=")
        of = named(scenario, key)
        wrong = problems_of_key(scenario, key, "--fit", of)
        wrong = wrong or [p for one in of for p in _unfit(key, *one, known)][:1]
        if not wrong:
            one, wrong = _parameter(key, of, given if equals else None)
            found += [one] if one is not None else []
            twice = [by_path[path] for path, _, _ in of if path in by_path]
            wrong += [Problem("calibrate_twice", "--fit", key, args={"other": twice[0]})] if twice else []
            by_path |= {path: key for path, _, _ in of}
        problems += wrong
    if len(keys) > MOST:
        problems.append(Problem("calibrate_many", "--fit", args={"n": len(keys), "limit": MOST}))
    if not keys:
        problems.append(Problem("calibrate_none", "--fit"))
    if problems:
        raise ScenarioError(problems)
    return found


def _unfit(key: str, path: str, number: Number, par: Par, known: set[str]) -> Iterator[Problem]:
    """Yield why a number can't be fitted."""
    if par.whole:
        yield Problem("calibrate_kind", "--fit", key)
    elif number.patches:
        names = ", ".join(dict.fromkeys(patch.policy for patch in number.patches))
        yield Problem("calibrate_policy", "--fit", key, args={"path": path, "policy": names})
    elif path in known:
        yield Problem("calibrate_known", "--fit", key, args={"path": path})


def _parameter(key: str, of: list[tuple[str, Number, Par]], given: str | None) -> tuple[Parameter | None, list[Problem]]:
    """Return the parameter of a key that names fitting numbers, or what is wrong with its range."""
    (_, first, par), *more = of
    factor = bool(more) or first.series is not None
    now = 1.0 if factor else _mean(first, par)
    based = key.startswith("retention.base.")
    certain = {path: (_certain(number, its), its) for path, number, its in of}
    if factor:
        top = max(max(number.extremes(its)) / its.hi for number, its in certain.values())
        if min(min(number.extremes(its)) for number, its in certain.values()) < 0 or top <= 0:
            return None, [Problem("calibrate_factor", "--fit", key)]
        least, most = 0.0, 1.0 / top
        default: tuple[float, float] | None = (FACTOR[0], min(FACTOR[1], most * (BASE[1] if based else 1.0)))
    else:
        least, most = par.lo, par.hi
        default = BASE if based else (least, most) if most - least <= NARROW else None
    if given is None:
        lo, hi = default or (np.nan, np.nan)
    else:
        lo, hi = _range(given)
    where = {"lo": f"{least:g}", "hi": f"{most:g}"}
    if given is None and default is None:
        return None, [Problem("calibrate_range_needed", "--fit", key, args=where)]
    if not lo < hi:
        return None, [Problem("calibrate_range", "--fit", f"{key}={given}")]
    if not least <= lo < hi <= most * (1 + 1e-12):
        return None, [Problem("calibrate_bounds", "--fit", f"{key}={given}", args=where)]
    return Parameter(key, lo, hi, (least, most), now, factor, certain), []


def _range(text: str) -> tuple[float, float]:
    try:
        lo, hi = map(float, text.split(":"))
    except ValueError:
        return np.nan, np.nan
    return lo, hi


def _mean(number: Number, par: Par) -> float:
    return float(number.path(np.array([2000]), par, None, [])[0, 0])


def _certain(number: Number, par: Par) -> Number:
    """Return a number at its mean, without its spread; a series with its course."""
    if number.series is None:
        return Number(value=float(f"{_mean(number, par):.12g}"))  # without the last digits of 0.1 + 0.2
    by = mean(*number.factor.form, 0.0, np.inf) if number.factor else 1.0
    return _times(Number(series=number.series, steps=number.steps), by)


def _times(number: Number, by: float) -> Number:
    if number.series is None:
        return Number(value=(number.value or 0.0) * by)
    return Number(series={year: value * by for year, value in number.series.items()}, steps=number.steps)


def calibrate(
    scenario: Scenario, rows: Sequence[Collected], keys: Sequence[str], replications: int = REPLICATIONS, seed: int = SEED,
    threads: int | None = None, progress: Progress | None = None, stop: threading.Event | None = None,
) -> Calibrated:
    """Fit numbers of a scenario to figures; see :func:`skillsim.analysis.likelihood.fit`.

    Parameters
    ----------
    rows : the figures (:func:`skillsim.analysis.collected.read_collected`)
    keys : what is fitted, as KEY or KEY=LO:HI; numbers of one key move together
    replications : in which the covariance of the figures is seen, with all parameters at their means
    progress : called with (parts of the work done, of all)
    stop : set it to stop between two evaluations

    Raises
    ------
    ScenarioError
        with every problem of keys and figures
    Stopped
        when asked to stop
    """
    parameters = asked(scenario, keys)
    if replications < _fewest(rows):
        raise ScenarioError([Problem("calibrate_few", "replications", replications, args={"n": _fewest(rows)})])
    at = np.array([np.clip((one.now - one.lo) / (one.hi - one.lo), 0.0, 1.0) for one in parameters])
    model = model_of(scenario, rows, parameters, replications, seed, threads, stop)
    data = Data(
        np.array([row.value for row in rows]), np.array([np.nan if row.n is None else row.n for row in rows]),
        np.array([row.sd for row in rows]), np.array([row.unit not in ("share", "ratio") for row in rows]),
    )
    try:
        found = fit(data, model, at, progress)
    except NothingToFitError as error:
        raise ScenarioError([Problem("calibrate_idle", "--fit", args={"n": len(rows)})]) from error
    written: dict[str, Number] = {}
    for i, one in enumerate(parameters):
        if not (found.idle[i] or found.lost[i]):
            written |= one.spread(*_distribution(one, found, i))
    return Calibrated(scenario, tuple(parameters), tuple(rows), found, seed, replications, written)


def model_of(
    scenario: Scenario, rows: Sequence[Collected], parameters: Sequence[Parameter], replications: int, seed: int,
    threads: int | None, stop: threading.Event | None,
) -> Model:
    """Return what the figures would be at points of the parameters, all other numbers at their means."""
    ranges = (one.spread("uniform", (one.lo, one.hi)) for one in parameters)
    ranging: Scenario = with_numbers(scenario, {path: number for numbers in ranges for path, number in numbers.items()})
    layout, read = lay_out(ranging), reader(rows, scenario.years.first)
    groups = [f"shared:{one.word}" if len(one.numbers) > 1 else next(iter(one.numbers)) for one in parameters]

    def started(given: dict[str, Floats], columns: int) -> Snapshot:
        """Return the place before the first reported year, each point with its own way there; see ``warm_start``."""
        first = scenario.years.first
        span = inputs_for(ranging, first, first, None, seed, layout).warm_up
        inputs = Inputs(ranging, layout, first - span, first - 1, np.arange(columns), seed, given=given)
        way = Run(inputs, Expected(columns), None, None)
        way.go()
        out = way.snapshot()
        way.close()
        return out

    def means(points: Floats) -> Floats:
        if stop is not None and stop.is_set():
            raise Stopped
        given = {path: u for one, u in zip(parameters, points, strict=True) for path in one.numbers}
        place = Place(ranging, layout, started(given, points.shape[1]), seed)
        try:
            found = evaluate(place, dict(zip(groups, points, strict=True)), read, 1, stop=stop)
        except ScenarioError as error:  # a base rate that can't come out somewhere in the range
            raise ScenarioError([Problem("calibrate_beyond", "--fit"), error.problems[0]]) from error
        _refuse_blanks(rows, np.isnan(found))
        return found

    def draws(point: Floats) -> Floats:
        fixed = {path: n for one, x in zip(parameters, point, strict=True) for path, n in one.at(float(x)).items()}
        there = with_numbers(scenario, fixed).model_copy(update={"uncertainty": Uncertainty(parameters=False, process=True)})
        found = read(run(there, replications, seed, threads, stop=stop)[0].values)
        blank = np.isnan(found)
        whole = ~blank.any(axis=0)
        if whole.sum() < _fewest(rows):
            _refuse_blanks(rows, blank)
        return np.asarray(found[:, whole])

    return Model(means, draws)


def _fewest(rows: Sequence[Collected]) -> int:
    """Return in how many replications at least the covariance of figures is seen."""
    return 2 * (len(rows) + 2)


def _refuse_blanks(rows: Sequence[Collected], blank: NDArray[np.bool_]) -> None:
    """Refuse figures of which the model has none (0/0) somewhere [k, N]."""
    if blank.any():
        raise ScenarioError([
            Problem("calibrate_blank", file=row.file, line=row.line, args={"indicator": row.indicator, "year": row.year})
            for row, none in zip(rows, blank, strict=True) if none.any()
        ])


def _distribution(one: Parameter, found: Fit, i: int) -> tuple[str, tuple[float, ...]]:
    """Return the distribution that a fitted parameter is written as.

    By estimate and standard error a beta, where it is a share, or a normal; where the figures or the bounds don't allow that,
    even over the interval.
    """
    at, low, high = (one.value(float(x[i])) for x in (found.at, found.low, found.high))
    se, closed = float(found.se[i]) * (one.hi - one.lo), not (found.open_low[i] or found.open_high[i])
    least, most = one.bounds
    if closed and not one.factor and one.bounds == (0.0, 1.0) and se**2 < at * (1 - at):
        size = at * (1 - at) / se**2 - 1
        return "beta", (_short(at * size), _short((1 - at) * size))
    if closed and least + TAIL * se <= at <= most - TAIL * se:
        return "normal", (_short(at), _short(se))
    return "uniform", (_short(low), _short(high))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
