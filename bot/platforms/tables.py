"""A table that somebody sent as a file, fetched by a platform and read apart from everything."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from bot import plan_files
from bot.core.events import TableRead
from bot.core.ids import new_id
from bot.platforms.port import Errand


async def table_read(platform: str, errand: Errand, content: bytes, now: datetime) -> TableRead:
    """What stands in the file of an errand: its rows, or what is wrong with it."""
    read = await asyncio.to_thread(plan_files.read, errand.detail["name"], content)
    return TableRead(
        platform,
        (f"table:{new_id()}",),
        now,
        errand.of,
        errand.detail["project"],
        errand.detail["who"],
        msgspec.to_builtins(read),
    )
