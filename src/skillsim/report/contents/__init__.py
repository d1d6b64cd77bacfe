"""The contents of a report on some runs: sections as a planning bureau reads them, made of tables, charts and words that the page
and the terminal have too.  What a place does not have is left out."""

from skillsim.report.contents.whole import book

__all__ = ["book"]
