"""An empty Debian and what the pages say: from nothing to a verified host, knowing nothing else of this repository."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pages
import places
import pytest
import yaml

SITE = places.REPOSITORY / "inventories/lab/group_vars/lab.yml"
RESULTS = places.REPOSITORY / ".cache" / "newcomer.json"
# From an empty system to what a first detection says, installing included.
LONGEST_SECONDS = 180
# What the pages have for an address; everything else is typed as it stands there.
ADDRESS = "192.0.2.10"


class Newcomer:
    """A root shell in the empty container."""

    def __init__(self, name: str, capture: pytest.CaptureFixture[str]) -> None:
        self.name, self._capture = name, capture
        self.begin = time.monotonic()
        self.seconds: dict[str, float] = {}

    def types(self, line: str, given: str = "") -> str:
        """Return what a command line says; what was typed before it in this shell is in effect."""
        script = f"cd; [ ! -e ansible/bin/activate ] || . ansible/bin/activate; {line}"
        settings = ("--env=HOME=/root", "--env=DEBIAN_FRONTEND=noninteractive", "--env=ANSIBLE_FORCE_COLOR=0")
        return places.run("podman", "exec", "-i", *settings, self.name, "bash", "-euc", script, given=given)

    def says(self, what: str) -> None:
        """Note, and print, the seconds since the container was empty."""
        self.seconds[what] = round(time.monotonic() - self.begin, 1)
        with self._capture.disabled():
            print(f"   {self.name}: {what} after {self.seconds[what]:.0f} s", flush=True)

    def keeps(self, suite: str) -> None:
        """Keep what was noted, beside that of the other release."""
        known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**known, suite: self.seconds}, indent=1) + "\n", encoding="utf-8")


def _inventory_of_readme(newcomer: Newcomer, address: str) -> None:
    """The three lines, with the lab's address; the lab has signatures of its own in place of the official ones."""
    inventory = yaml.safe_load(pages.files(pages.section("Your first host"), "yaml").replace(ADDRESS, address))
    inventory["all"]["vars"] = {**inventory["all"]["vars"], **_of_site()}
    newcomer.types("cat >hosts.yml", yaml.safe_dump(inventory))


def _inventory_of_first_host(newcomer: Newcomer, address: str) -> None:
    """The same of the other page, which has a file of variables."""
    text = pages.FIRST_HOST.read_text(encoding="utf-8")
    newcomer.types("cat >hosts", pages.files(text, "ini").replace(ADDRESS, address))
    variables = {**yaml.safe_load(pages.files(text, "yaml")), **_of_site()}
    newcomer.types("mkdir -p group_vars; cat >group_vars/all.yml", yaml.safe_dump(variables))


def _of_site() -> dict[str, object]:
    site: dict[str, object] = yaml.safe_load(SITE.read_text(encoding="utf-8"))
    return site


@dataclass
class Way:
    """What a release is called on the page, how the collection is installed there, and whose commands are followed."""

    release: str
    by: str
    inventory: Callable[[Newcomer, str], None]
    commands: list[tuple[str, str]] = field(default_factory=list)


WAYS = {
    "bookworm": Way(
        "Debian 12", "requirements", _inventory_of_readme, pages.commands(pages.section("Your first host"))
    ),
    "trixie": Way(
        "Debian 13",
        "tarball",
        _inventory_of_first_host,
        pages.commands(pages.FIRST_HOST.read_text(encoding="utf-8")),
    ),
}


@pytest.fixture(params=WAYS)
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


def _install(newcomer: Newcomer, way: Way) -> None:
    """Type the section's lines that are for every release, and this one's."""
    for command, said in pages.commands(pages.section("Installation")):
        is_another_s = said.startswith("Debian ") and not said.startswith(way.release)
        if is_another_s or (way.by == "requirements" and "collection install" in command):
            continue
        newcomer.types(command)
    if way.by == "requirements":
        newcomer.types("cat >requirements.yml", f"collections:\n  - {pages.requirement()}\n")
        newcomer.types("ansible-galaxy collection install -r requirements.yml")


def _login(newcomer: Newcomer, suite: str) -> str:
    """Have what a newcomer has: a key that the host knows, and the host's key, accepted once. Return its address."""
    newcomer.types("mkdir -p -m 0700 .ssh; ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519")
    address = places.host(suite, newcomer.types("cat .ssh/id_ed25519.pub"))
    newcomer.types(f"ssh-keyscan {address} >.ssh/known_hosts 2>/dev/null")
    return address


def test_from_nothing_to_a_verified_host(newcomer: Newcomer, suite: str) -> None:
    way = WAYS[suite]
    places.offer_clone(newcomer.name)
    newcomer.begin = time.monotonic()
    _install(newcomer, way)
    newcomer.says("installed")
    paused = time.monotonic()
    way.inventory(newcomer, _login(newcomer, suite))
    # The lab's host is not the newcomer's work.
    newcomer.begin += time.monotonic() - paused
    said = {}
    for command, _comment in way.commands:
        name = command.split()[1].rpartition(".")[2]
        said[name] = newcomer.types(command)
        newcomer.says(name)
        newcomer.keeps(suite)
    assert list(said)[:5] == ["detect", "plan", "approve", "migrate", "verify"]
    assert newcomer.seconds["detect"] < LONGEST_SECONDS, newcomer.seconds
    assert "klnagent" in newcomer.types("cat avshift/detect/web1.json")
    assert "1 host: 1 detected" in said["detect"]
    assert "What to do next" in said["detect"]
    assert "1 host: 1 migrated" in said["migrate"]
    assert '"verdict": "removed_verified"' in newcomer.types("cat avshift/verify/web1.json")
    if "report" in said:
        assert newcomer.types("ls avshift/report").split()
    container = f"avshift-lab-{places.fleet(suite)}-{places.HOST}"
    left = places.run("podman", "exec", container, "sh", "-c", "ls /opt/kaspersky; dpkg-query --show klnagent64; true")
    assert [line.partition(": ")[0] for line in left.splitlines()] == ["ls", "dpkg-query"], left
