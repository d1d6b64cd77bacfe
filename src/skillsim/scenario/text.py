"""Plain values as the text of a scenario file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.*]*")


def as_yaml(values: Mapping[str, Any]) -> str:
    """Return plain values as YAML: a list of mappings one row a line, all else on one line."""
    return "".join(_lines(values, ""))


def _lines(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        rows = _rows(value)
        if rows:
            yield f"{indent}{_key(key)}:\n"
            yield from (f"{indent}  - {_flow(row)}\n" for row in rows)
        elif isinstance(value, dict) and any(_rows(part) or part is None or isinstance(part, dict) for part in value.values()):
            yield f"{indent}{_key(key)}:\n"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{_key(key)}: {_flow(value)}\n"


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list) and any(isinstance(row, dict) for row in value) else []


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(value, ensure_ascii=False))
    if isinstance(value, date):
        return value.isoformat()
    return "null" if value is None else str(value).lower()


def _key(key: Any) -> str:
    """Return a key; one that YAML would take for something else than text stands in quotes."""
    plain = not isinstance(key, str) or (WORD.fullmatch(key) and key.lower() not in ("null", "true", "false"))
    return str(key) if plain else _flow(key)
