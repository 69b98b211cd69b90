"""The web application: webhooks, health, metrics and, where it is switched on, the playground."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import __version__
from bot.telemetry import telemetry
from bot.wiring import Wired

# What an answer carries whose route says nothing else: it is data, not a page, and nobody keeps it.
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_RAW = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
# Scripts and styles are the same for everybody; their ETag says whether they are still true.
_RAW_FILES = [*_RAW[:-1], (b"cache-control", b"no-cache")]


class SafeHeaders:
    """Puts the headers on every answer that lacks them, files and errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = _RAW_FILES if "/static/" in scope["path"] else _RAW

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                missing = [one for one in wanted if one[0] not in given]
                message = {**message, "headers": [*message["headers"], *missing]}
            await send(message)

        await self._app(scope, receive, say)


def create_app(wired: Wired) -> FastAPI:
    """One application over one engine; its lifespan starts and stops the engine.

    Raises `SetupError` where what the environment says of telemetry cannot be done.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await wired.engine.start()
        if wired.pages is not None:
            await wired.pages.start()
        yield
        await wired.engine.stop()

    app = FastAPI(
        title="Golive", version=__version__, docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan, telemetry=telemetry(),
    )  # fmt: skip

    async def broken(_: Request, __: Exception) -> Response:
        return Response(b"{}", 500, _HEADERS, media_type="application/json")

    # Starlette answers an error outside of all middleware.
    app.add_exception_handler(Exception, broken)
    app.add_middleware(SafeHeaders)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    async def readyz(_: Request) -> Response:
        reasons = await wired.engine.not_ready()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(_: Request) -> Response:
        await wired.gauge()
        return Response(
            wired.engine.metrics.text(),
            media_type="text/plain; version=0.0.4; charset=utf-8",
        )

    # Starlette looks through its routes in order, so the busy ones come first.
    app.router.routes.extend(wired.webhooks.routes)
    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)
    if wired.forms is not None:
        app.router.routes.extend(wired.forms.routes)
    if wired.pages is not None:
        app.router.routes.extend(wired.pages.routes)
    return app
