# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which wave of a migration a host is in, as Ansible's serial divides a play."""

from __future__ import annotations

import re
from typing import Any

from ..errors import AvshiftError

SIZE = re.compile(r"([0-9]+)(%?)")


def of_hosts(hosts: list[str], waves: Any) -> dict[str, int]:
    """Return {host: number of its wave, from 1} of hosts in the play's order; AvshiftError if no size can be read.

    ``waves`` is what serial takes: a number of hosts, a percentage of all, or a list of these whose last one repeats.
    """
    sizes = [_size(wave, len(hosts)) for wave in (waves if isinstance(waves, list) else [waves])]
    numbers, wave, left = {}, 1, sizes[0] if sizes else len(hosts)
    for host in hosts:
        if left == 0:
            wave += 1
            left = sizes[min(wave, len(sizes)) - 1]
        numbers[host] = wave
        left -= 1
    return numbers


def _size(wave: Any, total: int) -> int:
    match = SIZE.fullmatch(str(wave).strip())
    if match is None:
        raise AvshiftError(
            "waves_unreadable",
            "Dividing the hosts into waves",
            str(wave),
            "it is no number of hosts and no percentage",
            'Give what serial takes, such as [1, 10, "25%"].',
        )
    number = int(match[1])
    # A wave of none is all that are left, as with serial itself.
    return (max(1, number * total // 100) if match[2] else number) or total
