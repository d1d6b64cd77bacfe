"""What holds a retention target back: the wish to stay, or the vacancies (docs/model.md, What vacancies cost)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.results import statistics
from skillsim.results.indicators import Values, ratio
from skillsim.results.targets import Answer, met
from skillsim.rules.retention import counts
from skillsim.terms import DESTINATIONS, LOCAL

Floats = NDArray[np.float64]
MOSTLY, PARTLY = 0.5, 0.1


@dataclass(frozen=True)
class Binding:
    """What vacancies cost one retention target in its year.

    ``turned_away`` graduates of its class on average; ``often`` the share of replications with any; ``free`` the mean of the
    rate if each of them had found work here, and ``probability_free`` the target's probability then; ``rescued`` the share of
    the replications that miss the target that would meet it then, with its clustered error; ``verdict``: met (likely anyway),
    vacancies (most misses would be met, beyond two errors), wish (hardly any would be), both (in between, or not to be told).
    """

    code: str
    turned_away: float
    often: float
    free: float
    probability_free: float | None
    rescued: float
    rescued_error: float
    verdict: str


def bindings(run: Values, answers: tuple[Answer, ...]) -> list[Binding]:
    """Return what vacancies cost each retention target; nothing where graduates meet no vacancies."""
    if run.layout.jobs is None:
        return []
    return [_binding(run, answer) for answer in answers if answer.target.indicator.startswith("local_retention_")]


def without_shortage(run: Values, answer: Answer) -> tuple[Floats, Floats]:
    """Return a retention target's rate if everybody who was turned away had found work here, and the number turned away [R].

    Who gave up and went leaves those at work elsewhere in the proportion in which those who went found work.
    """
    target, h = answer.target, run.history
    y = target.year - run.scenario.years.first
    keep = run.picked("group", target.of)
    there = h.destinations[y][:, keep].astype(float)
    turned, gave_up = h.turned_away[y][keep].astype(float), h.gave_up[y][keep].astype(float)
    away, away_seeking = there[LOCAL.stop], there[DESTINATIONS.index("away_seeking")]
    gone = away + away_seeking
    away = away * (1.0 - np.divide(gave_up, gone, out=np.zeros_like(gone), where=gone > 0))
    local = there[LOCAL].sum(axis=0) + turned
    top, bottom = counts(target.indicator[-2:], local, away, there[0], there[1], h.graduates[y][keep].astype(float))
    return ratio(_total(top), _total(bottom)), _total(turned)


def _total(rows: NDArray[Any]) -> Floats:
    return np.asarray(rows.sum(axis=0), dtype=float)


def _binding(run: Values, answer: Answer) -> Binding:
    free, turned = without_shortage(run, answer)
    hit = met(answer.target, free)
    missed = ~answer.met
    saved = np.where(missed, hit, np.nan)  # of those that miss
    rescued, error = (float(np.nan_to_num(x)) for x in (statistics.mean(saved), statistics.clustered_error(saved)))
    asked = answer.target.direction != "show"
    verdict = "both"
    if not asked:
        verdict = "shown"
    elif (answer.probability or 0.0) >= statistics.LIKELY:
        verdict = "met"
    elif rescued - 2 * error >= MOSTLY:
        verdict = "vacancies"
    elif rescued + 2 * error < PARTLY:
        verdict = "wish"
    return Binding(
        answer.code, float(turned.mean()), float((turned > 0).mean()), float(statistics.mean(free)),
        float(hit.mean()) if asked else None, rescued, error, verdict,
    )


def bound(run: Values) -> dict[str, Any] | None:
    """Return how often vacancies bound and for whom, over all reported years; None where graduates meet no vacancies.

    ``turned_away`` by pathway and by programme: the share of years and replications in which any stayer was turned away, and
    how many a year; ``used_up`` by industry and job level: the share of years and replications in which all its vacancies
    open to graduates were filled, where there were any.
    """
    if run.layout.jobs is None:
        return None
    h, layout, jobs = run.history, run.layout, run.layout.jobs
    out: dict[str, Any] = {"turned_away": {}, "used_up": {}}
    parts = (("pathway", layout.pathways, layout.group_pathway), ("programme", layout.programmes, layout.group_programme))
    everyone = h.turned_away.sum(axis=1)
    out["turned_away"]["all"] = _told(everyone)
    for name, codes, at in parts:
        out["turned_away"][name] = {
            code: _told(h.turned_away[:, at == i].sum(axis=1)) for i, code in enumerate(codes) if (at == i).any()
        }
    open_at_all = h.opened > 0
    filled = (open_at_all & (h.hired >= h.opened - 1e-9)).sum(axis=(0, 2))
    years = open_at_all.sum(axis=(0, 2))
    for j in range(len(jobs.job_level)):
        name = f"{jobs.industries[jobs.job_industry[j]]}:{jobs.levels[jobs.job_level[j]]}"
        out["used_up"][name] = float(filled[j] / years[j]) if years[j] else None
    return out


def _told(turned: NDArray[Any]) -> dict[str, float]:
    return {"often": float((turned > 0).mean()), "a_year": float(turned.mean())}
