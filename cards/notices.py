"""One card to one person for all that fell due to them at about the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.ladder import Rung
from bot.domain.milestone import Milestone
from bot.domain.notice import Notice
from bot.domain.project import Project
from bot.domain.risk import Risk, RiskState
from cards.elements import (
    Bold,
    Buttons,
    Card,
    Element,
    FollowUp,
    Muted,
    Text,
    Tone,
    button,
    note,
    text,
)
from cards.milestone import AskMilestone, DoneMilestone, PlanView
from cards.milestone import line_of as milestone_line
from cards.risk import AskRisk, Shown, TakeRisk
from cards.risk import line_of as risk_line
from cards.words import Words

# Beyond this many the rest is counted: nobody reads more, and Feishu takes 200 nodes a card.
MOST = 12
WITH_BUTTONS = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One notice with the project and the milestone or risk that it is about."""

    notice: Notice
    project: Project
    milestone: Milestone | None = None
    risk: Risk | None = None
    plan: PlanView | None = None
    shown: Shown | None = None

    @property
    def waits(self) -> bool:
        """Whether there is still something to be done about it."""
        if self.risk:
            return self.risk.state is RiskState.OPEN
        return self.milestone is not None and self.milestone.open

    @property
    def late(self) -> bool:
        return self.notice.kind != "milestone" or self.notice.step < 0


def worst_first(told: Sequence[Notice]) -> list[Notice]:
    """What waits for an answer before what only comes up, the highest rung first."""
    return sorted(told, key=lambda one: (-_weight(one), one.at))


def _weight(notice: Notice) -> int:
    """10 and more for what has climbed, 1 for what is late, 0 for what comes up."""
    if notice.kind != "milestone":
        return 10 + notice.step
    return int(notice.step < 0)


def notices_card(w: Words, items: Sequence[Item], count: int) -> Card:
    """By project, the worst first; each with the ways to answer it. `count` are all there are."""
    elements: list[Element] = []
    names: Mapping[str, str] = {item.project.id: item.project.name for item in items}
    shown = 0
    for project_id, name in names.items():
        of_project = [item for item in items if item.project.id == project_id]
        elements.append(text(Bold(name)))
        for item in sorted(of_project, key=lambda item: not item.late):
            shown += 1
            elements += _item(w, item, buttons=shown <= WITH_BUTTONS)
    if count > len(items):
        elements.append(note(w("notices.more", count=count - len(items))))
    late = any(item.late for item in items)
    highest = max((i.notice.step for i in items if i.notice.kind != "milestone"), default=0)
    tone = Tone.BAD if highest >= Rung.MANAGER else (Tone.WATCH if late else Tone.INFO)
    title = w("notices.title.late" if late else "notices.title", count=count)
    first = plain_of(w, items[0]) if items else ""
    return Card(
        title,
        tuple(elements),
        tone,
        "" if len(names) > 1 else next(iter(names.values()), ""),
        summary=w("notices.summary", count=count, first=first),
        language=w.language,
        follow_up=FollowUp(w("notices.news", count=count)),
        urgent=any(item.notice.detail.get("urgent") and item.waits for item in items),
    )


def _item(w: Words, item: Item, *, buttons: bool) -> list[Element]:
    line = _line(w, item)
    found: list[Element] = [line]
    why = reason(w, item)
    if why:
        found.append(note(why))
    if buttons and (ways := _ways(w, item)):
        found.append(ways)
    return found


def _line(w: Words, item: Item) -> Text:
    if item.milestone and item.plan:
        return milestone_line(w, item.milestone, item.plan)
    if item.risk and item.shown:
        return risk_line(w, item.shown)
    return text(Muted(w("notices.gone")))


def plain_of(w: Words, item: Item) -> str:
    if item.milestone:
        return f"{item.milestone.label} {w.milestone(item.milestone.name)}"
    return f"{item.risk.label} {item.risk.text[:30]}" if item.risk else ""


def reason(w: Words, item: Item) -> str:
    """Why this comes to this person now."""
    notice = item.notice
    said = []
    if notice.kind in ("risk", "milestone.late"):
        days = notice.detail.get("waited", 0)
        said.append(w(f"notices.{notice.kind}.{notice.step}", days=days))
    elif notice.kind == "review":
        said.append(w("notices.review"))
    for rung, why in notice.detail.get("passed", ()):
        said.append(w(f"notices.passed.{why}", who=w(f"notices.rung.{rung}")))
    return w.gap.join(said)


def _ways(w: Words, item: Item) -> Buttons | None:
    if item.milestone and item.milestone.open:
        command = w("plan.typed", id=item.milestone.label)
        done, postpone = w("plan.do.done"), w("plan.do.postpone")
        return Buttons(
            (
                button(done, DoneMilestone(item.milestone.id), typed=f"{command} {done}"),
                button(
                    postpone,
                    AskMilestone(item.milestone.id, "postpone"),
                    typed=f"{command} {w('plan.typed.postpone')}",
                ),
            )
        )
    if item.risk and item.risk.live:
        command = w("risk.typed", id=item.risk.label)
        take, snooze = w("risk.do.take"), w("risk.do.snooze")
        return Buttons(
            (
                button(take, TakeRisk(item.risk.id), typed=f"{command} {take}", style="primary"),
                button(
                    snooze,
                    AskRisk(item.risk.id, "snooze"),
                    typed=f"{command} {w('risk.typed.snooze')}",
                ),
            )
        )
    return None
