"""The sheets of a workbook: one table that both writing and reading go by.

What stands in a column follows from the types at its path; words come from the catalogue.  A sheet of another kind than
``items`` holds dotted paths: ``basics`` and ``other`` a value at each, ``numbers`` a number of any form, ``rolls`` a series with
its years in columns, ``sources`` the source of a block.
"""

from __future__ import annotations

from dataclasses import dataclass

from skillsim.scenario.workbook.typed import Path, spot
from skillsim.terms import LANGS, word
from skillsim.terms.fields import FIELDS
from skillsim.terms.workbook import HEADINGS, SHEETS

NUMBER = "1"  # in place of a place in a list, in a column's path
OF = "of.pathways of.levels of.programmes of.schools of.industries of.areas of.measures"
SOURCE = ("source_kind", "source_zh", "source_text", "source_mark")  # the last is hidden: see records.source_of
TITLE = "title.zh title.en"


@dataclass(frozen=True)
class Column:
    """A column: its heading, ``role`` (``code`` or ``place`` of the item, ``path``, ``field`` …), and the field's path under the
    item; ``inner`` where it belongs to an item inside the item."""

    role: str
    path: Path = ()
    inner: bool = False

    def heading(self, sheet: Sheet, lang: str) -> str:
        """Return the heading in a language."""
        if self.role not in ("field", *SOURCE):
            own = f"{sheet.code}_{self.role}"
            return str(getattr(HEADINGS[own if own in HEADINGS else self.role], lang))
        if self.role != "field":
            name = self.role if self.inner or not sheet.sources_twice else f"outer_{self.role}"
            return str(getattr(HEADINGS[name], lang))
        found = spot(sheet.example(self))
        assert found is not None, (sheet.code, self.path)
        field = FIELDS[found.name]
        if found.name in ("Title.zh", "Title.en") and self.path[-2] != "title":
            above = spot(sheet.example(self)[:-1])
            assert above is not None
            return str(getattr(HEADINGS[found.name], lang)).format(what=getattr(FIELDS[above.name], lang))
        if self.path[0] == "of":
            return str(getattr(HEADINGS["of"], lang)).format(what=getattr(field, lang))
        return str(getattr(field, lang))


@dataclass(frozen=True)
class Sheet:
    """A sheet: its code, the path of its collection of items, and its columns.

    ``items`` are the items' own fields, ``inner`` the list inside each item whose items have a row each, with the fields
    ``inner_fields``; ``sources`` whether an item (or inner item) has columns for its source; ``wanted`` whether every place needs
    it; ``named`` the collection of names that its items are referred to by.
    """

    code: str
    kind: str = "items"
    collection: Path = ()
    fields: tuple[Path, ...] = ()
    inner: str = ""
    inner_fields: tuple[Path, ...] = ()
    sources: bool = True
    wanted: bool = True
    named: str = ""

    @property
    def listed(self) -> bool:
        """Say whether the collection is a list."""
        found = spot(self.collection)
        return found is not None and found.listed

    @property
    def sources_twice(self) -> bool:
        """Say whether items and inner items have columns for a source each."""
        return bool(self.sources and self.inner)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of a sheet, from the left."""
        if self.kind != "items":
            return tuple(map(Column, KINDS[self.kind]))
        source = tuple(map(Column, SOURCE)) if self.sources else ()
        out = [Column("place" if self.listed else "code"), *(Column("field", path) for path in self.fields), *source]
        if self.inner:
            out += [Column("place", (self.inner,), True), *(Column("field", path, True) for path in self.inner_fields)]
            out += [Column(column.role, (), True) for column in source]
        return tuple(out)

    def example(self, column: Column) -> Path:
        """Return a path that a column stands for, with any item."""
        item: Path = (*self.collection, NUMBER if self.listed else "x")
        return (*item, self.inner, NUMBER, *column.path) if column.inner else (*item, *column.path)

    def title(self, lang: str) -> str:
        """Return the sheet's name in a language."""
        return word(SHEETS, self.code, lang)

    def names(self) -> set[str]:
        """Return all that the sheet may be called."""
        return {self.code, *(self.title(lang) for lang in LANGS)}


KINDS = {
    "paths": ("label", "path", "value", "note"),
    "numbers": ("label", "path", "form", "first", "second", "third", "series", "factor", "shared", "unit", *SOURCE),
    "rolls": ("rolls_area", "rolls_what", "steps", "factor", "shared", *SOURCE),
    "sources": ("label", "path", *SOURCE),
}


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(tuple(path.split(".")) for path in text.split())


def _items(code: str, collection: str, fields: str, inner: str = "", inner_fields: str = "", **more: bool | str) -> Sheet:
    return Sheet(code, "items", tuple(collection.split(".")), _paths(fields), inner, _paths(inner_fields), **more)  # type: ignore[arg-type]


ROLLS = (
    "junior_graduates", "rolls.junior_entrants", "rolls.primary_entrants", "rolls.births", "adult_applicants",
    "general_applicants",
)
BASICS = (
    "name", "title.zh", "title.en", "years.first", "years.last", "as_of", "levels", "choice.bands", "demand", "labour.job_levels",
    "retention.measured_on", "in_force", "order",
)
ALL = (
    Sheet("basics", "paths"),
    _items("areas", "areas", f"{TITLE} local near junior_graduates adult_applicants general_applicants rolls.junior_survival "
           "rolls.primary_survival rolls.birth_survival", named="areas"),
    Sheet("rolls", "rolls"),
    _items("industries", "industries", f"{TITLE} leading workers level_shares growth to_graduates open_to_others",
           named="industries"),
    _items("programmes", "programmes", f"{TITLE} family industries preference flexible order_class", named="programmes"),
    _items("institutions", "institutions", f"{TITLE} kind area placeholder capacity staff.teachers staff.dual preference",
           named="institutions"),
    _items("pathways", "pathways", f"{TITLE} entry preference", "stages",
           "level years job_level counted_as dropout repeat to_general back transfer.sits transfer.passes transfer.cap "
           "further.gate further.sits further.passes further.exempt further.recommended", named="pathways"),
    _items("seats", "quota.rows", "school programme pathway then areas seats"),
    _items("base", "retention.base", "pathways level rate definition measured_on year"),
    _items("alternatives", "choice.alternatives", f"{TITLE} seats general preference", named="alternatives"),
    Sheet("numbers", "numbers"),
    _items("policies", "policies", f"{TITLE} authority", "changes", "key set add scale ramp from until hold clause",
           named="policies"),
    _items("targets", "targets", f"{TITLE} indicator {OF} year year_stated direction value band clause"),
    _items("observed", "observed", f"indicator year {OF} definition value"),
    _items("known", "known", "key value year", wanted=False),
    _items("drivers", "retention.drivers", f"{TITLE} level unit.zh unit.en effect pathways", wanted=False, named="drivers"),
    _items("measures", "measures", f"{TITLE} unit.zh unit.en done", "effects", "key by each", wanted=False, named="measures"),
    _items("items", "money.items", f"{TITLE} payer per amount times {OF} driver", wanted=False, named="items"),
    _items("figures", "figures", f"{TITLE} year key indicator definition {OF} note.zh note.en", sources=False, wanted=False),
    _items("clauses", "clauses", "clause kind what.zh what.en value unit.zh unit.en by by_stated carried why.zh why.en",
           sources=False, wanted=False),
    Sheet("sources", "sources", wanted=False),
    Sheet("other", "paths", wanted=False),
)
README, LISTS = Sheet("readme"), Sheet("lists")


def label(path: Path, lang: str) -> str:
    """Return the name of the field at a path, without the items that it lies in."""
    found = spot(path)
    return str(getattr(FIELDS[found.name], lang)) if found is not None and found.name in FIELDS else ".".join(map(str, path))


def dotted(path: Path) -> str:
    """Return a path as one word."""
    return ".".join(map(str, path))

