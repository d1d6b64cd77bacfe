"""Grids of levers: which points there are, what they do to a scenario, and what is told of a file that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from helpers_batch import TINY, batch
from helpers_scenario import told_well
from skillsim.analysis.running import run
from skillsim.chance.designs import latin_hypercube
from skillsim.errors import ScenarioError
from skillsim.results.store import open_store, restored, run_key, variation, written_down
from skillsim.scenario.grid import MOST_POINTS, Point, read_grid
from skillsim.scenario.reader import parse, read

BASE = parse(TINY)
TWO = """
method: grid
levers:
  seats: {changes: [{key: quota.sve_3, from: 2026-01-01}], scale: [0.5, 1, 1.2]}
  leave: {changes: [{key: pathways.sve_3.stages.0.dropout}, {key: pathways.sve_3.stages.0.repeat}], add: [0, 0.02]}
"""
DRAWN = """
method: latin_hypercube
points: {points}
seed: {seed}
levers:
  seats: {{changes: [{{key: quota.sve_3}}], set: {{low: 40, high: 60}}}}
  leave: {{changes: [{{key: pathways.sve_3.stages.0.dropout}}], add: {{low: -0.01, high: 0.01}}}}
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "levers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def points(folder: Path, text: str) -> tuple[Point, ...]:
    return read_grid(file(folder, text)).points


# ------------------------------------------------------------------------------------------------------------ which points


def test_a_full_grid(tmp_path: Path) -> None:
    """3 values x 2 values = 6 points, the last lever running fastest; a lever's value goes into each of its changes."""
    found = points(tmp_path, TWO)
    assert [tuple(point.levers.values()) for point in found] == [(a, b) for a in (0.5, 1, 1.2) for b in (0, 0.02)]
    assert found[1].label == "seats=0.5,leave=0.02"
    assert [{k: v for k, v in change.items() if k != "from"} for change in found[1].changes] == [
        {"key": "quota.sve_3", "scale": 0.5}, {"key": "pathways.sve_3.stages.0.dropout", "add": 0.02},
        {"key": "pathways.sve_3.stages.0.repeat", "add": 0.02},
    ]


@pytest.mark.parametrize(("n", "levers"), [(1, 1), (7, 3), (200, 5)])
def test_a_latin_hypercube_has_one_value_in_each_interval(n: int, levers: int) -> None:
    """Of n points each lever has exactly one in [i/n, (i+1)/n) for every i."""
    drawn = latin_hypercube(n, levers, seed=3)
    assert drawn.shape == (n, levers)
    assert (np.sort(np.floor(drawn * n), axis=0) == np.arange(n)[:, None]).all()


def test_a_latin_hypercube_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """And its values lie in the ranges, each lever's in another order; rounded, they can be said in a few digits."""
    one, again, other = (points(tmp_path, DRAWN.format(points=40, seed=seed)) for seed in (5, 5, 6))
    assert one == again and one != other
    seats, leave = np.array([list(point.levers.values()) for point in one]).T
    assert sorted(np.floor((seats - 40) / 0.5)) == list(range(40))
    assert leave.min() >= -0.01 and leave.max() <= 0.01 and abs(np.corrcoef(seats, leave)[0, 1]) < 0.9
    assert all(len(str(value)) <= 12 for value in (*seats, *leave))


# ---------------------------------------------------------------------------------------------- what a point does


def test_a_point_is_a_policy_written_in_the_file(tmp_path: Path) -> None:
    """The same people as under a policy with the same changes; the point is called by its values."""
    point = points(tmp_path, TWO)[1]
    laid = point.on(BASE)
    text = TINY.replace("targets:\n", """  by_hand:
    title: {zh: 手, en: hand}
    changes:
      - {key: quota.sve_3, from: 2026-01-01, scale: 0.5}
      - {key: pathways.sve_3.stages.0.dropout, add: 0.02}
      - {key: pathways.sve_3.stages.0.repeat, add: 0.02}
targets:
""")
    by_hand = parse(text).vary("by_hand")
    one, other, plain = run([laid, by_hand, BASE], replications=20, seed=1)
    columns = [name for name in one.frame().columns if name != "scenario"]
    assert one.name == "seats=0.5,leave=0.02" and laid.applied == ("grid",)
    assert one.frame()[columns].equals(other.frame()[columns]) and not one.frame()[columns].equals(plain.frame()[columns])
    assert "grid" not in BASE.policies, "the base is left as it was"


def test_a_point_acts_after_the_policies(tmp_path: Path) -> None:
    """The policy sets 60 seats on the day on which the point halves them: 30 in the plan of 2026, whatever the order of names."""
    laid = points(tmp_path, TWO)[0].on(BASE.vary("more"))
    assert laid.label == "more+seats=0.5,leave=0" and laid.applied == ("more", "grid")
    plan = run(laid, replications=2, seed=1)[0].seat_plan()
    assert plan.loc[plan["year"] == 2026, "seats"].tolist() == [30]


def test_a_point_can_be_written_down_and_read_again(tmp_path: Path) -> None:
    for base in (BASE, BASE.vary("more"), BASE.vary("more+fewer")):
        for point in points(tmp_path, TWO):
            laid = point.on(base)
            again = restored(written_down(laid), variation(laid))
            assert run_key(again, 2, 1) == run_key(laid, 2, 1) and again == laid and again.label == laid.label


def test_a_policy_called_grid_stays(tmp_path: Path) -> None:
    taken = parse(TINY.replace("  more:", "  grid:"))
    laid = points(tmp_path, TWO)[0].on(taken.vary("grid"))
    assert laid.applied == ("grid", "grid_2") and laid.policies["grid"] == taken.policies["grid"]


def test_values_are_columns_of_the_store(tmp_path: Path) -> None:
    place = tmp_path / "tiny.yaml"
    place.write_text(TINY, encoding="utf-8")
    batch([place], tmp_path / "store", levers=file(tmp_path, TWO))
    frame = open_store(tmp_path / "store").frame("targets")
    found = sorted(zip(frame["lever_seats"], frame["lever_leave"], strict=True))
    assert found == [(a, b) for a in (0.5, 1, 1.2) for b in (0, 0.02)]


@pytest.mark.parametrize("page", ["batch.md", "batch.zh.md"])
def test_the_grids_of_the_documentation(tmp_path: Path, page: str) -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / page).read_text(encoding="utf-8")
    full, drawn = (points(tmp_path, body) for body in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert (len(full), len(drawn)) == (6, 50) and f"{MOST_POINTS:,}" in text
    base = read("small")
    assert len({point.on(base).label for point in (*full, *drawn)}) == 56


# ------------------------------------------------------------------------------------------------------- what is wrong

WRONG = {
    "nothing": ("", [("not_mapping", 1)]),
    "unknown keys": ("method: grid\nlevrs: {}\n", [("missing", 1), ("unknown_key", 2)]),
    "no method": (TWO.replace("method: grid", "method: gird"), [("one_of", 2)]),
    "a key of a change": (TWO.replace("from:", "form:"), [("unknown_key", 4)]),
    "a value that is none": (TWO.replace("1.2", "much"), [("number_text", 4)]),
    "two ops": (TWO.replace("add:", "set: [1], add:"), [("change_op", 5)]),
    "no op": (TWO.replace(", add: [0, 0.02]", ""), [("change_op", 5)]),
    "no value": (TWO.replace("[0, 0.02]", "[]"), [("too_few", 5)]),
    "a negative factor, a ramp without end": (
        TWO.replace("0.5", "-0.5").replace("add:", "ramp:"), [("bound", 4), ("change_op", 5), ("change_op", 5)]),
    "a range in a full grid, points and a seed": (
        DRAWN.format(points=3, seed=1).replace("latin_hypercube", "grid"),
        [("grid_full", 3), ("grid_full", 4), ("grid_list", 6), ("grid_list", 7)]),
    "a list in a Latin hypercube, no points, no seed": (
        TWO.replace("method: grid", "method: latin_hypercube"),
        [("grid_drawn", 2), ("grid_drawn", 2), ("grid_range", 4), ("grid_range", 5)]),
    "high before low": (DRAWN.format(points=3, seed=1).replace("low: 40", "low: 70"), [("number_order", 6)]),
    "a negative seed, too many points": (DRAWN.format(points=MOST_POINTS + 1, seed=-1), [("bound", 3), ("bound", 4)]),
    "too many points": (TWO.replace("[0, 0.02]", str([i / 10_000 for i in range(4_000)])), [("grid_many", 3)]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, case: str) -> None:
    text, wanted = WRONG[case]
    with pytest.raises(ScenarioError) as caught:
        read_grid(file(tmp_path, text))
    assert sorted((p.code, p.line) for p in caught.value.problems) == wanted
    for lang in ("zh", "en"):
        assert told_well(caught.value.text(lang)) and caught.value.text(lang).count("levers.yaml") >= len(wanted)


def test_no_such_file(tmp_path: Path) -> None:
    file(tmp_path, TWO)
    with pytest.raises(ScenarioError) as caught:
        read_grid(tmp_path / "lever.yaml")
    assert [p.code for p in caught.value.problems] == ["file_missing"] and "levers.yaml" in caught.value.text("en")


def test_what_is_wrong_on_a_scenario_is_told_once_with_the_line_of_the_lever(tmp_path: Path) -> None:
    """A key that the place does not have, at all six points; a value that leaves its bounds, at the three that have it."""
    place = tmp_path / "tiny.yaml"
    place.write_text(TINY, encoding="utf-8")
    account = batch([place], tmp_path / "store", levers=file(tmp_path, TWO.replace("quota.sve_3", "quota.sve_9")))
    (one,) = account.refused.values()
    (problem,) = one.problems
    assert (problem.code, problem.path, problem.line, problem.value) == ("patch_key", "levers.seats.changes.0", 4, "quota.sve_9")
    assert (account.ran, one.count) == (0, 6) and problem.file.endswith("levers.yaml")
    account = batch([place], tmp_path / "store", levers=file(tmp_path, TWO.replace("0.02", "2")))
    (one,) = account.refused.values()
    assert (account.ran, one.count) == (3, 3)
    assert {(p.code, p.path, p.line) for p in one.problems} == {
        ("patch_range", "levers.leave.changes.0", 5), ("patch_range", "levers.leave.changes.1", 5),
        ("sum_over_one", "pathways.sve_3.stages.0", None),  # of the place: together they are too many
    }
