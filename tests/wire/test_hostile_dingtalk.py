"""Broken DingTalk pushes of every kind through the real application: no error of ours."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.dingtalk_day import Day, day
from tests.fakes import dingtalk_push as push
from tests.fakes.dingtalk import CARD_SECRET, GROUP, DingTalkServer, running
from tests.wire.test_hostile_bodies import deface, scramble

BODIES = 3_000


@pytest.fixture
def unlogged() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def samples() -> list[dict[str, Any]]:
    """A body of every kind that people cause."""
    spoken = {"duration": 1, "recognition": "同昨"}
    rich = {"richText": [{"text": "看这个"}, {"type": "picture", "downloadCode": "m"}]}
    return [
        push.robot_message("pm", "帮助"),
        push.robot_message("li", "角色 @李雷 工程师", at=("li",)),
        push.robot_message("li", msgtype="audio", content=spoken, private=True),
        push.robot_message("li", msgtype="richText", content=rich),
        push.robot_message("out", "帮助", external=True),
        push.quota_body("pm"),
    ]


def events() -> list[dict[str, Any]]:
    kinds = ("chat_add_member", "chat_quit", "chat_disband", "chat_update_title", "check_url")
    return [
        push.org_event(kind, openConversationId=GROUP, userId=["u1"], title="新") for kind in kinds
    ]


async def test_hostile_bodies(unlogged: None, sqlite_url: str) -> None:
    chance = random.Random(11)
    statuses: Counter[int] = Counter()
    with running(DingTalkServer()) as server:
        async with day(sqlite_url, server) as one:
            for number in range(BODIES):
                statuses[await _push(one, number, chance)] += 1
            # Still there; what it owes by now is not sent, at twenty a minute it would take hours.
            assert (await one.http.get("/metrics")).status_code == 200
    assert set(statuses) <= {200, 401}, statuses
    assert statuses[200] > BODIES // 4
    assert statuses[401] > BODIES // 20


async def _push(one: Day, number: int, chance: random.Random) -> int:
    """One broken push to one of the three addresses; signed, so that it is looked at."""
    path, headers = "/webhook/dingtalk", push.sign(one.stamp())
    query: dict[str, str] = {}
    match number % 5:
        case 0 | 1:
            body = json.dumps(deface(chance.choice(samples()), chance)).encode()
        case 2:
            body = scramble(json.dumps(chance.choice(samples())).encode(), chance)
        case 3:
            path += "/events"
            query, body = push.seal_event(deface(chance.choice(events()), chance))
            if chance.random() < 0.3:
                body = scramble(body, chance)
        case _:
            path += "/cards"
            params = {"golive": json.dumps({"a": "say", "v": {"text": "帮助"}})}
            body, headers = push.card_press(
                "pm", params, card="c1", stamp=one.stamp(), secret=CARD_SECRET
            )
            body = json.dumps(deface(json.loads(body), chance)).encode()
    answer = await one.http.post(path, content=body, headers=headers, params=query)
    return answer.status_code
