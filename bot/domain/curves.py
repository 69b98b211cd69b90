"""The pictures of a week's report: how plan, risks and participation went over the weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.domain.milestone import Milestone
from bot.domain.report import Curve
from bot.domain.risk import Level, RiskState
from bot.domain.week import Week

# Pictures look back so many weeks.
WEEKS = 10


def curves(week: Week) -> tuple[Curve, ...]:
    """Milestones agreed and done, open risks by level, participation: by the ends of the weeks."""
    shared = [m for m in week.milestones if m.shared]
    found = [
        _burn_up(week, week.milestones, "burnup"),
        _burn_up(week, shared, "burnup.shared"),
        _risk_trend(week),
        _shares(week),
    ]
    return tuple(curve for curve in found if curve is not None)


def _ends(week: Week, count: int = WEEKS) -> list[date]:
    """The last days of the weeks up to this one; of this one the day that it has come to."""
    before = [week.last - timedelta(days=7 * n) for n in range(count - 1, 0, -1)]
    return [*before, week.end]


def _burn_up(week: Week, milestones: Sequence[Milestone], name: str) -> Curve | None:
    """What was agreed to be done by then, and what was done; later weeks as agreed."""
    if not milestones:
        return None
    first = min(*(m.agreed for m in milestones), week.first)
    back = min(max((week.last - first).days // 7 + 1, 2), WEEKS)
    last = max(m.agreed for m in milestones)
    ahead = min(max(-(-(last - week.last).days // 7), 0), WEEKS)
    ends = _ends(week, back) + [week.last + timedelta(days=7 * n) for n in range(1, ahead + 1)]
    agreed = tuple(float(sum(m.agreed <= end for m in milestones)) for end in ends)
    done = tuple(
        float(sum(m.done_on is not None and m.done_on <= end for m in milestones))
        if end <= week.end
        else None
        for end in ends
    )
    return Curve(name, tuple(e.isoformat() for e in ends), {"agreed": agreed, "done": done})


def _risk_trend(week: Week) -> Curve | None:
    """Open risks at the ends of the weeks, by the level that they have now or had at last."""
    counted = [r for r in week.risks if r.state not in (RiskState.PROPOSED, RiskState.DISMISSED)]
    if not counted:
        return None
    ends = _ends(week)

    def open_at(level: Level, end: date) -> float:
        return float(
            sum(
                r.level is level
                and week.day(r.opened_at) <= end
                and (r.closed_at is None or week.day(r.closed_at) > end)
                for r in counted
            )
        )

    lines = {str(level): tuple(open_at(level, end) for end in ends) for level in Level}
    return Curve("risks", tuple(end.isoformat() for end in ends), lines)


def _shares(week: Week) -> Curve | None:
    """Of a hundred asked, how many answered, week by week."""
    if not week.rounds:
        return None
    ends = _ends(week)
    shares: list[float | None] = []
    for end in ends:
        first = end - timedelta(days=end.weekday())
        states = [s for day, s in week.rounds.items() if first <= day <= end]
        asked = sum(state.asked for state in states)
        missing = sum(len(state.missing) for state in states)
        shares.append(round(100 * (asked - missing) / asked) if asked else None)
    return Curve("shares", tuple(end.isoformat() for end in ends), {"share": tuple(shares)})
