"""One of every card that the product draws, with people's words wherever they can stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.calendars import Calendars
from bot.domain.faq import FaqEntry, Question, QuestionState, Readers, Stale
from bot.domain.health import Signs, health, outlook
from bot.domain.ladder import Rung
from bot.domain.milestone import Milestone, following
from bot.domain.notice import Notice
from bot.domain.people import Member, Person, Role
from bot.domain.project import Project, RoundKind, Settings
from bot.domain.risk import Happened, Movement, Risk, RiskState, of_blocker
from bot.domain.standing import Standing
from bot.domain.standup import Answer, Entry, Leave, Progress, Round, progress
from bot.language.risk import CATEGORIES
from cards import (
    common,
    faq,
    faq_library,
    help,  # noqa: A004
    milestone,
    notices,
    people,
    plan,
    project,
    register,
    risk,
    settings,
    standup,
)
from cards.elements import Card
from cards.words import Words
from tests.chat import START

TODAY = date(2026, 11, 24)
CALENDAR = Calendars().of("CN")
Draw = Callable[[Words, str], Card]


def member(number: int, name: str, role: Role | None = Role.ENGINEER) -> Member:
    return Member("p1", Person(f"person{number}", "feishu", f"ou_{number}", name), role)


def project_called(name: str, w: Words) -> Project:
    shown = Settings(language=w.language)
    return Project("p1", name, "c1", shown, date(2026, 12, 25), "four_weeks", START)


def round_of(kind: RoundKind = RoundKind.STANDUP, closed: datetime | None = None) -> Round:
    closes = START + timedelta(minutes=90)
    return Round("r1", "p1", kind, TODAY, START, closes, closed)


def answer(
    number: int, said: str, *, blocked: bool = True, late: bool = False, edits: int = 0
) -> Answer:
    entry = Entry((said, said), (said,), (said,) if blocked else ())
    at = START + timedelta(minutes=number)
    return Answer("r1", f"person{number}", entry, said, "form", at, late, edits)


def state(
    said: str,
    people_: int = 3,
    answers: int = 2,
    *,
    blocked: bool = True,
    late: bool = False,
    away: int = 0,
) -> Progress:
    members = [member(n, f"{said}{n}" if said else f"N{n}") for n in range(people_)]
    given = [
        answer(n, said, blocked=blocked, late=late, edits=1 if late else 0) for n in range(answers)
    ]
    leaves = [Leave(f"person{people_ - 1 - n}", TODAY, TODAY) for n in range(away)]
    return progress(round_of(), Settings(), members, given, leaves)


STEPS = (
    ("kickoff", date(2026, 11, 20)),
    ("environment", date(2026, 11, 27)),
    ("training", date(2026, 12, 18)),
    ("golive", date(2026, 12, 25)),
)


def milestones(name: str) -> list[Milestone]:
    made = [
        Milestone(
            f"m{n}",
            "p1",
            n,
            step,
            due,
            due if n == 1 else None,
            due - timedelta(days=3),
            "person1",
            phase="prepare",
            after=(n - 1,) if n > 1 else (),
            golive=step == "golive",
            shared=n > 2,
            checklist=((name or "x", False), ("server_ready", True)),
        )
        for n, (step, due) in enumerate(STEPS, 1)
    ]
    made += [Milestone("m9", "p1", 9, name, date(2026, 11, 10), after=(1,))]
    return [*made, Milestone("m10", "p1", 10, name, date(2027, 3, 1), role=Role.CUSTOMER_ADMIN)]


def team(said: str) -> list[Member]:
    return [member(n, said, role) for n, role in enumerate((*Role, None))]


def _unlinked(said: str) -> str:
    """Links in answers are meant (`cards/markdown.py`), so there are none in these."""
    return said.replace("://", ": //")


def entry_of(said: str) -> FaqEntry:
    return FaqEntry(
        "e1", "p1", 3, said or "x", _unlinked(said) or "x", Readers.ADMIN, (said,), said, "person1",
        said, useful=4, useless=1,
    )  # fmt: skip


def question_of(said: str, state_: QuestionState = QuestionState.OPEN) -> Question:
    words = said or "x"
    return Question(
        "q1", "p1", 7, "person1", "c1", "om_1", words, words, START, state_,
        answer=_unlinked(words),
    )  # fmt: skip


def _open(w: Words, said: str, state_: QuestionState = QuestionState.OPEN, told: int = 0) -> Card:
    question = replace(question_of(said, state_), told=told)
    asker = member(1, said).person
    by = None if state_ is QuestionState.OPEN else member(2, said).person
    return faq.open_card(w, project_called(said, w), question, asker, [entry_of(said)], by, 2)


def _library(w: Words, said: str) -> Card:
    entry, question = entry_of(said), question_of(said)
    view = faq_library.LibraryView(
        12, 40, 30, 9, 1, 0.97, 0.6, [question], [(said, 3)], [(entry, Stale.AGE)],
        [(entry, entry)], [entry], [(Role.CUSTOMER_ADMIN, said, 2)], {"person1": said},
    )  # fmt: skip
    return faq_library.library_card(w, project_called(said, w), view)


def seen(said: str) -> milestone.PlanView:
    return milestone.PlanView(milestones(said), team(said), TODAY, CALENDAR)


def risk_of(said: str, number: int = 3, state_: RiskState = RiskState.OPEN, **more: object) -> Risk:
    made = Risk(
        f"risk{number}",
        "p1",
        number,
        said or "x",
        CATEGORIES[number % 9],
        1 + number % 5,
        1 + (number * 2) % 5,
        state_,
        START,
        START,
        "person1",
        TODAY,
        said,
        TODAY,
        closed_at=START,
        closed_by="person1",
        reason=said,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def shown_risk(said: str, **more: object) -> risk.Shown:
    history = [
        Happened("risk3", START, what, "person1", {"quote": said})
        for what in ("opened", "heard", "taken", "assigned", "snoozed", "edited", "treated")
    ]
    names = {"person1": said}
    return risk.Shown(risk_of(said, **more), names, 4, TODAY, history, (said, said), team(said), 3)  # type: ignore[arg-type]


def many_risks(said: str, count: int) -> list[risk.Shown]:
    return [
        risk.Shown(risk_of(said, n), {"person1": said}, n % 14, TODAY, moved=n % 3 - 1)
        for n in range(1, count + 1)
    ]


def _standing(said: str) -> Standing:
    steps = sorted(milestones(said), key=lambda m: m.due)
    people_ = team(said)
    risks = [risk_of(said, n) for n in range(1, 5)]
    signs = Signs(steps, risks, people_, [0, 7], {"risk2": 5}, {said: 3}, golive=TODAY)
    level, reasons = health(signs, TODAY, CALENDAR)
    return Standing(
        level,
        reasons,
        steps,
        risks,
        people_,
        [(people_[0], said)] * 7,
        0.5,
        outlook(steps, date(2026, 12, 25), TODAY, CALENDAR),
        TODAY,
        CALENDAR,
    )


def _overview(w: Words, said: str, *, whole: bool = True) -> Card:
    found = many_risks(said, 3)
    return project.overview(w, project_called(said, w), _standing(said), found, whole=whole)


def _created(w: Words, said: str) -> Card:
    return project.created(w, project_called(said, w), seen(said))


def _portfolio(w: Words, said: str) -> Card:
    found = [(project_called(f"{said}{n}", w), _standing(said)) for n in range(25)]
    return project.portfolio(w, found)


def _risk(w: Words, said: str, form: str = "", **more: object) -> Card:
    return risk.risk_card(w, project_called(said, w), shown_risk(said, **more), form)


def _milestone(w: Words, said: str, form: str = "") -> Card:
    view = seen(said)
    one = view.milestones[1]
    return milestone.milestone_card(w, project_called(said, w), one, view, form, said)


def _moves(w: Words, said: str, kind: str) -> Card:
    plan_ = milestones(said)
    moved = following(plan_, plan_[0], date(2026, 12, 10), CALENDAR)
    return plan.moves_card(w, project_called(said, w), kind, said, moved, "d1", CALENDAR)


def _plan(w: Words, said: str) -> Card:
    view = seen(said)
    ahead = outlook(view.milestones, date(2026, 12, 25), TODAY, CALENDAR)
    return plan.plan_card(w, project_called(said, w), view, ahead)


def _notices(w: Words, said: str, count: int) -> Card:
    view = seen(said)
    items = []
    for n in range(count):
        place = replace(project_called(said, w), id=f"p{n % 3}")
        passed = {"passed": [[1, "away"], [2, "none"]], "waited": 4, "urgent": True}
        kind = ("milestone", "milestone.late", "risk", "review")[n % 4]
        step = {"milestone": -n, "review": 1}.get(kind, Rung.MANAGER + n % 2)
        told = Notice("b", "person1", place.id, kind, "x", int(step), START, passed)
        about = view.milestones[n % 6] if n % 4 < 2 else None
        found = shown_risk(said) if about is None else None
        items.append(notices.Item(told, place, about, found.risk if found else None, view, found))
    return notices.notices_card(w, items[: notices.MOST], count)


def _proposal(w: Words, said: str, state_: RiskState) -> Card:
    view = shown_risk(said, state_=state_)
    return risk.proposal(w, project_called(said, w), view, said, said)


def _prompt(w: Words, said: str, seen: Progress, kind: RoundKind = RoundKind.STANDUP) -> Card:
    return standup.prompt(w, project_called(said, w), round_of(kind), seen, START, set())


def _digest(w: Words, said: str, seen: Progress) -> Card:
    closed = round_of(closed=START + timedelta(minutes=90))
    made = of_blocker(closed.id, "person0", 0)
    return standup.digest(w, project_called(said, w), closed, seen, {made: risk_of(said)})


def _closed(w: Words, said: str) -> Card:
    closed = round_of(closed=START + timedelta(minutes=90))
    return standup.prompt(w, project_called(said, w), closed, state(said), START, set())


def _unknown_year(w: Words, said: str) -> Card:
    return standup.prompt(w, project_called(said, w), round_of(), state(said), START, {2027})


def _reminder(w: Words, said: str, count: int) -> Card:
    filled = Entry((said,), (said,), (said,))
    waiting = [
        (
            replace(project_called(said, w), id=f"p{n}"),
            replace(round_of(RoundKind.DAILY if n % 2 else RoundKind.STANDUP), id=f"r{n}"),
            filled,
        )
        for n in range(count)
    ]
    return standup.reminder(w, waiting)


def _reminded(w: Words, said: str, answered: tuple[bool, ...]) -> Card:
    rounds = [(project_called(said, w), round_of(), is_in) for is_in in answered]
    return standup.reminded(w, rounds)


def _receipt(w: Words, said: str, *, late: bool) -> Card:
    given = answer(1, said, late=late, edits=0 if late else 1)
    return standup.receipt(w, project_called(said, w), round_of(), given)


def _which(w: Words, said: str) -> Card:
    options = [(project_called(f"{said}{n}", w), round_of()) for n in range(7)]
    return standup.which_project(w, options, said)


def _leave(w: Words, said: str) -> Card:
    return standup.leave_noted(w, said, Leave("person1", TODAY, TODAY + timedelta(days=3)))


def _refusal(w: Words, said: str) -> Card:
    return common.refusal(w, "refused.right", {
        "what": said, "roles": said, "project": said, "mine": said,
    })  # fmt: skip


DRAWN: dict[str, Draw] = {
    "help, no project": lambda w, said: help.help_card(w, None, None),
    "help, manager": lambda w, said: help.help_card(
        w, project_called(said, w), member(1, said, Role.MANAGER)
    ),
    "help, customer": lambda w, said: help.help_card(
        w, project_called(said, w), member(1, said, Role.CUSTOMER_USER)
    ),
    "welcome": lambda w, said: help.welcome(w, said, [("four_weeks", said)], external=False),
    "welcome, external": lambda w, said: help.welcome(
        w, said, [("four_weeks", said)], external=True
    ),
    "project created": _created,
    "project overview": _overview,
    "project overview, customers": lambda w, said: _overview(w, said, whole=False),
    "portfolio": _portfolio,
    "risk": _risk,
    "risk, taken": lambda w, said: _risk(w, said, state_=RiskState.MITIGATING, mitigation=said),
    "risk, closing": lambda w, said: _risk(w, said, "close"),
    "risk, assigning": lambda w, said: _risk(w, said, "assign"),
    "risk, snoozing": lambda w, said: _risk(w, said, "snooze"),
    "risk, editing": lambda w, said: _risk(w, said, "edit"),
    "risk, closed": lambda w, said: _risk(w, said, state_=RiskState.CLOSED),
    "risk, dismissed": lambda w, said: _risk(w, said, state_=RiskState.DISMISSED),
    "risk for customers": lambda w, said: risk.shared_card(
        w, project_called(said, w), shown_risk(said, shared=True)
    ),
    "risk not for customers": lambda w, said: risk.shared_card(
        w, project_called(said, w), shown_risk(said)
    ),
    "risk proposed": lambda w, said: _proposal(w, said, RiskState.PROPOSED),
    "risk proposed and dismissed": lambda w, said: _proposal(w, said, RiskState.DISMISSED),
    "risk proposed and taken": lambda w, said: _proposal(w, said, RiskState.ACKNOWLEDGED),
    "risk proposed, editing": lambda w, said: risk.proposal_form(
        w, project_called(said, w), shown_risk(said)
    ),
    "risk over?": lambda w, said: risk.is_it_over(
        w, project_called(said, w), shown_risk(said), said, said
    ),
    "register": lambda w, said: register.register(
        w, project_called(said, w), many_risks(said, 30), Movement(3, 2), START
    ),
    "register, empty": lambda w, said: register.register(
        w, project_called(said, w), [], Movement(), START
    ),
    "register, page": lambda w, said: register.register_page(
        w, project_called(said, w), many_risks(said, 50), 2
    ),
    "plan": _plan,
    "plan, empty": lambda w, said: plan.plan_card(
        w, project_called(said, w), replace(seen(said), milestones=[]), None
    ),
    "milestone": _milestone,
    "milestone, postponing": lambda w, said: _milestone(w, said, "postpone"),
    "milestone, ticking": lambda w, said: _milestone(w, said, "check"),
    "milestone, editing": lambda w, said: _milestone(w, said, "edit"),
    "milestones": lambda w, said: milestone.listed(
        w, project_called(said, w), milestones(said), seen(said)
    ),
    "milestones today": lambda w, said: milestone.today_card(
        w, project_called(said, w), milestones(said), seen(said)
    ),
    "what follows": lambda w, said: _moves(w, said, "follow"),
    "go-live moves": lambda w, said: _moves(w, said, "golive"),
    "plan imported": lambda w, said: plan.import_card(
        w, project_called(said, w), milestones(said), seen(said), "d1", [said]
    ),
    "plan with mistakes": lambda w, said: plan.problems_card(w, [said, said], 3),
    "notices, one": lambda w, said: _notices(w, said, 1),
    "notices, many": lambda w, said: _notices(w, said, 20),
    "faq, answer": lambda w, said: faq.answer_card(
        w, question_of(said), entry_of(said), Stale.AGE, withheld=True
    ),
    "faq, offer": lambda w, said: faq.offer_card(
        w, question_of(said), [entry_of(said)] * 3, withheld=True
    ),
    "faq, waiting": lambda w, said: faq.waiting_card(
        w, question_of(said), [member(n, said) for n in range(3)], None
    ),
    "faq, waiting, claimed": lambda w, said: faq.waiting_card(
        w, question_of(said), [], member(1, said).person
    ),
    "faq, answered": lambda w, said: faq.answered_card(
        w, question_of(said), member(1, said).person
    ),
    "faq, open": _open,
    "faq, open again": lambda w, said: _open(w, said, QuestionState.CLAIMED, 1),
    "faq, closed": lambda w, said: _open(w, said, QuestionState.CLOSED),
    "faq, keep": lambda w, said: faq.keep_form(w, question_of(said), said),
    "faq, near": lambda w, said: faq.near_card(
        w, question_of(said), {"question": said, "answer": _unlinked(said)}, entry_of(said), "d1"
    ),
    "faq, entry": lambda w, said: faq_library.entry_card(
        w, entry_of(said), member(1, said).person, Stale.VERSION, [question_of(said)]
    ),
    "faq, editing": lambda w, said: faq_library.edit_form(w, entry_of(said)),
    "faq, library": _library,
    "faq, settings": lambda w, said: faq_library.settings_card(w, project_called(said, w)),
    "faq, synonyms": lambda w, said: faq_library.synonyms_card(w, project_called(said, w)),
    "who is who": lambda w, said: people.who_is_who(
        w, [member(n, said, role) for n, role in enumerate((*Role, None))], said
    ),
    "settings": lambda w, said: settings.settings_card(w, project_called(said, w)),
    "settings saved": lambda w, said: settings.settings_card(
        w, project_called(said, w), saved=True
    ),
    "times changed": lambda w, said: settings.times_changed(
        w, project_called(said, w), RoundKind.DAILY, w.day(TODAY)
    ),
    "prompt": lambda w, said: _prompt(w, said, state(said)),
    "prompt, evening": lambda w, said: _prompt(w, said, state(said), RoundKind.DAILY),
    "prompt, all in": lambda w, said: _prompt(w, said, state(said, 3, 3)),
    "prompt, nobody asked": lambda w, said: _prompt(w, said, state(said, 0, 0)),
    "prompt, someone away": lambda w, said: _prompt(w, said, state(said, 3, 1, away=1)),
    "prompt, closed": _closed,
    "prompt, unknown year": _unknown_year,
    "digest": lambda w, said: _digest(w, said, state(said, away=1)),
    "digest, no blockers": lambda w, said: _digest(w, said, state(said, blocked=False)),
    "digest, late and edited": lambda w, said: _digest(w, said, state(said, late=True)),
    "digest, nobody": lambda w, said: _digest(w, said, state(said, 3, 0)),
    "digest, forty people": lambda w, said: _digest(w, said, state(said, 40, 40)),
    "reminder": lambda w, said: _reminder(w, said, 1),
    "reminder, two projects": lambda w, said: _reminder(w, said, 2),
    "reminder, five projects": lambda w, said: _reminder(w, said, 5),
    "reminded": lambda w, said: _reminded(w, said, (True, True)),
    "reminded, closed": lambda w, said: _reminded(w, said, (True, False)),
    "receipt": lambda w, said: _receipt(w, said, late=False),
    "receipt, late": lambda w, said: _receipt(w, said, late=True),
    "which project": _which,
    "missing": lambda w, said: standup.missing(w, round_of(), state(said)),
    "leave noted": _leave,
    "unclear": lambda w, said: common.unclear(w, said, ("help", "standup.open", "leave")),
    "refusal": _refusal,
}
