"""600 owed messages over 300 chats, drained by `golive serve` against a fake Feishu (30 ms a call).

The rate is that of the middle of the run, from the 20th to the 80th of a hundred parts; the most in
one second is searched in every window by the fake's own times of arrival.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

from benchmarks.databases import ENGINES, fresh
from benchmarks.processes import fake_feishu, get, golive
from benchmarks.results import Figure
from bot.context import Context
from bot.core.clock import SystemClock
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.shelf import Shelf
from cards.common import notice
from cards.words import Words
from storage.tables.projects import Chat
from storage.unit_of_work import Database

LATENCY = 0.03


def run(*, quick: bool) -> Iterator[Figure]:
    """Both engines; the limits are the platform's, so they must be the same."""
    count = 200 if quick else 600
    for engine in ENGINES[:1] if quick else ENGINES:
        sends = _drain(engine, count)
        moments = sorted(at for at, _ in sends)
        low, high = count // 5, count * 4 // 5
        rate = (high - low) / (moments[high] - moments[low])
        by_chat: dict[str, list[float]] = defaultdict(list)
        for at, chat in sends:
            by_chat[chat].append(at)
        chat_most = max(_most(times) for times in by_chat.values())
        yield Figure("relay, sends in the middle of the run", rate, "/s", engine, at_least=48)
        yield Figure("  most in any one second", _most(moments), "", engine, at_most=50)
        yield Figure("  most in any one second, per chat", chat_most, "", engine, at_most=5)


def _drain(engine: str, count: int) -> list[tuple[float, str]]:
    with fresh(engine) as (url, folder), fake_feishu(folder, LATENCY) as fake:
        asyncio.run(_owe(url, count))
        with golive(folder, url, fake):
            deadline = time.monotonic() + 20 + count / 20
            while True:
                found = [(at, chat) for at, chat in json.loads(get(f"{fake}/bench/sends"))]
                if len(found) >= count:
                    break
                if time.monotonic() > deadline:
                    msg = f"{engine}: only {len(found)} of {count} were sent"
                    raise RuntimeError(msg)
                time.sleep(0.5)
            time.sleep(1)
            found = [(at, chat) for at, chat in json.loads(get(f"{fake}/bench/sends"))]
    if len(found) != count:
        msg = f"{engine}: {len(found)} sends for {count} messages"
        raise RuntimeError(msg)
    return found


async def _owe(url: str, count: int) -> None:
    database = Database(url, SystemClock())
    w = Words("zh")
    async with database.begin() as uow:
        ctx = Context(uow, Shelf())
        for number in range(count):
            chat = Chat(new_id(), "feishu", f"oc_relay{number % (count // 2)}", ChatKind.GROUP)
            ctx.say(chat, notice(w, "站会", f"第 {number} 条消息"))
    await database.close()


def _most(times: Iterable[float]) -> int:
    """The most moments in any window of one second."""
    window: deque[float] = deque()
    most = 0
    for at in sorted(times):
        window.append(at)
        while at - window[0] >= 1.0:
            window.popleft()
        most = max(most, len(window))
    return most
