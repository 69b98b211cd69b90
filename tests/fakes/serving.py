"""Ports and servers of the tests' own."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

# Beneath the range from which systems take the ports of outgoing connections (Linux: from 32,768),
# so that nobody else is given a port between its choice and its use.
_PORTS = range(20_000, 32_000)
_dice = random.Random(os.urandom(8))


def listening(port: int = 0) -> socket.socket:
    """A socket that takes connections from now on; whoever serves it may come later."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def free_port() -> int:
    """A port for another process to listen on."""
    while True:
        port = _dice.choice(_PORTS)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def serving(app: Any, port: int = 0, *, dated: bool = True) -> Iterator[int]:
    """Serve an application on a loopback port in a thread of its own; gives the port.

    Without `dated` the `Date` header is the application's to give.
    """
    listener = listening(port)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", date_header=dated
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
