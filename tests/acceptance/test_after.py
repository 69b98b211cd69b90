"""What comes around go-live, over HTTP, where customers read along."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from bot.context import SETTLING
from bot.platforms.dingtalk.adapter import DingTalk
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.port import Limits
from tests.acceptance.dingtalk_day import day
from tests.acceptance.stages import GROUP, OnDingTalk, OnFeishu, on_feishu
from tests.after_story import DONE, SECRET, After, play
from tests.fakes import feishu as fake
from tests.fakes.dingtalk import GROUP as DING_GROUP
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.dingtalk import Sent as DingSent
from tests.fakes.dingtalk import running as running_dingtalk
from tests.fakes.feishu import FeishuServer, Sent, running
from tests.faq_story import CUSTOMERS
from tests.four_weeks import TEAM

EVERYBODY = TEAM | CUSTOMERS
MOMENT = 2 * SETTLING


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running_dingtalk(DingTalkServer()) as server:
        yield server


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still here, so nothing may wait for the platforms' limits by the second."""
    monkeypatch.setattr(Feishu, "limits", Limits())
    monkeypatch.setattr(DingTalk, "limits", Limits())


class WithGuests(OnFeishu):
    """Feishu with customers of another organisation, who can be written to in the group alone."""

    def __init__(self, stage: OnFeishu) -> None:
        self.wired, self.clock, self.feishu = stage.wired, stage.clock, stage.feishu
        self.said, self.http = stage.said, stage.http
        self.said |= {f"oc_p2p_{who}": f"ou_{who}" for who in EVERYBODY}
        self.answers: list[str] = []  # to presses
        self.http.event_hooks["response"].append(self._keep)

    async def _keep(self, answer: httpx.Response) -> None:
        self.answers.append((await answer.aread()).decode())

    async def push(self, event: Mapping[str, Any]) -> None:
        inner = event["event"]
        by = inner.get("operator") or inner.get("sender") or {}
        account = by.get("open_id") or by.get("sender_id", {}).get("open_id", "")
        if account.removeprefix("ou_") in CUSTOMERS:
            by["tenant_key"] = "another-tenant"
        await super().push(event)

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        await self._press(who, self._shown(on)[-1], action, typed)

    async def strays(self, who: str, action: str, on: str, typed: str) -> None:
        await self.push(fake.bot_added("oc_other", "别的群"))
        await self._press(who, self._shown(on)[-1], action, typed, "oc_other")
        assert "另一个群" in self.answered()

    async def steals(self, who: str, whose: str, action: str, on: str, typed: str) -> None:
        card = self._shown(on, whose)[-1]
        value = fake.find_action(card.content, action)
        await self.push(fake.press(f"ou_{who}", value, card=card.message, chat=f"oc_p2p_{who}"))

    async def _press(
        self, who: str, card: Sent, action: str, label: str, chat: str = GROUP
    ) -> None:
        (one,) = [node for node in _buttons(card.content) if node["text"]["content"] == label]
        value = fake.find_action(one, action)
        await self.push(fake.press(f"ou_{who}", value, card=card.message, chat=chat))

    async def shows(self, *words: str, who: str = "") -> int:
        return len(self._holding(words, who))

    def _holding(self, words: Sequence[str], who: str = "") -> list[Sent]:
        found = self._shown(words[0], who)
        return [one for one in found if all(fake.plain(w) in fake.plain(one.words) for w in words)]

    async def tells(self, words: str, *people: str) -> int:
        shown = self._shown(words)
        return min(sum(f"<at id=ou_{who}>" in one.words for one in shown) for who in people)

    async def looks(self, who: str, words: str) -> None:
        """Cards change in place, once the changes of a moment have come together."""
        self.clock.move_to(self.clock.now() + MOMENT)
        await self.settle()

    def answered(self) -> str:
        """The toast of a press, or the newest message of all."""
        toast = json.loads(self.answers[-1] or "{}").get("toast")
        return str(toast["content"]) if toast else self.feishu.messages()[-1].words

    def heard(self) -> str:
        here = {one.message for one in self.feishu.messages() if self._place(one.to) == GROUP}
        faces = [
            str(call.body.get("content"))
            for call in self.feishu.calls
            if call.body.get("receive_id") == GROUP
            or self._place(f"chat_of:{_message_in(call.path)}") == GROUP
            or _message_in(call.path) in here
        ]
        assert len(faces) > len(here)
        return fake.plain("\n".join(faces))

    def _place(self, to: str) -> str:
        return self.said.get(to, to)

    def files(self, who: str = "") -> list[tuple[str, bytes]]:
        keys = [
            one.content["file_key"]
            for one in self.feishu.messages()
            if one.msg_type == "file" and self._place(one.to) == (f"ou_{who}" if who else GROUP)
        ]
        return [self.feishu.uploads[key][1:] for key in keys]


def _message_in(path: str) -> str:
    """The message that a call is about."""
    _, _, rest = path.partition("/im/v1/messages/")
    return rest.split("/")[0]


def _buttons(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("tag") == "button":
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from _buttons(inner)


class Typing(OnDingTalk):
    """DingTalk, where the customers are of the organisation and whatever is pressed is typed."""

    async def strays(self, who: str, action: str, on: str, typed: str) -> None:
        assert self.one.seen(on)
        await self.one.says(who, typed, nick=EVERYBODY[who], chat="cidOTHER1==", title="别的群")

    async def steals(self, who: str, whose: str, action: str, on: str, typed: str) -> None:
        assert await self.sees(on, whose)
        await self.whispers(who, typed)

    async def sees(self, words: str, who: str = "") -> int:
        return await self.shows(words, who=who)

    async def shows(self, *words: str, who: str = "") -> int:
        shown = self.one.dingtalk.messages(who or DING_GROUP)
        return sum(all(_bare(w) in _bare(one.words) for w in words) for one in shown)

    async def tells(self, words: str, *people: str) -> int:
        return min([await self.sees(words, who) for who in people])

    async def looks(self, who: str, words: str) -> None:
        self.one.clock.move_to(self.one.clock.now() + MOMENT)
        await self.says(who, words)

    def answered(self) -> str:
        return _plain(self.one.dingtalk.messages()[-1])

    def heard(self) -> str:
        return "\n".join(_plain(one) for one in self.one.dingtalk.messages(DING_GROUP))

    def files(self, who: str = "") -> list[tuple[str, bytes]]:
        sent = [
            one
            for one in self.one.dingtalk.messages(who or DING_GROUP)
            if one.msg_key == "sampleFile"
        ]
        return [self.one.dingtalk.media[one.param["mediaId"]][1:] for one in sent]


def _plain(sent: DingSent) -> str:
    return _bare(sent.words)


def _bare(words: str) -> str:
    """Without what Markdown and JSON put between the words."""
    return fake.plain(words.replace("\\n", " ").replace("\\", ""))


def _read(file: bytes) -> str:
    assert file.startswith(b"%PDF")
    pages = PdfReader(io.BytesIO(file)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def _must_be_discreet(stage: After) -> None:
    """The manager's file holds what is internal, the one in the group what was sent."""
    ((name, whole),) = stage.files("pm")
    assert name == "华鼎ERP 周报 2026-11-23.pdf"
    assert SECRET in _read(whole)
    ((_, sent),) = stage.files()
    assert DONE in _read(sent)
    assert SECRET not in _read(sent)
    assert "回访反馈" not in _read(sent)


async def test_around_go_live_on_feishu(any_url: str) -> None:
    with running(FeishuServer()) as feishu:
        async with on_feishu(any_url, feishu) as base:
            stage = WithGuests(base)
            await play(stage)
            _must_be_discreet(stage)
            assert [kind for kind, _, _ in feishu.uploads.values()] == ["pdf", "pdf"]


async def test_around_go_live_on_dingtalk(sqlite_url: str, dingtalk: DingTalkServer) -> None:
    async with day(sqlite_url, dingtalk) as one:
        one.clock.move_to(one.clock.now() + timedelta(hours=2))
        stage = Typing(one)
        await play(stage)
        _must_be_discreet(stage)
