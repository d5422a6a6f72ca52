# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answer reads from a mounted Windows disk. Answering decides nothing."""

import time

from ..agreed.windows import CURRENT, VERSION
from ..posix.errors import EndpointError
from . import trees
from .disk import Disk
from .keys import Reader, Wanted
from .paths import Paths
from .registry import Registry
from .room import OutOfRoom, Room
from .unanswered import LONGEST, Unanswered, failed, of_live_alone
from .users import Users, key_below

LIST = VERSION + "\\ProfileList"
TOLD = (
    (VERSION, "SystemRoot"),
    (CURRENT, "ProgramFilesDir"),
    (CURRENT, "ProgramFilesDir (x86)"),
    (LIST, "ProgramData"),
    (LIST, "Public"),
)


class Look:
    """One look at one disk. Raises EndpointError ``no_windows`` for a root without one."""

    def __init__(self, root, things, seconds):
        self.disk = Disk(root)
        if self.disk.system is None:
            raise EndpointError(
                "no_windows",
                "Checking a Windows disk",
                root,
                "no folder there holds System32\\config",
                "Mount the partition that Windows is on, and name its root.",
            )
        self._room = Room(things, seconds)
        self._registry = Registry(self.disk, self._room)
        told = {name: self._registry.value(key, name) for key, name in TOLD}
        self._paths = Paths(self.disk.system, {name: text for name, text in told.items() if isinstance(text, str)})
        self._users = None

    def answer(self, read):
        """Return the answer to one read, whatever the disk holds."""
        begun = time.monotonic()
        try:
            answer = self._answer(read)
        except Unanswered as error:
            answer = error.answer
        except OutOfRoom:
            answer = {"failed": "a limit of number, bytes or time was reached before", "cut": True}
        except Exception as error:
            # Whatever was done to a disk affects one question alone.
            answer = {"failed": ("%s: %s" % (type(error).__name__, error))[:LONGEST]}
        if self._room.is_late():
            answer["cut"] = True
        return dict(answer, milliseconds=int((time.monotonic() - begun) * 1000))

    def _answer(self, read):
        kind = read["kind"]
        if kind == "key":
            return self._of_users(read) if read["hive"] == "Users" else self._of_machine(read)
        if kind not in ("tree", "content", "signature"):
            raise of_live_alone()
        names = self._paths.names(read["path"])
        if kind == "tree":
            return trees.tree(self.disk, names, read.get("depth", trees.DEPTH), self._room)
        if kind == "content":
            return trees.content(self.disk, names, read.get("limit", trees.LIMIT))
        return trees.signature(self.disk, names)

    def _of_machine(self, read):
        hive, stale, key = self._registry.machine(read["path"], read["view"])
        return _with(Reader(hive, Wanted(read), self._room).key(key), stale)

    def _of_users(self, read):
        if not read["path"].startswith("*\\"):
            raise failed("on a disk, users are read only all together")
        if self._users is None:
            self._users = Users(self.disk, self._registry, self._paths)
        wanted, each, others = Wanted(read), {}, dict(self._users.others)
        for user, names in self._users.hives.items():
            try:
                hive, stale = self._registry.opened(names)
            except Unanswered as error:
                others[user] = next(iter(error.answer.values()))
                continue
            try:
                each[user] = _with(Reader(hive, wanted, self._room).key(key_below(hive, read["path"])), stale)
            except Unanswered as error:
                each[user] = error.of(stale).answer
            finally:
                hive.close()
        return dict({"each": each}, **({"others": others} if others else {}))


def _with(answer, stale):
    return dict(answer, stale=stale) if stale else answer
