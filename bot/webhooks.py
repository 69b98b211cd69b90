"""Raw bytes in, an answer out: plain Starlette routes on the hot path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog
from opentelemetry import trace
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from bot import logs
from bot.context import Reply
from bot.core.errors import Overloaded
from bot.core.events import Event, Press, Unheard
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.platforms.port import Answer, Platform, Request
from bot.refusals import Refusals
from cards.words import Words

log = logs.get(__name__)

LARGEST_BODY = 1024 * 1024
BODY_WITHIN = 10.0
_EMPTY = b"{}"


class TooLarge(Exception):  # noqa: N818
    """The body is larger than any push is."""


async def read_body(request: HttpRequest) -> bytes:
    """The whole body; raises `TooLarge`, or `TimeoutError` when the sender stalls."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:12]) > LARGEST_BODY:
        raise TooLarge
    body = bytearray()
    async with asyncio.timeout(BODY_WITHIN):
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                raise TooLarge
    return bytes(body)


class Webhooks:
    """The webhook routes of all platforms."""

    def __init__(
        self,
        platforms: Iterable[Platform],
        dispatcher: Dispatcher,
        metrics: Metrics,
        refusals: Refusals,
    ) -> None:
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._refusals = refusals
        self.routes = [
            Route(path, self._endpoint(platform), methods=["POST"])
            for platform in platforms
            for path in platform.paths
        ]
        self.leaving: Callable[[], bool] = lambda: False

    def _endpoint(self, platform: Platform) -> Callable[[HttpRequest], object]:
        async def receive(request: HttpRequest) -> Response:
            try:
                if request.headers.get("content-encoding", "identity") != "identity":
                    return self._count(platform, "encoding", 415, close=True)
                body = await read_body(request)
            except TooLarge:
                return self._count(platform, "too_large", 413, close=True)
            except TimeoutError:
                return self._count(platform, "stalled", 408, close=True)
            except ClientDisconnect:
                return self._count(platform, "gone", 400)
            headers = dict(request.headers.items())
            query = dict(request.query_params) if request.url.query else {}
            return await self._take(platform, Request(request.url.path, headers, body, query))

        return receive

    async def _take(self, platform: Platform, request: Request) -> Response:
        reading = platform.read(request)
        if reading.refused:
            self._refusals.note(platform.name, reading.refused)
            return self._count(platform, "refused", 401)
        if reading.reply is not None:
            return self._count(platform, "handshake", 200, reading.reply)
        if reading.event is None:
            log.warning("push unread", platform=platform.name, why=reading.unread)
            return self._count(platform, "unread", 200, platform.answer(Answer(), request))
        if isinstance(reading.event, Unheard):
            return self._count(platform, "unheard", 200, platform.answer(Answer(), request))
        return await self._handle(platform, reading.event, request)

    async def _handle(self, platform: Platform, event: Event, request: Request) -> Response:
        structlog.contextvars.bind_contextvars(event_id=event.id)
        trace.get_current_span().set_attribute("golive.event_id", event.id)
        try:
            reply = await self._dispatcher.handle(event)
        except Overloaded:
            return self._failed(platform, event, request, "overloaded")
        except Exception as error:  # noqa: BLE001  (logged where it happened; nothing leaks)
            log.error("push not handled", why=type(error).__name__)
            return self._failed(platform, event, request, "failed")
        finally:
            structlog.contextvars.clear_contextvars()
        return self._count(platform, "handled", 200, platform.answer(answer_of(reply), request))

    def _failed(self, platform: Platform, event: Event, request: Request, outcome: str) -> Response:
        """The platform sends events again; a press it does not, so the person is told."""
        if isinstance(event, Press):
            toast = Answer(Words("zh")("trouble.toast"), good=False)
            return self._count(platform, outcome, 200, platform.answer(toast, request))
        return self._count(platform, outcome, 503)

    def _count(
        self,
        platform: Platform,
        outcome: str,
        status: int,
        body: bytes = _EMPTY,
        *,
        close: bool = False,
    ) -> Response:
        self._metrics.events.labels(platform.name, outcome).inc()
        headers = {"connection": "close"} if close else None
        return Response(body, status, headers, media_type="application/json")


def answer_of(reply: Reply) -> Answer:
    toast = reply.toast
    return Answer(toast.text if toast else "", toast.good if toast else True, reply.face)
