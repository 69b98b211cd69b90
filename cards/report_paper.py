"""A report as a document: for Word, PDF and Excel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.milestone import Milestone, owner_of
from bot.domain.people import Member
from bot.domain.project import Project
from bot.domain.report import Face, Report, parts_of
from bot.domain.risk import Risk
from cards.document import Document, Item, Paper, Section, Table
from cards.report import week_words
from cards.report_lines import pictures, section
from cards.words import Words

Row = tuple[str | int | float | None, ...]


def report_paper(
    w: Words,
    project: Project,
    report: Report,
    face: Face,
    names: Mapping[str, str],
    plan: Sequence[Milestone],
    members: Sequence[Member],
    risks: Sequence[Risk],
) -> Paper:
    """The whole report, with the records as tables for the team."""
    name = w("report.paper", project=project.name, first=report.first.isoformat())
    # Tables are the records as they are now, with their ids: for the team.
    tables = (_milestones(w, plan, members), _risks(w, project, risks, names))
    document = Document(
        w("report.paper.title", project=project.name),
        "" if face is Face.CUSTOMER else w(f"report.face.{face}"),
        _facts(w, project, report, face, names),
        _sections(w, report, face, names),
        tables if face is Face.INTERNAL else (),
        w("report.paper.footer", at=w.moment(project.local(report.drafted_at))),
        w.language,
    )
    return Paper(name, {name: document})


def _facts(
    w: Words, project: Project, report: Report, face: Face, names: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    pairs = [(w("report.paper.week"), week_words(w, report))]
    if project.golive:
        pairs.append((w("report.paper.golive"), w.day(project.golive)))
    sent = report.sent_as(face)
    if sent:
        by = names.get(sent.by or "", w("bot.name"))
        pairs.append((w("report.paper.sent"), f"{by}  {w.moment(project.local(sent.at))}"))
    return tuple(pairs)


def _sections(
    w: Words, report: Report, face: Face, names: Mapping[str, str]
) -> tuple[Section, ...]:
    """Customers get no ids of internal records: what they read is agreed words."""
    found = []
    for part in parts_of(face):
        pairs = section(w, report, part, face)
        edit = report.edit_of(part, face)
        written = w("report.paper.written", name=names.get(edit.by, "")) if edit else ""
        shows = tuple(pictures(w, report, face, part))
        if pairs or shows:
            found.append(
                Section(
                    w(f"report.part.{part}"),
                    tuple(Item(words, evidence) for words, evidence in pairs),
                    written if face is Face.INTERNAL else "",
                    shows,
                )
            )
    return tuple(found)


def _head(w: Words, *names: str) -> tuple[str, ...]:
    return tuple(w(f"report.paper.head.{name}") for name in names)


def _milestones(w: Words, plan: Sequence[Milestone], members: Sequence[Member]) -> Table:
    rows: list[Row] = []
    for m in plan:
        owner = owner_of(m, members)
        done = m.done_on.isoformat() if m.done_on else None
        rows.append(
            (
                m.label,
                w.milestone(m.name),
                owner.person.name if owner else None,
                m.agreed.isoformat(),
                m.due.isoformat(),
                done,
            )
        )
    head = _head(w, "id", "name", "owner", "agreed", "due", "done")
    return Table(w("report.paper.sheet.milestones"), head, tuple(rows))


def _risks(w: Words, project: Project, risks: Sequence[Risk], names: Mapping[str, str]) -> Table:
    rows: list[Row] = []
    for r in risks:
        state = w(f"risk.state.{r.state}")
        opened = project.local(r.opened_at).date().isoformat()
        level = w(f"risk.level.{r.level}")
        rows.append((r.label, r.text, names.get(r.owner_id or ""), level, r.score, state, opened))
    head = _head(w, "id", "text", "owner", "level", "score", "state", "opened")
    return Table(w("report.paper.sheet.risks"), head, tuple(rows))
