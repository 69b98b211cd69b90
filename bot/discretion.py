"""What is internal stays inside: where customers read along, the team is answered in private."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bot.context import Context, Reply, Toast
from bot.domain.people import CUSTOMERS, Member, is_inside
from bot.domain.project import Project
from cards.common import notice
from cards.elements import Card, Tone
from storage.tables.projects import Chat


def read_by_customers(chat: Chat, project: Project) -> bool:
    """Whether what is said in the project's group reaches customers."""
    return chat.external or project.settings.guests


def customers_among(members: Iterable[Member]) -> bool:
    """Whether anybody of a group's members is a customer, whatever the group is called."""
    return any(m.role in CUSTOMERS or m.person.external for m in members)


async def to_colleague(ctx: Context, card: Card) -> Card:
    """An internal answer that no customer may read: in a group with one among its members it goes
    to the asker alone, also where nobody has said that customers read along."""
    if not (ctx.in_group and ctx.project and ctx.person) or overheard(ctx):
        return card  # in private, or `aside` sees to it
    if not customers_among(await ctx.uow.members.of(ctx.project.id)):
        return card
    ctx.whisper(ctx.person, card)
    return notice(ctx.w, ctx.w("aside"), tone=Tone.CALM)


def sees_all(ctx: Context) -> bool:
    """Whether the speaker may see what is internal. Where customers read along, the answer to
    somebody who may goes to them alone (`aside`), and whoever has no role yet may be a customer:
    not every platform tells who is from outside."""
    nobody_knows = ctx.member is not None and ctx.member.role is None
    return is_inside(ctx.member) and not (ctx.guarded and nobody_knows)


async def guard(ctx: Context) -> Context:
    """The context with whether customers read the group of its project."""
    if ctx.project:
        chat = await ctx.uow.chats.get(ctx.project.chat_id)
        ctx.guarded = read_by_customers(chat, ctx.project)
    return ctx


def overheard(ctx: Context) -> bool:
    """Whether customers would read an answer that is given here."""
    if ctx.project is None or ctx.chat is None or not ctx.in_group:
        return False
    return read_by_customers(ctx.chat, ctx.project)


def aside(ctx: Context, said: Reply | Card | None) -> Reply | Card | None:
    """An answer that may hold what is internal: in private where customers would read it.

    A card that was pressed there keeps its face.
    """
    reply = said if isinstance(said, Reply) else Reply(card=said)
    if ctx.person is None or not (overheard(ctx) and sees_all(ctx)):
        return said
    if reply.face:
        ctx.whisper(ctx.person, reply.face)
    if reply.card:
        ctx.whisper(ctx.person, reply.card)
    if reply.face or isinstance(said, Reply):
        return Reply(reply.toast or Toast(ctx.w("aside")))
    return Reply(card=notice(ctx.w, ctx.w("aside"), tone=Tone.CALM)) if reply.card else said


class DrawEither(Protocol):
    """Draws a card as a whole, or as customers may see it."""

    async def __call__(self, *, whole: bool) -> Card: ...


async def in_two(ctx: Context, draw: DrawEither) -> Card:
    """An answer that has a part for customers.

    Where customers read along, whoever may see the whole gets that in private besides.
    """
    if ctx.person and overheard(ctx) and sees_all(ctx):
        ctx.whisper(ctx.person, await draw(whole=True))
        return await draw(whole=False)
    return await draw(whole=sees_all(ctx))
