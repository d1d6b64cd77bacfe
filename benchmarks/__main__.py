"""All benchmarks, with what they show checked first (docs/performance.md).

    python -m benchmarks                        # micro, model, whole: two minutes
    python -m benchmarks --quick                # that all of them work: the figures are few
    python -m benchmarks memory peers           # parts by name; python -m benchmarks.batch and .page stand alone
    python -m benchmarks --out now.json --against before.json

Two runs are compared by the ratio of each figure to what it was timed with in turns, since absolute times of one machine move by
20-40 %; figures that stand alone by their seconds, counts by themselves.  With --strict the exit status is 1 where a bar is
missed or a figure is worse.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.bars import BARS, Bar, shown
from benchmarks.measure import Row, machine

DEFAULT = ("micro", "model", "whole")
PARTS = {name: name for name in (*DEFAULT, "memory")} | {"peers": "peers.table"}  # and the module of each
SPREADS = 3.0  # joint quartile spreads beyond which a change is told ...
LEAST, LEAST_ALONE, LEAST_ROUGH = 0.05, 0.15, 0.5  # ... if it is larger than one of these (see `changed`)
COUNTS = ("draws", "variance", "memory")  # bars of what is counted: the rows of these tell no time
RELATIVE = "times"  # unit of bars of ratios, which a slow machine does not move
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def measured(part: str, quick: bool) -> Iterator[Row]:
    """Yield the rows of a part."""
    yield from importlib.import_module(f"benchmarks.{PARTS[part]}").rows(quick)


# ---- what changed


@dataclass(frozen=True)
class Change:
    """What changed of a figure, and whether it is worse now."""

    told: str
    worse: bool = False


def changed(now: dict[str, Any], before: dict[str, Any]) -> Change | None:
    """Return what changed of a figure beyond noise, or nothing.

    A time is told if it moved by more than three times the joint quartile spread, and by more than 5 % beside a reference, than
    15 % if it is processor time that stands alone, and than 50 % if it is other time that stands alone or was taken fewer than
    three times; so is a ratio of times that is held against a bar.  A count (draws, memory, variance ratios) is told if it moved
    by more than 5 %.  Time of the wall clock that is held against a bar must have moved the same way itself and beside its
    reference.  Of another tool, times are told only beside skillsim's.
    """
    if not now["repeats"] or not before["repeats"]:  # a tool that is not installed
        return None
    bar = BARS[now["bar"]] if now["bar"] and now["bar"] == before["bar"] else None
    values = f"{shown(before['value'])} → {shown(now['value'])} {bar.unit}" if bar else ""
    if bar and now["bar"] in COUNTS:
        grown = now["value"] / before["value"]
        worse = (grown < 1) == bar.more
        return Change(f"{'worse' if worse else 'better'}: {values}", worse) if abs(grown - 1) > LEAST else None
    beside = now["ratio"] is not None and now["reference"] == before["reference"]
    if now["peer"] and not beside:
        return None
    (low, mine, high), (low_before, theirs, high_before) = (taken(one, beside, bar) for one in (now, before))
    noise, grown = math.hypot(high - low, high_before - low_before), mine / theirs
    rough = min(now["repeats"], before["repeats"]) < 3 or not (beside or now["cpu"])
    if abs(mine - theirs) <= SPREADS * noise or abs(grown - 1) <= (LEAST_ROUGH if rough else LEAST if beside else LEAST_ALONE):
        return None
    if bar and not now["cpu"] and (grown > 1) != (now["value"] > before["value"]):  # more or less load, not another program
        return None
    if now["peer"]:  # which of the two moved is not known: skillsim's own row tells
        times = f"{shown(theirs)} → {shown(mine)} times as long as skillsim"
        return Change(f"slower: skillsim beside it, {times}", True) if grown < 1 else Change(f"longer: {times}")
    worse = (grown < 1) == (bar is not None and bar.more)
    times = f"{grown:.2f} times the time" + (f" beside {now['reference']}" if beside else "")
    told = values if bar and bar.unit == RELATIVE else ", ".join(filter(None, (times, values)))
    return Change(f"{'slower' if worse else 'faster'}: {told}", worse)


def taken(one: dict[str, Any], beside: bool, bar: Bar | None) -> tuple[float, float, float]:
    """Return a row's figure with its quartiles: its value if that is a ratio, or its time: in parts of its reference's, or s."""
    low, middle, high = (1 / one[f"ratio{at}"] for at in ("_high", "", "_low")) if beside else (
        one[at] for at in ("low", "seconds", "high")
    )
    scale = one["value"] / middle if bar and bar.unit == RELATIVE else 1.0
    return low * scale, middle * scale, high * scale


def compared(now: dict[str, Any], before: dict[str, Any]) -> list[Change]:
    """Return what changed beyond noise between two runs, what is new and what is gone (if its part was run), with its name."""
    mine, theirs = ({(one["part"], one["group"], one["name"]): one for one in run["rows"]} for run in (now, before))
    out = []
    for key, one in mine.items():
        told = changed(one, theirs[key]) if key in theirs else Change("new")
        if told:
            out.append(Change(f"{' · '.join(key[1:])}: {told.told}", told.worse))
    return out + [Change(f"{' · '.join(key[1:])}: gone") for key in theirs if key not in mine and key[0] in now["parts"]]


# ---- telling


def lasting(seconds: float) -> str:
    """Return a time as shown."""
    size, unit = next((one for one in UNITS if seconds >= one[0]), UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def line(row: Row) -> str:
    """Return a row of the table."""
    beside = "" if row.ratio is None else f"{row.ratio:.3g} × ({row.reference})"
    facts = "; ".join([*(f"{name} {value}" for name, value in row.facts.items()), *([row.note] if row.note else [])])
    spread = f"{lasting(row.low)} – {lasting(row.high)}" if row.repeats > 1 else ""
    median = f"{lasting(row.seconds)} per {row.per}" if row.repeats else ""
    cells = (row.group, row.name, median, spread, beside, row.verdict, facts)
    return f"| {' | '.join(cells)} |"


COLUMNS = ("group", "what", "median", "quartiles", "reference / this", "bar (must / aim)", "beside")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m benchmarks", formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (by default {', '.join(DEFAULT)})")
    parser.add_argument("--quick", action="store_true", help="few repetitions: to see that all parts work")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    parser.add_argument("--against", type=Path, help="a JSON file of an earlier run: tell what changed beyond noise")
    parser.add_argument("--strict", action="store_true", help="end with status 1 where a bar is missed or a figure is worse")
    given = parser.parse_args(words)
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    before = json.loads(given.against.read_text(encoding="utf-8")) if given.against else None
    if before and before["quick"] != given.quick:
        parser.error("a quick run has other sizes than a full one: they can't be compared")
    parts = given.parts or DEFAULT
    rows: list[tuple[str, Row]] = []
    print(HEAD)
    try:
        for part in parts:
            for row in measured(part, given.quick):
                print(line(row), flush=True)
                rows.append((part, row))
    finally:  # what was measured before a failure is kept too
        told = [{"part": part} | asdict(row) for part, row in rows]
        found = {"machine": machine(), "quick": given.quick, "parts": list(parts), "rows": told}
        if given.out:
            given.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    changes: list[Change] = []
    if before:
        changes = compared(found, before)
        if before["machine"] != found["machine"]:
            print(f"\nanother machine: {before['machine']}")
        print("\n" + ("\n".join(f"- {one.told}" for one in changes) or "Nothing changed beyond noise."))
    missed = [row.name for _, row in rows if row.verdict.endswith("MISSED")]
    print(f"\nmissed: {', '.join(missed) or 'none'}")
    if given.strict and (missed or any(one.worse for one in changes)):
        sys.exit(1)


if __name__ == "__main__":
    main()
