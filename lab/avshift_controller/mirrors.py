"""Where Debian's packages come from: MIRROR=, or what the machine's own apt uses, with its keyring and proxy."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path("/etc/apt")
HELPER = "/usr/lib/apt/apt-helper"
DEFAULT_HOSTS = ("deb.debian.org", "security.debian.org")
FORMAT = "$(REPO_URI)|$(LABEL)|$(COMPONENT)"
PROXIES = ("http", "https")
LOOK_SECONDS = 60
# What apt says where there is no such file.
ABSENT = re.compile(r"404 |File not found")


@dataclass(frozen=True)
class Mirror:
    """A mirror of Debian, of its security updates ('' if not known), and the keyring for them ('' for Debian's own)."""

    main: str
    security: str
    keyring: str

    @property
    def is_default(self) -> bool:
        """Whether mmdebstrap would choose the same by itself."""
        return not self.main or (any(f"//{host}/" in self.main + "/" for host in DEFAULT_HOSTS) and not self.keyring)

    def sources(self, suite: str, say_left_out: bool = True) -> list[str]:
        """Return the lines of sources.list for a suite; what the mirror lacks is left out, and named."""
        wanted = [(self.main, suite), (self.main, f"{suite}-updates"), (self.security, f"{suite}-security")]
        lines = []
        for address, name in wanted:
            why = "" if name == suite else lacking(address, name)
            if not why:
                lines.append(f"deb {address} {name} main")
            elif say_left_out:
                print(f"   {name}: left out, {why}", flush=True)
        return lines


def named(note: Path) -> tuple[str, str]:
    """Return MIRROR= and KEYRING=, as they are given now or else were when the root was made; '' for none."""
    if os.environ.get("MIRROR"):
        return os.environ["MIRROR"].rstrip("/"), os.environ.get("KEYRING", "")
    if not note.is_file():
        return "", ""
    mirror, keyring, *_rest = [*note.read_text(encoding="utf-8").splitlines(), "", ""]
    return mirror, keyring


def chosen(named: str = "", keyring: str = "") -> Mirror:
    """Return the mirror to take: a named one, or the one of the machine's own apt."""
    if named:
        return Mirror(named, "", keyring)
    told = {"Debian": "", "Debian-Security": ""}
    for line in _output(["apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages"]).splitlines():
        address, label, component = [*line.split("|"), "", ""][:3]
        if component == "main" and not told.get(label, "taken"):
            told[label] = address.rstrip("/")
    return Mirror(told["Debian"], told["Debian-Security"], _keyring(told["Debian"]))


def proxies() -> dict[str, str]:
    """Return environment variables with apt's proxies, where it has any."""
    found = {}
    for kind in PROXIES:
        said = _output(["apt-config", "shell", "PROXY", f"Acquire::{kind}::Proxy"])
        match = re.search(r"PROXY='([^']+)'", said)
        if match and match.group(1) != "DIRECT":
            found[f"{kind}_proxy"] = match.group(1)
    return found


def _keyring(address: str) -> str:
    """Return the keyring that apt's own sources name for an address, '' for none and for Debian's."""
    for path in sorted([SOURCES / "sources.list", *SOURCES.glob("sources.list.d/*")]):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for part in re.split(r"\n\s*\n", text) if path.suffix == ".sources" else text.splitlines():
            match = re.search(r"(?im)signed-by\s*[:=]\s*(/[^\s\]]+)", part)
            if address and address in part and match and "debian-archive" not in match.group(1):
                return match.group(1)
    return ""


def lacking(address: str, suite: str) -> str:
    """Return why a suite is not available, '' if it is."""
    if not address:
        return "no mirror of it is known: MIRROR= names the main archive alone"
    with tempfile.TemporaryDirectory(prefix="avshift-") as folder:
        argv = [HELPER, "download-file", f"{address}/dists/{suite}/InRelease", f"{folder}/InRelease"]
        environment = {**os.environ, **proxies(), "LC_ALL": "C"}
        try:
            done = subprocess.run(
                argv, env=environment, capture_output=True, text=True, timeout=LOOK_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return f"{address} did not answer"
    if done.returncode == 0:
        return ""
    return f"{address} {'has no such suite' if ABSENT.search(done.stdout + done.stderr) else 'could not be read'}"


def _output(argv: list[str]) -> str:
    try:
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
