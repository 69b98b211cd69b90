"""Who sees what is internal and who acts as an owner: the whole tables."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.people import Member, Person, Right, Role, is_inside, may, may_as_owner

ROLES: tuple[Role | None, ...] = (*Role, None)
SOMEBODY = "person1"
# Whose it is: nobody's, theirs, another's.
OWNERS = (None, SOMEBODY, "person2")
WHOLE = list(itertools.product(ROLES, (False, True), OWNERS))
# Role, from outside: what is internal is shown.
INSIDE: dict[tuple[Role | None, bool], bool] = {
    (Role.ENGINEER, False): True,
    (Role.MANAGER, False): True,
    (Role.SUPERVISOR, False): True,
    (Role.CUSTOMER_ADMIN, False): False,
    (Role.CUSTOMER_USER, False): False,
    (None, False): True,
    (Role.ENGINEER, True): False,
    (Role.MANAGER, True): False,
    (Role.SUPERVISOR, True): False,
    (Role.CUSTOMER_ADMIN, True): False,
    (Role.CUSTOMER_USER, True): False,
    (None, True): False,
}
# Role, from outside: may act on nobody's, on their own, on another's.
ACTS: dict[tuple[Role | None, bool], tuple[bool, bool, bool]] = {
    (Role.ENGINEER, False): (False, True, False),
    (Role.MANAGER, False): (True, True, True),
    (Role.SUPERVISOR, False): (True, True, True),
    (Role.CUSTOMER_ADMIN, False): (False, False, False),
    (Role.CUSTOMER_USER, False): (False, False, False),
    (None, False): (False, False, False),
    (Role.ENGINEER, True): (False, False, False),
    (Role.MANAGER, True): (False, False, False),
    (Role.SUPERVISOR, True): (False, False, False),
    (Role.CUSTOMER_ADMIN, True): (False, False, False),
    (Role.CUSTOMER_USER, True): (False, False, False),
    (None, True): (False, False, False),
}


def member(role: Role | None, *, external: bool) -> Member:
    return Member("p1", Person(SOMEBODY, "fake", "ou_1", "李雷", external), role)


def test_the_tables_are_whole() -> None:
    everybody = set(itertools.product(ROLES, (False, True)))
    assert INSIDE.keys() == ACTS.keys() == everybody


@pytest.mark.parametrize(("role", "external"), list(INSIDE))
def test_what_is_internal_is_shown_inside_alone(role: Role | None, external: bool) -> None:
    assert is_inside(member(role, external=external)) == INSIDE[role, external]


@pytest.mark.parametrize(("role", "external", "owner"), WHOLE)
def test_who_acts_as_an_owner(role: Role | None, external: bool, owner: str | None) -> None:
    found = may_as_owner(member(role, external=external), owner)
    assert found == ACTS[role, external][OWNERS.index(owner)]


@pytest.mark.parametrize("owner", OWNERS)
def test_a_stranger_sees_and_does_nothing(owner: str | None) -> None:
    assert not is_inside(None)
    assert not may_as_owner(None, owner)


@pytest.mark.parametrize(("role", "external", "owner"), WHOLE)
def test_whoever_acts_as_an_owner_may_treat_and_is_inside(
    role: Role | None, external: bool, owner: str | None
) -> None:
    somebody = member(role, external=external)
    if may_as_owner(somebody, owner):
        assert may(somebody, Right.TREAT)
        assert is_inside(somebody)
