"""The documentation tells the truth: it is made from the types, its commands and code run, its links lead somewhere.

``python tests/test_docs.py`` writes docs/scenario.md and the outputs shown in the pages anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from skillsim.analysis import assumptions, running
from skillsim.analysis.compare import compare
from skillsim.analysis.running import run
from skillsim.cli import app
from skillsim.report import clauses
from skillsim.scenario.numbers import Block
from skillsim.scenario.reader import read
from skillsim.scenario.reference import EXAMPLE, reference
from skillsim.terms import INDICATORS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SCENARIOS = ROOT / "scenarios"
PAGES = sorted([*DOCS.glob("*.md"), *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md"))])
RUNNING = [DOCS / f"{name}{lang}.md" for name in ("tutorial", "new-place", "workbook", "validation") for lang in ("", ".zh")]
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIES = re.compile(r"^\d+\.\d s · |^results written to |^first run: |^用时 |^结果已写入 |^首次运行：")


@contextlib.contextmanager
def desk() -> Iterator[Path]:
    """Work in an empty folder with a copy of the tutorial's scenario, as the page tells its reader to."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "scenarios" / "small.yaml", folder)
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def shown(output: str, wanted: str) -> str:
    """Return what a page shows of an output: no lines that vary; with ``wanted`` only the paragraphs that hold it."""
    lines = [line.rstrip() for line in output.splitlines() if not VARIES.match(line)]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return "\n\n".join(p for p in paragraphs if wanted in p) + "\n"


def command(line: str, columns: int = 150) -> str:
    """Run one ``skillsim`` command of a page and return what it prints, errors included."""
    name, *arguments = shlex.split(line)
    assert name == "skillsim", line
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": str(columns)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def refilled(text: str) -> str:
    """Return a page with its code run and the outputs that it shows put in anew.

    ``yaml`` blocks that begin with ``# name.yaml`` become files.  A line ``$ skillsim ...`` of a ``console`` block is run; what
    stands after ``console`` picks the paragraphs shown.  ``python`` blocks share one namespace; a ``text`` block after one
    shows what it printed.
    """
    space: dict[str, Any] = {}
    printed = ""

    def one(match: re.Match[str]) -> str:
        nonlocal printed
        kind, wanted, body = match[1], match[2].strip(), match[3]
        if kind == "yaml" and body.startswith("# "):
            Path(body.split("\n", 1)[0][2:].strip()).write_text(body, encoding="utf-8")
        elif kind == "console":
            lines = [line for line in body.splitlines() if line.startswith("$ ")]
            has_output = any(not line.startswith("$ ") for line in body.splitlines())
            outputs = [command(line[2:]) for line in lines]
            body = "".join(
                f"{line}\n" + (shown(output, wanted) if has_output else "") for line, output in zip(lines, outputs, strict=True)
            )
        elif kind == "python":
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream):
                exec(compile(body, "page", "exec"), space)
            printed = stream.getvalue()
        elif kind == "text":
            body = shown(printed, "")
        return f"```{kind}{match[2]}\n{body}```"

    with desk():
        return FENCE.sub(one, text)


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_one_gets(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert refilled(text) == text


def test_both_pages_build_the_same_place() -> None:
    """The files of both pages say the same but for their comments."""
    texts = [(DOCS / name).read_text(encoding="utf-8") for name in ("new-place.md", "new-place.zh.md")]
    files = [re.sub(r"\n *# .*", "", "".join(body for kind, _, body in FENCE.findall(text) if kind == "yaml")) for text in texts]
    assert files[0].count("format: 1") == 1 and files[0] == files[1]


@pytest.mark.parametrize(("page", "lang"), [("scenario.md", "en"), ("scenario.zh.md", "zh")])
def test_scenario_reference_is_made_from_the_types(page: str, lang: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == reference(lang)


def test_every_field_is_explained() -> None:
    blocks = [Block]
    for block in blocks:
        blocks += block.__subclasses__()
    bare = {f"{b.__name__}.{name}" for b in blocks for name, info in b.model_fields.items() if not info.description}
    plain = {name for name in bare if name.rpartition(".")[2] not in ("title", "authority")}
    assert not plain, "a field's documentation is the string under it"


def test_the_example_of_the_reference_runs() -> None:
    with desk() as folder:
        (folder / "next.yaml").write_text(EXAMPLE, encoding="utf-8")
        base = read(folder / "next.yaml")
        results = run([base, *map(base.vary, base.policies)], replications=4, seed=1)
    assert len(compare(results).targets()) == 2 * len(base.targets)


def test_the_model_page_knows_every_indicator_and_column() -> None:
    text = (DOCS / "model.md").read_text(encoding="utf-8")
    with desk():
        base = read("small.yaml")
        results = run([base, base.vary("more_long_track")], replications=4, seed=1)
    beside = compare(results)
    columns = [list(frame.columns) for frame in (results[0].targets(), results[0].frame(), beside.targets(), beside.table())]
    for names in columns:
        assert f"`{', '.join(names)}`" in " ".join(text.split()), names
    for code in INDICATORS:
        assert f"`{code}`" in text or (code[:-1] == "local_retention_r" and "`local_retention_r1`" in text), code
    for key in results[0].manifest():
        assert f"`{key}`" in text, key


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"(?<!`)\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), target


def test_the_ledger_of_clauses_is_made_from_the_scenarios() -> None:
    assert (DOCS / "clauses.md").read_text(encoding="utf-8") == ledger_page()


def ledger_page() -> str:
    """Return the page of clauses, made of every shipped place that has some."""
    names = sorted(path.relative_to(SCENARIOS).with_suffix("").as_posix() for path in SCENARIOS.glob("*/baseline.yaml"))
    return clauses.page([(name, read(SCENARIOS / f"{name}.yaml")) for name in names])


def main() -> None:
    """Write what is made anew."""
    (DOCS / "clauses.md").write_text(ledger_page(), encoding="utf-8", newline="\n")
    (DOCS / "scenario.md").write_text(reference(), encoding="utf-8", newline="\n")
    (DOCS / "scenario.zh.md").write_text(reference("zh"), encoding="utf-8", newline="\n")
    for page in RUNNING:
        page.write_text(refilled(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())


LEFT_OUT = (
    "[main indicators by year]", "[gap of graduates by industry and level]", "[what each item costs, and who pays]",
    "〔各年主要指标，从略〕", "〔分产业、分层次的毕业生供需缺口，从略〕", "〔各项经费和承担方，从略〕",
)


def first_answer(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its first answer given to all who ask."""
    answers: list[Any] = []

    def answer(*arguments: Any) -> Any:
        if not answers:
            answers.append(function(*arguments))
        return answers[0]

    return answer


def test_the_readmes_show_a_real_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of the output in each README is printed by the command above it (some tables are left out there).

    The commands differ in nothing but the language, so the run behind them is done once.
    """
    monkeypatch.setattr(running, "run", first_answer(running.run))
    monkeypatch.setattr(assumptions, "with_assumed_variance", first_answer(assumptions.with_assumed_variance))
    asked = []
    for name in ("README.md", "README.zh.md"):
        found = re.search(
            r"^`\.venv/bin/(skillsim run [^`]+)`.*\n\n((?: {4}.*\n|\n)+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        )
        assert found
        asked.append(found[1].removesuffix(" --lang en"))
        lines = {line.rstrip() for line in command(found[1], 134).splitlines()}
        block = [line.removeprefix("    ") for line in found[2].splitlines() if line.strip()]
        assert len(block) > 60
        for line in block:
            assert line in lines or line in LEFT_OUT or VARIES.match(line), line
    assert asked[0] == asked[1]
