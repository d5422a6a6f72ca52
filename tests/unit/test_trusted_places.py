"""A vendor key is found wherever a kernel, a package manager or Java trusts one, for each place of the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.trust import trusted_keys
from hostile_roots import write

PLACES = [(place, root) for place, roots in trusted_keys.PLACES for root in roots]
ASKED = {"word": "kaspersky"}


def _seen(root: Path) -> list[tuple[str, str, str]]:
    items = trusted_keys.collect(ASKED, Look(str(root)))
    return [(item["what"], item["value"]["place"], item["value"]["by"]) for item in items]


@pytest.mark.parametrize(("place", "root"), PLACES)
def test_a_key_is_seen_by_its_name_and_by_what_it_holds(place: str, root: str, tmp_path: Path) -> None:
    write(tmp_path, f"{root[1:]}/vendor/Kaspersky.pub", "any key")
    write(tmp_path, f"{root[1:]}/other/one.pub", "of AO Kaspersky Lab")
    write(tmp_path, f"{root[1:]}/other/two.pub", "of another")
    seen = _seen(tmp_path)
    # One place may be inside another.
    assert (f"{root}/vendor/Kaspersky.pub", place, "name") in seen
    assert (f"{root}/other/one.pub", place, "content") in seen
    assert not [what for what, _place, _by in seen if what.endswith("two.pub")]


@pytest.mark.parametrize(("place", "root"), PLACES)
def test_a_place_may_be_one_file(place: str, root: str, tmp_path: Path) -> None:
    write(tmp_path, root[1:], "CN=Kaspersky Anti-Virus Personal Root")
    assert (root, place, "content") in _seen(tmp_path)


@pytest.mark.parametrize("manager", ["apt", "rpm", "pacman", "apk", "xbps", "portage", "opkg", "swupd", "ostree"])
def test_every_package_manager_has_a_place(manager: str) -> None:
    assert manager in {place for place, _root in PLACES}
