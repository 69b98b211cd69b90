"""What Feishu's error codes mean for us (protocols/feishu.md §3.6)."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite

import httpx

from bot.platforms.port import DeliveryError, Trouble

# Asking for a new token once and trying again mends these.
TOKEN = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 99991677})

_BY_CODE: dict[Trouble, tuple[int, ...]] = {
    Trouble.BUSY: (99991400, 230020, 11232, 11233),
    Trouble.PASSING: (230049, 2200, 1500, 5000, 55001, 300120, 1254290, 1254291, 1254607),
    Trouble.GONE: (230002, 232009, 232011, 230011, 230110, 230029, 99992351, 230031),
    Trouble.DENIED: (
        230013, 230018, 230035, 230053, 230027, 99991672, 99991679, 99991401, 230006, 232025,
        230038, 99991543, 99991662, 99991673, 99991403,
    ),
    Trouble.CONTENT: (230001, 230022, 230028, 230025, 230099, 230055),
}  # fmt: skip
_TROUBLE = {code: trouble for trouble, codes in _BY_CODE.items() for code in codes}


def classify(response: httpx.Response, code: int, message: str) -> DeliveryError:
    """The error of an answer that is not a success. `message` is Feishu's, without our data."""
    if code in _TROUBLE:
        trouble = _TROUBLE[code]
    elif response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        trouble = Trouble.BUSY
    elif response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or code in TOKEN:
        trouble = Trouble.PASSING
    else:
        trouble = Trouble.DENIED
    logid = response.headers.get("x-tt-logid", "")
    reason = f"Feishu {code or response.status_code} {message[:160]} {logid}".strip()
    return DeliveryError(trouble, reason, _told_to_wait(response))


def _told_to_wait(response: httpx.Response) -> timedelta | None:
    """`x-ogw-ratelimit-reset` is in seconds; httpx compares header names without case."""
    try:
        seconds = float(response.headers.get("x-ogw-ratelimit-reset", ""))
    except ValueError:
        return None
    return timedelta(seconds=min(max(seconds, 0.0), 3600.0)) if isfinite(seconds) else None
