"""The largest registers and plans stay within what the platforms take, and are not cut."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import jsonschema
import msgspec
import pytest

from bot.domain.health import outlook
from bot.domain.milestone import Milestone
from bot.domain.risk import Movement
from cards import milestone, plan, register
from cards.elements import Card
from cards.render import dingtalk, feishu
from cards.words import Words
from tests.chat import START
from tests.wire.cards_drawn import CALENDAR, TODAY, many_risks, project_called, team
from tests.wire.test_cards_feishu import SCHEMA

SAID = "旧系统往来单位编码重复，期初余额对不上，财务要求逐条核对后再签字确认"
FIRST = date(2026, 9, 1)
STEPS = [
    Milestone(
        f"m{n}",
        "p1",
        n,
        f"第{n}步 历史数据迁移与核对",
        FIRST + timedelta(days=n),
        baseline=FIRST + timedelta(days=n - 1),
        after=(n - 1,) if n > 1 else (),
        golive=n == 300,
    )
    for n in range(1, 301)
]
SEEN = milestone.PlanView(STEPS, team("李雷"), TODAY, CALENDAR)
LAST = STEPS[-1].due


def _plan(w: Words, page: int) -> Card:
    ahead = outlook(STEPS, LAST, TODAY, CALENDAR)
    return plan.plan_card(w, project_called("华鼎ERP", w), SEEN, ahead, page)


CARDS: dict[str, Callable[[Words], Card]] = {
    "register": lambda w: register.register(
        w, project_called("华鼎ERP", w), many_risks(SAID, 500), Movement(30, 20), START
    ),
    **{
        f"register, page {page}": lambda w, page=page: register.register_page(  # type: ignore[misc]
            w, project_called("华鼎ERP", w), many_risks(SAID, 500), page
        )
        for page in (1, 13, 25)
    },
    **{f"plan, page {page}": lambda w, page=page: _plan(w, page) for page in (1, 5, 10)},  # type: ignore[misc]
    "milestones": lambda w: milestone.listed(w, project_called("华鼎ERP", w), STEPS, SEEN),
    "today": lambda w: milestone.today_card(w, project_called("华鼎ERP", w), STEPS, SEEN),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", CARDS)
def test_nothing_is_cut(name: str, language: str) -> None:
    card = CARDS[name](Words(language))
    drawn = feishu.render(card)
    jsonschema.validate(drawn, SCHEMA)
    assert len(drawn["body"]["elements"]) >= len(card.elements)
    assert feishu.count_nodes(drawn) <= feishu.MOST_NODES
    assert len(msgspec.json.encode(drawn)) <= feishu.LARGEST
    message = dingtalk.render(card)
    assert len(msgspec.json.encode(message["msgParam"])) <= dingtalk.LARGEST
    assert not message["msgParam"]["text"].endswith("…")
