"""Feishu's own SDK as the oracle: it takes what we take, and knows all that we send."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.core.clock import FrozenClock
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.feishu.verify import Keys
from bot.platforms.port import Answer, Request
from cards.render import feishu as drawn
from cards.words import Words
from tests.fakes import feishu as fake
from tests.wire.cards_after import DRAWN

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

PUSHES: dict[str, Callable[[], dict[str, Any]]] = {
    "group message": lambda: fake.message("ou_li", "@韩梅梅 站会", mentions={"韩梅梅": "ou_han"}),
    "private message": lambda: fake.message("ou_li", "帮助", private=True),
    "reply": lambda: fake.message("ou_li", "昨天：联调", parent="om_1"),
    "press": lambda: fake.press("ou_li", {"a": "say", "v": {"text": "项目"}}, card="om_1"),
    "form": lambda: fake.press("ou_li", {"a": "x", "v": {}}, card="om_1", form={"done": "联调"}),
    "bot added": fake.bot_added,
}
CARDS = ("welcome", "settings", "prompt", "digest", "reminder, two projects", "project overview")


@pytest.fixture(scope="module")
def sdk() -> Iterator[Any]:
    """The SDK takes seconds to import: once, and only here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lark_oapi
        import lark_oapi.api.im.v1 as im
        from lark_oapi.core.model import RawRequest
        from lark_oapi.event.callback.model.p2_card_action_trigger import (
            P2CardActionTriggerResponse,
        )

        lark_oapi.im_models = im
        lark_oapi.RawRequest = RawRequest
        lark_oapi.PressAnswer = P2CardActionTriggerResponse
        yield lark_oapi


@pytest_asyncio.fixture
async def ours(clock: FrozenClock) -> AsyncIterator[Feishu]:
    client = FeishuClient("http://127.0.0.1:9", fake.APP_ID, SecretStr("x"), clock)
    yield Feishu(client, Keys(fake.TOKEN, fake.ENCRYPT_KEY), fake.APP_ID, clock)
    await client.close()


def theirs(sdk: Any, heard: list[Any], key: str = fake.ENCRYPT_KEY) -> Any:
    def press(data: Any) -> Any:
        heard.append(data)
        return sdk.PressAnswer({"toast": {"type": "info", "content": "ok"}})

    return (
        sdk.EventDispatcherHandler.builder(key, fake.TOKEN)
        .register_p2_im_message_receive_v1(heard.append)
        .register_p2_im_chat_member_bot_added_v1(heard.append)
        .register_p2_card_action_trigger(press)
        .build()
    )


def asked(sdk: Any, body: bytes, headers: dict[str, str]) -> Any:
    request = sdk.RawRequest()
    request.uri, request.body, request.headers = "/webhook/feishu", body, headers
    return request


def lowered(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("kind", PUSHES)
async def test_the_sdk_takes_the_pushes_that_we_take(sdk: Any, ours: Feishu, kind: str) -> None:
    heard: list[Any] = []
    plain = PUSHES[kind]()
    body, headers = fake.push(plain)
    answer = theirs(sdk, heard).do(asked(sdk, body, headers))
    assert answer.status_code == 200, answer.content
    assert heard[0].header.event_id == plain["header"]["event_id"]
    reading = ours.read(Request("/webhook/feishu", lowered(headers), body))
    assert reading.event is not None
    assert reading.event.id == heard[0].header.event_id


@pytest.mark.parametrize("header", ["X-Lark-Signature", "X-Lark-Request-Nonce"])
async def test_the_sdk_refuses_the_signatures_that_we_refuse(
    sdk: Any, ours: Feishu, header: str
) -> None:
    heard: list[Any] = []
    body, headers = fake.push(fake.bot_added())
    headers[header] = "0" + headers[header][1:] + "x"
    assert theirs(sdk, heard).do(asked(sdk, body, headers)).status_code == 500
    assert heard == []
    assert ours.read(Request("/webhook/feishu", lowered(headers), body)).refused


async def test_both_refuse_a_push_under_another_key(sdk: Any, ours: Feishu) -> None:
    heard: list[Any] = []
    body = fake.encrypt(json.dumps(fake.bot_added()).encode(), "another key")
    headers = fake.sign(body, "another key")
    assert theirs(sdk, heard).do(asked(sdk, body, headers)).status_code == 500
    assert ours.read(Request("/webhook/feishu", lowered(headers), body)).refused


def through(sdk: Any, model: Any, sent: dict[str, Any]) -> dict[str, Any]:
    """What is left of our JSON when it has gone through the SDK's model."""
    found: dict[str, Any] = json.loads(
        sdk.JSON.marshal(sdk.JSON.unmarshal(json.dumps(sent), model))
    )
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[fake.FeishuServer]:
    with fake.running(fake.FeishuServer()) as server:
        yield server


@pytest.mark.parametrize("kind", CARDS)
async def test_the_sdk_knows_every_field_that_we_send(
    sdk: Any, served: fake.FeishuServer, clock: FrozenClock, kind: str
) -> None:
    client = FeishuClient(served.url, fake.APP_ID, SecretStr(fake.APP_SECRET), clock)
    card = drawn.render(DRAWN[kind](Words("zh"), "李雷"))
    served.calls.clear()
    message = await client.send("chat", "oc_1", "interactive", card, f"send-{kind}")
    await client.reply(message, "interactive", card, f"reply-{kind}")
    await client.edit(message, card)
    await client.close()
    models = (
        sdk.im_models.CreateMessageRequestBody,
        sdk.im_models.ReplyMessageRequestBody,
        sdk.im_models.PatchMessageRequestBody,
    )
    bodies = [call.body for call in served.calls if "/messages" in call.path]
    for sent, model in zip(bodies, models, strict=True):
        assert through(sdk, model, sent) == sent
        assert json.loads(sent["content"]) == card


@pytest.mark.parametrize("kind", ["", *CARDS])
@pytest.mark.parametrize("good", [True, False])
async def test_the_sdk_knows_every_field_of_an_answer_to_a_press(
    sdk: Any, ours: Feishu, kind: str, good: bool
) -> None:
    card = DRAWN[kind](Words("zh"), "李雷") if kind else None
    sent = json.loads(ours.answer(Answer("已提交", good, card), Request("", {}, b"")))
    model = sdk.PressAnswer(sent)
    assert json.loads(sdk.JSON.marshal(model)) == sent
    assert model.toast.type in ("success", "warning", "info", "error")
    assert (model.card is None) == (card is None)


def test_the_sdk_is_not_imported_by_the_running_bot() -> None:
    program = (
        "import sys; import bot.app, bot.cli, bot.wiring, handlers, schedules; "
        "import bot.platforms.feishu.adapter; "
        "sys.exit(any(name.split('.')[0] == 'lark_oapi' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
