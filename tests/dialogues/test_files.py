"""A file is one more kind of message: owed by whoever speaks, printed and sent by the relay."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot import documents
from bot.context import Context
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind
from bot.domain.people import Person
from bot.metrics import Metrics
from bot.platforms.port import DeliveryError, File, Trouble
from bot.relay import Relay
from bot.router import Router
from bot.shelf import Shelf
from cards.common import notice
from cards.document import Document, Paper
from cards.words import Words
from storage.tables.outbox import Owed, State
from storage.tables.projects import Chat
from storage.unit_of_work import Database
from tests.chat import GROUP, PEOPLE
from tests.fakes.platform import FakePlatform, Shown

CHAT = Chat("c1", "fake", GROUP, ChatKind.GROUP, "group", external=False)
LI = Person("p1", "fake", PEOPLE["li"].id, "李雷", external=False)


@dataclass
class Press:
    """Stands in for the printer."""

    printed: list[tuple[Paper, str, Path | None]] = field(default_factory=list)
    failure: Exception | None = None
    content: bytes = b"%PDF-1.7"
    until: asyncio.Event | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)

    async def print(self, paper: Paper, kind: str, template: Path | None = None) -> bytes:
        self.printed.append((paper, kind, template))
        self.started.set()
        if self.until:
            await self.until.wait()
        if self.failure:
            raise self.failure
        return self.content


@dataclass
class Office:
    """A relay that knows one kind of paper."""

    database: Database
    platform: FakePlatform
    relay: Relay
    press: Press
    shelf: Shelf
    # What the paper of each subject is called.
    names: dict[str, str] = field(default_factory=lambda: {"s1": "周报"})
    language: str = "zh"
    broken: bool = False

    async def owe(self, to: Chat | Person = CHAT, subject: str = "s1", kind: str = "pdf") -> None:
        async with self.database.begin() as uow:
            Context(uow, self.shelf).send_file(to, "weekly", subject, kind)

    async def send(self, to: Chat | Person = CHAT, subject: str = "s1", kind: str = "pdf") -> None:
        await self.owe(to, subject, kind)
        while await self.relay.idle():
            pass

    async def rows(self, *states: State) -> list[Owed]:
        async with self.database.read() as uow:
            return await uow.outbox.list(states)

    @property
    def shown(self) -> list[Shown]:
        return self.platform.shown

    async def write(self, subject: str, _: Context) -> Paper | None:
        if self.broken:
            raise ZeroDivisionError
        name = self.names.get(subject)
        return Paper(name, {name: Document(name, language=self.language)}) if name else None


@pytest.fixture
def office(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Office:
    press, platform, router = Press(), FakePlatform(), Router()
    monkeypatch.setattr(documents, "printed", press.print)
    shelf = Shelf.of(None, tmp_path)

    async def receive(_: object) -> None: ...

    relay = Relay(database, {"fake": platform}, router, shelf, clock, Metrics(), receive)
    one = Office(database, platform, relay, press, shelf)
    router.paper("weekly")(one.write)
    return one


async def test_a_file_is_printed_and_sent(office: Office) -> None:
    await office.send()
    [shown] = office.shown
    assert shown.file == File("周报.pdf", "pdf", b"%PDF-1.7")
    assert (shown.to_kind, shown.to) == ("chat", GROUP)
    await office.send(LI)
    assert (office.shown[-1].to_kind, office.shown[-1].to) == ("person", LI.account)
    assert [row.state for row in await office.rows(*State)] == [State.SENT] * 2


async def test_a_child_prints_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    await office.send(kind="xlsx")
    [shown] = office.shown
    assert shown.file
    assert shown.file.content.startswith(b"PK")


async def test_it_says_what_is_so_when_its_turn_comes(office: Office) -> None:
    await office.owe()
    office.names["s1"] = "改过的周报"
    await office.relay.idle()
    assert office.shown[0].file
    assert office.shown[0].file.name == "改过的周报.pdf"


async def test_nothing_to_send_any_more_is_dropped(office: Office) -> None:
    await office.send(subject="gone")
    async with office.database.begin() as uow:
        Context(uow, office.shelf).send_file(CHAT, "of an older version", "s1", "pdf")
    await office.relay.idle()
    assert [row.state for row in await office.rows(*State)] == [State.DROPPED] * 2
    assert not office.shown


async def test_messages_keep_their_order_around_a_file(office: Office) -> None:
    async with office.database.begin() as uow:
        ctx, w = Context(uow, office.shelf), Words("zh")
        ctx.say(CHAT, notice(w, "before"))
        ctx.send_file(CHAT, "weekly", "s1", "pdf")
        ctx.say(CHAT, notice(w, "after"))
    while await office.relay.idle():
        pass
    assert [s.file.name if s.file else s.card and s.card.title for s in office.shown] == [
        "before",
        "周报.pdf",
        "after",
    ]


async def test_others_are_served_while_a_file_is_printed(office: Office) -> None:
    office.press.until = asyncio.Event()
    await office.owe()
    running = asyncio.create_task(office.relay.run())
    await office.press.started.wait()
    async with office.database.begin() as uow:
        Context(uow, office.shelf).whisper(LI, notice(Words("zh"), "meanwhile"))
    office.relay.wake()
    async with asyncio.timeout(5):
        while not office.shown:
            await asyncio.sleep(0.01)
    assert office.shown[0].to == LI.account
    office.press.until.set()
    async with asyncio.timeout(5):
        while len(office.shown) < 2:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert office.shown[1].file


async def test_stopped_while_it_prints_the_file_is_still_owed(office: Office) -> None:
    office.press.until = asyncio.Event()
    await office.owe()
    running = asyncio.create_task(office.relay.run())
    await office.press.started.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [row.state for row in await office.rows(*State)] == [State.PENDING]
    office.press.until.set()
    await office.relay.idle()
    assert [row.state for row in await office.rows(*State)] == [State.SENT]
    assert len(office.shown) == 1


def _broken(why: str, at: str) -> documents.Unprintable:
    values = {"name": "report.docx", "why": why, "at": at}
    return documents.Unprintable("refused.template_broken", values)


@pytest.mark.parametrize("why", documents.WHYS)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_fault_of_a_template_has_words(office: Office, why: str, language: str) -> None:
    office.language, office.press.failure = language, _broken(why, "{{ x }}")
    await office.send()
    assert "report.docx" in office.shown[0].text


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (_broken("syntax", "{% if %}"), "模板 report.docx 用不了：这一处写法不对 {% if %}。"),
        (_broken("failed", ""), "有一处填不进去。"),
        (documents.Unprintable("refused.file_failed", {}), "“周报”这个文件没有做出来"),
        (documents.Unprintable("refused.template_broken", {}), "“周报”这个文件没有做出来"),
        (_broken("of a newer version", ""), "“周报”这个文件没有做出来"),
        (TimeoutError(), "“周报”这个文件没有做出来"),
    ],
)
async def test_what_cannot_be_printed_is_told(
    office: Office, failure: Exception, words: str
) -> None:
    office.press.failure = failure
    await office.send(LI)
    [dead] = await office.rows(State.DEAD)
    assert dead.kind == "file"
    assert words in str(dead.error)
    [shown] = office.shown
    assert shown.file is None
    assert shown.to == LI.account
    assert str(dead.error) in shown.text
    # Once it is mended, an operator sends it again.
    office.press.failure = None
    async with office.database.begin() as uow:
        await uow.outbox.again([dead.key], uow.now)
    await office.relay.idle()
    assert office.shown[-1].file


async def test_it_is_told_in_the_language_of_the_document(office: Office) -> None:
    office.language, office.press.failure = "en", OSError("no memory")
    await office.send()
    assert "could not be made" in office.shown[0].text
    assert "no memory" not in office.shown[0].text


async def test_a_paper_that_breaks_holds_up_nobody(office: Office) -> None:
    office.broken = True
    await office.owe()
    async with office.database.begin() as uow:
        Context(uow, office.shelf).whisper(LI, notice(Words("zh"), "hello"))
    while await office.relay.idle():
        pass
    assert office.shown[0].to == LI.account
    assert "没有做出来" in office.shown[1].text
    assert [row.state for row in await office.rows(State.DEAD)] == [State.DEAD]


@pytest.mark.parametrize("trouble", [Trouble.CONTENT, Trouble.DENIED])
async def test_a_file_that_the_platform_refuses_is_told(office: Office, trouble: Trouble) -> None:
    office.platform.failures = [DeliveryError(trouble, "too large")]
    await office.send()
    [dead] = await office.rows(State.DEAD)
    assert "too large" in str(dead.error)
    [shown] = office.shown
    assert "平台没有收下" in shown.text


async def test_a_busy_platform_gets_it_later(office: Office, clock: FrozenClock) -> None:
    office.platform.failures = [DeliveryError(Trouble.BUSY, "slow down")]
    await office.send()
    assert not office.shown
    clock.move_to(clock.now() + timedelta(minutes=2))
    await office.relay.idle()
    assert [bool(shown.file) for shown in office.shown] == [True]


async def test_the_operators_template_is_for_word_documents_alone(
    office: Office, tmp_path: Path
) -> None:
    await office.send(kind="docx")
    (tmp_path / "report.docx").write_bytes(b"PK")
    await office.send(kind="docx")
    await office.send(kind="xlsx")
    await office.send(kind="zip")
    assert [template for _, _, template in office.press.printed] == [
        None,
        tmp_path / "report.docx",
        None,
        tmp_path / "report.docx",
    ]


def test_two_papers_of_one_name_are_a_mistake() -> None:
    async def write(subject: str, ctx: Context) -> None: ...

    one, other = Router(), Router()
    one.paper("weekly")(write)
    other.paper("weekly")(write)
    with pytest.raises(TypeError):
        one.include(other)
    assert Router().include(one).papers == {"weekly": write}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("华鼎ERP 周报 2026-11-30", "华鼎ERP 周报 2026-11-30.docx"),
        ("../../etc/passwd", "etc passwd.docx"),
        ('a\\b:c*d?"<>|e', "a b c d e.docx"),
        ("one\r\ntwo\x00\x1b[31m", "one two[31m.docx"),
        ("\u202excod.exe", "xcod.exe.docx"),
        ("", "file.docx"),
        (" . .. ", "file.docx"),
        ("\ud800", "file.docx"),
        ("x" * 300, "x" * 100 + ".docx"),
    ],
)
def test_names_are_safe(title: str, name: str) -> None:
    assert File.of(title, "docx", b"").name == name


def test_a_long_chinese_name_fits_into_a_file_system() -> None:
    name = File.of("报" * 300, "docx", b"").name
    assert len(name.encode()) <= 255
    assert name.startswith("报" * 80)
