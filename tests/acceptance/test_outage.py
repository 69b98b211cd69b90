"""Down for two hours: what was said meanwhile is handled, and somebody outside has noticed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot import heartbeat
from tests.acceptance.conftest import Make
from tests.acceptance.server import until
from tests.engine.conftest import until as soon
from tests.fakes.feishu import FeishuServer, as_history, bot_added, message
from tests.fakes.serving import free_port, serving
from tests.hearing import told

GROUP = "oc_group1"
QUICK = (
    "-c",
    "import bot.heartbeat; bot.heartbeat.EVERY = 0.1; from bot.cli import main; main()",
)


def words_in(feishu: FeishuServer, words: str) -> list[str]:
    return [one.words for one in feishu.messages() if words in one.words]


def test_what_was_said_while_it_was_down_is_handled_once_and_said(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    heard = message("ou_pm", "新项目 华鼎ERP 上线 2027-03-15")
    bot.tell(bot_added(), heard)
    until(lambda: words_in(feishu, "已建立项目"), "the project stands")
    bot.terminate()
    bot.process.wait(15)
    with sqlite3.connect(str(make_url(sqlite_url).database)) as database:
        database.execute(
            "UPDATE inbox SET at = strftime('%Y-%m-%d %H:%M:%f000', at, '-2 hours', '-5 minutes')"
        )
    missed = [message("ou_pm", "谁没填"), message("ou_pm", "风险 接口没人回")]
    feishu.history[GROUP] = [as_history(one) for one in (heard, *missed)]

    bot.start()
    until(lambda: words_in(feishu, "我回来了"), "it says so")
    (said,) = words_in(feishu, "我回来了")
    assert "2 小时" in said
    assert "2 条消息已补收" in said
    until(lambda: words_in(feishu, "接口没人回"), "the risk is there")
    answered = len(feishu.messages())
    # Feishu has not been told that these arrived and pushes them, too.
    bot.tell(*missed)
    until(lambda: not bot.owed(), "nothing is owed")
    assert len(feishu.messages()) == answered
    assert len(words_in(feishu, "已建立项目")) == 1


class Watcher:
    """What waits for the sign of life; answers as it is told."""

    def __init__(self) -> None:
        self.beats, self.status = 0, 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        assert (request.method, request.url.path, request.url.query) == ("GET", "/ping/abc", "")
        self.beats += 1
        await Response(status_code=self.status)(scope, receive, send)


@pytest.fixture
def watcher() -> Iterator[tuple[Watcher, str]]:
    one = Watcher()
    with serving(one) as port:
        yield one, f"http://127.0.0.1:{port}/ping/abc"


def test_the_sign_of_life_comes_while_all_is_well(
    golive: Make, sqlite_url: str, watcher: tuple[Watcher, str]
) -> None:
    there, url = watcher
    bot = golive(sqlite_url, program=QUICK, HEARTBEAT_URL=url)
    until(lambda: there.beats >= 2, "it beats")

    there.status = 500
    until(lambda: "heartbeat refused" in bot.stderr(), "the operator can see it")
    seen, there.status = there.beats, 200
    until(lambda: there.beats >= seen + 2, "it goes on")

    bot.kill()
    seen = there.beats
    bot.start()
    until(lambda: there.beats > seen, "it beats again after its death")


async def test_no_sign_of_life_comes_while_it_is_not_ready_or_nobody_listens(
    watcher: tuple[Watcher, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    there, url = watcher
    monkeypatch.setattr(heartbeat, "EVERY", 0.02)
    reasons = ["database does not answer"]

    async def not_ready() -> list[str]:
        return reasons

    beating = asyncio.create_task(heartbeat.Heartbeat(url).run(not_ready))
    deaf = f"http://127.0.0.1:{free_port()}/ping/abc"
    beating_at_nobody = asyncio.create_task(heartbeat.Heartbeat(deaf).run(not_ready))
    await soon(lambda: len(told(caplog, "no heartbeat")) >= 4)
    assert there.beats == 0
    assert told(caplog, "no heartbeat")[0]["why"] == reasons
    reasons.clear()
    await soon(lambda: there.beats >= 2)
    await soon(lambda: len(told(caplog, "heartbeat failed")) >= 2)
    for task in (beating, beating_at_nobody):
        task.cancel()
    await asyncio.gather(beating, beating_at_nobody, return_exceptions=True)
