"""Make roots as an attacker could make them, and look at them in a separate process, as an endpoint does.

Every tree is made below pytest's own folder.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from support import CATALOG, FIXTURES, REPOSITORY

PROBES = platforms.detection(CATALOG.products)
SCRIPT = Path(__file__).with_name("look_at_root.py")
SECONDS = 60
MOST_MEMORY = 100 * 1024
NOBODY = 65534
# The program is the child of a shell: one that a large process starts would begin with that process's peak of memory.
THROUGH_A_SHELL = ("sh", "-c", '"$@"; exit $?', "sh")
CERTIFICATE = FIXTURES / "outputs" / "certificates.subject" / "bundle-with-the-vendor-s.txt"


@dataclass(frozen=True)
class Seen:
    """The result of one look: the collector's answer, and the engine's from it."""

    collected: dict[str, Any]

    @property
    def items(self) -> dict[str, Any]:
        """Return the evidence by its id."""
        return {item["id"]: item for item in self.collected["evidence"]}

    @property
    def answer(self) -> dict[str, Any]:
        """Return what kaspersky_info would return."""
        return answer(platforms.evidence(self.collected), CATALOG)

    def without(self, *unknown: str) -> Seen:
        """Return the same without what could not be checked, except for some of it."""
        kept = [item for item in self.collected["evidence"] if "value" in item or item["id"] in unknown]
        return Seen({**self.collected, "evidence": kept})

    def found(self) -> list[str]:
        """Return the products and their states."""
        return [f"{finding['id']} {finding['state']}" for finding in self.answer["findings"]]

    def is_unknown(self, identity: str) -> bool:
        """Return True if something could not be checked, and if this alone makes the answer incomplete."""
        alone = self.without(identity).answer
        return "unknown" in self.items.get(identity, {}) and not alone["complete"]


def looked(
    roots: list[Path], user: int | None = None, search_path: str = "", asked_for: dict[str, Any] = PROBES
) -> list[Seen]:
    """Return what was seen of each root; the process has to end in time, cleanly, and with little memory."""
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


def socket_at(place: Path) -> None:
    """Bind it by a short name: a socket's path may have at most 107 bytes."""
    before = Path.cwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(place.name)
    finally:
        os.chdir(before)
