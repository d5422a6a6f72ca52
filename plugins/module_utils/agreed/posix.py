# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths and words of POSIX systems that the controller and endpoints both use. They are defined only here."""

OWN_STATE = "/var/lib/avshift"
JOURNAL = OWN_STATE + "/journal.json"
