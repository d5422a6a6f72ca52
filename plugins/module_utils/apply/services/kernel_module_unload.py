# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Unload a kernel module that is not in use. One that is in use stays until the next reboot, and is reported.

This step may stay undone: what is only in the kernel is gone after a reboot, and forcing it out
can crash the host.
"""

import os

from ...collect.running import kernel_modules
from ...linux import nf_tables
from ...posix.running.commands import run

CHANGES = False
LIMIT = 60


def look(target):
    """Return True if the module is not loaded."""
    return _users(target["name"]) is None


def do(target):
    """Unload it if nothing uses it; return {reboot_required, module, cause} if it has to stay until a reboot."""
    name, users = target["name"], _users(target["name"])
    if users:
        return _stays(name, "used by " + ", ".join(users))
    finished = run(["rmmod", name], LIMIT)
    if _users(name) is None:
        return {"unloaded": name}
    return _stays(name, finished.said())


def _stays(name, cause):
    return {"reboot_required": True, "module": name, "cause": cause}


def _users(name):
    """Return the names of the users of a loaded module; None if it is not loaded."""
    if not os.path.exists(nf_tables.MODULES):
        return None
    with open(nf_tables.MODULES, encoding="utf-8", errors="replace") as stream:
        return next((users for found, users in kernel_modules.modules(stream) if found == name), None)
