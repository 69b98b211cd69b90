"""The cards of a round: the prompt that is kept true, the private reminder, the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.actions import Action
from bot.domain.people import TEAM, Member
from bot.domain.project import Project, RoundKind
from bot.domain.risk import Risk, of_blocker
from bot.domain.standup import Answer, Entry, Leave, Progress, Round
from cards.common import unannounced
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Element,
    Fold,
    FollowUp,
    Form,
    Meter,
    Muted,
    Note,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.elements import (
    Words as Part,
)
from cards.risk import BlockerToRisk
from cards.words import Words

FIELDS = ("done", "plan", "blockers")
REQUIRED = ("done", "plan")
# Beyond this many answers each person's words fold away, so that the card stays readable on a
# phone and far from Feishu's 200 nodes.
UNFOLDED = 6
# Blockers that have a button of their own; of more than that the rest are listed.
MOST_BLOCKERS = 8


@dataclass(frozen=True)
class SubmitAnswer(Action, name="standup.submit"):
    """The form of a round was sent."""

    round_id: str


@dataclass(frozen=True)
class SameAsBefore(Action, name="standup.same"):
    round_id: str


@dataclass(frozen=True)
class AwayToday(Action, name="standup.away"):
    round_id: str


@dataclass(frozen=True)
class Withdraw(Action, name="standup.withdraw"):
    round_id: str


@dataclass(frozen=True)
class AnswerFor(Action, name="standup.answer_for"):
    """A text that was sent in private belongs to this one of the person's rounds."""

    round_id: str
    text: str


@dataclass(frozen=True)
class CancelLeave(Action, name="leave.cancel"):
    person_id: str
    first: str
    last: str


def form(w: Words, round_: Round, filled: Entry | None = None) -> Form:
    """The three fields; what the person said before stands in them."""
    kind = round_.kind
    values = filled or Entry()
    fields = tuple(
        TextInput(
            name,
            w(f"{kind}.{name}"),
            "\n".join(getattr(values, name)),
            w("round.placeholder.blockers" if name == "blockers" else "round.placeholder"),
            required=name in REQUIRED,
            lines=2,
        )
        for name in FIELDS
    )
    typed = w("round.typed", **{name: w(f"{kind}.{name}") for name in FIELDS})
    submit = button(w("round.submit"), SubmitAnswer(round_.id), typed=typed, style="primary")
    return Form("standup", fields, submit)


def prompt(
    w: Words,
    project: Project,
    round_: Round,
    state: Progress,
    now: datetime,
    unknown_years: set[int],
) -> Card:
    """One round, kept true: who has answered, who has not, how long it still runs."""
    kind = w(f"round.{round_.kind}.title")
    closes = project.local(round_.closes_at)
    answered = state.asked - len(state.missing)
    elements: list[Element] = []
    if state.asked or state.answered:
        elements.append(
            Meter(
                answered,
                state.asked,
                w("round.meter", answered=answered, asked=state.asked),
            )
        )
    else:
        elements.append(text(w("round.nobody")))
    elements += _who(w, state)
    if round_.closed_at is None:
        elements.append(_left(w, project, round_, now))
        elements.append(form(w, round_))
        elements.append(_shortcuts(w, round_))
        elements.append(note(w("round.how")))
    else:
        elements.append(text(w("round.closed.text")))
    elements += unannounced(w, unknown_years)
    subtitle = w("round.subtitle", project=project.name, time=w.time(closes))
    return Card(
        w("round.title", kind=kind, day=w.day(round_.day)),
        tuple(elements),
        Tone.CALM if round_.closed_at else Tone.INFO,
        subtitle,
        w("round.over" if round_.closed_at else "round.open"),
        f"{kind} · {subtitle}",
        w.language,
        None if round_.closed_at else _progress_news(w, state, answered),
    )


def _progress_news(w: Words, state: Progress, answered: int) -> FollowUp:
    if state.missing:
        names = w.names(state.missing)
        return FollowUp(w("round.news", answered=answered, asked=state.asked, names=names))
    return FollowUp(w("round.news.all", answered=answered, asked=state.asked))


def _who(w: Words, state: Progress) -> list[Element]:
    rows = (
        ("round.answered", [m for m, _ in state.answered]),
        ("round.missing", list(state.missing)),
        ("round.away", list(state.away)),
    )
    shown: list[Element] = [text(Muted(w(key)), w.names(who)) for key, who in rows if who]
    if state.asked and not state.missing:
        shown.append(text(w("round.all")))
    return shown


def _left(w: Words, project: Project, round_: Round, now: datetime) -> Element:
    minutes = round((round_.closes_at - now).total_seconds() / 60)
    if minutes < 0:
        return note(w("round.overtime"))
    return note(w("round.left", minutes=minutes, now=w.time(project.local(now))))


def _shortcuts(w: Words, round_: Round) -> Buttons:
    return Buttons(
        (
            button(w("round.same"), SameAsBefore(round_.id), typed=w("round.same")),
            button(w("round.leave"), AwayToday(round_.id), typed=w("intent.leave")),
        )
    )


def digest(
    w: Words,
    project: Project,
    round_: Round,
    state: Progress,
    risks: Mapping[str, Risk] | None = None,
    *,
    whole: bool = True,
) -> Card:
    """Each one's own words, blockers first, and the missing without shaming."""
    kind = w(f"round.{round_.kind}.title")
    asked, answered = state.asked, state.asked - len(state.missing)
    elements: list[Element] = []
    if not state.answered:
        elements.append(text(w("digest.nobody")))
    elif state.blockers:
        elements.append(text(Bold(w("digest.blockers", count=len(state.blockers)))))
        elements += _blockers(w, round_, state, risks or {}, whole=whole)
    else:
        elements.append(text(w("digest.no_blockers")))
    elements += [
        _words_of(w, project, round_, m, a, len(state.answered)) for m, a in state.answered
    ]
    if state.missing:
        elements.append(note(w("digest.missing", names=w.names(state.missing))))
    if state.away:
        elements.append(note(w("digest.away", names=w.names(state.away))))
    late = [answer.at for _, answer in state.answered if answer.late]
    if late:
        elements.append(note(w("digest.updated", time=w.time(project.local(max(late))))))
    tag = w("digest.tag", answered=answered, asked=asked)
    count = len(state.blockers)
    return Card(
        w("digest.title", kind=kind, day=w.day(round_.day)),
        tuple(elements),
        Tone.WATCH if state.blockers else Tone.GOOD,
        project.name,
        tag,
        w("digest.summary", kind=kind, answered=answered, asked=asked, count=count),
        w.language,
        _digest_news(w, project, state, answered),
    )


def _blockers(
    w: Words, round_: Round, state: Progress, risks: Mapping[str, Risk], *, whole: bool
) -> list[Element]:
    """Each blocker with its way to become a risk, or with the risk that it became.

    `risks` are by where they came from (`of_blocker`); without `whole` how they stand is left out.
    """
    shown: list[Element] = []
    lines = [
        (member, number, line)
        for member, answer in state.answered
        for number, line in enumerate(answer.entry.blockers)
    ]
    for member, number, line in lines[:MOST_BLOCKERS]:
        words: list[Part] = [Bold(member.person.name), "  ", line]
        risk = risks.get(of_blocker(round_.id, member.person.id, number))
        if risk:
            state_ = w(f"risk.state.{risk.state}") if whole else ""
            words.append(Muted("  " + w("digest.is_risk", id=risk.label, state=state_)))
        shown.append(text(*words))
        if risk is None and member.role in TEAM:
            action = BlockerToRisk(round_.id, member.person.id, number)
            typed = w("digest.to_risk.typed", text=line)
            shown.append(Buttons((button(w("digest.to_risk"), action, typed=typed),)))
    rest = [text(Bold(member.person.name), "  ", line) for member, _, line in lines[MOST_BLOCKERS:]]
    return [*shown, bullets(rest)] if rest else shown


def _digest_news(w: Words, project: Project, state: Progress, answered: int) -> FollowUp | None:
    """Who has changed the digest last; the group has no other way to learn of it."""
    newest = max((answer.at for _, answer in state.answered), default=None)
    if newest is None:
        return None
    said = w(
        "digest.news",
        names=w.names([member for member, answer in state.answered if answer.at == newest]),
        time=w.time(project.local(newest)),
        answered=answered,
        asked=state.asked,
        count=len(state.blockers),
    )
    return FollowUp(said, needed=True)


def _words_of(
    w: Words,
    project: Project,
    round_: Round,
    member: Member,
    answer: Answer,
    people: int,
) -> Fold:
    marks = [w("digest.late")] if answer.late else []
    marks += [w("digest.edited")] if answer.edits else []
    marks.append(w.time(project.local(answer.at)))
    title = f"{member.person.name} · {' · '.join(marks)}"
    return Fold(title, entry_lines(w, round_.kind, answer.entry), open=people <= UNFOLDED)


def entry_lines(w: Words, kind: RoundKind, entry: Entry) -> tuple[Text | Note, ...]:
    """An entry field by field; an empty one says so."""
    shown: list[Text | Note] = []
    for name in FIELDS:
        lines = getattr(entry, name)
        parts: list[Part] = [Muted(w(f"{kind}.{name}") + "  ")]
        parts.append("；".join(lines) if w.language == "zh" else "; ".join(lines))
        if not lines:
            parts = [Muted(f"{w(f'{kind}.{name}')}  {w('answer.none')}")]
        shown.append(text(*parts))
    return tuple(shown)


def reminder(w: Words, waiting: Sequence[tuple[Project, Round, Entry | None]]) -> Card:
    """One private card for all of a person's open rounds."""
    rounds = "、".join(dict.fromkeys(w(f"round.{r.kind}") for _, r, _ in waiting))
    soonest = min(waiting, key=lambda one: one[1].closes_at)
    elements: list[Element] = []
    for project, round_, _ in waiting:
        closes = w.time(project.local(round_.closes_at))
        elements.append(text(w("remind.text", project=project.name, time=closes)))
        elements.append(form(w, round_))
        elements.append(_shortcuts(w, round_))
    closes = w.time(soonest[0].local(soonest[1].closes_at))
    return Card(
        w("remind.title", rounds=rounds),
        tuple(elements),
        Tone.WATCH,
        summary=w("remind.summary", rounds=rounds, time=closes),
        language=w.language,
    )


def fill_in(w: Words, project: Project, round_: Round, filled: Entry | None) -> Card:
    """The form in private, for whoever asked for it."""
    closes = w.time(project.local(round_.closes_at))
    subtitle = w("round.subtitle", project=project.name, time=closes)
    return Card(
        w(f"round.{round_.kind}.title"),
        (form(w, round_, filled), _shortcuts(w, round_)),
        subtitle=subtitle,
        tag=w("round.fill"),
        language=w.language,
    )


def reminded(w: Words, rounds: Sequence[tuple[Project, Round, bool]]) -> Card:
    """What a reminder becomes when nothing is missing any more, or the round has closed."""
    lines = [
        w(
            "remind.done.text" if answered else "remind.over",
            project=project.name,
            round=w(f"round.{round_.kind}"),
        )
        for project, round_, answered in rounds
    ]
    all_in = all(answered for _, _, answered in rounds)
    title = w("remind.done.title") if all_in else w("round.over")
    return Card(
        title,
        tuple(text(line) for line in lines),
        Tone.GOOD if all_in else Tone.CALM,
        language=w.language,
    )


def receipt(w: Words, project: Project, round_: Round, answer: Answer) -> Card:
    """The echo of an answer: how it was taken, and the way to take it back."""
    title = "answer.late" if answer.late else ("answer.updated" if answer.edits else "answer.title")
    undo = button(w("answer.undo"), Withdraw(round_.id), typed=w("answer.undo.typed"))
    return Card(
        w(title),
        (
            *entry_lines(w, round_.kind, answer.entry),
            Buttons((undo,)),
            note(w("answer.hint")),
        ),
        Tone.GOOD,
        w("answer.subtitle", project=project.name, round=w(f"round.{round_.kind}")),
        language=w.language,
    )


def which_project(w: Words, options: Sequence[tuple[Project, Round]], said: str) -> Card:
    """A private text fits several rounds; the person says which."""
    buttons = tuple(
        button(
            f"{project.name} · {w(f'round.{round_.kind}')}",
            AnswerFor(round_.id, said),
            typed=w("answer.which.typed", project=project.name, text=said),
        )
        for project, round_ in options[:5]
    )
    return Card(
        w("answer.which.title"),
        (text(w("answer.which.text")), Buttons(buttons)),
        language=w.language,
    )


def missing(w: Words, round_: Round, state: Progress) -> Card:
    kind = w(f"round.{round_.kind}.title")
    elements: list[Element] = _who(w, state) or [text(w("round.nobody"))]
    return Card(
        w("missing.title"),
        tuple(elements),
        Tone.WATCH if state.missing else Tone.GOOD,
        w("round.title", kind=kind, day=w.day(round_.day)),
        w("digest.tag", answered=state.asked - len(state.missing), asked=state.asked),
        language=w.language,
    )


def leave_noted(w: Words, name: str, leave: Leave) -> Card:
    span = (
        w("leave.one", day=w.day(leave.first))
        if leave.first == leave.last
        else w("leave.span", first=w.day(leave.first), last=w.day(leave.last))
    )
    cancel = CancelLeave(leave.person_id, leave.first.isoformat(), leave.last.isoformat())
    return Card(
        w("leave.title"),
        (
            text(w("leave.text", name=name, span=span)),
            Buttons((button(w("leave.undo"), cancel, typed=w("leave.undo.typed")),)),
        ),
        Tone.GOOD,
        language=w.language,
    )
