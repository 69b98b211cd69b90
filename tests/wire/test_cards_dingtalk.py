"""What DingTalk gets: within its size, with what people wrote as words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.actions import SayCommand
from cards.elements import Buttons, Card, FollowUp, bullets, button, text
from cards.render import dingtalk
from cards.words import LANGUAGES, Words
from tests.wire.cards_after import DRAWN

LARGEST = 15_000
LINK = "https://golive.example/form/" + "x" * 300


def size(message: dict[str, Any]) -> int:
    return len(json.dumps(message["msgParam"], ensure_ascii=False).encode())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DRAWN)
def test_every_card_fits_with_whatever_people_write(name: str, language: str) -> None:
    for said in ("李雷", "字" * 300, "<@*_&>" * 60):
        drawn = dingtalk.render(DRAWN[name](Words(language), said), LINK)
        assert size(drawn) <= LARGEST
        assert len(drawn["msgParam"]["text"]) > 5


@pytest.mark.parametrize("words", ["字" * 6_000, "<&>*" * 5_000, "\\" * 9_000, "行\n" * 6_000])
def test_a_long_paragraph_is_cut_and_not_dropped(words: str) -> None:
    typed = Buttons((button("好", SayCommand("好"), typed="好" * 90),))
    card = Card("标题", (text("开头"), bullets([words]), typed))
    drawn = dingtalk.render(card)
    assert size(drawn) <= LARGEST
    assert len(drawn["msgParam"]["text"]) > 1_500
    assert "…" in drawn["msgParam"]["text"]
    assert "开头" in drawn["msgParam"]["text"]


def test_nobody_can_write_a_mention_or_a_link() -> None:
    nasty = "@所有人 [点我](https://evil.example) <at> **粗** dtmd://x"
    body = dingtalk.render(Card("标题", (text(nasty),)))["msgParam"]["text"]
    assert "@所有人" not in body
    assert "[点我](" not in body
    assert "**粗**" not in body


def test_news_is_short_and_a_session_gets_the_same_words() -> None:
    news = dingtalk.follow_up(Card("每日站会", (text("很长的卡片"),)), FollowUp("已填 3/5。"))
    assert "很长的卡片" not in news["msgParam"]["text"]
    sent = dingtalk.in_session(news, "manager1")
    assert sent["markdown"]["text"].startswith("@manager1")
    assert sent["at"]["atUserIds"] == ["manager1"]
