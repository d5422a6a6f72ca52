# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the processes of one run of Ansible share: where its schedule is, and how it was started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ansible import constants

from ..times import utc
from ..yaml_text import parse

# A folder of this run: its processes share it, it is closed to other users, and Ansible removes it.
PRIVATE = Path(constants.DEFAULT_LOCAL_TMP)
SCHEDULE, AGAIN, BEGUN = (PRIVATE / f"avshift-rollout-{name}" for name in ("run.json", "again.json", "begun"))
# What the callback of a rollout, if there is one, says at the end in the place of the task that sums it up.
SHOWN, WORDS, ASKED = (PRIVATE / f"avshift-rollout-{name}" for name in ("shown", "words.txt", "asked.json"))
EXTRA = "-e"
# How variables may be given: in one word with flags before them, and by the beginning of the long name.
VARIABLES = re.compile(r"(-[bCDhJkKv]*)e(.*)|--e[a-z-]*(?:=(.*))?", re.DOTALL)
OURS = ("avshift_", "endpoint_migrate_")
# A run that goes on is one of its own: what the limit stop_after has counted under this name would stop it, too.
RUN_ID, NOT_SHOWN = "avshift_run_id", "..."
# What the standing of a rollout is asked by.
STANDING = ("stop_file", "require_signature", "allowed_signers", "signer")
_IDENTITY = uuid.uuid4().hex[:12]


def identity(given: str = "") -> str:
    """Return this run's name: the given one, the job's number in AWX, or a random word."""
    return given or os.environ.get("JOB_ID", "") or _IDENTITY


def is_of_engine() -> bool:
    """Return True if this is a job of AWX, Automation Controller or ansible-runner, as each of these is marked."""
    return bool(os.environ.get("AWX_ISOLATED_DATA_DIR"))


def command(arguments: list[str] | None = None) -> str:
    """Return the command that started the run, as it can be shown: of the variables only ours, and no secret."""
    given = sys.argv if arguments is None else arguments
    return shlex.join([os.path.basename(given[0]), *_shown(given[1:])])


def note_asked(options: Mapping[str, Any]) -> None:
    """Note what the standing of this run's rollout is asked by, for its last words should the run break.

    A full disk keeps no run from being begun for that.
    """
    with contextlib.suppress(OSError):
        ASKED.write_text(json.dumps({name: options.get(name) for name in STANDING}), encoding="utf-8")


def asked() -> dict[str, Any]:
    """Return what was noted; nothing is asked for where nothing was."""
    try:
        content: dict[str, Any] = json.loads(ASKED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = {}
    return {name: content.get(name) for name in STANDING}


def show_last(lines: list[str]) -> bool:
    """Have the callback show the last words of this run, after all else; return False where there is none to do it."""
    if not SHOWN.exists():
        return False
    try:
        WORDS.write_text("\n".join(lines), encoding="utf-8")
    except OSError:
        with contextlib.suppress(OSError):
            WORDS.unlink()
        return False
    return True


def last_words() -> str:
    """Return what the callback is to show last, '' where nothing was handed to it."""
    return WORDS.read_text(encoding="utf-8") if WORDS.exists() else ""


def _shown(given: list[str]) -> Iterator[str]:
    left = iter(given)
    for argument in left:
        told = VARIABLES.fullmatch(argument)
        if told is None:
            yield argument
            continue
        flags, short, long = told.groups()
        if flags not in (None, "-"):
            yield flags
        value = long if flags is None else short or None
        yield from _variables(next(left, "") if value is None else value)


def _variables(text: str) -> Iterator[str]:
    """Yield an argument for what may be shown of variables; a file is named, and not opened."""
    if text.startswith("@"):
        yield from (EXTRA, text)
        return
    if text.lstrip().startswith(("{", "[")):
        told = _of_mapping(text)
    else:
        told = " ".join(part for part in _split(text) if _is_shown(part.partition("=")[0]))
    if told:
        yield from (EXTRA, told)


def _of_mapping(text: str) -> str:
    """Return what may be shown of a mapping, which Ansible reads as JSON or YAML; for one that cannot be read, a word
    that Ansible refuses, so that no run goes on without what was in it.
    """
    try:
        content = parse(text.encode("utf-8", "surrogatepass"))
        kept = {name: value for name, value in content.items() if _is_shown(name)}
    except (ValueError, AttributeError):
        return NOT_SHOWN
    return json.dumps(kept, default=_moment) if kept else ""


def _moment(value: date) -> str:
    """Return a day or a time, of which YAML has made a date, as text."""
    return utc(value) if isinstance(value, datetime) and value.tzinfo else value.isoformat()


def _split(text: str) -> list[str]:
    """Return the parts of name=value name=value, each with its quotes."""
    try:
        return [shlex.quote(part) if set(part) & set(" '\"") else part for part in shlex.split(text)]
    except ValueError:
        return []


def _is_shown(name: str) -> bool:
    is_ours = name.startswith(OURS) and name != RUN_ID
    return is_ours and not any(word in name for word in ("secret", "password", "token"))
