"""The FAQ over HTTP, its files from the command line, and vectors by the librarian."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.clock import SystemClock
from bot.core.events import ChatKind
from bot.core.ids import new_id
from bot.domain.faq import FaqEntry, Readers
from bot.domain.project import Project
from bot.embedders import Embedder, Encoder, Unfit, bundled, started
from bot.language.faq import Outcome
from bot.librarian import Librarian
from bot.libraries import Libraries
from bot.metrics import Metrics
from storage.unit_of_work import Database
from tests.acceptance.dingtalk_day import day
from tests.acceptance.server import command
from tests.acceptance.stages import OnDingTalk, OnFeishu, on_feishu
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.dingtalk import running as running_dingtalk
from tests.fakes.feishu import FeishuServer, running
from tests.fakes.serving import serving
from tests.faq_story import ANSWER, play
from tests.four_weeks import Stage


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running_dingtalk(DingTalkServer()) as server:
        yield server


async def _by_form(stage: Stage) -> None:
    assert isinstance(stage, OnFeishu)
    await stage.fills("li", "faq.answer", on="有人提问，等您回答", answer=ANSWER)
    await stage.fills(
        "li",
        "faq.keep",
        on="存成 FAQ",
        question="期初余额对不上怎么办",
        answer=ANSWER,
        readers="all",
    )


async def _by_typing(stage: Stage) -> None:
    await stage.whispers("li", f"回答 Q3 {ANSWER}")
    assert await stage.sees("存成 FAQ", "li")
    await stage.whispers("li", f"FAQ 添加 问：期初余额对不上怎么办 答：{ANSWER}")


async def test_a_question_becomes_knowledge_on_feishu(any_url: str) -> None:
    with running(FeishuServer()) as feishu:
        async with on_feishu(any_url, feishu) as stage:
            await play(stage, _by_form)


async def test_a_question_becomes_knowledge_on_dingtalk(
    sqlite_url: str, dingtalk: DingTalkServer
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await play(OnDingTalk(one), _by_typing)


TABLE = """问题,答案,其他问法,谁能看
如何导出报表,报表右上角点“导出”。,报表怎么导到excel,所有人
=cmd|' /C calc'!A0,答,,
,没有问题的答案,,
如何导出报表,另一个答案。,,所有人
"""


def test_a_table_is_shown_then_taken_and_written_out_again(tmp_path: Path, sqlite_url: str) -> None:
    settings = {"DATABASE_URL": sqlite_url}
    asyncio.run(_given_project(sqlite_url))
    (tmp_path / "faq.csv").write_text(TABLE, encoding="utf-8")
    words = ("faq", "import", "faq.csv", "--project", "华鼎ERP")
    shown = command(tmp_path, *words, "--dry-run", settings=settings)
    assert "+ faq.csv: 第 2 行 如何导出报表" in shown.stdout
    assert "第 4 行" in shown.stderr
    assert "和第 2 行是同一个问题" in shown.stderr
    export = ("faq", "export", "--project", "华鼎ERP")
    assert "导出报表" not in command(tmp_path, *export, settings=settings).stdout
    taken = command(tmp_path, *words, settings=settings)
    assert "taken" in taken.stdout
    again = command(tmp_path, *words, settings=settings)
    assert "已经有了（F1）" in again.stderr
    (tmp_path / "other.md").write_text("# 如何导出报表\n\n答案改了。\n", encoding="utf-8")
    other = command(
        tmp_path, "faq", "import", "other.md", "--project", "华鼎ERP", settings=settings
    )
    assert "和 F1 是同一个问题但答案不同" in other.stderr
    out = command(tmp_path, *export, settings=settings)
    assert "报表怎么导到excel" in out.stdout
    wrong = command(tmp_path, *words[:3], "--project", "没有", settings=settings)
    assert wrong.returncode == 2
    assert "no project is called" in wrong.stderr


async def _given_project(url: str) -> None:
    database = Database(url, SystemClock())
    await given(database)
    await database.close()


async def given(database: Database, *, entries: bool = False) -> tuple[Project, list[FaqEntry]]:
    """A project, with some entries or without."""
    async with database.begin() as uow:
        chat = await uow.chats.meet("feishu", "oc_group1", ChatKind.GROUP)
        project = Project(new_id(), "华鼎ERP", chat.id, created_at=uow.now)
        await uow.projects.add(project)
        added = [
            await uow.faq.add(
                FaqEntry(new_id(), project.id, 0, question, answer, Readers.ALL, changed_at=uow.now)
            )
            for question, answer in ENTRIES.items()
            if entries
        ]
    return project, added


ENTRIES = {
    "忘记登录密码怎么办": "在登录页点“忘记密码”。",
    "如何打印出库单": "打开出库单，点右上角“打印”。",
    "如何导出报表": "报表右上角点“导出”。",
    "发票红冲怎么操作": "在发票列表点“红冲”。",
}


@pytest.fixture
def e5() -> Embedder:
    try:
        return bundled("e5")
    except Unfit:
        pytest.skip("the encoder (extra `semantic`) is not installed here")


async def until(ready: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if ready():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came")


async def test_a_library_gets_its_vectors_once_and_a_new_wording_costs_one(
    any_url: str, e5: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one replica has encoded another one, or the same after a start, reads."""
    encoded: list[str] = []

    @dataclass
    class Counting:
        name: str = "e5"

        def embed(self, texts: Sequence[str]) -> Sequence[object]:
            encoded.extend(texts)
            return e5.embed(texts)

    monkeypatch.setattr("bot.librarian.started", lambda wanted: Counting())
    database = Database(any_url, SystemClock())
    project, entries = await given(database, entries=True)
    for replica in range(2):
        libraries = Libraries()
        librarian = Librarian(database, libraries, Encoder("e5"), Metrics())
        at_work = asyncio.create_task(librarian.run())
        async with database.read() as uow:
            library = await libraries.of(project, uow.faq)
        await until(lambda library=library: library.vectors is not None)  # type: ignore[misc]
        assert len(encoded) == 2 * len(ENTRIES), "only the first replica had to"
        vector = await libraries.vector(library, "进不去系统，密码想不起来了")
        encoded.pop()
        found = library.search("进不去系统，密码想不起来了", vector=vector)
        assert found.hits[0].entry.question == "忘记登录密码怎么办"
        if replica:
            async with database.begin() as uow:
                await uow.faq.save(replace(entries[1], variants=("打单子",)))
            async with database.read() as uow:
                await libraries.of(project, uow.faq)
            await until(lambda: len(encoded) > 2 * len(ENTRIES))
            assert encoded[2 * len(ENTRIES) :] == ["打单子"]
        at_work.cancel()
    await database.close()


async def test_an_unfit_encoder_leaves_the_search_by_letters(sqlite_url: str) -> None:
    database = Database(sqlite_url, SystemClock())
    libraries, metrics = Libraries(), Metrics()
    project, _ = await given(database, entries=True)
    nobody = Encoder("endpoint", "http://127.0.0.1:9/v1", "some-model", "sk-canary")
    at_work = asyncio.create_task(Librarian(database, libraries, nobody, metrics).run())
    async with database.read() as uow:
        library = await libraries.of(project, uow.faq)
    await until(lambda: bool(libraries.trouble))
    assert "does not answer as it should" in libraries.trouble
    assert "sk-canary" not in libraries.trouble
    assert b"golive_faq_encoder_up 0.0" in metrics.text()
    assert await libraries.vector(library, "如何打印出库单") is None
    assert library.search("如何打印出库单").outcome is Outcome.ANSWER
    at_work.cancel()
    await database.close()


async def test_an_endpoint_as_openai_speaks_it(e5: Embedder) -> None:
    """A server that answers out of order, as it may; the key goes in the header alone."""
    seen: list[Request] = []

    async def embeddings(request: Request) -> Response:
        seen.append(request)
        body = await request.json()
        rows = [
            {"index": n, "embedding": [3 * float(x) for x in vector]}
            for n, vector in enumerate(e5.embed(body["input"]))
        ]
        return JSONResponse({"data": rows[::-1], "model": body["model"]})

    app = Starlette(routes=[Route("/v1/embeddings", embeddings, methods=["POST"])])
    with serving(app) as port:
        wanted = Encoder("endpoint", f"http://127.0.0.1:{port}/v1", "some-model", "sk-canary")
        found = await asyncio.to_thread(started, wanted)
        one, other = await asyncio.to_thread(found.embed, ["忘记密码", "打印"])
    assert found.name == "endpoint:some-model"
    assert abs(sum(x * x for x in one) - 1) < 1e-3
    assert one != other
    assert seen[0].headers["authorization"] == "Bearer sk-canary"
    assert "sk-canary" not in repr(wanted)


def test_a_database_that_is_not_set_up_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text(TABLE, encoding="utf-8")
    settings = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/none.db"}
    for words in (("faq", "import", "faq.csv"), ("faq", "export")):
        done = command(tmp_path, *words, "--project", "华鼎ERP", settings=settings)
        assert done.returncode == 1
        assert "golive serve" in done.stderr
        assert "Traceback" not in done.stderr
