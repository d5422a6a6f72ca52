# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One JSON document per host, the same for a dry run and a real one. A folder of them is all that a report needs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import redacted
from ..canonical import encode, is_version
from ..documents import PRIVATE, Modes, make, open_lock, read_bytes, write_text
from ..errors import AvshiftError
from ..schema import short
from ..schema.answers import UNFIT
from .quick import parse

FORMAT_VERSION = 1
KIND = "avshift.endpoint record"
MOST_BYTES = 256 << 20
# What each record has besides kind and version.
NOTHING = type(None)
FORM: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("host", "mode", "verdict"), (str,)),
    **dict.fromkeys(("run", "outcomes"), (dict,)),
    **dict.fromkeys(("plan", "approval", "verification", "failure"), (dict, NOTHING)),
    "exceptions": (list,),
    "window_seconds": (int, float, NOTHING),
}
# The longest name of a record without its extension, in characters; all of them are ASCII.
LONGEST_NAME = 200
SHORTENED = re.compile(".*~[0-9a-f]{64}")
LOCK, SUFFIX = ".lock", ".json"
# Where records of a migration are in the folder of all output, and in the one that holds that.
WITHIN = ("records", "avshift/records")
# The folders to which the playbooks write records, relative to one beside them.
BESIDE = ("detect", "plan/records", "records", "verify")


def compose(host: str, mode: str, run: dict[str, Any], verdict: str, **content: Any) -> dict[str, Any]:
    """Return a host's record.

    ``mode`` is plan, migrate or verify; ``run`` is {change_id, time, collection_version, catalog_digest}.
    ``content`` is what there is of plan, approval, outcomes, window_seconds, verification, exceptions, failure;
    forecast and preview are there only of hosts that are looked at and not changed.
    """
    empty: dict[str, Any] = {
        "plan": None,
        "approval": None,
        "outcomes": {},
        "window_seconds": None,
        "verification": None,
        "exceptions": [],
        "failure": None,
    }
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "host": host,
        "mode": mode,
        "run": run,
        "verdict": verdict,
        **empty,
        **content,
    }


def collected_in(record: dict[str, Any]) -> dict[str, Any]:
    """Return the result of the last look at a record's host, as kaspersky_info returns it; empty if there was none."""
    return (record["verification"] or {}).get("collected") or {}


def path_of(folder: str, host: str) -> Path:
    """Return the path of a host's record; whatever the host's name, it is one file in that folder.

    A name that is too long for a file is shortened, and distinguished from others by its SHA-256. So is one that has
    the form of a shortened one: it would be the file of another host.
    """
    name = quote(host, safe="", errors="backslashreplace")
    if len(name) > LONGEST_NAME or (len(name) == LONGEST_NAME and SHORTENED.fullmatch(name)):
        whole = hashlib.sha256(host.encode("utf-8", "backslashreplace")).hexdigest()
        name = f"{name[: LONGEST_NAME - len(whole) - 1]}~{whole}"
    return Path(folder) / f"{name}.json"


def earlier(folder: str, host: str) -> Iterator[dict[str, Any]]:
    """Yield a host's records from runs of every kind, in a folder of records and beside it."""
    name = path_of("", host).name
    for place in BESIDE:
        path = Path(folder).parent / place / name
        record = read_one(path)[0] if path.exists() else None
        if record is not None and record.get("host") == host:
            yield record


def write(path: Path, record: dict[str, Any], modes: Modes = PRIVATE) -> str:
    """Write a record completely or not at all, and return the SHA-256 of its file."""
    text = encode(record)
    write_text(path, text, modes)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def write_alone(folder: str, record: dict[str, Any], modes: Modes = PRIVATE) -> str:
    """Write the record of a host's answer as ``write`` does, while no one else decides by what is there."""
    with alone(folder, modes):
        return write(path_of(folder, record["host"]), record, modes)


def write_silent(folder: str, record: dict[str, Any], modes: Modes = PRIVATE, dry_run: bool = False) -> bool:
    """Write the record of a host that gave no answer, but never over one that it has from an answer.

    Return True if it was written, or in a dry run would be.
    """
    path = path_of(folder, record["host"])
    with contextlib.nullcontext() if dry_run else alone(folder, modes):
        if path.exists() and answered(read_one(path)[0]):
            return False
        if not dry_run:
            write(path, record, modes)
    return True


@contextlib.contextmanager
def alone(folder: str, modes: Modes = PRIVATE) -> Iterator[None]:
    """Be the only writer of a folder's records that goes by what is there, on all controllers that share the folder.

    AvshiftError if the folder cannot be made.
    """
    make(Path(folder), modes)
    with contextlib.ExitStack() as stack:
        try:
            number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, number)
            fcntl.flock(number, fcntl.LOCK_EX)
        except OSError:
            # NFS locks only what is open for writing, some file systems lock nothing, and a folder may be for writing
            # alone.
            with contextlib.suppress(OSError):
                number = open_lock(Path(folder) / LOCK, modes)
                stack.callback(os.close, number)
                fcntl.flock(number, fcntl.LOCK_EX)
        yield


def answered(record: dict[str, Any] | None) -> bool:
    """Return True if a record holds any answer of its host. An unreadable one may."""
    return record is None or any(record.get(key) for key in ("plan", "outcomes", "verification", "forecast"))


def newest(several: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the one of a host's records that counts, in whatever order they come: one from an answer of the host
    before any other, then that of the last run.
    """
    return max(several, key=_rank)


def _rank(record: dict[str, Any]) -> tuple[bool, str, str, str]:
    run = record["run"]
    return answered(record), str(run["time"]), str(run.get("change_id")), encode(record)


def read(folder: str) -> Iterator[tuple[str, dict[str, Any] | None, str]]:
    """Yield (file name, record or None, why it could not be read) of each record in a folder, by name.

    Of a host whose records lie in several folders inside of it, the one that counts is yielded. Raises AvshiftError if
    there is no such folder.
    """
    for name, paths in itertools.groupby(sorted(names(folder), key=os.path.basename), os.path.basename):
        found = [read_one(Path(folder) / path) for path in paths]
        whole = [record for record, _problem in found if record is not None]
        try:
            yield name, newest(whole) if whole else None, "" if whole else found[0][1]
        except UNFIT:
            yield name, whole[0], ""


def names(folder: str) -> list[str]:
    """Return the names of a folder's records, sorted, with those in folders inside of it, as several controllers have
    left them. Raises AvshiftError if there is no such folder.
    """
    home = Path(folder)
    if not home.is_dir():
        raise AvshiftError(
            "records_missing",
            "Reading records",
            folder,
            "there is no such folder",
            "Give the folder that a run wrote its records to.",
        )
    with os.scandir(home) as entries:
        folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    # What has the name of a record and is none has to be named.
    inside = [name for name in folders if not name.endswith(SUFFIX) and not name.startswith(".")]
    found = [name for name in os.listdir(home) if name.endswith(SUFFIX)]
    return sorted([*found, *(name for place in inside for name in _inside(home, place))])


def _inside(home: Path, place: str) -> list[str]:
    """Return the names of the records in a folder of another controller; one that cannot be read is named itself.

    It may be a controller's whole output, or what its engine brought home of it, with the folder of records inside.
    """
    try:
        places = [place, *(deeper for deeper in (f"{place}/{inner}" for inner in WITHIN) if (home / deeper).is_dir())]
        return [f"{one}/{name}" for one in places for name in os.listdir(home / one) if name.endswith(SUFFIX)]
    except OSError:
        return [place]


def read_one(path: str | Path, sha256: str = "") -> tuple[dict[str, Any] | None, str]:
    """Return (record or None, why it could not be read). Raises AvshiftError for one that was redacted.

    With ``sha256``, as ``write`` has returned it, only a file that is still the one that was written then is read.
    """
    try:
        content = read_bytes(path, MOST_BYTES)
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            return None, "it is no longer the one that this run wrote: another run or program has written it since"
        record = parse(content)
    except (OSError, ValueError, RecursionError) as error:
        return None, f"it cannot be read as JSON ({error})"
    redacted.refuse(record, "Reading records", str(path))
    if not isinstance(record, dict) or record.get("kind") != KIND:
        return None, "it is not a record of avshift.endpoint"
    version = record.get("format_version")
    if not is_version(version, FORMAT_VERSION):
        return None, f"its format version is {short(version)}, this release reads {FORMAT_VERSION}"
    odd = next((key for key, kinds in FORM.items() if not isinstance(record.get(key, FORM), kinds)), "")
    return (None, f"it is damaged: {odd} is missing or has another form") if odd else (record, "")
