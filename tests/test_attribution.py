"""What made a difference: Shapley values against known games, and two scenarios taken apart."""

import csv
import itertools
import json
from datetime import date
from math import factorial

import numpy as np
import pytest
from typer.testing import CliRunner

from helpers_scenario import LANGS, SMALL
from skillsim import cli
from skillsim.analysis.attribution import explain, shapley
from skillsim.analysis.attribution import told as told_of
from skillsim.analysis.causes import GROUPS, MOVES, causes_of, group_of, mixed
from skillsim.analysis.compare import compare
from skillsim.analysis.running import run
from skillsim.chance import name_keys, uniforms
from skillsim.errors import ScenarioError
from skillsim.report.answers.explain import names_of, steps_of
from skillsim.results import statistics
from skillsim.scenario import reader
from skillsim.scenario.reader import read, shipped
from skillsim.scenario.types import numbers
from skillsim.terms import PHRASES
from worlds import build, path, place, row, stage, title

DAY = date(2026, 1, 1)
EIGHT = tuple("abcdefgh")
R = 6  # replications of made-up games
Z = 3.3  # two-sided 0.1 % of a normal


def always(number):
    return np.full(R, float(number))


def game(names, number):
    """A value that is random, but the same whenever a coalition is asked: uniforms by the coalition's name."""
    def value(chosen):
        return uniforms(number, "a game", 0, name_keys([("", *(n for n in names if n in chosen))]), 0, R)[0]
    return value


def of(parts, name):
    return parts.values[parts.names.index(name)]


def assert_sums(parts, scale=1.0):
    """The parts of every replication sum to its whole: to 8 roundings of numbers of this size."""
    np.testing.assert_allclose(parts.values.sum(axis=0), parts.whole, rtol=0, atol=8 * np.spacing(scale))


# ---- games


def test_a_product_is_shared_half_and_half():
    """x·y from (0, 0) to (1, 1): x first adds 0 and then y 1, or the other way round; each 1/2."""
    parts = shapley(["x", "y"], lambda chosen: always("x" in chosen and "y" in chosen))
    assert (parts.values == 0.5).all() and (parts.start, parts.end) == (pytest.approx(0), pytest.approx(1))
    assert parts.permutations == 0 and (parts.sampling_error == 0).all() and parts.coalitions == 4


def test_the_owner_of_the_one_right_glove_gets_four_sixths():
    """Two left gloves, one right, a pair is worth 1: of six orders the right glove completes a pair in four (it comes second or
    third), each left one in one (right first, then this one)."""
    parts = shapley(["l1", "l2", "r"], lambda chosen: always(min(len(chosen & {"l1", "l2"}), len(chosen & {"r"}))))
    np.testing.assert_allclose(parts.values[:, 0], [1 / 6, 1 / 6, 4 / 6], rtol=1e-15)


def test_any_game_of_five_by_all_its_orders():
    names = EIGHT[:5]
    value = game(names, 1)
    expected = np.zeros((5, R))
    for order in itertools.permutations(range(5)):
        for k, i in enumerate(order):
            before = frozenset(names[j] for j in order[:k])
            expected[i] += (value(before | {names[i]}) - value(before)) / factorial(5)
    parts = shapley(names, value)
    np.testing.assert_allclose(parts.values, expected, rtol=0, atol=1e-15)
    assert_sums(parts)


@pytest.mark.parametrize("most_exact", [8, 6])
def test_efficiency_symmetry_dummy_and_additivity(most_exact):
    """The axioms of Shapley (1953), of the exact value; of the sampled one those that hold in every order: all but symmetry."""
    one, other = game(EIGHT, 2), game(EIGHT, 3)

    def without(value, dummy):
        return lambda chosen: value(chosen - {dummy})

    exact, both = (shapley(EIGHT, v, most_exact) for v in (one, lambda chosen: one(chosen) + other(chosen)))
    assert_sums(exact)
    assert_sums(both, 2.0)
    assert (exact.permutations == 0) == (most_exact == 8)
    np.testing.assert_allclose(both.values, exact.values + shapley(EIGHT, other, most_exact).values, rtol=0, atol=1e-15)
    dummy = shapley(EIGHT, without(one, "c"), most_exact)
    assert (of(dummy, "c") == 0).all() and (of(dummy, "d") != 0).any()
    assert_sums(dummy)
    if most_exact == 8:  # a and b can be exchanged: only how many of the two are there counts
        alike = shapley(EIGHT, lambda chosen: one(chosen - {"a", "b"}) * (1 + len(chosen & {"a", "b"})) ** 2, 8)
        np.testing.assert_allclose(of(alike, "a"), of(alike, "b"), rtol=0, atol=1e-14)


def test_sampled_values_lie_within_their_errors_of_the_exact_ones():
    """Eight parts, each within 3.3 of its standard errors: all together 0.8 % (Bonferroni) that one does not."""
    value = game(EIGHT, 4)
    exact, sampled = shapley(EIGHT, value, 8), shapley(EIGHT, value, permutations=400)
    assert sampled.permutations == 400 and sampled.coalitions <= 256
    away = (statistics.mean(sampled.values) - statistics.mean(exact.values)) / sampled.sampling_error
    assert (np.abs(away) < Z).all() and np.abs(away).max() > 0.01
    # the stated error is that of so many pairs: of other samples too
    others = [statistics.mean(shapley(EIGHT, value, permutations=40, seed=s).values) for s in range(40)]
    spread = np.std(others, axis=0, ddof=1)
    told = shapley(EIGHT, value, permutations=400).sampling_error * np.sqrt(10)
    # 40 samples: chi-square of 39 degrees gives 0.6 ... 1.5 for all eight at about 1 %
    assert ((spread / told > 0.6) & (spread / told < 1.5)).all()


def test_an_order_and_its_reverse_are_exact_for_effects_in_pairs():
    """Of two causes that act together each gets half: an order gives all to the later one, its reverse to the other."""
    weight = {frozenset(pair): i + 1 for i, pair in enumerate(itertools.combinations(EIGHT, 2))}

    def value(chosen):
        return always(sum(w for pair, w in weight.items() if pair <= chosen))

    parts = shapley(EIGHT, value, permutations=4)
    for name in EIGHT:
        np.testing.assert_allclose(of(parts, name), sum(w for pair, w in weight.items() if name in pair) / 2, rtol=1e-14)
    assert (parts.sampling_error < 1e-12).all()


@pytest.mark.parametrize("permutations", [20, 40])
def test_each_coalition_is_asked_once_first_names_changing_most(permutations):
    asked, told = [], []
    shapley("abc", lambda chosen: asked.append("".join(sorted(chosen))) or always(0), progress=lambda *x: told.append(x))
    assert asked == ["", "a", "b", "ab", "c", "ac", "bc", "abc"] and told == [(i, 8) for i in range(1, 9)]
    asked.clear()
    parts = shapley(EIGHT, lambda chosen: asked.append(chosen) or always(0), permutations=permutations)
    assert len(asked) == len(set(asked)) == parts.coalitions <= permutations * 7 + 2


def test_orders_depend_on_names_and_seed_alone():
    value = game(EIGHT, 5)
    one, other = shapley(EIGHT, value, permutations=6), shapley(EIGHT[::-1], value, permutations=6)
    np.testing.assert_allclose(one.values, other.values[::-1], rtol=0, atol=1e-15)
    assert not np.allclose(one.values, shapley(EIGHT, value, permutations=6, seed=1).values)


@pytest.mark.parametrize("names", ["ab", EIGHT])
def test_a_replication_that_is_blank_in_one_coalition_is_left_out(names):
    def value(chosen):
        out = always(len(chosen))
        if chosen == {"a"} or len(chosen) == 7:
            out[2] = np.nan
        return out

    parts = shapley(names, value)
    assert np.isnan(parts.values[:, 2]).all() and np.isnan(parts.whole[2])
    assert (np.delete(parts.values, 2, axis=1) == 1).all() and (parts.sampling_error == 0).all()


def test_values_may_have_axes_of_their_own_and_there_may_be_no_cause():
    parts = shapley(["x", "y"], lambda chosen: np.stack([always(len(chosen)), always("x" in chosen)]))
    assert parts.values.shape == (2, 2, R) and parts.values[:, :, 0].tolist() == [[1, 1], [1, 0]]
    none = shapley([], lambda chosen: always(3))
    assert none.values.shape == (0, R) and (none.whole == 0).all() and none.coalitions == 1


@pytest.mark.parametrize(("names", "permutations"), [("aa", 20), ("ab", 3), ("ab", 2)])
def test_names_come_once_and_orders_in_two_pairs_at_least(names, permutations):
    with pytest.raises(ValueError, match="names must differ"):
        shapley(names, lambda chosen: always(0), permutations=permutations)


# ---- scenarios


def target(**over):
    return {"title": title("t"), "indicator": "seats", "year": 2027, "direction": "reach", "value": 400, "clause": "-", **over}


def town(count=3, **over):
    """A hundred seats in each of some pathways, that everybody fills; what is asked are all of them."""
    codes = "pqrstuvw"[:count]
    pathways = {c: path(stage(dropout=0.1, repeat=0.1)) for c in codes}
    given = {"last": 2028, "as_of": DAY, "targets": {"t": target()}, **over}
    return build(place(given.pop("pathways", pathways), [row(c, 100) for c in codes], **given))


def scaled(**by):
    return {f"quota.{code}": ("scale", factor, DAY) for code, factor in by.items()}


def small():
    """The small place, and the same with more seats, fewer who leave school, more transfers, and more who stay near home."""
    a = read(SMALL)
    return a, a.vary("more_long_track").vary({
        "pathways.sve_3plus2.stages.0.dropout": ("scale", 0.5, DAY),
        "pathways.sve_3plus2.stages.1.transfer.cap": ("add", 0.1, DAY), "retention.local_origin": ("add", 0.5, DAY),
    })


@pytest.fixture(scope="module")
def pair():
    return small()


@pytest.fixture(scope="module")
def found(pair):
    return explain(*pair, replications=60)


def test_parts_sum_to_the_difference_of_ordinary_runs(pair, found):
    """Start and end are what two runs say; parts sum to the difference in every replication and in the table."""
    a, b = run(list(pair), 60)
    assert set(found.parts.names) == {"seats", "schools", "retention"} and found.parts.coalitions == 8
    for i, (code, x, y) in enumerate(zip(found.codes, a.answers, b.answers, strict=True)):
        assert code == x.code == y.code
        np.testing.assert_array_equal(found.parts.start[:, i], [x.values, x.met])
        np.testing.assert_array_equal(found.parts.end[:, i], [y.values, y.met])
    assert_sums(found.parts)
    parts, totals = found.table(), found.totals().set_index(["target", "quantity"])
    sums = parts.groupby(["target", "quantity"]).part.sum()
    np.testing.assert_allclose(sums, totals.whole[sums.index], rtol=0, atol=1e-14)
    np.testing.assert_allclose(totals.end - totals.start, totals.whole, rtol=0, atol=1e-14)
    assert (parts.part.abs() > 0).any() and (parts.low <= parts.part).all() and (parts.part <= parts.high).all()
    for _, mine in parts.groupby(["target", "quantity"], sort=False):
        assert mine.part.abs().is_monotonic_decreasing


def test_what_has_no_effect_on_a_target_gets_exactly_nothing(found):
    """Who stays does not move the share of entrants."""
    parts = found.table().set_index(["target", "quantity", "group"])
    for quantity in ("value", "probability"):
        mine = parts.loc["share", quantity, "retention"]
        assert (mine.part, mine.low, mine.high, mine.verdict) == (0, 0, 0, "same")
    assert parts.loc["share", "value", "seats"].part > 0.05 and parts.loc["share", "value", "seats"].verdict == "higher"
    assert parts.loc["stay", "value", "retention"].verdict != "same"


def test_back_again_every_part_is_taken_back(pair, found):
    back = explain(*pair[::-1], replications=60)
    order = [back.parts.names.index(name) for name in found.parts.names]
    np.testing.assert_allclose(back.parts.values[order], -found.parts.values, rtol=0, atol=1e-14)


def test_equal_scenarios_leave_nothing_to_explain():
    a = read(SMALL)
    none = explain(a, read(SMALL), replications=10)
    assert none.parts.names == () and none.table().empty and (none.totals().whole == 0).all()
    assert set(none.totals().verdict) == {"same"}


def test_one_change_is_the_paired_difference(pair):
    a = pair[0]
    b = a.vary("more_long_track")
    one = explain(a, b, replications=60)
    rows = compare(run([a, b], 60)).targets().set_index("target")
    for quantity, prefix in (("value", ""), ("probability", "probability_")):
        mine = one.table().query("quantity == @quantity").set_index("target").loc[rows.index]
        np.testing.assert_allclose(mine.part, rows[f"{prefix}difference"], rtol=0, atol=1e-15)
        np.testing.assert_allclose(mine.mcse, rows[f"{prefix}mcse"], rtol=0, atol=1e-15)
        if quantity == "value":
            np.testing.assert_allclose(mine[["low", "high"]], rows[["low", "high"]], rtol=0, atol=1e-15)
            assert mine.verdict.tolist() == rows.verdict.tolist()


def test_more_than_six_changes_are_sampled_and_say_so():
    """Eight pathways of 100 seats, each changed by its own: nobody's change depends on another, so that any order gives each its
    own seats; the error of sampling is 0."""
    a = town(8)
    factors = dict(zip("pqrstuvw", (0.5, 0.6, 0.7, 0.8, 1.1, 1.2, 1.3, 1.4), strict=True))
    many = explain(a, a.vary(scaled(**factors)), "lever", replications=10, permutations=4)
    assert many.parts.permutations == 4 and len(many.parts.names) == 8
    parts = many.table().query("quantity == 'value'").set_index("group")
    assert parts.part.to_dict() == pytest.approx({f"quota.{c}": 100 * (f - 1) for c, f in factors.items()})
    assert (parts.sampling_error < 1e-9).all() and many.totals().whole[0] == pytest.approx(-40)
    assert many.manifest()["orders"] == 4
    # of whether 400 are reached much depends on the order, and the interval is wider for it than for chance alone, which is none
    met = many.table().query("quantity == 'probability'")
    assert ((met.high - met.low)[met.sampling_error > 0] > 0).all() and (met.mcse == 0).all()


def policies(**changes):
    return {
        name: {"title": title(name), "changes": [{"key": key, op: value, "from": DAY} for key, op, value in found]}
        for name, found in changes.items()
    }


def test_policies_are_told_apart_also_where_they_change_one_number():
    """100 + 20 = 120 seats, then, on a day of its own, doubled: 240.  Alone: +20 and +100; together +140, so that the 20 that
    both made go half to each: 30 and 110."""
    later = [{"key": "quota.p", "scale": 2, "from": date(2026, 6, 1)}]
    named = {**policies(more=[("quota.p", "add", 20)]), "double": {"title": title("d"), "changes": later}}
    a = town(1, policies=named)
    by = explain(a, a.vary("more+double"), "policy", replications=4)
    parts = by.table().query("quantity == 'value'").set_index("group").part
    assert parts.to_dict() == {"double": 110, "more": 30}
    assert explain(a, a.vary("more+double"), replications=4).parts.names == ("seats",)
    # from one policy to two, and from one to another
    one = explain(a.vary("more"), a.vary("more+double"), "policy", replications=4)
    assert one.parts.names == ("double",) and one.totals().whole[0] == 120
    other = explain(a.vary("more"), a.vary("double"), "policy", replications=4).table().query("quantity == 'value'")
    assert other.set_index("group").part.to_dict() == {"double": 110, "more": -30}
    by_hand = explain(a, a.vary("more").vary({"quota.p": ("scale", 2, date(2026, 6, 1))}), "policy", replications=4)
    assert by_hand.table().query("quantity == 'value'").set_index("group").part.to_dict() == {"(custom)": 110, "more": 30}
    assert names_of(by_hand, "en") == {"more": "more", "(custom)": "changes made by hand"}


def test_who_asks_for_a_change_makes_no_difference():
    a = town(1, policies=policies(x=[("quota.p", "add", 20)], y=[("quota.p", "add", 20)]))
    assert explain(a.vary("x"), a.vary("y"), replications=4).parts.names == ()


def test_a_file_that_extends_another_with_other_numbers(tmp_path):
    """Written numbers are set one by one too: seats of the start, and figures of the place."""
    file = tmp_path / "other.yaml"
    file.write_text(
        f"extends: {SMALL.as_posix()}\nname: other\nareas: {{town: {{junior_graduates: 1500}}}}\n"
        "choice: {general_share: [0.7, 0.25]}\nretention: {local_origin: 2}\n", encoding="utf-8",
    )
    a, b = read(SMALL), read(file)
    two = explain(a, b, replications=20)
    assert set(two.parts.names) == {"inflow", "retention"} and two.parts.coalitions == 4
    each = {one.name: one for one in run([a, b], 20)}
    np.testing.assert_array_equal(two.parts.end[0, 0], each["other"].answers[0].values)
    assert_sums(two.parts)
    assert explain(a, b, "policy", ["share"], replications=4).parts.names == ("(written)",)
    levers = explain(a, b, "lever", ["share"], replications=4)
    assert len(levers.parts.names) > 2 and all(names_of(levers, lang)[n] for n in levers.parts.names for lang in LANGS)


def codes_of(*args, **rest):
    with pytest.raises(ScenarioError) as caught:
        explain(*args, replications=4, **rest)
    for lang in LANGS:
        assert caught.value.text(lang)
    return [(p.code, p.args.get("places", "")) for p in caught.value.problems]


def test_what_cannot_be_explained_is_told_all_at_once():
    a, b = town(1), town(2)
    assert codes_of(a, b, by="size", codes=["x"], permutations=5) == [
        ("explain_by", ""), ("explain_orders", ""), ("explain_target", ""),
        ("explain_structure", "pathways.q, quota.rows, retention.base"),
    ]
    none = build(place({"p": path(stage())}, [row("p", 100)], last=2028, as_of=DAY))
    assert "explain_no_target" in dict(codes_of(a, none))
    stated = town(1, programmes={"a": {"title": title("a"), "order_class": 0}})
    assert codes_of(a, stated) == [("explain_structure", "programmes.a.order_class")]


def test_targets_that_ask_other_things_are_left_out():
    a = town(1, targets={"t": target(), "u": target(), "v": target()})
    b = town(1, targets={"t": target(title=title("other words")), "u": target(value=1), "w": target()})
    found = explain(a, b.vary(scaled(p=2)), replications=4)
    assert found.codes == ("t",) and found.left_out == ("u", "v", "w")
    assert codes_of(a, b, codes=["u"]) == [("explain_target", "")]


def test_two_policies_on_one_number_and_day_cannot_be_told_apart():
    a = town(1, policies=policies(x=[("quota.p", "add", 20)], y=[("quota.p", "scale", 3)]))
    assert codes_of(a.vary("x"), a.vary("y"), by="policy") == [("explain_overlap", "")]
    assert explain(a.vary("x"), a.vary("y"), replications=4).totals().whole[0] == 180  # from 120 to 300


def test_a_combination_that_cannot_be_is_told():
    """Repeating is 0.8 here and leaving 0.8 there: both at once would be more than all."""
    a = town(1)
    at = {name: f"pathways.p.stages.0.{name}" for name in ("repeat", "dropout")}
    one, other = (a.vary({at[name]: ("set", 0.8, DAY)}) for name in ("repeat", "dropout"))
    found = [code for code, _ in codes_of(one, other, by="lever")]
    assert found[0] == "explain_mixed" and len(found) > 1
    assert explain(one, other, replications=4).parts.names == ("schools",)
    written = town(1, pathways={"p": path(stage(dropout=0.8, repeat=0.1))})
    assert codes_of(a.vary({at["repeat"]: ("set", 0.8, DAY)}), written, by="lever")[0][0] == "explain_mixed"


def test_all_causes_make_the_other_scenario(pair):
    """Every number of the mixture of all is that of the end, and of none that of the start."""
    a, b = pair
    causes = causes_of(a, b, "group")
    assert len(causes) == 3
    for chosen, whose in (((), a), (causes, b)):
        got = {p: n for p, n, _ in numbers(mixed(a, b, causes, chosen))}
        assert got == {p: n for p, n, _ in numbers(whose)}


def test_every_number_of_every_place_has_a_group_with_a_name():
    used = {group_of(p) for name in shipped() for p, _, _ in numbers(read(name))}
    of_tables = {group for group in used if group.startswith(MOVES)}
    assert used - of_tables == set(GROUPS) and {f"explain_{group}" for group in GROUPS} <= set(PHRASES)
    assert of_tables == {"moves.staff", "moves.course"}
    paths = ("institutions.x.capacity", "institutions.x.preference", "rules.retirement.rise", "rules.quota.reach")
    assert [group_of(p) for p in paths] == ["seats", "schools", "demand", "rules"]


def test_recruits_and_the_moves_of_each_table_are_groups_of_their_own():
    """Means: 100 keep .5 and 10 come: 60; with 20 recruits 70, with .6 kept 70, both 80: each adds 10.  Who moves in the other
    table moves nobody here."""
    def stage_of(title_, **rest):
        return {"title": {"zh": title_, "en": title_}, **rest}

    raw = {
        "format": 1, "name": "t", "title": {"zh": "表", "en": "t"}, "years": {"first": 2025, "last": 2027}, "as_of": "2025-01-01",
        "uncertainty": {"process": False},
        "tables": {
            "staff": stage_of("staff", stages={"a": stage_of("a", start=100, recruits=10, moves={"a": 0.5})}),
            "pupils": stage_of("pupils", stages={"b": stage_of("b", start=10, moves={"b": 0.5})}),
        },
        "targets": {"t": {**target(), "indicator": "table_stock", "of": {"pathways": ["staff"]}, "year": 2025, "value": 70}},
    }
    a = reader.build(raw, {})
    b = a.vary({
        "tables.staff.stages.a.recruits": ("add", 10, date(2025, 1, 1)),
        "tables.*.stages.*.moves": ("add", 0.1, date(2025, 1, 1)),
    })
    both = explain(a, b, replications=2)
    parts = both.table().query("quantity == 'value'").set_index("group").part
    assert parts.to_dict() == pytest.approx({"recruits": 10, "moves.staff": 10, "moves.pupils": 0})
    assert names_of(both, "en") == {
        "recruits": "people at the start of tables, and recruits", "moves.staff": "moves: staff", "moves.pupils": "moves: pupils",
    }
    assert names_of(both, "zh")["moves.staff"] == "流转：staff"


# ---- as told


def test_the_waterfall_for_the_page_adds_up(found):
    for code, quantity in (("share", "value"), ("stay", "probability")):
        steps, start, end = steps_of(found, code, quantity, "en")
        assert start[0] == "A small place"
        assert start[1] + sum(change for _, change, _ in steps) == pytest.approx(end[1], abs=1e-14)
        assert all(error >= 0 for _, _, error in steps)
    assert steps_of(found, "share", "value", "en")[0][0][0] == "seats and capacity"


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ("start: A small place", "seats and capacity", "sum of the parts", "end: more 3+2", "< 5 %", "> 95 %",
            "Moved by none of the changes: long-track graduates who stay")),
    ("zh", ("起点：小样例", "招生计划与办学容量", "各项合计", "终点：扩大 3+2", "任何变化都不影响：长学制毕业生留存率")),
])
def test_the_command_shows_and_writes_the_parts(tmp_path, lang, said):
    out = tmp_path / "found"
    args = ["explain", "small", "more_long_track", "--lang", lang, "--out", str(out)]
    result = CliRunner().invoke(cli.app, args)
    assert result.exit_code == 0, result.output
    assert [text for text in said if text not in result.output] == []
    parts = list(csv.DictReader((out / "parts.csv").open(encoding="utf-8-sig")))
    totals = list(csv.DictReader((out / "totals.csv").open(encoding="utf-8-sig")))
    assert {(r["target"], r["quantity"], r["group"]) for r in parts} == {
        (t, q, "seats") for t in ("stay", "share") for q in ("value", "probability")
    }
    assert [float(r["part"]) for r in parts] == [float(r["whole"]) for r in totals]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["analysis"], manifest["seed"], manifest["replications"], manifest["orders"]) == ("explain", 20250401, 200, 0)
    assert len({one["sha256"] for one in manifest["scenarios"]}) == 2


def test_the_command_says_what_is_not_known():
    runner = CliRunner(env={"COLUMNS": "150"})
    few = runner.invoke(cli.app, ["explain", "small", "more_long_track", "-n", "20", "--lang", "en"])
    assert few.exit_code == 0 and "Below 200 replications" in few.output and "probability (points)" not in few.output
    same = runner.invoke(cli.app, ["explain", "small", "small", "-n", "4", "--lang", "en"])
    assert same.exit_code == 0 and "no difference to explain" in same.output
    wrong = runner.invoke(cli.app, ["explain", "small", "small_jobs", "--lang", "en"])
    assert wrong.exit_code == 2 and "differ in more than numbers" in wrong.output + wrong.stderr


@pytest.mark.parametrize(("items", "said"), [
    (["small", "more_long_trak"], {
        "en": "more_long_trak: there is no such file, and 'small' has no such policy; policies (nearest: more_long_track)",
        "zh": "more_long_trak: 既没有这个文件，“small”也没有这项政策；政策（最接近的是“more_long_track”）"}),
    (["small", "more_long_track+nope"], {"en": "policies (known: more_long_track)", "zh": "政策（可用：more_long_track）"}),
    (["nope", "small"], {"en": "nope: there is no such file; check the path", "zh": "nope: 找不到这个文件"}),
])
def test_what_is_neither_file_nor_policy_is_told_with_the_policies(items, said):
    for lang in LANGS:
        wrong = CliRunner().invoke(cli.app, ["explain", *items, "--lang", lang])
        assert wrong.exit_code == 2 and said[lang] in wrong.output + wrong.stderr


def test_the_interval_of_sampled_orders_has_their_degrees_of_freedom():
    """Of 20 orders there are 10 pairs of an order and its reverse: 9 degrees of freedom, t = 2.2622; with the replications' error
    as large, of 100 pairs, (1 + 1)^2 / (1 / 9 + 1 / 99) = 33 of them, t = 2.0345 (Satterthwaite)."""
    sure = np.full(200, 0.5)
    centre, low, high, *_ = told_of(sure, 0.1, 20)
    assert (centre, high - centre, centre - low) == pytest.approx((0.5, 0.22622, 0.22622), abs=1e-5)
    spread = np.tile([-1.0, -1.0, 1.0, 1.0], 50)
    error = float(statistics.clustered_error(spread))
    _, low, high, *_ = told_of(spread, error, 20)
    assert (high - low) / 2 == pytest.approx(2.0345 * np.sqrt(2) * error, rel=1e-4)
