"""Shared by the tests of what a planner writes: files at hand, problems of a text, and a small JSON Schema checker."""

import re
from datetime import date
from pathlib import Path

import pytest

from skillsim.errors import ScenarioError
from skillsim.scenario.reader import read

TESTS = Path(__file__).parent
BAD = TESTS / "bad"
GOOD = BAD / "_good.yaml"
MARKET = BAD / "_market.yaml"  # the good one with a labour market
SCENARIOS = TESTS.parent / "scenarios"
SMALL = SCENARIOS / "small.yaml"
LANGS = ("zh", "en")


def written(folder, text, name="case.yaml"):
    """Return the path of a new file with a text that builds on the good one, unless the text is bytes."""
    path = Path(folder) / name
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(f"extends: {GOOD.as_posix()}\n{text}", encoding="utf-8")
    return path


def loaded(folder, text):
    """Return the scenario of a text that builds on the good file."""
    return read(written(folder, text))


def problems_of(path):
    """Return the problems of a file that must be refused, after seeing that they can be told in both languages."""
    with pytest.raises(ScenarioError) as caught:
        read(path)
    for lang in LANGS:
        assert told_well(caught.value.text(lang))
    return caught.value.problems


def told_well(text):
    """Say whether a text of problems can be printed anywhere: one line a problem, no control codes, nothing endless."""
    return all(line.isprintable() and len(line) < 3_000 for line in text.split("\n")) and bool(text.encode("utf-8"))


ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")


def misfits(schema, value, root=None, at=""):
    """Return where a value does not fit a JSON Schema, for the keywords that ours uses; any other keyword is an error."""
    root = root or schema
    out = []
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        out += misfits(target, value, root, at)
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "null": type(None),
        "integer": int,
        "number": (int, float),
    }
    for keyword, asked in schema.items():
        if keyword == "type":
            several = asked if isinstance(asked, list) else [asked]
            fits = any(isinstance(value, kinds[one]) and (one == "boolean" or not isinstance(value, bool)) for one in several)
            out += [] if fits else [f"{at}: not {' or '.join(several)}"]
        elif keyword == "anyOf":
            out += [] if any(not misfits(s, value, root, at) for s in asked) else [f"{at}: fits none"]
        elif keyword in ("enum", "const"):
            out += [] if value in (asked if keyword == "enum" else [asked]) else [f"{at}: not one of {asked}"]
        elif keyword == "pattern":
            out += [] if not isinstance(value, str) or re.search(asked, value) else [f"{at}: pattern"]
        elif keyword == "format":
            assert asked == "date"
            out += [] if _is_date(value) else [f"{at}: not a date"]
        elif keyword in _LIMITS:
            kind, fits = _LIMITS[keyword]
            out += [f"{at}: {keyword} {asked}"] if isinstance(value, kind) and not fits(value, asked) else []
        elif keyword == "prefixItems":
            out += [
                m
                for i, s in enumerate(asked[: len(value)] if isinstance(value, list) else [])
                for m in misfits(s, value[i], root, f"{at}.{i}")
            ]
        elif keyword == "items":
            first = len(schema.get("prefixItems", ()))
            for i, item in enumerate(value[first:] if isinstance(value, list) else []):
                out += misfits(asked, item, root, f"{at}.{i + first}")
        else:
            assert keyword in _NOTES or keyword in _OF_OBJECTS or keyword == "$ref", keyword
    return out + (_misfits_of_object(schema, value, root, at) if isinstance(value, dict) else [])


def _misfits_of_object(schema, value, root, at):
    out = [f"{at}: {key} is missing" for key in schema.get("required", ()) if key not in value]
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, item in value.items():
        here = f"{at}.{key}".lstrip(".")
        fit = [s for name, s in named.items() if name == str(key)] + [s for p, s in patterns.items() if re.search(p, str(key))]
        other = schema.get("additionalProperties", True)
        if not fit and other is False:
            out.append(f"{here}: unknown key")
        for s in fit or ([other] if isinstance(other, dict) else []):
            out += misfits(s, item, root, here)
    return out


def _is_date(value):
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


_NUMBER = (int, float)
_LIMITS = {
    "minimum": (_NUMBER, lambda v, n: v >= n),
    "maximum": (_NUMBER, lambda v, n: v <= n),
    "exclusiveMinimum": (_NUMBER, lambda v, n: v > n),
    "exclusiveMaximum": (_NUMBER, lambda v, n: v < n),
    "minItems": (list, lambda v, n: len(v) >= n),
    "maxItems": (list, lambda v, n: len(v) <= n),
    "minLength": (str, lambda v, n: len(v) >= n),
    "maxLength": (str, lambda v, n: len(v) <= n),
    "minProperties": (dict, lambda v, n: len(v) >= n),
}
_NOTES = {"title", "description", "default", "$defs", "$schema"}
_OF_OBJECTS = {"properties", "patternProperties", "additionalProperties", "required", "propertyNames"}
