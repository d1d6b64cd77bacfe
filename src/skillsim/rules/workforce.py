"""Workers: who reaches the statutory age of retirement, and how many workers are wanted (docs/model.md, Demand)."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.scenario.statute import CATEGORIES, retirement_month

Array = NDArray[Any]
Floats = NDArray[np.float64]


def retiring(births: NDArray[np.int64], year: int, rise: bool) -> Floats:
    """Return the share who retire in a calendar year of those not retired before it [categories, years of birth].

    The births of a year are spread evenly over its months.  Whoever is past the age retires at once.
    """
    out = np.zeros((len(CATEGORIES), len(births)))
    months = births[:, None] * 12 + np.arange(12)
    for c, category in enumerate(CATEGORIES):
        at = retirement_month(category, months, rise) // 12
        left, now = (at >= year).sum(axis=1), (at == year).sum(axis=1)
        out[c] = np.where(left > 0, now / np.maximum(left, 1), 1.0)
    return out


def grown(level: Floats, growth: Floats, deviation: Floats) -> Floats:
    """Return next year's desired employment: level · (1 + growth + deviation), never below 0."""
    out: Floats = level * np.maximum(1.0 + growth + deviation, 0.0)
    return out


def deviations(last: Floats, shock: Floats, persistence: Floats, sd: Floats, common: Floats) -> Floats:
    """Return this year's deviation of growth [I, R]: AR(1) around the scenario with a common shock.

    x(t) = rho · x(t-1) + sd · (sqrt(common) · z_0 + sqrt(1 - common) · z_i), with ``shock`` = (z_0, z_1 ... z_I) [1 + I, R]
    standard normal; ``persistence``, ``sd``, ``common`` broadcast to [R].
    """
    out: Floats = persistence * last + sd * (np.sqrt(common) * shock[:1] + np.sqrt(1.0 - common) * shock[1:])
    return out


def shares(parts: Floats, gained: Floats) -> Floats:
    """Return the shares of job levels [I, L, P] from parts [I, L, P] and the log-odds that each level has gained [L, P]; rows of
    zeros stay zeros."""
    weights = parts * np.exp(gained[None])
    total = weights.sum(axis=1, keepdims=True)
    out: Floats = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return out


def search_shares(found: tuple[Floats, Floats], rounds: list[str]) -> Floats:
    """Return the share of those who have not looked yet who look in each round [rounds, P].

    ``found`` are the shares in work by 31 August and by 31 December where vacancies don't bind; the rounds up to
    31 August have the first between them at one rate, the later ones the rest.
    """
    early = sum(day <= "08-31" for day in rounds)
    late = len(rounds) - early
    august, december = found
    both = np.broadcast_shapes(august.shape, december.shape)
    august, december = np.broadcast_to(august, both), np.broadcast_to(december, both)
    out = np.zeros((len(rounds), *both))
    if early:
        out[:early] = 1.0 - (1.0 - august) ** (1.0 / early)
    if late:
        before = august if early else np.zeros(both)
        left = np.divide(1.0 - december, 1.0 - before, out=np.zeros(both), where=before < 1)
        out[early:] = 1.0 - np.clip(left, 0.0, 1.0) ** (1.0 / late)
    return out


def giving_up(monthly: Floats, rounds: list[str], k: int) -> Floats:
    """Return the share [P] who leave between round ``k - 1`` and round ``k`` at a monthly share; a month has 365.25/12 days."""
    before, now = (date.fromisoformat(f"2001-{rounds[i]}") for i in (k - 1, k))
    out: Floats = 1.0 - (1.0 - monthly) ** ((now - before).days * 12 / 365.25)
    return out


def gaps(
    stayers: Floats, links: Floats, level: NDArray[np.int64], opened: Floats, levels: int,
) -> tuple[Floats, Floats, Floats]:
    """Return the supply of graduates by job, of those without an industry of their own, and the gap by group.

    A group's stayers are split over the industries by the links of its programme; supply less the vacancies open to graduates
    is the gap, so that a shortage is negative.  An industry's gap is shared among those who are trained for it in proportion
    to their supply, so that the groups' gaps sum to those of the industries for which anybody is trained.

    Parameters
    ----------
    stayers : [G, R]
    links : [G, I, R] parts of sum at most 1
    level : [G] job level of each group
    opened : [levels · I, R] vacancies open to graduates, level by level

    Returns
    -------
    supply [levels · I, R], without an industry [levels, R], gap [G, R]
    """
    parts = stayers[:, None] * links  # [G, I, R]
    industries = links.shape[1]
    supply, without = np.zeros((levels, industries, stayers.shape[1])), np.zeros((levels, stayers.shape[1]))
    for at in range(levels):
        mine = level == at
        supply[at] = parts[mine].sum(axis=0)
        without[at] = stayers[mine].sum(axis=0) - parts[mine].sum(axis=(0, 1))
    share = np.divide(opened.reshape(supply.shape), supply, out=np.zeros_like(supply), where=supply > 0)
    gap = (parts * (1.0 - share[level])).sum(axis=1)
    return supply.reshape(-1, stayers.shape[1]), np.maximum(without, 0.0), gap
