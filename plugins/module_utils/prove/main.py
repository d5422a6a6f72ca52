# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to prove protection."""

import os

from . import boot, database_age, on_access, on_demand, real_time, vendor
from .checks import overall


def main(arguments, check_mode):
    """Return {checks, result} for {socket, below, paths, units, max_age_days}.

    That is the engine's socket, where the executables of its real-time part lie, the protected directories, units that
    have to run now and to start at boot, and how old official signatures may be or None.

    A product without a socket has ``probes``, which its own command line answers, and ``marks``: whether its
    interception can be seen. ``given`` are checks that are known beforehand. Without ``below`` it is only asked.
    It writes test files into the protected directories and removes them again; not in check mode.
    """
    checks = arguments.get("given", []) + boot.prove(arguments["units"]) + vendor.prove(arguments.get("probes", []))
    if arguments["below"]:
        checks += real_time.prove(arguments["below"], arguments.get("marks", True))
    if arguments["socket"]:
        checks += database_age.prove(arguments["socket"], arguments["max_age_days"]) + on_demand.prove(
            arguments["socket"]
        )
    if not check_mode:
        checks += on_access.prove([path for path in arguments["paths"] if os.path.isdir(path)])
    return {"changed": False, "checks": checks, "result": overall(checks)}
