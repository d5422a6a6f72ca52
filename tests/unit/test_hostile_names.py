"""A hostile root: names of any bytes are reported, and hide nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from hostile_roots import DPKG, KESL, installed, look, looked, write

ODD_PACKAGES = {
    "zero": "epagent\0x",
    "path": "epagent/../../../../x",
    "no character": "epagent\udcff",
    "option": "--epagent",
    "two": "kesl\nPackage:\nMaintainer: kaspersky",
    "long": "epagent" + "x" * 100_000,
}


def test_package_of_any_name_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    roots = [installed(tmp_path / name) for name in ODD_PACKAGES]
    for root, name in zip(roots, ODD_PACKAGES.values(), strict=True):
        odd = f"Package: {name}\nStatus: install ok installed\nVersion: 1\n"
        write(root, "var/lib/dpkg/status", f"{DPKG}\n{odd}\n{KESL}")
    for name, seen in zip(ODD_PACKAGES, looked(roots), strict=True):
        assert "kesl installed" in seen.found(), name
        assert seen.items["package:kesl"]["value"]["version"] == "12.1.0-1297", name


HOMES = [
    "/" + "x/" * 200_000,
    "/" + "x" * 5000,
    "//",
    "/../../../../..",
    "/home/alice\udcff",
    "/./././.",
    "/home/a\x1b[2Jb",
]


def test_homes_of_any_name_keep_nothing_from_being_told(root: Path) -> None:
    lines = [f"u{number}:x:{number + 1000}:1000::{home}:/bin/sh\n" for number, home in enumerate(HOMES)]
    write(root, "etc/passwd", "".join(lines))
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.answer["complete"] is True


def test_home_with_a_byte_that_is_no_text_is_not_known_and_keeps_nothing_else_from_being_told(root: Path) -> None:
    write(root, "etc/passwd", "u:x:1000:1000::/home/\0x:/bin/sh\nv:x:1001:1001::/home/v:/bin/sh\n")
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.is_unknown("home_path:all")


NAMES = ["two\nlines", "\x1b[2J\x1b]0;owned\x07", "\udcff\udc80", "\u202egnp", "tab\tand space ", "x" * 255, "-rf", "*"]


def test_names_of_any_bytes_are_told_so_that_everybody_can_read_them(root: Path) -> None:
    for number, name in enumerate(NAMES):
        (root / "opt" / "kaspersky" / name).mkdir()
        (root / "opt" / "kaspersky" / "kesl" / name).mkdir()
        write(root, f"home/{name}/.config/autostart/{name}", "Exec=/opt/kaspersky/kesl/bin/x\n")
        write(root, f"etc/cron.d/{name}", f"@daily root /opt/kaspersky/kesl/bin/{name}\n")
        (root / "usr" / "bin").mkdir(exist_ok=True)
        (root / "usr" / "bin" / name).symlink_to(f"../../opt/kaspersky/kesl/bin/{number}{name[:200]}")
    seen = look(root)
    kinds = [item["kind"] for item in seen.items.values() if "value" in item]
    assert kinds.count("link_into") == len(NAMES)
    assert kinds.count("mention") == 2 * len(NAMES)
    assert seen.found() == ["kesl installed", "unrecognised residue_inert"]
    assert "path:/opt/kaspersky/\\xff\\x80" in seen.items
    json.dumps(seen.answer, ensure_ascii=False).encode("utf-8")
