"""The commands that show how far the model can be trusted: published examples, and past figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skillsim.cli.common import Lang, LangOption, Out, Threads, app, bar, guarded, stoppable
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

if TYPE_CHECKING:
    from rich.console import Console


@app.command()
def reproduce(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Examples; all by default · 算例名称")] = None,
    out: Out = None,
    lang: LangOption = Lang.zh,
) -> None:
    """Work published examples with the program's own engine; status 1 where a number differs.  重算已发表的算例"""
    sound = True
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.reproduce import REPLICATIONS, examples
        from skillsim.analysis.reproduce import reproduce as work
        from skillsim.report.answers.evidence import show_examples
        from skillsim.results import files
        from skillsim.results.result import versions

        if out is not None:
            files.check_folder(out, "reproduce")
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("evidence_running", lang, n=len(names or examples()))) as tick:
            found = work(names or (), tick)
        show_examples(console, found, lang)
        if out is not None:
            said = {
                "analysis": "reproduce", "examples": names or [], "seed": running.SEED, "replications": REPLICATIONS,
                "versions": dict(versions()),
            }
            cited = examples()
            cited = cited[cited["example"].isin(found["example"])]
            path = files.save_tables({"examples": cited, "numbers": found}, said, out)
            console.print(phrase("written", lang, path=path))
        sound = bool(found["passed"].all())
    if not sound:
        raise typer.Exit(1)


@app.command()
def backtest(
    file: Annotated[str | None, typer.Argument(
        metavar="[FILE]", help="A scenario, or a CSV of past figures; the shipped ones by default · 情景，或往年数字")] = None,
    data: Annotated[Path | None, typer.Argument(
        metavar="[DATA]", help="With a scenario: figures counted since, a CSV as for calibrate · 情景的观测值表")] = None,
    replications: Annotated[int | None, typer.Option(
        "--replications", "-n", help="Of a scenario, 400 by default; even · 情景的模拟次数，默认 400")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of a scenario's run · 情景的随机种子")] = None,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Forecast or reconstruct past figures from others, beside naive forecasts.  用往年数字回测"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.results import files

        if out is not None:
            files.check_folder(out, "backtest")
        problems = _asked_in_vain(file, data, {"--replications": replications, "--seed": seed, "--threads": threads})
        if problems:
            raise ScenarioError(problems)
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        if file is not None and data is not None:
            tables, said = _of_scenario(
                console, file, data, running.REPLICATIONS if replications is None else replications,
                running.SEED if seed is None else seed, threads, lang,
            )
        else:
            tables, said = _of_figures(console, file, lang)
        if out is not None:
            console.print(phrase("written", lang, path=files.save_tables(tables, said, out)))


def _asked_in_vain(file: str | None, data: Path | None, options: Mapping[str, int | None]) -> list[Problem]:
    """Return what is missing beside a scenario, or which options are given that past figures don't heed."""
    from skillsim.analysis.backtest import DRAWS

    if file is not None and data is not None:
        return []
    if file is not None and Path(file).suffix.lower() != ".csv":
        return [Problem("evidence_data", file=file)]
    return [
        Problem("evidence_alone", args={"option": name, "draws": DRAWS}) for name, value in options.items() if value is not None
    ]


Found = tuple[dict[str, Any], dict[str, Any]]  # tables and manifest


def _of_figures(console: Console, file: str | None, lang: Lang) -> Found:
    from skillsim.analysis import backtest as past
    from skillsim.analysis.running import SEED
    from skillsim.report.answers.evidence import show_backtest
    from skillsim.results.result import versions

    figures = past.read_figures(file)
    with bar(console, phrase("backtest_running", lang)) as tick:
        found = past.backtest(figures if file is not None else None, tick)
    pools = past.pooled(found)
    names = dict(zip(figures["place"], figures["zh"], strict=True)) if "zh" in figures else {}
    show_backtest(console, found, pools, names, file is None, lang)
    said = {"analysis": "backtest", "figures": file, "seed": SEED, "draws": past.DRAWS, "versions": dict(versions())}
    return {"figures": figures, "cases": found, "pooled": pools}, said


def _of_scenario(
    console: Console, file: str, data: Path, replications: int, seed: int, threads: int | None, lang: Lang,
) -> Found:
    from skillsim.analysis.collected import read_collected
    from skillsim.analysis.replay import pooled_replay, replay, unobserved
    from skillsim.report.answers.evidence import show_replay
    from skillsim.results.result import resolve, sha256_of, versions
    from skillsim.scenario.reader import read

    scenario = unobserved(read(file))
    rows = read_collected(data, scenario)
    with bar(console, phrase("running", lang, n=1, r=replications)) as tick, stoppable() as stop:
        found = replay(scenario, rows, replications, seed, threads, tick, stop)
    pools = pooled_replay(found)
    show_replay(console, scenario, rows, found, pools, lang)
    said = {
        "analysis": "backtest", "scenario": scenario.label, "sha256": sha256_of(resolve(scenario)), "figures": str(data),
        "seed": seed, "replications": replications, "versions": dict(versions()),
    }
    return {"rows": found, "pooled": pools}, said
