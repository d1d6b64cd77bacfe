"""The command that says which figures a target hangs on."""

from __future__ import annotations

from typing import Annotated

import typer

from skillsim.cli.common import Lang, LangOption, Out, Replications, Seed, Threads, app, bar, guarded, stoppable
from skillsim.terms import phrase


@app.command()
def sensitivity(
    file: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one · 情景文件或名称")],
    policy: Annotated[str | None, typer.Option("--policy", "-p", help="A policy of the scenario, or a+b · 政策")] = None,
    target: Annotated[list[str] | None, typer.Option("--target", help="Code of a target; repeat for more · 目标代码")] = None,
    replications: Replications = 400,
    trajectories: Annotated[int, typer.Option("--trajectories", help="Ways on which each figure moves once · 轨迹数")] = 8,
    samples: Annotated[int, typer.Option("--samples", help="Points for shares of variance, a power of 2 · 样本数")] = 128,
    quick: Annotated[bool, typer.Option("--quick", help="Only what is worth collecting, and a tornado · 只算待查数字")] = False,
    seed: Seed = 20250401,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Say which uncertain figures decide a target, and which are worth collecting.  哪些数字起决定作用、最值得先查清"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.sensitivity import study
        from skillsim.cli.items import in_force
        from skillsim.report.answers.sensitivity import show
        from skillsim.results import files

        if out is not None:
            files.check_folder(out, "sensitivity")
        scenario = in_force(file, policy)
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("sens_running", lang)) as tick, stoppable() as stop:
            found = study(scenario, target or (), replications, seed, threads, trajectories, samples, quick, tick, stop)
        path = files.save_tables(found.tables(), found.manifest(), out) if out is not None else None
        show(found, console, lang)
        if path is not None:
            console.print(phrase("written", lang, path=path))
