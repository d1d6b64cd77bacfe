"""What all benchmarks share: take times of work whose answer was checked first, beside each other, and what a row tells.

Absolute times of one machine move by 20-40 % from run to run.  So that figures can be compared at all, works are timed in turns
(A B A B ...: a slow moment hits all of them) and told with the quartiles of their repeats and as ratios of the same turn.
"""

from __future__ import annotations

import gc
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import BARS

T = TypeVar("T")
Clock = Callable[[], float]
Fact = float | int | str

CPU = time.process_time  # for work on one thread: other people's work on the machine does not count
WALL = time.perf_counter  # for work on several threads or in another process
LEAST = 0.004  # s: shorter work is done several times in one repeat
BARE, UNIFORMS = "numpy's uniform", 20_000
TIMES, MANY = 2_500, "50 million of numpy's uniforms"  # some 0.1 s, beside whole runs
LIBRARIES = ("numba", "numpy", "pandas", "scipy", "simpy")


@dataclass(frozen=True)
class Timing(Generic[T]):
    """Seconds of one piece of work, in the order in which they were taken, and its last answer."""

    samples: tuple[float, ...]
    answer: T
    cpu: bool = False  # seconds of the processor, not of the wall clock

    @property
    def seconds(self) -> float:
        """Median."""
        return self._quantile(0.5)

    @property
    def low(self) -> float:
        """Lower quartile."""
        return self._quantile(0.25)

    @property
    def high(self) -> float:
        """Upper quartile."""
        return self._quantile(0.75)

    def _quantile(self, at: float) -> float:
        return float(np.quantile(self.samples, at))


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark; all seconds are those of ``per`` (one call, one draw, one replicate ...)."""

    group: str
    name: str
    seconds: float  # median of the repeats
    low: float  # quartiles
    high: float
    repeats: int
    reference: str | None = None  # name of that with which it was timed in turns
    ratio: float | None = None  # median of seconds of the reference / seconds of this
    checked: str = ""  # what was asserted before it is told
    facts: dict[str, Fact] = field(default_factory=dict)
    note: str = ""
    ratio_low: float | None = None  # quartiles
    ratio_high: float | None = None
    per: str = "call"
    bar: str | None = None  # key of the bar that `value` is held against (benchmarks/bars.py)
    value: float | None = None  # in the bar's unit; of what is timed beside skillsim, how many times as long it takes
    cpu: bool = False  # seconds of the processor
    peer: bool = False  # another tool, with skillsim as its reference

    @property
    def verdict(self) -> str:
        """Return the value beside its bar and whether that is met, or nothing where it is held against none."""
        return "" if self.bar is None or self.value is None else BARS[self.bar].held(self.value)


def check(holds: object, what: str) -> None:
    """Stop the benchmark where not that was computed which was asked for."""
    if not holds:
        raise AssertionError(what)


def timed(
    work: Callable[[], T], check: Callable[[T], None], repeats: int = 5, clock: Clock = WALL, warm: bool = True,
) -> Timing[T]:
    """Return the times of work whose answer ``check`` accepts (it raises otherwise); see :func:`side_by_side`."""
    return side_by_side({"": work}, {"": check}, repeats, clock, warm)[""]


def side_by_side(
    works: Mapping[str, Callable[[], T]], checks: Mapping[str, Callable[[T], None]], repeats: int = 5, clock: Clock = WALL,
    warm: bool = True,
) -> dict[str, Timing[T]]:
    """Return the times of several works taken in turns, so that `beside` can compare them turn by turn.

    Each work is called before (compiles, fills caches) unless it is not to be made ``warm``; its answer is checked, and so is the
    last one, before anything is told.  Work of less than `LEAST` seconds is done as often in each turn as fills them; the seconds
    are always those of one call.
    """
    times = dict.fromkeys(works, 1)
    for name, work in works.items() if warm else ():
        checks[name](work())
        began = WALL()
        work()
        times[name] = max(1, math.ceil(LEAST / max(WALL() - began, 1e-9)))
    samples: dict[str, list[float]] = {name: [] for name in works}
    answers: dict[str, T] = {}
    gc.collect()
    gc.freeze()  # what is there already is not looked through again before each time
    for _ in range(repeats):
        for name, work in works.items():
            gc.collect()
            began = clock()
            for _ in range(times[name]):
                answers[name] = work()
            samples[name].append((clock() - began) / times[name])
    gc.unfreeze()
    for name in works:
        checks[name](answers[name])
    return {name: Timing(tuple(samples[name]), answers[name], clock is CPU) for name in works}


def beside(reference: Timing[Any], mine: Timing[Any]) -> tuple[float, float, float]:
    """Return median and quartiles of how many times as long the reference took, turn by turn."""
    ratios = np.divide(reference.samples, mine.samples)
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return float(middle), float(low), float(high)


def bare(times: int = 1) -> NDArray[np.float64]:
    """Return the last `UNIFORMS` of so many times as many: what stands beside work that has no other reference.

    Whatever the machine does, they do nothing but compute; they are numpy's, so that no change of skillsim moves them.
    """
    rng, made = np.random.default_rng(1), np.empty(UNIFORMS)
    for _ in range(times):
        rng.random(out=made)
    return made


def right_uniform(u: NDArray[np.float64]) -> None:
    """Check uniforms: in [0, 1), of mean 1/2 to five standard errors."""
    check(u.min() >= 0 and u.max() < 1, "uniforms outside of [0, 1)")
    check(abs(u.mean() - 0.5) <= 5 / math.sqrt(12 * u.size), "uniforms of another mean")


def row(
    group: str, name: str, timing: Timing[Any], checked: str, *, units: float = 1, per: str = "call",
    reference: tuple[str, Timing[Any], float] | None = None, facts: Mapping[str, Fact] | None = None, note: str = "",
    bar: str | None = None, value: float | None = None,
) -> Row:
    """Return the row of a timing: seconds of one of ``units`` pieces; the reference is (name, timing, its units)."""
    ratio = low = high = None
    if reference is not None:
        ratio, low, high = (value * units / reference[2] for value in beside(reference[1], timing))
    return Row(
        group, name, timing.seconds / units, timing.low / units, timing.high / units, len(timing.samples),
        reference[0] if reference else None, ratio, checked, dict(facts or {}), note, low, high, per, bar, value, timing.cpu,
    )


def megabytes(peak: float) -> float:
    """Return the peak memory that the system tells of a process (`ru_maxrss`) in MB."""
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """Return what the times depend on: processor, cores, system, versions. No date, no name of the machine."""
    return {
        "processor": processor(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(), **{name: version(name) for name in LIBRARIES},
    }
