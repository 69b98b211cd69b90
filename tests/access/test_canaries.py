"""Every secret is a canary, and DingTalk repeats in its errors whatever it was sent."""

from __future__ import annotations

import contextlib
import gc
import gzip
import io
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from bot.platforms.feishu.verify import Keys
from bot.settings import Settings
from bot.wiring import wire
from storage.backup import back_up
from storage.tables.outbox import State
from tests.acceptance.dingtalk_day import Day, day, given_project
from tests.acceptance.server import command
from tests.fakes import dingtalk as ding
from tests.fakes.dingtalk import REPLY_PATH, Call, DingTalkServer, running
from tests.hearing import logging_as

PUBLIC = "https://golive.example"
SESSION = "canarysession"
SECRETS = (ding.CLIENT_SECRET, ding.EVENT_TOKEN, ding.EVENT_AES_KEY, ding.CARD_SECRET)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG, as the product would log it."""
    text = io.StringIO()
    with contextlib.redirect_stderr(text), logging_as("DEBUG", "json", SECRETS):
        yield text


def echoing(server: DingTalkServer) -> None:
    """Every second call fails, and its error repeats the call, where errors have room for it."""
    turns = itertools.count()

    def fault(call: Call) -> Response | None:
        if next(turns) % 2:
            return None
        echo = f"{SECRETS[0]} {call.query} {sorted(server.valid_tokens)} {call.body}"
        turn = next(turns) // 2
        shapes = (
            ({"code": "InvalidParameter", "message": echo}, 400),
            ({"errcode": 40035, "errmsg": echo}, 200),
            ({"code": echo, "message": ""}, 400),
            (
                {
                    "code": "Forbidden.AccessDenied.X",
                    "accessdenieddetail": {"requiredScopes": [echo]},
                },
                403,
            ),
            ({"errcode": echo}, 200),
            ({"message": {"nested": echo}}, 500),
        )
        body, status = shapes[turn % len(shapes)]
        return JSONResponse(body, status)

    server.fault = fault


async def story(one: Day) -> list[str]:
    """A morning in which half of all calls fail; what was answered over HTTP."""
    said: list[str] = []
    await given_project(one)
    await one.at("10:16")  # the private forms have their links
    echoing(one.dingtalk)
    for number in range(8):
        answer = await one.says("pm", "帮助", session=f"{SESSION}{number}")
        said.append(answer.text)
        await one.says(
            "eng0", "昨天：写接口 今天：联调", private=True, session=f"{SESSION}p{number}"
        )
    await one.says("pm", "我的成长 导出 Word", private=True)
    said.append((await one.http.post("/webhook/dingtalk", content=b"{", headers={})).text)
    said += [
        (await one.http.get(path)).text for path in ("/readyz", "/metrics", "/form/none", "/x")
    ]
    one.dingtalk.fault = lambda _: None
    return said


def of_links(server: DingTalkServer) -> list[str]:
    """The keys that were sent in links to forms."""
    return re.findall(
        r"%2Fform%2F([A-Za-z0-9_.%-]{20,}?)(?:&|%26|\"|\\)", str([s.param for s in server.sent])
    )


async def test_no_secret_is_seen_though_the_platform_repeats_it(
    sqlite_url: str, tmp_path: Path, written: io.StringIO
) -> None:
    with running(DingTalkServer()) as server:
        async with day(sqlite_url, server, public_url=PUBLIC) as one:
            said = await story(one)
            async with one.wired.database.read() as uow:
                rows = await uow.outbox.list(list(State), 1_000)
            failed = [row for row in rows if row.error]
            await back_up(one.wired.database, tmp_path / "all.backup")
            links = of_links(server)
            tokens = list(server.valid_tokens)
        places = {
            "the log": written.getvalue(),
            "answers": "\n".join(said),
            "the outbox": repr(rows),
            "files": contents(tmp_path),
        }
    assert failed, "calls failed"
    assert [call for call in server.calls if call.path == REPLY_PATH], "sessions were used"
    assert tokens
    assert links
    shown = [
        command(tmp_path, "outbox", *words, settings={"DATABASE_URL": sqlite_url}).stdout
        for words in (("list", "--state", "all"), *(("show", row.key) for row in failed[:2]))
    ]
    places["the terminal"] = "\n".join(shown)
    for canary in (*SECRETS, *tokens, *links, SESSION):
        for place, text in places.items():
            assert canary not in text, (
                canary,
                place,
                text[max(0, text.find(canary) - 200) :][:400],
            )


def contents(folder: Path) -> str:
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    assert len(files) > 1
    unpacked = [gzip.decompress(p.read_bytes()) for p in files if p.suffix == ".backup"]
    return b"".join([*unpacked, *(path.read_bytes() for path in files)]).decode("latin-1")


def test_nothing_that_is_built_shows_its_secrets(sqlite_url: str) -> None:
    """`repr` is what a traceback, a debugger or a careless log line shows."""
    canaries = {
        "feishu_app_secret": "canary-1", "feishu_encrypt_key": "canary-2",
        "feishu_verification_token": "canary-3", "dingtalk_client_secret": "canary-4",
        "dingtalk_event_token": "canary5", "dingtalk_event_aes_key": "canary6" + "k" * 36,
        "dingtalk_card_secret": "canary-7", "faq_encoder_key": "canary-8",
    }  # fmt: skip
    assert set(canaries) == {
        name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    given: dict[str, Any] = {name: SecretStr(value) for name, value in canaries.items()}
    settings = Settings(
        _env_file=None, database_url=sqlite_url, feishu_app_id="cli_1", dingtalk_client_id="ding1",
        feishu_mode="websocket", dingtalk_mode="stream", public_url=PUBLIC, faq_encoder="endpoint",
        faq_encoder_url="https://encoder.example/v1", faq_encoder_model="m", **given,
    )  # fmt: skip
    wired = wire(settings)
    ours = ("bot.", "storage.")
    built = [one for one in gc.get_objects() if str(type(one).__module__).startswith(ours)]
    assert [one for one in built if isinstance(one, Keys)]
    assert wired in built
    showing = {type(one).__name__ for one in built if "canary" in repr(one)}
    assert not showing
    assert json.dumps(settings.model_dump(mode="json")).count("canary") == 0
