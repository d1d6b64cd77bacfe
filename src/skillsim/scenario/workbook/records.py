"""A number in a row of its own: its form, up to three figures, figures by year, and what it may be off by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from skillsim.scenario.checks import near
from skillsim.scenario.workbook.cells import CellError, figure, folded, number, number_text, same, series, series_text
from skillsim.terms import LANGS
from skillsim.terms.fields import SOURCES
from skillsim.terms.workbook import CHOICES

PLACES = {  # which of the three figures each form has, in its order
    "value": ("first",), "triangular": ("first", "second", "third"),
    **dict.fromkeys(("uniform", "normal", "beta", "passed"), ("first", "second")),
}
SOURCE_KINDS = tuple(kind for kind in SOURCES if kind != "unstated")

Record = dict[int | str, Any]  # the cells of a row by role; figures by year under their years


class RoleError(CellError):
    """A cell of a record that can't be understood; ``role`` says which."""

    def __init__(self, role: str | int, code: str, **args: object):
        super().__init__(code, **args)
        self.role: Any = role


def record_of(value: Any, lang: str) -> Record | None:
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
        made = number_of(back)
        bare = made if isinstance(made, dict) else {"value": made}
        return out if same(bare, given) and all(str(c) == str(c).strip() for c in out.values()) else None
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
    return {"source_kind": getattr(SOURCES[kinds[0]], lang), "source_text": source[kinds[0]], "source_zh": source.get("zh")}


def source_of(row: Mapping[Any, Any]) -> dict[str, str] | None:
    """Return the plain value of a source from its cells; None where all are empty."""
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
    out = {found[0]: plain_text("source_text", zh if text is None else text)}
    return out if zh is None else out | {"zh": plain_text("source_zh", zh)}


def plain_text(role: str, cell: Any) -> str:
    """Return the text of a cell; what a spreadsheet has turned into a date is none."""
    if isinstance(cell, date):
        raise RoleError(role, "workbook_became_date")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def number_of(row: Mapping[Any, Any]) -> Any:
    """Return the plain value of a number from its cells (a bare figure where that is all).

    Without a form one figure is a value, two are a range, three a triangular one.

    Raises
    ------
    RoleError
        where a cell can't be understood, or the cells do not go with the form.
    """
    form = _form(row)
    given = {role: _figure(role, row[role]) for role in ("first", "second", "third") if row.get(role) is not None}
    by_year = _by_year(row)
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


def _figure(role: str | int, cell: Any) -> float:
    if isinstance(cell, bool | date):
        raise RoleError(role, "workbook_figure" if isinstance(cell, bool) else "workbook_became_date")
    try:
        return cell if isinstance(cell, int | float) else figure(str(cell))
    except CellError as error:
        raise RoleError(role, error.code, **error.given) from None


def _by_year(row: Mapping[Any, Any]) -> dict[int, float]:
    out: dict[int, float] = {}
    for role, cell in row.items():
        if isinstance(role, int) and cell is not None:
            out[role] = _figure(role, cell)
    if row.get("series") is not None:
        try:
            out |= series(str(row["series"]))
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
