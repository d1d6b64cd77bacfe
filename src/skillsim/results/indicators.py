"""Indicators: from counts to the values that targets and tables ask for (formulas in docs/model.md and terms)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.history import History
from skillsim.engine.inputs import Inputs
from skillsim.engine.layout import Layout
from skillsim.rules.retention import DEFINITIONS, counts
from skillsim.scenario.types import Pick, Scenario
from skillsim.terms import DESTINATIONS

Array = NDArray[Any]
Floats = NDArray[np.float64]

KIND = {
    "junior_graduates": "area", "general_entrants": "area", "not_local": "area",
    "seats": "pool", "entrants": "pool", "completion": "pool", "long_track_share": "pool", "leading_seat_share": "pool",
    "leading_programme_share": "offered", "headcount": "line", "dropouts": "line", "transfer_rate": "line",
    "graduates": "group", **dict.fromkeys(DESTINATIONS, "group"), **{f"local_retention_{d}": "group" for d in DEFINITIONS},
}
BY_INDUSTRY = ("graduates", "local_employed")


@dataclass(frozen=True)
class Row:
    """One row of the tidy table: an indicator and what it is broken down by; empty means all."""

    indicator: str
    area: str = ""
    pathway: str = ""
    programme: str = ""
    level: str = ""
    industry: str = ""


class Values:
    """Indicator values of one run, [Y, R] each, from its history.

    Parameters
    ----------
    inputs : of the run, for its parameter draws
    history : its counts
    per_parameter : replications that share a parameter draw
    """

    def __init__(self, inputs: Inputs, history: History, per_parameter: int):
        self.inputs, self.history, self.layout, self.per = inputs, history, inputs.layout, per_parameter
        self.scenario: Scenario = inputs.scenario
        self.replications = history.junior.shape[-1]

    def _columns(self, values: Floats) -> Floats:
        if values.shape[-1] == 1:
            return np.broadcast_to(values, (*values.shape[:-1], self.replications))
        return np.repeat(values, self.per, axis=-1)

    def _linked(self, year_values: NDArray[np.int64]) -> Floats:
        """Return 1 where a programme's graduates are at least half linked to leading industries [Y, n, R]."""
        leading = [c for c, industry in self.scenario.industries.items() if industry.leading]
        out = []
        for code in self.layout.programmes:
            links = [c for c in self.scenario.programmes[code].industries if c in leading]
            parts = [self.inputs.get(f"programmes.{code}.industries.{c}") for c in links]
            total = sum(parts) if parts else np.zeros((len(self.inputs.years), 1))
            linked = self._columns(np.asarray(total)) >= 0.5 - 1e-12
            out.append(np.broadcast_to(linked, (len(self.inputs.years), self.replications)))
        return np.stack(out, axis=1)[:, year_values].astype(float)

    def parts(self, indicator: str) -> tuple[Array, Array | None]:
        """Return numerator and denominator [Y, rows of its kind, R]; no denominator for a count."""
        h, layout = self.history, self.layout
        if indicator in DESTINATIONS:
            return h.destinations[:, DESTINATIONS.index(indicator)], None
        if indicator.startswith("local_retention_"):
            further_local, further_away, local, away = (h.destinations[:, i] for i in range(4))
            return counts(indicator[-2:], local, away, further_local, further_away, h.graduates)
        if indicator == "completion":
            return h.entrants, h.seats
        if indicator == "transfer_rate":
            return h.through_gate, h.at_gate
        if indicator == "long_track_share":
            long_track = set(self.scenario.classes.get("long_track", []))
            junior = np.isin(np.arange(len(layout.pools)), layout.gate_pools["junior"])
            member = np.array([layout.pathways[p] in long_track for p in layout.pool_pathway])
            entrants = h.entrants * junior[None, :, None]
            return entrants * member[None, :, None], entrants
        if indicator == "leading_seat_share":
            return h.seats * self._linked(layout.pool_programme), h.seats
        if indicator == "leading_programme_share":
            return self._offered()
        names = {"junior_graduates": "junior", "general_entrants": "general"}
        return getattr(h, names.get(indicator, indicator)), None

    def _offered(self) -> tuple[Array, Array]:
        """Return for each school x programme whether it is offered, and offered and linked [Y, n, R]."""
        at = self.offered
        seats = np.stack([self.history.seats[:, rows].sum(axis=1) for _, _, rows in at], axis=1)
        offered = (seats > 0).astype(float)
        return offered * self._linked(np.array([p for _, p, _ in at])), offered

    @property
    def offered(self) -> list[tuple[int, int, NDArray[np.int64]]]:
        """Return (school, programme, its pools) of everything offered."""
        both = list(zip(self.layout.pool_school.tolist(), self.layout.pool_programme.tolist(), strict=True))
        return [(s, p, np.array([i for i, b in enumerate(both) if b == (s, p)])) for s, p in sorted(set(both))]

    def masks(self, kind: str) -> dict[str, Array]:
        """Return for each breakdown the index of every row of a kind, aligned with the layout's names."""
        layout = self.layout
        area_of = np.array([layout.areas.index(self.scenario.institutions[c].area) for c in layout.schools])
        if kind == "area":
            return {"area": np.arange(len(layout.areas))}
        if kind == "offered":
            return {"school": np.array([s for s, _, _ in self.offered]), "programme": np.array([p for _, p, _ in self.offered])}
        if kind == "group":
            return {"pathway": layout.group_pathway, "programme": layout.group_programme, "level": layout.group_level}
        out = {
            name: getattr(layout, f"{kind}_{name}") for name in ("pathway", "programme", "school")
        }
        out["area"] = area_of[out["school"]]
        if kind == "line":
            out["level"] = layout.line_level
        return out

    def value(self, indicator: str, of: Pick) -> Floats:
        """Return an indicator of the students picked [Y, R]; 0/0 is nan."""
        top, bottom = self.parts(indicator)
        keep = self.picked(KIND[indicator], of) & self._everybody(KIND[indicator], top.shape[1])
        total = top[:, keep].sum(axis=1).astype(float)
        return total if bottom is None else ratio(total, bottom[:, keep].sum(axis=1))

    def _everybody(self, kind: str, rows: int) -> NDArray[np.bool_]:
        """Return which rows a figure without breakdown sums: of source areas, those of the place."""
        return self.layout.area_origin == 0 if kind == "area" else np.ones(rows, dtype=bool)

    def picked(self, kind: str, of: Pick) -> NDArray[np.bool_]:
        """Return which rows of a kind a pick means."""
        layout, at = self.layout, self.masks(kind)
        size = len(next(iter(at.values())))
        keep = np.ones(size, dtype=bool)
        classes = self.scenario.classes
        for name, names, codes in (
            ("pathway", layout.pathways, [p for c in of.pathways for p in classes.get(c, [c])]),
            ("programme", layout.programmes, of.programmes), ("level", layout.levels, of.levels),
            ("school", layout.schools, of.schools),
        ):
            if codes and name in at:
                keep &= np.array([names[i] in codes for i in at[name]], dtype=bool)
        return keep

    def tables(self) -> Iterator[tuple[list[Row], Floats]]:
        """Yield, indicator by indicator, the rows of the tidy table and their values [rows, Y, R]; all at once would take
        several times the memory of the run."""
        for indicator, kind in KIND.items():
            if indicator == "long_track_share" and "long_track" not in self.scenario.classes:
                continue
            found = list(self._broken_down(indicator, kind))
            yield [row for row, _ in found], np.stack([value for _, value in found])

    def _broken_down(self, indicator: str, kind: str) -> Iterator[tuple[Row, Floats]]:
        """Yield an indicator for all and by each of its breakdowns."""
        layout: Layout = self.layout
        top, bottom = self.parts(indicator)
        which: list[tuple[Row, NDArray[np.bool_]]] = [(Row(indicator), self._everybody(kind, top.shape[1]))]
        names = {"area": layout.areas, "pathway": layout.pathways, "programme": layout.programmes, "level": layout.levels}
        if indicator not in ("long_track_share", "leading_programme_share"):
            for part, at in self.masks(kind).items():
                if part == "school":
                    continue
                which += [(Row(indicator, **{part: names[part][i]}), at == i) for i in np.unique(at).tolist()]
                if part == "pathway":
                    which += [
                        (Row(indicator, pathway=code), np.isin(at, [names[part].index(m) for m in members if m in names[part]]))
                        for code, members in sorted(self.scenario.classes.items())
                    ]
        member = np.array([keep for _, keep in which], dtype=float)
        total = _summed(member, top)
        value = total if bottom is None else ratio(total, _summed(member, bottom))
        for i, (row, _) in enumerate(which):
            yield row, value[i]
        if indicator in BY_INDUSTRY:
            yield from self._by_industry(indicator, top)

    def _by_industry(self, indicator: str, top: Array) -> Iterator[tuple[Row, Floats]]:
        """Yield graduates by the industries to which their programmes lead."""
        by_programme = _summed(
            np.array([self.layout.group_programme == i for i in range(len(self.layout.programmes))], dtype=float), top
        )
        for industry in sorted(self.scenario.industries):
            total = np.zeros(by_programme.shape[1:])
            for i, code in enumerate(self.layout.programmes):
                if industry in self.scenario.programmes[code].industries:
                    total += by_programme[i] * self._columns(self.inputs.get(f"programmes.{code}.industries.{industry}"))
            yield Row(indicator, industry=industry), total


def _summed(member: Floats, x: Array) -> Floats:
    """Return sums over the rows that belong to each of K breakdowns: [K, N] and [Y, N, R] to [K, Y, R]."""
    years, n, columns = x.shape
    flat = np.ascontiguousarray(x.transpose(1, 0, 2), dtype=float).reshape(n, years * columns)
    out: Floats = (member @ flat).reshape(len(member), years, columns)
    return out


def ratio(top: Array, bottom: Array) -> Floats:
    """Return top / bottom, nan where both are nothing."""
    out: Floats = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=np.asarray(bottom) > 0)
    return out
