# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of services and drivers, and of what calls drivers by their names: filters of devices and of files."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from .. import names
from ..look import ABSENT, THERE, UNKNOWN, Answer, Item, Key, Look, number, seen, several, text, unseen, why_not
from ..reads import ADAPTERS, ALWAYS, CLASSES, FILTERED, FILTERING, NETWORK, SERVICES
from ..second import altitude

DRIVER_TYPES, START = (1, 2, 8), ("boot", "system", "auto", "demand", "disabled")
SIDES = ("UpperFilters", "LowerFilters")
# Characters of a line that the filter manager prints: the time for finding no filter grows with its square.
LONGEST_LINE = 300
FILTER = re.compile(r"^(\S.*?)\s+(\d+)\s+([0-9.]+)\s+(\d+)\s*$")


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of services, drivers and filters."""
    keys = list(look.keys(SERVICES))
    states = _states(look)
    yield from look.failed("service", keys)
    for key in (below for top in keys for below in top.below()):
        if not why_not(key.answer):
            yield from _service(look, key, states)
    yield from _filters(look, keys)
    yield from _minifilters(look)
    yield from _network(look)


def _states(look: Look) -> Answer:
    """Return the service manager's answer: states by name in lower case."""
    nobody: Answer = {"not_asked": "running_system"}
    answer = next((answer for _read, answer in look.of_kind("services")), nobody)
    states = {name.lower(): state for name, state in answer.get("states", {}).items()}
    return {**answer, "states": states} if "states" in answer else answer


def _service(look: Look, key: Key, states: Answer) -> Iterator[Item]:
    image, start, kind = text(key.values, "ImagePath"), number(key.values, "Start"), number(key.values, "Type")
    path = names.service_program(image or "", look.variables)
    is_driver = kind in DRIVER_TYPES or path.lower().endswith(".sys")
    if not (look.wants("driver", key.name) or look.wants("service", key.name) or _of_maker(look, image, key)):
        return
    value = {
        "path": path,
        "file": look.file(path) if path else UNKNOWN,
        "start": START[start] if start is not None and 0 <= start < len(START) else "unknown",
        "state": _state(states, key.name),
        "pending_delete": number(key.values, "DeleteFlag") == 1,
        "protected": (number(key.values, "LaunchProtected") or 0) > 0,
        "name": text(key.values, "DisplayName") or "",
        **({"altitude": altitude(look, key.name)} if is_driver else {}),
    }
    if image is None:
        yield unseen("driver" if is_driver else "service", key.name, key.where, "its ImagePath is no text")
        return
    yield seen("driver" if is_driver else "service", key.name, key.where, value)
    if value["state"] == "running" and not is_driver:
        yield seen("running_service", key.name, "service manager", {})
        if path:
            # A protected process does not show its path, so the service manager's state of its service is used.
            yield seen("running_program", path, "service manager", {"pids": []})


def _of_maker(look: Look, image: str | None, key: Key) -> bool:
    is_always = names.fits_any(ALWAYS, key.name)
    return is_always or look.is_makers(f"{image or ''} {text(key.values, 'DisplayName') or ''}")


def _state(states: Answer, name: str) -> str:
    """Return the service manager's state; not_known, a state of its own, for an entry that it does not have."""
    if "states" not in states:
        return "not_asked" if "not_asked" in states else "unknown"
    told: dict[str, str] = states["states"]
    return told.get(name.lower(), "not_known").lower()


def _filters(look: Look, services: list[Key]) -> Iterator[Item]:
    keys = list(look.keys(CLASSES))
    yield from look.failed("class_filter", keys)
    complete = any("below" in top.answer and not why_not(top.answer) for top in services)
    known = {key.name.lower(): key for top in services for key in top.below()}
    for key in (below for top in keys for below in top.below()):
        for side in SIDES:
            listed = several(key.values, side)
            if listed is None:
                yield unseen("class_filter", f"{key.name}\\{side}", key.where, f"{side} is not a list of texts")
            for name in dict.fromkeys(listed or ()):
                if look.wants("driver", name):
                    service = known.get(name.lower())
                    value = {
                        "name": name,
                        "class": text(key.values, "Class") or "",
                        "service": THERE if service else ABSENT if complete else UNKNOWN,
                        "file": _file(look, service),
                    }
                    yield seen("class_filter", f"{key.name}\\{side}\\{name}", key.where, value)


def _file(look: Look, service: Key | None) -> str:
    if service is None:
        return ABSENT
    path = names.service_program(text(service.values, "ImagePath") or "", look.variables)
    return look.file(path) if path else UNKNOWN


def _minifilters(look: Look) -> Iterator[Item]:
    for read, answer in look.of_kind("output"):
        if read["program"] == "filters" and (why_not(answer) or answer.get("rc", 0) != 0):
            told_why = why_not(answer) or f"the program ended with {answer['rc']}"
            yield unseen("minifilter", "all", "filter manager", told_why)
        elif read["program"] == "filters" and "output" in answer:
            for line in _decoded(answer["output"]).splitlines():
                told = FILTER.match(line[:LONGEST_LINE])
                if told is not None and look.wants("driver", told[1]):
                    yield seen("minifilter", told[1], "filter manager", {"altitude": told[3]})


def _decoded(output: str) -> str:
    try:
        return base64.b64decode(output).decode("ascii", "replace")
    except (ValueError, binascii.Error):
        return ""


def _network(look: Look) -> Iterator[Item]:
    for key in (below for top in look.keys(ADAPTERS) for below in top.below()):
        told = text(key.values, "DriverDesc")
        if told and look.wants("network_adapter", told):
            yield seen("network_adapter", f"{key.name} {told}", key.where, {"name": told})
    yield from _unread(look)
    for key in (below for top in look.keys(NETWORK) for below in top.below()):
        told, component = text(key.values, "Description") or "", text(key.values, "ComponentId") or ""
        if look.is_makers(told) or look.wants("driver", component.rpartition("_")[2]):
            value = {"name": told, "component": component, "adapters": _adapters(look, key.name)}
            yield seen("network_component", f"{key.name}", key.where, value)
    for part in FILTERED:
        for key in look.keys(f"{FILTERING}\\{part}"):
            for name, stored in key.values.items():
                told = _name_in(look, stored["data"])
                if told:
                    yield seen("filtering_object", f"{part}\\{name}", key.where, {"name": told})


def _adapters(look: Look, component: str) -> int | None:
    """Return how many adapters a filter is bound to; None where none of their lists was read."""
    lists = [
        several(linkage.values, "FilterList")
        for top in look.keys(ADAPTERS)
        for adapter in top.below()
        for linkage in adapter.below()
    ]
    if not lists:
        return None
    return sum(any(component.lower() in one.lower() for one in names or ()) for names in lists)


def _unread(look: Look) -> Iterator[Item]:
    """Yield the places of the network that could not be read; of keys in them, some are the system's alone."""
    stored = [f"{FILTERING}\\{part}" for part in FILTERED]
    for kind, paths in (
        ("network_adapter", [ADAPTERS]),
        ("network_component", [NETWORK]),
        ("filtering_object", stored),
    ):
        for key in look.keys(*paths):
            if why_not(key.answer):
                yield unseen(kind, f"{key.view}\\{key.path}", key.where, why_not(key.answer))


def _name_in(look: Look, data: object) -> str:
    """Return the display name in a stored object of the filtering platform that is the vendor's, '' of any other."""
    if not isinstance(data, dict):
        return ""
    try:
        stored = base64.b64decode(data.get("base64", ""))
    except (ValueError, binascii.Error):
        return ""
    for half in (0, 1):
        for told in re.split(r"[\x00-\x1f\ufffd]+", stored[half:].decode("utf-16-le", "replace")):
            if look.is_makers(told):
                return told[:200]
    return ""
