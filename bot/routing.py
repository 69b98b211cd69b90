"""What happens to one event inside its transaction: who is speaking, may they, who handles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.context import Context, Reply, Toast
from bot.core.actions import SayCommand
from bot.core.errors import Refusal
from bot.core.events import (
    BotAdded,
    ChatEvent,
    ChatKind,
    ChatRenamed,
    Event,
    MenuChosen,
    Message,
    Press,
    PrivateChatOpened,
    Someone,
)
from bot.discretion import aside, guard, overheard, read_by_customers, sees_all
from bot.domain.people import Right, may, who_may
from bot.domain.project import RoundKind
from bot.domain.standup import reminder_of
from bot.language.commands import understand
from bot.language.normal import language_of, tidy
from bot.router import Route, Router, Said
from bot.shelf import Shelf
from cards.common import refusal, unclear
from cards.words import Words
from storage.unit_of_work import UnitOfWork

# Longer than this nobody types; what is beyond is cut before anything looks at it.
LONGEST_TEXT = 20_000


class Routing:
    """Takes events through the router."""

    def __init__(self, router: Router, shelf: Shelf, zone: str = "Asia/Shanghai") -> None:
        self._router = router
        self._shelf = shelf
        self._zone = zone

    async def warm(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        """Read for a whole batch what its events will ask for one by one."""
        placed = [event for event in events if isinstance(event, ChatEvent)]
        await uow.chats.warm((event.platform, event.chat) for event in placed)
        await uow.people.warm(
            (event.platform, event.sender.id)
            for event in events
            if isinstance(event, Message | Press)
        )
        chats = [await uow.chats.find(event.platform, event.chat) for event in placed]
        await uow.projects.warm(chat.id for chat in chats if chat)
        projects = [await uow.projects.of_chat(chat.id) for chat in chats if chat]
        ids = {project.id for project in projects if project}
        await uow.members.warm(ids)
        await uow.standups.warm(ids)
        await _warm_rounds(uow, ids)
        for platform, messages in _answered(events).items():
            await uow.living.warm_at(platform, messages)

    async def handle(self, event: Event, uow: UnitOfWork) -> Reply:
        """Handle one event; a `Refusal` is for `refuse`."""
        ctx = Context(uow, self._shelf, self._zone)
        match event:
            case Message():
                return await self._message(event, ctx)
            case Press():
                return await self._press(event, ctx)
            case MenuChosen() | PrivateChatOpened():
                await self._speaks(ctx, event.platform, event.sender, None)
        for handler in self._router.events.get(type(event), ()):
            await handler(event, ctx)
        return Reply()

    async def refuse(self, event: Event, refused: Refusal, uow: UnitOfWork) -> Reply:
        """Say to the person alone why something was not done."""
        ctx = Context(uow, self._shelf, self._zone)
        if not isinstance(event, Message | Press):
            return Reply()
        if refused.key != "refused.elsewhere":
            await self._place(ctx, event)
        ctx.note(f"refused:{refused.key}", allowed=False)
        if isinstance(event, Press):
            return Reply(Toast(ctx.w(refused.key, **refused.values_), good=False))
        card = refusal(ctx.w, refused.key, refused.values_)
        personal = refused.key.startswith(("refused.right", "refused.external"))
        if ctx.person and (personal or (overheard(ctx) and sees_all(ctx))):
            ctx.whisper(ctx.person, card)
        elif ctx.chat:
            ctx.say(ctx.chat, card, reply_to=event.message)
        return Reply()

    async def _message(self, event: Message, ctx: Context) -> Reply:
        if event.sender.bot:
            return Reply()
        heard = event.addressed or event.chat_kind is ChatKind.PRIVATE
        if not (heard or event.parents):
            return await self._overheard(event, ctx)
        await self._greeted(ctx, event)
        await self._place(ctx, event)
        if event.file and heard:
            for handler in self._router.files:
                taken = await handler(event, ctx)
                if taken is not None:
                    return self._speak(taken, event, ctx)
        if event.trouble:
            raise Refusal(f"refused.{event.trouble}")
        said = await self._said(event, ctx, heard=heard)
        return self._speak(said, event, ctx)

    async def _overheard(self, event: Message, ctx: Context) -> Reply:
        """Talk of the group: read only where the project has switched that on, never answered."""
        chat = await ctx.uow.chats.find(event.platform, event.chat)
        project = await ctx.uow.projects.of_chat(chat.id) if chat else None
        if project is None or not project.settings.listen or event.trouble:
            return Reply()
        await self._place(ctx, event)
        for listener in self._router.listeners:
            await listener(event, ctx)
        return Reply()

    async def _greeted(self, ctx: Context, event: Message) -> None:
        """The first word in a group that we did not know, or believed to have left, is as good
        as being added to it."""
        chat = await ctx.uow.chats.find(event.platform, event.chat)
        if event.chat_kind is not ChatKind.GROUP:
            return
        if (chat is None and event.chat_name) or (chat and not chat.present):
            added = BotAdded(
                event.platform,
                event.keys,
                event.at,
                event.chat,
                event.chat_name,
                external=event.sender.external or bool(chat and chat.external),
                by=event.sender,
            )
            await self.handle(added, ctx.uow)
        elif chat and event.chat_name and chat.name != event.chat_name:
            renamed = ChatRenamed(event.platform, event.keys, event.at, event.chat, event.chat_name)
            await self.handle(renamed, ctx.uow)

    async def _said(self, event: Message, ctx: Context, *, heard: bool) -> Said:
        text = tidy(event.text)[:LONGEST_TEXT]
        command = understand(text)
        card = await ctx.uow.living.at(event.platform, event.parents) if event.parents else None
        answer = self._router.answers.get(card.drawing) if card else None
        # What replies to a card that waits for an answer is one, unless it is a command as a whole.
        if heard and command.intent != "none" and (answer is None or command.confidence == 1):
            route = self._router.commands.get(command.intent)
            if route:
                return await self._guarded(route, ctx, lambda: route.handler(event, command, ctx))
        if answer:
            said = await answer(event, ctx)
            # What is said to the bot and is no answer to the card is said for its own sake.
            if said is not None or not heard:
                return said
        if not heard:
            await self._overheard(event, ctx)
            return None
        for handler in self._router.texts:
            said = await handler(event, ctx)
            if said is not None:
                return said
        return unclear(ctx.w, text, command.near)

    async def _press(self, event: Press, ctx: Context) -> Reply:
        await self._place(ctx, event)
        if isinstance(event.action, SayCommand):
            return await self._typed_for(event, event.action.text, ctx)
        route = self._router.buttons.get(type(event.action)) if event.action else None
        if route is None:
            raise Refusal("refused.stale")
        said = await self._guarded(route, ctx, lambda: route.handler(event.action, event, ctx))
        reply = said if isinstance(said, Reply) else Reply(card=said)
        return self._speak(reply, event, ctx)

    async def _typed_for(self, event: Press, text: str, ctx: Context) -> Reply:
        """A button that types a command: the same as if the person had written it."""
        kind = ctx.chat.kind if ctx.chat else ChatKind.GROUP
        typed = Message(
            event.platform,
            event.keys,
            event.at,
            event.chat,
            kind,
            event.message,
            event.sender,
            text,
            addressed=True,
        )
        said = await self._said(typed, ctx, heard=True)
        reply = said if isinstance(said, Reply) else Reply(card=said)
        return self._speak(reply, event, ctx)

    async def _guarded(
        self, route: Route, ctx: Context, run: Callable[[], Awaitable[Said]]
    ) -> Said:
        if route.right is not None:
            await require(ctx, route.right, route.what)
        said = await run()
        return aside(ctx, said) if route.aside else said

    def _speak(self, said: Said, event: Message | Press, ctx: Context) -> Reply:
        reply = said if isinstance(said, Reply) else Reply(card=said)
        if reply.card and ctx.chat:
            ctx.say(ctx.chat, reply.card, reply_to=event.message)
        return reply

    async def _place(self, ctx: Context, event: Message | Press) -> None:
        """Fill in the chat, the person, their project and what they are in it."""
        known = await ctx.uow.chats.find(event.platform, event.chat)
        kind = event.chat_kind if isinstance(event, Message) else ChatKind.GROUP
        if known is None and isinstance(event, Press):
            # A private chat is unknown until somebody writes in it; a card there is one that we
            # sent. Any other card in an unknown chat was forwarded and does nothing.
            if not await _is_ours(ctx.uow, event):
                raise Refusal("refused.elsewhere")
            kind = ChatKind.PRIVATE
        ctx.chat = known or await ctx.uow.chats.meet(event.platform, event.chat, kind)
        await self._speaks(ctx, event.platform, event.sender, ctx.chat.id)
        if ctx.project is None and isinstance(event, Message):
            ctx.w = Words(language_of(event.text))

    async def _speaks(
        self, ctx: Context, platform: str, someone: Someone, chat_id: str | None
    ) -> None:
        known = await ctx.uow.people.find(platform, someone.id)
        ctx.person = await ctx.uow.people.meet(platform, someone)
        if known is None and not someone.name:
            ctx.run_errand(platform, "person", someone.id)
        if ctx.in_group and chat_id:
            project = await ctx.uow.projects.of_chat(chat_id)
            if project:
                ctx.project, ctx.w = project, Words(project.settings.language)
                ctx.guarded = bool(ctx.chat and read_by_customers(ctx.chat, project))
                ctx.member = await ctx.uow.members.find(
                    project.id, ctx.person.id
                ) or await ctx.uow.members.join(project.id, ctx.person, ctx.now)
            return
        memberships = await ctx.memberships()
        if memberships:
            projects = await ctx.uow.projects.get_many([m.project_id for m in memberships])
            first = projects[memberships[0].project_id]
            ctx.w = Words(first.settings.language)
            if len(memberships) == 1:
                ctx.project, ctx.member = first, memberships[0]
                await guard(ctx)


def _answered(events: Sequence[Event]) -> dict[str, list[str]]:
    """The messages that are replied to, by platform."""
    found: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Message) and event.parents:
            found.setdefault(event.platform, []).extend(event.parents)
    return found


async def _warm_rounds(uow: UnitOfWork, projects: set[str]) -> None:
    """Where the cards of running rounds hang, and who of the teams is away."""
    subjects: list[str] = []
    people: list[str] = []
    for id_ in projects:
        team = [member.person.id for member in await uow.members.of(id_)]
        people += team
        for kind in RoundKind:
            round_ = await uow.standups.latest(id_, kind)
            if round_ and round_.open:
                subjects += [
                    round_.id,
                    *(reminder_of(person, round_) for person in team),
                ]
    await uow.leaves.warm(people)
    await uow.living.warm(subjects)


async def _is_ours(uow: UnitOfWork, event: Press) -> bool:
    """Whether the pressed message is one that we sent to where it was pressed."""
    living = await uow.living.at(event.platform, [event.message])
    place = (living.to_kind, living.to) if living else None
    place = place or await uow.outbox.sent_to(event.platform, event.message)
    return place is not None and (place[0] == "person" or place[1] == event.chat)


async def require(ctx: Context, right: Right, what: str) -> None:
    """Refuse unless the speaker has the right in the project at hand."""
    if ctx.project is None:
        if ctx.in_group:
            raise Refusal("refused.no_project")
        several = len(await ctx.memberships()) > 1
        raise Refusal("refused.not_group" if several else "refused.no_project.private")
    if not may(ctx.member, right):
        ctx.note(what, allowed=False)
        raise Refusal(
            "refused.right",
            what=ctx.w(what),
            roles=ctx.w("comma").join(ctx.w.role(role) for role in who_may(right)),
            project=ctx.project.name,
            mine=ctx.w.role(ctx.member.role if ctx.member else None),
        )
