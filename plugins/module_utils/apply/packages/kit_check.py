# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Check that the installer is there as planned, before anything is stopped for it. A target is {path, sha256}."""

from ...posix.files import kit_file

CHANGES = False


def look(_target):
    """Return False: a self-test only shows the state at this moment."""
    return False


def do(target):
    """Compare its checksum with the planned one; EndpointError if they differ, or if others may change it."""
    kit_file.must_be(target["path"], target["sha256"])
