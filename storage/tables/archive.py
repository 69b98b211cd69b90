"""All that is kept of one project, as plain rows: for its archive."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Table, select

from storage.connection import Connection
from storage.tables.faq import faq_entries, faq_questions
from storage.tables.followups import feedback, followup_people, followups
from storage.tables.golives import golives
from storage.tables.milestones import milestones
from storage.tables.people import leaves, members, people
from storage.tables.projects import chats, projects
from storage.tables.reports import reports
from storage.tables.risks import risk_history, risks
from storage.tables.standups import answers, rounds
from storage.tables.suggestions import suggestions

# Tables whose rows name their project.
_OF_PROJECT = (
    members,
    milestones,
    risks,
    rounds,
    faq_entries,
    faq_questions,
    golives,
    followups,
    feedback,
    suggestions,
    reports,
)
# Tables whose rows hang on others: the column that leads there, the table, its column.
_HANGING = (
    (risk_history, "risk_id", risks, "id"),
    (answers, "round_id", rounds, "id"),
    (people, "id", members, "person_id"),
    (leaves, "person_id", members, "person_id"),
    (followup_people, "ask_id", followups, "ask_id"),
)


class Archive:
    """Reads a project as a whole."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, project_id: str) -> dict[str, list[dict[str, Any]]]:
        """By table its rows; moments in UTC and days as ISO texts, JSON columns as they are."""
        own = projects.c.id == project_id
        found = {
            "projects": await self._rows(projects, own),
            "chats": await self._rows(chats, chats.c.id.in_(select(projects.c.chat_id).where(own))),
        }
        for table in _OF_PROJECT:
            found[table.name] = await self._rows(table, table.c.project_id == project_id)
        for table, column, over, key in _HANGING:
            ids = select(over.c[key]).where(over.c.project_id == project_id)
            found[table.name] = await self._rows(table, table.c[column].in_(ids))
        return found

    async def _rows(self, table: Table, where: Any) -> list[dict[str, Any]]:
        rows = await self._connection.execute(
            select(table).where(where).order_by(*table.primary_key.columns)
        )
        return [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]  # noqa: SLF001


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return msgspec.to_builtins(value, str_keys=True)
