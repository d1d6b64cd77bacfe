"""Layers and walls of the package, read from its source (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "skillsim"
FILES = sorted(PACKAGE.rglob("*.py"))
# each may import itself and what stands before it
LAYERS = (
    "terms", "errors", "disk", "chance", "scenario", "rules", "engine", "results", "analysis", "batch", "report", "pages", "cli",
)
TOP = ("__init__", "__main__")
# who may import what
WALLS = {
    "simpy": ("engine",),
    "numba": ("chance", "rules.arrays"),
    "pydantic": ("scenario",),
    "pydantic_core": ("scenario",),
    "ruamel": ("scenario.reader",),
    "pandas": ("results", "analysis", "report", "pages", "cli"),
    "pyarrow": ("results",),
    "rich": ("report", "cli"),
    "typer": ("cli",),
    "streamlit": ("pages",),
    "openpyxl": ("scenario.workbook", "report"),
    "docx": ("report",),
    "matplotlib": ("report.pictures",),
    "joblib": ("batch",),
    "SALib": ("chance", "analysis.sensitivity", "analysis.reproduce"),
    "distributed": ("batch",),
    "random": ("chance",),
    "secrets": ("chance",),
    "numpy.random": ("chance",),
}
PLACES = (
    "quzhou", "liaocheng", "baoji", "ningxia", "linzi", "zibo", "衢", "聊城", "宝鸡", "宁夏", "临淄",
)


def name_of(file: Path) -> str:
    """Return a file's dotted name inside the package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[str]:
    """Yield the absolute names of all modules that a file imports, also inside functions."""
    here = ["skillsim", *file.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(name: str, place: str) -> bool:
    """Say whether a dotted name is a place or lies inside it."""
    return name == place or name.startswith(f"{place}.")


def layer(name: str) -> int:
    """Return the position of a module's layer."""
    first = name.split(".", maxsplit=1)[0]
    return len(LAYERS) if first in TOP else LAYERS.index(first)


def test_every_room_has_its_layer() -> None:
    rooms = {name_of(file).split(".")[0] for file in FILES}
    assert rooms == {*LAYERS, *TOP}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_imports_point_downward(file: Path) -> None:
    mine = layer(name_of(file))
    inside = [name.split(".")[1] for name in imports(file) if name.startswith("skillsim.")]
    upward = sorted({room for room in inside if room in (*LAYERS, *TOP) and layer(room) > mine})
    assert not upward, f"{name_of(file)} imports {upward}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_libraries_stay_behind_their_walls(file: Path) -> None:
    mine = name_of(file)
    crossed = {
        library for library, rooms in WALLS.items() for name in imports(file)
        if within(name, library) and not any(within(mine, room) for room in rooms)
    }
    assert not crossed, f"{mine} imports {sorted(crossed)}"


@pytest.mark.parametrize("file", [f for f in FILES if not within(name_of(f), "chance")], ids=name_of)
def test_chance_has_one_place(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    drawn = [
        ast.unparse(node) for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (
            ast.unparse(node) in ("np.random", "numpy.random") or node.attr in ("rvs", "default_rng", "RandomState")
        )
    ]
    assert not drawn, f"{name_of(file)} draws by {drawn}"


@pytest.mark.parametrize("file", [f for f in FILES if name_of(f) != "__init__"], ids=name_of)
def test_nobody_imports_the_public_face(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    whole = [
        node.lineno for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name == "skillsim" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "skillsim" and not node.level)
    ]
    assert not whole, f"{name_of(file)} imports skillsim itself on lines {whole}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_code_knows_no_place(file: Path) -> None:
    lines = enumerate(file.read_text(encoding="utf-8").lower().splitlines(), 1)
    named = [(number, place) for number, line in lines for place in PLACES if place in line]
    assert not named, f"{name_of(file)}: {named}"
