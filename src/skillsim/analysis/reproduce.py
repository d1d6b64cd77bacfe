"""Published examples and closed forms, worked by the product's own functions (docs/validation.md).

Nothing is worked beside the model: an example calls the functions that every run calls, and its numbers are compared with known
ones: printed in the work that it comes from, or following from it by a formula.  What is entered and comes back is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skillsim.analysis.attribution import shapley
from skillsim.analysis.backtest import crps
from skillsim.analysis.bare import bare, expected_values, pathway, row, stage, stocks, title
from skillsim.analysis.running import Progress, run
from skillsim.analysis.sensitivity import indices
from skillsim.chance import Draws, Expected, Source, name_keys
from skillsim.errors import ScenarioError
from skillsim.results.result import Result
from skillsim.rules.arrays import largest_remainder
from skillsim.rules.workforce import retiring
from skillsim.scenario import checks
from skillsim.scenario.basic import Pick
from skillsim.scenario.numbers import Number
from skillsim.scenario.policies import with_numbers
from skillsim.scenario.reader import read
from skillsim.scenario.statute import CATEGORIES, retirement_month

Floats = NDArray[np.float64]
SURE = 3.290527  # two-sided 99.9 % of a normal: how far a sampled number may lie from a known one, in standard errors
REPLICATIONS = 20_000
COLUMNS = ("example", "kind", "quantity", "known", "ours", "difference", "tolerance", "basis", "passed")


@dataclass(frozen=True)
class Ours:
    """A number of ours, and its Monte Carlo standard error: 0 where nothing is drawn."""

    value: float
    error: float = 0.0


@dataclass(frozen=True)
class Example:
    """A worked example: ``known`` are its numbers by quantity, ``citation`` where they come from; ``work`` gives ours.

    ``kind`` says whether the numbers themselves were published, or follow in closed form from what is cited.  A number that is
    known exactly has as many digits as are compared.
    """

    code: str
    kind: Literal["published", "closed form"]
    citation: str
    known: Mapping[str, str]
    work: Callable[[], Mapping[str, Ours]]


def reproduce(names: Sequence[str] = (), progress: Progress | None = None) -> pd.DataFrame:
    """Work examples, all by default, and compare.

    Returns
    -------
    one row for each number: example, kind, quantity, known (as text), ours, difference (ours less known), tolerance (half a
    unit of the last digit given, and 3.29 standard errors where ours is drawn), basis (digits | Monte Carlo), passed

    Raises
    ------
    ScenarioError
        when a name is not that of an example
    """
    known = {example.code: example for example in EXAMPLES}
    wrong = [checks.unknown("evidence_unknown", "example", name, known) for name in names if name not in known]
    if wrong:
        raise ScenarioError(wrong)
    wanted = [known[name] for name in dict.fromkeys(names)] or EXAMPLES
    parts = []
    for done, example in enumerate(wanted, 1):
        parts.append(judged(example, example.work()))
        if progress is not None:
            progress(done, len(wanted))
    return pd.concat(parts, ignore_index=True)


def judged(example: Example, ours: Mapping[str, Ours]) -> pd.DataFrame:
    """Compare the numbers of an example with ours (columns of :func:`reproduce`)."""
    rows = []
    for quantity, text in example.known.items():
        mine, known = ours[quantity], Decimal(text)
        # a hair more than half a unit: 0.5 may be written as 0 or as 1
        half = 10.0 ** int(known.as_tuple().exponent) / 2 * (1 + 1e-9)
        tolerance, difference = half + SURE * mine.error, mine.value - float(known)
        rows.append((
            example.code, example.kind, quantity, text, mine.value, difference, tolerance,
            "Monte Carlo" if mine.error else "digits", abs(difference) <= tolerance,
        ))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def examples() -> pd.DataFrame:
    """Return which examples there are, without working them: example, kind, citation, numbers (how many are compared)."""
    rows = [(e.code, e.kind, e.citation, len(e.known)) for e in EXAMPLES]
    return pd.DataFrame(rows, columns=["example", "kind", "citation", "numbers"])


# ------------------------------------------------------------------------------------------------------------ admission

WEIGHTS, SEATS = (2.0, 1.0, 2.0), (0.2, 0.3, 0.1)
PEOPLE, COLUMNS_DRAWN = 100_000, 400


def _cutoffs(source: Source, people: float) -> Floats:
    """Return the scores from which each of the three gets in [3, R]: 1 is the best."""
    columns = source.columns
    filled = source.fill(
        np.full((1, columns), people, dtype=source.dtype), np.array([WEIGHTS])[..., None],
        np.repeat(np.array(SEATS)[:, None] * people, columns, axis=1).astype(source.dtype),
        np.array([0]), "published", 0, name_keys([("type", 0)]), name_keys(("pool", i) for i in range(3)),
    )
    return 1.0 - filled.closed_at


def _kapur() -> dict[str, Ours]:
    """One score, logit tastes, no way outside: exactly, and drawn with 100,000 people."""
    exact, drawn = _cutoffs(Expected(1), 1.0)[:, 0], _cutoffs(Draws(1, 0, COLUMNS_DRAWN), PEOPLE)
    # the mean over finite populations lies off the limit by about a person
    errors = drawn.std(axis=1, ddof=1) / np.sqrt(COLUMNS_DRAWN) + 1 / PEOPLE
    out = {f"cutoff_{c}": Ours(float(x)) for c, x in zip("abc", exact, strict=True)}
    return out | {
        f"drawn_{c}": Ours(float(x), float(e)) for c, x, e in zip("abc", drawn.mean(axis=1), errors, strict=True)
    }


def _alabama() -> dict[str, Ours]:
    """Seats of three groups of 6, 6 and 2: the smallest loses one when there is one more to share."""
    people = np.array([[6.0], [6.0], [2.0]])
    return {f"of_{n}": Ours(float(largest_remainder(people, np.array([n]))[2, 0])) for n in (10, 11)}


# ------------------------------------------------------------------------------------------------------- staying and targets

GRADUATES, FURTHER, LOCALLY = 5_205_400, 603_900, 3_630_100  # placed, in further study, placed locally


def _national() -> dict[str, Ours]:
    """The local rate of those placed (R4) is entered, as published; what the model makes of it is the local rate of all graduates
    (R1), with further study taken to be all local or all elsewhere."""
    ways = {
        "school": pathway(stage(further={"gate": "exam", "sits": FURTHER / GRADUATES, "passes": 1})),
        "college": pathway(stage("college"), entry="exam"),
    }
    of, found = Pick(pathways=["school"]), []
    for seats, elsewhere in ((FURTHER, -20), (0, 0)):
        rows = [row("school", GRADUATES), row("college", seats, areas="any")]
        scenario = bare(ways, rows, 2012, 2012, {"school": LOCALLY / GRADUATES}, "r4", gates={"exam": {"elsewhere": elsewhere}})
        values = expected_values(scenario)
        found.append(Ours(100 * float(values.value("local_retention_r1", of)[0, 0])))
    here, away = found
    return {"r1_low": here, "r1_high": away}


def _class_of(graduates: int, rate: object) -> Result:
    """Return a run of one class, all at work, at a staying rate; is the rate of 70 % reached?"""
    target = {
        "title": title("t"), "indicator": "local_retention_r3", "year": 2025, "direction": "reach", "value": 0.7, "clause": "-",
    }
    scenario = bare({"p": pathway(stage())}, [row("p", graduates)], 2025, 2025, {"p": rate}, targets={"t": target})
    return run(scenario, REPLICATIONS)[0]


def _binomial() -> dict[str, Ours]:
    out = {}
    for graduates, rate in ((200, 0.72), (1000, 0.68)):
        (answer,) = _class_of(graduates, rate).answers
        assert answer.probability is not None and answer.mcse is not None
        out[f"of_{graduates}"] = Ours(answer.probability, answer.mcse)
    return out


def _beta_binomial() -> dict[str, Ours]:
    """The error of an intraclass correlation of pairs: (1 - r²) / sqrt(pairs - 3/2) (Fisher 1925)."""
    (answer,) = _class_of(1000, {"passed": 68, "of": 100}).answers
    assert answer.probability is not None and answer.mcse is not None
    share = answer.parameter_share
    return {
        "probability": Ours(answer.probability, answer.mcse),
        "parameter_share": Ours(share, (1 - share**2) / float(np.sqrt(REPLICATIONS / 2 - 1.5))),
    }


# --------------------------------------------------------------------------------------------------- inflow and retirement

BORN = {2015: 16_550_000, 2016: 17_860_000}


def _class_2031() -> dict[str, Ours]:
    area = {"title": title("nation"), "junior_graduates": 0, "rolls": {"births": {"series": BORN}, "birth_survival": 1}}
    values = expected_values(bare({"p": pathway(stage())}, [row("p", 0)], 2031, 2031, areas={"place": area}))
    return {"class": Ours(float(values.value("junior_graduates", Pick())[0, 0]) / 1e4)}


def _months(births: NDArray[np.int64], category: int, years: range) -> Floats:
    """Return how many months of birth retire in each year, of a population with as many born in every month."""
    left, out = np.full(len(births), 12.0), []
    for year in range(1980, years[-1] + 1):
        gone = left * retiring(births, year, True)[category]
        left = left - gone
        out.append(gone.sum())
    return np.array(out)[years[0] - 1980 :]


def _retirement() -> dict[str, Ours]:
    births, out = np.arange(1920, 2030), {}
    for at, category in enumerate(CATEGORIES):
        months = _months(births, at, range(2025, 2041))
        out[f"share_{category}"] = Ours(float(months[:-1].mean()) / 12)
        out[f"after_{category}"] = Ours(float(months[-1]) / 12)
    return out


BORN_IN = {"men_1965_01": ("men", 1965, 1), "men_1976_09": ("men", 1976, 9), "cadre_1975_05": ("cadre_women", 1975, 5),
           "worker_1980_01": ("worker_women", 1980, 1), "worker_1984_10": ("worker_women", 1984, 10)}


def _retirement_table() -> dict[str, Ours]:
    out = {}
    for code, (category, year, month) in BORN_IN.items():
        born = np.array([year * 12 + month - 1])
        out[code] = Ours(float(retirement_month(category, born, True)[0] - born[0]))
    return out


# ------------------------------------------------------------------------------------------------------------- stocks

COHORT, STUDY_YEARS = 1_000, ("year_1", "year_2", "year_3", "year_4")


def _kemeny_snell() -> dict[str, Ours]:
    """Expected years from each year of study, by the stocks of a cohort that begins there; graduates of the shipped cohort."""
    scenario, out = read("published/kemeny_snell"), {}
    for i, begin in enumerate(STUDY_YEARS):
        starts = {f"tables.course.stages.{one}.start": Number(value=COHORT * (one == begin)) for one in STUDY_YEARS}
        stock = expected_values(with_numbers(scenario, starts)).value("table_stock", Pick())
        out[f"years_{len(STUDY_YEARS) - i}"] = Ours(1 + float(stock.sum()) / COHORT)
    of = Pick(pathways=["course"], levels=["graduated"])
    out["graduate"] = Ours(float(expected_values(scenario).value("table_exits", of).sum()) / COHORT)
    drawn = run(scenario, REPLICATIONS)[0].replicate("table_exits", of).sum(axis=0)
    sd = float(drawn.std(ddof=1))
    return out | {
        "mean": Ours(float(drawn.mean()), sd / np.sqrt(REPLICATIONS)), "sd": Ours(sd, sd / np.sqrt(2 * REPLICATIONS)),
    }


def _heneman_judge() -> dict[str, Ours]:
    values = expected_values(read("published/heneman_judge"))
    out = {c: Ours(float(values.value("table_stock", Pick(levels=[c]))[0, 0])) for c in ("a1", "a2", "b1", "b2")}
    return out | {"exits": Ours(float(values.value("table_exits", Pick())[0, 0]))}


HAZARDS = (0.15, 0.10, 0.08, 0.06, 0.05)


def _stationary() -> dict[str, Ours]:
    """100 hires a year; who leaves by year of service; the last five classes before the year's hiring."""
    codes = [f"year_{i}" for i in range(len(HAZARDS) + 1)]
    stages: dict[str, Any] = {code: {"moves": {after: 1 - h}} for code, after, h in zip(codes, codes[1:], HAZARDS, strict=False)}
    stages |= {codes[0]: {"recruits": 100, **stages[codes[0]]}, codes[-1]: {}}
    values = expected_values(stocks(stages, [], 2025, 2025 + len(HAZARDS)))
    return {"stock": Ours(float(values.value("table_stock", Pick(levels=codes[1:]))[-1, 0]))}


# ------------------------------------------------------------------------------------------- sensitivity, what made it

ISHIGAMI_SAMPLES = 16_384


def _ishigami(points: Mapping[str, Floats]) -> Floats:
    x = [np.pi * (2 * points[name] - 1) for name in ("1", "2", "3")]
    return np.asarray(np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def _sensitivity() -> dict[str, Ours]:
    """The standard errors are those of resampling: half the 95 % interval by 1.96."""
    out = {}
    for told in indices(_ishigami, ["1", "2", "3"], {"y": lambda y: y}, samples=ISHIGAMI_SAMPLES).to_dict("records"):
        for code, column in (("first", "S1"), ("total", "ST")):
            out[f"{code}_{told['name']}"] = Ours(float(told[column]), float(told[f"{column}_conf"]) / 1.96)
    return out


def _game(names: str, worth: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Return the Shapley values of a game by name, over all coalitions."""
    parts = shapley(tuple(names), lambda some: np.full(2, worth(some)), most_exact=len(names))
    return dict(zip(names, parts.values.mean(axis=1).tolist(), strict=True))


def _product() -> dict[str, Ours]:
    return {f"part_{c}": Ours(x) for c, x in _game("xy", lambda some: float(len(some) == 2)).items()}


def _glove() -> dict[str, Ours]:
    """Two have a left glove, one a right one; only a pair is worth anything."""
    found = _game("abc", lambda some: float("c" in some and len(some) >= 2))
    return {"left": Ours(found["a"]), "right": Ours(found["c"])}


PERMANENT, OTHERS, VOTES = "abcde", "fghijklmno", 9


def _carried(some: frozenset[str]) -> float:
    return float(len(some) >= VOTES and some.issuperset(PERMANENT))


def _council() -> dict[str, Ours]:
    exact = _game(PERMANENT + OTHERS, _carried)
    sampled = shapley(tuple(PERMANENT + OTHERS), lambda some: np.full(2, _carried(some)), permutations=4_000)
    return {
        "permanent": Ours(exact["a"]), "other": Ours(exact["o"]),
        "sampled": Ours(float(sampled.values[0].mean()), float(sampled.sampling_error[0])),
    }


# -------------------------------------------------------------------------------------------------------------- scores


def _crps() -> dict[str, Ours]:
    """A sample of 200 times 1,000 from a standard normal, scored by the back-test's own function."""
    sample = Draws(1, 0, 1_000).normal("scores", 0, name_keys((i,) for i in range(200)))
    out = {}
    for code, at in (("at_0", 0.0), ("at_1", 1.0)):
        found = crps(sample, np.full(len(sample), at))
        out[code] = Ours(float(found.mean()), float(found.std(ddof=1)) / np.sqrt(len(found)))
    return out


EXAMPLES: tuple[Example, ...] = (
    Example(
        "kemeny_snell", "closed form", "Kemeny and Snell 1960, Finite Markov Chains, chapter III (absorbing chains)", {
            "years_4": "4.138184", "years_3": "3.300781", "years_2": "2.343750", "years_1": "1.250000", "graduate": "0.586182",
            "mean": "586.18", "sd": "15.575",
        }, _kemeny_snell,
    ),
    Example(
        "heneman_judge", "closed form",
        "Heneman, Judge and Kammeyer-Mueller, Staffing Organizations (Doortodoor Sports Equipment): 500 · 0.50 + 150 · 0.05 + "
        "50 · 0.05, …",
        {"a1": "260.000000", "a2": "140.000000", "b1": "80.000000", "b2": "26.000000", "exits": "224.000000"}, _heneman_judge,
    ),
    Example(
        "kapur", "closed form", "Kapur 2021, arXiv:2107.01340", {
            "cutoff_a": "0.600000", "cutoff_b": "0.400000", "cutoff_c": "0.750000",
            "drawn_a": "0.600000", "drawn_b": "0.400000", "drawn_c": "0.750000",
        }, _kapur,
    ),
    Example(
        "alabama", "closed form", "Balinski and Young 1982, Fair Representation (Hamilton's method, the Alabama paradox)",
        {"of_10": "2", "of_11": "1"}, _alabama,
    ),
    Example(
        "national_2012_r1", "closed form",
        "教育部：2012 年中等职业学校毕业生就业情况 (Ministry of Education; seen at indexfx23.com/infodisp.asp?id=3771): "
        "(363.01 − 60.39) / (392.50 + 67.65), 363.01 / (392.50 + 67.65)",
        {"r1_low": "65.8", "r1_high": "78.9"}, _national,
    ),
    Example(
        "class_2031", "closed form", "国家统计局：2015、2016 年出生人口 (National Bureau of Statistics): (1655 + 2 · 1786) / 3",
        {"class": "1742.333"}, _class_2031,
    ),
    Example(
        "retirement", "closed form", "全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定, 2024-09-13", {
            "share_men": "0.800000", "share_cadre_women": "0.800000", "share_worker_women": "0.666667",
            "after_men": "1.000000", "after_cadre_women": "1.000000", "after_worker_women": "1.000000",
        }, _retirement,
    ),
    Example(
        "retirement_table", "published", "国务院关于渐进式延迟法定退休年龄的办法, 附表 (2024-09)", {
            "men_1965_01": "721", "men_1976_09": "756", "cadre_1975_05": "677", "worker_1980_01": "631", "worker_1984_10": "659",
        }, _retirement_table,
    ),
    Example(
        "binomial", "closed form", "P(Bin(200, 0.72) ≥ 140), P(Bin(1000, 0.68) ≥ 700)",
        {"of_200": "0.762490", "of_1000": "0.0926"}, _binomial,
    ),
    Example(
        "beta_binomial", "closed form", "P(Bin(1000, p) ≥ 700), p ~ Beta(68, 32); 1/101 : (1/101 + 100/101/1000)",
        {"probability": "0.3534", "parameter_share": "0.9091"}, _beta_binomial,
    ),
    Example("stationary", "closed form", "100 · (0.85 + 0.85 · 0.90 + … + 0.85 · 0.90 · 0.92 · 0.94 · 0.95)", {
        "stock": "360.88654"}, _stationary),
    Example(
        "ishigami", "closed form", "Ishigami and Homma 1990, An importance quantification technique (a = 7, b = 0.1)", {
            "first_1": "0.3139", "first_2": "0.4424", "first_3": "0.0000",
            "total_1": "0.5576", "total_2": "0.4424", "total_3": "0.2437",
        }, _sensitivity,
    ),
    Example("product", "closed form", "Shapley 1953, A value for n-person games (the game x·y)", {
        "part_x": "0.500000", "part_y": "0.500000"}, _product),
    Example("glove", "closed form", "Shapley 1953, A value for n-person games (the glove game)", {
        "left": "0.166667", "right": "0.666667"}, _glove),
    Example(
        "council", "closed form",
        "Shapley and Shubik 1954, A method for evaluating the distribution of power in a committee system (the council of 15: "
        "421/2145, 4/2145)",
        {"permanent": "0.1963", "other": "0.001865", "sampled": "0.1963"}, _council,
    ),
    Example(
        "crps", "closed form", "Gneiting and Raftery 2007, Strictly proper scoring rules, prediction, and estimation (normal)",
        {"at_0": "0.2337", "at_1": "0.6024"}, _crps,
    ),
)
