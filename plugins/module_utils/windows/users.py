# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Every user's hive: of the users in the registry, and in every folder of users that contains one."""

from .disk import CONFIG, shown
from .letters import folded, whole
from .registry import key_at, value_of
from .unanswered import Unanswered

LIST = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
HIVE = "NTUSER.DAT"
# The user that the system itself runs as, and the path of its hive.
DEFAULT, OF_DEFAULT, SYSTEM = ".DEFAULT", "DEFAULT", "S-1-5-18"
FOLDERS = ("Users", "Documents and Settings")
MOST = 2000
ALL = "*"


class Users:
    """``hives`` is {SID, or folder of a user without one: names of its hive below the root}, ``others`` {user: why}."""

    def __init__(self, disk, registry, paths):
        self._disk, self._paths = disk, paths
        self.hives = {DEFAULT: [disk.system, *CONFIG, OF_DEFAULT]}
        self.others = {}
        self._list(registry)
        for folder in FOLDERS:
            self._look_into(folder)

    def _list(self, registry):
        try:
            hive, _stale, key = registry.machine(LIST, "Registry64")
            for child in hive.below(key):
                if folded(child.name) != SYSTEM and not self._is_full():
                    self._listed(child.name, value_of(hive, child, "ProfileImagePath"))
        except Unanswered as error:
            self.others[ALL] = "the list of profiles: %s" % next(iter(error.answer.values()))
        except (ValueError, OSError) as error:
            self.others[ALL] = "the list of profiles is damaged: %s" % error

    def _listed(self, sid, path):
        try:
            self.hives[sid] = [*self._paths.names(path if isinstance(path, str) else ""), HIVE]
        except Unanswered as error:
            self.others[sid] = next(iter(error.answer.values()))

    def _look_into(self, folder):
        known = {tuple(map(folded, names)) for names in self.hives.values()}
        try:
            spelled = [name for names in self._disk.names(self._disk.folder([folder])).values() for name in names]
        except Unanswered as error:
            # A link leads from an older name to the newer one.
            if "absent" not in error.answer and folder == FOLDERS[0]:
                self.others[folder] = next(iter(error.answer.values()))
            return
        for name in sorted(spelled):
            names = [folder, shown(name), HIVE]
            if tuple(map(folded, names)) not in known and self._has_hive(names) and not self._is_full():
                self.hives[whole("\\".join(names[:2]))] = names

    def _has_hive(self, names):
        try:
            self._disk.found(names)
        except Unanswered as error:
            if "absent" not in error.answer and "link" not in next(iter(error.answer.values())):
                self.others[whole("\\".join(names[:2]))] = next(iter(error.answer.values()))
            return False
        return True

    def _is_full(self):
        if len(self.hives) >= MOST:
            self.others[ALL] = "there are more than %d profiles" % MOST
        return len(self.hives) >= MOST


def key_below(hive, path):
    """Return the key of a path that begins with a star, in one user's hive. Raises Unanswered."""
    return key_at(hive, [name for name in path.split("\\")[1:] if name])
