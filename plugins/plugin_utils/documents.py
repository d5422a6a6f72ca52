# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of the controller: written in full or not at all and for its user alone, and read with limits."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .errors import AvshiftError

MODE = re.compile(r"0?[0-7]{3}")
OWNERS_FILE, OWNERS_DIRECTORY = 0o600, 0o700
# Bytes of a name: file systems allow 255, and a draft's name is longer than its document's.
LONGEST_DRAFT = 100
BLOCK = 1 << 20


@dataclass(frozen=True)
class Modes:
    """Permissions of new files and directories. Existing ones keep theirs."""

    file: int = OWNERS_FILE
    directory: int = OWNERS_DIRECTORY

    @classmethod
    def of(cls, file: object = None, directory: object = None) -> Modes:
        """Return the modes that a user gave as text such as "0640"; AvshiftError for anything else."""
        return cls(
            OWNERS_FILE if file is None else _mode("avshift_file_mode", file, OWNERS_FILE),
            OWNERS_DIRECTORY if directory is None else _mode("avshift_directory_mode", directory, OWNERS_DIRECTORY),
        )


PRIVATE = Modes()


def _mode(name: str, given: object, needed: int) -> int:
    if not isinstance(given, str) or not MODE.fullmatch(given):
        raise _wrong_mode(name, f"it is {given!r}, and not text of three octal digits", needed)
    mode = int(given, 8)
    if mode & needed != needed:
        raise _wrong_mode(name, f"with {given} its owner could not use it", needed)
    return mode


def _wrong_mode(name: str, cause: str, needed: int) -> AvshiftError:
    remedy = f'Give it in quotes, such as "{needed | (needed & 0o500) >> 3:04o}".'
    return AvshiftError("mode_wrong", "Reading a variable", name, cause, remedy)


def write_text(path: Path, text: str, modes: Modes = PRIVATE) -> None:
    """Write a document in one go; AvshiftError if that cannot be done."""
    write_texts(path, (text,), modes)


def write_texts(path: Path, texts: Iterable[str], modes: Modes = PRIVATE) -> None:
    """Write a document that comes in pieces, completely or not at all."""

    def write(draft: IO[bytes]) -> None:
        document = io.TextIOWrapper(draft, encoding="utf-8", errors="backslashreplace")
        document.writelines(texts)
        document.flush()
        document.detach()

    write_by(path, write, modes)


def write_by(path: Path, write: Callable[[IO[bytes]], None], modes: Modes = PRIVATE) -> None:
    """Have a document written to a draft beside it, which replaces it once it is complete.

    A draft has an unpredictable name, and is removed if it cannot be completed.
    """
    try:
        _make(path.parent, modes.directory)
        number, name = tempfile.mkstemp(prefix=f".{path.name[:LONGEST_DRAFT]}.", dir=path.parent)
    except OSError as error:
        raise _not_written(path, error) from error
    draft = Path(name)
    try:
        with open(number, "w+b") as file:
            os.fchmod(number, modes.file)
            write(file)
        draft.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def write_changed(
    folder: str, files: dict[str, str], modes: Modes = PRIVATE, dry_run: bool = False
) -> tuple[dict[str, str], bool]:
    """Write those documents of a folder, {name: text}, that are not there with their text; in a dry run write none.

    Return their paths by name, and whether one was, or would be, written. Raises AvshiftError as write_text does.
    """
    paths = {name: (Path(folder) / name).absolute() for name in files}
    new = [name for name, text in files.items() if _differs(paths[name], text)]
    for name in [] if dry_run else new:
        write_text(paths[name], files[name], modes)
    return {name: str(path) for name, path in paths.items()}, bool(new)


def _differs(path: Path, text: str) -> bool:
    """Return True if a document is not there, or not with this text. What lies there instead is not waited for."""
    expected = text.encode("utf-8", "backslashreplace")
    try:
        return read_bytes(path, len(expected)) != expected
    except OSError:
        return True


def make(folder: Path, modes: Modes = PRIVATE) -> None:
    """Make a folder, if it is not there; AvshiftError if that cannot be done."""
    try:
        _make(folder, modes.directory)
    except OSError as error:
        raise _not_written(folder, error) from error


def _make(folder: Path, mode: int) -> None:
    """Make a directory and its missing parents; the umask does not change their mode."""
    if folder.is_dir():
        return
    _make(folder.parent, mode)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=OWNERS_DIRECTORY)
        folder.chmod(mode)


def remove(path: Path) -> str:
    """Remove an earlier document, if there is one, and return ''."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error
    return ""


def _not_written(path: Path, error: OSError) -> AvshiftError:
    return AvshiftError(
        "not_written", "Writing a document", str(path), error.strerror or error, "Give a writable folder."
    )


def open_lock(path: Path, modes: Modes = PRIVATE) -> int:
    """Return a descriptor of a file that is locked and holds nothing, made where there is none. OSError for a link and
    for what is no regular file: in a shared folder either may have been put there by others.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        number = os.open(path, flags | os.O_CREAT | os.O_EXCL, modes.file)
        os.fchmod(number, modes.file)
    except FileExistsError:
        # In a sticky folder the system may refuse O_CREAT for a file that another user has made.
        number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return number


def read_bytes(path: str | Path, most: int) -> bytes:
    """Return what a regular file holds. OSError for one that cannot be read, is of another kind or has more than
    ``most`` bytes: a pipe or a device in a file's place blocks nothing.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb", buffering=0) as file:
        told = os.fstat(number)
        if not stat.S_ISREG(told.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        content = file.read(most + 1) if told.st_size <= most else b""
        if told.st_size > most or len(content) > most:
            raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
        return content
