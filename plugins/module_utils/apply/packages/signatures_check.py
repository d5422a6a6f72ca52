# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Load your own signatures apart from the engine, which loads nothing at all if one file is malformed.

It happens in memory: another scanner that is still active may take signatures on a disk for malware.
"""

import os
import re
import tempfile

from ...posix.errors import EndpointError
from ...posix.files import scratch
from ...posix.files.scratch import MEMORY
from ...posix.running.commands import run
from ...prove.samples import CLEAN

CHANGES = False


def look(_target):
    """Return False: what the host's version of the engine can load is only known after trying."""
    return False


def do(target):
    """Load each file alone; EndpointError naming those that cannot be loaded, and the engine's message."""
    # Memory holds each file at most twice: the file itself, and what the engine unpacks from it.
    needed = 2 * max([len(text) for text in target["files"].values()] or [0])
    with scratch.Scratch("signatures", needed, MEMORY) as folder:
        sample = _written(folder, "clean", CLEAN.decode())
        refused = [
            told for name, text in sorted(target["files"].items()) for told in _refused(target, name, text, sample)
        ]
    if refused:
        raise EndpointError(
            "signatures_malformed",
            "Loading your own signatures",
            ", ".join(name for name, _said in refused),
            "; ".join("%s: %s" % told for told in refused),
            "Correct the file and plan again; the engine has not received it.",
        )
    return {"loaded": sorted(target["files"])}


def _refused(target, name, text, sample):
    """Yield (name, what was said) if the engine cannot load a file."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(sample)) as folder:
        words = {"{signatures}": _written(folder, name, text), "{sample}": sample}
        argv = [words.get(word, word) for word in target["argv"]]
        finished = run(argv, target["limit"])
        # It skips a rule that it cannot read with a warning, and exits as if all were well.
        if finished.code not in target["ok"] or re.search(target["refuses"], finished.errors):
            yield name, finished.said().replace(folder + "/", "")


def _written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)
    return path
