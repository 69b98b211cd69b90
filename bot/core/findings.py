"""What a check has found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. `code` and `state` choose the words, `values` fill them."""

    code: str
    state: State
    values: dict[str, str] = field(default_factory=dict)
