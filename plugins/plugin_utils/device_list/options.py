# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory's options have to be, and what a user has to know of the list that they gave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..errors import AvshiftError
from ..times import is_day
from .device import DeviceList, some
from .wrong import incomplete

CHECKED = ("seen_since", "group_prefix")
# Seconds, and levels of servers: the least and the most of each.
LIMITS = {"timeout": (1, 3600), "search_timeout": (1, 86_400), "secondary_depth": (0, 100)}
PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


def check(texts: Mapping[str, str]) -> None:
    """Raise AvshiftError ``inventory_option_wrong`` for an option that is missing, superfluous or malformed."""
    if bool(texts["export"]) == bool(texts["server"]):
        raise _wrong("export", "exactly one of export and server has to be given")
    if texts["server"] and not (texts["user"] and texts["password"]):
        raise _wrong("user", "server needs user and password, from the environment or a vault")
    if not PREFIX.fullmatch(texts["group_prefix"]):
        raise _wrong("group_prefix", "it has to begin with a letter, and to have letters, digits and _ alone")
    if texts["seen_since"] and not is_day(texts["seen_since"]):
        raise _wrong("seen_since", "it is no day of the form YYYY-MM-DD")


def check_numbers(numbers: Mapping[str, float]) -> None:
    """Raise AvshiftError ``inventory_option_wrong`` for a number of LIMITS that is too small or too large."""
    for name, (least, most) in LIMITS.items():
        if not least <= numbers[name] <= most:
            raise _wrong(name, f"it is not a number from {least} to {most:,}")


def _wrong(name: str, cause: str) -> AvshiftError:
    remedy = "'ansible-doc -t inventory avshift.endpoint.ksc' explains the options."
    return AvshiftError("inventory_option_wrong", "Reading the inventory's options", name, cause, remedy)


def must_be_whole(found: DeviceList, is_allowed: bool) -> None:
    """Raise AvshiftError ``device_list_incomplete`` for a list with gaps, unless the user accepts these."""
    if found.gaps and not is_allowed:
        raise incomplete(found.source.name, "; ".join(found.gaps))


def remarks(found: DeviceList) -> Iterator[str]:
    """Yield what the user has to know about a list, one line each."""
    name = found.source.name
    if not found.source.verified:
        yield f"{name}: its certificate was not checked (validate_certs is false), so the list may be from anyone."
    if found.gaps:
        yield f"{name}: the list is incomplete: {'; '.join(found.gaps)}."
    if found.preview.get("times_not_read"):
        count = found.preview["times_not_read"]
        yield f"{name}: {count} times could not be read and are unknown. Give time_zone, and date_order."
    if found.preview.get("ignored"):
        yield f"{name}: columns that were not recognised: {some(list(found.preview['ignored']))}."
    if found.preview.get("missing"):
        yield f"{name}: no column was recognised for: {', '.join(found.preview['missing'])}."
