"""Indicators: from counts to the values that targets and tables ask for (formulas in docs/model.md and terms)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.engine.economy import Economy
from skillsim.engine.history import SPANS, History
from skillsim.engine.inputs import Inputs
from skillsim.engine.jobs import Jobs
from skillsim.rules.arrays import as_columns, summed
from skillsim.rules.retention import DEFINITIONS, counts
from skillsim.rules.teachers import equivalents
from skillsim.rules.training import lifted
from skillsim.rules.workforce import gaps
from skillsim.scenario.basic import Pick
from skillsim.scenario.picks import OF_AREAS, OF_JOBS, OF_MARKET, OF_PLACE, OF_TRACKS, WHERE
from skillsim.scenario.staff import OF_STAFF
from skillsim.scenario.tables import OF_TABLES
from skillsim.scenario.types import Scenario
from skillsim.terms import DESTINATIONS, LOCAL

Array = NDArray[Any]
Floats = NDArray[np.float64]

KIND = {
    "junior_graduates": "area", "general_entrants": "area", "not_local": "area",
    "seats": "pool", "entrants": "pool", "completion": "pool", "long_track_share": "pool", "leading_seat_share": "pool",
    "leading_programme_share": "offered", "headcount": "line", "dropouts": "line", "transfer_rate": "gate",
    "transfer_share": "finished", "vocational_share": "entry",
    "graduates": "group", **dict.fromkeys(DESTINATIONS, "group"), "local_employed": "group",
    **{f"local_retention_{d}": "group" for d in DEFINITIONS}, "match_rate": "group", "graduate_unemployment": "group",
    **dict.fromkeys(("stayers", "turned_away", "programme_gap", "over_qualified_rate"), "group"),
    **dict.fromkeys(OF_AREAS, "studied"), "worked_in": "workplace",
    **dict.fromkeys(OF_JOBS, "job"), **dict.fromkeys(OF_TRACKS, "track"), **dict.fromkeys(OF_PLACE, "place"),
    "measures_done": "measure", **dict.fromkeys(OF_STAFF, "staff"), "training_volume": "trained", "levels_raised": "raised",
    "table_stock": "table", "table_recruits": "table", "table_exits": "exit",
}
FLOWS = ("came_back", "changed_job", "moved_in")
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
        return as_columns(values, self.replications, self.per)

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
        if KIND[indicator] in ("job", "track", "place") or indicator == "programme_gap":
            return self._of_market(indicator)
        if indicator in WHERE:
            return self._where(indicator)
        if indicator == "measures_done":
            none = np.zeros((len(self.inputs.years), self.replications))
            done = [none + self._columns(self.inputs.done(code)[1:]) for code in sorted(self.scenario.measures)]
            return np.stack(done, axis=1) if done else none[:, None][:, :0], None
        if indicator in OF_STAFF:
            return self._of_staff(indicator)
        if indicator == "training_volume":
            return self._columns(self.inputs.stack([f"training.person_times.{code}" for code in self.trades])), None
        if indicator == "levels_raised":
            return h.raised, None
        if indicator in DESTINATIONS:
            return h.destinations[:, DESTINATIONS.index(indicator)], None
        if indicator == "local_employed":
            return self.local, None
        if indicator.startswith("local_retention_"):
            further_local, further_away = h.destinations[:, 0], h.destinations[:, 1]
            return counts(indicator[-2:], self.local, h.destinations[:, LOCAL.stop], further_local, further_away, h.graduates)
        if indicator == "match_rate":
            return h.destinations[:, 2] + h.destinations[:, 3], self.local
        if indicator == "over_qualified_rate":
            return h.destinations[:, 3] + h.destinations[:, 5], self.local
        if indicator == "graduate_unemployment":
            seeking = h.destinations[:, DESTINATIONS.index("local_seeking")]
            return seeking, self.local + seeking
        if indicator == "completion":
            return h.entrants, h.seats
        if indicator == "transfer_rate":
            return h.through_gate, h.at_gate
        if indicator == "transfer_share":  # rows of gates, then groups of those who leave
            left = h.graduates
            return np.concatenate([h.through_gate, np.zeros_like(left)], axis=1), np.concatenate([h.through_gate, left], axis=1)
        if indicator == "vocational_share":
            vocational = h.entrants[:, layout.gate_pools["junior"]].sum(axis=1, keepdims=True)
            return vocational, vocational + h.general[:, layout.area_origin == 0].sum(axis=1, keepdims=True)
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

    @property
    def local(self) -> Array:
        """Return graduates at work in the place [Y, groups, R]."""
        out: Array = self.history.destinations[:, LOCAL].sum(axis=1, dtype=self.history.destinations.dtype)
        return out

    def _of_staff(self, indicator: str) -> tuple[Array, Array | None]:
        """Return numerator and denominator of an indicator of teachers [Y, schools that state any, R]."""
        h, layout = self.history, self.layout
        dual, everybody = h.teachers[:, 0], h.teachers.sum(axis=1)
        if indicator == "teachers":
            return everybody, None
        if indicator == "dual_qualified_share":
            return dual, everybody
        if indicator.startswith("dual_qualified"):
            professional = everybody * self._of_kinds("professional")
            most = np.minimum(dual, professional)
            if indicator == "dual_qualified_professional":
                return most, professional
            # the mean over schools: the sum of the schools' shares over the number of schools
            return ratio(most, professional, blank=0.0), (professional > 0).astype(float)
        students = np.stack([summed(rows, layout.line_school, len(layout.schools))[layout.staffed] for rows in h.headcount])
        hired, left = h.teacher_flows[:, 0], h.teacher_flows[:, 1]
        return students, equivalents(everybody - hired + left, self._of_kinds("part_time"))

    def _of_kinds(self, name: str) -> Floats:
        """Return a figure of the kinds of the schools that state teachers [Y, J', R]."""
        kinds = [self.scenario.institutions[self.layout.schools[j]].kind for j in self.layout.staffed]
        return self._columns(self.inputs.stack([f"teachers.kinds.{kind}.{name}" for kind in kinds]))

    @property
    def trades(self) -> list[str]:
        """Return the industries whose workers are trained."""
        return sorted(self.scenario.training.person_times) if self.scenario.training else []

    def _where(self, indicator: str) -> tuple[Array, Array | None]:
        """Return numerator and denominator of an indicator of the areas in which graduates work.

        Rows are groups; of ``worked_in`` areas x groups.
        """
        h, layout = self.history, self.layout
        if indicator == "worked_in":
            return h.worked_in.reshape(len(h.worked_in), -1, self.replications), None
        if indicator == "near_employed":
            return h.near, None
        employed = self.local + h.destinations[:, DESTINATIONS.index("away_employed")]
        if indicator == "region_retention":
            return self.local + h.near, employed
        at_home = (layout.work_areas[:, None] == layout.group_area[None])[None, :, :, None]
        studied_here = np.isin(layout.group_area, layout.work_areas)[None, :, None]
        return (h.worked_in * at_home).sum(axis=1), employed * studied_here

    def _of_market(self, indicator: str) -> tuple[Array, Array | None]:
        """Return numerator and denominator of an indicator of the labour market.

        Rows of jobs are followed by one row for each job level: people of that level who have no industry of their own.
        """
        h = self.history
        if indicator.startswith("still_here_"):
            return self._still_here(SPANS.index(int(indicator[-1])))
        if indicator in FLOWS:
            return h.flows[:, FLOWS.index(indicator), None], None
        if indicator == "programme_gap":
            return np.stack([gap for _, gap in self._gaps()]), None
        opened = self._widened(h.opened * self.served[None, :, None])
        if indicator in ("openings_to_seekers", "ita"):
            both = (opened, self._supply)
            return both if indicator == "openings_to_seekers" else both[::-1]
        if indicator == "fill_rate":
            return self._widened(h.hired + h.experienced), self._widened(h.vacancies)
        if indicator == "gap":
            return self._supply - opened, None
        return self._count_of_market(indicator), None

    def _count_of_market(self, indicator: str) -> Array:
        """Return a count of the labour market [Y, rows of its kind, R]."""
        h = self.history
        if indicator == "retirements":
            return h.retired
        if indicator == "graduate_supply":
            return self._supply
        if indicator == "unserved_vacancies":
            return self._widened(h.opened * ~self.served[None, :, None])
        if indicator == "expansion_demand":
            gained = lifted(np.zeros_like(h.workers[0]), h.raised[0], self.layout.trained, len(self.jobs.industries))
            before = h.workers[:1] - h.hired[:1] - h.experienced[:1] + h.exits[:1] - gained
            return self._widened(h.wanted - np.concatenate([before, h.wanted[:-1]]))
        names = {"graduate_vacancies": "opened", "hired_graduates": "hired", "replacement_demand": "exits",
                 "desired_workers": "wanted", "experienced_hires": "experienced"}
        return self._widened(getattr(h, names.get(indicator, indicator)))

    @property
    def industries(self) -> tuple[str, ...]:
        """Return the industries by code."""
        return tuple(sorted(self.scenario.industries))

    @property
    def jobs(self) -> Jobs:
        """Return the structure of the labour market."""
        assert self.layout.jobs is not None
        return self.layout.jobs

    @cached_property
    def served(self) -> NDArray[np.bool_]:
        """Return for which jobs any programme of the place trains [J]: it leads to the industry, and its diploma to the level."""
        out = np.zeros(len(self.jobs.job_level), dtype=bool)
        for g, level in enumerate(self.group_job_level.tolist()):
            own = self.scenario.programmes[self.layout.programmes[self.layout.group_programme[g]]].industries
            out |= (self.jobs.job_level == level) & np.isin(np.array(self.jobs.industries)[self.jobs.job_industry], list(own))
        return out

    def _widened(self, rows: Array) -> Array:
        """Return rows of jobs with the empty rows of people without an industry of their own."""
        none = np.zeros((len(rows), len(self.jobs.levels), rows.shape[-1]), dtype=rows.dtype)
        return np.concatenate([rows, none], axis=1)

    @property
    def group_job_level(self) -> NDArray[np.int64]:
        """Return the level of the jobs that each group's diploma is for."""
        return self.jobs.track_level[self.jobs.track_of[self.layout.group_stage]]

    def _gaps(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield for each year the supply by job, then without an industry by level [J + L, R], and the gap by group [G, R]."""
        h, jobs = self.history, self.jobs
        links = Economy(self.inputs, jobs).links[:, self.layout.group_programme]
        for y in range(len(h.stayers)):
            with_job, without, gap = gaps(
                h.stayers[y].astype(float), self._columns(links[y]), self.group_job_level, h.opened[y].astype(float),
                len(jobs.levels),
            )
            yield np.concatenate([with_job, without + h.carried[y]]), gap

    @cached_property
    def _supply(self) -> Floats:
        """Return the supply by job, then without an industry by level [Y, J + L, R]."""
        return np.stack([supply for supply, _ in self._gaps()])

    def _still_here(self, i: int) -> tuple[Array, Array]:
        """Return who is at work here of those who graduated a span of years ago, and the graduates of that year."""
        h, jobs, span = self.history, self.jobs, SPANS[i]
        by_stage = np.stack([summed(rows, self.layout.group_stage, len(self.layout.stages)) for rows in h.graduates])
        graduates = np.zeros_like(h.here[:, i])
        graduates[span:] = by_stage[: len(h.here) - span][:, jobs.tracks] if span < len(h.here) else 0
        return h.here[:, i], graduates

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
        layout, flow = self.layout, self.layout.flow
        if kind in ("table", "exit"):
            names, of = self._named(kind), flow.stages if kind == "table" else flow.exits
            at = flow.stage_table if kind == "table" else flow.exit_table
            return {"pathway": at, "level": np.array([names["level"].index(code) for _, code in of], dtype=np.int64)}
        area_of = np.array([layout.areas.index(self.scenario.institutions[c].area) for c in layout.schools])
        if kind == "area":
            return {"area": np.arange(len(layout.areas))}
        if kind == "offered":
            return {"school": np.array([s for s, _, _ in self.offered]), "programme": np.array([p for _, p, _ in self.offered])}
        if kind in ("studied", "workplace"):
            places, groups = len(layout.work_areas), len(layout.groups)
            times = 1 if kind == "studied" else places
            out = {name: np.tile(at, times) for name, at in self.masks("group").items()}
            out["area"] = layout.group_area if kind == "studied" else np.repeat(layout.work_areas, groups)
            return out
        if kind == "group":
            return {"pathway": layout.group_pathway, "programme": layout.group_programme, "level": layout.group_level}
        if kind == "job":
            jobs = self.jobs
            level_of = np.array([layout.levels.index(level) for level in jobs.levels])
            nobody = np.full(len(jobs.levels), -1)  # the rows of those without an industry of their own
            level = np.concatenate([level_of[jobs.job_level], level_of])
            return {"industry": np.concatenate([jobs.job_industry, nobody]), "level": level}
        if kind == "track":
            ways = [layout.stages[row] for row in self.jobs.tracks]
            levels = [self.scenario.pathways[p].stages[i].level for p, i in ways]
            return {"pathway": np.array([layout.pathways.index(p) for p, _ in ways]),
                    "level": np.array([layout.levels.index(level) for level in levels])}
        if kind in ("place", "entry"):
            return {}
        if kind == "measure":
            return {"measure": np.arange(len(self.scenario.measures))}
        if kind == "staff":
            return {"school": layout.staffed, "area": area_of[layout.staffed]}
        if kind == "trained":
            return {"industry": np.array([self.industries.index(code) for code in self.trades])}
        if kind == "raised":
            return {"industry": self.jobs.job_industry[layout.trained]}
        if kind == "finished":
            both = self.masks("gate"), self.masks("group")
            return {name: np.concatenate([part[name] for part in both]) for name in ("pathway", "programme", "level")}
        if kind == "gate":
            return {name: at[layout.gate_lines] for name, at in self.masks("line").items()}
        out = {
            name: getattr(layout, f"{kind}_{name}") for name in ("pathway", "programme", "school")
        }
        out["area"] = area_of[out["school"]]
        if kind == "line":
            out["level"] = layout.line_level
        return out

    def _named(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Return the names of each breakdown by position; of tables the pathways are tables, the levels stages or exits."""
        layout, flow = self.layout, self.layout.flow
        out = {
            "area": layout.areas, "pathway": layout.pathways, "programme": layout.programmes, "level": layout.levels,
            "school": layout.schools, "industry": self.industries, "measure": tuple(sorted(self.scenario.measures)),
        }
        if kind in ("table", "exit"):
            of = flow.stages if kind == "table" else flow.exits
            out |= {"pathway": flow.tables, "level": tuple(sorted({code for _, code in of}))}
        return out

    def value(self, indicator: str, of: Pick) -> Floats:
        """Return an indicator of the students picked [Y, R]; 0/0 is nan."""
        top, bottom = self.parts(indicator)
        keep = self.picked(KIND[indicator], of)
        if not of.areas:
            keep = keep & self._everybody(KIND[indicator], top.shape[1])
        total = top[:, keep].sum(axis=1).astype(float)
        return total if bottom is None else ratio(total, bottom[:, keep].sum(axis=1))

    def _everybody(self, kind: str, rows: int) -> NDArray[np.bool_]:
        """Return which rows a figure without breakdown sums: of source areas, those of the place."""
        return self.layout.area_origin == 0 if kind == "area" else np.ones(rows, dtype=bool)

    def picked(self, kind: str, of: Pick) -> NDArray[np.bool_]:
        """Return which rows of a kind a pick means."""
        names, at = self._named(kind), self.masks(kind)
        keep = np.ones(len(next(iter(at.values()))) if at else 1, dtype=bool)
        classes = self.scenario.classes
        for name, codes in (
            ("pathway", [p for c in of.pathways for p in classes.get(c, [c])]), ("programme", of.programmes),
            ("level", of.levels), ("school", of.schools), ("industry", of.industries), ("area", of.areas),
            ("measure", of.measures),
        ):
            if codes and name in at:
                keep &= np.array([i >= 0 and names[name][i] in codes for i in at[name]], dtype=bool)
        return keep

    def tables(self) -> Iterator[tuple[list[Row], Floats]]:
        """Yield, indicator by indicator, the rows of the tidy table and their values [rows, Y, R]; all at once would take
        several times the memory of the run."""
        for indicator, kind in KIND.items():
            if indicator in OF_TABLES:
                if self.layout.flow.tables:
                    yield self._of_tables(indicator, kind)
                continue
            if not self.layout.pools:
                continue
            if indicator == "long_track_share" and "long_track" not in self.scenario.classes:
                continue
            if (indicator in OF_MARKET and self.layout.jobs is None) or (indicator in WHERE and not self.layout.placed):
                continue
            if kind in ("staff", "trained") and not (len(self.layout.staffed) if kind == "staff" else self.trades):
                continue
            if kind == "raised" and not len(self.layout.trained):
                continue
            if kind == "measure":
                continue  # each is counted in a unit of its own: there is nothing to add up
            yield self._broken_down(indicator, kind)

    def _of_tables(self, indicator: str, kind: str) -> tuple[list[Row], Floats]:
        """Return the rows of an indicator of tables, by table and by each of its stages or exits: tables count different people
        and are not added up."""
        flow, top = self.layout.flow, self.parts(indicator)[0]
        places = flow.stages if kind == "table" else flow.exits
        rows = [Row(indicator, pathway=table) for table in flow.tables]
        rows += [Row(indicator, pathway=table, level=code) for table, code in places]
        at = self.masks(kind)["pathway"]
        member = np.concatenate([at == np.arange(len(flow.tables))[:, None], np.eye(len(places), dtype=bool)])
        return rows, _summed(member, top)

    def _broken_down(self, indicator: str, kind: str) -> tuple[list[Row], Floats]:
        """Return the rows of an indicator, for all and by each of its breakdowns, and their values [rows, Y, R]."""
        top, bottom = self.parts(indicator)
        which: list[tuple[Row, NDArray[np.bool_]]] = [(Row(indicator), self._everybody(kind, top.shape[1]))]
        names = self._named(kind)
        if indicator not in ("long_track_share", "leading_programme_share"):
            for part, at in self.masks(kind).items():
                if part == "school":
                    continue
                which += [(Row(indicator, **{part: names[part][i]}), at == i) for i in np.unique(at).tolist() if i >= 0]
                if part == "pathway":
                    which += [
                        (Row(indicator, pathway=code), np.isin(at, [names[part].index(m) for m in members if m in names[part]]))
                        for code, members in sorted(self.scenario.classes.items())
                    ]
        which += self._crossed(indicator, kind, names)
        rows, member = [row for row, _ in which], np.array([keep for _, keep in which])
        value = _summed(member, top)
        if bottom is not None:
            for total, among in zip(value, _summed(member, bottom), strict=True):
                total[...] = ratio(total, among)
        if indicator in BY_INDUSTRY and not (self.layout.jobs and indicator == "local_employed"):
            more, values = self._by_industry(indicator, top)
            return rows + more, np.concatenate([value, values])
        return rows, value

    def _crossed(self, indicator: str, kind: str, names: dict[str, tuple[str, ...]]) -> list[tuple[Row, NDArray[np.bool_]]]:
        """Return the breakdown by two things at once: jobs by industry and level, the gap by programme and level."""
        if kind == "job":
            at = self.masks(kind)
            first, other, one = at["industry"], at["level"], "industry"
        elif indicator == "programme_gap":
            first, other, one = self.layout.group_programme, self.layout.group_level, "programme"
        else:
            return []
        both = sorted({(i, j) for i, j in zip(first.tolist(), other.tolist(), strict=True) if i >= 0})
        return [
            (Row(indicator, **{one: names[one][i], "level": names["level"][j]}), (first == i) & (other == j)) for i, j in both
        ]

    def _by_industry(self, indicator: str, top: Array) -> tuple[list[Row], Floats]:
        """Return graduates by the industries to which their programmes lead."""
        by_programme = _summed(np.array([self.layout.group_programme == i for i in range(len(self.layout.programmes))]), top)
        industries = sorted(self.scenario.industries)
        total = np.zeros((len(industries), *by_programme.shape[1:]))
        for j, industry in enumerate(industries):
            for i, code in enumerate(self.layout.programmes):
                if industry in self.scenario.programmes[code].industries:
                    total[j] += by_programme[i] * self._columns(self.inputs.get(f"programmes.{code}.industries.{industry}"))
        return [Row(indicator, industry=industry) for industry in industries], total


def _summed(member: NDArray[np.bool_], x: Array) -> Floats:
    """Return sums over the rows that belong to each of K breakdowns: [K, N] and [Y, N, R] to [K, Y, R]."""
    out = np.empty((len(member), len(x), x.shape[2]))
    if np.issubdtype(x.dtype, np.integer):  # exact in any order, and most of them are few rows
        for total, keep in zip(out, member, strict=True):
            total[...] = (x if keep.all() else x[:, keep]).sum(axis=1)
    else:
        weights = member.astype(float)
        for y, rows in enumerate(x):
            out[:, y] = weights @ rows
    return out


def ratio(top: Array, bottom: Array, blank: float = np.nan) -> Floats:
    """Return top / bottom, nan (or another blank) where both are nothing."""
    out: Floats = np.divide(top, bottom, out=np.full(np.shape(top), blank), where=np.asarray(bottom) > 0)
    return out
