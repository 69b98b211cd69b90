"""Files on their way out, against platforms that enforce their rules over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.core.clock import FrozenClock
from bot.platforms.dingtalk.adapter import DingTalk
from bot.platforms.dingtalk.client import DingTalkClient
from bot.platforms.dingtalk.parse import PRIVATE
from bot.platforms.dingtalk.sessions import Sessions
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.feishu.verify import Keys
from bot.platforms.port import Delivery, DeliveryError, File, Trouble
from tests.fakes import dingtalk as ding
from tests.fakes import feishu as lark

MB = 1024 * 1024
NAME = "华鼎ERP 周报"


def delivery(to_kind: str, to: str, kind: str = "docx", content: bytes = b"PK\x03\x04") -> Delivery:
    return Delivery("file", "key1", to_kind, to, file=File.of(NAME, kind, content))


# --- Feishu --------------------------------------------------------------------------------------


@pytest.fixture
def feishu() -> Iterator[lark.FeishuServer]:
    with lark.running(lark.FeishuServer()) as server:
        yield server


@pytest_asyncio.fixture
async def on_feishu(feishu: lark.FeishuServer, clock: FrozenClock) -> AsyncIterator[Feishu]:
    client = FeishuClient(feishu.url, lark.APP_ID, SecretStr(lark.APP_SECRET), clock)
    yield Feishu(client, Keys(lark.TOKEN, lark.ENCRYPT_KEY), lark.APP_ID, clock)
    await client.close()


@pytest.mark.parametrize(
    ("kind", "file_type"), [("docx", "doc"), ("pdf", "pdf"), ("xlsx", "xls"), ("zip", "stream")]
)
async def test_feishu_is_given_the_file_and_shows_it(
    on_feishu: Feishu, feishu: lark.FeishuServer, kind: str, file_type: str
) -> None:
    content = bytes(range(256)) * 1000
    message = await on_feishu.deliver(delivery("chat", "oc_1", kind, content))
    [(key, uploaded)] = feishu.uploads.items()
    assert uploaded == (file_type, f"{NAME}.{kind}", content)
    sent = feishu.sent[message]
    assert (sent.to, sent.msg_type, sent.content) == ("oc_1", "file", {"file_key": key})
    assert sent.uuid == "key1"


async def test_a_repeated_file_is_given_twice_and_shown_once(
    on_feishu: Feishu, feishu: lark.FeishuServer
) -> None:
    first = await on_feishu.deliver(delivery("person", "ou_1"))
    assert await on_feishu.deliver(delivery("person", "ou_1")) == first
    assert len(feishu.uploads) == 2
    assert len(feishu.messages("ou_1")) == 1


@pytest.mark.parametrize("size", [0, 30 * MB + 1])
async def test_what_feishu_does_not_take_is_not_sent_there(
    on_feishu: Feishu, feishu: lark.FeishuServer, size: int
) -> None:
    with pytest.raises(DeliveryError) as caught:
        await on_feishu.deliver(delivery("chat", "oc_1", content=b"x" * size))
    assert caught.value.trouble is Trouble.CONTENT
    assert not feishu.calls


async def test_an_upload_that_feishu_breaks_off_is_tried_again_later(
    on_feishu: Feishu, feishu: lark.FeishuServer
) -> None:
    feishu.fault = lambda call: lark.error(1, "", 502) if call.path.endswith("/files") else None
    with pytest.raises(DeliveryError) as caught:
        await on_feishu.deliver(delivery("chat", "oc_1"))
    assert caught.value.trouble is Trouble.PASSING
    assert not feishu.sent


# --- DingTalk ------------------------------------------------------------------------------------


@pytest.fixture
def dingtalk() -> Iterator[ding.DingTalkServer]:
    with ding.running(ding.DingTalkServer()) as server:
        yield server


@pytest_asyncio.fixture
async def on_dingtalk(dingtalk: ding.DingTalkServer, clock: FrozenClock) -> AsyncIterator[DingTalk]:
    secret, url = ding.CLIENT_SECRET, dingtalk.url
    given = (ding.CLIENT_ID, SecretStr(secret), ding.ROBOT_CODE, clock)
    sessions = Sessions(url)
    # Somebody has just spoken in the group: a text could be answered there without a call.
    address = f"{url}/robot/sendBySession?session=s1"
    assert sessions.keep(address, clock.now() + timedelta(hours=1), "li", ding.GROUP)
    client = DingTalkClient(url, url, *given)
    yield DingTalk(client, sessions, clock, secret=secret, robot_code=ding.ROBOT_CODE)
    await client.close()


@pytest.mark.parametrize(
    ("to_kind", "to", "shown_to"),
    [
        ("chat", ding.GROUP, ding.GROUP),
        ("person", "li", "li"),
        ("chat", f"{PRIVATE}li", "li"),
    ],
)
async def test_dingtalk_is_given_the_file_and_shows_it(
    on_dingtalk: DingTalk, dingtalk: ding.DingTalkServer, to_kind: str, to: str, shown_to: str
) -> None:
    content = bytes(range(256)) * 1000
    key = await on_dingtalk.deliver(delivery(to_kind, to, "xlsx", content))
    [(media, uploaded)] = dingtalk.media.items()
    assert uploaded == ("file", f"{NAME}.xlsx", content)
    [sent] = dingtalk.messages(shown_to)
    assert (sent.msg_key, sent.number, sent.via) == ("sampleFile", key, "api")
    assert sent.param == {"mediaId": media, "fileName": f"{NAME}.xlsx", "fileType": "xlsx"}


@pytest.mark.parametrize("to", [("person", "$:LWCP_v1:$x"), ("chat", f"{PRIVATE}$:LWCP_v1:$x")])
async def test_whom_dingtalk_cannot_write_to_gets_no_file(
    on_dingtalk: DingTalk, dingtalk: ding.DingTalkServer, to: tuple[str, str]
) -> None:
    with pytest.raises(DeliveryError) as caught:
        await on_dingtalk.deliver(delivery(*to))
    assert caught.value.trouble is Trouble.DENIED
    assert not dingtalk.calls


@pytest.mark.parametrize("size", [0, 20 * MB + 1])
async def test_what_dingtalk_does_not_take_is_not_sent_there(
    on_dingtalk: DingTalk, dingtalk: ding.DingTalkServer, size: int
) -> None:
    with pytest.raises(DeliveryError) as caught:
        await on_dingtalk.deliver(delivery("chat", ding.GROUP, content=b"x" * size))
    assert caught.value.trouble is Trouble.CONTENT
    assert not dingtalk.calls


async def test_an_upload_renews_a_token_that_is_not_taken(
    on_dingtalk: DingTalk, dingtalk: ding.DingTalkServer
) -> None:
    await on_dingtalk.deliver(delivery("chat", ding.GROUP))
    dingtalk.valid_tokens.clear()
    await on_dingtalk.deliver(delivery("chat", ding.GROUP))
    assert len(dingtalk.messages(ding.GROUP)) == 2
