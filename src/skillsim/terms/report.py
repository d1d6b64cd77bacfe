"""Words of reports and the seat plan as a document."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
}

MESSAGES: dict[str, Term] = {
}
