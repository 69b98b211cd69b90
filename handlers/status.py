"""状态: whether the bot is there and works, for everybody; and what it missed while it was away."""

from __future__ import annotations

from bot.context import Context
from bot.core.events import CaughtUp, ChatKind, Message
from bot.language.commands import Command
from bot.router import Router
from cards.common import notice
from cards.elements import Card
from cards.status import caught_up, status
from cards.words import Words

router = Router()


@router.command("status", what="what.status")
async def show(message: Message, _: Command, ctx: Context) -> Card:
    owed, stuck = await ctx.uow.outbox.waiting_for(message.platform, message.chat)
    if ctx.project is None:
        return notice(ctx.w, ctx.w("status.title"), ctx.w("status.alive"))
    jobs = await ctx.uow.schedule.of(ctx.project.id)
    return status(ctx.w, ctx.project, jobs, owed=owed, stuck=stuck)


@router.on(CaughtUp)
async def say_what_was_missed(event: CaughtUp, ctx: Context) -> None:
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    if chat is None or chat.kind is not ChatKind.GROUP:
        return
    project = await ctx.uow.projects.of_chat(chat.id)
    w = Words(project.settings.language) if project else ctx.w
    ctx.say(chat, caught_up(w, event.since, ctx.now, event.count))
