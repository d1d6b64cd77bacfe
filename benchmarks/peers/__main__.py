"""The table of peers (docs/performance.md).

    pip install -c constraints.txt -e . -r benchmarks/peers/requirements.txt
    python -m benchmarks.peers --out peers.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Row, machine
from benchmarks.peers.table import FAMILY, SMALL, Agreed, agreement, times


def agreed(of: Iterable[Agreed]) -> str:
    """Return means and variances as a Markdown table."""
    programmes, entrants, years = SMALL
    out = [
        f"{programmes} programmes, {entrants} entrants a year, {years} intakes; all means (z) and variances (chi-square) of "
        f"retained, diplomas and each year's dropouts agree with the closed form at a family error of {FAMILY:g}",
        "",
        "| tool | replications | retained | var | secondary | var | college | var |", "| --- |" + " ---: |" * 7,
    ]
    for one in of:
        cells = [f"{x:,.1f}" for both in zip(one.mean, one.variance, strict=True) for x in both] or ["not installed", *[""] * 5]
        out.append(f"| {one.name} | {one.replications or '—'} | {' | '.join(cells)} |")
    return "\n".join(out)


def timed(of: Iterable[Row]) -> str:
    """Return times as Markdown tables, one for each group."""
    out: list[str] = []
    group = ""
    for row in of:
        if row.group != group:
            group = row.group
            out += ["", f"| {group} | ms per replicate | quartiles | times as long as skillsim | bar (must / aim) | facts |"]
            out += ["| --- |" + " ---: |" * 3 + " --- |" * 2]
        facts = "; ".join(f"{key}: {value if isinstance(value, str) else f'{value:,.4g}'}" for key, value in row.facts.items())
        if not row.repeats:
            out.append(f"| {row.name} | | | | | {row.note} |")
            continue
        times = "" if row.value is None else f"{row.value:,.3g}" if row.value < 100 else f"{row.value:,.0f}"
        out.append(
            f"| {row.name} | {1e3 * row.seconds:,.4g} | {1e3 * row.low:,.4g} – {1e3 * row.high:,.4g} | {times} | {row.verdict} | "
            f"{facts} |"
        )
    return "\n".join(out)


def main() -> None:
    """Check, time, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.peers")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, and slow tools on a quarter of the intakes")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    given = parser.parse_args()
    first = agreement()
    print(agreed(first), flush=True)
    found = list(times(given.quick))
    print(timed(found))
    if given.out:
        told = {"machine": machine(), "agreement": [asdict(one) for one in first], "rows": [asdict(one) for one in found]}
        given.out.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
