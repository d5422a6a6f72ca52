# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a folder of records into a report, by several processes where there are many of them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from ...catalog.packs import Pack
from ...errors import AvshiftError
from ...record import records, runs
from ...record.console import Console
from ...record.quick import loads
from ...schema.answers import UNFIT
from . import listed
from .facts import LONGEST, is_remarkable, of_record, shortened
from .fleet import Report, encode, named_twice
from .tally import Tally

# A part is what one process reads at a time; one process is enough for a fleet of few parts.
PART, ALONE, MOST_PROCESSES = 250, 4, 4
Item = TypeVar("Item")
Made = TypeVar("Made")
Read = Iterable[tuple[str, "dict[str, Any] | None", str]]


@dataclass
class Part:
    """What was read of some records: (host, length of its line in ``lines``, is it remarkable, its file) of each."""

    lines: bytes
    hosts: list[tuple[str, int, bool, str]]
    tally: Tally
    damaged: list[dict[str, str]] = field(default_factory=list)


class Spool:
    """Lines in its caller's file. Processes that are forked later can read them too."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take an empty file, open for writing and reading."""
        self._file = file
        self._end = 0
        self._places: list[tuple[str, int, int, bool, str]] = []

    def add(self, part: Part) -> None:
        """Take the lines of a part."""
        self._file.write(part.lines)
        for host, length, remarkable, name in part.hosts:
            self._places.append((host, self._end, length, remarkable, name))
            self._end += length

    def clear(self) -> None:
        """Forget all lines."""
        self._file.seek(0)
        self._file.truncate()
        self._end, self._places = 0, []

    def files_of(self, hosts: Iterable[str]) -> dict[str, list[str]]:
        """Return {host: the files of its records} of some hosts."""
        files: dict[str, list[str]] = {host: [] for host in hosts}
        for host, _begin, _length, _remarkable, name in self._places:
            if host in files:
                files[host].append(name)
        return files

    def sort(self) -> list[str]:
        """Sort the lines by host; return the hosts that have more than one."""
        self._file.flush()
        self._places.sort()
        return named_twice(self.hosts())

    def hosts(self) -> Iterator[str]:
        """Yield the names of all hosts, one for each record."""
        return (place[0] for place in self._places)

    def lines(self, remarkable: bool = False) -> Iterator[bytes]:
        """Yield the lines of all hosts or of the remarkable ones, by host."""
        number = self._file.fileno()
        for _host, begin, length, is_so, _name in self._places:
            if is_so or not remarkable:
                yield os.pread(number, length, begin)


def gather(
    folder: str,
    policies: tuple[Pack, ...],
    spool: Spool,
    console: Console | None = None,
    devices: listed.Listed | None = None,
) -> Report:
    """Return the report of a folder's records, whose hosts it puts into the spool.

    ``console`` closes what only the replacement's console shows; ``devices`` is compared with the hosts. Records that
    cannot be read are named in it.
    Raises AvshiftError if there is no such folder.
    """

    def look(part: list[str]) -> Part:
        read = ((name, *records.read_one(os.path.join(folder, name))) for name in part)
        return condense(read, policies, console)

    def made(names: list[str]) -> Report:
        parts = [names[begin : begin + PART] for begin in range(0, len(names), PART)]
        return combined(in_processes(look, parts), policies, spool, console, devices)

    names = records.names(folder)
    report = made(names)
    doubles = report.head["totals"]["named_twice"]
    if not doubles:
        return report
    # Nearly no fleet has any, so that nothing is kept of each record to take it back.
    other, twice = _superseded(folder, spool.files_of(doubles))
    spool.clear()
    report = made([name for name in names if name not in other])
    report.head["totals"]["named_twice"] = twice
    return report


def _superseded(folder: str, doubles: dict[str, list[str]]) -> tuple[set[str], list[str]]:
    """Return the files of records that do not count, and the hosts whose records differ; a copy is no other record."""
    other, twice = set[str](), []
    for host, names in doubles.items():
        read = {name: records.read_one(os.path.join(folder, name))[0] for name in names}
        whole = {name: record for name, record in read.items() if record is not None}
        if not whole:
            continue
        counts = records.newest(whole.values())
        chosen = min(name for name, record in whole.items() if record == counts)
        other |= set(names) - {chosen}
        if any(record != counts for record in whole.values()):
            twice.append(host)
    return other, twice


def combined(
    parts: Iterable[Part],
    policies: tuple[Pack, ...],
    spool: Spool,
    console: Console | None = None,
    devices: listed.Listed | None = None,
) -> Report:
    """Return the report of parts that were read; their hosts are put into the spool."""
    tally, damaged = Tally(), []
    for part in parts:
        tally.add(part.tally)
        damaged += part.damaged
        spool.add(part)
    twice = spool.sort()
    told = None if console is None else console.told(spool.hosts(), tally.closed)
    compared = None if devices is None else devices.compared(map(loads, spool.lines()))
    return Report(tally, spool, twice, damaged, policies, told, compared)


def condense(read: Read, policies: tuple[Pack, ...], console: Console | None = None) -> Part:
    """Return what a report needs of some records. One that does not hold what a record holds is named."""
    lines, hosts, tally, damaged = [], [], Tally(), []
    for name, record, problem in read:
        try:
            if record is not None:
                seen = runs.closed(record, console)
                host, line = _line(name, seen, policies)
                tally.count(host, seen)
                tally.closed += seen["verdict"] != record["verdict"]
                lines.append(line)
                hosts.append((host["host"], len(line), is_remarkable(host), name))
        except UNFIT as error:
            record, problem = None, f"it lacks the content of a record ({type(error).__name__}: {error})"
        if record is None:
            damaged.append({"file": name, "problem": problem})
    return Part(b"".join(lines), hosts, tally, damaged)


def _line(name: str, record: dict[str, Any], policies: tuple[Pack, ...]) -> tuple[dict[str, Any], bytes]:
    """Return a host's part of the report, and its line. A short line holds no long text."""
    host = of_record(name, record, policies)
    line = encode(host).encode("ascii")
    if len(line) <= LONGEST:
        return host, line
    host = shortened(host)
    return host, encode(host).encode("ascii")


def in_processes(work: Callable[[Item], Made], items: list[Item], alone: bool = False) -> Iterator[Made]:
    """Yield the results of work on items, in their order, by as many processes as there are processors, or alone.

    The processes are forks of this one: work may be any function, and what it gives has to be picklable.
    """
    count = min(MOST_PROCESSES, os.cpu_count() or 1)
    if alone or len(items) < ALONE or count == 1:
        yield from map(work, items)
        return
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(count, fork, _take, (work,)) as pool:
        try:
            yield from pool.map(_do, items)
        except BrokenProcessPool as error:
            cause = "one of its processes was ended from outside"
            remedy = "See whether the controller ran out of memory, and run again."
            raise AvshiftError("process_lost", "Making a report", "this fleet's", cause, remedy) from error


_WORK: list[Callable[[Any], Any]] = []


def _take(work: Callable[[Any], Any]) -> None:
    """Keep the work in a process that was forked for it."""
    _WORK[:] = [work]


def _do(item: Any) -> Any:
    return _WORK[0](item)
