"""What it costs, and who pays (docs/model.md, Money)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.engine.budget import POINTS, Costs
from skillsim.results import statistics
from skillsim.results.indicators import Values

Floats = NDArray[np.float64]
COLUMNS = ("scenario", "year", "item", "payer", "asked", "paid", "cut", "p05", "p95", "over_limit")
FEN = 2  # decimals of a yuan
NEAR = 1e-9  # of the limit: more than it by less is rounding


class Spent(NamedTuple):
    """What items cost in yuan [Y, items, R]: asked for, and paid; ``items`` their codes, ``payers`` of each; ``over`` [Y, R]
    where the city paid more than its budget, since it may not cut more."""

    items: tuple[str, ...]
    payers: tuple[str, ...]
    asked: Floats
    paid: Floats
    over: NDArray[np.bool_]


def spent(values: Values) -> Spent:
    """Return what the items of cost of a run come to.

    Each is its amount times its volume of the year (and the level of the driver that it pays for).  Where the city's budget has a
    limit, what was not funded in April is not paid; if the rest still comes to more, it is cut in the same order.
    """
    costs, h = Costs(values.inputs, values.replications, values.per), values.history
    years = range(len(values.inputs.years))
    asked = np.stack([costs.each(y) * costs.volumes(h, y) for y in years])
    paid, over = asked, np.zeros((len(asked), values.replications), dtype=bool)
    if values.layout.funded:
        paid = np.stack([costs.paid(y, asked[y] * (h.funded[y] / POINTS)) for y in years])
        for y in years:
            limit = costs.limit(y)
            over[y] = paid[y][costs.city].sum(axis=0) > (np.inf if limit is None else limit * (1 + NEAR))
    return Spent(costs.items, tuple(item.payer for item in costs.given), asked, paid, over)


def totals(found: Spent) -> Iterator[tuple[str, str, Floats, Floats]]:
    """Yield (item, payer, asked, paid [Y, R]): each item, then all of each payer, then everything; blanks mean all."""
    for i, (item, payer) in enumerate(zip(found.items, found.payers, strict=True)):
        yield item, payer, found.asked[:, i], found.paid[:, i]
    for payer in (*sorted(set(found.payers)), ""):
        mine = [i for i, one in enumerate(found.payers) if payer in ("", one)]
        yield "", payer, found.asked[:, mine].sum(axis=1), found.paid[:, mine].sum(axis=1)


def money(name: str, values: Values, found: Spent) -> pd.DataFrame:
    """Return the tidy table of costs in yuan, by year, items first, then the totals of each payer and of all.

    Columns: scenario, year, item and payer (blank: all), asked, paid, cut (means), p05, p95 (of what is paid), over_limit (of the
    city's total: the share of replications in which it is above the budget's limit).
    """
    rows = []
    for item, payer, asked, paid in totals(found):
        low, high = (statistics.quantiles(paid)[statistics.QUANTILES.index(q)] for q in (0.05, 0.95))
        limited = bool(values.layout.funded) and (item, payer) == ("", "city")
        for y, year in enumerate(values.inputs.years.tolist()):
            means = (float(asked[y].mean()), float(paid[y].mean()))
            rows.append((
                name, year, item, payer, *means, means[0] - means[1], float(low[y]), float(high[y]),
                float(found.over[y].mean()) if limited else np.nan,
            ))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).round(dict.fromkeys(("asked", "paid", "cut", "p05", "p95"), FEN))
    return frame.sort_values("year", kind="stable", ignore_index=True)


def all_paid(found: Spent, payer: str) -> Floats:
    """Return what a payer (blank: all) paid over all years [R]."""
    mine: Sequence[int] = [i for i, one in enumerate(found.payers) if payer in ("", one)]
    out: Floats = found.paid[:, mine].sum(axis=(0, 1))
    return out
