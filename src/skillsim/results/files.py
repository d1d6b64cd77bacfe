"""Results on disk: a folder that is there whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import Result
from skillsim.terms import why_of

MARK = "manifest.json"
RUN = "run"  # of scenarios, compared or not
NAMES = {
    MARK, "targets.csv", "indicators.csv", "indicators.parquet", "seat_plan.csv", "plan_log.csv", "warnings.csv", "money.csv",
    "differences.csv", "timing.json",
}


def check_folder(folder: str | Path, analysis: str = RUN) -> None:
    """Refuse a folder that holds something other than what the same analysis left, before anything is computed."""
    path = Path(folder)
    try:
        taken = path.exists() and (not path.is_dir() or (any(path.iterdir()) and not _ours(path, analysis)))
    except OSError as error:
        raise ScenarioError([Problem("out_unwritable", args={"path": str(path), "why": why_of(error)})]) from error
    if taken:
        raise ScenarioError([Problem("out_exists", args={"path": str(path)})])


def _ours(path: Path, analysis: str) -> bool:
    """Say whether a folder holds what an analysis of ours left and nothing else, so that all of it may be replaced."""
    try:
        found = json.loads((path / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(found, dict) or "format" not in found:
        return False
    names = NAMES if analysis == RUN else {MARK, *map(str, found.get("files", ()))}
    left_by = RUN if "runs" in found else found.get("analysis")
    return left_by == analysis and {entry.name for entry in path.iterdir()} <= names


def save(
    results: Sequence[Result], folder: str | Path, timing: dict[str, Any] | None = None, differences: pd.DataFrame | None = None,
) -> Path:
    """Write the results of scenarios that were run together.

    ``manifest.json``, ``targets.csv``, ``indicators.csv``, ``indicators.parquet`` and ``seat_plan.csv`` (``plan_log.csv``
    and ``warnings.csv`` where rules or teachers move seats, ``money.csv`` where any of them says what it costs,
    ``differences.csv`` of a comparison) are the same bytes for equal runs; what varies goes to
    ``timing.json``.  The folder appears whole, or not at all; results of runs that stood there are replaced.

    Raises
    ------
    ScenarioError
        when the folder holds something else or can't be written.
    """
    return _whole(folder, lambda new: _write(results, new, timing, differences), RUN)


def save_tables(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: str | Path) -> Path:
    """Write what an analysis found: ``manifest.json`` with what it was and the names of its files, and one CSV for each table,
    named by its key.  The folder appears whole, or not at all; what the same ``analysis`` of the manifest left there is replaced.
    The tables begin with a byte order mark: Excel reads a CSV without one by the machine's own encoding.

    Raises
    ------
    ScenarioError
        when the folder holds something else or can't be written.
    """
    def fill(new: Path) -> None:
        said = {"format": 1, **manifest, "files": [f"{name}.csv" for name in tables]}
        _text(new / MARK, json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        for name, table in tables.items():
            _text(new / f"{name}.csv", safe(table).to_csv(index=False, lineterminator="\n"), "utf-8-sig")

    return _whole(folder, fill, manifest["analysis"])


def _whole(folder: str | Path, fill: Callable[[Path], None], analysis: str) -> Path:
    """Put a folder that ``fill`` writes in its place."""
    path = Path(folder).absolute()
    check_folder(path, analysis)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            fill(new)
            _exchange(path, new, Path(scratch) / "old")
    except OSError as error:
        raise ScenarioError([Problem("out_unwritable", args={"path": str(folder), "why": why_of(error)})]) from error
    return path


def _exchange(path: Path, new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``path``; whatever happens in between, what stood there before is put back."""
    had = path.exists()
    try:
        if had:
            os.replace(path, old)
        os.replace(new, path)
    except BaseException:
        if had and not path.exists():
            os.replace(old, path)
        raise


def _write(results: Sequence[Result], folder: Path, timing: dict[str, Any] | None, differences: pd.DataFrame | None) -> None:
    manifest = {"format": 1, "runs": [result.manifest() for result in results]}
    _text(folder / MARK, json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    targets = pd.concat([result.targets() for result in results], ignore_index=True)
    _text(folder / "targets.csv", targets.to_csv(index=False, lineterminator="\n"))
    frame = pd.concat([result.frame() for result in results], ignore_index=True)
    frame.to_csv(folder / "indicators.csv", index=False, lineterminator="\n", encoding="utf-8")  # large: not as one text
    frame.to_parquet(folder / "indicators.parquet", index=False)
    plan = pd.concat([result.seat_plan() for result in results], ignore_index=True)
    _text(folder / "seat_plan.csv", plan.to_csv(index=False, lineterminator="\n"))
    for file, of in (("plan_log.csv", Result.plan_log), ("warnings.csv", Result.warnings)):
        lines = [found for result in results if len(found := of(result))]
        if lines:
            _text(folder / file, pd.concat(lines, ignore_index=True).to_csv(index=False, lineterminator="\n"))
    costs = [result.money() for result in results if result.spent is not None]
    if costs:
        _text(folder / "money.csv", pd.concat(costs, ignore_index=True).to_csv(index=False, lineterminator="\n"))
    if differences is not None:
        _text(folder / "differences.csv", differences.to_csv(index=False, lineterminator="\n"))
    if timing is not None:
        _text(folder / "timing.json", json.dumps(timing, indent=1) + "\n")


FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no text can run as a formula where it is opened: such text is preceded by an apostrophe.

    Figures stay figures; a text that is a figure with its sign (+3, -1.2) can't run and stays too.
    """
    def harmless(value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith(FORMULA):
            return value
        try:
            float(value.replace(",", ""))
        except ValueError:
            return "'" + value
        return value

    out = frame.copy()
    for i in range(out.shape[1]):
        if not pd.api.types.is_numeric_dtype(out.dtypes.iloc[i]):
            out.isetitem(i, out.iloc[:, i].map(harmless).to_numpy(dtype=object))
    return out.rename(columns=harmless)


def _text(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.write_text(text, encoding=encoding, newline="\n")
