"""Does our own public address answer as DingTalk would have it?"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import datetime

import httpx

from bot.core.findings import Finding, State

# A message that no robot gets: it is authentic, and let be.
_BODY = b'{"msgId":"golive-doctor","robotCode":"golive-doctor","msgtype":"text"}'


async def probe(public_url: str, secret: str, now: datetime) -> Finding:
    """Send `PUBLIC_URL/webhook/dingtalk` a signed message for nobody."""
    stamp = str(round(now.timestamp() * 1000))
    sign = b64encode(hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")).decode()
    values = {"address": f"{public_url}/webhook/dingtalk"}
    try:
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as http:
            headers = {"timestamp": stamp, "sign": sign, "Content-Type": "application/json"}
            answer = await http.post(values["address"], content=_BODY, headers=headers)
    except httpx.HTTPError as error:
        return Finding("dingtalk.address", State.FAIL, values | {"why": type(error).__name__})
    if answer.status_code == httpx.codes.OK and b"empty" in answer.content:
        return Finding("dingtalk.address", State.PASS, values)
    return Finding("dingtalk.address", State.FAIL, values | {"why": f"HTTP {answer.status_code}"})
