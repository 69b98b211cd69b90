"""The only place that builds things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.catching_up import CatchingUp
from bot.core.clock import Clock, MovableClock, SystemClock
from bot.core.errors import SetupError
from bot.dispatcher import Dispatcher
from bot.engine import Engine
from bot.heartbeat import Heartbeat
from bot.leader import leader_for
from bot.librarian import Librarian
from bot.lines import Line
from bot.metrics import Metrics
from bot.platforms.port import LongLine, Platform
from bot.refusals import Refusals
from bot.relay import Relay
from bot.routing import Routing
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.shelf import Shelf
from bot.webhooks import Webhooks
from handlers import ROUTER
from schedules import JOBS
from storage.unit_of_work import Database

if TYPE_CHECKING:
    from bot.forms.pages import Forms
    from bot.links import Links
    from bot.platforms.playground.pages import Pages


@dataclass
class Wired:
    """Everything that runs, put together."""

    settings: Settings
    clock: Clock
    database: Database
    engine: Engine
    webhooks: Webhooks
    shelf: Shelf
    pages: Pages | None = None
    forms: Forms | None = None

    async def gauge(self) -> None:
        """Measure what is owed and what was given up, for `/metrics`."""
        metrics = self.engine.metrics
        async with self.database.read() as uow:
            depth = await uow.outbox.depth()
            parked = await uow.inbox.count_parked()
        metrics.parked.set(parked)
        metrics.depth.clear()
        metrics.age.clear()
        for name in self.engine.platforms:
            owed = [(count, oldest) for (p, state), (count, oldest) in depth.items()
                    if p == name and state in ("pending", "sending")]  # fmt: skip
            oldest = min((at for _, at in owed if at), default=None)
            age = (self.clock.now() - oldest).total_seconds() if oldest else 0.0
            metrics.age.labels(name).set(max(age, 0.0))
        for (platform, state), (count, _) in depth.items():
            metrics.depth.labels(platform, state).set(count)


def wire(settings: Settings, *, clock: Clock | None = None, sandbox: bool = False) -> Wired:
    """Build the whole from settings. Raises `SetupError` when there is no platform to serve.

    In a `sandbox` nothing but the playground is served: its visitors may turn the bot's clock and
    throw the database away.
    """
    clock = clock or (MovableClock(SystemClock()) if sandbox else SystemClock())
    database = Database(settings.database_url, clock)
    shelf = Shelf.of(settings.calendar_dir, settings.template_dir)
    metrics = Metrics()
    dispatcher = Dispatcher(database, Routing(ROUTER, shelf, settings.timezone), metrics)
    links = _links(settings, clock)
    platforms: dict[str, Platform] = {}
    if settings.feishu_app_id:
        platforms["feishu"] = _feishu(settings, clock)
    if settings.dingtalk_client_id:
        platforms["dingtalk"] = _dingtalk(settings, clock, links)
    pages = None
    if settings.playground:
        from bot.platforms.playground.adapter import Playground  # noqa: PLC0415

        playground = Playground(database, clock)
        platforms[playground.name] = playground
    if not platforms:
        msg = (
            "No platform is configured: set FEISHU_APP_ID or DINGTALK_CLIENT_ID, "
            "or try `golive demo`."
        )
        raise SetupError(msg)
    relay = Relay(database, platforms, ROUTER, shelf, clock, metrics, dispatcher.handle)
    records = timedelta(days=settings.retention_days)
    scheduler = Scheduler(database, JOBS, shelf, clock, metrics, records)
    shelf.libraries.count = lambda outcome: metrics.faq.labels(outcome).inc()
    catching_up = {
        name: CatchingUp(platform, dispatcher, database, clock)
        for name, platform in platforms.items()
        if isinstance(platform, LongLine)
    }
    refusals = Refusals(database, metrics)
    engine = Engine(
        database,
        platforms,
        dispatcher,
        relay,
        scheduler,
        leader_for(database.url),
        metrics,
        refusals,
        [
            Line(platform, dispatcher, clock, metrics, catching_up[name])
            for name, platform in platforms.items()
            if _over_line(settings, name) and isinstance(platform, LongLine)
        ],
        Librarian(database, shelf.libraries, settings.encoder, metrics),
        [one for name, one in catching_up.items() if not _over_line(settings, name)],
        Heartbeat(settings.heartbeat_url) if settings.heartbeat_url else None,
    )
    if settings.playground:
        from bot.platforms.playground import pages as playground_pages  # noqa: PLC0415

        pages = playground_pages.Pages(
            playground, dispatcher, scheduler, relay, database, shelf, clock, sandbox=sandbox
        )
    webhooks = Webhooks(platforms.values(), dispatcher, metrics, refusals)
    forms = None
    if links:
        from bot.forms import pages as form_pages  # noqa: PLC0415

        forms = form_pages.Forms(links, database, ROUTER, shelf, dispatcher, clock)
    return Wired(settings, clock, database, engine, webhooks, shelf, pages, forms)


def _over_line(settings: Settings, name: str) -> bool:
    modes = {"feishu": settings.feishu_mode, "dingtalk": settings.dingtalk_mode}
    return modes.get(name, "webhook") != "webhook"


def _feishu(settings: Settings, clock: Clock) -> Platform:
    from bot.platforms.feishu.adapter import Feishu  # noqa: PLC0415
    from bot.platforms.feishu.client import FeishuClient  # noqa: PLC0415
    from bot.platforms.feishu.verify import Keys  # noqa: PLC0415

    client = FeishuClient(
        settings.feishu_base_url,
        settings.feishu_app_id,
        settings.feishu_app_secret,
        clock,
    )
    keys = Keys(
        settings.feishu_verification_token.get_secret_value(),
        settings.feishu_encrypt_key.get_secret_value(),
    )
    line = {
        "app_id": settings.feishu_app_id,
        "app_secret": settings.feishu_app_secret.get_secret_value(),
        "base_url": settings.feishu_base_url,
    }
    by_line = settings.feishu_mode == "websocket"
    return Feishu(client, keys, settings.feishu_app_id, clock, line if by_line else None)


def _links(settings: Settings, clock: Clock) -> Links | None:
    """Form links, where there is an address for them and a platform that needs them."""
    if not settings.public_url or not settings.dingtalk_client_id:
        return None
    from bot.links import Links  # noqa: PLC0415

    secret = settings.dingtalk_client_secret.get_secret_value()
    return Links(settings.public_url, secret, clock)


def _dingtalk(settings: Settings, clock: Clock, links: Links | None) -> Platform:
    from bot.platforms.dingtalk.adapter import DingTalk  # noqa: PLC0415
    from bot.platforms.dingtalk.client import DingTalkClient  # noqa: PLC0415
    from bot.platforms.dingtalk.sessions import Sessions  # noqa: PLC0415
    from bot.platforms.dingtalk.verify import EventKeys  # noqa: PLC0415

    # The robot of an organisation's own application goes by the application's Client ID.
    robot_code = settings.dingtalk_robot_code or settings.dingtalk_client_id
    client = DingTalkClient(
        settings.dingtalk_api_base_url,
        settings.dingtalk_oapi_base_url,
        settings.dingtalk_client_id,
        settings.dingtalk_client_secret,
        robot_code,
        clock,
    )
    line = {
        "client_id": settings.dingtalk_client_id,
        "client_secret": settings.dingtalk_client_secret.get_secret_value(),
        "base_url": settings.dingtalk_api_base_url,
    }
    token = settings.dingtalk_event_token.get_secret_value()
    aes_key = settings.dingtalk_event_aes_key.get_secret_value()
    return DingTalk(
        client,
        Sessions(settings.dingtalk_oapi_base_url),
        clock,
        secret=settings.dingtalk_client_secret.get_secret_value(),
        robot_code=robot_code,
        event_keys=EventKeys(token, aes_key, settings.dingtalk_client_id) if token else None,
        card_secret=settings.dingtalk_card_secret.get_secret_value(),
        line=line if settings.dingtalk_mode == "stream" else None,
        links=links,
        template=settings.dingtalk_card_template,
        public_url=settings.public_url,
    )
