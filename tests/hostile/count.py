"""Count the attacks, and write the number into docs/security.md: python tests/hostile/count.py."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "security.md"
BEGINS, ENDS = "<!-- The figure is written by `make hostile-count`. -->\n", "<!-- End of the figure. -->"
COUNTED = re.compile(r"^attacks: (\d+) collected$", re.MULTILINE)
SETS = {"make test": "quick", "make test-full": "full"}
LIMIT = 600


@functools.cache
def counted(name: str) -> int:
    """Return how many attacks a set has, as pytest collects them."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/hostile"],
        cwd=REPOSITORY,
        env={**os.environ, "AVSHIFT_HOSTILE_SET": name},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    found = COUNTED.search(done.stdout)
    if found is None:
        sys.exit(f"Counting the attacks: tests/hostile: pytest collected nothing.\n{done.stdout[-2000:]}{done.stderr}")
    return int(found[1])


def figure() -> str:
    """Return the number as the page shows it: what the tests print when every attack has held."""
    lines = []
    for command, name in SETS.items():
        number = counted(name)
        lines.append(f"- `{command}`: `attacks: {number} tried, {number} held`\n")
    return "".join(lines)


def on_page() -> str:
    """Return the number that is on the page."""
    return PAGE.read_text(encoding="utf-8").partition(BEGINS)[2].partition(ENDS)[0]


def main() -> None:
    """Write the number into the page."""
    before, begins, rest = PAGE.read_text(encoding="utf-8").partition(BEGINS)
    PAGE.write_text(f"{before}{begins}{figure()}{ENDS}{rest.partition(ENDS)[2]}", encoding="utf-8")
    print(on_page(), end="")


if __name__ == "__main__":
    main()
