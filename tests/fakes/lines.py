"""The other ends of the long connections: Feishu's frames and DingTalk's, and their faults."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Headers = dict[str, str]
CONTROL, DATA = 0, 1


class LineServer:
    """Connections that clients made, and what they answered; `fault` is what goes wrong next.

    `mute`: connections are taken, nothing is read or said; `no_pong`: pushes go on, pings are not
    answered.
    """

    def __init__(self) -> None:
        self.port = 0
        self.connections: list[ServerConnection] = []
        self.made = 0
        self.fault = ""
        self.acks: dict[str, asyncio.Future[Any]] = {}
        self.numbers = itertools.count(1)
        self.arrived = asyncio.Event()

    async def serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        self.made += 1
        self.arrived.set()
        if self.fault == "mute":
            connection.transport.pause_reading()
        try:
            with contextlib.suppress(ConnectionClosed):
                async for message in connection:
                    await self.heard(connection, message)
        finally:
            self.connections.remove(connection)

    async def heard(self, connection: ServerConnection, message: str | bytes) -> None:
        raise NotImplementedError

    async def frame(self, id_: str, kind: str, body: Any) -> str | bytes:
        raise NotImplementedError

    async def push(self, body: Any, kind: str = "") -> Any:
        """Push something over the newest connection; gives back what it was acknowledged with."""
        id_ = f"frame{next(self.numbers)}"
        self.acks[id_] = asyncio.get_running_loop().create_future()
        await self.connections[-1].send(await self.frame(id_, kind, body))
        async with asyncio.timeout(10):
            return await self.acks[id_]

    def go_mute(self) -> None:
        """The other end is still there but neither hears nor says anything: half open."""
        self.fault = "mute"
        for connection in self.connections:
            connection.transport.pause_reading()

    async def cut(self) -> None:
        for connection in list(self.connections):
            await connection.close()

    async def connected(self, within: float = 60.0) -> None:
        """Wait for the next connection."""
        self.arrived.clear()
        if not self.connections or self.fault:
            async with asyncio.timeout(within):
                await self.arrived.wait()


class FeishuLine(LineServer):
    """Frames are Protocol Buffers: sequence, log, service, method, headers, payload."""

    async def heard(self, connection: ServerConnection, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        method, headers, payload = unpack(message)
        if method == CONTROL and headers["type"] == "ping" and self.fault != "no_pong":
            await connection.send(pack(CONTROL, {"type": "pong"}, b""))
        elif method == DATA:
            answer = json.loads(payload)
            data = base64.b64decode(answer["data"]) if answer.get("data") else b"null"
            self.acks[headers["message_id"]].set_result((answer["code"], json.loads(data)))

    async def frame(self, id_: str, kind: str, body: Any) -> bytes:
        headers = {"type": "event", "message_id": id_, "trace_id": "t", "sum": "1", "seq": "0"}
        return pack(DATA, headers, json.dumps(body, ensure_ascii=False).encode())


class DingTalkLine(LineServer):
    """Frames are JSON with their data as a string inside."""

    async def heard(self, connection: ServerConnection, message: str | bytes) -> None:
        answer = json.loads(message)
        waiting = self.acks.get(answer["headers"].get("messageId", ""))
        if waiting and not waiting.done():
            waiting.set_result((answer["code"], json.loads(answer["data"])))

    async def frame(self, id_: str, kind: str, body: Any) -> str:
        type_, topic = {
            "robot": ("CALLBACK", "/v1.0/im/bot/messages/get"),
            "card": ("CALLBACK", "/v1.0/card/instances/callback"),
            "event": ("EVENT", "*"),
            "disconnect": ("SYSTEM", "disconnect"),
        }[kind]
        headers = {"messageId": id_, "topic": topic, "contentType": "application/json"}
        if kind == "event":
            headers |= {"eventType": body.pop("eventType"), "eventId": body.pop("eventId")}
        shape = {"specVersion": "1.0", "type": type_, "headers": headers}
        return json.dumps(shape | {"data": json.dumps(body, ensure_ascii=False)})


@asynccontextmanager
async def line(server: LineServer) -> AsyncIterator[None]:
    async with serve(server.serve, "127.0.0.1", 0, ping_interval=None) as listening:
        (socket,) = listening.sockets
        server.port = socket.getsockname()[1]
        yield


# --- Protocol Buffers, as far as frames need them ------------------------------------------------


def pack(method: int, headers: Headers, payload: bytes) -> bytes:
    parts = [b"\x08\x01\x10\x01\x18\x01\x20" + bytes([method])]
    for key, value in headers.items():
        inner = _bytes(1, key.encode()) + _bytes(2, value.encode())
        parts.append(_bytes(5, inner))
    return b"".join(parts) + (_bytes(8, payload) if payload else b"")


def unpack(raw: bytes) -> tuple[int, Headers, bytes]:
    """Method, headers and payload of a frame."""
    method, headers, payload = 0, {}, b""
    for field, value in _fields(raw):
        if field == 4:
            method = int(value)
        elif field == 5:
            pair = {number: bytes(part).decode() for number, part in _fields(bytes(value))}
            headers[pair[1]] = pair[2]
        elif field == 8:
            payload = bytes(value)
    return method, headers, payload


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + struct.pack("B", number)


def _fields(raw: bytes) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(raw):
        tag, at = _read(raw, at)
        value, at = _read(raw, at)
        if tag & 7 == 2:
            found.append((tag >> 3, raw[at : at + value]))
            at += value
        else:
            found.append((tag >> 3, value))
    return found


def _read(raw: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        number |= (raw[at] & 0x7F) << shift
        shift += 7
        at += 1
        if raw[at - 1] < 0x80:
            return number, at
