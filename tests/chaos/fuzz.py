"""A fuzzer that is led by coverage, on everything that reads a push: `make fuzz`.

It knows the keys, so that what it makes up comes through the signature to where it is parsed. A
push gets exactly one verdict and no exception; whatever atheris finds otherwise, it writes to a
file `crash-…`, which is given back to it as an argument to see it again.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.platforms", "bot.core"]):
    from bot import logs
    from bot.platforms.dingtalk.adapter import CARDS, EVENTS, ROBOT
    from bot.platforms.port import Platform, Reading, Request
    from tests.fakes import feishu as fake
    from tests.wire import test_dingtalk_vectors as ding
    from tests.wire import test_feishu_vectors as lark
    from tests.wire import test_verify as verify

FEISHU = lark.ingress()
DINGTALK = ding.ingress(keys=verify.EVENTS, card_secret=verify.SECRET)
STAMP = str(round(ding.NOW.timestamp() * 1000))


def _feishu_signed(body: bytes) -> Request:
    headers = {name.lower(): value for name, value in fake.sign(body).items()}
    return Request("/webhook/feishu", headers, body)


def _feishu_sealed(body: bytes) -> Request:
    return _feishu_signed(fake.encrypt(body))


def _robot(body: bytes) -> Request:
    return Request(ROBOT, verify.robot(STAMP, ding.GOOD["app_secret"]), body)


def _card(body: bytes) -> Request:
    return Request(CARDS, verify.card(STAMP), body)


def _event(body: bytes) -> Request:
    query, sealed = verify.event(verify.plain(body))
    return Request(EVENTS, {}, sealed, query)


WAYS: tuple[tuple[Platform, Callable[[bytes], Request]], ...] = (
    (FEISHU, lambda body: Request("/webhook/feishu", {}, body)),
    (FEISHU, _feishu_signed),
    (FEISHU, _feishu_sealed),
    (DINGTALK, _robot),
    (DINGTALK, _card),
    (DINGTALK, _event),
)


def read(data: bytes) -> None:
    """The first byte says which way the rest comes in."""
    platform, way = WAYS[data[0] % len(WAYS)] if data else WAYS[0]
    reading = platform.read(way(data[1:]))
    assert one_verdict(reading), reading


def one_verdict(reading: Reading) -> bool:
    said = (reading.event, reading.reply, reading.refused, reading.unread)
    return sum(part not in (None, "") for part in said) == 1


def seeds() -> Iterator[bytes]:
    """The recorded pushes, each by the way it came."""
    for vector in lark.VECTORS.values():
        body = vector["body"].encode()
        yield b"\0" + body
        if plain := vector.get("plaintext"):
            yield b"\2" + (plain if isinstance(plain, str) else json.dumps(plain)).encode()
    for number, vectors in ((3, ding.ROBOTS), (4, ding.CARD_VECTORS)):
        for vector in vectors.values():
            yield bytes([number]) + json.dumps(vector["body"], ensure_ascii=False).encode()
    yield b"\5" + b'{"EventType":"chat_add_member","eventId":"e","openConversationId":"c"}'


def main() -> None:
    logs.set_up("CRITICAL", "text", [])
    with tempfile.TemporaryDirectory() as corpus:
        for seed in seeds():
            (Path(corpus) / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
