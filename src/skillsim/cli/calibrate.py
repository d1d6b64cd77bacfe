"""The command that fits numbers of a scenario to observed figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skillsim.cli.common import (
    Lang,
    LangOption,
    Replications,
    Seed,
    Threads,
    app,
    bar,
    can_be_written,
    guarded,
    near,
    stoppable,
    tried,
)
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase


def can_be_new(out: Path) -> None:
    """See that a new scenario file can be written there, and that none is."""
    can_be_written(out, (".yaml",), "calibrate_suffix")
    if out.exists():
        raise ScenarioError([Problem("calibrate_exists", args={"path": str(out)})])


@app.command()
def calibrate(
    file: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one · 情景文件或名称")],
    data: Annotated[Path, typer.Argument(help="Observed figures: indicator, year, value, n or sd, … (CSV) · 观测值表")],
    fit: Annotated[list[str], typer.Option(
        "--fit", metavar="KEY[=LOW:HIGH]", help="A number, or several by *, to be fitted; repeat for more · 要拟合的数")],
    out: Annotated[Path, typer.Option("--out", help="The new scenario file (.yaml), which builds on the first · 新情景文件")],
    replications: Replications = 400,
    seed: Seed = 20250401,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Fit numbers of a scenario to observed figures, and write them to a new scenario.  按观测值拟合参数"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.calibrate import asked, calibrate
        from skillsim.analysis.calibrated_file import write_new
        from skillsim.analysis.collected import read_collected
        from skillsim.report.answers.calibrate import show
        from skillsim.scenario.reader import find, read

        problems: list[Problem] = []
        tried(can_be_new, [out], problems)
        base = find(file)
        scenario = read(base)
        tried(lambda keys: asked(scenario, keys), [fit], problems)
        found_rows = tried(lambda path: read_collected(path, scenario), [data], problems)
        if problems:
            raise ScenarioError(problems)
        (rows,) = found_rows
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("calibrating", lang, p=len(fit), k=len(rows))) as tick, stoppable() as stop:
            found = calibrate(scenario, rows, fit, replications, seed, threads, tick, stop)
        show(console, found, lang)
        if found.written:
            write_new(found, base, out)
            console.print(phrase("calibrate_done", lang, path=near(out)))
        else:
            console.print(phrase("calibrate_nothing", lang), style="yellow")
