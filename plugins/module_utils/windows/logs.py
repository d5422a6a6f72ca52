# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether a hive may be older than the system's last write: writes go to its transaction logs first.

The logs are not replayed. They are only compared with the hive: by the numbers of their entries, not by times.
"""

import struct

from .regf import checksum

PAIR = (".LOG1", ".LOG2")
SUFFIXES = (*PAIR, ".LOG")
FIRST = 512
ENTRY = struct.Struct("<4sIIIII")
MOST_ENTRIES = 10000
LEAST_ENTRY = 512
TORN = "it was not written completely, and its transaction logs are not replayed"
NONE_THERE = "its transaction logs are not there, and it may have been copied without what they hold"
ONE_MISSING = "its transaction log %s is not there, and it may have been copied without what that one holds"
OLD_ALONE = (
    "of its transaction logs only .LOG is there, and the system is not known to be older than Windows Vista, which has "
    "two more: it may have been copied without what those hold"
)
NEWER = "its transaction log %s holds newer pages, which are not replayed"
UNREADABLE = "its transaction log %s cannot be read"


def why_stale(hive, logs, has_one_log):
    """Return why a hive may be stale, '' if it is complete.

    ``logs`` is {suffix: Blocks, None if unreadable}; ``has_one_log`` is called where it matters, and returns whether
    the system is known to be one that has no more than one log for each hive.
    """
    if hive.is_torn:
        return TORN
    if not logs:
        return NONE_THERE
    # Newer systems write to both in turn; the oldest have one, of another name.
    missing = [suffix for suffix in PAIR if suffix not in logs]
    if missing and len(missing) < len(PAIR):
        return ONE_MISSING % missing[0]
    if missing and not has_one_log():
        return OLD_ALONE
    for suffix, blocks in sorted(logs.items()):
        try:
            if blocks is not None and not _is_newer(blocks, hive.sequences[1]):
                continue
        except (ValueError, OSError):
            blocks = None
        return (UNREADABLE if blocks is None else NEWER) % suffix
    return ""


def _is_newer(blocks, sequence):
    """Return whether a log has entries that a hive with that sequence number lacks."""
    if blocks.length == 0:
        # A log that was never written to is empty.
        return False
    if blocks.length < FIRST:
        raise ValueError("it is incomplete")
    head = blocks.read(0, FIRST)
    if head[:4] != b"regf":
        if head.strip(b"\0"):
            raise ValueError("it is not a log")
        return False
    if blocks.length > FIRST + 4 and blocks.read(FIRST, 4) == b"DIRT":
        is_whole = checksum(head) == struct.unpack_from("<I", head, 508)[0]
        return is_whole and _is_later(struct.unpack_from("<I", head, 4)[0], sequence)
    return any(number == sequence or _is_later(number, sequence) for number in _entries(blocks))


def _entries(blocks):
    """Yield the sequence number of every entry of a log in the newer format."""
    place = FIRST
    for _entry in range(MOST_ENTRIES):
        if place + ENTRY.size > blocks.length:
            return
        magic, size, _flags, sequence, _bins, _pages = ENTRY.unpack(blocks.read(place, ENTRY.size))
        if magic != b"HvLE" or size < LEAST_ENTRY or place + size > blocks.length:
            return
        yield sequence
        place += size
    raise ValueError("it has more than %d entries" % MOST_ENTRIES)


def _is_later(number, other):
    """Numbers wrap around after the largest."""
    return 0 < (number - other) & 0xFFFFFFFF < 1 << 31
