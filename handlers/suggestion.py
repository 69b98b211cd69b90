"""建议: made by anybody in the project, answered by the team."""

from __future__ import annotations

from bot.context import Context, Reply, Toast
from bot.core.errors import Refusal
from bot.core.events import Message, Press
from bot.discretion import sees_all
from bot.domain.people import Right
from bot.domain.project import Project
from bot.domain.suggestion import Suggestion, SuggestionState
from bot.language import feedback as language
from bot.language.commands import Command
from bot.language.normal import fold, tidy
from bot.language.replies import asks
from bot.places import entered, here, number_of, one_of, typed_in
from bot.router import Router, Said
from bot.suggestions import answer, in_words_of, names, suggest
from cards import suggestion as cards
from cards.common import notice
from cards.elements import Card
from cards.words import LANGUAGES, Words

router = Router()


@router.command("suggestion.add", right=Right.RATE, what="what.rate")
async def add(_: Message, command: Command, ctx: Context) -> Card:
    """建议 …"""
    return await _added(ctx, here(ctx), tidy(command.slots.get("text", "")))


@router.text
async def add_wish(message: Message, ctx: Context) -> Said:
    """A customer's wish that is said without the word for it: "希望报表能导出 Excel"."""
    text = tidy(message.text)
    if ctx.project is None or sees_all(ctx) or not language.wishes(text) or asks(text):
        return None
    return await _added(ctx, ctx.project, text)


async def _added(ctx: Context, project: Project, text: str) -> Card:
    one, known = await suggest(ctx, project, text)
    key = "suggestion.joined" if known else "suggestion.added"
    return notice(ctx.w, ctx.w(key, id=one.label), text)


@router.command("suggestion.list", right=Right.LOOK, aside=True)
async def list_all(_: Message, __: Command, ctx: Context) -> Card:
    """The team sees all of them, a customer their own."""
    project = here(ctx)
    found = await ctx.uow.suggestions.of(project.id)
    if not sees_all(ctx):
        me = ctx.person.id if ctx.person else ""
        found = [one for one in found if any(v.person_id == me for v in one.voices)]
    found.sort(key=lambda one: (not one.open, -len(one.voices), one.number))
    if not sees_all(ctx):
        found = [in_words_of(one, ctx.person.id if ctx.person else "") for one in found]
    return cards.listed(ctx.w, project, found)


@router.command("suggestion.show", right=Right.TREAT, what="what.suggestions", aside=True)
async def show(_: Message, command: Command, ctx: Context) -> Card:
    project = here(ctx)
    one = await _named(ctx, project, command)
    return cards.suggestion_card(ctx.w, project, one, await names(ctx, one))


async def _named(ctx: Context, project: Project, command: Command) -> Suggestion:
    id_ = command.slots.get("id", "")
    number = number_of(id_)
    one = await ctx.uow.suggestions.numbered(project.id, number) if number else None
    if one is None:
        raise Refusal("refused.no_suggestion", id=id_)
    return one


@router.command("suggestion.answer", right=Right.TREAT, what="what.suggestions", aside=True)
async def answer_by_text(_: Message, command: Command, ctx: Context) -> Card:
    """建议 S1 采纳 <说明>."""
    project = here(ctx)
    one = await _named(ctx, project, command)
    state = _state(command.slots.get("what", ""))
    after = await answer(ctx, project, one, state, tidy(command.slots.get("note", "")))
    return notice(
        ctx.w, ctx.w("suggestion.answered", id=after.label, count=len(after.voices)), after.text
    )


def _state(said: str) -> SuggestionState:
    """The state that is called so in either language."""
    for w in map(Words, LANGUAGES):
        for state in cards.ANSWERS:
            if fold(said) in (
                fold(w(f"suggestion.do.{state}")),
                fold(w(f"suggestion.state.{state}")),
            ):
                return state
    return SuggestionState.PLANNED


@router.button(cards.AskSuggestion)
async def ask(action: cards.AskSuggestion, _: Press, ctx: Context) -> Reply:
    ctx, project, one = await _pressed(ctx, action.suggestion_id)
    form = action.state if action.state in set(cards.ANSWERS) else ""
    return Reply(face=cards.suggestion_card(ctx.w, project, one, await names(ctx, one), form))


@router.button(cards.AnswerSuggestion)
async def answer_by_form(action: cards.AnswerSuggestion, press: Press, ctx: Context) -> Reply:
    ctx, project, one = await _pressed(ctx, action.suggestion_id)
    if one.version != action.version:
        raise Refusal("refused.suggestion_changed", id=one.label)
    note = typed_in(press.fields).get("note", "")
    after = await answer(ctx, project, one, one_of(SuggestionState, action.state), note)
    toast = ctx.w("suggestion.answered", id=after.label, count=len(after.voices))
    face = cards.suggestion_card(ctx.w, project, after, await names(ctx, after))
    return Reply(Toast(toast), face=face)


async def _pressed(ctx: Context, id_: str) -> tuple[Context, Project, Suggestion]:
    one = await ctx.uow.suggestions.get(id_)
    project_id = one.project_id if one else None
    ctx, project, _member = await entered(ctx, project_id, Right.TREAT, "what.suggestions")
    if one is None:
        raise Refusal("refused.stale")
    return ctx, project, one
