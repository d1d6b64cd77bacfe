"""Batches on a Dask cluster: a scheduler and two workers, started by Dask's own commands on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import distributed
import psutil
import pytest

from helpers_batch import batch, content, grid, places
from skillsim import batch as module
from skillsim.batch import Account, Asked, How, files_of, run_batch
from skillsim.errors import ScenarioError
from skillsim.results.store import Store, open_store
from skillsim.scenario.grid import read_grid

pytest.importorskip("distributed")
pytestmark = pytest.mark.xdist_group("processes")
PATIENCE = 60.0
HERE = "127.0.0.1"
# a task that ends its worker once is given up, so that the test of it is short
SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "PYTHONIOENCODING": "utf-8"}


def dask(log: Path, *words: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--host", HERE, "--no-dashboard"], stdout=out, stderr=out,
            env={**os.environ, **SETTINGS}, cwd=log.parent,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and those that it started, by their numbers."""
    children = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for one in [process, *children]:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HERE, 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    process = dask(tmp_path_factory.mktemp("scheduler") / "log", "scheduler", "--port", str(port))
    try:
        until = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None and time.monotonic() < until, "the scheduler does not start"
            with suppress(OSError), socket.create_connection((HERE, port), 1):
                break
            time.sleep(0.1)
        yield f"tcp://{HERE}:{port}"
    finally:
        end(process)


@pytest.fixture(scope="module")
def workers(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[subprocess.Popen[bytes]]]:
    folder = tmp_path_factory.mktemp("workers")
    both = [dask(folder / f"log_{i}", "worker", scheduler, "--nthreads", "1") for i in range(2)]
    try:
        with distributed.Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield both
    finally:
        for one in both:
            end(one)


def told(how: How, folder: Path, store: Path) -> str:
    """Return what is told of a batch that is refused, in English."""
    with pytest.raises(ScenarioError) as caught:
        batch([folder], store, how)
    assert caught.value.text("zh")
    return caught.value.text("en")


def test_a_scheduler_without_workers(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1)
    assert "has no workers" in told(How("dask", scheduler=scheduler), places(tmp_path / "in", 1), tmp_path / "store")


def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1)
    how = How("dask", scheduler=f"tcp://{HERE}:{free_port()}")
    assert "can't be reached" in told(how, places(tmp_path / "in", 1), tmp_path / "store")


@pytest.mark.usefixtures("workers")
def test_the_store_is_that_of_one_thread(scheduler: str, tmp_path: Path) -> None:
    """Problems that show only on a worker come back; a second batch runs nothing."""
    folder, levers = places(tmp_path / "in", 3), grid(tmp_path / "levers.txt", 6)
    (folder / "never.yaml").write_text(
        "extends: tiny.base\nretention: {base: [{pathways: [sve_3], level: secondary, rate: 0.999, definition: r3, "
        "measured_on: 12-31, year: 2025}]}\n", encoding="utf-8",
    )
    how = How("dask", scheduler=scheduler)
    account = batch([folder], tmp_path / "store", how, ["more"], levers, keep=True)
    assert (account.ran, account.faults) == (36, [])
    assert {one.file.name for one in account.refused.values()} == {"never.yaml"} and account.done == account.total == 48
    batch([folder], tmp_path / "one", None, ["more"], levers, keep=True)
    assert content(tmp_path / "store") == content(tmp_path / "one")
    again = batch([folder / "place_0.yaml"], tmp_path / "store", how, ["more"], levers, keep=True)
    assert (again.ran, again.there) == (0, 12)


@pytest.mark.usefixtures("workers")
def test_other_versions_are_refused(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver has another numpy than the workers, and another model: both are told of each worker, nothing is run."""
    ours = module.versions()
    monkeypatch.setattr(module, "versions", _Elsewhere({**ours, "numpy": "0.9", "model": "0.0.1+none"}))
    said = told(How("dask", scheduler=scheduler), places(tmp_path / "in", 1), tmp_path / "store")
    assert said.count(f"numpy {ours['numpy']} ≠ 0.9") == said.count(f"model {ours['model']} ≠ 0.0.1+none") == 2
    assert open_store(tmp_path / "store").keys() == []


class _Elsewhere:
    """What :func:`skillsim.batch.versions` gives here; a worker asks its own."""

    def __init__(self, found: dict[str, str]):
        self.found = found

    def __call__(self) -> MappingProxyType[str, str]:
        return MappingProxyType(self.found)

    def __reduce__(self) -> str | tuple[object, ...]:
        return getattr, (module, "versions")


def test_a_task_that_ends_its_worker(
    scheduler: str, workers: list[subprocess.Popen[bytes]], tmp_path: Path,
) -> None:
    """As for lack of memory: it is told, and what was done is there and whole."""
    folder, levers, store = places(tmp_path / "in", 2), grid(tmp_path / "levers.txt", 40), Store(tmp_path / "store")
    asked = Asked(files_of([str(folder)]), design=read_grid(levers), replications=2, seed=1)

    def tell(account: Account) -> None:
        if account.ran == 5:
            for one in workers:
                for child in psutil.Process(one.pid).children():
                    if "spawn_main" in " ".join(child.cmdline()):
                        child.kill()

    with pytest.raises(ScenarioError) as caught:
        run_batch(asked, store, How("dask", scheduler=scheduler), tell)
    assert "was lost" in caught.value.text("en") and "用同一命令继续" in caught.value.text("zh")
    assert 5 <= len(store.keys()) < 80 and not any(store.verify(key) for key in store.keys())  # noqa: SIM118 - no mapping
