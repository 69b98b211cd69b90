"""What people say after go-live: kept, answered, and made a task where they are unhappy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import complaints
from bot.context import Context
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.domain import followup as rules
from bot.domain.followup import Feedback, FollowUp
from bot.domain.people import CUSTOMERS, TEAM, Member, Role
from bot.domain.project import Project
from bot.domain.risk import Risk, rated
from bot.domain.suggestion import LONGEST_TEXT as LONGEST_WISH
from bot.language import risk as language
from bot.language.feedback import wishes
from bot.risks import add_word, new_risk, open_risk
from bot.suggestions import suggest

# What somebody is unhappy with, as a category of the register (bot/language/risk.py names them).
_CATEGORY_AT = {"slow": 6, "hard": 6, "wrong": 6, "missing": 0, "training": 4, "support": 4}
# An unhappy customer is likely to become a trouble, of middling weight until somebody knows more:
# only what is high keeps everybody else from being asked.
_LIKELY, _WEIGHT = 4, 3


async def ask_of(ctx: Context, ask_id: str) -> list[FollowUp]:
    """The follow-ups of one card; refused for what is none any more."""
    asked = await ctx.uow.followups.asked_with(ask_id)
    if not asked:
        raise Refusal("refused.stale")
    return asked


async def running(ctx: Context, project: Project) -> str | None:
    """The follow-up that words without a card are most likely about: the last one that is open."""
    known = await ctx.uow.followups.of(project.id)
    asked = [one for one in known if one.asked_at and ctx.now - one.asked_at <= rules.OPEN_FOR]
    newest = max(asked, key=lambda one: (one.asked_at, one.step), default=None)
    return newest.ask_id if newest else None


def must_be_customer(ctx: Context) -> None:
    """Scores come from the customer; somebody without a role may be one."""
    member = ctx.member
    if member is None:
        raise Refusal("refused.elsewhere")
    if member.role in TEAM and not member.person.external:
        raise Refusal("refused.followup_team")


async def take(
    ctx: Context, project: Project, said: Feedback, *, complains: bool = False
) -> tuple[Feedback, str]:
    """Keep what somebody said (again), and what to answer them."""
    if len(said.text) > rules.LONGEST_TEXT:
        raise Refusal("refused.followup_long", most=rules.LONGEST_TEXT, have=len(said.text))
    before = await _before(ctx, said)
    after = rules.given(before, said)
    thanks = _thanks(ctx, before, after)
    if after is before:
        return after, thanks
    unhappy = said.low or complains
    promise = ""
    if after.risk_id or unhappy:
        after, promise = await _task(ctx, project, after, said, complains=complains)
    await (ctx.uow.followups.say_again(after) if before else ctx.uow.followups.say(after))
    ctx.note("feedback", feedback=after.id, score=after.score, likely=after.likely)
    if after.ask_id:
        await ctx.refresh("followup.card", after.ask_id)
    late = await _is_over(ctx, after)
    why = ctx.w("followup.why") if said.low and not (after.text or after.reason) else ""
    over = ctx.w("followup.after") if late else ""
    wish = "" if complains else await _wish(ctx, project, said.text)
    return after, ctx.w.gap.join(filter(None, [thanks, over, promise, wish, why]))


async def _wish(ctx: Context, project: Project, text: str) -> str:
    """What somebody would like is a suggestion besides, which is answered as such."""
    if not wishes(text) or len(text) > LONGEST_WISH:
        return ""
    one, known = await suggest(ctx, project, text)
    return ctx.w("suggestion.joined" if known else "suggestion.added", id=one.label)


async def _before(ctx: Context, said: Feedback) -> Feedback | None:
    if said.ask_id is None:
        return None
    return await ctx.uow.followups.said_by(said.ask_id, said.person_id)


def _thanks(ctx: Context, before: Feedback | None, after: Feedback) -> str:
    stop = "。" if ctx.w.language == "zh" else "."
    if after.score is None:
        return ctx.w("followup.thanks") + stop
    changed = before and before.score is not None and before.score != after.score
    key = "followup.changed" if changed else "followup.thanks.score"
    return ctx.w(key, score=after.score) + stop


async def _is_over(ctx: Context, said: Feedback) -> bool:
    if said.ask_id is None:
        return False
    asked = await ctx.uow.followups.asked_with(said.ask_id)
    at = asked[0].asked_at if asked else None
    return at is not None and said.at - at > rules.OPEN_FOR


async def _task(
    ctx: Context, project: Project, after: Feedback, said: Feedback, *, complains: bool
) -> tuple[Feedback, str]:
    """The task of an unhappy answer, made once; more of the same person is one more word on it."""
    risk = await ctx.uow.risks.get(after.risk_id) if after.risk_id else None
    words = _words(ctx, after, complains=complains)
    if risk and risk.live:
        await add_word(ctx, risk, quote=words)
        return after, ""
    if risk and not (said.low or complains):
        return after, ""
    known = await _told_before(ctx, project, words)
    if known:
        await add_word(ctx, known, quote=words)
    risk = known or await _opened(ctx, project, after, words)
    owner = await ctx.uow.people.get(risk.owner_id) if risk.owner_id else None
    after = replace(after, risk_id=risk.id)
    if owner is None or risk.due is None:
        return after, ctx.w("followup.promise.team")
    return after, ctx.w("followup.promise", name=owner.name, day=ctx.w.day(risk.due))


async def _told_before(ctx: Context, project: Project, words: str) -> Risk | None:
    """The speaker's own open complaint that says the same."""
    mine: dict[str, Risk] = {}
    for risk in await ctx.uow.risks.of(project.id):
        said = await complaints.said_of(ctx, risk) if risk.source == complaints.SOURCE else None
        if said and ctx.person and said.person_id == ctx.person.id:
            mine[risk.id] = risk
    same = language.same(words, {id_: risk.text for id_, risk in mine.items()})
    return mine[same] if same else None


async def _opened(ctx: Context, project: Project, said: Feedback, words: str) -> Risk:
    calendar, today = ctx.calendar(project), ctx.today(project)
    owner = responsible(await ctx.uow.members.of(project.id))
    risk = new_risk(
        ctx,
        project,
        words,
        category=_category(ctx, said.reason),
        owner=owner.person if owner else None,
        due=calendar.shift(today, rules.ANSWERED_WITHIN),
        source=complaints.SOURCE,
        origin=complaints.of_feedback(said.id),
    )
    return await open_risk(ctx, project, rated(risk, _LIKELY, _WEIGHT), quote=words)


def _category(ctx: Context, reason: str) -> str:
    return ctx.w.kinds[_CATEGORY_AT[reason]] if reason in _CATEGORY_AT else ""


def _words(ctx: Context, said: Feedback, *, complains: bool) -> str:
    """What the task is called: who said what."""
    name = ctx.person.name if ctx.person else ""
    parts = [ctx.w("followup.task.complaint")] if complains and said.score is None else []
    if said.score is not None:
        parts.append(ctx.w("followup.task.score", score=said.score))
    if said.likely is not None:
        parts.append(ctx.w("followup.task.likely", likely=said.likely))
    if said.reason:
        parts.append(ctx.w(f"followup.reason.{said.reason}"))
    if said.text:
        parts.append(said.text.replace("\n", " "))
    return ctx.w("followup.task", name=name, said=ctx.w.comma.join(parts))


def responsible(members: Sequence[Member]) -> Member | None:
    """Who answers a customer: the project manager, else an engineer, else the supervisor."""
    for role in (Role.MANAGER, Role.ENGINEER, Role.SUPERVISOR):
        found = [m for m in members if m.role is role and not m.person.external]
        if found:
            return found[0]
    return None


def said_by(ctx: Context, project: Project, ask_id: str | None, **what: object) -> Feedback:
    """Something that the speaker says; the fields are those of `Feedback`."""
    who = ctx.person.id if ctx.person else ""
    where = ctx.chat.id if ctx.chat else ""
    said = Feedback(new_id(), project.id, who, ctx.now, ask_id, chat_id=where)
    return replace(said, **what)  # type: ignore[arg-type]


def is_customer(ctx: Context) -> bool:
    return ctx.member is not None and ctx.member.role in CUSTOMERS
