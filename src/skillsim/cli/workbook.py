"""The commands of the workbook of a place: write one, and read a filled one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skillsim.cli.common import Lang, LangOption, app, guarded
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

Force = Annotated[bool, typer.Option("--force", help="Overwrite the file · 覆盖已有文件")]


@app.command()
def template(
    file: Annotated[Path, typer.Argument(help="The workbook to write (.xlsx) · 要写出的工作簿")],
    scenario: Annotated[
        str | None, typer.Option("--from", help="A scenario that fills it; without it a new place · 用来填写的情景"),
    ] = None,
    force: Force = False,
    lang: LangOption = Lang.zh,
) -> None:
    """Write the workbook of a place: blank for a new one, or filled with a scenario.  写出地区数据填报表"""
    with guarded(lang) as console:
        from skillsim.scenario import workbook
        from skillsim.scenario.reader import read

        if file.suffix.lower() != ".xlsx":
            raise ScenarioError([Problem("workbook_suffix", file=str(file))])
        data = workbook.filled(read(scenario), lang) if scenario else workbook.blank(lang)
        workbook.save(file, data, force)
        console.print(phrase("workbook_written", lang, path=file, kb=round(len(data) / 1024)))


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A filled workbook (.xlsx) · 填好的工作簿")],
    out: Annotated[Path, typer.Option("--out", help="The scenario file to write (.yaml) · 要写出的情景文件")],
    force: Force = False,
    lang: LangOption = Lang.zh,
) -> None:
    """Turn a filled workbook into a scenario file; every problem is told with its cell.  把填好的工作簿变为情景文件"""
    with guarded(lang) as console:
        from skillsim.scenario import workbook
        from skillsim.scenario.types import numbers
        from skillsim.scenario.workbook.read import imported

        made = imported(file)
        head = phrase("workbook_head", lang, file="".join(c for c in file.name if c.isprintable()))
        workbook.save(out, f"# {head}\n{made.text}".encode(), force)
        stated = {path: made.scenario.source_of(path) for path, _, _ in numbers(made.scenario, written=True)}
        bare = [path for path, source in stated.items() if source is None]
        assumed = sum(source is not None and source.kind == "assumed" for source in stated.values())
        console.print(phrase("workbook_imported", lang, path=out, n=len(stated), assumed=assumed, unstated=len(bare)))
        if bare:
            shown = ", ".join(bare[:5]) + (" …" if len(bare) > 5 else "")
            console.print(phrase("unstated", lang, n=len(bare), paths=shown), style="yellow")
        console.print(phrase("workbook_next", lang, path=out))
