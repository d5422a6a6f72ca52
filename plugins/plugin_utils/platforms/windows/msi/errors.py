# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a package cannot be read."""

from __future__ import annotations


class DamagedError(Exception):
    """A file that is not a package, or a damaged one. The text says what is wrong, for people."""


class NoReaderError(Exception):
    """The library that reads the packages' container is not on the controller."""
