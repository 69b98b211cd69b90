"""The FAQ libraries, and what people asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.core.errors import Conflict
from bot.domain.faq import (
    WAITING,
    EntryState,
    FaqEntry,
    Question,
    QuestionState,
    Readers,
)
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

# The library that all projects share, where a key is wanted.
SHARED = ""
# Letters of a text's digest.
DIGEST = 16

faq_entries = Table(
    "faq_entries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE")),
    Column("library", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("question", String(200), nullable=False),
    Column("variants", Json, nullable=False),
    Column("answer", Text, nullable=False),
    Column("readers", String(8), nullable=False),
    Column("category", String(60), nullable=False),
    Column("owner_id", String(32), ForeignKey("people.id", ondelete="SET NULL")),
    Column("version", String(40), nullable=False),
    Column("source", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("revision", BigInteger, nullable=False, unique=True),
    Column("useful", Integer, nullable=False),
    Column("useless", Integer, nullable=False),
    UniqueConstraint("library", "number"),
)

faq_questions = Table(
    "faq_questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("chat_id", String(32), nullable=False),
    Column("message", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("plain", String(300), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("entry_id", String(32)),
    Column("confidence", Float, nullable=False),
    Column("judged", Boolean),
    Column("claimed_by", String(32)),
    Column("answer", Text, nullable=False),
    Column("answered_by", String(32)),
    Column("closed_at", Moment),
    Column("told", Integer, nullable=False),
    Column("first_id", String(32)),
    Column("learnt", Boolean),
    Column("changes", Integer, nullable=False),
    UniqueConstraint("project_id", "number"),
    Index(None, "project_id", "state"),
    Index(None, "project_id", "asked_at"),
)

# What an encoder made of an entry's texts: their digests, 16 letters each, and their vectors.
faq_vectors = Table(
    "faq_vectors",
    metadata,
    Column(
        "entry_id",
        String(32),
        ForeignKey("faq_entries.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("encoder", String(80), primary_key=True),
    Column("digests", Text, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
)


class Faq:
    """Entries by library, questions by project."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- entries ---------------------------------------------------------------------------------

    async def newest(self, project_id: str) -> tuple[int, str]:
        """The newest revision that concerns a project and its entry; 0 for an empty library."""
        rows = await self._connection.execute(
            select(faq_entries.c.revision, faq_entries.c.id)
            .where(_seen_from(project_id))
            .order_by(faq_entries.c.revision.desc())
            .limit(1)
        )
        row = rows.first()
        return (row.revision, row.id) if row else (0, "")

    async def changed(self, project_id: str, since: int) -> list[FaqEntry]:
        """What changed after a revision, removed ones too, oldest change first."""
        rows = await self._connection.execute(
            select(faq_entries)
            .where(_seen_from(project_id), faq_entries.c.revision > since)
            .order_by(faq_entries.c.revision)
        )
        return [_entry(row) for row in rows]

    async def get(self, id_: str | None) -> FaqEntry | None:
        if not id_:
            return None
        rows = await self._connection.execute(select(faq_entries).where(faq_entries.c.id == id_))
        row = rows.first()
        return _entry(row) if row else None

    async def numbered(self, project_id: str, number: int) -> FaqEntry | None:
        """A project's own entry by its number."""
        rows = await self._connection.execute(
            select(faq_entries).where(
                faq_entries.c.library == project_id, faq_entries.c.number == number
            )
        )
        row = rows.first()
        return _entry(row) if row else None

    async def add(self, entry: FaqEntry) -> FaqEntry:
        """Keep a new entry; its number and revision are given here."""
        library = entry.project_id or SHARED
        highest = await self._connection.execute(
            select(func.max(faq_entries.c.number)).where(faq_entries.c.library == library)
        )
        number = (highest.scalar_one_or_none() or 0) + 1
        after = replace(entry, number=number, revision=await self._next_revision())
        await self._connection.execute(insert(faq_entries), _entry_values(after))
        return after

    async def save(self, entry: FaqEntry) -> FaqEntry:
        """Keep a changed entry; what people say of it is counted by `rated` alone.

        Raises `Conflict` if somebody else has changed it meanwhile.
        """
        after = replace(entry, revision=await self._next_revision())
        values = _entry_values(after)
        del values["useful"], values["useless"]
        done = await self._connection.execute(
            update(faq_entries)
            .where(faq_entries.c.id == entry.id, faq_entries.c.revision == entry.revision)
            .values(values)
        )
        if done.rowcount != 1:
            msg = f"entry {entry.id} was changed by somebody else"
            raise Conflict(msg)
        return after

    async def rated(self, id_: str, *, useful: bool) -> None:
        """Count what somebody said of an answer."""
        column = faq_entries.c.useful if useful else faq_entries.c.useless
        await self._connection.execute(
            update(faq_entries).where(faq_entries.c.id == id_).values({column: column + 1})
        )

    async def _next_revision(self) -> int:
        """Two who take the same at once meet at its unique key, and one does it again."""
        highest = await self._connection.execute(select(func.max(faq_entries.c.revision)))
        return (highest.scalar_one_or_none() or 0) + 1

    # --- questions -------------------------------------------------------------------------------

    async def ask(self, question: Question) -> Question:
        """Keep a new question; its number is given here, two at once meet at its unique key."""
        highest = await self._connection.execute(
            select(func.max(faq_questions.c.number)).where(
                faq_questions.c.project_id == question.project_id
            )
        )
        after = replace(question, number=(highest.scalar_one_or_none() or 0) + 1)
        await self._connection.execute(insert(faq_questions), _question_values(after))
        return after

    async def question(self, id_: str) -> Question | None:
        rows = await self._connection.execute(
            select(faq_questions).where(faq_questions.c.id == id_)
        )
        row = rows.first()
        return _question(row) if row else None

    async def keep(self, question: Question) -> Question:
        """Keep a changed question; as it is now, for changing it again.

        Raises `Conflict` if somebody else has changed it meanwhile.
        """
        after = replace(question, changes=question.changes + 1)
        done = await self._connection.execute(
            update(faq_questions)
            .where(faq_questions.c.id == question.id, faq_questions.c.changes == question.changes)
            .values(_question_values(after))
        )
        if done.rowcount != 1:
            msg = f"question {question.id} was changed by somebody else"
            raise Conflict(msg)
        return after

    async def waiting(self, project_ids: Sequence[str]) -> list[Question]:
        """The questions that wait for a person, the oldest first."""
        found: list[Question] = []
        for part in chunks(project_ids):
            rows = await self._connection.execute(
                select(faq_questions)
                .where(
                    faq_questions.c.project_id.in_(part),
                    faq_questions.c.state.in_([str(state) for state in WAITING]),
                )
                .order_by(faq_questions.c.asked_at, faq_questions.c.number)
            )
            found += [_question(row) for row in rows]
        return found

    async def question_numbered(self, project_id: str, number: int) -> Question | None:
        rows = await self._connection.execute(
            select(faq_questions).where(
                faq_questions.c.project_id == project_id, faq_questions.c.number == number
            )
        )
        row = rows.first()
        return _question(row) if row else None

    async def led_to(self, entry_id: str, since: datetime) -> list[Question]:
        """Useful questions whose words nobody has taken for a wording of their entry, or not."""
        rows = await self._connection.execute(
            select(faq_questions)
            .where(
                faq_questions.c.entry_id == entry_id,
                faq_questions.c.judged.is_(True),
                faq_questions.c.learnt.is_(None),
                faq_questions.c.asked_at >= since,
            )
            .order_by(faq_questions.c.asked_at, faq_questions.c.number)
        )
        return [_question(row) for row in rows]

    async def judged(self, project_id: str, most: int = 200) -> list[Question]:
        """The answers that people said something of, the newest first."""
        rows = await self._connection.execute(
            select(faq_questions)
            .where(faq_questions.c.project_id == project_id, faq_questions.c.judged.is_not(None))
            .order_by(faq_questions.c.asked_at.desc(), faq_questions.c.number.desc())
            .limit(most)
        )
        return [_question(row) for row in rows]

    async def since(self, project_id: str, moment: datetime) -> list[Question]:
        """What was asked in a project since then."""
        rows = await self._connection.execute(
            select(faq_questions)
            .where(faq_questions.c.project_id == project_id, faq_questions.c.asked_at >= moment)
            .order_by(faq_questions.c.asked_at, faq_questions.c.number)
        )
        return [_question(row) for row in rows]

    # --- vectors ---------------------------------------------------------------------------------

    async def vectors(self, project_id: str, encoder: str) -> dict[str, dict[str, bytes]]:
        """What an encoder made of a project's entries: a vector by the digest of its text."""
        rows = await self._connection.execute(
            select(faq_vectors)
            .join(faq_entries, faq_entries.c.id == faq_vectors.c.entry_id)
            .where(_seen_from(project_id), faq_vectors.c.encoder == encoder)
        )
        return {row.entry_id: _by_digest(row.digests, row.vectors) for row in rows}

    async def keep_vectors(self, encoder: str, entry_id: str, made: Mapping[str, bytes]) -> None:
        """Keep what an encoder made of an entry; all its vectors are of one length."""
        key = {"entry_id": entry_id, "encoder": encoder}
        await self._connection.execute(
            delete(faq_vectors).where(
                faq_vectors.c.entry_id == entry_id, faq_vectors.c.encoder == encoder
            )
        )
        packed = {"digests": "".join(made), "vectors": b"".join(made.values())}
        await self._connection.execute(insert(faq_vectors), key | packed)


def _by_digest(digests: str, vectors: bytes) -> dict[str, bytes]:
    count = len(digests) // DIGEST
    size = len(vectors) // max(count, 1)
    return {
        digests[n * DIGEST : (n + 1) * DIGEST]: vectors[n * size : (n + 1) * size]
        for n in range(count)
    }


def _seen_from(project_id: str) -> Any:
    return or_(faq_entries.c.library == project_id, faq_entries.c.library == SHARED)


def _entry(row: Row[Any]) -> FaqEntry:
    return FaqEntry(
        row.id,
        row.project_id,
        row.number,
        row.question,
        row.answer,
        Readers(row.readers),
        tuple(row.variants),
        row.category,
        row.owner_id,
        row.version,
        row.source,
        EntryState(row.state),
        row.changed_at,
        row.revision,
        row.useful,
        row.useless,
    )


def _entry_values(entry: FaqEntry) -> dict[str, Any]:
    names = ("id", "project_id", "number", "question", "answer", "category", "owner_id", "version",
             "source", "changed_at", "revision", "useful", "useless")  # fmt: skip
    return _columns(entry, names) | {
        "library": entry.project_id or SHARED,
        "variants": list(entry.variants),
        "readers": str(entry.readers),
        "state": str(entry.state),
    }


def _question(row: Row[Any]) -> Question:
    return Question(
        row.id,
        row.project_id,
        row.number,
        row.person_id,
        row.chat_id,
        row.message,
        row.text,
        row.plain,
        row.asked_at,
        QuestionState(row.state),
        row.entry_id,
        row.confidence,
        row.judged,
        row.claimed_by,
        row.answer,
        row.answered_by,
        row.closed_at,
        row.told,
        row.first_id,
        row.learnt,
        row.changes,
    )


def _question_values(question: Question) -> dict[str, Any]:
    names = ("id", "project_id", "number", "person_id", "chat_id", "message", "text", "plain",
             "asked_at", "entry_id", "confidence", "judged", "claimed_by", "answer", "answered_by",
             "closed_at", "told", "first_id", "learnt",
             "changes")  # fmt: skip
    return _columns(question, names) | {"state": str(question.state)}


def _columns(thing: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}
