"""A hand that signs and seals pushes as DingTalk does, beside the server in `dingtalk.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.fakes.dingtalk import (
    BOT,
    CARD_SECRET,
    CLIENT_ID,
    CLIENT_SECRET,
    CORP,
    EVENT_AES_KEY,
    EVENT_TOKEN,
    GROUP,
    REPLY_PATH,
    ROBOT_CODE,
    SESSIONS,
    SINGLE,
    Json,
    now_ms,
)

_pushes = itertools.count(1)
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def _hmac(secret: str, words: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), words.encode(), "sha256")).decode()


def sign(stamp_ms: str | None = None, secret: str = CLIENT_SECRET) -> dict[str, str]:
    """The headers of a robot push, which do not cover its body."""
    stamp = stamp_ms or str(now_ms())
    return _JSON | {"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")}


def robot_message(
    sender: str,
    text: str = "",
    *,
    chat: str = GROUP,
    title: str = "华鼎ERP项目群",
    private: bool = False,
    staff: bool = True,
    external: bool = False,
    msgtype: str = "text",
    content: Json | None = None,
    at: tuple[str, ...] = (),
    session: str = "",
    msg_id: str = "",
    nick: str | None = None,
    robot_code: str = ROBOT_CODE,
    created_ms: int | None = None,
    base: str = "https://oapi.dingtalk.com",
    extra: Json | None = None,
) -> Json:
    """What somebody says to the robot. Nobody is `staff` before the application is published."""
    number, created = f"{os.getpid()}x{next(_pushes)}", created_ms or now_ms()
    session = session or f"session{number}"
    SESSIONS[session] = ("person", sender) if private else ("chat", chat)
    body: Json = {"senderPlatform": "Mac", "msgId": msg_id or f"msg{number}==", "msgtype": msgtype}
    body |= {"chatbotCorpId": CORP, "chatbotUserId": BOT, "robotCode": robot_code}
    body |= {"senderId": f"$:LWCP_v1:${sender}", "senderUnionId": f"union-{sender}"}
    body |= {"senderNick": f"name of {sender}" if nick is None else nick}
    body |= {"senderCorpId": "dingothercorp0000001" if external else CORP}
    body |= {"createAt": created, "sessionWebhookExpiredTime": created + 5_400_000}
    body |= {"sessionWebhook": f"{base}{REPLY_PATH}?session={session}"}
    if staff and not external:
        body |= {"senderStaffId": sender, "isAdmin": False}
    if private:
        body |= {"conversationType": "1", "conversationId": f"{SINGLE}{sender}=="}
    else:
        people = [{"dingtalkId": f"$:LWCP_v1:${one}", "staffId": one, "unionId": ""} for one in at]
        body |= {"conversationType": "2", "conversationId": chat, "conversationTitle": title}
        bot = {"dingtalkId": BOT, "staffId": "", "unionId": ""}
        body |= {"isInAtList": True, "atUsers": [bot, *people]}
    if msgtype != "text":
        body["content"] = content or {}
    else:  # where the mention of the robot was cut out, a space is left
        body["text"] = {"content": text if private else f" {text}"}
    return body | (extra or {})


def quota_body(sender: str, **shape: Any) -> Json:
    """What arrives in place of a message once the month's pushes are used up."""
    body = robot_message(sender, **shape)
    del body["text"]
    return body | {"errorCode": 20001, "errorMessage": "受调用量超量影响，当前消息服务已经暂停"}


def _cipher(key: str) -> Cipher[modes.CBC]:
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))


def _digest(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal_event(
    event: Json, *, token: str = EVENT_TOKEN, key: str = EVENT_AES_KEY, owner: str = CLIENT_ID
) -> tuple[dict[str, str], bytes]:
    """Query and body of an event's push."""
    plain = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    packed = os.urandom(16) + len(plain).to_bytes(4, "big") + plain + owner.encode()
    pad = 32 - len(packed) % 32
    sealed = base64.b64encode(_cipher(key).encryptor().update(packed + bytes([pad]) * pad)).decode()
    query = {"timestamp": str(now_ms()), "nonce": f"nOnCe{next(_pushes)}"}
    query["msg_signature"] = _digest(token, *query.values(), sealed)
    return query, json.dumps({"encrypt": sealed}).encode()


def open_reply(body: bytes) -> str:
    """The word in our answer to an event, whose signature, padding and owner have to be right."""
    found = json.loads(body)
    parts = (found["timeStamp"], found["nonce"], found["encrypt"])
    assert found["msg_signature"] == _digest(EVENT_TOKEN, *parts)
    packed = _cipher(EVENT_AES_KEY).decryptor().update(base64.b64decode(parts[2]))
    end, pad = 20 + int.from_bytes(packed[16:20], "big"), packed[-1]
    assert 1 <= pad <= 32
    assert packed[end:] == CLIENT_ID.encode() + bytes([pad]) * pad
    return packed[20:end].decode()


def org_event(kind: str, **fields: Any) -> Json:
    number = f"{os.getpid()}x{next(_pushes)}"
    event = {"EventType": kind, "EventTime": now_ms(), "CorpId": CORP, "BizId": number}
    return event | {"eventId": f"event{number}"} | fields


def card_press(
    sender: str, params: Json, *, card: str, stamp: str = "", secret: str = CARD_SECRET, **more: Any
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a button of the card with outTrackId `card`; a form is in its `params`,
    and `more` is of the body, as `spaceId` is.
    """
    pressed = {"cardPrivateData": {"actionIds": [params.get("action", "")], "params": params}}
    body: Json = {"type": "actionCallback", "outTrackId": card, "corpId": CORP, "userId": sender}
    body |= {"userIdType": 1, "spaceType": "IM_GROUP", "spaceId": GROUP, "extension": "{}"}
    body |= {"content": json.dumps(pressed, ensure_ascii=False)} | more
    stamp = stamp or str(now_ms())
    signed = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": _hmac(secret, stamp)}
    return json.dumps(body, ensure_ascii=False).encode(), _JSON | signed
