"""The structure of the labour market: jobs, and who looks for them.

- job: job level x industry; the rows of vacancies and workers, level by level.
- track: stage row (pathway x stage), sorted by the level of the jobs that its diploma is for; the rows in which graduates at
  work are followed.
- seeker: group x kind; kinds are order class, regular, carried over from last year.
- type: kind x job level x programme: people who look for work in the same way, whatever their group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillsim.chance import name_keys
from skillsim.rules.arrays import Index, Keys, index
from skillsim.scenario.market import Labour
from skillsim.scenario.types import Scenario

ORDER, REGULAR, CARRIED = 0, 1, 2
ENTRY_AGE = {"junior": 15, "exam": 18, "upgrade": 21, "social": 30}
MATCHES = 3  # own field and level, another field, a level below
YEARS = 5  # for which graduates at work are followed


@dataclass(frozen=True)
class Jobs:
    """The structure of a scenario's labour market; see the module for the words."""

    industries: tuple[str, ...]
    levels: tuple[str, ...]
    job_level: Index  # [J] non-decreasing
    job_industry: Index  # [J]
    job_keys: Keys
    level_keys: Keys
    industry_keys: Keys  # [1 + I] the shock in common first
    tracks: Index  # [K] stage rows, sorted by job level
    track_of: Index  # [stage rows] their place among the tracks
    track_level: Index  # [K] non-decreasing
    track_age: Index  # [K] age at graduation
    track_keys: Keys
    seeker_group: Index  # [N] seekers, sorted by type
    seeker_kind: Index
    seeker_type: Index  # non-decreasing
    seeker_keys: Keys
    type_kind: Index  # [T] kinds in order
    type_level: Index
    type_programme: Index
    type_keys: Keys
    looker_keys: Keys  # [2 T] of those who look in their own field, then of those who look in any

    def job_name(self, j: int) -> str:
        """Return the readable name of a job row."""
        return f"{self.industries[self.job_industry[j]]}, {self.levels[self.job_level[j]]}"


def lay_out_jobs(
    scenario: Scenario, pathways: tuple[str, ...], programmes: tuple[str, ...], stages: tuple[tuple[str, int], ...],
    groups: tuple[tuple[int, int, int, int, int], ...],
) -> Jobs:
    """Return the structure of the labour market of a scenario that has one, from the names in its layout."""
    labour = market_of(scenario)
    industries, levels = tuple(sorted(scenario.industries)), tuple(labour.job_levels)
    jobs = [(level, i) for level in range(len(levels)) for i in range(len(industries))]
    level_of_stage = [levels.index(scenario.pathways[p].stages[i].works_as) for p, i in stages]
    tracks = sorted(range(len(stages)), key=lambda row: (level_of_stage[row], row))
    track_of = np.empty(len(tracks), dtype=np.int64)
    track_of[tracks] = np.arange(len(tracks))
    kinds = [REGULAR] + ([CARRIED] if labour.waiting == "carried" else [])
    seekers = []
    for g, (p, programme, i, _, _) in enumerate(groups):
        ordered = "order_class" in scenario.programmes[programmes[programme]].model_fields_set
        level = level_of_stage[stages.index((pathways[p], i))]
        seekers += [(kind, level, programme, g) for kind in ([ORDER] if ordered else []) + kinds]
    seekers.sort()
    types = sorted({seeker[:3] for seeker in seekers})
    at = {which: i for i, which in enumerate(types)}
    return Jobs(
        industries=industries, levels=levels,
        job_level=index([level for level, _ in jobs]), job_industry=index([i for _, i in jobs]),
        job_keys=name_keys(("job", levels[level], industries[i]) for level, i in jobs),
        level_keys=name_keys(("job level", level) for level in levels),
        industry_keys=name_keys([("all industries",), *(("industry", code) for code in industries)]),
        tracks=index(tracks), track_of=track_of, track_level=index([level_of_stage[row] for row in tracks]),
        track_age=index([_age(scenario, *stages[row]) for row in tracks]),
        track_keys=name_keys(("track", *stages[row]) for row in tracks),
        seeker_group=index([s[3] for s in seekers]), seeker_kind=index([s[0] for s in seekers]),
        seeker_type=index([at[s[:3]] for s in seekers]),
        seeker_keys=name_keys(
            ("seeker", kind, pathways[p], programmes[f], i, origin, away)
            for kind, _, _, g in seekers for p, f, i, origin, away in [groups[g]]
        ),
        type_kind=index([t[0] for t in types]), type_level=index([t[1] for t in types]),
        type_programme=index([t[2] for t in types]),
        type_keys=name_keys(("type", kind, levels[level], programmes[f]) for kind, level, f in types),
        looker_keys=name_keys(
            (where, kind, levels[level], programmes[f]) for where in ("own field", "any field") for kind, level, f in types
        ),
    )


def market_of(scenario: Scenario) -> Labour:
    """Return the labour market of a scenario that has one."""
    assert scenario.labour is not None
    return scenario.labour


def _age(scenario: Scenario, pathway: str, stage: int) -> int:
    way = scenario.pathways[pathway]
    return ENTRY_AGE[way.entry] + sum(s.years for s in way.stages[: stage + 1])
