"""The peak memory of a city's run of 1,000 replications; a part of its own, since it takes a minute."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row
from benchmarks.whole import full


def rows(quick: bool) -> Iterator[Row]:
    """Yield the one row."""
    yield full(200 if quick else 1_000)
