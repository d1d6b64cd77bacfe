"""The labour market of a place: workers leave, vacancies open, graduates look for work (docs/model.md, Demand and
Finding work).

Order within a year: exits and vacancies on the day of graduation; the wish to stay once it is known who goes on studying;
rounds of search; destinations on the day of counting; at the close of the year the hired join the stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source
from skillsim.engine.economy import Economy
from skillsim.engine.jobs import CARRIED, MATCHES, ORDER, REGULAR, YEARS
from skillsim.engine.ledger import Ledger
from skillsim.rules.arrays import as_columns, largest_remainder, summed
from skillsim.rules.retention import sigmoid
from skillsim.rules.training import lifted
from skillsim.rules.workforce import CATEGORIES, deviations, grown, retiring
from skillsim.scenario.numbers import MOST_PERSONS

Array = NDArray[Any]
FOUND = ("matched", "below", "other", "other_below")  # own field; own field, a level below; another field; both
MATCHED, OTHER, BELOW = 0, 1, 2  # as what graduates at work are followed
MATCH_OF = (MATCHED, BELOW, OTHER, BELOW)  # of each of FOUND
# what a year's end hands on to the next year
STATE = ("size", "off_course", "settled", "at_start", "recent", "here", "away", "people", "tightness", "carried")
MOST_COUNTED = 2e9  # counts have 32 bits
MOST_TIGHT = 2.0  # the logarithm of openings to seekers counts up to here, either way
YOUNG = (20, 45)  # ages of those who move in


@dataclass
class Year:
    """What a year of the market brought, [.., R]: jobs [J], groups [G], tracks [K]."""

    wanted: Array
    vacancies: Array
    opened: Array
    experienced: Array
    exits: Array
    retired: Array  # [categories]
    flows: Array  # [3] came back, changed their job, moved in
    stayers: Array = field(init=False)
    hired: Array = field(init=False)
    turned_away: Array = field(init=False)
    gave_up: Array = field(init=False)
    destinations: Array = field(init=False)  # [7, G], those after further study
    raised: Array = field(init=False)  # by job from which training raised them, those of layout.trained


class Market:
    """The labour market through the years, for all replications at once.

    Parameters
    ----------
    economy : its figures
    source : draws, or means
    ledger : checks every move
    intercepts : [stage rows, P] of the wish to stay
    state : what an earlier year left (see :meth:`state`), by default the start
    """

    def __init__(
        self, economy: Economy, source: Source, ledger: Ledger, intercepts: Array, state: Mapping[str, Array] | None = None,
    ):
        self.economy, self.jobs, self.source, self.ledger = economy, economy.jobs, source, ledger
        self.inputs, self.layout = economy.inputs, economy.inputs.layout
        self.intercepts = intercepts
        self.whole = bool(np.issubdtype(np.dtype(source.dtype), np.integer))
        self._name_cells()
        self.year: Year
        self.lost: Array | None = None  # log-odds of staying that groups lack this year for want of money [G, R]
        if state is None:
            self._start()
        else:
            vars(self).update(state)

    def _start(self) -> None:
        jobs, source, economy = self.jobs, self.source, self.economy
        self.size = self._columns(economy.workers).astype(float)  # workers wanted by industry, real-valued
        self.off_course = np.zeros(self.size.shape)
        self.settled = self.at_start = self._wanted(-1)
        self.recent = self._none(MATCHES, YEARS + 1, len(jobs.job_level))
        self.here = self._none(MATCHES, YEARS + 1, len(jobs.tracks))
        self.away = self._none(YEARS, len(jobs.tracks))
        self.people = source.spread(
            self._people_weights(economy.ages), self.settled.sum(axis=0)[None], self._zeros(len(self.person_keys)),
            "ages at the start", self.inputs.first, self.one_key,
        )
        self.tightness: Array | None = None  # last year's; there is none before the first
        self.carried = self._none(len(jobs.seeker_group))

    def state(self) -> dict[str, Array]:
        """Return what stands at the end of a year, arrays [.., R] by name."""
        return {name: getattr(self, name) for name in STATE}

    # ---- small things

    def _name_cells(self) -> None:
        jobs, keys = self.jobs, self.economy.keys
        self.one_key, self.person_keys, self.track_slots, self.here_keys, self.slot_keys = keys
        by_level = np.argsort(jobs.type_level, kind="stable")
        # types that can take a job so many levels below their own, sorted by level
        self.types_down = [by_level, by_level[jobs.type_level[by_level] > 0]]
        self.types_at = [np.nonzero(jobs.type_level == level)[0] for level in range(len(jobs.levels))]
        self.jobs_at = [np.nonzero(jobs.job_level == level)[0] for level in range(len(jobs.levels))]
        self.group_track = jobs.track_of[self.layout.group_stage]
        self.new = jobs.seeker_kind != CARRIED
        # the industries whose workers are trained, and which of them each job is in
        self.trades, self.trade_of = np.unique(jobs.job_industry[self.layout.trained], return_inverse=True)
        # the level of the job in which a track's graduates stand, by match; -1: there is none below the lowest
        self.stands_at = np.stack([jobs.track_level, jobs.track_level, jobs.track_level - 1])

    def _none(self, *shape: int) -> Array:
        return np.zeros((*shape, self.source.columns), dtype=self.source.dtype)

    def _zeros(self, n: int) -> NDArray[np.int64]:
        return np.zeros(n, dtype=np.int64)

    def _columns(self, values: Array) -> Array:
        """Return figures [..., P] as columns [..., R]."""
        return as_columns(values, self.source.columns, self.source.per_parameter)

    def _less(self, a: Array, b: Array) -> Array:
        """Return a - b; where counts are means, rounding may leave a hair below 0."""
        return a - b if self.whole else np.maximum(a - b, 0.0)

    def _wanted(self, y: int) -> Array:
        """Return the workers wanted by job [J, R], whole numbers under draws."""
        by_level = self._columns(self.economy.level_shares(y))  # [I, L, R]
        rows = (self.size[:, None] * by_level).transpose(1, 0, 2).reshape(len(self.jobs.job_level), -1)
        return np.rint(rows).astype(self.source.dtype) if self.whole else rows

    def _people_weights(self, shares: Array) -> Array:
        """Return shares of people as weights: millionths under draws, where weights are whole."""
        wide = self._columns(shares)
        return np.rint(wide * 1e6).astype(self.source.dtype) if self.whole else np.ascontiguousarray(wide)

    def workers(self) -> Array:
        """Return the workers by job [J, R]."""
        out: Array = self.settled + self.recent.sum(axis=(0, 1))
        return out

    # ---- graduation: exits and vacancies

    def open(self, year: int) -> None:
        """Workers retire, leave and change; vacancies open; who comes back and who is experienced takes the others' part."""
        y, jobs, source = year - self.inputs.first, self.jobs, self.source
        before = self.workers()
        self.settled = self.settled + self._total(self.recent[:, YEARS])  # who graduated six years ago is followed no more
        retired, by_category = self._retire(year)
        left, moved = self._leave(y, year)
        gone = self._leave_young(y, year)
        exits = retired + left + moved + gone
        self.ledger.move("exits", jobs.job_name, before, exits, self.workers())
        shock = source.normal("growth", year, jobs.industry_keys)
        figures = [self._columns(self.economy.get(name, y)) for name in ("growth_persistence", "growth_sd", "growth_common")]
        self.off_course = deviations(self.off_course, shock, *figures)
        most = min(MOST_PERSONS, MOST_COUNTED / len(jobs.industries))  # a wild shock is cut rather than overflow
        self.size = np.minimum(grown(self.size, self._columns(self.economy.growth[y]), self.off_course), most)
        wanted = self._wanted(y)
        vacancies = np.maximum(wanted - self.workers(), 0)
        opened = self._to_graduates(y, vacancies)
        back, left_open = self._come_back(y, year, self._less(vacancies, opened))
        others = self._experienced(y, year, left_open)
        changed = np.minimum(self._total(moved), self._total(others))
        moved_in = self._less(self._total(others), changed)
        self._take_off(self._total(left + gone + moved) - changed, year)
        self._move_in(moved_in, year)
        flows = np.stack([self._total(back), changed, moved_in])
        self.year = Year(wanted, vacancies, opened, back + others, exits, by_category, flows)
        self.vacant, self.for_others = opened.copy(), self._open_to_others(y, opened)

    def _retire(self, year: int) -> tuple[Array, Array]:
        """Retire those who reach the statutory age in the year: by job [J, R] and by category [3, R]."""
        source = self.source
        rise = bool(self.inputs.get("rules.retirement.rise")[year - self.inputs.first, 0] >= 0.5)
        p = retiring(self.economy.births, year, rise).reshape(-1, 1)
        reach = source.binomial(self.people, np.broadcast_to(p, (len(p), 1)), "retirement", year, self.person_keys)
        # who is followed as a young graduate does not retire
        most = np.minimum(self._total(reach), self._total(self.settled))[None]
        reach = source.ration(reach, most, self._zeros(len(reach)), "retirement of the settled", year, self.person_keys)
        self.people = self._less(self.people, reach)
        everyone = self._total(reach)[None]
        retired = source.spread(self.settled, everyone, self._zeros(len(self.settled)), "retirement by job", year, self.one_key)
        self.settled = self._less(self.settled, retired)
        by_category = reach.reshape(len(CATEGORIES), -1, source.columns).sum(axis=1).astype(source.dtype)
        return retired, by_category

    def _leave(self, y: int, year: int) -> tuple[Array, Array]:
        """Settled workers leave for good or give up their job for another: each [J, R]."""
        p = np.stack(np.broadcast_arrays(self.economy.get("leaving", y), self.economy.get("moving", y)))
        p = p / np.maximum(p.sum(axis=0), 1.0)
        wide = np.broadcast_to(p[:, None], (2, len(self.settled), p.shape[-1]))
        left, moved, self.settled = self.source.split(self.settled, wide, "leaving", year, self.jobs.job_keys)
        return left, moved

    def _leave_young(self, y: int, year: int) -> Array:
        """Graduates of the last five years leave by year and match; the others grow a year older: [J, R]."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        tracks, levels, rows = len(jobs.tracks), len(jobs.levels), len(jobs.job_level)
        p = self.economy.after_graduation[y][[0, 1, 1], :, None]  # [matches, 5, 1, P]
        wide = np.broadcast_to(p, (MATCHES, YEARS, tracks, p.shape[-1])).reshape(-1, p.shape[-1])
        there = np.ascontiguousarray(self.here[:, :YEARS]).reshape(-1, columns)
        gone = source.binomial(there, wide, "leaving after graduation", year, self.here_keys)
        gone = gone.reshape(MATCHES, YEARS, tracks, columns)
        by_level = self._none(MATCHES, YEARS, levels)
        for m in range(MATCHES):
            for level in range(levels):
                by_level[m, :, level] = gone[m][:, self.stands_at[m] == level].sum(axis=1)
        stock = np.ascontiguousarray(self.recent[:, :YEARS]).reshape(-1, columns)
        slot = np.repeat(np.arange(MATCHES * YEARS), rows) * levels + np.tile(jobs.job_level, MATCHES * YEARS)
        left = source.spread(
            stock, by_level.reshape(-1, columns), slot, "leaving after graduation by job", year, self.slot_keys,
        ).reshape(MATCHES, YEARS, rows, columns)
        here, recent = self._none(MATCHES, YEARS + 1, tracks), self._none(MATCHES, YEARS + 1, rows)
        here[:, 1:] = self._less(self.here[:, :YEARS], gone)
        recent[:, 1:] = self._less(self.recent[:, :YEARS], left)
        self.here, self.recent = here, recent
        return np.asarray(left.sum(axis=(0, 1)).astype(source.dtype))

    def _to_graduates(self, y: int, vacancies: Array) -> Array:
        """Return the vacancies open to new graduates [J, R]: their share, whole ones by largest remainder."""
        wish = vacancies * self._columns(self.economy.to_graduates[y])
        if not self.whole:
            return np.asarray(wish)
        total = np.rint(wish.sum(axis=0)).astype(self.source.dtype)
        return np.minimum(largest_remainder(wish, total), vacancies)

    def _open_to_others(self, y: int, opened: Array) -> Array:
        """Return how many of the graduates' vacancies people of other fields may take [J, R]."""
        most = opened * self._columns(self.economy.open_to_others[y])
        return np.floor(most + 1e-9).astype(self.source.dtype) if self.whole else np.asarray(most)

    def _come_back(self, y: int, year: int, vacant: Array) -> tuple[Array, Array]:
        """Graduates who went elsewhere come back to jobs of their level, as far as there are any: jobs taken and left [J, R]."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        p = self.economy.returning[y]
        wide = np.broadcast_to(p[None], (len(jobs.tracks), *p.shape)).reshape(-1, p.shape[-1])
        away = np.ascontiguousarray(self.away.transpose(1, 0, 2)).reshape(-1, columns)  # track by track
        back = source.binomial(away, wide, "coming back", year, self.track_slots)
        level = np.repeat(jobs.track_level, YEARS)
        most = summed(vacant, jobs.job_level, len(jobs.levels))
        back = source.ration(back, most, level, "jobs for those who come back", year, self.track_slots)
        back = np.ascontiguousarray(back.reshape(len(jobs.tracks), YEARS, columns).transpose(1, 0, 2))
        self.here[MATCHED, 1:] += back
        taken = np.zeros_like(vacant)
        for k in range(YEARS):
            if back[k].any():
                total = summed(back[k], jobs.track_level, len(jobs.levels))
                to = source.spread(vacant, total, jobs.job_level, f"jobs of those back in year {k + 1}", year, jobs.level_keys)
                self.recent[MATCHED, k + 1] += to
                taken, vacant = taken + to, self._less(vacant, to)
        since = np.arange(1, YEARS + 1)[:, None]
        self._add_by_age(year, back.reshape(-1, columns), (jobs.track_age[None] + since).reshape(-1))
        older = self._less(self.away, back)
        self.away = np.concatenate([np.zeros_like(older[:1]), older[:-1]])
        return taken, vacant

    def _experienced(self, y: int, year: int, vacant: Array) -> Array:
        """Experienced people fill a share of the vacancies that are not for new graduates [J, R]; they are settled."""
        found = self.economy.get("experienced_found", y)
        wide = np.broadcast_to(found[None], (len(vacant), len(found)))
        others = self.source.binomial(vacant, wide, "experienced hires", year, self.jobs.job_keys)
        self.settled = self.settled + others
        return others

    # ---- the people: category and year of birth

    def _total(self, rows: Array) -> Array:
        """Return the sum over the first axis in the type of counts."""
        return np.asarray(rows.sum(axis=0).astype(self.source.dtype))

    def _take_off(self, leavers: Array, year: int) -> None:
        """Take leavers [R] off the people of all ages, in proportion."""
        whole = self._zeros(len(self.people))
        off = self.source.spread(self.people, leavers[None], whole, "ages of those who leave", year, self.one_key)
        self.people = self._less(self.people, off)

    def _move_in(self, people: Array, year: int) -> None:
        """Add people [R] who move in, aged 20 to 44 as the workers of that age are."""
        born = year - self.economy.births
        young = np.tile((born >= YOUNG[0]) & (born < YOUNG[1]), len(CATEGORIES))[:, None]
        weights = np.where(young, np.maximum(self.people, 1), 0).astype(self.source.dtype)
        whole = self._zeros(len(self.people))
        joining = self.source.spread(weights, people[None], whole, "ages of those who move in", year, self.one_key)
        self.people = self.people + joining

    def _add_by_age(self, year: int, joining: Array, ages: NDArray[np.int64]) -> None:
        """Add people [n, R] of the given ages [n] on 31 December, over the categories in their parts at the start."""
        births, columns = self.economy.births, self.source.columns
        known = np.unique(ages)
        total = summed(joining, np.searchsorted(known, ages), len(known)).reshape(-1)
        parts = np.tile(self._columns(self.economy.categories), len(known))
        people = self.people.reshape(len(CATEGORIES), len(births), columns)
        people[:, year - known - births[0]] += largest_remainder(parts, total).reshape(len(CATEGORIES), len(known), columns)

    # ---- the wish to stay

    def wish(self, year: int, seekers: Array) -> None:
        """Who does not go on studying [G, R] wishes to stay or leaves; last year's tightness counts."""
        y, jobs, source = year - self.inputs.first, self.jobs, self.source
        kind, group = jobs.seeker_kind, jobs.seeker_group
        rows = self._by_kind(y, year, seekers)
        stage = self.layout.group_stage[group]
        logit = self.intercepts[stage] + self.inputs.stay_terms[y][group]
        logit = logit + (kind == ORDER)[:, None] * self.inputs.get("retention.order_class")[y][None]
        effect = self.inputs.get("retention.tightness")[y]
        if self.lost is not None or effect.any():
            logit = self._columns(logit)
        if self.lost is not None:
            logit = logit + self.lost[group]
        if effect.any():
            if self.tightness is None:  # that of the first year itself, with as many stayers as a neutral one would give
                self.tightness = self._tight(summed(rows * sigmoid(logit), jobs.seeker_type, len(jobs.type_level)))
            logit = logit + self._columns(effect) * self.tightness[jobs.track_level[jobs.track_of[stage]]]
        new = np.nonzero(self.new)[0]
        stay = np.zeros_like(rows)
        stay[new] = source.binomial(rows[new], sigmoid(logit[new]), "wish to stay", year, jobs.seeker_keys[new])
        go = self._less(rows, stay)
        self.ledger.move("wish to stay", lambda i: self.layout.group_name(int(group[i])), rows, stay, go)
        groups, types = len(self.layout.groups), len(jobs.type_level)
        self.leavers, self.year.stayers = summed(go, group, groups), summed(stay, group, groups)
        self.waiting = stay + self.carried
        self.unlooked = summed(stay, jobs.seeker_type, types)
        self.failed = self._carried_over(y, year)  # who looked in the own field, and in any, and found nothing [2, T, R]
        self.found, self.gave_up = self._none(len(FOUND), types), self._none(types)
        self.told = self._none(len(FOUND) + 1, types)  # of those who found or gave up, who is known by name
        self.by_seeker = self._none(len(FOUND) + 1, len(group))
        self.hired = self._none(2, MATCHES, len(jobs.job_level))  # new and carried over
        self.tightness = self._tight(self.unlooked + self._total(self.failed))  # for next year's wish

    def _carried_over(self, y: int, year: int) -> Array:
        """Return who was carried over by how they look: in their own field, in any [2, T, R]."""
        people = summed(self.carried, self.jobs.seeker_type, len(self.jobs.type_level))
        own = self.economy.own_field(y)
        in_field = self.source.binomial(people, own, "carried over", year, self.jobs.type_keys)
        return np.stack([in_field, self._less(people, in_field)])

    def mark(self) -> tuple[Array, Array, Array | None]:
        """Return what :meth:`back_to` needs to try the year's search anew."""
        return self.vacant.copy(), self.for_others.copy(), self.tightness

    def back_to(self, mark: tuple[Array, Array, Array | None]) -> None:
        """Go back to before the wish to stay, as it was marked."""
        self.vacant, self.for_others, self.tightness = mark

    def _by_kind(self, y: int, year: int, seekers: Array) -> Array:
        """Return the new seekers [N, R]: of the order class, and the others."""
        jobs = self.jobs
        kind, group = jobs.seeker_kind, jobs.seeker_group
        rows = seekers[group] * (kind == REGULAR)[:, None].astype(self.source.dtype)
        ordered = np.nonzero(kind == ORDER)[0]
        if len(ordered):
            at = {int(group[i]): i for i in np.nonzero(kind == REGULAR)[0]}
            regular = np.array([at[int(g)] for g in group[ordered]])
            share = self.economy.order_class[y][self.layout.group_programme[group[ordered]]]
            rows[ordered] = self.source.binomial(seekers[group[ordered]], share, "order class", year, jobs.seeker_keys[ordered])
            rows[regular] = self._less(rows[regular], rows[ordered])
        return rows

    def _tight(self, seekers: Array) -> Array:
        """Return openings to seekers by job level as a logarithm [L, R], from seekers by type; neutral where nobody looks."""
        levels = len(self.jobs.levels)
        openings = summed(self.year.opened, self.jobs.job_level, levels).astype(float)
        looking = summed(seekers, self.jobs.type_level, levels).astype(float)
        ratio = np.divide(openings, looking, out=np.ones_like(openings), where=looking > 0)
        least = np.exp(-MOST_TIGHT)
        return np.asarray(np.log(np.clip(ratio, least, 1.0 / least)))

    # ---- a round of search

    def meet(self, year: int, k: int) -> None:
        """One round: who looks meets the vacancies left, in the order of filling; who found none before may give up."""
        y, jobs, source, columns = year - self.inputs.first, self.jobs, self.source, self.source.columns
        looks, own = self.economy.looking(y)[k][None], self.economy.own_field(y)
        p = np.stack(np.broadcast_arrays(looks * own, looks * (1.0 - own)))
        *begin, self.unlooked = source.split(self.unlooked, p, f"looking {k}", year, jobs.type_keys)
        if k and self.failed.any():
            hazard = self.economy.giving_up(y, k)
            wide = np.broadcast_to(hazard[None], (2 * len(jobs.type_keys), len(hazard)))
            gave_up = source.binomial(self.failed.reshape(-1, columns), wide, f"giving up {k}", year, jobs.looker_keys)
            gave_up = gave_up.reshape(self.failed.shape)
            self.gave_up = self.gave_up + self._total(gave_up)
            self.failed = self._less(self.failed, gave_up)
        self.failed = self._fill_down(y, year, k, 0, self.failed + np.stack(begin))
        share, high = self.economy.get("over_qualified", y), self.types_down[1]
        if not (share.any() and self.failed[:, high].any()):
            return
        wide = np.broadcast_to(share[None], (2 * len(high), len(share)))
        keys = jobs.looker_keys.reshape(2, -1)[:, high].reshape(-1)
        lower = np.zeros_like(self.failed)
        asked = np.ascontiguousarray(self.failed[:, high]).reshape(-1, columns)
        lower[:, high] = source.binomial(asked, wide, f"below their level {k}", year, keys).reshape(2, -1, columns)
        rest = self._less(self.failed, lower)
        self.failed = rest + self._fill_down(y, year, k, 1, lower)

    def _fill_down(self, y: int, year: int, k: int, down: int, looking: Array) -> Array:
        """Fill vacancies ``down`` levels below each type's own: own field, then others.

        ``looking`` are those who look in their own field and those who look in any [2, T, R]; return who found none of each.
        """
        jobs, source = self.jobs, self.source
        in_field, any_field = looking
        refused = in_field.copy()
        for level in range(len(jobs.levels) - down):
            types, rows = self.types_at[level + down], self.jobs_at[level]
            if not len(types) or not in_field[types].any():
                continue
            first = (jobs.type_kind[types] > ORDER).astype(np.int64)
            filled = source.fill(
                in_field[types], self.economy.links[y][jobs.type_programme[types]], self.vacant[rows], first,
                f"own field {k} {down} {level}", year, jobs.type_keys[types], jobs.job_keys[rows],
            )
            carried = jobs.type_kind[types] == CARRIED
            for slot in range(1 + bool(carried.any())):
                part = self._total(filled.taken[carried == bool(slot)])
                self.hired[slot, (MATCHED, BELOW)[down]][rows] += part
                self.vacant[rows] = self._less(self.vacant[rows], part)
            self.found[down][types] += filled.taken.sum(axis=1).astype(source.dtype)
            refused[types] = filled.unplaced
        if not (refused.any() or any_field.any()):
            return np.stack([refused, any_field])
        share = self.economy.flexible[y][jobs.type_programme]
        willing = source.binomial(refused, share, f"willing {k} {down}", year, jobs.type_keys)
        unwilling = self._less(refused, willing)
        willing, any_field = self._other_field(year, f"{k} {down}", down, np.stack([willing, any_field]))
        return np.stack([unwilling + willing, any_field])

    def _other_field(self, year: int, process: str, down: int, asking: Array) -> Array:
        """Give what is left to people [2, T, R] of other fields at random, whichever side is fewer; return who found none."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        types, levels = self.types_down[down], len(jobs.levels)
        level = np.repeat(jobs.type_level[types] - down, 2)
        keys = jobs.looker_keys.reshape(2, -1)[:, types].T.reshape(-1)
        people = np.ascontiguousarray(asking[:, types].transpose(1, 0, 2)).reshape(-1, columns)
        free = np.minimum(self.vacant, self.for_others)
        total = np.minimum(summed(people, level, levels), summed(free, jobs.job_level, levels))
        if not total.any():
            return asking
        got = source.ration(people, total, level, f"other field {process}", year, keys)
        carried = np.repeat(jobs.type_kind[types] == CARRIED, 2)
        for slot in range(1 + bool(carried.any())):
            part = summed(got[carried == bool(slot)], level[carried == bool(slot)], levels)
            taken = source.spread(free, part, jobs.job_level, f"jobs of others {process} {slot}", year, jobs.level_keys)
            self.hired[slot, (OTHER, BELOW)[down]] += taken
            self.vacant = self._less(self.vacant, taken)
            self.for_others = self._less(self.for_others, taken)
            free = self._less(free, taken)
        placed = got.reshape(len(types), 2, columns).transpose(1, 0, 2)
        self.found[2 + down][types] += placed.sum(axis=0).astype(source.dtype)
        left = asking.copy()
        left[:, types] = self._less(left[:, types], placed)
        return left

    # ---- by name, and the close of the year

    def measure(self, year: int, day: str) -> None:
        """Say by group where the class stands on the day of counting: found, gone and waiting; turned away by vacancies."""
        y, jobs, source = year - self.inputs.first, self.jobs, self.source
        self._tell(year, day)
        found, gave_up = self._by_group(self.by_seeker[:-1]), self._by_group(self.by_seeker[-1:])[0]
        waiting = self._by_group(self.waiting[None])[0]
        gone = self.leavers + gave_up
        share = self.inputs.found(day)[1][y]
        wide = np.broadcast_to(share[None], (len(gone), len(share)))
        away = source.binomial(gone, wide, "found elsewhere", year, self.layout.group_keys)
        self.year.destinations = np.stack([*found, away, waiting, self._less(gone, away)])
        failed = self._total(self.failed)
        still = source.ration(self.waiting, failed, jobs.seeker_type, f"turned away {day}", year, jobs.seeker_keys)
        self.year.gave_up = gave_up
        self.year.turned_away = gave_up + self._by_group(still[None])[0]

    def _by_group(self, rows: Array) -> Array:
        """Return this year's class by group [n, G, R] from seekers [n, N, R]."""
        new = self.new[:, None].astype(self.source.dtype)
        return np.stack([summed(row * new, self.jobs.seeker_group, len(self.layout.groups)) for row in rows])

    def _tell(self, year: int, day: str) -> None:
        """Draw which of a type's seekers found what since the last time: people of one type are exchangeable."""
        news = self._less(np.concatenate([self.found, self.gave_up[None]]), self.told)
        kind, keys = self.jobs.seeker_type, self.jobs.seeker_keys
        for i, name in enumerate((*FOUND, "gave up")):
            got = self.source.ration(self.waiting, news[i], kind, f"who: {name} {day}", year, keys)
            self.by_seeker[i] += got
            self.waiting = self._less(self.waiting, got)
        self.told = self.told + news

    def close(self, year: int) -> None:
        """Let the hired join the stock and those elsewhere be followed; balance jobs, graduates and people."""
        jobs = self.jobs
        self._tell(year, "close")
        waits = summed(self.waiting, jobs.seeker_type, len(jobs.type_level))
        programmes = self.layout.programmes
        left = self.unlooked + self._total(self.failed)
        self.ledger.move("search", lambda i: programmes[jobs.type_programme[i]], left, waits)
        self.year.hired = self.hired.sum(axis=(0, 1)).astype(self.source.dtype)
        self.ledger.move("vacancies", jobs.job_name, self.year.opened, self.year.hired, self.vacant)
        track, was = self.group_track[jobs.seeker_group], self.here.copy()
        for slot, which in enumerate((self.new, ~self.new)):
            mine = which[:, None].astype(self.source.dtype)
            if not which.any():
                continue
            for i, match in enumerate(MATCH_OF):
                self.here[match, slot] += summed(self.by_seeker[i] * mine, track, len(jobs.tracks))
            self._add_by_age(year, self._total(self.here[:, slot] - was[:, slot]), jobs.track_age + slot)
            self.recent[:, slot] += self.hired[slot]
        local = (self.layout.group_origin == 0)[:, None].astype(self.source.dtype)
        gone = self.leavers + self._by_group(self.by_seeker[-1:])[0]
        self.away[0] += summed(gone * local, self.group_track, len(jobs.tracks))
        self._carry()
        self._train(year)
        self._balance()

    def _train(self, year: int) -> None:
        """Training raises settled workers to the next level of their industry, before next year's vacancies open."""
        y, jobs, source, rows = year - self.inputs.first, self.jobs, self.source, self.layout.trained
        self.year.raised = self._none(len(rows))
        if not len(rows):
            return
        codes, keys = [jobs.industries[i] for i in self.trades], jobs.industry_keys[1:]
        persons = self._columns(self.inputs.stack([f"training.person_times.{code}" for code in codes])[y])
        share = self.inputs.get("training.raised")[y]
        fit = source.binomial(
            persons.astype(source.dtype), np.broadcast_to(share, (len(codes), len(share))), "fit for the next level", year,
            keys[self.trades],
        )
        before, below = self.settled, self.settled[rows]
        fit = np.minimum(fit, summed(below, self.trade_of, len(codes)))
        rising = np.minimum(source.spread(below, fit, self.trade_of, "raised by training", year, keys[self.trades]), below)
        self.year.raised, self.settled = rising, lifted(before, rising, rows, len(jobs.industries))
        self.ledger.move("fit for the next level", codes.__getitem__, fit, summed(rising, self.trade_of, len(codes)))
        self.ledger.move("raised by training", lambda i: jobs.job_name(int(rows[i])), below, rising, below - rising)
        by_industry = (summed(workers, jobs.job_industry, len(jobs.industries)) for workers in (before, self.settled))
        self.ledger.move("workers of an industry", jobs.industries.__getitem__, *by_industry)

    def carried_by_level(self) -> Array:
        """Return who was carried over to this year's rounds by job level [L, R]."""
        rows = summed(self.carried, self.jobs.seeker_type, len(self.jobs.type_level))
        return summed(rows, self.jobs.type_level, len(self.jobs.levels))

    def _carry(self) -> None:
        """Carry who still waits over to next year's rounds, once; or count them out."""
        self.carried = np.zeros_like(self.waiting)
        over = np.nonzero(~self.new)[0]
        if len(over):
            by_group = self._by_group(self.waiting[None])[0]
            self.carried[over] = by_group[self.jobs.seeker_group[over]]

    def _balance(self) -> None:
        """Raise unless graduates at work agree by job and by track, and workers by job and by age."""
        jobs, levels = self.jobs, len(self.jobs.levels)
        by_job = np.concatenate([summed(self._total(part), jobs.job_level, levels) for part in self.recent])
        both = zip(self.here, self.stands_at, strict=True)
        by_track = np.concatenate([summed(self._total(part), at, levels) for part, at in both])
        self.ledger.move("graduates at work", lambda i: jobs.levels[i % levels], by_job, by_track)
        # those of the start stand on both sides: where nearly all have left, the rounding of means is still that of the many
        start, workers, people = (self._total(rows)[None] for rows in (self.at_start, self.workers(), self.people))
        self.ledger.move("people at work", lambda _: "all ages", start + workers, start, people)
