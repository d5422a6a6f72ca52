"""What a plan says will change on a host, and which real changes that covers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fidelity.observation import CHANGED, CREATED, REMOVED, Change, Observation

DIGEST_MARK, SHORT = "{digest}", 12


@dataclass(frozen=True)
class Effect:
    """One effect of a step. ``kind`` is file, tree, glob, package, group or account; ``what`` its path or name."""

    kind: str
    what: str
    change: str
    step: str = ""

    def __str__(self) -> str:
        return f"{self.step}: {self.kind} {self.what}: {self.change}"

    def covers(self, path: str) -> bool:
        """Return True if this effect covers a path."""
        if self.kind == "file":
            return path == self.what
        if self.kind == "tree":
            return path == self.what or path.startswith(f"{self.what}/")
        return self.kind == "glob" and _fits(path, self.what)

    def explains(self, change: Change) -> bool:
        """Return True if the plan's reader had to expect this change. The content of a changed tree may come and go."""
        if not self.covers(change.path):
            return False
        return self.change == change.change or (self.change == CHANGED and self.kind != "file")


def _fits(path: str, pattern: str) -> bool:
    """Match name by name: no wildcard reaches across a slash."""
    names, patterns = path.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def of_host(plan: Path, host: str) -> list[Effect]:
    """Return the effects of all steps of a host in a plan.json."""
    document = json.loads(plan.read_text(encoding="utf-8"))
    digest = document["hosts"][host]["digest"]
    return of_plan({**document["classes"][digest], "digest": digest})


def of_plan(plan: dict[str, Any]) -> list[Effect]:
    """Return the effects of all steps of one host's plan."""
    return [_effect(effect, step["id"], plan["digest"]) for step in plan["steps"] for effect in step["effects"]]


def _effect(effect: dict[str, Any], step: str, digest: str) -> Effect:
    kind = effect["scope"] if "path" in effect else next(kind for kind in PLACES if kind in effect)
    what = effect["path" if "path" in effect else kind].replace(DIGEST_MARK, digest[:SHORT])
    return Effect(kind, what, effect["change"], step)


# Where an observation has the names of each kind.
PLACES = {"package": "packages", "group": "groups", "account": "accounts"}


def named_changes(kind: str, before: Observation, after: Observation) -> Iterator[Effect]:
    """Yield what really changed among packages, groups or accounts, as effects."""
    was, now = getattr(before, PLACES[kind]), getattr(after, PLACES[kind])
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield Effect(kind, name, CREATED if name not in was else CHANGED if name in now else REMOVED)
