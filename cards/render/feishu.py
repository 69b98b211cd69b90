"""A card as Feishu card JSON 2.0.

Unknown properties make the whole card fail, so nothing is written that Feishu does not name.
Limits: 30 KB, 200 tagged nodes, 5 tables, a form directly under the body, every field of a form
with a name that is unique in the card (protocols/feishu.md §4.2 and §4.3). A card that would be too
large loses its last elements and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

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
    TimeInput,
    Tone,
    Trend,
    text,
)
from cards.render import charts
from cards.render.png import key_of

# Feishu counts 30 KB over the serialised request, in which the card stands as an escaped string.
LARGEST = 24_000
ESCAPES = 5_000
MOST_NODES = 120
_LONGEST_ALT = 500

_TEMPLATES = {
    Tone.INFO: "blue",
    Tone.GOOD: "green",
    Tone.WATCH: "orange",
    Tone.BAD: "red",
    Tone.CALM: "grey",
}
_TAG_COLOURS = {
    Tone.INFO: "blue",
    Tone.GOOD: "green",
    Tone.WATCH: "orange",
    Tone.BAD: "red",
    Tone.CALM: "neutral",
}
_STYLES = {"default": "default", "primary": "primary_filled", "danger": "danger"}
# An id that names everybody is never somebody.
_ACCOUNT = re.compile(r"(?!all$)[\w-]+", re.ASCII)
_IMAGE = re.compile(r"[\w-]+", re.ASCII)
_SPECIAL = re.compile(r"[&*_~<>\[\]()#`\\!+\-:|]")
_CUT = {
    "zh": "内容较多，其余未显示。",
    "en": "More than fits here; the rest is left out.",
}

Node = dict[str, Any]


def render(card: Card, images: Mapping[str, str] | None = None) -> Node:
    """The whole card as a JSON-ready object.

    `images` are the image keys of uploaded pictures by `key_of`; without its key a plan over time
    is told in words.
    """
    shown = _few_charts(card.elements)
    elements = [node for element in shown for node in _element(element, images or {})]
    _number_fields(elements)
    drawn = _assemble(card, elements)
    while _too_large(drawn) and elements:
        elements.pop()
        drawn = _assemble(card, [*elements, _markdown(_CUT[card.language], "notation")])
    return drawn


def _assemble(card: Card, elements: list[Node]) -> Node:
    header: Node = {
        "title": _plain(card.title[:200]),
        "template": _TEMPLATES[card.tone],
    }
    if card.subtitle:
        header["subtitle"] = _plain(card.subtitle[:200])
    if card.tag:
        header["text_tag_list"] = [
            {
                "tag": "text_tag",
                "text": _plain(card.tag),
                "color": _TAG_COLOURS[card.tone],
            }
        ]
    return {
        "schema": "2.0",
        "config": {
            "update_multi": True,
            "width_mode": "fill",
            "summary": {"content": (card.summary or card.title)[:100]},
        },
        "header": header,
        "body": {
            "direction": "vertical",
            "vertical_spacing": "8px",
            "elements": elements,
        },
    }


def escape(words: str) -> str:
    """Somebody's words for a markdown element, every special character as an entity.

    A leading space or tab would start a code block, a line end alone may vanish, so both become
    what they look like.
    """
    safe = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", words)
    return safe.replace("\t", "    ").replace("    ", "&nbsp;" * 4).replace("\n", "<br />")


def _parts(parts: tuple[Inline, ...]) -> str:
    return "".join(_inline(part) for part in parts)


def _inline(part: Inline) -> str:
    match part:
        case Plain(words):
            return escape(words)
        case Bold(words):
            return f"**{escape(words)}**" if words.strip() else ""
        case Muted(words):
            return f"<font color='grey'>{escape(words)}</font>" if words.strip() else ""
        case Mention(account):
            return f"<at id={account}></at>" if _ACCOUNT.fullmatch(account) else escape(part.name)
        case Link(words, url):
            safe = re.fullmatch(r"https?://[^\s()<>\[\]]+", url)
            return f"[{escape(words)}]({url})" if safe else escape(words)
        case _:
            assert_never(part)


def _few_charts(elements: tuple[Element, ...]) -> Iterator[Element]:
    """What would be one chart too many is told in words."""
    drawn = 0
    for element in elements:
        drawn += isinstance(element, Matrix | Bars | Trend)
        if isinstance(element, Matrix | Bars | Trend) and drawn > charts.MOST:
            yield text(element.told)
        else:
            yield element


_NO_IMAGES: Mapping[str, str] = {}


def _element(element: Element, images: Mapping[str, str] = _NO_IMAGES) -> Iterator[Node]:
    match element:
        case Text(parts):
            yield _markdown(_parts(parts))
        case Bullets(items):
            yield _markdown("\n".join(f"- {_parts(item.parts)}" for item in items))
        case Facts(pairs):
            yield _markdown("\n\n".join(f"**{escape(k)}**  {escape(v)}" for k, v in pairs))
        case Note(parts):
            yield _markdown(f"<font color='grey'>{_parts(parts)}</font>", "notation")
        case Rule():
            yield {"tag": "hr"}
        case Meter(value, whole, label):
            filled = round(10 * value / whole) if whole else 0
            yield _markdown(f"{'▰' * filled}{'▱' * (10 - filled)}  {escape(label)}")
        case Buttons(buttons):
            yield _row([_button(button) for button in buttons])
        case Form(name, fields, submit):
            yield _form(name, fields, submit)
        case Fold(title, inner, unfolded):
            yield _fold(
                title, [node for part in inner for node in _element(part)], unfolded=unfolded
            )
        case Matrix() | Bars() | Trend():
            yield charts.chart(element)
        case Gantt():
            yield _image(element, images.get(key_of(element), ""))
        case _:
            assert_never(element)


def _image(picture: Gantt, image: str) -> Node:
    if not _IMAGE.fullmatch(image):
        return _markdown(escape(picture.told))
    return {
        "tag": "img",
        "img_key": image,
        "alt": _plain(picture.told[:_LONGEST_ALT]),
        "scale_type": "fit_horizontal",
        "preview": True,
    }


def _markdown(content: str, size: str = "normal") -> Node:
    return {"tag": "markdown", "content": content, "text_size": size}


def _plain(words: str) -> Node:
    return {"tag": "plain_text", "content": words}


def _row(nodes: list[Node]) -> Node:
    return {
        "tag": "column_set",
        "flex_mode": "flow",
        "background_style": "default",
        "horizontal_spacing": "8px",
        "columns": [{"tag": "column", "width": "auto", "elements": [node]} for node in nodes],
    }


def _button(button: Button) -> Node:
    return {
        "tag": "button",
        "text": _plain(button.label),
        "type": _STYLES[button.style],
        "behaviors": [{"type": "callback", "value": button.action}],
    }


def _form(name: str, fields: tuple[Field, ...], submit: Button) -> Node:
    send = _button(submit) | {"name": f"{name}_submit", "form_action_type": "submit"}
    labelled = [node for field in fields for node in _field(field)]
    return {"tag": "form", "name": name, "elements": [*labelled, send]}


def _field(field: Field) -> Iterator[Node]:
    common: Node = {"name": field.name, "required": field.required, "width": "fill"}
    if isinstance(field, TextInput):
        yield _input(field, common)
        return
    yield _markdown(f"**{escape(field.label)}**")
    match field:
        case Choice():
            yield _select(field, common)
        case DateInput(value=value):
            shown = {"initial_date": value} if value else {}
            yield {
                "tag": "date_picker",
                **common,
                "placeholder": _plain(field.label),
                **shown,
            }
        case TimeInput(value=value):
            shown = {"initial_time": value} if value else {}
            yield {
                "tag": "picker_time",
                **common,
                "placeholder": _plain(field.label),
                **shown,
            }
        case _:
            assert_never(field)


def _input(field: TextInput, common: Node) -> Node:
    node: Node = {
        "tag": "input",
        **common,
        "label": _plain(field.label),
        "label_position": "top",
        "max_length": field.longest,
    }
    if field.placeholder:
        node["placeholder"] = _plain(field.placeholder[:100])
    if field.value:
        node["default_value"] = field.value[: field.longest]
    if field.lines > 1:
        node |= {
            "input_type": "multiline_text",
            "rows": field.lines,
            "auto_resize": True,
        }
    return node


def _select(field: Choice, common: Node) -> Node:
    node: Node = {
        "tag": "select_static",
        **common,
        "placeholder": _plain(field.label),
        "options": [{"text": _plain(label), "value": value} for value, label in field.options],
    }
    if field.value:
        node["initial_option"] = field.value
    return node


def _fold(title: str, inner: list[Node], *, unfolded: bool) -> Node:
    return {
        "tag": "collapsible_panel",
        "expanded": unfolded,
        "header": {
            "title": {"tag": "markdown", "content": f"**{escape(title)}**"},
            "vertical_align": "center",
            "icon": {
                "tag": "standard_icon",
                "token": "down-small-ccm_outlined",
                "size": "16px 16px",
            },
            "icon_position": "right",
            "icon_expanded_angle": -180,
        },
        "border": {"color": "grey", "corner_radius": "5px"},
        "padding": "8px 8px 8px 8px",
        "elements": inner,
    }


def _number_fields(elements: list[Node]) -> None:
    """Names of form fields are unique in a card: the second form's get `__2`, and so on.

    `bot/platforms/feishu/parse.py` takes the number off again.
    """
    forms = [node for node in elements if node["tag"] == "form"]
    for number, form in enumerate(forms[1:], start=2):
        form["name"] += f"__{number}"
        for node in form["elements"]:
            if "name" in node:
                node["name"] += f"__{number}"


def _too_large(card: Node) -> bool:
    # A tagged node takes at least 30 bytes, so a small card needs no counting.
    packed = msgspec.json.encode(card)
    size = len(packed)
    # As a string in the request every quote and backslash takes one more.
    escaped = size + packed.count(b'"') + packed.count(b"\\")
    return max(size, escaped - ESCAPES) > LARGEST or (
        size > 30 * MOST_NODES and count_nodes(card) > MOST_NODES
    )


def count_nodes(node: object) -> int:
    """Everything that has a tag counts, plain text and icons too."""
    if isinstance(node, dict):
        return ("tag" in node) + sum(count_nodes(value) for value in node.values())
    if isinstance(node, list):
        return sum(count_nodes(value) for value in node)
    return 0
