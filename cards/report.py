"""周报: the draft that somebody edits, what is sent, and the supervisor's digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from bot.core.actions import Action
from bot.domain.health import Health
from bot.domain.project import Project
from bot.domain.report import LONGEST_SECTION, Face, Line, Part, Report, parts_of
from cards.elements import (
    Bold,
    Button,
    Buttons,
    Card,
    Choice,
    Element,
    Form,
    Muted,
    Rule,
    Text,
    TextInput,
    Tone,
    bullets,
    button,
    note,
    text,
)
from cards.report_lines import as_text, cited, pictures, said, section
from cards.words import Words

# A card shows so many statements of a section; the file has all of them.
MOST_LINES = 6
LONGEST_FIELD = 1000
KINDS = ("docx", "pdf", "xlsx")
_HEALTH = {"good": Tone.GOOD, "watch": Tone.WATCH, "bad": Tone.BAD}


@dataclass(frozen=True)
class OpenReport(Action, name="report.open"):
    """The other face of the same report."""

    report_id: str
    face: str


@dataclass(frozen=True)
class AskReport(Action, name="report.ask"):
    """Show what somebody is about to do: `edit`, `redraw`, `export`, or nothing."""

    report_id: str
    face: str
    form: str


@dataclass(frozen=True)
class PickPart(Action, name="report.pick"):
    """Which section is edited; the field says it."""

    report_id: str
    face: str


@dataclass(frozen=True)
class SavePart(Action, name="report.save"):
    """The words of a section, unless somebody has changed the report since `version`."""

    report_id: str
    face: str
    part: str
    version: int


@dataclass(frozen=True)
class RedrawPart(Action, name="report.redraw"):
    report_id: str
    face: str


@dataclass(frozen=True)
class SendReport(Action, name="report.send"):
    """Nothing is sent that whoever presses has not seen: `version` is that of the drawn report."""

    report_id: str
    face: str
    version: int


@dataclass(frozen=True)
class ExportReport(Action, name="report.export"):
    report_id: str
    face: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report with what its card needs of others: names by id, and the part that is edited."""

    report: Report
    face: Face
    names: Mapping[str, str]
    form: str = ""
    part: Part | None = None


def week_words(w: Words, report: Report) -> str:
    return w("report.week", first=w.day(report.first), last=w.day(report.last))


def draft_card(w: Words, project: Project, view: ReportView, *, manages: bool) -> Card:
    """The report with the ways to change and send it, for whoever may; else to read."""
    report, face = view.report, view.face
    elements: list[Element] = [text(Muted(week_words(w, report)))]
    if view.part is not None:
        elements += [_edit(w, view, view.part), _back(w, view)]
    else:
        elements += _sections(w, view)
        elements += _state(w, project, view)
        elements += _ways(w, view, manages=manages)
        elements += pictures(w, report, face)
    return Card(
        w("report.weekly"),
        tuple(elements),
        _tone(report, face),
        project.name,
        w(f"report.face.{face}"),
        language=w.language,
    )


def _tone(report: Report, face: Face) -> Tone:
    if face is Face.CUSTOMER:
        return Tone.INFO
    for line in report.lines(Part.SUMMARY, face):
        if "health" in line.values:
            return _HEALTH[line.values["health"]]
    return Tone.INFO


def _sections(w: Words, view: ReportView) -> list[Element]:
    found: list[Element] = []
    for part in parts_of(view.face):
        pairs = section(w, view.report, part, view.face)
        if not pairs:
            continue
        found.append(text(Bold(w(f"report.part.{part}"))))
        found.append(bullets([statement(*pair) for pair in pairs[:MOST_LINES]]))
        if len(pairs) > MOST_LINES:
            found.append(note(w("report.more", count=len(pairs) - MOST_LINES)))
        edit = view.report.edit_of(part, view.face)
        if edit and view.face is Face.INTERNAL:
            found.append(note(w("report.edited", name=view.names.get(edit.by, ""))))
    return found


def statement(words: str, evidence: str) -> Text:
    """What a line says, and small behind it the records that say so."""
    return text(words, "  ", Muted(evidence)) if evidence else text(words)


def _state(w: Words, project: Project, view: ReportView) -> list[Element]:
    """That it has been sent, and as of when it is drafted."""
    at = project.local(view.report.drafted_at)
    found: list[Element] = [note(w("report.as_of", at=w.moment(at)))]
    sent = view.report.sent_as(view.face)
    if sent:
        name = view.names.get(sent.by or "", w("bot.name"))
        when = w.moment(project.local(sent.at))
        found.append(text(w("report.sent", name=name, at=when)))
    return found


def _ways(w: Words, view: ReportView, *, manages: bool) -> list[Element]:
    report, face, form = view.report, view.face, view.form
    if form == "export":
        return [_exports(w, report, face), _back(w, view)]
    if form in ("edit", "redraw"):
        return [_choose(w, view), _back(w, view)]
    other = Face.CUSTOMER if face is Face.INTERNAL else Face.INTERNAL
    buttons: list[Button] = []
    if manages:
        buttons = [
            _way(
                w, "send", SendReport(report.id, str(face), report.version), face, style="primary"
            ),
            _way(w, "edit", AskReport(report.id, str(face), "edit"), face),
            _way(w, "redraw", AskReport(report.id, str(face), "redraw"), face),
        ]
    buttons += [
        _way(w, "export", AskReport(report.id, str(face), "export"), face),
        button(
            w(f"report.face.{other}"),
            OpenReport(report.id, str(other)),
            typed=w("report.typed.face", face=w(f"report.face.{other}")),
        ),
    ]
    return [Buttons(tuple(buttons)), note(w(f"report.hint.{face}"))]


def _way(w: Words, what: str, action: Action, face: Face, style: str = "default") -> Button:
    label = w(f"report.do.send.{face}" if what == "send" else f"report.do.{what}")
    typed = w(f"report.typed.{what}", face=w(f"report.face.{face}"))
    return button(label, action, typed=typed, style=style)


def _exports(w: Words, report: Report, face: Face) -> Buttons:
    return Buttons(
        tuple(
            button(
                w(f"report.kind.{kind}"),
                ExportReport(report.id, str(face), kind),
                typed=w(
                    "report.typed.kind",
                    kind=w(f"report.kind.{kind}"),
                    face=w(f"report.face.{face}"),
                ),
            )
            for kind in KINDS
        )
    )


def _choose(w: Words, view: ReportView) -> Form:
    """Which section; all of them can be drawn again at once."""
    parts = tuple((str(part), w(f"report.part.{part}")) for part in parts_of(view.face))
    redraws = view.form == "redraw"
    options = (("all", w("report.part.all")), *parts) if redraws else parts
    id_, face = view.report.id, str(view.face)
    act: Action = RedrawPart(id_, face) if redraws else PickPart(id_, face)
    typed = w(f"report.typed.{view.form}", face=w(f"report.face.{face}"))
    key = "report.do.redraw" if redraws else "report.next"
    send = button(w(key), act, typed=typed, style="primary")
    return Form(
        "report", (Choice("part", w("report.part"), options, options[0][0], required=True),), send
    )


def _edit(w: Words, view: ReportView, part: Part) -> Form:
    """The section as it is, a statement a line; what is longer than a field has several."""
    label = w(f"report.part.{part}")
    fields = tuple(
        TextInput(
            f"text{number}",
            label if number == 1 else w("report.part.more", part=label, number=number),
            words,
            w("report.empty"),
            lines=6,
            longest=LONGEST_FIELD,
        )
        for number, words in enumerate(_pieces(as_text(w, view.report, part, view.face)), start=1)
    )
    act = SavePart(view.report.id, str(view.face), str(part), view.report.version)
    typed = w("report.typed.edit", face=w(f"report.face.{view.face}"))
    return Form("report_edit", fields, button(w("report.save"), act, typed=typed, style="primary"))


def _pieces(words: str) -> list[str]:
    """The lines in as few pieces as a field's length allows; one that is longer is broken."""
    pieces = [""]
    for line in words.split("\n"):
        for part in wrap(line, LONGEST_FIELD - 1) or [""]:
            longer = f"{pieces[-1]}\n{part}" if pieces[-1] else part
            if len(longer) >= LONGEST_FIELD and pieces[-1]:
                pieces.append(part)
            else:
                pieces[-1] = longer
    return pieces


def _back(w: Words, view: ReportView) -> Buttons:
    return Buttons((button(w("risk.do.back"), AskReport(view.report.id, str(view.face), "")),))


def sent_card(w: Words, project: Project, view: ReportView) -> Card:
    """The report as its readers get it."""
    report, face = view.report, view.face
    pdf = button(
        w("report.kind.pdf"),
        ExportReport(report.id, str(face), "pdf"),
        typed=w("report.typed.kind", kind=w("report.kind.pdf"), face=w(f"report.face.{face}")),
    )
    sent = report.sent_as(face)
    by = view.names.get(sent.by or "", w("bot.name")) if sent else ""
    elements = (
        text(Muted(week_words(w, report))),
        *_sections(w, view),
        note(w("report.by", name=by)),
        Buttons((pdf,)),
        *pictures(w, report, face),
    )
    return Card(
        w("report.weekly"),
        elements,
        _tone(report, face),
        project.name,
        w("report.face.internal") if face is Face.INTERNAL else "",
        language=w.language,
    )


def digest_card(w: Words, found: Sequence[tuple[Project, Report]]) -> Card:
    """A supervisor's week: every project's summary, those in trouble first."""
    order = {"bad": 0, "watch": 1, "good": 2}

    def rank(one: tuple[Project, Report]) -> tuple[int, str]:
        lines = one[1].lines(Part.SUMMARY, Face.INTERNAL)
        health = next((x.values["health"] for x in lines if "health" in x.values), Health.GOOD)
        return order[str(health)], one[0].name

    elements: list[Element] = []
    for project, report in sorted(found, key=rank)[:MOST_PROJECTS]:
        lines = [
            *report.lines(Part.SUMMARY, Face.INTERNAL),
            *report.lines(Part.RISKS, Face.INTERNAL)[:1],
            *report.lines(Part.PARTICIPATION, Face.INTERNAL)[:1],
            *report.lines(Part.FOLLOWUPS, Face.INTERNAL)[:1],
        ]
        elements += [Rule()] if elements else []
        elements.append(text(Bold(project.name)))
        elements.append(bullets([statement(said(w, x), cited(w, x.sources)) for x in lines]))
    if len(found) > MOST_PROJECTS:
        elements.append(note(w("portfolio.more", count=len(found) - MOST_PROJECTS)))
    elements.append(note(w("report.digest.hint")))
    tag = w("portfolio.tag", count=len(found))
    return Card(w("report.digest"), tuple(elements), Tone.INFO, tag=tag, language=w.language)


MOST_PROJECTS = 12


def upward_card(w: Words, day: str, found: Sequence[tuple[Project, Sequence[Line]]]) -> Card:
    """The day's exceptions of a supervisor's projects; without any, that there was none all
    week."""
    elements: list[Element] = []
    for project, lines in found[:MOST_PROJECTS]:
        elements.append(text(Bold(project.name)))
        elements.append(bullets([statement(said(w, x), cited(w, x.sources)) for x in lines]))
    if len(found) > MOST_PROJECTS:
        elements.append(note(w("portfolio.more", count=len(found) - MOST_PROJECTS)))
    if not found:
        elements.append(text(w("report.upward.none")))
    return Card(
        w("report.upward", day=day),
        tuple(elements),
        Tone.BAD if found else Tone.GOOD,
        language=w.language,
    )


def is_too_long(words: str) -> bool:
    return len(words) > LONGEST_SECTION
