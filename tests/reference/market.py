"""The labour market of docs/model.md once more, from the page alone (nothing of skillsim is imported).

Graduates are single people: each wishes, looks, waits, is served or gives up by himself, and whoever is at work and followed
leaves by himself.  The settled stock and the people by age are counts, since the page knows no more of them.  Where the page
spreads people by systematic sampling, so does this.  ``Means`` is the same market on the expectation source (section 5).

Sections 12, 15 and 16 of the page in order; the school side comes from ``students``.  Intercepts are given from outside.
"""

import math
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

from reference.students import Place, World, flow, number, persons, settle, start

ENTRY_AGE = {"junior": 15, "exam": 18, "upgrade": 21}
CATEGORIES = ("men", "cadre_women", "worker_women")
RISE = {"men": (60, 1965, 4, 36), "cadre_women": (55, 1970, 4, 36), "worker_women": (50, 1975, 2, 60)}
ORDER, REGULAR, CARRIED = "order", "regular", "carried"
MATCHED, BELOW, OTHER, OTHER_BELOW = "local_matched", "local_below", "local_other", "local_other_below"
HERE = (MATCHED, BELOW, OTHER, OTHER_BELOW)
MATCH_OF = {MATCHED: "matched", OTHER: "other", BELOW: "below", OTHER_BELOW: "below"}
NEW, OWN, ANY = "new", "own", "any"
GONE = "gave_up"


# ---------------------------------------------------------------------------------------------------------------- chance


class Chance:
    """Chance as in a run: people are whole."""

    def __init__(self, rng):
        self.rng = rng

    def whole(self, x):
        return round(x)

    def floor(self, x):
        return math.floor(x + 1e-9)

    def weight(self, x):
        """A weight of the start."""
        return round(x * 1e6) / 1e6

    def binomial(self, n, p):
        """How many of n people, each by himself."""
        return int(np.count_nonzero(self.rng.random(n) < p)) if n and p else 0

    def three(self, n, p, q):
        """Of n people, each by himself: so many with p, with q, the rest."""
        u = self.rng.random(n)
        one, two = int(np.count_nonzero(u < p)), int(np.count_nonzero(u < p + q))
        return one, two - one

    def normal(self):
        return float(ndtri(self.rng.random()))

    def sample(self, rows, most):
        """At most so many of all in the rows, all of them equally likely."""
        if sum(rows.values()) <= most:
            return dict(rows)
        everybody = [key for key, n in rows.items() for _ in range(n)]
        return Counter(everybody[i] for i in self.rng.permutation(len(everybody))[:most].tolist())

    def spread(self, n, weights):
        """Systematic sampling."""
        total = math.fsum(weights)
        if n == 0 or total == 0:
            return [0] * len(weights)
        u, cumulated = self.rng.random(), 0.0
        edges = [math.floor(u)]
        for w in weights:
            cumulated += w
            edges.append(math.floor(n * cumulated / total + u))
        edges[-1] = n  # the last edge is n + u exactly
        last = max(i for i, w in enumerate(weights) if w > 0)
        edges[last + 1 :] = [n] * (len(edges) - last - 1)
        return [b - a for a, b in pairwise(edges)]

    def share_out(self, n, weights):
        """Largest remainder."""
        total = math.fsum(weights)
        if n == 0 or total == 0:
            return [0] * len(weights)
        exact = [n * w / total for w in weights]
        out = [math.floor(x + 1e-9) for x in exact]
        order = sorted((i for i, w in enumerate(weights) if w > 0), key=lambda i: (round(out[i] - exact[i], 9), i))
        for i in order[: n - sum(out)]:
            out[i] += 1
        return out


class Mean(Chance):
    """The expectation source."""

    def __init__(self):
        pass

    def whole(self, x):
        return x

    floor = weight = whole

    def binomial(self, n, p):
        return n * p

    def three(self, n, p, q):
        return n * p, n * q

    def normal(self):
        return 0.0

    def sample(self, rows, most):
        total = math.fsum(rows.values())
        part = min(1.0, max(0.0, most) / total) if total > 0 else 0.0  # differences of equal masses may be below 0 by rounding
        return {key: n * part for key, n in rows.items()}

    def spread(self, n, weights):
        total = math.fsum(weights)
        return [n * w / total if total else 0.0 for w in weights]

    share_out = spread


# -------------------------------------------------------------------------------------------------------------- the figures


class Market:
    """What the scenario says of the labour market."""

    def __init__(self, place, alphas):
        self.place, self.alphas, f = place, alphas, place.file
        self.retiring_shares = {}
        self.labour, self.retention, self.first = f["labour"], f["retention"], place.first
        self.levels = self.labour["job_levels"]
        self.industries = sorted(f["industries"])
        self.jobs = [(level, industry) for level in self.levels for industry in self.industries]
        used = {row.path for row in place.rows}
        self.tracks = {
            (path, stage): (self.levels.index(item.get("job_level", item["level"])), self._age(pathway, stage))
            for path, pathway in f["pathways"].items()
            if path in used
            for stage, item in enumerate(pathway["stages"])
        }
        ages = {code: self._ages(code) for code in CATEGORIES}
        parts = [number(f["labour"]["workforce"][code]["share"], self.first) for code in CATEGORIES]
        self.parts = [part / math.fsum(parts) for part in parts]
        self.start_people = {
            (code, self.first - 1 - age): part * ages[code][age]
            for code, part in zip(CATEGORIES, self.parts, strict=True)
            for age in range(75, 14, -1)
        }
        rounds = [tuple(map(int, str(day).split("-"))) for day in self.labour.get("rounds", ["08-31", "10-31", "12-31"])]
        self.rounds = sorted(rounds)
        self.counting = tuple(map(int, str(self.retention.get("measured_on", "12-31")).split("-")))

    def _age(self, pathway, stage):
        """Age of a track's graduates on 31 December of their year of graduation."""
        years = sum(item["years"] for item in pathway["stages"][: stage + 1])
        return ENTRY_AGE[pathway.get("entry", "junior")] + years

    def _ages(self, code):
        """Shares of the ages in a category."""
        given = sorted((int(age), n) for age, n in self.labour["workforce"][code]["ages"].items())
        xs, ys = [age for age, _ in given], [n for _, n in given]
        found = {age: float(np.interp(age, xs, ys)) if xs[0] <= age <= xs[-1] else 0.0 for age in range(15, 76)}
        total = math.fsum(found.values())
        return {age: n / total for age, n in found.items()}

    def of(self, key, t, default=0):
        """A number of the labour block."""
        return number(self.labour.get(key, default), t)

    def parts_of_levels(self, industry, t, year):
        """Shares of the job levels in an industry: the parts of ``t``, the drift from the first year to ``year``."""
        given, drift = self.place.file["industries"][industry].get("level_shares", {}), self.labour.get("level_drift", {})
        weights = [
            number(given.get(level, 0), t)
            * math.exp(math.fsum(number(drift.get(level, 0), u) for u in range(self.first, year + 1)))
            for level in self.levels
        ]
        total = math.fsum(weights)
        return [w / total if total else 0.0 for w in weights]

    def to_graduates(self, industry, t):
        given = self.place.file["industries"][industry].get("to_graduates")
        return self.of("to_graduates", t) if given is None else number(given, t)

    def open_to_others(self, industry, t):
        return number(self.place.file["industries"][industry].get("open_to_others", 1), t)

    def retiring(self, category, birth, t):
        """Share of the months of birth still at work that retire in a year."""
        key = (category, birth, t)
        if key not in self.retiring_shares:
            self.retiring_shares[key] = self._retiring(*key)
        return self.retiring_shares[key]

    def _retiring(self, category, birth, t):
        age, begins, each, most = RISE[category]
        rise = number(self.place.file.get("rules", {}).get("retirement", {}).get("rise", 1), t)
        now = later = 0
        for month in range(12 * birth, 12 * birth + 12):
            delay = 0 if month < 12 * begins or not rise else min(most, (month - 12 * begins) // each + 1)
            year = (month + 12 * age + delay) // 12
            now, later = now + (year == t), later + (year >= t)
        return now / later if later else 1.0

    def hazard(self, match, k, t):
        """Yearly share who leave after graduation, in the (k + 1)-st year."""
        key = "matched" if match == "matched" else "unmatched"
        return number(self.labour["after_graduation"][key][k], t)

    def returning(self, k, t):
        given = self.labour.get("returning", [])
        return number(given[k], t) if k < len(given) else 0.0

    def links(self, programme, t):
        """Shares of a programme in industries, without zeros."""
        given = self.place.file["programmes"][programme].get("industries", {})
        return {code: share for code, share in ((c, number(x, t)) for c, x in given.items()) if share > 0}

    def own_field(self, programme, t):
        return min(1.0, math.fsum(self.links(programme, t).values()))

    def flexible(self, programme, t):
        given = self.place.file["programmes"][programme].get("flexible")
        return self.of("flexible", t, 1) if given is None else number(given, t)

    def order_class(self, programme, t):
        """Share of the order class; None if the programme has none."""
        given = self.place.file["programmes"][programme].get("order_class")
        return None if given is None else number(given, t)

    def begins_to_look(self, which, t):
        """Share of those who have not looked yet who begin in a round."""
        found = self.retention["stayers"]
        a, d = number(found["by_august"], t), number(found["by_december"], t)
        early = sum(day <= (8, 31) for day in self.rounds)
        late = len(self.rounds) - early
        if which < early:
            return 1 - (1 - a) ** (1 / early)
        if early == 0:
            a = 0.0
        return 1.0 if a == 1 else 1 - ((1 - d) / (1 - a)) ** (1 / late)

    def gives_up(self, which, t):
        """Share of those who wait who give up before a round."""
        days = (date(t, *self.rounds[which]) - date(t, *self.rounds[which - 1])).days if which else 0
        return 1 - (1 - self.of("giving_up", t)) ** (12 * days / 365.25)

    def wish(self, group, kind, tight, t):
        """Probability to wish to stay."""
        path, stage, local, away, _ = group
        odds = self.alphas[path, stage] + self.place.odds(local, away, t)
        odds += number(self.retention.get("order_class", 0), t) * (kind == ORDER)
        odds += number(self.retention.get("tightness", 0), t) * tight[self.tracks[path, stage][0]]
        return 1 / (1 + math.exp(-odds))

    def found_elsewhere(self, t):
        """Share of leavers at work by the day of counting."""
        key = "by_august" if self.counting == (8, 31) else "by_december"
        return number(self.retention["leavers"][key], t)


def tightness(openings, seekers):
    if seekers <= 0:
        return 0.0
    return max(-2.0, min(2.0, math.log(openings / seekers))) if openings > 0 else -2.0


# --------------------------------------------------------------------------------------------------- demand and the workforce


class Labour:
    """The labour market of one replication, or of the means.  ``counts`` by (name, year, row)."""

    def __init__(self, market, chance, counts):
        self.m, self.chance, self.counts = market, chance, counts
        t = market.first
        self.deviation = dict.fromkeys(market.industries, 0.0)
        self.wanted = {i: float(persons(market.place.file["industries"][i].get("workers", 0), t)) for i in market.industries}
        self.settled = self.desired(t, t - 1)
        self.before = dict(self.settled)
        self.at_jobs, self.at_tracks = Counter(), Counter()  # followed, by (match, years, job) and (match, years, track)
        self.away = Counter()  # by (years, track)
        rows = market.start_people
        people = chance.spread(sum(self.settled.values()), [chance.weight(w) for w in rows.values()])
        self.people = dict(zip(rows, people, strict=True))
        self.tight = None
        self.left_over = []  # carried over to next year

    def note(self, name, t, rows):
        """Record by row."""
        for key, n in rows.items():
            self.counts[name, t, key] += n

    def desired(self, t, year):
        """Workers wanted by job at the end of a year, with the parts of year ``t``."""
        out = {}
        for industry in self.m.industries:
            for level, share in zip(self.m.levels, self.m.parts_of_levels(industry, t, year), strict=True):
                out[level, industry] = self.chance.whole(self.wanted[industry] * share)
        return {job: out[job] for job in self.m.jobs}

    def grow(self, t):
        """Workers wanted by industry."""
        m = self.m
        sd, kept, common = m.of("growth_sd", t), m.of("growth_persistence", t), m.of("growth_common", t)
        both = self.chance.normal()
        for industry in m.industries:
            shock = math.sqrt(common) * both + math.sqrt(1 - common) * self.chance.normal()
            self.deviation[industry] = x = kept * self.deviation[industry] + sd * shock
            growth = number(m.place.file["industries"][industry].get("growth", 0), t)
            self.wanted[industry] *= max(0.0, 1 + growth + x)

    def level(self, match, track):
        """Job level at which a track's followed graduates work."""
        return self.m.levels[self.m.tracks[track][0] - (match == "below")]

    def followed(self, job):
        return sum(n for (_, _, j), n in self.at_jobs.items() if j == job)

    def age_in(self, t, by_age):
        """People join at an age, shared over the categories."""
        for age, n in sorted(by_age.items()):
            for category, k in zip(CATEGORIES, self.chance.share_out(n, self.m.parts), strict=True):
                self.people[category, t - age] = self.people.get((category, t - age), 0) + k

    def ordered_people(self):
        """The people, oldest first in each category."""
        keys = sorted(self.people, key=lambda key: (CATEGORIES.index(key[0]), key[1]))
        self.people = {key: self.people[key] for key in keys}
        return keys

    def later(self, kind):
        """Whether others choose first in the own field: the order class comes first."""
        return kind != ORDER

    def six_years(self):
        """Graduates of six years ago are followed no more."""
        for match, years, job in [key for key in self.at_jobs if key[1] == 5]:
            self.settled[job] += self.at_jobs.pop((match, years, job))
        for key in [key for key in self.at_tracks if key[1] == 5]:
            del self.at_tracks[key]

    def june(self, t):
        """Exits, vacancies, and the part of them that is not for graduates."""
        m, chance, jobs = self.m, self.chance, self.m.jobs
        self.grow(t)
        wanted = self.desired(t, t)
        self.note("wanted", t, wanted)
        self.six_years()
        exits = Counter()

        # 1 retirement
        out = {key: chance.binomial(n, m.retiring(*key, t)) for key, n in self.people.items()}
        out = chance.sample(out, sum(self.settled.values()))
        for key, n in out.items():
            self.people[key] -= n
            self.counts["retired", t, key[:1]] += n
        for job, n in zip(jobs, chance.spread(sum(out.values()), [self.settled[job] for job in jobs]), strict=True):
            self.settled[job] -= n
            exits[job] += n

        # 2 leaving and moving
        p, q = m.of("leaving", t), m.of("moving", t)
        p, q = (p / (p + q), q / (p + q)) if p + q > 1 else (p, q)
        gone = movers = 0
        for job in jobs:
            left, moved = chance.three(self.settled[job], p, q)
            self.settled[job] -= left + moved
            exits[job] += left + moved
            gone, movers = gone + left, movers + moved

        # 3 leaving after graduation
        leaving, rest = Counter(), Counter()
        for (match, k, track), n in self.at_tracks.items():
            out = chance.binomial(n, m.hazard(match, k, t))
            leaving[match, k, self.level(match, track)] += out
            rest[match, k + 1, track] += n - out
        self.at_tracks, stay = rest, Counter()
        for (match, k, job), n in self.at_jobs.items():
            stay[match, k + 1, job] += n
        for (match, k, level), n in leaving.items():
            mine = [job for job in jobs if job[0] == level]
            for job, out in zip(mine, chance.spread(n, [self.at_jobs[match, k, job] for job in mine]), strict=True):
                stay[match, k + 1, job] -= out
                exits[job] += out
            gone += n
        self.at_jobs = stay
        self.note("exits", t, {job: exits[job] for job in jobs})

        # 4 vacancies, 5 openings
        vacancies = {job: max(0, wanted[job] - self.settled[job] - self.followed(job)) for job in jobs}
        self.note("vacancies", t, vacancies)
        self.openings(t, vacancies)
        other = {job: vacancies[job] - self.opened[job] for job in jobs}

        # 6 coming back
        back = self.come_back(t, other)

        # 7 experienced hires
        hires = 0
        for job in jobs:
            n = chance.binomial(other[job], m.of("experienced_found", t, 1))
            self.settled[job] += n
            hires += n
            self.counts["experienced", t, job] += n + back[job]

        # 8 who they are
        same = min(movers, hires)
        keys = self.ordered_people()
        for key, n in zip(keys, chance.spread(gone + movers - same, [self.people[key] for key in keys]), strict=True):
            self.people[key] -= n
        young = [(category, birth) for category in CATEGORIES for birth in range(t - 44, t - 19)]
        weights = [max(1, self.people.get(key, 0)) for key in young]
        for key, n in zip(young, chance.spread(hires - same, weights), strict=True):
            self.people[key] = self.people.get(key, 0) + n
        self.note("flows", t, {("came_back",): sum(back.values()), ("changed",): same, ("moved_in",): hires - same})
        self.before = wanted

    def openings(self, t, vacancies):
        """Openings for graduates, and those of them open to other fields."""
        m, jobs = self.m, self.m.jobs
        weights = [m.to_graduates(job[1], t) * vacancies[job] for job in jobs]
        shared = self.chance.share_out(self.chance.whole(math.fsum(weights)), weights)
        self.opened = {job: min(n, vacancies[job]) for job, n in zip(jobs, shared, strict=True)}
        self.note("opened", t, self.opened)
        self.free = dict(self.opened)
        self.for_others = {job: self.chance.floor(m.open_to_others(job[1], t) * n) for job, n in self.opened.items()}

    def come_back(self, t, other):
        """Who comes back, by job; takes them off the other vacancies."""
        m, chance = self.m, self.chance
        come = {key: chance.binomial(n, m.returning(key[0], t)) for key, n in self.away.items()}
        back, ages = Counter(), Counter()
        for index, level in enumerate(m.levels):
            mine = [job for job in m.jobs if job[0] == level]
            rows = {key: n for key, n in come.items() if m.tracks[key[1]][0] == index}
            served = chance.sample(rows, sum(other[job] for job in mine))
            for k in range(5):
                ours = {track: n for (years, track), n in served.items() if years == k}
                for job, n in zip(mine, chance.spread(sum(ours.values()), [other[job] for job in mine]), strict=True):
                    other[job] -= n
                    back[job] += n
                    self.at_jobs["matched", k + 1, job] += n
                for track, n in ours.items():
                    self.away[k, track] -= n
                    self.at_tracks["matched", k + 1, track] += n
                    ages[m.tracks[track][1] + k + 1] += n
        self.age_in(t, ages)
        self.away = Counter({(k + 1, track): n for (k, track), n in self.away.items() if k < 4})
        return back

    # ---- the search and the close, by whichever way the seekers are kept

    def close(self, t):
        """The hired join the workers; who left is away."""
        m = self.m
        for key, n in self.hired_jobs.items():
            self.at_jobs[key] += n
        for years in (0, 1):
            ages = Counter()
            for (match, k, track), n in self.hired_tracks.items():
                if k == years:
                    self.at_tracks[match, k, track] += n
                    ages[m.tracks[track][1] + k] += n
            self.age_in(t, ages)
        for track, n in self.gone_local.items():
            self.away[0, track] += n
        self.note("hired", t, {job: self.opened[job] - self.free[job] for job in m.jobs})
        workers = {job: self.settled[job] + self.followed(job) for job in m.jobs}
        self.note("workers", t, workers)
        if abs(sum(workers.values()) - sum(self.people.values())) > 1e-6:
            raise AssertionError("workers by job and by age differ")
        for years in (1, 3, 5):
            for track in m.tracks:
                n = sum(self.at_tracks[match, years, track] for match in ("matched", "other", "below"))
                self.counts["here", t, (years, *track)] += n

    def used(self, t, seekers):
        """Log-odds of tightness by job level for the wish of a year; ``seekers`` by (group, kind)."""
        if self.tight is None:
            none = [0.0] * len(self.m.levels)
            wishing = [0.0] * len(self.m.levels)
            for (group, kind), n in seekers.items():
                wishing[self.m.tracks[group[:2]][0]] += n * self.m.wish(group, kind, none, t)
            self.tight = self.tightness_now(wishing)
        return self.tight

    def tightness_now(self, wishing):
        openings = [sum(n for job, n in self.opened.items() if job[0] == level) for level in self.m.levels]
        return [tightness(o, b) for o, b in zip(openings, wishing, strict=True)]


# ---------------------------------------------------------------------------------------------------------- single people


class Seeker:
    """A graduate who does not go on studying."""

    __slots__ = ("group", "kind", "level", "look", "outcome")

    def __init__(self, group, kind, level):
        self.group, self.kind, self.level = group, kind, level
        self.look, self.outcome = NEW, None

    @property
    def programme(self):
        return self.group[4]


class Persons(Labour):
    """Graduates one by one."""

    def july(self, t, groups):
        """Kinds and wishes of this year's class, given by group of each person."""
        m, random = self.m, self.chance.rng.random
        seekers = []
        for group in groups:
            share = m.order_class(group[4], t)
            kind = ORDER if share is not None and random() < share else REGULAR
            seekers.append(Seeker(group, kind, m.tracks[group[:2]][0]))
        tight = self.used(t, Counter((one.group, one.kind) for one in seekers))
        chances = {key: m.wish(*key, tight, t) for key in {(one.group, one.kind) for one in seekers}}
        self.leavers, self.stayers = [], []
        for one in seekers:
            (self.stayers if random() < chances[one.group, one.kind] else self.leavers).append(one)
        self.note("stayers", t, Counter(one.group for one in self.stayers))
        self.looking = self.stayers + self.left_over
        for one in self.left_over:
            one.look = OWN if random() < m.own_field(one.programme, t) else ANY
        self.note("carried", t, Counter((m.levels[one.level],) for one in self.left_over))
        self.tight = self.tightness_now([sum(one.level == i for one in self.looking) for i in range(len(m.levels))])
        self.hired_jobs = Counter()

    def round(self, t, which):
        """One round of search."""
        self.begin(t, which)
        self.serve(t)
        self.looking = [one for one in self.looking if one.outcome is None]

    def begin(self, t, which):
        """Steps 1 and 2: who begins to look, who gives up."""
        m, random = self.m, self.chance.rng.random
        r, up = m.begins_to_look(which, t), m.gives_up(which, t)
        for one in self.looking:
            if one.look == NEW:
                if random() < r:
                    one.look = OWN if random() < m.own_field(one.programme, t) else ANY
            elif which and random() < up:
                one.outcome = GONE
        self.looking = [one for one in self.looking if one.outcome is None]

    def serve(self, t):
        """Steps 3 to 5."""
        refused = self.own_level(t)
        self.own_level_others(t, refused)
        self.below(t)

    def own_level(self, t):
        searching = [one for one in self.looking if one.look == OWN]
        return [one for i in range(len(self.m.levels)) for one in self.own_field([s for s in searching if s.level == i], i, t)]

    def own_level_others(self, t, refused):
        anywhere = [one for one in self.looking if one.look == ANY]
        for i in range(len(self.m.levels)):
            self.other_field([s for s in refused if s.level == i], [s for s in anywhere if s.level == i], i, t)

    def below(self, t):
        """Step 5: a level below."""
        share = self.m.of("over_qualified", t)
        for i in range(1, len(self.m.levels)):
            down = [
                one
                for one in self.looking
                if one.level == i and one.outcome is None and one.look != NEW and self.chance.rng.random() < share
            ]
            refused = self.own_field([one for one in down if one.look == OWN], i - 1, t)
            self.other_field(refused, [one for one in down if one.look == ANY], i - 1, t)

    def own_field(self, people, level, t):
        """Step 3 at a job level; returns who is refused."""
        rng, refused = self.chance.rng, []
        queue = sorted((people[i] for i in rng.permutation(len(people)).tolist()), key=lambda one: self.later(one.kind))
        for one in queue:
            open_ = {(self.m.levels[level], i): w for i, w in self.m.links(one.programme, t).items()}
            open_ = {job: w for job, w in open_.items() if self.free[job] > 0}
            if not open_:
                refused.append(one)
                continue
            cumulated = np.cumsum(list(open_.values()))
            job = list(open_)[int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))]
            self.free[job] -= 1
            self.hire(one, level, own=True)
            self.hired_jobs[MATCH_OF[one.outcome], int(one.kind == CARRIED), job] += 1
        return refused

    def willing(self, one, t):
        return self.chance.rng.random() < self.m.flexible(one.programme, t)

    def other_field(self, refused, anywhere, level, t):
        """Step 4 at a job level."""
        rng = self.chance.rng
        asking = [one for one in refused if self.willing(one, t)] + anywhere
        jobs = [job for job in self.m.jobs if job[0] == self.m.levels[level]]
        free = [min(self.free[job], self.for_others[job]) for job in jobs]
        served = [asking[i] for i in rng.permutation(len(asking))[: sum(free)].tolist()]
        for years in (0, 1):
            mine = [one for one in served if (one.kind == CARRIED) == years]
            for one in mine:
                self.hire(one, level, own=False)
            for i, n in enumerate(self.chance.spread(len(mine), free)):
                free[i] -= n
                self.free[jobs[i]] -= n
                self.for_others[jobs[i]] -= n
                if n:
                    self.hired_jobs["below" if mine[0].level > level else "other", years, jobs[i]] += n

    def hire(self, one, level, *, own):
        down = one.level > level
        one.outcome = (BELOW if down else MATCHED) if own else (OTHER_BELOW if down else OTHER)

    def count(self, t):
        """Destinations of the class on the day of counting."""
        g = self.m.found_elsewhere(t)
        for one in self.stayers:
            vain = one.outcome == GONE or (one.outcome is None and one.look != NEW)
            self.counts["turned_away", t, one.group] += vain
            self.counts["gave_up", t, one.group] += one.outcome == GONE
            if one.outcome != GONE:
                self.counts[one.outcome or "local_seeking", t, one.group] += 1
        for one in (*self.leavers, *(one for one in self.stayers if one.outcome == GONE)):
            self.counts["away_employed" if self.chance.rng.random() < g else "away_seeking", t, one.group] += 1

    def year_end(self, t):
        """The close: by name."""
        self.hired_tracks = Counter(
            (MATCH_OF[one.outcome], int(one.kind == CARRIED), one.group[:2])
            for one in (*self.stayers, *self.left_over)
            if one.outcome in HERE
        )
        gone = [*self.leavers, *(one for one in self.stayers if one.outcome == GONE)]
        self.gone_local = Counter(one.group[:2] for one in gone if one.group[2])
        waiting = [one for one in self.stayers if one.outcome is None]
        self.close(t)
        self.left_over = []
        if self.m.labour.get("waiting", "counted_out") == "carried":
            for one in waiting:
                one.kind = CARRIED
            self.left_over = waiting


class Classes(World):
    """One replication of the school side: who looks for work each year, person by person."""

    def __init__(self, *arguments):
        self.seekers = defaultdict(list)
        super().__init__(*arguments)

    def work(self, student, year, who):
        """Joins those who look for work."""
        row, path = student.row, student.row.path
        away = not self.place.school_local(row.schools[student.stage])
        self.seekers[year].append((path, student.stage, student.local, away, row.programme))
        return
        yield


def search(labour, year):
    """The rounds of search and the day of counting, in order of date, rounds first."""
    m = labour.m
    events = [(day, 0, which) for which, day in enumerate(m.rounds)] + [(m.counting, 1, 0)]
    for _, counting, which in sorted(events):
        if counting:
            labour.count(year)
        else:
            labour.round(year, which)


# ------------------------------------------------------------------------------------------------------------------- means


class Means(Labour):
    """The labour market on the expectation source; seekers are masses."""

    def july(self, t, seekers):
        """Kinds and wishes of the class, given by group."""
        m, kinds = self.m, {}
        for group, n in seekers.items():
            share = m.order_class(group[4], t)
            kinds[group, REGULAR] = n * (1 - (share or 0.0))
            if share is not None:
                kinds[group, ORDER] = n * share
        tight = self.used(t, kinds)
        self.rows = {key: n * m.wish(*key, tight, t) for key, n in kinds.items()}
        self.not_staying = Counter()
        for key, n in kinds.items():
            self.not_staying[key[0]] += n - self.rows[key]
            self.counts["stayers", t, key[0]] += self.rows[key]
        carried = defaultdict(float)
        for group, n in self.left_over:
            self.rows[group, CARRIED] = n
            carried[m.levels[m.tracks[group[:2]][0]],] += n
        self.note("carried", t, carried)
        self.types, wishing = defaultdict(float), [0.0] * len(m.levels)
        for (group, kind), n in self.rows.items():
            level = m.tracks[group[:2]][0]
            self.types[kind, level, group[4]] += n
            wishing[level] += n
        self.tight = self.tightness_now(wishing)
        self.looking = {}
        for key, n in self.types.items():
            f = m.own_field(key[2], t)
            was = key[0] == CARRIED
            self.looking[key] = {NEW: 0.0 if was else n, OWN: n * f if was else 0.0, ANY: n * (1 - f) if was else 0.0}
        self.outcome = {key: Counter() for key in self.types}
        self.hired_jobs = Counter()

    def round(self, t, which):
        """One round of search."""
        m = self.m
        r, up = m.begins_to_look(which, t), m.gives_up(which, t) if which else 0.0
        for key, look in self.looking.items():
            f, begin = m.own_field(key[2], t), look[NEW] * r
            self.outcome[key][GONE] += (look[OWN] + look[ANY]) * up
            look[NEW] -= begin
            look[OWN] = look[OWN] * (1 - up) + begin * f
            look[ANY] = look[ANY] * (1 - up) + begin * (1 - f)
        refused = {}
        for i in range(len(m.levels)):
            refused |= self.own_field({key: look[OWN] for key, look in self.looking.items() if key[1] == i}, i, t)
        for i in range(len(m.levels)):
            ours = {key: n for key, n in refused.items() if key[1] == i}
            self.other_field(ours, {key: self.looking[key][ANY] for key in ours}, i, t)
        share = m.of("over_qualified", t)
        for i in range(1, len(m.levels)):
            down = {key: look for key, look in self.looking.items() if key[1] == i}
            anywhere = {key: look[ANY] * share for key, look in down.items()}
            again = self.own_field({key: look[OWN] * share for key, look in down.items()}, i - 1, t)
            self.other_field(again, anywhere, i - 1, t)

    def hire(self, key, look, n, level, *, own):
        down = key[1] > level
        how = (BELOW if down else MATCHED) if own else (OTHER_BELOW if down else OTHER)
        self.looking[key][look] -= n
        self.outcome[key][how] += n
        return MATCH_OF[how]

    def own_field(self, masses, level, t):
        """Step 3; returns who is refused."""
        m, left = self.m, dict(masses)
        for turn in (False, True):
            ours = {key: n for key, n in masses.items() if self.later(key[0]) == turn}
            weights = {key: {(m.levels[level], i): w for i, w in m.links(key[2], t).items()} for key in ours}
            took, self.free = flow(ours, weights, self.free)
            for key, jobs in took.items():
                for job, n in jobs.items():
                    left[key] -= n
                    match = self.hire(key, OWN, n, level, own=True)
                    self.hired_jobs[match, int(key[0] == CARRIED), job] += n
        return left

    def other_field(self, refused, anywhere, level, t):
        """Step 4."""
        m, asking = self.m, {}
        for key, n in refused.items():
            asking[key, OWN] = n * m.flexible(key[2], t)
            asking[key, ANY] = anywhere[key]
        jobs = [job for job in m.jobs if job[0] == m.levels[level]]
        free = [min(self.free[job], self.for_others[job]) for job in jobs]
        served = self.chance.sample(asking, math.fsum(free))
        for years in (0, 1):
            mine = {key: n for key, n in served.items() if (key[0][0] == CARRIED) == years}
            match = None
            for (key, look), n in mine.items():
                match = self.hire(key, look, n, level, own=False)
            for i, n in enumerate(self.chance.spread(math.fsum(mine.values()), free)):
                free[i] -= n
                self.free[jobs[i]] -= n
                self.for_others[jobs[i]] -= n
                self.hired_jobs[match or "other", years, jobs[i]] += n

    def by_group(self, kinds):
        """Outcomes, those who looked in vain and those who wait, by group."""
        for (group, kind), n in self.rows.items():
            key = (kind, self.m.tracks[group[:2]][0], group[4])
            share = n / self.types[key] if self.types[key] else 0.0
            if kind in kinds:
                look = self.looking[key]
                yield group, Counter({how: x * share for how, x in self.outcome[key].items()}), look, share

    def count(self, t):
        """Destinations of the class on the day of counting."""
        g, away = self.m.found_elsewhere(t), Counter(self.not_staying)
        for group, outcome, look, share in self.by_group((ORDER, REGULAR)):
            for how in HERE:
                self.counts[how, t, group] += outcome[how]
            away[group] += outcome[GONE]
            vain = (look[OWN] + look[ANY]) * share
            self.counts["local_seeking", t, group] += vain + look[NEW] * share
            self.counts["turned_away", t, group] += vain + outcome[GONE]
            self.counts["gave_up", t, group] += outcome[GONE]
        self.note("away_employed", t, {group: n * g for group, n in away.items()})
        self.note("away_seeking", t, {group: n * (1 - g) for group, n in away.items()})

    def year_end(self, t):
        self.hired_tracks, self.gone_local, waiting = Counter(), Counter(), Counter()
        for group, n in self.not_staying.items():
            self.gone_local[group[:2]] += n * group[2]
        for kinds in ((ORDER, REGULAR), (CARRIED,)):
            carried = kinds == (CARRIED,)
            for group, outcome, look, share in self.by_group(kinds):
                for how in HERE:
                    self.hired_tracks[MATCH_OF[how], int(carried), group[:2]] += outcome[how]
                if not carried:
                    self.gone_local[group[:2]] += outcome[GONE] * group[2]
                    waiting[group] += math.fsum(look.values()) * share
        self.close(t)
        self.left_over = list(waiting.items()) if self.m.labour.get("waiting", "counted_out") == "carried" else []


# ------------------------------------------------------------------------------------------------------------------- runs


def classes(file, seed, replications):
    """Who looks for work, by year, in independent replications; nothing of the labour market acts on it."""
    rng = np.random.default_rng(seed)
    place = Place(settle(file))
    begun, cache = start(place), {}
    return [dict(Classes(place, begun, {}, rng, cache).seekers) for _ in range(replications)]


def replicate_market(file, alphas, seekers, seed, persons=Persons, market=Market):
    """Counts of the labour market, one replication for each of ``seekers``; parameters at their means."""
    rng, out = np.random.default_rng(seed), []
    place = Place(settle(file))
    figures = market(place, alphas)
    for years in seekers:
        labour = persons(figures, Chance(rng), Counter())
        for t in range(place.first, place.last + 1):
            labour.june(t)
            labour.july(t, years.get(t, []))
            search(labour, t)
            labour.year_end(t)
        out.append(labour.counts)
    return out


def expected_market(file, alphas, means=Means, market=Market):
    """Counts of the labour market on the expectation source, with graduates and further study by group."""
    place = Place(settle(file))
    fluid, counts = start(place), Counter()
    labour = means(market(place, alphas), Mean(), counts)
    for t in range(place.first, place.last + 1):
        leavers, here, elsewhere = fluid.year(t)
        for group, n in leavers.items():
            for name, x in (("graduates", n), ("further_local", here[group]), ("further_away", elsewhere[group])):
                counts[name, t, group] += x
        labour.june(t)
        labour.july(t, {group: n - here[group] - elsewhere[group] for group, n in leavers.items()})
        search(labour, t)
        labour.year_end(t)
    return counts
