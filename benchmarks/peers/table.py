"""skillsim and its peers on the common pathway model: first do all agree, then how long does each take.

All on one thread, in processor time of one replicate, timed in turns with skillsim in the same process.  The value held against
a bar is how many times as long as skillsim's whole run a tool takes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import pathway
from benchmarks.measure import CPU, MANY, TIMES, Fact, Row, Timing, bare, check, right_uniform, row, side_by_side
from benchmarks.pathway import Outputs, closed_form, disagreement
from skillsim.analysis.running import Ran, ground_for
from skillsim.analysis.running import run as run_skillsim
from skillsim.engine.simulate import simulate
from skillsim.scenario.types import Scenario

Work = Callable[[int, int, int, int, int], Outputs]

PROGRAMMES, ENTRANTS, YEARS = 30, 9_000, 16
SMALL = (3, 240, 2)  # programmes, entrants, years at which all tools are held against the closed form
FAMILY = 1e-3
MINE = "skillsim, 1,000 replications"
ENGINE = "engine alone, a block of "
GROWTH = (300, 600, 1_200)  # entrants at which Ciw is timed, two intakes
SIZES = (90, 300, 900, 3_000, 9_000, 30_000, 90_000)


@dataclass(frozen=True)
class Tool:
    """A peer: where its ``run`` stands; replications to time at full size; replications to hold against the closed form.

    ``collector``: whether Python's collector of cycles runs, as it does unless one switches it off; with very many living objects
    it takes more than half of the time.
    """

    name: str
    module: str
    timed: int
    checked: int
    function: str = "run"
    collector: bool = True
    bar: str | None = None
    slow: bool = False

    def work(self) -> Work | None:
        """Return what runs it, or None where it is not installed."""
        try:
            found: Work = getattr(import_module(f"benchmarks.peers.{self.module}"), self.function)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("benchmarks"):
                raise
            return None
        return found if self.collector else partial(_uncollected, found)


def _uncollected(work: Work, *how: int) -> Outputs:
    gc.disable()
    try:
        return work(*how)
    finally:
        gc.enable()


TOOLS = (
    Tool("numba, a loop over persons", "by_numba", 20, 2_000, bar="compiled"),
    Tool("numba, with NumPy's generator", "by_numba", 20, 2_000, "run_generator", bar="compiled_generator"),
    Tool("numba, the loop tuned by hand", "by_numba", 100, 2_000, "run_tuned", bar="compiled_tuned"),
    Tool("numpy by hand, person by person", "by_numpy", 5, 2_000, bar="by_hand"),
    Tool("numpy by hand, tuned", "by_numpy", 5, 2_000, "run_tuned", bar="by_hand_tuned"),
    Tool("starsim", "by_starsim", 1, 200),
    Tool("Mesa", "by_mesa", 1, 400, slow=True),
    Tool("Mesa, collector off", "by_mesa", 1, 100, collector=False, slow=True),
    Tool("SimPy, a process for each student", "by_simpy", 1, 400, bar="processes", slow=True),
    Tool("SimPy, collector off", "by_simpy", 1, 100, collector=False, slow=True),
)
CIW = Tool("Ciw", "by_ciw", 1, 100)


# -------------------------------------------------------------------------------------------------------------- agreement


@dataclass(frozen=True)
class Agreed:
    """Means and variances of a tool's retained, secondary and college diplomas at the small size; no replications where it is not
    installed."""

    name: str
    replications: int
    mean: tuple[float, ...] = ()
    variance: tuple[float, ...] = ()


def agreement() -> list[Agreed]:
    """Hold every tool against the closed form, at a family error of `FAMILY` for all tests of all tools; the closed form first.

    Raises
    ------
    AssertionError
        where a tool's mean or variance is not that of the model.
    """
    mean, variance = closed_form(*SMALL)
    works: list[tuple[str, int, Work | None]] = [("skillsim", 2_000, _skillsim)]
    works += [(tool.name, tool.checked, tool.work()) for tool in (*TOOLS, CIW)]
    tests = 2 * len(mean) * len(works)
    out = [Agreed("closed form", 0, tuple(mean[:3]), tuple(variance[:3]))]
    for name, count, work in works:
        if work is None:
            out.append(Agreed(name, 0))
            continue
        found = work(count, *SMALL, pathway.SEED)
        _balanced(found, *SMALL[1:])
        wrong = disagreement(found.rows(), mean, variance, tests, FAMILY)
        check(not wrong, f"{name}: {'; '.join(wrong)}")
        rows = found.rows()[:3]
        out.append(Agreed(name, count, tuple(rows.mean(axis=1)), tuple(rows.var(axis=1, ddof=1))))
    return out


def _skillsim(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    return _whole(pathway.scenario(programmes, entrants, years), replications, seed)[0]


def _whole(scenario: Scenario, replications: int, seed: int) -> tuple[Outputs, tuple[int, float]]:
    """Return the outputs of skillsim's whole run on one thread, the draws made and the seconds within them."""
    result = run_skillsim(scenario, replications, seed, 1)[0]
    assert isinstance(result, Ran)
    return pathway.outputs(result.history, result.inputs.layout), (result.draws, result.made.seconds)


def _balanced(found: Outputs, entrants: int, years: int) -> None:
    everyone = found.secondary + found.college + found.dropouts.sum(axis=0)
    check((everyone == entrants * years).all(), "someone was lost, or came twice")


def _right(programmes: int, entrants: int, years: int, tests: int) -> Callable[[Outputs], None]:
    """Return a check of a timed answer: nobody is lost, and means (and from 100 replications on variances) are those of the
    model."""
    mean, variance = closed_form(programmes, entrants, years)

    def right(found: Outputs) -> None:
        _balanced(found, entrants, years)
        wrong = disagreement(found.rows(), mean, variance, tests * len(mean), FAMILY)
        check(not wrong, "; ".join(wrong))

    return right


CHECKED = "nobody lost; means, and variances from 100 replications on, those of the closed form; all tools at a small size before"


# ------------------------------------------------------------------------------------------------------------------- times


def rows(quick: bool) -> Iterator[Row]:
    """Hold all tools against the closed form, then give the rows of :func:`times`."""
    agreement()
    yield from times(quick)


def times(quick: bool) -> Iterator[Row]:
    """Give the rows of all timings; quick: fewer repeats and sizes, slow tools on a quarter of the years, and not with one
    programme."""
    repeats = 3 if quick else 5
    yield from _beside(PROGRAMMES, repeats, YEARS // 4 if quick else YEARS, TOOLS)
    yield from _beside(1, repeats, YEARS // 4 if quick else YEARS, [tool for tool in TOOLS if not (quick and tool.slow)])
    yield from _growth(repeats)
    yield from _crossing(repeats, quick)


def _beside(programmes: int, repeats: int, slow_years: int, tools: Sequence[Tool]) -> Iterator[Row]:
    """Give skillsim's rows and those of its peers at full size, timed in turns."""
    group = f"pathway, {programmes} programme{'s' if programmes > 1 else ''}"
    scenario, seed = pathway.scenario(programmes, ENTRANTS, YEARS), pathway.SEED
    ground = ground_for(scenario, 1_000, seed, 1)
    layout = ground.layout
    drawn: dict[int, tuple[int, float]] = {}

    def whole(replications: int) -> Outputs:
        found, drawn[replications] = _whole(scenario, replications, seed)
        return found

    def engine(replications: int) -> Outputs:
        alpha = ground.alpha(0, replications)
        history, _ = simulate(scenario, seed, 0, replications, ground.start, layout, alpha=alpha, shared=ground.inputs)
        return pathway.outputs(history, layout)

    units = {f"{what}{n:,}{of}": n for what, of in (("skillsim, ", " replications"), (ENGINE, "")) for n in (200, 1_000)}
    works: dict[str, Callable[[], Any]] = {
        name: partial(engine if name.startswith(ENGINE) else whole, n) for name, n in units.items()
    }
    years = dict.fromkeys(works, YEARS)
    there = {tool.name: work for tool in tools if (work := tool.work()) is not None}
    for tool in tools:
        if tool.name in there:
            years[tool.name] = slow_years if tool.slow else YEARS
            units[tool.name] = tool.timed
            works[tool.name] = partial(there[tool.name], tool.timed, programmes, ENTRANTS, years[tool.name], seed)
    checks: dict[str, Callable[[Any], None]] = {
        name: _right(programmes, ENTRANTS, years[name], 2 * len(works)) for name in works
    }
    timings = side_by_side({MANY: partial(bare, TIMES)} | works, {MANY: right_uniform} | checks, repeats, CPU)
    uniforms = timings.pop(MANY)
    for name, timing in timings.items():
        full = programmes == PROGRAMMES and years[name] == YEARS  # what was scaled is held against no bar
        bar = next((tool.bar for tool in tools if tool.name == name), None) if full else None
        facts: dict[str, Fact] = {"replications": units[name]}
        if years[name] != YEARS:
            facts["scaled"] = f"{years[name]} of {YEARS} intakes, in proportion"
        if name.startswith("skillsim"):
            made, within = drawn[units[name]]
            facts |= {
                "draws_per_replicate": made / units[name], "ns_per_draw": 1e9 * timing.seconds / made,
                "share_in_draws": within / timing.seconds,
            }
        if name == MINE:
            yield row(group, name, timing, CHECKED, units=units[name], per="replicate", facts=facts,
                      reference=(MANY, uniforms, 1))
        else:
            yield _row(group, name, timing, units[name], years[name], timings[MINE], bar, facts, name in there)
    for tool in tools:
        if tool.name not in there:
            yield Row(group, tool.name, 0.0, 0.0, 0.0, 0, note="not installed", per="replicate")


def _row(
    group: str, name: str, timing: Timing[Outputs], units: int, years: int, mine: Timing[Outputs], bar: str | None,
    facts: dict[str, Fact], peer: bool,
) -> Row:
    """Return the row of what was timed beside skillsim; `value` is how many times as long as skillsim it takes."""
    intakes = units * years / YEARS  # a part of the intakes counts as that part of a replicate
    found = row(group, name, timing, CHECKED, units=intakes, per="replicate", reference=(MINE, mine, 1_000), facts=facts, bar=bar)
    assert found.ratio is not None
    return replace(found, value=1 / found.ratio, peer=peer)


def _growth(repeats: int) -> Iterator[Row]:
    """Give Ciw's times at small sizes, two intakes; the fact ``power`` is that of the entrants by which time grows."""
    group, work = f"Ciw, {PROGRAMMES} programmes, 2 intakes", CIW.work()
    if work is None:
        yield Row(group, CIW.name, 0.0, 0.0, 0.0, 0, note="not installed", per="replicate")
        return
    works = {n: partial(work, 1, PROGRAMMES, n, 2, pathway.SEED) for n in GROWTH}
    checks = {f"{n:,} entrants": _right(PROGRAMMES, n, 2, 2 * len(GROWTH)) for n in GROWTH}
    timings = side_by_side({f"{n:,} entrants": works[n] for n in GROWTH}, checks, repeats, CPU)
    seconds = [timing.seconds for timing in timings.values()]
    power = np.polyfit(np.log(GROWTH), np.log(seconds), 1)[0]
    for name, timing in timings.items():
        yield Row(
            group, name, timing.seconds, timing.low, timing.high, repeats, checked=CHECKED, facts={"power": float(power)},
            note="not run at full size", per="replicate", cpu=timing.cpu, peer=True,
        )


def _crossing(repeats: int, quick: bool) -> Iterator[Row]:
    """Give how many times as long a compiled loop takes as skillsim by size, and where that is 1.

    A cell is a programme's intake at entry.
    """
    sizes = [n for n in SIZES if not quick or n <= 9_000]
    for tool in TOOLS[:3]:
        work = tool.work()
        if work is None:
            continue
        group = f"few people: {tool.name}"
        made: list[Row] = []
        for entrants in sizes:
            persons = max(20, min(1_000, 20 * ENTRANTS // entrants))
            scenario = pathway.scenario(PROGRAMMES, entrants, YEARS)

            def mine(scenario: Scenario = scenario) -> Outputs:
                return _whole(scenario, 1_000, pathway.SEED)[0]

            works: dict[str, Callable[[], Outputs]] = {
                MINE: mine, tool.name: partial(work, persons, PROGRAMMES, entrants, YEARS, pathway.SEED),
            }
            right = _right(PROGRAMMES, entrants, YEARS, 2 * len(works))
            timings = side_by_side(works, dict.fromkeys(works, right), repeats, CPU)
            name = f"{entrants / PROGRAMMES:,g} people per cell"
            facts: dict[str, Fact] = {"skillsim_ms": 1e3 * timings[MINE].seconds / 1_000}
            made.append(_row(group, name, timings[tool.name], persons, YEARS, timings[MINE], None, facts, True))
        at = crossing(np.array(sizes) / PROGRAMMES, np.array([one.value for one in made]))
        for one in made:
            one.facts["crossing_people_per_cell"] = at
            yield one


def crossing(size: pathway.Floats, ratio: pathway.Floats) -> Fact:
    """Return the size at which a rising ratio passes 1, on straight lines between logarithms; in words where it does not."""
    above = np.nonzero(ratio >= 1)[0]
    if not len(above):
        return f"more than {size[-1]:g}"
    if not above[0]:
        return f"less than {size[0]:g}"
    pair = slice(above[0] - 1, above[0] + 1)
    return float(np.exp(np.interp(0.0, np.log(ratio[pair]), np.log(size[pair]))))
