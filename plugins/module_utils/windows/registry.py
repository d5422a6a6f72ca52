# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The registry of a disk: its hives, the control set that was in use, both views, and every user's hive."""

from ..agreed.windows import VERSION
from .blocks import Blocks
from .disk import CONFIG
from .letters import folded
from .logs import SUFFIXES, why_stale
from .regf import Hive
from .unanswered import NO_KEY, Unanswered, absent, failed, of_live_alone
from .values import answered
from .views import software

OF_MACHINE = ("SOFTWARE", "SYSTEM", "ELAM", "DRIVERS")
# These exist only in a running system, not on the disk.
VOLATILE = ("HARDWARE",)
CURRENT = "CURRENTCONTROLSET"
# The build of Windows Vista.
FIRST_WITH_PAIRS = 6000
CPU = ("Control", "Session Manager", "Environment")


class Registry:
    """The machine's hives of one disk. They stay open."""

    def __init__(self, disk, room):
        self._disk, self._room = disk, room
        self._open = {}
        self._bits, self._is_old = None, None

    def machine(self, path, view):
        """Return (hive, why it may be stale or '', key) of a path below HKLM. Raises Unanswered."""
        top, *names = [name for name in path.split("\\") if name]
        name = folded(top)
        if name in VOLATILE:
            raise of_live_alone()
        if name not in OF_MACHINE:
            raise failed("the hive of HKLM\\%s is not read" % top)
        hive, stale = self._hive(name)
        if name == "SYSTEM" and names and folded(names[0]) == CURRENT:
            names = [self._control_set(hive), *names[1:]]
        elif name == "SOFTWARE" and view == "Registry32" and not self._is_32bit():
            names = software(names, view)
        try:
            return hive, stale, key_at(hive, names)
        except Unanswered as error:
            raise error.of(stale)

    def value(self, path, name):
        """Return the data of a value below HKLM; None if the key or the value is not there, or cannot be read."""
        try:
            hive, _stale, key = self.machine(path, "Registry64")
            return value_of(hive, key, name)
        except (Unanswered, ValueError, OSError):
            return None

    def opened(self, names):
        """Return (hive, why it may be stale or '') of a file of the disk. Raises Unanswered; close it."""
        hive = opened(self._disk, names, self._room)
        return hive, _stale(self._disk, names, hive, self._has_one_log)

    def _hive(self, name):
        if name not in self._open:
            try:
                self._open[name] = self.opened([self._disk.system, *CONFIG, name])
            except Unanswered as error:
                self._open[name] = error
        if isinstance(self._open[name], Unanswered):
            raise self._open[name]
        return self._open[name]

    def _control_set(self, hive):
        """Return the name of the control set that CurrentControlSet pointed to; that link itself is not on the disk."""
        try:
            number = value_of(hive, key_at(hive, ["Select"]), "Current")
            if not isinstance(number, int) or not 0 < number < 1000:
                raise failed("SYSTEM does not say which control set was in use")
            name = "ControlSet%03d" % number
            if hive.child(hive.root(), name) is None:
                raise failed("the control set that was in use, %s, is not there" % name)
        except Unanswered as error:
            raise failed(error.answer.get("failed") or "SYSTEM does not say which control set was in use")
        except (ValueError, OSError) as error:
            raise failed("damaged: %s" % error)
        return name

    def _has_one_log(self):
        """Return whether the system is known to be older than Windows Vista, which brought pairs of logs."""
        if self._is_old is None:
            build = self._build()
            self._is_old = isinstance(build, str) and build.isdecimal() and int(build[:9]) < FIRST_WITH_PAIRS
        return self._is_old

    def _build(self):
        """Return the system's build, whatever its hive's logs are; None where it is not known."""
        try:
            hive = opened(self._disk, [self._disk.system, *CONFIG, "SOFTWARE"], self._room)
        except Unanswered:
            return None
        try:
            return value_of(hive, key_at(hive, VERSION.split("\\")[1:]), "CurrentBuildNumber")
        except (Unanswered, ValueError, OSError):
            return None
        finally:
            hive.close()

    def _is_32bit(self):
        if self._bits is None:
            kind = self.value("\\".join(["SYSTEM", CURRENT, *CPU]), "PROCESSOR_ARCHITECTURE")
            self._bits = kind == "x86"
        return self._bits


def opened(disk, names, room):
    """Return the hive in a file. Raises Unanswered for one that is missing or damaged."""
    what = "the hive %s" % "\\".join(names)
    try:
        hive = Hive(disk.opened(names), room)
    except Unanswered as error:
        cause = "is missing" if "absent" in error.answer else "cannot be read: %s" % next(iter(error.answer.values()))
        raise failed("%s %s" % (what, cause))
    except (ValueError, OSError) as error:
        raise failed("%s is damaged: %s" % (what, error))
    return hive


def key_at(hive, names):
    """Return the key of a path in a hive; Unanswered if there is none, if it is reached by a link, or is damaged."""
    try:
        key = hive.root()
        for name in names:
            key = hive.child(key, name)
            if key is None:
                raise absent(NO_KEY)
            if key.is_link:
                raise failed("%s is a link to another key, and none is followed" % key.name)
    except (ValueError, OSError) as error:
        raise failed("damaged: %s" % error)
    return key


def value_of(hive, key, name):
    """Return a value's data in the form of an answer, None if there is none. Raises ValueError and OSError."""
    wanted = folded(name)
    for own, kind, raw in hive.values(key):
        if folded(own) == wanted:
            return answered(kind, raw())["data"]
    return None


def _stale(disk, names, hive, has_one_log):
    logs = {}
    for suffix in SUFFIXES:
        try:
            logs[suffix] = Blocks(disk.opened([*names[:-1], names[-1] + suffix]))
        except Unanswered as error:
            if "absent" not in error.answer:
                logs[suffix] = None
    try:
        return why_stale(hive, logs, has_one_log)
    finally:
        for blocks in logs.values():
            if blocks is not None:
                blocks.close()
