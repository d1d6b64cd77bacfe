"""Words of batches, the store of runs and what is kept in it."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {
}

MESSAGES: dict[str, Term] = {
}
