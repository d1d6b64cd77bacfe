"""What pages ask of the model, through the queue and with what is known already: previews, quick answers, full answers.

One road to a number: everything here ends in :func:`skillsim.analysis.running.run`.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from skillsim.analysis import cohort, effects, running, unknown
from skillsim.analysis.assumptions import with_assumed_variance
from skillsim.analysis.compare import Comparison, compare
from skillsim.analysis.ground import Ground, ground_key
from skillsim.analysis.running import Stopped, ground_for, run
from skillsim.errors import ScenarioError
from skillsim.pages.queue import Job, Queue
from skillsim.results.result import Result
from skillsim.results.store import Store, in_force, run_key
from skillsim.scenario import checks
from skillsim.scenario.basic import Title
from skillsim.scenario.draft import Draft
from skillsim.scenario.levers import Lever, levers
from skillsim.scenario.reader import PUBLISHED, find, parse, plain, read, shipped
from skillsim.scenario.shelf import Shelf
from skillsim.scenario.types import Scenario, numbers

QUICK = 20  # replications of a paired answer: mean differences only
FULL = 200
CHOICES = (200, 400, 1_000)
SEED = running.SEED
STORE = "SKILLSIM_STORE"  # the folder of named scenarios and of kept runs
ALONE = 15  # seconds that a visitor of the first moment has the machine to himself
PLACE = "SKILLSIM_PLACE"  # the place that opens first
OWN = "own/"  # of the names of places that were brought in
MOST_SCENARIOS, MOST_GROUNDS, MOST_PREVIEWS = 100, 8, 60

T = TypeVar("T")


class Memo:
    """The last values made, by key; what two threads ask for at once is made once."""

    def __init__(self, most: int):
        self.most = most
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made if it is not there; an exception is passed on and nothing is kept."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            mine = self._making.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                if key in self._made:
                    return self._made[key]
            try:
                value = make()
                with self._lock:
                    self._made[key] = value
                    while len(self._made) > self.most:
                        self._made.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return value


_queue, _places, _scenarios, _levers = Memo(1), Memo(20), Memo(MOST_SCENARIOS), Memo(20)
_grounds, _previews, _unknowns = Memo(MOST_GROUNDS), Memo(MOST_PREVIEWS), Memo(MOST_SCENARIOS)
_followed, _beside, _logs = Memo(MOST_PREVIEWS), Memo(MOST_PREVIEWS), Memo(MOST_GROUNDS)


def queue() -> Queue:
    """Return the server's queue."""
    found: Queue = _queue.get("", lambda: Queue(os.cpu_count() or 1, alive, ScenarioError, Stopped, weight))
    return found


def alive(session: str) -> bool:
    """Say whether a session's page is still open; the server itself, which has no name, always is."""
    from streamlit import runtime

    return not session or not runtime.exists() or runtime.get_instance().is_active_session(session)


def weight(answer: Any) -> int:
    """Return the bytes of a result, or of all results in a comparison."""
    if isinstance(answer, Comparison):
        return sum(weight(one) for one in (answer.baseline, *answer.others))
    if isinstance(answer, Result):  # as much again for the indicators made of it
        return 2 * sum(getattr(answer.history, f.name).nbytes for f in fields(answer.history))
    return len(answer) if isinstance(answer, bytes) else 10_000


# ---- scenarios


def shelf() -> Shelf:
    """Return the folder of named scenarios, made where there is none."""
    folder = Path(os.environ.get(STORE) or Path.home() / ".skillsim" / "scenarios")
    with contextlib.suppress(OSError):  # the shelf tells what is wrong with it
        folder.mkdir(parents=True, exist_ok=True)
    return Shelf(folder)


def store() -> Store:
    """Return the store of runs, which lies in the folder of named scenarios."""
    return Store(shelf().folder)


def stored_runs() -> list[str]:
    """Return the keys of the runs in the store, the newest first; none where there is no store yet."""
    found = store()
    if not found.runs_folder.is_dir():
        return []
    return sorted(found.keys(), key=lambda key: (found.runs_folder / key).stat().st_mtime, reverse=True)


def stored(scenario: Scenario, replications: int) -> Result | None:
    """Return a run that the store has with every replication, if it has it and it can be read."""
    found = store()
    if not found.runs_folder.is_dir():
        return None
    key = run_key(scenario, replications, SEED)
    with contextlib.suppress(ScenarioError):  # a broken one is computed again
        return found.result(key) if found.has(key, kept=True) else None
    return None


def keep_run(result: Result) -> str:
    """Put a run in the store, with every replication, and return its key."""
    found = store()
    found.prepare()
    return found.keep(result, replications=True)


def open_run(key: str) -> Draft:
    """Return a run's scenario as a place of its own, its policies in force."""
    found = store()
    text = in_force(found.scenario(key))
    name = shelf().free(found.manifest(key)["scenario"])
    shelf().save(name, text, None)
    return Draft(OWN + name)


def places() -> list[str]:
    """Return the names of the scenarios that come with the program: the one that opens first, then those of places."""
    first = os.environ.get(PLACE)
    there = [name for name in shipped() if not name.startswith(PUBLISHED)]
    return sorted(there, key=lambda name: (name != first, "/" not in name, not name.endswith("baseline"), name))


@lru_cache(maxsize=100)
def _written_title(name: str) -> Title | None:
    """Return the title that a shipped file states on one line; None where it does not (reading a whole place takes a second)."""
    line = re.search(r"^title:.*$", find(name).read_text(encoding="utf-8"), re.MULTILINE)
    raw = plain(line[0]) if line else None
    given = raw.get("title") if raw else None
    return Title(**given) if isinstance(given, dict) and set(given) == {"zh", "en"} else None


def title_of(name: str) -> Title:
    """Return what a place is called.

    Raises
    ------
    ScenarioError
        as :func:`place`.
    """
    told = None if name.startswith(OWN) or name not in places() else _written_title(name)
    return told or place(name).title


def place(name: str) -> Scenario:
    """Return a place, read once: a scenario that comes with the program, or one brought in.

    Raises
    ------
    ScenarioError
        where there is none of that name, or it can't be read.
    """
    if name.startswith(OWN):
        kept = shelf().open(name.removeprefix(OWN))
        return _places.get((name, kept.revision), lambda: parse(kept.text, kept.name))
    if name not in places():
        raise ScenarioError([checks.unknown("file_missing", "place", name, places())])
    return _places.get(name, lambda: read(name))


def scenario_of(draft: Draft) -> Scenario:
    """Return the scenario of a draft.

    Raises
    ------
    ScenarioError
        with all its problems.
    """
    if draft == Draft(draft.place):
        return place(draft.place)
    # by its title too: it is the scenario's
    return _scenarios.get((key_of(draft), draft.title, draft.name), lambda: draft.scenario(place(draft.place), levers_of))


def key_of(draft: Draft) -> str:
    """Return what two drafts have in common exactly if they have the same results: not their titles, but what their place is."""
    revision = shelf().open(draft.place.removeprefix(OWN)).revision if draft.place.startswith(OWN) else ""
    return replace(draft, name=None, title=None).key() + revision


def bare(draft: Draft) -> Draft:
    """Return the place of a draft with what it knows of itself, without policies and levers."""
    return replace(unmoved(draft), policies=())


def unmoved(draft: Draft) -> Draft:
    """Return a draft without its levers: what they are measured against."""
    return replace(draft, changes=(), name=None, title=None)


def levers_of(scenario: Scenario) -> Mapping[str, Lever]:
    """Return the levers of a place."""
    kept: tuple[Mapping[str, Lever], Scenario] = _levers.get(id(scenario), lambda: (levers(scenario), scenario))
    return kept[0]  # the scenario is kept too, so that its id stays its own


def ground(scenario: Scenario, replications: int, stop: threading.Event | None = None) -> Ground:
    """Return what all variants of a scenario have in common, worked out once."""
    key = ground_key(scenario, SEED), replications
    return _grounds.get(key, lambda: ground_for(scenario, replications, SEED, stop=stop))


def read_draft(text: str) -> Draft | None:
    """Return the draft of which a file was made; None for a file that is a place of its own."""
    return Draft.from_file(text, place, levers_of)


def file_of(draft: Draft) -> str:
    """Return a draft as a scenario file; on a place that was brought in with the whole of the place in it, since no other
    machine has that."""
    base = place(draft.place)
    return draft.whole(base, levers_of) if draft.place.startswith(OWN) else draft.text(base, levers_of)


# ---- answers


def preview(draft: Draft) -> Result:
    """Return the draft's result on the expectation source: means only, at once."""

    def make() -> Result:
        scenario = effects.preview(scenario_of(draft))
        return run(scenario, 2, SEED, 1, ground=ground(scenario, 2))[0]

    return _previews.get(key_of(draft), make)


def preview_beside(draft: Draft) -> Any:
    """Return what a draft's levers do to the targets in its preview: a frame as of a comparison."""

    def make() -> Any:
        return compare([called(preview(unmoved(draft)), "before"), called(preview(draft), "after")]).targets()

    return _beside.get(key_of(draft), make)


def kept_quick(draft: Draft) -> Comparison | None:
    """Return the paired differences of a draft where they are known."""
    found: Comparison | None = queue().kept(("quick", key_of(draft)))
    return found


def kept_full(draft: Draft, replications: int) -> Result | None:
    """Return the full result of a draft where it is known."""
    found: Result | None = queue().kept(("full", key_of(draft), replications))
    return found


def quick(session: str, draft: Draft) -> Job:
    """Ask for the paired differences that a draft's levers make, from few replications."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Comparison:
        base = few(unmoved(draft), stop)
        mine = few(draft, stop, base)
        return compare([called(base, "before"), called(mine, "after")])

    return queue().ask(session, "quick", ("quick", key_of(draft)), work)


def few(draft: Draft, stop: threading.Event, base: Result | None = None) -> Result:
    """Return a draft's result from few replications, beside that without its levers."""
    key = "few", key_of(draft)
    found: Result | None = queue().kept(key)
    if found is None:
        scenario = scenario_of(draft)
        found = run(scenario, QUICK, SEED, 1, stop=stop, ground=ground(scenario, QUICK, stop), like=base)[0]
        queue().keep(key, found)
    return found


def called(result: Result, name: str) -> Result:
    """Return a result under a name by which it is told from others in a comparison."""
    scenario = result.scenario.model_copy()
    scenario._called = name
    return replace(result, scenario=scenario)


def full(session: str, draft: Draft, replications: int = FULL, slot: str = "full") -> Job:
    """Ask for a draft's full result."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Result:
        scenario = scenario_of(draft)
        there = stored(scenario, replications)
        if there is not None:
            return there
        known = ground(scenario, replications, stop)
        return run(scenario, replications, SEED, threads, tick, stop, ground=known)[0]

    return queue().ask(session, slot, ("full", key_of(draft), replications), work, "long")


def assumed(session: str, draft: Draft, result: Result) -> Job:
    """Ask how much of each target's uncertainty rests on assumed figures."""

    def work(tick: Any, stop: threading.Event, threads: int) -> dict[str, float]:
        return dict(with_assumed_variance([result], threads, stop)[0].assumed_variance or {})

    return queue().ask(session, "assumed", ("assumed", key_of(draft), result.replications), work, "long")


def rankings(session: str, draft: Draft) -> Job:
    """Ask which lever moves each target most, each alone on top of the draft."""

    def work(tick: Any, stop: threading.Event, threads: int) -> Any:
        scenario = scenario_of(draft)
        shared = ground(effects.preview(scenario), 2)
        decisions = {code: lever for code, lever in levers_of(place(draft.place)).items() if lever.decision}
        # taking a lever replaces its own move
        moved = {move.code for move in draft.changes}
        others = {
            code: scenario_of(replace(draft, changes=tuple(m for m in draft.changes if m.code != code))) for code in moved
        }
        return effects.rankings(scenario, decisions, shared, progress=tick, stop=stop, seed=SEED, instead=others)

    return queue().ask(session, "ranking", ("rankings", key_of(draft)), work, "long")


def report(session: str, draft: Draft, result: Result, lang: str, kind: str) -> Job:
    """Ask for a report on a draft beside the place as it is, as the bytes of a file of a kind (docx, xlsx, html)."""

    def make(tick: Any, stop: threading.Event, threads: int) -> bytes:
        from skillsim.report.contents import book
        from skillsim.report.written import written

        runs = [result]
        if bare(draft) != replace(draft, name=None, title=None):
            scenario = scenario_of(bare(draft))
            known = ground(scenario, result.replications, stop)
            runs.insert(0, run(scenario, result.replications, SEED, threads, tick, stop, ground=known)[0])
        beside = compare(runs) if len(runs) > 1 else None
        return written(kind, book(runs, beside, lang), runs, beside)

    return queue().ask(session, "report", ("report", key_of(draft), draft.title, result.replications, lang, kind), make, "long")


def from_workbook(data: bytes, name: str) -> str:
    """Return the scenario file of a filled workbook.

    Raises
    ------
    ScenarioError
        with every problem, each with its sheet and cell.
    """
    from skillsim.scenario.workbook.read import taken_in

    return taken_in(data, name).text


def as_workbook(draft: Draft | None, lang: str) -> bytes:
    """Return a draft as a workbook, its policies and levers in force; without one the workbook for a new place."""
    from skillsim.scenario import workbook

    return workbook.filled(scenario_of(draft), lang) if draft is not None else workbook.blank(lang)


def seat_form(result: Result, year: int, lang: str) -> bytes:
    """Return a year's seat plan as the workbook that a bureau signs."""
    from skillsim.report import seat_form

    return seat_form.write(result, year, lang)


def unknowns(draft: Draft, result: Result, target: str) -> Any:
    """Return the figures not known today that explain most of a target's variation."""
    return _unknowns.get((key_of(draft), result.replications, target), lambda: unknown.unknowns(result, target))


def plan_log(draft: Draft, result: Result) -> Any:
    """Return by how much each step of the plan moved each row's seats: a frame as of the result, worked out once."""
    return _logs.get((key_of(draft), result.replications), result.plan_log)


def followed(draft: Draft, intake: int) -> Any:
    """Return what becomes of one intake, on the expectation source: flows from junior graduation to work and place."""

    def make() -> Any:
        scenario = scenario_of(draft)
        return cohort.follow(scenario, intake, SEED, ground(effects.preview(scenario), 2))

    return _followed.get((key_of(draft), intake), make)


def unit_of(scenario: Scenario, path: str) -> str:
    """Return the unit in which a number is shown."""
    unit = next(par.unit for other, _, par in numbers(scenario) if other == path)
    return "share" if unit == "rate" else unit


def curve(session: str, draft: Draft, result: Result, target: str, path: str) -> Job:
    """Ask for the probability of a target over an unknown figure."""

    def work(tick: Any, stop: threading.Event, threads: int) -> tuple[unknown.Curve | None]:
        return (unknown.curve(result, target, path),)

    return queue().ask(session, "curve", ("curve", key_of(draft), result.replications, target, path), work)


def make_ready() -> None:
    """Compile the kernels and answer the first place, so that the first visitor need not wait; what takes long comes once a
    visitor of the first moment has had the machine to himself."""
    first = Draft(places()[0])
    preview(first)
    full("", first)
    time.sleep(ALONE)
    rankings("", first)
    for name in places():
        levers_of(place(name))
