# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Keep the owner's data in an archive with checksums, read back before anything of it may go."""

import hashlib
import itertools
import os
import re
import stat
import tarfile

from ..system import own_journal, safe_paths
from ..system.errors import EndpointError

BLOCK = 1 << 20
LISTING_LIMIT = 1 << 28


def look(target):
    """Return True if every file that is there now is in an archive of this run, with the content that it has now.

    A run that was cut off may have archived, and then the product may have written more before it is run again.
    """
    kept = _kept(target)
    members = _members(target["paths"])
    return bool(kept) and all(
        "%s  %s" % (_digest_of(path), path.lstrip("/")) in kept
        for path, status in members
        if stat.S_ISREG(status.st_mode)
    )


def do(target):
    """Write an archive, read it back against the originals, and only then give it and its manifest their names."""
    archive, listing = _free_names(target)
    os.makedirs(os.path.dirname(archive), 0o700, exist_ok=True)
    draft = archive + ".part"
    sums = _verified(draft, list(_members(target["paths"])))
    safe_paths.write_text(listing, manifest(sums), 0o600)
    os.replace(draft, archive)
    kept = {"archive": archive, "files": len(sums), "bytes": os.path.getsize(archive)}
    own_journal.note(target["digest"], retained=kept)
    return kept


def _names(target):
    """Yield (archive, manifest) of this run in order, numbered from the second on; none is ever written over."""
    yield target["archive"], target["manifest"]
    for number in itertools.count(2):
        yield tuple(
            name.replace(target["digest"], "%s-%d" % (target["digest"], number))
            for name in (target["archive"], target["manifest"])
        )


def _free_names(target):
    return next(names for names in _names(target) if not os.path.exists(names[0]))


def _kept(target):
    """Return the lines of the manifests of all whole archives of this run, without the escapes of sha256sum."""
    lines = set()
    for archive, listing in itertools.takewhile(lambda names: os.path.exists(names[0]), _names(target)):
        for line in (safe_paths.read_text(listing, limit=LISTING_LIMIT) or "").split("\n"):
            escaped = line.startswith("\\")
            lines.add(_unescaped(line[1:]) if escaped else line)
        lines.add(archive)
    return lines


def _unescaped(line):
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found.group(1), found.group(1)), line)


def manifest(sums):
    """Return {path without the leading slash: SHA-256} in the form that ``sha256sum --check`` reads."""
    return "".join(_manifest_line(path, digest) for path, digest in sorted(sums.items()))


def _manifest_line(path, digest):
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
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


def _verified(draft, members):
    """Write the archive, read it back and return its sums; a draft that cannot be verified does not stay."""
    try:
        _write(draft, members)
        sums = _sums(draft)
        _compare(members, sums)
    except (EndpointError, OSError):
        if os.path.exists(draft):
            os.unlink(draft)
        raise
    return sums


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
        if stat.S_ISREG(status.st_mode) and sums.get(path.lstrip("/")) != _digest_of(path):
            raise EndpointError(
                "retained_differs",
                "Retaining the owner's data",
                path,
                "what was read back from the archive is not what the file holds",
                "See what still writes to it and whether the disk is full; the originals are untouched.",
            )


def _digest_of(path):
    with open(path, "rb") as stream:
        return _digest(stream)


def _digest(stream):
    digest = hashlib.sha256()
    for block in iter(lambda: stream.read(BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()
