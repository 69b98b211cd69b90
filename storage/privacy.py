"""What is kept for how long, and how somebody is forgotten.

Retention: every table that grows with use has its rule here; a purge each hour applies them. What
people wrote (stand-ups, questions, the audit) stays for `RETENTION_DAYS`, what a project is made
of (milestones, risks, reports, FAQ) as long as the project.

Forgetting: a person's row becomes a tombstone without name and account, what is about them alone
is deleted, and wherever else their name or account stands in any text or document it is replaced,
so that reports and histories still tell what happened, but not to whom. The words of messages that
were sent are emptied. Sources: GDPR Art. 17, PIPL Art. 47.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from storage.base import Json, metadata
from storage.connection import Connection
from storage.tables.audit import audit
from storage.tables.drafts import drafts
from storage.tables.faq import faq_questions
from storage.tables.followups import feedback, followup_people
from storage.tables.inbox import inbox, refusals, troubles
from storage.tables.links import links
from storage.tables.living import living
from storage.tables.milestones import milestones
from storage.tables.notices import notices
from storage.tables.outbox import State, outbox
from storage.tables.people import leaves, members, people
from storage.tables.risks import risks
from storage.tables.standups import answers, rounds

# Feishu repeats an event for seven hours; a card's buttons live for fourteen days.
KEYS_FOR = timedelta(hours=48)
SENT_FOR = timedelta(days=15)
# What could not be sent or handled waits this long for an operator who looks at it.
TROUBLE_FOR = timedelta(days=90)
# A card cannot be changed after fourteen days; what hangs so long without a change is let go.
HUNG_FOR = timedelta(days=90)
# What people were told stays longer: it answers "who knew, and since when".
TOLD_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table go when `since` is longer ago than `kept`, where `only` holds."""

    table: Table
    since: Column[Any]
    kept: timedelta
    only: ColumnElement[bool] | None = None

    def gone(self, now: datetime) -> ColumnElement[bool]:
        old = self.since < now - self.kept
        return old if self.only is None else and_(old, self.only)


def rules(records: timedelta) -> list[Rule]:
    """`records` is how long what people wrote is kept; nothing of it goes where that is zero."""
    done, stuck = (State.SENT, State.DROPPED), (State.DEAD, State.UNKNOWN)
    found = [
        Rule(inbox, inbox.c.at, KEYS_FOR),
        Rule(troubles, troubles.c.at, TROUBLE_FOR),
        Rule(refusals, refusals.c.hour, KEYS_FOR),
        Rule(outbox, outbox.c.created_at, SENT_FOR, outbox.c.state.in_(done)),
        Rule(outbox, outbox.c.created_at, TROUBLE_FOR, outbox.c.state.in_(stuck)),
        Rule(links, links.c.opened_at, SENT_FOR),
        Rule(drafts, drafts.c.at, SENT_FOR),
        Rule(living, living.c.shown_at, HUNG_FOR),
        Rule(notices, notices.c.at, TOLD_FOR),
    ]
    if records:
        found += [
            Rule(rounds, rounds.c.opens_at, records),  # and with them their answers
            Rule(faq_questions, faq_questions.c.closed_at, records),
            Rule(audit, audit.c.at, records),
        ]
    return found


async def purge(connection: Connection, now: datetime, records: timedelta) -> dict[str, int]:
    """Delete what is kept no longer; how many rows of which table."""
    gone: dict[str, int] = {}
    for rule in rules(records):
        done = await connection.execute(delete(rule.table).where(rule.gone(now)))
        gone[rule.table.name] = gone.get(rule.table.name, 0) + done.rowcount
    return {name: count for name, count in gone.items() if count}


# --- forgetting -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as a platform knows them."""

    id: str
    platform: str
    account: str
    name: str

    @property
    def tombstone(self) -> str:
        return f"#{self.id[:8]}"


@dataclass(slots=True)
class Forgotten:
    """Rows by table that were deleted, and that had the name or account replaced; open things that
    have lost their owner; whether the name stays because somebody else has it too."""

    deleted: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    ownerless: int = 0
    shared_name: bool = False


async def find(connection: Connection, who: str) -> list[Known]:
    """People of that account, name or id."""
    wanted = or_(people.c.account == who, people.c.name == who, people.c.id == who)
    rows = await connection.execute(
        select(people.c.id, people.c.platform, people.c.account, people.c.name).where(wanted)
    )
    return [Known(row.id, row.platform, row.account, row.name) for row in rows]


async def forget(connection: Connection, person: Known, now: datetime) -> Forgotten:
    """Leave nothing of somebody but that there was somebody."""
    done = Forgotten()
    done.ownerless = await _give_up(connection, person.id)
    done.deleted = await _delete(connection, person)
    await connection.execute(
        update(members)
        .where(members.c.person_id == person.id, members.c.left_at.is_(None))
        .values(left_at=now)
    )
    await connection.execute(
        update(feedback).where(feedback.c.person_id == person.id).values(text="")
    )
    await connection.execute(update(outbox).where(outbox.c.state == State.SENT).values(payload={}))
    await connection.execute(
        update(people)
        .where(people.c.id == person.id)
        .values(name=person.tombstone, account=f"forgotten:{person.id}")
    )
    others = await connection.execute(select(people.c.id).where(people.c.name == person.name))
    done.shared_name = others.first() is not None
    # A single letter stands in too many words to be replaced everywhere.
    words = [person.account, *([person.name] if len(person.name) > 1 else [])]
    if done.shared_name:
        words.remove(person.name)
    for table in metadata.sorted_tables:
        changed = await _replace(connection, table, words, person.tombstone)
        if changed:
            done.replaced[table.name] = changed
    return done


async def _give_up(connection: Connection, person_id: str) -> int:
    """Open risks and milestones have nobody then, rather than somebody who cannot be asked."""
    count = 0
    for table, still in ((risks, risks.c.closed_at), (milestones, milestones.c.done_on)):
        done = await connection.execute(
            update(table)
            .where(table.c.owner_id == person_id, still.is_(None))
            .values(owner_id=None)
        )
        count += done.rowcount
    return count


async def _delete(connection: Connection, person: Known) -> dict[str, int]:
    """What is about them alone, and what waits to be said to them."""
    theirs: list[tuple[Table, ColumnElement[bool]]] = [
        (table, table.c.person_id == person.id)
        for table in (answers, leaves, drafts, notices, followup_people)
    ]
    theirs += [
        (table, and_(table.c.platform == person.platform, table.c.to == person.account))
        for table in (outbox, living)
    ]
    theirs.append((inbox, inbox.c.key.contains(person.account, autoescape=True)))
    gone = {}
    for table, which in theirs:
        done = await connection.execute(delete(table).where(which))
        if done.rowcount:
            gone[table.name] = done.rowcount
    return gone


async def _replace(
    connection: Connection, table: Table, words: Sequence[str], tombstone: str
) -> int:
    """Put the tombstone for every word in the texts and documents of a table; how many rows."""
    key = list(table.primary_key.columns)
    count = 0
    for column in table.columns:
        if isinstance(column.type, String) and not column.primary_key:
            for word in words:
                done = await connection.execute(
                    update(table)
                    .where(column.contains(word, autoescape=True))
                    .values({column: func.substr(_swap(column, word, tombstone), 1, _room(column))})
                )
                count += done.rowcount
        elif isinstance(column.type, Json):
            raw = type_coerce(column, LargeBinary)
            found = await connection.execute(select(*key, raw).where(column.is_not(None)))
            for row in found.all():
                *values, document = cast("tuple[Any, ...]", row)
                swapped = _swapped(document, words, tombstone)
                if swapped != document:
                    which = [key[at] == value for at, value in enumerate(values)]
                    after = {column: literal(swapped, LargeBinary)}
                    await connection.execute(update(table).where(*which).values(after))
                    count += 1
    return count


def _swap(column: ColumnElement[str], word: str, tombstone: str) -> ColumnElement[str]:
    return func.replace(column, word, tombstone)


def _room(column: Column[Any]) -> int:
    """How many letters a column takes; PostgreSQL refuses more."""
    return getattr(column.type, "length", None) or 1_000_000


def _swapped(document: bytes, words: Sequence[str], tombstone: str) -> bytes:
    for word in words:
        written = msgspec.json.encode(word)[1:-1]
        document = document.replace(written, tombstone.encode())
    return document
