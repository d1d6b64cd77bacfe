"""The labour market of a place: workers leave, vacancies open, graduates look for work (docs/model.md, Demand and
Finding work).

Order within a year: exits and vacancies on the day of graduation; the wish to stay once it is known who goes on studying;
rounds of search; destinations on the day of counting; at the close of the year the hired join the stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skillsim.chance import Source
from skillsim.engine.economy import Economy, Figures
from skillsim.engine.jobs import CARRIED, MATCHES, ORDER, REGULAR, YEARS
from skillsim.engine.ledger import Ledger
from skillsim.rules.arrays import as_columns, largest_remainder, summed
from skillsim.rules.retention import sigmoid
from skillsim.rules.training import lifted
from skillsim.rules.workforce import CATEGORIES, deviations, grown
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
        self.now: Figures  # of the year
        self.tightness: Array | None = None  # last year's; there is none before the first
        self.lost: Array | None = None  # log-odds of staying that groups lack this year for want of money [G, R]
        if state is None:
            self._start()
        else:
            vars(self).update(state)

    def _start(self) -> None:
        jobs, source, economy = self.jobs, self.source, self.economy
        self.size = self._columns(economy.workers).astype(float)  # workers wanted by industry, real-valued
        self.off_course = np.zeros(self.size.shape)
        self.settled = self.at_start = self._wanted(economy.level_shares(-1))
        self.recent = self._none(MATCHES, YEARS + 1, len(jobs.job_level))
        self.here = self._none(MATCHES, YEARS + 1, len(jobs.tracks))
        self.away = self._none(YEARS, len(jobs.tracks))
        self.people = source.spread(
            self._people_weights(economy.ages), self.settled.sum(axis=0)[None], self._zeros(len(self.person_keys)),
            "ages at the start", self.inputs.first, self.one_key,
        )
        self.carried = self._none(len(jobs.seeker_group))

    def state(self) -> dict[str, Array]:
        """Return what stands at the end of a year, or at the start, arrays [.., R] by name."""
        return {name: x for name in STATE if (x := getattr(self, name)) is not None}

    # ---- small things

    def _name_cells(self) -> None:
        jobs, keys = self.jobs, self.economy.keys
        self.one_key, self.person_keys, self.track_slots, self.here_keys, self.slot_keys = keys
        by_level = np.argsort(jobs.type_level, kind="stable")
        # types that can take a job so many levels below their own, sorted by level
        self.types_down = [by_level, by_level[jobs.type_level[by_level] > 0]]
        # of these, who looks in the own field and who in any one beside the other: job level, whether carried over, keys
        lookers = jobs.looker_keys.reshape(2, -1)
        self.askers = [
            (np.repeat(jobs.type_level[at] - down, 2), np.repeat(jobs.type_kind[at] == CARRIED, 2), lookers[:, at].T.ravel())
            for down, at in enumerate(self.types_down)
        ]
        by_type = [np.nonzero(jobs.type_level == level)[0] for level in range(len(jobs.levels))]
        # types of each level; how many of them, the first, are not carried over; who comes first: order classes; keys
        self.types_at = [
            (at, int((jobs.type_kind[at] != CARRIED).sum()), (jobs.type_kind[at] > ORDER).astype(np.int64), jobs.type_keys[at])
            for at in by_type
        ]
        edges = np.searchsorted(jobs.job_level, np.arange(len(jobs.levels) + 1)).tolist()
        self.jobs_at = [slice(*edge) for edge in pairwise(edges)]
        self.group_track = jobs.track_of[self.layout.group_stage]
        # seekers are sorted by kind: first those of order classes, then this year's others, then who was carried over
        self.ordered, self.fresh = (int(n) for n in np.searchsorted(jobs.seeker_kind, (REGULAR, CARRIED)))
        group = jobs.seeker_group
        others = {int(g): i for i, g in enumerate(group[self.ordered : self.fresh], self.ordered)}
        self.beside = np.array([others[int(g)] for g in group[: self.ordered]], dtype=np.int64)
        self.new_group, self.new_type = group[: self.fresh], jobs.seeker_type[: self.fresh]
        self.new_stage = self.layout.group_stage[self.new_group]
        self.new_level = jobs.track_level[jobs.track_of[self.new_stage]]
        # the industries whose workers are trained, and which of them each job is in
        self.trades = self.economy.trades
        self.trade_of = np.searchsorted(self.trades, jobs.job_industry[self.layout.trained])
        # the level of the job in which a track's graduates stand, by match; -1: there is none below the lowest
        self.stands_at = np.stack([jobs.track_level, jobs.track_level, jobs.track_level - 1])
        # tracks are sorted by level: the first and the one after the last of those that stand at each level, by match
        levels = np.arange(len(jobs.levels) + 1)
        self.stand_edges = [list(pairwise(np.searchsorted(at, levels).tolist())) for at in self.stands_at]

    def _none(self, *shape: int) -> Array:
        return np.zeros((*shape, self.source.columns), dtype=self.source.dtype)

    def _zeros(self, n: int) -> NDArray[np.int64]:
        return np.zeros(n, dtype=np.int64)

    def _columns(self, values: Array) -> Array:
        """Return figures [..., P] as columns [..., R]."""
        return as_columns(values, self.source.columns, self.source.per_parameter)

    def _less(self, a: Array, b: Array) -> Array:
        """Return a - b; where counts are means, rounding may leave a hair below 0."""
        out = np.asarray(a - b)
        return out if self.whole else np.maximum(out, 0.0, out=out)

    def _wanted(self, shares: Array) -> Array:
        """Return the workers wanted by job [J, R] with the job levels' shares [I, L, P], whole numbers under draws."""
        by_level = self._columns(shares)  # [I, L, R]
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

    def open(self, year: int, figures: Figures | None = None) -> None:
        """Workers retire, leave and change; vacancies open; who comes back and who is experienced takes the others' part.

        ``figures`` are the year's, by default as the economy has them.
        """
        jobs, source = self.jobs, self.source
        self.now = now = figures or self.economy.year(year - self.inputs.first)
        before = self.workers()
        self.settled = self.settled + self._total(self.recent[:, YEARS])  # who graduated six years ago is followed no more
        retired, by_category = self._retire(year)
        left, moved, self.settled = source.split(self.settled, now.leaving, "leaving", year, jobs.job_keys)
        gone = self._leave_young(year)
        exits = retired + left + moved + gone
        workers = self.workers()
        self.ledger.move("exits", jobs.job_name, before, exits, workers)
        shock = source.normal("growth", year, jobs.industry_keys)
        swings = (self._columns(figure) for figure in (now.persistence, now.deviation, now.in_common))
        self.off_course = deviations(self.off_course, shock, *swings)
        most = min(MOST_PERSONS, MOST_COUNTED / len(jobs.industries))  # a wild shock is cut rather than overflow
        self.size = np.minimum(grown(self.size, self._columns(now.growth), self.off_course), most)
        wanted = self._wanted(now.level_shares)
        vacancies = np.maximum(wanted - workers, 0)
        opened = self._to_graduates(vacancies)
        back, left_open = self._come_back(year, self._less(vacancies, opened))
        others = self._experienced(year, left_open)
        changed = np.minimum(self._total(moved), self._total(others))
        moved_in = self._less(self._total(others), changed)
        self._take_off(self._total(left + gone + moved) - changed, year)
        self._move_in(moved_in, year)
        flows = np.stack([self._total(back), changed, moved_in])
        self.year = Year(wanted, vacancies, opened, back + others, exits, by_category, flows)
        self.vacant, self.for_others = opened.copy(), self._open_to_others(opened)

    def _retire(self, year: int) -> tuple[Array, Array]:
        """Retire those who reach the statutory age in the year: by job [J, R] and by category [3, R]."""
        source = self.source
        reach = source.binomial(self.people, self.now.retiring, "retirement", year, self.person_keys)
        # who is followed as a young graduate does not retire
        most = np.minimum(self._total(reach), self._total(self.settled))[None]
        reach = source.ration(reach, most, self._zeros(len(reach)), "retirement of the settled", year, self.person_keys)
        self.people = self._less(self.people, reach)
        everyone = self._total(reach)[None]
        retired = source.spread(self.settled, everyone, self._zeros(len(self.settled)), "retirement by job", year, self.one_key)
        self.settled = self._less(self.settled, retired)
        by_category = reach.reshape(len(CATEGORIES), -1, source.columns).sum(axis=1).astype(source.dtype)
        return retired, by_category

    def _leave_young(self, year: int) -> Array:
        """Graduates of the last five years leave by year and match; the others grow a year older: [J, R]."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        tracks, levels, rows = len(jobs.tracks), len(jobs.levels), len(jobs.job_level)
        there = np.ascontiguousarray(self.here[:, :YEARS]).reshape(-1, columns)
        gone = source.binomial(there, self.now.after_graduation, "leaving after graduation", year, self.here_keys)
        gone = gone.reshape(MATCHES, YEARS, tracks, columns)
        by_level = self._none(MATCHES, YEARS, levels)
        for m, edges in enumerate(self.stand_edges):
            for level, (begin, end) in enumerate(edges):
                by_level[m, :, level] = gone[m, :, begin:end].sum(axis=1)
        stock = np.ascontiguousarray(self.recent[:, :YEARS]).reshape(-1, columns)
        slot = np.repeat(np.arange(MATCHES * YEARS), rows) * levels + np.tile(jobs.job_level, MATCHES * YEARS)
        left = source.spread(
            stock, by_level.reshape(-1, columns), slot, "leaving after graduation by job", year, self.slot_keys,
        ).reshape(MATCHES, YEARS, rows, columns)
        self.here, self.recent = self._older(self.here, gone), self._older(self.recent, left)
        return np.asarray(left.sum(axis=(0, 1)).astype(source.dtype))

    def _older(self, rows: Array, gone: Array) -> Array:
        """Return rows by year since graduation [matches, 6, n, R] a year later, less who is gone of the first five."""
        out = np.empty_like(rows)
        out[:, 0] = 0
        np.subtract(rows[:, :YEARS], gone, out=out[:, 1:])
        return out if self.whole else np.maximum(out, 0.0, out=out)

    def _to_graduates(self, vacancies: Array) -> Array:
        """Return the vacancies open to new graduates [J, R]: their share, whole ones by largest remainder."""
        wish = vacancies * self._columns(self.now.to_graduates)
        if not self.whole:
            return np.asarray(wish)
        total = np.rint(wish.sum(axis=0)).astype(self.source.dtype)
        return np.minimum(largest_remainder(wish, total), vacancies)

    def _open_to_others(self, opened: Array) -> Array:
        """Return how many of the graduates' vacancies people of other fields may take [J, R]."""
        most = opened * self._columns(self.now.open_to_others)
        return np.floor(most + 1e-9).astype(self.source.dtype) if self.whole else np.asarray(most)

    def _come_back(self, year: int, vacant: Array) -> tuple[Array, Array]:
        """Graduates who went elsewhere come back to jobs of their level, as far as there are any: jobs taken and left [J, R]."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        away = np.ascontiguousarray(self.away.transpose(1, 0, 2)).reshape(-1, columns)  # track by track
        back = source.binomial(away, self.now.returning, "coming back", year, self.track_slots)
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

    def _experienced(self, year: int, vacant: Array) -> Array:
        """Experienced people fill a share of the vacancies that are not for new graduates [J, R]; they are settled."""
        others = self.source.binomial(vacant, self.now.experienced, "experienced hires", year, self.jobs.job_keys)
        self.settled = self.settled + others
        return others

    # ---- the people: category and year of birth

    def _total(self, rows: Array) -> Array:
        """Return the sum over the first axis in the type of counts."""
        return np.asarray(rows.sum(axis=0, dtype=self.source.dtype))

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
        parts = np.tile(self._columns(self.now.categories), len(known))
        people = self.people.reshape(len(CATEGORIES), len(births), columns)
        people[:, year - known - births[0]] += largest_remainder(parts, total).reshape(len(CATEGORIES), len(known), columns)

    # ---- the wish to stay

    def wish(self, year: int, seekers: Array) -> None:
        """Who does not go on studying [G, R] wishes to stay or leaves; last year's tightness counts."""
        jobs, source, now, group = self.jobs, self.source, self.now, self.new_group
        groups, types = len(self.layout.groups), len(jobs.type_level)
        rows = self._by_kind(year, seekers)
        logit = self.intercepts[self.new_stage] + now.staying + now.staying_in_order
        effect = now.tightness
        if self.lost is not None or effect.any():
            logit = self._columns(logit)
        if self.lost is not None:
            logit = logit + self.lost[group]
        if effect.any():
            if self.tightness is None:  # that of the first year itself, with as many stayers as a neutral one would give
                self.tightness = self._tight(summed(rows * sigmoid(logit), self.new_type, types))
            logit = logit + self._columns(effect) * self.tightness[self.new_level]
        stay = source.binomial(rows, sigmoid(logit), "wish to stay", year, jobs.seeker_keys[: self.fresh])
        go = self._less(rows, stay)
        self.ledger.move("wish to stay", lambda i: self.layout.group_name(int(group[i])), rows, stay, go)
        self.leavers, self.year.stayers = summed(go, group, groups), summed(stay, group, groups)
        self.waiting = self.carried.copy()
        self.waiting[: self.fresh] += stay
        self.unlooked = summed(stay, self.new_type, types)
        self.failed = self._carried_over(year)  # who looked in the own field, and in any, and found nothing [2, T, R]
        self.found, self.gave_up = self._none(len(FOUND), types), self._none(types)
        self.told = self._none(len(FOUND) + 1, types)  # of those who found or gave up, who is known by name
        self.by_seeker = self._none(len(FOUND) + 1, len(jobs.seeker_group))
        self.hired = self._none(2, MATCHES, len(jobs.job_level))  # new and carried over
        self.tightness = self._tight(self.unlooked + self._total(self.failed))  # for next year's wish

    def _carried_over(self, year: int) -> Array:
        """Return who was carried over by how they look: in their own field, in any [2, T, R]."""
        people = summed(self.carried, self.jobs.seeker_type, len(self.jobs.type_level))
        in_field = self.source.binomial(people, self.now.own_field, "carried over", year, self.jobs.type_keys)
        return np.stack([in_field, self._less(people, in_field)])

    def mark(self) -> tuple[Array, Array, Array | None]:
        """Return what :meth:`back_to` needs to try the year's search anew."""
        return self.vacant.copy(), self.for_others.copy(), self.tightness

    def back_to(self, mark: tuple[Array, Array, Array | None]) -> None:
        """Go back to before the wish to stay, as it was marked."""
        self.vacant, self.for_others, self.tightness = mark

    def _by_kind(self, year: int, seekers: Array) -> Array:
        """Return this year's seekers [new seekers, R]: of the order class, and the others."""
        rows, n = np.asarray(seekers[self.new_group]), self.ordered
        if n:
            rows[:n] = self.source.binomial(rows[:n], self.now.order_class, "order class", year, self.jobs.seeker_keys[:n])
            rows[self.beside] = self._less(rows[self.beside], rows[:n])
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
        jobs, source, columns, now = self.jobs, self.source, self.source.columns, self.now
        begin = source.split(self.unlooked, now.looking[k], f"looking {k}", year, jobs.type_keys)
        self.unlooked = begin[-1]
        if k and self.failed.any():
            gave_up = source.binomial(
                self.failed.reshape(-1, columns), now.giving_up[k - 1], f"giving up {k}", year, jobs.looker_keys,
            ).reshape(self.failed.shape)
            self.gave_up = self.gave_up + self._total(gave_up)
            self.failed = self._less(self.failed, gave_up)
        self.failed = self._fill_down(year, k, 0, self.failed + begin[:-1])
        share, high = now.over_qualified, self.types_down[1]
        if not (share.any() and self.failed[:, high].any()):
            return
        wide = np.broadcast_to(share[None], (2 * len(high), len(share)))
        keys = jobs.looker_keys.reshape(2, -1)[:, high].reshape(-1)
        lower = np.zeros_like(self.failed)
        asked = np.ascontiguousarray(self.failed[:, high]).reshape(-1, columns)
        lower[:, high] = source.binomial(asked, wide, f"below their level {k}", year, keys).reshape(2, -1, columns)
        rest = self._less(self.failed, lower)
        self.failed = rest + self._fill_down(year, k, 1, lower)

    def _fill_down(self, year: int, k: int, down: int, looking: Array) -> Array:
        """Fill vacancies ``down`` levels below each type's own: own field, then others.

        ``looking`` are those who look in their own field and those who look in any [2, T, R]; return who found none of each.
        """
        jobs, source = self.jobs, self.source
        in_field, any_field = looking
        refused = in_field.copy()
        for level in range(len(jobs.levels) - down):
            (types, fresh, first, keys), rows = self.types_at[level + down], self.jobs_at[level]
            asking = in_field[types]
            if not asking.any():
                continue
            filled = source.fill(
                asking, self.now.links[level + down], self.vacant[rows], first, f"own field {k} {down} {level}", year, keys,
                jobs.job_keys[rows],
            )
            for slot, taken in enumerate((filled.taken[:fresh], filled.taken[fresh:])):
                if len(taken):
                    part = self._total(taken)
                    self.hired[slot, (MATCHED, BELOW)[down], rows] += part
                    self.vacant[rows] = self._less(self.vacant[rows], part)
            self.found[down, types] += filled.taken.sum(axis=1, dtype=source.dtype)
            refused[types] = filled.unplaced
        if not (refused.any() or any_field.any()):
            return np.stack([refused, any_field])
        willing = source.binomial(refused, self.now.flexible, f"willing {k} {down}", year, jobs.type_keys)
        unwilling = self._less(refused, willing)
        left = self._other_field(year, f"{k} {down}", down, np.stack([willing, any_field]))
        left[0] = unwilling + left[0]
        return left

    def _other_field(self, year: int, process: str, down: int, asking: Array) -> Array:
        """Give what is left to people [2, T, R] of other fields at random, whichever side is fewer; return who found none, in
        the same array."""
        jobs, source, columns = self.jobs, self.source, self.source.columns
        types, levels = self.types_down[down], len(jobs.levels)
        level, carried, keys = self.askers[down]
        people = asking[:, types].transpose(1, 0, 2).reshape(-1, columns)
        free = np.minimum(self.vacant, self.for_others)
        total = np.minimum(summed(people, level, levels), summed(free, jobs.job_level, levels))
        if not total.any():
            return asking
        got = source.ration(people, total, level, f"other field {process}", year, keys)
        for slot in range(1 + bool(carried.any())):
            mine = carried == bool(slot)
            part = summed(got[mine], level[mine], levels)
            if not part.any():
                continue
            taken = source.spread(free, part, jobs.job_level, f"jobs of others {process} {slot}", year, jobs.level_keys)
            self.hired[slot, (OTHER, BELOW)[down]] += taken
            self.vacant = self._less(self.vacant, taken)
            self.for_others = self._less(self.for_others, taken)
            free = self._less(free, taken)
        placed = got.reshape(len(types), 2, columns).transpose(1, 0, 2)
        self.found[2 + down, types] += placed.sum(axis=0, dtype=source.dtype)
        asking[:, types] = self._less(asking[:, types], placed)
        return asking

    # ---- by name, and the close of the year

    def measure(self, year: int, day: str) -> None:
        """Say by group where the class stands on the day of counting: found, gone and waiting; turned away by vacancies."""
        jobs, source = self.jobs, self.source
        self._tell(year, day)
        found, gave_up = self._by_group(self.by_seeker[:-1]), self._by_group(self.by_seeker[-1:])[0]
        waiting = self._by_group(self.waiting[None])[0]
        gone = self.leavers + gave_up
        away = source.binomial(gone, self.now.found_away[day], "found elsewhere", year, self.layout.group_keys)
        self.year.destinations = np.stack([*found, away, waiting, self._less(gone, away)])
        failed = self._total(self.failed)
        still = source.ration(self.waiting, failed, jobs.seeker_type, f"turned away {day}", year, jobs.seeker_keys)
        self.year.gave_up = gave_up
        self.year.turned_away = gave_up + self._by_group(still[None])[0]

    def _by_group(self, rows: Array) -> Array:
        """Return this year's class by group [n, G, R] from seekers [n, N, R]."""
        return np.stack([summed(row[: self.fresh], self.new_group, len(self.layout.groups)) for row in rows])

    def _tell(self, year: int, day: str) -> None:
        """Draw which of a type's seekers found what since the last time: people of one type are exchangeable."""
        news = self._less(np.concatenate([self.found, self.gave_up[None]]), self.told)
        kind, keys = self.jobs.seeker_type, self.jobs.seeker_keys
        for i, name in enumerate((*FOUND, "gave up")):
            if not news[i].any():
                continue
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
        for slot, mine in enumerate((slice(self.fresh), slice(self.fresh, None))):
            if not len(track[mine]):
                continue
            for i, match in enumerate(MATCH_OF):
                self.here[match, slot] += summed(self.by_seeker[i, mine], track[mine], len(jobs.tracks))
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
        jobs, source, rows = self.jobs, self.source, self.layout.trained
        self.year.raised = self._none(len(rows))
        if not len(rows):
            return
        codes, keys = [jobs.industries[i] for i in self.trades], jobs.industry_keys[1:]
        persons = self._columns(self.now.trained)
        fit = source.binomial(
            persons.astype(source.dtype), self.now.raised, "fit for the next level", year, keys[self.trades],
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
        over = self.jobs.seeker_group[self.fresh :]
        if len(over):
            self.carried[self.fresh :] = self._by_group(self.waiting[None])[0][over]

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
