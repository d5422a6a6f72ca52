"""Steps and self-tests of a replacement, with programs that print what the real ones print."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.packages import rpm_install, signatures_check
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.services import selinux_boolean, unit
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import host
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.trust import selinux_booleans
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.own import own_journal
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import boot_clock, commands
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import on_access, silenced
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import BAD, OK, UNKNOWN
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import engine
from support import CATALOG


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found before the system's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(commands, "SEARCH_PATH", f"{folder}:{commands.SEARCH_PATH}")
    return folder


def _program(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


# Like clamscan: an error with 2, a rule that cannot be read with a warning and 0.
LOADER = """case "$(cat "$1")" in
good) exit 0;; found) exit 1;;
silent) echo "LibClamAV Warning: cli_loadyara: empty database file" >&2; exit 0;;
*) echo "LibClamAV Error: Can't load $1: Malformed database" >&2; exit 2;;
esac
"""


def _checking(bin: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> dict[str, Any]:
    monkeypatch.setattr(signatures_check, "MEMORY", str(bin.parent))
    argv = [_program(bin, "loader", LOADER), "{signatures}", "{sample}"]
    return {"argv": argv, "ok": [0, 1], "refuses": "LibClamAV (Error|Warning)", "limit": 20, "files": files}


def test_signatures_that_load_are_told(bin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = _checking(bin, monkeypatch, a="good", b="found")
    assert signatures_check.do(target) == {"loaded": ["a", "b"]}
    assert [path.name for path in bin.parent.iterdir()] == ["bin"], "nothing is left in memory"


@pytest.mark.parametrize("text", ["silent", "malformed"])
def test_one_that_does_not_load_is_refused_by_its_name(bin: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(EndpointError, match=r"signatures: wrong: wrong: LibClamAV") as caught:
        signatures_check.do(_checking(bin, monkeypatch, right="good", wrong=text))
    assert caught.value.code == "signatures_malformed"
    assert [path.name for path in bin.parent.iterdir()] == ["bin"]


def test_boolean_is_switched_for_good_and_back(bin: Path, tmp_path: Path) -> None:
    state, log = tmp_path / "state", tmp_path / "log"
    state.write_text("off")
    _program(bin, "getsebool", f'[ "$1" = known ] || exit 1; echo "known --> $(cat {state})"')
    _program(bin, "setsebool", f'echo "$@" >>{log}; echo "$3" >{state}')
    assert [(found["what"], found["value"]) for found in selinux_booleans.collect(["known", "other"], None)] == [
        ("known", {"on": False})
    ]
    target = {"name": "known", "on": True}
    assert not selinux_boolean.look(target)
    selinux_boolean.do(target)
    assert selinux_boolean.look(target)
    selinux_boolean.undo(target)
    assert log.read_text().splitlines() == ["-P known on", "-P known off"]


def test_host_without_selinux_has_no_booleans(bin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SEARCH_PATH", str(bin))
    assert list(selinux_booleans.collect(["known"], None)) == []


class _Systemd:
    """A stand-in for a unit that ignores every command."""

    def __init__(self, **shown: str) -> None:
        self.shown = {"LoadState": "loaded", "UnitFileState": "enabled", **shown}

    def show(self, names: list[str]) -> dict[str, dict[str, str]]:
        return dict.fromkeys(names, self.shown)

    def tell(self, _verb: str, _names: list[str]) -> None:
        """Nothing is to be done."""

    def reload_if_needed(self, _names: list[str]) -> None:
        """Nothing is to be done."""


@pytest.mark.parametrize(("condition", "code"), [("no", "unit_condition"), ("yes", "unit_not_started")])
def test_unit_that_is_passed_over_is_no_success(monkeypatch: pytest.MonkeyPatch, condition: str, code: str) -> None:
    """systemctl exits with 0 for it."""
    monkeypatch.setattr(unit, "systemd", _Systemd(ActiveState="inactive", ConditionResult=condition))
    with pytest.raises(EndpointError) as caught:
        unit.do({"name": "engine.service", "running": True, "enabled": True})
    assert caught.value.code == code


def test_unit_is_started_anew_for_another_content_and_whatever_the_clock_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(own_journal, "PATH", str(tmp_path / "avshift/journal.json"))
    file = tmp_path / "scan.timer"
    file.touch()
    monkeypatch.setattr(unit, "systemd", _Systemd(ActiveState="active", ActiveEnterTimestampMonotonic="5000000"))
    target = {"name": "scan.timer", "running": True, "enabled": True, "newer_than": [str(file)]}
    assert not unit.look(target)
    unit.do(target)
    os.utime(file, (4e9, 4e9))
    assert unit.look(target)
    monkeypatch.setattr(unit, "systemd", _Systemd(ActiveState="active", ActiveEnterTimestampMonotonic="4999999"))
    assert not unit.look(target)
    monkeypatch.setattr(boot_clock, "boot_id", lambda: "another boot")
    assert unit.look(target)
    file.write_text("another", encoding="utf-8")
    assert not unit.look(target)


@pytest.mark.parametrize(("links", "right"), [([], True), (["/etc/rc2.d/S01updater"], False)])
def test_unit_that_a_script_of_its_name_would_start_is_not_disabled_yet(
    monkeypatch: pytest.MonkeyPatch, links: list[str], right: bool
) -> None:
    monkeypatch.setattr(unit, "systemd", _Systemd(ActiveState="inactive", LoadState="loaded", UnitFileState="disabled"))
    monkeypatch.setattr(unit, "starting", lambda _name: links)
    assert unit.look({"name": "updater.service", "running": False, "enabled": False}) is right


def _silenced(folder: Path, known: list[str]) -> str:
    asked = {"directory": str(folder), "endings": ["ign2", "fp"], "known": known}
    return str(silenced.prove(asked)[0]["result"])


def test_file_that_silences_signatures_is_bad_unless_it_was_planned(tmp_path: Path) -> None:
    for name in ("site.ldb", "main.cvd"):
        (tmp_path / name).touch()
    assert _silenced(tmp_path, []) == OK
    (tmp_path / "local.ign2").touch()
    assert _silenced(tmp_path, ["local.ign2"]) == OK
    assert _silenced(tmp_path, ["other.ign2"]) == BAD
    assert _silenced(tmp_path / "gone", []) == UNKNOWN


@pytest.mark.parametrize("moved_as", ["{}", "{}.001"])
def test_test_file_that_was_moved_is_removed_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved_as: str
) -> None:
    folder, quarantine = tmp_path / "folder", tmp_path / "quarantine"
    folder.mkdir()
    quarantine.mkdir()
    (quarantine / "the-owners").touch()

    def moves(path: str, data: bytes, tell: Any) -> None:
        (quarantine / moved_as.format(Path(path).name)).write_bytes(data)
        tell(1)

    monkeypatch.setattr(on_access, "put_and_read", moves)
    on_access.prove([str(folder)], kept_in=str(quarantine))
    assert [path.name for path in quarantine.iterdir()] == ["the-owners"]


FAMILIES = {
    "debian": {"packages": ["a"]},
    "fedora": {"manager": "dnf", "packages": ["engine", {"name": "scan", "not_on": ["alma 9"]}]},
}


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=alma\nVERSION_ID=9\nID_LIKE='rhel fedora'\n", ("dnf", ["engine"])),
        ("ID=fedora\nVERSION_ID=42\n", ("dnf", ["engine", "scan"])),
        ("ID=ubuntu\nID_LIKE=debian\n", ("apt-get", ["a"])),
        ("ID=slackware\n", ("", [])),
    ],
)
def test_host_is_asked_for_the_packages_of_its_own_family(
    tmp_path: Path, release: str, expected: tuple[str, list[str]]
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(release)
    facts = host.describe(Look(str(tmp_path)))
    provider = replace(CATALOG.providers["clamav"], platforms=FAMILIES)
    asked = engine.installing(engine.layout_of(provider, facts))["package_change"]
    assert (asked["manager"], asked["install"]) == expected


TABLE = """Installing:
 engine    x86_64   {version}   repository   1.0 M
{more}
Transaction Summary
"""


@pytest.mark.parametrize(
    ("version", "more", "code"),
    [
        ("2-1", "", "packages_refused"),
        ("1-1", " other     x86_64   1-1   repository   1.0 M\n", "packages_beyond_plan"),
    ],
)
def test_dnf_installs_nothing_that_the_plan_does_not_name(
    bin: Path, monkeypatch: pytest.MonkeyPatch, version: str, more: str, code: str
) -> None:
    monkeypatch.setattr(rpm_install.rpm_installs, "MEMORY", str(bin.parent))
    table = TABLE.format(version=version, more=more)
    _program(bin, "dnf", f"cat <<'E'\n{table}E\n")
    with pytest.raises(EndpointError) as caught:
        rpm_install.install("dnf", ["engine"], {"engine": "1-1"})
    assert caught.value.code == code


def test_dnf_installs_what_the_plan_names(bin: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rpm_install.rpm_installs, "MEMORY", str(bin.parent))
    table = TABLE.format(version="1-1", more="")
    _program(bin, "dnf", f"echo \"$@\" >>{tmp_path}/log; cat <<'E'\n{table}E\n")
    rpm_install.install("dnf", ["engine"], {"engine": "1-1"})
    rehearsal, real = (tmp_path / "log").read_text().splitlines()
    assert rehearsal.startswith("--assumeno")
    assert real.startswith("--assumeyes")
    assert real.endswith("install engine")
