"""Labour markets at the edge of what can be written: they run, by draws and by means, and nobody is lost or doubled."""

import warnings

import numpy as np
import pytest

import skillsim as ss
from skillsim.engine.inputs import inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.layout import lay_out
from skillsim.engine.simulate import simulate, warm_start
from skillsim.terms import DESTINATIONS
from worlds import EXAM, SEED, build, laid, means, path, place, row, run, stage, steps, town, with_market

STUDYING, LOCAL = slice(0, 2), slice(2, 6)
AWAY_RATES = {"rate": 1e-6, "definition": "r3"}


def small(last=2029, seats=100, **labour):
    """One town, three industries, two programmes (one without industries), a secondary and a college pathway."""
    pathways = {
        "mid": path(stage(years=2, dropout=0.05, further=EXAM)),
        "high": path(stage("college", years=2, dropout=0.02), entry="exam"),
        "through": path(stage(years=2, dropout=0.03), stage("college", 1, transfer={"sits": 0.9, "passes": 0.8})),
    }
    rows = [
        row("mid", seats, "a"),
        row("mid", seats, "b"),
        row("through", seats, "a", then=["college"]),
        row("high", seats, "a", "college", areas="any"),
        row("high", seats, "b", "college", areas="any"),
    ]
    raw = place(pathways, rows, last=last, gates={"exam": {"elsewhere": 0.3}})
    raw["areas"]["town"]["general_applicants"] = 40
    raw["industries"] = {c: {"title": {"zh": c, "en": c}, "growth": 0.02} for c in ("machines", "homes", "shops")}
    raw["programmes"]["a"]["industries"] = {"machines": 0.6, "homes": 0.2}
    return with_market(raw, **{"growth_sd": 0.05, "growth_persistence": 0.5, "growth_common": 0.5, **labour})


def straight(scenario, replications):
    """The history of a scenario whose base rates vacancies keep from coming out, which `run` refuses."""
    layout, start = lay_out(scenario), warm_start(scenario, SEED)
    pairs = np.arange(replications // 2) if scenario.uncertainty.parameters else None
    years = scenario.years
    alpha = intercepts(inputs_for(scenario, years.first, years.last, pairs, SEED, layout), start).alpha
    return simulate(scenario, SEED, 0, replications, start, layout, alpha=alpha)[0]


def balanced(h, slack=0.0):
    """Check a history: whole people where they are drawn, everybody somewhere, no vacancy taken twice."""

    def equal(a, b):
        assert (np.abs(np.asarray(a, float) - b) <= slack * (1 + np.abs(b))).all()

    def within(a, b):
        assert (a <= b + slack * (1 + np.abs(np.asarray(b, float)))).all()

    for name, x in vars(h).items():
        assert np.isfinite(x).all() and ((x >= -slack).all() or name == "adjusted"), name
        assert slack or np.issubdtype(x.dtype, np.integer), name
    assert len(DESTINATIONS) == h.destinations.shape[1]
    equal(h.destinations.sum(axis=1), h.graduates)
    within(h.entrants, h.seats)
    within(h.opened, h.vacancies)
    within(h.hired, h.opened)
    within(h.experienced, h.vacancies - h.opened)
    equal(h.workers[1:], h.workers[:-1] - h.exits[1:] + h.hired[1:] + h.experienced[1:])
    equal(h.vacancies, np.maximum(h.wanted - (h.workers - h.hired - h.experienced), 0))
    within(h.retired.sum(axis=1), h.exits.sum(axis=1))
    within(h.flows.sum(axis=1), h.experienced.sum(axis=1))
    equal(h.stayers + 0.0, np.minimum(h.stayers, h.graduates - h.destinations[:, STUDYING].sum(axis=1)))
    within(h.turned_away, h.stayers)
    return h


def proved(raw, replications=4, shown=True):
    """Run a place by draws (also without parameter chance and without any) and by means; return the first history."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raw = laid(raw, {"uncertainty": {"parameters": True}})
        scenario = build(raw)
        try:
            result = run(scenario, replications)
            history = result.history
            if shown:
                result.frame(), result.targets(), result.manifest()
        except ss.ScenarioError as error:
            if {p.code for p in error.problems} != {"base_bound"}:
                raise
            history = straight(scenario, replications)
        balanced(history)
        balanced(straight(build(laid(raw, {"uncertainty": {"parameters": False}})), 2))
        balanced(straight(build(laid(raw, {"uncertainty": {"process": False}})), 2), 1e-7)
        balanced(straight(build(laid(raw, {"uncertainty": {"parameters": False, "process": False}})), 2), 1e-7)
        balanced(means(scenario).history, 1e-7)
    return history


def industries(raw, **fields):
    """``raw`` with fields of every industry."""
    return laid(raw, {"industries": dict.fromkeys(raw["industries"], fields)})


def aged(raw, **ages):
    """``raw`` with other ages of workers."""
    raw = laid(raw, {})
    for category, given in ages.items():
        raw["labour"]["workforce"][category]["ages"] = given
    return raw


def working(h):
    """Graduates at work in the place [Y, R]."""
    return h.destinations[:, LOCAL].sum(axis=(1, 2))


# ------------------------------------------------------------------------------------------------------------ vacancies


def test_the_plain_case():
    h = proved(small())
    assert working(h).any() and h.flows.any() and h.retired.any()


def test_no_vacancies():
    """Nine tenths of the jobs go every year, nothing is wanted: no stayer finds anything."""
    raw = industries(small(last=2032), growth=steps(y2025=0.02, y2026=-0.9))
    h = proved(raw)
    assert h.vacancies[0].any() and not h.vacancies[1:5].any() and not working(h)[1:5].any()


def test_workers_in_one_industry_only():
    raw = laid(small(), {"industries": {"homes": {"workers": 0}, "shops": {"workers": 0}}})
    h = proved(raw)
    jobs = np.array([c == "machines" for c in ("homes", "machines", "shops")] * 2)
    assert h.workers[:, jobs].any() and not h.workers[:, ~jobs].any()


def test_workers_in_one_industry_that_dies():
    raw = laid(small(last=2035), {"industries": {"homes": {"workers": 0}, "shops": {"workers": 0}, "machines": {"growth": -0.9}}})
    h = proved(raw)
    assert not working(h)[3:].any()


def test_vacancies_without_graduates():
    raw = small(last=2027)
    raw["areas"]["town"].update(junior_graduates=0, general_applicants=0)
    h = proved(raw)
    assert h.opened.any() and not h.graduates.any() and not h.hired.any()


def test_seats_of_nobody():
    h = proved(small(seats=0))
    assert h.opened.any() and not h.stayers.any()


def test_growth_without_end():
    raw = industries(small(last=2028), workers=100, growth=9)
    h = proved(raw)
    assert (h.wanted.sum(axis=1)[-1] > 100_000).all()


@pytest.mark.parametrize("sd", [0, 1])
def test_shocks(sd):
    proved(industries(small(last=2030, growth_sd=sd, growth_persistence=0, growth_common=1), workers=1000))
    proved(industries(small(last=2030, growth_sd=sd, growth_persistence=0, growth_common=0), workers=1000))


def test_shocks_that_pile_up():
    """Half the replications shrink to nothing, some grow ten thousand times: the mean is well within bounds."""
    raw = small(last=2060, growth_sd=1, growth_persistence=0.99)
    proved(industries(raw, workers=1000, growth=0), 20)


def test_growth_that_is_drawn_high():
    """Growth of mean 0 whose highest draws double the jobs every year."""
    raw = industries(small(last=2060, growth_sd=0), workers=10_000)
    proved(industries(raw, growth={"triangular": [-0.9, -0.9, 1.8], "shared": "growth"}), 60)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_a_handful_of_workers(workers):
    raw = laid(small(), {"industries": {"homes": {"workers": 0}, "shops": {"workers": 0}, "machines": {"workers": workers}}})
    h = proved(raw)
    assert (h.workers.sum(axis=1) <= 2 * workers + 20).all()


def test_workers_that_may_be_none_at_all():
    """Drawn between 0 and 2: in some draws the place has no worker at all."""
    h = proved(industries(small(), workers={"uniform": [0, 0.9]}, growth=0), 16)
    assert not h.workers[0].any(axis=0).all()


def test_ten_million_workers():
    raw = industries(small(last=2027), workers=10_000_000)
    h = proved(raw)
    assert (h.workers.sum(axis=1) > 2e7).all()


def test_a_hundred_million_workers():
    raw = industries(small(last=2026, growth_sd=0), workers=33_333_333, growth=0)
    h = proved(raw)
    assert (h.workers.sum(axis=1, dtype=np.int64) > 8e7).all()


# --------------------------------------------------------------------------------------------------------- shares 0 or 1


@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("name", ["to_graduates", "flexible", "over_qualified", "giving_up", "experienced_found"])
def test_a_share_of_none_or_all(name, share):
    h = proved(industries(small(last=2028, **{name: share}), workers=1500))
    if name == "to_graduates" and share == 0:
        assert not h.opened.any() and not working(h).any()
    if name == "to_graduates" and share == 1:
        assert (h.opened == h.vacancies).all() and not h.experienced.any()
    if name == "experienced_found":
        assert h.experienced.any() or share == 0  # who comes back takes a job all the same
    if name == "over_qualified" and share == 0:
        assert not h.destinations[:, [3, 5]].any()


@pytest.mark.parametrize("name", ["leaving", "moving"])
def test_everybody_leaves_or_moves_every_year(name):
    h = proved(small(last=2028, **{"leaving": 0, "moving": 0, name: 1}))
    assert (h.exits.sum(axis=1)[0] >= 60_000 - 4).all()


def test_all_but_a_hair_leave():
    """Of five million workers a hundredth of a person is left in the mean; their ages say so to nine digits only."""
    raw = place({"p": path(stage())}, [row("p", 100)], last=2027)
    raw = with_market(raw, leaving=0, moving=1, experienced_found=1e-9, to_graduates=0)
    raw["industries"]["machines"].update(workers=5_000_000, level_shares={"college": 1})
    balanced(means(build(raw)).history, 1e-7)


def test_nobody_ever_leaves():
    """But some retire, and growth opens jobs."""
    never = [0] * 5
    h = proved(small(leaving=0, moving=0, returning=never, after_graduation={"matched": never, "unmatched": never}))
    assert (h.exits.sum(axis=1) == h.retired.sum(axis=1)).all()


def test_all_who_went_come_back_and_all_who_came_go():
    h = proved(small(last=2031, returning=[1] * 5, after_graduation={"matched": [1] * 5, "unmatched": [1] * 5}))
    assert h.flows[:, 0].any() and not h.here[1:, 1:].any()


def test_nobody_comes_back():
    assert not proved(small(last=2027, returning=[])).flows[:, 0].any()


@pytest.mark.parametrize("share", [0, 1])
def test_shares_of_industries_of_none_or_all(share):
    proved(industries(small(last=2027), to_graduates=share, open_to_others=1 - share))
    proved(industries(small(last=2027), to_graduates=1, open_to_others=share))


@pytest.mark.parametrize("share", [0, 1])
def test_shares_of_programmes_of_none_or_all(share):
    raw = laid(small(last=2027), {"programmes": {c: {"flexible": share, "order_class": share} for c in ("a", "b")}})
    proved(laid(raw, {"retention": {"order_class": 20}}))
    proved(laid(raw, {"retention": {"order_class": -20}}))


def test_an_order_class_of_nobody():
    """Order class 0 written out makes rows for it, and changes nobody's way: the same in the mean."""
    raw = small(last=2027)
    plain, other = means(build(raw)), means(build(laid(raw, {"programmes": {"a": {"order_class": 0}}})))
    for name in ("hired", "destinations", "workers"):
        assert getattr(other.history, name) == pytest.approx(getattr(plain.history, name), rel=1e-9, abs=1e-9), name
    proved(laid(raw, {"programmes": {"a": {"order_class": 0}, "b": {"order_class": 1}}}))


@pytest.mark.parametrize("tightness", [-20, 20])
def test_tightness_out_of_hand(tightness):
    proved(laid(small(), {"retention": {"tightness": tightness, "local_origin": 20}}))


@pytest.mark.parametrize("found", [0, 1])
def test_nobody_or_everybody_looks(found):
    raw = small(last=2027)
    raw["retention"]["stayers"] = {"by_august": found, "by_december": 1}
    h = proved(raw)
    assert working(h).any()


def test_nobody_looks_for_work_at_all():
    raw = small(last=2027)
    raw["retention"]["stayers"] = {"by_august": 0, "by_december": 1e-9}
    raw["retention"]["base"] = [{**base, "rate": 1e-12} for base in raw["retention"]["base"]]
    assert not working(proved(raw)).any()


# ------------------------------------------------------------------------------------------------------------ structure


def test_one_job_level():
    raw = small()
    raw["labour"]["job_levels"] = ["secondary"]
    for way in raw["pathways"].values():
        for one in way["stages"]:
            one["job_level"] = "secondary"
    for industry in raw["industries"].values():
        industry["level_shares"] = {"secondary": 1}
    h = proved(laid(raw, {"labour": {"over_qualified": 1}}))
    assert not h.destinations[:, [3, 5]].any()


def test_a_job_level_without_jobs():
    """No college job at all: who wants one finds a level below, or nothing."""
    raw = industries(small(over_qualified=1), level_shares={"secondary": 1, "college": 0})
    h = proved(raw)
    assert h.destinations[:, [3, 5]].any() and not h.workers[:, 3:].any()


def test_a_lowest_level_without_jobs():
    h = proved(industries(small(over_qualified=1), level_shares={"secondary": 0, "college": 1}))
    assert not h.destinations[:, [3, 5]].any()


def test_a_job_level_for_which_nobody_is_trained():
    raw = small(last=2027)
    raw["levels"] = [*raw["levels"], "master"]
    raw["labour"]["job_levels"] = ["secondary", "college", "master"]
    proved(industries(raw, level_shares={"master": 1}))


def test_levels_that_drift_apart():
    raw = small(last=2060, level_drift={"college": 1, "secondary": -1})
    proved(raw, 2)


def test_one_industry():
    raw = place({"p": path(stage())}, [row("p", 100)], last=2028, programmes={"a": {"industries": {"machines": 1}}})
    h = proved(with_market(raw))
    assert not h.destinations[:, 4:6].any()


def test_no_programme_has_an_industry():
    raw = place({"p": path(stage())}, [row("p", 100)], last=2028)
    h = proved(with_market(raw))
    assert not h.destinations[:, [2, 3]].any() and h.destinations[:, 4].any()


def test_no_programme_has_an_industry_and_no_job_takes_other_fields():
    raw = industries(with_market(place({"p": path(stage())}, [row("p", 100)], last=2028)), open_to_others=0)
    assert not working(proved(raw)).any()


def test_links_that_sum_to_one():
    third = {"machines": 0.3, "homes": 0.3, "shops": 0.4}
    raw = laid(small(last=2027), {"programmes": {"a": {"industries": third}, "b": {"industries": third}}})
    h = proved(raw)
    assert h.destinations[:, 2].any()


def test_links_to_an_industry_without_workers():
    raw = laid(small(), {"industries": {"machines": {"workers": 0}, "homes": {"workers": 0}}})
    proved(laid(raw, {"programmes": {"a": {"industries": {"machines": 1, "homes": 0}}}, "labour": {"flexible": 0}}))


def test_everyone_goes_on_studying():
    raw = small(last=2027)
    raw["pathways"]["mid"]["stages"][0]["further"] = {"gate": "exam", "sits": 1, "passes": 1}
    h = proved(raw)
    assert (h.destinations[:, STUDYING].sum(axis=1) <= h.graduates).all()


def test_a_pathway_whose_graduates_all_go_on():
    """Only secondary graduates, all of whom go elsewhere to study: nobody looks for work."""
    everyone = {"gate": "exam", "sits": 1, "passes": 1}
    raw = place({"p": path(stage(further=everyone))}, [row("p", 100)], last=2027, gates={"exam": {"elsewhere": 0}})
    h = proved(with_market(raw))
    assert h.graduates.any() and not h.stayers.any() and not h.hired.any()


def test_the_whole_town():
    h = proved(with_market(town(last=2030)))
    assert working(h).any()


def test_the_longest_ways():
    """Four stages of eight years after an upgrade: graduates of 53, carried over another year."""
    long = [stage("college", 8), *(stage("college", 8, transfer={"sits": 1, "passes": 1}) for _ in range(3))]
    raw = place({"p": path(*long, entry="exam"), "q": path(stage())}, [row("p", 10, areas="any"), row("q", 10)], last=2027)
    raw["areas"]["town"]["general_applicants"] = 10
    proved(aged(with_market(raw, waiting="carried"), men={15: 1}), 2)


# ---------------------------------------------------------------------------------------------------------- days, years


@pytest.mark.parametrize("first, last", [(1990, 1994), (1950, 1953), (2024, 2046), (2060, 2064), (2148, 2150)])
def test_years(first, last):
    raw = small()
    move = {"years": {"first": first, "last": last}, "as_of": f"{first}-01-01"}
    raw = laid(raw, move)
    raw["retention"]["base"] = [{**base, "year": first} for base in raw["retention"]["base"]]
    h = proved(raw, 2)
    assert h.retired.any() or first > 2100  # then nobody of the start is at the age within three years


def test_eighty_years():
    raw = small()
    raw = laid(raw, {"years": {"first": 2025, "last": 2104}})
    proved(industries(raw, growth=0), 2)


def test_one_year():
    assert proved(small(last=2025)).workers.shape[0] == 1


def test_a_base_rate_of_a_later_year():
    raw = laid(small(last=2030), {"as_of": "2028-06-01"})
    raw["retention"]["base"] = [{**base, "year": 2025 + i % 4} for i, base in enumerate(raw["retention"]["base"])]
    proved(raw)


@pytest.mark.parametrize("waiting", ["counted_out", "carried"])
@pytest.mark.parametrize("measured_on", ["08-31", "12-31"])
def test_waiting_and_counting(waiting, measured_on):
    raw = laid(small(waiting=waiting), {"retention": {"measured_on": measured_on}})
    raw["retention"]["base"] = [
        {**base, "measured_on": ("08-31", "12-31")[i % 2]} for i, base in enumerate(raw["retention"]["base"])
    ]
    h = proved(industries(raw, workers=2000))
    assert (h.carried[1:].sum() > 0) == (waiting == "carried")


@pytest.mark.parametrize("giving_up", [0, 1])
@pytest.mark.parametrize("order_class", [0, 0.5, 1])
def test_carried_over_without_vacancies(giving_up, order_class):
    """No job for anybody from the second year on: those who wait are carried over once, unless they give up first."""
    raw = industries(small(last=2030, waiting="carried", giving_up=giving_up), growth=steps(y2025=0.02, y2026=-0.9))
    h = proved(laid(raw, {"programmes": {"a": {"order_class": order_class}}}))
    assert not working(h)[1:5].any() and h.carried[2:].any()


@pytest.mark.parametrize(
    "rounds",
    [
        ["08-31", "09-01"],
        ["07-21", "12-31"],
        ["12-30", "12-31"],
        ["08-31", "12-31"],
        [f"{m:02}-{d:02}" for m in (8, 9, 10, 11, 12) for d in (1, 7, 14, 21, 28)] + ["12-31"],
    ],
    ids=len,
)
def test_rounds(rounds):
    proved(small(last=2027, rounds=rounds, waiting="carried"))


def test_the_other_calendar():
    """Search on the day of the term, the census and the accounts; counted on the day of a round."""
    calendar = {"admission": "07-20", "term": "08-31", "census": "10-31", "accounts": "12-31"}
    proved(laid(small(last=2027), {"calendar": calendar, "retention": {"measured_on": "08-31"}}))


def test_accounts_before_the_end_of_the_year():
    raw = laid(small(last=2027, rounds=["08-31", "10-31", "11-30"]), {"calendar": {"accounts": "11-30"}})
    raw["retention"]["measured_on"] = "08-31"
    proved(raw)


def test_actual_figures():
    raw = laid(small(last=2030), {"as_of": "2028-01-01"})
    source = {"assumed": "x"}
    raw["observed"] = [
        {"indicator": "graduates", "year": 2026, "value": 50_000, "source": source},
        {"indicator": "graduates", "year": 2027, "value": 0, "source": source},
        {"indicator": "local_retention", "definition": "r1", "year": 2026, "value": 0, "source": source},
        {"indicator": "entrants", "year": 2025, "value": 1, "source": source},
    ]
    proved(raw)


@pytest.mark.parametrize("value", [0, 0.3, 1])
def test_an_actual_staying_rate(value):
    raw = laid(small(last=2027), {"as_of": "2027-01-01"})
    raw["observed"] = [
        {"indicator": "local_retention", "definition": "r1", "year": 2026, "value": value, "source": {"assumed": "x"}}
    ]
    proved(raw)


# --------------------------------------------------------------------------------------------------------------- people


@pytest.mark.parametrize("category", ["men", "cadre_women", "worker_women"])
def test_one_category(category):
    shares = {c: {"share": float(c == category)} for c in ("men", "cadre_women", "worker_women")}
    h = proved(small(workforce=shares))
    where = ("men", "cadre_women", "worker_women").index(category)
    assert h.retired[:, where].any() and not np.delete(h.retired, where, axis=1)[:2].any()


@pytest.mark.parametrize("ages", [{15: 1}, {49: 1}, {15: 1, 16: 0}, {15: 1e6, 49: 1e-300}])
def test_one_age(ages):
    proved(aged(small(), men=ages, cadre_women=ages, worker_women=ages))


def test_everybody_is_about_to_retire():
    raw = aged(small(), men={59: 1}, cadre_women={54: 1}, worker_women={49: 1})
    proved(laid(raw, {"rules": {"retirement": {"rise": 0}}}))
    h = proved(laid(raw, {"rules": {"retirement": {"rise": 0}}, "labour": {"leaving": 0, "moving": 0}}))
    assert (h.retired[0].sum(axis=0) >= 59_990).all()


def test_retirement_that_rises_and_falls_by_policy():
    raw = small(last=2030)
    raw["policies"] = {
        "no": {"title": {"zh": "x", "en": "x"}, "changes": [{"key": "rules.retirement.rise", "set": 0, "from": "2027-01-01"}]}
    }
    base = build(raw)
    one, two = ss.run([base, base.vary("no")], replications=4, threads=1)
    assert (one.history.retired[:2] == two.history.retired[:2]).all()
    assert two.history.retired[2].sum() > one.history.retired[2].sum()
    balanced(two.history)


# ------------------------------------------------------------------------------------------------------------- policies

POLICIES = {
    "growth": {"industries.machines.growth": ("add", 0.05)},
    "hiring": {"labour.to_graduates": ("set", 1)},
    "no hiring": {"labour.to_graduates": ("set", 0), "labour.experienced_found": ("set", 0)},
    "order classes": {"programmes.a.order_class": ("ramp", 1, "2026-01-01", "2028-01-01")},
    "levels": {"industries.machines.level_shares.secondary": ("set", 0)},
    "drift": {"labour.level_drift.college": ("set", 1)},
    "turnover": {"labour.leaving": ("set", 0), "labour.moving": ("set", 0)},
    "ways out": {"labour.after_graduation.matched": ("set", 1), "labour.returning": ("scale", 0)},
    "search": {"labour.over_qualified": ("set", 1), "labour.giving_up": ("set", 1), "labour.flexible": ("set", 0)},
    "shocks": {"labour.growth_sd": ("set", 0.2), "labour.growth_persistence": ("set", 0.99), "labour.growth_common": ("set", 1)},
    "other fields": {"industries.*.open_to_others": ("set", 0)},
    "wish": {"retention.order_class": ("set", 2), "retention.tightness": ("set", 5)},
    "links": {"programmes.a.industries.machines": ("set", 0)},
}


@pytest.mark.parametrize("wish", POLICIES.values(), ids=POLICIES)
def test_what_policies_change(wish):
    """Nothing differs before the change, and the changed place balances."""
    raw = laid(small(last=2029, level_drift={"college": 0.01}), {"as_of": "2026-01-01"})
    base = build(industries(raw, workers=3000, growth=steps(y2025=0.03, y2026=0)))
    one, two = ss.run([base, base.vary(wish, "two")], replications=4, threads=1)
    balanced(two.history)
    for name in ("hired", "workers", "destinations"):
        assert (getattr(one.history, name)[0] == getattr(two.history, name)[0]).all(), name
    assert any((getattr(one.history, name) != getattr(two.history, name)).any() for name in vars(one.history))
