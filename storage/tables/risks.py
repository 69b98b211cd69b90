"""The risk registers and what happened to each risk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from bot.core.errors import Conflict
from bot.domain.risk import LIVE, Happened, Risk, RiskState
from storage.base import Json, Moment, metadata
from storage.connection import Connection, chunks

risks = Table(
    "risks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "project_id",
        String(32),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("text", String(300), nullable=False),
    Column("category", String(20), nullable=False),
    Column("probability", Integer, nullable=False),
    Column("impact", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("owner_id", String(32), ForeignKey("people.id", ondelete="SET NULL")),
    Column("due", Date),
    Column("mitigation", String(500), nullable=False),
    Column("review_on", Date),
    Column("source", String(12), nullable=False),
    Column("origin", String(120), nullable=False),
    Column("raised_by", String(32)),
    Column("snoozed_until", Date),
    Column("shared", Boolean, nullable=False),
    Column("climbed", Integer, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(32)),
    Column("reason", String(500), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("project_id", "number"),
    Index(None, "project_id", "state"),
    Index(None, "origin"),
)
_OPEN = text("state = 'open'")
Index("ix_risks_waiting", risks.c.project_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

risk_history = Table(
    "risk_history",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("risk_id", String(32), ForeignKey("risks.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", String(20), nullable=False),
    Column("person_id", String(32)),
    Column("detail", Json, nullable=False),
    Index(None, "risk_id", "at"),
)


class Risks:
    """Risks; saving one that somebody else has changed meanwhile is a `Conflict`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, id_: str) -> Risk | None:
        return await self._one(risks.c.id == id_)

    async def numbered(self, project_id: str, number: int) -> Risk | None:
        return await self._one(risks.c.project_id == project_id, risks.c.number == number)

    async def of(self, project_id: str, *, states: Iterable[RiskState] = LIVE) -> list[Risk]:
        """A project's risks in these states, by number."""
        rows = await self._connection.execute(
            _OF_STATES, {"project": project_id, "states": [str(state) for state in states]}
        )
        return [_risk(row) for row in rows]

    async def waiting(self, project_ids: Sequence[str]) -> list[Risk]:
        """Those of many projects that nobody has acknowledged."""
        found: list[Risk] = []
        for part in chunks(project_ids):
            found += [_risk(row) for row in await self._connection.execute(_WAITING, {"ids": part})]
        return found

    async def live_of(self, project_ids: Sequence[str]) -> list[Risk]:
        """The live ones of many projects."""
        found: list[Risk] = []
        for part in chunks(project_ids):
            found += [_risk(row) for row in await self._connection.execute(_LIVE_OF, {"ids": part})]
        return found

    async def proposed_of(self, project_ids: Sequence[str]) -> set[str]:
        """The ids of what waits to be confirmed in many projects."""
        found: set[str] = set()
        for part in chunks(project_ids):
            rows = await self._connection.execute(
                select(risks.c.id).where(
                    risks.c.project_id.in_(part), risks.c.state == RiskState.PROPOSED
                )
            )
            found |= {row.id for row in rows}
        return found

    async def closed_since(self, project_id: str, since: datetime) -> list[Risk]:
        """What was closed in a project since then."""
        rows = await self._connection.execute(
            select(risks).where(
                risks.c.project_id == project_id,
                risks.c.state == RiskState.CLOSED,
                risks.c.closed_at >= since,
            )
        )
        return [_risk(row) for row in rows]

    async def from_origins(self, project_id: str, origins: Iterable[str]) -> dict[str, Risk]:
        """The newest risk that came of each of these blockers or milestones."""
        found: dict[str, Risk] = {}
        for part in chunks([origin for origin in set(origins) if origin]):
            rows = await self._connection.execute(
                _FROM_ORIGINS, {"project": project_id, "origins": part}
            )
            found |= {row.origin: _risk(row) for row in rows}
        return found

    async def add(self, risk: Risk) -> Risk:
        """Write a new one; its number is given here and never given twice.

        A proposal has a negative number until it is confirmed, so that people's ids have no gaps.
        """
        proposed = risk.state is RiskState.PROPOSED
        new = await (self._below(risk) if proposed else self.number(risk))
        await self._connection.execute(insert(risks), {"id": new.id} | _values(new))
        return new

    async def number(self, risk: Risk) -> Risk:
        """The risk with the next number of its project."""
        found = await self._bound(func.max(risks.c.number), risk)
        return replace(risk, number=max(found, 0) + 1)

    async def _below(self, risk: Risk) -> Risk:
        return replace(risk, number=min(await self._bound(func.min(risks.c.number), risk), 0) - 1)

    async def _bound(self, which: Any, risk: Risk) -> int:
        found = await self._connection.execute(
            select(which).where(risks.c.project_id == risk.project_id)
        )
        return int(found.scalar_one_or_none() or 0)

    async def save(self, risk: Risk) -> Risk:
        after = replace(risk, version=risk.version + 1)
        done = await self._connection.execute(
            update(risks)
            .where(risks.c.id == risk.id, risks.c.version == risk.version)
            .values(_values(after))
        )
        if done.rowcount != 1:
            msg = f"risk {risk.id} was changed by somebody else"
            raise Conflict(msg)
        return after

    async def climbed(self, rungs: Sequence[tuple[Risk, int]]) -> None:
        """Keep which rung was told last; no change that anybody sees."""
        for part in chunks(rungs):
            await self._connection.execute(
                _CLIMBED, [{"b_id": risk.id, "b_rung": rung} for risk, rung in part]
            )

    async def happened(self, lines: Sequence[Happened]) -> None:
        for part in chunks(lines):
            await self._connection.execute(
                insert(risk_history),
                [
                    {
                        "risk_id": line.risk_id,
                        "at": line.at,
                        "what": line.what,
                        "person_id": line.person_id,
                        "detail": dict(line.detail),
                    }
                    for line in part
                ],
            )

    async def history(self, risk_id: str, limit: int = 50) -> list[Happened]:
        """What has happened to a risk, the newest first."""
        rows = await self._connection.execute(
            select(risk_history)
            .where(risk_history.c.risk_id == risk_id)
            .order_by(risk_history.c.seq.desc())
            .limit(limit)
        )
        return [_happened(row) for row in rows]

    async def recent(self, project_id: str, since: datetime) -> list[Happened]:
        """What has happened in a project's register since then."""
        rows = await self._connection.execute(
            select(risk_history)
            .join(risks, risks.c.id == risk_history.c.risk_id)
            .where(risks.c.project_id == project_id, risk_history.c.at >= since)
            .order_by(risk_history.c.seq)
        )
        return [_happened(row) for row in rows]

    async def _one(self, *conditions: Any) -> Risk | None:
        row = (await self._connection.execute(select(risks).where(*conditions))).first()
        return _risk(row) if row else None


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF_STATES = (
    select(risks)
    .where(
        risks.c.project_id == bindparam("project"),
        risks.c.state.in_(bindparam("states", expanding=True)),
    )
    .order_by(risks.c.number)
)
_WAITING = (
    select(risks)
    .where(risks.c.project_id.in_(_IDS), risks.c.state == text("'open'"))
    .order_by(risks.c.project_id, risks.c.number)
)
_LIVE_OF = (
    select(risks)
    .where(risks.c.project_id.in_(_IDS), risks.c.state.in_([str(state) for state in LIVE]))
    .order_by(risks.c.project_id, risks.c.number)
)
_FROM_ORIGINS = (
    select(risks)
    .where(
        risks.c.project_id == bindparam("project"),
        risks.c.origin.in_(bindparam("origins", expanding=True)),
    )
    .order_by(risks.c.number)
)
_CLIMBED = update(risks).where(risks.c.id == bindparam("b_id")).values(climbed=bindparam("b_rung"))
_FIELDS = tuple(column.name for column in risks.c if column.name != "id")


def _values(risk: Risk) -> dict[str, Any]:
    return {name: getattr(risk, name) for name in _FIELDS}


def _risk(row: Row[Any]) -> Risk:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    return Risk(**values | {"state": RiskState(row.state)})


def _happened(row: Row[Any]) -> Happened:
    return Happened(row.risk_id, row.at, row.what, row.person_id, row.detail)
