"""The results of kaspersky_info that a scenario has kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from integration import lab


@dataclass(frozen=True)
class Detected:
    """The module's result for one root."""

    result: dict[str, Any]

    def findings(self, *keys: str) -> list[dict[str, Any]]:
        """Return the values of some keys in every finding, in the order of the ids."""
        ordered = sorted(self.result["findings"], key=lambda finding: str(finding["id"]))
        return [{key: finding[key] for key in keys if key in finding} for finding in ordered]

    def evidence(self) -> list[str]:
        """Return the ids of everything that was seen."""
        return sorted(item["id"] for item in self.result["evidence"] if "value" in item)


def detected(kind: str, name: str) -> Detected:
    """Return what was found on a host; ``kind`` is live or image."""
    path = lab.EVIDENCE / f"{kind}.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    assert name in content, f"detecting on {name} gave no result; see {lab.EVIDENCE / 'detect.txt'}"
    return Detected(content[name])
