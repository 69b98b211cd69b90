"""A card as HTML: for the playground, and wherever else a browser shows one.

Everything that people wrote goes through Jinja's autoescape. A button is a submit button called
`button` whose value is its place among the card's buttons (`buttons_of`), so that what a browser
sends back names a button of ours and carries no action of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cards.elements import Button, Buttons, Card, Form, Picture
from cards.render import svg


def render(card: Card, *, press: str, anchor: str) -> Markup:
    """The card as an article. Its forms post to `press`; `anchor` makes its ids unique."""
    template = _environment().get_template("card.html")
    drawn = template.render(card=card, press=press, anchor=anchor, kind=_kind, draw=_draw)
    return Markup(drawn)  # noqa: S704


def buttons_of(card: Card) -> list[Button]:
    """The card's buttons in the order in which they are numbered."""
    found: list[Button] = []
    for element in card.elements:
        if isinstance(element, Buttons):
            found += element.buttons
        elif isinstance(element, Form):
            found.append(element.submit)
    return found


def _draw(picture: Picture) -> Markup:
    """Nobody's words are markup in it: `svg` escapes them."""
    return Markup(svg.draw(picture))  # noqa: S704


def _kind(thing: object) -> str:
    return type(thing).__name__


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
