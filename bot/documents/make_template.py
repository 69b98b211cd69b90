"""`python -m bot.documents.make_template`: makes `report.docx` anew.

How a report looks is said in its styles, so that a customer can restyle it in Word: the tags of
docxtpl stand in paragraphs that have no looks of their own. It holds no words.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import CharacterStyle, ParagraphStyle
from docx.table import _Cell

from bot.documents.archives import archive

OURS = Path(__file__).parent / "report.docx"
# Word has this font wherever it writes Chinese; elsewhere ours, or what the system has instead.
FONT, INSTEAD = "Microsoft YaHei", "Noto Sans SC"
INK, SOFT, ACCENT = (RGBColor.from_string(one) for one in ("1D2129", "646B78", "2458D3"))
LINE = "D6DAE1"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_FONTS = (
    f'{_XML}<w:fonts xmlns:w="{_W}"><w:font w:name="Symbol"><w:charset w:val="02"/></w:font>'
    f'<w:font w:name="{FONT}"><w:altName w:val="{INSTEAD}"/><w:charset w:val="86"/>'
    '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>'
)
_ABOUT = (
    f'{_XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"><Application>Golive</Application></Properties>'
)
# Parts that belong to an empty page, or to a Word that had yet to learn its styles.
_NEEDLESS = ("/thumbnail", "/stylesWithEffects", "/customXml")
SIDE, TEXT = Mm(22), Mm(210 - 2 * 22)


def main() -> None:
    """Write the file, the same bytes each time."""
    word = Document()
    _page(word)
    _styles(word)
    _body(word)
    _footer(word)
    _properties(word)
    made = io.BytesIO()
    word.save(made)
    _write(made)


def _page(word: Word) -> None:
    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = SIDE
    page.top_margin, page.bottom_margin = Mm(24), Mm(24)
    page.footer_distance = Mm(12)


def _styles(word: Word) -> None:
    styles = word.styles
    _languages(styles.element)
    for style in [one for one in styles if one.type == WD_STYLE_TYPE.TABLE]:
        # Two hundred designs, which take half of the time of a report.
        if style.name not in {"Normal Table", "Table Grid"}:
            style.delete()
    _look(styles["Normal"], 10.5, INK, after=4, lines=1.15)
    _look(styles["Title"], 20, INK, bold=True, after=4, lines=1.1)
    _look(styles["Subtitle"], 11, SOFT, after=10)
    _look(styles["Heading 1"], 14, ACCENT, bold=True, before=20, after=6)
    _look(styles["List Bullet"], 10.5, INK, after=4, lines=1.15)
    _look(styles["Footer"], 8.5, SOFT)
    for name, size, colour in (("Note", 8.5, SOFT), ("Fact Label", 10.5, SOFT),
                               ("Fact Value", 10.5, INK), ("Picture", 10.5, INK)):  # fmt: skip
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        style.quick_style = True
        _look(style, size, colour, before=6 if name in {"Note", "Picture"} else 2, after=2)
    evidence = styles.add_style("Evidence", WD_STYLE_TYPE.CHARACTER)
    evidence.quick_style = True
    _letters(evidence, 8.5, SOFT)
    for name in ("Title", "Subtitle", "Heading 1"):
        styles[name].next_paragraph_style = styles["Normal"]
        styles[name].paragraph_format.keep_with_next = True


def _look(
    style: ParagraphStyle, size: float, colour: RGBColor, *,
    bold: bool = False, before: float = 0, after: float = 0, lines: float = 1.0,
) -> None:  # fmt: skip
    """Sizes in points."""
    _letters(style, size, colour, bold=bold)
    paragraph = style.paragraph_format
    paragraph.space_before, paragraph.space_after = Pt(before), Pt(after)
    paragraph.line_spacing = lines
    properties = style.element.get_or_add_pPr()
    for line in properties.findall(qn("w:pBdr")):
        properties.remove(line)
    for tag in ("w:snapToGrid", "w:contextualSpacing"):
        # Without the grid lines are as far apart as is said here, in Chinese Word too.
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    properties.insert_element_before(
        _element("w:snapToGrid", val="0"), "w:spacing", "w:ind", "w:jc", "w:outlineLvl"
    )


def _letters(style: CharacterStyle, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    style.font.size, style.font.color.rgb = Pt(size), colour
    style.font.bold, style.font.italic = bold, False
    properties = style.element.get_or_add_rPr()
    for tag in ("w:rFonts", "w:spacing", "w:kern"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    properties.insert(0, _element("w:rFonts", ascii=FONT, hAnsi=FONT, eastAsia=FONT, cs=FONT))


def _languages(styles: BaseOxmlElement) -> None:
    """What spelling is checked by, and the font of whatever has no style."""
    (properties,) = styles.xpath("w:docDefaults/w:rPrDefault/w:rPr")
    for tag in ("w:lang", "w:rFonts"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    properties.insert(0, _element("w:rFonts", ascii=FONT, hAnsi=FONT, eastAsia=FONT, cs=FONT))
    properties.append(_element("w:lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA"))


def _body(word: Word) -> None:
    word.add_paragraph("{{ title }}", "Title")
    _when(word, "if subtitle", ("{{ subtitle }}", "Subtitle"))
    word.add_paragraph("{%p if facts %}")
    _facts(word)
    word.add_paragraph("{%p endif %}")
    word.add_paragraph("{%p for section in sections %}")
    word.add_paragraph("{{ section.title }}", "Heading 1")
    word.add_paragraph("{%p for item in section.items %}")
    statement = word.add_paragraph("{{ item.text }}", "List Bullet")
    statement.add_run("{%r if item.evidence %}")
    statement.add_run("\u2002{{ item.evidence }}", "Evidence")
    statement.add_run("{%r endif %}")
    word.add_paragraph("{%p endfor %}")
    _when(word, "if section.note", ("{{ section.note }}", "Note"))
    _when(word, "for picture in section.pictures", ("{{ picture }}", "Picture"))
    word.add_paragraph("{%p endfor %}")


def _when(word: Word, tag: str, paragraph: tuple[str, str]) -> None:
    """A paragraph inside a tag and its end."""
    word.add_paragraph(f"{{%p {tag} %}}")
    word.add_paragraph(*paragraph)
    word.add_paragraph(f"{{%p end{tag.split(maxsplit=1)[0]} %}}")


def _facts(word: Word) -> None:
    """Two facts to a row, between two thin lines."""
    table = word.add_table(rows=3, cols=4)
    table.autofit = False
    wide = (Mm(30), Mm(53), Mm(30), Mm(53))
    for row in table.rows:
        for cell, width in zip(row.cells, wide, strict=True):
            cell.width = width
    for column, width in zip(table.columns, wide, strict=True):
        column.width = width
    _tell(table.cell(0, 0), "{%tr for pair in facts|batch(2, false) %}", "Fact Label")
    _tell(table.cell(1, 0), "{{ pair[0].label }}", "Fact Label")
    _tell(table.cell(1, 1), "{{ pair[0].value }}", "Fact Value")
    _tell(table.cell(1, 2), "{% if pair[1] %}{{ pair[1].label }}{% endif %}", "Fact Label")
    _tell(table.cell(1, 3), "{% if pair[1] %}{{ pair[1].value }}{% endif %}", "Fact Value")
    _tell(table.cell(2, 0), "{%tr endfor %}", "Fact Label")
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color=LINE))
    margins = OxmlElement("w:tblCellMar")
    margins.append(_element("w:left", w="0", type="dxa"))
    properties = table._tbl.tblPr  # noqa: SLF001  (python-docx has no borders)
    properties.insert_element_before(borders, "w:tblLayout", "w:tblCellMar", "w:tblLook")
    properties.insert_element_before(margins, "w:tblLook")


def _tell(cell: _Cell, words: str, style: str) -> None:
    cell.paragraphs[0].style = style
    cell.paragraphs[0].add_run(words)


def _footer(word: Word) -> None:
    """What the document says there, and the number of the page at the right."""
    paragraph = word.sections[0].footer.paragraphs[0]
    stops = word.styles["Footer"].paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(Length(TEXT), WD_TAB_ALIGNMENT.RIGHT)
    paragraph.add_run("{{ footer }}")
    paragraph.add_run("\t")
    _field(paragraph.add_run(), "PAGE")
    paragraph.add_run(" / ")
    _field(paragraph.add_run(), "NUMPAGES")


def _field(run: object, code: str) -> None:
    """A number that Word fills in."""
    element = run._r  # type: ignore[attr-defined]  # noqa: SLF001
    instruction = OxmlElement("w:instrText")
    instruction.text = code
    shown = OxmlElement("w:t")
    shown.text = "1"
    for part in (
        _element("w:fldChar", fldCharType="begin"), instruction,
        _element("w:fldChar", fldCharType="separate"), shown,
        _element("w:fldChar", fldCharType="end"),
    ):  # fmt: skip
        element.append(part)


def _properties(word: Word) -> None:
    """No dates, which would be the template's; no picture of it; nothing of an old Word."""
    about = word.core_properties
    about.author, about.title, about.comments, about.keywords = "Golive", "", "", ""
    about.last_modified_by, about.language = "", "zh-CN"
    core = about._element  # noqa: SLF001
    for date in core.xpath("dcterms:created | dcterms:modified"):
        core.remove(date)
    for rels in (word.part.package.rels, word.part.rels):
        for key in [key for key, one in rels.items() if one.reltype.endswith(_NEEDLESS)]:
            del rels[key]
    settings = word.settings.element
    for old in settings.findall(qn("w:compat")):
        settings.remove(old)
    compat = OxmlElement("w:compat")
    compat.append(
        _element("w:compatSetting", name="compatibilityMode",
                 uri="http://schemas.microsoft.com/office/word", val="15")
    )  # fmt: skip
    for language in settings.findall(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    settings.insert_element_before(
        compat, "w:docVars", "w:rsids", "m:mathPr", "w:themeFontLang", "w:clrSchemeMapping",
        "w:shapeDefaults", "w:decimalSymbol", "w:listSeparator",
    )  # fmt: skip


def _write(made: io.BytesIO) -> None:
    """The file, with what python-docx's own one says of its fonts and maker put right."""
    with zipfile.ZipFile(made) as parts:
        files = {name: parts.read(name) for name in parts.namelist()}
    files["word/fontTable.xml"] = _FONTS.encode()
    files["docProps/app.xml"] = _ABOUT.encode()
    OURS.write_bytes(archive(files))


def _element(tag: str, **attributes: str) -> BaseOxmlElement:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


if __name__ == "__main__":
    main()
