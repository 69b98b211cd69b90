"""From an event to the one function for it.

A feature's handlers hang on a `Router` of its own; `handlers/__init__.py` joins them. A route names
the right that it needs; the router asks for it before the handler runs, in the project that the
chat (or, in private, the person) belongs to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.context import Context, Reply
from bot.core.actions import Action
from bot.core.events import Event, Message, Press
from bot.domain.people import Right
from bot.language.commands import Command
from cards.document import Paper
from cards.elements import Card

Said = Reply | Card | None
CommandHandler = Callable[[Message, Command, Context], Awaitable[Said]]
ButtonHandler = Callable[[Any, Press, Context], Awaitable[Said]]
EventHandler = Callable[[Any, Context], Awaitable[None]]
TextHandler = Callable[[Message, Context], Awaitable[Said]]
Listener = Callable[[Message, Context], Awaitable[None]]
Drawing = Callable[[str, Context], Awaitable[Card | None]]
Writing = Callable[[str, Context], Awaitable[Paper | None]]
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and what it needs: `right` in a project, or nothing when it is `None`.

    What is answered `aside` may be internal: where customers read along it goes to the asker alone.
    """

    handler: Callable[..., Awaitable[Said]]
    right: Right | None
    what: str
    aside: bool = False


class Router:
    """Routes by intent, by button, by event, by the living card that a text answers."""

    def __init__(self) -> None:
        self.commands: dict[str, Route] = {}
        self.buttons: dict[type[Action], Route] = {}
        self.events: dict[type[Event], list[EventHandler]] = {}
        self.answers: dict[str, TextHandler] = {}
        self.texts: list[TextHandler] = []
        self.listeners: list[Listener] = []
        self.files: list[TextHandler] = []
        self.drawings: dict[str, Drawing] = {}
        self.papers: dict[str, Writing] = {}

    def command(
        self,
        intent: str,
        *,
        right: Right | None = None,
        what: str = "what.look",
        aside: bool = False,
    ) -> Callable[[H], H]:
        """Handle a typed command. `what` names it in a refusal."""

        def keep(handler: H) -> H:
            self._once(self.commands, intent, Route(handler, right, what, aside))
            return handler

        return keep

    def button(
        self,
        action: type[Action],
        *,
        right: Right | None = None,
        what: str = "what.look",
        aside: bool = False,
    ) -> Callable[[H], H]:
        """Handle a press of a button that carries `action`."""

        def keep(handler: H) -> H:
            self._once(self.buttons, action, Route(handler, right, what, aside))
            return handler

        return keep

    def on(self, event: type[Event]) -> Callable[[H], H]:
        """Handle something that happened in a chat."""

        def keep(handler: H) -> H:
            self.events.setdefault(event, []).append(handler)
            return handler

        return keep

    def answer_to(self, *drawings: str) -> Callable[[H], H]:
        """Handle a text that answers one of these living cards."""

        def keep(handler: H) -> H:
            for drawing in drawings:
                self._once(self.answers, drawing, handler)
            return handler

        return keep

    def text(self, handler: H) -> H:
        """Handle an addressed text that is no command; `None` leaves it to the next handler."""
        self.texts.append(handler)
        return handler

    def file(self, handler: H) -> H:
        """Handle a file that somebody sent to the bot; `None` leaves it to the next handler."""
        self.files.append(handler)
        return handler

    def listener(self, handler: H) -> H:
        """Hear a group's text that is not meant for the bot, where the group allows it; nothing is
        answered."""
        self.listeners.append(handler)
        return handler

    def drawing(self, name: str) -> Callable[[H], H]:
        """Draw a living card from its subject; `None` when there is nothing to show any more."""

        def keep(handler: H) -> H:
            self._once(self.drawings, name, handler)
            return handler

        return keep

    def paper(self, name: str) -> Callable[[H], H]:
        """Write what a file says from its subject; `None` when there is nothing to send any more.

        It is called while the relay holds a transaction: it reads, and leaves printing to the
        relay.
        """

        def keep(handler: H) -> H:
            self._once(self.papers, name, handler)
            return handler

        return keep

    def include(self, *others: Router) -> Router:
        for other in others:
            tables: tuple[tuple[dict[Any, Any], Mapping[Any, Any]], ...] = (
                (self.commands, other.commands),
                (self.buttons, other.buttons),
                (self.answers, other.answers),
                (self.drawings, other.drawings),
                (self.papers, other.papers),
            )
            for mine, theirs in tables:
                for key, value in theirs.items():
                    self._once(mine, key, value)
            for event, handlers in other.events.items():
                self.events.setdefault(event, []).extend(handlers)
            self.texts.extend(other.texts)
            self.listeners.extend(other.listeners)
            self.files.extend(other.files)
        return self

    @staticmethod
    def _once(table: dict[Any, Any], key: Any, value: Any) -> None:
        if key in table:
            msg = f"two handlers for {key}"
            raise TypeError(msg)
        table[key] = value
