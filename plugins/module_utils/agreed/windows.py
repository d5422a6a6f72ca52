# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths of Windows that the controller and the reader of mounted disks both use. They are defined only here."""

CURRENT = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
VERSION = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
