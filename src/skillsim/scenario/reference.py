"""docs/scenario.md and docs/scenario.zh.md, made from the types: ``python -m skillsim.scenario.reference [zh]`` prints them."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from skillsim.scenario.basic import Code, MonthDay
from skillsim.scenario.checks import MAX_CELLS, MAX_YEARS
from skillsim.scenario.numbers import MOST_PERSONS, Number, Par, Source, Spread
from skillsim.scenario.reader import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_EXTENDS, MAX_ITEMS
from skillsim.scenario.types import OF_A_PLACE, Change, Scenario, declared
from skillsim.terms import word
from skillsim.terms.fields import AUTHORITIES, BLOCKS, EVENTS, FIELDS, REFERENCE, UNITS

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

figures:
  - {title: {zh: 2026 年高职办学容量, en: room at the college in 2026}, year: 2026, key: institutions.college.capacity}
known:
  - {key: institutions.college.capacity, value: 950, source: {published: "made up, table 2"}}
  - {key: quota.long_track, value: 180, year: 2026, source: {published: "made up, table 3"}}
"""

HEAD = {"en": f"""\
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
""", "zh": f"""\
# 情景文件

本页由 `python -m skillsim.scenario.reference zh` 根据类型定义生成，请勿手工修改；英文版见 [scenario.md](scenario.md)。
计算内容见 [model.md](model.md)（英文）。`skillsim schema` 输出供编辑器使用的 JSON Schema；
`skillsim check 文件` 一次列出全部问题，并注明文件和行号。

一个情景就是一个 YAML 文件：UTF-8 编码，至多 {MAX_BYTES:,} 字节、{MAX_DEPTH} 层、{MAX_ITEMS:,} 项、{MAX_ALIASES:,} 个别名。
未知的键和重复的键均不接受。代码由小写字母、数字和下划线组成，以字母开头，至多 40 个字符；
名称（title）用中英文两种文字书写。至多 {MAX_YEARS} 年、{MAX_CELLS:,} 个单元。

## 数值

表中凡写“数值”之处，可以直接写一个数，也可以写成只含下列一种形式的条目：
value、series、passed 与 of、uniform、triangular、normal、beta。
“读取时点”指学年日历中读取当年数值的环节：在它之后生效的改动，从下一年起起作用。
“决定主体”指由谁决定这个数，模型并不使用。注明“整数”的人数取整到最接近的整数。开关为 0 或 1。
"""}

PROVENANCE = {"en": """\
## Provenance

Any block, and any number written as a mapping, may carry a `source` of exactly one kind. It serves every number inside, unless a
nearer one stands there. `skillsim check` names numbers that have none; every run shows the share that is assumed or without one.
""", "zh": """\
## 数据来源

任何一块内容，以及任何写成条目的数值，都可以带一个 `source`，只写其中一种。
它适用于其中的全部数值，除非更近处另有注明。`skillsim check` 列出没有来源的数值；
每次运行都显示假设和没有来源的数值所占比例。
"""}

EXTENDS = {"en": f"""\
## Building on another file

`extends: other.yaml` at the top lays this file on another one: a file beside it (path relative to this file), else the shipped
scenario of that name (`small`); at most {MAX_EXTENDS} files deep. Mappings are merged key by key, a series by year; lists and
plain values are replaced. A number written in another form, and a source of another kind, replace the whole of what stood there.
`null` in place of a policy takes it away.
""", "zh": f"""\
## 在另一个文件的基础上编写

文件开头写 `extends: other.yaml`，即以另一个文件为底：先找与本文件放在一起的文件（路径相对于本文件），
再找随软件提供的同名情景（如 `small`）；至多 {MAX_EXTENDS} 层。把一项政策写成 `null`，即去掉这项政策。
条目按键合并，序列按年份合并；列表和单个值则整个替换。
换一种形式写的数值、换一种类型的来源，都整个取代原有内容。
"""}

POLICIES = {"en": """\
## Policies

A policy is a named package of changes. `skillsim run FILE --policy NAME` or `scenario.vary("name")` puts it in force; `a+b` puts
two in force together. A change names a number by its dotted path, or a group of numbers of one kind: a prefix means all numbers
below it, and `*` stands for any one part. Seat rows are `quota.PATHWAY.SCHOOL.PROGRAMME.AREAS`, where AREAS is `local`, `any`, or
the listed codes joined by `+`; items of a list are named by their position from 0 (`pathways.sve_3.stages.0.dropout.1`).
In `figures` and `known` two more words stand for groups: `areas.local` for the place's own areas, and a class for its pathways
after `quota` (`quota.long_track`). Policies under `in_force` act whenever the file is run.
""", "zh": """\
## 政策

政策是一组有名称的改动。`skillsim run 文件 --policy 名称` 或 `scenario.vary("名称")` 使其生效；
`a+b` 使两项同时生效。改动用点分路径指定一个数值，或一组同类数值：前缀表示其下的全部数值，`*` 代表任意一段。
招生计划行写作 `quota.PATHWAY.SCHOOL.PROGRAMME.AREAS`，即培养路径、学校、专业、生源各自的代码，
其中 AREAS 为 `local`、`any`，或以 `+` 连接的生源地代码；
列表中的项以从 0 起的序号表示（`pathways.sve_3.stages.0.dropout.1`）。
在 `figures` 和 `known` 中，还可以用 `areas.local` 表示本地的全部生源地，在 `quota` 后用路径组的名称表示其中各条路径
（如 `quota.long_track`）。写在 `in_force` 中的政策，运行本文件时一律生效。
"""}


def reference(lang: str = "en") -> str:
    """Return the text of docs/scenario.md, or in Chinese of docs/scenario.zh.md."""
    parts = [HEAD[lang], *_fields(Number, lang), ""]
    parts += [f"### {_title(Spread, lang)}\n", _say("spread", lang) + "\n", *_fields(Spread, lang), ""]
    parts += [PROVENANCE[lang], *_fields(Source, lang), "", EXTENDS[lang], f"## {_say('blocks', lang)}\n"]
    for block in _blocks(Scenario):
        if block not in (Number, Spread, Source, Change):
            parts += _section(block, lang)
    parts += [POLICIES[lang], *_section(Change, lang)]
    parts += [f"## {_say('example', lang)}\n", f"{_say('beside', lang)}\n\n```yaml\n{EXAMPLE}```"]
    return "\n".join(parts) + "\n"


def _section(block: type[BaseModel], lang: str) -> list[str]:
    text = BLOCKS[block.__name__].help_zh if lang == "zh" else _text(block.__doc__)
    return [f"### {_title(block, lang)}\n", text + "\n", *_fields(block, lang), ""]


def _say(code: str, lang: str) -> str:
    return word(REFERENCE, code, lang)


def _text(doc: str | None) -> str:
    return " ".join((doc or "").split()).replace("``", "`")


def _title(block: type[BaseModel], lang: str) -> str:
    if lang == "zh":
        return f"{BLOCKS[block.__name__].zh}（{block.__name__}）"
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


def _fields(block: type[BaseModel], lang: str) -> list[str]:
    """Return the table of a block's fields; columns on numbers only where it has numbers."""
    fields = list(block.model_fields.items())
    pars = {name: declared(info) for name, info in fields}
    with_numbers = any(pars.values())
    columns = ["key", *(["label"] if lang == "zh" else []), "what", "default"]
    columns += [*(["unit", "read_on", "who"] if with_numbers else []), "meaning"]
    head = [_say(column, lang) for column in columns]
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for name, info in fields:
        own = FIELDS[f"{block.__name__}.{name}"]
        row = [f"`{info.alias or name}`", *([own.zh] if lang == "zh" else []), _what(info, lang)]
        row.append(_default(block, name, info, lang))
        if with_numbers:
            row += _declared(pars[name], lang)
        row.append(own.help_zh if lang == "zh" else _text(info.description))
        out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return out


def _declared(par: Par | None, lang: str) -> list[str]:
    """Return unit and bounds, reading event and authority of a number."""
    if par is None:
        return ["", "", ""]
    span = f"{par.lo:g} {_say('to', lang)} " + (f"{par.hi:,.0f}" if par.hi >= MOST_PERSONS else f"{par.hi:g}")
    if lang == "zh":
        unit = f"{word(UNITS, par.unit, lang)}，{span}{'，整数' if par.whole else ''}"
        return [unit, word(EVENTS, par.read_on, lang), word(AUTHORITIES, par.authority, lang)]
    return [f"{par.unit}, {span}{', whole' if par.whole else ''}", par.read_on, par.authority]


def _what(info: FieldInfo, lang: str) -> str:
    """Return what may be written in a field, with the bounds of plain values."""
    limits = {type(m).__name__: m for m in info.metadata if not isinstance(m, Par)}
    unit = _say("characters" if str in (info.annotation, *get_args(info.annotation)) else "items", lang)
    notes = [
        _say(text, lang).format(getattr(limits[kind], attribute), unit=unit)
        for kind, attribute, text in (
            ("Ge", "ge", "or_more"), ("Gt", "gt", "above"), ("Le", "le", "or_less"),
            ("MinLen", "min_length", "many_or_more"), ("MaxLen", "max_length", "many_or_fewer"),
        )
        if kind in limits
    ]
    words = _words(_pattern(info) or info.annotation, lang)
    return _say("with_notes", lang).format(words, notes=_say("comma", lang).join(notes)) if notes else words


def _pattern(info: FieldInfo) -> Any:
    """Return Code or MonthDay where a field is one: their pattern stands in the field's metadata."""
    patterns = {getattr(m, "pattern", None) for m in info.metadata} - {None}
    return next((kind for kind in (Code, MonthDay) if kind.__metadata__[0].pattern in patterns), None)  # type: ignore[attr-defined]


_PLAIN = {
    str: "text", int: "whole", float: "figure", bool: "yesno", date: "date", type(None): "empty", Number: "number",
}


def _words(kind: Any, lang: str) -> str:
    origin, args = get_origin(kind), get_args(kind)
    if kind is Code or kind is MonthDay:
        return _say("code" if kind is Code else "month_day", lang)
    if origin is Annotated:
        return _words(args[0], lang)
    if origin is Literal:
        return _say("or", lang).join(f"`{a}`" for a in args)
    if origin in (Union, types.UnionType):
        return _say("or", lang).join(dict.fromkeys(_words(a, lang) for a in args if a is not type(None)))
    if origin is list:
        return _say("list_of", lang).format(_words(args[0], lang))
    if origin is dict:
        return f"{_words(args[0], lang) if args[0] is not int else _say('year', lang)} → {_words(args[1], lang)}"
    if origin is tuple:
        return _say("list_of_n", lang).format(len(args))
    if kind in _PLAIN:
        return _say(_PLAIN[kind], lang)
    return f"[{BLOCKS[kind.__name__].zh if lang == 'zh' else kind.__name__}](#{_anchor(kind, lang)})"


def _anchor(block: type[BaseModel], lang: str) -> str:
    if block is Source:
        return "provenance" if lang == "en" else BLOCKS["Source"].zh
    return block.__name__.lower() if lang == "en" else re.sub(r"[^\w-]", "", _title(block, lang)).lower()


def _default(block: type[BaseModel], name: str, info: FieldInfo, lang: str) -> str:
    if info.is_required() or (block is Scenario and name in OF_A_PLACE):
        return _say("required", lang)
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Number):
        return f"{value.value:g}"
    if isinstance(value, BaseModel):
        return _say("its_defaults", lang)
    if value is None or value in ([], {}):
        return _say("empty", lang)
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(reference(*sys.argv[1:]))
