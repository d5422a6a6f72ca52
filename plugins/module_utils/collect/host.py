# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which host this is and what it runs."""

import hashlib
import hmac
import os
import re
import sys

from ..posix.errors import EndpointError
from ..posix.running.init_system import is_systemd

# Systems whose /usr comes as one image: what identifies them, and the tool that changes packages there.
OSTREE_BOOTED, OSTREE = "/run/ostree-booted", "/ostree/repo"
TRANSACTIONAL = ("/usr/sbin/transactional-update", "/usr/bin/transactional-update")
IMAGES = ("flatcar", "ubuntu-core", "steamos", "bottlerocket")
MACHINE_ID = "/etc/machine-id"
MACHINE = re.compile("[0-9a-f]{32}$")
NO_MACHINE = "0" * 32
APPLICATION = b"avshift.endpoint"
OS_RELEASE = ("/usr/lib/os-release", "/etc/os-release")


def os_release(lines):
    """Return the dict of an os-release file's lines; malformed lines are skipped. Never raises."""
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _separator, value in pairs}


def describe(look):
    """Return {name, system, version, family, kernel, python, init}; for another root, only what its files say.

    ``image`` is set if the system comes as an image: ostree, transactional-update, or the system's own name.
    """
    text = next((found for found in (_release(path, look.tree) for path in OS_RELEASE) if found), "")
    release = os_release(text.splitlines())
    described = {
        "system": release.get("ID", "unknown"),
        "version": release.get("VERSION_ID", "unknown"),
        "family": [release.get("ID", "unknown")] + release.get("ID_LIKE", "").split(),
    }
    image = _image(described["system"], look)
    if image:
        described["image"] = image
    machine = _machine(look.tree)
    if machine:
        described["machine_id"] = machine
    if look.live:
        described.update(
            name=os.uname()[1],
            kernel=os.uname()[2],
            python=sys.version.split()[0],
            init="systemd" if is_systemd() else "other",
        )
    return described


def _machine(tree):
    """Return an ID that distinguishes this machine from others, None if it has nothing to make one from.

    systemd asks that the ID itself stays on the host: it is hashed with an application ID of this collection, as
    sd_id128_get_machine_app_specific(3) does.
    """
    told = (_release(MACHINE_ID, tree) or "").strip().lower()
    if not MACHINE.match(told) or told == NO_MACHINE:
        return None
    return hmac.new(bytes.fromhex(told), APPLICATION, hashlib.sha256).hexdigest()[:32]


def _release(path, tree):
    try:
        return tree.text(path)
    except EndpointError:
        return None


def _image(system, look):
    """Return the kind of image that the system comes as, '' if it is made of packages."""
    if _is_there(OSTREE_BOOTED, look.tree) or (not look.live and _is_there(OSTREE, look.tree)):
        return "ostree"
    if any(_is_there(path, look.tree) for path in TRANSACTIONAL) and not (look.live and _is_writable("/")):
        return "transactional-update"
    return system if system in IMAGES else ""


def _is_there(path, tree):
    try:
        return tree.lstat(path)[0] is not None
    except EndpointError:
        return False


def _is_writable(path):
    return not os.statvfs(path).f_flag & os.ST_RDONLY
