"""The register of a project's risks: the worst, where they stand, how old they are, and all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.project import Project
from bot.domain.risk import Level, Movement, Risk, ages, by_score
from cards.elements import (
    Bars,
    Bold,
    Buttons,
    Card,
    Element,
    Facts,
    Matrix,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.risk import TONES, RisksPage, Shown, line_of
from cards.words import Words

TOP = 5
A_PAGE = 20


def register(
    w: Words,
    project: Project,
    shown: Sequence[Shown],
    moved: Movement,
    now: datetime,
    *,
    partly: bool = False,
) -> Card:
    """The worst five with their movement, where all of them stand, and how old they are.

    `partly` says that the reader sees only what is marked for customers.
    """
    if partly:
        return register_page(w, project, shown, 1, whole=False)
    by_id = {one.risk.id: one for one in shown}
    top = [by_id[risk.id] for risk in by_score([one.risk for one in shown])[:TOP]]
    high = sum(one.risk.level is Level.HIGH for one in shown)
    nobody = sum(one.risk.owner_id is None for one in shown)
    elements: list[Element] = [
        Facts(
            (
                (w("risk.count"), w("risk.count.of", count=len(shown), high=high)),
                (w("risk.week"), w("risk.week.of", came=moved.came, went=moved.went)),
                (w("risk.ownerless"), str(nobody)),
            )
        )
    ]
    if not shown:
        elements = [text(w("risk.none"))]
    else:
        elements.append(text(Bold(w("risk.top", count=len(top)))))
        elements.append(bullets([line_of(w, one) for one in top]))
        elements += [matrix(w, [one.risk for one in shown]), _ages(w, [one.age for one in shown])]
    names = []
    if len(shown) > TOP:
        label = w("risk.all", count=len(shown))
        names.append(button(label, RisksPage(project.id, 1), typed=w("risk.typed.page", page=1)))
    if names:
        elements.append(Buttons(tuple(names)))
    elements.append(note(w("risk.register.hint")))
    worst = top[0].risk if top else None
    at = project.local(now)
    return Card(
        w("risk.register"),
        tuple(elements),
        TONES[worst.level] if worst else Tone.GOOD,
        f"{project.name} · {w('as_of', day=w.day(at.date()), time=w.time(at))}",
        w("risk.tag", count=len(shown)),
        language=w.language,
    )


def matrix(w: Words, risks: Sequence[Risk]) -> Matrix:
    points = tuple((r.label, r.probability, r.impact) for r in by_score(risks))
    told = w.comma.join(
        w("risk.matrix.told", id=label, p=across, i=up) for label, across, up in points[:30]
    )
    return Matrix(w("risk.matrix"), told, w("risk.probability"), w("risk.impact"), points)


def _ages(w: Words, found: Sequence[int]) -> Bars:
    counts = ages(found)
    tones = (Tone.GOOD, Tone.INFO, Tone.WATCH, Tone.BAD)
    labels = [w(f"risk.ages.{n}") for n in range(4)]
    told = w.comma.join(f"{label} {count}" for label, count in zip(labels, counts, strict=True))
    bars = tuple(zip(labels, counts, tones, strict=True))
    return Bars(w("risk.ages"), told, w("risk.ages.unit"), bars)


def register_page(
    w: Words,
    project: Project,
    shown: Sequence[Shown],
    page: int,
    *,
    turns: bool = True,
    whole: bool = True,
) -> Card:
    """A part of a list, the worst first; one that does not turn says how many more there are.

    Without `whole` it is for customers.
    """
    order = {risk.id: n for n, risk in enumerate(by_score([one.risk for one in shown]))}
    ranked = sorted(shown, key=lambda one: order[one.risk.id])
    pages = max((len(ranked) + A_PAGE - 1) // A_PAGE, 1)
    page = min(max(page, 1), pages)
    part = ranked[(page - 1) * A_PAGE : page * A_PAGE]
    elements: list[Element] = [bullets([line_of(w, one, whole=whole) for one in part])]
    if not part:
        elements = [text(w("risk.none" if whole else "risk.none.shared"))]
    if turns:
        elements += turning(w, project, page, pages)
    elif len(ranked) > len(part):
        elements.append(note(w("plan.more", count=len(ranked) - len(part))))
    return Card(
        w("risk.register"),
        tuple(elements),
        Tone.INFO,
        project.name,
        w("page", page=page, pages=pages),
        language=w.language,
    )


def turning(w: Words, project: Project, page: int, pages: int) -> list[Element]:
    buttons = [
        button(
            w(f"page.{name}"),
            RisksPage(project.id, other),
            typed=w("risk.typed.page", page=other),
        )
        for name, other in (("before", page - 1), ("after", page + 1))
        if 1 <= other <= pages
    ]
    return [Buttons(tuple(buttons))] if buttons else []
