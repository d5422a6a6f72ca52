"""The catalog's JSON schemas, with their references to each other."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from support import REPOSITORY

HOME = REPOSITORY / "plugins/plugin_utils/catalog/data" / "schemas"
SCHEMAS: dict[str, dict[str, Any]] = {
    path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in sorted(HOME.glob("*.schema.json"))
}
_REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)


def problems(name: str, content: Any) -> list[str]:
    """Return what in the content does not match the schema of that name, each with its place."""
    found = Draft202012Validator(
        SCHEMAS[name], registry=_REGISTRY, format_checker=FormatChecker(["regex"])
    ).iter_errors(content)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
