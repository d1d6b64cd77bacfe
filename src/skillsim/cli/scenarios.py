"""The commands that run and check scenarios, and the page."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from skillsim.cli.common import (
    Fixed,
    Lang,
    LangOption,
    Mean,
    Out,
    Replications,
    Seed,
    Threads,
    all_of,
    app,
    bar,
    guarded,
    near,
    stoppable,
)
from skillsim.cli.items import scenarios_of
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase


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
        found = scenarios_of(items)
        names.update({item: scenario.label for item, scenario in zip(items, found, strict=True)})
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
            spent = [{"scenario": result.name, **result.statistics} for result in results if isinstance(result, running.Ran)]
            timing = {"seconds": seconds, "threads": threads or os.cpu_count(), "runs": spent}
            path = files.save(results, out, timing, comparison.targets() if comparison and baseline else None)
        terminal.show(console, results, comparison, lang)
        if path is not None:
            console.print(phrase("written", lang, path=path))
        most = max(result.draws for result in results)
        console.print(phrase("took", lang, seconds=seconds, draws=most // replications), style="dim")
