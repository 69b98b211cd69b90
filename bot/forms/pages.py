"""The form page: one message's forms for the person whom it was sent to.

No account: the link is the key. It is signed and ends; the first browser that opens it is the only
one from then on; a form that was taken is done with.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot import logs
from bot.context import Context
from bot.core.actions import unpack as unpack_action
from bot.core.clock import Clock
from bot.core.events import Press, Someone
from bot.core.ids import new_id
from bot.dispatcher import Dispatcher
from bot.links import FormLink, Links
from bot.router import Router
from bot.shelf import Shelf
from bot.webhooks import TooLarge, read_body
from cards.elements import Card, Form, TextInput, unpack
from cards.render import html
from cards.words import Words
from storage.tables.links import Opened
from storage.tables.outbox import Owed
from storage.unit_of_work import Database, UnitOfWork

log = logs.get(__name__)

HERE = Path(__file__).parent
LONGEST_FIELD = 5_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class _Page:
    """What a visitor gets: the forms that are left, or a sentence why there are none."""

    card: Card | None = None
    row: Owed | None = None
    key: str = ""
    status: int = 200
    fresh_cookie: str = ""


class Forms:
    """Routes under `/form`."""

    def __init__(
        self,
        links: Links,
        database: Database,
        router: Router,
        shelf: Shelf,
        dispatcher: Dispatcher,
        clock: Clock,
    ) -> None:
        self._links = links
        self._database = database
        self._router = router
        self._shelf = shelf
        self._dispatcher = dispatcher
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
        )
        self.routes = [
            Mount("/form/static", StaticFiles(directory=HERE / "static")),
            Route("/form/{token}", self._show, methods=["GET"]),
            Route("/form/{token}", self._take, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        link = self._links.read(request.path_params["token"])
        page = await self._open(link, request) if link else _Page(key="form.over", status=410)
        return self._render(request, link, page)

    async def _take(self, request: Request) -> Response:
        """A form was sent: the same as pressing its button in a chat."""
        link = self._links.read(request.path_params["token"])
        site = request.headers.get("sec-fetch-site", "same-origin")
        if link is None or site not in ("same-origin", "none"):
            return self._render(request, link, _Page(key="form.over", status=410))
        page = await self._open(link, request)
        if page.card is None or page.fresh_cookie:
            return self._render(request, link, replace_key(page, "form.other"))
        try:
            given = dict(parse_qsl((await read_body(request)).decode(), keep_blank_values=True))
        except (TooLarge, TimeoutError, UnicodeDecodeError, ValueError, ClientDisconnect):
            return self._render(request, link, _Page(key="form.broken", status=400))
        return await self._press(request, link, page, page.card, given)

    async def _press(
        self,
        request: Request,
        link: FormLink,
        page: _Page,
        card: Card,
        given: Mapping[str, str],
    ) -> Response:
        if page.row is None or "button" not in given:
            return self._render(request, link, _Page(key="form.broken", status=400))
        # Named by what it does: a page that is older than its card must not fill in another form.
        wanted = request.query_params.get("form", "")
        forms = [element for element in card.elements if isinstance(element, Form)]
        form = next((one for one in forms if html.button_name(one.submit) == wanted), None)
        if form is None:
            return self._render(request, link, _Page(key="form.closed", status=410))
        button = form.submit
        fields = {k: v[:LONGEST_FIELD] for k, v in given.items() if k != "button"}
        event = Press(
            link.platform,
            (f"form:{new_id()}",),
            self._clock.now(),
            link.chat,
            page.row.message or "",
            Someone(link.account),
            unpack_action(button.action),
            fields,
        )
        try:
            reply = await self._dispatcher.handle(event)
        except Exception as error:  # noqa: BLE001  (logged; the person is told and can try again)
            log.error("form not handled", why=type(error).__name__)
            return self._render(request, link, _Page(key="trouble.toast", status=503))
        toast = reply.toast
        if toast is None or not toast.good:
            said = toast.text if toast else Words(card.language)("form.broken")
            return self._render(request, link, page, said=said, given=fields)
        async with self._database.begin() as uow:
            await uow.links.use(link.id, msgspec.json.encode(button.action).decode())
        return self._render(request, link, _Page(key="form.done"), said=toast.text)

    async def _open(self, link: FormLink, request: Request) -> _Page:
        """Bind the link to the browser that opens it first, and find what is left of its forms."""
        cookie = request.cookies.get(_cookie(link), "")
        fresh = "" if cookie else secrets.token_urlsafe(16)
        async with self._database.begin() as uow:
            opened = await uow.links.open(link.id, _hash(cookie or fresh), uow.now)
            if opened is None:
                return _Page(key="form.other", status=403)
            row = await uow.outbox.by_key(link.row)
            card = await self._card(row, opened, uow) if row else None
        if card is None:
            key = "form.used" if opened.used else "form.closed"
            return _Page(key=key, status=410, fresh_cookie=fresh)
        return _Page(card, row, fresh_cookie=fresh)

    async def _card(self, row: Owed, opened: Opened, uow: UnitOfWork) -> Card | None:
        """The message as it would be now, with nothing but the forms that were not taken yet."""
        card: Card | None = None
        if row.kind == "card":
            card = unpack(row.payload["card"])
        elif living := (await uow.living.get_many([row.payload["living"]])).get(
            row.payload["living"]
        ):
            ctx = Context(uow, self._shelf)
            card = await self._router.drawings[living.drawing](living.subject, ctx)
        if card is None:
            return None
        left = tuple(
            element
            for element in card.elements
            if isinstance(element, Form)
            and msgspec.json.encode(element.submit.action).decode() not in opened.used
        )
        if not left:
            return None
        return Card(card.title, left, card.tone, card.subtitle, card.tag, language=card.language)

    def _render(
        self,
        request: Request,
        link: FormLink | None,
        page: _Page,
        *,
        said: str = "",
        given: Mapping[str, str] | None = None,
    ) -> Response:
        language = page.card.language if page.card else _language(request)
        card = _filled(page.card, given or {}) if page.card else None
        path = request.url.path
        drawn = [
            html.render(
                msgspec.structs.replace(card, elements=(form,)),
                press=f"{path}?form={html.button_name(form.submit)}",
                anchor=f"f{number}",
            )
            for number, form in enumerate(card.elements if card else ())
            if card and isinstance(form, Form)
        ]
        template = self._templates.get_template("form.html")
        text = template.render(
            w=Words(language),
            cards=drawn,
            title=card.title if card else "Golive",
            key=page.key,
            said=said,
            good=page.key == "form.done",
        )
        response = HTMLResponse(text, page.status, HEADERS)
        if link and page.fresh_cookie:
            response.set_cookie(
                _cookie(link),
                page.fresh_cookie,
                max_age=3 * 24 * 3600,
                path="/form/",
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
        return response


def replace_key(page: _Page, key: str) -> _Page:
    """The same refusal, or `key` where the page had something to show."""
    return page if page.key else _Page(key=key, status=403)


def _cookie(link: FormLink) -> str:
    return f"golive_form_{link.id[:12]}"


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _language(request: Request) -> str:
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def _filled(card: Card, given: Mapping[str, str]) -> Card:
    """The forms with what the visitor has typed already."""
    if not given:
        return card
    forms = tuple(
        msgspec.structs.replace(
            form,
            fields=tuple(
                msgspec.structs.replace(field, value=given.get(field.name, field.value))
                if isinstance(field, TextInput)
                else field
                for field in form.fields
            ),
        )
        for form in card.elements
        if isinstance(form, Form)
    )
    return msgspec.structs.replace(card, elements=forms)
