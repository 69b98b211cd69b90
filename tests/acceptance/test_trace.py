"""One event is followed by its id from the push to what people see."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Make
from tests.acceptance.crowd import all_answered, place, questions
from tests.acceptance.server import until
from tests.fakes.feishu import FeishuServer


def test_an_event_is_followed_from_its_push_to_its_answer(
    golive: Make, feishu: FeishuServer, any_url: str
) -> None:
    bot = golive(any_url)
    asked = questions(12)
    bot.tell_all(asked)
    until(lambda: all_answered(feishu, asked), "all are answered")
    until(lambda: not bot.owed(), "nothing is owed")
    lines = [json.loads(line) for line in bot.stderr().splitlines() if line.startswith("{")]
    handled = {line["event_id"]: line for line in lines if line["event"] == "event handled"}
    sent = {line["key"] for line in lines if line["event"] == "sent"}
    for event in asked:
        (message,) = feishu.messages(place(event))
        assert message.uuid in handled[event["header"]["event_id"]]["owed"]
        assert message.uuid in sent
