"""What is owed to people: written with its cause, sent afterwards by the relay.

A row's `key` is the platform's idempotency key. Rows of one `lane` are sent one after the other, in
the order of `seq`. A row with a `merge` word stands at most once among the pending ones: it says
"bring this up to date", so asking twice is asking once. `sent_at` is when the row was sent; while
it is being sent, when the platform was called, where that matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)

from bot.core.ids import new_id
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("platform", String(16), nullable=False),
    Column("lane", String(160), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("to_kind", String(8), nullable=False),
    Column("to", String(128), nullable=False),
    Column("payload", Json, nullable=False),
    Column("merge", String(190)),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("message", String(128)),
    Column("error", Text),
)
# Literal text, because an upsert that names a partial index cannot carry parameters, and because
# SQLite finds that a query may use one only where its words stand in the query.
_OWED = text("state IN ('pending', 'sending')")
_PENDING = text("state = 'pending'")
_UNFINISHED = text("state NOT IN ('sent', 'dropped')")
Index(
    "ix_outbox_lane",
    outbox.c.lane,
    outbox.c.seq,
    sqlite_where=_OWED,
    postgresql_where=_OWED,
)
Index(
    "uq_outbox_merge",
    outbox.c.merge,
    unique=True,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)
Index("ix_outbox_sent_at", outbox.c.sent_at)
Index("ix_outbox_message", outbox.c.message)
Index("ix_outbox_created_at", outbox.c.created_at)
Index(
    "ix_outbox_unfinished",
    outbox.c.platform,
    outbox.c.state,
    outbox.c.created_at,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing to do on a platform. `to_kind` is `chat` or `person`, `to` the platform's id."""

    platform: str
    kind: str
    to_kind: str
    to: str
    payload: Any
    not_before: datetime
    lane: str
    merge: str | None = None
    key: str = field(default_factory=new_id)
    seq: int = 0
    attempts: int = 0
    state: State = State.PENDING
    created_at: datetime | None = None
    message: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an owed row."""

    key: str
    state: State
    at: datetime
    message: str | None = None
    error: str | None = None
    not_before: datetime | None = None


class Outbox:
    """Collects what a transaction owes and writes it at its end; hands it out to the relay."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[Owed] = []
        self.collected = 0
        self.keys: list[str] = []
        self.touched: set[str] = set()

    def owe(self, row: Owed) -> None:
        self._waiting.append(row)
        self.collected += 1
        self.keys.append(row.key)
        self.touched.add(row.platform)

    async def flush(self, now: datetime) -> None:
        waiting, self._waiting = self._waiting, []
        seen: set[str] = set()
        rows: list[Owed] = []
        for row in waiting:
            if row.merge is None or row.merge not in seen:
                rows.append(row)
                seen |= {row.merge} if row.merge else set()
        statement = self._connection.upsert(outbox).on_conflict_do_nothing(
            index_elements=["merge"], index_where=_PENDING
        )
        for part in chunks(rows):
            await self._connection.execute(statement, [_values(row, now) for row in part])

    async def heads(self, platforms: Sequence[str], now: datetime, limit: int) -> list[Owed]:
        """Take the first owed row of each lane that may go now, and mark it as being sent.

        From then on nothing is merged into it: what changes now is owed anew.
        """
        place = func.row_number().over(partition_by=outbox.c.lane, order_by=outbox.c.seq)
        looked_at = (outbox.c.seq, outbox.c.state, outbox.c.not_before, outbox.c.platform)
        lanes = select(*looked_at, place.label("place")).where(_OWED).subquery()
        # Limited in here, or PostgreSQL reads the whole past in the order of its key to find them.
        first = (
            select(lanes.c.seq)
            .where(
                lanes.c.place == 1,
                lanes.c.state == State.PENDING,
                lanes.c.not_before <= now,
                lanes.c.platform.in_(platforms),
            )
            .order_by(lanes.c.seq)
            .limit(limit)
        )
        found = select(outbox).where(outbox.c.seq.in_(first), _PENDING).order_by(outbox.c.seq)
        if not self._connection.is_sqlite:
            found = found.with_for_update(skip_locked=True)
        rows = [_owed(row) for row in await self._connection.execute(found)]
        for part in chunks([row.seq for row in rows]):
            await self._connection.execute(_MARK, {"seqs": part})
        return rows

    async def called(self, keys: Sequence[str], at: datetime) -> bool:
        """Write down that the platform is called now for rows that are being sent.

        False when another relay has taken them over meanwhile; then they are not ours to send.
        """
        count = 0
        for part in chunks(keys):
            done = await self._connection.execute(
                update(outbox)
                .where(outbox.c.key.in_(part), outbox.c.state == State.SENDING)
                .values(sent_at=at)
            )
            count += done.rowcount
        return count == len(keys)

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write what became of rows that were being sent."""
        for part in chunks(outcomes):
            await self._connection.execute(
                _SETTLE,
                [
                    {
                        "b_key": o.key,
                        "b_state": o.state,
                        "b_message": o.message,
                        "b_error": o.error,
                        "b_not_before": o.not_before or o.at,
                        "b_sent_at": o.at if o.state is State.SENT else None,
                    }
                    for o in part
                ],
            )

    async def unfinished(
        self, platform: str, at: datetime, *, repeats_safely: bool
    ) -> tuple[int, int]:
        """Put away what another relay was sending when it died.

        Rows become pending where the platform was not called yet, where sending twice is safe or
        where the row insists on it, and unknown otherwise; gives back how many of each.
        """
        rows = await self._connection.execute(
            select(outbox.c.key, outbox.c.kind, outbox.c.payload, outbox.c.sent_at).where(
                _OWED, outbox.c.state == State.SENDING, outbox.c.platform == platform
            )
        )
        found = [
            (
                row.key,
                repeats_safely
                or row.sent_at is None
                or row.kind == "errand"
                or bool(row.payload.get("insist")),
            )
            for row in rows
        ]
        counts = []
        for state, wanted in ((State.PENDING, True), (State.UNKNOWN, False)):
            keys = [key for key, again in found if again is wanted]
            for part in chunks(keys):
                await self._connection.execute(
                    update(outbox)
                    .where(outbox.c.key.in_(part), outbox.c.state == State.SENDING)
                    .values(state=state, not_before=at)
                )
            counts.append(len(keys))
        return counts[0], counts[1]

    async def list(self, states: Sequence[State], limit: int = 100) -> list[Owed]:
        rows = await self._connection.execute(
            select(outbox).where(outbox.c.state.in_(states)).order_by(outbox.c.seq).limit(limit)
        )
        return [_owed(row) for row in rows]

    async def find(self, key: str) -> Owed | None:
        rows = await self._connection.execute(
            select(outbox)
            .where(
                or_(
                    outbox.c.key.startswith(key, autoescape=True),
                    outbox.c.seq == _seq(key),
                )
            )
            .limit(2)
        )
        found = [_owed(row) for row in rows]
        return found[0] if len(found) == 1 else None

    async def by_key(self, key: str) -> Owed | None:
        rows = await self._connection.execute(select(outbox).where(outbox.c.key == key))
        row = rows.first()
        return _owed(row) if row else None

    async def sent_to(self, platform: str, message: str) -> tuple[str, str] | None:
        """Where a message of ours was sent, as kind and id; `None` if it is not ours."""
        rows = await self._connection.execute(
            select(outbox.c.to_kind, outbox.c.to).where(
                outbox.c.platform == platform, outbox.c.message == message
            )
        )
        row = rows.first()
        return (row.to_kind, row.to) if row else None

    async def again(self, keys: Sequence[str], at: datetime) -> int:
        """Put dead rows back into the queue, with their attempts forgotten."""
        count = 0
        for part in chunks(keys):
            done = await self._connection.execute(
                update(outbox)
                .where(
                    outbox.c.key.in_(part),
                    outbox.c.state.in_((State.DEAD, State.UNKNOWN, State.DROPPED)),
                )
                .values(state=State.PENDING, attempts=0, not_before=at, merge=None)
            )
            count += done.rowcount
        return count

    async def depth(self) -> dict[tuple[str, str], tuple[int, datetime | None]]:
        """Rows and age of the oldest, by platform and state, for what is not finished."""
        rows = await self._connection.execute(
            select(
                outbox.c.platform,
                outbox.c.state,
                func.count().label("rows"),
                func.min(outbox.c.created_at).label("oldest"),
            )
            .where(_UNFINISHED)
            .group_by(outbox.c.platform, outbox.c.state)
        )
        return {(row.platform, row.state): (row.rows, row.oldest) for row in rows}

    async def waiting_for(self, platform: str, to: str) -> tuple[int, int]:
        """How many rows a chat or person is owed, and how many could not be sent to them."""
        rows = await self._connection.execute(
            select(outbox.c.state, func.count().label("rows"))
            .where(outbox.c.platform == platform, outbox.c.to == to)
            .where(_UNFINISHED)
            .group_by(outbox.c.state)
        )
        counts = {row.state: row.rows for row in rows}
        stuck = counts.pop(State.DEAD, 0) + counts.pop(State.UNKNOWN, 0)
        return sum(counts.values()), stuck

    async def sent_since(self, platform: str, since: datetime) -> int:
        """How many rows were sent on a platform since then."""
        found = await self._connection.execute(
            select(func.count())
            .select_from(outbox)
            .where(outbox.c.platform == platform, outbox.c.sent_at >= since)
        )
        return int(found.scalar_one())

    async def next_due(self, platforms: Sequence[str] | None = None) -> datetime | None:
        """When the next row may go, of these platforms or of all."""
        wanted = select(func.min(outbox.c.not_before)).where(_PENDING)
        if platforms is not None:
            wanted = wanted.where(outbox.c.platform.in_(platforms))
        found = await self._connection.execute(wanted)
        moment: datetime | None = found.scalar_one_or_none()
        return moment


_MARK = (
    update(outbox)
    .where(outbox.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(state=State.SENDING, attempts=outbox.c.attempts + 1, merge=None, sent_at=None)
)
_SETTLE = (
    update(outbox)
    .where(outbox.c.key == bindparam("b_key"), outbox.c.state == State.SENDING)
    .values(
        state=bindparam("b_state"),
        message=func.coalesce(bindparam("b_message"), outbox.c.message),
        error=bindparam("b_error"),
        not_before=bindparam("b_not_before"),
        sent_at=bindparam("b_sent_at"),
    )
)


def _seq(key: str) -> int:
    return int(key) if key.isdigit() and len(key) < 19 else -1


def _values(row: Owed, now: datetime) -> dict[str, Any]:
    return {
        "key": row.key,
        "platform": row.platform,
        "lane": row.lane,
        "kind": row.kind,
        "to_kind": row.to_kind,
        "to": row.to,
        "payload": row.payload,
        "merge": row.merge,
        "state": State.PENDING,
        "attempts": 0,
        "created_at": now,
        "not_before": row.not_before,
    }


def _owed(row: Row[Any]) -> Owed:
    return Owed(
        platform=row.platform,
        kind=row.kind,
        to_kind=row.to_kind,
        to=row.to,
        payload=row.payload,
        not_before=row.not_before,
        lane=row.lane,
        merge=row.merge,
        key=row.key,
        seq=row.seq,
        attempts=row.attempts,
        state=State(row.state),
        created_at=row.created_at,
        message=row.message,
        error=row.error,
    )
