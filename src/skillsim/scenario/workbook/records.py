"""A number in a row of its own: its form, up to three figures, figures by year, and what it may be off by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from skillsim.scenario.checks import near
from skillsim.scenario.numbers import Par
from skillsim.scenario.workbook.cells import CellError, bare, folded, number, number_text, same, series, series_text
from skillsim.terms import LANGS
from skillsim.terms.fields import SOURCES
from skillsim.terms.workbook import CHOICES

PLACES = {  # which of the three figures each form has, in its order
    "value": ("first",), "triangular": ("first", "second", "third"),
    **dict.fromkeys(("uniform", "normal", "beta", "passed"), ("first", "second")),
}
DISTRIBUTIONS = ("normal", "beta", "passed")
SOURCE_KINDS = tuple(kind for kind in SOURCES if kind != "unstated")

Record = dict[int | str, Any]  # the cells of a row by role; figures by year under their years


class RoleError(CellError):
    """A cell of a record that can't be understood; ``role`` says which."""

    def __init__(self, role: str | int, code: str, **args: object):
        super().__init__(code, **args)
        self.role: Any = role


def record_of(value: Any, lang: str, par: Par | None = None) -> Record | None:
    """Return the cells of a number's plain value, from which :func:`number_of` makes it again; None where they can't hold it."""
    if isinstance(value, bool) or not isinstance(value, int | float | dict):
        return None
    given: dict[str, Any] = value if isinstance(value, dict) else {"value": value}
    out: Record = {}
    try:
        if "series" in given:
            out = {"form": "steps" if given.get("steps") else "series", "series": series_text(given["series"])}
        elif "passed" in given:
            out = {"form": "passed", "first": given["passed"], "second": given["of"]}
        else:
            form = next(form for form in PLACES if form in given)
            figures = [given["value"]] if form == "value" else given[form]
            out = {"form": form, **dict(zip(PLACES[form], figures, strict=True))}
        if "factor" in given:
            out["factor"] = number_text(given["factor"], False)
        out["shared"] = given.get("shared")
        out |= source_cells(given.get("source"), lang)
        out["form"] = getattr(CHOICES["form"][out["form"]], lang)
        out = {role: cell for role, cell in out.items() if cell is not None}
        back = {role: float(f"{cell:.16g}") if isinstance(cell, float) else cell for role, cell in out.items()}
        made = number_of(back, par)
        full = made if isinstance(made, dict) else {"value": made}
        return out if same(full, given) and all(str(c) == str(c).strip() for c in out.values()) else None
    except (CellError, ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError):
        return None


def source_cells(source: Any, lang: str) -> Record:
    """Return the cells of a source; an empty record where there is none.

    Raises
    ------
    LookupError
        where it is not one kind with its text.
    """
    if source is None:
        return {}
    kinds = [kind for kind in SOURCE_KINDS if kind in source]
    texts = all(isinstance(text, str) and text.strip() for text in source.values())
    if len(kinds) != 1 or source.keys() - {kinds[0], "zh"} or not texts:
        raise LookupError
    kind, text, zh = kinds[0], source[kinds[0]], source.get("zh")
    mark = _mark(kind, zh) + _mark(text)
    return {"source_kind": getattr(SOURCES[kind], lang), "source_text": text, "source_zh": zh, "source_mark": mark}


def _mark(*texts: str | None) -> str:
    return hashlib.sha256("\n".join(text or "" for text in texts).encode()).hexdigest()[:8]


def source_of(row: Mapping[Any, Any]) -> dict[str, str] | None:
    """Return the plain value of a source from its cells; None where all are empty.

    ``source_mark`` holds what kind, Chinese and English were when the row was written: an English text that was left as it was
    beside another kind or Chinese text is that of the old source, and is left out.
    """
    kind, text, zh = (row.get(role) for role in ("source_kind", "source_text", "source_zh"))
    if kind is None and text is None and zh is None:
        return None
    if kind is None:
        raise RoleError("source_kind", "workbook_source_kind")
    found = [
        code for code in SOURCE_KINDS
        if folded(str(kind)) in {folded(code), *(folded(getattr(SOURCES[code], lang)) for lang in LANGS)}
    ]
    if not found:
        raise RoleError("source_kind", "workbook_choice", near=near(str(kind), [SOURCES[code].zh for code in SOURCE_KINDS]))
    if text is None and zh is None:
        raise RoleError("source_zh", "workbook_source_text")
    mark = str(row.get("source_mark", ""))
    if zh is not None and text is not None and mark[8:] == _mark(plain_text("source_text", text)):
        text = text if mark[:8] == _mark(found[0], plain_text("source_zh", zh)) else None
    out = {found[0]: plain_text("source_text", zh if text is None else text)}
    return out if zh is None else out | {"zh": plain_text("source_zh", zh)}


def plain_text(role: str, cell: Any) -> str:
    """Return the text of a cell; what a spreadsheet has turned into a date is none."""
    if isinstance(cell, date):
        raise RoleError(role, "workbook_became_date")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def number_of(row: Mapping[Any, Any], par: Par | None = None) -> Any:
    """Return the plain value of a number from its cells (a bare figure where that is all), as ``par`` declares it.

    Without a form one figure is a value, two are a range, three a triangular one.

    Raises
    ------
    RoleError
        where a cell can't be understood, or the cells do not go with the form.
    """
    form, own = _form(row), _own(row, par)
    given = {role: _figure(role, row[role], own) for role in ("first", "second", "third") if row.get(role) is not None}
    by_year = _by_year(row, own)
    if form in ("series", "steps"):
        if not by_year or given:
            raise RoleError("series" if not by_year else next(iter(given)), "workbook_form")
        out: dict[str, Any] = {"series": by_year}
    else:
        if tuple(given) != PLACES[form] or by_year:
            raise RoleError("form", "workbook_form")
        figures = list(given.values())
        out = {"passed": figures[0], "of": figures[1]} if form == "passed" else {form: figures[0] if form == "value" else figures}
    if form == "steps":
        out["steps"] = True
    if row.get("factor") is not None:
        out["factor"] = _spread(row["factor"])
    if row.get("shared") is not None:
        out["shared"] = plain_text("shared", row["shared"])
    source = source_of(row)
    if source is not None:
        out["source"] = source
    return out["value"] if out.keys() == {"value"} else out


def problems_of(row: Mapping[Any, Any], par: Par | None, together: bool) -> list[RoleError]:
    """Return all that is wrong with the cells of a number: each by itself, else (``together``) how they go together."""
    own = _own(row, par)
    parts: list[Callable[[], Any]] = [partial(_form, row), partial(source_of, row)]
    parts += [partial(_by_year, {role: cell}, own) for role, cell in row.items() if isinstance(role, int) or role == "series"]
    parts += [partial(_figure, role, row[role], own) for role in ("first", "second", "third") if role in row]
    parts += [partial(_spread, row["factor"])] if "factor" in row else []
    return _wrong(parts) or _wrong([partial(number_of, row, par)] if together else [])


def _wrong(parts: Sequence[Callable[[], Any]]) -> list[RoleError]:
    out = []
    for part in parts:
        try:
            part()
        except RoleError as error:
            out.append(error)
    return out


def _own(row: Mapping[Any, Any], par: Par | None) -> Par | None:
    """Return what the figures must be themselves: those of a distribution need not be whole where what it stands for is."""
    words = CHOICES["form"]
    said = folded(str(row.get("form")))
    among = {folded(word) for form in DISTRIBUTIONS for word in (form, *(getattr(words[form], lang) for lang in LANGS))}
    return None if said in among else par


def _form(row: Mapping[Any, Any]) -> str:
    if row.get("form") is None:
        if row.get("series") is not None or any(isinstance(role, int) for role in row):
            return "series"
        figures = [role for role in ("first", "second", "third") if row.get(role) is not None]
        return {2: "uniform", 3: "triangular"}.get(len(figures), "value")
    text, words = str(row["form"]), CHOICES["form"]
    found = [form for form in words if folded(text) in {folded(form), *(folded(getattr(words[form], lang)) for lang in LANGS)}]
    if not found:
        raise RoleError("form", "workbook_choice", near=near(text, [term.zh for term in words.values()]))
    return found[0]


def _figure(role: str | int, cell: Any, par: Par | None) -> float:
    if isinstance(cell, bool | date):
        raise RoleError(role, "workbook_figure" if isinstance(cell, bool) else "workbook_became_date")
    try:
        return bare(cell, par)
    except CellError as error:
        raise RoleError(role, error.code, **error.given) from None


def _by_year(row: Mapping[Any, Any], par: Par | None) -> dict[int, float]:
    out: dict[int, float] = {}
    for role, cell in row.items():
        if isinstance(role, int) and cell is not None:
            out[role] = _figure(role, cell, par)
    if row.get("series") is not None:
        try:
            out |= series(str(row["series"]), par)
        except CellError as error:
            raise RoleError("series", error.code, **error.given) from None
    return out


def _spread(cell: Any) -> Any:
    try:
        out = number(str(cell))
    except CellError:
        out = None
    if not isinstance(out, dict) or len(out) != 1 or next(iter(out)) not in ("uniform", "triangular", "normal"):
        raise RoleError("factor", "workbook_spread")
    return out
