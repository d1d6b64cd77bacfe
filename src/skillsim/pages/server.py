"""The server of the page: its settings, what it answers, and how it starts."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from skillsim.errors import Problem, ScenarioError
from skillsim.terms import why_of

if TYPE_CHECKING:
    from streamlit.starlette import App

SCRIPT = Path(__file__).with_name("main.py")
HOST, PORT = "127.0.0.1", 8501
HOUR = 3600
# also in .streamlit/config.toml, for `streamlit run app.py`; each with its reason
SETTINGS: dict[str, Any] = {
    "server.headless": True,  # no question at the first start, no browser opened on the server
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 5,  # MB
    "server.maxMessageSize": 50,
    "server.disconnectedSessionTTL": HOUR,  # a laptop that was closed comes back to its session
    "server.enableXsrfProtection": True,
    "server.enableAgentApi": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",  # no deploy button
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,  # a full collection after every run holds up every session for 100 ms
    "theme.light.primaryColor": "#0072B2",  # by theme: one for both would pin the page to light
    "theme.dark.primaryColor": "#1F7DB8",
}


def configure(host: str | None = None, port: int | None = None) -> None:
    """Set Streamlit's options, save those that were set by hand; keep the server from looking up its outside address."""
    from streamlit import config, net_util

    given = {"server.address": host or HOST, "server.port": port or PORT}
    for key, value in (SETTINGS | given).items():
        if not config.is_manually_set(key):
            config.set_option(key, value)
    # a socket that comes from elsewhere makes Streamlit ask an outside service for its own address
    net_util.get_external_ip = lambda: None
    net_util.get_internal_ip = lambda: None


class Front:
    """What stands between the browser and Streamlit: the language of the document, and no figures of the server for all.

    The page says its language to screen readers and spelling checkers by ``<html lang>``, which Streamlit leaves English.
    """

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "http" and scope["path"].endswith("/_stcore/metrics"):
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        lang = b"en" if parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang") == ["en"] else b"zh-CN"
        await self.app(scope, receive, _document(send, lang))


def _document(send: Any, lang: bytes) -> Any:
    """Return a sender that puts the language into an HTML document and passes anything else on as it is."""
    held: dict[str, Any] = {}

    async def forward(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if not headers.get(b"content-type", b"").startswith(b"text/html") or b"content-encoding" in headers:
                await send(message)
                return
            held["start"], held["body"] = message, b""
            return
        if "start" not in held:
            await send(message)
            return
        held["body"] += message.get("body", b"")
        if message.get("more_body"):
            return
        start = held.pop("start")
        body = held["body"].replace(b'<html lang="en">', b'<html lang="' + lang + b'">', 1)
        body = body.replace(b"<title>Streamlit</title>", b"<title>skillsim</title>", 1)
        left_out = (b"content-length", b"etag", b"last-modified")
        kept = [(k, v) for k, v in start["headers"] if k not in left_out]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return forward


@contextlib.asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[dict[str, Any]]:
    """Make the first place ready while the server starts, so that the first visitor finds figures."""
    from skillsim.pages import work

    threading.Thread(target=work.make_ready, name="make ready", daemon=True).start()
    yield {}


def front(**settings: Any) -> dict[str, Any]:
    """Return the arguments of ``streamlit.App`` besides its script."""
    from starlette.middleware import Middleware

    from skillsim.pages.parts import on_fault

    configure(**settings)
    return {"lifespan": lifespan, "middleware": [Middleware(Front)], "on_script_error": on_fault}


def check(host: str, port: int, store: Path | None, place: str | None = None) -> None:
    """Refuse an address that can't be served, a folder that can't be written, and a place that there is not.

    Raises
    ------
    ScenarioError
        that says which, and why.
    """
    problems = []
    if place is not None:
        from skillsim.scenario.checks import near
        from skillsim.scenario.reader import shipped

        if place not in shipped():
            problems.append(Problem("file_missing", file=place, args={"near": near(place, shipped())}))
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(*family[:3]) as probe:
            if os.name != "nt":  # as the server binds: a port that was just let go is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(family[4])
    except OSError as error:
        problems.append(Problem("port_taken", "port", args={"host": host, "port": port, "why": why_of(error)}))
    if store is not None:
        try:
            store.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=store):
                pass
        except OSError as error:
            problems.append(Problem("out_unwritable", "store", args={"path": store, "why": why_of(error)}))
    if problems:
        raise ScenarioError(problems)


def start(host: str = HOST, port: int = PORT, store: Path | None = None, place: str | None = None) -> None:
    """Serve the page until interrupted; a place that is named opens first."""
    import uvicorn
    from streamlit import App

    from skillsim.pages.work import PLACE, STORE

    if place is not None:
        os.environ[PLACE] = place
    if store is not None:
        os.environ[STORE] = str(store.resolve())
    app = App(SCRIPT, **front(host=host, port=port))
    uvicorn.run(app, host=host, port=port, log_level="warning")
