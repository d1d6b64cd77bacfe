"""The commands on a store of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skillsim.cli.common import Lang, LangOption, app, guarded
from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase

runs = typer.Typer(no_args_is_help=True, help="List, show, remove, verify runs of a store.  查看、核对、删除运行")
app.add_typer(runs, name="runs")

StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of the store · 运行库文件夹")]
Chosen = Annotated[list[str], typer.Argument(metavar="RUN…", help="First digits of a key, or a name · 运行编号的前几位或名称")]
SHORT = 12  # digits of a key that are named


@runs.command(name="list")
def listed(store: StoreArgument, lang: LangOption = Lang.zh) -> None:
    """List the runs.  列出运行"""
    with guarded(lang) as console:
        from skillsim.report import terminal
        from skillsim.results.store import open_store

        found = open_store(store)
        keys = found.keys()
        if not keys:
            console.print(phrase("runs_none", lang, path=store))
            return
        console.print(phrase("runs_title", lang, path=store))
        console.print(terminal.fit(terminal.runs(found, keys, lang), console))
        size = sum(found.saved(key)[1] for key in keys)
        console.print(phrase("runs_total", lang, n=len(keys), size=f"{size / 1e6:,.1f}"), style="dim")
        if halves := found.halves():
            console.print(phrase("runs_halves", lang, n=len(halves)), style="yellow")


@runs.command()
def show(store: StoreArgument, run: Chosen, lang: LangOption = Lang.zh) -> None:
    """Show what runs were, and what they found of the targets.  显示运行内容和目标结果"""
    with guarded(lang) as console:
        from skillsim.report import terminal
        from skillsim.results.store import open_store

        found = open_store(store)
        for key in [found.find(word) for word in run]:
            said, scenario = found.manifest(key), found.scenario(key)
            for code in ("key", "sha256", "model"):
                console.print(phrase("runs_fact", lang, name=phrase(f"runs_{code}", lang), value=said[code]), style="dim")
            console.print(phrase("runs_drawn", lang, n=said["replications"], seed=said["seed"], draws=said["draws"]), style="dim")
            for name, value in said["levers"].items():
                console.print(phrase("runs_fact", lang, name=name, value=f"{value:g}"))
            targets = found.frame("targets", runs=[key])
            if scenario.targets:
                console.print(terminal.fit(terminal.answered(scenario, targets, said["replications"], lang), console))
            console.print(phrase("runs_open", lang, path=found.runs_folder / key / "scenario.yaml"), style="dim")


@runs.command()
def remove(
    store: StoreArgument, run: Chosen,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask · 不再询问")] = False, lang: LangOption = Lang.zh,
) -> None:
    """Remove runs.  删除运行"""
    with guarded(lang) as console:
        from skillsim.results.store import open_store

        found = open_store(store)
        keys = all_keys(found, run)
        for key in keys:
            console.print(f"{key[:SHORT]}  {name_in(found, key)}")
        if not yes and not typer.confirm(phrase("runs_really", lang, n=len(keys))):
            return
        for key in keys:
            found.remove(key)
        console.print(phrase("runs_removed", lang, n=len(keys)))


@runs.command()
def verify(
    store: StoreArgument,
    run: Annotated[list[str] | None, typer.Argument(metavar="[RUN…]", help="Default: all · 默认全部")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run each again and compare the bytes · 重新运行并逐字节比较")] = False,
    lang: LangOption = Lang.zh,
) -> None:
    """Check that every file of every run is as it was written.  核对运行文件是否完好"""
    with guarded(lang) as console:
        from skillsim.results.store import open_store

        found = open_store(store)
        keys = all_keys(found, run) if run else found.keys()
        problems = [problem for key in keys for problem in found.verify(key)]
        problems += [] if run else [Problem("run_file_gone", file=str(path / "checksums.txt")) for path in found.halves()]
        if again and not problems:
            problems = [problem for key in keys for problem in differs(found, key)]
        if problems:
            raise ScenarioError(problems)
        console.print(phrase("runs_again" if again else "runs_sound", lang, n=len(keys)))


def all_keys(store: Any, words: list[str]) -> list[str]:
    """Return the keys of the runs meant, each once; the problems of all are told together."""
    from skillsim.cli.common import all_of

    return list(dict.fromkeys(all_of(store.find, words)))


def name_in(store: Any, key: str) -> str:
    """Return what a run is called; nothing where its manifest can't be read, so that a broken run can be removed."""
    try:
        return str(store.manifest(key)["scenario"])
    except ScenarioError:
        return ""


def differs(store: Any, key: str) -> list[Any]:
    """Return the files of a run that are other bytes when it is run again; its model is another where it was run by one."""
    from skillsim.analysis.running import run as run_now
    from skillsim.results.result import versions
    from skillsim.results.store import model_version, pack

    said = store.manifest(key)
    folder = store.runs_folder / key
    if (said["model"], said["versions"]) != (model_version(), versions()):
        args = {"run": key[:SHORT], "model": said["model"], "now": model_version()}
        return [Problem("run_other_model", file=str(folder), args=args)]
    result = run_now(store.scenario(key), said["replications"], said["seed"])[0]
    new = pack(result, store.has(key, kept=True), said["levers"])
    files = {**new.files, **{f"replications/{name}": data for name, data in new.kept.items()}}
    return [
        Problem("run_not_again", file=str(folder / name)) for name, data in files.items() if (folder / name).read_bytes() != data
    ]
