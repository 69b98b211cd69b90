"""回访: the question of the day with its scores, what came of it, and why one waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.actions import Action
from bot.domain.followup import (
    DAYS,
    HIGHEST,
    LOWEST,
    MOST_LIKELY,
    REASONS,
    Feedback,
    FollowUp,
    Held,
    mean,
    promoters,
)
from bot.domain.people import Member, Person
from bot.domain.project import Project
from bot.domain.risk import Risk
from cards.elements import (
    Bars,
    Bold,
    Buttons,
    Card,
    Choice,
    Element,
    Facts,
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
from cards.elements import (
    Words as Written,
)
from cards.words import Words

# A field of a form holds so much; more is taken when it is written as a message.
LONGEST_FIELD = 1000
MOST_MENTIONED = 20


@dataclass(frozen=True)
class GiveScore(Action, name="followup.score"):
    ask_id: str
    score: int


@dataclass(frozen=True)
class SendFeedback(Action, name="followup.send"):
    ask_id: str


@dataclass(frozen=True)
class SolvedComplaint(Action, name="complaint.solved"):
    """Whoever complained says whether what was done helped."""

    risk_id: str
    solved: bool


def question(w: Words, step: int) -> str:
    """What is asked so many days after go-live; a day that a project has added is asked like the
    last one of ours before it."""
    known = max((day for day in DAYS if day <= step), default=DAYS[0])
    return w(f"followup.question.{known}")


def followup_card(
    w: Words,
    project: Project,
    asked: Sequence[FollowUp],
    members: Sequence[Member],
    count: int,
) -> Card:
    """What people are asked. Nobody's score stands on it: others read it too."""
    steps = [one.step for one in asked]
    ask_id = asked[0].ask_id or ""
    people = [m for m in members if m.person.id in asked[0].people]
    if project.settings.followups.privately:
        # The others are asked alone; who they are is not for the group.
        people = [m for m in people if m.person.external]
    last = max(steps) >= max(project.settings.followups.days, default=0)
    elements: list[Element] = []
    if people:
        parts: list[Written] = []
        for member in people[:MOST_MENTIONED]:
            parts += [Mention(member.person.account, member.person.name), "  "]
        elements.append(text(*parts, w("followup.hello", days=_days(project, asked))))
    elements += [text(Bold(question(w, step))) for step in reversed(steps)]
    elements += [text(w("followup.scale")), _scores(w, ask_id), _form(w, ask_id, likely=last)]
    if count:
        elements.append(text(Muted(w("followup.count", count=count))))
    elements.append(note(w("followup.hint")))
    return Card(
        w("followup.title", days=max(steps)),
        tuple(elements),
        Tone.INFO,
        project.name,
        summary=question(w, max(steps)),
        language=w.language,
    )


def _days(project: Project, asked: Sequence[FollowUp]) -> int:
    """How long people have worked with the system when they are asked."""
    at = asked[0].asked_at
    step = max(one.step for one in asked)
    if at is None or project.golive is None:
        return step
    return max((project.local(at).date() - project.golive).days, step)


def _scores(w: Words, ask_id: str) -> Buttons:
    return Buttons(
        tuple(
            button(
                w("followup.score", score=score),
                GiveScore(ask_id, score),
                typed=w("followup.typed.score", score=score),
            )
            for score in range(LOWEST, HIGHEST + 1)
        )
    )


def _form(w: Words, ask_id: str, *, likely: bool) -> Form:
    reasons = tuple((reason, w(f"followup.reason.{reason}")) for reason in REASONS)
    scale = tuple((str(n), str(n)) for n in range(MOST_LIKELY + 1))
    # The score once more, for where there is no room for five buttons beside a form.
    scores = tuple((str(n), w("followup.score", score=n)) for n in range(LOWEST, HIGHEST + 1))
    fields: list[Choice | TextInput] = [Choice("score", w("followup.own"), scores)]
    if likely:
        fields.append(Choice("likely", w("followup.likely"), scale))
    fields += [
        Choice("reason", w("followup.reason"), reasons),
        TextInput("text", w("followup.text"), lines=2, longest=LONGEST_FIELD),
    ]
    send = button(
        w("followup.send"), SendFeedback(ask_id), typed=w("followup.typed.text"), style="primary"
    )
    return Form("followup", tuple(fields), send)


def held_card(
    w: Words, project: Project, steps: Sequence[int], why: Held, names: Sequence[str]
) -> Card:
    """To the managers: a follow-up waits, and what would free it."""
    days = w.comma.join(str(step) for step in steps)
    said = w(f"followup.held.{why}", names=w.comma.join(names))
    return Card(
        w("followup.held", days=days),
        (text(said), note(w("followup.held.note"))),
        Tone.WATCH,
        project.name,
        language=w.language,
    )


def left_out_card(w: Words, project: Project, steps: Sequence[int], names: Sequence[str]) -> Card:
    """To the managers: who was not asked, because they wait for an answer themselves."""
    people = w.comma.join(names)
    days = w.comma.join(str(step) for step in steps)
    return Card(
        w("followup.skipped", days=days, names=people),
        (text(w("followup.skipped.why", names=people)),),
        Tone.CALM,
        project.name,
        language=w.language,
    )


def end_card(
    w: Words, project: Project, risk: Risk, said: Feedback, person: Person, name: str
) -> Card:
    """To whoever complained: what was done about it, and whether that helped.

    Others may read it too: it repeats their words, but neither their score nor what the team has
    made of them.
    """
    words = said.text or w("complaint.said.plain")
    elements: list[Element] = [
        text(Mention(person.account, person.name), "  ", w("complaint.end.head")),
        text(Bold(w("complaint.end.said")), "  ", words),
    ]
    if not risk.over:
        elements.append(text(w("complaint.again", name=name)))
        return Card(
            w("complaint.end"), tuple(elements), Tone.WATCH, project.name, language=w.language
        )
    elements.append(text(Bold(w("complaint.end.done", name=name)), "  ", risk.reason))
    yes = button(
        w("complaint.do.solved"),
        SolvedComplaint(risk.id, solved=True),
        typed=w("complaint.do.solved"),
        style="primary",
    )
    no = button(
        w("complaint.do.not_solved"),
        SolvedComplaint(risk.id, solved=False),
        typed=w("complaint.do.not_solved"),
    )
    elements.append(Buttons((yes, no)))
    return Card(w("complaint.end"), tuple(elements), Tone.GOOD, project.name, language=w.language)


@dataclass(frozen=True, slots=True)
class Overview:
    """How the follow-ups of a project stand. `dates` are the days of those still to come, by step;
    `tasks` the risks that complaints became, by id; `names` people by id."""

    golive: date | None
    known: Sequence[FollowUp]
    dates: Mapping[int, date]
    said: Sequence[Feedback]
    tasks: Mapping[str, Risk]
    names: Mapping[str, str]


def overview(w: Words, project: Project, seen: Overview) -> Card:
    """For the team: what was asked when, what people said, what is still to be answered."""
    if seen.golive is None:
        return Card(w("followup.list"), (text(w("followup.no_golive")),), Tone.CALM, project.name,
                    language=w.language)  # fmt: skip
    scores = [one.score for one in seen.said if one.score is not None]
    likely = [one.likely for one in seen.said if one.likely is not None]
    elements: list[Element] = [
        Facts(_facts(w, seen, scores, likely)),
        bullets(_steps(w, project, seen)),
    ]
    if scores:
        elements.append(_picture(w, scores))
    words = [_said(w, project, seen, one) for one in reversed(seen.said) if one.text or one.low]
    if words:
        elements += [text(Bold(w("followup.words"))), bullets(words[:8])]
    elements.append(note(w("followup.list.hint")))
    low = any(task.live for task in seen.tasks.values())
    return Card(
        w("followup.list"),
        tuple(elements),
        Tone.WATCH if low else Tone.INFO,
        project.name,
        language=w.language,
    )


def _facts(
    w: Words, seen: Overview, scores: Sequence[int], likely: Sequence[int]
) -> tuple[tuple[str, str], ...]:
    average, net = mean(scores), promoters(likely)
    pairs = [(w("followup.golive"), w.day(seen.golive) if seen.golive else "")]
    pairs.append(
        (
            w("followup.average"),
            w("followup.average.of", mean=average, count=len(scores))
            if average is not None
            else w("followup.none"),
        )
    )
    if net is not None:
        pairs.append((w("followup.nps"), w("followup.nps.of", net=f"{net:+d}", count=len(likely))))
    return tuple(pairs)


def _steps(w: Words, project: Project, seen: Overview) -> list[Text]:
    lines = []
    for one in seen.known:
        if one.asked_at:
            on = w.day(project.local(one.asked_at).date())
            count = sum(said.ask_id == one.ask_id for said in seen.said)
            how = w("followup.asked", day=on, count=count)
        else:
            how = w(f"followup.waits.{one.held or Held.ASKED}")
        lines.append(text(w("followup.step", days=one.step), "  ", Muted(how)))
    there = {one.step for one in seen.known}
    for step, day in sorted(seen.dates.items()):
        if step not in there:
            how = w("followup.comes", day=w.day(day))
            lines.append(text(w("followup.step", days=step), "  ", Muted(how)))
    return lines


def _picture(w: Words, scores: Sequence[int]) -> Bars:
    tones = {1: Tone.BAD, 2: Tone.BAD, 3: Tone.WATCH, 4: Tone.GOOD, 5: Tone.GOOD}
    counts = {score: sum(one == score for one in scores) for score in range(HIGHEST, 0, -1)}
    bars = tuple((w("followup.score", score=s), n, tones[s]) for s, n in counts.items())
    told = w.comma.join(f"{label} {n}" for label, n, _ in bars if n)
    return Bars(w("followup.scores"), told, w("followup.people"), bars)


def _said(w: Words, project: Project, seen: Overview, one: Feedback) -> Text:
    score = w("followup.score", score=one.score) if one.score is not None else ""
    if one.likely is not None:
        score = w.comma.join(filter(None, [score, w("followup.likely.of", likely=one.likely)]))
    reason = w(f"followup.reason.{one.reason}") if one.reason else ""
    task = seen.tasks.get(one.risk_id or "")
    state = f"{task.label} {w(f'risk.state.{task.state}')}" if task else ""
    head = f"{seen.names.get(one.person_id, '')}  {w.day(project.local(one.at).date())}"
    words = w.comma.join(filter(None, [score, reason, one.text.replace("\n", " ")[:120]]))
    return text(Muted(head), "  ", words, "  ", Bold(state))
