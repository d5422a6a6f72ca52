"""The lab's hosts as data, and how a prefix becomes one of them."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .wine import Prefix

HOSTS = Path(__file__).resolve().parents[1] / "windows" / "hosts"
EXPANDING, BINARY, LISTED, LARGE = 2, 3, 7, 11


@dataclass(frozen=True)
class State:
    """What one host has in addition to Wine."""

    name: str
    packages: list[str] = field(default_factory=list)
    registry: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    # Whether it was restarted since.
    restarted: bool = False
    # Below HKEY_LOCAL_MACHINE.
    denied_keys: list[str] = field(default_factory=list)
    denied_folder: str = ""


def names() -> list[str]:
    """Return the names of all hosts."""
    return sorted(path.stem for path in HOSTS.glob("*.yml"))


def load(name: str) -> State:
    """Return what the host of a name has."""
    return State(name, **yaml.safe_load((HOSTS / f"{name}.yml").read_text(encoding="utf-8")))


def make(state: State, prefix: Prefix, built: Path) -> None:
    """Bring a prefix that is up into a state. Its refusals come later, by `refuse`: nothing could be exported then."""
    for name in state.packages:
        shutil.copy(built / f"{name}.msi", prefix.drive / f"{name}.msi")
        prefix.must("msiexec", "/i", f"C:\\{name}.msi", "/qn", "/norestart")
        (prefix.drive / f"{name}.msi").unlink()
    for file in state.files:
        (prefix.drive / file).parent.mkdir(parents=True, exist_ok=True)
        (prefix.drive / file).write_bytes(b"stand-in\n")
    if state.registry:
        prefix.give(as_reg_file(state.registry))


def refuse(state: State, prefix: Prefix) -> None:
    """Make a running host refuse what its state lists as refused."""
    if state.denied_keys:
        prefix.must(r"C:\deny.exe", *state.denied_keys)
    if state.denied_folder:
        (prefix.drive / state.denied_folder).chmod(0o700)


def as_reg_file(keys: dict[str, dict[str, Any]]) -> bytes:
    """Return keys and values as `reg import` takes them: UTF-16 with a mark, lines that end with CR and LF."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key, values in keys.items():
        lines += [f"[{key}]", *(f"{_quoted(name)}={_value(data)}" for name, data in values.items()), ""]
    return b"\xff\xfe" + "\r\n".join(lines).encode("utf-16-le")


def _value(data: Any) -> str:
    """Return a text, a number, a list of texts, or one of {expand, binary, dword, qword}, as such a file has it."""
    if isinstance(data, str):
        return _quoted(data)
    if isinstance(data, int):
        return f"dword:{data:08x}"
    if isinstance(data, list):
        return _bytes(LISTED, _terminated([*data, ""]))
    ((kind, given),) = data.items()
    kinds = {
        "expand": lambda: _bytes(EXPANDING, _terminated([given])),
        "binary": lambda: _bytes(BINARY, bytes.fromhex(given)),
        "dword": lambda: f"dword:{given:08x}",
        "qword": lambda: _bytes(LARGE, struct.pack("<Q", given)),
    }
    return kinds[kind]()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _terminated(texts: Iterable[str]) -> bytes:
    return "".join(text + "\0" for text in texts).encode("utf-16-le")


def _bytes(kind: int, raw: bytes) -> str:
    return f"hex({kind:x}):" + ",".join(f"{byte:02x}" for byte in raw)
