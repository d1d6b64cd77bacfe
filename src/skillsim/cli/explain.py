"""The command that says what made a difference."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from skillsim.cli.common import Lang, LangOption, Out, Seed, Threads, app, bar, guarded, stoppable
from skillsim.terms import phrase


class By(StrEnum):
    """What is one change."""

    group = "group"
    lever = "lever"
    policy = "policy"


@app.command()
def explain(
    start: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one · 情景文件或名称")],
    end: Annotated[str, typer.Argument(help="Another, or a policy of the first (a+b for several) · 另一情景，或前者的政策")],
    by: Annotated[By, typer.Option("--by", help="What is one change: group, lever or policy · 归类方式")] = By.group,
    target: Annotated[list[str] | None, typer.Option("--target", help="Code of a target; repeat for more · 目标代码")] = None,
    replications: Annotated[int, typer.Option("--replications", "-n", help="Even number · 模拟次数")] = 200,
    permutations: Annotated[int, typer.Option(
        "--orders", help="Sampled orders where there are more than six changes; even · 超过六项变化时抽取的顺序数")] = 20,
    seed: Seed = 20250401,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Say which of the changes between two scenarios made the difference of each target.  差异由哪些变化造成"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.attribution import explain as attribute
        from skillsim.cli.items import scenarios_of
        from skillsim.report.answers.explain import show
        from skillsim.results import files

        if out is not None:
            files.check_folder(out, "explain")
        a, b = scenarios_of([start, end])
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("explain_running", lang, r=replications)) as tick, stoppable() as stop:
            found = attribute(a, b, by.value, target, replications, seed, threads, permutations, tick, stop)
        path = None
        if out is not None:
            path = files.save_tables({"parts": found.table(), "totals": found.totals()}, found.manifest(), out)
        show(console, found, lang)
        if path is not None:
            console.print(phrase("written", lang, path=path))
