"""Errors that carry their meaning to the person who can mend them."""

from __future__ import annotations

from typing import Any


class GoliveError(Exception):
    """Anything that Golive says in words of its own."""


class Refusal(GoliveError):  # noqa: N818  (it is an answer, not an accident)
    """What was asked cannot be done, and the person can mend it.

    The event stays claimed and nothing that its handler changed is kept. `key` names the sentence
    in `cards/words`, `values` fill it in.
    """

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values_ = values


class Conflict(GoliveError):  # noqa: N818
    """Somebody else changed the same thing first; doing the whole again is right."""


class Overloaded(GoliveError):  # noqa: N818
    """More is waiting than can be served in time; the platform shall send again."""


class SetupError(GoliveError):
    """A setting or the environment is wrong; the message is one sentence with the remedy."""
