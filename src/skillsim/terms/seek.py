"""Words of goal seek."""

from __future__ import annotations

from skillsim.terms.term import Term

PHRASES: dict[str, Term] = {}

MESSAGES: dict[str, Term] = {}

PAGE: dict[str, Term] = {}
