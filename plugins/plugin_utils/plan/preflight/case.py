# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the checks look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Step
from ..request import OwnersData, Request
from ..staged import Staged


@dataclass(frozen=True)
class Case(Request):
    """Everything that a check may use: the request, and the plan for it. ``staying`` names what of the products
    that go no step is for.
    """

    staged: Staged | None = None
    steps: tuple[Step, ...] = ()
    data: OwnersData = field(default_factory=OwnersData)
    staying: tuple[str, ...] = ()
