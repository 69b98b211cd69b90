"""Plan templates and advice for risks: the built-in ones and the operator's own files.

A folder (`TEMPLATE_DIR`) may hold a plan per `*.yaml` or `*.yml` file, whose name without the
ending is its key; the key of a built-in plan replaces that one:

    name: Hospital go-live
    phases:
      - name: Prepare
        milestones:
          - name: Servers ready
            key: servers           # optional; its position, from 1, without
            before_golive: 20      # working days, 0 to 1000
            role: engineer         # optional; whose task it is by default
            after: []              # optional keys; the milestone before it without
            customer: true         # optional; customers see it
            checklist: [Rack, Network, Backup]
          - name: Go-live
            golive: true           # exactly one; its before_golive is 0

`advice.yaml` there has first steps per risk category and language, and replaces the built-in ones
category by category. What is wrong with a file is a `SetupError` with its line, at the start and
not when somebody plans. YAML is read as nodes only: no tag, anchor or alias gets any effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.core.errors import SetupError
from bot.domain.people import Role
from bot.domain.plan import Step, Template
from bot.language.normal import fold, tidy
from bot.language.risk import CATEGORIES

if TYPE_CHECKING:
    from yaml import Event, Node

LARGEST = 200 * 1024  # bytes
MOST_DAYS = 1000
MOST_MILESTONES, MOST_ITEMS, MOST_SUGGESTIONS = 300, 30, 4
# In characters. A file's name is kept with each project, in a column of 20.
LONGEST_KEY, LONGEST_NAME, LONGEST_ITEM = 20, 60, 120
LANGUAGES = ("zh", "en")
_ENDINGS = {".yaml", ".yml"}
_BUILT_IN = Path(__file__).parent / "plans"
_MILESTONE = ("name", "key", "before_golive", "role", "after", "customer", "checklist", "golive")
# A plan has six levels; reading nested lists costs stack, which a file must not use up.
_DEEPEST = 8
_YAML = "tag:yaml.org,2002:"
_MAP, _LIST, _NULL, _BOOL = (f"{_YAML}{kind}" for kind in ("map", "seq", "null", "bool"))
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\ufffe|\uffff")

Advice = Mapping[str, Mapping[str, tuple[str, ...]]]  # by category and language


class Templates:
    """The plans to start from and the advice for risks. Raises `SetupError` for a wrong file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._own, self._advice = _own(folder)

    @cached_property
    def plans(self) -> Mapping[str, Template]:
        """By key: the built-in ones, or what replaces them, then the team's by file name."""
        return MappingProxyType({**_built_in(), **self._own})

    def find(self, name: str) -> Template | None:
        """The plan with this key or name, however typed; those of built-in ones are ASCII keys."""
        said, plans = fold(name), self.plans.values()
        return next((plan for plan in plans if said in {fold(plan.key), fold(plan.name)}), None)

    def advice(self, category: str, language: str) -> tuple[str, ...]:
        """First steps against a risk, in Chinese where the language has none; else nothing."""
        known = self._advice.get(category) or _built_in_advice().get(category, {})
        return known.get(language) or known.get("zh", ())


@cache
def _built_in() -> Mapping[str, Template]:
    plans = (_plan(_BUILT_IN / f"{key}.yaml", {}) for key in ("four_weeks", "sprint", "blank"))
    return {plan.key: plan for plan in plans}


@cache
def _built_in_advice() -> Advice:
    return _advice(_BUILT_IN / "advice.yaml")


def _own(folder: Path | None) -> tuple[dict[str, Template], Advice]:
    """The plans and the advice of a folder."""
    if folder is None:
        return {}, {}
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        msg = f"TEMPLATE_DIR: {folder} cannot be listed ({error.strerror}); name a folder."
        raise SetupError(msg) from None
    # Editors and network drives leave hidden files beside the real ones.
    files = [file for file in files if file.suffix.lower() in _ENDINGS and file.name[0] != "."]
    kept = _built_in().keys() - {file.stem for file in files}
    taken = {fold(key): f"the built-in plan {key}" for key in kept}
    plans: dict[str, Template] = {}
    advice: Advice = {}
    for file in files:
        if file.stem.lower() == "advice":
            advice = {**advice, **_advice(file)}
            continue
        plan = _plan(file, taken)
        taken |= dict.fromkeys((fold(plan.key), fold(plan.name)), file.name)
        plans[plan.key] = plan
    return plans, advice


@dataclass(frozen=True, slots=True)
class _File:
    """Takes values out of a file's nodes, or says what is wrong and in which line, from 1."""

    path: Path

    def wrong(self, at: Node | int, said: str) -> SetupError:
        """The error to raise; `said` is what is wrong and the remedy, without the full stop."""
        return SetupError(f"{self.path}, line {at if isinstance(at, int) else _line(at)}: {said}.")

    def fields(
        self, node: Node, what: str, known: Sequence[str], needed: Sequence[str] = ()
    ) -> dict[str, Node]:
        """The values of a mapping by field."""
        if node.tag != _MAP:
            raise self.wrong(node, f"{what} must have fields; write lines like {known[0]}: …")
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key.value, str) else ""
            if name not in known:
                said = f'"{_shown(name)}" is no field of {what}; {_instead(name, known)}'
                raise self.wrong(key, said)
            if name in found:
                said = f"{what} has {name} twice (line {_line(found[name])} too); take one out"
                raise self.wrong(key, said)
            found[name] = value
        for name in needed:
            if name not in found:
                raise self.wrong(node, f"{what} has no {name}; add a line {name}: …")
        return found

    def items(self, node: Node, what: str, most: int, least: int = 0) -> list[Node]:
        """The entries of a list."""
        if node.tag != _LIST:
            raise self.wrong(node, f'{what} must be a list; begin each entry with "- "')
        found: list[Node] = node.value
        if len(found) < least:
            raise self.wrong(node, f"{what} is empty; write at least one entry")
        if len(found) > most:
            raise self.wrong(found[most], f"{what} has over {most} entries; shorten it")
        return found

    def text(self, node: Node, what: str, longest: int = LONGEST_NAME) -> str:
        """A text on one line; a number or a date counts as the text that was written."""
        if node.tag in {_MAP, _LIST}:
            said = f"{what} must be a text; put it into quotes if it has a colon or brackets in it"
            raise self.wrong(node, said)
        # Without libyaml, escapes like "\ud800" give halves of letters that nothing can store.
        said = "" if node.tag == _NULL else node.value.encode("utf-8", "ignore").decode()
        said = " ".join(tidy(said).split())
        if not said:
            raise self.wrong(node, f"{what} is empty; write 1 to {longest} characters")
        if len(said) > longest:
            raise self.wrong(node, f"{what} is over {longest} characters; shorten it")
        return said

    def texts(self, node: Node | None, what: str, most: int) -> tuple[str, ...]:
        found = self.items(node, what, most) if node else ()
        return tuple(self.text(item, f"an entry of {what}", LONGEST_ITEM) for item in found)

    def flag(self, node: Node | None, what: str) -> bool:
        if not node:
            return False
        if node.tag != _BOOL:
            raise self.wrong(node, f"{what} must be true or false; write one, without quotes")
        return str(node.value).lower() in {"true", "yes", "on"}

    def days(self, node: Node | None) -> int:
        """A number of working days, 0 without one."""
        if not node:
            return 0
        digits = node.value if isinstance(node.value, str) else ""
        if not re.fullmatch("0|[1-9][0-9]{0,3}", digits) or int(digits) > MOST_DAYS:
            shown = f'"{_shown(digits)}"' if digits else "no number"
            said = f"before_golive is {shown}; write a whole number of working days, 0 to 1000"
            raise self.wrong(node, said)
        return int(digits)

    def role(self, node: Node | None) -> Role | None:
        if not node:
            return None
        said = self.text(node, "role")
        if said not in set(Role):
            said = f'there is no role "{_shown(said)}"; use one of {", ".join(Role)}'
            raise self.wrong(node, said)
        return Role(said)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(text: str) -> str:
    """What somebody wrote, short and on one line, for a message."""
    line = " ".join(tidy(text).split())
    return line if len(line) <= 40 else f"{line[:40]}…"


def _instead(name: str, known: Sequence[str]) -> str:
    """What may have been meant by an unknown name, or all that there is."""
    near = get_close_matches(name[:LONGEST_NAME], known, n=1)
    some = ", ".join(known[:9]) + ", …" * (len(known) > 9)
    return f'write "{near[0]}" if you mean that' if near else f"use one of {some}"


def _root(path: Path) -> tuple[_File, Node]:
    """The outermost node of a file; nothing in it is constructed or followed."""
    import yaml  # noqa: PLC0415  (20 ms to import, and only files need it)

    file, text = _File(path), _text(path)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _guard(file, yaml.parse(text, loader))
        root = yaml.compose(text, loader)
    # Without libyaml, escapes beyond Unicode are these errors of Python's.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        why = " ".join(str(getattr(error, "problem", error)).split())
        said = f"this is not YAML ({why}); indent with spaces and quote texts with : # * & ! {{"
        raise file.wrong(getattr(mark, "line", 0) + 1, said) from None
    if root is None:
        raise file.wrong(1, "the file is empty; write into it or delete it")
    return file, root


def _text(path: Path) -> str:
    """The characters of a file, after all checks that come before YAML."""
    file = _File(path)
    try:
        with path.open("rb") as source:
            raw = source.read(LARGEST + 1)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); put a readable file there or take it out."
        raise SetupError(msg) from None
    if len(raw) > LARGEST:
        raise file.wrong(1, f"the file is over {LARGEST // 1024} KB; shorten it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise file.wrong(line, "this is not UTF-8; save the file as UTF-8") from None
    if strange := _NO_TEXT.search(text):
        line = text[: strange.start()].count("\n") + 1
        said = f"the character U+{ord(strange[0]):04X} is not allowed in YAML; take it out"
        raise file.wrong(line, said)
    return text


def _guard(file: _File, events: Iterable[Event]) -> None:
    """Refuse what a plan does not need and an attacker does: aliases, tags, deep nesting."""
    depth = 0
    for event in events:
        kind, line = type(event).__name__, getattr(event.start_mark, "line", 0) + 1
        if getattr(event, "anchor", None) is not None:
            raise file.wrong(line, "& and * make aliases, which are not taken; use quotes")
        if (tag := getattr(event, "tag", None)) is not None:
            shown = _shown(tag.replace(_YAML, "!!"))
            raise file.wrong(line, f"the tag {shown} is not taken; leave it out or use quotes")
        depth += kind.endswith(("SequenceStartEvent", "MappingStartEvent"))
        depth -= kind.endswith(("SequenceEndEvent", "MappingEndEvent"))
        if depth > _DEEPEST:
            raise file.wrong(line, "too many lists stand in lists; mend the indentation")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A step as it is written, before what it comes after is looked up; `line` from 1."""

    step: Step
    line: int
    after: Sequence[Node] | None


def _plan(path: Path, taken: Mapping[str, str]) -> Template:
    """The plan in a file. `taken` are the folded names that others have, and who they are."""
    file, root = _root(path)
    if len(path.stem) > LONGEST_KEY:
        said = f"the file's name is the plan's key; give it {LONGEST_KEY} characters at most"
        raise file.wrong(1, said)
    fields = file.fields(root, "the plan", ("name", "phases"), ("name", "phases"))
    name = file.text(fields["name"], "the plan's name")
    for at, label in ((1, path.stem), (_line(fields["name"]), name)):
        if other := taken.get(fold(label)):
            raise file.wrong(at, f'"{label}" is what {other} is called; choose another name')
    drafts: list[_Draft] = []
    for phase in file.items(fields["phases"], "phases", MOST_MILESTONES, least=1):
        parts = file.fields(phase, "a phase", ("name", "milestones"), ("name", "milestones"))
        title = file.text(parts["name"], "the phase's name")
        for node in file.items(parts["milestones"], "milestones", MOST_MILESTONES, least=1):
            if len(drafts) == MOST_MILESTONES:
                raise file.wrong(node, f"over {MOST_MILESTONES} milestones; take some out")
            drafts.append(_draft(file, node, title, len(drafts) + 1))
    _one_golive(file, drafts, fields["phases"])
    return Template(path.stem, name, _linked(file, drafts))


def _draft(file: _File, node: Node, phase: str, position: int) -> _Draft:
    fields = file.fields(node, "a milestone", _MILESTONE, ("name",))
    golive = file.flag(fields.get("golive"), "golive")
    if not golive and "before_golive" not in fields:
        raise file.wrong(node, "a milestone has no before_golive; add its working days, 0 to 1000")
    offset = file.days(fields.get("before_golive"))
    if golive and offset:
        said = f"the go-live is {offset} working days before itself; write before_golive: 0"
        raise file.wrong(fields["before_golive"], said)
    step = Step(
        key=file.text(fields["key"], "key") if "key" in fields else str(position),
        name=file.text(fields["name"], "the milestone's name"),
        offset=offset,
        phase=phase,
        role=file.role(fields.get("role")),
        shared=file.flag(fields.get("customer"), "customer"),
        checklist=file.texts(fields.get("checklist"), "checklist", MOST_ITEMS),
        golive=golive,
    )
    after = file.items(fields["after"], "after", MOST_MILESTONES) if "after" in fields else None
    return _Draft(step, _line(node), after)


def _one_golive(file: _File, drafts: Sequence[_Draft], phases: Node) -> None:
    lines = [draft.line for draft in drafts if draft.step.golive]
    if not lines:
        raise file.wrong(phases, "the plan has no go-live; add golive: true to one milestone")
    if len(lines) > 1:
        raise file.wrong(lines[1], f"line {lines[0]} is a go-live too; take one golive: true out")


def _linked(file: _File, drafts: Sequence[_Draft]) -> tuple[Step, ...]:
    """The steps with what they come after, which is known, not in a circle and not later."""
    by_key: dict[str, _Draft] = {}
    for draft in drafts:
        if twin := by_key.get(draft.step.key):
            said = f'the key "{twin.step.key}" is that of line {twin.line} too; choose another'
            raise file.wrong(draft.line, said)
        by_key[draft.step.key] = draft
    steps: list[Step] = []
    for draft in drafts:
        before = [step.key for step in steps[-1:]]
        if draft.after is not None:
            before = [_known(file, node, by_key) for node in draft.after]
        steps.append(replace(draft.step, after=tuple(dict.fromkeys(before))))
    _no_circle(file, steps, by_key)
    for step in steps:
        for first in (by_key[key] for key in step.after):
            if first.step.offset < step.offset:
                other = f'"{first.step.key}" (line {first.line}, {first.step.offset} days before)'
                said = f'"{step.key}", {step.offset} days before go-live, comes after {other}'
                said += "; change a before_golive or say under after what it waits for"
                raise file.wrong(by_key[step.key].line, said)
    return tuple(steps)


def _known(file: _File, node: Node, by_key: Mapping[str, _Draft]) -> str:
    key = file.text(node, "an entry of after")
    if key not in by_key:
        raise file.wrong(node, f'no key is "{_shown(key)}"; {_instead(key, list(by_key))}')
    return key


def _no_circle(file: _File, steps: Sequence[Step], by_key: Mapping[str, _Draft]) -> None:
    try:
        TopologicalSorter({step.key: step.after for step in steps}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][1:]
        first = min(range(len(circle)), key=lambda place: by_key[circle[place]].line)
        circle = [*circle[first:], *circle[:first], circle[first]]
        said = f"these wait for one another: {' -> '.join(circle)}; take one out of an after"
        raise file.wrong(by_key[circle[0]].line, said) from None


def _advice(path: Path) -> Advice:
    """First steps by category and language."""
    file, root = _root(path)
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for category, node in file.fields(root, "the advice", CATEGORIES).items():
        said = file.fields(node, f"the advice on {category}", LANGUAGES)
        found[category] = {key: file.texts(own, key, MOST_SUGGESTIONS) for key, own in said.items()}
    return found
