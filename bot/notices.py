"""Telling people what falls due: all of a person's within ten minutes on one card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.context import Context
from bot.core.ids import new_id
from bot.domain.notice import GATHERED, Notice
from bot.domain.people import Person
from bot.domain.project import Project

# Nobody looks at a card of what fell due longer ago; Feishu would not change it either.
LOOKED_AT = timedelta(days=13)


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
    told = list(_highest(told))
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
    await ctx.uow.living.warm(begun.values())
    for id_, person in people.items():
        if id_ in begun:
            await ctx.refresh("notices", batches[id_], at_once=True)
        else:
            ctx.hang("notices", batches[id_], person, None, gather=True)


def _highest(told: Sequence[Tell]) -> Iterable[Tell]:
    """Of several steps that reach one person at once, the highest of each thing says it all."""
    best: dict[tuple[str, str, str], Tell] = {}
    for one in told:
        key = (one.person.id, one.kind, one.subject)
        if key not in best or one.step > best[key].step:
            best[key] = one
    return best.values()


async def refresh_notices(ctx: Context, subjects: Sequence[str]) -> None:
    """Bring the cards up to date on which milestones or risks stand, while anybody looks there."""
    for batch in await ctx.uow.notices.batches_about(subjects, ctx.now - LOOKED_AT):
        await ctx.refresh("notices", batch)
