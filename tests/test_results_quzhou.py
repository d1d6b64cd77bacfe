"""The shipped Quzhou scenario: complete, sourced, and balanced when it runs."""

import numpy as np
import pytest

import skillsim as ss
from skillsim.scenario.numbers import Number
from skillsim.scenario.types import numbers
from worlds import get

REPLICATIONS = 20
FOLLOWS_FROM_STAYING = {
    "destinations", "stayers", "turned_away", "gave_up", "hired", "experienced", "exits", "workers", "vacancies", "opened",
    "retired", "flows", "here", "raised",
}


@pytest.fixture(scope="module")
def quzhou():
    return ss.load("quzhou/baseline")


@pytest.fixture(scope="module")
def result(quzhou):
    return ss.run(quzhou, REPLICATIONS, threads=2)[0]


def test_its_size(quzhou):
    assert len(quzhou.institutions) >= 12
    assert len(quzhou.pathways) >= 8
    assert len(quzhou.choice.bands) == 5
    assert sum(a.local for a in quzhou.areas.values()) == 6
    assert 15 <= len(quzhou.programmes) <= 30
    assert quzhou.years.last >= 2040
    assert set(quzhou.policies) >= {"plan_2025", "long_track_60", "retention_subsidy"}


def test_schools_without_published_data_are_typed_placeholders(quzhou):
    named = {"qz_college", "quzhou_university", "qz_secondary", "qz_technician"}
    assert {code for code, i in quzhou.institutions.items() if not i.placeholder} == named
    for code, i in quzhou.institutions.items():
        if i.placeholder:
            assert "示意" in i.title.zh and "placeholder" in i.title.en, code


def test_every_written_number_has_a_source(quzhou):
    missing = [path for path, _, _ in numbers(quzhou, written=True) if quzhou.source_of(path) is None]
    assert missing == []


def test_assumed_numbers_have_a_range_or_say_why_none(quzhou):
    """Either a distribution, or a source whose text says that no range is meant."""
    bare = {}
    for path, number, _ in numbers(quzhou, written=True):
        source = quzhou.source_of(path)
        if source.kind == "assumed" and not number.uncertain and "no range" not in source.text:
            bare[path] = source.text[:60]
    assert bare == {}


def test_proxies_carry_a_range(quzhou):
    """What stands in for a figure of Quzhou is uncertain: every proxy has a distribution, unless it is a rate taken as nil, or
    the one part of a whole against which the others are drawn."""
    bare = [
        path
        for path, number, _ in numbers(quzhou, written=True)
        if quzhou.source_of(path).kind == "proxy" and not number.uncertain and number != Number(value=0)
    ]
    drawn_against = [path for path in bare if ".level_shares." in path]
    assert [path for path in bare if path not in drawn_against] == []
    for path in drawn_against:
        parts = quzhou.industries[path.split(".")[1]].level_shares
        assert sum(part.uncertain for part in parts.values()) == len(parts) - 1, path


def test_the_targets_are_those_of_the_opinion(quzhou):
    """衢政办发〔2025〕10号: 12,000, 70 %, 80 %, 45 %, 60 %, 50 % by 2030; the years of the last two are not in the text."""
    asked = {c: (t.value, t.year, t.year_stated) for c, t in quzhou.targets.items() if t.value is not None}
    assert sorted(v for v, _, _ in asked.values()) == [0.45, 0.5, 0.6, 0.7, 0.8, 12000]
    assert {y for _, y, _ in asked.values()} == {2030}
    assert {c for c, (_, _, stated) in asked.items() if not stated} == {"long_track_share", "leading_seat_share"}
    assert all("10号" in t.clause for t in quzhou.targets.values())


def test_base_rates_are_not_read_off_the_goals(quzhou):
    """No range has its middle on the goal of a target that counts the same graduates."""
    for t in quzhou.targets.values():
        if not t.indicator.startswith("local_retention"):
            continue
        counted = {p for c in t.of.pathways for p in quzhou.classes.get(c, [c])}
        for b in quzhou.retention.base:
            assert b.rate.uncertain and b.rate.uniform is not None
            if counted & set(b.pathways) and b.level in t.of.levels:
                assert sum(b.rate.uniform) / 2 != pytest.approx(t.value, abs=1e-9)


def test_it_balances(result):
    h, layout = result.history, result.inputs.layout
    for name, x in vars(h).items():
        assert np.issubdtype(x.dtype, np.integer) and (name == "moves" or (x >= 0).all()), name
    assert (h.entrants <= h.seats).all()
    assert (h.destinations.sum(axis=1) == h.graduates).all()
    assert (h.through_gate <= h.at_gate).all()
    gate = layout.gate_pools["junior"]
    assert (h.junior.sum(axis=1) - h.general.sum(axis=1) - h.not_local.sum(axis=1) == h.entrants[:, gate].sum(axis=1)).all()
    # pathways without a general track: entrants - dropouts - graduates is the change of headcount
    for p, code in enumerate(layout.pathways):
        if any("to_general" in s.model_fields_set for s in result.scenario.pathways[code].stages):
            continue
        heads, dropouts = (x[:, layout.line_pathway == p].sum(axis=1) for x in (h.headcount, h.dropouts))
        entrants, graduates = (
            h.entrants[:, layout.pool_pathway == p].sum(axis=1),
            h.graduates[:, layout.group_pathway == p].sum(axis=1),
        )
        assert (np.diff(heads, axis=0) == (entrants - dropouts - graduates)[1:]).all(), code
    for j, school in enumerate(layout.schools):
        capacity = np.repeat(result.inputs.get(f"institutions.{school}.capacity"), 2, axis=1)
        capacity = (
            np.broadcast_to(capacity, (len(capacity), REPLICATIONS)) if capacity.shape[1] == REPLICATIONS else capacity[:, :1]
        )
        assert (h.seats[:, layout.pool_school == j].sum(axis=1) <= capacity).all(), school


def test_no_stock_is_empty_in_the_first_year(result):
    """Every line (school x programme x pathway x stage x level) that is fed by seats has students in 2020."""
    h, layout = result.history, result.inputs.layout
    for i, (offer, stage, level) in enumerate(layout.lines):
        fed = h.seats[0, layout.pool_offer == offer].sum(axis=0)
        assert ((h.headcount[0, i] > 0) | (fed == 0)).all(), (layout.offers[offer], stage, layout.levels[level])


def test_the_college_is_of_its_published_size(result):
    """Over 6,800 students in March 2021 (school profile).  Its seats were set by that figure, so this is a check of scale
    (a lost pathway, a doubled stage), to a tenth, not one of skill."""
    college = get(result, "headcount", levels=["college"], schools=["qz_college"])[1].mean()
    assert 6120 <= college <= 7480


def test_draws_for_each_replication(result):
    """The budget: 120,000 draws a replication over 21 years."""
    assert result.draws / REPLICATIONS <= 120_000


def test_policies_run_and_move_what_they_are_for(quzhou):
    """Each policy on its own, six replications: seats shift to the long track, a subsidy from 2026 moves who stays and what
    follows from it, no student, no plan of the firms, and nothing before."""
    base, plan, shift, money = ss.run(
        [quzhou, *(quzhou.vary(p) for p in ("plan_2025", "long_track_60", "retention_subsidy"))], 6, threads=2
    )
    y = 2030 - quzhou.years.first
    for r in (plan, shift):
        assert (get(r, "long_track_share")[y] > get(base, "long_track_share")[y]).all()
    early = 2026 - quzhou.years.first
    for name, x in vars(money.history).items():
        same = getattr(base.history, name)
        assert (x == same).all() or name in FOLLOWS_FROM_STAYING, name
        assert name == "before" or (x[:early] == same[:early]).all(), name
    assert (money.history.destinations != base.history.destinations).any()
    for r in (base, plan, shift, money):
        assert all((x >= 0).all() for name, x in vars(r.history).items() if name != "moves")


def test_memory_of_what_is_kept(result):
    """A run of 1,000 replications within 600 MB as a whole process: some 250 are the libraries, 60 the chunks at work, 40 the
    tables, so that at most 200 kB may be kept for each replication."""
    kept = {name: x for name, x in vars(result.history).items() if name != "moves"}
    moves = result.history.moves
    kept["moves"] = moves[:, np.any(moves != 0, axis=(0, 2, 3))]  # steps that are never written take no memory
    assert sum(x.nbytes for x in kept.values()) / REPLICATIONS <= 200_000
