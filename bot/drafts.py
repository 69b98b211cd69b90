"""Moved dates that somebody was shown and has yet to confirm, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.core.errors import Refusal
from bot.domain.milestone import Milestone, Moved


def pack(moves: Sequence[Moved], reason: str) -> dict[str, Any]:
    """What was shown, with the versions that it was shown of."""
    return {
        "reason": reason,
        "moves": [
            {"id": m.milestone.id, "version": m.milestone.version, "to": m.to.isoformat()}
            for m in moves
        ],
    }


def unpack(body: Mapping[str, Any], milestones: Sequence[Milestone]) -> tuple[list[Moved], str]:
    """The moves that were shown. Refused when any of them has changed since."""
    by_id = {m.id: m for m in milestones}
    moves = []
    for kept in body["moves"]:
        milestone = by_id.get(kept["id"])
        if milestone is None or milestone.version != kept["version"] or not milestone.open:
            raise Refusal("refused.plan_changed")
        moves.append(Moved(milestone, date.fromisoformat(kept["to"])))
    return moves, str(body["reason"])
