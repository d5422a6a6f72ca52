# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove one section from a registry that several products share; remove the file with its last section."""

import stat

from ...collect.files.ini_sections import lines_of, sections
from ...posix.files import safe_paths, safe_remove, safe_write


def look(target):
    """Return True if the section is not there."""
    return all(name != target["section"] for name, _lines in _sections(target["file"]))


def do(target):
    """Write the file without the section, or remove it if no other section is left."""
    path = target["file"]
    kept = [(name, lines) for name, lines in _sections(path) if name != target["section"]]
    if not any(name for name, _lines in kept):
        safe_remove.remove(path, "file")
        return
    mode = stat.S_IMODE(safe_paths.lstat(path)[0].st_mode)
    safe_write.write_text(path, "".join(line for _name, lines in kept for line in lines), mode)


def tidy(target):
    """Remove the draft that a killed process has left."""
    safe_write.discard(target["file"])


def _sections(path):
    return list(sections(lines_of(safe_paths.read_text(path) or "")))
