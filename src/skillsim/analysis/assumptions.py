"""How much of a result rests on assumed numbers (docs/model.md, Provenance)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skillsim.analysis.running import Progress, run
from skillsim.results.result import Result
from skillsim.scenario.types import Scenario, numbers


def assumed(scenario: Scenario) -> frozenset[str]:
    """Return the paths of the uncertain numbers that are assumed, or whose source is not stated."""
    out = set()
    for path, number, _ in numbers(scenario):
        source = scenario.source_of(path)
        if number.uncertain and (source is None or source.kind == "assumed"):
            out.add(path)
    return frozenset(out)


def with_assumed_variance(
    results: Sequence[Result], threads: int | None = None, progress: Progress | None = None,
) -> list[Result]:
    """Return the results with the share of each target's variance that is due to assumed numbers.

    1 - variance with the assumed numbers held at their means / full variance, both on the same keys; 0 where holding
    them does not lower the variance, nan where nothing varies.
    """
    out = []
    for result in results:
        held = run(result.scenario, result.replications, result.seed, threads, progress, held=assumed(result.scenario))[0]
        shares = {}
        for full, rest in zip(result.answers, held.answers, strict=True):
            whole = float(np.nanvar(full.values)) if np.isfinite(full.values).any() else 0.0
            left = float(np.nanvar(rest.values)) if np.isfinite(rest.values).any() else 0.0
            shares[full.code] = max(0.0, 1.0 - left / whole) if whole > 0 else float("nan")
        out.append(replace(result, assumed_variance=shares))
    return out
