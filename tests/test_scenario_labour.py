"""The labour market's borders: what is just allowed reads, what lies just beyond is told; policies on it; what is left out."""

from datetime import date

import pytest

import skillsim as ss
from helpers_scenario import LANGS, told_well
from skillsim.errors import ScenarioError
from skillsim.results import indicators
from skillsim.rules import workforce
from skillsim.scenario import labour, picks, statute
from skillsim.scenario.numbers import MOST_PERSONS
from skillsim.scenario.types import numbers
from skillsim.terms import INDICATORS
from worlds import EXAM, build, laid, path, place, row, run, stage, steps, with_market

ALL = ("men", "cadre_women", "worker_women")


def raw(*more, **over):
    pathways = {"p": path(stage(further=EXAM)), "q": path(stage("college"), entry="exam")}
    rows = [row("p", 100, "a"), row("p", 50, "b"), row("q", 20, "a", areas="any")]
    out = with_market(place(pathways, rows, last=2030, gates={"exam": {"elsewhere": 0}}))
    out["industries"]["homes"] = {"title": {"zh": "x", "en": "x"}, "workers": 500, "level_shares": {"secondary": 1}}
    out["programmes"]["a"]["industries"] = {"machines": 0.5}
    for one in (*more, over):
        out = laid(out, one)
    return out


def told(tree):
    """Codes and paths of the problems of a tree; none where it reads."""
    try:
        build(tree)
    except ScenarioError as error:
        assert all(told_well(error.text(lang)) for lang in LANGS)
        return [(p.code, p.path) for p in error.problems]
    return []


def of_labour(**fields):
    return {"labour": fields}


def aged(category, ages, **over):
    tree = raw(**over)
    tree["labour"]["workforce"][category]["ages"] = ages
    return tree


def of_machines(**fields):
    return {"industries": {"machines": fields}}


WORKERS = {"uniform": [0, 10]}
NORMAL = {"normal": [0.5, 0.4]}
BORDERS = [
    # what is changed, and the problems: none, or a code and where it stands
    ({}, None, ""),
    ({"demand": "unbounded"}, None, ""),
    (of_labour(leaving=0.4, moving=0.6), None, ""),
    (of_labour(leaving=0.4, moving=0.601), "sum_over_one", "labour"),
    (of_labour(leaving={"series": {2025: 0.1, 2030: 0.9}}, moving={"series": {2025: 0.9, 2030: 0.1}}), None, ""),
    (of_labour(leaving={"series": {2025: 0.1, 2030: 0.9}}, moving=0.2), "sum_over_one", "labour"),
    (of_labour(leaving=NORMAL, moving=0.5), None, ""),  # draws with a tail are brought back together
    (of_labour(leaving=NORMAL, moving=0.6), "sum_over_one", "labour"),
    (of_labour(leaving={"beta": [2, 2]}, moving=0.5), None, ""),
    (of_labour(growth_sd=1, growth_persistence=0.99, growth_common=1), None, ""),
    (of_labour(growth_persistence=1), "range", "labour.growth_persistence"),
    (of_labour(growth_sd=1.01), "range", "labour.growth_sd"),
    (of_labour(level_drift={"college": 1, "secondary": -1}), None, ""),
    (of_labour(level_drift={"college": 1.1}), "range", "labour.level_drift.college"),
    (of_labour(giving_up=1.5), "range", "labour.giving_up"),
    (of_labour(returning=[0.1] * 5), None, ""),
    (of_labour(returning=[0.1] * 6), "too_many", "labour.returning"),
    (of_labour(returning=[1.1]), "range", "labour.returning.0"),
    (of_labour(after_graduation={"matched": [0.1] * 4 + [2]}), "range", "labour.after_graduation.matched.4"),
    (of_labour(job_levels=[]), "too_few", "labour.job_levels"),
    (of_labour(job_levels=["college", "secondary"]), "job_levels", "labour.job_levels"),
    (of_labour(job_levels=["secondary", "college", "college"]), "job_levels", "labour.job_levels"),
    (of_machines(growth=-0.9), None, ""),
    (of_machines(growth=-0.91), "range", "industries.machines.growth"),
    (of_machines(growth=9, workers=90), None, ""),
    (of_machines(growth=9.1), "range", "industries.machines.growth"),
    (of_machines(workers=-1), "range", "industries.machines.workers"),
    (of_machines(workers=MOST_PERSONS - 500, growth=0), None, ""),
    (of_machines(workers=MOST_PERSONS - 499, growth=0), "workers_many", "industries"),
    (of_machines(workers=99, growth=9), None, ""),  # six years of tenfold growth
    (of_machines(workers=101, growth=9), "workers_many", "industries"),
    (of_machines(workers=2e7, growth=steps(y2025=4, y2026=-0.9)), "workers_many", "industries"),
    (of_machines(workers=0, level_shares={}), None, ""),
    (
        of_machines(workers=WORKERS, level_shares={"secondary": 0, "college": 0}),
        "level_shares_none",
        "industries.machines.level_shares",
    ),
    (
        of_machines(level_shares={"secondary": 0, "college": steps(y2025=1, y2030=0)}),
        "level_shares_none",
        "industries.machines.level_shares",
    ),
    (of_machines(level_shares={"secondary": 0, "college": {"uniform": [0, 1]}}), None, ""),
    (
        of_machines(level_shares={"secondary": 0, "college": {"beta": [0.01, 1]}}),
        "level_shares_none",
        "industries.machines.level_shares",
    ),
    (of_machines(level_shares={"secondary": 1e6}), None, ""),
    (of_machines(level_shares={"secondary": 1e7}), "range", "industries.machines.level_shares.secondary"),
    (of_machines(workers={"series": {2020: 100}}), None, ""),
    (of_machines(workers={"series": {2020: 100, 2030: 100}}), None, ""),
    (of_machines(workers={"series": {2020: 100, 2030: 101}}), "start_series", "industries.machines.workers"),
    (of_machines(to_graduates=1.2), "range", "industries.machines.to_graduates"),
    (of_machines(open_to_others=-0.1), "range", "industries.machines.open_to_others"),
    ({"industries": {c: {"workers": 0} for c in ("machines", "homes")}}, "workers_none", "industries"),
    ({"industries": {c: {"workers": WORKERS} for c in ("machines", "homes")}}, None, ""),
    ({"programmes": {"a": {"order_class": 1, "flexible": 0}}}, None, ""),
    ({"programmes": {"a": {"order_class": 1.1}}}, "range", "programmes.a.order_class"),
    ({"programmes": {"a": {"flexible": -1}}}, "range", "programmes.a.flexible"),
    ({"retention": {"tightness": 21}}, "range", "retention.tightness"),
    ({"rules": {"retirement": {"rise": 0.5}}}, "switch_certain", "rules.retirement.rise"),
    (of_labour(rounds=["07-21", "12-31"]), None, ""),
    (of_labour(rounds=["07-20", "12-31"]), "rounds_day", "labour.rounds.0"),
    (of_labour(rounds=["08-31", "09-01"]), None, ""),
    (of_labour(rounds=["08-30", "08-31"]), "rounds_december", "labour.rounds"),
    (of_labour(rounds=["09-01"]), None, ""),
    (of_labour(rounds=["08-31", "08-31", "12-31"]), "rounds_order", "labour.rounds"),
    (of_labour(rounds=["08-31", "12-31", "09-30"]), "rounds_order", "labour.rounds"),
    (of_labour(rounds=["08-31", "11-31", "12-31"]), "pattern_day", "labour.rounds.1"),
    (of_labour(rounds=["08-31", "12-32"]), "pattern_day", "labour.rounds.1"),
    (of_labour(rounds=[]), "too_few", "labour.rounds"),
    (of_labour(rounds=["08-31", "12-01"]) | {"calendar": {"accounts": "12-01"}}, "measured_day", "retention.measured_on"),
    (of_labour(rounds=["08-31", "12-01"]) | {"calendar": {"accounts": "12-01"}, "retention": {"measured_on": "08-31"}}, None, ""),
    (of_labour(rounds=["09-01", "12-31"]) | {"retention": {"measured_on": "08-31"}}, "rounds_august", "retention.measured_on"),
    (
        {
            "calendar": {
                "graduation": "01-20",
                "exam": "01-10",
                "assessment": "01-08",
                "progress": "01-05",
                "plan": "01-01",
                "admission": "02-01",
                "term": "02-10",
            }
        }
        | of_labour(rounds=["02-29", "12-31"]),
        "pattern_day",
        "labour.rounds.0",
    ),
]


@pytest.mark.parametrize("over, code, where", BORDERS, ids=[f"{i}-{b[1] or 'reads'}" for i, b in enumerate(BORDERS)])
def test_borders(over, code, where):
    tree = laid(raw(), over)
    if "level_shares" in over.get("industries", {}).get("machines", {}):
        tree["industries"]["machines"]["level_shares"] = over["industries"]["machines"]["level_shares"]
    assert told(tree) == ([(code, where)] if code else [])
    assert code or build(tree)


@pytest.mark.parametrize(
    "ages, code",
    [
        ({15: 1}, None),
        ({49: 1}, None),
        ({14: 1}, "ages_range"),
        ({14: 0}, "ages_range"),
        ({76: 0}, "ages_range"),
        ({-1: 1, 30: 1}, "ages_range"),
        ({30: 0}, "ages_none"),
        ({30: -1e-9, 31: 1}, "range"),
        ({30: 1e7}, "range"),
        ({30: 1e6}, None),
        ({40: 1, 75: 0}, "ages_retired"),  # the straight line runs past the age of retirement
        ({40: 1, 50: 0, 75: 0}, None),
        ({}, "too_few"),
        ({30: float("nan")}, "number_finite"),
        ({30: float("inf")}, "number_finite"),
        ({30: True}, "number_type"),
        ({30: "x"}, "number_text"),
        ({"x": 1}, "wrong_type"),
        ({30.5: 1}, "wrong_type"),
    ],
)
def test_ages(ages, code):
    found = {c for c, _ in told(aged("worker_women", ages))}
    # no age above 0 is told besides what is wrong with each
    assert found - ({"ages_none"} if code in ("ages_range", "range") else set()) == ({code} if code else set())


@pytest.mark.parametrize(
    "first, rise", [(1990, 1), (2024, 1), (2025, 0), (2025, 1), (2026, 1), (2033, 1), (2045, 0), (2045, 1), (2060, 1)]
)
@pytest.mark.parametrize("category", ALL)
def test_who_is_past_the_age_is_refused_and_nobody_else(category, first, rise):
    """Against the engine's own rule: the oldest age allowed is the last of which not all retire at once in the first year."""
    ages = range(labour.YOUNGEST, labour.OLDEST + 1)
    births = workforce.np.array([first - 1 - age for age in ages])
    at_once = workforce.retiring(births, first, bool(rise))[statute.CATEGORIES.index(category)] >= 1
    # of an age that ends in the year all retire in it, some of them not before
    month = statute.retirement_month(category, births[:, None] * 12 + workforce.np.arange(12), bool(rise)) // 12
    gone = (month < first).all(axis=1)
    assert (at_once | ~gone).all()
    last = max(age for age, g in zip(ages, gone, strict=True) if not g)
    move = {"years": {"first": first, "last": first + 2}, "as_of": date(first, 1, 1), "rules": {"retirement": {"rise": rise}}}
    tree = aged(category, {last: 1}, **move)
    for other in set(ALL) - {category}:
        tree["labour"]["workforce"][other]["ages"] = {20: 1}
    tree["retention"]["base"] = [{**base, "year": first} for base in tree["retention"]["base"]]
    assert told(tree) == []
    tree["labour"]["workforce"][category]["ages"] = {last + 1: 1}
    assert told(tree) == [("ages_retired", f"labour.workforce.{category}.ages")]
    old = {"men": 60, "cadre_women": 55, "worker_women": 50}[category]
    most = {"men": 63, "cadre_women": 58, "worker_women": 55}[category]
    # with a delay of whole years it is the month of birth plus that age, in the month itself
    assert last == old - 1 if not rise or first <= 2025 else old <= last <= most


def test_the_age_of_retirement_has_one_place():
    assert workforce.retirement_month is statute.retirement_month and workforce.CATEGORIES is statute.CATEGORIES


def test_all_is_told_at_once():
    tree = aged("men", {10: 1, 30: 1}, demand="vacancies", labour={"rounds": ["07-01", "12-31"], "leaving": 0.9, "moving": 0.9})
    tree["industries"]["machines"].update(level_shares={"secondary": 0}, workers={"series": {2024: 5, 2030: 6}})
    tree["targets"] = {
        "t": {
            "title": {"zh": "x", "en": "x"},
            "indicator": "headcount",
            "of": {"industries": ["machines"]},
            "year": 2030,
            "direction": "show",
            "clause": "x",
        }
    }
    assert sorted(code for code, _ in told(tree)) == [
        "ages_range",
        "level_shares_none",
        "rounds_day",
        "start_series",
        "sum_over_one",
        "target_pick",
    ]


def test_a_market_without_demand_for_it_is_checked_all_the_same():
    tree = raw(demand="unbounded")
    tree["labour"]["rounds"] = ["08-31", "08-30"]
    tree["labour"]["workforce"]["men"]["ages"] = {80: 1, 40: 1}
    assert {code for code, _ in told(tree)} == {"rounds_order", "rounds_december", "ages_range"}


def test_without_demand_for_it_a_diploma_may_lead_to_no_job():
    tree = raw(demand="unbounded")
    tree["pathways"]["craft"] = path(stage("technician"))
    tree["levels"] = ["secondary", "technician", "college"]
    tree["quota"]["rows"].append(row("craft", 5, "a"))
    tree["retention"]["base"].append(
        {"pathways": ["craft"], "level": "technician", "rate": 0.5, "definition": "r1", "measured_on": "12-31", "year": 2025}
    )
    assert told(tree) == []
    tree["demand"] = "vacancies"
    assert told(tree) == [("job_level_none", "pathways.craft.stages.0")]
    tree["pathways"]["craft"]["stages"][0]["job_level"] = "college"
    assert told(tree) == []
    run(build(tree), 2)


def test_a_pathway_that_no_row_uses_may_lead_to_no_job():
    tree = raw()
    tree["levels"] = ["secondary", "college", "master"]
    tree["pathways"]["spare"] = path(stage("master"), entry="upgrade")
    assert told(tree) == []
    run(build(tree), 2)


def test_numbers_that_share_a_word_are_high_together():
    spread = {"uniform": [0.2, 0.6], "shared": "hiring"}
    tree = raw(
        uncertainty={"parameters": True}, labour={"to_graduates": spread}, industries={"machines": {"to_graduates": spread}}
    )
    inputs = run(build(tree), 8).inputs
    drawn = [inputs.get(p)[0] for p in ("labour.to_graduates", "industries.machines.to_graduates")]
    assert len(set(drawn[0])) > 2 and (drawn[0] == drawn[1]).all()


# ------------------------------------------------------------------------------------------------------------- policies


def refused(act):
    with pytest.raises(ScenarioError) as caught:
        act()
    assert all(told_well(caught.value.text(lang)) for lang in LANGS)
    return caught.value.problems


def of_the_market(scenario):
    """Keys of every number of the new parts."""
    fresh = ("labour.", "industries.", "rules.retirement.", "retention.order_class", "retention.tightness")
    return [
        (path, number, par)
        for path, number, par in numbers(scenario)
        if path.startswith(fresh) or path.endswith((".order_class", ".flexible"))
    ]


def test_a_policy_can_change_every_number_of_the_market_but_the_stock_at_the_start():
    base = build(
        raw(
            programmes={"a": {"flexible": 0.5}},
            industries={"machines": {"to_graduates": 0.3}},
            labour={"level_drift": {"college": 0.01}},
            as_of=date(2026, 1, 1),
        )
    )
    seen = 0
    for path_, number, par in of_the_market(base):
        value = 1 if par.unit == "switch" else 0.01
        if labour.of_the_start(path_):
            assert [p.code for p in refused(lambda p=path_: base.vary({p: ("set", 5)}, "x"))] == ["patch_start"]
            continue
        changed = {p: n for p, n, _ in numbers(base.vary({path_: ("set", value)}, "x"))}
        assert changed[path_].patches and not number.patches
        seen += 1
    assert seen > 25


GROUPS = [
    "labour.after_graduation.matched",
    "labour.returning",
    "industries.*.growth",
    "programmes.*.order_class",
    "industries.*.open_to_others",
]


@pytest.mark.parametrize("key", GROUPS)
def test_a_group_of_one_kind(key):
    scenario = build(raw(as_of=date(2026, 1, 1)))
    assert sum(bool(n.patches) for _, n, _ in numbers(scenario.vary({key: ("set", 0.1)}, "x"))) > 1


@pytest.mark.parametrize("key", ["labour", "labour.after_graduation", "industries.machines", "industries", "rules"])
def test_a_group_of_several_kinds_is_refused(key):
    assert "patch_mixed" in {p.code for p in refused(lambda: build(raw()).vary({key: ("set", 0.1)}, "x"))}


LEFT_OUT = [
    ("industries.machines.to_graduates", "patch_other", "labour.to_graduates"),
    ("industries.*.to_graduates", "patch_other", "labour.to_graduates"),
    ("programmes.b.flexible", "patch_other", "labour.flexible"),
    ("programmes.*.flexible", "patch_other", "labour.flexible"),
    ("rules.quota.seats_total", "patch_unset", "rules.quota.seats_total"),
    ("gates.upgrade.elsewhere", "patch_unset", "gates.upgrade.elsewhere"),
    ("pathways.p.stages.0.transfer.cap", "patch_unset", "pathways.p.stages.0.transfer"),
    ("pathways.q.stages.0.further.sits", "patch_unset", "pathways.q.stages.0.further"),
    ("labour.level_drift.college", "patch_key", "labour."),
    ("labour.returning.4", "patch_key", "labour.returning"),
    ("industries.machines.to_graduate", "patch_key", "industries.machines"),
    ("industries.engines.growth", "patch_key", "growth"),
    ("labour.rounds", "patch_key", "labour"),
    ("labour.waiting", "patch_key", "labour"),
    ("demand", "patch_key", "labour"),
]


@pytest.mark.parametrize("key, code, words", LEFT_OUT)
def test_what_is_left_out_is_told_with_what_to_change_instead(key, code, words):
    (problem,) = refused(lambda: build(raw()).vary({key: ("set", 0.1)}, "x"))
    assert problem.code == code and problem.value == key
    if code != "patch_key":
        assert words in problem.text("en") and words in problem.text("zh")


def test_without_a_market_its_numbers_are_told_to_be_left_out():
    base = build(place({"p": path(stage())}, [row("p", 10)]))
    for key in ("labour.to_graduates", "labour.after_graduation.matched", "labour"):
        (problem,) = refused(lambda key=key: base.vary({key: ("set", 0.1)}, "x"))
        assert problem.code == "patch_unset" and "nothing at labour," in problem.text("en")
    for key in ("industries.machines.to_graduates", "programmes.a.flexible"):
        (problem,) = refused(lambda key=key: base.vary({key: ("set", 0.1)}, "x"))
        assert problem.code == "patch_unset" and key in problem.text("zh")


def test_an_own_figure_of_one_industry_only():
    """A star means the industries that state one."""
    base = build(raw(industries={"machines": {"to_graduates": 0.3}}, as_of=date(2026, 1, 1)))
    varied = base.vary({"industries.*.to_graduates": ("set", 0.5)}, "x")
    assert [p for p, n, _ in numbers(varied) if n.patches] == ["industries.machines.to_graduates"]


BEYOND = [
    ({"labour.leaving": ("set", 0.96)}, "sum_over_one", "labour"),
    ({"labour.moving": ("add", 2)}, "patch_range", "labour.moving"),
    ({"industries.machines.growth": ("set", 9)}, "workers_many", "industries"),
    ({"industries.machines.growth": ("set", 10)}, "patch_range", "industries.machines.growth"),
    ({"industries.homes.level_shares.secondary": ("set", 0)}, "level_shares_none", "industries.homes.level_shares"),
    (
        {"industries.homes.level_shares.secondary": ("ramp", 0, date(2027, 1, 1), date(2030, 1, 1))},
        "level_shares_none",
        "industries.homes.level_shares",
    ),
]


@pytest.mark.parametrize("wish, code, where", BEYOND)
def test_what_a_policy_must_not_bring_about(wish, code, where):
    base = build(raw(as_of=date(2026, 1, 1)))
    assert (code, where) in {(p.code, p.path) for p in refused(lambda: base.vary(wish, "x"))}


def test_a_policy_that_sets_up_order_classes_runs():
    base = build(raw(as_of=date(2026, 1, 1), programmes={"a": {"order_class": 0.2}}))
    runs = ss.run([base, base.vary({"programmes.b.order_class": ("set", 1)}, "x")], replications=4)
    assert (runs[0].history.hired[0] == runs[1].history.hired[0]).all()


# ----------------------------------------------------------------------------------------------------- targets and actuals


def target(indicator, **of):
    return {
        "t": {"title": {"zh": "x", "en": "x"}, "indicator": indicator, "of": of, "year": 2030, "direction": "show", "clause": "x"}
    }


@pytest.mark.parametrize("indicator", sorted(set(INDICATORS) - picks.OF_MARKET))
def test_industries_of_what_has_none(indicator):
    if "industries" not in picks.picks_of(indicator):
        found = told(raw(targets=target(indicator, industries=["machines"]), classes={"long_track": ["p"]}))
        lacking = ("targets.t.indicator", "targets.t.of")  # a block or a measure that it needs is told by itself
        assert [one for one in found if one[1] not in lacking] == [("target_pick", "targets.t.of.industries")]


@pytest.mark.parametrize("indicator", sorted(picks.OF_MARKET))
def test_what_is_counted_only_with_vacancies(indicator):
    assert indicator in INDICATORS
    assert told(raw(targets=target(indicator))) == []
    assert told(raw(targets=target(indicator), demand="unbounded")) == [("demand_needed", "targets.t.indicator")]


def test_the_lists_of_indicators_agree():
    of_market = {code for code, kind in indicators.KIND.items() if kind in ("job", "track", "place")}
    assert of_market | {"stayers", "turned_away", "programme_gap", "over_qualified_rate"} == picks.OF_MARKET
    values = run(build(raw(last_year())), 2).values
    for code in picks.OF_MARKET:
        can = {field for field, kind in picks.FIELDS if kind in values.masks(indicators.KIND[code])}
        assert set(picks.picks_of(code)) == can, code


def last_year():
    return {"years": {"last": 2026}}


def test_jobs_of_some_industries_and_levels():
    goals = {
        name: target("vacancies", **of)["t"] | {"year": 2026}
        for name, of in {
            "all": {},
            "one": {"industries": ["machines"]},
            "both": {"industries": ["machines"], "levels": ["college"]},
            "two": {"industries": ["machines", "homes"]},
        }.items()
    }
    result = run(build(raw(last_year() | {"targets": goals})), 2)
    by_job = result.history.vacancies[1].mean(axis=1).reshape(2, 2)  # levels, industries: homes, machines
    mean = result.targets().set_index("target")["mean"]
    wanted = {"all": by_job.sum(), "two": by_job.sum(), "one": by_job[:, 1].sum(), "both": by_job[1, 1]}
    assert mean[list(wanted)].to_list() == pytest.approx(list(wanted.values()))


@pytest.mark.parametrize(
    "indicator, of, codes",
    [
        ("vacancies", {"pathways": ["p"]}, ["target_pick"]),
        ("gap", {"programmes": ["a"]}, ["target_pick"]),
        ("workers", {"schools": ["school"]}, ["target_pick"]),
        ("still_here_3", {"industries": ["machines"]}, ["target_pick"]),
        ("retirements", {"levels": ["college"]}, ["target_pick"]),
        ("vacancies", {"levels": ["master"]}, ["pick_nobody"]),
        ("vacancies", {"levels": ["master", "college"]}, []),
        ("still_here_1", {"pathways": ["p"], "levels": ["college"]}, ["pick_nobody"]),
        ("vacancies", {"industries": ["engines"]}, ["unknown_code"]),
    ],
)
def test_what_is_picked_of_the_market(indicator, of, codes):
    tree = raw(targets=target(indicator, **of))
    tree["levels"] = ["secondary", "college", "master"]
    assert [code for code, _ in told(tree)] == codes


def test_an_industry_that_is_none():
    found = told(raw(targets=target("headcount", industries=["engines"])))
    assert ("unknown_code", "targets.t.of.industries.0") in found


@pytest.mark.parametrize("indicator", ["entrants", "headcount", "graduates", "local_retention"])
def test_actual_figures_are_of_no_industry(indicator):
    actual = {"indicator": indicator, "year": 2026, "of": {"industries": ["machines"]}, "value": 0.5, "source": {"assumed": "x"}}
    if indicator == "local_retention":
        actual["definition"] = "r1"
    found = told(raw(as_of=date(2027, 12, 31), observed=[actual]))
    assert found == [("target_pick", "observed.0.of.industries")]


@pytest.mark.parametrize("day", ["02-30", "02-29", "04-31", "06-31", "09-31", "11-31"])
@pytest.mark.parametrize("event", ["plan", "exam_entry", "accounts"])
def test_a_day_that_not_every_year_has(event, day):
    found = told(raw(calendar={event: day}))
    assert ("pattern_day", "calendar") in found
