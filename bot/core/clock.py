"""Where the time comes from. Nothing else in Golive reads the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment as an aware datetime in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """A clock that runs with another one, shifted; the playground and the tests move it."""

    def __init__(self, base: Clock, shift: timedelta = timedelta()) -> None:
        self._base = base
        self.shift = shift

    def now(self) -> datetime:
        return self._base.now() + self.shift

    def move_to(self, moment: datetime) -> None:
        self.shift = moment - self._base.now()


class FrozenClock:
    """A clock that stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self.moment

    def move_to(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)
