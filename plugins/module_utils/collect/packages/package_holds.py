# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which packages dnf or zypper is configured to keep: dnf.conf(5) "protected_packages", zypper(8) "addlock"."""

import fnmatch

PROTECTED = ("/etc/dnf/protected.d", "/etc/yum/protected.d")
LOCKS = "/etc/zypp/locks"
PACKAGE = "package"


def protected(lines):
    """Yield the pattern in each line of one of dnf's files; lines that start with # are comments. Never raises."""
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#"):
            yield text


def locks(lines):
    """Yield the pattern of each package lock in zypper's file, * if a lock names no package itself.

    A lock is a block of lines ``key: value`` that an empty line ends. A regular expression counts as any name: it is
    better to request no removal than to try what zypper refuses. Never raises.
    """
    block = {}
    for line in [*lines, ""]:
        key, colon, value = line.partition(":")
        if colon:
            block[key.strip()] = value.strip()
        elif not line.strip() and block:
            if block.get("type", PACKAGE) == PACKAGE:
                yield _pattern(block)
            block = {}


def _pattern(block):
    name = block.get("solvable_name", "*")
    kind, colon, rest = name.partition(":")
    return "*" if block.get("match_type") == "regex" else rest if colon and kind == PACKAGE else name


def patterns(tool, tree):
    """Return the patterns that a tool (dnf, zypper, any other) keeps."""
    if tool == "zypper":
        return list(locks((tree.text(LOCKS) or "").splitlines()))
    if tool != "dnf":
        return []
    files = ["%s/%s" % (folder, name) for folder in PROTECTED for name in tree.names(folder) if name.endswith(".conf")]
    return [pattern for path in files for pattern in protected((tree.text(path) or "").splitlines())]


def held(names, kept):
    """Return which of the names match a pattern, in order."""
    return sorted(name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in kept))
