# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What later tasks of a run need of a host's result, and what the controller does not keep in memory until then.

It lies in a file in a folder of the run, named by the SHA-256 of its content, which the result carries instead. So no
file is ever overwritten, a file of another run or host is never mistaken for it, and a changed file is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from .documents import read_bytes, write_by
from .errors import AvshiftError

KEPT = "kept"
LOST = "kept_lost"
NAME = re.compile(r"[0-9a-f]{64}")
MOST_BYTES = 256 << 20
# The lines repeat each other, so this level is enough, in a fifth of the default's time.
LEVEL = 1


def put(folder: Path, host: str, result: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a host's result with those of ``names`` that it has in a file of the folder, and the file's name in
    ``kept``. Where the file cannot be written, as on a full disk, the result stays as it is: it may say what was
    changed on a host, which matters more than memory.
    """
    large = {name: result[name] for name in names if name in result}
    content = zlib.compress(json.dumps({"host": host, "result": large}).encode(), LEVEL)
    name = hashlib.sha256(content).hexdigest()

    def write(draft: IO[bytes]) -> None:
        draft.write(content)

    try:
        write_by(folder / name, write)
    except AvshiftError:
        return dict(result)
    return {**{key: value for key, value in result.items() if key not in large}, KEPT: name}


def whole(folder: Path, host: str, result: dict[str, Any]) -> dict[str, Any]:
    """Return a host's result with all that was put in a file of the folder; any other result as it is.

    Raises AvshiftError ``kept_lost`` if the file is no longer there as it was written, or is another host's.
    """
    if KEPT not in result:
        return result
    name = str(result[KEPT])
    if not NAME.fullmatch(name):
        raise _lost(host, name, "it is no name of such a file")
    path = folder / name
    try:
        content = read_bytes(path, MOST_BYTES)
    except OSError as error:
        raise _lost(host, path, error.strerror or error) from error
    if hashlib.sha256(content).hexdigest() != name:
        raise _lost(host, path, "it is not as it was written")
    kept = json.loads(zlib.decompress(content))
    if kept["host"] != host:
        raise _lost(host, path, f"it is the result of {kept['host']}")
    return {**{key: value for key, value in result.items() if key != KEPT}, **kept["result"]}


def _lost(host: str, path: Path | str, cause: object) -> AvshiftError:
    remedy = f"Run again for {host}, and leave the files of a run in place until it ends."
    return AvshiftError(LOST, "Reading what the run has kept", str(path), cause, remedy)
