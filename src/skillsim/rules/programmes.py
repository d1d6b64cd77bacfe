"""Rules on programmes: lists of supported ones, and warning and exit (docs/model.md, Seats)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.rules.arrays import summed
from skillsim.rules.quotas import handed_over

Array = NDArray[Any]
Floats = NDArray[np.float64]
YELLOW, RED, CLOSED = 1, 2, 3
GOOD_YEARS = 2  # after which a colour is stepped back


def support(active: NDArray[np.bool_], growth: Floats, term: int) -> Floats:
    """Return the factor [P] by which a list in force has raised its seats by the last of the years given.

    ``active`` [Y] says in which plans it was in force, ``growth`` [Y, P] by how much it grows in each; the term of so many plans
    begins with the first in force, and what was gained by its end is kept.
    """
    since = np.argmax(active) if active.any() else len(active)
    within = active & (np.arange(len(active)) < since + term)
    out: Floats = np.where(within[:, None], 1.0 + growth, 1.0).prod(axis=0)
    return out


def supported(wish: Floats, factor: Floats, listed: NDArray[np.bool_], gate: NDArray[np.int64]) -> Floats:
    """Return the seats [S, R] with those of listed rows times ``factor`` [S, R]; the other rows of the same gate give or take
    the difference in proportion, so that each gate keeps its sum.  Listed rows gain no more than the others have.

    ``listed`` [S]; ``gate`` [S], which gate each row is entered by.
    """
    gates = int(gate.max()) + 1
    raised = wish * factor
    others = summed(np.where(listed[:, None], 0.0, wish), gate, gates)
    asked = summed(np.where(listed[:, None], raised - wish, 0.0), gate, gates)
    part = np.divide(np.minimum(asked, others), asked, out=np.ones_like(asked), where=asked > 0)
    part = np.where((asked < 0) & (others <= 0), 0.0, part)  # seats that are given up need a row that takes them
    gain = np.where(listed[:, None], (raised - wish) * part[gate], 0.0)
    return handed_over(wish + gain, -gain, ~listed[:, None] & (wish > 0), gate)


def below(top: Array, bottom: Array, least: Array) -> NDArray[np.bool_]:
    """Return where the share top/bottom lies below ``least``; 0/0 does not."""
    return np.asarray((bottom > 0) & (top < least * bottom - 1e-9 * np.maximum(bottom, 1.0)))


def next_colour(
    colour: Array, bad: Array, good: Array, failed: NDArray[np.bool_], seen: NDArray[np.bool_],
) -> tuple[Array, Array, Array]:
    """Return the colours after a year, and for how many years running each programme has been bad or good [N, R].

    A bad year makes it yellow, the second running red, the third closes it; two good years running step back one colour, and
    the count of good years begins again.  A year in which nothing could be ``seen`` counts neither way.
    """
    bad = np.where(failed, bad + 1, np.where(seen, 0, bad))
    good = np.where(failed, 0, np.where(seen, good + 1, good))
    back = good >= GOOD_YEARS
    after = np.where(failed, np.maximum(colour, np.minimum(bad, CLOSED)), np.maximum(colour - back, 0))
    kind = colour.dtype
    return after.astype(kind), np.minimum(bad, CLOSED).astype(kind), np.where(back, 0, good).astype(kind)


def warned(wish: Floats, colour: Array, cut: Floats, moved: Floats, beside: NDArray[np.int64]) -> Floats:
    """Return the seats [S, R] where red rows lose the share ``cut`` [R] and closed ones all; the share ``moved`` [R] of it goes
    to the rows ``beside`` them (same number [S]: same school and gate) that are neither, in proportion to their seats.

    ``colour`` [S, R] is that of each row's programme at its school.
    """
    lost = wish * np.where(colour == CLOSED, 1.0, np.where(colour == RED, cut, 0.0))
    return handed_over(wish - lost, lost * moved, colour < RED, beside)
