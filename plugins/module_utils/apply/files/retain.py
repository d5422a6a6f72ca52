# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Archive the owner's data with checksums, and read the archive back before any of it may be removed.

Nothing here changes or removes an original. Everything is read and written file by file, so that memory use does not
grow with the data.
"""

import hashlib
import itertools
import os
import re
import stat

from ...kernel.opening import DIRECTORY
from ...posix.errors import EndpointError
from ...posix.files import archive
from ...posix.files.tree_walk import walk
from ...posix.own import own_journal

DRAFT = ".part"
# How many files are compared with the manifests at a time, if they are not in their order.
AT_ONCE = 200000
WRITTEN = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def look(target):
    """Return True if every file that exists now is in an archive of this run with its current content, and the journal
    says where.

    An interrupted run may have archived some data, and the product may have written more since then.
    """
    return _is_kept(target) and _is_noted(target)


def do(target):
    """Write an archive, compare it with the originals, and only then give it and its manifest their names.

    What an interrupted run has archived is only noted.
    """
    if _is_kept(target):
        return _noted(target, {})
    whole, listing = next(names for names in _names(target) if not os.path.exists(names[0]))
    folder = os.path.dirname(whole)
    _make_private(folder)
    drafts = [whole + DRAFT, listing + DRAFT]
    _discard(drafts + target.get("drafts", []))
    try:
        skipped = _write(drafts[0], target)
        _verify(drafts[0], drafts[1], target)
        # The archive's name means that both are complete, so it is given last.
        os.replace(drafts[1], listing)
        _settle(folder)
        os.replace(drafts[0], whole)
        _settle(folder)
    except EndpointError:
        _discard(drafts)
        raise
    except OSError as error:
        _discard(drafts)
        raise EndpointError(
            "retain_failed",
            "Archiving your data",
            whole,
            str(error),
            "Free some space, or check the disk, and run again; the originals are untouched.",
        )
    return _noted(target, {"skipped": skipped} if skipped else {})


def tidy(target):
    """Remove what an interrupted step has left half written."""
    _discard([name + DRAFT for names in itertools.islice(_names(target), len(_whole(target)) + 1) for name in names])


def _noted(target, facts):
    """Note in the journal where the archives of this run are, and return the facts for the record."""
    *earlier, (whole, listing) = _whole(target)
    files = sum(1 for _line in _listed(listing))
    kept = dict(facts, archive=whole, files=files, bytes=os.path.getsize(whole))
    if earlier:
        kept["earlier"] = [archive for archive, _listing in earlier]
    others = [one for one in _all_noted(target) if one["archive"] not in [names[0] for names in _whole(target)]]
    own_journal.note(target["digest"], retained=_together(others + [kept]))
    return kept


def _together(several):
    """Return what the journal says about the archives of one run: of each step of this kind, and of all together."""
    first = several[0]
    if len(several) == 1:
        return first
    names = [name for one in several for name in (one["archive"], *one.get("earlier", ()))]
    earlier = [name for name in names if name != first["archive"]]
    sums = {key: sum(one[key] for one in several) for key in ("files", "bytes")}
    return dict(first, earlier=earlier, steps=several, **sums)


def _all_noted(target):
    """Return what the journal has for each step of this kind in this run."""
    kept = own_journal.noted(target["digest"]).get("retained")
    return [] if kept is None else kept.get("steps", [kept])


def _is_noted(target):
    last = _whole(target)[-1][0]
    return any(one["archive"] == last for one in _all_noted(target))


def _whole(target):
    """Return the (archive, manifest) of this run that are there, in order."""
    return list(itertools.takewhile(lambda names: os.path.exists(names[0]), _names(target)))


def _names(target):
    """Yield (archive, manifest) of this run in order, numbered from the second on; none is ever overwritten."""
    yield target["archive"], target["manifest"]
    for number in itertools.count(2):
        yield tuple(
            name.replace(target["digest"], "%s-%d" % (target["digest"], number))
            for name in (target["archive"], target["manifest"])
        )


def _make_private(folder):
    os.makedirs(folder, 0o700, exist_ok=True)
    _settle(os.path.dirname(folder))


def _settle(folder):
    """Make new names in a directory survive a power failure."""
    descriptor = os.open(folder, DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard(drafts):
    for draft in drafts:
        if os.path.lexists(draft):
            os.unlink(draft)


def _is_kept(target):
    """Return True if there is an archive and it has what is there now."""
    listings = [listing for _archive, listing in _whole(target)]
    if not listings:
        return False
    # An interrupted run has gone through the same files in the same order.
    left = _not_in_order(_now(target), _digests(listings[-1]))
    for some in iter(lambda: set(itertools.islice(left, AT_ONCE)), set()):
        for listing in listings:
            some.difference_update(_digests(listing))
        if some:
            return False
    return True


def _now(target):
    """Yield a digest of the manifest line of each file that is there now."""
    for entry in _entries(target):
        if stat.S_ISREG(entry.status.st_mode):
            yield _short(_line(entry.path, archive.digest_of(entry)))


def _digests(listing):
    """Yield the same of each line of a manifest."""
    for line in _listed(listing):
        yield _short(_unescaped(line))


def _not_in_order(wanted, found):
    """Yield what of ``wanted`` is not in ``found`` or not in the same order: everything from the first such item on."""
    for one in wanted:
        if one not in found:
            # The iterator is exhausted.
            yield one


def _listed(listing):
    """Yield the lines of a manifest; none if it is gone."""
    if os.path.exists(listing):
        with open(listing, encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            for line in stream:
                yield line.rstrip("\n")


def _short(line):
    return hashlib.sha256(line.encode("utf-8", "surrogateescape")).digest()


def _unescaped(line):
    """Return a line of a manifest without the escapes of sha256sum, which begin with a backslash before the sum."""
    if not line.startswith("\\"):
        return line
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found.group(1), found.group(1)), line[1:])


def _line(path, digest):
    return "%s  %s" % (digest, path.lstrip("/"))


def manifest_line(path, digest):
    """Return a file's line in the form that ``sha256sum --check`` reads, for a path without its leading slash."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return "%s%s  %s\n" % ("\\" if escaped != path else "", digest, escaped)


def _entries(target):
    """Yield everything to archive, in a fixed order; a path below another path of the list comes with that one.

    In a home, no other file system is entered, and the amount is limited: the data was smaller when the plan was made.
    """
    paths, in_home = target["paths"], bool(target.get("in_home"))
    files = size = 0
    for path in sorted(set(paths)):
        if any(path.startswith(other + "/") for other in paths):
            continue
        for entry in walk(path, one_mount=in_home):
            if in_home:
                files, size = files + 1, size + _size(entry)
                _refuse_more(target, files, size)
            yield entry


def _size(entry):
    return entry.status.st_size if stat.S_ISREG(entry.status.st_mode) else 0


def _refuse_more(target, files, size):
    if files > target["most_files"] or size > target["most_bytes"]:
        raise EndpointError(
            "retain_too_large",
            "Archiving a user's data",
            target["paths"][0],
            "it now has more than %d files or %d bytes" % (target["most_files"], target["most_bytes"]),
            "Have its user make it smaller, and run again.",
        )


def _write(draft, target):
    """Write the archive; return the paths of sockets, FIFOs and devices, which hold no data, up to a limit."""
    with os.fdopen(os.open(draft, WRITTEN, 0o600), "wb") as stream:
        skipped = archive.write(stream, _entries(target))
        stream.flush()
        os.fsync(stream.fileno())
    return skipped


def _verify(draft, listing, target):
    """Compare the archive with the originals and write its manifest, one line per file."""
    with os.fdopen(os.open(listing, WRITTEN, 0o600), "wb") as stream:
        for path, digest in archive.verified(draft, _entries(target)):
            stream.write(manifest_line(path, digest).encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())
