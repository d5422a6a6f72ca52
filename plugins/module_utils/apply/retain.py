# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Keep the owner's data in an archive with checksums, read back before anything of it may go."""

import hashlib
import os
import stat
import tarfile

from ..system import own_journal, safe_paths
from ..system.errors import EndpointError

BLOCK = 1 << 20


def look(target):
    """Return True if the archive and its manifest are there: both get their names only when verified."""
    return os.path.isfile(target["archive"]) and os.path.isfile(target["manifest"])


def do(target):
    """Write the archive, read it back against the originals, and only then give both files their names."""
    folder = os.path.dirname(target["archive"])
    os.makedirs(folder, 0o700, exist_ok=True)
    draft = target["archive"] + ".part"
    members = list(_members(target["paths"]))
    _write(draft, members)
    sums = _sums(draft)
    _compare(members, sums)
    safe_paths.write_text(target["manifest"], manifest(sums), 0o600)
    os.replace(draft, target["archive"])
    kept = {"archive": target["archive"], "files": len(sums), "bytes": os.path.getsize(target["archive"])}
    own_journal.note(target["digest"], retained=kept)
    return kept


def manifest(sums):
    """Return {path without the leading slash: SHA-256} in the form that ``sha256sum --check`` reads."""
    return "".join(_manifest_line(path, digest) for path, digest in sorted(sums.items()))


def _manifest_line(path, digest):
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n")
    return "%s%s  %s\n" % ("\\" if escaped != path else "", digest, escaped)


def _members(paths):
    """Yield (path, status) of everything to keep, without following links; sockets, FIFOs and devices hold no data."""
    for top in paths:
        status, _target = safe_paths.lstat(top)
        if status is None:
            continue
        yield top, status
        if stat.S_ISDIR(status.st_mode):
            for folder, folders, names in os.walk(top):
                for name in sorted(folders) + sorted(names):
                    path = os.path.join(folder, name)
                    yield path, os.lstat(path)


def _write(draft, members):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600), "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
            for path, status in members:
                if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    archive.add(path, arcname=path.lstrip("/"), recursive=False)
        stream.flush()
        os.fsync(stream.fileno())


def _sums(draft):
    sums = {}
    with tarfile.open(draft, "r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() or member.islnk() else None
            if content is not None:
                sums[member.name] = _digest(content)
    return sums


def _compare(members, sums):
    for path, status in members:
        if not stat.S_ISREG(status.st_mode):
            continue
        with open(path, "rb") as stream:
            if sums.get(path.lstrip("/")) != _digest(stream):
                raise EndpointError(
                    "retained_differs",
                    "Retaining the owner's data",
                    path,
                    "what was read back from the archive is not what the file holds",
                    "See what still writes to it and whether the disk is full; the originals are untouched.",
                )


def _digest(stream):
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()
