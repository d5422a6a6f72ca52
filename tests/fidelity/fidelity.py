"""Plan fidelity: every change was planned, and every planned change was made."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

import yaml

from fidelity.effects import PLACES, Effect, named_changes
from fidelity.observation import CHANGED, CREATED, REMOVED, Change, Observation, changes

BOOKKEEPING = Path(__file__).with_name("bookkeeping.yml")
# The files that hold names of each kind, without their backups, whose names end in `-`.
DATABASES = {
    "group": ("/etc/group", "/etc/gshadow"),
    # The last two are sorted by number, and Debian 11 clears a new account's entries.
    "account": ("/etc/passwd", "/etc/shadow", "/etc/subuid", "/etc/subgid", "/var/log/faillog", "/var/log/lastlog"),
}
# What a directory shows when its children come and go.
BY_CHILDREN = {"mtime", "size"}


@dataclass(frozen=True)
class Verdict:
    """Both lists are empty if the plan said what happened."""

    unexplained: list[str]
    not_happened: list[str]


def judge(before: Observation, after: Observation, effects: list[Effect]) -> Verdict:
    """Compare what changed on a host with what its plan said."""
    real = changes(before, after)
    explained = _explained(real, effects, before, after)
    unexplained = [str(change) for change in real if change.path not in explained]
    unexplained += [str(change) for kind in PLACES for change in _names_beyond(kind, before, after, effects)]
    return Verdict(unexplained, [str(effect) for effect in effects if not _happened(effect, before, after, real)])


def _explained(real: list[Change], effects: list[Effect], before: Observation, after: Observation) -> set[str]:
    others = [*_bookkeeping(effects), *_databases(effects)]
    owned = _owned(effects, before, after)
    explained = {
        change.path
        for change in real
        if change.path in owned[change.change] or any(effect.explains(change) for effect in (*effects, *others))
    }
    return explained | _by_children(real, explained)


def _bookkeeping(effects: list[Effect]) -> list[Effect]:
    if not any(effect.kind == "package" for effect in effects):
        return []
    listed = yaml.safe_load(BOOKKEEPING.read_text(encoding="utf-8"))
    # A log or cache that is a single file may be created for the first time.
    kinds = {"tree": (CHANGED,), "glob": (CHANGED,), "file": (CREATED, CHANGED)}
    return [Effect(one["scope"], one["path"], change) for one in listed for change in kinds[one["scope"]]]


def _databases(effects: list[Effect]) -> list[Effect]:
    files = {file for effect in effects for file in DATABASES.get(effect.kind, ())}
    return [
        Effect("file", path, change) for file in files for path in (file, f"{file}-") for change in (CREATED, CHANGED)
    ]


def _owned(effects: list[Effect], before: Observation, after: Observation) -> dict[str, set[str]]:
    """Return {change: paths} that packages named in the plan install, remove or replace."""
    owned: dict[str, set[str]] = {CREATED: set(), REMOVED: set(), CHANGED: set()}
    for effect in effects:
        if effect.kind != "package":
            continue
        was, now = before.owned.get(effect.what, frozenset()), after.owned.get(effect.what, frozenset())
        owned[CREATED] |= now - was
        owned[REMOVED] |= was - now
        owned[CHANGED] |= was & now
    return owned


def _by_children(real: list[Change], explained: set[str]) -> set[str]:
    """Return directories that changed only because children came and went."""
    parents = {posixpath.dirname(path) for path in explained}
    return {
        change.path
        for change in real
        if change.kind == "d"
        and change.path in parents
        and set(change.fields) <= BY_CHILDREN
        and change.change == CHANGED
    }


def _names_beyond(kind: str, before: Observation, after: Observation, effects: list[Effect]) -> list[Effect]:
    planned = {(effect.kind, effect.what, effect.change) for effect in effects}
    return [real for real in named_changes(kind, before, after) if (kind, real.what, real.change) not in planned]


def _happened(effect: Effect, before: Observation, after: Observation, real: list[Change]) -> bool:
    if effect.kind in PLACES:
        return any(
            (effect.what, effect.change) == (one.what, one.change) for one in named_changes(effect.kind, before, after)
        )
    was = {path for path in before.paths() if effect.covers(path)}
    now = {path for path in after.paths() if effect.covers(path)}
    if effect.change == CREATED:
        return bool(now - was)
    if effect.change == REMOVED:
        return bool(was) and not now
    return any(effect.covers(change.path) for change in real)
