"""The command that runs many scenarios into a store."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from skillsim.cli.common import Lang, LangOption, Replications, Seed, app, guarded, logged, near
from skillsim.terms import phrase

if TYPE_CHECKING:
    from skillsim.batch import Account

EVERY = 15.0  # s between two lines where there is no terminal


class Backend(StrEnum):
    """Where runs are done."""

    loky = "loky"
    threads = "threads"
    dask = "dask"


@app.command()
def batch(
    paths: Annotated[list[str], typer.Argument(
        metavar="PATH...", help="Scenario files, names of shipped ones, folders, patterns · 情景文件、名称、文件夹或通配符")],
    out: Annotated[Path, typer.Option("--out", help="The store; what is in it already is not run again · 运行库文件夹")],
    policy: Annotated[list[str] | None, typer.Option(
        "--policy", "-p", help="Of each file a policy, or a+b, or all; repeat for more · 政策")] = None,
    replications: Replications = 400,
    seed: Seed = 20250401,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Runs at once; one for each core by default · 并行数")] = None,
    backend: Annotated[Backend, typer.Option(
        "--backend", help="Processes (loky), threads, or a Dask cluster · 运行方式：进程、线程、集群")] = Backend.loky,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="Address of the Dask scheduler · Dask 调度器地址")] = None,
    grid: Annotated[Path | None, typer.Option("--grid", help="A file of levers and their values · 网格文件")] = None,
    keep: Annotated[bool, typer.Option(
        "--keep-replications", help="Keep every replication, to compare in pairs later · 保存逐次模拟")] = False,
    lang: LangOption = Lang.zh,
) -> None:
    """Run many scenarios into a store; given again, it goes on where it was ended.  批量运行"""
    code = 0
    with guarded(lang) as console:
        from skillsim.analysis import running
        from skillsim.batch import Account, Asked, How, files_of, run_batch
        from skillsim.results.store import Store
        from skillsim.scenario.grid import read_grid

        files = [file for file in files_of(paths) if grid is None or file.resolve() != grid.resolve()]
        asked = Asked(files, policy or [], read_grid(grid) if grid else None, replications, seed, keep)
        if not running.compiled():
            console.print(phrase("first_run", lang), style="yellow")
        account = Account(asked.most)
        said = phrase("batch_begins", lang, files=len(asked.files), n=account.total, r=replications, store=near(out))
        console.print(said, style="dim", soft_wrap=True)
        try:
            with progress(lang) as show:
                run_batch(asked, Store(out), How(backend.value, jobs, scheduler), show, account)
        except KeyboardInterrupt:
            code = 130
        except Exception:
            if account.done:
                tell(console, account, out, lang)
            raise
        tell(console, account, out, lang)
        if code:
            console.print(phrase("batch_interrupted", lang, store=shlex.quote(str(near(out)))), soft_wrap=True)
        code = code or (1 if account.faults else 2 if account.refused else 0)
    if code:
        raise typer.Exit(code)


@contextlib.contextmanager
def progress(lang: Lang) -> Iterator[Callable[[Account], None]]:
    """Yield what shows how a batch stands, on the error stream: a bar on a terminal, elsewhere a line now and then."""
    errors = Console(file=sys.stderr, highlight=False, markup=False)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), console=errors,
                   transient=True, disable=not errors.is_terminal)
    task = bar.add_task(phrase("batch_running", lang), total=None, said="")
    spoke = time.monotonic()

    def show(account: Account) -> None:
        nonlocal spoke
        said = phrase("batch_step", lang, done=account.done, total=account.total, rate=account.rate, left=clock(account.left))
        bar.update(task, completed=account.done, total=account.total, said=said)
        if not errors.is_terminal and time.monotonic() - spoke >= EVERY:
            spoke = time.monotonic()
            errors.print(said)

    with bar:
        yield show


def clock(seconds: float | None) -> str:
    """Return a time that is left as h:mm:ss."""
    if seconds is None:
        return "…"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def tell(console: Console, account: Account, out: Path, lang: Lang) -> None:
    """Print what became of a batch, and what to do next."""
    refused = list(account.refused.values())
    if refused:
        console.print(phrase("batch_refused", lang), style="bold")
    for one in refused:
        where = phrase("batch_with", lang, file=near(one.file), policies=one.policies) if one.policies else str(near(one.file))
        many = phrase("batch_many", lang, n=one.count) if one.count > 1 else ""
        for problem in one.problems:
            said = problem.text(lang)
            told = said if problem.file == str(one.file) else phrase("of_run", lang, run=where, text=said)
            console.print(f"{told}{many}", soft_wrap=True)
    if account.faults:
        _, log = logged("\n".join(f"{one.file} {one.label}\n{one.traceback}" for one in account.faults))
        names = ", ".join(f"{near(one.file)} {one.label}".strip() for one in account.faults[:3])
        more = " …" if len(account.faults) > 3 else ""
        said = phrase("batch_fault", lang, n=len(account.faults), names=names + more, path=log)
        console.print(said, style="red", soft_wrap=True)
    console.print(phrase(
        "batch_done", lang, ran=account.ran, there=account.there, twice=account.twice, seconds=account.seconds, rate=account.rate,
        refused=sum(one.count for one in refused),
    ), soft_wrap=True)
    console.print(phrase("batch_where", lang, store=shlex.quote(str(near(out)))), soft_wrap=True)
