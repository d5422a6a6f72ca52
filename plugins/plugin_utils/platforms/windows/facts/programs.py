# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence of what is installed and what runs: uninstall entries, products of Windows Installer, processes."""

from __future__ import annotations

from collections.abc import Iterator

from .. import names
from ..look import UNKNOWN, Item, Key, Look, number, seen, text, unseen, why_not
from ..reads import REGISTERED, UNINSTALL, UPGRADES

# An entry that the vendor's installer made beside the one of Windows Installer.
TWIN = "InstallWIX_"


def items(look: Look) -> Iterator[Item]:
    """Yield the evidence of programs."""
    keys = list(look.keys(UNINSTALL))
    yield from look.failed("uninstall_entry", keys)
    for key in keys:
        yield from (_entry(look, entry) for entry in key.below() if not why_not(entry.answer))
    yield from _products(look)
    yield from _processes(look)


def _entry(look: Look, key: Key) -> Item:
    what = f"{key.view}\\{key.name}"
    told = {name: text(key.values, name) for name in ("DisplayName", "DisplayVersion", "Publisher", "InstallLocation")}
    undecoded = [name for name in ("DisplayName", "Publisher") if told[name] is None]
    if undecoded:
        types = ", ".join(f"{name} is no text" for name in undecoded)
        return unseen("uninstall_entry", what, key.where, f"it cannot be decoded: {types}", key.user)
    folder = names.expanded((told["InstallLocation"] or "").strip('"'), look.variables).rstrip("\\")
    value = {
        "name": told["DisplayName"],
        "version": told["DisplayVersion"] or "",
        "publisher": told["Publisher"],
        "folder": folder,
        "folder_state": look.file(folder) if folder else UNKNOWN,
        "twin_of": key.name[len(TWIN) :] if key.name.startswith(TWIN) else "",
        "msi": number(key.values, "WindowsInstaller") == 1,
        "hidden": number(key.values, "SystemComponent") == 1,
        "own": look.is_makers(told["Publisher"] or told["DisplayName"] or ""),
        "named": look.wants("uninstall_entry", names.in_one_spelling(told["DisplayName"] or "")),
    }
    return seen("uninstall_entry", what, key.where, value, key.user)


def _products(look: Look) -> Iterator[Item]:
    """Yield the products that Windows Installer knows: of wanted UpgradeCodes, whose values are called as their
    ProductCodes, and of wanted names. One that was removed badly has no entry in the list of programs any more.
    """
    wanted = {names.packed(code): code for code in look.signs.get("msi_product", ())}
    keys, registered = list(look.keys(UPGRADES)), list(look.keys(REGISTERED))
    yield from look.failed("msi_product", [*keys, *registered])
    called = {names.unpacked(key.name): (key, text(key.values, "ProductName") or "") for key in _below(registered)}
    found = {
        code: seen("msi_product", code, key.where, {"upgrade_code": "", "name": name})
        for code, (key, name) in called.items()
        if code and look.wants("uninstall_entry", names.in_one_spelling(name))
    }
    for key in _below(keys):
        for value in key.values:
            code, upgrade = names.unpacked(value), wanted.get(key.name.upper(), "")
            if code and upgrade:
                name = called[code][1] if code in called else ""
                found[code] = seen("msi_product", code, key.where, {"upgrade_code": upgrade, "name": name})
    yield from found.values()


def _below(keys: list[Key]) -> Iterator[Key]:
    yield from (below for top in keys for below in top.below())


def _processes(look: Look) -> Iterator[Item]:
    running: dict[str, list[int]] = {}
    spelling: dict[str, str] = {}
    for _read, answer in look.of_kind("processes"):
        if why_not(answer):
            yield unseen("running_program", "all", "process list", why_not(answer))
        for process in answer.get("processes", ()):
            if process["path"]:
                spelling.setdefault(process["path"].lower(), process["path"])
                running.setdefault(process["path"].lower(), []).append(process["id"])
    for path, pids in running.items():
        yield seen("running_program", spelling[path], "process list", {"pids": sorted(set(pids))})
