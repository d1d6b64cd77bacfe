"""Which breakdowns an indicator has, and whom a pick means."""

from __future__ import annotations

from skillsim.scenario import staff, tables
from skillsim.scenario.basic import Pick
from skillsim.scenario.types import Scenario

OF_JOBS = (
    "vacancies", "fill_rate", "graduate_vacancies", "hired_graduates", "graduate_supply", "gap", "unserved_vacancies",
    "openings_to_seekers", "ita", "replacement_demand", "expansion_demand", "desired_workers", "workers", "experienced_hires",
)
OF_TRACKS = ("still_here_1", "still_here_3", "still_here_5")
OF_PLACE = ("retirements", "came_back", "changed_job", "moved_in")
# what is counted only where graduates meet vacancies
OF_MARKET = frozenset(("stayers", "turned_away", "programme_gap", "over_qualified_rate", *OF_JOBS, *OF_TRACKS, *OF_PLACE))
# of the areas in which graduates work: by the area of study, and all of them
OF_AREAS = ("area_retention", "region_retention", "near_employed")
WHERE = frozenset((*OF_AREAS, "worked_in"))
POOL_PICKS = ("pathways", "programmes", "schools", "areas")
PICKS: dict[str, tuple[str, ...]] = {
    "junior_graduates": ("areas",), "general_entrants": ("areas",), "not_local": ("areas",),
    "long_track_share": (), "vocational_share": (),
    **dict.fromkeys(("seats", "entrants", "completion", "leading_seat_share"), POOL_PICKS),
    "leading_programme_share": ("programmes", "schools"),
    **dict.fromkeys(WHERE, ("pathways", "levels", "programmes", "areas")),
    **dict.fromkeys(OF_JOBS, ("levels", "industries")), **dict.fromkeys(OF_TRACKS, ("pathways", "levels")),
    **dict.fromkeys(OF_PLACE, ()),
    "measures_done": ("measures",),
    **dict.fromkeys(tables.OF_TABLES, ("pathways", "levels")), **dict.fromkeys(staff.OF_STAFF, ("schools", "areas")),
    **dict.fromkeys(staff.OF_TRAINING, ("industries",)),
}
LINE_PICKS = ("pathways", "levels", "programmes", "schools", "areas")
GROUP_PICKS = ("pathways", "levels", "programmes")


def picks_of(indicator: str) -> tuple[str, ...]:
    """Return the breakdowns that an indicator has."""
    if indicator in PICKS:
        return PICKS[indicator]
    return LINE_PICKS if indicator in ("headcount", "dropouts", "transfer_rate") else GROUP_PICKS


FIELDS = (
    ("pathways", "pathway"), ("levels", "level"), ("programmes", "programme"), ("schools", "school"), ("industries", "industry"),
    ("areas", "area"), ("measures", "measure"),
)


def counted_as_one_of(scenario: Scenario, indicator: str, of: Pick) -> bool:
    """Say whether a pick means anybody: some seat row, year of a stage, or diploma that the indicator counts."""
    can = picks_of(indicator)
    if indicator == "measures_done":
        return True  # each measure counts something
    if indicator in tables.OF_TABLES:
        return True  # every code picked is one of the tables and stages picked
    if indicator in (*staff.OF_STAFF, *staff.OF_TRAINING):
        return staff.counted(scenario, indicator, of)
    if "industries" in can and "pathways" not in can:  # about jobs, whoever takes them
        known = scenario.labour.job_levels if scenario.labour else scenario.levels
        return not of.levels or any(level in known for level in of.levels)
    wanted = {kind: set(codes) for field, kind in FIELDS if field in can and (codes := members(scenario, of, field))}
    for row in scenario.quota.rows:
        if row.pathway not in scenario.pathways:
            return True  # told elsewhere
        stages = scenario.pathways[row.pathway].stages
        taught = [row.school, *(row.then or [row.school] * (len(stages) - 1))]
        for stage, school in zip(stages, taught, strict=False):  # a wrong length is told elsewhere
            levels = {*stage.counted_as, *([] if stage.counted_as else [stage.level])} if "schools" in can else {stage.level}
            own = scenario.programmes[row.programme].industries if row.programme in scenario.programmes else {}
            has = {
                "pathway": {row.pathway}, "programme": {row.programme}, "level": levels, "school": {school}, "industry": {*own},
                "area": {scenario.institutions[school].area} if school in scenario.institutions else {""},
            }
            if all(has[kind] & codes for kind, codes in wanted.items()):
                return True
    return not wanted


def members(scenario: Scenario, of: Pick, field: str) -> list[str]:
    """Return the codes that a pick names in one field, classes as their pathways."""
    codes: list[str] = getattr(of, field)
    return [p for c in codes for p in scenario.classes.get(c, [c])] if field == "pathways" else codes


def overlap(scenario: Scenario, a: Pick, b: Pick) -> bool:
    """Say whether two picks can be about the same students: they name nothing in common in no field."""
    both = [(set(members(scenario, a, field)), set(members(scenario, b, field))) for field, _ in FIELDS]
    return all(not mine or not yours or mine & yours for mine, yours in both)
