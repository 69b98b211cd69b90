"""周报: drafted from the records, changed by a person, sent by a person, exported."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.archive import paper_of
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import customers_among, overheard, read_by_customers, sees_all, to_colleague
from bot.domain import report as rules
from bot.domain.people import Right, is_inside, may
from bot.domain.project import Project
from bot.domain.report import Edit, Face, Part, Report, parts_of, week_of
from bot.language.asked import period
from bot.language.commands import Command
from bot.language.normal import fold, tidy
from bot.places import entered, file_kind, here, one_of, typed_in
from bot.reports import current, draft_of, drawn_again, keep, report_of
from bot.risks import names_of
from bot.router import Router
from cards import report as cards
from cards.common import notice
from cards.document import Paper
from cards.elements import Card, Tone
from cards.words import LANGUAGES, Words

router = Router()

_WEEK = timedelta(days=7)
# Letters of an id.
ID = 32


# --- reading -------------------------------------------------------------------------------------


@router.command("report.weekly", right=Right.LOOK, aside=True)
async def weekly(_: Message, command: Command, ctx: Context) -> Card:
    """周报 [上周]: this week's as the records have it now; a customer gets what was sent."""
    project = here(ctx)
    today = ctx.today(project)
    day = today
    if command.slots.get("period"):
        day = max(period(command.slots["period"], today)[0], week_of(today)[0] - 52 * _WEEK)
    if week_of(day)[0] > today:
        raise Refusal("refused.report_future")
    if not sees_all(ctx):
        return await _last_sent(ctx, project)
    report = await report_of(ctx, project, day)
    return await to_colleague(ctx, await _face(ctx, project, report, Face.INTERNAL))


async def _last_sent(ctx: Context, project: Project) -> Card:
    """What the customer was sent last."""
    sent = await _newest_sent(ctx, project)
    return cards.sent_card(ctx.w, project, await _view(ctx, project, sent, Face.CUSTOMER))


async def _newest_sent(ctx: Context, project: Project) -> Report:
    """The newest report that the customer was sent, as it was sent; `Refusal` for none."""
    for report in await ctx.uow.reports.newest(project.id, 8):
        sent = rules.as_sent(report, Face.CUSTOMER)
        if sent:
            return sent
    raise Refusal("refused.report_none")


async def _face(
    ctx: Context,
    project: Project,
    report: Report,
    face: Face,
    form: str = "",
    part: Part | None = None,
) -> Card:
    view = await _view(ctx, project, report, face)
    manages = may(ctx.member, Right.MANAGE)
    return cards.draft_card(ctx.w, project, replace(view, form=form, part=part), manages=manages)


async def _view(ctx: Context, project: Project, report: Report, face: Face) -> cards.ReportView:
    members = await ctx.uow.members.of(project.id)
    wanted = {e.by for e in report.edits} | {s.by for s in report.sent}
    return cards.ReportView(report, face, await names_of(ctx, members, wanted))


@router.command("report.face", right=Right.TREAT, what="what.weekly", aside=True)
async def show_face(_: Message, command: Command, ctx: Context) -> Card:
    """周报 客户版."""
    project = here(ctx)
    report = await current(ctx, project)
    face = _face_said(command.slots.get("face", ""))
    return await to_colleague(ctx, await _face(ctx, project, report, face))


def _face_said(words: str, default: Face = Face.INTERNAL) -> Face:
    """客户版 or 内部版, in either language."""
    for w in map(Words, LANGUAGES):
        for face in Face:
            if fold(words) and fold(words)[:2] == fold(w(f"report.face.{face}"))[:2]:
                return face
    return default


@router.button(cards.OpenReport, aside=True)
async def open_face(action: cards.OpenReport, press: Press, ctx: Context) -> Reply:
    """The other face; of a manager's draft it becomes a card of its own, which stays true too."""
    ctx, project, report = await _pressed(ctx, action.report_id, Right.TREAT)
    face = one_of(Face, action.face)
    card = await ctx.uow.living.at(press.platform, [press.message])
    if card is None or not card.drawing.startswith("report.draft") or ctx.person is None:
        return Reply(face=await _face(ctx, project, report, face))
    drawing, subject = draft_of(report, ctx.person.id, face)
    if await ctx.uow.living.find(drawing, subject):
        await ctx.hang_again(drawing, subject)
    else:
        ctx.hang(drawing, subject, ctx.person, project.id)
    return Reply(Toast(ctx.w("report.opened", face=ctx.w(f"report.face.{face}"))))


async def _pressed(ctx: Context, report_id: str, right: Right) -> tuple[Context, Project, Report]:
    report = await ctx.uow.reports.get(report_id)
    project_id = report.project_id if report else None
    ctx, project, _member = await entered(ctx, project_id, right, "what.weekly")
    if report is None:
        raise Refusal("refused.stale")
    if overheard(ctx):
        raise Refusal("refused.elsewhere")
    return ctx, project, report


# --- changing ------------------------------------------------------------------------------------


@router.button(cards.AskReport)
async def ask(action: cards.AskReport, _: Press, ctx: Context) -> Reply:
    right = Right.MANAGE if action.form in ("edit", "redraw") else Right.TREAT
    ctx, project, report = await _pressed(ctx, action.report_id, right)
    return Reply(face=await _face(ctx, project, report, one_of(Face, action.face), action.form))


@router.button(cards.PickPart)
async def pick(action: cards.PickPart, press: Press, ctx: Context) -> Reply:
    ctx, project, report = await _pressed(ctx, action.report_id, Right.MANAGE)
    face = one_of(Face, action.face)
    part = _part(ctx, face, typed_in(press.fields).get("part", ""))
    return Reply(face=await _face(ctx, project, report, face, part=part))


@router.button(cards.SavePart)
async def save(action: cards.SavePart, press: Press, ctx: Context) -> Reply:
    ctx, project, report = await _pressed(ctx, action.report_id, Right.MANAGE)
    if report.version != action.version:
        raise Refusal("refused.report_changed")
    fields = typed_in(press.fields)
    names = [name for name in fields if re.fullmatch("text[0-9]{1,4}", name)]
    pieces = [fields[name] for name in sorted(names, key=lambda name: int(name[4:]))]
    report = await _edited(
        ctx,
        report,
        one_of(Face, action.face),
        one_of(Part, action.part),
        "\n".join(filter(None, pieces)),
    )
    face = await _face(ctx, project, report, one_of(Face, action.face))
    return Reply(Toast(ctx.w("report.saved")), face=face)


@router.command("report.edit", right=Right.MANAGE, what="what.weekly", aside=True)
async def edit_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """周报 修改 客户版 风险：…; without a section the form is shown."""
    project = here(ctx)
    face = _face_said(command.slots.get("face", ""))
    if not command.slots.get("part"):
        report = await current(ctx, project)
        return await to_colleague(ctx, await _face(ctx, project, report, face, "edit"))
    part = _part(ctx, face, command.slots.get("part", ""))
    report = await current(ctx, project)
    report = await _edited(ctx, report, face, part, tidy(command.slots.get("text", "")))
    return await to_colleague(ctx, await _face(ctx, project, report, face))


async def _edited(ctx: Context, report: Report, face: Face, part: Part, text: str) -> Report:
    if cards.is_too_long(text):
        raise Refusal("refused.report_long", most=rules.LONGEST_SECTION, have=len(text))
    by = ctx.person.id if ctx.person else ""
    after = await keep(ctx, rules.edited(report, Edit(face, part, text, by, ctx.now)))
    ctx.note("report.edited", report=report.id, face=str(face), part=str(part))
    return after


def _part(ctx: Context, face: Face, said: str) -> Part:
    """The section of that name, in either language."""
    for part in parts_of(face):
        called = {str(part), *(fold(w(f"report.part.{part}")) for w in map(Words, LANGUAGES))}
        if fold(said) in called or any(
            fold(said) and name.startswith(fold(said)) for name in called
        ):
            return part
    names = [ctx.w(f"report.part.{part}") for part in parts_of(face)]
    raise Refusal("refused.report_part", part=said[:20], parts=ctx.w.comma.join(names))


@router.button(cards.RedrawPart)
async def redraw(action: cards.RedrawPart, press: Press, ctx: Context) -> Reply:
    ctx, project, report = await _pressed(ctx, action.report_id, Right.MANAGE)
    face, said = one_of(Face, action.face), typed_in(press.fields).get("part", "")
    parts = parts_of(face) if said == "all" else (_part(ctx, face, said),)
    report = await drawn_again(ctx, report, parts, face)
    ctx.note("report.redrawn", report=report.id, parts=[str(part) for part in parts])
    toast = Toast(ctx.w("report.redrawn"))
    return Reply(toast, face=await _face(ctx, project, report, face))


@router.command("report.redraw", right=Right.MANAGE, what="what.weekly", aside=True)
async def redraw_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """周报 重新生成 [风险]."""
    project = here(ctx)
    report = await current(ctx, project)
    said, face = command.slots.get("part", ""), _face_said(command.slots.get("face", ""))
    parts = (_part(ctx, face, said),) if said else parts_of(face)
    report = await drawn_again(ctx, report, parts, face)
    return await to_colleague(ctx, await _face(ctx, project, report, face))


# --- sending -------------------------------------------------------------------------------------


@router.button(cards.SendReport)
async def send(action: cards.SendReport, _: Press, ctx: Context) -> Reply:
    ctx, project, report = await _pressed(ctx, action.report_id, Right.MANAGE)
    if report.version != action.version:
        # What would be sent is not what is seen.
        raise Refusal("refused.report_changed")
    told, report = await _sent(ctx, project, report, one_of(Face, action.face))
    return Reply(Toast(told), face=await _face(ctx, project, report, one_of(Face, action.face)))


@router.command("report.send", right=Right.MANAGE, what="what.weekly", aside=True)
async def send_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """周报 发送 客户版: the newest as it stands, which is what people have seen."""
    project = here(ctx)
    newest = await ctx.uow.reports.newest(project.id)
    if not newest:
        raise Refusal("refused.report_unseen")
    report = newest[0]
    told, _report = await _sent(ctx, project, report, _face_said(command.slots.get("face", "")))
    return notice(ctx.w, told)


async def _sent(ctx: Context, project: Project, report: Report, face: Face) -> tuple[str, Report]:
    """Send a face to its readers; the same again only after something has changed."""
    before = report.sent_as(face)
    if before and rules.says_the_same(report, before):
        by = await ctx.uow.people.get(before.by) if before.by else None
        at = ctx.w.moment(project.local(before.at))
        raise Refusal("refused.report_sent", name=by.name if by else "", at=at)
    by_id = ctx.person.id if ctx.person else None
    report = await keep(ctx, rules.sent(report, face, by_id, ctx.now))
    ctx.note("report.sent", report=report.id, face=str(face))
    card = cards.sent_card(ctx.w, project, await _view(ctx, project, report, face))
    chat = await ctx.uow.chats.get(project.chat_id)
    members = await ctx.uow.members.of(project.id)
    if face is Face.CUSTOMER or not (customers_among(members) or read_by_customers(chat, project)):
        ctx.say(chat, card)
        return ctx.w("report.sent.toast"), report
    team = [m.person for m in members if is_inside(m) and m.role]
    for person in team:
        ctx.whisper(person, card)
    return ctx.w("report.sent.team", count=len(team)), report


@router.drawing("report.draft")
async def draw_draft(subject: str, ctx: Context) -> Card | None:
    """The draft in a manager's private chat, as long as they are one."""
    return await _draft(subject, ctx, Face.INTERNAL)


@router.drawing("report.draft.customer")
async def draw_customers_draft(subject: str, ctx: Context) -> Card | None:
    return await _draft(subject, ctx, Face.CUSTOMER)


async def _draft(subject: str, ctx: Context, face: Face) -> Card | None:
    report_id, person_id = subject[:ID], subject[ID:]
    report = await ctx.uow.reports.get(report_id)
    project = await ctx.uow.projects.get(report.project_id) if report else None
    member = await ctx.uow.members.find(project.id, person_id) if project else None
    if report is None or project is None:
        return None
    ctx = ctx.for_project(project)
    if not may(member, Right.MANAGE):
        return notice(ctx.w, ctx.w("report.weekly"), ctx.w("report.taken"), tone=Tone.CALM)
    view = await _view(ctx, project, report, face)
    return cards.draft_card(ctx.w, project, view, manages=True)


# --- files ---------------------------------------------------------------------------------------


@router.button(cards.ExportReport)
async def export(action: cards.ExportReport, _: Press, ctx: Context) -> Reply:
    """A file of the report to whoever asks; a customer gets what was sent to them."""
    report = await ctx.uow.reports.get(action.report_id)
    project_id = report.project_id if report else None
    ctx, project, _member = await entered(ctx, project_id, Right.LOOK, "what.look")
    if report is None or action.kind not in cards.KINDS:
        raise Refusal("refused.stale")
    _export(ctx, project, report, one_of(Face, action.face), action.kind)
    return Reply(Toast(ctx.w("report.exporting")))


@router.command("report.export", right=Right.LOOK)
async def export_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """周报 导出 PDF [客户版]."""
    project = here(ctx)
    kind = file_kind(command.slots.get("kind", ""))
    face = _face_said(command.slots.get("face", ""))
    if sees_all(ctx):
        report = await current(ctx, project)
    else:
        face, report = Face.CUSTOMER, await _newest_sent(ctx, project)
    _export(ctx, project, report, face, kind)
    return notice(ctx.w, ctx.w("report.exporting"), tone=Tone.CALM)


def _export(ctx: Context, project: Project, report: Report, face: Face, kind: str) -> None:
    if not sees_all(ctx) and (face is Face.INTERNAL or not report.sent_as(face)):
        raise Refusal("refused.report_unsent")
    if ctx.person is None or ctx.chat is None:
        return
    # What is internal goes to the asker alone; people outside can be written to in the group only.
    public = face is Face.CUSTOMER and report.sent_as(face) is not None
    here_ = ctx.chat if public or not ctx.in_group else None
    ctx.send_file(here_ or ctx.person, "report", f"{report.id}:{face}", kind)
    ctx.note("report.exported", report=report.id, face=str(face), kind=kind)


@router.paper("report")
async def print_report(subject: str, ctx: Context) -> Paper | None:
    report_id, _, face = subject.partition(":")
    report = await ctx.uow.reports.get(report_id)
    project = await ctx.uow.projects.get(report.project_id) if report else None
    if report is None or project is None:
        return None
    return await paper_of(ctx.for_project(project), project, report, Face(face))
