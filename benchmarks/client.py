"""The load: `python -m benchmarks.client PORT FILE FIRST COUNT RATE`, figures as JSON.

Sends ready-made HTTP requests over 64 keep-alive connections. With RATE 0 each connection sends its
next request as soon as it has its answer (saturated); else requests are due at even intervals and a
request's time runs from the moment at which it was due, whether a connection was free or not.

The file holds requests with their length in front (4 bytes, big-endian).
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import cast

import uvloop

CONNECTIONS = 64


def write(path: Path, requests: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for request in requests:
            file.write(len(request).to_bytes(4, "big") + request)


def _read(path: Path) -> Iterator[bytes]:
    raw, at = path.read_bytes(), 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : at + 4 + size]
        at += 4 + size


class _Connection(asyncio.Protocol):
    """One request at a time; just enough HTTP to find an answer's end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[bool] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> bool:
        """Whether the answer was 200."""
        if self._transport is None:
            raise ConnectionError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.index(b"content-length:") + 15
        size = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + size:
            return
        good = head.startswith(b"http/1.1 200")
        del self._buffer[: end + 4 + size]
        if self._answer and not self._answer.done():
            self._answer.set_result(good)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))


async def measure(port: int, requests: Sequence[bytes], rate: float) -> dict[str, float]:
    """Send them all; latencies are in milliseconds."""
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(_Connection, "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    took: list[float] = []
    bad = 0
    waiting = iter(enumerate(requests))
    began = perf_counter()

    async def one(connection: _Connection) -> None:
        nonlocal bad
        for number, request in waiting:
            since = perf_counter()
            if rate:
                since = began + number / rate
                await asyncio.sleep(since - perf_counter())
            bad += not await connection.ask(request)
            took.append((perf_counter() - since) * 1000)

    await asyncio.gather(*(one(connection) for _, connection in pairs))
    seconds = perf_counter() - began
    for transport, _ in pairs:
        transport.close()
    took.sort()
    return {
        "per_second": len(requests) / seconds,
        "seconds": seconds,
        "p50": took[len(took) // 2],
        "p99": took[int(len(took) * 0.99)],
        "worst": took[-1],
        "bad": bad,
    }


def main() -> None:
    """Send `count` requests from `first` on; begins again where the file ends."""
    port, path, first, count, rate = sys.argv[1:]
    stored = list(_read(Path(path)))
    wanted = [stored[n % len(stored)] for n in range(int(first), int(first) + int(count))]
    found = uvloop.run(measure(int(port), wanted, float(rate)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
