# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How points in time are written, in UTC."""

SECOND = "%Y-%m-%dT%H:%M:%SZ"
