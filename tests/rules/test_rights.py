"""Who may do what: the whole table, for people of the organisation and from outside."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.people import TEAM, Member, Person, Right, Role, may, who_may

LOOK, REPORT, RUN, MANAGE = Right.LOOK, Right.REPORT, Right.RUN_ROUND, Right.MANAGE
RAISE, TREAT, RATE = Right.RAISE, Right.TREAT, Right.RATE
INSIDE: dict[Role | None, set[Right]] = {
    Role.ENGINEER: {LOOK, RATE, REPORT, RUN, RAISE, TREAT},
    Role.MANAGER: {LOOK, RATE, REPORT, RUN, RAISE, TREAT, MANAGE},
    Role.SUPERVISOR: {LOOK, RATE, REPORT, RUN, RAISE, TREAT, MANAGE},
    Role.CUSTOMER_ADMIN: {LOOK, RATE, RAISE},
    Role.CUSTOMER_USER: {LOOK, RATE},
    None: {LOOK, RATE},
}
OUTSIDE: dict[Role | None, set[Right]] = {
    Role.ENGINEER: {LOOK, RATE},
    Role.MANAGER: {LOOK, RATE},
    Role.SUPERVISOR: {LOOK, RATE},
    Role.CUSTOMER_ADMIN: {LOOK, RATE, RAISE},
    Role.CUSTOMER_USER: {LOOK, RATE},
    None: {RATE},
}
ROLES: tuple[Role | None, ...] = (*Role, None)


def member(role: Role | None, *, external: bool) -> Member:
    return Member("p1", Person("person1", "fake", "ou_1", "李雷", external), role)


@pytest.mark.parametrize(("role", "right"), list(itertools.product(ROLES, Right)))
def test_people_of_the_organisation(role: Role | None, right: Right) -> None:
    assert may(member(role, external=False), right) == (right in INSIDE[role])


@pytest.mark.parametrize(("role", "right"), list(itertools.product(ROLES, Right)))
def test_people_from_outside_are_never_of_the_team(role: Role | None, right: Right) -> None:
    assert may(member(role, external=True), right) == (right in OUTSIDE[role])


@pytest.mark.parametrize("right", Right)
def test_a_stranger_may_nothing(right: Right) -> None:
    assert not may(None, right)


@pytest.mark.parametrize("right", Right)
def test_a_refusal_names_exactly_those_who_may(right: Right) -> None:
    assert list(who_may(right)) == [role for role in Role if right in INSIDE[role]]


def test_the_team_is_who_reports() -> None:
    assert set(who_may(Right.REPORT)) == TEAM
