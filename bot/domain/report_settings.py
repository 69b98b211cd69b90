"""What a project manager may change about the reports that the bot writes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """`weekly_at` is when the week's report is drafted for the manager, on the week's last working
    day; `upward_at` when the supervisors hear of the day's exceptions."""

    weekly: bool = True
    weekly_at: time = time(17, 0)
    upward: bool = True
    upward_at: time = time(18, 30)


REPORT_SETTINGS = ReportSettings()
