"""Closed forms and known answers of the labour market, through the whole engine (docs/model.md, Answers known beforehand)."""

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

import skillsim as ss
from skillsim.analysis import running
from skillsim.chance import Draws, Expected
from skillsim.engine import simulate as simulation
from skillsim.engine.history import History
from skillsim.engine.inputs import inputs_for
from skillsim.engine.jobs import CARRIED, ORDER, REGULAR
from skillsim.engine.layout import lay_out
from skillsim.engine.run import Run
from skillsim.engine.simulate import expected, simulate, solved_for, warm_start
from skillsim.results.binding import bindings, without_shortage
from skillsim.results.indicators import Values
from skillsim.results.targets import answer
from skillsim.scenario.basic import Pick
from skillsim.scenario.statute import retirement_month
from skillsim.terms import DESTINATIONS, LOCAL
from test_engine_balance import shuffled
from worlds import (
    FAMILY,
    SEED,
    base_rates,
    build,
    get,
    laid,
    means,
    path,
    place,
    row,
    run,
    same,
    stage,
    title,
    town,
    with_market,
    z_limit,
)

PROFILE = settings(
    max_examples=60, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
FIRST, LEVELS = 2025, ("secondary", "college")
ALL_LOOK = {"by_august": 1, "by_december": 1}
EVERYBODY = 60.0  # an intercept at which everybody wishes to stay, to the last digit
YOUNG = {c: {"share": 1, "ages": {30: 1}} for c in ("men", "cadre_women", "worker_women")}  # nobody retires
MATCHED, SEEKING = DESTINATIONS.index("local_matched"), DESTINATIONS.index("local_seeking")

# ------------------------------------------------------------------------------------------------- fields and openings


def fields(given, last=FIRST, links=None, programme=None, looks=ALL_LOOK, **labour):
    """A town of fields {code: ((graduates of secondary, of college), (openings of secondary, of college))}: so many graduates
    every year and, in the first one, so many vacancies, all of them open to graduates; nobody leaves or retires.

    An industry of so many workers as openings, spread over the levels like these, grows by 100 %.
    """
    pathways = {"low": path(stage("secondary", 1)), "high": path(stage("college", 1))}
    rows = [row(way, n, p) for p, (people, _) in given.items() for way, n in zip(pathways, people, strict=True)]
    raw = place(pathways, rows, first=FIRST, last=last, junior=sum(r["seats"] for r in rows) + 5)
    raw["industries"] = {"rest": {"title": title("rest"), "workers": 10, "level_shares": {"secondary": 1}}}
    for p, (_, openings) in given.items():
        parts = dict(zip(LEVELS, openings, strict=True)) if sum(openings) else {"secondary": 1}
        raw["industries"][p] = {"title": title(p), "workers": sum(openings), "level_shares": parts, "growth": 1}
        raw["programmes"][p] = {"title": title(p), "industries": {p: 1}, **(programme or {}).get(p, {})}
        if links is not None:
            raw["programmes"][p]["industries"] = links[p]
    raw["retention"]["stayers"] = looks
    plain = {"leaving": 0, "moving": 0, "returning": [], "flexible": 0, "over_qualified": 0, "giving_up": 0, "to_graduates": 1}
    none = {"matched": [0] * 5, "unmatched": [0] * 5}
    raw = with_market(raw, **{**plain, "after_graduation": none, **labour})
    raw["labour"]["workforce"] = YOUNG
    return raw


def ran(raw, alpha=0.0, columns=0, start=None):
    """A run at a given intercept of the wish to stay: of so many replications, or in the mean.  Its market is still there."""
    scenario = build(raw)
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, None, SEED)
    source = Draws(SEED, 0, columns) if columns else Expected(1)
    the = Run(inputs, source, start or warm_start(scenario, SEED), np.full((len(inputs.layout.stages), 1), float(alpha)))
    the.go()
    return the


def of_jobs(the, rows, field, level):
    """The row of an industry and level of rows by job [J, R]."""
    jobs = the.layout.jobs
    (at,) = np.nonzero((jobs.job_industry == jobs.industries.index(field)) & (jobs.job_level == LEVELS.index(level)))[0]
    return rows[at]


def of_groups(the, rows, field=None, level=None):
    """The sum over groups of a programme and level of rows by group [G, R]."""
    layout = the.layout
    keep = np.ones(len(layout.groups), dtype=bool)
    if field is not None:
        keep &= layout.group_programme == layout.programmes.index(field)
    if level is not None:
        keep &= layout.group_level == layout.levels.index(level)
    return rows[keep].sum(axis=0)


def by_level(the, rows):
    return np.array([rows[the.layout.jobs.job_level == k].sum(axis=0) for k in range(len(LEVELS))])


def stayers_by_level(the):
    return np.array([of_groups(the, the.history.stayers[0], level=level) for level in LEVELS])


def test_the_town_has_the_graduates_and_openings_asked_for():
    the = ran(fields({"a": ((30, 7), (12, 40)), "b": ((0, 25), (0, 3)), "c": ((11, 4), (0, 0))}), EVERYBODY, 6)
    for p, people, openings in (("a", (30, 7), (12, 40)), ("b", (0, 25), (0, 3)), ("c", (11, 4), (0, 0))):
        for level, n, v in zip(LEVELS, people, openings, strict=True):
            assert (of_jobs(the, the.history.opened[0], p, level) == v).all()
            if n:
                assert (of_groups(the, the.history.stayers[0], p, level) == n).all()
    assert (the.history.exits == 0).all()


# ------------------------------------------------------------------------------------------------------------ min rules

PEOPLE = st.sampled_from([0, 1, 5, 30])
FIELD = st.tuples(st.tuples(PEOPLE, PEOPLE), st.tuples(PEOPLE, PEOPLE))
SIZES = st.dictionaries(st.sampled_from("abc"), FIELD, min_size=1, max_size=3).filter(
    lambda f: any(sum(people) for people, _ in f.values())
)
LOOKS = st.sampled_from([ALL_LOOK, {"by_august": 0.5, "by_december": 1}, {"by_august": 0, "by_december": 1}])
DAYS = st.sampled_from([["12-31"], ["08-31", "10-31", "12-31"], ["07-31", "08-31", "09-30", "10-31", "11-30", "12-31"]])
COLUMNS = st.sampled_from([0, 8])


@PROFILE
@given(SIZES, LOOKS, DAYS, COLUMNS, st.sampled_from([-1.0, 0.5, EVERYBODY]), st.sampled_from([0, 0.3]))
def test_who_takes_only_his_own_field_is_served_up_to_the_smaller_side(sizes, looks, days, columns, alpha, giving_up):
    """Field by field and level by level: min(seekers, vacancies), in every replication."""
    the = ran(fields(sizes, looks=looks, rounds=days, giving_up=giving_up), alpha, columns)
    h = the.history
    for p in sizes:
        for level in LEVELS:
            seekers, openings = of_groups(the, h.stayers[0], p, level), of_jobs(the, h.opened[0], p, level)
            served = np.minimum(seekers, openings)
            np.testing.assert_allclose(of_groups(the, h.destinations[0][MATCHED], p, level), served, atol=1e-9 * (not columns))
            np.testing.assert_allclose(of_jobs(the, h.hired[0], p, level), served, atol=1e-9 * (not columns))
            left = of_groups(the, h.destinations[0][SEEKING] + h.gave_up[0], p, level)
            np.testing.assert_allclose(left, seekers - served, atol=1e-9 * (not columns))
            assert columns == 0 or (of_groups(the, h.turned_away[0], p, level) == seekers - served).all()
    assert not h.destinations[0][MATCHED + 1 : LOCAL.stop].any()


@PROFILE
@given(SIZES, LOOKS, DAYS, COLUMNS, st.sampled_from([-1.0, 0.5, EVERYBODY]), st.sampled_from([0, 0.3]), st.data())
def test_who_takes_any_field_is_served_up_to_the_smaller_total(sizes, looks, days, columns, alpha, giving_up, data):
    """flexible 1, open_to_others 1: level by level the smaller of all seekers and all vacancies, whatever the links."""
    some = st.sampled_from([{}, {"rest": 1}, {next(iter(sizes)): 0.5, "rest": 0.5}, {next(iter(sizes)): 0.3}])
    links = {p: data.draw(some) for p in sizes}
    the = ran(fields(sizes, links=links, looks=looks, rounds=days, giving_up=giving_up, flexible=1), alpha, columns)
    served = np.minimum(stayers_by_level(the), by_level(the, the.history.opened[0]))
    np.testing.assert_allclose(by_level(the, the.history.hired[0]), served, atol=1e-9 * (not columns))
    local = the.history.destinations[0][LOCAL].sum(axis=0)
    np.testing.assert_allclose([of_groups(the, local, level=k) for k in LEVELS], served, atol=1e-9 * (not columns))


@PROFILE
@given(SIZES, LOOKS, DAYS, COLUMNS, st.sampled_from([0.5, EVERYBODY]))
def test_who_also_takes_a_lower_level_is_served_there_after_all_of_that_level(sizes, looks, days, columns, alpha):
    """Full flexibility and over_qualified 1: the college vacancies take what they can; the others compete for secondary jobs,
    which are filled up to the smaller side whatever the rounds; with one round those of the level have the first choice."""
    the = ran(fields(sizes, looks=looks, rounds=days, flexible=1, over_qualified=1), alpha, columns)
    (low, high), (low_jobs, high_jobs) = stayers_by_level(the), by_level(the, the.history.opened[0])
    down = np.maximum(high - high_jobs, 0)
    hired = by_level(the, the.history.hired[0])
    np.testing.assert_allclose(hired[1], np.minimum(high, high_jobs), atol=1e-9 * (not columns))
    np.testing.assert_allclose(hired[0], np.minimum(low + down, low_jobs), atol=1e-9 * (not columns))
    below = the.history.destinations[0][[3, 5]].sum(axis=(0, 1))
    if len(days) == 1:
        np.testing.assert_allclose(below, np.minimum(down, low_jobs - np.minimum(low, low_jobs)), atol=1e-9 * (not columns))
    assert (below <= down + 1e-9).all()


SHARES = [0, 0.2, 0.7, 1]


@settings(PROFILE, max_examples=30)
@given(SIZES, st.sampled_from(SHARES), st.sampled_from(SHARES), st.sampled_from(SHARES), st.data())
def test_more_flexibility_never_fills_fewer_jobs_in_one_round(sizes, flexible, others, over, data):
    """In the mean, with one round of search: the jobs filled rise with flexible and over_qualified, and with open_to_others
    where nobody goes down a level (who does may find that other openings than before are left in his own field)."""
    first = next(iter(sizes))
    links = {p: data.draw(st.sampled_from([{p: 1}, {p: 0.6}, {p: 0.5, first: 0.3} if p != first else {p: 0.5}])) for p in sizes}
    start = warm_start(build(fields(sizes)), SEED)

    def filled(flexible=flexible, others=others, over=over):
        raw = fields(sizes, links=links, rounds=["12-31"], flexible=flexible, over_qualified=over)
        for one in raw["industries"].values():
            one["open_to_others"] = others
        return ran(raw, EVERYBODY, start=start).history.hired.sum()

    by_flexible, by_over = [filled(flexible=x) for x in SHARES], [filled(over=x) for x in SHARES]
    by_others = [filled(others=x, over=0) for x in SHARES]
    for got in (by_flexible, by_over, by_others):
        assert (np.diff(got) >= -1e-9).all(), got


def test_with_several_rounds_who_comes_first_can_keep_out_who_comes_later():
    """Why the sentence before is about one round: 10 of college level find their field full.  One of them in two is willing
    to take the 10 vacancies of another field, round by round; over_qualified 1 lets the other takes secondary jobs at once,
    and half of the 10 seekers with secondary diplomas begin to look too late."""
    given = {"a": ((10, 10), (10, 0)), "b": ((0, 0), (0, 10))}
    looks = {"by_august": 0.5, "by_december": 1}

    def filled(over_qualified, rounds):
        raw = fields(given, looks=looks, rounds=rounds, flexible=0.5, over_qualified=over_qualified)
        return ran(raw, EVERYBODY).history.hired.sum()

    one, two = ["12-31"], ["08-31", "12-31"]
    assert filled(0, one) == pytest.approx(10 + 5) and filled(1, one) == pytest.approx(10 + 5)
    # in August 5 + 5 look: 5 jobs, 2.5 others are willing; then 5 + 5 and the 2.5 left: 5 jobs, 3.75 willing
    assert filled(0, two) == pytest.approx(5 + 2.5 + 5 + 3.75)
    # over-qualified: 2.5 of college level take secondary jobs in August; of the 5 seekers in December 2.5 find theirs
    assert filled(1, two) == pytest.approx(5 + 2.5 + 2.5 + 2.5 + 2.5)


# --------------------------------------------------------------------------------------------------- who is served first


def by_kind(the, rows, field):
    """Rows by seeker [N, R] of a programme, summed by kind."""
    jobs = the.layout.jobs
    mine = the.layout.group_programme[jobs.seeker_group] == the.layout.programmes.index(field)
    return {k: rows[mine & (jobs.seeker_kind == k)].sum(axis=0) for k in (ORDER, REGULAR, CARRIED)}


@pytest.mark.parametrize("columns", [0, 40])
@pytest.mark.parametrize("openings", [0, 5, 20, 50])
def test_order_classes_are_served_first(columns, openings):
    """40 graduates, two fifths in order classes, of whom half wish to stay: own field min(order, V), then min(rest, V left)."""
    raw = fields({"a": ((40, 0), (openings, 0)), "b": ((40, 0), (5, 0))}, programme={"a": {"order_class": 0.4}})
    the = ran(raw, 0.0, columns)
    market = the.market
    found, waiting = by_kind(the, market.by_seeker[0], "a"), by_kind(the, market.waiting, "a")
    order, regular = found[ORDER] + waiting[ORDER], found[REGULAR] + waiting[REGULAR]
    if not columns:
        assert (order, regular) == (pytest.approx(8), pytest.approx(12))
    np.testing.assert_allclose(found[ORDER], np.minimum(order, openings), rtol=1e-12)
    np.testing.assert_allclose(found[REGULAR], np.minimum(regular, np.maximum(openings - order, 0)), rtol=1e-12, atol=1e-9)
    # field b has no order class: its rows are regular ones only
    assert not (by_kind(the, market.by_seeker.sum(axis=0), "b")[ORDER]).any()


def test_the_carried_over_look_beside_the_new_ones():
    """20 graduates a year and 10 openings in the first year, 15 in the second: 10 wait and are carried over; then 15 of the 30
    are served in proportion, 5 of the carried and 10 of the new; the other 10 new ones are carried again, the 5 old are not."""
    raw = fields({"a": ((20, 0), (10, 0))}, last=FIRST + 2, waiting="carried")
    raw["industries"]["a"]["growth"] = {"series": {FIRST: 1, FIRST + 1: 0.75, FIRST + 2: 0}, "steps": True}
    the = ran(raw, EVERYBODY)
    h = the.history
    assert of_jobs(the, h.hired[:, :, 0].T, "a", "secondary") == pytest.approx([10, 15, 0])
    assert h.carried[:, 0, 0] == pytest.approx([0, 10, 10])
    assert h.destinations[:, MATCHED].sum(axis=(1, 2)) == pytest.approx([10, 10, 0])
    # who was carried over is in his second year at once: 1 year after graduation, 5 of 20 + the 10 hired at once
    assert h.here[:, 0].sum(axis=(1, 2)) == pytest.approx([0, 15, 10])
    out = ran({**raw, "labour": {**raw["labour"], "waiting": "counted_out"}}, EVERYBODY).history
    assert out.destinations[:, MATCHED].sum(axis=(1, 2)) == pytest.approx([10, 15, 0]) and not out.carried.any()


def test_openings_and_who_may_take_them_by_year_and_industry():
    """The share open to graduates is the industry's own or the labour market's, of the year; of these people without an
    industry of their own get at most the share open to others, in whole jobs under draws."""
    raw = fields({"a": ((80, 0), (41, 0)), "b": ((0, 0), (33, 0))}, last=FIRST + 1, links={"a": {}, "b": {"b": 1}})
    raw["industries"]["a"] |= {"open_to_others": 0.3, "to_graduates": {"series": {FIRST: 1, FIRST + 1: 0.5}, "steps": True}}
    raw["industries"]["b"]["open_to_others"] = 0.5
    raw["labour"]["to_graduates"] = {"series": {FIRST: 0.8, FIRST + 1: 0.2}, "steps": True}
    for columns in (0, 20):
        the = ran(raw, EVERYBODY, columns)
        h = the.history
        open_to = []
        for y, shares in enumerate(((1, 0.8), (0.5, 0.2))):
            wish = [share * of_jobs(the, h.vacancies[y], p, "secondary") for p, share in zip("ab", shares, strict=True)]
            opened = [of_jobs(the, h.opened[y], p, "secondary") for p in "ab"]
            for got, exact in zip(opened, wish, strict=True):
                assert np.abs(got - exact).max() <= (1 if columns else 1e-9)
            open_to.append([opened[0] * 0.3, opened[1] * 0.5])
            hired = [of_jobs(the, h.hired[y], p, "secondary") for p in "ab"]
            most = [np.floor(x + 1e-9) if columns else x for x in open_to[-1]]
            for got, exact in zip(hired, most, strict=True):
                np.testing.assert_allclose(got, exact)


@pytest.mark.parametrize(("found", "changed", "moved_in"), [(1, 100, 50), (0.5, 75, 0), (0, 0, 0)])
def test_experienced_hires_are_movers_first_then_people_who_move_in(found, changed, moved_in):
    """1,000 workers, 50 leave for good and 100 give up their job; of the 150 vacancies so many are filled."""
    raw = fields({"a": ((0, 0), (0, 0))}, leaving=0.05, moving=0.1, to_graduates=0, experienced_found=found)
    raw["industries"]["a"] |= {"workers": 990, "growth": 0}
    h = ran(raw).history
    assert h.exits.sum() == pytest.approx(150) == h.vacancies.sum()
    assert h.experienced.sum() == pytest.approx(150 * found)
    assert h.flows[0, :, 0] == pytest.approx([0, changed, moved_in])
    assert h.workers.sum() == pytest.approx(850 + 150 * found)


def test_the_wish_to_stay_follows_last_years_tightness():
    """100 graduates a year, effect .5 on the log of openings to stayers, cut at 2; the first year goes by its own openings to
    the 50 who would stay if it were neutral, the others by the year before."""
    raw = fields({"a": ((100, 0), (75, 0))}, last=FIRST + 3)
    raw["industries"]["a"]["growth"] = {"series": {FIRST: 1, FIRST + 1: -0.5, FIRST + 2: 9, FIRST + 3: 0}, "steps": True}
    raw["retention"]["tightness"] = 0.5
    h = ran(raw, 0.0).history
    stayers, opened = h.stayers.sum(axis=1)[:, 0], h.opened.sum(axis=1)[:, 0]
    tightness = np.log(75 / 50)
    for y in range(4):
        assert stayers[y] == pytest.approx(100 / (1 + np.exp(-0.5 * tightness)))
        tightness = np.log(np.clip(opened[y] / stayers[y], np.exp(-2), np.exp(2)))
    assert opened[1] == 0 and opened[2] > 500  # cut at both ends


# ------------------------------------------------------------------------------------------------------ stationary stock

HAZARDS = [0.15, 0.10, 0.08, 0.06, 0.05]


@pytest.mark.parametrize("match", ["matched", "unmatched", "below"])
def test_stationary_stock_of_the_last_five_classes(match):
    """100 hires a year: 100 (.85 + .85 .9 + .85 .9 .92 + ...) = 360.88654 before the year's hiring; by match alone."""
    level = {"below": (0, 100)}.get(match, (100, 0))
    openings = (1000, 0)
    other = [0.5] * 5
    rates = {"matched": HAZARDS, "unmatched": other} if match == "matched" else {"matched": other, "unmatched": HAZARDS}
    raw = fields(
        {"a": (level, openings)}, last=FIRST + 9, links={"a": {} if match == "unmatched" else {"a": 1}}, after_graduation=rates,
        flexible=1, over_qualified=1,
    )
    raw["industries"]["a"]["growth"] = {"series": {FIRST: 1, FIRST + 1: 0.1}, "steps": True}
    the = ran(raw, EVERYBODY)
    h, market = the.history, the.market
    assert h.hired.sum(axis=1)[:, 0] == pytest.approx([100] * 10, rel=1e-12)
    stays = np.cumprod(1 - np.array(HAZARDS))
    assert 100 * stays.sum() == pytest.approx(360.88654, abs=1e-9)
    for stock in (market.here, market.recent):
        assert stock[:, 1:].sum() == pytest.approx(360.88654, abs=1e-9)
        assert stock.sum(axis=(0, 2, 3)) == pytest.approx([100, *(100 * stays)], abs=1e-9)
    assert h.here[-1].sum(axis=(1, 2)) == pytest.approx(100 * stays[[0, 2, 4]], abs=1e-9)
    at = {"matched": 0, "unmatched": 1, "below": 2}[match]
    assert market.here[at, 1:].sum() == pytest.approx(360.88654, abs=1e-9)


def test_who_left_comes_back_to_jobs_that_are_not_for_graduates():
    """100 graduates, half wish to stay; of the 50 away .1 come back after one year, .2 of the 45 left after two; and then no
    more.  They are followed as those of their class: 1 year after graduation 50 + 5, 3 years after 55 + 9."""
    raw = fields({"a": ((100, 0), (1000, 0))}, last=FIRST + 4, returning=[0.1, 0.2], to_graduates=0.5)
    the = ran(raw, 0.0)
    h = the.history
    assert h.flows[:, 0, 0] == pytest.approx([0, 5, 14, 14, 14])
    assert h.here[:, 0].sum(axis=(1, 2)) == pytest.approx([0, 55, 55, 55, 55])
    assert h.here[:, 1].sum(axis=(1, 2)) == pytest.approx([0, 0, 0, 64, 64])
    # where all vacancies are for new graduates there is no job to come back to
    none = ran(fields({"a": ((100, 0), (1000, 0))}, last=FIRST + 4, returning=[0.1, 0.2]), 0.0).history
    assert none.vacancies.sum() > 0 and not none.flows[:, 0].any()
    # who came from elsewhere and left does not come back
    strangers = fields({"a": ((100, 0), (1000, 0))}, last=FIRST + 4, returning=[0.1, 0.2], to_graduates=0.5)
    far = {"title": title("far"), "local": False, "junior_graduates": 105}
    strangers["areas"] = {"town": {**strangers["areas"]["town"], "junior_graduates": 0}, "far": far}
    strangers["quota"]["rows"] = [{**r, "areas": "any"} for r in strangers["quota"]["rows"]]
    their = ran(strangers, 0.0).history
    assert their.stayers.sum(axis=1)[:, 0] == pytest.approx([50] * 5) and not their.flows[:, 0].any()


# ------------------------------------------------------------------------------------------------------------ retirement

OLDEST = {"men": 59, "cadre_women": 54, "worker_women": 49}
EACH = 1200  # workers of each category and age


def retiring_town(last, first=2025, rise=1, workers=None, ages=None, **over):
    """Nobody but the workers there at the start, who leave only to retire; of every age 20 to the last as many."""
    raw = place({"low": path(stage("secondary", 1))}, [row("low", 0)], first=first, last=last, junior=0, **over)
    count = {c: OLDEST[c] - 19 for c in OLDEST}
    raw["industries"]["machines"] |= {"workers": workers or EACH * sum(count.values()), "level_shares": {"secondary": 1}}
    raw = with_market(raw, leaving=0, moving=0, experienced_found=0, returning=[])
    people = {c: {"share": count[c], "ages": {20: 1, OLDEST[c]: 1}} for c in OLDEST}
    raw["labour"]["workforce"] = {c: (ages or people).get(c, {"share": 0, "ages": {30: 1}}) for c in OLDEST}
    raw["rules"] = {"retirement": {"rise": rise}}
    return raw


@pytest.fixture(scope="module")
def even_ages():
    return ran(retiring_town(2045)).history.retired[:, :, 0] / EACH * 12


@pytest.mark.parametrize(("i", "share", "single"), [(0, 4 / 5, {9, 10}), (1, 4 / 5, {9, 10}), (2, 2 / 3, {8})])
def test_retirements_with_an_even_age_structure(even_ages, i, share, single):
    """Of 12 months of birth 9 or 10 (worker women 8) retire in single years from 2025 to 2039, 12 from 2040 on."""
    months = even_ages[:, i]
    assert months[:15].mean() == pytest.approx(12 * share, abs=1e-9)
    assert months[:15] == pytest.approx(np.rint(months[:15]), abs=1e-9) and set(np.rint(months[:15])) == single
    assert months[15:] == pytest.approx(12, abs=1e-9)


def test_retirements_without_the_rise_are_normal():
    retired = ran(retiring_town(2045, rise=0)).history.retired[:, :, 0]
    assert retired == pytest.approx(EACH, abs=1e-9 * EACH)


def test_retirements_under_draws():
    """Twelve people of each age: over 2025-2039 those born in twelve years (ten of worker women) retire, to the last one.

    By single year the count is a sum over years of birth of Bin(12, months of birth / 12); 45 z-tests of a family at 1 %,
    R = 400.
    """
    columns = 400
    h = ran(retiring_town(2039, workers=12 * 105), columns=columns).history
    assert (h.exits.sum(axis=1) == h.retired.sum(axis=1)).all()
    np.testing.assert_array_equal(h.retired.sum(axis=0), np.array([[144], [144], [120]]) * np.ones((1, columns)))
    for i, category in enumerate(OLDEST):
        births = np.arange(2025 - 1 - OLDEST[category], 2005)
        at = retirement_month(category, births[:, None] * 12 + np.arange(12), True) // 12
        for y in range(15):
            p = (at == 2025 + y).mean(axis=1)
            error = np.sqrt(12 * (p * (1 - p)).sum() / columns)
            z = (h.retired[y, i].mean() - 12 * p.sum()) / (error or 1.0)
            assert abs(z) < z_limit(45) if error else z == 0, (category, y)


def test_single_years_of_birth_in_a_run():
    """Men of 59 on 31 December 2024 were born in 1965: those of January to September retire in 2025, the others in 2026.
    Women in workers' posts born in November and December 1984, 40 on that day, retire at 55 in 2039, those of October too;
    of the year's months the eight from May on."""
    men = ran(retiring_town(2027, workers=1200, ages={"men": {"share": 1, "ages": {59: 1}}})).history.retired
    assert men[:, 0, 0] == pytest.approx([900, 300, 0])
    ages = {"worker_women": {"share": 1, "ages": {40: 1}}}
    women = ran(retiring_town(2040, workers=1200, ages=ages)).history.retired[:, :, 0]
    assert not women[:, :2].any() and not women[:13].any()
    assert women[13:, 2] == pytest.approx([400, 800, 0])


def test_who_moves_in_retires_later():
    """A place of 20,000 keeps its size: those who move in are 20 to 44, so nobody of them retires within five years."""
    raw = retiring_town(2029, workers=20_000)
    raw["labour"] |= {"experienced_found": 1, "to_graduates": 0}
    h = ran(raw).history
    assert h.workers[:, :, 0].sum(axis=1) == pytest.approx([20_000] * 5)
    assert h.flows[:, 2, 0] == pytest.approx(h.retired[:, :, 0].sum(axis=1))
    alone = ran(retiring_town(2029, workers=20_000)).history
    assert h.retired == pytest.approx(alone.retired)


# ---------------------------------------------------------------------------------------------------- workers wanted


def test_workers_wanted_follow_the_shocks_and_the_drift():
    """Recomputed from the named normals: AR(1) around the growth, parts of the levels on the logit, to the nearest person."""
    raw = retiring_town(2029, workers=3_000)
    raw["industries"]["machines"] |= {"growth": 0.04, "level_shares": {"secondary": 3, "college": 1}}
    raw["industries"]["shops"] = {"title": title("shops"), "workers": 500, "growth": -0.2, "level_shares": {"secondary": 1}}
    raw["labour"] |= {"growth_sd": 0.05, "growth_persistence": 0.6, "growth_common": 0.3, "level_drift": {"college": 0.1}}
    columns = 30
    the = ran(raw, columns=columns)
    jobs, source = the.layout.jobs, Draws(SEED, 0, columns)
    assert jobs.industries == ("machines", "shops")
    x, size = np.zeros((2, columns)), np.array([[3_000.0], [500.0]]) * np.ones((1, columns))
    for y in range(5):
        z = source.normal("growth", FIRST + y, jobs.industry_keys)
        x = 0.6 * x + 0.05 * (np.sqrt(0.3) * z[0] + np.sqrt(0.7) * z[1:])
        size = size * np.maximum(1 + np.array([[0.04], [-0.2]]) + x, 0)
        college = 1 / (1 + 3 * np.exp(-0.1 * (y + 1)))
        wanted = {("machines", 0): (1 - college) * size[0], ("machines", 1): college * size[0], ("shops", 0): size[1]}
        for j, (level, i) in enumerate(zip(jobs.job_level, jobs.job_industry, strict=True)):
            exact = wanted.get((jobs.industries[i], int(level)), np.zeros(columns))
            np.testing.assert_array_equal(the.history.wanted[y, j], np.rint(exact))
    calm = ran(raw).history.wanted[:, :, 0].sum(axis=1)
    assert calm == pytest.approx([3_000 * 1.04**t + 500 * 0.8**t for t in range(1, 6)])


def test_a_shrinking_industry_hires_nobody_until_it_is_short_again():
    """1,000 workers, 10 % leave a year; 900 are wanted after the first year, 700 after the second, 700 after the third: 900
    are left, then 810, then 729; then 656.1 where 700 are wanted."""
    raw = fields({"a": ((0, 0), (0, 0))}, last=FIRST + 3, leaving=0.1, to_graduates=0, experienced_found=1)
    factors = [0.9, 700 / 900, 1, 1]
    growth = {"series": {FIRST + i: f - 1 for i, f in enumerate(factors)}, "steps": True}
    raw["industries"]["a"] |= {"workers": 1_000, "growth": growth}
    the = ran(raw)
    workers = of_jobs(the, the.history.workers[:, :, 0].T, "a", "secondary")
    vacancies = of_jobs(the, the.history.vacancies[:, :, 0].T, "a", "secondary")
    assert vacancies == pytest.approx([0, 0, 0, 700 - 0.9 * 729], abs=1e-9)
    assert workers == pytest.approx([900, 810, 729, 700])


# ------------------------------------------------------------------------------------------------------------- retention

RATES = {
    "12-31": {"r1": 0.6, "r2": 0.4, "r3": 0.22, "r4": 0.42}, "08-31": {"r1": 0.6, "r2": 0.3, "r3": 0.15, "r4": 0.42},
}


def town_with_market(definition, day, year, workers, **labour):
    """The town with everything, and few jobs in what one of its programmes is for; base rates of one definition, day and year."""
    raw = town(last=2027, as_of=date(year, 12, 31))
    rate = RATES[day][definition]
    base = base_rates(raw["pathways"], raw["quota"]["rows"], year, rate, definition=definition, measured_on=day)
    raw["retention"] |= {"base": base, "measured_on": day}
    raw["industries"]["shops"] = {"title": title("shops"), "workers": workers // 8}
    raw["programmes"]["b"]["industries"] = {"shops": 0.9}
    raw = with_market(raw, **{"flexible": 0.3, **labour})
    raw["industries"]["machines"]["workers"] = workers
    return raw


def rates_of(v, definition, y):
    """The rate of each pathway and level in a year, beside its name."""
    out = {}
    for way, i in v.layout.stages:
        level = v.scenario.pathways[way].stages[i].level
        out[way, level] = float(get(v, f"local_retention_{definition}", pathways=[way], levels=[level])[y])
    return out


@pytest.mark.parametrize("definition", ["r1", "r2", "r3", "r4"])
@pytest.mark.parametrize("day", ["12-31", "08-31"])
@pytest.mark.parametrize("year", [2025, 2026])
def test_base_rates_come_out_where_vacancies_bind(definition, day, year):
    """All eleven pathways and levels, by each definition and day, though some jobs are used up and stayers turned away; in
    2026 also with order classes, tightness and people carried over."""
    raw = town_with_market(definition, day, year, 4500, **({"waiting": "carried"} if year == 2026 else {}))
    if year == 2026:
        raw["programmes"]["a"]["order_class"] = 0.3
        raw["retention"] |= {"order_class": 1, "tightness": 0.5}
    v = means(build(raw))
    y, h = year - 2025, v.history
    left = h.opened[y] - h.hired[y]
    assert h.turned_away[y].sum() > 10 and (left < 1e-6).any() and (left > 1).any()
    for name, got in rates_of(v, definition, y).items():
        assert got == pytest.approx(RATES[day][definition], abs=1e-3), name


def wished(raw, alpha, y, definition):
    """The rates of a year that known intercepts bring about, entered as base rates: the scenario, and these rates."""
    scenario = build(raw)
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, None, SEED)
    h = expected(inputs, warm_start(scenario, SEED), np.array(alpha)[:, None])
    rates = rates_of(Values(inputs, h, 1), definition, y)
    for base in raw["retention"]["base"]:
        base |= {"rate": rates[base["pathways"][0], base["level"]], "definition": definition, "year": FIRST + y}
    return build(raw), rates, h


def come_out(scenario, rates, y, definition):
    """Base rates that are known to be possible come out to a thousandth, and none is said to lack vacancies."""
    start = warm_start(scenario, SEED)
    solved = solved_for(scenario, SEED, 2, start)[0]
    inputs = inputs_for(scenario, scenario.years.first, scenario.years.last, None, SEED)
    got = rates_of(Values(inputs, expected(inputs, start, solved.alpha), 1), definition, y)
    assert not any(lacks.any() for lacks in solved.short.values()), solved.short
    for name, rate in rates.items():
        assert got[name] == pytest.approx(rate, abs=1e-3), name


def ways_to_jobs(low, high, openings, **over):
    """Pathways p0, p1 ... to secondary jobs, with programme a, and q0, q1 ... to college jobs, with b; openings by industry."""
    pathways = {f"p{i}": path(stage("secondary", 1)) for i in range(len(low))}
    pathways |= {f"q{i}": path(stage("college", 1)) for i in range(len(high))}
    rows = [row(code, n, "a" if code[0] == "p" else "b") for code, n in zip(pathways, (*low, *high), strict=True)]
    raw = place(pathways, rows, junior=sum(low) + sum(high) + 5)
    raw["industries"] = {
        c: {"title": title(c), "workers": sum(n), "level_shares": dict(zip(LEVELS, n, strict=True)), "growth": 1}
        for c, n in openings.items()
    }
    raw["programmes"] = {p: {"title": title(p), "industries": {p: 0.8}} for p in raw["programmes"]}
    raw = with_market(raw, **{"leaving": 0, "moving": 0, "returning": [], "to_graduates": 1, **over})
    raw["labour"]["workforce"] = YOUNG
    return raw


CLASSES = st.lists(st.sampled_from([10, 50, 100]), min_size=1, max_size=3)
OPENINGS = st.tuples(st.sampled_from([5, 20, 60]), st.sampled_from([5, 20, 60]))


@settings(PROFILE, max_examples=80)
@given(
    CLASSES, CLASSES, OPENINGS, OPENINGS, st.sampled_from(["r1", "r2", "r3", "r4"]), st.sampled_from(["08-31", "12-31"]),
    st.sampled_from([0, 0.1, 0.3]), st.sampled_from([0, 0.3, 1]), st.sampled_from([0, 0.4, 1]), st.integers(0, 1000),
)
def test_every_rate_that_some_wish_brings_about_comes_out(low, high, a, b, definition, day, giving_up, flexible, over, seed):
    """In the first year, however short vacancies are: rates made by known intercepts are solved for."""
    raw = ways_to_jobs(low, high, {"a": a, "b": b}, giving_up=giving_up, flexible=flexible, over_qualified=over)
    raw["retention"]["measured_on"] = day
    for base in raw["retention"]["base"]:
        base["measured_on"] = day
    alpha = np.random.default_rng(seed).normal(0, 1.2, len(low) + len(high))
    scenario, rates, _ = wished(raw, alpha, 0, definition)
    come_out(scenario, rates, 0, definition)


def told_or_met(scenario, rates, y, definition):
    """Each rate comes out to a thousandth, or its stage is among those that are told."""
    start = warm_start(scenario, SEED)
    solved = solved_for(scenario, SEED, 2, start)[0]
    inputs = inputs_for(scenario, FIRST, FIRST + y, None, SEED)
    got = rates_of(Values(inputs, expected(inputs, start, solved.alpha), 1), definition, y)
    for (way, level), rate in rates.items():
        stages = scenario.pathways[way].stages
        at = next(i for i, stage in enumerate(stages) if stage.level == level)
        assert abs(got[way, level] - rate) <= 1e-3 or solved.short[f"{way}:{at}"].any(), way


def test_a_rate_on_the_edge_of_what_vacancies_allow_comes_out_or_is_told():
    """Every opening of the base year is taken: who stays could be more of all classes alike, so there is no one solution."""
    raw = town_with_market(
        "r2", "08-31", 2027, 2500, waiting="carried", flexible=1, over_qualified=0.4, giving_up=0,
    )
    raw["programmes"]["a"]["order_class"] = 0.3
    raw["retention"]["order_class"] = 1
    raw["industries"]["machines"]["open_to_others"] = 0.3
    alpha = [-1.6, -2.0, 0.0, -0.4, 0.4, -1.3, 3.0, -0.1, -0.1, 0.5, -0.3]
    scenario, rates, h = wished(raw, alpha, 2, "r2")
    assert h.turned_away[2].sum() > 10
    assert h.hired[2] == pytest.approx(h.opened[2], rel=1e-9)
    told_or_met(scenario, rates, 2, "r2")


def test_a_rate_that_does_not_come_out_is_told():
    raw = ways_to_jobs((100, 100), (), {"a": (200, 0)}, flexible=1, giving_up=0, waiting="carried")
    raw |= {"years": {"first": FIRST, "last": FIRST + 2}, "as_of": date(FIRST + 2, 12, 31)}
    raw["retention"] |= {"stayers": ALL_LOOK, "tightness": 1.0}
    raw["industries"]["a"]["growth"] = 0.1
    raw["programmes"]["a"]["industries"] = {}
    scenario, rates, _ = wished(raw, [-0.98, 1.99], 2, "r1")
    told_or_met(scenario, rates, 2, "r1")


def bound_town(rate, parameters=False, **over):
    """100 graduates who all look for work, 60 openings: by r3 at most 60 % stay."""
    raw = fields({"a": ((100, 0), (60, 0)), "b": ((20, 30), (40, 40))}, **over)
    rows = [{**b, "definition": "r3", "rate": 0.3} for b in raw["retention"]["base"]]
    rows[-1]["rate"] = rate
    assert rows[-1]["pathways"] == ["low"]
    raw["retention"]["base"] = rows
    raw["quota"]["rows"] = [r for r in raw["quota"]["rows"] if (r["pathway"], r["programme"]) != ("low", "b")]
    raw["uncertainty"] = {"parameters": parameters}
    return raw


def test_a_base_rate_beyond_the_vacancies_is_refused_with_the_jobs():
    assert get(means(build(bound_town(0.6))), "local_retention_r3", pathways=["low"])[0] == pytest.approx(0.6, abs=1e-3)
    with pytest.raises(ss.ScenarioError) as error:
        run(build(bound_town(0.7)), 2)
    (problem,) = error.value.problems
    assert (problem.code, problem.path) == ("base_bound", "retention.base.1")
    assert {k: problem.args[k] for k in ("pathway", "level", "definition", "year")} == {
        "pathway": "low", "level": "secondary", "definition": "R3", "year": FIRST,
    }
    assert float(problem.args["reached"]) == 0.6 and problem.args["share"] == "100 %"
    assert problem.args["jobs"] == "a, secondary; rest, secondary"  # those used up, not b's, nor those of college level
    # whoever is willing to take another field finds b's jobs: there the same rate comes out
    v = means(build(bound_town(0.7, flexible=1)))
    assert get(v, "local_retention_r3", pathways=["low"])[0] == pytest.approx(0.7, abs=1e-3)


def test_few_draws_in_which_vacancies_lack_are_told():
    """A rate uniform on .30 to .62, at most .60 comes out: it lacks in the draws above .601, about 6 %; the others are met."""
    scenario = build(bound_town({"uniform": [0.30, 0.62]}, parameters=True))
    result = run(scenario, 600)
    drawn = result.inputs.get("retention.base.low:secondary.rate")[0]
    lacks = drawn > 0.6 + 1e-3
    assert 0 < lacks.mean() < 0.1
    assert {k: v for k, v in result.short.items() if v} == {"low:0": lacks.mean()}
    assert result.manifest()["base_rates_short"] == {"any": lacks.mean(), "low:0": lacks.mean()}
    inputs = inputs_for(scenario, FIRST, FIRST, np.arange(300), SEED)
    start = warm_start(scenario, SEED)
    alpha = np.concatenate([block.alpha for block in solved_for(scenario, SEED, 300, start)], axis=1)
    h = expected(inputs, start, alpha)
    low = inputs.layout.group_pathway == inputs.layout.pathways.index("low")
    rate = h.destinations[0, LOCAL][:, low].sum(axis=(0, 1)) / h.graduates[0, low].sum(axis=0)
    assert rate == pytest.approx(np.minimum(drawn, 0.6), abs=1e-3)
    with pytest.raises(ss.ScenarioError) as error:  # above .601 in every fourth draw
        run(build(bound_town({"uniform": [0.30, 0.70]}, parameters=True)), 200)
    (problem,) = error.value.problems
    assert problem.code == "base_bound" and 15 <= float(problem.args["share"].split()[0]) <= 35


def test_no_more_wish_than_vacancies_can_take_where_a_rate_lacks():
    """Where a rate does not come out nothing is known of a wish beyond what is hired: hardly anybody is turned away then, the
    best rate comes out all the same, and the intercept is not that of everybody."""
    scenario = build(bound_town({"uniform": [0.30, 0.62]}, parameters=True))
    start = warm_start(scenario, SEED)
    (solved,) = solved_for(scenario, SEED, 200, start)
    lacks = solved.short["low:0"]
    assert 0 < lacks.sum() < 40 and solved.alpha.max() < 10
    inputs = inputs_for(scenario, FIRST, FIRST, np.arange(200), SEED)
    h = expected(inputs, start, solved.alpha)
    low = inputs.layout.group_pathway == inputs.layout.pathways.index("low")
    rate = h.destinations[0, LOCAL][:, low].sum(axis=(0, 1)) / h.graduates[0, low].sum(axis=0)
    assert rate[lacks] == pytest.approx(0.6, abs=5e-3)
    assert (h.turned_away[0, low].sum(axis=0)[lacks] < 0.02 * h.stayers[0, low].sum(axis=0)[lacks]).all()


def plenty(raw, **over):
    """A market with far more vacancies than graduates, all of them open to everybody."""
    raw = with_market(raw, to_graduates=1, flexible=1, **over)
    for one in raw["industries"].values():
        one["workers"] = 5_000_000
    return raw


@pytest.mark.parametrize("day", ["12-31", "08-31"])
def test_plenty_of_vacancies_is_unbounded_demand(day):
    """In the mean to the last digits; by draws in the means of seven destinations and levels, z-tests of a family at 1 %."""
    raw = town(last=2026)
    raw["retention"]["measured_on"] = day
    unbounded, market = build(raw), build(plenty(raw))
    a, b = means(unbounded).history, means(market).history
    layout = lay_out(unbounded)
    assert b.destinations == pytest.approx(a.destinations, rel=1e-9, abs=1e-9)
    assert not b.turned_away.any() and b.stayers.sum() > 100
    x, y = run(unbounded, 400, threads=2).history.destinations, run(market, 400, threads=2).history.destinations
    np.testing.assert_array_equal(x[:, :2], y[:, :2])  # who goes on studying draws the same
    difference = np.concatenate([
        np.stack([(y - x)[:, 2:, layout.group_level == k].sum(axis=2) for k in range(len(layout.levels))], axis=2)[t]
        for t in range(2)
    ]).reshape(-1, 400)
    varies = difference.any(axis=1)
    z = difference[varies].mean(axis=1) / (difference[varies].std(axis=1, ddof=1) / np.sqrt(400))
    assert varies.sum() >= 40 and np.abs(z).max() < z_limit(int(varies.sum()))


NATIONAL = {"employed": 39250 + 6765, "further": 6039, "placed": 52054, "local": 36301, "graduates": 56000}


@pytest.mark.parametrize("further_local", [0, 3000, 6039])
@pytest.mark.parametrize("demand", ["vacancies", "unbounded"])
def test_national_accounting_of_2012(demand, further_local):
    """Secondary graduates of 2012 in hundreds: placed 52,054 = 39,250 employed + 6,765 on their own + 6,039 in further study;
    36,301 of them locally.  R4 = 69.74 %; R1 lies between 65.8 and 78.9 %, by how many of those in further study are local."""
    n = NATIONAL
    seekers = n["graduates"] - n["further"]
    pathways = {
        "p": path(stage("secondary", 1, further={"gate": "exam", "sits": 1, "passes": n["further"] / n["graduates"]})),
        "q": path(stage("college", 1), entry="exam"),
    }
    rows = [row("p", n["graduates"]), row("q", further_local, areas="any")]
    raw = place(pathways, rows, junior=n["graduates"], gates={"exam": {"elsewhere": -20}})
    work = {"by_august": 0.5, "by_december": n["employed"] / seekers}
    raw["retention"] |= {"stayers": work, "leavers": work}
    for base in raw["retention"]["base"]:
        base |= {"definition": "r4", "rate": n["local"] / n["placed"] if base["pathways"] == ["p"] else 0.5}
    v = means(build(plenty(raw) if demand == "vacancies" else raw))
    levels = {"levels": ["secondary"]}
    at = {name: get(v, name, **levels)[0] for name in ("further_local", "further_away", "away_employed", "local_employed")}
    assert at["further_local"] == pytest.approx(further_local, abs=0.01)
    assert sum(at.values()) == pytest.approx(n["placed"], rel=1e-9)
    assert at["local_employed"] + at["further_local"] == pytest.approx(n["local"], rel=1e-7)
    assert round(100 * get(v, "local_retention_r4", **levels)[0], 2) == 69.74
    r1 = get(v, "local_retention_r1", **levels)[0]
    assert r1 == pytest.approx((n["local"] - further_local) / n["employed"], rel=1e-6)
    assert 0.6576 < r1 < 0.7890


# --------------------------------------------------------------------------------------------------- what must not matter


def uncertain_town(**over):
    """Vacancies that bind in some parameter draws, shocks, order classes, tightness, people carried over."""
    raw = town_with_market("r1", "12-31", 2026, 6000, waiting="carried", growth_sd=0.02, growth_common=0.5)
    raw["retention"]["base"] = [{**b, "rate": {"uniform": [0.4, 0.6]}} for b in raw["retention"]["base"]]
    raw["programmes"]["a"]["order_class"] = {"uniform": [0.1, 0.5]}
    raw["retention"] |= {"order_class": 1, "tightness": 0.5}
    raw["industries"]["machines"]["workers"] = {"value": 6500, "factor": {"uniform": [0.8, 1.2]}}
    raw["industries"]["machines"]["to_graduates"] = {"beta": [50, 50]}
    raw["industries"]["shops"] = {
        "title": title("shops"), "workers": 2000, "growth": {"normal": [0.01, 0.01]}, "level_shares": {"secondary": 1},
    }
    raw["programmes"]["b"]["industries"] = {"shops": 0.3, "machines": 0.4}
    raw["uncertainty"] = {"parameters": True}
    return laid(raw, over)


@pytest.fixture(scope="module")
def reference():
    return run(build(uncertain_town()), 12)


@pytest.mark.parametrize(("chunk", "threads", "spans"), [(2, 1, 3), (6, 2, 2), (200, 3, 3)])
def test_threads_and_chunks_change_no_byte_of_a_market(monkeypatch, reference, chunk, threads, spans):
    monkeypatch.setattr(running, "CHUNK", chunk)
    assert len(running.chunks(12, threads, 1, 50)) == spans
    r = run(build(uncertain_town()), 12, threads=threads)
    assert same(reference.history, r.history) == [] and r.draws == reference.draws
    assert reference.history.turned_away.any() and reference.history.carried.any()


def test_fewer_replications_of_a_market_are_the_first_ones(reference):
    r = run(build(uncertain_town()), 4)
    for name, x in vars(r.history).items():
        assert (x == getattr(reference.history, name)[..., :4]).all(), name


def test_the_order_of_writing_changes_no_byte_of_a_market(reference):
    raw = shuffled(uncertain_town(), 5)
    raw["labour"]["workforce"] = dict(reversed(raw["labour"]["workforce"].items()))
    for one in raw["programmes"].values():
        one["industries"] = dict(reversed(one.get("industries", {}).items()))
    for one in raw["industries"].values():
        one["level_shares"] = dict(reversed(one["level_shares"].items()))
    r = run(build(raw), 12)
    assert same(reference.history, r.history) == []
    assert r.frame().to_csv() == reference.frame().to_csv()


def solved_in(monkeypatch, scenario, start, block, pairs=8):
    monkeypatch.setattr(simulation, "BLOCK", block)
    return np.concatenate([b.alpha for b in solved_for(scenario, SEED, pairs, start)], axis=1)


def test_intercepts_are_solved_draw_by_draw(monkeypatch):
    """Whatever other draws are solved beside it, a draw's intercepts are the same to the last bit."""
    scenario = build(uncertain_town())
    start = warm_start(scenario, SEED)
    whole = solved_in(monkeypatch, scenario, start, 500)
    assert len(np.unique(whole[0])) == 8
    for block in (1, 3):
        assert (solved_in(monkeypatch, scenario, start, block) == whole).all()
    # with vacancies they differ from those of unbounded demand: there was something to solve
    unbounded = build({**uncertain_town(), "demand": "unbounded"})
    assert np.abs(solved_in(monkeypatch, unbounded, start, 500) - whole).max() > 0.1


@pytest.mark.parametrize("demand", ["unbounded", "vacancies"])
def test_intercepts_are_solved_draw_by_draw_where_a_class_is_empty_in_some(monkeypatch, demand):
    raw = place({"p": path(stage())}, [row("p", 100, areas="any")], last=2026, as_of=date(2026, 12, 31))
    raw["retention"]["base"][0]["year"] = 2026
    raw["retention"]["local_origin"] = 2
    young = {"factor": {"uniform": [0, 2]}, "shared": "young"}
    raw["areas"] = {
        "town": {"title": title("town"), "junior_graduates": {"value": 1, **young}},
        "far": {"title": title("far"), "local": False, "junior_graduates": {"value": 2, **young}},
    }
    raw["uncertainty"] = {"parameters": True}
    scenario = build({**with_market(raw), "demand": demand})
    start = warm_start(scenario, SEED)
    assert (solved_in(monkeypatch, scenario, start, 1) == solved_in(monkeypatch, scenario, start, 500)).all()


# --------------------------------------------------------------------------------------------------------- what must matter


@pytest.mark.parametrize("columns", [0, 20])
def test_without_an_industry_its_programmes_go_unmatched(columns):
    """No workers in a: nobody is wanted or hired there, none of its graduates is matched, and who is of other fields is served
    first in his own, so that in one round their match rates are no lower."""
    given = {"a": ((20, 10), (15, 10)), "b": ((20, 20), (10, 20)), "c": ((0, 15), (20, 20))}
    raw = fields(given, rounds=["12-31"], flexible=0.6, over_qualified=0.3)
    gone = fields({**given, "a": (given["a"][0], (0, 0))}, rounds=["12-31"], flexible=0.6, over_qualified=0.3)
    x, y = ran(raw, 1.0, columns), ran(gone, 1.0, columns)
    np.testing.assert_array_equal(x.history.stayers, y.history.stayers)
    for name in ("wanted", "vacancies", "opened", "hired", "workers", "experienced"):
        for level in LEVELS:
            assert not of_jobs(y, getattr(y.history, name)[0], "a", level).any(), name

    def match(the, p):
        local = of_groups(the, the.history.destinations[0][LOCAL].sum(axis=0), p)
        mine = of_groups(the, the.history.destinations[0][MATCHED:4].sum(axis=0), p)
        return np.divide(mine, local, out=np.ones(local.shape), where=local > 0), mine

    assert (match(x, "a")[1] > 0).all() and not match(y, "a")[1].any()
    before, after = (np.mean([match(the, p)[0] for p in "bc"], axis=1) for the in (x, y))
    assert (after >= before - (1e-9 if not columns else 0.02)).all()
    for p in "bc":
        own = [of_groups(the, the.history.destinations[0][MATCHED], p) for the in (x, y)]
        np.testing.assert_allclose(own[1], own[0])


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_a_policy_on_retention_leaves_the_demand_of_its_year(year):
    """What is wanted and who leaves up to the year of the change is the same to a byte, and all else before it; from the next
    year on it is not."""
    raw = uncertain_town(as_of=date(2025, 1, 1))
    for base in raw["retention"]["base"]:
        base["year"] = 2025
    scenario = build(raw)
    change = {"retention.drivers.subsidy.level": ("set", 2.0, date(year, 1, 1))}
    before, after = (r.history for r in ss.run([scenario, scenario.vary(change)], 12))
    y = year - 2025
    demand = ("wanted", "vacancies", "opened", "experienced", "exits", "retired", "flows")
    for name, x in vars(after).items():
        same_until = y + 1 if name in demand else y
        if name != "before":
            assert x[:same_until].tobytes() == getattr(before, name)[:same_until].tobytes(), name
    assert {"stayers", "destinations", "hired", "workers"} <= set(same(after, before))
    assert (after.stayers[y].sum(axis=0) > before.stayers[y].sum(axis=0)).all()
    assert y == 2 or (after.vacancies[y + 1] != before.vacancies[y + 1]).any()


def test_pairing_pays_in_the_labour_market():
    """Doubling an industry's growth: variance of the difference in local employment of the last year, independent seeds
    against common keys; at least 10 where F(499, 499) says so at 99 % (500 replications each)."""
    raw = fields({"a": ((300, 200), (60, 40)), "b": ((200, 100), (400, 300))}, last=FIRST + 3, flexible=0.5, over_qualified=0.3)
    for one in raw["industries"].values():
        one["growth"], one["workers"] = 0.05, 2_000
    raw["labour"] |= {"leaving": 0.03, "moving": 0.05, "growth_sd": 0.01, "growth_common": 0.5, "growth_persistence": 0.5}
    scenario = build(raw)
    other = scenario.vary({"industries.a.growth": ("scale", 2.0)})
    n = 500
    a, b = (get(r, "local_employed")[-1] for r in ss.run([scenario, other], n, 1, 2))
    c = get(run(other, n, 2, 2), "local_employed")[-1]
    paired, independent = (b - a).var(ddof=1), (c - a).var(ddof=1)
    assert b.mean() > a.mean()
    ratio = independent / paired
    assert ratio / stats.f.isf(FAMILY, n - 1, n - 1) >= 10, ratio


# ---------------------------------------------------------------------------------------------------- what holds targets back


def target(goal, direction="reach", definition="r3", **of):
    asked = {} if direction == "show" else {"value": goal}
    return {
        "title": title("t"), "indicator": f"local_retention_{definition}", "year": FIRST, "direction": direction, "clause": "-",
        "of": of, **asked,
    }


def constructed(targets, columns, **rows):
    """A run of one class whose history is written by hand: rows by destination, and who was turned away or gave up [R]."""
    raw = fields({"a": ((100, 0), (50, 0))}, rounds=["12-31"])
    raw["quota"]["rows"] = [r for r in raw["quota"]["rows"] if r["pathway"] == "low"]
    raw["retention"]["base"] = [b for b in raw["retention"]["base"] if b["pathways"] == ["low"]]
    raw["pathways"].pop("high")
    scenario = build({**raw, "targets": targets})
    inputs = inputs_for(scenario, FIRST, FIRST, None, SEED)
    h = History.empty(inputs.layout, 1, columns, np.int32)
    at = inputs.layout.group_origin.tolist().index(0)
    for i, name in enumerate(DESTINATIONS):
        h.destinations[0, i, at] = rows.get(name, 0)
    h.graduates[0, at] = h.destinations[0, :, at].sum(axis=0)
    h.turned_away[0, at], h.gave_up[0, at] = rows.get("turned_away", 0), rows.get("gave_up", 0)
    v = Values(inputs, h, 1)
    return v, {code: answer(code, t, v) for code, t in scenario.targets.items()}


def test_rates_without_a_shortage_by_hand():
    """100 graduates: 5 + 10 go on studying, 35 at work here, 20 elsewhere, 12 wait, 18 are elsewhere without work; 14 were
    turned away, 8 of them gave up and are among the 38 elsewhere, so that 8 * 20/38 of those at work there would be here.

    Second: nobody was turned away.  Third: who was turned away waits.  Fourth: no class at all.
    """
    there = {
        "further_local": [5, 5, 5, 0], "further_away": [10, 10, 10, 0], "local_matched": [20, 20, 20, 0],
        "local_below": [4, 4, 4, 0], "local_other": [5, 5, 5, 0], "local_other_below": [6, 6, 6, 0],
        "away_employed": [20, 20, 20, 0], "local_seeking": [12, 12, 12, 0], "away_seeking": [18, 18, 18, 0],
        "turned_away": [14, 0, 6, 0], "gave_up": [8, 0, 0, 0],
    }
    codes = ("r1", "r2", "r3", "r4")
    v, asked = constructed({d: target(0.5, definition=d) for d in codes}, 4, **there)
    away = np.array([20 * (1 - 8 / 38), 20, 20])
    local = np.array([49, 35, 41])
    exact = {
        "r1": local / (local + away), "r2": local / 85, "r3": local / 100, "r4": (local + 5) / (local + away + 15),
    }
    for d in codes:
        free, turned = without_shortage(v, asked[d])
        np.testing.assert_array_equal(turned, [14, 0, 6, 0])
        np.testing.assert_allclose(free[:3], exact[d])
        assert np.isnan(free[3])
        np.testing.assert_allclose(free[1], asked[d].values[1])  # without a shortage the rate is what it is


@pytest.mark.parametrize(
    ("reached", "rescued", "verdict"),
    [(20, 0, "met"), (16, 0, "met"), (15, 0, "wish"), (0, 0, "wish"), (0, 1, "both"), (0, 9, "both"), (0, 10, "both"),
     (0, 16, "vacancies"), (10, 10, "vacancies"), (10, 4, "both"), (10, 0, "wish")],
)
def test_verdicts(reached, rescued, verdict):
    """Of 20 replications so many meet 50 %, and so many of the others would without the shortage; more than one in two of those
    who miss, beyond two errors, make it the vacancies, fewer than one in ten the wish; what is between is both."""
    local = np.array([50] * reached + [40] * (20 - reached))
    turned = np.array([0] * reached + [10] * rescued + [9] * (20 - reached - rescued))
    targets = {"goal": target(0.5), "seen": target(None, "show"), "other": {**target(3), "indicator": "graduates"}}
    v, asked = constructed(targets, 20, local_matched=local, local_seeking=100 - local, turned_away=turned)
    goal, seen = bindings(v, tuple(asked.values()))  # those about retention only
    assert (goal.code, goal.verdict, seen.verdict) == ("goal", verdict, "shown")
    assert goal.rescued == (rescued / (20 - reached) if reached < 20 else 0)
    assert goal.probability_free == (reached + rescued) / 20 and seen.probability_free is None
    assert goal.turned_away == turned.mean() and goal.often == (turned > 0).mean()
    assert goal.free == pytest.approx(((local + turned) / 100).mean())


def test_how_often_vacancies_bound(reference):
    """Shares of years and replications in which anybody was turned away, or all openings of a job were filled; recomputed."""
    h, layout, jobs = reference.history, reference.inputs.layout, reference.inputs.layout.jobs
    told = reference.manifest()["vacancies_bound"]
    everybody = h.turned_away.sum(axis=1)
    assert told["turned_away"]["all"] == {"often": (everybody > 0).mean(), "a_year": everybody.mean()}
    for name, codes, at in (
        ("pathway", layout.pathways, layout.group_pathway), ("programme", layout.programmes, layout.group_programme),
    ):
        for code, share in told["turned_away"][name].items():
            mine = h.turned_away[:, at == codes.index(code)].sum(axis=1)
            assert share == {"often": (mine > 0).mean(), "a_year": mine.mean()}
    for j, (level, i) in enumerate(zip(jobs.job_level, jobs.job_industry, strict=True)):
        share = told["used_up"][f"{jobs.industries[i]}:{jobs.levels[level]}"]
        there = h.opened[:, j] > 0
        assert share == ((h.hired[:, j] == h.opened[:, j])[there].mean() if there.any() else None)
    assert any(share and share < 1 for share in told["used_up"].values()) and told["used_up"]["shops:college"] is None


def test_unbounded_demand_holds_nothing_back():
    raw = place({"p": path(stage())}, [row("p", 100)], targets={"goal": target(0.9)})
    r = run(build(raw), 2)
    assert r.bindings == () and r.manifest()["vacancies_bound"] is None


# -------------------------------------------------------------------------------------------------------------- indicators


@pytest.fixture(scope="module")
def three_fields():
    given = {"a": ((30, 20), (20, 25)), "b": ((40, 10), (60, 5)), "c": ((10, 10), (0, 8))}
    links = {"a": {"a": 0.7, "b": 0.3}, "b": {"b": 0.5}, "c": {"c": 0.4, "a": 0.4}}
    raw = fields(given, last=FIRST + 6, links=links, flexible=0.5, over_qualified=0.3, leaving=0.05, moving=0.1, giving_up=0.1)
    for one in raw["industries"].values():
        one["growth"] = {"series": {FIRST: 1, FIRST + 1: 0.05, FIRST + 3: 0.2}, "steps": True}
    raw["labour"] |= {"to_graduates": 0.8, "experienced_found": 0.5, "waiting": "carried"}
    for one in raw["quota"]["rows"]:  # classes that grow
        one["seats"] = {"series": {FIRST - 1: one["seats"], FIRST + 6: 4 * one["seats"]}}
    raw["areas"]["town"]["junior_graduates"] = 1_000
    scenario = build(raw)
    inputs = inputs_for(scenario, FIRST, FIRST + 6, None, SEED)
    alpha = np.full((2, 1), 0.5)
    h, _ = simulate(scenario, SEED, 0, 20, warm_start(scenario, SEED), alpha=alpha)
    return Values(inputs, h, 2)


def value(v, indicator, **pick):
    return v.value(indicator, Pick(**pick))


def trains(layout, links, industry, level):
    """Whether any group's programme leads to the industry and its diploma to the level."""
    groups = zip(layout.group_programme, layout.group_level, strict=True)
    return any(industry in links[layout.programmes[p]] and layout.levels[at] == level for p, at in groups)


def test_supply_openings_and_gap_of_jobs(three_fields):
    """Stayers by the links of their programme, against what is open to graduates; the reciprocal ratios; recomputed."""
    v, h = three_fields, three_fields.history
    links = {"a": {"a": 0.7, "b": 0.3}, "b": {"b": 0.5}, "c": {"c": 0.4, "a": 0.4}}
    layout = v.layout
    trained_all, groups_all = 0, 0
    for k, level in enumerate(LEVELS):
        by_programme = {
            p: h.stayers[:, (layout.group_programme == i) & (layout.group_level == layout.levels.index(level))].sum(axis=1)
            for i, p in enumerate(layout.programmes)
        }
        gap = {}
        for i in ("a", "b", "c", "rest"):
            pick = {"industries": [i], "levels": [level]}
            supply = sum((n * links[p].get(i, 0) for p, n in by_programme.items()), np.zeros(h.opened[:, 0].shape))
            jobs = layout.jobs
            opened = h.opened[:, (jobs.job_level == k) & (jobs.job_industry == jobs.industries.index(i))].sum(axis=1)
            np.testing.assert_allclose(value(v, "graduate_supply", **pick), supply)
            np.testing.assert_array_equal(value(v, "graduate_vacancies", **pick), opened)
            served = opened * trains(layout, links, i, level)
            np.testing.assert_array_equal(value(v, "unserved_vacancies", **pick), opened - served)
            np.testing.assert_allclose(value(v, "gap", **pick), supply - served, atol=1e-9)
            opened = served
            ita, ratio = value(v, "ita", **pick), value(v, "openings_to_seekers", **pick)
            both = (supply > 0) & (opened > 0)
            np.testing.assert_allclose(ratio[both], (opened / np.where(both, supply, 1))[both])
            np.testing.assert_allclose((ita * ratio)[both], 1)
            assert np.isnan(ita[opened == 0]).all() and np.isnan(ratio[supply == 0]).all()
            gap[i] = np.where(supply > 0, supply - opened, 0)
        trained = sum(gap.values())
        mine = sum(value(v, "programme_gap", programmes=[p], levels=[level]) for p in links)
        np.testing.assert_allclose(mine, trained, atol=1e-9)
        trained_all, groups_all = trained_all + trained, groups_all + mine
        # all of a level: those without an industry of their own and those carried over count as seekers
        seekers = sum(by_programme.values()) + h.carried[:, k]
        np.testing.assert_allclose(value(v, "graduate_supply", levels=[level]), seekers)
        np.testing.assert_allclose(value(v, "ita", levels=[level]) * value(v, "openings_to_seekers", levels=[level]), 1)
    np.testing.assert_allclose(value(v, "programme_gap"), groups_all, atol=1e-9)
    assert (h.carried[1:].sum() > 0) and not np.allclose(value(v, "gap"), trained_all)


def test_expansion_and_replacement(three_fields):
    """Expansion is the change of what is wanted, replacement the exits; together what was missing in June, where all of last
    year's vacancies were filled."""
    v, h = three_fields, three_fields.history
    for i in ("a", "b", "rest"):
        for level in LEVELS:
            pick = {"industries": [i], "levels": [level]}
            wanted, exits = value(v, "desired_workers", **pick), value(v, "replacement_demand", **pick)
            at_start = (value(v, "workers", **pick) - value(v, "hired_graduates", **pick) - value(v, "experienced_hires", **pick)
                        + exits)[:1]
            before = np.concatenate([at_start, wanted[:-1]])
            np.testing.assert_array_equal(value(v, "expansion_demand", **pick), wanted - before)
    np.testing.assert_array_equal(value(v, "replacement_demand"), h.exits.sum(axis=1))
    filled = fields({"a": ((0, 0), (300, 200))}, last=FIRST + 4, leaving=0.05, moving=0.1, to_graduates=0, experienced_found=1)
    filled["industries"]["a"]["growth"] = {"series": {FIRST: 1, FIRST + 1: 0.05}, "steps": True}
    scenario = build(filled)
    h, _ = simulate(scenario, SEED, 0, 20, warm_start(scenario, SEED), alpha=np.zeros((2, 1)))
    w = Values(inputs_for(scenario, FIRST, FIRST + 4, None, SEED), h, 2)
    np.testing.assert_array_equal(value(w, "expansion_demand") + value(w, "replacement_demand"), value(w, "vacancies"))
    assert (value(w, "fill_rate") < 1).sum() == 0


def test_still_here_is_of_those_who_graduated_then(three_fields):
    v, h = three_fields, three_fields.history
    layout, jobs = v.layout, v.jobs
    for i, span in enumerate((1, 3, 5)):
        got = value(v, f"still_here_{span}")
        assert np.isnan(got[:span]).all()
        np.testing.assert_allclose(got[span:], h.here[span:, i].sum(axis=1) / h.graduates[: 7 - span].sum(axis=1))
        for way, level in (("low", "secondary"), ("high", "college")):
            of_way = np.array([layout.stages[s][0] == way for s in jobs.tracks])
            groups = layout.group_pathway == layout.pathways.index(way)
            exact = h.here[span:, i, of_way].sum(axis=1) / h.graduates[: 7 - span, groups].sum(axis=1)
            np.testing.assert_allclose(value(v, f"still_here_{span}", pathways=[way])[span:], exact)
            np.testing.assert_allclose(value(v, f"still_here_{span}", levels=[level])[span:], exact)
            assert 0 < exact.mean() < 1
