"""One fair queue for the whole server: who waits for what, who is served next, and what was answered.

Each session has one waiting place for each slot (such as "quick" and "full"): a newer wish takes the place of the older one.
Quick work goes before long work, and long work never takes the last worker.  Among sessions, whoever was served longest ago
comes next.  Sessions that ask for the same share one job.  Answers are kept, within a bound, so that nothing is worked out
twice.  Nothing here knows of simulations or of Streamlit.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal

log = logging.getLogger("skillsim.page")

Lane = Literal["quick", "long"]
State = Literal["waiting", "running", "done", "failed", "stopped"]
Tick = Callable[[int, int], None]
Work = Callable[[Tick, threading.Event, int], Any]  # (progress, stop flag, threads it may use) -> answer
Place = tuple[str, str]  # session and slot
MOST_KEPT = 1_000
MOST_BYTES = 2_000_000_000
MOST_FAILED = 500
MOST_SERVED = 500


@dataclass(eq=False)
class Job:
    """One piece of work and who waits for it.  ``ahead`` is how many jobs come before it; ``done`` of ``total`` tell how far
    it is; ``problem`` what the scenario's planner can mend, ``fault`` the number of an entry in the log if it is ours."""

    key: Hashable
    work: Work
    lane: Lane
    waiters: set[Place]
    state: State = "waiting"
    answer: Any = None
    problem: Exception | None = None
    fault: str = ""
    done: int = 0
    total: int = 0
    ahead: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


class Queue:
    """The queue and its workers.

    Parameters
    ----------
    workers : how many jobs run at once; at least two, so that quick work never waits for long work
    alive : whether a session is still there; work that nobody alive waits for is dropped
    mendable : the exceptions that a planner can mend; any other is ours and goes to the log
    stopped : the exception by which work says that it stopped when asked to
    size : bytes that an answer takes
    """

    def __init__(
        self, workers: int, alive: Callable[[str], bool] = lambda session: True,
        mendable: type[Exception] = ValueError, stopped: type[Exception] = InterruptedError,
        size: Callable[[Any], int] = lambda answer: 0,
    ):
        self.workers, self.alive, self.mendable, self.stopped, self.size = max(2, workers), alive, mendable, stopped, size
        self._lock = threading.Condition(threading.RLock())
        self._waiting: list[Job] = []  # in the order in which their places were taken
        self._running: list[Job] = []
        self._mine: dict[Place, Job] = {}  # what each session and slot waits for, or how it failed or was stopped
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._served: dict[str, int] = {}
        self._turn = 0
        self._threads = [threading.Thread(target=self._serve, name=f"worker {i}", daemon=True) for i in range(self.workers)]
        for thread in self._threads:
            thread.start()

    # ---- what pages ask

    def ask(self, session: str, slot: str, key: Hashable, work: Work, lane: Lane = "quick") -> Job:
        """Return the job that answers ``key``; it is put in the queue unless it is answered, on its way, or ended already.

        A job that failed or was stopped is not begun again by asking: see :meth:`again`.
        """
        place = (session, slot)
        with self._lock:
            if key in self._kept:
                self.drop(session, slot)
                return Job(key, work, lane, set(), "done", self.kept(key))
            mine = self._mine.get(place)
            if mine is not None and mine.key == key:
                self._count_ahead()
                return mine
            job = next((j for j in [*self._running, *self._waiting] if j.key == key and not j.stop.is_set()), None) or Job(
                key, work, lane, set()
            )
            at = self._leave(place)
            if job.state == "waiting" and job not in self._waiting:
                self._waiting.insert(len(self._waiting) if at is None else at, job)
            job.waiters.add(place)
            self._mine[place] = job
            self._count_ahead()
            self._lock.notify_all()
            return job

    def again(self, session: str, slot: str) -> None:
        """Forget how the last wish of a session and slot ended, so that asking begins it anew."""
        with self._lock:
            job = self._mine.get((session, slot))
            if job is not None and job.state in ("failed", "stopped"):
                del self._mine[session, slot]

    def cancel(self, session: str, slot: str) -> None:
        """Stop what a session waits for; work that others wait for too goes on without it."""
        with self._lock:
            job = self._mine.get((session, slot))
            if job is None or job.state not in ("waiting", "running"):
                return
            self._leave((session, slot))
            self._mine[session, slot] = Job(job.key, job.work, job.lane, set(), "stopped")

    def drop(self, session: str, slot: str) -> None:
        """Take a wish back: what nobody else waits for is not worked out."""
        with self._lock:
            self._leave((session, slot))
            self._mine.pop((session, slot), None)

    def kept(self, key: Hashable) -> Any:
        """Return an answer that is kept, or None."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keep(self, key: Hashable, answer: Any) -> None:
        """Keep an answer; the ones used longest ago make room for it."""
        with self._lock:
            self._kept[key] = answer, self.size(answer)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and (
                len(self._kept) > MOST_KEPT or sum(size for _, size in self._kept.values()) > MOST_BYTES
            ):
                self._kept.popitem(last=False)

    def waits_for(self, session: str, slot: str) -> Job | None:
        """Return what a session's slot waits for, or how that ended unless it was answered."""
        with self._lock:
            return self._mine.get((session, slot))

    def load(self) -> tuple[int, int]:
        """Return how many jobs run and how many wait."""
        with self._lock:
            return len(self._running), len(self._waiting)

    # ---- who waits

    def _leave(self, place: Place) -> int | None:
        """Take a session's slot off the job it waits for; return the place in the queue that it gives up, if any."""
        job = self._mine.get(place)
        if job is None or job.state not in ("waiting", "running"):
            return None
        job.waiters.discard(place)
        if job.waiters:
            return None
        if job in self._waiting:
            at = self._waiting.index(job)
            self._waiting.remove(job)
            job.state = "stopped"
            return at
        job.stop.set()
        return None

    def _order(self) -> list[Job]:
        """Return the waiting jobs in the order in which they will be served."""

        def turn(job: Job) -> tuple[bool, int]:
            return job.lane != "quick", min((self._served.get(session, 0) for session, _ in job.waiters), default=0)

        return sorted(self._waiting, key=turn)  # sorting keeps the order of arrival where turns are equal

    def _count_ahead(self) -> None:
        for i, job in enumerate(self._order()):
            job.ahead = i

    def _next(self) -> Job | None:
        for job in [j for j in self._waiting if not any(self.alive(session) for session, _ in j.waiters)]:
            self._waiting.remove(job)
            job.state = "stopped"
            for place in job.waiters:
                self._mine.pop(place, None)
        long = sum(job.lane == "long" for job in self._running)
        return next((job for job in self._order() if job.lane == "quick" or long < self.workers - 1), None)

    def _alone(self, job: Job) -> bool:
        """Say whether nobody else waits or is served: then a job may use all workers' cores."""
        sessions = {session for j in [*self._running, *self._waiting] for session, _ in j.waiters}
        return len(sessions | {session for session, _ in job.waiters}) <= 1

    # ---- workers

    def _serve(self) -> None:
        while True:
            with self._lock:
                while (job := self._next()) is None:
                    self._lock.wait(timeout=1.0)
                self._waiting.remove(job)
                self._running.append(job)
                job.state, job.ahead = "running", 0
                self._turn += 1
                for session, _ in job.waiters:
                    self._served[session] = self._turn
                threads = self.workers if self._alone(job) else 1
            self._do(job, threads)

    def _do(self, job: Job, threads: int) -> None:
        def tick(done: int, total: int) -> None:
            job.done, job.total = done, total
            if not any(self.alive(session) for session, _ in list(job.waiters)):
                job.stop.set()

        state: State = "done"
        try:
            job.answer = job.work(tick, job.stop, threads)
        except self.stopped:
            state = "stopped"
        except self.mendable as error:
            state, job.problem = "failed", error
        except Exception:
            state, job.fault = "failed", fault()
        with self._lock:
            if state == "done":
                self.keep(job.key, job.answer)
            self._running.remove(job)
            job.state = state
            if state != "failed":  # what is done is kept; what was stopped for others may be asked for anew
                for place in [p for p, j in self._mine.items() if j is job]:
                    del self._mine[place]
            for place in [p for p, j in self._mine.items() if j.state in ("failed", "stopped")][:-MOST_FAILED]:
                del self._mine[place]
            self._served = {s: turn for s, turn in self._served.items() if turn > self._turn - MOST_SERVED}
            self._lock.notify_all()


def fault() -> str:
    """Write the exception at hand to the log; return the number by which it can be found there."""
    identity = uuid.uuid4().hex[:8]
    with contextlib.suppress(Exception):
        log.exception("fault %s", identity)
    return identity
