# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The oldest Python that endpoints may have. It is sent along, because the check runs before anything is imported."""

OLDEST = (3, 6)
