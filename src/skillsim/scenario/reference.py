"""docs/scenario.md, made from the types: ``python -m skillsim.scenario.reference`` prints it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from skillsim.scenario.checks import MAX_CELLS, MAX_YEARS
from skillsim.scenario.numbers import MOST_PERSONS, Number, Par, Source, Spread
from skillsim.scenario.reader import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_EXTENDS, MAX_ITEMS
from skillsim.scenario.types import Change, Code, MonthDay, Scenario, declared

EXAMPLE = """\
extends: small.yaml
name: small_next
title: {zh: 小样例（下一年）, en: "A small place, a year on"}
as_of: 2026-06-01

areas:
  town:
    general_applicants: {value: 40, factor: {triangular: [0.8, 1, 1.3]}, source: {assumed: "made up, 20 to 30 % wide"}}

policies:
  more_long_track:
    changes:
      - {key: quota.sve_3plus2, scale: 1.5, from: 2027-01-01, clause: "made up, clause 3"}
  room_and_rule:
    title: {zh: 扩容与规则, en: more room and the rule}
    authority: province
    changes:
      - {key: institutions.college.capacity, ramp: 1200, from: 2027-01-01, until: 2029-01-01}
      - {key: rules.quota.active, set: 1, from: 2027-01-01}
      - {key: quota.college_3.college.care, add: 10, from: 2027-01-01, hold: true}

observed:
  - {indicator: entrants, year: 2025, of: {pathways: [sve_3plus2]}, value: 150, source: {assumed: made up}}
"""

HEAD = f"""\
# The scenario file

Made from the types by `python -m skillsim.scenario.reference`; do not edit by hand. What is computed: [model.md](model.md).
`skillsim schema` prints the JSON Schema for editors; `skillsim check FILE` tells every problem at once, with file and line.

A scenario is one YAML file: UTF-8, at most {MAX_BYTES:,} bytes, {MAX_DEPTH} levels, {MAX_ITEMS:,} items and {MAX_ALIASES:,}
aliases. Unknown and repeated keys are refused. Codes are lower-case letters, digits and underscores, a letter first, at most 40;
titles carry the words in both languages. At most {MAX_YEARS} years and {MAX_CELLS:,} cells.

## Numbers

Wherever the tables say **number**, write a bare figure, or a mapping with exactly one of the forms below: value, series, passed
with of, uniform, triangular, normal, beta. In the tables, *read on* is the event of the school calendar on which the year's value
is read: a change dated after it acts from the next year on. *Who* is the authority that decides the figure; the model does not
use it. Persons marked *whole* are rounded to the nearest whole number. A switch is 0 or 1.
"""

PROVENANCE = """\
## Provenance

Any block, and any number written as a mapping, may carry a `source` of exactly one kind. It serves every number inside, unless a
nearer one stands there. `skillsim check` names numbers that have none; every run shows the share that is assumed or without one.
"""

EXTENDS = f"""\
## Building on another file

`extends: other.yaml` at the top lays this file on another one (path relative to this file; at most {MAX_EXTENDS} files deep).
Mappings are merged key by key, a series by year; lists and plain values are replaced. A number written in another form, and a
source of another kind, replace the whole of what stood there.
"""

POLICIES = """\
## Policies

A policy is a named package of changes. `skillsim run FILE --policy NAME` or `scenario.vary("name")` puts it in force; `a+b` puts
two in force together. A change names a number by its dotted path, or a group of numbers of one kind: a prefix means all numbers
below it, and `*` stands for any one part. Seat rows are `quota.PATHWAY.SCHOOL.PROGRAMME.AREAS`, where AREAS is `local`, `any`, or
the listed codes joined by `+`; items of a list are named by their position from 0 (`pathways.sve_3.stages.0.dropout.1`).
"""


def reference() -> str:
    """Return the text of docs/scenario.md."""
    parts = [HEAD, *_fields(Number), "", "### Spread\n", "A factor's distribution; exactly one form.\n", *_fields(Spread), ""]
    parts += [PROVENANCE, *_fields(Source), "", EXTENDS, "## Blocks\n"]
    for block in _blocks(Scenario):
        if block not in (Number, Spread, Source, Change):
            parts += [f"### {_title(block)}\n", _text(block.__doc__) + "\n", *_fields(block), ""]
    parts += [POLICIES, "### Change\n", _text(Change.__doc__) + "\n", *_fields(Change), ""]
    parts += ["## An example\n", f"Beside the tutorial's `small.yaml`:\n\n```yaml\n{EXAMPLE}```"]
    return "\n".join(parts) + "\n"


def _text(doc: str | None) -> str:
    return " ".join((doc or "").split()).replace("``", "`")


def _title(block: type[BaseModel]) -> str:
    return "The file (Scenario)" if block is Scenario else block.__name__


def _blocks(root: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the blocks that a block holds, itself first, each once, in the order of the fields."""
    out = [root]
    for block in out:
        for info in block.model_fields.values():
            out += [b for b in dict.fromkeys(_inside(info.annotation)) if b not in out]
    return out


def _inside(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for arg in get_args(kind):
        yield from _inside(arg)


def _fields(block: type[BaseModel]) -> list[str]:
    """Return the table of a block's fields; columns on numbers only where it has numbers."""
    fields = list(block.model_fields.items())
    pars = {name: declared(info) for name, info in fields}
    with_numbers = any(pars.values())
    head = ["key", "what", "default", *(["unit, bounds", "read on", "who"] if with_numbers else []), "meaning"]
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for name, info in fields:
        row = [f"`{info.alias or name}`", _what(info), _default(info)]
        if with_numbers:
            par = pars[name]
            row += [_bounds(par), par.read_on, par.authority] if par else ["", "", ""]
        row.append(_text(info.description))
        out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return out


def _bounds(par: Par) -> str:
    span = f"{par.lo:g} to {par.hi:,.0f}" if par.hi >= MOST_PERSONS else f"{par.lo:g} to {par.hi:g}"
    return f"{par.unit}, {span}{', whole' if par.whole else ''}"


def _what(info: FieldInfo) -> str:
    """Return what may be written in a field, with the bounds of plain values."""
    limits = {type(m).__name__: m for m in info.metadata if not isinstance(m, Par)}
    unit = "characters" if str in (info.annotation, *get_args(info.annotation)) else "items"
    notes = [
        text.format(getattr(limits[kind], attribute))
        for kind, attribute, text in (
            ("Ge", "ge", "{} or more"), ("Gt", "gt", "above {}"), ("Le", "le", "{} or less"),
            ("MinLen", "min_length", "{} or more " + unit), ("MaxLen", "max_length", "{} or fewer " + unit),
        )
        if kind in limits
    ]
    words = _words(_pattern(info) or info.annotation)
    return f"{words} ({', '.join(notes)})" if notes else words


def _pattern(info: FieldInfo) -> Any:
    """Return Code or MonthDay where a field is one: their pattern stands in the field's metadata."""
    patterns = {getattr(m, "pattern", None) for m in info.metadata} - {None}
    return next((kind for kind in (Code, MonthDay) if kind.__metadata__[0].pattern in patterns), None)  # type: ignore[attr-defined]


_PLAIN = {
    str: "text", int: "whole number", float: "figure", bool: "true or false", date: "date", type(None): "empty", Number: "number",
}


def _words(kind: Any) -> str:
    origin, args = get_origin(kind), get_args(kind)
    if kind is Code or kind is MonthDay:
        return "code" if kind is Code else "MM-DD"
    if origin is Annotated:
        return _words(args[0])
    if origin is Literal:
        return " or ".join(f"`{a}`" for a in args)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(a) for a in args if a is not type(None)))
    if origin is list:
        return f"list of {_words(args[0])}"
    if origin is dict:
        return f"{_words(args[0]) if args[0] is not int else 'year'} → {_words(args[1])}"
    if origin is tuple:
        return f"list of {len(args)} figures"
    if kind in _PLAIN:
        return _PLAIN[kind]
    anchor = "provenance" if kind is Source else kind.__name__.lower()
    return f"[{kind.__name__}](#{anchor})"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Number):
        return f"{value.value:g}"
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value in ([], {}):
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(reference())
