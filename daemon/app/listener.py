"""Where monitoring asks how we are: /healthz, /readyz, /status and /metrics.

It reads the last report and asks nobody, so that it answers whatever else stands still.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import uvicorn
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from daemon.app.metrics import registry_of
from daemon.health import Level, as_json, from_json
from daemon.health.kept import FRESH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from starlette.requests import Request
    from structlog.typing import FilteringBoundLogger

    from daemon.config import Config, Health
    from daemon.health import Report

_ENDS_WITHIN_S = 3.0
_ANSWERS_WITHIN_S = 5.0
_ALIVE = timedelta(minutes=2)


class Listener:
    """Serves the last report over HTTP, in a thread of its own."""

    def __init__(
        self,
        *,
        path: Path | None,
        host: str,
        port: int,
        report: Callable[[], Report | None],
        clock: Callable[[], datetime],
    ) -> None:
        """Bind the socket: a file at `path` that the service's user alone may use, or a port.

        Raises:
            OSError: it cannot be bound.
        """
        self._report, self._clock = report, clock
        self._path = path
        self._socket = _file_socket(path) if path else _port_socket(host, port)
        config = uvicorn.Config(
            _app(self._answer, self._ready, self._alive, self._metrics),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            limit_concurrency=50,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="listener", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound; 0 for a file."""
        return 0 if self._path else int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and take the file away."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_ENDS_WITHIN_S)
        self._socket.close()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def _fresh(self, within: timedelta) -> Report | None:
        report = self._report()
        return report if report and abs(self._clock() - report.at) <= within else None

    def _alive(self, _request: Request) -> Response:
        """Answer whether the process does its rounds; nothing outside of it counts."""
        if self._fresh(_ALIVE) is None:
            return PlainTextResponse("The daemon does not look after itself any more.\n", 503)
        return PlainTextResponse("ok\n")

    def _ready(self, _request: Request) -> Response:
        """Answer whether everything it needs is there."""
        report = self._fresh(FRESH)
        if report is None:
            return PlainTextResponse("The last look is too old, or there was none yet.\n", 503)
        lines = [f"{p.level.word}: {p.label}: {p.why}" for p in report.troubled] or ["ok"]
        code = 503 if report.level is Level.TROUBLE else 200
        return PlainTextResponse("\n".join(lines) + "\n", code)

    def _answer(self, _request: Request) -> Response:
        report = self._report()
        if report is None:
            return JSONResponse({"level": "trouble", "why": "No look yet."}, 503)
        return JSONResponse(as_json(report))

    def _metrics(self, _request: Request) -> Response:
        body = generate_latest(registry_of(self._report(), self._clock()))
        return Response(body, headers={"content-type": CONTENT_TYPE_LATEST})


def _app(
    answer: Callable[[Request], Response],
    ready: Callable[[Request], Response],
    alive: Callable[[Request], Response],
    metrics: Callable[[Request], Response],
) -> Starlette:
    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route("/status", answer),
            Route("/metrics", metrics),
        ]
    )


def _file_socket(path: Path) -> socket.socket:
    """Return a listening socket file; one that a process left behind is replaced."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_name(path) as name:
            listening.bind(name)
        path.chmod(0o660)
        listening.listen(16)
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Yield a name of a socket file that is short enough, however deep it lies (107 bytes)."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _port_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=16)


def listening(
    config: Config,
    *,
    report: Callable[[], Report | None],
    clock: Callable[[], datetime],
    log: FilteringBoundLogger,
) -> Listener | None:
    """Return what answers monitoring, begun; None where nobody may ask, or it cannot listen.

    The daemon does its work without it, too.
    """
    health = config.health
    if not health.listen:
        return None
    host, port = health.port or ("", 0)
    path = None if health.port else config.state_dir / health.listen
    try:
        listener = Listener(path=path, host=host, port=port, report=report, clock=clock)
    except OSError as error:
        log.warning("listener_failed", why=error.strerror or type(error).__name__)
        return None
    listener.start()
    return listener


def ask(health: Health, state_dir: Path) -> Report | None:
    """Return what the daemon that listens there says of itself; None where none answers."""
    try:
        if health.port is None:
            if not health.listen or not (state_dir / health.listen).exists():
                return None
            with short_name(state_dir / health.listen) as name:
                return _asked(httpx2.HTTPTransport(uds=name), "http://health")
        host, port = health.port
        host = f"[{host}]" if ":" in host else host
        return _asked(httpx2.HTTPTransport(), f"http://{host}:{port}")
    except (httpx2.HTTPError, OSError, KeyError, TypeError, ValueError):
        return None


def _asked(transport: httpx2.HTTPTransport, url: str) -> Report:
    with httpx2.Client(transport=transport, timeout=_ANSWERS_WITHIN_S) as client:
        return from_json(client.get(f"{url}/status").json())
