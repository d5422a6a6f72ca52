# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Convert paths as Windows writes them to names below the root of its disk."""

import re

from .letters import folded
from .unanswered import failed

VARIABLE = re.compile(r"%([^%\\]+)%")
DRIVE = re.compile(r"([A-Za-z]):(?:\\|\Z)")
MOST_EXPANDED = 4
DEFAULT_DRIVE = "C"


class Paths:
    """The values of variables on one disk. ``told`` is {variable: path} from its registry."""

    def __init__(self, system, told):
        drive = DRIVE.match(told.get("SystemRoot") or "")
        self._drive = (drive.group(1) if drive else DEFAULT_DRIVE).upper()
        top = self._drive + ":"
        usual = {
            "SYSTEMDRIVE": top,
            "SYSTEMROOT": top + "\\" + system,
            "WINDIR": top + "\\" + system,
            "PROGRAMFILES": told.get("ProgramFilesDir") or top + "\\Program Files",
            "PROGRAMFILES(X86)": told.get("ProgramFilesDir (x86)") or top + "\\Program Files (x86)",
            "PROGRAMDATA": told.get("ProgramData") or top + "\\ProgramData",
            "PUBLIC": told.get("Public") or top + "\\Users\\Public",
        }
        usual["ALLUSERSPROFILE"], usual["PROGRAMW6432"] = usual["PROGRAMDATA"], usual["PROGRAMFILES"]
        self._known = usual

    def names(self, path):
        """Return the names below the root that a path leads to; Unanswered if it is on no disk, or on another one."""
        whole = self._expanded(path)
        drive = DRIVE.match(whole)
        if not drive:
            raise failed("%s is not an absolute path" % path)
        if drive.group(1).upper() != self._drive:
            raise failed("%s is on another disk than %s:" % (path, self._drive))
        names = [name for name in whole[drive.end() :].split("\\") if name]
        if "." in names or ".." in names:
            raise failed("%s is not normalised" % path)
        return names

    def _expanded(self, path):
        # The value of a variable may contain another one.
        for _time in range(MOST_EXPANDED):
            if "%" not in path:
                return path
            path = VARIABLE.sub(self._value, path)
        raise failed("%s: its variables cannot be resolved" % path)

    def _value(self, found):
        value = self._known.get(folded(found.group(1)))
        if value is None:
            raise failed("the value of the variable %s on a disk is not known" % found.group(1))
        return value
