"""A word in both languages."""

from __future__ import annotations

from dataclasses import dataclass

LANGS = ("zh", "en")


@dataclass(frozen=True)
class Term:
    """A word in both languages; ``unit`` and ``formula`` (English, docs/model.md) where it is an indicator."""

    zh: str
    en: str
    unit: str = ""
    formula: str = ""
