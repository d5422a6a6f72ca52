# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what was approved once per run, and let each host read only its own part.

The plan of ten thousand hosts is read, summed and checked by the first host's task. It leaves one small file for each
host in a folder of the run that is its user's alone, so that the cost grows with the number of hosts and not with its
square. What is kept is what was verified: a file that changes meanwhile is read again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import documents
from ..canonical import digest
from ..errors import AvshiftError
from . import approval_document, granted
from .judge import Grant
from .signature import SUFFIX

RUN, HOSTS, CLASSES = "run.json", "hosts", "classes"
MOST_BYTES = 1 << 26
# The keys of a plan that are kept per host; all others are the fleet's.
OF_HOSTS = ("hosts", "classes", "not_planned", "providers", "rollout")


def of_host(path: str, options: dict[str, Any], now: str, host: str, folder: Path) -> Grant:
    """Return what was approved of the plan in a file, as far as it concerns one host.

    ``folder`` is private to the run and shared by its processes. Everything else is as in ``granted.read``, including
    its errors: what a run has refused once is refused for each of its hosts in the same words.
    """
    kept = folder / f"avshift-approved-{_key(path, options)}"
    found = None if kept.is_dir() else _made(path, options, now, kept)
    if found is None:
        try:
            found = _of(kept, host, options["approval"] or approval_document.beside(path), now)
        except (OSError, ValueError):
            # Systems clean up folders that have not been used for a while.
            found = _read(path, options, now)
    return _granted(found)


def _made(path: str, options: dict[str, Any], now: str, kept: Path) -> Grant | AvshiftError | None:
    """Read it, keep it for every host of the run and return None; if it could not be kept, return it."""
    with _alone(kept.parent):
        if kept.is_dir():
            return None
        found = _read(path, options, now)
        is_same = kept.name.endswith(_key(path, options))
        return None if is_same and _keep(found, kept) else found


def _granted(found: Grant | AvshiftError) -> Grant:
    if isinstance(found, AvshiftError):
        raise found
    return found


def _key(path: str, options: dict[str, Any]) -> str:
    """Return a name for the deciding files in their current state, and for how they are to be read."""
    approval = options["approval"] or approval_document.beside(path)
    files = [path, path + SUFFIX, approval, approval + SUFFIX, options["allowed_signers"] or ""]
    asked = {name: options[name] for name in ("approval", "require_signature", "allowed_signers", "signer")}
    return digest({"files": [_state(file) for file in files], "asked": asked})


def _state(path: str) -> list[Any]:
    try:
        found = os.stat(path)
    except OSError as error:
        return [path, error.errno]
    return [os.path.realpath(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for another host's task of this run; if nothing can be written, each task reads for itself."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            lock = stack.enter_context((folder / "avshift-approved.lock").open("w", encoding="utf-8"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: str, options: dict[str, Any], now: str) -> Grant | AvshiftError:
    try:
        return granted.read(path, options, now)
    except AvshiftError as error:
        return error


def _keep(found: Grant | AvshiftError, kept: Path) -> bool:
    """Write what was read, for every host; return False if it must not be kept, or could not be."""
    if isinstance(found, AvshiftError) and found.code == approval_document.OF_THE_FUTURE:
        # It may become valid a minute later.
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="avshift-approved-", dir=kept.parent) as draft:
            _write(found, Path(draft) / "whole")
            (Path(draft) / "whole").rename(kept)
    except OSError:
        return False
    return True


def _write(found: Grant | AvshiftError, folder: Path) -> None:
    folder.mkdir()
    if isinstance(found, AvshiftError):
        _put(folder / RUN, {"refused": found.parts})
        return
    document, of_run = found.document, {"by": found.by, "time": found.time, "counts": found.counted()}
    fleet = {key: value for key, value in document.items() if key not in OF_HOSTS}
    for name in (HOSTS, CLASSES):
        (folder / name).mkdir()
    for name, content in document["classes"].items():
        _put(folder / CLASSES / _file(name), content)
    for host, entry in document["hosts"].items():
        is_approved = found.hosts is None or host in found.hosts
        _put(folder / HOSTS / _file(host), {"host": host, "entry": entry, "approved": is_approved})
    _put(folder / RUN, {**of_run, "document": fleet})


def _of(kept: Path, host: str, approval: str, now: str) -> Grant | AvshiftError:
    """Return what was kept for a host; an approval may have expired since then."""
    run = _got(kept / RUN)
    if "refused" in run:
        return AvshiftError(*run["refused"])
    if run["time"]:
        approval_document.refuse_untimely(run["time"], run["by"]["valid_until"], approval, now)
    document, hosts = {**run["document"], "hosts": {}, "classes": {}}, frozenset[str]()
    if _is_planned(kept, host, run["counts"][1]):
        own = _got(kept / HOSTS / _file(host))
        name = own["entry"]["digest"]
        document.update(hosts={host: own["entry"]}, classes={name: _got(kept / CLASSES / _file(name))})
        hosts = frozenset([host] if own["approved"] else [])
    return Grant(document, hosts, run["by"], run["time"], tuple(run["counts"]))


def _is_planned(kept: Path, host: str, planned: int) -> bool:
    """Return whether the plan has a host; OSError if a file of one is no longer there."""
    if (kept / HOSTS / _file(host)).exists():
        return True
    if len(os.listdir(kept / HOSTS)) != planned:
        raise FileNotFoundError(kept)
    return False


def _file(name: str) -> str:
    """Return a safe file name for a host or a class."""
    return f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def _put(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _got(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(documents.read_bytes(path, MOST_BYTES))
    return content
