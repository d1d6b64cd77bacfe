"""The command that writes the seat plan of a year as a form."""

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


@app.command(name="seat-plan")
def seat_plan(
    item: Annotated[str, typer.Argument(help="Scenario file, the name of a shipped one, or a run of the store · 情景或运行")],
    year: Annotated[int, typer.Option("--year", help="The year of the plan · 招生年份")],
    out: Annotated[Path, typer.Option("--out", help="The form: a name that ends in .xlsx · 招生计划表文件")],
    policy: Annotated[str | None, typer.Option("--policy", "-p", help="A policy of the scenario, or a+b · 政策")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    store: StoreOption = None,
    lang: LangOption = Lang.zh,
    threads: Threads = None,
) -> None:
    """Write a year's seat plan as a form to be checked and signed (Excel).  生成招生计划表"""
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.cli.items import results_of, run_in_store, scenarios_of
        from skillsim.report import seat_form

        can_be_written(out, (".xlsx",), "seat_suffix")
        stored = run_in_store(item, store) if policy is None else None
        base = stored[0].scenario(stored[1]) if stored else scenarios_of([item])[0]
        if not base.quota.rows:
            raise ScenarioError([Problem("table_seats", args={"name": base.name})])
        seat_form.within(base, year)
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        with bar(console, phrase("running", lang, n=1, r=replications)) as tick, stoppable() as stop:
            if stored:
                (result,) = results_of([item], store, replications, seed, threads, tick, stop)
            else:
                (result,) = running.run([base.vary(policy) if policy else base], replications, seed, threads, tick, stop)
        data, found = seat_form.write(result, year, lang), seat_form.plan(result, year)
        write(out, data)
        now, last = (f"{int(found.rows[code].sum()):,}" for code in ("now", "last"))
        rows = found.rows["number"].nunique()
        console.print(phrase("seats_written", lang, path=near(out), year=year, rows=rows, now=now, last=last))
