# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to test protection."""

from ..posix.errors import EndpointError
from ..posix.running import bounded
from ..posix.running.child import TIMEOUT
from . import boot, database_age, on_access, on_demand, real_time, silenced, there, vendor
from .checks import UNKNOWN, check, overall

# Seconds that one self-test may take; the commands and requests in it have shorter limits of their own.
LIMIT = 300


def main(arguments, check_mode):
    """Return {checks, result} for what is to be tested.

    That is {socket, below, paths, quarantine, units, max_age_days, silencing}: the engine's socket, where the
    executables of its real-time part are, the protected directories, where it moves files to or '', units that have to
    run now and start at boot, the maximum age of official signatures or None, and which files disable signatures.

    ``tells`` is the unit whose log says what is found, for an engine that blocks nothing, or ''.

    A product without a socket has ``probes``, which its own command line answers, and ``marks``: whether its
    interception can be seen. ``given`` are checks that are known beforehand. Without ``below``, the product is only
    asked.
    It writes test files into the protected directories and removes them again; not in check mode.

    Each self-test has a limit that holds even if the kernel waits; one that does not end is unknown.
    """
    checks = list(arguments.get("given", []))
    checks += _within("units", boot.prove, arguments["units"])
    checks += _within("product_state", vendor.prove, arguments.get("probes", []))
    if arguments["below"]:
        marks = (arguments["below"], arguments.get("marks", True), bool(arguments["tells"]))
        checks += _within("real_time", real_time.prove, *marks)
    if arguments["socket"]:
        checks += _within("database_age", database_age.prove, arguments["socket"], arguments["max_age_days"])
        checks += _within("on_demand", on_demand.prove, arguments["socket"])
        checks += _within("signatures_silenced", silenced.prove, arguments["silencing"])
    if not check_mode:
        # One that does not answer is tested, and reported as such.
        paths = [path for path in arguments["paths"] if there.is_there(path) in (True, TIMEOUT)]
        checks += on_access.prove(paths, kept_in=arguments["quarantine"], tells=arguments["tells"])
    return {"changed": False, "checks": checks, "result": overall(checks)}


def _within(name, prove, *asked):
    try:
        return bounded.done(lambda: prove(*asked), LIMIT, name, "Testing protection")
    except (EndpointError, OSError, ValueError) as error:
        return [check(name, UNKNOWN, str(error))]
