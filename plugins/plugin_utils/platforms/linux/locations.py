# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare names and paths of endpoints as text; the controller cannot look at them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_below(path: str, roots: Iterable[str]) -> bool:
    """Return True if a path is one of the roots or lies below one."""
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots)


def fits(name: str, pattern: str) -> bool:
    """Return True if a name is a pattern's, which may hold * ? and [ as a shell's; most patterns are plain names."""
    return name == pattern or (any(sign in pattern for sign in "*?[") and fnmatchcase(name, pattern))
