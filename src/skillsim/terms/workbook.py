"""Words of the workbook of a place: template, import, problems by sheet and cell."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
}

MESSAGES: dict[str, Term] = {
}
