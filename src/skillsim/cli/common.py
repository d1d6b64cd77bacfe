"""What the commands share: options, the console, the bar, and how anything that goes wrong is told."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from errno import ENOENT
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from skillsim.errors import Problem, ScenarioError
from skillsim.terms import phrase, why_of

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Workforce supply-demand simulation for vocational education · 职业教育技能人才供需仿真")


S = TypeVar("S")
T = TypeVar("T")


class Lang(StrEnum):
    """Languages of the output."""

    zh = "zh"
    en = "en"


LangOption = Annotated[Lang, typer.Option("--lang", help="Language of the output · 输出语言")]
Replications = Annotated[int, typer.Option("--replications", "-n", help="Even number; two share one parameter draw · 模拟次数")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes · 随机种子")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results, whole or not at all · 结果文件夹")]
Threads = Annotated[int | None, typer.Option("--threads", help="Default: one for each core · 线程数")]
Fixed = Annotated[bool, typer.Option("--fixed-parameters", help="Hold uncertain figures at their means · 参数取均值")]
Mean = Annotated[bool, typer.Option("--no-process", help="Means instead of draws of what happens to students · 不作过程抽样")]


StoreOption = Annotated[Path | None, typer.Option("--store", help="Folder of a store of runs · 运行库文件夹")]


def can_be_written(out: Path, suffixes: tuple[str, ...], wrong: str) -> None:
    """See that a document can be written there, before anything is computed.

    Parameters
    ----------
    suffixes : one of which the name must end in; ``wrong`` is the code of the problem that it does not
    """
    if out.is_dir():
        raise ScenarioError([Problem("report_exists", args={"path": str(out), "file": str(out / f"report{suffixes[0]}")})])
    if out.suffix.lower() not in suffixes:
        raise ScenarioError([Problem(wrong, "out", str(out))])
    if not out.parent.is_dir():
        raise ScenarioError([Problem("out_unwritable", args={"path": str(out), "why": why_of(FileNotFoundError(ENOENT, ""))})])


def write(out: Path, data: bytes) -> None:
    """Write a document whole or not at all."""
    from skillsim.disk import write_whole

    try:
        write_whole(out, data)
    except OSError as error:
        raise ScenarioError([Problem("out_unwritable", args={"path": str(out), "why": why_of(error)})]) from error


def logged(text: str) -> tuple[str, Path]:
    """Put what went wrong in a log of its own, where that can be; return its number and its file."""
    identity = uuid.uuid4().hex[:8]
    log = Path(tempfile.gettempdir()) / f"skillsim-{identity}.log"
    with contextlib.suppress(OSError):
        log.write_text(text, encoding="utf-8")
    return identity, log


def all_of(make: Callable[[str], Any], items: list[str]) -> list[Any]:
    """Return what is made of each item; the problems of all are told together."""
    problems: list[Problem] = []
    made = tried(make, items, problems)
    if problems:
        raise ScenarioError(problems)
    return made


def tried(make: Callable[[S], T], items: Iterable[S], problems: list[Problem]) -> list[T]:
    """Return what is made of those items of which something can be; the problems of the others come to ``problems``."""
    made = []
    for item in items:
        try:
            made.append(make(item))
        except ScenarioError as error:
            problems += error.problems
    return made


def near(path: Path) -> Path:
    """Return a path as seen from here, where it lies below."""
    path = path.resolve()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


ARENA_MAX, MMAP_THRESHOLD = -8, -3  # of glibc's malloc.h
LARGE = 1 << 20  # bytes


def lean() -> None:
    """Have less memory taken, at a cost of one or two hundredths of the time; to be called before numpy is loaded.

    Large arrays get memory where something is written (most steps of the log of the plan move nothing) rather than two
    megabytes at a time, and give it back at once; all threads share one pool, since what each keeps for itself is lost to the
    others.
    """
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only glibc has pools of threads
        library = ctypes.CDLL(None)
        library.mallopt(ARENA_MAX, 1)
        library.mallopt(MMAP_THRESHOLD, LARGE)


@contextlib.contextmanager
def bar(console: Console, text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on the error stream, where there is a terminal to show it on."""
    shown = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextlib.contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Yield the flag that stops a run between chunks; an interrupt sets it."""
    stop = threading.Event()
    try:
        yield stop
    except KeyboardInterrupt:
        stop.set()
        raise


@contextlib.contextmanager
def guarded(lang: Lang) -> Iterator[Console]:
    """Yield the console; turn what goes wrong into a sentence and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "150"))
    console = Console(width=width, soft_wrap=False, highlight=False, markup=False, emoji=False)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    try:
        yield console
    except BrokenPipeError:  # whoever reads the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except ScenarioError as error:
        errors.print(phrase("problems", lang, n=len(error.problems)), style="bold")
        errors.print(error.text(lang))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        errors.print(phrase("interrupted", lang))
        raise typer.Exit(130) from None
    except Exception:
        identity, log = logged(traceback.format_exc())
        errors.print(phrase("fault", lang, id=identity, path=log))
        raise typer.Exit(1) from None
