"""A root that somebody made to harm: it is not left, nothing hangs or fails, and what is not known is called so.

Every tree is made below pytest's own folder. The look at it happens in a process of its own, as on an endpoint.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.system import tree
from ansible_collections.avshift.endpoint.plugins.module_utils.system.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.system.time_limit import time_limit
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence
from support import CATALOG, FIXTURES, REPOSITORY, load_yaml

PROBES = probes.for_products(CATALOG.products)
SCRIPT = Path(__file__).with_name("look_at_root.py")
SECONDS = 60
MOST_MEMORY = 100 * 1024
NOBODY = 65534
# The program is the child of a shell: one that a large process starts would begin with that one's peak of memory.
THROUGH_A_SHELL = ("sh", "-c", '"$@"; exit $?', "sh")
OBSTACLES: list[dict[str, Any]] = load_yaml(FIXTURES / "obstacles.yml")
CERTIFICATE = FIXTURES / "outputs" / "certificates.subject" / "bundle-with-the-vendor-s.txt"


@dataclass(frozen=True)
class Seen:
    """What one look gave: the collector's answer, and the engine's from it."""

    collected: dict[str, Any]

    @property
    def items(self) -> dict[str, Any]:
        """Return the evidence by its id."""
        return {item["id"]: item for item in self.collected["evidence"]}

    @property
    def answer(self) -> dict[str, Any]:
        """Return what kaspersky_info would."""
        return answer(Evidence.of(self.collected), CATALOG)

    def without(self, *unknown: str) -> Seen:
        """Return the same without what could not be checked, but for some of it."""
        kept = [item for item in self.collected["evidence"] if "value" in item or item["id"] in unknown]
        return Seen({**self.collected, "evidence": kept})

    def found(self) -> list[str]:
        """Return the products and their states."""
        return [f"{finding['id']} {finding['state']}" for finding in self.answer["findings"]]

    def is_unknown(self, identity: str) -> bool:
        """Return True if something could not be checked, and if by this alone the answer is not complete."""
        alone = self.without(identity).answer
        return "unknown" in self.items.get(identity, {}) and not alone["complete"]


def looked(
    roots: list[Path], user: int | None = None, search_path: str = "", asked_for: dict[str, Any] = PROBES
) -> list[Seen]:
    """Return what was seen of each root; the process has to end in time, in order, and with little memory."""
    memory = roots[0].with_name("memory")
    memory.mkdir(exist_ok=True)
    memory.chmod(0o777)
    asked = {
        "home": str(REPOSITORY / ".cache"),
        "roots": [str(root) for root in roots],
        "probes": asked_for,
        "user": os.geteuid() if user is None else user,
        "memory": str(memory),
        "search_path": search_path,
    }
    command = [*THROUGH_A_SHELL, sys.executable, "-B", str(SCRIPT)]
    told = json.dumps(asked).encode()
    finished = subprocess.run(command, input=told, capture_output=True, timeout=SECONDS, check=False)
    assert finished.returncode == 0, finished.stderr.decode("utf-8", "replace")[-3000:]
    content = json.loads(finished.stdout.decode("utf-8"))
    assert content["peak"] < MOST_MEMORY, f"{content['peak']} KiB"
    assert list(memory.iterdir()) == [], "a copy was left in memory"
    return [Seen(collected) for collected in content["collected"]]


def look(root: Path, **how: Any) -> Seen:
    """Return what was seen of a root by looking once."""
    return looked([root], **how)[0]


KESL = "Package: kesl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.1.0-1297\n"
DPKG = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21.22\n"
INSTALLED = {
    "usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
    "etc/group": "root:x:0:\nkesladmin:x:990:\n",
    "home/alice/.profile": "",
    "opt/kaspersky/kesl/libexec/kesl": "",
    "var/lib/dpkg/info/kesl.list": "/.\n/opt\n/opt/kaspersky\n/opt/kaspersky/kesl\n",
    "var/lib/dpkg/status": f"{DPKG}\n{KESL}",
    "var/opt/kaspersky/kesl/common/agreements.ini": "[Agreements]\nEulaId=1\n",
}


def write(root: Path, path: str, text: str) -> Path:
    """Write a file of a root, with its parents."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8", errors="surrogateescape")
    return place


def installed(root: Path) -> Path:
    """Make a root on which a product is installed, and return it."""
    for path, text in INSTALLED.items():
        write(root, path, text)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a root on which a product is installed."""
    return installed(tmp_path / "root")


def test_root_that_nobody_made_to_harm_is_seen_in_full(root: Path) -> None:
    """Else the tests below would prove nothing."""
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.answer["complete"] is True
    assert seen.answer["unknowns"] == []


# What is put in the place of a file.


def _pipe(place: Path) -> None:
    os.mkfifo(place)


def _socket(place: Path) -> None:
    """Bind it by a short name: a socket's path may have 107 bytes only."""
    before = Path.cwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(place.name)
    finally:
        os.chdir(before)


def _device(kind: int, major: int, minor: int) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        try:
            os.mknod(place, kind | 0o666, os.makedev(major, minor))
        except PermissionError:
            pytest.skip("this machine does not allow device nodes")

    return make


def _sparse(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(2 << 30)


def _unreadable(place: Path) -> None:
    place.write_text("", encoding="utf-8")
    place.chmod(0)


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


INSTEAD: dict[str, Callable[[Path], None]] = {
    "pipe": _pipe,
    "socket": _socket,
    "null device": _device(stat.S_IFCHR, 1, 3),
    "zero device": _device(stat.S_IFCHR, 1, 5),
    "terminal": _device(stat.S_IFCHR, 5, 0),
    "block device": _device(stat.S_IFBLK, 7, 0),
    "2 GB of nothing": _sparse,
    "directory": Path.mkdir,
    "loop of links": _loop,
    "file without permission": _unreadable,
}


def _replace(root: Path, path: str, act: Callable[[Path], None]) -> None:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    act(place)


TOGETHER = [[line] for line in OBSTACLES if line.get("alone")] + [[line for line in OBSTACLES if not line.get("alone")]]


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_what_stands_in_a_file_s_place_is_not_read_and_not_absent(name: str, tmp_path: Path) -> None:
    is_permission = name == "file without permission"
    if is_permission and os.geteuid():
        pytest.skip("only root can become somebody else")
    replaced = [[line for line in lines if name not in line.get("passed_over", ())] for lines in TOGETHER]
    roots = [installed(tmp_path / f"root{number}") for number in range(len(TOGETHER))]
    for root, lines in zip(roots, replaced, strict=True):
        for line in lines:
            _replace(root, line["path"], INSTEAD[name])
    for seen, lines in zip(looked(roots, user=NOBODY if is_permission else None), replaced, strict=True):
        assert [line["unknown"] for line in lines if not seen.is_unknown(line["unknown"])] == []
        assert seen.found()[0].startswith("kesl ")


def test_system_s_name_that_cannot_be_read_keeps_nothing_from_being_seen(root: Path) -> None:
    for path in ("/usr/lib/os-release", "/etc/os-release"):
        _replace(root, path, _pipe)
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.collected["host"]["system"] == "unknown"


# Ways out of the root.

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


# So often is a root looked at that changes all the while, each time for what lies outside.
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
    """Else the tests below would prove nothing."""
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
    """An agreement of which nothing is known is not one that nobody has given."""
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
    """The module os, in which something happens right before one of the calls that touch the file system."""

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
    """Return what puts a link to the outside, or a pipe, in a place."""

    def act() -> None:
        place.rename(place.with_name("aside"))
        _pipe(place) if aim is None else place.symlink_to(aim)

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


# Loops, chains and depth.


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


def _deepen(place: Path, depth: int) -> None:
    """Make directories in each other; no path may be as long, so that the descriptor goes along."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    for _level in range(depth):
        os.mkdir("x", dir_fd=descriptor)
        below = os.open("x", os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)


@pytest.fixture
def removed(root: Path) -> Iterator[Path]:
    """Return the root, and remove it at the end: pytest's own way of it does not get so deep, and takes its time."""
    try:
        yield root
    finally:
        subprocess.run(["rm", "-r", "--", str(root)], check=True, timeout=SECONDS)


def test_directories_3000_deep_are_looked_at(removed: Path) -> None:
    for path in ("opt/kaspersky", "var/cache/dnf", "usr/local/share/ca-certificates"):
        (removed / path).mkdir(parents=True, exist_ok=True)
        _deepen(removed / path, 3000)
    homes = [f"user{depth}:x:1000:1000::/opt/kaspersky{'/x' * depth}:/bin/sh\n" for depth in (2000, 2900)]
    write(removed, "etc/passwd", "".join(homes))
    seen = look(removed)
    assert "kesl installed" in seen.found()
    assert seen.answer["complete"] is True


# Numbers and sizes.


# So many names may one file have, at least.
MOST_NAMES = 60_000


def _many(folder: Path, number: int) -> None:
    """Fill a directory with names of a few files, which is made in a third of the time that files take."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for count in range(number):
        if count % MOST_NAMES:
            os.link(f"e{count - count % MOST_NAMES}", f"e{count}", src_dir_fd=descriptor, dst_dir_fd=descriptor)
        else:
            (folder / f"e{count}").touch()
    os.close(descriptor)


def test_150000_entries_are_told_and_do_not_fill_the_memory(removed: Path) -> None:
    _many(removed / "opt" / "kaspersky", 150_000)
    (removed / "tmp").symlink_to("opt/kaspersky")
    seen = look(removed)
    assert seen.is_unknown("path:/opt/kaspersky/*")
    assert seen.is_unknown("installer:/tmp")
    assert "kesl installed" in seen.found()


def test_entries_of_a_shared_directory_are_counted(removed: Path) -> None:
    _many(removed / "opt" / "kaspersky", 2000)
    seen = look(removed)
    assert seen.items["path:/opt/kaspersky"]["value"]["more_children"] == 2001 - 200
    assert seen.is_unknown("path:/opt/kaspersky/*")


def test_700_homes_are_all_looked_at(removed: Path) -> None:
    """They are more directories than a process may have open at once."""
    for number in range(700):
        (removed / "home" / f"user{number}" / ".config" / "autostart").mkdir(parents=True)
    write(removed, "home/user699/.config/autostart/x.desktop", "Exec=/opt/kaspersky/kesl/bin/x\n")
    seen = look(removed)
    assert "mention:/home/user699/.config/autostart/x.desktop" in seen.items
    assert seen.answer["unknowns"] == []


def _stanzas(number: int, size: int) -> Iterator[str]:
    for count in range(number):
        if count == number // 2:
            yield KESL
        head = f"Package: package{count}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-{count}\n"
        yield head + "Description: " + "x" * (size - len(head))


def test_product_is_found_among_60000_packages(root: Path) -> None:
    place = write(root, "var/lib/dpkg/status", "\n\n".join(_stanzas(60_000, 830)))
    assert place.stat().st_size > 49_000_000
    seen = look(root)
    assert seen.found() == ["kesl installed"]
    assert seen.answer["complete"] is True


ODD_DATABASES: dict[str, Callable[[], str]] = {
    "no line end": lambda: "x" * 50_000_000,
    "no line end, all of it a name": lambda: "Package: " + "kesl" * 12_500_000,
    "one stanza": lambda: "Package: kesl\nStatus: install ok installed\n" + "Version: 1\n" * 4_600_000,
    "lines of nothing": lambda: "Package: a\n" + " \n" * 25_000_000,
    "half a million packages that fit": lambda: "Package: epagentx\nStatus: install ok installed\n\n" * 500_000,
    "large packages that fit": lambda: ("Package: kesl\nVersion: " + "9" * 3_900_000 + "\nStatus: x\n\n") * 12,
}


@pytest.mark.parametrize("name", sorted(ODD_DATABASES))
def test_database_that_dpkg_never_wrote_is_told(name: str, root: Path) -> None:
    write(root, "var/lib/dpkg/status", ODD_DATABASES[name]())
    assert look(root).is_unknown("package:dpkg")


ODD_LISTS: dict[str, Callable[[], str]] = {
    "empty lines": lambda: "\n" * 8_000_000,
    "short paths": lambda: "".join(f"/{number}\n" for number in range(900_000)),
    "one path": lambda: "/" + "x" * 50_000_000,
}


@pytest.mark.parametrize("name", sorted(ODD_LISTS))
def test_list_of_files_that_dpkg_never_wrote_is_told(name: str, root: Path) -> None:
    write(root, "var/lib/dpkg/info/kesl.list", ODD_LISTS[name]())
    (root / "opt" / "kaspersky" / "new").mkdir()
    seen = look(root)
    assert seen.is_unknown("package:dpkg")
    assert ("lines" if "line" in name or "paths" in name else "bytes") in seen.items["package:dpkg"]["unknown"]
    assert seen.found() == ["kesl installed", "unrecognised residue_inert"]


def test_lists_of_files_that_are_large_together_are_told(root: Path) -> None:
    names = [f"epagent{number}" for number in range(8)]
    heads = [f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n" for name in names]
    write(root, "var/lib/dpkg/status", "\n".join([DPKG, KESL, *heads]))
    for name in names:
        write(root, f"var/lib/dpkg/info/{name}.list", "".join(f"/{name}/{'x' * 60}{line}\n" for line in range(90_000)))
    seen = look(root)
    assert seen.is_unknown("package:dpkg")
    assert {"epagent installed", "kesl installed"} <= set(seen.found()) or seen.found() == [
        "epagent broken",
        "kesl installed",
    ]


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
    "/home/\0x",
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


ODD_JOURNALS = {
    "half a character": '{"format_version": 1, "runs": [{"digest": "\\ud800", "\\udc00": "\\udfff"}]}',
    "nested": '{"format_version": 1, "runs": [{"digest": "a", "x": ' + "[" * 800 + "]" * 800 + "}]}",
    "large number": '{"format_version": 1, "runs": [{"digest": "a", "x": ' + "9" * 4000 + "}]}",
    "nested too deep": "[" * 100_000,
    "a megabyte": '{"format_version": 1, "runs": [' + ",".join(['{"digest": "a"}'] * 60_000) + "]}",
}


def test_journal_of_any_content_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    roots = [installed(tmp_path / name) for name in ODD_JOURNALS]
    for root, text in zip(roots, ODD_JOURNALS.values(), strict=True):
        write(root, "var/lib/avshift/journal.json", text)
    for name, seen in zip(ODD_JOURNALS, looked(roots), strict=True):
        assert seen.found() == ["kesl installed"], name
        assert "journal:/var/lib/avshift/journal.json" in seen.items or seen.is_unknown("journal:all"), name


# Names.

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


# Databases of other programs.

HEADER = b"SQLite format 3\0"
HOSTILE_VIEW = (
    "CREATE VIEW nssPublic AS SELECT x'00000001' AS a0, randomblob(300000000) AS a3, randomblob(300000000) AS a101",
    "CREATE VIEW nssPublic AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
    " SELECT x'00000001' AS a0, 'Kaspersky' AS a3, x'00' AS a101 FROM r WHERE n < 0",
    "CREATE VIEW nssPublic AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
    " SELECT x'00000001' AS a0, zeroblob(100000) || n AS a3, x'00' AS a101 FROM r",
)


def _damaged_database(place: Path) -> None:
    place.write_bytes(HEADER + random.Random(1).randbytes(60_000) + b"Kaspersky")


def _database(place: Path, *statements: str) -> None:
    with sqlite3.connect(place) as database:
        for statement in statements:
            database.execute(statement)
        database.execute("CREATE TABLE word (name)")
        database.execute("INSERT INTO word VALUES ('Kaspersky')")
    database.close()


CERT9 = "home/alice/.mozilla/firefox/profile/cert9.db"


def test_corrupt_database_of_certificates_is_told(root: Path) -> None:
    _damaged_database(write(root, CERT9, ""))
    assert look(root).is_unknown(f"certificate:/{CERT9}")


@pytest.mark.parametrize("statement", HOSTILE_VIEW, ids=["large", "endless", "endless and large"])
def test_database_of_certificates_that_reckons_without_end_is_given_up(statement: str, root: Path) -> None:
    _database(write(root, CERT9, ""), statement)
    assert look(root).is_unknown(f"certificate:/{CERT9}")


def test_database_of_certificates_larger_than_it_is_read_is_told(root: Path) -> None:
    with write(root, CERT9, "").open("wb") as stream:
        stream.write(HEADER)
        stream.truncate(17 << 20)
    with write(root, CERT9.replace("cert9", "cert8"), "").open("wb") as stream:
        stream.truncate(17 << 20)
    seen = look(root)
    assert seen.is_unknown(f"certificate:/{CERT9}")
    assert seen.is_unknown(f"certificate:/{CERT9.replace('cert9', 'cert8')}")


BUNDLES = {
    "nothing but beginnings": "-----BEGIN CERTIFICATE-----\n" * 580_000,
    "nothing but beginnings, and one end": "-----BEGIN CERTIFICATE-----\n" * 580_000 + "-----END CERTIFICATE-----\n",
    "empty ones": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 300_000,
    "a large one": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 4_000_000 + "\n-----END CERTIFICATE-----\n",
    "a large one without an end": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 4_000_000,
    "dashes": "-" * 16_000_000,
}


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_bundle_of_any_content_is_read_in_time(name: str, root: Path) -> None:
    write(
        root, "usr/local/share/ca-certificates/av.crt", BUNDLES[name] + "\n" + CERTIFICATE.read_text(encoding="utf-8")
    )
    if "without" not in name and name != "beginnings":
        assert any("Kaspersky" in str(item) for item in look(root).items.values() if item["kind"] == "certificate")
    else:
        look(root)


@pytest.mark.parametrize("search_path", ["", "/nonexistent"], ids=["with rpm", "without rpm"])
@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages", "Packages.db"])
def test_damaged_database_of_rpm_s_is_told(name: str, search_path: str, root: Path) -> None:
    if not search_path and not shutil.which("rpm"):
        pytest.skip("there is no rpm here")
    place = write(root, f"var/lib/rpm/{name}", "")
    place.write_bytes((HEADER if "sqlite" in name else b"") + random.Random(2).randbytes(100_000))
    seen = look(root, search_path=search_path)
    assert seen.is_unknown("package:rpm")
    assert seen.found() == ["kesl installed"]


# Permissions.


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_folders_that_may_not_be_read_are_unknown(root: Path) -> None:
    places = {
        "var/lib/dpkg": "package:dpkg",
        "opt/kaspersky": "path:/opt/kaspersky/kesl",
        "home": "home_path:all",
        "etc/cron.d": "mention:/etc/cron.d",
        "tmp": "installer:all",
        "usr/local/share/ca-certificates": "certificate:all",
        "etc/systemd/system": "unit:all",
        "lib/modules": "kernel_module:all",
    }
    for path in places:
        (root / path).mkdir(parents=True, exist_ok=True)
        (root / path).chmod(0o700)
    seen = look(root, user=NOBODY)
    assert [identity for identity in places.values() if "unknown" not in seen.items.get(identity, {})] == []
    assert not seen.answer["complete"]
