"""The fixed structure of a scenario: which seats, cells, lines and groups there are, and how one leads to the next.

Everything is sorted by code, so that the order in which a file names things changes nothing.  Nothing here depends on a
year's figures or on chance.

- pool: a seat row (school x programme x pathway x source areas).
- offer: school x programme x pathway.
- cell: offer x stage x score band (first stage before a gate that looks at bands, else merged) x origin (0 local, 1 other).
- line: offer x stage x counted level; the rows of headcounts.
- group: pathway x programme x stage x origin x place of study (0 here, 1 away; where it counts in which area people work, the
  area); the rows of graduates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import name_keys
from skillsim.engine.jobs import Jobs, lay_out_jobs
from skillsim.engine.tables import Flow, lay_out_tables
from skillsim.rules.arrays import Index, Keys, index
from skillsim.scenario.basic import Pick
from skillsim.scenario.structure import batch_of, batch_of_alternative, source_areas, stage_bands
from skillsim.scenario.types import QuotaRow, Scenario, Stage


@dataclass(frozen=True)
class Age:
    """What a cohort does in its ``k``-th school year (from 0); positions count the cells alive at this age."""

    cells: Index  # [n] cells alive
    keys: Keys  # [n]
    origin: Index  # [n]
    rates: Index  # [n] row of the table of yearly rates
    line: Index  # [n]
    general: Index  # [m] positions that can have students in the general track
    general_keys: Keys  # [m]
    general_origin: Index  # [m]
    general_ends: NDArray[np.bool_]  # [m] the stage ends with this year
    general_next: Index  # [m] place among the next age's ``general``, or -1
    ends: Index  # [e] positions whose stage ends with this year
    ends_group: Index  # [e] group of those who leave with the diploma
    stays: Index  # positions that go on in their stage
    stays_next: Index  # their positions at the next age
    gate: Index  # [g] places in ``ends`` that face a gate, sorted by offer
    gate_keys: Keys
    gate_row: Index  # [g] row of the table of gates
    gate_slot: Index  # [g] which of ``gate_offer`` (non-decreasing)
    gate_offer: Index  # [h] the offers with a gate at this age
    gate_line: Index  # [g] place among ``gate_lines`` at which the result is recorded
    gate_next: Index  # [g] position at the next age
    school_stays: Index  # [n] school in which the cell's students are next year, or -1 where the stage ends
    gate_school: Index  # [h] school of the next stage


@dataclass(frozen=True)
class Layout:
    """The whole structure; arrays are aligned with the tuple of names of the same kind."""

    areas: tuple[str, ...]
    area_origin: Index
    schools: tuple[str, ...]
    programmes: tuple[str, ...]
    pathways: tuple[str, ...]
    levels: tuple[str, ...]
    alternatives: tuple[str, ...]
    bands: int
    pools: tuple[str, ...]
    pool_keys: Keys
    pool_offer: Index
    pool_school: Index
    pool_programme: Index
    pool_pathway: Index
    pool_open: NDArray[np.bool_]  # [S, A]
    gate_pools: dict[str, Index]  # gate -> pools that are entered by it
    batches: tuple[Index, ...]  # options of the junior gate (its pools, then the alternatives) in each batch, in order
    list_lengths: tuple[int | None, ...]  # of each batch; None: no limit
    offers: tuple[tuple[str, str, str], ...]  # (pathway, school, programme)
    stages: tuple[tuple[str, int], ...]  # rows of stage tables: (pathway, stage)
    rates: tuple[tuple[str, int, int], ...]  # rows of rate tables: (pathway, stage, year of the stage)
    gates: tuple[tuple[str, int, int], ...]  # rows of gate tables: (pathway, stage, band)
    cells: tuple[tuple[int, int, int, int], ...]  # (offer, stage, band or -1, origin)
    entry_cell: Index  # [S, bands, 2] the first cell of entrants, or -1; bands only where kept
    entry_origin: Index  # [number of entry cells] origin, at age 0
    ages: tuple[Age, ...]
    lines: tuple[tuple[int, int, int], ...]  # (offer, stage, level)
    line_pathway: Index
    line_programme: Index
    line_level: Index
    line_school: Index
    line_raised: Index  # the line as which each counts once its school is raised in level; itself where it is not
    gate_lines: Index  # lines whose students face a gate; the rows of what is recorded at gates
    groups: tuple[tuple[int, int, int, int, int], ...]  # (pathway, programme, stage, origin, away)
    group_keys: Keys
    group_stage: Index  # row of ``stages``
    group_pathway: Index
    group_programme: Index
    group_level: Index
    group_origin: Index
    group_away: Index
    group_area: Index  # where they studied: place among ``areas``
    work_areas: Index  # the areas of the place, in which people work
    group_gate: dict[str, Index]  # gate -> groups whose diploma leads to it
    jobs: Jobs | None  # the labour market, where graduates meet vacancies
    staffed: Index  # schools whose teachers are counted
    funded: tuple[str, ...]  # items of cost, where the city's budget has a limit
    trained: Index  # jobs from which training can raise workers: industry by industry, the lowest level first
    flow: Flow  # the tables of stages

    @property
    def placed(self) -> bool:
        """Say whether it counts in which area people work."""
        return bool((self.group_area >= 0).all())

    @cached_property
    def courses(self) -> tuple[tuple[int, int], ...]:
        """The programmes of each school, as (school, programme)."""
        return tuple(sorted(set(zip(self.pool_school.tolist(), self.pool_programme.tolist(), strict=True))))

    @cached_property
    def pool_course(self) -> Index:
        """Which of :attr:`courses` each seat row belongs to [S]."""
        at = {course: i for i, course in enumerate(self.courses)}
        return index([at[both] for both in zip(self.pool_school.tolist(), self.pool_programme.tolist(), strict=True)])

    @cached_property
    def pool_gate(self) -> Index:
        """By which of the gates, in the order of :attr:`gate_pools`, each seat row is entered [S]."""
        out = np.zeros(len(self.pools), dtype=np.int64)
        for i, rows in enumerate(self.gate_pools.values()):
            out[rows] = i
        return out

    def cell_name(self, cell: int) -> str:
        """Return the readable name of a cell."""
        offer, stage, band, origin = self.cells[cell]
        parts = ["·".join(self.offers[offer]), f"stage {stage + 1}", "local" if origin == 0 else "from elsewhere"]
        return ", ".join(parts if band < 0 else [*parts, f"band {band + 1}"])

    def group_name(self, group: int) -> str:
        """Return the readable name of a group."""
        pathway, programme, stage, origin, _ = self.groups[group]
        where = "local" if origin == 0 else "from elsewhere"
        return f"{self.pathways[pathway]}·{self.programmes[programme]}, stage {stage + 1}, {where}"


def picked(scenario: Scenario, layout: Layout, of: Pick, kind: str) -> NDArray[np.bool_]:
    """Return which rows of a kind (pool, line, group, staff) a pick means, by what such rows have; areas are those of schools."""
    names = {"pathway": layout.pathways, "programme": layout.programmes, "level": layout.levels, "school": layout.schools}
    at = {"school": layout.staffed} if kind == "staff" else {
        name: getattr(layout, f"{kind}_{name}") for name in names if hasattr(layout, f"{kind}_{name}")
    }
    pathways = [pathway for code in of.pathways for pathway in scenario.classes.get(code, [code])]
    wanted = {"pathway": pathways, "programme": of.programmes, "level": of.levels, "school": of.schools}
    keep = np.ones(len(next(iter(at.values()))), dtype=bool)
    for name, rows in at.items():
        if wanted[name]:
            keep &= np.isin(rows, [i for i, code in enumerate(names[name]) if code in wanted[name]])
    if of.areas:
        there = np.array([scenario.institutions[code].area in of.areas for code in layout.schools])
        keep &= there[at["school"]]
    return keep


def year_levels(stage: Stage) -> list[str]:
    """Return the level as which each year of a stage is counted."""
    return list(stage.counted_as) or [stage.level] * stage.years


def lay_out(scenario: Scenario) -> Layout:
    """Return the structure of a scenario."""
    s = scenario
    areas, schools = tuple(sorted(s.areas)), tuple(sorted(s.institutions))
    programmes, pathways = tuple(sorted(s.programmes)), tuple(sorted({row.pathway for row in s.quota.rows}))
    rows = sorted(s.quota.rows, key=lambda row: row.key)
    offers = tuple(sorted({(row.pathway, row.school, row.programme) for row in rows}))
    offer_of = {offer: i for i, offer in enumerate(offers)}
    pool_offer = index([offer_of[row.pathway, row.school, row.programme] for row in rows])
    area_origin = index([0 if s.areas[a].local else 1 for a in areas])
    pool_open = np.array([[a in source_areas(s, row) for a in areas] for row in rows], dtype=bool).reshape(len(rows), len(areas))
    taught = {offer_of[row.pathway, row.school, row.programme]: [row.school, *row.then] for row in rows}
    for offer, where in taught.items():
        where.extend([where[0]] * (len(s.pathways[offers[offer][0]].stages) - len(where)))

    cells, ages_of, bands_of = _cells(s, offers, pool_offer, pool_open, area_origin)
    stages = tuple((p, i) for p in pathways for i in range(len(s.pathways[p].stages)))
    rates = tuple((p, i, y) for p, i in stages for y in range(s.pathways[p].stages[i].years))
    gates = tuple((p, i, b) for p, i in stages if i > 0 for b in range(_gate_bands(s, p, i)))
    level_of = {level: i for i, level in enumerate(s.levels)}
    counted = {
        (offer, stage, level)
        for offer, stage, _, _ in cells for level in year_levels(s.pathways[offers[offer][0]].stages[stage])
    }
    counted |= {(offer, stage, _risen(s, taught[offer][stage], level)) for offer, stage, level in counted}
    lines = tuple(sorted((offer, stage, level_of[level]) for offer, stage, level in counted))
    area_of = {code: areas.index(s.institutions[code].area) for code in schools}
    away = {code: int(area_origin[area_of[code]] == 1) for code in schools}
    study = away if s.retention.mobility is None else area_of

    def group_of(cell: tuple[int, int, int, int]) -> tuple[int, int, int, int, int]:
        offer, stage, _, origin = cell
        pathway, _, programme = offers[offer]
        return (pathways.index(pathway), programmes.index(programme), stage, origin, study[taught[offer][stage]])

    groups = tuple(sorted({group_of(cell) for cell in cells}))
    group_area, group_away = _places_of_study(s, groups, areas, area_origin)
    build = _AgeBuilder(s, offers, cells, ages_of, lines, groups, stages, rates, gates, schools, taught, group_of)
    entry_cell = np.full((len(rows), len(s.choice.bands), 2), -1, dtype=np.int64)
    at = {cell: i for i, cell in enumerate(cells)}
    first = {int(c): i for i, c in enumerate(build.alive(0))}
    for i in range(len(rows)):
        offer = int(pool_offer[i])
        for band in range(len(s.choice.bands)):
            for origin in (0, 1):
                cell = at.get((offer, 0, band if bands_of[offer] > 1 else -1, origin))
                entry_cell[i, band, origin] = -1 if cell is None else first[cell]
    stage_row = {row: i for i, row in enumerate(stages)}
    ages = build.ages()
    gate_lines = np.unique(np.concatenate([index([]), *(age.gate_line for age in ages)]))
    ages = tuple(replace(age, gate_line=np.searchsorted(gate_lines, age.gate_line)) for age in ages)
    jobs = lay_out_jobs(s, pathways, programmes, stages, groups) if s.demand == "vacancies" else None
    return Layout(
        areas=areas, area_origin=area_origin, schools=schools, programmes=programmes, pathways=pathways,
        levels=tuple(s.levels), alternatives=tuple(sorted(s.choice.alternatives)), bands=len(s.choice.bands),
        pools=tuple(row.key for row in rows), pool_keys=name_keys(("pool", row.key) for row in rows), pool_offer=pool_offer,
        pool_school=index([schools.index(row.school) for row in rows]),
        pool_programme=index([programmes.index(row.programme) for row in rows]),
        pool_pathway=index([pathways.index(row.pathway) for row in rows]), pool_open=pool_open,
        gate_pools={
            gate: index([i for i, row in enumerate(rows) if s.pathways[row.pathway].entry == gate])
            for gate in ("junior", "exam", "upgrade", "social")
        },
        batches=_batches(s, rows), list_lengths=tuple(batch.list_length for batch in s.choice.batches) or (None,),
        offers=offers, stages=stages, rates=rates, gates=gates,
        cells=cells, entry_cell=entry_cell, entry_origin=index([cells[c][3] for c in build.alive(0)]),
        ages=ages, lines=lines, gate_lines=gate_lines,
        line_pathway=index([pathways.index(offers[o][0]) for o, _, _ in lines]),
        line_programme=index([programmes.index(offers[o][2]) for o, _, _ in lines]),
        line_level=index([level for _, _, level in lines]),
        line_school=index([schools.index(taught[o][i]) for o, i, _ in lines]),
        line_raised=_raised(s, lines, taught),
        groups=groups,
        group_keys=name_keys(
            ("group", pathways[p], programmes[f], i, origin, away) for p, f, i, origin, away in groups
        ),
        group_stage=index([stage_row[pathways[p], i] for p, _, i, _, _ in groups]),
        group_pathway=index([g[0] for g in groups]), group_programme=index([g[1] for g in groups]),
        group_level=index([level_of[s.pathways[pathways[p]].stages[i].level] for p, _, i, _, _ in groups]),
        group_origin=index([g[3] for g in groups]), group_away=group_away,
        group_area=group_area, work_areas=np.nonzero(area_origin == 0)[0],
        group_gate={
            gate: index([
                j for j, (p, _, i, _, _) in enumerate(groups)
                if (further := s.pathways[pathways[p]].stages[i].further) is not None and further.gate == gate
            ])
            for gate in ("exam", "upgrade", "social")
        },
        jobs=jobs, staffed=index([j for j, code in enumerate(schools) if s.teachers and s.institutions[code].staff]),
        funded=tuple(sorted(s.money.items)) if s.money and s.money.budget.limit is not None else (),
        trained=_trained(s, jobs), flow=lay_out_tables(s),
    )


def _risen(s: Scenario, school: str, level: str) -> str:
    """Return the level as which students of a level count once their school is raised."""
    raised = s.institutions[school].raised
    return raised.levels.get(level, level) if raised else level


def _raised(s: Scenario, lines: tuple[tuple[int, int, int], ...], taught: dict[int, list[str]]) -> Index:
    at = {line: i for i, line in enumerate(lines)}
    level_of = {level: i for i, level in enumerate(s.levels)}
    return index([
        at.get((offer, stage, level_of[_risen(s, taught[offer][stage], s.levels[level])]), i)
        for i, (offer, stage, level) in enumerate(lines)
    ])


def _places_of_study(
    s: Scenario, groups: tuple[tuple[int, int, int, int, int], ...], areas: tuple[str, ...], area_origin: Index,
) -> tuple[Index, Index]:
    """Return in which area each group studied (-1 where areas do not count) and whether that is away."""
    place = index([group[4] for group in groups])
    if s.retention.mobility is None:
        return np.full(len(groups), -1), place
    return place, area_origin[place]


def _trained(s: Scenario, jobs: Jobs | None) -> Index:
    """Return the jobs below the highest level in the industries whose workers are trained."""
    if jobs is None or s.training is None:
        return index([])
    n = len(jobs.industries)
    return index([
        level * n + i for i, code in enumerate(jobs.industries) if code in s.training.person_times
        for level in range(len(jobs.levels) - 1)
    ])


def _batches(s: Scenario, rows: list[QuotaRow]) -> tuple[Index, ...]:
    """Return the options of each batch: positions among the rows of the junior gate, then the alternatives."""
    of = [batch_of(s, row.pathway, row.school) for row in rows if s.pathways[row.pathway].entry == "junior"]
    of += [batch_of_alternative(s, code) for code in sorted(s.choice.alternatives)]
    return tuple(np.nonzero(index(of) == i)[0] for i in range(max(len(s.choice.batches), 1)))


def _gate_bands(s: Scenario, pathway: str, stage: int) -> int:
    return stage_bands(s.pathways[pathway].stages, len(s.choice.bands)) if stage == 1 else 1


def _cells(
    s: Scenario, offers: tuple[tuple[str, str, str], ...], pool_offer: Index, pool_open: NDArray[np.bool_], origins: Index,
) -> tuple[tuple[tuple[int, int, int, int], ...], list[tuple[int, int]], list[int]]:
    """Return the cells, the first age and length of each, and the number of bands kept by each offer."""
    cells, spans, bands_of = [], [], []
    for offer, (pathway, _, _) in enumerate(offers):
        stages = s.pathways[pathway].stages
        bands = stage_bands(stages, len(s.choice.bands)) if s.pathways[pathway].entry == "junior" else 1
        bands_of.append(bands)
        open_areas = pool_open[pool_offer == offer].any(axis=0)
        present = sorted(set(origins[open_areas].tolist()))
        start = 0
        for i, stage in enumerate(stages):
            for band in range(bands) if i == 0 and bands > 1 else (-1,):
                for origin in present:
                    cells.append((offer, i, band, origin))
                    spans.append((start, stage.years))
            start += stage.years
    return tuple(cells), spans, bands_of


class _AgeBuilder:
    """Works out, age by age, who is alive and where each goes next."""

    def __init__(self, s, offers, cells, spans, lines, groups, stages, rates, gates, schools, taught, group_of):  # type: ignore[no-untyped-def]
        self.s, self.offers, self.cells, self.spans, self.taught, self.group_of = s, offers, cells, spans, taught, group_of
        self.schools = schools
        self.line_of = {line: i for i, line in enumerate(lines)}
        self.group_at = {group: i for i, group in enumerate(groups)}
        self.rate_of = {row: i for i, row in enumerate(rates)}
        self.gate_of = {row: i for i, row in enumerate(gates)}
        self.cell_of = {cell: i for i, cell in enumerate(cells)}
        self.level_of = {level: i for i, level in enumerate(s.levels)}
        self.last = max((start + years for start, years in spans), default=1)

    def alive(self, k: int) -> list[int]:
        """Return the cells that have students in the ``k``-th year."""
        return [c for c, (start, years) in enumerate(self.spans) if start <= k < start + years]

    def ages(self) -> tuple[Age, ...]:
        """Return the structure of every age."""
        return tuple(self._age(k) for k in range(self.last))

    def _stage(self, c: int) -> Stage:
        offer, i, _, _ = self.cells[c]
        stage: Stage = self.s.pathways[self.offers[offer][0]].stages[i]
        return stage

    def _keys(self, name: str, cells: list[int], k: int) -> Keys:
        out = []
        for c in cells:
            offer, i, band, origin = self.cells[c]
            out.append((name, *self.offers[offer], i, band, origin, k))
        return name_keys(out)

    def _in_general(self, k: int) -> list[int]:
        """Return the cells whose stage lets students move to the general track."""
        out = []
        for c in self.alive(k):
            rate = self._stage(c).to_general
            written = "to_general" in self._stage(c).model_fields_set
            if written or isinstance(rate, list):
                out.append(c)
        return out

    def _age(self, k: int) -> Age:
        cells, then = self.alive(k), self.alive(k + 1)
        next_at = {c: i for i, c in enumerate(then)}
        ends = [i for i, c in enumerate(cells) if sum(self.spans[c]) == k + 1]
        stays = [i for i in range(len(cells)) if i not in set(ends)]
        general = self._in_general(k)
        general_at = {c: i for i, c in enumerate(cells)}
        general_then = {c: i for i, c in enumerate(self._in_general(k + 1))}
        gate, slots, offers = self._gate(cells, ends)
        rows, lines, nexts = [], [], []
        for j in gate:
            offer, i, band, origin = self.cells[cells[ends[j]]]
            rows.append(self.gate_of[self.offers[offer][0], i + 1, max(band, 0)])
            nexts.append(next_at[self.cell_of[offer, i + 1, -1, origin]])
            lines.append(self._line(cells[ends[j]], k))
        gate_stage = {self.cells[cells[ends[j]]][0]: self.cells[cells[ends[j]]][1] for j in gate}
        return Age(
            cells=index(cells), keys=self._keys("cell", cells, k), origin=index([self.cells[c][3] for c in cells]),
            rates=index([self._rate(c, k) for c in cells]), line=index([self._line(c, k) for c in cells]),
            general=index([general_at[c] for c in general]), general_keys=self._keys("general", general, k),
            general_origin=index([self.cells[c][3] for c in general]),
            general_ends=np.array([sum(self.spans[c]) == k + 1 for c in general], dtype=bool),
            general_next=index([general_then.get(c, -1) for c in general]),
            ends=index(ends),
            ends_group=index([self.group_at[self.group_of(self.cells[cells[i]])] for i in ends]),
            stays=index(stays), stays_next=index([next_at[cells[i]] for i in stays]),
            gate=index(gate), gate_keys=self._keys("gate", [cells[ends[j]] for j in gate], k), gate_row=index(rows),
            gate_slot=index(slots), gate_offer=index(offers), gate_line=index(lines), gate_next=index(nexts),
            school_stays=index([-1 if i in set(ends) else self._school(c) for i, c in enumerate(cells)]),
            gate_school=index([self.schools.index(self.taught[o][gate_stage[o] + 1]) for o in offers]),
        )

    def _gate(self, cells: list[int], ends: list[int]) -> tuple[list[int], list[int], list[int]]:
        """Return the places in ``ends`` that face a gate (sorted by offer), the slot of each, and the offers."""
        facing = []
        for j, i in enumerate(ends):
            offer, stage, _, _ = self.cells[cells[i]]
            if stage + 1 < len(self.s.pathways[self.offers[offer][0]].stages):
                facing.append((offer, j))
        facing.sort()
        offers = sorted({offer for offer, _ in facing})
        return [j for _, j in facing], [offers.index(offer) for offer, _ in facing], offers

    def _rate(self, c: int, k: int) -> int:
        offer, i, _, _ = self.cells[c]
        return self.rate_of[self.offers[offer][0], i, k - self.spans[c][0]]

    def _line(self, c: int, k: int) -> int:
        offer, i, _, _ = self.cells[c]
        level = year_levels(self._stage(c))[k - self.spans[c][0]]
        return self.line_of[offer, i, self.level_of[level]]

    def _school(self, c: int) -> int:
        offer, i, _, _ = self.cells[c]
        return self.schools.index(self.taught[offer][i])
