"""The cards of go-live and of what comes after it, and with them all that the product draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain import growth as growth_rules
from bot.domain.curves import curves
from bot.domain.followup import Feedback, FollowUp, Held
from bot.domain.golive import Gate, Readiness, Vote, decided
from bot.domain.health import Health
from bot.domain.people import Member, Role
from bot.domain.report import Edit, Face, Line, Part, Report, edited, sent
from bot.domain.risk import RiskState
from bot.domain.suggestion import Suggestion, SuggestionState, Voice
from bot.domain.week import Week, drafted
from bot.language.risk import CATEGORIES
from cards import followup, golive, growth, report, settings, suggestion
from cards.elements import Card
from cards.words import Words
from tests.chat import START, ZONE
from tests.wire import cards_drawn
from tests.wire.cards_drawn import TODAY, Draw, member, milestones, project_called, risk_of


def _gate(
    w: Words, said: str, *, go: bool | None = None, form: str = "", whole: bool = True
) -> Card:
    votes = (
        Vote("person1", go=True, at=START),
        Vote("person2", go=False, at=START, reason=said),
    )
    gate = Gate("g1", "p1", TODAY + timedelta(days=2), votes)
    if go is not None:
        gate = decided(gate, go=go, by="person0", at=START, reason=said)
    late = milestones(said)[1]
    ready = Readiness((late,), ((late, (said, said)),), (risk_of(said),))
    people = [member(n, said, role) for n, role in enumerate(Role)]
    view = golive.GateView(gate, ready, people, {"person0": said}, TODAY, whole)
    return golive.gate_card(w, project_called(said, w), view, form)


def _happened(w: Words, said: str, *, go: bool | None) -> Card:
    gate = Gate("g1", "p1", TODAY)
    if go is not None:
        gate = decided(gate, go=go, by="person0", at=START, reason=said)
    return golive.happened_card(w, project_called(said, w), gate, live=bool(go))


def _asked(*steps: int) -> list[FollowUp]:
    people = tuple(f"person{n}" for n in range(3))
    return [
        FollowUp(f"f{step}", "p1", step, TODAY, ask_id="a1", asked_at=START, people=people)
        for step in steps
    ]


def _customers(said: str) -> list[Member]:
    return [member(n, said, Role.CUSTOMER_USER) for n in range(30)]


def _followup(w: Words, said: str, *steps: int, count: int = 0) -> Card:
    project = project_called(said, w)
    return followup.followup_card(w, project, _asked(*steps), _customers(said), count)


def _said(said: str) -> list[Feedback]:
    return [
        Feedback(f"s{n}", "p1", f"person{n}", START, "a1", score, 10 - n, "slow", said, "risk1")
        for n, score in enumerate((1, 2, 3, 4, 5, 5))
    ]


def _overview(w: Words, said: str) -> Card:
    waits = FollowUp("f7", "p1", 7, TODAY, held=Held.COMPLAINT)
    seen = followup.Overview(
        TODAY,
        [*_asked(1, 3), waits],
        {step: TODAY + timedelta(days=step) for step in (1, 3, 7, 14, 30)},
        _said(said),
        {"risk1": risk_of(said)},
        {f"person{n}": said for n in range(6)},
    )
    return followup.overview(w, project_called(said, w), seen)


def _end(w: Words, said: str, *, over: bool) -> Card:
    risk = risk_of(said)
    if over:
        risk = replace(risk, closed_at=START, reason=said, state=RiskState.CLOSED)
    words = _said(said)[0]
    return followup.end_card(w, project_called(said, w), risk, words, member(1, said).person, said)


def _suggestion(said: str, state: SuggestionState = SuggestionState.NEW) -> Suggestion:
    voices = tuple(Voice(f"person{n}", START, f"{said}{n}") for n in range(9))
    return Suggestion("s1", "p1", 1, said, state, START, voices, said)


def _week(said: str) -> Report:
    """A report with all there can be in one."""
    people = [member(n, said, role) for n, role in enumerate(Role)]
    plan = [replace(m, shared=n % 2 == 0) for n, m in enumerate(milestones(said))]
    risks_ = [risk_of(said, n) for n in range(1, 20)]
    week = Week(
        TODAY - timedelta(days=1),
        TODAY + timedelta(days=5),
        TODAY,
        START,
        ZONE,
        cards_drawn.CALENDAR,
        TODAY + timedelta(days=20),
        Health.BAD,
        None,
        plan,
        people,
        [replace(one, shared=one.number == 1) for one in risks_],
        rounds={TODAY: cards_drawn.state(said)},
        blockers=[(people[0], said, 3, TODAY)],
        questions=[cards_drawn.question_of(said)] * 3,
        said=_said(said),
        suggestions=[_suggestion(said), _suggestion(said, SuggestionState.DONE)],
        names={f"person{n}": said for n in range(9)},
        waiting_category=CATEGORIES[5],
    )
    whole = Report("r1", "p1", week.first, week.last, START, drafted(week), curves(week))
    for face in Face:
        whole = edited(whole, Edit(face, Part.DONE, f"{said}\n{said}", "person1", START))
    return sent(whole, Face.CUSTOMER, "person1", START)


def _report(w: Words, said: str, face: Face, form: str = "", part: Part | None = None) -> Card:
    view = report.ReportView(_week(said), face, {"person1": said}, form, part)
    return report.draft_card(w, project_called(said, w), view, manages=True)


def _sent(w: Words, said: str, face: Face) -> Card:
    view = report.ReportView(_week(said), face, {"person1": said})
    return report.sent_card(w, project_called(said, w), view)


def _upward(w: Words, said: str) -> Card:
    lines = [
        Line("upward.high", {"text": said, "level": "high", "score": 20, "owner": said}, ("R1",)),
        Line("upward.late", {"milestone": said, "due_on": TODAY.isoformat()}, ("M1",)),
        Line("upward.stop", {"name": said, "reason": said}, ("golive",)),
        Line("upward.share", {"asked": 5, "answered": 1}, ("standup:2026-11-24:",)),
    ]
    return report.upward_card(w, w.day(TODAY), [(project_called(said, w), lines)] * 3)


def _growth(w: Words, said: str) -> Card:
    project = project_called(said, w)
    me = member(1, said)
    mine = [replace(m, owner_id="person1") for m in milestones(said)]
    raised = [replace(risk_of(said), raised_by="person1")]
    part = growth_rules.Part(
        project, me, TODAY, TODAY, mine, [me], raised, said=_said(said), names=_names(said)
    )
    return growth.growth_card(w, "person1", said, growth_rules.grown([part] * 3))


def _names(said: str) -> dict[str, str]:
    return {f"person{n}": said for n in range(9)}


DRAWN: dict[str, Draw] = {
    **cards_drawn.DRAWN,
    "more settings": lambda w, said: settings.more_card(w, project_called(said, w)),
    "go or no-go": _gate,
    "go or no-go, decided": lambda w, said: _gate(w, said, go=True),
    "go or no-go, stopped": lambda w, said: _gate(w, said, go=False),
    "go or no-go, against it": lambda w, said: _gate(w, said, form="no"),
    "go or no-go, to customers": lambda w, said: _gate(w, said, whole=False),
    "live": lambda w, said: _happened(w, said, go=None),
    "live, said": lambda w, said: _happened(w, said, go=True),
    "follow-up": lambda w, said: _followup(w, said, 1),
    "follow-up, two at once, answered": lambda w, said: _followup(w, said, 3, 7, count=4),
    "follow-up, the last": lambda w, said: _followup(w, said, 30),
    "follow-up, held": lambda w, said: followup.held_card(
        w, project_called(said, w), [3, 7], Held.COMPLAINT, [said, said]
    ),
    "follow-ups": _overview,
    "complaint, answered": lambda w, said: _end(w, said, over=True),
    "complaint, open again": lambda w, said: _end(w, said, over=False),
    "suggestion": lambda w, said: suggestion.suggestion_card(
        w, project_called(said, w), _suggestion(said), _names(said)
    ),
    "suggestion, declining": lambda w, said: suggestion.suggestion_card(
        w, project_called(said, w), _suggestion(said), _names(said), "declined"
    ),
    "suggestion, told": lambda w, said: suggestion.told_card(
        w,
        project_called(said, w),
        _suggestion(said, SuggestionState.PLANNED),
        [member(n, said).person for n in range(9)],
    ),
    "report, internal": lambda w, said: _report(w, said, Face.INTERNAL),
    "report, for customers": lambda w, said: _report(w, said, Face.CUSTOMER),
    "report, choosing": lambda w, said: _report(w, said, Face.INTERNAL, "edit"),
    "report, exporting": lambda w, said: _report(w, said, Face.INTERNAL, "export"),
    "report, editing": lambda w, said: _report(w, said, Face.CUSTOMER, part=Part.DONE),
    "report, sent": lambda w, said: _sent(w, said, Face.CUSTOMER),
    "report, sent inside": lambda w, said: _sent(w, said, Face.INTERNAL),
    "digest of reports": lambda w, said: report.digest_card(
        w, [(project_called(said, w), _week(said))] * 3
    ),
    "exceptions": _upward,
    "no exceptions": lambda w, said: report.upward_card(w, w.day(TODAY), []),
    "growth": _growth,
    "follow-up, left out": lambda w, said: followup.left_out_card(
        w, project_called(said, w), [3], [said, said]
    ),
    "suggestions": lambda w, said: suggestion.listed(
        w, project_called(said, w), [_suggestion(said)] * 20
    ),
}
