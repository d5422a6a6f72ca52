# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What removing a package removes, by its tables; of its vendor's own actions only the names are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import DamagedError
from .tables import Row, Table, tables

# Folders that Windows Installer knows by itself.
FOLDERS = {
    "TARGETDIR": "%SystemDrive%", "ROOTDRIVE": "%SystemDrive%",
    "ProgramFilesFolder": "%ProgramFiles(x86)%", "ProgramFiles64Folder": "%ProgramFiles%",
    "CommonFilesFolder": "%CommonProgramFiles(x86)%", "CommonFiles64Folder": "%CommonProgramFiles%",
    "CommonAppDataFolder": "%ProgramData%", "WindowsFolder": "%SystemRoot%",
    "SystemFolder": "%SystemRoot%\\SysWOW64", "System64Folder": "%SystemRoot%\\System32",
    "WindowsVolume": "%SystemDrive%", "FontsFolder": "%SystemRoot%\\Fonts", "TempFolder": "%TEMP%",
    "AppDataFolder": "%APPDATA%", "LocalAppDataFolder": "%LOCALAPPDATA%", "PersonalFolder": "%USERPROFILE%\\Documents",
    "DesktopFolder": "%PUBLIC%\\Desktop",
    "ProgramMenuFolder": "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs",
    "StartMenuFolder": "%ProgramData%\\Microsoft\\Windows\\Start Menu",
    "StartupFolder": "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
}  # fmt: skip
ROOTS = {-1: "HKCU or HKLM", 0: "HKCR", 1: "HKCU", 2: "HKLM", 3: "HKU"}
# Bits: a permanent component; one of the 64-bit view; a service that is deleted, or stopped, by a removal.
PERMANENT, WIDE, DELETED, STOPPED = 0x10, 0x100, 0x80, 0x20
AT_REMOVAL, DEEPEST = (2, 3), 64
# Characters: of a path, where Windows takes no more, and of everything that is reported of one package.
LONGEST, MOST_CHARACTERS = 32_767, 8 << 20
# Types of actions that only set a property or a folder, and the names of the other types.
SETTERS = (35, 51)
KINDS = {1: "library", 2: "program", 3: "text", 5: "script", 6: "script", 7: "another package"}
DEFERRED, AS_SYSTEM = 0x400, 0x800
RESTARTS = ("ScheduleReboot", "ForceReboot")
# Each count, and the list whose length it is.
COUNTED = {"files": "files", "registry_values": "registry", "services": "services", "own_actions": "actions"}
LITERAL = re.compile(r'"[^"]*"')
PLAIN = ('""', '"ALL"')
Told = TypeVar("Told", str, dict[str, Any])


@dataclass
class _Room:
    """How many more characters may be reported of a package: its rows can repeat one long text over and over."""

    left: int = MOST_CHARACTERS

    def kept(self, told: Iterable[Told]) -> Iterator[Told]:
        """Yield what is reported while there is room. Raises DamagedError when there is none left."""
        for one in told:
            texts = (one,) if isinstance(one, str) else [text for text in one.values() if isinstance(text, str)]
            self.left -= sum(map(len, texts))
            if self.left < 0:
                raise DamagedError(f"what it holds has more than {MOST_CHARACTERS:,} characters")
            yield one


@dataclass(frozen=True)
class _Component:
    """A component that goes with its package: the name of its folder, and whether its keys are of the 64-bit view."""

    folder: str
    is_wide: bool


def contents(content: bytes) -> dict[str, Any]:
    """Return {counts, files, registry, services, conditions, actions} of a package; errors as ``tables`` raises them.

    Paths begin with a variable for the folder that the package has by default. What is permanent is left out.
    """
    told, room = tables(content), _Room()
    folders = _folders(told, room)
    parts = _components(told)
    conditions = (masked(str(row[0])) for row in _of(told, "LaunchCondition", "Condition") if row[0])
    found: dict[str, Any] = {
        "files": sorted({*room.kept(_files(told, parts, folders)), *room.kept(_others(told, parts, folders))}),
        "registry": sorted(set(room.kept(_registry(told, parts)))),
        "services": sorted(room.kept(_services(told, parts)), key=lambda one: str(one["name"])),
        "conditions": sorted(room.kept(conditions)),
        "restarts": list(room.kept(_restarts(told))),
        "actions": list(room.kept(_actions(told))),
    }
    return {"counts": {called: len(found[kind]) for called, kind in COUNTED.items()}, **found}


def _of(told: dict[str, Table], name: str, *columns: str) -> Iterator[Row]:
    table = told.get(name)
    return iter(()) if table is None else table.named(*columns)


def _components(told: dict[str, Table]) -> dict[str, _Component]:
    """Return the removed components by name; permanent ones are not among them."""
    return {
        str(name): _Component(str(folder), bool(_int(bits) & WIDE))
        for name, folder, bits in _of(told, "Component", "Component", "Directory_", "Attributes")
        if not _int(bits) & PERMANENT
    }


def _place(folders: dict[str, str], name: object) -> str:
    """Return the path of a folder, or only its name if the package does not say more."""
    return folders.get(str(name), f"[{name}]")


def _folders(told: dict[str, Table], room: _Room) -> dict[str, str]:
    """Return the path of each folder of the package; one whose chain of parents never ends has only its own name."""
    rows = {
        str(name): (parent, str(default or "."))
        for name, parent, default in _of(told, "Directory", "Directory", "Directory_Parent", "DefaultDir")
    }
    return dict(zip(rows, room.kept(_folder(name, rows) for name in rows), strict=True))


def _folder(name: str, rows: dict[str, tuple[str | int | None, str]]) -> str:
    parts: list[str] = []
    length = 0
    for _level in range(DEEPEST):
        known = FOLDERS.get(name) or _merged(name)
        if known or name not in rows:
            return "\\".join([known or f"[{name}]", *reversed(parts)])
        parent, default = rows[name]
        own = _long(default.partition(":")[0])
        parts += [own] if own != "." else []
        length += len(own)
        if length > LONGEST:
            raise DamagedError(f"a folder of it has a path of more than {LONGEST:,} characters")
        if parent is None or str(parent) == name:
            break
        name = str(parent)
    return "\\".join([f"[{name}]", *reversed(parts)])


def _merged(name: str) -> str:
    """Return what a folder stands for if a merge module has added a dot and its code to the name."""
    return FOLDERS.get(name.partition(".")[0], "") if "." in name else ""


def _long(name: str) -> str:
    return name.rpartition("|")[2]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _files(told: dict[str, Table], parts: dict[str, _Component], folders: dict[str, str]) -> Iterator[str]:
    for component, name in _of(told, "File", "Component_", "FileName"):
        if str(component) in parts:
            yield f"{_place(folders, parts[str(component)].folder)}\\{_long(str(name))}"


def _others(told: dict[str, Table], parts: dict[str, _Component], folders: dict[str, str]) -> Iterator[str]:
    """Yield what goes besides the files: by RemoveFile at a removal, and shortcuts."""
    for component, name, folder, when in _of(
        told, "RemoveFile", "Component_", "FileName", "DirProperty", "InstallMode"
    ):
        if when in AT_REMOVAL and str(component) in parts:
            yield f"{_place(folders, folder)}\\{_long(str(name)) if name else ''}"
    for component, name, folder in _of(told, "Shortcut", "Component_", "Name", "Directory_"):
        if str(component) in parts:
            yield f"{_place(folders, folder)}\\{_long(str(name))}.lnk"


def masked(condition: str) -> str:
    """Return a condition without the texts that it compares with: one of them may be a password."""
    return LITERAL.sub(lambda found: found[0] if found[0] in PLAIN else '"…"', condition)


def _restarts(told: dict[str, Table]) -> Iterator[str]:
    for action, condition in _of(told, "InstallExecuteSequence", "Action", "Condition"):
        if action in RESTARTS:
            yield f"{action}{': ' + masked(str(condition)) if condition else ''}"


def _registry(told: dict[str, Table], parts: dict[str, _Component]) -> Iterator[str]:
    for root, key, name, component in _of(told, "Registry", "Root", "Key", "Name", "Component_"):
        part = parts.get(str(component))
        if part is None:
            continue
        top, below = ROOTS.get(_int(root) if root is not None else -9, "?"), str(key).strip("\\")
        place = f"{top}\\{below}" + (" (64-bit view)" if part.is_wide else " (32-bit view)")
        yield (
            f"{place}, and all below it"
            if name in ("-", "*")
            else place
            if name == "+"
            else f"{place}: {name or '(default)'}"
        )


def _services(told: dict[str, Table], parts: dict[str, _Component]) -> Iterator[dict[str, Any]]:
    installed = {str(row[0]): row[1] for row in _of(told, "ServiceInstall", "Name", "DisplayName")}
    bits: dict[str, int] = {}
    for name, event, component in _of(told, "ServiceControl", "Name", "Event", "Component_"):
        if str(component) in parts:
            bits[str(name)] = bits.get(str(name), 0) | _int(event)
    for name in sorted({*installed, *(name for name, event in bits.items() if event & (DELETED | STOPPED))}):
        yield {
            "name": name,
            "display_name": str(installed.get(name) or ""),
            "stopped": bool(bits.get(name, 0) & STOPPED),
            "deleted": bool(bits.get(name, 0) & DELETED),
        }


def _actions(told: dict[str, Table]) -> Iterator[dict[str, Any]]:
    """Yield the vendor's own actions in sequence; the package's tables do not say what they do."""
    kinds = {str(name): _int(kind) for name, kind in _of(told, "CustomAction", "Action", "Type")}
    rows = [
        row for row in _of(told, "InstallExecuteSequence", "Action", "Condition", "Sequence") if str(row[0]) in kinds
    ]
    for name, condition, place in sorted(rows, key=lambda row: (_int(row[2]), str(row[0]))):
        kind = kinds[str(name)] & 0x3F
        if kind not in SETTERS and _int(place) > 0:
            yield {
                "name": str(name),
                "what": KINDS.get(kind & 7, "message" if kind == 19 else "unknown"),
                "condition": masked(str(condition or "")),
                "sequence": _int(place),
                "as_system": kinds[str(name)] & (DEFERRED | AS_SYSTEM) == DEFERRED | AS_SYSTEM,
            }
