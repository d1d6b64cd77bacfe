"""Batches that are ended in the middle, and batches that share a store: what is there is whole, and in the end it is the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from helpers_batch import TINY, batch, command, content, grid, place, places
from skillsim.results.store import Store, open_store

pytestmark = [
    pytest.mark.xdist_group("processes"), pytest.mark.skipif(sys.platform == "win32", reason="signals of a Unix system"),
]
KILLS = 20
PATIENCE = 60.0  # s until a batch that does not get on is given up


def started(words: list[object]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*words), stdout=pipe, stderr=pipe, text=True, encoding="utf-8", start_new_session=True)


def done_by(store: Path) -> int:
    return len(list((store / "runs").iterdir())) if (store / "runs").is_dir() else 0


def wait_for(process: subprocess.Popen[str], reached: Callable[[], object]) -> bool:
    """Wait until something holds or the process ends; say whether it is still running."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and not reached():
        assert time.monotonic() < until, "the batch does not get on"
        time.sleep(0.0005)
    return process.poll() is None


# a process with everything loaded, of which each batch is a copy: a command that starts in no time
LOADED = """
import os, sys
from skillsim import batch, cli
from skillsim.analysis.running import run
from skillsim.scenario import grid, reader

run(reader.parse(sys.argv[1]), 2)
for line in sys.stdin:
    child = os.fork()
    if not child:
        sys.argv = ["skillsim", *line.strip().split("\\t")]
        cli.main()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def test_killed_at_twenty_moments(tmp_path: Path) -> None:
    """Every time it has done at least one more run; every other time it is killed while a run is being written. What is there
    after each kill is whole; a batch that is then left alone makes the store that an undisturbed one makes, with no leftovers."""
    folder, store, chance = places(tmp_path / "in", 3), tmp_path / "store", random.Random(17)
    levers = grid(tmp_path / "levers.txt", 20)
    line = "\t".join(command(folder, "--out", store, "--grid", levers, "--jobs", 2, "--backend", "threads")[3:])
    in_the_middle = 0
    with subprocess.Popen(
        [sys.executable, "-c", LOADED, TINY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:
        assert process.stdin and process.stdout
        for kill in range(KILLS):
            before, more = done_by(store), chance.randrange(1, 3)
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            batches = iter(process.stdout.readline, "ended\n")
            child = next(int(said) for said in batches if said.strip().isdigit())
            wait_for(process, lambda: done_by(store) >= before + more)  # noqa: B023
            if kill % 2:
                wait_for(process, lambda: any((store / ".writing").glob("*/new/*")))
            else:
                time.sleep(chance.uniform(0, 0.1))
            os.kill(child, signal.SIGKILL)
            assert "skillsim runs list" not in "".join(batches), "there must be enough to do for all kills"
            in_the_middle += any((store / ".writing").glob("*/new"))
            keys = open_store(store).keys()
            assert len(keys) >= before + more and not any(open_store(store).verify(key) for key in keys)
        process.stdin.close()
    assert in_the_middle >= 3
    there = open_store(store).keys()
    assert len(there) < 60
    account = batch([folder], store, levers=levers)
    assert (account.ran, account.there) == (60 - len(there), len(there))
    batch([folder], tmp_path / "whole", levers=levers)
    assert content(store) == content(tmp_path / "whole")


def test_two_batches_on_one_store(tmp_path: Path) -> None:
    folder, levers, store = places(tmp_path / "in", 2), grid(tmp_path / "levers.txt", 8), tmp_path / "store"
    words = [folder, "--out", store, "--grid", levers, "--jobs", 1, "--backend", "threads"]
    both = [started(words) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE) for process in both]
    assert [process.returncode for process in both] == [0, 0] and not any(errors for _, errors in said)
    batch([folder], tmp_path / "whole", levers=levers)
    assert content(store) == content(tmp_path / "whole")


@pytest.mark.parametrize("backend", ["threads", "loky"])
def test_an_interrupt(tmp_path: Path, backend: str) -> None:
    """Ctrl-C goes to all processes of a terminal: 130, one sentence, what is done is there, and the same command goes on."""
    folder, levers, store = places(tmp_path / "in", 2), grid(tmp_path / "levers.txt", 12), tmp_path / "store"
    words = [folder, "--out", store, "--grid", levers, "--jobs", 2, "--backend", backend]
    process = started(words)
    assert wait_for(process, lambda: done_by(store) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    said, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and "the same command goes on from there" in said and "Traceback" not in said + errors
    keys = open_store(store).keys()
    assert 3 <= len(keys) < 24 and not any(open_store(store).verify(key) for key in keys)
    assert batch([folder], store, levers=levers).there == len(keys)
    batch([folder], tmp_path / "whole", levers=levers)
    assert content(store) == content(tmp_path / "whole")


def test_a_worker_that_is_ended(tmp_path: Path) -> None:
    """As for lack of memory: a sentence, and what was done is there."""
    folder, levers, store = places(tmp_path / "in", 2), grid(tmp_path / "levers.txt", 30), tmp_path / "store"
    process = started([folder, "--out", store, "--grid", levers, "--jobs", 2, "--backend", "loky"])
    assert wait_for(process, lambda: done_by(store) >= 1)
    for child in psutil.Process(process.pid).children():
        if "loky" in " ".join(child.cmdline()) and "resource_tracker" not in " ".join(child.cmdline()):
            child.kill()
    said, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2 and "choose fewer --jobs" in errors, said + errors
    keys = open_store(store).keys()
    assert keys and not any(open_store(store).verify(key) for key in keys)


def test_processes_end_when_their_driver_is_killed(tmp_path: Path) -> None:
    folder, levers, store = places(tmp_path / "in", 2), grid(tmp_path / "levers.txt", 400), tmp_path / "store"
    process = started([folder, "--out", store, "--grid", levers, "--jobs", 2])
    assert wait_for(process, lambda: done_by(store) >= 1)
    workers = [child for child in psutil.Process(process.pid).children() if "LokyProcess" in " ".join(child.cmdline())]
    assert len(workers) == 2
    process.kill()
    process.communicate(timeout=PATIENCE)
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not alive


def test_what_a_dead_writer_left_is_cleared(tmp_path: Path) -> None:
    file, store = place(tmp_path / "in", "one"), Store(tmp_path / "store")
    batch([file], store.folder)
    before = content(store.folder)
    bench = store.workshop / "0123"
    (bench / "new").mkdir(parents=True)
    (bench / "new" / "manifest.json").write_text("{", encoding="utf-8")
    bench.with_suffix(".lock").write_text("", encoding="utf-8")
    batch([file], store.folder)
    assert content(store.folder) == before
