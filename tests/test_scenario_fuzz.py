"""Broken files by the hundred: a reading ends in a scenario or in problems that can be told, in bounded time; what reads
also runs."""

import copy
import random
import re
import time
import warnings
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import skillsim as ss
from helpers_scenario import GOOD, LANGS, MARKET, SCENARIOS, SMALL, told_well
from skillsim.errors import ScenarioError
from skillsim.scenario.reader import build, read
from worlds import laid

SECONDS = 5.0
PLACES = [GOOD, SMALL, MARKET, *sorted(SCENARIOS.glob("quzhou/baseline.yaml"))]
JUNK = (
    "",
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    ".nan",
    "-.inf",
    "99999999999999999999",
    "0x" + "f" * 4_000,
    "9" * 5_000,
    "2025-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2025-02-30",
    "1:30",
    "0o17",
    "abc",
    "衢州",
    '"\\ud800"',
    '"\\0"',
    "[]",
    "{}",
    "[1, 2]",
    "{value: 1}",
    "{uniform: [0, 1]}",
    "{series: {2025: 1}}",
    "&a [*a]",
    "*nowhere",
    "!!python/name:os.system",
    "!!binary aGk=",
    "!!set {a}",
    "<<",
    "|",
    ">-",
    "'",
    '"',
    "{",
    "[",
    "- -",
    "? ?",
    "%YAML 1.1",
    "---",
    "...",
    "#",
    "\t",
    "@",
    "`",
    "town",
    "sve_3",
    "{passed: 1, of: 2}",
    "{normal: [0, 1]}",
    "[[[[[]]]]]",
    "{{}: 1}",
    "{[]: 1}",
    "1e308",
    "1e-320",
    "-0.0",
)


def settled(act):
    """Return the scenario that comes of an act, or None where problems are told; anything else is a fault, as is delay."""
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # no warning of a library reaches a planner either
            scenario = act()
    except ScenarioError as error:
        assert error.problems
        assert all(told_well(error.text(lang)) for lang in LANGS)
        scenario = None
    assert time.process_time() - began < SECONDS
    return scenario


def runs(scenario):
    """Run what was read, as a planner would."""

    def act():
        for result in ss.run(scenario, replications=2, threads=1):
            result.targets(), result.frame(), result.manifest()
        return scenario

    return settled(act)


# ---------------------------------------------------------------------------------------------------------------- as text


def cut(text, rng):
    return text[: rng.randrange(len(text))]


def lines_gone(text, rng):
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return "\n".join(lines[:at] + lines[at + rng.randint(1, 3) :])


def line_twice(text, rng):
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return "\n".join(lines[: at + 1] + lines[at:])


def line_moved(text, rng):
    lines = text.split("\n")
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randint(0, len(lines)), line)
    return "\n".join(lines)


def line_shifted(text, rng):
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    lines[at] = lines[at][2:] if rng.random() < 0.5 else "  " + lines[at]
    return "\n".join(lines)


def value_swapped(text, rng):
    values = list(re.finditer(r"(?<=[:\[,] )[^\s,\[\]{}]+", text))
    if not values:
        return text
    at = rng.choice(values)
    return text[: at.start()] + rng.choice(JUNK) + text[at.end() :]


def word_swapped(text, rng):
    words = list(re.finditer(r"\w+", text))
    if not words:
        return text
    one, two = rng.choice(words), rng.choice(words)
    return text[: one.start()] + two[0] + text[one.end() :]


def letter_wrong(text, rng):
    at = rng.randrange(len(text))
    return text[:at] + rng.choice("abz09 \n\t:-,[]{}#&*!|>'\"%@`?\\\0\x85\u2028\ufeff衢\U0001f600") + text[at + 1 :]


TEXT_EDITS = (cut, lines_gone, line_twice, line_moved, line_shifted, value_swapped, value_swapped, word_swapped, letter_wrong)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.stem)
def test_mutated_text(place, tmp_path):
    rng = random.Random(f"text {place.stem}")
    whole = place.read_text(encoding="utf-8").replace(f"extends: {GOOD.name}", f"extends: {GOOD.as_posix()}")
    times = 30 if place.stem == "baseline" else 140
    read_again = 0
    for i in range(times):
        text = whole
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            text = rng.choice(TEXT_EDITS)(text, rng) or "#"
        path = tmp_path / "case.yaml"
        path.write_bytes(text.encode("utf-8"))
        scenario = settled(lambda path=path: read(path))
        read_again += scenario is not None
        if scenario is not None and i % 10 == 0 and place.stem != "baseline":
            runs(scenario)
    assert 0 < read_again < times, "mutations that always or never read prove little"


def test_mutated_bytes(tmp_path):
    rng = random.Random("bytes")
    whole = SMALL.read_bytes()
    path = tmp_path / "case.yaml"
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 3, 30))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(bytes(data))
        settled(lambda: read(path))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
@example(b"!!int 0x" + b"f" * 5_000)
@example(b"a: !!timestamp 2025-01-01T00:00:00+99:99\n")
@example(b"%TAG ! tag:x,2000:\n--- !a b\n")
@example(b"? ? ? ?\n: : :\n")
@example(b"\xff\xfea\x00")
@example(b"- \x00")
def test_any_bytes(tmp_path, data):
    path = tmp_path / "case.yaml"
    path.write_bytes(data)
    assert settled(lambda: read(path)) is None


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["years", "as_of", "levels", "areas", "choice", "policies", "targets", "order", "观", "5"]),
            st.sampled_from(JUNK),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_junk_under_known_keys(tmp_path, pairs):
    path = tmp_path / "case.yaml"
    path.write_text("".join([f"extends: {GOOD.as_posix()}\n", *(f"{k}: {v}\n" for k, v in pairs)]), encoding="utf-8")
    settled(lambda: read(path))


# ------------------------------------------------------------------------------------------------------------ as a tree

WHOLE = {place.stem: YAML(typ="safe", pure=True).load(place.read_text(encoding="utf-8")) for place in (GOOD, SMALL, MARKET)}
WHOLE["_market"].pop("extends")
WHOLE["_market"] = laid(WHOLE["_good"], WHOLE["_market"])


def spots(tree, path=()):
    """Yield the way to every value of a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from spots(value, (*path, key))


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


VALUES = (
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    7,
    2024,
    2026,
    2030,
    10**9,
    10**400,
    1e300,
    float("nan"),
    float("inf"),
    "",
    "x",
    "中",
    "*",
    "quota",
    "sve_3",
    "town",
    "12-31",
    "02-29",
    date(2026, 4, 1),
    [],
    {},
    [0.5, 0.5],
    {"value": 0.5},
    {"uniform": [0, 1]},
    {"series": {2025: 0.1, 2029: 0.9}},
    {"passed": 3, "of": 4},
    {"source": {"assumed": "x"}},
    {"beta": [2, 2]},
)


def tree_edited(tree, draw):
    """Return a copy with some values replaced, removed, doubled, or put elsewhere; ``draw`` picks one of a list."""
    tree = copy.deepcopy(tree)
    for _ in range(draw((1, 1, 2, 3))):
        ways = list(spots(tree))
        if not ways:
            break
        path = draw(ways)
        within, key = at(tree, path[:-1]), path[-1]
        action = draw(("replace", "replace", "remove", "nudge", "nudge", "move", "double", "rename"))
        if action == "replace":
            within[key] = copy.deepcopy(draw(VALUES))
        elif action == "remove":
            del within[key]
        elif action == "nudge" and isinstance(within[key], int | float) and not isinstance(within[key], bool):
            within[key] = (
                within[key] * draw((0, 0.5, 2, -1, 10))
                if isinstance(within[key], float)
                else within[key] + draw((-2, -1, 1, 2, 100))
            )
        elif action == "move":
            within[key] = copy.deepcopy(at(tree, draw(ways)))
        elif action == "double" and isinstance(within, list):
            within.insert(key, copy.deepcopy(within[key]))
        elif action == "rename" and isinstance(within, dict):
            within[draw(("x", "years", "sve_3", "中", 5, "source"))] = within.pop(key)
    return tree


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_edited_trees(data):
    tree = tree_edited(
        WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))], lambda options: data.draw(st.sampled_from(list(options)))
    )
    settled(lambda: build(tree, {}))


def test_edited_trees_that_read_also_run():
    rng = random.Random("trees")
    ran = 0
    for i in range(300):
        tree = tree_edited(WHOLE[("_good", "small", "_market")[i % 3]], rng.choice)
        scenario = settled(lambda tree=tree: build(tree, {}))
        if scenario is not None and ran < 48:
            runs(scenario)
            ran += 1
            for name in list(scenario.policies)[:1]:
                settled(lambda scenario=scenario, name=name: scenario.vary(name))
    assert ran > 30


NEW = ("labour", "industries", "demand", "rules")  # parts of the labour market


def test_edited_markets():
    """The parts of the labour market alone, since most edits of a whole file fall elsewhere."""
    rng = random.Random("markets")
    read_again = ran = 0
    for _ in range(400):
        tree = copy.deepcopy(WHOLE["_market"])
        parts = tree_edited({key: tree[key] for key in NEW}, rng.choice)
        tree = {key: value for key, value in tree.items() if key not in NEW} | parts
        scenario = settled(lambda tree=tree: build(tree, {}))
        read_again += scenario is not None
        if scenario is not None and ran < 40:
            runs(scenario)
            ran += 1
    assert 40 < read_again < 360


# Steps at the ends of what is allowed: each reads, and each must run.
EDGES = {
    "no junior graduates": "areas: {town: {junior_graduates: 0, general_applicants: 0}, valley: {junior_graduates: 0}}",
    "millions": "areas: {town: {junior_graduates: 1.0e+8, general_applicants: 1.0e+8}, valley: {junior_graduates: 1.0e+8}}",
    "no capacity": "institutions: {school: {capacity: 0}, college: {capacity: 0}}",
    "capacity without end": "institutions: {school: {capacity: 1.0e+8}}",
    "a band of none": "choice: {bands: [1, 0]}",
    "a hundred bands": f"""
choice: {{bands: {[0.01] * 100}, general_share: 0.4, alternatives: {{work: {{preference: 0}}}}}}
pathways:
  sve_3plus2:
    stages:
      - {{level: secondary, years: 3, dropout: 0.1}}
      - {{level: college, years: 2, dropout: 0, transfer: {{sits: 1, passes: 0.5}}}}
""",
    "all leave": "pathways: {sve_3: {stages: [{level: secondary, years: 3, dropout: 1}]}}",
    "all repeat": "pathways: {sve_3: {stages: [{level: secondary, years: 3, dropout: 0, repeat: 1}]}}",
    "all move and come back": "pathways: {sve_3: {stages: [{level: secondary, years: 3, dropout: 0, to_general: 1, back: 1}]}}",
    "eight years": "pathways: {sve_3: {stages: [{level: secondary, years: 8, dropout: 0}]}}",
    "all to general": "choice: {general_share: 1}",
    "none to general": "choice: {general_share: 0}",
    "no alternatives": "choice: {alternatives: {work: {preference: -20}}}",
    "eighty years": "years: {first: 1951, last: 2030}",
    "one year": """
years: {first: 2026, last: 2026}
retention:
  base:
    - {pathways: [sve_3, sve_3plus2], level: secondary, rate: 0.7, definition: r1, measured_on: 12-31, year: 2026}
    - {pathways: [sve_3plus2, college_3], level: college, rate: 0.5, definition: r1, measured_on: 12-31, year: 2026}
targets: {stay: {year: 2026}, share: {year: 2026}}
observed: []
""",
    "a driver out of hand": "retention: {drivers: {subsidy: {level: 1.0e+9, effect: 20}}}",
    "no chance": "uncertainty: {parameters: false, process: false}",
    "the rule": "rules: {quota: {active: 1, seats_total: 0}}",
    "the rule with all": """
rules: {quota: {active: 1, target_completion: 0.01, reach: 1, seats_total: {series: {2024: 10, 2030: 5000}}}}
""",
    "actuals beyond all seats": """
observed:
  - {indicator: entrants, year: 2024, value: 50000, source: {assumed: x}}
  - {indicator: headcount, year: 2025, value: 0, source: {assumed: x}}
  - {indicator: graduates, year: 2025, value: 4000, source: {assumed: x}}
  - {indicator: local_retention, definition: r1, year: 2025, value: 0, source: {assumed: x}}
""",
    "nobody stays": "retention: {stayers: {by_august: 0, by_december: 0}, leavers: {by_august: 0, by_december: 0}}",
    "all find work": "retention: {stayers: {by_august: 1, by_december: 1}, leavers: {by_august: 1, by_december: 1}}",
}


@pytest.mark.parametrize("text", EDGES.values(), ids=EDGES)
def test_what_is_allowed_runs(tmp_path, text):
    path = tmp_path / "case.yaml"
    path.write_text(f"extends: {GOOD.as_posix()}\n{text}\n", encoding="utf-8")
    runs(read(path))


def test_a_driver_out_of_hand_downward(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(f"extends: {GOOD.as_posix()}\nretention: {{drivers: {{subsidy: {{level: -1.0e+9, effect: 20}}}}}}\n", "utf-8")
    runs(read(path))
