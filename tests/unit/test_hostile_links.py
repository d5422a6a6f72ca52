"""A hostile root: no link leads out of it, whenever it is created, and none is followed forever."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.files import tree
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.time_limit import time_limit
from hostile_roots import CERTIFICATE, DPKG, INSTALLED, KESL, SECONDS, look, looked, write

MARKER = "marker-of-the-outside"
OUTSIDE = {
    **{f"{path}": text for path, text in INSTALLED.items() if "alice" not in path},
    "etc/passwd": f"{MARKER}:x:1001:1001::/home/{MARKER}:/bin/sh\nkesl:x:1002:1002::/:/bin/sh\n",
    "etc/group": f"kesladmin:x:990:{MARKER}\n",
    "etc/cron.d/kesl": f"@daily root /opt/kaspersky/kesl/bin/{MARKER}\n",
    "etc/crontab": f"@daily root /opt/kaspersky/kesl/bin/{MARKER}\n",
    "etc/sudoers": f"ALL=(root) /opt/kaspersky/kesl/bin/{MARKER}\n",
    "etc/systemd/system/kesl.service": "",
    "etc/init.d/kesl": "",
    "home/x/.config/autostart/x.desktop": f"Exec=/opt/kaspersky/kesl/bin/{MARKER}\n",
    f"lib/modules/{MARKER}/extra/redirfs.ko": "",
    f"opt/kaspersky/{MARKER}": "",
    "tmp/kesl_12.1.0-1297_amd64.deb": MARKER,
    "root/kesl_12.1.0-1297_amd64.deb": MARKER,
    "usr/local/share/ca-certificates/av.crt": CERTIFICATE.read_text(encoding="utf-8"),
    "usr/lib/os-release": f"ID={MARKER}\n",
    "var/lib/avshift/journal.json": f'{{"format_version": 1, "runs": [{{"digest": "{MARKER}"}}]}}',
    "var/lib/dpkg/status": f"{DPKG}\n{KESL}Maintainer: {MARKER}\n",
    "var/opt/kaspersky/applications.setup": f"[1103]\nNAME={MARKER}\n",
}
WAYS = {
    "files": [path for path in OUTSIDE if MARKER not in path],
    "folders": sorted({str(Path(path).parent) for path in OUTSIDE if MARKER not in path}),
    "top": sorted({path.partition("/")[0] for path in OUTSIDE}),
}


# How often a root that keeps changing is checked, each time for what is outside.
TIMES = 500
SOUGHT = {
    "path": {"paths": [f"/opt/kaspersky/{MARKER}"], "children_of": ["/opt/kaspersky"], "listed": []},
    "account": [MARKER],
    "package": {"names": ["kesl"], "word": "", "in": []},
}


def _outside(folder: Path) -> Path:
    for path, text in OUTSIDE.items():
        write(folder / "outside", path, text)
    (folder / "outside" / "usr" / "bin").mkdir()
    (folder / "outside" / "usr" / "bin" / MARKER).symlink_to("/opt/kaspersky/kesl/bin/kesl-control")
    return folder / "outside"


def test_what_lies_outside_would_be_seen(tmp_path: Path) -> None:
    """Otherwise the tests below would show nothing."""
    seen = look(_outside(tmp_path))
    assert "kesl installed" in seen.found()
    kinds = {item["kind"] for item in seen.items.values() if MARKER in json.dumps(item)}
    assert kinds >= {"package", "path", "link_into", "mention", "group", "ini_section", "kernel_module", "journal"}


@pytest.mark.parametrize("start", ["{}", "../../../../../../../../../../../../../..{}"], ids=["absolute", "dots"])
@pytest.mark.parametrize("way", sorted(WAYS))
def test_links_do_not_lead_out_of_the_root(way: str, start: str, tmp_path: Path) -> None:
    outside = _outside(tmp_path)
    for path in [*WAYS[way], *(["usr/bin"] if way == "folders" else [])]:
        link = tmp_path / "root" / path
        if not any(parent.is_symlink() for parent in link.parents):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(start.format(outside / path))
    seen = look(tmp_path / "root")
    assert MARKER not in json.dumps(seen.collected)
    assert {found.split(" ")[1] for found in seen.found()} <= {"residue_active", "residue_inert"}
    assert "package" not in {item["kind"] for item in seen.items.values() if "value" in item}


def test_links_in_homes_and_certificate_folders_do_not_lead_out(root: Path) -> None:
    outside = _outside(root.parent)
    for path, aim in (("home/bob", "home/x"), ("etc/ssl/certs/av.pem", "usr/local/share/ca-certificates/av.crt")):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(outside / aim)
    write(
        root,
        "etc/passwd",
        f"root:x:0:0::/root:/bin/sh\nx:x:1001:1001::/../../../../../../../..{outside}/home/x:/bin/sh\n",
    )
    assert MARKER not in json.dumps(look(root).collected)


def test_link_that_leads_nowhere_is_no_empty_file(root: Path) -> None:
    """An agreement about which nothing is known is not a missing one."""
    place = root / "var/opt/kaspersky/kesl/common/agreements.ini"
    place.unlink()
    place.symlink_to("/nowhere")
    assert look(root).found() == ["kesl installed"]


def test_links_within_the_root_are_followed_as_the_system_below_it_would(root: Path) -> None:
    (root / "opt").rename(root / "srv")
    (root / "opt").symlink_to("../../../../srv")
    (root / "var" / "lib" / "dpkg").rename(root / "usr" / "lib" / "dpkg")
    (root / "var" / "lib" / "dpkg").symlink_to("/usr/lib/dpkg")
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.items["path:/opt/kaspersky/kesl"]["value"]["real"] == "/srv/kaspersky/kesl"


def test_folder_swapped_for_a_link_while_it_is_looked_at_leads_nowhere(tmp_path: Path) -> None:
    outside, here = _outside(tmp_path), tmp_path / "root"
    swapped = ["opt", "etc", "opt/kaspersky", "var/lib"]
    for path in swapped:
        (here / path).mkdir(parents=True, exist_ok=True)
    flips, ended = [0], threading.Event()

    def flip() -> None:
        while not ended.is_set():
            for path in swapped:
                place = here / path
                try:
                    place.rename(here / "aside")
                    place.symlink_to(outside / path)
                    place.unlink()
                    (here / "aside").rename(place)
                    flips[0] += 1
                except FileNotFoundError:
                    continue

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        seen = looked([here] * TIMES, asked_for=SOUGHT)
    finally:
        ended.set()
        thread.join()
    assert flips[0] > 10
    assert MARKER not in json.dumps([one.collected for one in seen])


class _Interrupted:
    """The module os, with something that happens right before one of the calls that touch the file system."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.left = number
        self._act = act

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        return self._counted(found) if name in ("open", "lstat", "fstat", "readlink", "scandir") else found

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == -1:
                self._act()
            return call(*arguments, **named)

        return counted


def _instead(place: Path, aim: Path | None) -> Callable[[], None]:
    """Return a function that puts a link to the outside, or a pipe, in a place."""

    def act() -> None:
        place.rename(place.with_name("aside"))
        os.mkfifo(place) if aim is None else place.symlink_to(aim)

    return act


@pytest.mark.parametrize("aim", ["a link", "a pipe"])
@pytest.mark.parametrize("path", ["opt", "opt/kaspersky", "opt/kaspersky/file"])
def test_what_is_swapped_right_before_any_call_leads_nowhere(
    path: str, aim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "outside", "opt/kaspersky/file", MARKER)
    write(tmp_path / "outside", f"opt/kaspersky/{MARKER}", "")
    number, calls = 0, 0
    while number <= calls:
        root = tmp_path / str(number)
        write(root, "opt/kaspersky/file", "own")
        outside = tmp_path / "outside" / path if aim == "a link" else None
        monkeypatch.setattr(tree, "os", interrupted := _Interrupted(number, _instead(root / path, outside)))
        seen = tree.Tree(str(root))
        told = []
        with time_limit(SECONDS, path):
            for look in (seen.data, seen.names, seen.links, seen.lstat):
                try:
                    told.append(look("/opt/kaspersky" if look == seen.names else "/opt/kaspersky/file"))
                except EndpointError as error:
                    told.append(error.code)
        seen.close()
        assert MARKER not in str(told), number
        assert told[0] in (b"own", None, "path_unreadable"), number
        calls, number = number - interrupted.left, number + 1
    assert calls > 5


# Loops and chains.


def test_loops_of_links_end_and_are_told(root: Path) -> None:
    shutil.rmtree(root / "opt")
    shutil.rmtree(root / "var" / "lib" / "dpkg")
    (root / "opt").symlink_to("usr/../opt/kaspersky")
    (root / "var" / "lib" / "dpkg").symlink_to("../lib/dpkg2")
    (root / "var" / "lib" / "dpkg2").symlink_to("/var/lib/dpkg")
    seen = look(root)
    assert seen.is_unknown("package:dpkg")
    assert seen.is_unknown("path:/opt/kaspersky/kesl")


def test_chain_of_links_ends_where_the_system_s_own_would(root: Path) -> None:
    for length, known in ((39, True), (41, False)):
        place = root / f"chain{length}"
        place.mkdir()
        (root / "opt" / "kaspersky" / "kesl").rename(place / "0")
        for number in range(1, length):
            (place / str(number)).symlink_to(str(number - 1))
        (root / "opt" / "kaspersky" / "kesl").symlink_to(f"/chain{length}/{length - 1}")
        seen = look(root)
        assert ("value" in seen.items["path:/opt/kaspersky/kesl/libexec/kesl"]) is known, length
        (root / "opt" / "kaspersky" / "kesl").unlink()
        (place / "0").rename(root / "opt" / "kaspersky" / "kesl")
        shutil.rmtree(place)


def test_links_that_double_at_every_step_end(root: Path) -> None:
    before = "/opt/kaspersky"
    for number in range(60):
        (root / f"l{number}").symlink_to(f"{before}/../..{before}/../..{before}")
        before = f"/l{number}"
    (root / "etc" / "cron.d").symlink_to(before)
    assert look(root).is_unknown("mention:/etc/cron.d")
