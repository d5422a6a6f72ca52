# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done to install a replacement on one host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..catalog.model import Provider
from .model import Step


@dataclass(frozen=True)
class Staged:
    """The staging of a provider on one host. ``layout`` is its platform's part of the catalog, or empty.

    ``paths`` are the protected directories that exist; ``missing`` are those that do not. ``problem`` says why the
    packages are not available. ``install`` are {kind, target} of steps that may not be made before the handover, with
    what they change.
    """

    provider: Provider
    layout: dict[str, Any]
    options: dict[str, Any]
    paths: tuple[str, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    problem: str = ""
    install: tuple[dict[str, Any], ...] = ()
    install_effects: tuple[dict[str, str], ...] = ()

    def quarantine(self) -> str:
        """Return the directory into which the real-time part moves files, or ''."""
        told = self.layout.get("real_time", {}).get("quarantine")
        return str(self.options[told["option"]]) if told else ""

    def tells(self) -> bool:
        """Return True if the real-time part blocks nothing and only reports what it finds."""
        return only_tells(self.layout, self.options)


def only_tells(layout: dict[str, Any], options: dict[str, Any]) -> bool:
    """Return True if a layout's real-time part blocks nothing with these options."""
    told = layout.get("real_time", {}).get("blocks")
    return bool(told) and not options[told["option"]]
