# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences on hosts that have a forecast and are counted separately, the same in every format."""

from __future__ import annotations

from ..words import counted
from .forecasts import MEANING
from .view import View


def foretold(view: View) -> str:
    """Return how many hosts have a forecast instead of a plan, and what a forecast is; '' if none has."""
    if not view.forecasts:
        return ""
    were, have = ("was", "has") if view.foretold == 1 else ("were", "have")
    return f"{counted(view.foretold, 'host')} {were} looked at and {have} a forecast. {MEANING}"


def platforms_of(view: View) -> str:
    """Return how many hosts of which platform answered, in a line."""
    return f"Platforms: {in_short(view)}."


def in_short(view: View) -> str:
    """Return how many hosts of which platform answered, in a few words."""
    return ", ".join(f"{hosts:,} {name.capitalize()}" for name, hosts in view.by_platform())
