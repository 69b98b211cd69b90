"""DingTalk with a card template: the living card lives, and a press is answered on the card."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from tests.acceptance.dingtalk_day import GROUP, Day, day, given_project
from tests.fakes import dingtalk_push as push
from tests.fakes.dingtalk import Call, DingTalkServer, Sent, error, running

WITH = {"dingtalk_card_template": "golive.schema", "public_url": "https://golive.example"}


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running(DingTalkServer()) as server:
        yield server


async def presses(
    one: Day, who: str, track: str, action: str, form: dict[str, Any] | None = None
) -> httpx.Response:
    """A press as DingTalk tells of it; every one has a time of its own."""
    params: dict[str, Any] = {"golive": action} | ({"form": form} if form is not None else {})
    body, headers = push.card_press(who, params, card=track, stamp=one.stamp())
    answer = await one.http.post("/webhook/dingtalk/cards", content=body, headers=headers)
    await one.settle()
    return answer


def track_of(dingtalk: DingTalkServer, card: Sent) -> str:
    return next(track for track, sent in dingtalk.cards.items() if sent is card)


async def test_a_stand_up_on_one_card_that_is_changed_in_place(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk, **WITH) as one:
        await given_project(one)
        await one.at("09:30")
        (prompt,) = one.seen("每日站会", GROUP)
        assert prompt.msg_key == "card"
        track = track_of(dingtalk, prompt)
        fields = json.loads(prompt.param["form"])["fields"]
        assert [field["name"] for field in fields] == ["done", "plan", "blockers"]

        action = prompt.param["form_action"]
        half = (await presses(one, "eng0", track, action, {"done": "联调", "plan": ""})).json()
        assert "今天计划" in half["userPrivateData"]["cardParamMap"]["notice"]
        assert "cardData" not in half

        await one.at("09:31")
        full = {"done": "联调", "plan": "写手册", "blockers": "测试环境没开"}
        taken = (await presses(one, "eng0", track, action, full)).json()
        assert taken["userPrivateData"]["cardParamMap"]["notice"] == ""
        assert "已填 1/5" in taken["cardData"]["cardParamMap"]["markdown"].replace("\\", "")

        same = prompt.param["action1"]
        refused = (await presses(one, "eng1", track, same)).json()
        assert "没有找到你上一次的内容" in refused["userPrivateData"]["cardParamMap"]["notice"]

        await one.at("09:33")
        assert "已填 1/5" in prompt.param["markdown"].replace("\\", "")
        await one.at("10:32")
        assert "已截止" in prompt.words
        assert prompt.param["has_form"] == "false"
        (digest,) = one.seen("每日站会汇总", GROUP)
        assert digest.msg_key == "card"
        assert "测试环境没开" in digest.words
        await one.says("eng1", "昨天：补交\n今天：测试", nick="韩梅梅", private=True)
        await one.at("10:40")
        assert "补交" in digest.words
        assert len(dingtalk.messages(GROUP)) == 2, "no follow-ups where cards can be changed"


async def test_a_card_in_another_group_does_nothing(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk, **WITH) as one:
        await given_project(one)
        await one.at("09:30")
        (prompt,) = one.seen("每日站会", GROUP)
        params = {"golive": prompt.param["form_action"], "form": {"done": "a", "plan": "b"}}
        body, headers = push.card_press(
            "eng0", params, card=track_of(dingtalk, prompt), stamp=one.stamp(), spaceId="cidOTHER=="
        )
        answer = await one.http.post("/webhook/dingtalk/cards", content=body, headers=headers)
        assert "另一个群" in answer.json()["userPrivateData"]["cardParamMap"]["notice"]
        await one.at("09:33")
        assert "已填 0/5" in prompt.param["markdown"].replace("\\", "")


async def test_where_the_template_fails_a_message_does(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    def fault(call: Call) -> Response | None:
        return error("param.templateUnpublished") if "createAndDeliver" in call.path else None

    async with day(sqlite_url, dingtalk, **WITH) as one:
        await given_project(one)
        dingtalk.fault = fault
        await one.at("09:30")
        (prompt,) = one.seen("每日站会", GROUP)
        assert prompt.msg_key.startswith("sampleActionCard")


async def test_an_answer_that_never_came_is_asked_for_again_and_shows_one_card(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    lost: list[Call] = []

    def fault(call: Call) -> Response | None:
        if "createAndDeliver" not in call.path or lost:
            return None
        lost.append(call)
        dingtalk._deliver_card(call)
        return error("gateway", 504)

    async with day(sqlite_url, dingtalk, **WITH) as one:
        await given_project(one)
        dingtalk.fault = fault
        await one.at("09:40")
        assert lost
        assert len(one.seen("每日站会", GROUP)) == 1


async def test_dingtalk_is_told_where_presses_go(dingtalk: DingTalkServer, sqlite_url: str) -> None:
    async with day(sqlite_url, dingtalk, **WITH) as one:
        await one.wired.engine.platforms["dingtalk"].start()
        async with asyncio.timeout(10):
            while not dingtalk.callbacks:
                await asyncio.sleep(0.01)
        assert dingtalk.callbacks == {"golive": f"{WITH['public_url']}/webhook/dingtalk/cards"}
