"""A document as a Word file, by our template or by a customer's own.

A template is a Word file with the tags of docxtpl, see `report.docx`. It knows `title`, `subtitle`,
`facts` (each with `label` and `value`), `sections` (each with `title`, `items`, `note`, `pictures`;
an item has `text` and `evidence`), `footer` and `language`. It runs in a sandbox: its tags can show
those and nothing else.
"""

from __future__ import annotations

import io
import re
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docx.oxml import parse_xml
from docx.shared import Pt
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from bot import sealed
from bot.documents import Unprintable
from bot.documents.archives import archive
from bot.documents.drawings import Drawing, drawing, rasters
from bot.documents.texts import plain
from cards.document import Document, Item

OURS = Path(__file__).parent / "report.docx"
_BODY = "word/document.xml"
# A file of Office before 2007, or one with a password.
_OLD = b"\xd0\xcf\x11\xe0"
_LONGEST_AT, _LONGEST_TITLE = 80, 255
_XML_TAG = re.compile(r"<[^>]*>")
_PARAGRAPH = re.compile(r"<w:p([ >])")


class Fact(NamedTuple):
    label: str
    value: str


class Part(NamedTuple):
    """A section as a template sees it."""

    title: str
    items: tuple[Item, ...]
    note: str
    pictures: tuple[_Shown, ...]


class _Shown:
    """A picture as a template sees it: something to show, with nothing to call."""

    def __init__(self, template: _Template, drawn: Drawing, png: bytes) -> None:
        self._template, self._drawn, self._png = template, drawn, png

    def __html__(self) -> str:
        """What `InlineImage` of docxtpl says, with words for who cannot see the picture."""
        wide, high = Pt(self._drawn.wide), Pt(self._drawn.high)
        part = self._template.current_rendering_part
        inline = part.new_pic_inline(io.BytesIO(self._png), wide, high)
        inline.docPr.set("descr", self._drawn.told)
        return (
            f"</w:t></w:r><w:r><w:drawing>{inline.xml}</w:drawing></w:r>"
            '<w:r><w:t xml:space="preserve">'
        )

    __str__ = __html__


class _Template(DocxTemplate):  # type: ignore[misc]  # (it has no types)
    """Remembers what it renders, to say what was wrong; leaves the file's properties alone."""

    source = ""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        self.source = _by_paragraphs(src_xml)
        made: str = super().render_xml_part(src_xml, part, context, jinja_env)
        # It is mended silently if it is none, and something of the report is gone then.
        parse_xml(made.encode())
        return made

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        """They take no markup, and no more than 255 characters."""

    def sources(self) -> Iterator[str]:
        """The text with the tags of everything that is rendered, a line for every paragraph."""
        yield _by_paragraphs(self.patch_xml(self.get_xml()))
        for uri in (self.HEADER_URI, self.FOOTER_URI):
            for _, part in self.get_headers_footers(uri):
                yield _by_paragraphs(self.patch_xml(self.get_part_xml(part)))


def printed(document: Document, template: Path | None = None) -> bytes:
    """The Word file, the same bytes for the same document.

    Raises `Unprintable` for a template that cannot be used.
    """
    made = _rendered(document, OURS.read_bytes() if template is None else _read(template), template)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        return archive({name: parts.read(name) for name in parts.namelist()})


def _rendered(document: Document, content: bytes, path: Path | None) -> bytes:
    name = path.name if path else OURS.name
    template = _Template(io.BytesIO(content))
    environment = _environment()
    try:
        template.init_docx()
        sources = list(template.sources())
    except Exception as error:
        raise _broken(name, "no_docx") from error
    context = _context(document, template)
    for source in sources:
        _check(environment, source, set(context), name)
    if not any("sections" in _names(environment, source) for source in sources):
        raise _broken(name, "no_place")
    try:
        template.render(context, environment, autoescape=True)
    except TemplateSyntaxError as error:
        raise _broken(name, "syntax", _line(template.source, error.lineno)) from error
    except UndefinedError as error:
        raise _broken(name, "unknown", _line(template.source, _number(error))) from error
    except Exception as error:
        raise _broken(name, "failed", _line(template.source, _number(error))) from error
    template.docx.core_properties.title = plain(document.title)[:_LONGEST_TITLE]
    made = io.BytesIO()
    template.save(made)
    return made.getvalue()


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=_as_text, autoescape=True
    )
    environment.globals.clear()
    # It would let what people wrote through as if it were ours.
    del environment.filters["safe"]
    return environment


def _as_text(value: Any) -> Any:
    """What a tag shows. Braces are written as numbers, or docxtpl would read `{_{` as its own."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return value
    shown = str(escape(plain(str(value))))
    return Markup(shown.replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704  (escaped)


def _context(document: Document, template: _Template) -> dict[str, Any]:
    drawings = [drawing(one) for section in document.sections for one in section.pictures]
    shown = iter([_Shown(template, one, png)
                  for one, png in zip(drawings, rasters(drawings), strict=True)])  # fmt: skip
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": tuple(Fact(*fact) for fact in document.facts),
        "sections": tuple(
            Part(one.title, one.items, one.note, tuple(next(shown) for _ in one.pictures))
            for one in document.sections
        ),
        "footer": document.footer,
        "language": document.language,
    }


def _read(path: Path) -> bytes:
    """A customer's template. Raises `Unprintable` for one that may not even be opened."""
    try:
        with path.open("rb") as file:
            content = file.read(sealed.LARGEST + 1)
    except OSError as error:
        raise _broken(path.name, "missing") from error
    if len(content) > sealed.LARGEST:
        raise _broken(path.name, "large")
    if not content.startswith(b"PK"):
        raise _broken(path.name, "locked" if _is_locked(content) else "no_docx")
    why = sealed.refused(content, _BODY)
    if why:
        raise _broken(path.name, "no_docx" if why == "not_workbook" else why)
    return content


def _is_locked(content: bytes) -> bool:
    """Whether it is a Word file behind a password: a file of the old format that holds one."""
    return content.startswith(_OLD) and "EncryptedPackage".encode("utf-16-le") in content


def _check(
    environment: ImmutableSandboxedEnvironment, source: str, known: set[str], name: str
) -> None:
    """Raises `Unprintable` for tags that cannot be understood or name what no report has."""
    try:
        unknown = _names(environment, source) - known
    except TemplateSyntaxError as error:
        raise _broken(name, "syntax", _line(source, error.lineno)) from error
    if unknown:
        raise _broken(name, "unknown", _tag(source, min(unknown)))


def _names(environment: ImmutableSandboxedEnvironment, source: str) -> set[str]:
    return meta.find_undeclared_variables(environment.parse(source))


def _by_paragraphs(xml: str) -> str:
    """As docxtpl hands it to the sandbox, so that its lines can be told from it."""
    return _PARAGRAPH.sub(r"\n<w:p\1", xml)


def _number(error: Exception) -> int | None:
    """The line of the template in which it happened."""
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__)
             if one.filename == "<template>"]  # fmt: skip
    return lines[-1] if lines else None


def _line(source: str, number: int | None) -> str:
    lines = source.split("\n")
    if not number or number > len(lines):
        return ""
    return _words(lines[number - 1])


def _tag(source: str, name: str) -> str:
    """The first tag with that name."""
    found = re.search(rf"\{{[{{%][^{{}}]*\b{re.escape(name)}\b[^{{}}]*[}}%]\}}", source)
    return _words(found[0]) if found else name


def _words(xml: str) -> str:
    return " ".join(_XML_TAG.sub("", xml).split())[:_LONGEST_AT]


def _broken(name: str, why: str, at: str = "") -> Unprintable:
    return Unprintable("refused.template_broken", {"name": name, "why": why, "at": at})
