"""A project's archive: its last reports as documents, and all of its records as JSON."""

from __future__ import annotations

from bot.context import Context
from bot.domain.project import Project
from bot.domain.report import Face, Report, as_sent
from bot.reports import fresh
from bot.risks import names_of
from cards.document import Document, Paper
from cards.report_paper import report_paper

# The newest reports that are printed; older ones are among the records.
MOST_REPORTS = 12


async def archived(ctx: Context, project: Project) -> Paper:
    """Both faces of a report that was sent to the customer, else the team's alone."""
    reports = await ctx.uow.reports.newest(project.id, MOST_REPORTS)
    if not reports:
        reports = [await fresh(ctx, project, ctx.today(project))]
    documents: dict[str, Document] = {}
    for report in reports:
        faces = [Face.INTERNAL, *([Face.CUSTOMER] if report.sent_as(Face.CUSTOMER) else [])]
        for face in faces:
            paper = await paper_of(ctx, project, report, face)
            kind = ctx.w(f"report.face.{face}")
            documents |= {f"{name} {kind}": found for name, found in paper.documents.items()}
    name = ctx.w("report.paper.archive", project=project.name, day=ctx.today(project).isoformat())
    return Paper(name, documents, dict(await ctx.uow.archive.of(project.id)))


async def paper_of(ctx: Context, project: Project, report: Report, face: Face) -> Paper:
    """One face of a report as a document; the customer's as it was sent, if it was."""
    if face is Face.CUSTOMER:
        report = as_sent(report, face) or report
    members = await ctx.uow.members.of(project.id)
    risks = await ctx.uow.risks.of(project.id)
    wanted = {e.by for e in report.edits} | {s.by for s in report.sent}
    names = await names_of(ctx, members, wanted | {r.owner_id for r in risks})
    plan = await ctx.uow.milestones.of(project.id)
    return report_paper(ctx.w, project, report, face, names, plan, members, risks)
