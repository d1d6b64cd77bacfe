"""How much of a result rests on assumed numbers (docs/model.md, Provenance)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skillsim.analysis.running import run
from skillsim.results.result import Result
from skillsim.results.statistics import FEW
from skillsim.scenario.types import Scenario, numbers

SMALL = 0.005


def assumed(scenario: Scenario) -> frozenset[str]:
    """Return the paths of the uncertain numbers that are assumed, or whose source is not stated."""
    out = set()
    for path, number, _ in numbers(scenario):
        source = scenario.source_of(path)
        if number.uncertain and (source is None or source.kind == "assumed"):
            out.add(path)
    return frozenset(out)


def with_assumed_variance(
    results: Sequence[Result], threads: int | None = None, stop: threading.Event | None = None,
) -> list[Result]:
    """Return the results with the share of each target's variance that is due to assumed numbers.

    1 - variance with the assumed numbers held at their means / full variance, both on the keys of the first 200
    replications (or all, where there are fewer); not below 0.  Targets that hardly vary (sd below half a per cent of the
    mean) have none.
    """
    out = []
    for result in results:
        n = min(result.replications, FEW)
        held = run(result.scenario, n, result.seed, threads, stop=stop, held=assumed(result.scenario))[0]
        shares = {}
        for full, rest in zip(result.answers, held.answers, strict=True):
            values, left = full.values[:n], rest.values
            if np.isnan(values).all() or np.isnan(left).all():
                continue
            if np.nanstd(values) > SMALL * abs(np.nanmean(values)):
                shares[full.code] = max(0.0, 1.0 - float(np.nanvar(left)) / float(np.nanvar(values)))
        out.append(replace(result, assumed_variance=shares))
    return out
