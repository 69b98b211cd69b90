"""The project's card and the form that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.actions import Action, SayCommand
from bot.domain.health import Health, Reason
from bot.domain.people import Member, Role
from bot.domain.project import Project
from bot.domain.standing import Standing
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
    Rule,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.milestone import PlanView, line_of
from cards.plan import because
from cards.risk import Shown, short
from cards.risk import line_of as risk_line
from cards.words import Words

LONGEST_NAME = 60
MOST_REASONS = 8
# Each takes some six nodes, and Feishu takes 200 a card.
MOST_PROJECTS = 20


@dataclass(frozen=True)
class CreateProject(Action, name="project.create"):
    """The form's fields carry everything."""


_TONES = {Health.GOOD: Tone.GOOD, Health.WATCH: Tone.WATCH, Health.BAD: Tone.BAD}


def create_form(w: Words, name: str, templates: Sequence[tuple[str, str]]) -> Form:
    options = tuple(templates)
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


def created(w: Words, project: Project, seen: PlanView, *, whole: bool = True) -> Card:
    """What has come about; where customers read it (not the `whole`) only their part of it."""
    elements: list[Element] = [text(w("project.created.you"))]
    plan = [milestone for milestone in seen.milestones if whole or milestone.shared]
    if plan:
        elements += [
            text(w("project.created.plan")),
            bullets([line_of(w, milestone, seen) for milestone in plan]),
        ]
    else:
        elements.append(note(w("project.created.no_plan")))
    elements += unannounced(w, {m.due.year for m in plan if not seen.calendar.knows(m.due)})
    return Card(
        w("project.created"),
        tuple(elements),
        Tone.GOOD,
        project.name,
        language=w.language,
    )


def overview(
    w: Words, project: Project, now: Standing, risks: Sequence[Shown], *, whole: bool
) -> Card:
    """Health with its reasons, what comes next, the worst risks, what is stuck, who is who.

    Without `whole` only what is marked for customers is shown, and no judgement.
    """
    seen = PlanView(now.milestones, now.members, now.today, now.calendar)
    ahead = [m for m in now.milestones if m.open and (whole or m.shared)][:4]
    elements: list[Element] = [Facts(_facts(w, project, now, whole=whole))]
    if whole and now.reasons:
        elements.append(bullets([reason_of(w, reason) for reason in now.reasons[:MOST_REASONS]]))
    if whole and now.outlook and now.outlook.late:
        elements.append(text(Muted(because(w, now.outlook))))
    elements.append(text(Bold(w("project.next"))))
    elements.append(
        bullets([line_of(w, m, seen) for m in ahead])
        if ahead
        else text(Muted(w("project.no_next")))
    )
    if risks:
        elements += [
            text(Bold(w("project.risks", count=len(now.risks) if whole else len(risks)))),
            bullets([risk_line(w, one, whole=whole) for one in risks]),
        ]
    if whole and now.blockers:
        lines = [w("digest.blocker", name=m.person.name, text=t) for m, t in now.blockers[:5]]
        elements += [text(Bold(w("project.blockers", count=len(now.blockers)))), bullets(lines)]
    elements += [text(Bold(w("project.people"))), people_list(w, now.members)]
    elements += unannounced(w, {m.due.year for m in ahead if not now.calendar.knows(m.due)})
    wanted = ["plan.show", "risk.list", "standup.missing", "help"]
    names = [w(f"intent.{name}") for name in wanted]
    elements.append(Buttons(tuple(button(n, SayCommand(n), typed=n) for n in names)))
    return Card(
        project.name,
        tuple(elements),
        _TONES[now.health] if whole else Tone.INFO,
        tag=w(f"health.{now.health.value}") if whole else "",
        language=w.language,
    )


def _facts(
    w: Words, project: Project, now: Standing, *, whole: bool
) -> tuple[tuple[str, str], ...]:
    golive = w.day(project.golive) if project.golive else w("project.golive.none")
    if not whole:
        return ((w("project.golive"), golive),)
    share = w("project.rounds.none") if now.share is None else f"{now.share:.0%}"
    return (
        (w("project.health"), w(f"health.{now.health.value}")),
        (w("project.golive"), golive),
        (w("project.rounds"), share),
    )


def portfolio(w: Words, projects: Sequence[tuple[Project, Standing]]) -> Card:
    """A supervisor's projects, those in trouble first, each with why and what comes next."""
    order = list(Health)[::-1]
    ranked = sorted(projects, key=lambda one: (order.index(one[1].health), one[0].name))
    counts = [sum(now.health is level for _, now in projects) for level in order]
    labels = [w(f"health.{level.value}") for level in order]
    elements: list[Element] = [
        Facts(tuple((name, str(n)) for name, n in zip(labels, counts, strict=True)))
    ]
    for project, now in ranked[:MOST_PROJECTS]:
        elements += [Rule(), *_one_of_many(w, project, now)]
    if len(ranked) > MOST_PROJECTS:
        elements.append(note(w("portfolio.more", count=len(ranked) - MOST_PROJECTS)))
    elements.append(note(w("portfolio.hint")))
    worst = ranked[0][1].health
    return Card(
        w("portfolio.title"),
        tuple(elements),
        _TONES[worst],
        tag=w("portfolio.tag", count=len(projects)),
        language=w.language,
    )


def _one_of_many(w: Words, project: Project, now: Standing) -> list[Element]:
    golive = w.day(project.golive) if project.golive else w("project.golive.none")
    next_ = next((m for m in now.milestones if m.open), None)
    high = sum(risk.level == "high" for risk in now.risks)
    head = text(
        Bold(project.name),
        f"  {w(f'health.{now.health.value}')}  ",
        Muted(w("portfolio.line", golive=golive, risks=len(now.risks), high=high)),
    )
    found: list[Element] = [head]
    if now.reasons:
        found.append(bullets([reason_of(w, reason) for reason in now.reasons[:3]]))
    if next_:
        seen = PlanView(now.milestones, now.members, now.today, now.calendar)
        found.append(text(Muted(w("portfolio.next") + "  "), *line_of(w, next_, seen).parts))
    return found


def people_list(w: Words, members: Sequence[Member]) -> Text:
    """One line a role; members without a role come last."""
    parts: list[str | Bold] = []
    for role in (*Role, None):
        holders = [m for m in members if m.role is role]
        if holders:
            parts += ["\n"] if parts else []
            parts += [Bold(w.role(role)), "  ", w.names(holders)]
    return text(*parts) if parts else text(Muted(w("role.none")))


def reason_of(w: Words, reason: Reason) -> str:
    """The sentence behind a colour."""
    values = dict(reason.values)
    if "name" in values:
        values["name"] = w.milestone(str(values["name"]))
    if "names" in values:
        values["names"] = w.comma.join(w.milestone(str(name)) for name in values["names"])  # type: ignore[attr-defined]
    if "day" in values:
        values["day"] = w.day(values["day"])  # type: ignore[arg-type]
    if "text" in values:
        values["text"] = short(str(values["text"]), 40)
    return w(reason.key, **values)
