"""Files and folders whole or not at all."""

from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skillsim import disk

FILES = {"a.txt": b"one", "deeper/b.txt": b"two"}


def there(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_bench_whose_lock_was_swept_away_is_left_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweeper may have had the new lock first and have taken its file away: the next sweeper would not see it as held."""
    real, swept = disk._held, []

    def held(file: int) -> bool:
        if not swept:
            (lock,) = (tmp_path / "work").glob("*.lock")
            lock.unlink()
            swept.append(lock.stem)
        return real(file)

    monkeypatch.setattr(disk, "_held", held)
    with disk._bench(tmp_path / "work") as mine:
        assert mine.name not in swept and mine.with_suffix(".lock").exists()


def test_a_folder_is_made_with_all_its_files_and_nothing_beside(tmp_path: Path) -> None:
    assert disk.write_folder(tmp_path / "new", FILES, tmp_path / "work")
    assert there(tmp_path / "new") == FILES
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    disk.write_folder(tmp_path / "new", FILES, tmp_path / "work")
    assert not disk.write_folder(tmp_path / "new", {"a.txt": b"other"}, tmp_path / "work")
    assert there(tmp_path / "new") == FILES


def test_of_many_writers_of_one_folder_one_makes_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: disk.write_folder(tmp_path / "new", FILES, tmp_path / "work"), range(40)))
    assert made.count(True) == 1
    assert there(tmp_path) == {f"new/{name}": data for name, data in FILES.items()}


@pytest.mark.parametrize("step", range(4))
def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    steps = iter(range(100))
    real, rename = os.fsync, os.rename

    def full(file: int) -> None:
        if next(steps) == step:
            raise OSError(errno.ENOSPC, "full")
        real(file)

    def no_room(old: Path, new: Path) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk.os, "fsync", full) if step < 2 else monkeypatch.setattr(disk.os, "rename", no_room)
    with pytest.raises(OSError, match="full"):
        disk.write_folder(tmp_path / "new", FILES, tmp_path / "work")
    monkeypatch.setattr(disk.os, "rename", rename)
    assert there(tmp_path) == {}
    assert not (tmp_path / "new").exists()


def test_a_file_that_can_not_be_written_keeps_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    disk.write_whole(path, b"before")
    monkeypatch.setattr(disk.os, "fsync", lambda file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        disk.write_whole(path, b"after")
    assert there(tmp_path) == {"a.txt": b"before"}


DIES = """
import os, sys
from pathlib import Path
from skillsim import disk
disk.os.rename = lambda *_: os._exit(9)
disk.write_folder(Path(sys.argv[1]) / "new", {"a.txt": b"x"}, Path(sys.argv[1]) / "work")
"""


def test_what_a_dead_writer_left_is_swept_away_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    work = tmp_path / "work"
    assert subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False).returncode == 9
    with disk._bench(work) as mine:
        (mine / "half").write_bytes(b"x")
        assert len([p for p in work.iterdir() if p.is_dir()]) == 2
        disk.sweep(work)
        assert [p.name for p in work.iterdir() if p.is_dir()] == [mine.name]
        assert (mine / "half").exists()
    disk.sweep(work)
    assert list(work.iterdir()) == []
    assert not (tmp_path / "new").exists()


def test_a_folder_is_removed_whole(tmp_path: Path) -> None:
    disk.write_folder(tmp_path / "new", FILES, tmp_path / "work")
    disk.remove_folder(tmp_path / "new", tmp_path / "work")
    assert [path.name for path in tmp_path.rglob("*")] == ["work"]


def one_after_another(folder: Path, name: str, count: int) -> None:
    """Write many small folders, clearing the workshop now and then, as batches do that start while others write."""
    for i in range(count):
        if i % 3 == 0:
            disk.sweep(folder / "work")
        assert disk.write_folder(folder / "runs" / f"{name}-{i}", FILES, folder / "work")


def test_writers_and_sweepers_of_several_processes_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=one_after_another, args=(tmp_path, name, 150)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    made = list((tmp_path / "runs").iterdir())
    assert len(made) == 450
    assert all(there(folder) == FILES for folder in made)
    assert list((tmp_path / "work").iterdir()) == []
