# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Keep the new scanner from scanning the old one's own files while the two run side by side.

A scanner's worker may open its databases and temporary files before it answers. The other scanner must not wait for
that answer in turn. The new one reads the list when it starts; its settings on the disk do not change.
"""

import contextlib

from ...posix.errors import Problem
from ...posix.files import safe_remove, safe_write
from ...posix.running import bounded

MODE = 0o600
# Seconds for its files, whose disk may not answer.
LIMIT = 60


class Excluded:
    """The directories that the new one excludes if it starts in this ``with``.

    ``told`` is {list, environment, text, paths}, or None: ``list`` is the file with one path per line, and
    ``environment`` is the file with ``text`` that passes it to the new one's unit. The unit also starts without it.
    """

    def __init__(self, told):
        self._told = told

    def __enter__(self):
        self.forget()
        if self._told and self._told["paths"]:
            self._apart(self._write)
        return self

    def __exit__(self, *_error):
        self.end()

    def end(self):
        """Let the new one scan everything from its next start on. What is left, the next run removes."""
        with contextlib.suppress(Problem, OSError):
            self.forget()

    def forget(self):
        """Remove both files; a run that was killed has left them too.

        The list goes last, because a scanner whose list is missing may watch nothing.
        """
        if self._told:
            self._apart(self._remove)

    def _apart(self, act):
        bounded.done(act, LIMIT, self._told["list"], "Preparing the overlap of two scanners")

    def _write(self):
        safe_write.write_text(self._told["list"], "".join(path + "\n" for path in self._told["paths"]), MODE)
        safe_write.write_text(self._told["environment"], self._told["text"], MODE)

    def _remove(self):
        for name in ("environment", "list"):
            safe_remove.remove(self._told[name], "file")
