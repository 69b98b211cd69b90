"""Every recorded DingTalk push gets the verdict of our contract, and no push gets an exception."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.core.clock import FrozenClock
from bot.core.events import (
    BotAdded,
    BotRemoved,
    ChatKind,
    ChatRenamed,
    MembersJoined,
    MembersLeft,
    Message,
    Press,
    Someone,
    Unheard,
)
from bot.platforms.dingtalk.adapter import CARDS, EVENTS, ROBOT, DingTalk
from bot.platforms.dingtalk.client import DingTalkClient
from bot.platforms.dingtalk.sessions import Sessions
from bot.platforms.dingtalk.verify import EventKeys, open_event, sealed_success
from bot.platforms.port import Answer, Reading, Request

BOOK = json.loads((Path(__file__).parent / "vectors" / "dingtalk.json").read_text("utf-8"))
ROBOTS: dict[str, dict[str, Any]] = {one["id"]: one for one in BOOK["robot_http"]}
EVENT_VECTORS: dict[str, dict[str, Any]] = {one["id"]: one for one in BOOK["org_event_http"]}
CARD_VECTORS: dict[str, dict[str, Any]] = {one["id"]: one for one in BOOK["card_http"]}
NOW = datetime.fromtimestamp(1767232800, UTC)
CHAT, STAFF = "cidTESTGROUP0001==", "manager4220"
GOOD = ROBOTS["robot-02-good-group-text"]
# What the book calls the fault, and what our log says of it.
SAYS = {
    "timestamp_skew": "hour off",
    "bad_sign": "signature",
    "missing_header": "missing header",
    "bad_timestamp": "no number",
    "signature": "signature",
    "owner": "owner",
}


def ingress(
    secret: str = GOOD["app_secret"],
    now: datetime = NOW,
    keys: EventKeys | None = None,
    card_secret: str = "",
) -> DingTalk:
    clock = FrozenClock(now)
    host = "https://oapi.dingtalk.com"
    client = DingTalkClient("http://127.0.0.1:9", host, "id", SecretStr("secret"), "robot", clock)
    return DingTalk(
        client,
        Sessions(host),
        clock,
        secret=secret,
        robot_code="dingrobot0000",
        event_keys=keys,
        card_secret=card_secret,
    )


def push(vector: dict[str, Any], path: str = ROBOT) -> Request:
    body = json.dumps(vector["body"], ensure_ascii=False).encode()
    return Request(path, vector.get("headers", {}), body, vector.get("query", {}))


def heard(**changes: Any) -> Reading:
    """What becomes of the good group message with parts of its body changed (or taken away)."""
    body = {k: v for k, v in (GOOD["body"] | changes).items() if v is not None}
    return ingress().read(push(GOOD | {"body": body}))


def message(**changes: Any) -> Message:
    event = heard(**changes).event
    assert isinstance(event, Message), event
    return event


@pytest.mark.parametrize("id_", ROBOTS)
def test_robot_messages_get_the_recorded_verdict(id_: str) -> None:
    vector = ROBOTS[id_]
    now = datetime.fromtimestamp(vector["now_ms"] / 1000, UTC) if "now_ms" in vector else NOW
    reading = ingress(vector["app_secret"], now).read(push(vector))
    if vector["expect"] == "ok":
        assert reading.refused == ""
    else:
        assert SAYS[vector["expect"]] in reading.refused
        assert reading.event is None


@pytest.mark.parametrize("id_", EVENT_VECTORS)
def test_organisation_events_get_the_recorded_verdict(id_: str) -> None:
    vector = EVENT_VECTORS[id_]
    keys = EventKeys(vector["token"], vector["aes_key"], vector["owner_key"])
    reading = ingress(keys=keys).read(push(vector, EVENTS))
    if vector["expect"] != "ok":
        assert SAYS[vector["expect"]] in reading.refused
        assert reading == Reading(refused=reading.refused)
        return
    assert not reading.refused
    if vector["plaintext"].startswith("{") and "check_url" in vector["plaintext"]:
        assert reading.reply is not None
        assert _opened(reading.reply, keys) == "success"


def _opened(reply: bytes, keys: EventKeys) -> str:
    """The words in one of our own sealed answers: `success` is no object, so we look beneath."""
    from bot.platforms.dingtalk.verify import _open, _signature

    sealed = json.loads(reply)
    parts = (keys.token, sealed["timeStamp"], sealed["nonce"], sealed["encrypt"])
    assert sealed["msg_signature"] == _signature(*parts)
    return _open(sealed["encrypt"], keys).decode()


def test_the_recorded_answer_to_an_event_opens_and_so_does_ours() -> None:
    recorded = BOOK["org_event_http_reply"]["json"]
    vector = EVENT_VECTORS["event-03-check-url"]
    keys = EventKeys(vector["token"], vector["aes_key"], vector["owner_key"])
    assert _opened(json.dumps(recorded).encode(), keys) == "success"
    assert _opened(sealed_success(keys, NOW), keys) == "success"


def test_an_event_is_answered_with_success_and_a_message_with_nothing() -> None:
    vector = EVENT_VECTORS["event-04-chat-add-member"]
    keys = EventKeys(vector["token"], vector["aes_key"], vector["owner_key"])
    adapter = ingress(keys=keys)
    assert _opened(adapter.answer(Answer(), push(vector, EVENTS)), keys) == "success"
    assert adapter.answer(Answer("toast"), push(GOOD)) == b'{"msgtype":"empty"}'


def test_somebody_added_to_a_group_is_learnt() -> None:
    vector = EVENT_VECTORS["event-04-chat-add-member"]
    keys = EventKeys(vector["token"], vector["aes_key"], vector["owner_key"])
    event = ingress(keys=keys).read(push(vector, EVENTS)).event
    assert isinstance(event, MembersJoined)
    assert (event.chat, event.people) == (CHAT, (Someone("user456"),))
    assert event.keys == ("c7c7120f2c0741900ebdba0318c8",)
    opened = open_event(vector["query"], push(vector, EVENTS).body, keys)
    assert opened["EventType"] == "chat_add_member"


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("chat_remove_member", {"userId": ["u1"]}, MembersLeft),
        ("chat_quit", {"userId": "u1"}, MembersLeft),
        ("chat_disband", {}, BotRemoved),
        ("chat_update_title", {"title": "新名字"}, ChatRenamed),
        ("im_cool_app_install", {"operator": "u1"}, BotAdded),
        ("im_cool_app_uninstall", {}, BotRemoved),
        ("bpms_instance_change", {}, Unheard),
    ],
)
def test_each_kind_of_event(kind: str, fields: dict[str, Any], expected: type) -> None:
    from bot.platforms.dingtalk.parse import org_event

    body = {"EventType": kind, "eventId": "e1", "openConversationId": CHAT, **fields}
    event = org_event(body, NOW)
    assert type(event) is expected
    assert event is not None
    assert event.keys == ("e1",)


@pytest.mark.parametrize("id_", CARD_VECTORS)
def test_card_callbacks_get_the_recorded_verdict(id_: str) -> None:
    vector = CARD_VECTORS[id_]
    reading = ingress(card_secret=vector["api_secret"]).read(push(vector, CARDS))
    if vector["expect"] != "ok":
        assert SAYS[vector["expect"]] in reading.refused
        return
    event = reading.event
    assert isinstance(event, Press)
    assert (event.message, event.sender.id, event.action) == ("risk-01J0000000000", STAFF, None)


def test_an_old_card_callback_is_refused() -> None:
    vector = CARD_VECTORS["card-01-good"]
    adapter = ingress(card_secret=vector["api_secret"], now=NOW + timedelta(hours=2))
    assert "hour off" in adapter.read(push(vector, CARDS)).refused


def test_routes_without_their_keys_do_not_exist() -> None:
    assert list(ingress().paths) == [ROBOT]
    keys = EventKeys("t", "1" * 43, "o")
    assert list(ingress(keys=keys, card_secret="s").paths) == [ROBOT, EVENTS, CARDS]


# --- what people say -----------------------------------------------------------------------------


def test_a_group_message_is_addressed_and_knows_its_group() -> None:
    event = message()
    assert (event.chat, event.chat_kind, event.chat_name) == (CHAT, ChatKind.GROUP, "交付群-测试")
    assert (event.text, event.addressed, event.trouble) == ("你好", True, "")
    assert event.sender == Someone(STAFF, "小钉")
    assert event.keys == (GOOD["body"]["msgId"],)
    assert event.at == NOW


def test_a_private_chat_is_named_after_the_person() -> None:
    event = message(conversationType="1", conversationTitle=None, isInAtList=None)
    assert (event.chat, event.chat_kind) == (f"user:{STAFF}", ChatKind.PRIVATE)


def test_voice_is_its_recognised_words_and_without_them_says_so() -> None:
    audio = {"duration": 4000, "downloadCode": "m", "recognition": "昨天写完接口"}
    spoken = message(msgtype="audio", content=audio, text=None)
    assert (spoken.text, spoken.medium, spoken.trouble) == ("昨天写完接口", "audio", "")
    silent = message(msgtype="audio", content={"duration": 4000}, text=None)
    assert (silent.text, silent.trouble) == ("", "voice")


@pytest.mark.parametrize("kind", ["picture", "video", "file", "unknownMsgType", "somethingNew"])
def test_what_has_no_words_says_so(kind: str) -> None:
    assert message(msgtype=kind, content={"downloadCode": "m"}, text=None).trouble == "medium"


def test_rich_text_keeps_its_words() -> None:
    parts = [{"text": "看这个 "}, {"type": "picture", "downloadCode": "m"}, {"text": "报错了"}]
    assert message(msgtype="richText", content={"richText": parts}, text=None).text == (
        "看这个 报错了"
    )


def test_without_a_staff_id_insiders_hear_why_and_outsiders_are_outsiders() -> None:
    inside = message(senderStaffId=None)
    assert (inside.trouble, inside.sender.external) == ("unpublished", False)
    outside = message(senderStaffId=None, senderCorpId="ding_other")
    assert (outside.trouble, outside.sender.external) == ("", True)
    assert outside.sender.id == GOOD["body"]["senderId"]


def test_a_mention_gets_its_name_where_there_is_only_one() -> None:
    users = [{"dingtalkId": "$:bot"}, {"dingtalkId": "$:li", "staffId": "lilei"}]
    one = message(atUsers=users, text={"content": " 角色 @李雷 工程师"})
    assert one.mentions == (Someone("lilei", "李雷"),)
    users.append({"dingtalkId": "$:han", "staffId": "han"})
    two = message(atUsers=users, text={"content": " 角色 @李雷 @韩梅梅 工程师"})
    assert two.mentions == (Someone("lilei"), Someone("han"))


def test_another_robots_message_and_one_over_quota_are_let_be() -> None:
    other = heard(robotCode="dingother").event
    assert isinstance(other, Unheard)
    assert other.what == "another robot"
    for name in ("errorCode", "errCode"):
        quota = heard(text=None, **{name: 20001, "errorMessage": "…"}).event
        assert isinstance(quota, Unheard)
        assert quota.what == "quota"


@pytest.mark.parametrize(
    "changes",
    [
        {"msgId": None},
        {"msgId": 7},
        {"msgId": "x" * 400},
        {"conversationId": None},
        {"conversationId": {"a": 1}},
        {"text": None},
        {"text": "plain"},
        {"senderStaffId": None, "senderId": None},
        {"atUsers": "nobody"},
        {"atUsers": [{"staffId": ["x"]}]},
        {"createAt": "soon"},
        {"senderNick": {"a": 1}},
        {"msgtype": None},
    ],
)
def test_an_odd_body_is_read_or_unread_but_never_breaks(changes: dict[str, Any]) -> None:
    reading = heard(**changes)
    assert not reading.refused
    assert (reading.event is None) == bool(reading.unread)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'"x"', b"1e999"])
def test_bytes_that_are_no_object_are_unread(body: bytes) -> None:
    assert ingress().read(replace(push(GOOD), body=body)).unread
    keys = EventKeys("t", "1" * 43, "o")
    assert ingress(keys=keys).read(Request(EVENTS, {}, body)).refused


# --- where answers go ----------------------------------------------------------------------------

EVASIONS = [
    "http://oapi.dingtalk.com/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com.evil.example/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com@evil.example/robot/sendBySession?session=x",
    "https://user:pw@oapi.dingtalk.com/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com:8443/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com:443/robot/sendBySession?session=x",
    "https://oapi。dingtalk。com/robot/sendBySession?session=x",
    "https://oapi．dingtalk．com/robot/sendBySession?session=x",
    "https://ｏapi.dingtalk.com/robot/sendBySession?session=x",
    "https://[::ffff:203.119.0.1]/robot/sendBySession?session=x",
    "https://[::1]/robot/sendBySession?session=x",
    "https://203.119.0.1/robot/sendBySession?session=x",
    "https://127.0.0.1/robot/sendBySession?session=x",
    "https://2130706433/robot/sendBySession?session=x",
    "https://OAPI.DINGTALK.COM/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com./robot/sendBySession?session=x",
    "https://oapi.dingtalk.com/robot/../robot/sendBySession?session=x",
    "https://oapi.dingtalk.com/robot/send?access_token=x",
    "https://oapi.dingtalk.com//robot/sendBySession?session=x",
    "https://oapi.dingtalk.com/robot/sendBySession?session=x&redirect=https://evil.example",
    "https://oapi.dingtalk.com/robot/sendBySession?session=x#@evil.example",
    "https://oapi.dingtalk.com/robot/sendBySession?session=x\r\nHost: evil.example",
    "https://oapi.dingtalk.com/robot/sendBySession?session=",
    "https://oapi.dingtalk.com/robot/sendBySession?session=" + "x" * 300,
    "https://oapi.dingtalk.com\\@evil.example/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com%2eevil.example/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com%00.evil.example/robot/sendBySession?session=x",
    " https://oapi.dingtalk.com/robot/sendBySession?session=x",
    "https://oapi.dingtalk.com/robot/sendBySession?session=x ",
    "HTTPS://oapi.dingtalk.com/robot/sendBySession?session=x",
    "//oapi.dingtalk.com/robot/sendBySession?session=x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "gopher://oapi.dingtalk.com/robot/sendBySession?session=x",
    "https://evil.example/https://oapi.dingtalk.com/robot/sendBySession?session=x",
    "https://evil.example/?https://oapi.dingtalk.com/robot/sendBySession?session=x",
    "",
    None,
    7,
    ["https://oapi.dingtalk.com/robot/sendBySession?session=x"],
]


@pytest.mark.parametrize("address", EVASIONS)
def test_only_dingtalks_own_address_is_a_session(address: object) -> None:
    sessions = Sessions("https://oapi.dingtalk.com")
    assert not sessions.keep(address, NOW + timedelta(hours=1), "", CHAT)
    assert sessions.find(CHAT, NOW) is None


def test_a_session_is_its_token_and_ends_before_its_end() -> None:
    sessions = Sessions("https://oapi.dingtalk.com")
    address = "https://oapi.dingtalk.com/robot/sendBySession?session=ab12"
    assert sessions.keep(address, NOW + timedelta(minutes=90), STAFF, CHAT, "msg1")
    found = sessions.find("msg1", NOW)
    assert found is not None
    assert (found.token, found.asker) == ("ab12", STAFF)
    assert sessions.find(CHAT, NOW + timedelta(minutes=86)) is None
    sessions.forget(found)
    assert sessions.find(CHAT, NOW) is None
