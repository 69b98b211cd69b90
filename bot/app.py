"""The web application: webhooks, health, metrics and, where it is switched on, the playground."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot import __version__
from bot.wiring import Wired


def create_app(wired: Wired) -> FastAPI:
    """One application over one engine; its lifespan starts and stops the engine."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await wired.engine.start()
        if wired.pages is not None:
            await wired.pages.start()
        yield
        await wired.engine.stop()

    app = FastAPI(
        title="Golive", version=__version__, docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip

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
