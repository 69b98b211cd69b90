"""The lines of a week's report, drawn from records alone.

Nothing here is guessed: a number is counted over records that the line names, and where there are
no records the line says that it is not known. A nought is said in words, since nothing stands
behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from bot.domain.faq import Question, QuestionState
from bot.domain.followup import Feedback, mean, promoters
from bot.domain.health import Health, Outlook
from bot.domain.milestone import Milestone, owner_of
from bot.domain.people import CUSTOMERS, Member
from bot.domain.report import Line, Part
from bot.domain.risk import Happened, Level, Risk, RiskState, movement
from bot.domain.standup import Progress
from bot.domain.suggestion import Suggestion, SuggestionState
from bot.domain.workdays import Calendar

# A line tells so many of a person's items, a section so many of its kind; the rest is counted.
MOST_ITEMS, MOST_LINES = 3, 12
_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """What is known of a project at the end of a week (or today, in a week that still runs).

    `rounds` are the stand-ups of the last ten weeks by their day, `evenings` the daily reports;
    `risks` all that were open in those weeks, `history` what happened to them in this one.
    `running` is the day whose stand-up is still open: nobody has missed it yet. `blockers` are
    those named last, each with its age in working days and the day. `questions`, `said` and
    `suggestions` are those of the week; `names` people by id.
    """

    first: date
    last: date
    today: date
    now: datetime
    zone: tzinfo
    calendar: Calendar
    golive: date | None
    health: Health
    outlook: Outlook | None
    milestones: Sequence[Milestone]
    members: Sequence[Member]
    risks: Sequence[Risk]
    history: Sequence[Happened] = ()
    rounds: Mapping[date, Progress] = field(default_factory=dict)
    evenings: Mapping[date, Progress] = field(default_factory=dict)
    blockers: Sequence[tuple[Member, str, int, date]] = ()
    questions: Sequence[Question] = ()
    said: Sequence[Feedback] = ()
    suggestions: Sequence[Suggestion] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    waiting_category: str = ""
    complaint_source: str = "complaint"
    running: date | None = None

    @property
    def end(self) -> date:
        """The last day that is over or under way."""
        return min(self.last, self.today)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


def standup_of(day: date, name: str = "") -> str:
    """What a line cites of a stand-up: its day, and who said it."""
    return f"standup:{day.isoformat()}:{name}"


def feedback_of(day: date, name: str) -> str:
    return f"feedback:{day.isoformat()}:{name}"


def drafted(week: Week) -> dict[Part, tuple[Line, ...]]:
    """Every section of the report."""
    return {
        Part.SUMMARY: tuple(_summary(week)),
        Part.DONE: tuple(_done(week)),
        Part.PLAN: tuple(_plan(week)),
        Part.MILESTONES: tuple(_milestones(week)),
        Part.RISKS: tuple(_risks(week)),
        Part.BLOCKERS: tuple(_blockers(week)),
        Part.WAITING: tuple(_waiting(week)),
        Part.PARTICIPATION: tuple(_participation(week)),
        Part.FAQ: tuple(_faq(week)),
        Part.FOLLOWUPS: tuple(_followups(week)),
        Part.SUGGESTIONS: tuple(_suggestions(week)),
    }


def _labels(records: Sequence[Milestone | Risk | Suggestion | Question]) -> tuple[str, ...]:
    return tuple(record.label for record in records)


# --- summary -------------------------------------------------------------------------------------


def _summary(week: Week) -> Iterator[Line]:
    live = [r for r in week.risks if r.live]
    high = [r for r in live if r.level is Level.HIGH]
    late = _late(week)
    yield Line("summary.health", {"health": str(week.health)}, _labels([*late, *high]))
    golive = next((m for m in week.milestones if m.golive), None)
    source = (golive.label,) if golive else ("golive",)
    if week.golive is None:
        yield Line("summary.golive.none", shared=True)
    elif golive and golive.done_on:
        yield Line("summary.live", {"live_on": golive.done_on.isoformat()}, source, shared=True)
    else:
        left = week.calendar.between(week.end, week.golive)
        key = "summary.golive" if left > 0 else "summary.golive.past"
        days = {"days": left} if left > 0 else {}
        values = {"golive_on": week.golive.isoformat(), **days}
        yield Line(key, values, source, shared=True)
    yield from _counted(week.milestones, inside=True)
    yield from _counted([m for m in week.milestones if m.shared], inside=False)
    ahead = week.outlook
    if ahead and ahead.late > 0:
        values = {"expected_on": ahead.expected.isoformat(), "days": ahead.late}
        yield Line("summary.forecast", values, _labels(ahead.because))


def _counted(milestones: Sequence[Milestone], *, inside: bool) -> Iterator[Line]:
    """How many are done; customers count what they see."""
    if milestones:
        done = [m for m in milestones if not m.open]
        key = "summary.done" if done else "summary.done.none"
        values = {"done": len(done)} if done else {}
        all_ = {**values, "of": len(milestones)}
        yield Line(key, all_, _labels(milestones), shared=not inside, inside=inside)


def _late(week: Week) -> list[Milestone]:
    return [m for m in week.milestones if m.open and m.due < week.end]


# --- done and planned ----------------------------------------------------------------------------


def _done(week: Week) -> Iterator[Line]:
    done = [m for m in week.milestones if week.holds(m.done_on)]
    for milestone in done[:MOST_LINES]:
        day = (milestone.done_on or week.first).isoformat()
        values = {"milestone": milestone.name, "done_on": day}
        yield Line("done.milestone", values, (milestone.label,), shared=milestone.shared)
    yield from _rest("done.more", _labels(done[MOST_LINES:]))
    told = False
    for member in week.members:
        items, sources = _items(week, member)
        if items:
            told = True
            yield _person("done.person", member, items, sources)
    closed = [r for r in week.risks if r.closed_at and week.holds(week.day(r.closed_at))
              and r.state is RiskState.CLOSED]  # fmt: skip
    for risk in closed[:MOST_LINES]:
        values = {"text": risk.text, "reason": risk.reason}
        yield Line("done.risk", values, (risk.label,), shared=risk.shared)
    yield from _rest("done.more", _labels(closed[MOST_LINES:]))
    if not (told or done or closed):
        yield Line("done.unknown")
    if not any(m.shared for m in done) and not any(r.shared for r in closed):
        yield Line("done.unknown.shared", shared=True, inside=False)


def _items(week: Week, member: Member) -> tuple[list[str], tuple[str, ...]]:
    """What a person said that they had done, each thing once, and where they said it."""
    items: dict[str, None] = {}
    sources: dict[str, None] = {}
    for rounds in (week.rounds, week.evenings):
        for day in sorted(rounds):
            answer = _answer_of(rounds[day], member) if week.holds(day) else None
            for item in answer or ():
                items.setdefault(item)
                sources.setdefault(standup_of(day, member.person.name))
    return list(items), tuple(sources)


def _answer_of(state: Progress, member: Member) -> tuple[str, ...]:
    found = (a for m, a in state.answered if m.person.id == member.person.id)
    return next((answer.entry.done for answer in found), ())


def _person(key: str, member: Member, items: Sequence[str], sources: tuple[str, ...]) -> Line:
    """What one person did or plans; beyond a few the rest is counted."""
    more = len(items) - MOST_ITEMS
    values: dict[str, object] = {"name": member.person.name, "items": list(items[:MOST_ITEMS])}
    if more > 0:
        return Line(f"{key}.more", {**values, "more": more}, sources)
    return Line(key, values, sources)


def _rest(key: str, sources: tuple[str, ...]) -> Iterator[Line]:
    if sources:
        yield Line(key, {"count": len(sources)}, sources)


def _plan(week: Week) -> Iterator[Line]:
    coming = [m for m in week.milestones if m.open and week.last < m.due <= week.last + _AHEAD]
    for milestone in coming[:MOST_LINES]:
        owner = owner_of(milestone, week.members)
        values = {"milestone": milestone.name, "due_on": milestone.due.isoformat()}
        key = "plan.milestone" if owner else "plan.milestone.nobody"
        named = {"owner": owner.person.name} if owner else {}
        yield Line(key, {**values, **named}, (milestone.label,), shared=milestone.shared)
    yield from _rest("plan.more", _labels(coming[MOST_LINES:]))
    told = False
    for member in week.members:
        for day in sorted(week.rounds, reverse=True):
            given = next(
                (a for m, a in week.rounds[day].answered if m.person.id == member.person.id), None
            )
            if not week.holds(day) or given is None:
                continue
            if given.entry.plan:
                told = True
                source = (standup_of(day, member.person.name),)
                yield _person("plan.person", member, given.entry.plan, source)
            break
    if not (coming or told):
        yield Line("plan.unknown")
    if not any(m.shared for m in coming):
        yield Line("plan.unknown.shared", shared=True, inside=False)


# --- milestones and risks ------------------------------------------------------------------------


def _milestones(week: Week) -> Iterator[Line]:
    if not week.milestones:
        yield Line("milestones.unknown", shared=True)
        return
    late = _late(week)
    for milestone in late[:MOST_LINES]:
        days = max(week.calendar.between(milestone.due, week.end), 1)
        values = {"milestone": milestone.name, "due_on": milestone.due.isoformat(), "days": days}
        yield Line("milestones.late", values, (milestone.label,), shared=milestone.shared)
    yield from _rest("milestones.late.more", _labels(late[MOST_LINES:]))
    slipped = [(m, week.calendar.between(m.agreed, m.due)) for m in week.milestones if m.open]
    slipped = sorted(((m, d) for m, d in slipped if d), key=lambda one: -one[1])
    for milestone, days in slipped[:MOST_LINES]:
        values = {
            "milestone": milestone.name,
            "due_on": milestone.due.isoformat(),
            "agreed_on": milestone.agreed.isoformat(),
            "days": abs(days),
        }
        key = "milestones.slipped" if days > 0 else "milestones.early"
        yield Line(key, values, (milestone.label,), shared=milestone.shared)
    yield from _rest("milestones.slipped.more", tuple(m.label for m, _ in slipped[MOST_LINES:]))
    if not (late or slipped):
        yield Line("milestones.fine", {}, _labels(week.milestones))
    if not any(m.shared for m in (*late, *(m for m, _ in slipped))):
        yield Line("milestones.fine.shared", shared=True, inside=False)


def _risks(week: Week) -> Iterator[Line]:
    live = sorted((r for r in week.risks if r.live), key=lambda r: (-r.score, r.number))
    moved = movement(week.risks, week.history, week.now)
    counted = [r for r in week.risks if r.state not in (RiskState.PROPOSED, RiskState.DISMISSED)]
    came = [r for r in counted if week.holds(week.day(r.opened_at))]
    went = [r for r in counted if r.closed_at and week.holds(week.day(r.closed_at))]
    if came:
        yield Line("risks.came", {"count": len(came)}, _labels(came))
    if went:
        yield Line("risks.went", {"count": len(went)}, _labels(went))
    if not any(r.shared for r in live):
        yield Line("risks.none.shared", shared=True, inside=False)
    if not live:
        yield Line("risks.none")
        return
    high = [r for r in live if r.level is Level.HIGH]
    key = "risks.open.high" if high else "risks.open"
    values = {"count": len(live)} | ({"high": len(high)} if high else {})
    yield Line(key, values, _labels(live))
    for risk in live[:MOST_LINES]:
        yield _risk(week, risk, moved.scores)
    yield from _rest("risks.more", _labels(live[MOST_LINES:]))


def _risk(week: Week, risk: Risk, scores: Mapping[str, int]) -> Line:
    before = scores.get(risk.id, risk.score)
    way = "up" if risk.score > before else "down" if risk.score < before else "same"
    days = max(week.calendar.between(week.day(risk.opened_at), week.end), 0)
    values: dict[str, object] = {
        "text": risk.text,
        "level": str(risk.level),
        "score": risk.score,
        "way": way,
        "risk_state": str(risk.state),
        "owner": week.names.get(risk.owner_id or "", ""),
    }
    key = "risks.one" if days else "risks.one.new"
    return Line(key, values | ({"days": days} if days else {}), (risk.label,), shared=risk.shared)


def _blockers(week: Week) -> Iterator[Line]:
    if not week.rounds:
        yield Line("blockers.unknown")
        return
    for member, text, age, day in sorted(week.blockers, key=lambda one: -one[2])[:MOST_LINES]:
        name = member.person.name
        key = "blockers.one" if age else "blockers.one.new"
        values = {"text": text, "name": name} | ({"days": age} if age else {})
        yield Line(key, values, (standup_of(day, name),))
    if not week.blockers:
        yield Line("blockers.none", {}, (standup_of(max(week.rounds)),))


def _waiting(week: Week) -> Iterator[Line]:
    """On how many of the week's working days something waited for the customer, and for us.

    What waits for the customer are open risks of that category and overdue milestones that a
    customer owns; what waits for us are the other overdue milestones.
    """
    theirs: dict[str, set[date]] = {}
    ours: dict[str, set[date]] = {}
    shared: set[str] = set()
    for risk in week.risks:
        over = (RiskState.DISMISSED, RiskState.PROPOSED)
        if risk.category == week.waiting_category and risk.state not in over:
            until = week.day(risk.closed_at) if risk.closed_at else week.end
            theirs[risk.label] = _working(week, week.day(risk.opened_at), until)
            shared |= {risk.label} if risk.shared else set()
    for milestone in week.milestones:
        until = milestone.done_on or week.end
        if until > milestone.due:
            days = _working(week, milestone.due + timedelta(days=1), until)
            owner = owner_of(milestone, week.members)
            whose = theirs if owner and owner.role in CUSTOMERS else ours
            whose[milestone.label] = days
            shared |= {milestone.label} if milestone.shared else set()
    for key, found in (("waiting.customer", theirs), ("waiting.own", ours)):
        yield _waited(key, found, inside=True)
        open_ = {label: days for label, days in found.items() if label in shared}
        yield _waited(key, open_, inside=False)


def _waited(key: str, found: Mapping[str, set[date]], *, inside: bool) -> Line:
    sources = tuple(label for label, days in found.items() if days)
    total = len(set().union(*found.values())) if found else 0
    name, values = (key, {"days": total}) if total else (f"{key}.none", {})
    return Line(name, values, sources if total else (), shared=not inside, inside=inside)


def _working(week: Week, first: date, last: date) -> set[date]:
    day, end = max(first, week.first), min(last, week.end)
    found = set()
    while day <= end:
        if week.calendar.works(day):
            found.add(day)
        day += timedelta(days=1)
    return found


# --- people --------------------------------------------------------------------------------------


def _participation(week: Week) -> Iterator[Line]:
    rounds = {
        day: state for day, state in week.rounds.items() if week.holds(day) and day != week.running
    }
    asked = sum(state.asked for state in rounds.values())
    if not asked:
        yield Line("participation.unknown")
        return
    answered = asked - sum(len(state.missing) for state in rounds.values())
    days = tuple(standup_of(day) for day in sorted(rounds))
    percent = 100 * answered // asked
    yield Line(
        "participation.share", {"answered": answered, "asked": asked, "percent": percent}, days
    )
    missed: dict[str, list[str]] = {}
    for day in sorted(rounds):
        for member in rounds[day].missing:
            missed.setdefault(member.person.id, []).append(standup_of(day, member.person.name))
    names = {m.person.id: m.person.name for m in week.members}
    for id_ in sorted(missed, key=lambda one: -len(missed[one]))[:MOST_LINES]:
        values = {"name": names.get(id_, ""), "count": len(missed[id_])}
        yield Line("participation.missed", values, tuple(missed[id_]))


def _faq(week: Week) -> Iterator[Line]:
    if not week.questions:
        yield Line("faq.none")
        return
    yield Line("faq.asked", {"count": len(week.questions)}, _labels(week.questions))
    waiting = [q for q in week.questions if q.state in (QuestionState.OPEN, QuestionState.CLAIMED)]
    if waiting:
        yield Line("faq.waiting", {"count": len(waiting)}, _labels(waiting))
    often = Counter(q.plain for q in week.questions if q.plain)
    for plain, count in often.most_common(3):
        if count > 1:
            asked = [q for q in week.questions if q.plain == plain]
            yield Line("faq.often", {"text": asked[0].text, "count": count}, _labels(asked))


def _followups(week: Week) -> Iterator[Line]:
    said = [one for one in week.said if one.score is not None or one.likely is not None or one.text]
    if not said:
        yield Line("followups.none")
        return
    scored = [one for one in said if one.score is not None]
    average = mean([one.score for one in scored if one.score is not None])
    if average is not None:
        values = {"mean": average, "count": len(scored)}
        yield Line("followups.mean", values, tuple(_cited(week, one) for one in scored))
    likely = [one for one in said if one.likely is not None]
    net = promoters([one.likely for one in likely if one.likely is not None])
    if net is not None:
        values = {"net": net, "count": len(likely)}
        yield Line("followups.nps", values, tuple(_cited(week, one) for one in likely))
    tasks = {risk.id: risk for risk in week.risks if risk.source == week.complaint_source}
    for one in [one for one in said if one.low or one.risk_id][:MOST_LINES]:
        task = tasks.get(one.risk_id or "")
        told = {"name": week.names.get(one.person_id, ""), "text": one.text}
        key = "followups.low" if task else "followups.low.open"
        more = {"risk_state": str(task.state)} if task else {}
        label = (task.label,) if task else ()
        yield Line(key, {**told, **more}, (_cited(week, one), *label))

    calm = [one for one in said if one.text and not (one.low or one.risk_id)]
    for one in calm[:MOST_LINES]:
        told = {"name": week.names.get(one.person_id, ""), "text": one.text}
        yield Line("followups.said", told, (_cited(week, one),))


def _cited(week: Week, one: Feedback) -> str:
    return feedback_of(week.day(one.at), week.names.get(one.person_id, ""))


def _suggestions(week: Week) -> Iterator[Line]:
    """Customers read what one of them suggested, in that one's words."""
    new = [s for s in week.suggestions if week.holds(week.day(s.at))]
    answered = [s for s in week.suggestions if s.changed_at and week.holds(week.day(s.changed_at))]
    for one in [s for s in new if s not in answered][:MOST_LINES]:
        yield Line("suggestions.new", {"text": one.text}, (one.label,))
    team = {m.person.id for m in week.members if m.role not in CUSTOMERS and not m.person.external}
    theirs = 0
    for one in answered[:MOST_LINES]:
        values = {"suggestion_state": str(one.state), "note": one.note}
        yield Line("suggestions.answered", {"text": one.text, **values}, (one.label,))
        voice = next((v for v in one.voices if v.person_id not in team), None)
        if voice and one.state is not SuggestionState.NEW:
            theirs += 1
            told = {"text": voice.text, **values}
            key = "suggestions.answered"
            yield Line(key, told, (one.label,), shared=True, inside=False)
    if not (new or answered):
        yield Line("suggestions.none")
    if not theirs:
        yield Line("suggestions.none.shared", shared=True, inside=False)
