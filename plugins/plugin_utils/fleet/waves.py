# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a migration is divided into waves, as Ansible's serial divides a play, and how many of a wave may fail."""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import AvshiftError

# One host first, then a tenth, then the rest: the default of a run.
DEFAULT: tuple[int | str, ...] = (1, "10%", "100%")
VARIABLE = "avshift_waves"
MOST_FAILED = "avshift_max_fail_percentage"
SIZE = re.compile(r"([0-9]{1,9})( ?%)?", re.ASCII)
BULLET = re.compile(r"^\s*-\s+", re.MULTILINE)
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%?", re.ASCII)
WHOLE = 100


def sizes(given: Any) -> list[int | str]:
    """Return waves as serial takes them: numbers of hosts, and percentages as text. AvshiftError if they are none.

    ``given`` is a number, a percentage, a list of these, or any of that as text, as a survey or ``-e`` hands it over:
    ``1,50%``, ``[1, "50%"]``, one per line, with a dash or without. Nothing at all is the default.
    No hosts are no wave: serial would take 0, and the end of 1,000, for all that are left.
    """
    listed = _listed(given) if given is not None else []
    return [_size(wave) for wave in listed] if listed else list(DEFAULT)


def _listed(given: Any) -> list[Any]:
    if isinstance(given, (list, tuple)):
        return [part for one in given for part in _listed(one)]
    return _of_text(given) if isinstance(given, str) else [given]


def _of_text(given: str) -> list[Any]:
    """Return the waves in a text; the brackets, quotes and dashes of a list in JSON, Python or YAML go."""
    try:
        content = json.loads(given)
    except (ValueError, RecursionError):
        inner = BULLET.sub("", given).strip()
        inner = inner[1:-1] if inner.startswith("[") and inner.endswith("]") else inner
        return [part.strip().strip("'\"") for part in re.split(r"[,;\n]", inner)] if inner.strip() else []
    return _listed(content) if isinstance(content, (list, str)) else [content]


def _size(wave: Any) -> int | str:
    match = SIZE.fullmatch(str(wave).strip())
    if match is None or isinstance(wave, bool) or not _is_meant(int(match[1]), bool(match[2])):
        raise AvshiftError(
            "waves_unreadable",
            "Dividing the hosts into waves",
            VARIABLE,
            f"{wave} is neither a number of hosts nor a percentage up to 100 %",
            'Give what serial takes, such as 1,10,25% or [1, 10, "25%"].',
        )
    return f"{int(match[1])}%" if match[2] else int(match[1])


def _is_meant(number: int, is_share: bool) -> bool:
    return number <= WHOLE if is_share else number > 0


def of_hosts(hosts: list[str], waves: Any) -> dict[str, int]:
    """Return {host: number of its wave, from 1} of hosts in the play's order; AvshiftError if no size can be read.

    ``waves`` is what ``sizes`` takes; the last size repeats.
    """
    counted = [_hosts_in(wave, len(hosts)) for wave in sizes(waves)]
    numbers, wave, left = {}, 1, counted[0]
    for host in hosts:
        if left == 0:
            wave += 1
            left = counted[min(wave, len(counted)) - 1]
        numbers[host] = wave
        left -= 1
    return numbers


def _hosts_in(wave: int | str, total: int) -> int:
    """Return how many hosts a wave has, by Ansible's own arithmetic: 29 % of 100 are 28 with it."""
    return int((int(wave[:-1]) / 100.0) * total) or 1 if isinstance(wave, str) else wave


def most_failed(given: Any) -> float:
    """Return how many percent of a wave may fail before no further one begins; AvshiftError if that is none.

    Nothing at all is 0: the first host that fails ends the run.
    """
    text = str(given if given is not None else "").strip()
    match = PERCENT.fullmatch(text or "0")
    if match is None or isinstance(given, bool) or float(match[1]) > WHOLE:
        raise AvshiftError(
            "percentage_unreadable",
            "Reading how many hosts of a wave may fail",
            MOST_FAILED,
            f"{text} is not a percentage from 0 to 100",
            "Give a number, such as 20; 100 never stops.",
        )
    return float(match[1])
