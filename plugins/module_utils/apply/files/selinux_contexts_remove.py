# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove local file label rules with the tool that manages them or, without that tool, from the file that it writes."""

from ...posix.files import file_replace
from ...posix.running.commands import must
from . import lines_remove

TOOL_LIMIT = 300
# File types as the file spells them, and as the tool does.
KINDS = {"--": "f", "-d": "d", "-c": "c", "-b": "b", "-s": "s", "-l": "l", "-p": "p"}

look = lines_remove.look
tidy = lines_remove.tidy


def do(target):
    """Remove them, one rule after the other."""
    if not target["tool"]:
        lines_remove.do(target)
        return
    for edit in target["edits"]:
        data = file_replace.data_of(target["path"]) or b""
        one = dict(target, edits=[edit])
        if lines_remove.edited(data, one) != data:
            must(deleting(edit["before"], target), TOOL_LIMIT, "Removing a file label rule", "Remove it by hand.")


def deleting(line, target):
    """Return the command that deletes the rule of one line: a pattern, a file type if it has one, and a label."""
    fields = line.split()
    argv = [target["tool"], "fcontext", "-d", "-S", target["policy"]]
    if len(fields) == 3:
        argv += ["-f", KINDS[fields[1]]]
    return argv + [fields[0]]
