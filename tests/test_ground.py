"""What variants share is not computed again, and nothing of a result tells whether it was."""

import json
import threading
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from helpers_scenario import SCENARIOS
from skillsim.analysis import ground as ground_module
from skillsim.analysis import running
from skillsim.analysis.ground import ground_key, of_work, same_students
from skillsim.analysis.running import ground_for, run
from skillsim.engine.run import Search
from skillsim.errors import ScenarioError
from skillsim.scenario.numbers import Patch
from skillsim.scenario.policies import with_numbers
from skillsim.scenario.reader import read
from skillsim.scenario.types import numbers
from worlds import same

AS_OF = {"now": date(2025, 2, 1), "late": date(2028, 2, 1)}  # small places with no year and with three years behind them
PLACES = ("now", "now_jobs", "small", "small_jobs", "late", "late_jobs")
OF_STUDENTS = (
    "junior", "general", "not_local", "seats", "entrants", "headcount", "dropouts", "at_gate", "through_gate", "adjusted",
    "reason", "before",
)


@cache
def scenario(name):
    """A scenario that is shipped; the small ones also with other years in which nothing can be decided any more."""
    when = name.removesuffix("_jobs")
    if when in AS_OF:
        return scenario(name.replace(when, "small")).model_copy(update={"as_of": AS_OF[when]})
    return read(SCENARIOS / f"{name}.yaml")


def switched(given, parameters=True, process=True):
    chances = given.uncertainty.model_copy(update={"parameters": parameters, "process": process})
    return given.model_copy(update={"uncertainty": chances})


def of_seats(given):
    return given.vary({"quota.sve_3plus2": ("scale", 1.4)}, "seats")


def of_staying(given):
    return given.vary({"retention.local_origin": ("add", -0.4)}, "staying")


def alike(a, b):
    """Say that two results are the same to the last byte."""
    assert same(a.history, b.history) == [] and a.draws == b.draws
    for one, other in zip(a.answers, b.answers, strict=True):
        assert one.values.tobytes() == other.values.tobytes() and one.probability == other.probability
    assert a.frame().equals(b.frame())
    assert json.dumps(a.manifest(), sort_keys=True) == json.dumps(b.manifest(), sort_keys=True)


@pytest.fixture
def searches(monkeypatch):
    """The runs of the search for work alone."""
    made = []
    monkeypatch.setattr(Search, "_own_days", lambda self, days=Search._own_days: made.append(self) or days(self))
    return made


# ---- a ground


@pytest.mark.parametrize("parameters, process", [(True, True), (False, True), (True, False), (False, False)])
@pytest.mark.parametrize("name", PLACES)
def test_a_ground_changes_nothing(name, parameters, process):
    base = switched(scenario(name), parameters, process)
    ground = ground_for(base, 12, threads=2)
    years = 0 if ground.early is None else len(ground.early.history.junior)
    assert years == base.as_of.year - base.years.first
    variants = [base, of_seats(base), of_staying(base)]
    whole = run(variants, 12, threads=2)
    for threads in (1, 2):
        for one, alone in zip(run(variants, 12, threads=threads, ground=ground), whole, strict=True):
            alike(one, alone)
    for replications in (8, 2):
        alike(run(variants[1], replications, threads=2, ground=ground)[0], run(variants[1], replications, threads=1)[0])


@pytest.mark.parametrize(
    "name, policy, alone",
    # the plan as a whole warns programmes by their graduates' work, so that who finds work moves seats too
    [("quzhou/baseline", "plan_2025", 0), ("quzhou/baseline", "long_track_60", 2), ("quzhou/actuals_2027", "plan_2025", 2)],
)
def test_a_ground_of_a_real_place_changes_nothing(name, policy, alone, searches):
    base = scenario(name)
    plan, less = base.vary(policy), base.vary(policy).vary({"retention.drivers.subsidy.level": ("set", 0.2)}, "less")
    ground = ground_for(base, 20, threads=2)
    assert ground.early is not None and ground.early.year == base.as_of.year
    by_plan = run(plan, 20, threads=1, ground=ground)[0]
    alike(by_plan, run(plan, 20, threads=2)[0])
    alike(run(less, 20, threads=2, ground=ground, like=by_plan)[0], run(less, 20, threads=1)[0])
    assert len(searches) == alone  # one for each thread
    alike(run(plan, 6, threads=1, ground=ground)[0], run(plan, 6, threads=1)[0])
    means = switched(plan, False, False)
    alike(run(means, 2, threads=1, ground=ground_for(switched(base, False, False), 2))[0], run(means, 2, threads=1)[0])


def test_held_numbers_belong_to_the_ground():
    base, held = scenario("late_jobs"), frozenset({"labour.to_graduates"})
    ground = ground_for(base, 8, held=held)
    alike(run(of_seats(base), 8, held=held, ground=ground)[0], run(of_seats(base), 8, held=held)[0])
    with pytest.raises(ValueError, match="ground"):
        run(base, 8, ground=ground)


def test_a_ground_of_something_else_is_refused():
    base = scenario("late_jobs")
    ground = ground_for(base, 4)
    for other, replications, seed in ((base, 6, running.SEED), (base, 4, 1), (scenario("late"), 4, running.SEED),
                                      (switched(base, False), 4, running.SEED)):
        with pytest.raises(ValueError, match="ground"):
            run(other, replications, seed, ground=ground)
    with pytest.raises(ScenarioError):
        ground_for(base, 3)


def test_what_belongs_to_a_ground():
    base = scenario("late_jobs")
    key = ground_key(base, 1)
    assert key == ground_key(of_seats(base), 1) == ground_key(base.model_copy(update={"targets": {}}), 1)
    assert len({key, ground_key(base, 2), ground_key(base, 1, frozenset({"labour.leaving"})),
                ground_key(switched(base, False), 1), ground_key(scenario("small_jobs"), 1)}) == 5
    for since, shared in ((date(2027, 12, 31), False), (date(2028, 1, 1), True)):
        patched = base.retention.local_origin.patched_by((Patch("add", 0.3, since),))
        assert (ground_key(with_numbers(base, {"retention.local_origin": patched}), 1) == key) == shared


def test_changes_that_act_early_have_a_ground_of_their_own():
    base = scenario("late_jobs")
    early = with_numbers(base, {
        path: number.patched_by((Patch("scale", 0.8, date(2026, 3, 1)),))
        for path, number, _ in numbers(base) if path.startswith("quota.")
    })
    ground = ground_for(early, 8)
    alike(run(of_staying(early), 8, ground=ground)[0], run(of_staying(early), 8)[0])
    assert same(ground.early.history, ground_for(base, 8).early.history)  # they do act


def test_a_row_that_a_change_makes_does_not_fit_a_ground_without_it():
    """An order class that the file does not state makes seekers of its own."""
    base = scenario("late_jobs")
    ordered = base.vary({"programmes.care.order_class": ("set", 0.3)}, "ordered")
    with pytest.raises(ValueError, match="ground"):
        run(ordered, 4, ground=ground_for(base, 4))
    alike(run(ordered, 4, ground=ground_for(ordered, 4))[0], run(ordered, 4)[0])


def test_a_ground_is_used_and_stays_as_it_is():
    base = scenario("late_jobs")
    ground = ground_for(base, 8)
    place = ground.early.place.part(slice(None))
    first = run(of_seats(base), 8, ground=ground)[0]
    assert not np.shares_memory(first.history.seats, ground.early.history.seats)
    for name, x in place.market.items():
        assert x.tobytes() == ground.early.place.market[name].tobytes(), name
    alike(run(of_seats(base), 8, ground=ground)[0], first)
    spoilt = replace(ground.early.history, headcount=ground.early.history.headcount + 1)
    other = run(base, 8, ground=replace(ground, early=replace(ground.early, history=spoilt)))[0]
    assert same(other.history, run(base, 8)[0].history) == ["headcount"]  # the early years are those of the ground


def test_stop_is_asked_while_a_ground_is_made():
    stop = threading.Event()
    stop.set()
    with pytest.raises(running.Stopped):
        ground_for(scenario("late"), 4, stop=stop)
    ground = ground_for(scenario("late"), 4)
    with pytest.raises(running.Stopped):
        run(scenario("late"), 2, stop=stop, ground=ground)


def test_progress_with_a_ground():
    told = []
    ground = ground_for(scenario("late"), 8)
    run(scenario("late"), 8, threads=2, progress=lambda *done: told.append(done), ground=ground)
    assert told == [(4, 8), (8, 8)]


def test_runs_without_a_ground_share_the_intercepts_of_one_scenario(monkeypatch):
    base, solved = scenario("small_jobs"), []
    monkeypatch.setattr(ground_module, "solved_for", lambda *a, f=ground_module.solved_for: solved.append(a) or f(*a))
    run([base, of_seats(base), of_staying(base)], 4)
    assert len(solved) == 1
    run([base, switched(base, False).model_copy(update={"name": "other"})], 4)
    assert len(solved) == 3


# ---- like another run


@pytest.mark.parametrize("parameters", [True, False])
@pytest.mark.parametrize("name", PLACES)
def test_a_run_like_another_is_the_same(name, parameters, searches):
    base = switched(scenario(name), parameters)
    ground = ground_for(base, 12)
    for one in (base, of_seats(base)):
        given, wanted = run(one, 12, threads=1)[0], run(of_staying(one), 12)[0]
        for threads, on in ((1, ground), (2, ground), (1, None)):
            alike(run(of_staying(one), 12, threads=threads, ground=on, like=given)[0], wanted)
        again = run(one, 12, threads=1, ground=ground, like=wanted)[0]  # and back, from a result that was itself drawn so
        alike(run(of_staying(one), 12, threads=1, ground=ground, like=again)[0], wanted)
        assert len(searches) == 6
        searches.clear()


def test_a_run_is_like_no_other_where_students_differ(searches):
    base = scenario("late_jobs")
    given = run(base, 8)[0]
    alike(run(of_seats(base), 8, like=given)[0], run(of_seats(base), 8)[0])
    alike(run(base, 6, like=given)[0], run(base, 6)[0])
    alike(run(base, 8, 1, like=given)[0], run(base, 8, 1)[0])
    means = switched(base, process=False)
    alike(run(of_staying(means), 8, like=run(means, 8)[0])[0], run(of_staying(means), 8)[0])
    assert searches == []


@pytest.mark.parametrize("name", ["small", "small_jobs"])
def test_numbers_of_work_leave_every_student_where_he_is(name, searches):
    """Each number in turn is changed a little; those said to be of work alone must not move a student."""
    base = scenario(name)
    reference = run(base, 4, threads=1)[0]
    moved = {True: [], False: []}
    for path, number, par in numbers(base):
        if path.startswith("retention.base."):
            continue  # an observed rate can't be changed
        value = 1 - number.value if par.unit == "switch" else None
        step = 40.0 if par.unit == "persons" or par.whole else 0.05 if par.hi - par.lo <= 1 else 0.3
        patch = Patch("add", step, base.as_of) if value is None else Patch("set", value, base.as_of)
        variant = with_numbers(base, {path: number.patched_by((patch,))})
        assert same_students(base, variant) == of_work(path)
        alone = run(variant, 4, threads=1)[0]
        changed = set(same(reference.history, alone.history))
        if of_work(path):
            assert not changed & set(OF_STUDENTS), path
            assert (alone.history.graduates == reference.history.graduates).all(), path
            assert (alone.history.destinations[:, :2] == reference.history.destinations[:, :2]).all(), path
            searches.clear()
            like = run(variant, 4, threads=1, like=reference)[0]
            assert same(like.history, alone.history) == [] and like.draws == alone.draws, path
            assert "order_class" in path or len(searches) == 1, path
        moved[of_work(path)] += [path] * bool(changed)
    # both kinds hold numbers that do something
    assert len(moved[False]) >= 10 and any(path.startswith("quota.") for path in moved[False]), moved[False]
    assert len(moved[True]) >= 3, moved[True]
