"""The card that changes a project's times and switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.actions import Action
from bot.domain.project import Project, RoundKind
from cards.elements import (
    Buttons,
    Card,
    Choice,
    Facts,
    Form,
    TextInput,
    TimeInput,
    Tone,
    button,
    note,
)
from cards.words import Words


@dataclass(frozen=True)
class SaveSettings(Action, name="settings.save"):
    project_id: str


@dataclass(frozen=True)
class MoreSettings(Action, name="settings.more"):
    """Show the second form: follow-ups and reports."""

    project_id: str


SWITCHES = (
    "standup_on",
    "daily_on",
    "managers_report",
    "listen",
    "guests",
    "urgent",
    "followups_on",
    "followups_privately",
    "weekly_on",
    "upward_on",
)
DAYS = ("owner", "manager", "supervisor")
TIMES = ("remind_at", "climb_at")
# The fields of the second form; one form for all would be more than a card holds.
MORE = (
    "followups_on",
    "followups_at",
    "followups_days",
    "followups_privately",
    "weekly_on",
    "weekly_at",
    "upward_on",
    "upward_at",
)


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
        **{name: w(f"settings.{name}") for name in TIMES},
        **{f"{rung}_days": w(f"settings.{rung}_days") for rung in DAYS},
        **{name: w(f"settings.{name}") for name in ("listen", "guests", "urgent")},
        "language": w("settings.language"),
        **{name: w(f"settings.{name}") for name in MORE},
    }


def settings_card(w: Words, project: Project, *, saved: bool = False) -> Card:
    """All settings in one form, as they are now."""
    now = project.settings
    on_off = (("on", w("settings.on")), ("off", w("settings.off")))
    label = labels(w)
    fields: list[Choice | TimeInput | TextInput] = []
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
        _switch(label, on_off, "managers_report", on=now.managers_report),
        *(TimeInput(name, label[name], f"{getattr(now, name):%H:%M}") for name in TIMES),
        *(
            TextInput(
                f"{rung}_days", label[f"{rung}_days"], str(getattr(now.distances, rung)), longest=2
            )
            for rung in DAYS
        ),
        *(
            _switch(label, on_off, name, on=getattr(now, name))
            for name in ("listen", "guests", "urgent")
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
            note(w("settings.days.note")),
            Buttons(
                (
                    button(
                        w("settings.more"),
                        MoreSettings(project.id),
                        typed=w("settings.more.typed"),
                    ),
                )
            ),
        ),
        Tone.GOOD if saved else Tone.INFO,
        project.name,
        w("settings.saved") if saved else "",
        language=w.language,
    )


def more_card(w: Words, project: Project, *, saved: bool = False) -> Card:
    """Follow-ups and reports, as they are now."""
    now, reports = project.settings.followups, project.settings.reports
    on_off = (("on", w("settings.on")), ("off", w("settings.off")))
    label = {name: w(f"settings.{name}") for name in MORE}
    days = w.comma.join(str(day) for day in now.days)
    fields: tuple[Choice | TimeInput | TextInput, ...] = (
        _switch(label, on_off, "followups_on", on=now.on),
        TimeInput("followups_at", label["followups_at"], f"{now.at:%H:%M}"),
        TextInput("followups_days", label["followups_days"], days, longest=60),
        _switch(label, on_off, "followups_privately", on=now.privately),
        _switch(label, on_off, "weekly_on", on=reports.weekly),
        TimeInput("weekly_at", label["weekly_at"], f"{reports.weekly_at:%H:%M}"),
        _switch(label, on_off, "upward_on", on=reports.upward),
        TimeInput("upward_at", label["upward_at"], f"{reports.upward_at:%H:%M}"),
    )
    save = button(
        w("settings.save"),
        SaveSettings(project.id),
        typed=w("settings.more.set"),
        style="primary",
    )
    return Card(
        w("settings.more"),
        (Form("settings_more", fields, save), note(w("settings.more.note"))),
        Tone.GOOD if saved else Tone.INFO,
        project.name,
        w("settings.saved") if saved else "",
        language=w.language,
    )


def _switch(
    label: Mapping[str, str], on_off: tuple[tuple[str, str], ...], name: str, *, on: bool
) -> Choice:
    return Choice(name, label[name], on_off, "on" if on else "off")


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
