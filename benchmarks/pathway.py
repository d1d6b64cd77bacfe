"""One pathway, small enough to be written in any tool: the common model of the comparison with peers.

In September of each intake year, Y years long, N young people come; the place is empty before, nobody comes after, and everybody
is followed to the end.  Of one intake:

0. each enters one of P programmes, all with the same chance; n are the entrants of one programme;
1. three yearly dropouts (.06 .03 .02 of those there), in the year after the intake and the two that follow;
2. of those left each applies to the gate with probability .6; it has floor(.536 n) seats; if more apply, as many as there are
   seats are admitted, any of the applicants with the same chance;
3. who is not admitted leaves with the diploma of secondary school in that year, and is retained with probability .62;
4. who is admitted has two yearly dropouts (.04 .02), in the two years that follow, then the college's diploma, and is
   retained with probability .55.

All persons and intakes are independent but for the seats.  In skillsim there is one area, with N junior graduates in the years of
the intakes and none in others, programmes that are sought alike, and seats for all in each; the gate is a stage transfer (.6 sit,
all pass, cap .536 of the entrants); retained is employed here, where all who look find work, so that the wish to stay decides; no
labour market, no uncertain number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skillsim.engine.history import History
from skillsim.engine.layout import Layout
from skillsim.scenario.reader import build
from skillsim.scenario.types import Scenario
from skillsim.terms import LOCAL

FIRST = 2025
DROPOUT = (0.06, 0.03, 0.02, 0.04, 0.02)
SECONDARY = 3  # of these years are in secondary school
APPLY, SEATS = 0.6, 0.536
STAY_SECONDARY, STAY_COLLEGE = 0.62, 0.55
SEED = 20250401
FEWEST = 100  # replications of which a variance is looked at

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outputs:
    """Counts over all programmes and intakes: ``retained``, ``secondary`` and ``college`` (diplomas) [R]; ``dropouts`` [Y + 4,
    R] by calendar year, from the year after the first intake on."""

    retained: Ints
    secondary: Ints
    college: Ints
    dropouts: Ints

    @classmethod
    def of(cls, rows: Ints) -> Outputs:
        """Return the outputs that stand in rows [Y + 7, R], in the order of the fields."""
        return cls(rows[0], rows[1], rows[2], rows[3:])

    def rows(self) -> Ints:
        """Return all of them, [Y + 7, R]."""
        return np.vstack([self.retained, self.secondary, self.college, self.dropouts])


def calendar_years(intakes: int) -> int:
    """Return in how many calendar years somebody can drop out."""
    return intakes + len(DROPOUT) - 1


def seats(n: Any) -> Any:
    """Return the gate's seats of a programme with n entrants; a number or an array of whole numbers."""
    return (n * SEATS + 1e-9) // 1


# ------------------------------------------------------------------------------------------------------------ as a scenario


def _title(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


def scenario(programmes: int, entrants: int, years: int) -> Scenario:
    """Return the model as a scenario; its years are those of the intakes and the five that follow."""
    last = FIRST + years - 1
    intake = {"series": {FIRST - 1: 0, FIRST: entrants, last: entrants, last + 1: 0}, "steps": True}
    found = {"by_august": 1, "by_december": 1}
    kept = {"pathways": ["through"], "definition": "r3", "measured_on": "12-31", "year": FIRST}
    codes = [f"p{i:04d}" for i in range(programmes)]
    raw: dict[str, Any] = {
        "format": 1,
        "name": "pathway",
        "title": _title("pathway"),
        "years": {"first": FIRST, "last": last + len(DROPOUT)},
        "as_of": date(FIRST, 1, 1),
        "levels": ["secondary", "college"],
        "areas": {"town": {"title": _title("town"), "junior_graduates": intake}},
        "programmes": {code: {"title": _title(code)} for code in codes},
        "institutions": {
            kind: {"title": _title(kind), "kind": kind, "area": "town", "capacity": 100_000_000}
            for kind in ("secondary_school", "college")
        },
        "pathways": {"through": {"title": _title("through"), "stages": [
            {"level": "secondary", "years": SECONDARY, "dropout": list(DROPOUT[:SECONDARY])},
            {"level": "college", "years": len(DROPOUT) - SECONDARY, "dropout": list(DROPOUT[SECONDARY:]),
             "transfer": {"sits": APPLY, "passes": 1, "cap": SEATS}},
        ]}},
        "quota": {"rows": [
            {"school": "secondary_school", "programme": code, "pathway": "through", "then": ["college"], "seats": entrants}
            for code in codes
        ]},
        "choice": {"bands": [1.0]},
        "retention": {
            "stayers": found, "leavers": found,
            "base": [{"level": "secondary", "rate": STAY_SECONDARY, **kept}, {"level": "college", "rate": STAY_COLLEGE, **kept}],
        },
        "uncertainty": {"parameters": False},
    }
    return build(raw, {})


def outputs(history: History, layout: Layout) -> Outputs:
    """Return the common outputs of a run."""
    stage = layout.group_stage  # 0 secondary, 1 college
    graduates = history.graduates.sum(axis=0, dtype=np.int64)
    return Outputs(
        history.destinations[:, LOCAL].sum(axis=(0, 1, 2), dtype=np.int64),
        graduates[stage == 0].sum(axis=0), graduates[stage == 1].sum(axis=0),
        history.dropouts.sum(axis=1, dtype=np.int64)[1:],
    )


# -------------------------------------------------------------------------------------------------------------- closed form


def _of_programme(n: int) -> tuple[Floats, Floats]:
    """Return means and variances of one intake of a programme with n entrants: diplomas' retained, secondary, college [3], then
    dropouts by year of study [5].

    a, those who apply, is Bin(n, .6 s) with s the share left after three years; m = min(a, seats) are admitted; of the others,
    Bin(n - a, .4 s / (1 - .6 s)) are left and do not apply.  Given a all that follows is binomial in m and in the diplomas;
    then mean and variance over a (law of total variance).
    """
    first, later = np.array(DROPOUT[:SECONDARY]), np.array(DROPOUT[SECONDARY:])
    left, through = np.prod(1 - first), np.prod(1 - later)
    a = np.arange(n + 1)
    weight = stats.binom.pmf(a, n, APPLY * left)
    m = np.minimum(a, seats(n))
    p = (1 - APPLY) * left / (1 - APPLY * left)
    never = (n - a) * p  # left, not applying
    spread = never * (1 - p)
    secondary, stays = never + a - m, through * STAY_COLLEGE
    given = [
        (
            STAY_SECONDARY * secondary + stays * m,
            STAY_SECONDARY * (1 - STAY_SECONDARY) * secondary + STAY_SECONDARY**2 * spread + m * stays * (1 - stays),
        ),
        (secondary, spread),
        (m * through, m * through * (1 - through)),
    ]
    for k, share in enumerate(DROPOUT):
        before = first[:k] if k < SECONDARY else later[: k - SECONDARY]
        one, of = share * np.prod(1 - before), np.full(n + 1, n) if k < SECONDARY else m
        given.append((of * one, of * one * (1 - one)))
    mean, variance = (np.array(x, dtype=float) for x in zip(*given, strict=True))
    whole = mean @ weight
    return whole, variance @ weight + (mean - whole[:, None]) ** 2 @ weight


def closed_form(programmes: int, entrants: int, years: int) -> tuple[Floats, Floats]:
    """Return means and variances of :meth:`Outputs.rows`, [Y + 7] each.

    Entrants of the programmes are multinomial: the sum over programmes has P times the mean of one, and as variance P times that
    of one (total variance over its n) and P (P - 1) times the covariance of two programmes' means, over the joint law of their
    entrants; n of a probability below 1e-15 are left out.  Intakes are independent.
    """
    n = np.arange(entrants + 1)
    n = n[stats.binom.pmf(n, entrants, 1 / programmes) > 1e-15]
    weight = stats.binom.pmf(n, entrants, 1 / programmes)
    mean, variance = (np.array(x).T for x in zip(*map(_of_programme, n.tolist()), strict=True))  # [8, n]
    whole = mean @ weight
    off = mean - whole[:, None]
    total = programmes * (variance @ weight + off**2 @ weight)
    if programmes > 1:
        both = weight[:, None] * stats.binom.pmf(n[None], entrants - n[:, None], 1 / (programmes - 1))
        total += programmes * (programmes - 1) * np.einsum("kn,nm,km->k", off, both, off)
    one = np.stack([programmes * whole, total], axis=1)  # of an intake [8, 2]
    by_year = np.zeros((calendar_years(years), 2))
    for k in range(len(DROPOUT)):
        by_year[k : k + years] += one[3 + k]
    every = np.concatenate([years * one[:3], by_year])
    return every[:, 0], every[:, 1]


def disagreement(rows: Ints, mean: Floats, variance: Floats, tests: int, family: float = 1e-3) -> list[str]:
    """Return which of the outputs [N, R] have a mean (z-test) or, from 100 replications on, a variance (chi-square) that the
    closed form [N] does not allow, each of ``tests`` tests at a level of ``family`` / ``tests``.

    Sums of many persons are all but normal; the chi-square's limits are widened by the excess kurtosis 1 / variance of a Poisson
    count, which no sum of independent 0/1 outcomes with the same small mean exceeds by much.
    """
    count = rows.shape[1]
    limit = stats.norm.isf(family / tests / 2)
    z = (rows.mean(axis=1) - mean) / np.sqrt(variance / count)
    found = [f"mean of output {i}: z = {z[i]:.2f}" for i in np.nonzero(np.abs(z) > limit)[0]]
    if count < FEWEST:
        return found
    ratio = rows.var(axis=1, ddof=1) / variance
    wider = np.sqrt(1 + 1 / (2 * variance))  # the standard error of a variance grows by sqrt(1 + excess / 2)
    level = family / tests / 2
    low, high = (1 + (x / (count - 1) - 1) * wider for x in (stats.chi2.ppf(level, count - 1), stats.chi2.isf(level, count - 1)))
    found += [
        f"variance of output {i}: {ratio[i]:.3f} of the closed form's" for i in np.nonzero((ratio < low) | (ratio > high))[0]
    ]
    return found
