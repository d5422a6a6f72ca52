"""The distribution that a scenario's hosts come from, as it identifies itself."""

from __future__ import annotations

import re

from integration import lab

# For each package manager, how to ask it about an installable package, without installing it.
OFFERS = {
    "apt-get": ("apt-cache", "show", "--no-all-versions", "clamav-daemon"),
    "dnf": ("dnf", "--quiet", "info", "clamav"),
    "zypper": ("zypper", "--quiet", "--non-interactive", "search", "--match-exact", "clamav"),
}


def system(host: str) -> dict[str, str]:
    """Return a distribution's name and version, as a plan has them."""
    said = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)', lab.must(host, "cat", "/etc/os-release"), re.MULTILINE))
    return {"system": said["ID"], "version": said["VERSION_ID"]}


def offers_clamav(host: str) -> bool:
    """Return whether the distribution's own repositories have ClamAV, by its own package manager."""
    (tool,) = lab.must(host, "sh", "-c", f"command -v {' || command -v '.join(OFFERS)}").split()
    asked = OFFERS[tool.rpartition("/")[2]]
    return lab.on(host, *asked).returncode == 0
