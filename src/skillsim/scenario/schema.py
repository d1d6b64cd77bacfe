"""The JSON Schema of scenario files, made from the types."""

from __future__ import annotations

from typing import Any

from skillsim.scenario.types import Scenario


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema: the types', plus what the reader adds (``extends``; a ``source`` on any block; a bare figure
    for a number)."""
    schema = Scenario.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    source = {"$ref": "#/$defs/Source", "description": "Where the figures of this block come from."}
    for name, block in (*definitions.items(), ("Scenario", schema)):
        if block.get("type") == "object" and name not in ("Source", "Spread", "Title"):
            block["properties"].setdefault("source", source)
    for block in (*definitions.values(), schema):
        for field in block.get("properties", {}).values():
            if isinstance(field.get("additionalProperties"), dict):
                # a block of named items may carry one source for all of them
                field["properties"] = {"source": {"$ref": "#/$defs/Source"}}
            for pattern in [p for p in field.get("patternProperties", {}) if p.startswith("^")]:
                field["patternProperties"] = {f"^(?!source$){pattern[1:]}": field["patternProperties"][pattern]}
                field |= {"properties": {"source": {"$ref": "#/$defs/Source"}}, "additionalProperties": False}
    definitions["Policy"]["type"] = ["object", "null"]  # null takes a policy of the base away
    definitions["Number"] = {"anyOf": [{"type": "number"}, definitions["Number"]], "title": "Number"}
    extends = "A file, or the name of a shipped scenario, whose content this one builds on."
    schema["properties"]["extends"] = {"type": "string", "description": extends}
    schema["required"] = []
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
