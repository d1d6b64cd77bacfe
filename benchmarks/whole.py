"""From a command to its answer, each in a process of its own: start, kernels compiled before or not, and peak memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import skillsim
from benchmarks.measure import WALL, Fact, Row, check, megabytes, row, side_by_side, timed
from skillsim.scenario.reader import read, scenario_roots
from skillsim.terms import phrase

QUZHOU = "quzhou/baseline"
WIDTH = "400"  # columns of the terminal, so that no title is broken in two

# a process that is started counts the memory of the one that starts it as its own, so a small one stands between
LAUNCHER = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
sys.exit(ended)
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, the processor seconds it used, and the most memory it held, in MB."""

    text: str
    cpu: float
    memory: float


def command(*words: str, env: Mapping[str, str] | None = None) -> Said:
    """Return what a command printed; it must end well."""
    given = os.environ | {"COLUMNS": WIDTH, "PYTHONIOENCODING": "utf-8"} | dict(env or {})
    asked = [sys.executable, "-S", "-c", LAUNCHER, sys.executable, *words]
    done = subprocess.run(asked, env=given, capture_output=True, encoding="utf-8", check=False)
    check(done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    cpu, memory = done.stderr.splitlines()[-1].split()
    return Said(done.stdout, float(cpu), megabytes(float(memory)))


def used(said: Said) -> dict[str, Fact]:
    """Return what a command used, as facts of a row."""
    return {"processor s": round(said.cpu, 2), "peak memory, MB": round(said.memory)}


def answers(name: str) -> Callable[[Said], None]:
    """Return a check that a run's answer has the row of every target of the scenario."""
    titles = [target.title.en for target in read(name).targets.values()]

    def right(said: Said) -> None:
        lines = [line.strip() for line in said.text.splitlines()]
        for title in titles:
            check(any(line.startswith(title) for line in lines), f"no row of the target {title!r}:\n{said.text}")

    return right


def says(*words: str) -> Callable[[Said], None]:
    """Return a check that a command printed some words."""

    def right(said: Said) -> None:
        for word in words:
            check(word in said.text, f"{word!r} is not in:\n{said.text}")

    return right


def ran(name: str, replications: int, env: Mapping[str, str] | None = None) -> Said:
    """Return what `skillsim run` printed."""
    return command("-m", "skillsim", "run", name, "-n", str(replications), "--lang", "en", env=env)


def rows(quick: bool) -> Iterator[Row]:
    """Yield all rows."""
    ran("small", 400)  # compiles, and brings the files into memory
    works = {
        "python -c 'import numpy'": lambda: command("-c", "import numpy; print('there')"),
        "skillsim --help": lambda: command("-m", "skillsim", "--help"),
        "skillsim check small": lambda: command("-m", "skillsim", "check", "small"),
        "skillsim run small": lambda: ran("small", 400),
    }
    checks = dict(zip(works, (says("there"), says("run", "batch", "report"), says("small"), answers("small")), strict=True))
    times = side_by_side(works, checks, 1 if quick else 3, WALL, warm=False)
    start = next(iter(works))
    for name in list(works)[1:]:
        yield row("whole", name, times[name], "exit status, what it says", reference=(start, times[start], 1),
                  facts=used(times[name].answer), bar="warm" if name == "skillsim run small" else None, value=times[name].seconds)
    if not quick:
        yield cold()
        yield full(200)


def cold() -> Row:
    """Return the row of the first run of a fresh copy of the package, which says that it compiles."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "skillsim")
        shutil.copytree(Path(skillsim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(scenario_roots()[0], package / "scenarios", dirs_exist_ok=True)

        def right(said: Said) -> None:
            answers("small")(said)
            says(phrase("first_run", "en"))(said)

        timing = timed(lambda: ran("small", 400, {"PYTHONPATH": folder}), right, 1, warm=False)
    return row("whole", "skillsim run small, nothing compiled", timing, "exit status, targets, says why",
               facts=used(timing.answer), bar="cold", value=timing.seconds)


def full(replications: int) -> Row:
    """Return the row of a city's run from command to answer, with its memory."""
    timing = timed(lambda: ran(QUZHOU, replications), answers(QUZHOU), 1, warm=False)
    memory = timing.answer.memory
    return row("whole", f"skillsim run {QUZHOU} -n {replications}", timing, "exit status, targets",
               facts=used(timing.answer), bar="memory" if replications == 1_000 else None, value=memory)
