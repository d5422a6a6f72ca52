# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a summary covers the whole run: no host is still running, and none gave no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import AvshiftError
from .words import counted

MOST_NAMED = 10


def must_be_in(hosts: Iterable[str], at_work: Iterable[str], results: Mapping[str, dict[str, Any] | None]) -> None:
    """Refuse to sum up while hosts are at work: a faster host would speak for slower ones.

    ``at_work`` are the hosts that the play still has; ``results`` is {host: what it registered, or None}. Raises
    AvshiftError ``hosts_still_out`` naming those of ``hosts`` that are at work and registered nothing.
    """
    out = sorted({host for host in at_work if results.get(host) is None} & set(hosts))
    if out:
        raise AvshiftError(
            "hosts_still_out",
            "Summing up",
            counted(len(out), "host"),
            f"they have not finished yet ({_named(out)})",
            "Use strategy: ansible.builtin.linear in the play and no serial, or call this in a separate play after it.",
        )


def missing(what: str, silent: list[str]) -> AvshiftError | None:
    """Return the error of a run in which hosts gave no answer; None where every host did."""
    if not silent:
        return None
    cause = f"they gave no answer ({_named(silent)})"
    remedy = "The output above and the records say why. Run again with --limit."
    return AvshiftError("not_whole", what, counted(len(silent), "host"), cause, remedy)


def _named(hosts: list[str]) -> str:
    return ", ".join(hosts[:MOST_NAMED]) + (" …" if len(hosts) > MOST_NAMED else "")
