"""Reading the lab's YAML files: a mapping with known keys, each of one type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .errors import LabError


def read(path: Path, keys: dict[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The file's mapping, with `keys` alone and all of `required` in it."""
    if not path.is_file():
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.yml"))) or "nothing"
        raise LabError("lab file not found", str(path), f"there is {there}", "Name one of these")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise _wrong(path, f"not YAML ({error})") from error
    if not isinstance(found, dict):
        raise _wrong(path, "not a mapping")
    check(path, found, keys, required)
    return found


def check(path: Path, found: dict[str, Any], keys: dict[str, type], required: tuple[str, ...]) -> None:
    """Refuses a mapping that lacks one of `required` or has what is not in `keys`; `path` is the file to correct."""
    for key in required:
        if key not in found:
            raise _wrong(path, f"`{key}` is missing")
    for key, value in found.items():
        if key not in keys:
            raise _wrong(path, f"`{key}` is not one of {', '.join(sorted(keys))}")
        if not isinstance(value, keys[key]):
            raise _wrong(path, f"`{key}` is not of type {keys[key].__name__}")


def _wrong(path: Path, cause: str) -> LabError:
    return LabError("lab file refused", str(path), cause, "Correct the file; lab/README.md shows the form")
