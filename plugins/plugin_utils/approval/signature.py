# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verify signatures of documents by OpenSSH's ssh-keygen on the controller."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from ..errors import AvshiftError

# A signature for one kind of document is not valid for another.
NAMESPACE = "{kind}@avshift.endpoint"
SUFFIX = ".sig"
TIME_LIMIT = 60
PROGRAM = "ssh-keygen"
# Characters by which a line of allowed signers is for several people.
PATTERN = {"*", "?", "!"}
NAME = "Name the signer in avshift_signer, or in a line of that file before this one."
SIGN = "Have it signed: {command}"
# What ssh-keygen says, the code, the cause in words, and what to do. The first match counts.
CAUSES = (
    ("parse signature", "signature_damaged", "its signature {signature} is not one of OpenSSH's", SIGN),
    ("incorrect signature", "signature_of_other_content", "it was changed after it was signed", SIGN),
    ("namespace does not match", "signature_of_other_kind", "its signature is for another kind of document", SIGN),
    (
        "not permitted for use in signature namespace",
        "signature_of_other_kind",
        "its signer may not sign this kind of document",
        "Have it signed by an authorised signer, or allow the namespace {namespace} in {signers}.",
    ),
    (
        "key has expired",
        "signature_expired",
        "its signer's key has expired",
        "Have it signed with a valid key, or renew the key in {signers}.",
    ),
    ("key is not yet valid", "signature_expired", "its signer's key is not valid yet", "Wait until it is."),
    ("", "signature_of_another", "it was not signed by {wanted}", SIGN),
)


def command(kind: str, path: str) -> str:
    """Return the command by which a document of a kind is signed, but for the path of the key."""
    return f"ssh-keygen -Y sign -f KEY -n {NAMESPACE.format(kind=kind)} {shlex.quote(path)}"


def verify(content: bytes, path: str, kind: str, signers: str | None, signer: str | None = None) -> str:
    """Return who signed a document, as the file of allowed signers names them.

    ``content`` is what was read from ``path``; the signature lies beside it, its name ending in .sig. ``kind`` is plan,
    approval, gate or report; with ``signer``, only that person's signature counts. Raises AvshiftError saying what is
    wrong.
    """
    signature, namespace = path + SUFFIX, NAMESPACE.format(kind=kind)
    if not signers:
        raise _refused(
            "signers_missing",
            path,
            "a signature is required, but no allowed signers are set",
            "Give the path of a file of allowed signers in avshift_allowed_signers.",
        )
    for file, code, remedy in (
        (signature, "signature_missing", SIGN.format(command=command(kind, path))),
        (signers, "signers_unreadable", "Give the path of a file of allowed signers that can be read."),
    ):
        if not _is_readable(file):
            raise _refused(code, path, f"{file} is not there or cannot be read", remedy)
    said, patterns = "", []
    for identity in [signer] if signer else _principals(signature, signers):
        arguments = ["verify", "-f", signers, "-I", identity, "-n", namespace, "-s", signature]
        done = _run(arguments, content, path)
        if done.returncode == 0 and not signer and PATTERN & {*identity}:
            patterns.append(identity)
        elif done.returncode == 0:
            return identity
        said += done.stderr
    if patterns:
        cause = f"{signers} allows {', '.join(patterns)}, which names no person"
        raise _refused("signature_of_another", path, cause, NAME)
    if not signer and not said:
        said = _run(["find-principals", "-f", signers, "-s", signature], b"", path).stderr
    wanted = signer or f"anyone in {signers}"
    names = {"signature": signature, "signers": signers, "namespace": namespace, "wanted": wanted}
    raise _why_not(said, path, {**names, "command": command(kind, path)})


def _principals(signature: str, signers: str) -> list[str]:
    found = _run(["find-principals", "-f", signers, "-s", signature], b"", signature)
    return found.stdout.splitlines() if found.returncode == 0 else []


def _is_readable(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.R_OK)


def _why_not(said: str, path: str, names: dict[str, str]) -> AvshiftError:
    code, cause, remedy = next(found[1:] for found in CAUSES if found[0] in said)
    words = " ".join(said.split()).rstrip(".")
    told = f" (ssh-keygen: {words})" if words else ""
    return _refused(code, path, cause.format(**names) + told, remedy.format(**names))


def _run(arguments: list[str], content: bytes, path: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C"}
    command = [PROGRAM, "-Y", *arguments]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, env=environment, timeout=TIME_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused("ssh_keygen_failed", path, error, "Install OpenSSH 8.9 or newer on the controller.") from error
    texts = (stream.decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, *texts)


def _refused(code: str, path: str, cause: object, remedy: str) -> AvshiftError:
    return AvshiftError(code, "Verifying the signature", path, cause, remedy)
