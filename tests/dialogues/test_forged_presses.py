"""Buttons and fields that no card of ours has: refused with a sentence, never a failure."""

from __future__ import annotations

import pytest

from bot.core.actions import Action
from bot.core.events import FormValue, Press
from cards.faq_library import SaveFaqSettings
from cards.golive import AskGate
from cards.milestone import AskMilestone
from cards.report import SavePart
from storage.base import metadata
from tests.chat import GROUP, PEOPLE, Chat


async def one(chat: Chat, table: str) -> str:
    """The id of the first row."""
    async with chat.database.engine.connect() as connection:
        return str(await connection.scalar(metadata.tables[table].select()))


async def press(chat: Chat, action: Action, **fields: FormValue) -> str:
    event = Press("fake", chat._keys(), chat.clock.now(), GROUP, "m1", PEOPLE["pm"], action, fields)
    reply = await chat.dispatcher.handle(event)
    return reply.toast.text if reply.toast else ""


@pytest.fixture
async def prepared(chat: Chat) -> Chat:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.whispers("pm", "周报")
    return chat


async def test_a_form_that_no_card_asks_for_is_out_of_date(prepared: Chat) -> None:
    project, milestone = await one(prepared, "projects"), await one(prepared, "milestones")
    for form in ("F²", "done", "9"):
        assert "过期" in await press(prepared, AskGate(project, form))
        assert "过期" in await press(prepared, AskMilestone(milestone, form))


async def test_a_number_of_5000_digits_is_too_much(prepared: Chat) -> None:
    save = SaveFaqSettings(await one(prepared, "projects"))
    assert "9999" in await press(prepared, save, stale_months="9" * 4_999)


async def test_a_field_with_a_number_that_no_form_has_is_left_out(prepared: Chat) -> None:
    save = SavePart(await one(prepared, "reports"), "internal", "risks", 1)
    typed = {"text0": "都在控制中", "text²": "x", "text" + "9" * 4_999: "x"}
    assert "保存" in await press(prepared, save, **typed)
