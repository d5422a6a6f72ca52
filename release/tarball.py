"""Pack a collection's tarball so that the same commit has the same bytes, wherever and whenever it is built.

``ansible-galaxy collection build`` writes the time of the build, the builder's umask and the file system's order in.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

FILES, MANIFEST = "FILES.json", "MANIFEST.json"
FIRST = (MANIFEST, FILES)
LEVEL = 9


def repack(built: Path, made: Path, executable: set[str], time: int) -> None:
    """Write the content of a built tarball again.

    ``executable`` are the names of the files that can be run, ``time`` (seconds since 1970) is given to every member.
    """
    members = _members(built)
    listed = _sorted_files(members[FILES] or b"")
    members[FILES] = listed
    members[MANIFEST] = _with_sum(members[MANIFEST] or b"", listed)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(members, key=lambda name: (name not in FIRST, name)):
            tar.addfile(_header(name, members[name], executable, time), io.BytesIO(members[name] or b""))
    with made.open("wb") as file, gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as zipped:
        zipped.write(packed.getvalue())


def _members(built: Path) -> dict[str, bytes | None]:
    """Return what each member holds by its name; None for a folder."""
    found: dict[str, bytes | None] = {}
    with tarfile.open(built, "r:gz") as tar:
        for member in tar:
            if not (member.isfile() or member.isdir()):
                raise SystemExit(f"Packing the release: {member.name}: it is no file and no folder. Take it out.")
            content = tar.extractfile(member)
            found[member.name] = None if content is None else content.read()
    return found


def _header(name: str, content: bytes | None, executable: set[str], time: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    header.size = len(content or b"")
    header.mode = 0o755 if content is None or name in executable else 0o644
    header.mtime = time
    header.uname = header.gname = "root"
    return header


def _sorted_files(text: bytes) -> bytes:
    content: dict[str, Any] = json.loads(text)
    content["files"].sort(key=lambda entry: entry["name"])
    return _written(content)


def _with_sum(text: bytes, listed: bytes) -> bytes:
    content: dict[str, Any] = json.loads(text)
    content["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listed).hexdigest()
    return _written(content)


def _written(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode("ascii")
