"""The JSON Schema for editors: it is one, it knows every key of the shipped files, and it finds what the reader finds."""

from datetime import date

import pytest
from ruamel.yaml import YAML

from helpers_scenario import BAD, GOOD, MARKET, SCENARIOS, misfits
from skillsim.scenario.schema import json_schema
from worlds import laid

SCHEMA = json_schema()
SHIPPED = [GOOD, MARKET, *sorted(SCENARIOS.rglob("*.yaml"))]


def tree(path):
    def plain(x):
        if isinstance(x, dict):
            return {str(k): plain(v) for k, v in x.items()}
        return [plain(v) for v in x] if isinstance(x, list) else x.isoformat() if isinstance(x, date) else x

    return plain(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))


def every_part(schema):
    yield schema
    for key in ("properties", "patternProperties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from every_part(part)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from every_part(schema[key])
    for key in ("anyOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from every_part(part)


def test_it_says_which_schema_it_is_and_every_reference_leads_somewhere():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema" and SCHEMA["type"] == "object"
    for part in every_part(SCHEMA):
        assert isinstance(part, dict)
        if "$ref" in part:
            assert part["$ref"].removeprefix("#/$defs/") in SCHEMA["$defs"]
        assert set(part.get("required", ())) <= set(part.get("properties", ()))


def test_objects_refuse_unknown_keys():
    for name, part in SCHEMA["$defs"].items():
        if part.get("type") == "object":
            assert part["additionalProperties"] is False, name
    assert SCHEMA["additionalProperties"] is False


def test_every_field_is_documented():
    bare = [
        f"{name}.{field}"
        for name, part in SCHEMA["$defs"].items()
        for field, text in part.get("properties", {}).items()
        if "description" not in text and field not in ("title", "source")
    ]
    assert len(bare) < 12, bare


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_the_shipped_files_fit(path):
    problems = misfits(SCHEMA, tree(path))
    if "extends" in tree(path):  # parts that the base completes
        problems = [p for p in problems if "is missing" not in p]
    assert problems == []


def keys_of(schema, value, root, known):
    """Yield (path, whether the schema knows it) of each key of a file."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    parts = [schema, *schema.get("anyOf", ())]
    parts = [root["$defs"][p["$ref"].removeprefix("#/$defs/")] if "$ref" in p else p for p in parts]
    parts += [q for p in parts for q in p.get("anyOf", ())]
    if isinstance(value, dict):
        for key, item in value.items():
            fit = [p["properties"][key] for p in parts if key in p.get("properties", {})]
            fit = fit or [s for p in parts for s in p.get("patternProperties", {}).values()]
            fit = fit or [p["additionalProperties"] for p in parts if isinstance(p.get("additionalProperties"), dict)]
            known.append((key, bool(fit)))
            for one in fit[:1]:
                keys_of(one, item, root, known)
    elif isinstance(value, list):
        for item in value:
            for one in [p["items"] for p in parts if "items" in p][:1]:
                keys_of(one, item, root, known)
    return known


def test_every_key_of_the_small_file_stands_in_it():
    for file, least in ((SCENARIOS / "small.yaml", 100), (MARKET, 80)):
        known = keys_of(SCHEMA, tree(file), SCHEMA, [])
        assert len(known) > least and [key for key, found in known if not found] == []


# what an editor can see by types alone
SEEN = (
    "unknown_key",
    "unknown_key_deep",
    "wrong_type_mapping",
    "wrong_type_list",
    "wrong_type_whole",
    "one_of",
    "one_of_format",
    "pattern_day",
    "too_few",
    "too_many",
    "bound_below",
    "bound_above",
    "bound_scale",
    "number_text",
    "number_yes",
    "number_yes_value",
    "unknown_key_number",
    "key_number",
    "number_yes_pair",
    "observed_without_source",
    "unknown_key_chinese",
    "source_text",
    "after_graduation_years",
    "age_no_number",
    "rounds_too_many",
    "waiting_one_of",
)


@pytest.mark.parametrize("name", SEEN)
def test_it_finds_what_can_be_seen_by_types(name):
    over = tree(BAD / f"{name}.yaml")
    problems = [p for p in misfits(SCHEMA, over) if "is missing" not in p or name == "observed_without_source"]
    assert problems, name


@pytest.mark.parametrize(
    "place",
    [
        "",
        "areas",
        "areas.town",
        "quota",
        "quota.rows.0",
        "pathways.sve_3.stages.0",
        "retention",
        "choice",
        "programmes",
        "industries",
        "industries.machines",
        "industries.machines.level_shares",
        "labour",
        "labour.level_drift",
        "labour.after_graduation",
        "labour.workforce",
        "labour.workforce.men",
    ],
)
def test_a_source_may_stand_on_any_block(place):
    whole = laid(tree(GOOD), tree(MARKET))
    whole.pop("extends")
    at = whole
    for step in [s for s in place.split(".") if s]:
        at = at[int(step) if step.isdigit() else step]
    at["source"] = {"published": "a table"}
    assert misfits(SCHEMA, whole) == []
