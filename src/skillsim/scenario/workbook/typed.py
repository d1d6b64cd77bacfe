"""What the types of a scenario say of a dotted path: the field that stands there, and the kind of cell that holds it."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from skillsim.scenario.basic import Code, MonthDay, Title
from skillsim.scenario.numbers import Block, Number, Par, Source
from skillsim.scenario.types import Scenario, declared

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Spot:
    """What stands at a path.

    ``name`` is the field (``Block.field``, key of the words in terms.fields), ``help`` its documentation in English, ``kind`` how
    a cell holds it: a ``block``, or ``number``, ``numbers`` (one or a list), ``map`` (code to number), ``years`` (whole number to
    figure), ``figures``, ``codes``, ``range_of_areas`` (a word or codes), ``code``, ``choice``, ``day``, ``date``, ``yesno``,
    ``whole``, ``figure``, ``text``; ``choices`` what a choice allows; ``listed`` whether it is a list of blocks.
    """

    name: str
    kind: str
    help: str = ""
    par: Par | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    listed: bool = False
    types: tuple[Any, ...] = ()


def _options(kind: Any) -> list[Any]:
    """Return the types inside a union, without None and annotations."""
    if get_origin(kind) is Annotated and kind not in (MonthDay, Code):
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [option for arg in get_args(kind) for option in _options(arg)]
    return [] if kind is type(None) else [kind]


def _is_block(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Block) and kind is not Number


def _kind(options: list[Any]) -> tuple[str, tuple[str, ...]]:
    """Return the kind of cell for the types that are allowed, and the words of a choice."""
    lists = [get_args(option)[0] for option in options if get_origin(option) is list]
    inside = [option for kind in lists for option in _options(kind)]
    literals = tuple(str(word) for option in options if get_origin(option) is Literal for word in get_args(option))
    if any(_is_block(option) for option in options) or any(_is_block(option) for option in inside):
        return "block", ()
    if Number in options or Number in inside:
        return ("numbers" if inside else "number"), ()
    for option in options:
        if get_origin(option) is dict:
            key, value = get_args(option)
            if _options(value) == [Number]:
                return "map", ()
            return ("years", ()) if key is int and _options(value) == [float] else ("block", ())
        if get_origin(option) is tuple:
            return "figures", ()
    if inside:
        return ("figures" if float in inside else "range_of_areas" if literals else "codes"), literals
    if literals:
        return "choice", literals
    if MonthDay in options or Code in options:
        return ("day" if MonthDay in options else "code"), ()
    plain = {str: "text", bool: "yesno", int: "whole", float: "figure", date: "date"}
    return next((plain[option] for option in options if option in plain), "text"), ()


@lru_cache(maxsize=100_000)
def _spot(path: tuple[str, ...]) -> Spot | None:
    options: list[Any] = [Scenario]
    spot = Spot("", "block", types=(Scenario,))
    for step in path:
        found: list[Any] = []
        for option in options:
            if isinstance(option, type) and issubclass(option, Block):
                name, info = next(((n, i) for n, i in option.model_fields.items() if step == (i.alias or n)), ("", None))
                if info is None:
                    continue
                found = _options(info.annotation)
                for declaration in (MonthDay, Code):  # of a field's own type the declaration stands beside it
                    if any(meta in info.metadata for meta in get_args(declaration)[1:]):
                        found = [declaration]
                par = declared(info) or spot.par
                spot = Spot(f"{option.__name__}.{name}", "", info.description or "", par, (), info.is_required())
            elif get_origin(option) is dict:
                found += _options(get_args(option)[1])
            elif get_origin(option) is list and step.isdigit():
                found += _options(get_args(option)[0])
        if step == "source" and not spot.name.endswith(".source"):  # any block may have one
            found.append(Source)
        if not found:
            return None
        options = found
        kind, choices = _kind(options)
        listed = kind == "block" and any(get_origin(option) is list for option in options)
        spot = Spot(spot.name, kind, spot.help, spot.par, choices, spot.required, listed, tuple(options))
    return spot


def spot(path: Sequence[Step]) -> Spot | None:
    """Return what the types say of a path (codes of items as they are, places in lists as numbers); None where nothing can
    stand there."""
    return _spot(tuple(map(str, path)))


def is_title(path: Sequence[Step]) -> bool:
    """Say whether a name in both languages stands at a path."""
    found = spot(path)
    return found is not None and Title in found.types


def steps(dotted: str) -> Path | None:
    """Return the steps of a dotted path, places in lists as whole numbers; None where nothing can stand there."""
    out: list[Step] = []
    for part in dotted.split("."):
        above = spot(out)
        if above is None:
            return None
        lists = any(get_origin(option) is list for option in above.types)
        years = any(get_origin(option) is dict and get_args(option)[0] is int for option in above.types)
        out.append(int(part) if part.isascii() and part.isdigit() and len(part) < 9 and (lists or years) else part)
    return tuple(out) if spot(out) is not None else None
