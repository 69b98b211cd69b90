"""What DingTalk's errors mean for us (protocols/dingtalk.md §3.10, §3.11).

The new API answers with an HTTP error and a dotted code, the old one with HTTP 200 and `errcode`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from bot.platforms.port import DeliveryError, Trouble

# Asking for a new token once and trying again mends these.
TOKEN = re.compile(r"InvalidAuthentication|invalidAccessToken|40014|42001|88", re.IGNORECASE)

# What is found in the code, or is all of it (numbers of the old API); the first row decides.
_BY_CODE: tuple[tuple[Trouble, tuple[str, ...], tuple[int, ...]], ...] = (
    (Trouble.QUOTA, ("ApiCountLimitForOrg",), (90020, 20001)),
    (Trouble.UNKNOWN, ("unknown.send.result",), ()),
    (
        Trouble.BUSY,
        ("QpsLimit", "QpmLimit", "send.too.fast", "tooFast", "too.many.", "system.busy"),
        (90018, 90002, 410100, 130101, 1111, -1),
    ),
    (
        Trouble.GONE,
        (
            "openConversationId",
            "group.disbanded",
            "robot.oto.notExist",
            "notAllow.sendOTO",
            "bot.stopped",
            "userIdNotExist",
        ),
        (400013, 400106, 400102, 300001),
    ),
    (
        Trouble.CONTENT,
        ("msgParam", "msgKey", "contain.", "content", "unsafe"),
        (430101, 430102, 430103, 430104, 460101, 40035, 400105),
    ),
    (Trouble.PASSING, ("system.error", "InvalidAuthentication", "ServiceUnavailable"), ()),
)


def classify(response: httpx.Response, answer: Mapping[str, Any], *, sends: bool) -> DeliveryError:
    """The error of an answer that is not a success; `sends` when a message was to be sent.

    A gateway that gave up (504) may have sent it all the same.
    """
    code = code_of(answer)
    status = response.status_code
    trouble = _trouble_of(code) if code else None
    if trouble is None and status == httpx.codes.GATEWAY_TIMEOUT and sends:
        trouble = Trouble.UNKNOWN
    elif trouble is None and status == httpx.codes.TOO_MANY_REQUESTS:
        trouble = Trouble.BUSY
    elif trouble is None and (status >= httpx.codes.INTERNAL_SERVER_ERROR or not answer):
        # A machine that asks too often gets a page instead of JSON.
        trouble = Trouble.PASSING
    wait = timedelta(seconds=1) if trouble is Trouble.BUSY else None
    return DeliveryError(trouble or Trouble.DENIED, _reason(code or str(status), answer), wait)


def _trouble_of(code: str) -> Trouble | None:
    lower = code.lower()
    for trouble, words, numbers in _BY_CODE:
        if any(word.lower() in lower for word in words) or code in map(str, numbers):
            return trouble
    return None


def code_of(answer: Mapping[str, Any]) -> str:
    """The error code as text, empty for a success."""
    code = answer.get("code", answer.get("errcode", answer.get("status", "")))
    return "" if code in (0, "0", None, "") else str(code)


def _reason(code: str, answer: Mapping[str, Any]) -> str:
    said = str(answer.get("message") or answer.get("errmsg") or "")[:160]
    detail = answer.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, Mapping) else None
    needed = f" (needs {', '.join(map(str, scopes))})" if isinstance(scopes, list) else ""
    return f"DingTalk {code[:80]} {said}{needed[:160]}".strip()
