"""Telling people what falls due: all of a person's within ten minutes on one card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.context import Context
from bot.core.ids import new_id
from bot.domain.notice import GATHERED, Notice
from bot.domain.people import Person
from bot.domain.project import Project


@dataclass(frozen=True, slots=True)
class Tell:
    """Something for one person; the fields are those of `Notice`."""

    person: Person
    project: Project
    kind: str
    subject: str
    step: int
    detail: Mapping[str, Any] = field(default_factory=dict)


async def tell(ctx: Context, told: Sequence[Tell]) -> None:
    """Write down what is told and hang it up, or add it to the card begun minutes ago."""
    if not told:
        return
    people = {one.person.id: one.person for one in told}
    begun = await ctx.uow.notices.batches(people, ctx.now - GATHERED)
    batches = {id_: begun.get(id_) or new_id() for id_ in people}
    await ctx.uow.notices.add(
        [
            Notice(
                batches[one.person.id],
                one.person.id,
                one.project.id,
                one.kind,
                one.subject,
                one.step,
                ctx.now,
                one.detail,
            )
            for one in told
        ]
    )
    for id_, person in people.items():
        if id_ in begun:
            await ctx.refresh("notices", batches[id_], at_once=True)
        else:
            ctx.hang("notices", batches[id_], person, None, gather=True)


async def refresh_notices(ctx: Context, subject: str) -> None:
    """Bring the cards up to date on which a milestone or risk stands."""
    for batch in await ctx.uow.notices.batches_about(subject):
        await ctx.refresh("notices", batch)
