"""Who may do what: the whole table, for people of the organisation and from outside."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.people import (
    TEAM,
    Member,
    Person,
    Right,
    Role,
    is_inside,
    may,
    may_as_owner,
    role_on_import,
    who_may,
)

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


# --- what hangs on who one is ---------------------------------------------------------------------


@pytest.mark.parametrize(("role", "external"), list(itertools.product(ROLES, (False, True))))
def test_what_is_internal_is_for_the_organisation_without_its_customers(
    role: Role | None, external: bool
) -> None:
    inside = not external and role not in (Role.CUSTOMER_ADMIN, Role.CUSTOMER_USER)
    assert is_inside(member(role, external=external)) is inside


def test_nobody_is_not_inside() -> None:
    assert not is_inside(None)


@pytest.mark.parametrize(("role", "external"), list(itertools.product(ROLES, (False, True))))
@pytest.mark.parametrize("owner", ["person1", "person2", None])
def test_what_is_the_owners_is_for_them_and_the_managers(
    role: Role | None, external: bool, owner: str | None
) -> None:
    who = member(role, external=external)
    right = may(who, TREAT) and (may(who, MANAGE) or owner == "person1")
    assert may_as_owner(who, owner) is right


def test_nobody_owns_anything() -> None:
    assert not may_as_owner(None, None)


@pytest.mark.parametrize(("wanted", "external"), list(itertools.product(ROLES, (False, True))))
def test_an_import_gives_a_role_once_and_never_one_of_the_team_to_outsiders(
    wanted: Role | None, external: bool
) -> None:
    person = member(None, external=external).person
    given = None if external and wanted in TEAM else wanted
    assert role_on_import(None, person, wanted) is given
    assert role_on_import(member(None, external=external), person, wanted) is given
    assert role_on_import(member(Role.ENGINEER, external=external), person, wanted) is None
