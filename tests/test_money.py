"""What it costs and who pays, the city's budget, and the cost of each additional graduate at work here."""

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats

import skillsim as ss
import worlds as w
from skillsim.analysis.compare import compare, ratio_of_means
from skillsim.analysis.ground import same_students
from skillsim.analysis.running import ground_for, run
from skillsim.engine.simulate import side_by_side
from skillsim.report import tables, terminal
from skillsim.results.money import spent
from skillsim.rules.money import cut_to, funded
from skillsim.scenario.types import numbers

LN2 = float(np.log(2))


def item(payer="city", per="year", amount=0, **rest):
    return {"title": w.title("item"), "payer": payer, "per": per, "amount": amount, **rest}


BONUS = item(per="stayer", amount=1000, driver="bonus")
OFFICE = item(amount=10_000)


def town(level, items=None, limit=None, cut=("bonus",), **over):
    """100 seats of one year without losses; half of the 100 graduates a year stay where no bonus is paid, everybody finds work.
    A bonus of 1,000 yuan doubles the odds of staying for each unit of its level, which ``level`` gives by year."""
    ways = {"p": w.path(w.stage())}
    rows = [w.row("p", 100)]
    raw = w.place(
        ways, rows, last=2028, money={"items": items or {"bonus": BONUS, "office": OFFICE}},
        retention={
            **w.ALL_FOUND, "base": w.base_rates(ways, rows, 2025, 0.5),
            "drivers": {"bonus": {"title": w.title("bonus"), "level": level, "effect": LN2, "unit": "1,000"}},
        },
    )
    if limit is not None:
        raw["money"]["budget"] = {"limit": limit, "cut": list(cut)}
    return w.laid(raw, over)


RISING = w.steps(y2025=0, y2026=1, y2027=2)


def busy(limit=None, **over):
    """A town with every kind of pathway, an uncertain amount and effect, and items of three payers."""
    items = {
        "bonus": item(per="stayer", amount={"uniform": [800, 1200]}, driver="subsidy", times=0.8),
        "help": item("province", per="stayer", amount=300, driver="subsidy"),
        "places": item(per="student", amount=150, of={"levels": ["college"]}),
        "fees": item("school", per="entrant", amount=20),
    }
    budget = {"limit": limit, "cut": ["bonus"]} if limit else {}
    raw = w.town(
        money={"items": items, "budget": budget}, uncertainty={"parameters": True},
        retention={"drivers": {"subsidy": {"level": w.steps(y2025=0.5, y2027=2), "effect": {"uniform": [0.3, 0.9]}}}},
    )
    return w.laid(raw, over)


def found(values):
    """Asked and paid of the items of a run by code, [Y, R] each."""
    got = spent(values)
    return {code: (got.asked[:, i], got.paid[:, i]) for i, code in enumerate(got.items)}


# ---- cutting


def test_items_are_cut_in_their_order_each_to_nothing_before_the_next():
    """90 asked of a limit of 100, 60, 25 and 5: nothing is cut; 30 off the first; all 40 of it and 25 off the second; all 80
    that may be cut, and what may not still comes to 10."""
    asked = np.repeat([[30.0], [40.0], [20.0]], 4, axis=1)
    paid = cut_to(asked, np.array([100.0, 60.0, 25.0, 5.0]), [1, 0])
    assert paid.T.tolist() == [[30, 40, 20], [30, 10, 20], [5, 0, 20], [0, 0, 20]]
    assert funded(asked, paid)[:, 1].tolist() == [1, 0.25, 1] and funded(np.zeros((1, 1)), np.zeros((1, 1)))[0, 0] == 1


# ---- volumes


def test_what_items_count():
    """Each volume is that of the indicator of the same name, of the same pick."""
    of = {"pathways": ["long_track"], "levels": ["college"]}
    school = {"staff": {"teachers": 50, "dual": 0.4}, "capacity": 900}
    items = {
        "years": item(amount=7), "students": item(per="student", amount=2, of={**of, "areas": ["east"]}),
        "entrants": item(per="entrant", amount=3, of={"schools": ["school"]}),
        "graduates": item(per="graduate", amount=5, of=of), "stayers": item(per="stayer", amount=11, of={"programmes": ["a"]}),
        "workers": item(per="worker_trained", amount=13, of={"industries": ["machines"]}, times=2),
        "teachers": item(per="teacher", amount=17, of={"schools": ["college"]}),
        "guests": item(per="part_time_teacher", amount=19), "trained": item(per="teacher_trained", amount=23),
        "halls": item(per="measure", amount=29, of={"measures": ["halls"]}),
    }
    teaching = {"students": 20, "part_time": 0.2, "leaving": 0.1, "hiring": 0.1, "trained": 0.2}
    raw = w.town(
        money={"items": items}, institutions={"school": school, "college": school},
        teachers={"kinds": {"college": teaching}}, training={"person_times": {"machines": 400}},
        measures={"halls": {"title": w.title("halls"), "unit": w.title("hall"), "done": {"series": {2025: 4, 2026: 9, 2027: 8}}}},
    )
    result = w.run(w.build(raw), 20)
    got = {code: asked for code, (asked, _) in found(result.values).items()}
    both = w.get(result, "teachers")
    wanted = {
        "years": np.full((5, 20), 7.0), "students": 2 * w.get(result, "headcount", areas=["east"], **of),
        "entrants": 3 * w.get(result, "entrants", schools=["school"]), "graduates": 5 * w.get(result, "graduates", **of),
        "stayers": 11 * w.get(result, "local_employed", programmes=["a"]), "workers": np.full((5, 20), 2 * 13 * 400.0),
        "teachers": 17 * w.get(result, "teachers", schools=["college"]), "guests": 19 * (both / 0.8 - both),
        "trained": 23 * result.history.teacher_flows[:, 2].sum(axis=1),
        "halls": 29 * np.array([0, 5, 0, 0, 0])[:, None] * np.ones(20),  # what is given up earns nothing back
    }
    for code, values in wanted.items():
        assert values.any(), code
        np.testing.assert_allclose(got[code], values, rtol=1e-12, err_msg=code)


def test_a_subsidy_is_paid_to_every_eligible_stayer():
    """Half would stay anyway; with odds of 2 : 1 two thirds stay, and all of them are paid: 1,000 × 66.67 × 0.9 who are
    eligible."""
    items = {"bonus": {**BONUS, "times": 0.9}}
    values = w.means(w.build(town(w.steps(y2025=0, y2026=1), items)))
    asked, paid = found(values)["bonus"]
    np.testing.assert_allclose(asked[:, 0], [0, 60_000, 60_000, 60_000], rtol=1e-9)
    assert (asked == paid).all()


def test_a_level_below_nothing_earns_nothing():
    values = w.means(w.build(town(w.steps(y2025=0, y2026=-1))))
    assert (found(values)["bonus"][0] == 0).all()


# ---- the city's budget


def test_a_budget_that_binds_in_the_third_year():
    """The city can spend 90,000, the office takes 10,000. 2025: no bonus, 50 stay. 2026: foreseen 50 × 1,000, so all is funded;
    odds 2 : 1, 66.67 stay and are paid 66,667. 2027: the level is 2, foreseen 66.67 × 2,000 = 133,333 of which 80,000 are there:
    0.6 of it is funded, the level is 1.2 in effect, odds 2^1.2 = 2.2974, 69.673 stay; they are due 69.673 × 2,000 × 0.6 =
    83,608, of which 80,000 are there. 2028: foreseen 69.673 × 2,000 = 139,346, funded 0.5741 (in basis points, rounded down),
    odds 2^1.1482 = 2.2164, 68.909 stay and are due and paid 68.909 × 2,000 × 0.5741 = 79,121."""
    values = w.means(w.build(town(RISING, limit=90_000)))
    assert values.history.funded[:, 0, 0].tolist() == [10_000, 10_000, 6_000, 5_741]
    assert (values.history.funded[:, 1] == 10_000).all()
    odds = 2.0 ** np.array([0, 1, 1.2, 2 * 0.5741])
    stay = 100 * odds / (1 + odds)
    np.testing.assert_allclose(w.get(values, "local_employed"), stay, rtol=1e-9)
    asked, paid = found(values)["bonus"]
    np.testing.assert_allclose(asked[:, 0], stay * [0, 1000, 2000, 2000], rtol=1e-9)
    np.testing.assert_allclose(paid[:, 0], [0, 66_666.6667, 80_000, stay[3] * 2000 * 0.5741], rtol=1e-8)
    assert paid[3, 0] == pytest.approx(79_121, abs=1) and (found(values)["office"][1] == 10_000).all()


def test_what_may_not_be_cut_can_be_over_the_limit_and_is_told():
    result = w.run(w.build(town(RISING, limit=9_000)), 20)
    assert (found(result.values)["bonus"][1] == 0).all() and (result.history.funded[2:, 0] == 0).all()
    frame = result.money()
    city = frame[(frame["item"] == "") & (frame["payer"] == "city")]
    assert city["over_limit"].tolist() == [1.0] * 4 and (city["paid"] == 10_000).all()
    assert frame[frame["payer"] != "city"]["over_limit"].isna().all()
    assert terminal.over_limit(result, "en").endswith("2025 (100 %), 2026 (100 %), 2027 (100 %), 2028 (100 %)")
    assert terminal.over_limit(w.run(w.build(town(RISING, limit=10_000)), 20), "en") == ""


@pytest.mark.parametrize("market", [False, True])
def test_under_draws_no_more_than_the_limit_is_ever_paid(market):
    """Each replication foresees its own costs by its own last year: the shares are worked out here once more, one by one."""
    raw = busy(limit=120_000)
    result = w.run(w.build(w.with_market(raw) if market else raw), 40)
    h, inputs, got = result.history, result.inputs, found(result.values)
    city = got["bonus"][1] + got["places"][1]
    assert (city <= 120_000 * (1 + 1e-9)).all() and (got["help"][0] == got["help"][1]).all()
    amount = np.repeat(inputs.get("money.items.bonus.amount")[0], 2)
    level = [0.5, 0.5, 2, 2, 2]
    stayers, students = w.get(result, "local_employed"), w.get(result, "headcount", levels=["college"])
    bonus, binding = list(inputs.layout.funded).index("bonus"), 0
    for y in range(1, 5):
        for r in range(40):
            foreseen = amount[r] * 0.8 * level[y] * stayers[y - 1, r]
            share = min(max(120_000 - 150 * students[y - 1, r], 0) / foreseen, 1.0)
            assert h.funded[y, bonus, r] == np.floor(share * 10_000 + 1e-6)
            binding += share < 1
            due = amount[r] * 0.8 * level[y] * stayers[y, r] * h.funded[y, bonus, r] / 10_000
            paid = min(due, max(120_000 - 150 * students[y, r], 0))
            assert got["bonus"][1][y, r] == pytest.approx(paid, rel=1e-9)
    assert binding > 80 and (h.funded[0] == 10_000).all()
    free = w.run(w.build(w.with_market(busy()) if market else busy()), 40)
    assert (h.entrants == free.history.entrants).all() and (h.graduates == free.history.graduates).all()
    assert (stayers[0] == w.get(free, "local_employed")[0]).all()
    assert stayers[2:].mean() < w.get(free, "local_employed")[2:].mean()


def test_what_a_plan_gives_is_foreseen_as_it_will_be():
    """Four halls of 10,000 are built in 2027, which last year's costs do not show: of 90,000 they leave 50,000 for the bonus,
    foreseen at 66.67 × 1,000 in April: 0.75 of it is funded."""
    halls = {"title": w.title("halls"), "unit": w.title("hall"), "done": w.steps(y2025=0, y2027=4)}
    items = {"bonus": BONUS, "halls": item(per="measure", amount=10_000, of={"measures": ["halls"]})}
    values = w.means(w.build(town(w.steps(y2025=0, y2026=1), items, 90_000, measures={"halls": halls})))
    assert values.history.funded[:, 0, 0].tolist() == [10_000, 10_000, 7_500, 10_000]
    assert found(values)["halls"][1][:, 0].tolist() == [0, 0, 40_000, 0]


def test_a_driver_is_cut_to_the_funded_share_of_all_that_is_paid_for_it():
    """City and province each pay 500 of the bonus; the city has 20,000 of the 25,000 that it foresees for 2026, so 45,000 of
    50,000 are funded: a level of 0.9, odds 2^0.9."""
    half = {**BONUS, "amount": 500}
    values = w.means(w.build(town(w.steps(y2025=0, y2026=1), {"bonus": half, "help": {**half, "payer": "province"}}, 20_000)))
    assert values.history.funded[1, :, 0].tolist() == [8_000, 10_000]
    assert w.get(values, "local_employed")[1] == pytest.approx(100 / (1 + 2**-0.9), rel=1e-9)


@pytest.mark.parametrize("market", [False, True])
def test_without_a_limit_that_binds_not_a_byte_changes(market):
    plain = busy()
    del plain["money"]
    dress = w.with_market if market else dict
    reference, free, ample = (w.run(w.build(dress(raw)), 20) for raw in (plain, busy(), busy(limit=1e12)))
    assert w.same(reference.history, free.history) == [] and reference.draws == free.draws
    assert w.same(reference.history, ample.history) == ["funded"] and reference.draws == ample.draws
    assert (ample.history.funded == 10_000).all()


# ---- variants


@pytest.mark.parametrize("process", [True, False])
@pytest.mark.parametrize("market", [False, True])
def test_a_ground_with_a_budget_changes_nothing(market, process):
    """Runs that begin at a later year know what last year cost; the search for work alone follows the budget too."""
    raw = busy(limit=120_000, as_of=date(2027, 2, 1), uncertainty={"process": process})
    base = w.build(w.with_market(raw) if market else raw)
    less = base.vary({"money.budget.limit": ("scale", 0.7)}, "less")
    ground = ground_for(base, 12, threads=2)
    alone = [run(one, 12, threads=1)[0] for one in (base, less)]
    for one, whole in zip((base, less), alone, strict=True):
        assert w.same(run(one, 12, threads=2, ground=ground)[0].history, whole.history) == []
    assert same_students(base, less) and (alone[0].history.funded != alone[1].history.funded).any()
    like = run(less, 12, threads=1, ground=ground, like=alone[0])[0]
    assert w.same(like.history, alone[1].history) == [] and like.draws == alone[1].draws


def test_levers_side_by_side_each_have_their_own_budget():
    """All variants in one run on means, a column each, are what each is by itself."""
    raw = busy(limit=120_000, uncertainty={"parameters": False, "process": False})
    base = w.build(w.with_market(raw))
    wishes = [("money.budget.limit", "scale", 0.7), ("money.items.bonus.amount", "scale", 2), ("quota.plain", "scale", 0.8)]
    variants = [base, *(base.vary({key: (op, x)}, key) for key, op, x in wishes)]
    ground, own = ground_for(base, 2), {path: number for path, number, _ in numbers(base)}
    changed = [{path: number for path, number, _ in numbers(one) if number is not own[path]} for one in variants]
    _, both = side_by_side(base, changed, w.SEED, ground.start, ground.layout, ground.alpha(0, 2))
    for i, one in enumerate(variants):
        alone = w.means(one).history
        np.testing.assert_array_equal(both.funded[..., i], alone.funded[..., 0])
        np.testing.assert_allclose(both.destinations[..., i], alone.destinations[..., 0], rtol=1e-9, atol=1e-9)
    assert len({both.funded[..., i].tobytes() for i in range(4)}) == 4


# ---- tables


def test_totals_are_sums_of_items_by_payer():
    result = w.run(w.build(busy(limit=120_000)), 20)
    frame = result.money()
    items, totals = frame[frame["item"] != ""], frame[frame["item"] == ""]
    assert list(frame.columns) == ["scenario", "year", "item", "payer", "asked", "paid", "cut", "p05", "p95", "over_limit"]
    assert len(items) == 5 * 4 and len(totals) == 5 * 4
    for row in totals.itertuples():
        mine = items[(items["year"] == row.year) & ((items["payer"] == row.payer) | (row.payer == ""))]
        for name in ("asked", "paid", "cut"):
            assert getattr(row, name) == pytest.approx(mine[name].sum(), abs=0.05)
    np.testing.assert_allclose(frame["asked"] - frame["paid"], frame["cut"], atol=0.011)
    bonus = found(result.values)["bonus"][1]
    row = items[(items["item"] == "bonus") & (items["year"] == 2028)].iloc[0]
    assert (row["p05"], row["p95"]) == pytest.approx(np.quantile(bonus[3], [0.05, 0.95]), abs=0.01)
    assert row["cut"] > 0


def test_costs_are_written_where_there_are_any(tmp_path):
    with_costs, without = w.run(w.build(town(RISING)), 2), w.run(w.build(w.town()), 2)
    with_costs.save(tmp_path / "a")
    without.save(tmp_path / "b")
    assert not (tmp_path / "b" / "money.csv").exists() and without.money().empty and without.spent is None
    read = pd.read_csv(tmp_path / "a" / "money.csv", keep_default_na=False)
    assert len(read) == len(with_costs.money()) and read["item"].tolist() == with_costs.money()["item"].tolist()
    with_costs.save(tmp_path / "a")  # results of ours are replaced


# ---- the cost of each additional graduate


def test_a_ratio_of_means_and_its_interval():
    """The ends θ are where the mean of top − θ · bottom is t standard errors from 0 (Fieller 1954)."""
    rng = np.random.default_rng(7)
    bottom = rng.normal(20, 6, 40)
    top = 3 * bottom + rng.normal(10, 5, 40)
    each, low, high = ratio_of_means(top, bottom)
    assert each == pytest.approx(top.mean() / bottom.mean()) and low < each < high
    for end in (low, high):
        rest = (top - end * bottom).reshape(-1, 2).mean(axis=1)
        t = abs(rest.mean()) / (rest.std(ddof=1) / np.sqrt(20))
        assert t == pytest.approx(stats.t.ppf(0.975, 19), rel=1e-9)
    assert ratio_of_means(2 * bottom, bottom) == pytest.approx((2, 2, 2))
    assert np.isnan(ratio_of_means(top, rng.normal(0, 6, 40))).all()


def offers(scenario):
    """The scenario, with a bonus of one unit from 2026, and with its opposite."""
    day = date(2026, 1, 1)
    levels = {"bonus": 1, "off": -1}
    return [scenario, *(scenario.vary({"retention.drivers.bonus.level": ("set", x, day)}, name) for name, x in levels.items())]


def test_cost_of_each_additional_graduate_on_means():
    """The bonus is paid to 66.67 a year of whom 50 would have stayed: 66,667 yuan for 16.67 more, 4,000 yuan for each, four
    times the bonus; all of it the city's."""
    scenarios = offers(w.build(town(0, uncertainty={"process": False})))
    costs = compare(run(scenarios, 20)).costs().set_index(["scenario", "payer"])
    for payer in ("", "city"):
        row = costs.loc["bonus", payer]
        assert (row["baseline"], row["value"]) == pytest.approx((40_000, 240_000), rel=1e-9)
        assert (row["cost"], row["graduates"]) == pytest.approx((200_000, 50), rel=1e-9)
        assert (row["each"], row["low"], row["high"]) == pytest.approx((4_000,) * 3, rel=1e-6)
    fewer = costs.loc["off", ""]
    assert fewer["verdict"] == "lower" and np.isnan([fewer["each"], fewer["low"], fewer["high"]]).all()


def test_cost_of_each_additional_graduate_under_draws():
    """The interval of 95 % holds the 4,000 of the means, and is told; where graduates are not clearly more it is blank."""
    scenarios = offers(w.build(town(0)))
    none = scenarios[0].vary({"money.items.office.amount": ("add", 5, date(2026, 1, 1))}, "none")
    results = run([*scenarios, none], 200)
    comparison = compare(results)
    costs = comparison.costs().set_index(["scenario", "payer"])
    row = costs.loc["bonus", ""]
    assert row["low"] < 4_000 < row["high"] and row["high"] - row["low"] < 400
    assert row["cost"] == pytest.approx((spent(results[1].values).paid - spent(results[0].values).paid).sum(axis=(0, 1)).mean())
    assert costs.loc["none", ""]["verdict"] == "same" and np.isnan(costs.loc["none", ""]["each"])
    assert costs.loc["none", ""]["cost"] == pytest.approx(15)
    shown = tables.costs(comparison, "en")
    assert shown.shape == (6, 5) and "not clearly more" in shown.iloc[5, 4] and "…" in shown.iloc[0, 4]
    for lang in ("zh", "en"):
        assert len(tables.money(results[1], 2028, lang)) == 4
        page = io.StringIO()
        terminal.show(Console(file=page, width=200), results, comparison, lang)
        words = ("each more", "10,000 yuan", "city") if lang == "en" else ("万元", "每多一名的经费（元）", "本级财政")
        assert all(one in page.getvalue() for one in words)


def test_runs_without_money_have_no_costs():
    plain = w.build(w.town())
    results = run([plain, plain.vary({"retention.local_origin": ("add", 1)}, "more")], 2)
    assert compare(results).costs().empty and tables.costs(compare(results), "en").empty
    assert replace(results[0]).spent is None and isinstance(ss.load("small"), ss.Scenario)
