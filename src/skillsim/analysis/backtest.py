"""Past figures against what the model makes of others, and against naive forecasts (docs/validation.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from skillsim.analysis.bare import MANY, bare, pathway, row, stage, stocks, title
from skillsim.analysis.running import SEED, Progress, run
from skillsim.errors import Problem, ScenarioError
from skillsim.scenario.basic import Pick
from skillsim.scenario.reader import scenario_roots
from skillsim.scenario.types import Scenario
from skillsim.terms import why_of

Floats = NDArray[np.float64]
DRAWS = 1_000  # of a forecast, each with a parameter draw of its own
LEVELS = (0.5, 0.8, 0.95)
NARROW = 0.05
FILE = Path("published") / "figures.csv"
NATION = "China"
CASE = ("rule", "place", "indicator", "level", "year", "given_until", "blind", "actual")

# What the model does not know, stated for all cases alike (docs/validation.md, Ranges).
BIRTHS = {"normal": [1, 0.065]}  # births miss by 5 to 8 %
PRIMARY = {"uniform": [0.9, 1.1]}  # of nine years; moving in and out
JUNIOR = {"uniform": [0.91, 1.0]}  # of three years; 0.24 and 3.15 % a year by provincial bulletins
SHARE = 0.02  # by which the general share moves in a year, at most
LOSS = {"secondary": (0.01, 0.055), "general": (0.0, 0.02), "college": (0.0, 0.03)}  # a year
LOSS["secondary_all"] = LOSS["secondary"]
# cases whose range was set after their own outcome
NOT_BLIND = {("births", "primary", 2021), ("births", "primary", 2022), ("births", "primary", 2023), ("births", "primary", 2024),
             ("account", "secondary_all", 2020), ("account", "secondary", 2020), ("account", "secondary", 2021),
             ("cohorts", "secondary", 2021)}
# no case: the figure was itself worked out from what the forecast would be given
CIRCULAR = {("rolls", "junior", 2024)}


@dataclass(frozen=True)
class Case:
    """A past figure and how it would have been forecast, or is put together from others of its year.

    ``rule`` says how, ``place``, ``indicator``, ``level`` and ``year`` which figure it is; ``given_until`` is the last year of
    any figure that the forecast was given, ``blind`` whether its ranges were set without this outcome; ``draws`` [DRAWS] the
    forecast, ``before`` what the same figure was in earlier years, for naive forecasts.
    """

    rule: str
    place: str
    indicator: str
    level: str
    year: int
    given_until: int
    blind: bool
    actual: float
    draws: Floats
    before: Mapping[int, float]


# ------------------------------------------------------------------------------------------------------------- scores


def crps(draws: Floats, actual: Floats) -> Floats:
    """Return the continuous ranked probability score of each forecast [n], in the unit of the figure; 0 is perfect.

    E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007, "Strictly proper scoring rules, prediction, and estimation"), with the
    mean over different draws in the second term, so that few draws don't count against a forecast (Ferro 2014, "Fair scores
    for ensemble forecasts").

    Parameters
    ----------
    draws : [n, R] independent draws of each forecast
    actual : [n]
    """
    r = draws.shape[-1]
    ordered = np.sort(draws, axis=-1)
    pairs = (ordered * (2 * np.arange(1, r + 1) - r - 1)).sum(axis=-1)
    out: Floats = np.abs(draws - actual[:, None]).mean(axis=-1) - pairs / (r * (r - 1))
    return out


def inside(draws: Floats, actual: Floats, level: float) -> NDArray[np.bool_]:
    """Return whether each figure [n] lies in the central interval of its forecast [n, R] that holds ``level`` of the draws."""
    low, high = np.quantile(draws, (0.5 - level / 2, 0.5 + level / 2), axis=-1)
    return np.asarray((actual >= low) & (actual <= high))


def too_few_inside(k: int, n: int, level: float = 0.95) -> bool:
    """Say whether so few of n independent figures, or fewer, would lie in intervals that hold a share ``level`` of them only once
    in twenty times."""
    return bool(bdtr(k, n, level) < NARROW)


def scores(draws: Floats, actual: Floats) -> pd.DataFrame:
    """Score forecasts [n, R] of figures [n]: forecast (the median), low and high (95 %), error, share (error / figure), crps, and
    whether the figure lies inside the intervals of 50, 80 and 95 %."""
    low, middle, high = np.quantile(draws, (0.025, 0.5, 0.975), axis=-1)
    error = middle - actual
    share = np.divide(error, actual, out=np.full(error.shape, np.nan), where=actual != 0)
    out = {"forecast": middle, "low": low, "high": high, "error": error, "share": share, "crps": crps(draws, actual)}
    return pd.DataFrame(out | {f"inside_{round(100 * level)}": inside(draws, actual, level) for level in LEVELS})


def last_value(before: Mapping[int, float], year: int) -> float:
    """Return the naive forecast that nothing changes: the last figure; nan without one."""
    known = [y for y in before if y < year]
    return before[max(known)] if known else float("nan")


def trend(before: Mapping[int, float], year: int) -> float:
    """Return the naive forecast that all goes on as so far: least squares through the figures; nan below two."""
    known = sorted(y for y in before if y < year)
    if len(known) < 2:
        return float("nan")
    years = np.array(known, dtype=float) - year
    return float(np.polyfit(years, [before[y] for y in known], 1)[1])


# ------------------------------------------------------------------------------------------------------------- figures


COLUMNS = ("place", "indicator", "level", "year", "value")
INDICATORS = ("births", "entrants", "graduates", "enrolment")
STAGES = ("all", "primary", "junior", "general", "secondary", "secondary_all", "college")


def read_figures(path: str | Path | None = None) -> pd.DataFrame:
    """Return past figures: place, indicator, level, year, value (persons), and whatever else the table holds; the shipped ones by
    default.

    ``secondary_all`` counts technician schools, ``secondary`` does not; the two are never joined.

    Raises
    ------
    ScenarioError
        with all problems of the table
    """
    file = next(root / FILE for root in scenario_roots() if (root / FILE).is_file()) if path is None else Path(path)
    try:
        out = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ScenarioError([Problem("file_unreadable", file=str(file), args={"why": why_of(error)})]) from error
    except ValueError as error:  # not a table at all
        raise ScenarioError([Problem("evidence_columns", file=str(file), args={"names": ", ".join(COLUMNS)})]) from error
    if missing := [name for name in COLUMNS if name not in out]:
        raise ScenarioError([Problem("evidence_columns", file=str(file), args={"names": ", ".join(missing)})])
    year, value = (pd.to_numeric(out[name], errors="coerce").to_numpy(dtype=float) for name in ("year", "value"))
    sound = (
        out["indicator"].isin(INDICATORS) & out["level"].isin(STAGES) & (year % 1 == 0) & (year >= 1900) & (year <= 2200)
        & (value > 0) & (value <= MANY)
    )
    twice = out.assign(year=year).duplicated(list(COLUMNS[:4]))
    told = [("evidence_row", ~sound), ("evidence_twice", sound & twice)]
    args = {"indicators": ", ".join(INDICATORS), "levels": ", ".join(STAGES)}
    problems = [
        Problem(code, file=str(file), line=int(at) + 2, args=args if code == "evidence_row" else {})
        for code, wrong in told for at in np.flatnonzero(wrong)
    ]
    if problems:
        raise ScenarioError(problems)
    return out.assign(year=year.astype(int), value=value)


Series = Mapping[tuple[str, str], Mapping[int, float]]  # by indicator and level, the figures by year


def _series(figures: pd.DataFrame) -> dict[str, dict[tuple[str, str], dict[int, float]]]:
    out: dict[str, dict[tuple[str, str], dict[int, float]]] = {}
    for place, indicator, level, year, value in figures[["place", "indicator", "level", "year", "value"]].itertuples(index=False):
        out.setdefault(place, {}).setdefault((indicator, level), {})[int(year)] = float(value)
    return out


# ---------------------------------------------------------------------------------------------------------- forecasts


def _first_of_pairs(scenario: Scenario, indicator: str, of: Pick | None = None) -> Floats:
    """Return an indicator in the last year of a run, one replication of each pair: independent draws [DRAWS]."""
    result = run(scenario, 2 * DRAWS, SEED)[0]
    return np.asarray(result.replicate(indicator, of)[-1, ::2], dtype=float)


def of_rolls(rolls: Mapping[str, Any], year: int) -> Floats:
    """Forecast the class of a year from an area's school rolls or births [DRAWS]."""
    area = {"title": title("place"), "junior_graduates": 0, "rolls": rolls}
    scenario = bare({"p": pathway(stage())}, [row("p", 0)], year, year, areas={"place": area})
    return _first_of_pairs(scenario, "junior_graduates")


def of_cohorts(entrants: Sequence[float], loss: tuple[float, float], year: int) -> Floats:
    """Forecast the students of schools of as many years as there are intakes, the last in ``year`` [DRAWS]."""
    dropout = {"uniform": list(loss), "shared": "loss"}
    first = year - len(entrants) + 1
    seats = {"series": dict(enumerate(map(float, entrants), first)), "steps": True} if len(entrants) > 1 else float(entrants[0])
    way = pathway(stage(years=len(entrants), dropout=[dropout] * len(entrants)))
    return _first_of_pairs(bare({"p": way}, [row("p", seats)], first, year), "headcount")


def of_share(graduates: float, share: float, year: int) -> Floats:
    """Forecast who goes on to general high school, from the junior graduates and last year's share [DRAWS]."""
    area = {"title": title("place"), "junior_graduates": graduates}
    choice = {"bands": [1.0], "general_share": {"uniform": [share - SHARE, share + SHARE]}}
    scenario = bare({"p": pathway(stage())}, [row("p", 0)], year, year, areas={"place": area}, choice=choice)
    return _first_of_pairs(scenario, "general_entrants")


def of_account(opening: float, entrants: float, graduates: float, loss: tuple[float, float], year: int) -> Floats:
    """Forecast the students at the end of an account: opening, and entrants, less graduates and who was lost [DRAWS]."""
    out = graduates / opening
    stay = {"uniform": [1 - out - loss[1], 1 - out - loss[0]]}
    students = {"start": opening, "recruits": entrants, "moves": {"students": stay, "graduated": out}}
    return _first_of_pairs(stocks({"students": students}, ["graduated"], year, year), "table_stock")


# --------------------------------------------------------------------------------------------------------------- cases

Found = Iterator[tuple[str, str, int, int, Floats]]  # indicator, level, year, given until, draws


def _from_births(known: Series) -> Found:
    """Births of two years make a class, which enters primary school nine and junior school three years before it graduates."""
    births = known.get(("births", "all"), {})
    for indicator, level, early in (("entrants", "primary", 9), ("entrants", "junior", 3), ("graduates", "junior", 0)):
        for year in known.get((indicator, level), {}):
            both = (year + early - 16, year + early - 15)
            if all(y in births for y in both):
                rolls = {"births": {"series": {y: births[y] for y in both}}, "birth_survival": BIRTHS}
                yield indicator, level, year, both[1], of_rolls(rolls, year + early)


def _from_rolls(known: Series) -> Found:
    """Who enters primary school enters junior school six years later and graduates after nine, or three after the second."""
    for name, survival, indicator, years, early in (
        ("primary", PRIMARY, "entrants", 6, 3), ("primary", PRIMARY, "graduates", 9, 0), ("junior", JUNIOR, "graduates", 3, 0),
    ):
        entrants = known.get(("entrants", name), {})
        for year in known.get((indicator, "junior"), {}):
            if year - years in entrants:
                rolls = {f"{name}_entrants": {"series": {year - years: entrants[year - years]}}, f"{name}_survival": survival}
                yield indicator, "junior", year, year - years, of_rolls(rolls, year + early)


def _from_cohorts(known: Series) -> Found:
    """Three intakes are the students of schools of three years, less who was lost."""
    for level, loss in LOSS.items():
        entrants = known.get(("entrants", level), {})
        for year in known.get(("enrolment", level), {}):
            intakes = [entrants.get(y) for y in (year - 2, year - 1, year)]
            if all(x is not None for x in intakes):
                yield "enrolment", level, year, year, of_cohorts([x for x in intakes if x is not None], loss, year)


def _from_one_intake(known: Series) -> Found:
    """Where only one intake is known, those before it are taken to have been like it, as at the start of every run."""
    for level, loss in LOSS.items():
        entrants = known.get(("entrants", level), {})
        for year in known.get(("enrolment", level), {}):
            if year in entrants and year - 1 not in entrants:
                yield "enrolment", level, year, year, of_cohorts([entrants[year]] * 3, loss, year)


def _from_share(known: Series) -> Found:
    """General high school takes the share of the junior graduates that it took the year before."""
    graduates, general = known.get(("graduates", "junior"), {}), known.get(("entrants", "general"), {})
    for year in general:
        if year in graduates and year - 1 in graduates and year - 1 in general:
            share = general[year - 1] / graduates[year - 1]
            if SHARE <= share <= 1 - SHARE:  # else the two are not of one place
                yield "entrants", "general", year, year, of_share(graduates[year], share, year)


def _from_account(known: Series) -> Found:
    """Last year's students and this year's entrants, less this year's graduates and who was lost."""
    for level, loss in LOSS.items():
        entrants, graduates, students = (known.get((name, level), {}) for name in ("entrants", "graduates", "enrolment"))
        for year in students:
            if year - 1 in students and year in entrants and year in graduates:
                opening, out = students[year - 1], graduates[year]
                if out <= (1 - loss[1]) * opening:  # else the two are not of one place
                    yield "enrolment", level, year, year, of_account(opening, entrants[year], out, loss, year)


RULES: Mapping[str, Callable[[Series], Found]] = {
    "births": _from_births, "rolls": _from_rolls, "share": _from_share, "cohorts": _from_cohorts, "one_intake": _from_one_intake,
    "account": _from_account,
}


def cases(figures: pd.DataFrame, progress: Progress | None = None, shipped: bool = False) -> list[Case]:
    """Return every case that past figures allow: by each rule for each place (docs/validation.md, Cases).

    Of the ``shipped`` figures it is known which would be circular and which ranges were set with the outcome at hand.
    """
    out, places = [], _series(figures)
    for done, (rule, found) in enumerate(RULES.items(), 1):
        for place, known in places.items():
            for indicator, level, year, until, draws in found(known):
                series, which = known[indicator, level], (rule, level, year)
                if shipped and place == NATION and which in CIRCULAR:
                    continue
                before = {y: x for y, x in series.items() if y < year}
                blind = not (shipped and place == NATION and which in NOT_BLIND)
                out.append(Case(rule, place, indicator, level, year, until, blind, series[year], draws, before))
        if progress is not None:
            progress(done, len(RULES))
    return out


def backtest(figures: pd.DataFrame | None = None, progress: Progress | None = None) -> pd.DataFrame:
    """Forecast past figures from those before them, or put them together from others of their year, by the model and naively.

    Parameters
    ----------
    figures : one's own, as :func:`read_figures` gives them; the shipped ones by default

    Returns
    -------
    one row for each case: rule, place, indicator, level, year, given_until, blind, actual, then those of :func:`scores`, and
    ``last_value`` and ``trend``, the naive forecasts (nan without figures before; ``naive_from`` is the year of the last one)

    Raises
    ------
    ScenarioError
        where the figures allow no case
    """
    found = cases(read_figures() if figures is None else figures, progress, shipped=figures is None)
    if not found:
        raise ScenarioError([Problem("evidence_none")])
    said = pd.DataFrame({name: [getattr(case, name) for case in found] for name in CASE})
    naive = pd.DataFrame({
        "last_value": [last_value(case.before, case.year) for case in found],
        "trend": [trend(case.before, case.year) for case in found],
        "naive_from": pd.array([max(case.before, default=None) for case in found], dtype="Int64"),
    })
    scored = scores(np.stack([case.draws for case in found]), said["actual"].to_numpy(dtype=float))
    return pd.concat([said, scored, naive], axis=1)


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of :func:`backtest` by rule, of those that were given figures from ``before`` their year
    alone, of those given some of the ``same_year``, of the blind ones where not all are, and of all.

    Columns: group, cases, mae (persons), mape, crps (as a share of the figure), inside_50, inside_80, inside_95 (shares); and
    beside each naive forecast, over the cases that have one: ``n_last``, ``mape_with_last`` (the model's), ``mape_last``,
    ``better_than_last`` (cases), and the same for ``trend``.
    """
    groups = {rule: table[table["rule"] == rule] for rule in dict.fromkeys(table["rule"])}
    before = table["given_until"] < table["year"]
    groups |= {"before": table[before], "same_year": table[~before]}
    if not table["blind"].all():
        groups["blind"] = table[table["blind"]]
    groups["all"] = table
    return pd.DataFrame([{"group": name, **pool(part)} for name, part in groups.items() if len(part)])


def pool(part: pd.DataFrame) -> dict[str, float]:
    """Return the scores of some cases together (columns of :func:`pooled`)."""
    wrong = part["share"].abs()
    out = {
        "cases": len(part), "mae": part["error"].abs().mean(), "mape": wrong.mean(),
        "crps": (part["crps"] / part["actual"]).mean(),
        **{f"inside_{round(100 * level)}": part[f"inside_{round(100 * level)}"].mean() for level in LEVELS},
    }
    for name, column in (("last", "last_value"), ("trend", "trend")):
        there = part[column].notna()
        naive = ((part[column] - part["actual"]) / part["actual"]).abs()[there]
        out |= {
            f"n_{name}": int(there.sum()), f"mape_with_{name}": wrong[there].mean(), f"mape_{name}": naive.mean(),
            f"better_than_{name}": int((wrong[there] < naive).sum()),
        }
    return out
