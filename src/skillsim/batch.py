"""Many scenarios into one store: each run once, alone or with others, on threads, processes or a cluster.

The driver reads files one after another, leaves out what the store has, and hands out tasks of about a second; a task gives back
runs as bytes, which the driver alone writes.  So workers need no disk, a batch that was ended in the middle goes on where it was,
and two batches on one store share the work.  What is in the store does not depend on any of this.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import logging
import os
import pickle
import socket
import threading
import time
import traceback
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import MAX_REPLICATIONS, MAX_SEED, MAX_THREADS, REPLICATIONS, SEED, Stopped, ground_for, run
from skillsim.errors import Problem, ScenarioError
from skillsim.results.result import versions as libraries
from skillsim.results.store import MANIFEST, Pack, Store, model_version, pack, run_key
from skillsim.scenario.grid import Design, Point
from skillsim.scenario.reader import build, find, read
from skillsim.scenario.types import Scenario

ENOUGH = 1.0  # s of work in a task, so that handing it out costs little beside it
MOST_IN_TASK = 200
AHEAD = 4  # tasks for each job that may be out or wait to be written; what is more stays undone until the disk is quicker
GROUNDS = 2  # kept in a process, for the variants of a file
PATIENCE = 20  # s until a scheduler or its first worker is given up
ALL = "all"

Backend = Literal["threads", "loky", "dask"]


# ---- what is asked


def files_of(paths: Sequence[str]) -> list[Path]:
    """Return the scenario files of paths, each once: files, names of shipped ones, folders with all ``*.yaml`` in them and below,
    and patterns (``**`` for any folders); of folders and patterns not what is hidden or lies in a store of runs.

    Raises
    ------
    ScenarioError
        for every path that leads to no file.
    """
    out: dict[Path, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            for file in _files_at(path):
                out.setdefault(file.resolve(), file)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return list(out.values())


def _files_at(path: str) -> list[Path]:
    if os.path.isdir(path):
        pattern = os.path.join(glob.escape(path), "**", "*.yaml")
    elif glob.has_magic(path) and not os.path.exists(path):
        pattern = path
    else:
        return [find(path)]
    there = sorted(Path(name) for name in glob.glob(pattern, recursive=True))
    found = [file for file in there if file.is_file() and not file.with_name(MANIFEST).exists()]
    if not found:
        raise ScenarioError([Problem("batch_nothing", file=path)])
    return found


@dataclass(frozen=True)
class Variant:
    """What is put on a scenario as read: policies ("a", "a+b"; None for none), then a point of a grid."""

    policies: str | None = None
    point: Point | None = None

    def of(self, base: Scenario) -> Scenario:
        """Return the scenario with it on."""
        out = base if self.policies is None else base.vary(self.policies)
        return out if self.point is None else self.point.on(out)

    @property
    def levers(self) -> Mapping[str, float]:
        """Return the values of the levers."""
        return {} if self.point is None else self.point.levers

    @property
    def label(self) -> str:
        """Return what is on it; '' for nothing."""
        return "+".join(part for part in (self.policies, self.point.label if self.point else None) if part)


@dataclass(frozen=True)
class Asked:
    """What a batch is to run: of each file the baseline and the variants by policy, each at every point of the grid.

    ``policies`` are names, names joined by '+', or "all" for each of a file's own; ``keep``: every replication is stored, too.
    """

    files: Sequence[Path]
    policies: Sequence[str] = ()
    design: Design | None = None
    replications: int = REPLICATIONS
    seed: int = SEED
    keep: bool = False

    @property
    def points(self) -> Sequence[Point | None]:
        """Return the points of the grid; without one, none on every variant."""
        return self.design.points if self.design else (None,)

    @property
    def most(self) -> int:
        """Return how many runs that is, unless files lack policies, or have several under "all"."""
        return len(self.files) * (1 + len(self.policies)) * len(self.points)


@dataclass(frozen=True)
class How:
    """Where a batch runs: in so many processes or threads here (by default one for each core), or on a Dask cluster."""

    backend: Backend = "loky"
    jobs: int | None = None
    scheduler: str | None = None

    @property
    def at_once(self) -> int:
        """Return how many threads or processes there are here."""
        return self.jobs if self.jobs is not None else min(os.cpu_count() or 1, MAX_THREADS)


@dataclass
class Refused:
    """Problems of a file, or of the policies or the grid on it; ``count`` variants have the same."""

    file: Path
    policies: str | None
    problems: tuple[Problem, ...]
    count: int = 1


@dataclass(frozen=True)
class Fault:
    """A mistake of ours in one run: the traceback."""

    file: Path
    label: str
    traceback: str


@dataclass
class Account:
    """How a batch stands: runs done, runs that were there already, equal ones left out, and of how many (an estimate until all
    files are read); what went wrong; seconds so far."""

    total: int = 0
    ran: int = 0
    there: int = 0
    twice: int = 0
    refused: dict[tuple[Any, ...], Refused] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Return for how long it has been going on."""
        return time.monotonic() - self.began

    @property
    def done(self) -> int:
        """Return how many of the total need no more work."""
        return self.ran + self.there + self.twice + len(self.faults) + sum(one.count for one in self.refused.values())

    @property
    def rate(self) -> float:
        """Return runs done per minute."""
        return 60 * self.ran / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Return the seconds that are left at this rate; None before the first run is done."""
        return 60 * max(self.total - self.done, 0) / self.rate if self.ran else None


# ---- what travels


@dataclass(frozen=True)
class Part:
    """Variants of one file in a task, with their keys.

    ``base`` is the scenario as read, or, to travel, what it was read from; ``digest`` of the latter; ``several``: the file has
    more variants than one, so that what they share is worth keeping.
    """

    file: int
    base: Scenario | bytes
    digest: str
    several: bool
    variants: tuple[tuple[str, Variant], ...]


@dataclass(frozen=True)
class Task:
    """Some seconds of work."""

    parts: tuple[Part, ...]
    replications: int
    seed: int
    keep: bool
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a variant: the run, or problems, or the traceback of a mistake of ours."""

    file: int
    variant: Variant
    seconds: float
    found: Pack | None = None
    problems: tuple[Problem, ...] = ()
    fault: str = ""


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Return the versions on which the bytes of a run depend."""
    return {"model": model_version(), **libraries()}


def work(task: Task, stop: threading.Event | None = None) -> list[Outcome]:
    """Run a task, wherever that is.

    Raises
    ------
    ScenarioError
        where other versions are installed than where the task was made.
    Stopped
        when asked to stop.
    """
    wrong = _other_versions({socket.gethostname(): versions()}, task.versions)
    if wrong:
        raise ScenarioError(wrong)
    out = []
    for part in task.parts:
        for key, variant in part.variants:
            began = time.perf_counter()
            found: Pack | None = None
            problems: tuple[Problem, ...] = ()
            fault = ""
            try:
                found = _run(task, part, variant, stop)
                if found.key != key:
                    raise RuntimeError(f"{found.key} was run in place of {key}")
            except ScenarioError as error:
                problems = error.problems
            except Stopped:
                raise
            except Exception:
                found, fault = None, traceback.format_exc()
            out.append(Outcome(part.file, variant, time.perf_counter() - began, found, problems, fault))
    return out


def _run(task: Task, part: Part, variant: Variant, stop: threading.Event | None) -> Pack:
    shared = _shared(part, task) if part.several else _Shared()
    with shared.lock:
        if shared.base is None:
            shared.base = _base(part)
        if shared.problems:
            raise ScenarioError(shared.problems)
        if part.several and shared.ground is None:
            try:
                shared.ground = ground_for(shared.base, task.replications, task.seed, 1, stop)
            except ScenarioError as error:
                shared.problems = error.problems
                raise
    scenario = variant.of(shared.base)
    ground = shared.ground
    if ground is not None and ground.key != ground_key(scenario, task.seed):
        ground = None
    (result,) = run(scenario, task.replications, task.seed, 1, stop=stop, ground=ground)
    return pack(result, task.keep, variant.levers)


def _base(part: Part) -> Scenario:
    return part.base if isinstance(part.base, Scenario) else build(pickle.loads(zlib.decompress(part.base)), {})


@dataclass
class _Shared:
    """What the variants of a file share in a process, made by the first and waited for by the others: the scenario as read, the
    ground, or why there can be none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    base: Scenario | None = None
    ground: Ground | None = None
    problems: tuple[Problem, ...] = ()


_GROUNDS: OrderedDict[tuple[str, int, int], _Shared] = OrderedDict()
_GROUNDS_LOCK = threading.Lock()


def _shared(part: Part, task: Task) -> _Shared:
    key = (part.digest, task.replications, task.seed)
    with _GROUNDS_LOCK:
        found = _GROUNDS.setdefault(key, _Shared())
        _GROUNDS.move_to_end(key)
        while len(_GROUNDS) > GROUNDS:
            _GROUNDS.popitem(last=False)
    return found


# ---- the driver


def run_batch(
    asked: Asked, store: Store, how: How | None = None, tell: Callable[[Account], None] = lambda _: None,
    account: Account | None = None,
) -> Account:
    """Run what the store does not have yet.

    Parameters
    ----------
    how : by default processes, one for each core
    tell : called with how it stands after every step, by whichever thread took it
    account : where to keep it, for those who want to know also of a batch that ended with an error

    Returns
    -------
    the account; problems and mistakes of single scenarios stand in it, the others are run all the same

    Raises
    ------
    ScenarioError
        for replications, seed or jobs out of bounds; a store that can't be written; a cluster that can't be reached, has other
        versions or gets lost; a worker that was ended.  What is in the store by then is whole.
    """
    how = how or How()
    problems = []
    if asked.replications % 2 or not 2 <= asked.replications <= MAX_REPLICATIONS:
        problems.append(Problem("replications", "replications", asked.replications, args={"limit": MAX_REPLICATIONS}))
    if not 0 <= asked.seed <= MAX_SEED:
        problems.append(Problem("seed", "seed", asked.seed, args={"limit": MAX_SEED}))
    if not 1 <= how.at_once <= MAX_THREADS:
        problems.append(Problem("jobs", "jobs", how.jobs))
    if (how.scheduler is None) == (how.backend == "dask"):
        problems.append(Problem("cluster_scheduler", "scheduler", how.scheduler))
    if problems:
        raise ScenarioError(problems)
    store.prepare()
    return _Driver(asked, store, how, tell, account or Account(asked.most)).drive()


class _Driver:
    """A batch at work."""

    def __init__(self, asked: Asked, store: Store, how: How, tell: Callable[[Account], None], account: Account):
        self.asked, self.store, self.how, self.tell, self.account = asked, store, how, tell, account
        self.each = asked.most // max(len(asked.files), 1)  # variants of a file
        # two batches that begin together begin at different places
        self.turn = int.from_bytes(hashlib.sha256(f"{socket.gethostname()}:{os.getpid()}".encode()).digest()[:8], "big")
        self.pace: dict[int, float] = {}  # s for a run of each file
        self.typical: float | None = None
        self.given = self.taken = 0
        self.seen: set[str] = set()
        self.dry = False

    def drive(self) -> Account:
        """Hand out tasks and write what comes back, until there are no more."""
        self.tell(self.account)
        runs = self._runs()
        try:
            with _workers(self.how) as each:
                while not self.dry:
                    with closing(each(self._tasks(runs))) as outcomes:
                        for found in outcomes:
                            self._take(found)
        finally:
            _GROUNDS.clear()
        return self.account

    def _tasks(self, runs: Iterator[Part]) -> Iterator[Task]:
        """Yield tasks of about :data:`ENOUGH` seconds, of files not measured yet one run each; end when so many are out that the
        disk can't keep up, or there are no more.  joblib asks for them from whichever thread has room."""
        bunch: list[Part] = []
        expected = 0.0
        for one in runs:
            bunch.append(one)
            expected += self.pace.get(one.file, self.typical or ENOUGH)
            if expected >= ENOUGH or len(bunch) >= MOST_IN_TASK:
                self.given += 1
                yield self._task(bunch)
                bunch, expected = [], 0.0
                if self.how.backend != "dask" and self.given - self.taken >= AHEAD * self.how.at_once:
                    return
        self.dry = True
        if bunch:
            self.given += 1
            yield self._task(bunch)

    def _task(self, bunch: Iterable[Part]) -> Task:
        """Return a task of runs, those of one file together."""
        parts: list[Part] = []
        for one in bunch:
            if parts and parts[-1].file == one.file:
                parts[-1] = replace(parts[-1], variants=parts[-1].variants + one.variants)
            else:
                parts.append(one)
        return Task(tuple(parts), self.asked.replications, self.asked.seed, self.asked.keep, versions())

    def _runs(self) -> Iterator[Part]:
        """Yield each run that is not in the store by then, file by file."""
        for i, path in _turned(list(enumerate(self.asked.files)), self.turn):
            try:
                base = read(path)
                variants = [Variant(wish, point) for wish in self._wishes(base) for point in self.asked.points]
                written = pickle.dumps(dict(base.written))
            except ScenarioError as error:
                self._refuse(i, Variant(), error.problems, self.each)
                continue
            except Exception:
                self._blame(i, Variant(), traceback.format_exc())
                continue
            self.account.total += len(variants) - self.each
            part = Part(
                i, base if self.how.backend == "threads" else zlib.compress(written), hashlib.sha256(written).hexdigest(),
                len(variants) > 1, (),
            )
            for variant in _turned(variants, self.turn):
                try:
                    key = run_key(variant.of(base), self.asked.replications, self.asked.seed, variant.levers)
                except ScenarioError as error:
                    self._refuse(i, variant, error.problems, base=base)
                except Exception:
                    self._blame(i, variant, traceback.format_exc())
                else:
                    if self._wanted(key):
                        yield replace(part, variants=((key, variant),))

    def _wanted(self, key: str) -> bool:
        """Say whether a run is neither given out nor in the store."""
        if key in self.seen:
            self.account.twice += 1
        elif self.store.has(key, self.asked.keep):
            self.account.there += 1
        else:
            self.seen.add(key)
            return True
        self.seen.add(key)
        self.tell(self.account)
        return False

    def _wishes(self, base: Scenario) -> list[str | None]:
        """Return the policies that are asked for; "all" is each that the file has and that is not in force."""
        own = [name for name in base.policies if name not in base.in_force]
        asked = [own if wish == ALL and ALL not in base.policies else [wish] for wish in self.asked.policies]
        return [None, *dict.fromkeys(name for names in asked for name in names)]

    def _take(self, found: Sequence[Outcome]) -> None:
        """Write what a task gave back."""
        self.taken += 1
        for one in found:
            if one.found is not None:
                self.store.add(one.found)
                self.account.ran += 1
            elif one.problems:
                self._refuse(one.file, one.variant, one.problems)
            else:
                self._blame(one.file, one.variant, one.fault)
            self.tell(self.account)
        each = sum(one.seconds for one in found) / len(found)
        self.pace |= dict.fromkeys((one.file for one in found), each)
        self.typical = each

    def _refuse(
        self, file: int, variant: Variant, problems: Sequence[Problem], count: int = 1, base: Scenario | None = None,
    ) -> None:
        """Note problems; those that many points of a grid share are noted once."""
        path, design = self.asked.files[file], self.asked.design
        if base is not None and design is not None and variant.point is not None:
            problems = [design.told(base, problem) for problem in problems]
        key = (file, variant.policies, tuple(one.text("en") for one in problems))
        if key in self.account.refused:
            self.account.refused[key].count += count
        else:
            self.account.refused[key] = Refused(path, variant.policies, tuple(problems), count)
        self.tell(self.account)

    def _blame(self, file: int, variant: Variant, told: str) -> None:
        """Note a mistake of ours."""
        self.account.faults.append(Fault(self.asked.files[file], variant.label, told))
        self.tell(self.account)


def _turned(items: Sequence[Any], turn: int) -> list[Any]:
    """Return items from a place on, round to it."""
    at = turn % max(len(items), 1)
    return [*items[at:], *items[:at]]


# ---- where it runs

# takes tasks as there is room and yields what became of them
Each = Callable[[Iterator[Task]], Generator[list[Outcome], None, None]]


@contextmanager
def _workers(how: How) -> Iterator[Each]:
    """Yield what runs tasks; what goes wrong with it is told in words."""
    if how.backend == "dask":
        with _cluster(str(how.scheduler)) as each:
            yield each
        return
    settings = {"pre_dispatch": "2*n_jobs", "batch_size": 1, "return_as": "generator_unordered"}
    threads = how.backend == "threads"
    crew = _Crew()
    do = crew.work if threads else work if how.at_once == 1 else partial(_work_below, os.getpid())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")  # tasks given up when a batch is stopped
        try:
            with crew, Parallel(n_jobs=how.at_once, backend="threading" if threads else "loky", **settings) as parallel:
                yield lambda tasks: parallel(delayed(do)(task) for task in tasks)
        except TerminatedWorkerError:
            raise ScenarioError([Problem("worker_ended", "jobs", how.at_once)]) from None


class _Crew:
    """The threads that run tasks.  joblib leaves them at work when it is stopped, and Python then ends them inside compiled code,
    which takes the whole process down: whoever leaves waits for them, after a chunk of replications at most."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.threads: set[threading.Thread] = set()

    def work(self, task: Task) -> list[Outcome]:
        """Run a task, known by its thread."""
        self.threads.add(threading.current_thread())
        return work(task, self.stop)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads - {threading.current_thread()}:
            thread.join()


def _work_below(driver: int, task: Task) -> list[Outcome]:
    """Run a task in a process that ends when its driver does: one that was killed can't end it."""
    _end_with(driver)
    return work(task)


@lru_cache(maxsize=1)
def _end_with(driver: int) -> None:
    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _cluster(scheduler: str) -> Iterator[Each]:
    """Yield what runs tasks on the workers of a Dask scheduler, all of which have what is installed here.

    joblib's own way to Dask is not taken: it waits for ever for a task that has ended its workers.
    """
    try:
        import distributed
        from distributed.comm import CommClosedError
    except ImportError:
        raise ScenarioError([Problem("cluster_missing")]) from None
    for name in ("distributed", "distributed.client", "distributed.core"):  # what they would say is said below
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        raise ScenarioError([Problem("cluster_unreachable", "scheduler", scheduler)]) from None

    def each(tasks: Iterator[Task]) -> Generator[list[Outcome], None, None]:
        out = distributed.as_completed(loop=client.loop)

        def fill() -> None:
            room = 2 * sum(client.ncores().values()) - out.count()  # workers may have come or gone
            out.update([client.submit(work, task, pure=False) for task in itertools.islice(tasks, max(room, 1))])

        fill()
        for future in out:
            fill()
            yield future.result()

    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise ScenarioError([Problem("cluster_empty", "scheduler", scheduler)]) from None
        wrong = _other_versions(client.run(versions, on_error="return"), versions())
        if wrong:
            raise ScenarioError(wrong)
        try:
            yield each
        except (distributed.scheduler.KilledWorker, CancelledError, CommClosedError, OSError):
            raise ScenarioError([Problem("cluster_lost", "scheduler", scheduler)]) from None


def _other_versions(found: Mapping[str, Any], wanted: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each worker, by name, on which not the same is installed."""
    out = []
    for worker, theirs in sorted(found.items()):
        has = theirs if isinstance(theirs, Mapping) else {}
        wrong = [f"{name} {has.get(name, '-')} ≠ {here}" for name, here in wanted.items() if has.get(name) != here]
        if wrong:
            out.append(Problem("cluster_versions", "scheduler", worker, args={"differ": ", ".join(wrong)}))
    return out
