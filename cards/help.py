"""What the bot can do here, for the person who asks; and its first words in a group."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.actions import SayCommand
from bot.domain.people import Member, Right, may
from bot.domain.project import Project
from cards.elements import (
    Button,
    Buttons,
    Card,
    Element,
    Rule,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.project import create_form
from cards.words import Words


def help_card(w: Words, project: Project | None, member: Member | None) -> Card:
    """Only what this person may do in this place."""
    if project is None:
        return Card(
            w("help.title"),
            (text(w("refused.no_project")), note(w("help.where"))),
            subtitle=w("help.subtitle.none"),
            language=w.language,
        )
    lines = []
    if may(member, Right.REPORT):
        lines += [w("help.report"), w("help.same"), w("help.leave")]
    if may(member, Right.RUN_ROUND):
        lines += [w("help.round"), w("help.missing")]
    if may(member, Right.RAISE):
        lines.append(w("help.risk"))
    if may(member, Right.TREAT):
        lines += [w("help.risks"), w("help.milestones"), w("help.faq")]
        lines += [w("help.report.weekly"), w("help.followup")]
    if may(member, Right.LOOK):
        lines.append(w("help.project"))
    if may(member, Right.MANAGE):
        lines += [w("help.plan"), w("help.portfolio"), w("help.roles"), w("help.settings")]
    if not may(member, Right.REPORT):
        raise_ = [w("help.risk")] if may(member, Right.RAISE) else []
        lines = [w("help.ask"), w("help.customer"), w("help.feedback"), *raise_]
    return Card(
        w("help.title"),
        (bullets(lines), Buttons(_shortcuts(w, member)), note(w("help.where"))),
        subtitle=w(
            "help.subtitle",
            project=project.name,
            role=w.role(member.role if member else None),
        ),
        language=w.language,
    )


def _shortcuts(w: Words, member: Member | None) -> tuple[Button, ...]:
    wanted = [("intent.project.show", Right.LOOK), ("intent.plan.show", Right.LOOK)]
    wanted += [
        ("intent.standup.missing", Right.RUN_ROUND),
        ("intent.risk.list", Right.TREAT),
        ("intent.settings", Right.MANAGE),
    ]
    names = [w(key) for key, right in wanted if may(member, right)]
    return tuple(button(name, SayCommand(name), typed=name) for name in names)


def welcome(w: Words, group: str, templates: Sequence[tuple[str, str]], *, external: bool) -> Card:
    """What the bot does, reads and keeps, who may see it, how to silence it, and how to start.

    `templates` are the plans to choose from: key and name.
    """
    elements: list[Element] = [
        text(w("welcome.does")),
        bullets([w(f"welcome.{topic}") for topic in ("reads", "keeps", "sees", "silence")]),
    ]
    if external:
        elements.append(text(w("welcome.external")))
    elements += [Rule(), create_form(w, group, templates), note(w("help.where"))]
    return Card(w("welcome.title"), tuple(elements), Tone.INFO, language=w.language)
