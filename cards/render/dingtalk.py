"""A card as a DingTalk message: Markdown, or an ActionCard where it has buttons.

New DingTalk applications have no interactive card without an imported template, so a button is a
`dtmd://` link that types the command as the person who presses it, and the command is printed
beside it for clients that do not follow such links (protocols/dingtalk.md §0.2, §4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, assert_never
from urllib.parse import quote

import msgspec

from cards.elements import (
    Bars,
    Bold,
    Bullets,
    Button,
    Buttons,
    Card,
    Choice,
    DateInput,
    Element,
    Facts,
    Field,
    Fold,
    FollowUp,
    Form,
    Gantt,
    Inline,
    Link,
    Matrix,
    Mention,
    Meter,
    Muted,
    Note,
    Plain,
    Rule,
    Text,
    TextInput,
    Trend,
)
from cards.render.png import key_of

_URL = re.compile(r"https?://[^\s()<>\[\]]+")
_MEDIA = re.compile(r"[@\w\-/+=.$]+", re.ASCII)
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|>~<&]")
_FILL = {"zh": "填写表单", "en": "Fill in the form"}
_TYPE = {"zh": "也可以直接发：", "en": "Or type: "}


# A message's parameters may take 15,000 bytes as JSON (protocols/dingtalk.md §3.2).
LARGEST = 14_000
MOST_BUTTONS = 5
# Longer commands are not typed by a button: the client's bound is not documented.
LONGEST_TYPED = 100


def render(
    card: Card, form_link: str = "", images: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`{"msgKey", "msgParam"}` of the robot's send calls, with `msgParam` still an object.

    `form_link` opens the card's forms as a page, beside the browser's own window on a computer.
    `images` are the media ids of uploaded pictures by `key_of`; a picture without is told in words.
    """
    lines = _head(card)
    typed = [b for b in _buttons(card) if len(b.typed) <= LONGEST_TYPED]
    buttons = [(b.label, typed_link(b.typed)) for b in typed]
    # A card's own buttons go before its form, which can be typed too.
    if form_link and len(buttons) < MOST_BUTTONS:
        page = f"dingtalk://dingtalkclient/page/link?url={quote(form_link, safe='')}&pc_slide=true"
        buttons.insert(0, (_FILL[card.language], page))
    buttons = buttons[:MOST_BUTTONS]
    lines += [line for element in card.elements for line in _lines(element, images or {})]
    last = []
    if typed:
        last.append(_TYPE[card.language] + " / ".join(escape(b.typed) for b in typed))
    body = _fitting(lines, last, sum(_size(label) + _size(link) + 32 for label, link in buttons))
    return _action_card(card.title, body, buttons) if buttons else _markdown(card.title, body)


def follow_up(card: Card, news: FollowUp) -> dict[str, Any]:
    """What is new on a card that hangs already, in the shape of `render`."""
    return _markdown(card.title, _fitting([*_head(card), escape(news.words)], []))


def plain(title: str, words: str) -> dict[str, Any]:
    """Plain words, in the shape of `render`."""
    return _markdown(title, _fitting([escape(line) for line in words.splitlines()], []))


def in_session(message: Mapping[str, Any], asker: str) -> dict[str, Any]:
    """The same message as a session takes it, mentioning `asker` (a staff id) if there is one."""
    param = message["msgParam"]
    title = param["title"]
    # A mention is drawn only if it stands in the text as well.
    words = f"@{asker}  \n{param['text']}" if asker else param["text"]
    at = {"at": {"atUserIds": [asker] if asker else [], "isAtAll": False}}
    if message["msgKey"] == "sampleMarkdown":
        return {"msgtype": "markdown", "markdown": {"title": title, "text": words}} | at
    numbers = range(1, MOST_BUTTONS + 1)
    pairs = [(param.get("singleTitle"), param.get("singleURL"))]
    pairs += [(param.get(f"actionTitle{n}"), param.get(f"actionURL{n}")) for n in numbers]
    buttons = [{"title": name, "actionURL": link} for name, link in pairs if name]
    card = {"title": title, "text": words, "btnOrientation": "0", "btns": buttons}
    return {"msgtype": "actionCard", "actionCard": card} | at


MOST_TEMPLATE_BUTTONS = 4
# What a choice says when nobody has chosen; no option of ours has this value.
NOT_CHOSEN = "-"


def template(card: Card, notice: str = "") -> dict[str, str]:
    """The values of a card made from the template of docs/dingtalk-cards.md; all are texts.

    `notice` is for whoever pressed: why it was not taken.
    """
    forms = [element for element in card.elements if isinstance(element, Form)]
    buttons = [b for e in card.elements if isinstance(e, Buttons) for b in e.buttons]
    lines = [line for e in card.elements if e not in forms[:1] for line in _lines(e)]
    values = {
        "title": card.title,
        "markdown": _fitting([*_head(card)[1:], *lines], []),
        "lastMessage": card.summary or card.title,
        "notice": notice,
        "has_form": "true" if forms else "false",
        "form": _json({"fields": [_template_field(f) for f in forms[0].fields] if forms else []}),
        "form_button": forms[0].submit.label if forms else "",
        "form_action": _json(forms[0].submit.action) if forms else "",
    }
    for number in range(1, MOST_TEMPLATE_BUTTONS + 1):
        there = buttons[number - 1] if number <= len(buttons) else None
        values[f"button{number}"] = there.label if there else ""
        values[f"action{number}"] = _json(there.action) if there else ""
    return values


def _template_field(field: Field) -> dict[str, Any]:
    """A field of DingTalk's form component (protocols/dingtalk.md §4.4)."""
    shape: dict[str, Any] = {"name": field.name, "label": field.label, "required": field.required}
    match field:
        case TextInput(lines=lines, placeholder=hint):
            kind = "TEXT_AREA" if lines > 1 else "TEXT"
            return shape | {"type": kind, "placeholder": hint, "defaultValue": field.value}
        case Choice(options=options, value=value):
            if not (value or field.required):
                # Else the first one would be taken for chosen.
                options = ((NOT_CHOSEN, "—"), *options)
            chosen = [code for code, _ in options].index(value) if value in dict(options) else 0
            return shape | {
                "type": "SELECT",
                "options": [{"value": code, "text": label} for code, label in options],
                "defaultValue": {"index": chosen, "value": options[chosen][0]},
            }
        case DateInput():
            return shape | {"type": "DATE", "defaultValue": field.value}
    return shape | {"type": "TIME", "defaultValue": field.value}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _head(card: Card) -> list[str]:
    small = " · ".join(escape(part) for part in (card.tag, card.subtitle) if part)
    return [f"### {escape(card.title)}", *([small] if small else [])]


def _fitting(lines: list[str], last: list[str], taken: int = 0) -> str:
    """The paragraphs that fit beside what is `taken` already, the last of them cut if need be;
    what is left out shows as `…`."""
    room = LARGEST - taken - sum(_size(line) + 4 for line in last)
    kept: list[str] = []
    for line in lines:
        size = _size(line) + 4
        if size > room:
            kept += [_cut(line, room - 12), "…"]
            break
        kept.append(line)
        room -= size
    return "\n\n".join([*(line for line in kept if line), *last])


def _size(words: str) -> int:
    """Bytes inside the JSON of a message's parameters."""
    return len(msgspec.json.encode(words))


def _cut(line: str, room: int) -> str:
    """As much of a paragraph as fits, not ending within an escape."""
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(line[:middle]) <= room else (low, middle - 1)
    cut = line[:low]
    halved = (len(cut) - len(cut.rstrip("\\"))) % 2
    return cut[:-1] if halved else cut


def _markdown(title: str, body: str) -> dict[str, Any]:
    return {"msgKey": "sampleMarkdown", "msgParam": {"title": title, "text": body}}


def _action_card(title: str, body: str, buttons: list[tuple[str, str]]) -> dict[str, Any]:
    """One button has a key of its own, two to five are numbered (protocols/dingtalk.md §3)."""
    param = {"title": title, "text": body}
    if len(buttons) == 1:
        param |= {"singleTitle": buttons[0][0], "singleURL": buttons[0][1]}
        return {"msgKey": "sampleActionCard", "msgParam": param}
    for number, (label, link) in enumerate(buttons, start=1):
        param[f"actionTitle{number}"] = label
        param[f"actionURL{number}"] = link
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


def _given(field: Field) -> str:
    """What stands in a form's field already, as people read it."""
    return dict(field.options).get(field.value, "") if isinstance(field, Choice) else field.value


def _parts(parts: tuple[Inline, ...]) -> str:
    return "".join(_inline(part) for part in parts)


_NO_IMAGES: Mapping[str, str] = {}


def _lines(element: Element, images: Mapping[str, str] = _NO_IMAGES) -> Iterator[str]:
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
            # What can be typed, and what stands in the fields already.
            filled = [f"{escape(f.label)}：{escape(_given(f))}" for f in fields if _given(f)]
            yield "  \n".join([escape(submit.typed), *filled] if submit.typed else filled)
        case Fold(title, inner):
            yield f"**{escape(title)}**"
            for part in inner:
                yield from _lines(part)
        case Buttons():
            return
        case Matrix(title=title) | Bars(title=title) | Gantt(title=title) | Trend(title=title):
            media = images.get(key_of(element), "") if images else ""
            safe = _MEDIA.fullmatch(media)
            yield f"![{escape(title)}]({media})" if safe else escape(element.told)
        case _:
            assert_never(element)
