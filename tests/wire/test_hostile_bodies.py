"""20,000 broken pushes through the real application: none is answered with an error of ours."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from bot.app import create_app
from bot.settings import Settings
from bot.wiring import Wired, wire
from tests.fakes import feishu as fake

PATH = "/webhook/feishu"
BODIES, AT_ONCE, WARM_UP = 20_000, 16, 4_000
BOOK = json.loads((Path(__file__).parent / "vectors" / "feishu.json").read_text("utf-8"))
PLAIN = [v["decrypted_plaintext"] for v in BOOK["vectors"] if v.get("decrypted_plaintext")]
Push = tuple[bytes, dict[str, str]]
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x" * 5000, "\x00", "\u202e", "<at id=all></at>", [], {}, [[]],
    {"a": {"b": None}}, "9" * 40, "ou_1\n", ["x"] * 50,
)  # fmt: skip


@pytest.fixture
def unlogged() -> Iterator[None]:
    """pytest would keep every record, and that would look like a leak."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def feishu() -> Iterator[fake.FeishuServer]:
    with fake.running(fake.FeishuServer()) as server:
        yield server


@pytest_asyncio.fixture
async def wired(sqlite_url: str, feishu: fake.FeishuServer) -> AsyncIterator[Wired]:
    found = wire(
        Settings(
            _env_file=None,
            database_url=sqlite_url,
            feishu_app_id=fake.APP_ID,
            feishu_app_secret=fake.APP_SECRET,
            feishu_encrypt_key=fake.ENCRYPT_KEY,
            feishu_verification_token=fake.TOKEN,
            feishu_base_url=feishu.url,
        )
    )
    await found.engine.start()
    yield found
    await found.engine.stop()


@pytest_asyncio.fixture
async def http(wired: Wired) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(wired), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://golive") as client:
        yield client


def sealed(plain: bytes) -> Push:
    body = fake.encrypt(plain)
    return body, fake.sign(body)


def deface(push: Any, chance: random.Random) -> Any:
    """Replace, drop or double something at a random depth."""
    spot = push
    while isinstance(spot, dict) and spot:
        key = chance.choice(list(spot))
        if chance.random() < 0.4 or not isinstance(spot[key], dict):
            match chance.randrange(4):
                case 0:
                    del spot[key]
                case 1:
                    spot[key] = [spot[key]]
                case _:
                    spot[key] = chance.choice(JUNK)
            return push
        spot = spot[key]
    return push


def scramble(raw: bytes, chance: random.Random) -> bytes:
    found = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        if found:
            found[chance.randrange(len(found))] = chance.randrange(256)
    cut = chance.randrange(len(found) + 1) if chance.random() < 0.3 else len(found)
    return bytes(found[:cut])


def mutations(count: int) -> Iterator[Push]:
    chance = random.Random(7)
    for number in range(count):
        plain = chance.choice(PLAIN)
        match number % 4:
            case 0:
                yield sealed(json.dumps(deface(json.loads(plain), chance)).encode())
            case 1:
                yield sealed(scramble(plain.encode(), chance))
            case 2:
                body, headers = sealed(plain.encode())
                yield scramble(body, chance), headers
            case _:
                yield scramble(plain.encode(), chance), {"content-type": "application/json"}


def told(text: str) -> bytes:
    """A message of which only the text is unusual; `text` is JSON already."""
    plain = json.dumps(fake.message("ou_li", "PLACE"), ensure_ascii=False)
    return plain.replace("PLACE", text).encode("utf-8", "surrogatepass")


def named(name: str) -> bytes:
    plain = json.dumps(fake.bot_added("oc_nasty", "PLACE"), ensure_ascii=False)
    return plain.replace("PLACE", name).encode("utf-8", "surrogatepass")


def doubled() -> bytes:
    plain = json.dumps(fake.message("ou_li", "x"))
    return plain.replace('"schema": "2.0"', '"schema": "1.0", "schema": "2.0"').encode()


NASTY: dict[str, bytes] = {
    "empty": b"",
    "list": b"[1, 2]",
    "null": b"null",
    "number": b"7",
    "string": b'"x"',
    "invalid UTF-8": b'{"schema": "\xff\xfe"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "5000 digits": b'{"schema": "2.0", "header": {"create_time": ' + b"9" * 5000 + b"}}",
    "long stamp": json.dumps(
        fake.envelope("im.message.receive_v1", {})
        | {"event": {"message": {"create_time": "9" * 5000}}}
    ).encode(),
    "empty object": b"{}",
    "header is a list": b'{"schema": "2.0", "header": []}',
    "event is null": json.dumps(
        fake.envelope("im.message.receive_v1", {}) | {"event": None}
    ).encode(),
    "surrogate in text": told("\\\\ud800"),
    "surrogate in text, unescaped twice": told("\\ud800"),
    "raw surrogate in text": told("\ud800"),
    "surrogate in a name": named("\\ud800"),
    "raw surrogate in a name": named("\udfff"),
    "NUL in text": told("\\\\u0000"),
    "NUL in a name": named("a\\u0000b"),
    "huge text": told("长" * 100_000),
    "huge name": named("长" * 100_000),
    "doubled keys": doubled(),
    "NaN": b'{"schema": NaN}',
    "challenge that is no string": b'{"type": "url_verification", "challenge": {}}',
    "encrypted twice": fake.encrypt(fake.encrypt(b"{}")),
}


async def post(http: httpx.AsyncClient, push: Push) -> httpx.Response:
    body, headers = push
    return await http.post(PATH, content=body, headers=headers)


def assert_harmless(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    for word in ("Traceback", "Error", "Exception", "File ", "sqlalchemy", "surrogate"):
        assert word not in answer.text


@pytest.mark.parametrize("kind", NASTY)
async def test_a_nasty_body_is_answered_calmly(http: httpx.AsyncClient, kind: str) -> None:
    for push in (sealed(NASTY[kind]), (NASTY[kind], fake.sign(NASTY[kind])), (NASTY[kind], {})):
        assert_harmless(await post(http, push))
    body, headers = fake.push(fake.message("ou_li", "帮助"))
    assert (await post(http, (body, headers))).status_code == 200


@pytest.mark.usefixtures("unlogged")
async def test_20000_mutated_bodies_do_no_harm(http: httpx.AsyncClient, wired: Wired) -> None:
    statuses: Counter[int] = Counter()
    process = psutil.Process()
    pushes = mutations(BODIES)

    async def work(left: Iterator[Push]) -> None:
        for push in left:
            answer = await post(http, push)
            assert_harmless(answer)
            statuses[answer.status_code] += 1

    async def send(count: int) -> int:
        batch = iter([next(pushes) for _ in range(count)])
        await asyncio.gather(*(work(batch) for _ in range(AT_ONCE)))
        gc.collect()
        return process.memory_info().rss

    warm = await send(WARM_UP)
    for _ in range(3):
        await send(WARM_UP)
    grown = await send(BODIES - 4 * WARM_UP) - warm
    assert statuses.total() == BODIES
    assert set(statuses) <= {200, 401}
    assert statuses[401] > BODIES // 4
    assert grown < 20 * 1024 * 1024
    async with wired.database.read() as uow:
        assert await uow.inbox.count_parked() == 0


async def test_a_body_of_more_than_a_mebibyte_is_too_large(http: httpx.AsyncClient) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = await http.post(PATH, content=body)
    assert (answer.status_code, answer.text) == (413, "{}")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 65_536

    assert (await http.post(PATH, content=parts())).status_code == 413


async def test_a_compressed_body_is_not_taken(http: httpx.AsyncClient) -> None:
    body, headers = fake.push(fake.message("ou_li", "帮助"))
    packed = gzip.compress(body)
    answer = await http.post(PATH, content=packed, headers=headers | {"content-encoding": "gzip"})
    assert (answer.status_code, answer.text) == (415, "{}")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_the_webhook_is_for_posting_only(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, PATH)).status_code == 405


async def test_header_values_of_any_bytes_are_refused(http: httpx.AsyncClient) -> None:
    body, headers = fake.push(fake.message("ou_li", "帮助"))
    for name in ("X-Lark-Signature", "X-Lark-Request-Nonce", "X-Lark-Request-Timestamp"):
        odd = {**headers, name: "\xff\xe9"}
        raw = [(key.encode(), value.encode("latin-1")) for key, value in odd.items()]
        answer = await http.post(PATH, content=body, headers=raw)
        assert answer.status_code == 401
