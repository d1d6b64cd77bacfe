"""Batches: what is run, what is left out, what goes wrong without harm to the rest, and that nothing of it shows in the store."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers_batch import batch, content, grid, place, places
from helpers_scenario import CHINESE
from skillsim import batch as module
from skillsim import disk
from skillsim.batch import Account, Asked, Fault, How, Part, Refused, Variant, files_of, run_batch
from skillsim.cli import app
from skillsim.cli import batch as command
from skillsim.cli.common import Lang
from skillsim.errors import ScenarioError
from skillsim.results.store import Store, open_store

pytestmark = pytest.mark.xdist_group("batch")
TWO = How("threads", 2)


def codes(error: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    for lang in ("zh", "en"):
        assert error.value.text(lang)
    return [problem.code for problem in error.value.problems]


def refused(account: Account) -> list[tuple[str, set[str], int]]:
    found = [(one.file.stem, {p.code for p in one.problems}, one.count) for one in account.refused.values()]
    return sorted(found, key=lambda one: one[0])


# ------------------------------------------------------------------------------------------------------------ what is run


def test_files_folders_names_and_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of folders and patterns all files below; each once, hidden ones and those of a store left out."""
    monkeypatch.chdir(tmp_path)
    a, b, c = (place(Path("folder") / part, name) for part, name in (("", "a"), ("deep/er", "b"), (".hidden", "c")))
    batch([a], tmp_path / "folder" / "store")
    assert files_of(["folder"]) == [a, b]
    assert files_of(["folder/**/*.yaml", "folder/a.yaml", str(a.absolute())]) == [a, b]
    assert files_of(["folder/[ab].yaml", "small"]) == [a, files_of(["small"])[0]]
    assert files_of([str(c)]) == [c], "what is named is meant"
    with pytest.raises(ScenarioError) as caught:
        files_of(["folder/*.yml", "folder/deep", "nowhere", str(tmp_path / "folder" / "store")])
    assert codes(caught) == ["batch_nothing", "file_missing", "batch_nothing"]


def test_each_file_with_its_policies_at_every_point(tmp_path: Path) -> None:
    """2 files x (baseline, more, more+fewer, and under "all" fewer, more being asked for already) x 3 points = 24 runs."""
    levers = tmp_path / "grid.txt"
    lever = "{changes: [{key: pathways.sve_3.stages.0.dropout}], add: [0, 0.01, 0.02]}"
    levers.write_text(f"method: grid\nlevers: {{out: {lever}}}\n", encoding="utf-8")
    account = batch([places(tmp_path / "in", 2)], tmp_path / "store", TWO, ["more", "more+fewer", "all"], levers)
    assert (account.ran, account.total, account.done, account.refused) == (24, 24, 24, {})
    runs = open_store(tmp_path / "store").runs()
    sets = ("grid", "more+grid", "more+fewer+grid", "fewer+grid")
    assert runs.groupby(["base", "policies"]).size().to_dict() == {(f"place_{i}", one): 3 for i in (0, 1) for one in sets}
    assert sorted(runs["lever_out"].unique()) == [0, 0.01, 0.02]


def test_equal_scenarios_are_run_once(tmp_path: Path) -> None:
    one = place(tmp_path, "same")
    again = tmp_path / "copy.yaml"
    again.write_bytes(one.read_bytes())
    account = batch([one, again], tmp_path / "store")
    assert (account.ran, account.twice) == (1, 1)


def test_given_again_it_computes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = places(tmp_path / "in", 3)
    batch([folder], tmp_path / "store", policies=["more"])
    before = content(tmp_path / "store")
    monkeypatch.setattr(module, "run", lambda *_, **__: pytest.fail("a run that is there was run again"))
    account = batch([folder], tmp_path / "store", TWO, ["more"])
    assert (account.ran, account.there, account.faults) == (0, 6, [])
    assert content(tmp_path / "store") == before


def test_a_finer_grid_runs_the_new_points_only(tmp_path: Path) -> None:
    file = place(tmp_path / "in", "one")
    assert batch([file], tmp_path / "store", levers=grid(tmp_path / "grid.txt", 4)).ran == 4
    account = batch([file], tmp_path / "store", levers=grid(tmp_path / "grid.txt", 7))
    assert (account.ran, account.there) == (3, 4)


def test_replications_can_be_kept_later(tmp_path: Path) -> None:
    file = place(tmp_path / "in", "one")
    batch([file], tmp_path / "store")
    account = batch([file], tmp_path / "store", keep=True)
    (key,) = open_store(tmp_path / "store").keys()
    assert account.ran == 1 and open_store(tmp_path / "store").has(key, kept=True)
    assert batch([file], tmp_path / "store").there == batch([file], tmp_path / "store", keep=True).there == 1


@pytest.mark.parametrize("how", [TWO, How("loky", 2), How("threads", 3)], ids=str)
def test_the_store_is_the_same_however_it_was_made(tmp_path: Path, how: How) -> None:
    folder, levers = places(tmp_path / "in", 3), grid(tmp_path / "grid.txt", 4)
    batch([folder], tmp_path / "one", policies=["fewer"], levers=levers, keep=True)
    account = batch([folder], tmp_path / "other", how, ["fewer"], levers, keep=True)
    assert account.ran == 24
    assert content(tmp_path / "other") == content(tmp_path / "one")
    store, keys = open_store(tmp_path / "other"), open_store(tmp_path / "other").keys()
    assert len(keys) == 24 and not any(store.verify(key) for key in keys)


def test_wherever_it_begins_the_same_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches that begin together begin at different places; what the other did by then is left out."""
    asked = Asked(files_of([str(places(tmp_path / "in", 5))]), ["more"], replications=2, seed=1)

    def keys(turn: int) -> list[str]:
        driver = module._Driver(asked, Store(tmp_path / "store"), How(jobs=1), lambda _: None, Account())
        driver.turn = turn
        return [key for part in driver._runs() for key, _ in part.variants]

    first, second = keys(0), keys(3)
    assert first[0] != second[0] and len(first) == 10 and set(first) == set(second)
    batch([tmp_path / "in" / "place_0.yaml"], tmp_path / "store")
    assert len(keys(0)) == 9


def test_tasks_are_of_about_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file not measured yet: one run each. Of one at 1/8 s a run: 8 in a task; of one that takes 3 s: 1.
    No more tasks than 4 for each job are out: here 4, of which the driver has taken none."""
    driver = module._Driver(Asked([], replications=2), Store(tmp_path), How(jobs=1), lambda _: None, Account())

    def sizes(file: int, n: int) -> list[int]:
        driver.given = 0
        runs = (Part(file, b"", "", True, ((str(i), Variant()),)) for i in range(n))
        return [sum(len(part.variants) for part in task.parts) for task in driver._tasks(runs)]

    assert sizes(0, 3) == [1, 1, 1]
    driver.pace, driver.typical = {1: 0.125, 2: 3.0}, 0.25
    assert sizes(1, 19) == [8, 8, 3] and sizes(2, 3) == [1, 1, 1] and sizes(7, 8) == [4, 4]
    assert driver.dry
    driver.dry = False
    assert sizes(2, 9) == [1] * 4 and not driver.dry


# ------------------------------------------------------------------------------------------------------- what goes wrong


def test_one_bad_file_among_good(tmp_path: Path) -> None:
    """A file with a wrong key; one without the policy; one whose base rate can't come out, which shows only when it is run."""
    folder = places(tmp_path / "in", 2)
    place(folder, "bad", "levles: [secondary]\n")
    place(folder, "lacks", "policies: {more: }\n")
    place(folder, "never", "retention: {base: [{pathways: [sve_3], level: secondary, rate: 0.999, definition: r3, "
                           "measured_on: 12-31, year: 2025}]}\n")
    account = batch([folder], tmp_path / "store", TWO, ["more"])
    assert refused(account) == [
        ("bad", {"unknown_key"}, 2), ("lacks", {"unknown_policy"}, 1), ("never", {"base_infeasible"}, 1),
        ("never", {"base_infeasible"}, 1),
    ]
    assert account.ran == 5 and account.done == account.total == 10
    (line,) = [p.line for one in account.refused.values() for p in one.problems if p.code == "unknown_key"]
    assert line == 3


def test_a_mistake_of_ours_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = places(tmp_path / "in", 3)
    pack = module.pack

    def broken(result: module.Any, *rest: module.Any) -> module.Any:
        if result.scenario.name == "place_1":
            raise ZeroDivisionError("ours")
        return pack(result, *rest)

    monkeypatch.setattr(module, "pack", broken)
    account = batch([folder], tmp_path / "store", TWO)
    (fault,) = account.faults
    assert (account.ran, fault.file.name) == (2, "place_1.yaml") and "ZeroDivisionError: ours" in fault.traceback


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of the third run: the batch ends with a sentence, two runs are whole, nothing else is
    there; with room again it finishes, and the store is that of an undisturbed batch."""
    folder, written, left = places(tmp_path / "in", 5), disk._written, [15]

    def full(path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, data)

    batch([folder], tmp_path / "whole")
    each = len([name for name in content(tmp_path / "whole") if name.endswith("checksums.txt")])
    assert each == 5
    monkeypatch.setattr(disk, "_written", full)
    with pytest.raises(ScenarioError) as caught:
        batch([folder], tmp_path / "store", TWO)
    assert codes(caught) == ["out_unwritable"] and "disk is full" in caught.value.text("en")
    monkeypatch.setattr(disk, "_written", written)
    store = open_store(tmp_path / "store")
    there = store.keys()
    assert 0 < len(there) < 5 and not any(store.verify(key) for key in there)
    assert set(content(tmp_path / "store")) <= set(content(tmp_path / "whole"))
    account = batch([folder], tmp_path / "store", TWO)
    assert (account.there, account.ran) == (len(there), 5 - len(there))
    assert content(tmp_path / "store") == content(tmp_path / "whole")


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    if sys.platform != "linux" or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(room)], capture_output=True, check=False,
    ).returncode:
        pytest.skip("a small disk can only be had by whoever may mount one")
    try:
        folder = places(tmp_path / "in", 20)
        with pytest.raises(ScenarioError) as caught:
            batch([folder], room / "store", TWO)
        assert codes(caught) == ["out_unwritable"] and "磁盘已满" in caught.value.text("zh")
        store = open_store(room / "store")
        there = store.keys()
        assert 0 < len(there) < 20 and not any(store.verify(key) for key in there)
        subprocess.run(["mount", "-o", "remount,size=20m", str(room)], check=True)
        assert batch([folder], room / "store", TWO).ran == 20 - len(there)
        batch([folder], tmp_path / "whole")
        assert content(room / "store") == content(tmp_path / "whole")
    finally:
        subprocess.run(["umount", str(room)], check=True)


def test_what_is_asked_for_wrongly(tmp_path: Path) -> None:
    asked = Asked(files_of(["small"]), replications=3, seed=-1)
    with pytest.raises(ScenarioError) as caught:
        run_batch(asked, Store(tmp_path / "store"), How("dask", 0))
    assert codes(caught) == ["replications", "seed", "jobs", "cluster_scheduler"]
    with pytest.raises(ScenarioError) as caught:
        run_batch(Asked(files_of(["small"])), Store(tmp_path / "store"), How(scheduler="tcp://here:1"))
    assert codes(caught) == ["cluster_scheduler"] and not (tmp_path / "store").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        batch([place(tmp_path / "in", "one")], tmp_path / "file")
    assert codes(caught) == ["out_unwritable"]


def test_a_worker_with_other_versions_runs_nothing() -> None:
    """Also one that joins a cluster later."""
    task = module.Task((), 2, 1, False, {**module.versions(), "numpy": "0.9"})
    with pytest.raises(ScenarioError) as caught:
        module.work(task)
    assert codes(caught) == ["cluster_versions"] and "numpy" in caught.value.text("en")


# ------------------------------------------------------------------------------------------------------------- the command


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 where all are there, 2 where some have problems, 1 after a mistake of ours; it says what to do next."""
    folder = places(tmp_path / "in", 2)

    def invoke(*words: str) -> tuple[int, str]:
        how = ["-n", "2", "--jobs", "2", "--backend", "threads", "--lang", lang]
        asked = ["batch", *words, *how, "--out", str(tmp_path / "store")]
        result = CliRunner().invoke(app, asked)
        assert bool(CHINESE.search(result.output)) == (lang == "zh")
        return result.exit_code, result.output

    code, said = invoke(str(folder))
    assert code == 0 and "skillsim runs list" in said and re.search(r"\b2\b", said)
    code, said = invoke(str(folder), "-p", "mroe", "--grid", str(grid(tmp_path / "grid.txt", 3)))
    assert code == 2 and "place_0.yaml" in said and "mroe" in said and "more" in said
    assert code == 2 and len(re.findall(r"\(3 runs have this\)|（同样的问题共 3 次运行）", said)) == 2
    monkeypatch.setattr(module, "pack", lambda *_: 1 / 0)
    code, said = invoke(str(folder), "-p", "more")
    log = re.search(r"\S*skillsim-\w+\.log", said)
    assert code == 1 and log and "ZeroDivisionError" in Path(log[0]).read_text(encoding="utf-8")
    os.unlink(log[0])
    code, said = invoke(str(folder), "--scheduler", "tcp://x:1")
    assert code == 2 and "skillsim runs list" not in said


def test_how_it_gets_on_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """After 60 s 20 of 50 runs are done, 5 were there, 1 is equal to another, 2 were refused and 2 failed: 20 a minute, and the
    20 that are left take another minute."""
    account = Account(50, 20, 5, 1)
    account.refused[0,] = Refused(Path("a"), None, (), 2)
    account.faults = [Fault(Path("a"), "", "")] * 2
    monkeypatch.setattr(Account, "seconds", 60.0)
    assert (account.done, account.rate, account.left) == (30, 20, 60)
    monkeypatch.setattr(command, "EVERY", 0)
    with command.progress(Lang.en) as show:
        show(Account(50))
        show(account)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["0/50 · 0 scenarios a minute · … left", "30/50 · 20 scenarios a minute · 0:01:00 left"]
    assert command.clock(3 * 3600 + 59) == "3:00:59"


# ---------------------------------------------------------------------------------------------------------------- memory

MEMORY = """
import sys
import psutil
from pathlib import Path
from skillsim.batch import Asked, How, files_of, run_batch
from skillsim.results.store import Store
from skillsim.scenario.grid import read_grid

used = {}
def tell(account):
    if account.ran in (200, 1000):
        used.setdefault(account.ran, psutil.Process().memory_info().rss)

folder, levers, store = sys.argv[1:]
asked = Asked(files_of([folder]), ["more"], read_grid(levers), replications=2, seed=1)
account = run_batch(asked, Store(store), How("threads", 2), tell)
print(account.ran, (used[1000] - used[200]) / 1e6)
"""
MOST_GROWTH = 30.0  # MB over 800 runs: what a run leaves behind is under 40 kB


def test_memory_stays_flat_over_a_thousand_runs(tmp_path: Path) -> None:
    """20 files x (baseline, more) x 25 points; each Result alone would be some hundred kB, each file read some ten."""
    words = [places(tmp_path / "in", 20), grid(tmp_path / "grid.txt", 25), tmp_path / "store"]
    done = subprocess.run([sys.executable, "-c", MEMORY, *map(str, words)], capture_output=True, text=True, check=True)
    ran, growth = map(float, done.stdout.split())
    assert ran == 1000 and growth < MOST_GROWTH
