# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove one trusted certificate: delete its file and its links, and have the system's tool rebuild the bundle."""

import hashlib
import os
import stat

from ...agreed.linux import CERTIFICATE_LINKS, CERTIFICATES, CHOSEN
from ...collect.trust.certificates import BUNDLES, LIMIT, links_to
from ...linux import certificates, nss_database
from ...posix.errors import EndpointError
from ...posix.files import file_replace, safe_paths, safe_remove, safe_write, trust
from ...posix.files.tree import Tree
from ...posix.running import bounded
from ...posix.running.commands import must

TOOL_LIMIT = 300
MADE = BUNDLES + (CERTIFICATE_LINKS + "/ca-certificates.crt",)
READING = "Reading a certificate database"
BY_HAND = "Have its user delete the certificate with certutil or in the browser."


def look(target):
    """Return True if nothing trusts the certificate any more."""
    if target["store"] == "nss":
        return not _in_database(target)
    there = [path for path in target["files"] + target["links"] if safe_paths.lstat(path)[0] is not None]
    return not there and _chosen() == _deselected(target) and not _in_bundles(target)


def do(target):
    """Remove it."""
    if target["store"] == "nss":
        _from_database(target)
        return
    links = [link for path in _paths(target) for link in links_to(path, Tree())]
    for path in target["files"]:
        _refuse_another(path, target["sha256"])
        safe_remove.remove(path, "file")
    chosen = _chosen()
    if chosen != _deselected(target):
        file_replace.replace(CHOSEN, _deselected(target), before=chosen)
        # The tool itself removes the links of a certificate that was deselected, and passes this on to its hooks.
        _make_anew(target)
    # It leaves links whose file is gone.
    for link in sorted(set(links) | set(target["links"])):
        _remove_link(link)
    if not target["deselect"] or _in_bundles(target):
        _make_anew(target)


def tidy(_target):
    """Remove the draft that a killed process has left."""
    safe_write.discard(CHOSEN)


def _paths(target):
    return target["files"] + [CERTIFICATES + "/" + name for name in target["deselect"]]


def _make_anew(target):
    for tool in target["tools"]:
        # The tool works on temporary files, which must not be written to any disk.
        remedy = "Run it by hand to see its messages."
        must([tool], TOOL_LIMIT, "Rebuilding the system's certificate store", remedy, TMPDIR="/run")


def _refuse_another(path, digest):
    """Refuse a file if its certificate is not the one that it held when the plan was made."""
    data = file_replace.data_of(path)
    if data is None:
        return
    found = list(certificates.pem_blocks(data)) if b"-----BEGIN" in data else [data]
    if [hashlib.sha256(der).hexdigest() for der in found] != [digest]:
        raise EndpointError(
            "certificate_drifted",
            "Removing a certificate",
            path,
            "it holds another certificate, or more than this one",
            "Plan again.",
        )


def _remove_link(path):
    status, _target = safe_paths.lstat(path)
    if status is not None and stat.S_ISLNK(status.st_mode):
        safe_remove.remove(path, "file")


def _chosen():
    return file_replace.data_of(CHOSEN)


def _deselected(target):
    data = _chosen()
    if data is None:
        return None
    names = {name.encode("utf-8", "surrogateescape") for name in target["deselect"]}
    return b"\n".join(b"!" + line if line in names else line for line in data.split(b"\n"))


def _in_bundles(target):
    tree = Tree()
    try:
        for path in MADE:
            for der in certificates.pem_blocks(tree.data(path, LIMIT) or b""):
                if hashlib.sha256(der).hexdigest() == target["sha256"]:
                    return True
    finally:
        tree.close()
    return False


def _in_database(target):
    """Return True if the database has it. Its content is data, whoever wrote it."""
    opened = safe_paths.opened_file(target["database"])
    if opened is None:
        return False
    with os.fdopen(opened, "rb") as stream:
        data = stream.read(LIMIT + 1)
    try:
        if len(data) > LIMIT:
            raise ValueError("it has more than %d bytes" % LIMIT)
        found = bounded.done(lambda: nss_database.certificates(data), nss_database.LIMIT, target["database"], READING)
        return [target["name"], target["subject"]] in found
    except ValueError as error:
        raise EndpointError("database_unreadable", READING, target["database"], error, BY_HAND)


def _from_database(target):
    """Delete it as the database's user: root opens nothing by a name that others can change."""
    path = target["database"]
    owner = safe_paths.lstat(path)[0]
    if owner is None:
        return
    if owner.st_uid == 0:
        trust.must_be(path, "Removing a certificate")
    try:
        nss_database.remove(path, owner.st_uid, target["name"], target["subject"])
    except ValueError as error:
        raise EndpointError("database_unchanged", "Removing a certificate", path, error, BY_HAND)
