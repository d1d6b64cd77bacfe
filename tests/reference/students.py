"""A place student by student: an oracle for the cell model, written from docs/model.md and docs/scenario.md alone.

Every junior graduate, student and leaver is a SimPy process that waits for the days of the school calendar and meets the
others only where the model says so: at the open seats of the admission day, at the capped stage gate and in the room of a
school.  Nothing of skillsim is imported, no count is drawn: every chance is one person's.

Covered is what the variants of ``scenarios/small.yaml`` use: junior gate and entrance exam, score bands, several areas and
origins, general track, repeaters, capped gates, capacity, families of programmes, home and size terms, uncertain numbers.
Not covered: upgrade gate, quota rule, policies, actual figures, drivers, words under ``shared``, normal distributions.

The start and the intercepts rest on the expectation source (sections 5, 7 and 16 of the model); ``Fluid`` computes it anew.
"""

import math
from collections import Counter, defaultdict
from datetime import date
from itertools import accumulate, pairwise

import numpy as np
import simpy
from scipy.optimize import brentq

DAYS = {
    "plan": "04-01", "progress": "05-01", "assessment": "05-15", "exam": "06-07", "graduation": "06-30", "admission": "07-20",
    "term": "09-01", "census": "09-15", "accounts": "12-31", "exam_entry": "05-25",
}  # fmt: skip
ELSEWHERE = "elsewhere"  # the place elsewhere among the choices after the exam
ALL = -1  # the band of a cell in which bands are merged


# --------------------------------------------------------------------------------------------------------------- numbers


def settle(tree, rng=None):
    """The scenario with every uncertain number replaced by a draw, or by its mean where no generator is given."""
    if isinstance(tree, list):
        return [settle(item, rng) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "shared" in tree or "normal" in tree:
        raise NotImplementedError("shared words and normals")
    if "passed" in tree:
        k, n = tree["passed"], tree["of"]
        return k / n if rng is None else rng.beta(k, n - k)
    if "beta" in tree:
        a, b = tree["beta"]
        return a / (a + b) if rng is None else rng.beta(a, b)
    if "uniform" in tree:
        low, high = tree["uniform"]
        return (low + high) / 2 if rng is None else rng.uniform(low, high)
    if "triangular" in tree:
        return sum(tree["triangular"]) / 3 if rng is None else rng.triangular(*tree["triangular"])
    if "factor" in tree:
        rest = {key: item for key, item in tree.items() if key != "factor"}
        return {**rest, "times": settle(tree["factor"], rng)}
    return {key: settle(item, rng) for key, item in tree.items()}


def number(spec, year):
    """The value of a settled number in a year."""
    if not isinstance(spec, dict):
        return float(spec)
    times = spec.get("times", 1.0)
    if "value" in spec:
        return spec["value"] * times
    series = sorted((int(key), item) for key, item in spec["series"].items())
    if year <= series[0][0]:
        return series[0][1] * times
    for (y0, v0), (y1, v1) in pairwise(series):
        if year < y1:
            return (v0 if spec.get("steps") else v0 + (v1 - v0) * (year - y0) / (y1 - y0)) * times
    return series[-1][1] * times


def persons(spec, year):
    """A number of persons: to the nearest whole one, halves to the even one."""
    return round(number(spec, year))


def nth(spec, k, year):
    """The k-th figure of a list, or the one figure that serves all."""
    return number(spec[k] if isinstance(spec, list) else spec, year)


def mean_over(bands, spec, year):
    """One figure from a list by band, weighted by the bands' shares."""
    if not isinstance(spec, list):
        return number(spec, year)
    return math.fsum(share * number(item, year) for share, item in zip(bands, spec, strict=True))


def level_of(stage, k):
    """The level as which a student is counted after k years of a stage."""
    return stage["counted_as"][k] if stage.get("counted_as") else stage["level"]


# ----------------------------------------------------------------------------------------------------------------- place


class Row:
    """A seat row."""

    def __init__(self, spec, place):
        self.path, self.programme, self.seats = spec["pathway"], spec["programme"], spec["seats"]
        self.stages = place.file["pathways"][self.path]["stages"]
        self.schools = [spec["school"], *(spec.get("then") or [spec["school"]] * (len(self.stages) - 1))]
        areas = spec.get("areas", "local")
        codes = {"local": [a for a in place.areas if place.local[a]], "any": list(place.areas)}
        self.admits = set(codes[areas] if isinstance(areas, str) else areas)
        self.gate = place.file["pathways"][self.path].get("entry", "junior")
        self.offer = (self.path, spec["school"], self.programme)
        self.name = (*self.offer, areas if isinstance(areas, str) else "+".join(areas))
        second = self.stages[1]["transfer"]["passes"] if len(self.stages) > 1 else 0
        self.by_band = self.gate == "junior" and isinstance(second, list)


class Place:
    """What the scenario says, with its numbers settled."""

    def __init__(self, file):
        self.file = file
        self.areas = file["areas"]
        self.local = {code: area.get("local", True) for code, area in self.areas.items()}
        self.first, self.last = file["years"]["first"], file["years"]["last"]
        self.days = DAYS | file.get("calendar", {})
        self.calendar = {
            (event, year): date(year, *map(int, day.split("-"))).toordinal()
            for event, day in self.days.items()
            for year in range(self.first, self.last + 2)
        }
        self.bands = file["choice"]["bands"]
        self.rows = [Row(spec, self) for spec in file["quota"]["rows"]]
        self.offers = {row.offer: row for row in self.rows}
        self.late = self.days["assessment"] > self.days["exam_entry"]

    def school_local(self, school):
        """Whether a school stands in the place."""
        return self.local[self.file["institutions"][school]["area"]]

    def band_sizes(self, area, year):
        """How many junior graduates of an area are in each band."""
        total = persons(self.areas[area].get("junior_graduates", 0), year)
        edges = [math.floor(share * total + 0.5) for share in [*list(accumulate(self.bands))[:-1], 1.0]]
        return [high - low for low, high in zip([0, *edges], edges, strict=False)]

    def band_means(self, area, year):
        """The same, not rounded."""
        total = persons(self.areas[area].get("junior_graduates", 0), year)
        return [share * total for share in self.bands]

    def general_share(self, area, band, year):
        """Share who go to general high school before any choice."""
        return nth(self.file["choice"].get("general_share", 0), band, year) if self.local[area] else 0.0

    def planned(self, year):
        """Seats in the quota table."""
        return {row.name: persons(row.seats, year) for row in self.rows}

    def _size(self, gate, year):
        """The term of planned seats in the log-odds of each row of a gate."""
        planned = self.planned(year)
        seats = {row.name: planned[row.name] for row in self.rows if row.gate == gate and planned[row.name] > 0}
        mean = sum(seats.values()) / len(seats) if seats else 1.0
        power = number(self.file["choice"].get("size", 0), year)
        return {row.name: power * math.log(seats[row.name] / mean) if row.name in seats else 0.0 for row in self.rows}

    def _parts(self, row):
        f = self.file
        parts = (f["pathways"][row.path], f["programmes"][row.programme], f["institutions"][row.schools[0]])
        return [part.get("preference", 0) for part in parts]

    def junior_weights(self, area, band, year):
        """Weights of rows and alternatives for a student of the junior gate."""
        size, home = self._size("junior", year), number(self.file["choice"].get("home", 0), year)
        out = {}
        for row in self.rows:
            if row.gate == "junior" and area in row.admits:
                odds = sum(nth(part, band, year) for part in self._parts(row)) + size[row.name]
                odds += home * (self.file["institutions"][row.schools[0]]["area"] == area)
                out[row.name] = math.exp(odds)
        for code, item in self.file["choice"].get("alternatives", {}).items():
            out[code] = math.exp(nth(item.get("preference", 0), band, year))
        return out

    def exam_weights(self, programme, year):
        """Weights for a passer of a programme; for a general applicant (programme None)."""
        size, gate = self._size("exam", year), self.file.get("gates", {}).get("exam", {})
        family = {code: item.get("family", ("own", code)) for code, item in self.file["programmes"].items()}
        out = {}
        for row in self.rows:
            if row.gate != "exam" or (programme and family[row.programme] != family[programme]):
                continue
            odds = sum(mean_over(self.bands, part, year) for part in self._parts(row)) + size[row.name]
            if programme and row.programme != programme:
                odds += number(gate.get("other_field", -2), year)
            out[row.name] = math.exp(odds)
        if programme and gate.get("elsewhere") is not None:
            out[ELSEWHERE] = math.exp(number(gate["elsewhere"], year))
        return out

    def risks(self, stage, k, year):
        """Dropout, repeat and move to the general track in the year after k years of a stage."""
        risks = [nth(stage.get(key, 0), k, year) for key in ("dropout", "repeat", "to_general")]
        return risks if sum(risks) <= 1 else [risk / sum(risks) for risk in risks]

    def accept(self, stage, band, year):
        """Chance to be assessed and to pass."""
        transfer = stage["transfer"]
        return number(transfer["sits"], year) * nth(transfer["passes"], band, year)

    def cap(self, stage, entrants, year):
        """Most who may go through a stage gate, not rounded."""
        return number(stage["transfer"].get("cap", 1), year) * entrants

    def pass_exam(self, stage, year):
        """Chance of a leaver to sit and pass the entrance exam."""
        further = stage.get("further")
        return number(further["sits"], year) * number(further["passes"], year) if further else 0.0

    def found(self, day, year):
        """Shares of stayers and leavers who found work by a day."""
        key = "by_august" if str(day) == "08-31" else "by_december"
        return [number(self.file["retention"][who][key], year) for who in ("stayers", "leavers")]

    def odds(self, local, away, year):
        """Log-odds of staying beside the intercept."""
        r = self.file["retention"]
        return number(r.get("local_origin", 0), year) * local + number(r.get("studied_away", 0), year) * away

    def seats(self, year, used, *, whole):
        """Seats of a year when ``used`` of each school's capacity is taken or kept free."""
        planned = self.planned(year)
        for school in self.file["institutions"]:
            room = max(0, persons(self.file["institutions"][school]["capacity"], year) - used[school])
            mine = sorted(row.name for row in self.rows if row.schools[0] == school)
            total = sum(planned[name] for name in mine)
            if total <= room:
                continue
            exact = {name: planned[name] * room / total for name in mine}
            if whole:
                floors = {name: math.floor(share + 1e-9) for name, share in exact.items()}
                order = sorted(mine, key=lambda name: (round(floors[name] - exact[name], 9), name))
                for name in order[: round(room - sum(floors.values()))]:
                    floors[name] += 1
                exact = floors
            planned.update(exact)
        return planned


# ----------------------------------------------------------------------------------------------- the expectation source


def flow(masses, weights, seats):
    """Masses of several kinds flow at once by their logit shares; a row that fills is closed to what still flows."""
    took = {kind: defaultdict(float) for kind in masses}
    seats, left = dict(seats), 1.0
    while left > 0:
        rates, total = {}, defaultdict(float)
        for kind, mass in masses.items():
            open_ = {name: w for name, w in weights[kind].items() if seats.get(name, math.inf) > 0}
            whole = math.fsum(open_.values())
            rates[kind] = {name: mass * w / whole for name, w in open_.items()}
            for name, rate in rates[kind].items():
                total[name] += rate
        step, closing = left, None
        for name, rate in total.items():
            if rate > 0 and seats.get(name, math.inf) / rate < step:
                step, closing = seats[name] / rate, name
        for kind in masses:
            for name, rate in rates[kind].items():
                took[kind][name] += rate * step
        for name, rate in total.items():
            if name in seats:
                seats[name] -= rate * step
        if closing is None:
            break
        seats[closing] = 0.0
        left -= step
    return took, seats


class Fluid:
    """The place on the expectation source, year by year from the end of a year.

    ``heads`` and ``track`` (the general track) by (cohort, offer, stage, band, local); ``entrants`` by (cohort, offer).
    """

    def __init__(self, place, heads=(), track=(), entrants=()):
        self.place = place
        self.heads, self.track = defaultdict(float, heads), defaultdict(float, track)
        self.entrants = defaultdict(float, entrants)
        self.counts = Counter()

    def year(self, t):
        """One year; returns leavers, further study here and elsewhere by (pathway, stage, local, studied away, programme)."""
        p = self.place
        heads, track = defaultdict(float), defaultdict(float)
        later, again, ends = defaultdict(float), defaultdict(float), defaultdict(float)
        used, ending = defaultdict(float), defaultdict(float)

        def where(cohort, offer, stage):
            stages = p.offers[offer].stages
            k = t - cohort - 1 - sum(item["years"] for item in stages[:stage])
            return stages, k, k == stages[stage]["years"] - 1

        for (cohort, offer, stage, _, _), n in self.heads.items():
            stages, _, last = where(cohort, offer, stage)
            if not last:
                used[p.offers[offer].schools[stage]] += n
            elif stage + 1 < len(stages):
                ending[cohort, offer, stage + 1] += n
        for (cohort, offer, stage), n in ending.items():
            cap = p.cap(p.offers[offer].stages[stage], self.entrants[cohort, offer], t)
            used[p.offers[offer].schools[stage]] += min(n, cap)
        seats = p.seats(t, used, whole=False)

        for cell in set(self.heads) | set(self.track):
            cohort, offer, stage, band, local = cell
            stages, k, last = where(cohort, offer, stage)
            drop, rep, move = p.risks(stages[stage], k, t)
            n, gone, back = self.heads.get(cell, 0), self.track.get(cell, 0), number(stages[stage].get("back", 0), t)
            stay = n * (1 - drop - rep - move) + gone * back
            self.counts["dropouts", t, offer[0], level_of(stages[stage], k)] += n * drop
            again[(cohort + 1, *cell[1:])] += n * rep
            if not last:
                heads[cell] += stay
                track[cell] += gone * (1 - back) + n * move
            elif stage + 1 == len(stages):
                ends[cohort, offer, stage, local] += stay
            else:
                later[cell] = stay * p.accept(stages[stage + 1], max(band, 0), t)
                ends[cohort, offer, stage, local] += stay
                self.counts["ending", t, offer[0]] += stay
        total = defaultdict(float)
        for (cohort, offer, stage, _, _), n in later.items():
            total[cohort, offer, stage] += n
        leavers, barred = defaultdict(float), set()
        for (cohort, offer, stage, _, local), n in later.items():
            cap = p.cap(p.offers[offer].stages[stage + 1], self.entrants[cohort, offer], t)
            through = n * min(1.0, cap / total[cohort, offer, stage]) if n else 0.0
            heads[cohort, offer, stage + 1, ALL, local] += through
            ends[cohort, offer, stage, local] -= through
            self.counts["accepted", t, offer[0]] += through
            if p.late:
                barred.add((offer, stage))
        passers = defaultdict(float)
        for (_, offer, stage, local), n in ends.items():
            away = not p.school_local(p.offers[offer].schools[stage])
            group = (offer[0], stage, local, away, offer[2])
            leavers[group] += n
            if (offer, stage) not in barred:
                passers[group] += n * p.pass_exam(p.offers[offer].stages[stage], t)

        for name, n in seats.items():
            self.counts["seats", t, *name[:3]] += n

        def enter(name, band, local, n):
            offer = name[:3]
            kept = band if p.offers[offer].by_band else ALL
            heads[t, offer, 0, kept, local] += n
            self.entrants[t, offer] += n
            self.counts["entrants", t, *offer] += n

        for band in range(len(p.bands)):
            people = {a: p.band_means(a, t)[band] for a in p.areas}
            masses = {a: n * (1 - p.general_share(a, band, t)) for a, n in people.items()}
            self.counts["general_entrants", t] += sum(people.values()) - sum(masses.values())
            self.counts["not_local", t] += sum(n for a, n in masses.items() if p.local[a])
            took, seats = flow(masses, {a: p.junior_weights(a, band, t) for a in p.areas}, seats)
            for area, rows in took.items():
                for name, n in rows.items():
                    if name in seats:
                        enter(name, band, p.local[area], n)
                        self.counts["not_local", t] -= n * p.local[area]
        here, elsewhere = defaultdict(float), defaultdict(float)
        took, seats = flow(passers, {key: p.exam_weights(key[4], t) for key in passers}, seats)
        for key, rows in took.items():
            for name, n in rows.items():
                local_place = name in seats and p.school_local(name[1])
                (here if local_place else elsewhere)[key] += n
                if name in seats:
                    enter(name, ALL, key[2], n)
        masses = {a: persons(p.areas[a].get("general_applicants", 0), t) for a in p.areas}
        took, seats = flow(masses, dict.fromkeys(p.areas, p.exam_weights(None, t)), seats)
        for area, rows in took.items():
            for name, n in rows.items():
                enter(name, ALL, p.local[area], n)
        for cell, n in again.items():
            heads[cell] += n
        self.heads, self.track = heads, track
        return leavers, here, elsewhere


def start(place):
    """What stands on 31 December before the first reported year."""
    longest = Counter()
    for row in place.rows:
        longest[row.gate] = max(longest[row.gate], sum(stage["years"] for stage in row.stages))
    fluid = Fluid(place)
    for t in range(place.first - sum(longest.values()), place.first):
        fluid.year(t)
    return fluid


def intercepts(place, begun):
    """The intercept of each pathway and stage named by a base rate."""
    fluid, years = Fluid(place, begun.heads, begun.track, begun.entrants), {}
    for t in range(place.first, max(base["year"] for base in place.file["retention"]["base"]) + 1):
        years[t] = fluid.year(t)
    out = {}
    for base in place.file["retention"]["base"]:
        y = base["year"]
        leavers, here, elsewhere = years[y]
        f, g = place.found(base["measured_on"], y)
        rate = number(base["rate"], y)
        for code in base["pathways"]:
            for stage, item in enumerate(place.file["pathways"][code]["stages"]):
                if item["level"] != base["level"]:
                    continue
                groups = [key for key in leavers if key[:2] == (code, stage)]
                seekers = {key: leavers[key] - here[key] - elsewhere[key] for key in groups}
                if sum(seekers.values()) <= 0:
                    raise NotImplementedError("a base year without seekers")
                fl, fa = sum(here[key] for key in groups), sum(elsewhere[key] for key in groups)

                def gap(alpha, seekers=seekers, fl=fl, fa=fa, base=base, rate=rate, f=f, g=g, y=y):
                    wish = {k: 1 / (1 + math.exp(-alpha - place.odds(k[2], k[3], y))) for k in seekers}
                    local = sum(n * wish[key] * f for key, n in seekers.items())
                    away = sum(n * (1 - wish[key]) * g for key, n in seekers.items())
                    every = sum(seekers.values())
                    value = {
                        "r1": local / (local + away),
                        "r2": local / every,
                        "r3": local / (every + fl + fa),
                        "r4": (local + fl) / (local + away + fl + fa),
                    }
                    return value[base["definition"]] - rate

                out[code, stage] = brentq(gap, -60, 60, xtol=1e-12)
    return out


# ------------------------------------------------------------------------------------------------------ student by student


class Student:
    """One student: where, how far, and from where."""

    __slots__ = ("band", "cohort", "general", "k", "local", "row", "stage")

    def __init__(self, row, cohort, band, local, *, stage=0, k=0, general=False):
        self.row, self.cohort, self.band, self.local = row, cohort, band, local
        self.stage, self.k, self.general = stage, k, general

    @property
    def desk(self):
        """Where the school's roll has the student."""
        return (self.row.offer, self.stage, self.k, self.cohort)


class World:
    """One replication.  ``counts`` holds persons by (indicator, year, ...)."""

    def __init__(self, place, begun, alphas, rng, cache):
        self.place, self.rng, self.alphas, self.cache = place, rng, alphas, cache
        self.env = simpy.Environment(initial_time=date(place.first, 1, 1).toordinal())
        self.counts, self.roll = Counter(), Counter()
        self.free, self.passed = {}, defaultdict(list)
        self.rows = {row.name: row for row in place.rows}
        self.uniforms = iter(())
        self.entrants = Counter({key: math.floor(n + 0.5) for key, n in begun.entrants.items()})
        for cells, general in ((begun.heads, False), (begun.track, True)):
            for (cohort, offer, stage, band, local), mean in sorted(cells.items()):
                row = place.offers[offer]
                k = place.first - cohort - 1 - sum(item["years"] for item in row.stages[:stage])
                for _ in range(math.floor(mean) + (self.uniform() < mean - math.floor(mean))):
                    student = Student(row, cohort, max(band, 0), local, stage=stage, k=k, general=general)
                    self.env.process(self.study(student, place.first - 1, settled=True))
        for year in range(place.first, place.last + 1):
            self.env.process(self.school_year(year))
        self.env.run(until=date(place.last + 1, 1, 1).toordinal())

    # ---- helpers

    def uniform(self):
        """One uniform of the replication's generator."""
        u = next(self.uniforms, None)
        if u is None:
            self.uniforms = iter(self.rng.random(4096).tolist())
            u = next(self.uniforms)
        return u

    def day(self, event, year, part=0.0):
        """Wait for an event's day of a year, and a part of that day."""
        return self.env.timeout(self.place.calendar[event, year] + part - self.env.now)

    def look(self, method, *arguments):
        """A figure of the place, looked up once."""
        key = (method, *arguments)
        if key not in self.cache:
            self.cache[key] = getattr(self.place, method)(*arguments)
        return self.cache[key]

    def risks(self, student, stage, year):
        """Dropout, repeat and move to the general track of a student this spring."""
        key = (student.row.path, student.stage, student.k, year)
        if key not in self.cache:
            self.cache[key] = self.place.risks(stage, student.k, year)
        return self.cache[key]

    def pick(self, weights):
        """Choose by logit among what is open; None if nothing is."""
        open_ = [(name, w) for name, w in weights.items() if self.free.get(name, 1) > 0]
        u = self.uniform() * sum(w for _, w in open_)
        for name, w in open_:
            u -= w
            if u < 0:
                return name
        return open_[-1][0] if open_ else None

    # ---- what a mistake would change

    def limit(self, cohort, row, stage, year):
        """Most who may go through a gate."""
        return math.floor(self.place.cap(row.stages[stage], self.entrants[cohort, row.offer], year) + 1e-9)

    def turn(self, band):
        """When a student of a band chooses, as a part of the admission day: by score, best first."""
        return (band + self.uniform()) / (2 * len(self.place.bands))

    def repeats(self, student):
        """The repeater joins the next intake; false if he leaves."""
        student.cohort += 1
        return True

    def wish(self, student, year):
        """Probability to wish to stay."""
        path, school = student.row.path, student.row.schools[student.stage]
        odds = self.look("odds", student.local, not self.place.school_local(school), year)
        return 1 / (1 + math.exp(-self.alphas[path, student.stage] - odds))

    # ---- the year of the place

    def school_year(self, year):
        """What happens once a year, not to one student."""
        place, env = self.place, self.env
        yield self.day("plan", year)
        self.free = place.seats(year, self.used(year), whole=True)
        for name, n in self.free.items():
            self.counts["seats", year, *name[:3]] += n
        yield self.day("assessment", year, 0.5)
        for (cohort, row, stage), told in self.passed.items():
            order = self.rng.permutation(len(told))
            limit = self.limit(cohort, row, stage, year)
            for position, which in enumerate(order.tolist()):
                told[which].succeed(position < limit)
        self.passed.clear()
        yield self.day("graduation", year)
        for area in place.areas:
            for band, size in enumerate(self.look("band_sizes", area, year)):
                for _ in range(size):
                    env.process(self.junior(area, band, year))
            for _ in range(persons(place.areas[area].get("general_applicants", 0), year)):
                env.process(self.applicant(area, year))
        yield self.day("census", year)
        for (offer, stage, k, _), n in self.roll.items():
            if n:
                level = level_of(self.place.offers[offer].stages[stage], k)
                self.counts["headcount", year, offer[0], level] += n

    def used(self, year):
        """What of each school's capacity is taken or kept free in April."""
        used, ending = Counter(), Counter()
        for (offer, stage, k, cohort), n in self.roll.items():
            row = self.place.offers[offer]
            if k < row.stages[stage]["years"] - 1:
                used[row.schools[stage]] += n
            elif stage + 1 < len(row.stages):
                ending[cohort, row, stage + 1] += n
        for (cohort, row, stage), n in ending.items():
            used[row.schools[stage]] += min(n, self.limit(cohort, row, stage, year))
        return used

    # ---- lives

    def junior(self, area, band, year):
        """A junior graduate: general high school, a seat, an alternative or nothing."""
        yield self.day("admission", year, self.turn(band))
        if self.uniform() < self.look("general_share", area, band, year):
            self.counts["general_entrants", year] += 1
            return
        choice = self.pick(self.look("junior_weights", area, band, year))
        if choice in self.rows:
            yield from self.enter(choice, year, band, self.place.local[area])
        else:
            self.counts["not_local", year] += self.place.local[area]

    def applicant(self, area, year):
        """A graduate of a general high school who would enter a college of the place."""
        yield self.day("admission", year, 0.75 + self.uniform() / 8)
        choice = self.pick(self.look("exam_weights", None, year))
        if choice is not None:
            yield from self.enter(choice, year, 0, self.place.local[area])

    def enter(self, name, year, band, local):
        """Take a seat and go to school."""
        row = self.rows[name]
        self.free[name] -= 1
        self.entrants[year, row.offer] += 1
        self.counts["entrants", year, *row.offer] += 1
        yield from self.study(Student(row, year, band, local), year)

    def study(self, student, year, *, settled=False):
        """School years until the student drops out, is lost to the general track or leaves with a diploma."""
        counts, row = self.counts, student.row
        while True:
            if not settled:
                yield self.day("term", year)
            settled = False
            if not student.general:
                self.roll[student.desk] += 1
            year += 1
            yield self.day("progress", year)
            stage = row.stages[student.stage]
            if student.general:
                student.general = self.uniform() >= number(stage.get("back", 0), year)
            else:
                self.roll[student.desk] -= 1
                drop, again, move = self.risks(student, stage, year)
                u = self.uniform()
                if u < drop:
                    counts["dropouts", year, row.path, level_of(stage, student.k)] += 1
                    return
                if u < drop + again:
                    if not self.repeats(student):
                        return
                    continue
                student.general = u < drop + again + move
            student.k += 1
            if student.k < stage["years"]:
                continue
            if student.general:
                return
            faced = student.stage + 1 < len(row.stages)
            if not faced or not (yield from self.transfer(student, year)):
                yield from self.leave(student, year, faced=faced)
                return
            student.stage, student.k = student.stage + 1, 0

    def transfer(self, student, year):
        """The gate into the next stage; true if accepted."""
        yield self.day("assessment", year)
        row, stage = student.row, student.stage + 1
        self.counts["ending", year, row.path] += 1
        if self.uniform() >= self.place.accept(row.stages[stage], student.band, year):
            return False
        told = self.env.event()
        self.passed[student.cohort, row, stage].append(told)
        accepted = yield told
        self.counts["accepted", year, row.path] += accepted
        return accepted

    def leave(self, student, year, *, faced):
        """With a diploma: exam, further study, work."""
        place, row, counts = self.place, student.row, self.counts
        stage = row.stages[student.stage]
        who = (year, row.path, stage["level"])
        yield self.day("exam", year)
        passed = not (faced and place.late) and self.uniform() < place.pass_exam(stage, year)
        yield self.day("graduation", year)
        counts["graduates", *who] += 1
        if passed:
            yield self.day("admission", year, 0.5 + self.uniform() / 8)
            choice = self.pick(self.look("exam_weights", row.programme, year))
            if choice == ELSEWHERE:
                counts["further_away", *who] += 1
                return
            if choice is not None:
                here = place.school_local(self.rows[choice].schools[0])
                counts["further_local" if here else "further_away", *who] += 1
                yield from self.enter(choice, year, 0, student.local)
                return
        yield from self.work(student, year, who)

    def work(self, student, year, who):
        """Found by the accounts, here or elsewhere, or not: vacancies don't bind."""
        place, counts = self.place, self.counts
        yield self.day("accounts", year)
        stays = self.uniform() < self.wish(student, year)
        found = self.uniform() < place.found(place.file["retention"].get("measured_on", "12-31"), year)[not stays]
        kind = ("local_" if stays else "away_") + ("employed" if found else "seeking")
        counts[kind, *who] += 1


def replicate(file, seed, replications, world=World):
    """Counts of independent replications, as a list; each has a parameter draw of its own if parameters are uncertain."""
    rng = np.random.default_rng(seed)
    uncertain = file.get("uncertainty", {}).get("parameters", True)
    place = Place(settle(file))
    begun = start(place)
    alphas, cache, out = intercepts(place, begun), {}, []
    for _ in range(replications):
        if uncertain:
            place, cache = Place(settle(file, rng)), {}
            alphas = intercepts(place, begun)
        out.append(world(place, begun, alphas, rng, cache).counts)
    return out


def expected(file):
    """Counts on the expectation source at the parameters' means, in the reported years."""
    place = Place(settle(file))
    fluid = start(place)
    alphas, out = intercepts(place, fluid), fluid.counts
    for t in range(place.first, place.last + 1):
        leavers, here, elsewhere = fluid.year(t)
        f, g = place.found(place.file["retention"].get("measured_on", "12-31"), t)
        for key, n in leavers.items():
            path, stage, local, away, _ = key
            who = (t, path, place.file["pathways"][path]["stages"][stage]["level"])
            seekers = n - here[key] - elsewhere[key]
            stay = 1 / (1 + math.exp(-alphas[path, stage] - place.odds(local, away, t)))
            out["graduates", *who] += n
            out["further_local", *who] += here[key]
            out["further_away", *who] += elsewhere[key]
            out["local_employed", *who] += seekers * stay * f
            out["away_employed", *who] += seekers * (1 - stay) * g
            out["local_seeking", *who] += seekers * stay * (1 - f)
            out["away_seeking", *who] += seekers * (1 - stay) * (1 - g)
        for (cohort, offer, stage, _, _), n in fluid.heads.items():
            item = place.offers[offer].stages[stage]
            k = t - cohort - sum(before["years"] for before in place.offers[offer].stages[:stage])
            out["headcount", t, offer[0], level_of(item, k)] += n
    return out
