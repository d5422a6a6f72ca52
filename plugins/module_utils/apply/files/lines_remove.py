# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove lines from another program's configuration, and leave every other byte as it is."""

import hashlib

from ...collect.lines.mentioned_lines import blocks
from ...posix.errors import EndpointError
from ...posix.files import file_replace, safe_remove, safe_write
from ...posix.running import commands

CHECK_LIMIT = 30


def look(target):
    """Return True if none of the lines is left or, if the whole file is to be removed, the file is gone."""
    data = file_replace.data_of(target["path"])
    if data is None:
        return True
    return not target["whole"] and edited(data, target) == data


def do(target):
    """Write the file without the lines, or remove it if it is still what the plan saw."""
    path = target["path"]
    data = file_replace.data_of(path)
    if data is None:
        return
    if not target["whole"]:
        left = edited(data, target)
        if left != data:
            check = _check_sudoers if target["place"] == "sudoers" else None
            file_replace.replace(path, left, check, before=data)
        return
    if hashlib.sha256(data).hexdigest() != target["sha256"]:
        raise EndpointError(
            "file_drifted",
            "Removing a file that serves only the product",
            path,
            "it was changed after the plan was made",
            "Plan again.",
        )
    safe_remove.remove(path, "file")


def tidy(target):
    """Remove the draft that a killed process has left."""
    safe_write.discard(target["path"])


def edited(data, target):
    """Return a file's bytes with each of the lines removed or replaced; all others stay byte for byte."""
    wanted = {edit["before"].encode("utf-8"): edit["after"] for edit in target["edits"]}
    kept, rest = [], data.count(b"\n")
    for _number, lines in blocks(data, target["place"]):
        whole = b"\n".join(lines)
        # The last line may have no line end.
        rest -= len(lines)
        end = b"\n" if rest >= 0 else b""
        if whole not in wanted:
            kept.append(whole + end)
        elif wanted[whole] is not None:
            kept.append(wanted[whole].encode("utf-8") + end)
    return b"".join(kept)


def _check_sudoers(draft, path):
    """Refuse a text that sudo cannot read: no user could become root any more."""
    finished = commands.run(["visudo", "-c", "-q", "-f", draft], CHECK_LIMIT)
    if finished.code:
        raise EndpointError(
            "sudoers_invalid",
            "Deleting lines from the sudo rules",
            path,
            "visudo rejects the remaining text: " + finished.said(),
            "Correct the file by hand with visudo and run again; nothing was changed in it.",
        )
