"""A card as HTML: for the playground, and wherever else a browser shows one.

Everything that people wrote goes through Jinja's autoescape. A button is a submit button called
`button` whose value is its name (`button_name`), so that what a browser sends back names a button
of ours, the same one on every face of the card, and carries no action of its own.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cards.elements import Button, Buttons, Card, Form, Picture
from cards.render import svg


def render(card: Card, *, press: str, anchor: str) -> Markup:
    """The card as an article. Its forms post to `press`; `anchor` makes its ids unique."""
    template = _environment().get_template("card.html")
    drawn = template.render(card=card, press=press, anchor=anchor, **_HELPS)
    return Markup(drawn)  # noqa: S704


def buttons_of(card: Card) -> list[Button]:
    """The card's buttons, in their order."""
    found: list[Button] = []
    for element in card.elements:
        if isinstance(element, Buttons):
            found += element.buttons
        elif isinstance(element, Form):
            found.append(element.submit)
    return found


def button_name(button: Button) -> str:
    """Sixteen hexadecimal digits that stand for what a button does, wherever on a card it is.

    Not its place: whoever presses on a face that has changed meanwhile must not press another.
    """
    action = msgspec.json.encode(button.action, order="deterministic")
    return hashlib.sha256(action).hexdigest()[:16]


def _draw(picture: Picture) -> Markup:
    """Nobody's words are markup in it: `svg` escapes them."""
    return Markup(svg.draw(picture))  # noqa: S704


def _kind(thing: object) -> str:
    return type(thing).__name__


_HELPS = {"kind": _kind, "draw": _draw, "button_name": button_name}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
