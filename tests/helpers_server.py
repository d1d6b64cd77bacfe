"""Shared by the tests that start the page's server: a free port, a server that is stopped again, and what it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds after which a test gives up; nothing is measured


@dataclass
class Served:
    """A running server: its address, its process, and the file with all that it writes."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return what the server has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetched(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None,
) -> tuple[int, str]:
    """Return status and text of an answer, whatever the status; no proxy is asked."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            return int(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return int(error.code), error.read().decode("utf-8", "replace")


@contextmanager
def served(
    folder: Path, command: Sequence[str] = ("-m", "skillsim", "app"), cwd: Path | None = None,
    more: Mapping[str, str] | None = None, options: str = "--port {port}",
) -> Iterator[Served]:
    """Start a server from Python's arguments in ``command``, wait until it answers, and stop it in the end.

    ``folder`` takes the named scenarios and the log; ``more`` goes to the environment.
    """
    port, log = free_port(), folder / "server.log"
    said = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT_")} | {
        "SKILLSIM_STORE": str(folder / "kept"), "PYTHONUNBUFFERED": "1", "HOME": str(folder), **(more or {}),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command, *options.format(port=port).split()], cwd=cwd or folder, env=said, stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            one = Served(f"http://127.0.0.1:{port}", process, log)
            _wait(one)
            yield one
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _wait(one: Served) -> None:
    for _ in range(PATIENCE * 10):
        if one.process.poll() is not None:
            raise AssertionError(f"the server ended with status {one.process.returncode}:\n{one.said()}")
        try:
            if fetched(f"{one.url}/_stcore/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer:\n{one.said()}")
