"""Nasty pushes one by one, then thousands of every kind: none is answered with an error of ours.

The slow form sends a million (`tests/chaos/test_million_bodies.py`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from bot.app import create_app
from bot.settings import Settings
from bot.wiring import Wired, wire
from tests import attack
from tests.fakes import feishu as fake

PATH = "/webhook/feishu"
Push = tuple[bytes, dict[str, str]]


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


# How often each kind is sent in a round; about a seventh of all is handled.
SHARES = {"feishu": 14, "dingtalk": 4, "presses": 1, "forms": 1}


async def test_4000_hostile_requests_do_no_harm(sqlite_url: str) -> None:
    async with attack.platforms(sqlite_url, SHARES, seed=7) as target:
        outcome = await target.attack(4_000)
    assert outcome.wrong == []
    assert {status for _, status in outcome.statuses} <= {200, 400, 401, 403, 410}
    assert outcome.of(401) > 800
    assert outcome.heard["handled"] > 400
    assert outcome.grown < 20 * 1024 * 1024


async def test_hostile_visitors_do_the_playground_no_harm(sqlite_url: str) -> None:
    async with attack.playground(sqlite_url, seed=7) as target:
        outcome = await target.attack(500)
    assert outcome.wrong == []
    assert {status for _, status in outcome.statuses} <= {200, 303, 400, 403, 404}


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
