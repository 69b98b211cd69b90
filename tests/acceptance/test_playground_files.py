"""A file in the playground: shown in its chat, given to those alone who see the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio

from bot.app import create_app
from bot.platforms.playground.adapter import Playground
from bot.platforms.playground.people import GROUP
from bot.platforms.port import Delivery, File
from bot.settings import Settings
from bot.wiring import Wired, wire

CONTENT = bytes(range(256)) * 20
NAME = "华鼎ERP “周报”; filename=x.html"


@pytest_asyncio.fixture
async def wired(sqlite_url: str) -> AsyncIterator[Wired]:
    given = Settings(_env_file=None, database_url=sqlite_url, playground=True)
    wired = wire(given, sandbox=True)
    await wired.engine.dispatcher.start()
    yield wired
    await wired.engine.stop()


@pytest_asyncio.fixture
async def http(wired: Wired) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(wired))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as one:
        yield one


async def sent(wired: Wired, to_kind: str, to: str) -> str:
    """Send the file; its message."""
    platform = wired.engine.platforms["playground"]
    assert isinstance(platform, Playground)
    file = File.of(NAME, "pdf", CONTENT)
    return await platform.deliver(Delivery("file", f"key-{to}", to_kind, to, file=file))


async def test_a_file_is_shown_and_given_out(wired: Wired, http: httpx.AsyncClient) -> None:
    message = await sent(wired, "chat", GROUP)
    page = (await http.get("/playground/chat", params={"as": "lilei"})).text
    assert "5 KB" in page
    assert "周报" in page
    [link] = [unescape(part.split('"')[0]) for part in page.split('href="') if "/file?" in part]
    assert message in link
    answer = await http.get(link)
    assert answer.content == CONTENT
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    how, plain, named = answer.headers["content-disposition"].split("; ")
    assert (how, plain) == ("attachment", 'filename="file.pdf"')
    assert unquote(named.removeprefix("filename*=UTF-8''")) == "华鼎ERP “周报”; filename=x.html.pdf"


async def test_a_file_can_be_answered(wired: Wired, http: httpx.AsyncClient) -> None:
    message = await sent(wired, "chat", GROUP)
    page = await http.get("/playground", params={"as": "lilei", "parent": message})
    assert page.status_code == 200
    assert "正在回复：华鼎ERP" in page.text


@pytest.mark.parametrize(("who", "status"), [("lilei", 200), ("hanmeimei", 404)])
async def test_a_private_file_is_for_its_person(
    wired: Wired, http: httpx.AsyncClient, who: str, status: int
) -> None:
    message = await sent(wired, "person", "lilei")
    answer = await http.get("/playground/file", params={"as": who, "message": message})
    assert answer.status_code == status


async def test_there_is_no_file_in_a_text(wired: Wired, http: httpx.AsyncClient) -> None:
    platform = wired.engine.platforms["playground"]
    message = await platform.deliver(Delivery("text", "key", "chat", GROUP, text="hello"))
    for one in (message, "m-unknown", ""):
        answer = await http.get("/playground/file", params={"as": "lilei", "message": one})
        assert answer.status_code == 404
    stranger = {"host": "evil.example"}
    assert (await http.get("/playground/file", headers=stranger)).status_code == 403
