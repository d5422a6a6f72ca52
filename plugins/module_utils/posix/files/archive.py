# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Write files into a compressed archive and read it back, file by file: memory does not grow with their number."""

import functools
import grp
import hashlib
import os
import pwd
import stat
import tarfile
import zlib

from ...kernel.opening import READ
from ..errors import EndpointError
from ..running import bounded
from . import safe_paths

BLOCK = 1 << 20
MOST_TOLD = 20
# How many hard-linked files are remembered by their first name; beyond that, each name gets the content.
MOST_LINKED = 10000
# Half the time of the highest level, for an archive that is hardly larger.
LEVEL = 6
# Errors that show that an archive is damaged.
DAMAGED = (tarfile.TarError, zlib.error, EOFError)
TYPES = ((stat.S_ISREG, tarfile.REGTYPE), (stat.S_ISDIR, tarfile.DIRTYPE), (stat.S_ISLNK, tarfile.SYMTYPE))


def write(stream, entries):
    """Write entries of a walk; return the paths of sockets, FIFOs and devices, which hold no data, up to a limit.

    Owners, modes, times to the second, links and hard links are kept; extended attributes, ACLs, chattr(1) flags and
    the holes of sparse files are not.
    """
    skipped, names = [], {}
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=LEVEL, format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if _type_of(entry) is not None:
                _add(archive, entry, names)
            elif len(skipped) < MOST_TOLD:
                skipped.append(safe_paths.shown(entry.path))
            # It would remember every one.
            archive.members = []
    return skipped


def verified(path, entries):
    """Yield (path without its leading slash, SHA-256) of every file of an archive that holds just these entries.

    Raises EndpointError if its content differs from the current one.
    """
    sums = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in entries:
                if _type_of(entry) is None:
                    continue
                member = archive.next()
                archive.members = []
                if member is None or member.name != _name(entry):
                    raise _differs(entry.path, "it was created or deleted since the archive was started")
                if stat.S_ISREG(entry.status.st_mode):
                    yield _name(entry), _same(archive, member, entry, sums)
            member = archive.next()
    except DAMAGED as error:
        raise _differs(path, error)
    if member is not None:
        raise _differs("/" + member.name, "it was deleted since the archive was started")


def digest_of(entry):
    """Return the SHA-256 of a file that a walk has reached."""
    with _opened(entry) as stream:
        # One byte more shows that it has grown.
        return _digest(stream, entry.status.st_size + 1)


def _name(entry):
    return entry.path.lstrip("/")


def _type_of(entry):
    return next((kind for test, kind in TYPES if test(entry.status.st_mode)), None)


def _add(archive, entry, names):
    """Add one entry; ``names`` are the names in the archive of files with several hard links."""
    status = entry.status
    info = tarfile.TarInfo(_name(entry))
    info.type = _type_of(entry)
    # Fractions of a second would need an extra header for every file.
    info.mode, info.uid, info.gid, info.mtime = status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime)
    info.uname, info.gname = _user(status.st_uid), _group(status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        info.linkname = os.readlink(entry.name, dir_fd=entry.folder)
    elif stat.S_ISREG(status.st_mode):
        first = _first_name(names, status, info.name)
        if first == info.name:
            _add_content(archive, info, entry)
            return
        info.type, info.linkname = tarfile.LNKTYPE, first
    archive.addfile(info)


def _first_name(names, status, name):
    """Return the name under which the archive already has a file, or this one."""
    if status.st_nlink == 1:
        return name
    key = (status.st_dev, status.st_ino)
    if len(names) < MOST_LINKED:
        names.setdefault(key, name)
    return names.get(key, name)


def _add_content(archive, info, entry):
    with _opened(entry) as stream:
        info.size = entry.status.st_size
        begun = archive.offset
        try:
            archive.addfile(info, _Read(stream))
        except OSError as error:
            # For a file that has shrunk, the system has no error number.
            if error.errno is None and archive.offset > begun:
                raise _differs(entry.path, "it became shorter while it was read")
            raise


def _same(archive, member, entry, sums):
    """Return the SHA-256 of a file that is the same in the archive; ``sums`` are those of hard-linked files."""
    digest = sums.get(member.linkname) if member.islnk() else _digest(archive.extractfile(member))
    if digest != digest_of(entry):
        raise _differs(entry.path, "the content in the archive differs from the file")
    if entry.status.st_nlink > 1 and not member.islnk() and len(sums) < MOST_LINKED:
        sums[member.name] = digest
    return digest


def _opened(entry):
    """Return a stream of the path, if it is still the same file of the same size, which counts towards a limit."""
    descriptor = os.open(entry.name, READ, dir_fd=entry.folder)
    now, cause = os.fstat(descriptor), ""
    if not stat.S_ISREG(now.st_mode) or not os.path.samestat(now, entry.status):
        cause = "something else has taken its place"
    elif now.st_size != entry.status.st_size:
        cause = "its size has changed since it was reached"
    if cause:
        os.close(descriptor)
        raise _differs(entry.path, cause)
    return os.fdopen(descriptor, "rb")


class _Read:
    """A stream whose every block counts as progress."""

    def __init__(self, stream):
        self._stream = stream

    def read(self, size):
        """Return the next bytes."""
        bounded.goes_on()
        return self._stream.read(size)


def _digest(stream, most=None):
    """Return the SHA-256 of what a stream gives, of its first bytes if ``most`` says how many."""
    digest, left = hashlib.sha256(), most
    while True:
        block = stream.read(BLOCK if left is None else min(BLOCK, left))
        if not block:
            return digest.hexdigest()
        digest.update(block)
        left = None if left is None else left - len(block)
        bounded.goes_on()


@functools.lru_cache(maxsize=None)
def _user(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


@functools.lru_cache(maxsize=None)
def _group(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""


def _differs(path, cause):
    return EndpointError(
        "retained_differs",
        "Archiving your data",
        safe_paths.shown(path),
        cause,
        "Find out what still writes to it, and check the disk; the originals are untouched.",
    )
