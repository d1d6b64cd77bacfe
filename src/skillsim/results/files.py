"""Results on disk: a folder that is there whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import Result

MARK = "manifest.json"


def check_folder(folder: str | Path) -> None:
    """Refuse a folder that holds something other than results of ours, before anything is computed."""
    path = Path(folder)
    taken = path.exists() and (not path.is_dir() or (any(path.iterdir()) and not _ours(path)))
    if taken:
        raise ScenarioError([Problem("out_exists", args={"path": str(path)})])


def _ours(path: Path) -> bool:
    try:
        found = json.loads((path / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "runs" in found and "format" in found


def save(results: Sequence[Result], folder: str | Path, timing: dict[str, Any] | None = None) -> Path:
    """Write the results of scenarios that were run together.

    ``manifest.json``, ``targets.csv``, ``indicators.csv`` and ``indicators.parquet`` are the same bytes for equal runs; what
    varies goes to ``timing.json``.  The folder appears whole, or not at all; results of ours that stood there are replaced.

    Raises
    ------
    ScenarioError
        when the folder holds something else or can't be written.
    """
    path = Path(folder).absolute()
    check_folder(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            _write(results, new, timing)
            if path.exists():
                os.replace(path, Path(scratch) / "old")
            os.replace(new, path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ScenarioError([Problem("out_unwritable", args={"path": str(folder), "why": why})]) from error
    return path


def _write(results: Sequence[Result], folder: Path, timing: dict[str, Any] | None) -> None:
    manifest = {"format": 1, "runs": [result.manifest() for result in results]}
    _text(folder / MARK, json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    targets = pd.concat([result.targets() for result in results], ignore_index=True)
    _text(folder / "targets.csv", targets.to_csv(index=False, lineterminator="\n"))
    frame = pd.concat([result.frame() for result in results], ignore_index=True)
    _text(folder / "indicators.csv", frame.to_csv(index=False, lineterminator="\n"))
    frame.to_parquet(folder / "indicators.parquet", index=False)
    if timing is not None:
        _text(folder / "timing.json", json.dumps(timing, indent=1) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
