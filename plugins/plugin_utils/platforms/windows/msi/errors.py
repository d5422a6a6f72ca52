# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a package cannot be read."""

from __future__ import annotations


class DamagedError(Exception):
    """A package that is none, or that is damaged. Its text says what is wrong, for people."""


class NoReaderError(Exception):
    """The library that reads the packages' container is not on the controller."""
