"""The command that writes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skillsim.cli.common import (
    Lang,
    LangOption,
    Replications,
    Seed,
    StoreOption,
    Threads,
    app,
    bar,
    can_be_written,
    guarded,
    near,
    stoppable,
    write,
)
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

KINDS = (".docx", ".xlsx", ".html")


@app.command()
def report(
    items: Annotated[list[str], typer.Argument(
        help="Scenario files, policies of the file before them, or runs of the store · 情景文件、其政策，或运行库中的运行")],
    out: Annotated[Path, typer.Option("--out", help="The report: a name that ends in .docx, .xlsx or .html · 报告文件")],
    baseline: Annotated[str | None, typer.Option("--baseline", help="One of them; the first by default · 基准")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    store: StoreOption = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Write a report on scenarios: Word, Excel or a page of the web.  生成报告（Word、Excel 或网页）"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.assumptions import with_assumed_variance
        from skillsim.analysis.compare import compare
        from skillsim.cli.items import results_of
        from skillsim.report.contents import book
        from skillsim.report.written import written
        from skillsim.scenario import checks

        can_be_written(out, KINDS, "report_suffix")
        if baseline is not None and baseline not in items:
            raise ScenarioError([checks.unknown("compare_baseline", "baseline", baseline, items)])
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("running", lang, n=len(items), r=replications)) as tick, stoppable() as stop:
            results = results_of(items, store, replications, seed, threads, tick, stop)
            if any(run.assumed_variance is None and run.scenario.uncertainty.parameters for run in results):
                results = with_assumed_variance(results, threads, stop)
        names = [run.name for run in results]
        if len(set(names)) < len(names):  # one of a store may be called like another
            raise ScenarioError([Problem("same_label", args={"label": max(names, key=names.count)})])
        first = results[items.index(baseline) if baseline is not None else 0]
        comparison = compare(results, first.name) if len(results) > 1 else None
        named = [*items, *([] if store is None else ["--store", str(store)])]
        data = written(out.suffix.lower()[1:], book(results, comparison, lang, named), results, comparison)
        write(out, data)
        console.print(phrase("report_written", lang, path=near(out), size=f"{len(data) / 1e6:.1f} MB"))
