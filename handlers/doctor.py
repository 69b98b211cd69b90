"""诊断: is the bot set up rightly here? For whoever runs the project."""

from __future__ import annotations

from bot.checks import known_years
from bot.context import Context
from bot.core.events import Diagnosed, Message
from bot.domain.people import Right
from bot.language.commands import Command
from bot.router import Router
from cards.common import notice
from cards.doctor import diagnosis
from cards.elements import Card, Tone
from cards.words import Words

router = Router()


@router.command("doctor", right=Right.MANAGE, what="what.doctor")
async def ask(message: Message, _: Command, ctx: Context) -> Card:
    """The platform is asked afterwards; what it says comes as an event."""
    ctx.run_errand(message.platform, "diagnose", message.chat)
    return notice(ctx.w, ctx.w("doctor.running"), tone=Tone.CALM)


@router.on(Diagnosed)
async def diagnosed(event: Diagnosed, ctx: Context) -> None:
    chat = await ctx.uow.chats.find(event.platform, event.chat)
    if chat is None:
        return
    project = await ctx.uow.projects.of_chat(chat.id)
    w = Words(project.settings.language) if project else ctx.w
    country = project.settings.country if project else "CN"
    years = known_years(ctx.shelf.calendars, [country], ctx.now)
    ctx.say(chat, diagnosis(w, [*event.findings, *years]))
