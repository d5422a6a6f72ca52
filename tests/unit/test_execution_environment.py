"""The image for other engines is built from the versions that everything else here names."""

from __future__ import annotations

import re

from support import REPOSITORY, load_yaml

EE = load_yaml(REPOSITORY / "execution-environment.yml")
GALAXY = load_yaml(REPOSITORY / "galaxy.yml")
TARBALL = f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"


def _pinned(name: str) -> str:
    text = (REPOSITORY / "requirements.in").read_text(encoding="utf-8")
    found = re.search(rf"^{name}==\S+", text, re.MULTILINE)
    assert found is not None
    return found[0]


def test_the_image_has_the_ansible_that_the_tests_ran_with() -> None:
    assert EE["dependencies"]["ansible_core"]["package_pip"] == _pinned("ansible-core")
    assert EE["dependencies"]["ansible_runner"]["package_pip"] == _pinned("ansible-runner")


def test_the_image_has_the_collection_of_this_version_from_the_file_that_is_copied_in() -> None:
    (copied,) = EE["additional_build_files"]
    (collection,) = EE["dependencies"]["galaxy"]["collections"]
    assert copied["src"] == TARBALL
    assert collection == {"name": f"{copied['dest']}/{TARBALL}", "type": "file"}


def test_the_collection_asks_an_image_for_what_signs_and_connects() -> None:
    asked = load_yaml(REPOSITORY / "meta" / "execution-environment.yml")
    system = (REPOSITORY / asked["dependencies"]["system"]).read_text(encoding="utf-8")
    assert re.findall(r"^(\S+) \[platform:(\w+)\]$", system, re.MULTILINE) == [
        ("openssh-client", "dpkg"),
        ("openssh-clients", "rpm"),
    ]
    python = (REPOSITORY / asked["dependencies"]["python"]).read_text(encoding="utf-8")
    # An image with pinned packages would prevent the installation of other collections.
    assert "==" not in python
