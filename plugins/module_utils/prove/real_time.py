# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Check that the engine's real-time part is up by what the kernel reports, not by what the engine reports."""

from ..linux import interception
from .checks import BAD, OK, check


def prove(roots, marks=True, tells=False):
    """Return two checks: the engine holds permission marks, and no other process does.

    Without ``marks``, the engine intercepts by other means, which leave no trace: the first check is left out. One that
    only ``tells`` holds marks that request no permission.
    """
    bits, kind = (interception.TELLING_BITS, "telling") if tells else (interception.PERMISSION_BITS, "permission")
    holders = interception.holders(roots, bits)
    own = sum(len(targets) for targets in holders.values())
    foreign = [
        path for pid, path in interception.executables() if pid not in holders and interception.permission_marks(pid)
    ]
    alone = "also held by " + ", ".join(sorted(set(foreign))) if foreign else "no other process holds any"
    held = check("real_time_marks", OK if own else BAD, "%d %s marks held below %s" % (own, kind, ", ".join(roots)))
    return ([held] if marks else []) + [check("real_time_alone", BAD if foreign else OK, alone)]
