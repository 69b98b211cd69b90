"""Many people who each ask something, and what must hold of the answers that they see."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.fakes.feishu import Call, FeishuServer, message

Event = dict[str, Any]
_numbers = itertools.count(1)


def questions(count: int, chats: int = 40) -> list[Event]:
    """Private messages that are each owed one card, from so many people by turns."""
    return [
        message(
            f"ou_crowd{number % chats}",
            "帮助",
            chat=f"oc_crowd{number % chats}",
            private=True,
            message_id=f"om_crowd{number}",
        )
        for number in itertools.islice(_numbers, count)
    ]


def asked_in(event: Mapping[str, Any]) -> str:
    chat: str = event["event"]["message"]["chat_id"]
    return chat


def place(event: Mapping[str, Any]) -> str:
    """Where the fake Feishu shows the answer to a message."""
    return f"chat_of:{event['event']['message']['message_id']}"


def seen(feishu: FeishuServer) -> Counter[str]:
    """How many messages people see, by place."""
    return Counter(sent.to for sent in feishu.messages())


def all_answered(feishu: FeishuServer, events: Iterable[Event]) -> bool:
    answered = seen(feishu)
    return all(answered[place(event)] for event in events)


def assert_each_answered_once(feishu: FeishuServer, events: Iterable[Event]) -> None:
    """Nothing lost, nothing seen twice, and nothing under two keys."""
    answered = seen(feishu)
    wrong = {place(event): answered[place(event)] for event in events}
    assert {where: times for where, times in wrong.items() if times != 1} == {}
    same = Counter((sent.to, sent.words) for sent in feishu.messages())
    assert [what for what, times in same.items() if times > 1] == []


def assert_in_order(feishu: FeishuServer, events: Sequence[Event]) -> None:
    """In each chat the answers came in the order of the questions."""
    order = {sent.to: number for number, sent in enumerate(feishu.messages())}
    of_chat = defaultdict(list)
    for event in events:
        of_chat[asked_in(event)].append(order[place(event)])
    for chat, numbers in of_chat.items():
        assert numbers == sorted(numbers), chat


def assert_within_limits(calls: Iterable[Call], events: Iterable[Event]) -> None:
    """Never more than 50 calls in one second, nor more than 5 to one chat."""
    chat_of = {event["event"]["message"]["message_id"]: asked_in(event) for event in events}
    times: defaultdict[str, list[float]] = defaultdict(list)
    for call in calls:
        parts = call.path.split("/")
        if "messages" in parts and call.method != "GET":
            known = [chat_of[part] for part in parts if part in chat_of]
            times["the app"].append(call.at)
            times[known[0] if known else str(call.body.get("receive_id"))].append(call.at)
    for where, moments in times.items():
        most = 50 if where == "the app" else 5
        moments.sort()
        spans = [late - early for early, late in zip(moments, moments[most:], strict=False)]
        assert min(spans, default=1.0) >= 1.0, f"{where}: {most + 1} within {min(spans)} s"
