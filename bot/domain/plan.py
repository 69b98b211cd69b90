"""What a template of a plan says. How it becomes dates: `bot/domain/milestone.py`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.people import Role


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone of a template, `offset` working days before go-live.

    `name` is what people read; in the built-in templates it is a key of `cards/words` (`step.…`).
    `after` are the keys of the steps that must be done before; `shared` ones customers see.
    """

    key: str
    name: str
    offset: int
    phase: str = ""
    role: Role | None = None
    after: tuple[str, ...] = ()
    shared: bool = False
    checklist: tuple[str, ...] = ()
    golive: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A plan to start from; exactly one of its steps, if it has any, is the go-live."""

    key: str
    name: str
    steps: tuple[Step, ...] = ()
