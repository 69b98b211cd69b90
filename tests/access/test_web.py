"""Every address that answers, with everything that a browser or a stranger may ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from bot.app import create_app
from bot.settings import Settings
from bot.wiring import Wired, wire
from tests.access.world import World

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
DEMO: dict[str, Any] = {"playground": True}
SERVE: dict[str, Any] = {
    "feishu_app_id": "cli_1",
    "feishu_app_secret": SecretStr("secret"),
    "feishu_verification_token": SecretStr("token"),
    "dingtalk_client_id": "ding1",
    "dingtalk_client_secret": SecretStr("secret"),
    "dingtalk_event_token": SecretStr("token"),
    "dingtalk_event_aes_key": SecretStr("k" * 43),
    "dingtalk_card_secret": SecretStr("secret"),
    "public_url": "https://golive.example",
}


@asynccontextmanager
async def served(url: str, given: dict[str, Any]) -> AsyncIterator[tuple[Wired, httpx.AsyncClient]]:
    wired = wire(Settings(_env_file=None, database_url=url, **given), sandbox=given is DEMO)
    app = create_app(wired)

    async def broken(_: Request) -> Response:
        raise RuntimeError

    app.add_route("/broken", broken)
    await wired.engine.dispatcher.start()
    if wired.pages:
        await wired.pages.start()
        wired.pages.close()  # a stream ends at once
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield wired, http
    finally:
        await wired.engine.stop()


def paths(routes: list[BaseRoute]) -> Iterator[str]:
    """Every path of an application, every file among them, with something in each blank."""
    for route in routes:
        if isinstance(route, Route):
            yield route.path.replace("{token}", "no.such.link")
        elif isinstance(route, Mount):
            folder = Path(getattr(route.app, "directory", ""))
            yield from (
                f"{route.path}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()
            )
            yield f"{route.path}/none.js"
            yield f"{route.path}/%2e%2e/%2e%2e/pages.py"
        else:
            raise AssertionError(route)


def lacking(answer: httpx.Response) -> list[str]:
    """The headers that an answer should have and has not."""
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    static = "/static/" in answer.request.url.path
    wanted = {
        "nosniff": headers.get("x-content-type-options") == "nosniff",
        "policy": "default-src 'none'" in policy and "unsafe" not in policy,
        "frames": "frame-ancestors 'none'" in policy,
        "referrer": headers.get("referrer-policy") in ("no-referrer", "same-origin"),
        "no-store": static or headers.get("cache-control") == "no-store",
        "silent": not {"server", "x-powered-by"} & headers.keys(),
    }
    return [name for name, there in wanted.items() if not there]


@pytest.mark.parametrize("given", [DEMO, SERVE], ids=["demo", "serve"])
async def test_every_answer_of_every_route_has_its_headers(
    sqlite_url: str, given: dict[str, Any]
) -> None:
    async with served(sqlite_url, given) as (wired, http):
        found = [*paths(create_app(wired).routes), "/broken", "/none", "/", "/docs", "/.env", "//"]
        seen: set[int] = set()
        for path in found:
            for method in METHODS:
                answer = await http.request(method, path)
                seen.add(answer.status_code)
                assert lacking(answer) == [], (method, path, answer.status_code)
                assert "Traceback" not in answer.text
        assert {200, 404, 405, 500} <= seen
        assert len(found) > 10


STRANGE_HOSTS = (
    "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8000",
    "127.0.0.1@evil.example", "127.0.0.2", "0.0.0.0", "[::]", "[::1].evil.example", "127.1",
    "2130706433", "0x7f000001", "127.0.0.1:80:80", "localhost:x", "[::ffff:127.0.0.1]", "::1:1:1",
    "localhost.", "127.0.0.1.", "",
)  # fmt: skip
STRANGE_SITES = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "https://127.0.0.1"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "nonsense"},
)


async def test_the_playground_answers_only_on_this_machine_and_to_itself(sqlite_url: str) -> None:
    async with served(sqlite_url, DEMO) as (wired, http):
        assert wired.pages
        routes = [route for route in wired.pages.routes if isinstance(route, Route)]
        assert len(routes) > 10
        for route in routes:
            for method in sorted((route.methods or set()) & {"GET", "POST"}):
                for host in STRANGE_HOSTS:
                    answer = await http.request(method, route.path, headers={"Host": host})
                    assert answer.status_code == 403, (method, route.path, host)
                for site in STRANGE_SITES if method == "POST" else ():
                    answer = await http.post(route.path, headers=site)
                    assert answer.status_code == 403, (route.path, site)


async def test_what_a_monitor_reads_names_nobody(world: World) -> None:
    url = str(world.chat.database.url.render_as_string(hide_password=False))
    async with served(url, SERVE) as (_, http):
        for path in ("/healthz", "/readyz", "/metrics", "/form/no.such.link", "/none"):
            text = (await http.get(path)).text
            for side in (world.ours, world.theirs):
                assert side.mark not in text
                assert side.names not in text
                ids = [one for one in side.ids.values() if len(str(one)) == 32]
                assert not [one for one in ids if one in text]


@pytest.mark.parametrize(
    "address",
    ["http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://[::1]@evil.example",
     "http://127.0.0.1@evil.example", "http://evil.example", "ftp://open.feishu.cn", "//x.cn"],
)  # fmt: skip
def test_a_secret_travels_in_the_clear_on_this_machine_alone(address: str) -> None:
    for name in ("feishu_base_url", "dingtalk_api_base_url", "dingtalk_oapi_base_url"):
        with pytest.raises(ValidationError):
            Settings.model_validate({name: address})
        assert Settings.model_validate({name: "http://127.0.0.1:8123"})
