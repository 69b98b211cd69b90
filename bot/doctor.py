"""`golive doctor`: what is set up wrongly, what that breaks, and the one thing to do.

Every check ends in a `Finding`; the words for it are `doctor.<code>.<state>` in `cards/words`.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.calendars import Calendars
from bot.checks import debts, heard, known_years, quota, refused, unavailable
from bot.core.clock import Clock, SystemClock
from bot.core.errors import SetupError
from bot.core.findings import Finding, State
from bot.settings import Settings
from bot.templates import Templates
from storage.unit_of_work import Database

LEAST_DISK = 200 * 1024 * 1024
MOST_SKEW = 60.0
Check = Callable[[], Awaitable[list[Finding]]]


async def examine(settings: Settings, *, offline: bool) -> list[Finding]:
    """All checks, in the order in which they are worth mending. Never raises."""
    clock = SystemClock()
    found = [Finding("settings", State.PASS), _modules(), _playground(settings)]
    found += _disk(settings)
    database = Database(settings.database_url, clock)
    try:
        found += [
            *await _database(database, Calendars(settings.calendar_dir)),
            await _leading(database),
            _templates(settings),
            _encoder(settings),
            _fonts(),
        ]
        chats = await _feishu_chats(database)
    finally:
        await database.close()
    if not settings.feishu_app_id and not settings.dingtalk_client_id:
        found.append(Finding("platforms", State.WARN))
    if offline:
        return [*found, Finding("online", State.SKIP)]
    if settings.feishu_app_id:
        found += await _feishu(settings, clock, chats)
    if settings.dingtalk_client_id:
        found += await _dingtalk(settings, clock)
    found += await _skew(settings, clock)
    return found


def _modules() -> Finding:
    """Other packages are called `storage` and `cards` too; ours must be the ones that load."""
    import cards  # noqa: PLC0415
    import storage  # noqa: PLC0415

    home = Path(__file__).resolve().parents[1]
    places = [Path(str(module.__file__)).resolve() for module in (cards, storage)]
    strange = [str(place) for place in places if home not in place.parents]
    state = State.FAIL if strange else State.PASS
    return Finding("modules", state, {"places": ", ".join(strange)})


def _playground(settings: Settings) -> Finding:
    real = settings.feishu_app_id or settings.dingtalk_client_id
    return Finding("playground", State.WARN if settings.playground and real else State.PASS)


def _encoder(settings: Settings) -> Finding:
    """Whether the FAQ is searched by meaning too."""
    if settings.faq_encoder == "none":
        return Finding("faq", State.SKIP)
    from bot.embedders import Unfit, started  # noqa: PLC0415

    try:
        started(settings.encoder)
    except Unfit as error:
        return Finding("faq", State.WARN, {"why": str(error)})
    return Finding("faq", State.PASS)


async def _leading(database: Database) -> Finding:
    """Whether any process relays and keeps the times."""
    from bot.leader import leader_for  # noqa: PLC0415

    try:
        taken = await leader_for(database.url).taken()
    except Exception:  # noqa: BLE001  (the database's own check says why)
        return Finding("serving", State.SKIP)
    return Finding("serving", State.PASS if taken else State.WARN)


def _fonts() -> Finding:
    """Without a Chinese font the PDF reports are rows of boxes."""
    found = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    return Finding("fonts", State.PASS if found else State.WARN)


def _templates(settings: Settings) -> Finding:
    """Whether the team's own plan templates and advice can be read."""
    try:
        count = len(Templates(settings.template_dir).plans)
    except SetupError as error:
        return Finding("templates", State.FAIL, {"why": str(error)})
    return Finding("templates", State.PASS, {"count": str(count)})


def _disk(settings: Settings) -> list[Finding]:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    folder = Path(url.database).resolve().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    values = {"free": f"{free // 1024 // 1024}", "folder": folder.name}
    return [Finding("disk", State.PASS if free >= LEAST_DISK else State.FAIL, values)]


def _is_missing(database: Database) -> bool:
    """An SQLite file that nobody has started with yet; looking must not make it."""
    return database.is_sqlite and not Path(database.url.database or "").exists()


async def _database(database: Database, calendars: Calendars) -> list[Finding]:
    if _is_missing(database):
        return [Finding("schema", State.WARN)]
    if not await database.answers():
        return [Finding("database", State.FAIL)]
    if not await database.is_current():
        return [Finding("database", State.PASS), Finding("schema", State.WARN)]
    found = [Finding("database", State.PASS), Finding("schema", State.PASS)]
    try:
        async with database.begin() as uow:
            # Nothing is changed, but the write lock has been had.
            found += await debts(uow)
            countries = {project.settings.country for project in await uow.projects.all()}
            found += known_years(calendars, countries or {"CN"}, uow.now)
            found += [await heard(uow), *await refused(uow), await unavailable(uow)]
            found += await quota(uow)
    except (SQLAlchemyError, OSError):
        return [Finding("database.write", State.FAIL)]
    return found


async def _feishu_chats(database: Database) -> list[tuple[str, str]]:
    if _is_missing(database) or not await database.is_current():
        return []
    async with database.read() as uow:
        chats = await uow.chats.present("feishu")
    return [(chat.account, chat.name) for chat in chats if chat.kind == "group"]


async def _feishu(settings: Settings, clock: Clock, chats: list[tuple[str, str]]) -> list[Finding]:
    from bot.platforms.feishu import doctor  # noqa: PLC0415
    from bot.platforms.feishu.client import FeishuClient  # noqa: PLC0415
    from bot.platforms.feishu.probe import probe  # noqa: PLC0415
    from bot.platforms.feishu.verify import Keys  # noqa: PLC0415

    client = FeishuClient(
        settings.feishu_base_url, settings.feishu_app_id, settings.feishu_app_secret, clock
    )
    by_line = settings.feishu_mode == "websocket"
    try:
        console = f"{settings.feishu_base_url}/app/{settings.feishu_app_id}"
        found = await doctor.examine(client, chats, line=by_line, console=console)
    finally:
        await client.close()
    if by_line:
        return found
    if not settings.public_url:
        return [*found, Finding("feishu.address", State.SKIP)]
    keys = Keys(
        settings.feishu_verification_token.get_secret_value(),
        settings.feishu_encrypt_key.get_secret_value(),
    )
    if not keys.encrypt_key:
        found.append(Finding("feishu.encrypt", State.WARN))
    return [*found, await probe(settings.public_url, keys)]


async def _dingtalk(settings: Settings, clock: Clock) -> list[Finding]:
    from bot.platforms.dingtalk import doctor  # noqa: PLC0415
    from bot.platforms.dingtalk.client import DingTalkClient  # noqa: PLC0415
    from bot.platforms.dingtalk.probe import probe  # noqa: PLC0415

    client = DingTalkClient(
        settings.dingtalk_api_base_url,
        settings.dingtalk_oapi_base_url,
        settings.dingtalk_client_id,
        settings.dingtalk_client_secret,
        settings.dingtalk_robot_code or settings.dingtalk_client_id,
        clock,
    )
    try:
        found = await doctor.examine(client)
    finally:
        await client.close()
    if settings.dingtalk_mode == "stream":
        return found
    if not settings.public_url:
        return [*found, Finding("dingtalk.address", State.SKIP)]
    secret = settings.dingtalk_client_secret.get_secret_value()
    return [*found, await probe(settings.public_url, secret, clock.now())]


async def _skew(settings: Settings, clock: Clock) -> list[Finding]:
    """This machine's clock against the platform's `Date` header."""
    url = settings.feishu_base_url if settings.feishu_app_id else settings.dingtalk_api_base_url
    try:
        async with httpx.AsyncClient(timeout=5, follow_redirects=False) as http:
            answer = await http.head(url)
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, LookupError, ValueError):
        return [Finding("clock", State.SKIP)]
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    off = abs((clock.now() - theirs).total_seconds())
    state = State.PASS if off <= MOST_SKEW else State.FAIL
    return [Finding("clock", state, {"seconds": f"{off:.0f}"})]
