# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file on the controller that stops a rollout: while it exists, no further host is started.

Its content does not matter, so it can be made by hand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..canonical import decode, encode
from ..documents import read_bytes
from ..errors import AvshiftError
from ..visible import visible

KIND = "avshift.endpoint stop"
FORMAT_VERSION = 1
MOST_BYTES = 1 << 16
NOT_BEGUN = "not_begun"
GO = "Run avshift.endpoint.rollout_go when hosts may be changed again, and then this run again."


def text(by: str, reason: str, time: str) -> str:
    """Return the content of a stop file. Raises AvshiftError without a name or a reason: others have to read it."""
    for name, value in (("avshift_stop_by", by), ("avshift_stop_reason", reason)):
        if not value.strip():
            raise AvshiftError(
                "stop_wrong", "Stopping the rollout", name, "it is empty", f"Set {name}; it is shown to all operators."
            )
    told = {"by": by, "reason": reason, "time": time}
    return encode({"format_version": FORMAT_VERSION, "kind": KIND, **told})


def why(path: str | None) -> str:
    """Return in words why no further host may be started, '' where there is no stop file or no path is given.

    If that cannot be checked, no host is started: neither where the folder of an absolute path is missing, as that of a
    share that is not mounted. The folder of a relative one is made by the first run.
    """
    if not path:
        return ""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.isabs(path) and not os.path.isdir(os.path.dirname(path)):
            return f"it cannot be seen whether {path} is there (its folder is missing)"
        return ""
    except OSError as error:
        return f"it cannot be seen whether {path} is there ({error.strerror})"
    told = _told(path)
    return f"{path} is there" + (f": {told}" if told else "")


def refuse(path: str | None, host: str) -> None:
    """Raise AvshiftError if a host may not be started."""
    if found := why(path):
        raise AvshiftError(
            NOT_BEGUN, "Migrating", host, f"it was not started: {found}", f"This run has changed nothing on it. {GO}"
        )


def _told(path: str) -> str:
    """Return who stopped, when and why, '' where the file does not say so."""
    try:
        content: Any = decode(read_bytes(Path(path), MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return ""
    if not isinstance(content, dict) or content.get("kind") != KIND:
        return ""
    by, time, reason = (visible(str(content.get(key, "")))[:200] for key in ("by", "time", "reason"))
    return f"{by} stopped the rollout at {time}: {reason}"
