"""The library itself: how it does, its entries, other wordings, and how it answers here."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.answers import person_of
from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.domain.faq import EntryState, FaqEntry, Readers, stale
from bot.domain.faq_settings import STRICTNESS, FaqSettings, Replies
from bot.domain.people import Right
from bot.domain.project import Project
from bot.faq_keeping import (
    add_wording,
    change,
    is_new_wording,
    library_view,
    new_entry,
)
from bot.language.asked import (
    merged,
    named_value,
    names_readers,
    question_and_answer,
    readers_said,
    state_said,
    synonyms_said,
)
from bot.language.commands import Command
from bot.language.faq.wordings import most_different
from bot.language.faq.words import bare
from bot.language.normal import fold, tidy
from bot.places import entered, here, number_of, typed_in
from bot.router import Router
from cards import faq_library as library_cards
from cards.common import notice
from cards.elements import Card, Tone
from cards.words import LANGUAGES, Words

router = Router()

MONTH = timedelta(days=30)
MOST_SYNONYMS, LONGEST_SYNONYM, MOST_MONTHS = 200, 20, 120


@router.command("faq.list", right=Right.TREAT, what="what.faq", aside=True)
async def show_library(_: Message, __: Command, ctx: Context) -> Card:
    """How the library does and what it lacks."""
    project = here(ctx)
    return library_cards.library_card(ctx.w, project, await library_view(ctx, project))


@router.command("faq.show", right=Right.TREAT, what="what.faq", aside=True)
async def show_entry(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    return await _entry(ctx, project, await _named(ctx, project, command))


async def _entry(ctx: Context, project: Project, entry: FaqEntry) -> Card:
    led = await ctx.uow.faq.led_to(entry.id, ctx.now - MONTH)
    return library_cards.entry_card(
        ctx.w,
        entry,
        await person_of(ctx, entry.owner_id),
        stale(entry, project.settings.faq, ctx.now),
        [one for one in led if is_new_wording(one.plain, entry)],
    )


@router.command("faq.add", right=Right.TREAT, what="what.faq", aside=True)
async def add_entry(_: Message, command: Command, ctx: Context) -> Card:
    """FAQ 添加 问：… 答：…"""
    project, slots = here(ctx), command.slots
    question, answer = tidy(slots.get("question", "")), tidy(slots.get("answer", ""))
    readers = Readers(readers_said(slots.get("readers", "")))
    entry = await new_entry(ctx, project, question, answer, readers)
    return notice(
        ctx.w,
        ctx.w("faq.added", id=entry.label),
        entry.question,
        ctx.w("faq.added.readers", readers=ctx.w(f"faq.readers.{readers}")),
    )


@router.command("faq.edit", right=Right.TREAT, what="what.faq", aside=True)
async def edit_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """FAQ 修改 F3 答：…, or the form where nothing more is said."""
    project = here(ctx)
    entry = await _named(ctx, project, command)
    said = command.slots.get("what", "").strip()
    if not said:
        return library_cards.edit_form(ctx.w, entry)
    return await _entry(ctx, project, await change(ctx, project, entry, _changed(entry, said)))


def _changed(entry: FaqEntry, said: str) -> FaqEntry:
    """For whom, in which state, for which version, another wording, or the answer itself."""
    if names_readers(said):
        return replace(entry, readers=Readers(readers_said(said)))
    if state := state_said(said):
        return replace(entry, state=EntryState(state))
    name, value = named_value(said)
    if name == "version":
        return replace(entry, version=value[:40])
    if name == "wordings":
        more = [tidy(one) for one in re.split("[\n;；]", value) if bare(one)]
        return replace(entry, variants=most_different((*entry.variants, *more)))
    question, answer = question_and_answer(said)
    if not (question or answer):
        answer = said
    return replace(
        entry,
        question=tidy(question) or entry.question,
        answer=tidy(answer) or entry.answer,
    )


@router.button(library_cards.EditEntry)
async def edit(action: library_cards.EditEntry, press: Press, ctx: Context) -> Reply:
    """修改: the form, then what was typed into it."""
    ctx, project, entry = await _pressed(ctx, action.entry_id)
    typed = typed_in(press.fields)
    if not typed:
        return Reply(face=library_cards.edit_form(ctx.w, entry))
    readers, state = typed.get("readers", ""), typed.get("state", "")
    wordings = dict.fromkeys(tidy(line) for line in typed.get("variants", "").split("\n"))
    after = replace(
        entry,
        question=typed.get("question", entry.question),
        answer=typed.get("answer", entry.answer),
        variants=most_different([words for words in wordings if bare(words)]),
        readers=Readers(readers) if readers in set(Readers) else entry.readers,
        state=EntryState(state) if state in library_cards.STATES else entry.state,
        category=typed.get("category", entry.category)[:60],
        version=typed.get("version", entry.version)[:40],
    )
    after = await change(ctx, project, entry, after)
    return Reply(
        Toast(ctx.w("faq.changed", id=after.label)), face=await _entry(ctx, project, after)
    )


@router.button(library_cards.ConfirmEntry)
async def confirm(action: library_cards.ConfirmEntry, _: Press, ctx: Context) -> Reply:
    """仍然正确: it stands as it is, for this version of the product."""
    ctx, project, entry = await _pressed(ctx, action.entry_id)
    version = project.settings.faq.version if entry.version else ""
    after = replace(entry, state=EntryState.APPROVED, version=version or entry.version)
    after = await change(ctx, project, entry, after)
    return Reply(Toast(ctx.w("faq.confirmed")), face=await _entry(ctx, project, after))


@router.button(library_cards.TakeWording)
async def take_wording(action: library_cards.TakeWording, _: Press, ctx: Context) -> Reply:
    """A question that led to the entry becomes one of its wordings, or does not."""
    ctx, project, entry = await _pressed(ctx, action.entry_id)
    question = await ctx.uow.faq.question(action.question_id)
    if question is None or question.entry_id != entry.id or question.project_id != project.id:
        raise Refusal("refused.stale")
    if question.learnt is None:
        if action.takes:
            await add_wording(ctx, question, entry)
        else:
            await ctx.uow.faq.keep(replace(question, learnt=False))
    after = await ctx.uow.faq.get(entry.id) or entry
    return Reply(face=await _entry(ctx, project, after))


@router.command("faq.remove", right=Right.TREAT, what="what.faq", aside=True)
async def remove_entry(_: Message, command: Command, ctx: Context) -> Card:
    entry = await _named(ctx, here(ctx), command)
    await ctx.uow.faq.save(replace(entry, state=EntryState.REMOVED, changed_at=ctx.now))
    ctx.note("faq.removed", entry=entry.id, question=entry.question, answer=entry.answer)
    return notice(ctx.w, ctx.w("faq.removed", id=entry.label), entry.question, tone=Tone.CALM)


# --- how it answers here -------------------------------------------------------------------------


@router.command("faq.settings", right=Right.MANAGE, what="what.settings", aside=True)
async def show_settings(_: Message, command: Command, ctx: Context) -> Card:
    """FAQ 设置, or one of them: 私聊回答, 正确率 98, 过时 6, 版本 V8."""
    project, said = here(ctx), command.slots.get("what", "").strip(" :：")
    if not said:
        return library_cards.settings_card(ctx.w, project)
    settings = project.settings.faq
    labels = {fold(w(f"faq.replies.{one}")): one for w in map(Words, LANGUAGES) for one in Replies}
    (name, value), number = named_value(said), number_of(said)
    if reply := labels.get(fold(said)):
        settings = replace(settings, replies=reply)
    elif name == "version":
        settings = replace(settings, version=value[:40])
    elif name == "right" and number in STRICTNESS:
        settings = replace(settings, right=number)
    elif name == "months" and number is not None and number <= MOST_MONTHS:
        settings = replace(settings, stale_months=number)
    else:
        raise Refusal("refused.faq_setting", text=said[:40])
    project = await _save(ctx, project, settings)
    return library_cards.settings_card(ctx.w, project, saved=True)


@router.button(library_cards.SaveFaqSettings, right=Right.MANAGE, what="what.settings")
async def save_settings(action: library_cards.SaveFaqSettings, press: Press, ctx: Context) -> Reply:
    ctx, project, _ = await entered(ctx, action.project_id, Right.MANAGE, "what.settings")
    before, typed = project.settings.faq, typed_in(press.fields)
    months = typed.get("stale_months", "") or str(before.stale_months)
    if not months.isdecimal() or len(months) > 4 or int(months) > MOST_MONTHS:
        raise Refusal("refused.faq_months", text=months[:20])
    replies, right = typed.get("replies", ""), typed.get("right", "")
    after = FaqSettings(
        Replies(replies) if replies in set(Replies) else before.replies,
        int(right) if right in map(str, STRICTNESS) else before.right,
        int(months),
        typed.get("version", before.version)[:40],
        _synonyms(typed["synonyms"]) if "synonyms" in typed else before.synonyms,
    )
    project = await _save(ctx, project, after)
    card = library_cards.settings_card(ctx.w, project, saved=True)
    return Reply(Toast(ctx.w("settings.saved")), face=card)


@router.command("faq.synonyms", right=Right.TREAT, what="what.faq", aside=True)
async def synonyms(_: Message, command: Command, ctx: Context) -> Card:
    """FAQ 同义词 出库单=发货单=出货单: words that mean the same in this project."""
    project, said = here(ctx), command.slots.get("words", "")
    settings = project.settings.faq
    name, gone = named_value(said.strip(" :："))
    if name == "remove":
        left = (tuple(w for w in g if fold(w) != fold(gone)) for g in settings.synonyms)
        kept = tuple(group for group in left if len(group) > 1)
        project = await _save(ctx, project, replace(settings, synonyms=kept))
    elif groups := synonyms_said(said):
        together = "\n".join("=".join(group) for group in merged((*settings.synonyms, *groups)))
        project = await _save(ctx, project, replace(settings, synonyms=_synonyms(together)))
    return library_cards.synonyms_card(ctx.w, project)


def _synonyms(said: str) -> tuple[tuple[str, ...], ...]:
    groups = synonyms_said(said)
    if len(groups) > MOST_SYNONYMS:
        raise Refusal("refused.faq_synonyms", most=MOST_SYNONYMS, longest=LONGEST_SYNONYM)
    if any(len(word) > LONGEST_SYNONYM for group in groups for word in group):
        raise Refusal("refused.faq_synonyms", most=MOST_SYNONYMS, longest=LONGEST_SYNONYM)
    return groups


async def _save(ctx: Context, project: Project, faq: FaqSettings) -> Project:
    before = project.settings
    after = replace(before, faq=faq)
    ctx.note("settings.saved", before=before.faq, after=faq)
    return await ctx.uow.projects.save(replace(project, settings=after))


async def _named(ctx: Context, project: Project, command: Command) -> FaqEntry:
    number = number_of(command.slots.get("id", ""))
    entry = await ctx.uow.faq.numbered(project.id, number) if number else None
    if entry is None or entry.state is EntryState.REMOVED:
        raise Refusal("refused.faq_unknown", id=f"F{number or ''}")
    return entry


async def _pressed(ctx: Context, entry_id: str) -> tuple[Context, Project, FaqEntry]:
    """The entry of a pressed card, if this person may care for its library."""
    entry = await ctx.uow.faq.get(entry_id)
    project_id = entry.project_id if entry else None
    ctx, project, _ = await entered(ctx, project_id, Right.TREAT, "what.faq")
    if entry is None or entry.state is EntryState.REMOVED:
        raise Refusal("refused.stale")
    return ctx, project, entry
