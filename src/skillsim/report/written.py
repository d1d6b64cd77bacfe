"""A report as a file of a kind."""

from __future__ import annotations

from collections.abc import Sequence

from skillsim.analysis.compare import Comparison
from skillsim.report.book import Book
from skillsim.results.result import Result


def written(kind: str, book: Book, results: Sequence[Result], comparison: Comparison | None) -> bytes:
    """Return a report as the bytes of a file: docx, xlsx or html."""
    # each brings a library of its own, which the others do not need
    if kind == "xlsx":
        from skillsim.report import workbook

        return workbook.write(book, results, comparison)
    if kind == "docx":
        from skillsim.report import document

        return document.write(book)
    from skillsim.report import web

    return web.write(book)
