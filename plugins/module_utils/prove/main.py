# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to prove protection."""

import os

from . import boot, on_access, on_demand, real_time
from .checks import overall


def main(arguments, check_mode):
    """Return {checks, result} for {socket, below, paths, units}: the engine's socket, where the executables of its
    real-time part lie, the protected directories, and units that have to run now and to start at boot.

    It writes test files into the protected directories and removes them again; not in check mode.
    """
    checks = boot.prove(arguments["units"]) + real_time.prove(arguments["below"])
    checks += on_demand.prove(arguments["socket"])
    if not check_mode:
        checks += on_access.prove([path for path in arguments["paths"] if os.path.isdir(path)])
    return {"changed": False, "checks": checks, "result": overall(checks)}
