"""The fair queue of the page: order, sharing, newest wins, stopping, faults, what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from skillsim.pages import queue as module
from skillsim.pages.queue import Job, Queue

PATIENCE = 20  # seconds after which a test gives up; nothing is measured


class Gate:
    """Work that waits to be let through, so that a test decides the order of events."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self, tick: Any, stop: threading.Event, threads: int) -> str:
        self.begun.set()
        while not self.open.wait(0.005):
            tick(1, 2)
            if stop.is_set():
                raise InterruptedError
        return "through"


def ended(job: Job) -> Job:
    """Wait for a job's end."""
    done = threading.Event()
    for _ in range(PATIENCE * 200):
        if job.state in ("done", "failed", "stopped"):
            return job
        done.wait(0.005)
    raise AssertionError(f"still {job.state}")


def gives(value: Any, log: list[Any] | None = None) -> Callable[..., Any]:
    """Return work that gives a value and notes it."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        if log is not None:
            log.append(value)
        return value

    return work


@pytest.fixture
def two() -> Iterator[tuple[Queue, list[Gate]]]:
    """Yield a queue of two workers, both at work until their gates are opened."""
    queue, gates = Queue(2), [Gate(), Gate()]
    for i, gate in enumerate(gates):
        queue.ask(f"busy {i}", "quick", f"gate {i}", gate)
        assert gate.begun.wait(PATIENCE)
    yield queue, gates
    for gate in gates:
        gate.open.set()


def test_an_answer_is_given_and_kept() -> None:
    queue, log = Queue(2), []
    assert ended(queue.ask("a", "quick", 1, gives("one", log))).answer == "one"
    again = queue.ask("b", "quick", 1, gives("other", log))
    assert (again.state, again.answer, log) == ("done", "one", ["one"])


def test_sessions_that_ask_for_the_same_share_one_job(two: tuple[Queue, list[Gate]]) -> None:
    queue, gates = two
    log: list[Any] = []
    jobs = [queue.ask(session, "quick", "same", gives(1, log)) for session in "abc"]
    assert jobs[0] is jobs[1] is jobs[2]
    gates[0].open.set()
    assert ended(jobs[0]).answer == 1
    assert log == [1]


def test_the_newest_wish_takes_the_place_of_the_older(two: tuple[Queue, list[Gate]]) -> None:
    queue, gates = two
    log: list[Any] = []
    old = queue.ask("a", "quick", "a1", gives("a1", log))
    queue.ask("b", "quick", "b1", gives("b1", log))
    new = queue.ask("a", "quick", "a2", gives("a2", log))
    assert (old.state, new.ahead, queue.load()) == ("stopped", 0, (2, 2))
    gates[0].open.set()
    ended(new)
    ended(queue.ask("b", "quick", "b1", gives("b1", log)))
    assert log == ["a2", "b1"]  # what was overtaken is never worked out, and its place is kept


def test_running_work_that_nobody_wants_any_more_is_told_to_stop() -> None:
    queue, gate = Queue(2), Gate()
    first = queue.ask("a", "quick", 1, gate)
    assert gate.begun.wait(PATIENCE)
    second = queue.ask("a", "quick", 2, gives(2))
    assert ended(first).state == "stopped"
    assert ended(second).answer == 2


def test_running_work_that_another_waits_for_goes_on() -> None:
    queue, gate = Queue(2), Gate()
    shared = queue.ask("a", "quick", 1, gate)
    assert queue.ask("b", "quick", 1, gate) is shared
    queue.cancel("a", "quick")
    assert queue.ask("a", "quick", 1, gate).state == "stopped"  # remembered: asking does not begin it again
    assert not shared.stop.is_set()
    gate.open.set()
    assert ended(shared).answer == "through"


def test_quick_work_goes_before_long_work(two: tuple[Queue, list[Gate]]) -> None:
    queue, gates = two
    log: list[Any] = []
    long = queue.ask("a", "full", "long", gives("long", log), "long")
    quick = queue.ask("b", "quick", "quick", gives("quick", log))
    assert (quick.ahead, queue.ask("a", "full", "long", gives("long", log), "long").ahead) == (0, 1)
    gates[0].open.set()
    ended(long)
    assert log == ["quick", "long"]


def test_long_work_never_takes_the_last_worker() -> None:
    queue, gates = Queue(2), [Gate(), Gate()]
    first = queue.ask("a", "full", 1, gates[0], "long")
    assert gates[0].begun.wait(PATIENCE)
    second = queue.ask("b", "full", 2, gates[1], "long")
    assert ended(queue.ask("c", "quick", 3, gives(3))).answer == 3
    assert (first.state, second.state) == ("running", "waiting")
    gates[0].open.set()
    assert gates[1].begun.wait(PATIENCE)
    gates[1].open.set()
    ended(second)


def test_whoever_was_served_longest_ago_comes_next(two: tuple[Queue, list[Gate]]) -> None:
    queue, gates = two
    log: list[Any] = []
    gates[0].open.set()
    ended(queue.ask("a", "quick", "a0", gives("a0", log)))  # a has just been served
    blocker = Gate()
    queue.ask("x", "quick", "blocker", blocker)
    assert blocker.begun.wait(PATIENCE)
    last = queue.ask("a", "quick", "a1", gives("a1", log))
    queue.ask("a", "other", "a2", gives("a2", log))
    queue.ask("b", "quick", "b1", gives("b1", log))
    blocker.open.set()
    ended(last)
    ended(queue.ask("a", "other", "a2", gives("a2", log)))
    assert log[:2] == ["a0", "b1"]


def test_a_session_that_is_gone_is_not_worked_for() -> None:
    gone: set[str] = set()
    queue, gates, log = Queue(2, alive=lambda s: s not in gone), [Gate(), Gate()], []
    for i, gate in enumerate(gates):
        queue.ask(f"busy {i}", "quick", i, gate)
        assert gate.begun.wait(PATIENCE)
    waiting = queue.ask("a", "quick", "a", gives("a", log))
    gone |= {"a", "busy 1"}
    gates[0].open.set()
    assert ended(waiting).state == "stopped"
    assert ended(queue.ask("b", "quick", "b", gives("b", log))).answer == "b"
    assert log == ["b"]
    assert ended(queue.ask("busy 1", "quick", 1, gates[1])).state == "stopped"  # running work asks too


def test_what_went_wrong_is_told_and_not_begun_again_by_asking() -> None:
    queue, tries = Queue(2), []

    def wrong(tick: Any, stop: threading.Event, threads: int) -> None:
        tries.append(1)
        raise ValueError("mend me")

    assert str(ended(queue.ask("a", "quick", 1, wrong)).problem) == "mend me"
    assert queue.ask("a", "quick", 1, wrong).state == "failed"
    assert len(tries) == 1
    queue.again("a", "quick")
    ended(queue.ask("a", "quick", 1, wrong))
    assert len(tries) == 2


def test_a_fault_of_ours_goes_to_the_log_with_a_number_and_the_worker_lives(caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue(2)

    def broken(tick: Any, stop: threading.Event, threads: int) -> None:
        raise ZeroDivisionError("secret detail")

    for i in range(5):
        job = ended(queue.ask("a", "quick", i, broken))
        assert job.problem is None
        assert job.fault in caplog.text
    assert "secret detail" in caplog.text
    assert ended(queue.ask("a", "quick", "well", gives("well"))).answer == "well"


def test_work_may_use_all_cores_only_when_nobody_else_is_there() -> None:
    queue, gate = Queue(4), Gate()
    given: dict[str, int] = {}

    def note(name: str) -> Callable[..., None]:
        def work(tick: Any, stop: threading.Event, threads: int) -> str:
            given[name] = threads
            return name

        return work

    ended(queue.ask("a", "full", 1, note("alone"), "long"))
    queue.ask("b", "quick", 2, gate)
    assert gate.begun.wait(PATIENCE)
    ended(queue.ask("a", "full", 3, note("beside"), "long"))
    gate.open.set()
    assert given == {"alone": 4, "beside": 1}


def test_what_is_kept_stays_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    queue = Queue(2, size=lambda answer: 40)
    for i in range(5):
        queue.keep(i, i)
    assert [queue.kept(i) for i in range(5)] == [None, None, None, 3, 4]
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    queue.keep(5, 5)
    assert [queue.kept(i) for i in (3, 4, 5)] == [None, None, 5]


def test_many_sessions_at_once_all_get_their_own_answer() -> None:
    queue, answers = Queue(3), {}

    def visit(session: str) -> None:
        for step in range(20):
            key = (session if step % 3 else "shared", step)
            job = queue.ask(session, "quick", key, gives(key))
            answers[session, step] = (key, ended(job).answer if job.state != "done" else job.answer)

    threads = [threading.Thread(target=visit, args=(f"s{i}",)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == 200
    assert all(key == answer for key, answer in answers.values())
    assert queue.load() == (0, 0)


def test_who_stops_shared_work_sees_it_at_once_and_has_its_answer_when_it_is_there() -> None:
    queue, gate = Queue(2), Gate()
    shared = queue.ask("a", "quick", 1, gate)
    assert queue.ask("b", "quick", 1, gate) is shared
    queue.cancel("a", "quick")
    mine = queue.waits_for("a", "quick")
    assert mine is not None and (mine.state, mine is shared) == ("stopped", False)
    assert queue.waits_for("b", "quick") is shared and not shared.stop.is_set()
    gate.open.set()
    assert ended(shared).answer == "through"
    assert queue.waits_for("b", "quick") is None
    again = queue.ask("a", "quick", 1, gate)
    assert (again.state, again.answer) == ("done", "through")
    assert queue.waits_for("a", "quick") is None


def test_jobs_are_told_apart_though_they_are_alike() -> None:
    """What one session stopped is another job than what another waits for, whatever both ask."""
    gate = Gate()
    assert Job(1, gate, "quick", set()) != Job(1, gate, "quick", set())
