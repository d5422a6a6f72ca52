# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Collect the kinds of evidence in a child process, and continue in another one if it hangs.

Everything reported until then is kept. The path that did not answer is not tried again. The kind that hung is asked
once more without that path; if it hangs again, the rest of it is unknown.
"""

import json
import re

from ..kernel import mounts
from ..posix import names
from ..posix.errors import EndpointError, Problem
from ..posix.running import bounded
from .items import not_checked, printable

HOST = "host"
# If several paths do not answer, others hardly will.
HARDLY = 10
HOME = re.compile(r"/home/[^/]+")
MOST_HUNG = 6
# Items and bytes that one kind may return, and those from one place where users can write.
MOST_ITEMS, MOST_BYTES = 5000, 1 << 23
MOST_OF_USER, MOST_BYTES_OF_USER = 200, 1 << 18
UNKNOWN_HOST = {"system": "unknown", "version": "unknown", "family": ["unknown"]}


class Gathering:
    """What children have reported: ``host`` (dict) and the evidence. ``work(board, kinds, avoided)`` is done in
    them.
    """

    def __init__(self, kinds, work):
        self.host = UNKNOWN_HOST
        self._left = list(kinds)
        self._work = work
        self._items = {}
        self._avoided = {}
        self._hung = []

    def whole(self):
        """Run it to the end, and return this object."""
        while True:
            with bounded.Child(lambda board: _begin(self._work, board, self._left, self._avoided)) as child:
                has_ended = child.wait()
                told, (_until, kind, at) = child.board.told(), child.board.now()
            if self._take(told) or not self._go_on(has_ended, child.ended_by, kind, at):
                return self

    def evidence(self):
        """Return the items in the order of their ids."""
        return [self._items[found] for found in sorted(self._items)]

    def _take(self, told):
        """Keep what was reported; True if it was everything. Raises the error that prevented the whole check."""
        for content in told:
            if "id" in content:
                self._items.setdefault(content["id"], content)
            elif "done" in content:
                self._left.remove(content["done"])
            elif "error" in content:
                raise EndpointError.again(content["code"], content["error"])
            else:
                self.host = content["host"]
                return True
        return False

    def _go_on(self, has_ended, ended_by, kind, at):
        """Note what hung, or ended by itself; True if anything is left to do."""
        if has_ended:
            cause = "the process that checked it ended%s" % (", by signal %d" % ended_by if ended_by else "")
        else:
            cause = self._does_not_answer(at)
        if kind in self._hung or not at or has_ended:
            self._give_up(kind, cause)
        else:
            self._unknown(kind, at, cause)
        self._hung.append(kind)
        if len(self._hung) >= MOST_HUNG:
            for left in list(self._left):
                self._give_up(left, "not checked: %d earlier checks did not finish" % MOST_HUNG)
        return kind != HOST

    def _does_not_answer(self, at):
        cause = "no answer within its limit"
        if at:
            self._avoided[_mount_of(at)] = cause
            cause = "%s: %s" % (at, cause)
        return cause

    def _give_up(self, kind, cause):
        if kind in self._left:
            self._left.remove(kind)
            self._unknown(kind, "all", cause)

    def _unknown(self, kind, what, cause):
        item = not_checked(kind, what, "/", "Checking the host: %s. %s" % (cause, WHAT_TO_DO))
        home = HOME.match(what)
        # Only the name is gone by here: looking at the place could hang in this process, too.
        item = printable(dict(item, user_place=home.group()) if home else item)
        self._items[item["id"]] = item


WHAT_TO_DO = "Check the host's mounts, disks and load, and run again."


def _begin(work, board, left, avoided):
    try:
        work(board, left, avoided)
    except (Problem, OSError) as error:
        board.tell({"error": str(error), "code": getattr(error, "code", "system_error")})


def _mount_of(path):
    """Return the mount, other than /, that a path lies on; the path itself if there is none."""
    points = [point for point, _source, _kind in mounts.now() if (path + "/").startswith(point.rstrip("/") + "/")]
    return max([path if len(points) < 2 else "/", *points], key=len)


def limited(kind, items, look):
    """Yield items until they are too many or too large: no single user's files can fill the answer."""
    whole, by_place = _Spent(MOST_ITEMS, MOST_BYTES), {}
    for item in items:
        place = _place(item, look)
        if place:
            item = _of_user(kind, item, place, by_place.setdefault(place, _Spent(MOST_OF_USER, MOST_BYTES_OF_USER)))
        # What a user's own limit drops takes nothing from the others.
        if item is not None and not whole.takes(item):
            yield not_checked(kind, "all", "/", "more than %d items or %d bytes" % (MOST_ITEMS, MOST_BYTES))
            return
        if item is not None:
            yield item


def _of_user(kind, item, place, spent):
    """Return an item with its place; once the place's limit is reached, one that says so, and None after that."""
    if spent.takes(item):
        return dict(item, user_place=place)
    if spent.is_told:
        return None
    spent.is_told = True
    return printable(_more(kind, place))


class _Spent:
    """How many of the allowed items and bytes are used."""

    def __init__(self, items, size):
        self._left = [items, size]
        self.is_told = False

    def takes(self, item):
        """Count one item; False if it is too much."""
        self._left = [self._left[0] - 1, self._left[1] - len(json.dumps(item))]
        return min(self._left) >= 0


def _more(kind, place):
    cause = "there are more than %d items or %d bytes of evidence" % (MOST_OF_USER, MOST_BYTES_OF_USER)
    return dict(not_checked(kind, place, place, cause), user_place=place)


def _place(item, look):
    """Return the users' place that an item is in, '' for none."""
    # What a limit is about only names the path.
    path = names.meant(item["where"] if item["kind"] == "limit" else item["what"].partition("#")[0])
    if not path.startswith("/"):
        return ""
    # A directory that could not be read is its own place.
    return look.user_place(path) or ("unknown" in item and look.user_place(path.rstrip("/") + "/*")) or ""
