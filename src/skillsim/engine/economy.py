"""The figures of the labour market by year and parameter draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import name_keys
from skillsim.engine.inputs import Inputs, steady
from skillsim.engine.jobs import CARRIED, MATCHES, ORDER, YEARS, Jobs, market_of
from skillsim.rules.arrays import Index, Keys
from skillsim.rules.workforce import CATEGORIES, giving_up, retiring, search_shares, shares
from skillsim.scenario.labour import OLDEST, YOUNGEST

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """The figures of one year in the rows in which the market asks for them, [.., P] (P = 1 where certain): industries I, jobs J,
    job levels L, tracks K, seekers of the year N (none carried over), types T, groups G.
    """

    persistence: Floats  # [P] of the deviation of growth
    deviation: Floats  # [P]
    in_common: Floats  # [P]
    growth: Floats  # [I, P]
    level_shares: Floats  # [I, L, P] at the end of the year
    categories: Floats  # [categories, P]
    retiring: Floats  # [categories · B, 1] of those not retired before the year
    leaving: Floats  # [2, J, P] for good, for another job
    after_graduation: Floats  # [matches · 5 · K, P]
    returning: Floats  # [K · 5, P]
    to_graduates: Floats  # [J, P]
    open_to_others: Floats  # [J, P]
    experienced: Floats  # [J, P]
    own_field: Floats  # [T, P]
    order_class: Floats  # [seeker rows of order classes, P] of all new seekers
    staying: Floats  # [N, P] log-odds besides the intercept and what an order class adds
    staying_in_order: Floats  # [N, P] what an order class adds; 0 in all other rows
    tightness: Floats  # [P] its effect on staying
    looking: tuple[Floats, ...]  # of each round [2, T, P]: in the own field, in any
    giving_up: tuple[Floats, ...]  # before each round but the first [2 · T, P]
    over_qualified: Floats  # [P]
    links: tuple[Floats, ...]  # of the types of each job level, in order [types, I, P]
    flexible: Floats  # [T, P]
    found_away: dict[str, Floats]  # by day of counting [G, P]
    trained: Floats  # [industries with training, P] person-times
    raised: Floats  # [industries with training, P]

    def only(self, columns: Index) -> Figures:
        """Return the figures of some parameter draws."""
        return Figures(**{name: _only(values, columns) for name, values in vars(self).items()})


def _only(values: Any, columns: Index) -> Any:
    if isinstance(values, tuple):
        return tuple(_only(each, columns) for each in values)
    if isinstance(values, dict):
        return {name: _only(each, columns) for name, each in values.items()}
    return values if values.shape[-1] == 1 else values.take(columns, axis=-1)


class Economy:
    """The labour market's figures by year and parameter draw, [Y, ..., P] (P = 1 where certain).

    Parameters
    ----------
    inputs : of the run
    jobs : the structure
    """

    def __init__(self, inputs: Inputs, jobs: Jobs):
        self.inputs, self.jobs, self.scenario = inputs, jobs, inputs.scenario
        self.labour = market_of(inputs.scenario)

    def _of_industries(self, name: str) -> Floats:
        """Return a figure of every industry [Y, I, P], the labour market's where an industry states none."""
        paths = []
        for code in self.jobs.industries:
            own = getattr(self.scenario.industries[code], name)
            paths.append(f"labour.{name}" if own is None else f"industries.{code}.{name}")
        return self.inputs.stack(paths)

    @cached_property
    def workers(self) -> Floats:
        """Workers by industry at the start [I, P]."""
        return self._of_industries("workers")[0]

    @cached_property
    def growth(self) -> Floats:
        """Yearly growth by industry [Y, I, P]."""
        return self._of_industries("growth")

    @cached_property
    def to_graduates(self) -> Floats:
        """Share of vacancies open to graduates by job [Y, J, P]."""
        return self._of_industries("to_graduates")[:, self.jobs.job_industry]

    @cached_property
    def open_to_others(self) -> Floats:
        """Share of graduates' vacancies open to other fields by job [Y, J, P]."""
        return self._of_industries("open_to_others")[:, self.jobs.job_industry]

    @cached_property
    def parts(self) -> Floats:
        """Parts of the job levels in each industry [Y, I, L, P]; zeros where none is stated."""
        zero = np.zeros((len(self.inputs.years), 1))
        rows = []
        for code in self.jobs.industries:
            stated = self.scenario.industries[code].level_shares
            for level in self.jobs.levels:
                rows.append(self.inputs.get(f"industries.{code}.level_shares.{level}") if level in stated else zero)
        wide = max(row.shape[-1] for row in rows)
        whole = np.stack([np.broadcast_to(row, (len(zero), wide)) for row in rows], axis=1)
        return whole.reshape(len(zero), len(self.jobs.industries), len(self.jobs.levels), wide)

    @cached_property
    def drift(self) -> Floats:
        """Drift of the job levels, log-odds per year [Y, L, P]."""
        zero = np.zeros((len(self.inputs.years), 1))
        given = [self.inputs.get(f"labour.level_drift.{c}") if c in self.labour.level_drift else zero for c in self.jobs.levels]
        wide = max(row.shape[-1] for row in given)
        return np.stack([np.broadcast_to(row, (len(zero), wide)) for row in given], axis=1)

    def level_shares(self, y: int) -> Floats:
        """Return the shares of the job levels [I, L, P] at the end of a year (-1: before the first)."""
        if y < 0:
            return shares(self.parts[0], np.zeros_like(self.drift[0]))
        # what was gained in the years so far adds up, so that a change of drift moves later years only
        gained = self.drift[: y + 1].sum(axis=0)
        return shares(self.parts[y], gained)

    @cached_property
    def links(self) -> Floats:
        """Share of each programme's graduates whose own industry each is [Y, programmes, I, P]."""
        zero = np.zeros((len(self.inputs.years), 1))
        rows = []
        for code in self.inputs.layout.programmes:
            own = self.scenario.programmes[code].industries
            rows += [self.inputs.get(f"programmes.{code}.industries.{i}") if i in own else zero for i in self.jobs.industries]
        wide = max(row.shape[-1] for row in rows)
        still = all(steady(row) for row in rows)
        years = 1 if still else len(zero)
        whole = np.stack([np.broadcast_to(row[:years], (years, wide)) for row in rows], axis=1)
        whole = whole.reshape(years, len(self.inputs.layout.programmes), len(self.jobs.industries), wide)
        return np.broadcast_to(whole, (len(zero), *whole.shape[1:]))

    @cached_property
    def flexible(self) -> Floats:
        """Share of each programme's graduates who take another field [Y, programmes, P]."""
        paths = []
        for code in self.inputs.layout.programmes:
            own = self.scenario.programmes[code].flexible
            paths.append("labour.flexible" if own is None else f"programmes.{code}.flexible")
        return self.inputs.stack(paths)

    @cached_property
    def order_class(self) -> Floats:
        """Share of each programme's graduates trained in order classes [Y, programmes, P]."""
        return self.inputs.stack([f"programmes.{code}.order_class" for code in self.inputs.layout.programmes])

    @cached_property
    def after_graduation(self) -> Floats:
        """Leaving in the first five years [Y, matched or not, 5, P]."""
        by_match = [
            self.inputs.stack([f"labour.after_graduation.{name}.{k}" for k in range(YEARS)]) for name in ("matched", "unmatched")
        ]
        wide = max(part.shape[-1] for part in by_match)
        return np.stack([np.broadcast_to(part, (*part.shape[:-1], wide)) for part in by_match], axis=1)

    @cached_property
    def returning(self) -> Floats:
        """Coming back in the first five years [Y, 5, P]; nobody in years not stated."""
        given = len(self.labour.returning)
        stated = self.inputs.stack([f"labour.returning.{k}" for k in range(given)])
        out = np.zeros((len(self.inputs.years), YEARS, stated.shape[-1]))
        out[:, :given] = stated
        return out

    def year(self, y: int) -> Figures:
        """Return the figures of a year."""
        jobs, inputs, layout = self.jobs, self.inputs, self.inputs.layout
        types, new = len(jobs.type_keys), jobs.seeker_kind != CARRIED
        group, kind = jobs.seeker_group[new], jobs.seeker_kind[new]
        own = inputs.own_field[y][jobs.type_programme]
        after, back = self.after_graduation[y][[0, 1, 1], :, None], self.returning[y]
        rise = bool(inputs.get("rules.retirement.rise")[y, 0] >= 0.5)
        codes = [jobs.industries[i] for i in self.trades]
        return Figures(
            persistence=self._of("growth_persistence", y), deviation=self._of("growth_sd", y),
            in_common=self._of("growth_common", y), growth=self.growth[y], level_shares=self.level_shares(y),
            categories=self.categories, retiring=retiring(self.births, int(inputs.years[y]), rise).reshape(-1, 1),
            leaving=self._leaving(y), after_graduation=_rows(after, MATCHES, YEARS, len(jobs.tracks)),
            returning=_rows(back, len(jobs.tracks), YEARS), to_graduates=self.to_graduates[y],
            open_to_others=self.open_to_others[y], experienced=_rows(self._of("experienced_found", y), len(jobs.job_level)),
            own_field=own, order_class=self.order_class[y][layout.group_programme[group[kind == ORDER]]],
            staying=inputs.stay_terms[y][group],
            staying_in_order=(kind == ORDER)[:, None] * inputs.get("retention.order_class")[y][None],
            tightness=inputs.get("retention.tightness")[y],
            looking=tuple(np.stack(np.broadcast_arrays(share * own, share * (1.0 - own))) for share in self._looking(y)),
            giving_up=tuple(_rows(share, 2 * types) for share in self._giving_up(y)),
            over_qualified=self._of("over_qualified", y),
            links=tuple(
                self.links[y][jobs.type_programme[jobs.type_level == level]] for level in range(len(jobs.levels))
            ),
            flexible=self.flexible[y][jobs.type_programme],
            found_away={day: _rows(inputs.found(day)[1][y], len(layout.groups)) for day in ("08-31", "12-31")},
            trained=inputs.stack([f"training.person_times.{code}" for code in codes])[y],
            raised=_rows(inputs.get("training.raised")[y], len(codes)) if codes else np.empty((0, 1)),
        )

    def _of(self, name: str, y: int) -> Floats:
        """Return a figure of the labour market in a year [P]."""
        return self.inputs.get(f"labour.{name}")[y]

    def _leaving(self, y: int) -> Floats:
        """Return the shares of settled workers who leave for good and for another job [2, J, P], brought back to 1 together."""
        p = np.stack(np.broadcast_arrays(self._of("leaving", y), self._of("moving", y)))
        p = p / np.maximum(p.sum(axis=0), 1.0)
        return np.broadcast_to(p[:, None], (2, len(self.jobs.job_level), p.shape[-1]))

    def _looking(self, y: int) -> Floats:
        """Return the share of those who have not looked yet who look in each round [rounds, P]."""
        by_august, by_december = (self.inputs.get(f"retention.stayers.{by}")[y] for by in ("by_august", "by_december"))
        return search_shares((by_august, by_december), list(self.labour.rounds))

    def _giving_up(self, y: int) -> list[Floats]:
        """Return the share of those who looked and found nothing who leave between each round and the next [P]."""
        rounds = list(self.labour.rounds)
        return [giving_up(self._of("giving_up", y), rounds, k) for k in range(1, len(rounds))]

    @cached_property
    def trades(self) -> Index:
        """The industries whose workers are trained."""
        return np.unique(self.jobs.job_industry[self.inputs.layout.trained])

    @cached_property
    def births(self) -> NDArray[np.int64]:
        """Years of birth that anybody in the stock can have [B], from the oldest at the start to the youngest at the end."""
        return np.arange(self.inputs.first - 1 - OLDEST, self.inputs.last - YOUNGEST + 1)

    @cached_property
    def keys(self) -> tuple[Keys, ...]:
        """Keys of the whole place, of people by category and birth, of tracks by year, also by match, and of these by level."""
        jobs, years = self.jobs, range(YEARS)
        return (
            name_keys([("the place",)]), name_keys(("people", c, int(b)) for c in CATEGORIES for b in self.births),
            name_keys(("track slot", int(key), k) for key in jobs.track_keys for k in years),
            name_keys(("here", m, k, int(key)) for m in range(MATCHES) for k in years for key in jobs.track_keys),
            name_keys(("slot", m, k, level) for m in range(MATCHES) for k in years for level in jobs.levels),
        )

    @cached_property
    def categories(self) -> Floats:
        """Parts of the categories of workers [categories, P], of sum 1."""
        parts = self.inputs.stack([f"labour.workforce.{c}.share" for c in CATEGORIES])[0]
        out: Floats = parts / parts.sum(axis=0)
        return out

    @cached_property
    def ages(self) -> Floats:
        """Shares of the workers at the start by category and year of birth [categories · B, P], of sum 1."""
        age = self.inputs.first - 1 - self.births
        rows = []
        for c in CATEGORIES:
            given = getattr(self.labour.workforce, c).ages
            known = sorted(given)
            spread = np.interp(age, known, [given[a] for a in known], left=0.0, right=0.0)
            rows.append(spread / spread.sum())
        return (np.stack(rows)[:, :, None] * self.categories[:, None, :]).reshape(-1, self.categories.shape[-1])


def _rows(share: Floats, *rows: int) -> Floats:
    """Return shares [.., P], where P may have axes of length 1 before it, as rows [n, P]; one share serves all."""
    return np.broadcast_to(share, (*rows, share.shape[-1])).reshape(-1, share.shape[-1])
