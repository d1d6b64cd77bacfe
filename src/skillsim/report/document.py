"""A report as a Word document (docx): opens in Word and WPS without a question, and equal reports give equal bytes.

East Asian fonts are set beside the Latin ones; a TOC field holds the list of contents as it was written and is brought up to date
(with page numbers) only when a reader asks for it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from rich.cells import cell_len, set_cell_size

from skillsim.report.book import (
    Book,
    Picture,
    Section,
    Table,
    Text,
    captioned,
    cells,
    clean,
    pieces,
    to_the_right,
    untitled,
)
from skillsim.report.pictures import png
from skillsim.terms import phrase

DATE = datetime(2000, 1, 1)  # documents carry no clock
LANGUAGE = {"zh": "zh-CN", "en": "en-GB"}
LATIN, LATIN_HEAD, EAST, EAST_HEAD, CODE = "Times New Roman", "Arial", "宋体", "黑体", "Consolas"
INK = RGBColor(0x1F, 0x2A, 0x44)
MARGIN, SLIM, SHORT, LONG = 2.5, 1.8, 21.0, 29.7  # cm, A4; slim: over and under turned pages, for one or two rows more
TALLEST = 19.0  # cm of a picture, so that its caption stays on the page
PER_CM = 5.9  # half-width letters of a table's text in a centimetre
TWIPS = 567  # in a centimetre
READS_WELL, LONGEST_WORD, MOST_FIXED = 14, 14, 26
MOST_TITLE, MOST_HEAD = 255, 96
TOGETHER = 2  # rows that stand with the head of their table and the row after them
GAP = 2  # letters that a cell's margins take


def write(book: Book) -> bytes:
    """Return the document."""
    document = Document()
    _settings(document, book)
    _styles(document, book.lang)
    _page(document.sections[0], False)
    _running(document, book)
    _cover(document, book)
    wide = False
    for i, (section, parts) in enumerate(captioned(book)):
        turned = _needs_width(section)
        if turned != wide or not i:
            _page(document.add_section(), turned)
            wide = turned
        room = (LONG if wide else SHORT) - 2 * MARGIN
        _heading(document, i + 1, section)
        for part, caption in parts:
            if isinstance(part, Text):
                document.add_paragraph(clean(part.text), STYLE_OF[part.kind])
            elif isinstance(part, Table):
                _table(document, part, caption, room)
            else:
                _picture(document, part, caption)
    return _packed(document)


# ---- the whole


def _settings(document: Any, book: Book) -> None:
    """Set the properties of the document, its languages, and today's layout of Word."""
    core = document.core_properties
    core.title, core.subject = clean(book.title)[:MOST_TITLE], clean(book.subtitle)[:MOST_TITLE]
    core.language = LANGUAGE[book.lang]
    core.author = core.last_modified_by = "skillsim"
    core.comments = core.keywords = ""
    core.created = core.modified = DATE
    core.revision = 1
    settings = document.settings.element
    compat = settings.find(qn("w:compat"))
    if compat is not None:
        settings.remove(compat)
    uri = "http://schemas.microsoft.com/office/word"
    modern = parse_xml(
        f'<w:compat {nsdecls("w")}><w:compatSetting w:name="compatibilityMode" w:uri="{uri}" w:val="15"/></w:compat>'
    )
    after = settings.find(qn("w:rsids"))
    settings.append(modern) if after is None else after.addprevious(modern)
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    package = document.part.package
    for key, rel in list(package.rels.items()):
        if rel.reltype.endswith("/thumbnail"):
            del package.rels[key]


def _styles(document: Any, lang: str) -> None:
    styles = document.styles
    defaults = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _fonts(defaults, LATIN, EAST)
    language = defaults.find(qn("w:lang"))
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    ink, grey = INK, RGBColor(0x59, 0x59, 0x59)
    _style(styles["Normal"], 10.5, 0, 6, lang)
    _style(styles["Title"], 22, 60, 12, lang, head=True, colour=ink)
    _style(styles["Subtitle"], 12, 0, 24, lang, head=True, colour=grey)
    _style(styles["Heading 1"], 15, 18, 8, lang, head=True, colour=ink)
    _style(styles["Heading 2"], 12.5, 12, 6, lang, head=True, colour=ink)
    _style(styles["List Bullet"], 10.5, 0, 4, lang)
    _style(styles["Caption"], 9.5, 10, 4, lang, head=True, colour=ink)
    for name, size, before, after, colour in (
        ("toc 1", 10.5, 0, 4, None), ("Contents Head", 15, 12, 8, ink), ("Report Note", 9, 2, 6, grey),
        ("Report Warning", 10, 4, 8, None), ("Report Code", 9.5, 2, 6, None), ("Table Text", 9, 0, 0, None),
        ("Table Head", 9, 0, 0, None),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        _style(style, size, before, after, lang, head=name in ("Contents Head", "Table Head"), colour=colour)
    for name in ("Table Text", "Table Head"):
        styles[name].paragraph_format.line_spacing = 1.0
        styles[name].element.rPr.rFonts.set(qn("w:hint"), "default")
    _fonts(styles["Report Code"].element.rPr, CODE, EAST)
    for name in ("Title", "Subtitle", "Caption", "Report Note", "Table Text", "Table Head"):
        styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    border = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="24" w:space="6" w:color="D17C00"/></w:pBdr>'
    )
    styles["Report Warning"].element.get_or_add_pPr().insert(0, border)
    for spacing in styles["Subtitle"].element.rPr.findall(qn("w:spacing")):
        styles["Subtitle"].element.rPr.remove(spacing)
    title = styles["Title"].element.pPr
    for line in title.findall(qn("w:pBdr")):
        title.remove(line)


STYLE_OF = {
    "plain": "Normal", "head": "Heading 2", "point": "List Bullet", "note": "Report Note", "warning": "Report Warning",
    "code": "Report Code",
}


def _style(
    style: Any, size: float, before: float, after: float, lang: str, head: bool = False, colour: RGBColor | None = None,
) -> None:
    """Set a paragraph style: size and distances in points, fonts of text or of heads."""
    style.font.size, style.font.bold, style.font.italic = Pt(size), head, False
    if colour is not None:
        style.font.color.rgb = colour
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.25
    _fonts(style.element.get_or_add_rPr(), LATIN_HEAD if head else LATIN, EAST_HEAD if head else EAST, lang)


def _fonts(rpr: Any, latin: str, east: str, lang: str = "en") -> None:
    """Set Latin and East Asian fonts by name; in Chinese quotes and dashes take the East Asian one."""
    fonts = rpr.find(qn("w:rFonts"))
    if fonts is not None:
        rpr.remove(fonts)
    hint = ' w:hint="eastAsia"' if lang == "zh" else ""
    rpr.insert(0, parse_xml(
        f'<w:rFonts {nsdecls("w")} w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{east}" w:cs="{latin}"{hint}/>'
    ))


def _page(section: Any, wide: bool) -> None:
    """Make a section A4, upright or turned."""
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Cm(LONG), Cm(SHORT)) if wide else (Cm(SHORT), Cm(LONG))
    section.left_margin = section.right_margin = Cm(MARGIN)
    section.top_margin = section.bottom_margin = Cm(SLIM if wide else MARGIN)
    section.header_distance = section.footer_distance = Cm(0.9 if wide else 1.25)
    section.different_first_page_header_footer = False


def _running(document: Any, book: Book) -> None:
    """Put the title over each page but the first, and the page's number under it; other sections go on with both."""
    section = document.sections[0]
    head = section.header.paragraphs[0]
    head.text = _shortened(clean(book.title), MOST_HEAD)
    foot = section.footer.paragraphs[0]
    before, _, rest = phrase("report_page", book.lang, page="\0", pages="\1").partition("\0")
    between, _, after = rest.partition("\1")
    for text, code in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        foot.add_run(text)
        if code:
            foot._p.append(parse_xml(
                f'<w:fldSimple {nsdecls("w")} w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
            ))
    for paragraph in (head, foot):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.style.font.size = Pt(9)


def _cover(document: Any, book: Book) -> None:
    """Write the title, what it is on, and the list of contents."""
    document.add_paragraph(clean(book.title), "Title")
    document.add_paragraph(clean(book.subtitle), "Subtitle")
    document.add_paragraph(phrase("report_contents", book.lang), "Contents Head")
    entries = [document.add_paragraph(style="toc 1") for _ in book.sections]
    for i, (paragraph, section) in enumerate(zip(entries, book.sections, strict=True)):
        paragraph._p.append(parse_xml(
            f'<w:hyperlink {nsdecls("w")} w:anchor="{_anchor(section)}" w:history="1"><w:r><w:t xml:space="preserve">'
            f"{escape(_numbered(i + 1, section))}</w:t></w:r></w:hyperlink>"
        ))
    opening = (
        '<w:fldChar w:fldCharType="begin"/>', '<w:instrText xml:space="preserve">TOC \\o "1-1" \\h \\z \\u</w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
    )
    for i, field in enumerate(opening):
        entries[0]._p.insert(1 + i, parse_xml(f'<w:r {nsdecls("w")}>{field}</w:r>'))
    entries[-1]._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:fldChar w:fldCharType="end"/></w:r>'))


def _numbered(n: int, section: Section) -> str:
    return f"{n}  {clean(section.title)}"


def _anchor(section: Section) -> str:
    return f"_report_{section.code}"


def _heading(document: Any, n: int, section: Section) -> None:
    """Write the heading of a section, with the bookmark to which the contents lead."""
    paragraph = document.add_paragraph(_numbered(n, section), "Heading 1")
    start = parse_xml(f'<w:bookmarkStart {nsdecls("w")} w:id="{n}" w:name="{_anchor(section)}"/>')
    paragraph._p.insert(1, start)
    paragraph._p.append(parse_xml(f'<w:bookmarkEnd {nsdecls("w")} w:id="{n}"/>'))


def _packed(document: Any) -> bytes:
    """Return the bytes of a document with no time in them."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            packed.writestr(entry, given.read(name))
    return out.getvalue()


# ---- pictures and tables


def _picture(document: Any, part: Picture, caption: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(io.BytesIO(png(untitled(part.chart))), width=Cm(SHORT - 2 * MARGIN))
    if shape.height > Cm(TALLEST):
        shape.width, shape.height = int(shape.width * Cm(TALLEST) / shape.height), Cm(TALLEST)
    shape._inline.docPr.set("descr", clean(part.chart.alt))
    under = document.add_paragraph(clean(caption), "Caption").paragraph_format
    under.space_before, under.space_after = Pt(2), Pt(14)


def _needs_width(section: Section) -> bool:
    """Say whether a section has a table that an upright page is too narrow for."""
    room = int((SHORT - 2 * MARGIN) * PER_CM)
    return any(sum(least for least, _ in _asked(part)) > room for part in section.parts if isinstance(part, Table))


def _asked(table: Table) -> list[tuple[int, int]]:
    """Return for each column the least width in which it reads well, and the width that it would fill, in half-width letters."""
    rows = cells(table)
    out = []
    for i, head in enumerate(map(str, table.frame.columns)):
        column = [row[i] for row in rows]
        wish = max(cell_len(line) for text in (*column, head) for line in text.split("\n")) + GAP
        # figures don't break inside; words may where nothing else helps; Chinese does anywhere
        figures = [cell_len(piece) for text in column for piece in pieces(text)]
        texts = [text for text in column if text and not pieces(text)]
        words = [min(cell_len(word), LONGEST_WORD) if word.isascii() else 4 for text in (*texts, head) for word in text.split()]
        least = max(*figures, *words, min(wish - GAP, READS_WELL) if texts else 1) + GAP
        out.append((min(least, MOST_FIXED), wish))
    return out


def _widths(table: Table, room: float) -> list[int]:
    """Return the widths of columns in twips, which fill the room of cm: what each needs first, the rest by what it would fill."""
    asked, letters = _asked(table), room * PER_CM
    least, wish = (sum(x) for x in zip(*asked, strict=True))
    if least >= letters:
        parts = [a * letters / least for a, _ in asked]
    elif wish <= letters:
        parts = [b * letters / wish for _, b in asked]
    else:  # by how long a column's texts are, damped so that none starves the others
        long = [sum(cell_len(text) for text in column) for column in zip(*cells(table), strict=True)]
        weights = [((b - a) * n) ** 0.5 for (a, b), n in zip(asked, long, strict=True)]
        parts = [a + w * (letters - least) / sum(weights) for (a, _), w in zip(asked, weights, strict=True)]
    return [int(part / letters * room * TWIPS) for part in parts]


def _table(document: Any, table: Table, caption: str, room: float) -> None:
    title = document.add_paragraph(clean(caption), "Caption")
    title.paragraph_format.keep_with_next = True
    right, widths = to_the_right(table), _widths(table, room)
    heads = [clean(str(head)) for head in table.frame.columns]
    rows = [_row(heads, widths, right, True, True)]
    rows += [_row(row, widths, right, i < TOGETHER) for i, row in enumerate(cells(table))]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    line, thin = 'w:val="single" w:space="0" w:color="1F2A44"', 'w:val="single" w:sz="4" w:space="0" w:color="C8CCD4"'
    document.element.body._insert_tbl(parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders><w:top {line} w:sz="12"/><w:bottom {line} w:sz="12"/><w:insideH {thin}/></w:tblBorders>'
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f"<w:tblCaption w:val={quoteattr(clean(caption))}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    ))
    document.add_paragraph(clean(table.note), "Report Note")


def _row(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool], kept: bool, head: bool = False) -> str:
    """Return a row, which no page parts, nor from the next one where it is ``kept`` with it; the head stands on each page."""
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="EEF1F6"/>' if head else ""
    style = "TableHead" if head else "TableText"
    out = []
    for text, width, figures in zip(texts, widths, right, strict=True):
        lines = [" ".join(map(_whole, pieces(line))) or line for line in text.split("\n")]
        shown = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in lines)
        side = '<w:jc w:val="right"/>' if figures else ""
        keep = "<w:keepNext/>" if kept else ""
        out.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{keep}{side}</w:pPr><w:r>{shown}</w:r></w:p></w:tc>'
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{''.join(out)}</w:tr>"


def _whole(figures: str) -> str:
    """Return figures such that no line breaks inside: neither at a space nor, in an interval, at a minus."""
    joined = figures.replace(" ", "\u00a0")
    return joined.replace("-", "\u2011") if "…" in joined else joined


def _shortened(text: str, most: int) -> str:
    """Return a text that is at most so many half-width letters long."""
    return text if cell_len(text) <= most else set_cell_size(text, most - 1).rstrip() + "…"
