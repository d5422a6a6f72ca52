"""Run a scenario without Molecule: the playbooks and tests of its molecule.yml, in its order.

``python tests/scenarios.py default``. Only the Molecule settings that these scenarios use are supported; anything else
is refused by name. The hosts are removed at the end, whatever happened.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from glob import glob
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / ".config" / "molecule" / "config.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
PLAYBOOKS = {name: f"{name}.yml" for name in ("create", "prepare", "converge", "side_effect", "destroy")}
UNDERSTOOD = {
    "ansible": {"env", "playbooks", "executor"},
    "scenario": {"test_sequence"},
    "verifier": None,
    "driver": None,
}
# A play's last lines: what it changed on each host.
RECAP = re.compile(r"changed=([1-9]\d*)")


class ScenarioError(Exception):
    """Reads as `<what failed>: <object>: <cause>. <what to do>`."""


class Scenario:
    """One folder below molecule/, with its settings merged over the common ones."""

    def __init__(self, name: str) -> None:
        self.folder = ROOT / "molecule" / name
        if not (self.folder / "molecule.yml").is_file():
            raise ScenarioError(f"Running a scenario: {name}: there is no such scenario. See molecule/README.md.")
        given = {
            **os.environ,
            "MOLECULE_PROJECT_DIRECTORY": str(ROOT),
            "MOLECULE_SCENARIO_NAME": name,
            "MOLECULE_SCENARIO_DIRECTORY": str(self.folder),
        }
        shared, own = (_settings(path, given) for path in (SETTINGS, self.folder / "molecule.yml"))
        ansible, ours = shared.get("ansible", {}), own.get("ansible", {})
        self.sequence = [str(step) for step in own["scenario"]["test_sequence"]]
        self.playbooks = {**PLAYBOOKS, **ansible.get("playbooks", {}), **ours.get("playbooks", {})}
        self.arguments = [str(word) for word in ansible["executor"]["args"]["ansible_playbook"]]
        self.options = shared["verifier"]["options"]
        self.patterns = [str(pattern) for pattern in own.get("verifier", {}).get("additional_files_or_dirs", ())]
        variables = {**ansible.get("env", {}), **ours.get("env", {}), **shared["verifier"]["env"]}
        self.environment = {**given, **{key: str(value) for key, value in variables.items()}}

    def run(self) -> int:
        """Run the whole sequence; return 0 if each step succeeded."""
        try:
            for step in self.sequence:
                print(f"-- {self.folder.name}: {step}", flush=True)
                if not self._step(*step.split(" ", 1)):
                    print(f"-- {self.folder.name}: {step}: FAILED", flush=True)
                    return 1
            return 0
        finally:
            if "destroy" in self.sequence:
                self._play(self.playbooks["destroy"])

    def _step(self, name: str, what: str = "") -> bool:
        if name == "verify":
            return self._call(["pytest", *self._verifier(), *self._tests(what or "tests")]) == 0
        if name == "idempotence":
            return self._changes_nothing()
        if name not in PLAYBOOKS:
            raise ScenarioError(
                f"Running a scenario: {self.folder.name}: it has a step {name}, which is not understood."
            )
        playbook = what or self.playbooks[name]
        # Molecule also skips a playbook that does not exist.
        return not (self.folder / playbook).is_file() or self._play(playbook)

    def _tests(self, named: str) -> list[str]:
        folder = self.folder / named
        return [str(folder), *(path for pattern in self.patterns for path in sorted(glob(f"{folder}/{pattern}")))]

    def _verifier(self) -> list[str]:
        flags = []
        for key, value in self.options.items():
            flag = f"-{key}" if len(key) == 1 else f"--{key}"
            flags += [flag] if value is True else [flag, str(value)]
        return flags

    def _changes_nothing(self) -> bool:
        argv = ["ansible-playbook", *self.arguments, self.playbooks["converge"]]
        done = subprocess.run(
            argv, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True, check=False
        )
        print(done.stdout, flush=True)
        recap = done.stdout.rpartition("PLAY RECAP")[2]
        return done.returncode == 0 and not RECAP.search(recap)

    def _play(self, playbook: str) -> bool:
        return self._call(["ansible-playbook", *self.arguments, playbook]) == 0

    def _call(self, argv: list[str]) -> int:
        folder = self.folder if argv[0] == "ansible-playbook" else ROOT
        return subprocess.run(argv, cwd=folder, env=self.environment, check=False).returncode


def _settings(path: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return a settings file's content with ${NAME} and ${NAME:-otherwise} filled in."""
    text = path.read_text(encoding="utf-8")
    filled = VARIABLE.sub(lambda found: environment.get(found.group(1)) or found.group(2) or "", text)
    content: dict[str, Any] = yaml.safe_load(filled)
    for key, value in content.items():
        known = UNDERSTOOD.get(key, set()) if key != "prerun" else None
        odd = [] if known is None else sorted(set(value) - known if isinstance(value, dict) else {key})
        if odd or (key not in UNDERSTOOD and key != "prerun"):
            raise ScenarioError(
                f"Reading a scenario: {path}: {key} {odd}: it is not understood. Teach tests/scenarios.py."
            )
    return content


def main() -> int:
    """Run the scenario that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    try:
        return Scenario(parser.parse_args().scenario).run()
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
