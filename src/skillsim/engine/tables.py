"""The stocks of tables: people who move between stages once a year, leave by exits, and are joined by recruits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source, name_keys
from skillsim.engine.ledger import Ledger
from skillsim.rules.arrays import Index, Keys, as_columns, index, summed
from skillsim.scenario.flow import LEFT
from skillsim.scenario.types import Scenario

if TYPE_CHECKING:
    from skillsim.engine.inputs import Inputs

Array = NDArray[Any]


@dataclass(frozen=True)
class Flow:
    """The structure of the tables: n stages and m exits of T tables, by code."""

    tables: tuple[str, ...]
    stages: tuple[tuple[str, str], ...]  # (table, stage)
    exits: tuple[tuple[str, str], ...]  # (table, exit)
    keys: Keys  # [n]
    stage_table: Index  # [n]
    exit_table: Index  # [m]
    moves: tuple[tuple[str, ...], ...]  # of each stage the stages and exits that its row names
    to: Index  # [K + 1, n] the row to which each of them leads, stages before exits; the last is where all others go


def lay_out_tables(s: Scenario) -> Flow:
    """Return the structure of a scenario's tables; without rows where it has none."""
    tables = sorted(s.tables or {})
    stages = [(t, code) for t in tables for code in sorted(s.tables[t].stages)]  # type: ignore[index]
    exits = [(t, code) for t in tables for code in s.tables[t].exit_codes()]  # type: ignore[index]
    row = {place: i for i, place in enumerate([*stages, *exits])}
    moves = tuple(tuple(sorted(s.tables[t].stages[code].moves)) for t, code in stages)  # type: ignore[index]
    to = np.tile(index([row[t, LEFT] for t, _ in stages]), (max(map(len, moves), default=0) + 1, 1))
    for i, (t, _) in enumerate(stages):
        to[: len(moves[i]), i] = [row[t, code] for code in moves[i]]
    return Flow(
        tuple(tables), tuple(stages), tuple(exits), name_keys(("table", *stage) for stage in stages),
        index([tables.index(t) for t, _ in stages]), index([tables.index(t) for t, _ in exits]), moves, to,
    )


class Stocks:
    """Who is in each stage through the years, for all replications at once: a Markov chain with recruits (Bartholomew, Forbes and
    McClean 1991), each person moving by himself.

    ``stock`` [n, R] are those there on 31 December; ``recruits`` [n, R] and ``exits`` [m, R] who came and left in the year that
    was closed last.

    Parameters
    ----------
    inputs : figures by year and parameter draw
    source : draws, or means
    ledger : checks every move
    stock : what an earlier year left, by default what the tables state
    """

    def __init__(self, inputs: Inputs, source: Source, ledger: Ledger, stock: Array | None = None):
        self.inputs, self.source, self.ledger, self.flow = inputs, source, ledger, inputs.layout.flow
        self.stock = self._counts(inputs.of_stages("start")[0]) if stock is None else stock
        self.recruits: Array
        self.exits: Array

    def _counts(self, persons: Array) -> Array:
        return np.array(as_columns(persons, self.source.columns, self.source.per_parameter), dtype=self.source.dtype)

    def close(self, year: int) -> None:
        """Let everybody move, then the recruits of the year come in; they move a year on."""
        y, flow, ledger, before = year - self.inputs.first, self.flow, self.ledger, self.stock
        n, tables = len(flow.stages), len(flow.tables)
        moved = self.source.split(before, self.inputs.moves[y], "moves of tables", year, flow.keys)
        ledger.move("moves of tables", lambda i: "·".join(flow.stages[i]), before, moved)
        after = summed(moved.reshape(-1, moved.shape[-1]), flow.to.reshape(-1), n + len(flow.exits))
        self.recruits, self.exits = self._counts(self.inputs.of_stages("recruits")[y]), after[n:]
        self.stock = after[:n] + self.recruits

        def by_table(rows: Array, of: Index) -> Array:
            return summed(rows.astype(np.float64 if ledger.tolerance else np.int64), of, tables)

        came = by_table(before, flow.stage_table) + by_table(self.recruits, flow.stage_table)
        there, gone = by_table(self.stock, flow.stage_table), by_table(self.exits, flow.exit_table)
        ledger.move(f"accounts of {year}", flow.tables.__getitem__, came, there, gone)
