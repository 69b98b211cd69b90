"""The stand-up in a DingTalk group, within what that platform can do and what a month allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import unquote

import pytest
from starlette.responses import Response

from cards.elements import Card, pack
from storage.tables.outbox import Owed, State
from tests.acceptance.dingtalk_day import ENGINEERS, GROUP, Day, day, given_project
from tests.fakes import dingtalk_push as push
from tests.fakes.dingtalk import Call, DingTalkServer, error, running


@pytest.fixture
def dingtalk() -> object:
    with running(DingTalkServer()) as server:
        yield server


async def owed(one: Day, state: State) -> int:
    async with one.wired.database.read() as uow:
        return len(await uow.outbox.list([state]))


async def test_a_group_is_greeted_at_its_first_message(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        answer = await one.says("pm", "你好", nick="陈静")
        assert answer.json() == {"msgtype": "empty"}
        assert [sent.via for sent in one.seen("大家好，我是 Golive 助手", GROUP)] == ["api"]
        await one.says("pm", "帮助", nick="陈静")
        assert len(one.seen("大家好")) == 1
        assert [sent.via for sent in one.seen("我能帮你做什么", GROUP)] == ["session"]
        assert dingtalk.api_calls == 1


async def test_a_stand_up_from_prompt_to_digest_within_six_calls_a_day(
    dingtalk: DingTalkServer, any_url: str
) -> None:
    async with day(any_url, dingtalk) as one:
        await given_project(one)
        await one.at("09:30")
        (prompt,) = one.seen("每日站会", GROUP)
        assert prompt.via == "api"
        assert prompt.msg_key == "sampleActionCard2"
        assert "同昨" in unquote(prompt.param["actionURL1"])
        assert "已填 0/5" in prompt.words.replace("\\", "")
        assert "也可以直接发" in prompt.words

        await one.at("09:40")
        await one.says("eng0", "昨天：接口联调\n今天：写手册\n阻碍：测试环境没开", nick="李雷")
        await one.says("eng1", "日报 昨天：导入期初 今天：对账 阻碍：无", nick="韩梅梅")
        await one.says("eng2", "昨天：装好服务器\n今天：开通账号", nick="王强", private=True)
        (receipt,) = one.seen("已记录", "eng2")
        assert receipt.via == "session"
        spoken = {"duration": 4000, "recognition": "昨天做了培训，今天答疑"}
        await one.says("eng3", msgtype="audio", content=spoken, nick="赵敏", private=True)
        assert one.seen("已记录", "eng3")
        assert len(one.seen("还没填", GROUP)) == 1, "nothing new in the group within the minute"

        await one.at("09:42")
        news = one.seen("已填 4/5", GROUP)
        assert [sent.via for sent in news] == ["session"], "a minute's answers are one message"
        assert "孙丽" in news[0].words

        await one.says("eng4", "昨天：验收\n今天：上线准备\n阻碍：无", nick="孙丽")
        await one.at("10:31")
        (digest,) = one.seen("每日站会汇总", GROUP)
        assert "测试环境没开" in digest.words
        assert "5/5" in digest.words.replace("\\", "")

        await one.at("11:00")
        await one.says("eng2", "昨天：装好服务器和备份\n今天：开通账号", nick="王强", private=True)
        await one.at("11:02")
        (update,) = one.seen("补交或修改", GROUP)
        assert "王强" in update.words
        await one.at("20:00")
        assert dingtalk.api_calls <= 6
        assert dingtalk.api_calls == len([c for c in dingtalk.calls if c.counted])
        assert await owed(one, State.PENDING) == 0
        assert await owed(one, State.DEAD) == 0


async def test_the_missing_get_a_private_form_to_answer_by_a_plain_reply(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.at("10:16")
        for id_ in ENGINEERS:
            (reminder,) = one.seen("还差你一份", id_)
            assert reminder.msg_key.startswith("sampleActionCard")
            assert "昨天完成" in reminder.words
        together = [c for c in dingtalk.calls if "batchSend" in c.path]
        assert [len(c.body["userIds"]) for c in together] == [5], "one call for all of them"
        await one.says("eng0", "昨天调试，今天继续", nick="李雷", private=True)
        assert one.seen("已记录", "eng0")
        await one.says("eng1", "同昨", nick="韩梅梅", private=True)
        assert one.seen("没有找到你上一次的内容", "eng1")


async def test_what_cannot_be_heard_is_answered_in_words(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.says("eng0", msgtype="audio", content={"duration": 900}, private=True)
        assert one.seen("没听清", "eng0")
        await one.says("eng0", msgtype="picture", content={"downloadCode": "m"}, private=True)
        assert one.seen("看不了图片", "eng0")
        await one.says("new", "帮助", staff=False, nick="新同事")
        assert one.seen("还没有正式发布", GROUP)


async def test_everything_pressed_is_a_command_that_works_when_typed(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.at("09:31")
        await one.says("eng0", "昨天：联调\n今天：手册", nick="李雷", private=True)
        await one.says("eng0", "撤回", nick="李雷", private=True)
        assert one.seen("已撤回", "eng0")
        await one.says("eng0", "请假 明天", nick="李雷", private=True)
        assert one.seen("撤销请假", "eng0")
        await one.says("eng0", "撤销请假", nick="李雷", private=True)
        assert one.seen("已撤销请假", "eng0")
        await one.says("pm", "设置 站会发起时间 09:20", nick="陈静")
        assert one.seen("09:20", GROUP)
        await one.says("pm", "设置 日报开关 开", nick="陈静")
        await one.says("pm", "设置 午饭 12:00", nick="陈静")
        assert one.seen("没有叫“午饭”的设置", GROUP)
        await one.says("eng0", "填站会", nick="李雷")
        assert one.seen("还差你一份", "eng0")


async def test_a_used_up_quota_rests_everything_and_loses_nothing(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.quota = 0
        await one.at("09:31")
        refused = [call for call in dingtalk.calls if call.status == 403]
        assert len(refused) == 1
        assert await owed(one, State.PENDING) >= 1
        await one.at("09:50")
        assert len([call for call in dingtalk.calls if call.status == 403]) == 1
        text = (await one.http.get("/metrics")).text
        assert 'golive_quota_used_up{platform="dingtalk"} 1.0' in text
        dingtalk.quota = None
        await one.at("10:45")
        assert one.seen("每日站会", GROUP)
        assert await owed(one, State.PENDING) == 0


async def test_a_body_over_quota_is_counted_and_nobody_is_harmed(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        answer = await one.push(push.quota_body("pm", created_ms=int(one.stamp())))
        assert (answer.status_code, answer.json()) == (200, {"msgtype": "empty"})
        assert dingtalk.sent == []


async def test_an_answer_that_never_came_is_unknown_and_not_sent_again(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        return error("gateway", 504) if "groupMessages" in call.path else None

    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.fault = fault
        await one.at("09:31")
        dingtalk.fault = lambda _: None
        await one.at("09:50")
        assert not one.seen("每日站会", GROUP)
        assert await owed(one, State.UNKNOWN) == 1


async def test_a_dead_session_falls_back_to_a_call(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.expired_sessions.add("gone")
        await one.says("pm", "项目", session="gone", nick="陈静")
        (card,) = one.seen("健康度", GROUP)
        assert card.via == "api"
        one.clock.move_to(one.clock.now() + timedelta(hours=2))
        await one.says("pm", "项目", nick="陈静")


async def test_an_answer_in_the_group_mentions_who_asked(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.says("eng0", "项目", nick="李雷")
        (card,) = one.seen("健康度", GROUP)
        assert card.at_users == ("eng0",)


async def test_events_of_the_organisation_keep_the_roster(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        event = push.org_event("chat_add_member", openConversationId=GROUP, userId=["fresh"])
        answer = await one.happens(event)
        assert push.open_reply(answer.content) == "success"
        gone = push.org_event("chat_disband", openConversationId=GROUP)
        await one.happens(gone)
        await one.at("09:31")
        assert not one.seen("每日站会", GROUP)


async def test_a_message_that_comes_twice_counts_once(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        for _ in range(3):
            await one.says("eng0", "项目", msg_id="same==", nick="李雷")
        assert len(one.seen("健康度", GROUP)) == 1


async def test_people_are_taken_in_by_their_mobile_numbers(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.users["new1"] = {"name": "新同事", "mobile": "13800001111"}
        await one.says("pm", "成员 13800001111 工程师，13900002222", nick="陈静")
        (card,) = one.seen("已加入 1 人", GROUP)
        assert "新同事" in card.words
        assert "2222" in card.words
        assert "13900002222" not in card.words
        await one.says("eng0", "成员 13800001111", nick="李雷")
        assert one.seen("需要项目经理", "eng0")
        await one.at("09:31")
        assert "新同事" in one.seen("每日站会", GROUP)[-1].words
        counted = [c for c in dingtalk.calls if c.counted and "topapi" in c.path]
        assert counted == []


async def test_whom_dingtalk_holds_back_or_does_not_know_is_treated_alone(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.flow_controlled.add("eng0")
        dingtalk.invalid.add("eng1")
        await one.at("10:15")
        assert one.seen("还差你一份", "eng2")
        assert not one.seen("还差你一份", "eng0")
        dingtalk.flow_controlled.clear()
        await one.at("10:20")
        assert len(one.seen("还差你一份", "eng0")) == 1
        assert len(one.seen("还差你一份", "eng2")) == 1
        assert await owed(one, State.DEAD) == 1


async def test_a_group_that_was_believed_gone_wakes_when_somebody_speaks_there(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.happens(push.org_event("chat_disband", openConversationId=GROUP))
        await one.says("pm", "项目", nick="陈静")
        await one.at("09:31")
        assert one.seen("每日站会", GROUP)


async def _owe_25(one: Day) -> None:
    await given_project(one)
    chat = await _chat(one)
    async with one.wired.database.begin() as uow:
        for number in range(25):
            payload = {"card": pack(Card(f"卡片 {number}", ())), "reply_to": ""}
            uow.outbox.owe(
                Owed("dingtalk", "card", "chat", chat, payload, uow.now, f"lane{number}")
            )


@asynccontextmanager
async def _relaying(one: Day) -> AsyncIterator[asyncio.Task[None]]:
    relay = asyncio.create_task(one.wired.engine.relay.run())
    yield relay
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)


@pytest.mark.parametrize("answered", [True, False])
async def test_a_crash_leaves_in_doubt_only_the_cards_that_were_being_sent(
    dingtalk: DingTalkServer, sqlite_url: str, answered: bool
) -> None:
    """The project's beginning took ten of this minute's twenty, so fifteen cards wait."""
    async with day(sqlite_url, dingtalk) as one:
        await _owe_25(one)
        if not answered:
            dingtalk.fault = lambda call: 4.0 if "groupMessages" in call.path else None
        before = len(dingtalk.calls)
        async with _relaying(one):
            async with asyncio.timeout(20):
                while (
                    len(dingtalk.calls) < before + 10
                    or await owed(one, State.SENDING) > 25 - 10 * answered
                ):
                    await asyncio.sleep(0.01)
            async with one.wired.database.begin() as uow:  # what the next relay does first
                found = await uow.outbox.unfinished("dingtalk", uow.now, repeats_safely=False)
    assert found == (15, 0 if answered else 10)


async def test_an_orderly_stop_leaves_what_still_waits_as_owed(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await _owe_25(one)
        async with _relaying(one):
            async with asyncio.timeout(20):
                while len(one.seen("卡片", GROUP)) < 5:
                    await asyncio.sleep(0.01)
        sent = len(one.seen("卡片", GROUP))
        assert sent < 25
        assert await owed(one, State.PENDING) == 25 - sent
        assert await owed(one, State.SENDING) == await owed(one, State.UNKNOWN) == 0


async def _chat(one: Day) -> str:
    async with one.wired.database.read() as uow:
        chat = await uow.chats.find("dingtalk", GROUP)
    assert chat is not None
    return chat.account


async def test_a_page_instead_of_an_answer_is_no_success(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        return Response("<html>slow down</html>") if "groupMessages" in call.path else None

    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.fault = fault
        await one.at("09:31")
        dingtalk.fault = lambda _: None
        await one.at("09:45")
        assert len(one.seen("每日站会", GROUP)) == 1


async def test_an_import_demotes_nobody(dingtalk: DingTalkServer, sqlite_url: str) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        dingtalk.users["pm"] = {"name": "陈静", "mobile": "13800009999"}
        await one.says("pm", "成员 13800009999 工程师", nick="陈静")
        await one.says("pm", "设置", nick="陈静")
        assert one.seen("项目设置", GROUP)


async def test_what_insists_is_sent_again_after_an_answer_that_never_came(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        return error("gateway", 504) if "groupMessages" in call.path else None

    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        async with one.wired.database.begin() as uow:
            payload = {"card": pack(Card("升级", ())), "reply_to": "", "insist": True}
            row = Owed("dingtalk", "card", "chat", GROUP, payload, uow.now, "lane")
            uow.outbox.owe(row)
        dingtalk.fault = fault
        await one.settle()
        dingtalk.fault = lambda _: None
        await one.at("07:30")
        assert len(one.seen("升级", GROUP)) == 1
        assert await owed(one, State.UNKNOWN) == 0


async def test_a_customers_group_stays_one_when_it_wakes(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await one.says("customer", "你好", external=True, nick="王主任")
        await one.happens(push.org_event("chat_disband", openConversationId=GROUP))
        await one.says("pm", "帮助", nick="陈静")
        async with one.wired.database.read() as uow:
            chat = await uow.chats.find("dingtalk", GROUP)
        assert chat is not None
        assert (chat.present, chat.external) == (True, True)
