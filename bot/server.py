"""The web server: uvicorn with the limits that it lacks, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.wiring import Wired

# A client that has not sent its request line and headers by then is sent away. The body has a
# limit of its own (bot/webhooks.py).
HEADERS_WITHIN = 10.0
# Between "not ready" and closing the door: the time in which a load balancer looks away.
DRAIN = 1.0
FINISH_WITHIN = 8
_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 2\r\n"
    b"content-type: application/json\r\n\r\n{}"
)


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 in which a client cannot hold a connection by sending its headers slowly."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._waiting is None:
            self._expect()

    def on_headers_complete(self) -> None:
        self._got()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._waiting = asyncio.get_running_loop().call_later(HEADERS_WITHIN, self._too_slow)

    def _got(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _too_slow(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
            self.transport.close()


class Server(uvicorn.Server):
    """Says when it is ready; on SIGTERM it first stops being ready, then finishes what it has."""

    def __init__(
        self,
        config: uvicorn.Config,
        wired: Wired,
        drain: float,
        ready: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._wired = wired
        self._drain = drain
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            calm_the_collector()
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """First unready, then closed; a second signal does not wait.

        uvicorn's own handler would raise the signal again at the end, and an orderly end is exit
        code 0.
        """
        hurry = self._wired.engine.leaving or sig == signal.SIGINT
        self.force_exit = self._wired.engine.leaving and sig == signal.SIGINT
        self._leave()
        if hurry:
            self.should_exit = True
        else:
            asyncio.get_event_loop().call_later(self._drain, self._close_door)

    def _close_door(self) -> None:
        self.should_exit = True

    def _leave(self) -> None:
        self._wired.engine.leaving = True
        if self._wired.pages:
            self._wired.pages.close()


def calm_the_collector() -> None:
    """Spare what was built at the start, and look through the rest less often.

    A full collection stops the loop for as long as it takes to visit every object: 40 to 60 ms
    during `python -m benchmarks due` with Python's defaults.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def run(
    app: FastAPI,
    wired: Wired,
    host: str,
    port: int,
    *,
    drain: float = DRAIN,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until told to stop. Raises `OSError` when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.create_server((host, port), family=family, backlog=2048)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=2_000,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=FINISH_WITHIN,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = Server(config, wired, drain, ready)
    server.run(sockets=[door])
