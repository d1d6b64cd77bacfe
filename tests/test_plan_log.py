"""The log of the plan: every seat explained, in every row, year and replication; and what reacts, in runs of every kind."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import skillsim as ss
from skillsim.analysis.ground import same_students, work_moves_seats
from skillsim.analysis.running import ground_for
from skillsim.engine import planning
from skillsim.engine.inputs import column_apart, inputs_for
from skillsim.engine.intercepts import intercepts
from skillsim.engine.layout import lay_out
from skillsim.engine.planning import logged, warns
from skillsim.engine.run import Search
from skillsim.engine.simulate import expected, side_by_side, warm_start
from skillsim.engine.staff import Staff
from skillsim.errors import InvariantError
from skillsim.results import statistics
from skillsim.results.files import save
from skillsim.results.plan_log import plan_log
from skillsim.scenario.types import numbers
from skillsim.terms import STEPS
from test_engine_balance import PROFILE, places
from worlds import SEED, base_rates, build, means, path, place, row, run, same, stage, steps, title, town, with_market

NAMES = list(STEPS)
WARNED = {"active": 1, "completion": 0.8, "cut": 0.3, "moved": 0.5}


def every_rule(raw, active=1, **more):
    """The place with all the rules on seats."""
    programmes = sorted(raw["programmes"])
    raw["rules"] = {
        "quota": {"active": active}, "warning": {**WARNED, "active": active},
        "lists": {"l": {"title": title("l"), "active": active, "programmes": programmes[:1], "growth": 0.2, "years": 2}},
        "weak": {"active": active, "size": 100, "years": 1, "moved": 0.5}, **more,
    }
    return raw


def whole_town(active=1, last=2030, market=False, **over):
    """The town under all the rules, with a merger, and rows kept for an area beside one for all."""
    raw = town(last=last, **over)
    raw["quota"]["rows"] += [row("plain", 0, "b", "craft_school"), row("mixed", 0, "b")]
    raw["institutions"]["school"]["capacity"] = 1500
    raw["institutions"]["college"]["capacity"] = 600
    merger = {"title": title("m"), "active": active, "schools": ["school"], "programmes": ["b"], "into": "craft_school"}
    raw = every_rule(
        raw, active, mergers={"m": merger}, long_track={"active": active, "share": 0.6, "reach": 0.05},
        cross_area={"active": active, "share": 0.3},
    )
    raw["rules"]["warning"] |= {"placement": 0.9, "match": 0.1}
    return with_market(raw) if market else raw


def adds_up(history):
    """Last year's seats and the moves of the year are its seats."""
    last = np.concatenate([history.before[:1], history.seats[:-1]])
    return np.abs(last + history.moves.sum(axis=1) - history.seats).max(initial=0)


def move(values, step, key=None):
    """A step's moves by year; of a row, or of all rows [Y, S]."""
    found = values.history.moves[:, NAMES.index(step), :, 0]
    return (found if key is None else found[:, values.layout.pools.index(key)]).tolist()


# --------------------------------------------------------------------------------------------------------------- by hand


def one_row(rules, juniors=1000, last=2027, **over):
    raw = place({"p": path(stage())}, [row("p", over.pop("seats", 100))], last=last, junior=juniors, rules=rules)
    return build({**raw, **over}) if over else build(raw)


def test_the_quota_rule_step_by_step():
    """1,000, 1,000, 1,100 young people, full seats, reach .1 and c* = 1/1.05, so up by 5 % a year; the plan doubles in 2026 by a
    new value.  2025: 100, +5.  2026: 105 becomes 200 (+95), +10.  2027: 210, x 1.1 (+21), x 1.05 (+11.55)."""
    juniors = {"series": {2024: 1000, 2025: 1000, 2026: 1000, 2027: 1100}}
    rules = {"quota": {"active": 1, "target_completion": 1 / 1.05}}
    v = means(one_row(rules, juniors, seats=steps(y2024=100, y2026=200)))
    assert v.history.seats[:, 0, 0].tolist() == pytest.approx([105, 210, 242.55])
    moves = {step: move(v, step, "p.school.a.local") for step in STEPS}
    assert moves["plan"] == pytest.approx([0, 95, 0])
    assert moves["juniors"] == pytest.approx([0, 0, 21])
    assert moves["completion"] == pytest.approx([5, 10, 11.55])
    rest = set(STEPS) - {"plan", "juniors", "completion"}
    assert not np.any([moves[step] for step in rest])


def test_total_and_capacity():
    """Wishes of 100 and 50 (reach 0) at a total of 300 are doubled (+100, +50); the first school is full at 120, which takes 80
    from it and gives them to the other."""
    rows = [row("p", 100, school="one"), row("p", 50, "b", "two")]
    raw = place({"p": path(stage())}, rows, last=2026, rules={"quota": {"active": 1, "reach": 0, "seats_total": 300}})
    raw["institutions"]["one"]["capacity"] = 120
    v = means(build(raw))
    assert v.history.seats[0, :, 0].tolist() == pytest.approx([120, 180])
    assert move(v, "total")[0] == pytest.approx([100, 50]) and move(v, "capacity")[0] == pytest.approx([-80, 80])


def test_a_rule_that_stays_moves_once():
    """Red in 2027 and 2028 (100 to 70 seats), yellow in 2029: -30, 0, +30; a merger moves once and for all."""
    juniors = {"series": {2024: 100, 2025: 50, 2026: 50, 2027: 100}}
    v = means(one_row({"warning": {"active": 1, "completion": 0.8, "cut": 0.3}}, juniors, last=2030))
    assert move(v, "warning", "p.school.a.local") == pytest.approx([0, 0, -30, 0, 30, 0])
    rows = [row("p", 100, school="one"), row("p", 50, school="two")]
    merger = {"title": title("m"), "active": 1, "schools": ["one"], "into": "two"}
    v = means(build(place({"p": path(stage())}, rows, last=2026, rules={"mergers": {"m": merger}})))
    assert move(v, "merger") == [[-100, 100], [0, 0]] and not np.any(move(v, "plan"))


def test_rounding_stands_in_the_last_step():
    """105.26 seats: 5 by completion; in 2026 110.53 of 105: 5.53, as 6, and the seats are 111 (110.5 rounded up)."""
    r = run(one_row({"quota": {"active": 1}}, last=2027), 2)
    assert adds_up(r.history) == 0 and r.history.moves.dtype == np.int16
    assert r.history.seats[:, 0, 0].tolist() == [105, 111, 117]
    assert r.history.moves[:, NAMES.index("completion"), 0, 0].tolist() == [5, 6, 6]


def test_teachers_have_a_step_of_their_own(monkeypatch):
    """90, then 100 planned, capacity 90 and teachers for 60: +10, -10 and -30; in the second year nothing more."""
    monkeypatch.setattr(Staff, "most_students", lambda self, year: np.full((1, self.source.columns), 60.0))
    raw = place({"p": path(stage())}, [row("p", steps(y2024=90, y2025=100))], last=2026)
    raw["institutions"]["school"] |= {"capacity": 90, "staff": {"teachers": 20, "dual": 0.5}}
    raw["teachers"] = {"kinds": {"college": {"students": 20}}}
    v = means(build(raw))
    moves = {step: move(v, step, "p.school.a.local") for step in STEPS}
    assert {k: x[0] for k, x in moves.items() if x[0]} == pytest.approx({"plan": 10, "capacity": -10, "teachers": -30})
    assert not any(x[1] for x in moves.values())


def test_a_school_that_stays_full_moves_nothing():
    """100 and 50 planned in a school for 121, in whole seats 81 and 40, as in the start: no step until 2027, when the plan of the
    first row goes down to 50 and all fits: -50 by the plan, +19 and +10 by capacity, as whole seats."""
    rows = [row("p", steps(y2024=100, y2027=50), "a"), row("p", 50, "b")]
    raw = place({"p": path(stage())}, rows, last=2027, rules={"weak": {"active": 1}})
    raw["institutions"]["school"]["capacity"] = 121
    r = run(build(raw), 2)
    h = r.history
    assert h.seats[:, :, 0].tolist() == [[81, 40], [81, 40], [50, 50]] and not h.moves[:2].any()
    assert h.moves[2, NAMES.index("plan"), :, 0].tolist() == [-50, 0]
    assert h.moves[2, NAMES.index("capacity"), :, 0].tolist() == [19, 10]


# --------------------------------------------------------------------------------------------------------- random places


@settings(PROFILE, max_examples=60)
@given(places(), st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.0, 0.5, 1.0]), st.booleans())
def test_every_seat_of_random_places(raw, least, moved, total):
    """All rules on: the log adds up, nobody is lost (the ledger looks), no school is over its room, no gate beyond its base."""
    raw = every_rule(raw)
    raw["rules"]["warning"] |= {"completion": 0.8, "placement": least, "moved": moved}
    if total:
        raw["rules"]["quota"]["seats_total"] = 150
    if "long_track" in raw.get("classes", {}):
        raw["rules"]["long_track"] = {"active": 1, "share": 0.6, "reach": 0.2}
    r = run(build(raw), 4)
    h = r.history
    assert adds_up(h) == 0 and (h.seats >= 0).all() and (h.entrants >= 0).all()
    assert h.colours.shape[1] == len(r.inputs.layout.courses) and set(np.unique(h.colours)) <= {0, 1, 2, 3}
    closed = h.colours[:, r.inputs.layout.pool_course] == 3
    assert not h.seats[closed].any()
    raw["observed"] = []
    assert adds_up(means(build(raw)).history) < 1e-6


@pytest.mark.parametrize("market", [False, True])
def test_the_town_under_every_rule(market):
    r = run(build(whole_town(market=market)), 20)
    h = r.history
    assert adds_up(h) == 0
    acted = {step for k, step in enumerate(STEPS) if h.moves[:, k].any()}
    assert acted >= {"merger", "completion", "lists", "warning", "long_track", "cross_area", "fit"}
    # nothing but rounding is lost at the junior gate by lists, long track and places across areas
    junior = r.inputs.layout.gate_pools["junior"]
    for step in ("lists", "long_track", "cross_area"):
        assert np.abs(h.moves[:, NAMES.index(step)][:, junior].sum(axis=1)).max() <= len(junior) / 2
    assert adds_up(means(r.scenario).history) < 1e-6


def test_a_log_that_does_not_add_up_is_an_error(monkeypatch):
    """Steps that overwrite each other are found by the ledger."""
    class Mixed(tuple):
        def index(self, name):
            return 0

    monkeypatch.setattr(planning, "NAMES", Mixed(NAMES))
    with pytest.raises(InvariantError, match="log of the plan"):
        run(one_row({"quota": {"active": 1}}), 2)


# ---------------------------------------------------------------------------------------------------------- kinds of runs


ON = {f"rules.{rule}.active": ("set", 1.0, date(2028, 1, 1)) for rule in (
    "quota", "warning", "lists.l", "weak", "mergers.m", "long_track", "cross_area",
)}


@pytest.mark.parametrize("parameters, process", [(True, True), (False, True), (True, False), (False, False)])
@pytest.mark.parametrize("active", [0, 1])
def test_a_ground_changes_nothing_of_a_plan_that_reacts(parameters, process, active):
    """Rules that a variant alone has, and rules that the scenario has from the first year."""
    raw = whole_town(active, market=True, uncertainty={"parameters": parameters, "process": process})
    raw["as_of"] = date(2027, 6, 1)
    raw["areas"]["east"]["junior_graduates"] = {"uniform": [400, 700]}
    base = build(raw)
    variant = base.vary(ON, "on") if not active else base.vary({"rules.warning.active": ("set", 0.0, date(2029, 1, 1))}, "off")
    ground = ground_for(base, 8, threads=2)
    for one in (base, variant):
        a, b = ss.run(one, 8, threads=2, ground=ground)[0], ss.run(one, 8, threads=1)[0]
        assert same(a.history, b.history) == [] and a.draws == b.draws
        assert a.history.moves.shape[1] == (len(STEPS) if logged(one) else 0)
        assert a.plan_log().equals(b.plan_log()) and a.warnings().equals(b.warnings())
        assert not logged(one) or adds_up(a.history) < 1e-6
    assert logged(variant) and warns(variant) and (active or not logged(base))


def test_who_finds_work_acts_back_on_seats(monkeypatch):
    """Warned by placement, a variant of staying has other students: they are drawn again; warned by completion alone, not."""
    searched = []
    monkeypatch.setattr(Search, "_follow", lambda self, year, old=Search._follow: searched.append(year) or old(self, year))
    raw = whole_town(market=True, last=2028)
    for placement in (0.9, None):
        raw["rules"]["warning"] |= {"placement": placement, "match": None}
        raw["rules"]["warning"] = {k: x for k, x in raw["rules"]["warning"].items() if x is not None}
        base = build(raw)
        variant = base.vary({"labour.to_graduates": ("scale", 0.3)}, "fewer")
        assert work_moves_seats(base) == (placement is not None)
        assert same_students(base, variant) == (placement is None)
        ground = ground_for(base, 8, threads=1)
        first = ss.run(base, 8, threads=1, ground=ground)[0]
        alone, with_it = (ss.run(variant, 8, threads=1, ground=ground, like=like)[0] for like in (None, first))
        assert same(alone.history, with_it.history) == []
        assert bool(searched) == (placement is None)


def test_chunks_and_threads_change_nothing():
    s = build(whole_town(market=True, last=2028))
    a, b = run(s, 12), run(s, 12, threads=3)
    assert same(a.history, b.history) == []
    assert run(s, 4).plan_log().shape[1] == a.plan_log().shape[1]


# ------------------------------------------------------------------------------------------------------------ the tables


@pytest.fixture(scope="module")
def result():
    return run(build(whole_town()), 20)


def test_the_table_is_what_the_replications_say(result):
    log, h, layout = result.plan_log(), result.history, result.inputs.layout
    assert len(log) and (log.share > 0).all()
    for line in log.sample(60, random_state=1).itertuples():
        y, i = line.year - result.inputs.first, layout.pools.index(f"{line.pathway}.{line.school}.{line.programme}.{line.areas}")
        moves = h.moves[y, NAMES.index(line.step), i]
        assert line.move == pytest.approx(moves.mean(), abs=0.0051) and line.share == (moves != 0).mean()
        assert (line.p05, line.p95) == pytest.approx(np.quantile(moves, [0.05, 0.95]), abs=0.0051)
    # nothing is left out, and a row's moves are the change of its mean seats
    assert len(log) == sum((h.moves[y] != 0).any(axis=-1).sum() for y in range(len(h.moves)))
    seats = result.seat_plan().set_index(["school", "programme", "pathway", "areas", "year"]).seats
    moved = log.groupby(["school", "programme", "pathway", "areas", "year"]).move.sum().reindex(seats.index, fill_value=0)
    change = seats.groupby(level=[0, 1, 2, 3]).diff().dropna()
    assert np.abs(moved[change.index] - change).max() < 0.11  # of one decimal each


def test_the_order_of_the_table(result):
    log = result.plan_log()
    keys = log.assign(step=log.step.map(NAMES.index))[["year", "school", "programme", "pathway", "areas", "step"]]
    assert keys.apply(tuple, axis=1).is_monotonic_increasing and set(log.scenario) == {result.name}


def test_colours_by_share(result):
    table, h, layout = result.warnings(), result.history, result.inputs.layout
    assert len(table) == sum((year > 0).any(axis=-1).sum() for year in h.colours)
    for line in table.itertuples():
        course = layout.courses.index((layout.schools.index(line.school), layout.programmes.index(line.programme)))
        found = h.colours[line.year - result.inputs.first, course]
        assert (line.yellow, line.red, line.closed) == pytest.approx([(found == c).mean() for c in (1, 2, 3)])


def test_the_files_are_the_tables(result, tmp_path):
    out = save([result], tmp_path / "out")
    for name, frame in (("plan_log", result.plan_log()), ("warnings", result.warnings())):
        assert_frame_equal(pd.read_csv(out / f"{name}.csv").astype(object), frame.astype(object), check_exact=True)
    plain = run(build(town(last=2026)), 2)
    plain.save(out)
    assert not {"plan_log.csv", "warnings.csv"} & {file.name for file in out.iterdir()}
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["runs"]
    assert plain.plan_log().empty and plain.warnings().empty
    assert list(plain.plan_log().columns) == list(result.plan_log().columns)


def test_a_hair_below_nothing_is_told_as_nothing(result, monkeypatch):
    points = ("move", "p05", "p95")
    monkeypatch.setattr(statistics, "mean", lambda moves: np.full(len(moves), -0.001))
    monkeypatch.setattr(statistics, "quantiles", lambda moves: np.full((5, len(moves)), -0.001))
    told = plan_log("town", result.inputs, result.history)[list(points)]
    assert len(told) and (told == 0).all(axis=None) and not np.signbit(told).any(axis=None)


def test_memory_of_the_log():
    """Two bytes for each year, step and row; a log of twenty years and 84 rows takes 46 kB a replication at most."""
    scenario = build(whole_town(last=2027))
    h = run(scenario, 2).history
    assert h.moves.nbytes == 2 * 3 * len(STEPS) * h.seats.shape[1] * 2


def test_base_rates_come_out_under_a_rule_that_looks_at_work():
    """The supply run of the intercepts knows nobody's work, and warns nobody for it."""
    rows = [row("p", 100)]
    raw = place({"p": path(stage())}, rows, last=2027, rules={"warning": {"active": 1, "placement": 0.99, "cut": 1}})
    raw["retention"]["base"] = base_rates({"p": path(stage())}, rows, 2026, 0.6)
    raw["as_of"] = date(2026, 1, 1)
    v = means(build(raw))
    found = v.history.destinations[1]
    assert found[2:6].sum() / found[2:7].sum() == pytest.approx(0.6, abs=1e-3)
    assert v.history.colours[:, 0, 0].tolist() == [0, 1, 2]


def test_variants_side_by_side_are_as_each_by_itself():
    """Levers that meet the rules – seats, capacity, work – in columns of one run; those that are rules run alone."""
    raw = whole_town(market=True, last=2028)
    raw["rules"]["quota"]["active"] = 0
    base = build(raw)
    wishes = [{"quota.plain": ("scale", 1.5)}, {"institutions.school.capacity": ("scale", 0.7)},
              {"labour.to_graduates": ("scale", 0.2)}, {"quota.mixed": ("scale", 0.2, date(2027, 1, 1))}]
    variants = [base.vary(wish) for wish in wishes]
    own = {path: number for path, number, _ in numbers(base)}
    changed = [{path: number for path, number, _ in numbers(one) if number is not own[path]} for one in variants]
    assert not any(column_apart(base, path) for one in changed for path in one)
    start, layout = warm_start(base, SEED), lay_out(base)
    alpha = intercepts(inputs_for(base, 2025, 2028, None, SEED, layout), start).alpha
    _, together = side_by_side(base, changed, SEED, start, layout, alpha)
    for i, one in enumerate(variants):
        alone = expected(inputs_for(one, 2025, 2028, None, SEED, layout), start, alpha)
        for name in ("seats", "entrants", "moves", "colours", "destinations", "reason"):
            assert getattr(together, name)[..., i] == pytest.approx(getattr(alone, name)[..., 0], abs=1e-6), (name, i)
    assert len({x.tobytes() for x in np.moveaxis(together.seats, -1, 0)}) > 2
    assert all(column_apart(base, f"rules.{path}") for path in ("warning.cut", "lists.l.growth", "long_track.share"))
