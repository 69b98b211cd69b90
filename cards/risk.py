"""The cards of risks: one living card each, what customers see of it, what the bot proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action
from bot.domain.people import Member, Person
from bot.domain.project import Project
from bot.domain.risk import (
    LONGEST_NOTE,
    LONGEST_TEXT,
    MOST,
    Happened,
    Level,
    Risk,
    RiskState,
)
from cards.common import NOBODY
from cards.elements import (
    Bold,
    Button,
    Buttons,
    Card,
    Choice,
    DateInput,
    Element,
    Facts,
    Field,
    Fold,
    Form,
    Mention,
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

MOST_LINES = 8
SHOWN_TEXT = 60


@dataclass(frozen=True)
class TakeRisk(Action, name="risk.take"):
    risk_id: str


FORMS = ("close", "assign", "snooze", "edit")


@dataclass(frozen=True)
class AskRisk(Action, name="risk.ask"):
    """Show a form on the card: `close`, `assign`, `snooze`, `edit`, or none of them."""

    risk_id: str
    form: str


@dataclass(frozen=True)
class CloseRisk(Action, name="risk.close"):
    """A form's `version` is that of the risk it was drawn from: nobody overrides unseen changes."""

    risk_id: str
    version: int


@dataclass(frozen=True)
class AssignRisk(Action, name="risk.assign"):
    risk_id: str
    version: int


@dataclass(frozen=True)
class SnoozeRisk(Action, name="risk.snooze"):
    risk_id: str
    version: int


@dataclass(frozen=True)
class SaveRisk(Action, name="risk.save"):
    risk_id: str
    version: int


@dataclass(frozen=True)
class ConfirmRisk(Action, name="risk.confirm"):
    risk_id: str


@dataclass(frozen=True)
class DismissRisk(Action, name="risk.dismiss"):
    risk_id: str


@dataclass(frozen=True)
class SolvedRisk(Action, name="risk.solved"):
    """What somebody wrote was taken for the end of this risk, and it is (not) so."""

    risk_id: str
    solved: bool


@dataclass(frozen=True)
class BlockerToRisk(Action, name="risk.of_blocker"):
    round_id: str
    person_id: str
    line: int


@dataclass(frozen=True)
class RisksPage(Action, name="risk.page"):
    project_id: str
    page: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A risk with what its card needs of others.

    `names` are people by id, `age` working days since it was opened, `history` the newest first;
    `advice` are first steps for its category, `choices` who may own it, `moved` by how much its
    score changed lately. `complainer` is the customer who is told what was written on closing.
    """

    risk: Risk
    names: Mapping[str, str]
    age: int
    today: date
    history: Sequence[Happened] = ()
    advice: Sequence[str] = ()
    choices: Sequence[Member] = ()
    moved: int = 0
    owner: Person | None = None
    complainer: str = ""


TONES = {Level.HIGH: Tone.BAD, Level.MEDIUM: Tone.WATCH, Level.LOW: Tone.INFO}


def tone_of(risk: Risk) -> Tone:
    return Tone.CALM if risk.over else TONES[risk.level]


def short(words: str, most: int = SHOWN_TEXT) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def risk_card(w: Words, project: Project, shown: Shown, form: str = "") -> Card:
    """The risk as it stands; with `form` the fields of what somebody is about to do."""
    risk = shown.risk
    elements: list[Element] = [text(risk.text), facts(w, shown)]
    if risk.state is RiskState.OPEN and shown.owner:
        asked = Mention(shown.owner.account, shown.owner.name)
        elements.insert(1, text(asked, "  ", w("risk.please")))
    if risk.mitigation:
        elements.append(text(Bold(w("risk.mitigation")), "  ", risk.mitigation))
    if risk.over:
        elements.append(text(_ended(w, project, shown)))
    elif form:
        elements += [_form(w, project, shown, form), _back(w, risk)]
        if form == "close" and shown.complainer:
            elements.append(note(w("complaint.closer", name=shown.complainer)))
    else:
        elements.append(Buttons(_buttons(w, risk)))
    if shown.history:
        lines = [_happened(w, project, shown, h) for h in shown.history[:MOST_LINES]]
        title = w("risk.history", count=len(shown.history))
        elements.append(Fold(title, (bullets(lines),)))
    if shown.advice and not risk.over and not risk.mitigation:
        title = w("risk.advice", category=w.kind(risk.category))
        elements.append(Fold(title, (bullets(list(shown.advice)),)))
    if not risk.over:
        elements.append(note(w("risk.hint", id=risk.label)))
        if shown.complainer and form != "close":
            elements.append(note(w("complaint.closer", name=shown.complainer)))
    return Card(
        f"{risk.label} · {short(risk.text, 40)}",
        tuple(elements),
        tone_of(risk),
        project.name,
        w(f"risk.state.{risk.state}"),
        w("risk.summary", id=risk.label, text=short(risk.text, 40), state=state_of(w, shown)),
        w.language,
    )


def shared_card(w: Words, project: Project, shown: Shown) -> Card:
    """What customers see of a risk that is marked for them; nothing once the mark is gone."""
    risk = shown.risk
    if not risk.shared:
        return Card(
            risk.label, (note(w("risk.unshared")),), Tone.CALM, project.name, language=w.language
        )
    owner = shown.names.get(risk.owner_id or "", w("risk.nobody"))
    pairs = ((w("risk.owner"), owner), (w("risk.due"), _due(w, shown)))
    return Card(
        f"{risk.label} · {short(risk.text, 40)}",
        (text(risk.text), Facts(pairs)),
        Tone.CALM if risk.over else Tone.INFO,
        project.name,
        w(f"risk.state.{risk.state}"),
        language=w.language,
    )


def facts(w: Words, shown: Shown) -> Facts:
    risk = shown.risk
    pairs = [
        (w("risk.level"), level_words(w, risk)),
        (w("risk.category"), w.kind(risk.category)),
        (w("risk.owner"), shown.names.get(risk.owner_id or "", w("risk.nobody"))),
        (w("risk.due"), _due(w, shown)),
        (w("risk.age"), w("risk.days", days=shown.age)),
    ]
    if risk.review_on:
        pairs.append((w("risk.review"), w.day(risk.review_on)))
    return Facts(tuple(pairs))


def level_words(w: Words, risk: Risk) -> str:
    level = w(f"risk.level.{risk.level}")
    return w("risk.score", level=level, score=risk.score, p=risk.probability, i=risk.impact)


def _due(w: Words, shown: Shown) -> str:
    due = shown.risk.due
    if due is None:
        return w("risk.due.none")
    late = due < shown.today and not shown.risk.over
    return w("risk.due.late", day=w.day(due)) if late else w.day(due)


def state_of(w: Words, shown: Shown) -> str:
    owner = shown.names.get(shown.risk.owner_id or "")
    state = w(f"risk.state.{shown.risk.state}")
    return f"{state} · {owner}" if owner else state


def _ended(w: Words, project: Project, shown: Shown) -> str:
    risk = shown.risk
    at = project.local(risk.closed_at) if risk.closed_at else None
    return w(
        "risk.dismissed" if risk.state is RiskState.DISMISSED else "risk.closed",
        name=shown.names.get(risk.closed_by or "", w("bot.name")),
        day=w.day(at.date()) if at else "",
        time=w.time(at) if at else "",
        reason=risk.reason or w("risk.reason.none"),
    )


def _buttons(w: Words, risk: Risk) -> tuple[Button, ...]:
    command = w("risk.typed", id=risk.label)

    def asks(form: str) -> Button:
        label = w(f"risk.do.{form}")
        return button(label, AskRisk(risk.id, form), typed=f"{command} {w(f'risk.typed.{form}')}")

    take = button(
        w("risk.do.take"),
        TakeRisk(risk.id),
        typed=f"{command} {w('risk.do.take')}",
        style="primary" if risk.state is RiskState.OPEN else "default",
    )
    return (take, *(asks(form) for form in FORMS))


def _back(w: Words, risk: Risk) -> Buttons:
    return Buttons((button(w("risk.do.back"), AskRisk(risk.id, "")),))


def _form(w: Words, project: Project, shown: Shown, form: str) -> Form:
    risk = shown.risk
    command = w("risk.typed", id=risk.label)
    match form:
        case "close":
            fields: tuple[Field, ...] = (_note(w, "reason", "risk.reason", required=True),)
            act: Action = CloseRisk(risk.id, risk.version)
        case "assign":
            fields = (_people(w, shown, required=True), _date(w, "due", "risk.due", risk.due))
            act = AssignRisk(risk.id, risk.version)
        case "snooze":
            until = DateInput("until", w("risk.until"), required=True)
            fields = (until, _note(w, "reason", "risk.reason", required=True))
            act = SnoozeRisk(risk.id, risk.version)
        case _:
            return _edit(w, shown)
    typed = f"{command} {w(f'risk.typed.{form}')}"
    return Form(
        f"risk_{form}", fields, button(w(f"risk.submit.{form}"), act, typed=typed, style="primary")
    )


def _edit(w: Words, shown: Shown) -> Form:
    risk = shown.risk
    kinds = tuple((kind, w.kind(kind)) for kind in w.kinds)
    return Form(
        "risk_edit",
        (
            TextInput(
                "text", w("risk.text"), risk.text, required=True, lines=2, longest=LONGEST_TEXT
            ),
            _people(w, shown, required=False),
            _date(w, "due", "risk.due", risk.due),
            Choice("category", w("risk.category"), kinds, risk.category),
            _scale(w, "probability", risk.probability),
            _scale(w, "impact", risk.impact),
            _note(w, "mitigation", "risk.mitigation", risk.mitigation),
            _date(w, "review", "risk.review", risk.review_on),
            Choice(
                "shared",
                w("risk.shared"),
                (("no", w("risk.shared.no")), ("yes", w("risk.shared.yes"))),
                "yes" if risk.shared else "no",
            ),
        ),
        button(
            w("risk.submit.edit"),
            SaveRisk(risk.id, risk.version),
            typed=w("risk.typed.all", id=risk.label),
            style="primary",
        ),
    )


def _note(w: Words, name: str, key: str, value: str = "", *, required: bool = False) -> TextInput:
    return TextInput(name, w(key), value, required=required, lines=2, longest=LONGEST_NOTE)


def _date(w: Words, name: str, key: str, value: date | None) -> DateInput:
    return DateInput(name, w(key), value.isoformat() if value else "")


def _people(w: Words, shown: Shown, *, required: bool) -> Choice:
    people = tuple((m.person.id, m.person.name) for m in shown.choices)
    options = people if required else ((NOBODY, w("risk.nobody")), *people)
    now = shown.risk.owner_id or NOBODY
    chosen = now if now in dict(options) else ""
    return Choice("owner", w("risk.owner"), options, chosen, required=required)


def _scale(w: Words, name: str, value: int) -> Choice:
    steps = tuple((str(n), w(f"risk.{name}.{n}")) for n in range(1, MOST + 1))
    return Choice(name, w(f"risk.{name}"), steps, str(value))


def _happened(w: Words, project: Project, shown: Shown, line: Happened) -> Text:
    at = project.local(line.at)
    who = shown.names.get(line.person_id or "", w("bot.name"))
    values = {name: str(value) for name, value in line.detail.items()}
    said = w(f"risk.did.{line.what}", name=who)
    told = values.get("quote") or values.get("reason") or values.get("to") or ""
    when = f"{w.day(at.date())} {w.time(at)}  "
    return text(Muted(when), said, *([f"“{told}”"] if told else []))


def line_of(w: Words, shown: Shown, *, whole: bool = True) -> Text:
    """One risk in a list: how bad, what, whose, how old, and whether it moved; for customers only
    what, whose, and how it stands."""
    risk = shown.risk
    if not whole:
        whose = shown.names.get(risk.owner_id or "", w("risk.nobody"))
        how = f"{whose} · {w(f'risk.state.{risk.state}')}"
        return text(Bold(risk.label), "  ", short(risk.text), "  ", Muted(how))
    arrow = "" if not shown.moved else (" ↑" if shown.moved > 0 else " ↓")
    owner = shown.names.get(risk.owner_id or "", w("risk.nobody"))
    small = w(
        "risk.line",
        level=w(f"risk.level.{risk.level}"),
        score=risk.score,
        arrow=arrow,
        owner=owner,
        state=w(f"risk.state.{risk.state}"),
        days=shown.age,
    )
    late = [Bold("  " + _due(w, shown))] if risk.due and risk.due < shown.today else []
    return text(Bold(risk.label), "  ", short(risk.text), "  ", Muted(small), *late)


def proposal(w: Words, project: Project, shown: Shown, quote: str, who: str) -> Card:
    """To the project manager alone: a line of the group that sounds like a risk."""
    risk = shown.risk
    elements: list[Element] = [text(w("risk.proposal.said", name=who)), text(Bold(quote))]
    if risk.state is RiskState.PROPOSED:
        elements += [
            Facts(
                (
                    (w("risk.category"), w.kind(risk.category)),
                    (w("risk.level"), level_words(w, risk)),
                    (w("risk.owner"), shown.names.get(risk.owner_id or "", w("risk.nobody"))),
                )
            ),
            Buttons(
                (
                    button(
                        w("risk.do.confirm"),
                        ConfirmRisk(risk.id),
                        typed=w("risk.typed.confirm", text=short(risk.text, 80)),
                        style="primary",
                    ),
                    button(w("risk.do.edit"), AskRisk(risk.id, "edit")),
                    button(w("risk.do.dismiss"), DismissRisk(risk.id)),
                )
            ),
            note(w("risk.proposal.hint")),
        ]
    elif risk.state is RiskState.DISMISSED:
        elements.append(text(_ended(w, project, shown)))
    else:
        elements.append(text(w("risk.proposal.done", id=risk.label, state=state_of(w, shown))))
    return Card(
        w("risk.proposal"),
        tuple(elements),
        tone_of(risk) if risk.over else Tone.WATCH,
        project.name,
        "" if risk.state is RiskState.PROPOSED else w(f"risk.state.{risk.state}"),
        language=w.language,
    )


def proposal_form(w: Words, project: Project, shown: Shown) -> Card:
    """The proposal with everything that may be put right before it becomes a risk."""
    return Card(
        w("risk.proposal"),
        (_edit(w, shown), _back(w, shown.risk)),
        Tone.WATCH,
        project.name,
        language=w.language,
    )


def is_it_over(w: Words, project: Project, shown: Shown, quote: str, who: str) -> Card:
    """Somebody wrote something that sounds as if this very risk were over."""
    risk = shown.risk
    yes = button(
        w("risk.do.solved", id=risk.label),
        SolvedRisk(risk.id, solved=True),
        typed=w("risk.typed.solved", id=risk.label, reason=short(quote, 60)),
        style="primary",
    )
    no = button(w("risk.do.unsolved"), SolvedRisk(risk.id, solved=False))
    return Card(
        w("risk.over", id=risk.label),
        (
            text(w("risk.proposal.said", name=who), Bold(quote)),
            text(line_of(w, shown).parts[0], "  ", short(risk.text)),
            Buttons((yes, no)),
        ),
        Tone.CALM,
        project.name,
        language=w.language,
    )
