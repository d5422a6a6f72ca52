"""Pin the workflows' actions by commits and the matrix' images by digests, where their hosts can be reached.

An action stands there as ``owner/name@v4`` or ``owner/name@COMMIT # v4``; the comment keeps the version, so that a
later call finds its newest commit. An image has its tag beside its digest for the same reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
WORKFLOWS = HOME / ".github" / "workflows"
MATRIX = HOME / ".github" / "matrix.json"
USED = re.compile(r"(?P<before>uses: )(?P<name>[\w.-]+/[\w./-]+)@(?P<at>\S+)(?: # (?P<version>\S+))?")
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LIMIT, PULL_LIMIT = 30, 600


def commit_of(name: str, version: str) -> str | None:
    """Return the commit that a version of an action is, or None where that cannot be found out."""
    repository = "/".join(name.split("/")[:2])
    command = [
        "git",
        "ls-remote",
        f"https://github.com/{repository}",
        f"refs/tags/{version}",
        f"refs/tags/{version}^{{}}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # An annotated tag comes with the commit that it stands for, after it.
    lines = [line.split("\t")[0] for line in done.stdout.splitlines()]
    return lines[-1] if done.returncode == 0 and lines else None


def digest_of(image: str) -> str | None:
    """Return the digest that an image's tag stands for now, or None where that cannot be found out."""
    for command in (["pull", "--quiet", image], ["image", "inspect", "--format={{.Digest}}", image]):
        try:
            done = subprocess.run(["podman", *command], capture_output=True, text=True, timeout=PULL_LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0:
            return None
    found = done.stdout.strip()
    return found if DIGEST.fullmatch(found) else None


def images_pinned(text: str) -> tuple[str, list[str]]:
    """Return the matrix with its distributions' images pinned, and those that could not be."""
    left: list[str] = []
    made = text
    for one in json.loads(text)["distributions"]:
        name = f"{one['image']}:{one['tag']}"
        found = digest_of(name)
        if found is None:
            left += [] if DIGEST.fullmatch(one["digest"]) else [name]
            continue
        before = f'"image": {json.dumps(one["image"])}, "tag": {json.dumps(one["tag"])}, "digest": '
        made = made.replace(before + json.dumps(one["digest"]), before + json.dumps(found))
    return made, left


def pinned(text: str) -> tuple[str, list[str]]:
    """Return a workflow with its actions pinned, and those that could not be."""
    left: list[str] = []

    def one(match: re.Match[str]) -> str:
        version = match["version"] or match["at"]
        found = None if COMMIT.fullmatch(version) else commit_of(match["name"], version)
        if found is None:
            if not COMMIT.fullmatch(match["at"]):
                left.append(f"{match['name']}@{version}")
            return match[0]
        return f"{match['before']}{match['name']}@{found} # {version}"

    return USED.sub(one, text), left


def main() -> int:
    """Pin them all; return 1 if any is left."""
    left: set[str] = set()
    for path, pin in [*((path, pinned) for path in sorted(WORKFLOWS.glob("*.yml"))), (MATRIX, images_pinned)]:
        text = path.read_text(encoding="utf-8")
        made, missing = pin(text)
        left |= set(missing)
        if made != text:
            path.write_text(made, encoding="utf-8")
            print(f"pinned: {path.name}")
    for name in sorted(left):
        print(f"Pinning: {name}: its host cannot be reached, or has no such tag. Try again where it can.")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
