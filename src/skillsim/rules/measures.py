"""What measures do: each unit that is done moves the numbers on which the measure is thought to act (docs/model.md, Measures)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.retention import logit, sigmoid
from skillsim.scenario.means import Measure

Floats = NDArray[np.float64]
MOST = 700.0  # the exponential of more has no number


class Acting(NamedTuple):
    """An effect of a measure on a number: the paths of the units done and of what each of them adds, and how it is added."""

    done: str
    each: str
    by: str


def acting(measures: Mapping[str, Measure], paths: Iterable[str]) -> dict[str, Sequence[Acting]]:
    """Return the effects on each of the numbers ``paths`` on which any measure acts, by path.

    A key names a number, or all below it; ``*`` is any one part.
    """
    effects = [
        (effect.key.split("."), Acting(f"measures.{code}.done", f"measures.{code}.effects.{i}.each", effect.by))
        for code, measure in measures.items() for i, effect in enumerate(measure.effects)
    ]
    out: dict[str, Sequence[Acting]] = {}
    for path in paths if effects else ():
        parts = path.split(".")
        mine = [one for key, one in effects if _names(key, parts)]
        if mine:
            out[path] = mine
    return out


def _names(key: Sequence[str], parts: Sequence[str]) -> bool:
    return len(parts) >= len(key) and all(k in ("*", part) for k, part in zip(key, parts, strict=False))


def moved(values: Floats, pushes: Mapping[str, Floats], lo: float, hi: float) -> Floats:
    """Return figures [Y, P] with the effects of measures on them, kept within their bounds.

    ``pushes`` [Y, P] are by kind the sums of units times what each adds.  They act in this order: ``add`` is added, ``log``
    multiplies by its exponential, ``log_odds`` is added to the log-odds of what lies strictly between 0 and 1.  Where a push is
    0 a figure stays as it is to the last bit.
    """
    out = values
    if "add" in pushes:
        out = out + pushes["add"]
    if "log" in pushes:
        out = out * np.exp(np.clip(pushes["log"], -MOST, MOST))
    if "log_odds" in pushes:
        push = pushes["log_odds"]
        out = np.where((push == 0) | (out <= 0) | (out >= 1), out, sigmoid(logit(out) + push))
    return np.clip(out, lo, hi)
