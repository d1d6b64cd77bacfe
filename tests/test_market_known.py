"""Closed forms and known answers of the labour market, through the whole engine (docs/model.md, Answers known beforehand)."""

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from skillsim.chance import Draws, Expected
from skillsim.engine.inputs import inputs_for
from skillsim.engine.jobs import CARRIED, ORDER, REGULAR
from skillsim.engine.run import Run
from skillsim.engine.simulate import warm_start
from skillsim.terms import DESTINATIONS, LOCAL
from worlds import SEED, build, path, place, row, stage, title, with_market

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
    return with_market(raw, **{**plain, "after_graduation": none, "workforce": YOUNG, **labour})


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
SIZES = st.dictionaries(st.sampled_from("abc"), FIELD, min_size=1, max_size=3).filter(lambda f: any(sum(n) for n, _ in f.values()))
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


@settings(PROFILE, max_examples=25)
@given(SIZES, st.sampled_from([{}, {"x": 1}]), st.sampled_from([[0, 0.2, 0.7, 1]]), st.data())
def test_more_flexibility_never_fills_fewer_jobs_in_one_round(sizes, _, grid, data):
    """In the mean, with one round of search: flexible, open_to_others and over_qualified each raise the jobs filled."""
    first = next(iter(sizes))
    links = {p: data.draw(st.sampled_from([{p: 1}, {p: 0.6}, {p: 0.5, first: 0.3} if p != first else {p: 0.5}])) for p in sizes}
    at = {k: data.draw(st.sampled_from(grid)) for k in ("flexible", "open_to_others", "over_qualified")}
    start = warm_start(build(fields(sizes)), SEED)

    def filled(flexible, open_to_others, over_qualified):
        raw = fields(sizes, links=links, rounds=["12-31"], flexible=flexible, over_qualified=over_qualified)
        for one in raw["industries"].values():
            one["open_to_others"] = open_to_others
        return ran(raw, EVERYBODY, start=start).history.hired.sum()

    for name in at:
        got = [filled(**{**at, name: x}) for x in grid]
        assert (np.diff(got) >= -1e-9).all(), (name, got)


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
    # with 3 such vacancies only 3 of them can come
    raw = fields({"a": ((100, 0), (1000, 0))}, last=FIRST + 1, returning=[0.1])
    raw["industries"]["a"]["growth"] = {"series": {FIRST: 1, FIRST + 1: 0}, "steps": True}
    raw["industries"]["a"]["to_graduates"] = {"series": {FIRST: 0.9, FIRST + 1: 0.9}, "steps": True}
    raw["labour"]["experienced_found"] = 1
    scarce = ran(raw, 0.0).history
    left_open = 0.1 * scarce.vacancies[1].sum()
    assert scarce.flows[1, 0] == pytest.approx(min(5, left_open))
    assert left_open > 5
