"""Ciw: school years are nodes with room for all, students individuals that are routed from year to year.

Ciw looks through all individuals of a node for each event, so its time grows with the square of an intake.
"""

from __future__ import annotations

import random
from collections import Counter

import ciw
import numpy as np
from ciw.routing import NetworkRouting

from benchmarks.pathway import (
    APPLY,
    DROPOUT,
    SECONDARY,
    STAY_COLLEGE,
    STAY_SECONDARY,
    Outputs,
    calendar_years,
    seats,
)

OUT = -1


class Way(NetworkRouting):
    """Where a student goes from each school year; the gate serves applicants as they come, and Ciw brings those who finish the
    year at the same moment up in random order."""

    def __init__(self, programmes: int, years: int):
        super().__init__([])
        self.programmes = programmes
        self.entrants: Counter[tuple[int, int]] = Counter()
        self.admitted: Counter[tuple[int, int]] = Counter()
        self.retained = self.secondary = self.college = 0
        self.dropouts = [0] * calendar_years(years)

    def initialise(self, simulation: ciw.Simulation) -> None:
        """Take the simulation; there are no routers of single nodes."""
        self.simulation = simulation

    def initialise_individual(self, ind: ciw.Individual) -> None:
        """Choose a programme."""
        ind.intake = round(self.simulation.current_time) - 1
        ind.programme = random.randrange(self.programmes)
        self.entrants[ind.intake, ind.programme] += 1

    def next_node(self, ind: ciw.Individual, node_id: int) -> ciw.Node:
        """Return the next year's node, or the exit."""
        return self.simulation.nodes[self._next(ind, node_id)]

    def _next(self, ind: ciw.Individual, studied: int) -> int:
        chance = random.random
        if chance() < DROPOUT[studied - 1]:
            self.dropouts[ind.intake + studied - 1] += 1
            return OUT
        if studied == SECONDARY and not (chance() < APPLY and self._admits((ind.intake, ind.programme))):
            self.secondary += 1
            self.retained += chance() < STAY_SECONDARY
            return OUT
        if studied == len(DROPOUT):
            self.college += 1
            self.retained += chance() < STAY_COLLEGE
            return OUT
        return studied + 1

    def _admits(self, gate: tuple[int, int]) -> bool:
        if self.admitted[gate] >= seats(self.entrants[gate]):
            return False
        self.admitted[gate] += 1
        return True


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    done = []
    nodes = len(DROPOUT)
    for r in range(replications):
        ciw.seed(seed + r)
        way = Way(programmes, years)
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential([1.0] * years + [float("inf")])] + [None] * (nodes - 1),
            batching_distributions=[ciw.dists.Deterministic(entrants)] * nodes,
            service_distributions=[ciw.dists.Deterministic(1.0)] * nodes,
            number_of_servers=[float("inf")] * nodes,
            routing=way,
        )
        ciw.Simulation(network).simulate_until_max_time(years + nodes + 0.5)
        done.append([way.retained, way.secondary, way.college, *way.dropouts])
    return Outputs.of(np.array(done).T)
