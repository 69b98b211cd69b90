"""The project's card and the form that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action, SayCommand
from bot.domain.people import Member, Role
from bot.domain.project import TEMPLATES, Health, Milestone, Project, Reason
from bot.domain.workdays import Calendar
from cards.common import unannounced
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Choice,
    DateInput,
    Element,
    Facts,
    Form,
    Muted,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    text,
)
from cards.words import Words

LONGEST_NAME = 60


@dataclass(frozen=True)
class CreateProject(Action, name="project.create"):
    """The form's fields carry everything."""


_TONES = {Health.GOOD: Tone.GOOD, Health.WATCH: Tone.WATCH, Health.BAD: Tone.BAD}


def create_form(w: Words, name: str) -> Form:
    options = tuple((key, w(f"template.{key}")) for key in TEMPLATES)
    return Form(
        "project",
        (
            TextInput(
                "name",
                w("project.name"),
                name[:LONGEST_NAME],
                required=True,
                longest=LONGEST_NAME,
            ),
            DateInput("golive", w("project.golive")),
            Choice("template", w("project.template"), options, "four_weeks"),
        ),
        button(
            w("project.create"),
            CreateProject(),
            typed=f"{w('intent.project.create')} {name}".strip(),
            style="primary",
        ),
    )


def created(
    w: Words,
    project: Project,
    milestones: Sequence[Milestone],
    today: date,
    calendar: Calendar,
) -> Card:
    elements: list[Element] = [text(w("project.created.you"))]
    if milestones:
        elements += [
            text(w("project.created.plan")),
            _plan(w, milestones, today, calendar),
        ]
    elements += unannounced(w, {m.due.year for m in milestones if not calendar.knows(m.due)})
    return Card(
        w("project.created"),
        tuple(elements),
        Tone.GOOD,
        project.name,
        language=w.language,
    )


def overview(
    w: Words,
    project: Project,
    health: tuple[Health, Sequence[Reason]],
    milestones: Sequence[Milestone],
    members: Sequence[Member],
    blockers: Sequence[tuple[Member, str]],
    participation: float | None,
    today: date,
    calendar: Calendar,
) -> Card:
    """Health with its reasons, what comes next, what is stuck, and who is who."""
    level, reasons = health
    ahead = [m for m in milestones if m.done_on is None][:4]
    golive = w.day(project.golive) if project.golive else w("project.golive.none")
    share = w("project.rounds.none") if participation is None else f"{participation:.0%}"
    elements: list[Element] = [
        Facts(
            (
                (w("project.health"), w(f"health.{level.value}")),
                (w("project.golive"), golive),
                (w("project.rounds"), share),
            )
        )
    ]
    if reasons:
        elements.append(bullets([_reason(w, reason) for reason in reasons]))
    elements.append(text(Bold(w("project.next"))))
    elements.append(
        _plan(w, ahead, today, calendar) if ahead else text(Muted(w("project.no_next")))
    )
    if blockers:
        elements += [
            text(Bold(w("project.blockers", count=len(blockers)))),
            bullets([w("digest.blocker", name=m.person.name, text=t) for m, t in blockers[:5]]),
        ]
    elements += [text(Bold(w("project.people"))), people_list(w, members)]
    elements += unannounced(w, {m.due.year for m in ahead if not calendar.knows(m.due)})
    names = [w("intent.standup.missing"), w("intent.help")]
    elements.append(Buttons(tuple(button(n, SayCommand(n), typed=n) for n in names)))
    return Card(
        project.name,
        tuple(elements),
        _TONES[level],
        tag=w(f"health.{level.value}"),
        language=w.language,
    )


def people_list(w: Words, members: Sequence[Member]) -> Text:
    """One line a role; members without a role come last."""
    parts: list[str | Bold] = []
    for role in (*Role, None):
        holders = [m for m in members if m.role is role]
        if holders:
            parts += ["\n"] if parts else []
            parts += [Bold(w.role(role)), "  ", w.names(holders)]
    return text(*parts) if parts else text(Muted(w("role.none")))


def _reason(w: Words, reason: Reason) -> str:
    values = dict(reason.values)
    if "name" in values:
        values["name"] = w.milestone(str(values["name"]))
    return w(reason.key, **values)


def _plan(w: Words, milestones: Sequence[Milestone], today: date, calendar: Calendar) -> Element:
    return bullets([_milestone(w, m, today, calendar) for m in milestones])


def _milestone(w: Words, milestone: Milestone, today: date, calendar: Calendar) -> Text:
    line = w(
        "project.milestone",
        number=milestone.number,
        name=w.milestone(milestone.name),
        day=w.day(milestone.due),
    )
    days = calendar.between(today, milestone.due)
    if milestone.due < today:
        state: Bold | Muted = Bold(w("project.milestone.overdue", days=-days))
    elif milestone.due == today:
        state = Bold(w("project.milestone.today"))
    else:
        state = Muted(w("project.milestone.in", days=days))
    return text(line, "  ", state)
