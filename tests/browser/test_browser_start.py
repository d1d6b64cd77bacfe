"""The page as it is installed, and as Streamlit's own command starts it: one session each."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import PATIENCE, Open

from helpers_server import ROOT, served
from skillsim.terms.page import PAGE

pytestmark = pytest.mark.xdist_group("browser")


def test_the_page_starts_from_an_installed_wheel(opened: Open, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    (tmp_path / "elsewhere").mkdir()
    installed = {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}
    with served(tmp_path, cwd=tmp_path / "elsewhere", more=installed) as one:
        page = opened("/data?place=small", one.url, patience=4 * PATIENCE)  # it compiles first
        assert page.inner_text("h1").strip() == PAGE["page_data"].zh
        page.goto(f"{one.url}/?place=small")
        page.get_by_text(PAGE["figures_head"].zh).wait_for()
        page.context.close()
        assert "Traceback" not in one.said()
    assert list((tmp_path / "installed" / "skillsim" / "chance" / "__pycache__").glob("*.nbi"))  # it is what was run


def test_streamlit_run_shows_the_same_page(opened: Open, tmp_path: Path) -> None:
    with served(tmp_path, ("-m", "streamlit", "run", "app.py"), cwd=ROOT, options="--server.port {port}") as one:
        page = opened("/overview?place=small", one.url)
        assert page.inner_text("h1").strip() == PAGE["page_overview"].zh
        assert page.locator(".card").count() == 2
        page.context.close()
        assert "Traceback" not in one.said()
