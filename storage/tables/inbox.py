"""Which events have been handled, which cannot be, and how many pushes were refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from storage.base import Moment, metadata
from storage.connection import Connection, chunks

inbox = Table(
    "inbox",
    metadata,
    Column("platform", String(16)),
    Column("key", String(190)),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("platform", "key"),
    Index(None, "at"),
)

troubles = Table(
    "troubles",
    metadata,
    Column("platform", String(16)),
    Column("key", String(190)),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("parked_at", Moment),
    PrimaryKeyConstraint("platform", "key"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("platform", String(16)),
    Column("reason", String(60)),
    Column("hour", Moment),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("platform", "reason", "hour"),
)

Key = tuple[str, str]


class Inbox:
    """Claims events: the key of a handled one stands here, in the transaction of its effects."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, keys: Iterable[Key], at: datetime) -> set[Key]:
        """Claim keys that nobody has claimed; gives back those that were free.

        A key that another replica is claiming is waited for: it is taken once that commits.
        """
        wanted: dict[str, dict[str, Key]] = {}
        for platform, key in keys:
            wanted.setdefault(platform, {})[key[:190]] = (platform, key)
        free: set[Key] = set()
        claim = self._connection.upsert(inbox).on_conflict_do_nothing().returning(inbox.c.key)
        for platform, of_platform in wanted.items():
            for part in chunks(sorted(of_platform)):
                rows = [{"platform": platform, "key": key, "at": at} for key in part]
                found = await self._connection.execute(claim, rows)
                free |= {of_platform[row.key] for row in found}
        return free

    async def known(self, keys: Sequence[Key]) -> set[Key]:
        """Those of the keys that are claimed; they are of one platform."""
        found: set[Key] = set()
        for part in chunks(keys):
            rows = await self._connection.execute(
                select(inbox.c.platform, inbox.c.key).where(
                    inbox.c.platform == part[0][0], inbox.c.key.in_([key[:190] for _, key in part])
                )
            )
            found |= {(row.platform, row.key) for row in rows}
        return found

    async def newest(self, platform: str) -> datetime | None:
        """When anything of a platform was last handled."""
        found = await self._connection.execute(
            select(func.max(inbox.c.at)).where(inbox.c.platform == platform)
        )
        moment: datetime | None = found.scalar_one_or_none()
        return moment

    async def fail(self, key: Key, error: str, event: str, at: datetime) -> int:
        """Count one more failed attempt at an event; gives the number of attempts so far."""
        statement = self._connection.upsert(troubles).values(
            platform=key[0],
            key=key[1][:190],
            attempts=1,
            error=error,
            event=event,
            at=at,
        )
        counted = statement.on_conflict_do_update(
            index_elements=["platform", "key"],
            set_={"attempts": troubles.c.attempts + 1, "error": error, "at": at},
        ).returning(troubles.c.attempts)
        attempts: int = (await self._connection.execute(counted)).scalar_one()
        return attempts

    async def park(self, key: Key, at: datetime) -> None:
        """Give an event up; it stays here for the operator."""
        await self._connection.execute(
            update(troubles)
            .where(troubles.c.platform == key[0], troubles.c.key == key[1][:190])
            .values(parked_at=at)
        )

    async def recovered(self, keys: Iterable[Key]) -> None:
        """What had failed has been handled after all."""
        wanted: dict[str, list[str]] = {}
        for platform, key in keys:
            wanted.setdefault(platform, []).append(key[:190])
        for platform, of_platform in wanted.items():
            for part in chunks(of_platform):
                await self._connection.execute(
                    delete(troubles).where(
                        troubles.c.platform == platform,
                        troubles.c.key.in_(part),
                        troubles.c.parked_at.is_(None),
                    )
                )

    async def refused(self, counts: Mapping[tuple[str, str], int], at: datetime) -> None:
        """Add to the counts of pushes, by platform and reason, that were refused in this hour."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        statement = self._connection.upsert(refusals)
        added = statement.on_conflict_do_update(
            index_elements=["platform", "reason", "hour"],
            set_={"count": refusals.c.count + statement.excluded.count},
        )
        # In one order everywhere, so that two processes do not wait for each other.
        for (platform, reason), count in sorted(counts.items()):
            values = {"platform": platform, "reason": reason[:60], "hour": hour, "count": count}
            await self._connection.execute(added, values)

    async def refused_since(self, at: datetime) -> dict[tuple[str, str], int]:
        """How many pushes were refused in the hours since, by platform and reason."""
        counted = await self._connection.execute(
            select(refusals.c.platform, refusals.c.reason, func.sum(refusals.c.count).label("n"))
            .where(refusals.c.hour >= at)
            .group_by(refusals.c.platform, refusals.c.reason)
        )
        return {(row.platform, row.reason): row.n for row in counted}

    async def parked(self) -> list[Row[Any]]:
        rows = await self._connection.execute(
            select(troubles).where(troubles.c.parked_at.is_not(None)).order_by(troubles.c.at)
        )
        return list(rows)

    async def count_parked(self) -> int:
        counted = await self._connection.execute(
            select(func.count()).select_from(troubles).where(troubles.c.parked_at.is_not(None))
        )
        return int(counted.scalar_one())
