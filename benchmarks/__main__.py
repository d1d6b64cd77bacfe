"""All benchmarks, with what they show checked first (docs/performance.md).

    python -m benchmarks                        # micro, model, whole: two minutes
    python -m benchmarks --quick                # that all of them work: the figures are few
    python -m benchmarks memory peers           # parts by name; python -m benchmarks.batch and .page stand alone
    python -m benchmarks --out now.json --against before.json

Two runs are compared by the ratio of each figure to what it was timed with in turns, since absolute times of one machine move by
20-40 %; figures that stand alone by their seconds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.bars import BARS
from benchmarks.measure import Row, machine

DEFAULT = ("micro", "model", "whole")
PARTS = {name: name for name in (*DEFAULT, "memory")} | {"peers": "peers.table"}  # and the module of each
SPREADS = 3.0  # joint quartile spreads beyond which a change is told ...
LEAST, LEAST_ROUGH = 0.05, 0.5  # ... if it is larger than this: of a ratio or count; of what stands alone or was taken once
COUNTS = ("draws", "variance")  # bars of what is counted: the rows of these tell no time
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def measured(part: str, quick: bool) -> Iterator[Row]:
    """Yield the rows of a part."""
    yield from importlib.import_module(f"benchmarks.{PARTS[part]}").rows(quick)


# ---- what changed


def changed(now: dict[str, Any], before: dict[str, Any]) -> str | None:
    """Return what changed of a figure beyond noise, or nothing.

    A change of time beside the reference is told if it is larger than three times the joint quartile spread and than 5 %; of a
    figure that stands alone (then in seconds), or was taken fewer than three times, if it is larger than as many spreads and than
    50 %; of a count (draws, variance ratios), which has no noise, if it is larger than 5 %.
    """
    if not now["repeats"] or not before["repeats"]:  # a tool that is not installed
        return None
    if now["bar"] in COUNTS:
        moved = now["value"] / before["value"] - 1
        return f"{before['value']:,.4g} → {now['value']:,.4g} {BARS[now['bar']].unit}" if abs(moved) > LEAST else None
    alone = now["ratio"] is None or now["reference"] != before["reference"]
    (low, mine, high), (low_before, theirs, high_before) = (taken(one, alone) for one in (now, before))
    noise = math.hypot(high - low, high_before - low_before)
    moved = mine / theirs - 1
    rough = alone or min(now["repeats"], before["repeats"]) < 3
    if abs(mine - theirs) <= SPREADS * noise or abs(moved) <= (LEAST_ROUGH if rough else LEAST):
        return None
    beside = "" if alone else f" beside {now['reference']}"
    return f"{'slower' if moved > 0 else 'faster'}: {mine / theirs:.2f} times the time{beside}"


def taken(one: dict[str, Any], alone: bool) -> tuple[float, float, float]:
    """Return lower quartile, median and upper quartile of the time of a row: seconds, or in parts of its reference's."""
    if alone:
        return one["low"], one["seconds"], one["high"]
    return 1 / one["ratio_high"], 1 / one["ratio"], 1 / one["ratio_low"]


def compared(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Return what changed beyond noise between two runs, what is new and what is gone (if its part was run), a line each."""
    mine, theirs = ({(one["part"], one["group"], one["name"]): one for one in run["rows"]} for run in (now, before))
    out = []
    for key, one in mine.items():
        told = changed(one, theirs[key]) if key in theirs else "new"
        if told:
            out.append(f"{' · '.join(key[1:])}: {told}")
    return out + [f"{' · '.join(key[1:])}: gone" for key in theirs if key not in mine and key[0] in now["parts"]]


# ---- telling


def lasting(seconds: float) -> str:
    """Return a time as shown."""
    size, unit = next((one for one in UNITS if seconds >= one[0]), UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def verdict(row: Row) -> str:
    """Return the bar of a row and whether it is met."""
    if row.bar is None or row.value is None:
        return ""
    bar = BARS[row.bar]
    return f"{row.value:,.4g} {bar.unit} ({bar.told}): {bar.verdict(row.value)}"


def line(row: Row) -> str:
    """Return a row of the table."""
    beside = "" if row.ratio is None else f"{row.ratio:.3g} × ({row.reference})"
    facts = "; ".join([*(f"{name} {value}" for name, value in row.facts.items()), *([row.note] if row.note else [])])
    spread = f"{lasting(row.low)} – {lasting(row.high)}" if row.repeats > 1 else ""
    median = f"{lasting(row.seconds)} per {row.per}" if row.repeats else ""
    cells = (row.group, row.name, median, spread, beside, verdict(row), facts)
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
    if before:
        if before["machine"] != found["machine"]:
            print(f"\nanother machine: {before['machine']}")
        print("\n" + ("\n".join(f"- {one}" for one in compared(found, before)) or "Nothing changed beyond noise."))
    missed = [row.name for _, row in rows if verdict(row).endswith("MISSED")]
    print(f"\nmissed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
