"""What the model costs beside its own draws, how it grows, how well scenarios pair, and the engine behind the page.

A run here is all that `skillsim.analysis.running.run` does: warm start, intercepts, years, history.  Its draws are timed in two
ways: inside the run, as `Draws.seconds` tells; and bare, by giving the kernels the arguments of a run once more, with nothing
else done.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import (
    BARE,
    CPU,
    MANY,
    TIMES,
    UNIFORMS,
    WALL,
    Fact,
    Row,
    Timing,
    bare,
    beside,
    check,
    right_uniform,
    row,
    side_by_side,
    timed,
)
from benchmarks.micro import R
from skillsim.analysis.compare import compare
from skillsim.analysis.effects import preview
from skillsim.analysis.running import SEED, Ran, run
from skillsim.chance import blocks, fill, sources
from skillsim.chance.parameters import uniforms
from skillsim.pages import work
from skillsim.results.result import Result
from skillsim.scenario.basic import Pick
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.levers import first_day
from skillsim.scenario.reader import build, read
from skillsim.scenario.types import Scenario, Uncertainty, numbers

Array = NDArray[Any]
Raw = dict[str, Any]
QUZHOU = "quzhou/baseline"
PLACES = ("small", "small_jobs", "linzi/baseline", "baoji/baseline", "liaocheng/baseline", "ningxia/baseline")
KERNELS = ("binomial_block", "split_block", "ration_block", "spread_block")
ENTRANTS = 570  # of the small place in its last year
SCALED = ("value", "uniform", "triangular", "normal")
FROM = date(2026, 1, 1)
PATHWAY = "sve_3plus2"
RATE = {f"pathways.{PATHWAY}.stages.*.dropout": ("add", 0.02, FROM)}
LEVERS = {"seats": f"quota.{PATHWAY}", "staying": "retention.drivers.subsidy.level"}
QUOTA = {f"quota.{PATHWAY}": ("scale", 1.1, FROM)}
LAST = 2036  # the first college diplomas of a 3+2 intake of 2026 are of 2031


def rows(quick: bool) -> Iterator[Row]:
    """Yield all rows."""
    run(read(QUZHOU), 4, SEED, 2)  # all kernels are compiled
    yield from quzhou(quick)
    for name in PLACES[: 1 if quick else None]:
        yield place(name)
    yield from growth(quick)
    yield from pairing(quick)
    yield from page(quick)


# ---------------------------------------------------------------------------------------------------- draws within a run


Call = tuple[Callable[..., Any], tuple[Any, ...]]


@contextlib.contextmanager
def recorded() -> Iterator[list[Call]]:
    """Write down every call of a kernel that is made meanwhile, with copies of what it is given."""
    calls: list[Call] = []
    homes: list[tuple[Any, str]] = [*((blocks, name) for name in KERNELS), (fill, "fill_block"), (sources, "uniforms")]
    before = [getattr(home, name) for home, name in homes]

    def record(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def with_note(*given: Any) -> Any:
            calls.append((kernel, tuple(copy.copy(one) for one in given)))
            return kernel(*given)

        return with_note

    for (home, name), kernel in zip(homes, before, strict=True):
        setattr(home, name, record(kernel))
    try:
        yield calls
    finally:
        for (home, name), kernel in zip(homes, before, strict=True):
            setattr(home, name, kernel)


def replayed(calls: list[Call]) -> int:
    """Make the draws of all calls again and return how many they are."""
    return sum(made.size if kernel is uniforms else int(made) for kernel, given in calls for made in [kernel(*given)])


def once(scenario: Scenario, replications: int, threads: int) -> Result:
    """Return the result of a run with everything, answers included."""
    result = run(scenario, replications, SEED, threads)[0]
    result.targets()
    return result


def with_draws(scenario: Scenario, replications: int, within: list[float]) -> Result:
    """Return the result of a run on one thread; the seconds in its own draws are added to ``within``."""
    result = run(scenario, replications, SEED, 1)[0]
    assert isinstance(result, Ran)
    within.append(result.made.seconds)
    return result


def uniforms_alone() -> Array:
    """Return the last of the uniforms that stand beside a run, so that what slows down all runs alike is seen."""
    return bare(TIMES)


def uniforms_on_both() -> Array:
    """Return the last of four times as many uniforms on each of two threads: in 0.1 s who has which core is chance."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(bare, 2 * (4 * TIMES,)))[-1]


def complete(scenario: Scenario, replications: int) -> Callable[[Result], None]:
    """Return a check that a result is that of the scenario, whole: stages, draws, people, answers."""

    def right(result: Result) -> None:
        check(result.scenario is scenario and result.replications == replications, "another run")
        check((result.draws > 0) == scenario.uncertainty.process, "no draws, or too many")
        check(len(result.answers) == len(scenario.targets), "answers are missing")
        heads = result.replicate("headcount")
        check(heads.shape[-1] == replications and heads.min() > 0, "nobody is at school")

    return right


def same_bytes(one: Result, other: Result) -> bool:
    """Say whether two results are the same to the last byte."""
    mine, theirs = one.history, other.history
    pairs = [(getattr(mine, f.name), getattr(theirs, f.name)) for f in fields(mine)]
    same = all(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)
    return same and one.draws == other.draws


def quzhou(quick: bool) -> Iterator[Row]:
    """Yield the first place: all-in, per draw, against its own draws and the same draws alone, and the answer on two threads."""
    scenario, replications = read(QUZHOU), 20 if quick else R
    with recorded() as calls:
        noted = run(scenario, 40, SEED, 1)[0]
    check(replayed(calls) == noted.draws, "the draws made again are not those of the run")

    within: list[float] = []
    works: Mapping[str, Callable[[], Any]] = {
        "bare": uniforms_alone, "all": lambda: with_draws(scenario, replications, within), "again": lambda: replayed(calls),
    }
    checks: Mapping[str, Callable[[Any], None]] = {
        "bare": right_uniform, "all": complete(scenario, replications),
        "again": lambda made: check(made == noted.draws, "other draws"),
    }
    times = side_by_side(works, checks, 2 if quick else 3, CPU, warm=False)
    result, in_draws = times["all"].answer, in_own_draws(within, times["all"])
    each, own = result.draws / replications, times["again"].seconds / noted.draws
    reference = (BARE, times["bare"], TIMES * UNIFORMS)
    per_draw = times["all"].seconds / result.draws
    facts: dict[str, Fact] = {
        "replications": replications, "ms per replicate": round(1e3 * times["all"].seconds / replications, 2),
        "draws per replicate": round(each),
    }

    def held(bar: str) -> str | None:
        return bar if replications == R else None

    said = "whole run, answers there (their time is not in it); replayed draws are as many"
    yield row("model", "Quzhou: per draw, all-in", times["all"], said, units=result.draws, per="draw", reference=reference,
              facts=facts, bar=held("per_draw"), value=1e9 * per_draw)
    yield row("model", "Quzhou: draws per replicate", times["all"], said, units=replications, per="replicate", bar="draws",
              value=each)
    yield row("model", "Quzhou: all-in / in its own draws", times["all"], said, units=replications, per="replicate",
              reference=("in its own draws", in_draws, replications), bar=held("all_in"),
              value=1 / beside(in_draws, times["all"])[0], facts={"all-in / the same draws alone": round(per_draw / own, 2)})
    yield row("model", "Quzhou: the same draws alone", times["again"], "as many draws", units=noted.draws, per="draw",
              reference=reference)
    yield from threads(scenario, replications, 1 if quick else 5)


def in_own_draws(within: list[float], whole: Timing[Result]) -> Timing[None]:
    """Return the timing of the draws within a run, turn by turn."""
    check(all(0 < mine < all_in for mine, all_in in zip(within, whole.samples, strict=True)), "no time in draws, or too much")
    return Timing(tuple(within), None, whole.cpu)


def threads(scenario: Scenario, replications: int, repeats: int) -> Iterator[Row]:
    """Yield the answer on one thread and on two, the bytes the same."""
    right = complete(scenario, replications)
    on_both = "200 million of numpy's uniforms on each of two threads"  # slowed down by what else runs there
    works: Mapping[str, Callable[[], Any]] = {
        MANY: uniforms_alone, "1": lambda: once(scenario, replications, 1),
        on_both: uniforms_on_both, "2": lambda: once(scenario, replications, 2),
    }
    checks: Mapping[str, Callable[[Any], None]] = {MANY: right_uniform, "1": right, on_both: right_uniform, "2": right}
    times = side_by_side(works, checks, repeats, WALL, warm=False)
    check(same_bytes(times["1"].answer, times["2"].answer), "two threads give other bytes than one")
    yield row("model", "Quzhou: answer, one thread", times["1"], "whole run, answers", reference=(MANY, times[MANY], 1),
              facts={"replications": replications})
    gain = round(beside(times["1"], times["2"])[0], 2)
    yield row("model", "Quzhou: answer, two threads", times["2"], "bytes of one thread", reference=(on_both, times[on_both], 1),
              facts={"replications": replications, "times as fast as one thread": gain},
              bar="answer" if replications == R else None, value=times["2"].seconds)


def place(name: str) -> Row:
    """Return a place's row on one thread; two threads give its bytes."""
    scenario, replications = read(name), R // 2 if "/" in name else R
    within: list[float] = []
    works: Mapping[str, Callable[[], Any]] = {"bare": uniforms_alone, "all": lambda: with_draws(scenario, replications, within)}
    checks: Mapping[str, Callable[[Any], None]] = {"bare": right_uniform, "all": complete(scenario, replications)}
    times = side_by_side(works, checks, 1 if "/" in name else 3, CPU, warm=False)
    result, ratio = times["all"].answer, 1 / beside(in_own_draws(within, times["all"]), times["all"])[0]
    began = WALL()
    two = run(scenario, replications, SEED, 2)[0]
    both = WALL() - began
    check(same_bytes(result, two), f"{name}: two threads give other bytes than one")
    return row(
        "model", f"{name.removesuffix('/baseline')}: per draw, all-in", times["all"],
        "whole run, answers there (their time is not in it); bytes of two threads",
        units=result.draws, per="draw", reference=(BARE, times["bare"], TIMES * UNIFORMS),
        facts={"replications": replications, "ms per replicate": round(1e3 * times["all"].seconds / replications, 2),
               "ms per replicate, two threads": round(1e3 * both / replications, 2),
               "draws per replicate": round(result.draws / replications), "all-in / in its own draws": round(ratio, 2)},
    )


# --------------------------------------------------------------------------------------------------------------- growth


def plain(name: str) -> Raw:
    """Return the plain values of a scenario, to be changed."""
    return copy.deepcopy(dict(read(name).written))


def made(raw: Raw) -> Scenario:
    """Return the scenario of plain values."""
    return build(raw, {})


def times_as_many(name: str, factor: float) -> Scenario:
    """Return a scenario with every number of persons multiplied: graduates, seats, places at schools, workers."""
    raw = plain(name)
    for path, _, par in numbers(read(name), written=True):
        if par.unit == "persons" and not path.startswith("quota."):
            *above, last = path.split(".")
            at: Any = raw
            for part in above:
                at = at[int(part)] if isinstance(at, list) else at[part]
            at[last] = multiplied(at[last], factor)
    for seats in raw["quota"]["rows"]:
        seats["seats"] = multiplied(seats["seats"], factor)
    return made(raw)


def multiplied(number: Any, factor: float) -> Any:
    """Return a number as a file states it, multiplied: bare, a value, a series, or a distribution but for its relative spread."""
    if isinstance(number, list):
        return [each * factor for each in number]
    if not isinstance(number, dict):
        return number * factor
    out = {form: multiplied(given, factor) for form, given in number.items() if form in SCALED}
    if "series" in number:
        out["series"] = {year: value * factor for year, value in number["series"].items()}
    return dict(number) | out


def years(last: int) -> Scenario:
    """Return the small place with a labour market, to another last year."""
    raw = plain("small_jobs")
    raw["years"]["last"] = last
    return made(raw)


def programmes(count: int) -> Scenario:
    """Return the small place with a labour market in which each programme is there so many times."""
    raw = plain("small_jobs")
    raw["programmes"] = {f"{code}_{i}": one for code, one in raw["programmes"].items() for i in range(count)}
    raw["quota"]["rows"] = [one | {"programme": f"{one['programme']}_{i}"} for one in raw["quota"]["rows"] for i in range(count)]
    return made(larger(raw, count))


def areas(count: int) -> Scenario:
    """Return the small place with a labour market with so many areas of as many graduates."""
    raw = plain("small_jobs")
    town = raw["areas"]["town"]
    raw["areas"] |= {f"town_{i}": town | {"title": {"zh": f"镇 {i}", "en": f"town {i}"}} for i in range(1, count)}
    for seats in raw["quota"]["rows"]:
        seats["seats"] = seats["seats"] * count
    return made(larger(raw, count))


def larger(raw: Raw, factor: int) -> Raw:
    """Return plain values with larger schools and industries, and without what asks for single figures."""
    for school in raw["institutions"].values():
        school["capacity"] *= factor
    for industry in raw["industries"].values():
        industry["workers"] *= factor
    return raw | {"figures": []}


def runs(scenario: Scenario, replications: int) -> Callable[[], Result]:
    """Return the work of running a scenario on one thread."""
    return lambda: run(scenario, replications, SEED, 1)[0]


def growth(quick: bool) -> Iterator[Row]:
    """Yield how a run of the small place with a labour market grows with people, replications, years, programmes and areas."""
    jobs = read("small_jobs")
    counts = (10_000, 1_000_000, 10_000_000)
    yield from grown("entrants", {n: (times_as_many("small_jobs", n / ENTRANTS), R) for n in counts}, quick)
    counts = (20, 200) if quick else (20, 100, 200, 400, 1_000)
    yield from grown("replications", {n: (jobs, n) for n in counts}, quick)
    if not quick:
        # no place may have more than 100 million workers
        yield from grown("Quzhou's people, times", {n: (times_as_many(QUZHOU, n), 40) for n in (1, 100)}, quick)
        yield from grown("years", {n: (years(jobs.years.first + n - 1), R) for n in (5, 10, 20)}, quick)
        yield from grown("programmes, times", {n: (programmes(n), R) for n in (1, 3, 9)}, quick)
        yield from grown("areas", {n: (areas(n), R) for n in (1, 3, 9)}, quick)


def grown(what: str, sizes: Mapping[int, tuple[Scenario, int]], quick: bool) -> Iterator[Row]:
    """Yield a row for each size, the first beside numpy's uniforms and the others beside the first.

    The last tells the seconds of a run for each more of it, and their slope in logarithms.
    """
    works: dict[str, Callable[[], Any]] = {f"{what}: {n:,}": runs(*size) for n, size in sizes.items()}
    checks: dict[str, Callable[[Any], None]] = {name: complete(*size) for name, size in zip(works, sizes.values(), strict=True)}
    times = side_by_side({MANY: uniforms_alone} | works, {MANY: right_uniform} | checks, 3, CPU, warm=False)
    alone = (MANY, times.pop(MANY), 1)
    (first, least), *_, (last, most) = times.items()
    for n, (name, timing) in zip(sizes, times.items(), strict=True):
        answer = timing.answer
        draws, replications = answer.draws, answer.replications
        facts: dict[str, Fact] = {
            "draws per replicate": round(draws / replications), "ns per draw": round(1e9 * timing.seconds / draws, 1),
        }
        if what == "entrants":
            entrants = float(answer.replicate("entrants")[-1].mean())
            check(abs(entrants / n - 1) < 0.05, f"{entrants:,.0f} entrants in place of {n:,}")
        if name == last:
            seconds = [one.seconds for one in times.values()]
            facts |= {
                "ms for each more": float(f"{1e3 * (seconds[-1] - seconds[0]) / (n - min(sizes)):.3g}"),
                "slope in logarithms": round(float(np.polyfit(np.log(list(sizes)), np.log(seconds), 1)[0]), 2),
            }
        held = name == last and what == "entrants"
        yield row("growth", name, timing, "whole run, people at school", units=replications, per="replicate",
                  reference=alone if name == first else (first, least, least.answer.replications), facts=facts,
                  bar="people" if held else None, value=1 / beside(least, most)[0] if held else None)


# -------------------------------------------------------------------------------------------------------------- pairing


def retained(result: Result) -> Array:
    """Return the share retained of college graduates of the 3+2 in the last year [R]."""
    return result.replicate("local_retention_r1", Pick(pathways=[PATHWAY], levels=["college"]))[-1]


def gained(before: Array, after: Array) -> float:
    """Return the variance of the difference of independent values over that of the paired ones.

    Replications with nobody to count are left out; a change that moves nobody has no variance and is refused.
    """
    there = ~(np.isnan(before) | np.isnan(after))
    paired = (after - before)[there].var(ddof=1)
    check(paired > 0, "the change moves nobody")
    return float((before[there].var(ddof=1) + after[there].var(ddof=1)) / paired)


def somebody(result: Result) -> None:
    """Check that there is somebody to be retained."""
    check(np.isfinite(retained(result)).mean() > 0.9, "nobody has the diploma")


def to_last(name: str, parameters: bool) -> Scenario:
    """Return a scenario that runs to `LAST`, with process chance and, if so, uncertain parameters."""
    raw = plain(name)
    raw["years"]["last"] = max(raw["years"]["last"], LAST)
    scenario = made(raw)
    return scenario.model_copy(update={"uncertainty": Uncertainty(parameters=parameters, process=True)})


def pairing(quick: bool) -> Iterator[Row]:
    """Yield by how much pairs narrow a difference: a dropout rate +2 points and a quota +10 %."""
    modes = [("small", False, 400)] if quick else [("small", False, 1_000), (QUZHOU, False, 60), (QUZHOU, True, 60)]
    for name, parameters, replications in modes:
        scenario = to_last(name, parameters)
        before = retained(run(scenario, replications, SEED, 1)[0])
        mode = "process noise, uncertain parameters" if parameters else "process noise only"
        for what, wish in (("dropout +2 points", RATE), ("quota +10 %", QUOTA)):
            timing = timed(runs(scenario.vary(wish, "changed"), replications), somebody, 1, CPU, warm=False)
            ratio = gained(before, retained(timing.answer))
            yield row(
                "pairing", f"{name.removesuffix('/baseline')}: {what}, {mode}", timing, "the change moves somebody",
                units=replications, per="replicate", facts={"replications": replications, "variance ratio": round(ratio, 1)},
                bar=None if parameters else "variance", value=ratio,
            )


# ----------------------------------------------------------------------------------------------------------------- page


def page(quick: bool) -> Iterator[Row]:
    """Yield preview and paired answer of one step of a lever on known ground, as the page asks for them."""
    scenario = work.place(QUZHOU)
    ground, means = work.ground(scenario, work.QUICK), work.ground(preview(scenario), 2)
    few = run(scenario, work.QUICK, SEED, 1, ground=ground)[0]
    level = run(preview(scenario), 2, SEED, 1, ground=means)[0]

    def right(frame: Any) -> None:
        check(list(frame["target"]) == list(scenario.targets), "targets are missing")
        check((frame["difference"].abs() > 0).any(), "a step of the lever changes nothing")

    for name, code in LEVERS.items():
        lever = work.levers_of(scenario)[code]
        draft = Draft(QUZHOU, changes=(Move(code, round(lever.neutral + lever.step, 10), first_day(scenario, lever)),))

        def by_means(draft: Draft = draft) -> Any:
            mine = run(preview(draft.scenario(scenario, work.levers_of)), 2, SEED, 1, ground=means)[0]
            return compare([work.called(level, "before"), work.called(mine, "after")]).targets()

        def by_pairs(draft: Draft = draft) -> Any:
            mine = run(draft.scenario(scenario, work.levers_of), work.QUICK, SEED, 1, ground=ground, like=few)[0]
            return compare([work.called(few, "before"), work.called(mine, "after")]).targets()

        works = {MANY: uniforms_alone, "preview": by_means, "paired": by_pairs}
        checks = {MANY: right_uniform, "preview": right, "paired": right}
        times = side_by_side(works, checks, 2 if quick else 5, CPU, warm=False)
        reference = (MANY, times.pop(MANY), 1)
        for kind, timing in times.items():
            yield row("page", f"{kind}, a step of {name}", timing, "all targets, a difference", reference=reference, bar=kind,
                      value=1e3 * timing.seconds)
