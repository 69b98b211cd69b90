"""The card that changes a project's times and switches."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.actions import Action
from bot.domain.project import Project, RoundKind
from cards.elements import Card, Choice, Facts, Form, TimeInput, Tone, button, note
from cards.words import Words


@dataclass(frozen=True)
class SaveSettings(Action, name="settings.save"):
    project_id: str


SWITCHES = ("standup_on", "daily_on", "managers_report")


def labels(w: Words) -> dict[str, str]:
    """What each field of the form is called."""
    named = {f"{kind}_on": w(f"settings.{kind}.label") for kind in RoundKind}
    named |= {
        f"{kind}_{step}": w(f"settings.{kind}.{step}")
        for kind in RoundKind
        for step in ("ask", "remind", "close")
    }
    return named | {
        "quiet_from": w("settings.quiet_from"),
        "quiet_until": w("settings.quiet_until"),
        "managers_report": w("settings.managers"),
        "language": w("settings.language"),
    }


def settings_card(w: Words, project: Project, *, saved: bool = False) -> Card:
    """All settings in one form, as they are now."""
    now = project.settings
    on_off = (("on", w("settings.on")), ("off", w("settings.off")))
    label = labels(w)
    fields: list[Choice | TimeInput] = []
    for kind in RoundKind:
        times = now.times(kind)
        fields.append(
            Choice(
                f"{kind}_on",
                label[f"{kind}_on"],
                on_off,
                "on" if times.on else "off",
            )
        )
        fields += [
            TimeInput(
                f"{kind}_{step}",
                label[f"{kind}_{step}"],
                f"{getattr(times, step):%H:%M}",
            )
            for step in ("ask", "remind", "close")
        ]
    fields += [
        TimeInput("quiet_from", label["quiet_from"], f"{now.quiet_from:%H:%M}"),
        TimeInput("quiet_until", label["quiet_until"], f"{now.quiet_until:%H:%M}"),
        Choice(
            "managers_report",
            label["managers_report"],
            on_off,
            "on" if now.managers_report else "off",
        ),
        Choice(
            "language",
            label["language"],
            tuple((code, w(f"settings.language.{code}")) for code in ("zh", "en")),
            now.language,
        ),
    ]
    typed = w("settings.typed")
    save = button(w("settings.save"), SaveSettings(project.id), typed=typed, style="primary")
    return Card(
        w("settings.title"),
        (
            Form("settings", tuple(fields), save),
            note(w("settings.note", zone=now.zone)),
        ),
        Tone.GOOD if saved else Tone.INFO,
        project.name,
        w("settings.saved") if saved else "",
        language=w.language,
    )


def times_changed(w: Words, project: Project, kind: RoundKind, first_day: str) -> Card:
    """The echo of a changed time, with the whole row that follows from it."""
    times = project.settings.times(kind)
    said = w(
        "settings.changed",
        round=w(f"round.{kind}"),
        ask=f"{times.ask:%H:%M}",
        remind=f"{times.remind:%H:%M}",
        close=f"{times.close:%H:%M}",
    )
    pairs = ((w(f"settings.{kind}"), said),)
    return Card(
        w("settings.saved"),
        (Facts(pairs), note(w("settings.first", day=first_day))),
        Tone.GOOD,
        project.name,
        language=w.language,
    )
