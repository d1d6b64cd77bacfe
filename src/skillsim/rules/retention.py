"""Who stays: the wish to stay as a logit, its intercept from an observed rate, and the four definitions (docs/model.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[Any]
Floats = NDArray[np.float64]
DEFINITIONS = ("r1", "r2", "r3", "r4")


def sigmoid(x: Floats) -> Floats:
    """Return the logistic function."""
    out: Floats = expit(x)
    return out


def logit(p: Floats) -> Floats:
    """Return the log-odds of shares; those of nobody and everybody are cut at 1e-12 from the end."""
    q = np.clip(p, 1e-12, 1.0 - 1e-12)
    out: Floats = np.log(q / (1.0 - q))
    return out


def counts(
    definition: str, local: Array, away: Array, further_local: Array, further_away: Array, graduates: Array,
) -> tuple[Array, Array]:
    """Return numerator and denominator of a staying rate.

    r1 local employed / employed; r2 local employed / (graduates - further study); r3 local employed / graduates;
    r4 (local employed + local further study) / (employed + further study).  All arguments are counts of one shape.
    """
    further = further_local + further_away
    if definition == "r1":
        return local, local + away
    if definition == "r2":
        return local, graduates - further
    if definition == "r3":
        return local, graduates
    return local + further_local, local + away + further


def rate(
    definition: str, stay: Floats, seekers: Floats, found: tuple[Floats, Floats], further: tuple[Floats, Floats],
    gone: Floats | float = 0.0,
) -> Floats:
    """Return the expected rate when ``stay`` of ``seekers`` wish to stay.

    ``found`` are the shares of stayers and of leavers in work on the day of counting, ``further`` the graduates in further
    study here and elsewhere, ``gone`` the share of stayers who left after all and are in work elsewhere; all [P].
    """
    local, away = stay * found[0], (seekers - stay) * found[1] + stay * gone
    top, bottom = counts(definition, local, away, further[0], further[1], seekers + further[0] + further[1])
    return np.divide(top, bottom, out=np.zeros_like(bottom), where=bottom > 0)


def stay_share(
    definition: str, wanted: Floats, seekers: Floats, found: tuple[Floats, Floats], further: tuple[Floats, Floats],
    gone: Floats | float = 0.0,
) -> Floats:
    """Return the share of ``seekers`` who must wish to stay for the rate to come out [P], cut to what is possible.

    Numerator and denominator of every definition are linear in it.  Arguments as in :func:`rate`.
    """
    both = []
    for stay in (np.zeros_like(seekers), seekers):
        local, away = stay * found[0], (seekers - stay) * found[1] + stay * gone
        both.append(counts(definition, local, away, further[0], further[1], seekers + further[0] + further[1]))
    (top, bottom), (top_all, bottom_all) = both
    slope = (top_all - top) - wanted * (bottom_all - bottom)
    out = np.divide(wanted * bottom - top, slope, out=np.ones_like(slope), where=slope > 0)
    return np.clip(out, 0.0, 1.0)


def solve_intercepts(
    wanted: Floats, definition: str, terms: Floats, seekers: Floats, parts: Sequence[slice], found: tuple[Floats, Floats],
    further: tuple[Floats, Floats],
) -> tuple[Floats, Floats, Floats]:
    """Return the intercepts that make the expected rates of n classes come out as ``wanted``, and the rates' limits.

    Every definition rises with the number who stay, so bisection on the logit finds the only root.

    Parameters
    ----------
    wanted : [n, P] rates
    definition : r1 ... r4
    terms : [G, P] log-odds of each group besides the intercept
    seekers : [G, P] graduates of each group who look for work
    parts : of each class the rows of its groups, one class after another
    found, further : see :func:`rate`; [P] or [n, P]

    Returns
    -------
    intercepts [n, P] (nan where the rate can't come out), lowest and highest possible rates [n, P]
    """
    def by_class(rows: Floats) -> Floats:
        return np.stack([rows[part].sum(axis=0) for part in parts])

    of = np.repeat(np.arange(len(parts)), [part.stop - part.start for part in parts])
    everyone = by_class(seekers)
    low = rate(definition, np.zeros_like(everyone), everyone, found, further)
    high = rate(definition, everyone, everyone, found, further)
    lo, hi = np.full(wanted.shape, -60.0), np.full(wanted.shape, 60.0)
    for _ in range(80):
        mid = 0.5 * (lo + hi)
        stay = by_class(seekers * sigmoid(mid[of] + terms))
        above = rate(definition, stay, everyone, found, further) > wanted
        before, (lo, hi) = (lo, hi), (np.where(above, lo, mid), np.where(above, mid, hi))
        if np.array_equal(lo, before[0]) and np.array_equal(hi, before[1]):
            break  # no number lies between them
    possible = (wanted > low) & (wanted < high)
    return np.where(possible, 0.5 * (lo + hi), np.nan), low, high


def shares_by_area(jobs: Floats, own: Floats, studied: NDArray[np.int64], areas: NDArray[np.int64]) -> Floats:
    """Return in which area of the place graduates at work here work: shares [B, G, P], of sum 1 over the areas.

    Multinomial logit with the jobs of an area as its size (McFadden 1978, "Modelling the choice of residential location") and
    log-odds in favour of the area of study.

    Parameters
    ----------
    jobs : [B, P] jobs of each area of the place, in parts
    own : [P] log-odds of the area in which one studied
    studied : [G] the area in which each group studied
    areas : [B] the areas of the place
    """
    at_home = (areas[:, None] == studied[None])[..., None]
    weights = jobs[:, None, :] * np.exp(np.where(at_home, own, 0.0))
    out: Floats = weights / weights.sum(axis=0)
    return out
