"""What is not checked, or looks like something else, never leads to an answer that says more than was seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes, silence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from attacks import attack

CATALOG = loader.load()
ORDINARY = {
    "etc/os-release": "ID=debian\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nmallory:x:1000:1000::/home/mallory:/bin/sh\n",
    "var/lib/dpkg/status": "Package: dpkg\nStatus: install ok installed\nVersion: 1\n",
}
SOURCED = "source /opt/kaspersky/kesl/shared/bash_completion.sh\n"


def _root(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return root


def _told(root: Path, servers: list[str] | None = None) -> dict[str, Any]:
    asked = platforms.detection(CATALOG.products, CATALOG.limits)
    if servers is not None:
        asked = probes.merged(asked, silence.probes(CATALOG, servers))
    return answer(platforms.evidence(collect(asked, str(root))), CATALOG, servers)


OTHER_DISKS = {
    "windows": {"Windows/System32/ntdll.dll": "", "Program Files (x86)/Kaspersky Lab/KES/avp.exe": ""},
    "windows in capitals": {"WINDOWS/system32/ntdll.dll": ""},
    "windows with an account file": {"Windows/System32/ntdll.dll": "", "etc/passwd": ORDINARY["etc/passwd"]},
    "macos": {"System/Library/CoreServices/x": "", "etc/passwd": ORDINARY["etc/passwd"]},
    "freebsd": {"bin/freebsd-version": "", "etc/os-release": "ID=freebsd\n", "etc/passwd": ORDINARY["etc/passwd"]},
    "nothing": {},
    "a folder of documents": {"letters/one.txt": "x"},
    "a boot partition": {"EFI/BOOT/BOOTX64.EFI": "x", "vmlinuz": "x"},
    "reactos": {"reactos/System32/ntdll.dll": "", **ORDINARY},
    "a disk of data from windows": {"Program Files/Kaspersky Lab/KES/avp.exe": "", "Users/alice/x.txt": "x"},
    "the data volume of macos": {
        "Library/Application Support/Kaspersky Lab/x": "",
        "Users/alice/x": "",
        "private/x": "",
    },
    "openbsd": {"bsd": "x", "bsd.rd": "x", "etc/passwd": ORDINARY["etc/passwd"], "etc/myname": "x"},
    "netbsd": {"netbsd": "x", "etc/release": "NetBSD 10.0/amd64", "etc/passwd": ORDINARY["etc/passwd"]},
    "dragonfly": {"etc/os-release": "ID=dragonfly\n", "etc/passwd": ORDINARY["etc/passwd"], "kernel": "x"},
    "illumos": {"etc/os-release": "ID=omnios\nID_LIKE=illumos\n", "kernel/unix": "x", "var/sadm/x": "x"},
    "the hurd with dpkg": {**ORDINARY, "hurd/init": "x"},
    "android": {"system/build.prop": "x", "data/app/com.kaspersky.security.cloud/base.apk": "x"},
    "android, system as root": {"system/system/build.prop": "x", "init.rc": "x", "system/system/etc/hosts": "x"},
    "android's own system partition": {"build.prop": "x", "etc/hosts": "x", "bin/app_process": "x"},
    "android's data partition": {"app/com.kaspersky.kes/base.apk": "x", "misc/keystore/x": "x"},
    "an overlay of a router": {"upper/etc/passwd": ORDINARY["etc/passwd"], "work/work": "x"},
    "an initial ram disk": {**ORDINARY, "etc/initrd-release": "ID=debian\n", "init": "x"},
    "an initial ram disk of /usr": {**ORDINARY, "usr/lib/initrd-release": "ID=fedora\n"},
    "a layer of a container's image": {**ORDINARY, "opt/.wh.kaspersky": ""},
    "a layer that hides all": {**ORDINARY, "var/.wh..wh..opq": ""},
    "accounts and packages of no system": {key: ORDINARY[key] for key in ("etc/passwd", "var/lib/dpkg/status")},
    "the disk's top of btrfs": {"@/etc/os-release": "ID=debian\n", "@home/alice/x": "", "@var/lib/dpkg/status": "x"},
    "the disk's top of ostree": {"ostree/repo/config": "", "ostree/deploy/x/deploy/y/etc/os-release": "ID=fedora\n"},
}
# A system with a part elsewhere: another partition, another volume, what ostree keeps beside a deployment.
PIECES = {
    "/usr alone": {"usr/lib/os-release": "ID=fedora\n", "usr/share/rpm/rpmdb.sqlite": "x"},
    "/usr and /etc": {**{key: ORDINARY[key] for key in ("etc/os-release", "etc/passwd")}, "usr/bin/sh": "x"},
    "/usr without its /var": {
        "usr/lib/os-release": "ID=opensuse-microos\nID_LIKE=suse\n",
        "usr/lib/sysimage/rpm/Packages.db": "x",
        "etc/passwd": ORDINARY["etc/passwd"],
    },
    "nixos": {
        "etc/os-release": "ID=nixos\n",
        "etc/NIXOS": "",
        "nix/store/x/y": "",
        "etc/passwd": ORDINARY["etc/passwd"],
    },
    "guix": {"etc/os-release": "ID=guix\n", "gnu/store/x/y": "", "var/guix/db/db.sqlite": ""},
    "void": {"etc/os-release": "ID=void\n", "var/db/xbps/pkgdb-0.38.plist": "x"},
    "solus": {"usr/lib/os-release": "ID=solus\n", "var/lib/eopkg/package/bash-5.2-1/metadata.xml": "x"},
    "clear linux": {
        "usr/lib/os-release": "ID=clear-linux-os\n",
        "usr/share/clear/bundles/os-core": "",
        "var/lib/x": "",
    },
    "openwrt": {"etc/openwrt_release": "x", "usr/lib/opkg/status": "", "etc/passwd": ORDINARY["etc/passwd"]},
    "slackware": {"etc/slackware-version": "Slackware 15.0", "var/log/packages/bash-5.1-x86_64-2": "x"},
    "alpine": {"etc/alpine-release": "3.20", "lib/apk/db/installed": "x", "var/x": ""},
    "gentoo": {"etc/gentoo-release": "x", "var/db/pkg/app-shells/bash-5.2/PF": "x"},
    "a distroless image": {"etc/os-release": "ID=debian\n", "var/lib/dpkg/status.d/base": "Package: base\n"},
}


@attack(
    "another-system-as-a-root",
    threat="an administrator gives a disk that holds no Linux, or the wrong directory, as the root to look at",
    holds="the answer is not complete, and says what is there",
)
@pytest.mark.parametrize("files", OTHER_DISKS.values(), ids=OTHER_DISKS)
def test_another_system_is_never_complete(files: dict[str, str], tmp_path: Path) -> None:
    told = _told(_root(tmp_path, files))
    assert not told["complete"]
    assert "root:system" in [unknown["id"] for unknown in told["unknowns"]]


@attack(
    "piece-of-a-system",
    threat="an administrator gives a root of which a part is not mounted, or whose package manager is not read",
    holds="the answer is not complete, whatever the rest of it says",
)
@pytest.mark.parametrize("files", PIECES.values(), ids=PIECES)
def test_a_piece_of_a_system_is_never_complete(files: dict[str, str], tmp_path: Path) -> None:
    told = _told(_root(tmp_path, files))
    assert not told["complete"]
    assert [unknown["id"] for unknown in told["unknowns"] if unknown["bears"]] != []


@attack(
    "database-hidden",
    threat="the package database is taken away, lies on a disk that was not mounted, or belongs to another manager",
    holds="no host without a database that can be read is complete",
)
@pytest.mark.parametrize("system", ["debian", "ubuntu", "rocky", "opensuse-leap", "arch", "alpine", "unheard-of"])
def test_a_hidden_database_is_unknown(system: str, tmp_path: Path) -> None:
    files = {**ORDINARY, "etc/os-release": f'ID={system}\nID_LIKE="{"rhel" if system == "rocky" else ""}"\n'}
    del files["var/lib/dpkg/status"]
    assert not _told(_root(tmp_path, files))["complete"]


@attack(
    "other-family-s-database",
    threat="a system of rpm loses its database and has an empty one of dpkg",
    holds="the database that the system goes by is missed",
)
def test_the_database_of_the_family_is_missed(tmp_path: Path) -> None:
    told = _told(_root(tmp_path, {**ORDINARY, "etc/os-release": 'ID=rocky\nID_LIKE="rhel centos fedora"\n'}))
    assert [unknown["id"] for unknown in told["unknowns"]] == ["root:packages"]


@attack(
    "start-file-is-no-file",
    threat="a user puts a link, a pipe, a directory or gigabytes of nothing in the place of a start file of a shell",
    holds="the host is answered as a whole, the file is named, and nothing that it leads to is read",
)
@pytest.mark.parametrize("name", [".bashrc", ".profile", ".config/fish/config.fish"])
@pytest.mark.parametrize("kind", ["link", "loop", "pipe", "huge"])
def test_a_user_s_start_file_costs_nothing(name: str, kind: str, tmp_path: Path) -> None:
    _root(tmp_path, {**ORDINARY, "etc/secret": SOURCED})
    place = tmp_path / "home/mallory" / name
    place.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "huge":
        place.touch()
        os.truncate(place, 1 << 31)
    else:
        place.symlink_to(place.name if kind == "loop" else "/etc/secret")
    told = _told(tmp_path)
    assert told["complete"]
    assert [limit["id"] for limit in told["limits"]] == ["users_file"]
    assert f"/home/mallory/{name}" in told["limits"][0]["what"]
    assert not [item for item in told["evidence"] if item["kind"] == "mention"]


@attack(
    "package-named-alike",
    threat="a user of a package manager without a reader installs a package that is called nearly like a product",
    holds="it is a limit like any other package, and no product is missed for it",
)
@pytest.mark.parametrize("name", ["kes-2024-1", "kesler-1-1", "python-kics-1-1", "mykesl-1-1", "klnagentx-1-1"])
def test_a_package_that_is_called_alike_is_another(name: str, tmp_path: Path) -> None:
    told = _told(_root(tmp_path, {**ORDINARY, f"var/lib/pacman/local/{name}/desc": ""}))
    assert told["complete"]
    assert [limit["id"] for limit in told["limits"]] == ["pacman"]


LOOK_ALIKES = [
    "kaspersky.com.example.org",
    "notkaspersky.com",
    "my-kaspersky.com",
    "kaspersky.com-updates.example",
    "kaspersky.comm",
    "k\u0430spersky.com",
    "kaspersky\u2024com.example",
    "xn--kspersky-y8a.com",
    "kaspersky-labs.com.example",
    "xkas.pr",
]


@attack(
    "domain-look-alike",
    threat="a repository, job or server has a name that is made to look like the vendor's",
    holds="the host is not said to talk to the vendor",
)
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_that_looks_like_the_vendor_s_is_another(name: str, tmp_path: Path) -> None:
    files = {
        "etc/apt/sources.list": f"deb http://{name}/x stable main\n",
        "etc/cron.d/x": f"0 1 * * * root wget {name}\n",
    }
    told = _told(_root(tmp_path, {**ORDINARY, **files}), [])
    assert [item["id"] for item in told["silence"]["signs"] if item["level"] == "error"] == []


DISGUISES = [
    "DNL-01.GEO.KASPERSKY.COM",
    "dnl-01.geo.kaspersky.com.",
    "user@dnl-01.geo.kaspersky.com:443",
    "a.b.c.d.e.f.kaspersky-labs.com",
    "kas.pr",
]


@attack(
    "domain-in-disguise",
    threat="configuration that leads to the vendor writes its name in capitals, with a final dot, a user or a port",
    holds="the host is said to talk",
)
@pytest.mark.parametrize("name", DISGUISES)
def test_the_vendor_s_name_is_known_however_it_is_written(name: str, tmp_path: Path) -> None:
    files = {"etc/apt/sources.list.d/x.list": f"deb http://{name}/x stable main\n"}
    told = _told(_root(tmp_path, {**ORDINARY, **files}), [])
    assert told["silence"]["result"] == "talks"


@attack(
    "configuration-unreadable",
    threat="what a host is set up to fetch from cannot be read",
    holds="it is never said to be silent",
)
@pytest.mark.parametrize("path", ["etc/apt/sources.list", "etc/yum.repos.d/x.repo", "etc/crontab", "etc/hosts"])
def test_unreadable_configuration_is_not_silence(path: str, tmp_path: Path) -> None:
    place = _root(tmp_path, ORDINARY) / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()
    os.truncate(place, 1 << 31)
    asked = silence.probes(CATALOG, [])
    seen = platforms.evidence({**collect(asked, str(tmp_path)), "live": True})
    assert silence.told(seen, CATALOG, [], [])["result"] == "unknown"


@attack(
    "two-names",
    threat="the vendor's directories have a second name, by a link of the system or an owner's bind mount",
    holds="one product is one finding, by either name",
)
@pytest.mark.parametrize("target", ["var/opt", "/var/opt", "srv/opt"])
def test_a_directory_with_two_names_is_found_once(target: str, tmp_path: Path) -> None:
    where = target.lstrip("/")
    _root(tmp_path, {**ORDINARY, f"{where}/kaspersky/klnagent64/sbin/klnagent": ""})
    (tmp_path / "opt").symlink_to(target)
    assert [finding["id"] for finding in _told(tmp_path)["findings"]] == ["klnagent"]
