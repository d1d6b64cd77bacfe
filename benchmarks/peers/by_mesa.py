"""Mesa: students are agents that a model steps year by year."""

from __future__ import annotations

from collections import defaultdict

import mesa
import numpy as np

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


class Student(mesa.Agent):
    """A student of one programme and intake."""

    def __init__(self, model: Place, programme: int):
        super().__init__(model)
        self.programme, self.intake, self.studied = programme, model.year, 0

    def step(self) -> None:
        """Live through a school year."""
        model, k = self.model, self.studied
        if model.random.random() < DROPOUT[k]:
            model.dropouts[self.intake + k] += 1
            self.remove()
            return
        self.studied = k + 1
        if self.studied == SECONDARY:
            if model.random.random() < APPLY:
                model.applicants[self.programme].append(self)
            else:
                self.leave_secondary()
        elif self.studied == len(DROPOUT):
            model.college += 1
            model.retained += model.random.random() < STAY_COLLEGE
            self.remove()

    def leave_secondary(self) -> None:
        """Leave with the diploma of secondary school."""
        self.model.secondary += 1
        self.model.retained += self.model.random.random() < STAY_SECONDARY
        self.remove()


class Place(mesa.Model):
    """A place that takes students for some years."""

    def __init__(self, programmes: int, entrants: int, years: int, seed: int):
        super().__init__(seed=seed)
        self.programmes, self.entrants, self.years = programmes, entrants, years
        self.year = 0
        self.retained = self.secondary = self.college = 0
        self.dropouts = [0] * calendar_years(years)
        self.taken: dict[int, list[int]] = {}
        self.applicants: dict[int, list[Student]] = defaultdict(list)

    def step(self) -> None:
        """Let students enter, the school year pass, and the gates decide."""
        if self.year < self.years:
            chosen = self.rng.integers(self.programmes, size=self.entrants)
            self.taken[self.year] = np.bincount(chosen, minlength=self.programmes).tolist()
            Student.create_agents(self, self.entrants, chosen.tolist())
        self.agents.do("step")
        intake = self.year + 1 - SECONDARY
        for programme, applicants in self.applicants.items():
            self.random.shuffle(applicants)
            for one in applicants[int(seats(self.taken[intake][programme])) :]:
                one.leave_secondary()
        self.applicants.clear()
        self.year += 1


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    done = []
    for r in range(replications):
        place = Place(programmes, entrants, years, seed + r)
        for _ in range(calendar_years(years)):
            place.step()
        done.append([place.retained, place.secondary, place.college, *place.dropouts])
    return Outputs.of(np.array(done).T)
