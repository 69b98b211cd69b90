"""A person's own record: what they did, each number with what it is counted over. Never a ranking.

A risk counts as found early where a date that was first agreed for later than the day on which it
was raised was then not kept: the days between the two are what the warning gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.domain.faq import FaqEntry, Question
from bot.domain.followup import Feedback, mean
from bot.domain.milestone import Milestone, owner_of
from bot.domain.people import Member, Role
from bot.domain.project import Project
from bot.domain.report import Line
from bot.domain.risk import Risk, RiskState
from bot.domain.week import feedback_of

MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One project as a person's record needs it: `me` is the person in it, `trainings` the numbers
    of the milestones that are trainings."""

    project: Project
    me: Member
    since: date
    today: date
    milestones: Sequence[Milestone]
    members: Sequence[Member]
    risks: Sequence[Risk]
    entries: Sequence[FaqEntry] = ()
    answered: Sequence[Question] = ()
    said: Sequence[Feedback] = ()
    trainings: frozenset[int] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)

    def cite(self, label: str) -> str:
        """A record of this project among those of others."""
        return f"{self.project.name} {label}"

    @property
    def own(self) -> list[Milestone]:
        """The milestones that are the person's."""
        found = []
        for milestone in self.milestones:
            owner = owner_of(milestone, self.members)
            if owner and owner.person.id == self.me.person.id:
                found.append(milestone)
        return found


SECTIONS = ("projects", "dates", "risks", "faq", "customers", "trainings")


def grown(parts: Sequence[Part]) -> dict[str, tuple[Line, ...]]:
    """Every section of the record; one that has nothing says so."""
    found = {
        "projects": tuple(_projects(parts)),
        "dates": tuple(_dates(parts)),
        "risks": tuple(_risks(parts)),
        "faq": tuple(_faq(parts)),
        "customers": tuple(_customers(parts)),
        "trainings": tuple(_trainings(parts)),
    }
    return {name: lines or (Line(f"growth.{name}.none"),) for name, lines in found.items()}


def _projects(parts: Sequence[Part]) -> Iterator[Line]:
    for part in parts[:MOST_LINES]:
        values = {"name": part.project.name, "since_on": part.since.isoformat()}
        role = {"role": str(part.me.role)} if part.me.role else {}
        key = "growth.project" if role else "growth.project.plain"
        yield Line(key, {**values, **role}, (part.project.name,))


def _dates(parts: Sequence[Part]) -> Iterator[Line]:
    """How many of the person's milestones were done by the date that was first agreed."""
    done = [(part, m) for part in parts for m in part.own if m.done_on]
    if not done:
        return
    kept = [(part, m) for part, m in done if m.done_on and m.done_on <= m.agreed]
    values = {"of": len(done), "percent": round(100 * len(kept) / len(done))}
    sources = tuple(part.cite(m.label) for part, m in done)
    if kept:
        yield Line("growth.kept", {**values, "kept": len(kept)}, sources)
    else:
        yield Line("growth.kept.none", {"of": len(done)}, sources)
    late = [(part, m) for part, m in done if m.done_on and m.done_on > m.agreed]
    for part, m in late[:MOST_LINES]:
        day = m.done_on.isoformat() if m.done_on else ""
        said = {"milestone": m.name, "agreed_on": m.agreed.isoformat(), "done_on": day}
        yield Line("growth.late", said, (part.cite(m.label),))


def _risks(parts: Sequence[Part]) -> Iterator[Line]:
    raised = [
        (part, risk)
        for part in parts
        for risk in part.risks
        if risk.raised_by == part.me.person.id
        and risk.state not in (RiskState.PROPOSED, RiskState.DISMISSED)
    ]
    if not raised:
        return
    yield Line(
        "growth.raised", {"count": len(raised)}, tuple(part.cite(r.label) for part, r in raised)
    )
    for part, risk in raised[:MOST_LINES]:
        hit = _effect(part, risk)
        if hit:
            opened = part.project.local(risk.opened_at).date()
            values = {"text": risk.text, "days": (hit.agreed - opened).days, "milestone": hit.name}
            sources = (part.cite(risk.label), part.cite(hit.label))
            yield Line("growth.early", values, sources)


def _effect(part: Part, risk: Risk) -> Milestone | None:
    """The first agreed date after the warning that was not kept."""
    opened = part.project.local(risk.opened_at).date()
    missed = [
        m
        for m in part.milestones
        if m.agreed > opened and max(m.due, m.done_on or part.today) > m.agreed
        and (m.done_on or m.due > m.agreed or m.due < part.today)
    ]  # fmt: skip
    return min(missed, key=lambda m: (m.agreed, m.number), default=None)


def _faq(parts: Sequence[Part]) -> Iterator[Line]:
    entries = [(part, e) for part in parts for e in part.entries]
    if entries:
        sources = tuple(part.cite(e.label) for part, e in entries)
        yield Line("growth.entries", {"count": len(entries)}, sources)
    answers = [(part, q) for part in parts for q in part.answered]
    if answers:
        sources = tuple(part.cite(q.label) for part, q in answers)
        yield Line("growth.answers", {"count": len(answers)}, sources)


def _customers(parts: Sequence[Part]) -> Iterator[Line]:
    """What the customers of the person's projects said, project by project."""
    for part in parts[:MOST_LINES]:
        scored = [one for one in part.said if one.score is not None]
        average = mean([one.score for one in scored if one.score is not None])
        if average is not None:
            values = {"name": part.project.name, "mean": average, "count": len(scored)}
            sources = tuple(_cited(part, one) for one in scored)
            yield Line("growth.mean", values, sources)


def _cited(part: Part, one: Feedback) -> str:
    """Colleagues read the score of a project, not who gave which: the supervisor's and the
    manager's report has that."""
    may_see = part.me.role in (Role.MANAGER, Role.SUPERVISOR)
    day = part.project.local(one.at).date()
    return feedback_of(day, part.names.get(one.person_id, "") if may_see else "")


def _trainings(parts: Sequence[Part]) -> Iterator[Line]:
    given = [(part, m) for part in parts for m in part.own
             if m.done_on and m.number in part.trainings]  # fmt: skip
    if given:
        sources = tuple(part.cite(m.label) for part, m in given)
        yield Line("growth.trainings", {"count": len(given)}, sources)
