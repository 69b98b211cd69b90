"""Follow-ups, whom they were put to, and what people said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    update,
)

from bot.domain.followup import Feedback, FollowUp
from bot.domain.risk import LIVE
from storage.base import Moment, metadata
from storage.connection import Connection, chunks
from storage.tables.risks import risks

followups = Table(
    "followups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("golive", Date, nullable=False),
    Column("held", String(12), nullable=False),
    Column("ask_id", String(32)),
    Column("asked_at", Moment),
    UniqueConstraint("project_id", "step", "golive"),
    Index(None, "ask_id"),
)

followup_people = Table(
    "followup_people",
    metadata,
    Column("ask_id", String(32), nullable=False),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("ask_id", "person_id"),
    Index(None, "person_id", "at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("ask_id", String(32)),
    Column("score", Integer),
    Column("likely", Integer),
    Column("reason", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("risk_id", String(32)),
    Column("edits", Integer, nullable=False),
    Column("chat_id", String(32), nullable=False),
    UniqueConstraint("ask_id", "person_id"),
    Index(None, "project_id", "at"),
    Index(None, "risk_id"),
    Index(None, "person_id"),
)


class FollowUps:
    """Follow-ups by project; each stands here from the day on which it is due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of_many(self, project_ids: Sequence[str]) -> dict[str, list[FollowUp]]:
        """The follow-ups of many projects, in the order of their days; without their people."""
        found: dict[str, list[FollowUp]] = {id_: [] for id_ in project_ids}
        for part in chunks(project_ids):
            for row in await self._connection.execute(_OF_PROJECTS, {"ids": part}):
                found[row.project_id].append(_followup(row))
        return found

    async def of(self, project_id: str) -> list[FollowUp]:
        return (await self.of_many([project_id]))[project_id]

    async def asked_with(self, ask_id: str) -> list[FollowUp]:
        """Those that were asked on one card, with whom they were put to."""
        rows = await self._connection.execute(
            select(followups).where(followups.c.ask_id == ask_id).order_by(followups.c.step)
        )
        people = await self._connection.execute(
            select(followup_people.c.person_id)
            .where(followup_people.c.ask_id == ask_id)
            .order_by(followup_people.c.person_id)
        )
        asked = tuple(row.person_id for row in people)
        return [_followup(row, asked) for row in rows]

    async def add(self, new: Sequence[FollowUp]) -> None:
        for part in chunks(new):
            await self._connection.execute(insert(followups), [_values(one) for one in part])

    async def save(self, changed: Sequence[FollowUp]) -> None:
        """Write why they wait, or that they were asked."""
        for part in chunks(changed):
            await self._connection.execute(
                _SAVE,
                [{f"b_{name}": value for name, value in _values(one).items()} for one in part],
            )

    async def put_to(self, asks: Iterable[tuple[str, str]], at: datetime) -> None:
        """Keep whom was asked what: pairs of ask and person."""
        for part in chunks(list(asks)):
            await self._connection.execute(
                insert(followup_people),
                [{"ask_id": ask, "person_id": person, "at": at} for ask, person in part],
            )

    async def last_put_to(self, person_ids: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each of them was last asked anything since then, in whatever project."""
        found: dict[str, datetime] = {}
        for part in chunks(person_ids):
            rows = await self._connection.execute(_LAST_PUT_TO, {"ids": part, "since": since})
            found |= {row.person_id: row.at for row in rows}
        return found

    # --- what people said ------------------------------------------------------------------------

    async def said_to(self, ask_id: str) -> list[Feedback]:
        return await self._feedback(feedback.c.ask_id == ask_id)

    async def said_in(self, project_id: str, since: datetime) -> list[Feedback]:
        return await self._feedback(feedback.c.project_id == project_id, feedback.c.at >= since)

    async def said_by(self, ask_id: str, person_id: str) -> Feedback | None:
        found = await self._feedback(feedback.c.ask_id == ask_id, feedback.c.person_id == person_id)
        return found[0] if found else None

    async def said(self, id_: str) -> Feedback | None:
        found = await self._feedback(feedback.c.id == id_)
        return found[0] if found else None

    async def complaining(self, person_ids: Sequence[str]) -> set[str]:
        """Who of these people waits for an answer to a complaint, in whatever project."""
        found: set[str] = set()
        for part in chunks(person_ids):
            rows = await self._connection.execute(_COMPLAINING, {"ids": part})
            found |= {row.person_id for row in rows}
        return found

    async def say(self, new: Feedback) -> None:
        await self._connection.execute(insert(feedback), _said_values(new))

    async def say_again(self, changed: Feedback) -> None:
        values = _said_values(changed)
        del values["id"]
        await self._connection.execute(
            update(feedback).where(feedback.c.id == changed.id).values(values)
        )

    async def _feedback(self, *where: Any) -> list[Feedback]:
        rows = await self._connection.execute(
            select(feedback).where(*where).order_by(feedback.c.at, feedback.c.id)
        )
        return [_said(row) for row in rows]


_OF_PROJECTS = (
    select(followups)
    .where(followups.c.project_id.in_(bindparam("ids", expanding=True)))
    .order_by(followups.c.project_id, followups.c.golive, followups.c.step)
)
_LAST_PUT_TO = (
    select(followup_people.c.person_id, func.max(followup_people.c.at).label("at"))
    .where(
        followup_people.c.person_id.in_(bindparam("ids", expanding=True)),
        followup_people.c.at >= bindparam("since"),
    )
    .group_by(followup_people.c.person_id)
)
_COMPLAINING = (
    select(feedback.c.person_id)
    .join(risks, risks.c.id == feedback.c.risk_id)
    .where(
        feedback.c.person_id.in_(bindparam("ids", expanding=True)),
        risks.c.state.in_([str(state) for state in LIVE]),
    )
    .distinct()
)
_SAVE = (
    update(followups)
    .where(followups.c.id == bindparam("b_id"))
    .values(
        held=bindparam("b_held"), ask_id=bindparam("b_ask_id"), asked_at=bindparam("b_asked_at")
    )
)


def _values(followup: FollowUp) -> dict[str, Any]:
    names = ("id", "project_id", "step", "golive", "held", "ask_id", "asked_at")
    return {name: getattr(followup, name) for name in names}


def _followup(row: Row[Any], people: tuple[str, ...] = ()) -> FollowUp:
    return FollowUp(
        row.id, row.project_id, row.step, row.golive, row.held, row.ask_id, row.asked_at, people
    )


_SAID = (
    "id",
    "project_id",
    "person_id",
    "at",
    "ask_id",
    "score",
    "likely",
    "reason",
    "text",
    "risk_id",
    "edits",
    "chat_id",
)


def _said_values(said: Feedback) -> dict[str, Any]:
    return {name: getattr(said, name) for name in _SAID}


def _said(row: Row[Any]) -> Feedback:
    return Feedback(*(getattr(row, name) for name in _SAID))
