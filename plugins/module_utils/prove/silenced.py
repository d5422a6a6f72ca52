# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test that no file disables the engine's signatures: a file of a few bytes beside them can hide anything."""

import os

from .checks import BAD, OK, UNKNOWN, check


def prove(asked):
    """Return one check for {directory, endings, known}: files with such endings that are not in the plan are bad."""
    try:
        names = sorted(os.listdir(asked["directory"]))
    except OSError as error:
        return [check("signatures_silenced", UNKNOWN, "%s: %s" % (asked["directory"], os.strerror(error.errno)))]
    silencing = [name for name in names if name.rpartition(".")[2] in asked["endings"]]
    others = [name for name in silencing if name not in asked["known"]]
    if others:
        return [
            check("signatures_silenced", BAD, "not in the plan: %s in %s" % (", ".join(others), asked["directory"]))
        ]
    return [check("signatures_silenced", OK, ", ".join(silencing) or "no file of that kind")]
