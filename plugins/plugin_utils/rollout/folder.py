# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rollout keeps on the controller besides records: a mark for each host that is being changed, or was and is not
clean. It is written before the first change and goes with a clean record, so that no signal loses what was begun. A
host of a group that was not reached has one too, for controllers that looked at its record earlier.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .. import documents
from ..canonical import encode
from ..documents import PRIVATE, Modes
from ..errors import AvshiftError
from ..record import records
from .amounts import amount, unreadable
from .gates import Seen
from .progress import seen_of
from .reading import is_path, rules
from .rules import Rules
from .schedule import Schedule

STATES = BEGUN, UNCLEAN, LOST = "begun", "unclean", "lost"
MARKS, LOCK, RUN = "begun", "lock", "run.json"
UNKNOWN_TIME = "an unknown time"
MOST_MARK, MOST_RUN, MOST_RULES = 1 << 16, 1 << 28, 1 << 20
MOST_OTHERS = 9
SUFFIX = ".json"


def places(output_dir: str) -> tuple[str, str]:
    """Return the folders of marks and of records below the folder of all output."""
    home = Path(output_dir).expanduser().absolute()
    return str(home / "rollout"), str(home / "records")


def begin(look: Mapping[str, Any], host: str, now: str, modes: Modes = PRIVATE) -> str:
    """Mark a host as being changed, and return ''; or return why it may not be begun.

    ``look`` is what the gate of its batch gives each host: {home, ring, run, total, stop_after, groups}. Of all
    controllers that share the folder, one decides at a time. Raises AvshiftError where nothing can be written.
    """
    home, groups = Path(look["home"]), look["groups"].get(host, [])
    path = _path(home, look["ring"], host)
    documents.make(path.parent, modes)
    with _alone(home, modes):
        if why := threshold(look) or _group(home, host, groups):
            return why
        told = {"host": host, "run": look["run"], "state": BEGUN, "time": now, "groups": groups}
        documents.write_text(path, encode({**told, "others": _others(_mark(path, host), look["run"])}), modes)
        _forget_others(path)
    return ""


def end(look: Mapping[str, Any], host: str, is_clean: bool, modes: Modes = PRIVATE, lost_at: str = "") -> None:
    """Take a host's mark away, or leave in it that it is not clean; one that was not begun has none, unless it is of a
    group and was not reached, at the time ``lost_at``. The mark of another run stays until the host is clean: that run
    may be at work on it, or was killed, and then it is not known how its change ended.
    """
    home, groups = Path(look["home"]), look["groups"].get(host, [])
    path = _path(home, look["ring"], host)
    if (lost_at and groups) or any((ring / path.name).exists() for ring in (home / MARKS).glob("*/")):
        documents.make(home, modes)
        with _alone(home, modes):
            _end(look, host, is_clean, modes, lost_at)


def _end(look: Mapping[str, Any], host: str, is_clean: bool, modes: Modes, lost_at: str) -> None:
    path = _path(Path(look["home"]), look["ring"], host)
    mark, groups = _mark(path, host), look["groups"].get(host, [])
    if not lost_at:
        _forget_others(path, STATES if is_clean else (LOST,))
    if mark is None and lost_at and groups:
        lost = {"host": host, "run": look["run"], "state": LOST, "time": lost_at, "groups": groups}
        documents.write_text(path, encode(lost), modes)
    if mark is None:
        return
    if is_clean or (mark["state"] == LOST and not lost_at):
        documents.remove(path)
    elif mark["state"] == BEGUN and look["run"] in (mark["run"], *mark.get("others", ())):
        told = {**mark, "groups": mark["groups"] or groups, "others": []}
        documents.write_text(path, encode({**told, "run": look["run"], "state": UNCLEAN}), modes)


def _others(mark: Mapping[str, Any] | None, run: str) -> list[str]:
    """Return the runs by which a host is marked as begun before another begins it: the host itself lets one of them in,
    and the others leave the mark's end to that one.
    """
    if mark is None or mark["state"] != BEGUN:
        return []
    known = [*mark.get("others", ()), mark["run"]]
    return [one for one in dict.fromkeys(known) if one not in (run, "")][-MOST_OTHERS:]


def threshold(look: Mapping[str, Any]) -> str:
    """Return why this run starts no further host of a ring, '' while it may."""
    folder = Path(look["home"]) / MARKS / look["ring"]
    bad = [mark for mark in _marks(folder) if mark["state"] == UNCLEAN and mark["run"] == look["run"]]
    most = amount(look["stop_after"], "stop_after")
    if not most.is_exceeded(len(bad), look["total"]):
        return ""
    names = ", ".join(sorted(mark["host"] for mark in bad)[:3])
    return (
        f"{len(bad)} of {look['total']} hosts of ring {look['ring']} were changed in this run and are not clean "
        f"({names}), and the limit is {most} (stop_after)"
    )


def marks(home: Path) -> dict[str, dict[str, Any]]:
    """Return all marks by their hosts."""
    rings = sorted((home / MARKS).iterdir()) if (home / MARKS).is_dir() else []
    return {mark["host"]: mark for ring in rings if ring.is_dir() for mark in _marks(ring)}


class Progress:
    """What records and marks say of hosts. A record is read once, and again when it has changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Any, Seen]] = {}

    def of(self, folder: str, home: str, approved: Mapping[str, str], digest: str) -> dict[str, Seen]:
        """Return what is known of hosts. ``approved`` is {host: its plan's digest, '' where none was approved}, and
        ``digest`` that of the whole plan; ``folder`` has the records, ``home`` the marks.
        """
        marked = marks(Path(home))
        seen = {host: self._seen(folder, host, (plan, digest)) for host, plan in approved.items()}
        return {host: _marked(one, marked.get(host)) for host, one in seen.items()}

    def _seen(self, folder: str, host: str, approved: tuple[str, str]) -> Seen:
        path = records.path_of(folder, host)
        try:
            told = path.stat()
        except OSError:
            return Seen(host)
        state = (told.st_ino, told.st_size, told.st_mtime_ns, approved)
        known = self._known.get((folder, host))
        if known is None or known[0] != state:
            known = (state, seen_of(host, records.read_one(path)[0], *approved))
            self._known[folder, host] = known
        return known[1]


def save(path: Path, schedule: Schedule, modes: Modes = PRIVATE) -> None:
    """Write a schedule; AvshiftError if that cannot be done."""
    documents.write_text(path, json.dumps(schedule.to_json()), modes)


def saved(path: Path) -> Schedule | None:
    """Return a schedule that was written, None where there is none that can be read."""
    content = _read(path, MOST_RUN)
    try:
        made = None if content is None else Schedule.of(content)
        return made if made is not None and made.is_whole() else None
    except (TypeError, KeyError, AttributeError, AvshiftError):
        return None


def decided(path: Path) -> Schedule:
    """Return a run's decisions; AvshiftError if there are none yet."""
    found = saved(path)
    if found is None:
        raise AvshiftError(
            "rollout_not_decided",
            "Reading the rollout",
            str(path),
            "this run has decided nothing yet",
            "Ask the lookup avshift.endpoint.rollout for hosts first, in the keyword hosts of the run's first play.",
        )
    return found


def note_begun(folder: Path, number: int) -> None:
    """Note that a run has begun a batch."""
    folder.mkdir(exist_ok=True)
    (folder / str(number)).touch()


def forget_begun(folder: Path) -> None:
    """Forget which batches a run has begun."""
    for number in begun(folder):
        documents.remove(folder / str(number))


def begun(folder: Path) -> set[int]:
    """Return the numbers of the batches that a run has begun."""
    return {int(name) for name in os.listdir(folder)} if folder.is_dir() else set()


def rules_of(given: Any) -> Rules:
    """Return a rollout from a variable, or from the file that it names; AvshiftError if it cannot be read."""
    if not is_path(given):
        return rules(given)
    try:
        text = documents.read_bytes(Path(str(given).strip()).expanduser(), MOST_RULES).decode("utf-8")
    except (OSError, ValueError, RuntimeError) as error:
        cause = getattr(error, "strerror", None) or error
        raise unreadable("", f"{given} cannot be read ({cause})", "Give the path of a file of rules.") from error
    return rules(text)


def _marked(seen: Seen, mark: Mapping[str, Any] | None) -> Seen:
    if mark is None or mark["state"] == LOST:
        return seen
    return seen.changed().interrupted(mark["time"]) if mark["state"] == BEGUN else seen.changed()


def _group(home: Path, host: str, groups: list[list[Any]]) -> str:
    """Return why a host has to wait for others of its group, '' if it need not. A group is [by, value, how many may be
    away, names of hosts that were not reached]; one of these may have a mark too, and is away once.
    """
    if not groups:
        return ""
    others = [mark for name, mark in marks(home).items() if name != host]
    for by, value, at_once, lost in groups:
        away = {mark["host"] for mark in others if _may_be_in(mark, [by, value])} | set(lost)
        if len(away) >= at_once:
            return f"no more hosts with {by} {value} may be away at once: {', '.join(sorted(away)[:3])}"
    return ""


def _may_be_in(mark: Mapping[str, Any], group: list[Any]) -> bool:
    groups = mark["groups"]
    return groups is None or group in [one[:2] for one in groups]


def _forget_others(path: Path, states: tuple[str, ...] = STATES) -> None:
    """Remove what a host's mark replaces: those of a ring that it was in by an earlier plan."""
    for other in path.parent.parent.glob("*/"):
        mark = None if other.name == path.parent.name else _mark(other / path.name, unquote(path.stem))
        if mark is not None and mark["state"] in states:
            documents.remove(other / path.name)


def _path(home: Path, ring: str, host: str) -> Path:
    return records.path_of(str(home / MARKS / ring), host)


def _marks(folder: Path) -> Iterator[dict[str, Any]]:
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    for name in names:
        path = folder / name
        if name.endswith(SUFFIX) and not name.startswith(".") and (mark := _mark(path, unquote(path.stem))) is not None:
            yield mark


def _mark(path: Path, host: str) -> dict[str, Any] | None:
    """Return a host's mark, None where there is none. Of one that cannot be read all is taken for unknown: the host may
    be in the middle of its change, and of any group.
    """
    mark = _read(path)
    if (mark is None and path.exists()) or (mark is not None and not _is_mark(mark, path)):
        return {"host": host, "run": "", "state": BEGUN, "time": UNKNOWN_TIME, "groups": None}
    return mark


def _is_mark(content: Mapping[str, Any], path: Path) -> bool:
    texts = all(isinstance(content.get(key), str) for key in ("host", "run", "time"))
    texts = texts and records.path_of("", content["host"]).name == path.name
    groups = content.get("groups")
    pairs = isinstance(groups, list) and all(isinstance(one, list) and len(one) > 1 for one in groups)
    others = content.get("others", [])
    runs = isinstance(others, list) and all(isinstance(one, str) for one in others)
    return texts and pairs and runs and content.get("state") in STATES


def _read(path: Path, most: int = MOST_MARK) -> dict[str, Any] | None:
    """Return a document of ours; None where there is none, or another controller has just taken it away."""
    try:
        content = json.loads(documents.read_bytes(path, most))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


@contextlib.contextmanager
def _alone(home: Path, modes: Modes) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            number = documents.open_lock(home / LOCK, modes)
            stack.callback(os.close, number)
            fcntl.flock(number, fcntl.LOCK_EX)
        except OSError as error:
            raise _not_locked(home / LOCK, error) from error
        yield


def _not_locked(path: Path, error: OSError) -> AvshiftError:
    remedy = "Remove it if it is a link or not a file, and make sure that all users of the rollout may write to it."
    return AvshiftError("not_locked", "Deciding about a host", str(path), error.strerror or error, remedy)
