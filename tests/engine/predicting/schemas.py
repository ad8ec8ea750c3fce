"""Checks data against the part of JSON Schema that the description of the service uses."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "anyOf",
    "additionalProperties",
    "contentEncoding",
    "description",
    "$ref",
}
METHODS = {"get", "post"}


def mistakes(document: dict[str, Any]) -> list[str]:
    """Returns what is wrong with a description in OpenAPI 3.1."""
    found = []
    if not re.fullmatch(r"3\.1\.\d+", document["openapi"]):
        found.append("version")
    if not {"title", "version"} <= set(document["info"]):
        found.append("info")

    for path, item in document["paths"].items():
        if not path.startswith("/") or not set(item) <= METHODS:
            found.append(path)
        for operation in item.values():
            for code, response in operation["responses"].items():
                if not re.fullmatch(r"[1-5]\d\d", code) or "description" not in response:
                    found.append(code)

    return found + _schema_mistakes(document, document)


def _schema_mistakes(part: Any, document: dict[str, Any]) -> list[str]:
    """Looks through everything for schemas and references."""
    found: list[str] = []
    if isinstance(part, list):
        for each in part:
            found += _schema_mistakes(each, document)
    elif isinstance(part, dict):
        if "$ref" in part and _resolved(part, document) is None:
            found.append(part["$ref"])
        schemas = [part["schema"]] if "schema" in part else []
        schemas += part["schemas"].values() if "schemas" in part else []
        for schema in schemas:
            if unknown := set(schema) - KNOWN:
                found.append(f"unknown: {unknown}")
        for name, each in part.items():
            if name != "example":
                found += _schema_mistakes(each, document)

    return found


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    found: Any = document
    for name in schema["$ref"].removeprefix("#/").split("/"):
        found = found.get(name) if isinstance(found, dict) else None

    return found


def fits(value: Any, schema: Any, document: dict[str, Any]) -> bool:
    """Returns whether a value is what a schema says."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return fits(value, _resolved(schema, document), document)
    if "anyOf" in schema and not any(fits(value, each, document) for each in schema["anyOf"]):
        return False
    if "type" in schema and not _is_of_type(value, schema["type"]):
        return False
    if isinstance(value, dict):
        return _object_fits(value, schema, document)
    if isinstance(value, list):
        return _array_fits(value, schema, document)

    return len(value) >= schema.get("minLength", 0) if isinstance(value, str) else True


def _is_of_type(value: Any, names: str | list[str]) -> bool:
    several = [names] if isinstance(names, str) else names
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean") == isinstance(value, bool)
        for name in several
    )


def _object_fits(value: dict[str, Any], schema: Any, document: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    return set(schema.get("required", ())) <= set(value) and all(
        fits(each, properties.get(name, others), document) for name, each in value.items()
    )


def _array_fits(value: list[Any], schema: Any, document: dict[str, Any]) -> bool:
    first = schema.get("prefixItems", [])
    others = schema.get("items", True)
    every = [*first, *[others] * (len(value) - len(first))]
    right_length = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    return right_length and all(
        fits(each, item, document) for each, item in zip(value, every, strict=False)
    )
