"""Shared by the tests of batches: the smallest place there can be, the command, and what stands in a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from skillsim.batch import Account, Asked, How, files_of, run_batch
from skillsim.results.store import Store
from skillsim.scenario.grid import read_grid

TINY = """
format: 1
name: tiny
title: {zh: 小, en: tiny}
source: {assumed: made up}
years: {first: 2025, last: 2026}
as_of: 2026-01-01
levels: [secondary]
areas: {town: {title: {zh: 镇, en: town}, junior_graduates: 100}}
programmes: {care: {title: {zh: 护理, en: care}}}
institutions: {school: {title: {zh: 甲, en: A}, kind: secondary_school, area: town, capacity: 300}}
pathways: {sve_3: {title: {zh: 中职, en: secondary}, stages: [{level: secondary, years: 3, dropout: 0.05}]}}
quota: {rows: [{school: school, programme: care, pathway: sve_3, seats: 50}]}
choice: {bands: [1.0], general_share: 0.5, alternatives: {work: {title: {zh: 就业, en: work}, preference: 0}}}
retention:
  local_origin: 1
  stayers: {by_august: 0.6, by_december: 0.9}
  leavers: {by_august: 0.7, by_december: 0.95}
  base: [{pathways: [sve_3], level: secondary, rate: 0.6, definition: r1, measured_on: 12-31, year: 2025}]
policies:
  more: {title: {zh: 多, en: more}, changes: [{key: quota.sve_3, set: 60}]}
  fewer: {title: {zh: 少, en: fewer}, changes: [{key: quota.sve_3, add: -20, from: 2026-03-01}]}
targets:
  stay: {title: {zh: 留, en: stay}, indicator: local_retention_r1, year: 2026, direction: reach, value: 0.5, clause: made up}
"""


def place(folder: Path, name: str, more: str = "") -> Path:
    """Return a new file of the tiny place with something laid on it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.base").write_text(TINY, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(f"extends: tiny.base\nname: {name}\n{more}", encoding="utf-8")
    return path


def places(folder: Path, n: int) -> Path:
    """Return a folder with n files of places that differ in their junior graduates."""
    for i in range(n):
        place(folder, f"place_{i}", f"areas: {{town: {{junior_graduates: {80 + i}}}}}\n")
    return folder


def grid(path: Path, seats: int) -> Path:
    """Return a new file of a grid with so many points."""
    values = [40 + i for i in range(seats)]
    text = f"method: grid\nlevers:\n  seats: {{changes: [{{key: quota.sve_3}}], set: {values}}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def batch(
    paths: list[Path], store: Path, how: How | None = None, policies: list[str] | None = None, levers: Path | None = None,
    replications: int = 2, keep: bool = False,
) -> Account:
    """Run a batch in this process, in one thread if nothing else is asked for."""
    files = files_of([str(path) for path in paths])
    asked = Asked(files, policies or [], read_grid(levers) if levers else None, replications, 1, keep)
    return run_batch(asked, Store(store), how or How("threads", 1))


def command(*words: object) -> list[str]:
    """Return the command line of a batch."""
    return [sys.executable, "-m", "skillsim", "batch", *map(str, words), "-n", "2", "--seed", "1", "--lang", "en"]


def content(store: Path) -> dict[str, bytes | None]:
    """Return every file and folder of a store, the files with their bytes."""
    return dict(_content(store))


def _content(store: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(store.rglob("*")):
        yield path.relative_to(store).as_posix(), path.read_bytes() if path.is_file() else None
