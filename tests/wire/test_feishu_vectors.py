"""Every recorded push gets the verdict of our contract, and no push gets an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    Event,
    MembersJoined,
    MenuChosen,
    Message,
    MessageRecalled,
    Press,
    Someone,
    Unheard,
)
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.feishu.verify import Keys
from bot.platforms.port import Reading, Request
from tests.chat import START
from tests.fakes import feishu as fake

BOOK = json.loads((Path(__file__).parent / "vectors" / "feishu.json").read_text("utf-8"))
VECTORS: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in BOOK["vectors"]}
GROUP, PRIVATE = "oc_5ce6d572455d361153b7xx51da133945", "oc_p2p00000000000000000000000000001"
ZHANG, LI = "ou_84aad35d084aa403a838cf73ee184670", "ou_2d2c0399b53d06fd195bb393cd1e38f2"
CARD = "om_574d639e4a44e4dd646eaf628e2aaaaa"

REFUSED = {
    "challenge_bad_token": "token",
    "bad_signature": "signature",
    "missing_signature_headers": "unsigned",
    "tampered_body": "signature",
    "bad_token_signed": "token",
    "plaintext_unsigned_with_encrypt_key": "neither signed nor encrypted",
}
UNREAD = {"malformed_json", "malformed_base64", "malformed_no_header"}
CHALLENGES = {"challenge_plain", "challenge_encrypted"}


def ingress(encrypt_key: str = fake.ENCRYPT_KEY, token: str = fake.TOKEN) -> Feishu:
    """The adapter with a client that points at nothing."""
    clock = FrozenClock(START)
    client = FeishuClient("http://127.0.0.1:9", BOOK["app_id"], SecretStr("secret"), clock)
    feishu = Feishu(client, Keys(token, encrypt_key), BOOK["app_id"], clock)
    feishu._parser.bot_open_id = BOOK["bot_open_id"]
    return feishu


def read(vector: Mapping[str, Any], encrypt_key: str | None = None) -> Reading:
    config = vector["config"]
    key = config["encrypt_key"] if encrypt_key is None else encrypt_key
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    request = Request("/webhook/feishu", headers, vector["body"].encode())
    return ingress(key, config["verification_token"]).read(request)


def event_of(id_: str) -> Event:
    event = read(VECTORS[id_]).event
    assert event is not None
    return event


def message_of(id_: str) -> Message:
    event = event_of(id_)
    assert isinstance(event, Message)
    return event


def moment(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


@pytest.mark.parametrize("id_", VECTORS)
def test_every_vector_gets_exactly_one_verdict(id_: str) -> None:
    reading = read(VECTORS[id_])
    verdicts = {
        "event": reading.event is not None,
        "reply": reading.reply is not None,
        "refused": bool(reading.refused),
        "unread": bool(reading.unread),
    }
    if id_ in CHALLENGES:
        wanted = "reply"
    elif id_ in REFUSED:
        wanted = "refused"
    else:
        wanted = "unread" if id_ in UNREAD else "event"
    assert [name for name, is_so in verdicts.items() if is_so] == [wanted]


@pytest.mark.parametrize("id_", sorted(CHALLENGES))
def test_a_handshake_gives_the_challenge_back(id_: str) -> None:
    asked = json.loads(VECTORS[id_]["decrypted_plaintext"])["challenge"]
    assert json.loads(read(VECTORS[id_]).reply or b"") == {"challenge": asked}


@pytest.mark.parametrize(("id_", "why"), REFUSED.items())
def test_the_log_is_told_why_a_push_is_refused(id_: str, why: str) -> None:
    assert read(VECTORS[id_]).refused == why


def test_a_push_sealed_with_another_key_is_refused_under_ours() -> None:
    vector = VECTORS["wrong_encrypt_key"]
    assert vector["config"]["encrypt_key"] != BOOK["encrypt_key"]
    assert read(vector, BOOK["encrypt_key"]).refused == "signature"


def test_a_group_text_loses_our_mention_and_names_the_others() -> None:
    message = message_of("msg_text_group_at_bot")
    assert message.text == "/task 给 @李健 明天前完成接口联调 🚀"
    assert message.addressed
    assert message.mentions == (Someone(LI, "李健"),)
    assert (message.chat, message.chat_kind) == (GROUP, ChatKind.GROUP)
    assert message.sender == Someone(ZHANG)
    assert message.at == moment(1788999999.75)
    assert message.keys == (
        "5e3702a84e847582be8db7fb73280001",
        "message:om_x100b54e6d8be9ca4c2d304f3d000000",
    )


def test_a_private_text_needs_no_mention() -> None:
    message = message_of("msg_text_p2p")
    assert (message.chat, message.chat_kind) == (PRIVATE, ChatKind.PRIVATE)
    assert (message.text, message.mentions) == ("本周还有哪些风险？", ())


def test_rich_text_becomes_one_line_a_paragraph() -> None:
    message = message_of("msg_post_group")
    assert message.medium == "post"
    assert message.addressed
    assert message.text.splitlines()[0] == "周报"
    assert "总结一下 PRD" in message.text
    assert "print(1)" in message.text
    assert "@_user" not in message.text


def test_a_reply_in_a_thread_knows_its_parents() -> None:
    message = message_of("msg_reply_in_thread")
    assert message.text == "同意"
    assert message.parents == ("om_root0000000000000000000000000001",) * 2


def test_a_mention_of_all_does_not_address_us() -> None:
    message = message_of("msg_at_all")
    assert not message.addressed
    assert message.mentions == ()
    assert message.text.endswith("站会开始")


def test_another_bot_is_known_as_one() -> None:
    assert message_of("msg_from_other_bot").sender.bot


def test_the_bot_is_added_with_the_groups_name() -> None:
    event = event_of("bot_added")
    assert isinstance(event, BotAdded)
    assert (event.chat, event.name, event.external) == (GROUP, "Apollo 项目群", False)
    assert event.by == Someone(ZHANG)


def test_members_join_with_their_names() -> None:
    event = event_of("user_added")
    assert isinstance(event, MembersJoined)
    assert (event.chat, event.people) == (GROUP, (Someone(LI, "李健"),))


def test_a_disbanded_group_is_one_that_we_left() -> None:
    event = event_of("chat_disbanded")
    assert isinstance(event, BotRemoved)
    assert event.chat == GROUP


def test_a_recalled_message_is_named() -> None:
    event = event_of("message_recalled")
    assert isinstance(event, MessageRecalled)
    assert event.message == "om_dc13264520392913993dd051dba21dcf"


def test_what_we_do_not_act_on_is_unheard() -> None:
    event = event_of("reaction_created")
    assert isinstance(event, Unheard)
    assert event.what == "im.message.reaction.created_v1"


def test_a_menu_entry_has_its_time_in_seconds() -> None:
    event = event_of("bot_menu")
    assert isinstance(event, MenuChosen)
    assert (event.entry, event.sender) == ("menu_today", Someone(ZHANG, "张三"))
    assert event.at == moment(1789000000)


def test_a_forms_fields_lose_their_offsets() -> None:
    event = event_of("card_action_form")
    assert isinstance(event, Press)
    assert event.fields == {
        "done": "修复登录\n评审PR",
        "blockers": "",
        "mood": "ok",
        "helpers": (LI,),
        "due": "2026-09-11",
        "at": "10:30",
        "when": "2026-09-11 10:30",
        "agree": True,
    }
    assert (event.chat, event.message, event.sender) == (GROUP, CARD, Someone(ZHANG))


def test_card_callbacks_tell_their_time_in_microseconds() -> None:
    first, second = event_of("card_action_form"), event_of("card_action_button")
    assert first.at == moment(1789000000)
    assert second.at - first.at == timedelta(microseconds=1)


def test_a_button_that_is_not_ours_has_no_action() -> None:
    event = event_of("card_action_button")
    assert isinstance(event, Press)
    assert (event.action, event.fields) == (None, {})


def test_a_select_outside_a_form_gives_its_one_value() -> None:
    event = event_of("card_action_select")
    assert isinstance(event, Press)
    assert event.fields == {"value": "doing"}


def test_a_replayed_push_has_the_same_keys() -> None:
    first, again = event_of("duplicate_first"), event_of("duplicate_exact_replay")
    assert first == again


def test_one_message_under_a_new_event_id_shares_a_key() -> None:
    first, other = event_of("duplicate_first"), event_of("duplicate_same_message_new_event_id")
    assert set(first.keys) & set(other.keys) == {"message:om_x100b54e6d8be9ca4c2d304f3d000042"}


def test_old_pushes_and_unknown_fields_are_accepted() -> None:
    for id_ in ("stale_timestamp", "unknown_fields", "lowercase_headers"):
        assert message_of(id_).text == "x"
