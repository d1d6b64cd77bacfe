"""One value in one cell: what is written for it, and what is understood when it comes back.

``show`` and ``understand`` are inverse to each other; whoever writes checks it for each value and puts elsewhere what a cell
can't hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from skillsim.errors import SkillsimError
from skillsim.scenario.checks import near
from skillsim.scenario.numbers import Par
from skillsim.scenario.workbook.typed import Spot
from skillsim.terms import INDICATORS, LABELS, LANGS, LEVELS, Term
from skillsim.terms.fields import AUTHORITIES, FIELDS, SCHOOLS
from skillsim.terms.workbook import ALSO, CHOICES

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
DOTTED = re.compile(r"[A-Za-z0-9_*:+.]+")
MOST_TEXT = 32_000  # characters in a cell; Excel holds 32,767
LIST = re.compile(r"[;\n]")
CODES = re.compile(r"[;,、\n]")
FIGURE = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:%|\s*万)?"
GROUPED = re.compile(r"(?<![\d.,])(?<!\d )[+-]?\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+)(?! ?[\d,])")
SPREAD = re.compile(rf"({FIGURE})\s*(?:~|–|—|-|至)\s*({FIGURE})(?:\s*(?:~|–|—|-|至)\s*({FIGURE}))?")
NAMED = re.compile(rf"(N|Beta|正态|贝塔)\s*\(\s*({FIGURE})\s*[;,]\s*({FIGURE})\s*\)", re.IGNORECASE)
COUNTS = re.compile(rf"({FIGURE})\s*/\s*({FIGURE})")
SHARED = re.compile(r"\w{1,40}")
DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s*00:00(?::00)?)?")
MONTH_DAY = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
PERCENT = ("share", "rate", "share per month")  # units that are shown in per cent
PARTS = (*PERCENT, "parts", "factor", "effect", "")  # units in which per cent can be written
BEHIND = {  # what may be written behind a figure, by its unit
    "persons": "人|名", "person-times": "人次", "yuan": "元", "times": "次", "": "人次|人|名",
}

# the collection of items, or the words, that the codes in a field belong to
REFERS: dict[str, str] = {
    **dict.fromkeys(("area", "areas", "jobs"), "areas"),
    **dict.fromkeys(("level", "job_level", "counted_as", "levels", "job_levels", "level_shares", "level_drift"), "levels"),
    **dict.fromkeys(("industries", "person_times"), "industries"),
    **dict.fromkeys(("programme", "programmes"), "programmes"),
    **dict.fromkeys(("school", "schools", "then", "into"), "institutions"),
    **dict.fromkeys(("pathway", "pathways", "classes"), "pathways"),
    **dict.fromkeys(("in_force", "order"), "policies"),
    "alternatives": "alternatives", "measures": "measures", "driver": "drivers", "cut": "items", "indicator": "indicators",
}


YESNO = Spot("", "yesno")  # of a column that is no field


class CellError(SkillsimError):
    """A cell that can't be understood: the code of a message, and what fills it in."""

    def __init__(self, code: str, **args: object):
        super().__init__(code, args)
        self.code = code
        self.given: dict[str, Any] = args


def folded(text: str) -> str:
    """Return a text as it is compared: half-width, small letters, blanks at its ends and between words taken away."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def half(text: str) -> str:
    """Return a text with half-width digits and signs, without blanks around it."""
    return unicodedata.normalize("NFKC", text).replace("～", "~").replace("∼", "~").replace("−", "-").strip()


WORDS: dict[str, Mapping[str, Term]] = {
    "BaseRate.definition": CHOICES["definition"], "Observed.definition": CHOICES["definition"],
    "Figure.definition": CHOICES["definition"], "Retention.measured_on": {}, "Pathway.entry": CHOICES["gate"],
    "Further.gate": CHOICES["gate"], "Institution.kind": SCHOOLS, "Policy.authority": AUTHORITIES,
    "Target.direction": {code: LABELS[code] for code in ("reach", "at_least", "at_most", "band", "show")},
    "Item.payer": {code: LABELS[f"payer_{code}"] for code in ("city", "province", "school", "firm")},
    "Item.per": CHOICES["per"], "Effect.by": CHOICES["by"], "Scenario.demand": CHOICES["demand"],
    "Labour.waiting": CHOICES["waiting"], "QuotaRow.areas": CHOICES["areas"],
    "Clause.kind": {code.removeprefix("clause_"): term for code, term in LABELS.items() if code.startswith("clause_")},
    "Observed.indicator": {**INDICATORS, **CHOICES["indicator"]}, "Figure.indicator": {**INDICATORS, **CHOICES["indicator"]},
}


def help_of(spot: Spot, lang: str) -> str:
    """Return what a field means; in Chinese its choices stand there as the words of their list."""
    if spot.name not in FIELDS:
        return ""
    if lang != "zh":
        return " ".join(spot.help.split())
    words = {code: term.zh for code, term in WORDS.get(spot.name, {}).items() if code in spot.choices}
    return re.sub(r"[a-z][a-z0-9_]*", lambda found: words.get(found[0], found[0]), FIELDS[spot.name].help_zh)


@dataclass
class Names:
    """The names of coded items by collection, in both languages: ``titles[collection][code] = (zh, en)``."""

    titles: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.titles["levels"] = {code: (term.zh, term.en) for code, term in LEVELS.items()}
        self.titles["indicators"] = {code: (term.zh, term.en) for code, term in INDICATORS.items()}
        self._folded: dict[str, dict[str, set[str]]] = {}

    def add(self, collection: str, code: str, names: Iterable[str]) -> None:
        """Note the names of an item."""
        self.titles.setdefault(collection, {})[code] = tuple(names)
        self._folded.pop(collection, None)

    def codes(self, collection: str, text: str) -> set[str]:
        """Return the codes of which a text is the name."""
        if collection not in self._folded:
            table: dict[str, set[str]] = {}
            for code, names in self.titles.get(collection, {}).items():
                for name in names:
                    table.setdefault(folded(name), set()).add(code)
            self._folded[collection] = table
        return self._folded[collection].get(folded(text), set())

    def shown(self, collection: str, code: str, lang: str, alone: bool = False) -> str:
        """Return the name of an item, or its code where the name is not its own, or would fall apart in a list (unless it stands
        ``alone``)."""
        names = self.titles.get(collection, {}).get(code, ())
        name = names[LANGS.index(lang)] if len(names) > 1 else ""
        clean = name and name == name.strip() and (alone or (not CODES.search(half(name)) and ":" not in half(name)))
        return name if clean and self.codes(collection, name) == {code} and folded(name) not in self.titles[collection] else code

    def code(self, collection: str, text: str) -> str:
        """Return the code that a name or code means."""
        text = text.strip()
        if text in self.titles.get(collection, {}):
            return text
        found = self.codes(collection, text)
        if len(found) > 1:
            raise CellError("workbook_names", name=text, codes="、".join(sorted(found)))
        if found:
            return next(iter(found))
        plain = half(text)
        if CODE.fullmatch(plain):
            return plain  # what is not known is told with the rest of the scenario
        known = [names[0] for names in self.titles.get(collection, {}).values() if names]
        raise CellError("workbook_name", name=text, near=near(text, known))


@dataclass(frozen=True)
class Reading:
    """What a cell is understood by: what the types say, the names of items, and the language that is written."""

    spot: Spot
    names: Names
    lang: str = "zh"

    @property
    def refers(self) -> str:
        """Return the collection that codes in it belong to."""
        return REFERS.get(self.spot.name.partition(".")[2], "")


# ---------------------------------------------------------------------------------------------------------------- figures


def figure(text: str) -> float:
    """Return the figure that a text is; per cent are hundredths.

    Raises
    ------
    CellError
        where it is none.
    """
    plain = GROUPED.sub(_joined_digits, half(text))
    if not re.fullmatch(FIGURE, plain):
        raise CellError("workbook_figure")
    exact = Decimal(plain.rstrip("%万 "))
    if abs(exact.adjusted()) > 300:
        raise CellError("workbook_figure")
    exact = exact / 100 if plain.endswith("%") else exact * 10_000 if plain.endswith("万") else exact
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**15 else float(exact)


def _joined_digits(found: re.Match[str]) -> str:
    return re.sub("[, ]", "", found[0])


def said(value: float, percent: bool = False) -> str:
    """Return the text of a figure, exactly."""
    exact = Decimal(repr(value)) * 100 if percent else Decimal(repr(value))
    text = f"{exact:f}" if abs(exact.adjusted()) < 12 else str(exact)
    text = text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text
    return text + "%" * percent


def number(text: str, par: Par | None = None) -> Any:
    """Return the plain value of a number written in a cell: a figure, or a range ``低~高`` and its kin.

    ``a~b`` uniform, ``a~b~c`` triangular, ``N(mean; sd)``, ``Beta(a; b)``, ``passed/of``; a figure with ``×`` and a range is the
    figure with that factor; ``@word`` names the draw that it shares.  The unit may stand behind a figure.

    Raises
    ------
    CellError
        where it is none, or is none of those that ``par`` declares: in per cent, or not whole.
    """
    plain = GROUPED.sub(_joined_digits, half(text))
    core, at, shared = plain.partition("@")
    core, times, factor = re.sub(r"[×*]", "×", core).strip().partition("×")
    unit = par.unit if par else ""
    if unit in BEHIND:
        core = re.sub(rf"(?<=[\d万])\s*(?:{BEHIND[unit]})(?![^\s~–—/\])至-])", "", core)
    if "%" in core and unit not in PARTS:
        raise CellError("workbook_percent")
    out = _core(core.strip())
    checked(out, par)
    if times:
        if isinstance(out, dict):
            raise CellError("workbook_figure")
        spread = _core(factor.strip())
        if not isinstance(spread, dict) or "passed" in spread or "beta" in spread:
            raise CellError("workbook_figure")
        out = {"value": out, "factor": spread}
    if at:
        if not SHARED.fullmatch(shared.strip()):
            raise CellError("workbook_figure")
        out = (out if isinstance(out, dict) else {"value": out}) | {"shared": shared.strip()}
    return out


def checked(value: Any, par: Par | None) -> None:
    """Ask for whole figures where the declaration does; a mean, a spread or counts of a distribution need not be.

    Raises
    ------
    CellError
        where one is not whole.
    """
    if par is None or not par.whole:
        return
    given = value if isinstance(value, dict) else {"value": value}
    for form in ("value", "uniform", "triangular"):
        part = given.get(form, ())
        figures = part if isinstance(part, list | tuple) else [part]
        if any(isinstance(one, float) and not one.is_integer() for one in figures):
            raise CellError("workbook_whole")


def bare(cell: str | float, par: Par | None) -> float:
    """Return the one figure that a cell holds, as ``par`` declares it.

    Raises
    ------
    CellError
        where it is another form of number, or none.
    """
    out = number(cell, par) if isinstance(cell, str) else cell
    if isinstance(out, dict):
        raise CellError("workbook_figure")
    checked(out, par)
    return out


def _core(text: str) -> Any:
    inner = text[1:-1].strip() if text[:1] in "[(" and text[-1:] in "])" and text[:1] else text
    spread = SPREAD.fullmatch(inner)
    if spread:
        parts = [part for part in spread.groups() if part is not None]
        given = [figure(part) for part in parts]
        if len({part.endswith("万") for part, n in zip(parts, given, strict=True) if n}) > 1:
            raise CellError("workbook_figure")  # 1~1.5万 may mean either
        return {"uniform" if len(given) == 2 else "triangular": given}
    named = NAMED.fullmatch(text)
    if named:
        form = "normal" if named[1].lower() in ("n", "正态") else "beta"
        return {form: [figure(named[2]), figure(named[3])]}
    counts = COUNTS.fullmatch(inner)
    if counts:
        return {"passed": figure(counts[1]), "of": figure(counts[2])}
    return figure(text)


def number_text(value: Any, percent: bool) -> str | None:
    """Return the text of a number's plain value; None where it has none (a series, a source of its own)."""
    if isinstance(value, bool) or not isinstance(value, int | float | dict):
        return None
    if not isinstance(value, dict):
        return said(value, percent)
    text = None
    forms = value.keys() - {"factor", "shared"}
    if forms == {"value"} and value.keys() & {"factor", "shared"}:
        text = said(value["value"], percent)
        if "factor" in value:
            spread = number_text(value["factor"], False)
            text = f"{text} × {spread}" if spread else None
    elif forms == {"passed", "of"}:
        text = f"{said(value['passed'])}/{said(value['of'])}"
    elif len(forms) == 1:
        form = next(iter(forms))
        parts = [said(part, percent) for part in value[form]] if form in ("uniform", "triangular", "normal", "beta") else []
        if form in ("uniform", "triangular"):
            text = "~".join(parts)
            text = f"[{text}]" if text.startswith("-") else text  # Excel takes a minus at the front for a formula
        elif parts:
            text = f"{'N' if form == 'normal' else 'Beta'}({'; '.join(parts)})"
    return f"{text} @{value['shared']}" if text and "shared" in value else text


def series(text: str, par: Par | None = None) -> dict[int, float]:
    """Return the figures by year of a text such as ``2020: 0.1; 2024: 0.12``."""
    out: dict[int, float] = {}
    for part in LIST.split(half(text)):
        if part.strip():
            year, colon, value = re.sub(r"[=]", ":", part).partition(":")
            if not colon or not re.fullmatch(r"\s*\d{1,4}\s*年?\s*", year):
                raise CellError("workbook_series")
            key = int(year.strip().removesuffix("年"))
            if key in out:
                raise CellError("workbook_series")
            out[key] = bare(value, par)
    return out


def series_text(value: Mapping[int, float]) -> str:
    """Return figures by year as a text."""
    return "；".join(f"{year}: {said(figure)}" for year, figure in value.items())


# ------------------------------------------------------------------------------------------------------------ understand


def understand(value: Any, how: Reading) -> Any:
    """Return the plain value of a filled cell.

    Raises
    ------
    CellError
        where the cell can't be understood as its kind.
    """
    return _UNDERSTOOD[how.spot.kind](value, how)


def _parts(value: Any, pattern: re.Pattern[str]) -> list[str]:
    parts = [part.strip() for part in pattern.split(unicodedata.normalize("NFKC", _text(value)).replace("；", ";"))]
    return parts[:-1] if len(parts) > 1 and not parts[-1] else parts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, date):
        raise CellError("workbook_became_date")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(value: Any, how: Reading) -> Any:
    if isinstance(value, bool | date):
        raise CellError("workbook_figure" if isinstance(value, bool) else "workbook_became_date")
    if not isinstance(value, int | float):
        return number(value, how.spot.par)
    checked(value, how.spot.par)
    return value


def _numbers(value: Any, how: Reading) -> Any:
    if isinstance(value, str):
        parts = _split(half(value))
        if len(parts) > 1 or half(value).endswith(";"):
            return [number(part, how.spot.par) for part in parts]
    return _number(value, how)


def _split(text: str) -> list[str]:
    """Return the items of a list whose separators inside brackets separate nothing."""
    parts, depth, begun = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in ";\n":
            parts.append(text[begun:i])
            begun = i + 1
    last = text[begun:]
    return [part.strip() for part in (*parts, last)] if last.strip() else [part.strip() for part in parts]


def _map(value: Any, how: Reading) -> Any:
    out: dict[str, Any] = {}
    for part in _split(unicodedata.normalize("NFKC", _text(value))):
        name, colon, given = part.rpartition(":")
        if not colon:
            raise CellError("workbook_map")
        code = how.names.code(how.refers, name)
        if code in out:
            raise CellError("workbook_map")
        out[code] = number(given, how.spot.par)
    return out


def _figures(value: Any, how: Reading) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    text = half(_text(value))
    spread = SPREAD.fullmatch(text)
    return [figure(part) for part in (spread.groups()[:2] if spread and spread[3] is None else _split(text)) if part]


def _codes(value: Any, how: Reading) -> Any:
    return [how.names.code(how.refers, part) if how.refers else part for part in _parts(value, CODES)]


def _range_of_areas(value: Any, how: Reading) -> Any:
    if how.names.codes(how.refers, _text(value)):  # an area may have the name of a choice
        return _codes(value, how)
    try:
        return _choice(value, how)
    except CellError:
        return _codes(value, how)


def _choice(value: Any, how: Reading) -> Any:
    text, words = _text(value), WORDS.get(how.spot.name, {})
    if isinstance(value, int | float) and text.replace("-", "") in ("1", "2", "3", "4") and "r1" in how.spot.choices:
        text = f"r{text}"
    meant = [
        code for code in how.spot.choices
        if folded(text) in {folded(code), *(folded(getattr(words[code], lang)) for lang in LANGS if code in words)}
        or text in ALSO.get(how.spot.name, {}).get(code, ())
    ]
    if not meant:
        known = [getattr(words[code], how.lang) if code in words else code for code in how.spot.choices]
        raise CellError("workbook_choice", near=near(text, known))
    return meant[0]


def _code(value: Any, how: Reading) -> Any:
    text = _text(value)
    if how.refers:
        return how.names.code(how.refers, text)
    return half(text) if CODE.fullmatch(half(text)) or DOTTED.fullmatch(half(text)) else text


def _day(value: Any, how: Reading) -> Any:
    if isinstance(value, date):
        return f"{value.month:02}-{value.day:02}"
    text = half(_text(value))
    whole = DAY.fullmatch(text)
    found = MONTH_DAY.fullmatch(text)
    if not (whole or found):
        raise CellError("workbook_day")
    month, day = (whole[2], whole[3]) if whole else (found[1], found[2]) if found else ("", "")
    return f"{int(month):02}-{int(day):02}"


def _date(value: Any, how: Reading) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = DAY.fullmatch(half(_text(value)))
    try:
        return date(*map(int, found.groups())) if found else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> Any:
    raise CellError("workbook_date")


def _yesno(value: Any, how: Reading) -> Any:
    text = folded(_text(value))
    if text in ("true", "yes", "y", "1", "是", "√", "✓", "对"):
        return True
    if text in ("false", "no", "n", "0", "否", "×", "x"):
        return False
    raise CellError("workbook_yesno")


def _figure(value: Any, how: Reading) -> Any:
    if isinstance(value, bool):
        raise CellError("workbook_figure")
    return bare(value if isinstance(value, int | float) else _text(value), how.spot.par)


def _whole(value: Any, how: Reading) -> Any:
    try:
        out = figure(half(_text(value)).removesuffix("年"))
    except CellError as error:
        raise CellError("workbook_whole" if error.code == "workbook_figure" else error.code) from None
    if out != int(out):
        raise CellError("workbook_whole")
    return int(out)


def _years(value: Any, how: Reading) -> Any:
    return series(_text(value))


_UNDERSTOOD: dict[str, Callable[[Any, Reading], Any]] = {
    "number": _number, "numbers": _numbers, "map": _map, "years": _years, "figures": _figures, "codes": _codes,
    "range_of_areas": _range_of_areas, "code": _code, "choice": _choice, "day": _day, "date": _date, "yesno": _yesno,
    "whole": _whole, "figure": _figure, "text": lambda value, how: _code(value, how) if how.refers else _text(value),
}


# ------------------------------------------------------------------------------------------------------------------ show


def show(value: Any, how: Reading) -> Any:
    """Return what a cell holds for a plain value, from which it is understood again; None where no cell can hold it."""
    try:
        cell = _SHOWN[how.spot.kind](value, how)
        if cell is None or (isinstance(cell, str) and (not cell.strip() or len(cell) > MOST_TEXT or not _clean(cell))):
            return None
        back = float(f"{cell:.16g}") if isinstance(cell, float) else cell  # as many digits as a workbook keeps
        return cell if same(understand(back, how), value) else None
    except (CellError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # a value of another kind than the types ask for


def _clean(text: str) -> bool:
    """Say whether a text comes out of a workbook as it went in."""
    return all(c.isprintable() or c == "\n" for c in text) and not re.search(r"_x[0-9A-Fa-f]{4}_", text)


def same(a: Any, b: Any) -> bool:
    """Say whether two plain values are the same; true is not 1, and the order of keys makes no difference."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and isinstance(a, str) == isinstance(b, str) and bool(a == b)


def _show_number(value: Any, how: Reading) -> Any:
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else value
    return number_text(value, _percent(how))


def _percent(how: Reading) -> bool:
    return how.spot.par is not None and how.spot.par.unit in PERCENT


def _joined(parts: Sequence[str | None]) -> str | None:
    if not parts or None in parts:
        return None
    text = "；".join(part for part in parts if part is not None)
    return text if len(parts) > 1 else text + "；"


def _show_numbers(value: Any, how: Reading) -> Any:
    return _joined([number_text(part, _percent(how)) for part in value]) if isinstance(value, list) else _show_number(value, how)


def _show_map(value: Any, how: Reading) -> Any:
    parts = [(how.names.shown(how.refers, code, how.lang), number_text(part, _percent(how))) for code, part in value.items()]
    return "；".join(f"{name}: {text}" for name, text in parts if text) if parts and all(text for _, text in parts) else None


def _show_codes(value: Any, how: Reading) -> Any:
    return "、".join(how.names.shown(how.refers, code, how.lang) if how.refers else code for code in value)


def _show_choice(value: Any, how: Reading) -> Any:
    words = WORDS.get(how.spot.name, {})
    return getattr(words[value], how.lang) if value in words else value


def _show_areas(value: Any, how: Reading) -> Any:
    return _show_choice(value, how) if isinstance(value, str) else _show_codes(value, how)


def _show_code(value: Any, how: Reading) -> Any:
    return how.names.shown(how.refers, value, how.lang, True) if how.refers else value


def _show_yesno(value: Any, how: Reading) -> Any:
    return getattr(LABELS["yes" if value else "no"], how.lang)


_SHOWN: dict[str, Callable[[Any, Reading], Any]] = {
    "number": _show_number, "numbers": _show_numbers, "map": _show_map, "years": lambda value, how: series_text(value),
    "figures": lambda value, how: "；".join(map(said, value)) + "；" * (len(value) == 1), "codes": _show_codes,
    "range_of_areas": _show_areas, "code": _show_code, "choice": _show_choice, "day": lambda value, how: value,
    "date": lambda value, how: value, "yesno": _show_yesno, "whole": lambda value, how: value,
    "figure": lambda value, how: value, "text": _show_code,
}
