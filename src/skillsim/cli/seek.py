"""The command that seeks the cheapest mix of levers for a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from skillsim.cli.common import Lang, LangOption, Out, Seed, Threads, app, bar, guarded, stoppable, tried
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

if TYPE_CHECKING:
    from skillsim.analysis.trials import Wish
    from skillsim.analysis.wishes import Move

HELP_LEVER = (
    "A lever that may be moved, CODE=LO:HI@PRICE; CODE alone: its whole range, at no price; up to four. LO and HI are amounts: a "
    "factor (1: as it stands), a difference, or a level, as listed without --target. PRICE: the yuan for each unit of them (a "
    "factor: for +100 %; a share: for 100 points), on top of the scenario's own items · "
    "可动用的措施、可调范围（倍数、增减或数值）与单价（元；倍数按每 100 %、比率按每 100 个百分点计）"
)


@app.command()
def seek(
    file: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one · 情景文件或名称")],
    target: Annotated[list[str] | None, typer.Option(
        "--target", help="CODE, or CODE=0.7 with its own probability; repeat for more. Without any, targets and levers are "
        "listed · 目标代码；不写则列出全部目标与措施")] = None,
    policy: Annotated[str | None, typer.Option("--policy", "-p", help="A policy in force, or a+b · 已生效的政策")] = None,
    probability: Annotated[float, typer.Option("--probability", help="Wished of each target · 希望的达成概率")] = 0.8,
    lever: Annotated[list[str] | None, typer.Option("--lever", help=HELP_LEVER)] = None,
    budget: Annotated[float | None, typer.Option("--budget", help="In yuan · 预算（元）")] = None,
    authority: Annotated[str, typer.Option(
        "--authority", help="Levers of this one alone: city, province, school, market · 只用该主体决定的措施")] = "",
    replications: Annotated[int, typer.Option(
        "--replications", "-n", help="Even number, 200 at least, of each mix · 模拟次数")] = 200,
    seed: Seed = 20250401,
    out: Out = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Seek the cheapest mix of levers that makes targets as likely as wished, or show that there is none.  目标倒推"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.analysis.seek import seek as search
        from skillsim.analysis.wishes import problems_of
        from skillsim.cli.items import in_force
        from skillsim.report.answers.offered import show as show_offered
        from skillsim.report.answers.seek import show
        from skillsim.results import files
        from skillsim.scenario.levers import levers

        problems = of_replications(replications)
        wishes = tried(lambda text: wish_of(text, probability), target or [], problems)
        moves = tried(move_of, lever or [], problems)
        tried(lambda folder: files.check_folder(folder, "seek"), [] if out is None else [out], problems)
        found_file = tried(lambda name: in_force(name, policy), [file], problems)
        if problems:
            more = [problem for one in found_file for problem in problems_of(one, wishes, moves, budget, authority)]
            raise ScenarioError([*problems, *(more if target else [])])
        (scenario,) = found_file
        if not target and levers(scenario):
            show_offered(console, scenario, lang)
            return
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("seek_running", lang, r=replications)) as tick, stoppable() as stop:
            found = search(scenario, wishes, moves, budget, authority, replications, seed, threads, tick, stop)
        path = None if out is None else files.save_tables(found.tables(), found.manifest(), out)
        show(console, found, lang)
        if path is not None:
            console.print(phrase("written", lang, path=path))


def of_replications(n: int) -> list[Problem]:
    """Return what is wrong with a number of replications: of fewer than are relied on no probability is shown."""
    from skillsim.analysis.running import MAX_REPLICATIONS
    from skillsim.results.statistics import FEW

    if n < FEW:
        return [Problem("seek_few", "replications", n, args={"least": FEW})]
    wrong = n % 2 or n > MAX_REPLICATIONS
    return [Problem("replications", "replications", n, args={"limit": MAX_REPLICATIONS})] if wrong else []


def wish_of(text: str, probability: float) -> Wish:
    """Return what ``CODE`` or ``CODE=0.7`` wishes."""
    from skillsim.analysis.trials import Wish

    code, _, own = text.partition("=")
    try:
        return Wish(code, float(own) if own else probability)
    except ValueError:
        raise ScenarioError([Problem("seek_target_text", "target", text)]) from None


def move_of(text: str) -> Move:
    """Return the lever that ``CODE``, ``CODE=LO:HI`` or either with ``@PRICE`` names."""
    from skillsim.analysis.wishes import Move

    rest, at, price = text.partition("@")
    code, given, bounds = rest.partition("=")
    try:
        lo, hi = (float(x) for x in bounds.split(":")) if given else (None, None)
        return Move(code, lo, hi, float(price) if at else 0.0)
    except ValueError:
        raise ScenarioError([Problem("seek_lever_text", "lever", text)]) from None
