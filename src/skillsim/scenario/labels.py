"""Readable names of numbers, made of the scenario's own titles and the catalogue; no code is shown where there is a title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from skillsim.scenario.basic import Title
from skillsim.scenario.flow import LEFT, FlowExit, FlowStage
from skillsim.scenario.means import Effect
from skillsim.scenario.numbers import Block
from skillsim.scenario.types import BaseRate, Pathway, Quota, Scenario, Stage, place_of
from skillsim.terms import LANGS, LEVELS, phrase, word
from skillsim.terms.fields import FIELDS, NAMES, SCHOOLS, Field

COMMA = {"zh": "、", "en": ", "}
# blocks whose name adds nothing to those of the fields inside
UNSAID = (
    "Scenario.quota", "Scenario.rules", "Scenario.gates", "Stage.transfer", "Stage.further", "Labour.after_graduation",
    "Area.rolls", "Institution.staff", "Institution.raised", "Retention.mobility", "Scenario.training", "Scenario.money",
    "Scenario.teachers", "Teachers.kinds", "Measure.effects",
)
# what the items of a list of figures stand for, where it isn't a score band
YEARS_OF = {"dropout": "school_year", "repeat": "school_year", "to_general": "school_year",
            "matched": "work_year", "unmatched": "work_year", "returning": "work_year"}


def label_of(path: str, scenario: Scenario, lang: str) -> str:
    """Return the readable name of a number, or of the group that a key of changes, ``figures`` or ``known`` means.

    Raises
    ------
    LookupError, AttributeError
        where the scenario has no such number.
    """
    return " · ".join(_said(scenario, path.split("."), lang))


def title_of(titled: Mapping[str, Any], code: str, lang: str) -> str:
    """Return the title of one of a scenario's parts."""
    text: str = getattr(titled[code].title, lang)
    return text


def class_label(scenario: Scenario, code: str, lang: str) -> str:
    """Return the readable name of a class of pathways, made of its first members' titles."""
    titles = [title_of(scenario.pathways, pathway, lang) for pathway in scenario.classes[code]]
    name = NAMES["long_track" if code == "long_track" else "class"]
    return str(getattr(name, lang)).format(members=COMMA[lang].join(titles[:3]), n=len(titles))


def _said(scenario: Scenario, parts: list[str], lang: str) -> Iterator[str]:
    holder: Any = None
    block: Any = scenario
    field = ""
    for i, part in enumerate(parts):
        if isinstance(block, Quota):
            yield from _seats(scenario, parts[i:], lang)
            return
        if isinstance(block, Block):
            holder, field, block = block, f"{type(block).__name__}.{part}", getattr(block, part)
            if i + 1 == len(parts) or not (field in UNSAID or _named_by_items(block)):
                yield _label(FIELDS[field], lang)
            continue
        items = _items(block)
        if part in items:
            yield from _item(scenario, holder, items, field, part, lang)
        elif (field, part) == ("Scenario.areas", "local"):
            yield getattr(NAMES["local_areas"], lang)
        elif isinstance(block, dict):
            yield str(getattr(NAMES["all"], lang)).format(what=_label(FIELDS[field], lang))
        block = items[part] if part in items else _any(items, parts[i + 1 :], part)


def _titled(item: Any) -> bool:
    return isinstance(getattr(item, "title", None), Title)


def _items(block: Any) -> dict[str, Any]:
    """Return the items of a mapping or list by what a path calls them."""
    if isinstance(block, dict):
        return block
    return {place_of(item, i): item for i, item in enumerate(block if isinstance(block, list) else ())}


def _any(items: Mapping[str, Any], below: list[str], part: str) -> Any:
    """Return the first item that has something at the end of the path below it, as a part that means several does."""
    if part not in ("*", "local"):
        raise KeyError(part)
    found = [item for item in items.values() if _leads(item, below)]
    return found[0]


def _leads(block: Any, parts: list[str]) -> bool:
    """Say whether there is something at the end of a path below a part of a scenario."""
    if not parts or block is None:
        return block is not None
    if isinstance(block, Block):
        return _leads(getattr(block, parts[0]), parts[1:])
    return any(_leads(item, parts[1:]) for code, item in _items(block).items() if parts[0] in ("*", code))


def _label(field: Field, lang: str) -> str:
    text: str = getattr(field, lang)
    return text


def _named_by_items(block: Any) -> bool:
    """Say whether a mapping or list is named well enough by its items."""
    return any(_titled(item) or isinstance(item, Stage | BaseRate) for item in _items(block).values())


def _item(scenario: Scenario, holder: Any, items: Mapping[str, Any], field: str, code: str, lang: str) -> Iterator[str]:
    """Yield the name of one item of a mapping or list, inside ``field`` of ``holder``.

    A part by its title, a stage by its level, a base rate by its pathways and level, a figure by its place in the list, or by
    the industry or level whose code it has.
    """
    item = items[code]
    if isinstance(item, BaseRate):
        yield COMMA[lang].join(title_of(scenario.pathways, pathway, lang) for pathway in item.pathways)
        yield word(LEVELS, item.level, lang)
    elif isinstance(item, Stage):
        yield from _stage(holder, int(code), lang)
    elif _titled(item):
        yield title_of(items, code, lang)
    elif isinstance(item, Effect):
        yield str(getattr(NAMES["on"], lang)).format(what=label_of(item.key, scenario, lang))
    elif field == "Teachers.kinds":
        yield getattr(SCHOOLS[code], lang)
    elif code.isdigit():
        yield str(getattr(NAMES[YEARS_OF.get(field.partition(".")[2], "band")], lang)).format(n=int(code) + 1)
    else:
        coded: dict[str, Mapping[str, Any]] = {
            "Programme.industries": scenario.industries, "Training.person_times": scenario.industries,
            "Mobility.jobs": scenario.areas,
        }
        if isinstance(holder, FlowStage):
            coded[field] = _places(scenario, holder)
        titled = coded.get(field)
        yield title_of(titled, code, lang) if titled else word(LEVELS, code, lang)


def _places(scenario: Scenario, stage: FlowStage) -> Mapping[str, Any]:
    """Return the stages and exits of the table that a stage stands in."""
    mine = next(t for t in (scenario.tables or {}).values() if any(one is stage for one in t.stages.values()))
    left = FlowExit(title=Title(**{lang: phrase("table_left_alone", lang) for lang in LANGS}))
    return {LEFT: left, **mine.stages, **mine.exits}


def _stage(pathway: Pathway, i: int, lang: str) -> Iterator[str]:
    """Yield a stage's name; the only stage of a pathway needs none."""
    levels = [stage.level for stage in pathway.stages]
    if len(levels) > 1:
        name = "stage" if levels.count(levels[i]) == 1 else "same_level"
        yield str(getattr(NAMES[name], lang)).format(level=word(LEVELS, levels[i], lang), n=i + 1)


def _seats(scenario: Scenario, parts: list[str], lang: str) -> Iterator[str]:
    """Yield the names in a key of seats: pathway, school, programme, source areas, as many as are given."""
    if parts[0] in scenario.classes:
        yield class_label(scenario, parts[0], lang)
        parts = ["*", *parts[1:]]
    named: tuple[Mapping[str, Any], ...] = (scenario.pathways, scenario.institutions, scenario.programmes)
    for part, titled in zip(parts, named, strict=False):
        if part != "*":
            yield title_of(titled, part, lang)
    for part in parts[3:]:
        if part in ("local", "any"):
            yield getattr(NAMES[part], lang)
        elif part != "*":
            areas = COMMA[lang].join(title_of(scenario.areas, code, lang) for code in part.split("+"))
            yield str(getattr(NAMES["areas"], lang)).format(areas=areas)
    yield _label(FIELDS["QuotaRow.seats"], lang)
