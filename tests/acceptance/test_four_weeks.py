"""The four weeks over HTTP: signed pushes in, calls to the platforms' open APIs out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.platforms.dingtalk.adapter import DingTalk
from bot.platforms.feishu.adapter import Feishu
from bot.platforms.port import Limits
from tests.acceptance.dingtalk_day import day
from tests.acceptance.stages import OnDingTalk, on_feishu
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.dingtalk import running as running_dingtalk
from tests.fakes.feishu import FeishuServer, running
from tests.four_weeks import play


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with running_dingtalk(DingTalkServer()) as server:
        yield server


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four weeks pass in seconds here, so the platforms' limits by the second are not waited for;
    that they are kept is shown in test_platform_trouble.py."""
    monkeypatch.setattr(Feishu, "limits", Limits())
    monkeypatch.setattr(DingTalk, "limits", Limits())


async def test_four_weeks_on_feishu(any_url: str) -> None:
    with running(FeishuServer()) as feishu:
        async with on_feishu(any_url, feishu) as stage:
            await play(stage)
            assert feishu.images, "the plan's picture was handed over"


async def test_four_weeks_on_dingtalk(sqlite_url: str, dingtalk: DingTalkServer) -> None:
    async with day(sqlite_url, dingtalk) as one:
        one.clock.move_to(one.clock.now() + timedelta(hours=2))
        await play(OnDingTalk(one))
        assert one.dingtalk.api_calls <= 400
