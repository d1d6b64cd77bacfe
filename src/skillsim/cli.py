"""The terminal: the same functions as in Python, with words around them.

Exit status: 0 done, 2 the scenario or the request has problems, 130 interrupted, 1 a fault of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Workforce supply-demand simulation for vocational education · 职业教育技能人才供需仿真")


class Lang(StrEnum):
    """Languages of the output."""

    zh = "zh"
    en = "en"


LangOption = Annotated[Lang, typer.Option("--lang", help="Language of the output · 输出语言")]
Replications = Annotated[int, typer.Option("--replications", "-n", help="Even number; two share one parameter draw · 重复次数")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes · 随机种子")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results, whole or not at all · 结果文件夹")]
Threads = Annotated[int | None, typer.Option("--threads", help="Default: one for each core · 线程数")]
Fixed = Annotated[bool, typer.Option("--fixed-parameters", help="Hold uncertain figures at their means · 参数取均值")]
Mean = Annotated[bool, typer.Option("--no-process", help="Means instead of draws of what happens to students · 不作过程抽样")]


@app.command()
def run(
    file: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one, such as small · 情景文件或名称")],
    policy: Annotated[list[str] | None, typer.Option("--policy", "-p", help="A policy, or a+b; repeat for more · 政策")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
    fixed_parameters: Fixed = False,
    no_process: Mean = False,
) -> None:
    """Run a scenario, and beside it each policy as a scenario of its own.  运行情景及政策"""

    def scenarios() -> list[Any]:
        from skillsim.scenario.reader import read

        base = switched(read(file), fixed_parameters, no_process)
        return [base, *all_of(base.vary, policy or [])]

    work(file, scenarios, None, replications, seed, out, lang, threads)


@app.command()
def compare(
    items: Annotated[list[str], typer.Argument(help="Scenario files, or policies of the file before them · 情景文件，或其政策")],
    baseline: Annotated[str | None, typer.Option("--baseline", help="One of them; the first by default · 基准")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Run scenarios together and show their paired differences.  配对比较"""
    names: dict[str, str] = {}

    def scenarios() -> list[Any]:
        from skillsim.scenario.reader import read

        found: list[Any] = []
        base: list[Any] = []

        def one(item: str) -> Any:
            if base and all(part.strip() in base[-1].policies for part in item.split("+")):
                return base[-1].vary(item, called=f"{base[-1].name}:{item}" if len(base) > 1 else None)
            base.append(read(item))
            return base[-1]

        for scenario, item in zip(all_of(one, items), items, strict=True):
            names[item] = scenario.label
            found.append(scenario)
        return found

    first = baseline or items[0]
    work(items[0], scenarios, lambda: names.get(first, first), replications, seed, out, lang, threads)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Scenario files · 情景文件")], lang: LangOption = Lang.zh,
) -> None:
    """Check scenario files and tell all problems at once (whether base rates can come out shows when run).  检查情景文件"""
    with guarded(lang) as console:
        from skillsim.scenario.reader import read
        from skillsim.scenario.types import numbers

        problems: list[Problem] = []
        for file in files:
            try:
                scenario = read(file)
            except ScenarioError as error:
                problems += error.problems
                continue
            stated = list(numbers(scenario, written=True))
            console.print(phrase("ok", lang, file=file, n=len(stated)))
            bare = [path for path, _, _ in stated if scenario.source_of(path) is None]
            if bare:
                shown = ", ".join(bare[:5]) + (" …" if len(bare) > 5 else "")
                console.print(phrase("unstated", lang, n=len(bare), paths=shown), style="yellow")
        if problems:
            raise ScenarioError(problems)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors.  输出 JSON Schema"""
    from skillsim.scenario.schema import json_schema

    with guarded(Lang.zh):
        sys.stdout.write(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")


@app.command(name="app")
def page(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · Port")] = 8501,
    host: Annotated[str, typer.Option("--host", help="Only this machine by default · 监听地址，默认只限本机")] = "127.0.0.1",
    store: Annotated[Path | None, typer.Option("--store", help="Folder of named scenarios · 保存方案的文件夹")] = None,
    place: Annotated[str | None, typer.Option("--place", help="The shipped place that opens first · 首先打开的地区")] = None,
    lang: LangOption = Lang.zh,
) -> None:
    """Serve the page: open the address that is printed in a browser.  启动网页"""
    with guarded(lang) as console:
        from skillsim.pages import server

        server.check(host, port, store, place)
        console.print(phrase("serving", lang, url=f"http://{host}:{port}"))
        server.start(host, port, store, place)


def all_of(make: Callable[[str], Any], items: list[str]) -> list[Any]:
    """Return what is made of each item; the problems of all are told together."""
    made: list[Any] = []
    problems: list[Problem] = []
    for item in items:
        try:
            made.append(make(item))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return made


def switched(scenario: Any, fixed: bool, means: bool) -> Any:
    """Return the scenario with chances switched off as asked."""
    if not (fixed or means):
        return scenario
    chances = scenario.uncertainty
    update = {"parameters": chances.parameters and not fixed, "process": chances.process and not means}
    return scenario.model_copy(update={"uncertainty": chances.model_copy(update=update)})


def work(
    file: str, scenarios: Callable[[], list[Any]], baseline: Callable[[], str] | None, replications: int, seed: int,
    out: Path | None, lang: Lang, threads: int | None,
) -> None:
    """Read, run, show and write."""
    began = time.perf_counter()
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.assumptions import with_assumed_variance
        from skillsim.analysis.compare import compare as set_beside
        from skillsim.report import shown, terminal
        from skillsim.results import files
        from skillsim.scenario import checks
        from skillsim.scenario.reader import find

        todo = scenarios()
        names = [scenario.label for scenario in todo]
        if baseline and baseline() not in names:
            raise ScenarioError([checks.unknown("compare_baseline", "baseline", baseline(), names)])
        if out is not None:
            files.check_folder(out)
        console.print(shown.counts(todo[0], lang), style="dim")
        console.print(phrase("file", lang, file=near(find(file))), style="dim")
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("running", lang, n=len(todo), r=replications)) as tick, stoppable() as stop:
            results = running.run(todo, replications, seed, threads, tick, stop)
            if todo[0].uncertainty.parameters:
                results = with_assumed_variance(results, threads, stop)
        comparison = set_beside(results, baseline() if baseline else None) if len(results) > 1 else None
        seconds = time.perf_counter() - began
        path = None
        if out is not None:  # first of all: what is shown may be cut off by whoever reads it
            timing = {"seconds": seconds, "threads": threads or os.cpu_count()}
            path = files.save(results, out, timing, comparison.targets() if comparison and baseline else None)
        terminal.show(console, results, comparison, lang)
        if path is not None:
            console.print(phrase("written", lang, path=path))
        most = max(result.draws for result in results)
        console.print(phrase("took", lang, seconds=seconds, draws=most // replications), style="dim")


def near(path: Path) -> Path:
    """Return a path as seen from here, where it lies below."""
    path = path.resolve()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@contextlib.contextmanager
def bar(console: Console, text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on the error stream, where there is a terminal to show it on."""
    shown = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextlib.contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Yield the flag that stops a run between chunks; an interrupt sets it."""
    stop = threading.Event()
    try:
        yield stop
    except KeyboardInterrupt:
        stop.set()
        raise


@contextlib.contextmanager
def guarded(lang: Lang) -> Iterator[Console]:
    """Yield the console; turn what goes wrong into a sentence and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "150"))
    console = Console(width=width, soft_wrap=False, highlight=False, markup=False, emoji=False)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        yield console
    except BrokenPipeError:  # whoever reads the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except ScenarioError as error:
        errors.print(phrase("problems", lang, n=len(error.problems)), style="bold")
        errors.print(error.text(lang))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        errors.print(phrase("interrupted", lang))
        raise typer.Exit(130) from None
    except Exception:
        identity = uuid.uuid4().hex[:8]
        log = Path(tempfile.gettempdir()) / f"skillsim-{identity}.log"
        with contextlib.suppress(OSError):
            log.write_text(traceback.format_exc(), encoding="utf-8")
        errors.print(phrase("fault", lang, id=identity, path=log))
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
