"""From each kind of push to its event, field by field, and what is made of odd or missing ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.actions import SayCommand, pack
from bot.core.events import (
    BotAdded,
    BotRemoved,
    ChatKind,
    ChatRenamed,
    Event,
    MembersJoined,
    MembersLeft,
    MenuChosen,
    Message,
    MessageRecalled,
    Press,
    PrivateChatOpened,
    Someone,
    Unheard,
)
from bot.platforms.dingtalk import parse as ding
from bot.platforms.feishu import parse as feishu

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
STAMP = str(round(AT.timestamp() * 1000))
BROKEN = (LookupError, TypeError, ValueError)

# --- Feishu ---------------------------------------------------------------------------------------


def push(kind: str, event: Any, **header: Any) -> dict[str, Any]:
    base = {
        "event_id": "e1",
        "event_type": kind,
        "create_time": STAMP,
        "tenant_key": "ours",
        "app_id": "cli_1",
    }
    return {"schema": "2.0", "header": base | header, "event": event}


def parsed(kind: str, event: Any, bot: str = "ou_bot", **header: Any) -> Event:
    parser = feishu.Parser("cli_1")
    parser.bot_open_id = bot
    return parser.parse(push(kind, event, **header), NOW)


def ids(id_: str) -> dict[str, str]:
    return {"open_id": id_, "union_id": "on_" + id_}


SENDER = {"sender_id": ids("ou_li"), "sender_type": "user", "tenant_key": "ours"}


def spoken(**changes: Any) -> Message:
    """A group message with parts of it changed, or taken away (`None`)."""
    sender = changes.pop("sender", SENDER)
    bot = changes.pop("bot", "ou_bot")
    whole = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "group",
        "message_type": "text",
        "content": json.dumps({"text": "你好"}),
        "create_time": STAMP,
    } | changes
    message = {key: value for key, value in whole.items() if value is not None}
    event = parsed("im.message.receive_v1", {"message": message, "sender": sender}, bot)
    assert isinstance(event, Message)
    return event


def mention(key: str, id_: str, name: str, kind: str = "user") -> dict[str, Any]:
    return {"key": key, "id": ids(id_), "name": name, "mentioned_type": kind}


def test_a_feishu_message_field_by_field() -> None:
    mentions = [
        mention("@_user_1", "ou_bot", "Golive", "bot"),
        mention("@_user_10", "ou_han", "韩梅梅"),
    ]
    content = json.dumps({"text": "@_user_1 请 @_user_10 看看 "})
    assert spoken(mentions=mentions, content=content, parent_id="om_p", root_id="om_r") == Message(
        "feishu",
        ("e1", "message:om_1"),
        AT,
        "oc_1",
        ChatKind.GROUP,
        "om_1",
        Someone("ou_li"),
        "请 @韩梅梅 看看",
        (Someone("ou_han", "韩梅梅"),),
        True,
        ("om_p", "om_r"),
        "text",
    )


def test_a_feishu_message_in_private_and_from_outside() -> None:
    message = spoken(chat_type="p2p", sender=SENDER | {"tenant_key": "theirs"})
    assert message.chat_kind is ChatKind.PRIVATE
    assert message.sender == Someone("ou_li", external=True)
    assert not message.addressed
    assert (message.parents, message.mentions, message.file) == ((), (), None)


@pytest.mark.parametrize("tenant", ["", None, 5, "ours"])
def test_whoever_feishu_does_not_call_foreign_is_not(tenant: object) -> None:
    assert not spoken(sender=SENDER | {"tenant_key": tenant}).sender.external


def test_without_our_tenant_nobody_is_foreign() -> None:
    message = {"message_id": "om", "chat_id": "oc", "message_type": "text"}
    event = {"message": message, "sender": SENDER | {"tenant_key": "theirs"}}
    found = parsed("im.message.receive_v1", event, tenant_key=None)
    assert isinstance(found, Message)
    assert not found.sender.external


def test_another_app_is_a_bot() -> None:
    assert spoken(sender=SENDER | {"sender_type": "app"}).sender.bot
    assert not spoken().sender.bot


def test_until_the_bot_knows_itself_any_bot_is_it() -> None:
    mentions = [mention("@_user_1", "ou_other", "另一个", "bot")]
    content = json.dumps({"text": "@_user_1 站会"})
    before = spoken(bot="", mentions=mentions, content=content)
    assert (before.addressed, before.text) == (True, "站会")
    after = spoken(mentions=mentions, content=content)
    assert (after.addressed, after.text) == (False, "@另一个 站会")
    assert after.mentions == (Someone("ou_other", "另一个", bot=True),)


def test_who_is_mentioned_without_an_id_goes_by_the_key() -> None:
    everybody = {"key": "@_all", "id": {"open_id": ""}, "name": "所有人"}
    message = spoken(mentions=[everybody], content=json.dumps({"text": "@_all 早"}))
    assert (message.text, message.addressed) == ("@所有人 早", False)
    assert message.mentions == (Someone("@_all", "所有人"),)


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", '"text"', "5", json.dumps({"text": 5}), "[" * 5_000, json.dumps({})],
)
def test_text_without_words_is_empty(content: str | None) -> None:
    assert spoken(content=content).text == ""


def test_other_media_have_no_words() -> None:
    message = spoken(message_type="image", content=json.dumps({"text": "x", "image_key": "k"}))
    assert (message.text, message.medium, message.file) == ("", "image", None)


def test_rich_text_line_by_line() -> None:
    content = {
        "title": "进展",
        "content": [
            [{"tag": "text", "text": "接口"}, {"tag": "a", "text": "文档", "href": "http://x"}],
            [{"tag": "img", "image_key": "k"}],
            [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": " 请看"}, "odd"],
            "odd",
        ],
    }
    mentions = [mention("@_user_1", "ou_han", "韩梅梅")]
    message = spoken(message_type="post", content=json.dumps(content), mentions=mentions)
    assert message.text == "进展\n接口文档\n@韩梅梅 请看"
    assert spoken(message_type="post", content="{}").text == ""
    assert spoken(message_type="post", content=json.dumps({"title": 5})).text == ""


def test_a_feishu_file_has_a_key_and_a_name() -> None:
    long = {"file_key": "k" * 400, "file_name": "名" * 300}
    message = spoken(message_type="file", content=json.dumps({"file_key": "fk", "file_name": "表"}))
    assert (message.file, message.text) == (("fk", "表"), "")
    assert spoken(message_type="file", content=json.dumps(long)).file == ("k" * 300, "名" * 200)
    assert spoken(message_type="file", content=json.dumps({"file_key": "fk"})).file == ("fk", "")
    for odd in ("", "{", "[]", "{}", "[" * 5_000):
        assert spoken(message_type="file", content=odd).file is None


def test_a_feishu_message_without_a_time_is_of_its_push() -> None:
    assert spoken(create_time=None).at == AT
    assert spoken(create_time="1795482000000").at == datetime.fromtimestamp(1795482000, UTC)


PLACE = {"open_chat_id": "oc_1", "open_message_id": "om_1"}
OPERATOR = {"open_id": "ou_li", "tenant_key": "ours"}


def pressed(**action: Any) -> Press:
    event = parsed(
        "card.action.trigger", {"operator": OPERATOR, "action": action, "context": PLACE}
    )
    assert isinstance(event, Press)
    return event


def test_a_feishu_press_field_by_field() -> None:
    action = SayCommand("帮助")
    form = {"done__1": "接口", "since": "2026-11-24 +0800", "ok": True, "who": ["ou_1", 5], "n": 5}
    assert pressed(value=pack(action), form_value=form) == Press(
        "feishu",
        ("e1",),
        AT,
        "oc_1",
        "om_1",
        Someone("ou_li"),
        action,
        {"done": "接口", "since": "2026-11-24", "ok": True, "who": ("ou_1",)},
    )


def test_a_foreigners_press_is_one() -> None:
    event = parsed(
        "card.action.trigger",
        {"operator": OPERATOR | {"tenant_key": "theirs"}, "action": {}, "context": PLACE},
    )
    assert isinstance(event, Press)
    assert event.sender.external
    assert (event.action, event.fields) == (None, {})


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"input_value": "词"}, "词"),
        ({"option": "a"}, "a"),
        ({"options": ["a", "b"]}, ("a", "b")),
        ({"checked": False}, False),
        ({"option": "09:30 +0800"}, "09:30"),
        ({"option": "2026-11-24 09:30 +0800"}, "2026-11-24 09:30"),
        ({"option": "in 2026-11-24 +0800"}, "in 2026-11-24 +0800"),
        ({"input_value": "a\0b"}, "ab"),
    ],
)
def test_one_that_stands_alone_is_its_value(given: dict[str, Any], value: object) -> None:
    assert pressed(**given).fields == {"value": value}
    assert pressed(form_value="odd", **given).fields == {"value": value}


CHAT = {"chat_id": "oc_1"}
PEOPLE = {
    "users": [
        {"user_id": ids("ou_1"), "name": "李雷", "tenant_key": "theirs"},
        {"user_id": ids("ou_2")},
    ]
}
BOTH = (Someone("ou_1", "李雷", external=True), Someone("ou_2"))
BASE = ("feishu", ("e1",), AT)
FEISHU: dict[str, tuple[dict[str, Any], Event]] = {
    "im.chat.member.bot.added_v1": (
        CHAT
        | {
            "name": "群",
            "external": True,
            "operator_id": ids("ou_pm"),
            "operator_tenant_key": "theirs",
        },
        BotAdded(*BASE, "oc_1", "群", True, Someone("ou_pm", external=True)),
    ),
    "im.chat.member.bot.deleted_v1": (CHAT, BotRemoved(*BASE, "oc_1")),
    "im.chat.disbanded_v1": (CHAT, BotRemoved(*BASE, "oc_1")),
    "im.chat.updated_v1": (
        CHAT | {"after_change": {"name": "新名"}},
        ChatRenamed(*BASE, "oc_1", "新名"),
    ),
    "im.chat.member.user.added_v1": (CHAT | PEOPLE, MembersJoined(*BASE, "oc_1", BOTH)),
    "im.chat.member.user.deleted_v1": (CHAT | PEOPLE, MembersLeft(*BASE, "oc_1", BOTH)),
    "im.chat.member.user.withdrawn_v1": (CHAT, MembersLeft(*BASE, "oc_1", ())),
    "im.chat.access_event.bot_p2p_chat_entered_v1": (
        CHAT | {"operator_id": ids("ou_li")},
        PrivateChatOpened(*BASE, "oc_1", Someone("ou_li")),
    ),
    "application.bot.menu_v6": (
        {
            "operator": {"operator_id": ids("ou_li"), "operator_name": "李雷"},
            "event_key": "help",
            "timestamp": 1795480200,
        },
        MenuChosen("feishu", ("e1",), AT, Someone("ou_li", "李雷"), "help"),
    ),
    "im.message.recalled_v1": (
        CHAT | {"message_id": "om_9"},
        MessageRecalled(*BASE, "oc_1", "om_9"),
    ),
    "im.message.reaction.created_v1": ({}, Unheard(*BASE, "im.message.reaction.created_v1")),
}


@pytest.mark.parametrize("kind", FEISHU)
def test_each_of_feishus_events(kind: str) -> None:
    event, expected = FEISHU[kind]
    assert parsed(kind, event) == expected


@pytest.mark.parametrize("kind", [kind for kind in FEISHU if "reaction" not in kind])
def test_feishus_events_without_their_fields_are_refused(kind: str) -> None:
    with pytest.raises(BROKEN):
        parsed(kind, {})
    with pytest.raises(BROKEN):
        parsed(kind, [])


def test_a_chat_changed_without_a_new_name_is_unheard() -> None:
    for change in ({}, {"after_change": {"name": ""}}, {"after_change": None}):
        assert parsed("im.chat.updated_v1", CHAT | change) == Unheard(*BASE, "im.chat.updated_v1")


def test_an_insider_adds_the_bot() -> None:
    event = CHAT | {"operator_id": ids("ou_pm"), "operator_tenant_key": "ours"}
    assert parsed("im.chat.member.bot.added_v1", event) == BotAdded(
        *BASE, "oc_1", "", False, Someone("ou_pm")
    )


def test_what_is_for_another_app_is_unheard() -> None:
    found = parsed("im.chat.disbanded_v1", CHAT, app_id="cli_2")
    assert found == Unheard("feishu", ("e1",), NOW, "another app")
    assert isinstance(parsed("im.chat.disbanded_v1", CHAT, app_id="cli_1"), BotRemoved)
    bare = push("im.chat.disbanded_v1", CHAT)
    del bare["header"]["app_id"]
    assert isinstance(feishu.Parser("cli_1").parse(bare, NOW), BotRemoved)
    other = push("im.chat.disbanded_v1", CHAT, app_id="cli_2")
    assert isinstance(feishu.Parser("").parse(other, NOW), BotRemoved), "no app, no other app"


OLD = {
    "uuid": "u1",
    "event": {
        "type": "p2p_chat_create",
        "chat_id": "oc_1",
        "user": {"open_id": "ou_li", "name": "李雷"},
    },
}


def test_feishus_first_schema_opens_private_chats_alone() -> None:
    parser = feishu.Parser("cli_1")
    assert parser.parse(OLD, NOW) == PrivateChatOpened(
        "feishu", ("u1",), NOW, "oc_1", Someone("ou_li", "李雷")
    )
    other = {"uuid": "u1", "event": {"type": "message"}}
    assert parser.parse(other, NOW) == Unheard("feishu", ("u1",), NOW, "message")
    for odd in ({}, {"uuid": "u"}, {"uuid": "u", "event": []}, {"uuid": "", "event": OLD["event"]}):
        with pytest.raises(BROKEN):
            parser.parse(odd, NOW)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1795480200", AT),
        ("1795480200000", AT),
        (1795480200000, AT),
        ("1795480200000000", AT),
        ("1795480200123", AT.replace(microsecond=123000)),
        ("x", NOW),
        (None, NOW),
        ("-" * 30, NOW),
        ("9" * 10, datetime.fromtimestamp(9_999_999_999, UTC)),
        (10**18, datetime.fromtimestamp(1_000_000_000, UTC)),
    ],
)
def test_feishus_times_are_told_by_their_length(stamp: object, expected: datetime) -> None:
    assert feishu.moment(stamp, NOW) == expected


# --- Feishu: what was missed ----------------------------------------------------------------------


def listed(**changes: Any) -> dict[str, Any]:
    whole = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "msg_type": "text",
        "create_time": STAMP,
        "deleted": False,
        "sender": {"id": "ou_li", "sender_type": "user", "tenant_key": "ours"},
        "body": {"content": json.dumps({"text": "@_user_1 谁没填"})},
        "mentions": [{"key": "@_user_1", "id": "ou_bot", "name": "Golive"}],
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def missed(kind: ChatKind = ChatKind.GROUP, **changes: Any) -> Message | None:
    parser = feishu.Parser("")
    parser.bot_open_id = "ou_bot"
    found = parser.pushed(listed(**changes), kind)
    if found is None:
        return None
    event = parser.parse(found, NOW)
    assert isinstance(event, Message)
    return event


def test_a_message_that_was_missed_is_the_one_that_was_pushed() -> None:
    pushed = spoken(
        content=json.dumps({"text": "@_user_1 谁没填"}),
        mentions=[mention("@_user_1", "ou_bot", "Golive", "bot")],
    )
    found = missed()
    assert found
    assert found.keys == ("missed:om_1", "message:om_1")
    for name in ("at", "chat", "message", "sender", "text", "mentions", "addressed", "chat_kind"):
        assert getattr(found, name) == getattr(pushed, name), name


def test_a_listed_message_takes_the_shape_of_a_push() -> None:
    parser = feishu.Parser("")
    parser.bot_open_id = "ou_bot"
    both = [
        {"key": "@_user_1", "id": "ou_bot", "name": "Golive"},
        {"key": "@_user_2", "id": "ou_han", "name": "韩梅梅"},
    ]
    content = json.dumps({"text": "@_user_1 谁没填"})
    named = [
        {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "Golive", "mentioned_type": "bot"},
        {
            "key": "@_user_2",
            "id": {"open_id": "ou_han"},
            "name": "韩梅梅",
            "mentioned_type": "user",
        },
    ]
    header = {
        "event_id": "missed:om_1",
        "event_type": "im.message.receive_v1",
        "create_time": STAMP,
        "tenant_key": "ours",
    }
    message = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "group",
        "message_type": "text",
        "content": content,
        "create_time": STAMP,
        "mentions": named,
        "parent_id": "om_p",
        "root_id": "om_r",
    }
    sender = {"sender_id": {"open_id": "ou_li"}, "sender_type": "user", "tenant_key": "ours"}
    found = listed(mentions=both, parent_id="om_p", root_id="om_r")
    assert parser.pushed(found, ChatKind.GROUP) == {
        "schema": "2.0",
        "header": header,
        "event": {"sender": sender, "message": message},
    }


def test_of_a_group_only_what_is_for_us_was_missed() -> None:
    other = [{"key": "@_user_1", "id": "ou_han", "name": "韩梅梅"}]
    assert missed(mentions=other) is None
    assert missed(mentions=None) is None
    answer = missed(mentions=other, parent_id="om_p", root_id="om_r")
    assert answer
    assert answer.parents == ("om_p", "om_r")
    assert answer.mentions == (Someone("ou_han", "韩梅梅"),)
    assert not answer.addressed
    assert missed(deleted=True) is None
    app = {"id": "cli", "sender_type": "app", "tenant_key": "ours"}
    assert missed(sender=app) is None


def test_of_a_private_chat_everything_was_missed() -> None:
    found = missed(ChatKind.PRIVATE, mentions=None)
    assert found
    assert found.chat_kind is ChatKind.PRIVATE
    assert missed(ChatKind.PRIVATE, deleted=True) is None


def test_a_file_that_was_missed_is_one() -> None:
    body = {"content": json.dumps({"file_key": "k", "file_name": "n"})}
    found = missed(ChatKind.PRIVATE, msg_type="file", body=body)
    assert found
    assert found.file == ("k", "n")


@pytest.mark.parametrize("gone", ["message_id", "chat_id", "msg_type", "sender", "body"])
def test_a_listed_message_without_its_fields_is_refused(gone: str) -> None:
    with pytest.raises(BROKEN):
        missed(ChatKind.GROUP, **{gone: None})


# --- DingTalk -------------------------------------------------------------------------------------


def robot(**changes: Any) -> Event:
    whole = {
        "msgId": "m1",
        "robotCode": "robot",
        "conversationType": "2",
        "conversationId": "cid",
        "conversationTitle": "群",
        "createAt": int(STAMP),
        "senderStaffId": "li",
        "senderId": "$:x",
        "senderNick": "李雷",
        "senderCorpId": "corp",
        "chatbotCorpId": "corp",
        "msgtype": "text",
        "text": {"content": " 谁没填\u00a0"},
        "isInAtList": True,
    } | changes
    body = {key: value for key, value in whole.items() if value is not None}
    return ding.robot_message(body, "robot", NOW)


def heard(**changes: Any) -> Message:
    event = robot(**changes)
    assert isinstance(event, Message)
    return event


def test_a_dingtalk_message_field_by_field() -> None:
    users = [{"dingtalkId": "$:bot"}, {"staffId": "han"}, {"staffId": "han"}, "odd"]
    message = heard(text={"content": "风险 @韩梅梅\u3000看看"}, atUsers=users)
    # With one name and one id twice, the name is not certain.
    assert message == Message(
        "dingtalk",
        ("m1",),
        AT,
        "cid",
        ChatKind.GROUP,
        "m1",
        Someone("li", "李雷"),
        "风险 @韩梅梅 看看",
        (Someone("han"),),
        True,
        (),
        "text",
        chat_name="群",
    )
    assert heard(text={"content": "@韩梅梅"}, atUsers=[{"staffId": "han"}]).mentions == (
        Someone("han", "韩梅梅"),
    )


def test_a_private_dingtalk_message_has_no_group() -> None:
    message = heard(conversationType="1", isInAtList=None)
    assert (message.chat, message.chat_kind, message.chat_name) == ("user:li", ChatKind.PRIVATE, "")
    assert message.addressed


def test_what_does_not_name_us_is_not_for_us() -> None:
    assert not heard(isInAtList=False).addressed
    assert heard(isInAtList=None).addressed, "older robots hear nothing else"


def test_foreigners_and_the_unnamed() -> None:
    assert heard(senderCorpId="other").sender.external
    assert heard(senderCorpId="other", senderStaffId=None).trouble == ""
    for corps in ({"senderCorpId": None}, {"chatbotCorpId": None}):
        assert not heard(**corps).sender.external
    unnamed = heard(senderStaffId=None)
    assert (unnamed.sender.id, unnamed.trouble) == ("$:x", "unpublished")
    assert heard(senderStaffId="").trouble == "unpublished"
    assert heard(senderNick="名" * 300).sender.name == "名" * 200
    assert heard(conversationTitle="群" * 300).chat_name == "群" * 200


@pytest.mark.parametrize(
    ("medium", "body", "said"),
    [
        ("text", {"text": {}}, ("", "")),
        ("richText", {"content": {"richText": [{"text": "a"}, "odd", {"text": "b"}]}}, ("ab", "")),
        ("richText", {"content": {"richText": [{"downloadCode": "x"}]}}, ("", "medium")),
        ("richText", {"content": {"richText": None}}, ("", "medium")),
        ("richText", {"content": "odd"}, ("", "medium")),
        ("audio", {"content": {"recognition": " 谁没填 "}}, ("谁没填", "")),
        ("audio", {"content": {}}, ("", "voice")),
        ("picture", {"content": {"richText": [{"text": "a"}]}}, ("", "medium")),
        (None, {}, ("", "medium")),
    ],
)
def test_dingtalks_words(medium: str | None, body: dict[str, Any], said: tuple[str, str]) -> None:
    message = heard(msgtype=medium, **body)
    assert (message.text, message.trouble) == said
    assert message.medium == (medium or "")


def test_a_dingtalk_file_has_a_code_and_a_name() -> None:
    sent = {"downloadCode": "c" * 3_000, "fileName": "名" * 300}
    assert heard(msgtype="file", content=sent).file == ("c" * 2_000, "名" * 200)
    assert heard(msgtype="file", content={"downloadCode": "c"}).file == ("c", "")
    for odd in ({}, {"downloadCode": ""}, "odd", None):
        assert heard(msgtype="file", content=odd).file is None
    assert heard(msgtype="picture", content=sent).file is None


def test_a_dingtalk_message_of_another_robot_or_over_quota_is_unheard() -> None:
    assert robot(robotCode="other") == Unheard("dingtalk", ("m1",), NOW, "another robot")
    assert isinstance(robot(robotCode=None), Message)
    for name in ("errorCode", "errCode"):
        for code in ("20001", 20001):
            found = robot(**{name: code})
            assert found == Unheard("dingtalk", ("m1",), NOW, "quota")
        assert isinstance(robot(**{name: "20002"}), Message)


@pytest.mark.parametrize("gone", ["msgId", "conversationId", "text"])
def test_a_dingtalk_message_without_its_fields_is_refused(gone: str) -> None:
    with pytest.raises(BROKEN):
        robot(**{gone: None})
    with pytest.raises(BROKEN):
        robot(senderStaffId=None, senderId=None)


HEAD = {"eventId": "e1"}
GROUP = {"openConversationId": "cid"}
DING = ("dingtalk", ("e1",), NOW)
DINGTALK: dict[str, tuple[dict[str, Any], Event]] = {
    "chat_add_member": (
        GROUP | {"userId": ["a", "b"]},
        MembersJoined(*DING, "cid", (Someone("a"), Someone("b"))),
    ),
    "chat_remove_member": (GROUP | {"userId": "a"}, MembersLeft(*DING, "cid", (Someone("a"),))),
    "chat_quit": (GROUP | {"userId": "abc"}, MembersLeft(*DING, "cid", (Someone("abc"),))),
    "chat_disband": (GROUP, BotRemoved(*DING, "cid")),
    "chat_update_title": (
        GROUP | {"title": "名" * 300},
        ChatRenamed(*DING, "cid", "名" * 200),
    ),
    "im_cool_app_install": (
        GROUP | {"operator": "pm"},
        BotAdded(*DING, "cid", "", external=False, by=Someone("pm")),
    ),
    "im_cool_app_uninstall": (GROUP, BotRemoved(*DING, "cid")),
    "user_add_org": ({}, Unheard(*DING, "user_add_org")),
}


@pytest.mark.parametrize("kind", DINGTALK)
@pytest.mark.parametrize("name", ["EventType", "eventType"])
@pytest.mark.parametrize("id_", ["eventId", "EventId", "BizId"])
def test_each_of_dingtalks_events(kind: str, name: str, id_: str) -> None:
    body, expected = DINGTALK[kind]
    assert ding.org_event({id_: "e1", name: kind} | body, NOW) == expected


def test_dingtalks_other_name_for_who_installed_it() -> None:
    body = HEAD | GROUP | {"EventType": "im_cool_app_install", "operatorUserId": "pm"}
    event = ding.org_event(body, NOW)
    assert isinstance(event, BotAdded)
    assert event.by == Someone("pm")


def test_dingtalks_question_whether_the_address_works_is_no_event() -> None:
    assert ding.org_event({"EventType": "check_url"}, NOW) is None


@pytest.mark.parametrize("kind", DINGTALK)
def test_dingtalks_events_without_their_fields_are_refused(kind: str) -> None:
    with pytest.raises(BROKEN):
        ding.org_event({"EventType": kind}, NOW)
    if DINGTALK[kind][0]:
        with pytest.raises(BROKEN):
            ding.org_event(HEAD | {"EventType": kind}, NOW)


def card(**changes: Any) -> Press:
    action = json.dumps(pack(SayCommand("帮助")))
    content = {"cardPrivateData": {"params": {"golive": action, "form": {"done": "接口"}}}}
    whole = {
        "userId": "li",
        "outTrackId": "golive-1",
        "spaceType": "IM_GROUP",
        "spaceId": "cid",
        "content": json.dumps(content),
    } | changes
    body = {key: value for key, value in whole.items() if value is not None}
    event = ding.card_press(body, "key", NOW)
    assert isinstance(event, Press)
    return event


def test_a_press_of_a_template_field_by_field() -> None:
    assert card() == Press(
        "dingtalk",
        ("key",),
        NOW,
        "cid",
        "golive-1",
        Someone("li"),
        SayCommand("帮助"),
        {"done": "接口"},
    )


def test_a_press_in_private_is_in_the_persons_chat() -> None:
    assert card(spaceType="IM_ROBOT").chat == "user:li"
    assert card(spaceId=None).chat == "user:li"
    assert card(spaceId="").chat == "user:li"


def params(value: object) -> dict[str, Any]:
    return {"cardPrivateData": {"params": value}}


@pytest.mark.parametrize(
    "content",
    [None, {}, {"cardPrivateData": None}, params(None), params("odd"), params({"golive": 5}), "{}"],
)
def test_a_press_without_an_action_of_ours(content: object) -> None:
    press = card(content=content)
    assert (press.action, press.fields) == (None, {})


def test_the_older_name_of_what_was_pressed() -> None:
    value = params({"golive": json.dumps(pack(SayCommand("x")))})
    assert card(content=None, value=value).action == SayCommand("x")


def test_a_templates_fields() -> None:
    form = {"a": "x", "b": {"index": 1, "value": "y"}, "c": True, "d": 5, "e": None, "f": {"x": 1}}
    assert card(content=params({"form": form})).fields == {"a": "x", "b": "y", "c": True}
    assert card(content=params({"form": "odd"})).fields == {}


@pytest.mark.parametrize("gone", ["userId", "outTrackId"])
def test_a_press_without_its_fields_is_refused(gone: str) -> None:
    with pytest.raises(BROKEN):
        card(**{gone: None})
    for odd in ("{", "[]", "5", params({"golive": "{"})):
        with pytest.raises(BROKEN):
            card(content=odd)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [(STAMP, AT), (int(STAMP), AT), ("x", NOW), (None, NOW), ("9" * 15, NOW)],
)
def test_dingtalks_times_are_milliseconds(stamp: object, expected: datetime) -> None:
    assert ding.moment(stamp, NOW) == expected
