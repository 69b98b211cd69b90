"""Rows written straight into a database, for what no person could bring about quickly."""

from __future__ import annotations

from datetime import time

from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.project import Project, Settings
from cards.elements import Card, pack, text
from storage.tables.outbox import Outcome, Owed, State
from storage.unit_of_work import Database


async def give_dead_rows(database: Database) -> tuple[str, str]:
    """Two messages that Feishu refused; their keys."""
    async with database.begin() as uow:
        for number in range(2):
            card = Card("Hello from the dead", (text(f"number {number}"),))
            payload = {"card": pack(card), "reply_to": ""}
            chat = f"oc_dead{number}"
            uow.outbox.owe(Owed("feishu", "card", "chat", chat, payload, uow.now, chat))
    async with database.begin() as uow:
        rows = await uow.outbox.heads(["feishu"], uow.now, 10)
        await uow.outbox.settle(
            [Outcome(row.key, State.DEAD, uow.now, None, "Feishu 230001 no") for row in rows]
        )
    await database.close()
    first, second = (row.key for row in rows)
    return first, second


async def give_due_projects(database: Database, groups: int, prefix: str = "oc_due") -> list[str]:
    """Projects whose stand-up is due now, whatever the hour is; the groups they live in."""
    settings = Settings(quiet_from=time(0), quiet_until=time(0))
    accounts = [f"{prefix}{number}" for number in range(groups)]
    async with database.begin() as uow:
        for account in accounts:
            chat = await uow.chats.meet("feishu", account, ChatKind.GROUP)
            project = Project(new_id(), account, chat.id, settings, created_at=uow.now)
            await uow.projects.add(project)
            await uow.schedule.set([("standup.ask", project.id, uow.now)])
    await database.close()
    return accounts
