"""One thing that somebody is told by the bot itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# All that falls due to one person within this time is one message.
GATHERED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind` is `milestone`, `milestone.late`, `risk` or `review`; `subject` the id of what it is
    about; `step` the reminder or rung. `batch` names the card on which it stands with others.

    The detail says why it comes to this person: pairs of rung and reason in `passed`, working
    days without an answer in `waited`, and whether it rings in `urgent`.
    """

    batch: str
    person_id: str
    project_id: str
    kind: str
    subject: str
    step: int
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
