"""What is printed during a measurement, and kept as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """A limit that a measured value has to keep. ``at_most`` is False for a value that has to reach the limit."""

    name: str
    value: float
    limit: float
    unit: str
    at_most: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self) -> str:
        wanted = "at most" if self.at_most else "at least"
        told = f"{self.name}: {self.value:.3g} {self.unit}, wanted {wanted} {self.limit:g}"
        if self.is_met:
            return f"met     {told}"
        return f"MISSED  {told}: by {abs(self.value - self.limit):.3g} {self.unit}"


@dataclass
class Report:
    """Prints lines as they come, and keeps them with the values that they were made of."""

    lines: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        """Print and keep lines."""
        for line in lines:
            print(line, flush=True)
            self.lines.append(line)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print and keep a table: its first column to the left, the others to the right."""
        every = [list(head), *(list(row) for row in rows)]
        widths = [max(len(cell) for cell in column) for column in zip(*every, strict=True)]
        for row in every:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            self.say("  ".join(cells).rstrip())

    def markdown(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print and keep a table as documentation has it."""
        for row in (head, ["---"] * len(head), *rows):
            self.say(f"| {' | '.join(row)} |")

    def judge(self, *targets: Target) -> None:
        """Print and keep whether targets are met."""
        self.targets.extend(targets)
        self.say(*(str(target) for target in targets))

    @property
    def missed(self) -> list[Target]:
        """The targets that are not met."""
        return [target for target in self.targets if not target.is_met]

    def write(self, folder: Path, name: str) -> None:
        """Write the text and the JSON beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        targets = [{**asdict(target), "met": target.is_met} for target in self.targets]
        content = json.dumps({**self.values, "targets": targets}, indent=2)
        (folder / f"{name}.json").write_text(content + "\n", encoding="utf-8")
        (folder / f"{name}.txt").write_text("\n".join(self.lines) + "\n", encoding="utf-8")
