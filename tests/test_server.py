"""The page's server: its settings, what it answers and refuses, and how it starts and ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from helpers_server import PATIENCE, ROOT, Served, fetched, free_port, served
from skillsim.pages import server, work

pytestmark = pytest.mark.xdist_group("server")  # they share one server

# writes down every address that the server looks up or connects to; a unix socket's is text
SPY = """
import os, sys

def note(event, args):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect", "socket.sendto"):
        where = args[1][0] if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple) else args[0]
        if isinstance(where, bytes):
            where = where.decode()
        if isinstance(where, str) and where and where != "localhost" and not where.startswith(("127.", "::1", "/")):
            with open(os.environ["SPY_LOG"], "a") as log:
                log.write(f"{event} {where}\\n")

sys.addaudithook(note)
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests here, spied on."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "spy").mkdir()
    (folder / "spy" / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    (folder / "spied").touch()
    with served(folder, more={"PYTHONPATH": str(folder / "spy"), "SPY_LOG": str(folder / "spied")}) as one:
        yield one


def outside(page: Served) -> str:
    """Return the addresses beyond this machine that the server asked for."""
    return (page.log.parent / "spied").read_text(encoding="utf-8")


def socket_of(page: Served, origin: str | None) -> Any:
    """Return a socket as the page opens it."""
    return connect(
        page.url.replace("http", "ws") + "/_stcore/stream", origin=origin, subprotocols=["streamlit"], open_timeout=PATIENCE,
        proxy=None,
    )


# ---- settings


def test_the_file_of_settings_says_what_the_command_uses() -> None:
    filed = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    flat = {f"{section}.{key}": value for section, values in filed.items() for key, value in values.items() if section != "theme"}
    flat |= {f"theme.{name}.{key}": value for name, values in filed["theme"].items() for key, value in values.items()}
    assert flat == {**server.SETTINGS, "server.address": server.HOST, "server.port": server.PORT}


def test_settings_of_safety_are_as_promised() -> None:
    assert server.HOST == "127.0.0.1"
    assert server.SETTINGS["server.enableXsrfProtection"] is True
    assert server.SETTINGS["server.maxUploadSize"] <= 5
    assert server.SETTINGS["browser.gatherUsageStats"] is False
    assert server.SETTINGS["client.showErrorDetails"] == "none"


def test_every_setting_is_known_to_streamlit() -> None:
    from streamlit import config

    known = config.get_config_options()
    assert {key for key in server.SETTINGS if key not in known} == set()


# ---- what is answered


def test_the_document_says_its_language(page: Served) -> None:
    for query, lang in (("", "zh-CN"), ("?lang=en", "en"), ("?lang=zh", "zh-CN"), ("?lang=%22%3E%3Cscript%3E", "zh-CN")):
        for path in ("/", "/levers"):
            status, text = fetched(page.url + path + query)
            assert (status, re.findall(r"<html lang=\"([^\"]*)\"", text)) == (200, [lang])
            assert "<title>skillsim</title>" in text and '"><script>' not in text


def test_the_document_asks_for_nothing_from_elsewhere(page: Served) -> None:
    _, text = fetched(page.url)
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]*\"", text) == []


def test_figures_of_the_server_are_for_nobody(page: Served) -> None:
    for path in ("/_stcore/metrics", "/levers/_stcore/metrics", "/_stcore/metrics?families=session_events"):
        assert fetched(page.url + path) == (404, "")


def test_it_listens_on_this_machine_only(page: Served) -> None:
    port = int(page.url.rpartition(":")[2])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_a_foreign_socket_is_refused_and_nothing_is_looked_up(page: Served) -> None:
    with socket_of(page, page.url) as own:
        assert own.subprotocol == "streamlit"
    for origin in ("http://elsewhere.example", "http://192.0.2.7", "null"):
        with pytest.raises(InvalidStatus) as refused, socket_of(page, origin):
            pass
        assert refused.value.response.status_code == 403
    assert outside(page) == ""


def test_an_upload_without_the_page_s_own_sign_is_refused(page: Served) -> None:
    where = page.url + "/_stcore/upload_file/nobody/nothing"
    status, _ = fetched(where, "PUT", {"Content-Type": "text/plain"}, b"format: 1")
    assert status in (400, 403)
    assert fetched(page.url + "/_stcore/host-config")[0] == 200
    assert "Traceback" not in page.said()


def test_nothing_was_looked_up_until_here(page: Served) -> None:
    assert outside(page) == ""
    assert "Traceback" not in page.said()
    assert page.url in page.said()  # the address to open


# ---- starting and ending


def app(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``skillsim app`` where it must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "skillsim", "app", *words], check=False, cwd=cwd, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE, env=os.environ | {"HOME": str(cwd)},
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_port_that_is_taken_is_told(lang: str, tmp_path: Path) -> None:
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))
        mine.listen()
        port = mine.getsockname()[1]
        ended = app("--port", str(port), "--lang", lang, cwd=tmp_path)
    assert ended.returncode == 2
    assert str(port) in ended.stderr and "Traceback" not in ended.stderr + ended.stdout
    assert bool(re.search("[\u4e00-\u9fff]", ended.stderr)) == (lang == "zh")


def test_a_host_that_is_not_ours_is_told(tmp_path: Path) -> None:
    ended = app("--host", "192.0.2.7", "--port", str(free_port()), "--lang", "en", cwd=tmp_path)
    assert (ended.returncode, "192.0.2.7" in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)


def test_a_store_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        ended = app("--store", str(folder), "--port", str(free_port()), cwd=tmp_path)
        assert ended.returncode == 2
        assert str(folder) in ended.stderr.replace("\n", "") and "Traceback" not in ended.stderr + ended.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal for it")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "end"])
def test_it_ends_when_asked_without_a_traceback(number: signal.Signals, tmp_path: Path) -> None:
    with served(tmp_path) as one:
        with socket_of(one, one.url):
            one.process.send_signal(number)
            one.process.wait(PATIENCE)
        assert one.process.returncode in (0, 130, 128 + number, -number)
        assert number != signal.SIGINT or one.process.returncode in (0, 130)
        assert "Traceback" not in one.said()
    with socket.socket() as again:  # the port is let go
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", int(one.url.rpartition(":")[2])))


def test_streamlit_run_starts_the_same(tmp_path: Path) -> None:
    options = "--server.port {port}"
    with served(tmp_path, ("-m", "streamlit", "run", "app.py"), cwd=ROOT, options=options) as one:
        status, text = fetched(one.url)
        assert status == 200 and '<html lang="zh-CN">' in text
        assert fetched(f"{one.url}/_stcore/metrics")[0] == 404
        assert "Traceback" not in one.said()


def test_a_place_that_is_named_opens_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(work.PLACE, raising=False)
    by_name = work.places()
    assert by_name[0].endswith("/baseline") and by_name[0] != "small"
    monkeypatch.setenv(work.PLACE, "small")
    assert work.places() == ["small", *(name for name in by_name if name != "small")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_place_that_there_is_not_is_told(lang: str, tmp_path: Path) -> None:
    ended = app("--place", "nowhere", "--port", str(free_port()), "--lang", lang, cwd=tmp_path)
    assert ended.returncode == 2 and "small_jobs" in ended.stderr and "Traceback" not in ended.stderr + ended.stdout


def test_the_titles_of_places_are_those_of_the_places() -> None:
    assert {name: work.title_of(name) for name in work.places()} == {name: work.place(name).title for name in work.places()}
