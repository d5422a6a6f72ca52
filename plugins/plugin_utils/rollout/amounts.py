# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers of hosts, and shares of them: 3, "3" and "2.5%", as a survey, a command line or a file gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ..errors import AvshiftError

VARIABLE = "avshift_rollout"
READING = "Reading the rollout"
FORM = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,4}))?( ?%)?", re.ASCII)
WHOLE_NUMBER = re.compile(r"^([0-9]+)\.0+$", re.ASCII)
WHOLE = 100


@dataclass(frozen=True)
class Amount:
    """So many hosts, or such a share of them in percent."""

    number: Fraction
    is_share: bool

    def of(self, total: int) -> int:
        """Return how many hosts of a total that is, rounded down."""
        return int(self.number * total / WHOLE) if self.is_share else int(self.number)

    def is_exceeded(self, hosts: int, total: int) -> bool:
        """Return True if a number of hosts out of a total is above the amount; zero hosts never are."""
        return hosts * WHOLE > self.number * total if self.is_share else hosts > self.number

    def is_reached(self, hosts: int, total: int) -> bool:
        """Return True if a number of hosts out of a total reaches the amount; zero of zero does."""
        return hosts * WHOLE >= self.number * total if self.is_share else hosts >= min(self.number, Fraction(total))

    def __str__(self) -> str:
        """Return it as people write it; reading that gives the same amount."""
        text = f"{float(self.number):.4f}".rstrip("0").rstrip(".")
        return f"{text}%" if self.is_share else text

    def to_json(self) -> int | str:
        """Return it as a document has it."""
        return str(self) if self.is_share else int(self.number)


def amount(given: object, place: str) -> Amount:
    """Return the amount that is given at a place of the rollout; AvshiftError if it is none."""
    match = None if isinstance(given, bool) else FORM.fullmatch(plain(given))
    if match is None or (match[2] and not match[3]):
        raise unreadable(place, f"{given} is neither a number of hosts nor a percentage", 'Give such as 3 or "10%".')
    number = Fraction(f"{match[1]}.{match[2] or 0}")
    if match[3] and number > WHOLE:
        raise unreadable(place, f"{given} is more than 100 %", "Give a percentage from 0 to 100.")
    return Amount(number, bool(match[3]))


def plain(given: object) -> str:
    """Return a number as people write it: without blanks around it, and 5 for what a template has made 5.0."""
    return WHOLE_NUMBER.sub(r"\1", str(given).strip())


def unreadable(place: str, cause: str, remedy: str) -> AvshiftError:
    """Return the error of a rollout that cannot be read at a place, such as rings[0].size."""
    subject = f"{VARIABLE}.{place}" if place else VARIABLE
    return AvshiftError("rollout_unreadable", READING, subject, cause, remedy)
