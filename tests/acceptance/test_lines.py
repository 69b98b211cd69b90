"""No public address: both platforms over their long connections, with the faults those have.

The platforms' own clients run in their child processes against servers that speak the real frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed

from bot.core.clock import SystemClock
from bot.engine import Engine
from bot.lines import Line, Patience
from bot.settings import Settings
from bot.wiring import Wired, wire
from storage.tables.inbox import inbox
from tests.fakes import dingtalk, dingtalk_push, feishu
from tests.fakes.lines import DingTalkLine, FeishuLine, LineServer, line

# Quick enough for a test; the ways are those of the long waits.
QUICK = Patience(ping=0.5, silent=4.0, up=30.0, lost=12.0, beats=6.0)


async def until(look: Any, what: str, within: float = 30.0) -> None:
    async with asyncio.timeout(within):
        while not look():
            await asyncio.sleep(0.02)
    assert look(), what


@asynccontextmanager
async def listening(settings: Settings, patience: Patience = QUICK) -> AsyncIterator[Wired]:
    """The engine with its lines, as impatient as we want them."""
    wired = wire(settings, clock=SystemClock())
    engine: Engine = wired.engine
    engine.lines = [
        Line(
            one._platform,
            engine.dispatcher,
            wired.clock,
            engine.metrics,
            one._catching_up,
            patience,
        )
        for one in engine.lines
    ]
    await engine.start()
    try:
        yield wired
    finally:
        await engine.stop()


@asynccontextmanager
async def feishu_by_line(url: str, patience: Patience = QUICK) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        far = FeishuLine()
        await stack.enter_async_context(line(far))
        server = stack.enter_context(feishu.running(feishu.FeishuServer()))
        server.ws_url = f"ws://127.0.0.1:{far.port}/ws?device_id=d1&service_id=7"
        settings = Settings(
            _env_file=None,
            database_url=url,
            feishu_app_id=feishu.APP_ID,
            feishu_app_secret=SecretStr(feishu.APP_SECRET),
            feishu_base_url=server.url,
            feishu_mode="websocket",
        )
        wired = await stack.enter_async_context(listening(settings, patience))
        await until(lambda: far.connections, "connected")
        yield far, server, wired


@asynccontextmanager
async def dingtalk_by_stream(url: str, patience: Patience = QUICK) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        far = DingTalkLine()
        await stack.enter_async_context(line(far))
        server = stack.enter_context(dingtalk.running(dingtalk.DingTalkServer()))
        server.ws_port = far.port
        settings = Settings(
            _env_file=None,
            database_url=url,
            dingtalk_client_id=dingtalk.CLIENT_ID,
            dingtalk_client_secret=SecretStr(dingtalk.CLIENT_SECRET),
            dingtalk_robot_code=dingtalk.ROBOT_CODE,
            dingtalk_api_base_url=server.url,
            dingtalk_oapi_base_url=server.url,
            dingtalk_mode="stream",
        )
        wired = await stack.enter_async_context(listening(settings, patience))
        await until(lambda: far.connections, "connected")
        yield far, server, wired


def sent(server: Any, words: str) -> list[Any]:
    return [one for one in server.messages() if words in one.words]


async def test_dingtalk_over_its_stream(sqlite_url: str) -> None:
    async with dingtalk_by_stream(sqlite_url) as (far, server, wired):
        hello = dingtalk_push.robot_message("pm", "新项目 华鼎ERP", base=server.url, nick="陈静")
        code, answer = await far.push(hello, "robot")
        assert (code, answer) == (200, {"response": {}})
        await until(lambda: sent(server, "已建立项目"), "answered")
        await far.push(hello, "robot")
        event = {"eventType": "chat_update_title", "eventId": "e1", "title": "新名字"}
        event["openConversationId"] = dingtalk.GROUP
        assert await far.push(event, "event") == (200, {"status": "SUCCESS", "message": ""})
        async with wired.database.read() as uow:
            chat = await uow.chats.find("dingtalk", dingtalk.GROUP)
        assert chat is not None
        assert chat.name == "新名字"
        assert len(sent(server, "已建立项目")) == 1
        pressed = {"outTrackId": "c1", "userId": "pm", "content": "{}", "spaceType": "IM_ROBOT"}
        assert (await far.push(pressed, "card"))[0] == 200
        assert (await far.push({"odd": True}, "robot"))[0] == 200
        assert list(wired.webhooks.routes) == []


@pytest.mark.parametrize(
    "fault", ["cut", "disconnect", pytest.param("mute", marks=pytest.mark.slow)]
)
async def test_a_stream_that_went_deaf_is_mended(sqlite_url: str, fault: str) -> None:
    async with dingtalk_by_stream(sqlite_url) as (far, server, wired):
        before = far.made
        await _break(far, fault)
        await until(lambda: far.made > before, "a new connection", 60)
        far.fault = ""
        await until(lambda: wired.engine.lines[0].connected and far.connections, "up", 60)
        asked = dingtalk_push.robot_message("pm", "帮助", base=server.url)
        assert await _insisted(far, asked) == 200
        await until(lambda: sent(server, "我能帮你做什么"), "heard again")


async def _insisted(far: LineServer, said: dict[str, Any]) -> int:
    """Push until it is acknowledged, as the platform does: on a busy machine a line with quick
    patience may be given up once more."""
    async with asyncio.timeout(60):
        while True:
            with suppress(TimeoutError, ConnectionClosed, IndexError):
                code, _ = await far.push(said, "robot")
                return int(code)
            await asyncio.sleep(0.1)


async def _break(far: LineServer, fault: str) -> None:
    if fault == "cut":
        await far.cut()
    elif fault == "mute":
        far.go_mute()
    else:
        frame = await far.frame("d1", "disconnect", {})
        await far.connections[-1].send(frame)


@pytest.mark.slow
async def test_an_endpoint_that_hangs_ends_the_child_and_the_next_one_connects(
    sqlite_url: str,
) -> None:
    hanging = {"on": False}
    impatient = Patience(ping=0.5, silent=4.0, up=4.0, lost=3.0, beats=6.0)
    async with dingtalk_by_stream(sqlite_url, impatient) as (far, server, _):
        server.fault = lambda call: 60.0 if hanging["on"] and "gateway" in call.path else None
        hanging["on"] = True
        before = far.made
        await far.cut()
        await until(
            lambda: len([c for c in server.calls if "gateway" in c.path]) >= 3, "asked again", 60
        )
        hanging["on"] = False
        await until(lambda: far.made > before, "connected", 60)


async def test_feishu_over_its_long_connection(sqlite_url: str) -> None:
    """Events and presses with their answers, a fault, and what was said during it."""
    async with feishu_by_line(sqlite_url) as (far, server, wired):
        await until(lambda: wired.engine.lines[0].connected, "up")
        await until(lambda: any("bot/v3/info" in c.path for c in server.calls), "knows itself")
        added = feishu.bot_added()
        assert await far.push(added) == (200, None)
        await far.push(feishu.message("ou_pm", "新项目 华鼎ERP 上线 2027-03-15"))
        await far.push(feishu.message("ou_pm", "角色 @李雷 工程师", mentions={"李雷": "ou_li"}))
        await far.push(feishu.message("ou_pm", "站会"))
        await until(lambda: sent(server, "已填 0/1"), "the prompt")
        prompt = sent(server, "已填 0/1")[-1]
        submit = feishu.find_action(prompt.content, "standup.submit")
        form = {"done": "接口联调", "plan": "写手册"}
        code, answer = await far.push(feishu.press("ou_li", submit, card=prompt.message, form=form))
        assert code == 200
        assert answer["toast"]["content"] == "已提交"
        assert answer["card"]["type"] == "raw"

        missed = [feishu.as_history(feishu.message("ou_pm", "谁没填")) for _ in range(20)]
        server.history["oc_group1"] = missed
        before = far.made
        await far.cut()
        await until(lambda: far.made > before, "a new connection", 60)
        await until(lambda: len(sent(server, "谁还没填")) == 20, "all that was missed", 30)
        await far.push(feishu.message("ou_pm", "谁没填", message_id=missed[0]["message_id"]))
        await until(lambda: wired.engine.dispatcher.working, "still there")
        assert len(sent(server, "谁还没填")) == 20, "what was caught up counts once"


@pytest.mark.slow(minutes=2)
@pytest.mark.parametrize("fault", ["mute", "no_pong"])
async def test_a_deaf_feishu_connection_is_mended_within_ninety_seconds(
    sqlite_url: str, fault: str
) -> None:
    """With the waits of the product; 200 messages of the gap are all handled, each once."""
    async with feishu_by_line(sqlite_url, Patience()) as (far, server, wired):
        await until(lambda: wired.engine.lines[0].connected, "up")
        await until(lambda: any("bot/v3/info" in c.path for c in server.calls), "knows itself")
        await far.push(feishu.bot_added())
        said = [feishu.as_history(feishu.message("ou_pm", "帮助")) for _ in range(200)]
        server.history["oc_group1"] = said
        began, before = asyncio.get_running_loop().time(), far.made
        if fault == "mute":
            far.go_mute()
        far.fault = fault
        await until(lambda: far.made > before, "a new connection", 90)
        assert asyncio.get_running_loop().time() - began <= 90
        far.fault = ""

        async def handled() -> int:
            async with wired.database.read() as uow:
                keys = {f"message:{item['message_id']}" for item in said}
                rows = await uow.connection.execute(select(inbox.c.key))
                return len(keys & {row.key for row in rows})

        async with asyncio.timeout(60):
            while await handled() < 200:
                await asyncio.sleep(0.2)
