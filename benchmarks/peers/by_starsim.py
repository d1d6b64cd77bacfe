"""Starsim: one agent for each student of all intakes; a module steps those at school each year."""

from __future__ import annotations

import numpy as np
import starsim as ss

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


class School(ss.Module):
    """The pathway."""

    def __init__(self, programmes: int, entrants: int, years: int):
        super().__init__()
        self.programmes, self.entrants, self.years = programmes, entrants, years
        self.define_states(
            ss.FloatArr("programme"), ss.FloatArr("intake"), ss.BoolState("at_school"), ss.BoolState("retained"),
            ss.BoolState("secondary"), ss.BoolState("college"),
        )
        self.chosen = ss.randint(low=0, high=programmes, name="chosen")
        self.dropout = [ss.bernoulli(p=p, name=f"dropout_{k}") for k, p in enumerate(DROPOUT)]
        self.apply = ss.bernoulli(p=APPLY, name="apply")
        self.order = ss.random(name="order")
        self.stay = {
            "secondary": ss.bernoulli(p=STAY_SECONDARY, name="stay_secondary"),
            "college": ss.bernoulli(p=STAY_COLLEGE, name="stay_college"),
        }
        self.dropouts = np.zeros(calendar_years(years), dtype=np.int64)
        self.taken = np.zeros((years, programmes), dtype=np.int64)

    def step(self) -> None:
        """Let a school year end for those at school, then students enter."""
        now = self.ti
        for k in range(len(DROPOUT)):
            year = now - 1 - k
            if 0 <= year < self.years:
                self._end(year, k)
        if now < self.years:
            new = ss.uids(np.arange(now * self.entrants, (now + 1) * self.entrants))
            self.programme[new], self.intake[new], self.at_school[new] = self.chosen.rvs(new), now, True
            self.taken[now] = np.bincount(self.programme[new].astype(np.int64), minlength=self.programmes)

    def _end(self, year: int, k: int) -> None:
        there = (self.at_school & (self.intake == year)).uids
        gone, there = self.dropout[k].split(there)
        self.dropouts[year + k] += len(gone)
        self.at_school[gone] = False
        if k + 1 == SECONDARY:
            self._leave(there.remove(self._admitted(year, there)), "secondary")
        elif k + 1 == len(DROPOUT):
            self._leave(there, "college")

    def _admitted(self, year: int, there: ss.uids) -> ss.uids:
        """Return who is admitted: of each programme's applicants as many as there are seats, in random order."""
        applicants = self.apply.filter(there)
        applicants = applicants[np.argsort(self.order.rvs(applicants))]
        programme = self.programme[applicants].astype(np.int64)
        by_programme = np.argsort(programme, kind="stable")
        rank = np.empty(len(applicants), dtype=np.int64)
        starts = np.searchsorted(programme[by_programme], np.arange(self.programmes))
        rank[by_programme] = np.arange(len(applicants)) - starts[programme[by_programme]]
        return applicants[rank < seats(self.taken[year])[programme]]

    def _leave(self, who: ss.uids, diploma: str) -> None:
        self.at_school[who] = False
        getattr(self, diploma)[who] = True
        self.retained[self.stay[diploma].filter(who)] = True


def run(replications: int, programmes: int, entrants: int, years: int, seed: int) -> Outputs:
    """Return the outputs of some replications."""
    done = []
    for r in range(replications):
        school = School(programmes, entrants, years)
        ss.Sim(
            n_agents=entrants * years, modules=school, start=0, dur=calendar_years(years), dt=1, rand_seed=seed + r, verbose=0,
            copy_inputs=False,
        ).run()
        done.append([school.retained.sum(), school.secondary.sum(), school.college.sum(), *school.dropouts])
    return Outputs.of(np.array(done).T)
