"""Questions and entries in the database, on both engines."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.core.clock import SystemClock
from bot.core.errors import Conflict
from bot.core.events import ChatKind, Someone
from bot.core.ids import new_id
from bot.domain.faq import EntryState, FaqEntry, Question, QuestionState, Readers
from bot.domain.project import Project
from bot.libraries import Libraries
from storage.unit_of_work import Database


async def given_project(database: Database) -> tuple[Project, str]:
    async with database.begin() as uow:
        chat = await uow.chats.meet("feishu", "oc_group1", ChatKind.GROUP)
        person = await uow.people.meet("feishu", Someone("ou_li", "李雷"))
        project = Project(new_id(), "华鼎ERP", chat.id, created_at=uow.now)
        await uow.projects.add(project)
    return project, person.id


async def test_of_two_answers_at_once_one_counts(any_url: str) -> None:
    database = Database(any_url, SystemClock())
    project, person = await given_project(database)
    async with database.begin() as uow:
        question = await uow.faq.ask(
            Question(new_id(), project.id, 0, person, project.chat_id, "m", "问", "问", uow.now,
                     QuestionState.OPEN)
        )  # fmt: skip
    assert question.label == "Q1"

    async def answer(words: str) -> bool:
        try:
            async with database.begin() as uow:
                await uow.faq.keep(replace(question, state=QuestionState.CLOSED, answer=words))
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(answer("甲"), answer("乙"))) == [False, True]
    await database.close()


async def test_a_shared_entry_comes_back_when_the_projects_own_goes(any_url: str) -> None:
    database = Database(any_url, SystemClock())
    project, _ = await given_project(database)
    libraries = Libraries()

    async def shown() -> list[str]:
        async with database.read() as uow:
            library = await libraries.of(project, uow.faq)
        return sorted(entry.answer for entry in library.entries.values())

    async with database.begin() as uow:
        shared = FaqEntry(new_id(), None, 0, "如何打印", "共享的", Readers.ALL, changed_at=uow.now)
        await uow.faq.add(shared)
    assert await shown() == ["共享的"]
    async with database.begin() as uow:
        own = await uow.faq.add(
            replace(shared, id=new_id(), project_id=project.id, answer="自己的")
        )
        assert own.label == "F1"
    assert await shown() == ["自己的"]
    async with database.begin() as uow:
        own = await uow.faq.save(replace(own, question="如何打印出库单"))
    assert await shown() == ["共享的", "自己的"]
    async with database.begin() as uow:
        own = await uow.faq.save(replace(own, question="如何打印"))
        own = await uow.faq.save(replace(own, state=EntryState.REMOVED))
    assert await shown() == ["共享的"]
    with pytest.raises(Conflict):
        async with database.begin() as uow:
            await uow.faq.save(replace(own, revision=own.revision - 1))
    await database.close()
