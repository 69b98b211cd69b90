"""Feishu is down, slow to forgive, or refuses: nothing is lost and nobody sees anything twice."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path

from starlette.responses import Response

from bot.core.clock import SystemClock
from storage.unit_of_work import Database
from tests.acceptance.conftest import Make
from tests.acceptance.crowd import (
    all_answered,
    assert_each_answered_once,
    assert_in_order,
    assert_within_limits,
    place,
    questions,
    seen,
)
from tests.acceptance.server import Golive, until
from tests.fakes.feishu import (
    Call,
    FeishuServer,
    bot_added,
    error,
    message,
    running,
)
from tests.fakes.serving import free_port


def test_while_feishu_is_away_all_is_kept_and_afterwards_sent_once_in_order_within_its_limits(
    tmp_path: Path, sqlite_url: str
) -> None:
    feishu = FeishuServer()
    feishu.port = free_port()
    bot = Golive(tmp_path, feishu.url, sqlite_url).start()
    asked = questions(120, chats=24)
    try:
        bot.tell(*asked)
        until(lambda: bot.metric("golive_retries_total", platform="feishu"), "a retry is counted")
        assert bot.ready() == 200
        assert bot.owed() >= 120
        assert bot.metric("golive_outbox_oldest_seconds", platform="feishu") > 0
        assert bot.metric("golive_sends_total", outcome="sent") == 0
        with running(feishu):
            until(lambda: all_answered(feishu, asked), "everything is sent", within=20)
            until(lambda: not bot.owed(), "nothing is owed any more")
            assert_each_answered_once(feishu, asked)
            assert_in_order(feishu, asked)
            assert_within_limits(feishu.calls, asked)
            assert bot.metric("golive_sends_total", outcome="sent") >= 120
    finally:
        bot.end()


def test_server_errors_are_tried_again_and_a_reset_header_is_waited_for(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    busy, broken = questions(2)

    def fault(call: Call) -> Response | None:
        if len([c for c in feishu.calls if c.path == call.path]) > 1:
            return None
        if place(busy).removeprefix("chat_of:") in call.path:
            return error(99991400, "too many", 429, {"x-ogw-ratelimit-reset": "1.5"})
        if place(broken).removeprefix("chat_of:") in call.path:
            return error(1, "bad gateway", 502)
        return None

    feishu.fault = fault
    bot.tell(busy, broken)
    until(lambda: all_answered(feishu, [busy, broken]), "both are sent")
    assert_each_answered_once(feishu, [busy, broken])
    for event, least in ((busy, 1.5), (broken, 0.5)):
        asked = place(event).removeprefix("chat_of:")
        first, second = (call for call in feishu.calls if asked in call.path)
        assert first.body["uuid"] == second.body["uuid"]
        assert second.at - first.at >= least
    assert bot.metric("golive_sends_total", outcome="busy") == 1
    assert bot.metric("golive_sends_total", outcome="passing") == 1


def test_a_card_that_feishu_refuses_is_sent_as_text_within_the_limits(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        card = call.body.get("msg_type") == "interactive"
        return error(230099, "Failed to create card content", 400) if card else None

    feishu.fault = fault
    bot = golive(sqlite_url)
    asked = questions(12, chats=2)
    bot.tell(*asked)
    until(lambda: all_answered(feishu, asked), "each got its text")
    until(lambda: not bot.owed(), "nothing is owed")
    assert_each_answered_once(feishu, asked)
    assert {sent.msg_type for sent in feishu.messages()} == {"text"}
    assert "我能帮你做什么" in feishu.messages()[0].words
    assert_within_limits(feishu.calls, asked)


def test_a_group_that_is_not_ours_any_more_gets_no_more_jobs(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    bot.tell(bot_added(), message("ou_pm", "新项目 华鼎ERP"))
    until(lambda: len(feishu.messages()) >= 2 and not bot.owed(), "the project stands")
    assert any(jobs_of_all_projects(sqlite_url))

    def fault(call: Call) -> Response | None:
        sends = "/messages" in call.path
        return error(230002, "Bot is not in the chat", 400) if sends else None

    feishu.fault = fault
    dead = bot.metric("golive_outbox_rows", state="dead")
    bot.tell(message("ou_pm", "项目"))
    until(lambda: bot.metric("golive_outbox_rows", state="dead") > dead, "the answer is dead")
    until(lambda: not any(jobs_of_all_projects(sqlite_url)), "the project rests")
    assert bot.ready() == 200

    feishu.fault = lambda _: None
    bot.tell(bot_added())
    until(lambda: any(jobs_of_all_projects(sqlite_url)), "it goes on when the bot is added again")


def jobs_of_all_projects(url: str) -> list[datetime | None]:
    """When each job of each project runs next."""

    async def read() -> list[datetime | None]:
        database = Database(url, SystemClock())
        async with database.read() as uow:
            projects = await uow.projects.all()
            found = [when for p in projects for when in (await uow.schedule.of(p.id)).values()]
        await database.close()
        return found

    return asyncio.run(read())


def test_a_token_that_ends_early_is_renewed_once_for_everybody(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    first, *others = questions(11)
    bot.tell(first)
    until(lambda: all_answered(feishu, [first]), "the first is answered")
    feishu.valid_tokens.clear()
    feishu.calls.clear()
    assert set(bot.tell_all(others)) == {200}
    until(lambda: all_answered(feishu, others), "the others are answered")
    assert_each_answered_once(feishu, [first, *others])
    renewals = [call for call in feishu.calls if "tenant_access_token" in call.path]
    assert len(renewals) == 1
    assert seen(feishu).total() == 11
    assert json.dumps(renewals[0].body).count(bot.settings["FEISHU_APP_SECRET"]) == 1


def test_what_the_bot_may_not_see_in_a_group_is_said_there_once(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        return error(99991672, "no scope", 400) if call.path.endswith("/members") else None

    feishu.fault = fault
    bot = golive(sqlite_url)
    bot.tell(bot_added())
    until(lambda: any("看不到成员名单" in s.words for s in feishu.messages()), "it is said")
    bot.tell(message("ou_pm", "新项目 华鼎ERP"))
    until(lambda: any("已建立项目" in s.words for s in feishu.messages()), "the project stands")
    until(lambda: not bot.owed(), "nothing is owed")
    assert len([s for s in feishu.messages() if "看不到成员名单" in s.words]) == 1
