"""Weights of the logit choices (docs/model.md, Admission)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def junior_weights(
    rows: Floats, home: Floats, at_home: NDArray[np.bool_], open_to: NDArray[np.bool_], outside: Floats,
    outside_open: NDArray[np.bool_],
) -> Floats:
    """Return exp(utility) of each seat row and alternative for each type, 0 where a row is not open.

    Parameters
    ----------
    rows : [bands, S, P] log-odds of each row by band: pathway, programme, school and size
    home : [P] log-odds of a school in one's own area
    at_home, open_to : [S, areas]
    outside : [bands, alternatives, P] log-odds
    outside_open : [alternatives, areas]

    Returns
    -------
    float [bands · areas, S + alternatives, P], types in order of band, then area
    """
    bands, areas = rows.shape[0], at_home.shape[1]
    columns = max(rows.shape[-1], home.shape[-1], outside.shape[-1])
    utility = rows[:, None, :, :] + at_home.T[None, :, :, None] * home[None, None, None, :]
    seats = np.exp(utility) * open_to.T[None, :, :, None]
    others = np.exp(outside)[:, None] * outside_open.T[None, :, :, None]
    out = np.empty((bands, areas, rows.shape[1] + outside.shape[1], columns))
    out[:, :, : rows.shape[1]] = seats
    out[:, :, rows.shape[1] :] = others
    return out.reshape(bands * areas, out.shape[2], columns)


def open_weights(rows: Floats, field: NDArray[np.int8], other_field: Floats, elsewhere: Floats | None) -> Floats:
    """Return exp(utility) after an open exam: own programme, others of the family with a penalty, elsewhere.

    Parameters
    ----------
    rows : [S, P] log-odds of each seat row
    field : [T, S] 2 own programme, 1 own family, 0 neither
    other_field : [P] log-odds
    elsewhere : [P] log-odds of a place elsewhere, or None

    Returns
    -------
    float [T, S + 1, P], the last alternative is elsewhere (weight 0 where there is none)
    """
    parts = (rows.shape[-1], other_field.shape[-1], 1 if elsewhere is None else elsewhere.shape[-1])
    columns = max(parts)
    out = np.zeros((field.shape[0], rows.shape[0] + 1, columns))
    own = np.exp(rows)
    out[:, :-1] = np.where(field[:, :, None] == 2, own, np.where(field[:, :, None] == 1, own * np.exp(other_field), 0.0))
    if elsewhere is not None:
        out[:, -1] = np.exp(elsewhere)
    return out


def waiting(weights: Floats, planned: NDArray[np.bool_], later: NDArray[np.int64]) -> Floats:
    """Return the weight of waiting for later batches [T, P]: that of all their options which have places this year.

    Parameters
    ----------
    weights : [T, O, P] of all options
    planned : [O, P] whether an option has any places by plan
    later : the options of later batches
    """
    out: Floats = (weights[:, later] * planned[None, later]).sum(axis=1)
    return out


def in_turn(exempt: Floats, recommended: Floats, sits: Floats, passes: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the shares of graduates who go up without exam, by recommendation, and by passing, each of those still there.

    ``exempt``, ``recommended`` and ``sits`` are shares of all graduates, ``passes`` of those who sit; any shape.  All come out of
    those who would sit, the exempt first, so that more without exam means fewer who sit.
    """
    first = np.minimum(exempt, sits)
    second = np.minimum(recommended, sits - first)
    rest = 1 - first
    others = rest - second
    return first, second / np.where(rest > 0, rest, 1), (sits - first - second) / np.where(others > 0, others, 1) * passes
