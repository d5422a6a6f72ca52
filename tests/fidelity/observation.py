"""What a host contained at one moment, as observe.sh wrote it, and how two such moments differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CREATED, REMOVED, CHANGED = "created", "removed", "changed"
FIELDS = ("type", "mode", "owner", "size", "mtime", "sum", "link")


@dataclass(frozen=True)
class Observation:
    """Files by path, and by name: packages' versions, the paths they own, lines of /etc/group and /etc/passwd."""

    files: dict[str, tuple[str, ...]]
    packages: dict[str, str] = field(default_factory=dict)
    owned: dict[str, frozenset[str]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    run: frozenset[str] = frozenset()

    def paths(self) -> set[str]:
        """Return all paths, those in memory too."""
        return {*self.files, *self.run}


@dataclass(frozen=True)
class Change:
    """One path that has changed; ``fields`` say how."""

    path: str
    change: str
    kind: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}: {self.change}" + (f" ({', '.join(self.fields)})" if self.fields else "")

    def is_written_alike(self) -> bool:
        """Return True for a file rewritten with the same content, and for a directory whose entries came and went."""
        return self.change == CHANGED and set(self.fields) <= ({"mtime", "size"} if self.kind == "d" else {"mtime"})


def read(folder: Path) -> Observation:
    """Return the observation in a folder that observe.sh wrote."""
    files = {line[0]: tuple(line[1:]) for line in _table(folder / "files", "\t")}
    return Observation(
        files=files,
        packages={line[0]: "\t".join(line[1:]) for line in _table(folder / "packages", "\t")},
        owned=_owned(folder / "owned", files),
        groups={line[0]: ":".join(line) for line in _table(folder / "groups", ":")},
        accounts={line[0]: ":".join(line) for line in _table(folder / "accounts", ":")},
        run=frozenset(line[0] for line in _table(folder / "run", "\0")),
    )


def _table(path: Path, separator: str) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8", errors="surrogateescape").split("\n"):
        if line:
            yield line.split(separator)


def _owned(path: Path, files: dict[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return {package: paths}; a line is ``name[:architecture].list:/path``."""
    owned: dict[str, set[str]] = {}
    for (line,) in _table(path, "\0"):
        source, _list, name = line.partition(".list:")
        owned.setdefault(source.partition(":")[0], set()).add(real(name, files))
    return {package: frozenset(paths) for package, paths in owned.items()}


def real(path: str, files: dict[str, tuple[str, ...]]) -> str:
    """Return a path as it is on the disk if packages still say /lib for /usr/lib."""
    top, _slash, rest = path.lstrip("/").partition("/")
    link = files.get(f"/{top}", ())
    return f"/{link[FIELDS.index('link')]}/{rest}" if link[:1] == ("l",) and rest else path


def changes(before: Observation, after: Observation) -> list[Change]:
    """Return every path on the disk that has changed, sorted."""
    return [
        change
        for path in sorted({*before.files, *after.files})
        if (change := _change(path, before.files.get(path), after.files.get(path)))
    ]


def _change(path: str, was: tuple[str, ...] | None, now: tuple[str, ...] | None) -> Change | None:
    if was is None and now is not None:
        return Change(path, CREATED, now[0])
    if now is None and was is not None:
        return Change(path, REMOVED, was[0])
    if was is None or now is None or was == now:
        return None
    differing = tuple(name for name, old, new in zip(FIELDS, was, now, strict=True) if old != new)
    return Change(path, CHANGED, now[0], differing)
