"""Make a fleet of scripted hosts: python -m avshift_bench.scripted_fleet N FOLDER.

They answer as the cases in tests/fixtures/plans were recorded; ``on_host/scripted_host.py`` says how.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from plans import case_of
from support import collected

from .paths import ON_HOST

ANSWERS = {"before": "full", "after": "clean-without-replacement", "drifted": "leftovers"}
VARIABLES: dict[str, Any] = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ fleet_folder }}/{{ inventory_hostname }}/python",
    "avshift_become": False,
    "avshift_provider": "none",
    "avshift_accept": ["no_replacement", "backup_encrypted"],
}


def main() -> int:
    """Write the hosts and their inventory, hosts.json."""
    count, folder = int(sys.argv[1]), Path(sys.argv[2]).resolve()
    names = [f"host{number:05d}" for number in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "scripted_host"
    script.write_text("#!/usr/bin/python3 -Is\n" + (ON_HOST / "scripted_host.py").read_text("utf-8"), encoding="utf-8")
    script.chmod(0o755)
    for name in names:
        (folder / name).mkdir()
        (folder / name / "python").symlink_to(script)
    for name, case in ANSWERS.items():
        told = collected(case_of(case))
        for end, evidence in ((".json", told["evidence"]), (".facts.json", [])):
            answer = json.dumps({"changed": False, "collected": {**told, "evidence": evidence}})
            (folder / f"{name}{end}").write_text(answer, encoding="utf-8")
    inventory = {"all": {"hosts": dict.fromkeys(names), "vars": {**VARIABLES, "fleet_folder": str(folder)}}}
    (folder / "hosts.yml").write_text(json.dumps(inventory), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
