# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Check which signatures the engine has loaded, and how old they are: clamd(8), VERSION.

The engine is asked, and no file is read: signatures on the disk may not be loaded, or may fail to load.
"""

import socket
import time

from .checks import BAD, OK, UNKNOWN, check
from .on_demand import ANSWER_LIMIT

DAY = 86400.0
# A host's clock may be a little slow, and the engine gives the time of day without its zone.
AHEAD_DAYS = 1.5
# No database can be older than this, because the engine itself is not.
ABSURD_DAYS = 3650
FORM = "%a %b %d %H:%M:%S %Y"


def version(path, timeout):
    """Return the engine's answer (str) to VERSION; OSError if it does not answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(b"zVERSION\0")
        return connection.recv(ANSWER_LIMIT).rstrip(b"\0").decode("utf-8", "replace")


def prove(path, max_days, timeout=30):
    """Return one check of an engine's signatures; unknown if the engine does not answer.

    ``max_days`` is None if only your own signatures are meant to be loaded.
    """
    try:
        answer = version(path, timeout)
    except OSError as error:
        return [check("database_age", UNKNOWN, "%s: %s" % (path, error))]
    return [judge(answer, max_days, time.time())]


def judge(answer, max_days, now):
    """Return the check of an answer such as ``ClamAV 1.4.6/27385/Mon Sep  9 10:55:54 2024``.

    It has a date only if an official database is loaded.
    """
    if max_days is None:
        words = (
            "as configured, only your own signatures are kept up to date, which have no date: their age is not known; "
        )
        return check("database_of_site", OK if answer else UNKNOWN, words + answer)
    parts = answer.split("/", 2)
    if len(parts) < 3:
        return check("database_age", BAD, "the engine has loaded no official database: " + answer)
    try:
        days = (now - time.mktime(time.strptime(parts[2].strip(), FORM))) / DAY
    except (ValueError, OverflowError):
        return check("database_age", UNKNOWN, "no date in the engine's answer: " + answer)
    told = "%.1f days, of at most %s" % (days, max_days)
    if not -AHEAD_DAYS <= days <= ABSURD_DAYS:
        return check("database_age", UNKNOWN, told + "; the host's clock or the engine's answer is wrong")
    return check("database_age", OK if days <= max_days else BAD, told)
