# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the old scanner, by its own command, not to intercept where the new one's engine opens files before it answers.

The owner's settings are read first, and an exclusion that is there stays as it is. What is added is noted in the
journal before, and removed again if the old scanner protects again; otherwise it goes with the old scanner. Nothing
here keeps a handover from going on: the two are watched whether or not the old one could be asked.
"""

import time

from ...posix.errors import EndpointError
from ...posix.files import trust
from ...posix.own import own_journal
from ...posix.running import bounded
from ...posix.running.commands import run
from . import exclusion_sections

# The command answers only from a moment after the old scanner has started.
ATTEMPTS, PAUSE = 3, 1.0
# Seconds for checking who could replace its program, wherever that is mounted.
TRUST_LIMIT = 20
OWNERS = "one of yours for this directory is there, and is left as it is"
OWNERS_PART = "one of yours for this directory is off or has masks, and is left as it is"


class OldExclusions:
    """Those of ``products``, {name, program, read, section, locked, limit, paths}, in the run with the plan ``digest``.

    ``read`` are the words of the command that prints the settings, ``locked`` its exit code if a policy allows no
    change, and ``paths`` are {path, add, remove} with the words of two more commands.
    """

    def __init__(self, digest, products):
        self._digest, self._products = digest, products

    def add(self):
        """Add them and return {product, path, excluded, why} of each; ``why`` it was not added, '' if it was."""
        return [
            dict(product=product["name"], path=one["path"], excluded=why in ("", OWNERS), why=why)
            for product in self._products
            for one, why in self._added(product)
        ]

    def remove(self):
        """Remove those that a run has added, after it was killed too; return what is left of them, in words."""
        ours = _noted()
        words, left = [], []
        for product, one in self._each():
            name = [product["name"], one["path"]]
            if name not in ours:
                continue
            failed = _removed(product, one["remove"])
            if failed:
                words.append("%s leaves out %s: %s. Run: %s" % (*name, failed, " ".join(one["remove"])))
                left.append(name)
        if ours:
            self._note(left)
        return words

    def forget(self):
        """Note that none is to be removed: they go with the old scanner."""
        if _noted():
            self._note([])

    def _each(self):
        return ((product, one) for product in self._products for one in product["paths"])

    def _added(self, product):
        """Yield ({path, add, remove}, why it was not added) for each directory."""
        there, why = _read(product)
        for one in product["paths"]:
            yield one, why or self._added_one(product, one, there.get(one["path"]))

    def _added_one(self, product, one, is_whole):
        name, ours = [product["name"], one["path"]], _noted()
        if name in ours and is_whole:
            return ""
        if is_whole is not None:
            return OWNERS if is_whole else OWNERS_PART
        if not self._note([*ours, name]):
            return "the journal cannot be written"
        _output, failed = _ran(product, one["add"])
        if failed:
            return failed
        there, why = _read(product)
        return why or ("" if there.get(one["path"]) else "its settings do not have it after it was added")

    def _note(self, names):
        """Return True if the journal says that these are to be removed."""
        try:
            own_journal.note(self._digest, ("old_exclusions",), old_exclusions=names)
        except (EndpointError, OSError, ValueError):
            return False
        return True


def _noted():
    try:
        return own_journal.old_exclusions()
    except (EndpointError, OSError, ValueError):
        # A journal that cannot be read is reported by what needs it; nothing is removed on a guess.
        return []


def _read(product):
    """Return ({directory: whether nothing in it is intercepted}, why that is not known or '')."""
    output, why = _ran(product, product["read"])
    if why:
        return {}, why
    try:
        return exclusion_sections.parsed(output, product["section"]), ""
    except ValueError as error:
        return {}, str(error)


def _ran(product, argv):
    """Run a command of the program, which only root can have put there; return (output, why it did not work or '')."""
    try:
        words = _replaceable(product["program"])
        if words:
            return "", "%s: %s" % (product["program"], words)
        answer = run(argv, product["limit"])
    except (EndpointError, OSError) as error:
        return "", str(error)
    if answer.code == product["locked"]:
        return "", "a policy does not allow it to change its settings"
    return answer.output, "exit code %d: %s" % (answer.code, answer.said()) if answer.code else ""


def _replaceable(path):
    return bounded.done(lambda: trust.replaceable(path), TRUST_LIMIT, path, "Checking a program")


def _removed(product, argv):
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE)
        _output, failed = _ran(product, argv)
        if not failed:
            break
    return failed
