"""Files and folders that are there whole or not at all, and locks that the system lets go of when their holder dies."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def locked(file: int) -> bool:
        """Lock an open file if nobody else holds it, and say whether that was so; OSError where there are no locks."""
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def locked(file: int) -> bool:
        """Lock an open file if nobody else holds it, and say whether that was so; OSError where there are no locks."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def write_whole(path: Path, data: bytes) -> None:
    """Put data in a file at once: beside it first, on the disk, then in its place.

    Raises
    ------
    OSError
        when it can't be; what stood there before still stands there.
    """
    # one name for each writer, so that what a killed one left is overwritten by his successor
    beside = path.with_name(f".{os.getpid()}-{threading.get_ident()}-{hashlib.sha256(path.name.encode()).hexdigest()[:12]}.tmp")
    try:
        _written(beside, data)
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
    settle(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes], workshop: Path) -> bool:
    """Make a folder with these files (names may lie one folder deeper) at once; False where one is there already.

    Parameters
    ----------
    workshop : a folder on the same disk, in which it is put together; see :func:`sweep`

    Raises
    ------
    OSError
        when it can't be made; nothing of it is left behind.
    """
    with _bench(workshop) as bench:
        new = bench / "new"
        for name, data in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            _written(new / name, data)
        for folder in {(new / name).parent for name in files}:
            settle(folder)
        try:
            os.rename(new, path)
        except OSError:
            if path.is_dir():
                return False
            raise
        settle(path.parent)
    return True


def remove_folder(path: Path, workshop: Path) -> None:
    """Remove a folder: out of the way at once, then file by file; OSError when it can't be."""
    with _bench(workshop) as bench:
        os.rename(path, bench / "old")


def sweep(workshop: Path) -> None:
    """Make a workshop where there is none, and clear away what writers that died left in it; what a living one holds stays.

    Raises
    ------
    OSError
        when nothing can be written there.
    """
    with _bench(workshop):  # sees whether it can
        pass
    for lock in sorted(workshop.glob("*.lock")):
        with suppress(OSError):
            file = os.open(lock, os.O_RDWR)
            try:
                if locked(file):
                    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                    lock.unlink()
            finally:
                os.close(file)


def settle(folder: Path) -> None:
    """See to it that new names in a folder, too, outlive a power cut, where the system knows how."""
    if sys.platform != "win32":
        with suppress(OSError):
            file = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(file)
            finally:
                os.close(file)


def _written(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _bench(workshop: Path) -> Iterator[Path]:
    """Yield a new folder in a workshop, locked while it is used and gone afterwards; the workshop itself stays."""
    workshop.mkdir(parents=True, exist_ok=True)
    while True:
        bench = workshop / uuid.uuid4().hex
        lock = bench.with_suffix(".lock")
        file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        # a sweeper may have the lock before us, or have had it and taken the file away: then another name is chosen
        if _held(file) and lock.exists():
            break
        os.close(file)
    try:
        bench.mkdir()
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)
        with suppress(OSError):
            lock.unlink()
        os.close(file)


def _held(file: int) -> bool:
    try:
        return locked(file)
    except OSError:  # a file system without locks: nothing of ours is ever swept away there
        return True
