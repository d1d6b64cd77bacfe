"""How long a planner waits for the page: a server of its own, a real browser, the model beside it (docs/performance.md).

Every time is taken inside the browser, and only after what stands there was found to be what the model gives for the same
draft, to the letter.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from skillsim.analysis.compare import compare
from skillsim.analysis.running import ground_for, run
from skillsim.pages import work
from skillsim.report import shown, tables
from skillsim.results import statistics
from skillsim.scenario.draft import Draft, Move
from skillsim.scenario.levers import Lever, first_day
from skillsim.terms import COLUMNS, INDICATORS
from skillsim.terms.fields import LEVER_GROUPS
from skillsim.terms.page import PAGE

PLACE = "quzhou/baseline"
TARGET = "city_long_track_retention"
LEVERS = {"staying": "retention.drivers.subsidy.level", "seats": "quota.long_track"}
OWN = "retention.drivers.wage_ratio.level"  # by this lever the drafts of sessions differ, so that none finds another's answer
BARS = {"first picture": 3.0, "preview": 0.3, "paired": 1.0, "full": 3.0}  # s, medians on two idle cores
PERIODS, LASTING = (2.0, 4.0), 40.0  # s between the moves of a session; s of moving
PATIENCE = 120.0  # s after which a step is given up
LOOK = 0.05  # s between two looks at what the browser wrote down
CORES = os.cpu_count() or 1

# Writes down, with the browser's own clock, every key, what goes through the socket, and what stands in the page whenever that
# changes: read in the frame that will show it.
WATCH = """
(() => {
  const words = WORDS, log = window.benchmark = [];
  const all = (of, css) => [...of.querySelectorAll(css)];
  const text = e => e ? e.textContent.replaceAll("\\u00a0", " ").replaceAll("\\u2011", "-").trim() : "";
  const drawn = e => all(e, "canvas, svg").some(c => c.getBoundingClientRect().height > 0);
  let before = "", due = false;
  const row = () => {
    for (const table of all(document, ".table table")) {
      const heads = all(table, "th").map(text);
      if (!heads.includes(words.change)) continue;
      const mine = all(table, "tbody tr").map(tr => all(tr, "td").map(text)).find(cells => cells[0] === words.target);
      return mine && Object.fromEntries(["change", "paired", "full", "p"].map(k => [k, mine[heads.indexOf(words[k])]]));
    }
  };
  const look = () => {
    due = false;
    const now = performance.now(), seen = {
      errors: all(document, "[data-testid=stAlertContentError], [data-testid=stException]").map(text),
      inputs: all(document, "[data-testid=stForm] [data-testid=stNumberInput]").length,
      charts: all(document, ".stEChartsChart[role=img]").filter(drawn).map(e => e.ariaLabel || ""),
      cards: all(document, ".card").map(text),
      row: row() || {}, glance: text(document.querySelector(".glance[role=status]")),
      progress: all(document, "[data-testid=stProgress]").map(text),
    };
    const said = JSON.stringify(seen);
    if (said !== before) { before = said; log.push([now, "seen", seen]); }
  };
  const soon = () => { if (!due) { due = true; requestAnimationFrame(look); } };
  new MutationObserver(soon).observe(document, {subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ["aria-label", "aria-busy"]});
  addEventListener("keydown", e => { if (e.target.type === "range") log.push([e.timeStamp, "key", e.target.value]); }, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    log.push([performance.now(), "sent", data.byteLength || 0]);
    return send.call(this, data);
  };
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", e => log.push([performance.now(), "got", e.data.byteLength || e.data.size || 0]));
    }
  };
})();
"""

Entry = tuple[float, str, Any]  # s since the page was asked for; "seen", "key", "sent" or "got"; what
Report = dict[str, Any]


def check(holds: object, what: str) -> None:
    """Stop the benchmark where the page does not show what it should."""
    if not holds:
        raise AssertionError(what)


# ---- the server and the machine


class Server:
    """``skillsim app`` on a free port of this machine, its named scenarios in a temporary folder."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = Path(self.folder.name, "log")
        began = time.perf_counter()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "skillsim", "app", "--port", str(port), "--store", str(Path(self.folder.name, "store")),
                 "--place", PLACE],
                stdout=log, stderr=log,
            )
        while not self.answers():
            check(self.process.poll() is None and time.perf_counter() - began < PATIENCE, f"no server: {self.log.read_text()}")
            time.sleep(LOOK)
        self.started = time.perf_counter() - began

    def answers(self) -> bool:
        """Say whether the server answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        said = self.log.read_text()
        self.folder.cleanup()
        if error is None:
            check("Traceback" not in said, f"the server's log has a fault:\n{said}")

    def memory(self) -> float:
        """Return the resident memory, in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def stat(pid: int) -> list[str]:
    """Return what Linux says of a process, from its state on; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def spent(pids: list[int]) -> float:
    """Return the seconds of processor time that processes have used so far."""
    ticks = sum(int(fields[11]) + int(fields[12]) for pid in pids if (fields := stat(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def browser_processes(server: Server) -> list[int]:
    """Return the processes that come from this one, but for the server: the browser and what drives it."""
    parents = {int(p.name): int(fields[1]) for p in Path("/proc").iterdir() if p.name.isdigit() and (fields := stat(int(p.name)))}
    mine: set[int] = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine and pid != server.process.pid} - mine:
        mine |= more
    return sorted(mine - {os.getpid()})


# ---- the model beside it


@dataclass(frozen=True)
class Model:
    """The first place, and what its pages must show of a draft."""

    draft: Draft

    @property
    def title(self) -> str:
        """Return the title of the target that is watched."""
        return work.place(self.draft.place).targets[TARGET].title.zh

    def lever(self, code: str) -> Lever:
        """Return one of its levers."""
        return work.levers_of(work.place(self.draft.place))[code]

    def moved(self, *moves: tuple[str, int]) -> Draft:
        """Return the draft with levers moved by so many steps."""
        place = work.place(self.draft.place)
        changes = []
        for code, steps in moves:
            lever = self.lever(code)
            changes.append(Move(code, round(lever.neutral + steps * lever.step, 10), first_day(place, lever)))
        return Draft(self.draft.place, changes=tuple(changes))

    def change(self, draft: Draft) -> str:
        """Return the preview of the change of the target."""
        row = self._row(work.preview_beside(draft))
        return tables.change(row.difference, INDICATORS[row.indicator].unit, "zh")

    def paired(self, draft: Draft) -> str:
        """Return the paired difference of the target."""
        base = work.few(self.draft, threading.Event())
        mine = work.few(draft, threading.Event(), base)
        return tables.difference(self._row(compare([work.called(base, "as it is"), work.called(mine, "draft")]).targets()), "zh")

    def full(self, draft: Draft) -> dict[str, tuple[str, str]]:
        """Return the mean and the probability of each target."""
        scenario = work.scenario_of(draft)
        found = run(scenario, work.FULL, work.SEED, max(2, CORES), ground=work.ground(scenario, work.FULL))[0]
        return {
            a.code: (shown.figure(float(statistics.mean(a.values)), INDICATORS[a.target.indicator].unit),
                     shown.probability(a.probability, a.mcse, work.FULL))
            for a in found.answers
        }

    def _row(self, frame: pd.DataFrame) -> Any:
        return next(row for row in tables.lines(frame) if row.target == TARGET)

    def words(self) -> dict[str, str]:
        """Return the words by which the watcher finds its row and columns."""
        return {
            "target": self.title, "change": PAGE["preview_change"].zh, "paired": PAGE["paired"].zh.format(n=work.QUICK),
            "full": PAGE["full_value"].zh.format(n=work.FULL), "p": COLUMNS["probability"].zh,
        }


def timed(make: Callable[..., Any], *given: Any) -> tuple[Any, float]:
    """Return what is made of what is given and the seconds it took."""
    began = time.perf_counter()
    made = make(*given)
    return made, time.perf_counter() - began


# ---- the browser


class View:
    """One page in a browser context of its own, with what the watcher wrote down; it asks nothing of any other server."""

    def __init__(self, browser: Browser, server: Server, model: Model, address: str):
        self.context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 900})
        self.elsewhere: list[str] = []
        self.page: Page = self.context.new_page()
        own = (server.url, server.url.replace("http", "ws", 1), "data:", "blob:")
        self.page.on("request", lambda asked: None if asked.url.startswith(own) else self.elsewhere.append(asked.url))
        self.page.on("websocket", lambda opened: None if opened.url.startswith(own) else self.elsewhere.append(opened.url))
        self.page.add_init_script(WATCH.replace("WORDS", json.dumps(model.words())))
        self.log: list[Entry] = []
        self.lost = 0  # times that the lever at hand had lost the keyboard
        self.page.goto(server.url + address, wait_until="commit")

    def read(self) -> None:
        """Take over what the watcher wrote down since."""
        new = self.page.evaluate("n => (window.benchmark || []).slice(n)", len(self.log))
        self.log += [(at / 1000, kind, what) for at, kind, what in new]
        for _, kind, what in new:
            check(kind != "seen" or not what["errors"], f"an error in the page: {what}")

    def follow(self, met: Callable[[Report], object], what: str, since: int = 0) -> float:
        """Wait until something stands in the page; return when it stood there first, looking from an entry of the log on."""
        end, at = time.perf_counter() + PATIENCE, since
        while True:
            self.read()
            while at < len(self.log):
                moment, kind, seen = self.log[at]
                if kind == "seen" and met(seen):
                    return moment
                at += 1
            last = next((entry for entry in reversed(self.log) if entry[1] == "seen"), None)
            check(time.perf_counter() < end, f"not seen in time: {what}; last {last}")
            time.sleep(LOOK)

    def take(self, lever: Lever) -> None:
        """Open the group of a lever and put the keyboard on it."""
        self.page.get_by_role("radio").filter(has_text=LEVER_GROUPS[lever.group].zh).click()
        mine = self.page.locator("[data-testid=stSlider]").filter(has_text=f"{lever.title('zh')} · ")
        self.slider = mine.locator("input[type=range]").last  # while the page is drawn anew the old one may stand there too
        self.slider.focus()
        time.sleep(1.0)  # for the page to come to rest
        self.slider.focus()

    def press(self) -> None:
        """Move the lever at hand by one step; where it has lost the keyboard, it gets it back first."""
        keys = self.keys()
        while self.keys() == keys:
            if not self.slider.evaluate("slider => slider === document.activeElement"):
                self.lost += 1
                self.slider.focus()
            self.page.keyboard.press("ArrowRight")

    def keys(self) -> int:
        """Return how many keys have reached a lever."""
        self.read()
        return sum(kind == "key" for _, kind, _ in self.log)

    def close(self) -> None:
        """Close the page; it must have asked nobody else."""
        self.read()
        self.context.close()
        check(not self.elsewhere, f"asked of another server: {self.elsewhere}")


def levers_page(model: Model, draft: Draft) -> str:
    """Return the address of the page of levers with a draft and the target that is watched."""
    return "/levers?" + urlencode({**draft.query(), "target": TARGET}, doseq=True)


# ---- what is measured


def summary(values: list[float]) -> Report:
    """Return count, median and 95th percentile of some seconds."""
    if not values:
        return {"n": 0, "median": None, "p95": None}
    return {"n": len(values), "median": float(np.median(values)), "p95": float(np.percentile(values, 95))}


def step(name: str, values: list[float], bar: str = "", engine: list[float] | None = None, **more: Any) -> Report:
    """Return one row of the report: seconds of the page, beside those of the model for the same work in the same run."""
    out = {"name": name, **summary(values), "bar": BARS.get(bar), "load": os.getloadavg()[0], **more}
    if engine:
        own = float(np.median(engine))
        out |= {"engine": own, "ratio": out["median"] / own}
    return out


def first_pictures(model: Model) -> dict[str, tuple[str, Callable[[Report], object]]]:
    """Return address and condition of each first picture."""
    place = work.place(model.draft.place)
    answers = model.full(model.draft)
    asked = [code for code, target in place.targets.items() if target.direction != "show"]
    said = [PAGE["probability_of"].zh.format(p=answers[code][1]) for code in asked]

    def form_and_curve(seen: Report) -> bool:
        curve = any(model.title in alt and re.search(r"\d %", alt) for alt in seen["charts"])
        return seen["inputs"] == len(place.figures) and curve

    def cards(seen: Report) -> bool:
        shown = zip(said, seen["cards"], strict=False)  # those that ask for no number come last
        return len(seen["cards"]) == len(place.targets) and all(line in card for line, card in shown)

    return {"first page": ("/", form_and_curve), "overview": ("/overview", cards)}


def opened(browser: Browser, server: Server, model: Model, address: str, met: Callable[[Report], object]) -> float:
    """Return the seconds from asking for a page to its first useful picture, in a context that has nothing in store."""
    view = View(browser, server, model, address)
    took = view.follow(met, address)
    view.close()
    return took


def with_cells(wanted: dict[str, str]) -> Callable[[Report], object]:
    """Return what says whether the row of the target that is watched has these cells."""
    return lambda seen: wanted.items() <= seen["row"].items()


def with_glance(wanted: str) -> Callable[[Report], object]:
    """Return what says whether the line beside the levers says this."""
    return lambda seen: seen["glance"] == wanted


def moves(browser: Browser, server: Server, model: Model, name: str, count: int) -> list[Report]:
    """Move one lever step by step, each after the full answer of the one before; the model does the same work just before."""
    lever = model.lever(LEVERS[name])
    view = View(browser, server, model, levers_page(model, model.draft))
    view.follow(lambda seen: seen["charts"], "the page of levers")
    view.take(lever)
    kinds = ("preview", "paired", "full")
    page: dict[str, list[float]] = {kind: [] for kind in kinds}
    engine: dict[str, list[float]] = {kind: [] for kind in kinds}
    parts: dict[str, list[float]] = {
        part: [] for part in ("sent", "first reply", "in the table", "beside the lever", "last reply before", "messages", "kB")
    }
    for k in range(1, count + 1):
        draft = model.moved((lever.code, k))
        (change, by_preview), (paired, by_few), (answers, by_full) = (
            timed(model.change, draft), timed(model.paired, draft), timed(model.full, draft)
        )
        for kind, seconds in zip(kinds, (by_preview, by_few, by_full), strict=True):
            engine[kind].append(seconds)
        glance = PAGE["glance"].zh.format(target=model.title, change=change)
        mean, probability = answers[TARGET]
        wanted = {
            "preview": {"change": change},
            "paired": {"change": change, "paired": paired},
            "full": {"change": change, "full": mean, "p": probability},
        }
        view.read()
        since = len(view.log)
        view.press()
        seen = [view.follow(with_cells(cells), f"{name} {k}: {cells}", since) for cells in wanted.values()]
        beside = view.follow(with_glance(glance), f"{name} {k}: {glance}", since)
        table, seen[0] = seen[0], max(seen[0], beside)
        key = next(at for at, kind, _ in view.log[since:] if kind == "key")
        for kind, at in zip(kinds, seen, strict=True):
            page[kind].append(at - key)
        sent = next(at for at, kind, _ in view.log[since:] if kind == "sent" and at >= key)
        got = [(at, size) for at, kind, size in view.log[since:] if kind == "got" and sent <= at <= seen[0]]
        moments = [at - key for at in (sent, got[0][0], table, beside, got[-1][0])]
        for part, value in zip(parts, (*moments, len(got), sum(size for _, size in got) / 1000), strict=True):
            parts[part].append(value)
        time.sleep(0.5)
    view.close()
    return [
        step(f"{name}: {kind}", page[kind], kind, engine[kind],
             **({"parts": {part: float(np.median(values)) for part, values in parts.items()}, "keyboard_lost": view.lost}
                if kind == "preview" else {}))
        for kind in kinds
    ]


def idle(browser: Browser, server: Server, model: Model, sessions: int) -> Report:
    """Return the server's memory with sessions that look at the place as it is, in MB."""
    before = server.memory()
    views = [View(browser, server, model, levers_page(model, model.draft)) for _ in range(sessions)]
    for view in views:
        view.follow(lambda seen: seen["charts"], "the page of levers")
    after = server.memory()
    for view in views:
        view.close()
    return {"sessions": sessions, "before": before, "with": after, "each": (after - before) / sessions}


def together(
    browser: Browser, model: Model, ready: tuple[str, Callable[[Report], object]], sessions: int, period: float, lasting: float,
) -> Report:
    """Let several sessions move a lever each, every so many seconds; return when each move had an answer at or after it.

    ``ready`` is the first picture that says that the server has the place ready.
    """
    lever, count = model.lever(LEVERS["staying"]), int(lasting / period)
    with Server() as server:
        opened(browser, server, model, *ready)
        memory = [server.memory()]
        own = [i + 1 for i in range(sessions)]
        views = [View(browser, server, model, levers_page(model, model.moved((OWN, steps)))) for steps in own]
        for view in views:
            view.follow(lambda seen: seen["row"].get("p", "…") != "…" and seen["charts"], "the full answer of a session")
            view.take(lever)
        memory.append(server.memory())
        processes = browser_processes(server)
        for view in views:
            view.read()
        since = [len(view.log) for view in views]
        used, began, load = (spent([server.process.pid]), spent(processes)), time.perf_counter(), os.getloadavg()[0]
        for k in range(count):
            for i, view in enumerate(views):
                wait = began + (k + i / sessions) * period - time.perf_counter()
                time.sleep(max(0.0, wait))
                view.press()
        took = time.perf_counter() - began + period / sessions
        cpu = [(spent([server.process.pid]) - used[0]) / took, (spent(processes) - used[1]) / took]
        found = [
            answered(view, model, [model.moved((OWN, steps), (lever.code, k + 1)) for k in range(count)], at)
            for view, steps, at in zip(views, own, since, strict=True)
        ]
        memory.append(server.memory())
        for view in views:
            view.close()
    return {
        "sessions": sessions, "period": period, "moves": count * sessions, "lasted": took, "load": load,
        "server_cpu": cpu[0], "browser_cpu": cpu[1],
        "memory": dict(zip(("before", "opened", "after"), memory, strict=True)),
        **{kind: summary([value for one in found for value in one[kind]]) for kind in ("preview", "paired")},
        **{kind: sum(one[kind] for one in found) for kind in ("superseded", "saw_queue")},
        "each": [{kind: summary(one[kind]) for kind in ("preview", "paired")} for one in found],
    }


def answered(view: View, model: Model, drafts: list[Draft], since: int) -> Report:
    """Return, of one session, the seconds from each move to the first preview and paired answer at or after it."""
    changes = [model.change(draft) for draft in drafts]
    check(len(set(changes)) == len(changes), f"the previews of some moves look alike: {changes}")
    last = {"change": changes[-1], "paired": model.paired(drafts[-1])}
    view.follow(with_cells(last), f"the last paired answer: {last}", since)
    keys = [at for at, kind, _ in view.log[since:] if kind == "key"]
    check(len(keys) == len(drafts), f"{len(keys)} keys arrived of {len(drafts)}")
    rows = [(at, changes.index(seen["row"]["change"]), seen["row"]["paired"]) for at, kind, seen in view.log[since:]
            if kind == "seen" and seen["row"].get("change") in changes]
    full = [(at, move) for at, move, paired in rows if paired != "…"]
    waiting = PAGE["in_queue"].zh.partition("{")[0]
    return {
        "preview": [next(at for at, move, _ in rows if move >= k) - key for k, key in enumerate(keys)],
        "paired": [next(at for at, move in full if move >= k) - key for k, key in enumerate(keys)],
        "superseded": len(drafts) - len({move for _, move in full}),
        "saw_queue": any(waiting in text for _, kind, seen in view.log[since:] if kind == "seen" for text in seen["progress"]),
    }


def measure(browser: Browser, opens: int, cold: int, count: int, sessions: int, lasting: float) -> Iterator[tuple[str, Report]]:
    """Yield all figures: each with the list to which it belongs."""
    model = Model(Draft(PLACE))
    model.full(model.moved((OWN, -1)))  # compiles, and makes the ground
    model.paired(model.draft)
    place, pictures = work.place(model.draft.place), first_pictures(model)

    def alone() -> Any:
        return run(place, work.FULL, work.SEED, max(2, CORES), ground=ground_for(place, work.FULL))

    starts, firsts, engine = [], [], []
    for _ in range(cold):
        engine.append(timed(alone)[1])
        with Server() as server:
            starts.append(server.started)
            firsts.append(opened(browser, server, model, *pictures["first page"]))
    yield "steps", step("server started: answers", starts)
    yield "steps", step("server started: first page", firsts, "first picture", engine)
    with Server() as server:
        opened(browser, server, model, *pictures["overview"])
        for name, (address, met) in pictures.items():
            took = [opened(browser, server, model, address, met) for _ in range(opens)]
            yield "steps", step(f"{name}: first picture", took, "first picture")
        yield "idle", idle(browser, server, model, sessions)
        for name in LEVERS:
            yield from (("steps", one) for one in moves(browser, server, model, name, count))
    for period in PERIODS:
        yield "together", together(browser, model, pictures["overview"], sessions, period, lasting)


# ---- telling


def seconds(value: float | None) -> str:
    """Return seconds as shown."""
    return "–" if value is None else f"{value:.3f}"


def tell(found: Report) -> None:
    """Print the figures."""
    console, machine = Console(width=130), found["machine"]
    console.print(f"{machine['cores']} cores, Python {machine['python']}, Chromium {machine['chromium']}; load "
                  f"{machine['load_before'][0]:.1f} before, {machine['load_after'][0]:.1f} after (1 min)")
    table = Table("seconds", "n", "median", "95 %", "model", "ratio", "bar", "load")
    for one in found["steps"]:
        ratio, bar = one.get("ratio"), one["bar"]
        met = "" if bar is None else f"{bar:g} {'met' if one['median'] <= bar else 'MISSED'}"
        table.add_row(one["name"], str(one["n"]), seconds(one["median"]), seconds(one["p95"]), seconds(one.get("engine")),
                      "–" if ratio is None else f"{ratio:.1f}", met, f"{one['load']:.1f}")
    console.print(table)
    for one in found["steps"]:
        if "parts" in one:
            parts = ", ".join(f"{part} {value:.3f}" for part, value in one["parts"].items())
            console.print(f"{one['name']}, medians: {parts}; the lever lost the keyboard {one['keyboard_lost']} times")
    for one in found["idle"]:
        console.print(f"{one['sessions']} idle sessions: {one['before']:.0f} → {one['with']:.0f} MB, {one['each']:.2f} MB each")
    for one in found["together"]:
        memory, preview, paired = one["memory"], one["preview"], one["paired"]
        console.print(
            f"{one['sessions']} sessions, each moving every {one['period']:g} s "
            f"({one['moves']} moves in {one['lasted']:.0f} s, load before {one['load']:.1f}): "
            f"preview {seconds(preview['median'])}, 95 % {seconds(preview['p95'])}; "
            f"paired {seconds(paired['median'])}, 95 % {seconds(paired['p95'])}; superseded {one['superseded']}; "
            f"place in the queue seen by {one['saw_queue']}; "
            f"cores used: server {one['server_cpu']:.2f}, browser {one['browser_cpu']:.2f}; memory {memory['before']:.0f} MB, "
            f"{memory['opened']:.0f} with the answers of all, {memory['after']:.0f} after"
        )


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Open a headless browser."""
    with sync_playwright() as playwright:
        # ten windows on one screen: none may be slowed down as one that nobody sees
        awake = ("background-timer-throttling", "backgrounding-occluded-windows", "renderer-backgrounding")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=[f"--disable-{name}" for name in awake],
        )
        yield browser
        browser.close()


def main() -> None:
    """Measure, print, write."""
    asked = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.page")
    asked.add_argument("--quick", action="store_true", help="few repetitions: to see that all steps work")
    asked.add_argument("--out", type=Path, help="a JSON file for all figures")
    asked.add_argument("--moves", type=int, help="moves of each lever (10)")
    asked.add_argument("--sessions", type=int, help="sessions at once (10)")
    given = asked.parse_args()
    quick = given.quick
    with chromium() as browser:
        machine = {"cores": CORES, "python": platform.python_version(), "chromium": browser.version}
        found: Report = {"machine": machine | {"load_before": os.getloadavg()}, "steps": [], "idle": [], "together": []}
        try:
            for kind, one in measure(
                browser, opens=2 if quick else 10, cold=1 if quick else 3, count=given.moves or (3 if quick else 10),
                sessions=given.sessions or (3 if quick else 10), lasting=8.0 if quick else LASTING,
            ):
                found[kind].append(one)
        finally:  # what was measured before a failure is told too
            found["machine"]["load_after"] = os.getloadavg()
            tell(found)
            if given.out:
                given.out.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
