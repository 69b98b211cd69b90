"""What stands in the database before a measurement: projects with their people, many at once.

Rows go straight into the tables of `storage`, in the shape that the handlers leave behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.schema import Table

from bot.calendars import Calendars
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.people import Role
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.schedule import WHEN
from storage.connection import chunks
from storage.tables.living import living
from storage.tables.people import members, people
from storage.tables.projects import chats, projects
from storage.tables.schedule import schedule
from storage.tables.standups import rounds
from storage.unit_of_work import Database, UnitOfWork

PLATFORM = "feishu"
Rows = dict[Table, list[dict[str, Any]]]
ENGINEERS = (Role.ENGINEER, Role.ENGINEER, Role.ENGINEER)
TEAM = (Role.MANAGER, Role.ENGINEER, Role.ENGINEER)


@dataclass(frozen=True, slots=True)
class Group:
    """One project's group chat: ids as the platform knows them, and the round that is open."""

    chat: str
    people: tuple[str, ...]
    round_id: str
    card: str


async def groups(
    database: Database,
    count: int,
    roles: Sequence[Role],
    *,
    due: Mapping[str, datetime] | None = None,
    round_open: bool = False,
) -> list[Group]:
    """Write `count` projects of one person per role; jobs run when `due` says, or at their time.

    With `round_open` each has a stand-up that opened ten minutes ago, its card hanging in the chat.
    """
    now = database.clock.now()
    usual = Project("", "", "", Settings())
    calendar = Calendars().of(usual.settings.country)
    times = {job: when(usual, now, calendar) for job, when in WHEN.items()} | dict(due or {})
    rows: Rows = {t: [] for t in (chats, people, projects, members, schedule, rounds, living)}
    made = [
        _group(rows, number, roles, times, now, round_open=round_open) for number in range(count)
    ]
    async with database.begin() as uow:
        await _write(uow, rows)
    return made


def _group(
    rows: Rows,
    number: int,
    roles: Sequence[Role],
    times: Mapping[str, datetime | None],
    now: datetime,
    *,
    round_open: bool,
) -> Group:
    chat, project, round_ = new_id(), new_id(), new_id()
    account, card = f"oc_bench{number:05d}", f"om_prompt{number:05d}"
    rows[chats].append(_chat(chat, account, number))
    rows[projects].append(_project(project, chat, number, now))
    accounts = []
    for seat, role in enumerate(roles):
        person, who = new_id(), f"ou_bench{number:05d}x{seat}"
        accounts.append(who)
        rows[people].append(
            {"id": person, "platform": PLATFORM, "account": who, "name": f"王小{number}{seat}",
             "external": False}
        )  # fmt: skip
        rows[members].append(
            {"project_id": project, "person_id": person, "role": role, "joined_at": now}
        )
    rows[schedule] += [
        {"job": job, "project_id": project, "next_run_at": at} for job, at in times.items()
    ]
    if round_open:
        rows[rounds].append(_round(round_, project, now))
        rows[living].append(
            {"id": new_id(), "drawing": "standup.prompt", "subject": round_, "platform": PLATFORM,
             "to_kind": "chat", "to": account, "project_id": project, "message": card,
             "digest": "0" * 64, "shown_at": now}
        )  # fmt: skip
    return Group(account, tuple(accounts), round_, card)


async def _write(uow: UnitOfWork, rows: Rows) -> None:
    for table, values in rows.items():
        for part in chunks(values, 5_000):
            await uow.connection.execute(insert(table), list(part))


def _chat(id_: str, account: str, number: int) -> dict[str, Any]:
    return {
        "id": id_,
        "platform": PLATFORM,
        "account": account,
        "kind": ChatKind.GROUP,
        "name": f"项目群 {number}",
        "external": False,
        "present": True,
    }


def _project(id_: str, chat: str, number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "chat_id": chat,
        "name": f"华鼎ERP {number}期",
        "settings": Settings(),
        "template": "blank",
        "created_at": now,
        "paused": False,
        "version": 1,
    }


def _round(id_: str, project: str, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "project_id": project,
        "kind": RoundKind.STANDUP,
        "day": now.astimezone(Settings().zone_info).date(),
        "opens_at": now - timedelta(minutes=10),
        "closes_at": now + timedelta(hours=6),
    }
