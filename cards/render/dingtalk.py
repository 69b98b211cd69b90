"""A card as a DingTalk message: Markdown, or an ActionCard where it has buttons.

New DingTalk applications have no interactive card without an imported template, so a button is a
`dtmd://` link that types the command as the person who presses it, and the command is printed
beside it for clients that do not follow such links (protocols/dingtalk.md §0.2, §4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, assert_never
from urllib.parse import quote

from cards.elements import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Card,
    Element,
    Facts,
    Fold,
    Form,
    Inline,
    Link,
    Mention,
    Meter,
    Muted,
    Note,
    Plain,
    Rule,
    Text,
)

_URL = re.compile(r"https?://[^\s()<>\[\]]+")
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|>~<&]")
_TYPE = {"zh": "也可以直接发：", "en": "Or type: "}


def render(card: Card) -> dict[str, Any]:
    """`{"msgKey", "msgParam"}` of the robot's send calls, with `msgParam` still an object."""
    lines = [f"### {escape(card.title)}"]
    if card.subtitle or card.tag:
        lines.append(" · ".join(escape(part) for part in (card.tag, card.subtitle) if part))
    buttons = list(_buttons(card))
    lines += [line for element in card.elements for line in _lines(element)]
    if buttons:
        lines.append(_TYPE[card.language] + " / ".join(escape(b.typed) for b in buttons))
    body = "\n\n".join(lines)
    if not buttons:
        return {
            "msgKey": "sampleMarkdown",
            "msgParam": {"title": card.title, "text": body},
        }
    return _action_card(card.title, body, buttons[:5])


def _action_card(title: str, body: str, buttons: list[Button]) -> dict[str, Any]:
    """One button has a key of its own, two to five are numbered (protocols/dingtalk.md §3)."""
    param = {"title": title, "text": body}
    if len(buttons) == 1:
        only = buttons[0]
        param |= {"singleTitle": only.label, "singleURL": typed_link(only.typed)}
        return {"msgKey": "sampleActionCard", "msgParam": param}
    for number, button in enumerate(buttons, start=1):
        param[f"actionTitle{number}"] = button.label
        param[f"actionURL{number}"] = typed_link(button.typed)
    return {"msgKey": f"sampleActionCard{len(buttons)}", "msgParam": param}


def typed_link(command: str) -> str:
    """A link that sends `command` as a message of whoever presses it."""
    return f"dtmd://dingtalkclient/sendMessage?content={quote(command)}"


def escape(words: str) -> str:
    """Somebody's words without Markdown or mention meaning."""
    return (
        _SPECIAL.sub(lambda found: "\\" + found[0], words)
        .replace("@", "@\u200b")
        .replace("\n", "  \n")
    )


def _buttons(card: Card) -> Iterator[Button]:
    for element in card.elements:
        if isinstance(element, Buttons):
            yield from (button for button in element.buttons if button.typed)


def _inline(part: Inline) -> str:
    match part:
        case Plain(words) | Muted(words):
            return escape(words)
        case Bold(words):
            return f"**{escape(words)}**"
        case Mention(name=name):
            return f"@{escape(name)}"
        case Link(words, url):
            return f"[{escape(words)}]({url})" if _URL.fullmatch(url) else escape(words)
        case _:
            assert_never(part)


def _parts(parts: tuple[Inline, ...]) -> str:
    return "".join(_inline(part) for part in parts)


def _lines(element: Element) -> Iterator[str]:
    match element:
        case Text(parts):
            yield _parts(parts)
        case Note(parts):
            yield f"> {_parts(parts)}"
        case Bullets(items):
            yield "\n".join(f"- {_parts(item.parts)}" for item in items)
        case Facts(pairs):
            yield "  \n".join(f"**{escape(k)}** {escape(v)}" for k, v in pairs)
        case Rule():
            yield "---"
        case Meter(label=label):
            yield escape(label)
        case Form(fields=fields, submit=submit):
            asked = "  \n".join(f"{escape(field.label)}：" for field in fields)
            yield f"{escape(submit.typed)}  \n{asked}" if submit.typed else asked
        case Fold(title, inner):
            yield f"**{escape(title)}**"
            for part in inner:
                yield from _lines(part)
        case Buttons():
            return
        case _:
            assert_never(element)
