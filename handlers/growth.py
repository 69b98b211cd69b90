"""我的成长: shown and exported to the person themselves, wherever they ask."""

from __future__ import annotations

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.growth import grown
from bot.domain.people import Person
from bot.growth import parts_of
from bot.language.commands import Command
from bot.places import FILE_KINDS, file_kind
from bot.router import Router, Said
from cards import growth as cards
from cards.common import notice
from cards.document import Paper
from cards.elements import Card, Tone

router = Router()


@router.command("growth.show")
async def show(_: Message, __: Command, ctx: Context) -> Said:
    person = _asker(ctx)
    card = await _card(ctx, person)
    if ctx.in_group:
        ctx.whisper(person, card)
        return notice(ctx.w, ctx.w("growth.aside"), tone=Tone.CALM)
    return card


def _asker(ctx: Context) -> Person:
    """Whose record it is: that of whoever asks, of the organisation."""
    if ctx.person is None or ctx.person.external:
        raise Refusal("refused.growth")
    return ctx.person


async def _card(ctx: Context, person: Person) -> Card:
    parts = await parts_of(ctx, person)
    if not parts:
        raise Refusal("refused.growth")
    return cards.growth_card(ctx.w, person.id, person.name, grown(parts))


@router.button(cards.ExportGrowth)
async def export(action: cards.ExportGrowth, _: Press, ctx: Context) -> Reply:
    person = _asker(ctx)
    if person.id != action.person_id:
        raise Refusal("refused.growth_others")
    if action.kind not in FILE_KINDS.values():
        raise Refusal("refused.stale")
    ctx.send_file(person, "growth", person.id, action.kind)
    return Reply(Toast(ctx.w("report.exporting")))


@router.command("growth.export")
async def export_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """我的成长 导出 Word."""
    person = _asker(ctx)
    kind = file_kind(command.slots.get("kind", "") or "word")
    if not await parts_of(ctx, person):
        raise Refusal("refused.growth")
    ctx.send_file(person, "growth", person.id, kind)
    return notice(ctx.w, ctx.w("report.exporting"), tone=Tone.CALM)


@router.paper("growth")
async def print_growth(person_id: str, ctx: Context) -> Paper | None:
    person = await ctx.uow.people.get(person_id)
    parts = await parts_of(ctx, person) if person else []
    if person is None or not parts:
        return None
    ctx = ctx.for_project(parts[0].project)
    at = ctx.w.moment(parts[0].project.local(ctx.now))
    return cards.growth_paper(ctx.w, person.name, grown(parts), at)
