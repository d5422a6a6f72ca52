# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which host this is and what it runs."""

import os
import platform

from ..system.errors import EndpointError

OS_RELEASE = ("/usr/lib/os-release", "/etc/os-release")


def os_release(lines):
    """Return the dict of an os-release file's lines; malformed lines are skipped. Never raises."""
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _separator, value in pairs}


def describe(look):
    """Return {name, system, version, family, kernel, python, init}; of another root only what its files say."""
    text = next((found for found in (_release(path, look.tree) for path in OS_RELEASE) if found), "")
    release = os_release(text.splitlines())
    described = {
        "system": release.get("ID", "unknown"),
        "version": release.get("VERSION_ID", "unknown"),
        "family": [release.get("ID", "unknown")] + release.get("ID_LIKE", "").split(),
    }
    if look.live:
        described.update(
            name=platform.node(),
            kernel=platform.release(),
            python=platform.python_version(),
            init="systemd" if os.path.isdir("/run/systemd/system") else "other",
        )
    return described


def _release(path, tree):
    try:
        return tree.text(path)
    except EndpointError:
        return None
