"""A sign of life for somebody else to miss: an address is asked every minute while all is well.

A bot that is down cannot say so. Services that wait for such a sign (healthchecks.io, Uptime Kuma's
push monitors, Grafana OnCall) ring when it does not come; nothing but the request itself is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from bot import logs

log = logs.get(__name__)

# In seconds.
EVERY = 60.0


class Heartbeat:
    """Beats while this process leads and is ready."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def run(self, not_ready: Callable[[], Awaitable[list[str]]]) -> None:
        """Beat until cancelled; a beat that fails is logged and the next one comes in its time."""
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as http:
            while True:
                await asyncio.sleep(EVERY)
                if reasons := await not_ready():
                    log.warning("no heartbeat", why=reasons)
                    continue
                try:
                    answer = await http.get(self._url)
                    if not answer.is_success:
                        log.warning("heartbeat refused", status=answer.status_code)
                except httpx.HTTPError as error:
                    log.warning("heartbeat failed", why=type(error).__name__)
