"""python -m matrix [CORE]: rows are Pythons of hosts, columns are ansible-core's versions.

The exit code is 1 if a cell failed, or if there is no environment for a CORE that was named.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import controllers, pythons, runs
from .by_core import entry_of, wanted
from .controllers import Controller, NotMadeError
from .paths import CACHE
from .pythons import Minor, Python
from .runs import FAILED, RAN, SKIPPED, Cell

AT_ONCE = 2
ABSENT = "not on this machine"
TRANSPORT_ROW = "the transport's tests"

Column = Controller | str


def main() -> int:
    """Make the controllers, run every combination, and print the result of each."""
    asked, named = wanted(), sys.argv[1:]
    oldest, newest = (pythons.minor(asked["targets"][end]) for end in ("oldest", "newest"))
    targets = pythons.found(oldest, newest)
    CACHE.mkdir(parents=True, exist_ok=True)
    try:
        entries = [entry_of(core) for core in named] or asked["controllers"]
        columns = {entry["core"]: _column(entry, targets, asked["unpinned"], named) for entry in entries}
    except NotMadeError as error:
        print(f"Making an environment: ansible-core {', '.join(named)}: {error}.", file=sys.stderr)
        return 1
    cells = _cells(columns, targets, asked["finding"])
    carried = {(TRANSPORT_ROW, core): _transport(column) for core, column in columns.items()}
    head = ["Python of the host", *(_title(core, column) for core, column in columns.items())]
    rows = [[str(target), *(str(cells[target, core]) for core in columns)] for target in targets]
    rows += [[told, *(str(Cell(SKIPPED, ABSENT)) for _core in columns)] for told in _absent(oldest, newest, targets)]
    rows.append([TRANSPORT_ROW, *(str(carried[TRANSPORT_ROW, core]) for core in columns)])
    _print_table([head, *rows])
    known = {(str(target), core): cell for (target, core), cell in cells.items()}
    return _summary({**known, **carried}, len(rows) * len(columns))


def _column(entry: dict[str, Any], targets: list[Python], unpinned: list[str], named: list[str]) -> Column:
    try:
        return controllers.make(entry, targets, unpinned)
    except NotMadeError as error:
        if named:
            raise
        return str(error)


def _cells(columns: dict[str, Column], targets: list[Python], finding: str) -> dict[tuple[Python, str], Cell]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = {
            (target, core): pool.submit(_cell, column, target, finding)
            for core, column in columns.items()
            for target in targets
        }
        return {key: one.result() for key, one in waiting.items()}


def _cell(column: Column, target: Python, finding: str) -> Cell:
    return Cell(SKIPPED, column) if isinstance(column, str) else runs.run(column, target, finding)


def _transport(column: Column) -> Cell:
    return Cell(SKIPPED, column) if isinstance(column, str) else runs.run_transport(column)


def _title(core: str, column: Column) -> str:
    return f"core {core}" + ("" if isinstance(column, str) else f" on {column.python}")


def _absent(oldest: Minor, newest: Minor, targets: list[Python]) -> list[str]:
    there = {target.minor for target in targets}
    every = [(oldest[0], second) for second in range(oldest[1], newest[1] + 1)]
    return [controllers.told(version) for version in every if version not in there]


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _summary(cells: dict[tuple[str, str], Cell], every: int) -> int:
    failed = {key: cell for key, cell in cells.items() if cell.outcome == FAILED}
    ran = sum(cell.outcome == RAN for cell in cells.values())
    print(f"\n{ran} ran, {every - ran - len(failed)} skipped, {len(failed)} failed.")
    for (target, core), cell in failed.items():
        print(f"\n== ansible-core {core}, {target}: {cell}; the end of {cell.log}:\n{cell.shown()}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
