# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Tests of names and paths against many at once: exact, by a pattern in which * stands for anything, or below one.

Also names as text: bytes that are not UTF-8 are written as \\xNN, and the name can be restored from that.
"""

import re

# Surrogates, as JSON can hold them, that stand for no byte.
HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
# Text that looks like a byte in that form, but is not one.
READS_SO = re.compile(r"\\(?=x(?:[89a-f][0-9a-f]|5c))")
WRITTEN = re.compile(r"\\x(5c|[89a-f][0-9a-f])")


def any_of(patterns):
    """Return a test of one name (str) that is true if any of the patterns matches all of it. Never raises.

    Patterns with a text before their first * are sorted by that text, since most names match none.
    """
    exact = {pattern for pattern in patterns if "*" not in pattern}
    globs = [pattern.split("*") for pattern in patterns if "*" in pattern]
    begun, free = [parts for parts in globs if parts[0]], [parts for parts in globs if not parts[0]]
    begins, ends = tuple(parts[0] for parts in begun), tuple(parts[-1] for parts in free)

    def fits(name):
        if name in exact:
            return True
        likely = begun if name.startswith(begins) else []
        for parts in likely + free if name.endswith(ends) else likely:
            if _fits(parts, name):
                return True
        return False

    return fits


def _fits(parts, name):
    """Return True if a name begins with the first part, ends with the last, and has the others in order between."""
    first, last = parts[0], parts[-1]
    start, end = len(first), len(name) - len(last)
    if not name.endswith(last) or start > end or not name.startswith(first):
        return False
    for part in parts[1:-1]:
        found = name.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True


def below_any(roots):
    """Return a test of one path (str) that is true if it is one of the roots or lies below one."""
    exact, begins = set(roots), tuple(root.rstrip("/") + "/" for root in roots)
    return lambda path: path in exact or path.startswith(begins)


def name_below(named):
    """Return what gives a path (str) the name that was asked for, None if it is below none of the roots.

    ``named`` are (root, its name): a directory may be reached by several names, and the longest matching root decides.
    """
    is_below = below_any([root for root, _name in named])
    ordered = sorted(named, key=lambda pair: (-len(pair[0]), pair[0] != pair[1]))

    def name_of(path):
        if not is_below(path):
            return None
        for root, name in ordered:
            if root == "/" or path == root or path.startswith(root.rstrip("/") + "/"):
                return name.rstrip("/") + path[len(root.rstrip("/")) :]
        return None

    return name_of


def written(path):
    """Return a path as text of complete characters, from which ``meant`` restores it."""
    return text(READS_SO.sub(r"\\x5c", path))


def text(content):
    """Return text with the bytes that are not UTF-8 as \\xNN."""
    raw = HALVES.sub("?", content).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def meant(path):
    """Return the path that was written this way, with its non-UTF-8 bytes as Python has them."""
    return WRITTEN.sub(_byte, path)


def _byte(found):
    return "\\" if found.group(1) == "5c" else bytes([int(found.group(1), 16)]).decode("ascii", "surrogateescape")
