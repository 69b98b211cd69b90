"""Rounds and the answers to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    union_all,
    update,
)

from bot.domain.project import RoundKind
from bot.domain.standup import Answer, Entry, Round
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks
from storage.tables.projects import projects

rounds = Table(
    "rounds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "project_id",
        String(32),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("kind", String(8), nullable=False),
    Column("day", Date, nullable=False),
    Column("opens_at", Moment, nullable=False),
    Column("closes_at", Moment, nullable=False),
    Column("closed_at", Moment),
    UniqueConstraint("project_id", "kind", "day"),
)

answers = Table(
    "answers",
    metadata,
    Column("round_id", String(32), ForeignKey("rounds.id", ondelete="CASCADE")),
    Column("person_id", String(32), ForeignKey("people.id", ondelete="CASCADE")),
    Column("entry", Json, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("edits", Integer, nullable=False),
    PrimaryKeyConstraint("round_id", "person_id"),
    Index(None, "person_id", "at"),
)

Day = tuple[str, RoundKind, date]


class Standups:
    """Rounds by project, kind and day, with their answers.

    Answers that are written wait until the transaction ends and go to the database together;
    what is read through this repository includes them.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._latest: dict[tuple[str, RoundKind], Round | None] = {}
        self._answers: dict[str, dict[str, Answer]] = {}
        self._written: dict[tuple[str, str], Answer] = {}
        self.collected = 0

    async def warm(self, project_ids: Iterable[str]) -> None:
        """Read the latest rounds of many projects, and their answers, at once."""
        wanted = {id_ for id_ in project_ids if (id_, RoundKind.STANDUP) not in self._latest}
        for part in chunks(list(wanted)):
            rows = await self._connection.execute(_LATEST, {"ids": part})
            found = {(r.project_id, r.kind): r for r in map(_round, rows)}
            self._latest |= {
                (id_, kind): found.get((id_, kind)) for id_ in part for kind in RoundKind
            }
            await self.warm_answers([r.id for r in found.values() if r.closed_at is None])

    async def warm_answers(self, round_ids: Sequence[str]) -> None:
        """Read the answers of many rounds at once."""
        for part in chunks([id_ for id_ in round_ids if id_ not in self._answers]):
            self._answers |= {id_: {} for id_ in part}
            for row in await self._connection.execute(_ANSWERS, {"ids": part}):
                answer = _answer(row)
                self._answers[answer.round_id][answer.person_id] = answer

    async def latest(self, project_id: str, kind: RoundKind) -> Round | None:
        """The project's newest round of this kind, open or closed."""
        if (project_id, kind) not in self._latest:
            await self.warm([project_id])
        return self._latest[project_id, kind]

    async def get(self, round_id: str) -> Round | None:
        known = next((r for r in self._latest.values() if r and r.id == round_id), None)
        if known:
            return known
        row = (await self._connection.execute(_BY_ID, {"id": round_id})).first()
        return _round(row) if row else None

    async def open(self, new: Sequence[Round]) -> None:
        """Write new rounds; a day that has its round already keeps it."""
        for part in chunks(new):
            statement = self._connection.upsert(rounds).on_conflict_do_nothing()
            await self._connection.execute(statement, [_round_values(r) for r in part])
        for round_ in new:
            self._forget(round_.project_id)

    async def close(self, closed: Sequence[Round], at: datetime) -> None:
        for part in chunks([round_.id for round_ in closed]):
            await self._connection.execute(_CLOSE, {"ids": part, "at": at})
        for round_ in closed:
            self._forget(round_.project_id)

    def _forget(self, project_id: str) -> None:
        for kind in RoundKind:
            self._latest.pop((project_id, kind), None)

    async def recent(self, project_id: str, kind: RoundKind, since: date) -> list[Round]:
        rows = await self._connection.execute(
            select(rounds)
            .where(
                rounds.c.project_id == project_id,
                rounds.c.kind == kind,
                rounds.c.day >= since,
            )
            .order_by(rounds.c.day)
        )
        return [_round(row) for row in rows]

    async def answers(self, round_id: str) -> list[Answer]:
        """A round's answers in the order in which they came."""
        if round_id not in self._answers:
            await self.warm_answers([round_id])
        return sorted(self._answers[round_id].values(), key=lambda answer: answer.at)

    async def answer_of(self, round_id: str, person_id: str) -> Answer | None:
        if round_id not in self._answers:
            await self.warm_answers([round_id])
        return self._answers[round_id].get(person_id)

    async def last_entry(self, person_id: str, before: Round) -> Entry | None:
        """What the person said in the last round of this kind and project before this one."""
        row = (
            await self._connection.execute(
                select(answers.c.entry)
                .join(rounds)
                .where(
                    answers.c.person_id == person_id,
                    rounds.c.project_id == before.project_id,
                    rounds.c.kind == before.kind,
                    rounds.c.day < before.day,
                )
                .order_by(rounds.c.day.desc())
                .limit(1)
            )
        ).first()
        return msgspec.convert(row.entry, Entry) if row else None

    async def write(self, answer: Answer) -> None:
        if answer.round_id not in self._answers:
            await self.warm_answers([answer.round_id])
        self._answers[answer.round_id][answer.person_id] = answer
        self._written[answer.round_id, answer.person_id] = answer
        self.collected += 1

    async def retract(self, round_id: str, person_id: str) -> bool:
        await self.flush()
        gone = await self._connection.execute(
            delete(answers).where(answers.c.round_id == round_id, answers.c.person_id == person_id)
        )
        self._answers.get(round_id, {}).pop(person_id, None)
        return bool(gone.rowcount)

    async def flush(self) -> None:
        """Send the answers that wait to the database."""
        waiting, self._written = list(self._written.values()), {}
        if not waiting:
            return
        statement = self._connection.upsert(answers)
        fresh = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["round_id", "person_id"],
            set_={name: fresh[name] for name in _CHANGING},
        )
        for part in chunks(waiting):
            await self._connection.execute(statement, [_answer_values(a) for a in part])

    async def import_(self, past: Sequence[Round], given: Sequence[Answer]) -> None:
        """Write whole closed rounds: for samples and restores."""
        await self._connection.execute(insert(rounds), [_round_values(r) for r in past])
        if given:
            await self._connection.execute(insert(answers), [_answer_values(a) for a in given])


_CHANGING = ("entry", "text", "source", "at", "late", "edits")
_BY_ID = select(rounds).where(rounds.c.id == bindparam("id"))
_NEWEST = rounds.alias("newest")


def _latest(kind: RoundKind) -> Select[Any]:
    """The newest rounds of one kind. The day is sought once a project, not once for each of its
    rounds, so that a project of years costs no more than one of this week."""
    day = (
        select(_NEWEST.c.day)
        .where(_NEWEST.c.project_id == projects.c.id, _NEWEST.c.kind == literal_column(f"'{kind}'"))
        .order_by(_NEWEST.c.day.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(rounds)
        .join(projects, rounds.c.project_id == projects.c.id)
        .where(
            projects.c.id.in_(bindparam("ids", expanding=True)),
            rounds.c.kind == literal_column(f"'{kind}'"),
            rounds.c.day == day,
        )
    )


_LATEST = union_all(*map(_latest, RoundKind))
_ANSWERS = select(answers).where(answers.c.round_id.in_(bindparam("ids", expanding=True)))
_CLOSE = (
    update(rounds)
    .where(rounds.c.id.in_(bindparam("ids", expanding=True)))
    .values(closed_at=bindparam("at"))
)


def _round(row: Row[Any]) -> Round:
    return Round(
        row.id,
        row.project_id,
        RoundKind(row.kind),
        row.day,
        row.opens_at,
        row.closes_at,
        row.closed_at,
    )


def _round_values(round_: Round) -> dict[str, Any]:
    return {
        "id": round_.id,
        "project_id": round_.project_id,
        "kind": round_.kind,
        "day": round_.day,
        "opens_at": round_.opens_at,
        "closes_at": round_.closes_at,
        "closed_at": round_.closed_at,
    }


def _answer(row: Row[Any]) -> Answer:
    return Answer(
        row.round_id,
        row.person_id,
        msgspec.convert(row.entry, Entry),
        row.text,
        row.source,
        row.at,
        row.late,
        row.edits,
    )


def _answer_values(answer: Answer) -> dict[str, Any]:
    return {
        "round_id": answer.round_id,
        "person_id": answer.person_id,
        "entry": answer.entry,
        "text": answer.text,
        "source": answer.source,
        "at": answer.at,
        "late": answer.late,
        "edits": answer.edits,
    }
