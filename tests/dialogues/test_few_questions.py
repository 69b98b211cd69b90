"""What a batch of events asks of the database does not grow with the batch.

Events that wait share a transaction (docs/adr); a question per event would undo that.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from bot.core.events import ChatKind, Message, Someone
from tests.chat import GROUP, PEOPLE, Chat


@contextmanager
def reads(chat: Chat) -> Iterator[Counter[str]]:
    """How often each table is read in the block."""
    found: Counter[str] = Counter()
    engine = chat.database.engine.sync_engine

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if statement.startswith("SELECT"):
            found[statement.split("FROM", 1)[1].split(maxsplit=1)[0]] += 1

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def _all_answer(chat: Chat, team: list[Someone], day: str) -> Counter[str]:
    prompt = chat.last("每日站会").message
    told = [
        Message("fake", (f"{day}{one.id}",), chat.clock.now(), GROUP, ChatKind.GROUP,
                f"m-{day}-{one.id}", one, "昨天：写接口\n今天：联调", parents=(prompt,))
        for one in team
    ]  # fmt: skip
    with reads(chat) as found:
        await asyncio.gather(*(chat.dispatcher.handle(one) for one in told))
    return found


async def test_twenty_answers_ask_for_no_more_than_five(chat: Chat) -> None:
    await chat.given_project()
    team = [Someone(f"ou_e{n}", f"工程师{n}") for n in range(20)]
    named = " ".join("@" + one.name for one in team)
    await chat.happens(
        Message("fake", ("team",), chat.clock.now(), GROUP, ChatKind.GROUP, "team", PEOPLE["pm"],
                f"角色 {named} 工程师", tuple(team), addressed=True)
    )  # fmt: skip
    await chat.at("09:30")
    await chat.dispatcher.start()
    try:
        few = await _all_answer(chat, team[:5], "a")
        many = await _all_answer(chat, team, "b")
    finally:
        await chat.dispatcher.stop()
    assert many.total() <= few.total() + 2, (many, few)
