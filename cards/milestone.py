"""One milestone, a list of them, and the group's card of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action, SayCommand
from bot.domain.milestone import LONGEST_NAME, Milestone, forecast, owner_of
from bot.domain.people import Member
from bot.domain.project import Project
from bot.domain.workdays import Calendar
from cards.common import NOBODY, unannounced
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Choice,
    DateInput,
    Element,
    Facts,
    Fold,
    Form,
    Muted,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.words import Words

A_PAGE = 30
MOST_SHOWN = 12


@dataclass(frozen=True)
class DoneMilestone(Action, name="milestone.done"):
    milestone_id: str


@dataclass(frozen=True)
class OpenMilestone(Action, name="milestone.open"):
    """Show the milestone on a card of its own."""

    milestone_id: str


FORMS = ("postpone", "check", "edit")


@dataclass(frozen=True)
class AskMilestone(Action, name="milestone.ask"):
    """Show a form on the card: `postpone`, `check`, `edit`, or none of them."""

    milestone_id: str
    form: str


@dataclass(frozen=True)
class PostponeMilestone(Action, name="milestone.postpone"):
    milestone_id: str
    version: int


@dataclass(frozen=True)
class SaveMilestone(Action, name="milestone.save"):
    milestone_id: str
    version: int


@dataclass(frozen=True)
class CheckMilestone(Action, name="milestone.check"):
    milestone_id: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a plan is drawn with: its members, the day it is, its working days."""

    milestones: Sequence[Milestone]
    members: Sequence[Member]
    today: date
    calendar: Calendar

    def owner(self, w: Words, milestone: Milestone) -> str:
        found = owner_of(milestone, self.members)
        if found:
            return found.person.name
        return w.role(milestone.role) if milestone.role else w("plan.nobody")


def line_of(w: Words, milestone: Milestone, seen: PlanView, expected: date | None = None) -> Text:
    """One milestone in a list: what, when, whose, how long still, and where it is heading."""
    head = w(
        "project.milestone",
        number=milestone.number,
        name=w.milestone(milestone.name),
        day=w.day(milestone.due),
    )
    parts: list[str | Bold | Muted] = [head, "  ", _state(w, milestone, seen)]
    if milestone.open:
        parts += [Muted("  " + seen.owner(w, milestone))]
    slip = seen.calendar.between(milestone.agreed, milestone.due)
    if slip > 0:
        parts.append(Muted("  " + w("plan.slipped", days=slip, day=w.day(milestone.agreed))))
    if expected and milestone.open and expected > max(milestone.due, seen.today):
        parts.append(Muted("  " + w("plan.expected", day=w.day(expected))))
    return text(*parts)


def _state(w: Words, milestone: Milestone, seen: PlanView) -> Bold | Muted:
    if milestone.done_on:
        if milestone.done_on == milestone.due:
            return Muted(w("plan.state.done"))
        late = seen.calendar.between(milestone.due, milestone.done_on)
        key = "plan.done.late" if late > 0 else "plan.done"
        return Muted(w(key, day=w.day(milestone.done_on), days=late))
    days = seen.calendar.between(seen.today, milestone.due)
    if milestone.due < seen.today:
        return Bold(w("project.milestone.overdue", days=max(-days, 1)))
    if milestone.due == seen.today:
        return Bold(w("project.milestone.today"))
    return Muted(w("project.milestone.in", days=days))


def milestone_card(
    w: Words,
    project: Project,
    milestone: Milestone,
    seen: PlanView,
    form: str = "",
    said: str = "",
    *,
    whole: bool = True,
) -> Card:
    """One milestone with all that is known of it; `said` is what has just been done.

    Customers, to whom not the `whole` is shown, see no checklist and cannot act.
    """
    expected = forecast(seen.milestones, seen.today, seen.calendar)[milestone.number]
    by_number = {m.number: m for m in seen.milestones}
    elements: list[Element] = [text(said)] if said else []
    elements.append(Facts(_milestone_facts(w, milestone, seen, expected)))
    befores = [by_number[n] for n in milestone.after if n in by_number]
    if befores:
        names = w.comma.join(f"{b.label} {w.milestone(b.name)}" for b in befores)
        elements.append(text(Muted(w("plan.after")), "  ", names))
    if milestone.checklist and whole:
        lines = [f"{'☑' if done else '☐'} {w.check(item)}" for item, done in milestone.checklist]
        have = sum(done for _, done in milestone.checklist)
        title = w("plan.checklist", done=have, of=len(lines))
        elements.append(Fold(title, (bullets(lines),), open=milestone.open))
    if form and milestone.open:
        elements += [_form(w, milestone, seen, form), _back(w, milestone)]
    elif milestone.open and whole:
        elements.append(_buttons(w, milestone))
        elements.append(note(w("plan.milestone.hint", id=milestone.label)))
    unknown = set() if seen.calendar.knows(milestone.due) else {milestone.due.year}
    elements += unannounced(w, unknown)
    late = milestone.open and milestone.due < seen.today
    return Card(
        f"{milestone.label} · {w.milestone(milestone.name)}",
        tuple(elements),
        Tone.BAD if late else (Tone.GOOD if not milestone.open else Tone.INFO),
        project.name,
        w("plan.state.done") if not milestone.open else (w("plan.state.late") if late else ""),
        language=w.language,
    )


def _milestone_facts(
    w: Words, milestone: Milestone, seen: PlanView, expected: date
) -> tuple[tuple[str, str], ...]:
    state = _state(w, milestone, seen).text
    pairs = [
        (w("plan.due"), f"{w.day(milestone.due)}  {state}"),
        (w("risk.owner"), seen.owner(w, milestone)),
    ]
    slip = seen.calendar.between(milestone.agreed, milestone.due)
    if slip:
        pairs.append((w("plan.baseline"), w.day(milestone.agreed)))
    if milestone.open and expected > milestone.due:
        pairs.append((w("plan.forecast"), w.day(expected)))
    if milestone.phase:
        pairs.append((w("plan.phase"), w.phase(milestone.phase)))
    if milestone.shared:
        pairs.append((w("risk.shared"), w("risk.shared.yes")))
    return tuple(pairs)


def _buttons(w: Words, milestone: Milestone) -> Buttons:
    command = w("plan.typed", id=milestone.label)
    done = button(
        w("plan.do.done"),
        DoneMilestone(milestone.id),
        typed=f"{command} {w('plan.do.done')}",
        style="primary",
    )
    forms = ["postpone", *(["check"] if any(not d for _, d in milestone.checklist) else []), "edit"]
    return Buttons(
        (
            done,
            *(
                button(
                    w(f"plan.do.{form}"),
                    AskMilestone(milestone.id, form),
                    typed=f"{command} {w(f'plan.typed.{form}')}",
                )
                for form in forms
            ),
        )
    )


def _back(w: Words, milestone: Milestone) -> Buttons:
    return Buttons((button(w("risk.do.back"), AskMilestone(milestone.id, "")),))


def _form(w: Words, milestone: Milestone, seen: PlanView, form: str) -> Form:
    command = w("plan.typed", id=milestone.label)
    match form:
        case "postpone":
            fields: tuple[TextInput | Choice | DateInput, ...] = (
                DateInput("until", w("plan.until"), required=True),
                TextInput("reason", w("risk.reason"), required=True, lines=2, longest=300),
            )
            act: Action = PostponeMilestone(milestone.id, milestone.version)
        case "check":
            left = tuple(
                (str(n), w.check(item))
                for n, (item, done) in enumerate(milestone.checklist)
                if not done
            )
            fields = (Choice("item", w("plan.check.item"), left, left[0][0] if left else ""),)
            act = CheckMilestone(milestone.id)
        case _:
            people = (
                (NOBODY, w("plan.nobody")),
                *((m.person.id, m.person.name) for m in seen.members),
            )
            owner = owner_of(milestone, seen.members)
            after = w.comma.join(f"M{n}" for n in milestone.after)
            fields = (
                TextInput(
                    "name",
                    w("plan.name"),
                    w.milestone(milestone.name),
                    required=True,
                    longest=LONGEST_NAME,
                ),
                Choice("owner", w("risk.owner"), people, owner.person.id if owner else NOBODY),
                TextInput("after", w("plan.after"), after, "M1、M2", longest=60),
                Choice(
                    "shared",
                    w("risk.shared"),
                    (("no", w("risk.shared.no")), ("yes", w("risk.shared.yes"))),
                    "yes" if milestone.shared else "no",
                ),
            )
            act = SaveMilestone(milestone.id, milestone.version)
    typed = f"{command} {w(f'plan.typed.{form}')}"
    return Form(
        f"milestone_{form}",
        fields,
        button(w(f"plan.submit.{form}"), act, typed=typed, style="primary"),
    )


def listed(
    w: Words, project: Project, found: Sequence[Milestone], seen: PlanView, title: str = ""
) -> Card:
    """Milestones in words, with the ways to act on the first that is not done."""
    expected = forecast(seen.milestones, seen.today, seen.calendar)
    lines = [line_of(w, m, seen, expected[m.number]) for m in found[:A_PAGE]]
    elements: list[Element] = [bullets(lines)] if lines else [text(w("plan.none.found"))]
    if len(found) > A_PAGE:
        elements.append(note(w("plan.more", count=len(found) - A_PAGE)))
    open_ = next((m for m in found if m.open), None)
    if open_:
        elements.append(_buttons_for(w, open_))
    elements.append(note(w("plan.hint")))
    late = any(m.open and m.due < seen.today for m in found)
    return Card(
        title or w("plan.list"),
        tuple(elements),
        Tone.BAD if late else Tone.INFO,
        project.name,
        language=w.language,
    )


def _buttons_for(w: Words, milestone: Milestone) -> Buttons:
    plan = w("intent.plan.show")
    return Buttons(
        (
            button(plan, SayCommand(plan), typed=plan),
            button(
                w("plan.open", id=milestone.label),
                OpenMilestone(milestone.id),
                typed=w("plan.typed", id=milestone.label),
            ),
        )
    )


def today_card(w: Words, project: Project, due: Sequence[Milestone], seen: PlanView) -> Card:
    """The group's one card of a day: what comes, what is due, what is late."""
    groups = (
        ("plan.today.late", [m for m in due if m.due < seen.today]),
        ("plan.today.due", [m for m in due if m.due == seen.today]),
        ("plan.today.soon", [m for m in due if m.due > seen.today]),
    )
    elements: list[Element] = []
    for key, found in groups:
        if found:
            elements += [
                text(Bold(w(key, count=len(found)))),
                bullets([line_of(w, m, seen) for m in found[:MOST_SHOWN]]),
            ]
        if len(found) > MOST_SHOWN:
            elements.append(note(w("plan.more", count=len(found) - MOST_SHOWN)))
    if not elements:
        elements = [text(w("plan.today.none"))]
    names = [w("intent.milestone.list"), w("intent.plan.show")]
    elements.append(Buttons(tuple(button(n, SayCommand(n), typed=n) for n in names)))
    late = bool(groups[0][1])
    return Card(
        w("plan.today", day=w.day(seen.today)),
        tuple(elements),
        Tone.BAD if late else Tone.WATCH,
        project.name,
        language=w.language,
    )
