"""The store of runs: what was run comes back as it was, equal runs are equal bytes, and damage is found."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

import skillsim as ss
from skillsim import disk
from skillsim.cli import app
from skillsim.results import store as rooms
from skillsim.results.result import Result, resolve, sha256_of
from skillsim.results.store import Pack, Store, pack, restored, run_key, variation, written_down
from skillsim.scenario.reader import build, shipped

N = 20
RUNNER = CliRunner()
PLACES = [name for name in shipped() if name.endswith("/baseline")]


def varied() -> list[ss.Scenario]:
    """Return a place, one with a policy, and one with changes by hand in two rounds under a name of its own."""
    base = ss.load("small")
    policy = base.vary("more_long_track")
    once = policy.vary({"pathways.sve_3.stages.0.dropout": ("scale", 1.5)})
    return [base, policy, once.vary({"pathways.sve_3.stages.0.dropout": ("add", 0.01)}, called="by hand")]


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return ss.run(varied(), N)


@pytest.fixture(scope="module")
def full(results: list[Result], tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    for i, result in enumerate(results):
        store.keep(result, replications=i != 1, levers=levers(i))
    return store


@pytest.fixture
def store(full: Store, tmp_path: Path) -> Iterator[Store]:
    """A copy that a test may spoil."""
    shutil.copytree(full.folder, tmp_path / "store")
    yield Store(tmp_path / "store")


def keys_of(results: list[Result]) -> list[str]:
    return [run_key(one.scenario, N, one.seed, levers(i)) for i, one in enumerate(results)]


def levers(i: int) -> dict[str, float]:
    return {"dropout": 1.5, "a lever": i} if i else {}


def there(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# ---- the same again


@pytest.mark.parametrize("name", [name for name in shipped() if name.endswith(("baseline", "small", "small_jobs"))])
def test_a_scenario_that_is_written_down_is_the_same_when_it_is_read(name: str) -> None:
    base = ss.load(name)
    scenarios = [base]
    if base.policies:
        code = next(iter(base.policies))
        scenarios.append(base.vary(code))
    by_hand = base.vary({"retention.stayers.by_december": ("scale", 0.99)})
    scenarios.append(by_hand.vary({"retention.leavers.by_december": ("scale", 0.98)}, called="x"))
    scenarios += [by_hand.vary(code) for code in list(base.policies)[:1]]  # by hand before a policy
    for scenario in scenarios:
        again = restored(written_down(scenario), json.loads(json.dumps(variation(scenario))))
        assert sha256_of(resolve(again)) == sha256_of(resolve(scenario))
        assert run_key(again, N, 1) == run_key(scenario, N, 1)
        assert (again.label, again.applied) == (scenario.label, scenario.applied)


def test_switches_are_written_down_too() -> None:
    base = ss.load("small")
    off = base.model_copy(update={"uncertainty": base.uncertainty.model_copy(update={"process": False})})
    assert not restored(written_down(off), variation(off)).uncertainty.process
    assert run_key(off, N, 1) != run_key(base, N, 1)


def test_a_kept_run_comes_back_as_it_was(results: list[Result], full: Store) -> None:
    for i in (0, 2):
        mine, again = results[i], full.result(keys_of(results)[i])
        assert again.manifest() == mine.manifest()
        assert_frame_equal(again.frame(), mine.frame())
        assert_frame_equal(again.targets(), mine.targets())
        assert_frame_equal(again.seat_plan(), mine.seat_plan())
    both = ss.compare([full.result(keys_of(results)[i]) for i in (0, 2)])
    here = ss.compare([results[0], results[2]])
    assert_frame_equal(both.table(), here.table())
    assert_frame_equal(both.targets(), here.targets())


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with a run of every place."""
    store = Store(tmp_path_factory.mktemp("places"))
    for name in PLACES:
        store.keep(ss.run(ss.load(name), 2)[0])
    return store


def test_targets_of_every_kind_stand_in_one_table(places: Store) -> None:
    found = places.frame("targets").set_index(["base", "target"])
    asked = {(base.name, code): one for base in map(ss.load, PLACES) for code, one in base.targets.items()}
    assert set(found.index) == set(asked)
    assert {one.direction for one in asked.values()} > {"band", "show", "at_least"}
    for key, one in asked.items():
        row = found.loc[key]
        goals = [None if pd.isna(row[name]) else row[name] for name in ("goal", "goal_low", "goal_high")]
        assert goals == [one.value, *(one.band or (None, None))], key
    assert all(places.verify(key) == [] for key in set(found["run"]))
    for table in ("indicators", "seat_plan", "money"):
        assert len(places.frame(table)) > 0


def test_another_way_of_writing_a_scenario_is_another_run() -> None:
    """Bytes are those of the file and the order in it, so these are in the key."""
    base = ss.load("small")
    values = dict(base.written)
    turned = build({**values, "targets": dict(reversed(values["targets"].items()))}, {})
    assert sha256_of(resolve(turned)) == sha256_of(resolve(base))
    assert run_key(turned, N, 1) != run_key(base, N, 1)
    one, other = (pack(ss.run(scenario, 2)[0]) for scenario in (base, turned))
    assert one.key != other.key


@pytest.mark.parametrize("process", [True, False])
def test_a_run_with_jobs_rules_and_money_comes_back_as_it_was(tmp_path: Path, process: bool) -> None:
    base = ss.load("linzi/baseline").vary("plan_2023")
    base = base.model_copy(update={"uncertainty": base.uncertainty.model_copy(update={"process": process})})
    result = ss.run(base, 4)[0]
    store = Store(tmp_path)
    again = store.result(store.keep(result, replications=True))
    for frame in ("frame", "targets", "seat_plan", "plan_log", "warnings", "money"):
        assert_frame_equal(getattr(again, frame)(), getattr(result, frame)())
    assert again.manifest() == result.manifest()
    assert again.history.entrants.dtype == result.history.entrants.dtype
    assert store.verify(store.keys()[0]) == []


def test_equal_runs_are_equal_bytes_and_others_are_not(results: list[Result]) -> None:
    again = ss.run(varied()[1], N, threads=1)[0]
    assert pack(again, True, levers(1)) == pack(results[1], True, levers(1))
    other = ss.run(varied()[1], N, seed=1)[0]
    assert pack(other).key != pack(results[1]).key


def test_the_key_says_all_that_a_run_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    base, policy, _ = varied()
    named = base.model_copy()
    named._called = "other"
    keys = [
        run_key(base, N, 1), run_key(base, N, 1, {"a": 1}), run_key(base, N + 2, 1), run_key(base, N, 2), run_key(policy, N, 1),
        run_key(named, N, 1),
    ]
    assert len(set(keys)) == len(keys)
    with monkeypatch.context() as changed:
        changed.setattr(rooms, "model_version", lambda: "another")
        assert run_key(base, N, 1) not in keys
    libraries = {**rooms.versions(), "numpy": "another"}
    monkeypatch.setattr(rooms, "versions", lambda: libraries)
    assert run_key(base, N, 1) not in keys


def test_the_version_of_the_model_is_that_of_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the package has the same version whatever its line ends are; with one line more in a rule it has not."""
    package = Path(rooms.__file__).parents[1]
    shutil.copytree(package, tmp_path / "skillsim", ignore=shutil.ignore_patterns("__pycache__", "scenarios"))
    monkeypatch.setattr(rooms, "__file__", str(tmp_path / "skillsim" / "results" / "store.py"))
    fresh = rooms.model_version.__wrapped__
    assert fresh() == rooms.model_version()
    rule = tmp_path / "skillsim" / "rules" / "retention.py"
    rule.write_bytes(rule.read_bytes().replace(b"\n", b"\r\n"))
    assert fresh() == rooms.model_version()
    rule.write_bytes(rule.read_bytes() + b"# more\n")
    assert fresh() != rooms.model_version()


# ---- writing


def test_what_is_there_is_not_written_again(results: list[Result], store: Store) -> None:
    before = there(store.folder)
    assert not store.add(pack(results[0], True))
    assert not store.add(pack(results[0]))
    assert not store.add(pack(results[1], levers=levers(1)))
    assert there(store.folder) == before


def test_replications_are_added_to_a_run_that_has_none(results: list[Result], store: Store) -> None:
    key = keys_of(results)[1]
    before = there(store.folder)
    assert not store.has(key, kept=True)
    assert store.add(pack(results[1], True, levers(1)))
    assert store.has(key, kept=True)
    assert {name: data for name, data in there(store.folder).items() if name in before} == before
    assert store.verify(key) == []
    assert_frame_equal(store.result(key).frame(), results[1].frame())


def test_many_writers_do_no_harm(results: list[Result], tmp_path: Path) -> None:
    packs = [pack(result, keep) for result in results for keep in (False, True)]
    alone, crowd = Store(tmp_path / "alone"), Store(tmp_path / "crowd")
    for one in packs:
        alone.add(one)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(crowd.add, packs * 6))
    assert there(crowd.folder) == there(alone.folder)


def test_a_full_disk_is_told_and_loses_nothing(results: list[Result], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.remove(keys_of(results)[0])
    before = there(store.folder)
    real = disk._written

    def full(path: Path, data: bytes) -> None:
        if path.name == "indicators.parquet":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data)

    monkeypatch.setattr(disk, "_written", full)
    with pytest.raises(ss.ScenarioError, match="the disk is full"):
        store.add(pack(results[0]))
    assert there(store.folder) == before
    monkeypatch.undo()
    assert store.add(pack(results[0]))


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ss.ScenarioError, match="cannot be written"):
        Store(tmp_path / "file").prepare()
    with pytest.raises(ss.ScenarioError, match="holds no store"):
        ss.open_store(tmp_path)


# ---- reading


def test_one_table_over_all_runs(results: list[Result], full: Store) -> None:
    keys = keys_of(results)
    found = full.frame(indicator="graduates", year=[2026, 2027], pathway="", columns=["scenario", "year", "mean"])
    assert list(found.columns) == ["run", "base", "lever_a lever", "lever_dropout", "scenario", "year", "mean"]
    assert set(found["run"]) == set(keys)
    for key, result in zip(keys, results, strict=True):
        frame = result.frame()
        rows = frame[(frame["indicator"] == "graduates") & frame["year"].isin([2026, 2027]) & (frame["pathway"] == "")]
        mine = found[found["run"] == key]
        assert mine["mean"].tolist() == rows["mean"].tolist()
        assert len(mine) > 0
    by_run = found.drop_duplicates("run").set_index("run")
    assert by_run["lever_a lever"].reindex(keys).tolist()[1:] == [1, 2]
    assert pd.isna(by_run["lever_a lever"][keys[0]])
    assert full.frame("targets", runs=[keys[1]])["probability"].tolist() == results[1].targets()["probability"].tolist()
    assert len(full.frame("money")) == 0
    assert set(full.frame("targets", base="small", **{"lever_a lever": [2, 3]})["run"]) == {keys[2]}
    assert len(full.frame("targets", base="other")) == 0


def test_the_list_of_runs(results: list[Result], full: Store) -> None:
    found = full.runs().set_index("run")
    keys = keys_of(results)
    assert sorted(found.index) == sorted(keys)
    assert found.loc[keys, "scenario"].tolist() == ["small", "more_long_track", "by hand"]
    assert found.loc[keys, "kept"].tolist() == [True, False, True]
    assert found.loc[keys, "draws"].tolist() == [result.draws for result in results]
    assert found.loc[keys[2], "lever_dropout"] == 1.5


@pytest.mark.parametrize(("table", "where", "said"), [
    ("nix", {}, "have no"),
    ("indicators", {"indicatr": "graduates"}, "have no"),
    ("indicators", {"year": "soon"}, "of type int64"),
    ("targets", {"mean": ["x"]}, "of type double"),
])
def test_a_column_or_table_that_is_not_there_is_told(full: Store, table: str, where: dict[str, Any], said: str) -> None:
    with pytest.raises(ss.ScenarioError, match=said):
        full.frame(table, **where)


def test_runs_are_found_by_their_first_digits_and_by_name(results: list[Result], full: Store) -> None:
    keys = keys_of(results)
    assert [full.find(key[:8]) for key in keys] == keys
    assert full.find("by hand") == keys[2]
    with pytest.raises(ss.ScenarioError, match="no run"):
        full.find("nobody")
    with pytest.raises(ss.ScenarioError, match="no run"):
        full.find("")


def test_a_name_is_not_taken_for_the_digits_of_a_key(results: list[Result], store: Store) -> None:
    keys = keys_of(results)
    named = results[0].scenario.model_copy()
    named._called = keys[1][:6]
    mine = store.keep(ss.run(named, 2)[0])
    with pytest.raises(ss.ScenarioError, match="fits several runs"):
        store.find(keys[1][:6])
    assert store.find(keys[1][:10]) == keys[1]
    store.remove(keys[1])
    assert store.find(named.label) == mine
    with pytest.raises(ss.ScenarioError, match="no run"):
        store.find(keys[2][:2])


def test_folders_of_others_and_half_a_run_do_no_harm(results: list[Result], store: Store) -> None:
    keys = keys_of(results)
    (store.runs_folder / "@eaDir").mkdir()
    (store.runs_folder / "desktop.ini").write_text("x")
    (store.runs_folder / keys[0] / "checksums.txt").unlink()
    assert store.keys() == sorted(keys[1:])
    assert [path.name for path in store.halves()] == [keys[0]]
    assert set(store.frame("targets")["run"]) == set(keys[1:])
    code, said = asked("verify", store.folder, "--lang", "en")
    assert code == 2 and keys[0] in said
    assert store.add(pack(results[0], True))
    assert store.verify(keys[0]) == [] and store.halves() == []


def test_a_damaged_manifest_does_not_hide_the_list(results: list[Result], store: Store) -> None:
    keys = keys_of(results)
    (store.runs_folder / keys[0] / "manifest.json").write_text("{", encoding="utf-8")
    (store.runs_folder / keys[1] / "manifest.json").write_text('{"format": 2}', encoding="utf-8")
    code, said = asked("list", store.folder, "--lang", "en")
    assert code == 0 and said.count("(damaged)") == 2 and "by hand" in said
    assert store.find("by hand") == keys[2]
    with pytest.raises(ss.ScenarioError, match="newer version"):
        store.manifest(keys[1])


def test_several_runs_of_one_name_are_told(results: list[Result], store: Store) -> None:
    store.keep(ss.run(varied()[0], 2)[0])
    with pytest.raises(ss.ScenarioError, match="fits several runs"):
        store.find("small")


def test_a_run_without_replications_says_so(results: list[Result], full: Store) -> None:
    with pytest.raises(ss.ScenarioError, match="were not kept"):
        full.result(keys_of(results)[1])


@pytest.mark.parametrize("name", ["../runs", "/etc", ".", ""])
def test_no_name_leads_out_of_the_store(full: Store, name: str) -> None:
    with pytest.raises(ss.ScenarioError):
        full.manifest(name)


# ---- damage


def names(results: list[Result]) -> list[str]:
    one = pack(results[0], True)
    return [*one.files, *(f"replications/{name}" for name in one.kept)]


def test_every_changed_byte_lost_and_foreign_file_is_found(results: list[Result], store: Store) -> None:
    key = keys_of(results)[0]
    folder = store.runs_folder / key
    assert store.verify(key) == []
    for name in names(results):
        path = folder / name
        good = path.read_bytes()
        for at in (0, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            assert store.verify(key), f"{name} byte {at}"
        path.unlink()
        assert store.verify(key), name
        path.write_bytes(good)
    (folder / "more.txt").write_text("x")
    assert [p.code for p in store.verify(key)] == ["run_file_more"]


def test_a_scenario_of_another_run_is_found_though_its_checksum_fits(results: list[Result], store: Store) -> None:
    keys = keys_of(results)
    one = store.runs_folder / keys[1]
    text = one.joinpath("scenario.yaml").read_text(encoding="utf-8").replace("A small place", "A small town", 1)
    sums = {name: data for name, data in there(one).items() if name != "checksums.txt"} | {"scenario.yaml": text.encode()}
    one.joinpath("scenario.yaml").write_text(text, encoding="utf-8")
    one.joinpath("checksums.txt").write_bytes(rooms._sums(sums))
    assert [p.code for p in store.verify(keys[1])] == ["run_other_key"]


@pytest.mark.parametrize("name", ["manifest.json", "scenario.yaml", "replications/history.parquet"])
@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_broken_file_is_a_sentence(results: list[Result], store: Store, name: str, data: bytes) -> None:
    key = keys_of(results)[0]
    (store.runs_folder / key / name).write_bytes(data)
    with pytest.raises(ss.ScenarioError):
        store.result(key)


# ---- the commands


def asked(*words: object) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["runs", *map(str, words)])
    return done.exit_code, done.output


def test_the_commands(results: list[Result], store: Store) -> None:
    keys = keys_of(results)
    code, said = asked("list", store.folder, "--lang", "en")
    assert code == 0
    assert all(key[:12] in said for key in keys)
    assert "3 runs" in said
    code, said = asked("show", store.folder, keys[2][:6], "--lang", "en")
    assert code == 0
    assert keys[2] in said
    assert "a lever: 2" in said
    assert asked("verify", store.folder)[0] == 0
    code, said = asked("verify", "--again", store.folder, "by hand", "--lang", "en")
    assert (code, "the same to the byte" in said) == (0, True)
    code, said = asked("remove", store.folder, "by hand", "more_long_track", "--yes")
    assert code == 0
    assert store.keys() == [keys[0]]
    assert [p.name for p in store.workshop.iterdir()] == []


def test_removing_asks(results: list[Result], store: Store) -> None:
    done = RUNNER.invoke(app, ["runs", "remove", str(store.folder), "small"], input="n\n")
    assert done.exit_code == 0
    assert len(store.keys()) == 3


def test_verify_tells_what_is_damaged_and_what_is_other_when_run_again(results: list[Result], store: Store) -> None:
    key = keys_of(results)[1]
    (store.runs_folder / key / "targets.parquet").write_bytes(b"x")
    code, said = asked("verify", store.folder, "--lang", "en")
    assert code == 2
    assert "targets.parquet" in said
    one = store.runs_folder / key
    files = {name: data for name, data in there(one).items() if name != "checksums.txt"}
    one.joinpath("checksums.txt").write_bytes(rooms._sums(files))
    assert asked("verify", store.folder)[0] == 0
    code, said = asked("verify", "--again", store.folder, "--lang", "en")
    assert code == 2
    assert "running it again gives other content" in said


def test_a_run_of_another_model_is_not_compared_by_its_bytes(
    results: list[Result], store: Store, monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = keys_of(results)[0]
    monkeypatch.setattr(rooms, "model_version", lambda: "9.9")
    assert store.verify(key) == []
    code, said = asked("verify", "--again", store.folder, "--lang", "en")
    assert code == 2
    assert "another version of the model" in said


def test_runs_of_a_store_are_items_like_scenarios(results: list[Result], full: Store) -> None:
    from skillsim.cli.items import results_of

    keys = keys_of(results)
    found = results_of([keys[0][:10], "more_long_track", str(full.runs_folder / keys[2])], full.folder, 2, 1, 1, None, None)
    assert [one.manifest() for one in found] == [result.manifest() for result in results]
    mixed = results_of([keys[0][:10], "small_jobs"], full.folder, 2, 1, 1, None, None)
    assert [one.replications for one in mixed] == [N, 2]


def test_a_pack_can_be_sent_to_another_process(results: list[Result]) -> None:
    import pickle

    one = pack(results[0], True)
    assert isinstance(one, Pack)
    assert pickle.loads(pickle.dumps(one)) == one
