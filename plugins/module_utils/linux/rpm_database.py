# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read an rpm database, of any kind, through the rpm program.

rpm writes beside a database even when it only reads it, so it gets a copy in memory. If memory is too small for that,
the host's own database is read in place: mounted read-only, by a process with its own mount namespace.
"""

import os
import re
import sys

from ..posix.errors import EndpointError
from ..posix.files import scratch
from ..posix.files.scratch import MEMORY
from ..posix.running.commands import run
from . import rpm_files
from .rpm_home import DATABASES

FILES = DATABASES + ("rpmdb.sqlite-wal", "Index.db", "Name", "Requirename", "Providename")
LIMIT = 60
SIZE_LIMIT = 1 << 29
FORMAT = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\t%{PACKAGER}\\n"
KEYS = "gpg-pubkey"
# unshare(CLONE_NEWNS), then mount(2) of / as MS_REC | MS_PRIVATE, of the directory as MS_BIND, and that as MS_RDONLY.
READ_ONLY = """
import ctypes, os, sys
library, folder = ctypes.CDLL(None, use_errno=True), os.fsencode(sys.argv[1])
def must(failed):
    if failed:
        sys.exit("it cannot be mounted for reading only: " + os.strerror(ctypes.get_errno()))
must(library.unshare(0x20000))
must(library.mount(b"none", b"/", None, 0x44000, None))
must(library.mount(folder, folder, None, 0x1000, None))
must(library.mount(b"none", folder, None, 0x1021, None))
os.execvp(sys.argv[2], sys.argv[2:])
"""
NOTHING = "(none)"
ENTRY = re.compile(r"[^\t]+(?:\t[^\t]*){5}\Z")
# rpm also says if a database has another form than the host's own; that is not a failure.
FAILURE = re.compile(
    r"^(?:error|warning): (?!Found .* while attempting ).*(?:rpmdb|[Dd]atabase|blob|header|damaged|corrupt|malformed)",
    re.MULTILINE,
)


def packages(lines):
    """Yield {name, version, architecture, vendor} of each line of a query; malformed ones and keys are skipped."""
    for line in lines:
        told = line.split("\t")
        if len(told) == 6 and told[0] and told[0] != KEYS:
            vendor = " ".join(part for part in told[4:] if part != NOTHING)
            version = told[2] if told[1] in ("0", NOTHING) else "%s:%s" % (told[1], told[2])
            yield {"name": told[0], "version": version, "architecture": told[3], "vendor": vendor}


class Database:
    """A copy of a root's database in memory, for as long as it is used in a ``with``."""

    def __init__(self, tree, folder):
        self._tree = tree
        self._folder = folder
        self._scratch = None
        self._path = ""
        self._taken = set()
        # What the files themselves say, and whether rpm said the same.
        self._counts = None
        self._is_sure = False

    def __enter__(self):
        self._open()
        try:
            for name in DATABASES:
                self._refuse_of_others(os.path.join(self._folder, name))
            self._counts = self._counted()
        except (ValueError, OSError) as error:
            self.__exit__()
            raise _broken(self._folder, str(error))
        except EndpointError:
            self.__exit__()
            raise
        return self

    def _refuse_of_others(self, path):
        if self._tree.is_of_others(path):
            raise ValueError("others than root may write to %s" % path)

    def _counted(self):
        there = [name for name in DATABASES if os.path.exists(os.path.join(self._path, name))]
        counts = {rpm_files.count(self._path, name, self._scratch is not None) for name in there}
        return None if None in counts else counts

    def _open(self):
        try:
            needed = sum(self._size(name) for name in FILES)
            self._scratch = scratch.Scratch("rpm", needed, MEMORY)
            self._path = self._scratch.__enter__()
        except EndpointError as error:
            self._scratch = None
            if error.code != "no_room_in_memory" or self._tree.root != "/":
                raise
            self._path = self._folder
            return
        try:
            for name in FILES:
                self._take(name)
        except OSError as error:
            self.__exit__()
            raise _broken(self._folder, os.strerror(error.errno))
        except EndpointError:
            self.__exit__()
            raise

    def __exit__(self, *_cause):
        if self._scratch is not None:
            self._scratch.__exit__()

    def _size(self, name):
        """Return how many bytes of a file to copy; if it is too large, the copy is refused."""
        status, target, _real = self._tree.lstat(os.path.join(self._folder, name))
        if target is not None:
            # The target of a link is not known here, and is never larger than that.
            return SIZE_LIMIT
        return 0 if status is None else min(status.st_size, SIZE_LIMIT)

    def all(self):
        """Return what ``packages`` yields for every package. Raises EndpointError also if rpm read another database."""
        lines = self._query(["-qa", "--qf", FORMAT])
        odd = [line for line in lines if line and not (ENTRY.match(line) and "\0" not in line)]
        if odd:
            raise _broken(self._folder, "rpm's output for a package cannot be parsed: %r" % odd[0])
        found = list(packages(lines))
        if self._scratch is not None and set(DATABASES) & set(os.listdir(self._path)) != self._taken:
            raise _broken(self._folder, "the rpm program here cannot read this kind of database, and created another")
        self._must_be_as_many(sum(1 for line in lines if line))
        return found

    def _must_be_as_many(self, number):
        if self._counts is not None and number not in self._counts:
            held = " or ".join(map(str, sorted(self._counts)))
            raise _broken(self._folder, "it holds %s packages, of which the rpm program here reads %d" % (held, number))
        self._is_sure = True

    def _is_absent(self):
        """Return True for what rpm does not find, once it is known to find everything else."""
        if not self._is_sure:
            self.all()
        return True

    def paths_of(self, name):
        """Return the paths that a package owns."""
        return [line for line in self._query(["-ql", "--", name]) if line.startswith("/")]

    def dependents(self, name):
        """Return the names of the packages that require a package by its name."""
        finished = run(self._command(["-q", "--qf", "%{NAME}\\n", "--whatrequires", "--", name]), LIMIT)
        return sorted(set(finished.output.split("\n")) - {"", name}) if finished.code == 0 else []

    def is_provided(self, name):
        """Return True if an installed package has the name or provides it."""
        return run(self._command(["-q", "--whatprovides", "--", name]), LIMIT).code == 0 or not self._is_absent()

    def owner(self, path):
        """Return the name of a package that owns a path, '' if none does."""
        finished = run(self._command(["-qf", "--qf", "%{NAME}\\n", "--", path]), LIMIT)
        return finished.output.split("\n")[0] if finished.code == 0 or not self._is_absent() else ""

    def refusal(self, names):
        """Return rpm's objection to removing these packages and no others, from a test; '' if there is none."""
        finished = run(self._command(["-e", "--test", "--"] + names), LIMIT)
        return finished.said() if finished.code else ""

    def _take(self, name):
        path = os.path.join(self._folder, name)
        if self._tree.lstat(path)[0] is not None:
            with open(os.path.join(self._path, name), "wb") as copy:
                for block in self._tree.blocks(path, SIZE_LIMIT):
                    copy.write(block)
            self._taken.update({name} & set(DATABASES))

    def _command(self, arguments):
        # Each record has its own digest, which rpm checks; the signature keys are not here.
        asked = ["rpm", "--dbpath", self._path, "--nosignature"] + arguments
        return asked if self._scratch is not None else [sys.executable, "-c", READ_ONLY, self._path] + asked

    def _query(self, arguments):
        finished = run(self._command(arguments), LIMIT)
        # rpm reports damaged records, skips them, and may exit without an error.
        if finished.code or FAILURE.search(finished.errors):
            raise _broken(self._folder, finished.said())
        return finished.output.split("\n")


def _broken(folder, cause):
    return EndpointError(
        "rpm_broken", "Reading rpm's database", folder, cause, "Run 'rpm -qa' on the host to see the problem."
    )
