"""A report as one page of the web: all in one file, drawn in SVG, no script, nothing asked of any other place."""

from __future__ import annotations

import re
from html import escape

from skillsim.report.book import Book, Picture, Table, Text, captioned, cells, clean, pieces, to_the_right, untitled
from skillsim.report.pictures import svg
from skillsim.terms import phrase

LANGUAGE = {"zh": "zh-CN", "en": "en-GB"}
LONG_WORD, MANY = 40, 3  # letters; columns
FIGURE = ' class="figure"'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; color: #1b2233; background: #fff;
  font: 16px/1.65 "Times New Roman", "Songti SC", "Noto Serif CJK SC", SimSun, serif; overflow-wrap: break-word; }
h1, h2, h3, caption, figcaption, th, nav {
  font-family: Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", SimHei, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.3; margin: 0 0 .3rem; color: #1f2a44; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-bottom: .3rem; border-bottom: 2px solid #1f2a44; color: #1f2a44; }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; color: #1f2a44; }
p { margin: .5rem 0; }
ul { margin: .25rem 0; padding-left: 1.3rem; }
.subtitle, .note { color: #555; }
.note { font-size: .87rem; }
.warning { border-left: 4px solid #b86a00; padding: .2rem .8rem; background: #fdf6ea; }
nav ol { columns: 20rem; padding-left: 1.6rem; }
nav a { color: #0a4f9c; }
.wide { overflow-x: auto; margin: 1.2rem 0 .3rem; }
.wide:focus-visible { outline: 2px solid #0a4f9c; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; line-height: 1.45;
  border-top: 2px solid #1f2a44; border-bottom: 2px solid #1f2a44; }
caption, figcaption { text-align: left; font-weight: bold; font-size: .92rem; padding: .4rem 0; color: #1f2a44; }
th, td { padding: .3rem .5rem; vertical-align: top; text-align: left; border-bottom: 1px solid #d5d9e0; min-width: 3.5em; }
thead th { background: #eef1f6; vertical-align: bottom; overflow-wrap: normal; }
tbody th { font-weight: normal; font-family: inherit; min-width: 8em; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
.long { overflow-wrap: anywhere; }
.one { white-space: nowrap; }
figure { margin: 1.4rem 0; }
figure .wide { margin: 0; }
figure svg { width: 100%; height: auto; max-width: 46rem; display: block; }
code { display: block; font: .9rem/1.5 Consolas, Menlo, monospace; background: #f4f5f8; padding: .5rem .8rem; }
@media (max-width: 40rem) { body { padding: 1rem .7rem 3rem; font-size: 15px; } .many { min-width: 34rem; }
  figure svg { min-width: 560px; } }
@media print { body { max-width: none; font-size: 10.5pt; padding: 0; } h2 { break-after: avoid; } .wide { overflow: visible; }
  tr, figure { break-inside: avoid; } thead { display: table-header-group; } @page { size: A4; margin: 2cm; } }
"""


def write(book: Book) -> bytes:
    """Return the page, in UTF-8."""
    lang, title = LANGUAGE[book.lang], _said(book.title)
    named = _said(phrase("report_contents", book.lang))
    entries = "".join(f'<li><a href="#{section.code}">{_said(section.title)}</a></li>' for section in book.sections)
    sections = []
    n = 0
    for i, (section, parts) in enumerate(captioned(book), 1):
        told = []
        for part, caption in parts:
            n += 1
            told.append(_text(part) if isinstance(part, Text) else _table(part, caption, n) if isinstance(part, Table)
                        else _picture(part, caption, n))
        sections.append(
            f'<section aria-labelledby="{section.code}"><h2 id="{section.code}">{i}. {_said(section.title)}</h2>\n'
            f"{''.join(told)}</section>\n"
        )
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>{title}</h1>\n<p class="subtitle">{_said(book.subtitle)}</p></header>\n'
        f'<nav aria-label="{named}"><h2>{named}</h2><ol>{entries}</ol></nav>\n'
        f"<main>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    ).encode()


def _said(text: str) -> str:
    """Return a text that means nothing but itself."""
    return escape(clean(text))


def _text(part: Text) -> str:
    said = _said(part.text)
    if part.kind == "head":
        return f"<h3>{said}</h3>\n"
    if part.kind == "point":
        return f"<ul><li>{said}</li></ul>\n"
    if part.kind == "code":
        return f"<code>{said}</code>\n"
    return f"<p>{said}</p>\n" if part.kind == "plain" else f'<p class="{part.kind}">{said}</p>\n'


def _table(table: Table, caption: str, n: int) -> str:
    """Return a table in a frame of its own, which can be moved sideways on a narrow screen, also by keys."""
    right = to_the_right(table)

    def row(texts: list[str]) -> str:
        out = []
        for i, (text, figures) in enumerate(zip(texts, right, strict=True)):
            whole = " ".join(f'<span class="one">{_said(piece)}</span>' for piece in pieces(text))
            shown = whole or _said(text).replace("\n", "<br>")
            tag, more = ("th", ' scope="row"') if not i else ("td", "")
            long = max(map(len, text.split()), default=0) > LONG_WORD and text.isascii()
            kind = FIGURE if figures else ' class="long"' if long else ""
            out.append(f"<{tag}{more}{kind}>{shown}</{tag}>")
        return f"<tr>{''.join(out)}</tr>\n"

    titled = zip(map(str, table.frame.columns), right, strict=True)
    heads = "".join(f'<th scope="col"{FIGURE * figures}>{_said(head)}</th>' for head, figures in titled)
    many = ' class="many"' if len(right) > MANY else ""
    note = f'<p class="note">{_said(table.note)}</p>\n' if table.note else ""
    return (
        f'<div class="wide" role="region" tabindex="0" aria-labelledby="caption-{n}">'
        f'<table{many}><caption id="caption-{n}">{_said(caption)}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(map(row, cells(table)))}</tbody></table></div>\n{note}"
    )


def _picture(part: Picture, caption: str, n: int) -> str:
    """Return a chart drawn in the page, in a frame of its own as a table has it; who can't see it is told what it shows."""
    drawn = _named(svg(untitled(part.chart)), n).replace("<svg ", f'<svg role="img" aria-label="{_said(part.chart.alt)}" ', 1)
    named = f'aria-labelledby="caption-{n}"'
    return (
        f'<figure {named}><div class="wide" role="region" tabindex="0" {named}>{drawn}</div>'
        f'<figcaption id="caption-{n}">{_said(caption)}</figcaption></figure>\n'
    )


def _named(drawn: str, n: int) -> str:
    """Return a drawing whose names are its own in the page, of two equal ones too, without those that nothing in it asks for."""
    asked = set(re.findall(r'(?:href="#|url\(#)([^")]+)', drawn))
    drawn = re.sub(r' id="([^"]*)"', lambda name: f' id="picture-{n}-{name[1]}"' if name[1] in asked else "", drawn)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>picture-{n}-", drawn)
