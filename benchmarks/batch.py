"""How much faster a batch is on two jobs than on one (docs/performance.md).

    python -m benchmarks.batch --scenario quzhou/baseline --count 200 -n 200

Both are measured in one run, each into a store of its own, which must then hold the same bytes: as many runs, with the keys
asked for and as many draws.  The variants are points of a Latin hypercube over one lever, as analysts run them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

from benchmarks.bars import BARS
from skillsim.analysis import running
from skillsim.batch import Asked, Backend, How, files_of, run_batch
from skillsim.results.store import Store, run_key
from skillsim.scenario.grid import Design, read_grid
from skillsim.scenario.reader import read

SEED = 20250401
LEVER = """
method: latin_hypercube
points: {count}
seed: 1
levers:
  staying: {{changes: [{{key: retention.local_origin}}], add: {{low: -0.2, high: 0.2}}}}
"""


def check(holds: object, what: str) -> None:
    """Stop the benchmark where not that was computed which was asked for."""
    if not holds:
        raise AssertionError(what)


def measured(asked: Asked, folder: Path, how: How) -> dict[str, Any]:
    """Return the seconds of a batch into a fresh store, and what was computed."""
    store = Store(folder)
    began = time.perf_counter()
    account = run_batch(asked, store, how)
    seconds = time.perf_counter() - began
    check(not account.refused and not account.faults, f"{account.refused} {account.faults}")
    runs = store.runs()
    check(account.ran == len(runs), f"{account.ran} runs done, {len(runs)} there")
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {"jobs": how.jobs, "seconds": seconds, "per_minute": 60 * account.ran / seconds, "runs": set(runs["run"]),
            "draws": int(runs["draws"].sum()), "bytes": {path.relative_to(folder): path.read_bytes() for path in files}}


def expected(asked: Asked, design: Design) -> set[str]:
    """Return the keys that must be there."""
    base = read(asked.files[0])
    return {run_key(point.on(base), asked.replications, asked.seed, point.levers) for point in design.points}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.batch")
    parser.add_argument("--scenario", default="quzhou/baseline", help="a file, or the name of a shipped scenario")
    parser.add_argument("--count", type=int, default=200, help="runs (200)")
    parser.add_argument("-n", "--replications", type=int, default=200, help="of each run (200)")
    parser.add_argument("--backend", choices=[name for name in get_args(Backend) if name != "dask"], default="loky")
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    given = parser.parse_args()
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as scratch:
        levers = Path(scratch) / "levers.yaml"
        levers.write_text(LEVER.format(count=given.count), encoding="utf-8")
        design = read_grid(levers)
        asked = Asked(files_of([given.scenario]), design=design, replications=given.replications, seed=SEED)
        running.run(read(asked.files[0]), 2, SEED)  # compiles
        one, two = (measured(asked, Path(scratch) / f"jobs_{jobs}", How(given.backend, jobs)) for jobs in (1, 2))
        check(one["runs"] == expected(asked, design), "the keys are not those of what was asked for")
        check(one.pop("bytes") == two.pop("bytes"), "the stores differ")
        check(one["draws"] == two["draws"] > 0, "the draws differ")
    ratio = one["seconds"] / two["seconds"]
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": load, "load_after": os.getloadavg()}
    found = {
        "scenario": given.scenario, "count": len(one.pop("runs")), "replications": given.replications, "backend": given.backend,
        "machine": machine, "one": one, "two": {key: value for key, value in two.items() if key != "runs"}, "ratio": ratio,
    }
    print(json.dumps(found, indent=1))
    print(f"two jobs against one: {BARS['two_cores'].held(ratio)}")
    if given.out:
        given.out.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
