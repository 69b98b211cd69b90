"""Go or no-go: what is still open, who is for it, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action
from bot.domain.golive import LONGEST_REASON, Gate, Readiness, by_role
from bot.domain.people import CUSTOMERS, Member
from bot.domain.project import Project
from cards.elements import (
    Bold,
    Button,
    Buttons,
    Card,
    Element,
    Fold,
    Form,
    Muted,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.words import Words

MOST_LINES = 8


@dataclass(frozen=True)
class CastVote(Action, name="golive.vote"):
    """A vote is for the day that its card was drawn with: ISO date."""

    project_id: str
    day: str
    go: bool


# What asks for a reason.
FORMS = ("no", "stop")


@dataclass(frozen=True)
class AskGate(Action, name="golive.ask"):
    """Show the field for the reason of a `no` or a `stop`, or neither."""

    project_id: str
    form: str


@dataclass(frozen=True)
class DecideGate(Action, name="golive.decide"):
    project_id: str
    day: str
    go: bool


@dataclass(frozen=True)
class WentLive(Action, name="golive.happened"):
    project_id: str
    day: str


@dataclass(frozen=True, slots=True)
class GateView:
    """What the card is drawn with; `names` are people by id. `whole` also shows what customers do
    not see: the checklists of internal milestones, and the risks."""

    gate: Gate
    readiness: Readiness
    members: Sequence[Member]
    names: Mapping[str, str]
    today: date
    whole: bool = True


def gate_card(w: Words, project: Project, view: GateView, form: str = "") -> Card:
    """With `form` the field for the reason of somebody who is against it."""
    gate = view.gate
    elements: list[Element] = [text(Bold(w("golive.day", day=w.day(gate.day))))]
    elements += _open_points(w, view)
    elements += _votes(w, view)
    if gate.go is not None:
        elements.append(text(_decided(w, project, view)))
        elements.append(note(w("golive.after.go" if gate.go else "golive.after.stop")))
    elif form:
        elements += [_reason(w, project, gate, form), _back(w, project)]
    else:
        elements += [_buttons(w, project, gate), note(w("golive.hint"))]
    tones = {None: Tone.WATCH, True: Tone.GOOD, False: Tone.BAD}
    state = {None: "open", True: "go", False: "stop"}[gate.go]
    return Card(
        w("golive.gate"),
        tuple(elements),
        tones[gate.go],
        project.name,
        w(f"golive.state.{state}"),
        language=w.language,
    )


def _open_points(w: Words, view: GateView) -> list[Element]:
    ready = view.readiness
    found: list[Element] = []
    late = [m for m in ready.milestones if view.whole or m.shared]
    if late:
        lines = [f"{m.label} {w.milestone(m.name)} · {w.day(m.due)}" for m in late[:MOST_LINES]]
        found += [text(w("golive.milestones", count=len(late))), bullets(lines)]
    for milestone, items in ready.unticked:
        if view.whole or milestone.shared:
            title = w(
                "golive.unticked",
                id=milestone.label,
                name=w.milestone(milestone.name),
                count=len(items),
            )
            lines = [f"☐ {w.check(item)}" for item in items]
            found.append(Fold(title, (bullets(lines),), open=milestone.golive))
    if ready.risks and view.whole:
        lines = [f"{r.label} {r.text[:60]}" for r in ready.risks[:MOST_LINES]]
        found += [text(w("golive.risks", count=len(ready.risks))), bullets(lines)]
    return found or [text(w("golive.ready" if view.whole else "golive.ready.shared"))]


def _votes(w: Words, view: GateView) -> list[Element]:
    lines = []
    for role, for_it, against in by_role(view.gate, view.members):
        words = [w("golive.for", names=w.names(for_it))] if for_it else []
        for member, reason in against:
            # What a vote says why is between those who may see everything.
            told = bool(reason) and (view.whole or role in CUSTOMERS)
            key = "golive.against.why" if told else "golive.against"
            words.append(w(key, name=member.person.name, reason=reason))
        lines.append(text(Bold(w.role(role)), "  ", w.comma.join(words)))
    if not lines:
        return [text(Muted(w("golive.nobody")))]
    return [text(w("golive.votes")), bullets(lines)]


def _decided(w: Words, project: Project, view: GateView) -> str:
    gate = view.gate
    at = project.local(gate.decided_at) if gate.decided_at else None
    stopped = "golive.decided.stop" if view.whole else "golive.decided.stop.plain"
    return w(
        "golive.decided.go" if gate.go else stopped,
        name=view.names.get(gate.decided_by or "", w("bot.name")),
        at=w.moment(at) if at else "",
        reason=gate.reason or w("risk.reason.none"),
    )


def _buttons(w: Words, project: Project, gate: Gate) -> Buttons:
    day = gate.day.isoformat()

    def of(word: str, action: Action, style: str = "default") -> Button:
        return button(w(f"golive.do.{word}"), action, typed=w(f"golive.typed.{word}"), style=style)

    return Buttons(
        (
            of("yes", CastVote(project.id, day, go=True), "primary"),
            of("no", AskGate(project.id, "no")),
            of("go", DecideGate(project.id, day, go=True)),
            of("stop", AskGate(project.id, "stop")),
        )
    )


def _reason(w: Words, project: Project, gate: Gate, form: str) -> Form:
    day = gate.day.isoformat()
    against = CastVote(project.id, day, go=False)
    act: Action = against if form == "no" else DecideGate(project.id, day, go=False)
    field = TextInput("reason", w("risk.reason"), required=True, lines=2, longest=LONGEST_REASON)
    send = button(w(f"golive.do.{form}"), act, typed=w(f"golive.typed.{form}"), style="primary")
    return Form(f"golive_{form}", (field,), send)


def _back(w: Words, project: Project) -> Buttons:
    return Buttons((button(w("risk.do.back"), AskGate(project.id, "")),))


def happened_card(w: Words, project: Project, gate: Gate, *, live: bool) -> Card:
    """To the managers on the evening of the day: has it gone live?"""
    day = gate.day.isoformat()
    if live or gate.go is False:
        done = w("golive.happened.yes" if live else "golive.happened.no", day=w.day(gate.day))
        return Card(
            w("golive.happened"),
            (text(done),),
            Tone.GOOD if live else Tone.CALM,
            project.name,
            language=w.language,
        )
    yes = button(
        w("golive.do.happened"),
        WentLive(project.id, day),
        typed=w("golive.typed.happened"),
        style="primary",
    )
    no = button(w("golive.do.not_yet"), AskGate(project.id, "stop"), typed=w("golive.typed.stop"))
    return Card(
        w("golive.happened"),
        (
            text(w("golive.happened.ask", day=w.day(gate.day))),
            Buttons((yes, no)),
            note(w("golive.happened.note")),
        ),
        Tone.WATCH,
        project.name,
        language=w.language,
    )
