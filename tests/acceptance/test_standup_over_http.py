"""A stand-up played through over HTTP: signed pushes in, calls to Feishu's open API out."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from tests.acceptance.conftest import Make
from tests.acceptance.server import ROOT, Golive, until
from tests.fakes.feishu import (
    FeishuServer,
    Sent,
    bot_added,
    find_action,
    message,
    press,
)

GROUP = "oc_group1"
NAMES = {"李雷": "ou_li", "韩梅梅": "ou_han", "赵强": "ou_zhao", "孙丽": "ou_sun"}
SCHEMA = json.loads(
    (ROOT / "tests/wire/vectors/feishu_card_v2.schema.json").read_text(encoding="utf-8")
)


def assert_all_cards_are_valid(feishu: FeishuServer) -> None:
    check = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    drawn = [
        json.loads(call.body["content"])
        for call in feishu.calls
        if call.method == "PATCH" or call.body.get("msg_type") == "interactive"
    ]
    assert drawn
    for card in drawn:
        check.validate(card)


def shown(feishu: FeishuServer, words: str, to: str = "") -> Sent:
    """The newest message that carries these words."""

    def look() -> Sent | None:
        found = [sent for sent in feishu.messages(to) if words in sent.words]
        return found[-1] if found else None

    found = until(look, f"a message with {words}")
    assert found is not None
    return found


def given_project(golive: Golive, feishu: FeishuServer) -> None:
    """The bot joins a group, which becomes a project with four engineers."""
    feishu.members[GROUP] = [
        {"member_id": id_, "name": name} for name, id_ in [("陈静", "ou_pm"), *NAMES.items()]
    ]
    golive.tell(bot_added(GROUP))
    welcome = shown(feishu, "project.create", GROUP)
    assert find_action(welcome.content, "project.create")
    golive.tell(message("ou_pm", "新项目 华鼎ERP 上线 2027-03-15"))
    people = " ".join(f"@{name}" for name in NAMES)
    golive.tell(message("ou_pm", f"角色 {people} 工程师", mentions=NAMES))


def toast_and_card(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    assert set(body) == {"toast", "card"}
    assert body["card"]["type"] == "raw"
    assert body["card"]["data"]["schema"] == "2.0"
    content: str = body["toast"]["content"]
    return content, body["card"]["data"]


def test_a_standup_is_answered_in_every_way_and_shown_on_one_living_card(
    golive: Make, feishu: FeishuServer, any_url: str
) -> None:
    bot = golive(any_url)
    given_project(bot, feishu)
    bot.tell(message("ou_pm", "站会"))
    prompt = shown(feishu, "已填 0/4", GROUP)

    submit = find_action(prompt.content, "standup.submit")
    half = bot.push(press("ou_li", submit, card=prompt.message, form={"done": "接口联调"})).json()
    assert half["toast"]["type"] == "warning"
    assert "今天计划" in half["toast"]["content"]
    assert "card" not in half

    form = {"done": "接口联调", "plan": "写培训手册", "blockers": "测试环境没开"}
    answer = bot.push(press("ou_li", submit, card=prompt.message, form=form))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    toast, card = toast_and_card(answer.json())
    assert toast == "已提交"
    assert "已填 1/4" in json.dumps(card, ensure_ascii=False)
    jsonschema.validate(card, SCHEMA)

    by_reply = message(
        "ou_han", "昨天：期初数据导入\n今天：对账\n阻碍：无", at_bot=False, parent=prompt.message
    )
    by_mention = message("ou_zhao", "日报 昨天：装好了服务器\n今天：开通账号")
    bot.tell(by_reply, by_mention)
    bot.tell(message("ou_pm", "谁没填"))
    missing = shown(feishu, "还没填", "").words
    assert "孙丽" in missing

    private = message("ou_sun", "昨天：培训\n今天：答疑", chat="oc_p2p_sun", private=True)
    bot.tell(private)
    shown(feishu, "已记录", f"chat_of:{private['event']['message']['message_id']}")
    again = bot.push(press("ou_li", submit, card=prompt.message, form=form | {"done": "改好了"}))
    assert toast_and_card(again.json())[0] == "已更新"

    until(lambda: "已填 4/4" in prompt.words, "the card shows all answers")
    until(lambda: not bot.owed(), "nothing is owed")
    cards = [sent for sent in feishu.messages(GROUP) if "每日站会" in sent.words]
    assert cards == [prompt]
    assert prompt.faces > 1
    assert_all_cards_are_valid(feishu)
    reactions = [c.path.split("/")[-2] for c in feishu.calls if c.path.endswith("/reactions")]
    assert reactions == [e["event"]["message"]["message_id"] for e in (by_reply, by_mention)]
