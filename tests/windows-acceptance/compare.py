"""Compares what a look found with what is expected: ``compare.py RECORD EXPECTED [--before RECORD]``.

It prints each difference. RECORD is a record that detect wrote, EXPECTED an expect.yml of tests/fixtures/windows.
What was already unknown in the earlier record is no difference: the host is like that. Needs PyYAML.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

SHOWN = ("id", "state", "version", "confidence", "problems")


def differences(
    record: dict[str, Any], case: dict[str, Any], is_disk: bool = False, known: frozenset[str] = frozenset()
) -> list[str]:
    """Return a line for each difference of a host's record from the case of an expect.yml; on a disk nothing runs."""
    collected = record["verification"]["collected"]
    found = [{key: one[key] for key in SHOWN} for one in collected["findings"]]
    expected = {**case, **(case.get("disk", {}) if is_disk else {})}
    wanted = [_of_disk(one) if is_disk else one for one in expected["expect"]]
    lines = [f"missing: {one}" for one in wanted if one not in found]
    lines += [f"not expected: {one}" for one in found if one not in wanted]
    unknown = unknowns(record)
    lines += [f"not unknown: {name}" for name in sorted(set(expected["unknown"]) - unknown)]
    lines += [f"unknown: {name}" for name in sorted(unknown - known - set(expected["unknown"]))]
    if collected["complete"] != expected["complete"]:
        lines.append(f"complete: {collected['complete']}, expected {expected['complete']}")
    return lines


def _of_disk(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "state": found["state"].replace("running", "installed")}


def unknowns(record: dict[str, Any]) -> frozenset[str]:
    """Return the ids of what a record lists as unknown."""
    return frozenset(one["id"] for one in record["verification"]["collected"]["unknowns"])


def main() -> int:
    """Return 1 if there is any difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("record", "expected", "--before"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    told = json.loads(given.record.read_text(encoding="utf-8"))
    case = yaml.safe_load(given.expected.read_text(encoding="utf-8"))
    known = unknowns(json.loads(given.before.read_text(encoding="utf-8"))) if given.before else frozenset()
    lines = differences(told, case, known=known)
    print("\n".join(lines) or "as expected")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
