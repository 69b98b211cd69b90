"""A line to PostgreSQL that can fall silent: open on both ends, with nothing coming through, as
behind a firewall that has forgotten it or a switch that is on fire.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.engine import make_url

from tests.fakes.serving import listening


class Proxy:
    """Carries bytes between a loopback port and a server's socket while it is not silent."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._target = f"{parsed.query['host']}/.s.PGSQL.{parsed.port or 5432}"
        self._listener = listening()
        port = self._listener.getsockname()[1]
        there = parsed.set(host="127.0.0.1", port=port, query={})
        self.url = there.render_as_string(hide_password=False)
        self._open = threading.Event()
        self._open.set()
        self._ends: list[socket.socket] = [self._listener]

    def fall_silent(self) -> None:
        self._open.clear()

    def speak_again(self) -> None:
        self._open.set()

    def take(self) -> None:
        """Take connections until closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                self._ends += [near, far]
                with suppress(OSError):
                    far.connect(self._target)
                    for source, drain in ((near, far), (far, near)):
                        threading.Thread(
                            target=self._pour, args=(source, drain), daemon=True
                        ).start()
                    continue
                near.close()

    def _pour(self, source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._open.wait()
                drain.sendall(data)
            self._open.wait()
            drain.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._open.set()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A proxy before the PostgreSQL at `url`."""
    proxy = Proxy(url)
    taking = threading.Thread(target=proxy.take, daemon=True)
    taking.start()
    try:
        yield proxy
    finally:
        proxy.close()
        taking.join(10)
