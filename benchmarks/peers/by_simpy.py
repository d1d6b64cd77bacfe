"""SimPy: a process for each student, and one for each gate that waits for the day of the assessment."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

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

ASSESSMENT = 0.01  # of a year: the gate decides when all have applied


class Place:
    """Counts of one replication, and its random numbers."""

    def __init__(self, env: simpy.Environment, years: int, seed: tuple[int, int]):
        self.env, self.rng = env, random.Random(f"{seed}")
        self.retained = self.secondary = self.college = 0
        self.dropouts = [0] * calendar_years(years)


class Gate:
    """The gate of one programme and intake: admits as many applicants as there are seats, chosen at random."""

    def __init__(self, env: simpy.Environment):
        self.env, self.entrants = env, 0
        self.applicants: list[simpy.Event] = []

    def apply(self) -> simpy.Event:
        """Return the event at which the applicant knows whether he is admitted."""
        answer = self.env.event()
        self.applicants.append(answer)
        return answer

    def decide(self, rng: random.Random) -> Generator[simpy.Event, Any, None]:
        """Wait for all applications, then answer them."""
        yield self.env.timeout(SECONDARY + ASSESSMENT)
        rng.shuffle(self.applicants)
        places = int(seats(self.entrants))
        for i, answer in enumerate(self.applicants):
            answer.succeed(i < places)


def student(place: Place, gate: Gate, year: int) -> Generator[simpy.Event, Any, None]:
    """Go through school: three years, the gate, two years."""
    env, chance = place.env, place.rng.random
    for k in range(SECONDARY):
        yield env.timeout(1)
        if chance() < DROPOUT[k]:
            place.dropouts[year + k] += 1
            return
    if chance() >= APPLY or not (yield gate.apply()):
        place.secondary += 1
        place.retained += chance() < STAY_SECONDARY
        return
    for k in range(SECONDARY, len(DROPOUT)):
        yield env.timeout(1)
        if chance() < DROPOUT[k]:
            place.dropouts[year + k] += 1
            return
    place.college += 1
    place.retained += chance() < STAY_COLLEGE


def intakes(place: Place, programmes: int, entrants: int, years: int) -> Generator[simpy.Event, Any, None]:
    """Let students come in September of each year."""
    env = place.env
    for year in range(years):
        gates = [Gate(env) for _ in range(programmes)]
        for _ in range(entrants):
            gate = gates[int(place.rng.random() * programmes)]
            gate.entrants += 1
            env.process(student(place, gate, year))
        for gate in gates:
            env.process(gate.decide(place.rng))
        yield env.timeout(1)


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    done = []
    for r in range(replications):
        env = simpy.Environment()
        place = Place(env, years, (seed, r))
        env.process(intakes(place, programmes, entrants, years))
        env.run()
        done.append([place.retained, place.secondary, place.college, *place.dropouts])
    return Outputs.of(np.array(done).T)
