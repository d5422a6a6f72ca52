"""An empty Debian, the tarball, and what README.md says: from nothing to a verified host, without this repository."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pages
import places
import pytest
import yaml

INSTALL, FIRST_HOST = "Install", "Your first host"
SITE = places.REPOSITORY / "inventories/lab/group_vars/lab.yml"
# The two releases, the page's names for them, and how the collection is installed there.
SUITES = {"bookworm": ("Debian 12", "requirements"), "trixie": ("Debian 13", "tarball")}


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball, by the page's own command in a copy of what git knows."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = places.run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    places.run("xargs", "-0", "cp", "--parents", "-t", str(folder), given=listed)
    (build,) = (command for command, _said in pages.commands(INSTALL) if command.endswith("collection build"))
    places.run("sh", "-euc", build, cwd=folder)
    (made,) = folder.glob("avshift-endpoint-*.tar.gz")
    return made


class Newcomer:
    """A root shell in the empty container."""

    def __init__(self, name: str, capture: pytest.CaptureFixture[str]) -> None:
        self.name, self._capture = name, capture
        self.begin = time.monotonic()

    def types(self, line: str, given: str = "") -> str:
        """Return a command line's output; what was typed before it in this shell stays in effect."""
        script = f"cd; [ ! -e ansible/bin/activate ] || . ansible/bin/activate; {line}"
        settings = ("--env=HOME=/root", "--env=DEBIAN_FRONTEND=noninteractive", "--env=ANSIBLE_FORCE_COLOR=0")
        return places.run("podman", "exec", "-i", *settings, self.name, "bash", "-euc", script, given=given)

    def says(self, what: str) -> None:
        """Print the seconds since the container was empty."""
        with self._capture.disabled():
            print(f"   {self.name}: {what} after {time.monotonic() - self.begin:.0f} s", flush=True)


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    """The name of a Debian release."""
    return str(request.param)


@pytest.fixture
def newcomer(suite: str, capfd: pytest.CaptureFixture[str]) -> Iterator[Newcomer]:
    """The container, and the host that it will reach; both are gone afterwards."""
    name = f"avshift-newcomer-{suite}"
    places.end(name, suite)
    places.begin(name, suite)
    try:
        yield Newcomer(name, capfd)
    finally:
        places.end(name, suite)


def _install(newcomer: Newcomer, suite: str, tarball: Path) -> None:
    release, way = SUITES[suite]
    newcomer.types("apt-get update -qq")
    both = [command for command, said in pages.commands(INSTALL) if not command.startswith("ansible-galaxy")]
    own = both[:1] if release == "Debian 13" else both[1:]
    for command in own:
        # Whoever types it answers yes.
        newcomer.types(command.replace("apt install", "apt install --yes -qq"))
    places.run("podman", "cp", str(tarball), f"{newcomer.name}:/root/{tarball.name}")
    if way == "tarball":
        newcomer.types(next(command for command, _said in pages.commands(INSTALL) if "collection install" in command))
    else:
        newcomer.types("cat >requirements.yml", f"collections:\n  - {pages.requirement()}\n")
        newcomer.types("ansible-galaxy collection install -r requirements.yml")


def _inventory(newcomer: Newcomer, suite: str) -> None:
    """Two lines, and the variables that the page says belong there; the host's key is accepted as people do once."""
    newcomer.types("mkdir -p -m 0700 .ssh; ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519")
    address = places.host(suite, newcomer.types("cat .ssh/id_ed25519.pub"))
    newcomer.types(f"ssh-keyscan {address} >.ssh/known_hosts 2>/dev/null")
    newcomer.types("cat >hosts", f"web1 ansible_host={address} ansible_user=admin\n")
    site = yaml.safe_load(SITE.read_text(encoding="utf-8"))
    newcomer.types("mkdir -p group_vars; cat >group_vars/all.yml", yaml.safe_dump(site))


def test_from_nothing_to_a_verified_host(newcomer: Newcomer, suite: str, tarball: Path) -> None:
    newcomer.begin = time.monotonic()
    _install(newcomer, suite, tarball)
    newcomer.says("installed")
    paused = time.monotonic()
    _inventory(newcomer, suite)
    # The lab's host is not the newcomer's work.
    newcomer.begin += time.monotonic() - paused
    said = {}
    for command, _comment in pages.commands(FIRST_HOST):
        name = command.split()[1].rpartition(".")[2]
        said[name] = newcomer.types(command)
        newcomer.says(name)
    assert "klnagent" in newcomer.types("cat avshift/detect/web1.json")
    assert "What to do next" in said["detect"]
    assert '"verdict": "removed_verified"' in newcomer.types("cat avshift/verify/web1.json")
    assert newcomer.types("ls avshift/report").split()
    container = f"avshift-lab-{places.fleet(suite)}-{places.HOST}"
    left = places.run("podman", "exec", container, "sh", "-c", "ls /opt/kaspersky; dpkg-query --show klnagent64; true")
    assert [line.partition(": ")[0] for line in left.splitlines()] == ["ls", "dpkg-query"], left
