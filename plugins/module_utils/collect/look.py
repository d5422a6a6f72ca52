# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What the collectors of one pass share: the root, and what is too expensive to read twice."""

import os
import re

from ..linux import interception
from ..linux.containers import container_of
from ..posix import odd_lines
from ..posix.errors import EndpointError
from ..posix.files.places import LONGEST_PATH
from ..posix.files.tree import Tree
from ..posix.names import name_below
from .items import not_checked

PASSWD = "/etc/passwd"
HOMES = "/home"
PERSONS = range(1000, 65534)
# The system's own file systems; some keep even root from reading them.
INIT = "1"
# Bytes of an account file: on a university's host it may have many thousand lines.
MOST_ACCOUNTS = 1 << 24
# Bytes that the paths of all packages may take.
ROOM = 1 << 25
BLANKS = " \t\n\v\f\r"
# Editors of other systems start a file with it.
MARK_OF_ORDER = "\ufeff"
NUMBER = re.compile(r"[0-9]{1,10}\Z")


class Process:
    """One running process: pid, path of its executable, and whether that was deleted meanwhile."""

    def __init__(self, pid, path, deleted):
        self.pid = pid
        self.path = path
        self.deleted = deleted
        self._of_host = None

    @property
    def is_hosts(self):
        """Whether it is the host's own: in no container, and its executable is the file at that path on the host."""
        if self._of_host is None:
            own = not container_of(self.pid) and interception.is_hosts_own(self.pid, self.path)
            # By now the process id may belong to another process.
            self._of_host = own and _runs(self.pid, self.path)
        return self._of_host


class Look:
    """One look at one root: ``tree``, ``root`` (str), ``live`` (bool)."""

    def __init__(self, root="/", avoided=()):
        self.root = root
        self.live = root == "/"
        self.tree = Tree(root, avoided)
        # Paths that packages own, by path; the packages collector fills it for the packages that it found.
        self.owners = {}
        self.room = ROOM
        # Processes whose executable only root may read.
        self.hidden = 0
        self._processes = None
        self._users = None
        self._homes = None
        # Why what is below /home is not known.
        self._unseen = None
        self._owned = None

    def processes(self):
        """Return every process that has an executable; none for an image."""
        if self._processes is None:
            self._processes = list(self._running()) if self.live else []
        return self._processes

    def name_below(self, roots):
        """Return a function that gives a path its usual name below the asked roots, even behind a link; or None.

        The kernel names a file by its path without links; callers know a directory by its usual name.
        """
        real = [(self.tree.lstat(root)[2], root) for root in roots if root != "/"]
        return name_below([(root, root) for root in roots] + [pair for pair in real if pair[0] != pair[1]])

    def users(self):
        """Return [(name, uid, gid, home, shell)] of the account file."""
        if self._users is None:
            self._users = list(users(self.lines_of(PASSWD)))
        return self._users

    def odd_user(self):
        """Return what is wrong with the first line of the account file that cannot be parsed, '' if all can."""
        lines = self.lines_of(PASSWD)
        return odd_lines.in_accounts(lines, (line for line in lines if list(users([line]))))

    def lines_of(self, path):
        """Return the lines of a file of accounts or groups; none if there is no such file."""
        text = self.tree.text(path, MOST_ACCOUNTS)
        return [] if text is None else text.lstrip(MARK_OF_ORDER).split("\n")

    def homes(self):
        """Return {home directory: user} of root, of all people in the account file, and of everything below /home."""
        if self._homes is None:
            found = self._below_home()
            is_here = self._unseen is None or self.tree.is_here(HOMES)
            for name, uid, _gid, home, _shell in self.users():
                if (uid == 0 or uid in PERSONS) and _is_usable(home) and (is_here or not home.startswith(HOMES + "/")):
                    found[home.rstrip("/")] = name
            self._homes = found
        return self._homes

    def unseen_homes(self, kind):
        """Yield the item of that kind that says that /home could not be looked at; nothing if it could."""
        self.homes()
        if self._unseen is not None:
            yield not_checked(kind, HOMES, HOMES, self._unseen)

    def _below_home(self):
        try:
            return {os.path.join(HOMES, name): name for name in self.tree.names(HOMES)}
        except EndpointError as error:
            # What lies elsewhere is still looked at.
            self._unseen = error
            return {}

    def user_place(self, path):
        """Return the home, or the world-writable directory, that a path is in; '' if it is root's.

        A file there alone says nothing about the host: any user can have put it there.
        """
        ground, is_anyones = self.tree.ground(path)
        if not ground:
            return ""
        if self._owned is None:
            # root's own home is root's, like any other directory.
            homes = list(self.homes()) + ([HOMES] if self._unseen is not None else [])
            self._owned = tuple(home + "/" for home in homes)
        if is_anyones or (ground + "/").startswith(self._owned):
            return ground
        # A file system with homes on it that is not entered.
        return ground if (path + "/").startswith(self._owned) and not self.tree.is_here(ground) else ""

    def _running(self):
        for name in os.listdir("/proc"):
            if name.isdigit() and name != INIT:
                try:
                    path, deleted = interception.executable(name)
                except PermissionError:
                    self.hidden += 1
                except OSError:
                    # A kernel thread, or a process that has ended.
                    continue
                else:
                    yield Process(int(name), path, deleted)


def _runs(pid, path):
    try:
        return interception.executable(str(pid))[0] == path
    except OSError:
        return False


def users(lines):
    """Yield (name, uid, gid, home, shell) of each well-formed line of an account file. Never raises."""
    for line in lines:
        # The system skips blanks before a name.
        told = line.lstrip(BLANKS).rstrip("\n").split(":")
        if len(told) == 7 and told[0] and _is_number(told[2]) and _is_number(told[3]):
            yield told[0], int(told[2]), int(told[3]), told[5], told[6]


def _is_usable(home):
    """Return True for a directory other than / that could be configured as a program's path."""
    return home.startswith("/") and home.strip("/") != "" and "\0" not in home and len(home) < LONGEST_PATH


def _is_number(text):
    return NUMBER.match(text) is not None
