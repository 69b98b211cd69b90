"""The playground's pages: a chat as Feishu shows it, a clock to turn, a look inside.

Works without JavaScript (every form posts and comes back); htmx and server-sent events make it
live. There is no login, so it answers only requests that name a loopback host and that its
own pages sent.
"""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.answers import search
from bot.context import Context, Reply
from bot.core.actions import unpack as unpack_action
from bot.core.clock import Clock, MovableClock
from bot.core.events import BotAdded, Event, Press
from bot.core.ids import new_id
from bot.discretion import guard as inside
from bot.dispatcher import Dispatcher
from bot.domain.schedule import next_working
from bot.faq_keeping import library_view
from bot.language.dates import Seen
from bot.language.normal import tidy
from bot.language.taken import take
from bot.platforms.playground.adapter import Playground
from bot.platforms.playground.people import (
    BOT,
    BY_ACCOUNT,
    GROUP,
    PLATFORM,
    PLAYERS,
    Player,
    present,
)
from bot.platforms.playground.sample import NAME, first_morning, seed
from bot.platforms.playground.view import View, excerpt, fields, guard, integrity, pretty
from bot.relay import Relay
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from cards.elements import Buttons, pack, unpack
from cards.faq_library import library_card, trial_card
from cards.render import dingtalk, feishu, html
from cards.render import text as as_text
from cards.understanding import understanding
from storage.tables.playground import Said
from storage.unit_of_work import Database

HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
LONGEST_MESSAGE = 20_000


class Pages:
    """Routes under `/playground`."""

    def __init__(
        self,
        platform: Playground,
        dispatcher: Dispatcher,
        scheduler: Scheduler,
        relay: Relay,
        database: Database,
        shelf: Shelf,
        clock: Clock,
        *,
        sandbox: bool,
    ) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._scheduler = scheduler
        self._relay = relay
        self._database = database
        self._shelf = shelf
        self._clock = clock
        self._events: deque[dict[str, Any]] = deque(maxlen=40)
        self._moving = asyncio.Lock()
        self._closing = asyncio.Event()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._sandbox = sandbox
        self.routes = [
            Route("/playground", guard(self._page), methods=["GET"]),
            Route("/playground/chat", guard(self._chat), methods=["GET"]),
            Route("/playground/side", guard(self._side), methods=["GET"]),
            Route("/playground/inspect", guard(self._inspect), methods=["GET"]),
            Route("/playground/file", guard(self._file), methods=["GET"]),
            Route("/playground/understanding", guard(self._understood), methods=["GET", "POST"]),
            Route("/playground/faq", guard(self._library), methods=["GET", "POST"]),
            Route("/playground/stream", guard(self._stream), methods=["GET"]),
            Route("/playground/say", guard(self._say), methods=["POST"]),
            Route("/playground/press", guard(self._press), methods=["POST"]),
            Route("/playground/clock", guard(self._turn), methods=["POST"]),
            Route("/playground/language", guard(self._speak), methods=["POST"]),
            Route("/playground/reset", guard(self._reset), methods=["POST"]),
            Mount("/playground/static", StaticFiles(directory=HERE / "static")),
        ]

    async def start(self) -> None:
        """Make the sample project if this database has none."""
        if self._sandbox:
            async with self._database.read() as uow:
                empty = not await uow.projects.all()
            if empty:
                await self._seed()

    def close(self) -> None:
        """End the open streams, so that the server can stop."""
        self._closing.set()
        self._platform.changed()

    # --- showing ---------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        view = View(request.query_params)
        view.players = await self._present()
        parent = await self._find(view.parent, view) if view.parent else None
        return self._render(
            "page.html",
            view,
            chat=await self._messages(view),
            parent_text=excerpt(parent) if parent else "",
            integrity=integrity(),
            **await self._clock_of(view),
        )

    async def _present(self) -> Sequence[Player]:
        """Whom a visitor can speak as: customers are in groups that are open to them alone."""
        async with self._database.read() as uow:
            group = await uow.chats.find(PLATFORM, GROUP)
        return present(external=group is None or group.external)

    async def _chat(self, request: Request) -> Response:
        view = View(request.query_params)
        return self._render("chat.html", view, chat=await self._messages(view))

    async def _side(self, request: Request) -> Response:
        view = View(request.query_params)
        return self._render("side.html", view, **await self._clock_of(view))

    async def _inspect(self, request: Request) -> Response:
        """One card as each platform would get it."""
        view = View(request.query_params)
        said = await self._find(request.query_params.get("message", ""), view)
        if said is None or "card" not in said.body:
            return Response("", 404)
        card = unpack(said.body["card"])
        tabs = {
            "feishu": pretty(feishu.render(card)),
            "dingtalk": pretty(dingtalk.render(card)),
            "text": as_text.render(card),
        }
        return self._render("inspect.html", view, tabs=tabs)

    async def _file(self, request: Request) -> Response:
        """A file that was sent, to keep and never to show: it may hold anything."""
        said = await self._find(request.query_params.get("message", ""), View(request.query_params))
        if said is None or "file" not in said.body:
            return Response("", 404)
        file = said.body["file"]
        # RFC 6266: the plain name is for what does not know the other.
        named = f"filename=\"file.{file['kind']}\"; filename*=UTF-8''{quote(file['name'], safe='')}"
        return Response(
            b64decode(file["content"]),
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; {named}"},
        )

    async def _understood(self, request: Request) -> Response:
        """How a text would be taken, and by which words; nothing is done with it."""
        view, said = View(request.query_params), await self._typed(request)
        card = None
        if said:
            seen = Seen(self._clock.now().astimezone(ZONE), self._shelf.calendars.of("CN"))
            card = html.render(understanding(view.w, take(said, seen)), press="", anchor="taken")
        return self._trial("understanding", view, said, card)

    async def _library(self, request: Request) -> Response:
        """How the library does, and what it would find for whoever is spoken as."""
        view, said = View(request.query_params), await self._typed(request)
        async with self._database.read() as uow:
            chat = await uow.chats.find(PLATFORM, GROUP)
            project = await uow.projects.of_chat(chat.id) if chat else None
            if project is None:
                return self._trial("faq", view, said, None)
            player = await uow.people.find(PLATFORM, view.player.account)
            member = await uow.members.find(project.id, player.id) if player else None
            ctx = await inside(
                Context(uow, self._shelf, person=player).for_project(project, member)
            )
            ctx.w = view.w
            found = await search(ctx, project, said) if said else None
            library = library_card(view.w, project, await library_view(ctx, project))
        trial = html.render(trial_card(view.w, found), press="", anchor="found") if found else None
        # Buttons of a card lead into a chat; this page is none.
        words = tuple(e for e in library.elements if not isinstance(e, Buttons))
        shown = msgspec.structs.replace(library, elements=words)
        below = [html.render(shown, press="", anchor="library")]
        return self._trial("faq", view, said, trial, below)

    def _trial(
        self, what: str, view: View, said: str, card: Markup | None, below: Sequence[Markup] = ()
    ) -> Response:
        return self._render("trial.html", view, trial=what, said=said, card=card, cards=below)

    @staticmethod
    async def _typed(request: Request) -> str:
        form = await request.form(max_files=0) if request.method == "POST" else {}
        return tidy(str(form.get("text") or ""))[:LONGEST_MESSAGE]

    async def _messages(self, view: View) -> list[dict[str, Any]]:
        async with self._database.read() as uow:
            found = await uow.playground.of(view.chat)
        by_id = {said.message: said for said in found}
        return [self._bubble(said, by_id, view) for said in found]

    def _bubble(self, said: Said, others: Mapping[str, Said], view: View) -> dict[str, Any]:
        card = unpack(said.body["card"]) if "card" in said.body else None
        parent = others.get(said.body.get("parent") or "")
        author = BY_ACCOUNT.get(said.author)
        press = f"/playground/press?{view.query(message=said.message)}"
        return {
            "id": said.message,
            "bot": said.author == BOT,
            "mine": said.author == view.player.account,
            "name": author.name if author else view.w("bot.name"),
            "role": view.w.role(author.role) if author else view.w("play.bot"),
            "time": f"{said.at.astimezone(ZONE):%m-%d %H:%M}",
            "edited": said.edited_at is not None,
            "text": said.body.get("text", ""),
            "file": _size(said.body["file"]["size"]) if "file" in said.body else "",
            "download": f"/playground/file?{view.query(message=said.message)}",
            "card": html.render(card, press=press, anchor=said.message) if card else None,
            "inspect": f"/playground/inspect?{view.query(message=said.message)}",
            "reply": f"/playground?{view.query(parent=said.message)}",
            "parent": excerpt(parent) if parent else "",
            "reactions": [{"DONE": "✅"}.get(r, r) for r in said.body.get("reactions", [])],
        }

    async def _clock_of(self, view: View) -> dict[str, Any]:
        async with self._database.read() as uow:
            due = await uow.schedule.next_job()
        now = self._clock.now().astimezone(ZONE)
        job = ""
        if due:
            day = view.w.day(due.at.astimezone(ZONE).date())
            when = f"{day} {due.at.astimezone(ZONE):%H:%M}"
            job = view.w("play.clock.due", job=view.w(f"job.{due.job}"), time=when)
        return {
            "now": f"{view.w.day(now.date())} {now:%H:%M}",
            "due": job or view.w("play.clock.none"),
            "events": list(self._events)[::-1],
        }

    def _render(self, template: str, view: View, **values: Any) -> Response:
        page = self._templates.get_template(template)
        return HTMLResponse(
            page.render(view=view, w=view.w, players=view.players, sandbox=self._sandbox, **values)
        )

    async def _find(self, message: str, view: View) -> Said | None:
        async with self._database.read() as uow:
            said = await uow.playground.find(message)
        return said if said and said.chat in (GROUP, view.private) else None

    async def _stream(self, _: Request) -> Response:
        """Says `changed` whenever a chat or the clock has changed."""
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    async def _changes(self) -> AsyncIterator[str]:
        watcher = self._platform.watch()
        try:
            # At once, for what has changed between the page and its stream.
            yield "retry: 1000\nevent: changed\ndata: now\n\n"
            while not self._closing.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(15):
                        await watcher.wait()
                        watcher.clear()
                        yield "event: changed\ndata: now\n\n"
                        continue
                yield ": still here\n\n"
        finally:
            self._platform.unwatch(watcher)

    # --- doing -----------------------------------------------------------------------------------

    async def _say(self, request: Request) -> Response:
        form = await request.form(max_files=0)
        view = View(request.query_params)
        text = tidy(str(form.get("text") or ""))[:LONGEST_MESSAGE]
        if text:
            parent = str(form.get("parent") or "")
            event = await self._platform.says(view.player, view.chat, text, parent)
            await self._handle(event)
        return self._back(request, view)

    async def _press(self, request: Request) -> Response:
        form = await request.form(max_files=0)
        view = View(request.query_params)
        said = await self._find(request.query_params.get("message", ""), view)
        card = unpack(said.body["card"]) if said and "card" in said.body else None
        buttons = html.buttons_of(card) if card else []
        wanted = str(form.get("button") or "")
        button = next((one for one in buttons if html.button_name(one) == wanted), None)
        if said is None or button is None:
            return self._back(request, view, toast=view.w("refused.stale"), good=False)
        event = Press(
            PLATFORM,
            (f"press:{new_id()}",),
            self._clock.now(),
            said.chat,
            said.message,
            view.player.someone,
            unpack_action(button.action),
            fields(form),
        )
        reply = await self._handle(event)
        toast = reply.toast
        answer = self._back(
            request,
            view,
            toast=toast.text if toast else "",
            good=toast.good if toast else True,
        )
        if reply.face:
            face: dict[str, object] = {"card": pack(reply.face)}
            show = BackgroundTask(self._platform.show, said.message, face, self._clock.now())
            if self._by_htmx(request):
                # The new face may be without the button that was pressed, and htmx drops what comes
                # back for an element that is gone: so the answer goes first.
                answer.background = show
            else:
                await show()
        return answer

    async def _handle(self, event: Event) -> Reply:
        shown = msgspec.to_builtins(event, enc_hook=vars)
        self._events.append({"kind": event.kind, "json": pretty(shown), "id": event.id})
        reply = await self._dispatcher.handle(event)
        self._platform.changed()
        return reply

    async def _turn(self, request: Request) -> Response:
        """Move the bot's clock forward; what falls due on the way is run on the way."""
        form = await request.form(max_files=0)
        view = View(request.query_params)
        target = await self._target(str(form.get("to") or ""))
        if target and isinstance(self._clock, MovableClock):
            async with self._moving:
                await self._move(self._clock, target)
        self._platform.changed()
        return self._back(request, view)

    async def _target(self, to: str) -> datetime | None:
        now = self._clock.now()
        match to:
            case "minutes":
                return now + timedelta(minutes=15)
            case "hour":
                return now + timedelta(hours=1)
            case "day":
                calendar = self._shelf.calendars.of("CN")
                return next_working(time(9, 29), now, ZONE, calendar)
            case "week":
                return now + timedelta(days=7)
            case "next":
                async with self._database.read() as uow:
                    due = await uow.schedule.next_due()
                return max(due, now) + timedelta(seconds=1) if due else None
        return None

    async def _move(self, clock: MovableClock, target: datetime) -> None:
        while True:
            async with self._database.read() as uow:
                due = await uow.schedule.next_due()
            if due is None or due > target:
                break
            clock.move_to(max(due, clock.now()))
            await self._scheduler.tick()
        if target > clock.now():
            clock.move_to(target)
        self._relay.wake()

    async def _reset(self, request: Request) -> Response:
        """Everything as it was at the start, or an empty group of the team alone."""
        form = await request.form(max_files=0)
        if self._sandbox:
            await self._database.clear()
            self._events.clear()
            if form.get("start") == "empty":
                await self._begin()
            else:
                await self._seed()
        return self._back(request, View(request.query_params))

    async def _speak(self, request: Request) -> Response:
        """Change the page's language, and the sample project's with it."""
        view = View(request.query_params)
        other = "zh" if view.language == "en" else "en"
        async with self._database.begin() as uow:
            for project in await uow.projects.all() if self._sandbox else ():
                settings = replace(project.settings, language=other)
                await uow.projects.save(replace(project, settings=settings))
        where = view.query(lang=other)
        return RedirectResponse(f"/playground?{where}", 303)

    async def _begin(self) -> None:
        """The bot has just been added to a group without customers in it."""
        self._to_first_morning()
        asker = PLAYERS[0].someone
        key, now = f"added:{new_id()}", self._clock.now()
        added = BotAdded(PLATFORM, (key,), now, GROUP, f"{NAME}项目群", external=False, by=asker)
        await self._handle(added)

    def _to_first_morning(self) -> None:
        if isinstance(self._clock, MovableClock):
            self._clock.move_to(
                first_morning(self._clock.now() - self._clock.shift, self._shelf.calendars)
            )

    async def _seed(self) -> None:
        self._to_first_morning()
        async with self._database.begin() as uow:
            today = uow.now.astimezone(ZONE).date()
            await seed(uow, self._shelf, today)
        self._platform.changed()

    @staticmethod
    def _by_htmx(request: Request) -> bool:
        return bool(request.headers.get("hx-request"))

    def _back(
        self, request: Request, view: View, *, toast: str = "", good: bool = True
    ) -> Response:
        """To htmx nothing but the toast; to a plain browser the page again."""
        if self._by_htmx(request):
            page = self._templates.get_template("toast.html").render(toast=toast, good=good)
            return HTMLResponse(page, headers={"X-Taken": "yes" if good else "no"})
        where = view.query(toast=toast) if toast else view.query()
        return RedirectResponse(f"/playground?{where}", 303)


def _size(count: int) -> str:
    """A number of bytes as people read it."""
    return f"{count / 1024**2:.1f} MB" if count >= 1024**2 else f"{max(count // 1024, 1)} KB"
