"""A table that somebody sent as a file, fetched by a platform and read apart from everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime

import msgspec

from bot import plan_files
from bot.core.events import TableRead
from bot.core.ids import new_id
from bot.platforms.port import DeliveryError, Errand, Trouble


async def table_read(
    platform: str, errand: Errand, fetch: Awaitable[bytes], now: datetime
) -> TableRead:
    """What stands in the file of an errand: its rows, or what is wrong with it.

    A file that the platform does not give away is a mistake like any other; whatever may pass by
    itself is raised as `DeliveryError`.
    """
    try:
        content = await fetch
        read = await asyncio.to_thread(plan_files.read, errand.detail["name"], content)
    except DeliveryError as error:
        if error.trouble in (Trouble.BUSY, Trouble.PASSING, Trouble.UNKNOWN):
            raise
        read = plan_files.PlanFile((), (plan_files.Problem(0, "plan.file.unfetched"),))
    return TableRead(
        platform,
        (f"table:{new_id()}",),
        now,
        errand.of,
        errand.detail["project"],
        errand.detail["who"],
        msgspec.to_builtins(read),
    )
