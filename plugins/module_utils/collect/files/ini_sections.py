# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Sections of a registry in INI form that several products share."""

from ...posix import odd_lines
from ...posix.errors import EndpointError
from ..items import not_checked, seen


def lines_of(text):
    """Return the lines of a text with their line ends; only a line feed ends a line, and the last may have none."""
    whole, end, rest = text.rpartition("\n")
    lines = [line + "\n" for line in whole.split("\n")] if end else []
    return lines + [rest] if rest else lines


def sections(lines):
    """Yield (section name, its lines with the header) in order; lines before the first header have the name ''."""
    name, block = "", []
    for line in lines:
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            yield name, block
            name, block = bare[1:-1].strip(), []
        block.append(line)
    yield name, block


def collect(asked, look):
    """Yield an item of each section that is there; ``asked`` is a list of {file, section}."""
    for wanted in asked:
        path, section = wanted["file"], wanted["section"]
        what = "%s[%s]" % (path, section)
        try:
            text = look.tree.text(path)
        except EndpointError as error:
            yield not_checked("ini_section", what, path, error)
            continue
        blocks = [(name, lines) for name, lines in sections(lines_of(text or "")) if name]
        odd = odd_lines.in_sections(lines_of(text or ""))
        mine = [line for name, lines in blocks if name == section for line in lines]
        if mine:
            last = all(name == section for name, _lines in blocks) and not odd
            yield seen("ini_section", what, path, text="".join(mine).rstrip("\n"), last=last)
        elif odd:
            yield not_checked("ini_section", what, path, odd)
