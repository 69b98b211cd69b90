"""帮助: what the bot can do here, for this person."""

from __future__ import annotations

from bot.context import Context
from bot.core.events import ChatKind, MenuChosen, Message, PrivateChatOpened
from bot.language.commands import Command
from bot.router import Router
from cards.elements import Card
from cards.help import help_card

router = Router()


@router.command("help")
async def show_help(_: Message, __: Command, ctx: Context) -> Card:
    return help_card(ctx.w, ctx.project, ctx.member)


@router.text
async def only_called(message: Message, ctx: Context) -> Card | None:
    """Somebody just called the bot by its name."""
    return None if message.text.strip() else help_card(ctx.w, ctx.project, ctx.member)


@router.on(PrivateChatOpened)
async def private_chat_opened(event: PrivateChatOpened, ctx: Context) -> None:
    """Greet somebody the first time that they open the chat with the bot, and never again."""
    if await ctx.uow.chats.find(event.platform, event.chat) is None:
        chat = await ctx.uow.chats.meet(event.platform, event.chat, ChatKind.PRIVATE)
        ctx.say(chat, help_card(ctx.w, ctx.project, ctx.member))


@router.on(MenuChosen)
async def menu_chosen(_: MenuChosen, ctx: Context) -> None:
    """Every entry of the bot's menu leads to what it can do; its buttons lead on."""
    if ctx.person:
        ctx.whisper(ctx.person, help_card(ctx.w, ctx.project, ctx.member))
