# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Files and folders of a disk, and the bytes of a file."""

import base64
import os
import stat
import zlib

from ..posix.errors import EndpointError
from ..posix.files import reading
from ..posix.files.foreign import Allowance
from .disk import FOLDER, REPARSE, shown
from .letters import whole
from .room import EACH, OutOfRoom
from .unanswered import Unanswered, failed, of_live_alone

# From 1601, where Windows starts to count, to 1970, in units of 100 ns.
EPOCH = 116444736000000000
DEPTH, LIMIT = 1, 1 << 23
# Compressed bytes of one file that an answer may have.
MOST_PACKED = 1 << 24
GZIP = 16 + zlib.MAX_WBITS


def tree(disk, names, depth, room):
    """Return a file's {attributes, size, written}, or a folder's {attributes, below}. Raises Unanswered."""
    place, name = disk.found(names)
    return _entry(disk, place, name, depth, room)


def content(disk, names, limit):
    """Return {size, gzip} of a regular file, {size, cut} of one that is larger. Raises Unanswered."""
    descriptor = disk.opened(names)
    size = os.fstat(descriptor).st_size
    if size > limit:
        os.close(descriptor)
        return {"size": size, "cut": True}
    try:
        packed = _packed(reading.blocks(descriptor, names[-1], limit, "", Allowance()))
    except EndpointError as error:
        raise failed(error)
    if packed is None:
        return {"size": size, "cut": True}
    return {"size": size, "gzip": base64.b64encode(packed).decode("ascii")}


def signature(disk, names):
    """Raise Unanswered: on a disk it is known whether the file is there, but not whether Windows trusts it."""
    disk.described(*disk.found(names))
    raise of_live_alone()


def _packed(blocks):
    """Return blocks compressed, None if that is too much."""
    packer, parts, size = zlib.compressobj(6, zlib.DEFLATED, GZIP), [], 0
    for block in blocks:
        parts.append(packer.compress(block))
        size += len(parts[-1])
        if size > MOST_PACKED:
            return None
    return b"".join([*parts, packer.flush()])


def _entry(disk, place, name, depth, room):
    status, attributes = disk.described(place, name)
    if stat.S_ISREG(status.st_mode) and not attributes & FOLDER:
        written = status.st_mtime_ns // 100 + EPOCH
        return {"attributes": attributes, "size": status.st_size, "written": written}
    if not stat.S_ISDIR(status.st_mode):
        if attributes & REPARSE:
            return {"attributes": attributes}
        raise failed("it is neither a file nor a folder")
    if attributes & REPARSE or depth < 1:
        return {"attributes": attributes}
    answer = {"attributes": attributes}
    try:
        answer.update(_below(disk, place, name, depth, room))
    except Unanswered as error:
        answer.update(error.answer)
    return answer


def _below(disk, place, name, depth, room):
    folder = place if name == "." else disk.entered(place, name)
    found, answer = {}, {}
    try:
        for spelled in sorted(name for names in disk.names(folder).values() for name in names):
            room.one()
            room.take(len(spelled) + EACH)
            known = whole(shown(spelled))
            try:
                entry = _entry(disk, folder, spelled, depth - 1, room)
            except Unanswered as error:
                entry = error.answer
            found[known] = {"failed": "several files or folders have this name"} if known in found else entry
    except OutOfRoom:
        answer["cut"] = True
    return dict(answer, below=found)
