"""The command that writes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skillsim.cli.common import Lang, LangOption, Replications, Seed, Threads, app, bar, guarded, near, stoppable
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase, why_of

KINDS = (".docx", ".xlsx", ".html")


@app.command()
def report(
    items: Annotated[list[str], typer.Argument(
        help="Scenario files, policies of the file before them, or runs of the store · 情景文件、其政策，或运行库中的运行")],
    out: Annotated[Path, typer.Option("--out", help="The report: a name that ends in .docx, .xlsx or .html · 报告文件")],
    baseline: Annotated[str | None, typer.Option("--baseline", help="One of them; the first by default · 基准")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    store: Annotated[Path | None, typer.Option("--store", help="Folder of a store of runs · 运行库文件夹")] = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Write a report on scenarios: Word, Excel or a page of the web.  生成报告（Word、Excel 或网页）"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.assumptions import with_assumed_variance
        from skillsim.analysis.compare import compare
        from skillsim.cli.items import results_of
        from skillsim.disk import write_whole
        from skillsim.report.contents import book
        from skillsim.scenario import checks

        suffix = checked(out)
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
        data = written(suffix, book(results, comparison, lang, named), results, comparison)
        try:
            write_whole(out, data)
        except OSError as error:
            raise ScenarioError([Problem("out_unwritable", args={"path": str(out), "why": why_of(error)})]) from error
        console.print(phrase("report_written", lang, path=near(out), size=f"{len(data) / 1e6:.1f} MB"))


def checked(out: Path) -> str:
    """Return how the name of a report ends, after seeing that a file can be written there; before anything is computed."""
    suffix = out.suffix.lower()
    if out.is_dir():
        raise ScenarioError([Problem("report_exists", args={"path": str(out), "file": str(out / f"report{KINDS[0]}")})])
    if suffix not in KINDS:
        raise ScenarioError([Problem("report_suffix", "out", str(out))])
    if not out.parent.is_dir():
        raise ScenarioError([Problem("out_unwritable", args={"path": str(out), "why": why_of(FileNotFoundError(2, ""))})])
    return suffix


def written(suffix: str, told: Any, results: list[Any], comparison: Any) -> bytes:
    """Return a report as the bytes of a file of a kind."""
    if suffix == ".xlsx":
        from skillsim.report import workbook

        return bytes(workbook.write(told, results, comparison))
    if suffix == ".docx":
        from skillsim.report import document

        return document.write(told)
    from skillsim.report import web

    return web.write(told)
