"""Where the living cards hang: cards that are kept true by editing them in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

from storage.base import Moment, metadata
from storage.connection import Connection, chunks
from storage.tables.outbox import outbox

living = Table(
    "living_cards",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("drawing", String(40), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("to_kind", String(8), nullable=False),
    Column("to", String(128), nullable=False),
    Column(
        "project_id",
        String(32),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=True,
    ),
    Column("message", String(128)),
    Column("digest", String(64)),
    Column("shown_at", Moment),
    Column("hung_at", Moment),
    UniqueConstraint("subject", "drawing", "to"),
    Index("ix_living_cards_message", "platform", "message"),
    Index(None, "project_id", "hung_at"),
    Index("ix_living_cards_shown_at", "shown_at"),
)


@dataclass(frozen=True, slots=True)
class Living:
    """A card that is kept true: `drawing` draws `subject`, `message` is where it hangs.

    `shown_at` is when it was given its present face, `hung_at` when the message was sent.
    """

    id: str
    drawing: str
    subject: str
    platform: str
    to_kind: str
    to: str
    project_id: str | None = None
    message: str | None = None
    digest: str | None = None
    shown_at: datetime | None = None
    hung_at: datetime | None = None


class LivingCards:
    """Where the living cards hang."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: list[Living] = []
        self._known: dict[str, list[Living]] = {}
        self._at: dict[tuple[str, str], Living | None] = {}
        self.collected = 0

    def add(self, card: Living) -> None:
        if card.subject in self._known:
            self._known[card.subject].append(card)
        self._made.append(card)
        self.collected += 1

    async def flush(self) -> None:
        made, self._made = self._made, []
        statement = self._connection.upsert(living).on_conflict_do_nothing()
        for part in chunks(made):
            await self._connection.execute(statement, [_living_values(card) for card in part])

    async def warm(self, subjects: Iterable[str]) -> None:
        """Read where the cards of many subjects hang."""
        wanted = [subject for subject in set(subjects) if subject not in self._known]
        for part in chunks(wanted):
            self._known |= {subject: [] for subject in part}
            for row in await self._connection.execute(_OF_SUBJECTS, {"subjects": part}):
                self._known[row.subject].append(_living(row))
        for card in self._made:
            if card.subject in wanted:
                self._known[card.subject].append(card)

    async def find(self, drawing: str, subject: str) -> list[Living]:
        if subject not in self._known:
            await self.warm([subject])
        return [card for card in self._known[subject] if card.drawing == drawing]

    async def get_many(self, ids: Sequence[str]) -> dict[str, Living]:
        found: dict[str, Living] = {}
        for part in chunks(ids):
            for row in await self._connection.execute(_LIVING_BY_ID, {"ids": part}):
                found[row.id] = _living(row)
        return found

    async def at(self, platform: str, messages: Sequence[str]) -> Living | None:
        """The living card that hangs at one of these messages, or whose earlier copy does."""
        await self.warm_at(platform, messages)
        found = (self._at[platform, message] for message in messages)
        return next((card for card in found if card), None)

    async def warm_at(self, platform: str, messages: Iterable[str]) -> None:
        """Read for many messages whether a living card hangs at them."""
        wanted = [one for one in dict.fromkeys(messages) if (platform, one) not in self._at]
        for part in chunks(wanted):
            rows = await self._connection.execute(_AT, {"platform": platform, "messages": part})
            found = {row.message: _living(row) for row in rows}
            found |= await self._once_at(platform, [one for one in part if one not in found])
            self._at |= {(platform, one): found.get(one) for one in part}

    async def _once_at(self, platform: str, messages: Sequence[str]) -> dict[str, Living]:
        """The living cards whose earlier copies, before they were sent anew, are these."""
        if not messages:
            return {}
        rows = await self._connection.execute(
            _ONCE_AT, {"platform": platform, "messages": messages}
        )
        ids = {row.message: row.payload["living"] for row in rows}
        cards = await self.get_many(list(ids.values()))
        return {message: cards[id_] for message, id_ in ids.items() if id_ in cards}

    async def hung_before(
        self, drawings: Sequence[str], project_ids: Sequence[str], before: datetime
    ) -> list[Living]:
        """Cards of these drawings whose message was sent before then."""
        found: list[Living] = []
        for part in chunks(project_ids):
            rows = await self._connection.execute(
                select(living).where(
                    living.c.drawing.in_(drawings),
                    living.c.project_id.in_(part),
                    living.c.hung_at < before,
                )
            )
            found += [_living(row) for row in rows]
        return found

    async def hung(self, cards: Sequence[Living]) -> None:
        """Keep where cards were sent and what they showed."""
        await self.flush()
        for part in chunks(cards):
            await self._connection.execute(
                _HUNG,
                [
                    {
                        "b_id": c.id,
                        "b_message": c.message,
                        "b_digest": c.digest,
                        "b_shown_at": c.shown_at,
                        "b_hung_at": c.hung_at,
                    }
                    for c in part
                ],
            )


_OF_SUBJECTS = select(living).where(living.c.subject.in_(bindparam("subjects", expanding=True)))
_AT = select(living).where(
    living.c.platform == bindparam("platform"),
    living.c.message.in_(bindparam("messages", expanding=True)),
)
_ONCE_AT = select(outbox.c.message, outbox.c.payload).where(
    outbox.c.platform == bindparam("platform"),
    outbox.c.message.in_(bindparam("messages", expanding=True)),
    outbox.c.kind == "show",
)
_LIVING_BY_ID = select(living).where(living.c.id.in_(bindparam("ids", expanding=True)))
_HUNG = (
    update(living)
    .where(living.c.id == bindparam("b_id"))
    .values(
        message=bindparam("b_message"),
        digest=bindparam("b_digest"),
        shown_at=bindparam("b_shown_at"),
        hung_at=bindparam("b_hung_at"),
    )
)


def _living(row: Row[Any]) -> Living:
    return Living(
        row.id,
        row.drawing,
        row.subject,
        row.platform,
        row.to_kind,
        row.to,
        row.project_id,
        row.message,
        row.digest,
        row.shown_at,
        row.hung_at,
    )


def _living_values(card: Living) -> dict[str, Any]:
    return {
        "id": card.id,
        "drawing": card.drawing,
        "subject": card.subject,
        "platform": card.platform,
        "to_kind": card.to_kind,
        "to": card.to,
        "project_id": card.project_id,
    }
