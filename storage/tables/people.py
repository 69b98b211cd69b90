"""People (an account on a platform) and their membership in projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from bot.core.events import Someone
from bot.core.ids import new_id
from bot.domain.people import Member, Person, Role
from bot.domain.standup import Leave
from storage.base import Moment, metadata
from storage.connection import Connection, chunks

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("name", String(200), nullable=False),
    Column("external", Boolean, nullable=False, default=False),
    Column("language", String(8)),
    UniqueConstraint("platform", "account"),
)

members = Table(
    "members",
    metadata,
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE")),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE")),
    Column("role", String(20)),
    Column("joined_at", Moment, nullable=False),
    Column("left_at", Moment),
    PrimaryKeyConstraint("project_id", "person_id"),
    Index(None, "person_id"),
)

leaves = Table(
    "leaves",
    metadata,
    Column(
        "person_id",
        String(32),
        ForeignKey("people.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    PrimaryKeyConstraint("person_id", "first", "last"),
)

Key = tuple[str, str]
# In the order of `Person`'s fields: thousands of rows become people at their positions.
_PERSON = (
    people.c.id,
    people.c.platform,
    people.c.account,
    people.c.name,
    people.c.external,
    people.c.language,
)


class People:
    """Accounts, looked up by platform and account; remembered for the transaction's length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[Key, Person] = {}

    async def warm(self, keys: Iterable[Key]) -> None:
        """Read many at once what single look-ups would read one by one."""
        wanted = [key for key in set(keys) if key not in self._known]
        for part in chunks(wanted):
            found = await self._connection.execute(
                select(*_PERSON).where(tuple_(people.c.platform, people.c.account).in_(part))
            )
            self._known |= {(row.platform, row.account): _person(row) for row in found}

    async def find(self, platform: str, account: str) -> Person | None:
        if (platform, account) not in self._known:
            await self.warm([(platform, account)])
        return self._known.get((platform, account))

    async def get(self, id_: str) -> Person | None:
        row = (await self._connection.execute(_BY_ID, {"id": id_})).first()
        return _person(row) if row else None

    async def meet(self, platform: str, someone: Someone) -> Person:
        """The person behind an account, made or brought up to date by what the event tells."""
        person = await self.find(platform, someone.id)
        if person is None:
            person = Person(
                new_id(),
                platform,
                someone.id,
                someone.name or someone.id[-6:],
                someone.external,
            )
            await self._connection.execute(
                insert(people),
                {
                    "id": person.id,
                    "platform": platform,
                    "account": person.account,
                    "name": person.name[:200],
                    "external": person.external,
                },
            )
        elif (someone.name and someone.name != person.name) or (
            someone.external and not person.external
        ):
            # Who was once known to be from outside stays so: a mention does not tell.
            person = replace(
                person,
                name=someone.name or person.name,
                external=person.external or someone.external,
            )
            await self._connection.execute(
                update(people)
                .where(people.c.id == person.id)
                .values(name=person.name[:200], external=person.external)
            )
        self._known[platform, someone.id] = person
        return person


class Members:
    """Who belongs to which project, and as what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[Member, ...]] = {}

    async def warm(self, project_ids: Iterable[str]) -> None:
        wanted = [id_ for id_ in set(project_ids) if id_ not in self._known]
        for part in chunks(wanted):
            found: dict[str, list[Member]] = {id_: [] for id_ in part}
            rows = await self._connection.execute(_OF_PROJECTS, {"ids": part})
            for row in rows:
                found[row.project_id].append(_member(row))
            self._known |= {id_: tuple(list_) for id_, list_ in found.items()}

    async def of(self, project_id: str) -> tuple[Member, ...]:
        """A project's present members, those with a role first."""
        if project_id not in self._known:
            await self.warm([project_id])
        return self._known[project_id]

    async def find(self, project_id: str, person_id: str) -> Member | None:
        return next((m for m in await self.of(project_id) if m.person.id == person_id), None)

    async def projects_of(self, person_id: str) -> list[Member]:
        """The person's memberships, in every project that they have not left."""
        rows = await self._connection.execute(
            select(members.c.project_id, members.c.role, *_PERSON)
            .join(people)
            .where(members.c.person_id == person_id, members.c.left_at.is_(None))
            .order_by(members.c.joined_at, members.c.project_id)
        )
        return [_member(row) for row in rows]

    async def join(
        self, project_id: str, person: Person, at: datetime, role: Role | None = None
    ) -> Member:
        """Make somebody a member, or set the role of one; joining again undoes having left."""
        known = await self._connection.execute(
            select(members.c.role, members.c.left_at).where(
                members.c.project_id == project_id, members.c.person_id == person.id
            )
        )
        row = known.first()
        kept = role or (Role(row.role) if row and row.role else None)
        if row is None:
            values = {
                "project_id": project_id,
                "person_id": person.id,
                "role": kept,
                "joined_at": at,
            }
            await self._connection.execute(insert(members), values)
        elif row.left_at or kept != row.role:
            await self._connection.execute(
                update(members)
                .where(members.c.project_id == project_id, members.c.person_id == person.id)
                .values(role=kept, left_at=None)
            )
        self._known.pop(project_id, None)
        return Member(project_id, person, kept)

    async def leave(self, project_id: str, person_ids: Sequence[str], at: datetime) -> None:
        for part in chunks(list(person_ids)):
            await self._connection.execute(
                update(members)
                .where(members.c.project_id == project_id, members.c.person_id.in_(part))
                .values(left_at=at)
            )
        self._known.pop(project_id, None)


class Leaves:
    """Who is away when; a person's leave holds in all of their projects."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, list[Leave]] = {}

    async def warm(self, person_ids: Iterable[str]) -> None:
        """Read many people's leaves at once."""
        wanted = [id_ for id_ in set(person_ids) if id_ not in self._known]
        for part in chunks(wanted):
            self._known |= {id_: [] for id_ in part}
            for row in await self._connection.execute(_AWAY, {"ids": part}):
                self._known[row.person_id].append(Leave(row.person_id, row.first, row.last))

    async def on(self, person_ids: Iterable[str], day: date) -> list[Leave]:
        """The leaves of these people that cover a day."""
        ids = list(person_ids)
        await self.warm(ids)
        return [leave for id_ in ids for leave in self._known[id_] if leave.covers(day)]

    async def coming(self, person_id: str, today: date) -> Leave | None:
        """The person's first leave that is not over."""
        await self.warm([person_id])
        ahead = [leave for leave in self._known[person_id] if leave.last >= today]
        return min(ahead, key=lambda leave: leave.first, default=None)

    async def take(self, leave: Leave) -> None:
        await self.cancel(leave)
        await self._connection.execute(
            insert(leaves),
            {"person_id": leave.person_id, "first": leave.first, "last": leave.last},
        )
        self._known.pop(leave.person_id, None)

    async def cancel(self, leave: Leave) -> bool:
        gone = await self._connection.execute(
            delete(leaves).where(
                leaves.c.person_id == leave.person_id,
                leaves.c.first == leave.first,
                leaves.c.last == leave.last,
            )
        )
        self._known.pop(leave.person_id, None)
        return bool(gone.rowcount)


_BY_ID = select(*_PERSON).where(people.c.id == bindparam("id"))
_OF_PROJECTS = (
    select(members.c.project_id, members.c.role, *_PERSON)
    .join(people, people.c.id == members.c.person_id)
    .where(
        members.c.project_id.in_(bindparam("ids", expanding=True)),
        members.c.left_at.is_(None),
    )
    .order_by(members.c.role.is_(None), members.c.joined_at, people.c.name)
)
_AWAY = select(leaves.c.person_id, leaves.c.first, leaves.c.last).where(
    leaves.c.person_id.in_(bindparam("ids", expanding=True))
)


def _person(row: Sequence[Any]) -> Person:
    id_, platform, account, name, external, language = row
    return Person(id_, platform, account, name, external, language)


def _member(row: Sequence[Any]) -> Member:
    return Member(row[0], _person(row[2:]), Role(row[1]) if row[1] else None)
