"""The places that name the collection's version: write one into all of them, or say which have another.

``versions.py 1.0.0`` writes it. What began with a version that was never released begins with this one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

HOME = Path(__file__).resolve().parents[1]
NUMBERS = r"\d+\.\d+\.\d+"
# The group is the version. Each of these files has to name one.
NAMED = {
    "galaxy.yml": r"^version: (\S+)$",
    "plugins/plugin_utils/version.py": r'^VERSION = "(\S+)"$',
    "README.md": rf"^Version ({NUMBERS})[.:]",
    # By docs/tools/examples.py, of the version that the code has.
    "docs/examples/plan.html": rf"the collection \(({NUMBERS})\)",
    "docs/examples/plan.md": rf"\| Made by \| collection ({NUMBERS}) \|",
    "docs/examples/record-redacted.json": rf'"collection_version": "({NUMBERS})"',
}
TARBALL = rf"avshift-endpoint-({NUMBERS})\.tar"
# Since when there is something: what was never released has not been there since.
SINCE = {
    "plugins/*.py": rf"^version_added: (?P<quote>[\"']?)({NUMBERS})(?P=quote)$",
    "roles/*/meta/argument_specs.yml": rf"^ *version_added: (?P<quote>[\"']?)({NUMBERS})(?P=quote)$",
    "docs/platforms.md": rf"^\| .+ \| \d+ \| ({NUMBERS}) \|$",
}
UNRELEASED = re.compile(r"(?<=^Version )(\S+): not released yet\.", re.MULTILINE)
# What was said of earlier releases stays.
HISTORY = [":!CHANGELOG.rst", ":!changelogs", ":!tests"]


def write(home: Path, version: str) -> list[str]:
    """Write a version wherever one is named, and return the names of the files that were changed."""
    changed = []
    for name, pattern, since in _places(home):
        path = home / name
        text = path.read_text(encoding="utf-8")
        kept = _released(home) if since else set()
        made = UNRELEASED.sub(r"\1.", _with(text, pattern, version, kept))
        if made != text:
            path.write_text(made, encoding="utf-8")
            changed.append(name)
    return changed


def others(home: Path, version: str) -> Iterator[str]:
    """Yield what names another version, or none where one has to stand."""
    for name, pattern, since in _places(home):
        text = (home / name).read_text(encoding="utf-8")
        found = {_version(match) for match in re.finditer(pattern, text, re.MULTILINE)}
        kept = _released(home) if since else set()
        for other in sorted(found - kept - {version}):
            yield f"{name} has the version {other}: call 'make release-prepare VERSION={version}'."
        if not found and NAMED.get(name) == pattern:
            yield f"{name} names no version where release/versions.py looks for it. Correct one of the two."
        if NAMED.get(name) == pattern and UNRELEASED.search(text):
            yield f"{name} says 'not released yet': call 'make release-prepare VERSION={version}'."


def _places(home: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield file, pattern, and whether the version is one since when something has been there."""
    yield from ((name, pattern, False) for name, pattern in NAMED.items())
    for name in _git(home, "grep", "-lIE", "-e", TARBALL.replace(r"\d", "[0-9]"), "--", ".", *HISTORY):
        yield name, TARBALL, False
    for glob, pattern in SINCE.items():
        yield from ((name, pattern, True) for name in _git(home, "ls-files", "--", glob))


def _with(text: str, pattern: str, version: str, kept: set[str]) -> str:
    def one(match: re.Match[str]) -> str:
        found = _version(match)
        return match[0] if found in kept else match[0].replace(found, version)

    return re.sub(pattern, one, text, flags=re.MULTILINE)


def _version(match: re.Match[str]) -> str:
    return str(match[match.re.groups])


def _released(home: Path) -> set[str]:
    listed = yaml.safe_load((home / "changelogs/changelog.yaml").read_text(encoding="utf-8"))
    return set(listed["releases"])


def _git(home: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=home, check=False, capture_output=True, text=True)
    # To find nothing is no fault of a search.
    if done.returncode > (arguments[0] == "grep"):
        raise SystemExit(f"Looking for versions: git {arguments[0]}: {done.stderr.strip()}. Call it in a git checkout.")
    return done.stdout.splitlines()


if __name__ == "__main__":
    for written in write(HOME, sys.argv[1]):
        print(f"   {written}")
