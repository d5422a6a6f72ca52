"""What is not checked is unknown or named, for every entry of the catalog's tables, and never skipped silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import limits
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.collector import collect
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Limit
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from hostile_roots import write
from hypothesis import given
from hypothesis import strategies as st
from support import CATALOG, REPOSITORY, load_yaml

FOLDER = REPOSITORY / "plugins/plugin_utils/catalog/data/limits"
MANAGERS = {limit["id"] for limit in load_yaml(FOLDER / "linux" / "package_managers.yml")["limits"]}
MARKED = [(limit, mark) for limit in CATALOG.limits for mark in limit.marks]
LISTED = [(limit, place) for limit in CATALOG.limits for place in limit.lists]
# A line that each expression of the catalog matches, and one that it does not.
LINES = {
    "rpm_elsewhere": ("%_dbpath /srv/rpm", "# %_dbpath /srv/rpm"),
    "homes_by_name_service": ("passwd: files sss", "passwd: files systemd"),
    "homes_by_automounter": ("/home /etc/auto.home", "/misc /etc/auto.misc"),
    "homes_by_compat": ("+::::::", "alice:x:1000:1000:+:/home/alice:/bin/sh"),
    "homes_by_map": ("automount: files sss", "automount: files # sss"),
    "homes_mounted_on_use": (
        "nas:/home /home nfs x-systemd.automount,_netdev 0 0",
        "# nas:/home /home nfs x-systemd.automount 0 0",
    ),
    "homes_by_pam_mount": ('<volume user="*" mountpoint="/home/%(USER)" />', '<!-- <volume user="*" /> -->'),
}
OWN = [name for name in platforms.detection(CATALOG.products)["limit"]["names"] if "*" not in name]


def _name(pair: tuple[Limit, dict[str, Any]]) -> str:
    return f"{pair[0].id} {next(iter(pair[1].values()))}"


def _mark(root: Path, limit: Limit, mark: dict[str, Any]) -> None:
    if "path" in mark:
        write(root, mark["path"][1:], "")
    elif "holds" in mark:
        write(root, f"{mark['holds'][1:]}/something/of/its/own", "")
    else:
        write(root, mark["file"][1:], f"{LINES[limit.id][0]}\n")


def _ordinary(root: Path) -> Path:
    write(root, "etc/os-release", "ID=site\n")
    write(root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    return root


def _with_dpkg(root: Path) -> Path:
    write(root, "var/lib/dpkg/status", "Package: dpkg\nStatus: install ok installed\nVersion: 1\n")
    return root


def _told(root: Path) -> dict[str, Any]:
    asked = platforms.detection(CATALOG.products, CATALOG.limits)
    return answer(platforms.evidence(collect(asked, str(root))), CATALOG)


def test_an_ordinary_image_has_no_limits(tmp_path: Path) -> None:
    told = _told(_with_dpkg(_ordinary(tmp_path)))
    assert (told["limits"], told["unknowns"], told["complete"]) == ([], [], True)


@pytest.mark.parametrize("pair", MARKED, ids=_name)
def test_what_has_a_mark_is_named_in_the_answer(pair: tuple[Limit, dict[str, Any]], tmp_path: Path) -> None:
    _mark(_with_dpkg(_ordinary(tmp_path)), *pair)
    told = _told(tmp_path)
    named = {limit["id"]: limit for limit in told["limits"]}
    assert pair[0].id in named
    assert pair[0].what in named[pair[0].id]["what"]
    assert named[pair[0].id]["why"] == pair[0].why
    assert told["complete"]


@pytest.mark.parametrize("pair", [pair for pair in MARKED if pair[0].id in MANAGERS], ids=_name)
def test_a_system_of_another_package_manager_is_never_complete(
    pair: tuple[Limit, dict[str, Any]], tmp_path: Path
) -> None:
    _mark(_ordinary(tmp_path), *pair)
    told = _told(tmp_path)
    assert not told["complete"]
    assert "root:packages" in [unknown["id"] for unknown in told["unknowns"]]


@pytest.mark.parametrize("pair", LISTED, ids=_name)
def test_a_package_that_is_called_as_a_product_is_unknown(pair: tuple[Limit, dict[str, Any]], tmp_path: Path) -> None:
    limit, place = pair
    _with_dpkg(_ordinary(tmp_path))
    above = "category/" if place["levels"] == 2 else ""
    write(tmp_path, f"{place['in'][1:]}/{above}kesl-12.1.0-1/desc", "")
    told = _told(tmp_path)
    assert [unknown["id"] for unknown in told["unknowns"] if unknown["bears"]] == [f"limit:{limit.id}"]
    assert not told["complete"]


@pytest.mark.parametrize("name", sorted(LINES))
def test_expressions_find_what_they_are_for(name: str) -> None:
    for mark in [mark for limit, mark in MARKED if limit.id == name and "line" in mark]:
        assert limits.re.search(mark["line"], LINES[name][0])
        assert not limits.re.search(mark["line"], LINES[name][1])


def test_every_expression_has_lines() -> None:
    assert {limit.id for limit, mark in MARKED if "line" in mark} == set(LINES)


# Wherever users come from: today's services, and a future one.
SERVICES = {
    "passwd: files sss": True,
    "passwd:\tsss files systemd": True,
    "passwd: compat winbind": True,
    "passwd: files [NOTFOUND=return] ldap": True,
    "passwd: files [SUCCESS=merge] systemd cache_oslogin oslogin": True,
    "passwd: files extrausers systemd": True,
    "passwd: files himmelblau": True,
    "passwd: files unheard_of": True,
    "passwd: filesystems": True,
    "passwd: files systemd": False,
    "passwd:files": False,
    "passwd: compat systemd mymachines": False,
    "passwd: files altfiles": False,
    "passwd: files [NOTFOUND=return] systemd # sss ldap": False,
    "passwd: files [!SUCCESS=continue sss] systemd": False,
    "group: files sss": False,
    "# passwd: files sss": False,
}


@pytest.mark.parametrize("line", SERVICES)
def test_users_of_any_name_service_are_a_limit(line: str, tmp_path: Path) -> None:
    write(_with_dpkg(_ordinary(tmp_path)), "etc/nsswitch.conf", f"hosts: files dns\n{line}\n")
    named = [limit["id"] for limit in _told(tmp_path)["limits"]]
    assert named == (["homes_by_name_service"] if SERVICES[line] else [])


def test_every_entry_has_a_name_of_its_own_and_the_form_of_the_schema() -> None:
    from schemas import problems

    assert len({limit.id for limit in CATALOG.limits}) == len(CATALOG.limits)
    for path in sorted(FOLDER.rglob("*.yml")):
        assert problems("limits", load_yaml(path)) == [], path


@given(st.sampled_from(OWN), st.sampled_from(["", "-12.1-1", "_12.snap", ".raw", "@stable", "-files.plist"]))
def test_names_of_products_are_known_with_any_version(name: str, rest: str) -> None:
    fits = limits._wanted(OWN, "kaspersky")
    assert fits(name + rest)
    assert fits(f".{name}{rest}")


@given(st.sampled_from([name for name in OWN if "-" not in name]), st.text("abcxyz0189", min_size=1, max_size=6))
def test_names_that_go_on_are_other_packages(name: str, more: str) -> None:
    fits = limits._wanted(OWN, "kaspersky")
    assert fits(name + more) == (name + more in OWN)
    assert fits(more + name) == (more + name in OWN)
