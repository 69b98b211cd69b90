"""The cards of the plan: the whole, one milestone, the day's, and what a moved date would move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action
from bot.domain.health import Outlook
from bot.domain.milestone import Milestone, Moved, forecast, in_order
from bot.domain.project import Project
from bot.domain.workdays import Calendar
from cards.common import unannounced
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Element,
    Facts,
    Fold,
    Gantt,
    GanttRow,
    Text,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.milestone import A_PAGE, PlanView, line_of
from cards.words import Words


@dataclass(frozen=True)
class AnswerDraft(Action, name="plan.answer"):
    """Do what was shown and has been kept as a draft, or leave it."""

    draft_id: str
    yes: bool


@dataclass(frozen=True)
class PlanPage(Action, name="plan.page"):
    project_id: str
    page: int


def plan_card(
    w: Words, project: Project, seen: PlanView, ahead: Outlook | None, page: int = 1
) -> Card:
    """The plan as a picture and as words, in the order of its dates."""
    ordered = sorted(seen.milestones, key=lambda m: (m.due, m.number))
    pages = max((len(ordered) + A_PAGE - 1) // A_PAGE, 1)
    page = min(max(page, 1), pages)
    part = ordered[(page - 1) * A_PAGE : page * A_PAGE]
    expected = forecast(seen.milestones, seen.today, seen.calendar)
    done = sum(not m.open for m in ordered)
    late = sum(m.open and m.due < seen.today for m in ordered)
    elements: list[Element] = [Facts(_plan_facts(w, project, done, late, len(ordered), ahead))]
    if not part:
        elements.append(text(w("plan.none")))
    else:
        elements.append(gantt(w, part, expected, seen))
        lines = [line_of(w, m, seen, expected[m.number]) for m in part]
        elements.append(Fold(w("plan.lines", count=len(part)), (bullets(lines),), open=True))
    if ahead and ahead.late:
        elements.append(text(because(w, ahead)))
    unknown = {m.due.year for m in part if not seen.calendar.knows(m.due)}
    elements += [*turning(w, project, page, pages), *unannounced(w, unknown)]
    elements.append(note(w("plan.hint")))
    return Card(
        w("plan.title"),
        tuple(elements),
        Tone.BAD if late else (Tone.WATCH if ahead and ahead.late else Tone.INFO),
        project.name,
        w("page", page=page, pages=pages)
        if pages > 1
        else w("plan.tag", done=done, of=len(ordered)),
        language=w.language,
    )


def _plan_facts(
    w: Words, project: Project, done: int, late: int, count: int, ahead: Outlook | None
) -> tuple[tuple[str, str], ...]:
    golive = w.day(project.golive) if project.golive else w("project.golive.none")
    pairs = [
        (w("project.golive"), golive),
        (w("plan.progress"), w("plan.tag", done=done, of=count)),
    ]
    if late:
        pairs.append((w("plan.late"), str(late)))
    if ahead and ahead.late:
        pairs.append(
            (w("plan.forecast"), w("plan.forecast.of", day=w.day(ahead.expected), days=ahead.late))
        )
    return tuple(pairs)


def because(w: Words, ahead: Outlook) -> str:
    """Why go-live is likely to be late."""
    names = w.comma.join(f"{m.label} {w.milestone(m.name)}" for m in ahead.because[:3])
    return w("plan.because", day=w.day(ahead.expected), days=ahead.late, names=names)


def gantt(
    w: Words, part: Sequence[Milestone], expected: Mapping[int, date], seen: PlanView
) -> Gantt:
    """A bar from what a step waits for to its end; the first begins where the plan does."""
    by_number = {m.number: m for m in seen.milestones}
    rows = []
    first = min((m.agreed for m in seen.milestones), default=seen.today)
    for milestone in part:
        end = milestone.done_on or milestone.due
        befores = [by_number[n] for n in milestone.after if n in by_number]
        starts = [b.done_on or b.due for b in befores]
        start = min(max(starts), end) if starts else seen.calendar.shift(min(first, end), -3)
        rows.append(
            GanttRow(
                f"{milestone.label} {w.milestone(milestone.name)}",
                start.isoformat(),
                end.isoformat(),
                milestone.agreed.isoformat(),
                expected[milestone.number].isoformat(),
                done=not milestone.open,
                late=milestone.open and milestone.due < seen.today,
            )
        )
    told = w.comma.join(
        w("plan.told", name=row.label, day=w.day(date.fromisoformat(row.end))) for row in rows[:30]
    )
    legend = tuple(w(f"plan.legend.{n}") for n in range(6))
    return Gantt(w("plan.title"), told, seen.today.isoformat(), tuple(rows), legend)  # type: ignore[arg-type]


def turning(w: Words, project: Project, page: int, pages: int) -> list[Element]:
    buttons = [
        button(
            w(f"page.{name}"), PlanPage(project.id, other), typed=w("plan.typed.page", page=other)
        )
        for name, other in (("before", page - 1), ("after", page + 1))
        if 1 <= other <= pages
    ]
    return [Buttons(tuple(buttons))] if buttons else []


def moved_lines(w: Words, moves: Sequence[Moved], calendar: Calendar) -> list[Text]:
    """Old date, new date, by how much."""
    return [
        text(
            Bold(move.milestone.label),
            f" {w.milestone(move.milestone.name)}  ",
            w(
                "plan.move",
                old=w.day(move.milestone.due),
                new=w.day(move.to),
                days=f"{calendar.between(move.milestone.due, move.to):+d}",
            ),
        )
        for move in moves
    ]


def moves_card(
    w: Words,
    project: Project,
    kind: str,
    head: str,
    moves: Sequence[Moved],
    draft: str,
    calendar: Calendar,
) -> Card:
    """What would move with a milestone that was postponed (`follow`) or with go-live (`golive`)."""
    elements: list[Element] = [text(head)]
    if moves:
        elements.append(bullets(moved_lines(w, moves[:A_PAGE], calendar)))
    if len(moves) > A_PAGE:
        elements.append(note(w("plan.more", count=len(moves) - A_PAGE)))
    elements.append(yes_or_no(w, kind, draft))
    unknown = {move.to.year for move in moves if not calendar.knows(move.to)}
    elements += unannounced(w, unknown)
    title = w(f"plan.{kind}")
    return Card(title, tuple(elements), Tone.WATCH, project.name, language=w.language)


def yes_or_no(w: Words, kind: str, draft: str) -> Buttons:
    yes, no = w(f"plan.{kind}.yes"), w(f"plan.{kind}.no")
    return Buttons(
        (
            button(yes, AnswerDraft(draft, yes=True), typed=yes, style="primary"),
            button(no, AnswerDraft(draft, yes=False), typed=no),
        )
    )


def import_card(
    w: Words,
    project: Project,
    rows: Sequence[Milestone],
    seen: PlanView,
    draft: str,
    unknown: Sequence[str] = (),
) -> Card:
    """What an imported plan would add, before anything is written.

    `unknown` are owners' names that nobody here has.
    """
    lines = [line_of(w, m, seen) for m in in_order(rows)[:A_PAGE]]
    elements: list[Element] = [text(w("plan.import.count", count=len(rows))), bullets(lines)]
    if len(rows) > A_PAGE:
        elements.append(note(w("plan.more", count=len(rows) - A_PAGE)))
    done = sum(not m.open for m in rows)
    if done:
        elements.append(note(w("plan.import.past", count=done)))
    if unknown:
        elements.append(note(w("plan.import.unknown", names=w.comma.join(unknown))))
    elements.append(yes_or_no(w, "import", draft))
    return Card(w("plan.import"), tuple(elements), Tone.INFO, project.name, language=w.language)


def problems_card(w: Words, problems: Sequence[str], more: int) -> Card:
    """What is wrong with a plan file, line by line; nothing of it was taken."""
    elements: list[Element] = [text(w("plan.file.none")), bullets(list(problems))]
    if more:
        elements.append(note(w("plan.more", count=more)))
    return Card(w("plan.import"), tuple(elements), Tone.WATCH, language=w.language)
