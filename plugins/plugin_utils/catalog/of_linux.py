# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts that only entries of Linux have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .model import Mode, Sign

# Keys of an entry whose facts are signs of the kind of evidence, and the key of a fact that says what to look for.
SIGNS = {
    "packages": ("package", "name"),
    "processes": ("process", "below"),
    "container_processes": ("container_process", "below"),
    "units": ("unit", "name"),
    "paths": ("path", "path"),
    "home_paths": ("home_path", "below_home"),
    "accounts": ("account", "name"),
    "groups": ("group", "name"),
    "kernel_modules": ("kernel_module", "name"),
    "packet_marks": ("packet_mark", "mark"),
    "packet_chains": ("packet_chain", "name"),
    "kernel_names": ("kernel_name", "prefix"),
    "certificates": ("certificate", "subject"),
    "mentions": ("mention", "text"),
    "installers": ("installer", "name"),
}


def further_signs(entry: dict[str, Any]) -> Iterator[Sign]:
    """Yield the signs that are made of several parts of a fact."""
    for section in entry.get("ini_sections", ()):
        yield Sign("ini_section", f"{section['file']}[{section['section']}]")
    for named in entry.get("named_entries", ()):
        yield Sign("named_entry", f"{named['directory'].rstrip('/')}/{named['name']}")
    set_by = [fact.get("set_by") for key in ("packet_marks", "moved_paths") for fact in entry.get(key, ())]
    for told in (entry.get("setup_done"), *entry.get("modes", ()), *set_by):
        if told:
            yield Sign("ini_value", _value(told))


def own(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Product that only Linux fills."""
    setup_done, kept = entry.get("setup_done"), [fact for fact in entry.get("retain", ()) if "moved_by" in fact]
    modules = [module["name"] for module in entry.get("kernel_modules", ()) if module.get("shared_name")]
    return {
        "real_time_units": tuple(unit["name"] for unit in entry.get("units", ()) if unit.get("real_time")),
        "moved_by": tuple((fact["path"], _value(fact["moved_by"])) for fact in kept),
        "moved_paths": tuple(
            (fact["path"], fact["holds"], _value(fact["set_by"])) for fact in entry.get("moved_paths", ())
        ),
        "mark_settings": tuple(
            (fact.get("mark", ""), _value(fact["set_by"]) if "set_by" in fact else "")
            for fact in entry.get("packet_marks", ())
        ),
        "setup_done": _value(setup_done) if setup_done else "",
        "modes": tuple(Mode(_value(mode), mode["value"], mode["mode"]) for mode in entry.get("modes", ())),
        "shared_modules": tuple(modules),
    }


def _value(told: dict[str, Any]) -> str:
    return f"{told['file']}[{told['key']}]"
