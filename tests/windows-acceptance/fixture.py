"""Writes what a host answered as test data: ``fixture.py FOLDER EXPECTED``, the module's result on standard input."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

# The module's own keys; those that Ansible adds are left out.
KEPT = ("changed", "powershell", "administrator", "process64", "system64", "answers")


def write(folder: Path, expected: Path, result: dict[str, Any]) -> None:
    """Write answers.json, and beside it what has to be found."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: result[name] for name in KEPT if name in result}
    text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=True)
    (folder / "answers.json").write_text(text + "\n", encoding="ascii")
    shutil.copyfile(expected, folder / "expect.yml")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    write(Path(sys.argv[1]), Path(sys.argv[2]), json.load(sys.stdin))
