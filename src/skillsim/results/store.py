"""A store of runs: one folder for each, there whole or not at all, the same bytes for equal runs.

    STORE/runs/<key>/             manifest.json  scenario.yaml  targets.parquet  indicators.parquet  seat_plan.parquet …
    STORE/runs/<key>/checksums.txt             as ``sha256sum --check`` reads it
    STORE/runs/<key>/replications/             history.parquet (every replication) and its checksums, where they are kept
    STORE/.writing/                            where folders are put together; gone when nobody writes

The key is the hash of the scenario with its policies, what it is called, the replications, the seed and the version of the
model, so that what is there need not be computed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from skillsim.disk import remove_folder, sweep, write_folder
from skillsim.engine.history import History
from skillsim.engine.inputs import inputs_for
from skillsim.engine.layout import lay_out
from skillsim.engine.planning import logged, warns
from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import Result, sha256_of, versions
from skillsim.scenario.checks import near
from skillsim.scenario.reader import parse
from skillsim.scenario.text import as_yaml
from skillsim.scenario.types import Scenario
from skillsim.terms import LANGS, why_of

FORMAT = 1
KEY = re.compile("[0-9a-f]{64}")
SHORTEST = 4  # digits of a key by which a run is found
RUNS, WORKSHOP, KEPT = "runs", ".writing", "replications"
MANIFEST, SCENARIO, SUMS, HISTORY = "manifest.json", "scenario.yaml", "checksums.txt", "history.parquet"
FRAMES = ("indicators", "targets", "seat_plan", "plan_log", "warnings", "money")
ROOMS = ("chance", "rules", "engine", "results", "analysis")  # whose code decides what a run gives; of scenario/ its own files


@lru_cache(maxsize=1)
def model_version() -> str:
    """Return the version of the program with a hash of the code that decides what a run gives."""
    root = Path(__file__).resolve().parents[1]
    files = [file for room in ROOMS for file in (root / room).rglob("*.py")] + [*(root / "scenario").glob("*.py")]
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.relative_to(root).as_posix().encode() + b"\0")
        found.update(file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return f"{version('skillsim')}+{found.hexdigest()[:12]}"


def run_key(scenario: Scenario, replications: int, seed: int, levers: Mapping[str, float] | None = None) -> str:
    """Return the key of a run: 64 hexadecimal digits, the hash of all that its bytes depend on.

    These are the scenario as it is written down (with what it extends, and what was put on it), its name in results,
    replications, seed, ``levers`` as :func:`pack` takes them, and the versions of the model and of its libraries.
    """
    return _key(written_down(scenario), scenario, replications, seed, levers)


def _key(text: str, scenario: Scenario, replications: int, seed: int, levers: Mapping[str, float] | None) -> str:
    said = {name: float(value) for name, value in (levers or {}).items()}
    return sha256_of([
        text, variation(scenario), scenario.label, int(replications), int(seed), said, model_version(), dict(versions()),
    ])


@dataclass(frozen=True)
class Pack:
    """A run as the bytes of its files by name, made where it was run; ``kept`` those of the folder of replications."""

    key: str
    files: Mapping[str, bytes]
    kept: Mapping[str, bytes] = field(default_factory=dict)


def pack(result: Result, keep: bool = False, levers: Mapping[str, float] | None = None) -> Pack:
    """Return a run as files.

    Parameters
    ----------
    keep : every replication, too, so that the run can be compared in pairs later
    levers : what was set in a grid, by name; columns of :meth:`Store.runs`
    """
    said = result.manifest()
    del said["resolved"], said["assumed_variance"]  # what is made of other runs is not part of this one
    scenario = result.scenario
    text = written_down(scenario)
    key = _key(text, scenario, result.replications, result.seed, levers)
    manifest = {
        "format": FORMAT, "key": key, "model": model_version(), **said, "title": {lang: scenario.titled(lang) for lang in LANGS},
        "base": scenario.name, "variation": variation(scenario), "levers": dict(sorted((levers or {}).items())),
    }
    files = {
        MANIFEST: (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode(),
        SCENARIO: text.encode(),
    }
    for name in FRAMES:
        frame = getattr(result, "frame" if name == "indicators" else name)()
        if name == "targets":
            frame = _with_goals(frame, result)
        if len(frame):
            files[f"{name}.parquet"] = _parquet(pa.Table.from_pandas(frame, preserve_index=False))
    kept = {HISTORY: _parquet(_rows(result.history))} if keep else {}
    return Pack(key, files | {SUMS: _sums(files)}, kept | {SUMS: _sums(kept)} if kept else {})


def written_down(scenario: Scenario) -> str:
    """Return the text of a file that gives the scenario when it is read, before what :func:`variation` says is put on it."""
    return as_yaml(_values(scenario))


def _values(scenario: Scenario) -> dict[str, Any]:
    chances = scenario.uncertainty.model_dump(exclude_defaults=True)
    values = {key: value for key, value in scenario.written.items() if key != "uncertainty"}
    return values | ({"uncertainty": chances} if chances else {})


def _with_goals(targets: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Return a table of targets whose goals are figures: ``goal``, or for a band ``goal_low`` and ``goal_high``."""
    asked = [answer.target for answer in result.answers]
    bands = np.array([target.band or (np.nan, np.nan) for target in asked], dtype=float).reshape(-1, 2)
    values = np.array([np.nan if target.value is None else target.value for target in asked], dtype=float)
    return targets.assign(goal=values, goal_low=bands[:, 0], goal_high=bands[:, 1])


def variation(scenario: Scenario) -> dict[str, Any]:
    """Return what was put on a scenario after it was read, one after another, and what it is called, as plain values."""
    return {"wishes": list(scenario.wishes), "called": scenario.called}


def in_force(scenario: Scenario) -> str:
    """Return the text of a file whose scenario has the policies that were put on this one in force.

    Raises
    ------
    ScenarioError
        when changes were made by hand, which have no name in a file.
    """
    if not all(isinstance(wish, str) for wish in scenario.wishes):
        raise ScenarioError([Problem("run_by_hand", args={"run": scenario.label})])
    return as_yaml(_values(scenario) | {"in_force": [*scenario.in_force, *scenario.varied]})


def restored(text: str, varied: Mapping[str, Any], file: str = "") -> Scenario:
    """Return the scenario that was written down by :func:`written_down` and :func:`variation`."""
    out = parse(text, file)
    for wish in varied["wishes"]:
        if isinstance(wish, str):
            out = out.vary(wish)
        else:
            out = out.vary({key: (op, value, *map(date.fromisoformat, days)) for key, (op, value, *days) in wish.items()})
    out = out.model_copy()
    out._called = varied["called"]
    return out


class Store:
    """A folder of runs.  Every failure of a disk is a ScenarioError that says where and why."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).absolute()
        self.runs_folder = self.folder / RUNS
        self.workshop = self.folder / WORKSHOP

    # ---- writing

    def prepare(self) -> None:
        """Make the folder where there is none, see that it can be written, and clear what writers that died left behind.

        Raises
        ------
        ScenarioError
            when it is a file, or can't be written.
        """
        with _told(self.folder):
            self.runs_folder.mkdir(parents=True, exist_ok=True)
            sweep(self.workshop)

    def add(self, one: Pack) -> bool:
        """Put a run in the store, whole or not at all; False where all of it was there already."""
        path = self.runs_folder / one.key
        whole = {**one.files, **{f"{KEPT}/{name}": data for name, data in one.kept.items()}}
        with _told(path):
            self.runs_folder.mkdir(parents=True, exist_ok=True)
            while not self.has(one.key, kept=bool(one.kept)):
                with suppress(FileNotFoundError):  # it was removed meanwhile
                    if self.has(one.key):
                        write_folder(path / KEPT, one.kept, self.workshop)
                        return True
                    if path.is_dir():  # half of one, left by something else than us
                        remove_folder(path, self.workshop)
                if write_folder(path, whole, self.workshop):
                    return True
        return False

    def keep(self, result: Result, replications: bool = False, levers: Mapping[str, float] | None = None) -> str:
        """Put a result in the store and return its key."""
        one = pack(result, replications, levers)
        self.add(one)
        return one.key

    def remove(self, key: str) -> None:
        """Remove a run: out of the way at once, then file by file."""
        path = self._path(key)
        with _told(path):
            remove_folder(path, self.workshop)

    # ---- reading

    def has(self, key: str, kept: bool = False) -> bool:
        """Say whether a run is there; with ``kept`` whether its replications are, too."""
        path = self.runs_folder / key
        return (path / SUMS).is_file() and (not kept or (path / KEPT / SUMS).is_file())

    def keys(self) -> list[str]:
        """Return the keys of all runs, sorted."""
        self._exists()
        with _told(self.runs_folder, "file_unreadable"):
            named = (entry.name for entry in self.runs_folder.iterdir() if KEY.fullmatch(entry.name))
            return sorted(key for key in named if self.has(key))

    def halves(self) -> list[Path]:
        """Return folders of runs that are not whole: something else than this program has taken files away."""
        self._exists()
        with _told(self.runs_folder, "file_unreadable"):
            named = (entry for entry in self.runs_folder.iterdir() if KEY.fullmatch(entry.name) and entry.is_dir())
            return sorted(entry for entry in named if not self.has(entry.name))

    def find(self, word: str) -> str:
        """Return the key of the one run that is called so, or whose key begins so (at least four digits).

        Raises
        ------
        ScenarioError
            when there is none, or more than one.
        """
        keys = self.keys()
        names = {key: self._called(key) for key in keys}
        found = [key for key, name in names.items() if name == word]
        if len(word) >= SHORTEST:
            found += [key for key in keys if key.startswith(word.lower()) and key not in found]
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._missing(word, sorted({*names.values()} - {""}))
        shown = ", ".join(key[:12] for key in found[:6]) + (" …" if len(found) > 6 else "")
        raise ScenarioError([Problem("run_several", args={"run": word, "runs": shown})])

    def manifest(self, key: str) -> dict[str, Any]:
        """Return what a run was."""
        path = self._path(key) / MANIFEST
        with _told(path, "run_broken"):
            found: dict[str, Any] = json.loads(path.read_bytes())
            if found["format"] == FORMAT:
                return found
        raise ScenarioError([Problem("run_format", file=str(path))])

    def _called(self, key: str) -> str:
        """Return what a run is called; nothing where that can't be made out."""
        try:
            return str(self.manifest(key)["scenario"])
        except ScenarioError:
            return ""

    def saved(self, key: str) -> tuple[datetime, int]:
        """Return when a run was put there, and how many bytes it has."""
        path = self._path(key)
        with _told(path, "file_unreadable"):
            files = [file.stat() for file in path.rglob("*") if file.is_file()]
            return datetime.fromtimestamp(path.stat().st_mtime, UTC), sum(file.st_size for file in files)

    def runs(self) -> pd.DataFrame:
        """Return one row for each run: run (its key), scenario, policies, replications, seed, draws, kept, model,
        sha256, base (the name in its file), then lever_… for each lever of a grid."""
        rows = []
        for key in self.keys():
            m = self.manifest(key)
            rows.append({
                "run": key, "scenario": m["scenario"], "policies": "+".join(m["policies"]), "replications": m["replications"],
                "seed": m["seed"], "draws": m["draws"], "kept": self.has(key, kept=True), "model": m["model"],
                "sha256": m["sha256"], **self._own(key),
            })
        return pd.DataFrame(rows)

    def frame(
        self, table: str = "indicators", columns: Sequence[str] | None = None, runs: Sequence[str] | None = None, **where: Any,
    ) -> pd.DataFrame:
        """Return one tidy table of all runs; files are read row group by row group, and only what is asked for.

        Parameters
        ----------
        table : indicators, targets, seat_plan, plan_log, warnings or money
        columns : which to return; ``run`` (the key), ``base`` (the name in its file) and lever_… of a grid come first
        runs : keys; by default all
        where : a column's value, or a list of values: ``indicator="local_retention_r1", year=[2029, 2030], programme=""``

        Raises
        ------
        ScenarioError
            for a table or column that there is not.
        """
        if table not in FRAMES:
            raise ScenarioError([Problem("store_column", args={"column": table, "near": near(table, FRAMES)})])
        keys = list(runs) if runs is not None else self.keys()
        own = {key: self._own(key) for key in keys}
        heads = ["base", *sorted({name for each in own.values() for name in each} - {"base"})]
        for name in [name for name in where if name in heads]:
            wanted = _listed(where.pop(name))
            keys = [key for key in keys if own[key].get(name) in wanted]
        paths = [path for key in keys if (path := self._path(key) / f"{table}.parquet").is_file()]
        if not paths:
            return pd.DataFrame(columns=["run", *heads, *(name for name in columns or () if name not in ("run", *heads))])
        parting = ds.partitioning(pa.schema([("run", pa.string())]))
        with _told(self.runs_folder, "run_broken"):
            source = ds.dataset(
                [str(p) for p in paths], format="parquet", partitioning=parting, partition_base_dir=str(self.runs_folder)
            )
        names = source.schema.names
        rest = [name for name in (columns or names) if name not in ("run", *heads)]
        wrong = [name for name in [*where, *rest] if name not in names]
        if wrong:
            known = [*names, *heads]
            raise ScenarioError(Problem("store_column", args={"column": name, "near": near(name, known)}) for name in wrong)
        chosen = None
        for name, value in where.items():
            asked = ds.field(name).isin(_of_type(source.schema.field(name), _listed(value)))
            chosen = asked if chosen is None else chosen & asked
        with _told(self.runs_folder, "run_broken"):
            found = source.to_table(columns=["run", *rest], filter=chosen).to_pandas()
        for i, name in enumerate(heads):
            found.insert(1 + i, name, found["run"].map({key: each.get(name) for key, each in own.items()}))
        return found

    def _own(self, key: str) -> dict[str, Any]:
        """Return what a run has one value of for all its rows."""
        said = self.manifest(key)
        return {"base": said["base"], **{f"lever_{name}": value for name, value in said["levers"].items()}}

    def scenario(self, key: str) -> Scenario:
        """Return the scenario of a run."""
        path = self._path(key) / SCENARIO
        with _told(path, "run_broken"):
            return restored(path.read_text(encoding="utf-8"), self.manifest(key)["variation"], str(path))

    def result(self, key: str) -> Result:
        """Return a run of which every replication was kept, as it was; results of one seed can be compared in pairs.

        Raises
        ------
        ScenarioError
            when its replications were not kept.
        """
        path = self._path(key) / KEPT / HISTORY
        if not path.is_file():
            raise ScenarioError([Problem("run_not_kept", args={"run": key[:12]})])
        scenario, said = self.scenario(key), self.manifest(key)
        with _told(path, "run_broken"):
            history = _history(scenario, pq.read_table(path), said["replications"])
        years, layout = scenario.years, lay_out(scenario)
        pairs = np.arange(said["replications"] // 2) if scenario.uncertainty.parameters else None
        inputs = inputs_for(scenario, years.first, years.last, pairs, said["seed"], layout)
        short = dict(said["base_rates_short"])
        in_all = short.pop("any", 0.0)
        return Result(
            scenario, said["seed"], said["replications"], said["draws"], inputs, history, short=short, short_in_all=in_all,
        )

    # ---- proof

    def verify(self, key: str) -> list[Problem]:
        """Return what is wrong with a run: files that are missing, of another hash or not its own, a scenario that is not that
        of its key (told only for the versions that run now)."""
        path = self._path(key)
        try:
            problems = [*_wrong_files(path), *(_wrong_files(path / KEPT) if (path / KEPT).is_dir() else ())]
            if problems:
                return problems
            said = self.manifest(key)
            again = run_key(self.scenario(key), said["replications"], said["seed"], said["levers"])
            same = (said["model"], said["versions"]) == (model_version(), versions())
            if said["key"] != key or (same and again != key):
                problems = [Problem("run_other_key", file=str(path), args={"run": key[:12]})]
        except ScenarioError as error:
            return list(error.problems)
        return problems

    def _exists(self) -> None:
        if not self.runs_folder.is_dir():
            raise ScenarioError([Problem("store_missing", args={"path": str(self.folder)})])

    def _path(self, key: str) -> Path:
        path = self.runs_folder / key
        if not key or Path(key).name != key or not path.is_dir():
            raise self._missing(key, [one[:12] for one in self.keys()])
        return path

    def _missing(self, word: str, names: Sequence[str]) -> ScenarioError:
        return ScenarioError([Problem("run_missing", args={"run": word, "store": str(self.folder), "near": near(word, names)})])


def open_store(folder: str | Path) -> Store:
    """Return the store in a folder.

    Raises
    ------
    ScenarioError
        when there is none.
    """
    store = Store(folder)
    store._exists()
    return store


@contextmanager
def _told(path: Path, code: str = "out_unwritable") -> Iterator[None]:
    """Turn what a disk refuses, or what can't be made out in a file, into a problem."""
    try:
        yield
    except OSError as error:
        raise ScenarioError([_problem(code, path, error)]) from error
    except (ValueError, KeyError, TypeError) as error:  # of JSON, UTF-8 or Parquet that is not what we wrote
        raise ScenarioError([Problem("run_broken", file=str(path))]) from error


def _problem(code: str, path: Path, error: OSError) -> Problem:
    if code == "run_broken":
        return Problem(code, file=str(path))
    if code == "file_unreadable":
        return Problem(code, file=str(path), args={"why": why_of(error)})
    return Problem(code, args={"path": str(path), "why": why_of(error)})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _of_type(column: pa.Field, values: list[Any]) -> pa.Array:
    """Return values as those of a column."""
    try:
        return pa.array(values, type=column.type)
    except (pa.ArrowException, TypeError, ValueError):
        raise ScenarioError([Problem("store_value", column.name, values, args={"type": str(column.type)})]) from None


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def _wrong_files(folder: Path) -> Iterator[Problem]:
    """Yield the files of a folder that are not what its checksums say."""
    with _told(folder / SUMS, "run_broken"):
        written = (folder / SUMS).read_bytes()
        said = {line.partition("  ")[2]: f"{line}\n" for line in written.decode().split("\n")[:-1]}
        there = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.name != SUMS}
    for name in sorted(said.keys() | there.keys()):
        if name not in there:
            yield Problem("run_file_gone", file=str(folder / name))
        elif name not in said:
            yield Problem("run_file_more", file=str(folder / name))
        elif _sums({name: there[name]}).decode() != said[name]:
            yield Problem("run_file_changed", file=str(folder / name))
    if written != "".join(said[name] for name in sorted(said)).encode():
        yield Problem("run_file_changed", file=str(folder / SUMS))


def _rows(history: History) -> pa.Table:
    """Return a history as a table: its fields one after another, a row for each count, its replications in one cell."""
    parts = [(f.name, getattr(history, f.name)) for f in fields(history)]
    columns = history.entrants.shape[-1]
    flat = np.concatenate([array.reshape(-1, columns).astype(history.entrants.dtype) for _, array in parts])
    names = np.repeat([name for name, _ in parts], [array.size // columns for _, array in parts])
    values = pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), columns)
    return pa.table({"field": pa.array(names).dictionary_encode(), "values": values})


def _history(scenario: Scenario, table: pa.Table, columns: int) -> History:
    """Return the history that :func:`_rows` made a table of."""
    chances = scenario.uncertainty
    years = scenario.years.last - scenario.years.first + 1
    out = History.empty(
        lay_out(scenario), years, columns, np.int32 if chances.process else np.float64, logged(scenario), warns(scenario)
    )
    flat = table["values"].combine_chunks().flatten().to_numpy().reshape(-1, columns)
    at = 0
    for f in fields(out):
        array = getattr(out, f.name)
        count = array.size // columns
        array[...] = flat[at : at + count].reshape(array.shape)
        at += count
    if at != len(flat):
        raise ValueError("the rows are those of another structure")
    return out
