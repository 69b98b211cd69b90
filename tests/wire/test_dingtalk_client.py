"""The calls to DingTalk, against one that enforces its rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.responses import Response

from bot.core.clock import FrozenClock
from bot.platforms.dingtalk.client import DingTalkClient
from bot.platforms.port import DeliveryError, Trouble
from tests.chat import START
from tests.fakes.dingtalk import (
    CLIENT_ID,
    CLIENT_SECRET,
    GROUP,
    ROBOT_CODE,
    Call,
    DingTalkServer,
    error,
    running,
)

HELLO = {"msgKey": "sampleMarkdown", "msgParam": {"title": "t", "text": "hello"}}


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running(DingTalkServer()) as server:
        yield server


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


def made(server: DingTalkServer, clock: FrozenClock, secret: str = CLIENT_SECRET) -> DingTalkClient:
    url = server.url
    return DingTalkClient(url, url, CLIENT_ID, SecretStr(secret), ROBOT_CODE, clock)


@pytest_asyncio.fixture
async def client(dingtalk: DingTalkServer, clock: FrozenClock) -> AsyncIterator[DingTalkClient]:
    one = made(dingtalk, clock)
    yield one
    await one.close()


def tokens(server: DingTalkServer) -> int:
    return len([call for call in server.calls if "accessToken" in call.path])


async def test_one_token_serves_all_and_is_renewed_before_it_ends(
    client: DingTalkClient, dingtalk: DingTalkServer, clock: FrozenClock
) -> None:
    await asyncio.gather(*(client.to_group(GROUP, HELLO) for _ in range(10)))
    assert tokens(dingtalk) == 1
    clock.move_to(clock.now() + timedelta(seconds=7200 * 0.79))
    await client.to_group(GROUP, HELLO)
    assert tokens(dingtalk) == 1
    clock.move_to(clock.now() + timedelta(seconds=7200 * 0.02))
    await client.to_group(GROUP, HELLO)
    assert tokens(dingtalk) == 2


async def test_a_token_that_is_not_taken_is_renewed_once(
    client: DingTalkClient, dingtalk: DingTalkServer
) -> None:
    await client.to_group(GROUP, HELLO)
    dingtalk.valid_tokens.clear()
    await client.to_group(GROUP, HELLO)
    assert tokens(dingtalk) == 2
    dingtalk.fault = lambda call: (
        error("InvalidAuthentication", 401) if "groupMessages" in call.path else None
    )
    with pytest.raises(DeliveryError) as found:
        await client.to_group(GROUP, HELLO)
    assert found.value.trouble is Trouble.PASSING
    assert tokens(dingtalk) == 3


async def test_a_wrong_secret_is_waited_out_and_not_shown(
    dingtalk: DingTalkServer, clock: FrozenClock
) -> None:
    client = made(dingtalk, clock, "canary-secret")
    with pytest.raises(DeliveryError) as found:
        await client.to_group(GROUP, HELLO)
    assert found.value.trouble is Trouble.PASSING
    assert "canary" not in str(found.value)
    await client.close()


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (error("Forbidden.AccessDenied.ApiCountLimitForOrg", 403), Trouble.QUOTA),
        (error("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403), Trouble.BUSY),
        (error("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", 403), Trouble.BUSY),
        (error("send.too.fast"), Trouble.BUSY),
        (error("invalid.openConversationId"), Trouble.GONE),
        (error("group.disbanded"), Trouble.GONE),
        (error("bot.stopped"), Trouble.GONE),
        (error("invalidParameter.msgParam.tooLong"), Trouble.CONTENT),
        (error("contain.unsafe.url"), Trouble.CONTENT),
        (error("Forbidden.AccessDenied.AccessTokenPermissionDenied", 403), Trouble.DENIED),
        (error("unknown.send.result", 500), Trouble.UNKNOWN),
        (error("gateway", 504), Trouble.UNKNOWN),
        (error("system.error", 500), Trouble.PASSING),
        (Response("<html>", 502), Trouble.PASSING),
        (Response("<html>", 200), Trouble.PASSING),
    ],
)
async def test_each_refusal_has_its_class(
    client: DingTalkClient, dingtalk: DingTalkServer, answer: Response, trouble: Trouble
) -> None:
    dingtalk.fault = lambda call: answer if "groupMessages" in call.path else None
    with pytest.raises(DeliveryError) as found:
        await client.to_group(GROUP, HELLO)
    assert found.value.trouble is trouble


async def test_what_a_permission_lacks_is_told(
    client: DingTalkClient, dingtalk: DingTalkServer
) -> None:
    detail = {"accessdenieddetail": {"requiredScopes": ["qyapi_robot_sendmsg"]}}
    refused = error("Forbidden.AccessDenied.AccessTokenPermissionDenied", 403, **detail)
    dingtalk.fault = lambda call: refused if "groupMessages" in call.path else None
    with pytest.raises(DeliveryError, match="qyapi_robot_sendmsg"):
        await client.to_group(GROUP, HELLO)


async def test_nobody_there_is_passing_and_a_lost_answer_is_unknown(
    dingtalk: DingTalkServer, clock: FrozenClock, client: DingTalkClient
) -> None:
    await client.to_group(GROUP, HELLO)

    def cut(call: Call) -> Response | None:
        if "groupMessages" not in call.path:
            return None
        raise ConnectionResetError

    dingtalk.fault = cut
    with pytest.raises(DeliveryError) as found:
        await client.to_group(GROUP, HELLO)
    assert found.value.trouble in (Trouble.UNKNOWN, Trouble.PASSING)
    away = DingTalkClient(
        "http://127.0.0.1:9", "http://127.0.0.1:9", CLIENT_ID, SecretStr("s"), ROBOT_CODE, clock
    )
    with pytest.raises(DeliveryError) as found:
        await away.to_group(GROUP, HELLO)
    assert found.value.trouble is Trouble.PASSING
    await away.close()


async def test_people_are_sorted_by_what_became_of_them(
    client: DingTalkClient, dingtalk: DingTalkServer
) -> None:
    dingtalk.flow_controlled.add("slow")
    dingtalk.invalid.add("gone")
    found = await client.to_people(["li", "slow", "gone"], HELLO)

    def trouble(person: str) -> Any:
        outcome = found[person]
        return outcome.trouble if isinstance(outcome, DeliveryError) else None

    assert [trouble(one) for one in ("li", "slow", "gone")] == [None, Trouble.BUSY, Trouble.GONE]


async def test_messages_can_be_taken_back(client: DingTalkClient, dingtalk: DingTalkServer) -> None:
    key = await client.to_group(GROUP, HELLO)
    await client.recall(GROUP, [key])
    assert dingtalk.messages(GROUP)[0].recalled
    with pytest.raises(DeliveryError):
        await client.recall(GROUP, ["never sent"])
    private = (await client.to_people(["li"], HELLO))["li"]
    await client.recall("", [str(private)])
    assert dingtalk.messages("li")[0].recalled


async def test_files_go_up_and_come_down(client: DingTalkClient, dingtalk: DingTalkServer) -> None:
    assert (await client.upload("image", "chart.png", b"png")).startswith("@")
    with pytest.raises(DeliveryError):
        await client.upload("novel", "x.txt", b"x")
    dingtalk.files["code1"] = b"voice" * 1000
    assert await client.download("code1") == b"voice" * 1000
    with pytest.raises(DeliveryError):
        await client.download("unknown")


async def test_names_and_numbers(client: DingTalkClient, dingtalk: DingTalkServer) -> None:
    dingtalk.users["li"] = {"name": "李雷", "mobile": "13800001111"}
    assert (await client.user("li"))["name"] == "李雷"
    assert await client.by_mobile("13800001111") == "li"
    assert await client.by_mobile("13900000000") == ""
    dingtalk.fault = lambda call: error(60011) if "getbymobile" in call.path else None
    with pytest.raises(DeliveryError):
        await client.by_mobile("13800001111")
